//! Differences as people read them.

use crate::validate::{edge::Recorded, run::Change, sandbox::Record};
use serde_json::Value;

/// Characters of a line or a body that are shown.
const SHOWN: usize = 160;

/// A line that differs.
#[derive(Debug, PartialEq)]
pub(in crate::validate) struct Line {
    /// From 1.
    pub number: usize,
    pub original: String,
    pub rewritten: String,
    /// How near its numbers are, where that is all that differs.
    pub note: Option<String>,
}

/// The lines of a text, each with its end.
pub(super) fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// A line for a message.
pub(super) fn shown_bytes(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    match text.strip_suffix('\n') {
        Some(text) => shown(text),
        None => format!("{} (without a line end)", shown(&text)),
    }
}

/// A text for a message: control characters spelled out, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(SHOWN)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// The part of a request body that tells what it is about: its end, where the last message is.
pub(super) fn excerpt(body: &str) -> String {
    let body = &without_secrets(body);
    let question = serde_json::from_str::<Value>(body).ok().and_then(|value| {
        let last = value["messages"].as_array()?.last()?["content"].clone();
        last.as_str().map(|text| format!("… {}", shown(text)))
    });
    question.unwrap_or_else(|| shown(body))
}

/// A body that may be shown.
pub(super) fn without_secrets(body: &str) -> String {
    crate::validate::answers::body_without_secrets(body)
}

/// A request, and what is to be said of it.
pub(super) fn request(what: &str, request: &Recorded) -> String {
    format!("{what}: {} {}\n  {}", request.method, request.url, excerpt(&request.body))
}

/// How often, in words.
pub(super) fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Two texts cut to where they start to differ.
pub(super) fn around_difference(a: &str, b: &str) -> (String, String) {
    let same =
        a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(a.len().min(b.len()), |((at, _), _)| at);
    let start = (0..=same.saturating_sub(40)).rev().find(|at| a.is_char_boundary(*at)).unwrap_or(0);
    let cut = |text: &str| {
        let part = text.get(start..).unwrap_or(text);
        if start > 0 { format!("…{}", shown(part)) } else { shown(part) }
    };
    (cut(a), cut(b))
}

/// How a program ended.
pub(super) fn exit_of(record: &Record) -> String {
    match (record.code, record.signal) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// What happened to a path.
pub(super) fn change(change: Option<&Change>) -> String {
    match change {
        None => "did not touch it".to_owned(),
        Some(Change::Deleted) => "deleted it".to_owned(),
        Some(Change::Folder) => "made it a folder".to_owned(),
        Some(Change::Link(to)) => format!("made it a link to {}", to.display()),
        Some(Change::Written(bytes)) if bytes.is_empty() => "wrote an empty file".to_owned(),
        Some(Change::Written(bytes)) => format!("wrote {} bytes", bytes.len()),
        Some(Change::Large(_)) => "wrote something else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_to_the_difference() {
        let (a, b) = around_difference(&format!("{}é1", "x".repeat(300)), &format!("{}é2", "x".repeat(300)));
        assert!(a.starts_with('…') && a.ends_with("é1") && b.ends_with("é2"), "{a} {b}");
        assert_eq!(around_difference("ab", "ab").0, "ab");
    }
}
