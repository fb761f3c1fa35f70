//! Keeps PostgreSQL databases in the state that YAML files declare.
#![warn(missing_docs)]

pub mod catalog;
pub mod ddl;
pub mod diff;
pub mod model;
pub mod plan;
pub mod sql;
pub mod history;
pub mod apply;
pub mod scratch;
pub mod desired;
pub mod pipeline;
