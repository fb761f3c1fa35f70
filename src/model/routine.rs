//! Functions and procedures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// What a function may do to the database, and what an optimizer may assume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// The same arguments give the same result for ever.
    Immutable,
    /// They do so within one statement.
    Stable,
    /// Anything may happen.
    Volatile,
}

/// Whether parallel workers may run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// They may.
    Safe,
    /// Only the leader may.
    Restricted,
    /// No parallel plan at all.
    Unsafe,
}

/// How a function's body is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body<T> {
    /// A string that the language reads when the function is called.
    String(String),
    /// SQL that is parsed when the function is made (RETURN or BEGIN ATOMIC).
    Sql(T),
    /// A file and a symbol in it.
    Object(String, String),
}

/// A function (manual: CREATE FUNCTION). Its address bears the types of its input arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function<T> {
    /// The argument list with modes, names and defaults.
    pub arguments: T,
    /// What it returns: a type, `SETOF type` or `TABLE(…)`; absent where OUT arguments say it in a declaration.
    pub returns: Option<T>,
    /// The language.
    pub language: Name,
    /// The body.
    pub body: Body<T>,
    /// Whether it is a window function.
    pub window: bool,
    /// What it may do.
    pub volatility: Volatility,
    /// Whether parallel workers may run it.
    pub parallel: Parallel,
    /// Whether a NULL argument gives NULL without a call.
    pub strict: bool,
    /// Whether it runs with its owner's privileges.
    pub security_definer: bool,
    /// Whether it gives nothing of its arguments away but by its result.
    pub leakproof: bool,
    /// What a call costs, in units of `cpu_operator_cost`, as the server prints it; absent: the language's default.
    pub cost: Option<String>,
    /// How many rows a call returns, as the server prints it; absent: the default.
    pub rows: Option<String>,
    /// Settings for the time of a call, by name.
    pub set: BTreeMap<Name, String>,
    /// The planner support function, schema and name.
    pub support: Option<Vec<Name>>,
}

/// How functions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionAlteration {
    /// Argument names, modes or defaults, or the result: takes another function.
    Signature,
    /// Body or attributes: CREATE OR REPLACE FUNCTION.
    Definition,
}

impl FunctionAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Definition => "definition",
        }
    }
}

impl<T: Text + Ord> Function<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<FunctionAlteration> {
        let Self {
            arguments,
            returns,
            language,
            body,
            window,
            volatility,
            parallel,
            strict,
            security_definer,
            leakproof,
            cost,
            rows,
            set,
            support,
        } = self;
        if *arguments != to.arguments || *returns != to.returns || *window != to.window {
            return vec![FunctionAlteration::Signature];
        }
        let same = *language == to.language
            && *body == to.body
            && *volatility == to.volatility
            && *parallel == to.parallel
            && *strict == to.strict
            && *security_definer == to.security_definer
            && *leakproof == to.leakproof
            && *cost == to.cost
            && *rows == to.rows
            && *set == to.set
            && *support == to.support;
        if same {
            Vec::new()
        } else {
            vec![FunctionAlteration::Definition]
        }
    }
}

impl<T> Function<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Function<U> {
        Function {
            arguments: turn(&self.arguments),
            returns: self.returns.as_ref().map(&mut *turn),
            language: self.language.clone(),
            body: self.body.map(turn),
            window: self.window,
            volatility: self.volatility,
            parallel: self.parallel,
            strict: self.strict,
            security_definer: self.security_definer,
            leakproof: self.leakproof,
            cost: self.cost.clone(),
            rows: self.rows.clone(),
            set: self.set.clone(),
            support: self.support.clone(),
        }
    }
}

/// A procedure (manual: CREATE PROCEDURE). Its address bears the types of its input arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure<T> {
    /// The argument list with modes, names and defaults.
    pub arguments: T,
    /// The language.
    pub language: Name,
    /// The body.
    pub body: Body<T>,
    /// Whether it runs with its owner's privileges.
    pub security_definer: bool,
    /// Settings for the time of a call, by name.
    pub set: BTreeMap<Name, String>,
}

/// How procedures differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcedureAlteration {
    /// Argument names, modes or defaults: takes another procedure.
    Signature,
    /// Body or attributes: CREATE OR REPLACE PROCEDURE.
    Definition,
}

impl ProcedureAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Definition => "definition",
        }
    }
}

impl<T: Text + Ord> Procedure<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ProcedureAlteration> {
        let Self {
            arguments,
            language,
            body,
            security_definer,
            set,
        } = self;
        if *arguments != to.arguments {
            vec![ProcedureAlteration::Signature]
        } else if *language != to.language
            || *body != to.body
            || *security_definer != to.security_definer
            || *set != to.set
        {
            vec![ProcedureAlteration::Definition]
        } else {
            Vec::new()
        }
    }
}

impl<T> Procedure<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Procedure<U> {
        Procedure {
            arguments: turn(&self.arguments),
            language: self.language.clone(),
            body: self.body.map(turn),
            security_definer: self.security_definer,
            set: self.set.clone(),
        }
    }
}

impl<T> Body<T> {
    fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Body<U> {
        match self {
            Self::String(text) => Body::String(text.clone()),
            Self::Sql(text) => Body::Sql(turn(text)),
            Self::Object(file, symbol) => Body::Object(file.clone(), symbol.clone()),
        }
    }
}
