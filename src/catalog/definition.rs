//! The small kinds.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::rows::{get, names, oid};
use super::{CatalogError, Gathering, Oid};
use crate::model::{
    Address, Clause, Defined, Definition, EVERYBODY, Has, Kind, Name, Object, Options, Said, Shape,
};

pub(super) async fn definitions(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("definition.sql"))
        .fetch_all(&mut *connection)
        .await?
    {
        let word: &str = get(&row, "kind")?;
        let kind = Defined::ALL.into_iter().find(|own| own.keyword() == word);
        let kind = kind.unwrap_or_else(|| unreachable!("the query speaks of {word}"));
        let address = Address::new(Kind::Defined(kind), names(&row, "path")?);
        let mut arguments = names(&row, "arguments")?;
        if kind == Defined::UserMapping {
            // A role is spelled as types are; everybody has no name.
            arguments = arguments.iter().map(spelled_user).collect();
        }
        let address = address.with_arguments(arguments);
        begin(into, oid(&row)?, &address, kind);
        let clause: &str = get(&row, "clause")?;
        if clause == "unseen"
            && let Some(Object::Defined(own)) = into.model.objects.get_mut(&address)
        {
            own.clauses.insert(Clause::Options, Said::Unseen);
            continue;
        }
        let has = kind
            .clauses()
            .iter()
            .find(|own| own.clause.word() == clause);
        if let (Some(has), Some(Object::Defined(own))) = (has, into.model.objects.get_mut(&address))
        {
            let value: Option<Vec<String>> = get(&row, "value")?;
            add(own, has, get(&row, "entry")?, value.unwrap_or_default());
        }
    }
    let is_class = |own: &Address| {
        let kinds = [Defined::OperatorClass, Defined::OperatorFamily];
        kinds.iter().any(|kind| own.kind() == Kind::Defined(*kind))
    };
    if !into.model.objects.keys().any(is_class) {
        return Ok(());
    }
    for row in sqlx::query(include_str!("listed.sql"))
        .fetch_all(connection)
        .await?
    {
        let place = (get(&row, "refclassid")?, get(&row, "refobjid")?, 0);
        if let Some(address) = into.addresses.get(&place).cloned() {
            into.addresses.insert(oid(&row)?, address);
        }
    }
    Ok(())
}

/// Puts an object of a small kind where it is not there yet, and says whether that was so.
pub(super) fn begin(into: &mut Gathering, oid: Oid, address: &Address, kind: Defined) -> bool {
    let is_new = !into.model.objects.contains_key(address);
    if is_new {
        let own = Definition {
            kind,
            clauses: BTreeMap::new(),
            lookup: Vec::new(),
        };
        into.put(oid, address.clone(), Object::Defined(own));
    }
    is_new
}

/// Leaves out what is said of a table that is not modelled: it is not ours either, and is reported.
pub(super) fn without_strangers(into: &mut Gathering) {
    let strange = |address: &Address, objects: &BTreeMap<Address, Object<_>>| {
        let Some(Object::Defined(own)) = objects.get(address) else {
            return false;
        };
        let Some(Said::Path(table)) = own.says(Clause::Table) else {
            return false;
        };
        let of = [Kind::Table, Kind::MaterializedView].into_iter();
        let mut of = of.map(|kind| Address::new(kind, table.iter().cloned()));
        !of.any(|own| objects.contains_key(&own))
    };
    let all = into.model.objects.keys();
    let strange = all.filter(|own| strange(own, &into.model.objects));
    let strange: Vec<Address> = strange.cloned().collect();
    for own in strange {
        into.model.objects.remove(&own);
        into.addresses.retain(|_, address| *address != own);
    }
}

fn spelled_user(role: &Name) -> Name {
    match role.as_str() {
        "" => Name::new(EVERYBODY),
        _ => Name::new(role.spelled()),
    }
}

/// Adds what a row says of a clause.
pub(super) fn add(own: &mut Definition, has: &Has, entry: Option<String>, value: Vec<String>) {
    let path = || value.iter().map(Name::new).collect();
    let text = || value.first().cloned().unwrap_or_default();
    match has.shape {
        Shape::Flag => {
            own.clauses.insert(has.clause, Said::Flag);
        }
        Shape::Texts => {
            own.clauses.insert(has.clause, Said::Texts(value));
        }
        Shape::Routine => {
            let (path, types) = value.split_at(value.len().min(2));
            let names = |all: &[String]| all.iter().map(Name::new).collect();
            own.clauses
                .insert(has.clause, Said::Routine(names(path), names(types)));
        }
        Shape::Text | Shape::Target | Shape::Word(_) | Shape::Sessions | Shape::Moment => {
            own.clauses.insert(has.clause, Said::Text(text()));
        }
        Shape::Path => {
            own.clauses.insert(has.clause, Said::Path(path()));
        }
        Shape::Options | Shape::Entries => {
            let said = own.clauses.entry(has.clause);
            let said = said.or_insert_with(|| Said::Options(Options::default()));
            if let Said::Options(Options(pairs)) = said {
                match entry {
                    Some(name) => pairs.push((Name::new(name), text())),
                    None => pairs.extend(definition_list(&text())),
                }
            }
        }
        Shape::Mappings => {
            let said = own.clauses.entry(has.clause);
            let said = said.or_insert_with(|| Said::Mappings(BTreeMap::new()));
            if let (Said::Mappings(all), Some(name)) = (said, entry) {
                all.entry(Name::new(name)).or_default().push(path());
            }
        }
    }
}

/// Returns the catalog that a small kind is in.
pub(super) fn catalog(kind: Defined) -> &'static str {
    match kind {
        Defined::Conversion => "pg_conversion",
        Defined::TextSearchParser => "pg_ts_parser",
        Defined::TextSearchTemplate => "pg_ts_template",
        Defined::TextSearchDictionary => "pg_ts_dict",
        Defined::TextSearchConfiguration => "pg_ts_config",
        Defined::ForeignDataWrapper => "pg_foreign_data_wrapper",
        Defined::Server => "pg_foreign_server",
        Defined::AccessMethod => "pg_am",
        Defined::Operator => "pg_operator",
        Defined::Cast => "pg_cast",
        Defined::EventTrigger => "pg_event_trigger",
        Defined::OperatorFamily => "pg_opfamily",
        Defined::OperatorClass => "pg_opclass",
        Defined::Statistics => "pg_statistic_ext",
        Defined::UserMapping => "pg_user_mapping",
        Defined::Publication => "pg_publication",
        Defined::Role => "pg_authid",
    }
}

/// Splits the options of a dictionary, which the catalog keeps as the server's `serialize_deflist` writes them: `name = value`,
/// names quoted where they have to be, values as literals or numbers.
fn definition_list(text: &str) -> Vec<(Name, String)> {
    let mut rest = text;
    let mut all = Vec::new();
    while let Some((name, after)) = quoted(rest, '"').or_else(|| {
        rest.split_once(' ')
            .map(|(name, after)| (name.to_owned(), after))
    }) {
        let after = after.trim_start().trim_start_matches('=').trim_start();
        let escaped = after.strip_prefix('E');
        let (value, after) = match quoted(escaped.unwrap_or(after), '\'') {
            Some((value, after)) if escaped.is_some() => (value.replace("\\\\", "\\"), after),
            Some(own) => own,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        all.push((Name::new(name), value));
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    all
}

/// Takes a quoted text off the beginning, its doubled quotes undone.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let inner = text.strip_prefix(quote)?;
    let mut value = String::new();
    let mut characters = inner.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            value.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            value.push(quote);
        } else {
            return Some((value, &inner[at + quote.len_utf8()..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_a_dictionary_are_split() {
        let list = definition_list(
            r#"language = 'english', "Stop,words" = 'it''s, so', maxlen = 25, path = E'a\\b'"#,
        );
        let list: Vec<(&str, &str)> = list
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let wanted = [
            ("language", "english"),
            ("Stop,words", "it's, so"),
            ("maxlen", "25"),
            ("path", "a\\b"),
        ];
        assert_eq!(list, wanted);
    }
}
