//! Keeps PostgreSQL databases in the state that YAML files declare.
#![warn(missing_docs)]

pub mod apply;
pub mod catalog;
pub mod cli;
pub mod ddl;
pub mod desired;
pub mod diff;
pub mod history;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod render;
pub mod scratch;
pub mod sql;
