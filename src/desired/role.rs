//! What a role's entry says beyond words and numbers.

use std::rc::Rc;

use super::fault::Ledger;
use super::fields;
use super::node::Node;
use crate::model::{Clause, Membership, Name, Options};

/// Reads until when a password counts: a day, or a moment as the server prints it in UTC.
pub(super) fn moment(node: &Rc<Node>, word: &'static str, ledger: &mut Ledger) -> Option<String> {
    let text = fields::text(node, word, ledger)?;
    let said = match text.len() {
        10 => [&*text, " 00:00:00+00"].concat(),
        _ => text.to_string(),
    };
    if is_moment(&said) {
        return Some(said);
    }
    let what = format!("{word} is `{text}`, which is no moment in UTC");
    let mend = "write a day, `2030-01-31`, or `2030-01-31 12:00:00+00`; leave the key out for ever";
    ledger.fault(node, what, mend.to_owned());
    None
}

/// Says whether a text is a moment as the server prints it: `2030-01-31 12:00:00+00`, with up to six digits below the second.
fn is_moment(text: &str) -> bool {
    let Some((date, time)) = text.split_once(' ') else {
        return false;
    };
    let Some(time) = time.strip_suffix("+00") else {
        return false;
    };
    let (time, below) = time
        .split_once('.')
        .map_or((time, None), |(time, below)| (time, Some(below)));
    let numbers = |text: &str, by: char, widths: [usize; 3]| -> Option<[u32; 3]> {
        let parts: Vec<&str> = text.split(by).collect();
        let fits = |(part, width): (&&str, usize)| {
            part.len() == width && part.bytes().all(|own| own.is_ascii_digit())
        };
        let all = parts.len() == 3 && parts.iter().zip(widths).all(fits);
        let numbers: Vec<u32> = parts.iter().filter_map(|own| own.parse().ok()).collect();
        numbers.try_into().ok().filter(|_| all)
    };
    let (Some([year, month, day]), Some([hour, minute, second])) =
        (numbers(date, '-', [4, 2, 2]), numbers(time, ':', [2, 2, 2]))
    else {
        return false;
    };
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leaps => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let digits = below.is_none_or(|own| {
        (1..=6).contains(&own.len())
            && own.bytes().all(|own| own.is_ascii_digit())
            && !own.ends_with('0')
    });
    year > 0
        && (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && digits
}

/// Settings that are lists of names, which the server keeps with quotes where they need some.
const LISTS: [&str; 4] = [
    "search_path",
    "temp_tablespaces",
    "session_preload_libraries",
    "local_preload_libraries",
];

/// Puts the entries of a clause into the one form that a server gives them.
pub(super) fn entries(
    clause: Clause,
    pairs: &Options,
    node: &Rc<Node>,
    ledger: &mut Ledger,
) -> Options {
    let mut all: Vec<(Name, String)> = Vec::new();
    for (name, text) in &pairs.0 {
        let (own, value) = if clause == Clause::MemberOf {
            (name.clone(), membership(name, text, node, ledger))
        } else {
            let lower = name.as_str().to_lowercase();
            let value = if LISTS.contains(&&*lower) {
                listed(text)
            } else {
                Some(text.clone())
            };
            if value.is_none() {
                let what = format!("`{text}` is no list of names");
                let mend = "quote a name that is none by itself: `\"$user\", public`";
                ledger.fault(node, what, mend.to_owned());
            }
            (Name::new(lower), value.unwrap_or_default())
        };
        if all.iter().any(|(other, _)| *other == own) {
            let what = format!("{own} is said twice");
            ledger.fault(node, what, None);
        }
        all.push((own, value));
    }
    all.sort();
    Options(all)
}

fn membership(of: &Name, text: &str, node: &Rc<Node>, ledger: &mut Ledger) -> String {
    for word in text.split(',').map(str::trim) {
        if !Membership::WORDS.contains(&word) {
            let words = Membership::WORDS.join(", ");
            let what = format!("`{text}` does not say how it is a member of {of}");
            ledger.fault(node, what, format!("known here: {words}"));
            break;
        }
    }
    Membership::of(text).spelled()
}

/// Spells a list of names as the server does; none where it is no list.
fn listed(text: &str) -> Option<String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Some("\"\"".to_owned());
    }
    let mut names: Vec<String> = Vec::new();
    loop {
        let (name, after) = if let Some(inner) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut left = inner.char_indices().peekable();
            let end = loop {
                let (at, character) = left.next()?;
                if character != '"' {
                    value.push(character);
                } else if left.next_if(|(_, next)| *next == '"').is_some() {
                    value.push('"');
                } else {
                    break at + 1;
                }
            };
            (value, &inner[end..])
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let own = rest[..end].trim();
            if own.is_empty() || own.contains(|own: char| own == '"' || own.is_whitespace()) {
                return None;
            }
            (own.to_lowercase(), &rest[end..])
        };
        // An empty name stands for no schema at all.
        names.push(match name.as_str() {
            "" => "\"\"".to_owned(),
            own => Name::new(own).spelled(),
        });
        let after = after.trim_start();
        if after.is_empty() {
            return Some(names.join(", "));
        }
        rest = after.strip_prefix(',')?.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_spelled_as_the_server_does() {
        for (text, wanted) in [
            ("", Some("\"\"")),
            ("app,public", Some("app, public")),
            ("App", Some("app")),
            ("\"App\" , \"$user\"", Some("\"App\", \"$user\"")),
            ("user", Some("\"user\"")),
            ("a b", None),
            ("a,", None),
        ] {
            assert_eq!(listed(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn moments_are_those_that_there_are() {
        for own in ["2030-01-31 12:30:00+00", "2028-02-29 00:00:00.25+00"] {
            assert!(is_moment(own), "{own}");
        }
        for own in [
            "2030-02-29 00:00:00+00",
            "2030-01-31 24:00:00+00",
            "2030-01-31 12:00:60+00",
            "0000-01-01 00:00:00+00",
            "2030-01-31 12:00:00+01",
            "2030-1-31 12:00:00+00",
        ] {
            assert!(!is_moment(own), "{own}");
        }
    }
}
