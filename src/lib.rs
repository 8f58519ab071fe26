//! perfmod makes slow research code fast and shows that it still computes the same thing.
//!
//! `docs/architecture.md` is the plan of the house. A room imports only from the rooms below it.

pub mod apply;
pub mod catalog;
pub mod cli;
pub mod engine;
pub mod facts;
pub mod model;
pub mod project;
pub mod recipe;
pub mod report;
pub mod rewrite;
pub mod syntax;
pub mod validate;
