//! One run: a fresh copy, the sandbox around it, and what could be seen of it from outside.

use super::{
    Program,
    compare::Positions,
    copy::{self, Entry, Snapshot},
    edge::{Fault, Schedule},
    entry, environment,
    holder::{Holder, Ready},
    sandbox::{Fork, PASSED, Record, Run, SMALL, Spec},
    seen::{self, Asked, Ran, Seen, Statement},
};
use crate::project::python::Interpreter;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Bytes of an output that are read back.
const MAX_READ: u64 = 64 * 1024 * 1024;
/// Bytes of stderr that are read back, from its end.
const MAX_TAIL: u64 = 1024 * 1024;

/// What all runs of one validation share.
pub(super) struct Stage<'a> {
    /// A folder of our own.
    pub work: &'a Path,
    /// The project, which copies are made to look like in outputs.
    pub root: PathBuf,
    pub script: &'a Path,
    pub cwd: &'a Path,
    pub args: &'a [String],
    /// What to run in place of the script, where there is something.
    pub entry: &'a [String],
    pub python: &'a Interpreter,
    pub executable: PathBuf,
    pub max_requests: usize,
    /// Bytes of disk that a run may take.
    pub max_written: u64,
    /// Runs are cut off from the network, where the system lets them be.
    pub namespaced: bool,
    /// They write only where they may by Landlock, where the system has it.
    pub landlocked: bool,
    /// They enter namespaces by bubblewrap, where there is one.
    pub bubblewrapped: bool,
    pub timeout: Duration,
    /// Floats may differ a little.
    pub near: bool,
    /// The file that says what answers besides the stub.
    pub answers: PathBuf,
    /// The program has the user's environment and clocks: it is recorded.
    pub real: bool,
    /// What digests of headers are keyed with: drawn anew for each validation.
    pub digests: [u8; 32],
    /// The untouched copy's content.
    pub before: Snapshot,
    /// Paths that an overlay placed, with `/`: not results of the program.
    pub placed: Vec<String>,
    pub next: AtomicUsize,
}

/// One version of the program, and the process that forks its runs.
pub(super) struct Version {
    /// It is the one that is judged.
    pub rewritten: bool,
    /// Its own folder: a template that each run gets a copy of, and the runs.
    folder: PathBuf,
    holder: OnceLock<Holder>,
    /// Lines of its files that the other version does not have.
    changed: BTreeMap<String, Vec<usize>>,
    /// Those among them that the other version has nowhere.
    alone: BTreeMap<String, BTreeSet<usize>>,
}

/// What one run is to be.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub version: &'a Version,
    /// In a process that starts from nothing, even where runs can be forked.
    pub fresh: bool,
    pub schedule: Schedule,
    /// Which of the changed lines run, and what functions around them give back, is written down.
    pub trace: bool,
    /// Which of the changed lines run is written down, and nothing else.
    pub lines: bool,
    /// Real seconds that a sleep takes at most, where it is not the usual few milliseconds.
    pub linger: Option<f64>,
    /// Seconds by which the clocks that the program reads are ahead.
    pub ahead: Option<f64>,
    /// The moment at which these clocks begin, where it is not the real one.
    pub since: Option<Instant>,
    /// Threads begin what they are given only once no more is handed out.
    pub late: bool,
    /// The bodies of answers are written down.
    pub keep: bool,
    /// Bodies of answers that are sent in place of the real ones, by the request's key.
    pub replaced: &'a [(String, String)],
    /// Headers of requests that do not count, as they vary between runs of the original.
    pub ignored: &'a [String],
    /// Files that this run has in another form.
    pub overlay: &'a [(PathBuf, Vec<u8>)],
    /// What goes wrong on purpose.
    pub fault: Option<&'a Fault>,
    /// Bytes that the program is known to write.
    pub written: u64,
    /// Keys of the original's requests in order.
    pub order: &'a [String],
    /// Wall time at most, where it is not the usual one.
    pub limit: Option<Duration>,
    /// A `.perfmod` folder to start with.
    pub cache: Option<&'a Path>,
    /// Where to leave the `.perfmod` folder of this run.
    pub keep_cache: Option<&'a Path>,
}

impl<'a> Plan<'a> {
    /// A run in a process that starts from nothing, with answers as they come.
    pub fn plain(version: &'a Version) -> Self {
        Plan {
            version,
            fresh: true,
            schedule: Schedule::AsIs,
            trace: false,
            lines: false,
            linger: None,
            ahead: None,
            since: None,
            late: false,
            keep: false,
            replaced: &[],
            ignored: &[],
            overlay: &[],
            fault: None,
            written: 0,
            limit: None,
            order: &[],
            cache: None,
            keep_cache: None,
        }
    }
}

/// What a run did to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Written, with the new content.
    Written(Vec<u8>),
    /// Written, too large to be read back: the hash of the content.
    Large([u8; 32]),
    Deleted,
    Folder,
    Link(PathBuf),
}

/// What was seen of a run.
pub(super) struct Observed {
    pub record: Record,
    pub stdout: Vec<u8>,
    pub stderr: String,
    /// By path; those in the private home start with `~/`.
    pub changes: BTreeMap<String, Change>,
    /// What its own process saw; nothing where it was killed, or left by a way without a farewell.
    pub seen: Option<Seen>,
    /// Which changed statements ran, where that was asked for.
    pub ran: Option<Ran>,
    /// How far it was kept apart from the machine and the network, in words.
    pub isolation: String,
}

impl Stage<'_> {
    /// Makes a version ready; `name` is one letter, so that programs that pad or sort by path see no difference.
    pub fn version(&self, name: char, program: &Program) -> Result<Version, String> {
        let folder = self.work.join(name.to_string());
        fs::create_dir(&folder).map_err(|error| failed("no folder for a version", error))?;
        let template = folder.join("template");
        copy::again(&self.work.join("pristine"), &template)?;
        for path in &program.removed {
            copy::remove(&template, path)?;
        }
        for (path, bytes) in &program.overlay {
            copy::place(&template, path, bytes)?;
        }
        Ok(Version {
            rewritten: name == 'r',
            folder,
            holder: OnceLock::new(),
            changed: BTreeMap::new(),
            alone: BTreeMap::new(),
        })
    }

    /// Tells two versions where they differ.
    pub fn set_against(original: &mut Version, rewritten: &mut Version) -> Positions {
        let folders = [&*original, &*rewritten].map(|version| version.folder.join("template"));
        let lines = seen::changed(&folders[0], &folders[1]);
        original.changed = lines.gone;
        rewritten.changed = lines.new;
        [original.alone, rewritten.alone] = lines.alone;
        Positions::new(folders, lines.kept)
    }

    fn azure(&self) -> bool {
        environment::names_azure(&self.root.join(self.script))
    }

    /// Starts the process that will fork this version's runs; it imports while others go on.
    pub fn start(&self, version: &Version) -> Result<(), String> {
        let at = |name: &str| version.folder.join(name);
        let (home, tmp, hook, small) = (at("home"), at("tmp"), at("hook"), at("small"));
        for new in [&home, &tmp, &hook, &small] {
            fs::create_dir(new).map_err(|error| failed("no folder for a holder", error))?;
        }
        environment::write_forker(&hook, &self.root).map_err(|error| failed("no start-up hook", error))?;
        let certificate = at("authority.pem");
        let fork = Fork {
            environment: environment::build(self.python, &hook, &home, &tmp, &certificate, self.azure()),
            log: at("forker.log"),
            script: at("template").join(self.script),
        };
        let writable = vec![version.folder.clone()];
        let spec = Spec {
            python: self.python.path.clone(),
            namespaced: self.namespaced,
            landlocked: self.landlocked,
            bubblewrap: bubblewrap(),
            bubblewrapped: self.bubblewrapped,
            writable,
            small: Some(small),
            certificate,
            fork: Some(fork),
        };
        let holder = Holder::start(&self.executable, &version.folder, &spec)?;
        let _ = version.holder.set(holder);
        Ok(())
    }

    /// Runs the program as `plan` has it. The error says why there was no run.
    pub fn run(&self, plan: &Plan<'_>) -> Result<Observed, String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = plan.version.folder.join(format!("run-{number:04}"));
        let result = self.run_in(number, &folder, plan);
        let _ = fs::remove_dir_all(&folder);
        result
    }

    fn run_in(&self, number: usize, folder: &Path, plan: &Plan<'_>) -> Result<Observed, String> {
        let at = |name: &str| folder.join(name);
        let (tree, home, tmp, hook, observed) = (at("tree"), at("home"), at("tmp"), at("hook"), at("observed"));
        for new in [folder, &home, &tmp, &hook, &observed] {
            fs::create_dir(new).map_err(|error| failed("no folder for a run", error))?;
        }
        copy::again(&plan.version.folder.join("template"), &tree)?;
        for (path, bytes) in plan.overlay {
            copy::place(&tree, path, bytes)?;
        }
        if let Some(cache) = plan.cache.filter(|cache| cache.is_dir()) {
            copy::again(cache, &tree.join(".perfmod"))?;
        }
        let forked = plan.version.holder.get().filter(|_| !plan.fresh);
        // Where the program has its folders: where they are, but for the time in which they are on a small disk.
        let disk = forked.map_or(folder, |_| plan.version.folder.as_path()).join("small");
        let small = if plan.fault.is_some_and(Fault::fills) && copy::size(&tree).saturating_add(plan.written) <= SMALL {
            let inside = disk.join(number.to_string());
            ["tree", "home", "tmp"].map(|name| (at(name), inside.join(name))).into()
        } else {
            Vec::new()
        };
        let (staged, kept) = ((tree.clone(), home.clone()), (tree, home, tmp));
        let (tree, home, tmp) = match small.as_slice() {
            [(_, tree), (_, home), (_, tmp)] => (tree.clone(), home.clone(), tmp.clone()),
            _ => kept,
        };
        environment::write_hook(&hook, &self.root, &tree, &observed)
            .map_err(|error| failed("no start-up hook", error))?;
        // What the functions that tests call give back is compared by the tests.
        let script = self.entry.is_empty();
        let asked = Asked {
            files: &plan.version.changed,
            trace: plan.trace || plan.lines,
            calls: script && !plan.lines,
            values: script,
            linger: plan.linger,
            ahead: plan.ahead.or(plan.since.map(|moment| -moment.elapsed().as_secs_f64())),
            late: plan.late,
            near: self.near,
        };
        asked.write(&observed).map_err(|error| failed("a run could not be described", error))?;
        let cwd = tree.join(self.cwd);
        // As the user would have typed it, where that is possible: it shows in sys.argv and in tracebacks.
        let script = self.script.strip_prefix(self.cwd).map_or_else(|_| tree.join(self.script), Path::to_owned);
        let script = script.to_str().ok_or_else(|| format!("{} is not a UTF-8 path", script.display()))?.to_owned();
        let certificate =
            if forked.is_some() { plan.version.folder.join("authority.pem") } else { at("authority.pem") };
        let mut variables = environment::build(self.python, &hook, &home, &tmp, &certificate, self.azure());
        if !self.entry.is_empty() {
            variables.extend(entry::variables());
        }
        if self.real {
            variables = environment::as_the_user(variables);
        }
        // The copy has no `.git` from which the runtime could tell where the project begins.
        variables.push(("PERFMOD_CACHE_DIR".to_owned(), tree.join(".perfmod/cache").to_string_lossy().into_owned()));
        if plan.fault.is_some_and(Fault::is_silence) {
            variables.push(("PERFMOD_TIME_OUTS".to_owned(), observed.join(PASSED).to_string_lossy().into_owned()));
        }
        let run = Run {
            run: number,
            args: if self.entry.is_empty() {
                std::iter::once(script).chain(self.args.iter().cloned()).collect()
            } else {
                entry::command(self.entry)
            },
            environment: variables,
            cwd,
            writable: vec![tree.clone(), home.clone(), tmp.clone(), observed.clone()],
            copy: tree.clone(),
            observed: observed.clone(),
            stdout: at("stdout"),
            stderr: at("stderr"),
            schedule: plan.schedule,
            order: plan.order.to_vec(),
            max_requests: self.max_requests,
            max_written: self.max_written,
            answers: Some(self.answers.clone()),
            fault: plan.fault.cloned(),
            small,
            keep: plan.keep,
            replaced: plan.replaced.to_vec(),
            digests: self.digests,
            ignored: plan.ignored.to_vec(),
            timeout_ms: u64::try_from(plan.limit.unwrap_or(self.timeout).as_millis()).unwrap_or(u64::MAX),
        };
        for output in [&run.stdout, &run.stderr] {
            fs::File::create(output).map_err(|error| failed("no file for an output", error))?;
        }
        let (record, isolation) = match forked {
            Some(holder) => (holder.run(&run)?, holder.ready()?.isolation),
            None => {
                let (python, mut writable) = (self.python.path.clone(), run.writable.clone());
                if !run.small.is_empty() {
                    fs::create_dir(&disk).map_err(|error| failed("no folder for a run", error))?;
                    writable = run.small.iter().map(|(staged, _)| staged.clone()).collect();
                    writable.extend([disk.clone(), observed.clone()]);
                }
                let small = Some(disk).filter(|_| !run.small.is_empty());
                let holder = Holder::start(
                    &self.executable,
                    folder,
                    &Spec {
                        python,
                        namespaced: self.namespaced,
                        landlocked: self.landlocked,
                        bubblewrap: bubblewrap(),
                        bubblewrapped: self.bubblewrapped,
                        writable,
                        small,
                        certificate,
                        fork: None,
                    },
                )?;
                let record = holder.run(&run)?;
                (record, holder.ready()?.isolation)
            }
        };
        let hidden = [(&tree, self.root.to_string_lossy().into_owned()), (&home, "~".into()), (&tmp, "/tmp".into())];
        let mut hidden: Vec<(String, String)> =
            hidden.into_iter().map(|(path, name)| (path.to_string_lossy().into_owned(), name)).collect();
        // Each run has a proxy of its own.
        for (named, word) in [("127.0.0.1', port=", "PORT"), ("127.0.0.1:", "PORT")] {
            hidden.push((format!("{named}{}", record.port), format!("{named}{word}")));
        }
        let mut changes = BTreeMap::new();
        let (tree, home) = staged;
        self.changes(&tree, &self.before, "", &hidden, &mut changes)?;
        self.changes(&home, &Snapshot::new(), "~/", &hidden, &mut changes)?;
        if let Some(keep) = plan.keep_cache.filter(|_| tree.join(".perfmod").is_dir()) {
            fs::rename(tree.join(".perfmod"), keep)
                .map_err(|error| failed("the cache of a run could not be kept", error))?;
        }
        let stderr = String::from_utf8_lossy(&tail(&run.stderr)?).into_owned();
        Ok(Observed {
            record,
            stdout: hide(read(&run.stdout)?, &hidden),
            stderr,
            changes,
            seen: Seen::read(&observed, &hidden),
            ran: Ran::read(&observed).filter(|_| plan.trace || plan.lines),
            isolation,
        })
    }

    /// Adds what differs from `before` below `folder`.
    fn changes(
        &self,
        folder: &Path,
        before: &Snapshot,
        prefix: &str,
        hidden: &[(String, String)],
        changes: &mut BTreeMap<String, Change>,
    ) -> Result<(), String> {
        let after = copy::snapshot(folder).map_err(|error| format!("what a run wrote cannot be read: {error}"))?;
        let skipped = |path: &str| {
            // In a home, hidden folders hold caches and settings of libraries.
            self.placed.iter().any(|placed| placed == path) || (!prefix.is_empty() && path.starts_with('.'))
        };
        for (path, entry) in &after {
            if before.get(path) == Some(entry) || skipped(path) {
                continue;
            }
            let change = match entry {
                Entry::Folder => Change::Folder,
                Entry::Link(to) => Change::Link(to.clone()),
                Entry::File(hash) => {
                    let file = folder.join(path);
                    match fs::metadata(&file) {
                        Ok(meta) if meta.len() > MAX_READ => Change::Large(*hash),
                        _ => Change::Written(hide(read(&file)?, hidden)),
                    }
                }
            };
            changes.insert(format!("{prefix}{path}"), change);
        }
        for path in before.keys().filter(|path| !after.contains_key(*path) && !skipped(path)) {
            changes.insert(format!("{prefix}{path}"), Change::Deleted);
        }
        Ok(())
    }
}

/// bubblewrap, where it is on the PATH.
fn bubblewrap() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("bwrap")).find(|file| file.is_file())
}

fn failed(what: &str, error: std::io::Error) -> String {
    format!("{what}: {error}")
}

impl Version {
    /// Tells the forking process, where there is one, what a run was seen to load. Nothing must run until it is ready.
    pub fn load(&self, loaded: &[String]) {
        if let Some(holder) = self.holder.get() {
            holder.load(loaded);
        }
    }

    /// Waits until what it was told to load, and may, is there. `None` where there is no such process.
    pub fn ready(&self) -> Option<Result<Ready, String>> {
        self.holder.get().map(Holder::ready)
    }

    /// Whether it has lines that the other version does not have.
    pub fn changes(&self) -> bool {
        self.changed.values().any(|lines| !lines.is_empty())
    }

    /// The files of which it has lines that the other version does not: name, text, lines.
    pub fn changed(&self) -> Vec<(String, Vec<u8>, Vec<usize>)> {
        let read = |name: &String| fs::read(self.folder.join("template").join(name)).ok();
        self.changed.iter().filter_map(|(name, lines)| Some((name.clone(), read(name)?, lines.clone()))).collect()
    }

    /// Whether the other version has no line like those of this statement.
    pub fn is_alone(&self, it: &Statement) -> bool {
        self.alone.get(&it.file).is_some_and(|lines| lines.range(it.first..=it.last).next().is_some())
    }

    /// A line of one of its files.
    pub fn line(&self, file: &str, number: usize) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("template").join(file)).ok()?;
        text.lines().nth(number.checked_sub(1)?).map(str::to_owned)
    }

    /// From here on runs are fresh processes.
    pub fn give_up(&self) {
        if let Some(holder) = self.holder.get() {
            holder.stop();
        }
    }
}

/// The whole of a file. What is too long to be compared is an error, not a prefix that happens to be equal.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{} of a run cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(told)?.take(MAX_READ + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > MAX_READ {
        return Err(format!("the program puts out more than {} MB, too much to compare", MAX_READ >> 20));
    }
    Ok(bytes)
}

/// The end of a file.
fn tail(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{} of a run cannot be read: {error}", path.display());
    let mut file = fs::File::open(path).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_TAIL))).map_err(told)?;
    let mut bytes = Vec::new();
    file.take(MAX_TAIL).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// Puts the names that the program's folders have outside in place of those of the copy.
fn hide(bytes: Vec<u8>, names: &[(String, String)]) -> Vec<u8> {
    names.iter().fold(bytes, |bytes, (from, to)| replace(bytes, from.as_bytes(), to.as_bytes()))
}

fn replace(bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let finder = match aho_corasick::AhoCorasick::new([from]) {
        Ok(finder) if finder.is_match(&bytes) => finder,
        _ => return bytes,
    };
    finder.replace_all_bytes(&bytes, &[to])
}
