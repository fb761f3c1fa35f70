//! ADD COLUMN on a table with rows: a default that costs no rewrite comes along, any other is set afterwards and
//! backfilled.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (Notes)

use super::{Claim, Context, creates_at};
use crate::ddl::{self, Work};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Column, Expression, Kind, Name, NotNull, Object, SizeClass, Text as _, Validity, Why,
    Written,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Act, Backfill, Phase, Reversal, Step};
use crate::sql::Sql;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let table = address.table();
        if *change != Change::Create || address.kind() != Kind::Column || cx.is_new(&table) {
            continue;
        }
        let Some(Object::Column(column)) = cx.level.desired.objects.get(address) else {
            continue;
        };
        if column.generated.is_some() || changes.drops(address) {
            continue;
        }
        claims.extend(claim(changes, cx, address, column)?);
    }
    Ok(claims)
}

fn claim(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
    column: &Column<Expression>,
) -> Result<Option<Claim>, PlanError> {
    let default = match cx
        .level
        .desired
        .objects
        .get(&address.with_kind(Kind::Default))
    {
        Some(Object::Default(default)) => Some(&default.value),
        _ => None,
    };
    let not_null = match cx
        .level
        .desired
        .objects
        .get(&address.with_kind(Kind::NotNull))
    {
        // One that existing rows need not meet is added after the column, by itself.
        Some(Object::NotNull(own)) => Some(own).filter(|own| own.validity == Validity::Valid),
        _ => None,
    };
    let mut whole = vec![address.clone(), address.with_kind(Kind::Default)];
    if not_null.is_some() {
        whole.push(address.with_kind(Kind::NotNull));
    }
    let takes = creates_at(changes, &whole);
    let identity = address.with_kind(Kind::Identity);
    if let (Some(Object::Identity(own)), false) = (
        cx.level.desired.objects.get(&identity),
        empty_table(cx, address),
    ) {
        let whole = [
            address.clone(),
            identity.clone(),
            address.with_kind(Kind::NotNull),
        ];
        let why =
            format!("{address} is new; every row gets a number, so the table is written anew");
        let statement = ddl::sequence::add_identity_column(address, column, own, not_null);
        let step = creating_all(Step::run(address, statement, why), &whole, cx);
        return Ok(Some(
            Claim::of(creates_at(changes, &whole)).together([step]),
        ));
    }
    // One that partitions call by names of theirs is made there before, as a step of its own.
    let by_itself = not_null.filter(|_| super::not_null_names::are_asked(address, cx.level));
    let costs_rewrite = cx
        .level
        .tried
        .get(address)
        .is_some_and(|tried| tried.rewrites);
    let rewrites_bare = cx
        .level
        .tried
        .get(address)
        .is_some_and(|tried| tried.rewrites_bare);
    let fill = fill_of(cx, address, default).or_else(|| default_of_domain(cx, address));
    let empty = cx.class(&address.table()) == SizeClass::Empty;
    let backfilled = cx.level.intent.backfill.contains_key(address);
    if let Some(default) = default
        && (empty || !backfilled && (!costs_rewrite || rewrites_bare))
    {
        let at_once = not_null.filter(|_| by_itself.is_none());
        let statement = ddl::table::add_column_with_default(address, column, default, at_once);
        // What its domain asks is asked of every row: the server writes the table anew, default or not.
        let (statement, why) = if rewrites_bare && !empty {
            let why = format!("{address} is new; its domain is asked of every row");
            (statement.working(Work::TableRewrite), why)
        } else {
            let why = format!("{address} is new; its default is stored once, no row is written");
            (statement, why)
        };
        if by_itself.is_some() {
            whole.retain(|own| own.kind() != Kind::NotNull);
        }
        let step = creating_all(Step::run(address, statement, why), &whole, cx);
        let claim = Claim::of(takes).together([step]);
        return Ok(Some(match by_itself {
            Some(own) => super::not_null::enforce(claim, cx, address, own, None, false),
            None => claim,
        }));
    }
    let statement = ddl::table::add_column(address, column);
    let (statement, why) = if rewrites_bare && !empty {
        let why = format!("{address} is new; its domain is asked of every row");
        (statement.working(Work::TableRewrite), why)
    } else {
        (statement, format!("{address} is new"))
    };
    let add = Step::run(address, statement, why).creating(address);
    if default.is_none() && not_null.is_none() {
        if rewrites_bare && !backfilled && !empty {
            return Ok(Some(Claim::of(takes).together([add])));
        }
        // The plain way is the same statement; but a backfill that a person asked for goes with it.
        let Some(fill) = fill.filter(|_| backfilled && !empty) else {
            return Ok(None);
        };
        let claim = Claim::of(takes)
            .together([add])
            .each(backfill(cx, address, &fill));
        return Ok(Some(claim));
    }
    if empty {
        return Ok(by_itself.map(|own| {
            let claim = Claim::of(takes).together([add]);
            super::not_null::enforce(claim, cx, address, own, None, false)
        }));
    }
    let mut first = vec![add];
    if let Some(default) = default {
        let own = address.with_kind(Kind::Default);
        first.push(
            Step::run(
                &own,
                ddl::table::set_default(address, default),
                "new rows get the default from here on",
            )
            .creating(&own),
        );
    }
    let Some(fill) = fill else {
        return Err(PlanError::NothingToFill {
            column: address.clone(),
            table: address.table(),
        });
    };
    let sync = default.is_none() && not_null.is_some();
    if sync {
        let others = filled_below(cx, address);
        let statements =
            ddl::fill_trigger::create(address, &fill, &others, cx.holds_rows(address)).into_iter();
        first.extend(statements.map(|statement| {
            let why = "fills the rows that clients write meanwhile";
            let step = Step::run(address, statement, why).using(address);
            speaking_the_new_names(step, cx, &fill)
        }));
    }
    let mut claim = Claim::of(takes)
        .together(first)
        .each(backfill(cx, address, &fill));
    if let Some(not_null) = not_null {
        claim = super::not_null::enforce(claim, cx, address, not_null, Some(&fill), sync);
    }
    Ok(Some(claim))
}

fn empty_table(cx: &Context<'_>, column: &Address) -> bool {
    cx.class(&column.table()) == SizeClass::Empty
}

fn creating_all(step: Step, whole: &[Address], cx: &Context<'_>) -> Step {
    whole
        .iter()
        .filter(|address| cx.level.desired.objects.contains_key(address))
        .fold(step, |step, address| step.creating(address))
}

/// Returns what fills existing rows: what a person said, or else the default.
pub(super) fn fill_of(
    cx: &Context<'_>,
    column: &Address,
    default: Option<&Expression>,
) -> Option<Written> {
    cx.level
        .intent
        .backfill
        .get(column)
        .cloned()
        .or_else(|| default.map(Written::from))
}

/// Returns what the domain of a column gives where nothing else does.
fn default_of_domain(cx: &Context<'_>, column: &Address) -> Option<Written> {
    let needs = cx.level.desired.needs_of(column);
    needs
        .iter()
        .find_map(|own| match cx.level.desired.objects.get(own) {
            Some(Object::Domain(own)) => own.default.as_ref().map(Written::from),
            _ => None,
        })
}

/// Says whether the NOT NULL of a column is for its table alone: what inherits from that keeps its NULLs.
fn is_for_itself(cx: &Context<'_>, column: &Address) -> bool {
    let not_null = cx
        .level
        .desired
        .objects
        .get(&column.with_kind(Kind::NotNull));
    matches!(not_null, Some(Object::NotNull(own)) if own.no_inherit)
}

/// Returns the tables that inherit from a column's and are filled with it.
pub(super) fn filled_below(cx: &Context<'_>, column: &Address) -> Vec<Address> {
    if is_for_itself(cx, column) {
        Vec::new()
    } else {
        cx.inheriting(&column.table())
    }
}

/// Returns the columns of the primary key by which the rows of a table are walked: a partition has the key of its table, what inherits
/// one of its own.
pub(super) fn key_of(cx: &Context<'_>, leaf: &Address) -> Vec<Name> {
    let address = leaf.with_kind(Kind::PrimaryKey);
    let inherited = cx.level.current.inherited.get(leaf);
    let inherited = inherited.and_then(|own| own.objects.get(&address));
    let own = cx.level.current.objects.get(&address).or(inherited);
    let key = match own {
        Some(Object::PrimaryKey(key)) => key.columns.clone(),
        _ => Vec::new(),
    };
    // A key that gives up one of its columns is gone by the time that this has its name.
    let gives_up = moved_columns(cx, leaf, |why| why == Why::Retired)
        .any(|column| key.contains(column.name()));
    if gives_up { Vec::new() } else { key }
}

/// Says whether triggers rest while a column is filled. Those of its foreign keys would rest with them, so then none does.
pub(super) fn skips_triggers(cx: &Context<'_>, column: &Address) -> bool {
    let needed_by = cx.level.current.needed_by();
    let mut over = needed_by.get(column).into_iter().flatten();
    cx.settings.backfill.skips_triggers && !over.any(|own| own.kind() == Kind::ForeignKey)
}

/// Makes the steps that fill existing rows in batches, one for every table that holds some.
pub(super) fn backfill(cx: &Context<'_>, column: &Address, fill: &Written) -> Vec<Step> {
    let table = column.table();
    let value = Sql::empty().expression(fill);
    let must_fill = cx
        .level
        .desired
        .objects
        .contains_key(&column.with_kind(Kind::NotNull));
    let for_itself = is_for_itself(cx, column);
    let has_parts = cx.leaves(&table) != [table.clone()];
    let of_table = |leaf: Address| {
        let does = Act::Backfill(Backfill {
            table: leaf.clone(),
            must_fill,
            column: column.clone(),
            value: value.clone(),
            lookup: fill.search_path().to_vec(),
            of_rows: cx.holds_rows(column),
            key: key_of(cx, &leaf),
            skips_triggers: skips_triggers(cx, column),
            of_what_has: None,
        });
        let step = Step {
            address: column.clone(),
            does,
            effects: Vec::new(),
            why: "existing rows are filled in batches, each its own short transaction".to_owned(),
            phase: Phase::Migrate,
            reversal: Reversal::Full,
        };
        let step = if has_parts {
            let renamed = moved_columns(cx, &leaf, |why| why != Why::Retired);
            renamed.fold(step.using(&leaf), |step, column| step.using(column))
        } else {
            step
        };
        speaking_the_new_names(step.using(column), cx, fill)
    };
    let leaves = cx.leaves(&table).into_iter();
    let filled = leaves.filter(|leaf| !for_itself || *leaf == table);
    filled.map(of_table).collect()
}

/// A fill speaks names as they are after the moves: those of what a default leans on, of any column of its table, and
/// of whatever a person's text may mean. Where that is not sure it waits: nobody but its author reads the text.
fn speaking_the_new_names(step: Step, cx: &Context<'_>, fill: &Written) -> Step {
    let table = step.address.table();
    let renamed = moved_columns(cx, &table, |why| why != Why::Retired);
    let step = renamed.fold(step, |step, column| step.using(column));
    let step = reading_what_goes(step, cx, fill);
    if !cx.level.intent.backfill.contains_key(&step.address) {
        let default = step.address.with_kind(Kind::Default);
        return step.using(&default);
    }
    let text = bare(fill.sql());
    let moves = cx.level.moves.0.iter();
    moves
        .filter(|own| own.why != Why::Retired)
        .filter(|own| text.contains(&bare(own.to.name().as_str())))
        .fold(step, |step, own| step.using(&own.to.whole()))
}

/// What a fill reads goes after it: a column that is split into others is set aside, or dropped, when they are filled.
pub(super) fn reading_what_goes(step: Step, cx: &Context<'_>, fill: &Written) -> Step {
    let level = cx.level;
    let table = step.address.table();
    let text = bare(fill.sql());
    let retired = level.moves.0.iter().filter(|own| own.why == Why::Retired);
    let retired = retired.map(|own| (own.from.name(), &own.to));
    let dropped = level.current.objects.keys();
    let dropped = dropped
        .filter(|own| own.kind() == Kind::Column && !level.desired.objects.contains_key(own))
        .map(|own| (own.name(), own));
    let goes: Vec<&Address> = retired
        .chain(dropped)
        .filter(|(name, own)| {
            let again = table.part(Kind::Column, name);
            own.kind() == Kind::Column
                && own.table() == table
                && !level.desired.objects.contains_key(&again)
                && text.contains(&bare(name.as_str()))
        })
        .map(|(_, own)| own)
        .collect();
    goes.into_iter().fold(step, |step, own| step.reading(own))
}

/// A text without quotes, and in one case: enough to see whether it may speak of a name.
fn bare(text: &str) -> String {
    text.replace(['"', '\''], "").to_lowercase()
}

/// Returns the columns of a table that moved for such a reason, as they are called afterwards.
fn moved_columns<'a>(
    cx: &'a Context<'_>,
    table: &'a Address,
    reason: impl Fn(Why) -> bool + 'a,
) -> impl Iterator<Item = &'a Address> {
    let moves = cx.level.moves.0.iter();
    moves
        .filter(move |step| reason(step.why))
        .map(|step| &step.to)
        .filter(|to| to.kind() == Kind::Column && to.table() == *table)
}

/// Returns the NOT NULL's name for sentences.
pub(super) fn named(own: &NotNull, column: &Address) -> Name {
    ddl::table::not_null_name(column, own)
}
