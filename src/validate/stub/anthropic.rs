//! Anthropic's messages.

use super::{Asked, schema, text, usage, words::Draw};
use serde_json::{Value, json};

pub(super) fn message(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let prompt = text::Prompt::from_messages(&body["messages"], &text::plain(&body["system"]));
    let tool = tool(body, draw);
    let (content, reason) = match tool {
        Some(tool) => {
            let input = schema::fill(&tool["input_schema"], draw);
            let id = format!("toolu_{}", draw.hex(24));
            (json!({"type": "tool_use", "id": id, "name": tool["name"], "input": input}), "tool_use")
        }
        None => {
            let said = text::reply(&prompt, &Value::Null, draw);
            (json!({"type": "text", "text": behind(&body["messages"], said)}), "end_turn")
        }
    };
    let (sent, told) = usage(&prompt.all, &content.to_string());
    Ok(json!({
        "id": format!("msg_{}", draw.hex(24)), "type": "message", "role": "assistant",
        "model": body["model"].as_str().unwrap_or("stub"), "content": [content], "stop_reason": reason,
        "stop_sequence": null, "usage": {"input_tokens": sent, "output_tokens": told},
    }))
}

/// The tool that is called: the one that is asked for, or, where the choice is left, one three times out of four, and never
/// behind the result of one.
fn tool<'a>(body: &'a Value, draw: &mut Draw) -> Option<&'a Value> {
    let tools: Vec<&Value> = body["tools"].as_array()?.iter().filter(|tool| tool["input_schema"].is_object()).collect();
    let choice = &body["tool_choice"];
    let last = body["messages"].as_array().and_then(|all| all.last());
    let answered = last.is_some_and(|last| {
        last["content"].as_array().is_some_and(|parts| parts.iter().any(|part| part["type"] == "tool_result"))
    });
    match choice["type"].as_str() {
        Some("tool") => tools.into_iter().find(|tool| tool["name"] == choice["name"]),
        Some("any") => tools.get(draw.below(tools.len())).copied(),
        Some("none") => None,
        _ if answered || tools.is_empty() || draw.below(4) == 0 => None,
        _ => tools.get(draw.below(tools.len())).copied(),
    }
}

/// What is said where the program has begun the answer: the rest of it.
fn behind(messages: &Value, said: String) -> String {
    let last = messages.as_array().and_then(|all| all.last()).filter(|last| last["role"] == "assistant");
    let begun = last.map(|last| text::plain(&last["content"])).unwrap_or_default();
    match said.strip_prefix(begun.trim()) {
        Some(rest) => rest.to_owned(),
        None => said,
    }
}

pub(super) fn count(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    let prompt = text::Prompt::from_messages(&asked.body["messages"], &text::plain(&asked.body["system"]));
    Ok(json!({"input_tokens": usage(&prompt.all, "").0}))
}
