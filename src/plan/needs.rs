//! The privileges that a plan needs, by what its steps do. <https://www.postgresql.org/docs/current/ddl-priv.html>

use std::collections::BTreeMap;

use super::artifact::Decision;
use super::step::{Act, Effect, LedgerChange, Step};
use crate::ddl::{self, LockMode};
use crate::model::{APPLIER, Address, Clause, Defined, Expression, Kind, Model, Name, Object};
use crate::sql::Sql;

/// A privilege that carrying a plan out needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// To have the privileges of a role that owns something.
    Member(Name),
    /// To speak of what lies in a schema.
    Use(Address),
    /// To make things in a schema.
    CreateIn(Address),
    /// To make schemas and trusted extensions in the database.
    CreateInDatabase,
    /// To refer to a table with a foreign key.
    References(Address),
    /// To read what a materialized view is filled from.
    Select(Address),
    /// To call a function.
    Execute(Address),
    /// A tablespace that something is to lie in, which has to be there and open to the role.
    Tablespace(Name),
    /// To make foreign tables of a server.
    UseServer(Address),
    /// To make and change roles.
    CreateRole,
    /// A role that something is given to, which has to be there.
    Role(Name),
    /// To change what is a superuser's whoever made it: the functions that make the values of a range type.
    Superuser,
    /// To make an extension: those that are not trusted take a superuser.
    Extension(Address),
}

impl Need {
    /// Says how it is given to `role`: the statement to run.
    pub(crate) fn grant(&self, role: &Name, database: &Name) -> Sql {
        match self {
            Self::Member(owner) => ddl::privilege::grant_role(owner, role),
            Self::Use(schema) => ddl::privilege::grant_usage(schema, role),
            Self::CreateIn(schema) => ddl::privilege::grant_create_in(schema, role),
            Self::CreateInDatabase => ddl::privilege::grant_create_in_database(database, role),
            Self::References(table) => ddl::privilege::grant_references(table, role),
            Self::Select(relation) => ddl::privilege::grant_select(relation, role),
            Self::Execute(function) => ddl::privilege::grant_execute(function, role),
            Self::Tablespace(name) => ddl::privilege::grant_tablespace(name, role),
            Self::UseServer(server) => ddl::privilege::grant_server(server, role),
            Self::Superuser => Sql::new("ALTER ROLE").name(role).push("SUPERUSER"),
            Self::CreateRole => Sql::new("ALTER ROLE").name(role).push("CREATEROLE"),
            Self::Role(missing) => Sql::new("CREATE ROLE").name(missing),
            Self::Extension(extension) => Sql::new("CREATE EXTENSION").name(extension.name()),
        }
    }
}

/// Returns what a plan needs, each with the object that first needs it. `before` is the state it starts from, which
/// names an owner where that is not the applier itself.
pub(crate) fn needs(decision: &Decision, before: &Model<Expression>) -> BTreeMap<Need, Address> {
    let mut gathering = Gathering {
        decision,
        before,
        needs: BTreeMap::new(),
    };
    for step in steps_of(decision) {
        gathering.step(step);
    }
    // What the plan makes itself is there when something speaks of it.
    let effects = steps_of(decision).flat_map(|step| &step.effects);
    for own in effects.filter_map(Effect::created) {
        if own.is_of_server() && own.target().is_none() {
            gathering.needs.remove(&Need::Role(own.name().clone()));
            gathering.needs.remove(&Need::Member(own.name().clone()));
        }
    }
    for function in decision
        .leans_on
        .keys()
        .filter(|address| address.kind() == Kind::Function)
    {
        if before.objects.contains_key(function) {
            gathering.need(Need::Execute(function.clone()), function);
        }
    }
    let server = Kind::Defined(Defined::Server);
    let mut steps = steps_of(decision);
    let makes_tables = steps.any(|step| {
        let mut made = step.effects.iter().filter_map(Effect::created);
        made.any(|own| own.kind() == Kind::Table)
    });
    let servers = decision.leans_on.keys().filter(|own| own.kind() == server);
    for own in servers.filter(|own| makes_tables && before.objects.contains_key(*own)) {
        gathering.need(Need::UseServer(own.clone()), own);
    }
    gathering.needs
}

fn steps_of(decision: &Decision) -> impl Iterator<Item = &Step> {
    decision.stages.iter().flat_map(|stage| &stage.steps)
}

struct Gathering<'a> {
    decision: &'a Decision,
    before: &'a Model<Expression>,
    needs: BTreeMap<Need, Address>,
}

impl Gathering<'_> {
    fn need(&mut self, need: Need, by: &Address) {
        self.needs.entry(need).or_insert_with(|| by.clone());
    }

    fn step(&mut self, step: &Step) {
        if step.fills_view() {
            let locks = step.statement().into_iter().flat_map(|own| &own.locks);
            for (relation, _) in locks.filter(|(_, mode)| **mode == LockMode::AccessShare) {
                let was = self.decision.moves.carry_back(relation);
                self.need(Need::Select(was), &step.address);
            }
        }
        for role in step.statement().into_iter().flat_map(|own| &own.roles) {
            self.need(Need::Role(role.clone()), &step.address);
        }
        for name in step
            .statement()
            .into_iter()
            .flat_map(|own| &own.tablespaces)
        {
            self.need(Need::Tablespace(name.clone()), &step.address);
        }
        if step.address.is_of_server() {
            self.need(Need::CreateRole, &step.address);
            let superuser = |own: &Effect| matches!(own, Effect::Alters(_, what) if what == Clause::Superuser.word());
            if step.effects.iter().any(superuser) {
                self.need(Need::Superuser, &step.address);
            }
            return;
        }
        for effect in &step.effects {
            match effect {
                Effect::Creates(address) => self.creates(address, step),
                Effect::Drops(address) => self.owns(address),
                Effect::Alters(address, _) => {
                    self.owns(address);
                    if address.kind() == Kind::Range {
                        self.need(Need::Superuser, address);
                    }
                }
                Effect::Uses(_) | Effect::Reads(_) => {}
                Effect::Moves(own) => {
                    self.owns(&own.to);
                    if own.to.kind() == Kind::Range {
                        self.need(Need::Superuser, &own.to);
                    }
                    if own.to.kind() == Kind::Schema {
                        self.need(Need::CreateInDatabase, &own.to);
                    } else if own.to.whole().kind().is_top_level() {
                        self.creates_in(&own.to);
                    }
                }
            }
        }
        // Of what is done about a column only the function that fills it meanwhile locks nothing: it is made beside its table.
        let makes_function = step.address.kind() == Kind::Column
            && step.statement().is_some_and(|own| own.locks.is_empty());
        if makes_function {
            self.creates_in(&step.address);
        }
        // The place that holds what is retired.
        let makes_attic = matches!(&step.does, Act::Ledger(LedgerChange::Retire(row))
            if row.place.kind() != Kind::Column && !self.stands(&row.place.schema()));
        if makes_attic {
            self.need(Need::CreateInDatabase, &step.address);
        }
    }

    fn stands(&self, address: &Address) -> bool {
        let was = self.decision.moves.carry_back(address);
        self.before.objects.contains_key(&was)
    }

    fn creates(&mut self, address: &Address, step: &Step) {
        if address.kind() == Kind::DefaultPrivilege {
            self.owns(address);
        } else if address.kind() == Kind::Schema {
            self.need(Need::CreateInDatabase, address);
        } else if address.kind() == Kind::Extension {
            self.need(Need::Extension(address.clone()), address);
        } else if is_superusers(address.kind()) {
            self.need(Need::Superuser, address);
        } else if address.kind() == Kind::Defined(Defined::Publication) {
            self.need(Need::CreateInDatabase, address);
        } else if address.kind() == Kind::PublishedSchema {
            self.need(Need::Superuser, address);
        } else if address.kind() == Kind::PublishedTable {
            self.owns(&address.table());
            self.owns(address);
        } else if address.kind().is_global() {
            // Whoever may use the wrapper makes servers of it.
        } else if address.kind().is_top_level() {
            self.creates_in(address);
        } else {
            if address.kind() == Kind::Index {
                self.creates_in(address);
            }
            self.owns(address);
        }
        // An index says what it is on, and a foreign key what it refers to, by what they lock.
        let locked = step
            .statement()
            .into_iter()
            .flat_map(|own| own.locks.keys());
        for table in locked.filter(|table| **table != address.table()) {
            if address.kind() == Kind::Index {
                self.owns(table);
            } else if address.kind() == Kind::ForeignKey && self.stands(table) {
                let was = self.decision.moves.carry_back(table);
                self.need(Need::Use(was.schema()), address);
                self.need(Need::References(was), address);
            }
        }
    }

    /// A schema that stands has to let the applier in; one that the plan makes is its own.
    fn creates_in(&mut self, address: &Address) {
        let schema = self.decision.moves.carry_back(&address.schema());
        if self.before.objects.contains_key(&schema) {
            self.need(Need::Use(schema.clone()), address);
            self.need(Need::CreateIn(schema), address);
        }
    }

    /// Whoever changes a thing has the privileges of its owner.
    fn owns(&mut self, address: &Address) {
        // Whose things they are about: whoever has that role's privileges may say so, whosever the schema is.
        if let Some(maker) = address.default_role() {
            if maker.as_str() != APPLIER {
                self.need(Need::Member(maker.clone()), address);
            }
            return;
        }
        let was = self
            .decision
            .moves
            .carry_back(&address.attached_to().unwrap_or_else(|| address.whole()));
        let schema = was.schema();
        if self.before.objects.contains_key(&schema) && was.is_in_schema(schema.name()) {
            self.need(Need::Use(schema), address);
        }
        let mut unit = self.before.unit_of(&was);
        if !self.before.objects.contains_key(&unit) {
            // A new part of a table that stands.
            unit = was.table();
        }
        if let Some(Object::Owner(own)) = self.before.objects.get(&Address::owner_of(&unit)) {
            self.need(Need::Member(own.role.clone()), address);
        }
    }
}

/// Says whether only a superuser makes objects of this kind: they name functions that the server runs as it is.
fn is_superusers(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Defined(
            Defined::TextSearchParser
                | Defined::TextSearchTemplate
                | Defined::ForeignDataWrapper
                | Defined::AccessMethod
                | Defined::EventTrigger
                | Defined::OperatorFamily
                | Defined::OperatorClass
        )
    )
}
