//! The facts of a run as text, for a terminal and for a pull request. JSON is the facts themselves, by serde.

mod diff;
mod explain;
mod markdown;
mod marks;
mod page;
mod recipe;
mod story;

pub use diff::diff;
pub use explain::{Drawing, Elsewhere, nowhere, unprocessed};
pub use markdown::{markdown_report, markdown_validation};
pub use page::{markdown, page};
pub use recipe::{recipe_markdown, recipe_page};
pub use story::{Fate, Palette, check, facts, migrated, not_offered, plural, proposal, story, validation};
