//! A database of one test: made empty, dropped at the end; its rows as texts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libtest_mimic::Failed;
use reconcile::catalog;
use reconcile::model::{Address, Kind, ScratchSource, Settings};
use reconcile::pipeline::Project;
use reconcile::plan::Allowance;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row};

use super::{failed, servers};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database of one test.
pub(crate) struct Database {
    pub(crate) major: u16,
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Database {
    /// Makes an empty database.
    pub(crate) async fn make(major: u16) -> Result<Self, Failed> {
        let name = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&driver_url(&servers::url(major, "postgres")))
            .await
            .map_err(failed)?;
        let make = format!("CREATE DATABASE {name} TEMPLATE template0");
        sqlx::raw_sql(AssertSqlSafe(make))
            .execute(&mut admin)
            .await
            .map_err(failed)?;
        admin.close().await.map_err(failed)?;
        let url = servers::url(major, &name);
        Ok(Self { major, name, url })
    }

    /// Drops it; what is left goes with the server.
    pub(crate) async fn drop(self) -> Result<(), Failed> {
        let mut admin = PgConnection::connect(&driver_url(&servers::url(self.major, "postgres")))
            .await
            .map_err(failed)?;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut admin)
            .await
            .map_err(failed)?;
        Ok(())
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection, Failed> {
        PgConnection::connect(&driver_url(&self.url))
            .await
            .map_err(failed)
    }

    /// Runs statements.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), Failed> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    /// Returns the only value of a query as text.
    pub(crate) async fn value(&self, sql: &str) -> Result<String, Failed> {
        let mut connection = self.connect().await?;
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
        let first = rows
            .first()
            .ok_or_else(|| Failed::from(format!("no row: {sql}")))?;
        let value: Option<String> = first.try_get_unchecked(0).map_err(failed)?;
        Ok(value.unwrap_or_default())
    }

    /// Returns a project over this database that scratches on the same server.
    pub(crate) fn project(&self, settings: Settings) -> Project {
        Project {
            settings,
            desired: Vec::new(),
            url: self.url.clone(),
            connect_timeout: Duration::from_secs(10),
            scratch: ScratchSource::Server(servers::url(self.major, "postgres")),
            allowed: vec!["all".parse::<Allowance>().expect("it is an allowance")],
            adopt_journal: false,
            rewrites: Vec::new(),
        }
    }

    /// Returns every table's rows by column: sorted texts, retired tables included, the journal left out.
    pub(crate) async fn rows(&self) -> Result<Rows, Failed> {
        let mut connection = catalog::connect(&self.url, Duration::from_secs(10))
            .await
            .map_err(failed)?;
        let read = catalog::read_live(&mut connection).await.map_err(failed)?;
        let mut rows = Rows::default();
        let inherited = read.model.inherited.values();
        let inherited = inherited.flat_map(|own| own.objects.keys());
        let all = read.model.objects.keys().chain(inherited);
        for column in all.filter(|address| address.kind() == Kind::Column) {
            let above = read.model.above(&column.table()).into_iter();
            let mut above = above.map(|own| own.part(Kind::Column, column.name()));
            if let Some(origin) = above.find(|own| read.model.objects.contains_key(own)) {
                rows.1.insert(column.clone(), origin);
            }
            // The rows of a foreign table are elsewhere.
            let is_foreign = read.model.is_foreign(&column.table());
            if is_foreign || column.schema_name().as_str() == "reconcile" {
                continue;
            }
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let [schema, table, name] = column.path() else {
                continue;
            };
            let sql = format!(
                "SELECT {}::text AS v FROM ONLY {}.{} ORDER BY 1",
                quoted(name.as_str()),
                quoted(schema.as_str()),
                quoted(table.as_str())
            );
            let found = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .map_err(failed)?;
            let values: Result<Vec<Option<String>>, sqlx::Error> =
                found.iter().map(|row| row.try_get("v")).collect();
            rows.0.insert(column.clone(), values.map_err(failed)?);
        }
        connection.close().await.map_err(failed)?;
        Ok(rows)
    }
}

/// The driver wants a host where libpq takes none.
pub(crate) fn driver_url(url: &str) -> String {
    url.replacen("@/", "@localhost/", 1)
}

/// Values by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(
    pub(crate) BTreeMap<Address, Vec<Option<String>>>,
    /// Column → the one of another table that it is handed down from.
    BTreeMap<Address, Address>,
);

/// Says whether each of the values is found, as often as it is there.
fn holds(found: &[Option<String>], values: &[Option<String>]) -> bool {
    let mut found = found.to_vec();
    values.iter().all(|value| {
        let at = found.iter().position(|own| own == value);
        at.map(|at| found.swap_remove(at)).is_some()
    })
}

impl Rows {
    /// Returns the column that a column has its name and type from: itself, where it is in no partition and inherits nothing.
    pub(crate) fn origin<'a>(&'a self, column: &'a Address) -> &'a Address {
        self.1.get(column).unwrap_or(column)
    }

    /// Names the columns of these rows whose values are not found under the address that `carry` gives; `later` lets more
    /// be found.
    pub(crate) fn lost(
        &self,
        found: &Self,
        later: bool,
        carry: impl Fn(&Address) -> Address,
    ) -> Vec<String> {
        let carry = |column: &Address| {
            let now = carry(column);
            match self.1.get(column) {
                Some(origin) => now.part(Kind::Column, carry(origin).name()),
                None => now,
            }
        };
        self.0
            .iter()
            .filter(|(column, values)| {
                let now = found.0.get(&carry(column));
                !now.is_some_and(|now| now == *values || later && holds(now, values))
            })
            .map(|(column, values)| {
                let now = found.0.get(&carry(column));
                format!("{column}: {values:?} became {now:?} at {}", carry(column))
            })
            .collect()
    }
}
