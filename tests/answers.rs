//! Where answers come from, and the commands that need nothing but them: `record`, `validate`, `--allow`, `--cassette`, `--entry`
//! and the user's own stubs, against servers on loopback.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "building an environment is told")]

use assert_cmd::Command;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
};

#[path = "support/schema.rs"]
mod schema;
#[allow(dead_code, reason = "the full lane's environments are not used here")]
mod support;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A Python program on loopback that echoes.
struct Server {
    child: Child,
    port: u16,
    certificate: Option<PathBuf>,
}

impl Server {
    fn start(folder: Option<&Path>) -> Self {
        let certificate = folder.map(|folder| {
            let key = rcgen::KeyPair::generate().expect("a key");
            let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
            let pem = params.self_signed(&key).expect("signed").pem();
            let file = folder.join("server.pem");
            fs::write(&file, format!("{pem}{}", key.serialize_pem())).expect("writable");
            file
        });
        let mut command = std::process::Command::new("python3");
        command.arg(Path::new(ROOT).join("tests/answers/server.py")).args(&certificate);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("tests need a python3");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its stdout")).read_line(&mut line).expect("a line");
        Self { child, port: line.trim().parse().expect("a port"), certificate }
    }

    fn url(&self) -> String {
        match self.certificate {
            Some(_) => format!("https://localhost:{}", self.port),
            None => format!("http://127.0.0.1:{}", self.port),
        }
    }

    /// How many POSTs came.
    fn count(&self) -> usize {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        write!(stream, "GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.rsplit("\r\n").next().and_then(|body| body.parse().ok()).expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("writable");
    }
    folder
}

fn perfmod(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_perfmod"))
        .current_dir(folder)
        .env_remove("VIRTUAL_ENV")
        .env("PERFMOD_ENV_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs"))
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .expect("it runs")
}

#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// `perfmod validate` with these arguments; the facts, checked against their schema.
#[track_caller]
fn validated(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> Value {
    let all: Vec<&str> =
        ["validate", "--format", "json", "--schedules", "3"].iter().chain(arguments).copied().collect();
    let output = perfmod(folder, &all, variables);
    let said = ended(&output, code);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let form = fs::read(Path::new(ROOT).join("docs/validation.schema.json")).expect("the schema");
    let misfits = schema::misfits(&serde_json::from_slice(&form).expect("JSON"), &found);
    assert!(misfits.is_empty(), "{misfits:?}");
    found
}

#[track_caller]
fn says(found: &Value, part: &str) {
    let reason = found["evidence"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(part), "expected {part:?} in: {found:#}");
}

const HEAD: &str = "\
import json, os, sys, urllib.request
from concurrent.futures import ThreadPoolExecutor

def post(url, body, headers={}):
    request = urllib.request.Request(url, json.dumps(body).encode(), {'Content-Type': 'application/json', **headers})
    with urllib.request.urlopen(request) as response:
        return response.read().decode()

names = [f'item {i}' for i in range(6)]
";
const ONE_BY_ONE: &str = "for name in names:\n    print(name, work(name))\n";
const AT_ONCE: &str =
    "for name, answer in zip(names, ThreadPoolExecutor(6).map(work, names)):\n    print(name, answer)\n";
const SHUFFLED: &str = "\
from concurrent.futures import as_completed
pool = ThreadPoolExecutor(6)
for name, done in zip(names, as_completed([pool.submit(work, name) for name in names])):
    print(name, done.result())
";

/// Secrets in every place that a request or an answer has for one.
const SECRETS: &[&str] = &[
    "value-of-variable-1",
    "value-of-dotenv-2",
    "value-of-argument-3",
    "bearer-in-the-header-4",
    "key-in-a-header-5",
    "cookie-of-the-client-6",
    "key-in-the-query-7",
    "token-in-the-query-8",
    "api-key-in-the-body-9",
    "token-in-the-body-10",
    "cookie-of-the-server-77",
    "sk-proj-in-the-text-0123456789abc",
    "password-of-a-url-11",
    "key-in-a-form-12",
];

fn secretive(url: &str) -> String {
    format!(
        "{HEAD}
dotenv = open('.env').read().split('=')[1].strip() if os.path.exists('.env') else 'value-of-dotenv-2'
def work(name):
    headers = {{'Authorization': 'Bearer bearer-in-the-header-4', 'X-Api-Key': 'key-in-a-header-5', 'Cookie': 'sid=cookie-of-the-client-6'}}
    body = {{'q': name, 'api_key': 'api-key-in-the-body-9', 'deep': [{{'token': 'token-in-the-body-10'}}], 'note': os.environ['OWN_SECRET'],
        'other': dotenv, 'argument': sys.argv[2], 'text': 'my key is sk-proj-in-the-text-0123456789abc', 'db': os.environ['DATABASE_URL'].split(':')[2].split('@')[0]}}
    answer = json.loads(post('{url}/v1?key=key-in-the-query-7&token=token-in-the-query-8&q=1', body, headers))
    form = urllib.request.urlopen('{url}/form', ('a=1&key=key-in-a-form-12&n=' + name.replace(' ', '+')).encode()).read()
    return answer['number'], json.loads(answer['body'])['q'], len(form) > 0
"
    )
}

#[test]
fn a_recording_holds_no_secret_and_replays_without_the_server() {
    for secure in [false, true] {
        let folder = project(&[(".env", "DOTENV_TOKEN=value-of-dotenv-2\n")]);
        let server = Server::start(secure.then(|| folder.path()));
        let program = secretive(&server.url());
        fs::write(folder.path().join("main.py"), format!("{program}{ONE_BY_ONE}")).expect("writable");
        fs::write(folder.path().join("fast.py"), format!("{program}{AT_ONCE}")).expect("writable");
        fs::write(folder.path().join("wrong.py"), format!("{program}{SHUFFLED}")).expect("writable");
        let trusted = server.certificate.clone().unwrap_or_default().display().to_string();
        let mut variables =
            vec![("OWN_SECRET", "value-of-variable-1"), ("DATABASE_URL", "postgres://me:password-of-a-url-11@db/x")];
        if secure {
            variables.push(("SSL_CERT_FILE", &trusted));
        }
        let arguments = ["--", "--token", "value-of-argument-3"];
        let output = perfmod(folder.path(), &[&["record", "main.py"], &arguments[..]].concat(), &variables);
        let said = ended(&output, 0);
        assert!(said.contains("12 exchanges kept"), "{said}");
        let cassette = fs::read_to_string(folder.path().join("main.cassette.jsonl")).expect("a cassette");
        assert_eq!(cassette.lines().count(), 12);
        for secret in SECRETS {
            assert!(!cassette.contains(secret), "{secret} is in the cassette");
            assert!(!said.contains(secret), "{secret} was said");
        }
        assert!(cassette.contains("item 3") && cassette.contains("x-ratelimit-limit"));
        let again = perfmod(folder.path(), &[&["record", "main.py"], &arguments[..]].concat(), &variables);
        assert!(ended(&again, 2).contains("--force"));

        // Other keys, and nobody listens.
        let asked = server.count_unless(secure);
        drop(server);
        let other = [("OWN_SECRET", "another-value-here"), ("DATABASE_URL", "postgres://me:another-password@db/x")];
        let cassette = ["--cassette", "main.cassette.jsonl"];
        let replay = |script: &str, code: i32| {
            validated(folder.path(), &[&["main.py", script], &cassette[..], &arguments[..]].concat(), &other, code)
        };
        let found = replay("fast.py", 0);
        assert_eq!(
            (&found["verdict"], &found["evidence"]["answers"]),
            (&"validated".into(), &"cassette".into()),
            "{found:#}"
        );
        assert!(asked.is_none_or(|asked| asked == 12));
        says(&replay("wrong.py", 3), "stdout differs");
    }
}

impl Server {
    fn count_unless(&self, secure: bool) -> Option<usize> {
        (!secure).then(|| self.count())
    }
}

#[test]
fn streams_bytes_and_repeats_are_kept_as_they_came() {
    let server = Server::start(None);
    let url = server.url();
    let program = format!(
        "{HEAD}
import hashlib
print(hashlib.sha256(urllib.request.urlopen('{url}/bytes').read()).hexdigest())
def work(name):
    return repr(post('{url}/stream', {{'q': 'same'}}))
"
    );
    let folder =
        project(&[("main.py", &format!("{program}{ONE_BY_ONE}")), ("fast.py", &format!("{program}{AT_ONCE}"))]);
    ended(&perfmod(folder.path(), &["record", "main.py", "--cassette", "c.jsonl"], &[]), 0);
    drop(server);
    let cassette = fs::read_to_string(folder.path().join("c.jsonl")).expect("a cassette");
    assert!(
        cassette.contains("body_base64") && cassette.contains(r#""body":"data: 3 one\n\ndata: two\n\n""#),
        "{cassette}"
    );
    assert!(cassette.contains("\"ordinal\":5"), "{cassette}");
    let found = validated(folder.path(), &["main.py", "main.py", "--cassette", "c.jsonl"], &[], 0);
    assert_eq!(found["evidence"]["requests"], 7);
    // The answers to equal requests may change places; that is no difference, and no proof either.
    let output = perfmod(folder.path(), &["validate", "main.py", "fast.py", "--cassette", "c.jsonl"], &[]);
    assert_ne!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn allowed_hosts_are_asked_once_and_with_the_users_own_key() {
    let server = Server::start(None);
    let program = format!(
        "{HEAD}
def work(name):
    answer = json.loads(post('{}/v1', {{'q': name}}, {{'Authorization': 'Bearer ' + os.environ['OPENAI_API_KEY']}}))
    return answer['number'], answer['headers']['Authorization'].endswith('real-key-1') or answer['headers']['Authorization']
",
        server.url()
    );
    let folder = project(&[
        ("main.py", &format!("{program}{ONE_BY_ONE}")),
        ("fast.py", &format!("{program}{AT_ONCE}")),
        ("wrong.py", &format!("{program}{SHUFFLED}")),
    ]);
    let allow = format!("127.0.0.1:{}", server.port);
    let key = [("OPENAI_API_KEY", "the-real-key-1")];
    let found = validated(folder.path(), &["main.py", "fast.py", "--allow", &allow], &key, 0);
    assert_eq!(found["evidence"]["answers"], "real");
    assert_eq!(server.count(), 6, "each request is made once for all runs");
    says(&validated(folder.path(), &["main.py", "wrong.py", "--allow", &allow], &key, 3), "stdout differs");
    // Another port is another host.
    let other = format!("127.0.0.1:{}", server.port ^ 1);
    let found = validated(folder.path(), &["main.py", "fast.py", "--allow", &other], &key, 4);
    says(&found, &format!("--allow {allow}"));
    assert_eq!(server.count(), 12);
}

#[test]
fn allowed_hosts_are_reached_through_the_users_proxy() {
    let server = Server::start(None);
    let program = format!("{HEAD}def work(name):\n    return post('http://model.example/v1', {{'q': name}})\n");
    let (one, all) = (format!("{program}{ONE_BY_ONE}"), format!("{program}{AT_ONCE}"));
    let folder = project(&[("main.py", &one), ("fast.py", &all)]);
    let proxy = format!("http://127.0.0.1:{}", server.port);
    let arguments = ["main.py", "fast.py", "--allow", "model.example"];
    let found = validated(folder.path(), &arguments, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "other.example")], 0);
    assert_eq!((&found["evidence"]["answers"], server.count()), (&"real".into(), 6));
}

/// What `record` keeps is what `rewrite` asks for: both cut the source to the same items.
#[test]
fn rewrite_answers_from_a_cassette_and_exercises_by_the_projects_tests() {
    let server = Server::start(None);
    let script = format!(
        "import requests

names = [f'item {{i}}' for i in range(40)]

def ask(name):
    return requests.get(f'{}/{{name}}?q=1').json()['path']

if __name__ == '__main__':
    for name in names:
        print(name, ask(name))
",
        server.url()
    );
    let module = "import requests\n\ndef all_of(names, url):\n    found = []\n    for name in names:\n        found.append(requests.get(f'{url}/{name}?q=1').json()['path'])\n    return found\n";
    let tests = format!(
        "import lib\n\ndef test_all():\n    assert lib.all_of(['a', 'b'], '{}') == ['/a?q=1', '/b?q=1']\n",
        server.url()
    );
    let files = [("pyproject.toml", ""), ("main.py", &script), ("lib.py", module), ("test_lib.py", &tests)];
    let folder = project(&files);
    let header = "# /// script\n# dependencies = [\"pytest\", \"requests\"]\n# ///\n";
    let python = support::python(header).display().to_string();
    let output = perfmod(folder.path(), &["record", "main.py", "--max-samples", "5", "--python", &python], &[]);
    let said = ended(&output, 0);
    assert!(said.contains("first 5 of `names`") && said.contains("5 exchanges kept"), "{said}");
    let rewrite = |more: &[&str]| -> Value {
        let base = ["rewrite", "--dry-run", "--format", "json", "--schedules", "2", "--python", &python];
        let output = perfmod(folder.path(), &[&base, more].concat(), &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["files"][0]["sites"].clone()
    };
    let site = rewrite(&["main.py", "--max-samples", "5", "--cassette", "main.cassette.jsonl"])[0].clone();
    assert_eq!((&site["verdict"], &site["evidence"]["answers"]), (&"validated".into(), &"cassette".into()), "{site:#}");
    let allow = format!("127.0.0.1:{}", server.port);
    let site = rewrite(&["lib.py", "--entry", "pytest -q", "--allow", &allow])[0].clone();
    assert_eq!(site["verdict"], "validated", "{:#}", site["evidence"]);
    assert_eq!(site["evidence"]["observables"], serde_json::json!(["1 test"]));
}

#[test]
fn an_unknown_request_names_itself_and_the_users_own_answers_come_first() {
    let program = format!(
        "{HEAD}
def work(name):
    return post('https://weather.example/v1/now', {{'city': name}})
"
    );
    let (one, all) = (format!("{program}{ONE_BY_ONE}"), format!("{program}{AT_ONCE}"));
    let folder = project(&[("main.py", &one), ("fast.py", &all)]);
    let found = validated(folder.path(), &["main.py", "fast.py"], &[], 4);
    for part in
        ["POST https://weather.example/v1/now", "--allow weather.example", "perfmod record", "tool.perfmod.stubs"]
    {
        says(&found, part);
    }
    let stubs = "[tool.perfmod.stubs]\n\"POST weather.example/*\" = { template = '{\"city\": \"{{body.city}}\", \"degrees\": {{number -20 40}}}' }\n";
    fs::write(folder.path().join("pyproject.toml"), stubs).expect("writable");
    let found = validated(folder.path(), &["main.py", "fast.py"], &[], 0);
    assert_eq!(found["evidence"]["answers"], "your stubs");
    fs::write(folder.path().join("pyproject.toml"), stubs.replace("template", "templat")).expect("writable");
    let output = perfmod(folder.path(), &["validate", "main.py", "fast.py"], &[]);
    assert!(ended(&output, 2).contains("did you mean `template`?"));
    fs::write(folder.path().join("pyproject.toml"), "").expect("writable");
    fs::write(folder.path().join("c.jsonl"), "{}\n").expect("writable");
    let output = perfmod(folder.path(), &["validate", "main.py", "fast.py", "--cassette", "c.jsonl"], &[]);
    assert!(ended(&output, 2).contains("c.jsonl, line 1"));
}

#[test]
fn any_two_versions_are_compared_also_those_that_ask_for_nothing() {
    let slow = "import json\ntotal = 0\nfor i in range(1000):\n    total += i * i\nprint(total)\njson.dump(total, open('out.json', 'w'))\n";
    let fast = "import json\nfrom helper import squares\ntotal = squares(1000)\nprint(total)\njson.dump(total, open('out.json', 'w'))\n";
    let folder = project(&[
        ("main.py", slow),
        ("new/main.py", fast),
        ("new/helper.py", "def squares(n):\n    return sum(i * i for i in range(n))\n"),
        ("bad.py", &slow.replace("range(1000)", "range(999)")),
        ("silent.py", "x = 1\n"),
    ]);
    let found = validated(folder.path(), &["main.py", "new/main.py"], &[], 0);
    assert_eq!(found["verdict"], "validated");
    assert_eq!(found["confidence"], serde_json::json!({"safe": 90, "faster": 50}));
    assert!(found["evidence"]["notes"].to_string().contains("makes no request"), "{found:#}");
    assert_eq!(
        found["evidence"]["observables"],
        serde_json::json!(["exit code", "0 requests", "stdout", "file out.json", "variables at the end: total"])
    );
    says(&validated(folder.path(), &["main.py", "bad.py"], &[], 3), "332833500");
    says(&validated(folder.path(), &["silent.py", "silent.py"], &[], 4), "nothing of what the program puts out");
    assert!(!folder.path().join("out.json").exists() && !folder.path().join("helper.py").exists());
    let text = perfmod(folder.path(), &["-q", "validate", "main.py", "bad.py"], &[]);
    assert!(ended(&text, 3).contains("main.py and bad.py: refuted, they do not do the same"));
    let text = perfmod(folder.path(), &["-q", "validate", "main.py", "new/main.py"], &[]);
    assert!(
        ended(&text, 0).contains("main.py and new/main.py: validated (safe 90%), nothing that was compared differs")
    );
    for (arguments, part) in [
        (&["main.py", "none.py"][..], "no such file"),
        (&["main.py", "new"], "two files, or two folders"),
        (&["new", "new"], "--script"),
        (&["main.py", "bad.py", "--allow", "http://x"], "HOST"),
        (&["main.py", "bad.py", "--entry", "'x"], "quote"),
    ] {
        let output = perfmod(folder.path(), &[&["validate"], arguments].concat(), &[]);
        assert!(ended(&output, 2).contains(part), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Nothing marks this project: neither a `.git` nor a `pyproject.toml`.
/// The hour of an answer differs between two runs, and may come out in an exception's text: such a program was refuted.
#[test]
fn made_up_answers_do_not_tell_the_time() {
    let asks = "\
import json, urllib.request
body = json.dumps({'model': 'm', 'messages': [{'role': 'user', 'content': 'x'}]}).encode()
with urllib.request.urlopen('https://api.openai.com/v1/chat/completions', body) as response:
    print(SHOWN)
";
    let folder = project(&[
        ("main.py", &asks.replace("SHOWN", "response.headers.get('Date')")),
        ("new.py", &asks.replace("SHOWN", "None")),
    ]);
    let found = validated(folder.path(), &["main.py", "new.py"], &[], 0);
    assert_eq!(found["verdict"], "validated", "{found:#}");
}

#[test]
fn what_is_copied_holds_what_the_script_reads_above_itself() {
    let down = "import json\nprint(json.load(open('data/x.json')))\n";
    let up =
        "import json, sys\nsys.path.insert(0, '..')\nimport lib\nprint(lib.name, json.load(open('../data/x.json')))\n";
    let folder = project(&[
        ("data/x.json", "[1, 2]"),
        ("lib.py", "name = 'lib'\n"),
        ("scripts/down.py", down),
        ("scripts/up.py", up),
        ("scripts/same.py", "print(open('own.txt').read())\n"),
        ("scripts/own.txt", "own"),
    ]);
    let scripts = folder.path().join("scripts");
    for (here, name, part) in [
        (folder.path(), "scripts/down.py", Some("so the working folder, ")),
        (&scripts, "up.py", Some("to which the script's `..` leads, was copied for the runs")),
        (&scripts, "same.py", None),
    ] {
        let found = validated(here, &[name, name], &[], 0);
        let notes = found["evidence"]["notes"].to_string();
        assert_eq!(
            (found["verdict"].as_str(), notes.contains("copied")),
            (Some("validated"), part.is_some()),
            "{notes}"
        );
        assert!(notes.contains(part.unwrap_or_default()), "{notes}");
    }
    // What is not found there is told with what was copied.
    let found = validated(&scripts, &["down.py", "down.py"], &[], 4);
    says(&found, "FileNotFoundError");
    says(&found, "Only the script's own folder, ");
    says(&found, "start perfmod in the folder that holds what the program reads, or put a pyproject.toml there");
}

#[test]
fn two_folders_are_two_versions_with_what_each_has_and_has_not() {
    let main = "import os\nfrom lib import value\nprint(value, os.path.exists('data/old.txt'))\n";
    let folder = project(&[
        ("a/main.py", main),
        ("a/lib.py", "value = 1\n"),
        ("a/data/old.txt", "x"),
        ("b/main.py", main),
        ("b/lib/__init__.py", "value = 1\n"),
        ("b/data/old.txt", "x"),
        ("c/main.py", main),
        ("c/lib.py", "value = 1\n"),
    ]);
    validated(folder.path(), &["a", "b", "--script", "main.py"], &[], 0);
    says(&validated(folder.path(), &["a", "c", "--script", "main.py"], &[], 3), "1 False");
}

#[test]
fn tests_of_the_project_are_the_exercise() {
    let python = support::python("# /// script\n# dependencies = [\"pytest\"]\n# ///\n").display().to_string();
    let module = "def double(x):\n    return 2 * x\n\ndef later(x):\n    return x\n";
    let tests = "from mod import double, later\nimport pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_double(x):\n    assert double(x) == x + x\n\ndef test_later():\n    assert later(3) == 3\n\ndef test_that_fails_anyway():\n    assert False\n";
    let folder = project(&[
        ("pyproject.toml", ""),
        ("mod.py", module),
        ("tests/test_mod.py", tests),
        ("conftest.py", ""),
        ("same.py", &module.replace("2 * x", "x + x")),
        ("wrong.py", &module.replace("2 * x", "2")),
        ("gone.py", "def double(x):\n    return 2 * x\n"),
        ("more.py", &module.replace("    return 2 * x", "    if x > 9:\n        return x + x + 0\n    return x + x")),
    ]);
    let with = |script: &str, entry: &str, code: i32| {
        validated(folder.path(), &["mod.py", script, "--python", &python, "--entry", entry], &[], code)
    };
    let found = with("same.py", "pytest -q tests", 0);
    assert_eq!(found["evidence"]["observables"], serde_json::json!(["3 tests (1 fail before and do not count)"]));
    let notes = found["evidence"]["notes"].to_string();
    assert!(notes.contains("with --entry no faults and no mistakes are tried"), "{notes}");
    // Changed lines that no test comes to, and those that run in a process that the command starts.
    let missed =
        "the entry command does not come to a changed line, so nothing is known of it: more.py:3 `return x + x + 0`";
    says(&with("more.py", "pytest -q tests", 4), missed);
    with("more.py", "python -c 'import mod; assert mod.double(3) == 6 and mod.double(10) == 20'", 0);
    let inner = "import mod; assert mod.double(3) + mod.double(10) == 26";
    with("more.py", &format!("sh -c 'python -c \"{inner}\"'"), 0);
    says(&with("more.py", "true", 4), "the entry command does not come to a changed line");
    says(
        &with("wrong.py", "pytest -q tests", 3),
        "a test passes before and not after: tests/test_mod.py::test_double[2]",
    );
    says(&with("wrong.py", "python -m pytest tests/test_mod.py", 3), "test_double[2]");
    says(&with("gone.py", "pytest -q", 3), "and 2 more");
    says(&with("same.py", "pytest -q tests -k anyway", 4), "no test passes before");
    let check = "python -c 'import mod; assert mod.double(3) == 6'";
    with("same.py", check, 0);
    says(&with("wrong.py", check, 3), "the entry command fails now: AssertionError");
}

/// Two loops, of which the sample does not come to the second.
#[test]
fn a_site_that_did_not_run_does_not_take_the_others_with_it() {
    let head = "import sys, urllib.request\n\n";
    let tail = "one(open('names.txt').read().split())\nif len(sys.argv) > 1:\n    two(sys.argv)\n";
    let short = |name: &str| {
        format!(
            "def {name}(names):\n    for name in names:\n        print(urllib.request.urlopen('http://example.org/{name}/' + name).read().decode())\n\n"
        )
    };
    // Both loops have a line that is the same, and the rewritten version has it twice: to a comparison of the texts the one
    // that stays where it was is new.
    let ask = "def ask(url, name, seconds):\n    return name + urllib.request.urlopen(url, timeout=seconds).read().decode()\n\n";
    let long = |name: &str| {
        format!(
            "def {name}(names):\n    for name in names:\n        url = 'http://example.org/' + name\n        text = ask(\n            url,\n            name,\n            10,\n        )\n        print(url, text)\n\n"
        )
    };
    for loops in [short("one") + &short("two"), ask.to_owned() + &long("one") + &long("two")] {
        judged_apart(&format!("{head}{loops}{tail}"));
    }
}

#[track_caller]
fn judged_apart(script: &str) {
    let stubs = "[tool.perfmod.stubs]\n\"example.org/*\" = { template = \"{{url}} {{words}}\" }\n";
    let folder = project(&[("main.py", script), ("names.txt", "a b c d e"), ("pyproject.toml", stubs)]);
    let arguments = ["rewrite", "main.py", "--dry-run", "--accept", "care", "--schedules", "2", "--format", "json"];
    let output = perfmod(folder.path(), &arguments, &[]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let sites = report["files"][0]["sites"].as_array().expect("sites");
    let verdicts: Vec<&str> = sites.iter().filter_map(|site| site["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["validated", "assumed"], "{report:#}");
    let own = "all of its own did";
    assert!(sites[0]["evidence"]["notes"].to_string().contains(own), "{report:#}");
    let reason = sites[1]["evidence"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("a changed line was not run, so nothing is known of it: main.py:"), "{reason}");
    // Where the module that both need is to be installed and is not, it is told what to install.
    let output = perfmod(folder.path(), &[&arguments[..], &["--runtime", "package"]].concat(), &[]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for site in report["files"][0]["sites"].as_array().expect("sites") {
        assert_eq!((site["verdict"].as_str(), output.status.code()), (Some("assumed"), Some(0)), "{site:#}");
        let reason = site["evidence"]["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("imports `perfmod_runtime`, which ") && reason.contains("-m pip install"), "{reason}");
    }
}

/// Four loops, of which the second sees that a thread calls it: perfmod cannot tell, and a run can.
#[test]
fn one_wrong_patch_does_not_take_the_others_with_it() {
    let loops: String = (1..=4)
        .map(|n| {
            let ask = if n == 2 { "deep" } else { "ask" };
            format!("for name in names:\n    print(name, {ask}(f'{n} {{name}}'))\n\n")
        })
        .collect();
    let script = format!(
        "import inspect
import requests

names = [f'item {{i}}' for i in range(4)]

def ask(prompt):
    body = {{'model': 'm', 'messages': [{{'role': 'user', 'content': prompt}}]}}
    return requests.post('https://api.openai.com/v1/chat/completions', json=body).json()['choices'][0]['message']['content']

def deep(prompt):
    return ask(prompt) + inspect.stack()[-1].function

{loops}"
    );
    let folder = project(&[("main.py", &script)]);
    let python = support::python(support::NEWEST).display().to_string();
    let arguments = [
        "rewrite",
        "main.py",
        "--dry-run",
        "--accept",
        "care",
        "--schedules",
        "2",
        "--python",
        &python,
        "--format",
        "json",
    ];
    let output = perfmod(folder.path(), &arguments, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let sites = report["files"][0]["sites"].as_array().expect("sites");
    let verdicts: Vec<&str> = sites.iter().filter_map(|site| site["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["validated", "refuted", "validated", "validated"]);
    assert_eq!(sites[0]["evidence"], sites[3]["evidence"], "those that are kept were run together");
    let diff = report["files"][0]["diff"].as_str().expect("a diff");
    let changed = |n: usize| diff.contains(&format!("-    print(name, ask(f'{n} {{name}}'))"));
    assert!(changed(1) && changed(3) && changed(4) && !diff.contains("-    print(name, deep"), "{diff}");
}
