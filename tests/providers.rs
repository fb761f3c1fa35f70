//! What scratch servers leave behind, however a run ends: nothing. Processes, folders, databases, roles and containers are
//! compared before and after.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use reconcile::scratch::provider::{self, Cluster, Wish};
use sqlx::{Connection as _, PgConnection, Row};

use crate::support::database::driver_url;
use crate::support::tool::Tool;
use crate::support::{failed, servers, trial};

const FILES: &str = "schema: app\ntables:\n  orders:\n    columns: { id: bigint, note: text }\n    primary_key: [id]\n    owner: somebody_else\nviews: { v: \"SELECT id FROM app.orders\" }\n";
const BROKEN: &str = "schema: app\nviews: { v: \"SELECT nothing FROM app.orders\" }\n";
/// How long what is left may take to go.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    let docker = docker_is_absent(major);
    match &docker {
        None => eprintln!("docker: ran"),
        Some(why) => eprintln!("docker: ignored ({why})"),
    }
    vec![
        trial("providers::binaries_leave_nothing", move || {
            leaves_nothing(major, "auto")
        }),
        trial("providers::a_given_server_is_left_clean", move || {
            leaves_nothing(major, "given")
        }),
        trial("providers::the_same_server_is_left_clean", move || {
            leaves_nothing(major, "same_server")
        }),
        trial("providers::docker_leaves_nothing", move || {
            leaves_nothing(major, "docker")
        })
        .with_ignored_flag(docker.is_some()),
        Trial::test("providers::nothing_found_says_what_to_do", nothing_found),
    ]
}

/// Says why Docker cannot be used; `RECONCILE_REQUIRE_DOCKER=1` makes that a failure.
fn docker_is_absent(major: u16) -> Option<String> {
    let run = |arguments: &[&str]| {
        let output = Command::new("docker").args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    let image = format!("postgres:{major}-alpine");
    let why = if !run(&["version"]) {
        "no Docker".to_owned()
    } else if !run(&["image", "inspect", &image]) {
        format!("no image {image}: `docker pull {image}`")
    } else {
        return None;
    };
    assert!(
        std::env::var_os("RECONCILE_REQUIRE_DOCKER").is_none(),
        "Docker is required: {why}"
    );
    Some(why)
}

/// How a run ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Success,
    Error,
    Signal(&'static str),
    Panic,
}

const ENDINGS: [Ending; 6] = [
    Ending::Success,
    Ending::Error,
    Ending::Signal("INT"),
    Ending::Signal("TERM"),
    Ending::Panic,
    Ending::Signal("KILL"),
];

struct World {
    live: Cluster,
    folder: tempfile::TempDir,
}

impl World {
    /// Lists what a run could leave.
    async fn left(&self) -> Result<BTreeSet<String>, Failed> {
        let mut left = BTreeSet::new();
        let folder = self.folder.path();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            left.insert(format!(
                "folder {}",
                entry.map_err(failed)?.path().display()
            ));
        }
        for entry in std::fs::read_dir("/proc").map_err(failed)?.flatten() {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(&*folder.to_string_lossy()) {
                left.insert(format!("process {line}"));
            }
        }
        let mut connection = PgConnection::connect(&driver_url(&self.live.url("postgres")))
            .await
            .map_err(failed)?;
        let sql = "SELECT 'database ' || datname FROM pg_database UNION SELECT 'role ' || rolname FROM pg_roles";
        for row in sqlx::query(sql)
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?
        {
            left.insert(row.try_get(0).map_err(failed)?);
        }
        let label = "label=org.reconcile.scratch";
        let output = Command::new("docker")
            .args(["ps", "-aq", "--filter", label])
            .output();
        if let Ok(output) = output {
            let listed = String::from_utf8_lossy(&output.stdout).into_owned();
            left.extend(listed.lines().map(|id| format!("container {id}")));
        }
        Ok(left)
    }
}

async fn leaves_nothing(major: u16, provider: &'static str) -> Result<(), Failed> {
    let wish = Wish {
        major: Some(major),
        fetch: true,
        settings: Vec::new(),
    };
    let live = provider::provide(&wish).map_err(failed)?;
    let folder = tempfile::Builder::new()
        .prefix("rt-")
        .tempdir_in("/tmp")
        .map_err(failed)?;
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).map_err(failed)?;
    let world = World { live, folder };
    let mut admin = PgConnection::connect(&driver_url(&world.live.url("postgres")))
        .await
        .map_err(failed)?;
    sqlx::raw_sql("CREATE DATABASE shop")
        .execute(&mut admin)
        .await
        .map_err(failed)?;
    admin.close().await.map_err(failed)?;
    let before = world.left().await?;
    for ending in ENDINGS {
        run(&world, provider, ending).await?;
        if matches!(ending, Ending::Signal("KILL")) {
            run(&world, provider, Ending::Success).await?;
        }
        let begun = Instant::now();
        loop {
            let after = world.left().await?;
            if after == before {
                break;
            }
            if begun.elapsed() > PATIENCE {
                let more: Vec<&String> = after.difference(&before).collect();
                return Err(Failed::from(format!("{ending:?} leaves {more:?}")));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// Runs `plan` to one ending.
async fn run(world: &World, provider: &str, ending: Ending) -> Result<(), Failed> {
    let tool = Tool::alone();
    tool.declare(if matches!(ending, Ending::Error) {
        BROKEN
    } else {
        FILES
    });
    tool.write("reconcile.yaml", "manage: { owners: true }\n");
    let scratch = match provider {
        "given" => world.live.url("postgres"),
        other => other.to_owned(),
    };
    let mut command = tool.command(&["plan", "--scratch", &scratch]);
    command
        .env("DATABASE_URL", world.live.url("shop"))
        .env("TMPDIR", world.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match ending {
        Ending::Success | Ending::Error => {}
        Ending::Panic => drop(command.env("RECONCILE_FAULT", "scratch:panic")),
        Ending::Signal(_) => drop(command.env("RECONCILE_FAULT", "scratch:wait")),
    }
    let before = world.left().await?;
    let child = command.spawn().map_err(failed)?;
    if let Ending::Signal(signal) = ending {
        // It waits once its scratch server is up, for a minute.
        let begun = Instant::now();
        while world.left().await? == before {
            if begun.elapsed() > PATIENCE {
                return Err(Failed::from("nothing was started"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let status = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "it runs");
    }
    let output = child.wait_with_output().map_err(failed)?;
    let fits = match ending {
        Ending::Success => output.status.success(),
        Ending::Error | Ending::Panic | Ending::Signal(_) => !output.status.success(),
    };
    if fits {
        return Ok(());
    }
    Err(Failed::from(format!(
        "{ending:?} ends with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )))
}

fn nothing_found() -> Result<(), Failed> {
    let tool = Tool::alone();
    tool.declare("schema: app\ntables: { t: { columns: { id: bigint } } }\n");
    let mut command = tool.command(&["validate", "--major", "17"]);
    command
        .env("PATH", "/nowhere")
        .env("RECONCILE_POSTGRES", "/nowhere")
        .env("RECONCILE_CACHE", tool.path("cache"))
        .env("DOCKER_HOST", "unix:///nowhere");
    let outcome = crate::support::tool::outcome(command);
    if outcome.code == 0 {
        // This machine keeps a server where distributions do.
        return Ok(());
    }
    outcome.wants(1, &["validate"])?;
    outcome.says("no PostgreSQL 17 to rehearse on")?;
    outcome.says("apt-get install postgresql-17")?;
    Ok(())
}
