//! A server in a container, gone afterwards even when this process is killed: it ends itself once nobody is connected.

use std::time::Duration;

use testcontainers::core::{ContainerPort, IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _, TestcontainersError};

use super::ProviderError;

const PORT: u16 = 5432;
/// How long a container may take to be ready; an image that has to be pulled comes on top.
const PATIENCE: Duration = Duration::from_secs(120);
/// Marks containers as ours.
const LABEL: &str = "org.reconcile.scratch";

/// Runs the server beside a loop that ends it: once nobody is connected any more, or nobody came within ten seconds.
/// Clients from outside come by TCP; the loop's own connections do not.
const SCRIPT: &str = r#"
docker-entrypoint.sh postgres -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off &
server=$!
clients() {
    psql -U "$POSTGRES_USER" -d postgres -Atc \
        "SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL" 2>/dev/null
}
waited=0
while kill -0 "$server" && [ $waited -lt 20 ]; do
    found=$(clients)
    case "$found" in '') ;; 0) waited=$((waited + 1)) ;; *) break ;; esac
    sleep 0.5
done
while found=$(clients) && [ "$found" != 0 ]; do sleep 0.5; done
kill -INT "$server"
wait "$server"
"#;

/// A server in a container.
pub struct Container {
    inner: ContainerAsync<GenericImage>,
    url: String,
}

impl Container {
    /// Starts the official image of a major. `user` is its superuser.
    ///
    /// # Errors
    /// Fails where there is no Docker, no image, or no server that gets ready.
    pub(crate) async fn start(major: u16, user: &str) -> Result<Self, ProviderError> {
        let failed = |error: TestcontainersError| ProviderError::Docker {
            major,
            reason: innermost(&error),
        };
        let password: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(24)
            .collect();
        let port: ContainerPort = PORT.tcp();
        let image = GenericImage::new("postgres".to_owned(), format!("{major}-alpine"))
            .with_exposed_port(port)
            .with_wait_for(WaitFor::message_on_stderr("ready to accept connections"))
            .with_entrypoint("sh");
        let inner = image
            .with_cmd(["-c", SCRIPT])
            .with_env_var("POSTGRES_USER", user)
            .with_env_var("POSTGRES_PASSWORD", &password)
            .with_env_var("POSTGRES_DB", "postgres")
            .with_label(LABEL, std::process::id().to_string())
            .with_startup_timeout(PATIENCE)
            .with_host_config_modifier(|config| config.auto_remove = Some(true))
            .start()
            .await
            .map_err(failed)?;
        let host = inner.get_host().await.map_err(failed)?;
        let port = inner.get_host_port_ipv4(PORT).await.map_err(failed)?;
        Ok(Self {
            inner,
            url: format!("postgresql://{user}:{password}@{host}:{port}/"),
        })
    }

    /// Returns the URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        [&self.url, database].concat()
    }

    /// Removes it. One that is gone already is gone all the same.
    pub(crate) async fn remove(self: Box<Self>) {
        let _ = self.inner.rm().await;
    }
}

fn innermost(error: &TestcontainersError) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}
