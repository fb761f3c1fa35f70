//! Domains whose columns hold rows: a check comes NOT VALID first and is validated in another transaction; another base
//! type takes another domain of the same name, to which the columns are converted.
//! <https://www.postgresql.org/docs/current/sql-alterdomain.html>

use std::collections::BTreeSet;

use super::{Claim, Context, creates_at};
use crate::ddl::{self, LockMode, Statement, Work};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Conversion, Domain, DomainAlteration, DomainCheck, DomainCheckAlteration,
    Expression, Hash, Kind, Model, Name, Object, SizeClass, TEMPORARY_PREFIX, Text as _, Validity,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Reversal, Step};
use crate::sql::Sql;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let over = |other: &Address| {
            let changes_too = changes.at(other).any(|(_, own)| is_of_type(own));
            *other != id.0 && changes_too && family(cx, other).contains(&id.0)
        };
        // One that stands on another goes with that one.
        if is_of_type(change) && !cx.level.desired.objects.keys().any(over) {
            claims.push(another(changes, cx, &id.0));
        }
    }
    let taken: BTreeSet<ChangeId> = claims.iter().flat_map(|own| own.takes.clone()).collect();
    for (id, change) in changes.0.iter().filter(|(id, _)| !taken.contains(id)) {
        let address = &id.0;
        let own = match (change, cx.level.desired.objects.get(address)) {
            (Change::Create, Some(Object::DomainCheck(own))) => {
                add_check(changes, cx, address, own)
            }
            (
                Change::Alter(Alteration::DomainCheck(DomainCheckAlteration::Validate)),
                Some(Object::DomainCheck(_)),
            ) => vec![Claim::of(vec![id.clone()]).together([validate(cx, address)])],
            (Change::Alter(Alteration::Domain(DomainAlteration::NotNull(true))), _) => {
                let statement = ddl::domain::set_not_null(address, true);
                let why = format!("NULL is no value of {address} from here on");
                let step = Step::run(address, reading(statement, cx, address), why)
                    .altering(address, "not_null")
                    .phase(Phase::Contract);
                vec![Claim::of(vec![id.clone()]).together([step])]
            }
            _ => continue,
        };
        claims.extend(own);
    }
    Ok(claims)
}

fn is_of_type(change: &Change) -> bool {
    matches!(
        change,
        Change::Alter(Alteration::Domain(DomainAlteration::Type))
    )
}

/// Returns the columns of a domain, and of domains that are made of it, on one side.
fn columns(side: &Model<Expression>, domain: &Address) -> BTreeSet<Address> {
    let needed_by = side.needed_by();
    let (mut found, mut queue) = (BTreeSet::new(), vec![domain]);
    while let Some(own) = queue.pop() {
        for dependent in needed_by.get(own).into_iter().flatten() {
            if dependent.kind() == Kind::Column {
                found.insert(dependent.clone());
            } else if dependent.kind() == Kind::Domain {
                queue.push(dependent);
            }
        }
    }
    found
}

/// Says of a statement that it reads every table with a column of the domain while writers wait.
fn reading(statement: Statement, cx: &Context<'_>, domain: &Address) -> Statement {
    let mut own = columns(&cx.level.current, domain);
    own.extend(columns(&cx.level.desired, domain));
    let tables: BTreeSet<Address> = own.iter().map(Address::table).collect();
    let standing = tables.iter().filter(|table| !cx.is_new(table));
    standing.fold(statement, |statement, table| {
        statement
            .locking(table, LockMode::Share)
            .working(Work::Scan)
    })
}

fn validate(cx: &Context<'_>, address: &Address) -> Step {
    let statement = reading(ddl::domain::validate(address), cx, &address.domain());
    let why = "existing values are read; the server lets nobody write meanwhile";
    Step::run(address, statement, why)
        .altering(address, "validity")
        .phase(Phase::Contract)
}

fn add_check(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
    own: &DomainCheck<Expression>,
) -> Vec<Claim> {
    let domain = address.domain();
    let current = columns(&cx.level.current, &domain);
    let holds_rows = current
        .iter()
        .any(|column| cx.class(&column.table()) != SizeClass::Empty);
    if own.validity == Validity::NotValid || current.is_empty() {
        return Vec::new();
    }
    let takes = creates_at(changes, [address]);
    if !holds_rows {
        let statement = reading(ddl::domain::add_check(address, own), cx, &domain);
        let step = Step::run(address, statement, format!("{address} is declared"))
            .creating(address)
            .phase(Phase::Contract);
        return vec![Claim::of(takes).together([step])];
    }
    let not_valid = DomainCheck {
        validity: Validity::NotValid,
        ..own.clone()
    };
    let add = Step::run(
        address,
        ddl::domain::add_check(address, &not_valid),
        format!("{address} is declared; it holds for new values first"),
    )
    .creating(address)
    .phase(Phase::Contract);
    let validate = validate(cx, address);
    let claim = Claim::of(takes).together([add]).together([validate]);
    if changes.drops(address) {
        claim.apart().collect()
    } else {
        vec![claim]
    }
}

/// Returns a domain and those that are made of it, each after what it is made of.
fn family(cx: &Context<'_>, domain: &Address) -> Vec<Address> {
    let needed_by = cx.level.current.needed_by();
    let mut found = vec![domain.clone()];
    let mut at = 0;
    while at < found.len() {
        let dependents = needed_by.get(&found[at]).into_iter().flatten();
        for own in dependents.filter(|own| own.kind() == Kind::Domain) {
            if cx.level.desired.objects.contains_key(own) {
                found.retain(|known| known != own);
                found.push(own.clone());
            }
        }
        at += 1;
    }
    found
}

/// Makes another domain of the same name, converts the columns to it, and drops the former one.
fn another(changes: &Changes, cx: &Context<'_>, root: &Address) -> Claim {
    let level = cx.level;
    let family = family(cx, root);
    let mut takes: Vec<ChangeId> = Vec::new();
    let mut steps = Vec::new();
    let contract = |step: Step| step.phase(Phase::Contract);
    for domain in &family {
        let Some(Object::Domain(own)) = level.desired.objects.get(domain) else {
            continue;
        };
        let statement = ddl::domain::rename(domain, &aside(domain));
        let why = "makes room for the domain of the other type";
        let step = Step::run(domain, statement, why).altering(domain, "name");
        steps.push(contract(step));
        // Its NOT NULL comes last: as long as the former domain stands, that has the constraint's name (17 and later).
        let nullable = Domain {
            not_null: false,
            ..own.clone()
        };
        let statement = ddl::domain::create(domain, &nullable).making_again();
        let why = format!("the type of {domain} changes to {}", own.type_name);
        let step = Step::run(domain, statement, why).altering(domain, "type");
        steps.push(contract(step));
        takes.extend(changes.at(domain).map(|(id, _)| id.clone()));
        for (check, object) in level.desired.below(domain) {
            if let Object::DomainCheck(own) = object {
                let why = format!("{check} is kept");
                let statement = ddl::domain::add_check(check, own);
                steps.push(contract(
                    Step::run(check, statement, why).altering(check, "check"),
                ));
            }
        }
        let stood = level.current.below(domain).map(|(own, _)| own);
        let stands = level.desired.below(domain).map(|(own, _)| own);
        let checks: BTreeSet<&Address> = stood
            .chain(stands)
            .filter(|own| own.kind() == Kind::DomainCheck)
            .collect();
        takes.extend(
            checks
                .iter()
                .flat_map(|own| changes.at(own).map(|(id, _)| id.clone())),
        );
        // What is said of the domain, and who may do what with it, was said of the former one.
        let is_attached = |own: &&Address| {
            let on = own.attached_to();
            on.is_some_and(|on| on == *domain || checks.contains(&on))
        };
        for own in level.current.objects.keys().filter(is_attached) {
            takes.extend(changes.at(own).map(|(id, _)| id.clone()));
            if let Some(object) = level.desired.objects.get(own) {
                let why = format!("{own} is kept");
                let step = Step::run(own, ddl::create(own, object), why);
                steps.push(contract(step.altering(own, "text")));
            }
        }
    }
    for column in columns(&level.current, root) {
        let Some(Object::Column(own)) = level.desired.objects.get(&column) else {
            continue;
        };
        if changes.drops(&column) {
            continue;
        }
        let using = using(cx, root, &column, &own.type_name);
        let step = Step::run(
            &column,
            ddl::table::alter_type(
                &column,
                own,
                using.and_then(|own| cx.of_values(&column, own)),
            ),
            format!("the values of {column} are converted to the other type"),
        );
        let step = step.altering(&column, "type").reversal(Reversal::Shape);
        steps.push(contract(step));
    }
    for domain in family.iter().rev() {
        let former = domain.renamed(aside(domain));
        let why = "nothing uses the former domain any more";
        steps.push(contract(Step::run(domain, ddl::domain::drop(&former), why)));
    }
    for domain in &family {
        if let Some(Object::Domain(Domain { not_null: true, .. })) =
            level.desired.objects.get(domain)
        {
            let statement = reading(ddl::domain::set_not_null(domain, true), cx, domain);
            let why = format!("NULL is no value of {domain}");
            steps.push(contract(Step::run(domain, statement, why)));
        }
    }
    takes.sort();
    takes.dedup();
    Claim::of(takes).together(steps)
}

fn aside(domain: &Address) -> Name {
    let hash = Hash::of(domain);
    let prefix = [TEMPORARY_PREFIX, hash.short(8), "_"].concat();
    Name::fitted(&prefix, domain.name().as_str())
}

/// Says how a value becomes one of the other domain, where assignment does not do it.
fn using(cx: &Context<'_>, root: &Address, column: &Address, to: &Expression) -> Option<Sql> {
    let Some(Object::Domain(Domain { type_name, .. })) = cx.level.desired.objects.get(root) else {
        return None;
    };
    let array = if to.sql().ends_with("[]") { "[]" } else { "" };
    let base = Expression::new([type_name.sql(), array].concat());
    let value = Sql::empty().name(column.name()).glue("::");
    let value = match cx.level.tried.get(root)?.conversion {
        Conversion::Assignment | Conversion::None => return None,
        Conversion::Cast => value.glued_text(&base),
        Conversion::ThroughText if array.is_empty() => value.glue("text::").glued_text(&base),
        Conversion::ThroughText => value.glue("text[]::").glued_text(&base),
    };
    Some(value.glue("::").glued_text(to))
}
