//! What is seen of two programs and compared, run for real: where they fail, what modules hold, files by their content, how
//! long they wait, which lines run in other processes.

#![cfg(target_os = "linux")]

use perfmod::{
    facts::Verdict,
    project::python::{self, Interpreter},
    validate::{Outcome, Program, Request, validate},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const HEAD: &str =
    "import json, os, sys, time\nfrom client import ask, post\nnames = [f'item {i}' for i in range(8)]\n";
const POOL: &str = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(8)\n";

fn interpreter() -> Interpreter {
    python::find(Path::new("main.py"), "", None, &mut |_| ()).expect("tests need a python3")
}

/// Validates two versions, each of some files; `main.py` is run.
fn check(python: &Interpreter, files: &[(&str, &str, &str)], adjust: impl FnOnce(&mut Request<'_>)) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("client.py"), include_str!("validate/client.py")).expect("writable");
    let version = |of: fn(&(&str, &str, &str)) -> String| {
        Program::of(files.iter().map(|file| (PathBuf::from(file.0), of(file).into_bytes())).collect())
    };
    let (original, rewritten) = (version(|file| file.1.to_owned()), version(|file| file.2.to_owned()));
    let mut request = Request::new(folder.path(), Path::new("main.py"), python, original, rewritten);
    request.executable = Some(Path::new(env!("CARGO_BIN_EXE_perfmod")));
    (request.schedules, request.faults) = (2, 0);
    adjust(&mut request);
    validate(&request, &mut |_| ())
}

/// Validates two bodies: the first is run after `HEAD`, the second after `HEAD` and `POOL`.
fn pair(original: &str, rewritten: &str, faults: usize) -> Outcome {
    let (original, rewritten) = (format!("{HEAD}{original}"), format!("{HEAD}{POOL}{rewritten}"));
    check(&interpreter(), &[("main.py", &original, &rewritten)], |request| request.faults = faults)
}

#[track_caller]
fn reason(outcome: &Outcome, verdict: Verdict, part: &str) {
    let reason = outcome.evidence.reason.clone().unwrap_or_default();
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    assert!(reason.contains(part), "expected {part:?} in: {reason}");
}

#[track_caller]
fn validated(outcome: &Outcome) {
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn where_a_program_fails_is_compared() {
    // Both functions say the same of an answer that is missing; which is called first is all that differs.
    let functions = "
def report(answers):
    if None in answers:
        raise ValueError('incomplete')
    print(len(answers))

def save(answers):
    if None in answers:
        raise ValueError('incomplete')
    open('out.json', 'w').write(json.dumps(answers))

def attempt(name):
    try:
        return ask(name)
    except OSError:
        return None
";
    let original =
        format!("{functions}\nanswers = [attempt(name) for name in names]\nsave(answers)\nreport(answers)\n");
    let right = format!("{functions}\nanswers = list(pool.map(attempt, names))\nsave(answers)\nreport(answers)\n");
    let wrong = format!("{functions}\nanswers = list(pool.map(attempt, names))\nreport(answers)\nsave(answers)\n");
    validated(&pair(&original, &right, 6));
    let outcome = pair(&original, &wrong, 1);
    reason(
        &outcome,
        Verdict::Refuted,
        "(500 for the first item): the exception at the end is raised at another place:",
    );
    reason(&outcome, Verdict::Refuted, "original:  main.py:12, in save(): `raise ValueError('incomplete')`");
    let (before, after) = (format!("{HEAD}{original}"), format!("{HEAD}{POOL}{wrong}"));
    let outcome = check(&interpreter(), &[("main.py", &before, &after)], |request| {
        (request.faults, request.named) = (1, Some("new/quick.py".to_owned()));
    });
    reason(&outcome, Verdict::Refuted, "original:  main.py:12, in save(): `raise");
    reason(&outcome, Verdict::Refuted, "rewritten: new/quick.py:9, in report(): `raise");
    // The failing call itself may get into another function, an old one may be left behind, and another that asks for the same may be
    // called in its place.
    let plain = "
def slow(name):
    return ask(name)

def other(name):
    return ask(name)

for name in names:
    print(slow(name))
";
    let moved = "
def slow(name):
    return ask(name)

def other(name):
    return ask(name)

EXTRA
for answer in pool.map(QUICK, names):
    print(answer)
";
    let new = "def quick(name):\n    return ask(name)\n";
    for (name, extra) in [("quick", new), ("other", ""), ("lambda name: ask(name)", "")] {
        validated(&pair(plain, &moved.replace("QUICK", name).replace("EXTRA", extra), 6));
    }
}

#[test]
fn variables_of_changed_modules_are_compared() {
    let main = "from work import run\nprint(run([f'item {i}' for i in range(8)]))\n";
    let work = "from client import ask\nhistory, count = [], 0\ndef run(names):\n    global count\n    for name in names:\n        history.append(ask(name))\n        count += 1\n    return len(names)\n";
    let right = "from client import ask\nfrom concurrent.futures import ThreadPoolExecutor\nhistory, count = [], 0\ndef run(names):\n    global count\n    with ThreadPoolExecutor(8) as pool:\n        for answer in pool.map(ask, names):\n            history.append(answer)\n            count += 1\n    return len(names)\n";
    let python = interpreter();
    let with = |after: &str| check(&python, &[("main.py", main, main), ("work.py", work, after)], |_| ());
    let outcome = with(right);
    validated(&outcome);
    assert!(
        outcome.evidence.observables.contains(&"variables at the end: work.count, work.history".to_owned()),
        "{outcome:#?}"
    );
    reason(
        &with(&right.replace("history.append(answer)", "history.insert(0, answer)")),
        Verdict::Refuted,
        "the variable work.history[0] differs at the end",
    );
    reason(&with(&right.replace("count += 1", "count = 1")), Verdict::Refuted, "the variable work.count differs");
}

#[test]
fn binary_files_are_compared_by_their_content() {
    let write = "
import pickle, struct, zipfile
def npy(values):
    head = f\"{{'descr': '<f8', 'fortran_order': False, 'shape': ({len(values)},), }}\\n\".encode()
    return b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + struct.pack(f'<{len(values)}d', *values)
with zipfile.ZipFile('a.npz', 'w') as archive:
    archive.writestr(zipfile.ZipInfo('x.npy', (YEAR, 1, 1, 0, 0, 0)), npy([1.0, LAST]))
word = 'a word'
twice = SECOND
pickle.dump(twice, open('a.pkl', 'wb'))
del twice
";
    let text = |ask: &str, year: &str, last: &str, second: &str| {
        format!(
            "{ask}print(len(answers)){}",
            write.replace("YEAR", year).replace("LAST", last).replace("SECOND", second)
        )
    };
    let (plain, pooled) = ("answers = [ask(name) for name in names]\n", "answers = list(pool.map(ask, names))\n");
    let original = text(plain, "1980", "2.0", "[word, word]");
    let relation = |outcome: &Outcome| outcome.evidence.relation.clone();
    let outcome = pair(&original, &text(pooled, "1980", "2.0", "[word, word]"), 0);
    assert_eq!((outcome.verdict, relation(&outcome).as_deref()), (Verdict::Validated, Some("equal")), "{outcome:#?}");
    for (year, second) in [("2020", "[word, word]"), ("1980", "[word, ' '.join(['a', 'word'])]")] {
        let outcome = pair(&original, &text(pooled, year, "2.0", second), 0);
        let expected = (Verdict::Validated, Some("equal as data"));
        assert_eq!((outcome.verdict, relation(&outcome).as_deref()), expected, "{outcome:#?}");
    }
    let told = "the file a.npz differs\n  a.npz, array x, element [1]: 2.0 in the original, 3.0 in the rewritten";
    reason(&pair(&original, &text(pooled, "1980", "3.0", "[word, word]"), 0), Verdict::Refuted, told);
    let shared = text(plain, "1980", "2.0", "[names, names]");
    let apart = text(pooled, "1980", "2.0", "[names, list(names)]");
    reason(&pair(&shared, &apart, 0), Verdict::Refuted, "a.pkl, $[1]: an object that is elsewhere too in the original");
    // The time of writing differs from run to run, and is no reason to leave the file out.
    let now = text(plain, "2000 + time.time_ns() % 50", "2.0", "[word, word]");
    let outcome = pair(&now, &text(pooled, "2000 + time.time_ns() % 50", "2.0", "[word, word]"), 0);
    assert!(outcome.evidence.masked.is_empty() && outcome.verdict == Verdict::Validated, "{outcome:#?}");
}

#[test]
fn lines_that_run_in_other_processes_are_seen() {
    let plain = "
def work(name):
    return ask(name).upper()
for name in names:
    print(work(name))
";
    for start in [
        "multiprocessing.get_context('fork').Pool(4)",
        "multiprocessing.get_context('spawn').Pool(2)",
        "concurrent.futures.ProcessPoolExecutor(4)",
    ] {
        let pooled = format!(
            "
import concurrent.futures, multiprocessing
def work(name):
    answer = ask(name)
    return answer.upper()
if __name__ == '__main__':
    with {start} as processes:
        for answer in processes.map(work, names, chunksize=1):
            print(answer)
"
        );
        validated(&pair(plain, &pooled, 0));
        // A program may leave without a farewell.
        let left = format!("{pooled}    sys.stdout.flush()\n    os._exit(0)\n");
        validated(&pair(plain, &left, 0));
        let unused = pooled.replace(
            "    return answer.upper()",
            "    if not answer:\n        return 'none'\n    return answer.upper()",
        );
        reason(
            &pair(plain, &unused, 0),
            Verdict::Assumed,
            "a changed line was not run, so nothing is known of it: main.py:11 `return 'none'`",
        );
    }
}

#[test]
fn waiting_that_is_lost_is_told() {
    let plain = "for name in names:\n    print(ask(name))\n    time.sleep(1)\n";
    let note = |outcome: &Outcome| {
        validated(outcome);
        outcome.evidence.notes.iter().find(|note| note.contains("sleeps")).cloned()
    };
    let told = "on this sample the original sleeps 8.0 s in all, the rewritten program 0.0 s: if that waiting keeps to a rate limit of the service, the rewritten program may run into it (429)";
    assert_eq!(
        note(&pair(plain, "for answer in pool.map(ask, names):\n    print(answer)\n", 0)).as_deref(),
        Some(told)
    );
    // All sleep at once.
    let at_once = "def work(name):\n    answer = ask(name)\n    time.sleep(1)\n    return answer\nfor answer in pool.map(work, names):\n    print(answer)\n";
    let told = note(&pair(plain, at_once, 0)).expect("a note");
    let lead = "on this sample the original sleeps 8.0 s in all, the rewritten program ";
    let after = told.strip_prefix(lead).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(after.is_some_and(|after| (1.0..4.0).contains(&after)), "{told}");
    // One after the other, whoever sleeps.
    let locked = "import threading\nlock = threading.Lock()\ndef work(name):\n    with lock:\n        time.sleep(1)\n    return ask(name)\nfor answer in pool.map(work, names):\n    print(answer)\n";
    assert_eq!(note(&pair(plain, locked, 0)), None);
    let paced = "futures = []\nfor name in names:\n    futures.append(pool.submit(ask, name))\n    time.sleep(1)\nfor future in futures:\n    print(future.result())\n";
    assert_eq!(note(&pair(plain, paced, 0)), None);
}

#[test]
fn stages_are_measured_and_the_runs_of_each_version_are_counted() {
    let plain = "for name in names:\n    print(ask(name))\n    time.sleep(0.5)\n";
    let outcome = pair(plain, "for answer in pool.map(ask, names):\n    print(answer)\n", 0);
    validated(&outcome);
    let timing = outcome.evidence.stages.expect("both made requests");
    let (a, b) = (timing.original, timing.rewritten);
    // How many of the eight threads have asked before the first answer is a matter of time.
    assert_eq!((a.calls, a.in_flight, b.calls), (8, 1, 8));
    assert!(b.in_flight > 1, "{timing:?}");
    assert!(a.requests >= 7.9 * timing.latency && b.requests < a.requests, "{timing:?}");
    assert!((a.slept - 4.0).abs() < 0.01 && b.slept == 0.0, "{timing:?}");
    assert!(a.before > 0.0 && a.before < 5.0 && a.after < 5.0, "{timing:?}");
    let evidence = &outcome.evidence;
    assert!(evidence.runs_rewritten > 0 && evidence.runs - evidence.runs_rewritten >= 3, "{evidence:#?}");
}

#[test]
fn what_is_printed_is_true_of_the_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("writable");
    write("client.py", include_str!("validate/client.py"));
    write("pyproject.toml", "");
    write("a.py", &format!("{HEAD}for name in names:\n    print(ask(name))\n"));
    write("b.py", &format!("{HEAD}{POOL}for answer in pool.map(ask, names):\n    print(answer)\n"));
    write("fails.py", &format!("{HEAD}print(ask(names[0]))\nraise ValueError('no  data')\n"));
    write(
        "spaces.py",
        &format!("{HEAD}{POOL}for answer in pool.map(ask, names):\n    print(answer.replace(' ', '  ', 1))\n"),
    );
    let told = |first: &str, second: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_perfmod"));
        command.args(["-q", "validate", first, second, "--schedules", "2"]).current_dir(folder.path());
        String::from_utf8(command.output().expect("perfmod").stdout).expect("UTF-8")
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let right = words(&told("a.py", "b.py"));
    for part in [
        " of the rewritten version; sample: whole program; the original makes 8 requests -",
        "- no difference in these orders of completion: as-is, reverse -",
        "- both end alike where something goes wrong: 500 for the first item; 429 once",
        " seeded mistakes showed -",
        "; all of it is equal -",
        "- estimate: about ",
        "t = 1 s a call (assumed), limit = 8 (the most that were under way at once)",
    ] {
        assert!(right.contains(part), "{part:?} is not in: {right}");
    }
    let failed = words(&told("fails.py", "b.py"));
    let part = "1 run of the original; the rewritten version was not run; sample: whole program; the original makes 1 request ";
    assert!(failed.contains(part), "{failed}");
    // Lines of the programs are shown as they are.
    let spaces = told("a.py", "spaces.py");
    let lines: Vec<&str> =
        spaces.lines().filter(|line| line.contains("original:  ") || line.contains("rewritten: ")).collect();
    assert!(lines.len() == 2 && lines[1].split_once(": ").is_some_and(|(_, text)| text.contains("  ")), "{spaces}");
}

#[test]
fn a_parameter_that_is_bound_anew_is_no_effect() {
    let plain = "
def label(rows):
    rows = [dict(row) for row in rows]
    for row in rows:
        row['answer'] = ask(row['name'])
    return [row['answer'] for row in rows]
print(label([{'name': name} for name in names]))
";
    let right = "
def label(rows):
    own = [dict(row) for row in rows]
    return list(pool.map(ask, [row['name'] for row in own]))
print(label([{'name': name} for name in names]))
";
    validated(&pair(plain, right, 0));
    // What was passed is compared as it is after the call, whatever its name holds then.
    let wrong = right.replace("    return", "    rows.pop()\n    rows = own\n    return");
    reason(
        &pair(plain, &wrong, 0),
        Verdict::Refuted,
        "what label() leaves in its argument rows differs:\n  original:  [{",
    );
}

#[test]
fn a_lock_that_only_one_version_keeps_is_no_result() {
    let plain = "
class Client:
    def __init__(self):
        self.calls = 0
    def get(self, name):
        answer = ask(name)
        self.calls += 1
        return answer
client = Client()
for name in names:
    print(client.get(name))
";
    let right = "
import threading
class Client:
    def __init__(self):
        self.lock = threading.Lock()
        self.calls = 0
    def get(self, name):
        answer = ask(name)
        with self.lock:
            self.calls += 1
        return answer
client = Client()
for answer in pool.map(client.get, names):
    print(answer)
";
    validated(&pair(plain, right, 0));
    let more = right.replace("        self.calls = 0", "        self.calls, self.first = 0, None");
    reason(&pair(plain, &more, 0), Verdict::Refuted, "client");
}

#[test]
fn files_that_are_never_closed_are_written_at_the_end() {
    // A function refers to the module's variables, so that only the interpreter's end closes what they hold.
    let head = "
import gzip, logging
from typing import Optional
class Client:
    def __del__(self):
        print('over', json.dumps(1))
class Keeping(logging.Handler):
    def emit(self, record):
        pass
def get(name):
    return ask(name)
LEAK
log, packed, client = open('o.txt', 'w'), gzip.GzipFile('o.gz', 'wb', mtime=0), Client()
";
    let plain = "for name in names:\n    answer = get(name)\n    log.write(answer)\n    packed.write(answer.encode())\n    print(name)\n";
    let right = "for name, answer in zip(names, pool.map(get, names)):\n    log.write(answer)\n    packed.write(answer.encode())\n    print(name)\n";
    let wrong =
        "for name, answer in zip(names, pool.map(get, names)):\n    packed.write(answer.encode())\n    print(name)\n";
    let leaks = ["held = Optional[Client]", "", "logging.getLogger().addHandler(Keeping())"];
    let ends = ["", "sys.exit(3)\n", "raise SystemExit\n"];
    for (leak, end) in leaks.into_iter().zip(ends) {
        let head = head.replace("LEAK", leak);
        let of = |body: &str| format!("{head}{body}{end}");
        let outcome = pair(&of(plain), &of(right), 2);
        validated(&outcome);
        assert!(outcome.evidence.masked.is_empty(), "{leak}: {outcome:#?}");
        assert!(outcome.evidence.observables.contains(&"file o.txt".to_owned()), "{leak}: {outcome:#?}");
        reason(&pair(&of(plain), &of(wrong), 0), Verdict::Refuted, "o.txt");
    }
    // Nothing is written where the program leaves without a farewell.
    let left = |body: &str| {
        let body = body.replace("print(name)", "print(name, answer)");
        format!("{}{body}sys.stdout.flush()\nos._exit(0)\n", head.replace("LEAK", ""))
    };
    let outcome = pair(&left(plain), &left(wrong), 0);
    assert!(outcome.evidence.masked.is_empty(), "{outcome:#?}");
    validated(&outcome);
}

/// What a function asks with headers of its own, whose values no message may show.
const SEND: &str = "import urllib.request
def send(question, **headers):
    body = {'model': 'm', 'messages': [{'role': 'user', 'content': question}]}
    named = {name.replace('_', '-'): value for name, value in headers.items()}
    request = urllib.request.Request('https://api.openai.com/v1/chat/completions', json.dumps(body).encode(), {'Content-Type': 'application/json', **named})
    with urllib.request.urlopen(request) as response:
        return json.load(response)['choices'][0]['message']['content']
users = {f'user {i}': f'very-much-mine-{i}' for i in range(6)}
";

fn sending(original: &str, rewritten: &str) -> Outcome {
    pair(&format!("{SEND}{original}"), &format!("{SEND}{rewritten}"), 3)
}

#[test]
fn who_asks_is_compared_and_not_told() {
    for header in ["Authorization", "X_Api_Key", "Cookie", "X_User", "X_Tenant", "Accept", "Idempotency_Key"] {
        let plain = format!("for user, own in users.items():\n    print(user, send(user, {header}=own))\n");
        let right = format!(
            "for user, call in [(user, pool.submit(send, user, {header}=own)) for user, own in users.items()]:\n    print(user, call.result())\n"
        );
        let wrong = right.replace("=own)", "=list(users.values())[-1])");
        let outcome = sending(&plain, &wrong);
        let name = header.replace('_', "-").to_lowercase();
        reason(&outcome, Verdict::Refuted, &format!("a request differs, the header `{name}` has another value: POST"));
        assert!(!format!("{outcome:?}").contains("very-much-mine"), "{outcome:#?}");
        if ["Authorization", "Cookie"].contains(&header) {
            let outcome = sending(&plain, &right);
            validated(&outcome);
            assert!(!format!("{outcome:?}").contains("very-much-mine"), "{outcome:#?}");
        }
        if header == "X_Tenant" {
            let lost = right.replace(", X_Tenant=own", "");
            let part = "the header `x-tenant` is missing in the rewritten version";
            reason(&sending(&plain, &lost), Verdict::Refuted, part);
        }
    }
}

/// All ask for the same; who they are decides which answer they get, whatever the order.
#[test]
fn one_question_of_many_users_is_answered_by_user() {
    let plain = "for user, own in users.items():\n    print(user, send('What do I owe?', Authorization=own))\n";
    let right = "for user, call in [(user, pool.submit(send, 'What do I owe?', Authorization=own)) for user, own in users.items()]:\n    print(user, call.result())\n";
    validated(&sending(plain, right));
    let wrong = "tokens = list(users.values())\nfor user, call in [(user, pool.submit(send, 'What do I owe?', Authorization=token)) for user, token in zip(users, tokens[1:] + tokens[:1])]:\n    print(user, call.result())\n";
    reason(&sending(plain, wrong), Verdict::Refuted, "stdout differs at line 1");
}

#[test]
fn headers_that_vary_from_run_to_run_are_left_out_and_named() {
    let head = "import uuid\n";
    for (value, name) in [("str(uuid.uuid4())", "x-request-number"), ("str(int(time.time()))", "x-timestamp")] {
        let header = name.replace('-', "_");
        let plain = format!(
            "{head}for user, own in users.items():\n    print(user, send(user, X_User=own, {header}={value}))\n"
        );
        let right = format!(
            "{head}for user, call in [(user, pool.submit(send, user, X_User=own, {header}={value})) for user, own in users.items()]:\n    print(user, call.result())\n"
        );
        let outcome = sending(&plain, &right);
        validated(&outcome);
        assert_eq!(outcome.evidence.masked, [format!("the header `{name}` of requests")]);
        assert_eq!(outcome.evidence.faults.len(), 3, "{outcome:#?}");
        let wrong = right.replace("X_User=own", "X_User='nobody'");
        reason(&sending(&plain, &wrong), Verdict::Refuted, "the header `x-user` has another value");
    }
}

/// Two runs within one second must not make a time look like a result.
#[test]
fn times_to_the_second_are_no_results() {
    for now in ["time.strftime('%Y%m%d_%H%M%S')", "int(time.time())", "time.ctime()", "time.gmtime()[3:6]"] {
        let save = format!("with open('answers.txt', 'w') as out:\n    out.write(str({now}) + ' at\\n')\n");
        let plain = format!("for name in names:\n    print(ask(name))\n{save}");
        let right = format!("for answer in pool.map(ask, names):\n    print(answer)\n{save}");
        let outcome = pair(&plain, &right, 0);
        validated(&outcome);
        assert!(outcome.evidence.masked.iter().any(|masked| masked.contains("answers.txt")), "{now}: {outcome:#?}");
    }
    let save = "with open(time.strftime('out_%Y%m%d_%H%M%S.json'), 'w') as out:\n    json.dump(answers, out)\n";
    let plain = format!("answers = [ask(name) for name in names]\n{save}");
    let outcome = pair(&plain, &format!("answers = list(pool.map(ask, names))\n{save}"), 3);
    validated(&outcome);
    assert_eq!(outcome.evidence.masked, ["the numbers in the name out_#_#.json"]);
    let wrong = format!("answers = list(pool.map(ask, names[::-1]))\n{save}");
    reason(&pair(&plain, &wrong, 0), Verdict::Refuted, "the file out_#_#.json differs");
    // A prompt with the minute in it is asked again in that minute.
    let minute = "now = time.strftime('%Y-%m-%d %H:%M')\n";
    let plain = format!("{minute}for name in names:\n    print(ask(name + now))\n");
    validated(&pair(
        &plain,
        &format!("{minute}for answer in pool.map(ask, [name + now for name in names]):\n    print(answer)\n"),
        0,
    ));
}

/// What a rewriting leaves out may be what matters on another day.
#[test]
fn lines_that_are_gone_must_have_run() {
    let body = "
def work(name):
    try:
        answer = ask(name)
        if 'refuse' in answer:
            return 'refused'
        if not answer:
            print('none', file=sys.stderr)
            return None
        return answer.upper()
    except KeyError:
        return 'no key'
    except OSError:
        return 'lost'
    finally:
        time.sleep(0)
";
    let plain = format!("{body}for name in names:\n    print(work(name))\n");
    let pooled = |body: &str| format!("{body}for line in pool.map(work, names):\n    print(line)\n");
    let without = |lines: &str, instead: &str| {
        assert!(body.contains(lines), "{lines}");
        pair(&plain, &pooled(&body.replace(lines, instead)), 2)
    };
    // Nothing is lost, some of it has moved further in and awaits.
    validated(&pair(&plain, &pooled(body), 2));
    let further = body.replace('\n', "\n    ").replace("    def work(name)", "async def work(name)");
    let further =
        further.replace("ask(name)", "await asyncio.to_thread(ask, name)").replace("time.sleep", "await asyncio.sleep");
    let gathered = format!(
        "import asyncio\n{further}\nasync def main():\n    return await asyncio.gather(*map(work, names))\nfor line in asyncio.run(main()):\n    print(line)\n"
    );
    let outcome = pair(&plain, &gathered, 2);
    validated(&outcome);
    let told = "copied branches did not run in either program: main.py:12 `return 'refused'`, main.py:14 `print('none', file=sys.stderr)`, main.py:15 `return None`";
    assert!(outcome.evidence.notes.iter().any(|note| note == told), "{outcome:#?}");
    // What says something else is none, nor what the original comes to.
    for (from, to, line) in [
        ("return 'refused'", "return 'refuse'", "main.py:12 `return 'refuse'`"),
        ("if 'refuse' in answer", "if answer == 'refuse'", "main.py:12 `return 'refused'`"),
    ] {
        let part = format!("a changed line was not run, so nothing is known of it: {line}");
        reason(&pair(&plain, &gathered.replace(from, to), 2), Verdict::Assumed, &part);
    }
    let lost = "a line of the original that the rewritten version has not was never run, so nothing is known of what is lost with it: main.py:";
    let branch = "        if 'refuse' in answer:\n            return 'refused'\n";
    reason(&without(branch, ""), Verdict::Assumed, &format!("{lost}9 `return 'refused'`"));
    // The same text elsewhere does not stand for it.
    let twice = body.replace("return None", "return 'refused'");
    let plain = format!("{twice}for name in names:\n    print(work(name))\n");
    let outcome = pair(&plain, &pooled(&twice.replace(branch, "")), 2);
    reason(&outcome, Verdict::Assumed, &format!("{lost}9 `return 'refused'`"));
    let handler = "    except KeyError:\n        return 'no key'\n";
    let lost = "a line of a handler that the rewritten version has not was never run, under no fault that was tried, so nothing is known of what is lost with it: main.py:";
    reason(&without(handler, ""), Verdict::Assumed, &format!("{lost}15 `return 'no key'`"));
    let part = "a changed line of a handler was not run, under no fault that was tried, so nothing is known of it: main.py:17 `return 'none'`";
    reason(&without("return 'no key'", "return 'none'"), Verdict::Assumed, part);
    reason(&without("return 'lost'", "return 'gone'"), Verdict::Refuted, "under a fault");
    // A failure comes to this one.
    validated(&without("        return 'lost'\n", "        return 'lo' + 'st'\n"));
}

/// A spreadsheet says when it was written, twice; its cells count.
#[test]
fn a_spreadsheet_is_compared_by_its_contents() {
    let save = "
import zipfile
def save(answers):
    with zipfile.ZipFile('out.xlsx', 'w') as out:
        out.writestr('docProps/core.xml', f'<p><dcterms:created>{time.time()}</dcterms:created></p>')
        out.writestr('xl/sheet1.xml', ''.join(f'<v>{answer}</v>' for answer in answers))
";
    let plain = format!("{save}save([ask(name) for name in names])\n");
    let pooled = |order: &str| format!("{save}save({order}(pool.map(ask, names)))\n");
    let outcome = pair(&plain, &pooled("list"), 0);
    validated(&outcome);
    assert!(outcome.evidence.observables.iter().any(|it| it == "file out.xlsx"), "{outcome:#?}");
    let outcome = pair(&plain, &pooled("sorted"), 0);
    reason(&outcome, Verdict::Refuted, "out.xlsx, member xl/sheet1.xml, byte ");
}

/// A guard that is copied into the work, as perfmod does: it leaves where the original goes on, or the other way round.
#[test]
fn a_guard_that_holds_for_no_item_is_no_line_that_must_run() {
    let plain = "
for name in names:
    if not name: continue
    if len(name) > 99:
        print('long')
        continue
    elif name != 'none':
        answer = ask(name)
    else:
        answer = 'none'
    print(answer)
";
    let staged = "
def work(name):
    if not name:
        return None
    if len(name) > 99:
        return None
    if name == 'none':
        return None
    return ask(name)
for name, reply in zip(names, [pool.submit(work, name) for name in names]):
    if not name: continue
    if len(name) > 99:
        print('long')
        continue
    elif name != 'none':
        answer = reply.result()
    else:
        answer = 'none'
    print(answer)
";
    let outcome = pair(plain, staged, 2);
    validated(&outcome);
    let told = "copied branches did not run in either program: main.py:9 `return None`, main.py:11 `return None`, main.py:13 `return None`";
    assert!(outcome.evidence.notes.iter().any(|note| note == told), "{outcome:#?}");
    // Another guard, one more, and one that does something: all of them are new.
    for (from, to, line) in [
        ("if len(name) > 99:\n        return None", "if len(name) > 98:\n        return None", 11),
        ("    return ask(name)", "    if name == 'x':\n        return None\n    return ask(name)", 15),
        ("if name == 'none':\n        return None", "if name == 'none':\n        return 'none'", 13),
        ("if name == 'none':\n        return None", "if name == 'none':\n        return ask('a')", 13),
    ] {
        assert!(staged.contains(from), "{from}");
        let part = format!("a changed line was not run, so nothing is known of it: main.py:{line} ");
        reason(&pair(plain, &staged.replacen(from, to, 1), 2), Verdict::Assumed, &part);
    }
}

/// Whether a thread reads the loop's variable before the loop goes on is chance; one of the orders leaves nothing to it.
#[test]
fn what_is_bound_late_is_bound_to_the_last() {
    let plain = "for name in names:\n    print(ask(name))\n";
    let futures = "for future in futures:\n    print(future.result())\n";
    let pooled = format!("futures = []\nfor name in names:\n    futures.append(pool.submit(WORK))\n{futures}");
    let threads = "
import threading
found = {}
threads = []
for at, name in enumerate(names):
    def work(ARGUMENTS):
        found[at] = ask(name)
    threads.append(threading.Thread(target=work))
    threads[-1].start()
for thread in threads:
    thread.join()
for at in range(len(names)):
    print(found[at])
";
    let many = "
from multiprocessing.pool import ThreadPool
many = ThreadPool(8)
results = []
for name in names:
    results.append(many.apply_async(WORK))
for result in results:
    print(result.get())
many.terminate()
";
    for (wrong, right) in [
        (pooled.replace("WORK", "lambda: ask(name)"), pooled.replace("WORK", "lambda name=name: ask(name)")),
        (threads.replace("ARGUMENTS", ""), threads.replace("ARGUMENTS", "at=at, name=name")),
        (many.replace("WORK", "lambda: ask(name)"), many.replace("WORK", "lambda name=name: ask(name)")),
    ] {
        for _ in 0..3 {
            let outcome = pair(plain, &wrong, 0);
            assert_eq!(outcome.verdict, Verdict::Refuted, "{wrong}\n{outcome:#?}");
        }
        let outcome = pair(plain, &right, 0);
        validated(&outcome);
        assert_eq!(outcome.evidence.max_in_flight, 8, "{outcome:#?}");
    }
}

#[test]
fn what_loops_leave_that_become_one_is_no_result_where_nothing_reads_it() {
    let nested = "for i, a in enumerate(names):\n    for b in names[i + 1:]:\n        print(ask(a + b))\n";
    let source = "[(a, b) for i, a in enumerate(names) for b in names[i + 1:]]";
    let flat = format!(
        "for (a, b), answer in zip({source}, pool.map(lambda ab: ask(ab[0] + ab[1]), {source})):\n    print(answer)\n"
    );
    let wrong = flat.replace("print(answer)", "print(answer)\nb = 'other'");
    let with = |rewritten: &str, unread: &[&str]| {
        let (original, rewritten) = (format!("{HEAD}{nested}"), format!("{HEAD}{POOL}{rewritten}"));
        check(&interpreter(), &[("main.py", &original, &rewritten)], |request| {
            request.unread = unread.iter().map(|name| (*name).to_owned()).collect();
        })
    };
    reason(&with(&flat, &[]), Verdict::Refuted, "the variable a differs at the end");
    let outcome = with(&flat, &["a"]);
    validated(&outcome);
    let note = "what the loops leave in a is not compared: nothing reads it";
    assert!(outcome.evidence.notes.iter().any(|n| n == note) && outcome.evidence.masked.is_empty(), "{outcome:#?}");
    reason(&with(&wrong, &["a"]), Verdict::Refuted, "the variable b differs at the end");
}

#[test]
fn what_is_ours_is_told_from_what_is_the_programs() {
    // The stub does not know that a number is wanted.
    let reads = "for name in names:\n    print(int(ask(name)))\n";
    let outcome = pair(reads, "for answer in pool.map(ask, names):\n    print(int(answer))\n", 0);
    reason(&outcome, Verdict::Assumed, "the original itself ends in an exception here");
    for part in ["made up by perfmod's stub", "--cassette FILE", "--allow HOST", "[tool.perfmod.stubs]"] {
        reason(&outcome, Verdict::Assumed, part);
    }
    let reads = "import os\nprint(ask(os.environ['API_ROOT']))\n";
    let outcome = pair(reads, reads, 0);
    for part in ["KeyError: 'API_ROOT'", "does not get your environment", "os.environ.get(\"API_ROOT\", …)", "--entry"]
    {
        reason(&outcome, Verdict::Assumed, part);
    }
    let outcome = pair("print(ask({}['API_ROOT']))\n", "", 0);
    assert!(!outcome.evidence.reason.unwrap_or_default().contains("your environment"));
    let writes = "open('/etc/perfmod-test', 'w')\n";
    let outcome = pair("print(len(names))\n", &format!("{writes}print(len(names))\n"), 0);
    assert_ne!(outcome.verdict, Verdict::Validated);
    let outcome = pair(&format!("print(ask('a'))\nprint(ask('b'))\n{writes}"), "", 0);
    reason(&outcome, Verdict::Assumed, "A run may only write inside its own copy of the project");
}
