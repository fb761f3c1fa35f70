//! What comes off of things that are set aside: the attic holds rows, and what leans on nothing that may go.

use std::collections::BTreeSet;

use super::side::set_aside;
use crate::model::{
    Address, Declared, Defined, Domain, Expression, Kind, Model, Moves, Name, Object, Retired,
    Text as _, Written,
};

/// What is set aside, and what of it does not stay there.
pub(super) struct Aside<'a> {
    carried: &'a Model<Expression>,
    declared: &'a Declared,
    newly: &'a BTreeSet<Address>,
    computed: BTreeSet<Address>,
    by_casts: BTreeSet<Address>,
}

impl<'a> Aside<'a> {
    /// Looks what of it leans on something else, where `newly` goes to the attic and `ledger_after` is all that lies there then.
    pub(super) fn new(
        carried: &'a Model<Expression>,
        declared: &'a Declared,
        newly: &'a BTreeSet<Address>,
        ledger_after: &[Retired],
    ) -> Self {
        let by_casts = spoken_by_casts(carried, declared, newly, ledger_after);
        let mut computed = computed_from_outside(carried, newly);
        let is_column = |own: &&Address| own.kind() == Kind::Column;
        computed.extend(by_casts.iter().filter(is_column).cloned());
        Self {
            carried,
            declared,
            newly,
            computed,
            by_casts,
        }
    }

    /// Says whether what is carried comes off of the thing that it belongs to.
    pub(super) fn comes_off(&self, address: &Address, unit: &Address) -> bool {
        let on_computed = self.computed.iter().any(|own| address.is_at_or_below(own));
        // A domain loses its default and stays.
        let by_cast = address.kind() != Kind::Domain && self.by_casts.contains(address);
        let mut places = self.newly.iter();
        on_computed
            || by_cast
            || places.any(|place| {
                let is_of = address.is_at_or_below(place) || unit == place;
                is_of && self.comes_off_of(place, address)
            })
    }

    fn comes_off_of(&self, place: &Address, address: &Address) -> bool {
        let kind = address.kind();
        // The attic is another schema than that of the column, which the server refuses.
        if place.kind() == Kind::Sequence {
            return kind == Kind::OwnedBy && address.with_kind(Kind::Sequence) == *place;
        }
        if place.kind() == Kind::Column {
            return matches!(
                kind,
                Kind::Default | Kind::NotNull | Kind::Identity | Kind::Grant
            );
        }
        if place.kind() == Kind::Domain {
            return kind == Kind::DomainCheck && self.leans_outside(address);
        }
        let stays_behind = matches!(
            kind,
            Kind::ForeignKey
                | Kind::Trigger
                | Kind::Rule
                | Kind::Policy
                | Kind::PublishedTable
                | Kind::Grant
        );
        let may_lean = matches!(
            kind,
            Kind::Default
                | Kind::Check
                | Kind::Index
                | Kind::Unique
                | Kind::Exclusion
                | Kind::PrimaryKey
        );
        stays_behind || may_lean && self.leans_outside(address)
    }

    /// Says whether it leans on something outside the table, which it would hold as well.
    fn leans_outside(&self, address: &Address) -> bool {
        let mut needs = self.carried.needs.get(address).into_iter().flatten();
        needs.any(|need| {
            // An extension that goes would have to stay for the sake of an index; a type or collation that columns are
            // made of is in the attic by now.
            let kind = need.kind();
            let may_go = kind == Kind::Extension || kind.is_held_with_columns();
            let goes = may_go
                && !self.declared.written.objects.contains_key(need)
                && !need.path().iter().any(Name::is_reserved);
            goes || matches!(kind, Kind::Function | Kind::Sequence | Kind::Defined(_))
                || self.computed.contains(need)
        })
    }
}

/// Says whether it is an index over columns alone.
fn is_of_columns(address: &Address, model: &Model<Expression>) -> bool {
    let Some(Object::Index(own)) = model.objects.get(address) else {
        return false;
    };
    let columns = model.columns_of(&own.table_address(address)).into_iter();
    let columns: BTreeSet<String> = columns.map(|own| own.name().to_string()).collect();
    let mut elements = own.elements.iter();
    own.predicate.is_none() && elements.all(|own| columns.contains(own.sql()))
}

/// Finds what may speak by a cast that goes: no text names one, and the server would not read its own print of it any more.
fn by_casts_that_go(
    there: &Model<Expression>,
    stays: impl Fn(&Address) -> bool,
) -> BTreeSet<Address> {
    let casts = there.objects.keys();
    let casts = casts.filter(|own| own.kind() == Kind::Defined(Defined::Cast));
    let go: Vec<&Address> = casts.filter(|own| !stays(own)).collect();
    let spoken = there.may_speak_by(&go).into_iter();
    spoken.flat_map(|(_, own)| own).collect()
}

/// Finds what lies in the attic, or goes there, and may speak by a cast that goes.
fn spoken_by_casts(
    carried: &Model<Expression>,
    declared: &Declared,
    newly: &BTreeSet<Address>,
    ledger_after: &[Retired],
) -> BTreeSet<Address> {
    let places = || {
        newly
            .iter()
            .chain(ledger_after.iter().map(|row| &row.place))
    };
    let is_aside = |own: &Address| {
        places().any(|place| own.is_at_or_below(place) || carried.unit_of(own) == *place)
    };
    let mut by = by_casts_that_go(carried, |own| declared.written.objects.contains_key(own));
    by.retain(|own| is_aside(own) && !is_of_columns(own, carried));
    // What is made of a computed column goes with it.
    let with_columns = carried.objects.keys().filter(|own| {
        let mut needs = carried.needs.get(*own).into_iter().flatten();
        needs.any(|need| need.kind() == Kind::Column && by.contains(need)) && is_aside(own)
    });
    let with_columns: Vec<Address> = with_columns.cloned().collect();
    by.extend(with_columns);
    by
}

/// Gives columns that are set aside the base types of their domains, where those ask something of their values: every new row
/// is NULL there. The server does it without a look at the rows. `moved` is the state after the moves, as scratch has printed it.
pub(super) fn lift_domains(desired: &mut Model<Written>, moved: &Model<Expression>, moves: &Moves) {
    let by_casts = by_casts_that_go(moved, |own| desired.objects.contains_key(own));
    for place in set_aside(moves) {
        // A function that its default calls may go, and so may a cast that it speaks by.
        let mut needs = moved.needs_of(&place).into_iter();
        let calls = by_casts.contains(&place) || needs.any(|own| own.kind() == Kind::Function);
        if let (Some(Object::Domain(own)), true) = (desired.objects.get_mut(&place), calls) {
            own.default = None;
        }
        let (Some(Object::Column(own)), Some(Object::Column(there))) =
            (desired.objects.get_mut(&place), moved.objects.get(&place))
        else {
            continue;
        };
        let mut refuses = false;
        let mut base = there.type_name.clone();
        while let Some((address, own)) = domain_of(base.sql(), moved) {
            let mut parts = moved.below(&address);
            refuses |= own.not_null || parts.any(|(own, _)| own.kind() == Kind::DomainCheck);
            base = own.type_name.clone();
        }
        if refuses {
            own.type_name = Written::from(&base);
        }
    }
}

/// Finds the domain that a type is.
fn domain_of<'a>(
    spelled: &str,
    model: &'a Model<Expression>,
) -> Option<(Address, &'a Domain<Expression>)> {
    let path = Name::split_reference(spelled).filter(|own| own.len() == 2)?;
    let address = Address::new(Kind::Domain, path);
    let Object::Domain(own) = model.objects.get(&address)? else {
        return None;
    };
    Some((address, own))
}

/// Finds the computed columns of what goes to the attic that call a function: that may go, and nothing is lost with them.
fn computed_from_outside(
    carried: &Model<Expression>,
    newly: &BTreeSet<Address>,
) -> BTreeSet<Address> {
    let columns = carried.objects.iter().filter(|(address, object)| {
        let needs = carried.needs_of(address);
        matches!(object, Object::Column(own) if own.generated.is_some())
            && newly.iter().any(|place| address.is_at_or_below(place))
            && needs.iter().any(|need| need.kind() == Kind::Function)
    });
    columns.map(|(address, _)| address.clone()).collect()
}

/// In the attic, what speaks of an index goes with it.
pub(super) fn without_their_index(desired: &mut Model<Written>) {
    let gone: Vec<Address> = desired
        .objects
        .keys()
        .filter(|own| matches!(own.kind(), Kind::ReplicaIdentity | Kind::ClusteredOn))
        .filter(|own| {
            let mut needs = desired.needs.get(own).into_iter().flatten();
            needs.any(|need| need.kind() != Kind::NotNull && !desired.objects.contains_key(need))
        })
        .cloned()
        .collect();
    for address in gone {
        desired.objects.remove(&address);
        desired.needs.remove(&address);
    }
}

/// An extension or access method cannot move: what is held in the attic holds it where it is.
pub(super) fn held_extensions(carried: &Model<Expression>, desired: &mut Model<Written>) {
    let is_marked = |address: &Address| address.path().iter().any(Name::is_reserved);
    let held: BTreeSet<Address> = desired
        .objects
        .keys()
        .filter(|address| is_marked(address))
        .filter_map(|address| carried.needs.get(address))
        .flatten()
        .filter(|need| need.kind().stays_for_the_attic())
        .cloned()
        .collect();
    for address in held {
        if let Some(own) = carried.objects.get(&address) {
            let own = own.map(&mut |text| Written::from(text));
            desired.objects.entry(address.clone()).or_insert(own);
            desired
                .needs
                .entry(address.clone())
                .or_insert_with(|| carried.needs.get(&address).cloned().unwrap_or_default());
        }
        // The schema that it lives in stays with it.
        for schema in carried.needs.get(&address).into_iter().flatten() {
            if let Some(own) = carried.objects.get(schema) {
                desired
                    .objects
                    .entry(schema.clone())
                    .or_insert_with(|| own.map(&mut |text| Written::from(text)));
            }
        }
    }
}
