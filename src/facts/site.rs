//! A site: a place that could be faster, with everything that speaks for and against changing it.

use super::{Code, Evidence, Place, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the time at a site goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Waiting for a network or a disk.
    Io,
    /// Computing on one core.
    Cpu,
    /// Feeding a GPU badly.
    Gpu,
}

/// Whether a site can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No obstacle, and nothing assumed beyond the standing list in the documentation.
    Ready,
    /// At least one caution that the user should accept.
    Care,
    /// At least one obstacle.
    Blocked,
}

/// The form that the rewritten loop takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The loop only collects: it becomes one expression.
    Gather,
    /// The loop stays; its calls run ahead of it.
    Pipeline,
    /// The loop stays as it is; a pass ahead of it fills the request cache.
    Prefetch,
}

/// What runs the work of several iterations at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// Coroutines on one event loop.
    Async,
    /// Daemon threads.
    Threads,
    /// Worker processes.
    Processes,
}

/// Something that stops a rewrite: both ends of the dependence, why, and a way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Obstacle {
    /// The precondition that does not hold.
    pub code: Code,
    /// One sentence: why.
    pub message: String,
    /// One sentence: what could be changed.
    pub help: String,
    /// Where it is.
    pub span: Place,
    /// The other end of the dependence, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_span: Option<Place>,
}

/// Something that the user should accept before the patch is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caution {
    /// The precondition that holds only if the user says so.
    pub code: Code,
    /// One sentence: what changes.
    pub message: String,
    /// Where it comes from.
    pub span: Place,
}

/// How much faster, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Old time over new time.
    pub speedup: f64,
    /// `measured`: extrapolated from what the stages took on the sample; `catalogue`: from typical figures alone.
    pub basis: String,
    /// How the number comes about, in words and figures.
    pub formula: String,
    /// The number of items that it is for.
    #[serde(default)]
    pub items: usize,
    /// What these take as the program is, in seconds.
    #[serde(default)]
    pub seconds_before: f64,
    /// What they take as it is rewritten.
    #[serde(default)]
    pub seconds_after: f64,
}

/// Two confidences in percent, from the table in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confidence {
    /// That the rewritten program computes the same.
    pub safe: u8,
    /// That it is faster by about the estimate.
    pub faster: u8,
}

/// A place that could be faster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Site {
    /// Stable within one report: path, line and call.
    pub id: String,
    /// First line of the loop, from 1.
    pub line: usize,
    /// Last line of the loop.
    pub end_line: usize,
    /// Column of the loop, from 1.
    pub column: usize,
    /// The function around it, `<module>` where there is none.
    pub function: String,
    /// What the time goes into.
    pub kind: Kind,
    /// Whether it can be changed.
    pub status: Status,
    /// The expensive call, as the program writes it.
    pub call: String,
    /// The recipes that apply.
    pub recipes: Vec<String>,
    /// The form that the loop takes; none where it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// What runs the work; none where it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<Executor>,
    /// Why that and not an event loop, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor_reason: Option<String>,
    /// Whether the patch keeps to the standard library, and needs no runtime module.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// How many of its calls run at once, where the patch says it; where it does not, the runtime's own limit holds, which
    /// its options set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Options that the program's command line gets, as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Which others of the runtime's options the program's command line does not get, and why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options_reason: Option<String>,
    /// What stops it.
    pub obstacles: Vec<Obstacle>,
    /// What is taken for granted and not on the standing list.
    pub assumptions: Vec<String>,
    /// How much faster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// What the user should accept.
    pub cautions: Vec<Caution>,
    /// How sure the tool is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What the patch is worth.
    pub verdict: Verdict,
    /// What the runs showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}
