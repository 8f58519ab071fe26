//! The options that say what answers a program under test, for the commands that run one.

use crate::validate::{Allowed, Answers};
use std::path::PathBuf;

/// What answers besides the stub.
#[derive(Debug, clap::Args)]
pub(super) struct AnswersArg {
    /// Forward requests to this host for real, once each, and give every run the same answer (repeatable)
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Allowed::parse)]
    allow: Vec<Allowed>,
    /// Answer from exchanges that `perfmod record` kept
    #[arg(long, value_name = "FILE")]
    cassette: Option<PathBuf>,
}

impl AnswersArg {
    /// The same for the engine; the answers of the configuration come later.
    pub fn answers(&self) -> Answers {
        Answers { stubs: Vec::new(), cassette: self.cassette.clone(), allow: self.allow.clone() }
    }
}
