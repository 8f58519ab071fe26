"""Work of several statements: a loop's body in which an item needs more than one call, or a call with something around it.

Each form is drawn with what may stand between its statements, so that those that may run for several items at once come
with those that may not: what an iteration leaves for the next, what it shares with others, what is set on one path alone.
"""

import re


class Form:
    """The statements, the variables that they are to give, the value to use, and what stands in front of them."""

    def __init__(self, lines, gives, answer, pre=(), needed=(), setup=(), defs=(), bounded=True):
        self.lines, self.gives, self.answer = lines, gives, answer
        self.pre, self.setup, self.defs = [(True, line) for line in needed] + [(False, line) for line in pre], list(setup), list(defs)
        self.bounded = bounded  # whether it gives up where a call always fails


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


def between(program, value, most=1):
    """What may stand between two calls of an item."""
    dice, key = program.dice, program.key
    lines = [f"print('between', {key})", "total += 1", f"out.append({key})", f"out.append({value})", f"results[{key}] = {value}", f"last = {value}",
             f"if len({value}) > 4: continue", f"if {value} == 'able3': break", f"assert {value}", f"calls.append(lambda: {value})",
             f"kept = kept + [{value}]", f"kept.append({value})", f"length = len({value})", f"{value} = {value}.upper()", f"with open('log.txt', 'a') as f: f.write({value})",
             f"total = total + len({value})", "time.sleep(1)", f"shown = {value}; print(shown)", f"seen.add({key})", f"best = {value}", "import math", f"getter = lambda: {value}",
             f"letters = [c for c in {value}]", f"note = str(total) + {value}", f"results[{key}] = results.get({key}, '') + {value}", f"if {value} in results: print('again')",
             f"raise ValueError({value})" if dice.chance(10) else "pass", f"del results['gone']" if dice.chance(10) else f"results.pop('gone', None)"]
    if program.kind == "dict":
        lines += [f'x["tags"].append({value})', f'x["first"] = {value}', f'x["n"] += 1', f'x = {{**x, "first": {value}}}']
    if program.kind == "obj":
        lines += [f"x.answer = {value}", f"x.tags.append({value})"]
    if program.scaffold == "method":
        lines += ["self.done += 1", f"self.last = {value}"] * 2
    chosen = dice.some(lines, most) if dice.chance(60) else []
    return chosen + [re.sub(r"\bV\b", lambda _: value, line) for line in program.between_lines]


def chain(program):
    """The second call needs the first."""
    dice, ask, key = program.dice, program.ask, program.key
    more = program.middle("first")
    more = dice.pick([more] * 6 + [f"{more} + str(total)", f"{more} + str(len(out))", f"{more} + str(last)", f"{more} + ''.join(kept)", f"{more} + str(results.get({key}))"])
    first = dice.pick([f"first = {ask(program.argument)}"] * 5 + [f"first = {ask(program.argument + ' + str(second)')}", f"first, rest = {ask(program.argument)}, 1", f"first: str = {ask(program.argument)}"])
    second = dice.pick([[f"second = {ask(more)}"]] * 5 + [
        [f"second = {ask('str(first)')} + {ask('first + str(2)')}"],
        [f"if len(first) > {dice.below(6)}:", f"    second = {ask(more)}", "else:", "    second = first"],
        ["second = first", f"if first < 'c':", f"    second = {ask(more)}"],
        [f"if first < 'c':", f"    second = {ask(more)}"],
        [f"first = {ask(more)}", "second = first"],
        [f"first += {ask(more)}", "second = first"],
        [f"out.append({ask(more)})", "second = first"],
        [f"results[first] = {ask(more)}", "second = first"],
        [f"second = first if len(first) > 5 else {ask(more)}"],
        [f"if (second := {ask(more)}) == first:", "    print('same')"],
    ])
    lines = [first, *between(program, "first"), *second]
    if dice.chance(12):
        lines += [f"third = {ask('first + second')}", "second = third"]
    setup = ["second = '-'"] if "str(second)" in first or second[0].startswith("if first") else []
    return Form(lines, ["first", "second"], dice.pick(["second", "second", "first"]), setup=setup)


def retry(program):
    """A retry by hand around the call."""
    dice, ask, error = program.dice, program.ask, program.error
    pause = "await asyncio.sleep(1)" if program.awaits else "time.sleep(1)"
    call = dice.pick([f"answer = {ask(program.argument)}"] * 4 + [f"answer = {ask(program.argument + ' + str(attempt)')}", f"answer = {ask(program.argument)}; first = answer"])
    if "attempt" in call and program.kind == "int":
        call = f"answer = {ask(program.argument)}"
    failed = dice.pick([[pause]] * 4 + [[f"print('again', {program.key})"], [pause, "total += 1"], ["answer = str(error)"], [f"last = {program.key}"], ["out.append(str(error))"],
                       [pause, f"seen.add({program.key})"], ["continue"], ["pass"], [f"results[{program.key}] = str(error)"], ["kept = kept + [1]"]])
    caught = dice.pick([f"except {error} as error:"] * 4 + ["except Exception as error:", "except (ValueError, KeyError) as error:"])
    done = [dice.pick(["break", "break", f"if answer: break", f"if len(answer) > 4: break", f"total += 1; break"])]
    program.notes.append("# It tries again.")
    way = dice.pick(["for", "for", "for", "true", "true", "while", "else", "tries", "flag", "flag", "flag"])
    if way == "for":
        head, tail = "for attempt in range(3):", dice.pick([[], [], ["else:", "    answer = 'none'"], ["else:", "    raise RuntimeError('too often')"], ["else:", "    continue"], ["else:", f"    print('none', {program.key})"]])
        lines = [head, "    try:", f"        {call}", *indent(done, 2), f"    {caught}", *indent(failed, 2), *tail]
    elif way == "true":
        lines = ["while True:", "    try:", f"        {call}", *indent(done, 2), f"    {caught}", *indent([f for f in failed if f != "answer = str(error)"] or [pause], 2)]
    elif way == "while":
        lines = ["while answer is None:", "    try:", f"        {call}", f"    {caught}", *indent(failed, 2)]
    elif way == "else":
        lines = ["for attempt in (1, 2):", "    try:", f"        {call}", f"    {caught}", *indent(failed, 2), "    else:", "        break"]
    elif way == "flag":
        # Ended by a variable: set behind the call, in front of it, in the handler, or by what the answer is.
        head, test, done = dice.pick([("ok = False", "not ok", "ok = True"), ("ok = False", "not ok", "ok = True"), ("going = True", "going", "going = False"), ("ok = 0", "ok == 0", "ok = 1"), ("ok = None", "ok is None", "ok = True")])
        inside = dice.pick([[call, done], [call, done], [call, done], [done, call], [call, f"if len(answer) > {dice.below(3)}: {done}"], [call, "ok = answer"]])
        lines = [head, f"while {test}:", "    try:", *indent(inside, 2), f"    {caught}", *indent(failed if failed != ["continue"] else [pause], 2)]
        if dice.chance(15):
            lines.insert(len(lines), f"    {dice.pick(['total += 1', done, 'tries = 1', f'print(answer)'])}")
        if dice.chance(20):
            # One that is set for the first item alone.
            fresh_flag = lines.pop(0)
            program.setup.append(fresh_flag)
    else:
        lines = ["tries = 0", "while tries < 3:", "    try:", f"        {call}", "        break", f"    {caught}", "        tries += 1", *indent(failed, 2), dice.pick(["        if tries == 3: raise", "        attempt = tries"])]
    if "attempt" in call and "attempt" not in lines[0]:
        lines = [line.replace(" + str(attempt)", "") for line in lines]
    fresh = "answer = None"
    needed, setup = ([fresh], []) if dice.chance(70) else ([], [fresh])
    if dice.chance(25):
        lines += dice.pick([["second = answer"], [f"second = {ask('str(answer) + str(2)')}"], [*between(program, "answer"), f"second = {ask('str(answer)')}"]])
    gives = ["answer"] + (["second"] if "second =" in str(lines) else []) + (["tries"] if way == "tries" and dice.chance(50) else [])
    return Form(lines, gives, "answer", needed=needed, setup=setup, bounded=way in ("for", "else", "tries"))


def history(program):
    """A chain of calls of one item that builds a list or a string, new for each item or from elsewhere."""
    dice, ask, key = program.dice, program.ask, program.key
    made = dice.pick(["said = []"] * 3 + [f"said = [str({key})]"] * 3 + ["said = list(base)", "said = base[:]", "said = base + []", "said = base", "said = base or []", "said = opts['said']", "said = [*base]",
                      "said = opts.get('said', [])", "said = copy.copy(base)", "said = sorted(base)", "said = ([], base)[0]", "said = ([], base)[1]", "said, base = base, said" if dice.chance(20) else "said = list(base)"])
    if program.kind == "dict":
        made = dice.pick([made] * 3 + ['said = x["tags"]', 'said = list(x["tags"])', 'said = x.get("said", [])', 'said = x.setdefault("said", [])'])
    if program.kind == "obj":
        made = dice.pick([made] * 3 + ["said = x.tags", "said = list(x.tags)"])
    text = "' '.join(map(str, said))"
    asked = dice.pick([f"{program.argument} + {text}", f"{program.argument} + {text}", f"{text} + str({key})", f"{program.argument} + str(len(said))"])
    count = dice.pick(["range(2)", "(1, 2)", "('how', 'why')", "range(2)"])
    add = dice.pick(["said.append(answer)"] * 4 + ["said += [answer]", "said = said + [answer]", "said.extend([answer, 'more'])", "said[len(said):] = [answer]", "said.insert(0, answer)", "push(said, answer)", "said = [*said, answer]"])
    way = dice.pick(["for", "for", "while", "two", "function", "comprehension", "text"])
    if way == "for":
        lines = [f"for step in {count}:", f"    answer = {ask(asked)}", f"    {add}", *indent(between(program, "answer"))]
    elif way == "while":
        lines = ["step = 0", "while step < 2:", f"    answer = {ask(asked)}", f"    {add}", "    step += 1", *indent(between(program, "answer"))]
    elif way == "two":
        lines = [f"answer = {ask(asked)}", add, *between(program, "answer"), f"answer = {ask(asked)}", dice.pick([add, "pass"])]
    elif way == "function":
        word = "async def" if program.awaits else "def"
        wait = "await " if program.awaits else ""
        definition = [f"{word} converse(said, text):", f"    answer = {program.top_form().replace('P', 'text + str(len(said))')}", "    said.append(answer)", "    return answer"]
        lines = [f"answer = {wait}converse(said, {program.argument})", *between(program, "answer"), f"answer = {wait}converse(said, {program.argument})"]
        return Form(lines, ["said", "answer"], "answer", setup=["base = ['s']", "opts = {'said': base}"], defs=definition, **program.placed(made))
    elif way == "comprehension":
        lines = [f"answers = [{ask(program.argument + ' + str(step)')} for step in {count}]", f"answer = {ask('answers[0]')}"]
    else:
        made = dice.pick(["text = ''", f"text = str({key})", "text = word", "text = str(total)"])
        lines = [f"for step in {count}:", f"    text {dice.pick(['+=', '= text +'])} {ask(program.argument + ' + text')}", *indent(between(program, "text"))]
        return Form(lines, ["text"], "text", setup=["word = 'w'"], **program.placed(made))
    defs = ["def push(where, what):", "    where.append(what)"] if "push" in add else []
    setup = ["base = ['s']", "opts = {'said': base}"] + (["said = ['t']"] if made.startswith("said, base") else [])
    return Form(lines, ["said", "answer"], dice.pick(["answer", "answer", "len(said)", "said[-1]"]), setup=setup, defs=defs, **program.placed(made))


def branches(program):
    """Calls in different branches of one `if`."""
    dice, ask, key = program.dice, program.ask, program.key
    test = dice.pick([f"str({key}).endswith('1')"] * 4 + [f"str({key}) in ('a0', 'a2')", "total > 2", "len(out) % 2", f"{key} in seen", "flag", "program_flag(total)", "answer", f"{key} in results", "last == '-'"])
    one = [f"answer = {ask(program.argument)}", *between(program, "answer")]
    other = dice.pick([f"answer = {ask(program.argument + ' + str(2)')}"] * 3 + ["answer = 'none'", "total += 1", "continue", f"answer = {ask(program.argument)}.upper()", f"second = {ask(program.argument)}", "pass"])
    lines = [f"if {test}:", *indent(one), "else:", f"    {other}"]
    if dice.chance(25):
        lines[-2:-2] = [f"elif str({key}).endswith('2'):", f"    answer = {ask(program.argument + ' + str(3)')}"]
    if dice.chance(15):
        lines = lines[: 1 + len(one)]
    if dice.chance(25):
        lines += [f"answer = {ask('answer + str(4)')}"] if dice.chance(60) else [f"if total > 1: answer = {ask('answer')}"]
    gives = ["answer"] + (["second"] if "second" in other and dice.chance(50) else [])
    defs = ["def program_flag(n):", "    return n % 2 == 1"] if "program_flag" in test else []
    needed, setup = dice.pick([(["answer = 'no'"], []), ([], ["answer = ''"]), ([], ["answer = ''"])])
    return Form(lines, gives, "answer", needed=needed, setup=[*setup, "flag = False"], defs=defs)


def opened(program):
    """A file around the calls, or a `with` of another kind."""
    dice, ask, key = program.dice, program.ask, program.key
    head = dice.pick(["with open('log.txt', 'a') as f:", f"with open('one_' + str({key}) + '.txt', 'w') as f:", "with open('state.txt') as f:", "with contextlib.suppress(KeyError):", "with LOCK:", "with open('one.txt', 'w') as f:",
                      f"with open('one_' + str({key}) + '.txt', 'w') as f, open('log.txt', 'a') as g:", "with Held() as held:", "with contextlib.nullcontext():"])
    writes = "f" in head.split(" as ")[-1] and "'state.txt'" not in head
    lines = [f"first = {ask(program.argument)}"]
    if "'state.txt'" in head:
        lines = ["start = f.read()", f"first = {ask(program.argument + ' + start')}"]
    elif writes:
        lines += [dice.pick(["f.write(first)", "print(first, file=f)", "f.write(str(total))"])]
    lines += between(program, "first") + dice.pick([[], [f"second = {ask('first + str(2)')}"], [f"f.write({ask('first + str(2)')})"] if writes else [], [f"return_value = {ask('first')}"]])
    if "LOCK" in head:
        program.add(program.imports, "import threading")
    if "contextlib" in head:
        program.add(program.imports, "import contextlib")
    defs = ["LOCK = threading.Lock()"] if "LOCK" in head else []
    if "Held" in head:
        defs = ["class Held:", "    count = 0", "    def __enter__(self):", dice.pick(["        Held.count += 1", "        print('in')", "        pass"]), "        return self", "    def __exit__(self, *_):", dice.pick(["        print('out')", "        pass", "        return False"])]
    lines = [head, *indent(lines)]
    if dice.chance(30):
        lines += [f"third = {ask('first + str(3)')}"]
    gives = ["first"] + [name for name in ("second", "third", "return_value") if f"{name} =" in str(lines)]
    return Form(lines, gives, dice.pick(gives), setup=["open('state.txt', 'w').close()"] if "'state.txt'" in head else [], defs=defs)


def handled(program):
    """Calls in a `try`, in its handler, behind it."""
    dice, ask, key, error = program.dice, program.ask, program.key, program.error
    inside = [f"first = {ask(program.argument)}", *between(program, "first"), *dice.pick([[f"second = {ask('first + str(2)')}"], ["second = first"], [f"second = {ask(program.middle('first'))}"]])]
    inside = dice.some([f"print('trying', {key})", "total += 1", "start = total"], 1) + inside
    failed = dice.pick([["first = second = 'none'"], [f"first = second = {ask(program.argument + ' + str(9)')}"], ["continue"], ["break"], ["raise"], ["raise ValueError('bad') from error"], [f"print('failed', {key})", "continue"],
                        [f"print('failed', {key})"], ["second = str(error)"], ["total += 1", "first = second = 'none'"], ["out.append('none')", "continue"], [f"second = {ask(program.argument + ' + str(9)')}"], ["pass"], [f"results[{key}] = str(error)", "continue"]])
    lines = ["try:", *indent(inside), dice.pick([f"except {error} as error:"] * 3 + ["except Exception as error:", "except (ValueError, KeyError) as error:"]), *indent(failed)]
    if dice.chance(15):
        lines += ["else:", "    " + dice.pick(["total += 1", "print(second)", f"second = {ask('second + str(3)')}", "second = second.upper()"])]
    if dice.chance(15):
        lines += ["finally:", "    " + dice.pick(["total += 10", f"print('done', {key})", "out.append('-')", f"last = {key}", f"kept = [{key}]"])]
    setup = ["first = second = 'before'"] if dice.chance(40) else []
    needed = ["first = second = 'fresh'"] if not setup and dice.chance(40) else []
    if dice.chance(20):
        lines += [f"third = {ask('second + str(3)')}"]
    return Form(lines, ["first", "second"] + (["third"] if "third" in str(lines) else []), dice.pick(["first", "second"]), needed=needed, setup=setup)


def counted(program):
    """An inner loop of calls, with what it counts and collects."""
    dice, ask, key = program.dice, program.ask, program.key
    part = dice.pick(["range(2)", "'pq'", "('p', 'q')", "list('pq')", "kinds"])
    asked = ask(program.argument + " + str(part)")
    collect = dice.pick([["found = []"], ["found = []"], []])
    inner = dice.pick([[f"found.append({asked})"], [f"answer = {asked}", "found.append(answer)"], [f"answer = {asked}", "found.append(answer)", "if len(answer) > 4: break"], [f"answer = {asked}", "if answer < 'c': continue", "found.append(answer)"],
                       [f"count += len({asked})"], [f"answer = {asked}", "count += 1", "found.append((count, answer))"], [f"best = max(best or '', {asked})"], [f"found.append({asked})", "total += 1"], [f"found.append({asked})", "kinds = kinds[:]"]])
    counting = any("count" in line for line in inner)
    lines = [f"for part in {part}:", *indent(inner)]
    setup = ["kinds = ['p', 'q']"] + ([] if collect else ["found = []"])
    needed = collect
    if counting:
        (needed if dice.chance(60) else setup).append("count = 0")
    lines += dice.pick([[], [f"second = {ask('str(found)')}"], [f"second = {ask(program.argument + ' + str(len(found))')}"], ["second = len(found)"]])
    gives = ["found"] + (["count"] if counting else []) + (["second"] if "second" in str(lines) else [])
    return Form(lines, gives, dice.pick(gives[-1:] + ["found", "len(found)"]), needed=needed, setup=setup)


def written(program):
    """What is written between two calls of an item: to a file that all items share, or to the item's own."""
    dice, ask, key = program.dice, program.ask, program.key
    made = dice.pick(["turns = open('turns.txt', 'w')", "turns = open('turns.txt', 'a')", "turns = io.StringIO()", "turns = codecs.open('turns.txt', 'w')", "turns = open_turns()", "turns = sys.stderr"])
    shared = dice.chance(70)
    if not shared and ("open('" in made):
        made = f"turns = open(f'turns_{{{key}}}.txt', 'w')"
    writes = dice.pick(["turns.write(VALUE)", "turns.write(VALUE + '\\n')", "turns.writelines([VALUE])", "print(VALUE, file=turns)", "writer.writerow([VALUE])"])
    if "writer" in writes:
        made = made + "; writer = csv.writer(turns)"
        program.add(program.imports, "import csv")
    lines = [f"first = {ask(program.argument)}", writes.replace("VALUE", "first"), f"second = {ask(program.middle('first'))}", *dice.pick([[], [writes.replace("VALUE", "second")]])]
    if dice.chance(20):
        lines[1:2] = ["if first > 'b':", "    " + lines[1]]
    for module in ("io", "codecs", "sys"):
        if f"{module}." in made:
            program.add(program.imports, f"import {module}")
    defs = ["def open_turns():", "    return open('turns.txt', 'a')"] if "open_turns" in made else []
    if not shared:
        lines = [made, *lines]
    return Form(lines, ["first", "second"], dice.pick(["first", "second"]), setup=[made] if shared else [], defs=defs)


FORMS = [chain, chain, chain, retry, retry, history, history, branches, opened, handled, handled, counted, written]
WORDS = {
    "getter": "getter = str", "last": "last = '-'", "kept": "kept = []", "best": "best = None", "seen": "seen = set()", "calls.": "calls = []", "first = first": "first = ''",
}
