//! The project around a file: which files there are, where imports begin, which interpreter runs it.

pub mod config;
mod environment;
pub mod examples;
pub mod files;
pub mod git;
mod header;
pub mod index;
pub mod lex;
mod mentions;
pub mod modules;
pub mod oracle;
pub mod parallel;
mod process;
pub mod python;
pub mod reach;
pub mod runtime;
pub mod scan;
