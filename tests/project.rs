//! The model over several files: where the waiting call stands behind functions, methods, classes and modules.

use perfmod::engine::{Engine, Options};
use perfmod::facts::{Executor, Site, Status};
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
    assert_eq!(site.recipes.first().map(String::as_str), Some("async-gather"), "{site:#?}");
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
fn a_text_of_another_module_is_text() {
    let ask = ASK
        .replace("import openai", "import openai\nfrom prompts import PROMPT")
        .replace("'content': text", "'content': PROMPT.format(text=text)");
    for text in [
        "PROMPT = 'Say {text}'\n",
        "PROMPT = (\n    'Say '\n    '{text}'\n)\n",
        "PROMPT = \"\"\"Say {text}\"\"\".strip()\n",
    ] {
        is_ready(&[("main.py", LOOP), ("llm.py", &ask), ("prompts.py", text)]);
    }
    // What answers to the same method may do anything.
    let template = "import remote\n\nPROMPT = remote.template('say')\n";
    let found = site(&[("main.py", LOOP), ("llm.py", &ask), ("prompts.py", template)]);
    assert_ne!(found.status, Status::Ready);
    let either = "import os\nimport remote\n\nPROMPT = 'Say {text}'\nif os.path.exists('x'):\n    PROMPT = remote.template('say')\n";
    let found = site(&[("main.py", LOOP), ("llm.py", &ask), ("prompts.py", either)]);
    assert_ne!(found.status, Status::Ready);
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
fn what_is_handed_to_a_module_once_is_reached_through_it() {
    let made = "from openai import OpenAI\nclient = OpenAI()\n";
    let asks = |text: &str| {
        format!("client.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {text}}}]).id")
    };
    // The loop fills it through the module, and the call reads it.
    for (record, hands) in [
        (
            "_t = None\ndef setup(t):\n    global _t\n    _t = t\ndef record(a):\n    _t.append(a)\n",
            "rec.setup(history)",
        ),
        ("CFG = {}\ndef record(a):\n    CFG['sink'].append(a)\n", "rec.CFG['sink'] = history"),
        (
            "_s = []\ndef setup(t):\n    _s.append(t)\ndef record(a):\n    for s in _s:\n        s.append(a)\n",
            "rec.setup(history)",
        ),
        ("SINK = None\ndef record(a):\n    SINK.append(a)\n", "rec.SINK = history"),
        ("SINK = []\ndef record(a):\n    SINK.append(a)\n", "setattr(rec, 'SINK', history)"),
    ] {
        let main = |text: &str| {
            let call = asks(text);
            format!("import rec\n{made}history = []\n{hands}\nfor q in ['a', 'b']:\n    rec.record({call})\n")
        };
        is_blocked(&[("main.py", &main("q + str(history)")), ("rec.py", record)], "PM110");
        is_ready(&[("main.py", &main("q")), ("rec.py", record)]);
    }
    // The call reads it through the module, and the loop fills it.
    let asked = |text: &str| format!("def ask(q):\n    return {}\n", asks(text));
    for (keeps, hands, text) in [
        ("_h = []\ndef setup(h):\n    global _h\n    _h = h\n", "llm.setup(history)", "q + str(_h)"),
        ("H = None\n", "llm.H = history", "q + str(H)"),
        ("CTX = {}\ndef use(h):\n    CTX['h'] = h\n", "llm.use(history)", "q + str(CTX['h'])"),
    ] {
        let main = format!("import llm\nhistory = []\n{hands}\nfor q in ['a', 'b']:\n    history.append(llm.ask(q))\n");
        is_blocked(&[("main.py", &main), ("llm.py", &format!("{made}{keeps}{}", asked(text)))], "PM110");
        is_ready(&[("main.py", &main), ("llm.py", &format!("{made}{keeps}{}", asked("q")))]);
    }
}

#[test]
fn what_any_file_gives_to_what_logs_is_run_by_what_logs() {
    let made = "from openai import OpenAI\nclient = OpenAI()\n";
    let logs = "import logging\nRECENT = []\nclass Keep(logging.Handler):\n    def emit(self, record):\n        RECENT.append(record.getMessage())\ndef setup():\n    logging.getLogger('app').addHandler(Keep())\n";
    let state = "import logs\nlogs.setup()\ndef recent():\n    return str(logs.RECENT)\n";
    let main = |text: &str| {
        format!(
            "import logging\nimport state\n{made}log = logging.getLogger('app')\nfor q in ['a', 'b']:\n    log.warning(client.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {text}}}]).id)\n"
        )
    };
    is_blocked(&[("main.py", &main("q + state.recent()")), ("state.py", state), ("logs.py", logs)], "PM110");
    is_ready(&[("main.py", &main("q")), ("state.py", state), ("logs.py", logs)]);
    // A module that answers for what it does not have.
    let settings = "_d = {'HINT': ''}\ndef __getattr__(name):\n    return _d[name]\n";
    let main = |text: &str| {
        format!(
            "import settings\n{made}for q in ['a', 'b']:\n    settings._d['HINT'] = client.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {text}}}]).id\n"
        )
    };
    is_blocked(&[("main.py", &main("q + settings.HINT")), ("settings.py", settings)], "PM110");
    is_ready(&[("main.py", &main("q")), ("settings.py", settings)]);
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

#[test]
fn a_class_of_an_importing_file_may_have_methods_of_its_own() {
    let base = format!(
        "{ASK}\n\nclass Runner:\n    def __init__(self):\n        self.out = []\n\n    def prompt(self, q):\n        return q\n\n    def run(self):\n        for q in open('in.txt').readlines():\n            self.out.append(ask(self.prompt(q)))\n"
    );
    let sub = "from runner import Runner\n\nclass Chat(Runner):\n    def prompt(self, q):\n        return q + str(self.out)\n\nChat().run()\n";
    is_ready(&[("runner.py", &base)]);
    // Which object it is cannot be told: stated, so that it is not `ready`.
    let is_stated = |files: &[(&str, &str)]| {
        let site = site(files);
        assert!(site.status == Status::Care && site.obstacles.is_empty(), "{site:#?}");
        assert!(site.assumptions.iter().any(|a| a.contains("`prompt`")), "{site:#?}");
    };
    is_stated(&[("runner.py", &base), ("chat.py", sub)]);
    let renamed = sub.replace("from runner import Runner", "import runner as r").replace("(Runner)", "(r.Runner)");
    is_stated(&[("runner.py", &base), ("chat.py", &renamed)]);
    // A class that leaves these methods alone, and one that derives from another.
    is_ready(&[("runner.py", &base), ("chat.py", &sub.replace("def prompt", "def show"))]);
    is_ready(&[("runner.py", &base), ("chat.py", &sub.replace("(Runner)", "(Other)"))]);
}

#[test]
fn another_file_may_pass_something_else_for_what_a_loop_calls() {
    let is_stated = |files: &[(&str, &str)], what: &str| {
        let site = site(files);
        assert!(site.status == Status::Care && site.obstacles.is_empty(), "{site:#?}");
        assert!(site.assumptions.iter().any(|a| a.contains(what)), "{site:#?}");
    };
    let class = "import openai\n\nclass Asker:\n    def __init__(self):\n        self.client = openai.OpenAI()\n\n    def ask(self, text):\n        return self.client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n";
    let run = "\ndef evaluate(asker, data):\n    return [asker.ask(text) for text in data]\n\nif __name__ == '__main__':\n    print(evaluate(Asker(), open('in.txt').read().split()))\n";
    let whole = format!("{class}{run}");
    let chat = "\nclass Chat(Asker):\n    def __init__(self):\n        super().__init__()\n        self.history = []\n\n    def ask(self, text):\n        self.history.append(super().ask(' '.join(self.history) + text))\n        return self.history[-1]\n";
    let other = format!("from script import Asker, evaluate\n{chat}\nprint(evaluate(Chat(), ['a', 'b']))\n");
    is_ready(&[("script.py", &whole)]);
    is_stated(&[("script.py", &whole), ("other.py", &other)], "`ask`");
    // The class is of another module, and so is the one that derives: neither imports the script. Or a class between them.
    let apart = format!("from asker import Asker\n{run}");
    let derived = format!("from asker import Asker\n{chat}");
    let third = "from script import evaluate\nfrom chat import Chat\n\nprint(evaluate(Chat(), ['a', 'b']))\n";
    is_stated(&[("script.py", &apart), ("asker.py", class), ("chat.py", &derived), ("third.py", third)], "`ask`");
    let between = format!("from middle import Middle\n{}", chat.replace("(Asker)", "(Middle)"));
    let middle = "from asker import Asker\n\nclass Middle(Asker):\n    pass\n";
    let files = [("script.py", &*apart), ("asker.py", class), ("middle.py", middle), ("chat.py", &between)];
    is_stated(&[&files[..], &[("third.py", third)]].concat(), "`ask`");
    // Nobody imports the script, which makes its object itself.
    is_ready(&files);
    // The object that the loop uses is one that it makes.
    let own = apart.replace("(asker, data):\n    return", "(data):\n    asker = Asker()\n    return");
    let own = own.replace("evaluate(Asker(), ", "evaluate(");
    is_ready(&[("script.py", &own), ("asker.py", class), ("chat.py", &derived), ("third.py", third)]);
    // A method of another base, and an object that is called itself.
    let mixed = other
        .replace("class Chat(Asker)", "class Turns")
        .replace("\nprint", "\nclass Chat(Turns, Asker):\n    pass\n\nprint");
    is_stated(&[("script.py", &whole), ("other.py", &mixed)], "`ask`");
    let called = whole.replace("def ask(", "def __call__(").replace("asker.ask(", "asker(");
    is_stated(&[("script.py", &called), ("other.py", &other.replace("ask(", "__call__("))], "`__call__`");
    // Another class, and another function, that is no relative. One that keeps nothing is as good as what is known.
    let stranger = "from script import evaluate\n\nclass Turns:\n    def ask(self, text):\n        self.last = text\n        return text\n\nprint(evaluate(Turns(), ['a']))\n";
    is_stated(&[("script.py", &whole), ("other.py", stranger)], "`asker`");
    let called = format!(
        "{ASK}\ndef evaluate(run, data):\n    return [run(text) for text in data]\n\nif __name__ == '__main__':\n    print(evaluate(ask, open('in.txt').read().split()))\n"
    );
    let keeps = "import script\n\nseen = []\n\ndef turn(text):\n    seen.append(script.ask(text + str(seen)))\n    return seen[-1]\n\nprint(script.evaluate(turn, ['a', 'b']))\n";
    is_stated(&[("script.py", &called), ("other.py", keeps)], "`run`");
    let same = "import script\n\nprint(script.evaluate(script.ask, ['a', 'b']))\n";
    is_ready(&[("script.py", &called), ("other.py", same)]);
    let plain =
        "import script\n\ndef fake(text):\n    return text.upper()\n\nprint(script.evaluate(fake, ['a', 'b']))\n";
    is_ready(&[("script.py", &called), ("test_it.py", plain)]);
    // Kept in an object until the loop asks it.
    let kept = whole.replace("def evaluate(asker, data):\n    return [asker", "class Bench:\n    def __init__(self, asker):\n        self.asker = asker\n\n    def run(self):\n        return [self.asker").replace("evaluate(Asker(), open('in.txt').read().split())", "Bench(Asker()).run()").replace("in data", "in open('in.txt').read().split()");
    is_ready(&[("script.py", &kept)]);
    let passes = "from script import Bench\n\nclass Turns:\n    def ask(self, text):\n        self.last = text\n        return text\n\nprint(Bench(Turns()).run())\n";
    is_stated(&[("script.py", &kept), ("other.py", passes)], "`asker`");
}

#[test]
fn what_an_example_calls_becomes_no_coroutine() {
    let class = "import openai\n\nclass Asker:\n    \"\"\"Asks.\n\n    >>> Asker().ask('x')\n    'ans'\n    \"\"\"\n\n    def __init__(self):\n        self.client = openai.OpenAI()\n\n    def ask(self, text):\n        return self.client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n\ndef main():\n    asker = Asker()\n    for text in open('in.txt').read().split():\n        print(asker.ask(text))\n\nmain()\n";
    let executor = |files: &[(&str, &str)]| {
        let site = site(files);
        assert_eq!(site.status, Status::Ready, "{site:#?}");
        (site.executor, site.executor_reason.unwrap_or_default())
    };
    let (found, why) = executor(&[("script.py", class)]);
    assert_eq!((found, &*why), (Some(Executor::Threads), "an example in a docstring calls `ask`"));
    // What is only spoken of, or shown of something else.
    let other = class.replace("Asker().ask('x')", "task(1)");
    assert_eq!(executor(&[("script.py", &other)]).0, Some(Executor::Async));
    let shown = "# Asker\n\n```\n>>> asker.ask('x')\n'ans'\n```\n";
    let (found, why) = executor(&[("script.py", &other), ("README.md", shown)]);
    assert_eq!((found, &*why), (Some(Executor::Threads), "an example in README.md calls `ask`"));
    assert_eq!(executor(&[("script.py", &other), ("README.md", "Call `ask(text)`.\n")]).0, Some(Executor::Async));
}

#[test]
fn a_dict_of_another_module_is_changed_by_its_methods() {
    let main = LOOP.replace("from llm import ask", "from llm import ask\nfrom conf import CFG");
    let main = main
        .replace("        print(ask(line))", "        print(turn(line))")
        .replace("def main", "def turn(line):\n    CFG.update(last=line)\n    return ask(line + str(CFG))\n\ndef main");
    is_blocked(&[("main.py", &main), ("llm.py", ASK), ("conf.py", "CFG = {'last': ''}\n")], "PM112");
    let made = "import json\n\nCFG = json.load(open('conf.json'))\n";
    is_blocked(&[("main.py", &main), ("llm.py", ASK), ("conf.py", made)], "PM112");
    let read = main.replace("CFG.update(last=line)", "line = CFG.get('in front', '') + line");
    is_ready(&[("main.py", &read), ("llm.py", ASK), ("conf.py", "CFG = {'last': ''}\n")]);
}

#[test]
fn a_script_whose_variables_are_read_by_name_keeps_them() {
    let script = format!(
        "import show\n{}\nr = []\nfor q in open('in.txt').readlines():\n    p = q.strip()\n    r.append(ask(p))\nshow.last()\n",
        ASK
    );
    let files = |show: &str| site(&[("main.py", &script), ("show.py", show)]);
    let kept = files("import __main__\n\ndef last():\n    print(__main__.p)\n");
    assert_eq!(kept.strategy, Some(perfmod::facts::Strategy::Pipeline), "{kept:#?}");
    let free = files("def last():\n    print('done')\n");
    assert_eq!(free.strategy, Some(perfmod::facts::Strategy::Gather), "{free:#?}");
}

/// A loop, and the one around its function's call: either patch changes how the call is made.
#[test]
fn of_two_patches_for_one_call_one_is_made_and_the_other_told() {
    let text = "import openai\nclient = openai.OpenAI()\ndef talk(topics):\n    for topic in topics:\n        text = ''\n        for k in range(2):\n            r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': topic + text}])\n            text += r.choices[0].message.content\n        print(text)\nfor lang in ['de', 'fr']:\n    talk([lang + 'a', lang + 'b'])\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.py");
    fs::write(&path, text).unwrap();
    let engine = Engine::new(None, Options::default()).unwrap();
    let outcome = engine.check(&[path]).unwrap();
    let file = &outcome.files[0];
    let told = |line: usize| file.sites.iter().find(|s| s.line == line).unwrap().cautions.first();
    assert!(told(4).is_none() && told(10).unwrap().message.contains("the loop in line 4 changes the same lines"));
    let all: Vec<usize> = (0..file.patches.len()).collect();
    assert!(engine.changes(file, &all).is_ok(), "they go together");
}

/// The runtime imports modules by names that it works out, all of them libraries: a patch in a folder leaves its other programs as they were.
#[test]
fn the_runtime_beside_a_program_is_no_file_that_may_import_it() {
    let text = "import requests\n\nfor name in ['a', 'b']:\n    page = 0\n    print(name)\n    while True:\n        text = requests.get(f'http://data.example/{name}/{page}').text\n        print(text)\n        if not text:\n            break\n        page += 1\n";
    let runtime = include_str!("../transforms/runtime/perfmod_runtime.py");
    let outer = |beside: &str| sites(&[("main.py", text), ("perfmod_runtime.py", beside)]).remove(0);
    let site = outer(runtime);
    assert_eq!(site.status, Status::Ready, "{site:#?}");
    let own = "import importlib\nimport sys\n\nimportlib.import_module(sys.argv[1])\n";
    let site = outer(own);
    assert!(site.obstacles.iter().any(|o| o.message.contains("another file may read `page`")), "{site:#?}");
}

#[test]
fn what_a_function_of_the_work_raises_ends_the_loop() {
    let cautions = |llm: &str, main: &str| -> Vec<String> {
        site(&[("main.py", main), ("llm.py", llm)]).cautions.iter().map(|c| c.code.to_string()).collect()
    };
    let raises = |body: &str| ASK.replace("    return r", &format!("{body}    return r"));
    let own = raises("    if not r.choices:\n        raise ValueError(text)\n");
    assert_eq!(cautions(&own, LOOP), ["PM105"]);
    // Through another function; not where one on the way, or the loop, handles it.
    let through = format!("{}\n\ndef ask(text):\n    return first(text)\n", own.replace("def ask", "def first"));
    assert_eq!(cautions(&through, LOOP), ["PM105"]);
    let handled = format!(
        "{}\n\ndef ask(text):\n    try:\n        return first(text)\n    except Exception:\n        return ''\n",
        own.replace("def ask", "def first")
    );
    assert!(cautions(&handled, LOOP).is_empty());
    let tried = LOOP.replace(
        "        print(ask(line))\n",
        "        try:\n            print(ask(line))\n        except ValueError:\n            pass\n",
    );
    assert!(cautions(&own, &tried).is_empty());
    // A failure of the call that goes on, or of all attempts, is the call's own.
    let retry = "import openai\n\nclient = openai.OpenAI()\n\ndef ask(text):\n    for _ in range(3):\n        try:\n            return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n        except openai.APIError as e:\n            if 'key' in str(e):\n                raise\n    raise RuntimeError(text)\n";
    assert!(cautions(retry, LOOP).is_empty());
}

#[test]
fn a_function_of_another_file_goes_to_the_event_loop_where_only_the_script_calls_it() {
    let executor = |files: &[(&str, &str)]| {
        let site = site(files);
        (site.executor, site.executor_reason.unwrap_or_else(|| format!("{:?}", site.obstacles)))
    };
    let main = LOOP.replace("\nmain('in.txt')", "\nif __name__ == '__main__':\n    main('in.txt')");
    let whole = main.replace("from llm import ask", "import llm").replace("ask(line)", "llm.ask(line)");
    let with_sleep = ASK
        .replace("    return r", "    time.sleep(1)\n    return r")
        .replace("import openai", "import time\nimport openai");
    let deeper = format!("{ASK}\n\ndef letter(text):\n    return ask(text)[:1]\n");
    for files in [
        [("main.py", main.as_str()), ("llm.py", ASK)],
        [("main.py", &whole), ("llm.py", ASK)],
        [("main.py", &main), ("llm.py", &with_sleep)],
        [("main.py", &main.replace("ask", "letter")), ("llm.py", &deeper)],
        [("main.py", &main.replace("ask(line)", "ask(line).strip()")), ("llm.py", ASK)],
    ] {
        let (found, why) = executor(&files);
        assert_eq!(found, Some(Executor::Async), "{why} {files:?}");
    }
    let mut wrong = Vec::new();
    let mut threads = |why: &str, files: &[(&str, &str)]| {
        let (found, told) = executor(files);
        if found != Some(Executor::Threads) || !told.contains(why) {
            wrong.push(format!("{found:?} for {why}: {told} {files:?}"));
        }
    };
    // Somebody else calls it: a file, a test, a notebook, a file that hands it on, the other file itself.
    let other = "from llm import ask\n\nprint(ask('a'))\n";
    threads("not every caller", &[("main.py", &main), ("llm.py", ASK), ("other.py", other)]);
    threads("not every caller", &[("main.py", &main), ("llm.py", ASK), ("test_llm.py", other)]);
    threads(
        "not every caller",
        &[("main.py", &main), ("llm.py", ASK), ("try.ipynb", "{\"source\": [\"from llm import ask\"]}")],
    );
    threads(
        "not every caller",
        &[("main.py", &main.replace("llm", "api")), ("api.py", "from llm import ask\n"), ("llm.py", ASK)],
    );
    let own = format!("{ASK}\nif __name__ == '__main__':\n    print(ask('a'))\n");
    threads("also called in line", &[("main.py", &main), ("llm.py", &own)]);
    let checks = format!("{ASK}\n\ndef check():\n    return ask('a')\n");
    threads("also called in line", &[("main.py", &main), ("llm.py", &checks)]);
    let loops = format!("{ASK}\n\ndef all(xs):\n    for x in xs:\n        print(client.models.retrieve(x))\n");
    threads("also used in line", &[("main.py", &main), ("llm.py", &loops)]);
    // What the script does with it beside.
    threads(
        "handed on as a value",
        &[("main.py", &main.replace("def main", "ways = [ask]\n\ndef main")), ("llm.py", ASK)],
    );
    threads(
        "handed on as a value",
        &[("main.py", &whole.replace("def main", "print(dir(llm))\n\ndef main")), ("llm.py", ASK)],
    );
    threads(
        "is also used in main.py",
        &[("main.py", &whole.replace("def main", "print(llm.client)\n\ndef main")), ("llm.py", ASK)],
    );
    threads(
        "is also used in main.py",
        &[("main.py", &main.replace("import ask", "import ask, client")), ("llm.py", ASK)],
    );
    threads(
        "also called in line",
        &[("main.py", &main.replace("def main", "print(ask('a'))\n\ndef main")), ("llm.py", ASK)],
    );
    let loops = main.replace("    for", "    for x in 'ab':\n        out = ask(x)\n    for");
    let sites = sites(&[("main.py", &loops), ("llm.py", ASK)]);
    assert!(sites.iter().all(|s| s.executor == Some(Executor::Threads)), "{sites:#?}");
    // A comment in the other file, a thread's own object there, functions by name.
    let left = ASK.replace("    r = client", "    # perfmod: ignore\n    r = client");
    threads("left alone", &[("main.py", &main), ("llm.py", &left)]);
    let bound = format!("import threading\nown = threading.local()\n{ASK}");
    threads("belong to a thread", &[("main.py", &main), ("llm.py", &bound)]);
    let by_name = format!("{ASK}\n\ndef call(name):\n    return globals()[name]('a')\n");
    threads("by name", &[("main.py", &main), ("llm.py", &by_name)]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_client_is_followed_through_files_and_a_patch_spans_all_that_pass_it_on() {
    let executor = |files: &[(&str, &str)]| {
        let site = site(files);
        (site.executor, site.executor_reason.unwrap_or_else(|| format!("{:?} {:?}", site.obstacles, site.cautions)))
    };
    let main = LOOP.replace("\nmain('in.txt')", "\nif __name__ == '__main__':\n    main('in.txt')");
    let ask = ASK.replace("client = openai.OpenAI()\n\n", "").replace("(text)", "(client, text)");
    let plain = ask.replace("import openai\n\n", "");
    let makes = main
        .replace("from llm", "from openai import OpenAI\nfrom llm")
        .replace("ask(line)", "ask(client, line)")
        .replace("    for line", "    client = OpenAI()\n    for line");
    let through = "from llm import ask\n\n\ndef answer(text):\n    return ask(text.strip())\n";
    let handing = through.replace("answer(text)", "answer(client, text)").replace("ask(", "ask(client, ");
    let (asked, handed) = (
        main.replace("llm import ask", "mid import answer as ask"),
        makes.replace("llm import ask", "mid import answer as ask"),
    );
    let judge = "class Judge:\n    def __init__(self, client):\n        self.client = client\n\n    def ask(self, text):\n        r = self.client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n        return r.choices[0].message.content\n";
    let judged = makes
        .replace("import ask", "import Judge")
        .replace("OpenAI()\n", "OpenAI()\n    judge = Judge(client)\n")
        .replace("ask(client, ", "judge.ask(");
    for files in [
        vec![("main.py", makes.as_str()), ("llm.py", plain.as_str())],
        vec![("main.py", &makes), ("llm.py", &ask.replace("(client, text)", "(client: openai.OpenAI, text)"))],
        vec![("main.py", &asked), ("mid.py", through), ("llm.py", ASK)],
        vec![("main.py", &handed), ("mid.py", &handing), ("llm.py", &plain)],
        vec![("main.py", &judged), ("llm.py", judge)],
    ] {
        let (found, why) = executor(&files);
        assert_eq!(found, Some(Executor::Async), "{why} {files:?}");
    }
    let mut wrong = Vec::new();
    let mut threads = |why: &str, files: &[(&str, &str)]| {
        let (found, told) = executor(files);
        if found != Some(Executor::Threads) || !told.contains(why) {
            wrong.push(format!("{found:?} for {why}: {told} {files:?}"));
        }
    };
    // Another file imports one of those that change, or uses the client, or the function, beside.
    let other = "from llm import ask\n\nprint(ask('a'))\n";
    threads("not every caller", &[("main.py", &asked), ("mid.py", through), ("llm.py", ASK), ("other.py", other)]);
    let uses = through.replace("ask\n", "ask, client\n").replace("strip())", "strip()) + str(client.timeout)");
    threads("used in mid.py", &[("main.py", &asked), ("mid.py", &uses), ("llm.py", ASK)]);
    let twice = format!("{through}\n\ndef ping():\n    return ask('ping')\n");
    threads("also called in line", &[("main.py", &asked), ("mid.py", &twice), ("llm.py", ASK)]);
    let shows = format!("{plain}\n\ndef show(client):\n    print(client.timeout)\n");
    let shown =
        makes.replace("import ask", "import ask, show").replace("    for line", "    show(client)\n    for line");
    threads("also used in line", &[("main.py", &shown), ("llm.py", &shows)]);
    // Another passes something of its own.
    let fake = "from llm import ask\n\n\nclass Fake:\n    pass\n\n\ndef check():\n    return ask(Fake(), 'a')\n";
    let also = makes.replace("from llm", "import fake\nfrom llm");
    threads("not understood well enough", &[("main.py", &also), ("fake.py", fake), ("llm.py", &plain)]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
