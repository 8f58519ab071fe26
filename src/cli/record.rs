//! `perfmod record`: run a script once against the real network and keep what it was answered.

use super::{
    Exit, Failure, Global,
    exercise::{Entry, entry},
};
use crate::engine::{Engine, Options};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `record`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The program runs in a copy, with your environment and your keys. Keys, tokens and cookies are taken out of what is kept."
)]
pub struct Arguments {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// Where to keep the exchanges; SCRIPT's name with `.cassette.jsonl` in the working folder where it is left out
    #[arg(long, value_name = "FILE")]
    cassette: Option<PathBuf>,
    /// Replace a cassette that is there
    #[arg(long)]
    force: bool,
    /// Items at the site, as `rewrite` would take them
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    max_samples: u32,
    /// Run this command in place of the script
    #[arg(long, value_name = "CMD", value_parser = entry, conflicts_with = "script_args")]
    entry: Option<Entry>,
    /// The Python interpreter
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Wall time of the run, in seconds
    #[arg(long, value_name = "S", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// The script's arguments
    #[arg(last = true, value_name = "ARGS")]
    script_args: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let stem = arguments.script.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let cassette = arguments.cassette.clone().unwrap_or_else(|| PathBuf::from(format!("{stem}.cassette.jsonl")));
    if cassette.exists() && !arguments.force {
        let message =
            format!("{} is there already; --force replaces it, --cassette FILE names another", cassette.display());
        return Err(Failure::Usage(message));
    }
    let options = Options {
        python: arguments.python.clone(),
        args: arguments.script_args.clone(),
        entry: arguments.entry.clone().unwrap_or_default().0,
        max_samples: arguments.max_samples as usize,
        timeout: Duration::from_secs(arguments.timeout),
        ..Options::default()
    };
    let engine = Engine::with(&global.transforms()?, options)?;
    let say = |line: &str| {
        if !global.quiet {
            let _ = writeln!(anstream::stderr(), "perfmod: {line}");
        }
    };
    let done = engine.record(&arguments.script, &cassette, &mut |line| say(line))?;
    for (server, times) in &done.servers {
        say(&format!("asked {server} {times} {}", if *times == 1 { "time" } else { "times" }));
    }
    for problem in done.failed.iter().chain(&done.trouble) {
        writeln!(anstream::stderr(), "perfmod: {problem}")?;
    }
    if done.exchanges == 0 {
        writeln!(
            anstream::stderr(),
            "perfmod: the program asked for nothing that was answered; no cassette was written"
        )?;
    } else {
        let what = if done.exchanges == 1 { "exchange" } else { "exchanges" };
        let file = cassette.display();
        say(&format!("{} {what} kept; `--cassette {file}` answers from them", done.exchanges));
    }
    Ok(if done.exchanges == 0 || done.trouble.is_some() || !done.failed.is_empty() {
        Exit::SomeFailed
    } else {
        Exit::Done
    })
}
