//! Environments built from a script's own list of dependencies, and kept in the user's cache.
//!
//! An environment cannot be moved once it is made, so it is built in place: under a lock, and with a marker written
//! last, so that what a killed build left behind is never taken for a finished one.

use super::process;
use super::python::{Interpreter, PythonError, probe};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const MARKER: &str = ".perfmod-complete";
const INSTALL_LIMIT: Duration = Duration::from_secs(900);

/// The folder that holds the environments: `PERFMOD_ENV_DIR`, else below the user's cache folder.
pub(super) fn home() -> Result<PathBuf, PythonError> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("PERFMOD_ENV_DIR")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("perfmod/envs")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/perfmod/envs")))
        .ok_or_else(|| PythonError::Environment {
            what: "there is no place for it".to_owned(),
            why: "set HOME, XDG_CACHE_HOME or PERFMOD_ENV_DIR to a folder".to_owned(),
        })
}

/// The environment with `dependencies` on top of `base` in the folder `home`: the one that was built before, or a new one.
pub(super) fn ensure(
    home: &Path,
    base: &Interpreter,
    dependencies: &[String],
    log: &mut dyn FnMut(&str),
) -> Result<Interpreter, PythonError> {
    let failed = |what: &str, why: String| PythonError::Environment { what: what.to_owned(), why };
    let home =
        std::path::absolute(home).map_err(|error| failed("its folder has no absolute path", error.to_string()))?;
    let mut sorted: Vec<&str> = dependencies.iter().map(|dependency| dependency.trim()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let (major, minor, patch) = base.version;
    let recipe = format!("{major}.{minor}.{patch}\n{}\n{}", base.path.display(), sorted.join("\n"));
    let name = blake3::hash(recipe.as_bytes()).to_hex()[..24].to_owned();
    let folder = home.join(&name);
    let io_failed =
        |error: std::io::Error| failed(&format!("{} cannot be written", folder.display()), error.to_string());
    fs::create_dir_all(&home).map_err(io_failed)?;
    let _lock = Lock::take(&home.join(format!("{name}.lock"))).map_err(io_failed)?;
    if !folder.join(MARKER).is_file() {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(io_failed)?;
        }
        log(&format!("building an environment with {} (kept in {})", sorted.join(", "), folder.display()));
        build(base, &folder, &sorted, log)?;
        fs::write(folder.join(MARKER), &recipe).map_err(io_failed)?;
    }
    let mut found = probe(&python_of(&folder), "PEP 723 environment")?;
    found.path = python_of(&folder);
    Ok(found)
}

/// The interpreter inside an environment's folder.
pub(super) fn python_of(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn build(
    base: &Interpreter,
    folder: &Path,
    dependencies: &[&str],
    log: &mut dyn FnMut(&str),
) -> Result<(), PythonError> {
    if runs(Command::new("uv").arg("--version")) {
        match with_uv(base, folder, dependencies) {
            Ok(()) => return Ok(()),
            // uv does not read pip's configuration; where packages come from a place that only pip knows, pip finds them.
            Err(error) => log(&format!("uv could not build it, trying pip: {error}")),
        }
        if folder.exists() {
            let _ = fs::remove_dir_all(folder);
        }
    }
    with_pip(base, folder, dependencies)
}

fn with_uv(base: &Interpreter, folder: &Path, dependencies: &[&str]) -> Result<(), PythonError> {
    let python = python_of(folder);
    step(
        Command::new("uv").args(["venv", "--quiet", "--no-project", "--python"]).arg(&base.path).arg(folder),
        "uv venv",
    )?;
    if dependencies.is_empty() {
        return Ok(());
    }
    let mut install = Command::new("uv");
    install.args(["pip", "install", "--quiet", "--only-binary", ":all:", "--python"]).arg(python);
    step(install.arg("--").args(dependencies), "uv pip install")
}

fn with_pip(base: &Interpreter, folder: &Path, dependencies: &[&str]) -> Result<(), PythonError> {
    step(Command::new(&base.path).args(["-I", "-m", "venv"]).arg(folder), "python -m venv")?;
    if dependencies.is_empty() {
        return Ok(());
    }
    let mut install = Command::new(python_of(folder));
    install.args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--"]);
    step(install.args(dependencies), "pip install")
}

fn runs(command: &mut Command) -> bool {
    process::run(command, b"", Duration::from_secs(20)).is_ok_and(|done| done.status.success())
}

fn step(command: &mut Command, what: &str) -> Result<(), PythonError> {
    let failed = |why| PythonError::Environment { what: format!("`{what}` failed"), why };
    let done = process::run(command, b"", INSTALL_LIMIT).map_err(|error| failed(error.to_string()))?;
    if done.status.success() { Ok(()) } else { Err(failed(done.last_lines(6))) }
}

/// An exclusive lock on a file, for as long as the value lives. The file stays, so that all builders lock the same one.
struct Lock(#[allow(dead_code, reason = "held, never read")] fs::File);

impl Lock {
    fn take(path: &Path) -> std::io::Result<Self> {
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        #[cfg(unix)]
        {
            use std::os::fd::AsRawFd;
            // SAFETY: the descriptor is open for the whole call.
            while unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) } != 0 {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        Ok(Lock(file))
    }
}
