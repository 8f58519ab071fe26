//! Headers of requests that a program chooses: who asks. They are compared as digests, so that no secret is kept.

use super::edge::Recorded;
use std::collections::{BTreeMap, BTreeSet};
use tokio_rustls::rustls::crypto::ring;

/// What digests of one validation are keyed with: nobody can try values against a digest without it.
pub(super) fn key() -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    let random = ring::default_provider().secure_random;
    random.fill(&mut key).map_err(|_| "the system gives no random numbers".to_owned())?;
    Ok(key)
}

/// Names of headers that two runs of the original do not send alike: a number drawn for each request, a time.
pub(super) fn varying(a: &[Recorded], b: &[Recorded]) -> BTreeSet<String> {
    let names: BTreeSet<&String> = a.iter().chain(b).flat_map(|request| request.headers.keys()).collect();
    let sent = |requests: &'_ [Recorded], name: &str| {
        let mut counts: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        for request in requests {
            *counts.entry((request.asked().to_owned(), request.headers.get(name).cloned())).or_default() += 1;
        }
        counts
    };
    names.into_iter().filter(|name| sent(a, name) != sent(b, name)).cloned().collect()
}

/// The headers in which two requests differ that ask for the same, in words.
pub(super) fn differ(original: &Recorded, rewritten: &Recorded) -> Vec<String> {
    let names: BTreeSet<&String> = original.headers.keys().chain(rewritten.headers.keys()).collect();
    let told = |name: &String| match (original.headers.get(name), rewritten.headers.get(name)) {
        (a, b) if a == b => None,
        (Some(_), Some(_)) => Some(format!("the header `{name}` has another value")),
        (Some(_), None) => Some(format!("the header `{name}` is missing in the rewritten version")),
        _ => Some(format!("only the rewritten version sends the header `{name}`")),
    };
    names.into_iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(asked: &str, headers: &[(&str, &str)]) -> Recorded {
        let headers: BTreeMap<&str, &str> = headers.iter().copied().collect();
        let key = format!("{asked:_<32}");
        let value = serde_json::json!({"key": key, "headers": headers, "method": "GET", "url": "", "body": "", "arrived": 0.0, "done": null, "answer": ""});
        serde_json::from_value(value).expect("a request")
    }

    #[test]
    fn what_varies_is_told_from_what_changes_places() {
        let a = [request("a", &[("x-id", "1"), ("x-user", "u")]), request("b", &[("x-id", "2"), ("x-user", "v")])];
        let b = [request("b", &[("x-id", "3"), ("x-user", "v")]), request("a", &[("x-id", "4"), ("x-user", "u")])];
        assert_eq!(varying(&a, &b), BTreeSet::from(["x-id".to_owned()]));
        let (one, other) =
            (request("a", &[("x-user", "u"), ("x-a", "1")]), request("a", &[("x-user", "v"), ("x-b", "1")]));
        assert_eq!(
            differ(&one, &other),
            [
                "the header `x-a` is missing in the rewritten version",
                "only the rewritten version sends the header `x-b`",
                "the header `x-user` has another value"
            ]
        );
        assert_ne!(key().expect("random numbers"), key().expect("random numbers"));
    }
}
