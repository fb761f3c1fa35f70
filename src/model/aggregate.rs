//! Aggregate functions.

use serde::{Deserialize, Serialize};

use super::{Name, Parallel, Text};

/// What a final function may do to the state that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalModify {
    /// It only reads it.
    ReadOnly,
    /// It may change it, and others may go on from there.
    Shareable,
    /// It may leave it useless.
    ReadWrite,
}

/// How values are gathered: the state, what adds to it and what makes the result of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather<T> {
    /// The state transition function, schema and name.
    pub sfunc: Vec<Name>,
    /// The type of the state.
    pub stype: T,
    /// The average size of a state, in bytes; 0: the server estimates it.
    pub sspace: i32,
    /// The final function, schema and name; absent: the state is the result.
    pub finalfunc: Option<Vec<Name>>,
    /// Whether the final function is given the arguments as well.
    pub finalfunc_extra: bool,
    /// What the final function may do to the state, where it is not the usual.
    pub finalfunc_modify: Option<FinalModify>,
    /// The first state, as a string of its type; absent: NULL.
    pub initcond: Option<String>,
}

/// How a moving window is served (manual section 36.12.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving<T> {
    /// How values are gathered.
    pub gather: Gather<T>,
    /// What takes a value off again, schema and name.
    pub minvfunc: Vec<Name>,
}

/// An aggregate function (manual: CREATE AGGREGATE). Its address bears the types of its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate<T> {
    /// The argument list; `direct ORDER BY aggregated` for an ordered-set aggregate.
    pub arguments: T,
    /// Whether the direct arguments are a row that is thought among the aggregated ones.
    pub hypothetical: bool,
    /// How values are gathered.
    pub gather: Gather<T>,
    /// How a moving window is served; absent: from the start for each row.
    pub moving: Option<Moving<T>>,
    /// What makes one state of two, schema and name.
    pub combinefunc: Option<Vec<Name>>,
    /// What writes a state of type `internal`, schema and name.
    pub serialfunc: Option<Vec<Name>>,
    /// What reads a state of type `internal`, schema and name.
    pub deserialfunc: Option<Vec<Name>>,
    /// The operator whose order an index gives the result by.
    pub sortop: Option<T>,
    /// Whether parallel workers may run it.
    pub parallel: Parallel,
}

/// How aggregates differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AggregateAlteration {
    /// Arguments or what the result is made of: takes another aggregate.
    Signature,
    /// All else: CREATE OR REPLACE AGGREGATE.
    Definition,
}

impl AggregateAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Definition => "definition",
        }
    }
}

impl<T: Text + Ord> Aggregate<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<AggregateAlteration> {
        let Self {
            arguments,
            hypothetical,
            gather,
            moving,
            combinefunc,
            serialfunc,
            deserialfunc,
            sortop,
            parallel,
        } = self;
        // The server refuses another type of the result, and does not say which attribute gave it.
        if *arguments != to.arguments
            || *hypothetical != to.hypothetical
            || gather.stype != to.gather.stype
            || gather.finalfunc != to.gather.finalfunc
            || gather.finalfunc_extra != to.gather.finalfunc_extra
        {
            return vec![AggregateAlteration::Signature];
        }
        let same = *gather == to.gather
            && *moving == to.moving
            && *combinefunc == to.combinefunc
            && *serialfunc == to.serialfunc
            && *deserialfunc == to.deserialfunc
            && *sortop == to.sortop
            && *parallel == to.parallel;
        if same {
            Vec::new()
        } else {
            vec![AggregateAlteration::Definition]
        }
    }
}

impl<T> Aggregate<T> {
    /// Returns the functions that it is made of, schema and name.
    pub fn functions(&self) -> impl Iterator<Item = &[Name]> {
        let moving = self.moving.iter();
        let gathers = [&self.gather]
            .into_iter()
            .chain(moving.clone().map(|own| &own.gather));
        let of_gathers = gathers.flat_map(|own| [Some(&own.sfunc), own.finalfunc.as_ref()]);
        let others = [&self.combinefunc, &self.serialfunc, &self.deserialfunc];
        of_gathers
            .chain(others.into_iter().map(Option::as_ref))
            .chain(moving.map(|own| Some(&own.minvfunc)))
            .flatten()
            .map(Vec::as_slice)
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Aggregate<U> {
        Aggregate {
            arguments: turn(&self.arguments),
            hypothetical: self.hypothetical,
            gather: self.gather.map(turn),
            moving: self.moving.as_ref().map(|own| Moving {
                gather: own.gather.map(turn),
                minvfunc: own.minvfunc.clone(),
            }),
            combinefunc: self.combinefunc.clone(),
            serialfunc: self.serialfunc.clone(),
            deserialfunc: self.deserialfunc.clone(),
            sortop: self.sortop.as_ref().map(turn),
            parallel: self.parallel,
        }
    }
}

impl<T> Gather<T> {
    fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Gather<U> {
        Gather {
            sfunc: self.sfunc.clone(),
            stype: turn(&self.stype),
            sspace: self.sspace,
            finalfunc: self.finalfunc.clone(),
            finalfunc_extra: self.finalfunc_extra,
            finalfunc_modify: self.finalfunc_modify,
            initcond: self.initcond.clone(),
        }
    }
}
