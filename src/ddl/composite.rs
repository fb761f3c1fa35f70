//! CREATE TYPE … AS (…) and its changes.

use crate::model::{Address, Attribute, Composite, Name, Text};
use crate::sql::Sql;

use super::statement::Statement;

fn definition<T: Text>(own: &Attribute<T>) -> Sql {
    let sql = Sql::empty().name(&own.name).verbatim(&own.type_name);
    collated(sql, own)
}

fn collated<T>(sql: Sql, own: &Attribute<T>) -> Sql {
    match &own.collation {
        Some(collation) => sql.push("COLLATE").names_dotted(collation),
        None => sql,
    }
}

/// <https://www.postgresql.org/docs/current/sql-createtype.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Composite<T>) -> Statement {
    let all: Vec<Sql> = own.attributes.iter().map(definition).collect();
    let sql = Sql::new("CREATE TYPE").path(address).push("AS (").glue("");
    let statement = Statement::catalog(sql.separated(&all, ", ").glue(")"));
    let texts = own.attributes.iter().map(|own| &own.type_name);
    texts.fold(statement, |statement, text| statement.under(text))
}

fn alter(address: &Address) -> Sql {
    Sql::new("ALTER TYPE").path(address)
}

/// Values that are there have NULL for it; nothing is written. <https://www.postgresql.org/docs/current/sql-altertype.html>
pub(crate) fn add_attribute<T: Text>(address: &Address, own: &Attribute<T>) -> Statement {
    let sql = alter(address).push("ADD ATTRIBUTE").join(&definition(own));
    Statement::catalog(sql).under(&own.type_name)
}

/// What values hold of it cannot be read any more. <https://www.postgresql.org/docs/current/sql-altertype.html>
pub(crate) fn drop_attribute(address: &Address, name: &Name) -> Statement {
    Statement::catalog(alter(address).push("DROP ATTRIBUTE").name(name))
}

/// Refused where a table has a column of the type. <https://www.postgresql.org/docs/current/sql-altertype.html>
pub(crate) fn alter_attribute<T: Text>(address: &Address, own: &Attribute<T>) -> Statement {
    let sql = alter(address).push("ALTER ATTRIBUTE").name(&own.name);
    let sql = collated(sql.push("TYPE").verbatim(&own.type_name), own);
    Statement::catalog(sql).under(&own.type_name)
}

/// Makes the function that converts the values of an array, of which no expression by itself makes another one.
/// <https://www.postgresql.org/docs/current/sql-createfunction.html>
pub(crate) fn create_conversion(
    function: &[Name],
    from: &Address,
    to: &Address,
    element: &Sql,
) -> Statement {
    let body = Sql::new("SELECT coalesce(array_agg(")
        .glue("")
        .join(element)
        .push("ORDER BY n), '{}') FROM generate_subscripts($1, 1) AS n");
    let sql = Sql::new("CREATE FUNCTION")
        .names_dotted(function)
        .glue("(")
        .glue("")
        .path(from)
        .glue("[]) RETURNS")
        .path(to)
        .glue("[] LANGUAGE sql IMMUTABLE STRICT SET search_path = '' AS")
        .literal(body.as_str());
    Statement::catalog(sql)
}

/// <https://www.postgresql.org/docs/current/sql-dropfunction.html>
pub(crate) fn drop_conversion(function: &[Name], from: &Address) -> Statement {
    let sql = Sql::new("DROP FUNCTION").names_dotted(function).glue("(");
    Statement::catalog(sql.glue("").path(from).glue("[])"))
}

/// <https://www.postgresql.org/docs/current/sql-altertype.html> (RENAME ATTRIBUTE)
pub(crate) fn rename_attribute(address: &Address, from: &Name, to: &Name) -> Statement {
    let sql = alter(address).push("RENAME ATTRIBUTE").name(from);
    Statement::catalog(sql.push("TO").name(to))
}
