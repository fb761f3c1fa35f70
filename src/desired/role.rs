//! What a role's entry says beyond words and numbers.

use std::rc::Rc;

use super::fault::Ledger;
use super::fields;
use super::node::Node;
use crate::model::{Clause, Membership, Name, Options};

/// Reads until when a password counts: a day, or a moment as the server prints it in UTC.
pub(super) fn moment(node: &Rc<Node>, word: &'static str, ledger: &mut Ledger) -> Option<String> {
    let text = fields::text(node, word, ledger)?;
    let is_like = |pattern: &str| {
        let fits = |(own, like): (char, char)| match like {
            '0' => own.is_ascii_digit(),
            like => own == like,
        };
        text.chars().count() == pattern.len() && text.chars().zip(pattern.chars()).all(fits)
    };
    if is_like("0000-00-00") {
        return Some([&*text, " 00:00:00+00"].concat());
    }
    if is_like("0000-00-00 00:00:00+00") && text.ends_with("+00") {
        return Some(text.to_string());
    }
    let what = format!("{word} is `{text}`, which is no moment in UTC");
    let mend = "write a day, `2030-01-31`, or `2030-01-31 12:00:00+00`";
    ledger.fault(node, what, mend.to_owned());
    None
}

/// Puts the entries of a clause into the one form that a server gives them.
pub(super) fn entries(
    clause: Clause,
    pairs: &Options,
    node: &Rc<Node>,
    ledger: &mut Ledger,
) -> Options {
    let one = |(name, text): &(Name, String)| {
        if clause == Clause::MemberOf {
            for word in text.split(',').map(str::trim) {
                if !Membership::WORDS.contains(&word) {
                    let words = Membership::WORDS.join(", ");
                    let what = format!("a role is no `{word}` of {name}");
                    ledger.fault(node, what, format!("known here: {words}"));
                }
            }
            return (name.clone(), Membership::of(text).spelled());
        }
        let is_list = name.as_str().eq_ignore_ascii_case("search_path");
        let value = if is_list && !text.contains('"') {
            let parts: Vec<&str> = text.split(',').map(str::trim).collect();
            parts.join(", ")
        } else {
            text.clone()
        };
        (Name::new(name.as_str().to_lowercase()), value)
    };
    let mut all: Vec<(Name, String)> = pairs.0.iter().map(one).collect();
    all.sort();
    Options(all)
}
