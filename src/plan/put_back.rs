//! What a statement on a table does to its partitions, and to those that inherit from it, and what they get back.

use super::graph::Placed;
use super::step::{Block, Effect, Step};
use crate::ddl;
use crate::model::{
    Address, Alteration, ColumnSettings, ColumnSettingsAlteration, Expression, Kind, Level, Object,
};

/// What is said of a default of a table is said of its partitions, and of those that inherit from it: those that have one of
/// their own get it back.
pub(super) fn defaults_put_back(ordered: &mut [Placed], level: &Level) {
    for (block, _) in ordered {
        let Block::Together(steps) = block else {
            continue;
        };
        let mut at = 0;
        while at < steps.len() {
            let touched = steps[at].effects.iter().filter_map(Effect::touched);
            let defaults: Vec<Address> = touched
                .filter(|own| own.kind() == Kind::Default)
                .filter(|own| !level.current.children_of(&own.table()).is_empty())
                .cloned()
                .collect();
            let phase = steps[at].phase;
            for default in defaults {
                let whole = level.current.objects.get(&default);
                for partition in level.current.children_of(&default.table()) {
                    let stays = !level.desired.parents(&partition).is_empty();
                    let inherited = level.current.inherited.get(&partition);
                    let (Some(inherited), true) = (inherited, stays) else {
                        continue;
                    };
                    let own = partition.part(Kind::Default, default.name());
                    let column = own.column();
                    let held = inherited.objects.get(&own);
                    if held == whole || !inherited.objects.contains_key(&column) {
                        continue;
                    }
                    let statement = match held {
                        Some(Object::Default(held)) => {
                            ddl::table::set_default(&column, &held.value)
                        }
                        Some(_) | None => ddl::table::drop_default(&column),
                    };
                    let why = format!("{} has a default of its own", partition.dotted());
                    at += 1;
                    let step = Step::run(&default, statement, why).phase(phase);
                    steps.insert(at, step.using(&partition));
                }
            }
            at += 1;
        }
    }
}

/// The server gives a column that changes its type no compression any more, in all that is below its table as well, but takes what is
/// said again for the table alone; what is said of storage and statistics it takes for all of them.
pub(super) fn settings_put_back(ordered: &mut [Placed], level: &Level) {
    for (block, _) in ordered {
        let Block::Together(steps) = block else {
            continue;
        };
        let all = std::mem::take(steps);
        for step in all {
            let own = step.effects.iter().filter_map(|effect| match effect {
                Effect::Alters(column, attribute) if attribute == "type" => Some((column, "")),
                Effect::Alters(own, attribute) if own.kind() == Kind::ColumnSettings => {
                    Some((own, attribute.as_str()))
                }
                Effect::Creates(own) | Effect::Drops(own) if own.kind() == Kind::ColumnSettings => {
                    Some((own, ""))
                }
                Effect::Alters(..)
                | Effect::Creates(_)
                | Effect::Drops(_)
                | Effect::Uses(_)
                | Effect::Reads(_)
                | Effect::Moves(_) => None,
            });
            let more: Vec<Step> = own
                .flat_map(|(own, attribute)| put_back(own, attribute, level))
                .collect();
            let phase = step.phase;
            steps.push(step);
            steps.extend(more.into_iter().map(|own| own.phase(phase)));
        }
    }
}

/// Makes the steps that give what is below a table the settings of a column that it had; of one attribute, where one is named.
fn put_back(own: &Address, attribute: &str, level: &Level) -> Vec<Step> {
    let address = own.column().with_kind(Kind::ColumnSettings);
    let none = ColumnSettings::default();
    let said = |object: Option<&Object<Expression>>| match object {
        Some(Object::ColumnSettings(own)) => own.clone(),
        _ => none.clone(),
    };
    let was = said(level.current.objects.get(&address));
    let becomes = said(level.desired.objects.get(&address));
    let mut steps = Vec::new();
    for child in level.current.children_of(&own.table()) {
        let stays = !level.desired.parents(&child).is_empty();
        let Some(inherited) = level.current.inherited.get(&child).filter(|_| stays) else {
            continue;
        };
        let there = child.part(Kind::ColumnSettings, address.name());
        if !inherited.objects.contains_key(&there.column()) {
            continue;
        }
        let held = said(inherited.objects.get(&there));
        let alteration = if own.kind() == Kind::Column {
            // Whether values of the new type are kept apart at all, the table says; those that stay as they are, are.
            let tried = level.tried.get(own);
            let stays = tried.is_some_and(|own| !own.rewrites)
                || becomes.compression.is_some()
                || becomes.storage.is_some();
            let storage = held.storage.filter(|_| stays);
            let compression = held.compression.filter(|_| stays);
            let storage = storage.map(|own| ColumnSettingsAlteration::Storage(Some(own)));
            let compression =
                compression.map(|own| ColumnSettingsAlteration::Compression(Some(own)));
            Some(
                [storage, compression]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>(),
            )
        } else {
            let is_meant = |word: &str| attribute.is_empty() || attribute == word;
            let storage = is_meant("storage")
                && was.storage != becomes.storage
                && held.storage != was.storage;
            let statistics = is_meant("statistics")
                && was.statistics != becomes.statistics
                && held.statistics != was.statistics;
            let storage = storage.then_some(ColumnSettingsAlteration::Storage(held.storage));
            let statistics =
                statistics.then_some(ColumnSettingsAlteration::Statistics(held.statistics));
            Some([storage, statistics].into_iter().flatten().collect())
        };
        for alteration in alteration.into_iter().flatten() {
            let to: Object<Expression> = Object::ColumnSettings(held.clone());
            let alteration = Alteration::ColumnSettings(alteration);
            if let Some(statement) = ddl::alter(&there, &alteration, &to) {
                let why = format!("{} keeps what is said of it", child.dotted());
                steps.push(Step::run(&address, statement, why).using(&child));
            }
        }
    }
    steps
}
