//! What the Python runtime costs, against floors and peers in the same run: `cargo bench --bench runtime`.
//!
//! The scripts are in `benches/runtime`; the calls go to a loopback server in a process of its own. Two environments
//! are made by package names: one with openai's aiohttp transport, latteries and orjson, one with openai alone. Each bar is
//! a ratio or a count that holds on any machine; where one is missed, the exit code is 1. A goal is printed and not counted.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use perfmod::project::python;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

const ALL: &str =
    "# /// script\n# dependencies = [\"openai[aiohttp]\", \"latteries\", \"tenacity\", \"orjson\", \"tqdm\"]\n# ///\n";
const PLAIN: &str = "# /// script\n# dependencies = [\"openai\", \"tqdm\"]\n# ///\n";
const CALLS: f64 = 2000.0;
const LIMIT: f64 = 300.0;
/// Each cost is the least of so many runs, in turn with what it is compared with.
const REPEATS: usize = 3;

fn main() -> ExitCode {
    let mut table = Table::default();
    let (all, plain) = (environment(ALL), environment(PLAIN));
    calls(&mut table, &all, "aiohttp installed", Some(0.50));
    calls(&mut table, &plain, "without aiohttp", None);
    overhead(&mut table, &all);
    waiting(&mut table, &all);
    memory(&mut table, &all);
    replay(&mut table, &all);
    if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// CPU per call against `asyncio.gather` and a semaphore, and connections.
fn calls(table: &mut Table, python: &Path, name: &str, bar: Option<f64>) {
    let server = Server::start(python);
    let mut costs = [f64::MAX; 3];
    let mut connections = 0.0_f64;
    for _ in 0..REPEATS {
        for (cost, way) in costs.iter_mut().zip(["naive", "gather", "threads"]) {
            server.reset(r#"{"latency": 0.2}"#);
            let found = server.run(way, &[]);
            assert!(number(&found, "done") == CALLS, "{way}: {found}");
            *cost = cost.min(number(&found, "cpu") * 1000.0 / CALLS);
            if way == "gather" {
                connections = connections.max(number(&server.stats(), "connections"));
            }
        }
    }
    let [naive, ours, threads] = costs;
    let what = format!("CPU per call, {name}: {ours:.2} ms, naive {naive:.2} ms");
    match bar {
        Some(bar) => table.bar(&what, ours / naive, bar),
        None => table.goal(&what, ours / naive, 0.60),
    }
    table.goal(&format!("CPU per call in threads, {name}: {threads:.2} ms"), threads / naive, 1.0);
    table.bar(&format!("connections opened, {name}, over the limit of 300"), connections / LIMIT, 1.0);
}

/// What `cached` adds to a call over the same transport.
fn overhead(table: &mut Table, python: &Path) {
    let server = Server::start(python);
    server.reset(r#"{"latency": 0.005}"#);
    let short = ["--calls", "40", "--limit", "40"];
    let default = server.run("overhead", &short);
    table.bar("cached over the bare client, its own transport", number(&default, "ratio"), 1.05);
    let fast = server.run("overhead-aio", &short);
    table.goal("cached over the bare client, aiohttp", number(&fast, "ratio"), 1.05);
}

/// Wall time where the server takes its time.
fn waiting(table: &mut Table, python: &Path) {
    let server = Server::start(python);
    server.reset(r#"{"latency": 2}"#);
    let ideal = (CALLS / LIMIT).ceil() * 2.0;
    let wall = number(&server.run("gather", &[]), "wall");
    table.bar(&format!("2 s latency, 300 in flight: {wall:.1} s of {ideal:.0} s"), wall / ideal, 1.15);

    let [mut ordered, mut unordered] = [f64::MAX; 2];
    for _ in 0..2 {
        for (wall, way) in [(&mut ordered, "cached"), (&mut unordered, "unordered")] {
            server.reset(r#"{"latency": 0.2, "tail": 0.01}"#);
            *wall = wall.min(number(&server.run(way, &[]), "wall"));
        }
    }
    let what = format!("1% of calls 30 times slower, in order: {ordered:.1} s, in any order {unordered:.1} s");
    table.bar(&what, ordered / unordered, 1.2);

    server.reset(r#"{"latency": 0.05, "rps": 100}"#);
    let found = server.run("perfmod", &["--calls", "600"]);
    let (wall, lost) = (number(&found, "wall"), 600.0 - number(&found, "done"));
    table.bar(&format!("100 calls a second, Retry-After 1: {wall:.1} s of 5 s"), wall / 5.0, 1.5);
    table.bar("calls lost there", lost, 0.0);
}

fn memory(table: &mut Table, python: &Path) {
    let used = |way: &str| number(&script(python, "memory.py", &[way]), "rss");
    let plain = used("plain");
    for way in ["loop", "threads"] {
        table.bar(&format!("MB above the results of 100,000 items, {way}"), used(way) - plain, 10.0);
    }
}

/// Loading and looking up 100,000 answers, against latteries.
fn replay(table: &mut Table, python: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_str().expect("a readable name");
    let status = Command::new(python).arg(place("replay.py")).args(["write", folder]).status().expect("python starts");
    assert!(status.success());
    let keys = ["load", "whole", "memory"];
    let mut least = [[f64::MAX; 3]; 3];
    for _ in 0..REPEATS {
        let ways: [&[&str]; 3] =
            [&["latteries", folder], &["perfmod", folder], &["perfmod", folder, "--without-orjson"]];
        for (least, way) in least.iter_mut().zip(ways) {
            let found = script(python, "replay.py", way);
            for (least, key) in least.iter_mut().zip(keys) {
                *least = least.min(number(&found, key));
            }
        }
    }
    let [theirs, ours, without] = least;
    table.bar("replay against latteries: loading", ours[0] / theirs[0], 0.3);
    table.bar("replay against latteries: loading and look-ups, orjson", ours[1] / theirs[1], 0.4);
    table.bar("replay against latteries: loading and look-ups, json", without[1] / theirs[1], 0.5);
    table.bar("replay against latteries: memory", ours[2] / theirs[2], 0.5);
}

// ---- what is printed

#[derive(Default)]
struct Table {
    begun: bool,
    missed: bool,
}

impl Table {
    fn bar(&mut self, what: &str, value: f64, bar: f64) {
        let met = value <= bar;
        self.missed |= !met;
        self.line(what, value, &format!("≤ {bar}"), if met { "met" } else { "MISSED" });
    }

    fn goal(&mut self, what: &str, value: f64, goal: f64) {
        self.line(what, value, &format!("goal {goal}"), if value <= goal { "met" } else { "not reached" });
    }

    fn line(&mut self, what: &str, value: f64, bar: &str, outcome: &str) {
        if !self.begun {
            println!("| what | measured | bar | |\n|---|---|---|---|");
            self.begun = true;
        }
        println!("| {what} | {value:.2} | {bar} | {outcome} |");
    }
}

// ---- processes

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/runtime").join(name)
}

fn environment(header: &str) -> PathBuf {
    let envs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs");
    python::with_header(Path::new("main.py"), header, Some(&envs), &mut |line| println!("{line}"))
        .expect("an environment")
        .expect("a header")
        .path
}

fn script(python: &Path, name: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(python);
    let done = command.arg(place(name)).args(arguments).output().expect("python starts");
    let told = String::from_utf8_lossy(&done.stdout);
    serde_json::from_str(&told)
        .unwrap_or_else(|_| panic!("{name} {arguments:?}: {told}{}", String::from_utf8_lossy(&done.stderr)))
}

fn number(found: &Value, key: &str) -> f64 {
    found[key].as_f64().unwrap_or_else(|| panic!("no {key} in {found}"))
}

struct Server {
    child: Child,
    port: u16,
    python: PathBuf,
}

impl Server {
    fn start(python: &Path) -> Self {
        let mut command = Command::new(python);
        command.arg(place("server.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its stdout")).read_line(&mut line).expect("a line");
        Self { port: line.trim().parse().expect("a port"), child, python: python.to_owned() }
    }

    fn ask(&self, top: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server is there");
        let request = format!("{top} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = Vec::new();
        let mut byte = [0];
        // The answer is one JSON object without further ones in it, and the connection stays open.
        while answer.last() != Some(&b'}') && stream.read(&mut byte).expect("it answers") == 1 {
            answer.push(byte[0]);
        }
        let text = String::from_utf8_lossy(&answer);
        let (_, json) = text.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(json).expect("JSON")
    }

    fn reset(&self, settings: &str) {
        self.ask("POST /control", settings);
    }

    fn stats(&self) -> Value {
        self.ask("GET /stats", "")
    }

    fn run(&self, way: &str, more: &[&str]) -> Value {
        let port = self.port.to_string();
        script(&self.python, "calls.py", &[&[way, port.as_str()], more].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
