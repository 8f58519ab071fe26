//! Rewritings that are wrong in the ways that people and language models get them wrong, each beside a right one.
//!
//! `tests/wrong/<row>_<name>/` has three programs. The row is the number in the list of preconditions: a section and two
//! digits, as in the codes; 7xx are differences that only the program's own values show. `original.py` may say
//! `# extra: N`: requests beyond its own that were agreed to. The validator must refute `wrong.py` and validate `right.py`.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "what each pair came to is part of the test's output")]

use perfmod::{
    facts::Verdict,
    project::python::{self, Interpreter},
    validate::{Outcome, Program, Request, validate},
};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong")
}

fn names() -> Vec<String> {
    let only = std::env::var("PERFMOD_WRONG").unwrap_or_default();
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("tests/wrong")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| only.split(',').any(|part| name.contains(part)))
        .collect();
    names.sort();
    names
}

/// Validates `twin` of a pair against its original.
fn check(name: &str, twin: &str, python: &Interpreter, perfmod: &Path) -> Outcome {
    let project = tempfile::tempdir().expect("a folder");
    fs::copy(folder().join("client.py"), project.path().join("client.py")).expect("writable");
    let text = |file: &str| fs::read(folder().join(name).join(file)).expect(name);
    let program = |text: Vec<u8>| Program { overlay: vec![(PathBuf::from("main.py"), text)], ..Program::default() };
    let original = text("original.py");
    let said = String::from_utf8_lossy(&original).into_owned();
    let extra = said.lines().find_map(|line| line.strip_prefix("# extra: ")).map_or(0, |n| n.parse().expect(name));
    let mut request = Request::new(
        project.path(),
        Path::new("main.py"),
        python,
        program(original),
        program(text(&format!("{twin}.py"))),
    );
    request.executable = Some(perfmod);
    request.schedules = 4;
    request.timeout = Duration::from_secs(10);
    request.extra_requests = extra;
    validate(&request, &mut |_| ())
}

#[test]
fn every_wrong_rewriting_is_refuted_and_its_right_twin_is_validated() {
    let python = python::find(&folder().join("main.py"), "", None, &mut |_| ()).expect("tests need a python3");
    let all: Vec<(String, &str)> =
        names().into_iter().flat_map(|name| [(name.clone(), "wrong"), (name, "right")]).collect();
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let (lines, failed) = (Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, twin)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = check(name, twin, &python, Path::new(env!("CARGO_BIN_EXE_perfmod")));
                    let wanted = if *twin == "wrong" { Verdict::Refuted } else { Verdict::Validated };
                    let reason = outcome.evidence.reason.unwrap_or_default();
                    let line = format!("{name}/{twin}: {:?} {}", outcome.verdict, reason.replace('\n', " | "));
                    lines.lock().expect("whole").push(line.clone());
                    if outcome.verdict != wanted {
                        failed.lock().expect("whole").insert(line);
                    }
                }
            });
        }
    });
    let mut lines = lines.into_inner().expect("whole");
    lines.sort();
    println!("{}", lines.join("\n"));
    println!("{} pairs in {:.0} s", all.len() / 2, begun.elapsed().as_secs_f64());
    let failed = failed.into_inner().expect("whole");
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn programs_hear_ctrl_c_where_perfmod_runs_in_the_background() {
    let python = python::find(&folder().join("main.py"), "", None, &mut |_| ()).expect("tests need a python3");
    let place = tempfile::tempdir().expect("a folder");
    let perfmod = place.path().join("perfmod");
    let text = format!("#!/bin/sh\ntrap '' INT\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_perfmod"));
    fs::write(&perfmod, text).expect("writable");
    fs::set_permissions(&perfmod, fs::Permissions::from_mode(0o755)).expect("its own");
    let outcome = check("134_interrupted", "wrong", &python, &perfmod);
    assert_eq!(outcome.verdict, Verdict::Refuted, "{:?}", outcome.evidence);
}

#[test]
fn there_are_enough_pairs_and_every_row_is_a_row() {
    let names = names();
    assert!(names.len() >= 40 || std::env::var_os("PERFMOD_WRONG").is_some(), "{} pairs", names.len());
    for name in names {
        let (row, rest) = name.split_once('_').expect("row and name");
        assert!(row.len() == 3 && row.parse::<u32>().is_ok() && !rest.is_empty(), "{name}");
    }
}
