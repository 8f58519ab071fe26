use super::*;
use crate::syntax::Language;

fn with<R>(text: &str, f: impl FnOnce(&Source, &Names<'_>) -> R) -> R {
    let source = Source::from_bytes("t.py".as_ref(), text.as_bytes(), Language::Python).unwrap();
    let names = Names::of(&source);
    f(&source, &names)
}

/// The kinds of the scopes that the reads of `name` resolve to, in order.
fn homes(text: &str, name: &str) -> Vec<Option<ScopeKind>> {
    with(text, |_, names| {
        names.reads_named(name).iter().map(|r| names.resolve(r.scope, name).map(|s| names.scope(s).kind)).collect()
    })
}

#[test]
fn names_resolve_as_python_resolves_them() {
    use ScopeKind::*;
    assert_eq!(homes("x = 1\ndef f():\n    x\n", "x"), [Some(Module)]);
    assert_eq!(homes("x = 1\ndef f():\n    x\n    x = 2\n", "x"), [Some(Function)]);
    assert_eq!(homes("def f():\n    global x\n    x = 2\n    x\n", "x"), [Some(Module)]);
    assert_eq!(homes("class C:\n    x = 1\n    def f(self):\n        return x\n", "x"), [None]);
    assert_eq!(homes("class C:\n    x = 1\n    y = x\n", "x"), [Some(Class)]);
    assert_eq!(homes("y = [x for x in z]\nx\n", "x"), [Some(Comprehension), None]);
    assert_eq!(homes("def f():\n    [(y := 1) for _ in z]\n    y\n", "y"), [Some(Function)]);
    assert_eq!(homes("def f(a=b):\n    b = 1\n", "b"), [None]);
    assert_eq!(
        homes("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        x\n", "x"),
        [Some(Function)]
    );
    assert_eq!(homes("match p:\n    case {'k': v, **rest}:\n        v, rest\n", "rest"), [Some(Module)]);
}

#[test]
fn bindings_say_where_the_value_comes_from() {
    with(
        "from openai import OpenAI as O\nimport os.path\nc = O()\na, b = c\nfor i, j in c: pass\n",
        |source, names| {
            let module = names.module();
            let one = |name: &str| names.single(module, name).unwrap().1.clone();
            assert_eq!(one("O").import.as_deref(), Some("openai.OpenAI"));
            assert_eq!(one("os").import.as_deref(), Some("os"));
            assert!(matches!(one("c").bound, Bound::Value(Some(v)) if source.of(v) == "O()"));
            assert!(matches!(one("a").bound, Bound::Part(v) if source.of(v) == "c"));
            assert!(matches!(one("j").bound, Bound::Item(s) if source.of(s) == "c"));
            assert!(names.is_taken("i") && !names.is_taken("k"));
        },
    );
}

#[test]
fn keyword_names_and_attributes_are_not_reads() {
    assert_eq!(homes("f(x=1).x\n", "x"), []);
}

/// The words for what the reads of `name` mean, in order: the kind of the scope, and the line on which it begins.
fn meant(text: &str, name: &str) -> Vec<String> {
    with(text, |source, names| {
        let home = |r: &Read<'_>| names.resolve(r.scope, name).map(|s| names.scope(s));
        let word = |s: &Scope<'_>| format!("{:?} {}", s.kind, source.line(s.node.start_byte()));
        names.reads_named(name).iter().map(|r| home(r).map_or_else(|| "-".to_string(), word)).collect()
    })
}

/// How the names of the module, or of the first scope in it, are bound, as `name: how`, in the order of the text.
fn bound(text: &str, inner: bool) -> Vec<String> {
    with(text, |source, names| {
        let scope = names.scope(ScopeId(usize::from(inner)));
        let mut all: Vec<_> = scope.bindings.values().flatten().collect();
        all.sort_by_key(|b| b.node.start_byte());
        all.iter()
            .map(|b| {
                let how = format!("{:?}", b.bound);
                let how = how.split(['(', ' ']).next().unwrap_or_default().to_string();
                format!("{}: {how}", source.of(b.node))
            })
            .collect()
    })
}

#[test]
fn comprehensions() {
    // The first source stands outside, also its nodes that are no names.
    assert_eq!(meant("x = 1\n[x for x in x for y in x]\n", "x"), ["Module 1", "Comprehension 2", "Comprehension 2"]);
    assert_eq!(
        meant("def f(x):\n    return {x: [x for x in y] for y in x}\n", "x"),
        ["Function 1", "Function 1", "Comprehension 2"]
    );
    assert_eq!(meant("class C:\n    x = 1\n    y = [x for _ in x]\n", "x"), ["Class 1", "-"]);
    assert_eq!(meant("async def f(x):\n    return [y async for y in x if y]\n", "y"), ["Comprehension 2"; 2]);
    with("[a for a in b + [c for c in d] if e + f]\n", |source, names| {
        let inner = crate::syntax::walk(source.root()).filter(|n| n.kind() == "binary_operator");
        let scopes: Vec<_> = inner.map(|n| names.scope(names.scope_at(n)).kind).collect();
        assert_eq!(scopes, [ScopeKind::Module, ScopeKind::Comprehension]);
    });
}

#[test]
fn walrus() {
    assert_eq!(meant("def f(z):\n    [[(y := 1) for _ in z] for _ in z]\n    y\n", "y"), ["Function 1"]);
    assert_eq!(meant("def f(z):\n    global y\n    [y := 1 for _ in z]\n    y\n", "y"), ["Module 1"]);
    assert_eq!(
        meant("def o():\n  y = 0\n  def f(z):\n    nonlocal y\n    [y := 1 for _ in z]\n    y\n", "y"),
        ["Function 1"]
    );
    assert_eq!(meant("f = lambda z: [y := 1, y]\ny\n", "y"), ["Function 1", "-"]);
    // In an f-string it is a format.
    assert_eq!(meant("f\"{y:=5}\"\n", "y"), ["-"]);
    assert_eq!(meant("f\"{(y:=5)} {y}\"\n", "y"), ["Module 1"]);
}

#[test]
fn classes_are_not_seen_from_inside_their_functions() {
    assert_eq!(meant("x = 1\nclass C:\n    x = 2\n    f = lambda: x\n    g = x\n", "x"), ["Module 1", "Class 2"]);
    assert_eq!(
        meant("def f(x):\n    class C:\n        x = x\n        def g(self): return x\n", "x"),
        ["Class 2", "Function 1"]
    );
    assert_eq!(meant("class C:\n    class D:\n        x\n    x = 1\n", "x"), ["-"]);
    // What a class declares holds in the class alone.
    assert_eq!(
        meant("x = 0\ndef f(x):\n  class C:\n    global x\n    x\n    def g(self): return x\n", "x"),
        ["Module 1", "Function 2"]
    );
    assert_eq!(meant("def f(x):\n  class C:\n    nonlocal x\n    x = 1\n  return x\n", "x"), ["Function 1"]);
}

#[test]
fn super_reads_a_cell_of_the_class() {
    let text = "class C:\n    def f(self):\n        return lambda: super().f()\n    g = super\n";
    assert_eq!(meant(text, "__class__"), ["Class 1"]);
    with(text, |_, names| {
        assert_eq!(
            names.scopes().map(|(id, _)| names.is_free(id, "__class__")).collect::<Vec<_>>(),
            [false, false, true, true]
        );
    });
    assert_eq!(meant("class C:\n    __class__\n", "__class__"), ["-"]);
}

#[test]
fn private_names_stay_in_their_class() {
    assert_eq!(meant("__x = 1\n__x__ = 1\nclass C:\n    def f(self): return __x\n", "__x"), ["-"]);
    assert_eq!(meant("__x__ = 1\nclass C:\n    def f(self): return __x__\n", "__x__"), ["Module 1"]);
    assert_eq!(meant("class C:\n    def f(self, __x): return lambda: __x\n", "__x"), ["Function 2"]);
    assert_eq!(meant("__x = 1\nclass __:\n    y = __x\n", "__x"), ["Module 1"]);
    assert_eq!(meant("class C[__T]:\n    def f(self): return __T\n", "__T"), ["Annotation 1"]);
}

#[test]
fn global_and_nonlocal() {
    // A declaration holds for the whole block, and the variable may be bound further down.
    assert_eq!(meant("def f():\n    x\n    global x\n    x = 1\n", "x"), ["Module 1"]);
    assert_eq!(
        bound("def f():\n    global x\n    for x in y: pass\n    import x\n", false),
        ["f: Function", "x: Item", "x: Import"]
    );
    let text = "def f():\n  def g():\n    def h():\n      nonlocal x\n      x = 1\n    x\n  x = 0\n";
    assert_eq!(meant(text, "x"), ["Function 1"]);
    assert_eq!(bound(text, true), ["g: Function", "x: Value", "x: Value"]);
    assert_eq!(meant("def f():\n    global x\n    def g(): return x\nx = 1\n", "x"), ["Module 1"]);
    assert_eq!(meant("global x\nx = 1\nx\n", "x"), ["Module 1"]);
    // Wrong programs stay readable.
    assert_eq!(meant("def f():\n    nonlocal x\n    x = 1\n    x\n", "x"), ["-"]);
}

#[test]
fn statements_that_bind() {
    assert_eq!(
        bound("try: pass\nexcept* (A, B) as e: pass\nexcept E: pass\ndel e, (f, [g]), h.i, j[0]\n", false),
        ["e: Except", "e: Deleted", "f: Deleted", "g: Deleted"]
    );
    assert_eq!(
        bound("with a as b, c as (d, [e]), f as g.h: pass\nwith (i as j): pass\nwith (k as l, m as n,): pass\n", false),
        ["b: With", "d: With", "e: With", "j: With", "l: With", "n: With"]
    );
    assert_eq!(
        bound("import a.b.c\nimport a.b as c\nfrom . import d as e, f\nfrom __future__ import annotations\n", false),
        ["a: Import", "c: Import", "e: Import", "f: Import", "annotations: Import"]
    );
    assert_eq!(
        bound("a, *b = [c, d] = e\n*f, = g\n(h) = 1\nh += 1\n(h) += 1\ni: int\n(j): int\n(k): int = 1\n", false),
        [
            "a: Part",
            "b: Part",
            "c: Part",
            "d: Part",
            "f: Part",
            "h: Value",
            "h: Augmented",
            "h: Augmented",
            "i: Value",
            "k: Value"
        ]
    );
    assert_eq!(
        bound("for a, (b, *c), d.e, f[g] in h: pass\nelse: i = 1\n", false),
        ["a: Item", "b: Item", "c: Item", "i: Value"]
    );
    assert_eq!(meant("for a[g] in h: pass\ng.i = 1\ndel g[0]\ng: int = 0\n", "g"), ["Module 1"; 3]);
}

#[test]
fn star_imports_are_listed() {
    with("from a.b import *\nfrom . import *\nfrom .c import *\n", |_, names| {
        assert!(names.star_import);
        assert_eq!(names.star_imports, ["a.b", ".", ".c"]);
    });
}

#[test]
fn match_patterns() {
    let text = "match s:
    case A.b | None | c: pass
    case P(d, k=e, l=Q.r, m=[f], n=_) if g: pass
    case {K.v: _, 'w': h, **rest}: pass
    case [1, *_] | (2, *i) as j: pass
    case _: pass
    case (-1 | 'o' | k), *m: pass
";
    let captured: Vec<String> =
        ["c", "d", "e", "f", "h", "rest", "i", "j", "k", "m"].map(|n| format!("{n}: Match")).into();
    assert_eq!(bound(text, false), captured);
    with(text, |_, names| {
        let mut read: Vec<&str> = names.reads().map(|(name, _)| name).collect();
        read.sort_unstable();
        assert_eq!(read, ["A", "K", "P", "Q", "g", "s"]);
    });
    // As names, where they are no keywords.
    assert_eq!(bound("match = case = type = _ = 1\nmatch(case)\ntype(match)\nmatch[_]\n", false).len(), 4);
    assert_eq!(meant("match = 1\nmatch(case)\ntype(match)\nmatch[_]\n", "match"), ["Module 1"; 3]);
}

#[test]
fn type_parameters() {
    let text = "def f[T: U, *Ts, **P](x: T = T, *a: *Ts) -> T:\n    return T\n";
    assert_eq!(bound(text, true), ["T: TypeParameter", "Ts: TypeParameter", "P: TypeParameter"]);
    // The default alone is evaluated outside.
    assert_eq!(meant(text, "T"), ["Annotation 1", "Annotation 1", "-", "Annotation 1"]);
    assert_eq!(meant(text, "Ts"), ["Annotation 1"]);
    assert_eq!(meant("class C[T](B[T]):\n    def f(self): return T\nT\n", "T"), ["Annotation 1", "Annotation 1", "-"]);
    assert_eq!(
        meant("class C:\n    x = 1\n    def f[T: x](self, y: x): return x\n    type X[T] = x\n", "x"),
        ["Class 1", "Class 1", "-", "Class 1"]
    );
    assert_eq!(bound("type X[T] = T\ntype Y = X\n", false), ["X: TypeAlias", "Y: TypeAlias"]);
    assert_eq!(meant("type X[T] = list[T]\nT\n", "T"), ["Annotation 1", "-"]);
    // The same tree up to what stands behind the word.
    assert_eq!(meant("x = 1\ntype(x).y = x\ntype(x)[0] = x\n", "x"), ["Module 1"; 4]);
    assert_eq!(meant("type(x).y = x\ntype = 1\n", "type"), ["Module 1"]);
}

#[test]
fn what_is_evaluated_around_a_function() {
    let text = "x = 1\n@x\ndef f(x: x, y=x, *a: x, **k: x) -> x: x\n";
    let mut outside = vec!["Module 1"; 6];
    outside.push("Function 3");
    assert_eq!(meant(text, "x"), outside);
    assert_eq!(meant("x = 1\nlambda x, y=x, *a, k, **o: x\n", "x"), ["Module 1", "Function 2"]);
    assert_eq!(bound("lambda a, b=c, /, *d, e, **f: 1\n", true).len(), 5);
    assert_eq!(meant("x = 1\nclass C(x, k=x):\n    x: x = x\n", "x"), ["Module 1", "Module 1", "Class 2", "Class 2"]);
    assert_eq!(meant("a: List[b].c\n", "c"), Vec::<String>::new());
}

#[test]
fn strings() {
    assert_eq!(meant("x = 1\nf'{x!r:{x}} {{x}} {f\"{x}\"} {x=}' 'x' rf'{x}'\n", "x"), ["Module 1"; 5]);
    assert_eq!(meant("f'{(lambda x: x)(1)} {[x for x in y]}'\n", "x"), ["Function 1", "Comprehension 1"]);
}

#[test]
fn closures() {
    let text = "def f(x):\n    y = x\n    def g():\n        return [lambda: x for _ in y]\n    class C:\n        x = x\n        def h(self): return x\n";
    with(text, |_, names| {
        let f = names.opened_by(names.scope(ScopeId(1)).node).unwrap();
        let lines = |ids: Vec<ScopeId>| {
            ids.iter().map(|s| text[..names.scope(*s).node.start_byte()].matches('\n').count() + 1).collect::<Vec<_>>()
        };
        assert_eq!(lines(names.captured_by(f, "x")), [4, 7]);
        assert_eq!(lines(names.captured_by(f, "y")), [3]);
        let free = |name: &str| names.scopes().filter(|(id, _)| names.is_free(*id, name)).map(|(id, _)| id).collect();
        // `g` and the comprehension only pass `x` on; the class has a variable of its own.
        assert_eq!(lines(free("x")), [3, 4, 4, 7]);
        assert_eq!(lines(free("y")), [3]);
        assert!(lines(free("_")).is_empty());
    });
    with("x = 1\ndef f(): return x\n", |_, names| {
        assert_eq!(names.captured_by(names.module(), "x"), [ScopeId(1)]);
        assert!(!names.is_free(ScopeId(1), "x"), "a module's variables are not free");
    });
}
