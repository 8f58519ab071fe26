//! A program's own command line: where it is read, and which options can be added to it without anybody noticing who does
//! not use them.
//!
//! An option may be added where no old command line means anything else afterwards, and where the program does not hand what
//! was parsed out as a whole: then nothing that it writes has another text. What cannot be followed is a reason not to.

mod argparse;
mod functions;
mod uses;

pub use argparse::{Argparse, Parsed};
pub use functions::{Click, Typer};

use super::File;
use crate::syntax::{Node, walk};
use serde::{Deserialize, Serialize};

/// An option that a rewritten program can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// How many calls run at once.
    MaxConcurrent,
    /// How many items of a loop are worked on.
    MaxSamples,
    /// Whether the answers that are kept are moved aside first.
    ClearCache,
}

impl Flag {
    /// All of them, in the order in which they are added.
    pub const ALL: [Self; 3] = [Self::MaxConcurrent, Self::MaxSamples, Self::ClearCache];

    /// The variable that holds it, and what the runtime calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxConcurrent => "max_concurrent",
            Self::MaxSamples => "max_samples",
            Self::ClearCache => "clear_cache",
        }
    }

    /// As it is written on the command line.
    pub fn written(self, separator: char) -> String {
        format!("--{}", self.name().replace('_', &separator.to_string()))
    }

    /// The variable of the environment that does the same.
    pub fn variable(self) -> String {
        format!("PERFMOD_{}", self.name().to_uppercase())
    }

    /// The options of programs that do the same, without dashes: where there is one, it stays the only one.
    fn like(self) -> &'static [&'static str] {
        match self {
            Self::MaxConcurrent => &[
                "concurrency",
                "concurrent",
                "max_concurrency",
                "concurrent_requests",
                "max_concurrent_requests",
                "workers",
                "num_workers",
                "n_workers",
                "max_workers",
                "nworkers",
                "jobs",
                "n_jobs",
                "num_jobs",
                "threads",
                "num_threads",
                "n_threads",
                "max_threads",
                "nthreads",
                "num_proc",
                "num_procs",
                "num_processes",
                "processes",
                "parallel",
                "parallelism",
            ],
            Self::MaxSamples => &[
                "limit",
                "max_items",
                "max_examples",
                "max_rows",
                "max_instances",
                "max_questions",
                "num_samples",
                "num_examples",
                "num_items",
                "num_rows",
                "num_instances",
                "num_questions",
                "n_samples",
                "n_examples",
                "sample_size",
                "samples",
                "subset",
                "subset_size",
                "first_n",
                "n",
            ],
            Self::ClearCache => {
                &["no_cache", "reset_cache", "refresh_cache", "overwrite_cache", "ignore_cache", "cache"]
            }
        }
    }
}

/// What reads a program's command line.
#[derive(Debug, Clone)]
pub enum Reader<'t> {
    /// The standard library's parser.
    Argparse(Argparse<'t>),
    /// A function with `@click.command()` and `@click.option(…)`.
    Click(Click<'t>),
    /// A function whose parameters are the options.
    Typer(Typer<'t>),
}

/// A command line to which options can be added.
#[derive(Debug, Clone)]
pub struct CommandLine<'t> {
    /// What reads it.
    pub reader: Reader<'t>,
    /// What stands between the words of its options.
    pub separator: char,
    /// What can be added.
    pub flags: Vec<Flag>,
    /// What cannot, and why.
    pub left_out: Vec<(Flag, String)>,
    /// Whether other files may see what was parsed, if they import this one.
    pub exposed: bool,
}

/// One option of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    /// As it is written, with its dashes; each of its names.
    names: Vec<String>,
    /// The variable that holds it.
    variable: String,
}

/// The command lines that perfmod does not know, by what is imported.
const OTHERS: [(&str, &str); 13] = [
    ("absl.flags", "absl"),
    ("absl.app", "absl"),
    ("fire", "fire"),
    ("docopt", "docopt"),
    ("optparse", "optparse"),
    ("getopt", "getopt"),
    ("hydra", "hydra"),
    ("tyro", "tyro"),
    ("simple_parsing", "simple_parsing"),
    ("jsonargparse", "jsonargparse"),
    ("configargparse", "configargparse"),
    ("tap", "tap"),
    ("transformers.HfArgumentParser", "HfArgumentParser"),
];

impl<'t> File<'t> {
    /// The program's command line, where it stands in this file; why nothing can be added to it, where that is so.
    pub fn command_line(&self) -> Option<Result<CommandLine<'t>, String>> {
        let text = &self.source.text;
        let mentioned =
            ["arg", "Arg", "click", "typer", "absl", "fire", "docopt", "optparse", "getopt", "hydra", "tyro", "tap"];
        if !mentioned.iter().any(|word| text.contains(word)) {
            return None;
        }
        let found: Vec<_> =
            [self.argparse(), self.click(), self.typer(), self.other_reader()].into_iter().flatten().collect();
        let told = match found.len() {
            0 => {
                return self
                    .reads_argv(&[])
                    .map(|line| Err(format!("the program reads `sys.argv` itself, in line {line}")));
            }
            1 => found.into_iter().next()?,
            _ => Err("the file reads several command lines".into()),
        };
        Some(told)
    }

    fn other_reader(&self) -> Option<Result<CommandLine<'t>, String>> {
        let imports = self.names.scopes().flat_map(|(_, scope)| scope.bindings.values().flatten());
        let paths: Vec<&str> = imports.filter_map(|b| b.import.as_deref()).collect();
        let (_, name) = OTHERS.iter().find(|(path, _)| {
            paths.iter().any(|p| *p == *path || p.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
        })?;
        Some(Err(format!("options are not added to a command line that `{name}` reads")))
    }

    /// The line in which the command line is read as it is, outside of some nodes; its length and the program's name apart.
    fn reads_argv(&self, outside: &[Node<'t>]) -> Option<usize> {
        let reads = walk(self.source.root()).filter(|n| matches!(n.kind(), "attribute" | "identifier"));
        let argv = reads.filter(|n| {
            self.text(*n).ends_with("argv")
                && n.parent().is_none_or(|p| !matches!(p.kind(), "dotted_name" | "aliased_import"))
                && self.import_path(*n).as_deref() == Some("sys.argv")
        });
        let mut told = argv.filter(|n| {
            let harmless = n.parent().is_some_and(|p| match p.kind() {
                "argument_list" => p
                    .parent()
                    .and_then(|c| c.child_by_field_name("function"))
                    .is_some_and(|f| self.builtin(f) == Some("len")),
                "subscript" => p.child_by_field_name("subscript").is_some_and(|i| self.text(i) == "0"),
                _ => false,
            });
            !harmless && !outside.iter().any(|o| crate::syntax::span(*o).contains(crate::syntax::span(*n)))
        });
        told.next().map(|n| self.source.line(n.start_byte()))
    }

    /// What can be added beside a program's own options. `abbreviated`: whether any unique beginning of an option means it.
    fn choose(
        &self,
        own: &[Own],
        used: &dyn Fn(&str) -> bool,
        abbreviated: bool,
    ) -> (char, Vec<Flag>, Vec<(Flag, String)>) {
        let long = || own.iter().flat_map(|o| &o.names).filter(|n| n.starts_with("--"));
        let words = |separator: char| long().filter(|n| n.trim_start_matches('-').contains(separator)).count();
        let separator = if words('_') > words('-') { '_' } else { '-' };
        let mut flags = Vec::new();
        let mut left_out = Vec::new();
        for flag in Flag::ALL {
            let written = flag.written(separator);
            let plain = |name: &str| name.trim_start_matches('-').replace('-', "_");
            let there = own.iter().find(|o| {
                let names =
                    || o.names.iter().filter(|n| n.starts_with("--")).map(|n| plain(n)).chain([o.variable.clone()]);
                names().any(|n| n == flag.name() || flag.like().contains(&n.as_str()))
            });
            if let Some(there) = there {
                let name = there.names.last().unwrap_or(&there.variable);
                left_out.push((flag, format!("`{name}` is there already")));
            } else if used(flag.name()) {
                left_out.push((flag, format!("`{}` has a meaning in the program already", flag.name())));
            } else if let Some((prefix, name)) = abbreviated.then(|| clash(own, &written)).flatten() {
                left_out.push((flag, format!("`{prefix}`, which is short for `{name}`, could mean `{written}` too")));
            } else {
                flags.push(flag);
            }
        }
        (separator, flags, left_out)
    }
}

/// The shortest abbreviation of one of a program's options that would be one of a new option too, and that option.
fn clash(own: &[Own], new: &str) -> Option<(String, String)> {
    let prefixes = (3..=new.len()).filter_map(|end| new.get(..end));
    let mut broken = prefixes.filter_map(|prefix| {
        if own.iter().flat_map(|o| &o.names).any(|n| n == prefix) {
            return None;
        }
        let mut meant = own.iter().filter_map(|o| o.names.iter().find(|n| n.starts_with(prefix)));
        let one = meant.next()?;
        meant.next().is_none().then(|| (prefix.to_string(), one.clone()))
    });
    broken.next()
}

/// The characters of a string literal that is one, without prefix, parts or values in it.
fn plain_string<'t>(file: &File<'t>, node: Node<'t>) -> Option<String> {
    if node.kind() != "string" || crate::syntax::children(node).any(|c| c.kind() == "interpolation") {
        return None;
    }
    let text = file.text(node);
    let escaped = text.contains('\\') || !text.starts_with(['"', '\'']);
    (!escaped).then(|| super::alias::literal(text))
}

#[cfg(test)]
mod tests;
