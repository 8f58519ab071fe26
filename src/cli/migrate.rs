//! `perfmod migrate`: a whole repository, resumable.

use super::{Exit, Failure, Global, ReportFormat, choices::Choices, emit, interrupt, json, say};
use crate::engine::{self, CommitPer, Engine, Event, MigrateError, Migrated, Migration, Options};
use crate::facts::{Status, Verdict};
use crate::project::parallel::processors;
use crate::report::{self, plural};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `migrate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder, usually a repository's root
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Go on with a migration that was ended before it was through
    #[arg(long)]
    resume: bool,
    /// Forget a migration that was ended, and begin anew
    #[arg(long, conflicts_with = "resume")]
    restart: bool,
    /// Print a unified diff to stdout and write nothing
    #[arg(long, conflicts_with_all = ["resume", "restart", "branch"])]
    dry_run: bool,
    /// Programs that are run at once [default: half as many as there are processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Commit to this branch, which is made where it is not checked out
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// What goes into one commit
    #[arg(long, value_enum, default_value_t, value_name = "WHAT", requires = "branch")]
    commit_per: PerArg,
    /// Take this share of the files: the I-th of N, for N machines
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
    #[command(flatten)]
    choices: Choices,
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write the diff or the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 1 where patches were left unapplied
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PerArg {
    Patch,
    #[default]
    File,
    Recipe,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(this, of)| Some((this.parse().ok()?, of.parse().ok()?)));
    match parsed {
        Some((this, of)) if (1..=of).contains(&this) => Ok((this, of)),
        _ => Err("expected I/N with I from 1 to N, such as 2/8".into()),
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        return Err(Failure::Usage(format!("{}: no such folder; `perfmod rewrite` takes files", folder.display())));
    }
    super::can_be_written(arguments.output.as_ref())?;
    let paths = [folder.clone()];
    let options = Options { jobs: None, ..arguments.choices.options(&paths, global.quiet) };
    let engine = Engine::with(&global.transforms()?, options)?;
    let asked = Migration {
        folder: folder.clone(),
        resume: arguments.resume,
        restart: arguments.restart,
        dry_run: arguments.dry_run,
        shard: arguments.shard,
        branch: arguments.branch.clone(),
        per: match arguments.commit_per {
            PerArg::Patch => CommitPer::Patch,
            PerArg::File => CommitPer::File,
            PerArg::Recipe => CommitPer::Recipe,
        },
        jobs: arguments.jobs.map_or_else(|| (processors() / 2).max(1), |n| n as usize),
    };
    let bar = bar(global);
    let heard = |event: &Event<'_>| {
        if matches!(event, Event::Planned(..)) && !arguments.dry_run {
            interrupt::hint(Some("the same command with --resume goes on, with --restart it begins anew".into()));
        }
        listen(&bar, global, event);
    };
    let done = engine.migrate(&asked, &heard).map_err(|error| match error {
        MigrateError::Engine(error) => Failure::Engine(error),
        MigrateError::Journal(error) => Failure::Journal(error),
        other => Failure::Usage(other.to_string()),
    });
    interrupt::hint(None);
    bar.finish_and_clear();
    let done = done?;
    tell(arguments, global, &done)?;
    let sites = || done.report.files.iter().flat_map(|f| &f.sites);
    let unvalidated = arguments.choices.must_validate()
        && sites().any(|s| s.status != Status::Blocked && s.verdict == Verdict::Assumed);
    Ok(if sites().any(|s| s.verdict == Verdict::Refuted) {
        Exit::Refuted
    } else if unvalidated || !done.failed.is_empty() || done.report.files.iter().any(|f| f.error.is_some()) {
        Exit::SomeFailed
    } else if arguments.exit_code && done.report.summary.patches > done.report.summary.applied {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// A bar on a terminal, nothing elsewhere.
fn bar(global: &Global) -> ProgressBar {
    if global.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let form = "{bar:20} {pos}/{len} files, {per_sec}, {eta} left  {wide_msg}";
    bar.set_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn listen(bar: &ProgressBar, global: &Global, event: &Event<'_>) {
    match event {
        Event::Planned(files, judged) => {
            bar.set_length(*files as u64);
            if !global.quiet && bar.is_hidden() {
                let before = if *judged > 0 { format!(", {judged} of them judged before") } else { String::new() };
                say(&format!("{} with patches{before}", plural(*files, "file")));
            }
        }
        Event::Log(line) if bar.is_hidden() => {
            if global.verbose {
                say(line);
            }
        }
        Event::Log(line) => bar.set_message((*line).to_string()),
        Event::Done(path, said) => {
            bar.inc(1);
            let line = format!("{path}: {said}");
            match (global.quiet, bar.is_hidden()) {
                (true, _) => {}
                (_, true) => say(&line),
                (_, false) => bar.println(line),
            }
        }
    }
}

/// The report, and the summary on stderr.
fn tell(arguments: &Arguments, global: &Global, done: &Migrated) -> Result<(), Failure> {
    let report = &done.report;
    let output = arguments.output.as_ref();
    match arguments.format {
        ReportFormat::Json => emit(&json(report)?, output)?,
        ReportFormat::Markdown => emit(report::markdown_report(report).as_bytes(), output)?,
        ReportFormat::Text if arguments.dry_run => {
            let folder = engine::diff_folder(&done.changes);
            emit(&engine::diff_of(&done.changes, &folder), output)?;
        }
        ReportFormat::Text => {}
    }
    for (path, why) in &done.failed {
        say(&format!("{path}: {why}"));
    }
    if !global.quiet {
        let text = report::migrated(report, global.stderr_palette(), global.verbose);
        let mut err = anstream::stderr();
        err.write_all(text.as_bytes())?;
        if done.commits > 0 {
            let branch = arguments.branch.as_deref().unwrap_or_default();
            writeln!(err, "{} on {branch}", plural(done.commits, "commit"))?;
        }
        if !done.ids.is_empty() {
            writeln!(err, "to take them back: perfmod undo --project {}", arguments.folder.display())?;
            writeln!(err, "all of it again, in any format: perfmod report {}", arguments.folder.display())?;
        }
    }
    Ok(())
}
