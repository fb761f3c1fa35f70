//! `pg_dump`, the observer that is not ours.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Failed;

use super::database::Database;

/// The newest client found, with its major.
static CLIENT: LazyLock<Option<(PathBuf, u16)>> = LazyLock::new(|| {
    let mut places: Vec<PathBuf> = Vec::new();
    for variable in ["RECONCILE_TEST_CLIENT", "PATH"] {
        if let Some(value) = std::env::var_os(variable) {
            places.extend(std::env::split_paths(&value).map(|folder| folder.join("pg_dump")));
        }
    }
    for major in 14..=30 {
        places.push(PathBuf::from(format!(
            "/usr/lib/postgresql/{major}/bin/pg_dump"
        )));
    }
    places
        .into_iter()
        .filter_map(|path| Some((path.clone(), major_of(&path)?)))
        .max_by_key(|(_, major)| *major)
});

fn major_of(path: &PathBuf) -> Option<u16> {
    let output = Command::new(path).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    word.split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Says why dumps of a server of this major cannot be made, where they cannot.
pub(crate) fn absent(major: u16) -> Option<String> {
    match CLIENT.as_ref() {
        None => Some("there is no pg_dump".to_owned()),
        Some((_, own)) if *own < major => {
            Some(format!("pg_dump is of major {own}, older than the server"))
        }
        Some(_) => None,
    }
}

/// No statement says of a column or check that is inherited whether its table has it of its own as well: a table that is let
/// go and comes back has it so. While the dump is made, none has.
const AS_INHERITED: &str = "SET session_replication_role = replica; \
    CREATE SCHEMA dumped; \
    CREATE TABLE dumped.attribute AS SELECT attrelid, attnum FROM pg_attribute WHERE attislocal AND attinhcount > 0; \
    CREATE TABLE dumped.constrained AS SELECT oid FROM pg_constraint WHERE conislocal AND coninhcount > 0; \
    UPDATE pg_attribute SET attislocal = false WHERE attislocal AND attinhcount > 0; \
    UPDATE pg_constraint SET conislocal = false WHERE conislocal AND coninhcount > 0";
const AS_IT_WAS: &str = "SET session_replication_role = replica; \
    UPDATE pg_attribute SET attislocal = true WHERE (attrelid, attnum) IN (SELECT attrelid, attnum FROM dumped.attribute); \
    UPDATE pg_constraint SET conislocal = true WHERE oid IN (SELECT oid FROM dumped.constrained); \
    DROP SCHEMA dumped CASCADE";

/// Dumps the structure without the journal, in pieces sorted so that the order of columns and objects does not count.
pub(crate) async fn structure(database: &Database) -> Result<Option<String>, Failed> {
    if absent(database.major).is_some() {
        return Ok(None);
    }
    database.run(AS_INHERITED).await?;
    let Some((client, _)) = CLIENT.as_ref() else {
        return Ok(None);
    };
    let output = Command::new(client)
        .args([
            "--schema-only",
            "--exclude-schema=reconcile",
            "--exclude-schema=dumped",
            "--dbname",
        ])
        .arg(&database.url)
        .output()
        .map_err(|error| Failed::from(error.to_string()))?;
    database.run(AS_IT_WAS).await?;
    if !output.status.success() {
        return Err(Failed::from(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    Ok(Some(canonical(&String::from_utf8_lossy(&output.stdout))))
}

/// Sorts the options of `WITH (…)` and `SET (…)`: the server keeps them in the order in which they were set.
fn options_sorted(piece: &str) -> String {
    let mut begin = ["WITH (", " SET ("].into_iter();
    let begin = begin.find_map(|word| Some(piece.find(word)? + word.len()));
    let Some((begin, length)) = begin.and_then(|at| Some((at, piece[at..].find(')')?))) else {
        return piece.to_owned();
    };
    let mut options: Vec<&str> = piece[begin..begin + length].split(", ").collect();
    options.sort_unstable();
    [
        &piece[..begin],
        &options.join(", "),
        &piece[begin + length..],
    ]
    .concat()
}

/// Sorts statements, and the lines within CREATE TABLE.
fn canonical(text: &str) -> String {
    let mut pieces: BTreeMap<String, usize> = BTreeMap::new();
    let kept = text.lines().filter(|line| {
        !line.starts_with("--")
            && !line.starts_with("SET ")
            && !line.starts_with('\\')
            && !line.starts_with("SELECT pg_catalog")
    });
    for piece in kept.collect::<Vec<_>>().join("\n").split(";\n") {
        let piece = &options_sorted(piece.trim());
        if piece.is_empty() {
            continue;
        }
        let piece =
            if piece.starts_with("CREATE TABLE") || piece.starts_with("CREATE UNLOGGED TABLE") {
                let mut lines: Vec<&str> = piece
                    .lines()
                    .map(|line| line.trim_end_matches(','))
                    .collect();
                lines.sort_unstable();
                lines.join("\n")
            } else {
                piece.to_owned()
            };
        *pieces.entry(piece).or_default() += 1;
    }
    let mut text = String::new();
    for (piece, count) in pieces {
        for _ in 0..count {
            text.push_str(&piece);
            text.push_str(";\n\n");
        }
    }
    text
}
