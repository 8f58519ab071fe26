"""Clients that the catalogue knows, and that ask a schedule instead of a server."""

import io
import json
import types
import urllib.error
import urllib.request


def canonical(value):
    return json.dumps(value, sort_keys=True, default=repr)


def stubs(schedule):
    """Modules in place of the clients."""
    made = {}

    def module(name, **parts):
        made[name] = types.ModuleType(name)
        made[name].__dict__.update(parts)
        return made[name]

    class OpenAIError(Exception):
        pass

    class RateLimitError(OpenAIError):
        pass

    failure = RateLimitError if schedule.is_limited else OpenAIError

    def chat(text):
        usage = types.SimpleNamespace(total_tokens=len(text), prompt_tokens=2, completion_tokens=len(text) - 2)
        return types.SimpleNamespace(choices=[types.SimpleNamespace(message=types.SimpleNamespace(content=text))], usage=usage)

    class Completions:
        def create(self, **asked):
            return chat(schedule.call(canonical(asked), failure))

    class AsyncCompletions:
        async def create(self, **asked):
            return chat(await schedule.call_async(canonical(asked), failure))

    class OpenAI:
        def __init__(self, **_):
            self.chat = types.SimpleNamespace(completions=Completions())

    class AsyncOpenAI:
        def __init__(self, **_):
            self.chat = types.SimpleNamespace(completions=AsyncCompletions())

    class ChatCompletion:
        @staticmethod
        def create(**asked):
            return {"choices": [{"message": {"content": schedule.call(canonical(asked), failure)}}]}

        @staticmethod
        async def acreate(**asked):
            return {"choices": [{"message": {"content": await schedule.call_async(canonical(asked), failure)}}]}

    error = module("openai.error", OpenAIError=OpenAIError, RateLimitError=RateLimitError)
    module("openai", OpenAI=OpenAI, AsyncOpenAI=AsyncOpenAI, ChatCompletion=ChatCompletion, OpenAIError=OpenAIError, RateLimitError=RateLimitError, error=error)

    class RequestException(Exception):
        pass

    def response(text):
        return types.SimpleNamespace(text=text, json=lambda: {"a": text})

    def plain(kind, hooked=lambda: ()):
        def call(url, **asked):
            got = response(schedule.call(canonical([kind, url, asked]), RequestException))
            hooks = hooked()
            for hook in [hooks] if callable(hooks) else hooks:
                hook(got)
            return got
        return call

    class Session:
        def __init__(self):
            hooked = lambda: self.hooks["response"]
            self.get, self.post, self.headers, self.hooks = plain("get", hooked), plain("post", hooked), {}, {"response": []}

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        close = __exit__

    module("requests", get=plain("get"), post=plain("post"), Session=Session, RequestException=RequestException)

    class Client:
        def __init__(self, event_hooks=None, **_):
            self.event_hooks = event_hooks or {"response": []}
            self.get = plain("get", lambda: self.event_hooks.get("response", []))

    class AsyncClient:
        def __init__(self, **_):
            pass

        async def get(self, url, **asked):
            return response(await schedule.call_async(canonical(["get", url, asked]), RequestException))

        async def aclose(self):
            pass

    module("httpx", Client=Client, AsyncClient=AsyncClient, Limits=lambda **_: None, HTTPError=RequestException, get=plain("get"))

    def urlopen(url, data=None, timeout=None):
        url = url.full_url if isinstance(url, urllib.request.Request) else url
        return io.BytesIO(json.dumps({"a": schedule.call(canonical(["open", url]), urllib.error.URLError)}).encode())

    urllib.request.urlopen = urlopen
    return made
