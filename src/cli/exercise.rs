//! The options that say how a program under test is exercised and what answers it, for the commands that run one.

use crate::engine::Options;
use crate::validate::{Allowed, Answers};
use std::path::PathBuf;
use std::time::Duration;

/// What answers besides the stub.
#[derive(Debug, clap::Args)]
struct AnswersArg {
    /// Forward requests to this host for real, once each, and give every run the same answer (repeatable)
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Allowed::parse)]
    allow: Vec<Allowed>,
    /// Answer from exchanges that `perfmod record` kept
    #[arg(long, value_name = "FILE")]
    cassette: Option<PathBuf>,
}

impl AnswersArg {
    /// The same for the engine; the answers of the configuration come later.
    fn answers(&self) -> Answers {
        Answers { stubs: Vec::new(), cassette: self.cassette.clone(), allow: self.allow.clone() }
    }
}

/// How a program is run, for the commands that compare two versions of one.
#[derive(Debug, clap::Args)]
pub(super) struct Exercise {
    /// Run this command in place of the script, such as "pytest -q tests"; only tests that fail anew count
    #[arg(long, value_name = "CMD", value_parser = entry)]
    entry: Option<Entry>,
    /// The Python interpreter
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
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
}

impl Exercise {
    /// The same for the engine; everything else is as it is without options.
    pub fn options(&self) -> Options {
        Options {
            entry: self.entry.clone().unwrap_or_default().0,
            python: self.python.clone(),
            schedules: self.schedules,
            timeout: Duration::from_secs(self.timeout),
            tolerance: self.tolerance,
            answers: self.answers.answers(),
            ..Options::default()
        }
    }
}

/// A command, in words.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry(pub Vec<String>);

/// Reads the command of `--entry`.
pub(super) fn entry(text: &str) -> Result<Entry, String> {
    let words = shlex::split(text).ok_or("a quote is not closed")?;
    if words.is_empty() { Err("it is empty".to_owned()) } else { Ok(Entry(words)) }
}

/// Reads the number of `--tolerance`.
fn tolerance(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| (0.0..1.0).contains(value))
        .ok_or_else(|| "expected a number from 0 to below 1, such as 1e-9".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_in_a_shell() {
        let words = |text: &str| entry(text).map(|entry| entry.0);
        assert_eq!(
            words("p --a 1  'b c' \"d \\\" e\" f\\ g ''").unwrap(),
            ["p", "--a", "1", "b c", "d \" e", "f g", ""]
        );
        assert!(words("'open").unwrap_err().contains("not closed"));
        assert!(words(" ").unwrap_err().contains("empty"));
    }
}
