"""What variables hold at the end of a program, in a form that can be compared."""

import collections
import sys
import types

SKIPPED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.GeneratorType, staticmethod, classmethod, property)

OWN = {"__main__", "frames"}  # the program's modules, and tables


def globals_of(main, folder, names):
    """The variables of the program's modules: those of `names`, or all. What two of them share has the place of the first."""
    out, seen = {}, {}
    others = {name: module for name, module in list(sys.modules.items()) if (getattr(module, "__file__", None) or "").startswith(f"{folder}/") and module is not main}
    OWN.update(others)
    for prefix, module in (("", main), *((f"{name}.", module) for name, module in sorted(others.items()))):
        for name, value in sorted(vars(module).items()):
            if not name.startswith("_") and (names is None or prefix + name in names):
                out[prefix + name] = form(value, seen, prefix + name)
    return out


def form(value, seen, place, depth=0):
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    if depth > 12:
        return "deep"
    if isinstance(value, types.FunctionType):
        kept = form([value.__defaults__, {k: v for k, v in vars(value).items() if k != "__wrapped__"}], {}, "", depth + 1)
        return f"function {value.__name__} {kept}" if value.__defaults__ or vars(value) else "function"
    if isinstance(value, SKIPPED):
        return type(value).__name__
    own = type(value).__module__ in OWN or isinstance(value, type) and value.__module__ in OWN
    if id(value) in seen and not isinstance(value, (tuple, type)):
        return f"= {seen[id(value)][0]}"
    seen[id(value)] = (place, value)
    inner = lambda v, part="": form(v, seen, f"{place}.{part}", depth + 1)
    if isinstance(value, dict):
        return [type(value).__name__, *([inner(k), inner(v, k)] for k, v in value.items())]
    if isinstance(value, (list, tuple, collections.deque)):
        return [type(value).__name__, *(inner(v, i) for i, v in enumerate(value))]
    if isinstance(value, (set, frozenset)):
        return [type(value).__name__, *sorted(str(inner(v)) for v in value)]
    if isinstance(value, type):
        return ["class", value.__name__, *([k, inner(v)] for k, v in sorted(vars(value).items()) if own and not k.startswith("__") and not isinstance(v, SKIPPED))]
    if own:
        return [type(value).__name__, *([k, inner(v, k)] for k, v in vars(value).items())]
    if isinstance(value, BaseException):
        return [type(value).__name__, inner(value.args)]
    return type(value).__name__.removeprefix("Async")  # a client, or another thing of a library


def told(one, two):
    """Where two values begin to differ, in few words."""
    if isinstance(one, dict) and isinstance(two, dict):
        for name in sorted({*one, *two}):
            if one.get(name) != two.get(name):
                return f"{name}: {told(str(one.get(name)), str(two.get(name)))}"
    one, two = str(one), str(two)
    at = next((i for i, (a, b) in enumerate(zip(one, two)) if a != b), min(len(one), len(two)))
    start = max(0, at - 30)
    return f"{one[start:at + 60]!r} | {two[start:at + 60]!r}"
