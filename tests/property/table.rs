//! Tables of a random state, with their columns and parts.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_yaml::Value;

use super::attributes::{Sort, Thing, name};
use super::spread::Spread;
use super::state::{ColumnSpec, ID, NEW, Part, RANGES, State, TableSpec, Type, What, any};

pub(super) fn table_has_ranges(columns: &BTreeMap<u32, ColumnSpec>) -> bool {
    RANGES.iter().all(|at| columns.contains_key(at))
}

impl TableSpec {
    pub(super) fn random(rng: &mut Rng, number: u32, state: &State) -> Self {
        let mut columns = BTreeMap::new();
        let id = ColumnSpec {
            own: Thing {
                name: "id".to_owned(),
                ..Thing::default()
            },
            kind: Type::Bigint,
            default: false,
            sequence: None,
            not_null: true,
            collated: None,
        };
        columns.insert(ID, id);
        for column in 2..=rng.u32(2..6) {
            columns.insert(column, ColumnSpec::random(rng, column, state));
        }
        if rng.u8(..6) == 0 {
            for (at, kind) in RANGES.into_iter().zip([Type::NumberRange, Type::DateRange]) {
                let mut own = ColumnSpec::random(rng, at, state);
                (own.kind, own.not_null) = (kind, true);
                columns.insert(at, own);
            }
        }
        let own = format!("t_{}", name(rng, number));
        let mut table = Self {
            own: Thing::random(rng, Sort::Table, own),
            schema: any(rng, &state.schemas).unwrap_or(1),
            columns,
            key: None,
            parts: BTreeMap::new(),
            inherits: None,
            spread: None,
        };
        let parent = any(rng, &state.tables).filter(|at| state.tables[at].spread.is_none());
        if let Some(parent) = parent.filter(|at| *at < number && rng.u8(..4) == 0) {
            table.inherits = Some(parent);
        } else if rng.u8(..4) == 0 {
            table.spread = Some(Spread::random(rng, number));
        }
        if rng.u8(..4) > 0 {
            let mut key = Thing::random(rng, Sort::Key, String::new());
            if rng.bool() {
                key.attributes.insert("name", "key".into());
            }
            table.key = Some(key);
        }
        for part in 1..=rng.u32(1..6) {
            table.add(rng, part, number, state);
        }
        table
    }

    /// Adds a part.
    pub(super) fn add(&mut self, rng: &mut Rng, number: u32, table: u32, state: &State) {
        let column = any(rng, &self.columns).unwrap_or(ID);
        let what = match rng.u8(..10) {
            0 | 1 => What::Unique(column),
            2..=4 => What::Index(column),
            5 | 6 => What::Check(column),
            7 => What::Trigger,
            _ => match any(rng, &state.tables) {
                Some(to) => What::Foreign(to),
                None => What::Trigger,
            },
        };
        let own = format!(
            "p{number} of {table} {}",
            name(rng, number).chars().take(12).collect::<String>()
        );
        let own = Thing::random(rng, what.sort(), own);
        self.parts.insert(number, Part { own, what });
    }

    /// Whether its ranges are a key that foreign keys with PERIOD may refer to.
    pub(super) fn covers(&self) -> bool {
        table_has_ranges(&self.columns)
            && self.parts.values().any(|own| {
                matches!(own.what, What::Unique(_))
                    && own.own.attributes.get("temporal") == Some(&Value::Bool(true))
                    && !own.own.has("deferrable")
            })
    }
}

impl Part {
    /// Says whether it is no unique constraint, or one whose values differ.
    pub(super) fn is_possible_key(&self, columns: &BTreeMap<u32, ColumnSpec>) -> bool {
        let What::Unique(column) = self.what else {
            return true;
        };
        let of_few = matches!(
            columns[&column].kind,
            Type::Enum(_) | Type::Domain(_) | Type::Composite(_) | Type::DateRange
        );
        column < NEW && !of_few && !columns[&column].own.has("generated")
    }

    /// Takes off what does not go together.
    pub(super) fn settle(&mut self, columns: &BTreeMap<u32, ColumnSpec>, callable: &[u32]) {
        let own = &mut self.own;
        match self.what {
            What::Unique(column) => {
                if own.has("temporal") {
                    if table_has_ranges(columns) {
                        own.drop_all(&["include", "nulls_not_distinct", "two"]);
                    } else {
                        own.drop_all(&["temporal"]);
                    }
                }
                if column == ID {
                    own.drop_all(&["two", "include"]);
                }
                if own.has("two") {
                    own.drop_all(&["include"]);
                }
            }
            What::Index(column) => {
                let kind = columns[&column].kind;
                if own.has("method") {
                    own.drop_all(&["unique", "nulls_not_distinct", "include", "element"]);
                    if own
                        .attributes
                        .get("with")
                        .is_some_and(|with| with.as_mapping().is_some_and(|own| own.len() > 1))
                    {
                        own.drop_all(&["with"]);
                    }
                }
                if column != ID {
                    own.drop_all(&["unique", "nulls_not_distinct"]);
                } else {
                    own.drop_all(&["include"]);
                }
                if !own.has("unique") {
                    own.drop_all(&["nulls_not_distinct"]);
                }
                if own.text("element") == Some("lower")
                    && !matches!(kind, Type::Text | Type::Varchar)
                {
                    own.drop_all(&["element"]);
                }
            }
            What::Check(_) => {
                if callable.is_empty() && own.text("says") == Some("call") {
                    own.drop_all(&["says"]);
                }
            }
            What::Foreign(_) => {
                let deletes = own.text("on_delete");
                if !matches!(deletes, Some("set_null" | "set_default")) {
                    own.drop_all(&["set_columns"]);
                }
                if own.has("period") {
                    own.drop_all(&[
                        "on_update",
                        "on_delete",
                        "set_columns",
                        "match",
                        "referenced_columns",
                    ]);
                }
            }
            What::Trigger => {}
        }
    }
}

impl ColumnSpec {
    pub(super) fn random(rng: &mut Rng, number: u32, state: &State) -> Self {
        let kind = match rng.u8(..9) {
            0 => Type::Integer,
            1 => Type::Bigint,
            2 => Type::Varchar,
            3 => Type::Date,
            4 => any(rng, &state.enums).map_or(Type::Text, Type::Enum),
            5 => any(rng, &state.domains).map_or(Type::Bigint, Type::Domain),
            6 => any(rng, &state.ranges).map_or(Type::Text, Type::Range),
            7 => any(rng, &state.composites).map_or(Type::Varchar, Type::Composite),
            _ => Type::Text,
        };
        let own = name(rng, number);
        let sequence = any(rng, &state.sequences).filter(|_| rng.bool());
        Self {
            own: Thing::random(rng, Sort::Column, own),
            kind,
            default: rng.bool(),
            sequence,
            not_null: rng.u8(..3) == 0,
            collated: any(rng, &state.collations).filter(|_| rng.bool()),
        }
    }

    /// Whether a key may hold it.
    pub(super) fn is_plain(&self) -> bool {
        let made = matches!(
            self.kind,
            Type::Enum(_) | Type::Domain(_) | Type::Range(_) | Type::Composite(_)
        );
        !made
            && self.kind != Type::DateRange
            && !self.own.has("generated")
            && !self.own.has("not_null not_valid")
    }

    pub(super) fn settle(&mut self, number: u32) {
        let own = &mut self.own;
        if number == ID {
            *own = Thing {
                name: own.name.clone(),
                ..Thing::default()
            };
            return;
        }
        if !matches!(self.kind, Type::Text | Type::Varchar) {
            own.drop_all(&["collation", "storage", "compression"]);
            self.collated = None;
        }
        if own.has("collation") {
            self.collated = None;
        }
        if self.kind != Type::Bigint {
            own.drop_all(&["generated"]);
        }
        if !matches!(self.kind, Type::Integer | Type::Bigint) || own.has("generated") {
            own.drop_all(&["identity"]);
            self.sequence = None;
        }
        if own.has("generated") {
            (self.default, self.not_null) = (false, false);
        }
        if own.has("identity") {
            (self.default, self.not_null, self.sequence) = (false, true, None);
            own.drop_all(&["not_null not_valid"]);
        }
        if matches!(self.kind, Type::NumberRange | Type::DateRange) {
            (self.default, self.not_null) = (false, true);
            own.drop_all(&["not_null not_valid"]);
        }
        if !self.not_null {
            own.drop_all(&["not_null name", "not_null not_valid"]);
        }
        if self.sequence.is_some() {
            self.default = true;
        }
    }
}
