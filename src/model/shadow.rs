//! How a column becomes one of another type by a column beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Address, Conversion, Enabled, Expression, Kind, Model, Object, RETIRED_PREFIX, Written,
};

/// How the values of a column become those of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// What a person said; it speaks of the column by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Written>,
    /// Otherwise the way that the server knows.
    pub conversion: Conversion,
}

/// A column of a large table that becomes one of another type: another one is filled beside it, kept in step, and takes its name;
/// the former one is set aside and kept in step from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// From the former type to the new one.
    pub there: Turned,
    /// From the new type to the former one.
    pub back: Turned,
    /// A former column of that type which is kept in step: it takes its name back, and no other one is filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Address>,
}

impl Shadow {
    /// Returns the same on the way back.
    pub(crate) fn turned(&self) -> Self {
        Self {
            there: self.back.clone(),
            back: self.there.clone(),
            kept: None,
        }
    }
}

/// What keeps a former column in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// The function of its trigger.
    pub function: Address,
    /// Whether the trigger is as it was made: one that somebody has switched off meanwhile has missed what was written.
    pub is_on: bool,
}

impl Model<Expression> {
    /// Leaves out what keeps former columns in step: a trigger and its function, called as the column is. Returns those columns, each
    /// with the function.
    pub(crate) fn without_keepers(&mut self) -> BTreeMap<Address, Keeper> {
        let is_ours = |own: &Address| own.name().as_str().starts_with(RETIRED_PREFIX);
        let triggers = self.objects.keys();
        let triggers = triggers.filter(|own| own.kind() == Kind::Trigger && is_ours(own));
        let columns = triggers.map(|own| own.table().part(Kind::Column, own.name()));
        let columns: Vec<Address> = columns
            .filter(|own| self.objects.contains_key(own))
            .collect();
        let mut kept = BTreeMap::new();
        for column in columns {
            let is_function = |own: &&Address| {
                own.kind() == Kind::Function
                    && own.name() == column.name()
                    && own.arguments().is_empty()
            };
            let Some(function) = self.objects.keys().find(is_function).cloned() else {
                continue;
            };
            let trigger = column.with_kind(Kind::Trigger);
            let is_on = matches!(self.objects.get(&trigger), Some(Object::Trigger(own)) if own.enabled == Enabled::Always);
            self.retain(|own| {
                let of =
                    |whole: &Address| own == whole || own.attached_to().as_ref() == Some(whole);
                !of(&trigger) && !of(&function)
            });
            kept.insert(column, Keeper { function, is_on });
        }
        kept
    }
}
