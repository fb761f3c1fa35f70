//! Reading nodes as what they are meant to be; what does not fit is a fault, never a guess.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::fault::Ledger;
use super::node::{Node, Style, Value};
use crate::model::{MAX_NAME_BYTES, Name, Written};

/// A map whose keys are words of the format.
pub(super) struct Fields {
    node: Rc<Node>,
    what: String,
    asked: BTreeSet<&'static str>,
}

impl Fields {
    /// Opens a map; anything else is a fault.
    pub(super) fn open(
        node: &Rc<Node>,
        what: impl Into<String>,
        ledger: &mut Ledger,
    ) -> Option<Self> {
        let what = what.into();
        match &node.value {
            Value::Map(_) => Some(Self {
                node: node.clone(),
                what,
                asked: BTreeSet::new(),
            }),
            Value::Scalar { .. } | Value::List(_) => {
                ledger.fault(
                    node,
                    format!("{what} is {}, not a map of keys", node.describe()),
                    None,
                );
                None
            }
        }
    }

    /// Returns the value under a key of the format.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Rc<Node>> {
        self.asked.insert(key);
        pairs(&self.node)
            .iter()
            .find(|(own, _)| own.scalar().is_some_and(|(text, _)| &**text == key))
            .map(|(_, value)| value.clone())
    }

    /// Returns the node of a key, for faults about the key itself.
    pub(super) fn key(&self, key: &str) -> Option<Rc<Node>> {
        pairs(&self.node)
            .iter()
            .find(|(own, _)| own.scalar().is_some_and(|(text, _)| &**text == key))
            .map(|(own, _)| own.clone())
    }

    /// Reports every key that nobody asked for, with the nearest one that there is.
    pub(super) fn close(self, ledger: &mut Ledger) {
        for (key, value) in pairs(&self.node) {
            let Some((text, _)) = key.scalar() else {
                continue;
            };
            if self.asked.contains(&**text) || key.is_merge() || (key.in_flow && value.is_null()) {
                continue;
            }
            let nearest = nearest(text, self.asked.iter().copied());
            let mend = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!(
                    "known here: {}",
                    self.asked.iter().copied().collect::<Vec<_>>().join(", ")
                ),
            };
            ledger.fault(key, format!("unknown key `{text}` in {}", self.what), mend);
        }
    }
}

/// Returns the pairs of a map, none for anything else.
pub(super) fn pairs(node: &Node) -> &[(Rc<Node>, Rc<Node>)] {
    match &node.value {
        Value::Map(pairs) => pairs,
        Value::Scalar { .. } | Value::List(_) => &[],
    }
}

/// Returns the nearest of the known words, where one is near enough to be meant.
pub(super) fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|own| (strsim::damerau_levenshtein(text, own), own))
        .filter(|(distance, own)| *distance <= own.len().max(text.len()) / 3)
        .min()
        .map(|(_, own)| own)
}

/// Reads the entries of a map whose keys are names that a person chose.
pub(super) fn entries(
    node: &Rc<Node>,
    what: &str,
    ledger: &mut Ledger,
) -> Vec<(Name, Rc<Node>, Rc<Node>)> {
    if node.is_null() {
        return Vec::new();
    }
    let Value::Map(pairs) = &node.value else {
        ledger.fault(
            node,
            format!("{what} is {}, not a map of names", node.describe()),
            None,
        );
        return Vec::new();
    };
    pairs
        .iter()
        .filter(|(key, _)| !key.is_merge())
        .filter_map(|(key, value)| Some((name(key, ledger)?, key.clone(), value.clone())))
        .collect()
}

/// Reads the entries of a map whose keys are more than a name.
pub(super) fn raw_entries(
    node: &Rc<Node>,
    what: &str,
    ledger: &mut Ledger,
) -> Vec<(Rc<Node>, Rc<Node>)> {
    if node.is_null() {
        return Vec::new();
    }
    let Value::Map(pairs) = &node.value else {
        ledger.fault(
            node,
            format!("{what} is {}, not a map", node.describe()),
            None,
        );
        return Vec::new();
    };
    pairs
        .iter()
        .filter(|(key, _)| !key.is_merge())
        .cloned()
        .collect()
}

/// Reads text; null is a fault.
pub(super) fn text(node: &Node, what: &str, ledger: &mut Ledger) -> Option<Arc<str>> {
    match node.scalar() {
        Some(_) if node.is_null() => {
            ledger.fault(
                node,
                format!("{what} has no value"),
                format!(
                    "leave the key out, or write \"{}\" in quotes if that is the text",
                    node.scalar().map_or("", |(text, _)| text)
                ),
            );
            None
        }
        Some((text, _)) => Some(text.clone()),
        None => {
            ledger.fault(
                node,
                format!("{what} is {}, not text", node.describe()),
                None,
            );
            None
        }
    }
}

/// Reads an identifier as the catalog stores it.
pub(super) fn name(node: &Node, ledger: &mut Ledger) -> Option<Name> {
    let text = match node.scalar() {
        // A key may be the plain word `null`; as a name it is those four characters only in quotes.
        Some((text, _)) if !node.is_null() => text,
        _ => {
            text(node, "a name", ledger)?;
            return None;
        }
    };
    let name = Name::new(text);
    if text.is_empty() {
        ledger.fault(node, "a name cannot be empty", None);
        return None;
    }
    if text.len() > MAX_NAME_BYTES {
        ledger.fault(
            node,
            format!(
                "the name is {} bytes long, and PostgreSQL keeps {MAX_NAME_BYTES}",
                text.len()
            ),
            "shorten it: the server would cut it silently".to_owned(),
        );
        return None;
    }
    if text.contains('\0') {
        ledger.fault(node, "a name cannot hold a zero byte", None);
        return None;
    }
    if name.is_reserved() {
        ledger.fault(
            node,
            format!(
                "names that begin with `{}` are the tool's own",
                text.split_at("_reconcile_".len()).0
            ),
            "choose another name".to_owned(),
        );
        return None;
    }
    Some(name)
}

/// Reads a list of names.
pub(super) fn names(node: &Node, what: &str, ledger: &mut Ledger) -> Option<Vec<Name>> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| name(item, ledger)).collect(),
        Value::Scalar { .. } | Value::Map(_) => {
            ledger.fault(
                node,
                format!("{what} is {}, not a list of names", node.describe()),
                None,
            );
            None
        }
    }
}

/// Reads a reference: names split at dots outside double quotes, or a list of names.
pub(super) fn reference(node: &Node, what: &str, ledger: &mut Ledger) -> Option<Vec<Name>> {
    if matches!(node.value, Value::List(_)) {
        return names(node, what, ledger);
    }
    let text = text(node, what, ledger)?;
    let split = Name::split_reference(&text);
    if split.is_none() {
        ledger.fault(
            node,
            format!("`{text}` is not a reference"),
            "write `name`, `schema.name` or `[schema, name]`; a name with a dot stands in double quotes".to_owned(),
        );
    }
    split
}

/// Reads a collation; where one without a schema is, is known once all is read.
pub(super) fn collation(node: &Node, ledger: &mut Ledger) -> Option<Vec<Name>> {
    reference(node, "collation", ledger)
}

/// Reads `true` or `false`.
pub(super) fn boolean(node: &Node, what: &str, ledger: &mut Ledger) -> Option<bool> {
    match node.scalar().map(|(text, _)| &**text) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => {
            ledger.fault(node, format!("{what} is neither true nor false"), None);
            None
        }
    }
}

/// What SQL text is for: a body keeps its lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sql {
    Text,
    Body,
}

/// Reads SQL text; what YAML would cut or fold silently is a fault.
pub(super) fn sql(
    node: &Node,
    what: &str,
    kind: Sql,
    path: &Arc<[Name]>,
    ledger: &mut Ledger,
) -> Option<Written> {
    let text = text(node, what, ledger)?;
    let style = node.scalar().map_or(Style::Plain, |(_, style)| style);
    if style == Style::Folded && kind == Sql::Body {
        ledger.fault(
            node,
            format!("{what} stands behind `>`, which joins its lines"),
            "use `|`".to_owned(),
        );
        return None;
    }
    if style == Style::Plain && node.before_comment {
        ledger.fault(
            node,
            format!("a comment follows {what}: ` #` ends plain text"),
            format!("put the text in quotes: {}", quoted(&text)),
        );
        return None;
    }
    let open = text.matches('(').count();
    if style == Style::Plain
        && node.in_flow
        && node.before_comma
        && open > text.matches(')').count()
    {
        ledger.fault(
            node,
            format!("the comma ends this text: `{text}`"),
            "put the whole text in double quotes".to_owned(),
        );
        return None;
    }
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
    if trimmed.is_empty() {
        ledger.fault(node, format!("{what} is empty"), None);
        return None;
    }
    Some(Written::new(trimmed, path.clone()))
}

/// Reads a body that the server keeps as a string, every line of it.
pub(super) fn body(node: &Node, what: &str, ledger: &mut Ledger) -> Option<String> {
    let text = text(node, what, ledger)?;
    match node.scalar().map_or(Style::Plain, |(_, style)| style) {
        Style::Folded => {
            ledger.fault(
                node,
                format!("{what} stands behind `>`, which joins its lines"),
                "use `|`".to_owned(),
            );
            None
        }
        Style::Plain if node.before_comment => {
            let what = format!("a comment follows {what}: ` #` ends plain text");
            ledger.fault(node, what, "use `|`".to_owned());
            None
        }
        Style::Plain | Style::Quoted | Style::Literal => Some(text.to_string()),
    }
}

/// Spells a text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
