//! CREATE TYPE … AS RANGE and its changes. Two functions make values of a range type, three those of its multirange type: they
//! have the types' names, and stay behind when those get others.
//! <https://www.postgresql.org/docs/current/rangetypes.html>

use crate::model::{Address, Name, Range, Text};
use crate::sql::Sql;

use super::statement::Statement;
use super::types;

/// <https://www.postgresql.org/docs/current/sql-createtype.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Range<T>) -> Statement {
    let mut all = vec![Sql::new("SUBTYPE =").verbatim(&own.subtype)];
    let names = [
        ("SUBTYPE_OPCLASS =", &own.subtype_opclass),
        ("COLLATION =", &own.collation),
        ("SUBTYPE_DIFF =", &own.subtype_diff),
        ("MULTIRANGE_TYPE_NAME =", &own.multirange),
    ];
    for (word, names) in names {
        all.extend(names.iter().map(|names| Sql::new(word).names_dotted(names)));
    }
    let sql = Sql::new("CREATE TYPE")
        .path(address)
        .push("AS RANGE (")
        .glue("");
    Statement::catalog(sql.separated(&all, ", ").glue(")")).under(&own.subtype)
}

/// The types of the arguments of the functions that make values.
fn arguments<T: Text>(own: &Range<T>) -> [Sql; 2] {
    let bound = || Sql::empty().verbatim(&own.subtype);
    let two = Sql::empty().separated(&[bound(), bound()], ", ");
    let three = Sql::empty().separated(&[bound(), bound(), Sql::new("text")], ", ");
    [two, three]
}

fn multirange_arguments(range: &Address) -> [Sql; 3] {
    let one = Sql::empty().path(range);
    [Sql::empty(), one.clone(), one.glue("[]")]
}

fn alter_function(path: &[Name], arguments: &Sql) -> Sql {
    Sql::new("ALTER FUNCTION")
        .names_dotted(path)
        .glue("(")
        .glue("")
        .join(arguments)
        .glue(")")
}

/// The multirange type is renamed with it where it has the server's choice of a name.
/// <https://www.postgresql.org/docs/current/sql-altertype.html> (RENAME TO)
pub(crate) fn rename<T: Text>(address: &Address, own: &Range<T>, to: &Name) -> Vec<Statement> {
    let mut all = vec![types::rename(address, to)];
    for arguments in arguments(own) {
        let sql = alter_function(address.path(), &arguments);
        all.push(Statement::catalog(sql.push("RENAME TO").name(to)).under(&own.subtype));
    }
    let there = address.renamed(to.clone());
    if let (Some(held), Some(after)) = (&own.multirange, own.multirange_after(address, &there))
        && *held != after
        && let Some(name) = after.last()
    {
        all.extend(rename_multirange(&there, held, name));
    }
    all
}

/// Gives the multirange type of a range type another name. <https://www.postgresql.org/docs/current/sql-altertype.html> (RENAME TO)
pub(crate) fn rename_multirange(range: &Address, from: &[Name], to: &Name) -> Vec<Statement> {
    let multirange = Address::new(range.kind(), from.iter().cloned());
    let mut all = vec![types::rename(&multirange, to)];
    for arguments in multirange_arguments(range) {
        let sql = alter_function(from, &arguments);
        all.push(Statement::catalog(sql.push("RENAME TO").name(to)));
    }
    all
}

/// <https://www.postgresql.org/docs/current/sql-altertype.html> (SET SCHEMA)
pub(crate) fn set_schema<T: Text>(address: &Address, own: &Range<T>, to: &Name) -> Vec<Statement> {
    let mut all = vec![types::set_schema(address, to)];
    let moved = |path: &[Name], arguments: &Sql| {
        let sql = alter_function(path, arguments);
        Statement::catalog(sql.push("SET SCHEMA").name(to))
    };
    for arguments in arguments(own) {
        all.push(moved(address.path(), &arguments).under(&own.subtype));
    }
    let multirange = own.multirange.as_ref();
    if let Some(path) = multirange.filter(|own| own.first() == Some(address.schema_name())) {
        let multirange = Address::new(address.kind(), path.iter().cloned());
        let there = Address::new(address.kind(), [to, address.name()].map(Name::clone));
        all.push(types::set_schema(&multirange, to));
        for arguments in multirange_arguments(&there) {
            all.push(moved(path, &arguments));
        }
    }
    all
}
