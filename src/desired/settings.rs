//! The settings file, `reconcile.yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::fault::{Fault, Faults, Ledger, Sources};
use super::fields::{self, Fields};
use super::node::{self, Node, Value};
use crate::model::{Grants, ScratchSource, Settings, Undeclared};

/// What the settings file says.
#[derive(Clone, Debug, Default)]
pub struct SettingsFile {
    /// The settings that planning and applying rest on.
    pub settings: Settings,
    /// Database name → connection URL.
    pub databases: BTreeMap<String, String>,
    /// The folders of the desired state, relative to the file's own.
    pub desired: Option<Vec<PathBuf>>,
    /// Where throw-away servers come from.
    pub scratch: ScratchSource,
    /// Keys that are known and not built yet.
    pub warnings: Vec<Fault>,
    /// The file's text.
    pub sources: Sources,
}

/// Keys of the format that this version knows of and does not act on.
const NOT_BUILT: [&str; 2] = ["checks", "policy"];

/// Reads a settings file; `environment` answers for `${NAME}`.
///
/// # Errors
/// Fails with every fault of the file.
pub fn read_settings(
    file: &str,
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<SettingsFile, Faults> {
    let name: Arc<str> = Arc::from(file);
    let mut ledger = Ledger::default();
    let mut own = SettingsFile::default();
    own.sources.insert(name.clone(), Arc::from(text));
    let roots = node::documents(&name, text, &mut ledger);
    for root in &roots {
        let folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
        let mut reading = Reading {
            own: &mut own,
            ledger: &mut ledger,
            environment,
            folder,
        };
        reading.root(root);
    }
    own.warnings = std::mem::take(&mut ledger.warnings);
    own.warnings.sort();
    if ledger.faults.is_empty() {
        return Ok(own);
    }
    let mut faults = ledger.faults;
    faults.sort();
    Err(Faults {
        faults,
        sources: own.sources,
    })
}

struct Reading<'a> {
    own: &'a mut SettingsFile,
    ledger: &'a mut Ledger,
    environment: &'a dyn Fn(&str) -> Option<String>,
    folder: PathBuf,
}

impl Reading<'_> {
    fn root(&mut self, root: &Rc<Node>) {
        let Some(mut fields) = Fields::open(root, "the settings", self.ledger) else {
            return;
        };
        if let Some(text) = self.text_of(&mut fields, "project") {
            self.own.settings.project = text;
        }
        if let Some(node) = fields.get("databases") {
            for (name, _, value) in fields::entries(&node, "databases", self.ledger) {
                let Some(mut fields) =
                    Fields::open(&value, format!("database {name}"), self.ledger)
                else {
                    continue;
                };
                if let Some(url) = self.text_of(&mut fields, "url") {
                    self.own.databases.insert(name.as_str().to_owned(), url);
                }
                fields.close(self.ledger);
            }
        }
        if let Some(node) = fields.get("desired") {
            self.own.desired = self.texts(&node, "desired").map(|folders| {
                folders
                    .into_iter()
                    .map(|folder| self.folder.join(folder))
                    .collect()
            });
        }
        if let Some(node) = fields.get("manage") {
            self.manage(&node);
        }
        if let Some(node) = fields.get("roles") {
            for (name, _, value) in fields::entries(&node, "roles", self.ledger) {
                if let Some(own) = fields::name(&value, self.ledger) {
                    self.own.settings.roles.insert(name, own);
                }
            }
        }
        for (key, into) in [("lock_budget", 0), ("lock_patience", 1)] {
            if let Some(node) = fields.get(key)
                && let Some(time) = self.duration(&node, key)
            {
                let settings = &mut self.own.settings;
                *(if into == 0 {
                    &mut settings.lock_budget
                } else {
                    &mut settings.lock_patience
                }) = time;
            }
        }
        if let Some(node) = fields.get("small_table")
            && let Some(mut fields) = Fields::open(&node, "small_table", self.ledger)
        {
            if let Some(rows) = self.text_of(&mut fields, "rows") {
                match rows.parse() {
                    Ok(rows) if rows >= 0 => self.own.settings.small_table.rows = rows,
                    _ => self
                        .ledger
                        .fault(&node, format!("`{rows}` is no number of rows"), None),
                }
            }
            if let Some(node) = fields.get("bytes")
                && let Some(bytes) = self.bytes(&node)
            {
                self.own.settings.small_table.bytes = bytes;
            }
            fields.close(self.ledger);
        }
        if let Some(node) = fields.get("retire")
            && let Some(mut fields) = Fields::open(&node, "retire", self.ledger)
        {
            let tables = self.keep(&mut fields, "tables");
            let columns = self.keep(&mut fields, "columns");
            self.own.settings.retire.tables = tables.unwrap_or(self.own.settings.retire.tables);
            self.own.settings.retire.columns = columns.unwrap_or(self.own.settings.retire.columns);
            fields.close(self.ledger);
        }
        if let Some(node) = fields.get("scratch") {
            match self.text(&node, "scratch").as_deref() {
                Some("auto") | None => {}
                Some("download") => self.own.scratch = ScratchSource::Download,
                Some("docker") => self.own.scratch = ScratchSource::Docker,
                Some("same_server") => self.own.scratch = ScratchSource::SameServer,
                Some(url) if url.contains("://") => {
                    self.own.scratch = ScratchSource::Server(url.to_owned());
                }
                Some(other) => self.ledger.fault(
                    &node,
                    format!("`{other}` names no source of throw-away servers"),
                    "write auto, download, docker, same_server, or the URL of a server".to_owned(),
                ),
            }
        }
        if let Some(node) = fields.get("journal")
            && let Some(mut fields) = Fields::open(&node, "journal", self.ledger)
        {
            if let Some(node) = fields.get("schema")
                && let Some(schema) = fields::name(&node, self.ledger)
            {
                self.own.settings.journal = schema;
            }
            fields.close(self.ledger);
        }
        if let Some(node) = fields.get("backfill")
            && let Some(mut fields) = Fields::open(&node, "backfill", self.ledger)
        {
            if let Some(node) = fields.get("batch_time")
                && let Some(time) = self.duration(&node, "batch_time")
            {
                self.own.settings.backfill.batch_time = time;
            }
            if let Some(node) = fields.get("max_lag")
                && let Some(time) = self.duration(&node, "max_lag")
            {
                self.own.settings.backfill.max_lag = time;
            }
            if let Some(node) = fields.get("pause_while")
                && !node.is_null()
            {
                self.own.settings.backfill.pause_while = self.text(&node, "pause_while");
            }
            if let Some(node) = fields.get("triggers") {
                match self.text(&node, "triggers").as_deref() {
                    Some("fire") => self.own.settings.backfill.skips_triggers = false,
                    Some("skip") => self.own.settings.backfill.skips_triggers = true,
                    _ => self
                        .ledger
                        .fault(&node, "triggers is neither fire nor skip", None),
                }
            }
            fields.close(self.ledger);
        }
        self.not_built_keys(&mut fields, &NOT_BUILT, "");
        fields.close(self.ledger);
    }

    fn manage(&mut self, node: &Rc<Node>) {
        let Some(mut fields) = Fields::open(node, "manage", self.ledger) else {
            return;
        };
        if let Some(node) = fields.get("schemas") {
            self.own.settings.manage.schemas = fields::names(&node, "manage.schemas", self.ledger);
        }
        if let Some(node) = fields.get("undeclared") {
            match self.text(&node, "undeclared").as_deref() {
                Some("report") => self.own.settings.manage.undeclared = Undeclared::Report,
                Some("retire") => self.own.settings.manage.undeclared = Undeclared::Retire,
                _ => self
                    .ledger
                    .fault(&node, "undeclared is neither report nor retire", None),
            }
        }
        if let Some(node) = fields.get("exclude")
            && let Some(patterns) = self.texts(&node, "exclude")
        {
            self.own.settings.manage.exclude = patterns;
        }
        if let Some(node) = fields.get("owners") {
            self.own.settings.manage.owners =
                fields::boolean(&node, "owners", self.ledger) == Some(true);
        }
        if let Some(node) = fields.get("roles") {
            self.own.settings.manage.roles =
                fields::boolean(&node, "roles", self.ledger) == Some(true);
        }
        if let Some(node) = fields.get("grants") {
            self.own.settings.manage.grants = match fields::boolean(&node, "grants", self.ledger) {
                Some(true) => Grants::Every,
                Some(false) => Grants::Ignored,
                None => Grants::Listed,
            };
        }
        self.not_built_keys(&mut fields, &["owner"], "manage.");
        fields.close(self.ledger);
    }

    fn not_built_keys(&mut self, fields: &mut Fields, keys: &[&'static str], prefix: &str) {
        for key in keys {
            if let Some(node) = fields.get(key) {
                let at = fields.key(key).unwrap_or(node);
                self.not_built(&at, &format!("{prefix}{key}"));
            }
        }
    }

    fn not_built(&mut self, at: &Node, what: &str) {
        self.ledger.warning(
            at,
            format!("`{what}` is not built yet and has no effect"),
            None,
        );
    }

    fn keep(&mut self, fields: &mut Fields, key: &'static str) -> Option<bool> {
        let node = fields.get(key)?;
        match self.text(&node, key).as_deref() {
            Some("keep") => Some(true),
            Some("off") => Some(false),
            Some("copy") if key == "columns" => {
                self.not_built(&node, "retire.columns: copy");
                None
            }
            _ => {
                self.ledger
                    .fault(&node, format!("{key} is neither keep nor off"), None);
                None
            }
        }
    }

    fn text_of(&mut self, fields: &mut Fields, key: &'static str) -> Option<String> {
        let node = fields.get(key)?;
        self.text(&node, key)
    }

    fn texts(&mut self, node: &Node, what: &str) -> Option<Vec<String>> {
        match &node.value {
            Value::List(items) => items.iter().map(|item| self.text(item, what)).collect(),
            Value::Scalar { .. } | Value::Map(_) => {
                self.ledger.fault(
                    node,
                    format!("{what} is {}, not a list", node.describe()),
                    None,
                );
                None
            }
        }
    }

    /// Reads text and replaces `${NAME}` by the environment's value.
    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = fields::text(node, what, self.ledger)?;
        let mut replaced = String::new();
        let mut rest = &*text;
        while let Some((before, after)) = rest.split_once("${") {
            replaced.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                self.ledger
                    .fault(node, "`${` is not closed", "write `${NAME}`".to_owned());
                return None;
            };
            let Some(value) = (self.environment)(name) else {
                self.ledger.fault(
                    node,
                    format!("the environment has no {name}"),
                    format!("set {name}"),
                );
                return None;
            };
            replaced.push_str(&value);
            rest = after;
        }
        replaced.push_str(rest);
        Some(replaced)
    }

    fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        let time = seconds(&text).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match time {
            Some(time) if !time.is_zero() => Some(time),
            _ => {
                let mend = "write a number and ms, s, min, h or d, for example `500ms`".to_owned();
                self.ledger
                    .fault(node, format!("`{text}` is no length of time"), mend);
                None
            }
        }
    }

    fn bytes(&mut self, node: &Node) -> Option<i64> {
        let text = self.text(node, "bytes")?;
        let bytes = split_unit(&text).and_then(|(number, unit)| {
            let factor = match unit {
                "" | "B" => 1.0,
                "kB" => 1024.0,
                "MB" => 1_048_576.0,
                "GB" => 1_073_741_824.0,
                _ => return None,
            };
            Some(number * factor)
        });
        match bytes {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a size that a person wrote is far below 2^53"
            )]
            Some(bytes) if bytes >= 0.0 => Some(bytes as i64),
            _ => {
                let mend = "write a number and B, kB, MB or GB, for example `16MB`".to_owned();
                self.ledger
                    .fault(node, format!("`{text}` is no size"), mend);
                None
            }
        }
    }
}

/// Reads a length of time such as `7d` or `500ms`, in seconds.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(number * factor)
}

fn split_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..at].parse().ok()?;
    Some((number, text[at..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_the_environment() {
        let text = "databases: { prod: { url: \"postgres://u:${PW}@h/d\" } }\nlock_budget: 500ms\nsmall_table: { rows: 0, bytes: 16MB }\n";
        let own = read_settings("reconcile.yaml", text, &|name| {
            (name == "PW").then(|| "x".to_owned())
        })
        .expect("it is well formed");
        assert_eq!(own.databases["prod"], "postgres://u:x@h/d");
        assert_eq!(own.settings.lock_budget, Duration::from_millis(500));
        assert_eq!(own.settings.small_table.rows, 0);
        assert_eq!(own.settings.small_table.bytes, 16 << 20);
    }

    #[test]
    fn what_is_not_built_is_a_warning_and_what_is_unknown_a_fault() {
        let own = read_settings(
            "r.yaml",
            "manage: { owners: true, grants: true }\npolicy: []\n",
            &|_| None,
        )
        .expect("known keys");
        assert_eq!(own.warnings.len(), 1);
        let faults = read_settings("r.yaml", "lock_budgett: 1s\nlock_patience: soon\n", &|_| {
            None
        })
        .expect_err("two faults");
        let what: Vec<String> = faults.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            what,
            [
                "r.yaml:1:1: unknown key `lock_budgett` in the settings",
                "r.yaml:2:16: `soon` is no length of time"
            ]
        );
    }
}
