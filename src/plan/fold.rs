//! Neighbouring steps that make one table become its CREATE TABLE; neighbours on one table become one ALTER TABLE
//! where lock and work agree; privileges of one role on one object become one GRANT. Steps of a claim are never merged: SET NOT NULL and DROP CONSTRAINT in one ALTER scans.

use super::step::{Act, Effect, Step};
use crate::ddl::{self, Form, Privilege, Statement};
use crate::sql::Sql;

/// Merges neighbours within one stage. Steps for which `whole` says no stay as they are.
pub(crate) fn fold(steps: Vec<Step>, may_merge: impl Fn(&Step) -> bool) -> Vec<Step> {
    let mut folded: Vec<Step> = Vec::new();
    let mut run: Vec<Step> = Vec::new();
    for step in steps {
        if let Some(first) = run.first()
            && may_merge(&step)
            && joins(first, &step)
            && !repeats_key(&run, &step)
        {
            run.push(step);
            continue;
        }
        folded.extend(close(std::mem::take(&mut run)));
        if may_merge(&step) && part_of(&step).is_some() {
            run.push(step);
        } else {
            folded.push(step);
        }
    }
    folded.extend(close(run));
    folded
}

fn part_of(step: &Step) -> Option<&crate::ddl::statement::Part> {
    step.statement()
        .and_then(|statement| statement.part.as_ref())
}

/// Says whether a step can follow in the statement that the first one begins.
fn joins(first: &Step, next: &Step) -> bool {
    let (Some(head), Some(part)) = (part_of(first), part_of(next)) else {
        return false;
    };
    if head.table != part.table
        || first.phase != next.phase && !matches!(head.form, Form::CreateTable(..))
    {
        return false;
    }
    let same_lookup = match (first.statement(), next.statement()) {
        (Some(a), Some(b)) => a.lookup.is_empty() || b.lookup.is_empty() || a.lookup == b.lookup,
        _ => false,
    };
    let fits = match (&head.form, &part.form) {
        (Form::Privilege(own), Form::Privilege(other)) => {
            own.head == other.head && own.tail == other.tail
        }
        (Form::Privilege(_), _) | (_, Form::Privilege(_)) => false,
        (Form::CreateTable(..), form) => {
            !matches!(form, Form::Plain | Form::Subcommand | Form::CreateTable(..))
        }
        (_, Form::CreateTable(..) | Form::Plain) => false,
        (_, _) => first.statement().map(|own| own.work) == next.statement().map(|own| own.work),
    };
    same_lookup && fits
}

/// Says whether a step adds a key over the columns of another one in the run.
fn repeats_key(run: &[Step], step: &Step) -> bool {
    let key = |step: &Step| match &part_of(step)?.form {
        Form::AddKey(_, columns) => Some(columns.clone()),
        Form::Plain
        | Form::CreateTable(..)
        | Form::AddColumn(_)
        | Form::ColumnPart(..)
        | Form::AddConstraint(_)
        | Form::Privilege(_)
        | Form::Subcommand => None,
    };
    key(step).is_some_and(|own| run.iter().any(|other| key(other).as_ref() == Some(&own)))
}

fn close(run: Vec<Step>) -> Vec<Step> {
    let Some(first) = run.first() else { return run };
    let Some(head) = part_of(first).cloned() else {
        return run;
    };
    if run.len() == 1 && !matches!(head.form, Form::CreateTable(..)) {
        return run;
    }
    let merged = match head.form.clone() {
        Form::CreateTable(words, tail) => create_table(words, &tail, &head.table, &run),
        Form::Privilege(_) => {
            let parts = run.iter().filter_map(part_of);
            let all: Vec<&Privilege> = parts
                .filter_map(|part| match &part.form {
                    Form::Privilege(own) => Some(own),
                    Form::Plain
                    | Form::CreateTable(..)
                    | Form::AddColumn(_)
                    | Form::ColumnPart(..)
                    | Form::AddConstraint(_)
                    | Form::AddKey(..)
                    | Form::Subcommand => None,
                })
                .collect();
            ddl::privilege::several(&all)
        }
        Form::AddColumn(_)
        | Form::ColumnPart(..)
        | Form::AddConstraint(_)
        | Form::AddKey(..)
        | Form::Subcommand => {
            let subcommands: Vec<Sql> = run
                .iter()
                .filter_map(part_of)
                .map(|part| part.subcommand.clone())
                .collect();
            Sql::new("ALTER TABLE")
                .path(&head.table)
                .separated(&subcommands, ", ")
        }
        Form::Plain => return run,
    };
    let mut step = run[0].clone();
    let whys: Vec<&str> = run.iter().map(|step| step.why.as_str()).collect();
    if !matches!(head.form, Form::CreateTable(..)) {
        step.why = distinct(&whys).join("; ");
    }
    let lookup = run
        .iter()
        .filter_map(Step::statement)
        .map(|own| own.lookup.clone())
        .find(|path| !path.is_empty());
    step.effects = run
        .iter()
        .flat_map(|step| step.effects.clone())
        .collect::<Vec<Effect>>();
    step.reversal = run
        .iter()
        .map(|step| step.reversal)
        .max()
        .unwrap_or(step.reversal);
    if let Act::Statement(statement) = &mut step.does {
        let strongest = run
            .iter()
            .filter_map(Step::statement)
            .flat_map(|own| own.locks.clone());
        let mut locks = std::collections::BTreeMap::new();
        for (relation, mode) in strongest {
            let entry = locks.entry(relation).or_insert(mode);
            *entry = (*entry).max(mode);
        }
        if matches!(head.form, Form::CreateTable(..)) {
            locks.remove(&head.table);
        }
        *statement = Statement {
            sql: merged,
            roles: run
                .iter()
                .filter_map(Step::statement)
                .flat_map(|own| own.roles.clone())
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect(),
            tablespaces: run
                .iter()
                .filter_map(Step::statement)
                .flat_map(|own| own.tablespaces.clone())
                .collect(),
            locks,
            lookup: lookup.unwrap_or_default(),
            part: statement.part.clone(),
            work: if matches!(head.form, Form::CreateTable(..)) {
                crate::ddl::Work::Catalog
            } else {
                statement.work
            },
            transaction: statement.transaction,
            unfilled: None,
            makes_again: false,
            spares_partitions: statement.spares_partitions,
        };
    }
    vec![step]
}

fn distinct<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    for text in texts {
        if !kept.contains(text) {
            kept.push(text);
        }
    }
    kept
}

/// Puts a table's columns, their defaults and NOT NULLs, and its constraints into its CREATE TABLE.
fn create_table(
    words: &'static str,
    tail: &Sql,
    table: &crate::model::Address,
    run: &[Step],
) -> Sql {
    let mut elements: Vec<(Option<crate::model::Name>, Sql)> = Vec::new();
    for step in run {
        let Some(part) = part_of(step) else { continue };
        match &part.form {
            Form::AddColumn(definition) => {
                elements.push((Some(step.address.name().clone()), definition.clone()))
            }
            Form::ColumnPart(column, text) => {
                let element = elements
                    .iter_mut()
                    .find(|(name, _)| name.as_ref() == Some(column));
                if let Some((_, element)) = element {
                    *element = element.clone().join(text);
                }
            }
            Form::AddConstraint(definition) | Form::AddKey(definition, _) => {
                elements.push((None, definition.clone()))
            }
            Form::CreateTable(..) | Form::Plain | Form::Subcommand | Form::Privilege(_) => {}
        }
    }
    let elements: Vec<Sql> = elements.into_iter().map(|(_, element)| element).collect();
    let sql = Sql::new(words).path(table);
    let sql = if elements.is_empty() {
        sql.push("()")
    } else {
        sql.push("(\n    ")
            .glue("")
            .separated_lines(&elements)
            .glue("\n)")
    };
    if tail.as_str().is_empty() {
        sql
    } else {
        sql.join(tail)
    }
}
