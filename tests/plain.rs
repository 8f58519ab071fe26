//! `--runtime none`: what needs nothing of the runtime, with the standard library alone.

#[path = "support/folder.rs"]
mod folder;

use folder::{contents, project, says};
use std::path::Path;
use std::process::{Command, Output};

const NAMES: (&str, &str) = ("names.txt", "a b c d e f\n");
const STUBS: (&str, &str) =
    ("pyproject.toml", "[tool.perfmod.stubs]\n\"example.org/*\" = { template = \"{{url}} {{words}}\" }\n");

const THREADS: &str = "\
import urllib.request


def fetch(name):
    with urllib.request.urlopen(\"http://example.org/\" + name) as answer:
        return answer.read().decode()


def sizes(names, texts):
    # how long
    return [len(fetch(name + text[:2])) for name, text in zip(names, texts)]


def main():
    names = open(\"names.txt\").read().split()
    texts = []
    for name in names:
        texts.append(fetch(name))
    print(texts)
    print(sizes(names, texts))


main()
";

const AWAITED: &str = "\
import asyncio

import openai

client = openai.AsyncOpenAI()


async def ask(name):
    messages = [{\"role\": \"user\", \"content\": name}]
    answer = await client.chat.completions.create(model=\"m\", messages=messages)
    return answer.choices[0].message.content


async def main():
    names = open(\"names.txt\").read().split()
    texts = []
    for name in names:
        text = await ask(name)
        texts.append(text.strip())
    print(texts)


asyncio.run(main())
";

/// As much of the client as the program above uses; more than two calls at once are too many for it.
const CLIENT: &str = "\
import asyncio
import types


class AsyncOpenAI:
    def __init__(self):
        self.chat = types.SimpleNamespace(completions=self)
        self.calls = 0

    async def create(self, model, messages):
        self.calls += 1
        assert self.calls <= 2
        await asyncio.sleep(0.02)
        self.calls -= 1
        message = types.SimpleNamespace(content=messages[0][\"content\"].upper())
        return types.SimpleNamespace(choices=[types.SimpleNamespace(message=message)])
";

fn perfmod(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
    command.current_dir(folder).env_remove("PERFMOD_TRANSFORMS").args(arguments).output().unwrap()
}

const ACCEPT: [&str; 7] = ["--runtime", "none", "--accept", "PM105", "--accept", "assumed", "--yes"];

#[test]
fn a_loop_that_collects_becomes_a_pool_that_gives_the_same() {
    let folder = project(&[STUBS, NAMES, ("a.py", THREADS)]);
    let told = says(
        &perfmod(folder.path(), &[&["rewrite", "a.py", "--schedules", "3"][..], &ACCEPT].concat()),
        0,
        &["validated", "applied 2 of 2", "PM105 line 18", "as many as there are", "one `map` of a pool of threads"],
    );
    assert!(!told.contains("PERFMOD_MAX_CONCURRENT"), "{told}");
    assert!(told.contains("at most 300 calls of a loop run at once"), "{told}");
    let result = String::from_utf8(contents(folder.path())["a.py"].clone()).unwrap();
    for part in [
        "from concurrent.futures import ThreadPoolExecutor\n",
        "    with ThreadPoolExecutor(max_workers=300) as pool:\n        texts = list(pool.map(fetch, names))\n",
        "    # how long\n    with ThreadPoolExecutor(max_workers=300) as pool:\n        return list(pool.map(fetch_one, zip(names, texts)))\n",
    ] {
        assert!(result.contains(part), "{part}\n{result}");
    }
    assert!(!folder.path().join("perfmod_runtime.py").exists());
    // Neither form is offered again.
    for runtime in ["none", "vendor"] {
        let again = ["rewrite", "a.py", "--dry-run", "--no-validate", "--runtime", runtime];
        let done = perfmod(folder.path(), &again);
        assert!(done.status.success() && done.stdout.is_empty(), "{}", String::from_utf8_lossy(&done.stdout));
    }
    says(&perfmod(folder.path(), &["undo"]), 0, &[]);
    assert_eq!(contents(folder.path())["a.py"], THREADS.as_bytes());
}

#[test]
fn coroutines_get_a_semaphore_and_nothing_bounds_them_again() {
    let folder = project(&[NAMES, ("a.py", AWAITED)]);
    let recipe =
        ["rewrite", "a.py", "--no-validate", "--skip", "cache-calls", "--skip", "retry-calls", "--max-concurrent", "2"];
    let told = perfmod(folder.path(), &[&recipe[..], &ACCEPT].concat());
    let result = String::from_utf8(contents(folder.path())["a.py"].clone()).unwrap();
    let told = String::from_utf8_lossy(&told.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "    semaphore = asyncio.Semaphore(2)\n\n    async def bounded(item):\n        async with semaphore:\n            return await ask_one(item)\n",
        "    texts = await asyncio.gather(*[bounded(item) for item in names])\n",
    ] {
        assert!(result.contains(part), "{part}\n{result}\n{told}");
    }
    assert!(told.contains("the first in time arrives") && told.contains("one `asyncio.gather`"), "{told}");
    let client = project(&[("openai.py", CLIENT)]);
    let mut run = Command::new("python3");
    let run = run.arg("a.py").env("PYTHONPATH", client.path()).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(String::from_utf8_lossy(&run.stdout), "['A', 'B', 'C', 'D', 'E', 'F']\n", "{said}");
    let again = ["rewrite", "a.py", "--dry-run", "--no-validate"];
    let done = perfmod(folder.path(), &again);
    assert!(done.status.success() && done.stdout.is_empty(), "{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn what_needs_the_runtime_is_refused_with_the_reason() {
    let fetch = "import urllib.request\n\n\ndef fetch(name):\n    return urllib.request.urlopen(\"http://example.org/\" + name).read()\n\n\n";
    let names = "names = open(\"names.txt\").read().split()\n";
    let collects = "texts = [fetch(name) for name in names]\n";
    let function = "def every(names):\n    return [fetch(name) for name in names]\n\n\n";
    let loud = fetch.replace("    return", "    print(name)\n    return");
    for (text, more, why) in [
        (format!("{fetch}{names}for name in names:\n    print(fetch(name))\n"), vec![], "the loop stays"),
        (format!("{loud}{names}{collects}"), vec![], "the work prints"),
        (format!("import decimal\n{fetch}{names}{collects}"), vec![], "the program uses `decimal`"),
        (
            format!("{fetch}{names}{collects}"),
            vec!["--recipe", "checkpoint", "--recipe", "async-gather"],
            "a checkpoint",
        ),
        (
            format!("{fetch}{names}{collects}"),
            vec!["--recipe", "retry-calls", "--recipe", "async-gather"],
            "--skip retry-calls",
        ),
        (format!("{fetch}{names}{collects}"), vec!["--executor", "async"], "no event loop here: without the runtime"),
        (
            format!("{fetch}{function}{names}for name in names:\n    print(every([name, \"x\"]))\n"),
            vec![],
            "called in a loop itself",
        ),
    ] {
        let folder = project(&[NAMES, ("a.py", &text)]);
        let asked = ["rewrite", "a.py", "--dry-run", "--no-validate", "--runtime", "none", "--accept", "care"];
        let done = perfmod(folder.path(), &[&asked[..], &more].concat());
        let told = String::from_utf8_lossy(&done.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            told.contains(why) && done.stdout.is_empty(),
            "{why}\n{told}\n{}",
            String::from_utf8_lossy(&done.stdout)
        );
    }
}
