//! The format of the desired state as types: what the JSON Schema is generated from.
//!
//! The reader decodes nodes by hand, for its faults; a test holds it against these types, key by key.

mod column;
mod constraint;
mod definition;
mod partition;
mod policy;
mod privilege;
mod routine;
mod rule;
mod types;

use std::collections::BTreeMap;

use schemars::JsonSchema;

pub use column::*;
pub use constraint::*;
pub use definition::*;
pub use partition::*;
pub use policy::*;
pub use privilege::*;
pub use routine::*;
pub use rule::*;
pub use types::*;

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
    /// What others may do with things that a role makes from now on, by that role (manual: ALTER DEFAULT PRIVILEGES).
    pub default_privileges: Option<BTreeMap<String, DefaultPrivileges>>,
    /// Extensions (manual: CREATE EXTENSION).
    pub extensions: Option<BTreeMap<String, Option<Extension>>>,
    /// Collations (manual section 23.2).
    pub collations: Option<BTreeMap<String, Collation>>,
    /// Enumerated types (manual section 8.7).
    pub enums: Option<BTreeMap<String, EnumForm>>,
    /// Domains: types with what their values must meet (manual: CREATE DOMAIN).
    pub domains: Option<BTreeMap<String, DomainForm>>,
    /// Composite types by name.
    pub composites: Option<BTreeMap<String, Composite>>,
    /// Range types (manual section 8.17).
    pub ranges: Option<BTreeMap<String, RangeForm>>,
    /// Sequences that no identity column has (manual: CREATE SEQUENCE).
    pub sequences: Option<BTreeMap<String, Option<Sequence>>>,
    /// Functions; the key is `name(argument types)` as in DROP FUNCTION (manual: CREATE FUNCTION).
    pub functions: Option<BTreeMap<String, Function>>,
    /// Procedures by name and argument types (manual: CREATE PROCEDURE).
    pub procedures: Option<BTreeMap<String, Procedure>>,
    /// Aggregate functions by name and argument types (manual: CREATE AGGREGATE).
    pub aggregates: Option<BTreeMap<String, Aggregate>>,
    /// Conversions between encodings (manual section 23.3).
    pub conversions: Option<BTreeMap<String, Conversion>>,
    /// What splits texts into tokens (manual section 12.5).
    pub text_search_parsers: Option<BTreeMap<String, TextSearchParser>>,
    /// The functions that dictionaries are made with (manual section 12.6).
    pub text_search_templates: Option<BTreeMap<String, TextSearchTemplate>>,
    /// What makes lexemes of tokens (manual section 12.6).
    pub text_search_dictionaries: Option<BTreeMap<String, TextSearchDictionary>>,
    /// Parsers with dictionaries (manual section 12.7).
    pub text_search_configurations: Option<BTreeMap<String, TextSearchConfiguration>>,
    /// Roles of the server, compared where `manage.roles` says so (manual chapter 22).
    pub roles: Option<BTreeMap<String, Option<Role>>>,
    /// Libraries that read and write data elsewhere (manual section 5.13).
    pub foreign_data_wrappers: Option<BTreeMap<String, Option<ForeignDataWrapper>>>,
    /// Access methods of tables and indexes by name (manual: CREATE ACCESS METHOD).
    pub access_methods: Option<BTreeMap<String, AccessMethod>>,
    /// Places where data is (manual section 5.13).
    pub servers: Option<BTreeMap<String, Server>>,
    /// As whom roles go to foreign servers, by `server (role)`, `public` for everybody (manual: CREATE USER MAPPING).
    pub user_mappings: Option<BTreeMap<String, Option<UserMapping>>>,
    /// What subscribers get of what happens to tables (manual section 29.1).
    pub publications: Option<BTreeMap<String, Option<Publication>>>,
    /// Operators by name and operands (manual section 36.14).
    pub operators: Option<BTreeMap<String, Operator>>,
    /// Casts by their types (manual: CREATE CAST).
    pub casts: Option<BTreeMap<String, Option<Cast>>>,
    /// Operator families by name and index method (manual section 36.16).
    pub operator_families: Option<BTreeMap<String, Option<OperatorFamily>>>,
    /// Operator classes by name and index method (manual section 36.16).
    pub operator_classes: Option<BTreeMap<String, OperatorClass>>,
    /// Functions that run at DDL commands (manual chapter 38).
    pub event_triggers: Option<BTreeMap<String, EventTrigger>>,
    /// Tables (manual: CREATE TABLE).
    pub tables: Option<BTreeMap<String, Table>>,
    /// What ANALYZE gathers about columns together (manual section 14.2.2).
    pub statistics: Option<BTreeMap<String, Statistics>>,
    /// Materialized views (manual: CREATE MATERIALIZED VIEW).
    pub materialized_views: Option<BTreeMap<String, MaterializedViewForm>>,
    /// Views (manual: CREATE VIEW).
    pub views: Option<BTreeMap<String, ViewForm>>,
}

/// A schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Schema {
    /// What others may do with things that a role makes in this schema from now on, beside what `default_privileges` of the document
    /// gives, by that role (manual: ALTER DEFAULT PRIVILEGES).
    pub default_privileges: Option<BTreeMap<String, DefaultPrivilegesInSchema>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// An extension.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Extension {
    /// The schema its objects live in; wherever it is, by default.
    pub schema: Option<String>,
    /// Its version; any, by default.
    pub version: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
}

/// A sequence.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sequence {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// `smallint`, `integer` or `bigint`; `bigint` by default.
    pub r#type: Option<String>,
    /// The first value.
    pub start: Option<i64>,
    /// The step; 1 by default.
    pub increment: Option<i64>,
    /// The lowest value.
    pub min_value: Option<i64>,
    /// The highest value.
    pub max_value: Option<i64>,
    /// How many values a session takes at once; 1 by default.
    pub cache: Option<i64>,
    /// Whether it begins anew at its end.
    pub cycle: Option<bool>,
    /// The column it goes with: `table.column`.
    pub owned_by: Option<Reference>,
    /// Whether changes are kept out of the write-ahead log (PostgreSQL 15 and later).
    pub unlogged: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
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
    /// Makes it a foreign table: where its rows are (manual: CREATE FOREIGN TABLE).
    pub foreign: Option<Foreign>,
    /// The tables that it has columns and checks from beside its own (manual: CREATE TABLE, INHERITS); their order counts when it is
    /// made.
    pub inherits: Option<InheritsForm>,
    /// How its rows are spread: `RANGE (…)`, `LIST (…)` or `HASH (…)` (manual: CREATE TABLE, PARTITION BY).
    pub partition_by: Option<Sql>,
    /// Its partitions by name, each with the rows it holds; or `unmanaged`: others make them.
    pub partitions: Option<PartitionsForm>,
    /// Its primary key: a list of columns, or a map with a name.
    pub primary_key: Option<PrimaryKeyForm>,
    /// Unique constraints by name.
    pub unique: Option<BTreeMap<String, UniqueForm>>,
    /// Exclusion constraints by name.
    pub exclusions: Option<BTreeMap<String, Exclusion>>,
    /// Foreign keys by name.
    pub foreign_keys: Option<BTreeMap<String, ForeignKey>>,
    /// Triggers by name (manual: CREATE TRIGGER).
    pub triggers: Option<BTreeMap<String, Box<Trigger>>>,
    /// Rules by name (manual: CREATE RULE).
    pub rules: Option<BTreeMap<String, Box<Rule>>>,
    /// Whether its policies count for others than the owner (manual: ALTER TABLE, ENABLE ROW LEVEL SECURITY).
    pub row_level_security: Option<bool>,
    /// Whether they count for the owner too (manual: ALTER TABLE, FORCE ROW LEVEL SECURITY).
    pub force_row_level_security: Option<bool>,
    /// Policies by name (manual: CREATE POLICY).
    pub policies: Option<BTreeMap<String, Box<Policy>>>,
    /// Check constraints by name.
    pub checks: Option<BTreeMap<String, CheckForm>>,
    /// Indexes by name.
    pub indexes: Option<BTreeMap<String, IndexForm>>,
    /// Whether changes are kept out of the write-ahead log (manual: CREATE UNLOGGED TABLE).
    pub unlogged: Option<bool>,
    /// The tablespace; the database's own by default. Of a partitioned table: that of new partitions.
    pub tablespace: Option<String>,
    /// The table access method (manual: CREATE TABLE, USING); `heap` by default.
    pub access_method: Option<String>,
    /// Storage parameters, those of its TOAST table as `toast.name`.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// What the write-ahead log says of a row that changes: the primary key by `default`, `full`, `nothing`, or a map
    /// with an index.
    pub replica_identity: Option<ReplicaIdentityForm>,
    /// The index or key that CLUSTER goes by.
    pub clustered_on: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had: `name`, `schema.name` or `[schema, name]`.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// Where the rows of a foreign table are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Foreign {
    /// The foreign server.
    pub server: String,
    /// What the server's wrapper is told of the table, by name.
    pub options: Option<BTreeMap<String, Scalar>>,
}

/// A replica identity: its word, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum ReplicaIdentityForm {
    /// Its word.
    Word(ReplicaIdentity),
    /// An index.
    Index(ReplicaIndex),
}

/// What the write-ahead log says of a row that changes or goes (manual: ALTER TABLE, REPLICA IDENTITY).
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// Its primary key.
    Default,
    /// All of it.
    Full,
    /// Nothing.
    Nothing,
}

/// The columns of an index.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReplicaIndex {
    /// The index or unique constraint.
    pub index: String,
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
    Full(Box<View>),
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
    /// What is said of its columns.
    pub columns: Option<BTreeMap<String, ViewColumn>>,
    /// The triggers, most of them `instead_of`.
    pub triggers: Option<BTreeMap<String, Box<Trigger>>>,
    /// Rules by name (manual: CREATE RULE).
    pub rules: Option<BTreeMap<String, Box<Rule>>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A materialized view: its query, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum MaterializedViewForm {
    /// The query.
    Query(Sql),
    /// Everything.
    Full(Box<MaterializedView>),
}

/// A materialized view. What it holds is never compared.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MaterializedView {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The query.
    pub query: Sql,
    /// Storage parameters, by name; those of its TOAST table begin with `toast.`.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// The indexes.
    pub indexes: Option<BTreeMap<String, IndexForm>>,
    /// What is said of its columns.
    pub columns: Option<BTreeMap<String, MaterializedViewColumn>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A column of a view.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ViewColumn {
    /// What an INSERT into the view that leaves the column out puts there (manual: ALTER VIEW).
    pub default: Option<Sql>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
}

/// A column of a materialized view.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MaterializedViewColumn {
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
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
            (
                "Partition",
                "tables: { t: { partition_by: x, partitions: { p: { bound: x, zzzzzzzzzzzzzzzzzzzzzzzz: 1 } } } }",
                "",
            ),
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
            ("MaterializedView", "materialized_views: { v: {KEYS} }", ""),
            (
                "Privilege",
                "tables: { t: { grants: { r: [{KEYS}] } } }",
                "",
            ),
            ("DefaultPrivileges", "default_privileges: { r: {KEYS} }", ""),
            (
                "DefaultPrivilegesInSchema",
                "schemas: { s: { default_privileges: { r: {KEYS} } } }",
                "",
            ),
            ("Extension", "extensions: { e: {KEYS} }", ""),
            ("Enum", "enums: { e: {KEYS} }", ""),
            ("Composite", "composites: { c: {KEYS} }", ""),
            ("Collation", "collations: { c: {KEYS} }", ""),
            ("Range", "ranges: { r: {KEYS} }", ""),
            (
                "Attribute",
                "composites: { c: { attributes: [{ a: {KEYS} }] } }",
                "",
            ),
            ("Domain", "domains: { d: {KEYS} }", ""),
            (
                "DomainCheck",
                "domains: { d: { type: int, checks: { c: {KEYS} } } }",
                "",
            ),
            ("Sequence", "sequences: { s: {KEYS} }", ""),
            ("Function", "functions: { f(): {KEYS} }", ""),
            ("Procedure", "procedures: { p(): {KEYS} }", ""),
            ("Aggregate", "aggregates: { a(): {KEYS} }", ""),
            ("Conversion", "conversions: { c: {KEYS} }", ""),
            ("TextSearchParser", "text_search_parsers: { p: {KEYS} }", ""),
            (
                "TextSearchTemplate",
                "text_search_templates: { t: {KEYS} }",
                "",
            ),
            (
                "TextSearchDictionary",
                "text_search_dictionaries: { d: {KEYS} }",
                "",
            ),
            (
                "TextSearchConfiguration",
                "text_search_configurations: { c: {KEYS} }",
                "",
            ),
            (
                "ForeignDataWrapper",
                "foreign_data_wrappers: { w: {KEYS} }",
                "",
            ),
            ("Server", "servers: { s: {KEYS} }", ""),
            ("AccessMethod", "access_methods: { m: {KEYS} }", ""),
            ("Role", "roles: { r: {KEYS} }", ""),
            ("Operator", "operators: { \"+ (int, int)\": {KEYS} }", ""),
            ("Cast", "casts: { int AS text: {KEYS} }", ""),
            (
                "OperatorFamily",
                "operator_families: { f (btree): {KEYS} }",
                "",
            ),
            (
                "OperatorClass",
                "operator_classes: { c (btree): {KEYS} }",
                "",
            ),
            ("Statistics", "statistics: { s: {KEYS} }", ""),
            ("UserMapping", "user_mappings: { s (public): {KEYS} }", ""),
            ("EventTrigger", "event_triggers: { e: {KEYS} }", ""),
            ("Publication", "publications: { p: {KEYS} }", ""),
            (
                "PublishedTable",
                "publications: { p: { tables: { t: {KEYS} } } }",
                "",
            ),
            ("Unique", "tables: { t: { unique: { u: {KEYS} } } }", ""),
            (
                "Exclusion",
                "tables: { t: { exclusions: { e: {KEYS} } } }",
                "",
            ),
            (
                "ForeignKey",
                "tables: { t: { foreign_keys: { f: {KEYS} } } }",
                "",
            ),
            ("Trigger", "tables: { t: { triggers: { t: {KEYS} } } }", ""),
            ("Policy", "tables: { t: { policies: { p: {KEYS} } } }", ""),
            ("Rule", "tables: { t: { rules: { r: {KEYS} } } }", ""),
            (
                "Identity",
                "tables: { t: { columns: { c: { type: int, identity: {KEYS} } } } }",
                "",
            ),
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
