//! What `perfmod explain` tells: a site with its stages, or the page of a code.

use super::{CodePage, Problem, Site, Span, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// What is iterated.
    Source,
    /// What runs when an item is dispatched, in the order of the source.
    Prepare,
    /// The call, which overlaps with those of other items.
    Work,
    /// Everything else, in the order of the source.
    Consume,
}

impl StageName {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Prepare => "prepare",
            Self::Work => "work",
            Self::Consume => "consume",
        }
    }
}

/// A stretch of the loop and the stage that it belongs to. A guard is evaluated twice and belongs to two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageSpan {
    /// The stage.
    pub stage: StageName,
    /// Its first line, from 1.
    pub line: usize,
    /// Its last line.
    pub end_line: usize,
    /// The same in bytes.
    pub span: Span,
}

/// A site with its stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedSite {
    /// The file, as the user named it.
    pub path: String,
    /// The line at which the function around the loop begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_line: Option<usize>,
    /// The site.
    #[serde(flatten)]
    pub site: Site,
    /// What is known of its stages, in the order of the text. Where it is blocked, that may be the source and the call alone.
    pub stages: Vec<StageSpan>,
}

/// The answer of `perfmod explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Version of this form.
    pub version: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// Why the file could not be processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// The sites that were asked for.
    pub sites: Vec<ExplainedSite>,
    /// The page of the code that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<CodePage>,
}
