//! How SQL text is made: the [`Sql`] type, quoting of identifiers and literals. Knows no statement.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Address, Hash, Kind, Name, Text};

/// One SQL statement, or a part of one.
///
/// There is no way in for a `String`: parts are static text, quoted names, quoted literals, and texts that a server
/// printed or a person declared. What comes from a plan file is not executable until its id was compared
/// (`Sql::reviewed`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sql {
    text: String,
    #[serde(skip)]
    unreviewed: bool,
}

impl Sql {
    /// Begins with static text.
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            unreviewed: false,
        }
    }

    /// Begins empty.
    pub fn empty() -> Self {
        Self::new("")
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('(') {
            self.text.push(' ');
        }
    }

    /// Appends static text after a space.
    pub fn push(mut self, text: &'static str) -> Self {
        self.space();
        self.text.push_str(text);
        self
    }

    /// Appends static text without a space.
    pub fn glue(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends the question whether the value before it is NULL. Of a row, `IS NULL` asks whether all its fields are; what NOT
    /// NULL, a unique key and an index mean by NULL is asked by `IS NOT DISTINCT FROM`.
    /// <https://www.postgresql.org/docs/current/functions-comparison.html>
    pub fn is_null(self, of_row: bool) -> Self {
        self.push(if of_row {
            "IS NOT DISTINCT FROM NULL"
        } else {
            "IS NULL"
        })
    }

    /// Appends the question whether the value before it is not NULL, as [`Sql::is_null`] does.
    pub fn is_not_null(self, of_row: bool) -> Self {
        self.push(if of_row {
            "IS DISTINCT FROM NULL"
        } else {
            "IS NOT NULL"
        })
    }

    /// Appends another part after a space.
    pub fn join(mut self, other: &Self) -> Self {
        self.space();
        self.text.push_str(&other.text);
        self.unreviewed |= other.unreviewed;
        self
    }

    /// Appends a quoted identifier.
    pub fn name(mut self, name: &Name) -> Self {
        self.space();
        push_identifier(&mut self.text, name);
        self
    }

    /// Appends a quoted identifier without a space, as after `NEW.`.
    pub fn glued_name(mut self, name: &Name) -> Self {
        push_identifier(&mut self.text, name);
        self
    }

    /// Appends names joined by dots, each quoted.
    pub fn names_dotted(mut self, path: &[Name]) -> Self {
        self.space();
        for (at, name) in path.iter().enumerate() {
            if at > 0 {
                self.text.push('.');
            }
            push_identifier(&mut self.text, name);
        }
        self
    }

    /// Appends an operator: its schema, quoted, and its name, which is made of symbols alone and never quoted.
    pub fn operator(mut self, path: &[Name]) -> Self {
        self.space();
        for (at, name) in path.iter().enumerate() {
            if at > 0 {
                self.text.push('.');
            }
            if at + 1 < path.len() {
                push_identifier(&mut self.text, name);
            } else if name.is_operator() {
                self.text.push_str(name.as_str());
            }
        }
        self
    }

    /// Appends the path of an object that schema and name identify, or of a schema.
    pub fn path(self, address: &Address) -> Self {
        let path = address.path();
        self.names_dotted(&path[..path.len().min(2)])
    }

    /// Appends the whole path: schema, table and column.
    pub fn whole_path(self, address: &Address) -> Self {
        self.names_dotted(address.path())
    }

    /// Appends `(a, b, c)`.
    pub fn name_list(mut self, names: &[Name]) -> Self {
        self.space();
        self.text.push('(');
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            push_identifier(&mut self.text, name);
        }
        self.text.push(')');
        self
    }

    /// Appends `a, b`, or `''` for none: what `search_path` takes.
    pub fn name_sequence(mut self, names: &[Name]) -> Self {
        self.space();
        if names.is_empty() {
            self.text.push_str("''");
        }
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            push_identifier(&mut self.text, name);
        }
        self
    }

    /// Appends parts, separated by static text.
    pub fn separated<'a>(
        mut self,
        parts: impl IntoIterator<Item = &'a Self>,
        separator: &'static str,
    ) -> Self {
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                self.text.push_str(separator);
                self.text.push_str(&part.text);
            } else {
                self.space();
                self.text.push_str(&part.text);
            }
            self.unreviewed |= part.unreviewed;
        }
        self
    }

    /// Appends parts on lines of their own, as the elements of CREATE TABLE read best.
    pub fn separated_lines(mut self, parts: &[Self]) -> Self {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text.push_str(",\n    ");
            }
            self.text.push_str(&part.text);
            self.unreviewed |= part.unreviewed;
        }
        self
    }

    /// Appends a quoted literal.
    pub fn literal(mut self, value: &str) -> Self {
        self.space();
        push_literal(&mut self.text, value);
        self
    }

    /// Appends a quoted literal, or NULL.
    pub fn literal_or_null(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.literal(value),
            None => self.push("NULL"),
        }
    }

    /// Appends a literal in dollar quotes, which leave a body readable, where a tag fits that the text does not
    /// hold.
    pub fn dollar_quoted(mut self, value: &str) -> Self {
        self.space();
        // A dollar at the end would join the closing tag.
        let tag = ["$$", "$body$", "$function$", "$reconcile$"]
            .into_iter()
            .find(|tag| !value.contains(tag) && !value.ends_with('$'));
        match tag {
            Some(tag) => {
                self.text.push_str(tag);
                self.text.push_str(value);
                self.text.push_str(tag);
            }
            None => push_literal(&mut self.text, value),
        }
        self
    }

    /// Appends a number that a server has printed; anything else becomes a quoted literal.
    pub fn literal_number(mut self, printed: &str) -> Self {
        self.space();
        if !printed.is_empty() && printed.chars().all(|c| c.is_ascii_digit() || c == '.') {
            self.text.push_str(printed);
        } else {
            push_literal(&mut self.text, printed);
        }
        self
    }

    /// Appends a privilege's word as `aclexplode` names it; anything else is quoted and refused by the server.
    pub fn keyword(mut self, word: &Name) -> Self {
        self.space();
        let plain = word
            .as_str()
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == ' ');
        if plain {
            self.text.push_str(word.as_str());
        } else {
            push_identifier(&mut self.text, word);
        }
        self
    }

    /// Appends the name of a setting or storage parameter: with a dot in it, each part is an identifier.
    pub fn parameter(mut self, name: &Name) -> Self {
        self.space();
        for (at, part) in name.as_str().split('.').enumerate() {
            if at > 0 {
                self.text.push('.');
            }
            push_identifier(&mut self.text, &Name::new(part));
        }
        self
    }

    /// Appends `name TO value`. A list setting such as `search_path` takes its parts one by one (manual: SET).
    pub fn setting(mut self, name: &Name, value: &str) -> Self {
        self = self.parameter(name);
        self.text.push_str(" TO ");
        let is_list = [
            "search_path",
            "temp_tablespaces",
            "session_preload_libraries",
            "local_preload_libraries",
        ]
        .contains(&name.as_str().to_lowercase().as_str());
        if is_list {
            let parts = split_list(value);
            if parts.is_empty() {
                self.text.push_str("''");
            }
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    self.text.push_str(", ");
                }
                push_literal(&mut self.text, part);
            }
        } else {
            push_literal(&mut self.text, value);
        }
        self
    }

    /// Appends a routine's path with the types of its arguments, as the command to drop it takes it.
    pub fn routine(self, address: &Address) -> Self {
        if address.kind() == Kind::Aggregate && address.arguments().is_empty() {
            return self.path(address).glue("(*)");
        }
        self.called(address)
    }

    /// Appends a routine's path with the types of its arguments, as GRANT takes it for functions of every kind.
    pub fn called(self, address: &Address) -> Self {
        let mut sql = self.path(address).glue("(");
        for (at, argument) in address.arguments().iter().enumerate() {
            if at > 0 {
                sql.text.push_str(", ");
            }
            // A type as a server spells it.
            sql.text.push_str(argument.as_str());
        }
        sql.glue(")")
    }

    /// Appends a number.
    pub fn number(mut self, value: i64) -> Self {
        self.space();
        self.text.push_str(&value.to_string());
        self
    }

    /// Appends a text in parentheses: an expression.
    pub fn expression(mut self, text: &impl Text) -> Self {
        self.space();
        self.text.push('(');
        self.text.push_str(text.sql());
        self.text.push(')');
        self
    }

    /// Appends a text as it stands: a type, a query, an index element, a body.
    pub fn verbatim(mut self, text: &impl Text) -> Self {
        self.space();
        self.text.push_str(text.sql());
        self
    }

    /// Appends a text as it stands without a space, as after `::`.
    pub fn glued_text(mut self, text: &impl Text) -> Self {
        self.text.push_str(text.sql());
        self
    }

    /// Returns the text for people and for comparison.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Vouches for a statement from a plan file whose id matched its content.
    pub(crate) fn reviewed(&self, _plan: &Hash) -> Self {
        Self {
            text: self.text.clone(),
            unreviewed: false,
        }
    }

    /// Returns the text for a driver.
    ///
    /// # Panics
    /// Panics when the statement comes from a file whose id was not compared.
    pub(crate) fn executable(&self) -> &str {
        assert!(
            !self.unreviewed,
            "a statement from a plan file is run only after the plan's id was compared"
        );
        &self.text
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Sql {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            text: String::deserialize(deserializer)?,
            unreviewed: true,
        })
    }
}

/// Splits the value of a list setting at commas outside of double quotes, undoubling and unquoting its parts.
fn split_list(value: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut quoted, mut any) = (false, false);
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                part.push('"');
            }
            ('"', _) => {
                quoted = !quoted;
                any = true;
            }
            (',', false) => {
                parts.push(std::mem::take(&mut part));
                any = false;
            }
            (blank, false) if blank.is_whitespace() => {}
            (other, _) => {
                part.push(other);
                any = true;
            }
        }
    }
    if any {
        parts.push(part);
    }
    parts
}

/// Quotes an identifier, always: no list of reserved words has to be right on every major (manual section 4.1.1).
fn push_identifier(text: &mut String, name: &Name) {
    text.push('"');
    for character in name.as_str().chars() {
        if character == '"' {
            text.push('"');
        }
        text.push(character);
    }
    text.push('"');
}

/// Quotes a literal. A backslash takes the escape form, so the text means the same whatever
/// `standard_conforming_strings` says (manual section 4.1.2).
fn push_literal(text: &mut String, value: &str) {
    if value.contains('\\') {
        text.push('E');
    }
    text.push('\'');
    for character in value.chars() {
        if character == '\'' || character == '\\' {
            text.push(character);
        }
        text.push(character);
    }
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn names_and_literals_are_quoted_once() {
        let table = Address::new(Kind::Table, ["a\"b", "it's"]);
        let sql = Sql::new("COMMENT ON TABLE")
            .path(&table)
            .push("IS")
            .literal("it's a \\ \"x\"");
        assert_eq!(
            sql.as_str(),
            r#"COMMENT ON TABLE "a""b"."it's" IS E'it''s a \\ "x"'"#
        );
    }

    #[test]
    fn bodies_and_settings_are_quoted() {
        let body = |text| Sql::empty().dollar_quoted(text).as_str().to_owned();
        assert_eq!(body("a 'b'"), "$$a 'b'$$");
        assert_eq!(body("a $$ b"), "$body$a $$ b$body$");
        assert_eq!(body("it's $"), "'it''s $'");
        let set = |name: &str, value| {
            Sql::empty()
                .setting(&Name::new(name), value)
                .as_str()
                .to_owned()
        };
        assert_eq!(
            set("search_path", "app, \"Odd, one\""),
            "\"search_path\" TO 'app', 'Odd, one'"
        );
        assert_eq!(set("search_path", ""), "\"search_path\" TO ''");
        assert_eq!(set("my.own", "it's"), "\"my\".\"own\" TO 'it''s'");
    }

    #[test]
    fn quoting_survives_reserved_words_and_unicode() {
        assert_eq!(
            Sql::empty().name(&Name::new("select")).as_str(),
            "\"select\""
        );
        assert_eq!(
            Sql::empty()
                .name_list(&[Name::new("Ünï"), Name::new("b")])
                .as_str(),
            "(\"Ünï\", \"b\")"
        );
    }

    #[test]
    #[should_panic(expected = "only after the plan's id")]
    fn what_a_file_says_is_not_executable() {
        let sql: Sql =
            serde_json::from_str("\"DROP TABLE t\"").expect("a string reads as a statement");
        sql.executable();
    }
}
