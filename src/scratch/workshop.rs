//! The scratch server of one run, started when it is first needed.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row};

use super::ScratchError;
use super::provider::{self, Cluster, Wish};
use crate::catalog;
use crate::model::{Name, ScratchSource, ServerVersion};
use crate::sql::Sql;

/// Begins the names of databases on a server that is not ours alone.
const DATABASE_PREFIX: &str = "_reconcile_scratch_";
/// The role that works on a private server: no role of a live server is called so.
const ROLE: &str = "_reconcile_scratch";
/// How long a connection to a scratch server may take to come about.
const PATIENCE: Duration = Duration::from_secs(10);

/// The scratch server of one run.
pub struct Workshop {
    source: ScratchSource,
    major: Option<u16>,
    place: Option<Place>,
    bench: Option<PgConnection>,
    databases: u32,
}

/// Where databases are made.
enum Place {
    /// A private server, thrown away as a whole, and the role that works there.
    Private(Cluster),
    /// A given server: what is made there is dropped again.
    Given(Box<Given>),
}

/// A given server, and what was made there.
struct Given {
    url: String,
    /// Holds an advisory lock: as long as it lives, nobody sweeps our databases.
    keeper: PgConnection,
    key: i64,
    made: Vec<Name>,
    roles: Vec<Name>,
}

impl Workshop {
    /// Prepares a workshop for a live server of the given version; nothing is started yet.
    pub fn new(source: ScratchSource, version: ServerVersion) -> Self {
        Self::any(source, Some(version.major()))
    }

    /// Prepares a workshop with a server of the given major, or of the newest one that is found.
    pub fn any(source: ScratchSource, major: Option<u16>) -> Self {
        Self {
            source,
            major,
            place: None,
            bench: None,
            databases: 0,
        }
    }

    /// Says whether a server was started or reached.
    pub fn was_needed(&self) -> bool {
        self.place.is_some()
    }

    async fn place(&mut self) -> Result<&mut Place, ScratchError> {
        if self.place.is_none() {
            let place = match &self.source {
                ScratchSource::Server(url) => {
                    Place::Given(Box::new(Given::open(url, self.major).await?))
                }
                ScratchSource::Auto | ScratchSource::Download => {
                    let cluster = provider::provide(&Wish {
                        major: self.major,
                        fetch: self.source == ScratchSource::Download,
                        settings: Vec::new(),
                    })?;
                    let mut admin = catalog::connect(&cluster.url("postgres"), PATIENCE).await?;
                    let sql = Sql::new("CREATE ROLE")
                        .name(&Name::new(ROLE))
                        .push("SUPERUSER LOGIN");
                    sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                        .execute(&mut admin)
                        .await?;
                    Place::Private(cluster)
                }
            };
            self.place = Some(place);
        }
        Ok(self.place.as_mut().expect("it was just put there"))
    }

    /// Returns the connection on which states are built and rolled back.
    pub(super) async fn bench(&mut self) -> Result<&mut PgConnection, ScratchError> {
        if self.bench.is_none() {
            let bench = match self.place().await? {
                Place::Private(cluster) => {
                    catalog::connect(&cluster.url_as(ROLE, "postgres"), PATIENCE).await?
                }
                Place::Given(given) => given.database().await?,
            };
            self.bench = Some(bench);
        }
        Ok(self.bench.as_mut().expect("it was just put there"))
    }

    /// Makes stand-ins for roles that are not there.
    pub(super) async fn roles(&mut self, wanted: &BTreeSet<Name>) -> Result<(), ScratchError> {
        self.bench().await?;
        let (Some(place), Some(bench)) = (self.place.as_mut(), self.bench.as_mut()) else {
            unreachable!("the bench stands in a place")
        };
        let names: Vec<&str> = wanted.iter().map(Name::as_str).collect();
        let sql = "SELECT w.name FROM unnest($1::text[]) AS w (name) \
                   WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = w.name) AND w.name !~ '^pg_'";
        let missing = sqlx::query(sql).bind(names).fetch_all(&mut *bench).await?;
        for row in &missing {
            let role = Name::new(row.try_get::<&str, _>("name")?);
            let mut statements = vec![Sql::new("CREATE ROLE").name(&role)];
            if let Place::Given(given) = place {
                let mark = [DATABASE_PREFIX, &given.key.to_string()].concat();
                statements.push(
                    Sql::new("COMMENT ON ROLE")
                        .name(&role)
                        .push("IS")
                        .literal(&mark),
                );
                given.roles.push(role);
            }
            let message = Sql::empty().separated(&statements, "; ");
            sqlx::raw_sql(AssertSqlSafe(message.executable()))
                .execute(&mut *bench)
                .await?;
        }
        Ok(())
    }

    /// Makes an empty database and connects to it.
    pub(super) async fn database(&mut self) -> Result<PgConnection, ScratchError> {
        self.databases += 1;
        let name = Name::new(format!("rehearsal_{}", self.databases));
        self.bench().await?;
        match (self.place.as_mut(), self.bench.as_mut()) {
            (Some(Place::Private(cluster)), Some(bench)) => {
                let sql = Sql::new("CREATE DATABASE").name(&name);
                sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                    .execute(bench)
                    .await?;
                Ok(catalog::connect(&cluster.url_as(ROLE, name.as_str()), PATIENCE).await?)
            }
            (Some(Place::Given(given)), _) => given.database().await,
            _ => unreachable!("the bench stands in a place"),
        }
    }

    /// Ends the connections and drops what was made on a given server; a private one goes when the workshop is dropped.
    pub async fn close(mut self) {
        if let Some(bench) = self.bench.take() {
            // The server is thrown away next: whether it heard us does not matter.
            let _ = bench.close().await;
        }
        if let Some(Place::Given(given)) = self.place.take() {
            given.close().await;
        }
    }
}

impl Given {
    async fn open(url: &str, major: Option<u16>) -> Result<Self, ScratchError> {
        let mut keeper = catalog::connect(url, PATIENCE).await?;
        let version = catalog::server(&mut keeper).await?.version;
        if let Some(wanted) = major.filter(|major| *major != version.major()) {
            return Err(ScratchError::OtherMajor { wanted, version });
        }
        let key = fastrand::i64(1..i64::MAX);
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(key)
            .execute(&mut keeper)
            .await?;
        let mut given = Self {
            url: url.to_owned(),
            keeper,
            key,
            made: Vec::new(),
            roles: Vec::new(),
        };
        given.sweep().await?;
        Ok(given)
    }

    /// Makes an empty database and connects to it.
    async fn database(&mut self) -> Result<PgConnection, ScratchError> {
        let name = Name::new(format!("{DATABASE_PREFIX}{}_{}", self.key, self.made.len()));
        let sql = Sql::new("CREATE DATABASE")
            .name(&name)
            .push("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        self.made.push(name.clone());
        sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut self.keeper)
            .await?;
        Ok(catalog::connect_to(&self.url, &name, PATIENCE).await?)
    }

    /// Drops what killed runs left: databases and roles of ours whose keeper is gone.
    async fn sweep(&mut self) -> Result<(), ScratchError> {
        let sql = "SELECT r.rolname::text AS name, d.description AS mark FROM pg_roles r \
                   JOIN pg_shdescription d ON d.classoid = 'pg_authid'::regclass AND d.objoid = r.oid \
                   WHERE starts_with(d.description, $1)";
        let roles = sqlx::query(sql)
            .bind(DATABASE_PREFIX)
            .fetch_all(&mut self.keeper)
            .await?;
        self.sweep_databases().await?;
        for row in roles {
            let mark: String = row.try_get("mark")?;
            let key = mark
                .strip_prefix(DATABASE_PREFIX)
                .and_then(|key| key.parse::<i64>().ok());
            let Some(key) = key.filter(|key| *key != self.key) else {
                continue;
            };
            let free = sqlx::query("SELECT pg_try_advisory_lock($1)")
                .bind(key)
                .fetch_one(&mut self.keeper)
                .await?;
            if free.try_get::<bool, _>(0)? {
                self.drop_role(&Name::new(row.try_get::<&str, _>("name")?))
                    .await;
                sqlx::query("SELECT pg_advisory_unlock($1)")
                    .bind(key)
                    .execute(&mut self.keeper)
                    .await?;
            }
        }
        Ok(())
    }

    async fn sweep_databases(&mut self) -> Result<(), ScratchError> {
        let rows = sqlx::query(
            "SELECT datname::text AS name FROM pg_database WHERE starts_with(datname::text, $1)",
        )
        .bind(DATABASE_PREFIX)
        .fetch_all(&mut self.keeper)
        .await?;
        for row in rows {
            let name: String = row.try_get("name")?;
            let key = name
                .strip_prefix(DATABASE_PREFIX)
                .and_then(|rest| rest.split('_').next()?.parse::<i64>().ok());
            let Some(key) = key.filter(|key| *key != self.key) else {
                continue;
            };
            let free = sqlx::query("SELECT pg_try_advisory_lock($1)")
                .bind(key)
                .fetch_one(&mut self.keeper)
                .await?;
            if free.try_get::<bool, _>(0)? {
                self.drop_database(&Name::new(name)).await;
                sqlx::query("SELECT pg_advisory_unlock($1)")
                    .bind(key)
                    .execute(&mut self.keeper)
                    .await?;
            }
        }
        Ok(())
    }

    /// Drops a role that stood in.
    async fn drop_role(&mut self, role: &Name) {
        let sql = Sql::new("DROP ROLE IF EXISTS").name(role);
        let _ = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut self.keeper)
            .await;
    }

    /// Drops a database; one that another run has dropped meanwhile is gone all the same.
    async fn drop_database(&mut self, name: &Name) {
        let sql = Sql::new("DROP DATABASE IF EXISTS")
            .name(name)
            .push("WITH (FORCE)");
        let _ = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut self.keeper)
            .await;
    }

    async fn close(mut self: Box<Self>) {
        for name in std::mem::take(&mut self.made) {
            self.drop_database(&name).await;
        }
        for role in std::mem::take(&mut self.roles) {
            self.drop_role(&role).await;
        }
        let _ = self.keeper.close().await;
    }
}
