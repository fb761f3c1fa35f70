//! Owners and privileges of the desired side: what is declared of them is compared, the rest is kept as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::default_privilege;

use crate::model::{
    ALL_PRIVILEGES, APPLIER, Address, Declared, DefaultPrivileges, Expression, Grant, Grants, Kind,
    Model, Moves, Name, Object, Server, Settings, Written, granted_to,
};

/// Spells out what `all` stands for on a server of this version.
pub(super) fn every_privilege(written: &mut Model<Written>, major: u16) {
    let all: Vec<(Address, Object<Written>)> = written
        .objects
        .iter()
        .filter(|(address, object)| {
            let is_privilege = matches!(object, Object::Grant(_) | Object::DefaultPrivilege(_));
            is_privilege && address.name().as_str() == ALL_PRIVILEGES
        })
        .map(|(address, object)| (address.clone(), object.clone()))
        .collect();
    for (address, object) in all {
        written.objects.remove(&address);
        let target = address.target().map(|own| own.kind());
        let Some(kind) = target.or(address.on()) else {
            continue;
        };
        for privilege in kind.privileges(major) {
            let own = address.renamed(Name::new(*privilege));
            written.objects.entry(own).or_insert_with(|| object.clone());
        }
    }
}

/// Says what belongs to whom: what a file names where `manage.owners` says so, what stands where it does not.
pub(super) fn owners(
    carried: &Model<Expression>,
    desired: &mut Model<Written>,
    declared: &Declared,
    settings: &Settings,
    role: &str,
) {
    let mut mine: BTreeSet<Address> = BTreeSet::new();
    let said: Vec<Address> = desired
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Owner)
        .cloned()
        .collect();
    for address in said {
        let is_mine =
            matches!(&desired.objects[&address], Object::Owner(own) if own.role.as_str() == role);
        // What the applier owns is read without an owner.
        if !settings.manage.owners || is_mine {
            desired.objects.remove(&address);
        }
        if settings.manage.owners && is_mine {
            mine.insert(address);
        }
    }
    for (address, object) in &carried.objects {
        let target = address.attached_to();
        let stays = target.is_some_and(|own| desired.objects.contains_key(&own));
        let is_mine = || {
            let unit = address.attached_to();
            mine.contains(address)
                || declared.is_printed
                    && unit.is_some_and(|own| declared.written.objects.contains_key(&own))
        };
        let is_said = desired.objects.contains_key(address) || is_mine();
        if address.kind() == Kind::Owner && stays && !is_said {
            let kept = object.map(&mut |text| Written::from(text));
            desired.objects.insert(address.clone(), kept);
        }
    }
}

/// Says who may do what: what a file lists where it does, what stands where it does not. What is set aside is nobody's but
/// its owner's.
pub(super) fn privileges(
    carried: &Model<Expression>,
    desired: &mut Model<Written>,
    [newly, taken_back]: [&BTreeSet<Address>; 2],
    (declared, owned, moves): (&Declared, Option<&BTreeSet<Address>>, &Moves),
    settings: &Settings,
    server: &Server,
) {
    let compares = settings.manage.grants != Grants::Ignored;
    default_privilege::lists(carried, desired, (declared, owned), moves, compares, server);
    // Of what the applier owns, its own privileges are read without its name.
    let names = BTreeMap::from([(Name::new(&server.role), Name::new(APPLIER))]);
    let others: BTreeSet<Address> = desired
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Owner)
        .filter_map(Address::target)
        .collect();
    let is_own = |grant: &Address| {
        let unit = grant.target().map(|own| own.lists_privileges());
        grant.kind() == Kind::Grant && unit.is_some_and(|own| !others.contains(&own))
    };
    desired.objects = std::mem::take(&mut desired.objects)
        .into_iter()
        .map(|(address, object)| {
            if is_own(&address) {
                (granted_to(&address, &names), object)
            } else {
                (address, object)
            }
        })
        .collect();
    let all: Vec<Address> = desired
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Grant)
        .cloned()
        .collect();
    let mut of_unit: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for grant in all {
        let Some(target) = grant.target() else {
            continue;
        };
        let unit = target.lists_privileges();
        if declared.listed.contains_key(&unit) {
            of_unit.entry(unit).or_default().push(grant);
        }
    }
    for (unit, roles) in &declared.listed {
        let own = of_unit.remove(unit).unwrap_or_default();
        if !compares {
            for grant in own {
                desired.objects.remove(&grant);
            }
            continue;
        }
        if !desired.objects.contains_key(unit) {
            continue;
        }
        let owner = match desired.objects.get(&Address::owner_of(unit)) {
            Some(Object::Owner(own)) => own.role.clone(),
            _ => Name::new(APPLIER),
        };
        // The server gives an owner everything by itself: what is said of it is what it does not have.
        let mut has: BTreeSet<Address> = BTreeSet::new();
        for grant in own {
            // A privilege on a column is one beside that.
            let on_whole = grant.target().as_ref() == Some(unit);
            if grant.path().iter().rev().nth(1) != Some(&owner) || !on_whole {
                continue;
            }
            has.insert(grant.clone());
            if matches!(
                desired.objects.get(&grant),
                Some(Object::Grant(Grant::Held))
            ) {
                desired.objects.remove(&grant);
            }
        }
        let names_applier = || roles.contains(&Name::new(&server.role));
        if roles.contains(&owner) || owner.as_str() == APPLIER && names_applier() {
            for privilege in unit.kind().privileges(server.version.major()) {
                let grant = Address::privilege_on(unit, &owner, &Name::new(*privilege));
                if !has.contains(&grant) {
                    desired.objects.insert(grant, Object::Grant(Grant::Taken));
                }
            }
        }
    }
    let is_new = |own: &Address| !carried.objects.contains_key(own) || taken_back.contains(own);
    let is_listed = |own: &Address| compares && declared.listed.contains_key(own);
    let given = DefaultPrivileges::of_applier(desired);
    given_by_default(desired, &given, |own| is_new(own) && !is_listed(own));
    for (address, object) in &carried.objects {
        if address.kind() != Kind::Grant || desired.objects.contains_key(address) {
            continue;
        }
        let target = address.target();
        let unit = target.as_ref().map(Address::lists_privileges);
        let is_listed = unit.is_some_and(|own| declared.listed.contains_key(&own));
        let stays = address
            .attached_to()
            .is_some_and(|own| desired.objects.contains_key(&own));
        let comes_off = newly.iter().any(|place| address.is_at_or_below(place));
        if stays && !comes_off && !(compares && is_listed) {
            let kept = object.map(&mut |text| Written::from(text));
            desired.objects.insert(address.clone(), kept);
        }
    }
}

/// What is new, and of which nobody says who may do what, has what default privileges give: that is a part of the state it is in then.
fn given_by_default(
    desired: &mut Model<Written>,
    given: &DefaultPrivileges,
    is_meant: impl Fn(&Address) -> bool,
) {
    // An attic is nobody's.
    let new: Vec<Address> = desired
        .objects
        .keys()
        .filter(|own| own.kind().is_top_level() && !own.name().is_reserved() && is_meant(own))
        .cloned()
        .collect();
    for own in new {
        let owner = match desired.objects.get(&Address::owner_of(&own)) {
            Some(Object::Owner(owner)) => Some(owner.role.clone()),
            _ => None,
        };
        for given in given.of(&own) {
            if owner.as_ref() != Some(&given.role) {
                // What the maker has becomes its owner's.
                let is_maker = given.role.as_str() == APPLIER;
                let role = owner.as_ref().filter(|_| is_maker);
                let role = role.unwrap_or(&given.role);
                let grant = Address::privilege_on(&own, role, &given.privilege);
                desired.objects.insert(grant, Object::Grant(given.how));
            }
        }
    }
}
