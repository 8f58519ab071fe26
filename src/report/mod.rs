//! The facts of a run as text for a terminal. JSON is the facts themselves, by serde.

mod explain;
mod page;
mod story;

pub use explain::{Drawing, Elsewhere, nowhere, unprocessed};
pub use page::{markdown, page};
pub use story::{Fate, Palette, check, story, validation};
