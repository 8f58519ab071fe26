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
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Right twins that are not validated, and why: under faults most of them are not right, and have to be written better.
const NOT_RIGHT_YET: &[(&str, &[&str])] = &[
    (
        "the twin puts out or leaves less where a fault goes uncaught",
        &[
            "101_history",
            "109_prints",
            "110_shared_messages",
            "111_working_folder",
            "115_generator_with_effects",
            "123_parameters_lost",
            "125_running_loop",
            "126_loop_lifetime",
            "127_nested_semaphore",
            "130_word_by_word",
            "131_conversation",
            "301_lost_update",
            "306_as_completed",
        ],
    ),
    (
        "the calls that were agreed to are not let through under a fault",
        &[
            "105_break",
            "105_for_else",
            "105_while_budget",
            "106_first_failure",
            "107_effects_behind_a_failure",
            "108_exit_in_a_worker",
            "108_return_exceptions",
            "109_checkpoint",
            "119_deadline",
            "124_stop_iteration",
            "132_yield",
            "134_interrupted",
            "137_interrupt_in_a_loop",
            "204_exceptions_cannot_be_pickled",
        ],
    ),
    (
        "the twin leaves other values in variables that nothing reads",
        &["112_object_counter", "116_worklist", "306_map_drains"],
    ),
    (
        "the exception of a fault does not go through a process pool, and the twin does not say so",
        &["201_globals_lost", "202_rows_are_copies", "203_cannot_be_pickled", "205_import_again", "206_draws_in_forks"],
    ),
];

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
        .filter(|name| name.contains(&only))
        .collect();
    names.sort();
    names
}

/// Validates `twin` of a pair against its original.
fn check(name: &str, twin: &str, python: &Interpreter) -> Outcome {
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
    request.executable = Some(Path::new(env!("CARGO_BIN_EXE_perfmod")));
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
                    let outcome = check(name, twin, &python);
                    let wanted = if *twin == "wrong" { Verdict::Refuted } else { Verdict::Validated };
                    let reason = outcome.evidence.reason.unwrap_or_default();
                    let line = format!("{name}/{twin}: {:?} {}", outcome.verdict, reason.replace('\n', " | "));
                    lines.lock().expect("whole").push(line.clone());
                    if outcome.verdict != wanted {
                        failed.lock().expect("whole").insert((name.clone(), line));
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
    let known = |name: &str| NOT_RIGHT_YET.iter().any(|(_, names)| names.contains(&name));
    let is_known = |name: &str, line: &str| known(name) && line.starts_with(&format!("{name}/right"));
    let unexpected: Vec<&String> =
        failed.iter().filter(|(name, line)| !is_known(name, line)).map(|(_, line)| line).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let learnt = all.iter().filter(|(name, twin)| *twin == "right" && known(name));
    let learnt: Vec<&str> =
        learnt.map(|(name, _)| name.as_str()).filter(|name| !failed.iter().any(|(f, _)| f == name)).collect();
    println!("validated by now, to be taken off the list: {learnt:?}");
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
