//! CREATE COLLATION and its changes.

use crate::model::{Address, Collation, Locale, Name, Provider};
use crate::sql::Sql;

use super::statement::Statement;

/// <https://www.postgresql.org/docs/current/sql-createcollation.html>
pub(crate) fn create(address: &Address, own: &Collation) -> Statement {
    let provider = match own.provider {
        Provider::Builtin => "PROVIDER = builtin",
        Provider::Icu => "PROVIDER = icu",
        Provider::Libc => "PROVIDER = libc",
    };
    let mut all = vec![Sql::new(provider)];
    match &own.locale {
        Locale::Whole(locale) => all.push(Sql::new("LOCALE =").literal(locale)),
        Locale::Parts { collate, ctype } => {
            all.push(Sql::new("LC_COLLATE =").literal(collate));
            all.push(Sql::new("LC_CTYPE =").literal(ctype));
        }
    }
    if !own.deterministic {
        all.push(Sql::new("DETERMINISTIC = false"));
    }
    if let Some(rules) = &own.rules {
        all.push(Sql::new("RULES =").literal(rules));
    }
    let sql = Sql::new("CREATE COLLATION")
        .path(address)
        .push("(")
        .glue("");
    Statement::catalog(sql.separated(&all, ", ").glue(")"))
}

/// <https://www.postgresql.org/docs/current/sql-dropcollation.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP COLLATION").path(address))
}

/// <https://www.postgresql.org/docs/current/sql-altercollation.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    let sql = Sql::new("ALTER COLLATION").path(address);
    Statement::catalog(sql.push("RENAME TO").name(to))
}

/// <https://www.postgresql.org/docs/current/sql-altercollation.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    let sql = Sql::new("ALTER COLLATION").path(address);
    Statement::catalog(sql.push("SET SCHEMA").name(to))
}
