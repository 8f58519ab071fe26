//! The validator, run for real: pairs of small programs whose right verdict is known.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use perfmod::{
    facts::Verdict,
    project::python::{self, Interpreter},
    validate::{Outcome, Program, Request, validate},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// The programs of a pair ask these.
const HEAD: &str =
    "import json, os, sys, time\nfrom client import ask, post\nnames = [f'item {i}' for i in range(8)]\n";
/// What rewritten ones are made with.
const POOL: &str = "from concurrent.futures import ThreadPoolExecutor, as_completed\npool = ThreadPoolExecutor(8)\n";
const ORIGINAL: &str = "
with open('out.jsonl', 'w') as out:
    for name in names:
        answer = ask(name)
        print(name, answer)
        out.write(json.dumps({'name': name, 'answer': answer}) + '\\n')
";
const RIGHT: &str = "
futures = [pool.submit(ask, name) for name in names]
with open('out.jsonl', 'w') as out:
    for name, future in zip(names, futures):
        answer = future.result()
        print(name, answer)
        out.write(json.dumps({'name': name, 'answer': answer}) + '\\n')
";

struct Project {
    folder: tempfile::TempDir,
    python: Interpreter,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("client.py"), include_str!("validate/client.py")).expect("writable");
        let python = python::find(&folder.path().join("main.py"), "", None, &mut |_| ()).expect("tests need a python3");
        Self { folder, python }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Validates one script against another; `adjust` changes the usual request.
    fn check<'a>(&'a self, original: &str, rewritten: &str, adjust: impl FnOnce(&mut Request<'a>)) -> Outcome {
        let program = |text: &str| Program::of(vec![(PathBuf::from("main.py"), text.as_bytes().to_vec())]);
        let mut request =
            Request::new(self.path(), Path::new("main.py"), &self.python, program(original), program(rewritten));
        request.executable = Some(Path::new(env!("CARGO_BIN_EXE_perfmod")));
        request.schedules = 3;
        adjust(&mut request);
        validate(&request, &mut |_| ())
    }
}

/// Validates two bodies: the first is run after `HEAD`, the second after `HEAD` and `POOL`.
fn pair(original: &str, rewritten: &str) -> Outcome {
    Project::new().check(&format!("{HEAD}{original}"), &format!("{HEAD}{POOL}{rewritten}"), |_| ())
}

#[track_caller]
fn reason(outcome: &Outcome, verdict: Verdict, part: &str) {
    let reason = outcome.evidence.reason.clone().unwrap_or_default();
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    assert!(reason.contains(part), "expected {part:?} in: {reason}");
}

#[test]
fn a_right_rewriting_is_validated_and_the_evidence_is_complete() {
    let project = Project::new();
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &format!("{HEAD}{POOL}{RIGHT}"), |r| r.schedules = 8);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    let evidence = &outcome.evidence;
    assert_eq!((evidence.runs, evidence.requests, evidence.max_in_flight), (30, 8, 8));
    assert_eq!((evidence.schedules.len(), evidence.faults.len()), (8, 6));
    assert_eq!(
        evidence.observables,
        ["exit code", "8 requests", "stdout", "file out.jsonl", "variables at the end: answer, name, names"]
    );
    assert_eq!(evidence.mutants, Some((4, 4)));
    assert!(evidence.masked.is_empty() && evidence.reason.is_none() && evidence.second_run_calls.is_none());
    assert_eq!(evidence.answers, "stub");
    assert!(evidence.isolation.contains("Landlock") && evidence.isolation.contains("private HOME"));
    let timing = evidence.stages.as_ref().expect("both were measured");
    // Eight answers of 25 ms one by one, against all at once.
    assert!(timing.original.requests >= 0.2 && evidence.speedup_measured.is_some_and(|x| x > 2.0), "{timing:?}");
    assert_eq!(fs::read_dir(project.path()).expect("readable").count(), 1, "the project itself was written to");
}

#[test]
fn results_in_the_order_of_completion_are_refuted() {
    let outcome = pair(
        ORIGINAL,
        "
futures = [pool.submit(ask, name) for name in names]
with open('out.jsonl', 'w') as out:
    for name, future in zip(names, as_completed(futures)):
        answer = future.result()
        print(name, answer)
        out.write(json.dumps({'name': name, 'answer': answer}) + '\\n')
",
    );
    reason(&outcome, Verdict::Refuted, "stdout differs at line");
}

#[test]
fn a_differing_order_is_told_by_the_two_items_that_are_enough() {
    let outcome = pair(
        "for name in names:\n    print(ask(name))\n",
        "
import threading
lines, lock = [], threading.Lock()
def work(name):
    answer = ask(name)
    with lock:
        lines.append((name, answer))
list(pool.map(work, names))
order = [name for name, _ in lines]
late = order.index('item 6') < order.index('item 5')
for name, answer in sorted(lines):
    print(answer + '!' if late and name == 'item 3' else answer)
",
    );
    reason(&outcome, Verdict::Refuted, "stdout differs at line 4");
    if outcome.evidence.schedules.contains(&"as-is".to_owned()) {
        reason(&outcome, Verdict::Refuted, "it is enough that item 7 is answered before item 6, all others in order");
        reason(&outcome, Verdict::Refuted, "item 7: … item 6");
    }
}

#[test]
fn a_sample_that_could_not_show_a_mistake_does_not_validate() {
    // What is printed does not depend on whose answer it is.
    let original = "print(sum(bool(ask(name)) for name in names))\n";
    let rewritten = "print(sum(bool(answer) for answer in pool.map(ask, names)))\n";
    let outcome = pair(original, rewritten);
    reason(&outcome, Verdict::Assumed, "no seeded mix-up of answers showed");
    // That one is missing shows, and that other things are asked for.
    assert_eq!(outcome.evidence.mutants, Some((2, 4)));
    // The sum of all shows that one is wrong, and not which of two it is.
    let original = "total = 0\nfor name in names:\n    total += len(ask(name))\nprint(total)\n";
    let rewritten = "total = 0\nfor future in [pool.submit(ask, name) for name in names]:\n    total += len(future.result())\nprint(total)\n";
    let outcome = pair(original, rewritten);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.mutants.is_some_and(|(told, seeded)| told < seeded), "{outcome:#?}");
    let note = "a seeded mistake did not show: the answers of two items exchanged";
    assert!(outcome.evidence.notes.iter().any(|known| known == note), "{outcome:#?}");
    // What stays in a variable is enough.
    let outcome = pair("answers = [ask(name) for name in names]\n", "answers = list(pool.map(ask, names))\n");
    assert_eq!((outcome.verdict, outcome.evidence.mutants), (Verdict::Validated, Some((4, 4))), "{outcome:#?}");
}

#[test]
fn mistakes_in_the_code_run_and_show_where_they_can() {
    // In sorted answers it does not show which is whose; that one is missing, or all are one, does.
    let original = "print(sorted([ask(name) for name in names]))\n";
    let asyncs = "import asyncio\nasync def work(name):\n    return await asyncio.to_thread(ask, name)\n";
    for rewritten in [
        "print(sorted(pool.map(ask, names)))\n",
        "print(sorted(future.result() for future in [pool.submit(ask, name) for name in names]))\n",
        "print(sorted(future.result() for future in as_completed({pool.submit(ask, name): name for name in names})))\n",
        "started = {}\nfor place, item in enumerate(names):\n    started[pool.submit(ask, item)] = place\nprint(sorted(future.result() for future in started))\n",
        "async def main():\n    print(sorted(await asyncio.gather(*(work(name) for name in names))))\nasyncio.run(main())\n",
        "async def main():\n    tasks = [asyncio.create_task(work(name)) for name in names]\n    print(sorted(await asyncio.gather(*tasks)))\nasyncio.run(main())\n",
        "from perfmod_runtime import gather, run\nasync def main():\n    print(sorted(await gather(work, names)))\nrun(main())\n",
        "from perfmod_runtime import ahead\nprint(sorted(reply.result() for name, reply in ahead(ask, names)))\n",
    ] {
        let project = Project::new();
        let runtime = project.path().join("perfmod_runtime.py");
        fs::write(runtime, include_str!("../transforms/runtime/perfmod_runtime.py")).expect("writable");
        let lead = if rewritten.contains("work") { asyncs } else { "" };
        let rewritten = format!("{HEAD}{POOL}{lead}{rewritten}");
        let outcome = project.check(&format!("{HEAD}{original}"), &rewritten, |request| {
            (request.schedules, request.faults) = (2, 0);
        });
        assert_eq!(
            (outcome.verdict, outcome.evidence.mutants),
            (Verdict::Validated, Some((2, 4))),
            "{rewritten} {outcome:#?}"
        );
        let (_, notes) = told_of(&outcome);
        for survivor in ["in the code, each item given the reply of another", "the answers of two items exchanged"] {
            assert!(notes.contains(&format!("a seeded mistake did not show: {survivor}")), "{rewritten} {notes}");
        }
    }
}

#[test]
fn prints_and_appends_by_completion_are_refuted() {
    let print = pair(
        "for name in names:\n    print(name, ask(name))\n",
        "for line in as_completed([pool.submit(lambda n: (n, ask(n)), name) for name in names]):\n    print(*line.result())\n",
    );
    reason(&print, Verdict::Refuted, "stdout differs");
    let append = pair(
        "for name in names:\n    open('out.jsonl', 'a').write(json.dumps(ask(name)) + '\\n')\n",
        "def work(name):\n    open('out.jsonl', 'a').write(json.dumps(ask(name)) + '\\n')\nlist(pool.map(work, names))\n",
    );
    reason(&append, Verdict::Refuted, "the same records in another order");
}

#[test]
fn a_lost_row_an_extra_request_and_a_changed_one_are_refuted() {
    let lost = pair(ORIGINAL, &RIGHT.replace("zip(names, futures)", "zip(names[:-1], futures)"));
    reason(&lost, Verdict::Refuted, "line 8");
    let extra = pair(ORIGINAL, &format!("{RIGHT}\nask('one more')\n"));
    reason(&extra, Verdict::Refuted, "a request that the original does not make");
    reason(&extra, Verdict::Refuted, "one more");
    let missing = pair(&format!("{ORIGINAL}\nask('one more')\n"), RIGHT);
    reason(&missing, Verdict::Refuted, "a request of the original is missing");
    let changed = pair(ORIGINAL, &RIGHT.replace("pool.submit(ask, name)", "pool.submit(ask, name + '!')"));
    reason(&changed, Verdict::Refuted, "a request differs");
}

#[test]
fn an_agreed_extra_request_is_let_through() {
    let project = Project::new();
    let rewritten = format!("{HEAD}{POOL}{RIGHT}\nask('one more')\n");
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &rewritten, |request| request.extra_requests = 1);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn an_exit_code_that_is_lost_is_refuted() {
    let outcome = pair(
        "for name in names:\n    print(ask(name))\nsys.exit(3)\n",
        "for answer in pool.map(ask, names):\n    print(answer)\n",
    );
    reason(&outcome, Verdict::Refuted, "exit code: original 3, rewritten 0");
    let outcome = pair(ORIGINAL, &format!("{RIGHT}\nraise KeyError('gone')\n"));
    reason(&outcome, Verdict::Refuted, "KeyError: 'gone'");
}

#[test]
fn a_request_without_an_answer_is_named() {
    let outcome = pair("post('https://weather.example/v1/now', {'q': 1})\n", "");
    reason(&outcome, Verdict::Assumed, "POST https://weather.example/v1/now");
    let outcome = pair("post('https://api.openai.com/v1/responses', {'input': 'a', 'stream': True})\n", "");
    reason(&outcome, Verdict::Assumed, "streamed");
    let get = "import urllib.request\nurllib.request.urlopen('http://data.example/x.json')\n";
    reason(&pair(get, ""), Verdict::Assumed, "GET http://data.example/x.json");
}

#[test]
fn more_requests_than_the_budget_are_not_made() {
    let project = Project::new();
    let script = format!("{HEAD}while True:\n    ask('again')\n");
    let outcome = project.check(&script, &script, |request| request.max_requests = 5);
    reason(&outcome, Verdict::Assumed, "more than 5 requests");
}

#[test]
fn the_files_of_the_user_stay_as_they_are() {
    let (project, outside) = (Project::new(), tempfile::tempdir().expect("a folder"));
    let (input, large) = (project.path().join("input.txt"), project.path().join("large.bin"));
    let other = outside.path().join("other.txt");
    fs::write(&input, "keep").expect("writable");
    fs::write(&large, vec![7; 2 << 20]).expect("writable");
    fs::write(&other, "keep").expect("writable");
    std::os::unix::fs::symlink(outside.path(), project.path().join("link")).expect("a link");
    let tries = format!(
        "
def refused(action):
    try:
        action()
    except OSError as error:
        print('refused', type(error).__name__)
os.remove('input.txt')
refused(lambda: open({input:?}, 'w'))
refused(lambda: os.remove({other:?}))
refused(lambda: open('large.bin', 'r+b'))
refused(lambda: open('link/other.txt', 'w'))
refused(lambda: os.truncate({other:?}, 0))
print(len(open('large.bin', 'rb').read()), open('link/other.txt').read())
os.remove('large.bin')
",
    );
    let body = |rest: &str| format!("{HEAD}{POOL}{tries}{rest}");
    let outcome = project.check(&body(ORIGINAL), &body(RIGHT), |_| ());
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.observables.contains(&"file input.txt".to_owned()));
    assert_eq!(fs::read_to_string(&input).expect("there"), "keep");
    assert_eq!(fs::read_to_string(&other).expect("there"), "keep");
    assert_eq!(fs::metadata(&large).expect("there").len(), 2 << 20);
    assert!(!project.path().join("out.jsonl").exists());
    // One of the tries let through would have printed one line less.
    let counted = project.check(&body("print('x')\nask('a'); ask('b')\n"), &body("ask('a'); ask('b')\n"), |_| ());
    reason(&counted, Verdict::Refuted, "line 7");
}

#[test]
fn an_overlay_never_follows_a_link_out_of_the_copy() {
    let (project, outside) = (Project::new(), tempfile::tempdir().expect("a folder"));
    fs::write(outside.path().join("main.py"), "keep").expect("writable");
    std::os::unix::fs::symlink(outside.path(), project.path().join("link")).expect("a link");
    std::os::unix::fs::symlink(outside.path().join("main.py"), project.path().join("main.py")).expect("a link");
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &format!("{HEAD}{POOL}{RIGHT}"), |request| {
        request.original.overlay.push(("link/main.py".into(), b"gone".to_vec()));
    });
    reason(&outcome, Verdict::Assumed, "its folder is a symbolic link");
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &format!("{HEAD}{POOL}{RIGHT}"), |_| ());
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert_eq!(fs::read_to_string(outside.path().join("main.py")).expect("there"), "keep");
}

#[test]
fn there_is_no_network_but_the_proxy() {
    let outcome = pair(
        "
import socket
for name in names[:2]:
    print(ask(name))
try:
    socket.create_connection(('192.0.2.1', 80), timeout=5)
except OSError as error:
    print(error.errno)
",
        "
for answer in pool.map(ask, names[:2]):
    print(answer)
print(101)
",
    );
    if outcome.evidence.isolation.contains("own network namespace") {
        // 101: network is unreachable.
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    } else {
        assert!(outcome.evidence.isolation.contains("network not cut off"), "{outcome:#?}");
    }
}

#[test]
fn no_secret_and_no_home_reaches_the_program() {
    // The variable is this process's own, so that no other test sees it change: PATH and HOME are always there.
    let home = std::env::var("HOME").unwrap_or_default();
    let script = format!(
        "
for name in names[:2]:
    print(ask(name))
allowed = [k for k in os.environ if 'CARGO' in k or 'RUST' in k]
print(allowed, os.environ['OPENAI_API_KEY'][:10], os.path.expanduser('~') == {home:?})
try:
    parent = open(f'/proc/{{os.getppid()}}/environ').read()
except OSError:
    parent = ''
print(repr(parent))
"
    );
    let rewritten = "
for answer in pool.map(ask, names[:2]):
    print(answer)
print([], 'sk-perfmod', False)
print(repr(''))
";
    let outcome = pair(&script, rewritten);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn what_does_not_end_is_ended() {
    let project = Project::new();
    let start = Instant::now();
    let spin = format!("{HEAD}ask('a')\nwhile True:\n    pass\n");
    let short = |request: &mut Request<'_>| request.timeout = Duration::from_secs(2);
    reason(&project.check(&spin, &spin, short), Verdict::Assumed, "did not end within 2 s");
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &spin, short);
    reason(&outcome, Verdict::Refuted, "did not end in time");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_process_that_leaves_the_group_is_ended_too() {
    let project = Project::new();
    let marker = format!("perfmod-test-{}", std::process::id());
    let leave = format!(
        "
import subprocess
subprocess.Popen([sys.executable, '-c', 'import time\\nwhile True: time.sleep(1)', {marker:?}], start_new_session=True)
"
    );
    let outcome = project.check(&format!("{HEAD}{leave}{ORIGINAL}"), &format!("{HEAD}{POOL}{leave}{RIGHT}"), |_| ());
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    for process in fs::read_dir("/proc").expect("proc").flatten() {
        let line = fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        assert!(!line.contains(&marker), "still there: {line}");
    }
}

#[test]
fn a_full_disk_a_bomb_and_calls_home_harm_nothing() {
    let project = Project::new();
    // The disk.
    let fill = format!("{HEAD}ask('a')\nfor i in range(10 ** 6):\n    open(str(i), 'wb').write(bytes(1 << 20))\n");
    let outcome = project.check(&fill, &fill, |request| request.max_written = 40 << 20);
    reason(&outcome, Verdict::Assumed, "it filled more than 40 MB of disk");
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &fill, |request| request.max_written = 40 << 20);
    reason(&outcome, Verdict::Refuted, "was stopped: it filled more than 40 MB of disk");
    // Rights and times of files outside.
    let outside = tempfile::NamedTempFile::new().expect("a file outside");
    let before = fs::metadata(outside.path()).expect("there");
    let touch = format!(
        "{HEAD}{ORIGINAL}
for change in (lambda path: os.chmod(path, 0o777), lambda path: os.utime(path, (0, 0))):
    try:
        change({:?})
        print('changed')
    except OSError:
        print('refused')
",
        outside.path()
    );
    let outcome = project.check(&touch, &touch, |request| (request.faults, request.mutants) = (0, 0));
    let after = fs::metadata(outside.path()).expect("still there");
    let words = &outcome.evidence.isolation;
    assert!(words.contains("mounted read-only") || words.contains("not protected"), "{words}");
    if words.contains("mounted read-only") {
        assert_eq!(before.permissions(), after.permissions(), "{outcome:#?}");
        assert_eq!(before.modified().ok(), after.modified().ok(), "{outcome:#?}");
    }
    // Processes that leave their group and start others.
    let marker = format!("perfmod-bomb-{}", std::process::id());
    let bomb = format!(
        "
for i in range(30):
    if os.fork() == 0:
        os.setsid()
        for j in range(3):
            os.fork()
        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import select\\nselect.select([], [], [], 600)', {marker:?}])
"
    );
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}{bomb}"), &format!("{HEAD}{POOL}{RIGHT}{bomb}"), |request| {
        (request.faults, request.mutants) = (0, 0);
    });
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    for process in fs::read_dir("/proc").expect("proc").flatten() {
        let line = fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        assert!(!line.contains(&marker), "still there: {line}");
    }
    // The network.
    let calls = "
import socket
def refused(action):
    try:
        action()
    except OSError:
        print('refused')
refused(lambda: socket.create_connection(('192.0.2.1', 80), timeout=5))
refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))
refused(lambda: socket.getaddrinfo('example.com', 80))
";
    let shown = "print('refused')\n".repeat(3);
    let outcome = pair(&format!("{ORIGINAL}{calls}"), &format!("{RIGHT}{shown}"));
    if outcome.evidence.isolation.contains("own network namespace") {
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    }
}

#[test]
fn without_namespaces_the_next_best_is_said() {
    let project = Project::new();
    let outcome = project.check(&format!("{HEAD}{ORIGINAL}"), &format!("{HEAD}{POOL}{RIGHT}"), |request| {
        request.namespaced = false;
    });
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    let isolation = &outcome.evidence.isolation;
    assert!(
        isolation.starts_with("network not cut off (as was asked for), so only what honours the proxy"),
        "{isolation}"
    );
    assert!(isolation.contains("Landlock") && isolation.contains("/dev/shm shared with the machine"), "{isolation}");
}

#[test]
fn without_landlock_mounts_keep_files_as_they_are_or_nothing_runs() {
    let outside = tempfile::NamedTempFile::new().expect("a file outside");
    fs::write(outside.path(), "kept").expect("writable");
    // Also by what a program might do to the mounts: make them writable again, itself or in a namespace of its own.
    let attack = format!(
        "{HEAD}{ORIGINAL}
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def write():
    try:
        open({0:?}, 'w').write('changed')
        print('written')
    except OSError:
        print('refused')
def remount():
    for flags in (32, 32 | 4096):
        for folder in (b'/', {1:?}.encode()):
            if libc.mount(None, folder, None, flags, None) == 0:
                print('remounted', flags, folder)
write()
remount()
write()
if libc.unshare(0x10000000 | 0x20000) == 0:
    remount()
    write()
",
        outside.path(),
        outside.path().parent().expect("a folder"),
    );
    for fork in [true, false] {
        let project = Project::new();
        let outcome = project.check(&attack, &attack, |request| {
            (request.landlocked, request.fork, request.any_change) = (false, fork, true);
            (request.schedules, request.faults, request.mutants) = (1, 0, 0);
        });
        assert_eq!(fs::read_to_string(outside.path()).expect("there"), "kept", "{outcome:#?}");
        if outcome.evidence.isolation.is_empty() {
            // No mounts of its own here: refused.
            reason(&outcome, Verdict::Assumed, "Landlock");
            continue;
        }
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        let isolation = &outcome.evidence.isolation;
        assert!(isolation.contains("no Landlock") && isolation.contains("mounted read-only"), "{isolation}");
        let shown = attack
            .replace("    except OSError:\n        print('refused')", "    except OSError:\n        print('other')");
        let other = project.check(&attack, &shown, |request| {
            (request.landlocked, request.fork, request.any_change) = (false, fork, true);
            (request.schedules, request.faults, request.mutants) = (1, 0, 0);
        });
        reason(&other, Verdict::Refuted, "original:  refused");
    }
    let outcome = Project::new().check(&format!("{HEAD}{ORIGINAL}"), &format!("{HEAD}{POOL}{RIGHT}"), |request| {
        (request.namespaced, request.landlocked) = (false, false);
    });
    reason(
        &outcome,
        Verdict::Assumed,
        "there is no Landlock here, so a run could not be kept from writing to your files",
    );
    assert_eq!(outcome.evidence.runs, 1);
}

#[test]
fn bubblewrap_enters_namespaces_where_perfmod_may_not() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("bwrap").is_file()) {
        eprintln!("skipped: bubblewrap is not installed");
        return;
    }
    let outside = tempfile::NamedTempFile::new().expect("a file outside");
    let tried = format!(
        "
import multiprocessing, socket
def refused(action):
    try:
        action()
        print('done')
    except OSError:
        print('refused')
refused(lambda: open({:?}, 'w'))
refused(lambda: os.chmod({0:?}, 0o777))
refused(lambda: socket.create_connection(('192.0.2.1', 80), timeout=5))
refused(lambda: multiprocessing.Lock())
print(os.listdir('/dev/shm'), os.path.exists('/dev/null'))
",
        outside.path()
    );
    let shown = "print('refused')\n".repeat(3) + "print('done')\nprint([], True)\n";
    for (fork, landlocked) in [(true, true), (false, true), (true, false)] {
        let [before, after] = [format!("{HEAD}{ORIGINAL}{tried}"), format!("{HEAD}{POOL}{RIGHT}{shown}")];
        let outcome = Project::new().check(&before, &after, |request| {
            (request.bubblewrapped, request.fork, request.landlocked) = (true, fork, landlocked);
            (request.schedules, request.mutants) = (2, 1);
        });
        if outcome.evidence.isolation.contains("own network namespace (loopback only), every")
            || outcome.evidence.isolation.contains("not cut off")
        {
            eprintln!("skipped: bubblewrap may not enter namespaces here: {}", outcome.evidence.isolation);
            return;
        }
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        let isolation = &outcome.evidence.isolation;
        assert!(
            isolation.contains("mounted read-only") && !isolation.contains("shared with the machine"),
            "{isolation}"
        );
        assert_eq!(isolation.contains("no Landlock"), !landlocked, "{isolation}");
        // It mounts no small disk.
        assert!(told_of(&outcome).1.contains("the full disk was a limit"), "{outcome:#?}");
    }
}

#[test]
fn an_original_that_fails_is_no_baseline() {
    let crash = pair(&format!("{ORIGINAL}\nraise ValueError('no good')\n"), RIGHT);
    reason(&crash, Verdict::Assumed, "ValueError: no good");
    let idle = pair("print('nothing to do')\n", "print('nothing to do')\n");
    reason(&idle, Verdict::Assumed, "no request");
    let other = pair("import random\nfor i in range(3):\n    ask(str(random.random()))\n", RIGHT);
    reason(&other, Verdict::Assumed, "did not make the same requests");
    let told = other.evidence.reason.unwrap();
    assert!(told.contains("one run:") && told.contains("another:") && !told.contains("rewritten"), "{told}");
    let unread = pair("def f(:\n", RIGHT);
    reason(&unread, Verdict::Assumed, "SyntaxError");
}

#[test]
fn what_changes_from_run_to_run_is_masked_and_named() {
    let noise = "
import random, uuid
print('took', time.time_ns(), 's for', len(names))
open(f'log-{uuid.uuid4()}.txt', 'w').write('x')
";
    let outcome = pair(&format!("{ORIGINAL}{noise}"), &format!("{RIGHT}{noise}"));
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.masked.contains(&"stdout: word 3 of line 9".to_owned()), "{outcome:#?}");
    assert!(outcome.evidence.masked.iter().any(|masked| masked.contains("log-")), "{outcome:#?}");
    let wrong = noise.replace("len(names)", "len(names) - 1");
    reason(&pair(&format!("{ORIGINAL}{noise}"), &format!("{RIGHT}{wrong}")), Verdict::Refuted, "line 9");
}

/// The name says when or by what the file was written; the records in it are the result.
#[test]
fn a_file_whose_name_varies_is_compared_all_the_same() {
    let dated = |body: &str| {
        format!("import uuid\nname = f'run_{{time.time_ns()}}.jsonl'\n{}", body.replace("'out.jsonl'", "name"))
    };
    let outcome = pair(&dated(ORIGINAL), &dated(RIGHT));
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.observables.contains(&"file run_#.jsonl".to_owned()), "{outcome:#?}");
    let wrong = RIGHT.replace("'answer': answer}", "'answer': name}");
    reason(&pair(&dated(ORIGINAL), &dated(&wrong)), Verdict::Refuted, "the file run_#.jsonl differs at line 1");
    let two = format!("{RIGHT}\nopen(f'run_{{time.time_ns()}}.jsonl', 'w').write('more')\n");
    reason(&pair(&dated(ORIGINAL), &dated(&two)), Verdict::Refuted, "the file run_");
    // A folder of its own for each run.
    let within =
        |body: &str| dated(body).replace("run_{time.time_ns()}", "{os.mkdir(d := str(time.time_ns())) or d}/run");
    let outcome = pair(&within(ORIGINAL), &within(RIGHT));
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    reason(&pair(&within(ORIGINAL), &within(&wrong)), Verdict::Refuted, "the file #/run.jsonl differs at line 1");
}

#[test]
fn a_file_of_which_nothing_can_be_compared_is_told_and_not_validated() {
    let with = |noise: &str| pair(&format!("{ORIGINAL}{noise}"), &format!("{RIGHT}{noise}"));
    let several = with("import uuid\nfor name in names:\n    open(f'log-{uuid.uuid4()}.txt', 'w').write(name)\n");
    reason(&several, Verdict::Assumed, "log-#-#-#-#-#.txt");
    let longer = with("open('trace.txt', 'w').write('x\\n' * (1 + os.getpid() % 50))\n");
    reason(&longer, Verdict::Assumed, "the file trace.txt");
    let packed = with("open('all.json', 'w').write('{\"at\":%d,\"n\":1}' % time.time_ns())\n");
    reason(&packed, Verdict::Assumed, "the file all.json");
    // Lines of a log that begin with a time still say the rest.
    let log = with(
        "with open('run.log', 'w') as log:\n    for name in names:\n        log.write(f'{time.time_ns()} done {name}\\n')\n",
    );
    assert_eq!(log.verdict, Verdict::Validated, "{log:#?}");
    assert!(log.evidence.observables.contains(&"file run.log".to_owned()), "{log:#?}");
}

#[test]
fn what_is_told_of_a_request_holds_no_secret() {
    let get =
        "import urllib.request\nurllib.request.urlopen('http://data.example/x.json?api_key=very-much-mine&city=a')\n";
    let outcome = pair(get, "");
    reason(&outcome, Verdict::Assumed, "GET http://data.example/x.json?api_key=REDACTED&city=a");
    let body = "post('https://api.openai.com/v1/chat/completions?key=very-much-mine', {'model': 'm', 'api_key': 'very-much-mine', 'messages': []})\n";
    let more = pair(ORIGINAL, &format!("{RIGHT}{body}"));
    reason(&more, Verdict::Refuted, "a request that the original does not make");
    reason(&more, Verdict::Refuted, "REDACTED");
    let other = body.replace("'m'", "'n'");
    let differs = pair(&format!("{ORIGINAL}{body}"), &format!("{RIGHT}{other}"));
    reason(&differs, Verdict::Refuted, "a request differs");
    for outcome in [outcome, more, differs] {
        assert!(!format!("{outcome:?}").contains("very-much-mine"), "{outcome:#?}");
    }
}

#[test]
fn a_line_of_the_rewritten_version_is_told_with_its_own_file() {
    let project = Project::new();
    let unrun = "if len(names) > 100:\n    print('MANY')\n";
    let original = format!("{HEAD}{ORIGINAL}{}", unrun.replace("MANY", "a lot"));
    let outcome = project.check(&original, &format!("{HEAD}{POOL}{RIGHT}{unrun}"), |request| {
        request.named = Some("elsewhere/new.py".to_owned());
    });
    reason(&outcome, Verdict::Assumed, "elsewhere/new.py:14 `print('MANY')`");
}

/// perfmod's own runtime waits longer by agreement; of any other program it must be said.
/// A rewriting moves lines, so a log that names them differs; it must name those that the original names.
#[test]
fn lines_that_a_program_names_may_have_moved() {
    let log = "import logging\nlogging.basicConfig(filename='run.log', format='%(filename)s:%(lineno)d %(message)s', level='INFO')\n";
    let original =
        format!("{log}for name in names:\n    answer = ask(name)\n    logging.info('%s %s', name, answer)\n");
    let ahead = format!("{log}futures = [pool.submit(ask, name) for name in names]\n");
    let right = format!(
        "{ahead}for name, future in zip(names, futures):\n    answer = future.result()\n    logging.info('%s %s', name, answer)\n"
    );
    let outcome = pair(&original, &right);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.observables.contains(&"file run.log".to_owned()), "{outcome:#?}");
    let another =
        format!("{ahead}for name, future in zip(names, futures):\n    logging.info('%s %s', name, future.result())\n");
    reason(&pair(&original, &another), Verdict::Refuted, "the file run.log differs at line 1:");
}

#[test]
fn trying_again_where_the_original_ends_is_said() {
    let stops = "for name in names:\n    print(ask(name))\n";
    let again = "
import urllib.error
def work(name):
    while True:
        try:
            return ask(name)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
for answer in pool.map(work, names):
    print(answer)
";
    let check = |any_change: bool| {
        Project::new().check(&format!("{HEAD}{stops}"), &format!("{HEAD}{POOL}{again}"), |request| {
            (request.schedules, request.faults, request.any_change) = (2, 2, any_change);
        })
    };
    let alike = ["500 for the first item", "429 once for the middle item"];
    assert_eq!(check(false).evidence.faults, alike);
    let any = check(true);
    assert_eq!(
        (any.verdict, &any.evidence.faults[..]),
        (Verdict::Validated, &alike[..1].iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..]),
        "{any:#?}"
    );
    let note = "under a fault (429 once for the middle item) the rewritten program tries again where the original ends";
    assert!(any.evidence.notes.iter().any(|known| known == note), "{any:#?}");
}

/// One library words its time-outs in several ways; what the program says itself is its own.
#[test]
fn time_outs_may_be_worded_differently() {
    let timed = |error: &str| {
        format!(
            "
def timed(name):
    body = {{'model': 'm', 'messages': [{{'role': 'user', 'content': name}}]}}
    import urllib.request
    headers = {{'Content-Type': 'application/json', 'Authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']}}
    request = urllib.request.Request('https://api.openai.com/v1/chat/completions', json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)['choices'][0]['message']['content']
    except TimeoutError:
        {error}
exec(compile('def library(words):\\n    raise TimeoutError(words)', '/usr/lib/library.py', 'exec'))
"
        )
    };
    let check = |one: &str, other: &str| {
        faulted(
            &format!("{}for name in names:\n    print(timed(name))\n", timed(one)),
            &format!("{}for answer in pool.map(timed, names):\n    print(answer)\n", timed(other)),
            5,
        )
    };
    let worded = check("library('slow')", "library('')");
    assert_eq!(worded.verdict, Verdict::Validated, "{worded:#?}");
    assert!(told_of(&worded).0.contains(&"no answer for the middle item"), "{worded:#?}");
    let (silent, differs) = ("under a fault (no answer for the middle item)", "the exception at the end differs");
    for (one, other) in [
        ("raise RuntimeError('slow')", "raise RuntimeError('')"),
        ("raise TimeoutError('slow')", "raise TimeoutError('')"),
        ("library('slow')", "raise ConnectionError('slow')"),
    ] {
        reason(&check(one, other), Verdict::Refuted, &format!("{silent}: {differs}"));
    }
}

#[test]
fn times_that_happen_to_be_equal_are_masked_too() {
    let timed = |body: &str| format!("start = time.time()\n{body}print(f'took {{3 * (time.time() - start):.0f}} s')\n");
    // 0 without latency; 1 or more where each of eight answers takes 50 ms.
    let outcome = pair(&timed(ORIGINAL), &timed(RIGHT));
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn what_could_not_have_shown_a_difference_is_not_validated() {
    let sequential = pair(ORIGINAL, ORIGINAL);
    reason(&sequential, Verdict::Assumed, "never had two requests under way");
    let silent = pair("for name in names:\n    ask(name)\n", "list(pool.map(ask, names))\n");
    reason(&silent, Verdict::Assumed, "nothing of what the program puts out");
    let same = |after: &str| {
        let cold = "def cold(i):\n    body = {'model': 'm', 'messages': [{'role': 'user', 'content': 'x'}], 'temperature': 0}\n    return post('https://api.openai.com/v1/chat/completions', body)['choices'][0]['message']['content']\n";
        pair(&format!("{cold}for i in range(3):\n    print(cold(i))\n"), &format!("{cold}{after}"))
    };
    reason(&same("for a in pool.map(cold, range(3)):\n    print(a)\n"), Verdict::Assumed, "all answers were equal");
    let single = pair("print(ask('x'))\n", "print(ask('x'))\n");
    reason(&single, Verdict::Assumed, "only one request");
}

/// Which of two equal requests gets which answer depends on which comes first, and no server would tell them apart.
#[test]
fn samples_of_one_prompt_differ_and_may_change_places() {
    let original = "for i in range(2):\n    for name in names[:3]:\n        print(name, ask(name))\n";
    let swapped = "work = [(name, i) for i in (1, 0) for name in names[:3]]\n\
        answers = dict(zip(work, pool.map(lambda w: ask(w[0]), work)))\n\
        for i in range(2):\n    for name in names[:3]:\n        print(name, answers[name, i])\n";
    let outcome = pair(original, swapped);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    // Asking again until something is different must come to an end.
    let again = "first = ask('x')\nwhile ask('x') == first:\n    pass\nprint(first)\n";
    let outcome = pair(&format!("{again}{ORIGINAL}"), &format!("{again}{RIGHT}"));
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    // One answer in place of two equal ones is none the worse, whoever keeps it.
    let cold = "def cold(name):\n    body = {'model': 'm', 'messages': [{'role': 'user', 'content': name}], 'temperature': 0}\n    return post('https://api.openai.com/v1/chat/completions', body)['choices'][0]['message']['content']\n";
    let twice = format!("{HEAD}{cold}for name in names[:3] * 2:\n    print(name, cold(name))\n");
    let kept = format!(
        "{HEAD}{POOL}{cold}one = dict(zip(names[:3], pool.map(cold, names[:3])))\nfor name in names[:3] * 2:\n    print(name, one[name])\n"
    );
    let outcome = Project::new().check(&twice, &kept, |request| request.any_change = true);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    // One sample in place of two is another program.
    let merged = "one = dict(zip(names, pool.map(ask, names[:3])))\nfor i in range(2):\n    for name in names[:3]:\n        print(name, one[name])\n";
    let outcome = Project::new().check(&format!("{HEAD}{original}"), &format!("{HEAD}{POOL}{merged}"), |request| {
        request.expects_cache = true;
    });
    reason(&outcome, Verdict::Refuted, "a request that the original makes 2 times is made once, and nothing in it");
}

#[test]
fn sleeps_cost_little_and_clocks_agree() {
    let start = Instant::now();
    let outcome = pair(
        "
begin = time.time()
for name in names:
    print(ask(name))
    time.sleep(30)
deadline = time.monotonic() + 100
while time.monotonic() < deadline:
    time.sleep(10)
print(200 < time.time() - begin < 400)
",
        "
import asyncio, threading
for answer in pool.map(ask, names):
    print(answer)
async def sleeper():
    await asyncio.sleep(50)
async def many():
    before = time.perf_counter()
    await asyncio.wait_for(asyncio.gather(*(sleeper() for _ in range(9))), timeout=5)
    print(45 < time.perf_counter() - before < 60)
asyncio.run(many())
",
    );
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// Validates two bodies under faults only.
fn faulted(original: &str, rewritten: &str, faults: usize) -> Outcome {
    Project::new().check(&format!("{HEAD}{original}"), &format!("{HEAD}{POOL}{rewritten}"), |request| {
        (request.schedules, request.faults) = (2, faults);
    })
}

#[test]
fn failures_that_surface_elsewhere_are_refuted() {
    // Each answer that fails leaves a line in its place.
    let kept = "
for name in names:
    try:
        print(ask(name))
    except (OSError, ValueError) as error:
        print('failed', type(error).__name__)
";
    let right = "
for future in [pool.submit(ask, name) for name in names]:
    try:
        print(future.result())
    except (OSError, ValueError) as error:
        print('failed', type(error).__name__)
";
    let outcome = faulted(kept, right, 12);
    assert_eq!((outcome.verdict, outcome.evidence.faults.len()), (Verdict::Validated, 12), "{outcome:#?}");
    // The failure is told after the items behind it.
    let late = "
failed = []
for future in [pool.submit(ask, name) for name in names]:
    try:
        print(future.result())
    except (OSError, ValueError) as error:
        failed.append(error)
for error in failed:
    print('failed', type(error).__name__)
";
    reason(
        &faulted(kept, late, 6),
        Verdict::Refuted,
        "under a fault (500 for the first item): stdout differs at line 1",
    );
    // The failure is swallowed.
    let swallowed = "
def safe(name):
    try:
        return ask(name)
    except Exception as error:
        return str(error)
for answer in pool.map(safe, names):
    print(answer)
";
    let stops = "for name in names:\n    print(ask(name))\n";
    reason(&faulted(stops, swallowed, 6), Verdict::Refuted, "exit code: original 1, rewritten 0");
}

#[test]
fn requests_behind_a_failure_are_counted_and_bounded() {
    let stops = "for name in names:\n    print(ask(name))\n";
    let ahead = "for answer in pool.map(ask, names):\n    print(answer)\n";
    let outcome = faulted(stops, ahead, 1);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    // How many of the seven are out before the failure arrives is a matter of time.
    let extra = outcome.evidence.notes.iter().find_map(|note| {
        let rest = note.strip_prefix("after a failure the rewritten program had made up to ")?;
        rest.strip_suffix(" requests that the original does not come to")?.parse::<usize>().ok()
    });
    assert!(extra.is_some_and(|extra| (2..=7).contains(&extra)), "{outcome:#?}");
    let project = Project::new();
    let outcome = project.check(&format!("{HEAD}{stops}"), &format!("{HEAD}{POOL}{ahead}"), |request| {
        (request.schedules, request.faults, request.extra_after_failure) = (2, 1, 1);
    });
    reason(&outcome, Verdict::Refuted, "requests after a failure that the original does not come to");
}

#[test]
fn variables_results_and_arguments_are_compared_by_type() {
    // All of them print the same; what they leave behind differs.
    let same = "answers = [ask(name) for name in names]\nprint(len(answers))\n";
    let pooled = "answers = list(pool.map(ask, names))\nprint(len(answers))\n";
    let outcome = pair(same, pooled);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    let reversed = "answers = list(pool.map(ask, names[::-1]))\nprint(len(answers))\n";
    reason(&pair(same, reversed), Verdict::Refuted, "the variable answers[0] differs at the end");
    let tuple = "answers = tuple(pool.map(ask, names))\nprint(len(answers))\n";
    reason(&pair(same, tuple), Verdict::Refuted, "the variable answers differs at the end");
    let typed = |value: &str| format!("list(pool.map(ask, names))\nx = {value}\nprint('done')\n");
    let plain = |value: &str| format!("for name in names:\n    ask(name)\nx = {value}\nprint('done')\n");
    for (before, after) in [
        ("1", "True"),
        ("1", "1.0"),
        ("0.1 + 0.2", "0.3"),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
        ("[[]] * 2", "[[], []]"),
        ("ValueError('a')", "ValueError('b')"),
        ("__import__('datetime').date(2024, 1, 1)", "__import__('datetime').datetime(2024, 1, 1)"),
    ] {
        reason(&pair(&plain(before), &typed(after)), Verdict::Refuted, "the variable x");
    }
    let alias = "for name in names:\n    ask(name)\nx = []\ny = x\nprint('done')\n";
    let copied = "list(pool.map(ask, names))\nx = []\ny = []\nprint('done')\n";
    reason(&pair(alias, copied), Verdict::Refuted, "the variables x and y are one object in the original");
}

#[test]
fn what_a_function_gives_back_and_does_to_its_arguments_is_compared() {
    let original = "
def work(rows):
    out = {}
    for row in rows:
        row['answer'] = ask(row['name'])
        out[row['name']] = row['answer']
    return out
print(len(work([{'name': name} for name in names])))
";
    let right = "
def work(rows):
    out = {}
    for row, answer in zip(rows, pool.map(lambda row: ask(row['name']), rows)):
        row['answer'] = answer
        out[row['name']] = row['answer']
    return out
print(len(work([{'name': name} for name in names])))
";
    let outcome = pair(original, right);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    let result = right.replace("return out", "return dict(reversed(list(out.items())))");
    reason(&pair(original, &result), Verdict::Refuted, "what work() gives back");
    let argument = right
        .replace("        row['answer'] = answer\n", "")
        .replace("out[row['name']] = row['answer']", "out[row['name']] = answer");
    reason(&pair(original, &argument), Verdict::Refuted, "what work() leaves in its argument ");
}

#[test]
fn a_changed_line_that_did_not_run_is_not_validated() {
    let rewritten = format!("{RIGHT}if len(names) > 100:\n    print('many')\n");
    let outcome = pair(&format!("{ORIGINAL}if len(names) > 100:\n    print('a lot')\n"), &rewritten);
    reason(&outcome, Verdict::Assumed, "a changed line was not run");
    reason(&outcome, Verdict::Assumed, "`print('many')`");
    // A handler may wait for its failure.
    let handled = |body: &str| {
        format!(
            "try:\n{}except OSError:\n    HANDLER\n",
            body.trim_start().lines().map(|line| format!("    {line}\n")).collect::<String>()
        )
    };
    let outcome = pair(
        &handled(ORIGINAL).replace("HANDLER", "print('bad')"),
        &handled(RIGHT).replace("HANDLER", "print( 'bad' )"),
    );
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn ctrl_c_keeps_what_is_finished() {
    let kept = "
done = []
try:
    for name in names:
        done.append(ask(name))
except KeyboardInterrupt:
    print('interrupted')
print(done)
";
    let right = "
done = []
futures = [pool.submit(ask, name) for name in names]
try:
    for future in futures:
        done.append(future.result())
except KeyboardInterrupt:
    print('interrupted')
print(done)
";
    let outcome = faulted(kept, right, 6);
    assert_eq!((outcome.verdict, outcome.evidence.faults.len()), (Verdict::Validated, 6), "{outcome:#?}");
    let wrong = "
done = []
try:
    done = [future.result() for future in [pool.submit(ask, name) for name in names]]
except KeyboardInterrupt:
    print('interrupted')
print(done)
";
    reason(
        &faulted(kept, wrong, 6),
        Verdict::Refuted,
        "under a fault (Ctrl-C in the middle): stdout differs at line 2",
    );
}

#[test]
fn ctrl_c_waits_for_what_the_program_does_with_answers() {
    let slow = "
import time
def work(answer):
    begun = time.process_time()
    while time.process_time() - begun < 0.25:
        pass
    print('done with', answer)
";
    let one_by_one = format!("{slow}\nfor name in names:\n    work(ask(name))\n");
    let ahead =
        format!("{slow}\nfor future in [pool.submit(ask, name) for name in names]:\n    work(future.result())\n");
    let outcome = faulted(&one_by_one, &ahead, 4);
    let faults = &outcome.evidence.faults;
    assert!(faults.iter().any(|f| f.contains("Ctrl-C")), "{outcome:#?}");
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn a_full_disk_keeps_what_was_written_before() {
    // Where each answer is written before the next is asked for, the first ones are there.
    let kept = "
for name in names:
    with open(name, 'w') as out:
        out.write(ask(name))
";
    let right = "
for name, future in [(name, pool.submit(ask, name)) for name in names]:
    answer = future.result()
    with open(name, 'w') as out:
        out.write(answer)
";
    let outcome = faulted(kept, right, 6);
    // Without `open` ahead of the answer there is one empty file less.
    reason(&outcome, Verdict::Refuted, "under a fault");
    let right = "
for name, future in [(name, pool.submit(ask, name)) for name in names]:
    with open(name, 'w') as out:
        out.write(future.result())
";
    let outcome = faulted(kept, right, 6);
    assert_eq!((outcome.verdict, outcome.evidence.faults.len()), (Verdict::Validated, 6), "{outcome:#?}");
    let wrong = "
answers = list(pool.map(ask, names))
for name, answer in zip(names, answers):
    with open(name, 'w') as out:
        out.write(answer)
";
    reason(&faulted(kept, wrong, 6), Verdict::Refuted, "under a fault");
}

/// The names of the faults that were tried, and the notes.
fn told_of(outcome: &Outcome) -> (Vec<&str>, String) {
    (outcome.evidence.faults.iter().map(String::as_str).collect(), outcome.evidence.notes.join("\n"))
}

#[test]
fn a_full_disk_is_one_and_outputs_do_not_lie_on_it() {
    let told = "
import errno
def save(name, answer):
    try:
        with open(name, 'w') as out:
            out.write(answer)
    except OSError as error:
        print('lost', name, errno.errorcode[error.errno], flush=True)
    print(name, file=sys.stderr)
log = open('log', 'w')
";
    let rest = "
    try:
        log.write(name)
        log.flush()
    except OSError:
        print('no line for', name, flush=True)
    save(name, answer)
print('end', flush=True)
";
    let original = format!("for name in names:\n    answer = ask(name){rest}");
    let submitted = "[(name, pool.submit(ask, name)) for name in names]";
    let rewritten = format!("for name, future in {submitted}:\n    answer = future.result(){rest}");
    let right = format!("{HEAD}{POOL}{told}{rewritten}");
    let original = format!("{HEAD}{told}{original}");
    let limit = "the full disk was a limit on the size of files";
    for (namespaced, fork, code) in [(true, true, "ENOSPC"), (true, false, "ENOSPC"), (false, true, "EFBIG")] {
        let check = |rewritten: &str, original: &str| {
            Project::new().check(original, rewritten, |request| {
                (request.schedules, request.faults, request.mutants) = (2, 6, 0);
                (request.namespaced, request.fork) = (namespaced, fork);
            })
        };
        // The original says which error it is, and the rewritten program what it should be. A line on stderr makes no difference.
        let named = right.replace("errno.errorcode[error.errno]", &format!("'{code}'"));
        let outcome = check(&named.replace("    print(name, file=sys.stderr)\n", ""), &original);
        let (faults, notes) = told_of(&outcome);
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        assert!(faults.contains(&"disk full from the middle on"), "{faults:?} {notes}");
        assert_eq!(notes.contains(limit), !namespaced, "{notes}");
        if namespaced && fork {
            let other = right.replace("errno.errorcode[error.errno]", "'EROFS'");
            reason(
                &check(&other, &original),
                Verdict::Refuted,
                "under a fault (disk full from the middle on): stdout differs",
            );
        }
    }
}

#[test]
fn time_outs_are_raised_and_not_waited_for() {
    const ASK: &str = "
import socket, threading
def patient(name, seconds=300):
    import urllib.request
    body = json.dumps({'model': 'm', 'messages': [{'role': 'user', 'content': name}]}).encode()
    request = urllib.request.Request(URL, body, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=seconds) as response:
        return json.load(response)['choices'][0]['message']['content']
";
    for url in ["https://api.openai.com/v1/chat/completions", "http://localhost:8000/v1/chat/completions"] {
        let ask = format!("URL = '{url}'\n{ASK}");
        let original = format!(
            "{ask}
began = time.time()
for name in names:
    try:
        print(patient(name))
    except OSError as error:
        print(type(error).__name__, error, 299 < time.time() - began < 330)
"
        );
        let right = format!(
            "{ask}
began = time.time()
for future in [pool.submit(patient, name) for name in names]:
    try:
        print(future.result())
    except OSError as error:
        print(type(error).__name__, error, 299 < time.time() - began < 330)
"
        );
        let start = Instant::now();
        let outcome = faulted(&original, &right, 6);
        let (faults, notes) = told_of(&outcome);
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        assert!(faults.len() == 6 && faults.contains(&"no answer for the middle item"), "{faults:?} {notes}");
        // Nobody waited for five minutes, nor for the limit of a run.
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
        // A time-out that got lost, and one that is another.
        let lost = right.replace("patient, name", "patient, name, None");
        reason(&faulted(&original, &lost, 6), Verdict::Refuted, "under a fault (no answer for the middle item)");
        let shorter = right.replace("patient, name", "patient, name, 30");
        reason(&faulted(&original, &shorter, 6), Verdict::Refuted, "under a fault (no answer for the middle item)");
    }
}

#[test]
fn time_outs_of_an_event_loop_are_raised_too() {
    const ASKED: &str = "
import asyncio, threading
def in_thread(name):
    loop = asyncio.get_running_loop()
    reply = loop.create_future()
    def work():
        try:
            loop.call_soon_threadsafe(reply.set_result, ask(name))
        except Exception as error:
            loop.call_soon_threadsafe(reply.set_exception, error)
    # One that nobody waits for any more is left behind.
    threading.Thread(target=work, daemon=True).start()
    return reply
async def asked(name):
    loop = asyncio.get_running_loop()
    began, clock = loop.time(), time.monotonic()
    try:
        return await asyncio.wait_for(in_thread(name), 120)
    except asyncio.TimeoutError:
        return TOLD
    except (OSError, ValueError) as error:
        return type(error).__name__
async def main():
    WAIT
asyncio.run(main())
";
    let original = ASKED
        .replace("TOLD", "'too late', 119 < loop.time() - began < 130, 119 < time.monotonic() - clock < 130")
        .replace("WAIT", "for name in names:\n        print(await asked(name))");
    // A timer that starts itself anew, as that of aiohttp's idle connections does, comes before each time-out.
    let right = ASKED.replace("TOLD", "'too late', 119 < loop.time() - began < 130, True").replace(
        "WAIT",
        "loop = asyncio.get_running_loop()
    def look_after():
        loop.call_later(5, look_after)
    look_after()
    for task in [asyncio.ensure_future(asked(name)) for name in names]:
        print(await task)",
    );
    for fork in [true, false] {
        let check = |rewritten: &str| {
            let [before, after] = [&original, rewritten].map(|body| format!("{HEAD}{body}"));
            Project::new().check(&before, &after, |request| {
                (request.schedules, request.faults, request.fork) = (2, 5, fork);
            })
        };
        let outcome = check(&right);
        let (faults, notes) = told_of(&outcome);
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        assert!(faults.contains(&"no answer for the middle item"), "{faults:?} {notes}");
        let lost = right.replace(", 120", ", None");
        let told = "under a fault (no answer for the middle item): the rewritten program was stopped: it waits for an answer without a time-out of its own";
        reason(&check(&lost), Verdict::Refuted, told);
    }
}

#[test]
fn a_client_without_a_time_out_is_not_waited_for() {
    let start = Instant::now();
    let outcome = faulted(
        "for name in names:\n    print(ask(name))\n",
        "for answer in pool.map(ask, names):\n    print(answer)\n",
        6,
    );
    let (faults, notes) = told_of(&outcome);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    // Another is tried in its place.
    assert!(faults.len() == 6 && !faults.contains(&"no answer for the middle item"), "{faults:?}");
    let note = "not tried: no answer for the middle item (the original was stopped: it waits for an answer without a time-out of its own)";
    assert!(notes.contains(note), "{notes}");
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
}

#[test]
fn sleepers_wake_in_the_order_of_their_ends() {
    let outcome = pair(
        "
for name in names:
    print(ask(name))
print([0.01, 0.5, 10, 20, 30], True)
",
        "
import asyncio, datetime, threading
for answer in pool.map(ask, names):
    print(answer)
began, woken = datetime.datetime.now(), []
async def sleeper(seconds):
    await asyncio.sleep(seconds)
    woken.append(seconds)
def late():
    time.sleep(10)
    woken.append(10)
async def many():
    other = threading.Thread(target=late)
    other.start()
    await asyncio.gather(*(sleeper(seconds) for seconds in (30, 0.5, 20, 0.01)))
    other.join()
asyncio.run(many())
print(woken, 30 <= (datetime.datetime.now() - began).total_seconds() < 40)
",
    );
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn a_forked_run_is_what_a_fresh_one_is() {
    // What the first run of the original, a fresh process, and the second, a forked one, print differently would be masked.
    let shown = "
import atexit, inspect, pickle, traceback, tempfile, signal, threading, multiprocessing, random
class Kept:
    pass
def show(*words):
    print(*words)
show(sys.argv, __file__, __name__, __doc__, __package__, __spec__, __cached__, type(__loader__).__name__, sorted(globals()))
show(sys.path, sys.flags, os.getcwd(), sys.executable, getattr(sys, 'orig_argv', None))
show(sys.stdout.name, sys.stdout.encoding, sys.stdout.errors, sys.stdout.mode, sys.stdout.line_buffering, sys.stderr.errors, sys.stdin.read())
show(sorted(os.environ), os.environ['HOME'] == os.path.expanduser('~'), tempfile.gettempdir() == os.environ['TMPDIR'])
show(sys.modules['__main__'].Kept is Kept, pickle.dumps(Kept()), inspect.getsource(show), signal.getsignal(signal.SIGINT))
show(threading.current_thread() is threading.main_thread(), threading.active_count(), os.getpgrp() == os.getpid(), hash('x'))
try:
    1 / 0
except ZeroDivisionError:
    traceback.print_exc(file=sys.stdout)
import beside
for step in (beside.fail, lambda: __import__('broken')):
    try:
        step()
    except Exception:
        traceback.print_exc(file=sys.stdout)
show(beside.__file__, beside.fail.__code__.co_filename, inspect.getsource(beside.fail))
def fail(): raise KeyError('x')
sys.excepthook = lambda kind, error, trace: print(kind, error, traceback.format_tb(trace))
atexit.register(show, 'at exit')
multiprocessing.get_context('spawn')
sys.stdout.flush()
if os.fork() == 0:
    fail()
os.wait()
sys.exit(3)
";
    let project = Project::new();
    fs::write(project.path().join("beside.py"), "def fail():\n    raise KeyError('beside')\n").expect("writable");
    fs::write(project.path().join("broken.py"), "def f(:\n").expect("writable");
    let [before, after] = [format!("{HEAD}{ORIGINAL}{shown}"), format!("{HEAD}{POOL}{RIGHT}{shown}")];
    let outcome = project.check(&before, &after, |_| ());
    // The rewritten one has other globals, which the first line shows: so it all was compared.
    reason(&outcome, Verdict::Refuted, "stdout differs at line 9");
    assert!(outcome.evidence.masked.is_empty() && outcome.evidence.notes.is_empty(), "{outcome:#?}");
}

#[test]
fn what_a_script_does_above_its_imports_stops_importing_ahead_and_threads_stop_forking() {
    let project = Project::new();
    let venv = project.path().join(".venv");
    let made = Command::new(&project.python.path).args(["-m", "venv", "--without-pip"]).arg(&venv).status();
    assert!(made.is_ok_and(|status| status.success()));
    let python = python::find(&project.path().join("main.py"), "", None, &mut |_| ()).expect("the new one");
    if std::env::var_os("VIRTUAL_ENV").is_some() {
        return;
    }
    let (major, minor, _) = python.version;
    let site = venv.join(format!("lib/python{major}.{minor}/site-packages"));
    // A stand-in for a library on the list.
    let seen = "import os\nmode = os.environ.get('MODE', 'none')\n";
    fs::write(site.join("tqdm.py"), seen).expect("writable");
    fs::write(site.join("tabulate.py"), "import threading, time\nthreading.Thread(target=lambda: time.sleep(0), daemon=True)\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n").expect("writable");
    let check = |head: &str, tail: &str| {
        let (original, rewritten) =
            (format!("{head}{HEAD}{ORIGINAL}{tail}"), format!("{head}{HEAD}{POOL}{RIGHT}{tail}"));
        project.check(&original, &rewritten, |request| request.python = Box::leak(Box::new(python.clone())))
    };
    let outcome = check("import os\nos.environ['MODE'] = 'set'\nimport tqdm\n", "print(tqdm.mode)\n");
    assert_eq!((outcome.verdict, outcome.evidence.masked.len()), (Verdict::Validated, 0), "{outcome:#?}");
    let outcome = check("import tabulate\n", "");
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.notes.iter().any(|note| note.contains("start threads")), "{outcome:#?}");
}

#[test]
fn a_warm_cache_is_seen_to_work() {
    let project = Project::new();
    let cached = "
os.makedirs('.perfmod', exist_ok=True)
def cached(name):
    path = f'.perfmod/{name}'
    answer = open(path).read() if os.path.exists(path) else ask(name)
    try:
        with open(path, 'w') as out:
            out.write(answer)
    except OSError:  # a cache that holds half of an answer would be worse than none
        os.remove(path)
    return answer
for answer in pool.map(cached, names):
    print(answer)
";
    let original = format!("{HEAD}for name in names:\n    print(ask(name))\n");
    let outcome = project.check(&original, &format!("{HEAD}{POOL}{cached}"), |request| request.expects_cache = true);
    assert_eq!((outcome.verdict, outcome.evidence.second_run_calls), (Verdict::Validated, Some(0)), "{outcome:#?}");
    let partly = cached.replace("if os.path", "if name != names[0] and os.path");
    let outcome = project.check(&original, &format!("{HEAD}{POOL}{partly}"), |request| request.expects_cache = true);
    assert_eq!((outcome.verdict, outcome.evidence.second_run_calls), (Verdict::Validated, Some(1)), "{outcome:#?}");
    let note = "a second run made 1 request: not every answer was cacheable";
    assert!(outcome.evidence.notes.iter().any(|known| known == note), "{outcome:#?}");
    let wrong = cached.replace("= open(path).read()", "= 'stale'");
    let outcome = project.check(&original, &format!("{HEAD}{POOL}{wrong}"), |request| request.expects_cache = true);
    reason(&outcome, Verdict::Refuted, "second run");
}

#[test]
fn what_is_installed_from_the_project_comes_from_the_copy() {
    let mut project = Project::new();
    let venv = project.path().join(".venv");
    let made = Command::new(&project.python.path).args(["-m", "venv", "--without-pip"]).arg(&venv).status();
    assert!(made.is_ok_and(|status| status.success()));
    project.python = python::find(&project.path().join("main.py"), "", None, &mut |_| ()).expect("the new one");
    if std::env::var_os("VIRTUAL_ENV").is_none() {
        assert_eq!(project.python.how, ".venv");
    }
    let (major, minor, _) = project.python.version;
    let site = venv.join(format!("lib/python{major}.{minor}/site-packages"));
    fs::write(site.join("project.pth"), project.path().join("src").to_string_lossy().as_bytes()).expect("writable");
    // The start-up module of the environment is still run after ours.
    fs::write(site.join("sitecustomize.py"), "import os\nos.environ['CHAINED'] = 'yes'\n").expect("writable");
    fs::create_dir(project.path().join("src")).expect("writable");
    let slow = "def answers(ask, names):\n    return [ask(name) for name in names]\n";
    let quick = "from concurrent.futures import ThreadPoolExecutor\ndef answers(ask, names):\n    return list(ThreadPoolExecutor(8).map(ask, names))\n";
    fs::write(project.path().join("src/work.py"), slow).expect("writable");
    let main = format!(
        "{HEAD}import work\nprint(os.environ['CHAINED'])\nfor answer in work.answers(ask, names):\n    print(answer)\n"
    );
    let outcome = project.check(&main, &main, |request| {
        request.rewritten.overlay.push(("src/work.py".into(), quick.into()));
    });
    assert_eq!((outcome.verdict, outcome.evidence.max_in_flight), (Verdict::Validated, 8), "{outcome:#?}");
}

#[test]
fn process_pools_work_inside() {
    // Under faults it is not the same: `map` of a pool gives nothing where one item fails.
    let outcome = faulted(
        "for name in names:\n    print(ask(name))\n",
        "
from multiprocessing import get_context
if __name__ == '__main__':
    with get_context('fork').Pool(4) as processes:
        for answer in processes.map(ask, names, chunksize=1):
            print(answer)
",
        0,
    );
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert_eq!(outcome.evidence.max_in_flight, 4);
}

#[test]
fn arguments_and_the_working_folder_reach_the_program() {
    let project = Project::new();
    fs::create_dir(project.path().join("data")).expect("writable");
    fs::write(project.path().join("data/names.txt"), "a\nb\nc\n").expect("writable");
    let head = "import sys, os\nsys.path.insert(0, '..')\nfrom client import ask\nnames = open('names.txt').read().split()\nprint(sys.argv, os.getcwd())\n";
    let original = format!("{head}for name in names:\n    print(ask(name))\n");
    let rewritten = format!("{head}{POOL}for answer in pool.map(ask, names):\n    print(answer)\n");
    let args = ["--limit".to_owned(), "3 x".to_owned()];
    let outcome = project.check(&original, &rewritten, |request| {
        (request.cwd, request.args) = (Path::new("data"), &args);
    });
    // The paths in the output are those of the project, not of the copies: nothing had to be masked.
    assert_eq!((outcome.verdict, outcome.evidence.masked.len()), (Verdict::Validated, 0), "{outcome:#?}");
}

#[test]
fn the_place_in_a_file_is_told() {
    let plain = |write: &str| format!("answers = [ask(name) for name in names]\nscore = 0.25\n{write}");
    let pooled = |write: &str| format!("answers = list(pool.map(ask, names))\nscore = 0.5\n{write}");
    let json = "json.dump({'rows': [{'score': score}], 'n': 8}, open('answers.json', 'w'))\ndel score\n";
    let told = "\n  answers.json, $.rows[0].score: 0.25 in the original, 0.5 in the rewritten";
    reason(&pair(&plain(json), &pooled(json)), Verdict::Refuted, told);
    let table = "open('a.csv', 'w').write(f'name,score\\na,1\\nb,{score}\\n')\ndel score\n";
    let told = "a.csv, row 2, column score: 0.25 in the original, 0.5 in the rewritten";
    reason(&pair(&plain(table), &pooled(table)), Verdict::Refuted, told);
    for protocol in 2..6 {
        let pickle = format!(
            "import pickle\npickle.dump({{'rows': [(1, score, os.getcwd, {{2}})]}}, open('a.pkl', 'wb'), {protocol})\ndel score\n"
        );
        let told = "the file a.pkl differs\n  a.pkl, $.rows[0][1]: 0.25 in the original, 0.5 in the rewritten";
        reason(&pair(&plain(&pickle), &pooled(&pickle)), Verdict::Refuted, told);
    }
}

#[test]
fn floats_are_equal_bit_by_bit_unless_a_tolerance_is_named() {
    let write = "
print(f'{total} in {len(names)}')
json.dump([total], open('a.json', 'w'))
import pickle
pickle.dump([total], open('a.pkl', 'wb'))
";
    let plain = |value: &str| format!("{HEAD}answers = [ask(name) for name in names]\ntotal = {value}\n{write}");
    let pooled = |value: &str| format!("{HEAD}{POOL}answers = list(pool.map(ask, names))\ntotal = {value}\n{write}");
    let project = Project::new();
    let check = |a: &str, b: &str, tolerance: Option<f64>| {
        project.check(&plain(a), &pooled(b), |request| {
            (request.schedules, request.faults, request.tolerance) = (2, 1, tolerance);
        })
    };
    let (sum, near) = ("0.1 + 0.2", "0.3");
    let outcome = check(sum, near, None);
    reason(&outcome, Verdict::Refuted, "stdout differs at line 1");
    reason(&outcome, Verdict::Refuted, "1 ULP apart; --tolerance would accept that");
    assert_eq!(outcome.evidence.relation, None);
    for (a, b, tolerance, relation) in [
        (sum, sum, None, "equal"),
        (sum, sum, Some(1e-6), "equal"),
        (sum, near, Some(1e-6), "within 1 ULP"),
        ("1.0", "1.0000001", Some(1e-6), "within tolerance 1e-6"),
    ] {
        let outcome = check(a, b, tolerance);
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        assert_eq!(outcome.evidence.relation.as_deref(), Some(relation));
    }
    reason(&check("1.0", "1.001", Some(1e-6)), Verdict::Refuted, "stdout differs at line 1");
    reason(&check("1.0", "1", Some(1e-6)), Verdict::Refuted, "stdout differs at line 1");
}
