//! Keeps PostgreSQL databases in the state that YAML files declare.
#![warn(missing_docs)]

pub mod model;
pub mod sql;
