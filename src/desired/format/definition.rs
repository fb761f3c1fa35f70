//! The small kinds.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{PrivilegeForm, Reference, Scalar, Sql};

/// A conversion between encodings (manual: CREATE CONVERSION).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Conversion {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The encoding that is converted.
    pub from: String,
    /// The encoding that it is converted to.
    pub to: String,
    /// The function that does it.
    pub function: Reference,
    /// Whether it is the one that is used between its encodings in its schema.
    pub default: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What splits a text into tokens (manual: CREATE TEXT SEARCH PARSER).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchParser {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The function that begins.
    pub start: Reference,
    /// The function that gives the next token.
    pub gettoken: Reference,
    /// The function that ends.
    pub end: Reference,
    /// The function that names the types of tokens.
    pub lextypes: Reference,
    /// The function that makes headlines.
    pub headline: Option<Reference>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// The functions that dictionaries are made with (manual: CREATE TEXT SEARCH TEMPLATE).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchTemplate {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The function that prepares a dictionary.
    pub init: Option<Reference>,
    /// The function that makes lexemes.
    pub lexize: Reference,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What makes lexemes of tokens (manual: CREATE TEXT SEARCH DICTIONARY).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchDictionary {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The template that it is made with.
    pub template: Reference,
    /// What the template asks for, by name.
    pub options: Option<BTreeMap<String, Scalar>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// One dictionary, or several that are asked in this order.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum DictionariesForm {
    /// One.
    One(Reference),
    /// Several.
    Several(Vec<Reference>),
}

/// A parser with dictionaries (manual: CREATE TEXT SEARCH CONFIGURATION).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchConfiguration {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The parser.
    pub parser: Reference,
    /// The dictionaries by type of token.
    pub mappings: Option<BTreeMap<String, DictionariesForm>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// Extended statistics: what ANALYZE gathers about columns of a table together, or about expressions (manual: CREATE STATISTICS).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Statistics {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The table, materialized view or foreign table.
    pub table: Reference,
    /// Columns and expressions, as SQL spells them.
    pub columns: Vec<String>,
    /// What is gathered; all of it, where nothing is named.
    pub kinds: Option<Vec<StatisticsKind>>,
    /// How much ANALYZE gathers, 0 to 10,000; what columns have, by default.
    pub target: Option<u16>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// As whom a role goes to a foreign server (manual: CREATE USER MAPPING). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UserMapping {
    /// Options that are no secrets: `user`, `username`, `user_name`, `remote_user`, `password_required`.
    pub options: Option<BTreeMap<String, Scalar>>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What subscribers get of what happens to tables (manual: CREATE PUBLICATION). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Publication {
    /// The tables that it names, each by `name` or `schema.name`. What inherits from one is named by itself.
    pub tables: Option<BTreeMap<String, Option<PublishedTable>>>,
    /// Schemas whose tables it publishes, those to come as well (PostgreSQL 15 and later).
    pub schemas: Option<Vec<String>>,
    /// Whether it publishes every table of the database.
    pub all_tables: Option<bool>,
    /// The operations that are told: `insert`, `update`, `delete`, `truncate`; all of them by default.
    pub publish: Option<Vec<String>>,
    /// Whether what happens to a partition is told of the partitioned table.
    pub via_root: Option<bool>,
    /// Which generated columns are told (PostgreSQL 18 and later); none by default.
    pub generated: Option<PublishedColumns>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it, compared where `manage.owners` is true.
    pub owner: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What is told of a table.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PublishedTable {
    /// The columns; all of them by default (PostgreSQL 15 and later).
    pub columns: Option<Vec<String>>,
    /// Which rows, as an SQL condition (PostgreSQL 15 and later).
    pub r#where: Option<Sql>,
}

/// Generated columns that are told.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum PublishedColumns {
    /// Those that are stored.
    Stored,
}

/// What extended statistics hold.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum StatisticsKind {
    /// How many groups of values there are.
    Ndistinct,
    /// How far one column follows from another.
    Dependencies,
    /// The most common combinations of values.
    Mcv,
}

/// A role of the server: what it may do, and what it is a member of (manual: CREATE ROLE). It lies in no schema, and no file has its
/// password. What a key does not say, the role does not have.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    /// Whether nothing is forbidden to it.
    pub superuser: Option<bool>,
    /// Whether it may make databases.
    pub createdb: Option<bool>,
    /// Whether it may make roles.
    pub createrole: Option<bool>,
    /// Whether it has nothing of the roles that it is a member of until it takes their place (manual: SET ROLE).
    pub no_inherit: Option<bool>,
    /// Whether one may log in as it.
    pub login: Option<bool>,
    /// Whether it may receive the write-ahead log.
    pub replication: Option<bool>,
    /// Whether policies of row-level security do not count for it.
    pub bypass_rls: Option<bool>,
    /// How many sessions it may have at once; any number, by default.
    pub connection_limit: Option<u32>,
    /// Until when its password counts: `2030-01-31`, or `2030-01-31 12:00:00+00`; for ever, by default.
    pub valid_until: Option<String>,
    /// What its sessions begin with, in whatever database, by configuration parameter.
    pub settings: Option<BTreeMap<String, Scalar>>,
    /// The roles that it is a member of: `member`, or any of `admin`, `no inherit` and `no set` (PostgreSQL 16 and later), with
    /// commas between. The list is whole.
    pub member_of: Option<BTreeMap<String, String>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// How tables, or indexes, are kept and searched (manual: CREATE ACCESS METHOD). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AccessMethod {
    /// `table` or `index`.
    pub r#type: AccessMethodType,
    /// The function that says how.
    pub handler: Reference,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What an access method is for.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum AccessMethodType {
    /// Tables.
    Table,
    /// Indexes.
    Index,
}

/// A library that reads and writes data elsewhere (manual: CREATE FOREIGN DATA WRAPPER). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ForeignDataWrapper {
    /// The function that runs queries.
    pub handler: Option<Reference>,
    /// The function that checks options.
    pub validator: Option<Reference>,
    /// Options, by name.
    pub options: Option<BTreeMap<String, Scalar>>,
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
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A place where data is (manual: CREATE SERVER). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Server {
    /// The foreign-data wrapper that reaches it.
    pub wrapper: Reference,
    /// Its type, as the wrapper understands it.
    pub r#type: Option<String>,
    /// Its version, as the wrapper understands it.
    pub version: Option<String>,
    /// Options, by name. No secrets: those are a user mapping's.
    pub options: Option<BTreeMap<String, Scalar>>,
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
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// An operator; the key is its name with the types of its operands, `=== (integer, text)` (manual: CREATE OPERATOR).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Operator {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The function that computes it.
    pub function: Reference,
    /// The operator with the operands in the other order.
    pub commutator: Option<Reference>,
    /// The operator that says the opposite.
    pub negator: Option<Reference>,
    /// The function that guesses how many rows a condition with it leaves.
    pub restrict: Option<Reference>,
    /// The function that guesses how many rows a join by it leaves.
    pub join: Option<Reference>,
    /// Whether a hash join may be made by it.
    pub hashes: Option<bool>,
    /// Whether a merge join may be made by it.
    pub merges: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A cast; the key is its two types, `integer AS text` (manual: CREATE CAST). Without a function and without `inout`, values are taken
/// for the other type's as they are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cast {
    /// The function that converts, with the types of its arguments: `app.convert(integer)`.
    pub function: Option<String>,
    /// Whether values go by their text.
    pub inout: Option<bool>,
    /// Where the server converts unasked; nowhere by default.
    pub context: Option<CastContext>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// Where the server converts unasked.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum CastContext {
    /// Where a value is given to a column.
    Assignment,
    /// Everywhere.
    Implicit,
}

/// A function that runs at DDL commands (manual: CREATE EVENT TRIGGER). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EventTrigger {
    /// The event: `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite`, `login` (PostgreSQL 17 and later).
    pub on: String,
    /// The commands that it runs at; at all where none are named.
    pub tags: Option<Vec<String>>,
    /// The function.
    pub function: Reference,
    /// When it runs, where that is not what it does at first.
    pub enabled: Option<EventTriggerEnabled>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// When an event trigger runs (manual: ALTER EVENT TRIGGER).
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum EventTriggerEnabled {
    /// Never.
    Disabled,
    /// In replication alone.
    Replica,
    /// In replication too.
    Always,
}

/// Operator classes that go together; the key is the name with the index method, `name (btree)` (manual: CREATE OPERATOR FAMILY).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OperatorFamily {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// Operators and functions that are in none of its classes, as ALTER OPERATOR FAMILY … ADD lists them.
    pub r#as: Option<Vec<Sql>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// How an index method sorts or searches a type; the key is the name with the index method, `name (btree)` (manual: CREATE OPERATOR
/// CLASS).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OperatorClass {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// Whether it is the one that an index of the type gets by itself.
    pub default: Option<bool>,
    /// The type.
    pub r#type: Sql,
    /// The family, which is declared as well.
    pub family: Reference,
    /// Operators and functions, as the command lists them: `OPERATOR 1 <`, `FUNCTION 1 app.compare(integer, integer)`.
    pub r#as: Option<Vec<Sql>>,
    /// The type that an index keeps, where it is not the column's.
    pub storage: Option<Sql>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}
