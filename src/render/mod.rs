//! Plans, drift, history and status as text, markdown, JSON and SQL. Returns strings; what a terminal adds is colour.

mod drift;
mod ink;
mod markdown;
mod outline;
mod script;
mod state;
mod text;

pub use drift::{DriftView, drift_json, drift_text};
pub use ink::Ink;
pub use markdown::markdown;
pub(crate) use outline::{flag, purpose};
pub use script::script;
pub use state::{
    HeldView, RevisionView, StatusView, history_json, history_text, status_json, status_text,
};
pub use text::text;

/// Counts things in words.
pub(crate) fn many(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{} {word}s", grouped(number))
    }
}

/// Groups a number's digits by threes.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Spells a number of bytes.
fn bytes(number: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = number;
    let mut unit = 0;
    while value >= 10 * 1024 && unit + 1 < UNITS.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

/// Spells an age in seconds.
fn age(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [
        (86_400.0, "day"),
        (3600.0, "hour"),
        (60.0, "minute"),
        (1.0, "second"),
    ];
    for (length, word) in UNITS {
        if seconds >= length {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a positive age, rounded down"
            )]
            return many((seconds / length) as usize, word);
        }
    }
    "a moment".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(many(1, "step"), "1 step");
        assert_eq!(bytes(16 << 20), "16 MB");
        assert_eq!(bytes(8192), "8192 B");
        assert_eq!(age(7200.0), "2 hours");
    }
}
