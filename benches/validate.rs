//! What a validation costs, compared with one plain run of the original: `cargo bench --bench validate`.
//!
//! The program is `examples/evaluate_mcq.py` with the openai client, rewritten by perfmod itself. Against the
//! original's first run, in a fresh process, stands everything from there to the end of the last of 8 schedules: the other
//! runs of the original, what is left of starting the processes to fork from, and the runs of the rewritten program. The
//! bar is a ratio of 2.5. Faults and mutants are apart.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use perfmod::{
    project::python,
    validate::{Program, Request, validate},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const BAR: f64 = 2.5;
const REPEATS: usize = 3;

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let perfmod = Path::new(env!("CARGO_BIN_EXE_perfmod"));
    let folder = tempfile::tempdir().expect("a folder");
    copy(&here.join("examples"), folder.path());
    let script = folder.path().join("evaluate_mcq.py");
    let original = std::fs::read_to_string(&script).expect("the example is there");
    let envs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs");
    let python = python::with_header(&script, &original, Some(&envs), &mut |line| println!("{line}"))
        .expect("an environment")
        .expect("the example has a header");

    let changed = tempfile::tempdir().expect("a folder");
    copy(&here.join("examples"), changed.path());
    let arguments = ["rewrite", "evaluate_mcq.py", "--no-validate", "--yes"];
    let done = Command::new(perfmod).args(arguments).current_dir(changed.path()).output().expect("perfmod runs");
    let read = |path: &str| Some((PathBuf::from(path), std::fs::read(changed.path().join(path)).ok()?));
    let files = ["evaluate_mcq.py", "llm.py", "perfmod_runtime.py"];
    let rewritten: Vec<_> = files.into_iter().flat_map(read).collect();
    assert!(rewritten.len() == 3, "{}", String::from_utf8_lossy(&done.stderr));
    let original = vec![(PathBuf::from("evaluate_mcq.py"), original.into_bytes())];

    println!("| plain run s | from then to the last of 8 schedules s | ratio |\n|---|---|---|");
    let mut ratios = Vec::new();
    for _ in 0..REPEATS {
        let cost = |rewritten: &Vec<(PathBuf, Vec<u8>)>, fork: bool, schedules: usize| {
            let program = |overlay: &Vec<(PathBuf, Vec<u8>)>| Program::of(overlay.clone());
            let name = Path::new("evaluate_mcq.py");
            let mut request = Request::new(folder.path(), name, &python, program(&original), program(rewritten));
            request.executable = Some(perfmod);
            (request.fork, request.schedules) = (fork, schedules);
            (request.faults, request.mutants) = (0, 0);
            let args = ["--limit".to_owned(), "20".to_owned()];
            request.args = &args;
            let start = std::time::Instant::now();
            let tell = std::env::var_os("BENCH_LOG").is_some();
            let outcome = validate(&request, &mut |line| {
                if tell {
                    println!("{:.2} {line}", start.elapsed().as_secs_f64());
                }
            });
            outcome.cost.unwrap_or_else(|| panic!("{outcome:#?}"))
        };
        // The plain run is taken from a validation in which nothing is imported at the same time.
        let plain = cost(&original, false, 1).plain.as_secs_f64();
        let schedules = cost(&rewritten, true, 8).schedules.as_secs_f64();
        println!("| {plain:.2} | {schedules:.2} | {:.2} |", schedules / plain);
        ratios.push(schedules / plain);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("\nmedian {median:.2}, bar {BAR}: {}", if median <= BAR { "met" } else { "missed" });
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("writable");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("writable");
        }
    }
}
