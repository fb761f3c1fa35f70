//! The single list of kinds, and one object of any kind.

use serde::{Deserialize, Serialize};

use super::{
    Address, Aggregate, AggregateAlteration, Check, CheckAlteration, ClusteredOn,
    ClusteredOnAlteration, Collation, CollationAlteration, Column, ColumnAlteration,
    ColumnSettings, ColumnSettingsAlteration, Comment, CommentAlteration, Composite,
    CompositeAlteration, Default, DefaultAlteration, Defined, Definition, DefinitionAlteration,
    Domain, DomainAlteration, DomainCheck, DomainCheckAlteration, Enum, EnumAlteration, Exclusion,
    ExclusionAlteration, Extension, ExtensionAlteration, ForeignKey, ForeignKeyAlteration,
    Function, FunctionAlteration, Grant, GrantAlteration, Identity, IdentityAlteration, Index,
    IndexAlteration, MaterializedView, MaterializedViewAlteration, NotNull, NotNullAlteration,
    OwnedBy, OwnedByAlteration, Owner, OwnerAlteration, Parameters, ParametersAlteration, Policy,
    PolicyAlteration, PrimaryKey, PrimaryKeyAlteration, Procedure, ProcedureAlteration,
    PublishedSchema, PublishedSchemaAlteration, PublishedTable, PublishedTableAlteration, Range,
    RangeAlteration, ReplicaIdentity, ReplicaIdentityAlteration, RowSecurity,
    RowSecurityAlteration, Rule, RuleAlteration, Schema, SchemaAlteration, Sequence,
    SequenceAlteration, Slot, Table, TableAlteration, Text, Trigger, TriggerAlteration, Unique,
    UniqueAlteration, View, ViewAlteration,
};

/// Makes the enums of kinds, objects and alterations from one list, so that none can lack a kind.
macro_rules! kinds {
    (
        { $($(#[$doc:meta])* $kind:ident = $keyword:literal, $object:ty, $alteration:ty;)* }
        then
        { $($(#[$doc2:meta])* $kind2:ident = $keyword2:literal, $object2:ty, $alteration2:ty;)* }
    ) => {
        /// A kind of object. The order is the one in which kinds are built: what others lean on comes first.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
            /// One of the small kinds, which are their definitions.
            Defined(Defined),
            $($(#[$doc2])* $kind2,)*
        }

        impl Kind {
            /// Returns every kind, in building order.
            pub fn all() -> impl Iterator<Item = Kind> {
                let small = Defined::ALL.into_iter().map(Kind::Defined);
                [$(Kind::$kind,)*].into_iter().chain(small).chain([$(Kind::$kind2,)*])
            }

            /// Returns the words that stand for the kind in an address.
            pub fn keyword(self) -> &'static str {
                match self {
                    $(Kind::$kind => $keyword,)*
                    Kind::Defined(own) => own.keyword(),
                    $(Kind::$kind2 => $keyword2,)*
                }
            }
        }

        /// One object, its texts of type `T`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Object<T> {
            $($(#[$doc])* $kind($object),)*
            /// One of a small kind.
            Defined(Definition),
            $($(#[$doc2])* $kind2($object2),)*
        }

        impl<T> Object<T> {
            /// Returns the object's kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Object::$kind(_) => Kind::$kind,)*
                    Object::Defined(own) => Kind::Defined(own.kind),
                    $(Object::$kind2(_) => Kind::$kind2,)*
                }
            }
        }

        /// One attribute that differs between two objects of the same kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Alteration {
            $($(#[$doc])* $kind($alteration),)*
            /// Of one of a small kind.
            Defined(DefinitionAlteration),
            $($(#[$doc2])* $kind2($alteration2),)*
        }

        impl Alteration {
            /// Returns the attribute's name in the YAML format's words.
            pub fn attribute(&self) -> &'static str {
                match self {
                    $(Alteration::$kind(alteration) => alteration.attribute(),)*
                    Alteration::Defined(alteration) => alteration.attribute(),
                    $(Alteration::$kind2(alteration) => alteration.attribute(),)*
                }
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
                    (Object::Defined(from), Object::Defined(to)) => {
                        from.alterations(to).into_iter().map(Alteration::Defined).collect()
                    }
                    $((Object::$kind2(from), Object::$kind2(to)) => {
                        from.alterations(to).into_iter().map(Alteration::$kind2).collect()
                    })*
                    _ => unreachable!("one address holds one kind"),
                }
            }
        }
    };
}

kinds! {
    {
    /// A schema.
    Schema = "schema", Schema, SchemaAlteration;
    /// An extension.
    Extension = "extension", Extension, ExtensionAlteration;
    /// A collation.
    Collation = "collation", Collation, CollationAlteration;
    /// An enumerated type.
    Enum = "enum", Enum, EnumAlteration;
    /// A domain.
    Domain = "domain", Domain<T>, DomainAlteration;
    /// A composite type.
    Composite = "composite type", Composite<T>, CompositeAlteration;
    /// A range type.
    Range = "range type", Range<T>, RangeAlteration;
    /// A sequence.
    Sequence = "sequence", Sequence, SequenceAlteration;
    /// A function.
    Function = "function", Function<T>, FunctionAlteration;
    /// A procedure.
    Procedure = "procedure", Procedure<T>, ProcedureAlteration;
    /// An aggregate function.
    Aggregate = "aggregate", Aggregate<T>, AggregateAlteration;
    }
    then
    {
    /// A check constraint of a domain.
    DomainCheck = "check of domain", DomainCheck<T>, DomainCheckAlteration;
    /// A table.
    Table = "table", Table<T>, TableAlteration;
    /// A column of a table.
    Column = "column", Column<T>, ColumnAlteration;
    /// The column that a sequence goes with.
    OwnedBy = "owner of sequence", OwnedBy, OwnedByAlteration;
    /// A column's default.
    Default = "default", Default<T>, DefaultAlteration;
    /// A column's NOT NULL.
    NotNull = "not null", NotNull, NotNullAlteration;
    /// What makes a column an identity column.
    Identity = "identity", Identity, IdentityAlteration;
    /// A table's primary key.
    PrimaryKey = "primary key", PrimaryKey, PrimaryKeyAlteration;
    /// A unique constraint.
    Unique = "unique", Unique, UniqueAlteration;
    /// A check constraint.
    Check = "check", Check<T>, CheckAlteration;
    /// A materialized view.
    MaterializedView = "materialized view", MaterializedView<T>, MaterializedViewAlteration;
    /// An index that no constraint owns.
    Index = "index", Index<T>, IndexAlteration;
    /// An exclusion constraint.
    Exclusion = "exclusion", Exclusion<T>, ExclusionAlteration;
    /// A foreign key.
    ForeignKey = "foreign key", ForeignKey, ForeignKeyAlteration;
    /// The storage parameters of a table.
    Parameters = "storage parameters", Parameters, ParametersAlteration;
    /// What is said of a column's storage and statistics.
    ColumnSettings = "column settings", ColumnSettings, ColumnSettingsAlteration;
    /// What the write-ahead log says of a table's rows.
    ReplicaIdentity = "replica identity", ReplicaIdentity, ReplicaIdentityAlteration;
    /// The index that CLUSTER goes by.
    ClusteredOn = "clustered index", ClusteredOn, ClusteredOnAlteration;
    /// A view.
    View = "view", View<T>, ViewAlteration;
    /// A trigger on a table or view.
    Trigger = "trigger", Trigger<T>, TriggerAlteration;
    /// A rule on a table or view.
    Rule = "rule", Rule<T>, RuleAlteration;
    /// Whether a table's policies count.
    RowSecurity = "row-level security", RowSecurity, RowSecurityAlteration;
    /// A policy of row-level security.
    Policy = "policy", Policy<T>, PolicyAlteration;
    /// A table that a publication publishes.
    PublishedTable = "published table", PublishedTable<T>, PublishedTableAlteration;
    /// A schema whose tables a publication publishes.
    PublishedSchema = "published schema", PublishedSchema, PublishedSchemaAlteration;
    /// The owner of an object.
    Owner = "owner", Owner, OwnerAlteration;
    /// A privilege on an object.
    Grant = "privilege", Grant, GrantAlteration;
    /// A comment on an object.
    Comment = "comment", Comment, CommentAlteration;
    /// A privilege on what a role makes from now on.
    DefaultPrivilege = "default privilege", Grant, GrantAlteration;
    }
}

impl Kind {
    /// Says whether objects of this kind live inside a table, under a path of schema, table and own name (or the
    /// column's, or none for the one primary key).
    pub fn is_part_of_table(self) -> bool {
        match self {
            Self::Column
            | Self::Default
            | Self::NotNull
            | Self::Identity
            | Self::PrimaryKey
            | Self::Unique
            | Self::Exclusion
            | Self::ForeignKey
            | Self::Check
            | Self::Parameters
            | Self::ColumnSettings
            | Self::ReplicaIdentity
            | Self::ClusteredOn
            | Self::Trigger
            | Self::Rule
            | Self::RowSecurity
            | Self::Policy
            | Self::PublishedTable => true,
            Self::Schema
            | Self::Extension
            | Self::Enum
            | Self::Domain
            | Self::Composite
            | Self::Range
            | Self::Collation
            | Self::DomainCheck
            | Self::Sequence
            | Self::OwnedBy
            | Self::Function
            | Self::Procedure
            | Self::Aggregate
            | Self::Defined(_)
            | Self::Table
            | Self::Index
            | Self::View
            | Self::MaterializedView
            | Self::PublishedSchema
            | Self::Owner
            | Self::Grant
            | Self::Comment
            | Self::DefaultPrivilege => false,
        }
    }

    /// Says whether an object of this kind is written into its table's CREATE TABLE.
    pub fn is_table_element(self) -> bool {
        match self {
            Self::Table
            | Self::Column
            | Self::Default
            | Self::NotNull
            | Self::Identity
            | Self::PrimaryKey
            | Self::Unique
            | Self::Exclusion
            | Self::Check => true,
            Self::Schema
            | Self::Extension
            | Self::Enum
            | Self::Domain
            | Self::Composite
            | Self::Range
            | Self::Collation
            | Self::DomainCheck
            | Self::Sequence
            | Self::OwnedBy
            | Self::Function
            | Self::Procedure
            | Self::Aggregate
            | Self::Defined(_)
            | Self::Index
            | Self::ForeignKey
            | Self::Parameters
            | Self::ColumnSettings
            | Self::ReplicaIdentity
            | Self::ClusteredOn
            | Self::View
            | Self::MaterializedView
            | Self::Trigger
            | Self::Rule
            | Self::RowSecurity
            | Self::Policy
            | Self::PublishedTable
            | Self::PublishedSchema
            | Self::Owner
            | Self::Grant
            | Self::Comment
            | Self::DefaultPrivilege => false,
        }
    }

    /// Says whether an object of this kind belongs to a role that a statement can change.
    pub fn has_owner(self) -> bool {
        if let Self::Defined(small) = self {
            small.has_owner()
        } else {
            self.is_top_level() && self != Self::Extension
        }
    }

    /// Says whether an object of this kind is declared on its own, and so can be ours or unmanaged by itself.
    pub fn is_top_level(self) -> bool {
        match self {
            Self::Schema
            | Self::Extension
            | Self::Enum
            | Self::Domain
            | Self::Composite
            | Self::Range
            | Self::Collation
            | Self::Sequence
            | Self::Function
            | Self::Procedure
            | Self::Aggregate
            | Self::Defined(_)
            | Self::Table
            | Self::View
            | Self::MaterializedView => true,
            Self::Column
            | Self::DomainCheck
            | Self::OwnedBy
            | Self::Default
            | Self::NotNull
            | Self::Identity
            | Self::PrimaryKey
            | Self::Unique
            | Self::Exclusion
            | Self::ForeignKey
            | Self::Check
            | Self::Index
            | Self::Parameters
            | Self::ColumnSettings
            | Self::ReplicaIdentity
            | Self::ClusteredOn
            | Self::Trigger
            | Self::Rule
            | Self::RowSecurity
            | Self::Policy
            | Self::PublishedTable
            | Self::PublishedSchema
            | Self::Owner
            | Self::Grant
            | Self::Comment
            | Self::DefaultPrivilege => false,
        }
    }

    /// Says whether an object of this kind is a data type by itself; the row types of relations are not meant.
    pub fn is_data_type(self) -> bool {
        matches!(
            self,
            Self::Enum | Self::Domain | Self::Composite | Self::Range
        )
    }

    /// Says whether columns are made of objects of this kind, so that they are set aside with what holds values.
    pub fn is_held_with_columns(self) -> bool {
        self.is_data_type() || self == Self::Collation
    }

    /// Says whether objects of this kind, which lie in no schema, stay where they are for what is held in the attic.
    pub fn stays_for_the_attic(self) -> bool {
        matches!(self, Self::Extension | Self::Defined(Defined::AccessMethod))
    }

    /// Says whether objects of this kind are told apart by the types of their arguments.
    pub fn is_routine(self) -> bool {
        matches!(self, Self::Function | Self::Procedure | Self::Aggregate)
    }

    /// Says whether an address of this kind bears types that tell it from others of its name.
    pub fn has_arguments(self) -> bool {
        self.is_routine() || matches!(self, Self::Defined(own) if own.has_arguments())
    }

    /// Says whether objects of this kind lie in no schema.
    pub fn is_global(self) -> bool {
        matches!(self, Self::Schema | Self::Extension)
            || matches!(self, Self::Defined(own) if own.is_global())
    }

    /// Says whether an object of this kind only says something of the object it is on.
    pub fn is_attached(self) -> bool {
        matches!(self, Self::Owner | Self::Grant | Self::Comment)
    }
}

impl<T: Text> Object<T> {
    /// Returns the address of the object this one is a part of.
    pub fn parent(&self, own: &Address) -> Option<Address> {
        match self {
            Self::Schema(_) | Self::Extension(_) => None,
            Self::Defined(_) => (!own.kind().is_global()).then(|| own.schema()),
            Self::Enum(_)
            | Self::Domain(_)
            | Self::Composite(_)
            | Self::Range(_)
            | Self::Collation(_)
            | Self::Sequence(_)
            | Self::Function(_)
            | Self::Procedure(_)
            | Self::Aggregate(_)
            | Self::Table(_)
            | Self::View(_)
            | Self::MaterializedView(_) => Some(own.schema()),
            Self::Column(_)
            | Self::PrimaryKey(_)
            | Self::Unique(_)
            | Self::Exclusion(_)
            | Self::ForeignKey(_)
            | Self::Check(_)
            | Self::Parameters(_)
            | Self::ReplicaIdentity(_)
            | Self::RowSecurity(_)
            | Self::Policy(_)
            | Self::ClusteredOn(_) => Some(own.table()),
            Self::DomainCheck(_) => Some(own.domain()),
            Self::Trigger(trigger) => Some(trigger.relation(own)),
            Self::Rule(rule) => Some(rule.relation(own)),
            Self::Default(_) | Self::NotNull(_) | Self::Identity(_) | Self::ColumnSettings(_) => {
                Some(own.column())
            }
            Self::OwnedBy(_) => Some(own.with_kind(Kind::Sequence)),
            Self::PublishedTable(_) | Self::PublishedSchema(_) => {
                let publication = Kind::Defined(Defined::Publication);
                Some(Address::new(publication, [own.name().clone()]))
            }
            Self::Index(index) => Some(index.table_address(own)),
            Self::Owner(_) | Self::Grant(_) | Self::Comment(_) => own.attached_to(),
            Self::DefaultPrivilege(_) => own.default_schema().map(|_| own.schema()),
        }
    }

    /// Returns the name space entries the object occupies, where two objects could want the same one.
    pub fn slots(&self, own: &Address) -> Vec<Slot> {
        let relation = |name: &super::Name| Slot::Relation(own.schema_name().clone(), name.clone());
        let constraint = |name: &super::Name| Slot::Constraint(own.table(), name.clone());
        match self {
            // A relation's row type takes a type's name, and the other way round an enum's array type could; a composite type
            // is both.
            Self::Table(_) | Self::View(_) | Self::MaterializedView(_) | Self::Composite(_) => {
                vec![
                    relation(own.name()),
                    Slot::Type(own.schema_name().clone(), own.name().clone()),
                ]
            }
            Self::Index(_) | Self::Sequence(_) => vec![relation(own.name())],
            Self::Enum(_) | Self::Domain(_) => {
                vec![Slot::Type(own.schema_name().clone(), own.name().clone())]
            }
            Self::Range(range) => {
                let slot = |name: &super::Name| Slot::Type(own.schema_name().clone(), name.clone());
                let multirange = range.multirange.iter().filter_map(|path| path.last());
                [own.name()]
                    .into_iter()
                    .chain(multirange)
                    .map(slot)
                    .collect()
            }
            Self::DomainCheck(_) => vec![Slot::Constraint(own.domain(), own.name().clone())],
            // A key's index takes a relation name of its own.
            Self::PrimaryKey(key) => {
                let mut slots = vec![Slot::PrimaryKey(own.table())];
                if let Some(name) = &key.name {
                    slots.extend([relation(name), constraint(name)]);
                }
                slots
            }
            Self::Unique(_) | Self::Exclusion(_) => {
                vec![relation(own.name()), constraint(own.name())]
            }
            Self::Check(_) | Self::ForeignKey(_) => vec![constraint(own.name())],
            Self::NotNull(not_null) => not_null.name.iter().map(constraint).collect(),
            Self::Identity(identity) => {
                let mut slots = vec![Slot::Given(own.column())];
                slots.extend(identity.sequence.iter().map(relation));
                slots
            }
            Self::Default(_) => vec![Slot::Given(own.column())],
            Self::Function(_) | Self::Procedure(_) | Self::Aggregate(_) => {
                vec![Slot::Function(
                    own.schema_name().clone(),
                    own.name().clone(),
                )]
            }
            Self::Defined(definition) => definition
                .default_of(own)
                .map(Slot::Default)
                .into_iter()
                .collect(),
            Self::Schema(_)
            | Self::Extension(_)
            | Self::Collation(_)
            | Self::Column(_)
            | Self::OwnedBy(_)
            | Self::Parameters(_)
            | Self::ColumnSettings(_)
            | Self::ReplicaIdentity(_)
            | Self::ClusteredOn(_)
            | Self::Trigger(_)
            | Self::Rule(_)
            | Self::RowSecurity(_)
            | Self::Policy(_)
            | Self::PublishedTable(_)
            | Self::PublishedSchema(_)
            | Self::Owner(_)
            | Self::Grant(_)
            | Self::Comment(_)
            | Self::DefaultPrivilege(_) => Vec::new(),
        }
    }

    /// Returns the object with every text turned into another type.
    pub fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Object<U> {
        match self {
            Self::Schema(own) => Object::Schema(own.clone()),
            Self::Extension(own) => Object::Extension(own.clone()),
            Self::Enum(own) => Object::Enum(own.clone()),
            Self::Domain(own) => Object::Domain(own.map(turn)),
            Self::Composite(own) => Object::Composite(own.map(turn)),
            Self::Range(own) => Object::Range(own.map(turn)),
            Self::Collation(own) => Object::Collation(own.clone()),
            Self::DomainCheck(own) => Object::DomainCheck(own.map(turn)),
            Self::Sequence(own) => Object::Sequence(own.clone()),
            Self::OwnedBy(own) => Object::OwnedBy(own.clone()),
            Self::Function(own) => Object::Function(own.map(turn)),
            Self::Procedure(own) => Object::Procedure(own.map(turn)),
            Self::Aggregate(own) => Object::Aggregate(own.map(turn)),
            Self::Defined(own) => Object::Defined(own.clone()),
            Self::Table(own) => Object::Table(own.map(turn)),
            Self::Column(own) => Object::Column(own.map(turn)),
            Self::Default(own) => Object::Default(Default {
                value: turn(&own.value),
            }),
            Self::NotNull(own) => Object::NotNull(own.clone()),
            Self::Identity(own) => Object::Identity(own.clone()),
            Self::PrimaryKey(own) => Object::PrimaryKey(own.clone()),
            Self::Unique(own) => Object::Unique(own.clone()),
            Self::Exclusion(own) => Object::Exclusion(own.map(turn)),
            Self::ForeignKey(own) => Object::ForeignKey(own.clone()),
            Self::Check(own) => Object::Check(own.map(turn)),
            Self::Index(own) => Object::Index(own.map(turn)),
            Self::Parameters(own) => Object::Parameters(own.clone()),
            Self::ColumnSettings(own) => Object::ColumnSettings(own.clone()),
            Self::ReplicaIdentity(own) => Object::ReplicaIdentity(own.clone()),
            Self::ClusteredOn(own) => Object::ClusteredOn(own.clone()),
            Self::View(own) => Object::View(own.map(turn)),
            Self::MaterializedView(own) => Object::MaterializedView(own.map(turn)),
            Self::Trigger(own) => Object::Trigger(own.map(turn)),
            Self::Rule(own) => Object::Rule(own.map(turn)),
            Self::RowSecurity(own) => Object::RowSecurity(own.clone()),
            Self::Policy(own) => Object::Policy(own.map(turn)),
            Self::PublishedTable(own) => Object::PublishedTable(own.map(turn)),
            Self::PublishedSchema(own) => Object::PublishedSchema(own.clone()),
            Self::Owner(own) => Object::Owner(own.clone()),
            Self::Grant(own) => Object::Grant(*own),
            Self::DefaultPrivilege(own) => Object::DefaultPrivilege(*own),
            Self::Comment(own) => Object::Comment(own.clone()),
        }
    }

    /// Returns every SQL text the object holds.
    pub fn texts(&self) -> Vec<T> {
        let mut texts = Vec::new();
        self.map(&mut |text| texts.push(text.clone()));
        texts
    }
}
