//! The validator's end of a holder: perfmod, started again in a sandbox, to which runs are given.

use super::sandbox::{Record, Run, SANDBOX_COMMAND, Spec, Told};
use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    time::{Duration, Instant},
};

/// The holder keeps the time limit itself; this much later it is ended from outside.
const GRACE: Duration = Duration::from_secs(15);
/// How long imports may take before the first run.
const START: Duration = Duration::from_secs(180);

/// A holder that takes runs. It is ended, with everything that it started, when this is dropped.
pub(super) struct Holder {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    shared: Arc<Shared>,
    log: PathBuf,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ready: Option<Ready>,
    /// Why it is gone.
    gone: Option<String>,
    waiting: HashMap<usize, Sender<Record>>,
}

/// What a holder says of itself.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    /// How far runs are kept apart, in words.
    pub isolation: String,
    /// Modules imported ahead.
    pub ahead: usize,
    /// Why children would not be what a fresh process is; empty where they are.
    pub unfit: String,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    /// Starts perfmod as a holder; `folder` gets its specification and its log.
    pub fn start(executable: &Path, folder: &Path, spec: &Spec) -> Result<Self, String> {
        let told =
            |error: std::io::Error| format!("{} could not be started as a sandbox: {error}", executable.display());
        let (path, log) = (folder.join("spec.json"), folder.join("sandbox.log"));
        let text = serde_json::to_vec(spec).map_err(|error| format!("a run could not be described: {error}"))?;
        fs::write(&path, text).map_err(told)?;
        let mut command = Command::new(executable);
        // The holder's own environment can be read by the program, so it is empty too.
        command.arg(SANDBOX_COMMAND).arg(path).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&log).map_err(told)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(told)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let shared = Arc::new(Shared::default());
        let inner = shared.clone();
        std::thread::spawn(move || {
            let mut why = String::new();
            for line in stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
                let told = line.ok().and_then(|line| serde_json::from_str::<Told>(&line).ok());
                let mut state = inner.state();
                match told {
                    Some(Told::Ready { isolation, ahead, unfit }) => {
                        state.ready = Some(Ready { isolation, ahead, unfit });
                    }
                    Some(Told::Over(run, record)) => {
                        if let Some(waiting) = state.waiting.remove(&run) {
                            let _ = waiting.send(*record);
                        }
                    }
                    Some(Told::Failed(reason)) => why = reason,
                    None => break,
                }
                drop(state);
                inner.changed.notify_all();
            }
            let mut state = inner.state();
            state.gone = Some(why);
            state.waiting.clear();
            drop(state);
            inner.changed.notify_all();
        });
        Ok(Self { child: Mutex::new(child), stdin: Mutex::new(stdin), shared, log })
    }

    /// Waits until it takes runs. The error says why it does not.
    pub fn ready(&self) -> Result<Ready, String> {
        let start = Instant::now();
        let mut state = self.shared.state();
        loop {
            if let Some(ready) = &state.ready {
                return Ok(ready.clone());
            }
            if state.gone.is_some() {
                drop(state);
                return Err(self.gone());
            }
            let left = START.checked_sub(start.elapsed()).ok_or("a sandbox was not ready in time")?;
            state = self.shared.changed.wait_timeout(state, left).map_or_else(|error| error.into_inner().0, |(s, _)| s);
        }
    }

    /// Has it import what may be of these modules before it takes runs, or further ones. It is ready again afterwards.
    pub fn load(&self, loaded: &[String]) {
        self.shared.state().ready = None;
        // One that is gone says so when it is waited for.
        let _ = self.tell(&loaded);
    }

    fn tell<T: serde::Serialize>(&self, what: &T) -> Result<(), String> {
        let mut line = serde_json::to_vec(what).map_err(|error| format!("a run could not be described: {error}"))?;
        line.push(b'\n');
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let written = stdin.as_mut().map(|stdin| stdin.write_all(&line).and_then(|()| stdin.flush()));
        if matches!(written, Some(Ok(()))) { Ok(()) } else { Err(self.gone()) }
    }

    /// Has it carry out a run.
    pub fn run(&self, run: &Run) -> Result<Record, String> {
        let (tell, record) = channel();
        {
            let mut state = self.shared.state();
            if state.gone.is_some() {
                drop(state);
                return Err(self.gone());
            }
            state.waiting.insert(run.run, tell);
        }
        self.tell(run)?;
        let limit = Duration::from_millis(run.timeout_ms).saturating_add(GRACE);
        let record = match record.recv_timeout(limit) {
            Ok(record) => record,
            Err(RecvTimeoutError::Disconnected) => return Err(self.gone()),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                return Err("the sandbox did not end in time and was killed".to_owned());
            }
        };
        record.error.clone().map_or(Ok(record), Err)
    }

    /// Lets it end: its input is over. What runs then is ended with it.
    pub fn stop(&self) {
        *self.stdin.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn gone(&self) -> String {
        let why = self.shared.state().gone.clone().unwrap_or_default();
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        if why.is_empty() { format!("a sandbox ended before its time. {}", said.trim()) } else { why }
    }

    fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.stop();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            let ended = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
            if !matches!(ended, Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.kill();
    }
}
