//! One server per major and run: from binaries on this machine, or pinned ones that are fetched.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use reconcile::scratch::provider::{self, Cluster, MAJORS, Wish};

/// What is known of a major.
#[derive(Clone)]
enum State {
    Running { base: String },
    Absent { reason: String },
}

static STATES: LazyLock<Mutex<BTreeMap<u16, State>>> = LazyLock::new(Mutex::default);
static CLUSTERS: Mutex<Vec<Cluster>> = Mutex::new(Vec::new());
static HAVE: LazyLock<BTreeMap<u16, Option<String>>> = LazyLock::new(|| {
    let (found, _) = provider::found();
    let wanted = std::env::var("RECONCILE_TEST_MAJORS").ok();
    let is_wanted = |major: u16| {
        wanted
            .as_deref()
            .is_none_or(|list| list.split(',').any(|own| own.trim() == major.to_string()))
    };
    MAJORS
        .into_iter()
        .map(|major| {
            let absent = if !is_wanted(major) {
                Some("RECONCILE_TEST_MAJORS does not name it".to_owned())
            } else if found.iter().any(|own| own.version.major() == major) {
                None
            } else {
                provider::binaries(Some(major), true)
                    .err()
                    .map(|error| error.to_string())
            };
            (major, absent)
        })
        .collect()
});

/// Returns the supported majors, each with the reason why it is absent, where it is.
pub(crate) fn majors() -> &'static BTreeMap<u16, Option<String>> {
    &HAVE
}

/// Returns the newest major that is there.
pub(crate) fn newest() -> Option<u16> {
    majors()
        .iter()
        .rev()
        .find(|(_, absent)| absent.is_none())
        .map(|(major, _)| *major)
}

/// Says whether a test of this name runs on a major: all do on the newest, by the hash of the name a sixteenth of them
/// on each of the others. `RECONCILE_TEST_ALL=1` runs everything everywhere.
pub(crate) fn is_sampled(major: u16, name: &str) -> bool {
    everything() || Some(major) == newest() || sum_of(name) % 16 == u32::from(major) % 16
}

/// Says whether a case of this name runs this way round on a major: on the newest half of them run forward and a sixth back, on
/// the others half of those that run do either.
pub(crate) fn is_turned(major: u16, name: &str, back: bool) -> bool {
    let draw = sum_of(name) / 16;
    let is_drawn = if Some(major) == newest() {
        if back {
            draw % 6 == 5
        } else {
            draw.is_multiple_of(2)
        }
    } else {
        draw.is_multiple_of(2) == back
    };
    everything() || is_drawn
}

/// Says whether a test that takes long runs on a major: on the newest, and by the hash of its name on one other.
pub(crate) fn is_spread(major: u16, name: &str) -> bool {
    everything() || Some(major) == newest() || sum_of(name) % 4 == u32::from(major) % 4
}

/// Says whether everything runs everywhere.
pub(crate) fn everything() -> bool {
    std::env::var_os("RECONCILE_TEST_ALL").is_some()
}

fn sum_of(name: &str) -> u32 {
    name.bytes().fold(7, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    })
}

/// Returns the URL of a database on the server of a major, which is started when it is first needed.
pub(crate) fn url(major: u16, database: &str) -> String {
    let mut states = STATES.lock().unwrap();
    let state = states.entry(major).or_insert_with(|| {
        let settings = [
            ("max_connections", "100"),
            ("max_prepared_transactions", "5"),
            ("log_statement", "all"),
            ("log_line_prefix", "%d %v "),
        ];
        let wish = Wish {
            major: Some(major),
            fetch: true,
            settings: settings
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        };
        match provider::provide(&wish) {
            Ok(cluster) => {
                let base = cluster.url("");
                place(&cluster.url("postgres"));
                CLUSTERS.lock().unwrap().push(cluster);
                State::Running { base }
            }
            Err(error) => State::Absent {
                reason: error.to_string(),
            },
        }
    });
    match state {
        State::Running { base } => base.replacen("/?", &format!("/{database}?"), 1),
        State::Absent { reason } => panic!("no server of major {major}: {reason}"),
    }
}

/// Makes the tablespace that cases name.
fn place(url: &str) {
    let url = url.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let patience = std::time::Duration::from_secs(10);
            let mut connection = reconcile::catalog::connect(&url, patience).await.unwrap();
            for sql in [
                "SET allow_in_place_tablespaces = on",
                "CREATE TABLESPACE \"reconcile fast\" LOCATION ''",
            ] {
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
        });
    });
    thread.join().unwrap();
}

/// Returns what the server of a major has logged.
pub(crate) fn log(major: u16) -> String {
    let clusters = CLUSTERS.lock().unwrap();
    clusters
        .iter()
        .find(|own| own.version().major() == major)
        .map(Cluster::log)
        .unwrap_or_default()
}

/// Stops every server.
pub(crate) fn stop_all() {
    CLUSTERS.lock().unwrap().clear();
}
