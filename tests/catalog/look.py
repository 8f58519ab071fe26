"""Holds what the catalogue says of packages against the packages that are installed here.

Reads the catalogue as JSON from stdin and prints one JSON object:

    seen    the entries that could be looked at, for their package is installed in a version that they speak of
    wrong   what is not so, each as an entry and a sentence
    found   keywords and classes of answers that are there; of those, it is enough that some version has them
    absent  those that are not
"""

import builtins
import importlib
import importlib.metadata
import inspect
import json
import os
import platform
import re
import sys
import typing
import warnings

warnings.simplefilter("ignore")
os.environ.setdefault("OPENAI_API_KEY", "x")
# Nothing is fetched on import.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

# How objects are made that cannot be made from a key alone.
AWS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
MADE = {
    "openai.AzureOpenAI": ([], {"api_key": "x", "api_version": "1", "azure_endpoint": "https://x.example"}),
    "openai.AsyncAzureOpenAI": ([], {"api_key": "x", "api_version": "1", "azure_endpoint": "https://x.example"}),
    "anthropic.AnthropicBedrock": ([], {"aws_region": "x", "aws_access_key": "x", "aws_secret_key": "x"}),
    "anthropic.AsyncAnthropicBedrock": ([], {"aws_region": "x", "aws_access_key": "x", "aws_secret_key": "x"}),
    "anthropic.AnthropicVertex": ([], {"region": "x", "project_id": "x", "access_token": "x"}),
    "anthropic.AsyncAnthropicVertex": ([], {"region": "x", "project_id": "x", "access_token": "x"}),
    "google.genai.Client().chats.create": ([], {"model": "m"}),
    "google.genai.Client().aio.chats.create": ([], {"model": "m"}),
    "google.generativeai.GenerativeModel": (["m"], {}),
    "urllib3.ProxyManager": (["http://x.example"], {}),
    "boto3.Session": ([], AWS),
    "boto3.session.Session": ([], AWS),
    "googleapiclient.discovery.build": (["drive", "v3"], {"developerKey": "x"}),
    "apiclient.discovery.build": (["drive", "v3"], {"developerKey": "x"}),
    "ghapi.core.GhApi": ([], {"token": "x"}),
    "ghapi.all.GhApi": ([], {"token": "x"}),
    "sqlite3.connect": ([":memory:"], {}),
    "sqlalchemy.create_engine": (["sqlite://"], {}),
    "subprocess.Popen": ([[sys.executable, "-c", ""]], {}),
    "semanticscholar.SemanticScholar": ([], {}),
}
WITH_A_KEY = [
    ([], {"api_key": "x"}),
    ([], {"api_token": "x"}),
    ([], {"api_key": "x", "model": "m"}),
    ([], {"google_api_key": "x", "model": "m"}),
    ([], {}),
]
# Makers of clients of many services, and services that have all the operations that entries speak of.
OF_SERVICES = re.compile(r"(boto3|botocore)\..*client")
SERVICES = ["s3", "dynamodb", "ec2", "sqs", "sns", "stepfunctions", "bedrock-runtime", "textract", "comprehend", "translate", "polly"]
# Of the services that `resource` is for, the one that has a thing, and what that is made from.
RESOURCES = {"Object": ("s3", ["b", "k"]), "ObjectSummary": ("s3", ["b", "k"]), "Bucket": ("s3", ["b"]), "Table": ("dynamodb", ["t"])}
# What cannot be made without a server, a browser or a running event loop: its class.
CLASSES = {
    "psycopg.connect": "psycopg.Connection",
    "psycopg.Connection.connect": "psycopg.Connection",
    "psycopg.connect().cursor": "psycopg.Cursor",
    "aiohttp.ClientSession": "aiohttp.ClientSession",
    "aiohttp.client.ClientSession": "aiohttp.ClientSession",
    **{f"selenium.webdriver.{name}": f"selenium.webdriver.{name}" for name in ("Chrome", "Firefox", "Edge", "Remote", "Safari")},
}
# Something that a request of `*.execute` is asked of.
ON_THE_WAY = {"execute": lambda service: service.files().list()}


class Missing(Exception):
    """What a path names is not there."""


def resolve(path):
    """The thing that a dotted import path names."""
    parts = path.split(".")
    if len(parts) == 1 and hasattr(builtins, path):
        return getattr(builtins, path)
    problem = None
    # As `from a import b` does it: an attribute first, which may have the name of a module.
    for end in range(1, len(parts) + 1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
            for part in parts[end:]:
                found = getattr(found, part)
            return found
        except Exception as error:
            problem = problem or error
    raise Missing(f"there is no `{path}` ({type(problem).__name__}: {problem})")


def walk(thing, path, whole):
    for part in filter(None, path.split(".")):
        try:
            thing = getattr(thing, part)
        except Exception as error:
            raise Missing(f"there is no `{whole}` ({type(error).__name__})") from None
    return thing


def constructor(path):
    """The callable that a constructor's path names: `boto3.Session().client`, too."""
    before, called, last = path.rpartition("().")
    if last in RESOURCES:
        return walk(constructor(before)(RESOURCES[last][0], **AWS), last, path)
    return walk(make(before), last, path) if called else resolve(path)


class OfServices:
    """Has what one of several clients has."""

    def __init__(self, clients):
        self.clients = clients

    def __getattr__(self, name):
        return getattr(next(filter(lambda client: hasattr(client, name), self.clients)), name)

    def __dir__(self):
        return {name for client in self.clients for name in dir(client)}


def make(path):
    """What a constructor makes; for some, its class."""
    if path in CLASSES:
        return resolve(CLASSES[path])
    last = path.rpartition("().")[2]
    if OF_SERVICES.match(path):
        return OfServices([constructor(path)(service, **AWS) for service in SERVICES])
    if last in RESOURCES:
        return constructor(path)(*RESOURCES[last][1])
    maker = constructor(path)
    problem = None
    for arguments, keywords in [MADE[path]] if path in MADE else WITH_A_KEY:
        try:
            made = maker(*arguments, **keywords)
            # `with engine.begin() as connection`
            return made.__enter__() if last == "begin" else made
        except Exception as error:
            problem = problem or error
    if isinstance(maker, type):
        return maker
    raise Missing(f"`{path}` makes nothing from a key ({type(problem).__name__}: {problem})")


def is_awaited(function):
    """Whether what a function gives is awaited: it is a coroutine function, perhaps in a wrapper, or says so."""
    if inspect.iscoroutinefunction(inspect.unwrap(function)):
        return True
    try:
        gives = typing.get_type_hints(inspect.unwrap(function)).get("return")
    except Exception:
        gives = getattr(function, "__annotations__", {}).get("return")
    if isinstance(gives, str):
        gives = getattr(sys.modules.get(function.__module__), gives.strip("'\""), gives)
    return hasattr(gives, "__await__") or re.match(r"(typing\.|collections\.abc\.)?(Awaitable|Coroutine)\b", str(gives)) is not None


def keywords_of(function):
    """The keyword arguments that a function names; None where it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}


def connections(thing, depth=5):
    """The pools of the clients of httpx that lie somewhere in an object: for threads or not, idle connections, connections."""
    inside = {} if isinstance(thing, (type, type(sys))) else getattr(thing, "__dict__", {})
    kept = inside.get("_max_keepalive_connections") if isinstance(inside, dict) else None
    if isinstance(kept, int):
        return {(hasattr(thing, "handle_request"), kept, thing._max_connections)}
    if not depth or not isinstance(inside, dict):
        return set()
    return set().union(*(connections(value, depth - 1) for value in list(inside.values())))


def number(version):
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def is_spoken_of(entry, version):
    since, until = entry.get("since"), entry.get("until")
    return not (since and number(version) < number(since)) and not (until and number(version) >= number(until))


class Look:
    def __init__(self):
        self.seen, self.wrong, self.found, self.absent = [], [], [], []

    def tell(self, entry, message):
        self.wrong.append([entry, message])

    def some_version(self, entry, what, is_there):
        (self.found if is_there else self.absent).append(f"{entry}: {what}")

    def library(self, library):
        package = library.get("package")
        try:
            version = importlib.metadata.version(package) if package else platform.python_version()
        except importlib.metadata.PackageNotFoundError:
            return
        for function in library["functions"]:
            if is_spoken_of(function, version):
                self.guarded(function["path"], self.function, function)
        for client in library["clients"]:
            if is_spoken_of(client, version):
                for path in client["constructors"]:
                    self.guarded(path, self.client, client, path, version)
        for kinds in library["errors"]:
            if is_spoken_of(kinds, version):
                for path in kinds["paths"]:
                    self.guarded(path, self.error, path)

    def guarded(self, entry, look, *arguments):
        try:
            look(*arguments)
        except Missing as missing:
            self.tell(entry, str(missing))
        self.seen.append(entry)

    def error(self, path):
        if not (isinstance(resolve(path), type) and issubclass(resolve(path), BaseException)):
            self.tell(path, "is no class of exceptions")

    def function(self, entry):
        function = resolve(entry["path"])
        self.call(entry["path"], function, entry)
        if entry.get("await"):
            if not is_awaited(resolve(entry["await"])):
                self.tell(entry["path"], f"its twin `{entry['await']}` is no coroutine function")

    def client(self, client, path, version):
        name = f"{path}()"
        if not callable(constructor(path)):
            self.tell(path, "is no constructor")
        made = make(path)
        twin = client.get("twin")
        other = make(twin) if twin else None
        if twin:
            own, its = keywords_of(resolve(path)), keywords_of(resolve(twin))
            for keyword in client["portable"]:
                self.some_version(path, f"portable `{keyword}`", own is None or keyword in own)
                if (own is None or keyword in own) and not (its is None or keyword in its):
                    self.tell(path, f"portable `{keyword}` is no argument of `{twin}`")
        pools = connections(made) | connections(other)
        kept = {idle for is_for_threads, idle, _ in pools if is_for_threads}
        opened = min((most for _, _, most in pools), default=client["pool"])
        if opened < client["pool"]:
            self.tell(path, f"opens {opened} connections at most, and {client['pool']} calls run at once")
        if kept and client["threads"] is None:
            self.tell(path, "asks through httpx, and no `threads` says how many may at once")
        elif kept and client["threads"] > min(kept):
            self.tell(path, f"keeps {min(kept)} idle connections, fewer than `threads`")
        for call in client["calls"]:
            if is_spoken_of(call, version):
                entry = f"{name}.{call['path']}"
                self.guarded(entry, self.method, entry, made, other, call, client["asynchronous"])

    def method(self, entry, made, other, call, asynchronous):
        path = call["path"]
        if "*" in path:
            return self.pattern(entry, made, path)
        function = made if path == "__call__" else walk(made, path, entry)
        if path == "__call__" and not any("__call__" in vars(cls) for cls in type(made).__mro__):
            raise Missing("its objects are not called")
        self.call(entry, function, call, asynchronous)
        if call.get("same") and not is_awaited(walk(other, path, f"{entry} of the twin")):
            self.tell(entry, "the same call of the twin is not awaited")
        if call.get("method") and not is_awaited(walk(made, call["method"], f"{entry}: {call['method']}")):
            self.tell(entry, f"its twin `{call['method']}` is not awaited")

    def pattern(self, entry, made, path):
        end = path[2:] if path.startswith("*.") else ""
        if end:
            there = callable(getattr(ON_THE_WAY[end](made), end, None)) if end in ON_THE_WAY else False
        else:
            there = any(name.startswith(path[:-1]) for name in dir(made) if not name.startswith("_"))
        # One service does not have all the verbs; that some has them is all that can be asked.
        self.some_version(entry, "a method", there or path == "*")

    def call(self, entry, function, fact, asynchronous=False):
        if not callable(function):
            return self.tell(entry, "is not callable")
        if asynchronous != is_awaited(function):
            self.tell(entry, "is not awaited" if asynchronous else "is a coroutine function")
        known = keywords_of(function)
        for keyword in fact["plain"] + fact["streams"]:
            self.some_version(entry, f"argument `{keyword}`", known is None or keyword in known)
        if not fact.get("answer"):
            return
        try:
            answer = resolve(fact["answer"])
        except Missing:
            answer = None
        self.some_version(entry, f"answer `{fact['answer']}`", answer is not None)
        if answer is not None:
            self.kept(entry, answer, fact.get("kept"))

    def kept(self, entry, answer, kept):
        if not isinstance(answer, type):
            return self.tell(entry, f"`{answer}` is no class")
        names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in answer.__mro__}
        fits = {
            None: True,
            "plain": answer in (str, dict, list, int, float),
            "pydantic": "pydantic.BaseModel" in names and hasattr(answer, "model_dump"),
            "openai": hasattr(answer, "to_dict_recursive") and hasattr(answer, "construct_from"),
        }
        if not fits[kept]:
            self.tell(entry, f"an answer of `{answer.__module__}.{answer.__name__}` cannot be kept as {kept}")


def main():
    look = Look()
    for library in json.load(sys.stdin):
        look.library(library)
    sys.__stdout__.write(json.dumps(vars(look)))


if __name__ == "__main__":
    sys.stdout = sys.stderr  # some packages greet
    main()
