//! CREATE DOMAIN and its changes.

use crate::model::{Address, Domain, DomainCheck, Name, Text, Validity};
use crate::sql::Sql;

use super::statement::Statement;

/// <https://www.postgresql.org/docs/current/sql-createdomain.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Domain<T>) -> Statement {
    let mut sql = Sql::new("CREATE DOMAIN")
        .path(address)
        .push("AS")
        .verbatim(&own.type_name);
    if let Some(collation) = &own.collation {
        sql = sql.push("COLLATE").names_dotted(collation);
    }
    if let Some(default) = &own.default {
        sql = sql.push("DEFAULT").expression(default);
    }
    if own.not_null {
        sql = sql.push("NOT NULL");
    }
    let statement = Statement::catalog(sql).under(&own.type_name);
    match &own.default {
        Some(default) => statement.under(default),
        None => statement,
    }
}

/// <https://www.postgresql.org/docs/current/sql-dropdomain.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP DOMAIN").path(address))
}

fn alter(domain: &Address) -> Sql {
    Sql::new("ALTER DOMAIN").path(domain)
}

/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (SET DEFAULT)
pub(crate) fn set_default<T: Text>(domain: &Address, default: Option<&T>) -> Statement {
    match default {
        Some(default) => {
            let sql = alter(domain).push("SET DEFAULT").expression(default);
            Statement::catalog(sql).under(default)
        }
        None => Statement::catalog(alter(domain).push("DROP DEFAULT")),
    }
}

/// Reads every table with a column of the domain while its writers wait, where NULLs are refused from here on.
/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (SET NOT NULL)
pub(crate) fn set_not_null(domain: &Address, not_null: bool) -> Statement {
    let words = if not_null {
        "SET NOT NULL"
    } else {
        "DROP NOT NULL"
    };
    Statement::catalog(alter(domain).push(words))
}

/// Reads every table with a column of the domain while its writers wait, unless NOT VALID: that locks no table.
/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (ADD domain_constraint)
pub(crate) fn add_check<T: Text>(address: &Address, own: &DomainCheck<T>) -> Statement {
    let sql = alter(&address.domain())
        .push("ADD CONSTRAINT")
        .name(address.name())
        .push("CHECK")
        .expression(&own.expression);
    let sql = match own.validity {
        Validity::Valid => sql,
        Validity::NotValid | Validity::NotEnforced => sql.push("NOT VALID"),
    };
    Statement::catalog(sql).under(&own.expression)
}

/// Reads every table with a column of the domain while its writers wait.
/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (VALIDATE CONSTRAINT)
pub(crate) fn validate(address: &Address) -> Statement {
    let sql = alter(&address.domain()).push("VALIDATE CONSTRAINT");
    Statement::catalog(sql.name(address.name()))
}

/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (DROP CONSTRAINT)
pub(crate) fn drop_check(address: &Address) -> Statement {
    let sql = alter(&address.domain()).push("DROP CONSTRAINT");
    Statement::catalog(sql.name(address.name()))
}

/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (RENAME CONSTRAINT)
pub(crate) fn rename_check(address: &Address, to: &Name) -> Statement {
    let sql = alter(&address.domain()).push("RENAME CONSTRAINT");
    Statement::catalog(sql.name(address.name()).push("TO").name(to))
}

/// Takes no lock on the tables that use it. <https://www.postgresql.org/docs/current/sql-alterdomain.html> (RENAME TO)
pub(crate) fn rename(domain: &Address, to: &Name) -> Statement {
    Statement::catalog(alter(domain).push("RENAME TO").name(to))
}

/// <https://www.postgresql.org/docs/current/sql-alterdomain.html> (SET SCHEMA)
pub(crate) fn set_schema(domain: &Address, to: &Name) -> Statement {
    Statement::catalog(alter(domain).push("SET SCHEMA").name(to))
}
