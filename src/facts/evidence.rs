//! What was seen when both programs ran, and what it is worth.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a result is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every precondition was discharged statically.
    Proved,
    /// Original and rewritten ran on the sample and all observables were equal under every schedule tried.
    Validated,
    /// Legal under assumptions that are listed, and no run could check them.
    Assumed,
    /// A run differed; the patch is not applied.
    Refuted,
    /// There is no patch, or nobody asked.
    None,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Proved => "proved",
            Verdict::Validated => "validated",
            Verdict::Assumed => "assumed",
            Verdict::Refuted => "refuted",
            Verdict::None => "none",
        })
    }
}

/// What the stages of one run took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stages {
    /// From the program's start to its first request. What is imported ahead of runs is not in it.
    pub before: f64,
    /// While at least one request was under way.
    pub requests: f64,
    /// Between the first request and the last answer, while none was.
    pub rest: f64,
    /// From the last answer to the program's end.
    pub after: f64,
    /// What its sleeps would have taken; they are shortened, and are in none of the others.
    pub slept: f64,
    /// How many requests it made.
    pub calls: usize,
    /// Most of them under way at once.
    pub in_flight: usize,
}

/// What both versions took on the sample, at the same latency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// Seconds that each answer took.
    pub latency: f64,
    /// The original.
    pub original: Stages,
    /// The rewritten program.
    pub rewritten: Stages,
}

impl Timing {
    /// How many times as fast the rewritten program was from its first request to its last answer.
    pub fn speedup(&self) -> f64 {
        // Stages are told to the millisecond.
        let phase = |stages: &Stages| (stages.requests + stages.rest).max(0.001);
        phase(&self.original) / phase(&self.rewritten)
    }
}

/// What the runs of original and rewritten showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Program runs in all, of both versions.
    pub runs: usize,
    /// How many of them were runs of the rewritten version.
    #[serde(default)]
    pub runs_rewritten: usize,
    /// Items that the site worked through in one run; `None` where it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// How the sample was made, in words ("first 20 of `data`", "whole program").
    pub sampling: String,
    /// Names of the completion orders tried on the rewritten program.
    pub schedules: Vec<String>,
    /// Faults under which both versions were run and ended alike.
    pub faults: Vec<String>,
    /// What was compared.
    pub observables: Vec<String>,
    /// The weakest relation that was needed for what was compared to count as the same: "equal", "equal as data"
    /// (other bytes of a file, the same content), "within N ULP" or "within tolerance R"; `None` where not everything was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
    /// What differed between two runs of the original and was therefore not compared.
    pub masked: Vec<String>,
    /// Where the answers came from: "stub", "cassette", "real", "your stubs", or several of them.
    pub answers: String,
    /// How far the runs were kept apart from the machine and the network, in words.
    pub isolation: String,
    /// Requests that one run of the original made.
    pub requests: usize,
    /// Wall time of the original over wall time of the rewritten at the site, on the sample, at the same latency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speedup_measured: Option<f64>,
    /// What the stages of both versions took on the sample, behind that figure and the estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Timing>,
    /// Most requests of the rewritten program under way at once.
    pub max_in_flight: usize,
    /// Requests made when the rewritten program ran a second time; `None` where no cache was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_run_calls: Option<usize>,
    /// Seeded bugs that the sample told apart, and seeded in all; `None` where none were seeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutants: Option<(usize, usize)>,
    /// What a reader should know about the runs besides, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why the verdict is not better, or the smallest difference where it is `refuted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
