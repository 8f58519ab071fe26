//! `perfmod rewrite`: analyse, rewrite, validate, show or apply.

use super::{
    Exit, Failure, Format, Global, OracleArg, emit,
    exercise::{AnswersArg, Entry, entry, split_words, tolerance},
    json,
};
use crate::engine::{
    self, Accept, Engine, ExecutorChoice, FilePlan, Options, Outcome, RuntimeChoice, StrategyChoice, Validate,
};
use crate::facts::{Code, Site, Status, Verdict};
use crate::report::{self, Fate};
use crate::rewrite::python::Style;
use clap::ValueEnum;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `rewrite`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print a unified diff to stdout and the story to stderr; write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Apply every `ready` patch that is proved or validated
    #[arg(short, long)]
    yes: bool,
    /// Accept more: `assumed`, `care`, or a caution by its code (repeatable)
    #[arg(long, value_name = "WHAT", value_parser = accept)]
    accept: Vec<Accept>,
    /// When to run both versions
    #[arg(long, value_enum, default_value_t, conflicts_with = "no_validate")]
    validate: ValidateArg,
    /// Run nothing; the same as `--validate off`
    #[arg(long)]
    no_validate: bool,
    /// The Python interpreter
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Where the runtime module comes from
    #[arg(long, value_enum, default_value_t)]
    runtime: RuntimeArg,
    /// Items at the site in a validation run
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    max_samples: u32,
    /// Orders of completion to try
    #[arg(long, value_name = "K", default_value_t = 8)]
    schedules: usize,
    /// Wall time of one validation run, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Let floats differ by this much of their value, such as 1e-9; up to 4 units in the last place always count then
    #[arg(long, value_name = "RTOL", value_parser = tolerance)]
    tolerance: Option<f64>,
    #[command(flatten)]
    answers: AnswersArg,
    /// Run this command in place of the script, such as "pytest -q tests"; only tests that fail anew count
    #[arg(long, value_name = "CMD", value_parser = entry)]
    entry: Option<Entry>,
    /// Use only this recipe (repeatable)
    #[arg(long, value_name = "ID")]
    recipe: Vec<String>,
    /// Leave this recipe out (repeatable)
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// The form of the rewritten loop
    #[arg(long, value_enum, default_value_t)]
    strategy: StrategyArg,
    /// What runs the calls
    #[arg(long, value_enum, default_value_t)]
    executor: ExecutorArg,
    /// Write this limit into the program instead of the runtime's default of 300
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrent: Option<u32>,
    #[command(flatten)]
    oracle: OracleArg,
    /// How to run the script: its arguments in one string
    #[arg(long, value_name = "ARGS", conflicts_with = "script_args")]
    args: Option<String>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the diff or the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 1 where patches were left unapplied
    #[arg(long)]
    exit_code: bool,
    /// The script's arguments
    #[arg(last = true, value_name = "ARGS")]
    script_args: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ValidateArg {
    #[default]
    Auto,
    Require,
    Off,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum RuntimeArg {
    #[default]
    Vendor,
    Package,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum StrategyArg {
    #[default]
    Auto,
    Gather,
    Pipeline,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ExecutorArg {
    #[default]
    Auto,
    Async,
    Threads,
}

fn accept(text: &str) -> Result<Accept, String> {
    match text {
        "assumed" => Ok(Accept::Assumed),
        "care" => Ok(Accept::Care),
        code => Code::parse(code)
            .map(Accept::Code)
            .ok_or_else(|| "expected `assumed`, `care` or a code such as PM105".into()),
    }
}

impl Arguments {
    fn options(&self, quiet: bool) -> Result<Options, Failure> {
        let args = match &self.args {
            Some(text) => split_words(text).ok_or_else(|| Failure::Usage("--args: a quote is not closed".into()))?,
            None => self.script_args.clone(),
        };
        Ok(Options {
            style: Style { max_concurrent: self.max_concurrent.map(|n| n as usize) },
            executor: match self.executor {
                ExecutorArg::Auto => ExecutorChoice::Auto,
                ExecutorArg::Async => ExecutorChoice::Async,
                ExecutorArg::Threads => ExecutorChoice::Threads,
            },
            strategy: match self.strategy {
                StrategyArg::Auto => StrategyChoice::Auto,
                StrategyArg::Gather => StrategyChoice::Gather,
                StrategyArg::Pipeline => StrategyChoice::Pipeline,
            },
            runtime: match self.runtime {
                RuntimeArg::Vendor => RuntimeChoice::Vendor,
                RuntimeArg::Package => RuntimeChoice::Package,
            },
            only: self.recipe.clone(),
            skip: self.skip.clone(),
            validate: match (self.no_validate, self.validate) {
                (true, _) | (_, ValidateArg::Off) => Validate::Off,
                (_, ValidateArg::Auto) => Validate::Auto,
                (_, ValidateArg::Require) => Validate::Require,
            },
            python: self.python.clone(),
            args,
            max_samples: self.max_samples as usize,
            schedules: self.schedules,
            timeout: Duration::from_secs(self.timeout),
            tolerance: self.tolerance,
            entry: self.entry.clone().unwrap_or_default().0,
            answers: self.answers.answers(),
            oracle: self.oracle.of(&self.paths, quiet),
            jobs: None,
            accept: self.accept.clone(),
        })
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    if !arguments.dry_run && !arguments.yes {
        return Err(Failure::Usage("say what to do with the patches: --dry-run shows them, --yes applies them (-i, patch by patch, comes later)".into()));
    }
    let engine = Engine::new(global.transforms.as_deref(), arguments.options(global.quiet)?)?;
    let quiet = global.quiet;
    let mut log = |line: &str| {
        if !quiet {
            let _ = writeln!(anstream::stderr(), "perfmod: {line}");
        }
    };
    let outcome = engine.rewrite(&arguments.paths, &mut log)?;
    let (changed, mut failed) = choose(&engine, &outcome);
    let (mut applied, mut unwritten) = (0, Vec::new());
    if arguments.yes {
        for (file, changes, patches) in &changed {
            match engine.apply(changes) {
                Ok(()) => applied += patches,
                Err(error) => {
                    failed = true;
                    unwritten.push(file.shown.as_str());
                    writeln!(anstream::stderr(), "perfmod: {}: {error}", file.shown)?;
                }
            }
        }
    }
    let report = engine.report(&outcome, applied);
    let all = || changed.iter().flat_map(|(_, changes, _)| changes);
    let folder = engine::diff_folder(all());
    if arguments.dry_run && std::env::current_dir().is_ok_and(|here| here != folder) {
        writeln!(
            anstream::stderr(),
            "perfmod: the diff's paths are relative to another folder: apply in {}",
            folder.display()
        )?;
    }
    match arguments.format {
        Format::Json => emit(&json(&report)?, arguments.output.as_ref())?,
        Format::Text => {
            if arguments.dry_run {
                emit(&engine::diff_of(all(), &folder), arguments.output.as_ref())?;
            }
            if !quiet {
                let done: Vec<&str> = changed.iter().map(|(file, _, _)| file.shown.as_str()).collect();
                let fate = |site: &Site| match wanted_in(&engine, &outcome, site) {
                    None => Fate::Unwanted,
                    Some(file) if done.contains(&file) && !unwritten.contains(&file) => Fate::Shown,
                    Some(_) => Fate::Failed,
                };
                let text = report::story(&report, global.stderr_palette(), global.verbose, arguments.dry_run, &fate);
                anstream::stderr().write_all(text.as_bytes())?;
                if arguments.yes {
                    let planned: usize = changed.iter().map(|(_, _, n)| n).sum();
                    writeln!(anstream::stderr(), "applied {applied} of {planned} accepted patches")?;
                }
            }
        }
    }
    let refuted = report.files.iter().flat_map(|f| &f.sites).any(|s| s.verdict == Verdict::Refuted);
    let unvalidated = arguments.validate == ValidateArg::Require
        && report
            .files
            .iter()
            .flat_map(|f| &f.sites)
            .any(|s| s.status != Status::Blocked && s.verdict == Verdict::Assumed);
    failed |= report.files.iter().any(|f| f.error.is_some());
    Ok(if refuted {
        Exit::Refuted
    } else if failed || unvalidated {
        Exit::SomeFailed
    } else if arguments.exit_code && report.summary.patches > applied {
        Exit::Findings
    } else {
        Exit::Done
    })
}

type Chosen<'o> = (&'o FilePlan, Vec<crate::apply::Change>, usize);

/// The changes of the accepted patches, file by file, and whether some could not be made.
fn choose<'o>(engine: &Engine, outcome: &'o Outcome) -> (Vec<Chosen<'o>>, bool) {
    let mut out = Vec::new();
    let mut failed = false;
    for file in &outcome.files {
        let wanted: Vec<usize> = (0..file.patches.len()).filter(|&at| engine.wants(file, &file.patches[at])).collect();
        match engine.changes(file, &wanted) {
            Ok(changes) if !changes.is_empty() => out.push((file, changes, wanted.len())),
            Ok(_) => {}
            Err(problem) => {
                failed = true;
                let _ = writeln!(anstream::stderr(), "perfmod: {}: {}", file.shown, problem.message);
            }
        }
    }
    (out, failed)
}

/// The file of a site whose patch the user wants.
fn wanted_in<'o>(engine: &Engine, outcome: &'o Outcome, site: &Site) -> Option<&'o str> {
    let wanted = |f: &FilePlan| f.patches.iter().any(|p| f.sites[p.site].id == site.id && engine.wants(f, p));
    outcome.files.iter().find(|f| wanted(f)).map(|f| f.shown.as_str())
}
