//! What the catalogue says of libraries is so: every function, client, call, twin and class of exceptions is looked up in the
//! package that it belongs to (`tests/catalog/look.py`).
//!
//! The core lane looks at the standard library, and at entries that are wrong. The full lane installs all other packages,
//! in as many environments as their versions need.

#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use perfmod::catalog::transforms::Transforms;
use perfmod::catalog::{CallFact, Catalog, ClientFact, Kept, Twin, Versions};
use perfmod::rewrite::python::DEFAULT_LIMIT;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

fn embedded() -> Catalog {
    Catalog::load(&Transforms::embedded()).unwrap()
}

/// The embedded catalogue with one more file, or what is wrong with that.
fn with(text: &str) -> Result<Catalog, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("catalog")).unwrap();
    std::fs::write(folder.path().join("catalog/mine.toml"), text).unwrap();
    Catalog::load(&Transforms::with_folder(folder.path()).unwrap()).map_err(|e| e.to_string())
}

// ---- what the script is told, and what it says

fn spoken_of(versions: &Versions, entry: Value) -> Value {
    let mut entry = entry;
    entry["since"] = json!(versions.since);
    entry["until"] = json!(versions.until);
    entry
}

fn call(fact: &CallFact) -> Value {
    let (method, awaited) = match &fact.twin {
        Twin::Method(path) => (Some(path), None),
        Twin::Await(path) => (None, Some(path)),
        Twin::Same | Twin::Threads => (None, None),
    };
    let kept = fact.kept.map(|kept| match kept {
        Kept::Plain => "plain",
        Kept::Pydantic => "pydantic",
        Kept::Openai => "openai",
    });
    spoken_of(
        &fact.versions,
        json!({
            "path": fact.path, "same": fact.twin == Twin::Same, "method": method, "await": awaited,
            "plain": fact.plain, "streams": fact.streams, "answer": fact.answer, "kept": kept,
        }),
    )
}

fn client(fact: &ClientFact) -> Value {
    let mut calls: Vec<&CallFact> = fact.calls.values().collect();
    calls.sort_by(|a, b| a.path.cmp(&b.path));
    spoken_of(
        &fact.versions,
        json!({
            "constructors": fact.constructors().collect::<Vec<_>>(), "twin": fact.twin, "portable": fact.portable,
            "pool": fact.calls.values().find_map(|call| call.pool).unwrap_or(DEFAULT_LIMIT),
            "threads": fact.calls.values().find_map(|call| call.threads).map(|threads| threads.most),
            "asynchronous": fact.asynchronous, "calls": calls.into_iter().map(call).collect::<Vec<_>>(),
        }),
    )
}

/// The libraries of a catalogue that satisfy a test.
fn told(catalog: &Catalog, test: impl Fn(&str, Option<&str>) -> bool) -> Vec<Value> {
    let chosen = catalog.libraries().iter().filter(|l| test(&l.module, l.package.as_deref()));
    let libraries = chosen.map(|library| {
        let functions = library.functions.iter().map(|path| call(catalog.function_fact(path).unwrap()));
        let clients = library.clients.iter().map(|path| client(catalog.client(path).unwrap()));
        let errors = library.errors.iter().map(|kinds| {
            let paths = [&kinds.rate_limit, &kinds.transient, &kinds.permanent];
            spoken_of(&kinds.versions, json!({"paths": paths.into_iter().flatten().collect::<Vec<_>>()}))
        });
        json!({
            "package": library.package, "functions": functions.collect::<Vec<_>>(),
            "clients": clients.collect::<Vec<_>>(), "errors": errors.collect::<Vec<_>>(),
        })
    });
    libraries.collect()
}

/// What was found of a catalogue.
#[derive(Debug, Default)]
struct Looked {
    seen: BTreeSet<String>,
    wrong: BTreeSet<(String, String)>,
    found: BTreeSet<String>,
    absent: BTreeSet<String>,
}

impl Looked {
    fn add(&mut self, other: Self) {
        self.seen.extend(other.seen);
        self.wrong.extend(other.wrong);
        self.found.extend(other.found);
        self.absent.extend(other.absent);
    }

    /// What is wrong: also keywords and classes of answers that no version has.
    fn troubles(&self) -> Vec<String> {
        let wrong = self.wrong.iter().map(|(entry, message)| format!("{entry}: {message}"));
        let nowhere =
            self.absent.difference(&self.found).map(|entry| format!("{entry} is in no version that was looked at"));
        wrong.chain(nowhere).collect()
    }
}

fn look(python: &Path, libraries: &[Value]) -> Looked {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog/look.py");
    let mut child = Command::new(python)
        .arg(script)
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(serde_json::to_string(libraries).unwrap().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} ended with {}", python.display(), output.status);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let texts = |name: &str| said[name].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_string()).collect();
    let pair = |v: &Value| (v[0].as_str().unwrap().to_string(), v[1].as_str().unwrap().to_string());
    Looked {
        seen: texts("seen"),
        wrong: said["wrong"].as_array().unwrap().iter().map(pair).collect(),
        found: texts("found"),
        absent: texts("absent"),
    }
}

/// The entries of which something must have been seen.
fn entries(catalog: &Catalog, test: impl Fn(&str, Option<&str>) -> bool) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for library in catalog.libraries().iter().filter(|l| test(&l.module, l.package.as_deref())) {
        out.extend(library.functions.iter().cloned());
        for client in library.clients.iter().map(|path| catalog.client(path).unwrap()) {
            for path in client.constructors() {
                out.insert(path.to_string());
                out.extend(client.calls.keys().map(|call| format!("{path}().{call}")));
            }
        }
        for kinds in &library.errors {
            out.extend([&kinds.rate_limit, &kinds.transient, &kinds.permanent].into_iter().flatten().cloned());
        }
    }
    out
}

/// Fails where something is wrong, or an entry was nowhere looked at.
#[track_caller]
fn is_so(catalog: &Catalog, looked: &Looked, test: impl Fn(&str, Option<&str>) -> bool) {
    let troubles = looked.troubles();
    assert!(troubles.is_empty(), "the catalogue says what is not so:\n  {}", troubles.join("\n  "));
    let unseen: Vec<String> = entries(catalog, test).difference(&looked.seen).cloned().collect();
    assert!(unseen.is_empty(), "no environment has:\n  {}", unseen.join("\n  "));
}

// ---- the core lane

#[test]
fn what_is_said_of_the_standard_library_is_so() {
    let catalog = embedded();
    let own = |_: &str, package: Option<&str>| package.is_none();
    let looked = look(Path::new("python3"), &told(&catalog, own));
    is_so(&catalog, &looked, own);
    assert!(
        looked.seen.contains("subprocess.run") && looked.seen.contains("sqlite3.connect().cursor().execute"),
        "{looked:?}"
    );
}

#[test]
fn an_entry_that_is_not_so_is_told() {
    let head = "[library]\nmodule = \"json\"\nabout = \"x\"\n\n";
    let client = "[[client]]\npath = \"asyncio.Queue\"\nthread_safe = false\n\n[[client.call]]\neffect = \"read\"\n";
    let queue = head.replace("\"json\"", "\"asyncio\"") + client;
    for (text, entry, message) in [
        (
            format!("{head}[[function]]\npath = \"json.lods\"\neffect = \"read\"\n"),
            "json.lods",
            "there is no `json.lods`",
        ),
        (
            format!("{head}[[function]]\npath = \"json.loads\"\neffect = \"read\"\ntwin = \"json.dumps\"\n"),
            "json.loads",
            "is no coroutine function",
        ),
        (
            format!("{head}[[function]]\npath = \"json.load\"\neffect = \"read\"\ntwin = \"json.aload\"\n"),
            "json.load",
            "there is no `json.aload`",
        ),
        (
            format!("{head}[[function]]\npath = \"json.decoder\"\neffect = \"read\"\n"),
            "json.decoder",
            "is not callable",
        ),
        (
            format!("{head}[[errors]]\ntransient = [\"json.JSONDecoder\"]\n"),
            "json.JSONDecoder",
            "is no class of exceptions",
        ),
        (format!("{head}[[errors]]\ntransient = [\"json.JSONEncodeError\"]\n"), "json.JSONEncodeError", "there is no"),
        (
            format!("{head}[[client]]\npath = \"json.JSONDecoders\"\nthread_safe = true\n"),
            "json.JSONDecoders",
            "there is no",
        ),
        (format!("{queue}path = \"get\"\n"), "asyncio.Queue().get", "is a coroutine function"),
        (format!("{queue}path = \"gets\"\n"), "asyncio.Queue().gets", "there is no"),
        (
            format!("{queue}path = \"get_nowait\"\ntwin = \"put_nowait\"\n"),
            "asyncio.Queue().get_nowait",
            "`put_nowait` is not awaited",
        ),
        (
            format!("{}path = \"get_nowait\"\n", queue.replace("false\n", "false\nasynchronous = true\n")),
            "asyncio.Queue().get_nowait",
            "is not awaited",
        ),
        (
            format!(
                "{}path = \"get_nowait\"\ntwin = \"same\"\n",
                queue.replace("Queue\"", "Queue\"\ntwin = \"asyncio.Semaphore\"\nportable = [\"maxsize\"]")
            ),
            "asyncio.Queue",
            "portable `maxsize` is no argument of `asyncio.Semaphore`",
        ),
    ] {
        let looked = look(
            Path::new("python3"),
            &told(&with(&text).unwrap(), |module, _| text.contains(&format!("module = \"{module}\""))),
        );
        let said = looked.wrong.iter().any(|(e, m)| e == entry && m.contains(message));
        assert!(said, "{text}\n{entry}: {message}\n{looked:?}");
    }
    // What some version has is enough; what none has is told.
    let text = format!("{queue}path = \"put_nowait\"\nplain = [\"item\", \"items\"]\nanswer = \"asyncio.Nothing\"\n");
    let looked = look(Path::new("python3"), &told(&with(&text).unwrap(), |module, _| module == "asyncio"));
    let troubles = looked.troubles();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles.iter().any(|t| t.contains("argument `items` is in no version")), "{troubles:?}");
    assert!(troubles.iter().any(|t| t.contains("answer `asyncio.Nothing` is in no version")), "{troubles:?}");
    // So is an entry that is in no version that was looked at.
    let text = format!("{head}[[function]]\npath = \"json.loads\"\neffect = \"read\"\nuntil = \"3.0\"\n");
    let catalog = with(&text).unwrap();
    let looked = look(Path::new("python3"), &told(&catalog, |module, _| module == "json"));
    assert!(entries(&catalog, |module, _| module == "json").difference(&looked.seen).any(|e| e == "json.loads"));
}

#[test]
fn a_mistake_in_an_entry_names_its_line() {
    let head = "[library]\nmodule = \"mine\"\nabout = \"x\"\n";
    let function = "[[function]]\npath = \"mine.get\"\neffect = \"read\"\n";
    let client = "[[client]]\npath = \"mine.Client\"\nthread_safe = true\n[[client.call]]\npath = \"a.get\"\neffect = \"read\"\n";
    let change = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        text.replace(from, to)
    };
    for (text, line, message) in [
        (format!("{function}twin = \"a b\"\n"), 7, "twin must be the dotted path of a coroutine function"),
        (format!("{function}since = \"new\"\n"), 7, "`new` is no version like 1.58"),
        (format!("{function}until = \"1.x\"\n"), 7, "`1.x` is no version"),
        (format!("{function}kept = \"pydantic\"\n"), 7, "`kept` needs `answer`"),
        (format!("{function}answer = \"dict\"\nkept = \"pickle\"\n"), 8, "pickle"),
        (format!("{function}answer = \"a.b()\"\n"), 7, "no dotted path"),
        (format!("{function}stub = \"chat\"\n"), 7, "`chat` is no path of an endpoint"),
        (format!("{function}telling = true\n"), 5, "`telling` is for calls of clients"),
        (format!("{function}cost = 1\n"), 7, "unknown field `cost`"),
        (format!("{function}{function}"), 8, "`mine.get` stands here twice"),
        (change(function, "mine.get", "mine.get().x"), 5, "no dotted path"),
        (change(function, "mine.get", "other.get"), 5, "not in module `mine`"),
        (format!("{client}{client}"), 11, "`mine.Client` stands here twice"),
        (format!("{client}[[client.call]]\npath = \"a.get\"\neffect = \"read\"\n"), 11, "this call stands here twice"),
        (change(client, "mine.Client", "mine.().x"), 5, "no dotted path"),
        (change(client, "a.get", "a.get*"), 8, "no dotted path"),
        (change(client, "a.get", "*get"), 8, "no dotted path"),
        (format!("{client}twin = \"same\"\n"), 8, "needs a client with a twin"),
        (format!("{}twin = \"aget\"\n", change(client, "a.get", "*.get")), 10, "needs a path of names alone"),
        (format!("{}telling = true\n", change(client, "a.get", "get")), 8, "a single name tells no client"),
        (change(client, "true\n", "true\nbound = true\n"), 5, "exclude each other"),
        (
            change(client, "true\n", "true\ntwin = \"mine.Async\"\nalso = [\"mine.api.Client\"]\n"),
            7,
            "leave out `also`",
        ),
        (change(client, "true\n", "true\nalso = [\"mine.Client\"]\n"), 0, ""),
        (change(client, "true\n", "true\ncalls_of = \"mine.Other\"\n"), 7, "no client of this file that stands above"),
        ("[[errors]]\ntransient = [\"a b\"]\n".to_string(), 5, "no dotted path"),
        ("[[errors]]\nfatal = [\"a.b\"]\n".to_string(), 5, "unknown field `fatal`"),
        ("spread = true\n".to_string(), 4, "`spread` needs `threads`"),
    ] {
        let said = with(&format!("{head}{text}"));
        if line == 0 {
            assert!(said.is_ok(), "{text}\n{said:?}");
            continue;
        }
        let said = said.expect_err(&text);
        assert!(said.contains(&format!("mine.toml:{line}:")) && said.contains(message), "{text}\n{said}");
    }
}

#[test]
fn calls_are_found_by_names_patterns_and_calls_on_the_way() {
    let catalog = embedded();
    let method = |constructor: &str, path: &str| {
        let path: Vec<String> = path.split('.').filter(|p| !p.is_empty()).map(str::to_string).collect();
        catalog.method(constructor, &path).map(|m| (m.client.path.clone(), m.call.path.clone(), m.is_async, m.steps))
    };
    let found = |client: &str, call: &str, is_async: bool, steps: usize| {
        Some((client.to_string(), call.to_string(), is_async, steps))
    };
    let gemini = "google.genai.Client";
    assert_eq!(method("boto3.client", "get_object"), found("boto3.client", "get_*", false, 1));
    assert_eq!(method("boto3.client", "delete_object"), found("boto3.client", "delete_*", false, 1));
    assert_eq!(method("boto3.client", "restore_object"), found("boto3.client", "*", false, 1));
    assert_eq!(method("boto3.Session", "client.().head_object"), found("boto3.client", "head_*", false, 1));
    assert_eq!(method("boto3.resource", "Object.().get"), found("boto3.resource().Object", "get", false, 1));
    assert_eq!(method(gemini, "aio.models.generate_content"), found(gemini, "models.generate_content", true, 3));
    assert_eq!(
        method(gemini, "chats.create.().send_message"),
        found("google.genai.Client().chats.create", "send_message", false, 1)
    );
    assert_eq!(method("openai.AsyncAzureOpenAI", "embeddings.create").map(|m| m.2), Some(true));
    assert_eq!(method("aiohttp.ClientSession", "get").map(|m| m.2), Some(true));
    assert_eq!(method("langchain_openai.ChatOpenAI", ""), found("langchain_openai.ChatOpenAI", "__call__", false, 0));
    // What an answer is asked, and what asks nobody.
    for (constructor, path) in [
        ("boto3.client", "get_object.().get"),
        ("boto3.client", "get_object.().[].read"),
        ("boto3.client", "get_paginator"),
        ("boto3.client", "get_paginator.().paginate"),
        ("boto3.client", ""),
        ("boto3.Session", "get_credentials"),
        ("boto3.resource", "Object"),
        ("langchain_openai.ChatOpenAI", "().content"),
        ("openai.OpenAI", ""),
        ("sqlite3.connect", "execute"),
        ("subprocess.Popen", "communicate"),
        ("arxiv.Client", "results"),
    ] {
        assert_eq!(method(constructor, path), None, "{constructor} {path}");
    }
    assert!(catalog.function("subprocess.run").is_none() && catalog.function_fact("subprocess.run").is_some());
    assert!(catalog.is_bound("sqlite3.connect") && !catalog.is_bound("psycopg.connect"));
}

// ---- the full lane

/// The environments: packages that can live together, in the versions that the entries tell apart.
const ENVIRONMENTS: [&str; 3] = [
    // The newest of everything that goes together.
    r#"
# /// script
# dependencies = ["openai", "anthropic", "google-genai", "mistralai", "cohere", "together", "groq", "huggingface_hub", "ollama",
#   "replicate", "requests", "httpx", "aiohttp", "urllib3", "boto3", "sqlalchemy", "psycopg[binary]", "semanticscholar", "arxiv",
#   "selenium", "ghapi", "google-api-python-client", "litellm", "langchain-openai", "langchain-anthropic", "langchain-google-genai"]
# requires-python = ">=3.10,<3.14"
# ///
"#,
    // First versions of what has changed since.
    r#"
# /// script
# dependencies = ["openai==1.58.1", "anthropic<1", "mistralai>=1.5,<2", "cohere<6", "together<2", "groq<1", "huggingface_hub<0.30",
#   "ollama<0.4", "langchain<0.2", "langchain-community<0.1", "langchain-openai<0.1", "httpx<0.28", "urllib3<2"]
# requires-python = ">=3.10,<3.13"
# ///
"#,
    // What came before those.
    r#"
# /// script
# dependencies = ["openai==0.28.1", "mistralai<1", "google-generativeai"]
# requires-python = ">=3.10,<3.13"
# ///
"#,
];

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn what_is_said_of_packages_is_so() {
    let catalog = embedded();
    let all = |_: &str, package: Option<&str>| package.is_some();
    let libraries = told(&catalog, all);
    let mut looked = Looked::default();
    for header in ENVIRONMENTS {
        let begun = std::time::Instant::now();
        let python = support::python(header);
        let built = begun.elapsed();
        looked.add(look(&python, &libraries));
        eprintln!("environment in {built:.1?}, looked through in {:.1?}", begun.elapsed() - built);
    }
    is_so(&catalog, &looked, all);
    eprintln!("{} entries", looked.seen.len());
}
