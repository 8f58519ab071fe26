//! The Python interpreter of a script: finding it, and asking it whether source compiles.

use super::{environment, header, process};
use serde::Deserialize;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const PROBE_LIMIT: Duration = Duration::from_secs(30);
const COMPILE_LIMIT: Duration = Duration::from_secs(120);
/// Minor versions of Python 3 that are looked for where a script asks for a version that `python3` is not.
const MINORS: std::ops::RangeInclusive<u8> = 9..=14;

/// An interpreter that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The executable itself, not a shim that chooses one.
    pub path: PathBuf,
    /// Major, minor, patch.
    pub version: (u8, u8, u8),
    /// Where it was found, in words: "--python", "VIRTUAL_ENV", ".venv", "PEP 723 environment", "python3 on PATH".
    pub how: String,
}

/// Why there is no interpreter, or no answer from it.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// Nothing was found anywhere.
    #[error("no Python interpreter was found: install python3, activate an environment, or give --python PATH")]
    NotFound,
    /// An interpreter is there, but does not work.
    #[error("{path}: this interpreter does not run: {why}; give another one with --python PATH")]
    Broken {
        /// The executable.
        path: PathBuf,
        /// What happened when it was started.
        why: String,
    },
    /// The script asks for a version that is not on this machine.
    #[error(
        "{script}: requires-python is {wanted:?}, but on PATH there is only {found}; install one that fits, or give --python PATH"
    )]
    NoVersion {
        /// The script.
        script: PathBuf,
        /// Its condition.
        wanted: String,
        /// The versions found.
        found: String,
    },
    /// The script's PEP 723 header is not well formed.
    #[error("{script}: the `# /// script` header cannot be read: {why}; correct it, or give --python PATH")]
    Header {
        /// The script.
        script: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The environment for a PEP 723 header could not be built.
    #[error(
        "the environment for the script's dependencies was not built: {what}: {why}\nbuild one yourself and give it with --python PATH"
    )]
    Environment {
        /// Which step.
        what: String,
        /// The tool's last lines.
        why: String,
    },
}

/// Finds the interpreter of `script`, whose source is `text`: `explicit`, else the active environment, else `.venv` in
/// the script's folder or above it within the repository, else an environment for its PEP 723 header (built where it is
/// not there yet, told to `log`), else `python3` or `python`.
pub fn find(
    script: &Path,
    text: &str,
    explicit: Option<&Path>,
    log: &mut dyn FnMut(&str),
) -> Result<Interpreter, PythonError> {
    if let Some(path) = explicit {
        return probe(path, "--python");
    }
    if let Some(active) = env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty()) {
        let python = environment::python_of(Path::new(&active));
        if python.exists() {
            return probe(&python, "VIRTUAL_ENV");
        }
        log(&format!("VIRTUAL_ENV is set, but {} does not exist; looking further", python.display()));
    }
    if let Some(python) = local_environment(script) {
        return probe(&python, ".venv");
    }
    match with_header(script, text, None, log) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => on_path(script, None),
        Err(error) => Err(error),
    }
}

/// The environment that the PEP 723 header of `text` asks for, built where it is not there yet and kept in `home` (`None`
/// for the usual folder); `None` where there is no header.
pub fn with_header(
    script: &Path,
    text: &str,
    home: Option<&Path>,
    log: &mut dyn FnMut(&str),
) -> Result<Option<Interpreter>, PythonError> {
    let header = header::parse(text).map_err(|why| PythonError::Header { script: script.to_owned(), why })?;
    let Some(header) = header else { return Ok(None) };
    let base = on_path(script, header.requires_python.as_deref())?;
    let home = home.map_or_else(environment::home, |home| Ok(home.to_owned()))?;
    environment::ensure(&home, &base, &header.dependencies, log).map(Some)
}

/// The folder of the environment that a script would run in: the active one, else `.venv`.
pub(super) fn environment_of(script: &Path) -> Option<PathBuf> {
    let active = env::var_os("VIRTUAL_ENV").map(PathBuf::from).filter(|e| environment::python_of(e).exists());
    active.or_else(|| Some(local_environment(script)?.parent()?.parent()?.to_path_buf()))
}

/// `.venv` next to the script or above it; not above the repository, and outside of one only next to the script.
fn local_environment(script: &Path) -> Option<PathBuf> {
    let script = std::path::absolute(script).ok()?;
    let folders: Vec<&Path> = script.ancestors().skip(1).collect();
    let depth = folders.iter().position(|folder| folder.join(".git").exists()).map_or(1, |at| at + 1);
    folders
        .iter()
        .take(depth)
        .map(|folder| environment::python_of(&folder.join(".venv")))
        .find(|python| python.exists())
}

/// The first interpreter on PATH that meets `conditions`.
fn on_path(script: &Path, conditions: Option<&str>) -> Result<Interpreter, PythonError> {
    let mut names = vec!["python3".to_owned(), "python".to_owned()];
    if conditions.is_some() {
        names.extend(MINORS.rev().map(|minor| format!("python3.{minor}")));
    }
    let (mut seen, mut broken) = (Vec::new(), None);
    for name in names {
        match probe(Path::new(&name), &format!("{name} on PATH")) {
            // Python 2 is never what a script of ours wants.
            Ok(found) if found.version.0 < 3 => {}
            Ok(found) => {
                let fits = conditions.map_or(Ok(true), |conditions| header::accepts(conditions, found.version));
                match fits {
                    Ok(true) => return Ok(found),
                    Ok(false) => seen.push(found.version),
                    Err(condition) => {
                        let why = format!("requires-python has a condition that is not understood: {condition}");
                        return Err(PythonError::Header { script: script.to_owned(), why });
                    }
                }
            }
            Err(PythonError::NotFound) => {}
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    if let (Some(wanted), false) = (conditions, seen.is_empty()) {
        seen.sort_unstable();
        seen.dedup();
        let found = seen.iter().map(|(a, b, c)| format!("{a}.{b}.{c}")).collect::<Vec<_>>().join(", ");
        return Err(PythonError::NoVersion { script: script.to_owned(), wanted: wanted.to_owned(), found });
    }
    Err(broken.unwrap_or(PythonError::NotFound))
}

/// Starts the interpreter once, isolated from the environment, to learn its version and its real path.
pub(super) fn probe(path: &Path, how: &str) -> Result<Interpreter, PythonError> {
    let broken = |why: String| PythonError::Broken { path: path.to_owned(), why };
    let question = "import sys; print(sys.executable); print(*sys.version_info[:3])";
    let done = match process::run(Command::new(path).args(["-I", "-c", question]), b"", PROBE_LIMIT) {
        Ok(done) => done,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && how.ends_with("on PATH") => {
            return Err(PythonError::NotFound);
        }
        Err(error) => return Err(broken(error.to_string())),
    };
    let answer = String::from_utf8_lossy(&done.stdout);
    let mut lines = answer.lines();
    let executable = lines.next().map(str::trim).unwrap_or_default();
    let version: Option<Vec<u8>> = lines.next().map(|line| line.split_whitespace().flat_map(str::parse).collect());
    match (done.status.success(), version.as_deref()) {
        (true, Some(&[major, minor, patch])) if !executable.is_empty() => {
            Ok(Interpreter { path: executable.into(), version: (major, minor, patch), how: how.to_owned() })
        }
        _ => Err(broken(done.last_lines(3))),
    }
}

/// Why a source does not compile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CompileError {
    /// Line of the error, counted from 1, where the compiler names one.
    pub line: Option<usize>,
    /// The compiler's words.
    pub message: String,
}

const COMPILE: &str = r#"
import json, sys, warnings
warnings.simplefilter("ignore")
read = sys.stdin.buffer
for head in iter(read.readline, b""):
    name_length, length = map(int, head.split())
    name, source = read.read(name_length).decode("utf-8", "replace"), read.read(length)
    answer = None
    try:
        compile(source, name, "exec", dont_inherit=True)
    except Exception as error:
        answer = {"line": getattr(error, "lineno", None), "message": getattr(error, "msg", None) or str(error) or type(error).__name__}
    print(json.dumps(answer))
"#;

/// Asks the interpreter, started once, whether it compiles each source; nothing is executed. The answers are in the
/// order of the files, `None` where one compiles.
pub fn compile_check(python: &Interpreter, files: &[(&str, &[u8])]) -> Result<Vec<Option<CompileError>>, PythonError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = Vec::new();
    for (name, source) in files {
        input.extend_from_slice(format!("{} {}\n", name.len(), source.len()).as_bytes());
        input.extend_from_slice(name.as_bytes());
        input.extend_from_slice(source);
    }
    let broken = |why: String| PythonError::Broken { path: python.path.clone(), why };
    let done = process::run(Command::new(&python.path).args(["-I", "-c", COMPILE]), &input, COMPILE_LIMIT)
        .map_err(|error| broken(error.to_string()))?;
    let answers: Result<Vec<Option<CompileError>>, _> =
        String::from_utf8_lossy(&done.stdout).lines().map(serde_json::from_str).collect();
    match answers {
        Ok(answers) if answers.len() == files.len() => Ok(answers),
        Ok(answers) => {
            let at = files.get(answers.len()).map_or("the last file", |(name, _)| *name);
            Err(broken(format!("it stopped while compiling {at}: {}", done.last_lines(3))))
        }
        Err(error) => Err(broken(format!("its answer cannot be read: {error}"))),
    }
}

/// Whether a program in this folder can import a module that is no part of it. Nothing of the module is run.
///
/// # Errors
/// Where the interpreter does not answer.
pub fn has_module(python: &Interpreter, folder: &Path, module: &str) -> Result<bool, PythonError> {
    let question = "import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]) is not None)";
    let mut command = Command::new(&python.path);
    command.args(["-c", question, module]).current_dir(folder);
    let broken = |why: String| PythonError::Broken { path: python.path.clone(), why };
    let done = process::run(&mut command, b"", PROBE_LIMIT).map_err(|error| broken(error.to_string()))?;
    match String::from_utf8_lossy(&done.stdout).trim() {
        "True" => Ok(true),
        "False" => Ok(false),
        _ => Err(broken(done.last_lines(3))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiles_good_and_bad_sources_in_one_start() {
        let python = find(Path::new("/nowhere/x.py"), "", None, &mut |_| ()).expect("tests need a python3");
        let files: [(&str, &[u8]); 4] = [
            ("good.py", b"import os\nreturn_ = 1\n"),
            ("bad.py", b"x = 1\nreturn 3\n"),
            ("nul.py", b"x = '\0'\n"),
            ("latin.py", b"# coding: latin-1\nx = '\xe9'\n"),
        ];
        let answers = compile_check(&python, &files).expect("it answers");
        assert_eq!(answers[0], None);
        assert_eq!(answers[1].as_ref().and_then(|error| error.line), Some(2));
        assert!(answers[2].is_some());
        assert_eq!(answers[3], None);
    }

    #[test]
    fn an_interpreter_that_does_not_run_is_named() {
        let error = find(Path::new("x.py"), "", Some(Path::new("/bin/false")), &mut |_| ()).expect_err("not a python");
        assert!(error.to_string().starts_with("/bin/false: "), "{error}");
    }

    #[test]
    fn a_version_that_is_not_there_is_refused_with_the_versions_that_are() {
        let text = "# /// script\n# requires-python = \"<3.2\"\n# ///\n";
        let error = find(Path::new("/nowhere/x.py"), text, None, &mut |_| ()).expect_err("no such python");
        assert!(matches!(error, PythonError::NoVersion { .. }), "{error}");
    }
}
