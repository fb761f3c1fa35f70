//! The table of the small kinds: which clauses each has, whether the server changes them in place, and what else there is to know of a kind.

use serde::{Deserialize, Serialize};

use super::clause::{Clause, Has, Shape, fixed, in_place, needed};

/// A kind that is its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defined {
    /// A conversion between encodings.
    Conversion,
    /// What splits a text into tokens.
    TextSearchParser,
    /// The functions that dictionaries are made with.
    TextSearchTemplate,
    /// What makes lexemes of tokens.
    TextSearchDictionary,
    /// A parser, and the dictionaries of each type of its tokens.
    TextSearchConfiguration,
    /// A library that reads and writes data elsewhere.
    ForeignDataWrapper,
    /// A place where data is, by a foreign-data wrapper.
    Server,
    /// How tables, or indexes, are kept and searched.
    AccessMethod,
    /// An operator. Its address bears the types of its operands, NONE for the left one that a prefix operator has not.
    Operator,
    /// A conversion between data types. Its address bears the two types, and no name.
    Cast,
    /// A function that runs at DDL commands of anybody.
    EventTrigger,
    /// Operator classes that go together. Its address bears the index method.
    OperatorFamily,
    /// How an index method sorts or searches a type. Its address bears the index method.
    OperatorClass,
    /// What ANALYZE gathers about columns together.
    Statistics,
    /// As whom a role goes to a foreign server. Its address bears the role.
    UserMapping,
    /// What subscribers get of what happens to tables.
    Publication,
    /// A role. It is the whole server's, and no other small kind is.
    Role,
}

/// What stands for the left operand of a prefix operator.
pub const NO_OPERAND: &str = "NONE";

/// What there is to know of a small kind.
struct Row {
    kind: Defined,
    keyword: &'static str,
    section: &'static str,
    command: &'static str,
    is_global: bool,
    has_owner: bool,
    has_arguments: bool,
    bears_types: bool,
    privileges: &'static [&'static str],
    clauses: &'static [Has],
}

impl Row {
    const fn new(
        kind: Defined,
        keyword: &'static str,
        section: &'static str,
        command: &'static str,
        clauses: &'static [Has],
    ) -> Self {
        Self {
            kind,
            keyword,
            section,
            command,
            is_global: false,
            has_owner: true,
            has_arguments: false,
            bears_types: false,
            privileges: &[],
            clauses,
        }
    }
}

const ROWS: [Row; Defined::ALL.len()] = [
    Row::new(
        Defined::Conversion,
        "conversion",
        "conversions",
        "CONVERSION",
        &[
            needed(Clause::From, Shape::Text),
            needed(Clause::To, Shape::Text),
            needed(Clause::Function, Shape::Path),
            fixed(Clause::Default, Shape::Flag),
        ],
    ),
    Row {
        has_owner: false,
        ..Row::new(
            Defined::TextSearchParser,
            "text search parser",
            "text_search_parsers",
            "TEXT SEARCH PARSER",
            &[
                needed(Clause::Start, Shape::Path),
                needed(Clause::Gettoken, Shape::Path),
                needed(Clause::End, Shape::Path),
                needed(Clause::Lextypes, Shape::Path),
                fixed(Clause::Headline, Shape::Path),
            ],
        )
    },
    Row {
        has_owner: false,
        ..Row::new(
            Defined::TextSearchTemplate,
            "text search template",
            "text_search_templates",
            "TEXT SEARCH TEMPLATE",
            &[
                fixed(Clause::Init, Shape::Path),
                needed(Clause::Lexize, Shape::Path),
            ],
        )
    },
    Row::new(
        Defined::TextSearchDictionary,
        "text search dictionary",
        "text_search_dictionaries",
        "TEXT SEARCH DICTIONARY",
        &[
            needed(Clause::Template, Shape::Path),
            in_place(Clause::Options, Shape::Options),
        ],
    ),
    Row::new(
        Defined::TextSearchConfiguration,
        "text search configuration",
        "text_search_configurations",
        "TEXT SEARCH CONFIGURATION",
        &[
            needed(Clause::Parser, Shape::Path),
            in_place(Clause::Mappings, Shape::Mappings),
        ],
    ),
    Row {
        is_global: true,
        privileges: &["USAGE"],
        ..Row::new(
            Defined::ForeignDataWrapper,
            "foreign-data wrapper",
            "foreign_data_wrappers",
            "FOREIGN DATA WRAPPER",
            &[
                in_place(Clause::Handler, Shape::Path),
                in_place(Clause::Validator, Shape::Path),
                in_place(Clause::Options, Shape::Options),
            ],
        )
    },
    Row {
        is_global: true,
        privileges: &["USAGE"],
        ..Row::new(
            Defined::Server,
            "foreign server",
            "servers",
            "SERVER",
            &[
                needed(Clause::Wrapper, Shape::Path),
                fixed(Clause::Type, Shape::Text),
                in_place(Clause::Version, Shape::Text),
                in_place(Clause::Options, Shape::Options),
            ],
        )
    },
    Row {
        is_global: true,
        has_owner: false,
        ..Row::new(
            Defined::AccessMethod,
            "access method",
            "access_methods",
            "ACCESS METHOD",
            &[
                needed(Clause::Type, Shape::Word(&["table", "index"])),
                needed(Clause::Handler, Shape::Path),
            ],
        )
    },
    Row {
        has_arguments: true,
        bears_types: true,
        ..Row::new(
            Defined::Operator,
            "operator",
            "operators",
            "OPERATOR",
            &[
                needed(Clause::Function, Shape::Path),
                fixed(Clause::Commutator, Shape::Path),
                fixed(Clause::Negator, Shape::Path),
                in_place(Clause::Restrict, Shape::Path),
                in_place(Clause::Join, Shape::Path),
                fixed(Clause::Hashes, Shape::Flag),
                fixed(Clause::Merges, Shape::Flag),
            ],
        )
    },
    Row {
        is_global: true,
        has_owner: false,
        has_arguments: true,
        bears_types: true,
        ..Row::new(
            Defined::Cast,
            "cast",
            "casts",
            "CAST",
            &[
                fixed(Clause::Function, Shape::Routine),
                fixed(Clause::Inout, Shape::Flag),
                fixed(Clause::Context, Shape::Word(&["assignment", "implicit"])),
            ],
        )
    },
    Row {
        is_global: true,
        ..Row::new(
            Defined::EventTrigger,
            "event trigger",
            "event_triggers",
            "EVENT TRIGGER",
            &[
                needed(Clause::On, Shape::Text),
                fixed(Clause::Tags, Shape::Texts),
                needed(Clause::Function, Shape::Path),
                in_place(
                    Clause::Enabled,
                    Shape::Word(&["disabled", "replica", "always"]),
                ),
            ],
        )
    },
    Row {
        has_arguments: true,
        ..Row::new(
            Defined::OperatorFamily,
            "operator family",
            "operator_families",
            "OPERATOR FAMILY",
            &[fixed(Clause::As, Shape::Texts)],
        )
    },
    Row {
        has_arguments: true,
        ..Row::new(
            Defined::OperatorClass,
            "operator class",
            "operator_classes",
            "OPERATOR CLASS",
            &[
                fixed(Clause::Default, Shape::Flag),
                needed(Clause::Type, Shape::Text),
                needed(Clause::Family, Shape::Path),
                fixed(Clause::As, Shape::Texts),
                fixed(Clause::Storage, Shape::Text),
            ],
        )
    },
    Row::new(
        Defined::Statistics,
        "statistics",
        "statistics",
        "STATISTICS",
        &[
            needed(Clause::Table, Shape::Path),
            needed(Clause::Columns, Shape::Texts),
            fixed(Clause::Kinds, Shape::Texts),
            in_place(Clause::Target, Shape::Target),
        ],
    ),
    Row {
        is_global: true,
        has_owner: false,
        has_arguments: true,
        ..Row::new(
            Defined::UserMapping,
            "user mapping",
            "user_mappings",
            "USER MAPPING",
            &[in_place(Clause::Options, Shape::Options)],
        )
    },
    Row {
        is_global: true,
        ..Row::new(
            Defined::Publication,
            "publication",
            "publications",
            "PUBLICATION",
            &[
                fixed(Clause::AllTables, Shape::Flag),
                in_place(Clause::Publish, Shape::Texts),
                in_place(Clause::ViaRoot, Shape::Flag),
                in_place(Clause::Generated, Shape::Word(&["stored"])),
            ],
        )
    },
    Row {
        is_global: true,
        has_owner: false,
        ..Row::new(
            Defined::Role,
            "role",
            "roles",
            "ROLE",
            &[
                in_place(Clause::Superuser, Shape::Flag),
                in_place(Clause::Createdb, Shape::Flag),
                in_place(Clause::Createrole, Shape::Flag),
                in_place(Clause::NoInherit, Shape::Flag),
                in_place(Clause::Login, Shape::Flag),
                in_place(Clause::Replication, Shape::Flag),
                in_place(Clause::BypassRls, Shape::Flag),
                in_place(Clause::ConnectionLimit, Shape::Sessions),
                in_place(Clause::ValidUntil, Shape::Moment),
                in_place(Clause::Settings, Shape::Entries),
                in_place(Clause::MemberOf, Shape::Entries),
            ],
        )
    },
];

/// The options of a user mapping that are no secrets. Others are not read, and no file has them.
pub const PLAIN_OPTIONS: [&str; 5] = [
    "user",
    "username",
    "user_name",
    "remote_user",
    "password_required",
];

impl Defined {
    /// Every small kind, in building order.
    pub const ALL: [Self; 17] = [
        Self::Conversion,
        Self::TextSearchParser,
        Self::TextSearchTemplate,
        Self::TextSearchDictionary,
        Self::TextSearchConfiguration,
        Self::ForeignDataWrapper,
        Self::Server,
        Self::AccessMethod,
        Self::Operator,
        Self::Cast,
        Self::EventTrigger,
        Self::OperatorFamily,
        Self::OperatorClass,
        Self::Statistics,
        Self::UserMapping,
        Self::Publication,
        Self::Role,
    ];

    fn row(self) -> &'static Row {
        let own = ROWS.iter().find(|row| row.kind == self);
        own.expect("every small kind has its row")
    }

    /// Returns the words that stand for the kind in an address.
    pub fn keyword(self) -> &'static str {
        self.row().keyword
    }

    /// Returns the section of the YAML format that such objects are declared in.
    pub fn section(self) -> &'static str {
        self.row().section
    }

    /// Returns the words of the commands that make, change and drop such an object.
    pub fn command(self) -> &'static str {
        self.row().command
    }

    /// Says whether such an object lies in no schema.
    pub fn is_global(self) -> bool {
        self.row().is_global
    }

    /// Says whether such an object has an owner.
    pub fn has_owner(self) -> bool {
        self.row().has_owner
    }

    /// Says whether such objects are told apart by more than a name: by types, or by an index method.
    pub fn has_arguments(self) -> bool {
        self.row().has_arguments
    }

    /// Says whether such objects speak of tables, or of anything: they are made last.
    pub fn comes_last(self) -> bool {
        matches!(self, Self::EventTrigger | Self::Statistics)
    }

    /// Says whether such objects are the whole server's: no scratch database has its own.
    pub fn is_of_server(self) -> bool {
        self == Self::Role
    }

    /// Says whether it is types that tell them apart.
    pub fn bears_types(self) -> bool {
        self.row().bears_types
    }

    /// Says whether there is a COMMENT ON it.
    pub fn has_comment(self) -> bool {
        self != Self::UserMapping
    }

    /// Says whether PostgreSQL can give one another name: access methods, and what goes by its types, cannot be renamed. A publication
    /// can, and subscribers would not find it: one of another name is another one. So is a role: privileges are said by its name.
    pub fn can_be_renamed(self) -> bool {
        !self.bears_types()
            && !matches!(
                self,
                Self::AccessMethod | Self::UserMapping | Self::Publication | Self::Role
            )
    }

    /// Returns the privileges that there are on such an object.
    pub fn privileges(self) -> &'static [&'static str] {
        self.row().privileges
    }

    /// Returns the clauses of such an object, in the order of its command.
    pub fn clauses(self) -> &'static [Has] {
        self.row().clauses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row() {
        for kind in Defined::ALL {
            assert!(!kind.clauses().is_empty(), "{kind:?}");
        }
    }
}
