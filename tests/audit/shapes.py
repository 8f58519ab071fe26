"""Shapes of real programs around a call, as features: tries of the program's own, calls that other files and classes make,
files that say what is done, batches, comprehensions over several sources, changes to the item by its own methods.

As with every feature, those that may be rewritten come with those that may not: something that iterations share is hidden in the shape.
"""


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


def is_plain(program):
    """Whether another function can make the call of an item, and none besides it."""
    call = program.expression.partition("(")[0] + "("
    again = call in "\n".join(program.post + program.after)
    return not (program.region or program.awaits or program.staged or program.handed or again) and program.expression.count(program.argument) == 1


def trying(program):
    """Tries that somebody wrote around the call, of a server that fails and then answers."""
    dice = program.more
    if not is_plain(program):
        return
    raw = program.top_form().replace("P", "prompt")
    error = program.error
    if program.api in ("openai", "old") and dice.chance(60):
        # What the server says is a limit, and the runtime knows that one.
        error = program.error.replace("OpenAIError", "RateLimitError")
        program.notes.append("# Its server has a limit.")
    program.notes.append("# It tries again.")
    program.add(program.imports, "import time")
    before, pause = [], dice.pick(["time.sleep(1)"] * 4 + ["time.sleep(2 ** attempt)", "pass"])
    caught = f"except {dice.pick([error] * 4 + ['Exception', f'({error}, ValueError)'])} as error:"
    call, defs, words = raw, [], []
    shared = dice.pick([""] * 8 + ["count", "print", "log", "pause", "key", "key", "budget", "client", "last", "flag", "flag", "stale", "seen", "first", "answers"])
    failed = [pause]
    if shared == "count":
        defs, words = ["FAILED = 0"], ["FAILED"]
        failed = ["FAILED += 1", pause]
        call = dice.pick([raw, raw.replace("prompt", "(prompt + str(FAILED))")])
        program.after.append("print(FAILED)")
    elif shared == "print":
        failed = ["print('again', prompt)", pause]
    elif shared == "log":
        defs, failed = ["FAILURES = []"], ["FAILURES.append(str(error))", pause]
        (program.after if dice.chance(60) else program.post).append("print(len(FAILURES))")
    elif shared == "pause":
        defs, words, failed = ["PAUSE = 1"], ["PAUSE"], ["time.sleep(PAUSE)", "PAUSE = PAUSE * 2"]
    elif shared == "key":
        # The next key, for this item and for all that come.
        defs, words = ["KEYS = ['k1', 'k2', 'k3', 'k4']", "which = 0"], ["which"]
        failed = dice.pick([["which = (which + 1) % len(KEYS)"], ["which += 1"], ["KEYS.append(KEYS.pop(0))"]])
        call = raw.replace("prompt", "(prompt + KEYS[which % len(KEYS)])")
    elif shared == "budget":
        defs, words, failed = ["BUDGET = 2"], ["BUDGET"], ["BUDGET -= 1", "if BUDGET < 0: raise", pause]
    elif shared == "client" and program.client:
        words, failed = ["client"], [program.client, pause]
    elif shared == "last":
        defs, words, failed = ["LAST = '-'"], ["LAST"], ["LAST = prompt", pause]
        (program.after if dice.chance(50) else program.post).append("print(LAST)")
    elif shared == "seen":
        defs, failed = ["FAILING = set()"], ["if prompt in FAILING: raise", "FAILING.add(prompt)", pause]
    elif shared == "first":
        defs, failed = ["FAILING = []"], ["FAILING.append(prompt)", "if len(FAILING) > 2: return 'no more'", pause]
    elif shared == "answers":
        defs, before, failed = ["ANSWERS = ['none']"], [], [pause, "ANSWERS.append(prompt)"]
        call = raw.replace("prompt", "(prompt + ANSWERS[0])")
    way = dice.pick(["return"] * 4 + ["raise", "raise", "count", "flag", "flag", "flag", "none", "none", "else", "recursion", "decorator", "both", "given", "finally"])
    if shared in ("flag", "stale"):
        way = dice.pick(["flag", "flag", "both"])
    end = dice.pick([["return ''"], ["raise RuntimeError('too often')"], [], ["return None"]])
    state = [f"global {', '.join(words)}"] if words else []
    handler = [caught, *indent(failed)]
    if way == "return":
        body = ["for attempt in range(3):", "    try:", f"        return {call}", *indent(handler), *end]
    elif way == "raise":
        body = ["for attempt in range(3):", "    try:", f"        return {call}", "    " + caught, "        if attempt == 2:", "            raise", *indent(failed, 2)]
    elif way == "count":
        body = ["attempt = 0", "while True:", "    try:", f"        return {call}", "    " + caught, "        attempt += 1", "        if attempt > 2:", "            raise", *indent(failed, 2)]
    elif way in ("flag", "both"):
        head, done = dice.pick([("done = False", "done = True")] * 3 + [("done = 0", "done = 1")])
        test = "not done" if way == "flag" else "not done and attempt < 3"
        inside = dice.pick([[f"answer = {call}", done]] * 2 + [[done, f"answer = {call}"], [f"answer = {call}", "done = len(answer) > 2"]])
        handler = [caught, *indent(failed)]
        if shared == "stale":
            handler = [caught, "    " + done, f"    answer = {dice.pick(['str(error)', repr('none'), 'ANSWER'])}"]
            defs = [*defs, "ANSWER = 'none'"]
        if shared == "flag":
            # One that outlives the item: what is asked for the next depends on it.
            defs, words = [*defs, head, "answer = 'none'"], [*words, "done", "answer"]
            head = dice.pick(["pass", "pass", head])
        state = [f"global {', '.join(words)}"] if words else []
        body = ["attempt = 0", head, f"while {test}:", "    try:", *indent(inside, 2), *indent(handler), "    attempt += 1", dice.pick(["return answer", "return answer if done else 'none'"]) if way == "flag" else "return answer if done else 'none'"]
    elif way == "none":
        body = ["attempt = 0", "answer = None", f"while answer is None{dice.pick(['', ' and attempt < 3'])}:", "    attempt += 1", "    try:", f"        answer = {call}", *indent(handler), "return answer"]
    elif way == "else":
        body = ["for attempt in range(3):", "    try:", f"        answer = {call}", "        break", *indent(handler), "else:", f"    {dice.pick(['answer = ' + repr('none'), 'raise RuntimeError(prompt)'])}", "return answer"]
    elif way == "recursion":
        body = ["try:", f"    return {call}", caught, "    if attempt == 2:", "        raise", *indent(failed), "    return ask_again(prompt, attempt + 1)"]
    elif way == "given":
        body = ["for attempt in range(tries):", "    try:", f"        return {call}", *indent(handler), *end]
    elif way == "finally":
        program.add(program.defs, ["TRIES = []"])
        body = ["for attempt in range(3):", "    try:", f"        return {call}", *indent(handler), "    finally:", "        " + dice.pick(["pass", "TRIES.append(attempt)", "print('tried', attempt)"]), *end]
        program.after.append("print(TRIES)")
    else:
        program.add(program.imports, "import functools")
        defs += ["def again(function):", "    @functools.wraps(function)", "    def tries(prompt):", *indent(state, 2), "        for attempt in range(3):", "            try:", "                return function(prompt)", *indent(handler, 3), *indent(end, 2), "    return tries", "@again"]
        body, state = [f"return {call}"], []
    given = {"recursion": "prompt, attempt=0", "given": "prompt, tries=3"}.get(way, "prompt")
    program.add(program.defs, [*defs, f"def ask_again({given}):", *indent(state + before + body)])
    program.expression = f"ask_again({program.argument})"
    if "RateLimitError" in error and way in ("return", "raise", "else", "count") and dice.chance(50):
        program.notes.append("# Wanted: absorb")


def crossing(program):
    """Functions of another file down to the call, so that an event loop may take them along."""
    dice = program.more
    if not is_plain(program) or program.other or program.files.get("there.py"):
        return
    imports, client, raw, _ = program.parts
    raw = raw.replace("P", "prompt")
    # The other file has the client: a loop that calls nothing else may take it to an event loop.
    low = dice.pick([[f"return {raw}"]] * 3 + [[f"answer = {raw}", "return answer"], ["prompt = prompt.strip()", f"answer = {raw}", "return answer"]])
    state, top, words, lower = "", [], [], ["answer = low(prompt)"]
    kind = dice.pick(["plain"] * 6 + ["twice", "twice", "branch", "pause", "print", "tries", "handled", "read", "sum", "sum", "around", "last", "list", "flag", "memo", "history", "turn", "attribute", "guard"])
    if kind == "twice":
        lower = ["answer = low(prompt)", dice.pick(["answer = answer + low(prompt + answer)", "answer = low(answer)", "if answer > 'b': answer = low(answer)"])]
    elif kind == "branch":
        lower = ["if prompt.endswith('1'):", "    answer = low(prompt + '!')", "else:", "    answer = low(prompt)"]
    elif kind == "pause":
        top, lower = ["import time"], dice.pick([["time.sleep(0.5)", "answer = low(prompt)"], ["answer = low(prompt)", "time.sleep(0.5)"]])
    elif kind == "print":
        lower = ["print('asking', prompt)", "answer = low(prompt)", "print('got', answer)"]
    elif kind == "tries":
        lower = ["answer = 'none'", "for attempt in range(3):", "    try:", "        answer = low(prompt)", "        break", f"    except {program.error}:", dice.pick(["        pass", "        time.sleep(1)", "        print('again')"])]
        top = ["import time"]
        program.notes.append("# It tries again.")
    elif kind == "handled":
        lower = ["try:", "    answer = low(prompt)", f"except {program.error} as error:", "    answer = str(error)"]
    elif kind == "read":
        top, lower = ["STYLE = 's'"], ["answer = low(prompt + STYLE)"]
        state = "STYLE"
    elif kind == "sum":
        # What is read in front of the wait and written behind it.
        top, words, lower = ["SUM = 0"], ["SUM"], dice.pick([["SUM += len(low(prompt))", "answer = str(SUM)"], ["before = SUM", "answer = low(prompt)", "SUM = before + 1"], ["answer = low(prompt)", "SUM = SUM + len(answer)"], ["SUM = SUM + len(low(prompt))", "answer = prompt"]])
        state = "SUM"
    elif kind == "around":
        top, words, lower = ["OPEN = 0"], ["OPEN"], ["OPEN += 1", "answer = low(prompt + str(OPEN))", "OPEN -= 1"]
        state = "OPEN"
    elif kind == "last":
        top, words, lower = ["LAST = ''"], ["LAST"], dice.pick([["LAST = prompt", "answer = low(prompt)", "answer = answer + LAST"], ["answer = low(prompt + LAST)", "LAST = answer"], ["LAST = low(prompt)", "answer = LAST"]])
        state = "LAST"
    elif kind == "list":
        top, lower = ["HISTORY = []"], dice.pick([["HISTORY.append(prompt)", "answer = low(prompt)", "HISTORY.append(answer)"], ["answer = low(prompt + str(len(HISTORY)))", "HISTORY.append(answer)"], ["HISTORY.append(prompt)", "answer = low(' '.join(HISTORY))", "HISTORY.clear()"]])
        state = "HISTORY"
    elif kind == "flag":
        top, words, lower = ["READY = False"], ["READY"], ["if not READY:", "    " + dice.pick(["READY = True", "low('warm up'); READY = True", "print('begins'); READY = True"]), "answer = low(prompt)"]
    elif kind == "memo":
        top, lower = ["MEMO = {}"], ["if prompt not in MEMO:", "    MEMO[prompt] = low(prompt)", "answer = MEMO[prompt]"]
        state = "MEMO"
    elif kind == "history":
        top, lower = [], [f"messages = {dice.pick(['[]', 'given'])}", "messages.append(prompt)", "answer = low(' '.join(messages))", "messages.append(answer)"]
    elif kind == "turn":
        top, lower = ["TURNS = iter('pqrstuvw')"], ["answer = low(prompt + next(TURNS))"]
    elif kind == "attribute":
        top, lower = ["class Options:", "    style = 's'"], ["answer = low(prompt + Options.style)", dice.pick(["pass", "Options.style = answer", "Options.style = 's'"])]
    elif kind == "guard":
        top, words, lower = ["SPENT = 0"], ["SPENT"], ["if SPENT > 1:", "    return 'spent'", "answer = low(prompt)", "SPENT += 1"]
    given = "prompt, given=[]" if kind == "history" else "prompt"
    depth = dice.below(3)
    chain = ["def low(prompt):", *indent(low)]
    front = [f"def ask_there({given}):", *indent([f"global {', '.join(words)}"] if words else []), *indent(lower), "    return answer"]
    if depth == 2:
        front += ["def ask_top(prompt):", dice.pick(["    return ask_there(prompt)", "    return ask_there(prompt).strip()", "    answer = ask_there(prompt)\n    return answer"])]
    name = "ask_top" if depth == 2 else "ask_there"
    if depth == 1:
        # A third file holds what asks.
        program.files["lower.py"] = "\n".join([*imports, *([client] if client else []), *chain]) + "\n"
        text = ["from lower import low", *top, *front]
    else:
        text = [*imports, *([client] if client else []), *top, *(chain + front if dice.chance(70) else front + chain)]
    program.files["there.py"] = "\n".join(text) + "\n"
    module = dice.chance(40)
    program.add(program.imports, "import there" if module else f"from there import {name}")
    if state and (module or dice.chance(40)):
        program.add(program.imports, "import there")
        where = dice.pick([program.after, program.after, program.post])
        where.append(f"print(there.{state})")
        if dice.chance(30) and state in ("STYLE", "LAST", "SUM"):
            program.post.append({"STYLE": f"there.STYLE = str({program.answer})", "LAST": "there.LAST = 'set'", "SUM": "there.SUM = 0"}[state])
    call = f"there.{name}" if module else name
    if dice.chance(20):
        (program.setup if dice.chance(50) else program.after).append(f"print({call}('beside'))")
    if dice.chance(10):
        program.files["beside.py"] = f"from there import {name}\ndef other(prompt):\n    return {name}(prompt)\n"
        program.add(program.imports, "import beside") if dice.chance(50) else None
    program.expression = f"{call}({program.argument})"


def overriding(program):
    """A class whose method makes the call, and a subclass that has a method of its own: in the same file, lower, or in another."""
    dice = program.more
    if not is_plain(program):
        return
    imports, client, raw, _ = program.parts
    raw = raw.replace("P", "prompt")
    head = [*imports, *([client] if client else [])]
    base = ["class Base:", "    style = 's'", "    def __init__(self):", "        self.n, self.seen, self.last = 0, [], ''", "    def prepare(self, prompt):", "        return prompt", "    def finish(self, answer):", "        return answer",
            "    def ask(self, prompt):", "        prompt = self.prepare(prompt)", f"        answer = {raw}", "        return self.finish(answer)"]
    # What the other method does: nothing that another item sees, or something.
    prepare = dice.pick([["return prompt + '!'"], ["return prompt + self.style"], ["return prompt.strip()"], ["self.n += 1", "return prompt"], ["self.n += 1", "return prompt + str(self.n)"], ["self.seen.append(prompt)", "return prompt + str(len(self.seen))"], ["return prompt + self.last"], ["self.last = prompt", "return prompt"], ["print('asks', prompt)", "return prompt"],
                         ["Base.style = Base.style + 's'", "return prompt + self.style"], ["if prompt in self.seen: raise ValueError(prompt)", "return prompt"], ["return super().prepare(prompt) + '?'"], ["return prompt + ''.join(self.seen)"]])
    finish = dice.pick([["return answer.upper()"], ["return answer + self.style"], ["self.n += 1", "return answer"], ["self.seen.append(answer)", "return answer"], ["self.last = answer", "return answer"], ["print('has', answer)", "return answer"], ["self.n = self.n + len(answer)", "return answer + str(self.n)"], ["return super().finish(answer)"]])
    ask = dice.pick([["answer = super().ask(prompt)", "return answer.upper()"], ["answer = super().ask(prompt + self.last)", "self.last = answer", "return answer"], ["return super().ask(prompt) + super().ask(prompt + '2')"], ["self.n += 1", "return super().ask(prompt)"], ["if self.n > 1: return 'enough'", "self.n += 1", "return super().ask(prompt)"]])
    own = []
    which = dice.pick([["prepare"]] * 4 + [["finish"]] * 3 + [["prepare", "finish"], ["prepare", "finish"], ["ask"], ["ask"], ["ask", "prepare"]])
    for name, given, body in (("prepare", "prompt", prepare), ("finish", "answer", finish), ("ask", "prompt", ask)):
        if name in which:
            own += [f"    def {name}(self, {given}):", *indent(body, 2)]
    place = dice.pick(["same", "lower", "lower", "base", "base", "base", "both", "own"])
    header = "class Own(Base):"
    made = dice.pick(["asker = Own()"] * 4 + ["asker: Base = Own()", "asker = make()", "asker = {'own': Own, 'base': Base}['own']()", "asker = (Base() if len(items) > 9 else Own())"])
    factory = ["def make():", "    return Own()"] if "make()" in made else []
    through = dice.pick(["method"] * 4 + ["function", "function", "bound", "inner"])
    helper = [f"def ask_with(asker{dice.pick([': Base', '', ': Base'])}, prompt):", "    return asker.ask(prompt)"] if through == "function" else []
    if place in ("same", "lower"):
        program.client_top = True
        if place == "lower":
            # Whatever uses the class stands above the one with the other method.
            program.defs += [*base, *helper, *factory, header, *own]
        else:
            program.defs += [*base, header, *own, *factory, *helper]
    else:
        program.files["base.py"] = "\n".join([*head, *base, *helper]) + "\n"
        names = "Base, ask_with" if helper else "Base"
        if place == "own":
            program.files["own.py"] = "\n".join(["from base import Base", header, *own]) + "\n"
            program.add(program.imports, f"from base import {names}")
            program.add(program.imports, "from own import Own")
            program.defs += factory
        elif place == "both":
            # The subclass stands beside its base, and a further one here.
            program.files["base.py"] += "\n".join([header, *own]) + "\n"
            program.add(program.imports, f"from base import {names}, Own")
            program.defs += ["class Further(Own):", *dice.pick([["    pass"], ["    style = 't'"], ["    def prepare(self, prompt):", "        self.n += 1", "        return super().prepare(prompt) + str(self.n)"], ["    def finish(self, answer):", "        return answer + '.'"]])]
            made, factory = made.replace("Own", "Further"), [line.replace("Own", "Further") for line in factory]
            program.defs += factory
        elif dice.chance(30):
            program.add(program.imports, "import base")
            program.defs += ["Base = base.Base", *([f"ask_with = base.ask_with"] if helper else []), "class Own(base.Base):", *own, *factory]
        else:
            program.add(program.imports, f"from base import {names}")
            program.defs += [header, *own, *factory]
    program.setup.append(made)
    if through == "bound":
        program.setup.append("asks = asker.ask")
    if through == "inner":
        program.setup += ["def asks(prompt):", "    return asker.ask(prompt)"]
    program.expression = {"method": f"asker.ask({program.argument})", "function": f"ask_with(asker, {program.argument})"}.get(through, f"asks({program.argument})")
    if dice.chance(40):
        program.after.append(dice.pick(["print(asker.n, asker.last)", "print(asker.seen)", "print(Base.style)"]))
    if dice.chance(30):
        program.post.append(dice.pick([f"asker.last = str({program.answer})", "asker.n += 1", "asker.style = 't'", "asker.seen.append('-')", "print(asker.n)", f"Own.style = str({program.answer})" if "Own" in made else "Base.style = 't'", "Base.finish = Base.finish"]))


def guarding(program):
    """Files that say what is done already."""
    dice, key = program.more, program.key
    if program.way in ("csv", "lines") and "print(items)" in program.after:
        return
    path = dice.pick([f"str({key}) + '.done'"] * 5 + ["'all.done'", f"str({key})[:1] + '.done'", "str(len(out)) + '.done'", f"os.path.join('.', str({key}) + '.done')", f"f'{{{key}}}.done'" if "'" not in key and '"' not in key else f"str({key}) + '.done'"])
    test = dice.pick(["os.path.exists(PATH)"] * 4 + ["os.path.isfile(PATH)", "Path(PATH).exists()", "Path(PATH).is_file()", "os.path.basename(PATH) in os.listdir('.')", "os.path.exists(PATH) and os.path.getsize(PATH) > 0", "have(PATH)", "os.path.exists(path)", "os.path.exists(path)", "target.exists()", "glob.glob(PATH)",
                      "os.path.exists(PATH) or os.path.exists('stop')", "len(glob.glob('*.done')) > 1", "os.path.exists(PATH) and open(PATH).read()"]).replace("PATH", path)
    for word, line in (("os.", "import os"), ("Path(", "from pathlib import Path"), ("glob.", "import glob")):
        if word in test + path:
            program.add(program.imports, line)
    program.add(program.imports, "import os")
    program.add(program.imports, "from pathlib import Path")
    first = 1 if program.pre and program.pre[0][1].endswith(("items[i]", "table[k]")) else 0
    lines = []
    if "path" in test and "(path)" in test:
        lines.append(f"path = {path}")
    if "target." in test:
        lines.append(f"target = Path({path})")
    if "have(" in test:
        program.add(program.defs, ["def have(path):", dice.pick(["    return os.path.exists(path)", "    return Path(path).is_file()", "    print('looks for', path)\n    return os.path.exists(path)", "    try:\n        open(path).close()\n        return True\n    except OSError:\n        return False", "    looked.append(path)\n    return os.path.exists(path)"])])
        program.add(program.defs, "looked = []")
    lines += dice.pick([[f"if {test}:", "    continue"]] * 4 + [[f"if {test}:", f"    print('have', {key})", "    continue"], [f"if {test}: continue"], [f"if {test}:", f"    out.append({key})", "    continue"], [f"if {test}:", "    total += 1", "    continue"], [f"if {test}:", "    break"]])
    program.pre[first:first] = [(True, line) for line in lines]
    if any("out" in line or "total" in line for line in lines):
        program.setup[:0] = ["out = []", "results = {}", "total = 0"]
    value = f"str({program.answer})"
    write = dice.pick([[f"open({path}, 'w').write({value})"]] * 3 + [[f"with open({path}, 'w') as done_file:", f"    done_file.write({value})"]] * 3 + [[f"Path({path}).write_text({value})"], [f"Path({path}).touch()"], [], [f"open('all.done', 'a').write({value})"], [f"open('a2.done', 'w').close()"], [f"open('stop', 'w').close()"],
                        [f"with open('part', 'w') as part:", f"    part.write({value})", f"os.replace('part', {path})"], [f"open({path}, 'w').write({value})", "if len(glob.glob('*.done')) > 1: os.remove(sorted(glob.glob('*.done'))[0])"], [f"save({path}, {value})"], [f"os.rename({path}, 'a1.done') if os.path.exists({path}) else None"], [f"open({value} + '.done', 'w').close()"]])
    if "glob." in str(write):
        program.add(program.imports, "import glob")
    if "save(" in str(write):
        program.add(program.defs, ["def save(path, text):", dice.pick(["    with open(path, 'w') as file:\n        file.write(text)", "    Path(path).write_text(text)", "    with open('a2.done', 'w') as file:\n        file.write(text)", "    open(path, 'w').close()\n    open('log.txt', 'a').write(path)"])])
    program.post += write
    if dice.chance(25):
        program.setup.append(dice.pick(["open('a1.done', 'w').close()", "for name in glob.glob('*.done'): os.remove(name)"]))
        program.add(program.imports, "import glob")
    if dice.chance(30):
        program.after.append("print(sorted(str(found) for found in Path('.').glob('*.done')))")


def batching(program):
    """Groups of items, each asked at once or one by one, and waited for before the next."""
    dice, key = program.more, program.key
    if program.pre or program.region or program.staged or program.handed or program.scaffold == "generator" or program.iterated != "items" or program.expression.count(program.argument) != 1:
        return
    size = dice.pick(["2"] * 4 + ["1", "3", "SIZE", "size"])
    each = f"for {program.target} in batch"
    asked = program.argument + dice.pick([""] * 8 + [" + str(at)", " + str(len(batch))", " + str(total)", " + str(len(out))", " + str(last)", " + str(batch[0])"])
    call = program.expression.replace(program.argument, asked)
    head = dice.pick([[f"for at in range(0, len(items), {size}):", f"    batch = items[at:at + {size}]"]] * 4 + [[f"for at, batch in enumerate([items[start:start + {size}] for start in range(0, len(items), {size})]):"], [f"for at in range(0, {program.count}, {size}):", f"    batch = items[at:at + {size}]"], ["at = 0", f"while at < len(items):", f"    batch = items[at:at + {size}]", f"    at += {size}"], ["for at, batch in enumerate(groups(items)):"]])
    if "groups(" in str(head):
        program.add(program.defs, ["def groups(items):", "    for start in range(0, len(items), 2):", dice.pick(["        yield items[start:start + 2]", "        print('group', start)\n        yield items[start:start + 2]"])])
    if program.awaits:
        if not (call.startswith("(await ") and call.endswith(")")):
            return
        program.made_at_once = False
        bare = call[len("(await "):-1]
        body = dice.pick([[f"answers = await asyncio.gather(*[{bare} {each}])"]] * 3 + [[f"answers = await asyncio.gather(*({bare} {each}))"], [f"tasks = [asyncio.create_task({bare}) {each}]", "answers = await asyncio.gather(*tasks)"], ["tasks = []", f"{each}:", f"    tasks.append({bare})", "answers = await asyncio.gather(*tasks)"], [f"answers = [{call} {each}]"], [f"tasks = [asyncio.create_task({bare}) {each}]", "answers = [await task for task in tasks]"], [f"answers = list(await asyncio.gather(*[{bare} {each}], return_exceptions=True))", "answers = [str(answer) for answer in answers]"]])
    else:
        function = ["def each(item):", f"    {program.target} = item", f"    return {program.expression}"]
        # Workers of the program's own that print or count do so in any order: they only ask.
        asks = program.form == program.raw and program.prompt == ["{" + program.text + "}"]
        way = dice.pick(["list", "list", "loop", "loop"] + ["pool", "pool"] * asks)
        body = {"list": [f"answers = [{call} {each}]"], "loop": ["answers = []", f"{each}:", f"    answers.append({call})", *indent(dice.pick([[], [], [f"last = str({key})"], ["total += 1"], ["print(answers)"]]))], "pool": ["with ThreadPoolExecutor(2) as pool:", "    answers = list(pool.map(each, batch))"]}[way]
        if way == "pool":
            program.add(program.imports, "from concurrent.futures import ThreadPoolExecutor")
            program.setup += function
    behind = dice.pick([["out += answers"]] * 3 + [["out.extend(answers)"], ["for answer in answers:", "    print(answer)"], ["out += answers", "print('batch', at, len(out))"], ["total += len(answers)", "out += answers"], [f"for item, answer in zip(batch, answers):", "    out.append((str(item), answer))"], ["out += answers", "last = answers[-1]"], ["out += answers", "if len(out) > 1: break"],
                            ["with open('batches.txt', 'a') as file:", "    file.write(str(answers))"], ["out = answers"], ["out += answers", "items = items[:3]"]])
    if dice.chance(20):
        behind = behind + [("await asyncio.sleep(1)" if program.awaits else "time.sleep(1)")]
        program.add(program.imports, "import time")
    for word, line in (("SIZE", "SIZE = 2"), ("size)", "size = 2"), ("last", "last = '-'")):
        if word in str([head, body, behind, asked]):
            program.setup.append(line)
    program.staged = [*head, *indent(body + behind)]
    program.notes.append("# The work sets: answers")


batching.awaited = 60  # of a hundred, that many await their calls


def flattening(program):
    """A comprehension over several sources, with conditions."""
    dice, key, target = program.more, program.key, program.target
    if program.pre or program.awaits or program.region or program.handed or program.scaffold == "generator" or program.expression.count(program.argument) != 1:
        return
    outer = f"for {target} in {program.iterated}"
    inner = dice.pick(["for mark in marks"] * 4 + ["for mark in 'pq'", "for mark in range(2)", "for mark in (1, 2) if mark != 1", "for mark in marks_of(KEY)", "for mark in marks_of(KEY)", "for mark in list(str(KEY))", "for mark in lazy", "for at, mark in enumerate(marks)", "for mark in TAGS", "for mark in (y for y in marks)", "for mark in sorted(marks)", "for mark in [len(out)]", "for mark in table.get(KEY, marks)"]).replace("KEY", key)
    inner = inner.replace("TAGS", 'x["tags"]' if program.kind == "dict" and "x" in target else "marks")
    test = dice.pick([""] * 4 + [" if mark != 'q'", f" if {key} != 'a1'", " if total < 2", f" if {key} not in seen", f" if wanted({key})", f" if wanted({key}) if mark", f" if (short := str({key})[:1])", " if not out", f" if len(str({key})) > 1 and mark", f" if {key} in marks or mark"])
    middle = dice.pick([""] * 5 + [f" if {key} != 'a0'", f" if wanted({key})", " if marks"])
    way = dice.pick(["inner", "inner", "inner", "outer", "three"])
    each = {"inner": f"{outer}{middle} {inner}{test}", "outer": f"for mark in marks {outer}{test}", "three": f"for turn in range(2) {outer}{middle} {inner}{test}"}[way]
    if way == "outer" and "lazy" in each:
        return
    asked = program.argument + dice.pick([" + str(mark)"] * 6 + ["", " + str(total)", " + str(len(out))"] + ([" + str(turn)"] if way == "three" else []))
    call = program.expression.replace(program.argument, asked)
    value = dice.pick([call] * 4 + [f"({key}, mark, {call})", f"{call}.upper()", f"{{'k': {key}, 'a': {call}}}"])
    program.staged = dice.pick([[f"out = [{value} {each}]"]] * 4 + [[f"out = {{str({value}) {each}}}"], [f"results = {{(str({key}), mark): {call} {each}}}"], [f"out = list({value} {each})"], [f"total = sum(len({call}) {each})"], [f"out = ' '.join(str({value}) {each})"], [f"out = [*({value} {each})]"], [f"out.extend([{value} {each}])"], [f"out.extend({value} {each})"]])
    program.setup += ["marks = ['p', 'q']"]
    for word, lines in (("lazy", [dice.pick(["lazy = iter(marks)", "lazy = (y for y in marks)", "lazy = zip(marks)"])]), ("seen", ["seen = {'a0'}"]), ("table", ["table = {'a0': ['z']}"])):
        if word in each and (word != "table" or "table = " not in str(program.lists)):
            program.setup += lines
    if "wanted(" in each:
        program.add(program.defs, ["asked_for = []", "def wanted(key):", dice.pick(["    return key != 'a1'", "    return len(str(key)) < 9", "    asked_for.append(key)\n    return len(asked_for) < 3", "    print('looked at', key)\n    return True"])])
    if "marks_of(" in each:
        program.add(program.defs, ["given = []", "def marks_of(key):", dice.pick(["    return [str(key), 'm']", "    return list(str(key))", "    given.append(key)\n    return given", "    given.append(key)\n    return given[:]", "    print('marks of', key)\n    return ['p']", "    yield 'm'\n    yield str(key)", "    yield 'm'\n    print('second of', key)\n    yield 'n'"])])
    if dice.chance(15):
        program.after.append(dice.pick(["print(marks)", "print(len(list(lazy)))" if "lazy" in each else "print(total)"]))


def updating(program):
    """Changes to the item by its own methods, in front of the call and behind it."""
    dice = program.more
    if program.kind != "dict" or "x" not in program.target or program.way in ("csv",):
        return
    answer = f"str({program.answer})"
    fresh = dice.chance(60)
    if not fresh:
        program.lists += dice.pick([["for one, two in zip(items, items[1:]):", '    two["prev"] = one'], ["opts = {'n': 0, 'log': []}", "for row in items:", '    row["opts"] = opts'], ["items.append(items[0])"], ["items[2] = items[0]"], ["for row in items:", '    row["tags"] = items[0]["tags"]'], ["for row in items:", '    row["rows"] = items']])
    behind = [f"x.update(pred={answer})", f"x.update({{'pred': {answer}, 'n': 5}})", f"x.setdefault('log', []).append({answer})", f"x.setdefault('pred', {answer})", "x.pop('n', None)", "print(x.pop('n', '-'))", f"x['tags'].extend([{answer}])", "x['tags'].clear()", f"x |= {{'pred': {answer}}}", "del x['tags']", "x.popitem()",
              f"x.get('prev', x).update(pred={answer})", f"x.get('opts', x).update(n={answer})", f"x.setdefault('opts', shared)['n'] = {answer}", f"x.setdefault('opts', {{}}).update(n=1)", f"shared.update(x)", f"shared.setdefault('last', {answer})", "items.pop()", "items[-1].update(q='changed')", f"items[0].update(pred={answer})", "x.update(items[0])",
              f"for y in x.get('rows', []): y.update(n=7)", f"x.get('prev', {{}}).pop('n', None)", f"x['child'] = dict(x)", f"x['pred'] = {answer}", "x.clear()", f"dict.update(x, pred={answer})", f"x.__setitem__('pred', {answer})", f"set_in(x, {answer})"]
    front = ["x.setdefault('n', 0)", "x.setdefault('tags', []).append('t')", "x.pop('n', None)", "x.update(n=3)", "x.update(extra='e')", "size = x.pop('n', 0)", "x.setdefault('opts', shared)", "x.get('prev', x).setdefault('extra', 'e')", "x.setdefault('extra', len(out))", "first = x.setdefault('first', items[0])", "x = dict(x)", "x = {**x, 'n': 8}", "shared.update(n=x.get('n'))"]
    reads = ["x.get('n')", "len(x.get('tags', []))", "x.get('pred')", "x.get('extra')", "x.get('opts', {}).get('n')", "x.get('prev', {}).get('pred')", "x.get('first', x).get('pred')", "shared.get('n')", "sorted(map(str, x))", "size"]
    if dice.chance(50):
        line = dice.pick(front)
        first = 1 if program.pre and program.pre[0][1].endswith(("items[i]", "table[k]")) else 0
        program.pre.insert(first, (True, line))
        if line.startswith("x = "):
            fresh = False
    if dice.chance(70):
        read = dice.pick(reads[:-1] if not any("size =" in line for _, line in program.pre) else reads)
        program.reaches(f"read{dice.below(9)}", read)
    for line in [dice.pick(behind) for _ in range(1 + dice.below(2))]:
        if "set_in" in line:
            program.add(program.defs, ["def set_in(row, value):", dice.pick(["    row.update(pred=value)", "    row['pred'] = value\n    return row", "    row.setdefault('all', []).append(value)"])])
        program.post.append(line)
    program.setup.append("shared = {'n': 1}")
    if dice.chance(60):
        program.after.append("print([str(row)[:80] for row in items[:2]], shared.get('n'))")


SHAPES = [trying, trying, crossing, crossing, overriding, guarding, batching, flattening, updating]
