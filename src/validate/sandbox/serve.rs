//! Runs as they are asked for: each with an edge of its own, watched until it ends.

use super::{
    PASSED, Record, Run, Spec, Told,
    disk::{Disk, Pipes},
    forked::{Event, Forker},
    linux, say,
};
use crate::validate::{
    edge::{Authority, Blow, Edge, Settings},
    processes,
};
use std::{
    fs,
    io::{self, BufRead},
    os::unix::{
        fs::MetadataExt,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, mpsc::RecvTimeoutError},
    time::{Duration, Instant},
};

/// How often it is looked at how much a run wrote.
const DISK_LOOK: Duration = Duration::from_millis(100);
/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// How long the end of a killed run is waited for.
const END: Duration = Duration::from_secs(10);

/// Holds runs until nobody asks for more.
pub(super) fn hold(spec: &Spec) -> io::Result<()> {
    // Where perfmod runs in the background, Ctrl-C is ignored, and programs would inherit that.
    // SAFETY: no pointers, and no handler of ours is replaced.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    let (authority, certificate) = Authority::generate()?;
    fs::write(&spec.certificate, certificate)?;
    let authority = Arc::new(authority);
    let mut lines = io::stdin().lock().lines();
    let Some(fork) = &spec.fork else {
        let Some(line) = lines.next() else { return Ok(()) };
        let run: Run = serde_json::from_str(&line?)?;
        // Opened now: later on this process may not write there itself.
        let outputs = (open(&run.stdout)?, open(&run.stderr)?);
        let isolation = linux::cut_off(spec)?;
        say(&Told::Ready { isolation: isolation.words, ahead: 0, unfit: String::new() })?;
        let record = fresh(spec, &run, &authority, outputs, isolation.small).unwrap_or_else(failed);
        return say(&Told::Over(run.run, Box::new(record)));
    };
    let isolation = linux::cut_off(spec)?;
    let forker = Arc::new(Forker::start(&spec.python, fork, isolation.private_shm, isolation.landlocked)?);
    for line in lines {
        let line = line?;
        // A list is not a run: what the program is known to load. The first line is one.
        if line.starts_with('[') {
            let (ahead, unfit) = forker.ready(&line)?;
            say(&Told::Ready { isolation: isolation.words.clone(), ahead, unfit })?;
            continue;
        }
        let run: Run = serde_json::from_str(&line)?;
        let (forker, authority) = (forker.clone(), authority.clone());
        std::thread::Builder::new().name(format!("run {}", run.run)).spawn(move || {
            let id = run.run;
            let record = child(&forker, run, &authority, isolation.small).unwrap_or_else(failed);
            let _ = say(&Told::Over(id, Box::new(record)));
        })?;
    }
    processes::end(forker.process);
    Ok(())
}

fn open(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).open(path)
}

fn failed(error: io::Error) -> Record {
    Record { error: Some(error.to_string()), ..Record::default() }
}

fn edge_of(run: &Run, authority: &Arc<Authority>) -> io::Result<(Edge, [(String, String); 4])> {
    let settings = Settings {
        schedule: run.schedule,
        order: run.order.clone(),
        max_requests: run.max_requests,
        answers: run.answers.clone(),
        fault: run.fault.clone(),
        keep: run.keep,
        replaced: run.replaced.clone(),
        digests: run.digests,
        ignored: run.ignored.clone(),
    };
    let edge = Edge::start(authority.clone(), settings)?;
    let proxy = format!("http://127.0.0.1:{}", edge.port);
    let variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].map(|name| (name.into(), proxy.clone()));
    Ok((edge, variables))
}

/// A run in a process that starts from nothing.
fn fresh(
    spec: &Spec,
    run: &Run,
    authority: &Arc<Authority>,
    mut outputs: (fs::File, fs::File),
    small: bool,
) -> io::Result<Record> {
    let (edge, proxy) = edge_of(run, authority)?;
    let disk = Disk::new(run, small)?;
    let mut pipes = None;
    if run.is_filled() {
        let (out, err) = (Pipes::pair()?, Pipes::pair()?);
        let (file, other) = std::mem::replace(&mut outputs, (out.1, err.1));
        pipes = Some(Pipes::copying(vec![(out.0, file), (err.0, other)]));
    }
    let mut command = Command::new(&spec.python);
    command.args(&run.args).current_dir(&run.cwd).env_clear();
    command.envs(run.environment.iter().chain(&proxy).map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(outputs.0).stderr(outputs.1).process_group(0);
    // SAFETY: prctl is safe between fork and exec, and takes no pointers here.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
    let mut child = command.spawn()?;
    drop(command);
    edge.watch(child.id());
    let mut watch = Watch::new(run);
    loop {
        if let Some(status) = child.try_wait()? {
            (watch.record.code, watch.record.signal) = (status.code(), status.signal());
            break;
        }
        if watch.is_up(&edge) {
            break;
        }
        strike(i32::try_from(child.id()).unwrap_or_default(), run, &disk, &edge);
        std::thread::sleep(LOOK);
    }
    processes::end(child.id());
    pipes.into_iter().for_each(Pipes::finish);
    disk.empty()?;
    watch.record.filled = disk.is_real();
    Ok(watch.over(&edge))
}

/// A run in a child of the process that has imported already.
fn child(forker: &Forker, mut run: Run, authority: &Arc<Authority>, small: bool) -> io::Result<Record> {
    let (edge, proxy) = edge_of(&run, authority)?;
    run.environment.extend(proxy);
    let pipes = if run.is_filled() { Some(Pipes::named(&mut run)?) } else { None };
    let disk = Disk::new(&run, small)?;
    let events = forker.begin(&run)?;
    let mut watch = Watch::new(&run);
    let mut process = None;
    let mut killed: Option<Instant> = None;
    loop {
        match events.recv_timeout(LOOK) {
            Ok(Event::Started(id)) => {
                edge.watch(id.unsigned_abs());
                (process, watch.start) = (Some(id), Instant::now());
            }
            Ok(Event::Over(code, signal)) => {
                if killed.is_none() {
                    (watch.record.code, watch.record.signal) = (code, signal);
                }
                break;
            }
            Ok(Event::Failed(why)) => return Err(io::Error::other(format!("a forked run did not start: {why}"))),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other(format!(
                    "the process that forks runs has ended: {}",
                    forker.last_words()
                )));
            }
        }
        if killed.is_none() && watch.is_up(&edge) {
            killed = Some(Instant::now());
            if let Some(process) = process {
                // SAFETY: no pointers; its keeper waits for it, so the number is still its own.
                unsafe { libc::killpg(process, libc::SIGKILL) };
            }
        }
        if let Some(process) = process {
            strike(process, &run, &disk, &edge);
        }
        if killed.is_some_and(|at| at.elapsed() > END) {
            return Err(io::Error::other("a run could not be ended"));
        }
    }
    forker.end(run.run);
    pipes.into_iter().for_each(Pipes::finish);
    disk.empty()?;
    watch.record.filled = disk.is_real();
    Ok(watch.over(&edge))
}

/// Does to the program what the edge asks for.
fn strike(process: i32, run: &Run, disk: &Disk<'_>, edge: &Edge) {
    let Some(blow) = (if process > 0 { edge.blow() } else { None }) else { return };
    match blow {
        // SAFETY: no pointers; the program leads a group of its own and has not been waited for.
        Blow::Interrupt => unsafe {
            libc::killpg(process, libc::SIGINT);
        },
        Blow::DiskFull => disk.fill(process),
        // The start-up hook looks at the length, and by how much it has grown.
        Blow::TimePasses { again } => {
            let file = fs::OpenOptions::new().create(true).append(true).open(run.observed.join(PASSED));
            let _ = file.and_then(|mut file| io::Write::write_all(&mut file, if again { b".." } else { b"." }));
        }
    }
    edge.struck();
}

/// Keeps the time of a run, and listens whether it must stop.
struct Watch {
    record: Record,
    start: Instant,
    limit: Duration,
    folders: Vec<PathBuf>,
    max_written: u64,
    next_look: Instant,
    /// Why it must stop: it wrote too much.
    full: Option<String>,
}

/// Bytes of disk that a folder takes.
fn used(folder: &Path, depth: usize) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() && depth < 64 => used(&entry.path(), depth + 1),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(of).fold(0, u64::saturating_add)
}

impl Watch {
    fn new(run: &Run) -> Self {
        let limit = Duration::from_millis(run.timeout_ms);
        // The folder of the run holds all that it may write to, and its output.
        let folders = run.stdout.parent().into_iter().chain(run.small.iter().map(|(_, inside)| inside.as_path()));
        Self {
            record: Record::default(),
            start: Instant::now(),
            limit,
            folders: folders.map(Path::to_owned).collect(),
            max_written: run.max_written,
            next_look: Instant::now() + DISK_LOOK,
            full: None,
        }
    }

    /// Whether the run has to be ended now.
    fn is_up(&mut self, edge: &Edge) -> bool {
        if Instant::now() >= self.next_look && self.full.is_none() {
            let start = Instant::now();
            if self.folders.iter().map(|folder| used(folder, 0)).sum::<u64>() > self.max_written {
                self.full = Some(format!("it filled more than {} MB of disk", self.max_written >> 20));
            }
            // Looking takes at most a twentieth of the time.
            self.next_look = start + DISK_LOOK.max(start.elapsed() * 20);
        }
        self.record.stopped = edge.stopped().or_else(|| self.full.clone());
        self.record.timed_out = self.record.stopped.is_none() && self.start.elapsed() > self.limit;
        self.record.stopped.is_some() || self.record.timed_out
    }

    fn over(mut self, edge: &Edge) -> Record {
        self.record.wall_ms = self.start.elapsed().as_secs_f64() * 1e3;
        // The last word: it may have been stopped and then ended by itself.
        self.record.stopped = edge.stopped().or(self.full);
        self.record.began_ms = edge.since(self.start);
        (self.record.requests, self.record.max_in_flight) = edge.take();
        self.record.port = edge.port;
        self.record
    }
}
