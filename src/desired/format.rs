//! The format of the desired state as types: what the JSON Schema is generated from.
//!
//! The reader decodes nodes by hand, for its faults; a test holds it against these types, key by key.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// SQL text, in PostgreSQL's syntax.
type Sql = String;

/// One document of a desired state.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Document {
    /// The schema that unqualified names in this document belong to; `public` by default. It is declared with what
    /// stands in it.
    pub schema: Option<String>,
    /// Where unqualified names in SQL texts are looked up: the document's schema, then `public`, by default.
    pub search_path: Option<Vec<String>>,
    /// Schemas (manual section 5.10).
    pub schemas: Option<BTreeMap<String, Option<Schema>>>,
    /// Tables (manual: CREATE TABLE).
    pub tables: Option<BTreeMap<String, Table>>,
    /// Views (manual: CREATE VIEW).
    pub views: Option<BTreeMap<String, ViewForm>>,
}

/// A schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Schema {
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A table.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Table {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// Its columns, in the order new ones are made in.
    pub columns: Option<BTreeMap<String, ColumnForm>>,
    /// Its primary key: a list of columns, or a map with a name.
    pub primary_key: Option<PrimaryKeyForm>,
    /// Check constraints by name.
    pub checks: Option<BTreeMap<String, CheckForm>>,
    /// Indexes by name.
    pub indexes: Option<BTreeMap<String, IndexForm>>,
    /// Whether changes are kept out of the write-ahead log (manual: CREATE UNLOGGED TABLE).
    pub unlogged: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had: `name`, `schema.name` or `[schema, name]`.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A name, possibly qualified.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Reference {
    /// Names separated by dots; a name with a dot stands in double quotes.
    Dotted(String),
    /// Names one by one.
    List(Vec<String>),
}

/// A column: its type alone, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum ColumnForm {
    /// The type.
    Type(Sql),
    /// Everything.
    Full(Box<Column>),
}

/// A column.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Column {
    /// The data type.
    pub r#type: Sql,
    /// The collation.
    pub collation: Option<Reference>,
    /// The expression new rows get.
    pub default: Option<Sql>,
    /// Whether NULL is refused.
    pub not_null: Option<NotNullForm>,
    /// The expression of a stored generated column.
    pub generated: Option<Sql>,
    /// Fills existing rows before NOT NULL is enforced.
    pub backfill: Option<Sql>,
    /// How a change of type converts values.
    pub using: Option<Sql>,
    /// How going back converts them again.
    pub using_back: Option<Sql>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<String>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// NOT NULL: a flag, or a map with a name.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum NotNullForm {
    /// Whether NULL is refused.
    Flag(bool),
    /// With the constraint's name (PostgreSQL 18 and later).
    Full(NotNull),
}

/// A named NOT NULL.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NotNull {
    /// The constraint's name.
    pub name: Option<String>,
    /// Whether existing rows are left unchecked.
    pub not_valid: Option<bool>,
}

/// A primary key: its columns, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PrimaryKeyForm {
    /// The columns.
    Columns(Vec<String>),
    /// Everything.
    Full(PrimaryKey),
}

/// A primary key.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// Columns carried along in the index.
    pub include: Option<Vec<String>>,
    /// Whether the check can wait for the end of the transaction.
    pub deferrable: Option<Deferrable>,
}

/// When a deferrable constraint is checked.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Deferrable {
    /// At the end of every statement unless told otherwise.
    InitiallyImmediate,
    /// At the end of the transaction unless told otherwise.
    InitiallyDeferred,
}

/// A check: its expression, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum CheckForm {
    /// The expression.
    Expression(Sql),
    /// Everything.
    Full(Check),
}

/// A check constraint.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Check {
    /// What every row must not make false.
    pub check: Sql,
    /// Whether existing rows are left unchecked.
    pub not_valid: Option<bool>,
    /// Whether children of the table are left out.
    pub no_inherit: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
}

/// An index: its columns, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum IndexForm {
    /// The columns.
    Columns(Vec<Sql>),
    /// Everything.
    Full(Box<Index>),
}

/// An index.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Index {
    /// Its elements as CREATE INDEX takes them: column or expression, collation, operator class, order.
    pub columns: Vec<Sql>,
    /// The access method; `btree` by default.
    pub method: Option<String>,
    /// Whether no two rows may hold equal keys.
    pub unique: Option<bool>,
    /// Whether NULLs count as equal (PostgreSQL 15 and later).
    pub nulls_not_distinct: Option<bool>,
    /// Columns carried along.
    pub include: Option<Vec<String>>,
    /// The predicate of a partial index.
    pub r#where: Option<Sql>,
    /// Storage parameters by name.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// The tablespace.
    pub tablespace: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
}

/// Text, taken by its characters.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A flag.
    Flag(bool),
}

/// A view: its query, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum ViewForm {
    /// The query.
    Query(Sql),
    /// Everything.
    Full(View),
}

/// A view.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct View {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The query.
    pub query: Sql,
    /// Whether the view hides rows from leaky functions.
    pub security_barrier: Option<Scalar>,
    /// Whether the caller's privileges count (PostgreSQL 15 and later).
    pub security_invoker: Option<Scalar>,
    /// Whether rows written through the view must be visible in it.
    pub check_option: Option<CheckOption>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
}

/// Which conditions rows written through a view must meet.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum CheckOption {
    /// This view's own.
    Local,
    /// Those of the views below it as well.
    Cascaded,
}

/// Returns the JSON Schema of a document, as `schema/reconcile.schema.json` holds it.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Document);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of the types is known to the reader, and with a wrong one it names them.
    #[test]
    fn the_reader_knows_every_key() {
        let schema: serde_json::Value = serde_json::from_str(&json_schema()).expect("it is JSON");
        let definitions = schema["$defs"].as_object().expect("it has definitions");
        let places = [
            ("Schema", "schemas: { s: {KEYS} }", ""),
            ("Table", "tables: { t: {KEYS} }", ""),
            ("Column", "tables: { t: { columns: { c: {KEYS} } } }", ""),
            (
                "NotNull",
                "tables: { t: { columns: { c: { not_null: {KEYS} } } } }",
                "",
            ),
            ("PrimaryKey", "tables: { t: { primary_key: {KEYS} } }", ""),
            ("Check", "tables: { t: { checks: { c: {KEYS} } } }", ""),
            ("Index", "tables: { t: { indexes: { i: {KEYS} } } }", ""),
            ("View", "views: { v: {KEYS} }", ""),
        ];
        for (name, text, _) in places {
            let mut wanted: Vec<&String> = definitions[name]["properties"]
                .as_object()
                .expect("a struct has properties")
                .keys()
                .collect();
            wanted.sort();
            let text = text.replace("{KEYS}", "{ zzzzzzzzzzzzzzzzzzzzzzzz: 1 }");
            let faults = super::super::declare(&[vec![("f.yaml".to_owned(), text)]])
                .expect_err("the key is unknown");
            let mend = faults
                .faults
                .iter()
                .find_map(|fault| fault.mend.as_deref()?.strip_prefix("known here: "))
                .expect("known keys are named");
            let known: Vec<&str> = mend.split(", ").collect();
            assert_eq!(known, wanted, "{name}");
        }
    }
}
