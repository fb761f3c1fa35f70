//! Checks: NOT VALID first, validated in another transaction; primary keys: their index is built concurrently first.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD table_constraint, ADD table_constraint_using_index)

use super::{Claim, Context, creates_at, partitioned_foreign_key, partitioned_key};
use crate::ddl::{self, index::Way};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Check, Expression, ForeignKey, Hash, Index, Kind, Move, Name, Object, SizeClass,
    TEMPORARY_PREFIX, Validity, Why,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let table = address.table();
        if *change != Change::Create || cx.is_new(&table) || cx.class(&table) == SizeClass::Empty {
            continue;
        }
        // What is made again commits with what disturbs it; what takes long comes before or after, in a claim of its own.
        let again = changes.drops(address);
        let in_flux = |columns: &[Name]| {
            let mut columns = columns.iter().map(|own| table.part(Kind::Column, own));
            again && columns.any(|column| is_in_flux(changes, cx, &column))
        };
        let own = match cx.level.desired.objects.get(address) {
            Some(Object::Check(check)) if check.validity == Validity::Valid => {
                add_check(changes, address, check)
            }
            // The server takes no index over for a key without overlaps.
            Some(Object::PrimaryKey(key))
                if key.without_overlaps || in_flux(&key.columns) || in_flux(&key.include) =>
            {
                continue;
            }
            Some(Object::Unique(key))
                if key.without_overlaps || in_flux(&key.columns) || in_flux(&key.include) =>
            {
                continue;
            }
            Some(key @ (Object::PrimaryKey(_) | Object::Unique(_))) => {
                let claim = if cx.is_partitioned(&table) {
                    partitioned_key::claim(changes, address, cx)
                } else {
                    add_key(changes, address, key)
                };
                let Some(own) = claim else {
                    continue;
                };
                own
            }
            Some(Object::ForeignKey(key)) if key.validity == Validity::Valid => {
                if !cx.is_partitioned(&table) || cx.server.version.major() >= 18 {
                    add_foreign_key(changes, address, key)
                } else if !again
                    && let Some(own) = partitioned_foreign_key::claim(changes, address, key, cx)
                {
                    own
                } else {
                    continue;
                }
            }
            _ => continue,
        };
        if again {
            claims.extend(own.apart());
        } else {
            claims.push(own);
        }
    }
    Ok(claims)
}

/// Says whether a column becomes another one between the end of a key and its new beginning: no index can be built before.
pub(super) fn is_in_flux(changes: &Changes, cx: &Context<'_>, column: &Address) -> bool {
    let sides = [&cx.level.current.objects, &cx.level.desired.objects];
    let changes_hands =
        |step: &Move| step.why != Why::Renamed && (step.from == *column || step.to == *column);
    let altered = match sides.map(|own| own.get(column)) {
        [Some(held), Some(wanted)] => !held.alterations(wanted).is_empty(),
        _ => false,
    };
    changes.drops(column) || altered || cx.level.moves.0.iter().any(changes_hands)
}

fn add_check(changes: &Changes, address: &Address, check: &Check<Expression>) -> Claim {
    let not_valid = Check {
        validity: Validity::NotValid,
        ..check.clone()
    };
    let add = Step::run(
        address,
        ddl::constraint::add_check(address, &not_valid),
        format!("{address} is declared; it holds for new rows first"),
    )
    .creating(address)
    .phase(Phase::Contract);
    let validate = Step::run(
        address,
        ddl::constraint::validate(&address.table(), address.name()),
        "existing rows are read while clients go on",
    )
    .using(address)
    .phase(Phase::Contract);
    Claim::of(creates_at(changes, [address]))
        .together([add])
        .together([validate])
}

fn add_foreign_key(changes: &Changes, address: &Address, key: &ForeignKey) -> Claim {
    let why = format!("{address} is declared; it holds for new rows first");
    let (add, validate) = foreign_key_steps(address, key, why);
    Claim::of(creates_at(changes, [address]))
        .together([add])
        .together([validate])
}

/// Makes the steps that add a foreign key for new rows, and look up those that exist.
pub(super) fn foreign_key_steps(address: &Address, key: &ForeignKey, why: String) -> (Step, Step) {
    let not_valid = ForeignKey {
        validity: Validity::NotValid,
        ..key.clone()
    };
    let add = Step::run(
        address,
        ddl::constraint::add_foreign_key(address, &not_valid),
        why,
    )
    .creating(address)
    .phase(Phase::Contract);
    let validate = Step::run(
        address,
        ddl::constraint::validate_foreign_key(address, key),
        "existing rows are looked up while clients go on",
    )
    .using(address)
    .phase(Phase::Contract);
    (add, validate)
}

/// Makes the step that builds the index of a key or unique constraint, and its name until then.
fn build_index(
    address: &Address,
    columns: &[Name],
    include: &[Name],
    nulls_not_distinct: bool,
) -> (Step, Address) {
    let table = address.table();
    let hash = Hash::of(address);
    let name = Name::fitted(
        &[TEMPORARY_PREFIX, hash.short(8), "_"].concat(),
        address.name().as_str(),
    );
    let index = Index {
        on_view: false,
        table: table.name().clone(),
        method: Name::new("btree"),
        unique: true,
        nulls_not_distinct,
        elements: columns.iter().map(quoted).collect(),
        include: include.to_vec(),
        predicate: None,
        parameters: Default::default(),
        tablespace: None,
        validity: Validity::Valid,
    };
    let own = Address::new(Kind::Index, [table.schema_name().clone(), name.clone()]);
    let statement = ddl::index::create(&own, &index, Way::Concurrently);
    let why = "the key's index is built while clients go on";
    let mut build = Step::run(&own, statement, why)
        .creating(&own)
        .phase(Phase::of_build(&index));
    for column in columns.iter().chain(include) {
        build = build.using(&table.part(Kind::Column, column));
    }
    (build, own)
}

/// Builds the index of a key, for a statement by which the key takes it over.
pub(super) fn taken_over(
    address: &Address,
    key: &Object<Expression>,
) -> Option<(Step, ddl::Statement)> {
    if let Object::PrimaryKey(own) = key {
        let (build, index) = build_index(address, &own.columns, &own.include, false);
        let add = ddl::constraint::add_primary_key_using(address, own, index.name());
        Some((build, add))
    } else if let Object::Unique(own) = key {
        let (columns, include) = (&own.columns, &own.include);
        let (build, index) = build_index(address, columns, include, own.nulls_not_distinct);
        let add = ddl::constraint::add_unique_using(address, own, index.name());
        Some((build, add))
    } else {
        None
    }
}

fn add_key(changes: &Changes, address: &Address, key: &Object<Expression>) -> Option<Claim> {
    let (build, statement) = taken_over(address, key)?;
    let why = format!("{address} is declared; it takes the index over");
    let add = Step::run(address, statement, why)
        .creating(address)
        .using(&build.address)
        .phase(Phase::Contract);
    let claim = Claim::of(creates_at(changes, [address]));
    Some(claim.alone(build).together([add]))
}

/// An index element that is a plain column.
fn quoted(column: &Name) -> Expression {
    Expression::new(crate::sql::Sql::empty().name(column).as_str())
}
