//! What a way back leads to: what revisions changed as it was before them, and everything else as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::Live;
use super::rollback::spoken_of;
use crate::history::{Outcome, Revision};
use crate::model::{
    Address, Declared, Expression, Intent, Kind, Model, Moves, Settings, TEMPORARY_PREFIX,
};
use crate::plan::{Effect, Purpose, Stage, attic};
use crate::scratch::carried;

/// Returns the objects that these revisions have changed, under the names before them; `None` where one of them stopped
/// and nobody knows what it has left. What others changed meanwhile, in between two of them too, is not theirs.
fn changed_by(revisions: &[Revision]) -> Option<BTreeSet<Address>> {
    let mut changed = BTreeSet::new();
    let mut moves = Moves::default();
    for revision in revisions.iter().rev() {
        let before = carried(&revision.model_before, &moves.turned());
        let so_far = moves.clone();
        let mut own = Moves::default();
        let stages = revision.plan.decision.stages.iter();
        for effect in stages
            .flat_map(|own| &own.steps)
            .flat_map(|own| &own.effects)
        {
            if let Effect::Moves(step) = effect {
                moves.0.push(step.clone());
                own.0.push(step.clone());
            }
        }
        // What moves is theirs, whatever else it is.
        let keys = revision.model_before.objects.keys();
        let moving = keys.filter(|address| own.carry(address) != **address);
        changed.extend(moving.map(|address| so_far.carry_back(address)));
        if revision.outcome != Outcome::Done {
            return None;
        }
        let after = carried(revision.model_after.as_ref()?, &moves.turned());
        let all = before.objects.keys().chain(after.objects.keys());
        let differs = |own: &&Address| before.objects.get(*own) != after.objects.get(*own);
        changed.extend(all.filter(differs).cloned());
        // What was made to speak of another table under the same name reads alike before and after.
        let steps = revision
            .plan
            .decision
            .stages
            .iter()
            .flat_map(|own| &own.steps);
        let touched = steps
            .flat_map(|own| &own.effects)
            .filter_map(Effect::touched);
        changed.extend(touched.map(|address| moves.carry_back(address)));
    }
    Some(changed)
}

/// Puts together what shall be: what these revisions changed as it was before them, everything else as it is; and says
/// what the latter is.
pub(super) fn state_to_reach(
    before: &Model<Expression>,
    now: &Model<Expression>,
    stages: &[Stage],
    moves: &Moves,
    revisions: &[Revision],
    live: &Live,
) -> (Declared, BTreeSet<Address>) {
    let spoken = spoken_of(stages);
    // A sequence that these revisions gave to a table stays where it is when that goes back.
    let mut standing = now.clone();
    standing.objects.retain(|own, _| {
        let was = before.objects.contains_key(&moves.carry_back(own));
        own.kind() != Kind::OwnedBy || was || !spoken.contains(own)
    });
    let back = carried(&standing, &moves.turned());
    let mut touched: BTreeSet<Address> = BTreeSet::new();
    for address in spoken {
        for name in [address.clone(), moves.carry_back(&address)] {
            touched.insert(before.unit_of(&name));
            touched.insert(back.unit_of(&name));
        }
    }
    let changed = changed_by(revisions);
    let is_changed = |own: &Address| changed.as_ref().is_none_or(|all| all.contains(own));
    let mut kept: BTreeSet<Address> = BTreeSet::new();
    let mut follows: BTreeSet<Address> = BTreeSet::new();
    let mut wanted: Model<Expression> = Model::default();
    for (model, own) in [(before, true), (&back, false)] {
        for (address, object) in &model.objects {
            let lies_in_touched = touched.contains(&model.unit_of(address));
            let is_touched = lies_in_touched && is_changed(address);
            // Schemas are shared: one that stands for others stays.
            // What bears a name of ours was to go in the end: nobody else has made it.
            let is_ours = !own && address.name().as_str().starts_with(TEMPORARY_PREFIX);
            let keep = if is_ours {
                false
            } else if address.kind() == Kind::Schema && !own {
                !touched.contains(address) || others_live_in(&back, address, &touched)
            } else {
                is_touched == own
            };
            if keep && !wanted.objects.contains_key(address) {
                wanted.objects.insert(address.clone(), object.clone());
                if !own {
                    follows.insert(address.clone());
                    if lies_in_touched {
                        kept.insert(address.clone());
                    }
                }
                if let Some(position) = model.position.get(address) {
                    wanted.position.insert(address.clone(), *position);
                }
                if let Some(needs) = model.needs.get(address) {
                    wanted.needs.insert(address.clone(), needs.clone());
                }
            }
        }
    }
    without_ground(&mut wanted, &mut kept, &back);
    let mut declared = Declared::from(&wanted);
    let undone: BTreeSet<i64> = revisions.iter().map(|own| own.id).collect();
    let former = live.history.revisions.iter().rev().find(|own| {
        own.outcome == Outcome::Done
            && own.plan.decision.purpose == Purpose::Declare
            && !undone.contains(&own.id)
    });
    let (mut using, mut using_back) = (BTreeMap::new(), BTreeMap::new());
    for revision in revisions {
        let intent = &revision.plan.decision.intent;
        using.extend(
            intent
                .using_back
                .iter()
                .map(|(column, text)| (moves.carry_back(column), text.clone())),
        );
        let texts = intent.using.iter();
        using_back.extend(texts.map(|(column, text)| (moves.carry_back(column), text.clone())));
    }
    declared.intent = Intent {
        backfill: former
            .map(|own| own.plan.decision.intent.backfill.clone())
            .unwrap_or_default(),
        using,
        using_back,
        ..Intent::default()
    };
    (declared, follows)
}

/// What others made in or on something that goes, goes with it: it has nothing to stand on.
fn without_ground(
    wanted: &mut Model<Expression>,
    kept: &mut BTreeSet<Address>,
    back: &Model<Expression>,
) {
    loop {
        let falls = |own: &&Address| {
            let parent = back.parent(own);
            let needs = back.needs.get(*own).into_iter().flatten();
            let mut ground = parent.iter().chain(needs);
            ground.any(|need| {
                back.objects.contains_key(need)
                    && !wanted.objects.contains_key(need)
                    && !is_handed_down(wanted, need)
            })
        };
        let fallen: Vec<Address> = kept.iter().filter(falls).cloned().collect();
        if fallen.is_empty() {
            return;
        }
        for address in fallen {
            kept.remove(&address);
            wanted.objects.remove(&address);
            wanted.needs.remove(&address);
            wanted.position.remove(&address);
        }
    }
}

/// Says whether a column is one that its table has from others: no object, and there all the same.
fn is_handed_down(model: &Model<Expression>, need: &Address) -> bool {
    let table = need.table();
    let names = || model.all_columns_of(&table).into_iter();
    need.kind() == Kind::Column
        && !model.parents(&table).is_empty()
        && names().any(|own| own.name() == need.name())
}

fn others_live_in(
    model: &Model<Expression>,
    schema: &Address,
    touched: &BTreeSet<Address>,
) -> bool {
    model.objects.keys().any(|address| {
        address != schema
            && address.is_at_or_below(schema)
            && !touched.contains(&model.unit_of(address))
    })
}

/// What these revisions made is retired first, then their moves go in reverse order, each turned.
pub(super) fn way_back(
    before: &Model<Expression>,
    now: &Model<Expression>,
    stages: &[Stage],
    moves: &Moves,
    settings: &Settings,
) -> Moves {
    // In their order: what is made after something of its name has moved is not what has moved.
    let mut made: BTreeSet<Address> = BTreeSet::new();
    for effect in stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .flat_map(|step| &step.effects)
    {
        match effect {
            Effect::Creates(address) => {
                made.insert(address.clone());
            }
            Effect::Drops(address) => {
                made.remove(address);
            }
            Effect::Moves(own) => made = made.iter().map(|known| own.carry(known)).collect(),
            Effect::Alters(..) | Effect::Uses(_) | Effect::Reads(_) => {}
        }
    }
    let stood = carried(before, moves);
    let is_made =
        |address: &Address| made.contains(address) && !stood.objects.contains_key(address);
    let mut back = attic::set_made_aside(now, is_made, settings);
    back.extend(moves.turned().0);
    Moves(back)
}

/// Leaves out moves of what is not there any more: it was purged, or dropped by others.
pub(super) fn standing_only(moves: Moves, now: &Model<Expression>) -> Moves {
    let mut present: BTreeSet<Address> = now.objects.keys().cloned().collect();
    let mut kept = Vec::new();
    for step in moves.0 {
        if present.contains(&step.from.whole()) {
            present = present
                .into_iter()
                .map(|address| step.carry(&address))
                .collect();
            kept.push(step);
        }
    }
    Moves(kept)
}
