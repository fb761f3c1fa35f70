//! What becomes of every column of every catalog of the server: nothing is overlooked.

/// The columns with what becomes of them, a line each.
const LINES: &str = include_str!("coverage.tsv");

/// What becomes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A query reads it.
    Read,
    /// A function of the server prints it.
    Printed(&'static str),
    /// What it says is reported as a kind that is not modelled.
    Reported(&'static str),
    /// It follows from others.
    Derived,
    /// It says how and where things lie, not what they are.
    Physical,
    /// It belongs to the server, or is no structure.
    Elsewhere,
}

/// Columns of one catalog that share their fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The catalog.
    pub catalog: &'static str,
    /// The columns; `*` stands for all.
    pub columns: Vec<&'static str>,
    /// What becomes of them.
    pub fate: Fate,
    /// What they hold, or why they are left.
    pub why: &'static str,
}

/// Returns what becomes of every column, in the order of catalogs.
pub fn coverage() -> Vec<Covered> {
    let lines = LINES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(covered).collect()
}

fn covered(line: &'static str) -> Option<Covered> {
    let mut parts = line.split('\t');
    let (catalog, columns) = (parts.next()?, parts.next()?);
    let (fate, why) = (parts.next()?, parts.next()?);
    let fate = match fate.split_once(' ') {
        Some(("printed", function)) => Fate::Printed(function),
        Some(("reported", kind)) => Fate::Reported(kind),
        Some(_) => return None,
        None => match fate {
            "read" => Fate::Read,
            "derived" => Fate::Derived,
            "physical" => Fate::Physical,
            "elsewhere" => Fate::Elsewhere,
            _ => return None,
        },
    };
    Some(Covered {
        catalog,
        columns: columns.split(' ').collect(),
        fate,
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The queries of this room, and the one that finds what is not modelled.
    fn queries() -> (String, String) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog");
        let mut all = String::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|own| own == "sql") {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
        (all, include_str!("unmodelled.sql").to_owned())
    }

    #[test]
    fn every_line_says_what_becomes_of_its_columns() {
        let lines = LINES.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), coverage().len());
    }

    #[test]
    fn what_is_said_to_be_read_stands_in_a_query() {
        let (all, unmodelled) = queries();
        let word = |text: &str, word: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|own| own == word)
        };
        for own in coverage() {
            match own.fate {
                Fate::Read => {
                    for column in own.columns.iter().filter(|own| **own != "oid") {
                        assert!(
                            word(&all, column),
                            "{}.{column} is read nowhere",
                            own.catalog
                        );
                    }
                }
                Fate::Printed(function) => assert!(word(&all, function), "{function}"),
                Fate::Reported(kind) => {
                    assert!(unmodelled.contains(&format!("'{kind}'")), "{kind}");
                }
                Fate::Derived | Fate::Physical | Fate::Elsewhere => {}
            }
        }
    }
}
