//! The scratch server of one run, started when it is first needed.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::ScratchError;
use super::provider::{self, Cluster, Wish};
use crate::catalog;
use crate::model::{Name, ServerVersion};
use crate::sql::Sql;

/// Where scratch servers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Binaries on this machine.
    Auto,
    /// Binaries on this machine, or else pinned ones that are fetched.
    Download,
}

/// The scratch server of one run.
pub struct Workshop {
    source: Source,
    major: Option<u16>,
    cluster: Option<Cluster>,
    bench: Option<PgConnection>,
    databases: u32,
}

impl Workshop {
    /// Prepares a workshop for a live server of the given version; nothing is started yet.
    pub fn new(source: Source, version: ServerVersion) -> Self {
        Self::any(source, Some(version.major()))
    }

    /// Prepares a workshop with a server of the given major, or of the newest one that is found.
    pub fn any(source: Source, major: Option<u16>) -> Self {
        Self {
            source,
            major,
            cluster: None,
            bench: None,
            databases: 0,
        }
    }

    /// Says whether a server was started.
    pub fn was_needed(&self) -> bool {
        self.cluster.is_some()
    }

    fn cluster(&mut self) -> Result<&Cluster, ScratchError> {
        if self.cluster.is_none() {
            let wish = Wish {
                major: self.major,
                fetch: self.source == Source::Download,
                settings: Vec::new(),
            };
            let cluster = provider::provide(&wish)?;
            self.cluster = Some(cluster);
        }
        Ok(self.cluster.as_ref().expect("it was just put there"))
    }

    async fn connect(&mut self, database: &str) -> Result<PgConnection, ScratchError> {
        let cluster = self.cluster()?;
        let url = cluster.url(database);
        Ok(catalog::connect(&url, Duration::from_secs(10)).await?)
    }

    /// Returns the connection on which states are built and rolled back.
    pub(super) async fn bench(&mut self) -> Result<&mut PgConnection, ScratchError> {
        if self.bench.is_none() {
            self.bench = Some(self.connect("postgres").await?);
        }
        Ok(self.bench.as_mut().expect("it was just put there"))
    }

    /// Makes an empty database and connects to it.
    pub(super) async fn database(&mut self) -> Result<PgConnection, ScratchError> {
        self.databases += 1;
        let name = format!("rehearsal_{}", self.databases);
        let bench = self.bench().await?;
        let sql = Sql::new("CREATE DATABASE").name(&Name::new(&name));
        sqlx::raw_sql(AssertSqlSafe(sql.executable()))
            .execute(bench)
            .await?;
        self.connect(&name).await
    }

    /// Ends the connections; the server goes when the workshop is dropped.
    pub async fn close(mut self) {
        if let Some(bench) = self.bench.take() {
            // The server is thrown away next: whether it heard us does not matter.
            let _ = bench.close().await;
        }
    }
}
