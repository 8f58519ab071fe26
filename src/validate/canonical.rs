//! When two requests count as the same one.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Headers that change what an answer means: by these, among others, a recorded answer is found again.
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

/// Headers that a library sends by itself, each in its own way: of the connection, of the client, of whoever watches it.
const OF_THE_CLIENT: &[&str] = &[
    "accept-encoding",
    "b3",
    "baggage",
    "connection",
    "content-length",
    "date",
    "elastic-apm-traceparent",
    "expect",
    "host",
    "keep-alive",
    "newrelic",
    "priority",
    "request-id",
    "sentry-trace",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "uber-trace-id",
    "upgrade",
    "user-agent",
    "x-amz-user-agent",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-goog-api-client",
];
const FAMILIES_OF_THE_CLIENT: &[&str] =
    &["proxy-", "sec-", "x-stainless-", "x-b3-", "x-datadog-", "x-fern-", "x-ot-span-", "amz-sdk-"];

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

/// The headers that the program chose and that do not count already, each as a digest: a key that no other validation has
/// makes it say nothing of what it is made from. `given` are names of cookies that answers of this run have set.
pub(super) fn chosen(
    headers: &hyper::HeaderMap,
    digests: &[u8; 32],
    ignored: &[String],
    given: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let counts = |name: &str| {
        let client = OF_THE_CLIENT.contains(&name) || FAMILIES_OF_THE_CLIENT.iter().any(|part| name.starts_with(part));
        !client && !RELEVANT.contains(&name) && name != "content-type" && !ignored.iter().any(|other| other == name)
    };
    let mut all = BTreeMap::new();
    for name in headers.keys().map(hyper::header::HeaderName::as_str).filter(|name| counts(name)) {
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(hyper::header::HeaderValue::as_bytes).collect();
        let value = values.join(&b", "[..]);
        let value = match name {
            // Sent by some libraries where nothing was said.
            "accept" if value == b"*/*" => continue,
            "cookie" => match cookies(&value, given) {
                Some(cookies) => cookies,
                None => continue,
            },
            _ => value,
        };
        all.insert(name.to_owned(), blake3::keyed_hash(digests, &value).to_hex()[..16].to_owned());
    }
    all
}

/// Cookies in one order, without those that a server gave: which requests have these depends on when its answer came.
fn cookies(value: &[u8], given: &BTreeSet<String>) -> Option<Vec<u8>> {
    let name =
        |pair: &[u8]| String::from_utf8_lossy(pair.split(|byte| *byte == b'=').next().unwrap_or(pair)).into_owned();
    let mut pairs: Vec<&[u8]> = value.split(|byte| matches!(byte, b';' | b',')).map(<[u8]>::trim_ascii).collect();
    pairs.retain(|pair| !pair.is_empty() && !given.contains(&name(pair)));
    pairs.sort_unstable();
    (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
}

/// The name of the cookie that a `Set-Cookie` gives.
pub(super) fn cookie_name(value: &str) -> String {
    value.split(['=', ';']).next().unwrap_or_default().trim().to_owned()
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
    fn what_a_program_chooses_counts_and_what_a_library_adds_does_not() {
        let read = |headers: &[(&'static str, &'static str)], ignored: &[String]| {
            let headers = headers.iter().map(|(name, value)| {
                (hyper::header::HeaderName::from_static(name), hyper::header::HeaderValue::from_static(value))
            });
            let given = BTreeSet::from(["session".to_owned()]);
            chosen(&headers.collect(), &[7; 32], ignored, &given)
        };
        let plain = read(&[("authorization", "Bearer a"), ("cookie", "a=1; b=2")], &[]);
        let client =
            [("accept", "*/*"), ("user-agent", "x"), ("x-stainless-lang", "python"), ("proxy-connection", "y")];
        let other = [&client[..], &[("authorization", "Bearer a"), ("cookie", "b=2; session=9; a=1")]].concat();
        assert_eq!(plain, read(&other, &[]));
        assert_eq!(plain.keys().collect::<Vec<_>>(), ["authorization", "cookie"]);
        assert_ne!(plain, read(&[("authorization", "Bearer b"), ("cookie", "a=1; b=2")], &[]));
        assert!(read(&[("x-run", "1"), ("cookie", "session=1")], &["x-run".to_owned()]).is_empty());
        assert!(!format!("{plain:?}").contains("Bearer"));
        assert_eq!(cookie_name("session=abc; Path=/"), "session");
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
