//! Why a step is there, in a sentence.

use super::rewrite::Context;
use crate::model::{
    APPLIER, Address, Alteration, Clause, ColumnSettingsAlteration, CompositeAlteration,
    DefinitionAlteration, EnumAlteration, Grant, GrantAlteration, Kind, Object, OwnerAlteration,
    TableAlteration, spoken_role,
};

/// Says why something is made.
pub(super) fn created(address: &Address, cx: &Context<'_>) -> String {
    if let Some(Object::Grant(how) | Object::DefaultPrivilege(how)) =
        cx.level.desired.objects.get(address)
    {
        let is_kept =
            cx.level.current.objects.get(address) == cx.level.desired.objects.get(address);
        return if is_kept {
            format!("{} are kept", access(address))
        } else if *how == Grant::Taken {
            format!("{} become fewer", access(address))
        } else {
            format!("{} become more", access(address))
        };
    }
    if let Some(what) = published(address) {
        let is_new = !cx.level.current.objects.contains_key(address);
        let publication = address.name();
        return if is_new {
            format!("publication {publication} tells of {what} from now on")
        } else {
            format!("publication {publication} goes on telling of {what}")
        };
    }
    if !cx.level.current.objects.contains_key(address) {
        return format!("{} is declared and not there yet", spoken(address));
    }
    let kept = matches!(address.kind(), Kind::Owner | Kind::Grant | Kind::Comment);
    if kept {
        format!("{} is kept", spoken(address))
    } else {
        format!("{address} is there again")
    }
}

/// Says what a publication tells of.
fn published(address: &Address) -> Option<String> {
    if address.kind() == Kind::PublishedTable {
        Some(address.table().to_string())
    } else if address.kind() == Kind::PublishedSchema {
        Some(format!("the tables of {}", address.schema()))
    } else {
        None
    }
}

/// Speaks of what is attached to something by the words of the language.
fn spoken(address: &Address) -> String {
    let Some(target) = address.target() else {
        return address.to_string();
    };
    match (address.kind(), address.path()) {
        (Kind::Owner, _) => format!("the owner of {target}"),
        (Kind::Comment, _) => format!("the comment on {target}"),
        (Kind::Grant, [.., role, privilege]) => {
            format!(
                "{} on {target} for {}",
                privilege.as_str(),
                spoken_role(role)
            )
        }
        _ => address.to_string(),
    }
}

/// Speaks of all that a role may do with something.
fn access(grant: &Address) -> String {
    if let (Some(list), [.., role, _]) = (grant.default_list(), grant.path()) {
        return format!("the privileges of {} on {}", spoken_role(role), made(&list));
    }
    match (grant.target(), grant.path()) {
        (Some(target), [.., role, _]) => {
            format!("the privileges of {} on {target}", spoken_role(role))
        }
        _ => grant.to_string(),
    }
}

/// Speaks of what a list of default privileges is about.
pub(super) fn made(list: &Address) -> String {
    let what = match list.on() {
        Some(Kind::Sequence) => "sequences",
        Some(Kind::Function) => "functions",
        Some(Kind::Enum) => "types",
        Some(Kind::Schema) => "schemas",
        _ => "tables",
    };
    let maker = match list.default_role() {
        Some(role) if role.as_str() != APPLIER => role.to_string(),
        Some(_) | None => "the applying role".to_owned(),
    };
    match list.default_schema() {
        Some(schema) => format!("{what} that {maker} makes in schema {schema}"),
        None => format!("{what} that {maker} makes"),
    }
}

/// Says what becomes other.
pub(super) fn altered(address: &Address, alteration: &Alteration) -> String {
    let attribute = || format!("{} of {address} changes", alteration.attribute());
    match alteration {
        Alteration::Enum(EnumAlteration::AddValue { value, .. }) => {
            format!("{address} gets the label {value:?}")
        }
        Alteration::Owner(OwnerAlteration::Role(role)) => {
            format!("{} is {role} from now on", spoken(address))
        }
        Alteration::Grant(GrantAlteration::How(Grant::Grantable))
        | Alteration::DefaultPrivilege(GrantAlteration::How(Grant::Grantable)) => {
            format!("{} become more", access(address))
        }
        Alteration::Grant(_) | Alteration::DefaultPrivilege(_) => {
            format!("{} become fewer", access(address))
        }
        Alteration::Comment(_) => format!("{} changes", spoken(address)),
        Alteration::Parameters(_) => {
            format!(
                "the storage parameters of table {} change",
                address.dotted()
            )
        }
        Alteration::RowSecurity(_) => {
            format!(
                "the row-level security of table {} changes",
                address.dotted()
            )
        }
        Alteration::PublishedTable(_) | Alteration::PublishedSchema(_) => attribute(),
        Alteration::Policy(_) => format!("{address} speaks of other roles or rows"),
        Alteration::ReplicaIdentity(_) => {
            format!("the replica identity of table {} changes", address.dotted())
        }
        Alteration::ClusteredOn(_) => {
            format!(
                "CLUSTER goes by another index of table {}",
                address.dotted()
            )
        }
        Alteration::Table(TableAlteration::Options(..)) => {
            format!("the options of {address} change")
        }
        Alteration::ColumnSettings(ColumnSettingsAlteration::Foreign(..)) => {
            format!("the foreign options of column {} change", address.dotted())
        }
        Alteration::ColumnSettings(_) => format!(
            "{} of column {} changes",
            alteration.attribute(),
            address.dotted()
        ),
        Alteration::Identity(_) => {
            format!("the identity of column {} changes", address.dotted())
        }
        Alteration::Defined(DefinitionAlteration::Mapping { name, .. }) => {
            format!("the dictionaries of {name} in {address} change")
        }
        Alteration::Defined(DefinitionAlteration::Clause {
            clause: Clause::Options,
            ..
        }) => format!("the options of {address} change"),
        Alteration::Defined(DefinitionAlteration::Clause {
            clause: Clause::Publish,
            ..
        }) => format!("{address} tells of other operations"),
        Alteration::Defined(DefinitionAlteration::Clause {
            clause: Clause::ViaRoot,
            to,
            ..
        }) => match to {
            Some(_) => format!("{address} tells of partitions as of their tables"),
            None => format!("{address} tells of each partition by itself"),
        },
        Alteration::Defined(_) => attribute(),
        Alteration::Composite(CompositeAlteration::Add(name)) => {
            format!("attribute {name} of {address} is declared and not there yet")
        }
        Alteration::Composite(CompositeAlteration::Retype(name)) => {
            format!("the type of attribute {name} of {address} changes")
        }
        Alteration::Composite(_)
        | Alteration::Range(_)
        | Alteration::Collation(_)
        | Alteration::Enum(EnumAlteration::Values)
        | Alteration::Schema(_)
        | Alteration::Extension(_)
        | Alteration::Domain(_)
        | Alteration::Sequence(_)
        | Alteration::Function(_)
        | Alteration::Procedure(_)
        | Alteration::Aggregate(_)
        | Alteration::DomainCheck(_)
        | Alteration::Table(_)
        | Alteration::Column(_)
        | Alteration::OwnedBy(_)
        | Alteration::Default(_)
        | Alteration::NotNull(_)
        | Alteration::PrimaryKey(_)
        | Alteration::Unique(_)
        | Alteration::Check(_)
        | Alteration::Index(_)
        | Alteration::Exclusion(_)
        | Alteration::ForeignKey(_)
        | Alteration::View(_)
        | Alteration::MaterializedView(_)
        | Alteration::Trigger(_)
        | Alteration::Rule(_) => attribute(),
    }
}

/// Says why something goes.
pub(super) fn dropped(address: &Address, cx: &Context<'_>) -> String {
    let (stood, stands) = (
        cx.level.current.objects.get(address),
        cx.level.desired.objects.get(address),
    );
    if let Some(what) = published(&cx.level.moves.carry_back(address)) {
        let publication = address.name();
        return match stands {
            Some(_) => format!("publication {publication} tells of {what} in another way"),
            None => format!("publication {publication} tells nothing of {what} any more"),
        };
    }
    let Some((stood, stands)) = stood.zip(stands) else {
        return match cx.level.current.objects.get(address) {
            Some(Object::Grant(Grant::Taken) | Object::DefaultPrivilege(Grant::Taken)) => {
                format!("{} become more", access(address))
            }
            Some(Object::Grant(_) | Object::DefaultPrivilege(_)) => {
                format!("{} become fewer", access(address))
            }
            _ => format!("{} is no longer declared", spoken(address)),
        };
    };
    match stood.alterations(stands).first() {
        Some(_) => format!("{address} makes room for another one: it cannot change in place"),
        None => format!("{address} goes and comes back: what it stands on changes"),
    }
}
