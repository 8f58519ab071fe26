//! The runtime's own tests, which are Python: under the system's interpreter, and in the full lane under each
//! environment that rewritten programs are tested in.

#![allow(clippy::print_stderr, reason = "what was run and what was skipped is part of a test's output")]

use std::{path::Path, time::Duration};

mod support;

/// Runs `tests/runtime` and tells what was skipped and why.
#[track_caller]
fn passes(python: &Path) {
    let mut command = assert_cmd::Command::new(python);
    command.args(["-m", "unittest", "discover", "-v", "-s", "tests/runtime"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    for variable in ["OPENAI_BASE_URL", "OPENAI_API_BASE", "PERFMOD_CACHE", "PERFMOD_MAX_CONCURRENT", "PERFMOD_QUIET"] {
        command.env_remove(variable);
    }
    let output = command.timeout(Duration::from_secs(400)).output().expect("python starts");
    let told = String::from_utf8_lossy(&output.stderr);
    let (_, counted) = told.rsplit_once("\nRan ").unwrap_or_else(|| panic!("nothing was run:\n{told}"));
    for skipped in told.lines().filter(|line| line.contains("skipped '")) {
        eprintln!("{skipped}");
    }
    eprintln!("{}: {}", python.display(), counted.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(output.status.success(), "{told}");
    let count: usize = counted.split(' ').next().and_then(|count| count.parse().ok()).expect("how many were run");
    assert!(count > 100, "only {count} tests were found");
}

#[test]
fn under_the_systems_python() {
    passes(Path::new("python3"));
}

mod full {
    use super::{passes, support};

    const MYPY: &str = "# /// script\n# dependencies = [\"mypy\"]\n# ///\n";

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn its_types_hold() {
        let mut command = assert_cmd::Command::new(support::python(MYPY));
        command.args(["-m", "mypy", "--strict", "--python-version", "3.10", "transforms/runtime/perfmod_runtime.py"]);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).assert().success();
    }

    /// Each interpreter from 3.9 to 3.13 that can be started by its name; which could not is told.
    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn under_every_python_that_is_here() {
        let mut ran = 0;
        for minor in 9..=13 {
            let name = format!("python3.{minor}");
            let version = std::process::Command::new(&name).arg("--version").output();
            if version.is_ok_and(|output| output.status.success()) {
                passes(std::path::Path::new(&name));
                ran += 1;
            } else {
                eprintln!("{name}: not here, skipped");
            }
        }
        assert!(ran > 0, "no Python from 3.9 to 3.13 could be started");
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn under_the_newest_client() {
        passes(&support::python(support::NEWEST));
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn under_an_early_client() {
        passes(&support::python(support::FIRST_CLIENTS));
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn under_the_module_style() {
        passes(&support::python(support::MODULE_STYLE));
    }
}
