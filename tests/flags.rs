//! Options that are added to a program's own command line do what they say, and every old command line means what it meant.

#[path = "support/folder.rs"]
mod folder;

use folder::project;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = r#"import argparse
import json
from urllib.request import urlopen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--shots", type=int, default=5, help="how many examples")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    with open("names.json") as f:
        names = json.load(f)
    for name in names:
        answer = json.load(urlopen(f"http://127.0.0.1:{args.port}/json/{name}"))
        print(name, answer["value"], args.shots, args.names)


if __name__ == "__main__":
    main()
"#;

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args(["--latency", "150"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { port: line.trim().parse().unwrap(), child }
    }

    fn ask(&self, line: &str, body: &str) -> serde_json::Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(stream, "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).env_remove("PERFMOD_TRANSFORMS").args(arguments).output().unwrap()
}

/// What a run printed, and how many requests it made and had in flight at once.
struct Run {
    code: Option<i32>,
    lines: Vec<String>,
    total: u64,
    in_flight: u64,
}

fn run(server: &Server, folder: &Path, script: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    server.ask("POST /control", r#"{"reset": true, "latency": 150}"#);
    let done = Command::new("python3")
        .current_dir(folder)
        .arg(script)
        .args(["--port", &server.port.to_string()])
        .args(arguments)
        .envs(variables.iter().copied())
        .env("PERFMOD_QUIET", "1")
        .output()
        .unwrap();
    let stats = server.ask("GET /stats", "");
    Run {
        code: done.status.code(),
        lines: String::from_utf8(done.stdout).unwrap().lines().map(str::to_string).collect(),
        total: stats["total"].as_u64().unwrap(),
        in_flight: stats["max_in_flight"].as_u64().unwrap(),
    }
}

fn rewritten(arguments: &[&str]) -> (tempfile::TempDir, String) {
    let folder =
        project(&[("a.py", PROGRAM), ("old.py", PROGRAM), ("names.json", r#"["a", "b", "c", "d", "e", "f"]"#)]);
    let done = perfmod(folder.path(), &[&["rewrite", "a.py", "--yes", "--no-validate"], arguments].concat());
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(PathBuf::from(folder.path()).join("a.py")).unwrap();
    (folder, text)
}

#[test]
fn options_do_what_they_say() {
    let server = Server::start();
    let (folder, text) = rewritten(&[]);
    assert!(text.contains("parser.add_argument(\"--max-samples\", type=int)\n"), "{text}");
    let old = run(&server, folder.path(), "old.py", &[], &[]);
    assert_eq!((old.lines.len(), old.total, old.in_flight), (6, 6, 1));
    let go = |variables: &[(&str, &str)], arguments: &[&str]| run(&server, folder.path(), "a.py", variables, arguments);

    let plain = go(&[], &[]);
    assert_eq!((plain.lines, plain.total), (old.lines.clone(), 6));
    assert!(plain.in_flight > 3, "{}", plain.in_flight);
    let two = go(&[], &["--max-samples", "2"]);
    assert_eq!((two.lines.as_slice(), two.total), (&old.lines[..2], 2));
    let slow = go(&[], &["--max-concurrent", "2"]);
    assert_eq!((slow.lines, slow.total, slow.in_flight), (old.lines.clone(), 6, 2));
    // What is not given leaves the environment its word, and what is given goes before it.
    let told = [("PERFMOD_MAX_CONCURRENT", "2"), ("PERFMOD_MAX_SAMPLES", "3")];
    let by_environment = go(&told, &[]);
    assert_eq!((by_environment.lines.as_slice(), by_environment.in_flight), (&old.lines[..3], 2));
    assert_eq!(go(&told, &["--max-samples", "4", "--max-concurrent", "1"]).lines, old.lines[..4]);
    assert_ne!(go(&[], &["--max-samples", "0"]).code, Some(0));
}

#[test]
fn old_command_lines_mean_what_they_meant() {
    let server = Server::start();
    let (folder, _) = rewritten(&[]);
    for arguments in
        [["--sho", "3", "x", "y"].as_slice(), &["--sh=2"], &["x", "--s", "1"], &["--", "--max-samples", "2"]]
    {
        let [old, new] = ["old.py", "a.py"].map(|script| run(&server, folder.path(), script, &[], arguments));
        assert_eq!((old.code, &old.lines), (Some(0), &new.lines), "{arguments:?}");
        assert_eq!((old.lines.len(), old.total), (6, new.total), "{arguments:?}");
    }
    for wrong in [["--x"].as_slice(), &["--shots", "many"], &["--m"]] {
        let [old, new] = ["old.py", "a.py"].map(|script| run(&server, folder.path(), script, &[], wrong));
        assert_eq!((old.code, new.code, new.total), (Some(2), Some(2), 0), "{wrong:?}");
    }
}

#[test]
fn a_command_line_stays_as_it_is_where_the_recipe_is_left_out() {
    let (_folder, text) = rewritten(&["--skip", "cli-flags"]);
    assert!(text.contains("ahead(") && !text.contains("max-samples") && !text.contains("options("), "{text}");
}

#[test]
fn a_report_names_the_options_and_why_others_are_not_added() {
    let program = PROGRAM.replace("--shots", "--model");
    let folder = project(&[("a.py", &program), ("b.py", PROGRAM)]);
    let site = |file: &str| -> serde_json::Value {
        let done = perfmod(folder.path(), &["check", file, "--format", "json"]);
        serde_json::from_slice::<serde_json::Value>(&done.stdout).unwrap()["files"][0]["sites"][0].clone()
    };
    let (kept, added) = (site("a.py"), site("b.py"));
    assert_eq!(added["options"], serde_json::json!(["--max-concurrent", "--max-samples"]));
    assert!(added["options_reason"].is_null() && kept["options"].is_null(), "{kept}");
    let why = kept["options_reason"].as_str().unwrap();
    assert!(why.contains("`--m`, which is short for `--model`") && why.contains("PERFMOD_MAX_SAMPLES"), "{why}");
    assert_eq!(kept["recipes"], serde_json::json!(["async-gather"]));
    let told = perfmod(folder.path(), &["check", "a.py", "-v"]);
    let told = String::from_utf8_lossy(&told.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("`--max-samples` is not added"), "{told}");
}
