//! The rooms: who may use whom, as ARCHITECTURE.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

/// Room, the rooms it may use, the packages it may use; `thiserror` is everywhere.
const ROOMS: [(&str, &str, &str); 13] = [
    ("model", "", "serde serde_json sha2"),
    ("sql", "model", "serde serde_json"),
    ("diff", "model", ""),
    ("ddl", "model sql", "serde"),
    ("plan", "model sql diff ddl", "petgraph serde serde_json"),
    (
        "render",
        "model sql diff ddl plan",
        "similar serde serde_json comfy_table console",
    ),
    (
        "desired",
        "model",
        "saphyr_parser serde serde_json serde_yaml schemars strsim tempfile",
    ),
    ("catalog", "model sql", "sqlx tokio"),
    (
        "history",
        "model sql plan catalog",
        "sqlx tokio serde serde_json",
    ),
    (
        "apply",
        "model sql diff ddl plan catalog history",
        "sqlx tokio serde serde_json fastrand rustix",
    ),
    (
        "scratch",
        "model sql diff ddl plan catalog history apply",
        "sqlx tokio tempfile testcontainers rustix serde serde_json sha2 fastrand",
    ),
    (
        "pipeline",
        "model sql diff ddl plan render desired catalog history apply scratch",
        "tokio",
    ),
    (
        "cli",
        "model sql diff ddl plan render desired catalog history apply scratch pipeline",
        "annotate_snippets clap clap_complete console indicatif rustix similar tempfile tokio",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("architecture::rooms_use_only_what_they_may", || {
            let faults = faults(&sources());
            if faults.is_empty() {
                Ok(())
            } else {
                Err(Failed::from(faults.join("\n")))
            }
        }),
        Trial::test("architecture::a_planted_use_is_found", || {
            let planted = vec![(
                PathBuf::from("src/diff/planted.rs"),
                "use sqlx::PgConnection;\n".to_owned(),
            )];
            let faults = faults(&planted).join("\n");
            if faults.contains("diff") && faults.contains("sqlx") {
                Ok(())
            } else {
                Err(Failed::from(faults))
            }
        }),
        Trial::test(
            "architecture::only_catalog_queries_read_the_catalog_by_format",
            no_formatted_sql,
        ),
    ]
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root).unwrap().to_owned(), text)
        })
        .collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|own| own == "rs") {
            into.push(path);
        }
    }
}

fn packages() -> BTreeSet<String> {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut packages = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && let Some((name, _)) = line.split_once(" =") {
            packages.insert(name.trim().replace('-', "_"));
        }
    }
    packages
}

/// Names every use of a room or package that its room may not use.
fn faults(sources: &[(PathBuf, String)]) -> Vec<String> {
    let packages = packages();
    let rules: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = ROOMS
        .iter()
        .map(|(room, rooms, packages)| {
            (
                *room,
                (
                    rooms.split_whitespace().collect(),
                    packages.split_whitespace().collect(),
                ),
            )
        })
        .collect();
    let mut faults = Vec::new();
    for (path, text) in sources {
        let mut parts = path
            .components()
            .skip(1)
            .map(|own| own.as_os_str().to_string_lossy().into_owned());
        let Some(room) = parts.next().filter(|own| !own.ends_with(".rs")) else {
            continue;
        };
        let Some((rooms, allowed)) = rules.get(room.as_str()) else {
            faults.push(format!(
                "{}: room {room} is not in the table",
                path.display()
            ));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            let mut found = |what: &str| {
                faults.push(format!(
                    "{}:{}: room {room} may not use {what}",
                    path.display(),
                    number + 1
                ));
            };
            for other in words_after(code, "crate::") {
                if rules.contains_key(other) && other != room && !rooms.contains(other) {
                    found(other);
                }
            }
            for package in &packages {
                let used = code.trim_start().starts_with(&format!("use {package}::"))
                    || names(code, package);
                let everywhere = package == "thiserror" || allowed.contains(package.as_str());
                if used && !everywhere && !rules.contains_key(package.as_str()) {
                    found(package);
                }
            }
        }
    }
    faults
}

/// Says whether a path in the code begins with the package's name.
fn names(code: &str, package: &str) -> bool {
    let path = format!("{package}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

fn words_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    code.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len())]
        })
        .collect()
}

/// No statement is put together by `format!`, and nothing says CASCADE.
fn no_formatted_sql() -> Result<(), Failed> {
    let verbs = [
        "ALTER ",
        "CREATE ",
        "DROP ",
        "GRANT ",
        "REVOKE ",
        "INSERT INTO",
        "DELETE FROM",
        "COMMENT ON",
    ];
    let mut faults = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("src/sql") || path.starts_with("src/render") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for (number, line) in code
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let formatted =
                line.contains("format!(\"") && verbs.iter().any(|verb| line.contains(verb));
            // What a foreign key does when the referenced row goes is no cascading drop.
            let cascades = line.contains("CASCADE") && !line.contains("Action::Cascade");
            if formatted || cascades {
                faults.push(format!(
                    "{}:{}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(faults.join("\n")))
    }
}
