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
    /// Only by threads.
    Threads,
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
}

/// What is known about one client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFact {
    /// Dotted path of the constructor.
    pub path: String,
    /// Constructor of the async twin.
    pub twin: Option<String>,
    /// Keyword arguments that the twin's constructor takes with the same meaning.
    pub portable: Vec<String>,
    /// Whether several threads may use one client.
    pub thread_safe: bool,
    /// Whether it is one conversation or one page at a time, so that a call depends on the call before.
    pub stateful: bool,
    /// How many connections it opens at most by itself, where a call that waits longer for one fails.
    pub pool: Option<usize>,
    /// The keyword argument that changes this number.
    pub pool_keyword: Option<String>,
    /// The calls, by dotted path from the client. A path may begin with `*`, for any names; `()` stands for a call on the way.
    pub calls: FxHashMap<String, CallFact>,
}

impl ClientFact {
    /// The call of a dotted path from the client.
    pub fn call(&self, path: &str) -> Option<&CallFact> {
        self.calls.get(path).or_else(|| {
            let mut wild: Vec<_> = self.calls.iter().filter(|(p, _)| p.starts_with('*')).collect();
            wild.sort_by_key(|(p, _)| std::cmp::Reverse(p.len()));
            wild.into_iter().find(|(p, _)| path.ends_with(&p[1..])).map(|(_, fact)| fact)
        })
    }

    /// Whether any method is one of its calls.
    pub fn is_wild(&self) -> bool {
        self.calls.keys().any(|p| p.starts_with('*'))
    }
}

/// The parsed file.
pub(super) struct Library {
    pub module: String,
    pub functions: Vec<(String, CallFact)>,
    pub clients: Vec<(String, ClientFact)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    library: Head,
    #[serde(default)]
    function: Vec<Entry>,
    #[serde(default)]
    client: Vec<Client>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    module: String,
    #[allow(dead_code, reason = "for people who read the file")]
    about: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: toml::Spanned<String>,
    effect: Effect,
    #[serde(default)]
    twin: Option<toml::Spanned<String>>,
    #[serde(default = "default_verb")]
    verb: String,
    #[serde(default = "default_seconds")]
    seconds: f64,
    #[serde(default)]
    streams: Vec<String>,
    #[serde(default)]
    plain: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    path: toml::Spanned<String>,
    #[serde(default)]
    twin: Option<String>,
    #[serde(default)]
    portable: Vec<String>,
    thread_safe: bool,
    #[serde(default)]
    stateful: bool,
    #[serde(default)]
    pool: Option<usize>,
    #[serde(default)]
    pool_keyword: Option<String>,
    #[serde(default)]
    call: Vec<Entry>,
}

fn default_verb() -> String {
    "call".into()
}

fn default_seconds() -> f64 {
    1.0
}

fn identifier_path(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn fact(file: &DataFile, entry: Entry, method: bool) -> Result<CallFact, DataError> {
    let at = entry.path.span().start;
    let wild = entry.path.as_ref() == "*" || entry.path.as_ref().strip_prefix("*.").is_some_and(identifier_path);
    if !(identifier_path(entry.path.as_ref()) || method && wild) {
        return Err(file.error(at, format!("`{}` is no dotted path", entry.path.as_ref())));
    }
    let twin = match &entry.twin {
        None => Twin::Threads,
        Some(t) if t.as_ref() == "same" && method => Twin::Same,
        Some(t) if identifier_path(t.as_ref()) && !method && t.as_ref() != "same" => Twin::Await(t.as_ref().clone()),
        Some(t) => {
            let expected = if method { "\"same\"" } else { "the dotted path of a coroutine function" };
            return Err(file.error(t.span().start, format!("twin must be {expected}, not `{}`", t.as_ref())));
        }
    };
    Ok(CallFact {
        path: entry.path.into_inner(),
        effect: entry.effect,
        twin,
        verb: entry.verb,
        seconds: entry.seconds,
        streams: entry.streams,
        plain: entry.plain,
    })
}

pub(super) fn parse(file: &DataFile) -> Result<Library, DataError> {
    let raw: File = file.parse()?;
    let own = |path: &toml::Spanned<String>| {
        if path.as_ref().starts_with(&format!("{}.", raw.library.module)) {
            Ok(())
        } else {
            Err(file.error(path.span().start, format!("`{}` is not in module `{}`", path.as_ref(), raw.library.module)))
        }
    };
    let mut functions = Vec::new();
    for entry in raw.function {
        own(&entry.path)?;
        let fact = fact(file, entry, false)?;
        functions.push((fact.path.clone(), fact));
    }
    let mut clients = Vec::new();
    for client in raw.client {
        own(&client.path)?;
        let mut calls = FxHashMap::default();
        for entry in client.call {
            let at = entry.path.span().start;
            let fact = fact(file, entry, true)?;
            if fact.twin == Twin::Same && client.twin.is_none() {
                return Err(file.error(at, "twin = \"same\" needs a client with a twin"));
            }
            calls.insert(fact.path.clone(), fact);
        }
        let path = client.path.into_inner();
        let made = ClientFact {
            path: path.clone(),
            twin: client.twin,
            portable: client.portable,
            thread_safe: client.thread_safe,
            stateful: client.stateful,
            pool: client.pool,
            pool_keyword: client.pool_keyword,
            calls,
        };
        clients.push((path, made));
    }
    Ok(Library { module: raw.library.module, functions, clients })
}
