//! Answers in place of the real APIs: valid by their schemas, different for different requests, and always the same for
//! the same request.
//!
//! An answer depends on the request's body and on how many equal requests came before it, and on nothing else. So it does
//! not matter in which order different requests arrive.

mod anthropic;
mod forms;
mod gemini;
mod ollama;
mod openai;
mod others;
mod schema;
mod stream;
mod text;
mod words;

use hyper::Method;
use serde_json::Value;
pub(super) use words::{Draw, base64, from_base64};

/// An answer to a request.
pub(super) struct Answer {
    /// What is sent.
    pub body: String,
    /// Its content type.
    pub kind: &'static str,
    /// What a program would take from it: the answer without its numbers and accounts.
    pub gist: String,
}

/// The answer to a request, the `ordinal`th of equal ones. The error says why there is none.
pub(super) fn answer(method: &Method, url: &str, body: Option<&Value>, ordinal: usize) -> Result<Answer, String> {
    let place = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    if *method == Method::GET {
        return openai::models(path).map(plain).ok_or_else(|| "only requests of LLM APIs have answers".to_owned());
    }
    let reply = endpoint(host, path).filter(|_| *method == Method::POST);
    let reply = reply.ok_or_else(|| "it is not an endpoint that is known".to_owned())?;
    let body = body.filter(|body| body.is_object()).ok_or("its body is not a JSON object")?;
    let again = if ordinal == 0 { String::new() } else { format!(" again {ordinal}") };
    let mut draw = Draw::new(&format!("{}{again}", super::canonical::json(body)));
    let asked = Asked { path, body };
    let value = reply(&asked, &mut draw)?;
    match stream::of(path, body, &value)? {
        Some((text, kind)) => Ok(Answer { gist: gist_of(value), body: text, kind }),
        None => Ok(plain(value)),
    }
}

fn plain(value: Value) -> Answer {
    let body = value.to_string();
    Answer { gist: gist_of(value), body, kind: "application/json" }
}

/// A request, as an endpoint sees it.
struct Asked<'a> {
    path: &'a str,
    body: &'a Value,
}

type Endpoint = fn(&Asked<'_>, &mut Draw) -> Result<Value, String>;

/// What answers at a path. The servers that speak the same protocol are many, so the host counts only where a path says
/// too little.
fn endpoint(host: &str, path: &str) -> Option<Endpoint> {
    const ENDS: &[(&str, Endpoint)] = &[
        ("/chat/completions", openai::chat),
        ("/completions", openai::completion),
        ("/v1/responses", openai::response),
        ("/openai/responses", openai::response),
        ("/moderations", openai::moderations),
        ("/v1/messages", anthropic::message),
        ("/v1/messages/count_tokens", anthropic::count),
        (":generateContent", gemini::generate),
        (":streamGenerateContent", gemini::generate),
        (":embedContent", gemini::embed),
        (":batchEmbedContents", gemini::embed_many),
        (":countTokens", gemini::count),
        ("/api/chat", ollama::chat),
        ("/api/generate", ollama::generate),
        ("/api/embed", ollama::embed),
        ("/api/embeddings", ollama::embedding),
        ("/v2/chat", others::cohere_chat),
        ("/v1/embed", others::cohere_embed),
        ("/v2/embed", others::cohere_embed),
        ("/rerank", others::rerank),
        ("/embeddings", openai::embeddings),
        ("/language/translate/v2", others::translate),
    ];
    if host.contains("huggingface.co")
        && (path.contains("/models/") || path.contains("/pipeline/"))
        && !path.contains("/v1/")
    {
        return Some(others::hugging_face);
    }
    if host.contains("cohere") && path.ends_with("/v1/chat") {
        return Some(others::cohere_chat_1);
    }
    ENDS.iter().find(|(end, _)| path.ends_with(end)).map(|(_, endpoint)| *endpoint)
}

/// What a program would take from an answer: without its numbers and accounts.
pub(super) fn gist(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(value) => gist_of(value),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

fn gist_of(mut value: Value) -> String {
    strip(&mut value);
    value.to_string()
}

/// Takes out what is different in every answer, whatever it says.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !["id", "usage", "logprobs"].contains(&key.as_str()));
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// How many answers one request asks for.
fn choices(body: &Value) -> Result<u64, String> {
    match body["n"].as_u64().unwrap_or(1) {
        n @ 1..=128 => Ok(n),
        n => Err(format!("it asks for {n} choices")),
    }
}

fn usage(prompt: &str, reply: &str) -> (usize, usize) {
    (prompt.split_whitespace().count() + 7, reply.split_whitespace().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(path: &str, body: Value) -> Result<Answer, String> {
        answer(&Method::POST, &format!("https://api.example.com{path}"), Some(&body), 0)
    }

    #[test]
    fn what_the_catalogue_says_of_stubs_is_so() {
        let catalog =
            crate::catalog::Catalog::load(&crate::catalog::transforms::Transforms::embedded()).expect("it loads");
        let functions = catalog.libraries().iter().flat_map(|l| &l.functions).filter_map(|p| catalog.function_fact(p));
        let clients = catalog.libraries().iter().flat_map(|l| &l.clients).filter_map(|p| catalog.client(p));
        let stubs: Vec<&String> =
            functions.chain(clients.flat_map(|c| c.calls.values())).filter_map(|fact| fact.stub.as_ref()).collect();
        assert!(stubs.len() > 30, "{stubs:?}");
        for stub in stubs {
            let (host, path) = stub.split_at(stub.find('/').unwrap_or(0));
            assert!(endpoint(host, path).is_some(), "nothing answers {stub}");
        }
        assert!(endpoint("", "/v1/nothing").is_none());
    }

    fn question(text: &str) -> Value {
        json!({"model": "m", "messages": [{"role": "user", "content": text}]})
    }

    #[test]
    fn equal_requests_get_equal_answers_and_a_gist_has_no_ids() {
        let path = "/v1/chat/completions";
        let bodies: Vec<Answer> =
            (0..30).map(|i| asked(path, question(&format!("Is {i} odd? yes or no"))).expect("an answer")).collect();
        let count = |texts: Vec<&String>| texts.into_iter().collect::<std::collections::HashSet<_>>().len();
        assert_eq!(count(bodies.iter().map(|answer| &answer.body).collect()), 30);
        assert_eq!(count(bodies.iter().map(|answer| &answer.gist).collect()), 2);
        let again = asked(path, question("Is 0 odd? yes or no")).expect("an answer");
        assert_eq!(again.body, bodies[0].body);
    }

    #[test]
    fn any_host_and_prefix_will_do_but_not_any_endpoint() {
        for path in [
            "/v1/chat/completions",
            "/openai/deployments/x/chat/completions",
            "/v1/messages",
            "/api/v1/chat/completions/",
        ] {
            assert!(asked(path, question("a")).is_ok(), "{path}");
        }
        for path in ["/v1/files", "/v1/messages/batches", "/v1/chat/completions/x"] {
            assert!(asked(path, question("a")).is_err(), "{path}");
        }
        assert!(answer(&Method::GET, "https://h/v1/chat/completions", None, 0).is_err());
        assert!(answer(&Method::POST, "https://h/v1/chat/completions", Some(&json!([1])), 0).is_err());
        assert!(asked("/v1/responses", json!({"input": "a", "stream": true})).is_err());
        assert!(asked("/v1/chat/completions", json!({"n": 1000})).is_err());
    }

    #[test]
    fn an_embedding_depends_on_its_text_alone() {
        let vectors = |body: Value| -> Vec<Value> {
            let answer = asked("/v1/embeddings", body).expect("an answer");
            let value: Value = serde_json::from_str(&answer.body).expect("json");
            value["data"].as_array().expect("a list").iter().map(|item| item["embedding"].clone()).collect()
        };
        let both = vectors(json!({"model": "m", "input": ["a", "b"], "dimensions": 8}));
        assert_eq!(both[1], vectors(json!({"model": "m", "input": "b", "dimensions": 8}))[0]);
        assert_ne!(both[0], both[1]);
        assert_eq!(vectors(json!({"model": "m", "input": [1, 2, 3], "dimensions": 8})).len(), 1);
        let coded = &vectors(json!({"model": "m", "input": "b", "dimensions": 3, "encoding_format": "base64"}))[0];
        assert_eq!(coded.as_str().map(str::len), Some(16));
    }
}
