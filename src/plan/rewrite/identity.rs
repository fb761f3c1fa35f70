//! A column that gets its values from another sequence: that one goes on behind the furthest value there is.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD GENERATED, SET DEFAULT)

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Kind, Object, Sequence, SequenceType, SizeClass, Text};
use crate::plan::build::{self, PlanError};
use crate::plan::step::Step;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let (Some(object), table) = (cx.level.desired.objects.get(address), address.table()) else {
            continue;
        };
        if cx.class(&table) == SizeClass::Empty {
            continue;
        }
        let Some(width) = width(&address.column(), cx) else {
            continue;
        };
        let column = address.column();
        let catch_up = if let (Object::Identity(own), Change::Create) = (object, change) {
            ddl::sequence::catch_up(&column, width, &own.counting, None)
        } else if address.kind() == Kind::Default
            && let Some((sequence, own)) = newly_owned(address, cx)
        {
            ddl::sequence::catch_up(&column, width, &own.counting, Some(&sequence))
        } else {
            continue;
        };
        let first = build::plain(id, change, cx);
        let phase = first.phase;
        let why = "its sequence goes on behind the furthest value there is";
        let then = Step::run(address, catch_up, why)
            .using(&column)
            .phase(phase);
        claims.push(Claim::of(vec![id.clone()]).together([first, then]));
    }
    Ok(claims)
}

/// The type of a column that stood before; `None` where its values are no integers.
fn width(column: &Address, cx: &Context<'_>) -> Option<SequenceType> {
    cx.level.current.objects.get(column)?;
    let Object::Column(own) = cx.level.desired.objects.get(column)? else {
        return None;
    };
    SequenceType::from_name(own.type_name.sql())
}

/// The sequence of a column's own that its default takes values from, where the former default did not or the sequence was
/// not there.
fn newly_owned<'a>(default: &Address, cx: &'a Context<'_>) -> Option<(Address, &'a Sequence)> {
    let column = default.column();
    let needs = cx.level.desired.needs_of(default);
    let mut sequences = needs.iter().filter_map(|need| {
        let Object::Sequence(own) = cx.level.desired.objects.get(need)? else {
            return None;
        };
        Some((need.clone(), own))
    });
    let (sequence, own) = sequences.next()?;
    let owned_by = cx
        .level
        .desired
        .objects
        .get(&sequence.with_kind(Kind::OwnedBy));
    let Some(Object::OwnedBy(owner)) = owned_by else {
        return None;
    };
    let served = cx.level.current.needs_of(default).contains(&sequence);
    (owner.column == column.path() && !served).then_some((sequence, own))
}
