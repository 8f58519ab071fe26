//! The operations that recipes are made of. Code, where recipes are data.
//!
//! An operation adds edits to a [`python::Draft`]; it never writes a file. What operations need of each other (names, the
//! imports of several patches in one file) is decided when drafts are composed.

pub mod python;
pub mod rust;
