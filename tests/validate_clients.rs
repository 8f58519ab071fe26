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
    let envs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs");
    let script = Path::new("main.py");
    let python = python::with_header(script, original, Some(&envs), &mut |line| eprintln!("{line}"))
        .unwrap_or_else(|error| panic!("{error}"))
        .expect("the script has a header");
    let folder = tempfile::tempdir().expect("a folder");
    let program = |text: &str| Program::of(vec![(PathBuf::from("main.py"), text.as_bytes().to_vec())]);
    let mut request = Request::new(folder.path(), script, &python, program(original), program(rewritten));
    request.executable = Some(Path::new(env!("CARGO_BIN_EXE_perfmod")));
    let start = Instant::now();
    let outcome = validate(&request, &mut |_| ());
    eprintln!("{} runs in {:.1} s: {:?}", outcome.evidence.runs, start.elapsed().as_secs_f64(), outcome.measured);
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

#[cfg(feature = "full")]
mod full {
    use super::{OPENAI, validated};

    /// One body with `MAP` in place of what maps a function over the prompts: `map`, then a pool's.
    fn threads(text: &str) {
        let pool = "from concurrent.futures import ThreadPoolExecutor\n";
        let rewritten =
            text.replacen("import ", &format!("{pool}import "), 1).replace("MAP(", "ThreadPoolExecutor(10).map(");
        validated(&text.replace("MAP(", "map("), &rewritten);
    }

    #[test]
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
}
