//! Which columns of large tables become ones of another type by a column beside them: those that PostgreSQL would rewrite the table
//! for, where everything that stands on them can be built beside as well.

use std::collections::{BTreeMap, BTreeSet};

use super::rewrite::Context;
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, ColumnAlteration, Conversion, Expression, Index, Intent, Kind, Model,
    Name, Object, Shadow, SizeClass, Text as _, Timing, Turned, Validity,
};

/// Chooses among the changes of type.
pub(crate) fn shadows(
    changes: &Changes,
    cx: &Context<'_>,
    in_force: &Intent,
) -> BTreeMap<Address, Shadow> {
    let mut chosen: BTreeMap<Address, Shadow> = BTreeMap::new();
    for ((column, _), change) in &changes.0 {
        let Change::Alter(Alteration::Column(ColumnAlteration::Type { .. })) = change else {
            continue;
        };
        let Some(tried) = cx.level.tried.get(column) else {
            continue;
        };
        let intent = &cx.level.intent;
        let there = Turned {
            said: intent.using.get(column).cloned(),
            conversion: tried.conversion,
        };
        let back = Turned {
            said: intent.using_back.get(column).cloned(),
            conversion: tried.back,
        };
        // What a person says is to be about the column alone: nothing looks again when another one of the row changes.
        let speaks_of_others = |own: &Turned| {
            let said = own.said.as_ref().map(|own| own.sql().to_lowercase());
            said.is_some_and(|said| {
                let sides = [&cx.level.current, &cx.level.desired];
                let all = sides
                    .into_iter()
                    .flat_map(|side| side.columns_of(&column.table()));
                let mut others = all.filter(|own| own != column);
                others.any(|own| said.contains(&own.name().as_str().to_lowercase()))
            })
        };
        let is_known = |own: &Turned| own.said.is_some() || own.conversion != Conversion::None;
        let rewrites = there.said.is_some() || tried.rewrites;
        let mut protected = intent.protect.iter().chain(&in_force.protect);
        let is_protected = protected.any(|own| column.is_at_or_below(own));
        if rewrites
            && is_known(&there)
            && is_known(&back)
            && !is_protected
            && !speaks_of_others(&there)
            && !speaks_of_others(&back)
            && stands_alone(column, cx)
        {
            let kept = None;
            chosen.insert(column.clone(), Shadow { there, back, kept });
        }
    }
    // What a person says of one may speak of another one, by the name of which there are two meanwhile.
    let said: BTreeSet<Address> = chosen
        .iter()
        .filter(|(_, own)| own.there.said.is_some() || own.back.said.is_some())
        .map(|(column, _)| column.table())
        .collect();
    let mut of_table: BTreeMap<Address, usize> = BTreeMap::new();
    for column in chosen.keys() {
        *of_table.entry(column.table()).or_default() += 1;
    }
    chosen.retain(|column, _| of_table[&column.table()] == 1 || !said.contains(&column.table()));
    chosen
}

/// Says whether a column of a large table, with all that stands on it, can be built beside.
fn stands_alone(column: &Address, cx: &Context<'_>) -> bool {
    let table = column.table();
    let sides = [&cx.level.current, &cx.level.desired];
    let is_plain = |side: &&Model<Expression>| {
        let by_itself = side.parents(&table).is_empty()
            && side.children_of(&table).is_empty()
            && !side.is_partitioned(&table)
            && !side.is_foreign(&table);
        let plain = matches!(side.objects.get(column), Some(Object::Column(own)) if own.generated.is_none());
        let mut below = side.below(&table);
        let meddles = below.any(|(_, own)| meddles(own));
        let needed_by = side.needed_by();
        let mut all = needed_by.get(column).into_iter().flatten();
        // A domain may have a default, which would fill the new column, and may ask something of every row.
        let is_of_domain = side
            .needs_of(column)
            .iter()
            .any(|own| own.kind() == Kind::Domain);
        by_itself
            && plain
            && !is_of_domain
            && !meddles
            && all.all(|own| is_built_beside(own, column, side))
    };
    let moves = || {
        cx.level
            .moves
            .0
            .iter()
            .flat_map(|step| [&step.from, &step.to])
    };
    cx.class(&table) == SizeClass::Large
        && cx.settings.retire.columns
        && sides.iter().all(is_plain)
        && !moves().any(|own| own.is_at_or_below(&table) || table.is_at_or_below(own))
        && !cx.blockers.contains_key(column)
        && super::publication::may_update(&table, cx)
}

/// Says whether something of the table may change a value after a trigger of ours has seen it, or keep UPDATE from it.
pub(crate) fn meddles(object: &Object<Expression>) -> bool {
    if let Object::Trigger(own) = object {
        own.timing == Timing::Before && own.for_each_row
    } else {
        matches!(object, Object::Rule(_))
    }
}

/// Says whether what stands on a column is made again with it, or built beside.
fn is_built_beside(own: &Address, column: &Address, side: &Model<Expression>) -> bool {
    let is_said_again = matches!(
        own.kind(),
        Kind::Default
            | Kind::NotNull
            | Kind::Comment
            | Kind::Grant
            | Kind::ColumnSettings
            | Kind::Check
            | Kind::View
            | Kind::Identity
            | Kind::OwnedBy
            | Kind::Sequence
    );
    let others = side.needed_by().remove(own).unwrap_or_default();
    let by_itself = |table: &Address| {
        side.parents(table).is_empty()
            && side.children_of(table).is_empty()
            && !side.is_partitioned(table)
            && !side.is_foreign(table)
    };
    let is_key =
        |own: &Address| matches!(own.kind(), Kind::ForeignKey | Kind::Comment | Kind::View);
    is_said_again && !is_read_by_materialized(own, side)
        || match side.objects.get(own) {
            Some(Object::Index(index)) => {
                let is_said = others.iter().all(|own| own.kind() == Kind::Comment);
                is_said && over(index, column.name(), column.name()).is_some()
            }
            Some(Object::PrimaryKey(key)) => !key.without_overlaps && others.iter().all(is_key),
            Some(Object::Unique(key)) => !key.without_overlaps && others.iter().all(is_key),
            Some(Object::ForeignKey(key)) => {
                !key.period
                    && key.validity == Validity::Valid
                    && by_itself(&own.table())
                    && by_itself(&key.referenced_table())
            }
            _ => false,
        }
}

/// Says whether a materialized view would have to be filled again with a view.
fn is_read_by_materialized(own: &Address, side: &Model<Expression>) -> bool {
    let needed_by = side.needed_by();
    let mut seen: BTreeSet<&Address> = BTreeSet::new();
    let mut waiting = vec![own];
    while let Some(own) = waiting.pop() {
        for user in needed_by.get(own).into_iter().flatten() {
            if user.kind() == Kind::MaterializedView {
                return true;
            }
            if user.kind() == Kind::View && seen.insert(user) {
                waiting.push(user);
            }
        }
    }
    false
}

/// Returns an index with one column in the place of another one; `None` where that stands in an expression or the predicate.
pub(super) fn over(
    index: &Index<Expression>,
    column: &Name,
    other: &Name,
) -> Option<Index<Expression>> {
    let (from, to) = (column.spelled(), other.spelled());
    let mut own = index.clone();
    let mut found = false;
    let mut others: Vec<&str> = index.predicate.iter().map(|own| own.sql()).collect();
    let mut elements = Vec::new();
    for element in &index.elements {
        // A plain column is printed first, and what is said of it after a space; an expression is in parentheses or a call.
        let rest = element.sql().strip_prefix(from.as_str());
        match rest.filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            Some(rest) => {
                found = true;
                elements.push(Expression::new([to.as_str(), rest].concat().as_str()));
            }
            None => {
                others.extend(element.sql().contains('(').then(|| element.sql()));
                elements.push(element.clone());
            }
        }
    }
    // Whether a text speaks of the column, nobody but the server knows; one that does not hold its name does not.
    if others.iter().any(|own| own.contains(column.as_str())) {
        return None;
    }
    own.elements = elements;
    for included in &mut own.include {
        if included == column {
            *included = other.clone();
            found = true;
        }
    }
    found.then_some(own)
}
