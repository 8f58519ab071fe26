//! `init-shell` and `man`: what is made from the definition of the command line is taken by the programs it is for.

#![cfg(unix)]

use assert_cmd::Command;
use std::path::Path;
use std::process::Stdio;

fn perfmod(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_perfmod")).env_remove("SHELL").args(arguments).output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Whether a program can be started.
fn there_is(program: &str) -> bool {
    let mut command = std::process::Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// What bash offers for a line, the last word of which is being typed.
fn offered(script: &Path, words: &[&str]) -> Vec<String> {
    let line: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let asked = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _perfmod perfmod '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        line.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let done = Command::new("bash").args(["--norc", "-ec", &asked]).output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    text(done.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_takes_its_script_and_offers_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("perfmod.bash");
    let made = perfmod(&["init-shell", "bash"]);
    assert!(made.status.success() && made.stderr.is_empty(), "{made:?}");
    std::fs::write(&script, &made.stdout).unwrap();
    let read = Command::new("bash").arg("-n").arg(&script).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");

    let has = |offered: &[String], word: &str| offered.iter().any(|o| o == word);
    let options = offered(&script, &["perfmod", "rewrite", "--"]);
    assert!(has(&options, "--dry-run") && has(&options, "--accept") && has(&options, "--quiet"), "{options:?}");
    assert_eq!(offered(&script, &["perfmod", "rewrite", "--dry"]), ["--dry-run"]);
    let checked = offered(&script, &["perfmod", "check", "--"]);
    assert!(has(&checked, "--exit-code") && !has(&checked, "--dry-run"), "{checked:?}");
    let commands = offered(&script, &["perfmod", ""]);
    assert!(["rewrite", "check", "undo", "init-shell"].iter().all(|c| has(&commands, c)), "{commands:?}");
    assert_eq!(offered(&script, &["perfmod", "rewrite", "--format", "m"]), ["markdown"]);
}

#[test]
fn each_shell_gets_its_script_with_how_to_keep_it() {
    for (shell, first, part) in [
        ("bash", "# To keep it:", "complete -F _perfmod"),
        ("zsh", "#compdef perfmod\n# To keep it", "--dry-run"),
        ("fish", "# To keep it:", "complete -c perfmod"),
        ("powershell", "# To keep it", "Register-ArgumentCompleter"),
        ("elvish", "# To keep it", "edit:completion"),
    ] {
        let made = perfmod(&["init-shell", shell]);
        let script = text(made.stdout);
        assert!(made.status.success() && script.starts_with(first) && script.contains(part), "{shell}: {script}");
    }
    for (shell, check) in [("zsh", "-n"), ("fish", "--no-execute")] {
        if !there_is(shell) {
            continue;
        }
        let script = perfmod(&["init-shell", shell]).stdout;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let read = Command::new(shell).arg(check).arg(file.path()).output().unwrap();
        assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    }
}

#[test]
fn the_shell_is_that_of_the_variable_and_none_is_an_error() {
    let of = |shell: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
        command.env("SHELL", shell).arg("init-shell").output().unwrap()
    };
    assert_eq!(of("/usr/bin/fish").stdout, perfmod(&["init-shell", "fish"]).stdout);
    assert_eq!(of("/bin/bash").stdout, perfmod(&["init-shell", "bash"]).stdout);
    for output in [of("/usr/bin/rc"), perfmod(&["init-shell"])] {
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty() && text(output.stderr).contains("bash, zsh, fish, powershell or elvish"));
    }
    assert_eq!(perfmod(&["init-shell", "tcsh"]).status.code(), Some(2));
}

/// Whether groff takes a page without a word.
fn is_a_page(name: &str, page: &str) {
    assert!(page.contains(".TH ") && page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}:\n{page}");
    for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
        let macros = [".TH", ".SH", ".TP", ".RS", ".RE", ".IP", ".PP", ".B", ".I", ".br", ".ie", ".el", ".ds"];
        let word = line.split_whitespace().next().unwrap();
        assert!(macros.contains(&word), "{name}: {line}");
    }
    if there_is("groff") {
        let read = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).write_stdin(page).output().unwrap();
        assert!(read.status.success() && read.stderr.is_empty(), "{name}: {read:?}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let main = perfmod(&["man"]);
    assert!(main.status.success());
    let main = text(main.stdout);
    is_a_page("perfmod", &main);
    for part in ["EXIT STATUS", ".SH ENVIRONMENT", "a patch was refuted", "perfmod\\-rewrite(1)"] {
        assert!(main.contains(part), "{part} is not in:\n{main}");
    }

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("share/man1");
    let made = perfmod(&["man", "--output", inside.to_str().unwrap()]);
    assert!(made.status.success() && made.stdout.is_empty(), "{made:?}");
    let pages: Vec<String> =
        std::fs::read_dir(&inside).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    for name in &pages {
        is_a_page(name, &std::fs::read_to_string(inside.join(name)).unwrap());
    }
    // Each command that the help names has a page, and each page is of one.
    let help = text(perfmod(&["--help"]).stdout);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line that goes on is indented more.
    let lines = commands.lines().filter(|line| !line.starts_with("   "));
    let named = lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    for name in named {
        assert!(pages.contains(&format!("perfmod-{name}.1")), "{name} has no page: {pages:?}");
    }
    assert!(pages.contains(&"perfmod.1".to_owned()) && !pages.iter().any(|page| page.contains("help")), "{pages:?}");
    assert!(std::fs::read_to_string(inside.join("perfmod-rewrite.1")).unwrap().contains("\\-\\-dry\\-run"));
    assert_eq!(std::fs::read_to_string(inside.join("perfmod.1")).unwrap(), main);

    let taken = perfmod(&["man", "--output", inside.join("perfmod.1").to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(2));
    assert!(text(taken.stderr).contains("cannot be written"), "the folder's name is that of a file");
}
