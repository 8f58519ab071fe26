//! The JSON of the command line, version 1.

use super::{Code, Confidence, Estimate, Evidence, Site, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON form.
pub const REPORT_VERSION: u32 = 1;

/// Everything that one run found and did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Version of this form.
    pub version: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// The figures of the run.
    pub summary: Summary,
    /// One entry per file that was named, and per file found in a folder that has a site or an error.
    pub files: Vec<FileReport>,
    /// How both versions were run, as options of `perfmod validate` that mean the same on any machine; empty where there were none,
    /// or other ones in merged reports. Secrets are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exercise: Vec<String>,
}

impl Report {
    /// One report of several, their files in the order of their paths.
    ///
    /// # Errors
    /// Where two of them tell of patches of the same file: they are not of one run.
    pub fn merged(reports: Vec<Report>) -> Result<Report, String> {
        let mut reports = reports.into_iter();
        let mut all = reports.next().ok_or("there is no report to merge")?;
        for report in reports {
            if report.exercise != all.exercise {
                all.exercise.clear();
            }
            let (sum, more) = (&mut all.summary, report.summary);
            sum.files += more.files;
            sum.sites += more.sites;
            sum.patches += more.patches;
            sum.applied += more.applied;
            sum.seconds += more.seconds;
            for (verdict, n) in more.by_verdict {
                *sum.by_verdict.entry(verdict).or_default() += n;
            }
            for file in report.files {
                if let Some(twice) = all.files.iter().find(|f| f.path == file.path) {
                    return Err(format!(
                        "two of the reports tell of {}: they are not the shards of one run",
                        twice.path
                    ));
                }
                all.files.push(file);
            }
        }
        all.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    /// Tells of applied patches that do not stand any more as of ones that were not accepted. Answers their ids.
    pub fn take_back(&mut self, stands: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut gone = Vec::new();
        for patch in self.files.iter_mut().flat_map(|file| &mut file.patches) {
            if let Some(id) = patch.applied.take_if(|id| !stands(id)) {
                patch.accepted = false;
                gone.push(id);
            }
        }
        self.summary.applied = self.summary.applied.saturating_sub(gone.len());
        gone
    }
}

/// Who wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `perfmod`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The figures of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Files looked at.
    pub files: usize,
    /// Sites found.
    pub sites: usize,
    /// Patches planned.
    pub patches: usize,
    /// Patches written to the user's files.
    pub applied: usize,
    /// Patches by verdict.
    pub by_verdict: BTreeMap<Verdict, usize>,
    /// Wall time of the run in seconds.
    pub seconds: f64,
}

/// What `perfmod validate` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Version of this form.
    pub version: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// The first version, as the user named it.
    pub original: String,
    /// The second one.
    pub rewritten: String,
    /// What the runs showed.
    pub verdict: Verdict,
    /// The runs.
    pub evidence: Evidence,
    /// How sure it is that both do the same, and how sure the estimate, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// How much faster the rewritten version is as a whole; none where no request was made, or a run differed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Wall time of the validation in seconds.
    pub seconds: f64,
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileReport {
    /// As the user named it, with `/`.
    pub path: String,
    /// `python` or `rust`.
    pub language: String,
    /// Why the file could not be processed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What else is to be told of the file, such as a comment that ignores nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Problem>,
    /// The places that could be faster.
    pub sites: Vec<Site>,
    /// What would be changed.
    pub patches: Vec<JsonPatch>,
    /// The unified diff of the file's patches. Bytes that are not UTF-8 are replaced here; `--dry-run` prints them as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// Why a file could not be processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Its code, `PM0xx`.
    pub code: Code,
    /// What was wrong and what to do.
    pub message: String,
    /// The line, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// How freely a patch may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// `--yes` applies it.
    Safe,
    /// Applied only where the user accepts its cautions or assumptions.
    Unsafe,
    /// Shown, never applied.
    Display,
}

/// The edits of one or more sites, applied together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonPatch {
    /// Stable within one report.
    pub id: String,
    /// The sites that it changes.
    pub sites: Vec<String>,
    /// How freely it may be applied.
    pub applicability: Applicability,
    /// Whether it is among those that were asked for: in the diff, or applied with `--yes`.
    #[serde(default)]
    pub accepted: bool,
    /// What `perfmod undo` takes to take it back, where a migration has applied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
    /// What is replaced, sorted and disjoint within each file.
    pub edits: Vec<JsonEdit>,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonEdit {
    /// The file; a file that does not exist yet is made by one edit at 0.
    pub path: String,
    /// First byte, in the file's text as UTF-8 (equal to the offset in the file where that is UTF-8).
    pub start: usize,
    /// Just behind the last byte.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}
