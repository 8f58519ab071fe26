//! `perfmod check`: analyse only.

use super::{Exit, Failure, Global, OracleArg, ReportFormat, emit, json};
use crate::engine::{Engine, Options};
use crate::report;
use std::path::PathBuf;

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Exit with 1 where there are findings
    #[arg(long)]
    exit_code: bool,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Of the recipes that restructure a loop, use only this one; do what one that adds to patches does on request (repeatable)
    #[arg(long, value_name = "ID")]
    recipe: Vec<String>,
    /// Leave this recipe out (repeatable)
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    #[command(flatten)]
    oracle: OracleArg,
    /// Look at this many files at once; as many as there are processors where it is left out
    #[arg(long, value_name = "N", hide = true)]
    jobs: Option<usize>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let (only, skip) = (arguments.recipe.clone(), arguments.skip.clone());
    let options = Options {
        only,
        skip,
        oracle: arguments.oracle.of(&arguments.paths, global.quiet),
        jobs: arguments.jobs,
        ..Options::default()
    };
    let engine = Engine::with(&global.transforms()?, options)?;
    let outcome = engine.check(&arguments.paths)?;
    let report = engine.report(&outcome, 0);
    let bytes = match arguments.format {
        ReportFormat::Json => json(&report)?,
        ReportFormat::Markdown => report::markdown_report(&report).into_bytes(),
        ReportFormat::Text => report::check(&report, global.stdout_palette(), global.verbose).into_bytes(),
    };
    emit(&bytes, arguments.output.as_ref())?;
    Ok(if report.files.iter().any(|f| f.error.is_some()) {
        Exit::SomeFailed
    } else if arguments.exit_code && report.summary.sites > 0 {
        Exit::Findings
    } else {
        Exit::Done
    })
}
