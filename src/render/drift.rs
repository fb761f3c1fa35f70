//! What changed outside.

use serde::Serialize;
use similar::TextDiff;

use super::{Ink, many, state::json};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Expression, Grant, Model, Object};

/// What changed outside, as people and programs see it.
#[derive(Clone, Debug, Serialize)]
pub struct DriftView {
    /// The database.
    pub database: String,
    /// The revision that is compared with; absent: the files.
    pub revision: Option<i64>,
    /// The differences.
    pub differences: Vec<Difference>,
    /// How many objects no revision declared.
    pub unmanaged: usize,
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The object.
    pub address: Address,
    /// `created`, `dropped` or `changed`.
    pub what: &'static str,
    /// The attributes that changed.
    pub attributes: Vec<&'static str>,
    /// What it was, as SQL.
    pub was: Option<String>,
    /// What it is, as SQL.
    pub is: Option<String>,
}

impl DriftView {
    /// Puts the differences of a drift into words.
    pub fn new(
        database: &str,
        revision: Option<i64>,
        changes: &Changes,
        then: &Model<Expression>,
        now: &Model<Expression>,
        unmanaged: usize,
    ) -> Self {
        let mut differences: Vec<Difference> = Vec::new();
        let sql = |model: &Model<Expression>, address: &Address| {
            let object = model.objects.get(address)?;
            let left = ddl::left_by_create(object).into_iter();
            let left = left.filter_map(|own| ddl::alter(address, &own, object));
            let all = [ddl::create(address, object)].into_iter().chain(left);
            let all: Vec<String> = all.map(|own| own.sql.to_string()).collect();
            Some(all.join(";\n"))
        };
        for ((address, _), change) in &changes.0 {
            // What differs from what the server gives by itself may be that something was taken.
            let is_taken = [then, now].iter().any(|own| {
                matches!(
                    own.objects.get(address),
                    Some(Object::Grant(Grant::Taken) | Object::DefaultPrivilege(Grant::Taken))
                )
            });
            let (what, attribute) = match change {
                Change::Create if is_taken => ("dropped", None),
                Change::Drop if is_taken => ("created", None),
                Change::Create => ("created", None),
                Change::Drop => ("dropped", None),
                Change::Alter(alteration) => ("changed", Some(alteration.attribute())),
            };
            if let Some(last) = differences.last_mut()
                && last.address == *address
            {
                last.attributes.extend(attribute);
                continue;
            }
            differences.push(Difference {
                address: address.clone(),
                what,
                attributes: attribute.into_iter().collect(),
                was: sql(then, address),
                is: sql(now, address),
            });
        }
        Self {
            database: database.to_owned(),
            revision,
            differences,
            unmanaged,
        }
    }
}

/// Shows a drift.
pub fn drift_text(view: &DriftView, ink: Ink) -> String {
    let DriftView {
        database,
        revision,
        differences,
        unmanaged,
    } = view;
    let what = ink.strong(&many(differences.len(), "difference"));
    let mut text = match (revision, differences.is_empty()) {
        (Some(revision), true) => {
            ink.good(&format!(
                "Database {database} is as revision {revision} left it."
            )) + "\n"
        }
        (None, true) => ink.good(&format!("Database {database} is as the files say.")) + "\n",
        (Some(revision), false) => {
            format!("{what} since revision {revision} left database {database}:\n")
        }
        (None, false) => format!("{what} between database {database} and the files:\n"),
    };
    for own in differences {
        let attributes = if own.attributes.is_empty() {
            String::new()
        } else {
            format!(" ({})", own.attributes.join(", "))
        };
        let said = match (revision, own.what) {
            (Some(_), what) => format!("was {what}{attributes} outside"),
            (None, "created") => "is there, and the files do not have it".to_owned(),
            (None, "dropped") => "is declared and not there".to_owned(),
            (None, _) => format!("is not as declared{attributes}"),
        };
        text.push_str(&format!("\n{} {said}\n", own.address));
        let (was, is) = (
            own.was.clone().unwrap_or_default(),
            own.is.clone().unwrap_or_default(),
        );
        for change in TextDiff::from_lines(was.as_str(), is.as_str()).iter_all_changes() {
            let line = change.value().trim_end_matches('\n');
            if line.is_empty() {
                continue;
            }
            let line = match change.tag() {
                similar::ChangeTag::Delete => ink.bad(&format!("  - {line}")),
                similar::ChangeTag::Insert => ink.good(&format!("  + {line}")),
                similar::ChangeTag::Equal => format!("    {line}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    if !differences.is_empty() {
        text.push_str(
            "\n`plan` shows the way back to the files; change the files to keep what was done.\n",
        );
    }
    if *unmanaged > 0 {
        let what = many(*unmanaged, "object");
        text.push_str(&ink.faint(&format!(
            "{what} that no revision declared: not compared.\n"
        )));
    }
    text
}

/// Shows drifts as JSON: one with the revision, one with the files, or both.
pub fn drift_json(views: &[DriftView]) -> String {
    json(&views)
}
