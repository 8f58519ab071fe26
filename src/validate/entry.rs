//! The project's own tests as the exercise: a command in place of the script, and what it says of each test.
//!
//! pytest names the outcome of each test; of other commands only the exit code is known.

use super::run::Observed;
use std::collections::BTreeSet;

/// The arguments of the interpreter that run a command in the environment of the program.
pub(super) fn command(entry: &[String]) -> Vec<String> {
    let Some((first, rest)) = entry.split_first() else { return Vec::new() };
    let lead: &[&str] = match first.as_str() {
        "pytest" | "py.test" => &["-m", "pytest"],
        "python" | "python3" => &[],
        _ => &["-c", "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])", first],
    };
    lead.iter().map(|word| (*word).to_owned()).chain(rest.iter().cloned()).collect()
}

/// What makes pytest, however it is started, name each test's outcome and leave nothing behind.
pub(super) fn variables() -> Vec<(String, String)> {
    vec![("PYTEST_ADDOPTS".to_owned(), "-rA --color=no -p no:cacheprovider".to_owned())]
}

/// What a run said of its tests.
struct Tests {
    passed: BTreeSet<String>,
    /// Lines of the summary about those that did not.
    failed: Vec<String>,
}

/// Reads pytest's summary; `None` where there is none.
fn tests(stdout: &[u8]) -> Option<Tests> {
    let text = String::from_utf8_lossy(stdout);
    let (_, summary) = text.rsplit_once(" short test summary info ")?;
    let (mut passed, mut failed) = (BTreeSet::new(), Vec::new());
    for line in summary.lines().skip(1) {
        if let Some(name) = line.strip_prefix("PASSED ") {
            passed.insert(name.to_owned());
        } else if let Some(told) = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")) {
            failed.push(told.to_owned());
        }
    }
    // What passed and then failed at its end did not pass.
    passed.retain(|name| !failed.iter().any(|told| is_about(told, name)));
    Some(Tests { passed, failed })
}

fn is_about(told: &str, name: &str) -> bool {
    told.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" - "))
}

/// Whether there is something that the rewritten program could break. The error says why not.
pub(super) fn baseline(a: &Observed, b: &Observed) -> Result<(), String> {
    match (tests(&a.stdout), tests(&b.stdout)) {
        (Some(first), Some(second)) if first.passed.intersection(&second.passed).next().is_none() => {
            let why = first.failed.first().map(|told| format!(": {told}")).unwrap_or_default();
            Err(format!("no test passes before the rewriting, so none could fail by it{why}"))
        }
        (Some(_), Some(_)) => Ok(()),
        _ if a.record.code == Some(0) && b.record.code == Some(0) => Ok(()),
        _ => {
            let said = format!("{}\n{}", String::from_utf8_lossy(&a.stdout), a.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("(it said nothing)").to_owned();
            Err(format!("the entry command fails before the rewriting, so nothing can be compared: {last}"))
        }
    }
}

/// A test that passed in both runs of the original and does not in a run of the rewritten program.
pub(super) fn difference(a: &Observed, b: &Observed, rewritten: &Observed) -> Option<String> {
    let record = &rewritten.record;
    if record.timed_out {
        return Some("the tests of the rewritten program did not end in time; those of the original did".to_owned());
    }
    if let Some(reason) = &record.stopped {
        return Some(format!("the rewritten program was stopped: {reason}"));
    }
    let last = rewritten.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("").to_owned();
    let (Some(first), Some(second)) = (tests(&a.stdout), tests(&b.stdout)) else {
        return (record.code != Some(0)).then(|| format!("the entry command fails now: {last}"));
    };
    let after = tests(&rewritten.stdout).unwrap_or(Tests { passed: BTreeSet::new(), failed: Vec::new() });
    let new: Vec<&String> =
        first.passed.intersection(&second.passed).filter(|name| !after.passed.contains(*name)).collect();
    let name = new.first()?;
    let told = after.failed.iter().find(|told| is_about(told, name)).cloned();
    let told = told.unwrap_or_else(|| {
        format!("{name} was not run{}", if last.is_empty() { String::new() } else { format!(": {last}") })
    });
    let others = if new.len() > 1 { format!("\n  and {} more", new.len() - 1) } else { String::new() };
    Some(format!("a test passes before and not after: {told}{others}"))
}

/// What is compared, for the evidence.
pub(super) fn compared(a: &Observed, b: &Observed) -> String {
    match (tests(&a.stdout), tests(&b.stdout)) {
        (Some(first), Some(second)) => {
            let (both, failed) = (first.passed.intersection(&second.passed).count(), first.failed.len());
            let failing = if failed > 0 { format!(" ({failed} fail before and do not count)") } else { String::new() };
            format!("{both} {}{failing}", if both == 1 { "test" } else { "tests" })
        }
        _ => "exit code of the entry command".to_owned(),
    }
}

#[cfg(test)]
mod tests_of_tests {
    use super::*;

    #[test]
    fn outcomes_are_read_from_the_summary_alone() {
        let said = b"PASSED not/this.py::one\n=== short test summary info ===\nPASSED a.py::t[x - y]\nPASSED a.py::late\nERROR a.py::late - boom\nFAILED a.py::u - assert 1 == 2\nSKIPPED [1] a.py:3: no\n2 passed in 0.1s\n";
        let found = tests(said).unwrap();
        assert_eq!(found.passed.into_iter().collect::<Vec<_>>(), ["a.py::t[x - y]"]);
        assert_eq!(found.failed.len(), 2);
        assert!(tests(b"all fine").is_none());
    }

    #[test]
    fn commands_run_in_the_programs_environment() {
        let words = |text: &str| command(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).join(" ");
        assert_eq!(words("pytest -q tests"), "-m pytest -q tests");
        assert_eq!(words("python -m unittest"), "-m unittest");
        assert!(words("make test").ends_with("make test"));
    }
}
