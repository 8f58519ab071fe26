//! The network edge: an HTTPS proxy on loopback that answers what the program under test asks, and writes down what that was.
//!
//! It sees programs from outside and knows nothing of their language: they need the proxy variables and a certificate,
//! and are otherwise unchanged. Here is where order, latency and faults are injected.

mod authority;
mod fault;
mod ledger;
mod schedule;
mod serve;

pub(super) use authority::Authority;
pub(super) use fault::Fault;
pub(super) use ledger::Recorded;
pub(super) use schedule::Schedule;

use super::answers::Opened;
use ledger::Ledger;
use std::{
    io,
    net::TcpListener,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// What one run is given at its edge.
pub(super) struct Settings {
    pub schedule: Schedule,
    /// Keys of the original's requests, in the original's order; empty where they are not known yet.
    pub order: Vec<String>,
    /// Requests that one run may make.
    pub max_requests: usize,
    /// The file that says what answers besides the stub; `None` for the stub alone.
    pub answers: Option<PathBuf>,
    /// What goes wrong on purpose.
    pub fault: Option<Fault>,
    /// Write down the bodies of answers.
    pub keep: bool,
    /// Bodies that are sent in place of the real ones, by the request's key.
    pub replaced: Vec<(String, String)>,
    /// What digests of headers are keyed with.
    pub digests: [u8; 32],
    /// Headers that do not count, beside those that never do.
    pub ignored: Vec<String>,
}

/// What is to happen to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// As Ctrl-C does it.
    Interrupt,
    /// Nothing more can be written.
    DiskFull,
    /// It waits for an answer that does not come, until the next of its time-outs.
    TimePasses {
        /// Whether nothing came of it the last time.
        again: bool,
    },
}

/// An edge that answers, for one run, until it is dropped.
pub(super) struct Edge {
    shared: Arc<Shared>,
    /// The port on 127.0.0.1.
    pub port: u16,
}

struct Shared {
    schedule: Schedule,
    authority: Arc<Authority>,
    ledger: Ledger,
    answers: Opened,
    /// The program's process, once it runs; 0 before.
    program: AtomicI32,
    keep: bool,
    replaced: Vec<(String, String)>,
    digests: [u8; 32],
    ignored: Vec<String>,
    fault: Option<Fault>,
    /// Attempts that are still to be spoiled.
    spoils: AtomicUsize,
    /// Requests that are under way and will never be answered.
    silent: AtomicUsize,
    /// What is to happen to the program now.
    blow: Mutex<Option<Blow>>,
    /// It has happened.
    struck: Notify,
    /// The run is over.
    over: Notify,
}

impl Edge {
    /// Starts to answer on a free port, in a thread of its own. Several may answer side by side under one authority.
    pub fn start(authority: Arc<Authority>, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let answers = Opened::read(settings.answers.as_deref())?;
        let shared = Arc::new(Shared {
            schedule: settings.schedule,
            authority,
            ledger: Ledger::new(settings.order, settings.max_requests),
            answers,
            program: AtomicI32::new(0),
            spoils: AtomicUsize::new(match &settings.fault {
                Some(Fault::Answer { times, .. }) => *times,
                _ => 0,
            }),
            fault: settings.fault,
            keep: settings.keep,
            digests: settings.digests,
            ignored: settings.ignored,
            replaced: settings.replaced,
            silent: AtomicUsize::new(0),
            blow: Mutex::new(None),
            struck: Notify::new(),
            over: Notify::new(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let inner = shared.clone();
        std::thread::Builder::new().name("edge".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve::serve(listener, inner.clone()) => {}
                    () = inner.over.notified() => {}
                }
            });
        })?;
        Ok(Self { shared, port })
    }

    /// Tells which process is the program, so that its idleness can be watched.
    pub fn watch(&self, process: u32) {
        self.shared.program.store(i32::try_from(process).unwrap_or(0), Ordering::Relaxed);
    }

    /// Why the run cannot go on, where something was asked that has no answer.
    pub fn stopped(&self) -> Option<String> {
        self.shared.ledger.stopped()
    }

    /// What is to happen to the program now; told once.
    pub fn blow(&self) -> Option<Blow> {
        self.shared.blow.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What was to happen has happened.
    pub fn struck(&self) {
        self.shared.struck.notify_one();
    }

    /// Milliseconds from the start of its book to this moment.
    pub fn since(&self, moment: std::time::Instant) -> f64 {
        self.shared.ledger.since(moment)
    }

    /// Everything that was asked so far, by arrival, and the most requests that were under way at once.
    pub fn take(&self) -> (Vec<Recorded>, usize) {
        self.shared.ledger.take()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.shared.over.notify_one();
    }
}
