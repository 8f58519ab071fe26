//! From planned text to files: unified diffs, and writes that either happen whole or not at all.

mod diff;
mod write;

pub use diff::{Change, unified};
pub use write::{WriteError, write_all};
