"""Prints how this interpreter resolves the names of files: one line per scope, for tests/symtable.rs to compare.

Reads file names from stdin. Writes, for each, `FILE <name>` and then either `SKIP <why>` or its scopes as

    <path of the scope>\t<name> <flags> <class> <home>\t<name> ...

A path is the chain of `kind name line` from the module on. Flags: P parameter, I imported, A assigned, R read, N
nonlocal. Class: local, cell, free, global (declared), implicit. Home: the scope that holds the variable, as `kind name
line`; `-` where nothing in the file binds the name. What differs between versions of Python, or is the compiler's own
and stands nowhere in a program, is made equal here.
"""

import ast
import re
import sys
import tokenize
import warnings

# The tables behind the module `symtable`, which makes an object and a few calls for each name: here, most of the time.
import _symtable as raw

LOCAL, CELL, FREE = raw.LOCAL, raw.CELL, raw.FREE
EXPLICIT, IMPLICIT = raw.GLOBAL_EXPLICIT, raw.GLOBAL_IMPLICIT
WORDS = {LOCAL: "local", CELL: "cell", FREE: "free", EXPLICIT: "global", IMPLICIT: "implicit"}
BOUND = raw.DEF_LOCAL | raw.DEF_PARAM | raw.DEF_IMPORT
COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
# Names that the compiler adds: the source of a comprehension (`.0`), cells and lists behind generic classes.
HIDDEN = {"__classdict__", "__type_params__", "__conditional_annotations__", "__classdictcell__"}


class Scope:
    """One table, with what Python does not say of it directly."""

    def __init__(self, table, parent):
        self.parent = parent
        self.table = table
        self.name, self.line = table.name, table.lineno
        if table.type == raw.TYPE_MODULE:
            self.kind, self.name, self.line = "module", "top", 0
        elif table.type == raw.TYPE_CLASS:
            self.kind = "class"
        elif table.type == raw.TYPE_FUNCTION:
            # A function can be called `listcomp`; only a comprehension has a parameter `.0`.
            hidden = table.name in COMPREHENSIONS and ".0" in table.symbols
            self.kind = "comprehension" if hidden else "function"
        else:
            self.kind = "annotation"
        # The name of a comprehension is only its kind, and that of an annotation scope differs between versions.
        named = self.kind not in ("comprehension", "annotation")
        self.label = f"{self.kind} {self.name} {self.line}" if named else f"{self.kind} {self.line}"
        self.path = self.label if parent is None else f"{parent.path}/{self.label}"
        self.symbols = {n: f for n, f in table.symbols.items() if not n.startswith(".") and n not in HIDDEN}
        self.children = [Scope(child, self) for child in table.children]

    def all(self):
        yield self
        for child in self.children:
            yield from child.all()

    def outer(self):
        at = self.parent
        while at is not None:
            yield at
            at = at.parent


def scope_of(flags):
    return (flags >> raw.SCOPE_OFF) & raw.SCOPE_MASK


def home(scope, name, flags, module):
    kind = scope_of(flags)
    if scope.kind == "annotation":
        # Type parameters in a class see its names; Python finds that out when it runs and says `implicit`.
        for outer in scope.outer():
            if outer.kind == "class" and outer.symbols.get(name, 0) & BOUND and kind == IMPLICIT:
                return "free", outer.label
            if outer.kind != "annotation":
                break
    if kind in (LOCAL, CELL):
        return WORDS[kind], scope.label
    if kind == FREE:
        for outer in scope.outer():
            if outer.kind == "class" and name == "__class__":
                return "free", outer.label
            if outer.kind != "class" and scope_of(outer.symbols.get(name, 0)) in (LOCAL, CELL):
                return "free", outer.label
        return "free", "?"
    return WORDS[kind], "module top 0" if name in module else "-"


def lines(text):
    root = Scope(raw.symtable(text, "file", "exec"), None)
    # What is bound in the module: there, or under `global`, which Python only notes where it stands.
    module = {n for n, f in root.symbols.items() if f & BOUND}
    for scope in root.all():
        if scope is root:
            continue
        for name, flags in scope.symbols.items():
            if scope_of(flags) == EXPLICIT and flags & BOUND:
                module.add(name)
                # `:=` in a comprehension is the one way to bind a module's name without a statement in the module.
                outer = next(s for s in (scope, *scope.outer()) if s.kind != "comprehension")
                if scope.kind == "comprehension" and outer is root:
                    root.symbols[name] |= raw.DEF_LOCAL
    for scope in root.all():
        out = []
        for name, flags in scope.symbols.items():
            marks = "".join(
                mark
                for mark, bit in (
                    ("P", raw.DEF_PARAM),
                    ("I", raw.DEF_IMPORT),
                    ("A", raw.DEF_LOCAL),
                    ("R", raw.USE),
                    ("N", raw.DEF_NONLOCAL),
                )
                if flags & bit
            )
            word, where = home(scope, name, flags, module)
            if scope is root:
                # `local`, `implicit` or, where any function declares the name, `global`: all mean the module's.
                word, where = "module", "module top 0" if name in module else "-"
            out.append(f"{name} {marks or '.'} {word} {where}")
        yield "\t".join([scope.path, *sorted(out)])


def without_future(text, tree):
    """Under `from __future__ import annotations` Python leaves annotations out; here they shall be compared too."""
    rows = text.split("\n")
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for at in range(node.lineno - 1, node.end_lineno):
                rows[at] = re.sub(
                    r"\bannotations\b(\s+as\s+\w+)?",
                    lambda found: "generators" + (found[1] or " as annotations"),
                    rows[at],
                )
    return "\n".join(rows)


def not_inlined(text, tree):
    """Since 3.12 a comprehension's names are put into the table of the block around it, and its own table is gone.

    A generator expression keeps its table, so every comprehension is made one: `[x for …]` is `(x for …)`, and
    `{k: v for …}` is `([][k: v] for …)`. No line moves.
    """
    rows = [row.encode() for row in text.split("\n")]
    edits = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
            continue
        pair = isinstance(node, ast.DictComp)
        edits.append((node.lineno - 1, node.col_offset, 1, b"([][" if pair else b"("))
        edits.append((node.end_lineno - 1, node.end_col_offset - 1, 1, b")"))
        if pair:
            row, column = node.value.end_lineno - 1, node.value.end_col_offset
            # The pair ends before `for`; parentheses around the value close first.
            while not (found := re.match(rb"[\s)\\]*(?=[^\s)\\#])", rows[row][column:])):
                row, column = row + 1, 0
            edits.append((row, column + found.end(), 0, b"] "))
    for row, column, length, new in sorted(edits, reverse=True):
        rows[row] = rows[row][:column] + new + rows[row][column + length :]
    return b"\n".join(rows).decode()


def prepared(text):
    if "__future__" in text:
        text = without_future(text, ast.parse(text))
    if sys.version_info >= (3, 12) and re.search(r"[\[{][^\[]*\bfor\b", text):
        text = not_inlined(text, ast.parse(text))
    return text


def main():
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(10_000)
    out = open(1, "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    for name in sys.stdin.read().splitlines():
        out.write(f"FILE {name}\n")
        try:
            with tokenize.open(name) as file:
                text = prepared(file.read())
            for line in lines(text):
                out.write(line + "\n")
        except (SyntaxError, ValueError, RecursionError) as error:
            out.write(f"SKIP {type(error).__name__}: {str(error)[:200]!a}\n")
    out.close()


main()
