//! What the validator tells the process that holds a run, and what that process tells back. Both travel as JSON files.

use crate::validate::edge::{Recorded, Schedule};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One run, as it is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::validate) struct Spec {
    /// The program and its arguments.
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Its whole environment, but for the variables that name the proxy.
    pub environment: Vec<(String, String)>,
    pub cwd: PathBuf,
    /// Folders that the program may write to.
    pub writable: Vec<PathBuf>,
    /// Where its output goes.
    pub stdout: PathBuf,
    pub stderr: PathBuf,
    /// Where the certificate of the run's authority goes.
    pub certificate: PathBuf,
    /// Where the record goes.
    pub result: PathBuf,
    pub schedule: Schedule,
    /// Keys of the original's requests in the original's order.
    pub order: Vec<String>,
    pub max_requests: usize,
    pub timeout_ms: u64,
}

/// One run, as it went.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::validate) struct Record {
    /// The exit code; `None` where a signal ended the program.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// It was ended because its time was up.
    pub timed_out: bool,
    /// It was ended because it asked for something that has no answer.
    pub stopped: Option<String>,
    pub requests: Vec<Recorded>,
    pub max_in_flight: usize,
    /// How far the run was kept apart from the machine and the network, in words.
    pub isolation: String,
    /// Why there was no run at all.
    pub error: Option<String>,
}
