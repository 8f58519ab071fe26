"""Ways on which what the handling of one item changes may reach the request of another: through functions that a library calls,
operators, functions that functions return, files in memory, paths, databases in memory, hooks of a client.

Each way is a piece of state, N, with what reads it and what changes it; V is the value at hand. There are two of each: where both
are one, a later request may depend on an earlier item, and where one is read and the other changed, none does.
"""

import re


class Way:
    def __init__(self, imports, defs, setup, reads, writes):
        self.imports, self.defs, self.setup, self.reads, self.writes = imports, defs, setup, reads, writes


CALLBACKS = Way(
    ["import atexit", "import collections", "import contextlib", "import csv", "import functools", "import heapq", "import itertools", "import json", "import operator", "import re"],
    ["class Odd:", "    pass", "class Sink:", "    def __init__(self, of):", "        self.of = of", "    def write(self, text):", "        self.of['n'] += 1", "        return len(text)",
     "def bump(state, by=1):", "    state['n'] += by", "    return state['n']"],
    ["N = {'n': 0, 'log': []}", "def show_N(*_):", "    return str(N['n'])", "def rank_N(y):", "    return N['n'] % 2 if y == 'q' else 0.5", "def note_N(*given):", "    N['n'] += 1", "    N['log'].append(len(given))", "    return 'z'", "hooks_N = [note_N]"],
    ["json.dumps(Odd(), default=lambda odd: N['n'])", "json.dumps([Odd()], default=show_N)", "json.loads('{\"a\": 1}', object_hook=show_N)", "re.sub('a', lambda m: str(N['n']), 'bab')", "re.sub('a', show_N, 'bab')", "sorted(['p', 'q'], key=lambda y: y == 'p' and N['n'] > 1)", "sorted('pq', key=rank_N)",
     "max(['p', 'q'], key=rank_N)", "''.join(map(show_N, 'p'))", "list(filter(lambda y: N['n'] < 2, 'pq'))", "functools.reduce(lambda a, b: a + str(N['n']), 'pq')", "functools.partial(show_N, 1)()", "list(itertools.takewhile(lambda y: N['n'] < 2, 'pq'))", "next(iter(lambda: N['n'], -1), None)",
     "collections.defaultdict(lambda: N['n'])['k']", "operator.itemgetter('n')(N)", "operator.methodcaller('get', 'n')(N)", "heapq.nlargest(1, 'pq', key=rank_N)", "[y for y, _ in itertools.groupby('pq', rank_N)]", "'{n}'.format(**N)", "'{n}'.format_map(N)", "'%(n)s' % N", "list(itertools.starmap(lambda a, b: N['n'], [(1, 2)]))",
     "sorted('pq', key=functools.cmp_to_key(lambda a, b: N['n'] - 1))", "[hook('-') for hook in (show_N, len)]", "any(map(lambda y: N['n'] > 1, 'pq'))", "list(map(N.get, ['n']))"],
    ["json.dumps(Odd(), default=lambda odd: bump(N))", "json.dumps(Odd(), default=note_N)", "re.sub('[a-z]', note_N, V)", "sorted([V], key=note_N)", "sorted([V, 'a'], key=lambda y: bump(N))", "list(map(note_N, [V]))", "max([V, 'a'], key=note_N)", "list(filter(note_N, [V]))", "functools.partial(note_N, V)()",
     "operator.setitem(N, 'n', len(V) + N['n'])", "functools.reduce(lambda a, b: bump(N), [V], 0)", "collections.deque(map(note_N, [V]), maxlen=0)", "any(note_N(y) for y in [V])", "hooks_N[0](V)", "for hook in hooks_N: hook(V)", "atexit.register(note_N, V)", "collections.defaultdict(note_N)['k']",
     "csv.writer(Sink(N)).writerow([V])", "print(V, file=Sink(N))", "json.dump([V], Sink(N))", "with contextlib.ExitStack() as stack: stack.callback(note_N, V)", "list(itertools.starmap(note_N, [(V, 1)]))", "heapq.nsmallest(1, [V], key=note_N)", "next(map(note_N, [V]))", "list(itertools.accumulate([V, V], note_N))",
     "json.loads('{\"a\": 1}', object_pairs_hook=note_N)", "operator.methodcaller('update', n=len(V))(N)"],
)

PURE = [("add", ", other", "self.n + 1"), ("radd", ", other", "f'{other}{self.n}'"), ("str", "", "f'<{self.n}>'"), ("format", ", spec", "spec + str(self.n)"), ("contains", ", key", "self.n > 1"), ("getitem", ", key", "(key, self.n)"), ("getattr", ", name", "(name, self.n)"), ("len", "", "self.n + 1"), ("iter", "", "iter([self.n])"),
        ("neg", "", "-self.n"), ("int", "", "self.n"), ("index", "", "min(self.n, 3)"), ("lt", ", other", "self.n < 2"), ("eq", ", other", "self.n == other"), ("hash", "", "1"), ("matmul", ", other", "self.n * 2"), ("round", ", *_", "self.n")]
# Those that change the object, with a writer that calls each.
EFFECTS = [("iadd", ", other", "self", "N += V"), ("setitem", ", key, value", "None", "N[V] = 1"), ("delitem", ", key", "None", "del N[V]"), ("call", ", *given", "self.n", "N(V)"), ("call", ", *given", "self.n", "sorted([V], key=N)"), ("call", ", *given", "self.n", "list(map(N, [V]))"), ("lshift", ", other", "self", "N << V"), ("or", ", other", "other", "N | V"), ("next", "", "self.n", "next(N)"),
           ("sub", ", other", "other", "N - V"), ("gt", ", other", "True", "N > V"), ("bool", "", "True", "bool(N)"), ("bool", "", "True", "if N: pass"), ("bool", "", "True", "V if N else 0"), ("bool", "", "True", "N and V"), ("bool", "", "True", "assert N"), ("invert", "", "0", "~N"), ("setattr", ", name, value", "None", "N.last = V"), ("setattr", ", name, value", "None", "setattr(N, 'last', V)")]


def operated(effect):
    """A class whose operators show what it counts, and of which some change it."""
    name, given, back, _ = effect
    methods = PURE + [("deepcopy", ", memo", "self.n")]
    lines = [line for pure, more, value in methods for line in (f"    def __{pure}__(self{more}):", f"        return {value}")]
    lines += [f"    def __{name}__(self{given}):", "        self.__dict__['n'] += 1", f"        return {back}"] if name else []
    return ["class Tally:", "    def __init__(self):", "        self.__dict__.update(n=0)", "    def count(self, *_):", "        self.__dict__['n'] += 1", "    @property", "    def current(self):", "        return self.n", "    @property", "    def counted(self):", "        self.__dict__['n'] += 1", "        return self.n", *lines]


def operators_way(dice):
    effect = dice.pick(EFFECTS + [("", "", "", "N.count(V)")] * 10 + [("", "", "", "N.counted"), ("", "", "", "getattr(N, 'counted')"), ("", "", "", "list(map(N.count, [V]))"), ("", "", "", "functools.partial(N.count, V)()")])
    return Way(
        ["import copy", "import functools"], operated(effect), ["N = Tally()"],
        ["N + 1", "'s' + N", "f'{N}'", "'%s' % (N,)", "str(N)", "'{:x}'.format(N)", "'q' in N", "N['k']", "N.anything", "len(N)", "list(N)", "-N", "int(N)", "'pqrst'[N]", "N == 1", "N < 3", "[y for y in N]", "N @ 1", "N.current", "copy.deepcopy(N)", "max(N)", "round(N)", "(*N,)", "getattr(N, 'other')", "sum(N)", "' '.join(map(str, N))", "range(9)[N]", "dict([('k', len(N))])", "sorted([N, 1])[0] == 1", "any(y > 1 for y in N)"],
        [effect[3]],
    )


CLOSURES = Way(
    ["import functools", "import operator", "import types"],
    ["def counter():", "    n = 0", "    def up(by=1):", "        nonlocal n", "        n += 1", "        return n", "    def now():", "        return n", "    return up, now",
     "def collector():", "    got = []", "    while True:", "        got.append((yield len(got)))",
     "def store(where, what=None):", "    if what is not None: where.append(what)", "    return len(where)",
     "def counting(function):", "    @functools.wraps(function)", "    def inner(*given):", "        inner.n += 1", "        return function(*given)", "    inner.n = 0", "    return inner",
     "def deep(state):", "    return lambda key: lambda: state[key]"],
    ["up_N, now_N = counter()", "N = []", "put_N = functools.partial(store, N)", "held_N = functools.partial(store, [])", "box_N = lambda what=None, kept=[]: store(kept, what)", "word_N = counting(str)", "space_N = types.SimpleNamespace(n=0)", "get_N = operator.attrgetter('n')", "send_N = collector()", "next(send_N)", "fields_N = {'n': 0}",
     "make_N = lambda: lambda key: fields_N[key]", "setter_N = lambda: lambda value: fields_N.update(n=value)", "table_N = {'len': lambda: len(N), 'add': N.append}", "chain_N = lambda: functools.partial(deep, fields_N)", "self_N = [N.append, lambda: len(N)]"],
    ["now_N()", "len(N)", "put_N()", "held_N()", "box_N()", "word_N.n", "get_N(space_N)", "make_N()('n')", "(lambda: lambda: fields_N['n'])()()", "table_N['len']()", "deep(fields_N)('n')()", "chain_N()()('n')()", "self_N[1]()", "(lambda state=fields_N: state['n'])()", "len(held_N.args[0])", "[read() for read in (now_N, put_N)]", "(now_N if N else put_N)()", "functools.partial(deep(fields_N), 'n')()()", "len(box_N.__defaults__[1])", "now_N.__closure__[0].cell_contents"],
    ["up_N()", "put_N(V)", "held_N(V)", "box_N(V)", "word_N(V)", "space_N.n += 1", "send_N.send(V)", "setter_N()(len(V))", "table_N['add'](V)", "self_N[0](V)", "(lambda: lambda value: N.append(value))()(V)", "(lambda: N)().append(V)", "(lambda where=N: where.append(V))()", "held_N.args[0].append(V)", "functools.partial(setattr, space_N)('n', len(V))", "functools.partial(functools.partial(store, N), V)()", "[write(V) for write in (N.append, len)]", "(N.append if V else N.remove)(V)", "store(*[N, V])", "store(**{'where': N, 'what': V})", "deep({'k': N})('k')().append(V)"],
)

STREAMS = Way(
    ["import contextlib", "import csv", "import io", "import json"],
    ["def put(stream, text):", "    stream.write(text)"],
    ["N = io.StringIO()", "same_N = N", "rows_N = csv.writer(N)", "fields_N = csv.DictWriter(N, ['k', 'v'])", "bytes_N = io.BytesIO()", "given_N = csv.reader(io.StringIO('a\\nb\\nc\\nd\\ne\\nf\\ng\\n'))", "lines_N = io.StringIO('a\\nb\\nc\\nd\\ne\\nf\\ng\\n')"],
    ["N.getvalue()", "len(N.getvalue())", "N.tell()", "same_N.getvalue()", "len(bytes_N.getvalue())", "next(given_N)", "lines_N.readline()", "lines_N.tell()", "N.closed", "json.dumps(N.getvalue())", "(N.getvalue().splitlines() or ['-'])[-1]", "bytes_N.tell()"],
    ["N.write(V)", "print(V, file=N)", "rows_N.writerow([V, 1])", "fields_N.writerow({'k': V, 'v': 1})", "json.dump([V], N)", "N.writelines([V])", "N.truncate(0)", "same_N.write(V)", "bytes_N.write(V.encode())", "put(N, V)", "next(given_N)", "print(lines_N.readline())", "with contextlib.redirect_stdout(N): print(V)", "rows_N.writerows([[V], [V]])", "N.seek(0)", "lines_N.seek(0)", "N.close() if len(V) > 90 else N.write(V)", "next(lines_N)"],
)

PATHS = Way(
    ["import os", "import shutil", "from pathlib import Path"],
    ["HERE = Path('.')", "NAMES = {'left': Path('left.txt'), 'right': Path('right.txt')}", "def save(path, text):", "    path.write_text(text)"],
    ["N = Path('N.txt')", "N.write_text('-')", "same_N = HERE / 'N.txt'", "made_N = Path('.', 'N.txt')"],
    ["N.read_text()", "len(N.read_text())", "N.stat().st_size", "N.exists()", "open(N).read()", "N.open().readline()", "N.with_suffix('.log').exists()", "len(list(HERE.glob('N*')))", "os.path.getsize(N)", "(HERE / 'N.txt').read_text()", "same_N.read_text()", "made_N.read_text()", "NAMES['N'].read_text()", "len(open('N.txt').read())", "N.read_bytes().decode()", "Path('N.txt').read_text()", "os.path.exists('N.log')", "sorted(N.parent.glob('N.*'))[0].name"],
    ["N.write_text(V)", "with N.open('a') as file: file.write(V)", "with open(N, 'a') as file: file.write(V)", "with open('N.txt', 'a') as file: print(V, file=file)", "N.with_suffix('.log').touch()", "(HERE / 'N.txt').write_text(V)", "same_N.write_text(V)", "NAMES['N'].write_text(V)", "save(N, V)", "Path('other.txt').write_text(V); os.replace('other.txt', N)", "Path('other.txt').write_text(V); shutil.copy('other.txt', 'N.txt')", "Path('other.txt').write_text(V); Path('other.txt').rename(N)", "N.with_name('N.log').write_text(V)", "made_N.write_bytes(V.encode())", "Path('N.log').write_text(V); Path('N.log').unlink()", "N.write_text(N.read_text() + V)"],
)

DATABASES = Way(
    ["import sqlite3"],
    ["def keep(db, key, value):", "    db.execute('insert into t values (?, ?)', (key, value))"],
    ["N = sqlite3.connect(':memory:', check_same_thread=False)", "N.execute('create table t (k text, v text)')", "cur_N = N.cursor()", "same_N = N"],
    ["N.execute('select count(*) from t').fetchone()[0]", "cur_N.execute('select max(v) from t').fetchone()", "list(N.execute('select k from t'))", "N.total_changes", "same_N.execute('select count(*) from t').fetchone()", "[row for row in cur_N.execute('select v from t')]", "dict(N.execute('select k, v from t')).get('a0')", "cur_N.execute('select 1').fetchone()", "N.in_transaction"],
    ["N.execute('insert into t values (?, ?)', (KEY, V))", "cur_N.execute('insert into t values (?, ?)', (KEY, V))", "N.executemany('insert into t values (?, ?)', [(KEY, V)])", "with N: N.execute('insert into t values (?, ?)', (KEY, V))", "keep(N, KEY, V)", "N.executescript('delete from t')", "same_N.execute('insert into t values (1, ?)', (V,))", "N.commit()", "cur_N.execute('select k from t')", "print(cur_N.fetchone())", "keep(same_N, KEY, V); N.commit()"],
)


def named(text, name):
    """N in a piece of code as a name of its own, alone and behind an underscore, in texts as well."""
    return re.sub(r"(?<![A-Za-z0-9'])N(?![A-Za-z_])|(?<=_)N\b|(?<=')N(?=[.*'])", name, text)


def travelling(program, way):
    """Puts a way into a program: one that is read, and the same or another that is changed."""
    dice = program.more
    program.add(program.imports, way.imports)
    top = not program.at_top and dice.chance(60)
    is_one = dice.chance(55)
    read, changed = "left", "left" if is_one else "right"
    program.add(program.defs, way.defs)
    for name in dict.fromkeys([read, changed]):
        lines = [named(line, name) for line in way.setup]
        (program.defs if top else program.setup).extend(lines)
    value = f"str({program.answer})"
    at_top = top or program.at_top
    for nth in range(1 + dice.chance(25)):
        reader = named(dice.pick(way.reads), read)
        place = dice.pick(["request"] * 6 + ["helper", "helper", "print", "guard", "after"])
        if place == "helper" and at_top and program.in_helper(f"prompt = prompt + str({reader})", "front"):
            continue
        if place == "guard":
            program.pre += [(True, f"if str({reader}) in ('2', 'True', '-'):"), (True, "    continue")]
        elif place == "print":
            program.post.insert(0, f"print({reader})")
        elif place == "after":
            program.after.append(f"print({reader})")
        elif not program.reaches(f"seen{nth}", reader):
            program.pre.append((False, f"print({reader})"))
    for _ in range(1 + dice.chance(25)):
        writer = named(dice.pick(way.writes), changed).replace("KEY", f"str({program.key})")
        place = dice.pick(["post"] * 7 + ["helper", "helper", "pre"])
        if writer.startswith(f"{changed} +=") and program.scaffold in ("main", "function", "method", "async", "try", "with", "twice", "generator", "inner") and top:
            program.add(program.globals, [changed])
        if place == "helper" and at_top and not writer.startswith(f"{changed} +=") and program.in_helper(writer.replace(f"str({program.key})", "prompt").replace("V", "answer"), "behind"):
            continue
        if place == "pre":
            program.pre.append((False, re.sub(r"\bV\b", lambda _: f"str({program.key})", writer)))
        else:
            whole = [i for i, text in enumerate(program.post + [""]) if not text.startswith((" ", "else", "except", "finally"))]
            program.post.insert(dice.pick(whole), re.sub(r"\bV\b", lambda _: value, writer))
    if dice.chance(30):
        program.after.append(f"print({named(dice.pick(way.reads), changed)})")


def callbacks(program):
    """Functions that a library calls."""
    travelling(program, CALLBACKS)


def operators(program):
    """Operators, formats, properties and built-in functions that call methods of the program's classes."""
    travelling(program, operators_way(program.more))


def closures(program):
    """Functions that functions return, partials, generators, attributes of functions."""
    travelling(program, CLOSURES)


def streams(program):
    """Files in memory, and what writes to them and reads from them."""
    travelling(program, STREAMS)


def paths(program):
    """Files whose names the program knows, as paths."""
    travelling(program, PATHS)


def databases(program):
    """A database in memory."""
    travelling(program, DATABASES)


def hooks(program):
    """Functions that the client calls with each answer."""
    dice = program.more
    is_session = program.api in ("requests", "params", "post")
    made = "client = requests.Session()" if is_session else "client = httpx.Client(event_hooks={'response': [noted]})"
    if is_session:
        program.setup.append(made)
        program.setup.append(dice.pick(["client.hooks['response'].append(noted)", "client.hooks = {'response': noted}", "client.hooks.update(response=[noted])"]))
        for place in (program.defs, program.other):
            place[:] = [line.replace("requests.get(", "client.get(").replace("requests.post(", "client.post(") for line in place]
        program.expression = program.expression.replace("requests.get(", "client.get(").replace("requests.post(", "client.post(")
        if "client." not in str(program.defs) + program.expression or program.other or program.job:
            program.expression = "client.get('http://data.example/' + str(" + program.key + "))" + ".text"
        if not program.at_top:
            # The functions that ask are the module's.
            program.defs += program.setup[-2:]
            del program.setup[-2:]
    else:
        program.client, program.client_top = made, True
    body = dice.pick([["pass"], ["response.text"], ["response.checked = True"], ["SEEN.append(1)"], ["SEEN.append(response.text)"], ["print('has', response.text)"], ["STATE['n'] += 1"], ["STATE['last'] = response.text"], ["response.text"], ["if len(SEEN) > 1: raise ValueError('too many')", "SEEN.append(1)"]])
    lines = ["SEEN = []", "STATE = {'n': 0, 'last': '-'}", "def noted(response, *args, **kwargs):", *("    " + line for line in body)]
    program.imports.extend(lines) if not is_session else program.defs.insert(0, "\n".join(lines))
    read = dice.pick(["len(SEEN)", "STATE['n']", "STATE['last']"])
    place = dice.pick(["request", "request", "post", "after", "none"])
    if place == "request":
        program.reaches("noted_by", read)
    elif place != "none":
        (program.post if place == "post" else program.after).append(f"print({read})")
    if dice.chance(30):
        program.post.append(dice.pick(["SEEN.clear()", "STATE['n'] = 0", f"STATE['last'] = str({program.answer})"]))


for feature in (callbacks, operators, closures, streams, paths, databases):
    feature.plain, feature.spare = True, 70
hooks.plain, hooks.spare, hooks.apis = True, 70, ["requests", "requests", "params", "post", "httpx", "httpx"]

WAYS = [callbacks, callbacks, operators, closures, streams, paths, databases, hooks]
