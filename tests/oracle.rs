//! `--oracle ty`: what a type checker says of a receiver becomes knowledge, and nothing else changes. The core lane asks
//! `tests/support/fake_ty.py`, the full lane the real `ty` about real packages.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what an environment needs is told as it is built")]

use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

#[allow(dead_code, reason = "the environments of other tests")]
mod support;

const CALL: &str = "chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])";

/// A function whose loop calls a receiver that flow cannot tell.
fn function(name: &str, before: &str, receiver: &str) -> String {
    format!("def {name}(pool, qs: list):\n{before}    for q in qs:\n        print({receiver}.{CALL})\n\n")
}

/// A folder with a script, installed packages, and a `ty` that runs `server`.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(script: &str, server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for (file, text) in [
            ("project/main.py", script),
            ("project/mine.py", "from openai import OpenAI\n\nclass Mine(OpenAI):\n    pass\n"),
            ("site-packages/openai/_client.py", "class OpenAI:\n    pass\n\nclass AsyncOpenAI:\n    pass\n"),
            ("site-packages/alike/client.py", "class OpenAI:\n    pass\n"),
            ("bin/ty", server),
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::set_permissions(root.join("bin/ty"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(file)
    }

    /// The sites under an oracle, each as its function, status and assumptions.
    fn sites(&self, oracle: &str) -> Vec<(String, String, Value)> {
        let classes = json!({
            "good": ["OpenAI", self.path("site-packages/openai/_client.py")],
            "maybe": ["OpenAI | None", self.path("site-packages/openai/_client.py")],
            "alike": ["OpenAI", self.path("site-packages/alike/client.py")],
            "mine": ["Mine", self.path("project/mine.py")],
            "kept": ["OpenAI", self.path("site-packages/openai/_client.py")],
            "either": ["OpenAI | Unknown", self.path("site-packages/openai/_client.py")],
        });
        let mut command = Command::cargo_bin("perfmod").unwrap();
        let rest = std::env::var("PATH").unwrap();
        let path = format!("{}:{rest}", self.path("bin").display());
        command.env("PATH", path).env("FAKE_TY", classes.to_string()).env_remove("VIRTUAL_ENV");
        sites(command.arg("check").arg(self.path("project/main.py")).args(["--oracle", oracle]))
    }
}

fn sites(command: &mut Command) -> Vec<(String, String, Value)> {
    let output = command.args(["--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sites = report["files"][0]["sites"].as_array().unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_string();
    sites.iter().map(|s| (text(&s["function"]), text(&s["status"]), s["assumptions"].clone())).collect()
}

fn statuses(sites: &[(String, String, Value)]) -> Vec<(&str, &str)> {
    sites.iter().map(|(function, status, _)| (function.as_str(), status.as_str())).collect()
}

fn fake() -> String {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/fake_ty.py");
    fs::read_to_string(server).unwrap()
}

#[test]
fn what_it_says_of_a_receiver_is_knowledge() {
    let item = |name: &str| function(name, &format!("    {name} = pool[0]\n"), name);
    let script: String = ["good", "maybe", "alike", "mine", "either", "unknown"].map(item).concat();
    let bench = Bench::new(&script, &fake());
    let before = bench.sites("none");
    assert_eq!(before.len(), 6, "{before:#?}");
    assert!(before.iter().all(|(_, status, why)| status == "care" && why[0].as_str().unwrap().contains("taken for")));
    // A look-alike is no site; a class of the project is what its bases make it; a union is no answer.
    let after = bench.sites("ty");
    let expected = [("good", "ready"), ("maybe", "ready"), ("mine", "ready"), ("either", "care"), ("unknown", "care")];
    assert_eq!(statuses(&after), expected, "{after:#?}");
    assert_eq!(after[0].2, json!([]));
}

#[test]
fn what_a_call_may_undo_behind_its_back_is_not_asked() {
    let tested = "    if isinstance(pool.good, OpenAI):\n        swap(pool)\n";
    let set = "    global good\n    good = pool[0]\n    swap(pool)\n";
    let script = format!(
        "from openai import OpenAI\n\ndef swap(pool):\n    pool.good = make()\n\n{}{}{}{}class Base:\n    @property\n    def kept(self):\n        return self.pool[0]\n",
        function("tested", tested, "pool.good"),
        function("held", "", "pool.maybe"),
        function("set", set, "good"),
        function("property", "", "pool.kept"),
    );
    let bench = Bench::new(&script, &fake());
    let (before, after) = (bench.sites("none"), bench.sites("ty"));
    assert_eq!(before.len(), 4, "{before:#?}");
    for (before, after) in before.iter().zip(&after) {
        if before.0 == "held" {
            assert_eq!((before.1.as_str(), after.1.as_str()), ("care", "ready"));
        } else {
            assert_eq!(before, after);
        }
    }
}

#[test]
fn a_server_that_does_not_answer_changes_nothing() {
    let script = function("good", "    good = pool[0]\n", "good");
    for server in
        ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho 'Content-Length: x'\n", "#!/bin/sh\nsleep 60\n", "no program"]
    {
        let bench = Bench::new(&script, server);
        assert_eq!(bench.sites("ty"), bench.sites("none"), "{server}");
    }
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn the_real_one_knows_real_clients() {
    let python =
        support::python("# /// script\n# dependencies = [\"openai\", \"cerebras-cloud-sdk\", \"ty\"]\n# ///\n");
    let folder = tempfile::tempdir().unwrap();
    let typed = |name: &str| {
        let text = function(name, "    client = pool[0]\n", "client");
        text.replace("pool,", &format!("pool: list[{name}],"))
    };
    let script = format!(
        "from openai import OpenAI\nfrom cerebras.cloud.sdk import Cerebras\n\n{}{}",
        typed("OpenAI"),
        typed("Cerebras")
    );
    fs::write(folder.path().join("main.py"), script.replace("def ", "def ask_")).unwrap();
    let run = |oracle: &str| {
        let mut command = Command::cargo_bin("perfmod").unwrap();
        command.env("VIRTUAL_ENV", python.parent().unwrap().parent().unwrap());
        sites(command.arg("check").arg(folder.path().join("main.py")).args(["--oracle", oracle]))
    };
    // The catalogue knows the one and not the other, whose methods have the same names.
    assert_eq!(statuses(&run("none")), [("ask_OpenAI", "care"), ("ask_Cerebras", "care")]);
    assert_eq!(statuses(&run("ty")), [("ask_OpenAI", "ready")]);
}
