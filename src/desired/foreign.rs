//! The key `foreign` of a table, and the options that wrappers are told.

use super::document::Gathering;
use super::fields::{self, Fields};
use super::physical::options;
use crate::model::{Address, Foreign};

/// What only a table that holds its rows itself has.
const OF_OWN_ROWS: [&str; 18] = [
    "inherits",
    "partition_by",
    "partitions",
    "primary_key",
    "unique",
    "exclusions",
    "foreign_keys",
    "rules",
    "row_level_security",
    "force_row_level_security",
    "policies",
    "indexes",
    "unlogged",
    "tablespace",
    "access_method",
    "with",
    "replica_identity",
    "clustered_on",
];

/// Reads where the rows of a foreign table are.
pub(super) fn read(
    table: &Address,
    fields: &mut Fields,
    gathering: &mut Gathering,
) -> Option<Foreign> {
    let node = fields.get("foreign")?;
    for word in OF_OWN_ROWS {
        if let Some(at) = fields.key(word) {
            let what =
                format!("{table} is foreign: its rows are elsewhere, and it has no `{word}`");
            gathering.ledger.fault(&at, what, None);
        }
    }
    let what = format!("foreign of {table}");
    let mut own = Fields::open(&node, what, &mut gathering.ledger)?;
    let server = match own.get("server") {
        Some(node) => fields::name(&node, &mut gathering.ledger),
        None => {
            let what = format!("{table} is foreign, and nothing says on which `server`");
            gathering.ledger.fault(&node, what, None);
            None
        }
    };
    let options = options(&mut own, "options", &mut gathering.ledger);
    own.close(&mut gathering.ledger);
    Some(Foreign {
        server: server?,
        options,
    })
}
