//! When two requests count as the same one.

use serde_json::Value;

/// Headers that change what an answer means. Credentials, client names and retry keys are not among them.
const RELEVANT: &[&str] = &[
    "accept-language",
    "anthropic-beta",
    "anthropic-version",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "range",
    "soapaction",
];

/// A JSON value as text: keys sorted, no spaces.
pub(super) fn json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// A request body in the form in which it is compared: canonical JSON, or the text as it is, with the random boundary of
/// a multipart body made constant.
pub(super) fn body(content_type: &str, bytes: &[u8], parsed: Option<&Value>) -> String {
    if let Some(value) = parsed {
        return json(value);
    }
    let text = String::from_utf8_lossy(bytes);
    match content_type.split_once("boundary=") {
        Some((_, boundary)) => {
            let boundary = boundary.split(';').next().unwrap_or_default().trim_matches(['"', ' ']);
            if boundary.is_empty() { text.into_owned() } else { text.replace(boundary, "boundary") }
        }
        None => text.into_owned(),
    }
}

/// The headers that count, sorted, with the content type reduced to its media type.
pub(super) fn headers(headers: &hyper::HeaderMap) -> Vec<String> {
    let mut kept: Vec<String> =
        RELEVANT.iter().filter_map(|name| Some(format!("{name}: {}", headers.get(*name)?.to_str().ok()?))).collect();
    if let Some(kind) = headers.get("content-type").and_then(|value| value.to_str().ok()) {
        kept.push(format!("content-type: {}", kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()));
    }
    kept.sort();
    kept
}

/// An absolute URL with the host in lower case and without a port that the scheme implies.
pub(super) fn url(scheme: &str, authority: &str, path_and_query: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let implied = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{path_and_query}", authority.strip_suffix(implied).unwrap_or(&authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_does_not_count_and_value_types_do() {
        let read = |text: &str| json(&serde_json::from_str(text).expect("json"));
        assert_eq!(read(r#"{"b":[1,{"z":1,"a":2}],"a":"é\n"}"#), read(r#"{"a":"\u00e9\n","b":[1,{"a":2,"z":1}]}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1.0}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":true}"#));
        assert_ne!(read("[1,2]"), read("[2,1]"));
    }

    #[test]
    fn boundaries_and_implied_ports_do_not_count() {
        let one = body("multipart/form-data; boundary=abc", b"--abc\r\nx\r\n--abc--", None);
        let two = body("multipart/form-data; boundary=\"xyz\"", b"--xyz\r\nx\r\n--xyz--", None);
        assert_eq!(one, two);
        assert_eq!(url("https", "API.example.com:443", "/v1?a=1"), "https://api.example.com/v1?a=1");
        assert_eq!(url("http", "localhost:8000", "/v1"), "http://localhost:8000/v1");
    }
}
