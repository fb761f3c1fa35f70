//! A change of type that would write a large table anew: another column is filled beside the former one and kept in step by a trigger,
//! with all that stands on it, and takes its name in one short transaction. The former one is set aside, and kept in step from then on:
//! the way back is the same, with the column that is there already.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (SET DATA TYPE)

use std::collections::{BTreeMap, BTreeSet};

use super::shadow_keys::Beside;
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Column, Expression, Hash, Kind, Model, Name, NotNull, Object, Shadow,
    TEMPORARY_PREFIX, Text as _, Validity, Why,
};
use crate::plan::build::plain;
use crate::plan::refusal::PlanError;
use crate::plan::relations;
use crate::plan::step::{Act, Backfill, IN_STEP, Phase, Reversal, Step};
use crate::sql::Sql;

/// How the settings begin by which a position is noted.
const NOTED: &str = "reconcile.at_";

/// The columns that stand for one.
pub(super) struct Swap<'a> {
    /// The column as people call it.
    pub(super) column: &'a Address,
    shadow: &'a Shadow,
    /// What takes its name.
    pub(super) arriving: Address,
    /// Where the former one is set aside.
    departing: &'a Address,
    /// Whether the one that arrives is made by this plan.
    is_new: bool,
    wanted: &'a Column<Expression>,
    held: &'a Column<Expression>,
}

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let shadows = cx.level.shadows.iter();
    let swaps: Vec<Swap<'_>> = shadows
        .filter_map(|(column, shadow)| swap(column, shadow, cx))
        .collect();
    let mut groups: BTreeMap<Address, Vec<Swap<'_>>> = BTreeMap::new();
    let of_group = grouped(&swaps, cx);
    for swap in swaps {
        let group = of_group[&swap.column.table()].clone();
        groups.entry(group).or_default().push(swap);
    }
    let groups = groups.into_values();
    Ok(groups.map(|own| claim(changes, cx, &own)).collect())
}

/// Returns the group of each table: what a view reads together, or a foreign key ties, takes its names together.
fn grouped(swaps: &[Swap<'_>], cx: &Context<'_>) -> BTreeMap<Address, Address> {
    let columns: BTreeSet<&Address> = swaps.iter().map(|own| own.column).collect();
    let tables = columns.iter().map(|own| own.table());
    let mut groups: BTreeMap<Address, Address> = tables.map(|own| (own.clone(), own)).collect();
    let level = cx.level;
    let mut tied: Vec<BTreeSet<Address>> = Vec::new();
    for (address, object) in &level.desired.objects {
        let over = if address.kind() == Kind::View {
            relations::reads(level, address)
        } else if matches!(object, Object::ForeignKey(_)) {
            level.desired.needs_of(address)
        } else {
            continue;
        };
        let over = over.iter().filter(|own| columns.contains(own));
        tied.push(over.map(Address::table).collect());
    }
    for tables in tied {
        let of: BTreeSet<Address> = tables.iter().map(|own| groups[own].clone()).collect();
        if let Some(first) = of.first() {
            for group in groups.values_mut().filter(|own| of.contains(*own)) {
                *group = first.clone();
            }
        }
    }
    groups
}

fn swap<'a>(column: &'a Address, shadow: &'a Shadow, cx: &'a Context<'_>) -> Option<Swap<'a>> {
    let moves = &cx.level.moves.0;
    let leaves = moves
        .iter()
        .find(|own| own.why == Why::Retired && own.from == *column)?;
    let back = moves
        .iter()
        .find(|own| own.why == Why::TakenBack && own.to == *column);
    let objects = [&cx.level.desired.objects, &cx.level.current.objects];
    let [Some(Object::Column(wanted)), Some(Object::Column(held))] =
        [objects[0].get(column), objects[1].get(&leaves.to)]
    else {
        return None;
    };
    Some(Swap {
        column,
        shadow,
        arriving: back.map_or_else(|| temporary(column, "_"), |own| own.from.clone()),
        departing: &leaves.to,
        is_new: back.is_none(),
        wanted,
        held,
    })
}

fn temporary(column: &Address, word: &str) -> Address {
    let prefix = [TEMPORARY_PREFIX, Hash::of(column).short(8), word].concat();
    column.renamed(Name::fitted(&prefix, column.name().as_str()))
}

impl Swap<'_> {
    /// Returns the name of what keeps the arriving one in step: where that is there already, it is called as that is.
    fn keeper(&self) -> Name {
        if self.is_new {
            temporary(self.column, "_step_").name().clone()
        } else {
            self.arriving.name().clone()
        }
    }

    /// Makes the steps by which the arriving one is there, and kept in step.
    fn begin(&self, cx: &Context<'_>) -> Vec<Step> {
        let (column, arriving) = (self.column, &self.arriving);
        let (from, to) = (&self.held.type_name, &self.wanted.type_name);
        let mut begin = Vec::new();
        if self.is_new {
            let why = format!(
                "the type of {column} changes from {from} to {to}: the table would be written anew, so another column is filled beside"
            );
            let add = Step::run(arriving, ddl::table::add_column(arriving, self.wanted), why);
            let needs = cx.level.desired.needs_of(column);
            let table = column.table();
            let needs = needs.iter().filter(|own| **own != table);
            begin.push(needs.fold(add.creating(arriving), |step, own| step.using(own)));
        }
        let (there, again) = (&self.shadow.there, !self.is_new);
        let keep = ddl::sync_trigger::create(
            column,
            arriving,
            to,
            is_enum(column, &cx.level.desired),
            there,
            &self.keeper(),
            again,
        );
        begin.extend(
            keep.into_iter()
                .map(|(own, why)| Step::run(arriving, own, why)),
        );
        begin
    }

    /// Makes the step that fills the arriving one.
    fn fill(&self, cx: &Context<'_>) -> Step {
        let table = self.column.table();
        let why = "the trigger converts the values of existing rows, in batches, each its own short transaction";
        let does = Act::Backfill(Backfill {
            column: self.arriving.clone(),
            value: Sql::empty().name(self.arriving.name()),
            lookup: Vec::new(),
            of_rows: cx.holds_rows(self.column),
            // What a person says of a value may be NULL; on the way back some may not fit any more.
            must_fill: self.is_new
                && (self.shadow.there.said.is_none() || self.not_null(cx).is_some()),
            key: self.key(cx),
            skips_triggers: cx.settings.backfill.skips_triggers,
            // What a person says may make a value of NULL.
            of_what_has: (self.shadow.there.said.is_none()).then(|| self.column.name().clone()),
            table,
        });
        Step {
            address: self.arriving.clone(),
            does,
            effects: Vec::new(),
            why: why.to_owned(),
            phase: Phase::Migrate,
            reversal: Reversal::Full,
        }
    }

    /// Returns the columns of the primary key, as they are called before the names change.
    fn key(&self, cx: &Context<'_>) -> Vec<Name> {
        let key = self.column.table().with_kind(Kind::PrimaryKey);
        let Some(Object::PrimaryKey(key)) = cx.level.current.objects.get(&key) else {
            return Vec::new();
        };
        let back = |name: &Name| {
            let own = self.column.renamed(name.clone());
            cx.level.moves.carry_back(&own).name().clone()
        };
        key.columns.iter().map(back).collect()
    }

    fn not_null<'b>(&self, cx: &Context<'b>) -> Option<&'b NotNull> {
        let own = self.column.with_kind(Kind::NotNull);
        match cx.level.desired.objects.get(&own) {
            Some(Object::NotNull(own)) if own.validity == Validity::Valid => Some(own),
            _ => None,
        }
    }

    /// Says whether it is seen before the swap that nothing was left behind.
    fn is_proven(&self, cx: &Context<'_>) -> bool {
        self.not_null(cx).is_some() || self.is_new && self.shadow.there.said.is_none()
    }

    /// Makes the steps by which the arriving one refuses NULL, and is seen to hold none.
    fn prove(&self, cx: &Context<'_>) -> Option<[Step; 2]> {
        let (arriving, of_rows) = (&self.arriving, cx.holds_rows(self.column));
        let refuse = match self.not_null(cx) {
            Some(_) => ddl::constraint::add_proof_not_valid(arriving, of_rows),
            None if self.is_proven(cx) => {
                ddl::constraint::add_same_not_valid(arriving, self.column.name(), of_rows)
            }
            None => return None,
        };
        let proof = ddl::constraint::proof_name(arriving);
        let prove = ddl::constraint::validate(&arriving.table(), &proof);
        let own = [
            (
                refuse,
                "what would not go over is refused from here on; existing rows are not read yet",
            ),
            (prove, "existing rows are read while clients go on"),
        ];
        Some(own.map(|(own, why)| Step::run(arriving, own, why).phase(Phase::Contract)))
    }

    /// Makes the steps by which the arriving one takes the name, with all that is said of it, and the former one is kept in step.
    fn swap(&self, changes: &Changes, cx: &Context<'_>, takes: &mut Vec<ChangeId>) -> Vec<Step> {
        let (column, arriving, departing) = (self.column, &self.arriving, self.departing);
        let (from, to) = (&self.held.type_name, &self.wanted.type_name);
        let table = column.table();
        let done = ddl::sync_trigger::drop(&table, &self.keeper(), table.schema_name());
        let done = done.into_iter();
        let done = done.map(|own| Step::run(column, own, "the trigger has done its work"));
        let counted = self.counted(changes, cx, takes);
        let [counted, counts] = counted.map_or([Vec::new(), Vec::new()], |own| own.map(Vec::from));
        let mut last: Vec<Step> = done.chain(counted).collect();
        if self.is_new {
            let why = format!("takes the name of the former {column}, and is {to}");
            let rename = ddl::table::rename_column(arriving, column.name());
            last.push(Step::run(column, rename, why).creating(column));
        }
        takes.extend(changes.at(column).map(|(id, _)| id.clone()));
        if let Some(own) = self.not_null(cx) {
            let proof = ddl::constraint::proof_name(arriving);
            last.extend(enforced(column, own, &proof, takes, changes));
        } else if self.is_proven(cx) {
            let proof = ddl::constraint::proof_name(arriving);
            let drop = ddl::constraint::drop(&table, &proof);
            last.push(Step::run(column, drop, "the check has done its work"));
        }
        last.extend(counts);
        for (id, change) in &changes.0 {
            // A check or key may be called as the column is.
            let is_own = matches!(
                id.0.kind(),
                Kind::Default | Kind::NotNull | Kind::Identity | Kind::ColumnSettings
            );
            let is_part =
                is_own && id.0.column() == *column || id.0.target().as_ref() == Some(column);
            if is_part && *change == Change::Create && !takes.contains(id) {
                last.push(plain(id, change, cx));
                takes.push(id.clone());
            }
        }
        let (back, name) = (&self.shadow.back, departing.name());
        let keep = ddl::sync_trigger::create(
            column,
            departing,
            from,
            is_enum(departing, &cx.level.current),
            back,
            name,
            false,
        );
        last.extend(keep.into_iter().map(|(own, why)| {
            let why = format!("the former column, for the way back: {why}");
            Step::run(column, own, why).altering(column, IN_STEP)
        }));
        last
    }
}

impl Swap<'_> {
    /// Makes the steps by which an identity goes over, with where it has come to: what is done with the former one, and with the one that
    /// takes the name.
    fn counted(
        &self,
        changes: &Changes,
        cx: &Context<'_>,
        takes: &mut Vec<ChangeId>,
    ) -> Option<[[Step; 2]; 2]> {
        let places = [self.departing, self.column].map(|own| own.with_kind(Kind::Identity));
        let objects = [&cx.level.current.objects, &cx.level.desired.objects];
        let [Some(Object::Identity(held)), Some(Object::Identity(wanted))] =
            [objects[0].get(&places[0]), objects[1].get(&places[1])]
        else {
            return None;
        };
        let sequence = |own: &Name| {
            let schema = self.column.schema_name().clone();
            Address::new(Kind::Sequence, [schema, own.clone()])
        };
        let from = sequence(held.sequence.as_ref()?);
        let to = sequence(wanted.sequence.as_ref()?);
        let noted = Name::new([NOTED, Hash::of(self.column).short(8)].concat());
        let all = places.iter().flat_map(|own| changes.at(own));
        takes.extend(all.map(|(id, _)| id.clone()));
        let [former, own] = &places;
        let note = Step::run(
            former,
            ddl::sequence::note_position(&from, &noted),
            "notes where it has come to, for this transaction",
        );
        let drop = Step::run(
            former,
            ddl::sequence::drop_identity(self.departing),
            "the former one numbers nothing any more",
        );
        let add = ddl::sequence::add_identity(self.column, wanted);
        let go_on = ddl::sequence::go_on_from(&to, &noted);
        Some([
            [note, drop.dropping(former)],
            [
                Step::run(own, add, "numbers new rows").creating(own),
                Step::run(
                    own,
                    go_on,
                    "and goes on from where the former one has come to",
                ),
            ],
        ])
    }
}

fn claim(changes: &Changes, cx: &Context<'_>, swaps: &[Swap<'_>]) -> Claim {
    let mut claim = Claim::of(Vec::new());
    for swap in swaps {
        claim = claim.together(swap.begin(cx));
    }
    claim = claim.each(swaps.iter().map(|own| own.fill(cx)));
    let mut beside = Beside::of(changes, cx, swaps);
    let mut takes = std::mem::take(&mut beside.takes);
    claim = beside.begun(claim);
    for swap in swaps {
        for step in swap.prove(cx).into_iter().flatten() {
            claim = claim.together([step]);
        }
    }
    claim = beside.built(claim);
    let swapped: Vec<Step> = swaps
        .iter()
        .flat_map(|own| own.swap(changes, cx, &mut takes))
        .collect();
    // What stands on the former ones leaves before they do.
    let last = beside.leaves.into_iter().chain(swapped);
    let last = last.chain(beside.enters);
    let claim = claim.together(last.map(|step| step.phase(Phase::Contract)));
    Claim::of(takes).blocks_of(claim.each(beside.former))
}

/// Says whether the type of a column is an enumerated one itself, and no array of one.
fn is_enum(column: &Address, side: &Model<Expression>) -> bool {
    let is_array = match side.objects.get(column) {
        Some(Object::Column(own)) => own.type_name.sql().ends_with("[]"),
        _ => true,
    };
    let needs = side.needs_of(column);
    !is_array && needs.iter().any(|own| own.kind() == Kind::Enum)
}

/// The validated check is proof of the NOT NULL.
fn enforced(
    column: &Address,
    own: &NotNull,
    proof: &Name,
    takes: &mut Vec<ChangeId>,
    changes: &Changes,
) -> [Step; 2] {
    let address = column.with_kind(Kind::NotNull);
    takes.extend(changes.at(&address).map(|(id, _)| id.clone()));
    let why = "the validated check is proof: no row is read again";
    let set = Step::run(&address, ddl::table::set_not_null(column, own), why);
    let drop = ddl::constraint::drop(&column.table(), proof);
    [
        set.creating(&address).proven(),
        Step::run(&address, drop, "the check has done its work"),
    ]
}
