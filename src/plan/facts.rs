//! Hazards, computed from facts on the steps: lock, scan, rewrite, loss, size.

use std::collections::{BTreeMap, BTreeSet};

use super::hazard::{Finding, Hazard};
use super::identity::Question;
use super::publication;
use super::rewrite::{Context, ENTRIES, is_search};
use super::role;
use super::sentence::made;
use super::stage::Stage;
use super::step::{Act, Backfill, Effect, LedgerChange, Reversal, Step};
use crate::ddl::{LockMode, Work};
use crate::diff::Changes;
use crate::model::{
    APPLIER, Address, DISINHERITS, Defined, Enabled, Event, Expression, Grant, Kind, Model, Moves,
    Name, Object, PARTITION_OF, RETIRED_PREFIX, Retired, SizeClass, Text as _, View, Why,
    spoken_role,
};

/// Finds what a reviewer must see, in the order of the steps.
pub(crate) fn findings(
    stages: &[Stage],
    cx: &Context<'_>,
    questions: &[Question],
    taken_in: &BTreeSet<Address>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for question in questions {
        found.push(stopping(
            Hazard::PossibleRename,
            &question.address,
            question.because.clone(),
        ));
    }
    for address in taken_in {
        let because = format!("{address} was never declared by this project and goes out of use");
        found.push(stopping(Hazard::RetiresUnmanaged, address, because));
    }
    for stage in stages {
        let mut held: BTreeMap<Address, LockMode> = BTreeMap::new();
        for step in &stage.steps {
            for (relation, mode) in step.statement().map(|own| &own.locks).into_iter().flatten() {
                let strongest = held.entry(relation.clone()).or_insert(*mode);
                *strongest = (*strongest).max(*mode);
            }
            of_step(step, cx, &mut found);
            of_work(step, &held, cx, &mut found);
        }
    }
    // What the plan makes again is stale no more, and what it builds again beside itself for as long as that takes.
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    let effects = steps.flat_map(|step| &step.effects);
    let (mut made, mut built) = (BTreeSet::new(), BTreeSet::new());
    for effect in effects {
        if let Effect::Creates(own) = effect {
            made.insert(own);
        } else if let Effect::Alters(own, attribute) = effect
            && attribute == ENTRIES
        {
            built.insert(own);
        }
    }
    let mut seen = BTreeSet::new();
    found.retain_mut(|own| {
        if own.hazard == Hazard::StaleIndex && built.contains(&own.address) {
            own.because.push_str(" until it is built again");
        }
        let is_made = own.hazard == Hazard::StaleIndex && made.contains(&own.address);
        !is_made && seen.insert(own.clone())
    });
    found
}

/// Returns what the stages destroy or convert for good, under the names from before: there a way back brings no values.
pub(crate) fn gives_up(stages: &[Stage], moves: &Moves) -> BTreeSet<Address> {
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    steps
        .filter(|step| step.reversal != Reversal::Full)
        .flat_map(|step| &step.effects)
        .filter_map(|effect| match effect {
            Effect::Drops(address) | Effect::Alters(address, _) => Some(moves.carry_back(address)),
            Effect::Creates(_) | Effect::Uses(_) | Effect::Reads(_) | Effect::Moves(_) => None,
        })
        .collect()
}

/// What was destroyed held the values of a column that has to be filled on the way back.
pub(crate) fn irreversible(column: &Address) -> Finding {
    let because = format!("there is no way back: nothing could fill {column} then");
    stopping(Hazard::Irreversible, column, because)
}

/// Tells that a plan has no way back, as a type would have to become another one on it and others are made of the type.
pub(crate) fn no_way_back(own: &Address, user: &Address) -> Finding {
    let because = format!(
        "there is no way back: on it {own} would become another one, and {user} is made of it"
    );
    stopping(Hazard::Irreversible, own, because)
}

/// Tells that a plan has no way back, as a partition could not leave its table.
pub(crate) fn stays(partition: &Address, trigger: &Address) -> Finding {
    let because = format!(
        "there is no way back: on it {partition} would leave its table, and keep {trigger} for good"
    );
    stopping(Hazard::Irreversible, partition, because)
}

fn stopping(hazard: Hazard, address: &Address, because: String) -> Finding {
    Finding {
        hazard,
        address: address.clone(),
        because,
        stops: !hazard.is_only_told(false),
    }
}

fn of_step(step: &Step, cx: &Context<'_>, found: &mut Vec<Finding>) {
    match &step.does {
        // Another one of its name holds what it held.
        Act::Ledger(LedgerChange::Retire(Retired { was, .. }))
            if cx.level.shadows.contains_key(was) =>
        {
            let because = format!(
                "{} stands after the other columns from then on, and the former one stays: SELECT * shows both, INSERT without a list of columns meets that in its place, and what selects it has to be prepared anew",
                was.dotted()
            );
            found.push(stopping(Hazard::BreaksClients, was, because));
        }
        Act::Ledger(LedgerChange::Retire(Retired { was, .. })) => {
            let kept = if was.kind() == Kind::Column {
                "its values stay in the table under a reserved name"
            } else if was.kind() == Kind::Sequence {
                "it keeps its position in a schema of its own"
            } else if was.kind().is_held_with_columns() || was.kind() == Kind::Function {
                "it is kept in a schema of its own"
            } else {
                "its rows are kept in a schema of their own"
            };
            let because = format!("{was} goes out of use: {kept} until `purge`");
            found.push(stopping(Hazard::RetiresData, was, because));
            let because = if cx.level.desired.objects.contains_key(was) {
                format!("{} is made anew, and holds none of its rows", was.dotted())
            } else if was.kind() == Kind::Column {
                format!(
                    "statements that name {} fail; SELECT * still returns its values",
                    was.dotted()
                )
            } else {
                format!("statements that name {} fail", was.dotted())
            };
            found.push(stopping(Hazard::BreaksClients, was, because));
        }
        // A type or collation comes back with what is made of it.
        Act::Ledger(LedgerChange::Release(place))
            if place.kind().is_held_with_columns() || place.kind() == Kind::Function => {}
        Act::Ledger(LedgerChange::Release(place)) => {
            let is_swapped = |own: &&Retired| !cx.level.shadows.contains_key(&own.was);
            let row = cx.level.ledger.iter().find(|row| row.place == *place);
            if let Some(row) = row.filter(is_swapped) {
                let kept = if row.was.kind() == Kind::Sequence {
                    "the position"
                } else if row.was.kind() == Kind::Column {
                    "the values"
                } else {
                    "the rows"
                };
                let because = format!(
                    "{} comes back with {kept} it had when it was set aside",
                    row.was
                );
                found.push(stopping(Hazard::RevivesRows, &row.was, because));
            }
        }
        Act::Ledger(LedgerChange::Rewrite { .. }) | Act::Complete(_) => {}
        Act::Backfill(own) => fires_triggers(own, cx, found),
        Act::Statement(_) => {
            let renamed = step
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Moves(own) if own.why == Why::Renamed));
            // No statement names a policy or a rule.
            if renamed && !matches!(step.address.kind(), Kind::Policy | Kind::Rule) {
                let because = format!(
                    "statements that use the former name of {} fail",
                    step.address
                );
                found.push(stopping(Hazard::BreaksClients, &step.address, because));
            }
            if step.reversal != Reversal::Full && step.effects.iter().any(is_drop_of_data) {
                let because = format!("{} is dropped with what it holds", step.address);
                found.push(stopping(Hazard::LosesData, &step.address, because));
            }
            for effect in &step.effects {
                if let Effect::Drops(own) = effect
                    && own.kind() == Kind::Defined(Defined::UserMapping)
                {
                    let because = "a password that it holds is known to nobody else: it comes back without one";
                    found.push(stopping(Hazard::LosesData, own, because.to_owned()));
                }
                if let Some((hazard, own, because)) = role::told(effect, cx) {
                    found.push(stopping(hazard, &own, because));
                }
                if let Effect::Alters(address, attribute) = effect {
                    match attribute.as_str() {
                        "type" => guesses_time_zone(address, cx, found),
                        "definition" | "options" | "mappings" => goes_stale(address, cx, found),
                        PARTITION_OF | DISINHERITS => shows_less(address, cx, found),
                        _ => {}
                    }
                }
                for (own, because) in publication::told(effect, cx) {
                    found.push(stopping(Hazard::BreaksClients, &own, because));
                }
                if let Some((unit, because)) = privilege_change(effect, cx) {
                    found.push(stopping(Hazard::PrivilegeChange, &unit, because));
                }
                if let Effect::Drops(address) = effect
                    && is_named_by_clients(address, cx)
                {
                    let because = format!("statements that name {} fail", address.dotted());
                    found.push(stopping(Hazard::BreaksClients, address, because));
                }
            }
            // One that is made again, or stood aside for a while, leaves nobody without.
            let is_missed = !cx.level.desired.objects.contains_key(&step.address)
                && !step.address.name().is_reserved();
            if step.address.kind() == Kind::Index
                && is_missed
                && step
                    .effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::Drops(_)))
            {
                let because = format!("queries that lean on {} get slower", step.address.dotted());
                found.push(stopping(Hazard::IndexDropped, &step.address, because));
            }
        }
    }
}

/// A table that is no partition any more, or inherits no more, is not read with the whole.
fn shows_less(table: &Address, cx: &Context<'_>, found: &mut Vec<Finding>) {
    let stays = cx.level.desired.parents(table);
    let parents = cx.level.current.parents(table).into_iter();
    let was = cx.level.moves.carry_back(table);
    // A parent that is set aside is told of by itself.
    let in_use = |own: &Address| !own.schema_name().as_str().starts_with(RETIRED_PREFIX);
    for parent in parents.filter(|own| !stays.contains(own) && in_use(own)) {
        let and = if cx.level.current.is_partitioned(&parent) {
            ", and takes none that belonged there"
        } else {
            ""
        };
        let because = format!(
            "{} no longer shows the rows of {}{and}",
            parent.dotted(),
            was.dotted()
        );
        found.push(stopping(Hazard::BreaksClients, &was, because));
    }
}

/// Names the triggers that every batch fires: what they do is done, and no way back undoes it.
fn fires_triggers(own: &Backfill, cx: &Context<'_>, found: &mut Vec<Finding>) {
    // A trigger of a partitioned table fires for the rows of its partitions.
    let whole = own.column.table();
    let whole = Some(whole).filter(|whole| *whole != own.table && cx.is_partitioned(whole));
    let whole = whole.as_ref().map(|whole| cx.level.current.below(whole));
    let own_table = cx.level.current.below(&own.table);
    for (address, object) in own_table.chain(whole.into_iter().flatten()) {
        if let Object::Rule(rule) = object
            && rule.event == Event::Update
            && (rule.enabled == Enabled::Always
                || rule.enabled == Enabled::Origin && !own.skips_triggers)
            && rule.relation(address) == own.table
        {
            let because = format!("{address} is carried out for the rows that are filled");
            found.push(stopping(Hazard::FiresTriggers, address, because));
        }
        let Object::Trigger(trigger) = object else {
            continue;
        };
        let is_on = trigger.enabled == Enabled::Always
            || trigger.enabled == Enabled::Origin && !own.skips_triggers;
        let fires = trigger.events.contains(&Event::Update)
            && is_on
            && (trigger.update_of.is_empty() || trigger.update_of.contains(own.column.name()));
        if fires {
            let because = format!("{address} fires for the rows that are filled");
            found.push(stopping(Hazard::FiresTriggers, address, because));
        }
    }
}

/// A time without a zone is taken for one of the session's zone, or becomes one: the tool's sessions stand at UTC.
fn guesses_time_zone(column: &Address, cx: &Context<'_>, found: &mut Vec<Finding>) {
    let sides = [&cx.level.current, &cx.level.desired].map(|side| side.objects.get(column));
    let [Some(Object::Column(from)), Some(Object::Column(to))] = sides else {
        return;
    };
    let zoned = |text: &str| text.ends_with("with time zone");
    let unzoned = |text: &str| text == "date" || text.ends_with("without time zone");
    let (from, to) = (from.type_name.sql(), to.type_name.sql());
    let guesses = zoned(from) && unzoned(to) || unzoned(from) && zoned(to);
    if guesses && !cx.level.intent.using.contains_key(column) {
        let because = format!(
            "{column} goes from {from} to {to}, with UTC for the time zone; `using` with AT TIME ZONE says another one"
        );
        found.push(stopping(Hazard::GuessesTimeZone, column, because));
    }
}

/// Says what a reviewer must see of columns that become ones of another type by a column beside them.
pub(crate) fn of_types(changes: &Changes, cx: &Context<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (column, _) in changes.0.keys() {
        guesses_time_zone(column, cx, &mut found);
    }
    found
}

/// Names what was made with a function before it changed: the server makes none of it anew.
fn goes_stale(function: &Address, cx: &Context<'_>, found: &mut Vec<Finding>) {
    if function.kind() != Kind::Function && !is_search(function) {
        return;
    }
    let needed_by = cx.level.desired.needed_by();
    for own in needed_by.get(function).into_iter().flatten() {
        // What a configuration makes of a text is what its dictionaries make of it.
        if is_search(own) {
            goes_stale(own, cx, found);
            continue;
        }
        let stood = cx.level.current.needs_of(own).contains(function);
        let keeps = match cx.level.desired.objects.get(own) {
            Some(Object::Index(_) | Object::Exclusion(_)) => "entries",
            Some(Object::Column(column)) if column.generated.is_some() && !column.is_virtual => {
                "values"
            }
            Some(Object::Check(_) | Object::DomainCheck(_)) => "verdict on existing rows",
            Some(Object::Policy(_)) => {
                let table = own.table();
                let because =
                    format!("who sees and writes which rows of {table} may change with {function}");
                found.push(stopping(Hazard::PrivilegeChange, &table, because));
                continue;
            }
            _ => continue,
        };
        if stood {
            let because = format!("{own} keeps the {keeps} that it has from {function} as it was");
            found.push(stopping(Hazard::StaleIndex, own, because));
        }
    }
}

/// Says whether a step gives something to whoever carries it out.
pub(crate) fn means_applier(step: &Step) -> bool {
    let applier = Name::new(APPLIER);
    let names_it = |own: &Address| {
        let is_privilege = matches!(own.kind(), Kind::Grant | Kind::DefaultPrivilege);
        let is_given = own.path().iter().rev().nth(1) == Some(&applier);
        is_privilege && is_given || own.default_role() == Some(&applier)
    };
    step.effects.iter().any(|effect| match effect {
        Effect::Creates(own) | Effect::Alters(own, _) => names_it(own),
        Effect::Drops(own) => own.kind() == Kind::Owner || names_it(own),
        Effect::Uses(_) | Effect::Reads(_) | Effect::Moves(_) => false,
    })
}

/// Says who may do more or less than before with which object: a grant, an owner, a policy. Of what is new, and of what is
/// set aside, nobody could do anything, or can.
fn privilege_change(effect: &Effect, cx: &Context<'_>) -> Option<(Address, String)> {
    let address = effect.touched()?;
    let [from, to] = [&cx.level.current, &cx.level.desired].map(|own| own.objects.get(address));
    let makes = matches!(effect, Effect::Alters(..) | Effect::Creates(_));
    if let (true, Some(Object::View(from)), Some(Object::View(to))) = (makes, from, to) {
        return whose_privileges(from, to).map(|because| (address.clone(), because));
    }
    if let Some(list) = address.default_list()
        && from != to
    {
        let what = gets_or_loses(from, to, address);
        let because = format!("{what} {}", made(&list));
        return Some((list, because));
    }
    let is_said = matches!(
        address.kind(),
        Kind::Grant | Kind::Owner | Kind::RowSecurity | Kind::Policy
    );
    if !is_said || from == to || address.path().iter().any(Name::is_reserved) {
        return None;
    }
    let unit = match address.target() {
        Some(target) => target.lists_privileges(),
        None => address.table(),
    };
    let stays = |own: &Model<Expression>| own.objects.contains_key(&unit);
    if !stays(&cx.level.current) || !stays(&cx.level.desired) {
        return None;
    }
    let because = match (to, address.path()) {
        (Some(Object::Owner(own)), _) => format!("{unit} belongs to {}", own.role),
        (None, _) if address.kind() == Kind::Owner => {
            format!("{unit} belongs to whoever applies")
        }
        (_, [.., role, privilege]) if address.kind() == Kind::Grant => {
            let target = address.target()?;
            let owner = cx.level.desired.objects.get(&Address::owner_of(&unit));
            let on_whole = Address::privilege_on(&unit, role, privilege);
            let has_whole = unit != target && cx.level.desired.objects.contains_key(&on_whole);
            // Whoever became the owner has it anyway, and who has it on the whole table has it on every column.
            let is_taken = [from, to]
                .iter()
                .any(|own| matches!(own, Some(Object::Grant(Grant::Taken))));
            let owns = matches!(owner, Some(Object::Owner(own)) if own.role == *role);
            if owns && !is_taken || has_whole {
                return None;
            }
            format!("{} {target}", gets_or_loses(from, to, address))
        }
        _ => format!("who sees and writes which rows of {unit} changes"),
    };
    Some((unit, because))
}

/// Says what becomes of a privilege, up to what it is on.
fn gets_or_loses(
    from: Option<&Object<Expression>>,
    to: Option<&Object<Expression>>,
    address: &Address,
) -> String {
    let what = match (held(from, to), held(to, from)) {
        (Holding::Not, _) => "gets",
        (_, Holding::Not) => "loses",
        (Holding::Plain, _) => "may pass on",
        (Holding::Grantable, _) => "may no longer pass on",
    };
    let role = address.path().iter().rev().nth(1);
    let role = role.map(spoken_role).unwrap_or_default();
    format!("{role} {what} {} on", address.name().as_str())
}

/// Says whose privileges count below a view from now on, where that changes (manual section 39.5).
fn whose_privileges(from: &View<Expression>, to: &View<Expression>) -> Option<String> {
    let asks_caller = |own: &View<Expression>| {
        let option = own.options.get(&Name::new("security_invoker"));
        // As the server's `parse_bool` takes it: the beginning of a word, whatever its case.
        option.is_some_and(|word| {
            let word = word.to_lowercase();
            let begins = |whole: &str| !word.is_empty() && whole.starts_with(&word);
            begins("true") || begins("yes") || word == "on" || word == "1"
        })
    };
    let whose = match (asks_caller(from), asks_caller(to)) {
        (false, true) => "whoever queries it",
        (true, false) => "its owner",
        (true, true) | (false, false) => return None,
    };
    Some(format!(
        "what it reads is read with the privileges of {whose}"
    ))
}

/// How a role holds a privilege.
enum Holding {
    Not,
    Plain,
    Grantable,
}

/// Says how a privilege is held on one side, with a look at the other: what is not said is as the server gives it by itself.
fn held(own: Option<&Object<Expression>>, other: Option<&Object<Expression>>) -> Holding {
    let taken = |own: Option<&Object<Expression>>| {
        let taken = Grant::Taken;
        matches!(own, Some(Object::Grant(how) | Object::DefaultPrivilege(how)) if *how == taken)
    };
    match own {
        Some(Object::Grant(Grant::Grantable) | Object::DefaultPrivilege(Grant::Grantable)) => {
            Holding::Grantable
        }
        Some(_) if !taken(own) => Holding::Plain,
        None if taken(other) => Holding::Plain,
        Some(_) | None => Holding::Not,
    }
}

/// Says whether statements of clients may name what goes for good: a trigger's function is called by none.
fn is_named_by_clients(address: &Address, cx: &Context<'_>) -> bool {
    if cx.level.desired.objects.contains_key(address) || address.name().is_reserved() {
        return false;
    }
    if let Some(Object::Function(own)) = cx.level.current.objects.get(address) {
        let returns = own.returns.as_ref().map(|own| own.sql());
        return !matches!(returns, Some("trigger" | "event_trigger"));
    }
    // A table or column that is dropped is told as what it loses; the rows of a foreign one are elsewhere.
    let is_foreign = cx.level.current.is_foreign(&address.table());
    if matches!(address.kind(), Kind::Table | Kind::Column) {
        is_foreign
    } else if address.kind() == Kind::Defined(Defined::Publication) || address.is_of_server() {
        false
    } else {
        address.kind().is_top_level()
    }
}

/// Says what every row is read or written for, and who waits meanwhile: what counts is the strongest lock that the stage
/// holds by then, on whatever relation.
fn of_work(
    step: &Step,
    held: &BTreeMap<Address, LockMode>,
    cx: &Context<'_>,
    found: &mut Vec<Finding>,
) {
    let Some(statement) = step.statement() else {
        return;
    };
    let (hazard, done, work) = match statement.work {
        Work::TableRewrite => (Hazard::TableRewrite, "is written anew", "is written anew"),
        Work::Scan => (Hazard::LongScan, "is read", "is read"),
        Work::IndexBuild => (Hazard::IndexBuild, "", "is indexed"),
        Work::Catalog => return,
    };
    if step.fills_view() {
        let read = statement.locks.iter();
        for (relation, _) in read.filter(|(_, mode)| **mode == LockMode::AccessShare) {
            found.push(Finding {
                hazard: Hazard::LongScan,
                address: relation.clone(),
                because: format!(
                    "every row of {} is read to fill a materialized view",
                    relation.dotted()
                ),
                stops: false,
            });
        }
    }
    for worked in &worked(step, cx) {
        // What it is filled from takes the time, whatever it comes to.
        let read = statement.locks.keys().filter(|_| step.fills_view());
        let classes = read.map(|own| cx.class(own)).chain([cx.class(worked)]);
        let class = classes.max().unwrap_or(SizeClass::Empty);
        if class == SizeClass::Empty || step.fills_view() && cx.is_new(worked) {
            continue;
        }
        let small = class == SizeClass::Small;
        let mut tell = |hazard: Hazard, relation: &Address, because: String| {
            found.push(Finding {
                hazard,
                address: relation.clone(),
                because,
                stops: !hazard.is_only_told(small),
            });
        };
        let name = worked.dotted();
        let because = if hazard == Hazard::IndexBuild {
            format!("an index is built on {name}")
        } else {
            format!("every row of {name} {done}")
        };
        tell(hazard, worked, because);
        let told = held.iter().filter(|(own, mode)| {
            // Whoever waits for a partitioned table waits for its partitions.
            let mut above = above(own, cx).into_iter();
            let is_told = above.any(|own| held.get(&own).is_some_and(|held| held >= *mode));
            !cx.is_new(own) && !is_told
        });
        for (relation, mode) in told {
            let whose = if relation == worked {
                String::new()
            } else {
                format!(" of {}", relation.dotted())
            };
            if mode.blocks_reads() {
                let because = format!("readers{whose} wait while {name} {work}");
                tell(Hazard::BlocksReads, relation, because);
            }
            if mode.blocks_writes() {
                let because = format!("writers{whose} wait while {name} {work}");
                tell(Hazard::BlocksWrites, relation, because);
            }
        }
    }
}

/// Returns the relations whose rows a statement works on: of a partitioned table, that stands for its partitions.
fn worked(step: &Step, cx: &Context<'_>) -> Vec<Address> {
    let attaches = |effect: &Effect| matches!(effect, Effect::Alters(own, attribute) if *own == step.address && attribute == PARTITION_OF);
    if step.effects.iter().any(attaches) {
        let parent = cx.level.desired.partitioned(&step.address);
        let other = parent.and_then(|own| cx.level.current.default_partition(&own));
        let own = [step.address.clone()].into_iter().chain(other);
        return own.filter(|own| !cx.is_new(own)).collect();
    }
    let all = step.works_on();
    let is_part = |own: &Address| above(own, cx).iter().any(|above| all.contains(&above));
    let own = all.iter().filter(|own| !is_part(own));
    own.map(|own| (*own).clone()).collect()
}

/// Returns the partitioned tables that a table is a partition of.
fn above(table: &Address, cx: &Context<'_>) -> Vec<Address> {
    cx.level.current.above(table)
}

fn is_drop_of_data(effect: &Effect) -> bool {
    match effect {
        Effect::Drops(address) => {
            matches!(address.kind(), Kind::Table | Kind::Column | Kind::Sequence)
        }
        Effect::Creates(_)
        | Effect::Alters(..)
        | Effect::Uses(_)
        | Effect::Reads(_)
        | Effect::Moves(_) => false,
    }
}
