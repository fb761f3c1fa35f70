//! Rules on tables and views.

use sqlx::PgConnection;

use super::rows::{code, get, name, oid};
use super::trigger::{ENABLED, outside_quotes};
use super::{CatalogError, Gathering};
use crate::model::{Address, Event, Expression, Kind, Object, Rule};

/// The codes of `pg_rewrite.ev_type`.
const EVENTS: [(&str, Event); 3] = [
    ("2", Event::Update),
    ("3", Event::Insert),
    ("4", Event::Delete),
];

pub(super) async fn rules(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("rule.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        let address = table.part(Kind::Rule, &name(&row, "name")?);
        let instead = get(&row, "instead")?;
        let (condition, action) = split(
            get(&row, "definition")?,
            get(&row, "has_condition")?,
            instead,
        );
        let rule = Rule {
            on_view: get(&row, "on_view")?,
            event: code(&row, "event", &EVENTS)?,
            condition: condition.map(Expression::new),
            instead,
            action: Expression::new(action),
            enabled: code(&row, "enabled", &ENABLED)?,
        };
        if into.model.objects.contains_key(&rule.relation(&address)) {
            into.put(oid(&row)?, address, Object::Rule(rule));
        }
    }
    Ok(())
}

/// Finds condition and commands in a definition as the server prints it: `… TO … [WHERE …] DO [INSTEAD] …;`. DO and WHERE are
/// reserved: outside of quotes, the first ones are those of the rule.
fn split(definition: &str, has_condition: bool, instead: bool) -> (Option<&str>, &str) {
    const WHERE: &str = " WHERE ";
    // A line ends after it where a command begins with one.
    const DO: &str = " DO";
    const INSTEAD: &str = "INSTEAD ";
    let bare = outside_quotes(definition);
    let first = |words: &str| {
        let mut bare = bare.iter().copied();
        bare.find(|&at| definition[at..].starts_with(words))
    };
    let mut places = bare.iter().copied();
    let does = places.find(|&at| {
        let rest = definition[at..].strip_prefix(DO);
        rest.is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    let Some(does) = does else {
        return (None, definition);
    };
    let action = definition[does + DO.len()..].trim_start();
    let action = if instead {
        action.strip_prefix(INSTEAD).unwrap_or(action)
    } else {
        action
    };
    let action = action.trim();
    let action = action.strip_suffix(';').unwrap_or(action);
    let condition = match (has_condition, first(WHERE)) {
        (true, Some(at)) if at < does => Some(definition[at + WHERE.len()..does].trim()),
        _ => None,
    };
    (condition, action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_and_commands_are_found_whatever_names_say() {
        let text = "CREATE RULE \" DO INSTEAD \" AS\n    ON INSERT TO app.\" WHERE x\"\n   WHERE (new.a <> ' DO '::text) \
                    DO INSTEAD ( INSERT INTO app.t (a) VALUES (new.a) ON CONFLICT DO NOTHING;\n DELETE FROM app.u;\n);";
        let (condition, action) = split(text, true, true);
        assert_eq!(condition, Some("(new.a <> ' DO '::text)"));
        assert!(
            action.starts_with("( INSERT") && action.ends_with("app.u;\n)"),
            "{action}"
        );
    }
}
