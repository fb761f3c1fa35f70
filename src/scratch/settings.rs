//! Settings of columns in partitions, and in tables that inherit: the server takes some of what is said of a table for those below it.

use crate::ddl;
use crate::model::{Address, ColumnSettings, Kind, Model, Object, Text};
use crate::plan::Step;

/// Makes the steps that leave those below a table with the settings that they have: they come when all has been said.
pub(super) fn settings_below<T: Text + Ord + serde::Serialize>(model: &Model<T>) -> Vec<Step> {
    let mut tables: Vec<&Address> = model.inherited.keys().collect();
    tables.sort_by_cached_key(|table| (model.above(table).len(), (*table).clone()));
    let mut steps = Vec::new();
    for table in tables {
        let own = &model.inherited[table];
        let columns = own.objects.keys().filter(|own| own.kind() == Kind::Column);
        for column in columns.filter(|column| !own.own.contains(*column)) {
            let address = column.with_kind(Kind::ColumnSettings);
            let mut parents = model.parents(table).into_iter();
            let from = parents.find_map(|parent| {
                let there = parent.part(Kind::ColumnSettings, column.name());
                let below = || model.inherited.get(&parent)?.objects.get(&there);
                said(model.objects.get(&there).or_else(below))
            });
            let Some(from) = from else {
                continue;
            };
            let to = said(own.objects.get(&address)).unwrap_or(from.unsaid());
            let alterations = from.alterations(&to);
            if !alterations.is_empty() {
                let usual = from.usual_storage;
                let mut statement = ddl::physical::column_settings(column, &alterations, usual);
                // It stays where it is: what comes before it would undo it.
                statement.part = None;
                steps.push(Step::run(&address, statement, ""));
            }
        }
    }
    steps
}

fn said<T: Text>(object: Option<&Object<T>>) -> Option<ColumnSettings> {
    match object {
        Some(Object::ColumnSettings(own)) => Some(own.clone()),
        _ => None,
    }
}
