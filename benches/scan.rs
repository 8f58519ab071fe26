//! What `perfmod check` costs on a folder of two thousand files and more, beside `ruff check` and `ast-grep scan` on the
//! same: CPU time, wall time and peak memory of the whole process, in turns within one run, medians.
//! `cargo bench --bench scan`; ends with 1 where a ratio is above its bar.
//!
//! `PERFMOD_BENCH_CORPUS` names the folder; else it is this machine's standard library of Python, filled up with installed
//! packages. The peers are taken from `PERFMOD_BENCH_RUFF` and `PERFMOD_BENCH_AST_GREP` or from `PATH`; one that is not
//! there is left out, and this is said.

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
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::time::Instant;

    /// At most this many times the CPU time of ruff.
    const CPU_BAR: f64 = 1.5;
    /// At most this many times the peak memory of ast-grep.
    const MEMORY_BAR: f64 = 2.0;
    const FILES: usize = 2_000;
    const WARM: usize = 1;
    const RUNS: usize = 5;

    /// Folders that one of the tools leaves out of a walk by their name. What they hold is no part of the corpus, so that all
    /// see the same files.
    const LEFT_OUT: [&str; 9] = [
        "site-packages",
        "node_modules",
        "__pycache__",
        "venv",
        "target",
        "build",
        "dist",
        "buck-out",
        "__pypackages__",
    ];

    /// What ast-grep looks for in loops.
    const CALLS: [&str; 10] = [
        "requests.get($$$)",
        "requests.post($$$)",
        "openai.ChatCompletion.create($$$)",
        "$C.chat.completions.create($$$)",
        "time.sleep($$$)",
        "open($$$)",
        "subprocess.run($$$)",
        "httpx.get($$$)",
        "urllib.request.urlopen($$$)",
        "$S.get($$$)",
    ];

    /// One of the programs that are compared.
    struct Tool {
        name: &'static str,
        program: PathBuf,
        arguments: Vec<String>,
        runs: Vec<Run>,
    }

    /// What one run of a process took.
    struct Run {
        cpu_ms: f64,
        wall_ms: f64,
        peak_mib: f64,
    }

    pub fn main() -> ExitCode {
        let made = tempfile::Builder::new().prefix("perfmod-bench").tempdir().expect("a folder");
        let corpus = match std::env::var_os("PERFMOD_BENCH_CORPUS") {
            Some(folder) => std::fs::canonicalize(folder).expect("the folder of PERFMOD_BENCH_CORPUS"),
            None => standard_corpus(&made.path().join("corpus")),
        };
        let mut files = Vec::new();
        python_files(&corpus, &mut files);
        let bytes: u64 = files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
        println!("{}: {} files, {:.1} MB", corpus.display(), files.len(), bytes as f64 / 1e6);
        if files.len() < FILES {
            println!("note: fewer than {FILES} files, too small a corpus for the bars to speak of");
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        println!("{RUNS} runs each in turns, {cores} processors, each tool with its own number of threads");

        let mut tools = tools(made.path(), &corpus);
        let count = tools.len();
        for round in 0..WARM + RUNS {
            // Each tool comes first in some round.
            for at in 0..count {
                let tool = &mut tools[(at + round) % count];
                match run(tool, made.path()) {
                    Ok(run) if round >= WARM => tool.runs.push(run),
                    Ok(_) => {}
                    Err(why) => {
                        println!("{} {why}", tool.name);
                        return ExitCode::FAILURE;
                    }
                }
            }
        }
        println!();
        println!("{:<20} {:>24} {:>10} {:>10}", "medians", "CPU ms (quartiles)", "wall ms", "peak MiB");
        for tool in &tools {
            let [lower, cpu, upper] = quartiles(tool, |r| r.cpu_ms);
            let (wall, peak) = (quartiles(tool, |r| r.wall_ms)[1], quartiles(tool, |r| r.peak_mib)[1]);
            let spread = format!("{cpu:.0} ({lower:.0} to {upper:.0})");
            println!("{:<20} {spread:>24} {wall:>10.0} {peak:>10.1}", tool.name);
        }
        println!();
        let own = &tools[0];
        let mut met = true;
        for peer in &tools[1..] {
            let ratio = |of: fn(&Run) -> f64| quartiles(own, of)[1] / quartiles(peer, of)[1];
            let (cpu, wall, peak) = (ratio(|r| r.cpu_ms), ratio(|r| r.wall_ms), ratio(|r| r.peak_mib));
            println!("perfmod over {:<16} CPU {cpu:.2}, wall {wall:.2}, peak memory {peak:.2}", peer.name);
            let (what, ratio, bar) = match peer.name {
                "ruff" => ("CPU", cpu, CPU_BAR),
                "ast-grep" => ("peak memory", peak, MEMORY_BAR),
                _ => continue,
            };
            let said = if ratio <= bar { "met" } else { "MISSED" };
            println!("  bar: {what} at most {bar}: {said}");
            met &= ratio <= bar;
        }
        if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn tools(folder: &Path, corpus: &Path) -> Vec<Tool> {
        let tool = |name, program, arguments: &[&str]| {
            let corpus = corpus.to_string_lossy().into_owned();
            let arguments = arguments.iter().map(ToString::to_string).chain([corpus]).collect();
            Tool { name, program, arguments, runs: Vec::new() }
        };
        let mut out = vec![tool("perfmod", PathBuf::from(env!("CARGO_BIN_EXE_perfmod")), &["check"])];
        if let Some(ruff) = peer("ruff", "PERFMOD_BENCH_RUFF") {
            // Isolated: what settings lie in the corpus does not matter.
            let lint = ["check", "--isolated", "--no-cache", "--select", "PERF,ASYNC,SIM,UP"];
            out.push(tool("ruff", ruff.clone(), &lint));
            // What of that is the drawing of its findings.
            out.push(tool("ruff, one line each", ruff, &[&lint[..], &["--output-format", "concise"]].concat()));
        }
        if let Some(ast_grep) = peer("ast-grep", "PERFMOD_BENCH_AST_GREP") {
            let config = folder.join("sgconfig.yml");
            let rules = folder.join("rules");
            std::fs::create_dir_all(&rules).expect("a folder for rules");
            std::fs::write(&config, "ruleDirs:\n  - rules\n").expect("a configuration");
            for (at, call) in CALLS.iter().enumerate() {
                let mut rule =
                    format!("id: loop-{at}\nlanguage: python\nseverity: warning\nmessage: a call in a loop\n");
                let _ = write!(rule, "rule:\n  kind: for_statement\n  has:\n    pattern: '{call}'\n    stopBy: end\n");
                std::fs::write(rules.join(format!("loop-{at}.yml")), rule).expect("a rule");
            }
            let config = config.to_string_lossy().into_owned();
            out.push(tool("ast-grep", ast_grep, &["scan", "--config", &config]));
        }
        out
    }

    /// A program that is named by the environment or found by the search path, and that starts.
    fn peer(name: &str, variable: &str) -> Option<PathBuf> {
        let program = std::env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from);
        match Command::new(&program).arg("--version").output() {
            Ok(done) if done.status.success() => {
                println!("{}", String::from_utf8_lossy(&done.stdout).trim());
                Some(program)
            }
            _ => {
                println!("skipped: no {name} ({variable} or the search path); nothing is said about it");
                None
            }
        }
    }

    /// The process, its threads and the children that it has waited for. Findings are no failure.
    #[allow(clippy::zombie_processes, reason = "wait4 waits for it")]
    fn run(tool: &Tool, folder: &Path) -> Result<Run, String> {
        let mut command = Command::new(&tool.program);
        command.args(&tool.arguments).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().map_err(|error| format!("does not start: {error}"))?;
        let pid = i32::try_from(child.id()).expect("a process id");
        // SAFETY: all fields of `rusage` are numbers, and both pointers are valid for the call.
        let (status, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            let mut status = 0;
            assert_eq!(libc::wait4(pid, &raw mut status, 0, &raw mut usage), pid, "the program was waited for");
            (status, usage)
        };
        let wall_ms = begun.elapsed().as_secs_f64() * 1e3;
        if !libc::WIFEXITED(status) {
            return Err(format!("was ended by signal {}", libc::WTERMSIG(status)));
        }
        // 4 is perfmod's word for files that could not be read as Python 3, which ruff reports as findings.
        if !matches!(libc::WEXITSTATUS(status), 0 | 1 | 4) {
            return Err(format!("failed with {}", libc::WEXITSTATUS(status)));
        }
        let ms = |t: libc::timeval| t.tv_sec as f64 * 1e3 + t.tv_usec as f64 / 1e3;
        // In kibibytes but on macOS.
        let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
        let peak_mib = usage.ru_maxrss as f64 * unit / f64::from(1 << 20);
        Ok(Run { cpu_ms: ms(usage.ru_utime) + ms(usage.ru_stime), wall_ms, peak_mib })
    }

    fn quartiles(tool: &Tool, of: impl Fn(&Run) -> f64) -> [f64; 3] {
        let mut all: Vec<f64> = tool.runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        [1, 2, 3].map(|part| all[(all.len() - 1) * part / 4])
    }

    /// The standard library and, until there are enough files, the installed packages, one beside the other. Only `.py` files
    /// are copied: no settings and no lists of what to ignore.
    fn standard_corpus(folder: &Path) -> PathBuf {
        let script = "import sysconfig; print(sysconfig.get_path('stdlib')); print(sysconfig.get_path('purelib'))";
        let said = Command::new("python3").args(["-c", script]).output().expect("python3").stdout;
        let said = String::from_utf8(said).expect("paths");
        let [library, packages] = said.lines().map(Path::new).collect::<Vec<_>>()[..] else { panic!("{said}") };
        let mut count = copied(library, folder);
        let mut entries: Vec<_> = std::fs::read_dir(packages).map_or_else(
            |_| Vec::new(),
            |entries| entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect(),
        );
        entries.sort();
        for package in entries {
            if count >= FILES {
                break;
            }
            let name = package.file_name().expect("a name");
            // A package of the standard library's name would mix with it.
            if !folder.join(name).exists() {
                count += copied(&package, &folder.join(name));
            }
        }
        folder.to_path_buf()
    }

    fn copied(from: &Path, to: &Path) -> usize {
        let mut files = Vec::new();
        python_files(from, &mut files);
        for file in &files {
            let to = to.join(file.strip_prefix(from).expect("a file below the folder"));
            std::fs::create_dir_all(to.parent().expect("its folder")).expect("a folder");
            std::fs::copy(file, to).expect("a copy");
        }
        files.len()
    }

    fn python_files(folder: &Path, out: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                if !LEFT_OUT.contains(&name.as_str()) {
                    python_files(&path, out);
                }
            } else if name.ends_with(".py") {
                out.push(path);
            }
        }
    }
}
