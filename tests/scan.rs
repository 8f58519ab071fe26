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
fn sites(engine: &Engine, paths: &[PathBuf]) -> Sites {
    let outcome = engine.check(paths).expect("paths that can be used");
    let of = |f: &perfmod::engine::FilePlan| {
        f.sites.iter().map(|s| (f.path.clone(), s.line, s.call.clone())).collect::<Vec<_>>()
    };
    outcome.files.iter().flat_map(of).collect()
}

type Sites = BTreeSet<(PathBuf, usize, String)>;

/// What is found in the files of a folder by name, and below the folder.
fn both(folder: &Path) -> (Sites, Sites) {
    let engine = engine();
    let mut files = Vec::new();
    python_files(folder, &mut files);
    (sites(&engine, &files), sites(&engine, &[folder.to_path_buf()]))
}

/// Holds the two against each other; the number of sites.
fn compare(folder: &Path) -> usize {
    let (named, scanned) = both(folder);
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
        // A variable that is handed over, an argument that is a call, annotations of all kinds.
        &[("a.py", "import requests\ng = requests.get\nout = list(map(g, xs))\n")],
        &[(
            "a.py",
            "import requests\ndef run(s, xs):\n    for x in xs:\n        s.get(x)\nrun(requests.Session(), [1])\n",
        )],
        &[(
            "a.py",
            "import requests\nfrom typing import Optional\ndef run(s: Optional[requests.Session], xs):\n    for x in xs:\n        s.get(x)\n",
        )],
        &[("a.py", "from requests import Session\ndef run(s: \"Session\", xs):\n    for x in xs:\n        s.get(x)\n")],
        &[(
            "a.py",
            "import requests\nclass A:\n    @property\n    def s(self):\n        return requests.Session()\n    def run(self, xs):\n        for x in xs:\n            self.s.get(x)\n",
        )],
        &[(
            "a.py",
            "import requests\nclass A(requests.Session):\n    def run(self, xs):\n        for x in xs:\n            self.get(x)\n",
        )],
        &[(
            "a.py",
            "import requests\nclass A:\n    def __call__(self, x):\n        return requests.get(x)\n    def run(self, xs):\n        for x in xs:\n            self(x)\n",
        )],
        &[(
            "a.py",
            "import requests\nclass A:\n    def __call__(self, x):\n        return requests.get(x)\nfor x in xs:\n    A()(x)\n",
        )],
        &[("a.py", "import requests\nhttp = requests\nfor x in xs:\n    http.get(x)\n")],
        &[
            ("a.py", "from b import openai\nfor x in xs:\n    openai.ChatCompletion.create(model='m', messages=x)\n"),
            ("b.py", "import openai\n"),
        ],
        &[("a.py", "import b\ns = b.requests.Session()\nfor x in xs:\n    s.get(x)\n"), ("b.py", "import requests\n")],
        &[(
            "a.py",
            "try:\n    import openai\nexcept ImportError:\n    openai = None\nfor x in xs:\n    openai.ChatCompletion.create(model='m', messages=x)\n",
        )],
        &[("a.py", "import requests\ndef run(s=None, xs=()):\n    for x in xs:\n        (s or requests).get(x)\n")],
        &[("a.py", "import requests\nif (s := requests.Session()):\n    for x in xs:\n        s.get(x)\n")],
        &[(
            "a.py",
            "import requests\nclass A:\n    @staticmethod\n    def run(s: requests.Session, xs):\n        for x in xs:\n            s.get(x)\n",
        )],
        &[
            ("a.py", "from c import B\nb = B()\nfor x in xs:\n    b.run(x)\n"),
            (
                "b.py",
                "class A:\n    def run(self, x):\n        return self.hook(x)\n    def hook(self, x):\n        pass\n",
            ),
            (
                "c.py",
                "import requests\nfrom b import A\ndef hook(x):\n    return requests.get(x)\nclass B(A):\n    def hook(self, x):\n        return hook(x)\n",
            ),
        ],
        &[("a.py", "import requests\nprint(f\"{d:%I o'clock}\")\nfor x in xs:\n    requests.get(x)\n")],
        &[
            ("a.py", "from b import ask\nfor x in xs:\n    ask(x)\n"),
            ("b.py", "import requests\r\ny = 'abc \\\r\n foo ( bar'\r\ndef ask(x):\r\n    return requests.get(x)\r\n"),
        ],
    ];
    let mut lost = Vec::new();
    for files in ways {
        let folder = project(files);
        let (named, scanned) = both(folder.path());
        assert!(!named.is_empty(), "no site in {files:?}");
        if named != scanned {
            lost.push(files);
        }
    }
    assert!(lost.is_empty(), "a scan does not find the sites of {lost:#?}");
}

#[test]
fn star_imports_in_circles_end() {
    let star = |others: &[usize]| others.iter().map(|n| format!("from m{n} import *\n")).collect::<String>();
    let mut files = vec![("a.py".to_string(), "from m0 import *\nfor x in xs:\n    ask(x)\n".to_string())];
    for n in 0..12_usize {
        let others: Vec<usize> = (0..12).filter(|m| *m != n).collect();
        files.push((format!("m{n}.py"), format!("import requests\n{}", star(&others))));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    compare(project(&files).path());
}

#[test]
fn what_is_found_below_a_folder_is_judged_as_by_name() {
    let text = "import httpx\nclient = httpx.Client()\nclass A:\n    def __call__(self, x):\n        return client.get(str(x)).text\n    def run(self):\n        return [client.get(self(x)).text for x in range(1000)]\n";
    let folder = project(&[("a.py", text)]);
    let engine = engine();
    let of = |paths: &[PathBuf]| {
        let outcome = engine.check(paths).expect("paths that can be used");
        let sites: Vec<_> =
            outcome.files.iter().flat_map(|f| &f.sites).map(|s| (s.line, s.status, s.cautions.len())).collect();
        sites
    };
    let named = of(&[folder.path().join("a.py")]);
    assert_eq!(named, of(&[folder.path().to_path_buf()]));
    assert!(!named.is_empty());
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
