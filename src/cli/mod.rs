//! Commands, one file each: arguments in, outcome out.

mod check;
mod choices;
mod configured;
mod exercise;
mod explain;
mod init_shell;
mod interactive;
mod interrupt;
mod journals;
mod man;
mod migrate;
mod recipes;
mod record;
mod report;
mod rewrite;
mod undo;
mod validate;
mod width;

use crate::catalog::transforms::Transforms;
use crate::engine::Oracle;
use crate::project::oracle;
use clap::{Args, Parser, Subcommand, ValueEnum};
use configured::Refused;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes slow research code fast and shows that it still computes the same thing.
#[derive(Debug, Parser)]
#[command(name = "perfmod", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// A folder laid out like perfmod's own `transforms/`: its files add to the catalogue and the recipes, or replace them
    #[arg(long, global = true, value_name = "DIR", env = "PERFMOD_TRANSFORMS")]
    transforms: Option<PathBuf>,
    /// A catalogue file of your own, or a folder of them (repeatable); a key of the configuration, too
    #[arg(long, global = true, value_name = "PATH", hide = true)]
    catalog: Vec<PathBuf>,
    /// The folder of a recipe of your own, or one of several (repeatable); a key of the configuration, too
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    recipes: Vec<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t)]
    color: When,
    /// Say less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Analyse, rewrite, run both versions on a sample, then apply what is worth applying
    Rewrite(Box<rewrite::Arguments>),
    /// Analyse only: sites, obstacles, estimates
    Check(check::Arguments),
    /// Run two versions of a program on the same answers and compare what can be seen of them
    Validate(Box<validate::Arguments>),
    /// Run a script once for real and keep the answers that it got
    Record(record::Arguments),
    /// Rewrite a whole repository: every step is recorded, and a run that was ended can be gone on with
    Migrate(Box<migrate::Arguments>),
    /// The report of an earlier run, or several as one
    Report(report::Arguments),
    /// Take applied patches back
    Undo(undo::Arguments),
    /// A site with its stages and both ends of each obstacle, or what a code means
    Explain(explain::Arguments),
    /// List or show the recipes, test your own, or begin one
    Recipes(recipes::Arguments),
    /// Completions for a shell
    InitShell(init_shell::Arguments),
    /// Manual pages
    Man(man::Arguments),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum When {
    #[default]
    Auto,
    Always,
    Never,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// How the report of a run is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    #[default]
    Text,
    Json,
    Markdown,
}

/// Who may answer what flow cannot.
#[derive(Debug, Args)]
struct OracleArg {
    /// Ask the type checker `ty`, where it is installed, for the class of a client that flow cannot tell
    #[arg(long, value_enum, default_value_t, value_name = "WHO")]
    oracle: OracleChoice,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum OracleChoice {
    #[default]
    None,
    Ty,
}

impl OracleArg {
    /// The choice; where none of the paths has a `ty`, that is said.
    fn of(&self, paths: &[PathBuf], quiet: bool) -> Oracle {
        let asked = self.oracle == OracleChoice::Ty;
        let inside = |path: &PathBuf| if path.is_dir() { path.join("*.py") } else { path.clone() };
        if asked && !quiet && !paths.iter().any(|path| oracle::find(&inside(path)).is_some()) {
            let _ = writeln!(anstream::stderr(), "perfmod: there is no `ty` in the environment or on PATH to be asked");
        }
        if asked { Oracle::Ty } else { Oracle::None }
    }
}

/// How a command ended; the exit codes of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, also when there was nothing to do.
    Done,
    /// Findings or unapplied patches where `--exit-code` asked.
    Findings,
    /// A usage or configuration error.
    Usage,
    /// A patch was refuted.
    Refuted,
    /// Some files could not be processed.
    SomeFailed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Refuted => 3,
            Exit::SomeFailed => 4,
        })
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match configured::parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(Refused::CommandLine(error)) => {
            // `--help` and `--version` are errors for clap, on stdout and with code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        Err(Refused::Configuration(error)) => {
            say(&error);
            return Exit::Usage.into();
        }
    };
    interrupt::listen();
    let done = match &cli.command {
        Command::Rewrite(arguments) => rewrite::run(arguments, &cli.global),
        Command::Validate(arguments) => validate::run(arguments, &cli.global),
        Command::Record(arguments) => record::run(arguments, &cli.global),
        Command::Check(arguments) => check::run(arguments, &cli.global),
        Command::Migrate(arguments) => migrate::run(arguments, &cli.global),
        Command::Report(arguments) => report::run(arguments, &cli.global),
        Command::Undo(arguments) => undo::run(arguments, &cli.global),
        Command::Explain(arguments) => explain::run(arguments, &cli.global),
        Command::Recipes(arguments) => recipes::run(arguments, &cli.global),
        Command::InitShell(arguments) => init_shell::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    };
    match done {
        Ok(exit) => exit.into(),
        // The reader of a pipe may stop reading.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "perfmod: {error}");
            Exit::Usage.into()
        }
    }
}

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    #[error(transparent)]
    Data(#[from] crate::catalog::transforms::DataError),
    #[error(transparent)]
    Journal(#[from] crate::apply::JournalError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Usage(String),
}

impl Global {
    /// What perfmod knows, with what is the user's own.
    fn transforms(&self) -> Result<Transforms, Failure> {
        let mut all = match &self.transforms {
            Some(folder) => Transforms::with_folder(folder)?,
            None => Transforms::embedded(),
        };
        self.catalog.iter().try_for_each(|path| all.add_catalog(path))?;
        self.recipes.iter().try_for_each(|path| all.add_recipes(path).map(drop))?;
        Ok(all)
    }

    /// Whether to colour what goes to a stream.
    fn colour(&self, terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }

    fn stdout_palette(&self) -> crate::report::Palette {
        crate::report::Palette::new(self.colour(std::io::stdout().is_terminal()))
    }

    fn stderr_palette(&self) -> crate::report::Palette {
        crate::report::Palette::new(self.colour(std::io::stderr().is_terminal()))
    }
}

/// A line for the user, on stderr.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "perfmod: {line}");
}

/// Whether there is a place for the report, before anything else is written.
fn can_be_written(output: Option<&PathBuf>) -> Result<(), Failure> {
    let Some(path) = output else { return Ok(()) };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    match folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
        true => Err(Failure::Usage(format!("--output {}: no file can be written there", path.display()))),
        false => Ok(()),
    }
}

/// Writes to stdout or to the file that the user named.
fn emit(bytes: &[u8], output: Option<&PathBuf>) -> Result<(), Failure> {
    match output {
        Some(path) => std::fs::write(path, bytes)
            .map_err(|e| Failure::Usage(format!("{} cannot be written: {e}", path.display()))),
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            Ok(out.flush()?)
        }
    }
}

fn json(report: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(report).map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    Ok(bytes)
}
