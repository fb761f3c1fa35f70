//! A column that gets its values from another sequence: that one goes on behind the furthest value there is.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD GENERATED, SET DEFAULT)

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Kind, Object, Sequence, SequenceType, SizeClass, Text};
use crate::plan::build;
use crate::plan::refusal::PlanError;
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
        let is_partitioned = cx.is_partitioned(&table);
        let catch_up = |counting: &_, sequence: &_, former: Option<&Address>| {
            ddl::sequence::catch_up(&column, width, counting, sequence, former, is_partitioned)
        };
        let mut former_used = None;
        let catch_up = if let (Object::Identity(own), Change::Create) = (object, change) {
            let Some(name) = &own.sequence else { continue };
            let sequence = Address::new(
                Kind::Sequence,
                [table.schema_name(), name].map(Clone::clone),
            );
            let former = former(&column, changes, cx);
            former_used.clone_from(&former);
            catch_up(&own.counting, &sequence, former.as_ref())
        } else if address.kind() == Kind::Default
            && let Some((sequence, own)) = newly_owned(address, cx)
        {
            catch_up(&own.counting, &sequence, None)
        } else {
            continue;
        };
        let first = build::plain(id, change, cx);
        let phase = first.phase;
        let why = "its sequence goes on behind the furthest value there is";
        let mut then = Step::run(address, catch_up, why)
            .using(&column)
            .phase(phase);
        if let Some(former) = &former_used {
            then = then.using(former);
        }
        claims.push(Claim::of(vec![id.clone()]).together([first, then]));
    }
    Ok(claims)
}

/// The sequence that the default of a column took values from, where it stays or is set aside.
fn former(column: &Address, changes: &Changes, cx: &Context<'_>) -> Option<Address> {
    let default = column.with_kind(Kind::Default);
    let needs = cx.level.current.needs_of(&default);
    let mut sequences = needs.iter().filter(|own| own.kind() == Kind::Sequence);
    let own = sequences.next()?;
    (!changes.drops(own)).then(|| own.clone())
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
