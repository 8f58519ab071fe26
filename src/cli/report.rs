//! `perfmod report`: the facts of earlier runs, once more and in any format; and those of several machines as one.

use super::{Exit, Failure, Global, ReportFormat, emit, json, say};
use crate::apply::{Journal, Layer};
use crate::facts::{REPORT_VERSION, Report};
use crate::report;
use std::path::{Path, PathBuf};

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// A folder that was migrated, or a report as JSON
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    form: Form,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make one report of several, such as those of all shards
    Merge {
        /// Reports as JSON
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, clap::Args)]
struct Form {
    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let (report, form) = match &arguments.command {
        Some(Command::Merge { files, form }) => {
            let reports = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
            (Report::merged(reports).map_err(Failure::Usage)?, form)
        }
        None => (read(&arguments.path)?, &arguments.form),
    };
    let bytes = match form.format {
        ReportFormat::Json => json(&report)?,
        ReportFormat::Markdown => report::markdown_report(&report).into_bytes(),
        ReportFormat::Text => report::migrated(&report, global.stdout_palette(), true).into_bytes(),
    };
    emit(&bytes, form.output.as_ref())?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Report, Failure> {
    let file = if path.is_dir() { Journal::folder_of(path).join("report.json") } else { path.to_path_buf() };
    let bytes = std::fs::read(&file).map_err(|error| {
        let hint = if path.is_dir() { "; `perfmod migrate` leaves one" } else { "" };
        Failure::Usage(format!("{}: no report can be read: {error}{hint}", file.display()))
    })?;
    let mut report: Report = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::Usage(format!("{}: this is no report of perfmod's: {error}", file.display())))?;
    if report.version != REPORT_VERSION {
        let (theirs, ours) = (report.version, REPORT_VERSION);
        return Err(Failure::Usage(format!(
            "{}: a report of version {theirs}; this perfmod reads {ours}",
            file.display()
        )));
    }
    if path.is_dir() {
        let stand = Journal::layers_of(path).map_err(|error| Failure::Usage(error.to_string()))?;
        let stands = |id: &str| stand.iter().flat_map(Layer::own).any(|patch| patch.id == id);
        let gone = report.take_back(&stands);
        if !gone.is_empty() {
            say(&format!("taken back since that run: {}", gone.join(", ")));
        }
    }
    Ok(report)
}
