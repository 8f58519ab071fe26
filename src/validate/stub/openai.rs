//! OpenAI's endpoints, which most other servers speak too.

use super::{
    Asked, choices, schema, text, usage,
    words::{self, Draw},
};
use serde_json::{Value, json};

pub(super) fn chat(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let prompt = text::Prompt::from_messages(&body["messages"], "");
    let (mut list, mut said) = (Vec::new(), String::new());
    for index in 0..choices(body)? {
        let mut message = json!({"role": "assistant", "content": null, "refusal": null});
        let mut finish = "stop";
        if let Some((name, arguments)) = tool(body, draw) {
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
    let (sent, told) = usage(&prompt.all, &said);
    Ok(json!({
        "id": format!("chatcmpl-{}", draw.hex(24)), "object": "chat.completion", "created": 1_700_000_000,
        "model": body["model"].as_str().unwrap_or("stub"), "choices": list, "system_fingerprint": null,
        "usage": {"prompt_tokens": sent, "completion_tokens": told, "total_tokens": sent + told},
    }))
}

/// The function that a request wants called, and arguments for it. Where it leaves the choice, one is called three times
/// out of four, and never behind the result of one: conversations come to an end.
fn tool(body: &Value, draw: &mut Draw) -> Option<(String, Value)> {
    let tools = body["tools"].as_array().filter(|tools| !tools.is_empty())?;
    let choice = &body["tool_choice"];
    let wanted = choice["function"]["name"].as_str();
    let answered = body["messages"].as_array().and_then(|all| all.last()).is_some_and(|last| last["role"] == "tool");
    let free = wanted.is_none() && choice.as_str() != Some("required");
    if free && (choice == "none" || answered || draw.below(4) == 0) {
        return None;
    }
    let named: Vec<&Value> = tools
        .iter()
        .map(|tool| &tool["function"])
        .filter(|function| function["name"].is_string() && (wanted.is_none() || function["name"].as_str() == wanted))
        .collect();
    let function = named.get(draw.below(named.len()))?;
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

pub(super) fn completion(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
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
    let (sent, told) = usage(&prompts.join(" "), "");
    Ok(json!({
        "id": format!("cmpl-{}", draw.hex(24)), "object": "text_completion", "created": 1_700_000_000,
        "model": body["model"].as_str().unwrap_or("stub"), "choices": list,
        "usage": {"prompt_tokens": sent, "completion_tokens": told * 8, "total_tokens": sent + told * 8},
    }))
}

pub(super) fn embeddings(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
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

pub(super) fn response(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    if !body["previous_response_id"].is_null() {
        return Err("it goes on from an earlier answer".to_owned());
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
    let (item, said) = match response_tool(body, draw)? {
        Some((name, arguments)) => {
            let (id, call) = (format!("fc_{}", draw.hex(40)), format!("call_{}", draw.hex(24)));
            let arguments = arguments.to_string();
            let item = json!({"type": "function_call", "id": id, "call_id": call, "name": name, "arguments": arguments,
                "status": "completed"});
            (item, arguments)
        }
        None => {
            let said = text::reply(&prompt, &format, draw);
            let item = json!({"type": "message", "id": format!("msg_{}", draw.hex(40)), "status": "completed",
                "role": "assistant", "content": [{"type": "output_text", "text": said, "annotations": []}]});
            (item, said)
        }
    };
    let (sent, told) = usage(&prompt.all, &said);
    Ok(json!({
        "id": format!("resp_{}", draw.hex(40)), "object": "response", "created_at": 1_700_000_000, "status": "completed",
        "error": null, "incomplete_details": null, "instructions": body["instructions"], "metadata": {},
        "model": body["model"].as_str().unwrap_or("stub"), "parallel_tool_calls": true, "previous_response_id": null,
        "temperature": 1.0, "top_p": 1.0, "tool_choice": "auto", "tools": body["tools"].as_array().cloned().unwrap_or_default(), "truncation": "disabled",
        "text": {"format": {"type": "text"}},
        "output": [item],
        "usage": {"input_tokens": sent, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": told,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": sent + told},
    }))
}

/// The function that a request of the responses API wants called; the arguments for it.
fn response_tool(body: &Value, draw: &mut Draw) -> Result<Option<(String, Value)>, String> {
    let Some(tools) = body["tools"].as_array().filter(|tools| !tools.is_empty()) else { return Ok(None) };
    let own: Vec<&Value> = tools.iter().filter(|tool| tool["type"] == "function").collect();
    if own.len() < tools.len() {
        return Err("it uses tools that run on the server".to_owned());
    }
    let choice = &body["tool_choice"];
    let answered =
        body["input"].as_array().and_then(|all| all.last()).is_some_and(|last| last["type"] == "function_call_output");
    let free = !choice.is_object() && choice != "required";
    if free && (choice == "none" || answered || draw.below(4) == 0) {
        return Ok(None);
    }
    let wanted: Vec<&&Value> =
        own.iter().filter(|tool| !choice.is_object() || tool["name"] == choice["name"]).collect();
    let Some(tool) = wanted.get(draw.below(wanted.len())) else { return Ok(None) };
    let name = tool["name"].as_str().unwrap_or_default().to_owned();
    Ok(Some((name, schema::fill(&tool["parameters"], draw))))
}

pub(super) fn moderations(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    const CATEGORIES: &[&str] = &[
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/instructions",
        "self-harm/intent",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ];
    let inputs: Vec<&Value> = match &asked.body["input"] {
        Value::Array(many) if many.iter().all(Value::is_string) => many.iter().collect(),
        one => vec![one],
    };
    let results = inputs.into_iter().map(|input| {
        // As of an embedding: the same text is judged alike, whatever else is asked.
        let mut draw = Draw::new(&format!("moderation {input}"));
        let flagged = draw.below(4) == 0;
        let worst = draw.below(CATEGORIES.len());
        let (mut marks, mut scores, mut types) = (serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new());
        for (at, name) in CATEGORIES.iter().enumerate() {
            let hit = flagged && at == worst;
            marks.insert((*name).to_owned(), json!(hit));
            scores.insert((*name).to_owned(), json!(draw.unit() * 0.1 + if hit { 0.9 } else { 0.0 }));
            types.insert((*name).to_owned(), json!(["text"]));
        }
        json!({"flagged": flagged, "categories": marks, "category_scores": scores, "category_applied_input_types": types})
    });
    let results: Vec<Value> = results.collect();
    let model = asked.body["model"].as_str().unwrap_or("omni-moderation-latest");
    Ok(json!({"id": "modr-perfmod", "model": model, "results": results}))
}

/// The list of models, or one of it.
pub(super) fn models(path: &str) -> Option<Value> {
    let of = |id: &str| json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "perfmod"});
    if path.ends_with("/v1/models") {
        let all = ["gpt-4o", "gpt-4o-mini"].map(of);
        return Some(json!({"object": "list", "data": all}));
    }
    path.rsplit_once("/v1/models/").filter(|(_, id)| !id.is_empty()).map(|(_, id)| of(id))
}
