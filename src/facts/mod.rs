//! The plain words of the project: spans, edits, patches, sites, obstacles, evidence, verdicts.
//!
//! Everything else is built on this room and it imports from no other. The types here carry no behaviour beyond keeping
//! their own invariants, and the JSON schema of the command line derives from them.

mod code;
mod edit;
mod evidence;
mod explain;
mod page;
mod report;
mod site;
mod span;

pub use code::{CODES, Code, CodeInfo};
pub use edit::{Conflict, Edit, EditSet};
pub use evidence::{Evidence, Stages, Timing, Verdict};
pub use explain::{ExplainedSite, Explanation, StageName, StageSpan};
pub use page::CodePage;
pub use report::{
    Applicability, FileReport, JsonEdit, JsonPatch, Problem, REPORT_VERSION, Report, Summary, Tool, Validation,
};
pub use site::{Caution, Confidence, Estimate, Executor, Kind, Obstacle, Site, Status, Strategy};
pub use span::{Place, Span};
