//! The section `collations`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields};
use super::node::Node;
use crate::model::{Address, Collation, Kind, Locale, Model, Name, Object, Provider, Written};

/// Gives every collation that is said without a schema the one it is in: one that is declared beside, or in public, or else the
/// system's.
pub(super) fn found(model: &mut Model<Written>) {
    let declared: BTreeSet<Address> = model
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Collation)
        .cloned()
        .collect();
    for (address, object) in &mut model.objects {
        let mut all: Vec<&mut Vec<Name>> = Vec::new();
        if let Object::Column(own) = object {
            all.extend(own.collation.as_mut());
        } else if let Object::Domain(own) = object {
            all.extend(own.collation.as_mut());
        } else if let Object::Range(own) = object {
            all.extend(own.collation.as_mut());
        } else if let Object::Composite(own) = object {
            let attributes = own.attributes.iter_mut();
            all.extend(attributes.filter_map(|own| own.collation.as_mut()));
        }
        for path in all {
            let [name] = path.as_slice() else {
                continue;
            };
            let places = [address.schema_name().clone(), Name::new("public")];
            let mut places = places
                .into_iter()
                .map(|schema| Address::new(Kind::Collation, [schema, name.clone()]));
            let place = places.find(|place| declared.contains(place));
            let system = || vec![Name::new("pg_catalog"), name.clone()];
            *path = place.map_or_else(system, |place| place.path().to_vec());
        }
    }
}

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let what = format!("collation {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = gathering.unit(head, Kind::Collation, name, key, &mut fields);
    let ledger = &mut gathering.ledger;
    let mut text = |word: &'static str| {
        let node = fields.get(word)?;
        Some((fields::text(&node, word, ledger)?.to_string(), node))
    };
    let provider = text("provider").unwrap_or_else(|| ("libc".to_owned(), key.clone()));
    let (locale, collate, ctype) = (text("locale"), text("lc_collate"), text("lc_ctype"));
    let rules = text("rules").map(|(rules, _)| rules);
    let deterministic = fields
        .get("deterministic")
        .and_then(|node| fields::boolean(&node, "deterministic", ledger));
    let provider = match &*provider.0 {
        "libc" => Provider::Libc,
        "icu" => Provider::Icu,
        "builtin" => Provider::Builtin,
        other => {
            let what = format!("the provider `{other}` is none of libc, icu and builtin");
            ledger.fault(&provider.1, what, None);
            Provider::Libc
        }
    };
    let locale = match (locale, collate, ctype) {
        (Some((own, _)), None, None) => Some(Locale::Whole(own)),
        (None, Some((collate, _)), Some((ctype, _))) if collate == ctype => {
            Some(Locale::Whole(collate))
        }
        (None, Some((collate, at)), Some((ctype, _))) => {
            if provider != Provider::Libc {
                let what = "only libc has lc_collate and lc_ctype; the others have one locale";
                ledger.fault(&at, what, "write `locale`".to_owned());
            }
            Some(Locale::Parts { collate, ctype })
        }
        _ => {
            let mend = "write `locale`, or both of `lc_collate` and `lc_ctype`";
            ledger.fault(key, format!("{address} has no one locale"), mend.to_owned());
            None
        }
    };
    if let Some(locale) = locale {
        let own = Collation {
            provider,
            locale,
            deterministic: deterministic != Some(false),
            rules,
        };
        gathering.put(&address, key, Object::Collation(own));
    }
    gathering.comment(&address, &mut fields);
    gathering.protect(&address, &mut fields);
    gathering.owner(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}
