//! Settled prints, kept between runs: what a server made of a unit and of all that it leans on, by content and version.
//!
//! A lost or damaged cache is only slow: every file bears the hash of what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::closure::{Closure, Ground};
use crate::model::{Address, Expression, Hash, Model, Object, ServerVersion, Written};

/// The version of the files' format; part of every key.
const FORMAT: u32 = 2;
/// How many files one folder of the cache may hold; the oldest half goes then.
const MOST: usize = 2_000;

/// The settled objects of one unit.
pub(super) type Print = BTreeMap<Address, Object<Expression>>;

/// The cache.
pub(super) struct Prints {
    folder: PathBuf,
    version: ServerVersion,
}

#[derive(Serialize, Deserialize)]
struct File {
    hash: Hash,
    print: Vec<(Address, Object<Expression>)>,
}

impl Prints {
    /// Opens the cache for prints of one server version.
    pub(super) fn of(version: ServerVersion) -> Self {
        Self {
            folder: super::provider::cache().join("prints"),
            version,
        }
    }

    /// Returns the key of a unit: everything that is built when it is printed by itself.
    pub(super) fn key(&self, model: &Model<Written>, ground: &Ground<'_>, unit: &Address) -> Hash {
        let closure = Closure::below(unit, ground);
        let built: Vec<_> = closure
            .full
            .iter()
            .filter_map(|unit| ground.units.get(unit))
            .flatten()
            .chain(&closure.stubs)
            .filter_map(|address| {
                let object = model.objects.get(address)?;
                Some((address, object, model.position.get(address)))
            })
            .collect();
        Hash::of(&(FORMAT, self.version, unit, built))
    }

    fn path(&self, key: &Hash) -> PathBuf {
        let digits = key.as_str();
        self.folder.join(&digits[..1]).join(&digits[1..])
    }

    /// Returns the settled print of a unit, where it is known.
    pub(super) fn find(&self, key: &Hash) -> Option<Print> {
        let text = std::fs::read(self.path(key)).ok()?;
        let file: File = serde_json::from_slice(&text).ok()?;
        (Hash::of(&file.print) == file.hash).then(|| file.print.into_iter().collect())
    }

    /// Keeps the settled print of a unit. Where it cannot be written, the next run is slow.
    pub(super) fn keep(&self, key: &Hash, unit: &Address, settled: &Model<Expression>) {
        let print: Vec<_> = settled
            .objects
            .iter()
            .filter(|(address, _)| settled.unit_of(address) == *unit)
            .map(|(address, object)| (address.clone(), object.clone()))
            .collect();
        let file = File {
            hash: Hash::of(&print),
            print,
        };
        let path = self.path(key);
        let (Some(folder), Ok(bytes)) = (path.parent(), serde_json::to_vec(&file)) else {
            return;
        };
        if path.exists() || std::fs::create_dir_all(folder).is_err() {
            return;
        }
        let Ok(mut temporary) = tempfile::NamedTempFile::new_in(folder) else {
            return;
        };
        if std::io::Write::write_all(&mut temporary, &bytes).is_ok() {
            let _ = temporary.persist(path);
        }
    }

    /// Throws the older half of crowded folders away.
    pub(super) fn tidy(&self) {
        let Ok(folders) = std::fs::read_dir(&self.folder) else {
            return;
        };
        folders
            .flatten()
            .for_each(|folder| thin_out(&folder.path()));
    }
}

fn thin_out(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    if files.len() > MOST {
        files.sort();
        for (_, path) in &files[..files.len() / 2] {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Says whether two prints of a unit are equal.
pub(super) fn equal(a: &Print, b: &Print) -> bool {
    a.keys().eq(b.keys())
        && a.iter()
            .all(|(address, object)| object.alterations(&b[address]).is_empty())
}

/// Turns a printed model into one that can be declared, for keys and closures.
pub(super) fn as_written(model: &Model<Expression>) -> Model<Written> {
    Model {
        objects: model
            .objects
            .iter()
            .map(|(address, object)| (address.clone(), object.map(&mut |text| Written::from(text))))
            .collect(),
        position: model.position.clone(),
        needs: model.needs.clone(),
        inherited: BTreeMap::new(),
    }
}

/// Finds which of the units are equal once both sides are settled, by what earlier runs have seen.
pub(super) fn known_equal(
    prints: &Prints,
    units: &BTreeSet<Address>,
    current: &Model<Written>,
    desired: &Model<Written>,
    ground: &Ground<'_>,
) -> BTreeSet<Address> {
    let side = |model, unit| prints.find(&prints.key(model, ground, unit));
    units
        .iter()
        .filter(|unit| match (side(desired, unit), side(current, unit)) {
            (Some(desired), Some(current)) => equal(&current, &desired),
            _ => false,
        })
        .cloned()
        .collect()
}
