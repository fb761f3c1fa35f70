//! What a database is: objects, addresses, the three states of a model, and what people ask for beyond SQL.
//!
//! Everything here is a value: no connection, no clock, no file. A state of a database is a [`Model`]; its texts are
//! [`Written`] (from a person) or [`Expression`] (printed by a server), and only a [`Level`] pair may be compared.

mod address;
mod aggregate;
mod cast;
mod clause;
mod collation;
mod comment;
mod composite;
mod constraint;
mod database;
mod default_privilege;
mod defined;
mod definition;
mod domain;
mod exclusion;
mod extension;
mod foreign;
mod hash;
mod index;
mod intent;
mod moves;
mod name;
mod object;
mod origin;
mod partition;
mod physical;
mod policy;
mod privilege;
mod publication;
mod range;
mod role;
mod routine;
mod rule;
mod sequence;
mod server;
mod settings;
mod shadow;
mod since;
mod spelling;
mod states;
mod table;
mod text;
mod trigger;
mod types;
mod view;

pub use address::{Address, AddressError, Pattern};
pub use aggregate::{Aggregate, AggregateAlteration, FinalModify, Gather, Moving};
pub use clause::{Clause, Has, Shape};
pub use collation::{Collation, CollationAlteration, Locale, Provider};
pub use comment::{Comment, CommentAlteration};
pub use composite::{Attribute, Composite, CompositeAlteration};
pub use constraint::{
    Action, Check, CheckAlteration, Deferrable, ForeignKey, ForeignKeyAlteration, Match,
    PrimaryKey, PrimaryKeyAlteration, Unique, UniqueAlteration, Validity,
};
pub use database::{Model, Retired, Slot, Unmodelled};
pub use default_privilege::{DefaultPrivileges, Given};
pub use defined::{Defined, NO_OPERAND, PLAIN_OPTIONS};
pub use definition::{Definition, DefinitionAlteration, Said};
pub use domain::{Domain, DomainAlteration, DomainCheck, DomainCheckAlteration};
pub use exclusion::{Exclusion, ExclusionAlteration};
pub use extension::{Extension, ExtensionAlteration};
pub use foreign::{Foreign, Options};
pub use hash::Hash;
pub use index::{Index, IndexAlteration};
pub use intent::Intent;
pub use moves::{Move, Moves, Why};
pub use name::{MAX_NAME_BYTES, Name, RESERVED_PREFIXES, RETIRED_PREFIX, TEMPORARY_PREFIX};
pub use object::{Alteration, Kind, Object};
pub use origin::{Origins, Place};
pub use partition::{Bound, Inherited, Partition};
pub use physical::{
    ClusteredOn, ClusteredOnAlteration, ColumnSettings, ColumnSettingsAlteration, Compression,
    OwnIndex, Parameters, ParametersAlteration, ReplicaIdentity, ReplicaIdentityAlteration,
    Storage,
};
pub use policy::{Policy, PolicyAlteration, PolicyCommand, RowSecurity, RowSecurityAlteration};
pub(crate) use privilege::granted_to;
pub use privilege::{
    ALL_PRIVILEGES, APPLIER, EVERYBODY, Grant, GrantAlteration, Owner, OwnerAlteration, spoken_role,
};
pub use publication::{
    PublishedSchema, PublishedSchemaAlteration, PublishedTable, PublishedTableAlteration,
};
pub use range::{Range, RangeAlteration};
pub use role::Membership;
pub use routine::{
    Body, Function, FunctionAlteration, Parallel, Procedure, ProcedureAlteration, Volatility,
};
pub use rule::{Rule, RuleAlteration};
pub use sequence::{
    Counting, Generated, Identity, IdentityAlteration, OwnedBy, OwnedByAlteration, Sequence,
    SequenceAlteration, SequenceType,
};
pub use server::{Server, ServerVersion, Size, SizeClass};
pub use settings::{
    Backfill, Grants, Manage, Retire, ScratchSource, Settings, SmallTable, Undeclared,
};
pub use shadow::{Keeper, Shadow, Turned};
pub use states::{Conversion, Declared, Level, Read, Tried};
pub use table::{
    Column, ColumnAlteration, DISINHERITS, Default, DefaultAlteration, INDEX_NAMES, INHERITS,
    NOT_NULL_NAMES, NotNull, NotNullAlteration, PARTITION_OF, Persistence, Schema,
    SchemaAlteration, Table, TableAlteration,
};
pub use text::{Expression, Text, Written};
pub use trigger::{Enabled, Event, Timing, Trigger, TriggerAlteration};
pub use types::{ADDED_VALUES, Enum, EnumAlteration};
pub(crate) use view::{DEFAULTS, QUERY};
pub use view::{MaterializedView, MaterializedViewAlteration, View, ViewAlteration};
