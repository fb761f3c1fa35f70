//! Building a state: the order is found, not guessed.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

use super::ScratchError;
use crate::catalog::describe;
use crate::ddl;
use crate::model::{Address, Kind, Model, NotNull, Object, Table, Text, Validity};
use crate::plan::{Act, Step};
use crate::sql::Sql;

/// An object that could not be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// The object.
    pub address: Address,
    /// What the server said.
    pub reason: String,
}

/// Where a creating step comes: kind, depth below a partitioned table (of a table, or of what is an index's own), unit, kind again, position, address.
type Rank = (Kind, usize, Address, Kind, u16, Address);

/// Where the indexes and keys of whole tables come among those of their kind: after those that partitions call by names of theirs, the
/// lowest ones first, and before what partitions have of their own.
const OF_WHOLES: usize = 64;

/// Makes the creating steps of a state at the finest grain: in order of kind, columns in their positions, partitions after
/// their tables.
fn creating_steps<T: Text + Ord + serde::Serialize>(model: &Model<T>) -> Vec<Step> {
    // A partition that a server has described is made as a table by itself and attached: all that it has from its table
    // keeps the names that it has there. So is a table that inherits, where it was attached.
    let attached = &|own: &Address| {
        let Some(parts) = model.inherited.get(own) else {
            return false;
        };
        let mut columns = parts.objects.keys();
        let of_its_own = |column: &Address| parts.own.contains(column);
        let all_own = columns.all(|own| own.kind() != Kind::Column || of_its_own(own));
        !parts.objects.is_empty() && (model.partitioned(own).is_some() || all_own)
    };
    let called = called_by_partitions(model, attached);
    // The key of a table that inherits comes after it, or the NOT NULLs of the key would get names of their own; one that partitions call
    // by names of theirs, after those.
    let rank_of = |address: &Address, unit: &Address| {
        let kind = address.kind();
        let of_child = kind == Kind::PrimaryKey
            && model.partitioned(unit).is_none()
            && !model.parents(unit).is_empty();
        let comes_after = of_child
            || called
                .iter()
                .any(|own| own.whole == *address || own.address == *address);
        if is_folded(kind) && !comes_after {
            Kind::Table
        } else {
            kind
        }
    };
    let depth = |unit: &Address| model.above(unit).len();
    // Of equal indexes of a partition, the first one becomes a part of that of its table: one of its own comes after those.
    let own_depth = |address: &Address, object: &Object<T>| {
        if let Object::Index(own) = object {
            OF_WHOLES + depth(&own.table_address(address))
        } else {
            OF_WHOLES
        }
    };
    let mut order: Vec<(Rank, Object<T>)> = Vec::new();
    let mut put =
        |unit: Address, at: usize, address: &Address, position: u16, object: Object<T>| {
            let kind = address.kind();
            let rank = rank_of(address, &unit);
            let depth = if rank == Kind::Table {
                depth(&unit)
            } else {
                at
            };
            let place = (rank, depth, unit, kind, position, address.clone());
            order.push((place, object));
        };
    for (address, object) in model.objects.iter().filter(|(own, _)| !is_given(own)) {
        let known = model.position.get(&address.column());
        let position = known.or_else(|| model.position.get(address));
        let position = position.copied().unwrap_or(0);
        let mut object = model.said_when_made(object);
        if let Object::Table(own) = &mut object
            && attached(address)
        {
            own.stands_alone();
        }
        let at = own_depth(address, &object);
        put(model.unit_of(address), at, address, position, object);
    }
    for own in &called {
        let at = OF_WHOLES.saturating_sub(depth(&own.partition));
        put(
            own.partition.clone(),
            at,
            &own.address,
            own.position,
            own.object.clone(),
        );
    }
    let mut after: Vec<Step> = Vec::new();
    let mut with_names: BTreeMap<&Address, Vec<Step>> = BTreeMap::new();
    let called_otherwise = |address: &Address, own: &Table<T>| {
        own.partition_of.is_some() && !own.not_null_names.is_empty() && !attached(address)
    };
    for (table, own) in &model.inherited {
        let attached = attached(table);
        for (address, object) in &own.objects {
            // What the table has of its own as well is said in its CREATE TABLE, a column with all of its parts; what it has
            // otherwise than its parents comes after it.
            let column = address.column();
            let said = if own.objects.contains_key(&column) {
                own.own.contains(&column)
            } else {
                own.own.contains(address)
            };
            let named = (!attached && !said).then(|| named_not_null(model, table, address, object));
            if let Some(statement) = named.flatten() {
                let step = Step::run(address, statement, "");
                with_names.entry(table).or_default().push(step);
            } else if attached || said {
                let position = own.position.get(&column).copied().unwrap_or(0);
                put(table.clone(), OF_WHOLES, address, position, object.clone());
            } else if differs(model, table, address) {
                after.push(Step::run(address, made(address, object), ""));
            }
        }
        if !attached && !model.parents(table).is_empty() {
            after.extend(without_defaults(model, table).iter().map(|column| {
                let statement = ddl::table::drop_default(column);
                Step::run(&column.with_kind(Kind::Default), statement, "")
            }));
        }
    }
    // They speak of columns that the CREATE TABLE before them does not list.
    for step in &mut after {
        if let Act::Statement(statement) = &mut step.does {
            statement.part = None;
        }
    }
    order.sort_by(|(a, _), (b, _)| a.cmp(b));
    // It comes with privileges for everybody; what is said of them begins from none.
    let public = model.objects.keys().filter(|address| is_given(address));
    let closed =
        public.map(|own| Step::run(own, ddl::table::close_schema(own, &Default::default()), ""));
    let mut steps: Vec<Step> = closed.collect();
    // What the applier owns has no owner said, and this has one from the beginning.
    let public = model.objects.keys().filter(|address| is_given(address));
    let unsaid = public.filter(|own| !model.objects.contains_key(&Address::owner_of(own)));
    steps.extend(unsaid.map(|own| Step::run(own, ddl::privilege::set_own(own), "")));
    let mut attaching: Vec<Step> = Vec::new();
    let mut alone: Vec<Step> = Vec::new();
    let mut joined: Vec<(usize, Step)> = Vec::new();
    for (address, object) in model.objects.iter().filter(|(own, _)| attached(own)) {
        let Object::Table(own) = object else {
            continue;
        };
        let of = own.partition_of.iter();
        let attached = of.map(|of| ddl::partition::attach(address, of));
        let inherits = own.inherits_from();
        let inherits = inherits.map(|own| ddl::partition::inherit(address, &own));
        let depth = model.above(address).len();
        let steps = attached.chain(inherits);
        joined.extend(steps.map(|own| (depth, Step::run(address, own, ""))));
    }
    // What a table below is to have, those above have first.
    joined.sort_by_key(|(depth, _)| *depth);
    attaching.extend(joined.into_iter().map(|(_, step)| step));
    for ((rank, _, _, _, _, address), object) in order {
        if rank > Kind::Table {
            steps.append(&mut after);
        }
        // Keys and indexes of both sides are there by now: those that are equal are taken for one.
        if rank > Kind::ForeignKey {
            steps.append(&mut attaching);
        }
        let rest = ddl::left_by_create(&object).into_iter();
        let rest = rest.filter_map(|alteration| ddl::alter(&address, &alteration, &object));
        let rest: Vec<ddl::Statement> = rest.collect();
        // One that its partitions do not have is made last, when it is not made in them as well.
        if let Object::Index(own) = &object
            && own.validity == Validity::NotValid
            && model.is_partitioned(&own.table_address(&address))
        {
            let statement = ddl::index::create(&address, own, ddl::index::Way::Only);
            alone.push(Step::run(&address, statement, ""));
            continue;
        }
        // What it calls its NOT NULLs is settled before it is attached.
        if let Object::Table(own) = &object
            && called_otherwise(&address, own)
            && let Some(of) = &own.partition_of
        {
            let create = ddl::partition::create_like(&address, own, of);
            let names =
                ddl::partition::call_not_nulls(&address, &model.not_nulls_of_partition(&address));
            let attach = ddl::partition::attach(&address, of);
            let all = [create].into_iter().chain(names).chain([attach]);
            let all = all.chain(rest);
            steps.extend(all.map(|statement| Step::run(&address, statement, "")));
            continue;
        }
        // What speaks of tables comes after them; what runs at DDL commands, when there are no more.
        let own = [made(&address, &object)].into_iter().chain(rest);
        if matches!(rank, Kind::Defined(own) if own.comes_last()) {
            alone.extend(own.map(|statement| Step::run(&address, statement, "")));
            continue;
        }
        steps.extend(own.map(|statement| Step::run(&address, statement, "")));
        if address.kind() == Kind::Table {
            steps.extend(with_names.remove(&address).unwrap_or_default());
        }
    }
    steps.append(&mut after);
    steps.append(&mut attaching);
    steps.append(&mut alone);
    steps.extend(super::settings::settings_below(model));
    steps
}

/// An index or key of a partition under the name that is asked for: made before that of its table, it becomes a part of it.
struct Called<T> {
    partition: Address,
    whole: Address,
    address: Address,
    position: u16,
    object: Object<T>,
}

/// Returns what partitions call by names of theirs, but for those that are attached with all that they have.
fn called_by_partitions<T: Text + Ord + serde::Serialize>(
    model: &Model<T>,
    attached: impl Fn(&Address) -> bool,
) -> Vec<Called<T>> {
    let mut called = Vec::new();
    for (partition, object) in &model.objects {
        let Object::Table(table) = object else {
            continue;
        };
        if table.index_names.is_empty() || attached(partition) {
            continue;
        }
        // Of equal ones, those of partitions come in the order of those of their table.
        for ((whole, name), position) in model.index_names_of(partition).into_iter().zip(0..) {
            if let Some((address, object)) = model.as_of_partition(whole, partition, name) {
                called.push(Called {
                    partition: partition.clone(),
                    whole: whole.clone(),
                    address,
                    position,
                    object,
                });
            }
        }
    }
    called
}

/// Makes an object; a NOT NULL with the name that it has.
fn made<T: Text>(address: &Address, object: &Object<T>) -> ddl::Statement {
    if let Object::NotNull(own) = object {
        ddl::table::set_named_not_null(&address.column(), own)
    } else {
        ddl::create(address, object)
    }
}

/// Says whether a table has a part otherwise than the tables that hand it down: a default, settings or a NOT NULL name of its own.
fn differs<T: Text + Ord + serde::Serialize>(
    model: &Model<T>,
    table: &Address,
    part: &Address,
) -> bool {
    let Some(own) = model.inherited.get(table) else {
        return false;
    };
    let is_said = matches!(part.kind(), Kind::Comment | Kind::Grant);
    let of_column = matches!(
        part.kind(),
        Kind::Default | Kind::NotNull | Kind::ColumnSettings
    );
    let above = model.above(table).into_iter();
    let mut above = above.map(|whole| whole.part(part.kind(), part.name()));
    let there = above.find_map(|own| model.objects.get(&own));
    // A NOT NULL has the name of the one above, whatever name it is given.
    let is_new = part.kind() != Kind::NotNull || there.is_none();
    is_said || of_column && is_new && there != own.objects.get(part)
}

/// Names the NOT NULL that a table, which inherits, has of a column above, where that is called otherwise there, as the server does for
/// a key of its own: said later, it would have the name of the one above (18 and later).
fn named_not_null<T: Text + Ord + serde::Serialize>(
    model: &Model<T>,
    table: &Address,
    part: &Address,
    object: &Object<T>,
) -> Option<ddl::Statement> {
    let Object::NotNull(NotNull {
        name: Some(name), ..
    }) = object
    else {
        return None;
    };
    let above = model.above(table).into_iter();
    let mut above =
        above.filter_map(|whole| model.objects.get(&whole.part(Kind::NotNull, part.name())));
    let differs =
        above.all(|own| !matches!(own, Object::NotNull(own) if own.name.as_ref() == Some(name)));
    let is_child = model.partitioned(table).is_none();
    (is_child && differs).then(|| ddl::table::not_null_of_inherited(part, name))
}

/// Returns the columns whose default a table has lost, while the tables that hand them down have one.
fn without_defaults<T: Text + Ord + serde::Serialize>(
    model: &Model<T>,
    table: &Address,
) -> Vec<Address> {
    let Some(own) = model.inherited.get(table) else {
        return Vec::new();
    };
    let columns = own.objects.keys().filter(|own| own.kind() == Kind::Column);
    let lost = columns.filter(|column| {
        let mut above = model.above(table).into_iter();
        let has_one = above.any(|whole| {
            let there = whole.part(Kind::Default, column.name());
            model.objects.contains_key(&there)
        });
        has_one && !own.objects.contains_key(&column.with_kind(Kind::Default))
    });
    lost.cloned().collect()
}

/// What goes into its table's CREATE TABLE.
fn is_folded(kind: Kind) -> bool {
    kind.is_table_element()
}

/// Every database has the schema public.
fn is_given(address: &Address) -> bool {
    address.kind() == Kind::Schema && address.name().as_str() == "public"
}

/// Builds a state in the caller's transaction.
///
/// Tables are tried whole, then at the finest grain; what fails waits for the next round; a round without progress
/// returns every failure left.
pub(super) async fn build<T: Text + Ord + serde::Serialize>(
    connection: &mut PgConnection,
    model: &Model<T>,
) -> Result<Vec<Unbuilt>, ScratchError> {
    let fine = creating_steps(model);
    // What fails in one piece is tried again by its parts, which of privileges nothing here would tell.
    let is_table = |step: &Step| step.address.kind() != Kind::Grant;
    let whole = crate::plan::fold::fold(fine.clone(), is_table);
    // What a server printed in one piece is built in one message.
    if whole.iter().all(|step| lookup(step).is_empty()) {
        let statements: Vec<Sql> = whole
            .iter()
            .filter_map(|step| Some(step.statement()?.sql.clone()))
            .collect();
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        // By itself: a message that the server cannot parse does nothing, not even this.
        plain(&mut *connection, "SAVEPOINT build").await?;
        let message = Sql::empty()
            .separated(&statements, ";\n")
            .glue("; RELEASE SAVEPOINT build");
        match sqlx::raw_sql(AssertSqlSafe(message.executable()))
            .execute(&mut *connection)
            .await
        {
            Ok(_) => return Ok(Vec::new()),
            Err(error) if error.as_database_error().is_none() => return Err(error.into()),
            Err(_) => plain(connection, "ROLLBACK TO SAVEPOINT build").await?,
        }
    }
    let mut waiting: Vec<Step> = Vec::new();
    for step in whole {
        if attempt(connection, &step).await?.is_some() {
            let folded = !fine.contains(&step);
            let parts = fine.iter().filter(|own| {
                if folded {
                    covers(&step, own)
                } else {
                    **own == step
                }
            });
            let parts: Vec<Step> = parts.cloned().collect();
            if folded && model.is_partitioned(&step.address) {
                // The columns of the key have to be there with it.
                let (columns, rest): (Vec<Step>, Vec<Step>) = parts
                    .into_iter()
                    .partition(|own| matches!(own.address.kind(), Kind::Table | Kind::Column));
                waiting.extend(crate::plan::fold::fold(columns, is_table));
                waiting.extend(rest);
            } else {
                waiting.extend(parts);
            }
        }
    }
    loop {
        let mut failures = Vec::new();
        let mut left = Vec::new();
        for step in &waiting {
            if let Some(reason) = attempt(connection, step).await? {
                failures.push(Unbuilt {
                    address: step.address.clone(),
                    reason: too_new(model, &step.address, connection).unwrap_or(reason),
                });
                left.push(step.clone());
            }
        }
        if left.is_empty() {
            return Ok(Vec::new());
        }
        if left.len() == waiting.len() {
            return Ok(failures);
        }
        waiting = left;
    }
}

/// Says what a server does not know yet of an object that it has refused.
fn too_new<T: Text>(
    model: &Model<T>,
    address: &Address,
    connection: &PgConnection,
) -> Option<String> {
    let (major, what) = model.objects.get(address)?.needs_major()?;
    let there = connection.server_version_num()? / 10_000;
    let is_older = there < u32::from(major);
    is_older.then(|| format!("{what} needs PostgreSQL {major}, and the server is {there}"))
}

/// Lets the server look into the bodies of routines, where everything that they may speak of is built.
pub(super) async fn bodies<T: Text + Ord + serde::Serialize>(
    connection: &mut PgConnection,
    model: &Model<T>,
) -> Result<Vec<Unbuilt>, ScratchError> {
    plain(connection, "SET LOCAL check_function_bodies = on").await?;
    let mut unbuilt = Vec::new();
    for (address, object) in &model.objects {
        let statement = if let Object::Function(own) = object {
            ddl::routine::replace(address, own)
        } else if let Object::Procedure(own) = object {
            ddl::routine::replace_procedure(address, own)
        } else {
            continue;
        };
        let why = "its body is looked into";
        if let Some(reason) = attempt(connection, &Step::run(address, statement, why)).await? {
            unbuilt.push(Unbuilt {
                address: address.clone(),
                reason,
            });
        }
    }
    Ok(unbuilt)
}

/// Says whether a folded step stands for this fine one.
fn covers(folded: &Step, fine: &Step) -> bool {
    folded.address == fine.address
        || (folded.address.kind() == Kind::Table
            && is_folded(fine.address.kind())
            && fine.address.table() == folded.address)
}

fn lookup(step: &Step) -> &[crate::model::Name] {
    step.statement().map_or(&[], |statement| &statement.lookup)
}

/// Tries one statement under a savepoint; returns what the server said against it.
///
/// What a person wrote travels by the extended protocol, which takes one statement and no more.
async fn attempt(
    connection: &mut PgConnection,
    step: &Step,
) -> Result<Option<String>, ScratchError> {
    let Some(statement) = step.statement() else {
        return Ok(None);
    };
    let path =
        Sql::new("SAVEPOINT object; SET LOCAL search_path =").name_sequence(&statement.lookup);
    sqlx::raw_sql(AssertSqlSafe(path.executable()))
        .execute(&mut *connection)
        .await?;
    let outcome = sqlx::query(AssertSqlSafe(statement.sql.executable()))
        .persistent(false)
        .execute(&mut *connection)
        .await;
    match outcome {
        Ok(_) => {
            plain(
                connection,
                "RELEASE SAVEPOINT object; SET LOCAL search_path = ''",
            )
            .await?;
            Ok(None)
        }
        Err(error) if error.as_database_error().is_none() => Err(error.into()),
        Err(error) => {
            plain(connection, "ROLLBACK TO SAVEPOINT object").await?;
            Ok(Some(describe(&error)))
        }
    }
}

async fn plain(connection: &mut PgConnection, sql: &'static str) -> Result<(), ScratchError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

/// Begins the transaction in which a state is built, read, and rolled back.
pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), ScratchError> {
    plain(connection, "BEGIN").await
}

/// Throws away what was built.
pub(super) async fn rollback(connection: &mut PgConnection) -> Result<(), ScratchError> {
    plain(connection, "ROLLBACK").await
}

/// Builds a state, or fails with everything that could not be built.
pub(super) async fn build_all<T: Text + Ord + serde::Serialize>(
    connection: &mut PgConnection,
    model: &Model<T>,
    side: &'static str,
) -> Result<(), ScratchError> {
    let unbuilt = build(connection, model).await?;
    if unbuilt.is_empty() {
        Ok(())
    } else {
        Err(ScratchError::Unbuilt { side, unbuilt })
    }
}
