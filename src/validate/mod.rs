//! Runs the original and the rewritten program on a sample, in copies, cut off from the network, and compares what can be
//! seen of them.
//!
//! Both talk to an answering proxy that perfmod itself serves. The rewritten program is run under several orders of
//! completion. Anything that differs refutes the rewriting; anything that could not be checked is said.

// Runs are held on Linux only; elsewhere the parts of a run are compiled and not reached.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

mod answers;
mod canonical;
mod compare;
mod copy;
mod edge;
mod entry;
mod environment;
mod faults;
mod flow;
mod headers;
mod holder;
mod mutants;
mod pace;
mod processes;
mod record;
mod run;
mod sandbox;
mod seen;
mod stages;
mod story;
mod stub;
mod unrun;
mod work;

pub use answers::{Allowed, Answers, CassetteError, without_secrets_of};
pub use copy::fits;
pub use record::{Recording, record};
pub use sandbox::{SANDBOX_COMMAND, sandbox_main};

use crate::{
    facts::{Evidence, Verdict},
    project::python::Interpreter,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// A version of the program: files that replace or join those of the project, in the copy only.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Paths relative to the root, and contents.
    pub overlay: Vec<(PathBuf, Vec<u8>)>,
    /// Paths relative to the root that this version does not have.
    pub removed: Vec<PathBuf>,
}

impl Program {
    /// A version that replaces or adds these files.
    pub fn of(overlay: Vec<(PathBuf, Vec<u8>)>) -> Self {
        Program { overlay, removed: Vec::new() }
    }

    /// The version in the folder `to`, seen from the one in the folder `from`.
    ///
    /// # Errors
    /// Where a folder cannot be read, or the two differ by too much to be copied for each run.
    pub fn between(from: &Path, to: &Path) -> Result<Self, String> {
        copy::differences(from, to)
    }
}

/// What to validate, and how.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The folder that is copied: the project, or the script's folder.
    pub root: &'a Path,
    /// The script to run, relative to the root.
    pub script: &'a Path,
    /// The folder to run it in, relative to the root; empty for the root itself.
    pub cwd: &'a Path,
    /// The script's arguments.
    pub args: &'a [String],
    /// A command that exercises the program in place of its script: its test suite, say. Only tests that passed before
    /// and do not afterwards count as a difference.
    pub entry: &'a [String],
    /// What runs it.
    pub python: &'a Interpreter,
    /// The original, cut down to the sample where it was.
    pub original: Program,
    /// The rewritten program, cut down to the same sample.
    pub rewritten: Program,
    /// How the sample was made, in words; goes into the evidence.
    pub sampling: String,
    /// Requests that one run may make.
    pub max_requests: usize,
    /// Bytes of disk that one run may take, the copy of the project included.
    pub max_written: u64,
    /// Cut runs off from the network by namespaces, where the system lets perfmod; `false` is for tests of what is then left.
    pub namespaced: bool,
    /// Keep runs from writing elsewhere by Landlock, where the system has it; `false` is for tests of what is then left.
    pub landlocked: bool,
    /// Enter namespaces by bubblewrap where it is installed, also where the system lets perfmod do so itself; for tests.
    pub bubblewrapped: bool,
    /// How many orders of completion to try.
    pub schedules: usize,
    /// Wall time of one run at most.
    pub timeout: Duration,
    /// The rewritten program keeps a cache in `.perfmod`: it is run again with it, and may ask once what the original asks
    /// several times.
    pub expects_cache: bool,
    /// Variables of the script in which the rewritten program may leave another value, and that nothing reads then.
    pub unread: Vec<String>,
    /// Requests beyond those of the original that were accepted (calls past an early exit).
    pub extra_requests: usize,
    /// How many faults to try: bad answers, Ctrl-C, a full disk.
    pub faults: usize,
    /// How many mistakes to seed, to see whether the runs would show them.
    pub mutants: usize,
    /// Requests that the rewritten program may have made when a failure ends it, and the original does not come to.
    pub extra_after_failure: usize,
    /// Runs are forked from a process that has imported already, where that shows no difference.
    pub fork: bool,
    /// The rewritten program may come from anywhere, and differ in more than the order of its requests: where there are no
    /// two requests that could change places, what the programs put out is still compared.
    pub any_change: bool,
    /// What the rewritten script is called, where that is not what the original is.
    pub named: Option<String>,
    /// The relative difference up to which floats count as equal; without one only equal bits do.
    pub tolerance: Option<f64>,
    /// What answers requests besides the stub.
    pub answers: Answers,
    /// The perfmod executable, started again as the holder of each run; `None` for the one that is running.
    pub executable: Option<&'a Path>,
}

impl<'a> Request<'a> {
    /// A request with the usual limits: 2000 requests, 1 GiB of disk and 60 seconds a run, 8 schedules, 6 faults, 4 mutants, no cache.
    pub fn new(
        root: &'a Path,
        script: &'a Path,
        python: &'a Interpreter,
        original: Program,
        rewritten: Program,
    ) -> Self {
        Request {
            root,
            script,
            cwd: Path::new(""),
            args: &[],
            entry: &[],
            python,
            original,
            rewritten,
            sampling: "whole program".to_owned(),
            max_requests: 2000,
            max_written: 1 << 30,
            namespaced: true,
            landlocked: true,
            bubblewrapped: false,
            schedules: 8,
            timeout: Duration::from_secs(60),
            expects_cache: false,
            unread: Vec::new(),
            extra_requests: 0,
            faults: 6,
            mutants: 4,
            extra_after_failure: usize::MAX,
            fork: true,
            any_change: false,
            named: None,
            tolerance: None,
            answers: Answers::default(),
            executable: None,
        }
    }
}

/// What validation found.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `Validated`, `Assumed` (with the reason in the evidence) or `Refuted` (with the smallest difference there).
    pub verdict: Verdict,
    /// What was run and seen.
    pub evidence: Evidence,
    /// What the runs cost, where the schedules were all run.
    pub cost: Option<Cost>,
    /// The statements that no run came to, where these are all that speaks against the verdict; the first is its reason.
    pub unseen: Vec<Unseen>,
}

/// A statement that had to run and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Relative to the root.
    pub file: String,
    /// Its first line, and the last one of what runs where it does.
    pub first: usize,
    /// See `first`.
    pub last: usize,
    /// Of the rewritten version; else of the original, and it is gone.
    pub rewritten: bool,
    /// What is not known for want of it.
    pub reason: String,
}

/// What a validation cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Wall time of the first run of the original, in a fresh process.
    pub plain: Duration,
    /// From then to the end of the last schedule, the other runs of the original and the start of processes to fork from
    /// included.
    pub schedules: Duration,
}

impl Outcome {
    /// Nothing could be run.
    fn assumed(reason: String) -> Self {
        let evidence = Evidence { reason: Some(reason), ..Evidence::default() };
        Outcome { verdict: Verdict::Assumed, evidence, cost: None, unseen: Vec::new() }
    }
}

/// Runs both versions and compares them. `log` is told what is going on, a line at a time.
pub fn validate(request: &Request<'_>, log: &mut dyn FnMut(&str)) -> Outcome {
    let reach = answers::Reach::Some(request.answers.allow.clone());
    let mut given = match answers::Given::new(request, reach) {
        Ok(given) => given,
        Err(error) => return Outcome::assumed(format!("the answers could not be set up: {error}")),
    };
    let first = flow::validate(request, &given, log);
    let unsteady = first.verdict == Verdict::Assumed
        && first.evidence.reason.as_ref().is_some_and(|reason| reason.starts_with("two runs of the original"));
    if !given.repeats.get() || !(first.verdict == Verdict::Refuted || unsteady) {
        return first;
    }
    // Which of two equal requests gets which answer depends on which comes first, and no server would tell them apart.
    log("equal requests had different answers, which another order can exchange; running again with equal ones");
    given.answer_alike();
    let mut second = flow::validate(request, &given, log);
    second.evidence.runs += first.evidence.runs;
    second.evidence.runs_rewritten += first.evidence.runs_rewritten;
    if let (Verdict::Assumed, Some(reason), Some(before)) =
        (second.verdict, &mut second.evidence.reason, &first.evidence.reason)
    {
        *reason = format!(
            "equal requests had different answers, which changed places, and that may be all that differs ({before}); with equal answers: {reason}"
        );
    }
    second
}
