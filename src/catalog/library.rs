//! One library: its functions, its clients and their calls.

use super::transforms::{DataError, DataFile};
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// What a call does on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only reads.
    Read,
    /// It leaves no state behind, but each call costs.
    Billed,
    /// It changes state.
    Writes,
    /// Not known.
    Unknown,
}

/// How a call is made concurrent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twin {
    /// A coroutine function of this path.
    Await(String),
    /// The call of the same path on the client's async twin.
    Same,
    /// A coroutine method of the same client, by its dotted path from it.
    Method(String),
    /// Only by threads.
    Threads,
}

/// How an answer is stored and made again as an object of the same class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// Strings, numbers, lists and dicts, as they are.
    Plain,
    /// A model of pydantic: its fields that were set.
    Pydantic,
    /// An object of openai below 1.0: its dict.
    Openai,
}

/// How many threads may call one client of a library at once.
///
/// httpx keeps a number of idle connections and closes those beyond it; where several threads call, it may close one that
/// another thread has just been given, and that call fails or waits until its time-out (encode/httpcore, issue 1110; seen
/// with 1.0.9: 1 call of 4,000 at 32 threads, none of 10,000 at 20). No more calls at once, no connection beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads {
    /// As many as the idle connections that its client keeps.
    pub most: usize,
    /// The runtime asks over several clients of the same kind, where the program has left the transport to the library: then
    /// there is no such bound.
    pub spread: bool,
}

/// The connections that a client of httpx opens where nothing else is said, and the idle ones that it keeps.
const BY_HTTPX: (usize, usize) = (100, 20);

/// The versions of a package that have something: from one on, and up to another, which is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The first version that has it; none where all before `until` do.
    pub since: Option<String>,
    /// The first version that no longer has it.
    pub until: Option<String>,
}

/// What is known about one call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFact {
    /// Dotted path: of a function from its module, of a method from its client.
    pub path: String,
    /// What it does on the other side.
    pub effect: Effect,
    /// How it is made concurrent.
    pub twin: Twin,
    /// The verb that names a function which makes this call.
    pub verb: String,
    /// A typical duration in seconds, for estimates.
    pub seconds: f64,
    /// Keyword arguments that make the answer a stream unless they are a literal false.
    pub streams: Vec<String>,
    /// Keyword arguments whose values are plain (strings, numbers): passing a variable here shares no object.
    pub plain: Vec<String>,
    /// Whether a loop around it is worth a look. What is not is known all the same, and stays where it stands.
    pub site: bool,
    /// The import path of the class of its answers.
    pub answer: Option<String>,
    /// How an answer is kept; none where it must not be, or cannot.
    pub kept: Option<Kept>,
    /// The path of the endpoint that it asks, where a stub can answer.
    pub stub: Option<String>,
    /// How many connections it opens at most by itself, where a call that waits longer for one fails.
    pub pool: Option<usize>,
    /// How many threads may make it at once; none where nothing bounds them.
    pub threads: Option<Threads>,
    /// The versions of the package that have it.
    pub versions: Versions,
}

impl Default for CallFact {
    /// A call of which nothing is known.
    fn default() -> Self {
        Self {
            path: String::new(),
            effect: Effect::Unknown,
            twin: Twin::Threads,
            verb: default_verb(),
            seconds: default_seconds(),
            streams: Vec::new(),
            plain: Vec::new(),
            site: true,
            answer: None,
            kept: None,
            stub: None,
            pool: None,
            threads: None,
            versions: Versions::default(),
        }
    }
}

impl CallFact {
    /// The same call where the program hands the library a client of httpx of its own.
    #[must_use]
    pub fn over_own_transport(self) -> Self {
        let pool = Some(self.pool.unwrap_or(BY_HTTPX.0).min(BY_HTTPX.0));
        let threads = self.threads.map(|bound| Threads { most: bound.most.min(BY_HTTPX.1), spread: false });
        Self { pool, threads, ..self }
    }
}

/// What is known about one client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFact {
    /// Dotted path of the constructor. `()` stands for a call on the way: `boto3.Session().client`.
    pub path: String,
    /// Other paths of the same constructor.
    pub also: Vec<String>,
    /// Constructor of the async twin.
    pub twin: Option<String>,
    /// Keyword arguments that the twin's constructor takes with the same meaning.
    pub portable: Vec<String>,
    /// Whether several threads may use one client.
    pub thread_safe: bool,
    /// What threads that share one client would share besides, where that is for the user to accept.
    pub shared: Option<String>,
    /// Whether it keeps the cookies that answers set, and sends them with later calls.
    pub cookies: bool,
    /// Whether it may only be used by the thread that made it.
    pub bound: bool,
    /// Whether its own calls are awaited, and it has no other form.
    pub asynchronous: bool,
    /// Whether it is one conversation or one page at a time, so that a call depends on the call before.
    pub stateful: bool,
    /// The methods that give another client of the same class, with other settings, and do nothing else. Followed where only
    /// `timeout` and `max_retries` are set.
    pub copies: Vec<String>,
    /// The keyword argument that changes how many connections it opens.
    pub pool_keyword: Option<String>,
    /// The versions of the package that have it.
    pub versions: Versions,
    /// The calls, by dotted path from the client. In a path `()` stands for a call on the way; `get_*` for all methods whose
    /// names begin so, `*.execute` for whatever stands in front, `*` for any method.
    pub calls: FxHashMap<String, CallFact>,
    /// The paths of calls whose twin is another method, by that method's.
    twins: FxHashMap<String, String>,
}

impl ClientFact {
    /// The call of a dotted path from the client; whether it is the call's asynchronous form.
    pub fn call(&self, path: &str) -> Option<(&CallFact, bool)> {
        if let Some(fact) = self.calls.get(path) {
            return Some((fact, false));
        }
        if let Some(fact) = self.twins.get(path).and_then(|own| self.calls.get(own)) {
            return Some((fact, true));
        }
        // The pattern that says the most is the one that is meant.
        let fits = self.calls.iter().filter(|(pattern, _)| fits(pattern, path));
        fits.max_by_key(|(pattern, _)| pattern.len()).map(|(_, fact)| (fact, false))
    }

    /// Whether calls are not all known by their names: any method may be one, or the client itself is called.
    pub fn is_wild(&self) -> bool {
        self.calls.iter().any(|(path, fact)| fact.site && (path.contains('*') || path == ITSELF))
    }

    /// The coroutine methods that are twins of its calls.
    pub fn method_twins(&self) -> impl Iterator<Item = &str> {
        self.twins.keys().map(String::as_str)
    }

    /// All paths of its constructor.
    pub fn constructors(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.path).chain(&self.also).map(String::as_str)
    }
}

/// The path of the call of the client itself.
pub(super) const ITSELF: &str = "__call__";

/// Whether a path is one that a pattern stands for. What an answer is asked for is no call of the client's: `*` and `get_*`
/// have no call on the way.
fn fits(pattern: &str, path: &str) -> bool {
    match (pattern.strip_prefix("*."), pattern.strip_suffix('*')) {
        (Some(end), _) => path.strip_suffix(end).is_some_and(|front| front.is_empty() || front.ends_with('.')),
        (None, Some("")) => path != ITSELF && !path.split('.').any(|part| matches!(part, "()" | "[]")),
        (None, Some(begin)) => path.starts_with(begin) && !path.contains('.'),
        (None, None) => false,
    }
}

/// The exceptions of a library, by what they say of the next try.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorKinds {
    /// The versions of the package that have them.
    pub versions: Versions,
    /// Too many requests: wait, and ask again.
    pub rate_limit: Vec<String>,
    /// The server or the way to it failed: ask again.
    pub transient: Vec<String>,
    /// The request itself is at fault: do not ask again.
    pub permanent: Vec<String>,
}

/// What is known about one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFact {
    /// The module that programs import.
    pub module: String,
    /// What it is.
    pub about: String,
    /// Its package on PyPI; none for the standard library.
    pub package: Option<String>,
    /// Its exceptions, by versions.
    pub errors: Vec<ErrorKinds>,
    /// The paths of its functions.
    pub functions: Vec<String>,
    /// The constructors of its clients.
    pub clients: Vec<String>,
}

/// The parsed file.
pub(super) struct Library {
    pub fact: LibraryFact,
    pub functions: Vec<(String, CallFact)>,
    pub clients: Vec<(String, ClientFact)>,
    /// Paths of methods that tell their client, each with its constructor.
    pub telling: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    library: Head,
    #[serde(default)]
    errors: Vec<Errors>,
    #[serde(default)]
    function: Vec<Entry>,
    #[serde(default)]
    client: Vec<Client>,
}

type Text = toml::Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    module: String,
    about: String,
    #[serde(default)]
    package: Option<String>,
    #[serde(default)]
    pool: Option<usize>,
    #[serde(default)]
    threads: Option<usize>,
    #[serde(default)]
    spread: Option<toml::Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Errors {
    #[serde(default)]
    since: Option<Text>,
    #[serde(default)]
    until: Option<Text>,
    #[serde(default)]
    rate_limit: Vec<Text>,
    #[serde(default)]
    transient: Vec<Text>,
    #[serde(default)]
    permanent: Vec<Text>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: Text,
    effect: Effect,
    #[serde(default)]
    twin: Option<Text>,
    #[serde(default = "default_verb")]
    verb: String,
    #[serde(default = "default_seconds")]
    seconds: f64,
    #[serde(default)]
    streams: Vec<String>,
    #[serde(default)]
    plain: Vec<String>,
    #[serde(default = "default_site")]
    site: bool,
    #[serde(default)]
    telling: bool,
    #[serde(default)]
    answer: Option<Text>,
    #[serde(default)]
    kept: Option<toml::Spanned<Kept>>,
    #[serde(default)]
    stub: Option<Text>,
    #[serde(default)]
    since: Option<Text>,
    #[serde(default)]
    until: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    path: Text,
    #[serde(default)]
    also: Vec<Text>,
    #[serde(default)]
    twin: Option<Text>,
    #[serde(default)]
    portable: Vec<String>,
    thread_safe: bool,
    #[serde(default)]
    shared: Option<String>,
    #[serde(default)]
    cookies: bool,
    #[serde(default)]
    bound: bool,
    #[serde(default)]
    asynchronous: bool,
    #[serde(default)]
    stateful: bool,
    #[serde(default)]
    copies: Vec<String>,
    #[serde(default)]
    pool: Option<usize>,
    #[serde(default)]
    pool_keyword: Option<String>,
    #[serde(default)]
    threads: Option<usize>,
    /// The constructor of a client of the same file whose calls this one has, too.
    #[serde(default)]
    calls_of: Option<Text>,
    #[serde(default)]
    since: Option<Text>,
    #[serde(default)]
    until: Option<Text>,
    #[serde(default)]
    call: Vec<Entry>,
}

fn default_verb() -> String {
    "call".into()
}

fn default_seconds() -> f64 {
    1.0
}

fn default_site() -> bool {
    true
}

fn identifier_path(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// `Table().get_item` as the model spells it: `Table.().get_item`.
fn spelled(path: &str) -> String {
    path.replace("()", ".()")
}

/// Whether a path is one of identifiers, perhaps with calls on the way: `Session().client`.
fn called_path(text: &str) -> bool {
    text.split("().").all(identifier_path)
}

fn versions(file: &DataFile, since: Option<Text>, until: Option<Text>) -> Result<Versions, DataError> {
    let number = |text: Option<Text>| match text {
        Some(t) if t.as_ref().split('.').any(|part| part.parse::<u32>().is_err()) => {
            Err(file.error(t.span().start, format!("`{}` is no version like 1.58", t.as_ref())))
        }
        other => Ok(other.map(toml::Spanned::into_inner)),
    };
    Ok(Versions { since: number(since)?, until: number(until)? })
}

/// The path of the class of answers, and how they are kept.
fn answer(file: &DataFile, entry: &Entry) -> Result<(Option<String>, Option<Kept>), DataError> {
    if let (None, Some(kept)) = (&entry.answer, &entry.kept) {
        return Err(file.error(kept.span().start, "`kept` needs `answer`, the class of what is kept"));
    }
    let path = match &entry.answer {
        Some(t) if !identifier_path(t.as_ref()) => {
            return Err(file.error(t.span().start, format!("`{}` is no dotted path", t.as_ref())));
        }
        other => other.as_ref().map(|t| t.as_ref().clone()),
    };
    Ok((path, entry.kept.as_ref().map(|k| *k.as_ref())))
}

/// What bounds the calls that are under way at once: connections, and threads.
type Bounds = (Option<usize>, Option<Threads>);

fn fact(file: &DataFile, entry: Entry, method: bool, (pool, threads): Bounds) -> Result<CallFact, DataError> {
    let at = entry.path.span().start;
    let path = entry.path.as_ref();
    let plain = identifier_path(path);
    let wild = path == "*"
        || path.strip_prefix("*.").is_some_and(identifier_path)
        || path.strip_suffix('*').is_some_and(|begin| identifier_path(begin) && !begin.contains('.'));
    if !(plain || method && (wild || called_path(path))) {
        return Err(file.error(at, format!("`{path}` is no dotted path")));
    }
    let twin = match &entry.twin {
        None => Twin::Threads,
        Some(t) if t.as_ref() == "same" && method => Twin::Same,
        Some(t) if identifier_path(t.as_ref()) && t.as_ref() != "same" => match method {
            true if !plain || path == ITSELF => {
                return Err(
                    file.error(t.span().start, "a call with a twin of another name needs a path of names alone")
                );
            }
            true => Twin::Method(t.as_ref().clone()),
            false => Twin::Await(t.as_ref().clone()),
        },
        Some(t) => {
            let expected = match method {
                true => "\"same\" or the dotted path of a coroutine method of the client",
                false => "the dotted path of a coroutine function",
            };
            return Err(file.error(t.span().start, format!("twin must be {expected}, not `{}`", t.as_ref())));
        }
    };
    if let Some(stub) = entry.stub.as_ref().filter(|s| !s.as_ref().contains('/')) {
        return Err(file.error(stub.span().start, format!("`{}` is no path of an endpoint", stub.as_ref())));
    }
    let (answer, kept) = answer(file, &entry)?;
    Ok(CallFact {
        path: spelled(path),
        effect: entry.effect,
        twin,
        verb: entry.verb,
        seconds: entry.seconds,
        streams: entry.streams,
        plain: entry.plain,
        site: entry.site,
        answer,
        kept,
        stub: entry.stub.map(toml::Spanned::into_inner),
        pool,
        threads,
        versions: versions(file, entry.since, entry.until)?,
    })
}

pub(super) fn parse(file: &DataFile) -> Result<Library, DataError> {
    let raw: File = file.parse()?;
    let module = raw.library.module;
    let own = |path: &Text| {
        if path.as_ref().starts_with(&format!("{module}.")) {
            Ok(())
        } else {
            Err(file.error(path.span().start, format!("`{}` is not in module `{module}`", path.as_ref())))
        }
    };
    let spread = raw.library.spread;
    if let (None, Some(spread)) = (raw.library.threads, &spread) {
        return Err(file.error(spread.span().start, "`spread` needs `threads`, the bound that it lifts"));
    }
    let spread = spread.is_some_and(toml::Spanned::into_inner);
    let bounds = (raw.library.pool, raw.library.threads.map(|most| Threads { most, spread }));
    let mut errors = Vec::new();
    for kinds in raw.errors {
        let list = |paths: Vec<Text>| -> Result<Vec<String>, DataError> {
            paths
                .into_iter()
                .map(|path| match identifier_path(path.as_ref()) {
                    true => Ok(path.into_inner()),
                    false => Err(file.error(path.span().start, format!("`{}` is no dotted path", path.as_ref()))),
                })
                .collect()
        };
        errors.push(ErrorKinds {
            versions: versions(file, kinds.since, kinds.until)?,
            rate_limit: list(kinds.rate_limit)?,
            transient: list(kinds.transient)?,
            permanent: list(kinds.permanent)?,
        });
    }
    let mut functions: Vec<(String, CallFact)> = Vec::new();
    for entry in raw.function {
        own(&entry.path)?;
        let at = entry.path.span().start;
        if entry.telling {
            return Err(file.error(at, "`telling` is for calls of clients"));
        }
        let fact = fact(file, entry, false, bounds)?;
        if functions.iter().any(|(path, _)| *path == fact.path) {
            return Err(file.error(at, format!("`{}` stands here twice", fact.path)));
        }
        functions.push((fact.path.clone(), fact));
    }
    let mut clients: Vec<(String, ClientFact)> = Vec::new();
    let mut telling = Vec::new();
    for client in raw.client {
        for path in std::iter::once(&client.path).chain(&client.also) {
            own(path)?;
            if !called_path(path.as_ref()) {
                return Err(file.error(path.span().start, format!("`{}` is no dotted path", path.as_ref())));
            }
            if clients.iter().any(|(_, c)| c.constructors().any(|known| known == path.as_ref())) {
                return Err(file.error(path.span().start, format!("`{}` stands here twice", path.as_ref())));
            }
        }
        if let (Some(twin), false) = (&client.twin, client.also.is_empty()) {
            return Err(file.error(twin.span().start, "a client with a twin is one constructor: leave out `also`"));
        }
        if let (true, true) = (client.bound, client.thread_safe) {
            return Err(
                file.error(client.path.span().start, "`bound` to a thread and `thread_safe` exclude each other")
            );
        }
        if client.shared.is_some() && (client.bound || client.thread_safe) {
            let message = "`shared` is for a client that is neither `thread_safe` nor `bound` to a thread";
            return Err(file.error(client.path.span().start, message));
        }
        let threads = client.threads.map(|most| Threads { most, spread });
        let bounds = (client.pool.or(bounds.0), threads.or(bounds.1));
        let mut calls = FxHashMap::default();
        if let Some(other) = &client.calls_of {
            let known = clients.iter().find(|(path, _)| path == other.as_ref());
            let Some((_, known)) = known else {
                let message = format!("`{}` is no client of this file that stands above", other.as_ref());
                return Err(file.error(other.span().start, message));
            };
            if client.twin.is_none() && known.calls.values().any(|fact| fact.twin == Twin::Same) {
                return Err(
                    file.error(other.span().start, "those calls have the twin \"same\": it needs a client with a twin")
                );
            }
            calls.extend(known.calls.iter().map(|(path, fact)| (path.clone(), fact.clone())));
            calls.values_mut().for_each(|fact| (fact.pool, fact.threads) = bounds);
        }
        let path = client.path.into_inner();
        for entry in client.call {
            let at = entry.path.span().start;
            let tells = entry.telling;
            let fact = fact(file, entry, true, bounds)?;
            if fact.twin == Twin::Same && client.twin.is_none() {
                return Err(file.error(at, "twin = \"same\" needs a client with a twin"));
            }
            if tells && (!identifier_path(&fact.path) || !fact.path.contains('.')) {
                return Err(file.error(at, "a single name tells no client: `telling` needs a path of several names"));
            }
            if tells {
                telling.push((fact.path.clone(), path.clone()));
            }
            if calls.insert(fact.path.clone(), fact).is_some() && client.calls_of.is_none() {
                return Err(file.error(at, "this call stands here twice"));
            }
        }
        let twins = calls.values().filter_map(|fact| match &fact.twin {
            Twin::Method(twin) => Some((twin.clone(), fact.path.clone())),
            _ => None,
        });
        let made = ClientFact {
            path: path.clone(),
            also: client.also.into_iter().map(toml::Spanned::into_inner).collect(),
            twin: client.twin.map(toml::Spanned::into_inner),
            portable: client.portable,
            thread_safe: client.thread_safe,
            shared: client.shared,
            cookies: client.cookies,
            bound: client.bound,
            asynchronous: client.asynchronous,
            stateful: client.stateful,
            copies: client.copies,
            pool_keyword: client.pool_keyword,
            versions: versions(file, client.since, client.until)?,
            twins: twins.collect(),
            calls,
        };
        clients.push((path, made));
    }
    let fact = LibraryFact {
        module,
        about: raw.library.about,
        package: raw.library.package,
        errors,
        functions: functions.iter().map(|(path, _)| path.clone()).collect(),
        clients: clients.iter().map(|(path, _)| path.clone()).collect(),
    };
    Ok(Library { fact, functions, clients, telling })
}
