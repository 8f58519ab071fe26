"""What the runtime's tests share: fresh copies of the runtime, child programs, the loopback server, fake clients."""
from __future__ import annotations

import asyncio
import atexit
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import urllib.request
from typing import Any

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = REPOSITORY / "transforms" / "runtime" / "perfmod_runtime.py"
SERVER = REPOSITORY / "tests" / "support" / "server.py"
_numbers = itertools.count()


def fresh(path: pathlib.Path = RUNTIME, **settings: Any) -> Any:
    """The runtime as a process that has just started sees it: no settings, counts, pauses or open files."""
    spec = importlib.util.spec_from_file_location(f"perfmod_runtime_{next(_numbers)}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.options(**{"quiet": True, **settings})
    return module


class Case(unittest.TestCase):
    """A test with a project folder of its own; `self.rt` is a fresh runtime whose cache is in it."""

    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perfmod-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.rt = self.again()

    def again(self, **settings: Any) -> Any:
        """The next run of the same program: a fresh runtime over the same cache."""
        rt = fresh(**{"cache_dir": self.folder / "cache", **settings})
        self.addCleanup(atexit.unregister, rt._report)
        return rt

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for path in sorted((self.folder / "cache").glob("*.jsonl"))
                for line in path.read_text().splitlines()]

    def program(self, source: str) -> pathlib.Path:
        """A program in the project folder, beside its copy of the runtime."""
        shutil.copy(RUNTIME, self.folder / "perfmod_runtime.py")
        (self.folder / "pyproject.toml").touch()
        path = self.folder / "program.py"
        path.write_text(textwrap.dedent(source))
        return path

    def start(self, source: str, *flags: str, **environment: str) -> subprocess.Popen[str]:
        child = subprocess.Popen([sys.executable, *flags, str(self.program(source))], text=True, cwd=self.folder,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                                 # A job in the background ignores Ctrl-C, and so would its children.
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None)
        self.addCleanup(self._end, child)
        return child

    def run_program(self, source: str, *flags: str, **environment: str) -> tuple[str, str, int]:
        child = self.start(source, *flags, **environment)
        out, err = child.communicate(timeout=30)
        return out, err, child.returncode

    @staticmethod
    def _end(child: subprocess.Popen[str]) -> None:
        if child.poll() is None:
            child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


class Server:
    """The loopback server of tests/support as a child process."""

    def __init__(self, **settings: Any) -> None:
        self.child = subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True)
        assert self.child.stdout
        self.url = f"http://127.0.0.1:{int(self.child.stdout.readline())}"
        self.control(**settings)

    def control(self, **settings: Any) -> None:
        request = urllib.request.Request(self.url + "/control", json.dumps(settings).encode(), method="POST")
        urllib.request.urlopen(request).close()

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + "/stats") as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def stop(self) -> None:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.close()
        self.child.wait(10)
        self.child.stdout.close()


# -- fake SDKs


class Failure(Exception):
    """An error as SDKs raise them: with a status and headers."""

    def __init__(self, status: int | None = None, *, body: Any = None, **headers: str) -> None:
        super().__init__(f"status {status}")
        if status is not None:
            self.status_code = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class RateLimitError(Failure):
    pass


class APIConnectionError(Failure):
    pass


class APITimeoutError(APIConnectionError):
    pass


class Client:
    """A client in the manner of openai >= 1: resources hold it, `with_options` copies it and shares its transport."""

    def __init__(self, base_url: str = "http://fake/v1", max_retries: int = 2, api_key: str = "secret-key",
                 transport: Any = None) -> None:
        self.base_url, self.max_retries, self.api_key, self.timeout = base_url, max_retries, api_key, 10.0
        self.transport = transport if transport is not None else Transport()
        self.copies = 0
        self.closed = 0
        self.completions = Completions(self)
        self.async_completions = AsyncCompletions(self)
        self.embeddings = Embeddings(self)

    def with_options(self, *, max_retries: int) -> "Client":
        self.copies += 1
        return Client(self.base_url, max_retries, self.api_key, self.transport)

    async def close(self) -> None:
        self.closed += 1


class Transport:
    """Answers with a running number, so that no two draws are alike; fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.failures: list[Exception] = []
        self.answer: Any = None
        self.delay: Any = lambda request: 0.0

    def send(self, client: Client, request: dict[str, Any]) -> Any:
        for attempt in range(client.max_retries + 1):
            self.sent.append(request)
            if not self.failures:
                break
            failure = self.failures.pop(0)
            if attempt == client.max_retries or not isinstance(failure, Failure):
                raise failure
        return self.answer(request) if self.answer else {"text": f"draw {len(self.sent)}", "request": request}


class Completions:
    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, **request: Any) -> Any:
        return self._client.transport.send(self._client, request)


class Embeddings(Completions):
    pass


class AsyncCompletions:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, **request: Any) -> Any:
        await asyncio.sleep(self._client.transport.delay(request))
        return self._client.transport.send(self._client, request)


def completion(content: Any = "hello", finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [{"finish_reason": finish, "message": {"content": content, **message}}]}
