//! The options that say how a program under test is exercised and what answers it, for the commands that run one.

use crate::validate::{Allowed, Answers};
use std::path::PathBuf;

/// What answers besides the stub.
#[derive(Debug, clap::Args)]
pub(super) struct AnswersArg {
    /// Forward requests to this host for real, once each, and give every run the same answer (repeatable)
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Allowed::parse)]
    allow: Vec<Allowed>,
    /// Answer from exchanges that `perfmod record` kept
    #[arg(long, value_name = "FILE")]
    cassette: Option<PathBuf>,
}

impl AnswersArg {
    /// The same for the engine; the answers of the configuration come later.
    pub fn answers(&self) -> Answers {
        Answers { stubs: Vec::new(), cassette: self.cassette.clone(), allow: self.allow.clone() }
    }
}

/// A command, in words.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry(pub Vec<String>);

/// Reads the command of `--entry`.
pub(super) fn entry(text: &str) -> Result<Entry, String> {
    let words = split_words(text).ok_or("a quote is not closed")?;
    if words.is_empty() { Err("it is empty".to_owned()) } else { Ok(Entry(words)) }
}

/// Reads the number of `--tolerance`.
pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| (0.0..1.0).contains(value))
        .ok_or_else(|| "expected a number from 0 to below 1, such as 1e-9".into())
}

/// Splits a string into words as a shell does, for quotes and backslashes.
pub(super) fn split_words(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => out.extend(word.take()),
            '\'' => loop {
                let quoted = word.get_or_insert_default();
                match chars.next()? {
                    '\'' => break,
                    c => quoted.push(c),
                }
            },
            '"' => loop {
                match chars.next()? {
                    '"' => {
                        word.get_or_insert_default();
                        break;
                    }
                    '\\' => word.get_or_insert_default().push(chars.next()?),
                    c => word.get_or_insert_default().push(c),
                }
            },
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_as_in_a_shell() {
        let words = |t: &str| split_words(t);
        assert_eq!(words("--a 1  'b c' \"d \\\" e\" f\\ g ''").unwrap(), ["--a", "1", "b c", "d \" e", "f g", ""]);
        assert_eq!(words("'open"), None);
        assert_eq!(words("").unwrap(), [""; 0]);
    }
}
