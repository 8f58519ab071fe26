"""What cannot be seen of a run from outside: variables at its end, what functions gave back, how it failed, which lines ran.

Written at the program's end, as JSON, to a folder that the validator reads. Values are written in one form, strict by type: 1, True and 1.0 differ, floats are exact, the order of
dictionaries counts, and so does whether two names hold one object. Objects of libraries that are not data are only noted to be there: clients differ between versions by design.
"""

import sys

MOST = 40_000  # parts of values that are written in all
DEEP = 60


class Form:
    """Writes values; equal texts mean equal values."""

    floats = 2000  # of an array that are written one by one, and not as a digest

    def __init__(self, copy, most=MOST):
        self.copy, self.left, self.seen, self.kept = copy, most, {}, []

    def of(self, value, depth=0):
        self.left -= 1
        if self.left < 0 or depth > DEEP:
            return ["too much"]
        kind = type(value)
        name = kind.__name__
        if value is None or kind is bool:
            return [name, str(value)]
        if kind is int:
            return [name, hex(value)]
        if kind is float:
            return [name, value.hex()]
        if kind is complex:
            return [name, value.real.hex(), value.imag.hex()]
        if kind is str:
            return [name, value] if len(value) < 4000 else [name, value[:200], len(value), digest(value.encode("utf-8", "surrogatepass"))]
        if kind in (bytes, bytearray):
            return [name, len(value), digest(bytes(value))]
        if kind is tuple:
            return [name, [self.of(part, depth + 1) for part in value]]
        if kind is frozenset:
            return [name, sorted((self.of(part, depth + 1) for part in value), key=repr)]
        # From here on two names for one object differ from two equal objects.
        if id(value) in self.seen:
            return ["the same as", self.seen[id(value)]]
        try:
            found = self.compound(value, kind, name, depth)
        except Exception as error:
            return ["not readable", type(error).__name__]
        return found

    def mark(self, value):
        self.seen[id(value)] = len(self.seen)
        self.kept.append(value)  # or its number could be given to another

    def compound(self, value, kind, name, depth):
        module = getattr(kind, "__module__", "") or ""
        root = module.partition(".")[0]
        if isinstance(value, (list, set, dict)) or root == "collections" and name == "deque":
            self.mark(value)
            if isinstance(value, dict):
                parts = [[self.of(key, depth + 1), self.of(part, depth + 1)] for key, part in list(dict.items(value))]
            elif isinstance(value, set):
                parts = sorted((self.of(part, depth + 1) for part in list(value)), key=repr)
            else:
                parts = [self.of(part, depth + 1) for part in list(value)]
            return [name, parts] + ([self.of(getattr(value, "default_factory", None), depth + 1)] if name == "defaultdict" else [])
        if root == "numpy":
            return self.numpy(value, name, depth)
        if root == "pandas":
            return self.pandas(value, name, depth)
        if root == "torch" and hasattr(value, "detach"):
            self.mark(value)
            plain = value.detach().cpu()
            whole = plain.float() if str(plain.dtype) in ("torch.bfloat16", "torch.float16") else plain
            return [name, str(value.dtype), str(value.device), bool(value.requires_grad), self.numpy(whole.numpy(), name, depth)]
        if root in ("datetime", "decimal", "fractions", "uuid", "pathlib", "ipaddress", "zoneinfo"):
            return [name, repr(value)]
        if isinstance(value, BaseException):
            self.mark(value)
            return [name, [self.of(part, depth + 1) for part in value.args], list(map(str, getattr(value, "__notes__", ())))]
        if isinstance(value, tuple):  # a named one
            return [name, [self.of(part, depth + 1) for part in tuple(value)]]
        if isinstance(value, (int, str, float)):  # an enumeration, or a kind of the program's own
            return [name, repr(value)]
        if callable(value) or isinstance(value, type(sys)):
            return ["there"]
        data = hasattr(kind, "__dataclass_fields__") or hasattr(kind, "model_fields") or hasattr(kind, "__fields__") or hasattr(kind, "__attrs_attrs__")
        if data or self.own(kind):
            self.mark(value)
            parts = dict(getattr(value, "__dict__", {}))
            parts.update(getattr(value, "__pydantic_extra__", None) or {})
            for base in kind.__mro__:
                slots = base.__dict__.get("__slots__", ())
                for slot in (slots,) if isinstance(slots, str) else slots:
                    if not slot.startswith("__") and hasattr(value, slot):
                        parts[slot] = getattr(value, slot)
            written = [[key, self.of(part, depth + 1)] for key, part in parts.items() if not (data and key.startswith("_"))]
            # A lock or a client that one version keeps is nothing that the other lacks.
            return [name, [part for part in written if part[1] != ["there"]]]
        return ["there"]

    def own(self, kind):
        """Whether the program itself defines this class."""
        module = sys.modules.get(kind.__module__)
        file = getattr(module, "__file__", None) or ""
        return kind.__module__ == "__main__" or bool(self.copy) and file.startswith(self.copy)

    def numpy(self, value, name, depth):
        if not hasattr(value, "dtype"):
            return ["there"]
        if not hasattr(value, "tobytes") or str(value.dtype) == "object":
            return [name, "object", [self.of(part, depth + 1) for part in value.tolist()]]
        if getattr(value, "ndim", 0) == 0 and not hasattr(value, "setflags"):
            return [name, str(value.dtype), value.tobytes().hex()]
        if not isinstance(value, sys.modules["numpy"].generic):  # a scalar cannot be changed, so it does not matter who holds it
            self.mark(value)
        one = value.dtype.kind == "f" and value.dtype.itemsize <= 8 and value.size <= self.floats
        shown = [{2: "float16s", 4: "float32s"}.get(value.dtype.itemsize, "floats")] + [float(part).hex() for part in value.ravel().tolist()] if one else digest(value.tobytes())
        return [name, str(value.dtype), list(value.shape), shown]

    def pandas(self, value, name, depth):
        def dtype(part):
            kind = part.dtype
            return [str(kind), repr(getattr(kind, "categories", None)), bool(getattr(kind, "ordered", False))]

        def index(part):
            return dtype(part) + [self.of(list(part.names), depth + 1), self.of(part.tolist(), depth + 1)]

        if hasattr(value, "columns"):
            self.mark(value)
            columns = [[self.of(label, depth + 1), dtype(value.iloc[:, at]), self.of(value.iloc[:, at].tolist(), depth + 1)] for at, label in enumerate(value.columns)]
            return [name, columns, self.of(list(value.columns.names), depth + 1), index(value.index)]
        if hasattr(value, "tolist") and hasattr(value, "dtype"):
            self.mark(value)
            if hasattr(value, "iloc"):
                return [name, dtype(value), self.of(value.tolist(), depth + 1), self.of(value.name, depth + 1), index(value.index)]
            return [name, index(value) if hasattr(value, "names") else dtype(value) + [self.of(value.tolist(), depth + 1)]]
        return [name, repr(value)]


def digest(data):
    import hashlib

    return hashlib.sha256(data).hexdigest()[:32]


def bindings(tree, changed):
    """How often each name is bound at the top of a module, and whether it is on a changed line."""
    import ast

    found = {}
    stack = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            count, touched = found.get(node.id, (0, False))
            found[node.id] = count + 1, touched or node.lineno in changed
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))
    return found


OPPOSITE = {"NotEq": "Eq", "NotIn": "In", "IsNot": "Is"}


def meant(node):
    """A statement or expression in a form that a move into a coroutine leaves as it is; of a compound statement only its head."""
    import ast

    if isinstance(node, ast.Await):
        return meant(node.value)
    if isinstance(node, list):
        return "[%s]" % ",".join(map(meant, node))
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Attribute) and node.attr == "sleep" and isinstance(node.value, ast.Name) and node.value.id in ("asyncio", "time"):
        return "sleep"
    parts = [getattr(node, field, None) for field in node._fields if field not in ("ctx", "kind", "type_comment")]
    blocks = [getattr(node, field, None) for field in ("body", "orelse", "finalbody", "handlers", "cases")]
    blocks = [block for block in blocks if isinstance(block, list)]
    return "%s(%s)" % (type(node).__name__.replace("Async", ""), ",".join(meant(part) for part in parts if not any(part is block for block in blocks)))


def condition(test, holds):
    """A condition, and whether it holds; what is written the other way round is the same."""
    import ast

    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return condition(test.operand, not holds)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        kind = type(test.ops[0]).__name__
        holds, kind = holds != (kind in OPPOSITE), OPPOSITE.get(kind, kind)
        return "%s %s %s%s" % (holds, kind, meant(test.left), meant(test.comparators))
    return "%s %s" % (holds, meant(test))


def branches(node):
    """The statements that run only in a branch, each with what the branch is; loops and functions are none."""
    import ast

    if isinstance(node, ast.If):
        return [(part, condition(node.test, part is node.body)) for part in (node.body, node.orelse) if part]
    if isinstance(node, ast.ExceptHandler):
        return [(node.body, "except %s" % meant(node.type))]
    if type(node).__name__ == "match_case":
        return [(node.body, "case %s %s" % (meant(node.pattern), meant(node.guard)))]
    return []


def shape(child, branch, alone, hidden):
    """What a statement says, in which branch, whether it only leaves it, whether it waits, and whether it stands on the line of the branch's head, so that its own line tells nothing: by
    these it is known for a copy of another."""
    import ast

    leaves = alone and (isinstance(child, (ast.Continue, ast.Pass)) or isinstance(child, ast.Return) and meant(child.value) in ("None", "Constant(None)"))
    own = [part for part in ast.iter_child_nodes(child) if not isinstance(part, (ast.stmt, ast.ExceptHandler))]
    waits = any(isinstance(part, ast.Await) and not meant(part).startswith("Call(sleep") for top in own for part in ast.walk(top))
    return [meant(child), branch, leaves, waits or isinstance(child, (ast.AsyncFor, ast.AsyncWith)), hidden]


def statements(tree, changed):
    """The statements of a file, as first line, last line, whether they are of a handler, whether they stand on changed lines, and their `shape`; and the functions around those that
    do, as (line, name)."""
    import ast

    lines, functions = [], set()

    def walk(node, around, handled, branch):
        inside = {id(part): (what, len(block) == 1) for block, what in branches(node) for part in block}
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = around or (child.lineno, child.name)
            else:
                inner = around
            if isinstance(child, ast.ExceptHandler):
                # A bare one has nothing to be looked at: what it does first tells.
                last = max(child.lineno, child.body[0].lineno - (child.type is not None))
                if any(line in changed for line in range(child.lineno, max(child.lineno + 1, child.body[0].lineno))):
                    lines.append((child.lineno, last, True, True, ["", "", False, True, False]))
            if isinstance(child, ast.stmt):
                blocks = [part[0].lineno for part in (getattr(child, field, None) for field in ("body", "handlers", "cases")) if part and hasattr(part[0], "lineno")]
                last = max(child.lineno, min(blocks) - 1) if blocks else getattr(child, "end_lineno", child.lineno)
                touched = any(line in changed for line in range(child.lineno, last + 1))
                if touched and inner:
                    functions.add(inner)
                plain = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal))
                text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
                if not (plain or text or isinstance(child, ast.Try)):
                    what, alone = inside.get(id(child), (branch, False))
                    hidden = id(child) in inside and child.lineno == getattr(node, "lineno", 0)
                    lines.append((child.lineno, last, handled, touched, shape(child, what, alone, hidden)))
            # What stands in a `with` or a `try` of a branch is of the branch.
            goes_on = isinstance(child, (ast.With, ast.AsyncWith, ast.Try))
            walk(child, inner, handled or isinstance(child, ast.ExceptHandler), inside.get(id(child), (branch,))[0] if goes_on else "")

    walk(tree, None, False, "")
    return lines, functions


def functions(tree):
    """The functions of a file, as first line, last line and name; inner ones behind those around them."""
    import ast

    return [[node.lineno, getattr(node, "end_lineno", node.lineno), node.name] for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def around(line, known):
    """The name of the innermost function at a line."""
    found = [(last - first, name) for first, last, name in known if first <= line <= last]
    return min(found)[1] if found else "<module>"


class Watch:
    """Follows the program while it runs, where that was asked for.

    Changed lines that run are written down by every process of the program, and as they come by all but the first: one that works for a pool is ended without a farewell.
    """

    def __init__(self, folder, copy, asked, slept):
        self.folder, self.copy, self.asked, self.slept = folder, copy, asked, slept
        self.ran, self.calls, self.wanted, self.files, self.entered, self.rest = {}, [], {}, {}, set(), lambda: None
        self.shared, self.form = {}, Form(copy)
        if asked.get("near"):
            Form.floats = MOST

    def begin(self, first):
        import ast
        import json
        import os

        for name, changed in self.asked.get("files", {}).items():
            path = os.path.join(self.copy, name)
            try:
                with open(path, "rb") as file:
                    tree = ast.parse(file.read())
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue
            lines, touched = statements(tree, frozenset(changed))
            self.files[path] = (name, lines, bindings(tree, frozenset(changed)))
            self.ran[path] = set()
            for line, function in touched:
                self.wanted[path, function] = True
        if self.asked.get("trace") and self.files:
            try:
                with open(os.path.join(self.folder, "statements.json"), "x", encoding="utf-8") as file:
                    json.dump({name: lines for name, lines, _ in self.files.values()}, file)
            except OSError:
                pass  # another process of the program was first
            self.follow(first and self.asked.get("calls"))

    def follow(self, calls):
        """From here on changed lines are noted; where `calls` is true, also what functions around them give back."""
        import os
        import threading

        # The program may put its own in their place.
        start, write, end, absolute = os.open, os.write, os.close, os.path.abspath
        path, how, own = os.path.join(self.folder, "ran"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, self.copy + os.sep

        process, number = os.getpid(), os.getpid

        def put(text):
            try:
                out = start(path, how, 0o600)
                try:
                    whole = write(out, text) == len(text)
                finally:
                    end(out)
            except OSError:
                whole = False
            if not whole:
                put_apart(text)

        def told(file, line):
            return b"%d %s\n" % (line, os.fsencode(self.files[file][0]))

        def put_apart(text):
            """On a full disk a name can be written down, if not a content."""
            for line in text.splitlines():
                try:
                    end(start(os.path.join(self.folder, "ran." + line.hex()), how, 0o600))
                except OSError:
                    pass

        def note(file, line):
            ran = self.ran[file]
            if line not in ran:
                ran.add(line)
                if not calls or number() != process:
                    put(told(file, line))

        leave_now = os._exit

        def leave(status):
            if calls and number() == process:
                self.rest()
            leave_now(status)

        os._exit = leave
        self.rest = lambda: put(b"".join(told(file, line) for file, ran in self.ran.items() for line in sorted(ran))) if calls else None

        names = {}  # of files, as code objects have them: the changed file that each is, and its name where it is of the program

        def known(name):
            try:
                return names[name]
            except KeyError:
                path = name if name.startswith("/") else absolute(name)
                names[name] = found = path if path in self.ran else None, path[len(own) :] if path.startswith(own) else None
                return found

        monitoring = getattr(sys, "monitoring", None)
        if monitoring is not None and not calls:
            free = [number for number in (4, 3, 5) if monitoring.get_tool(number) is None]
            if free:
                monitoring.use_tool_id(free[0], "perfmod")
                events = monitoring.events

                def begun(code, _):
                    if known(code.co_filename)[0]:
                        monitoring.set_local_events(free[0], code, events.LINE)
                    return monitoring.DISABLE

                def came(code, line):
                    file = known(code.co_filename)[0]
                    if file:
                        note(file, line)
                    return monitoring.DISABLE

                monitoring.register_callback(free[0], events.PY_START, begun)
                monitoring.register_callback(free[0], events.LINE, came)
                monitoring.set_events(free[0], events.PY_START)
                return

        def enter(frame, event, _):
            code = frame.f_code
            file, inside = known(code.co_filename)
            if calls and inside:
                self.entered.add((inside, code.co_name))
            if file is None:
                return None
            if frame.f_trace is not None:
                return frame.f_trace  # goes on after a yield or an await
            watched = calls and (file, code.co_name) in self.wanted
            # What was passed: the names may be bound to something else later, which nobody outside sees.
            passed = {name: frame.f_locals[name] for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if name in frame.f_locals} if watched else {}

            def within(frame, event, value):
                if event == "line":
                    note(file, frame.f_lineno)
                elif event == "return" and watched and len(self.calls) < 200:
                    self.left(frame, value, passed)
                return within

            return within

        threading.settrace(enter)
        sys.settrace(enter)

    def left(self, frame, value, passed):
        code = frame.f_code
        import dis

        if not (0 <= frame.f_lasti < len(code.co_code)) or dis.opname[code.co_code[frame.f_lasti]] in ("YIELD_VALUE", "YIELD_FROM", "SEND", "RESUME"):
            return  # only put aside
        runtime = sys.modules.get("perfmod_runtime")
        asker = runtime and runtime._current.get()
        if asker is not None and asker._asked is not None:
            return  # asked ahead of a loop, whose body does it again
        form = Form(self.copy)
        arguments = {name: form.of(part) for name, part in passed.items()}
        for name, part in passed.items():
            self.share(part, arguments, name)
        self.calls.append([code.co_name, form.of(value), arguments])

    def share(self, part, arguments, name):
        """Of an object that several calls are passed, what the last leaves counts for all: how far the others are by then depends on who runs beside them."""
        import weakref

        if type(part) in (list, dict, set):
            held = lambda: part  # noqa: E731
        elif self.form.own(type(part)):
            try:
                held = weakref.ref(part)
            except TypeError:
                return
        else:
            return
        known, places = self.shared.get(id(part), (None, []))
        if known is None or known() is not part:
            places = []
        for earlier, place in places:
            earlier[place] = arguments[name]
        self.shared[id(part)] = held, places + [(arguments, name)]

    def own(self, path):
        """The name of a file of the program in its project; nothing for libraries and for what perfmod adds."""
        import os

        path = os.path.abspath(path)
        if not path.startswith(self.copy + os.sep) or "-packages" + os.sep in path or os.path.basename(path) == "perfmod_runtime.py":
            return None
        return path[len(self.copy) + 1 :]

    def position(self, error):
        """Where the program's own code failed. Nothing where that depends on time, or was lost on the way from another process."""
        import ast
        import errno

        late = isinstance(error, (KeyboardInterrupt, MemoryError, RecursionError)) or getattr(error, "errno", None) in (errno.EFBIG, errno.ENOSPC)
        if late or type(error.__cause__).__name__ in ("_RemoteTraceback", "RemoteTraceback"):
            return None
        found, trace = None, error.__traceback__
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if self.own(path):
                found = path, trace.tb_lineno
            trace = trace.tb_next
        if found is None:
            return None
        path, line = found
        with open(path, "rb") as file:
            text = file.read()
        lines = text.decode("utf-8", "replace").split("\n")
        shown = lines[line - 1].strip() if line <= len(lines) else ""
        return {"file": self.own(path), "line": line, "function": around(line, functions(ast.parse(text))), "text": shown}

    def functions(self):
        import ast

        found = {}
        for path, (name, _, _) in self.files.items():
            with open(path, "rb") as file:
                found[name] = functions(ast.parse(file.read()))
        return found

    def modules(self):
        """The script, and the modules of other changed files; each with what leads its variables' names, and how often its text binds them."""
        import os

        main = sys.modules.get("__main__")
        script, found = os.path.abspath(getattr(main, "__file__", "") or ""), []
        found.append((main, "", self.files.get(script, ("", [], {}))[2]))
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            path = os.path.abspath(file) if isinstance(file, str) else ""
            if module is not main and path in self.files and path != script:
                found.append((module, module.__name__ + ".", self.files[path][2]))
        return found

    def leave(self):
        import json
        import os

        sys.settrace(None)
        self.rest()
        told = {"loaded": [name for name in list(sys.modules) if isinstance(name, str)], "variables": {}, "calls": self.calls, "same": [], "failure": None, "slept": self.slept()}
        told["entered"] = sorted(self.entered)
        left = 5 * MOST
        for module, lead, bound in self.modules() if self.asked.get("values") else []:
            holders = {}
            for name, value in list(vars(module).items()):
                if name.startswith("__"):
                    continue
                form = Form(self.copy, max(0, min(MOST, left)))
                told["variables"][lead + name] = [form.of(value), *bound.get(name, (0, False))]
                left -= MOST - form.left if form.left < MOST else 0
                if form.seen:
                    holders.setdefault(id(value), []).append(lead + name)
            told["same"] += [names for names in holders.values() if len(names) > 1]
        error = getattr(sys, "last_value", None)
        if isinstance(error, BaseException):
            told["failure"] = Form(self.copy).of(error)
            try:
                told["position"], told["functions"] = self.position(error), self.functions()
            except Exception:
                pass  # what cannot be read is not compared
        with open(os.path.join(self.folder, "seen.json"), "w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(told, file)


def observe(folder, copy, slept):
    import atexit
    import json
    import os

    try:
        with open(os.path.join(folder, "asked.json"), encoding="utf-8") as file:
            asked = json.load(file)
    except (OSError, ValueError):
        return
    slept(asked.get("linger"), asked.get("ahead"), asked.get("late"))
    process, watch = os.getpid(), Watch(folder, copy, asked, slept)
    try:
        # Only the first process is the program; those that it starts load this too.
        os.close(os.open(os.path.join(folder, "process"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        watch.begin(False)
        return

    def leave():
        if os.getpid() == process:
            try:
                watch.leave()
            except Exception as error:
                with open(os.path.join(folder, "error"), "w") as file:
                    file.write(repr(error))
            # What starts with a run keeps libraries alive, and so what they remember of the program's classes.
            for forget in getattr(sys.modules.get("typing"), "_cleanups", ()):
                forget()

    atexit.register(leave)
    watch.begin(True)
