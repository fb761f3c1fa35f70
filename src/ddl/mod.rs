//! The SQL command reference as functions: syntax, lock mode, transaction rule, scan or rewrite.
//!
//! One file per family of kinds; every function cites its manual page. What is known here of locks is measured: a test
//! compares what a statement declares with what `pg_locks` shows.

pub(crate) mod aggregate;
pub(crate) mod collation;
pub(crate) mod comment;
pub(crate) mod composite;
pub(crate) mod constraint;
pub(crate) mod definition;
pub(crate) mod domain;
pub(crate) mod extension;
pub(crate) mod fill_trigger;
pub(crate) mod index;
pub(crate) mod partition;
pub(crate) mod physical;
pub(crate) mod policy;
pub(crate) mod privilege;
pub(crate) mod publication;
pub(crate) mod range;
pub(crate) mod role;
pub(crate) mod routine;
pub(crate) mod rule;
pub(crate) mod sequence;
pub(crate) mod statement;
pub(crate) mod sync_trigger;
pub(crate) mod table;
pub(crate) mod trigger;
pub(crate) mod types;
pub(crate) mod view;

pub use statement::{Form, LockMode, Privilege, Statement, Transaction, Work};

use crate::model::{
    Address, Alteration, Enabled, Kind, Name, Object, RuleAlteration, Text, TriggerAlteration,
};

/// Makes the statement that creates an object where nothing is in its way and nobody waits for it.
pub(crate) fn create<T: Text>(address: &Address, object: &Object<T>) -> Statement {
    match object {
        Object::Schema(_) => table::create_schema(address),
        Object::Extension(own) => extension::create(address, own),
        Object::Enum(own) => types::create_enum(address, own),
        Object::Domain(own) => domain::create(address, own),
        Object::Composite(own) => composite::create(address, own),
        Object::Range(own) => range::create(address, own),
        Object::Collation(own) => collation::create(address, own),
        Object::DomainCheck(own) => domain::add_check(address, own),
        Object::Sequence(own) => sequence::create(address, own),
        Object::OwnedBy(own) => sequence::set_owned_by(address, Some(own)),
        Object::Function(own) => routine::create(address, own),
        Object::Procedure(own) => routine::create_procedure(address, own),
        Object::Aggregate(own) => aggregate::create(address, own),
        Object::Defined(own) => definition::create(address, own),
        Object::Table(own) => table::create(address, own),
        Object::Column(own) => table::add_column(address, own),
        Object::Default(own) => table::set_default(&address.column(), &own.value),
        Object::NotNull(own) => table::set_not_null(&address.column(), own),
        Object::Identity(own) => sequence::add_identity(&address.column(), own),
        Object::PrimaryKey(own) => constraint::add_primary_key(address, own),
        Object::Unique(own) => constraint::add_unique(address, own),
        Object::Exclusion(own) => constraint::add_exclusion(address, own),
        Object::ForeignKey(own) => constraint::add_foreign_key(address, own),
        Object::Check(own) => constraint::add_check(address, own),
        Object::Index(own) => index::create(address, own, index::Way::Direct),
        Object::Parameters(own) => physical::parameters(&address.table(), &own.values, &[]),
        Object::ColumnSettings(own) => physical::all_column_settings(&address.column(), own, false),
        Object::RowSecurity(own) => policy::secure(&address.table(), own),
        Object::Policy(own) => policy::create(address, own),
        Object::PublishedTable(own) => publication::add_table(address, own),
        Object::PublishedSchema(_) => publication::add_schema(address),
        Object::ReplicaIdentity(own) => physical::set_replica_identity(&address.table(), Some(own)),
        Object::ClusteredOn(own) => physical::set_clustered_on(&address.table(), Some(own)),
        Object::View(own) => view::create(address, own),
        Object::MaterializedView(own) => view::declare(address, own),
        Object::Trigger(own) => trigger::create(address, own),
        Object::Rule(own) => rule::create(address, own),
        Object::Owner(own) => privilege::set_owner(&on(address), &own.role),
        Object::Grant(own) | Object::DefaultPrivilege(own) => privilege::set(address, *own),
        Object::Comment(own) => comment::set(address, own, Some(&own.text)),
    }
}

/// Returns what the creating statement cannot say and has to be altered right after it.
pub(crate) fn left_by_create<T: Text + Ord>(object: &Object<T>) -> Vec<Alteration> {
    if let Object::Trigger(own) = object
        && own.enabled != Enabled::Origin
    {
        let enabled = TriggerAlteration::Enabled(own.enabled);
        return vec![Alteration::Trigger(enabled)];
    }
    if let Object::Rule(own) = object
        && own.enabled != Enabled::Origin
    {
        let enabled = RuleAlteration::Enabled(own.enabled);
        return vec![Alteration::Rule(enabled)];
    }
    if let Object::View(own) = object {
        let left = own.left_by_create().into_iter();
        return left.map(Alteration::View).collect();
    }
    if let Object::Defined(own) = object {
        let left = own.left_by_create().into_iter();
        return left.map(Alteration::Defined).collect();
    }
    Vec::new()
}

/// Makes the statement that drops an object.
pub(crate) fn drop<T: Text>(address: &Address, object: &Object<T>) -> Statement {
    match object {
        Object::Schema(_) => table::drop_schema(address),
        Object::Extension(_) => extension::drop(address),
        Object::Enum(_) | Object::Composite(_) | Object::Range(_) => types::drop(address),
        Object::Collation(_) => collation::drop(address),
        Object::Domain(_) => domain::drop(address),
        Object::DomainCheck(_) => domain::drop_check(address),
        Object::Sequence(_) => sequence::drop(address),
        Object::OwnedBy(_) => sequence::set_owned_by(address, None),
        Object::Function(_) | Object::Procedure(_) | Object::Aggregate(_) => routine::drop(address),
        Object::Defined(_) => definition::drop(address),
        Object::Table(own) => table::drop(address, own.foreign.is_some()),
        Object::Column(_) => table::drop_column(address),
        Object::Default(_) => table::drop_default(&address.column()),
        Object::NotNull(_) => table::drop_not_null(&address.column()),
        Object::PrimaryKey(own) => match &own.name {
            Some(name) => constraint::drop(&address.table(), name),
            None => unreachable!("a key that a server printed has a name"),
        },
        Object::Identity(_) => sequence::drop_identity(&address.column()),
        Object::Check(_) | Object::Unique(_) | Object::Exclusion(_) => {
            constraint::drop(&address.table(), address.name())
        }
        Object::ForeignKey(own) => constraint::drop_foreign_key(address, own),
        Object::Index(own) => index::drop(address, &own.table_address(address), index::Way::Direct),
        Object::Parameters(own) => {
            let reset: Vec<Name> = own.values.keys().cloned().collect();
            physical::parameters(&address.table(), &crate::model::Options::default(), &reset)
        }
        Object::ColumnSettings(own) => physical::all_column_settings(&address.column(), own, true),
        Object::RowSecurity(own) => policy::open(&address.table(), own),
        Object::Policy(_) => policy::drop(address),
        Object::PublishedTable(_) => publication::drop_table(address),
        Object::PublishedSchema(_) => publication::drop_schema(address),
        Object::ReplicaIdentity(_) => physical::set_replica_identity(&address.table(), None),
        Object::ClusteredOn(_) => physical::set_clustered_on(&address.table(), None),
        Object::View(_) | Object::MaterializedView(_) => view::drop(address),
        Object::Trigger(_) => trigger::drop(address),
        Object::Rule(own) => rule::drop(address, own),
        // What the applier owns has no owner said: see decision 1.
        Object::Owner(_) => privilege::set_own(&on(address)),
        Object::Grant(own) | Object::DefaultPrivilege(own) => privilege::reset(address, *own),
        Object::Comment(own) => comment::set(address, own, comment::given(address)),
    }
}

/// Returns the object that an owner or comment is on.
fn on(address: &Address) -> Address {
    address.target().expect("what is attached is on something")
}

/// Makes the statement that alters one attribute in place; `None` where the object has to be dropped and made again.
pub(crate) fn alter<T: Text>(
    address: &Address,
    alteration: &Alteration,
    to: &Object<T>,
) -> Option<Statement> {
    use crate::model::{
        AggregateAlteration, CheckAlteration, ClusteredOnAlteration, ColumnAlteration,
        CommentAlteration, CompositeAlteration, DefaultAlteration, DomainAlteration,
        DomainCheckAlteration, EnumAlteration, ExclusionAlteration, ExtensionAlteration,
        ForeignKeyAlteration, FunctionAlteration, Grant, GrantAlteration, IdentityAlteration,
        IndexAlteration, MaterializedViewAlteration, NotNullAlteration, OwnedByAlteration,
        OwnerAlteration, ParametersAlteration, PolicyAlteration, PrimaryKeyAlteration,
        ProcedureAlteration, ReplicaIdentityAlteration, RowSecurityAlteration, SequenceAlteration,
        TableAlteration, UniqueAlteration, Validity, ViewAlteration,
    };
    const ONE_KIND: &str = "one address holds one kind";
    match (alteration, to) {
        (Alteration::Schema(never), _) => match *never {},
        (Alteration::Extension(ExtensionAlteration::Schema(schema)), _) => {
            Some(extension::set_schema(address, schema))
        }
        (Alteration::Extension(ExtensionAlteration::Version(version)), _) => {
            Some(extension::update(address, version))
        }
        (Alteration::Enum(EnumAlteration::AddValue { value, before }), _) => {
            Some(types::add_value(address, value, before.as_deref()))
        }
        (Alteration::Enum(EnumAlteration::Values), _)
        | (Alteration::Composite(CompositeAlteration::Attributes), _)
        | (Alteration::Range(_), _)
        | (Alteration::Collation(_), _)
        | (Alteration::Domain(DomainAlteration::Type), _)
        | (Alteration::DomainCheck(DomainCheckAlteration::Definition), _) => None,
        (Alteration::Composite(CompositeAlteration::Drop(name)), _) => {
            Some(composite::drop_attribute(address, name))
        }
        (Alteration::Composite(CompositeAlteration::Add(name)), Object::Composite(own)) => {
            Some(composite::add_attribute(address, own.attribute(name)?))
        }
        (Alteration::Composite(CompositeAlteration::Retype(name)), Object::Composite(own)) => {
            Some(composite::alter_attribute(address, own.attribute(name)?))
        }
        (Alteration::Domain(DomainAlteration::Default(value)), _) => {
            Some(domain::set_default(address, value.as_ref()))
        }
        (Alteration::Domain(DomainAlteration::NotNull(not_null)), _) => {
            Some(domain::set_not_null(address, *not_null))
        }
        (Alteration::DomainCheck(DomainCheckAlteration::Validate), _) => {
            Some(domain::validate(address))
        }
        (Alteration::Sequence(SequenceAlteration::Options), Object::Sequence(own)) => {
            Some(sequence::alter(address, own))
        }
        (Alteration::Sequence(SequenceAlteration::Persistence(persistence)), _) => {
            Some(sequence::set_persistence(address, *persistence))
        }
        (Alteration::OwnedBy(OwnedByAlteration::Column), Object::OwnedBy(own)) => {
            Some(sequence::set_owned_by(address, Some(own)))
        }
        (Alteration::Function(FunctionAlteration::Definition), Object::Function(own)) => {
            Some(routine::replace(address, own))
        }
        (Alteration::Function(FunctionAlteration::Signature), _)
        | (Alteration::Procedure(ProcedureAlteration::Signature), _)
        | (Alteration::Aggregate(AggregateAlteration::Signature), _) => None,
        (Alteration::Aggregate(AggregateAlteration::Definition), Object::Aggregate(own)) => {
            Some(aggregate::replace(address, own))
        }
        (Alteration::Defined(own), Object::Defined(to)) => {
            definition::alter(address, own, &to.lookup)
        }
        (Alteration::Procedure(ProcedureAlteration::Definition), Object::Procedure(own)) => {
            Some(routine::replace_procedure(address, own))
        }
        (Alteration::Table(TableAlteration::Persistence(persistence)), _) => {
            Some(table::set_persistence(address, *persistence))
        }
        (Alteration::Table(TableAlteration::Attached), Object::Table(own)) => {
            let of = own.partition_of.as_ref()?;
            Some(partition::attach(address, of))
        }
        (Alteration::Table(TableAlteration::Detached(parent)), _) => {
            Some(partition::detach(address, parent))
        }
        (Alteration::Table(TableAlteration::Inherits(parent)), _) => {
            Some(partition::inherit(address, parent))
        }
        (Alteration::Table(TableAlteration::Disinherits(parent)), _) => {
            Some(partition::disinherit(address, parent))
        }
        (Alteration::Table(TableAlteration::Tablespace(name)), Object::Table(own)) => Some(
            table::set_tablespace(address, name.as_ref(), own.partition_by.is_none()),
        ),
        (Alteration::Table(TableAlteration::AccessMethod(name)), Object::Table(own)) => Some(
            table::set_access_method(address, name.as_ref(), own.partition_by.is_none()),
        ),
        (Alteration::Table(TableAlteration::Options(from, to)), _) => {
            Some(table::set_options(address, from, to))
        }
        (Alteration::Table(_), _) => None,
        (
            Alteration::Column(ColumnAlteration::Type { .. } | ColumnAlteration::Collation),
            Object::Column(column),
        ) => Some(table::alter_type(address, column, None)),
        (Alteration::Column(ColumnAlteration::Kept), _) => Some(table::drop_expression(address)),
        (Alteration::Column(ColumnAlteration::Generated), _) => None,
        (Alteration::Default(DefaultAlteration::Value(value)), _) => {
            Some(table::set_default(&address.column(), value))
        }
        (
            Alteration::NotNull(NotNullAlteration::Name { from, to })
            | Alteration::PrimaryKey(PrimaryKeyAlteration::Name { from, to }),
            _,
        ) => {
            let names = from.as_ref().zip(to.as_ref());
            names.map(|(from, to)| constraint::rename(&address.table(), from, to))
        }
        (
            Alteration::NotNull(NotNullAlteration::Validity(
                Validity::NotValid | Validity::NotEnforced,
            )),
            _,
        ) => None,
        (Alteration::NotNull(NotNullAlteration::Inherit), Object::NotNull(own)) => {
            let name = table::not_null_name(&address.column(), own);
            Some(constraint::set_inherit(
                &address.table(),
                &name,
                own.no_inherit,
            ))
        }
        (
            Alteration::NotNull(NotNullAlteration::Validity(Validity::Valid)),
            Object::NotNull(own),
        ) => {
            let name = own.name.as_ref();
            name.map(|name| constraint::validate(&address.table(), name))
        }
        (Alteration::Identity(IdentityAlteration::Generated(generated)), _) => {
            Some(sequence::set_generated(&address.column(), *generated))
        }
        (Alteration::Identity(IdentityAlteration::Options), Object::Identity(own)) => {
            Some(sequence::set_counting(&address.column(), &own.counting))
        }
        (Alteration::Identity(IdentityAlteration::Sequence), _) => None,
        (Alteration::PrimaryKey(PrimaryKeyAlteration::Definition), _)
        | (Alteration::Unique(UniqueAlteration::Definition), _)
        | (Alteration::Exclusion(ExclusionAlteration::Definition), _)
        | (Alteration::ForeignKey(ForeignKeyAlteration::Definition), _)
        | (Alteration::Check(CheckAlteration::Definition), _)
        | (Alteration::Index(IndexAlteration::Definition), _)
        | (Alteration::Trigger(TriggerAlteration::Definition), _)
        | (Alteration::Policy(PolicyAlteration::Definition), _)
        | (Alteration::PublishedTable(_), _)
        | (Alteration::View(ViewAlteration::Columns), _)
        | (Alteration::MaterializedView(MaterializedViewAlteration::Query), _) => None,
        (
            Alteration::MaterializedView(MaterializedViewAlteration::Parameters { set, reset }),
            _,
        ) => Some(view::parameters(address, set, reset)),
        (Alteration::ForeignKey(ForeignKeyAlteration::Deferrable(_)), Object::ForeignKey(own)) => {
            Some(constraint::set_deferrable(address, own))
        }
        (Alteration::ForeignKey(ForeignKeyAlteration::NotEnforced), Object::ForeignKey(own)) => {
            Some(constraint::set_not_enforced(address, own))
        }
        (Alteration::ForeignKey(ForeignKeyAlteration::Validate), Object::ForeignKey(own)) => {
            Some(constraint::validate_foreign_key(address, own))
        }
        (Alteration::Check(CheckAlteration::Validate), _) => {
            Some(constraint::validate(&address.table(), address.name()))
        }
        (Alteration::Parameters(ParametersAlteration::Values { set, reset }), _) => {
            Some(physical::parameters(&address.table(), set, reset))
        }
        (Alteration::ColumnSettings(alteration), Object::ColumnSettings(own)) => {
            let alterations = std::slice::from_ref(alteration);
            let column = address.column();
            Some(physical::column_settings(
                &column,
                alterations,
                own.usual_storage,
            ))
        }
        (
            Alteration::ReplicaIdentity(ReplicaIdentityAlteration::Identity),
            Object::ReplicaIdentity(own),
        ) => Some(physical::set_replica_identity(&address.table(), Some(own))),
        (Alteration::ClusteredOn(ClusteredOnAlteration::Index), Object::ClusteredOn(own)) => {
            Some(physical::set_clustered_on(&address.table(), Some(own)))
        }
        (Alteration::RowSecurity(RowSecurityAlteration::Enabled(enabled)), _) => {
            Some(policy::set_enabled(&address.table(), *enabled))
        }
        (Alteration::RowSecurity(RowSecurityAlteration::Forced(forced)), _) => {
            Some(policy::set_forced(&address.table(), *forced))
        }
        (Alteration::Policy(PolicyAlteration::Terms), Object::Policy(own)) => {
            Some(policy::alter(address, own))
        }
        (Alteration::View(ViewAlteration::Options { set, reset }), _) => {
            Some(view::options(address, set, reset))
        }
        (Alteration::View(ViewAlteration::Defaults { set, reset }), Object::View(own)) => {
            let statement = view::defaults(address, set, reset);
            let all = own.defaults.values();
            Some(all.fold(statement, |statement, own| statement.under(own)))
        }
        (Alteration::View(ViewAlteration::Query(_)), Object::View(own)) => {
            Some(view::replace(address, own))
        }
        (Alteration::Rule(RuleAlteration::Definition), Object::Rule(own)) => {
            Some(rule::replace(address, own))
        }
        (Alteration::Rule(RuleAlteration::Enabled(enabled)), Object::Rule(own)) => {
            Some(rule::set_enabled(address, own, *enabled))
        }
        (Alteration::Trigger(TriggerAlteration::Enabled(enabled)), _) => {
            Some(trigger::set_enabled(address, *enabled))
        }
        (Alteration::Owner(OwnerAlteration::Role(role)), _) => {
            Some(privilege::set_owner(&on(address), role))
        }
        (
            Alteration::Grant(GrantAlteration::How(how))
            | Alteration::DefaultPrivilege(GrantAlteration::How(how)),
            _,
        ) => Some(match how {
            Grant::Held => privilege::take_option(address),
            Grant::Grantable | Grant::Taken => privilege::set(address, *how),
        }),
        (Alteration::Comment(CommentAlteration::Text(text)), Object::Comment(own)) => {
            Some(comment::set(address, own, Some(text)))
        }
        (
            Alteration::Sequence(_)
            | Alteration::OwnedBy(_)
            | Alteration::Function(_)
            | Alteration::Procedure(_)
            | Alteration::Aggregate(_)
            | Alteration::Column(_)
            | Alteration::Comment(_)
            | Alteration::NotNull(_)
            | Alteration::Identity(_)
            | Alteration::ForeignKey(_)
            | Alteration::ColumnSettings(_)
            | Alteration::ReplicaIdentity(_)
            | Alteration::ClusteredOn(_)
            | Alteration::Policy(_)
            | Alteration::PublishedSchema(_)
            | Alteration::Composite(_)
            | Alteration::Rule(_)
            | Alteration::Defined(_)
            | Alteration::View(_),
            _,
        ) => unreachable!("{ONE_KIND}"),
    }
}

/// Says whether a dependent of this kind stands in the way when the type of what it mentions changes, or would print
/// differently afterwards: it is dropped before and made again after, in the same block.
pub(crate) fn is_disturbed_by_type_change(dependent: Kind) -> bool {
    match dependent {
        Kind::Default
        | Kind::Check
        | Kind::DomainCheck
        | Kind::Exclusion
        | Kind::Index
        | Kind::View
        | Kind::MaterializedView
        | Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        // The server alters no type of a column that a publication speaks of.
        | Kind::PublishedTable
        // Statistics the server would keep, without their target and owner; casts, operators and their classes stay with the
        // former type.
        | Kind::Defined(_) => true,
        Kind::Schema
        | Kind::Extension
        | Kind::Enum
        | Kind::Domain
        | Kind::Composite
        | Kind::Range
        | Kind::Collation
        | Kind::Sequence
        | Kind::Table
        | Kind::Column
        | Kind::OwnedBy
        | Kind::NotNull
        | Kind::Identity
        | Kind::PrimaryKey
        | Kind::Unique
        | Kind::ForeignKey
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::RowSecurity
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment
        | Kind::DefaultPrivilege => false,
    }
}
