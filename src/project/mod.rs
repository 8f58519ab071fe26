//! The project around a file: which files there are, where imports begin, which interpreter runs it.

mod environment;
pub mod files;
mod header;
mod process;
pub mod python;
