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
            return [name, [[key, self.of(part, depth + 1)] for key, part in parts.items() if not (data and key.startswith("_"))]]
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


def statements(tree, changed):
    """The statements outside of handlers that stand on changed lines, and the functions around them, as (line, name)."""
    import ast

    lines, functions = [], set()

    def walk(node, around, handled):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = around or (child.lineno, child.name)
            else:
                inner = around
            if isinstance(child, ast.stmt):
                blocks = [part[0].lineno for part in (getattr(child, field, None) for field in ("body", "handlers", "cases")) if part and hasattr(part[0], "lineno")]
                last = max(child.lineno, min(blocks) - 1) if blocks else getattr(child, "end_lineno", child.lineno)
                if any(line in changed for line in range(child.lineno, last + 1)):
                    if inner:
                        functions.add(inner)
                    plain = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal))
                    text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
                    if not (handled or plain or text or isinstance(child, ast.Try)):
                        lines.append((child.lineno, last))
            walk(child, inner, handled or isinstance(child, ast.ExceptHandler))

    walk(tree, None, False)
    return lines, functions


class Watch:
    """Follows the program while it runs, where that was asked for."""

    def __init__(self, folder, copy, asked):
        self.folder, self.copy, self.asked = folder, copy, asked
        self.ran, self.calls, self.wanted, self.files = {}, [], {}, {}
        if asked.get("near"):
            Form.floats = MOST

    def begin(self):
        import ast
        import os
        import threading

        for name, changed in self.asked.get("files", {}).items():
            path = os.path.join(self.copy, name)
            try:
                with open(path, "rb") as file:
                    tree = ast.parse(file.read())
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue
            lines, functions = statements(tree, frozenset(changed))
            self.files[path] = (name, lines, bindings(tree, frozenset(changed)))
            self.ran[path] = set()
            for line, function in functions:
                self.wanted[path, function] = True
        if self.asked.get("trace") and self.files:
            threading.settrace(self.enter)
            sys.settrace(self.enter)

    def enter(self, frame, event, _):
        ran = self.ran.get(frame.f_code.co_filename)
        if ran is None and not frame.f_code.co_filename.startswith("/"):
            import os

            ran = self.ran.get(os.path.abspath(frame.f_code.co_filename))
        if ran is None:
            return None
        watched = (frame.f_code.co_filename, frame.f_code.co_name) in self.wanted

        def within(frame, event, value):
            if event == "line":
                ran.add(frame.f_lineno)
            elif event == "return" and watched and len(self.calls) < 200:
                self.left(frame, value)
            return within

        return within

    def left(self, frame, value):
        code = frame.f_code
        import dis

        if not (0 <= frame.f_lasti < len(code.co_code)) or dis.opname[code.co_code[frame.f_lasti]] in ("YIELD_VALUE", "YIELD_FROM", "SEND", "RESUME"):
            return  # only put aside
        form = Form(self.copy)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        arguments = {name: form.of(frame.f_locals[name]) for name in names if name in frame.f_locals}
        self.calls.append([code.co_name, form.of(value), arguments])

    def leave(self):
        import json
        import os

        sys.settrace(None)
        main = sys.modules.get("__main__")
        told = {"loaded": [name for name in list(sys.modules) if isinstance(name, str)], "variables": {}, "calls": self.calls, "missed": {}, "same": [], "failure": None}
        bound, left, holders = {}, 5 * MOST, {}
        for path, (name, lines, names) in self.files.items():
            if self.asked.get("trace"):
                missed = [first for first, last in lines if not self.ran[path].intersection(range(first, last + 1))]
                told["missed"][name] = sorted(missed)
            bound.update((name, count) for name, count in names.items() if path == os.path.abspath(getattr(main, "__file__", "") or ""))
        for name, value in list(vars(main).items()):
            if name.startswith("__"):
                continue
            form = Form(self.copy, max(0, min(MOST, left)))
            told["variables"][name] = [form.of(value), *bound.get(name, (0, False))]
            left -= MOST - form.left if form.left < MOST else 0
            if form.seen:
                holders.setdefault(id(value), []).append(name)
        told["same"] = [names for names in holders.values() if len(names) > 1]
        error = getattr(sys, "last_value", None)
        if isinstance(error, BaseException):
            told["failure"] = Form(self.copy).of(error)
        with open(os.path.join(self.folder, "seen.json"), "w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(told, file)


def observe(folder, copy):
    import atexit
    import json
    import os

    try:
        # Only the first process is the program; those that it starts load this too.
        os.close(os.open(os.path.join(folder, "process"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        with open(os.path.join(folder, "asked.json"), encoding="utf-8") as file:
            asked = json.load(file)
    except (OSError, ValueError):
        return
    process, watch = os.getpid(), Watch(folder, copy, asked)

    def leave():
        if os.getpid() == process:
            try:
                watch.leave()
            except Exception as error:
                with open(os.path.join(folder, "error"), "w") as file:
                    file.write(repr(error))

    atexit.register(leave)
    watch.begin()
