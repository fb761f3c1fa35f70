//! The current state on scratch: the part of it that is built, as the server prints it, before the moves and after them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection};

use super::ScratchError;
use super::build::{self, begin, rollback};
use super::builder::Builder;
use super::closure::Closure;
use super::side::place_after;
use crate::catalog;
use crate::ddl;
use crate::model::{
    APPLIER, Address, Declared, DefaultPrivileges, Expression, Kind, Model, Move, Moves, Name,
    Object, Retired, Slot, Written, granted_to,
};
use crate::plan::moves;

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
        after.get(address).is_some_and(|now| {
            // What is let go is owned before, and by nobody after.
            let let_go = now.kind() == Kind::OwnedBy && !both.objects.contains_key(now);
            let own = if let_go {
                &now.with_kind(Kind::Sequence)
            } else {
                now
            };
            closure.builds(both, own)
        })
    });
    let in_full = |table: &Address| closure.full.contains(&moves.carry(table));
    part.inherited.retain(|table, _| in_full(table));
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

/// The live side, to be built on scratch.
pub(super) struct Side<'a> {
    pub(super) before: &'a Model<Expression>,
    pub(super) moves: &'a Moves,
    pub(super) both: &'a Model<Written>,
    pub(super) ledger: &'a [Retired],
}

impl Side<'_> {
    /// Returns the settled state before and after the moves.
    pub(super) async fn current(
        &self,
        builder: &mut Builder<'_>,
        closure: &Closure,
    ) -> Result<Sides, ScratchError> {
        let start = part_before(self.before, self.moves, closure, self.both);
        let first = builder.reprint(&start, "current").await?;
        let start = builder.settle(first, "current").await?;
        if self.moves.0.is_empty() {
            return Ok(Sides {
                moved: start.clone(),
                start,
                dropped: Vec::new(),
            });
        }
        let dropped = in_the_way(&start, self.moves);
        let moved = execute_moves(
            builder.connection,
            &start,
            self.moves,
            self.ledger,
            &dropped,
        )
        .await?;
        let mut moved = builder.settle(moved, "current").await?;
        // What the plan will make first is no part of the state after the moves alone.
        let to_come = schemas_to_come(&start, self.moves);
        moved.retain(|address| !to_come.contains(address));
        Ok(Sides {
            start,
            moved,
            dropped,
        })
    }
}

/// The settled state before and after the moves, and what had to be dropped for them, dependents first.
pub(super) struct Sides {
    pub(super) start: Model<Expression>,
    pub(super) moved: Model<Expression>,
    pub(super) dropped: Vec<Address>,
}

/// Finds what sits on a name that something moves to, with all that needs it: it goes first, as in the plan.
fn in_the_way(start: &Model<Expression>, moves: &Moves) -> Vec<Address> {
    fn gather(
        address: &Address,
        needed_by: &BTreeMap<Address, BTreeSet<Address>>,
        order: &mut Vec<Address>,
    ) {
        if order.contains(address) {
            return;
        }
        for dependent in needed_by.get(address).into_iter().flatten() {
            gather(dependent, needed_by, order);
        }
        order.push(address.clone());
    }
    let needed_by = start.needed_by();
    let mut order = Vec::new();
    // Relations and data types have their names from one stock; nothing else shares one with another kind.
    let kinds = [
        Kind::View,
        Kind::MaterializedView,
        Kind::Table,
        Kind::Sequence,
        Kind::Index,
        Kind::Enum,
        Kind::Domain,
        Kind::Composite,
        Kind::Range,
    ];
    let shares = |step: &&Move| step.to.path().len() == 2 && kinds.contains(&step.to.kind());
    for step in moves.0.iter().filter(shares) {
        for kind in kinds {
            let other = step.to.with_kind(kind);
            let sits = kind != step.to.kind() && start.objects.contains_key(&other);
            if sits && moves.carry(&other) == other {
                gather(&other, &needed_by, &mut order);
            }
        }
        // The sequence of an identity column has a relation's name as well.
        let name = Slot::Relation(step.to.schema_name().clone(), step.to.name().clone());
        for (other, object) in &start.objects {
            let sits = other.kind() == Kind::Identity && object.slots(other).contains(&name);
            if sits && moves.carry(other) == *other {
                gather(other, &needed_by, &mut order);
            }
        }
    }
    order
}

/// What is only kept speaks the names after the moves, as scratch has printed them.
pub(super) fn follow(
    desired: &mut Model<Written>,
    declared: &Declared,
    follows: &BTreeSet<Address>,
    moved: &Model<Expression>,
    role: &str,
) {
    // Files call the applying role by its name.
    let names = BTreeMap::from([(Name::new(APPLIER), Name::new(role))]);
    let is_kept = |address: &Address| {
        let spelled = granted_to(address, &names);
        let is_said = |own: &Address| declared.written.objects.contains_key(own);
        !is_said(address) && !is_said(&spelled) || follows.contains(address)
    };
    for (address, object) in &moved.objects {
        if is_kept(address)
            && let Some(own) = desired.objects.get_mut(address)
        {
            let mut now = object.map(&mut |text| Written::from(text));
            // What is detached stays so.
            if let (Object::Table(own), Object::Table(now)) = (&*own, &mut now) {
                if own.partition_of.is_none() {
                    now.partition_of = None;
                    now.index_names.clear();
                    now.not_null_names.clear();
                }
                if own.inherits.is_empty() {
                    now.inherits.clear();
                }
            }
            *own = now;
        }
    }
    for own in moved.inherited.values() {
        for (address, object) in &own.objects {
            if is_kept(address)
                && let Some(own) = desired.objects.get_mut(address)
            {
                *own = object.map(&mut |text| Written::from(text));
            }
        }
    }
}

/// Executes the moves on a copy and reads what became of it.
async fn execute_moves(
    connection: &mut PgConnection,
    start: &Model<Expression>,
    moves: &Moves,
    ledger: &[Retired],
    dropped: &[Address],
) -> Result<Model<Expression>, ScratchError> {
    let made = schemas_to_come(start, moves);
    begin(connection).await?;
    let outcome = async {
        build::build_all(&mut *connection, start, "current").await?;
        for address in dropped {
            let goes_along = start
                .parent(address)
                .is_some_and(|parent| dropped.contains(&parent));
            if !goes_along {
                let sql = ddl::drop(address, &start.objects[address]).sql;
                sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                    .execute(&mut *connection)
                    .await?;
            }
        }
        for schema in &made {
            let sql = ddl::table::create_schema(schema).sql;
            sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                .execute(&mut *connection)
                .await?;
        }
        let let_in = DefaultPrivileges::let_into_schemas(start);
        for step in moves::steps(moves, start, ledger, &let_in).iter().flatten() {
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
