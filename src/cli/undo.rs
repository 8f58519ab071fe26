//! `perfmod undo`: takes applied patches back.

use super::{Exit, Failure, Global, journals::Journals, say};
use crate::apply::{Journal, JournalError, Layer};
use crate::engine::{Engine, Options, Undone};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The arguments of `undo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The patches to take back, such as 3.1; without any: those of the last run
    #[arg(value_name = "PATCH-ID")]
    ids: Vec<String>,
    /// List the patches that stand, and take nothing back
    #[arg(long, conflicts_with = "ids")]
    list: bool,
    /// A folder in the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let from = std::path::absolute(&arguments.project)?;
    if !from.is_dir() {
        return Err(Failure::Usage(format!("--project {}: no such folder", arguments.project.display())));
    }
    let Some(root) = from.ancestors().find(|folder| Journal::exists(folder)) else {
        if !arguments.ids.is_empty() {
            return Err(Failure::Usage(format!("perfmod has applied nothing in {} or above it", from.display())));
        }
        say(&format!("perfmod has applied nothing in {} or above it", from.display()));
        return Ok(Exit::Done);
    };
    if arguments.list {
        let mut out = std::io::stdout().lock();
        for layer in standing(root)? {
            for patch in layer.own() {
                let others = match patch.others.is_empty() {
                    true => String::new(),
                    false => format!(", and with it {}", patch.others.join(", ")),
                };
                writeln!(
                    out,
                    "{:<8} {}:{} {}: {}{others}",
                    patch.id, layer.file, patch.line, patch.recipe, patch.what
                )?;
            }
        }
        return Ok(Exit::Done);
    }
    let mut journals = Journals::default();
    let journal = journals.at(root.to_path_buf())?;
    let engine = Engine::with(&global.transforms()?, Options::default())?;
    let done = engine.undo(journal, &arguments.ids).map_err(|e| Failure::Usage(e.to_string()))?;
    if done.is_empty() {
        say("no patch stands here");
    }
    let mut exit = Exit::Done;
    for one in done {
        match one {
            Undone::Done { script, ids, dependents, notes } => {
                if !global.quiet {
                    say(&format!("{script}: taken back: {}", ids.join(", ")));
                    if !dependents.is_empty() {
                        say(&format!(
                            "{script}: of these, applied on top of what was asked for: {}",
                            dependents.join(", ")
                        ));
                    }
                    notes.iter().for_each(|note| say(note));
                }
            }
            Undone::Refused { script, ids, why } => {
                say(&format!("{script}: not taken back ({}): {why}", ids.join(", ")));
                exit = Exit::SomeFailed;
            }
        }
    }
    Ok(exit)
}

/// What stands; where another process writes, what it has written so far.
fn standing(root: &Path) -> Result<Vec<Layer>, JournalError> {
    match Journal::open(root, Duration::ZERO) {
        Ok(journal) => {
            journal.mended.iter().for_each(|line| say(line));
            Ok(journal.layers())
        }
        Err(JournalError::Busy(_)) => Journal::layers_of(root),
        Err(error) => Err(error),
    }
}
