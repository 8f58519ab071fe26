//! What a scan of folders leaves unparsed has nothing in it: every site that is found in files that are named is found in
//! the same files where only their folder is.

use perfmod::engine::{Engine, Options, Validate};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn engine() -> Engine {
    Engine::new(None, Options { validate: Validate::Off, ..Options::default() }).expect("an engine")
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn python_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => python_files(&path, out),
            false if path.extension().is_some_and(|e| e == "py") => out.push(path),
            false => {}
        }
    }
}

/// The sites of each file: the line, and what is called.
fn sites(engine: &Engine, paths: &[PathBuf]) -> BTreeSet<(PathBuf, usize, String)> {
    let outcome = engine.check(paths).expect("paths that can be used");
    let of = |f: &perfmod::engine::FilePlan| {
        f.sites.iter().map(|s| (f.path.clone(), s.line, s.call.clone())).collect::<Vec<_>>()
    };
    outcome.files.iter().flat_map(of).collect()
}

/// Holds what is found below a folder against what is found in its files by name; the number of sites.
fn compare(folder: &Path) -> usize {
    let engine = engine();
    let mut files = Vec::new();
    python_files(folder, &mut files);
    let (named, scanned) = (sites(&engine, &files), sites(&engine, &[folder.to_path_buf()]));
    let lost: Vec<_> = named.difference(&scanned).collect();
    assert!(lost.is_empty(), "a scan does not find {lost:#?}");
    let more: Vec<_> = scanned.difference(&named).collect();
    assert!(more.is_empty(), "only a scan finds {more:#?}");
    named.len()
}

/// A project around one file with a loop, whose call is reached in some way.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("pyproject.toml"), "").expect("writable");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    folder
}

#[test]
fn every_way_to_a_call_is_followed() {
    let ask = "import requests\n\ndef ask(x):\n    return requests.get(x).text\n";
    let ways: &[&[(&str, &str)]] = &[
        &[("a.py", "import requests as r\nfor x in xs:\n    r.get(x)\n")],
        &[("a.py", "from requests import get as g\nout = [g(x) for x in xs]\n")],
        &[("a.py", "import requests\nfetch = requests.get\nfor x in xs:\n    fetch(x)\n")],
        &[("a.py", "import requests\ns = requests.Session()\nfor x in xs:\n    print(f'{s.get(x)}')\n")],
        &[("a.py", "import requests\nwith requests.Session() as s:\n    for x in xs: s.get(x)\n")],
        &[(
            "a.py",
            "import requests\ndef make():\n    return requests.Session()\ns = make()\nfor x in xs:\n    s.get(x)\n",
        )],
        &[("a.py", "import requests\ndef make():\n    return requests.Session()\nfor x in xs:\n    make().get(x)\n")],
        &[("a.py", "import requests\nfor x in xs:\n    requests.Session().get(x)\n")],
        &[(
            "a.py",
            "from requests import Session\nclass A:\n    def __init__(self):\n        self.s = Session()\n    def run(self, xs):\n        for x in xs:\n            self.s.get(x)\n",
        )],
        &[("a.py", "from requests import Session\ndef run(s: Session, xs):\n    for x in xs:\n        s.get(x)\n")],
        &[("a.py", "from b import ask\nfor x in xs:\n    ask(x)\n"), ("b.py", ask)],
        &[("a.py", "import b\nfor x in xs:\n    b.ask(x)\n"), ("b.py", ask)],
        &[("a.py", "import b\nfor x in xs:\n    b.fetch(x)\n"), ("b.py", "import c\nfetch = c.ask\n"), ("c.py", ask)],
        &[
            ("a.py", "import b\nfor x in xs:\n    b.fetch(x)\n"),
            ("b.py", "from c import ask as fetch\n"),
            ("c.py", ask),
        ],
        &[("a.py", "from b import *\nfor x in xs:\n    ask(x)\n"), ("b.py", ask)],
        &[("a.py", "import pkg\nfor x in xs:\n    pkg.b.ask(x)\n"), ("pkg/__init__.py", ""), ("pkg/b.py", ask)],
        &[
            ("a.py", "from pkg import query\nfor x in xs:\n    query(x)\n"),
            ("pkg/__init__.py", "from .b import ask as query\n"),
            ("pkg/b.py", ask),
        ],
        &[("a.py", "from b import requests\nfor x in xs:\n    requests.get(x)\n"), ("b.py", "import requests\n")],
        &[("a.py", "import b\nfor x in xs:\n    b.requests.get(x)\n"), ("b.py", "import requests\n")],
        &[
            ("a.py", "from b import A\na = A()\nfor x in xs:\n    a.run(x)\n"),
            (
                "b.py",
                "import requests\nclass A:\n    def run(self, x):\n        return self._run(x)\n    def _run(self, x):\n        return requests.get(x)\n",
            ),
        ],
        &[
            ("a.py", "from b import A\na = A()\nfor x in xs:\n    a(x)\n"),
            ("b.py", "import requests\nclass A:\n    def __call__(self, x):\n        return requests.get(x)\n"),
        ],
        &[
            ("a.py", "from b import B\nfor x in xs:\n    B(x)\n"),
            (
                "b.py",
                "import requests\nclass A:\n    def __init__(self, x):\n        self.r = requests.get(x)\nclass B(A):\n    pass\n",
            ),
        ],
        &[
            ("a.py", "from b import A\nfrom c import B\nb = B()\nfor x in xs:\n    b.run(x)\n"),
            (
                "b.py",
                "class A:\n    def run(self, x):\n        return self.hook(x)\n    def hook(self, x):\n        pass\n",
            ),
            (
                "c.py",
                "import requests\nfrom b import A\nclass B(A):\n    def hook(self, x):\n        return requests.get(x)\n",
            ),
        ],
        &[
            ("a.py", "from b import ask\nimport functools\nf = functools.partial(ask)\nfor x in xs:\n    f(x)\n"),
            ("b.py", ask),
        ],
        &[("a.py", "from b import ask\nf = lambda x: ask(x)\nfor x in xs:\n    f(x)\n"), ("b.py", ask)],
        &[("a.py", "from b import ask\nH = {'a': ask}\nfor x in xs:\n    H['a'](x)\n"), ("b.py", ask)],
        &[
            ("a.py", "from b import ask\ndef run(f, xs):\n    for x in xs:\n        f(x)\nrun(ask, [1])\n"),
            ("b.py", ask),
        ],
        &[("a.py", "from b import ask\ndef run(xs, f=ask):\n    for x in xs:\n        f(x)\n"), ("b.py", ask)],
        &[
            (
                "a.py",
                "from b import ask\nclass R:\n    def __init__(self, f):\n        self.f = f\n    def run(self, xs):\n        for x in xs:\n            self.f(x)\nR(ask).run([1])\n",
            ),
            ("b.py", ask),
        ],
        &[
            (
                "a.py",
                "from b import ask\nfrom typing import Callable\nclass R:\n    def __init__(self):\n        self.f: Callable = ask\n    def run(self, xs):\n        for x in xs:\n            self.f(x)\n",
            ),
            ("b.py", ask),
        ],
        &[("a.py", "from b import ask\nout = list(map(ask, xs))\n"), ("b.py", ask)],
        &[
            ("a.py", "import pandas as pd\nfrom b import ask\ndf = pd.read_csv('a')\ndf['q'].apply(ask)\n"),
            ("b.py", ask),
        ],
        &[
            (
                "a.py",
                "from b import ask\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as e:\n    for x in xs:\n        e.submit(ask, x)\n",
            ),
            ("b.py", ask),
        ],
        &[
            (
                "a.py",
                "from b import ask\nimport tenacity\n@tenacity.retry\ndef again(x):\n    return ask(x)\ni = 0\nwhile i < 9:\n    again(i); i += 1\n",
            ),
            ("b.py", ask),
        ],
        &[(
            "a.py",
            "import requests\nfrom nltk.stem import LancasterStemmer\ns = LancasterStemmer()\nout = [s.stem(x) for x in xs]\n",
        )],
        &[("a.py", "from b import ask as a\nif True:\n\tfor x in xs:\n\t\tif x: y = a(x)\n"), ("b.py", ask)],
    ];
    for files in ways {
        let folder = project(files);
        assert!(compare(folder.path()) > 0, "no site in {files:?}");
    }
}

#[test]
fn a_scan_of_the_cases_finds_what_their_names_do() {
    let sites: usize = ["transforms", "tests/wrong", "examples"].map(|folder| compare(&here(folder))).iter().sum();
    assert!(sites > 100, "{sites}");
}

#[test]
fn a_scan_of_random_programs_finds_what_their_names_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("python3")
        .arg(here("tests/audit/generate.py"))
        .arg(folder.path())
        .args(["5", "400"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status();
    assert!(made.is_ok_and(|status| status.success()), "no programs were made");
    assert!(compare(folder.path()) > 300);
}
