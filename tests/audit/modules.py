"""Functions of other files: modules with state, sessions, classes and event loops of their own, imported in several ways."""


def elsewhere(program):
    """The function that makes the call stands in another file."""
    dice = program.more
    if program.region or program.awaits or program.staged or program.other or program.expression.count(program.argument) != 1 or "helpers" in str(program.imports):
        return
    imports, client, raw, error = program.parts
    raw = raw.replace("P", "prompt")
    head, setup, body = list(imports), [client] if client else [], []
    kind = dice.pick(["plain"] * 2 + ["count", "log", "memo", "last", "class", "session", "lazy", "loop", "retry", "lower", "lock", "config", "printed", "cached", "threads"])
    call = raw
    if kind == "loop" and program.api in ("openai", "old"):
        head += ["import asyncio"]
        call = raw.replace("client.chat", "await client.chat").replace("openai.ChatCompletion.create", "await openai.ChatCompletion.acreate")
        end = call.index(")", call.index("}]")) + 1
        call = "(" + call[:end] + ")" + call[end:]
        head = [line.replace("import OpenAI", "import AsyncOpenAI") for line in head]
        setup = [line.replace("OpenAI()", "AsyncOpenAI()") for line in setup]
        setup += ["async def ask_later(prompt):", f"    return {call}"]
        body = dice.pick([["return asyncio.run(ask_later(prompt))"], ["loop = asyncio.new_event_loop()", "try:", "    return loop.run_until_complete(ask_later(prompt))", "finally:", "    loop.close()"],
                          ["async def both():", "    one, two = await asyncio.gather(ask_later(prompt), ask_later(prompt + '!'))", "    return one + two", "return asyncio.run(both())"]])
    elif kind == "session" and "requests" in raw:
        setup += dice.pick([["session = requests.Session()"], ["def new_session():", "    return requests.Session()"]])
        body = [f"return {raw.replace('requests.', 'session.')}"]
        if "new_session" in str(setup):
            body.insert(0, "session = new_session()")
    elif kind == "count":
        setup += ["COUNT = 0"]
        body = ["global COUNT", "COUNT += 1", f"return {raw}"] if dice.chance(50) else ["global COUNT", f"answer = {raw}", "COUNT = COUNT + 1", "return answer"]
        if dice.chance(30):
            body[-1:] = ["print(COUNT)", body[-1]]
    elif kind == "log":
        setup += ["LOG = []"]
        body = dice.pick([["LOG.append(prompt)", f"return {raw}"], [f"answer = {raw}", "LOG.append(answer)", "return answer"], ["LOG.append(prompt)", f"return str(len(LOG)) + {raw}"]])
    elif kind == "memo":
        setup += ["MEMO = {}"]
        body = ["if prompt not in MEMO:", f"    MEMO[prompt] = {raw}", "return MEMO[prompt]"]
    elif kind == "last":
        setup += ["LAST = '-'"]
        body = dice.pick([["global LAST", f"LAST = {raw}", "return LAST"], ["global LAST", "prompt = prompt + LAST", f"LAST = {raw}", "return LAST"], ["global LAST", "LAST = prompt", f"return {raw}"]])
    elif kind == "class":
        state = dice.pick(["self.n += 1", "self.seen.append(prompt)", "self.last = prompt", "pass"])
        setup += ["class Asker:", "    def __init__(self, style='s'):", "        self.n, self.seen, self.last, self.style = 0, [], '', style", "    def ask(self, prompt):", f"        {state}", f"        return {raw.replace('prompt', '(prompt + self.style)') if dice.chance(40) else raw}", "asker = Asker()"]
        body = [dice.pick(["return asker.ask(prompt)", "return Asker('t').ask(prompt)", "return Asker().ask(prompt) + str(asker.n)"])]
    elif kind == "lazy" and client:
        setup = ["client = None", "def get_client():", "    global client", "    if client is None:", f"        {client}", "    return client"]
        body = [f"return {raw.replace('client.', 'get_client().')}"]
    elif kind == "retry":
        head += ["import time"]
        body = ["for attempt in range(3):", "    try:", f"        return {raw}", f"    except {error}:", dice.pick(["        time.sleep(1)", "        pass", "        print('again')", "        if attempt == 2: raise"]), dice.pick(["return ''", "raise RuntimeError('too often')"])]
    elif kind == "lower":
        program.files["lower.py"] = "\n".join([*head, *setup, "STYLE = 's'", "def low(prompt):", f"    return {raw}"]) + "\n"
        head, setup = dice.pick([["import lower"], ["from lower import low"], ["import lower as other"]]), []
        body = [f"return {('low' if 'from' in head[0] else 'other.low' if ' as ' in head[0] else 'lower.low')}(prompt)"]
    elif kind == "lock":
        head += ["import threading"]
        setup += ["lock = threading.Lock()"]
        body = ["with lock:", f"    return {raw}"]
    elif kind == "config":
        setup += ["CONFIG = {'style': 's', 'n': 0}", "def configure(**more):", "    CONFIG.update(more)"]
        body = [f"return {raw.replace('prompt', '(prompt + CONFIG[' + repr('style') + '])', 1) if 'prompt' in raw else raw}"]
    elif kind == "printed":
        body = ["print('asking', prompt)", f"answer = {raw}", "print('got', answer)", "return answer"]
    elif kind == "cached":
        head += ["import functools"]
        setup += ["@functools.lru_cache(maxsize=None)", "def kept(prompt):", f"    return {raw}"]
        body = ["return kept(prompt)"]
    elif kind == "threads":
        head += ["from concurrent.futures import ThreadPoolExecutor"]
        setup += ["def each(prompt):", f"    return {raw}"]
        body = ["with ThreadPoolExecutor(2) as pool:", "    return ' '.join(pool.map(each, [prompt, prompt + '?']))"]
    if not body:
        body = [f"answer = {raw}", *dice.some(["answer = answer.strip()", "if answer == 'never': raise ValueError(prompt)"], 1), "return answer"]
    text = [*dict.fromkeys(head), *setup, "def ask_there(prompt):", *("    " + line for line in body)]
    way = dice.pick(["from", "from", "module", "as", "package", "package", "inside", "star", "local", "relative"])
    name, place = "ask_there", "there.py"
    if way == "module":
        program.add(program.imports, "import there")
        name = "there.ask_there"
    elif way == "as":
        program.add(program.imports, "import there as other_file")
        name = "other_file.ask_there"
    elif way == "package":
        place = "pack/api.py"
        program.files["pack/__init__.py"] = dice.pick(["from .api import ask_there\n", "from pack.api import ask_there\n", "from . import api\nask_there = api.ask_there\n", "from .api import *\n", "from pack import api\nfrom pack.api import ask_there as ask_there\nREADY = True\n"])
        program.add(program.imports, dice.pick(["from pack import ask_there", "from pack.api import ask_there"]))
    elif way == "inside":
        place = "pack/api.py"
        program.files["pack/__init__.py"] = ""
        program.add(program.imports, dice.pick(["import pack.api", "from pack import api"]))
        name = "pack.api.ask_there" if "import pack.api" in program.imports else "api.ask_there"
    elif way == "star":
        program.add(program.imports, "from there import *")
    elif way == "local":
        program.add(program.defs, ["def local_ask(prompt):", "    from there import ask_there", "    return ask_there(prompt)"])
        name = "local_ask"
    elif way == "relative":
        place = "pack/api.py"
        program.files["pack/__init__.py"] = ""
        program.files["pack/front.py"] = "from .api import ask_there\n\n\ndef ask_front(prompt):\n    return ask_there(prompt)\n"
        program.add(program.imports, "from pack.front import ask_front")
        name = "ask_front"
    else:
        program.add(program.imports, "from there import ask_there")
    program.files[place] = "\n".join(text) + "\n"
    program.expression = f"{name}({program.argument})"
    # What the program does with the other file's state beside the call.
    module = {"module": "there", "as": "other_file", "inside": name.rpartition(".")[0]}.get(way)
    state = {"count": "COUNT", "log": "LOG", "memo": "MEMO", "last": "LAST", "config": "CONFIG['style']", "class": "asker.n"}.get(kind)
    if module is None and place == "there.py" and dice.chance(50):
        program.add(program.imports, "import there")
        module = "there"
    if module and state and dice.chance(70):
        read = f"{module}.{state}"
        changed = {"count": f"{module}.COUNT += 1", "log": f"{module}.LOG.append({program.key})", "memo": f"{module}.MEMO.clear()", "last": f"{module}.LAST = {program.key}", "config": f"{module}.configure(style=str({program.answer}))", "class": f"{module}.asker.n += 1"}[kind]
        where = dice.pick(["after", "post", "pre", "set", "set", "early"])
        if where == "after":
            program.after.append(f"print({read})")
        elif where == "post":
            program.post.append(f"print({read})")
        elif where == "pre":
            program.pre.append((False, f"print({read})"))
        elif where == "set":
            program.post.append(changed)
        else:
            program.setup.append(changed if program.key not in changed and program.answer not in changed else "pass")
