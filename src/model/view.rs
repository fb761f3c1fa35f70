//! Views.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Expression, Name, Options, Text};

/// A view (manual: CREATE VIEW).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View<T> {
    /// The query, without a closing semicolon.
    pub query: T,
    /// Options such as `security_barrier` and `check_option`, by name.
    pub options: Options,
    /// The columns with their types, as a server gives them; not compared, only asked whether they are a beginning.
    pub columns: Vec<(Name, String)>,
    /// What an INSERT that leaves a column out puts there, by column.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<Name, T>,
}

/// The attribute of a view that is its query.
pub(crate) const QUERY: &str = "query";

/// The attribute of a view that is the defaults of its columns.
pub(crate) const DEFAULTS: &str = "defaults";

/// How views differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewAlteration {
    /// The query, with columns that the former ones are the beginning of: CREATE OR REPLACE VIEW takes it.
    Query(Expression),
    /// The query, with other columns: takes another view.
    Columns,
    /// The options.
    Options {
        /// Those that get a value.
        set: Options,
        /// Those that get back the server's own.
        reset: Vec<Name>,
    },
    /// The defaults of columns.
    Defaults {
        /// Those that get one.
        set: BTreeMap<Name, Expression>,
        /// Those that lose theirs.
        reset: Vec<Name>,
    },
}

impl ViewAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Query(_) | Self::Columns => QUERY,
            Self::Options { .. } => "options",
            Self::Defaults { .. } => DEFAULTS,
        }
    }
}

impl<T: Text + Ord> View<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ViewAlteration> {
        let Self {
            query,
            options,
            columns,
            defaults,
        } = self;
        let mut alterations = Vec::new();
        if *query != to.query {
            if !to.columns.starts_with(columns) {
                return vec![ViewAlteration::Columns];
            }
            // It says the options as well.
            alterations.push(ViewAlteration::Query(Expression::new(to.query.sql())));
        } else if *options != to.options {
            let (set, reset) = super::physical::differing(options, &to.options);
            alterations.push(ViewAlteration::Options { set, reset });
        }
        let changed = |(column, own): &(&Name, &T)| defaults.get(*column) != Some(*own);
        let set = to.defaults.iter().filter(changed);
        let set: BTreeMap<Name, Expression> = set
            .map(|(column, own)| (column.clone(), Expression::new(own.sql())))
            .collect();
        let gone = defaults.keys();
        let gone = gone.filter(|own| !to.defaults.contains_key(*own));
        let reset: Vec<Name> = gone.cloned().collect();
        if !set.is_empty() || !reset.is_empty() {
            alterations.push(ViewAlteration::Defaults { set, reset });
        }
        alterations
    }

    /// Returns what the creating command cannot say.
    pub(crate) fn left_by_create(&self) -> Option<ViewAlteration> {
        let set = self.defaults.iter();
        let set = set.map(|(column, own)| (column.clone(), Expression::new(own.sql())));
        (!self.defaults.is_empty()).then(|| ViewAlteration::Defaults {
            set: set.collect(),
            reset: Vec::new(),
        })
    }
}

impl<T> View<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> View<U> {
        let Self {
            query,
            options,
            columns,
            defaults,
        } = self;
        View {
            query: turn(query),
            options: options.clone(),
            columns: columns.clone(),
            defaults: defaults
                .iter()
                .map(|(column, own)| (column.clone(), turn(own)))
                .collect(),
        }
    }
}

/// A materialized view (manual: CREATE MATERIALIZED VIEW). What it holds is never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView<T> {
    /// The query, without a closing semicolon.
    pub query: T,
    /// Storage parameters, those of its TOAST table among them, by name.
    pub parameters: Options,
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
        set: Options,
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
