//! The book of one run: what was asked, what waits for its answer, and when something last moved.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, oneshot};

/// Bytes of a body that are kept for messages; equality is decided by a hash of all of it.
const KEPT_BODY: usize = 16 * 1024;

/// One request of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::validate) struct Recorded {
    /// Equal for two requests that count as the same: `ASKED` characters for what is asked, and those for who asks.
    pub key: String,
    /// The headers that the program chose, by name, as digests.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub method: String,
    pub url: String,
    /// The canonical body, cut where it is long.
    pub body: String,
    /// Milliseconds from the start of the run to the whole request being there.
    pub arrived: f64,
    /// Milliseconds from the start of the run to the answer being sent; `None` where it never was.
    pub done: Option<f64>,
    /// Equal for two answers that say the same; empty while there is none.
    pub answer: String,
    /// It is answered alike however often it is made.
    #[serde(default)]
    pub deterministic: bool,
    /// The body of the answer, where it was to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Who answered.
    #[serde(default)]
    pub source: String,
}

/// Characters of a key that tell what is asked: method, URL, body, and the headers that change what an answer means.
const ASKED: usize = 32;

impl Recorded {
    /// Equal for two requests that ask for the same, whoever asks.
    pub fn asked(&self) -> &str {
        asked(&self.key)
    }

    /// Leaves headers out of account.
    pub fn ignore(&mut self, names: &BTreeSet<String>) {
        self.headers.retain(|name, _| !names.contains(name));
        self.key = key(asked(&self.key), &self.headers);
    }
}

/// The part of a key that tells what is asked.
pub(super) fn asked(key: &str) -> &str {
    key.get(..ASKED).unwrap_or(key)
}

/// A key from what is asked and the headers of who asks.
fn key(asked: &str, headers: &BTreeMap<String, String>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, digest) in headers {
        hasher.update(name.as_bytes()).update(b":").update(digest.as_bytes()).update(b"\n");
    }
    format!("{asked}{}", &hasher.finalize().to_hex()[..16])
}

/// What identifies a request, before it is written down.
pub(super) struct Asked {
    pub method: String,
    pub url: String,
    pub body: String,
    pub headers: Vec<String>,
    /// Those that the program chose, as digests.
    pub chosen: BTreeMap<String, String>,
    pub deterministic: bool,
}

/// A request that was written down.
pub(super) struct Begun {
    pub ticket: Ticket,
    /// Its place in the original's order; `usize::MAX` where the original has no such request.
    pub rank: usize,
    pub key: String,
    /// Which of the requests that ask for the same it is: in the original's order where it is known, else by arrival.
    pub ordinal: usize,
    /// The same of the first request with this key.
    pub first: usize,
}

/// A request that waits to be answered.
pub(super) struct Waiting {
    pub id: usize,
    /// Its place in the original's order; `usize::MAX` where the original has no such request.
    pub rank: usize,
    /// Lets the answer go out.
    pub go: oneshot::Sender<()>,
    /// Resolves when the answer is out, or the client is gone.
    pub sent: oneshot::Receiver<()>,
}

pub(super) struct Ledger {
    start: Instant,
    max_requests: usize,
    state: Arc<Mutex<State>>,
    /// Something was added to `waiting`.
    pub arrived: Notify,
}

struct State {
    ranks: HashMap<String, VecDeque<usize>>,
    /// Where each key stands among those that ask for the same, in the original's order; and how many of them there are.
    places: HashMap<String, Vec<usize>>,
    alike: HashMap<String, usize>,
    /// The ordinal of the first request with each key.
    firsts: HashMap<String, usize>,
    /// Names of cookies that answers gave.
    cookies: BTreeSet<String>,
    requests: Vec<Recorded>,
    /// How often each key was asked for.
    asked: HashMap<String, usize>,
    waiting: Vec<Waiting>,
    in_flight: usize,
    max_in_flight: usize,
    /// Connections that have not sent a request yet.
    fresh_connections: usize,
    last_event: Instant,
    stopped: Option<String>,
}

/// What the scheduler looks at to see whether the program has sent all it will send for now.
pub(super) struct Calm {
    /// Time since anything happened on the wire.
    pub since: Duration,
    /// Connections from which a first request must be expected.
    pub fresh_connections: usize,
    /// Requests that wait for the scheduler.
    pub waiting: usize,
    /// Requests that are being answered, the waiting ones included.
    pub in_flight: usize,
}

impl Ledger {
    /// A book for a program whose original makes requests with the keys of `order`.
    pub fn new(order: Vec<String>, max_requests: usize) -> Self {
        let mut ranks: HashMap<String, VecDeque<usize>> = HashMap::new();
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        let mut alike: HashMap<String, usize> = HashMap::new();
        for (rank, key) in order.into_iter().enumerate() {
            let count = alike.entry(asked(&key).to_owned()).or_default();
            places.entry(key.clone()).or_default().push(*count);
            *count += 1;
            ranks.entry(key).or_default().push_back(rank);
        }
        let firsts = places.iter().filter_map(|(key, places)| Some((key.clone(), *places.first()?))).collect();
        let state = State {
            ranks,
            firsts,
            places,
            alike,
            cookies: BTreeSet::new(),
            requests: Vec::new(),
            asked: HashMap::new(),
            waiting: Vec::new(),
            in_flight: 0,
            max_in_flight: 0,
            fresh_connections: 0,
            last_event: Instant::now(),
            stopped: None,
        };
        Self { start: Instant::now(), max_requests, state: Arc::new(Mutex::new(state)), arrived: Notify::new() }
    }

    /// Milliseconds from the start of the run, as it counts, to this moment.
    pub fn since(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.start).as_secs_f64() * 1e3
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down a request. The ticket stands for its being under way.
    pub fn begin(&self, asked: Asked) -> Begun {
        let mut hasher = blake3::Hasher::new();
        for part in [&asked.method, &asked.url, &asked.headers.join("\n"), &asked.body] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let key = key(&hasher.finalize().to_hex()[..ASKED], &asked.chosen);
        let mut body = asked.body;
        if body.len() > KEPT_BODY {
            let end = (0..=KEPT_BODY).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
            body.truncate(end);
        }
        let arrived = self.start.elapsed().as_secs_f64() * 1e3;
        let mut state = self.state();
        let rank = state.ranks.get_mut(&key).and_then(VecDeque::pop_front).unwrap_or(usize::MAX);
        let id = state.requests.len();
        let ordinal = state.ordinal(&key);
        let first = *state.firsts.entry(key.clone()).or_insert(ordinal);
        let (method, url, deterministic) = (asked.method, asked.url, asked.deterministic);
        let (answer, source) = (String::new(), String::new());
        state.requests.push(Recorded {
            key: key.clone(),
            headers: asked.chosen,
            method,
            url,
            body,
            arrived,
            done: None,
            answer,
            deterministic,
            reply: None,
            source,
        });
        if state.requests.len() > self.max_requests && state.stopped.is_none() {
            state.stopped = Some(format!("one run made more than {} requests", self.max_requests));
        }
        state.in_flight += 1;
        state.max_in_flight = state.max_in_flight.max(state.in_flight);
        state.last_event = Instant::now();
        drop(state);
        let (sender, sent) = oneshot::channel();
        let ticket =
            Ticket { id, start: self.start, state: self.state.clone(), sender: Some(sender), sent: Some(sent) };
        Begun { ticket, rank, key, ordinal, first }
    }

    /// A request got no real answer, so the next equal one is not a repeat of it.
    pub fn not_answered(&self, key: &str) {
        if let Some(count) = self.state().asked.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    /// Names of cookies that answers gave so far.
    pub fn cookies(&self) -> BTreeSet<String> {
        self.state().cookies.clone()
    }

    /// Notes a cookie that an answer gives.
    pub fn gave_cookie(&self, name: String) {
        self.state().cookies.insert(name);
    }

    /// Notes what a request was answered with, and by whom.
    pub fn answered(&self, id: usize, gist: &str, source: &str, kept: Option<String>) {
        if let Some(request) = self.state().requests.get_mut(id) {
            request.answer = blake3::hash(gist.as_bytes()).to_hex()[..16].to_owned();
            source.clone_into(&mut request.source);
            request.reply = kept;
        }
    }

    /// Ends the run for this reason, unless another one came first.
    pub fn stop(&self, reason: String) {
        self.state().stopped.get_or_insert(reason);
    }

    pub fn stopped(&self) -> Option<String> {
        self.state().stopped.clone()
    }

    /// Adds a request to those that the scheduler lets go.
    pub fn wait(&self, waiting: Waiting) {
        self.state().waiting.push(waiting);
        self.arrived.notify_one();
    }

    /// Takes everything that waits.
    pub fn take_waiting(&self) -> Vec<Waiting> {
        std::mem::take(&mut self.state().waiting)
    }

    pub fn calm(&self) -> Calm {
        let state = self.state();
        Calm {
            since: state.last_event.elapsed(),
            fresh_connections: state.fresh_connections,
            waiting: state.waiting.len(),
            in_flight: state.in_flight,
        }
    }

    /// Notes a connection; the value says, when dropped, that it need not be waited for any more.
    pub fn connected(&self) -> Fresh {
        let mut state = self.state();
        state.fresh_connections += 1;
        state.last_event = Instant::now();
        Fresh(self.state.clone())
    }

    pub fn take(&self) -> (Vec<Recorded>, usize) {
        let mut state = self.state();
        (std::mem::take(&mut state.requests), state.max_in_flight)
    }
}

impl State {
    /// Which of the requests that ask for the same this one is.
    fn ordinal(&mut self, key: &str) -> usize {
        let nth = self.asked.entry(key.to_owned()).or_default();
        let nth = std::mem::replace(nth, *nth + 1);
        if let Some(place) = self.places.get(key).and_then(|places| places.get(nth)) {
            return *place;
        }
        let more = self.alike.entry(asked(key).to_owned()).or_default();
        std::mem::replace(more, *more + 1)
    }
}

/// A connection from which a first request is expected.
pub(super) struct Fresh(Arc<Mutex<State>>);

impl Drop for Fresh {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.fresh_connections = state.fresh_connections.saturating_sub(1);
        state.last_event = Instant::now();
    }
}

/// A request under way. It ends when this is dropped: by the last byte of its answer, or by the client leaving.
pub(super) struct Ticket {
    pub id: usize,
    start: Instant,
    state: Arc<Mutex<State>>,
    sender: Option<oneshot::Sender<()>>,
    /// Resolves when the ticket is gone.
    pub sent: Option<oneshot::Receiver<()>>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let now = self.start.elapsed().as_secs_f64() * 1e3;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.in_flight = state.in_flight.saturating_sub(1);
        state.last_event = Instant::now();
        if let Some(request) = state.requests.get_mut(self.id) {
            request.done = Some(now);
        }
        if let Some(sender) = self.sender.take() {
            // Nobody listens where the schedule does not hold requests.
            let _ = sender.send(());
        }
    }
}
