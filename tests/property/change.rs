//! A few random changes of a state.

use fastrand::Rng;

use super::attributes::{Sort, Thing, name};
use super::small::SmallSpec;
use super::state::{
    ColumnSpec, DomainSpec, EnumSpec, FunctionSpec, ID, NEW, RANGES, State, TableSpec, Type,
    ViewSpec, any,
};
use super::types::{CompositeSpec, RangeSpec};

impl State {
    /// Makes a few changes.
    pub(super) fn changed(&self, rng: &mut Rng) -> Self {
        let mut state = self.clone();
        for number in 0..rng.u32(1..7) {
            match rng.u8(..12) {
                0 => state.add(rng, NEW + number),
                1 => state.remove(rng),
                2 => state.rename(rng, NEW + number),
                3 => state.alter_type(rng, NEW + number),
                4 | 5 => state.alter_table(rng, NEW + number),
                6 | 7 => state.widen(rng),
                _ => state.say_otherwise(rng),
            }
        }
        if rng.bool() {
            state.count_otherwise(rng);
        }
        state.named_as(self).consistent()
    }

    /// Says something else of an identity: among all that can be said of a column, that comes too seldom.
    fn count_otherwise(&mut self, rng: &mut Rng) {
        let columns = self.tables.values_mut();
        let columns = columns.flat_map(|table| table.columns.values_mut());
        let mut counted: Vec<&mut ColumnSpec> = columns
            .filter(|column| column.own.has("identity"))
            .collect();
        if !counted.is_empty() {
            let at = rng.usize(..counted.len());
            counted[at].own.say(rng, Sort::Column, "identity");
        }
    }

    /// What had no name of its own gets none: files without one could not bring the former one back.
    fn named_as(mut self, before: &Self) -> Self {
        for (number, table) in &mut self.tables {
            let Some(was) = before.tables.get(number) else {
                continue;
            };
            if let (Some(own), Some(was)) = (&mut table.key, &was.key)
                && !was.has("name")
            {
                own.drop_all(&["name"]);
            }
            for (at, own) in &mut table.columns {
                let Some(was) = was.columns.get(at) else {
                    continue;
                };
                let names = |own: &ColumnSpec| {
                    let identity = own.own.attributes.get("identity");
                    identity.is_some_and(|own| own.get("sequence").is_some())
                };
                if was.not_null && !was.own.has("not_null name") {
                    own.own.drop_all(&["not_null name"]);
                }
                if was.own.has("identity") && !names(was) && names(own) {
                    own.own.drop_all(&["identity"]);
                }
            }
        }
        self
    }

    fn add(&mut self, rng: &mut Rng, new: u32) {
        match rng.u8(..13) {
            10.. => {
                if let Some(own) = SmallSpec::random(rng, new, self) {
                    self.small.insert(new, own);
                }
            }
            7 => {
                let own = RangeSpec::random(rng, new);
                self.ranges.insert(new, own);
            }
            8 => {
                let own = CompositeSpec::random(rng, new);
                self.composites.insert(new, own);
            }
            9 => {
                let own = format!("l_{}", name(rng, new));
                let own = Thing::random(rng, Sort::Collation, own);
                self.collations.insert(new, own);
            }
            5 => {
                let own = DomainSpec::random(rng, new);
                self.domains.insert(new, own);
            }
            0 => {
                let own = TableSpec::random(rng, new, self);
                self.tables.insert(new, own);
            }
            1 => {
                let own = EnumSpec::random(rng, new);
                self.enums.insert(new, own);
            }
            2 => {
                let own = FunctionSpec::random(rng, new);
                self.functions.insert(new, own);
            }
            3 => {
                let own = format!("s_{}", name(rng, new));
                self.sequences
                    .insert(new, Thing::random(rng, Sort::Sequence, own));
            }
            4 => {
                let own = name(rng, new);
                self.schemas
                    .insert(new, Thing::random(rng, Sort::Schema, own));
            }
            _ => {
                if let Some(own) = ViewSpec::random(rng, new, self) {
                    self.views.insert(new, own);
                }
            }
        }
    }

    fn remove(&mut self, rng: &mut Rng) {
        match rng.u8(..12) {
            10.. => any(rng, &self.small).and_then(|own| self.small.remove(&own).map(drop)),
            7 => any(rng, &self.ranges).and_then(|own| self.ranges.remove(&own).map(drop)),
            8 => any(rng, &self.composites).and_then(|own| self.composites.remove(&own).map(drop)),
            9 => any(rng, &self.collations).and_then(|own| self.collations.remove(&own).map(drop)),
            5 => any(rng, &self.domains).and_then(|own| self.domains.remove(&own).map(drop)),
            0 if self.tables.len() > 1 => self.tables.pop_last().map(drop),
            1 => any(rng, &self.enums).and_then(|own| self.enums.remove(&own).map(drop)),
            2 => any(rng, &self.functions).and_then(|own| self.functions.remove(&own).map(drop)),
            3 => any(rng, &self.sequences).and_then(|own| self.sequences.remove(&own).map(drop)),
            4 if self.schemas.len() > 1 => self.schemas.pop_last().map(drop),
            _ => any(rng, &self.views).and_then(|own| self.views.remove(&own).map(drop)),
        };
    }

    fn rename(&mut self, rng: &mut Rng, new: u32) {
        let own = name(rng, new);
        match rng.u8(..16) {
            13.. => any(rng, &self.small)
                .and_then(|at| self.small.get_mut(&at))
                .map_or((), |it| it.rename(&own)),
            10 => any(rng, &self.ranges)
                .and_then(|at| self.ranges.get_mut(&at))
                .map_or((), |it| it.own.name = format!("r_{own}")),
            11 => any(rng, &self.composites)
                .and_then(|at| self.composites.get_mut(&at))
                .map_or((), |it| it.own.name = format!("c_{own}")),
            12 => any(rng, &self.collations)
                .and_then(|at| self.collations.get_mut(&at))
                .map_or((), |it| it.name = format!("l_{own}")),
            9 => any(rng, &self.domains)
                .and_then(|at| self.domains.get_mut(&at))
                .map_or((), |it| it.own.name = format!("d_{own}")),
            0 => {
                if let Some(at) = any(rng, &self.schemas) {
                    self.schemas.entry(at).or_default().name = own;
                }
            }
            1 => any(rng, &self.enums)
                .and_then(|at| self.enums.get_mut(&at))
                .map_or((), |it| it.own.name = format!("e_{own}")),
            2 => any(rng, &self.functions)
                .and_then(|at| self.functions.get_mut(&at))
                .map_or((), |it| it.own.name = own),
            3 => any(rng, &self.sequences)
                .and_then(|at| self.sequences.get_mut(&at))
                .map_or((), |it| it.name = format!("s_{own}")),
            4 => any(rng, &self.views)
                .and_then(|at| self.views.get_mut(&at))
                .map_or((), |it| it.own.name = format!("v_{own}")),
            what => {
                let Some(table) = any(rng, &self.tables).and_then(|at| self.tables.get_mut(&at))
                else {
                    return;
                };
                if what == 5 && table.spread.is_some() && rng.bool() {
                    let spread = table.spread.iter_mut();
                    let mut all: Vec<&mut Thing> =
                        spread.flat_map(|it| it.parts.values_mut()).collect();
                    let at = rng.usize(..all.len());
                    all[at].name = format!("y{own}");
                } else if what == 5 {
                    table.own.name = format!("t_{own}");
                } else if what == 6 {
                    let Some(at) = any(rng, &table.columns).filter(|at| *at != ID) else {
                        return;
                    };
                    if let Some(it) = table.columns.get_mut(&at) {
                        it.own.name = own;
                    }
                } else if what == 7 {
                    // One without a name of its own keeps it so: see `named_as`.
                    if let Some(key) = &mut table.key {
                        key.attributes.insert("name", format!("key {own}").into());
                    }
                } else if let Some(at) = any(rng, &table.parts)
                    && let Some(it) = table.parts.get_mut(&at)
                {
                    it.own.name = format!("p{new} {}", own.chars().take(12).collect::<String>());
                }
            }
        }
    }

    fn alter_type(&mut self, rng: &mut Rng, new: u32) {
        if rng.u8(..3) == 0 {
            if let Some(own) =
                any(rng, &self.composites).and_then(|at| self.composites.get_mut(&at))
            {
                own.change(rng);
            }
            let own = any(rng, &self.ranges).and_then(|at| self.ranges.get_mut(&at));
            if let Some(own) = own {
                own.wide = !own.wide;
            }
            return;
        }
        if rng.u8(..3) == 0 {
            let own = any(rng, &self.domains).and_then(|at| self.domains.get_mut(&at));
            if let Some(own) = own {
                own.wide = true;
            }
            return;
        }
        let Some(own) = any(rng, &self.enums).and_then(|at| self.enums.get_mut(&at)) else {
            return;
        };
        match rng.u8(..3) {
            0 => {
                own.labels.insert(new, format!("added {new}"));
                let at = rng.usize(..=own.order.len());
                own.order.insert(at, new);
            }
            1 => {
                let at = own.order[rng.usize(..own.order.len())];
                own.labels.insert(at, format!("renamed {new}"));
            }
            // Rows and defaults have the first one.
            _ if own.order.len() > 1 && own.order[0] == 1 => {
                if let Some(gone) = own.order.pop() {
                    own.labels.remove(&gone);
                }
            }
            _ => {}
        }
    }

    fn alter_table(&mut self, rng: &mut Rng, new: u32) {
        let whole = self.clone();
        let Some(number) = any(rng, &self.tables) else {
            return;
        };
        let Some(table) = self.tables.get_mut(&number) else {
            return;
        };
        match rng.u8(..12) {
            10.. => {
                if let Some(own) = &mut table.spread {
                    own.change(rng, new, number);
                }
            }
            0 => {
                let own = ColumnSpec::random(rng, new, &whole);
                table.columns.insert(new, own);
            }
            1 => {
                let gone = any(rng, &table.columns);
                if let Some(gone) = gone.filter(|at| *at != ID && !RANGES.contains(at)) {
                    table.columns.remove(&gone);
                }
            }
            2 => table.add(rng, new, number, &whole),
            3 => {
                if let Some(gone) = any(rng, &table.parts) {
                    table.parts.remove(&gone);
                }
            }
            4 => {
                table.key = match table.key {
                    Some(_) => None,
                    None => Some(Thing::random(rng, Sort::Key, String::new())),
                }
            }
            5 => table.schema = any(rng, &whole.schemas).unwrap_or(table.schema),
            what => {
                let at = any(rng, &table.columns).filter(|at| *at != ID);
                let Some(own) = at.and_then(|at| table.columns.get_mut(&at)) else {
                    return;
                };
                match (what, own.kind) {
                    (6, Type::Integer) => own.kind = Type::Bigint,
                    (6, Type::Varchar) => own.kind = Type::Text,
                    (7, _) => own.default = !own.default,
                    (8, Type::Text | Type::Varchar) => own.collated = any(rng, &whole.collations),
                    (8, _) => own.sequence = any(rng, &whole.sequences),
                    _ => own.not_null = !own.not_null,
                }
            }
        }
    }

    /// Gives the columns of a table wider types, where they have some.
    fn widen(&mut self, rng: &mut Rng) {
        let table = any(rng, &self.tables).and_then(|at| self.tables.get_mut(&at));
        for own in table.into_iter().flat_map(|own| own.columns.values_mut()) {
            if own.kind == Type::Integer {
                own.kind = Type::Bigint;
            } else if own.kind == Type::Varchar {
                own.kind = Type::Text;
            }
        }
    }

    /// Says something else of one thing.
    fn say_otherwise(&mut self, rng: &mut Rng) {
        for own in self.functions.values_mut() {
            if rng.u8(..6) == 0 {
                own.adds += 1;
            }
        }
        let mut things = self.things_mut();
        let at = rng.usize(..things.len());
        let (sort, thing) = &mut things[at];
        thing.change(rng, *sort);
    }
}
