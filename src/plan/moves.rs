//! Moves as steps: what scratch executes before it is read, and what a plan executes on the live server.

use std::collections::BTreeSet;

use super::step::{Act, Effect, LedgerChange, Phase, Step};
use crate::ddl::{self, Statement};
use crate::model::{
    Address, Expression, Hash, Kind, Model, Move, Moves, Name, Object, RETIRED_PREFIX, Range,
    Retired, TEMPORARY_PREFIX, Why,
};

/// Makes the steps of every move, one list per move: each list commits as one. `let_in` are the roles whom default privileges let into
/// new schemas.
pub(crate) fn steps(
    moves: &Moves,
    before: &Model<Expression>,
    ledger: &[Retired],
    let_in: &BTreeSet<Name>,
) -> Vec<Vec<Step>> {
    let mut present: BTreeSet<Address> = before.objects.keys().cloned().collect();
    let mut all = Vec::new();
    for at in 0..moves.0.len() {
        let step = &moves.0[at];
        let so_far = Moves(moves.0[..at].to_vec());
        let range = range_at(before, &so_far, &step.from);
        if step.from.kind() == Kind::Range && range.is_none() {
            // A multirange type goes with its range type.
            continue;
        }
        let rows = so_far.ledger(ledger);
        let after = Moves(moves.0[..=at].to_vec()).ledger(ledger);
        let mut own = Vec::new();
        if let Some(schema) = attic_schema(&step.to)
            && !present.contains(&schema)
        {
            let note = "makes the place that holds what is retired";
            own.push(place(
                Step::run(&schema, ddl::table::create_schema(&schema), note),
                step,
            ));
            own.push(place(
                Step::run(
                    &schema,
                    ddl::table::close_schema(&schema, let_in),
                    "and closes it to everybody but its owner",
                ),
                step,
            ));
            present.insert(schema);
        }
        let statements = statements(step, &present, range.as_ref());
        let last = statements.len().saturating_sub(1);
        let locked: Vec<Address> = statements
            .first()
            .map(|own| own.locks.keys().cloned().collect())
            .unwrap_or_default();
        for (number, mut statement) in statements.into_iter().enumerate() {
            // Between two statements it has a name that nobody else sees: what is locked is what it was before.
            if let Some(mode) = statement.locks.values().max().copied() {
                statement.locks = locked.iter().map(|own| (own.clone(), mode)).collect();
            }
            let mut run = place(Step::run(&step.to, statement, why(step)), step);
            if number == last {
                run = run.effect(Effect::Moves(step.clone()));
            }
            own.push(run);
        }
        present = present
            .into_iter()
            .map(|address| step.carry(&address))
            .collect();
        if let Some(schema) = attic_schema(&step.from)
            && !present
                .iter()
                .any(|address| *address != schema && address.is_at_or_below(&schema))
        {
            let note = "nothing is held there any more";
            own.push(place(
                Step::run(&schema, ddl::table::drop_schema(&schema), note),
                step,
            ));
            present.remove(&schema);
        }
        own.extend(
            ledger_changes(&rows, &after, step)
                .into_iter()
                .map(|change| {
                    place(
                        Step {
                            address: step.to.clone(),
                            does: Act::Ledger(change),
                            effects: Vec::new(),
                            why: "keeps the ledger of retired things true".to_owned(),
                            phase: Phase::Expand,
                            reversal: super::step::Reversal::Full,
                        },
                        step,
                    )
                }),
        );
        all.push(own);
    }
    all
}

fn place(step: Step, of: &Move) -> Step {
    let phase = match of.why {
        Why::TakenBack => Phase::Expand,
        Why::Renamed | Why::Retired | Why::LetGo => Phase::Contract,
    };
    step.phase(phase)
}

fn why(step: &Move) -> String {
    match step.why {
        Why::Renamed => format!("{} is {} from now on", step.from, step.to.dotted()),
        Why::Retired => format!("{} is set aside with its contents until `purge`", step.from),
        Why::TakenBack => format!("{} comes back with its contents", step.to),
        Why::LetGo => format!("{} stays where it is when its table leaves", step.from),
    }
}

/// Returns the attic's schema, where a table's address lies in one.
fn attic_schema(address: &Address) -> Option<Address> {
    let kind = address.kind();
    let is_held = matches!(kind, Kind::Table | Kind::Sequence | Kind::Function)
        || kind.is_held_with_columns();
    let in_attic = is_held && address.schema_name().as_str().starts_with(RETIRED_PREFIX);
    in_attic.then(|| address.schema())
}

/// Makes the statements of one move, in a state that holds these objects. What changes schema and name takes two.
fn statements(
    step: &Move,
    present: &BTreeSet<Address>,
    range: Option<&Range<Expression>>,
) -> Vec<Statement> {
    let Move { from, to, why } = step;
    if *why == Why::LetGo {
        return vec![ddl::sequence::set_owned_by(from, None)];
    }
    let other_schema = from.schema_name() != to.schema_name();
    let mut statements = Vec::new();
    let mut at = from.clone();
    match from.kind() {
        Kind::Schema => return vec![ddl::table::rename_schema(from, to.name())],
        Kind::Column => return vec![ddl::table::rename_column(from, to.name())],
        Kind::Enum if from.is_value() => {
            return vec![ddl::types::rename_value(
                &from.whole(),
                from.name(),
                to.name(),
            )];
        }
        Kind::Composite if from.is_value() => {
            return vec![ddl::composite::rename_attribute(
                &from.whole(),
                from.name(),
                to.name(),
            )];
        }
        Kind::Index => return vec![ddl::index::rename(from, to.name())],
        Kind::Unique | Kind::Exclusion | Kind::Check | Kind::ForeignKey => {
            return vec![ddl::constraint::rename(
                &from.table(),
                from.name(),
                to.name(),
            )];
        }
        Kind::DomainCheck => return vec![ddl::domain::rename_check(from, to.name())],
        Kind::Trigger => return vec![ddl::trigger::rename(from, to.name())],
        Kind::Rule => return vec![ddl::rule::rename(from, to.name())],
        Kind::Policy => return vec![ddl::policy::rename(from, to.name())],
        // A sequence that a column owns does not leave its table's schema.
        Kind::Sequence if other_schema && present.contains(&from.with_kind(Kind::OwnedBy)) => {
            statements.push(ddl::sequence::set_owned_by(from, None));
        }
        Kind::Table
        | Kind::View
        | Kind::MaterializedView
        | Kind::Enum
        | Kind::Domain
        | Kind::Composite
        | Kind::Range
        | Kind::Collation
        | Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Sequence => {}
        Kind::Defined(own) if own.is_global() => {
            return vec![ddl::definition::rename(from, to.name())];
        }
        Kind::Defined(_) => {}
        Kind::Extension
        | Kind::OwnedBy
        | Kind::Default
        | Kind::NotNull
        | Kind::Identity
        | Kind::PrimaryKey
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::RowSecurity
        | Kind::PublishedTable
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment
        | Kind::DefaultPrivilege => unreachable!("identity moves no {}", from.kind().keyword()),
    }
    // The command of each kind: into another schema, to another name.
    type Command = fn(&Address, &crate::model::Name) -> Statement;
    let commands: [(Kind, Command, Command); 12] = [
        (Kind::Table, ddl::table::set_schema, ddl::table::rename),
        (Kind::View, ddl::view::set_schema, ddl::view::rename),
        (
            Kind::MaterializedView,
            ddl::view::set_schema,
            ddl::view::rename,
        ),
        (Kind::Enum, ddl::types::set_schema, ddl::types::rename),
        (Kind::Composite, ddl::types::set_schema, ddl::types::rename),
        (Kind::Range, ddl::types::set_schema, ddl::types::rename),
        (
            Kind::Collation,
            ddl::collation::set_schema,
            ddl::collation::rename,
        ),
        (Kind::Domain, ddl::domain::set_schema, ddl::domain::rename),
        (
            Kind::Function,
            ddl::routine::set_schema,
            ddl::routine::rename,
        ),
        (
            Kind::Procedure,
            ddl::routine::set_schema,
            ddl::routine::rename,
        ),
        (
            Kind::Aggregate,
            ddl::routine::set_schema,
            ddl::routine::rename,
        ),
        (
            Kind::Sequence,
            ddl::sequence::set_schema,
            ddl::sequence::rename,
        ),
    ];
    let small = matches!(from.kind(), Kind::Defined(_)).then_some((
        from.kind(),
        ddl::definition::set_schema as Command,
        ddl::definition::rename as Command,
    ));
    let own = commands
        .into_iter()
        .chain(small)
        .find(|(kind, _, _)| *kind == from.kind());
    let Some((_, set_schema, rename)) = own else {
        return statements;
    };
    let mut own = range.cloned();
    // A range type takes its multirange type along.
    let mut go = |at: &Address, there: &Address| {
        let renames = at.schema_name() == there.schema_name();
        let Some(range) = &mut own else {
            return vec![if renames {
                rename(at, there.name())
            } else {
                set_schema(at, there.schema_name())
            }];
        };
        let all = if renames {
            ddl::range::rename(at, range, there.name())
        } else {
            ddl::range::set_schema(at, range, there.schema_name())
        };
        range.multirange = range.multirange_after(at, there);
        all
    };
    // A name that is taken on the other side is left before.
    let is_taken = |place: &Address| {
        present.iter().any(|own| {
            let shares_names = own.kind().is_top_level() || own.kind() == Kind::Index;
            shares_names && own.path() == place.path() && own.arguments() == place.arguments()
        })
    };
    let moved = Address::new(at.kind(), [to.schema_name(), from.name()].map(Name::clone));
    let moved = at.rebased(&at, &moved);
    if other_schema && at.name() != to.name() && is_taken(&moved) {
        let renamed = at.renamed(to.name().clone());
        let free = if is_taken(&renamed) {
            let hash = Hash::of(from);
            let prefix = [TEMPORARY_PREFIX, hash.short(8), "_"].concat();
            at.renamed(Name::fitted(&prefix, from.name().as_str()))
        } else {
            renamed
        };
        statements.extend(go(&at, &free));
        at = free;
    }
    if other_schema {
        let path = [to.schema_name(), at.name()].map(Name::clone);
        let moved = at.rebased(&at, &Address::new(at.kind(), path));
        statements.extend(go(&at, &moved));
        at = moved;
    }
    if at.name() != to.name() {
        statements.extend(go(&at, &at.renamed(to.name().clone())));
    }
    statements
}

/// Returns a range type as it is after the moves so far: the functions that make its values move with it.
fn range_at(
    before: &Model<Expression>,
    so_far: &Moves,
    now: &Address,
) -> Option<Range<Expression>> {
    let Some(Object::Range(own)) = before.objects.get(&so_far.carry_back(now)) else {
        return None;
    };
    Some(so_far.carry_range(&so_far.carry_back(now), own))
}

/// Says how a move changes the ledger's rows. Rows keep their order: what comes back leaves, what is set aside is the last.
fn ledger_changes(before: &[Retired], after: &[Retired], step: &Move) -> Vec<LedgerChange> {
    let leaves = |row: &Retired| step.why == Why::TakenBack && row.place == step.from;
    let (left, kept): (Vec<&Retired>, Vec<&Retired>) = before.iter().partition(|row| leaves(row));
    let mut changes: Vec<LedgerChange> = left
        .into_iter()
        .map(|row| LedgerChange::Release(row.place.clone()))
        .collect();
    let rewritten = kept.iter().zip(after).filter(|(row, now)| **row != *now);
    changes.extend(rewritten.map(|(row, now)| LedgerChange::Rewrite {
        place: row.place.clone(),
        now: now.clone(),
    }));
    let new = after.iter().skip(kept.len()).cloned();
    changes.extend(new.map(LedgerChange::Retire));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retiring_makes_the_attic_once_and_taking_back_removes_it() {
        let table = |schema: &str, name: &str| Address::new(Kind::Table, [schema, name]);
        let attic = [RETIRED_PREFIX, "x"].concat();
        let retire = |name: &str| Move {
            from: table("app", name),
            to: table(&attic, name),
            why: Why::Retired,
        };
        let moves = Moves(vec![retire("a"), retire("b")]);
        let steps_of = |lists: Vec<Vec<Step>>| -> Vec<String> {
            lists
                .into_iter()
                .flatten()
                .map(|step| {
                    step.statement()
                        .map_or("ledger".to_owned(), |own| own.sql.to_string())
                })
                .collect()
        };
        let mut before = Model::default();
        for name in ["a", "b"] {
            before.objects.insert(
                table("app", name),
                crate::model::Object::Table(crate::model::Table::plain(
                    crate::model::Persistence::Permanent,
                )),
            );
        }
        let forward = steps_of(steps(&moves, &before, &[], &BTreeSet::new()));
        assert_eq!(
            forward
                .iter()
                .filter(|sql| sql.starts_with("CREATE SCHEMA"))
                .count(),
            1
        );
        assert_eq!(forward.iter().filter(|sql| *sql == "ledger").count(), 2);

        let mut after: Model<Expression> = Model::default();
        for (address, object) in &before.objects {
            after.objects.insert(moves.carry(address), object.clone());
        }
        let back = steps_of(steps(
            &moves.turned(),
            &after,
            &moves.ledger(&[]),
            &BTreeSet::new(),
        ));
        assert_eq!(
            back.iter()
                .filter(|sql| sql.starts_with("DROP SCHEMA"))
                .count(),
            1
        );
        assert_eq!(back.iter().filter(|sql| *sql == "ledger").count(), 2);
    }
}
