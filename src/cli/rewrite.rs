//! `perfmod rewrite`: analyse, rewrite, validate, show or apply.

use super::{
    Exit, Failure, Format, Global, OracleArg, emit,
    exercise::{AnswersArg, Entry, entry, split_words, tolerance},
    interactive::Conversation,
    journals::{Journals, warn_of_dirty},
    json, say,
};
use crate::apply::Change;
use crate::catalog::{pages, transforms::Transforms};
use crate::engine::{
    self, Accept, ApplyError, Engine, ExecutorChoice, FilePlan, Options, Outcome, RuntimeChoice, StrategyChoice,
    Validate,
};
use crate::facts::{Code, Report, Site, Status, Verdict};
use crate::report::{self, Fate};
use crate::rewrite::python::Style;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `rewrite`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print a unified diff to stdout and the story to stderr; write nothing
    #[arg(long, conflicts_with_all = ["yes", "interactive"])]
    dry_run: bool,
    /// Ask about each patch; what is done on a terminal where nothing else is said
    #[arg(short, long, conflicts_with = "yes")]
    interactive: bool,
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

/// What to do with the patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    DryRun,
    Interactive,
    Yes,
}

impl Arguments {
    fn mode(&self) -> Result<Mode, Failure> {
        match (self.dry_run, self.interactive, self.yes) {
            (true, ..) => Ok(Mode::DryRun),
            (_, true, _) => Ok(Mode::Interactive),
            (_, _, true) => Ok(Mode::Yes),
            _ if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => Ok(Mode::Interactive),
            _ => Err(Failure::Usage(
                "say what to do with the patches: --dry-run shows them, -i asks about each, --yes applies them".into(),
            )),
        }
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let mode = arguments.mode()?;
    let engine = Engine::new(global.transforms.as_deref(), arguments.options(global.quiet)?)?;
    let quiet = global.quiet;
    let mut log = |line: &str| {
        if !quiet {
            say(line);
        }
    };
    if mode != Mode::DryRun {
        Journals::mend(&arguments.paths)?;
    }
    let mut journals = Journals::default();
    let outcome = engine.rewrite(&arguments.paths, &mut log)?;
    if mode == Mode::Interactive {
        return interactive(arguments, global, &engine, outcome, &mut log);
    }
    let (changed, mut failed) = choose(&engine, &outcome);
    let (mut applied, mut unwritten, mut ids) = (0, Vec::new(), Vec::new());
    if mode == Mode::Yes {
        warn_of_dirty(&changed.iter().map(|c| c.file.path.clone()).collect::<Vec<_>>());
        for Chosen { file, patches, .. } in &changed {
            let journal = journals.around(&file.path).map_err(ApplyError::from);
            match journal.and_then(|journal| engine.apply(journal, file, &[], patches)) {
                Ok(done) => {
                    applied += patches.len();
                    ids.extend(done.ids);
                    done.notes.iter().for_each(|note| say(note));
                }
                Err(error) => {
                    failed = true;
                    unwritten.push(file.shown.as_str());
                    say(&format!("{}: {error}", file.shown));
                }
            }
        }
    }
    let report = engine.report(&outcome, applied);
    let all = || changed.iter().flat_map(|c| &c.changes);
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
                let done: Vec<&str> = changed.iter().map(|c| c.file.shown.as_str()).collect();
                let fate = |site: &Site| match wanted_in(&engine, &outcome, site) {
                    None => Fate::Unwanted,
                    Some(file) if done.contains(&file) && !unwritten.contains(&file) => Fate::Shown,
                    Some(_) => Fate::Failed,
                };
                let text = report::story(&report, global.stderr_palette(), global.verbose, arguments.dry_run, &fate);
                anstream::stderr().write_all(text.as_bytes())?;
                if arguments.yes {
                    let planned: usize = changed.iter().map(|c| c.patches.len()).sum();
                    say_applied(applied, planned, &ids)?;
                }
            }
        }
    }
    Ok(exit(arguments, &report, applied, failed))
}

fn say_applied(applied: usize, planned: usize, ids: &[String]) -> Result<(), Failure> {
    let mut err = anstream::stderr();
    writeln!(err, "applied {applied} of {planned} accepted patches")?;
    if !ids.is_empty() {
        writeln!(err, "to take them back: perfmod undo ({})", ids.join(", "))?;
    }
    Ok(())
}

/// Asks about each patch, and applies those that are accepted.
fn interactive(
    arguments: &Arguments,
    global: &Global,
    engine: &Engine,
    mut outcome: Outcome,
    log: &mut dyn FnMut(&str),
) -> Result<Exit, Failure> {
    let palette = global.stderr_palette();
    let transforms = match &global.transforms {
        Some(folder) => Transforms::with_folder(folder)?,
        None => Transforms::embedded(),
    };
    let pages = pages::load(&transforms)?;
    let mut journals = Journals::default();
    // What is not asked about: blocked, refuted, or without a recipe.
    if !global.quiet {
        let report = engine.report(&outcome, 0);
        anstream::stderr().write_all(report::not_offered(&report, palette, global.verbose).as_bytes())?;
    }
    let mut input = std::io::stdin().lock();
    let done = Conversation { engine, journals: &mut journals, palette, pages: &pages, input: &mut input, log }
        .hold(&mut outcome)?;
    let report = engine.report(&outcome, done.applied);
    if arguments.format == Format::Json {
        emit(&json(&report)?, arguments.output.as_ref())?;
    }
    if !global.quiet {
        let mut err = anstream::stderr();
        writeln!(err, "applied {}", report::plural(done.applied, "patch"))?;
        if !done.ids.is_empty() {
            writeln!(err, "to take them back: perfmod undo ({})", done.ids.join(", "))?;
        }
    }
    Ok(exit(arguments, &report, done.applied, done.failed))
}

fn exit(arguments: &Arguments, report: &Report, applied: usize, failed: bool) -> Exit {
    let sites = || report.files.iter().flat_map(|f| &f.sites);
    let unvalidated = arguments.validate == ValidateArg::Require
        && sites().any(|s| s.status != Status::Blocked && s.verdict == Verdict::Assumed);
    if sites().any(|s| s.verdict == Verdict::Refuted) {
        Exit::Refuted
    } else if failed || unvalidated || report.files.iter().any(|f| f.error.is_some()) {
        Exit::SomeFailed
    } else if arguments.exit_code && report.summary.patches > applied {
        Exit::Findings
    } else {
        Exit::Done
    }
}

/// The patches of one file that the user wants, and what they change.
struct Chosen<'o> {
    file: &'o FilePlan,
    patches: Vec<usize>,
    changes: Vec<Change>,
}

/// The changes of the accepted patches, file by file, and whether some could not be made.
fn choose<'o>(engine: &Engine, outcome: &'o Outcome) -> (Vec<Chosen<'o>>, bool) {
    let mut out = Vec::new();
    let mut failed = false;
    for file in &outcome.files {
        let wanted: Vec<usize> = (0..file.patches.len()).filter(|&at| engine.wants(file, &file.patches[at])).collect();
        match engine.changes(file, &wanted) {
            Ok(changes) if !changes.is_empty() => out.push(Chosen { file, patches: wanted, changes }),
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
