//! SET NOT NULL without a scan under ACCESS EXCLUSIVE; names that are exchanged.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (SET NOT NULL)

use std::collections::BTreeMap;

use super::add_column::{backfill, fill_of, named};
use super::{Claim, Context, creates_at};
use crate::ddl;
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Hash, Kind, Name, NotNull, NotNullAlteration, Object, SizeClass,
    TEMPORARY_PREFIX, Validity, Written,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let validates = *change
            == Change::Alter(Alteration::NotNull(NotNullAlteration::Validity(
                Validity::Valid,
            )));
        if validates {
            claims.extend(validated(changes, cx, address));
            continue;
        }
        if *change != Change::Create || address.kind() != Kind::NotNull {
            continue;
        }
        let (table, column) = (address.table(), address.column());
        let Some(Object::NotNull(not_null)) = cx.level.desired.objects.get(address) else {
            continue;
        };
        // A column that is made again commits as one with all that is said of it.
        if cx.is_new(&table)
            || changes.drops(&column)
            || cx.class(&table) == SizeClass::Empty
            || not_null.validity != Validity::Valid
        {
            continue;
        }
        let default_address = address.with_kind(Kind::Default);
        let default = match cx.level.desired.objects.get(&default_address) {
            Some(Object::Default(default)) => Some(&default.value),
            _ => None,
        };
        let mut takes = creates_at(changes, [address]);
        let mut first = Vec::new();
        // One that is made again around a change of the type stands before and after.
        let mut default_is_new = creates_at(changes, [&default_address]);
        default_is_new.retain(|_| !changes.drops(&default_address));
        if let (Some(value), false) = (default, default_is_new.is_empty()) {
            takes.extend(default_is_new);
            let statement = ddl::table::set_default(&column, value);
            let why = "the default comes first: rows written from here on have a value";
            first.push(Step::run(&default_address, statement, why).creating(&default_address));
        }
        let mut claim = Claim::of(takes);
        if !first.is_empty() {
            claim = claim.together(first);
        }
        let fill = fill_of(cx, &column, default);
        if let Some(fill) = &fill {
            claim = claim.each(backfill(cx, &column, fill));
        }
        claims.push(enforce(claim, cx, &column, not_null, fill.as_ref(), false));
    }
    claims.extend(exchanged(changes));
    Ok(claims)
}

/// Renames those of a table that exchange their names, by way of others.
fn exchanged(changes: &Changes) -> Vec<Claim> {
    let mut tables: BTreeMap<Address, Vec<(&ChangeId, &Name, &Name)>> = BTreeMap::new();
    for (id, change) in &changes.0 {
        if let Change::Alter(Alteration::NotNull(NotNullAlteration::Name {
            from: Some(from),
            to: Some(to),
        })) = change
        {
            tables.entry(id.0.table()).or_default().push((id, from, to));
        }
    }
    let mut claims = Vec::new();
    for (table, mut all) in tables {
        let next: BTreeMap<&Name, &Name> = all.iter().map(|(_, from, to)| (*from, *to)).collect();
        all.retain(|(_, from, _)| in_a_circle(from, &next));
        if all.is_empty() {
            continue;
        }
        // Long names that begin alike are still two.
        let aside = |id: &ChangeId, from: &Name| {
            let prefix = [TEMPORARY_PREFIX, Hash::of(&id.0).short(8), "_was_"].concat();
            Name::fitted(&prefix, from.as_str())
        };
        let step = |id: &ChangeId, from: &Name, to: &Name, why: String| {
            let statement = ddl::constraint::rename(&table, from, to);
            let step = Step::run(&id.0, statement, why).altering(&id.0, "name");
            step.phase(Phase::Contract)
        };
        let go = all.iter().map(|(id, from, _)| {
            let why = "makes room for another one".to_owned();
            step(id, from, &aside(id, from), why)
        });
        let come = all.iter().map(|(id, from, to)| {
            let why = format!("name of {} changes", id.0);
            step(id, &aside(id, from), to, why)
        });
        let claim = Claim::of(all.iter().map(|(id, _, _)| (*id).clone()).collect());
        claims.push(claim.together(go.chain(come)));
    }
    claims
}

/// Says whether a name comes back to itself, each being given to the next.
fn in_a_circle(name: &Name, next: &BTreeMap<&Name, &Name>) -> bool {
    let follow = |own: &&Name| next.get(own).copied();
    let all = std::iter::successors(next.get(name).copied(), follow);
    all.take(next.len()).any(|own| own == name)
}

/// Fills the rows that hold NULL, and validates; where nothing fills them, the plain way does.
fn validated(changes: &Changes, cx: &Context<'_>, address: &Address) -> Option<Claim> {
    let Some(Object::NotNull(own)) = cx.level.desired.objects.get(address) else {
        return None;
    };
    let (column, name) = (address.column(), own.name.as_ref()?);
    if cx.level.current.is_foreign(&column.table()) {
        return None;
    }
    let default = match cx
        .level
        .desired
        .objects
        .get(&address.with_kind(Kind::Default))
    {
        Some(Object::Default(default)) => Some(&default.value),
        _ => None,
    };
    let fill = fill_of(cx, &column, default)?;
    let takes = changes.at(address).map(|(id, _)| id.clone()).collect();
    let rows = backfill(cx, &column, &fill).into_iter().map(|step| Step {
        why: "rows that hold NULL are filled".to_owned(),
        ..step
    });
    let validate = Step::run(
        address,
        ddl::constraint::validate(&address.table(), name),
        "existing rows are read while clients go on",
    )
    .altering(address, "validity")
    .using(&column)
    .phase(Phase::Contract);
    Some(Claim::of(takes).each(rows).together([validate]))
}

/// Adds the blocks that enforce: refuse new NULLs, fill the rest, prove, set. `sync` says that a trigger of ours fills
/// new rows until then.
pub(super) fn enforce(
    claim: Claim,
    cx: &Context<'_>,
    column: &Address,
    own: &NotNull,
    fill: Option<&Written>,
    sync: bool,
) -> Claim {
    let table = column.table();
    let address = column.with_kind(Kind::NotNull);
    let named_not_null = cx.server.version.major() >= 18;
    let name = if named_not_null {
        named(own, column)
    } else {
        ddl::constraint::proof_name(column)
    };
    let refuse = if named_not_null {
        ddl::table::add_not_null_not_valid(column, &name, own.no_inherit)
    } else {
        ddl::constraint::add_proof_not_valid(column, cx.holds_rows(column))
    };
    let mut refusing = Step::run(
        &address,
        refuse,
        "NULLs are refused from here on; existing rows are not read yet",
    )
    .using(column)
    .phase(Phase::Contract);
    if named_not_null {
        refusing = refusing.creating(&address);
    }
    let mut claim = claim.together([refusing]);
    if let Some(fill) = fill {
        let rest = backfill(cx, column, fill).into_iter().map(|step| Step {
            why: "rows that were left NULL meanwhile are filled".to_owned(),
            phase: Phase::Contract,
            ..step
        });
        claim = claim.each(rest);
    }
    let mut prove = Step::run(
        &address,
        ddl::constraint::validate(&table, &name),
        "existing rows are read while clients go on",
    )
    .using(column)
    .phase(Phase::Contract);
    if named_not_null {
        // An identity and a primary key want it valid.
        prove = prove.altering(&address, "validity");
    }
    claim = claim.together([prove]);
    let mut last = Vec::new();
    if !named_not_null {
        last.push(
            Step::run(
                &address,
                ddl::table::set_not_null(column, own),
                "the validated check is proof: no row is read again",
            )
            .creating(&address)
            .phase(Phase::Contract)
            .proven(),
        );
        last.push(
            Step::run(
                &address,
                ddl::constraint::drop(&table, &name),
                "the check has done its work",
            )
            .using(column)
            .phase(Phase::Contract),
        );
    }
    if sync {
        let others = super::add_column::filled_below(cx, column);
        let statements = ddl::fill_trigger::drop(column, &others).into_iter();
        last.extend(statements.map(|statement| {
            let step = Step::run(column, statement, "the trigger has done its work")
                .using(column)
                .phase(Phase::Contract);
            match fill {
                Some(fill) => super::add_column::reading_what_goes(step, cx, fill),
                None => step,
            }
        }));
    }
    if last.is_empty() {
        claim
    } else {
        claim.together(last)
    }
}
