//! Google's Gemini API, also as Vertex AI has it.

use super::{Asked, schema, text, usage, words::Draw};
use serde_json::{Value, json};

/// `contents` as chat messages.
fn prompt(body: &Value) -> text::Prompt {
    let contents = match &body["contents"] {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    };
    let messages: Vec<Value> =
        contents.iter().map(|content| json!({"content": text::plain(&content["parts"])})).collect();
    let system =
        if body["systemInstruction"].is_object() { &body["systemInstruction"] } else { &body["system_instruction"] };
    text::Prompt::from_messages(&json!(messages), &text::plain(&system["parts"]))
}

fn model<'a>(asked: &Asked<'a>) -> &'a str {
    let name = asked.path.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or("stub")
}

/// A schema in Google's words: types are in capitals.
fn plain_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match value {
                Value::String(kind) if name == "type" => (name.clone(), json!(kind.to_lowercase())),
                other => (name.clone(), plain_schema(other)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(plain_schema).collect(),
        other => other.clone(),
    }
}

pub(super) fn generate(asked: &Asked<'_>, draw: &mut Draw) -> Result<Value, String> {
    let body = asked.body;
    let config =
        if body["generationConfig"].is_object() { &body["generationConfig"] } else { &body["generation_config"] };
    let either = |a: &str, b: &str| if config[a].is_null() { config[b].clone() } else { config[a].clone() };
    let schema = [either("responseSchema", "response_schema"), either("responseJsonSchema", "response_json_schema")];
    let schema = schema.iter().find(|schema| schema.is_object()).map(plain_schema);
    let format = match (schema, either("responseMimeType", "response_mime_type").as_str()) {
        (Some(schema), _) => json!({"type": "json_schema", "json_schema": {"schema": schema}}),
        (None, Some("application/json")) => json!({"type": "json_object"}),
        _ => Value::Null,
    };
    let prompt = prompt(body);
    let (mut candidates, mut all) = (Vec::new(), String::new());
    for index in 0..either("candidateCount", "candidate_count").as_u64().unwrap_or(1).clamp(1, 16) {
        let part = match tool(body, draw) {
            Some((name, args)) => json!({"functionCall": {"name": name, "args": args}}),
            None => json!({"text": text::reply(&prompt, &format, draw)}),
        };
        all += part["text"].as_str().unwrap_or_default();
        let content = json!({"parts": [part], "role": "model"});
        candidates.push(json!({"content": content, "finishReason": "STOP", "index": index, "avgLogprobs": -0.1}));
    }
    let (sent, told) = usage(&prompt.all, &all);
    Ok(json!({"candidates": candidates, "modelVersion": model(asked), "responseId": draw.hex(22),
        "usageMetadata": {"promptTokenCount": sent, "candidatesTokenCount": told, "totalTokenCount": sent + told}}))
}

fn tool(body: &Value, draw: &mut Draw) -> Option<(String, Value)> {
    let functions: Vec<&Value> = body["tools"]
        .as_array()?
        .iter()
        .flat_map(|tool| tool["functionDeclarations"].as_array().or(tool["function_declarations"].as_array()))
        .flatten()
        .collect();
    let config = &body["toolConfig"]["functionCallingConfig"];
    let last = body["contents"].as_array().and_then(|all| all.last()).and_then(|last| last["parts"].as_array());
    let answered = last.is_some_and(|parts| parts.iter().any(|part| part["functionResponse"].is_object()));
    let forced = config["mode"] == "ANY";
    if functions.is_empty() || config["mode"] == "NONE" || !forced && (answered || draw.below(4) == 0) {
        return None;
    }
    let allowed = config["allowedFunctionNames"].as_array();
    let open: Vec<&&Value> =
        functions.iter().filter(|function| allowed.is_none_or(|names| names.contains(&function["name"]))).collect();
    let function = open.get(draw.below(open.len()))?;
    let parameters =
        ["parameters", "parametersJsonSchema"].iter().map(|key| &function[*key]).find(|schema| schema.is_object());
    let arguments = parameters.map_or_else(|| json!({}), |schema| schema::fill(&plain_schema(schema), draw));
    Some((function["name"].as_str()?.to_owned(), arguments))
}

fn vector(request: &Value, model: &str) -> Value {
    let size = request["outputDimensionality"].as_u64().or(request["output_dimensionality"].as_u64()).unwrap_or(768);
    let text = text::plain(&request["content"]["parts"]);
    json!({"values": Draw::new(&format!("{model} {text}")).unit_vector(usize::try_from(size).unwrap_or(768).clamp(1, 8192))})
}

pub(super) fn embed(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    Ok(json!({"embedding": vector(asked.body, model(asked))}))
}

pub(super) fn embed_many(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    let requests = asked.body["requests"].as_array().ok_or("it has no requests")?;
    Ok(json!({"embeddings": requests.iter().map(|request| vector(request, model(asked))).collect::<Vec<_>>()}))
}

pub(super) fn count(asked: &Asked<'_>, _: &mut Draw) -> Result<Value, String> {
    Ok(json!({"totalTokens": usage(&prompt(asked.body).all, "").0}))
}
