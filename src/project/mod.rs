//! The project around a script: so far, which interpreter runs it.

mod environment;
mod header;
mod process;
pub mod python;
