//! Programs in the style of real research scripts, rewritten by `perfmod rewrite` and run under the clients that people
//! have: each prints, writes, asks and fails as the original did, with its calls overlapped and answered out of order.
//!
//! The scripts are in `tests/clients`; they talk to `tests/support/server.py`. The core lane runs a few of them under the
//! newest openai package, the full lane all of them under three environments.

#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

mod support;
use support::{NEWEST, python};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What a clean run never leaves on stderr.
const NOISE: [&str; 7] = [
    "Event loop is closed",
    "never retrieved",
    "was never awaited",
    "was destroyed",
    "Unclosed",
    "Exception ignored",
    "ResourceWarning",
];

// ---- the loopback server

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(python: &Path) -> Self {
        let mut child = Command::new(python)
            .arg(Path::new(ROOT).join("tests/support/server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its stdout")).read_line(&mut line).expect("a line");
        Self { port: line.trim().parse().expect("the server prints its port"), child }
    }

    /// Forgets the counts and sets `latency`, `jitter`, … to what is given or to their defaults.
    fn reset(&self, settings: &[&Value]) {
        let mut all = json!({"reset": true, "latency": 0, "jitter": 0, "hold": 0, "limit_share": 0, "fail": {}});
        for (name, value) in settings.iter().filter_map(|some| some.as_object()).flatten() {
            all[name] = value.clone();
        }
        self.ask("POST /control", &all.to_string());
    }

    fn seen(&self) -> Seen {
        let stats = self.ask("GET /stats", "");
        let bodies = stats["bodies"].as_object().expect("bodies");
        Seen {
            requests: bodies.iter().map(|(hash, count)| (hash.clone(), count.as_u64().expect("a count"))).collect(),
            max_in_flight: stats["max_in_flight"].as_u64().expect("a number"),
            limited: stats["by_status"]["429"].as_u64().unwrap_or(0),
        }
    }

    fn ask(&self, line: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        let length = body.len();
        write!(stream, "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{line} {body}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the server saw: how often each request came, and how many at a time.
struct Seen {
    requests: BTreeMap<String, u64>,
    max_in_flight: u64,
    /// How many of them got a 429.
    limited: u64,
}

impl Seen {
    fn total(&self) -> u64 {
        self.requests.values().sum()
    }
}

// ---- one run of one program

/// What a run left behind, as far as its user can tell.
struct Run {
    stdout: String,
    stderr: String,
    code: Option<i32>,
    files: BTreeMap<PathBuf, String>,
    seen: Seen,
    wall: Duration,
}

impl Run {
    /// The type of the exception that ended the program, as the traceback names it.
    fn exception(&self) -> Option<&str> {
        let (_, traceback) = self.stderr.rsplit_once("Traceback (most recent call last)")?;
        let line = traceback.lines().skip(1).find(|line| !line.starts_with(' '))?;
        Some(line.split(':').next().unwrap_or(line))
    }
}

/// A program in a folder of its own.
struct Program<'a> {
    folder: tempfile::TempDir,
    script: &'static str,
    python: &'a Path,
    server: &'a Server,
    given: BTreeSet<PathBuf>,
}

impl<'a> Program<'a> {
    fn new(script: &'static str, python: &'a Path, server: &'a Server) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |from: &str, to: &str| {
            let to = folder.path().join(to);
            fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
            fs::copy(Path::new(ROOT).join(from), to).unwrap_or_else(|error| panic!("{from}: {error}"));
        };
        put(script, Path::new(script).file_name().and_then(|name| name.to_str()).expect("a name"));
        put("examples/llm.py", "llm.py");
        put("examples/data/questions.jsonl", "questions.jsonl");
        put("examples/data/questions.jsonl", "data/questions.jsonl");
        put("examples/data/dev.jsonl", "data/dev.jsonl");
        fs::write(folder.path().join("pyproject.toml"), "").expect("the mark of a project");
        let mut program = Self { folder, script, python, server, given: BTreeSet::new() };
        program.given = program.files().into_keys().collect();
        program
    }

    fn name(&self) -> &'static str {
        self.script.rsplit('/').next().unwrap_or(self.script)
    }

    /// Rewrites the script in place; the new text.
    fn rewrite(&mut self, accept: &[&str]) -> String {
        let before = fs::read_to_string(self.folder.path().join(self.name())).expect("the script");
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_perfmod"));
        command.current_dir(self.folder.path()).args(["rewrite", self.name(), "--yes", "--no-validate", "--python"]);
        command.arg(self.python).args(accept.iter().flat_map(|what| ["--accept", what]));
        let output = command.output().expect("perfmod starts");
        let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let after = fs::read_to_string(self.folder.path().join(self.name())).expect("the script");
        assert!(output.status.success() && after != before, "{}: not rewritten:\n{told}", self.name());
        self.given.insert("perfmod_runtime.py".into());
        after
    }

    fn run(&self, settings: &[&Value], variables: &[(&str, &str)]) -> Run {
        for file in self.files().keys().filter(|path| !self.given.contains(*path)) {
            fs::remove_file(self.folder.path().join(file)).expect("an output of the run before");
        }
        self.server.reset(settings);
        let url = format!("http://127.0.0.1:{}", self.server.port);
        let api = format!("{url}/v1");
        let mut command = assert_cmd::Command::new(self.python);
        command.env_clear().current_dir(self.folder.path()).arg(self.name()).timeout(Duration::from_secs(120));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        command.envs([("API_URL", &url), ("OPENAI_BASE_URL", &api), ("OPENAI_API_BASE", &api)]);
        command.env("OPENAI_API_KEY", "test-key").envs(variables.iter().copied());
        let start = Instant::now();
        let Output { status, stdout, stderr } = command.output().expect("python starts");
        let wall = start.elapsed();
        let (stdout, stderr) = (text(&stdout), text(&stderr));
        Run { stdout, stderr, code: status.code(), files: self.written(), seen: self.server.seen(), wall }
    }

    fn written(&self) -> BTreeMap<PathBuf, String> {
        self.files().into_iter().filter(|(path, _)| !self.given.contains(path)).collect()
    }

    /// All files by their paths in the folder, but for caches.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.ends_with(".perfmod") || path.ends_with("__pycache__") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let inside = path.strip_prefix(self.folder.path()).expect("it is inside").to_owned();
                    found.insert(inside, text(&fs::read(&path).expect("a file")));
                }
            }
        }
        found
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

// ---- one case

/// How many requests a second run makes.
#[derive(Clone, Copy)]
enum Again {
    /// So many: what was answered comes from the cache.
    Exactly(u64),
    /// Not more than so many: where a failure ends the program, what was under way behind it is not in the cache.
    AtMost(u64),
    /// As many as the first: calls that are not billed are not cached.
    All,
}

/// A script and what is expected of it once it is rewritten.
struct Case {
    script: &'static str,
    /// The PEP 723 header of the environment.
    header: &'static str,
    /// The server's settings for all runs.
    server: Value,
    /// The share of the rewritten program's requests that gets a 429 first.
    limited: f64,
    /// So many requests must be in flight at once: answers wait until they are.
    in_flight: u64,
    /// Milliseconds before each answer to the rewritten program, and up to so many more.
    latency: [u64; 2],
    /// What `perfmod rewrite` is told to accept.
    accept: &'static [&'static str],
    /// Requests of a second run.
    again: Again,
    /// So many requests more than the original's are all right: the loop is left early.
    extra: u64,
    /// What the rewritten script must hold.
    holds: &'static [&'static str],
    /// What must not be on stderr.
    noise: &'static [&'static str],
}

impl Default for Case {
    fn default() -> Self {
        Self {
            script: "",
            header: NEWEST,
            server: json!({}),
            limited: 0.0,
            in_flight: 8,
            latency: [10, 60],
            accept: &[],
            again: Again::Exactly(0),
            extra: 0,
            holds: &[],
            noise: &NOISE,
        }
    }
}

impl Case {
    fn check(self) {
        let python = python(self.header);
        let server = Server::start(&python);
        let original = Program::new(self.script, &python, &server);
        let mut rewritten = Program::new(self.script, &python, &server);
        let now = rewritten.rewrite(self.accept);
        for part in self.holds {
            assert!(now.contains(part), "{}: no {part:?} in\n{now}", self.script);
        }

        let before = original.run(&[&self.server], &[]);
        assert_eq!(before.seen.max_in_flight, 1, "the original asks one by one");
        assert!(!before.stdout.is_empty(), "the original runs: {}", before.stderr);

        let [latency, jitter] = self.latency;
        let scrambled = json!({"latency": latency, "jitter": jitter, "hold": self.in_flight});
        let limited = if self.limited > 0.0 { json!({"limit_share": self.limited}) } else { json!({}) };
        let after = rewritten.run(&[&scrambled, &self.server, &limited], &[]);
        assert_eq!(after.seen.limited > before.seen.limited, self.limited > 0.0, "{} 429s", after.seen.limited);
        self.same("first run", &before, &after, &now);
        self.asked(&before, &after);
        assert!(after.seen.max_in_flight >= self.in_flight, "{} in flight", after.seen.max_in_flight);

        let scrambled = json!({"latency": latency / 10, "jitter": jitter});
        let second = rewritten.run(&[&scrambled, &self.server], &[]);
        self.same("second run", &before, &second, &now);
        match self.again {
            Again::Exactly(count) => assert_eq!(second.seen.total(), count, "second run: {}", second.stderr),
            Again::AtMost(count) => assert!(second.seen.total() <= count, "second run: {}", second.stderr),
            Again::All => self.asked(&before, &second),
        }
        if !matches!(self.again, Again::All) {
            let anew = rewritten.run(&[&scrambled, &self.server], &[("PERFMOD_CACHE", "off")]);
            self.same("run without cache", &before, &anew, &now);
            self.asked(&before, &anew);
        }
        eprintln!(
            "{} ({}): {} requests, {:.2} s one by one at no latency, {:.2} s with {} in flight, {:.2} s again",
            original.name(),
            self.header.lines().nth(1).unwrap_or_default().trim_start_matches("# "),
            before.seen.total(),
            before.wall.as_secs_f64(),
            after.wall.as_secs_f64(),
            after.seen.max_in_flight,
            second.wall.as_secs_f64(),
        );
    }

    fn same(&self, which: &str, before: &Run, after: &Run, program: &str) {
        let context = || format!("{}, {which}\n{program}\n--- stderr\n{}", self.script, after.stderr);
        assert_eq!(after.stdout, before.stdout, "stdout: {}", context());
        assert_eq!(after.code, before.code, "exit code: {}", context());
        assert_eq!(after.exception(), before.exception(), "exception: {}", context());
        assert_eq!(after.files, before.files, "files: {}", context());
        for noise in self.noise {
            assert!(!after.stderr.contains(*noise), "{noise}: {}", context());
        }
    }

    /// Every request as often as the original made it, but for 429s that only the rewritten program got; up to `extra`
    /// others.
    fn asked(&self, before: &Run, after: &Run) {
        let limited = after.seen.limited - before.seen.limited;
        for (hash, &count) in &before.seen.requests {
            let now = after.seen.requests.get(hash).copied().unwrap_or(0);
            let more = limited.min(1) + self.extra;
            assert!((count..=count + more).contains(&now), "{}: {now} times, not {count}", self.script);
        }
        let extra = after.seen.total() - before.seen.total() - limited;
        assert!(extra <= self.extra, "{}: {extra} requests more than the original's", self.script);
    }
}

// ---- the core lane: the newest openai package

#[test]
fn the_example_with_three_hundred_questions_in_flight() {
    Case {
        script: "examples/evaluate_mcq.py",
        in_flight: 300,
        latency: [50, 500],
        holds: &["tqdm(ahead(ask_one, test))", "--clear-cache"],
        ..Case::default()
    }
    .check();
}

#[test]
fn a_loop_of_a_module_in_threads() {
    Case { script: "tests/clients/label_module.py", holds: &[".result()"], ..Case::default() }.check();
}

#[test]
fn a_row_that_fails_stays_in_its_place() {
    judge_errors(NEWEST);
}

#[test]
fn a_failure_that_nobody_catches() {
    fails_midway(NEWEST);
}

/// 400s fail at once; a 500 is asked three times by the client, so three times by the rewritten program, in every run.
fn judge_errors(header: &'static str) {
    Case {
        script: "tests/clients/judge_errors.py",
        header,
        server: json!({"fail": {
            "Item 3.": [400, -1], "Item 17.": [500, -1],
            "Item 31.": [500, 1], "Item 40.": [400, -1],
        }}),
        in_flight: 44,
        again: Again::Exactly(1 + 3 + 1),
        ..Case::default()
    }
    .check();
}

/// Of 40 items the one at 12 fails; what is under way behind it by then are the extra requests.
fn fails_midway(header: &'static str) {
    Case {
        script: "tests/clients/fails_midway.py",
        header,
        server: json!({"fail": {"Item 12:": [400, -1]}}),
        in_flight: 12,
        again: Again::AtMost(28),
        extra: 27,
        ..Case::default()
    }
    .check();
}

#[path = "clients/full.rs"]
mod full;
