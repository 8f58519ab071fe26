//! What the validator tells the process that holds runs, and what that process tells back: JSON, one object a line, but for
//! the specification, which is a file.

use crate::validate::edge::{Fault, Recorded, Schedule};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A holder of runs of one version of a program, as it is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::validate) struct Spec {
    pub python: PathBuf,
    /// Cut off from the network, where the system lets it.
    pub namespaced: bool,
    /// Kept to its folders by Landlock, where the system has it.
    pub landlocked: bool,
    /// bubblewrap, which may be let into namespaces where perfmod is not.
    pub bubblewrap: Option<PathBuf>,
    /// It is used even where perfmod may enter them itself.
    pub bubblewrapped: bool,
    /// Folders that the holder and what it starts may write to.
    pub writable: Vec<PathBuf>,
    /// A folder, writable, that is to be a small disk of its own, where the system lets it.
    #[serde(default)]
    pub small: Option<PathBuf>,
    /// Where the certificate of the edge's authority goes.
    pub certificate: PathBuf,
    /// How programs are started; `None` for a holder of one run, which is a process of its own.
    pub fork: Option<Fork>,
}

/// A process that imports once and forks a child for each run.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::validate) struct Fork {
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Where its stderr goes.
    pub log: PathBuf,
    /// The script, from which it is read what to import.
    pub script: PathBuf,
}

/// One run, as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::validate) struct Run {
    /// Tells runs of one holder apart.
    pub run: usize,
    /// The script and its arguments.
    pub args: Vec<String>,
    /// The whole environment, but for the variables that name the proxy.
    pub environment: Vec<(String, String)>,
    pub cwd: PathBuf,
    /// Folders that the program may write to.
    pub writable: Vec<PathBuf>,
    /// The copy of the project.
    pub copy: PathBuf,
    /// Where the start-up hook leaves what it saw.
    pub observed: PathBuf,
    /// Where the output goes; both files exist.
    pub stdout: PathBuf,
    pub stderr: PathBuf,
    pub schedule: Schedule,
    /// Keys of the original's requests in the original's order.
    pub order: Vec<String>,
    pub max_requests: usize,
    /// Bytes of disk that its folders may take.
    pub max_written: u64,
    /// The file that says what answers besides the stub.
    #[serde(default)]
    pub answers: Option<PathBuf>,
    /// What goes wrong on purpose.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// Folders that are copied to the small disk for the run, and back: where each lies, and where it is to be meanwhile.
    #[serde(default)]
    pub small: Vec<(PathBuf, PathBuf)>,
    /// Write down the bodies of answers.
    #[serde(default)]
    pub keep: bool,
    /// Bodies of answers that are sent in place of the real ones, by the request's key.
    #[serde(default)]
    pub replaced: Vec<(String, String)>,
    /// What digests of headers are keyed with.
    pub digests: [u8; 32],
    /// Headers of requests that do not count, beside those that never do.
    #[serde(default)]
    pub ignored: Vec<String>,
    pub timeout_ms: u64,
}

impl Run {
    /// Its disk is to be filled.
    pub fn is_filled(&self) -> bool {
        matches!(self.fault, Some(Fault::DiskFull(_)))
    }
}

/// What a holder says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::validate) enum Told {
    /// It takes runs.
    Ready {
        /// How far runs are kept apart from the machine and the network, in words.
        isolation: String,
        /// Modules imported ahead.
        ahead: usize,
        /// Why children would not be what a fresh process is; empty where they are.
        unfit: String,
    },
    /// There will be no run.
    Failed(String),
    /// A run is over.
    Over(usize, Box<Record>),
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
    /// The program's start, in milliseconds, where requests have their times.
    #[serde(default)]
    pub began_ms: f64,
    /// From the program's start to its end, milliseconds.
    pub wall_ms: f64,
    /// Why there was no run at all.
    pub error: Option<String>,
    /// Its disk was one of its own, which was filled.
    #[serde(default)]
    pub filled: bool,
    /// The port of its proxy, which clients name where a connection fails.
    pub port: u16,
}
