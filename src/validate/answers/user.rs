//! The user's own answers: `[tool.perfmod.stubs]`.

use super::{Query, Reply};
use crate::{
    project::config::{StubBody, StubRule},
    validate::stub::{Draw, gist},
};
use hyper::Method;
use serde_json::Value;

/// A rule with its pattern taken apart.
pub(super) struct Rule {
    rule: StubRule,
    method: Option<String>,
    scheme: Option<String>,
    /// Host, port and path, with `*` for any characters.
    place: String,
}

impl Rule {
    pub fn new(rule: StubRule) -> Self {
        let (method, rest) = match rule.pattern.split_once(' ') {
            Some((method, rest)) => (Some(method.to_owned()), rest),
            None => (None, rule.pattern.as_str()),
        };
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_owned()), rest),
            None => (None, rest),
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/*" } else { path };
        let place = format!("{}{path}", host.to_ascii_lowercase());
        Self { method, scheme, place, rule }
    }

    /// Whether the rule is for this request. The query counts only where the pattern has one.
    pub fn matches(&self, method: &Method, url: &str) -> bool {
        let Some((scheme, place)) = url.split_once("://") else { return false };
        let place = if self.place.contains('?') { place } else { place.split('?').next().unwrap_or(place) };
        self.method.as_ref().is_none_or(|own| own == method.as_str())
            && self.scheme.as_ref().is_none_or(|own| own == scheme)
            && glob(self.place.as_bytes(), place.as_bytes())
    }

    pub fn answer(&self, query: &Query<'_>, ordinal: usize) -> Result<Reply, String> {
        let named = |why: String| format!("stubs.\"{}\": {why}", self.rule.pattern);
        let body = match &self.rule.body {
            StubBody::Text(text) => text.clone().into_bytes(),
            StubBody::File(path) => {
                std::fs::read(path).map_err(|error| named(format!("{}: {error}", path.display())))?
            }
            StubBody::Template(template) => fill(template, query, ordinal).map_err(named)?.into_bytes(),
        };
        Ok(Reply {
            status: self.rule.status,
            headers: self.rule.headers.clone(),
            gist: gist(&body),
            body: body.into(),
            source: "your stubs",
        })
    }
}

/// Whether a text is what a pattern with `*` describes.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match back {
                Some((after, at)) => {
                    (p, t) = (after, at + 1);
                    back = Some((after, at + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Fills a template: `{{body.a.0}}`, `{{path.2}}`, `{{query.q}}`, `{{method}}`, `{{url}}`, `{{ordinal}}`, `{{words}}`,
/// `{{number 1 10}}`, `{{hex 8}}`, `{{choice a|b|c}}`. Strings are escaped as within a JSON string.
fn fill(template: &str, query: &Query<'_>, ordinal: usize) -> Result<String, String> {
    let mut draw = Draw::new(&format!("{} {} {} {ordinal}", query.method, query.url, query.canonical));
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = after.split_once("}}").ok_or("a `{{` in the template has no `}}`")?;
        out.push_str(before);
        out.push_str(&value(inside.trim(), query, ordinal, &mut draw)?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn value(name: &str, query: &Query<'_>, ordinal: usize, draw: &mut Draw) -> Result<String, String> {
    let (word, argument) = name.split_once(' ').map_or((name, ""), |(word, rest)| (word, rest.trim()));
    let (path, parameters) = query.url.split_once('?').unwrap_or((query.url, ""));
    if let Some(at) = word.strip_prefix("path.") {
        let part = at.parse().ok().and_then(|at: usize| path.splitn(4, '/').nth(3)?.split('/').nth(at));
        return part.map(escaped).ok_or_else(|| format!("the path of {path} has no part {at} (they count from 0)"));
    }
    if let Some(field) = word.strip_prefix("query.") {
        let found = parameters.split('&').find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='));
        return found.map(|text| escaped(&text.replace('+', " "))).ok_or_else(|| format!("the query has no `{field}`"));
    }
    if let Some(keys) = word.strip_prefix("body.") {
        let found = keys.split('.').try_fold(query.parsed.ok_or("the body is no JSON")?, |value, key| {
            value.get(key).or_else(|| value.get(key.parse::<usize>().ok()?))
        });
        return match found {
            Some(Value::String(text)) => Ok(escaped(text)),
            Some(other) => Ok(other.to_string()),
            None => Err(format!("the request's body has no `{keys}`")),
        };
    }
    match word {
        "method" => Ok(query.method.to_string()),
        "url" => Ok(escaped(query.url)),
        "ordinal" => Ok(ordinal.to_string()),
        "words" => Ok(draw.words()),
        "hex" => Ok(draw.hex(argument.parse::<usize>().map_err(|_| "`hex` needs a number of digits")?.min(4096))),
        "number" => {
            let bounds: Vec<i64> = argument.split_whitespace().flat_map(str::parse).collect();
            let [low, high] = bounds[..] else { return Err("`number` needs two whole numbers".to_owned()) };
            let size = usize::try_from(high.saturating_sub(low)).map_err(|_| "`number`: the second one is smaller")?;
            Ok(low.saturating_add(i64::try_from(draw.below(size.saturating_add(1))).unwrap_or(0)).to_string())
        }
        "choice" => {
            let choices: Vec<&str> = argument.split('|').map(str::trim).collect();
            Ok(escaped(draw.pick(&choices).unwrap_or_default()))
        }
        _ => Err(format!(
            "`{{{{{name}}}}}` is not known; there are body.…, path.N, query.…, method, url, ordinal, words, number A B, hex N, choice a|b"
        )),
    }
}

/// As it stands within a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::{HeaderMap, body::Bytes};

    fn rule(pattern: &str) -> Rule {
        let body = StubBody::Text(String::new());
        Rule::new(StubRule { pattern: pattern.to_owned(), status: 200, headers: Vec::new(), body })
    }

    #[test]
    fn patterns_match_hosts_and_paths() {
        let fits = |pattern: &str, url: &str| rule(pattern).matches(&Method::POST, url);
        assert!(fits("a.b", "https://a.b/x/y?z=1") && fits("a.b", "http://a.b/"));
        assert!(fits("POST a.b/v1/*", "https://a.b/v1/x/y") && !fits("GET a.b/v1/*", "https://a.b/v1/x"));
        assert!(
            !fits("http://a.b", "https://a.b/") && !fits("a.b", "https://a.bc/") && !fits("a.b", "https://a.b:81/")
        );
        assert!(fits("*.b:81/*/end", "https://a.b:81/x/y/end") && !fits("*.b/*/end", "https://a.b/x/y/end1"));
        assert!(fits("a.b/x?q=*", "https://a.b/x?q=1") && !fits("a.b/x?q=*", "https://a.b/x"));
    }

    #[test]
    fn templates_take_from_the_request_and_vary() {
        let body = serde_json::json!({"a": [{"b": "x\"y"}], "n": 3});
        let filled = |template: &str, ordinal: usize| {
            let query = Query {
                method: &Method::POST,
                url: "https://h/v1/items/7?q=two+words",
                headers: &HeaderMap::new(),
                relevant: &[],
                body: &Bytes::new(),
                canonical: "c",
                parsed: Some(&body),
                key: "",
                ordinal,
                first: 0,
                spoiled: false,
            };
            fill(template, &query, ordinal)
        };
        assert_eq!(
            filled("{{body.a.0.b}} {{ body.n }} {{path.2}} {{query.q}} {{ordinal}}", 4).unwrap(),
            "x\\\"y 3 7 two words 4"
        );
        assert_ne!(filled("{{hex 8}}", 0), filled("{{hex 8}}", 1));
        assert_eq!(filled("{{number 5 5}}", 0).unwrap(), "5");
        assert!(["a", "b c"].contains(&filled("{{choice a|b c}}", 0).unwrap().as_str()));
        for wrong in ["{{body.z}}", "{{path.9}}", "{{nothing}}", "{{", "{{number 2 1}}", "{{number}}", "{{hex x}}"] {
            assert!(filled(wrong, 0).is_err(), "{wrong}");
        }
    }
}
