//! The process that has imported already and forks a child for each run; what it is told and tells.

use super::{Fork, Run};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
};

/// What became of a run.
pub(super) enum Event {
    /// Its process, which leads a group of its own.
    Started(i32),
    /// Exit code, or the signal that ended it. Nothing of it is left.
    Over(Option<i32>, Option<i32>),
    /// The program never began.
    Failed(String),
}

/// A line of the forking process.
#[derive(Deserialize)]
struct Line {
    run: Option<usize>,
    process: Option<i32>,
    code: Option<i32>,
    signal: Option<i32>,
    failed: Option<String>,
    ready: Option<String>,
    #[serde(default)]
    ahead: usize,
}

pub(super) struct Forker {
    pub process: u32,
    state: Arc<Mutex<State>>,
    commands: Mutex<ChildStdin>,
    ready: Mutex<Receiver<(usize, String)>>,
    log: PathBuf,
    private_shm: bool,
    _child: Child,
}

#[derive(Default)]
struct State {
    /// `None` once the process has ended.
    waiting: Option<HashMap<usize, Sender<Event>>>,
    live: usize,
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Forker {
    /// Starts the process. It begins to import at once.
    pub fn start(python: &Path, fork: &Fork, private_shm: bool, landlocked: bool) -> io::Result<Self> {
        let mut command = Command::new(python);
        command.args(["-c", "__import__('sys')._perfmod()"]).env_clear();
        command.envs(fork.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&fork.log)?).process_group(0);
        // SAFETY: prctl is safe between fork and exec, and takes no pointers here.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn()?;
        let (Some(mut commands), Some(events)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes to the process that forks runs"));
        };
        let first = serde_json::json!({"script": fork.script, "landlock": landlocked});
        commands.write_all(format!("{first}\n").as_bytes())?;
        let state = Arc::new(Mutex::new(State { waiting: Some(HashMap::new()), live: 0 }));
        let (tell, ready) = channel();
        let inner = state.clone();
        std::thread::Builder::new().name("forker".to_owned()).spawn(move || {
            for line in BufReader::new(events).lines() {
                let Ok(line) = line.and_then(|line| Ok(serde_json::from_str::<Line>(&line)?)) else { break };
                if let Some(unfit) = line.ready {
                    let _ = tell.send((line.ahead, unfit));
                } else if let Some(run) = line.run {
                    let event = match (line.process, line.failed) {
                        (Some(process), _) => Event::Started(process),
                        (None, Some(why)) => Event::Failed(why),
                        (None, None) => Event::Over(line.code, line.signal),
                    };
                    if let Some(waiting) = locked(&inner).waiting.as_ref().and_then(|all| all.get(&run)) {
                        let _ = waiting.send(event);
                    }
                }
            }
            locked(&inner).waiting = None;
        })?;
        Ok(Self {
            process: child.id(),
            state,
            commands: Mutex::new(commands),
            ready: Mutex::new(ready),
            log: fork.log.clone(),
            private_shm,
            _child: child,
        })
    }

    /// Names what the program is known to load (a JSON list), and waits until everything is imported: how many modules,
    /// and why children would not do, or nothing.
    pub fn ready(&self, loaded: &str) -> io::Result<(usize, String)> {
        let commands = self.commands.lock();
        commands.unwrap_or_else(PoisonError::into_inner).write_all(format!("{loaded}\n").as_bytes())?;
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.recv().map_err(|_| io::Error::other(format!("Python did not start: {}", self.last_words())))
    }

    /// Asks for a run.
    pub fn begin(&self, run: &Run) -> io::Result<Receiver<Event>> {
        let (tell, events) = channel();
        let mut line = serde_json::to_vec(run)?;
        line.push(b'\n');
        {
            let mut state = locked(&self.state);
            let Some(waiting) = state.waiting.as_mut() else {
                return Err(io::Error::other(format!("the process that forks runs has ended: {}", self.last_words())));
            };
            waiting.insert(run.run, tell);
            state.live += 1;
        }
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)?;
        Ok(events)
    }

    /// Notes the end of a run. What it left in shared memory is removed once no other is under way.
    pub fn end(&self, run: usize) {
        let mut state = locked(&self.state);
        if let Some(waiting) = state.waiting.as_mut() {
            waiting.remove(&run);
        }
        state.live = state.live.saturating_sub(1);
        if state.live == 0 && self.private_shm {
            for entry in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
                let path = entry.path();
                let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            }
        }
    }

    /// What the process said last.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
    }
}
