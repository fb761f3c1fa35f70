//! The single list of kinds, and one object of any kind.

use serde::{Deserialize, Serialize};

use super::{
    Address, Check, CheckAlteration, Column, ColumnAlteration, Comment, CommentAlteration, Default,
    DefaultAlteration, Index, IndexAlteration, NotNull, NotNullAlteration, PrimaryKey,
    PrimaryKeyAlteration, Schema, SchemaAlteration, Slot, Table, TableAlteration, Text, View,
    ViewAlteration,
};

/// Makes the enums of kinds, objects and alterations from one list, so that none can lack a kind.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $keyword:literal, $object:ty, $alteration:ty;)*) => {
        /// A kind of object. The order is the one in which kinds are built: what others lean on comes first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind, in building order.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// Returns the words that stand for the kind in an address.
            pub fn keyword(self) -> &'static str {
                match self { $(Kind::$kind => $keyword,)* }
            }
        }

        /// One object, its texts of type `T`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Object<T> { $($(#[$doc])* $kind($object),)* }

        impl<T> Object<T> {
            /// Returns the object's kind.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind,)* }
            }
        }

        /// One attribute that differs between two objects of the same kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Alteration { $($(#[$doc])* $kind($alteration),)* }

        impl Alteration {
            /// Returns the attribute's name in the YAML format's words.
            pub fn attribute(&self) -> &'static str {
                match self { $(Alteration::$kind(alteration) => alteration.attribute(),)* }
            }
        }

        impl<T: Text + Ord> Object<T> {
            /// Returns the attributes in which `to` differs from this object; none where both are equal.
            ///
            /// Objects of different kinds never share an address, so they are never compared.
            pub fn alterations(&self, to: &Self) -> Vec<Alteration> {
                match (self, to) {
                    $((Object::$kind(from), Object::$kind(to)) => {
                        from.alterations(to).into_iter().map(Alteration::$kind).collect()
                    })*
                    _ => unreachable!("one address holds one kind"),
                }
            }
        }
    };
}

kinds! {
    /// A schema.
    Schema = "schema", Schema, SchemaAlteration;
    /// A table.
    Table = "table", Table, TableAlteration;
    /// A column of a table.
    Column = "column", Column<T>, ColumnAlteration;
    /// A column's default.
    Default = "default", Default<T>, DefaultAlteration;
    /// A column's NOT NULL.
    NotNull = "not null", NotNull, NotNullAlteration;
    /// A table's primary key.
    PrimaryKey = "primary key", PrimaryKey, PrimaryKeyAlteration;
    /// A check constraint.
    Check = "check", Check<T>, CheckAlteration;
    /// An index that no constraint owns.
    Index = "index", Index<T>, IndexAlteration;
    /// A view.
    View = "view", View<T>, ViewAlteration;
    /// A comment on an object.
    Comment = "comment", Comment, CommentAlteration;
}

impl Kind {
    /// Says whether objects of this kind live inside a table, under a path of schema, table and own name (or the
    /// column's, or none for the one primary key).
    pub fn is_part_of_table(self) -> bool {
        match self {
            Self::Column | Self::Default | Self::NotNull | Self::PrimaryKey | Self::Check => true,
            Self::Schema | Self::Table | Self::Index | Self::View | Self::Comment => false,
        }
    }

    /// Says whether an object of this kind is declared on its own, and so can be ours or unmanaged by itself.
    pub fn is_top_level(self) -> bool {
        match self {
            Self::Schema | Self::Table | Self::View => true,
            Self::Column
            | Self::Default
            | Self::NotNull
            | Self::PrimaryKey
            | Self::Check
            | Self::Index
            | Self::Comment => false,
        }
    }
}

impl<T: Text> Object<T> {
    /// Returns the address of the object this one is a part of.
    pub fn parent(&self, own: &Address) -> Option<Address> {
        match self {
            Self::Schema(_) => None,
            Self::Table(_) | Self::View(_) => Some(own.schema()),
            Self::Column(_) | Self::PrimaryKey(_) | Self::Check(_) => Some(own.table()),
            Self::Default(_) | Self::NotNull(_) => Some(own.column()),
            Self::Index(index) => Some(index.table_address(own)),
            Self::Comment(_) => own.target(),
        }
    }

    /// Returns the name space entry the object occupies, where two objects could want the same one.
    pub fn slot(&self, own: &Address) -> Option<Slot> {
        match self {
            Self::Table(_) | Self::View(_) | Self::Index(_) => Some(Slot::Relation(
                own.schema_name().clone(),
                own.name().clone(),
            )),
            // The key's index takes a relation name of its own.
            Self::PrimaryKey(key) => key
                .name
                .as_ref()
                .map(|name| Slot::Relation(own.schema_name().clone(), name.clone())),
            Self::Check(_) => Some(Slot::Constraint(own.table(), own.name().clone())),
            Self::NotNull(not_null) => {
                let name = not_null.name.as_ref();
                name.map(|name| Slot::Constraint(own.table(), name.clone()))
            }
            Self::Schema(_) | Self::Column(_) | Self::Default(_) | Self::Comment(_) => None,
        }
    }

    /// Returns the object with every text turned into another type.
    pub fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Object<U> {
        match self {
            Self::Schema(schema) => Object::Schema(schema.clone()),
            Self::Table(table) => Object::Table(table.clone()),
            Self::Column(column) => Object::Column(column.map(turn)),
            Self::Default(default) => Object::Default(Default {
                value: turn(&default.value),
            }),
            Self::NotNull(not_null) => Object::NotNull(not_null.clone()),
            Self::PrimaryKey(key) => Object::PrimaryKey(key.clone()),
            Self::Check(check) => Object::Check(check.map(turn)),
            Self::Index(index) => Object::Index(index.map(turn)),
            Self::View(view) => Object::View(view.map(turn)),
            Self::Comment(comment) => Object::Comment(comment.clone()),
        }
    }

    /// Returns every SQL text the object holds.
    pub fn texts(&self) -> Vec<T> {
        let mut texts = Vec::new();
        self.map(&mut |text| texts.push(text.clone()));
        texts
    }
}
