//! Applying and taking back, by running the program: whole or not at all, wherever it is stopped.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

#[path = "support/folder.rs"]
mod folder;

use folder::{contents, project, says};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Three loops, each a patch of its own.
const THREE: &str = "\
import requests


names = [\"a\", \"b\", \"c\"]
out = []
for name in names:
    reply = requests.get(f\"https://example.org/{name}\").text
    out.append(reply)
    print(name, reply)

ages = {}
for name in names:
    ages[name] = requests.get(f\"https://example.org/age/{name}\").text

for name in names:
    print(requests.get(f\"https://example.org/x/{name}\").text)
print(out, ages)
";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).args(arguments).env_remove("VISUAL").env_remove("EDITOR").env_remove("PERFMOD_STOP_AT");
    command
}

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).stdin(Stdio::null()).output().unwrap()
}

/// With answers on stdin.
fn answered(mut command: Command, answers: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

const APPLY: [&str; 4] = ["rewrite", "a.py", "--yes", "--no-validate"];

#[test]
fn what_was_applied_is_taken_back_whole_or_patch_by_patch() {
    let folder = project(&[("a.py", THREE)]);
    let before = contents(folder.path());
    says(&perfmod(folder.path(), &APPLY), 0, &["applied 3 of 3", "perfmod undo (1.1, 1.2, 1.3)"]);
    let all = contents(folder.path());
    assert_eq!(all.keys().collect::<Vec<_>>(), ["a.py", "perfmod_runtime.py"]);
    let listed = perfmod(folder.path(), &["undo", "--list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.starts_with("1.1      a.py:6 async-gather: `requests.get` in <module>\n"), "{listed}");

    // One of three: what is left is what applying the other two makes.
    says(&perfmod(folder.path(), &["undo", "1.2"]), 0, &["a.py: taken back: 1.2"]);
    let two = contents(folder.path());
    let other = project(&[("a.py", THREE)]);
    let ask = command(other.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
    says(&answered(ask, "y\nn\ny\n"), 0, &["(2/3)", "applied 2 patches"]);
    assert!(two == contents(other.path()), "{}", String::from_utf8_lossy(&two["a.py"]));

    says(&perfmod(folder.path(), &["undo", "1.2"]), 2, &["no patch 1.2 stands here"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &["1.1, 1.3", "perfmod_runtime.py is taken away"]);
    assert!(contents(folder.path()) == before);
    says(&perfmod(folder.path(), &["undo"]), 0, &["no patch stands here"]);
}

#[test]
fn what_stands_on_a_patch_goes_with_it_and_what_has_changed_stays() {
    let folder = project(&[("pyproject.toml", ""), ("a.py", THREE), ("sub/b.py", THREE)]);
    let before = contents(folder.path());
    let ask = || command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
    says(&answered(ask(), "y\nq\n"), 0, &["applied 1 patch"]);
    let first = contents(folder.path());
    says(&answered(ask(), "n\ny\n"), 0, &["applied 1 patch", "(2.1)"]);
    let second = contents(folder.path());
    says(&perfmod(folder.path(), &["undo"]), 0, &["taken back: 2.1"]);
    assert!(contents(folder.path()) == first);
    says(&answered(ask(), "n\ny\n"), 0, &["(4.1)"]);
    assert!(contents(folder.path()) == second);
    says(&perfmod(folder.path(), &["undo", "1.1"]), 0, &["1.1, 4.1", "on top of what was asked for: 4.1"]);
    assert!(contents(folder.path()) == before);

    // A file that was edited since is left alone, and the other script is taken back.
    says(&perfmod(folder.path(), &["rewrite", "a.py", "sub/b.py", "--yes", "--no-validate"]), 0, &["applied 6 of 6"]);
    let mut edited = std::fs::read_to_string(folder.path().join("a.py")).unwrap();
    edited.push_str("# mine\n");
    std::fs::write(folder.path().join("a.py"), &edited).unwrap();
    says(&perfmod(folder.path(), &["undo"]), 4, &["a.py: not taken back", "has changed", "sub/b.py: taken back"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap(), edited);
    assert_eq!(contents(folder.path())["sub/b.py"], before["sub/b.py"]);
}

#[test]
fn a_runtime_stays_as_long_as_something_uses_it() {
    let folder = project(&[("a.py", THREE), ("b.py", THREE)]);
    says(&perfmod(folder.path(), &APPLY), 0, &[]);
    says(&perfmod(folder.path(), &["rewrite", "b.py", "--yes", "--no-validate"]), 0, &[]);
    says(&perfmod(folder.path(), &["undo", "1.1", "1.2", "1.3"]), 0, &["a.py: taken back"]);
    assert!(folder.path().join("perfmod_runtime.py").exists(), "b.py uses it");
    std::fs::write(folder.path().join("c.py"), "from perfmod_runtime import ahead\n").unwrap();
    says(&perfmod(folder.path(), &["undo"]), 0, &["perfmod_runtime.py stays: c.py uses it"]);
    assert!(folder.path().join("perfmod_runtime.py").exists());
    assert_eq!(std::fs::read_to_string(folder.path().join("b.py")).unwrap(), THREE);
}

/// Stopped at every step that applying makes: each file is as before or as after, the next run puts them in order, and then
/// everything can be done as if nothing had happened.
#[test]
fn a_process_that_is_killed_leaves_no_file_half_written() {
    let files = [("a.py", THREE), ("b.py", "print(1)\n")];
    let whole = project(&files);
    let before = contents(whole.path());
    says(&perfmod(whole.path(), &APPLY), 0, &[]);
    let after = contents(whole.path());
    let whole_or_not = |folder: &Path, at: usize| {
        for (name, bytes) in contents(folder) {
            let known = [before.get(&name), after.get(&name)].contains(&Some(&bytes));
            assert!(known || name.contains(".perfmod-"), "stopped at {at}: {name} is neither");
        }
    };
    let (mut points, mut applied) = (0, 0);
    for at in 0..1_000 {
        let folder = project(&files);
        let stopped = command(folder.path(), &APPLY).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.success() {
            break;
        }
        points += 1;
        whole_or_not(folder.path(), at);
        // Any command that writes puts it in order: the whole patch or none of it, and nothing lies around.
        let listed = perfmod(folder.path(), &["undo", "--list"]);
        let now = contents(folder.path());
        assert!(now == before || now == after, "stopped at {at}: {:?}", now.keys());
        if now == after {
            applied += 1;
            assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 3, "stopped at {at}");
            says(&perfmod(folder.path(), &["undo"]), 0, &[]);
            assert!(contents(folder.path()) == before, "stopped at {at}");
        }
        says(&perfmod(folder.path(), &APPLY), 0, &["applied 3 of 3"]);
        assert!(contents(folder.path()) == after, "stopped at {at}");
    }
    eprintln!("ended at {points} points");
    assert!(points > 20 && applied > 0 && applied < points, "{points} points, {applied} applied");

    // Taking back, the same.
    let mut points = 0;
    for at in 0..1_000 {
        let folder = project(&files);
        says(&perfmod(folder.path(), &APPLY), 0, &[]);
        let stopped = command(folder.path(), &["undo"]).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if stopped.status.success() {
            break;
        }
        points += 1;
        whole_or_not(folder.path(), at);
        perfmod(folder.path(), &["undo"]);
        assert!(contents(folder.path()) == before, "stopped at {at}");
    }
    eprintln!("ended at {points} points");
    assert!(points > 15, "{points} points");
}

#[test]
fn two_processes_on_one_tree_do_not_mix() {
    let names: Vec<String> = (0..6).map(|n| format!("s{n}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), THREE)).collect();
    let folder = project(&files);
    let run = |name: &str| {
        command(folder.path(), &["rewrite", name, "--yes", "--no-validate"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running: Vec<_> = names.iter().map(|name| run(name)).collect();
    for child in running {
        says(&child.wait_with_output().unwrap(), 0, &["applied 3 of 3"]);
    }
    let listed = perfmod(folder.path(), &["undo", "--list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let ids: std::collections::BTreeSet<&str> = listed.lines().filter_map(|l| l.split(' ').next()).collect();
    assert_eq!(ids.len(), 18, "{listed}");
    // The same script twice at once: one of them finds it done, or changed.
    let folder = project(&[("a.py", THREE)]);
    let twice: Vec<_> = (0..2)
        .map(|_| command(folder.path(), &APPLY).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let ends: Vec<Output> = twice.into_iter().map(|c| c.wait_with_output().unwrap()).collect();
    assert!(ends.iter().any(|e| e.status.success()));
    let listed = perfmod(folder.path(), &["undo", "--list"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 3);
    says(&perfmod(folder.path(), &["undo"]), 0, &[]);
    assert_eq!(contents(folder.path())["a.py"], THREE.as_bytes());
}

/// A migration holds the journal for hours; what it has applied so far can be listed meanwhile.
#[test]
fn what_stands_is_listed_while_another_process_writes() {
    let folder = project(&[("a.py", THREE)]);
    says(&perfmod(folder.path(), &APPLY), 0, &["applied 3 of 3"]);
    let lock = std::fs::File::options().write(true).open(folder.path().join(".perfmod/lock")).unwrap();
    lock.try_lock().unwrap();
    let listed = perfmod(folder.path(), &["undo", "--list"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 3, "{listed:?}");
    says(&listed, 0, &[]);
}

#[test]
fn what_cannot_be_written_is_said_and_left_alone() {
    // A file that may only be read.
    let folder = project(&[("a.py", THREE)]);
    let script = folder.path().join("a.py");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o444)).unwrap();
    says(&perfmod(folder.path(), &APPLY), 4, &["a.py cannot be written: the file is read-only; nothing was changed"]);
    assert_eq!(contents(folder.path()).len(), 1);

    // A file that changes between the analysis and the writing: the editor of the patch saves it too.
    let folder = project(&[("a.py", THREE)]);
    let script = folder.path().join("a.py");
    let mut ask = command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
    let mut child = ask.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"y\ny\n").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    std::fs::write(&script, "print('mine')\n").unwrap();
    input.write_all(b"y\n").unwrap();
    drop(input);
    says(&child.wait_with_output().unwrap(), 4, &["a.py has changed since it was read; nothing was written"]);
    assert_eq!(contents(folder.path()), BTreeMap::from([("a.py".into(), b"print('mine')\n".to_vec())]));

    // No space: a limit on the size of files stands for a full disk.
    let folder = project(&[("a.py", THREE)]);
    let line = format!("trap '' XFSZ; ulimit -f 1; exec '{}' {}", env!("CARGO_BIN_EXE_perfmod"), APPLY.join(" "));
    let done = Command::new("sh").current_dir(folder.path()).args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
    says(&done, 4, &["a.py", "nothing was changed"]);
    assert_eq!(contents(folder.path()), BTreeMap::from([("a.py".into(), THREE.as_bytes().to_vec())]));
    says(&perfmod(folder.path(), &APPLY), 0, &["applied 3 of 3"]);
}

#[test]
fn links_are_kept_and_said_and_so_are_permissions() {
    let folder = project(&[("real/a.py", THREE)]);
    let real = folder.path().join("real/a.py");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("real/a.py", folder.path().join("link.py")).unwrap();
    std::fs::hard_link(&real, folder.path().join("other.py")).unwrap();
    let done = perfmod(folder.path(), &["rewrite", "link.py", "--yes", "--no-validate"]);
    says(&done, 0, &["link.py is a link; what it points to was written", "has other names (hard links)"]);
    assert!(folder.path().join("link.py").is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o750);
    assert!(std::fs::read_to_string(&real).unwrap().contains("ahead("));
    says(&perfmod(folder.path(), &["undo"]), 0, &["taken back"]);
    assert_eq!(std::fs::read_to_string(&real).unwrap(), THREE);
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn changes_that_are_not_committed_are_warned_about() {
    let folder = project(&[("a.py", THREE)]);
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .current_dir(folder.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@b.c"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "x"]);
    let clean = says(&perfmod(folder.path(), &APPLY), 0, &[]);
    assert!(!clean.contains("not committed"), "{clean}");
    assert_eq!(git(&["status", "--short"]), " M a.py\n?? perfmod_runtime.py\n", "the journal is ignored");
    says(&perfmod(folder.path(), &["undo"]), 0, &[]);
    std::fs::write(folder.path().join("a.py"), format!("{THREE}x = 1\n")).unwrap();
    says(&perfmod(folder.path(), &APPLY), 0, &["a.py has changes that are not committed"]);
}

#[test]
fn a_patch_is_asked_about_with_all_keys() {
    let folder = project(&[("a.py", THREE)]);
    let ask = || command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
    let told = says(
        &answered(ask(), "?\nd\ns\nx\nn\ny\nq\n"),
        0,
        &["(1/3)", "(2/3)", "(3/3)", "6 source", "7 work", "cannot be split", "y apply this patch", "applied 1 patch"],
    );
    assert_eq!(told.matches("+++ b/a.py").count(), 4, "each patch once, and `d` once more:\n{told}");
    // Answers from a pipe leave no line end behind the question.
    let fits = |line: &str| line.starts_with('(') || line.chars().count() <= 80;
    assert!(told.lines().all(fits), "{told}");
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap().matches("ahead(").count(), 1);
    // All of the rest; and the end of the answers stops.
    let folder = project(&[("a.py", THREE)]);
    let accepting = ["rewrite", "a.py", "-i", "--no-validate"];
    says(&answered(command(folder.path(), &accepting), "n\na\n"), 0, &["applied 2 patches"]);
    let folder = project(&[("a.py", THREE)]);
    says(&answered(command(folder.path(), &accepting), ""), 0, &["applied 0 patches"]);
    assert_eq!(contents(folder.path()).len(), 1);
}

#[test]
fn an_edit_is_applied_checked_and_never_lost() {
    let editor = |folder: &Path, script: &str| {
        let path = folder.join("editor.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let folder = project(&[("a.py", THREE)]);
    let ask = |script: &str, answers: &str, validate: &str| {
        let mut command =
            command(folder.path(), &["rewrite", "a.py", "-i", "--validate", validate, "--schedules", "2"]);
        command.env("EDITOR", editor(folder.path(), script));
        answered(command, answers)
    };
    // The first is edited, the rest is planned anew on top of it.
    let mark = "sed -i 's/^out = .*/out = []  # by hand/' \"$1\"";
    says(
        &ask(mark, "e\ny\nq\n", "off"),
        0,
        &["the edited version: not validated", "planning what is left", "applied 2 patches"],
    );
    let after = std::fs::read_to_string(folder.path().join("a.py")).unwrap();
    assert!(after.contains("out = []  # by hand") && after.matches("ahead(").count() == 2, "{after}");
    says(&perfmod(folder.path(), &["undo"]), 0, &["taken back"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap(), THREE);

    // What does not parse is said, may be edited again, and is kept.
    let told = says(
        &ask("echo 'def (' >> \"$1\"", "e\nn\nq\n", "off"),
        0,
        &["a.py: line", "edit it again", "your edit is kept in"],
    );
    let kept = told.split("kept in ").nth(1).unwrap().lines().next().unwrap();
    assert!(std::fs::read_to_string(kept).unwrap().ends_with("def (\n"), "{kept}");
    std::fs::remove_file(kept).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap(), THREE);
    // No editor, one that fails, one that changes nothing.
    says(&ask("exit 3", "e\nq\n", "off"), 0, &["the editor ended with an error"]);
    says(&ask("true", "e\nq\n", "off"), 0, &["nothing was edited"]);
    let without = command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
    says(&answered(without, "e\nq\n"), 0, &["neither VISUAL nor EDITOR"]);
}

const ONE_MORE: &str = "for z in names:\n    print(requests.get(f\"https://example.org/z/{z}\").status_code)\n";

/// Bytes that the user wrote between two runs are nobody's to take away.
#[test]
fn what_was_written_between_two_runs_is_not_lost() {
    let folder = project(&[("a.py", THREE)]);
    let path = folder.path().join("a.py");
    says(&perfmod(folder.path(), &APPLY), 0, &[]);
    let edited = format!("{}# my note\n{ONE_MORE}", std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, &edited).unwrap();
    says(&perfmod(folder.path(), &APPLY), 0, &["applied 1 of 1"]);
    says(&perfmod(folder.path(), &["undo", "1.1"]), 4, &["edited between them and 2.1"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &["taken back: 2.1"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), edited);
    says(&perfmod(folder.path(), &["undo"]), 4, &["has changed since"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), edited);
    // Put back by other means, the patches are gone, and so is the runtime.
    std::fs::write(&path, THREE).unwrap();
    says(&perfmod(folder.path(), &["undo"]), 0, &["1.1, 1.2, 1.3", "perfmod_runtime.py is taken away"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &["no patch stands here"]);
    assert_eq!(contents(folder.path()), BTreeMap::from([("a.py".into(), THREE.as_bytes().to_vec())]));
}

#[test]
fn a_runtime_goes_from_each_import_root_and_a_changed_one_is_not_replaced() {
    let folder = project(&[("pyproject.toml", ""), ("a.py", THREE), ("sub/c.py", THREE)]);
    let before = contents(folder.path());
    says(&perfmod(folder.path(), &["rewrite", ".", "--yes", "--no-validate"]), 0, &["applied 0 of 0"]);
    says(&perfmod(folder.path(), &["rewrite", "a.py", "sub/c.py", "--yes", "--no-validate"]), 0, &["applied 6 of 6"]);
    assert!(folder.path().join("sub/perfmod_runtime.py").exists());
    says(&perfmod(folder.path(), &["undo"]), 0, &[]);
    assert!(contents(folder.path()) == before);

    says(&perfmod(folder.path(), &APPLY), 0, &[]);
    let runtime = folder.path().join("perfmod_runtime.py");
    let mine = format!("{}# mine\n", std::fs::read_to_string(&runtime).unwrap());
    std::fs::write(&runtime, &mine).unwrap();
    std::fs::write(folder.path().join("b.py"), THREE).unwrap();
    let done = perfmod(folder.path(), &["rewrite", "b.py", "--yes", "--no-validate"]);
    says(&done, 4, &["perfmod_runtime.py was changed since perfmod has written it"]);
    assert_eq!(std::fs::read_to_string(&runtime).unwrap(), mine);
}

#[test]
fn links_are_not_followed_in_folders_and_a_runtime_lies_where_python_looks() {
    let folder = project(&[("pyproject.toml", ""), ("ext/tool.py", THREE), ("bin/x.txt", "")]);
    let script = THREE.replace("[\"a\", \"b\", \"c\"]", "open(\"names.txt\").read().split()");
    std::fs::write(folder.path().join("ext/tool.py"), script).unwrap();
    std::os::unix::fs::symlink("../ext/tool.py", folder.path().join("bin/tool.py")).unwrap();
    let dry = perfmod(folder.path(), &["rewrite", ".", "--dry-run", "--no-validate"]);
    let diff = String::from_utf8(dry.stdout).unwrap();
    assert!(diff.contains("+++ b/ext/tool.py") && !diff.contains("bin/tool.py"), "{diff}");
    says(&perfmod(folder.path(), &["rewrite", "bin/tool.py", "--yes", "--no-validate"]), 0, &["applied 3 of 3"]);
    assert!(
        folder.path().join("ext/perfmod_runtime.py").exists(),
        "Python puts the folder of the real file on its path"
    );
    assert!(!folder.path().join("bin/perfmod_runtime.py").exists());
}

#[test]
fn each_project_has_its_own_way_back() {
    let folder = project(&[("a.py", THREE), ("sub/pyproject.toml", ""), ("sub/c.py", THREE)]);
    let done = perfmod(folder.path(), &["rewrite", "a.py", "sub/c.py", "--yes", "--no-validate"]);
    says(&done, 0, &["perfmod undo (1.1, 1.2, 1.3)", "perfmod undo --project sub (1.1, 1.2, 1.3)"]);
    says(&perfmod(folder.path(), &["undo", "--project", "sub"]), 0, &["c.py: taken back"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &["a.py: taken back"]);
    // Where nothing was ever applied there is nothing to do; and a report has a place before anything is written.
    let empty = project(&[("a.py", THREE)]);
    says(&perfmod(empty.path(), &["undo"]), 0, &["applied nothing"]);
    let lost = ["rewrite", "a.py", "--yes", "--no-validate", "--format", "json", "--output", "no/such/x.json"];
    says(&perfmod(empty.path(), &lost), 2, &["no file can be written there"]);
    assert_eq!(contents(empty.path()).len(), 1);
}

#[test]
fn an_editor_that_leaves_nonsense_ends_neither_the_session_nor_the_edit() {
    let folder = project(&[("a.py", THREE)]);
    let ask = |script: &str, answers: &str| {
        let path = folder.path().join("editor.sh");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = command(folder.path(), &["rewrite", "a.py", "-i", "--no-validate"]);
        command.env("VISUAL", "").env("EDITOR", path);
        answered(command, answers)
    };
    says(&ask("rm \"$1\"", "y\ne\nq\n"), 0, &["cannot be read", "applied 1 patch"]);
    says(&perfmod(folder.path(), &["undo"]), 0, &[]);
    let told = says(&ask("printf '\\377' > \"$1\"", "e\nq\n"), 0, &["cannot be read", "your edit is kept in"]);
    let kept = told.split("kept in ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"\xff");
    std::fs::remove_file(kept).unwrap();
    // After an edit, each of the others is asked about, although they call the same function.
    let told = says(&ask("echo '# x' >> \"$1\"", "e\ny\ny\n"), 0, &["applied 3 patches"]);
    assert_eq!(told.matches("apply this patch [y").count(), 3, "{told}");
}

#[test]
fn an_edit_behind_a_kill_keeps_what_it_needs() {
    for at in 0..60 {
        let folder = project(&[("a.py", THREE)]);
        let done = command(folder.path(), &APPLY).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if done.status.success() {
            break;
        }
        let path = folder.path().join("a.py");
        let now = std::fs::read_to_string(&path).unwrap();
        let edited = format!("{now}# mine\n");
        std::fs::write(&path, &edited).unwrap();
        perfmod(folder.path(), &["undo", "--list"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), edited, "stopped at {at}");
        let needs = edited.contains("perfmod_runtime");
        assert!(!needs || folder.path().join("perfmod_runtime.py").exists(), "stopped at {at}");
    }
}

/// Taking back what somebody has put back already touches nothing but the runtime, wherever it is stopped.
#[test]
fn a_script_that_stays_as_it_is_has_nothing_beside_it_that_could_be_swept_away() {
    let mut stopped = 0;
    for at in 0..60 {
        let folder = project(&[("a.py", THREE), ("a.py.perfmod-none", "mine\n")]);
        let before = contents(folder.path());
        says(&perfmod(folder.path(), &APPLY), 0, &[]);
        std::fs::write(folder.path().join("a.py"), THREE).unwrap();
        let done = command(folder.path(), &["undo"]).env("PERFMOD_STOP_AT", at.to_string()).output().unwrap();
        if done.status.success() {
            break;
        }
        stopped += 1;
        says(&perfmod(folder.path(), &["undo"]), 0, &[]);
        assert!(contents(folder.path()) == before, "stopped at {at}: {:?}", contents(folder.path()).keys());
    }
    assert!(stopped > 5, "{stopped}");
}
