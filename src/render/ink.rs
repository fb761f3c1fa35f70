//! Colour, where a terminal shows it; everything reads as well without.

use console::{Style, StyledObject};

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ink {
    /// Whether colour is used.
    pub on: bool,
}

impl Ink {
    fn paint(self, style: Style, text: &str) -> String {
        let styled: StyledObject<&str> = style.force_styling(true).apply_to(text);
        if self.on {
            styled.to_string()
        } else {
            text.to_owned()
        }
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.paint(Style::new().dim(), text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.paint(Style::new().green(), text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint(Style::new().red().bold(), text)
    }

    pub(crate) fn title(self, text: &str) -> String {
        self.paint(Style::new().bold().underlined(), text)
    }

    pub(crate) fn error(self, text: &str) -> String {
        self.bad(text)
    }

    pub(super) fn careful(self, text: &str) -> String {
        self.paint(Style::new().yellow(), text)
    }

    pub(super) fn sql(self, text: &str) -> String {
        self.paint(Style::new().cyan(), text)
    }
}
