//! The SQL command reference as functions: syntax, lock mode, transaction rule, scan or rewrite.
//!
//! One file per family of kinds; every function cites its manual page. What is known here of locks is measured: a test
//! compares what a statement declares with what `pg_locks` shows.

pub(crate) mod comment;
pub(crate) mod constraint;
pub(crate) mod fill_trigger;
pub(crate) mod index;
pub(crate) mod statement;
pub(crate) mod table;
pub(crate) mod view;

pub use statement::{Form, LockMode, Statement, Transaction, Work};

use crate::model::{Address, Alteration, Kind, Object, Text};

/// Makes the statement that creates an object where nothing is in its way and nobody waits for it.
pub(crate) fn create<T: Text>(address: &Address, object: &Object<T>) -> Statement {
    match object {
        Object::Schema(_) => table::create_schema(address),
        Object::Table(own) => table::create(address, own),
        Object::Column(own) => table::add_column(address, own),
        Object::Default(own) => table::set_default(&address.column(), &own.value),
        Object::NotNull(own) => table::set_not_null(&address.column(), own),
        Object::PrimaryKey(own) => constraint::add_primary_key(address, own),
        Object::Check(own) => constraint::add_check(address, own),
        Object::Index(own) => index::create(address, own, index::Way::Direct),
        Object::View(own) => view::create(address, own),
        Object::Comment(own) => comment::set(address, Some(&own.text)),
    }
}

/// Makes the statement that drops an object.
pub(crate) fn drop<T: Text>(address: &Address, object: &Object<T>) -> Statement {
    match object {
        Object::Schema(_) => table::drop_schema(address),
        Object::Table(_) => table::drop(address),
        Object::Column(_) => table::drop_column(address),
        Object::Default(_) => table::drop_default(&address.column()),
        Object::NotNull(_) => table::drop_not_null(&address.column()),
        Object::PrimaryKey(own) => match &own.name {
            Some(name) => constraint::drop(&address.table(), name),
            None => unreachable!("a key that a server printed has a name"),
        },
        Object::Check(_) => constraint::drop(&address.table(), address.name()),
        Object::Index(own) => index::drop(address, &own.table_address(address), index::Way::Direct),
        Object::View(_) => view::drop(address),
        Object::Comment(_) => comment::set(address, None),
    }
}

/// Makes the statement that alters one attribute in place; `None` where the object has to be dropped and made again.
pub(crate) fn alter<T: Text>(
    address: &Address,
    alteration: &Alteration,
    to: &Object<T>,
) -> Option<Statement> {
    use crate::model::{
        CheckAlteration, ColumnAlteration, CommentAlteration, DefaultAlteration, IndexAlteration,
        NotNullAlteration, PrimaryKeyAlteration, TableAlteration, Validity, ViewAlteration,
    };
    match alteration {
        Alteration::Schema(never) => match *never {},
        Alteration::Table(TableAlteration::Persistence(persistence)) => {
            Some(table::set_persistence(address, *persistence))
        }
        Alteration::Column(alteration) => {
            let Object::Column(column) = to else {
                unreachable!("one address holds one kind")
            };
            match alteration {
                ColumnAlteration::Type { .. } | ColumnAlteration::Collation => {
                    Some(table::alter_type(address, column, None))
                }
                ColumnAlteration::Generated => column
                    .generated
                    .is_none()
                    .then(|| table::drop_expression(address)),
            }
        }
        Alteration::Default(DefaultAlteration::Value(value)) => {
            Some(table::set_default(&address.column(), value))
        }
        Alteration::NotNull(
            NotNullAlteration::Name(_) | NotNullAlteration::Validity(Validity::NotValid),
        ) => None,
        Alteration::NotNull(NotNullAlteration::Validity(Validity::Valid)) => {
            let Object::NotNull(not_null) = to else {
                unreachable!("one address holds one kind")
            };
            let name = not_null.name.as_ref();
            name.map(|name| constraint::validate(&address.table(), name))
        }
        Alteration::PrimaryKey(
            PrimaryKeyAlteration::Name(_) | PrimaryKeyAlteration::Definition,
        ) => None,
        Alteration::Check(CheckAlteration::Definition) => None,
        Alteration::Check(CheckAlteration::Validate) => {
            Some(constraint::validate(&address.table(), address.name()))
        }
        Alteration::Index(IndexAlteration::Definition) => None,
        // CREATE OR REPLACE VIEW takes only some queries (appended columns); whether it takes this one, scratch says.
        Alteration::View(ViewAlteration::Query(_) | ViewAlteration::Options) => None,
        Alteration::Comment(CommentAlteration::Text(text)) => {
            Some(comment::set(address, Some(text)))
        }
    }
}

/// Says whether a dependent of this kind stands in the way when the type of what it mentions changes, or would print
/// differently afterwards: it is dropped before and made again after, in the same block.
pub(crate) fn is_disturbed_by_type_change(dependent: Kind) -> bool {
    match dependent {
        Kind::Default | Kind::Check | Kind::Index | Kind::View => true,
        Kind::Schema
        | Kind::Table
        | Kind::Column
        | Kind::NotNull
        | Kind::PrimaryKey
        | Kind::Comment => false,
    }
}
