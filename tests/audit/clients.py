"""Clients that the catalogue knows, and that ask a schedule instead of a server."""

import json
import types


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
        return types.SimpleNamespace(choices=[types.SimpleNamespace(message=types.SimpleNamespace(content=text))])

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

    def plain(kind):
        def call(url, **asked):
            return response(schedule.call(canonical([kind, url, asked]), RequestException))
        return call

    class Session:
        def __init__(self):
            self.get, self.post, self.headers = plain("get"), plain("post"), {}

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        close = __exit__

    module("requests", get=plain("get"), post=plain("post"), Session=Session, RequestException=RequestException)

    class Client:
        def __init__(self, **_):
            self.get = plain("get")

    class AsyncClient:
        def __init__(self, **_):
            pass

        async def get(self, url, **asked):
            return response(await schedule.call_async(canonical(["get", url, asked]), RequestException))

        async def aclose(self):
            pass

    module("httpx", Client=Client, AsyncClient=AsyncClient, Limits=lambda **_: None, HTTPError=RequestException, get=plain("get"))
    return made
