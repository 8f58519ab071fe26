//! Two large packages from PyPI, migrated: every file compiles, the tests of one are as they were, and all of it can be
//! taken back.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

/// Pinned, so that what is found in them stays the same. The first has its tests beside its code, and they answer in place
/// of the servers; one of its patches is in what they run. The second has many clients.
const PACKAGES: [&str; 2] = ["astroquery==0.4.10", "langchain-community==0.3.27"];
const TOOLS: [&str; 5] = ["astropy==6.1.7", "numpy==2.2.6", "pytest==8.4.2", "pytest-astropy==0.11.0", "boto3"];
const TESTS: &str = "astroquery/mast/tests/test_mast.py";

fn run(command: &mut Command) -> Output {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}\n{}{}", lossy(&done.stdout), lossy(&done.stderr));
    done
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An interpreter with what the tests need, kept in the build folder.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    let python = folder.join("bin/python");
    if !folder.join("complete").exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
        // pyvo and others of its dependencies come as wheels, too.
        run(Command::new(&python).args(pip).arg(PACKAGES[0]).args(TOOLS));
        std::fs::write(folder.join("complete"), "").unwrap();
    }
    python
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true if matches!(name.as_str(), ".perfmod" | "__pycache__") => {}
                true => pending.push(path),
                false => drop(out.insert(path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    out
}

/// What became of each test, by its name.
fn outcomes(python: &Path, folder: &Path) -> BTreeMap<String, String> {
    let done = Command::new(python)
        .current_dir(folder)
        .env("PYTHONPATH", folder)
        .env("PERFMOD_QUIET", "1")
        .args(["-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", TESTS])
        .output()
        .unwrap();
    let out = lossy(&done.stdout);
    let words = |line: &str| {
        let (what, rest) = line.split_once(' ')?;
        let known = ["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS"].contains(&what);
        known.then(|| (rest.split(" - ").next().unwrap_or(rest).to_string(), what.to_string()))
    };
    let found: BTreeMap<String, String> = out.lines().filter_map(words).collect();
    assert!(found.len() > 30, "{out}{}", lossy(&done.stderr));
    found
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn large_packages_are_migrated_and_their_tests_are_as_they_were() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    // Not the temporary folder itself: its name begins with a dot.
    let root = folder.path().join("packages");
    for (package, name) in PACKAGES.iter().zip(["one", "two"]) {
        let pip =
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
        let place = root.join(name);
        run(Command::new(&python).args(pip).arg("--no-compile").arg("--target").arg(&place).arg(package));
    }
    let before = contents(&root);
    let tests = outcomes(&python, &root.join("one"));
    let compiles = || run(Command::new(&python).current_dir(&root).args(["-m", "compileall", "-q", "-f", "."]));
    compiles();

    let migrate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perfmod"));
        run(command.current_dir(&root).args(arguments).env_remove("PERFMOD_STOP_AT"))
    };
    let begun = Instant::now();
    let done = migrate(&["migrate", ".", "--no-validate", "--accept", "care", "--accept", "assumed"]);
    eprintln!("{} files in {:.1?}\n{}", before.len(), begun.elapsed(), lossy(&done.stderr));
    let after = contents(&root);
    let changed: Vec<&PathBuf> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(p, _)| p).collect();
    assert!(changed.len() >= 8, "{changed:?}");
    assert!(changed.iter().any(|p| p.ends_with("astroquery/mast/utils.py")), "its tests run it: {changed:?}");
    compiles();
    assert_eq!(outcomes(&python, &root.join("one")), tests);

    migrate(&["undo"]);
    assert!(contents(&root) == before, "all bytes are as they were");
}
