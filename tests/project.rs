//! The model over several files: where the waiting call stands behind functions, methods, classes and modules.

use perfmod::engine::{Engine, Options};
use perfmod::facts::{Site, Status};
use std::fs;

/// The sites of the first of some files, all of which lie in one folder.
fn sites(files: &[(&str, &str)]) -> Vec<Site> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let first = folder.path().join(files[0].0);
    let mut outcome = Engine::new(None, Options::default()).unwrap().check(&[first]).unwrap();
    assert!(outcome.files[0].error.is_none(), "{:?}", outcome.files[0].error);
    outcome.files.remove(0).sites
}

/// The one site of the first file.
fn site(files: &[(&str, &str)]) -> Site {
    let mut found = sites(files);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn is_ready(files: &[(&str, &str)]) {
    let site = site(files);
    assert_eq!(site.status, Status::Ready, "{site:#?}");
    assert_eq!(site.recipes, ["async-gather"], "{site:#?}");
}

/// The site is blocked, and one obstacle has this code.
fn is_blocked(files: &[(&str, &str)], code: &str) {
    let site = site(files);
    assert_eq!(site.status, Status::Blocked, "{site:#?}");
    assert!(site.obstacles.iter().any(|o| o.code.to_string() == code), "no {code}: {site:#?}");
}

const LOOP: &str = "from llm import ask\n\ndef main(path):\n    for line in open(path).read().splitlines():\n        print(ask(line))\n\nmain('in.txt')\n";
const ASK: &str = "import openai\n\nclient = openai.OpenAI()\n\ndef ask(text):\n    r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n    return r.choices[0].message.content\n";

#[test]
fn a_call_in_another_file_is_a_site_of_the_loop() {
    is_ready(&[("main.py", LOOP), ("llm.py", ASK)]);
    is_ready(&[
        ("main.py", &LOOP.replace("from llm import ask", "import llm as l").replace("ask(line)", "l.ask(line)")),
        ("llm.py", ASK),
    ]);
    // A package, a relative import, a re-export.
    is_ready(&[
        ("pkg/main.py", &LOOP.replace("from llm", "from .api")),
        ("pkg/__init__.py", ""),
        ("pkg/api/__init__.py", "from ..core.llm import ask\n"),
        ("pkg/core/__init__.py", ""),
        ("pkg/core/llm.py", ASK),
    ]);
    // A star import, a folder without `__init__.py`, a folder on the path, another name.
    is_ready(&[("main.py", &LOOP.replace("import ask", "import *")), ("llm.py", ASK)]);
    is_ready(&[("main.py", &LOOP.replace("from llm", "from lib.llm")), ("lib/llm.py", ASK)]);
    is_ready(&[("main.py", &format!("import sys\nsys.path.insert(0, 'lib')\n{LOOP}")), ("lib/llm.py", ASK)]);
    is_ready(&[
        ("main.py", &LOOP.replace("import ask", "import complete as ask")),
        ("llm.py", &ASK.replace("def ask", "def complete")),
    ]);
}

#[test]
fn what_a_file_behind_the_call_does_counts() {
    let history = ASK
        .replace("def ask(text):\n", "history = []\n\ndef ask(text):\n    history.append(text)\n")
        .replace("'content': text", "'content': str(history)");
    is_blocked(&[("main.py", LOOP), ("llm.py", &history)], "PM112");
    let state = ASK
        .replace("    r = client", "    os.environ['LAST'] = text\n    r = client")
        .replace("import openai", "import openai, os");
    is_blocked(&[("main.py", LOOP), ("llm.py", &state)], "PM111");
    let default = ASK.replace("def ask(text):\n", "def ask(text, seen=[]):\n    seen.append(text)\n");
    is_blocked(&[("main.py", LOOP), ("llm.py", &default)], "PM112");
    // Both ends are named, each in its file.
    let found = site(&[("main.py", LOOP), ("llm.py", &history)]);
    let other = found.obstacles[0].other_span.as_ref().unwrap();
    assert!(other.path.as_deref().unwrap().ends_with("llm.py"), "{other:?}");
    assert_eq!(other.line, 8);
    assert!(found.obstacles[0].span.path.is_none());
}

#[test]
fn a_variable_of_another_module_is_one_variable() {
    let reads = ASK
        .replace("import openai", "import openai\nimport state")
        .replace("'content': text", "'content': state.last + text");
    let main = LOOP
        .replace("from llm import ask", "from llm import ask\nimport state")
        .replace("        print(ask(line))", "        state.last = ask(line)\n        print(state.last)");
    assert_eq!(site(&[("main.py", &main), ("llm.py", &reads), ("state.py", "last = ''\n")]).status, Status::Blocked);
    // The same, where nothing of the loop sets it.
    is_ready(&[("main.py", LOOP), ("llm.py", &reads), ("state.py", "last = ''\n")]);
}

#[test]
fn clients_are_followed_to_where_they_are_made() {
    let class = "import openai\n\nclass Bot:\n    def __init__(self, key=None):\n        self.client = openai.OpenAI(api_key=key)\n\n    def ask(self, text):\n        return self.client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n";
    let main = "from llm import Bot\n\ndef main(path):\n    bot = Bot()\n    for line in open(path).read().splitlines():\n        print(bot.ask(line))\n\nmain('in.txt')\n";
    is_ready(&[("main.py", main), ("llm.py", class)]);
    // A factory, an annotation with None, a base class in another file.
    let factory = format!("{class}\ndef make(key=None):\n    return Bot(key)\n");
    is_ready(&[
        ("main.py", &main.replace("import Bot", "import make").replace("Bot()", "make()")),
        ("llm.py", &factory),
    ]);
    let parameter = "from typing import Optional\nfrom openai import OpenAI\n\ndef run(lines: list, client: Optional[OpenAI] = None):\n    client = client or OpenAI()\n    for line in lines:\n        r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': line}])\n        print(r.choices[0].message.content)\n";
    is_ready(&[("main.py", parameter)]);
    let derived = "from base import Base\n\nclass Bot(Base):\n    def wrap(self, text):\n        return '> ' + text\n";
    let base = class.replace("class Bot", "class Base").replace("'content': text", "'content': self.wrap(text)")
        + "\n    def wrap(self, text):\n        return text\n";
    is_ready(&[("main.py", main), ("llm.py", derived), ("base.py", &base)]);
    // The override keeps state.
    let keeps = derived.replace(
        "        return '> ' + text",
        "        self.last = getattr(self, 'last', '') + text\n        return self.last",
    );
    is_blocked(&[("main.py", main), ("llm.py", &keeps), ("base.py", &base)], "PM112");
}

#[test]
fn decorators_are_told_by_what_they_do() {
    let decorated =
        |line: &str, import: &str| format!("{import}\n{}", ASK.replace("def ask", &format!("{line}\ndef ask")));
    is_ready(&[("main.py", LOOP), ("llm.py", &decorated("@tenacity.retry(stop=None)", "import tenacity"))]);
    let own = "import functools, time\n\ndef again(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n        for n in range(3):\n            try:\n                return f(*a, **k)\n            except OSError:\n                time.sleep(n)\n        raise OSError\n    return inner\n";
    is_ready(&[("main.py", LOOP), ("llm.py", &decorated("@again", "from deco import again")), ("deco.py", own)]);
    let care = |files: &[(&str, &str)], code: &str| {
        let site = site(files);
        assert_eq!(site.status, Status::Care, "{site:#?}");
        assert!(site.cautions.iter().any(|c| c.code.to_string() == code), "{site:#?}");
    };
    care(&[("main.py", LOOP), ("llm.py", &decorated("@functools.lru_cache", "import functools"))], "PM501");
    let memo = "def memo(f):\n    store = {}\n    def inner(x):\n        if x not in store:\n            store[x] = f(x)\n        return store[x]\n    return inner\n";
    care(&[("main.py", LOOP), ("llm.py", &decorated("@memo", "from deco import memo")), ("deco.py", memo)], "PM501");
    is_blocked(
        &[("main.py", LOOP), ("llm.py", &decorated("@timeout(3)", "from timeout_decorator import timeout"))],
        "PM138",
    );
}

#[test]
fn circles_of_calls_and_imports_end() {
    let circle = "import main\nimport openai\n\nclient = openai.OpenAI()\n\ndef ask(text, depth=0):\n    if depth > 2:\n        return other(text)\n    return other(text, depth + 1)\n\ndef other(text, depth=0):\n    if depth:\n        return ask(text, depth)\n    return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n";
    is_ready(&[("main.py", LOOP), ("llm.py", circle)]);
    let keeps = circle
        .replace("    if depth:\n", "    seen.append(text)\n    if depth:\n")
        .replace("client = ", "seen = []\nclient = ");
    is_blocked(&[("main.py", LOOP), ("llm.py", &keeps)], "PM112");
}

#[test]
fn files_that_nobody_can_read_leave_it_unknown() {
    // Not there, and not Python.
    assert_eq!(sites(&[("main.py", LOOP)]).len(), 0);
    assert_eq!(sites(&[("main.py", LOOP), ("llm.py", "def ask(:\n")]).len(), 0);
}

#[test]
fn a_folder_is_scanned_for_what_is_worth_it() {
    let folder = tempfile::tempdir().unwrap();
    let small =
        "import requests\n\nfor name in ['a', 'b']:\n    print(requests.get('https://example.org/' + name).text)\n";
    let test = "import requests\n\ndef test_all(names: list):\n    for name in names:\n        print(requests.get('https://example.org/' + name).text)\n";
    fs::write(folder.path().join("small.py"), small).unwrap();
    fs::write(folder.path().join("test_it.py"), test).unwrap();
    let engine = Engine::new(None, Options::default()).unwrap();
    let codes = |paths: &[std::path::PathBuf]| -> Vec<Vec<String>> {
        let outcome = engine.check(paths).unwrap();
        outcome.files.iter().map(|f| f.sites[0].obstacles.iter().map(|o| o.code.to_string()).collect()).collect()
    };
    assert_eq!(codes(&[folder.path().to_path_buf()]), [["PM901"], ["PM903"]]);
    // Asked for one file, perfmod answers.
    assert!(codes(&[folder.path().join("small.py")])[0].is_empty());
    assert!(codes(&[folder.path().join("test_it.py")])[0].is_empty());
}
