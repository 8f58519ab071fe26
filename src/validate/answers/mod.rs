//! Where the answers to a program's requests come from: what the user wrote down, a cassette, hosts that may be asked, the
//! stub; in this order. A request that none of them answers ends the run and is named.

mod cassette;
mod secrets;
mod upstream;
mod user;

pub use cassette::CassetteError;
pub(super) use cassette::write as write_cassette;
pub(super) use secrets::{Secrets, dummy, is_secret_name, stand_in};
pub(super) use upstream::{Reach, Upstream};

use super::{Request, stub, work::Work};
use crate::project::config::StubRule;
use cassette::Replay;
use hyper::{Method, body::Bytes};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
};
use user::Rule;

/// What answers besides the stub.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Answers that the user wrote down.
    pub stubs: Vec<StubRule>,
    /// A file of recorded exchanges.
    pub cassette: Option<PathBuf>,
    /// Hosts to which requests are forwarded for real, once each: every run gets what the first one got.
    pub allow: Vec<Allowed>,
}

impl Answers {
    /// Reads the cassette, so that one that cannot be used is told before anything is run.
    ///
    /// # Errors
    /// Where it cannot be read or a line of it is no exchange.
    pub fn check(&self) -> Result<(), CassetteError> {
        self.cassette.as_deref().map_or(Ok(()), |file| Replay::read(file, Secrets::default()).map(|_| ()))
    }
}

/// What answers, set up for the runs of one validation.
pub(super) struct Given {
    folder: Work,
    upstream: Option<Upstream>,
    sources: Sources,
    /// Whether a run of the original made equal requests.
    pub repeats: Cell<bool>,
    /// Headers of requests that vary between runs of the original.
    pub varying: RefCell<BTreeSet<String>>,
}

impl Given {
    /// Sets up what `request` names; `reach` is what may be asked for real.
    pub fn new(request: &Request<'_>, reach: Reach) -> io::Result<Self> {
        let answers = &request.answers;
        let folder = Work::new()?;
        let asks = !matches!(&reach, Reach::Some(hosts) if hosts.is_empty());
        let upstream = if asks { Some(Upstream::start(&folder.path()?, reach.clone())?) } else { None };
        let cassette = answers.cassette.as_deref().map(std::path::absolute).transpose()?;
        let socket = upstream.as_ref().map(|upstream| upstream.path.clone());
        let script = request.root.join(request.script);
        let secrets = Secrets::of_program(&[request.root, script.parent().unwrap_or(request.root)], request.args);
        let sources =
            Sources { stubs: answers.stubs.clone(), cassette, secrets, reach, upstream: socket, alike: false };
        Ok(Self { folder, upstream, sources, repeats: Cell::new(false), varying: RefCell::default() })
    }

    /// From now on, repeats of a request are answered as the first one was.
    pub fn answer_alike(&mut self) {
        self.sources.alike = true;
    }

    /// Whether what answers can tell who asks.
    pub fn by_ordinal(&self) -> bool {
        self.sources.cassette.is_none()
    }

    /// Whether repeats are answered alike.
    pub fn alike(&self) -> bool {
        self.sources.alike
    }

    /// Writes down what a holder of runs must know; the file.
    pub fn write(&self) -> io::Result<PathBuf> {
        let file = self.folder.path()?.join(if self.sources.alike { "alike.json" } else { "answers.json" });
        fs::write(&file, serde_json::to_vec(&self.sources)?)?;
        Ok(file)
    }

    /// What was asked for real.
    pub fn upstream(&self) -> Option<&Upstream> {
        self.upstream.as_ref()
    }
}

/// A host that requests may be forwarded to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Its name or address, in lower case.
    pub host: String,
    /// Its port; any where it is not said.
    pub port: Option<u16>,
}

impl Allowed {
    /// Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not HOST or HOST:PORT, such as localhost:8000");
        if text.contains('/') || text.contains(char::is_whitespace) {
            return Err(format!("{}; leave out the scheme and the path", wrong()));
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() {
            return Err(wrong());
        }
        let port = port.map(|port| port.parse().map_err(|_| wrong())).transpose()?;
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port.is_none_or(|own| own == port)
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.host.contains(':')) {
            (Some(port), true) => write!(f, "[{}]:{port}", self.host),
            (Some(port), false) => write!(f, "{}:{port}", self.host),
            (None, _) => f.write_str(&self.host),
        }
    }
}

/// What the process that holds a run is told about its answers; travels as a JSON file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Sources {
    pub stubs: Vec<StubRule>,
    pub cassette: Option<PathBuf>,
    /// What the program can know and a cassette does not hold.
    pub secrets: Secrets,
    /// Hosts that are asked for real.
    pub reach: Reach,
    /// The socket of the process that may ask them.
    pub upstream: Option<PathBuf>,
    /// Repeats of a request are answered as the first one was.
    pub alike: bool,
}

/// The same, opened.
pub(super) struct Opened {
    rules: Vec<Rule>,
    replay: Option<Replay>,
    reach: Reach,
    upstream: Option<PathBuf>,
    alike: bool,
}

/// A request that wants an answer.
pub(super) struct Query<'a> {
    pub method: &'a Method,
    /// Absolute and canonical.
    pub url: &'a str,
    pub headers: &'a hyper::HeaderMap,
    /// The headers that count, as `canonical::headers` gives them.
    pub relevant: &'a [String],
    pub body: &'a Bytes,
    /// The body in the form in which it is compared.
    pub canonical: &'a str,
    /// The body as JSON, where it is.
    pub parsed: Option<&'a serde_json::Value>,
    /// Equal for two requests that ask for the same.
    pub key: &'a str,
    /// Which of the requests that ask for the same it is.
    pub ordinal: usize,
    /// The same of the first one whose headers are equal, too.
    pub first: usize,
    /// The answer will not reach the program, which will ask again for the same one.
    pub spoiled: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// What a program would take from it: the answer without its numbers and accounts.
    pub gist: String,
    /// Who answered: "your stubs", "cassette", "real" or "stub".
    pub source: &'static str,
}

impl Opened {
    /// Reads what `file` names; nothing but the stub where there is none.
    pub fn read(file: Option<&Path>) -> std::io::Result<Self> {
        let sources: Sources = match file {
            Some(file) => serde_json::from_slice(&std::fs::read(file)?)?,
            None => Sources::default(),
        };
        let replay = sources
            .cassette
            .as_deref()
            .map(|file| Replay::read(file, sources.secrets))
            .transpose()
            .map_err(std::io::Error::other)?;
        Ok(Self {
            rules: sources.stubs.into_iter().map(Rule::new).collect(),
            replay,
            reach: sources.reach,
            upstream: sources.upstream,
            alike: sources.alike,
        })
    }

    /// The answer to a request. The error says why there is none, and what can be done.
    pub async fn answer(&self, query: &Query<'_>) -> Result<Reply, String> {
        let ordinal = match () {
            () if is_deterministic(query.url, query.parsed) => 0,
            () if self.alike => query.first,
            () => query.ordinal,
        };
        if let Some(rule) = self.rules.iter().find(|rule| rule.matches(query.method, query.url)) {
            return rule.answer(query, ordinal);
        }
        if let Some(reply) = self.replay.as_ref().and_then(|replay| replay.answer(query, self.alike)) {
            return Ok(reply);
        }
        if let (true, Some(socket)) = (self.reach.covers(query.url), &self.upstream) {
            return upstream::ask(socket, query, ordinal).await;
        }
        match stub::answer(query.method, query.url, query.parsed, ordinal) {
            Ok(answer) => Ok(Reply {
                status: 200,
                headers: vec![("content-type".to_owned(), answer.kind.to_owned())],
                body: answer.body.into(),
                gist: answer.gist,
                source: "stub",
            }),
            Err(why) => Err(self.unknown(query, &why)),
        }
    }

    fn unknown(&self, query: &Query<'_>, why: &str) -> String {
        let host = authority(query.url).map_or_else(
            || query.url.to_owned(),
            |(host, port, scheme)| {
                if port == implied_port(scheme) { host } else { format!("{host}:{port}") }
            },
        );
        let cassette = if self.replay.is_some() { ", nor has the cassette" } else { "" };
        format!(
            "the stub has no answer for {} {}{cassette}: {why}. To let it through: --allow {host}; to record it: `perfmod record`, then --cassette FILE; to write the answer down: [tool.perfmod.stubs]",
            query.method,
            Secrets::default().url(query.url)
        )
    }
}

/// A text about a run without secrets that can be told by their form, or by the field of a URL in which they stand.
pub(super) fn without_secrets(text: &str) -> String {
    Secrets::default().text(text)
}

/// Words of a command line without the values of options such as `--api-key`.
pub fn without_secrets_of(words: &[String]) -> Vec<String> {
    let secrets = Secrets::of_program(&[], words);
    words.iter().map(|word| secrets.text(word)).collect()
}

/// The body of a request without secrets, for a message.
pub(super) fn body_without_secrets(body: &str) -> String {
    Secrets::default().request_body(body)
}

/// Whether a request would be answered alike however often it is made.
pub(super) fn is_deterministic(url: &str, body: Option<&serde_json::Value>) -> bool {
    let fixed = |body: &serde_json::Value| body["temperature"].as_f64() == Some(0.0) || body["seed"].is_number();
    ["/embed", "/moderations", ":embed", ":batchEmbed"].iter().any(|part| url.contains(part)) || body.is_some_and(fixed)
}

/// Host in lower case, port, and scheme of a URL.
fn authority(url: &str) -> Option<(String, u16, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?.rsplit('@').next()?;
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => implied_port(scheme),
    };
    Some((host.to_ascii_lowercase(), port, scheme))
}

fn implied_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_matched() {
        let read = |text: &str| Allowed::parse(text).unwrap();
        assert!(read("LocalHost:8000").covers("localhost", 8000) && !read("localhost:8000").covers("localhost", 80));
        assert!(read("api.example.com").covers("api.example.com", 443));
        assert!(read("[::1]:80").covers("::1", 80));
        for wrong in ["", "https://a.b", "a.b/c", "a:b", "a:70000", ":80"] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(authority("https://A.b:8443/x?y@z"), Some(("a.b".to_owned(), 8443, "https")));
        assert_eq!(authority("http://[::1]/x"), Some(("::1".to_owned(), 80, "http")));
        assert_eq!(authority("http://u:p@a/x").map(|found| found.0).as_deref(), Some("a"));
    }

    #[test]
    fn what_has_no_randomness_is_answered_alike() {
        let body = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let chat = "https://api.openai.com/v1/chat/completions";
        assert!(is_deterministic(chat, Some(&body(r#"{"temperature": 0}"#))));
        assert!(is_deterministic(chat, Some(&body(r#"{"seed": 1}"#))));
        assert!(!is_deterministic(chat, Some(&body(r#"{"temperature": 0.2}"#))));
        assert!(!is_deterministic(chat, Some(&body("{}"))) && !is_deterministic(chat, None));
        assert!(is_deterministic("https://x/v1/embeddings", None));
    }
}
