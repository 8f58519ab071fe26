//! The command line with what the configuration says laid under it: `[tool.perfmod]` has the names of the flags.
//!
//! A key becomes the flag of its name, unless the command line or the environment has it, or one that speaks of the same.
//! So each value is checked by the definition of the flag, and there is one list of names.

use super::Cli;
use crate::project::config::{self, Settings};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use toml::Value;

/// Why there is nothing to run.
pub(super) enum Refused {
    /// The command line is wrong, or asks for help.
    CommandLine(clap::Error),
    /// The configuration is wrong.
    Configuration(String),
}

/// The commands that a configuration is for, each with the argument whose first value says where to look for it.
const CONFIGURED: [(&str, &str); 5] =
    [("rewrite", "paths"), ("check", "paths"), ("migrate", "folder"), ("validate", "original"), ("record", "script")];

/// Commands that only take what perfmod knows from it, and those keys.
const OF_RECIPES: [&str; 2] = ["explain", "recipes"];
const KNOWLEDGE: [&str; 4] = ["transforms", "catalog", "recipes", "oracle"];

/// Keys that are no flags.
const OTHER_KEYS: [&str; 2] = ["stubs", "exclude"];

/// Flags that speak of the same: where the command line has one of them, the configuration's others do not count.
const TOGETHER: [&[&str]; 4] =
    [&["dry_run", "interactive", "yes"], &["validate", "no_validate"], &["args", "script_args"], &["quiet", "verbose"]];

/// Flags that a configuration cannot set: they are about one run.
const ONE_RUN: [&str; 6] = ["resume", "restart", "help", "version", "output", "shard"];

/// Flags whose value is a path, from the folder of the configuration.
const PATHS: [&str; 5] = ["cassette", "transforms", "python", "catalog", "recipes"];

/// The command line as it is meant.
pub(super) fn parse(line: Vec<OsString>) -> Result<Cli, Refused> {
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(&line).map_err(Refused::CommandLine)?;
    let Some((name, own)) = matches.subcommand() else { return of(&matches) };
    let Some(settings) = settings(name, own).map_err(Refused::Configuration)? else { return of(&matches) };
    let wrong = |why: String| Refused::Configuration(format!("{}: {why}", settings.file.display()));
    let flags = flags(&command);
    if let Some(key) = settings.table.keys().find(|key| !flags.contains(*key) && !OTHER_KEYS.contains(&key.as_str())) {
        let known: Vec<&str> = flags.iter().map(String::as_str).chain(OTHER_KEYS).collect();
        let meant = config::suggestion(key, &known);
        return Err(wrong_at(&settings, key, &format!(" is not a key of perfmod's{meant}")));
    }
    let at = line.iter().position(|word| word == name).map_or(line.len(), |at| at + 1);
    let with = |words: &[OsString]| {
        let mut line = line.clone();
        line.splice(at..at, words.iter().cloned());
        command.clone().try_get_matches_from(line)
    };
    let mut words = Vec::new();
    let counts = |key: &str| !OF_RECIPES.contains(&name) || KNOWLEDGE.contains(&key);
    for (key, value) in settings.table.iter().filter(|(key, _)| counts(key)) {
        let ours = command.find_subcommand(name).into_iter().chain([&command]);
        let mut arguments = ours.flat_map(Command::get_arguments);
        let Some(argument) = arguments.find(|a| a.get_long() == Some(key)) else { continue };
        if is_said(own, argument.get_id().as_str()) {
            continue;
        }
        let own_words = words_of(key, value, &settings).map_err(|why| wrong_at(&settings, key, &format!(": {why}")))?;
        with(&own_words).map_err(|error| wrong_at(&settings, key, &format!(": {}", first_line(&error))))?;
        words.extend(own_words);
    }
    let all = with(&words).map_err(|error| wrong(first_line(&error)))?;
    of(&all)
}

/// What is wrong with a key, with its file and line.
fn wrong_at(settings: &Settings, key: &str, why: &str) -> Refused {
    let line = line_of(settings, key).map(|line| format!(":{line}")).unwrap_or_default();
    Refused::Configuration(format!("{}{line}: `{key}`{why}", settings.file.display()))
}

/// The line of a key in the file: where it gets its value, or the table of its name begins.
fn line_of(settings: &Settings, key: &str) -> Option<usize> {
    let text = std::fs::read_to_string(&settings.file).ok()?;
    let names = |line: &str| {
        let line = line.trim();
        let bare = line.trim_start_matches('"');
        let assigned = bare.strip_prefix(key).map(|rest| rest.trim_start_matches('"').trim_start());
        let table = line.trim_start_matches('[').trim_end_matches(']').trim();
        assigned.is_some_and(|rest| rest.starts_with(['=', '.']))
            || line.starts_with('[') && table.trim_start_matches("tool.perfmod.").split('.').next() == Some(key)
    };
    // Below the head of the table that is perfmod's.
    let begins = text.lines().position(|line| line.trim().starts_with("[tool.perfmod")).unwrap_or(0);
    let at = text.lines().skip(begins).position(names)?;
    Some(begins + at + 1)
}

fn of(matches: &ArgMatches) -> Result<Cli, Refused> {
    Cli::from_arg_matches(matches).map_err(Refused::CommandLine)
}

/// The configuration nearest to what a command is about.
fn settings(name: &str, own: &ArgMatches) -> Result<Option<Settings>, String> {
    let first = match CONFIGURED.iter().find(|(command, _)| *command == name) {
        Some((_, argument)) => {
            own.try_get_many::<PathBuf>(argument).ok().flatten().and_then(|mut all| all.next().cloned())
        }
        None if OF_RECIPES.contains(&name) => Some(explained(own).unwrap_or_else(|| PathBuf::from("."))),
        None => None,
    };
    let Some(path) = first else { return Ok(None) };
    let inside = if path.is_dir() { path.join("x.py") } else { path.clone() };
    config::nearest(&inside).map_err(|error| error.to_string())
}

/// The file of `explain FILE:LINE`.
fn explained(own: &ArgMatches) -> Option<PathBuf> {
    let what = own.try_get_one::<String>("what").ok().flatten()?;
    let mut path = what.as_str();
    while !std::path::Path::new(path).is_file() {
        path = path.rsplit_once(':')?.0;
    }
    Some(PathBuf::from(path))
}

/// The names of all flags of the commands that a configuration is for.
fn flags(command: &Command) -> BTreeSet<String> {
    let commands = CONFIGURED.iter().filter_map(|(name, _)| command.find_subcommand(name)).chain([command]);
    let longs = commands.flat_map(Command::get_arguments).filter_map(clap::Arg::get_long);
    longs.filter(|long| !ONE_RUN.contains(long)).map(String::from).collect()
}

/// Whether the command line or the environment has a flag, or one that speaks of the same.
fn is_said(own: &ArgMatches, id: &str) -> bool {
    let group = TOGETHER.iter().find(|group| group.contains(&id)).copied().unwrap_or_default();
    group.iter().chain([&id]).any(|id| {
        let known = own.try_contains_id(id).is_ok();
        known && matches!(own.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    })
}

/// A key and its value as words of a command line.
fn words_of(key: &str, value: &Value, settings: &Settings) -> Result<Vec<OsString>, String> {
    let text = |value: &Value| match value {
        Value::String(text) if PATHS.contains(&key) && (key != "python" || text.contains('/')) => {
            Ok(settings.folder().join(text).into_os_string())
        }
        Value::String(text) => Ok(OsString::from(text)),
        Value::Integer(number) => Ok(number.to_string().into()),
        Value::Float(number) => Ok(number.to_string().into()),
        _ => Err("it must be a string, a number, a truth value, or a list of strings".to_string()),
    };
    let word = |value: &Value| {
        let mut word = OsString::from(format!("--{key}="));
        word.push(text(value)?);
        Ok(word)
    };
    match value {
        Value::Boolean(true) => Ok(vec![format!("--{key}").into()]),
        Value::Boolean(false) => Ok(Vec::new()),
        Value::Array(all) => all.iter().map(word).collect(),
        one => Ok(vec![word(one)?]),
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    let possible =
        text.lines().find_map(|l| l.trim().strip_prefix("[possible values: ")).map(|l| l.trim_end_matches(']'));
    let possible = possible.map(|values| format!(" (possible: {values})")).unwrap_or_default();
    format!("{}{possible}", line.strip_prefix("error: ").unwrap_or(line))
}
