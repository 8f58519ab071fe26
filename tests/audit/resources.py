"""Pieces of state: how each is made, read and changed. V in a change is the value at hand."""


class Thing:
    def __init__(self, setup=(), defs=(), readers=(), writers=(), imports=(), other=(), rebinds=(), top=False, item=False):
        self.setup, self.defs, self.readers, self.writers = list(setup), list(defs), list(readers), list(writers)
        self.imports, self.other, self.rebinds = list(imports), list(other), list(rebinds)
        self.top = top  # always the module's
        self.item = item  # of items that are dicts


def a_dict(program):
    alias = program.dice.pick(["al = st", "al = dict(st)", "reg = {'x': st}; al = reg['x']", "al, _ = st, 1"])
    return Thing(
        ["st = {'n': 0, 'm': 5, 'log': []}", alias, "al_log = st['log']"],
        ["def bump(d):", "    d['n'] += 1"],
        ["st['n']", "st.get('n')", "len(st['log'])", "sorted(st)", "st['m']", "al['n']", "len(al_log)"],
        ["st['n'] += 1", "st['log'].append(V)", "st.update(n=9)", "st['extra'] = V", "st.setdefault('log', []).append(V)", "bump(st)",
         "bump(al)", "(lambda d: d.update(n=d['n'] + 1))(st)", "st |= {'n': 4}", "operator.setitem(st, 'n', 7)", "al['n'] += 1",
         "al_log.append(V)", "st['m'] = st['m']", "st.pop('extra', None)", "next(map(bump, [st]))", "st['n'], al['m'] = 3, 4"],
        ["import operator"],
        rebinds=["st"],
    )


def a_list(program):
    alias = program.dice.pick(["same = acc", "same = acc[:]", "keep = [acc]; same = keep[0]", "same = list(acc)"])
    return Thing(
        ["acc = []", alias, "add = acc.append"],
        ["def push(where, what):", "    where.append(what)"],
        ["len(acc)", "acc[-1] if acc else '-'", "acc[:2]", "bool(acc)", "len(same)", "min(acc, default='-')", "len([y for y in acc if y])"],
        ["acc.append(str(V))", "acc.insert(0, str(V))", "acc += [str(V)]", "acc[len(acc):] = [str(V)]", "push(acc, str(V))", "list.append(acc, str(V))",
         "[acc.append(y) for y in [str(V)]]", "heapq.heappush(acc, str(V))", "same.append(str(V))", "add(str(V))", "acc = acc + [str(V)]",
         "functools.partial(acc.append, str(V))()", "acc.clear()", "for where in (acc, same): where.append(str(V))"],
        ["import heapq, functools"],
        rebinds=["acc"],
    )


BOX = """class Box:
    total = 0
    def __init__(self):
        self.n, self.seen, self._size = 0, [], 0
    def bump(self):
        self.n += 1
        return self
    def note(self, v):
        self.seen.append(v)
    def describe(self):
        return f"{self.n}/{len(self.seen)}"
    @property
    def size(self):
        return self._size
    @size.setter
    def size(self, v):
        self._size = v
    @property
    def counted(self):
        self.n += 1
        return self.n
    @classmethod
    def count_one(cls):
        cls.total += 1
    def __len__(self):
        return len(self.seen) + 1
    def __iadd__(self, v):
        self.seen.append(v)
        return self
    def __call__(self, v):
        self.n += 1
    def __getitem__(self, k):
        return getattr(self, k)
    def __setitem__(self, k, v):
        setattr(self, k, v)
    def __enter__(self):
        self.n += 1
    def __exit__(self, *_):
        self.n += 1
    def __contains__(self, k):
        return k in self.seen""".split("\n")


def an_object(program):
    alias = program.dice.pick(["other = ob", "other = Box()", "pair = (ob, 1); other = pair[0]"])
    return Thing(
        ["ob = Box()", alias, "method = ob.bump", "seen_of = ob.seen"],
        BOX,
        ["ob.n", "len(ob.seen)", "ob.describe()", "ob.size", "len(ob)", "ob['n']", "other.n", "getattr(ob, 'n')", "'a1' in ob", "ob.counted"],
        ["ob.n += 1", "ob.bump()", "ob.note(V)", "ob.seen.append(V)", "ob += V", "ob(V)", "ob['n'] = 5", "with ob: pass", "setattr(ob, 'n', ob.n + 1)",
         "ob.size = 3", "vars(ob)['n'] += 1", "ob.__dict__.update(n=9)", "other.n += 1", "other.note(V)", "Box.bump(ob)", "method()", "seen_of.append(V)",
         "ob.seen = ob.seen + [V]", "ob.unrelated = V", "print(ob.counted)"],
        rebinds=["ob"],
    )


def a_class(program):
    return Thing(
        ["ob = Box()"], BOX, ["Box.total", "ob.total"],
        ["Box.total += 1", "type(ob).total += 1", "ob.__class__.total += 1", "ob.count_one()", "Box.count_one()", "setattr(Box, 'total', 4)", "ob.total = 8"],
    )


def a_global(program):
    return Thing(
        [], ["COUNT = 0", "def tick():", "    global COUNT", "    COUNT += 1", "    return COUNT", "def peek():", "    return COUNT"],
        ["COUNT", "peek()", "tick()"], ["tick()", "globals()['COUNT'] += 1", "print(tick())"], top=True,
    )


def another_module(program):
    return Thing(
        [], [], ["helpers.LEVEL", "helpers.level()", "helpers.CFG['n']", "CFG['n']"],
        ["helpers.raise_level()", "helpers.LEVEL += 1", "helpers.CFG['n'] += 1", "CFG['n'] += 1", "CFG.update(n=3)"],
        ["from helpers import CFG"],
        ["LEVEL = 0", "CFG = {'n': 0}", "def raise_level():", "    global LEVEL", "    LEVEL += 1", "def level():", "    return LEVEL"], top=True,
    )


def a_closure(program):
    return Thing(
        ["inc, get = make()"],
        ["def make():", "    n = 0", "    def inc():", "        nonlocal n", "        n += 1", "        return n", "    def get():", "        return n", "    return inc, get"],
        ["get()", "inc()"], ["inc()", "print(inc())"],
    )


def a_default(program):
    return Thing(
        [], ["def tally(v=None, kept=[]):", "    if v is not None:", "        kept.append(v)", "    return len(kept)"],
        ["tally()", "tally('x')"], ["tally(V)", "tally.__defaults__[1].append(V)"], top=True,
    )


def an_attribute(program):
    return Thing([], ["def marker():", "    return marker.n", "marker.n = 0"], ["marker.n", "marker()"], ["marker.n += 1", "setattr(marker, 'n', 3)"], top=True)


def a_variable(program):
    return Thing(
        ["last = '-'", "prev = '-'"], [], ["last", "prev", "(last, prev)"],
        ["last = V", "last, prev = V, last", "(last := V)", "for last in [V]: pass", "last += '!'", "if len(str(V)) > 3: last = V", "prev = last"],
        rebinds=["last", "prev"],
    )


def an_iterator(program):
    make = program.dice.pick(["it = iter('abcdefghijklmnopq')", "it = itertools.count()", "it = itertools.cycle([1, 2])", "it = (y for y in range(40))"])
    return Thing([make], [], ["next(it)"], ["next(it)", "print(next(it))"], ["import itertools"])


def draws(program):
    make, name = program.dice.pick([("random.seed(1)", "random"), ("rng = random.Random(1)", "rng")])
    return Thing([make], [], [f"{name}.randrange(100)"], [f"{name}.random()", f"print({name}.randrange(9))", f"{name}.shuffle(out)"], ["import random"])


def the_environment(program):
    return Thing(
        ["os.environ['STYLE'] = 'brief'"], [], ["os.environ['STYLE']", "os.getenv('STYLE')", "os.environ.get('OTHER')"],
        ["os.environ['STYLE'] = str(V)", "os.environ.update(OTHER='x')", "os.environ['MORE'] = '1'"], ["import os"],
    )


def a_file(program):
    return Thing(
        ["open('state.txt', 'w').close()"], [],
        ["len(open('state.txt').read())", "os.path.getsize('state.txt')", "os.path.exists('flag')"],
        ["open('state.txt', 'a').write(str(V))", "open('flag', 'w').close()", "open('other.txt', 'a').write(str(V))", "open(f'item_{len(os.listdir())}', 'w').close()"],
        ["import os"],
    )


def items_by_index(program):
    return Thing(
        [], [], ['items[0]["q"]', 'items[-1]["n"]', 'len(items[0]["tags"])', "len(items)", 'x["n"]', 'len(x["tags"])', 'x.get("pred")', 'x.get("before", {}).get("pred")', 'sum(y["n"] for y in items)'],
        ['x["pred"] = V', 'x["n"] = 7', 'x["tags"].append(V)', 'items[0]["q"] = str(V)', 'items[-1]["n"] += 1', "x.update(a=V)", 'x.pop("n", None)', 'for y in items: y["n"] = 0', 'y = x; y["n"] += 1', 'x["tags"] = [V]'],
        item=True,
    )


def a_deque(program):
    return Thing(
        ["window = collections.deque(maxlen=2)", "counts = collections.Counter()", "groups = collections.defaultdict(list)"], [],
        ["list(window)", "counts['a0']", "sum(counts.values())", "len(groups)", "groups['k']", "len(groups['a1'])"],
        ["window.append(str(V))", "counts[str(V)] += 1", "counts.update([str(V)])", "groups[str(V)].append(1)", "groups['k'].append(V)", "window.rotate()", "counts['a0'] += 1"],
        ["import collections"],
    )


def a_match(program):
    return Thing(
        ["held = None", "pile = []"], [], ["held", "len(pile)"],
        ["held = pile = [V]", "match [V]:\n            case [held]: pass" if False else "held = [V]", "[held] = [V]", "pile[:0] = [V]", "*pile, held = [V, V]", "held = pile"],
        rebinds=["held", "pile"],
    )


RESOURCES = [
    a_dict, a_list, an_object, a_class, a_global, another_module, a_closure, a_default, an_attribute, a_variable, an_iterator, draws,
    the_environment, a_file, items_by_index, a_deque, a_match,
]
