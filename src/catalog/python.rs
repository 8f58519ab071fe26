//! The language's own functions and methods, as far as a rewrite must know them.

use super::transforms::{DataError, DataFile};
use rustc_hash::FxHashSet;
use serde::Deserialize;

type Set = FxHashSet<String>;

/// Names by what they do. Functions are dotted import paths; a trailing `.*` stands for everything in a module.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonFacts {
    /// Builtins without effects.
    pub pure_builtins: Set,
    /// Builtins that return a new object which shares nothing with their arguments but elements.
    pub fresh_builtins: Set,
    /// Functions without effects.
    pub pure_functions: Set,
    /// Functions that may give a view of their argument, or the argument itself.
    pub view_functions: Set,
    /// Functions that write their answer into an argument: those that do into the second, the third, the fourth.
    pub out_arguments: Vec<Set>,
    /// Methods without effects, whatever sensible object they belong to.
    pub pure_methods: Set,
    /// Methods that change their receiver itself and nothing that it contains.
    pub shallow_methods: Set,
    /// Functions that write what they are given to a file or a stream, change none of it and keep none of it.
    pub writers: Set,
    /// Functions that sleep.
    pub sleeps: Set,
    /// Functions that read the clock or make identifiers from it.
    pub clocks: Set,
    /// Functions and modules that draw random numbers.
    pub random: Set,
    /// Functions that end the program.
    pub exits: Set,
    /// Functions that change the state of the process.
    pub process_state: Set,
    /// Words of programs that ask which thread they run in, or keep something for each.
    pub thread_words: Set,
    /// Functions that block, start threads or processes, or run an event loop.
    pub blocking: Set,
    /// What is talked to: a program behind its pipes, a socket. What it answers belongs to what was said before.
    pub conversations: Set,
    /// Functions whose result has a length.
    pub sized_functions: Set,
    /// Functions whose result, and every part of it, is plain data.
    pub data_functions: Set,
    /// Methods whose result has a length.
    pub sized_methods: Set,
    /// Progress bars that wrap a source and pass its items through.
    pub progress: Set,
    /// Decorators that call their function again after a failure.
    pub retry_decorators: Set,
    /// Decorators that keep answers.
    pub cache_decorators: Set,
    /// Decorators that only mark a function.
    pub marking_decorators: Set,
    /// Functions that stop in a debugger.
    pub debuggers: Set,
    /// Functions that ask for a file by its path: whether it is there, how large it is.
    pub file_queries: Set,
    /// Functions that read on in the open file that they are given.
    pub stream_readers: Set,
    /// What another run of the program may find otherwise: its environment, its arguments, its folder, files.
    pub surroundings: Set,
    /// Functions that change files by name.
    pub file_changes: Set,
    /// Functions that open the file whose path is their first argument; how, says the second.
    pub openers: Set,
    /// Functions whose result writes into the open file that is their first argument, or reads from it.
    pub file_wrappers: Set,
    /// Functions that tell what a folder holds.
    pub folder_lists: Set,
    /// Functions that make a folder, or take one away.
    pub folder_makers: Set,
    /// Functions that read the file whose path is their first argument; those for which it is the second.
    pub path_reads: Vec<Set>,
    /// Functions that write the file whose path, or the open file, is their first argument; those for which it is the second.
    pub path_writes: Vec<Set>,
    /// Loggers.
    pub loggers: Set,
    /// Functions that give a string or a number, or something that holds nothing of what they were given.
    pub scalar_functions: Set,
    /// Functions and modules that compute for long, on one core.
    pub computes: Set,
    /// Modules whose work is a GPU's, where there is one.
    pub gpu: Set,
    /// Functions that change their first argument.
    pub changing_functions: Set,
    /// Methods that give a string or a number.
    pub text_methods: Set,
    /// Modules whose plain functions run no event loop.
    pub loopless: Set,
}

impl PythonFacts {
    pub(super) fn parse(file: &DataFile) -> Result<Self, DataError> {
        file.parse()
    }

    /// Whether a set holds a path, or the module of it with `.*`.
    pub fn has(set: &Set, path: &str) -> bool {
        if set.contains(path) {
            return true;
        }
        let mut module = path;
        while let Some(at) = module.rfind('.') {
            module = &module[..at];
            if set.contains(&format!("{module}.*")) {
                return true;
            }
        }
        false
    }
}
