//! A repository as a whole: one bad file stops nothing, and a run that is ended anywhere is gone on with.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

#[path = "support/folder.rs"]
mod folder;

use folder::{contents, says};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Two loops over a file, each a patch of its own, with the standard library's client.
const SCRIPT: &str = "\
import sys
import urllib.request

names = open(\"names.txt\").read().split()
for name in names:
    print(urllib.request.urlopen(f\"http://example.org/{name}\").read())

for name in names:
    print(name, urllib.request.urlopen(f\"http://example.org/age/{name}\").status)
";

const BLOCKED: &str = "\
import urllib.request

last = \"\"
for name in open(\"names.txt\").read().split():
    last = urllib.request.urlopen(f\"http://example.org/{name}?{last}\").read()
";

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("names.txt", "a b c\n");
    put("one.py", SCRIPT);
    put("sub/names.txt", "a b c\n");
    put("sub/two.py", SCRIPT);
    put("bad.py", "import urllib.request\ndef (\n");
    put("blocked.py", BLOCKED);
    put("skipped/three.py", SCRIPT);
    put(".gitignore", "skipped\n");
    folder
}

fn perfmod(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).env_remove("PERFMOD_STOP_AT");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    perfmod(folder, arguments).output().unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

fn committed() -> tempfile::TempDir {
    let folder = repository();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "x"]);
    folder
}

const QUICK: [&str; 3] = ["migrate", ".", "--no-validate"];
const RESUME: [&str; 4] = ["migrate", ".", "--no-validate", "--resume"];

#[test]
fn a_repository_is_rewritten_and_one_bad_file_stops_nothing() {
    let folder = repository();
    let before = contents(folder.path());
    let dry = run(folder.path(), &["migrate", ".", "--no-validate", "--dry-run"]);
    says(&dry, 4, &["bad.py:2: PM001", "4 patches (4 not validated), 0 applied"]);
    let diff = String::from_utf8(dry.stdout).unwrap();
    assert_eq!(diff.matches("+++ b/").count(), 4, "two scripts, and a runtime for each import root:\n{diff}");
    assert!(contents(folder.path()) == before && !folder.path().join(".perfmod").exists());

    says(
        &run(folder.path(), &QUICK),
        4,
        &["one.py: 2 patches applied", "sub/two.py: 2 patches applied", "bad.py:2: PM001", "4 applied", "perfmod undo"],
    );
    let after = contents(folder.path());
    let changed: Vec<&String> =
        after.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes)).map(|(n, _)| n).collect();
    assert_eq!(changed, ["one.py", "perfmod_runtime.py", "sub/perfmod_runtime.py", "sub/two.py"]);
    // Once more there is nothing to do, and the report of the run is there.
    let report = run(folder.path(), &["report", ".", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["summary"]["applied"], 4);
    says(&run(folder.path(), &QUICK), 4, &["0 patches, 0 applied"]);
    says(&run(folder.path(), &RESUME), 2, &["no migration of . to go on with"]);
    assert!(contents(folder.path()) == after);
}

#[test]
fn a_report_tells_of_what_was_taken_back_since() {
    let folder = repository();
    says(&run(folder.path(), &QUICK), 4, &["4 applied"]);
    let report = |count: usize| {
        let told = run(folder.path(), &["report", ".", "--format", "json"]);
        let report: Value = serde_json::from_slice(&told.stdout).unwrap();
        let patches = || report["files"].as_array().unwrap().iter().flat_map(|f| f["patches"].as_array().unwrap());
        let applied: Vec<String> = patches().filter_map(|p| Some(p["applied"].as_str()?.to_string())).collect();
        assert_eq!((applied.len(), report["summary"]["applied"].as_u64().unwrap() as usize), (count, count));
        assert!(patches().all(|p| p["accepted"] == (p["applied"].is_string())));
        (applied, String::from_utf8(told.stderr).unwrap())
    };
    let (all, told) = report(4);
    assert!(told.is_empty(), "{told}");
    says(&run(folder.path(), &["undo", &all[0]]), 0, &[]);
    let (left, told) = report(3);
    assert!(left == all[1..] && told.contains(&format!("taken back since that run: {}", all[0])), "{told}");
    says(&run(folder.path(), &["undo"]), 0, &[]);
    report(0);
    let page = run(folder.path(), &["report", ".", "--format", "markdown"]);
    assert!(String::from_utf8(page.stdout).unwrap().contains("It is not applied."));
}

#[test]
fn what_runs_is_validated_first() {
    let folder = repository();
    let stubs = "[stubs]\n\"example.org/*\" = { template = \"{{url}} {{words}}\" }\n";
    std::fs::write(folder.path().join("perfmod.toml"), stubs).unwrap();
    let told = says(
        &run(folder.path(), &["migrate", ".", "--schedules", "2", "--jobs", "2"]),
        4,
        &["4 validated", "4 applied"],
    );
    let order: Vec<usize> =
        ["one.py: 2 patches", "sub/two.py: 2 patches"].iter().map(|w| told.find(w).unwrap()).collect();
    assert!(order.is_sorted(), "in the order of the paths, whatever is judged first:\n{told}");
    let shown = run(folder.path(), &["report", "."]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains("one.py:5"));
}

/// Ended at every step: going on makes exactly what a run makes that is not ended, and redoes nothing.
#[test]
fn a_migration_that_is_killed_is_gone_on_with() {
    let whole = repository();
    let before = contents(whole.path());
    says(&run(whole.path(), &QUICK), 4, &[]);
    let after = contents(whole.path());
    let mut points = 0;
    for at in 0..1_000 {
        let folder = repository();
        let stopped = perfmod(folder.path(), &QUICK).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.code() == Some(4) {
            break;
        }
        points += 1;
        for (name, bytes) in contents(folder.path()) {
            let known = [before.get(&name), after.get(&name)].contains(&Some(&bytes));
            assert!(known || name.contains(".perfmod-"), "stopped at {at}: {name} is neither");
        }
        let again = run(folder.path(), &RESUME);
        let again = match again.status.code() {
            // Before the record was begun, or after it had ended, there is nothing to go on with.
            Some(2) => {
                says(&again, 2, &["to go on with"]);
                run(folder.path(), &QUICK)
            }
            _ => again,
        };
        says(&again, 4, &[]);
        assert!(contents(folder.path()) == after, "stopped at {at}");
        let listed = run(folder.path(), &["undo", "--list"]).stdout;
        assert_eq!(String::from_utf8_lossy(&listed).lines().count(), 4, "stopped at {at}: each patch once");
        let applied = run(folder.path(), &["undo", "1.1", "1.2"]);
        assert!(matches!(applied.status.code(), Some(0 | 2)), "{applied:?}");
    }
    eprintln!("ended at {points} points");
    assert!(points > 60, "{points} points");
}

/// Ended, gone on with, and ended again: pairs of steps drawn from all of them.
#[test]
fn a_migration_that_is_killed_twice_is_gone_on_with() {
    let whole = repository();
    says(&run(whole.path(), &QUICK), 4, &[]);
    let after = contents(whole.path());
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..40 {
        let (first, second) = (20 + draw(50), draw(60));
        let folder = repository();
        for (arguments, at) in [(&QUICK[..], first), (&RESUME[..], second)] {
            perfmod(folder.path(), arguments).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        }
        let last = run(folder.path(), &RESUME);
        if last.status.code() == Some(2) {
            says(&run(folder.path(), &QUICK), 4, &[]);
        }
        assert!(contents(folder.path()) == after, "ended at {first} and at {second}");
        let listed = run(folder.path(), &["undo", "--list"]).stdout;
        assert_eq!(String::from_utf8_lossy(&listed).lines().count(), 4, "ended at {first} and at {second}");
    }
}

#[test]
fn a_run_that_was_ended_is_neither_forgotten_nor_mixed_with_another() {
    let folder = repository();
    perfmod(folder.path(), &QUICK).env("PERFMOD_STOP_AT", "40").output().unwrap();
    says(&run(folder.path(), &QUICK), 2, &["was ended before it was through", "--resume", "--restart"]);
    let other = ["migrate", ".", "--no-validate", "--resume", "--max-concurrent", "7"];
    says(&run(folder.path(), &other), 2, &["other options"]);
    // From another folder it is the same run.
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let outside = folder.path().parent().unwrap();
    says(&run(outside, &["migrate", name, "--no-validate", "--resume"]), 4, &["4 applied"]);
    says(&run(folder.path(), &["undo"]), 0, &["taken back"]);

    perfmod(folder.path(), &QUICK).env("PERFMOD_STOP_AT", "40").output().unwrap();
    says(&run(folder.path(), &["migrate", ".", "--no-validate", "--restart"]), 4, &[]);
}

#[test]
fn commits_are_made_as_asked() {
    for (per, commits) in [("patch", 4), ("file", 2), ("recipe", 1)] {
        let folder = committed();
        let asked = ["migrate", ".", "--no-validate", "--branch", "faster", "--commit-per", per];
        says(&run(folder.path(), &asked), 4, &["on faster"]);
        assert_eq!(git(folder.path(), &["rev-parse", "--abbrev-ref", "HEAD"]).trim(), "faster");
        assert_eq!(git(folder.path(), &["status", "--short"]), "", "{per}: all is committed");
        let log = git(folder.path(), &["log", "--format=%s", "faster", "-20"]);
        assert_eq!(log.lines().count(), commits + 1, "{per}: {log}");
        let message = git(folder.path(), &["log", "-1", "--format=%B"]);
        assert!(message.contains("sub/two.py") && message.lines().next().unwrap().len() <= 72, "{message}");
        // The branch holds what a run without commits makes.
        let plain = repository();
        says(&run(plain.path(), &QUICK), 4, &[]);
        assert!(contents(folder.path()) == contents(plain.path()), "{per}");
    }
    // What is not committed would get into the commits.
    let folder = committed();
    std::fs::write(folder.path().join("names.txt"), "x\n").unwrap();
    let asked = ["migrate", ".", "--no-validate", "--branch", "faster"];
    says(&run(folder.path(), &asked), 2, &["names.txt has changes that are not committed"]);
    says(&run(repository().path(), &asked), 2, &["no git repository"]);
}

/// Ended while it commits: nothing is committed twice, and nothing is left out.
#[test]
fn a_migration_with_commits_that_is_killed_is_gone_on_with() {
    for (per, commits) in [("patch", 4), ("file", 2), ("recipe", 1)] {
        let asked = ["migrate", ".", "--no-validate", "--branch", "faster", "--commit-per", per];
        for at in (10..150).step_by(13) {
            let folder = committed();
            let stopped = perfmod(folder.path(), &asked).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
            if stopped.status.code() == Some(4) {
                break;
            }
            let again: Vec<&str> = asked.into_iter().chain(["--resume"]).collect();
            let again = run(folder.path(), &again);
            if again.status.code() != Some(2) {
                says(&again, 4, &[]);
            }
            assert_eq!(git(folder.path(), &["status", "--short"]), "", "{per}, stopped at {at}");
            let log = git(folder.path(), &["log", "--format=%s", "faster", "-20"]);
            let made = log.lines().count() - 1;
            // The commits of a run that was ended may hold less each, and never more.
            assert!((commits..=4).contains(&made), "{per}, stopped at {at}: {log}");
        }
    }
}

#[test]
fn shards_share_the_files_and_their_reports_are_merged() {
    let whole = repository();
    says(&run(whole.path(), &QUICK), 4, &[]);
    let folder = repository();
    let mut paths = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let name = format!("{}.json", &shard[..1]);
        let asked = ["migrate", ".", "--no-validate", "--shard", shard, "--format", "json", "--output", &name];
        let done = run(folder.path(), &asked);
        assert!(matches!(done.status.code(), Some(0 | 4)), "{done:?}");
        let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join(&name)).unwrap()).unwrap();
        for file in report["files"].as_array().unwrap() {
            assert!(paths.insert(file["path"].as_str().unwrap().to_string()), "{file}");
        }
    }
    let merged = run(folder.path(), &["report", "merge", "1.json", "2.json", "3.json", "--format", "json"]);
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    assert_eq!(merged["summary"]["applied"], 4);
    assert_eq!(merged["files"].as_array().unwrap().len(), paths.len());
    let twice = run(folder.path(), &["report", "merge", "1.json", "2.json", "3.json", "3.json", "2.json", "1.json"]);
    says(&twice, 2, &["two of the reports tell of"]);
    for n in 1..=3 {
        std::fs::remove_file(folder.path().join(format!("{n}.json"))).unwrap();
    }
    assert!(contents(folder.path()) == contents(whole.path()));
    says(&run(folder.path(), &["migrate", ".", "--shard", "4/3"]), 2, &["I/N"]);
    says(&run(folder.path(), &["report", "names.txt"]), 2, &["no report of perfmod's"]);
    says(&run(&folder.path().join("sub"), &["report"]), 2, &["no report can be read", "perfmod migrate"]);
}

/// Ctrl-C while a program runs: the code of the contract, and how to go on; the record holds what was judged.
#[test]
fn an_interrupt_says_how_to_go_on() {
    let folder = repository();
    let slow = format!("import time\ntime.sleep(40)\n{SCRIPT}");
    std::fs::write(folder.path().join("one.py"), slow).unwrap();
    let mut child = perfmod(folder.path(), &["migrate", "."]).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("with patches") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it ended before it had planned");
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("interrupted; the same command with --resume goes on"), "{rest}");
    std::fs::write(folder.path().join("one.py"), SCRIPT).unwrap();
    says(&run(folder.path(), &RESUME), 2, &["--restart"]);
    says(&run(folder.path(), &["migrate", ".", "--no-validate", "--restart"]), 4, &["4 applied"]);
}

/// Ended by the real signal at any time.
#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn a_real_kill_loses_nothing() {
    let whole = repository();
    let before = contents(whole.path());
    says(&run(whole.path(), &QUICK), 4, &[]);
    let after = contents(whole.path());
    let mut state = 0x9e37_79b9_u64;
    let mut killed = 0;
    for round in 0..25 {
        let folder = repository();
        let mut arguments = QUICK.to_vec();
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut child = perfmod(folder.path(), &arguments).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_micros(state >> 45));
            killed += usize::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            for (name, bytes) in contents(folder.path()) {
                let known = [before.get(&name), after.get(&name)].contains(&Some(&bytes));
                assert!(known || name.contains(".perfmod-"), "round {round}: {name} is neither");
            }
            let begun = folder.path().join(".perfmod/journal/migration.jsonl").exists();
            arguments = if begun { RESUME.to_vec() } else { QUICK.to_vec() };
        }
        let last = run(folder.path(), &arguments);
        assert_eq!(last.status.code(), Some(4), "round {round}: {last:?}");
        assert!(contents(folder.path()) == after, "round {round}");
    }
    assert!(killed > 10, "{killed} were killed while they ran");
}

/// With a branch, only what git tracks is changed: not what it does not know, and not what another repository holds.
#[test]
fn what_git_does_not_track_is_left_alone_with_a_branch() {
    let folder = committed();
    std::fs::write(folder.path().join("scratch.py"), SCRIPT).unwrap();
    let inner = folder.path().join("lib");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("n.py"), SCRIPT).unwrap();
    git(&inner, &["init", "-q"]);
    git(&inner, &["add", "."]);
    git(&inner, &["commit", "-qm", "x"]);
    let done = run(folder.path(), &["migrate", ".", "--no-validate", "--branch", "faster"]);
    says(&done, 4, &["scratch.py: git does not track it", "lib/n.py: git does not track it", "4 applied", "on faster"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("scratch.py")).unwrap(), SCRIPT);
    assert_eq!(std::fs::read_to_string(inner.join("n.py")).unwrap(), SCRIPT);
}

/// A hook that refuses, and then does not: what was applied is committed first, and every commit has what it imports.
#[test]
fn a_commit_that_was_refused_is_made_when_the_run_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    for per in ["patch", "file", "recipe"] {
        let folder = committed();
        let hook = folder.path().join(".git/hooks/pre-commit");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        let asked = ["migrate", ".", "--no-validate", "--branch", "faster", "--commit-per", per];
        says(&run(folder.path(), &asked), 2, &["git does not commit", "--resume"]);
        assert_eq!(git(folder.path(), &["diff", "--cached", "--name-only"]), "", "{per}: nothing stays staged");
        // One that formats and stages.
        std::fs::write(&hook, "#!/bin/sh\nfor f in $(git diff --cached --name-only | grep 'py$'); do echo '# fmt' >> $f; git add $f; done\n").unwrap();
        let again: Vec<&str> = asked.into_iter().chain(["--resume"]).collect();
        let done = run(folder.path(), &again);
        assert!(matches!(done.status.code(), Some(2 | 4)), "{done:?}");
        assert_eq!(git(folder.path(), &["status", "--short"]), "", "{per}");
        for commit in git(folder.path(), &["log", "--format=%h", "faster"]).lines() {
            let files = git(folder.path(), &["ls-tree", "-r", "--name-only", commit]);
            let script = git(folder.path(), &["show", &format!("{commit}:one.py")]);
            assert!(!script.contains("perfmod_runtime") || files.contains("perfmod_runtime.py"), "{per} {commit}");
        }
    }
}

/// However often a run is ended, it is one run to be taken back.
#[test]
fn a_run_that_was_gone_on_with_is_taken_back_whole() {
    let whole = repository();
    let before = contents(whole.path());
    for at in [50, 60, 70] {
        let folder = repository();
        perfmod(folder.path(), &QUICK).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        says(&run(folder.path(), &RESUME), 4, &["4 applied"]);
        says(&run(folder.path(), &["undo"]), 0, &["one.py: taken back", "sub/two.py: taken back"]);
        assert!(contents(folder.path()) == before, "ended at {at}");
    }
}
