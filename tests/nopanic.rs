//! The whole of `check` over every file of a standard library: no panic, and an end in a time that grows with the text.
//! And over programs that are hard on purpose. And the same answers whatever the threads and the order.

#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use perfmod::engine::{Engine, Options};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Far above what all files take together: only what does not end is meant to be caught.
const AT_MOST: Duration = Duration::from_secs(1200);

fn engine(jobs: Option<usize>) -> Engine {
    Engine::new(None, Options { jobs, ..Options::default() }).unwrap()
}

/// The facts of a check, but for the time that it took.
fn facts(jobs: usize, paths: &[PathBuf]) -> String {
    let engine = engine(Some(jobs));
    let mut report = engine.report(&engine.check(paths).unwrap(), 0);
    report.summary.seconds = 0.0;
    serde_json::to_string_pretty(&report).unwrap()
}

/// Each file is named, so that each is parsed and analysed; in one run, which reads what they import once.
fn check_each(files: &[PathBuf]) {
    let begun = Instant::now();
    engine(None).check(files).unwrap();
    assert!(begun.elapsed() < AT_MOST, "{} files took {:?}", files.len(), begun.elapsed());
}

fn python_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "site-packages" | "__pycache__") {
            python_files(&path, out);
        } else if name.ends_with(".py") {
            out.push(path);
        }
    }
}

fn standard_library() -> Vec<PathBuf> {
    let script = "import sysconfig; print(sysconfig.get_path('stdlib'))";
    let said = Command::new("python3").args(["-c", script]).output().unwrap();
    let mut files = Vec::new();
    python_files(Path::new(String::from_utf8(said.stdout).unwrap().trim()), &mut files);
    assert!(files.len() > 500, "{}", files.len());
    files
}

/// All files in a release build, which the gate makes for it; in a debug build, which is slow, every fortieth.
#[test]
fn a_standard_library_is_checked_without_a_panic() {
    let step = if cfg!(debug_assertions) { 40 } else { 1 };
    let files: Vec<PathBuf> = standard_library().into_iter().step_by(step).collect();
    let begun = Instant::now();
    check_each(&files);
    eprintln!("{} files of the standard library: {:.1?}", files.len(), begun.elapsed());
}

/// Two large packages; pinned, so that times of different days compare.
#[cfg(not(debug_assertions))]
const PACKAGES: [&str; 2] = ["sympy==1.14.0", "transformers==4.57.1"];

/// Into a folder of its own, which no project surrounds. Wheels only: nothing of a package is run.
#[cfg(not(debug_assertions))]
fn install(folder: &Path) {
    let arguments = ["--no-deps", "--only-binary", ":all:", "--target"];
    let quiet = |program: &str, pip: &[&str]| {
        let mut command = Command::new(program);
        command.args(pip).arg("install").args(["--quiet"]).args(arguments).arg(folder).args(PACKAGES);
        command.status().is_ok_and(|status| status.success())
    };
    assert!(quiet("uv", &["pip"]) || quiet("python3", &["-m", "pip"]), "{PACKAGES:?} could not be installed");
}

/// The folder as users check it, and each file named; in a release build alone, for a debug build takes many times as long.
#[cfg(not(debug_assertions))]
#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn large_packages_are_checked_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    // Not the temporary folder itself: its name begins with a dot.
    let packages = folder.path().join("packages");
    install(&packages);
    let mut files = Vec::new();
    python_files(&packages, &mut files);
    assert!(files.len() > 3_000, "{}", files.len());
    let begun = Instant::now();
    engine(None).check(std::slice::from_ref(&packages)).unwrap();
    eprintln!("{} files of {PACKAGES:?} as a folder: {:.1?}", files.len(), begun.elapsed());
    let begun = Instant::now();
    check_each(&files);
    eprintln!("the same, each file named: {:.1?}", begun.elapsed());
}

/// Programs that are hard on purpose, by name.
fn hard() -> Vec<(&'static str, String)> {
    let many = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    let site = "import requests\nfor u in urls:\n    x = f0(u)\n    print(requests.get(u).text)\n";
    let mut out = vec![
        ("nesting", format!("import requests\nx = {}1{}\n{site}", "[".repeat(5_000), "]".repeat(5_000))),
        ("elif", format!("if a: pass\n{}{site}", many(10_000, &|n| format!("elif a == {n}: b = {n}\n")))),
        (
            "mutual",
            format!(
                "{}{site}",
                many(3_000, &|n| {
                    format!(
                        "def f{n}(x):\n    f{}(x)\n    return f{}(requests.get(x))\n",
                        (n + 1) % 3_000,
                        (n * 7 + 3) % 3_000
                    )
                })
            ),
        ),
        (
            "paths",
            format!(
                "{}def f60(x): return requests.get(x)\n{site}",
                many(60, &|n| { format!("def f{n}(x):\n    return f{0}(x) + f{0}(x) + f{0}(x)\n", n + 1) })
            ),
        ),
        (
            "classes",
            format!(
                "class A(B): pass\nclass B(C): pass\nclass C(A):\n    def ask(self, u): return super().ask(u) or requests.get(u)\ndef f0(u): return A().ask(u)\n{site}"
            ),
        ),
    ];
    let mut web = String::from("def f0(u):\n    pass\n");
    for n in 0..500 {
        let _ = writeln!(web, "x{n} = x{} or x{}", (n + 1) % 500, (n * 3 + 7) % 500);
    }
    // Each property of a name may be any of them.
    let pages = (0..12).map(|n| {
        format!(
            "class Page{n}:\n    @property\n    def text(self):\n        with open('pages.{n}', 'a') as file:\n            file.write(self.inner.text)\n        return 'x'\n"
        )
    });
    let read = "for u in urls:\n    with open(u) as file:\n        answer = requests.get(file.read()).text\n    out.append(answer + page.text)\n";
    out.push(("properties", format!("import requests\n{}out = []\n{read}", pages.collect::<String>())));
    out.push(("web", format!("{web}import requests\nfor u in urls:\n    x1.a = requests.get(x0).text\n")));
    out
}

#[test]
fn programs_that_are_hard_on_purpose_end() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in hard() {
        let file = folder.path().join(format!("{name}.py"));
        std::fs::write(&file, text).unwrap();
        let begun = Instant::now();
        engine(None).check(&[file]).unwrap();
        assert!(begun.elapsed() < AT_MOST, "{name} took {:?}", begun.elapsed());
    }
}

/// Functions of which each leads to four others, and a loop that needs to know what they give.
fn circles(count: usize) -> String {
    let functions = (0..count).map(|n| {
        let [a, b, c, d] = [3 * n + 1, 5 * n + 2, 7 * n + 3, n + 1].map(|to| to % count);
        format!(
            "def f{n}(left, right=None):\n    right = right or f{a}(left)\n    third = f{b}(right, left)\n    third['x'] = f{c}(third)\n    return third or f{d}(left)\n"
        )
    });
    let site = "import requests\nout = []\nfor u in ['a', 'b']:\n    out.append(requests.get(u).text)\n    out[-1] = f0({}, {})\n";
    functions.chain([site.to_string()]).collect()
}

#[test]
fn functions_that_lead_to_one_another_are_followed_or_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("circles.py");
    let told = |count| {
        std::fs::write(&file, circles(count)).unwrap();
        facts(1, std::slice::from_ref(&file))
    };
    let given_up = "lead to one another in more ways than are followed";
    let few = told(8);
    assert!(few.contains("requests.get") && !few.contains(given_up), "{few}");
    let many = told(40);
    assert!(many.contains(given_up) && many.contains("\"status\": \"blocked\""), "{many}");
}

#[test]
fn answers_do_not_depend_on_threads_or_on_the_order_of_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pyproject.toml"), "").unwrap();
    std::fs::write(
        folder.path().join("llm.py"),
        "import requests\nimport m0\ndef ask(u):\n    return requests.get(u).text\n",
    )
    .unwrap();
    let mut files = vec![folder.path().join("llm.py")];
    for n in 0..40 {
        // Circles of imports, and files that know of the library through others alone.
        let text = format!(
            "from m{} import ask\ndef go{n}(xs):\n    out = []\n    for x in xs:\n        out.append(ask(x))\n    return out\n",
            (n + 1) % 40
        );
        let text = if n % 10 == 3 { text.replace(&format!("m{}", (n + 1) % 40), "llm") } else { text };
        files.push(folder.path().join(format!("m{n}.py")));
        std::fs::write(files.last().unwrap(), text).unwrap();
    }
    let whole = [folder.path().to_path_buf()];
    let one = facts(1, &whole);
    assert!(one.contains("\"call\": \"ask\""), "{one}");
    assert_eq!(one, facts(5, &whole));
    let named = facts(1, &files);
    files.reverse();
    files.swap(3, 17);
    assert_eq!(named, facts(3, &files));
}
