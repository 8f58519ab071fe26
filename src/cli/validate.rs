//! `perfmod validate`: the validator alone, for any two versions of a program.

use super::{
    Exit, Failure, Global, ReportFormat, emit,
    exercise::{AnswersArg, Entry, entry, tolerance},
    json,
};
use crate::engine::{Engine, Options, Versions};
use crate::facts::{REPORT_VERSION, Tool, Validation, Verdict};
use crate::report;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 0: nothing differs. 3: a run differed; the smallest difference is shown. 4: it could not be told; the reason is shown."
)]
pub struct Arguments {
    /// The program as it was: a script, or a folder
    #[arg(value_name = "ORIGINAL")]
    original: PathBuf,
    /// The program as it is now, whoever wrote it
    #[arg(value_name = "REWRITTEN")]
    rewritten: PathBuf,
    /// What to run in both folders, relative to them
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Run this command in place of the script, such as "pytest -q tests"; only tests that fail anew count
    #[arg(long, value_name = "CMD", value_parser = entry, conflicts_with = "script_args")]
    entry: Option<Entry>,
    /// The Python interpreter
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Orders of completion to try
    #[arg(long, value_name = "K", default_value_t = 8)]
    schedules: usize,
    /// Wall time of one run, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Let floats differ by this much of their value, such as 1e-9; up to 4 units in the last place always count then
    #[arg(long, value_name = "RTOL", value_parser = tolerance)]
    tolerance: Option<f64>,
    #[command(flatten)]
    answers: AnswersArg,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The script's arguments
    #[arg(last = true, value_name = "ARGS")]
    script_args: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let versions = Versions::of(&arguments.original, &arguments.rewritten, arguments.script.as_deref());
    let versions = versions.map_err(Failure::Usage)?;
    let options = Options {
        python: arguments.python.clone(),
        args: arguments.script_args.clone(),
        entry: arguments.entry.clone().unwrap_or_default().0,
        schedules: arguments.schedules,
        timeout: Duration::from_secs(arguments.timeout),
        tolerance: arguments.tolerance,
        answers: arguments.answers.answers(),
        ..Options::default()
    };
    let engine = Engine::with(&global.transforms()?, options)?;
    let outcome = engine.validate(&versions, &mut |line| {
        if !global.quiet {
            let _ = writeln!(anstream::stderr(), "perfmod: {line}");
        }
    })?;
    let shown = |path: &PathBuf| path.to_string_lossy().replace('\\', "/");
    let found = Validation {
        version: REPORT_VERSION,
        tool: Tool { name: "perfmod".into(), version: env!("CARGO_PKG_VERSION").into() },
        original: shown(&arguments.original),
        rewritten: shown(&arguments.rewritten),
        verdict: outcome.verdict,
        confidence: Some(Engine::confidence(&outcome)),
        estimate: Engine::estimate(&outcome),
        evidence: outcome.evidence,
        seconds: begun.elapsed().as_secs_f64(),
    };
    let bytes = match arguments.format {
        ReportFormat::Json => json(&found)?,
        ReportFormat::Markdown => report::markdown_validation(&found).into_bytes(),
        ReportFormat::Text => report::validation(&found, global.stdout_palette()).into_bytes(),
    };
    emit(&bytes, arguments.output.as_ref())?;
    Ok(match found.verdict {
        Verdict::Proved | Verdict::Validated => Exit::Done,
        Verdict::Refuted => Exit::Refuted,
        Verdict::Assumed | Verdict::None => Exit::SomeFailed,
    })
}
