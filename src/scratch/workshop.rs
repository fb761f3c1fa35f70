//! The scratch server of one run, started when it is first needed.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row};

use super::ScratchError;
use super::builder::{Builder, Seen};
use super::provider::{self, Cluster, Container, ProviderError, Wish};
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
    seen: Seen,
    databases: u32,
}

/// Where databases are made.
enum Place {
    /// A private server, thrown away as a whole, and the role that works there.
    Private(Cluster),
    /// A container, thrown away as a whole.
    Container(Box<Container>),
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
            seen: Seen::default(),
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
                ScratchSource::SameServer => {
                    unreachable!("whoever knows the live server names it")
                }
                ScratchSource::Docker => self.container().await?,
                ScratchSource::Auto | ScratchSource::Download => self.private().await?,
            };
            self.place = Some(place);
        }
        Ok(self.place.as_mut().expect("it was just put there"))
    }

    async fn container(&self) -> Result<Place, ScratchError> {
        let newest = provider::MAJORS[provider::MAJORS.len() - 1];
        let container = Container::start(self.major.unwrap_or(newest), ROLE).await?;
        Ok(Place::Container(Box::new(container)))
    }

    /// Starts a server from binaries, or else, where they may not be fetched, from a container.
    async fn private(&self) -> Result<Place, ScratchError> {
        let may_fetch = self.source == ScratchSource::Download;
        let cluster = match provider::provide(&Wish {
            major: self.major,
            fetch: may_fetch,
            settings: Vec::new(),
        }) {
            Ok(cluster) => cluster,
            Err(none @ ProviderError::NotFound { .. }) => {
                // Where there is no Docker either, what is told is what to install.
                return self.container().await.map_err(|_| none.into());
            }
            Err(error) => return Err(error.into()),
        };
        let mut admin = catalog::connect(&cluster.url("postgres"), PATIENCE).await?;
        let sql = Sql::new("CREATE ROLE")
            .name(&Name::new(ROLE))
            .push("SUPERUSER LOGIN");
        sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut admin)
            .await?;
        Ok(Place::Private(cluster))
    }

    /// Returns the connection on which states are built and rolled back.
    pub(super) async fn bench(&mut self) -> Result<&mut PgConnection, ScratchError> {
        if self.bench.is_none() {
            let mut bench = match self.place().await? {
                Place::Private(cluster) => {
                    catalog::connect(&cluster.url_as(ROLE, "postgres"), PATIENCE).await?
                }
                Place::Container(container) => {
                    catalog::connect(&container.url("postgres"), PATIENCE).await?
                }
                Place::Given(given) => given.database().await?,
            };
            quiet(&mut bench).await?;
            self.bench = Some(bench);
        }
        Ok(self.bench.as_mut().expect("it was just put there"))
    }

    /// Returns the bench together with what was built there before.
    pub(super) async fn builder(&mut self) -> Result<Builder<'_>, ScratchError> {
        self.bench().await?;
        Ok(Builder {
            connection: self.bench.as_mut().expect("it was just put there"),
            seen: &mut self.seen,
        })
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

    /// Makes stand-ins for tablespaces that are not there, inside the data directory: on servers that are thrown away only.
    /// <https://www.postgresql.org/docs/current/runtime-config-developer.html> (allow_in_place_tablespaces)
    pub(super) async fn tablespaces(
        &mut self,
        wanted: &BTreeSet<Name>,
    ) -> Result<(), ScratchError> {
        if wanted.is_empty() {
            return Ok(());
        }
        self.bench().await?;
        let (Some(Place::Private(_) | Place::Container(_)), Some(bench)) =
            (self.place.as_ref(), self.bench.as_mut())
        else {
            return Ok(());
        };
        let names: Vec<&str> = wanted.iter().map(Name::as_str).collect();
        let sql = "SELECT w.name FROM unnest($1::text[]) AS w (name) \
                   WHERE NOT EXISTS (SELECT FROM pg_tablespace s WHERE s.spcname = w.name)";
        let missing = sqlx::query(sql).bind(names).fetch_all(&mut *bench).await?;
        for row in &missing {
            let name = Name::new(row.try_get::<&str, _>("name")?);
            sqlx::raw_sql("SET allow_in_place_tablespaces = on")
                .execute(&mut *bench)
                .await?;
            let sql = Sql::new("CREATE TABLESPACE")
                .name(&name)
                .push("LOCATION ''");
            sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                .execute(&mut *bench)
                .await?;
        }
        Ok(())
    }

    /// Makes an empty database and connects to it. Its event triggers are built and do not run, where the server lets them be.
    pub(super) async fn database(&mut self) -> Result<PgConnection, ScratchError> {
        let mut connection = self.empty_database().await?;
        quiet(&mut connection).await?;
        Ok(connection)
    }

    async fn empty_database(&mut self) -> Result<PgConnection, ScratchError> {
        crate::apply::fault::on_scratch().await;
        self.databases += 1;
        let name = Name::new(format!("rehearsal_{}", self.databases));
        self.bench().await?;
        match (self.place.as_mut(), self.bench.as_mut()) {
            (Some(place @ (Place::Private(_) | Place::Container(_))), Some(bench)) => {
                let sql = Sql::new("CREATE DATABASE").name(&name);
                sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                    .execute(bench)
                    .await?;
                let url = match place {
                    Place::Private(cluster) => cluster.url_as(ROLE, name.as_str()),
                    Place::Container(container) => container.url(name.as_str()),
                    Place::Given(given) => given.url.clone(),
                };
                Ok(catalog::connect(&url, PATIENCE).await?)
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
        match self.place.take() {
            Some(Place::Given(given)) => given.close().await,
            Some(Place::Container(container)) => container.remove().await,
            Some(Place::Private(_)) | None => {}
        }
    }
}

/// Keeps event triggers from running, where the server lets them be (17 and later).
async fn quiet(connection: &mut PgConnection) -> Result<(), ScratchError> {
    let sql = "SELECT set_config('event_triggers', 'off', false) FROM pg_roles \
               WHERE rolname = current_user AND rolsuper AND current_setting('server_version_num')::int >= 170000";
    sqlx::query(sql).execute(connection).await?;
    Ok(())
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
        self.wait_until_left(name).await;
        let sql = drop_database(name);
        let _ = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut self.keeper)
            .await;
    }

    /// Waits a moment for a connection that was closed to be gone: DROP DATABASE would look again a tenth of a second later.
    async fn wait_until_left(&mut self, name: &Name) {
        for _ in 0..20 {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
            let there = sqlx::query(sql).bind(name.as_str());
            let there = there.fetch_one(&mut self.keeper).await;
            if !there.is_ok_and(|row| row.try_get::<i64, _>(0).is_ok_and(|own| own > 0)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    }

    async fn close(mut self: Box<Self>) {
        for name in std::mem::take(&mut self.made) {
            self.drop_database(&name).await;
        }
        for role in std::mem::take(&mut self.roles) {
            self.drop_role(&role).await;
        }
    }
}

/// A run that ends before its time (an error, a signal, a panic) drops what it made from a thread of its own, which may
/// wait where this one may not.
impl Drop for Given {
    fn drop(&mut self) {
        let (made, roles) = (
            std::mem::take(&mut self.made),
            std::mem::take(&mut self.roles),
        );
        if made.is_empty() && roles.is_empty() {
            return;
        }
        let url = self.url.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(clean(&url, &made, &roles));
            }
        });
        let _ = thread.join();
    }
}

/// Drops databases and roles. What cannot be dropped now is swept by the next run.
async fn clean(url: &str, made: &[Name], roles: &[Name]) {
    let Ok(mut connection) = catalog::connect(url, PATIENCE).await else {
        return;
    };
    for name in made {
        let sql = drop_database(name);
        let _ = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut connection)
            .await;
    }
    for role in roles {
        let sql = Sql::new("DROP ROLE IF EXISTS").name(role);
        let _ = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(&mut connection)
            .await;
    }
}

fn drop_database(name: &Name) -> Sql {
    Sql::new("DROP DATABASE IF EXISTS")
        .name(name)
        .push("WITH (FORCE)")
}
