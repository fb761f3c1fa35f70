//! Names and types as texts spell them: split at dots and commas outside of quotes, and put together as a server does.

use super::{Address, Kind, Name};

/// The keywords that a server puts in quotes where they are names (manual, appendix C: all but the non-reserved ones).
const KEYWORDS: &str = "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast \
    char character check coalesce collate collation column concurrently constraint create cross current_catalog \
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable \
    desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group \
    grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array \
    json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value \
    lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not \
    notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary \
    real references returning right row select session_user setof similar smallint some substring symmetric \
    system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar \
    variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse \
    xmlpi xmlroot xmlserialize xmltable";

/// Splits `name(type, type)` into the name and the types: at commas outside of quotes and parentheses. The types are
/// returned as they stand.
pub(super) fn split_arguments(text: &str) -> Option<(&str, Vec<Name>)> {
    let mut quoted = false;
    let mut depth = 0_u32;
    let mut open = None;
    let mut types = Vec::new();
    let mut from = 0;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => {
                if depth == 0 && open.is_none() {
                    open = Some(at);
                    from = at + 1;
                }
                depth += 1;
            }
            ')' | ']' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && character == ')' {
                    let last = text[from..at].trim();
                    if !last.is_empty() || !types.is_empty() {
                        types.push(Name::new(last));
                    }
                    if !text[at + 1..].trim().is_empty() {
                        return None;
                    }
                }
            }
            ',' if !quoted && depth == 1 => {
                types.push(Name::new(text[from..at].trim()));
                from = at + 1;
            }
            _ => {}
        }
    }
    let open = open.filter(|_| depth == 0 && !quoted)?;
    if types.iter().any(|own| own.as_str().is_empty()) {
        return None;
    }
    Some((text[..open].trim_end(), types))
}

/// Splits names at dots outside double quotes, undoubling quotes.
pub(super) fn split_dotted(text: &str) -> Option<Vec<Name>> {
    let mut names = Vec::new();
    let mut current = String::new();
    let mut characters = text.trim().chars().peekable();
    let (mut quoted, mut any) = (false, false);
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                current.push('"');
            }
            ('"', _) => {
                quoted = !quoted;
                any = true;
            }
            ('.', false) => {
                if !any {
                    return None;
                }
                names.push(Name::new(std::mem::take(&mut current)));
                any = false;
            }
            (other, _) => {
                current.push(other);
                any = true;
            }
        }
    }
    if quoted || !any {
        return None;
    }
    names.push(Name::new(current));
    Some(names)
}

impl Name {
    /// Splits a routine's key, `name(type, type)`, into its name and types; `None` where it is not well formed.
    pub fn split_routine(text: &str) -> Option<(Self, Vec<Self>)> {
        let (name, types) = split_arguments(text)?;
        Some((Self::unquoted(name), types))
    }

    /// Takes the double quotes off a name, where it stands in some.
    pub fn unquoted(text: &str) -> Self {
        let inner = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match inner {
            Some(inner) => Self::new(inner.replace("\"\"", "\"")),
            None => Self::new(text),
        }
    }

    /// Splits `source AS target` into two types, at the one AS outside of quotes.
    pub fn split_cast(text: &str) -> Option<[Self; 2]> {
        let mut quoted = false;
        let mut found = None;
        for (at, character) in text.char_indices() {
            quoted ^= character == '"';
            let word = text.get(at..at + 4);
            let is_as = word.is_some_and(|word| word.eq_ignore_ascii_case(" as "));
            if !quoted && is_as && found.replace(at).is_some() {
                return None;
            }
        }
        let (source, target) = (text[..found?].trim(), text[found? + 4..].trim());
        let is_there = !source.is_empty() && !target.is_empty();
        is_there.then(|| [source, target].map(Self::new))
    }

    /// Splits `schema.name(type, type)` into the path and the types.
    pub fn split_call(text: &str) -> Option<(Vec<Self>, Vec<Self>)> {
        let (path, types) = split_arguments(text)?;
        Some((split_dotted(path)?, types))
    }

    /// Says whether this can be the name of an operator (manual section 4.1.3).
    pub fn is_operator(&self) -> bool {
        let text = self.as_str();
        let is_short = !text.is_empty() && text.len() <= super::MAX_NAME_BYTES;
        let is_comment = text.contains("--") || text.contains("/*");
        is_short && !is_comment && text.chars().all(|own| "+-*/<>=~!@#%^&|`?".contains(own))
    }

    /// Splits a reference at dots outside double quotes, without folding; `None` where it is not well formed.
    pub fn split_reference(text: &str) -> Option<Vec<Self>> {
        split_dotted(text)
    }
}

impl Name {
    /// Spells the name as `quote_ident` does: in quotes where it is not a plain lower-case word, or is a keyword.
    pub fn spelled(&self) -> String {
        let text = self.as_str();
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_plain = begins && text.chars().all(plain);
        if is_plain && !KEYWORDS.split(' ').any(|word| word == text) {
            text.to_owned()
        } else {
            ["\"", &text.replace('"', "\"\""), "\""].concat()
        }
    }
}

impl Name {
    /// Returns where a type's name may be found, schema by schema of the path, each place with the name as a server with
    /// an empty search path spells it.
    pub(super) fn type_places(text: &str, path: &[Self]) -> Vec<([Self; 2], String)> {
        let (name, array) = match text.strip_suffix("[]") {
            Some(element) => (element, "[]"),
            None => (text, ""),
        };
        // What stands without quotes is folded, as in any SQL text.
        let names = if name.contains('"') {
            split_dotted(name)
        } else {
            split_dotted(&name.to_lowercase())
        };
        let place = |schema: &Self, name: &Self| {
            let spelled = [&schema.spelled(), ".", &name.spelled(), array].concat();
            ([schema.clone(), name.clone()], spelled)
        };
        match names.as_deref() {
            Some([name]) => path.iter().map(|schema| place(schema, name)).collect(),
            Some([schema, name]) => vec![place(schema, name)],
            Some(_) | None => Vec::new(),
        }
    }
}

/// Says how a server spells a type once `from` (a schema, or a relation or type that the name speaks of) is `to`.
pub(super) fn type_after_move(own: &Name, from: &Address, to: &Address) -> Name {
    let text = own.as_str();
    let (name, array) = match text.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (text, ""),
    };
    let Some(path) = split_dotted(name).filter(|path| path.len() == 2) else {
        return own.clone();
    };
    let is_type = matches!(
        from.kind(),
        Kind::Table
            | Kind::View
            | Kind::MaterializedView
            | Kind::Enum
            | Kind::Domain
            | Kind::Composite
            | Kind::Range
    );
    let moves_with_schema = from.kind() == Kind::Schema && path[..1] == *from.path();
    if !(moves_with_schema || is_type && path[..] == *from.path()) {
        return own.clone();
    }
    let rest = path.iter().skip(from.path().len());
    let parts: Vec<String> = to.path().iter().chain(rest).map(Name::spelled).collect();
    Name::new([&parts.join("."), array].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_follows_its_table_and_its_schema() {
        let table = |schema: &str, name: &str| Address::new(Kind::Table, [schema, name]);
        let after = |text: &str, from: &Address, to: &Address| {
            type_after_move(&Name::new(text), from, to)
                .as_str()
                .to_owned()
        };
        let (old, new) = (table("app", "orders"), table("app", "Order"));
        assert_eq!(after("app.orders[]", &old, &new), "app.\"Order\"[]");
        assert_eq!(after("app.order_lines", &old, &new), "app.order_lines");
        assert_eq!(after("integer", &old, &new), "integer");
        assert_eq!(
            after("app.\"Order\"", &new, &table("app", "user")),
            "app.\"user\""
        );
        let (schema, other) = (
            Address::new(Kind::Schema, ["app"]),
            Address::new(Kind::Schema, ["shop"]),
        );
        assert_eq!(after("app.orders", &schema, &other), "shop.orders");
    }
}
