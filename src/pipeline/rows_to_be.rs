//! The rows of a table as a plan will make them, for questions that are asked before it runs.

use super::conversion::{Whose, converted, renamed_rows};
use super::domain::{base_of, default_of};
use crate::model::{Address, Expression, Kind, Model, Name, Object, Text as _, Validity, Written};
use crate::plan::Context;
use crate::sql::Sql;

/// A value, and where the names in it are looked up; absent where a column stays as it is.
type Value = Option<(Sql, Vec<Name>)>;

/// Selects over selects, each with columns that speak of those of the one before.
struct Layers {
    name: Name,
    rows: Sql,
    lookup: Vec<Name>,
}

impl Layers {
    /// Adds a select; a column without a value stays as it is.
    fn add(&mut self, columns: Vec<(Name, Value)>) {
        let mut values = Vec::new();
        for (column, value) in columns {
            let own = Sql::empty().name(&column);
            values.push(match value {
                None => own,
                Some((value, path)) => {
                    if self.lookup.is_empty() {
                        self.lookup = path;
                    }
                    value.push("AS").name(&column)
                }
            });
        }
        self.rows = Sql::new("(SELECT")
            .separated(&values, ", ")
            .push("FROM")
            .join(&self.rows)
            .glue(") AS")
            .name(&self.name);
    }
}

/// The rows of a live table as they will be, in parentheses and under the table's name, and where the names in them are looked
/// up: columns are renamed, then converted, then filled, then computed. What is known of no column is left out.
pub(super) fn rows_to_be(
    before: &Address,
    table: &Address,
    whose: Whose,
    cx: &Context<'_>,
) -> (Sql, Vec<Name>) {
    let level = cx.level;
    let mut layers = Layers {
        name: table.name().clone(),
        rows: renamed_rows(before, table.name(), whose, cx),
        lookup: Vec::new(),
    };
    let standing: Vec<Address> = level
        .before
        .all_columns_of(before)
        .iter()
        .map(|there| level.moves.carry(there))
        .collect();
    // What is computed otherwise has another value.
    let (kept, left): (Vec<&Address>, Vec<&Address>) = standing
        .iter()
        .partition(|own| computed(&level.current, own) == computed(&level.desired, own));
    let conversions: Vec<_> = kept
        .iter()
        .map(|own| (own.name().clone(), converted(own, cx)))
        .collect();
    if !left.is_empty() || conversions.iter().any(|(_, value)| value.is_some()) {
        layers.add(conversions);
    }
    let new = level.desired.all_columns_of(table).into_iter();
    let (later, new): (Vec<Address>, Vec<Address>) = new
        .filter(|own| !kept.iter().any(|there| there.name() == own.name()))
        .partition(|own| computed(&level.desired, own).is_some());
    let fills = kept.iter().map(|own| (own.name().clone(), filled(own, cx)));
    let values = new
        .iter()
        .filter_map(|own| Some((own.name().clone(), Some(value_of_new(own, cx)?))));
    let mut fills: Vec<_> = fills.collect();
    if fills.iter().any(|(_, value)| value.is_some()) {
        layers.add(fills.clone());
    }
    // What fills a new column may speak of one that stood and is filled as well.
    let values: Vec<_> = values.collect();
    if !values.is_empty() {
        for (_, value) in &mut fills {
            *value = None;
        }
        fills.extend(values);
        layers.add(fills.clone());
    }
    if !later.is_empty() {
        let stored = fills.into_iter().map(|(name, _)| (name, None));
        let values = later.iter().filter_map(|own| {
            let value = computed(&level.desired, own)?;
            let value = Sql::empty().expression(value);
            Some((own.name().clone(), Some((value, Vec::new()))))
        });
        layers.add(stored.chain(values).collect());
    }
    (layers.rows, layers.lookup)
}

/// Returns the expression that a column is computed by.
fn computed<'a>(side: &'a Model<Expression>, column: &Address) -> Option<&'a Expression> {
    match side.objects.get(column) {
        Some(Object::Column(own)) => own.generated.as_ref(),
        _ => None,
    }
}

/// Returns what fills the NULLs of a column before they are refused.
pub(super) fn fill(column: &Address, cx: &Context<'_>) -> Option<Written> {
    let not_null = column.with_kind(Kind::NotNull);
    let is_valid = |side: &Model<Expression>| matches!(side.objects.get(&not_null), Some(Object::NotNull(own)) if own.validity == Validity::Valid);
    if is_valid(&cx.level.current) || !is_valid(&cx.level.desired) {
        return None;
    }
    let default = cx
        .level
        .desired
        .objects
        .get(&column.with_kind(Kind::Default));
    let said = cx.level.intent.backfill.get(column).cloned();
    said.or_else(|| match default {
        Some(Object::Default(own)) => Some(Written::from(&own.value)),
        _ => None,
    })
}

/// Says whether the live server cannot compute what fills a column: the column is of an enumerated type that is known there by
/// other labels, or the default speaks of a sequence or function that comes, or gets its name, with this plan.
pub(super) fn is_unknown_yet(column: &Address, cx: &Context<'_>) -> bool {
    let level = cx.level;
    let default = level.desired.needs_of(&column.with_kind(Kind::Default));
    let called = default
        .iter()
        .filter(|own| own.kind() == Kind::Sequence || own.kind() == Kind::Function);
    let is_there = |own: &Address| {
        level.moves.carry_back(own) == *own && level.before.objects.contains_key(own)
    };
    if called.into_iter().any(|own| !is_there(own)) {
        return true;
    }
    let needs = level.desired.needs_of(column);
    let mut enums = needs.iter().filter(|own| own.kind() == Kind::Enum);
    enums.any(|own| {
        let there = level.before.objects.get(&level.moves.carry_back(own));
        there != level.desired.objects.get(own)
    })
}

/// Returns a column with its NULLs filled, where something fills them.
fn filled(column: &Address, cx: &Context<'_>) -> Option<(Sql, Vec<Name>)> {
    let fill = fill(column, cx).filter(|_| !is_unknown_yet(column, cx))?;
    let value = Sql::new("coalesce(").glue("").name(column.name());
    let value = value.glue(", ").expression(&fill).glue(")");
    Some((value, fill.lookup().to_vec()))
}

/// Returns what existing rows hold in a column that is new; `None` for one that counts, or is there for something else.
fn value_of_new(column: &Address, cx: &Context<'_>) -> Option<(Sql, Vec<Name>)> {
    let level = cx.level;
    let at = |kind| level.desired.objects.get(&column.with_kind(kind));
    let Some(Object::Column(own)) = level.desired.objects.get(column) else {
        return None;
    };
    let is_known = !level.current.objects.contains_key(column) && at(Kind::Identity).is_none();
    if !is_known || is_unknown_yet(column, cx) {
        return None;
    }
    let default = match at(Kind::Default) {
        Some(Object::Default(own)) => Some(Written::from(&own.value)),
        _ => None,
    };
    let fill = level.intent.backfill.get(column).cloned().or(default);
    let fill = fill.or_else(|| default_of(own, cx));
    let (value, path) = match &fill {
        Some(fill) => (Sql::empty().expression(fill), fill.lookup().to_vec()),
        None => (Sql::new("NULL"), Vec::new()),
    };
    let target = Written::from(&base_of(&own.type_name, cx));
    Some((value.glue("::").glued_text(&target), path))
}
