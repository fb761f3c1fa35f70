//! Levelling: both sides built on one server from their texts, printed, and built again until the print stands still.
//! Only what differs, and what needs something that differs, is built.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection};

use super::build::{self, Unbuilt, begin, rollback, settle};
use super::closure::{Closure, Ground};
use super::prints::{self, Prints};
use super::rehearse::Bench;
use super::{ScratchError, Workshop, tried};
use crate::catalog;
use crate::ddl;
use crate::model::{
    Address, Declared, Expression, Index, Intent, Kind, Level, Model, Moves, Name, NotNull, Object,
    Read, Retired, ServerVersion, Settings, Text as _, Validity, Why, Written,
};
use crate::plan::identity::{self, Known};
use crate::plan::{Question, moves};

/// What levelling rests on.
pub(crate) struct Wanted<'a> {
    /// The live side.
    pub(crate) read: &'a Read,
    /// The files, or the state to go back to.
    pub(crate) declared: &'a Declared,
    /// The ledger of retired things.
    pub(crate) ledger: &'a [Retired],
    /// The top-level objects that revisions of this project declared.
    pub(crate) owned: &'a BTreeSet<Address>,
    /// The intent of the revision in force.
    pub(crate) in_force: &'a Intent,
    /// The settings.
    pub(crate) settings: &'a Settings,
    /// Identity, where it is given: on the way back. It then decides for everything, unmanaged things too.
    pub(crate) given: Option<Moves>,
}

/// A level pair, and what deciding it brought to light.
pub(crate) struct Levelled {
    pub(crate) level: Level,
    pub(crate) questions: Vec<Question>,
    pub(crate) unmanaged: BTreeSet<Address>,
    pub(crate) taken_in: BTreeSet<Address>,
    /// How many tables scratch has built for it.
    pub(crate) built: usize,
    /// What rehearsal starts from and has to land on.
    pub(crate) bench: Bench,
}

/// Levels the live side with the desired one.
pub(crate) async fn level(
    wanted: &Wanted<'_>,
    workshop: &mut Workshop,
) -> Result<Levelled, ScratchError> {
    let before = without_journal(&wanted.read.model, &wanted.settings.journal);
    let declared = elaborated(wanted.declared);
    let identity = match &wanted.given {
        Some(moves) => identity::Identity {
            moves: moves.clone(),
            ..Default::default()
        },
        None => {
            let types = spelled_types(wanted, &before, &declared, workshop).await?;
            identity::decide(&Known {
                current: &before,
                ledger: wanted.ledger,
                declared: &declared,
                types: &types,
                owned: wanted.owned,
                in_force: wanted.in_force,
                settings: wanted.settings,
            })?
        }
    };
    let moves = identity.moves;
    let ledger_after = moves.ledger(wanted.ledger);
    let carried = carried(&before, &moves);
    let desired = desired_side(
        &carried,
        &declared,
        &moves,
        &ledger_after,
        &identity.unmanaged,
    );
    let both = union(&carried, &desired);
    let ground = Ground::of(&both);
    let prints = Prints::of(wanted.read.server.version);
    let stood = prints::as_written(&carried);
    let mut seeds = seeds(&carried, &desired, &moves, &both);
    let moved_units = moving(&moves, &both);
    let by_text: BTreeSet<Address> = seeds.difference(&moved_units).cloned().collect();
    for unit in prints::known_equal(&prints, &by_text, &stood, &desired, &ground) {
        seeds.remove(&unit);
    }
    let mut level = Level {
        current: carried.clone(),
        desired: carried.clone(),
        before: before.clone(),
        moves: moves.clone(),
        ledger: wanted.ledger.to_vec(),
        intent: wanted.declared.intent.clone(),
        tried: BTreeMap::new(),
    };
    let mut bench = Bench::default();
    let mut built = 0;
    if !seeds.is_empty() || !moves.0.is_empty() {
        let mut closure = Closure::around(seeds, &ground);
        let connection = workshop.bench().await?;
        let wished = match build::print(connection, &closure.part_of(&desired), "desired").await {
            // A text may lean on what its words do not show: then everything is there.
            Err(ScratchError::Unbuilt { .. }) => {
                closure = Closure::everything(&ground);
                build::print(connection, &closure.part_of(&desired), "desired").await?
            }
            other => other?,
        };
        let settled = settle(connection, wished, "desired").await?;
        let start = part_before(&before, &moves, &closure, &both);
        let first = build::print(connection, &start, "current").await?;
        let start = settle(connection, first, "current").await?;
        let moved = if moves.0.is_empty() {
            start.clone()
        } else {
            let moved = execute_moves(connection, &start, &moves, wanted.ledger).await?;
            let mut moved = settle(connection, moved, "current").await?;
            // What the plan will make first is no part of the state after the moves alone.
            let to_come = schemas_to_come(&start, &moves);
            moved.retain(|address| !to_come.contains(address));
            moved
        };
        overlay(&mut level.current, &closure, &both, &moved);
        overlay(&mut level.desired, &closure, &both, &settled);
        level.tried = tried::changes(connection, &level).await?;
        for unit in closure
            .full
            .iter()
            .filter(|unit| unit.kind() != Kind::Schema)
        {
            prints.keep(&prints.key(&desired, &ground, unit), unit, &settled);
            if !moved_units.contains(unit) {
                prints.keep(&prints.key(&stood, &ground, unit), unit, &moved);
            }
        }
        prints.tidy();
        built = closure.tables();
        bench = Bench {
            before: start,
            expected: settled.clone(),
            scope: closure.scope_of(&union_of(&moved, &settled)),
        };
    }
    level.before = before;
    Ok(Levelled {
        level,
        questions: identity.questions,
        unmanaged: identity.unmanaged,
        taken_in: identity.taken_in,
        built,
        bench,
    })
}

/// Builds what the files declare on an empty server, and returns what does not compile.
pub(crate) async fn compile(
    workshop: &mut Workshop,
    declared: &Declared,
) -> Result<(Vec<Unbuilt>, ServerVersion), ScratchError> {
    let declared = elaborated(declared);
    let connection = workshop.bench().await?;
    begin(connection).await?;
    let outcome = build::build(connection, &declared.written).await;
    rollback(connection).await?;
    let version = catalog::server(connection).await?.version;
    Ok((outcome?, version))
}

/// Leaves the journal's schema out: it is never part of a state.
pub(crate) fn without_journal(model: &Model<Expression>, journal: &Name) -> Model<Expression> {
    let mut model = model.clone();
    model.retain(|address| address.schema_name() != journal);
    model
}

/// Adds what a declaration implies: the columns of a primary key are NOT NULL.
fn elaborated(declared: &Declared) -> Declared {
    let mut declared = declared.clone();
    let implied: Vec<Address> = declared
        .written
        .objects
        .iter()
        .filter_map(|(address, object)| {
            let Object::PrimaryKey(key) = object else {
                return None;
            };
            let columns = key.columns.iter();
            Some(columns.map(|column| address.part(Kind::NotNull, column)))
        })
        .flatten()
        .collect();
    for address in implied {
        let column_is_there = declared.written.objects.contains_key(&address.column());
        if column_is_there {
            let not_null = NotNull {
                name: None,
                validity: Validity::Valid,
            };
            declared
                .written
                .objects
                .entry(address)
                .or_insert(Object::NotNull(not_null));
        }
    }
    declared
}

/// Asks how a server spells the types of columns that a retired one could come back for.
async fn spelled_types(
    wanted: &Wanted<'_>,
    before: &Model<Expression>,
    declared: &Declared,
    workshop: &mut Workshop,
) -> Result<BTreeMap<Address, Expression>, ScratchError> {
    let mut types = BTreeMap::new();
    for (address, object) in &declared.written.objects {
        let Object::Column(column) = object else {
            continue;
        };
        // Renames are not decided yet, so the name alone decides who is asked about: a question too many is cheap.
        let candidate = wanted
            .ledger
            .iter()
            .any(|row| row.was.name() == address.name() && row.was.kind() == Kind::Column);
        if candidate && !before.objects.contains_key(address) {
            let connection = workshop.bench().await?;
            if let Some(spelled) = tried::spelled(connection, &column.type_name).await? {
                types.insert(address.clone(), spelled);
            }
        }
    }
    Ok(types)
}

/// Gives every object the address it has after the moves. Texts are left as they are: what moves is built on scratch
/// anyway, and a server says what its texts become.
pub(crate) fn carried(before: &Model<Expression>, moves: &Moves) -> Model<Expression> {
    if moves.0.is_empty() {
        return before.clone();
    }
    let place = |address: &Address| place_after(before, moves, address);
    let mut carried = Model::default();
    for (address, object) in &before.objects {
        let object = if let Object::Index(index) = object {
            Object::Index(Index {
                table: moves.carry(&index.table_address(address)).name().clone(),
                ..index.clone()
            })
        } else {
            object.clone()
        };
        let to = place(address);
        if let Some(position) = before.position.get(address) {
            carried.position.insert(to.clone(), *position);
        }
        carried.objects.insert(to, object);
    }
    for (address, needs) in &before.needs {
        carried
            .needs
            .insert(place(address), needs.iter().map(place).collect());
    }
    carried
}

/// Says where an object is after the moves. An index follows its table into another schema, and its comment follows it.
fn place_after(before: &Model<Expression>, moves: &Moves, address: &Address) -> Address {
    let own = address.target().unwrap_or_else(|| address.clone());
    let Some(Object::Index(index)) = before.objects.get(&own) else {
        return moves.carry(address);
    };
    let table = moves.carry(&index.table_address(&own));
    let moved = Address::new(
        Kind::Index,
        [table.schema_name(), own.name()].map(Name::clone),
    );
    if address.target().is_some() {
        Address::comment_on(&moved)
    } else {
        moved
    }
}

/// Puts the desired side together: what is declared, what is left alone, and what is held in the attic.
fn desired_side(
    carried: &Model<Expression>,
    declared: &Declared,
    moves: &Moves,
    ledger_after: &[Retired],
    unmanaged: &BTreeSet<Address>,
) -> Model<Written> {
    let mut desired = declared.written.clone();
    let newly: BTreeSet<&Address> = moves
        .0
        .iter()
        .filter(|step| step.why == Why::Retired)
        .map(|step| &step.to)
        .collect();
    let attics: BTreeSet<Address> = ledger_after
        .iter()
        .filter(|row| row.place.kind() == Kind::Table)
        .map(|row| row.place.schema())
        .collect();
    for (address, object) in &carried.objects {
        let unit = carried.unit_of(address);
        let held = ledger_after
            .iter()
            .any(|row| address.is_at_or_below(&row.place) || unit == row.place);
        let marked = address
            .path()
            .iter()
            .any(|name| name.as_str().starts_with(crate::model::RETIRED_PREFIX));
        let is_attic = address.kind() == Kind::Schema && marked;
        let bare = newly.iter().any(|place| {
            place.kind() == Kind::Column
                && address.is_at_or_below(place)
                && matches!(address.kind(), Kind::Default | Kind::NotNull)
        });
        let kept = if is_attic {
            attics.contains(address)
        } else {
            !bare && (held || marked || unmanaged.contains(&unit))
        };
        if kept && !desired.objects.contains_key(address) {
            desired
                .objects
                .insert(address.clone(), object.map(&mut |text| Written::from(text)));
            if let Some(needs) = carried.needs.get(address) {
                desired.needs.insert(address.clone(), needs.clone());
            }
        }
    }
    for schema in attics {
        desired
            .objects
            .entry(schema)
            .or_insert(Object::Schema(crate::model::Schema {}));
    }
    positions(carried, &mut desired);
    names(carried, &mut desired);
    desired
}

/// A table that exists is built in its live column order, new columns after.
fn positions(carried: &Model<Expression>, desired: &mut Model<Written>) {
    let mut last: BTreeMap<Address, u16> = BTreeMap::new();
    for (column, position) in &carried.position {
        let own = last.entry(column.table()).or_default();
        *own = (*own).max(*position);
    }
    let columns: Vec<Address> = desired
        .objects
        .keys()
        .filter(|address| address.kind() == Kind::Column)
        .cloned()
        .collect();
    for column in columns {
        let position = match carried.position.get(&column) {
            Some(position) => *position,
            None => {
                let declared = desired
                    .position
                    .get(&column)
                    .copied()
                    .unwrap_or(u16::MAX / 2);
                last.get(&column.table())
                    .copied()
                    .unwrap_or(0)
                    .saturating_add(declared)
            }
        };
        desired.position.insert(column, position);
    }
}

/// A key or NOT NULL declared without a name keeps the name it has.
fn names(carried: &Model<Expression>, desired: &mut Model<Written>) {
    for (address, object) in &mut desired.objects {
        match (object, carried.objects.get(address)) {
            (Object::PrimaryKey(own), Some(Object::PrimaryKey(there))) if own.name.is_none() => {
                own.name.clone_from(&there.name);
            }
            (Object::NotNull(own), Some(Object::NotNull(there))) if own.name.is_none() => {
                own.name.clone_from(&there.name);
            }
            _ => {}
        }
    }
}

/// Holds what either side has, with the needs that are known.
fn union(carried: &Model<Expression>, desired: &Model<Written>) -> Model<Written> {
    let mut both = desired.clone();
    for (address, object) in &carried.objects {
        both.objects
            .entry(address.clone())
            .or_insert_with(|| object.map(&mut |text| Written::from(text)));
    }
    for (address, needs) in &carried.needs {
        both.needs
            .entry(address.clone())
            .or_default()
            .extend(needs.iter().cloned());
    }
    both
}

fn union_of(a: &Model<Expression>, b: &Model<Expression>) -> Model<Expression> {
    let mut both = a.clone();
    for (address, object) in &b.objects {
        both.objects
            .entry(address.clone())
            .or_insert_with(|| object.clone());
    }
    both
}

/// Finds the units that differ in their texts, or move.
fn seeds(
    carried: &Model<Expression>,
    desired: &Model<Written>,
    moves: &Moves,
    both: &Model<Written>,
) -> BTreeSet<Address> {
    let mut seeds = moving(moves, both);
    for (address, wanted) in &desired.objects {
        let same = carried.objects.get(address).is_some_and(|there| {
            there.kind() == wanted.kind()
                && there
                    .alterations(&wanted.map(&mut |text| Expression::new(text.sql())))
                    .is_empty()
        });
        if !same {
            seeds.insert(both.unit_of(address));
        }
    }
    let gone = carried.objects.keys();
    for address in gone.filter(|address| !desired.objects.contains_key(*address)) {
        seeds.insert(both.unit_of(address));
    }
    seeds.retain(|unit| both.objects.contains_key(unit));
    seeds
}

/// Finds the units that move, or hold something that does.
fn moving(moves: &Moves, both: &Model<Written>) -> BTreeSet<Address> {
    let mut units = BTreeSet::new();
    for step in &moves.0 {
        let below = both.objects.keys().filter(|address| {
            address.is_at_or_below(&step.to) || both.parent(address).as_ref() == Some(&step.to)
        });
        units.extend(below.map(|address| both.unit_of(address)));
        units.insert(both.unit_of(&step.to));
    }
    units
}

/// Returns the part of the live side that is built, under the names before the moves.
fn part_before(
    before: &Model<Expression>,
    moves: &Moves,
    closure: &Closure,
    both: &Model<Written>,
) -> Model<Expression> {
    let mut part = before.clone();
    let after = carried_names(before, moves);
    part.retain(|address| {
        after
            .get(address)
            .is_some_and(|now| closure.builds(both, now))
    });
    let mut schemas: BTreeSet<Address> = part
        .objects
        .keys()
        .filter(|address| address.kind() != Kind::Schema)
        .map(Address::schema)
        .collect();
    // A schema that objects move into has to be there, unless the moves make it.
    schemas.extend(
        moves
            .0
            .iter()
            .filter(|step| step.to.kind() == Kind::Table)
            .map(|step| moves.carry_back(&step.to.schema())),
    );
    for schema in schemas
        .into_iter()
        .filter(|schema| before.objects.contains_key(schema))
    {
        part.objects
            .insert(schema, Object::Schema(crate::model::Schema {}));
    }
    part
}

fn carried_names(before: &Model<Expression>, moves: &Moves) -> BTreeMap<Address, Address> {
    let addresses = before.objects.keys();
    addresses
        .map(|address| (address.clone(), place_after(before, moves, address)))
        .collect()
}

/// Executes the moves on a copy and reads what became of it.
async fn execute_moves(
    connection: &mut PgConnection,
    start: &Model<Expression>,
    moves: &Moves,
    ledger: &[Retired],
) -> Result<Model<Expression>, ScratchError> {
    let made = schemas_to_come(start, moves);
    begin(connection).await?;
    let outcome = async {
        build::build_all(&mut *connection, start, "current").await?;
        for schema in &made {
            let sql = ddl::table::create_schema(schema).sql;
            sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                .execute(&mut *connection)
                .await?;
        }
        for step in moves::steps(moves, start, ledger).iter().flatten() {
            if let Some(statement) = step.statement() {
                sqlx::raw_sql(AssertSqlSafe(statement.sql.executable()))
                    .execute(&mut *connection)
                    .await?;
            }
        }
        Ok::<_, ScratchError>(catalog::model(&mut *connection).await?)
    }
    .await;
    rollback(connection).await?;
    outcome
}

/// Finds the schemas that things come back into and that the plan makes before.
fn schemas_to_come(start: &Model<Expression>, moves: &Moves) -> BTreeSet<Address> {
    let mut there: BTreeSet<Address> = start.objects.keys().cloned().collect();
    let mut to_come = BTreeSet::new();
    for step in &moves.0 {
        let schema = step.to.schema();
        there = there.iter().map(|address| step.carry(address)).collect();
        let is_attic = schema.name().is_reserved();
        if step.to.kind() != Kind::Schema && !is_attic && !there.contains(&schema) {
            to_come.insert(schema);
        }
    }
    to_come
}

/// Puts what scratch printed in the place of what was read, for everything that was built in full.
fn overlay(
    whole: &mut Model<Expression>,
    closure: &Closure,
    both: &Model<Written>,
    patch: &Model<Expression>,
) {
    let mut scope: BTreeSet<Address> = whole
        .objects
        .keys()
        .filter(|address| closure.full.contains(&both.unit_of(address)))
        .cloned()
        .collect();
    scope.extend(closure.scope_of(patch));
    // Schemas are the same everywhere; one that scratch was not asked about is not gone.
    scope.retain(|address| address.kind() != Kind::Schema || closure.full.contains(address));
    whole.overlay(&scope, patch);
}
