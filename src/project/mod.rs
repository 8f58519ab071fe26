//! The project around a file: which files there are, where imports begin, which interpreter runs it.

mod environment;
pub mod files;
mod header;
pub mod modules;
mod process;
pub mod python;
