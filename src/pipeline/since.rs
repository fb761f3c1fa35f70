//! Rows that were written since a revision, and stand in the way of its stored way back.

use std::collections::BTreeMap;

use super::rollback::spoken_of;
use super::{Live, PipelineError, Project, preflight};
use crate::ddl::{self, Work};
use crate::diff::{Change, diff};
use crate::history::Revision;
use crate::model::{
    Address, Alteration, ColumnAlteration, Conversion, Expression, Intent, Level, Model, Object,
    Tried, Written,
};
use crate::plan::{Act, Context, Effect, Finding, Stage};
use crate::scratch::carried;
use crate::sql::Sql;

/// Asks the live server which rows the stored inverse would refuse or change: they may have been written after the way
/// forward.
pub(super) async fn conflicts(
    project: &Project,
    revision: &Revision,
    now: &Model<Expression>,
    live: &Live,
) -> Result<Vec<Finding>, PipelineError> {
    let own = &revision.plan.decision;
    let moves = own.moves.turned();
    let former = |texts: &BTreeMap<Address, Written>| {
        let texts = texts.iter();
        texts
            .map(|(column, text)| (moves.carry(column), text.clone()))
            .collect()
    };
    let mut level = Level {
        current: carried(now, &moves),
        desired: revision.model_before.clone(),
        before: now.clone(),
        intent: Intent {
            using: former(&own.intent.using_back),
            using_back: former(&own.intent.using),
            ..Intent::default()
        },
        moves: moves.clone(),
        ledger: live.history.ledger.clone(),
        tried: BTreeMap::new(),
        in_step: BTreeMap::new(),
        shadows: own
            .shadows
            .iter()
            .map(|(column, own)| (column.clone(), own.turned()))
            .collect(),
    };
    for step in own.inverse.iter().flat_map(|stage| &stage.steps) {
        if let Act::Backfill(fill) = &step.does {
            let value = Written::from(&Expression::new(fill.value.as_str()));
            level.intent.backfill.insert(fill.column.clone(), value);
        }
    }
    let spoken = spoken_of(&own.inverse);
    let mut changes = diff(&level);
    changes.0.retain(|(address, _), _| spoken.contains(address));
    let mut tried = BTreeMap::new();
    changes.0.retain(|(address, _), change| {
        let Change::Alter(Alteration::Column(ColumnAlteration::Type { .. })) = change else {
            return true;
        };
        // A type that only prints differently, after a rename, has no step.
        let Some((back, rewrites)) = conversion_in(&own.inverse, address, &level.desired) else {
            return false;
        };
        let (after, there) = (level.before.clone(), level.moves.carry_back(address));
        let forward = conversion_in(&own.stages, &there, &after);
        let own = Tried {
            conversion: back,
            back: forward.map_or(Conversion::ThroughText, |(conversion, _)| conversion),
            rewrites,
            keeps_indexes: false,
            rewrites_bare: false,
        };
        tried.insert(address.clone(), own);
        true
    });
    level.tried = tried;
    let cx = Context {
        level: &level,
        raw: now,
        server: &live.read.server,
        blockers: &live.read.blockers,
        outside: BTreeMap::new(),
        settings: &project.settings,
        rewrites: &project.rewrites,
    };
    preflight::findings(project, &changes, &cx).await
}

/// Says how a stored step converts a column to the type that it has in a state, and whether it rewrites the table.
fn conversion_in(
    stages: &[Stage],
    address: &Address,
    to: &Model<Expression>,
) -> Option<(Conversion, bool)> {
    let Some(Object::Column(column)) = to.objects.get(address) else {
        return None;
    };
    let retypes = |effect: &Effect| matches!(effect, Effect::Alters(own, attribute) if own == address && attribute == "type");
    let mut steps = stages.iter().flat_map(|stage| &stage.steps);
    let step = steps.find(|step| step.effects.iter().any(retypes))?;
    let statement = step.statement()?;
    let cast = Sql::empty().name(address.name()).glue("::");
    let cast = cast.glued_text(&Written::from(&column.type_name));
    let ways = [
        (Conversion::Assignment, None),
        (Conversion::Cast, Some(cast)),
    ];
    let way = ways.into_iter().find(|(_, using)| {
        ddl::table::alter_type(address, column, using.clone())
            .sql
            .as_str()
            == statement.sql.as_str()
    });
    let conversion = way.map_or(Conversion::ThroughText, |(conversion, _)| conversion);
    Some((conversion, statement.work != Work::Catalog))
}
