//! From planned text to files: unified diffs, writes that either happen whole or not at all, and the journal by which they
//! are taken back.

mod diff;
mod disk;
pub mod journal;
mod record;
mod write;

pub use diff::{Change, unified};
pub use journal::{Journal, JournalError, Layer, Recorded, Standing};
pub use record::{Record, replace};
pub use write::{Notes, Step, Write, WriteError, is_still, write_all};
