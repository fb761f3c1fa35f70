//! YAML as a person would write it: whole documents, and changes of a file's text that leave everything else as it is.

use std::ops::Range;
use std::rc::Rc;

use serde_yaml::{Mapping, Value};

use super::node::{Node, Value as Written};

/// How long a value may be to stand on one line.
const ONE_LINE: usize = 110;

/// A key with its value, as they stand in a file.
pub(super) type Pair = (Rc<Node>, Rc<Node>);

/// Replacements in one file, by ranges of characters.
pub(super) struct Edits<'a> {
    characters: &'a [char],
    replacements: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    pub(super) fn of(characters: &'a [char]) -> Self {
        Self {
            characters,
            replacements: Vec::new(),
        }
    }

    /// Returns the text with every replacement made.
    pub(super) fn apply(mut self) -> String {
        self.replacements
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::new();
        let mut at = 0;
        for (range, replacement) in self.replacements {
            // What lies in something that was replaced as a whole is gone already.
            if range.start < at {
                continue;
            }
            text.extend(&self.characters[at..range.start]);
            text.push_str(&replacement);
            at = range.end;
        }
        text.extend(&self.characters[at..]);
        text
    }

    /// Returns the column that a place lies in: the indentation of what begins there.
    fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    fn line_start(&self, at: usize) -> usize {
        let before = &self.characters[..at.min(self.characters.len())];
        before
            .iter()
            .rposition(|c| *c == '\n')
            .map_or(0, |own| own + 1)
    }

    /// Returns the end of the line, its line break included.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.characters[at.min(self.characters.len())..];
        let found = rest.iter().position(|c| *c == '\n');
        found.map_or(self.characters.len(), |own| at + own + 1)
    }

    /// Gives a key another value.
    pub(super) fn replace(&mut self, (key, value): &Pair, now: &Value) {
        let indent = self.column(key.range.start);
        let in_flow = key.in_flow;
        if value.is_null() && value.range.is_empty() {
            let colon = self.characters[key.range.end..]
                .iter()
                .position(|c| *c == ':');
            let at = key.range.end + colon.map_or(0, |own| own + 1);
            let text = behind(&rendered(now, indent, in_flow));
            self.replacements.push((at..at, text));
            return;
        }
        // A block begins on a line of its own; what replaces it stands behind the key.
        let colon = self.characters[key.range.end..value.range.start]
            .iter()
            .position(|c| *c == ':')
            .map_or(value.range.start, |own| key.range.end + own + 1);
        let text = rendered(now, indent, in_flow);
        let moves_up = self.line_start(value.range.start) > key.range.end;
        let (start, text) = if moves_up || text.starts_with('\n') {
            (colon, behind(&text))
        } else {
            (value.range.start, text)
        };
        self.replacements.push((start..value.range.end, text));
    }

    /// Adds a key at the end of a map.
    pub(super) fn insert(&mut self, map: &Node, entries: &[Pair], key: &str, now: &Value) {
        let Some((first, _)) = entries.first() else {
            return;
        };
        if first.in_flow {
            let at = self.end_of(&entries[entries.len() - 1]);
            let text = format!(", {}: {}", scalar(key), rendered(now, 0, true));
            self.replacements.push((at..at, text));
            return;
        }
        let indent = self.column(first.range.start);
        let end = self.line_end(map.range.end);
        let broken = end > 0 && self.characters.get(end - 1) == Some(&'\n');
        let text = format!(
            "{}{}{}:{}\n",
            if broken { "" } else { "\n" },
            " ".repeat(indent),
            scalar(key),
            behind(&rendered(now, indent, false))
        );
        self.replacements.push((end..end, text));
    }

    /// Takes a key out of a map that keeps others, with the lines it stands on.
    pub(super) fn remove(&mut self, entries: &[Pair], at: usize) {
        let key = &entries[at].0;
        let end = self.end_of(&entries[at]);
        if !key.in_flow {
            let start = self.line_start(key.range.start);
            let mut stop = self.line_end(end);
            // Of two empty lines around it one is enough.
            let is_empty = |at: usize| self.characters.get(at) == Some(&'\n');
            if start > 1 && is_empty(start - 1) && is_empty(start - 2) && is_empty(stop) {
                stop += 1;
            }
            self.replacements.push((start..stop, String::new()));
        } else if let Some((next, _)) = entries.get(at + 1) {
            self.replacements
                .push((key.range.start..next.range.start, String::new()));
        } else {
            let from = self.end_of(&entries[at - 1]);
            self.replacements.push((from..end, String::new()));
        }
    }

    /// Returns where an entry ends: one without a value ends with its colon.
    fn end_of(&self, (key, value): &Pair) -> usize {
        let end = value.range.end.max(key.range.end);
        if !value.range.is_empty() {
            return end;
        }
        let rest = self.characters.iter().enumerate().skip(end);
        let mut rest = rest.skip_while(|(_, own)| **own == ' ');
        match rest.next() {
            Some((at, ':')) => at + 1,
            _ => end,
        }
    }
}

/// How deep a file's maps are always written in block style: document, sections, objects, and the lists of their parts.
const OPEN: usize = 3;

/// Writes a document.
pub(super) fn document(map: &Mapping) -> String {
    let mut text = String::new();
    for (at, (key, value)) in map.iter().enumerate() {
        let value = if let Value::Mapping(own) = value {
            if at > 0 {
                text.push('\n');
            }
            block(own, 2, 1)
        } else {
            behind(&rendered(value, 0, false))
        };
        text.push_str(&format!("{}:{value}\n", flow(key)));
    }
    text
}

fn block(map: &Mapping, indent: usize, depth: usize) -> String {
    if map.is_empty() {
        return " {}".to_owned();
    }
    let mut text = String::new();
    for (key, value) in map {
        let value = match value {
            Value::Mapping(own) if depth < OPEN => block(own, indent + 2, depth + 1),
            Value::Mapping(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Sequence(_)
            | Value::Tagged(_) => behind(&rendered(value, indent, false)),
        };
        text.push_str(&format!("\n{}{}:{value}", " ".repeat(indent), flow(key)));
    }
    text
}

/// Puts what is written of a value behind the colon of its key: a space before what stands on that line.
fn behind(value: &str) -> String {
    let space = if value.starts_with('\n') { "" } else { " " };
    [space, value].concat()
}

/// Writes a value behind its key: on one line where it fits there.
fn rendered(value: &Value, indent: usize, in_flow: bool) -> String {
    let inline = flow(value);
    let fits = inline.chars().count() + indent <= ONE_LINE && !has_lines(value);
    if in_flow || fits || matches!(value, Value::Sequence(_)) {
        return inline;
    }
    match value {
        Value::String(text) => literal(text, indent).unwrap_or(inline),
        Value::Mapping(map) => block(map, indent + 2, OPEN),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Sequence(_) | Value::Tagged(_) => {
            inline
        }
    }
}

fn has_lines(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\n'),
        Value::Sequence(items) => items.iter().any(has_lines),
        Value::Mapping(map) => map.values().any(has_lines),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => false,
    }
}

/// Writes a value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(map) if map.is_empty() => "{}".to_owned(),
        Value::Mapping(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", flow(key), flow(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Bool(own) => own.to_string(),
        Value::Number(own) => own.to_string(),
        Value::Null | Value::Tagged(_) => "\"\"".to_owned(),
    }
}

/// Writes text plain where nobody could take it for anything else, and in double quotes otherwise.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' ' | '(' | ')' | '-' | '\'' | '/')
    };
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if begins && text.chars().all(goes_on) && !text.ends_with(' ') && !is_word {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Says whether a YAML reader could take a character for something else than itself.
fn is_special(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Writes text in double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            own if is_special(own) => out.push_str(&format!("\\u{:04x}", u32::from(own))),
            own => out.push(own),
        }
    }
    out.push('"');
    out
}

/// Writes text as a literal block, where one can hold it: every line as it is, the last line break the block's own.
fn literal(text: &str, indent: usize) -> Option<String> {
    let fits = text
        .lines()
        .all(|line| !line.ends_with([' ', '\t', '\r']) && !line.starts_with('\t'))
        && !text.trim_start_matches('\n').starts_with(' ')
        && !text.trim_matches('\n').is_empty()
        && text
            .chars()
            .all(|c| c == '\n' || c == '\t' || !is_special(c));
    if !fits {
        return None;
    }
    // Without a line break at the end the block says so; more than one would be kept by `+`.
    let mark = match text.strip_suffix('\n') {
        Some(rest) if rest.ends_with('\n') => "|+",
        Some(_) => "|",
        None => "|-",
    };
    let margin = " ".repeat(indent + 2);
    let mut out = mark.to_owned();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&margin);
            out.push_str(line);
        }
    }
    Some(out)
}

/// Returns the entries of a map, where a node is one.
pub(super) fn entries(node: &Node) -> Option<&Vec<Pair>> {
    match &node.value {
        Written::Map(entries) => Some(entries),
        Written::Scalar { .. } | Written::List(_) => None,
    }
}
