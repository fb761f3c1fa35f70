//! What speaks by casts: no text names one, and the server keeps no dependency on it.

use std::collections::BTreeSet;

use super::{Address, Body, Defined, Expression, Kind, Model, Object, Text as _};

impl Model<Expression> {
    /// Returns what may speak by each of these casts, but for what a cast of them needs itself: every expression and query that
    /// leans on what the cast leans on.
    pub fn may_speak_by<'a>(&self, casts: &[&'a Address]) -> Vec<(&'a Address, BTreeSet<Address>)> {
        if casts.is_empty() {
            return Vec::new();
        }
        let below = reach(casts.iter().map(|own| (*own).clone()), |own| {
            self.needs_of(own)
        });
        let needed_by = self.needed_by();
        let none = BTreeSet::new();
        let around = casts.iter().map(|cast| {
            let anchors = self.needs_of(cast).into_iter();
            let anchors = anchors.filter(|own| own.kind() != Kind::Schema);
            let mut above = reach(anchors, |own| needed_by.get(own).unwrap_or(&none).clone());
            if above.is_empty() {
                // Between types of the system, by text or as they are: anything may speak by it.
                above.extend(self.objects.keys().cloned());
            }
            above.retain(|own| !below.contains(own) && self.objects.get(own).is_some_and(speaks));
            (*cast, above)
        });
        around.collect()
    }
}

/// Returns where one gets to from these, themselves among it.
fn reach(
    from: impl Iterator<Item = Address>,
    next: impl Fn(&Address) -> BTreeSet<Address>,
) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut queue: Vec<Address> = from.collect();
    while let Some(own) = queue.pop() {
        if found.insert(own.clone()) {
            queue.extend(next(&own));
        }
    }
    found
}

/// Says whether a routine has a body that is kept as it was understood, or an argument with a default: one too many only comes later.
fn calls(body: &Body<Expression>, arguments: &Expression) -> bool {
    matches!(body, Body::Sql(_)) || arguments.sql().contains("DEFAULT")
}

/// Says whether it has an expression or a query that the server keeps as it understood it.
fn speaks(object: &Object<Expression>) -> bool {
    match object {
        Object::Column(own) => own.generated.is_some(),
        Object::Domain(own) => own.default.is_some(),
        Object::Function(own) => calls(&own.body, &own.arguments),
        Object::Procedure(own) => calls(&own.body, &own.arguments),
        Object::Default(_)
        | Object::Check(_)
        | Object::DomainCheck(_)
        | Object::Index(_)
        | Object::Exclusion(_)
        | Object::View(_)
        | Object::MaterializedView(_)
        | Object::Policy(_)
        | Object::Rule(_)
        | Object::Trigger(_)
        | Object::PublishedTable(_) => true,
        Object::Defined(own) => own.kind == Defined::Statistics,
        Object::Schema(_)
        | Object::Extension(_)
        | Object::Collation(_)
        | Object::Enum(_)
        | Object::Composite(_)
        | Object::Range(_)
        | Object::Sequence(_)
        | Object::Aggregate(_)
        | Object::Table(_)
        | Object::OwnedBy(_)
        | Object::NotNull(_)
        | Object::Identity(_)
        | Object::PrimaryKey(_)
        | Object::Unique(_)
        | Object::ForeignKey(_)
        | Object::Parameters(_)
        | Object::ColumnSettings(_)
        | Object::ReplicaIdentity(_)
        | Object::ClusteredOn(_)
        | Object::RowSecurity(_)
        | Object::PublishedSchema(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::DefaultPrivilege(_)
        | Object::Comment(_) => false,
    }
}
