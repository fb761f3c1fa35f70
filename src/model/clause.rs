//! The clauses that definitions of small kinds are made of: their words, and what each looks like.

use serde::{Deserialize, Serialize};

/// A clause of a definition. Its word is the key in the YAML format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clause {
    /// The encoding that is converted.
    From,
    /// The encoding that it is converted to.
    To,
    /// The function that does it.
    Function,
    /// Whether it is the one that is used between its encodings.
    Default,
    /// The function that begins.
    Start,
    /// The function that gives the next token.
    Gettoken,
    /// The function that ends.
    End,
    /// The function that names the types of tokens.
    Lextypes,
    /// The function that makes headlines.
    Headline,
    /// The function that prepares a dictionary.
    Init,
    /// The function that makes lexemes.
    Lexize,
    /// The template of a dictionary.
    Template,
    /// The parser of a configuration.
    Parser,
    /// The dictionaries by type of token.
    Mappings,
    /// The function that runs queries.
    Handler,
    /// The function that checks options.
    Validator,
    /// The wrapper of a server.
    Wrapper,
    /// The type of a server.
    Type,
    /// The version of a server.
    Version,
    /// Options, by name.
    Options,
    /// The operator with the operands in the other order.
    Commutator,
    /// The operator that says the opposite.
    Negator,
    /// The function that guesses how many rows a condition with it leaves.
    Restrict,
    /// The function that guesses how many rows a join by it leaves.
    Join,
    /// Whether a hash join may be made by it.
    Hashes,
    /// Whether a merge join may be made by it.
    Merges,
    /// Whether values go by their text.
    Inout,
    /// Where the server converts unasked.
    Context,
    /// The event.
    On,
    /// The commands that it runs at; at all where none are named.
    Tags,
    /// When it runs, where that is not what it does at first.
    Enabled,
    /// The family of a class.
    Family,
    /// The type that an index keeps, where it is not the column's.
    Storage,
    /// Operators and functions, as the command lists them.
    As,
    /// The table or materialized view.
    Table,
    /// What is gathered; everything that there is where nothing is named.
    Kinds,
    /// Columns and expressions.
    Columns,
    /// How much is gathered.
    Target,
    /// Whether it publishes every table.
    AllTables,
    /// The operations that are published, where they are not all.
    Publish,
    /// Whether what happens to a partition is told of the partitioned table.
    ViaRoot,
    /// The generated columns that are published.
    Generated,
    /// Whether nothing is forbidden to a role.
    Superuser,
    /// Whether a role may make databases.
    Createdb,
    /// Whether a role may make roles.
    Createrole,
    /// Whether one may log in as a role.
    Login,
    /// Whether a role has nothing of those that it is a member of, until it takes their place.
    NoInherit,
    /// Whether a role may receive the write-ahead log.
    Replication,
    /// Whether policies do not count for a role.
    BypassRls,
    /// How many sessions a role may have.
    ConnectionLimit,
    /// Until when the password of a role counts.
    ValidUntil,
    /// What sessions of a role begin with, by parameter.
    Settings,
    /// The roles that a role is a member of, and how.
    MemberOf,
}

impl Clause {
    /// Returns the key in the YAML format.
    pub fn word(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Function => "function",
            Self::Default => "default",
            Self::Start => "start",
            Self::Gettoken => "gettoken",
            Self::End => "end",
            Self::Lextypes => "lextypes",
            Self::Headline => "headline",
            Self::Init => "init",
            Self::Lexize => "lexize",
            Self::Template => "template",
            Self::Parser => "parser",
            Self::Mappings => "mappings",
            Self::Handler => "handler",
            Self::Validator => "validator",
            Self::Wrapper => "wrapper",
            Self::Type => "type",
            Self::Version => "version",
            Self::Options => "options",
            Self::Commutator => "commutator",
            Self::Negator => "negator",
            Self::Restrict => "restrict",
            Self::Join => "join",
            Self::Hashes => "hashes",
            Self::Merges => "merges",
            Self::Inout => "inout",
            Self::Context => "context",
            Self::On => "on",
            Self::Tags => "tags",
            Self::Enabled => "enabled",
            Self::Family => "family",
            Self::Storage => "storage",
            Self::As => "as",
            Self::Table => "table",
            Self::Kinds => "kinds",
            Self::Columns => "columns",
            Self::Target => "target",
            Self::AllTables => "all_tables",
            Self::Publish => "publish",
            Self::ViaRoot => "via_root",
            Self::Generated => "generated",
            Self::Superuser => "superuser",
            Self::Createdb => "createdb",
            Self::Createrole => "createrole",
            Self::Login => "login",
            Self::NoInherit => "no_inherit",
            Self::Replication => "replication",
            Self::BypassRls => "bypass_rls",
            Self::ConnectionLimit => "connection_limit",
            Self::ValidUntil => "valid_until",
            Self::Settings => "settings",
            Self::MemberOf => "member_of",
        }
    }
}

/// What a clause looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is there or not.
    Flag,
    /// A text.
    Text,
    /// A statistics target: a number.
    Target,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Texts, in an order that says nothing.
    Texts,
    /// Something in a schema.
    Path,
    /// A function with the types of its arguments.
    Routine,
    /// Texts by name, in an order that says nothing.
    Options,
    /// Texts by name, each of which has a command of its own.
    Entries,
    /// A number of sessions.
    Sessions,
    /// A moment.
    Moment,
    /// Paths by name, in their order.
    Mappings,
}

/// A clause that a kind has.
#[derive(Clone, Copy, Debug)]
pub struct Has {
    /// The clause.
    pub clause: Clause,
    /// What it looks like.
    pub shape: Shape,
    /// Whether there is no such object without it.
    pub is_needed: bool,
    /// Whether the server changes it in place; another object takes the name otherwise.
    pub in_place: bool,
}

pub(super) const fn needed(clause: Clause, shape: Shape) -> Has {
    Has {
        clause,
        shape,
        is_needed: true,
        in_place: false,
    }
}

pub(super) const fn fixed(clause: Clause, shape: Shape) -> Has {
    Has {
        is_needed: false,
        ..needed(clause, shape)
    }
}

pub(super) const fn in_place(clause: Clause, shape: Shape) -> Has {
    Has {
        in_place: true,
        ..fixed(clause, shape)
    }
}
