//! Answers in place of the real APIs: valid by their schemas, different for different requests, and always the same for
//! the same request.
//!
//! An answer depends on the request's body and on how many equal requests came before it, and on nothing else. So it does
//! not matter in which order different requests arrive.

mod schema;
mod text;
mod words;

use hyper::Method;
use serde_json::{Value, json};
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
pub(super) fn answer(method: &Method, path: &str, body: Option<&Value>, ordinal: usize) -> Result<Answer, String> {
    let path = path.trim_end_matches('/');
    if method != Method::POST {
        return Err("only POST requests of LLM APIs have answers".to_owned());
    }
    let reply: fn(&Value, &mut Draw) -> Result<Value, String> = if path.ends_with("/chat/completions") {
        chat
    } else if path.ends_with("/completions") {
        completion
    } else if path.ends_with("/embeddings") {
        embeddings
    } else if path.ends_with("/v1/messages") {
        message
    } else if path.ends_with("/v1/responses") {
        response
    } else {
        return Err("it is not an endpoint that is known".to_owned());
    };
    let body = body.filter(|body| body.is_object()).ok_or("its body is not a JSON object")?;
    if body["stream"] == json!(true) {
        return Err("it asks for a streamed answer".to_owned());
    }
    let again = if ordinal == 0 { String::new() } else { format!(" again {ordinal}") };
    let mut draw = Draw::new(&format!("{}{again}", super::canonical::json(body)));
    let value = reply(body, &mut draw)?;
    let body = value.to_string();
    Ok(Answer { gist: gist_of(value), body, kind: "application/json" })
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

fn chat(body: &Value, draw: &mut Draw) -> Result<Value, String> {
    let prompt = text::Prompt::from_messages(&body["messages"], "");
    let (mut list, mut said) = (Vec::new(), String::new());
    for index in 0..choices(body)? {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null});
        let mut finish = "stop";
        if let Some((name, arguments)) = forced_tool(body, draw) {
            let id = format!("call_{}", draw.hex(24));
            message["tool_calls"] =
                json!([{"id": id, "type": "function", "function": {"name": name, "arguments": arguments.to_string()}}]);
            // The API says "stop" where one function was asked for by name.
            finish = if body["tool_choice"].is_object() { "stop" } else { "tool_calls" };
            said += &arguments.to_string();
        } else {
            let content = text::reply(&prompt, &body["response_format"], draw);
            said += &content;
            message["content"] = json!(content);
        }
        let logprobs = match body["logprobs"].as_bool() {
            Some(true) => chat_logprobs(&message["content"], body["top_logprobs"].as_u64().unwrap_or(0), draw),
            _ => Value::Null,
        };
        list.push(json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}));
    }
    let (asked, told) = usage(&prompt.all, &said);
    Ok(json!({
        "id": format!("chatcmpl-{}", draw.hex(24)), "object": "chat.completion", "created": 1_700_000_000,
        "model": body["model"].as_str().unwrap_or("stub"), "choices": list, "system_fingerprint": null,
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told},
    }))
}

/// The function that a request insists on, and arguments for it.
fn forced_tool(body: &Value, draw: &mut Draw) -> Option<(String, Value)> {
    let tools = body["tools"].as_array()?;
    let choice = &body["tool_choice"];
    let wanted = choice["function"]["name"].as_str();
    if wanted.is_none() && choice.as_str() != Some("required") {
        return None;
    }
    let function =
        tools.iter().map(|tool| &tool["function"]).find(|f| wanted.is_none() || f["name"].as_str() == wanted)?;
    Some((function["name"].as_str()?.to_owned(), schema::fill(&function["parameters"], draw)))
}

fn chat_logprobs(content: &Value, top: u64, draw: &mut Draw) -> Value {
    let tokens: Vec<Value> = words::tokens(content.as_str().unwrap_or_default())
        .into_iter()
        .map(|token| {
            let alternatives: Vec<Value> = (0..top.min(20))
                .map(|i| {
                    let other = if i == 0 { token.to_owned() } else { words::alternative(token, i) };
                    json!({"token": other, "logprob": -0.05 - 1.5 * i as f64 - draw.unit(), "bytes": other.as_bytes()})
                })
                .collect();
            let own = alternatives.first().map_or_else(|| json!(-0.05 - draw.unit()), |first| first["logprob"].clone());
            json!({"token": token, "logprob": own, "bytes": token.as_bytes(), "top_logprobs": alternatives})
        })
        .collect();
    json!({"content": tokens, "refusal": null})
}

fn completion(body: &Value, draw: &mut Draw) -> Result<Value, String> {
    let prompts: Vec<String> = match &body["prompt"] {
        Value::Array(many) if many.iter().any(|item| !item.is_number()) => many.iter().map(text::plain).collect(),
        one => vec![text::plain(one)],
    };
    let mut list = Vec::new();
    for prompt in &prompts {
        for _ in 0..choices(body)? {
            // Completions go on where the prompt ends, which after "Answer:" is a space.
            let said = format!(" {}", text::reply(&text::Prompt::from_text(prompt), &Value::Null, draw));
            let logprobs = if body["logprobs"].as_u64().is_some() {
                let tokens = words::tokens(&said);
                let values: Vec<f64> = tokens.iter().map(|_| -0.05 - draw.unit()).collect();
                let tops: Vec<Value> =
                    tokens.iter().zip(&values).map(|(token, value)| json!({ *token: value })).collect();
                let offsets: Vec<usize> =
                    tokens.iter().scan(0, |at, token| Some(std::mem::replace(at, *at + token.len()))).collect();
                json!({"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "text_offset": offsets})
            } else {
                Value::Null
            };
            let said = if body["echo"] == json!(true) { format!("{prompt}{said}") } else { said };
            list.push(json!({"text": said, "index": list.len(), "logprobs": logprobs, "finish_reason": "stop"}));
        }
    }
    let (asked, told) = usage(&prompts.join(" "), "");
    Ok(json!({
        "id": format!("cmpl-{}", draw.hex(24)), "object": "text_completion", "created": 1_700_000_000,
        "model": body["model"].as_str().unwrap_or("stub"), "choices": list,
        "usage": {"prompt_tokens": asked, "completion_tokens": told * 8, "total_tokens": asked + told * 8},
    }))
}

fn embeddings(body: &Value, _: &mut Draw) -> Result<Value, String> {
    let inputs: Vec<&Value> = match &body["input"] {
        // A list of numbers is one text, given as tokens.
        Value::Array(many) if many.iter().any(|item| !item.is_number()) => many.iter().collect(),
        one => vec![one],
    };
    let model = body["model"].as_str().unwrap_or("stub");
    let natural = if model.contains("-3-large") { 3072 } else { 1536 };
    let size = usize::try_from(body["dimensions"].as_u64().unwrap_or(natural)).unwrap_or(1536).clamp(1, 8192);
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            // The same text has the same vector, whatever else is in the request.
            let vector = Draw::new(&format!("{model} {input}")).unit_vector(size);
            let embedding = match body["encoding_format"].as_str() {
                Some("base64") => {
                    json!(words::base64(&vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()))
                }
                _ => json!(vector),
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let tokens = inputs.iter().map(|input| input.to_string().split_whitespace().count() + 1).sum::<usize>();
    Ok(json!({"object": "list", "data": data, "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}))
}

fn message(body: &Value, draw: &mut Draw) -> Result<Value, String> {
    let prompt = text::Prompt::from_messages(&body["messages"], &text::plain(&body["system"]));
    let choice = &body["tool_choice"];
    let tool = body["tools"].as_array().and_then(|tools| match choice["type"].as_str() {
        Some("tool") => tools.iter().find(|tool| tool["name"] == choice["name"]),
        Some("any") => tools.first(),
        _ => None,
    });
    let (content, reason) = match tool {
        Some(tool) => {
            let input = schema::fill(&tool["input_schema"], draw);
            let id = format!("toolu_{}", draw.hex(24));
            (json!({"type": "tool_use", "id": id, "name": tool["name"], "input": input}), "tool_use")
        }
        None => (json!({"type": "text", "text": text::reply(&prompt, &Value::Null, draw)}), "end_turn"),
    };
    let (asked, told) = usage(&prompt.all, &content.to_string());
    Ok(json!({
        "id": format!("msg_{}", draw.hex(24)), "type": "message", "role": "assistant",
        "model": body["model"].as_str().unwrap_or("stub"), "content": [content], "stop_reason": reason,
        "stop_sequence": null, "usage": {"input_tokens": asked, "output_tokens": told},
    }))
}

fn response(body: &Value, draw: &mut Draw) -> Result<Value, String> {
    if body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) || !body["previous_response_id"].is_null() {
        return Err("it uses tools, or goes on from an earlier answer".to_owned());
    }
    let instructions = text::plain(&body["instructions"]);
    let prompt = match &body["input"] {
        Value::String(input) => {
            text::Prompt::from_messages(&json!([{"role": "user", "content": input}]), &instructions)
        }
        messages => text::Prompt::from_messages(messages, &instructions),
    };
    // The two APIs wrap the same format differently.
    let format = &body["text"]["format"];
    let format = json!({"type": format["type"], "json_schema": {"schema": format["schema"]}});
    let said = text::reply(&prompt, &format, draw);
    let (asked, told) = usage(&prompt.all, &said);
    Ok(json!({
        "id": format!("resp_{}", draw.hex(40)), "object": "response", "created_at": 1_700_000_000, "status": "completed",
        "error": null, "incomplete_details": null, "instructions": body["instructions"], "metadata": {},
        "model": body["model"].as_str().unwrap_or("stub"), "parallel_tool_calls": true, "previous_response_id": null,
        "temperature": 1.0, "top_p": 1.0, "tool_choice": "auto", "tools": [], "truncation": "disabled",
        "text": {"format": {"type": "text"}},
        "output": [{"type": "message", "id": format!("msg_{}", draw.hex(40)), "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": said, "annotations": []}]}],
        "usage": {"input_tokens": asked, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": told,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": asked + told},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, body: Value) -> Result<Answer, String> {
        answer(&Method::POST, path, Some(&body), 0)
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
        assert!(answer(&Method::GET, "/v1/chat/completions", None, 0).is_err());
        assert!(answer(&Method::POST, "/v1/chat/completions", Some(&json!([1])), 0).is_err());
        assert!(asked("/v1/chat/completions", json!({"stream": true})).is_err());
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
