//! `perfmod validate`: the validator alone, for any two versions of a program.

use super::{Exit, Failure, Global, ReportFormat, emit, exercise::Exercise, json};
use crate::engine::{Engine, Options, Versions};
use crate::facts::{REPORT_VERSION, Tool, Validation, Verdict};
use crate::report;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

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
    #[command(flatten)]
    exercise: Exercise,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The script's arguments
    #[arg(last = true, value_name = "ARGS", conflicts_with = "entry")]
    script_args: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let versions = Versions::of(&arguments.original, &arguments.rewritten, arguments.script.as_deref());
    let versions = versions.map_err(Failure::Usage)?;
    let options = Options { args: arguments.script_args.clone(), ..arguments.exercise.options() };
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
