//! The command line.

use std::{env, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    // First of all: a run's namespaces are entered before any thread exists.
    if args.next().is_some_and(|first| first == perfmod::validate::SANDBOX_COMMAND) {
        return perfmod::validate::sandbox_main(Path::new(&args.next().unwrap_or_default()));
    }
    perfmod::cli::main()
}
