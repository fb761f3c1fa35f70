//! A drop and a create of like shape: only a person knows whether one became the other.

use std::collections::BTreeMap;

use super::identity::Question;
use crate::model::{Address, Expression, Kind, Level, Model, Object, Text as _, Why};

/// Finds what is new and looks like something that goes.
pub(crate) fn questions(level: &Level) -> Vec<Question> {
    let created = level
        .desired
        .objects
        .keys()
        .filter(|address| !level.current.objects.contains_key(*address));
    let gone = gone(level);
    let mut questions = Vec::new();
    for new in created {
        let like: Vec<String> = gone
            .iter()
            .filter(|(_, now)| looks_like(level, now, new))
            .map(|(was, _)| was.to_string())
            .collect();
        if !like.is_empty() {
            let verb = if like.len() == 1 { "goes" } else { "go" };
            questions.push(Question {
                address: new.clone(),
                because: format!(
                    "{new} is new and {}, which looks like it, {verb}: `renamed_from` says that it is the same thing, allowing this that it is not",
                    like.join(", ")
                ),
            });
        }
    }
    questions
}

/// Returns what goes: the name it has before the plan, and the one under which the current side holds it.
fn gone(level: &Level) -> Vec<(Address, Address)> {
    let retired = level
        .moves
        .0
        .iter()
        .filter(|step| step.why == Why::Retired)
        .map(|step| (level.moves.carry_back(&step.to), step.to.clone()));
    let dropped = level
        .current
        .objects
        .keys()
        .filter(|address| !level.desired.objects.contains_key(*address))
        .map(|address| (level.moves.carry_back(address), address.clone()));
    retired.chain(dropped).collect()
}

/// Says whether the current side's `old` could have become the desired side's `new`.
fn looks_like(level: &Level, old: &Address, new: &Address) -> bool {
    if old.kind() != new.kind() {
        return false;
    }
    let (Some(held), Some(wanted)) = (
        level.current.objects.get(old),
        level.desired.objects.get(new),
    ) else {
        return false;
    };
    match new.kind() {
        // One that takes the name of another is what the files ask for.
        Kind::Table => {
            level.moves.carry_back(old) != *new
                && columns_alike(&columns(&level.current, old), &columns(&level.desired, new))
        }
        // A column of a new table is no question of its own.
        Kind::Column => {
            old.table() == new.table()
                && level.current.objects.contains_key(&new.table())
                && is_same_column(held, wanted)
        }
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Collation => {
            held == wanted
        }
        // Building it again would be for nothing.
        Kind::Index
        | Kind::Unique
        | Kind::Exclusion
        | Kind::Check
        | Kind::DomainCheck
        | Kind::ForeignKey => {
            level.current.unit_of(old) == level.desired.unit_of(new) && held == wanted
        }
        Kind::Schema
        | Kind::Extension
        | Kind::Sequence
        | Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Defined(_)
        | Kind::OwnedBy
        | Kind::Default
        | Kind::NotNull
        | Kind::Identity
        | Kind::PrimaryKey
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::RowSecurity
        | Kind::Policy
        | Kind::View
        | Kind::MaterializedView
        | Kind::Trigger
        | Kind::Rule
        | Kind::PublishedTable
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment
        | Kind::DefaultPrivilege => false,
    }
}

fn is_same_column(held: &Object<Expression>, wanted: &Object<Expression>) -> bool {
    match (held, wanted) {
        (Object::Column(held), Object::Column(wanted)) => {
            held.type_name == wanted.type_name
                && held.generated.is_none()
                && wanted.generated.is_none()
        }
        _ => false,
    }
}

/// Column → type.
fn columns(model: &Model<Expression>, table: &Address) -> BTreeMap<String, String> {
    let columns = model.columns_of(table);
    let typed = columns
        .iter()
        .filter_map(|column| match model.objects.get(column) {
            Some(Object::Column(own)) if !column.name().is_reserved() => Some((
                column.name().as_str().to_owned(),
                own.type_name.sql().to_owned(),
            )),
            _ => None,
        });
    typed.collect()
}

/// Says whether more than half of the columns of the wider table are the same in both.
fn columns_alike(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> bool {
    let same = a
        .iter()
        .filter(|(name, kind)| b.get(*name) == Some(kind))
        .count();
    same > 0 && same * 2 > a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_alike_where_most_columns_are() {
        let of = |names: &[&str]| -> BTreeMap<String, String> {
            let columns = names.iter();
            columns
                .map(|name| ((*name).to_owned(), "bigint".to_owned()))
                .collect()
        };
        assert!(columns_alike(&of(&["a", "b", "c"]), &of(&["a", "b", "d"])));
        assert!(!columns_alike(&of(&["a", "b"]), &of(&["a", "d"])));
        assert!(!columns_alike(&of(&[]), &of(&[])));
    }
}
