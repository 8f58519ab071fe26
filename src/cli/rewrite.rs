//! `perfmod rewrite`: analyse, rewrite, validate, show or apply.

use super::{
    Exit, Failure, Global, ReportFormat, can_be_written,
    choices::Choices,
    emit,
    interactive::Conversation,
    journals::{Ids, Journals, warn_of_dirty},
    json, say,
};
use crate::catalog::pages;
use crate::engine::{self, ApplyError, Engine, FilePlan, Options, Outcome, Together};
use crate::facts::{Report, Site, Status, Verdict};
use crate::report::{self, Fate};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

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
    #[command(flatten)]
    choices: Choices,
    /// How to run the script: its arguments in one string
    #[arg(long, value_name = "ARGS", conflicts_with = "script_args")]
    args: Option<String>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
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

impl Arguments {
    fn options(&self, quiet: bool) -> Result<Options, Failure> {
        let args = match &self.args {
            Some(text) => shlex::split(text).ok_or_else(|| Failure::Usage("--args: a quote is not closed".into()))?,
            None => self.script_args.clone(),
        };
        Ok(Options { args, ..self.choices.options(&self.paths, quiet) })
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
    can_be_written(arguments.output.as_ref())?;
    let engine = Engine::with(&global.transforms()?, arguments.options(global.quiet)?)?;
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
    let (changed, together, mut failed) = choose(&engine, &outcome);
    // Before anything is written: what a patch writes is told from what is there.
    let mut report = engine.report(&outcome, 0);
    let (mut applied, mut unwritten, mut ids) = (0, Vec::new(), Ids::default());
    if mode == Mode::Yes {
        let others =
            |c: &Chosen<'_>| c.file.others_of(&c.patches).into_iter().map(Path::to_path_buf).collect::<Vec<_>>();
        let dirty: BTreeSet<PathBuf> =
            changed.iter().flat_map(|c| [c.file.path.clone()].into_iter().chain(others(c))).collect();
        warn_of_dirty(&dirty.into_iter().collect::<Vec<_>>());
        for Chosen { file, patches } in &changed {
            let journal = journals.around(&file.path).map_err(ApplyError::from);
            match journal.and_then(|journal| engine.apply(journal, file, &[], patches)) {
                Ok(done) => {
                    applied += patches.len();
                    ids.add(&done.root, done.ids);
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
    report.summary.applied = applied;
    let folder = engine::diff_folder(together.changes());
    if arguments.dry_run && std::env::current_dir().is_ok_and(|here| here != folder) {
        writeln!(
            anstream::stderr(),
            "perfmod: the diff's paths are relative to another folder: apply in {}",
            folder.display()
        )?;
    }
    match arguments.format {
        ReportFormat::Json => emit(&json(&report)?, arguments.output.as_ref())?,
        ReportFormat::Markdown => emit(report::markdown_report(&report).as_bytes(), arguments.output.as_ref())?,
        ReportFormat::Text => {
            if arguments.dry_run {
                emit(&engine::diff_of(together.changes(), &folder), arguments.output.as_ref())?;
            }
            if !quiet {
                let done: Vec<&str> = changed.iter().map(|c| c.file.shown.as_str()).collect();
                let fate = |site: &Site| match wanted_in(&engine, &outcome, site) {
                    None => Fate::Unwanted,
                    Some(file) if done.contains(&file) && !unwritten.contains(&file) => Fate::Shown,
                    Some(_) => Fate::Failed,
                };
                let told = |palette| report::story(&report, palette, global.verbose, arguments.dry_run, &fate);
                if let (true, Some(output)) = (arguments.yes, arguments.output.as_ref()) {
                    emit(told(report::Palette::default()).as_bytes(), Some(output))?;
                }
                let text = told(global.stderr_palette());
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

fn say_applied(applied: usize, planned: usize, ids: &Ids) -> Result<(), Failure> {
    let mut err = anstream::stderr();
    writeln!(err, "applied {applied} of {planned} accepted patches")?;
    ids.ways_back().iter().try_for_each(|way| writeln!(err, "{way}"))?;
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
    let transforms = global.transforms()?;
    let pages = pages::load(&transforms)?;
    let mut journals = Journals::default();
    // What is not asked about: blocked, refuted, or without a recipe.
    let before = engine.report(&outcome, 0);
    if !global.quiet {
        anstream::stderr().write_all(report::not_offered(&before, palette, global.verbose).as_bytes())?;
    }
    let mut input = std::io::stdin().lock();
    let done = Conversation { engine, journals: &mut journals, palette, pages: &pages, input: &mut input, log }
        .hold(&mut outcome)?;
    let mut report = engine.report(&outcome, done.applied);
    done.tell(&mut report, &before);
    match arguments.format {
        ReportFormat::Text => {}
        ReportFormat::Json => emit(&json(&report)?, arguments.output.as_ref())?,
        ReportFormat::Markdown => emit(report::markdown_report(&report).as_bytes(), arguments.output.as_ref())?,
    }
    if !global.quiet {
        let mut err = anstream::stderr();
        writeln!(err, "applied {}", report::plural(done.applied, "patch"))?;
        done.ids.ways_back().iter().try_for_each(|way| writeln!(err, "{way}"))?;
    }
    Ok(exit(arguments, &report, done.applied, done.failed))
}

fn exit(arguments: &Arguments, report: &Report, applied: usize, failed: bool) -> Exit {
    let sites = || report.files.iter().flat_map(|f| &f.sites);
    let unvalidated = arguments.choices.must_validate()
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

/// The patches of one file that the user wants.
struct Chosen<'o> {
    file: &'o FilePlan,
    patches: Vec<usize>,
}

/// The accepted patches, file by file, what all of them change, and whether some could not be made.
fn choose<'o>(engine: &Engine, outcome: &'o Outcome) -> (Vec<Chosen<'o>>, Together, bool) {
    let (mut out, mut together) = (Vec::new(), Together::default());
    let mut failed = false;
    for file in &outcome.files {
        let patches: Vec<usize> = (0..file.patches.len()).filter(|&at| engine.wants(file, &file.patches[at])).collect();
        match together.add(engine, file, &patches) {
            Ok(()) if patches.is_empty() => {}
            Ok(()) => out.push(Chosen { file, patches }),
            Err(problem) => {
                failed = true;
                let _ = writeln!(anstream::stderr(), "perfmod: {}: {}", file.shown, problem.message);
            }
        }
    }
    (out, together, failed)
}

/// The file of a site whose patch the user wants.
fn wanted_in<'o>(engine: &Engine, outcome: &'o Outcome, site: &Site) -> Option<&'o str> {
    let wanted = |f: &FilePlan| f.patches.iter().any(|p| f.sites[p.site].id == site.id && engine.wants(f, p));
    outcome.files.iter().find(|f| wanted(f)).map(|f| f.shown.as_str())
}
