//! What keeps a role from going.

use super::preflight::Question;
use crate::diff::Change;
use crate::model::{Address, Kind};
use crate::plan::Context;
use crate::sql::Sql;

/// Asks about a role that goes whether anything of other databases, or of the whole server, belongs to it or names it. What is here,
/// the plan knows.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Option<Question> {
    let stays = cx.level.desired.objects.contains_key(address);
    if !matches!(address.kind(), Kind::Defined(_))
        || !address.is_of_server()
        || *change != Change::Drop
        || stays
    {
        return None;
    }
    let sql = Sql::new(
        "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid \
         WHERE d.refclassid = 'pg_authid'::regclass AND d.classid <> 'pg_auth_members'::regclass \
         AND d.dbid <> (SELECT oid FROM pg_database WHERE datname = current_database()) AND r.rolname =",
    );
    let what = [
        "thing of another database, or of the server, belongs to it or names it",
        "things of other databases, or of the server, belong to it or name it",
    ];
    Some(Question::new(
        address,
        sql.literal(address.name().as_str()),
        what,
    ))
}
