//! Answers as streams: the same content as without one, a token at a time.

use super::words::tokens;
use serde_json::{Value, json};

/// The stream that a request asks for, and its content type; `None` where it asks for none. The error says that there is none of
/// this endpoint.
pub(super) fn of(path: &str, body: &Value, answer: &Value) -> Result<Option<(String, &'static str)>, String> {
    const EVENTS: &str = "text/event-stream";
    let own = path.contains("/api/");
    let asks = body["stream"] == json!(true) || path.ends_with(":streamGenerateContent");
    if own && (path.ends_with("/api/chat") || path.ends_with("/api/generate")) {
        // Ollama streams unless it is told not to.
        return Ok((body["stream"] != json!(false)).then(|| (lines(answer), "application/x-ndjson")));
    }
    if !asks {
        return Ok(None);
    }
    let text = match path {
        _ if path.ends_with("/chat/completions") => chat(body, answer),
        _ if path.ends_with("/completions") => completion(answer),
        _ if path.ends_with("/v1/messages") => message(answer),
        _ if path.ends_with(":streamGenerateContent") => format!("data: {answer}\r\n\r\n"),
        _ => return Err("it asks for a streamed answer".to_owned()),
    };
    Ok(Some((text, EVENTS)))
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn chat(body: &Value, answer: &Value) -> String {
    let head = |choices: Value| {
        json!({"id": answer["id"], "object": "chat.completion.chunk", "created": answer["created"], "model": answer["model"],
            "system_fingerprint": null, "choices": choices})
    };
    let mut out = String::new();
    let mut add = |index: &Value, delta: Value, reason: Value| {
        out += &data(&head(json!([{"index": index, "delta": delta, "logprobs": null, "finish_reason": reason}])));
    };
    for choice in answer["choices"].as_array().into_iter().flatten() {
        let (index, message) = (&choice["index"], &choice["message"]);
        add(index, json!({"role": "assistant", "content": ""}), Value::Null);
        for token in message["content"].as_str().map(tokens).unwrap_or_default() {
            add(index, json!({"content": token}), Value::Null);
        }
        for (nth, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let mut call = call.clone();
            call["index"] = json!(nth);
            add(index, json!({"tool_calls": [call]}), Value::Null);
        }
        add(index, json!({}), choice["finish_reason"].clone());
    }
    if body["stream_options"]["include_usage"] == json!(true) {
        let mut last = head(json!([]));
        last["usage"] = answer["usage"].clone();
        out += &data(&last);
    }
    out + "data: [DONE]\n\n"
}

fn completion(answer: &Value) -> String {
    let mut out = String::new();
    for choice in answer["choices"].as_array().into_iter().flatten() {
        let said = tokens(choice["text"].as_str().unwrap_or_default());
        for (nth, token) in said.iter().enumerate() {
            let reason = if nth + 1 == said.len() { choice["finish_reason"].clone() } else { Value::Null };
            let choice = json!({"text": token, "index": choice["index"], "logprobs": null, "finish_reason": reason});
            out += &data(
                &json!({"id": answer["id"], "object": "text_completion", "created": answer["created"], "model": answer["model"],
                "choices": [choice]}),
            );
        }
    }
    out + "data: [DONE]\n\n"
}

fn message(answer: &Value) -> String {
    let mut out = String::new();
    let mut add =
        |event: Value| out += &format!("event: {}\n{}", event["type"].as_str().unwrap_or_default(), data(&event));
    let mut begun = answer.clone();
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    begun["usage"]["output_tokens"] = json!(1);
    add(json!({"type": "message_start", "message": begun}));
    for (index, block) in answer["content"].as_array().into_iter().flatten().enumerate() {
        let is_text = block["type"] == "text";
        let mut empty = block.clone();
        empty[if is_text { "text" } else { "input" }] = if is_text { json!("") } else { json!({}) };
        add(json!({"type": "content_block_start", "index": index, "content_block": empty}));
        if is_text {
            for token in tokens(block["text"].as_str().unwrap_or_default()) {
                add(
                    json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": token}}),
                );
            }
        } else {
            let input = block["input"].to_string();
            add(
                json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": input}}),
            );
        }
        add(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": answer["stop_reason"], "stop_sequence": null});
    add(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": answer["usage"]["output_tokens"]}}));
    add(json!({"type": "message_stop"}));
    out
}

/// Ollama's stream: an object a line, the last of which is done.
fn lines(answer: &Value) -> String {
    let (mut out, mut last) = (String::new(), answer.clone());
    let part = |token: &str| {
        let mut part = json!({"model": answer["model"], "created_at": answer["created_at"], "done": false});
        if answer["message"].is_object() {
            part["message"] = json!({"role": "assistant", "content": token});
        } else {
            part["response"] = json!(token);
        }
        format!("{part}\n")
    };
    let said = answer["message"]["content"].as_str().or(answer["response"].as_str()).unwrap_or_default().to_owned();
    tokens(&said).into_iter().filter(|token| !token.is_empty()).for_each(|token| out += &part(token));
    if last["message"].is_object() {
        last["message"]["content"] = json!("");
    } else {
        last["response"] = json!("");
    }
    out + &format!("{last}\n")
}
