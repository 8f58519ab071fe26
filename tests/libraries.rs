//! What the model makes of the catalogue: for each library a loop around its call and look-alikes, and what is written where the
//! library has its own way to be asynchronous.

use perfmod::engine::{Engine, ExecutorChoice, Options};
use perfmod::facts::{Executor, Site, Status};

/// A program that imports something, makes something, and puts an expression in a loop.
fn program(imports: &str, made: &str, expression: &str) -> String {
    format!(
        "{imports}\n\n{made}\n\n\ndef main(xs):\n    for x in xs:\n        print({expression})\n\n\nif __name__ == '__main__':\n    main(open('x.txt').read().split())\n"
    )
}

/// The sites of a program, and its text after the rewriting.
fn judged(text: &str, below_a_folder: bool) -> (Vec<Site>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.py");
    std::fs::write(&path, text).unwrap();
    let engine = Engine::new(None, Options::default()).unwrap();
    let asked = if below_a_folder { folder.path().to_path_buf() } else { path };
    let mut outcome = engine.check(&[asked]).unwrap();
    if outcome.files.is_empty() {
        return (Vec::new(), text.into());
    }
    assert!(outcome.files[0].error.is_none(), "{text}\n{:?}", outcome.files[0].error);
    let all: Vec<usize> = (0..outcome.files[0].patches.len()).collect();
    let written = if below_a_folder { String::new() } else { engine.text_with(&outcome.files[0], &all).unwrap() };
    (outcome.files.remove(0).sites, written)
}

/// What is expected of a site.
#[derive(Clone, Copy)]
enum Is {
    /// Written on an event loop, with this in the text.
    Async(&'static str),
    /// Written with threads.
    Threads,
    /// Written with a caution of this code.
    Care(&'static str),
    /// Blocked by this code.
    Blocked(&'static str),
    /// No site.
    Nothing,
}

/// What is not as expected.
fn trouble(imports: &str, made: &str, expression: &str, expected: Is) -> Option<String> {
    let text = program(imports, made, expression);
    let (sites, written) = judged(&text, false);
    // Below a folder it is the same: the catalogue's names lead to the file.
    let (found, _) = judged(&text, true);
    let shown = |sites: &[Site]| sites.iter().map(|s| format!("{:?} {}", s.status, s.call)).collect::<Vec<_>>();
    let worth =
        |s: &&Site| s.status != Status::Blocked || !s.obstacles.iter().all(|o| o.code.to_string().starts_with("PM9"));
    if shown(&sites) != shown(&found) {
        return Some(format!("{text}by name {:?}, below a folder {:?}", shown(&sites), shown(&found)));
    }
    if let Is::Nothing = expected {
        let seen: Vec<&Site> = sites.iter().filter(worth).collect();
        return (!seen.is_empty()).then(|| format!("{text}{seen:#?}"));
    }
    let [site] = sites.as_slice() else { return Some(format!("{text}{} sites", sites.len())) };
    let cautions: Vec<String> = site.cautions.iter().map(|c| c.code.to_string()).collect();
    let obstacles: Vec<String> = site.obstacles.iter().map(|o| o.code.to_string()).collect();
    let fits = match expected {
        Is::Async(part) => {
            site.status == Status::Ready && site.executor == Some(Executor::Async) && written.contains(part)
        }
        Is::Threads => {
            site.status == Status::Ready
                && site.executor == Some(Executor::Threads)
                && written.contains("reply.result()")
        }
        Is::Care(code) => site.status == Status::Care && cautions.iter().any(|c| c == code) && site.executor.is_some(),
        Is::Blocked(code) => site.status == Status::Blocked && obstacles.iter().any(|o| o == code),
        Is::Nothing => false,
    };
    let told = (site.status, site.executor, &cautions, &obstacles, &site.executor_reason);
    (!fits).then(|| format!("{text}{written}{told:?}"))
}

/// All rows of a table at once, so that one run tells them all.
fn all_are(rows: &[(&str, &str, &str, Is)]) {
    let troubles: Vec<String> = rows
        .iter()
        .filter_map(|(imports, made, expression, expected)| trouble(imports, made, expression, *expected))
        .collect();
    assert!(troubles.is_empty(), "{} of {}\n\n{}", troubles.len(), rows.len(), troubles.join("\n\n----\n\n"));
}

#[test]
fn clients_of_models() {
    let chat = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': x}])";
    all_are(&[
        (
            "from openai import OpenAI",
            "client = OpenAI()",
            chat,
            Is::Async("await cached(\n            client.chat.completions.create"),
        ),
        (
            "from openai import AzureOpenAI",
            "client = AzureOpenAI(api_version='1')",
            chat,
            Is::Async("client = AsyncAzureOpenAI(api_version='1')"),
        ),
        ("from openai import AzureOpenAI", "client = AzureOpenAI(azure_ad_token_provider=f)", chat, Is::Threads),
        (
            "from openai import OpenAI",
            "client = OpenAI()",
            "client.responses.create(model='m', input=x)",
            Is::Async("client.responses.create"),
        ),
        (
            "from openai import OpenAI",
            "client = OpenAI()",
            "client.beta.chat.completions.parse(model='m', messages=[x])",
            Is::Async("client.beta.chat.completions.parse"),
        ),
        (
            "from openai import OpenAI",
            "client = OpenAI()",
            "client.moderations.create(input=x)",
            Is::Async("await client.moderations.create"),
        ),
        (
            "from openai import OpenAI",
            "client = OpenAI()",
            "client.images.generate(prompt=x)",
            Is::Async("await cached.live(client.images.generate"),
        ),
        ("from openai import OpenAI", "client = OpenAI()", "client.files.list()", Is::Nothing),
        ("from openai import OpenAI", "client = OpenAI()", "client.chat.completions.list()", Is::Nothing),
        ("import openai", "", "openai.Moderation.create(input=x)", Is::Threads),
        ("import openai", "", "openai.Image.create(prompt=x)", Is::Async("await cached.live(openai.Image.acreate")),
        ("import openai", "", "openai.Model.list()", Is::Nothing),
        (
            "import anthropic",
            "client = anthropic.AnthropicVertex(region='r', project_id='p')",
            "client.messages.create(model='m', max_tokens=9, messages=[x])",
            Is::Async("client = anthropic.AsyncAnthropicVertex("),
        ),
        (
            "import anthropic",
            "client = anthropic.Anthropic()",
            "client.messages.count_tokens(model='m', messages=[x])",
            Is::Async("await client.messages.count_tokens"),
        ),
        ("import anthropic", "client = anthropic.Anthropic()", "client.messages.batches.list()", Is::Nothing),
        (
            "from google import genai",
            "client = genai.Client()",
            "client.models.generate_content(model='m', contents=x).text",
            Is::Async("client.aio.models.generate_content, model='m', contents=x"),
        ),
        (
            "import google.genai as genai",
            "client = genai.Client()",
            "client.models.embed_content(model='m', contents=x)",
            Is::Async("client.aio.models.embed_content"),
        ),
        (
            "from google import genai",
            "client = genai.Client()\nchat = client.chats.create(model='m')",
            "chat.send_message(x).text",
            Is::Blocked("PM131"),
        ),
        ("from google import genai", "client = genai.Client()", "client.models.list()", Is::Nothing),
        (
            "import google.generativeai as genai",
            "model = genai.GenerativeModel('m')",
            "model.generate_content(x).text",
            Is::Async("model.generate_content_async"),
        ),
        (
            "import google.generativeai as genai",
            "model = genai.GenerativeModel('m')\nchat = model.start_chat()",
            "chat.send_message(x)",
            Is::Blocked("PM131"),
        ),
        (
            "import google.generativeai as genai",
            "model = genai.GenerativeModel('m')",
            "model.start_chat()",
            Is::Nothing,
        ),
        (
            "from mistralai import Mistral",
            "client = Mistral()",
            "client.chat.complete(model='m', messages=[x])",
            Is::Async("client.chat.complete_async"),
        ),
        (
            "from mistralai.client import Mistral",
            "client = Mistral()",
            "client.embeddings.create(model='m', inputs=[x])",
            Is::Async("client.embeddings.create_async"),
        ),
        (
            "from mistralai.client import MistralClient",
            "client = MistralClient()",
            "client.chat(model='m', messages=[x])",
            Is::Threads,
        ),
        ("from mistralai import Mistral", "client = Mistral()", "client.models.list()", Is::Nothing),
        ("import cohere", "co = cohere.Client('k')", "co.chat(message=x)", Is::Threads),
        (
            "import cohere",
            "co = cohere.ClientV2(api_key='k')",
            "co.rerank(model='m', query=x, documents=['a'])",
            Is::Async("co = cohere.AsyncClientV2(api_key='k')"),
        ),
        ("import cohere", "co = cohere.Client('k')", "co.datasets.list()", Is::Nothing),
        ("from together import Together", "client = Together()", chat, Is::Async("client = AsyncTogether()")),
        (
            "from groq import Groq",
            "client = Groq()",
            chat,
            Is::Async("await cached(\n            client.chat.completions.create"),
        ),
        (
            "import litellm",
            "",
            "litellm.completion(model='m', messages=[x])",
            Is::Async("await cached(litellm.acompletion"),
        ),
        ("from litellm import completion", "", "completion(model='m', messages=[x])", Is::Threads),
        ("import litellm", "", "litellm.token_counter(model='m', text=x)", Is::Nothing),
        (
            "from huggingface_hub import InferenceClient",
            "client = InferenceClient(model='m')",
            "client.text_generation(x)",
            Is::Async("client = AsyncInferenceClient(model='m')"),
        ),
        (
            "from huggingface_hub import InferenceClient",
            "client = InferenceClient('m')",
            "client.text_generation(x)",
            Is::Blocked("PM304"),
        ),
        ("import ollama", "", "ollama.chat(model='m', messages=[x])['message']", Is::Threads),
        (
            "from ollama import Client",
            "client = Client(host='h')",
            "client.generate(model='m', prompt=x)",
            Is::Async("client = AsyncClient(host='h')"),
        ),
        ("import ollama", "", "ollama.list()", Is::Nothing),
        (
            "import replicate",
            "",
            "replicate.run('a/b', input={'prompt': x})",
            Is::Async("await cached.live(replicate.async_run"),
        ),
        ("import replicate", "", "replicate.models.get(x)", Is::Nothing),
    ]);
}

#[test]
fn models_of_langchain() {
    let openai = "from langchain_openai import ChatOpenAI";
    all_are(&[
        (
            openai,
            "llm = ChatOpenAI(model='m')",
            "llm.invoke(x).content",
            Is::Async("await cached.live(llm.ainvoke, x)"),
        ),
        (openai, "llm = ChatOpenAI(model='m')", "llm.predict(x)", Is::Async("llm.apredict")),
        (openai, "llm = ChatOpenAI(model='m')", "llm([x])", Is::Threads),
        (openai, "llm = ChatOpenAI(model='m')", "llm.get_num_tokens(x)", Is::Nothing),
        (openai, "llm = object()", "llm.invoke(x)", Is::Nothing),
        (
            openai,
            "class Mine(ChatOpenAI):\n    def invoke(self, x):\n        return x\n\n\nllm = Mine()",
            "llm.invoke(x)",
            Is::Nothing,
        ),
        (
            openai,
            "class Mine(ChatOpenAI):\n    def _agenerate(self, x):\n        return x\n\n\nllm = Mine()",
            "llm.invoke(x)",
            Is::Threads,
        ),
        (
            "from langchain_anthropic import ChatAnthropic",
            "llm = ChatAnthropic(model='m')",
            "llm.invoke(x)",
            Is::Async("llm.ainvoke"),
        ),
        (
            "from langchain_google_genai import ChatGoogleGenerativeAI",
            "llm = ChatGoogleGenerativeAI(model='m')",
            "llm.invoke(x)",
            Is::Async("llm.ainvoke"),
        ),
        (
            "from langchain.chat_models import ChatOpenAI",
            "llm = ChatOpenAI()",
            "llm.predict(x)",
            Is::Async("llm.apredict"),
        ),
        ("from langchain_community.llms import Ollama", "llm = Ollama(model='m')", "llm(x)", Is::Threads),
        (
            "from langchain_openai import OpenAIEmbeddings",
            "emb = OpenAIEmbeddings()",
            "emb.embed_query(x)",
            Is::Async("emb.aembed_query"),
        ),
        (
            "from langchain_core.runnables import RunnableLambda",
            "llm = RunnableLambda(len)",
            "llm.invoke(x)",
            Is::Nothing,
        ),
    ]);
}

#[test]
fn servers_and_clouds() {
    let aws = "import boto3";
    all_are(&[
        ("import requests", "", "requests.request('GET', x)", Is::Care("PM107")),
        ("import requests", "s = requests.session()", "s.get(x)", Is::Care("PM304")),
        ("import httpx", "client = httpx.Client()", "client.request('GET', x)", Is::Care("PM107")),
        ("import urllib3", "http = urllib3.PoolManager()", "http.request('GET', x)", Is::Care("PM107")),
        ("import urllib3", "", "urllib3.util.parse_url(x)", Is::Nothing),
        (aws, "s3 = boto3.client('s3')", "s3.get_object(Bucket='b', Key=x)", Is::Threads),
        (aws, "s3 = boto3.client('s3')", "s3.get_object(Bucket='b', Key=x)['Body']", Is::Threads),
        (aws, "s3 = boto3.Session().client('s3')", "s3.head_object(Bucket='b', Key=x)", Is::Threads),
        (aws, "s3 = boto3.client('s3')", "s3.delete_object(Bucket='b', Key=x)", Is::Blocked("PM107")),
        (aws, "s3 = boto3.client('s3')", "s3.restore_object(Bucket='b', Key=x)", Is::Care("PM107")),
        (aws, "s3 = boto3.client('s3')", "s3.generate_presigned_url('get_object', Params={'Key': x})", Is::Nothing),
        (aws, "s3 = boto3.client('s3')\nanswer = s3.get_object(Bucket='b', Key='k')", "answer.get(x)", Is::Nothing),
        (aws, "table = boto3.resource('dynamodb').Table('t')", "table.get_item(Key={'id': x})", Is::Blocked("PM304")),
        (aws, "bucket = boto3.resource('s3').Bucket('b')", "bucket.name + x", Is::Nothing),
        (
            "import botocore.session",
            "s3 = botocore.session.get_session().create_client('s3')",
            "s3.get_object(Bucket='b', Key=x)",
            Is::Threads,
        ),
        (
            "from semanticscholar import SemanticScholar",
            "sch = SemanticScholar()",
            "sch.get_paper(x)",
            Is::Async("sch = AsyncSemanticScholar()"),
        ),
        (
            "from semanticscholar import SemanticScholar",
            "sch = SemanticScholar()",
            "sch.search_paper(x)",
            Is::Blocked("PM304"),
        ),
        ("import arxiv", "client = arxiv.Client()", "client.results(arxiv.Search(query=x))", Is::Nothing),
        ("import sqlite3", "db = sqlite3.connect('x.db')", "db.execute(x)", Is::Nothing),
        ("import psycopg", "db = psycopg.connect('')", "db.execute(x)", Is::Nothing),
        ("from sqlalchemy.orm import Session", "session = Session()", "session.execute(x)", Is::Nothing),
        ("import subprocess", "", "subprocess.run([x])", Is::Nothing),
    ]);
}

/// What is known and makes no site stays where it stands, around a call that does.
#[test]
fn a_database_beside_a_call_stays_in_its_turn() {
    let with = |before: &str, after: &str, imports: &str| {
        format!(
            "{imports}from openai import OpenAI\n\nclient = OpenAI()\n{before}\n\n\ndef main(xs):\n    for x in xs:\n        r = client.embeddings.create(model='m', input=x)\n        {after}\n\n\nmain(open('x.txt').read().split())\n"
        )
    };
    for (imports, before, after) in [
        ("import sqlite3\n", "db = sqlite3.connect('x.db')", "db.execute('INSERT INTO t VALUES (?)', (str(r),))"),
        ("import psycopg\n", "db = psycopg.connect('')", "db.execute('INSERT INTO t VALUES (%s)', (str(r),))"),
        ("import subprocess\n", "", "subprocess.run(['echo', str(r)])"),
    ] {
        let text = with(before, after, imports);
        let (sites, written) = judged(&text, false);
        assert_eq!(sites.len(), 1, "{text}\n{sites:#?}");
        // What another program does is an assumption, and no second waiting call.
        let expected = if imports.contains("subprocess") { Status::Care } else { Status::Ready };
        assert_eq!(sites[0].status, expected, "{text}\n{:#?}", sites[0]);
        assert!(sites[0].cautions.is_empty(), "{text}\n{:#?}", sites[0]);
        assert!(written.contains(after) && written.contains("await reply"), "{written}");
    }
    // A connection that is held open by a `with` is a transaction.
    let held = "import sqlite3\nfrom openai import OpenAI\n\nclient = OpenAI()\n\n\ndef main(xs):\n    with sqlite3.connect('x.db') as db:\n        for x in xs:\n            r = client.embeddings.create(model='m', input=x)\n            db.execute(str(r))\n\n\nmain(open('x.txt').read().split())\n";
    let (sites, _) = judged(held, false);
    assert!(sites[0].obstacles.iter().any(|o| o.code.to_string() == "PM129"), "{sites:#?}");
}

/// A client that answers both ways keeps connections of one event loop.
#[test]
fn a_client_that_answers_both_ways_lives_in_one_event_loop() {
    let head = "from google import genai\n\nclient = genai.Client()\n\n\n";
    let ask = "client.models.generate_content(model='m', contents=x)";
    let loop_in = |name: &str| format!("def {name}(xs):\n    for x in xs:\n        print({ask})\n\n\n");
    let executors = |text: &str| judged(text, false).0.iter().map(|s| (s.status, s.executor)).collect::<Vec<_>>();
    let once = format!("{head}{}main(open('x.txt').read().split())\n", loop_in("main"));
    assert_eq!(executors(&once), [(Status::Ready, Some(Executor::Async))], "{once}");
    // Threads are not documented to be safe for it, so there is nothing else.
    let twice = format!("{once}main(['b'])\n");
    assert_eq!(executors(&twice), [(Status::Blocked, None)], "{twice}");
    let two = format!(
        "{head}{}{}main(open('x.txt').read().split())\nother(open('y.txt').read().split())\n",
        loop_in("main"),
        loop_in("other")
    );
    assert_eq!(executors(&two), [(Status::Blocked, None), (Status::Blocked, None)], "{two}");
    // A parameter may be an object of any class that has these methods.
    let handed = format!(
        "from google import genai\n\n\ndef main(client: genai.Client, xs):\n    for x in xs:\n        print({ask})\n\n\nmain(genai.Client(), open('x.txt').read().split())\n"
    );
    assert_eq!(executors(&handed), [(Status::Ready, Some(Executor::Async))], "{handed}");
    let mixed = handed.replace("client: genai.Client", "client").replace("main(genai.Client()", "main(unknown()");
    assert!(executors(&mixed).iter().all(|(_, e)| *e != Some(Executor::Async)), "{mixed}");
}

/// Awaited calls of clients that have no other form, or of the asynchronous side of one.
#[test]
fn awaited_calls_are_seen() {
    for (imports, made, call) in [
        ("import aiohttp", "session = aiohttp.ClientSession()", "session.get(x)"),
        (
            "from google import genai",
            "client = genai.Client()",
            "client.aio.models.generate_content(model='m', contents=x)",
        ),
        ("from langchain_openai import ChatOpenAI", "llm = ChatOpenAI()", "llm.ainvoke(x)"),
        ("from openai import AsyncOpenAI", "client = AsyncOpenAI()", "client.responses.create(model='m', input=x)"),
        ("import litellm", "", "litellm.acompletion(model='m', messages=[x])"),
    ] {
        let text = format!(
            "import asyncio\n{imports}\n\n\nasync def main(xs):\n    {made}\n    for x in xs:\n        print(await {call})\n\n\nasyncio.run(main(open('x.txt').read().split()))\n"
        );
        let (sites, _) = judged(&text, false);
        assert_eq!(sites.len(), 1, "{text}\n{sites:#?}");
        assert!(matches!(sites[0].status, Status::Ready | Status::Care), "{text}\n{sites:#?}");
    }
}

/// As many calls at once as connections that the client opens, and as many threads as idle ones that it keeps (encode/httpcore,
/// issue 1110); what the runtime asks over several clients, and what runs on an event loop, has no bound of threads.
#[test]
fn no_more_calls_are_under_way_than_their_client_is_made_for() {
    let chat = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': x}])";
    let made = |client: &str| format!("import httpx, json\nfrom openai import OpenAI\nclient = {client}");
    let (auto, threads) = (ExecutorChoice::Auto, ExecutorChoice::Threads);
    let bare: Vec<String> = ["cache-calls", "retry-calls"].map(String::from).into();
    for (made, call, executor, skip, expected) in [
        ("import httpx\nclient = httpx.Client()".to_string(), "client.get(x).text", threads, &[][..], Some(20)),
        ("import httpx\nclient = httpx.Client()".to_string(), "client.get(x).text", auto, &[], Some(100)),
        ("import httpx".to_string(), "httpx.get(x).text", threads, &[], None),
        ("import requests".to_string(), "requests.get(x).text", threads, &[], None),
        ("import ollama".to_string(), "ollama.generate(model='m', prompt=x)", auto, &[], Some(20)),
        ("import cohere\nclient = cohere.Client()".to_string(), "client.chat(message=x).text", auto, &[], Some(100)),
        ("import replicate".to_string(), "replicate.run('m', input={'prompt': x})", threads, &[], Some(20)),
        ("from groq import Groq\nclient = Groq()".to_string(), chat, auto, &[], Some(100)),
        ("from groq import Groq\nclient = Groq()".to_string(), chat, threads, &[], Some(100)),
        ("from groq import Groq\nclient = Groq()".to_string(), chat, threads, &bare, Some(20)),
        (made("OpenAI()"), chat, auto, &[], None),
        (made("OpenAI()"), chat, threads, &[], None),
        (made("OpenAI()"), chat, threads, &bare, Some(100)),
        (made("OpenAI()"), chat, auto, &bare, None),
        (made("OpenAI(http_client=httpx.Client(verify='c.pem'))"), chat, threads, &[], Some(20)),
        (made("OpenAI(**json.load(open('c.json')))"), chat, threads, &[], Some(20)),
        // One may be handed a transport, and which is asked is not seen.
        (made("make()\nmake = lambda: OpenAI(http_client=httpx.Client())"), chat, threads, &[], Some(20)),
        (made("openai.OpenAI()\nimport openai"), "openai.completions.create(model='m', prompt=x)", threads, &[], None),
        (
            made("openai\nimport openai\nopenai.http_client = httpx.Client()"),
            "openai.completions.create(model='m', prompt=x)",
            threads,
            &[],
            Some(20),
        ),
    ] {
        let text = program(&made, "", call);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.py");
        std::fs::write(&path, &text).unwrap();
        let options = Options { executor, skip: skip.to_vec(), ..Options::default() };
        let engine = Engine::new(None, options).unwrap();
        let outcome = engine.check(&[path]).unwrap();
        let patches = &outcome.files[0].patches;
        assert_eq!(patches.len(), 1, "{text}\n{:#?}", outcome.files[0].sites);
        let written = engine.text_with(&outcome.files[0], &[0]).unwrap();
        let limit = written.split("limit=").nth(1).and_then(|rest| rest.split([',', ')']).next()?.parse().ok());
        assert_eq!(limit, expected, "{written}\n{executor:?} without {skip:?}");
    }
}

/// What a client was made with by way of variables: functions that it calls, and what it reads at each call.
#[test]
fn what_a_client_was_given_is_run_and_read_by_its_calls() {
    let chat = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}]).choices[0].message.content";
    let program = |made: &str, call: &str, behind: &str| {
        format!(
            "import httpx\nimport requests\nfrom openai import OpenAI\n\nlog = []\ncur = {{'id': '0'}}\n\n\ndef hook(response, *rest, **more):\n    HOOK\n\n\n{made}\nfor q in open('x.txt').read().split():\n    text = {call}\n    {behind}\n    print(text, len(log))\n"
        )
    };
    let reads = "response.headers['x-my'] = cur['id']";
    let (keeps, nothing) = ("log.append(str(response))", "response.headers['x-my'] = '1'");
    let set = "cur['id'] = text[:2]";
    let http = "http = httpx.Client(event_hooks={'request': [hook]})\nclient = OpenAI(http_client=http)";
    let hooks = "hooks = {'request': [hook]}\nclient = OpenAI(http_client=httpx.Client(event_hooks=hooks))";
    let later = "http = httpx.Client()\nhttp.event_hooks = {'request': [hook]}\nclient = OpenAI(http_client=http)";
    let options =
        "options = {'event_hooks': {'request': [hook]}}\nclient = OpenAI(http_client=httpx.Client(**options))";
    let class = "class Bot:\n    def __init__(self, http):\n        self.client = OpenAI(http_client=http)\n\n    def ask(self, q):\n        return self.CHAT\n\n\nbot = Bot(httpx.Client(event_hooks={'request': [hook]}))".replace("CHAT", chat);
    let of_requests = ("hooks = {'response': hook}", "requests.get('http://example.org/' + q, hooks=hooks).text");
    for made in [http, hooks, later, options] {
        for (does, behind, is_ready) in [(nothing, set, true), (reads, set, false), (keeps, "pass", false)] {
            let text = program(made, chat, behind).replace("HOOK", does);
            let (sites, _) = judged(&text, false);
            assert_eq!(sites[0].status == Status::Ready, is_ready, "{text}\n{sites:#?}");
        }
    }
    for (does, is_ready) in [(nothing, true), (reads, false)] {
        let text = program(&class, "bot.ask(q)", set).replace("HOOK", does);
        let (sites, _) = judged(&text, false);
        assert_eq!(sites[0].status == Status::Ready, is_ready, "{text}\n{sites:#?}");
    }
    for (does, is_ready) in [(nothing, true), (keeps, false)] {
        let text = program(of_requests.0, of_requests.1, "pass").replace("HOOK", does);
        let (sites, _) = judged(&text, false);
        assert_eq!(sites[0].status == Status::Ready, is_ready, "{text}\n{sites:#?}");
    }
    for (behind, is_ready) in [("pass", true), ("headers['x-my'] = text[:2]", false), ("other['x-my'] = text", true)] {
        let made = "other = {}\nheaders = {'x-my': '0'}\nclient = OpenAI(default_headers=headers)";
        let text = program(made, chat, behind).replace("HOOK", "pass");
        let (sites, _) = judged(&text, false);
        assert_eq!(sites[0].status == Status::Ready, is_ready, "{text}\n{sites:#?}");
    }
}
