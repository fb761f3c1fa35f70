//! Whose roles count, and what keeps one from changing or going.

use std::collections::{BTreeMap, BTreeSet};

use super::preflight::Question;
use crate::desired::{Fault, Faults, Loaded};
use crate::diff::Change;
use crate::model::{
    Address, Alteration, Clause, DefinitionAlteration, Expression, Kind, Membership, Model, Name,
};
use crate::plan::{Context, Decision};
use crate::sql::Sql;

/// Leaves out of a state the roles that are nobody's here: what others have on the server is no business of a journal.
pub(super) fn spoken_of(
    model: &mut Model<Expression>,
    known: &BTreeSet<Address>,
    decision: &Decision,
) {
    let steps = decision.stages.iter().flat_map(|stage| &stage.steps);
    let named: BTreeSet<&Address> = steps.map(|step| &step.address).collect();
    model.retain(|address| {
        let role = address.target().unwrap_or_else(|| address.clone());
        let counts = known.contains(&role) || decision.declares.contains(&role);
        !address.is_of_server() || counts || named.contains(&role)
    });
}

/// Finds roles of the files that are one role here.
pub(super) fn said_twice(loaded: &Loaded, names: &BTreeMap<Name, Name>) -> Faults {
    let declared = loaded.declared.written.objects.keys();
    let declared = declared.filter(|own| own.is_of_server() && own.target().is_none());
    let mut here: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut faults = Vec::new();
    for address in declared {
        let own = address.name();
        let called = names.get(own).unwrap_or(own);
        if let (Some(other), Some(place)) = (
            here.insert(called, own),
            loaded.declared.origins.of(address),
        ) {
            faults.push(Fault {
                place: place.clone(),
                length: own.as_str().chars().count(),
                what: format!("{own} and {other} are both {called} here"),
                mend: Some(
                    "give one of them another name under `roles` in reconcile.yaml".to_owned(),
                ),
                is_shown: true,
            });
        }
    }
    Faults {
        faults,
        sources: loaded.sources.clone(),
    }
}

/// Asks about what would keep the server from doing it.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    if !address.is_of_server() || address.kind() == Kind::Comment {
        return Vec::new();
    }
    let is_here = |side: &Model<Expression>| side.objects.contains_key(address);
    match change {
        Change::Create if !is_here(&cx.level.current) => vec![taken(address)],
        Change::Drop if !is_here(&cx.level.desired) => gone(address).into(),
        Change::Alter(Alteration::Defined(DefinitionAlteration::Entry {
            clause: Clause::MemberOf,
            name,
            from: Some(from),
            to,
        })) if cx.server.version.major() >= 16 && loses(from, to.as_deref()) => {
            vec![granted(address, name, Membership::of(from).admin)]
        }
        Change::Create | Change::Drop | Change::Alter(_) => Vec::new(),
    }
}

fn loses(from: &str, to: Option<&str>) -> bool {
    to.is_none_or(|to| Membership::of(from).loses(Membership::of(to)))
}

/// Those that are read leave out the server's own.
fn taken(address: &Address) -> Question {
    let sql = Sql::new("SELECT count(*) FROM pg_roles WHERE oid < 16384 AND rolname =");
    let what = [
        "the name is that of the role that the server was made with, which is no database's to declare",
        "",
    ];
    Question::new(address, sql.literal(address.name().as_str()), what)
}

/// Something of another database, or of the whole server, belongs to it or names it. What is here, the plan knows. And (16 and later) it has
/// made others members.
fn gone(address: &Address) -> [Question; 2] {
    let sql = Sql::new(
        "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid \
         WHERE d.refclassid = 'pg_authid'::regclass AND d.classid <> 'pg_auth_members'::regclass \
         AND d.dbid <> (SELECT oid FROM pg_database WHERE datname = current_database()) AND r.rolname =",
    );
    let what = [
        "thing of another database, or of the server, belongs to it or names it",
        "things of other databases, or of the server, belong to it or name it",
    ];
    let others = Sql::new(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.grantor WHERE m.member <> r.oid AND r.rolname =",
    );
    let made = [
        "membership was granted by it, and would go with it: let another role grant that",
        "memberships were granted by it, and would go with it: let another role grant those",
    ];
    let name = address.name().as_str();
    [(sql, what), (others, made)].map(|(sql, what)| Question::new(address, sql.literal(name), what))
}

/// Since 16 a membership may be granted by several roles, and each takes its own away alone; and what a member with ADMIN has granted on
/// stands on that.
fn granted(address: &Address, role: &Name, had_admin: bool) -> Question {
    let sql = Sql::new(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles o ON o.oid = m.grantor \
         JOIN pg_roles own ON own.rolname =",
    );
    let sql = sql
        .literal(address.name().as_str())
        .push("JOIN pg_roles self ON self.rolname = current_user WHERE g.rolname =")
        .literal(role.as_str())
        .push(
            "AND (m.member = own.oid AND m.grantor <> CASE WHEN self.rolsuper THEN 10 ELSE self.oid END \
             AND NOT (m.grantor = 10 AND m.admin_option AND NOT (to_jsonb(m) ->> 'inherit_option')::boolean AND NOT (to_jsonb(m) ->> 'set_option')::boolean) \
             OR m.grantor = own.oid AND m.member <> own.oid AND",
        )
        .push(if had_admin { "true)" } else { "false)" });
    let what = [
        "membership around this was granted by another role, which has to take it back: REVOKE … GRANTED BY",
        "memberships around this were granted by other roles, which have to take them back: REVOKE … GRANTED BY",
    ];
    Question::new(address, sql, what)
}
