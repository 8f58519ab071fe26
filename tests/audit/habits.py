"""What programs do around their calls, as features: loops that count, answers put in place of what was gone through, clients that
count, answers that are kept, objects made for each item, threads that are waited for, throttles, files of the items, `with`.

As with every feature, those that may be rewritten come with those that may not.
"""


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


def is_plain(program):
    """Whether another function can make the call of an item, and none besides it."""
    call = program.expression.partition("(")[0] + "("
    again = call in "\n".join(program.post + program.after)
    return not (program.region or program.awaits or program.staged or program.handed or again) and program.expression.count(program.argument) == 1


def behind(program, line):
    """A line somewhere behind the call."""
    whole = [i for i, text in enumerate(program.post + [""]) if not text.startswith((" ", "else", "except", "finally"))]
    program.post.insert(program.more.pick(whole), line)


def cycling(program):
    """A `while` that counts, or does more."""
    dice, value = program.more, f"str({program.answer})"
    if program.iterated != "items" or program.target not in ("x", "x, n"):
        return
    taken = (True, f"{program.target} = items[at]")
    leaves = any("continue" in line for line in [*(line for _, line in program.pre), *program.using, *program.post])
    program.pre[:0] = [taken, (False, "at += 1")] if leaves or dice.chance(30) else [taken]
    if len(program.pre) == 1 or program.pre[1][1] != "at += 1":
        program.post.append("at += 1")
    program.target, program.iterated = "at", "range(len(items))"
    header = dice.pick(["while at < len(items):"] * 6 + ["while at != len(items):", "while len(items) > at:", "while at <= len(items) - 1:", f"while at < {program.count}:", "while at < size:", "while True:", "while at < len(items) and len(out) < 9:", "while items[at:]:", "while at < size and going:"])
    if header == "while True:":
        program.pre[0:0] = [(False, "if at >= len(items): break")]
    program.cycle = (["at = 0", "size, going = len(items), True"], header, [], [])
    program.setup += program.cycle[0][1:]
    hidden = dice.pick([""] * 6 + ["items.append('a9') if len(items) < 5 and type(items[0]) is str else None", "at += 0", f"if {value} > 'c': at += 1", "going = False", "size = 2", "items = items[:2]", "print(at)", "del items[2:]", "at = len(items)", f"if {value} > 'd': size = 1", "items[-1] = items[0]", "at, last = at + 1, at"])
    if hidden:
        behind(program, hidden)
    if dice.chance(30):
        program.reaches("seen", dice.pick(["at", "at + 1", "len(items) - at", "size", "going"]))
    if dice.chance(25):
        program.after.append("print(at)")


def replacing(program):
    """Answers that take the place of what is gone through."""
    dice, answer = program.more, program.answer
    if program.kind != "str" or program.iterated != "items" or program.scaffold == "twice":
        return
    value = f"str({answer})"
    form = dice.pick(["dict", "dict", "dict", "list", "list", "list", "pairs", "nested"])
    if form in ("dict", "nested", "pairs"):
        program.lists.append(dice.pick(["got = dict.fromkeys(items, '-')", "got = {y: '-' for y in items}", "got = {y: {'a': '-'} for y in items}" if form == "nested" else "got = dict.fromkeys(items)"]))
        program.target, program.iterated = ("x, old", "got.items()") if form == "pairs" else ("x", dice.pick(["got"] * 4 + ["got.keys()", "list(got)", "sorted(got)"]))
        nested = form == "nested" and "'a'" in program.lists[-1]
        own = [f"got[x]['a'] = {value}", f"got[x] = {{'a': {value}}}", f"got[x]['b'] = {value}"] if nested else [f"got[x] = {value}", f"got[x] = {value}", f"got.update({{x: {value}}})", f"got[x] = [{value}]"]
        others = [f"got[list(got)[-1]] = {value}", f"got[x + '!'] = {value}", f"got['a0'] = {value}", f"got.setdefault({value}, 1)", "got.pop('a2', None)", f"got = {{**got, x: {value}}}", f"got.update(dict.fromkeys(got, {value}))"]
        reads = ["got[x]", "len(got)", "list(got)", "got.get(x)", "x in got"]
        far = ["str(got)", "list(got.values())", "got['a0']", "got[list(got)[-1]]", "len([y for y in got.values() if y and y != '-'])", "sorted(map(str, got.values()))"]
    else:
        program.target, program.iterated = "i, x", dice.pick(["enumerate(items)"] * 4 + ["enumerate(list(items))", "enumerate(items[:])", "enumerate(items, 0)", "zip(range(9), items)", "list(enumerate(items))"])
        own = [f"items[i] = {value}", f"items[i] = x + {value}", f"items[i:i + 1] = [{value}]"]
        others = [f"items[i - 1] = {value}", f"items[(i + 1) % len(items)] = {value}", f"items[-1] = {value}", f"items[i + 1:i + 2] = [{value}]", f"items.insert(0, {value}) if len(items) < 5 else None", f"items.append({value}) if len(items) < 5 else None", "items.pop()", "items.remove(x)", "items.reverse()", "items.sort(reverse=True)", f"items[items.index(x)] = {value}", f"items[:] = [{value} for _ in items]"]
        reads = ["items[i]", "len(items)", "x", "i"]
        far = ["items[i - 1]", "items[0]", "items[-1]", "str(items)", "''.join(items)", "items[i:]", "items[:i]", "max(items)", "items.index(x)", "x in items[:i]"]
    is_own = dice.chance(60)
    behind(program, dice.pick(own if is_own or dice.chance(40) else others))
    if dice.chance(65):
        program.reaches("seen", dice.pick(reads if is_own else far))
    program.after.append("print(got)" if form != "list" else "print(items)")


def doubling(program):
    """A dict of dicts, or a list of lists, that one expression makes of the answers."""
    dice, key = program.more, program.key
    if program.pre or not is_plain(program) or program.scaffold == "generator" or program.target != "x" or program.way not in ("items", "list", "tuple", "reversed", "sorted", "slice", "iter"):
        return
    argument = program.argument + " + str(m)"
    asked = program.expression.replace(program.argument, argument)
    where = dice.pick([""] * 5 + [f" if {key} != 'a1'", " if m != 'q'", f" if {key} not in seen", " if total < 2"])
    marks = dice.pick(["marks"] * 4 + ["'pq'", "range(2)", f"table.get({key}, marks)", "[len(out), 1]", f"marks_of({key})"])
    effect = dice.pick([""] * 6 + ["seen.add(m)", "marks.append('r') if len(marks) < 3 else None", "print(m)", f"table.update({{{key}: 'r'}})"])
    left, right = ("", "") if not effect else (f"({effect}, ", ")[1]")
    value = f"{left}{asked}{right}"
    many = f"for x in {program.iterated}"
    outer, inner = [("{{{k}: {i} {many}}}", "{{m: {v} for m in {marks}{w}}}"), ("{{{k}: {i} {many}}}", "[{v} for m in {marks}{w}]"), ("[{i} {many}]", "{{m: {v} for m in {marks}{w}}}"), ("{{m: {i} for m in {marks}}}", "{{{k}: {v} {many}{w}}}"), ("{{({k}, m): {v} {many} for m in {marks}{w}}}", None)][dice.pick([0, 0, 0, 1, 2, 3, 4])]
    inside = inner.format(v=value, marks=marks, w=where, k=key, many=many) if inner else ""
    if outer.startswith("{{m"):
        where = where if key in where or "total" in where else ""
        inside = inner.format(v=value, marks=marks, w=where, k=key, many=many)
        if key in marks:
            return
    form = outer.format(i=inside, k=key, many=many, marks=marks, v=value, w=where)
    program.setup += ["marks, table, seen = ['p', 'q'], {'a1': 'st'}, {'a2'}"]
    program.add(program.defs, ["def marks_of(key):", dice.pick(["    return ['p', key]", "    print('marks of', key)\n    return 'pq'"])])
    program.staged = [f"out = {form}", "print(out)"]
    # By brute force: all calls, in the order in which the expression makes them.
    pairs = f"[(x, m) for m in {marks} {many}{where}]" if outer.startswith("{{m") else f"[(x, m) {many} for m in {marks}{where}]"
    program.brute = ["def _work(_item):", "    x, m = _item", f"    return {value}", f"_got = iter([_reply.result() for _, _reply in ahead(_work, {pairs})])", f"out = {form.replace(value, 'next(_got)')}", "print(out)"]


def tallying(program):
    """A client of the program's own, which counts what it asks and what is used."""
    dice = program.more
    if not is_plain(program):
        return
    imports, client, raw, _ = program.parts
    raw = raw.replace("P", "prompt")
    usage = "response.usage.total_tokens" if program.api in ("openai", "old") else "len(answer)"
    lines = [f"answer = {raw}"]
    if program.api == "openai":
        lines = [f"response = {raw.removesuffix('.choices[0].message.content')}", "answer = response.choices[0].message.content"]
    elif usage.startswith("response"):
        usage = "len(answer)"
    counts = dice.pick([[f"self.tokens += {usage}"]] * 4 + [[f"self.tokens += {usage}", "self.calls += 1"], ["self.calls += 1"], ["self.calls += 1", "self.history.append(prompt)"], [f"self.tokens = self.tokens + {usage}"], ["self.usage['n'] += 1"], [f"self.count({usage})"], [f"Meter.total += {usage}"], ["self.last = answer"], ["self.costs[prompt] = 1"], ["TOTAL['n'] += 1"]])
    before = dice.pick([[]] * 6 + [["if self.tokens > LIMIT: raise ValueError('too many')"], ["prompt = prompt + str(self.calls)"], ["prompt = prompt + str(self.tokens)"], ["if self.calls > 1: return 'enough'"], ["self.calls += 1"], ["prompt = self.style + prompt"], ["prompt = prompt + str(len(self.history))"]])
    where = dice.pick(["behind"] * 5 + ["front"])
    body = [*before, *(lines + counts if where == "behind" or "answer" in str(counts) or "response" in str(counts) else counts + lines), "return answer"]
    program.client_top = True
    program.add(program.defs, ["LIMIT = 1000", "TOTAL = {'n': 0}", "class Meter:", "    total = 0", "    def __init__(self):", "        self.tokens, self.calls, self.last, self.style = 0, 0, '-', 's'", "        self.history, self.usage, self.costs = [], {'n': 0}, {}", "    def count(self, n):", "        self.tokens += n", "    @property", "    def spent(self):", "        return self.tokens / 1000", "    def ask(self, prompt):", *indent(body, 2)])
    program.setup.append(dice.pick(["meter = Meter()"] * 4 + ["meter, other = Meter(), Meter()", "meter = Meter(); count = meter.count"]))
    program.expression = f"meter.ask({program.argument})"
    reads = ["meter.tokens", "meter.calls", "meter.spent", "meter.usage['n']", "len(meter.history)", "Meter.total", "meter.last", "TOTAL['n']", "vars(meter)['tokens']", "len(meter.costs)"]
    if dice.chance(60):
        program.after.append(f"print({dice.pick(reads)})")
    place = dice.pick(["none"] * 5 + ["post", "post", "break", "request", "request", "reset"])
    read = dice.pick(reads)
    if place == "post":
        behind(program, f"print({read})")
    elif place == "break":
        behind(program, f"if {dice.pick(['meter.tokens', 'meter.calls'])} > 1: break")
    elif place == "request":
        program.reaches("spent", read)
    elif place == "reset":
        behind(program, dice.pick(["meter.tokens = 0", "meter.calls -= 1", "meter = Meter()", "meter.history.clear()", "Meter.total = 0", "meter.style = 't'", f"meter.style = str({program.answer})"]))


def keeping(program):
    """A helper that keeps its answers."""
    dice = program.more
    if not is_plain(program):
        return
    raw = program.top_form().replace("P", "prompt")
    decorator = dice.pick(["@functools.lru_cache(maxsize=None)"] * 4 + ["@functools.lru_cache", "@functools.cache", "@functools.lru_cache(maxsize=1)", "@lru_cache(maxsize=128)", "@kept"])
    program.add(program.imports, ["import functools", "from functools import lru_cache"])
    inside = dice.pick([[]] * 5 + [["print('asks', prompt)"], ["ASKED.append(prompt)"], ["prompt = prompt + STYLE['s']"], ["prompt = prompt + str(len(ASKED))", "ASKED.append(1)"]])
    body = [*inside, f"answer = {raw}", "return answer"]
    on = "prompt, *more" if dice.chance(20) else "prompt"
    program.add(program.defs, ["ASKED, STYLE = [], {'s': 's'}", "def kept(function):", "    memory = {}", "    @functools.wraps(function)", "    def inner(prompt):", "        if prompt not in memory:", "            memory[prompt] = function(prompt)", "        return memory[prompt]", "    inner.memory = memory", "    return inner"])
    program.defs += [decorator, f"def ask_kept({'prompt' if decorator == '@kept' else on}):", *indent(body)]
    program.expression = f"ask_kept({program.argument})"
    if dice.chance(40) and program.iterated == "items" and program.kind == "str":
        program.lists.append("items = items + items[:1]")
    caches = decorator != "@kept"
    hidden = dice.pick(["none"] * 5 + ["clear", "info", "style", "again", "beside", "request"])
    if hidden == "clear" and caches:
        behind(program, "ask_kept.cache_clear()")
    elif hidden == "info" and caches:
        (program.after if dice.chance(50) else program.post).append("print(ask_kept.cache_info())")
    elif hidden == "style":
        behind(program, f"STYLE['s'] = str({program.answer})")
    elif hidden == "again":
        behind(program, f"print(ask_kept({program.argument}))")
    elif hidden == "beside":
        program.setup.append("print(ask_kept('a1'))")
    elif hidden == "request":
        program.reaches("asked", dice.pick(["len(ASKED)"] + ["ask_kept.cache_info().misses", "ask_kept.cache_info().hits"] * caches))
    if dice.chance(30):
        program.after.append("print(ASKED)")


def renewing(program):
    """An object that is made for each item, and asked once or twice."""
    dice, key = program.more, program.key
    if not is_plain(program):
        return
    raw = program.top_form().replace("P", "prompt")
    program.client_top = True
    shared = dice.pick(["none"] * 7 + ["class", "default", "global", "given", "count", "last"])
    start = {"class": [], "default": ["self.said = kept"], "given": ["self.said = said"], "global": ["self.said = SAID"]}.get(shared, ["self.said = []"])
    given = {"default": ", kept=[]", "given": ", said=None"}.get(shared, "")
    more = {"count": ["Talk.made += 1", "prompt = prompt + str(Talk.made)"], "last": ["prompt = prompt + Talk.last"]}.get(shared, [])
    end = {"last": ["Talk.last = answer"]}.get(shared, [])
    program.add(program.defs, ["SAID = []", "class Talk:", "    made, last = 0, '-'", *(["    said = []"] if shared == "class" else []), f"    def __init__(self, about{given}):", "        self.about, self.turns = about, 0", *indent(start, 2),
                               "    def ask(self, prompt):", *indent([*more, "self.said.append(prompt)", "self.turns += 1", "prompt = ' '.join(self.said) + str(self.turns)", f"answer = {raw}", "self.said.append(answer)", *end, "return answer"], 2),
                               "    def both(self, prompt):", "        first = self.ask(prompt)", "        return self.ask(first)", "def new_talk(about):", "    return Talk(about)"])
    made = {"given": "Talk(KEY, shared_said)"}.get(shared, dice.pick(["Talk(KEY)"] * 4 + ["new_talk(KEY)", "Talk(about=KEY)"])).replace("KEY", f"str({key})")
    program.setup.append("shared_said = []")
    way = dice.pick(["pre"] * 4 + ["inline", "function", "function"])
    if way == "inline":
        program.expression = f"{made}.{dice.pick(['ask', 'both', 'both'])}({program.argument})"
    elif way == "function":
        lines = dice.pick([["return talk.both(prompt)"], ["first = talk.ask(prompt)", "second = talk.ask('more')", "return first + second"], ["answer = talk.ask(prompt)", "return answer + str(talk.turns)"]])
        program.add(program.defs, ["def talk_about(about, prompt):", f"    talk = {made.replace(f'str({key})', 'about').replace('shared_said', 'SAID')}", *indent(lines)])
        program.expression = f"talk_about(str({key}), {program.argument})"
    else:
        program.pre.append((True, f"talk = {made}"))
        program.notes.append("# The work sets: talk")
        program.expression = f"talk.{dice.pick(['ask', 'both'])}({program.argument})"
        if dice.chance(25):
            behind(program, dice.pick(["print(talk.turns)", "print(len(talk.said))", "talks.append(talk)", "talk.said.append('-')", "Talk.last = 'set'"]))
            program.setup.append("talks = []")
        elif dice.chance(20):
            # One for all of them.
            program.pre.pop()
            program.setup.append("talk = Talk('all')" if shared != "given" else "talk = Talk('all', shared_said)")
    if dice.chance(30):
        program.after.append(dice.pick(["print(Talk.made, Talk.last)", "print(SAID)"]))


def offloading(program):
    """A call that an asynchronous function hands to a thread, and waits for."""
    dice = program.more
    whole = program.expression
    if not is_plain(program) or not whole.endswith(")") or "(" not in whole or whole.startswith("("):
        return
    raw = program.top_form().replace("P", "prompt")
    body = dice.pick([[f"return {raw}"]] * 4 + [[f"answer = {raw}", "DONE.append(answer)", "return answer"], ["DONE.append(prompt)", f"return {raw}"], [f"return {raw} + str(len(DONE))"], ["prompt = prompt + str(len(DONE))", f"return {raw}"], ["global COUNT", "COUNT += 1", f"return {raw}"]])
    program.add(program.imports, "import asyncio")
    program.add(program.defs, ["DONE = []", "COUNT = 0", "def ask_here(prompt):", *indent(body)])
    given = program.argument
    program.expression = dice.pick([f"(await asyncio.to_thread(ask_here, {given}))"] * 5 + [f"(await asyncio.get_running_loop().run_in_executor(None, ask_here, {given}))", f"(await asyncio.to_thread(lambda: ask_here({given})))", f"(await asyncio.wait_for(asyncio.to_thread(ask_here, {given}), 600))", "(await ask_later(" + given + "))"])
    if "ask_later" in program.expression:
        program.add(program.defs, ["async def ask_later(prompt):", "    return await asyncio.to_thread(ask_here, prompt)"])
    program.awaits = True
    if dice.chance(35):
        behind(program, dice.pick([f"DONE.append(str({program.answer}))", "print(len(DONE))", "DONE.clear()", "global_count = COUNT"]))
    if dice.chance(30):
        program.after.append("print(DONE, COUNT)")
    if dice.chance(30):
        # Several at once would make lines in any order.
        program.pre.append((True, "asked = len(DONE)"))


def throttling(program):
    """A pause that a class or a function of the program's own keeps between calls."""
    dice = program.more
    if not is_plain(program):
        return
    program.notes.append("# It keeps a pace, with one call for each item." if program.form == program.raw else "# It keeps a pace.")
    program.add(program.imports, ["import time", "import collections"])
    clock = dice.pick(["time.monotonic()"] * 3 + ["time.time()", "time.perf_counter()"])
    kind = dice.pick(["class", "class", "function", "window", "bucket", "decorator", "count", "inline", "odd"])
    call = "_limiter.wait()"
    if kind == "class":
        lines = ["class Limiter:", "    def __init__(self, seconds=0.5):", "        self.seconds, self.last = seconds, -1.0", "    def wait(self):", f"        left = self.last + self.seconds - {clock}", "        if left > 0:", "            time.sleep(left)", f"        self.last = {clock}", "_limiter = Limiter()"]
    elif kind == "function":
        lines, call = ["_LAST = {'at': -1.0}", "def wait_turn(seconds=0.5):", f"    passed = {clock} - _LAST['at']", "    if passed < seconds:", "        time.sleep(seconds - passed)", f"    _LAST['at'] = {clock}"], "wait_turn()"
    elif kind == "window":
        lines, call = ["_TIMES = collections.deque()", "def wait_turn():", f"    while _TIMES and {clock} - _TIMES[0] >= 1:", "        _TIMES.popleft()", "    if len(_TIMES) >= 2:", f"        time.sleep(1 - ({clock} - _TIMES[0]))", f"    _TIMES.append({clock})"], "wait_turn()"
    elif kind == "bucket":
        lines, call = ["class Bucket:", "    def __init__(self):", f"        self.tokens, self.at = 1.0, {clock}", "    def take(self):", f"        now = {clock}", "        self.tokens = min(1.0, self.tokens + (now - self.at) * 2)", "        self.at = now", "        if self.tokens < 1:", "            time.sleep((1 - self.tokens) / 2)", f"            self.tokens, self.at = 1.0, {clock}", "        self.tokens -= 1", "_bucket = Bucket()"], "_bucket.take()"
    elif kind == "decorator":
        raw = program.top_form().replace("P", "prompt")
        lines, call = ["def paced(function):", "    last = [-1.0]", "    def inner(prompt):", f"        left = last[0] + 0.5 - {clock}", "        if left > 0: time.sleep(left)", f"        last[0] = {clock}", "        return function(prompt)", "    return inner", "@paced", "def ask_paced(prompt):", f"    return {raw}"], ""
    elif kind == "count":
        lines, call = ["_MADE = {'n': 0}", "def wait_turn():", "    _MADE['n'] += 1", "    if _MADE['n'] % 2 == 0:", "        time.sleep(1)"], "wait_turn()"
    elif kind == "odd":
        lines, call = ["STATE = {'pause': 0.5}", "def wait_turn():", "    time.sleep(STATE['pause'])", dice.pick(["    STATE['pause'] *= 2", "    STATE['pause'] = 0.25", "    print('waited')"])], "wait_turn()"
    else:
        lines, call = [f"_begun = {clock}"], f"time.sleep(max(0, 0.5 - ({clock} - _begun)))"
    program.add(program.defs, ["\n".join(lines)])
    place = dice.pick(["pre"] * 3 + ["post", "helper", "helper"])
    if kind == "decorator":
        program.expression = f"ask_paced({program.argument})"
    elif kind == "inline":
        program.pre.append((False, "_begun = " + clock)) if not program.pre or not program.pre[-1][1].startswith(" ") else None
        program.post.append(call)
    elif place != "helper" or not program.in_helper(call, "front"):
        program.post.append(call) if place == "post" else program.pre.append((False, call))
    if kind in ("class", "function", "inline"):
        program.rate = ", pace=0.5"
    if dice.chance(15):
        behind(program, {"class": "_limiter.seconds = 0.25", "function": "_LAST['at'] = -1.0", "window": "_TIMES.clear()", "bucket": "_bucket.tokens = 1.0", "count": "print(_MADE)", "odd": "STATE['pause'] = 1"}.get(kind, "total += 1"))


def reading(program):
    """A file of the item's own that is read in front of the call, and perhaps others that are written."""
    dice, key = program.more, program.key
    if program.kind != "str" or "'" in key or '"' in key or program.iterated != "items" and program.way in ("lines", "csv", "splitlines"):
        return
    for at in range(4):
        program.files[f"a{at}.in"] = f"text {at}\n"
    program.add(program.imports, ["import os", "import json", "from pathlib import Path"])
    ways = [(["path = Path(f'{x}.in')"], "path.read_text()")] * 4 + [(["path = Path(x).with_suffix('.in')"], "path.read_text().strip()"), ([], "open(x + '.in').read()"), (["path = os.path.join('.', x + '.in')"], "open(path).read()"), (["with open(f'{x}.in') as source:", "    text = source.read()"], "text"), ([], "(HERE / f'{x}.in').read_text()"), (["path = HERE / (x + '.in')"], "path.open().readline()"), ([], "load_in(x)"), ([], "Path(x + '.in').read_text().upper()")]
    lines, text = dice.pick(ways)
    if not program.reaches("contents", text):
        return
    program.pre[-1:-1] = [(True, line) for line in lines]
    program.add(program.defs, ["HERE = Path('.')", "def load_in(name):", dice.pick(["    return Path(name + '.in').read_text()", "    with open(f'{name}.in') as file:\n        return file.read()"]), "def store(name, text):", dice.pick(["    Path(name + '.out').write_text(text)", "    with open(f'{name}.out', 'w') as file:\n        file.write(text)", "    Path('a2.in').write_text(text)"])])
    value = f"str({program.answer})"
    own = [f"Path(f'{{x}}.out').write_text({value})", f"open(x + '.out', 'w').write({value})", f"with open(f'{{x}}.out', 'w') as file: file.write({value})", f"(HERE / f'{{x}}.out').write_text({value})", f"with open('all.out', 'a') as file: file.write({value})", f"store(x, {value})", f"Path(f'{{x}}.out').open('w').write({value})"]
    others = [f"Path(f'{{x}}.in').write_text({value})", f"Path('a2.in').write_text({value})", f"open('a1.in', 'a').write({value})", f"(HERE / 'a2.in').write_text({value})", f"Path(f'a{{len(out)}}.in').write_text({value})", f"Path(f'{{x}}.out').write_text({value}); os.replace(f'{{x}}.out', 'a2.in')", f"Path('a2.in').write_text(Path('a2.in').read_text() + {value})", "os.remove('a2.in') if os.path.exists('a2.in') else None", f"for made in HERE.glob('*.in'): made.write_text({value})", f"Path({value} + '.in').touch()"]
    if dice.chance(75):
        behind(program, dice.pick(own + own + others))
    if dice.chance(30):
        # What is there already is not asked for again.
        test = dice.pick(["Path(f'{x}.out').exists()", "(HERE / f'{x}.out').exists()", "os.path.exists(x + '.out')", "Path('all.out').exists()", "(HERE / 'a1.out').is_file()"])
        program.pre[:0] = [(True, f"if {test}:"), (True, "    continue")]
        if dice.chance(30):
            program.files["a1.out"] = "kept"


def suppressing(program):
    """A call whose failure somebody passes over, in a `with`."""
    dice, error = program.more, program.error
    if program.region or program.awaits or program.staged or not program.using or any(line.startswith(("try", "with", "if", "for", "(")) for line in program.using):
        return
    program.add(program.imports, ["import contextlib", "from contextlib import suppress"])
    kind = dice.pick([error] * 4 + ["Exception", f"{error}, ValueError", "ValueError", "KeyError"])
    way = dice.pick(["suppress"] * 4 + ["contextlib.suppress", "contextlib.suppress", "ignoring", "Ignoring", "noting", "timed"])
    head = {"timed": "with timed():", "noting": f"with noting({kind.split(',')[0]}):", "ignoring": f"with ignoring({kind.split(',')[0]}):", "Ignoring": f"with Ignoring({kind.split(',')[0]}):"}.get(way, f"with {way}({kind}):")
    program.add(program.defs, ["FAILED = []", "@contextlib.contextmanager", "def ignoring(kind):", "    try:", "        yield", "    except kind:", "        pass", "@contextlib.contextmanager", "def noting(kind):", "    try:", "        yield", "    except kind as error:", "        FAILED.append(str(error))", "@contextlib.contextmanager", "def timed():", "    print('begins')", "    yield", "    print('ends')",
                               "class Ignoring:", "    def __init__(self, kind):", "        self.kind = kind", "    def __enter__(self):", "        return self", "    def __exit__(self, kind, error, trace):", "        return kind is not None and issubclass(kind, self.kind)"])
    before = dice.pick([["answer = 'none'"], ["answer = 'none'"], ["answer = ''"], []])
    inside = dice.pick([[], [], ["total += 1"], ["print('asks')"]])
    after = dice.pick([[], [], ["total += 1"], ["print('has', answer)"]]) if program.answer == "answer" else []
    program.using = [*before, head, *indent([*inside, *program.using, *after])]
    program.setup.append("answer = first = 'unset'")
    if dice.chance(30):
        program.reaches("failed", dice.pick(["len(FAILED)", "total", "str(answer)" if not before else "len(out)"]))
    if dice.chance(30):
        behind(program, dice.pick(["print(FAILED)", "FAILED.append('-')", "answer = 'old'"]))


def opening(program):
    """Addresses that the standard library opens, in a `with` and without."""
    dice = program.more
    if not is_plain(program) or any("CALL" in line and line.startswith((" ", "try", "with", "for", "if", "return", "(")) for line in program.using):
        return
    program.add(program.imports, ["import urllib.request", "from urllib.request import urlopen", "import json"])
    opened = dice.pick(["urlopen(URL)", "urllib.request.urlopen(URL)", "urlopen(URL, timeout=9)", "urlopen(urllib.request.Request(URL))"]).replace("URL", "'http://data.example/' + prompt")
    more = dice.pick([[]] * 5 + [["GOT.append(prompt)"], ["print('got', prompt)"], ["prompt = prompt + str(len(GOT))"], ["GOT.append(1)", "prompt = prompt + str(len(GOT))"]])
    body = dice.pick([[f"with {opened} as response:", "    return response.read().decode()"]] * 3 + [[f"with {opened} as response:", "    answer = json.load(response)['a']", "return answer"], [f"return {opened}.read().decode()"], [f"response = {opened}", "text = response.read()", "response.close()", "return text.decode()"], [f"with {opened} as response, open('kept.txt', 'a') as file:", "    text = response.read().decode()", "    file.write(text)", "return text"]])
    program.error = "OSError"
    program.add(program.defs, ["GOT = []"])
    if program.using == ["answer = CALL"] and dice.chance(50) and not any(line.startswith("    ") for line in program.using):
        program.region = [f"prompt = {program.argument}", *more, f"with {opened} as response:", "    answer = response.read().decode()"]
        program.gives, program.answer, program.using = ["answer"], "answer", []
    else:
        program.add(program.defs, ["def fetch_there(prompt):", *indent([*more, *body])])
        program.expression = f"fetch_there({program.argument})"
    if dice.chance(40):
        behind(program, dice.pick(["print(len(GOT))", f"GOT.append(str({program.answer}))", "GOT.clear()", f"with open('kept.txt', 'a') as file: file.write(str({program.answer}))"]))
    if dice.chance(30):
        program.after.append("print(GOT)")


for feature in (cycling, replacing, doubling, tallying, keeping, renewing, throttling, reading, suppressing, opening, offloading):
    feature.plain, feature.spare = True, 60
for feature in (replacing, reading):
    feature.kind = "str"
for feature in (cycling, replacing, doubling):
    feature.source = "items"
for feature in (doubling, opening):
    feature.spare = 100
offloading.scaffold = "async"
tallying.apis = ["openai", "openai", "openai", "requests", "old"]

HABITS = [cycling, cycling, replacing, replacing, doubling, tallying, keeping, renewing, offloading, throttling, reading, suppressing, opening]
