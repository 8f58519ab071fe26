//! The facts of a run as text for a terminal. JSON is the facts themselves, by serde.

mod story;

pub use story::{Fate, Palette, check, story};
