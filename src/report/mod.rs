//! The facts of a run as text for a terminal. JSON is the facts themselves, by serde.

mod diff;
mod explain;
mod page;
mod story;

pub use diff::diff;
pub use explain::{Drawing, Elsewhere, nowhere, unprocessed};
pub use page::{markdown, page};
pub use story::{Fate, Palette, check, facts, migrated, not_offered, plural, proposal, story, validation};
