//! A file as a tree that remembers where everything stands. Scalars keep their source text: `no`, `1.10` and `007` are
//! those characters.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::fault::{Fault, Ledger};
use crate::model::Place;

/// How many nodes may be visited through aliases.
const MAX_ALIASED: u64 = 100_000;
/// How deep collections may be nested.
const MAX_DEPTH: usize = 100;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
    Literal,
    Folded,
}

#[derive(Debug)]
pub(super) enum Value {
    Scalar { text: Arc<str>, style: Style },
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// A part of a file.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) length: usize,
    /// Where its text begins and ends, in characters from the start of the file.
    pub(super) range: Range<usize>,
    pub(super) value: Value,
    /// Whether it stands in `{ }` or `[ ]`.
    pub(super) in_flow: bool,
    /// Whether a comment follows on the line where it ends.
    pub(super) before_comment: bool,
    /// Whether a comma ends it.
    pub(super) before_comma: bool,
    /// Whether a part of it was left out, which was told: it is not judged any further.
    pub(super) left_out: bool,
    /// How many nodes it is made of, through aliases.
    weight: u64,
}

impl Node {
    /// Returns the text of a scalar.
    pub(super) fn scalar(&self) -> Option<(&Arc<str>, Style)> {
        match &self.value {
            Value::Scalar { text, style } => Some((text, *style)),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Says whether it is YAML's null: nothing, `~` or a plain `null`.
    pub(super) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|(text, style)| {
            style == Style::Plain && matches!(&**text, "" | "~" | "null")
        })
    }

    /// Says whether it is a merge key; in quotes it is a name like any other.
    pub(super) fn is_merge(&self) -> bool {
        self.scalar()
            .is_some_and(|(text, style)| style == Style::Plain && &**text == "<<")
    }

    /// Says in a person's words what stands here.
    pub(super) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// A collection that is still open.
struct Open {
    span: Span,
    anchor: usize,
    map: bool,
    flow: bool,
    items: Vec<Rc<Node>>,
}

struct Reading<'a> {
    file: Arc<str>,
    characters: Vec<char>,
    ledger: &'a mut Ledger,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    aliased: u64,
    /// How many collections are open below what is nested too deep: they are left out.
    too_deep: usize,
    roots: Vec<Rc<Node>>,
}

/// Reads all documents of a file. A file that is no YAML gives one fault and no documents.
pub(super) fn documents(file: &Arc<str>, text: &str, ledger: &mut Ledger) -> Vec<Rc<Node>> {
    let mut reading = Reading {
        file: file.clone(),
        characters: text.chars().collect(),
        ledger,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        aliased: 0,
        too_deep: 0,
        roots: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if !reading.take(event, span) {
                    return Vec::new();
                }
            }
            Err(error) => {
                let mark = error.marker();
                let place = Place {
                    file: file.clone(),
                    line: mark.line(),
                    column: mark.col() + 1,
                };
                let line = text.lines().nth(mark.line().saturating_sub(1));
                let is_tab = line.is_some_and(|own| own.trim_start_matches(' ').starts_with('\t'));
                let mend = if is_tab {
                    "indent with blanks: YAML takes no tabs there"
                } else {
                    "text with `,`, `[`, `{`, `: ` or ` #` in it has to stand in quotes"
                };
                reading.ledger.faults.push(Fault {
                    is_shown: true,
                    place,
                    length: 1,
                    what: format!("this is not YAML: {}", error.info()),
                    mend: Some(mend.to_owned()),
                });
                return Vec::new();
            }
        }
    }
    reading.roots.retain(|root| !root.is_null());
    reading.roots
}

impl Reading<'_> {
    /// Takes one event; says whether reading goes on.
    fn take(&mut self, event: Event<'_>, span: Span) -> bool {
        if self.too_deep > 0 {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => self.too_deep += 1,
                Event::SequenceEnd | Event::MappingEnd => self.too_deep -= 1,
                Event::Scalar(..)
                | Event::Alias(_)
                | Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
            }
            return true;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let range = span.start.index()..self.ending(style, span);
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let mut node = self.node(
                    span,
                    Value::Scalar {
                        text: Arc::from(&*text),
                        style,
                    },
                );
                if style == Style::Plain {
                    self.look_behind(&mut node, span);
                } else {
                    node.range = self.written(range);
                }
                self.refuse_tag(&node, tag.is_some());
                self.put(Rc::new(node), anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(span, anchor, false, tag.is_some());
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(span, anchor, true, tag.is_some());
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return true;
                };
                self.aliased = self.aliased.saturating_add(node.weight);
                if self.aliased > MAX_ALIASED {
                    let here = self.node(span, Value::List(Vec::new()));
                    self.ledger.fault(
                        &here,
                        format!("aliases stand for more than {MAX_ALIASED} nodes in this file"),
                        "write what they stand for".to_owned(),
                    );
                    return false;
                }
                self.put(node, 0);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        true
    }

    fn node(&self, span: Span, value: Value) -> Node {
        Node {
            place: Place {
                file: self.file.clone(),
                line: span.start.line(),
                column: span.start.col() + 1,
            },
            length: span.end.index().saturating_sub(span.start.index()).max(1),
            range: self.written(span.start.index()..span.end.index()),
            value,
            in_flow: self.open.last().is_some_and(|open| open.flow),
            before_comment: false,
            before_comma: false,
            left_out: false,
            weight: 1,
        }
    }

    fn look_behind(&self, node: &mut Node, span: Span) {
        let text = node.scalar().map_or(0, |(text, _)| text.chars().count());
        // A plain text on one line ends where its characters do, whatever blanks the parser skipped.
        let one_line = !self.characters
            [span.start.index()..span.end.index().min(self.characters.len())]
            .contains(&'\n');
        let end = if one_line {
            span.start.index() + text
        } else {
            span.end.index()
        };
        let rest = &self.characters[end.min(self.characters.len())..];
        let next = rest
            .iter()
            .find(|character| !matches!(character, ' ' | '\t'));
        node.before_comment = next == Some(&'#');
        node.before_comma = rest.first() == Some(&',');
        if one_line {
            node.length = text.max(1);
            node.range = self.written(span.start.index()..end);
        }
    }

    /// Finds the end of a collection in flow style: behind its bracket, which comes after blanks, commas and comments.
    fn closing(&self, from: usize) -> usize {
        let mut in_comment = false;
        for (at, character) in self.characters.iter().enumerate().skip(from) {
            match character {
                '\n' => in_comment = false,
                '#' => in_comment = true,
                ']' | '}' if !in_comment => return at + 1,
                _ => {}
            }
        }
        self.characters.len()
    }

    /// Finds the end of a text in quotes, or of a block: the parser goes on to what comes next.
    fn ending(&self, style: ScalarStyle, span: Span) -> usize {
        let (start, end) = (
            span.start.index(),
            span.end.index().min(self.characters.len()),
        );
        match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let quote = self.characters.get(start).copied().unwrap_or('"');
                let mut at = start + 1;
                while at < end {
                    let own = self.characters[at];
                    let doubled = self.characters.get(at + 1) == Some(&quote);
                    if own == '\\' && quote == '"' || own == quote && quote == '\'' && doubled {
                        at += 2;
                    } else if own == quote {
                        return at + 1;
                    } else {
                        at += 1;
                    }
                }
                end
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let block: String = self.characters[start..end].iter().collect();
                // The parser begins with the first text, behind its margin.
                let margin = span.start.col();
                let mut length = 0;
                for (number, line) in block.split_inclusive('\n').enumerate() {
                    let bare = line.trim_start_matches(' ');
                    let indent = line.len() - bare.len();
                    let is_blank = bare.trim().is_empty();
                    if number > 0 && !is_blank && indent < margin {
                        break;
                    }
                    length += line.chars().count();
                }
                start + length
            }
            ScalarStyle::Plain => end,
        }
    }

    /// Takes the blanks and line breaks off the end of a range.
    fn written(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.characters.len());
        let blanks = self.characters[range.start.min(end)..end]
            .iter()
            .rev()
            .take_while(|character| character.is_whitespace())
            .count();
        range.start..(end - blanks).max(range.start)
    }

    fn refuse_tag(&mut self, node: &Node, tagged: bool) {
        if tagged {
            self.ledger.fault(
                node,
                "tags are not part of this format",
                "leave the `!…` out".to_owned(),
            );
        }
    }

    fn begin(&mut self, span: Span, anchor: usize, map: bool, tagged: bool) {
        let here = self.node(span, Value::List(Vec::new()));
        self.refuse_tag(&here, tagged);
        if self.open.len() >= MAX_DEPTH {
            self.ledger.fault(
                &here,
                format!("this is nested more than {MAX_DEPTH} deep"),
                None,
            );
            // What stands there is left out; the rest of the file is read.
            self.too_deep = 1;
            let here = Node {
                left_out: true,
                ..here
            };
            self.put(Rc::new(here), 0);
            return;
        }
        let flow = matches!(self.characters.get(span.start.index()), Some('{' | '['));
        self.open.push(Open {
            span,
            anchor,
            map,
            flow,
            items: Vec::new(),
        });
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let within = open.items.last().map(|last| last.range.end);
        let end = match within {
            Some(end) if !open.flow => end,
            _ if open.flow => self.closing(within.unwrap_or(open.span.start.index() + 1)),
            _ => span.end.index(),
        };
        let weight = open
            .items
            .iter()
            .fold(1_u64, |sum, item| sum.saturating_add(item.weight));
        let left_out = open.items.iter().any(|item| item.left_out);
        let value = if open.map {
            let pairs = open
                .items
                .chunks_exact(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect();
            self.check_keys(&pairs);
            Value::Map(pairs)
        } else {
            Value::List(open.items)
        };
        let mut node = self.node(open.span, value);
        node.length = 1;
        node.range = self.written(open.span.start.index()..end.max(open.span.start.index()));
        node.weight = weight;
        node.left_out = left_out;
        self.put(Rc::new(node), open.anchor);
    }

    fn put(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.roots.push(node),
        }
    }

    fn check_keys(&mut self, pairs: &Vec<(Rc<Node>, Rc<Node>)>) {
        let mut seen: BTreeMap<&str, &Rc<Node>> = BTreeMap::new();
        let mut before: Option<&Rc<Node>> = None;
        for (key, value) in pairs {
            match key.scalar() {
                None => self
                    .ledger
                    .fault(key, format!("{} cannot be a key", key.describe()), None),
                Some(_) if key.is_merge() => self.ledger.fault(
                    key,
                    "merge keys (`<<`) are not part of this format",
                    "write the keys out".to_owned(),
                ),
                // `{ type: numeric(10,2) }`: YAML ends the text at the comma, and what follows is a key without a value.
                Some((text, Style::Plain))
                    if key.in_flow
                        && value.is_null()
                        && before.is_some_and(|cut| cut.before_comma) =>
                {
                    let cut = before
                        .and_then(|cut| cut.scalar())
                        .map_or("", |(text, _)| text);
                    self.ledger.fault(
                        before.unwrap_or(key),
                        format!(
                            "the comma ends this text: `{cut}` and `{text}` are read as two entries"
                        ),
                        format!("put it in quotes: \"{cut},{text}\""),
                    );
                }
                Some((text, _)) => {
                    if let Some(first) = seen.insert(text, key) {
                        self.ledger.fault(
                            key,
                            format!("key `{text}` stands twice in one map"),
                            format!("the first one is at {}", first.place),
                        );
                    }
                }
            }
            before = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text of every value of a map, as its range has it.
    fn ranges(text: &str) -> Vec<String> {
        let mut ledger = Ledger::default();
        let roots = documents(&Arc::from("f.yaml"), text, &mut ledger);
        let characters: Vec<char> = text.chars().collect();
        let Value::Map(entries) = &roots[0].value else {
            panic!("{text} is no map")
        };
        entries
            .iter()
            .map(|(_, value)| characters[value.range.clone()].iter().collect())
            .collect()
    }

    #[test]
    fn values_end_where_a_reader_sees_them_end() {
        let text = "a: plain text  # one\nb: \"quo\\\"ted\"   # two\nc: 'it''s' # three\n\
                    d: [x, 'y' ]   # four\ne: { k: v, # five\n  l: w } # six\nf: |\n  ü one\n    two\n\n  three\n\n# seven\n\
                    g:\n  - x\n  - y   # eight\nh:\ni: |\n  last\nj: 1\n";
        assert_eq!(
            ranges(text),
            [
                "plain text",
                "\"quo\\\"ted\"",
                "'it''s'",
                "[x, 'y' ]",
                "{ k: v, # five\n  l: w }",
                "ü one\n    two\n\n  three",
                "- x\n  - y",
                "",
                "last",
                "1",
            ]
        );
    }
}
