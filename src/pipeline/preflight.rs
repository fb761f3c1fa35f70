//! Rows that would violate what is to come, asked of the live server before anything is changed.
//!
//! Every question is bounded; what cannot be answered in time, or speaks of what is not there yet, is left to the plan.

use std::collections::BTreeSet;

use super::conversion::Whose;
use super::rows_to_be::{fill, is_unknown_yet, rows_to_be};
use super::{PipelineError, Project, composite, conversion, counting, domain, shadow};
use crate::catalog::{self, Counted};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, ForeignKeyAlteration, Kind, MaterializedViewAlteration, Name, NotNull,
    NotNullAlteration, Object, PrimaryKey, PrimaryKeyAlteration, Text as _, Unique, Validity,
};
use crate::plan::{Context, Finding, Hazard, relations};
use crate::sql::Sql;

/// One question to the live server.
pub(super) struct Question {
    pub(super) address: Address,
    /// What such rows mean.
    pub(super) hazard: Hazard,
    /// Counts the rows that would be refused, or fails where one would.
    pub(super) sql: Sql,
    /// What one such row does, and what many do; nothing for many where there can only be one.
    pub(super) what: [&'static str; 2],
    /// What it means that a row made the question fail.
    pub(super) refused: &'static str,
    /// What it means that there was no answer in time, where that is to be told.
    pub(super) unanswered: Option<&'static str>,
    /// Where the names in a text from a person are looked up.
    pub(super) lookup: Vec<Name>,
}

impl Question {
    pub(super) fn new(address: &Address, sql: Sql, what: [&'static str; 2]) -> Self {
        Self {
            address: address.clone(),
            hazard: Hazard::FailsOnRows,
            sql,
            what,
            refused: "a row cannot be converted",
            unanswered: None,
            lookup: Vec::new(),
        }
    }
}

/// Asks the live server about every change that rows could refuse.
pub(super) async fn findings(
    project: &Project,
    changes: &Changes,
    cx: &Context<'_>,
) -> Result<Vec<Finding>, PipelineError> {
    let mut questions: Vec<Question> = changes
        .0
        .iter()
        // The rows of a foreign table are not asked: its server may be slow, or out of reach.
        .filter(|((address, _), _)| !cx.level.desired.is_foreign(&address.table()))
        // What a column that is filled beside will hold was asked of the one whose name it takes.
        .filter(|((address, _), _)| {
            let needs = cx.level.desired.needs_of(address);
            !needs.iter().any(|own| cx.level.shadows.contains_key(own))
        })
        .flat_map(|((address, _), change)| {
            let own = enforces(change).then(|| question(address, cx)).flatten();
            own.into_iter()
                .chain(unpopulated(address, change, changes, cx))
                .chain(conversion::questions(address, change, cx))
                .chain(domain::questions(address, change, cx))
                .chain(composite::questions(address, change, cx))
                .chain(super::range::questions(address, change, cx))
                .chain(super::partition::questions(address, change, cx))
                .chain(super::role::questions(address, change, cx))
        })
        .collect();
    questions.extend(shadow::questions(cx));
    questions.extend(holding_still(changes, cx));
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = project.connect().await?;
    catalog::run(
        &mut connection,
        "SET statement_timeout = '5s'; SET default_transaction_read_only = on",
    )
    .await?;
    let mut found = Vec::new();
    for question in questions {
        if found
            .iter()
            .any(|own: &Finding| own.address == question.address)
        {
            continue;
        }
        let because = match catalog::count(&mut connection, &question.sql, &question.lookup).await?
        {
            Counted::Rows(0) => continue,
            Counted::Unanswered => match question.unanswered {
                Some(own) => own.to_owned(),
                None => continue,
            },
            Counted::Rows(1) if question.what[1].is_empty() => question.what[0].to_owned(),
            Counted::Rows(1) => format!("1 {}", question.what[0]),
            Counted::Rows(number) => format!("{number} {}", question.what[1]),
            Counted::Refused(reason) => format!("{}: {reason}", question.refused),
        };
        found.push(Finding {
            hazard: question.hazard,
            because: format!("{}: {because}", question.address),
            address: question.address,
            stops: true,
        });
    }
    Ok(found)
}

/// Asks about constraints and unique indexes that stay as they are, over columns whose values become other ones.
fn holding_still(changes: &Changes, cx: &Context<'_>) -> Vec<Question> {
    let retyped = changes.0.iter();
    let retyped: Vec<&Address> = retyped
        .filter(|((address, _), change)| conversion::changes_values(address, change, cx))
        .map(|((address, _), _)| address)
        .collect();
    if retyped.is_empty() {
        return Vec::new();
    }
    let needed_by = cx.level.desired.needed_by();
    let dependents = retyped.iter().filter_map(|own| needed_by.get(*own));
    let still: BTreeSet<&Address> = dependents
        .flatten()
        .filter(|own| own.kind() != Kind::NotNull && changes.at(own).next().is_none())
        .collect();
    still
        .into_iter()
        .filter_map(|address| question(address, cx))
        .collect()
}

/// Asks whether a materialized view is filled from others that hold nothing yet: the server refuses to read those.
fn unpopulated(
    address: &Address,
    change: &Change,
    changes: &Changes,
    cx: &Context<'_>,
) -> Option<Question> {
    let is_filled = address.kind() == Kind::MaterializedView
        && matches!(
            change,
            Change::Create
                | Change::Alter(Alteration::MaterializedView(
                    MaterializedViewAlteration::Query
                ))
        );
    if !is_filled {
        return None;
    }
    let read = relations::reads(cx.level, address);
    let others: Vec<Address> = read
        .iter()
        .map(|own| cx.level.desired.unit_of(own))
        .filter(|own| own.kind() == Kind::MaterializedView && own != address)
        // What changes is filled by this plan.
        .filter(|own| changes.at(own).next().is_none())
        .map(|own| cx.level.moves.carry_back(&own))
        .filter(|own| cx.level.before.objects.contains_key(own))
        .collect();
    if others.is_empty() {
        return None;
    }
    let pairs: Vec<Sql> = others
        .iter()
        .map(|own| {
            let [schema, name] = [own.schema_name(), own.name()].map(Name::as_str);
            let pair = Sql::new("(").literal(schema).glue(",").literal(name);
            pair.glue(")")
        })
        .collect();
    let sql = Sql::new(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT c.relispopulated AND (n.nspname, c.relname) IN (",
    );
    let sql = sql.separated(&pairs, ", ").glue(")");
    Some(Question::new(
        address,
        sql,
        [
            "materialized view that it reads holds nothing yet: REFRESH it first",
            "materialized views that it reads hold nothing yet: REFRESH them first",
        ],
    ))
}

fn question(address: &Address, cx: &Context<'_>) -> Option<Question> {
    let level = cx.level;
    let object = level.desired.objects.get(address)?;
    let table = if let Object::Index(index) = object {
        index.table_address(address)
    } else if address.kind().is_part_of_table() {
        address.table()
    } else {
        return None;
    };
    // What a materialized view will hold is not known before.
    if table.kind() != Kind::Table {
        return None;
    }
    let before = level.moves.carry_back(&table);
    let is_there =
        level.current.objects.contains_key(&table) && level.before.objects.contains_key(&before);
    if !is_there {
        return None;
    }
    // Columns that hold values on the live server, or of which it is known what they will hold.
    let stood = |columns: &[Name]| {
        columns.iter().all(|column| {
            let own = table.part(Kind::Column, column);
            let there = level.moves.carry_back(&own);
            !level.current.objects.contains_key(&own) || there.table() == before
        })
    };
    // A check, a NOT NULL or a computed column comes to what inherits as well; a key knows the rows of its table alone.
    let comes_to_all = matches!(object, Object::Column(_))
        || matches!(object, Object::NotNull(own) if !own.no_inherit)
        || matches!(object, Object::Check(own) if !own.no_inherit);
    let whose = if comes_to_all { Whose::All } else { Whose::Own };
    let (rows, mut lookup) = rows_to_be(&before, &table, whose, cx);
    // Equality of a type from elsewhere stands beside it: without its schema, that of text would be taken for citext.
    lookup.extend(type_schemas(&table, cx));
    let ask = |sql: Sql, what: [&'static str; 2]| {
        Some(Question {
            lookup: lookup.clone(),
            ..Question::new(address, sql, what)
        })
    };
    let count = || Sql::new("SELECT count(*) FROM").join(&rows);
    // A label that comes with this plan is none yet, and a function that changes says something else now.
    let speaks_of_change = || {
        let changes = |own: &&Address| {
            let sides = [&level.current, &level.desired].map(|side| side.objects.get(*own));
            (own.kind().is_held_with_columns() || own.kind() == Kind::Function)
                && sides[0] != sides[1]
        };
        level
            .desired
            .needs_of(address)
            .iter()
            .any(|own| changes(&own))
    };
    if speaks_of_change() {
        return None;
    }
    match object {
        Object::Check(own) if own.validity == Validity::Valid => ask(
            count().push("WHERE NOT").expression(&own.expression),
            ["row violates the check", "rows violate the check"],
        ),
        Object::NotNull(own)
            if own.validity == Validity::Valid || comes_to_children(address, own, cx) =>
        {
            let column = address.name();
            let is_filled = fill(&address.column(), cx).is_some();
            let is_new = !level.current.objects.contains_key(&address.column());
            let by_label = (is_filled || is_new) && is_unknown_yet(&address.column(), cx);
            if !stood(std::slice::from_ref(column)) || by_label {
                return None;
            }
            let what = if is_new || is_filled {
                [
                    "row is left NULL by what fills it",
                    "rows are left NULL by what fills them",
                ]
            } else {
                [
                    "row holds NULL there, and nothing fills it",
                    "rows hold NULL there, and nothing fills them",
                ]
            };
            ask(count().push("WHERE").name(column).is_null(true), what)
        }
        Object::ForeignKey(own) if own.validity == Validity::Valid && !own.period => {
            if !stood(&own.columns) {
                return None;
            }
            let other = own.referenced_table();
            let referenced = level.moves.carry_back(&other);
            // A table that comes with this plan holds no row to refer to; one of an extension is in no state.
            // Another table may have had the name before.
            let is_known = level.before.objects.contains_key(&referenced)
                && level.moves.carry(&referenced) == other;
            let comes = level.desired.objects.contains_key(&other) && !is_known;
            let to = if is_known {
                super::partition::rows_with_attached(&referenced, own, cx)
            } else {
                Sql::empty().path(&referenced)
            };
            let sql = counting::refer_to_nothing(&rows, own, (!comes).then_some(&to));
            ask(sql, ["row refers to nothing", "rows refer to nothing"])
        }
        Object::Unique(Unique {
            columns,
            without_overlaps: true,
            ..
        })
        | Object::PrimaryKey(PrimaryKey {
            columns,
            without_overlaps: true,
            ..
        }) if stood(columns) => ask(
            counting::alike(&rows, &counting::overlapping(columns), None),
            ["row overlaps another one", "rows overlap others"],
        ),
        Object::Exclusion(own) => {
            let elements = own.elements.iter().zip(&own.operators);
            let elements: Vec<(Sql, Sql)> = elements
                .map(|(element, operator)| {
                    let operator = Sql::empty().verbatim(operator);
                    (Sql::empty().verbatim(element), operator)
                })
                .collect();
            let predicate = own.predicate.as_ref();
            let predicate = predicate.map(|own| Sql::empty().expression(own));
            ask(
                counting::alike(&rows, &elements, predicate),
                ["row excludes another one", "rows exclude each other"],
            )
        }
        Object::Index(own) if own.unique && own.validity == Validity::Valid => {
            let elements: Vec<Sql> = own
                .elements
                .iter()
                .map(|element| Sql::empty().verbatim(element))
                .collect();
            let predicate = own.predicate.as_ref();
            let predicate = predicate.map(|own| Sql::empty().expression(own));
            ask(
                counting::duplicates(&rows, &elements, own.nulls_not_distinct, predicate),
                ["value stands more than once", "values stand more than once"],
            )
        }
        Object::Column(own) if own.generated.is_some() => {
            let value = Sql::empty().name(address.name());
            computes(ask, &rows, &[value], None)
        }
        Object::Index(own) => {
            let columns = level.desired.columns_of(&table);
            let plain: BTreeSet<String> =
                columns.iter().map(|own| own.name().to_string()).collect();
            let elements = own.elements.iter().filter(|own| !plain.contains(own.sql()));
            let elements: Vec<Sql> = elements.map(|own| Sql::empty().verbatim(own)).collect();
            let predicate = own.predicate.as_ref();
            let predicate = predicate.map(|own| Sql::empty().expression(own));
            computes(ask, &rows, &elements, predicate)
        }
        Object::Unique(own) if stood(&own.columns) => ask(
            counting::duplicates(&rows, &quoted(&own.columns), own.nulls_not_distinct, None),
            ["value stands more than once", "values stand more than once"],
        ),
        Object::PrimaryKey(own) if stood(&own.columns) => ask(
            counting::duplicates(&rows, &quoted(&own.columns), false, None),
            ["key stands more than once", "keys stand more than once"],
        ),
        Object::Schema(_)
        | Object::Extension(_)
        | Object::Enum(_)
        | Object::Domain(_)
        | Object::Composite(_)
        | Object::Range(_)
        | Object::Collation(_)
        | Object::DomainCheck(_)
        | Object::Sequence(_)
        | Object::Function(_)
        | Object::Procedure(_)
        | Object::Aggregate(_)
        | Object::Defined(_)
        | Object::Table(_)
        | Object::Column(_)
        | Object::OwnedBy(_)
        | Object::Default(_)
        | Object::NotNull(_)
        | Object::Identity(_)
        | Object::PrimaryKey(_)
        | Object::Unique(_)
        | Object::Check(_)
        | Object::ForeignKey(_)
        | Object::Parameters(_)
        | Object::ColumnSettings(_)
        | Object::ReplicaIdentity(_)
        | Object::ClusteredOn(_)
        | Object::RowSecurity(_)
        | Object::Policy(_)
        | Object::View(_)
        | Object::MaterializedView(_)
        | Object::Trigger(_)
        | Object::Rule(_)
        | Object::PublishedTable(_)
        | Object::PublishedSchema(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::Comment(_)
        | Object::DefaultPrivilege(_) => None,
    }
}

/// Returns the schemas of the types that the columns of a table have.
fn type_schemas(table: &Address, cx: &Context<'_>) -> Vec<Name> {
    let mut schemas: Vec<Name> = Vec::new();
    for column in cx.level.desired.columns_of(table) {
        let Some(Object::Column(own)) = cx.level.desired.objects.get(&column) else {
            continue;
        };
        let spelled = own.type_name.sql().split('(').next().unwrap_or_default();
        let path = Name::split_reference(spelled.trim_end_matches("[]"));
        if let Some([schema, _]) = path.as_deref()
            && !schemas.contains(schema)
        {
            schemas.push(schema.clone());
        }
    }
    schemas
}

/// Asks whether expressions can be computed for every row; there is nothing to ask where there is none.
fn computes(
    ask: impl Fn(Sql, [&'static str; 2]) -> Option<Question>,
    rows: &Sql,
    elements: &[Sql],
    predicate: Option<Sql>,
) -> Option<Question> {
    if elements.is_empty() {
        return None;
    }
    let question = ask(counting::computed(rows, elements, predicate), [""; 2])?;
    Some(Question {
        refused: "a row has no such value",
        ..question
    })
}

fn quoted(columns: &[Name]) -> Vec<Sql> {
    let columns = columns.iter();
    columns.map(|own| Sql::empty().name(own)).collect()
}

/// Says whether a NOT NULL of a table comes to what inherits from it: rows there are looked at even where those above are not.
fn comes_to_children(address: &Address, own: &NotNull, cx: &Context<'_>) -> bool {
    let held = cx.level.current.objects.get(address);
    !own.no_inherit && matches!(held, Some(Object::NotNull(held)) if held.no_inherit)
}

/// Says whether existing rows are looked at when a constraint comes, is made again or is validated.
fn enforces(change: &Change) -> bool {
    match change {
        Change::Create => true,
        Change::Drop => false,
        Change::Alter(alteration) => matches!(
            alteration,
            Alteration::Check(_)
                | Alteration::Unique(_)
                | Alteration::Index(_)
                | Alteration::Exclusion(_)
                | Alteration::PrimaryKey(PrimaryKeyAlteration::Definition)
                | Alteration::ForeignKey(
                    ForeignKeyAlteration::Definition | ForeignKeyAlteration::Validate
                )
                | Alteration::NotNull(NotNullAlteration::Validity(_) | NotNullAlteration::Inherit)
        ),
    }
}
