//! Indexes on tables with rows: built and dropped CONCURRENTLY.
//! <https://www.postgresql.org/docs/current/sql-createindex.html> (Building Indexes Concurrently)

use super::{Claim, Context};
use crate::ddl::{self, index::Way};
use crate::diff::{Change, Changes};
use crate::model::{Object, SizeClass};
use crate::plan::build::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        // What is dropped and made again around a change of its column stays in that change's block.
        if changes.drops(address) && changes.creates(address) {
            continue;
        }
        let claim = match change {
            Change::Create => {
                let Some(Object::Index(index)) = cx.level.desired.objects.get(address) else {
                    continue;
                };
                let table = index.table_address(address);
                if cx.is_new(&table) || cx.class(&table) == SizeClass::Empty {
                    continue;
                }
                let statement = ddl::index::create(address, index, Way::Concurrently);
                let why = format!("{address} is declared; it is built while clients go on");
                Step::run(address, statement, why)
                    .creating(address)
                    .phase(Phase::Migrate)
            }
            Change::Drop => {
                let Some(Object::Index(index)) = cx.level.current.objects.get(address) else {
                    continue;
                };
                let table = index.table_address(address);
                if cx.class(&table) == SizeClass::Empty {
                    continue;
                }
                let statement = ddl::index::drop(address, &table, Way::Concurrently);
                let why =
                    format!("{address} is no longer declared; readers and writers go on meanwhile");
                Step::run(address, statement, why)
                    .dropping(address)
                    .phase(Phase::Contract)
            }
            Change::Alter(_) => continue,
        };
        claims.push(Claim::of(vec![id.clone()]).alone(claim));
    }
    Ok(claims)
}
