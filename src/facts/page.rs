//! A code's page: what it means, a program that breaks without it, and what to do instead.

use super::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that is told about one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodePage {
    /// The code.
    pub code: Code,
    /// What must hold, in a few words.
    pub title: String,
    /// What breaks without it.
    pub why: String,
    /// What it means, in plain words.
    pub what: String,
    /// What stands at the two ends of the dependence, for the labels of a drawing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<[String; 2]>,
    /// A file for which the code is reported, where it is about a file and not about calls that overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// A program that makes its calls one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The same program with its calls at once, which breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// What differs between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows: Option<String>,
    /// How to restructure.
    pub instead: String,
    /// A program with its calls at once that prints what `before` prints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
}
