//! The clients that people use, unmodified, against the stub: right rewritings are validated, swapped answers are not.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "what was measured is part of a test's output")]

use perfmod::{
    facts::Verdict,
    project::python,
    validate::{Outcome, Program, Request, validate},
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// Validates two scripts in the environment that the first one's header asks for.
fn check(original: &str, rewritten: &str) -> Outcome {
    check_with(original, rewritten, |_| ())
}

fn check_with(original: &str, rewritten: &str, adjust: impl FnOnce(&mut Request<'_>)) -> Outcome {
    let envs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs");
    let script = Path::new("main.py");
    let python = python::with_header(script, original, Some(&envs), &mut |line| eprintln!("{line}"))
        .unwrap_or_else(|error| panic!("{error}"))
        .expect("the script has a header");
    let folder = tempfile::tempdir().expect("a folder");
    let program = |text: &str| Program::of(vec![(PathBuf::from("main.py"), text.as_bytes().to_vec())]);
    let mut request = Request::new(folder.path(), script, &python, program(original), program(rewritten));
    // What survives a failure is another question: `gather` loses the lines that the original has printed by then.
    request.faults = 0;
    request.executable = Some(Path::new(env!("CARGO_BIN_EXE_perfmod")));
    adjust(&mut request);
    let start = Instant::now();
    let outcome = validate(&request, &mut |_| ());
    eprintln!(
        "{} runs in {:.1} s: {:?}",
        outcome.evidence.runs,
        start.elapsed().as_secs_f64(),
        outcome.evidence.stages
    );
    outcome
}

#[track_caller]
fn validated(original: &str, rewritten: &str) {
    let outcome = check(original, rewritten);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    assert!(outcome.evidence.max_in_flight > 5, "{outcome:#?}");
    assert!(outcome.evidence.schedules.len() == 8, "{outcome:#?}");
}

const OPENAI: &str = "\
# /// script
# dependencies = [\"openai\"]
# ///
import asyncio, json
from openai import OpenAI, AsyncOpenAI
prompts = [f'Question {i}?\\nA. yes\\nB. no\\nC. maybe\\nAnswer:' for i in range(20)]
def messages(prompt):
    return [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': prompt}]
";

#[test]
fn the_newest_openai_client_from_sync_to_async() {
    let original = format!(
        "{OPENAI}
client = OpenAI()
for i, prompt in enumerate(prompts):
    r = client.chat.completions.create(model='gpt-4o', messages=messages(prompt), temperature=0.7)
    print(i, r.choices[0].message.content, r.usage.total_tokens)
"
    );
    let rewritten = format!(
        "{OPENAI}
async def main():
    async with AsyncOpenAI() as client:
        async def ask(prompt):
            return await client.chat.completions.create(model='gpt-4o', messages=messages(prompt), temperature=0.7)
        tasks = [asyncio.create_task(ask(prompt)) for prompt in prompts]
        for i, task in enumerate(ORDER):
            r = await task
            print(i, r.choices[0].message.content, r.usage.total_tokens)
asyncio.run(main())
"
    );
    validated(&original, &rewritten.replace("ORDER", "tasks"));
    let outcome = check(&original, &rewritten.replace("ORDER", "asyncio.as_completed(tasks)"));
    assert_eq!(outcome.verdict, Verdict::Refuted, "{outcome:#?}");
}

/// A program that checks the answers with the client's own types, run as both versions.
#[track_caller]
fn answered(program: &str) {
    let outcome = check_with(program, program, |request| {
        request.any_change = true;
        request.schedules = 1;
    });
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
}

#[test]
fn answers_are_what_openais_types_ask_for() {
    answered(
        "# /// script
# dependencies = [\"openai\", \"httpx\", \"requests\", \"tqdm\"]
# ///
import json
from openai import OpenAI
from openai.types import Completion, CreateEmbeddingResponse, ModerationCreateResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel

client = OpenAI()

def strict(cls, raw):
    return cls.model_validate_json(raw.text, strict=True)

class Verdict(BaseModel):
    label: str
    score: int
    tags: list[str]

schema = {**Verdict.model_json_schema(), 'additionalProperties': False}
tool = {'type': 'function', 'function': {'name': 'rate', 'parameters': schema}}
own = {'type': 'function', 'name': 'rate', 'parameters': schema, 'strict': True}
chat = client.chat.completions
raw = chat.with_raw_response
kinds = set()
for i in range(12):
    messages = [{'role': 'user', 'content': f'Rate {i}'}]
    r = strict(ChatCompletion, raw.create(model='m', messages=messages, tools=[tool], n=2, logprobs=True, top_logprobs=2))
    kinds.add(bool(r.choices[0].message.tool_calls))
    assert len(r.choices) == 2 and r.usage.total_tokens == r.usage.prompt_tokens + r.usage.completion_tokens
    for call in r.choices[0].message.tool_calls or []:
        Verdict.model_validate_json(call.function.arguments)
        messages += [r.choices[0].message.model_dump(exclude_none=True), {'role': 'tool', 'tool_call_id': call.id, 'content': 'ok'}]
    if len(messages) > 1:
        assert chat.create(model='m', messages=messages, tools=[tool]).choices[0].message.content
    r = strict(Response, client.responses.with_raw_response.create(model='m', input=f'Rate {i}', tools=[own]))
    kinds.add(r.output[0].type)
    print(i, r.output_text or r.output[0].arguments)
    assert chat.parse(model='m', messages=messages[:1], response_format=Verdict).choices[0].message.parsed.label
    assert client.responses.parse(model='m', input=f'{i}', text_format=Verdict).output_parsed.label
    json.loads(chat.create(model='m', messages=messages[:1], response_format={'type': 'json_object'}).choices[0].message.content)
    whole = chat.create(model='m', messages=messages[:1], temperature=0).choices[0].message.content
    parts = chat.create(model='m', messages=messages[:1], temperature=0, stream=True, stream_options={'include_usage': True})
    streamed = [part for part in parts]
    assert ''.join(p.choices[0].delta.content or '' for p in streamed if p.choices) and streamed[-1].usage
    assert strict(ModerationCreateResponse, client.moderations.with_raw_response.create(input=[f'text {i}', 'b'])).results[1]
assert kinds == {True, False, 'message', 'function_call'}, kinds
assert strict(Completion, client.completions.with_raw_response.create(model='m', prompt=['a', 'b'], logprobs=2)).choices[1].text
assert ''.join(p.choices[0].text for p in client.completions.create(model='m', prompt='a', stream=True))
assert len(strict(CreateEmbeddingResponse, client.embeddings.with_raw_response.create(model='m', input='a', encoding_format='float')).data[0].embedding) == 1536
assert [model.id for model in client.models.list()][0] == 'gpt-4o'
same = [chat.create(model='m', messages=[{'role': 'user', 'content': 'x'}]).choices[0].message.content for _ in range(4)]
cold = [chat.create(model='m', messages=[{'role': 'user', 'content': 'x'}], temperature=0).choices[0].message.content for _ in range(4)]
assert len(set(same)) > 1 and len(set(cold)) == 1, (same, cold)
print(same)
",
    );
}

mod full {
    use super::{OPENAI, answered, check_with, validated};
    use perfmod::facts::Verdict;

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn answers_are_what_anthropics_types_ask_for() {
        answered(
            "# /// script
# dependencies = [\"anthropic\"]
# ///
from anthropic import Anthropic
from anthropic.types import Message, MessageTokensCount

client = Anthropic()
tool = {'name': 'rate', 'input_schema': {'type': 'object', 'properties': {'score': {'type': 'integer'}}, 'required': ['score']}}
kinds = set()
for i in range(12):
    messages = [{'role': 'user', 'content': f'Rate {i}'}]
    arguments = dict(model='m', max_tokens=9, messages=messages)
    r = Message.model_validate_json(client.messages.with_raw_response.create(**arguments, tools=[tool]).http_response.text, strict=True)
    kinds.add(r.stop_reason)
    if r.stop_reason == 'tool_use':
        use = r.content[0]
        assert isinstance(use.input['score'], int)
        after = [*messages, {'role': 'assistant', 'content': [use.model_dump()]},
            {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': use.id, 'content': 'ok'}]}]
        assert client.messages.create(model='m', max_tokens=9, messages=after, tools=[tool]).content[0].text
    forced = client.messages.create(**arguments, tools=[tool], tool_choice={'type': 'tool', 'name': 'rate'})
    with client.messages.stream(**arguments, tools=[tool], tool_choice={'type': 'tool', 'name': 'rate'}) as stream:
        assert stream.get_final_message().content[0].input['score'] is not None
    with client.messages.stream(**arguments) as stream:
        print(i, forced.content[0].input, stream.get_final_text())
    begun = [{'role': 'user', 'content': 'Answer in JSON with \"a\": 1'}, {'role': 'assistant', 'content': '{'}]
    assert not client.messages.create(model='m', max_tokens=9, messages=begun).content[0].text.startswith('{')
MessageTokensCount.model_validate_json(client.messages.with_raw_response.count_tokens(model='m', messages=messages).http_response.text, strict=True)
assert kinds == {'tool_use', 'end_turn'}, kinds
",
        );
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn answers_are_what_other_clients_ask_for() {
        answered(
            "# /// script
# dependencies = [\"google-genai\", \"ollama\", \"cohere\", \"requests\"]
# requires-python = \">=3.10\"
# ///
import os, requests
from google import genai
from google.genai import types
from pydantic import BaseModel

class Verdict(BaseModel):
    label: str
    score: int

client = genai.Client(api_key='x')
config = types.GenerateContentConfig(response_mime_type='application/json', response_schema=Verdict, system_instruction='Be brief.')
for i in range(6):
    r = client.models.generate_content(model='gemini-2.0-flash', contents=f'Rate {i}', config=config)
    print(i, r.parsed.label, r.parsed.score, r.usage_metadata.total_token_count)
    assert client.models.generate_content(model='gemini-2.0-flash', contents='Answer yes or no.').text in ('Yes', 'No')
assert ''.join(part.text for part in client.models.generate_content_stream(model='g', contents='a'))
assert len(client.models.embed_content(model='e', contents=['a', 'b']).embeddings) == 2
assert client.models.count_tokens(model='g', contents='a b').total_tokens > 0

import ollama
local = ollama.Client(host='http://127.0.0.1:11434')
for i in range(4):
    messages = [{'role': 'user', 'content': f'Rate {i}'}]
    print(local.chat(model='m', messages=messages).message.content, local.generate(model='m', prompt=f'{i}').response)
    Verdict.model_validate_json(local.chat(model='m', messages=messages, format=Verdict.model_json_schema()).message.content)
    assert ''.join(part.message.content for part in local.chat(model='m', messages=messages, stream=True))
assert len(local.embed(model='m', input=['a', 'b']).embeddings) == 2

import cohere
co = cohere.ClientV2(api_key='x')
for i in range(3):
    print(co.chat(model='m', messages=[{'role': 'user', 'content': f'{i}'}]).message.content[0].text)
assert len(co.embed(model='m', texts=['a'], input_type='search_query', embedding_types=['float']).embeddings.float_[0]) == 1024
assert [r.index for r in co.rerank(model='m', query='a', documents=['b', 'c', 'd'], top_n=2).results]
hf = 'https://api-inference.huggingface.co/models/'
print(requests.post(hf + 'gpt2', json={'inputs': 'a'}).json()[0]['generated_text'])
print(requests.post(hf + 'facebook/bart-large-mnli', json={'inputs': 'a', 'parameters': {'candidate_labels': ['x', 'y']}}).json()['labels'])
",
        );
    }

    /// One body with `MAP` in place of what maps a function over the prompts: `map`, then a pool's.
    fn threads(text: &str) {
        let pool = "from concurrent.futures import ThreadPoolExecutor\n";
        let rewritten =
            text.replacen("import ", &format!("{pool}import "), 1).replace("MAP(", "ThreadPoolExecutor(10).map(");
        validated(&text.replace("MAP(", "map("), &rewritten);
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn openai_threads_with_embeddings_tools_and_schemas() {
        threads(&format!(
            "{OPENAI}
from pydantic import BaseModel
class Verdict(BaseModel):
    label: str
    score: int
client = OpenAI()
tool = {{'type': 'function', 'function': {{'name': 'rate', 'parameters': Verdict.model_json_schema()}}}}
def work(prompt):
    vector = client.embeddings.create(model='text-embedding-3-small', input=[prompt, 'b']).data[0].embedding
    parsed = client.chat.completions.parse(model='m', messages=messages(prompt), response_format=Verdict)
    called = client.chat.completions.create(model='m', messages=messages(prompt), tools=[tool],
        tool_choice={{'type': 'function', 'function': {{'name': 'rate'}}}})
    said = client.responses.create(model='m', input=prompt, instructions='Be brief.').output_text
    old = client.completions.create(model='m', prompt=prompt, logprobs=2, n=2).choices[1].text
    many = client.chat.completions.create(model='m', messages=messages(prompt), logprobs=True, top_logprobs=3, n=2)
    top = [t.token for t in many.choices[1].logprobs.content[0].top_logprobs]
    return [len(vector), vector[0], parsed.choices[0].message.parsed.score,
        called.choices[0].message.tool_calls[0].function.arguments, said, old, top]
for row in MAP(work, prompts):
    print(json.dumps(row))
"
        ));
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn openai_1_40() {
        threads(
            "# /// script
# dependencies = [\"openai==1.40.0\", \"httpx<0.28\"]
# requires-python = \"<3.14\"
# ///
import os
from openai import OpenAI
client = OpenAI()
def work(i):
    r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': f'Rate {i} on a scale of 1 to 10'}])
    return r.choices[0].message.content
for line in MAP(work, range(12)):
    print(line)
",
        );
    }

    const OPENAI_0: &str = "\
# /// script
# dependencies = [\"openai==0.28.1\"]
# requires-python = \">=3.8,<3.12\"
# ///
import asyncio, openai
names = [f'name {i}' for i in range(12)]
def arguments(name):
    return dict(model='m', messages=[{'role': 'user', 'content': name}], request_timeout=30)
";

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn openai_0_28_from_sync_to_async() {
        validated(
            &format!(
                "{OPENAI_0}
for name in names:
    print(openai.ChatCompletion.create(**arguments(name))['choices'][0]['message']['content'])
"
            ),
            &format!(
                "{OPENAI_0}
async def main():
    tasks = [asyncio.create_task(openai.ChatCompletion.acreate(**arguments(name))) for name in names]
    for task in tasks:
        print((await task)['choices'][0]['message']['content'])
asyncio.run(main())
"
            ),
        );
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn anthropic() {
        threads(
            "# /// script
# dependencies = [\"anthropic\"]
# ///
import anthropic
client = anthropic.Anthropic()
def work(i):
    r = client.messages.create(model='claude', max_tokens=50, system='Answer yes or no.', messages=[{'role': 'user', 'content': f'Is {i} odd?'}])
    return r.content[0].text, r.usage.output_tokens
for line in MAP(work, range(12)):
    print(*line)
",
        );
    }

    const PLAIN: &str = "\
# /// script
# dependencies = [\"requests\", \"httpx\", \"aiohttp\"]
# ///
import asyncio, os
import aiohttp, httpx, requests
url = 'https://openrouter.ai/api/v1/chat/completions'
headers = {'Authorization': 'Bearer ' + os.environ['OPENROUTER_API_KEY']}
def body(i):
    return {'model': 'm', 'messages': [{'role': 'user', 'content': f'Question {i}'}]}
def text(data):
    return data['choices'][0]['message']['content']
";

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn requests_to_aiohttp_and_httpx() {
        let original = format!(
            "{PLAIN}\nfor i in range(12):\n    print(text(requests.post(url, json=body(i), headers=headers).json()))\n"
        );
        let aiohttp = "
async def main():
    async with aiohttp.ClientSession() as session:
        async def ask(i):
            async with session.post(url, json=body(i), headers=headers) as response:
                return text(await response.json())
        for line in await asyncio.gather(*(ask(i) for i in range(12))):
            print(line)
asyncio.run(main())
";
        let httpx = "
async def main():
    async with httpx.AsyncClient() as client:
        async def ask(i):
            return text((await client.post(url, json=body(i), headers=headers)).json())
        for line in await asyncio.gather(*(ask(i) for i in range(12))):
            print(line)
asyncio.run(main())
";
        validated(&original, &format!("{PLAIN}{aiohttp}"));
        validated(&original, &format!("{PLAIN}{httpx}"));
    }

    /// Runs both under faults, the client's time-out among them.
    #[track_caller]
    fn times_out(original: &str, rewritten: &str, lost: Option<&str>) {
        let fault = "no answer for the middle item";
        let under = |rewritten: &str| {
            check_with(original, rewritten, |request| (request.schedules, request.faults, request.mutants) = (2, 6, 0))
        };
        let outcome = under(rewritten);
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
        assert!(outcome.evidence.faults.iter().any(|name| name == fault), "{outcome:#?}");
        if let Some(lost) = lost {
            let outcome = under(lost);
            let reason = outcome.evidence.reason.clone().unwrap_or_default();
            assert!(outcome.verdict == Verdict::Refuted && reason.contains(fault), "{outcome:#?}");
        }
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn time_outs_of_requests_httpx_and_aiohttp() {
        let told = |error: &str| {
            format!(
                "    except ({error}) as error:\n        print('no answer' if 'imeout' in type(error).__name__ else 'failed')\n"
            )
        };
        let original = format!(
            "{PLAIN}
for i in range(12):
    try:
        print(text(requests.post(url, json=body(i), headers=headers, timeout=60).json()))
{}",
            told("requests.RequestException, KeyError, ValueError")
        );
        let gathered = |made: &str, ask: &str, error: &str| {
            format!(
                "{PLAIN}
async def main():
    async with {made} as client:
        async def ask(i):
            {ask}
        for task in [asyncio.create_task(ask(i)) for i in range(12)]:
            try:
                print(await task)
        {}asyncio.run(main())
",
                told(error).replace("\n    ", "\n            ")
            )
        };
        let aiohttp = gathered(
            "aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))",
            "async with client.post(url, json=body(i), headers=headers) as response:\n                return text(await response.json())",
            "aiohttp.ClientError, asyncio.TimeoutError, KeyError, ValueError",
        );
        let lost = aiohttp.replace("total=60", "total=None");
        times_out(&original, &aiohttp, Some(&lost));
        let httpx = gathered(
            "httpx.AsyncClient(timeout=60)",
            "return text((await client.post(url, json=body(i), headers=headers)).json())",
            "httpx.HTTPError, KeyError, ValueError",
        );
        times_out(&original, &httpx, None);
        // A client for each call: of threads that share one, a call was lost once (compare encode/httpcore, issue 1110).
        let threads = original.replace(
            "for i in range(12):",
            "from concurrent.futures import ThreadPoolExecutor\ndef ask(i):\n    return text(httpx.post(url, json=body(i), headers=headers, timeout=60).json())\nfor future in [ThreadPoolExecutor(12).submit(ask, i) for i in range(12)]:",
        );
        let threads = threads
            .replace("text(requests.post(url, json=body(i), headers=headers, timeout=60).json())", "future.result()")
            .replace("requests.RequestException", "httpx.HTTPError");
        times_out(&original, &threads, None);
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn the_time_out_of_openai_is_ten_minutes_and_is_tried_again() {
        let ask = "client.chat.completions.create(model='gpt-4o', messages=messages(prompt))";
        let original = format!(
            "{OPENAI}
import openai, time
client = OpenAI()
for prompt in prompts:
    began = time.time()
    try:
        print({ask}.choices[0].message.content)
    except (openai.OpenAIError, ValueError, AttributeError) as error:
        print(type(error).__name__, (time.time() - began) // 1000)
"
        );
        let rewritten = format!(
            "{OPENAI}
import openai, time
async def main():
    async with AsyncOpenAI() as client:
        began = time.time()
        async def ask(prompt):
            return await {ask}
        for task in [asyncio.create_task(ask(prompt)) for prompt in prompts]:
            try:
                print((await task).choices[0].message.content)
            except (openai.OpenAIError, ValueError, AttributeError) as error:
                print(type(error).__name__, (time.time() - began) // 1000)
asyncio.run(main())
"
        );
        times_out(&original, &rewritten, Some(&rewritten.replace("AsyncOpenAI()", "AsyncOpenAI(timeout=None)")));
    }
}

/// Asked through the standard library, so that only what holds the results is installed.
const TABLES: &str = "\
# /// script
# dependencies = [\"numpy\", \"pandas\", \"pydantic\"]
# ///
import dataclasses, json, urllib.request
import numpy as np, pandas as pd, pydantic
from concurrent.futures import ThreadPoolExecutor
@dataclasses.dataclass
class Row:
    name: str
    score: float
class Model(pydantic.BaseModel):
    model_config = {'extra': 'allow'}
    name: str
    score: float
def ask(i):
    body = {'model': 'gpt-4o', 'messages': [{'role': 'user', 'content': f'Item {i}'}]}
    head = {'content-type': 'application/json', 'authorization': 'Bearer x'}
    url = 'https://api.openai.com/v1/chat/completions'
    request = urllib.request.Request(url, json.dumps(body).encode(), head)
    return json.load(urllib.request.urlopen(request))['choices'][0]['message']['content']
";

/// Both versions leave their value in `x`; it is all in which they differ.
fn leaving(before: &str, after: &str, tolerance: Option<f64>) -> Outcome {
    let original = format!("{TABLES}answers = [ask(i) for i in range(6)]\nx = {before}\nprint(answers)\n");
    let rewritten =
        format!("{TABLES}answers = list(ThreadPoolExecutor(6).map(ask, range(6)))\nx = {after}\nprint(answers)\n");
    check_with(&original, &rewritten, |request| {
        (request.schedules, request.faults, request.mutants, request.tolerance) = (2, 0, 1, tolerance);
    })
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn arrays_tables_and_models_are_compared_strictly() {
    const SAME: &str = "[np.array([1.0, np.nan]), pd.DataFrame({'a': [1.5, None], 'b': pd.Categorical(['p', 'q'])}), pd.NaT, pd.NA, np.float32(1), Row('a', 1.0), Model(name='a', score=1, more=2)]";
    let outcome = leaving(SAME, SAME, None);
    assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    for (before, after, told) in [
        ("np.arange(3)", "np.arange(3, dtype='int32')", "x.dtype differs"),
        ("np.array([1.0, 0.25])", "np.array([1.0, 0.5])", "x[1] differs at the end:\n  original:  0.25"),
        ("np.array([np.nan])", "np.array([0.0])", "x[0] differs"),
        ("np.zeros((2, 3))", "np.zeros((3, 2))", "x.shape differs"),
        ("pd.DataFrame({'a': [1], 'b': [2]})", "pd.DataFrame({'b': [2], 'a': [1]})", "x.columns differs"),
        ("pd.DataFrame({'a': [1, 2]})", "pd.DataFrame({'a': [1.0, 2.0]})", "x[\"a\"].dtype differs"),
        ("pd.DataFrame({'a': [1.0, np.nan]})", "pd.DataFrame({'a': [1.0, 0.0]})", "x[\"a\"][1] differs"),
        ("pd.Series([1, 2])", "pd.Series([1, 2], index=[1, 0])", "x.index"),
        ("pd.Categorical(['a'], ['a', 'b'])", "pd.Categorical(['a'], ['b', 'a'])", "the variable x"),
        ("[np.zeros(2)] * 2", "[np.zeros(2), np.zeros(2)]", "x[1] differs"),
        ("Row('a', 1.0)", "Row('a', 1)", "x.score differs"),
        ("Model(name='a', score=1)", "Model(name='a', score=2)", "x.score differs"),
        ("Model(name='a', score=1, more=2)", "Model(name='a', score=1, more=3)", "x.more differs"),
    ] {
        let outcome = leaving(before, after, None);
        let reason = outcome.evidence.reason.unwrap_or_default();
        assert!(outcome.verdict == Verdict::Refuted && reason.contains(told), "{before}, {after}: {reason}");
    }
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn a_tolerance_is_taken_in_the_width_of_the_floats() {
    for (before, after, relation) in [
        ("np.array([0.1]) + 0.2", "np.array([0.3])", "within 1 ULP"),
        ("np.ones(3, 'float32')", "np.nextafter(np.ones(3, 'float32'), np.float32(2))", "within 1 ULP"),
        ("np.ones(9000)", "np.ones(9000) + 1e-9", "within tolerance 1e-6"),
        ("pd.DataFrame({'a': [1.0]})", "pd.DataFrame({'a': [1.0 + 1e-9]})", "within tolerance 1e-6"),
        ("np.save('x.npy', np.ones(3)) or 0", "np.save('x.npy', np.ones(3) + 1e-9) or 0", "within tolerance 1e-6"),
    ] {
        let outcome = leaving(before, after, Some(1e-6));
        assert_eq!(outcome.evidence.relation.as_deref(), Some(relation), "{before}: {outcome:#?}");
        assert_eq!(outcome.verdict, Verdict::Validated, "{outcome:#?}");
    }
    let (before, after) = ("np.save('x.npy', np.eye(3)) or 0", "np.save('x.npy', np.eye(3) * 2) or 0");
    let reason = leaving(before, after, Some(1e-6)).evidence.reason.unwrap_or_default();
    assert!(reason.contains("x.npy, element [0, 0]: 1.0 in the original, 2.0 in the rewritten"), "{reason}");
}
