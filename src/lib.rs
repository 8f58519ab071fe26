//! perfmod makes slow research code fast and shows that it still computes the same thing.
//!
//! `docs/architecture.md` is the plan of the house. A room imports only from the rooms below it.

pub mod facts;
pub mod project;
pub mod validate;
