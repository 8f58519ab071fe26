//! A cassette: recorded exchanges, one JSON object a line.
//!
//! Replayed by method, URL, canonical body, relevant headers, and the ordinal among equal requests. Secrets are taken out
//! before a line is written, and out of a request before it is looked up, so that a program with other keys finds its answers.

use super::{Query, Reply, Secrets};
use crate::validate::stub::{base64, from_base64, gist};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The version of the lines.
const VERSION: u32 = 1;
/// Headers of an answer that a cassette keeps; others name accounts, or belong to one connection.
const KEPT: &[&str] = &[
    "content-type",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "location",
    "link",
    "etag",
    "last-modified",
    "content-range",
    "accept-ranges",
    "content-disposition",
];
const KEPT_FAMILIES: &[&str] = &["x-ratelimit-", "ratelimit-", "x-total", "x-page", "x-next"];

/// Why a cassette cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cassette {}{}: {why}", file.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct CassetteError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1, where it is one line that is wrong.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub version: u32,
    pub method: String,
    pub url: String,
    /// Those that count.
    pub headers: Vec<String>,
    /// Canonical.
    pub body: String,
    /// How many equal requests came before.
    pub ordinal: usize,
    pub response: Response,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// Where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

/// What tells a request from others: without secrets.
fn key(secrets: &Secrets, method: &str, url: &str, headers: &[String], body: &str) -> String {
    digest(method, &secrets.url(url), headers, &secrets.request_body(body))
}

fn digest(method: &str, url: &str, headers: &[String], body: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [method, url, &headers.join("\n"), body] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Writes exchanges to a file, without secrets; the number of lines. The file is there whole or not at all.
pub(in crate::validate) fn write(
    file: &Path,
    exchanges: &[super::upstream::Exchange],
    secrets: &Secrets,
) -> std::io::Result<usize> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut out = tempfile::NamedTempFile::new_in(folder)?;
    let mut ordinals: HashMap<String, usize> = HashMap::new();
    for exchange in exchanges {
        let line = line(exchange, secrets, &mut ordinals);
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.persist(file).map_err(|error| error.error)?;
    Ok(exchanges.len())
}

fn line(exchange: &super::upstream::Exchange, secrets: &Secrets, ordinals: &mut HashMap<String, usize>) -> Line {
    let secrets = secrets.with_request(&exchange.headers, &exchange.url, &exchange.canonical);
    let headers: Vec<String> = exchange.relevant.iter().map(|header| secrets.text(header)).collect();
    let (url, body) = (secrets.url(&exchange.url), secrets.request_body(&exchange.canonical));
    let nth = ordinals.entry(digest(&exchange.method, &url, &headers, &body)).or_default();
    let ordinal = *nth;
    *nth += 1;
    let reply = &exchange.reply;
    let keeps = |name: &str| KEPT.contains(&name) || KEPT_FAMILIES.iter().any(|family| name.starts_with(family));
    let kept =
        reply.headers.iter().filter(|(name, _)| keeps(name)).map(|(name, value)| (name.clone(), secrets.text(value)));
    let (text, coded) = match std::str::from_utf8(&reply.body) {
        Ok(text) => (Some(secrets.reply_body(text)), None),
        Err(_) => (None, Some(base64(&secrets.bytes(&reply.body)))),
    };
    let response = Response { status: reply.status, headers: kept.collect(), body: text, body_base64: coded };
    Line { version: VERSION, method: exchange.method.clone(), url, headers, body, ordinal, response }
}

/// A cassette that answers.
pub(super) struct Replay {
    replies: HashMap<String, Vec<Reply>>,
    /// Taken out of a request before it is looked up.
    secrets: Secrets,
    /// How often each request was made in this run.
    asked: Mutex<HashMap<String, usize>>,
}

impl Replay {
    pub fn read(file: &Path, secrets: Secrets) -> Result<Self, CassetteError> {
        let told = |line: Option<usize>, why: String| CassetteError { file: file.to_owned(), line, why };
        let text = std::fs::read_to_string(file).map_err(|error| told(None, error.to_string()))?;
        let mut replies: HashMap<String, Vec<(usize, Reply)>> = HashMap::new();
        for (at, text) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let at = Some(at + 1);
            let line: Line =
                serde_json::from_str(text).map_err(|error| told(at, format!("it is no exchange: {error}")))?;
            if line.version != VERSION {
                return Err(told(at, format!("it is of version {}, this perfmod reads {VERSION}", line.version)));
            }
            let body: Bytes = match (line.response.body, line.response.body_base64) {
                (Some(text), None) => text.into(),
                (None, Some(coded)) => {
                    from_base64(&coded).ok_or_else(|| told(at, "its body is not base64".into()))?.into()
                }
                _ => return Err(told(at, "it needs one of `body` and `body_base64`".into())),
            };
            if !(200..=599).contains(&line.response.status) {
                return Err(told(at, format!("{} is no status of an answer", line.response.status)));
            }
            let reply = Reply {
                status: line.response.status,
                headers: line.response.headers,
                gist: gist(&body),
                body,
                source: "cassette",
            };
            let key = key(&Secrets::default(), &line.method, &line.url, &line.headers, &line.body);
            replies.entry(key).or_default().push((line.ordinal, reply));
        }
        let sorted = |mut list: Vec<(usize, Reply)>| {
            list.sort_by_key(|(ordinal, _)| *ordinal);
            list.into_iter().map(|(_, reply)| reply).collect()
        };
        let replies = replies.into_iter().map(|(key, list)| (key, sorted(list))).collect();
        Ok(Self { replies, secrets, asked: Mutex::default() })
    }

    /// The recorded answer to a request, where there is one more of them.
    pub fn answer(&self, query: &Query<'_>, alike: bool) -> Option<Reply> {
        let secrets = self.secrets.with_request(query.headers, query.url, query.canonical);
        let headers: Vec<String> = query.relevant.iter().map(|header| secrets.text(header)).collect();
        let key = key(&secrets, query.method.as_str(), query.url, &headers, query.canonical);
        let replies = self.replies.get(&key)?;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = asked.entry(key).or_default();
        let reply = replies.get(if alike { 0 } else { *nth });
        *nth += usize::from(!query.spoiled);
        // Where alike ones are merged or retried the last answer is as good as any.
        reply.or_else(|| replies.last().filter(|_| super::is_deterministic(query.url, query.parsed))).cloned()
    }
}
