//! Policies of row-level security.

use sqlx::PgConnection;

use super::rows::{code, get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Expression, Kind, Object, Policy, PolicyCommand};

const COMMANDS: [(&str, PolicyCommand); 5] = [
    ("*", PolicyCommand::All),
    ("r", PolicyCommand::Select),
    ("a", PolicyCommand::Insert),
    ("w", PolicyCommand::Update),
    ("d", PolicyCommand::Delete),
];

pub(super) async fn policies(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("policy.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let text = |column| {
            let text = get::<Option<&str>>(&row, column)?;
            Ok::<_, CatalogError>(text.map(Expression::new))
        };
        let policy = Policy {
            permissive: get(&row, "permissive")?,
            command: code(&row, "command", &COMMANDS)?,
            roles: names(&row, "roles")?,
            using: text("using")?,
            with_check: text("with_check")?,
        };
        let address = table.part(Kind::Policy, &name(&row, "name")?);
        into.put(oid(&row)?, address, Object::Policy(policy));
    }
    Ok(())
}
