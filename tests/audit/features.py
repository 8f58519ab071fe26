"""What half of the programs have besides: one feature each, put into a program that is drawn like any other.

A feature is a function that changes a program whose parts are drawn, by the program's `more` dice. Those that may be rewritten come with
those that may not: what looks like them and depends on more.
"""

import re

from habits import HABITS
from modules import elsewhere
from shapes import SHAPES
from tables import TABLES
from ways import WAYS


def pacing(program):
    """A pause for each item, or something that looks like one."""
    dice, key, value = program.more, program.key, program.answer
    call = program.expression.removeprefix("(await ").split("(")[0]
    is_single = not program.region and call + "(" not in "".join(program.post + program.after)
    program.notes.append("# It keeps a pace, with one call for each item." if is_single else "# It keeps a pace.")
    program.add(program.imports, "import asyncio" if program.awaits else "import time")
    sleep = "await asyncio.sleep({})" if program.awaits else "time.sleep({})"
    even = sleep.format(dice.pick(["0.5"] * 4 + ["1", "PAUSE", "1 / 4", "2 * PAUSE", "pause", "max(PAUSE, 0.25)"]))
    odd = dice.pick([
        f"if total % 2: {sleep.format(1)}",
        f"if {key} != 'a1': {sleep.format(1)}",
        sleep.format("1 if out else 0.5"),
        sleep.format("len(out)"),
        sleep.format("random.random()"),
        f"{sleep.format('pause')}; pause = pause * 2",
        f"{sleep.format('pause')}; pause = 0",
        f"if len(str({value})) > 3: {sleep.format(1)}",
        f"for _ in range(2): {sleep.format('0.25')}",
        f"while len(out) > 5: {sleep.format(1)}",
        "throttle()",
    ])
    line = even if dice.chance(70) else odd
    program.rate = f", pace={even[even.index('(') + 1:-1]}" if line is even else ""
    if "random" in line:
        program.add(program.imports, "import random")
    if "throttle" in line:
        if program.awaits:
            line = even
        else:
            program.add(program.defs, ["_last = 0", "def throttle():", "    global _last", "    if time.monotonic() - _last < 0.5:", "        time.sleep(0.5 - (time.monotonic() - _last))", "    _last = time.monotonic()"])
    if "PAUSE" in line:
        program.defs.insert(0, "PAUSE = 0.5")
    if "pause" in line:
        program.setup.append("pause = 0.5")
    is_simple = "pause =" not in line and not line.startswith(("if", "for", "while", "throttle")) and not any(word in line for word in ("out", "random"))
    place = dice.pick(["post"] * 5 + ["first", "pre", "last", "last", "finally", "with", "skipped", "twice"] + ["helper"] * 3)
    at = next((i for i, start in enumerate(program.defs) if start.startswith(("def ", "async def "))), None)
    made = [i for i, text in enumerate(program.defs) if "answer = " in text and text.lstrip().startswith("answer = ") and "CALL" not in text]
    if place == "helper" and made and "pause" not in line and "out" not in line and "total" not in line and key not in line:
        text = program.defs[made[0]]
        space = text[:len(text) - len(text.lstrip())]
        program.defs.insert(made[0] + dice.below(2), space + (line if is_simple or "throttle" in line else even.replace("pause", "PAUSE")))
        if "PAUSE" in program.defs[made[0]] + program.defs[made[0] + 1] and "PAUSE = 0.5" not in program.defs:
            program.defs.insert(0, "PAUSE = 0.5")
    elif place == "first" or place == "pre":
        first = 1 if program.pre and program.pre[0][1].endswith(("items[i]", "table[k]")) else 0
        if f"str({value})" in line:
            line = even
        program.pre.insert(first if place == "first" or any(text.startswith(" ") for _, text in program.pre) else len(program.pre), (False, line))
        if "pause" in line and "pause = 0.5" not in program.setup:
            program.setup.append("pause = 0.5")
        if "PAUSE" in line and "PAUSE = 0.5" not in program.defs:
            program.defs.insert(0, "PAUSE = 0.5")
    elif place == "last":
        program.post.append(line)
    elif place == "finally":
        program.post = ["try:", *("    " + text for text in program.post or ["pass"]), "finally:", "    " + line]
    elif place == "with":
        program.post.append("with open('pause.txt', 'a') as pause_file: " + line if ": " not in line else line)
    elif place == "skipped":
        program.rate = ""
        program.post += [f"if {dice.pick([f'{key} == ' + repr('a1'), 'total > 1', f'str({value}) > ' + repr('c')])}: continue", line]
    elif place == "twice":
        program.pre.append((False, even))
        program.post.append(line)
        for word in ("pause", "PAUSE"):
            if word in even and f"{word} = 0.5" not in program.setup + program.defs:
                program.setup.append(f"{word} = 0.5") if word == "pause" else program.defs.insert(0, "PAUSE = 0.5")
    else:
        whole = [i for i, text in enumerate(program.post + [""]) if not text.startswith((" ", "else", "except", "finally"))]
        program.post.insert(dice.pick(whole), line)


def collecting(program):
    """A list, set, dict or something else that is made of the answers in one expression, in one of many forms."""
    dice, expression, target, source, key = program.more, program.expression, program.target, program.iterated, program.key
    if program.pre or program.awaits or program.scaffold == "generator":
        return
    each = f"for {target} in {source}"
    where = dice.pick([""] * 4 + [f" if {key} != 'a1'", f" if {key} not in seen", " if total < 2", " if not out", f" if ask_first({key})"])
    first = dice.pick(["for turn in range(2) ", "for mark in 'pq' ", "for mark in marks ", f"for y in items[:2] "])
    last = dice.pick([" for mark in 'pq'", " for turn in range(2)", " for y in items[:2]", f" for letter in str({key})[:1]"])
    value = dice.pick([expression] * 5 + [f"{expression}.upper()", f"({key}, {expression})", f"[{expression}, total]", f"{expression} or 'none'", f"print({key}) or {expression}", f"{expression} + {expression}"])
    lines = dice.pick([
        [f"out = {{{value} {each}{where}}}"],
        [f"out = {{{key}: {value} {each}{where}}}"],
        [f"out = {{{value}: {key} {each}{where}}}"],
        [f"results = {{**results, **{{{key}: {value} {each}{where}}}}}"],
        [f"out = [{value} {each}{where}]"],
        [f"out = [{value} {first}{each}{where}]"],
        [f"out = [{value} {each}{where}{last}]"],
        [f"out = [[{value}{last}] {each}{where}]"],
        [f"out = list({value} {each}{where})"],
        [f"out = tuple({value} {each}{where})"],
        [f"out = sorted(str({value}) {each}{where})"],
        [f"total = sum(len({value}) {each}{where})"],
        [f"out = dict(({key}, {value}) {each}{where})"],
        [f"out = any(str({value}) > 'c' {each}{where})"],
        [f"out = next(({value} {each}{where}), None)"],
        [f"out = max((str({value}) {each}{where}), default='')"],
        [f"lazy = ({value} {each}{where})", dice.pick(["total += 1", "items = items[:2]", "print('made')", f"out = [str(items)]"]), dice.pick(["out = list(lazy)", "for made in lazy:\n    print(made)", "print(next(lazy, None))"])],
        [f"for made in [{value} {each}{where}]:", "    print(made, total)", "    total += 1"],
        [f"print('all', [{value} {each}{where}])"],
        [f"out += [{value} {each}{where}]"],
        [f"results['all'] = [{value} {each}{where}]"],
        [f"out = [{value} {each}{where}][:2]"],
        [f"out, total = [{value} {each}{where}], 5"],
        [f"out = [made for made in [{value} {each}{where}] if made > 'b']"],
        [f"out = [made := {value} {each}{where}]", "print(made)"] if program.scaffold != "inner" else [f"out = [{value} {each}]"],
    ] + ([
        ["def each(item):", f"    {target} = item", f"    return {value}", dice.pick([f"out = list(map(each, {source}))", f"out = set(map(each, {source}))", f"out = dict(enumerate(map(each, {source})))", f"out = list(zip(items, map(each, {source})))",
         f"for made in map(each, {source}):\n    print(made)", f"out = list(filter(each, {source}))", f"out = [*map(each, {source})]", f"out = [y for y in map(each, {source}) if y]", f"total = sum(map(len, map(each, {source})))", f"out = list(map(functools.partial(each), {source}))",
         f"out = list(itertools.starmap(lambda item, n: each(item), zip({source}, range(3))))", f"out = list(map(lambda item, n: each(item), {source}, range(3)))", f"out = functools.reduce(lambda one, item: one + [each(item)], {source}, [])"])],
    ] if "total" not in value and "print" not in value else [[f"out = {{{value} {each}}}"]]) * 8)
    if "seen" in where:
        program.setup.append("seen = {'a0'}")
    if "marks" in first:
        program.setup.append("marks = ['p', 'q']")
    if "ask_first" in where:
        program.add(program.defs, ["def ask_first(key):", dice.pick(["    return key != 'a0'", "    print('looked at', key)\n    return True"])])
    for module in ("functools", "itertools"):
        if module in str(lines):
            program.add(program.imports, f"import {module}")
    program.staged = [line for text in lines for line in text.split("\n")]


def linking(program):
    """Items that lead to other items, or share what they hold, or come twice."""
    dice, key = program.more, program.key
    if program.kind == "obj":
        links = [["for one, two in zip(items, items[1:]):", "    two.tags = one.tags"], ["for one, two in zip(items, items[1:]):", "    two.before = one"], ["items.append(items[0])"], ["items[1].before = items[2]"], ["for row in items:", "    row.before = row"]]
        reads = ["getattr(x, 'before', x).answer", "len(getattr(x, 'before', x).tags)", "len(x.tags)"]
        writes = ["x.tags.append(V)", "getattr(x, 'before', x).tags.append(V)", "x.before = items[0]", "getattr(x, 'before', x).answer = V", "x.answer = V"]
    elif program.kind == "dict":
        links = [["for one, two in zip(items, items[1:]):", '    two["prev"] = one'], ["for one, two in zip(items, items[1:]):", '    one["next"] = two'], ["for row in items:", '    row["all"] = items'], ["items.append(items[0])"], ["items[1:1] = items[:1]"],
                 ["shared = {'n': 0}", "for row in items:", '    row["opts"] = shared'], ["for one, two in zip(items, items[1:]):", '    two["tags"] = one["tags"]'], ['items[0]["prev"] = items[-1]'], ["items = [{**row, 'prev': items[0]} for row in items]"], ["items = [dict(row) for row in items for _ in (1, 2)]"],
                 ["items = [row for row in items for _ in (1, 2)]"], ["items = items * 2"], ["items = [items[0]] * 3"], ["tree = {'rows': items, 'first': items[0]}", "items = [*tree['rows'], tree['first']]"], ["by = {row['q']: row for row in items}", "for row in items:", "    row['other'] = by['a1']"]]
        reads = ['x.get("prev", x)["tags"]', 'len(x.get("prev", x).get("tags", []))', 'x.get("prev", {}).get("pred")', 'x.get("next", {}).get("n")', 'len(x.get("all", []))', 'x.get("opts", {}).get("n")', 'x.get("pred")', 'x.get("other", x).get("pred")', 'x["tags"]', 'str(x)']
        writes = ['x["pred"] = V', 'x["tags"].append(V)', 'x.get("prev", x)["pred"] = V', 'x.get("next", x)["n"] = 9', 'x.get("opts", x)["n"] = 3', 'x.setdefault("opts", {})["n"] = 1', 'x.get("prev", x).get("tags", []).append(V)', 'x["prev"] = None', 'x.get("other", x)["pred"] = V', 'for y in x.get("all", []): y["n"] = 0', 'y = x.get("next", x); y["pred"] = V']
    else:
        return
    if "x" not in program.key or program.scaffold == "twice" and "items = " in str(links):
        return
    program.lists += dice.pick(links)
    read, write = dice.pick(reads), dice.pick(writes).replace("V", f"str({program.answer})")
    name = f"linked{dice.below(9)}"
    place = dice.pick(["pre", "pre", "print", "post", "none"])
    if place == "pre" and program.reaches(name, read):
        pass
    elif place in ("print", "post"):
        program.post.insert(0, f"print({read})")
    program.post.insert(dice.below(2) if program.post and not program.post[0].startswith(("if", "for", "with", "try")) else 0, write)
    program.after.append("print([len(str(y)) for y in items[:2]])" if program.way not in ("csv",) else "print('end')")


def seeding(program):
    """Random draws that a seed makes the same in every run, at several places."""
    dice, key = program.more, program.key
    program.add(program.imports, "import random")
    if dice.chance(20):
        program.add(program.imports, "from random import choice, uniform")
    seed = dice.pick(["random.seed(0)", "random.seed(0)", "random.seed(7)", "rng = random.Random(3)", ""])
    if seed:
        program.defs.insert(0, seed) if dice.chance(60) else program.setup.append(seed)
    name = "rng" if seed.startswith("rng") and seed in program.defs else "random"
    if seed.startswith("rng") and name != "rng":
        program.defs.insert(0, seed)
        name = "rng"
    draw = dice.pick([f"{name}.random()", f"{name}.randrange(9)", f"{name}.choice('pqr')", f"{name}.uniform(0, 1)", f"{name}.sample(range(9), 2)", f"{name}.gauss(0, 1)"])
    places = [dice.pick(["prepare", "consume", "helper", "jitter", "between", "source", "behind"]) for _ in range(1 + dice.below(2))]
    for place in places:
        if place == "prepare":
            program.reaches(f"drawn{len(program.pre)}", draw)
        elif place == "consume":
            program.post.append(f"print({draw})")
        elif place == "between":
            program.pre.append((False, f"drawn = {draw}"))
        elif place == "source" and program.iterated == "items":
            program.setup.append(f"{name}.shuffle(items)")
        elif place == "behind":
            program.after.append(f"print({draw})")
        else:
            line = f"time.sleep({name}.random())" if place == "jitter" else dice.pick([f"prompt = prompt + str({draw})", f"answer = answer + str({draw})", f"mark = {draw}"])
            program.add(program.imports, "import time") if place == "jitter" else None
            program.in_helper(line, where="handler" if place == "jitter" and dice.chance(60) else "front" if "prompt" in line else "behind")


def filtering(program):
    """A source that is filtered by what the loop sets, at once or as it goes."""
    dice, key = program.more, program.key
    if program.target != "x" or program.iterated != "items":
        return
    test = dice.pick(["KEY not in seen", "KEY not in results", "total < 2", "len(out) < 2", "KEY != skip", "state['on']", "not os.path.exists(str(KEY) + '.done')", "KEY in wanted", "unseen(KEY)"])
    test = test.replace("KEY", key.replace("x", "y", 1))
    program.iterated = dice.pick([f"[y for y in items if {test}]", f"(y for y in items if {test})", f"filter(lambda y: {test}, items)", f"list(filter(lambda y: {test}, items))", f"itertools.takewhile(lambda y: {test}, items)", f"(y for y in items if {test})", f"source_of(items)",
                                  f"[y for y in items if {test}][:3]", f"enumerate(y for y in items if {test})", f"sorted((y for y in items if {test}), key=str)", f"todo"])
    if program.iterated.startswith("enumerate"):
        program.target = "i, x"
    if "itertools" in program.iterated:
        program.add(program.imports, "import itertools")
    if program.iterated == "todo":
        program.setup.append(dice.pick([f"todo = [y for y in items if {test}]", f"todo = (y for y in items if {test})", f"todo = filter(lambda y: {test}, items)"]))
    if program.iterated == "source_of(items)":
        program.setup += ["def source_of(items):", "    for y in items:", f"        if {test}:", "            yield y"]
    head = []
    for word, line in (("seen", "seen = set()"), ("skip", "skip = 'a1'"), ("state", "state = {'on': True}"), ("wanted", "wanted = ['a0', 'a1', 'a2', 0, 1, 2]")):
        if word in test:
            head.append(line)
    if "unseen" in test:
        program.add(program.defs, ["seen_before = []", "def unseen(key):", "    return key not in seen_before"])
    if "os." in test:
        program.add(program.imports, "import os")
    if any(word in test for word in ("results", "total", "out")):
        head += ["out = []", "results = {}", "total = 0"]
    program.setup[:0] = head
    write = dice.pick([[], [f"seen.add({key})"] if "seen.add" or "seen" in test else [], ["seen.add('a2')"], ["skip = 'a2'"], ["state['on'] = False"], [f"open(str({key}) + '.done', 'w').close()"], ["wanted.remove('a2') if 'a2' in wanted else None"], [f"seen_before.append({key})"], ["seen_before.append('a2')"], ["total += 1"], [f"results[{key}] = 1"], ["seen = seen | {'a1'}"], ["wanted = wanted[:1]"]])
    known = head + program.setup + program.defs
    for line in write:
        name = line.split(".")[0].split("[")[0].split(" ")[0]
        if name in ("total", "results", "open(str(x)") or line.startswith("open") or any(text.startswith(f"{name} =") for text in known):
            program.post.append(line)


def shown(program):
    """What the loop leaves in variables is read at the end: at the exit, by a function, by another variable's name."""
    dice = program.more
    if program.scaffold not in ("module", "twice", "outer"):
        return
    names = re.findall(r"^(?:\s*)(\w+)(?:: \w+)? [-+]?= ", "\n".join([*(program.region or ()), *(line for _, line in program.pre), *program.using, *program.post]), re.M)
    names = list(dict.fromkeys(name for name in names if name not in ("tasks",)))
    chosen = dice.some(names, 3) or names[:1]
    if not chosen or program.scaffold == "twice":
        return
    program.setup[:0] = [f"{name} = 'unset'" for name in chosen if not any(line.startswith(f"{name} =") for line in program.setup) and dice.chance(60)]
    what = ", ".join(chosen)
    way = dice.pick(["print", "print", "function", "exit", "named", "class", "handler", "dict"])
    lines = {
        "print": [f"print({what})"],
        "function": ["def shown():", f"    return [{what}]", "print(shown())"],
        "named": [f"print([globals().get(name) for name in {chosen!r}])"],
        "class": ["class Shown:", f"    kept = [{what}]", "print(Shown.kept)"],
        "handler": ["try:", f"    print({what})", "except NameError as missing:", "    print(missing)"],
        "dict": [f"print({{name: value for name, value in vars().items() if name in {chosen!r}}})"],
        "exit": [],
    }[way]
    if way == "exit":
        program.add(program.imports, "import atexit")
        program.add(program.defs, ["def shown():", "    try:", f"        print({what})", "    except NameError as missing:", "        print(missing)", "atexit.register(shown)"])
    program.after += lines


def wanted(program):
    """What is made on request: the oracle and the test read the note."""
    dice = program.more
    program.notes.append("# Wanted: " + dice.pick(["checkpoint", "checkpoint", "prefetch", "none"]))


def handing(program):
    """A call that is handed to a worker or a task and waited for at once, or looks like one."""
    dice = program.more
    whole = re.fullmatch(r"\(await (\w+\(.*\))\)|(\w+)\((.*)\)", program.expression, re.S)
    if program.region or not whole:
        return
    if program.awaits:
        if whole[1]:
            program.handed = dice.pick([f"(await asyncio.create_task({whole[1]}))", f"(await asyncio.ensure_future({whole[1]}))", f"(await asyncio.wait_for({whole[1]}, 600))", f"(await asyncio.gather({whole[1]}))[0]"])
            program.made_at_once = False
        return
    if not whole[2]:
        return
    function, given = whole[2], whole[3]
    program.add(program.imports, "from concurrent.futures import ThreadPoolExecutor")
    pool = f"pool = ThreadPoolExecutor({dice.pick(['4', '4', '8', '', 'max_workers=4', '1', 'len(items)'])})"
    program.handed = dice.pick([f"pool.submit({function}, {given}).result()"] * 4 + [f"pool.submit(lambda: {function}({given})).result()", f"list(pool.map({function}, [{given}]))[0]", f"pool.submit({function}, {given}).result(timeout=600)"])
    if dice.chance(20):
        # One that is still under way, and one that somebody else waits for.
        program.setup.append("futures = []")
        program.handed = f"(futures.append(pool.submit({function}, {given})) or futures[{dice.pick(['-1', '0'])}].result())"
    program.setup.append(pool)
    program.after.append(dice.pick(["pool.shutdown()", "pool.shutdown(wait=True)", "print(pool.submit(len, 'ab').result())"]))


def nesting(program):
    """A loop around the loop, which holds nothing else, or nearly."""
    dice = program.more
    if program.staged or program.scaffold in ("outer", "generator"):
        return
    program.nested = [dice.pick(["for mark in 'pq':", "for mark in marks:", "for mark in range(2):", "for mark, size in pairs:", "for mark in list(marks):", "for at, mark in enumerate(marks):", "for mark in iter(marks):", "for mark in range(len(out), 2):"])]
    program.setup += ["marks = ['p', 'q']", "pairs = [('p', 1), ('q', 2)]"]
    if dice.chance(70):
        program.reaches("marked", dice.pick(["mark", "mark", "[mark, total]", "len(out)"]))
    if dice.chance(25):
        program.nested.append("    " + dice.pick(["print('at', mark)", "total += 1", "last = mark", "if mark == 'q': continue"]))
    if dice.chance(25):
        program.post.append(dice.pick(["marks.append('r') if len(marks) < 3 else None", "marks = ['q']", "print(mark)", "mark = 'z'", "items = items[:2]"]))
    if dice.chance(25):
        program.after.append("print(mark)")


FEATURES = [pacing, collecting, collecting, linking, seeding, filtering, elsewhere, elsewhere, shown, wanted, handing, nesting, *SHAPES, *WAYS, *TABLES, *HABITS]
NAMES = {feature.__name__: feature in (*WAYS, *TABLES, *HABITS) for feature in FEATURES}  # whether only wrong verdicts count
