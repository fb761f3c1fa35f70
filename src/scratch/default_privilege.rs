//! What roles shall be able to do with what is made from now on: lists that are declared are compared, others are kept as they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    APPLIER, Address, Declared, Expression, Grant, Model, Moves, Name, Object, Server, Written,
    granted_to,
};

pub(super) fn lists(
    carried: &Model<Expression>,
    desired: &mut Model<Written>,
    (declared, owned): (&Declared, Option<&BTreeSet<Address>>),
    moves: &Moves,
    compares: bool,
    server: &Server,
) {
    let role = Name::new(&server.role);
    let names = BTreeMap::from([(role.clone(), Name::new(APPLIER))]);
    // Of the applier's own lists, it is said without its name.
    let as_read = |address: &Address| {
        if address.default_role() == Some(&role) {
            granted_to(address, &names)
        } else {
            address.clone()
        }
    };
    desired.objects = std::mem::take(&mut desired.objects)
        .into_iter()
        .map(|(address, object)| (as_read(&address), object))
        .collect();
    let listed: BTreeMap<Address, &BTreeSet<Name>> = declared
        .listed
        .iter()
        .filter(|(list, _)| list.default_list().is_some())
        .map(|(list, roles)| (as_read(list), roles))
        .collect();
    let was_ours = owned.map(|all| -> BTreeSet<Address> {
        let carried = all.iter().map(|own| moves.carry(own));
        carried.map(|own| as_read(&own)).collect()
    });
    for (list, roles) in &listed {
        let own = desired.objects.keys();
        let own = own.filter(|own| own.default_list().as_ref() == Some(list));
        let own: Vec<Address> = own.cloned().collect();
        if !compares {
            for grant in own {
                desired.objects.remove(&grant);
            }
            continue;
        }
        owners_own(desired, list, roles, &role, server.version.major());
    }
    for (address, object) in &carried.objects {
        let Some(list) = address.default_list() else {
            continue;
        };
        // A list that a revision declared and the files no longer have is one that nobody wants any more. Where states are only
        // compared, what is not declared is not there.
        let was_ours = |list: &Address| was_ours.as_ref().is_none_or(|all| all.contains(list));
        let is_said = declared.is_printed || listed.contains_key(&list) || was_ours(&list);
        let is_compared = compares && is_said;
        let schema = list.default_schema().map(|_| list.schema());
        let stays = schema.is_none_or(|own| desired.objects.contains_key(&own));
        if stays && !is_compared {
            let kept = object.map(&mut |text| Written::from(text));
            desired.objects.entry(address.clone()).or_insert(kept);
        }
    }
}

/// Whoever makes something has every privilege on it by itself: where it is listed, what is said is what it does not have. In a
/// schema nothing is given by itself.
fn owners_own(
    desired: &mut Model<Written>,
    list: &Address,
    roles: &BTreeSet<Name>,
    applier: &Name,
    major: u16,
) {
    let (Some(maker), Some(kind)) = (list.default_role(), list.on()) else {
        return;
    };
    let called = if maker.as_str() == APPLIER {
        applier
    } else {
        maker
    };
    if list.default_schema().is_some() || !roles.contains(called) {
        return;
    }
    for privilege in kind.privileges(major) {
        let own = list.by_default(maker, &Name::new(*privilege));
        match desired.objects.get(&own) {
            Some(Object::DefaultPrivilege(Grant::Held)) => {
                desired.objects.remove(&own);
            }
            Some(_) => {}
            None => {
                let taken = Object::DefaultPrivilege(Grant::Taken);
                desired.objects.insert(own, taken);
            }
        }
    }
}
