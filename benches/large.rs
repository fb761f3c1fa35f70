//! What reading and planning cost beside `pg_dump --schema-only` of the same server, in the same run.
//!
//! `cargo bench --bench large` makes 1,000 tables (12 columns, 2 foreign keys, 3 indexes, a check each); `LARGE_TABLES=5000` makes
//! so many, `LARGE_ROUNDS=5` says how often each is measured. The rounds are interleaved, the least counts. Measured is the CPU
//! time of client and server, and the time on the clock. `pg_dump` is looked for in RECONCILE_TEST_CLIENT, then in PATH.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark talks, and stops where its ground gives way"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reconcile::scratch::provider::{self, Cluster, Wish};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// The clock ticks of `/proc/PID/stat`, a second.
const TICKS: f64 = 100.0;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let tables = number("LARGE_TABLES").unwrap_or(1000);
    let rounds = number("LARGE_ROUNDS").unwrap_or(5).max(1);
    let wish = Wish {
        major: None,
        fetch: true,
        settings: vec![("max_locks_per_transaction".to_owned(), "8192".to_owned())],
    };
    let bench = Bench {
        cluster: provider::provide(&wish).expect("a server starts"),
        folder: tempfile::tempdir().expect("a folder can be made"),
    };
    bench.sql("postgres", "CREATE DATABASE large").await;
    bench.sql("large", &schema(tables)).await;
    let size = bench.run(&bench.reconcile(&["pull", "--out", "same"]), &[0]);
    bench.declare_ten_changes(tables);

    let plan = |folder: &'static str| ["plan", "--desired", folder, "-o", "json=plan.json"];
    let measured: [(&str, Vec<String>, &[i32]); 4] = [
        ("pg_dump --schema-only", bench.dump(), &[0]),
        (
            "read (pull into files that are level)",
            bench.reconcile(&["pull", "--out", "same"]),
            &[0],
        ),
        (
            "plan without a change",
            bench.reconcile(&plan("same")),
            &[0],
        ),
        ("plan with ten changes", bench.reconcile(&plan("ten")), &[0]),
    ];
    let mut least = [Cost::MOST; 4];
    for _ in 0..rounds {
        for (at, (_, command, codes)) in measured.iter().enumerate() {
            least[at] = least[at].less(bench.run(command, codes));
        }
    }
    println!(
        "{tables} tables on PostgreSQL {}; the least of {rounds} rounds",
        bench.cluster.version()
    );
    println!("first pull: {:.2} s of CPU, {:.2} s", size.cpu, size.clock);
    for (at, (name, _, _)) in measured.iter().enumerate() {
        let (own, dump) = (least[at], least[0]);
        println!(
            "{name:<40} {:6.2} s of CPU, {:4.2} ×   {:6.2} s, {:4.2} ×",
            own.cpu,
            own.cpu / dump.cpu,
            own.clock,
            own.clock / dump.clock
        );
    }
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// What a run cost, in seconds.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    clock: f64,
}

impl Cost {
    const MOST: Self = Self {
        cpu: f64::MAX,
        clock: f64::MAX,
    };

    fn less(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            clock: self.clock.min(other.clock),
        }
    }
}

struct Bench {
    cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn sql(&self, database: &str, sql: &str) {
        let url = self.cluster.url(database).replacen("@/", "@localhost/", 1);
        let mut connection = PgConnection::connect(&url).await.expect("it connects");
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await
            .expect("it runs");
        connection.close().await.expect("it closes");
    }

    fn reconcile(&self, arguments: &[&str]) -> Vec<String> {
        let mut words = vec![env!("CARGO_BIN_EXE_reconcile").to_owned()];
        words.extend(arguments.iter().map(|own| (*own).to_owned()));
        words.extend(["--url".to_owned(), self.cluster.url("large")]);
        // Its work is counted with that of the live server.
        words.extend(["--scratch".to_owned(), self.cluster.url("postgres")]);
        words
    }

    fn dump(&self) -> Vec<String> {
        let client = std::env::var("RECONCILE_TEST_CLIENT").ok();
        let program = client.map_or_else(
            || "pg_dump".to_owned(),
            |folder| Path::new(&folder).join("pg_dump").display().to_string(),
        );
        let folder = self.cluster.socket_folder().display().to_string();
        let port = self.cluster.port().to_string();
        let words = [
            "--schema-only",
            "-h",
            &folder,
            "-p",
            &port,
            "-U",
            self.cluster.user(),
            "large",
        ];
        std::iter::once(program)
            .chain(words.map(str::to_owned))
            .collect()
    }

    /// Runs a command and says what it cost here and in the server.
    fn run(&self, words: &[String], codes: &[i32]) -> Cost {
        let server = self.cluster.process_id().expect("the server runs");
        let cpu = || ticks("self") + ticks(&server.to_string());
        let (before, started) = (cpu(), Instant::now());
        let output = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let clock = started.elapsed().as_secs_f64();
        let code = output.status.code().unwrap_or(-1);
        assert!(
            codes.contains(&code),
            "{words:?} ended with {code}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        // A backend is counted once it has ended.
        std::thread::sleep(Duration::from_millis(300));
        Cost {
            cpu: (cpu() - before) / TICKS,
            clock,
        }
    }

    /// Copies the files that were pulled and changes ten tables: four columns, three indexes, a default, a NOT NULL and a check.
    fn declare_ten_changes(&self, tables: usize) {
        let (same, ten) = (
            self.folder.path().join("same"),
            self.folder.path().join("ten"),
        );
        std::fs::create_dir(&ten).expect("a folder can be made");
        for entry in std::fs::read_dir(same).expect("it was pulled") {
            let entry = entry.expect("it can be listed");
            std::fs::copy(entry.path(), ten.join(entry.file_name())).expect("it can be copied");
        }
        for number in 0..10 {
            let table = number * tables / 10;
            let path = ten.join(format!("public.t{table}.yaml"));
            let text = std::fs::read_to_string(&path).expect("the table has a file");
            let (from, to) = match number {
                0..=3 => (
                    "      c11: text\n".to_owned(),
                    "      c11: text\n      added: text\n".to_owned(),
                ),
                4..=6 => (
                    "    indexes:\n".to_owned(),
                    format!("    indexes:\n      t{table}_added: [c9]\n"),
                ),
                7 => (
                    "      c11: text\n".to_owned(),
                    "      c11: { type: text, default: \"'x'\" }\n".to_owned(),
                ),
                8 => (
                    "      c11: text\n".to_owned(),
                    "      c11: { type: text, not_null: true, backfill: \"''\" }\n".to_owned(),
                ),
                _ => (
                    "    checks:\n".to_owned(),
                    format!("    checks:\n      t{table}_added: c3 < 1000\n"),
                ),
            };
            assert!(text.contains(&from), "{} has no {from}", path.display());
            std::fs::write(&path, text.replacen(&from, &to, 1)).expect("it can be written");
        }
    }
}

/// The CPU time of a process and of its children that have ended, in ticks; none where there is no `/proc`.
fn ticks(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let words = after_name.split_whitespace().skip(11).take(4);
    words.filter_map(|own| own.parse::<f64>().ok()).sum()
}

fn schema(tables: usize) -> String {
    let mut sql = String::new();
    for table in 0..tables {
        sql.push_str(&format!(
            "CREATE TABLE t{table} (id bigint PRIMARY KEY, first bigint, second bigint, c3 integer DEFAULT 7, c4 numeric(10,2), \
             c5 timestamptz DEFAULT now(), c6 text NOT NULL, c7 boolean, c8 varchar(40), c9 date, c10 uuid, c11 text, \
             CONSTRAINT t{table}_check CHECK (c3 > 0));\n\
             CREATE INDEX t{table}_a ON t{table} (first);\nCREATE INDEX t{table}_b ON t{table} (second, c9);\n\
             CREATE INDEX t{table}_c ON t{table} (lower(c6)) WHERE c7;\n"
        ));
    }
    for table in 0..tables {
        for (column, step) in [("first", 1), ("second", 7)] {
            let other = (table + step) % tables;
            sql.push_str(&format!(
                "ALTER TABLE t{table} ADD CONSTRAINT t{table}_{column} FOREIGN KEY ({column}) REFERENCES t{other} (id);\n"
            ));
        }
    }
    sql
}
