//! Known mistakes in the rewritten text: what a loop whose calls overlap is got wrong by.
//!
//! Where the new text hands a source of items to something that maps it, or makes tasks of it, three things go wrong in
//! practice: an item gets the reply of another, the last item is lost, and a closure sees the last item in place of its own
//! (late binding). Each is made by an edit within the expression, so that all lines keep their numbers.

use crate::{
    facts::Span,
    syntax::{
        Language, Node, Source, ancestors, children,
        python::{Call, For, ForIn, statement_of},
        span, walk,
    },
};
use std::path::Path;

/// A mistake, and the text that has it.
#[derive(Debug)]
pub(super) struct Mutant {
    pub name: &'static str,
    /// It gives items the replies of others, and all of them have one.
    pub mixes_up: bool,
    /// It asks again what was asked before.
    pub repeats: bool,
    pub text: Vec<u8>,
}

/// What each item's work sees in place of the item, of the list `s`.
const EXCHANGED: &str = "s[::-1]";
const LATE: &str = "[s[-1]] * len(s)";
/// The mistake after which an item has no reply.
const LEFT_OUT: usize = 1;
const BOUND_LATE: usize = 2;
/// A name that no program has.
const OTHER: &str = "_perfmod_other";

/// What takes items one by one and works on them, with a function before them.
const MAPS: [&str; 7] = ["map", "imap", "map_async", "starmap", "thread_map", "process_map", "map_unordered"];
/// What starts the work on one item.
const STARTS: [&str; 7] = [
    "submit",
    "create_task",
    "ensure_future",
    "run_in_executor",
    "to_thread",
    "apply_async",
    "run_coroutine_threadsafe",
];
/// What takes many that were started.
const GATHERS: [&str; 4] = ["gather", "as_completed", "wait", "wait_for_all"];

/// A place at which the new text overlaps calls.
struct Site<'t> {
    /// The items.
    source: Node<'t>,
    shape: Shape<'t>,
}

/// What to put in the place of what.
type Edits = Vec<(Span, String)>;
type Mistake = fn(&Source, &Site<'_>) -> Option<Edits>;

enum Shape<'t> {
    /// `ahead(work, source)` of perfmod's runtime, which gives each item back with its reply.
    Ahead { call: Node<'t>, work: Node<'t> },
    /// `pool.map(work, source)`, `gather(work, source)`: replies alone.
    Map,
    /// `… for target in source`, with the expression that starts an item's work.
    Started { target: Node<'t>, start: Node<'t> },
    /// `gather(*source)`, `as_completed(source)`: items that were started elsewhere.
    Gathered { ordered: bool },
}

/// The mistakes that can be made in a file whose lines `changed` are new; `ran` says of a line whether a run came to it.
pub(super) fn list(path: &str, bytes: &[u8], changed: &[usize], ran: &dyn Fn(usize) -> bool) -> Vec<Mutant> {
    let path = Path::new(path);
    let Ok(source) = Source::from_bytes(path, bytes, Language::Python) else { return Vec::new() };
    let here = |node: &Node<'_>| {
        let [line, first] = [*node, statement_of(*node)].map(|node| source.line(node.start_byte()));
        let handled = || ancestors(*node).any(|around| around.kind() == "except_clause");
        changed.contains(&line) && ran(first) && !handled()
    };
    let mut sites: Vec<Site<'_>> = walk(source.root()).filter(here).filter_map(|node| site(&source, node)).collect();
    // What says most of the items first. Of those made of others, the inner ones are the same mistake.
    sites.sort_by_key(|site| matches!(site.shape, Shape::Gathered { .. }));
    let mistakes: [(&'static str, Mistake); 3] = [
        ("in the code, each item given the reply of another", |source, site| exchanged(source, site, EXCHANGED)),
        ("in the code, the last item left out", |source, site| Some(vec![left_out(source, site)])),
        ("in the code, every item bound to the last (late binding)", |source, site| exchanged(source, site, LATE)),
    ];
    let mut found = Vec::new();
    for (at, (name, mistake)) in mistakes.into_iter().enumerate() {
        // Several places take turns.
        let turn = sites.iter().cycle().skip(at).take(sites.len());
        let edited = turn.filter_map(|site| mistake(&source, site)).find_map(|edits| edit(&source, path, edits));
        found.extend(edited.map(|text| Mutant { name, mixes_up: at != LEFT_OUT, repeats: at == BOUND_LATE, text }));
    }
    found
}

/// The last word of what is called.
fn called<'s>(source: &'s Source, call: Call<'_>) -> &'s str {
    let text = call.function().map_or("", |function| source.of(function));
    text.rsplit(['.', ' ', ')']).next().unwrap_or_default()
}

fn site<'t>(source: &Source, node: Node<'t>) -> Option<Site<'t>> {
    if let Some(clause) = ForIn::cast(node).filter(|clause| !source.of(clause.0).starts_with("async")) {
        let around = node.parent()?;
        // One clause: of nested ones it is not known which of them makes the items.
        if children(around).filter(|part| matches!(part.kind(), "for_in_clause" | "if_clause")).count() != 1 {
            return None;
        }
        let body = around.child_by_field_name("body")?;
        let start = started(source, body)
            .or_else(|| Some(body).filter(|body| body.kind() == "call" && gathered(source, around)))?;
        return Some(Site { source: clause.right()?, shape: Shape::Started { target: clause.left()?, start } });
    }
    if let Some(found) = For::cast(node).filter(|found| !found.is_async()) {
        let start = started(source, found.body()?)?;
        return Some(Site { source: found.right()?, shape: Shape::Started { target: found.left()?, start } });
    }
    let call = Call::cast(node)?;
    let args: Vec<Node<'t>> = call.args().collect();
    let plain: Vec<Node<'t>> = args.iter().copied().take_while(|arg| arg.kind() != "keyword_argument").collect();
    let ours = source.text.contains("perfmod_runtime");
    match (called(source, call), plain.as_slice()) {
        ("ahead", [work, items]) if ours => {
            Some(Site { source: *items, shape: Shape::Ahead { call: node, work: *work } })
        }
        ("gather", [_, items])
            if ours
                && call.function().is_some_and(|function| !source.of(function).contains("asyncio"))
                && items.kind() != "list_splat" =>
        {
            Some(Site { source: *items, shape: Shape::Map })
        }
        (name, [work, items])
            if MAPS.contains(&name) && work.kind() != "list_splat" && items.kind() != "list_splat" =>
        {
            Some(Site { source: *items, shape: Shape::Map })
        }
        (name, [items]) if GATHERS.contains(&name) => {
            let splat = items.kind() == "list_splat";
            let inner = if splat { children(*items).next()? } else { *items };
            // Only lists of what was started: a comprehension or a mapping call is a place of its own.
            let named = matches!(inner.kind(), "identifier" | "attribute" | "subscript");
            (named && splat == (name == "gather"))
                .then_some(Site { source: inner, shape: Shape::Gathered { ordered: splat } })
        }
        _ => None,
    }
}

/// The outermost expression that starts the work on an item, within the loop's own statements.
fn started<'t>(source: &Source, body: Node<'t>) -> Option<Node<'t>> {
    let own = |node: &Node<'t>| {
        let between = ancestors(*node).take_while(|around| *around != body && *node != body);
        !between.into_iter().any(|around| {
            matches!(
                around.kind(),
                "function_definition" | "lambda" | "for_statement" | "while_statement" | "for_in_clause"
            )
        })
    };
    walk(body).filter(own).find(|node| Call::cast(*node).is_some_and(|call| STARTS.contains(&called(source, call))))
}

/// Whether a comprehension is what is gathered: `gather(*(… for …))`, `as_completed([… for …])`.
fn gathered(source: &Source, comprehension: Node<'_>) -> bool {
    let around = ancestors(comprehension)
        .find(|around| !matches!(around.kind(), "list_splat" | "argument_list" | "parenthesized_expression"));
    around.and_then(Call::cast).is_some_and(|call| GATHERS.contains(&called(source, call)))
}

fn left_out(source: &Source, site: &Site<'_>) -> (Span, String) {
    (span(site.source), format!("list({})[:-1]", source.of(site.source)))
}

/// The work of each item sees another one, `other`; the rest of the program sees the item.
fn exchanged(source: &Source, site: &Site<'_>, other: &str) -> Option<Edits> {
    let items = source.of(site.source);
    let whole = span(site.source);
    Some(match &site.shape {
        Shape::Map => vec![(whole, format!("(lambda s: {other})(list({items}))"))],
        Shape::Gathered { ordered: true } => vec![(whole, format!("(lambda s: {other})(list({items}))"))],
        Shape::Gathered { ordered: false } => return None,
        Shape::Ahead { call, work } => {
            let function = Call::cast(*call)?.function()?;
            let rest = source.text.get(site.source.end_byte()..call.end_byte())?;
            let (work, function) = (source.of(*work), source.of(function));
            let made = format!(
                "(lambda w, s: ((i, r) for i, (_, r) in zip(s, {function}(w, {other}{rest})))({work}, list({items}))"
            );
            vec![(span(*call), made)]
        }
        Shape::Started { target, start } => {
            let (name, started) = (source.of(*target), source.of(*start));
            vec![
                (span(*target), format!("({name}), {OTHER}")),
                (whole, format!("(lambda s: zip(s, {other}))(list({items}))")),
                (span(*start), format!("[{started} for {name} in [{OTHER}]][0]")),
            ]
        }
    })
}

/// The file with edits; nothing where it would not parse, or where an edit would move lines.
fn edit(source: &Source, path: &Path, mut edits: Edits) -> Option<Vec<u8>> {
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = source.text.clone();
    for (span, new) in edits {
        let old = text.get(span.start..span.end)?;
        // Where what is put in is used once, its lines stay; what is doubled must be of one line.
        let moved = new.matches('\n').count() != old.matches('\n').count();
        if moved {
            return None;
        }
        text.replace_range(span.start..span.end, &new);
    }
    let bytes = source.encode(&text).ok()?;
    Source::from_bytes(path, &bytes, Language::Python).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mistakes that can be made in a program whose lines are all new.
    fn of(text: &str) -> Vec<String> {
        let lines: Vec<usize> = (1..=text.lines().count()).collect();
        let found = list("a.py", text.as_bytes(), &lines, &|_| true);
        found.into_iter().map(|mutant| String::from_utf8(mutant.text).expect("text")).collect()
    }

    #[test]
    fn each_shape_gets_its_three_mistakes() {
        let other = "_perfmod_other";
        for (text, expected) in [
            (
                "x = pool.map(ask, names)\n",
                vec![
                    "x = pool.map(ask, (lambda s: s[::-1])(list(names)))\n".to_owned(),
                    "x = pool.map(ask, list(names)[:-1])\n".to_owned(),
                    "x = pool.map(ask, (lambda s: [s[-1]] * len(s))(list(names)))\n".to_owned(),
                ],
            ),
            (
                "x = [(i, pool.submit(ask, n)) for i, n in pairs]\n",
                vec![
                    format!("x = [(i, [pool.submit(ask, n) for i, n in [{other}]][0]) for (i, n), {other} in (lambda s: zip(s, s[::-1]))(list(pairs))]\n"),
                    "x = [(i, pool.submit(ask, n)) for i, n in list(pairs)[:-1]]\n".to_owned(),
                    format!("x = [(i, [pool.submit(ask, n) for i, n in [{other}]][0]) for (i, n), {other} in (lambda s: zip(s, [s[-1]] * len(s)))(list(pairs))]\n"),
                ],
            ),
            (
                "from perfmod_runtime import ahead\nfor n, r in tqdm(ahead(ask, f(names), limit=3)):\n    print(n, r)\n",
                ["s[::-1]", "", "[s[-1]] * len(s)"]
                    .map(|seen| {
                        let call = if seen.is_empty() {
                            "ahead(ask, list(f(names))[:-1], limit=3)".to_owned()
                        } else {
                            format!("(lambda w, s: ((i, r) for i, (_, r) in zip(s, ahead(w, {seen}, limit=3))))(ask, list(f(names)))")
                        };
                        format!("from perfmod_runtime import ahead\nfor n, r in tqdm({call}):\n    print(n, r)\n")
                    })
                    .to_vec(),
            ),
        ] {
            assert_eq!(of(text), expected);
        }
        // Names that stand for what was started, and what they are made of.
        let two = of("tasks = [create_task(ask(n)) for n in names]\nx = await asyncio.gather(*tasks)\n");
        assert!(two[0].contains("zip(s, s[::-1])") && two[1].contains("*list(tasks)[:-1]"), "{two:#?}");
        assert!(two[2].contains("zip(s, [s[-1]] * len(s))"), "{two:#?}");
        for text in [
            "x = await asyncio.gather(*(ask(n) for n in names))\n",
            "x = await asyncio.gather(*[ask(n) for n in names])\n",
            "x = await asyncio.gather(*map(ask, names))\n",
            "for n in names:\n    futures[pool.submit(ask, n)] = n\n",
            "for f in as_completed({pool.submit(ask, n): n for n in names}):\n    print(f)\n",
            "from perfmod_runtime import gather\nx = await gather(ask, names)\n",
        ] {
            assert_eq!(of(text).len(), 3, "{text}");
        }
    }

    #[test]
    fn what_overlaps_nothing_gets_none() {
        for text in [
            "x = [f(n) for n in names]\n",
            "for n in names:\n    print(n)\n",
            "x = await asyncio.gather(one(), two())\n",
            "x = gather(one, two)\n",
            "for n in names:\n    def later():\n        pool.submit(ask, n)\n",
            "try:\n    pass\nexcept OSError:\n    x = pool.map(ask, names)\n",
            "x = pool.map(ask, a, b)\n",
            "def f(:\n    pool.map(ask, names)\n",
        ] {
            assert_eq!(of(text), Vec::<String>::new(), "{text}");
        }
        let text = b"x = pool.map(ask, names)\n";
        assert!(list("a.py", text, &[2], &|_| true).is_empty());
        assert!(list("a.py", text, &[1], &|_| false).is_empty());
    }
}
