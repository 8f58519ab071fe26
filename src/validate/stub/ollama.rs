//! Ollama's own API. (It speaks OpenAI's as well.)

use super::{Asked, schema, text, usage, words::Draw};
use serde_json::{Value, json};

/// `format`, as the chat endpoint of OpenAI would have it.
fn format(body: &Value) -> Value {
    match &body["format"] {
        Value::String(kind) if kind == "json" => json!({"type": "json_object"}),
        schema @ Value::Object(_) => json!({"type": "json_schema", "json_schema": {"schema": schema}}),
        _ => Value::Null,
    }
}

fn done(body: &Value, prompt: &str, said: &str, own: (&str, Value)) -> Value {
    let (sent, told) = usage(prompt, said);
    let mut answer = json!({"model": body["model"], "created_at": "2024-01-01T00:00:00.000000Z"});
    answer[own.0] = own.1;
    let rest = json!({"done": true, "done_reason": "stop", "total_duration": 100_000_000, "load_duration": 1_000_000,
        "prompt_eval_count": sent, "prompt_eval_duration": 10_000_000, "eval_count": told, "eval_duration": 80_000_000});
    for (name, value) in rest.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    answer
}

pub(super) fn chat(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let prompt = text::Prompt::from_messages(&body["messages"], "");
    let answered = body["messages"].as_array().and_then(|all| all.last()).is_some_and(|last| last["role"] == "tool");
    let tools = body["tools"].as_array().filter(|tools| !tools.is_empty() && !answered);
    if let Some(tools) = tools
        && draw.below(4) > 0
        && let Some(function) = tools.get(draw.below(tools.len())).map(|tool| &tool["function"])
    {
        let call =
            json!({"function": {"name": function["name"], "arguments": schema::fill(&function["parameters"], draw)}});
        let message = json!({"role": "assistant", "content": "", "tool_calls": [call]});
        return Ok(done(body, &prompt.all, "", ("message", message)));
    }
    let said = text::reply(&prompt, &format(body), draw);
    let message = json!({"role": "assistant", "content": said});
    Ok(done(body, &prompt.all, &said, ("message", message)))
}

pub(super) fn generate(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let question = json!([{"content": body["prompt"]}]);
    let prompt = text::Prompt::from_messages(&question, &text::plain(&body["system"]));
    let said = text::reply(&prompt, &format(body), draw);
    Ok(done(body, &prompt.all, &said, ("response", json!(said))))
}

fn vector(model: &Value, text: &Value) -> Vec<f32> {
    Draw::new(&format!("{model} {text}")).unit_vector(768)
}

pub(super) fn embed(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let inputs = body["input"].as_array().cloned().unwrap_or_else(|| vec![body["input"].clone()]);
    let vectors: Vec<Vec<f32>> = inputs.iter().map(|input| vector(&body["model"], input)).collect();
    Ok(json!({"model": body["model"], "embeddings": vectors, "total_duration": 1_000_000, "load_duration": 1_000,
        "prompt_eval_count": inputs.len() * 4}))
}

pub(super) fn embedding(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    Ok(json!({"embedding": vector(&asked.body["model"], &asked.body["prompt"])}))
}
