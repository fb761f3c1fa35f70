//! Views.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Expression, Name, Text};

/// A view (manual: CREATE VIEW).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View<T> {
    /// The query, without a closing semicolon.
    pub query: T,
    /// Options such as `security_barrier` and `check_option`, by name.
    pub options: BTreeMap<Name, String>,
    /// The columns with their types, as a server gives them; not compared, only asked whether they are a beginning.
    pub columns: Vec<(Name, String)>,
}

/// How views differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewAlteration {
    /// The query, with columns that the former ones are the beginning of: CREATE OR REPLACE VIEW takes it.
    Query(Expression),
    /// The query, with other columns: takes another view.
    Columns,
    /// The options.
    Options,
}

impl ViewAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Query(_) | Self::Columns => "query",
            Self::Options => "options",
        }
    }
}

impl<T: Text + Ord> View<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ViewAlteration> {
        let Self {
            query,
            options,
            columns,
        } = self;
        let mut alterations = Vec::new();
        if *query != to.query {
            alterations.push(if to.columns.starts_with(columns) {
                ViewAlteration::Query(Expression::new(to.query.sql()))
            } else {
                ViewAlteration::Columns
            });
        }
        if *options != to.options {
            alterations.push(ViewAlteration::Options);
        }
        alterations
    }
}

impl<T> View<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> View<U> {
        let Self {
            query,
            options,
            columns,
        } = self;
        View {
            query: turn(query),
            options: options.clone(),
            columns: columns.clone(),
        }
    }
}

/// A materialized view (manual: CREATE MATERIALIZED VIEW). What it holds is never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView<T> {
    /// The query, without a closing semicolon.
    pub query: T,
    /// Storage parameters, those of its TOAST table among them, by name.
    pub parameters: BTreeMap<Name, String>,
    /// The columns with their types, as a server gives them; not compared.
    pub columns: Vec<(Name, String)>,
}

/// How materialized views differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaterializedViewAlteration {
    /// The query: takes another one.
    Query,
    /// Storage parameters.
    Parameters {
        /// Those that get a value.
        set: BTreeMap<Name, String>,
        /// Those that get back the server's own.
        reset: Vec<Name>,
    },
}

impl MaterializedViewAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Parameters { .. } => "with",
        }
    }
}

impl<T: Text + Ord> MaterializedView<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<MaterializedViewAlteration> {
        let Self {
            query,
            parameters,
            columns: _,
        } = self;
        if *query != to.query {
            return vec![MaterializedViewAlteration::Query];
        }
        let (set, reset) = super::physical::differing(parameters, &to.parameters);
        if set.is_empty() && reset.is_empty() {
            Vec::new()
        } else {
            vec![MaterializedViewAlteration::Parameters { set, reset }]
        }
    }
}

impl<T> MaterializedView<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> MaterializedView<U> {
        MaterializedView {
            query: turn(&self.query),
            parameters: self.parameters.clone(),
            columns: self.columns.clone(),
        }
    }
}
