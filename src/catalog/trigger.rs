//! Triggers on tables.

use sqlx::PgConnection;

use super::rows::{code, get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Deferrable, Enabled, Event, Expression, Kind, Name, Object, Timing, Trigger,
};

/// The bits of `pg_trigger.tgtype`.
const ROW: i32 = 1;
const BEFORE: i32 = 2;
const EVENTS: [(i32, Event); 4] = [
    (4, Event::Insert),
    (8, Event::Delete),
    (16, Event::Update),
    (32, Event::Truncate),
];
const INSTEAD: i32 = 64;
pub(super) const ENABLED: [(&str, Enabled); 4] = [
    ("O", Enabled::Origin),
    ("D", Enabled::Disabled),
    ("R", Enabled::Replica),
    ("A", Enabled::Always),
];

pub(super) async fn triggers(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("trigger.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        let on_view: bool = get(&row, "on_view")?;
        let relation = if on_view {
            table.with_kind(Kind::View)
        } else {
            table.clone()
        };
        if !into.model.objects.contains_key(&relation) {
            continue;
        }
        let own = name(&row, "name")?;
        let bits: i32 = get(&row, "type")?;
        let from = get::<Option<&str>>(&row, "from_schema")?
            .zip(get::<Option<&str>>(&row, "from_table")?)
            .map(|(schema, name)| vec![Name::new(schema), Name::new(name)]);
        let (when, execute) = split(get(&row, "definition")?, get(&row, "has_condition")?);
        let constraint = match (
            get(&row, "is_constraint")?,
            get(&row, "deferrable")?,
            get(&row, "deferred")?,
        ) {
            (false, _, _) => None,
            (true, false, _) => Some(Deferrable::No),
            (true, true, false) => Some(Deferrable::Immediate),
            (true, true, true) => Some(Deferrable::Deferred),
        };
        let trigger = Trigger {
            on_view,
            timing: match bits {
                bits if bits & INSTEAD != 0 => Timing::InsteadOf,
                bits if bits & BEFORE != 0 => Timing::Before,
                _ => Timing::After,
            },
            events: EVENTS
                .iter()
                .filter(|(bit, _)| bits & bit != 0)
                .map(|(_, event)| *event)
                .collect(),
            update_of: names(&row, "update_of")?,
            for_each_row: bits & ROW != 0,
            when: when.map(Expression::new),
            execute: Expression::new(execute),
            constraint,
            from,
            old_table: get::<Option<&str>>(&row, "old_table")?.map(Name::new),
            new_table: get::<Option<&str>>(&row, "new_table")?.map(Name::new),
            enabled: code(&row, "enabled", &ENABLED)?,
        };
        let address = table.part(Kind::Trigger, &own);
        if trigger.constraint.is_some() {
            // It has a row among the constraints too.
            let constraint = (
                get(&row, "constraint_class")?,
                get(&row, "constraint_oid")?,
                0,
            );
            into.addresses.insert(constraint, address.clone());
        }
        into.put(oid(&row)?, address, Object::Trigger(trigger));
    }
    Ok(())
}

/// Finds condition and call in the end of a definition as the server prints it: `… FOR EACH ROW [WHEN (…)] EXECUTE
/// FUNCTION …`. The words are looked for outside of quotes, where a name or literal cannot counterfeit them.
fn split(definition: &str, has_condition: bool) -> (Option<&str>, &str) {
    const CALL: &str = " EXECUTE FUNCTION ";
    const WHEN: &str = " WHEN (";
    let bare = outside_quotes(definition);
    let at = |words: &str| {
        bare.iter()
            .copied()
            .find(|&at| definition[at..].starts_with(words))
    };
    let last = |words: &str| {
        bare.iter()
            .rev()
            .copied()
            .find(|&at| definition[at..].starts_with(words))
    };
    let Some(call) = last(CALL) else {
        return (None, definition);
    };
    let execute = &definition[call + CALL.len()..];
    let when = match (has_condition, at(WHEN)) {
        (true, Some(from)) => definition[from + WHEN.len()..call].strip_suffix(')'),
        _ => None,
    };
    // The server puts the condition in parentheses of its own inside those of the clause.
    (when, execute)
}

/// Returns the places that lie outside of quoted names and literals.
pub(super) fn outside_quotes(text: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut within: Option<char> = None;
    for (at, character) in text.char_indices() {
        match within {
            Some(quote) if character == quote => within = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => within = Some(character),
            None => places.push(at),
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_and_call_are_found_whatever_names_say() {
        let text = "CREATE TRIGGER \" WHEN (x) EXECUTE FUNCTION \" BEFORE UPDATE ON app.t FOR EACH ROW \
                    WHEN ((new.a <> ' EXECUTE FUNCTION '::text)) EXECUTE FUNCTION app.f('it''s')";
        let (when, execute) = split(text, true);
        assert_eq!(when, Some("(new.a <> ' EXECUTE FUNCTION '::text)"));
        assert_eq!(execute, "app.f('it''s')");
    }
}
