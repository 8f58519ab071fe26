//! What `perfmod check` costs on one script, beside `ruff check` on the same: user and system CPU of the whole process,
//! in turns within one run, medians. `cargo bench --bench check`; ends with 1 where the ratio is above the bar.
//!
//! ruff comes from PyPI into an environment below `target/`. Where that cannot be had there is nothing to compare with: this
//! is said, and the run ends with 0.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

#[cfg(not(unix))]
fn main() {
    println!("skipped: CPU times of a process are read on Unix only");
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};

    /// At most this many times what ruff takes.
    const BAR: f64 = 1.5;
    /// Pinned, so that ratios of different days compare.
    const RUFF: &str = "ruff==0.14.0";
    const WARM: usize = 5;
    const RUNS: usize = 61;

    pub fn main() -> ExitCode {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let Some(ruff) = ruff(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("ruff")) else {
            println!("skipped: {RUFF} could not be installed");
            return ExitCode::SUCCESS;
        };
        // Alone in a folder: what surrounds the script is not what is measured.
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("script.py");
        std::fs::copy(root.join("examples/evaluate_mcq.py"), &script).expect("the example");
        let lines = std::fs::read_to_string(&script).expect("the script").lines().count();

        let check = || command(Path::new(env!("CARGO_BIN_EXE_perfmod")), folder.path(), &["check", "script.py"]);
        let lint = || command(&ruff, folder.path(), &["check", "--isolated", "--no-cache", "script.py"]);
        let version = || command(Path::new(env!("CARGO_BIN_EXE_perfmod")), folder.path(), &["--version"]);
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..WARM + RUNS {
            for (at, command) in [check(), lint(), version()].into_iter().enumerate() {
                let ms = cpu_ms(command);
                if round >= WARM {
                    times[at].push(ms);
                }
            }
        }
        let [check, lint, version] = times.map(Spread::of);
        let ratio = check.median / lint.median;
        println!(
            "{lines} lines, {RUNS} runs each in turns; user + system CPU of the process in ms: median (quartiles)"
        );
        println!("perfmod check      {check}");
        println!("perfmod --version  {version}");
        println!("{RUFF} check {lint}");
        println!("ratio {ratio:.2}, bar {BAR}");
        if ratio > BAR { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// User and system time of one process, its threads and the children that it has waited for.
    #[allow(clippy::zombie_processes, reason = "wait4 waits for it")]
    fn cpu_ms(mut command: Command) -> f64 {
        let child = command.spawn().expect("the program starts");
        let pid = i32::try_from(child.id()).expect("a process id");
        // SAFETY: all fields of `rusage` are numbers, and both pointers are valid for the call.
        let (status, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            let mut status = 0;
            assert_eq!(libc::wait4(pid, &raw mut status, 0, &raw mut usage), pid, "the program was waited for");
            (status, usage)
        };
        assert!(libc::WIFEXITED(status), "the program was ended by a signal");
        assert!(libc::WEXITSTATUS(status) <= 1, "the program failed");
        let ms = |t: libc::timeval| t.tv_sec as f64 * 1e3 + t.tv_usec as f64 / 1e3;
        ms(usage.ru_utime) + ms(usage.ru_stime)
    }

    /// The middle of some measurements.
    struct Spread {
        median: f64,
        lower: f64,
        upper: f64,
    }

    impl Spread {
        fn of(mut times: Vec<f64>) -> Self {
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times[(times.len() - 1) * part / 4];
            Self { lower: at(1), median: at(2), upper: at(3) }
        }
    }

    impl std::fmt::Display for Spread {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:6.2} ({:.2} to {:.2})", self.median, self.lower, self.upper)
        }
    }

    /// The linter, installed where it is not there yet.
    fn ruff(environment: &Path) -> Option<PathBuf> {
        let program = environment.join("bin/ruff");
        let works = || {
            let done = Command::new(&program).arg("--version").output().ok()?;
            let version = String::from_utf8_lossy(&done.stdout).trim().replace(' ', "==");
            (done.status.success() && version == RUFF).then_some(())
        };
        if works().is_none() {
            let quiet = |command: &mut Command| command.stdout(Stdio::null()).status().is_ok_and(|s| s.success());
            let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(environment));
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", RUFF];
            if !made || !quiet(Command::new(environment.join("bin/python")).args(pip)) {
                return None;
            }
        }
        works().map(|()| program)
    }
}
