"""Random small programs around one loop of calls: `generate.py FOLDER SEED COUNT`.

Each program is a folder with `main.py`, perhaps `helpers.py` and data files. Beside them, under FOLDER/naive, stands the
same program with its loop staged by brute force: in the form that perfmod emits, without any analysis. The programs of a
seed are the same everywhere: the draws are this file's own.

A program is put together from a scaffold (where the loop stands), a source, a way to make the call, a way to use the
answer, and resources: pieces of state with ways to read and to change them, any of which may be put before the call, into
its arguments, into the helper that makes it, behind it, or into the source.
"""

import ast
import json
import os
import re
import sys

from features import FEATURES, NAMES
from regions import FORMS, WORDS
from resources import RESOURCES


class Dice:
    """xorshift64*, so that no version of Python draws otherwise."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 or 1
        for _ in range(8):
            self.below(2)

    def below(self, n):
        self.state ^= self.state >> 12
        self.state = (self.state ^ (self.state << 25)) % 2**64
        self.state ^= self.state >> 27
        return (self.state * 0x2545F4914F6CDD1D % 2**64 >> 33) % n

    def chance(self, percent):
        return self.below(100) < percent

    def pick(self, options):
        return options[self.below(len(options))]

    def some(self, options, most):
        left, out = list(options), []
        for _ in range(min(self.below(most + 1), len(left))):
            out.append(left.pop(self.below(len(left))))
        return out


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


def valued(line, value):
    """A change with the value at hand in it."""
    return re.sub(r"\bV\b", lambda _: value, line)


# An interface: what is imported, the client where there is one, the call, the exception that it raises.
APIS = {
    "openai": (
        ["import openai", "from openai import OpenAI"],
        "client = OpenAI()",
        'client.chat.completions.create(model="m", messages=[{"role": "user", "content": P}]).choices[0].message.content',
        "openai.OpenAIError",
    ),
    "old": (
        ["import openai"],
        "",
        'openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": P}])["choices"][0]["message"]["content"]',
        "openai.error.OpenAIError",
    ),
    "requests": (["import requests"], "", 'requests.get("http://data.example/" + P).text', "requests.RequestException"),
    "params": (["import requests"], "", 'requests.get("http://data.example/", params={"q": P}).json()["a"]', "requests.RequestException"),
    "httpx": (["import httpx"], "client = httpx.Client()", 'client.get("http://data.example/" + P).text', "httpx.HTTPError"),
    "aopenai": (
        ["import openai", "from openai import AsyncOpenAI"],
        "client = AsyncOpenAI()",
        '(await client.chat.completions.create(model="m", messages=[{"role": "user", "content": P}])).choices[0].message.content',
        "openai.OpenAIError",
    ),
    "ahttpx": (["import httpx"], "client = httpx.AsyncClient()", '(await client.get("http://data.example/" + P)).text', "httpx.HTTPError"),
    "post": (["import requests"], "", 'requests.post("http://data.example/", json={"q": P}).text', "requests.RequestException"),
}


class Program:
    def __init__(self, seed):
        self.seed, self.dice = seed, Dice(seed)
        self.imports, self.defs, self.other, self.setup, self.after = [], [], [], [], []
        self.pre, self.post = [], []  # pre: (needed by the call, line)
        self.work_pre, self.work_post, self.work_globals = [], [], []  # of the helper that makes the call
        self.globals, self.files = [], {}
        self.prompt = []
        self.job, self.region, self.between_lines, self.between_reads = [], None, [], []
        self.rate, self.staged = "", None  # of the staged program; the statements that stand in place of the loop
        self.brute = None  # what stands in place of these in the staged program
        self.cycle, self.linked = None, False  # a `while` in place of the loop's header, with its first and last lines
        self.handed, self.nested = None, []  # the call as the original makes it by a worker; what stands around the loop
        self.notes = []  # what the oracle is told: lines at the end of the program
        # Drawn by other dice: a program with a further feature is otherwise the one that it would be without.
        self.more = Dice(seed ^ 0x5DEECE66D)
        only = os.environ.get("PERFMOD_AUDIT_FEATURE")
        features = [feature for feature in FEATURES if only is None or feature.__name__ in only.split(",")]
        self.feature = self.more.pick(features) if self.more.chance(int(os.environ.get("PERFMOD_AUDIT_FEATURES", "50"))) else None
        self.build()

    def add(self, where, lines):
        lines = [lines] if isinstance(lines, str) else lines
        if where is self.defs and lines and lines[0] in where:
            return  # the whole of it
        for line in lines:
            if line not in where or line.startswith(" ") or where is self.defs:
                where.append(line)

    # ---- the parts

    def build(self):
        dice = self.dice
        self.scaffold = dice.pick(["module"] * 4 + ["main"] * 4 + ["function"] * 3 + ["method", "async", "twice", "outer", "inner", "try", "with"])
        if self.scaffold == "function" and self.seed % 5 == 3:
            self.scaffold = "generator"
        self.scaffold = getattr(self.feature, "scaffold", self.scaffold)
        self.at_top = self.scaffold == "module"
        self.api = dice.pick(["openai"] * 4 + ["old"] * 3 + ["requests"] * 3 + ["params", "httpx", "post"])
        self.awaits = self.scaffold == "async" and dice.chance(60) or dice.chance(5)
        self.awaits = self.awaits or self.more.chance(getattr(self.feature, "awaited", 0))
        plain = getattr(self.feature, "plain", False)  # a call of which the function knows that it waits, in one statement
        self.awaits = self.awaits and not plain
        self.api = self.more.pick(getattr(self.feature, "apis", [self.api]))
        if self.awaits:
            self.scaffold, self.at_top, self.api = "async", False, dice.pick(["aopenai", "aopenai", "ahttpx"])
        self.regional = dice.chance(40) and not plain
        self.parts = imports, self.client, self.raw, self.error = APIS[self.api]
        self.add(self.imports, imports)
        self.source()
        spare = getattr(self.feature, "spare", 0)  # of a hundred, that many have nothing else that iterations share
        is_bare = self.more.chance(spare)
        self.writes, self.late = [], []
        if not is_bare:
            self.resources()
        self.call()
        if self.regional:
            self.statements()
        else:
            self.use()
        if not is_bare:
            self.guard()
        self.behind()
        before = repr(vars(self))
        if self.feature:
            self.feature(self)
        self.is_changed = repr(vars(self)) != before  # for some programs it has nothing to do
        if self.scaffold == "generator":
            self.post.append(f"yield {self.key}, {self.answer}")
        for word, line in WORDS.items():
            if any(word in other for other in self.region or ()) and line not in self.setup:
                self.setup.append(line)
        text = "\n".join([*(self.region or ()), *self.post, *self.after, *self.defs])
        for word in ("time", "copy", "sys", "json"):
            if f"{word}." in text:
                self.add(self.imports, f"import {word}")

    def source(self):
        """What is iterated: sets `self.items` (how the list is made), `self.iterated`, `self.target` and `self.text`."""
        dice = self.dice
        self.count = 4 if dice.chance(15) else 3
        n = range(self.count)
        self.kind = dice.pick(["str"] * 5 + ["dict"] * 4 + ["tuple"] * 2 + ["obj"] * 2 + ["int", "list"])
        self.kind = getattr(self.feature, "kind", self.kind)
        self.target, self.text, self.key = "x", "x", "x"
        if self.kind == "str":
            self.items = json.dumps([f"a{i}" for i in n])
            if dice.chance(10):
                self.items = '["a0", "a1", "a0"' + (', "a2"]' if self.count == 4 else "]")
        elif self.kind == "int":
            self.items, self.text, self.key = f"list(range({self.count}))", "str(x)", "str(x)"
        elif self.kind == "dict":
            self.items = "[" + ", ".join(f'{{"q": "a{i}", "tags": ["t"], "n": {i}}}' for i in n) + "]"
            self.text = self.key = 'x["q"]'
        elif self.kind == "list":
            self.items, self.text, self.key = json.dumps([[f"a{i}", i] for i in n]), "x[0]", "x[0]"
        elif self.kind == "obj":
            self.add(self.defs, ["class Row:", "    def __init__(self, q):", "        self.q, self.tags, self.answer = q, [], None", "    def __repr__(self):", "        return f'Row({self.q}, {self.tags}, {self.answer})'"])
            if dice.chance(30):
                self.add(self.imports, "from dataclasses import dataclass, field")
                self.defs[-5:] = ["@dataclass", "class Row:", "    q: str", "    tags: list = field(default_factory=list)", '    answer: str = ""']
            self.items = "[" + ", ".join(f'Row("a{i}")' for i in n) + "]"
            self.text = self.key = "x.q"
        else:
            self.items = "[" + ", ".join(f'("a{i}", {i})' for i in n) + "]"
            self.target, self.text, self.key = "x, n", "x", "x"
        self.lists = [f"items = {self.items}"]
        mutable = self.kind in ("dict", "list", "obj")
        if mutable and dice.chance(8):
            self.lists.append("items[2] = items[0]")
        if self.kind == "dict" and dice.chance(10):
            self.lists += ["shared = []", "for row in items:", '    row["tags"] = shared']
        if self.kind == "dict" and dice.chance(6):
            self.lists += ["for one, two in zip(items, items[1:]):", '    two["before"] = one']
            self.linked = True
        ways = ["items"] * 8 + ["enumerate"] * 3 + ["slice", "list", "tuple", "index", "zip", "reversed", "generator", "effects", "iter", "islice", "load", "json", "chain", "genexp", "filter", "dictitems", "attribute"]
        if self.kind == "str":
            ways += ["sorted", "lines", "splitlines", "keys", "csv", "set"]
        self.way = way = getattr(self.feature, "source", dice.pick(ways))
        self.iterated = "items"
        wrap = {"slice": "items[:3]", "list": "list(items)", "tuple": "tuple(items)", "reversed": "reversed(items)",
                "iter": "iter(items)", "genexp": "(y for y in items)", "sorted": "sorted(items)", "filter": "filter(None, items)",
                "splitlines": "\"\\n\".join(items).splitlines()", "islice": "itertools.islice(items, 3)",
                "chain": "itertools.chain(items[:1], items[1:])", "set": "dict.fromkeys(items)"}
        if way in wrap:
            self.iterated = wrap[way]
            if "itertools" in self.iterated:
                self.add(self.imports, "import itertools")
        elif way == "enumerate":
            self.iterated = dice.pick(["enumerate(items)", "enumerate(items, 1)"])
            self.target = f"i, {self.target}" if "," not in self.target else f"i, ({self.target})"
        elif way == "index":
            self.iterated, self.pre = "range(len(items))", [(True, f"{self.target} = items[i]")]
            self.target = "i"
        elif way == "zip":
            self.iterated = 'zip(items, "pqrs")'
            self.target = f"{self.target}, w" if "," not in self.target else f"({self.target}), w"
            self.prompt.append("{w}")
        elif way in ("generator", "effects"):
            effect = dice.pick(['print("next", item)', "order.append(1)", 'order.append(item); print(len(order))']) if way == "effects" else ""
            self.add(self.defs, ["order = []", "def source(items):", "    for item in items:"] + ([f"        {effect}"] if effect else []) + ["        yield item"])
            self.iterated = "source(items)"
        elif way == "load":
            self.add(self.defs, ["def load():"] + indent(self.lists) + [dice.pick(["    return items", "    return list(items)", "    return items[:]"])])
            self.lists = ["items = load()"]
        elif way == "json" and self.kind in ("str", "dict", "list"):
            self.files["items.json"] = json.dumps(eval(self.items, {}))
            self.add(self.imports, "import json")
            self.lists = ['items = json.load(open("items.json"))']
        elif way == "lines":
            self.files["items.txt"] = "".join(f"a{i}\n" for i in n)
            self.iterated, self.text, self.key = 'open("items.txt")', "x.strip()", "x.strip()"
        elif way == "csv":
            self.files["items.csv"] = "q,n\n" + "".join(f"a{i},{i}\n" for i in n)
            self.add(self.imports, "import csv")
            self.lists = dice.pick([['items = list(csv.DictReader(open("items.csv")))'], ['items = csv.DictReader(open("items.csv"))']])
            self.kind, self.text, self.key = "dict", 'x["q"]', 'x["q"]'
        elif way in ("dictitems", "keys"):
            self.lists.append("table = {" + ", ".join(f"'k{i}': y" for i in [0]) .replace("'k0': y", '"k" + str(j): y for j, y in enumerate(items)') + "}")
            if way == "keys":
                self.iterated, self.pre = dice.pick(["table", "table.keys()"]), [(True, "x = table[k]")]
                self.target = "k"
            else:
                self.iterated = "table.items()"
                self.target = f"k, {self.target}" if "," not in self.target else f"k, ({self.target})"
        elif way == "attribute":
            self.add(self.defs, ["class Data:", "    def __init__(self, rows):", "        self.rows, self.position = rows, 0"])
            self.lists.append("data = Data(items)")
            self.iterated = "data.rows"
        self.prompt.insert(0, "{" + self.text + "}")

    @staticmethod
    def rebinds(writer, names):
        forms = ("{} =", "{} +=", "{} |=", "({} :=", "{}, ", "for {} in", "[{}]", "*{},", ", {} =", "= {} =")
        return any(form.format(name) in writer for name in names for form in forms)

    def resources(self):
        """State: made, read for the call, changed around it."""
        dice = self.dice
        for make in dice.some(RESOURCES, 2):
            thing = make(self)
            top = self.at_top or thing.top or dice.chance(40)
            if thing.item and self.kind != "dict":
                continue
            self.add(self.imports, thing.imports)
            self.add(self.defs, thing.defs)
            if thing.other:
                self.add(self.other, thing.other)
                self.add(self.imports, "import helpers")
            self.add(self.defs if top and not self.at_top and not thing.item else self.setup, thing.setup)
            needs_global = thing.rebinds if top and not self.at_top else []
            for reader in dice.some(thing.readers, 2):
                place = dice.pick(["prompt"] * 3 + ["pre", "guard", "work", "source", "print", "post"] + ["between"] * 4 * self.regional)
                if place == "prompt":
                    self.prompt.append("{" + reader + "}")
                elif place == "pre":
                    name = f"p{len(self.pre)}"
                    self.pre.append((True, f"{name} = {reader}"))
                    self.prompt.append("{" + name + "}")
                elif place == "guard":
                    self.pre.append((True, f"if str({reader}) in ('2', 'True', 'a1'):"))
                    self.pre.append((True, "    continue"))
                elif place == "between":
                    self.between_reads.append(reader)
                elif place == "work" and (top or thing.top) and not thing.item:
                    self.work_pre.append(f'prompt = f"{{prompt}} {{{reader}}}"')
                elif place == "print":
                    self.pre.append((False, f"print({reader})"))
                else:
                    self.late.append(f"print({reader})")
            for writer in dice.some(thing.writers, 2):
                place = dice.pick(["post"] * 4 + ["pre", "work", "work", "after"] + ["between"] * 5 * self.regional)
                if self.rebinds(writer, needs_global):
                    self.add(self.globals if place != "work" else self.work_globals, needs_global)
                if not needs_global and place == "work" and self.rebinds(writer, thing.rebinds):
                    self.add(self.work_globals, thing.rebinds)
                if place == "work" and (top or thing.top) and not thing.item:
                    where = self.work_post if dice.chance(60) else self.work_pre
                    where.append(valued(writer, "prompt" if where is self.work_pre else "answer"))
                elif place == "pre":
                    self.pre.insert(dice.below(len(self.pre) + 1) if not any(line.startswith(" ") for _, line in self.pre) else len(self.pre), (False, valued(writer, self.key)))
                elif place == "between":
                    self.between_lines.append(writer)
                elif place == "after":
                    self.after.append(valued(writer, '"end"'))
                else:
                    self.writes.append(writer)

    def call(self):
        """The call, by itself or in a helper."""
        dice = self.dice
        if dice.chance(8):
            self.prompt.append("{len(items)}") if self.way not in ("csv", "lines") else None
        text = " ".join(self.prompt)
        quote = "'" if '"' in text else '"'
        self.argument = self.text if self.prompt == ["{" + self.text + "}"] and dice.chance(50) else f"f{quote}{text}{quote}" if not ("'" in text and '"' in text) else f'f"""{text}"""'
        if dice.chance(25):
            self.pre.append((True, f"question = {self.argument}"))
            self.argument = "question"
        way = dice.pick(["inline"] * 5 + ["helper"] * 5 + ["two", "method", "file", "retry", "retry", "decorated", "partial", "lambda", "object"])
        if self.work_pre or self.work_post:
            way = dice.pick(["helper", "helper", "two", "method", "retry", "decorated"])
        if self.awaits and way in ("decorated", "partial", "lambda", "object"):
            way = dice.pick(["inline", "helper", "two"]) if not self.work_pre and not self.work_post else "helper"
        if self.scaffold == "method" and dice.chance(50):
            way = "own"
        define, wait = ("async def", "await ") if self.awaits else ("def", "")
        raw = self.raw.replace("P", "prompt")
        self.form = self.raw
        self.client_top = way != "inline" or self.at_top or dice.chance(40)
        if way == "inline":
            self.expression = self.raw.replace("P", self.argument)
            if self.api in ("openai", "aopenai") and dice.chance(20):
                self.pre.append((True, 'messages = [{"role": "system", "content": "s"}]'))
                self.pre.append((True, 'messages.append({"role": "user", "content": ' + self.argument + "})"))
                self.expression = self.raw.replace('[{"role": "user", "content": P}]', "messages")
            return
        pre = dice.some(['print("asking", prompt)', "prompt = prompt.strip()", 'parts = []', "log.append(prompt)"], 1) + self.work_pre
        post = dice.some(['print("got", answer)', "answer = answer.strip()", 'if answer == "never": raise ValueError(prompt)', "log.append(answer)", 'if answer.endswith("5"): raise ValueError(answer)'], 1) + self.work_post
        if any("log.append" in line for line in pre + post):
            self.add(self.defs, "log = []")
        if self.work_globals:
            pre = [f"global {', '.join(self.work_globals)}"] + pre
        inner = [*pre, f"answer = {raw}", *post, "return answer"]
        if way == "retry":
            self.add(self.imports, "import time")
            tries = dice.pick([
                ["for attempt in range(2):", "    try:", f"        answer = {raw}", "        break", f"    except {self.error} as error:", dice.pick(["        time.sleep(1)", '        print("again", error)', "        last = error"]), "else:", dice.pick(['    raise RuntimeError("too often")', '    answer = "none"'])],
                ["answer = None", "while answer is None:", "    try:", f"        answer = {raw}", f"    except {self.error}:", "        tries = tries + 1", "        if tries > 2:", "            raise"],
                ["try:", f"    answer = {raw}", f"except {self.error} as error:", '    answer = f"failed: {error}"'],
                ["try:", f"    answer = {raw}", f"except {self.error} as error:", "    raise ValueError(prompt) from error"],
            ])
            inner = [*pre, *(["tries = 0"] if any("tries" in line for line in tries) else []), *tries, *post, "return answer"]
        self.add(self.defs, []) if way == "file" else None
        name = dice.pick(["ask", "fetch", "get_answer"])
        if way == "own":
            more = dice.some(["self.done += 1", "prompt = prompt + str(self.done)", "self.asked.append(prompt)", "self.last = prompt", "prompt = self.style + prompt", "Job.made += 1"], 2)
            self.job = [f"{define} {name}(self, prompt):", *indent(more + inner)]
            self.expression, self.form = self.made(f"{wait}self.{name}", "P")
            return
        if way == "method":
            self.add(self.defs, ["class Bot:", "    def __init__(self):", "        self.asked = 0", f"    {define} {name}(self, prompt):"] + indent(inner, 2))
            if dice.chance(40):
                self.defs.insert(len(self.defs) - 1, dice.pick(["        self.asked += 1", "        self.last = answer", "        self.seen = getattr(self, 'seen', []) + [prompt]"]))
            self.setup.append("bot = Bot()")
            self.expression, self.form = self.made(f"{wait}bot.{name}", "P")
            if dice.chance(20):
                self.late.append("print(bot.asked)")
            return
        if way == "object":
            self.add(self.defs, ["class Asker:", "    def __call__(self, prompt):"] + indent(inner, 2))
            self.setup.append(f"{name} = Asker()")
        elif way == "file" and not (self.work_pre or self.work_post):
            if not self.other:
                self.add(self.imports, "import helpers")
            self.other[:0] = [line for line in APIS[self.api][0]] + ([self.client] if self.client else []) + (["log = []"] if any("log" in line for line in inner) else [])
            self.other += [f"{define} {name}(prompt):"] + indent(inner)
            self.add(self.imports, f"from helpers import {name}")
        elif way == "lambda":
            self.add(self.defs, f"{name} = lambda prompt: {raw}")
        else:
            if way == "decorated":
                body = dice.pick([
                    ["    def inner(prompt):", '        print("before", prompt)', "        return function(prompt)"],
                    ["    def inner(prompt):", "        inner.calls += 1", "        return function(prompt)", "    inner.calls = 0"],
                    ["    def inner(prompt):", "        if prompt not in memory:", "            memory[prompt] = function(prompt)", "        return memory[prompt]", "    memory = {}"],
                    ["    @functools.wraps(function)", "    def inner(*args, **kwargs):", "        return function(*args, **kwargs)"],
                ])
                self.add(self.imports, "import functools")
                self.add(self.defs, ["def decorate(function):", *body, "    return inner", "@decorate"])
            elif way == "two":
                self.defs += [f"{define} low(prompt):", f"    return {raw}"]
                inner[len(pre)] = f"answer = {wait}low(prompt)"
            self.defs += [f"{define} {name}(prompt):"] + indent(inner)
            if way == "partial":
                self.add(self.imports, "import functools")
                self.setup.append(f"call = functools.partial({name}, {self.argument if False else ''})".replace(", )", ")"))
                name = "call"
        self.expression, self.form = self.made(wait + name, "P")

    def made(self, function, argument):
        """A call of a helper: with the loop's own argument, and as a form with a place for another."""
        left, right = ("(", ")") if function.startswith("await") else ("", "")
        return f"{left}{function}({self.argument}){right}", f"{left}{function}({argument}){right}"

    def reaches(self, name, value):
        """Puts something into what the call is asked, by a statement in front of it; whether that can be done."""
        if self.region or self.awaits or self.expression.count(self.argument) != 1:
            return False
        self.pre.append((True, f"{name} = {value}"))
        self.expression = self.expression.replace(self.argument, f"{self.argument} + str({name})")
        return True

    def in_helper(self, line, where):
        """Puts a statement into the function that makes the call: in front of it, behind it, into its handler."""
        made = [i for i, text in enumerate(self.defs) if text.lstrip().startswith("answer = ") and "(" in text]
        if not made:
            return False
        at = made[0]
        space = self.defs[at][:-len(self.defs[at].lstrip())]
        if where == "handler":
            handlers = [i for i in range(at, min(at + 4, len(self.defs))) if self.defs[i].lstrip().startswith("except")]
            if handlers:
                self.defs.insert(handlers[0] + 1, self.defs[handlers[0] + 1][:-len(self.defs[handlers[0] + 1].lstrip())] + line)
            return bool(handlers)
        self.defs.insert(at + (where == "behind"), space + line)
        return True

    # ---- several statements

    def ask(self, argument):
        return self.form.replace("P", argument)

    def top_form(self):
        """The call as a function of the module makes it."""
        self.client_top = True
        return self.raw

    def middle(self, value):
        """What the second call of an item is asked: the first answer, and what is read between the two."""
        return " + ".join([value, *(f"str({reader})" for reader in self.between_reads)])

    def placed(self, made):
        """Where an object that the work fills in is made: in front of it, with something between, or before the loop."""
        if self.dice.chance(12) and not any(word in made for word in (self.target, self.key)):
            self.setup.append(made)
            return {}
        return {"needed": [made], "pre": self.dice.some([f"print('now', {self.key})", "total += 1", f"last = {self.key}"], 1)}

    def statements(self):
        """The statements that hold the calls of an item."""
        form = self.dice.pick(FORMS)(self)
        while not form.bounded and "a0\", \"a1\", \"a0" in self.items:
            form = self.dice.pick(FORMS)(self)
        self.region, self.gives, self.answer = form.lines, form.gives, form.answer
        self.using = []
        self.setup += ["out = []", "results = {}", "total = 0", *form.setup]
        self.add(self.defs, form.defs)
        self.pre += form.pre
        if any(f"last = {self.key}" == line for _, line in form.pre):
            self.setup.append("last = '-'")
        if self.dice.chance(25):
            self.after.append(f"print({self.dice.pick(self.gives)})")

    def use(self):
        """The statement that holds the call, as a template with CALL."""
        dice = self.dice
        self.answer = "answer"
        uses = ["answer = CALL"] * 8 + ["out.append(CALL)"] * 3 + ["print(KEY, CALL)", 'answer = f"{KEY}: {CALL}"', "out.append((KEY, CALL))", "results[KEY] = CALL", "total += len(CALL)", "answer: str = CALL", "answer = CALL or 'none'", "first, *rest = CALL", "if CALL.startswith('b'):", "for letter in CALL:", "return CALL", "answer = last = CALL", "answer = str(CALL).upper()", "answer = (CALL)", "answer = [CALL, KEY][0]", "answer = CALL if KEY else ''", "answer = ''.join(c for c in CALL if c != 'e')", "pair = CALL, KEY", "out += [CALL]", "answer, key = CALL, KEY", "(answer := CALL)", "results = {**results, KEY: CALL}", "assert CALL", "total -= len(CALL)"]
        if self.kind == "dict":
            uses += ['x["a"] = CALL', 'x["tags"].append(CALL)', "x.update(a=CALL)"]
        if self.kind == "obj":
            uses += ["x.answer = CALL"] * 2
        use = dice.pick(uses)
        if use == "return CALL" and self.scaffold not in ("function", "twice", "method"):
            use = "answer = CALL"
        if "answer" not in use.split("=")[0] and use != "(answer := CALL)":
            self.answer = {'x["a"] = CALL': 'x["a"]', "results[KEY] = CALL": f"results[{self.key}]", "x.answer = CALL": "x.answer", "first, *rest = CALL": "first", "pair = CALL, KEY": "pair[0]"}.get(use, self.key)
        key = self.key if "f\"" not in use else self.key.replace('"', "'")
        self.using = [use.replace("KEY", key)]
        if use.endswith(":"):
            self.using.append(dice.pick(["    print(len(out))", f"    out.append({self.key})"]))
        if "if " in use and dice.chance(50):
            self.using += ["else:", "    continue"]
        self.setup += ["out = []", "results = {}", "total = 0"]
        if dice.chance(25):
            handled = dice.pick([[f"    print('failed', error)", "    continue"], ["    out.append(str(error))", "    continue"], ["    answer = 'none'"], ["    break"], ["    raise"], ["    raise ValueError('bad') from error"], ["    print(error)", "    raise"], ["    answer = str(error)", "    total -= 1"], ["    sys.exit(2)"]])
            if "sys.exit" in handled[0]:
                self.add(self.imports, "import sys")
            kind = dice.pick([self.error, self.error, "Exception", "ValueError", "(ValueError, KeyError)"])
            if self.answer not in ("answer", self.key):
                handled = ["    print(error)", "    continue"]
            inside = dice.some([f"print('trying', {self.key})", "total += 1"], 1)
            self.using = ["try:"] + indent(inside + self.using) + [f"except {kind} as error:"] + handled
            if dice.chance(20):
                self.using += ["else:", "    total += 1"]
            if dice.chance(20):
                self.using += ["finally:", dice.pick(["    total += 10", f"    print('done', {self.key})", "    out.append('-')"])]
        elif dice.chance(4):
            self.using = [f"with open('log.txt', 'a') as log_file:"] + indent(self.using)

    def guard(self):
        dice = self.dice
        if not dice.chance(15):
            return
        lines = dice.pick([
            ([f"if {self.key} == 'a1':", "    continue"], []),
            ([f"if {self.key} in seen:", "    continue"], ["seen.add(KEY)"]),
            ([f"if {self.key} in seen:", "    continue", f"seen.add({self.key})"], []),
            (["if total > 1:", "    break"], ["total += 1"]),
            ([f"if not {self.key}:", "    print('empty')", "    continue"], []),
            (["if len(out) >= 2:", "    continue"], []),
            ([f"if {self.key} in results:", f"    print(results[{self.key}])", "    continue"], ["results[KEY] = ANSWER"]),
            ([f"if os.path.exists({self.key} + '.txt'):", "    continue"], ["open(KEY + '.txt', 'w').write(ANSWER)"]),
            ([f"if {self.key} in ('a0', 'a2'):", "    total += 5", "else:", "    print('odd')"], []),
            (["if best is not None and len(out) > 1:", "    continue"], ["best = ANSWER"]),
            ([f"if {self.key} == 'a1': continue"], []),
            ([f"if not ({self.key} == 'a0' or total < 3):", "    break"], ["total += 2"]),
            ([f"if {self.key} in kept:", "    continue", f"kept = kept + [{self.key}]"], []),
        ])
        for word, line in (("seen", "seen = set()"), ("best", "best = None"), ("kept", "kept = []")):
            if word in str(lines):
                self.setup.append(line)
        if "os.path" in str(lines):
            self.add(self.imports, "import os")
        first = 1 if self.pre and self.pre[0][1].endswith(("items[i]", "table[k]")) else 0
        self.pre[first:first] = [(True, line) for line in lines[0]]
        self.writes += [line.replace("KEY", self.key).replace("ANSWER", "V") for line in lines[1]]

    def behind(self):
        """What the loop does with the answer, how it ends, what is read afterwards."""
        dice = self.dice
        value = self.answer
        post = [f"print({value})", f"print({self.key}, {value})", f"out.append({value})", "total += 1", f"results[{self.key}] = {value}",
                f"out_file.write(str({value}) + '\\n')", f"rows.writerow([{self.key}, {value}])", f"total = total + len(str({value}))",
                f"out.append({{'key': {self.key}, 'value': {value}}})", "print(len(out), file=sys.stderr)", "print(total)",
                f"longest = max(longest, str({value}), key=len)", f"with open('log.txt', 'a') as f: f.write(str({value}))",
                f"if len(str({value})) > 3: out.append({self.key})", "del out[2:]", f"out.sort()" if False else "out.reverse()"]
        if self.kind == "dict":
            post += [f'x["pred"] = {value}', f"out.append(x)", f"out.append({{**x, 'v': {value}}})", f'x["n"] = total', f'x["tags"].append({value})']
        if self.kind == "obj":
            post += [f"x.tags.append({value})", "out.append(x)"]
        if self.scaffold == "method":
            post += ["self.done += 1", f"self.last = {value}", f"self.asked.append({value})", "print(self.done)", "Job.made += 1", "self.style = '?'"]
        if self.way in ("enumerate", "index"):
            post += [f"print(i, {value})", f"items[i] = {value}" if self.way == "enumerate" and self.kind == "str" else "print(i)"]
        again = self.expression if self.expression.count(self.argument) == 1 else None
        if again and dice.chance(10):
            other = dice.pick([f'str({value})', f'str({value}) + "?"', f'f"more about {{{self.key}}}"' if '"' not in self.key else f"f'more about {{{self.key}}}'"])
            again = again.replace(self.argument, other)
            post += [f"second = {again}", f"out.append({again})", f"print({again})", f"for _ in range(2): total += len({again})", f"if total % 2: print({again})"] * 2
        post += [f"calls.append(lambda: {value})", f"calls.append(lambda y={self.key}: (y, total))", f"for y in (1, 2): out.append(y)", f"total, results = total + 1, results",
                 f"*_, end = str({value})", f"results.setdefault(str({value}), []).append({self.key})", f"results[str({value})[:1]] = results.get(str({value})[:1], 0) + 1",
                 f"kept = kept + [{value}]", f"kept += [{self.key}]", f"best = {value} if best is None or str({value}) > best else best", f"total += len(kept) if kept else 1",
                 f"print(f'{{len(out)}} {{{value}}}')" if "'" not in value and '"' not in value else "print(best)"]
        if any("getter" in line for line in self.region or ()):
            post += ["calls.append(getter)"] * 12
        lines = dice.some(post, 3) + [valued(line, value) for line in self.writes] + self.late
        for _ in range(len(lines)):
            at = dice.below(len(lines))
            lines[0], lines[at] = lines[at], lines[0]
        exits = [f"if str({value}).endswith(('1', '4', '7')):", "if len(out) >= 2:", f"if {self.key} == 'a1':", "if total > 2:"]
        self.orelse = []
        if dice.chance(18):
            act = dice.pick(["break", "break", "continue", "raise ValueError(total)", "return out", "sys.exit(3)"])
            if act == "return out" and self.scaffold not in ("function", "twice", "method", "main"):
                act = "break"
            lines.insert(dice.below(len(lines) + 1), dice.pick(exits) + " " + act)
            if act == "break" and dice.chance(40):
                self.orelse = ["else:", "    print('to the end')"]
        if any("assert" in line for line in lines) is False and dice.chance(3):
            lines.append(f"assert str({value}) != 'never', {value}")
        for word, line in (("longest", 'longest = ""'), ("out_file", 'out_file = open("out.txt", "w")'), ("rows.", 'rows_file = open("rows.csv", "w", newline="")')):
            if any(word in other for other in lines):
                self.setup.append(line)
        for word, line in (("calls.", "calls = []"), ("kept", "kept = []"), ("best", "best = None")):
            if any(word in other for other in lines):
                self.setup.append(line)
        if any("calls." in line for line in lines):
            self.after.append("print([call() for call in calls])")
        if any("rows." in line for line in lines):
            self.setup.append("rows = csv.writer(rows_file)")
            self.add(self.imports, "import csv")
        if any("sys." in line for line in lines):
            self.add(self.imports, "import sys")
        self.post = lines
        self.after[:0] = ["out_file.close()"] if any("out_file" in line for line in self.setup) else []
        self.after[:0] = ["rows_file.close()"] if any("rows_file" in line for line in self.setup) else []
        reads = ["print(out)", "print(total, results)", "json.dump([str(out), results, total], open('end.json', 'w'))", "print(items)", "print(sorted(results))"]
        if self.answer == "answer" and self.using and self.using[0].startswith("answer") and dice.chance(15):
            reads += ["print(answer)"] * 3
        if self.target == "x" and dice.chance(15):
            reads += ["print(x)"] * 3
        self.after += dice.some(reads, 2)
        if again and dice.chance(6):
            self.after += ["for item in list(out)[:2]:", f"    print(item, {again.replace(self.argument, 'str(item)') if self.argument in again else again})"]
        if any("json." in line for line in self.after):
            self.add(self.imports, "import json")
        if self.way in ("csv", "lines"):
            self.after = [line for line in self.after if line != "print(items)"]

    # ---- the text

    def applied(self):
        """A list of answers, as a comprehension or as a function that is applied to each item."""
        if self.form_of_list == "comprehension":
            return [f"out = [{self.expression} for {self.target} in {self.iterated}]"]
        wrap = "out = list({})" if self.form_of_list == "map" else "out = [answer for answer in sorted({})]"
        if "," in self.target:
            return ["def each(item):", f"    {self.target} = item", f"    return {self.expression}", wrap.format(f"map(each, {self.iterated})")]
        return [wrap.format(f"map(lambda {self.target}: {self.expression}, {self.iterated})")]

    def at_once(self, call, pre):
        """A list of answers of coroutines that are all made at once."""
        each = f"for {self.target} in {self.iterated}"
        form = self.form_of_list if not pre else "map"
        return {
            "comprehension": [f"out = await asyncio.gather(*[{call} {each}])"],
            "map": ["tasks = []", f"{each}:", *indent(pre), f"    tasks.append(asyncio.create_task({call}))", "out = await asyncio.gather(*tasks)"],
            "sorted": [f"tasks = [asyncio.create_task({call}) {each}]", "out = []", "for task in tasks:", "    out.append(await task)"],
        }[form]

    def loop(self, naive):
        lines = self.loop_itself(naive)
        return self.nested + indent(lines) if self.nested else lines

    def loop_itself(self, naive):
        if self.staged and not self.pre:
            return (self.brute or ["raise SystemError('nobody has staged this')"]) if naive else self.staged
        pre = [line for _, line in self.pre]
        simple = self.using in (["out.append(CALL)"], ["answer = CALL"]) and not pre and not self.orelse and not self.awaits
        if simple and not self.handed and self.dice_comprehension and self.scaffold != "generator":
            if not naive:
                return self.applied()
            return ["def _work(_item):", f"    {self.target} = _item", f"    return {self.expression}",
                    f"out = [_reply.result() for _, _reply in ahead(_work, {self.iterated})]"]
        if self.awaits and self.made_at_once and not self.region and self.scaffold != "generator" and self.expression.startswith("(await ") and self.expression.endswith(")"):
            needed = [line.replace("continue", "return None").replace("break", "return None") for need, line in self.pre if need]
            if not naive:
                return self.at_once(self.expression[len("(await "):-1], pre)
            return ["async def _work(_item):", f"    {self.target} = _item"] + indent(needed + [f"return {self.expression}"]) + [
                    f"out = [(await _reply) for _, _reply in ahead(_work, {self.iterated})]"]
        reply, define = ("(await _reply)", "async def") if self.awaits else ("_reply.result()", "def")
        body = pre + [line.replace("CALL", reply if naive else self.handed or self.expression) for line in self.using] + self.post
        header = f"for {self.target} in {self.iterated}:"
        if self.region:
            body = pre + (self.region if not naive else [f"{', '.join(self.gives)}, = {reply}"]) + self.post
        if not naive and self.cycle:
            first, header, begin, end = self.cycle
            return [*first, header] + indent([*begin, *body, *end]) + self.orelse
        if not naive:
            return [header] + indent(body) + self.orelse
        needed = [line.replace("continue", "return None").replace("break", "return None") for need, line in self.pre if need]
        does = [*self.region, f"return {', '.join(self.gives)}, "] if self.region else [f"return {self.expression}"]
        work = [f"{define} _work(_item):", f"    {self.target} = _item"] + indent(needed + does)
        # The calls of a failed or unmade request must not be waited for by the loop's own `else`.
        return work + [f"for ({self.target}), _reply in ahead(_work, {self.iterated}, keep_going=True{self.rate}):"] + indent(body) + self.orelse

    def text_of(self, naive):
        loop = self.loop(naive)
        client = [self.client] if self.client else []
        local = self.scaffold in ("main", "function") and not self.client_top
        imports = self.imports + (["from perfmod_runtime import ahead"] if naive else [])
        top = imports + ([] if local else client) + self.defs
        inside = ([f"global {', '.join(self.globals)}"] if self.globals else []) + (client if local else [])
        setup, result = self.lists + self.setup, "out"
        s = self.scaffold
        if s == "module":
            lines = top + self.lists + self.setup + loop + self.after
        elif s in ("main", "function"):
            body = inside + setup + loop + self.after + [f"return {result}"]
            call = ['if __name__ == "__main__":', "    main()"] if s == "main" else ["result = run()", "print(result)"]
            lines = top + [f"def {'main' if s == 'main' else 'run'}():"] + indent(body) + call
        elif s == "generator":
            lines = top + ["def produce():"] + indent(inside + setup + loop + self.after) + ["for place, made in enumerate(produce()):", "    print(place, made)"]
        elif s == "method":
            body = inside + setup + loop + self.after + [f"return {result}"]
            lines = top + ["class Job:", "    made = 0", "    def __init__(self):", "        self.done, self.asked, self.last, self.style = 0, [], '', 's'"] + indent(self.job) + ["    def run(self):"] + indent(body, 2) + ["job = Job()", "result = job.run()"]
        elif s == "async":
            lines = ["import asyncio"] + top + ["async def main():"] + indent(inside + setup + loop + self.after) + ["asyncio.run(main())"]
        elif s == "twice":
            lines = top + self.lists + [f"def run(items{'=items' if self.twice_default else ''}):"] + indent(inside + self.setup + loop + self.after + [f"return {result}"]) + ["first = run(items)", "second = run(items)"]
            if "data = Data(items)" in self.lists or "table" in str(self.lists):
                pass
        elif s == "outer":
            lines = top + self.lists + self.setup + ["for turn in range(2):"] + indent(["print('turn', turn)"] + loop) + self.after
        elif s == "inner":
            body = inside + setup + ["def go():"] + indent(["nonlocal total, out"] + loop) + ["go()"] + self.after
            lines = top + ["def run():"] + indent(body) + ["run()"]
        elif s == "try":
            body = inside + setup + ["try:"] + indent(loop) + ["except (ValueError, KeyError) as problem:", "    print('stopped', problem)", "finally:", "    print(len(out))"] + self.after
            lines = top + ["def main():"] + indent(body) + ['if __name__ == "__main__":', "    main()"]
        else:
            body = inside + setup + ["with open('all.txt', 'w') as whole:"] + indent(loop + ["whole.write(str(out))"]) + self.after
            lines = top + ["def main():"] + indent(body) + ['if __name__ == "__main__":', "    main()"]
        notes = ([f"# Feature: {self.feature.__name__}"] if self.is_changed else []) + self.notes
        return "\n".join(lines + notes) + "\n" + (f"# The work sets: {' '.join(self.work_names())}\n" if self.region else "")

    def work_names(self):
        """The variables that the statements of the work set, with those in front of them that they may need."""
        nodes = ast.walk(ast.parse("\n".join(["async def work():", "  while True:"] + indent([line for _, line in self.pre] + self.region))))
        rest = "\n".join(self.post + self.after + self.orelse)
        shared = {name for name in ("total", "out", "results", "last", "kept", "best") if re.search(rf"\b{name}\b", rest)}
        return sorted({n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - shared)

    def texts(self):
        self.dice_comprehension, self.twice_default = self.dice.chance(60), self.dice.chance(20)
        self.form_of_list, self.made_at_once = self.dice.pick(["comprehension", "map", "sorted"]), False
        # Of two coroutines that raise, the first in time would surface, and not the first item's.
        self.made_at_once = self.dice.chance(60) and "raise" not in "".join(self.defs + self.other + self.job)
        return self.text_of(False), self.text_of(True)


def main(folder, seed, count):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/features.txt", "w") as out:
        out.write("\n".join(f"{name} probe" if is_probe else name for name, is_probe in sorted(NAMES.items())))
    skipped = int(os.environ.get("PERFMOD_AUDIT_SKIP", "0"))
    made = at = 0
    while made < skipped + count:
        at += 1
        program = Program(seed * 1_000_003 + at)
        try:
            original, naive = program.texts()
            compile(original, "main.py", "exec")
        except SyntaxError:  # a combination that is no program
            continue
        if os.environ.get("PERFMOD_AUDIT_ONLY", "") not in original or "PERFMOD_AUDIT_FEATURE" in os.environ and not program.is_changed:
            continue
        try:
            compile(naive, "naive.py", "exec")
        except SyntaxError:
            if not program.region:
                continue
            naive = "raise SystemError('what leaves the loop cannot be put into a function')\n"
        made += 1
        if made <= skipped:
            continue
        if made == skipped + 1 and os.environ.get("PERFMOD_AUDIT_SHOW"):
            print(original)
        for place, text in ((f"{folder}/original/{made - 1:05}", original), (f"{folder}/naive/{made - 1:05}", naive)):
            os.makedirs(place)
            files = {"main.py": text, **program.files}
            if program.other:
                files["helpers.py"] = "\n".join(program.other) + "\n"
            for name, content in files.items():
                os.makedirs(os.path.dirname(f"{place}/{name}"), exist_ok=True)
                with open(f"{place}/{name}", "w") as out:
                    out.write(content)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
