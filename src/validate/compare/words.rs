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
    let question = serde_json::from_str::<Value>(body).ok().and_then(|value| {
        let last = value["messages"].as_array()?.last()?["content"].clone();
        last.as_str().map(|text| format!("… {}", shown(text)))
    });
    question.unwrap_or_else(|| shown(body))
}

/// A request, and what is to be said of it.
pub(super) fn request(what: &str, request: &Recorded) -> String {
    format!("{what}: {} {}\n  {}", request.method, request.url, excerpt(&request.body))
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
        None => "left it alone".to_owned(),
        Some(Change::Deleted) => "deleted it".to_owned(),
        Some(Change::Folder) => "made it a folder".to_owned(),
        Some(Change::Link(to)) => format!("made it a link to {}", to.display()),
        Some(Change::Written(bytes)) => format!("wrote {} bytes", bytes.len()),
        Some(Change::Large(_)) => "wrote something else".to_owned(),
    }
}

/// Where two versions of a structured file differ, in terms of its structure; `None` for files that are not structured.
pub(super) fn first_difference(path: &str, a: &[u8], b: &[u8]) -> Option<String> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    if path.ends_with(".json") {
        return Some(format!("at {}", place(&read(a)?, &read(b)?, "$".to_owned())?));
    }
    if !path.ends_with(".jsonl") && !path.ends_with(".csv") {
        return None;
    }
    let (mut left, mut right) = (lines(a), lines(b));
    let (n, m) = (left.len(), right.len());
    let number = left.iter().zip(&right).position(|(a, b)| a != b).unwrap_or(n.min(m));
    let at = match (left.get(number), right.get(number)) {
        (Some(a), Some(b)) if path.ends_with(".jsonl") => {
            place(&read(a)?, &read(b)?, "$".to_owned()).map(|place| format!("at {place} of record {}", number + 1))
        }
        _ => None,
    };
    left.sort_unstable();
    right.sort_unstable();
    match (at, n == m, left == right) {
        (_, _, true) => Some("the same records in another order".to_owned()),
        (_, false, _) => Some(format!("{n} records in the original, {m} in the rewritten")),
        (at, ..) => at,
    }
}

/// The path of the first difference between two JSON values.
fn place(a: &Value, b: &Value, at: String) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            if let Some(key) = x.keys().find(|key| !y.contains_key(*key)) {
                return Some(format!("{at}.{key} (missing in the rewritten)"));
            }
            if let Some(key) = y.keys().find(|key| !x.contains_key(*key)) {
                return Some(format!("{at}.{key} (not in the original)"));
            }
            let deeper = x.iter().find_map(|(key, value)| place(value, &y[key], format!("{at}.{key}")));
            deeper.or_else(|| (!x.keys().eq(y.keys())).then(|| format!("{at} (the keys are in another order)")))
        }
        (Value::Array(x), Value::Array(y)) => {
            let deeper = x.iter().zip(y).enumerate().find_map(|(i, (x, y))| place(x, y, format!("{at}[{i}]")));
            deeper.or_else(|| {
                (x.len() != y.len()).then(|| format!("{at} ({} elements, {} in the rewritten)", x.len(), y.len()))
            })
        }
        _ => (a != b).then_some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_differences_are_placed() {
        let told = |a: &str, b: &str| first_difference("x.json", a.as_bytes(), b.as_bytes());
        assert_eq!(told(r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#).as_deref(), Some("at $.a[1]"));
        assert_eq!(
            told(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#).as_deref(),
            Some("at $ (the keys are in another order)")
        );
        assert_eq!(told("{}", "{} "), None);
        let rows = |a: &str, b: &str| first_difference("x.jsonl", a.as_bytes(), b.as_bytes());
        assert_eq!(rows("1\n2\n", "2\n1\n").as_deref(), Some("the same records in another order"));
        assert_eq!(rows("1\n2\n", "1\n").as_deref(), Some("2 records in the original, 1 in the rewritten"));
        assert_eq!(rows("{\"a\":1}\n", "{\"a\":2}\n").as_deref(), Some("at $.a of record 1"));
    }

    #[test]
    fn long_texts_are_cut_to_the_difference() {
        let (a, b) = around_difference(&format!("{}é1", "x".repeat(300)), &format!("{}é2", "x".repeat(300)));
        assert!(a.starts_with('…') && a.ends_with("é1") && b.ends_with("é2"), "{a} {b}");
        assert_eq!(around_difference("ab", "ab").0, "ab");
    }
}
