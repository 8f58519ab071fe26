//! Shapes of loops in one file: what is legal, what is not, and by which code. Each legal one has look-alikes.

use perfmod::engine::{Engine, Options};
use perfmod::facts::{Executor, Site, Status, Strategy};

const CLIENT: &str = "import os\nfrom openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(q):\n    r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])\n    return r.choices[0].message.content\n\n\n";

/// The sites of a program, whose first lines make a client and `ask(q)`.
fn sites(body: &str) -> Vec<Site> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.py");
    std::fs::write(&path, format!("{CLIENT}{body}")).unwrap();
    let mut outcome = Engine::new(None, Options::default()).unwrap().check(&[path]).unwrap();
    assert!(outcome.files[0].error.is_none(), "{body}\n{:?}", outcome.files[0].error);
    outcome.files.remove(0).sites
}

fn site(body: &str) -> Site {
    let mut found = sites(body);
    assert_eq!(found.len(), 1, "{body}\n{found:#?}");
    found.remove(0)
}

/// Legal, and no recipe writes it.
fn is_seen(body: &str) -> Site {
    let site = site(body);
    assert_eq!(site.status, Status::Care, "{body}\n{site:#?}");
    assert!(site.cautions.iter().any(|c| c.code.to_string() == "PM904"), "{body}\n{site:#?}");
    site
}

/// Legal, and a recipe writes it.
fn is_written(body: &str) -> Site {
    let site = site(body);
    assert!(!site.recipes.is_empty() && site.obstacles.is_empty(), "{body}\n{site:#?}");
    site
}

/// The site is blocked, and one obstacle has this code.
fn is_blocked(body: &str, code: &str) {
    let site = site(body);
    assert_eq!(site.status, Status::Blocked, "{body}\n{site:#?}");
    assert!(site.obstacles.iter().any(|o| o.code.to_string() == code), "no {code}: {body}\n{site:#?}");
}

/// `while` with a condition and statements, counted from zero.
fn counting(condition: &str, body: &[&str]) -> String {
    let lines: String = body.iter().map(|l| format!("        {l}\n")).collect();
    format!("def main(xs, n, out):\n    i = 0\n    while {condition}:\n{lines}")
}

#[test]
fn what_an_item_leads_to_may_be_another_item() {
    let looped = |context: &str, change: &str| {
        format!(
            "def main(rows):\n    for row in rows:\n        {context}\n        a = ask(str(context))\n        {change}\n"
        )
    };
    for (context, change) in [
        ("context = row['parent']['answer'] if row['parent'] else ''", "row['answer'] = a"),
        ("context = row.prev.answer if row.prev else ''", "row.answer = a"),
        ("last = row['prev']\n        context = last['tags']", "row['tags'].append(a)"),
        ("context = row['peer']['tags']", "row['tags'] += [a]"),
    ] {
        is_blocked(&looped(context, change), "PM110");
    }
    // Distinct as they are made, they are linked then.
    let linked = "rows = [{'q': 'a', 'tags': []}, {'q': 'b', 'tags': []}]\nfor i, one in enumerate(rows):\n    one['prev'] = rows[i - 1] if i else None\nfor row in rows:\n    last = row['prev']\n    a = ask(str(last['tags'] if last else row['q']))\n    row['tags'].append(a)\n";
    is_blocked(linked, "PM110");
    for (context, change) in [
        ("context = row['parent']['q'] if row['parent'] else ''", "row['answer'] = a"),
        ("context = row['q'] + row['answer']", "row['answer'] = a"),
        ("context = row.prev.q", "row.answer = a"),
        ("context = row['answer'].strip()", "row['answer'] = a"),
    ] {
        is_written(&looped(context, change));
    }
}

#[test]
fn a_source_that_is_filtered_as_it_goes_does_not_read_what_the_loop_changes() {
    let looped = |source: &str, change: &str| {
        format!(
            "def main(xs, n):\n    done = set()\n    for x in {source}:\n        a = ask(x)\n        {change}\n        print(a)\n"
        )
    };
    for source in ["(x for x in xs if x not in done)", "filter(lambda x: x not in done, xs)"] {
        is_blocked(&looped(source, "done.add(x)"), "PM116");
        is_blocked(&looped(source, "done.update([x, a])"), "PM116");
    }
    for source in
        ["[x for x in xs if x not in done]", "list(x for x in xs if x not in done)", "(x for x in xs if x != n)"]
    {
        is_written(&looped(source, "done.add(x)"));
    }
}

#[test]
fn a_while_that_only_counts_is_a_loop_over_numbers() {
    is_written(&counting("i < len(xs)", &["print(ask(xs[i]))", "i += 1"]));
    is_written(&counting(
        "i < len(xs)",
        &["if not xs[i]:", "    i += 1", "    continue", "print(ask(xs[i]))", "i += 1"],
    ));
    // A `range` takes whole numbers only.
    is_seen(&counting("i <= n - 1", &["print(ask(xs[i]))", "i = i + 1"]));
    is_seen(&counting("len(xs) > i", &["batch = xs[i:i + n]", "print(ask(str(batch)))", "i += n"]));
    is_written(&counting("i < len(xs)", &["row = xs[i]", "row['a'] = ask(row['q'])", "i += 1"]));
    is_written(&counting("i < len(xs)", &["xs[i]['a'] = ask(xs[i]['q'])", "i += 1"]));
    is_written(&counting("i < len(xs)", &["xs[i] = ask(xs[i])", "i += 1"]));
    // Unknown code could change the list: an assumption.
    let handed = is_seen(&counting("i < len(xs)", &["print(ask(xs[i]))", "os.unknown(xs)", "i += 1"]));
    assert!(handed.assumptions.iter().any(|a| a.contains("up to which the loop counts")), "{handed:#?}");
}

#[test]
fn a_while_that_goes_on_by_more_than_a_count_stays() {
    let blocked = |condition: &str, body: &[&str]| is_blocked(&counting(condition, body), "PM101");
    // The bound changes: a worklist, by its own name or another, by a function, by a shorter list.
    blocked("i < len(xs)", &["r = ask(xs[i])", "if 'more' in r:", "    xs.append(r)", "i += 1"]);
    blocked("i < len(xs)", &["todo = xs", "todo.extend(ask(xs[i]).split())", "i += 1"]);
    blocked("i < len(xs)", &["print(ask(xs[i]))", "del xs[0]", "i += 1"]);
    blocked("i < len(out)", &["out[i] = ask(str(i))", "i += 1"]);
    blocked("i < n", &["n = int(ask(xs[i]))", "i += 1"]);
    let grows = "def grow(xs, r):\n    xs.append(r)\n\n\n";
    is_blocked(&format!("{grows}{}", counting("i < len(xs)", &["grow(xs, ask(xs[i]))", "i += 1"])), "PM101");
    // The count depends on the answers, or the condition on more than the count.
    blocked("i < len(xs)", &["r = ask(xs[i])", "if not r:", "    continue", "i += 1"]);
    blocked("i < len(xs)", &["r = ask(xs[i])", "if r:", "    i += 1"]);
    blocked("i < len(xs)", &["r = ask(xs[i])", "if r:", "    i += 1", "i += 1"]);
    blocked("i < len(xs)", &["n = len(ask(xs[i]))", "i += n"]);
    is_written(&counting("i < len(xs)", &["print(ask(xs[i:i + 5]))", "i += 5"]));
    // What the loop leaves in its counter is read behind it.
    let read = is_seen(&format!("{}    print(i)\n", counting("i < len(xs)", &["print(ask(xs[i]))", "i += 1"])));
    assert!(read.cautions.iter().any(|c| c.message.contains("`i` is read elsewhere")), "{read:#?}");
    blocked("i < len(xs) and n", &["n = ask(xs[i])", "i += 1"]);
    blocked("i < len(xs)", &["print(ask(xs[i]))", "i -= 1"]);
    blocked("i < len(xs)", &["print(ask(xs[i]))", "i += 1", "print(i)"]);
    // What holds for a `for` holds here.
    blocked("i < n", &["out = ask(out)", "i += 1"]);
    is_blocked(&counting("i < n", &["r = ask(str(out))", "out.append(r)", "i += 1"]), "PM110");
    is_blocked(&counting("i < 5", &["r = ask(n)", "if r:", "    break", "i += 1"]), "PM105");
    // A way out: it tries again with another number until an answer will do.
    blocked("i < 6", &["r = ask(str(i * 0.2))", "if len(r) > 5:", "    return r", "i += 1"]);
    blocked("i < len(xs)", &["r = ask(xs[i])", "if 'stop' in r:", "    break", "print(r)", "i += 1"]);
    // A function counts too.
    let global = "i = 0\n\n\ndef skip():\n    global i\n    i += 5\n\n\nxs = list('abc')\nwhile i < len(xs):\n    if ask(xs[i]):\n        skip()\n    i += 1\n";
    is_blocked(global, "PM101");
}

#[test]
fn a_loop_that_only_tries_again_is_told_where_nothing_around_it_is() {
    let tries = "done = False\nwhile not done:\n    try:\n        r = ask(q)\n        done = True\n    except Exception:\n        time.sleep(1)\nprint(r)\n";
    let inside = |lines: &str| lines.lines().map(|l| format!("    {l}\n")).collect::<String>();
    let looped = |lines: &str| format!("import time\n\nfor q in open('q.txt').readlines():\n{}", inside(lines));
    let lines = |body: &str| sites(body).iter().map(|s| (s.line, s.status)).collect::<Vec<_>>();
    // By line, behind the client's 11.
    assert_eq!(lines(&looped(tries)), [(14, Status::Ready)]);
    let counted = "for k in range(3):\n    r = ask(q)\n    if r:\n        break\nprint(r)\n";
    assert_eq!(lines(&looped(counted)), [(14, Status::Care)]);
    // The site around may be blocked: it speaks for the call all the same.
    assert_eq!(
        lines(&looped(&tries.replace("ask(q)", "ask(q + last)").replace("print(r)", "last = r"))),
        [(14, Status::Blocked)]
    );
    // Alone, or in a function: once, also where one loop of tries holds another.
    let helper = format!("import time\n\n\ndef get(q):\n{}", inside(tries));
    is_blocked(&helper, "PM105");
    is_blocked(
        &helper.replace("    while", "    while True:\n      while").replace("\n        ", "\n          "),
        "PM105",
    );
    // Pages of each item are no tries: what is asked comes from the answer before.
    let pages = "page = 1\nwhile page:\n    try:\n        r = ask(q + str(page))\n        page = len(r)\n    except Exception:\n        break\n    print(r)\n";
    let found = sites(&looped(pages));
    assert_eq!((found.len(), found[1].obstacles[0].code.to_string()), (2, "PM101".to_string()), "{found:#?}");
    // A loop inside a loop that starts all over is the site, and so is the one around.
    let batch = "import time\n\nwhile True:\n    try:\n        for q in open('q.txt').readlines():\n            print(ask(q))\n        break\n    except Exception:\n        time.sleep(1)\n";
    assert_eq!(lines(batch), [(14, Status::Blocked), (16, Status::Ready)]);
}

#[test]
fn an_index_leads_to_the_own_item_where_it_counts_that_container_and_nothing_else_sets_it() {
    let looped = |head: &str, body: &[&str]| {
        let lines: String = body.iter().map(|l| format!("    {l}\n")).collect();
        format!("import json\n\nrows = json.load(open('r.json'))\n{head}\n{lines}")
    };
    let own = ["a = ask(row['t'])", "rows[i]['t'] = a"];
    for head in [
        "for i, row in enumerate(rows):",
        "for i, row in enumerate(rows[:3]):",
        "todo = rows\nfor i, row in enumerate(todo):",
    ] {
        is_written(&looped(head, &own));
    }
    is_written(&looped("for i in range(len(rows)):", &["a = ask(rows[i]['t'])", "rows[i]['t'] = a"]));
    is_written(&looped("for i, row in rows.items():", &own));
    // The items stand elsewhere in the container.
    for source in [
        "reversed(rows)",
        "rows[:0:-1]",
        "rows[1:]",
        "rows[:2] + rows",
        "sorted(rows, key=len)",
        "[r for r in rows if r]",
        "(r for r in rows if r)",
    ] {
        is_blocked(&looped(&format!("for i, row in enumerate({source}):"), &own), "PM116");
    }
    is_blocked(&looped("todo = [r for r in rows if r][::-1]\nfor i, row in enumerate(todo):", &own), "PM116");
    // Something else sets the index, or the container.
    let all = "for i, row in enumerate(rows):";
    for between in ["i = (i + 1) % len(rows)", "i += 1", "rows = rows[::-1]"] {
        is_blocked(&looped(all, &["a = ask(row['t'])", between, "rows[i]['t'] = a"]), "PM116");
    }
    is_blocked(&looped(all, &["a = ask(row['t'])", "for i in range(9):", "    rows[i]['t'] = a"]), "PM116");
    is_blocked(
        &looped("for i in range(len(rows)):", &["a = ask(rows[i]['t'])", "i += 1", "rows[i]['t'] = a"]),
        "PM110",
    );
    // Items of another loop over the same name are not this loop's own.
    let groups = "groups = {}\nfor row in rows:\n    groups.setdefault(row['g'], []).append(row)\nfor row in rows:";
    is_blocked(&looped(groups, &["a = ask(row['t'])", "groups[row['g']][-1]['t'] = a"]), "PM116");
}

#[test]
fn what_is_estimated_counts_the_items_that_the_text_tells() {
    let told = |source: &str| {
        let site = is_written(&format!("def main(xs):\n    for x in {source}:\n        print(ask(x), end='')\n"));
        site.estimate.map(|e| e.items)
    };
    assert_eq!((told("['a', 'b', 'c']"), told("xs")), (Some(3), Some(1000)));
    // What is made at once already is no faster for a bound.
    let awaited = "import asyncio\nfrom openai import AsyncOpenAI\n\nclient = AsyncOpenAI()\n\n\nasync def aask(q):\n    return await client.chat.completions.create(model='m', messages=[q])\n\n\nasync def main(xs):\n    return await asyncio.gather(*[aask(x) for x in xs])\n";
    assert_eq!(is_written(awaited).estimate, None);
}

#[test]
fn a_function_that_waits_and_is_applied_to_each_item_is_a_site() {
    let pandas = |call: &str| format!("import pandas as pd\n\ndf = pd.read_csv('x.csv')\ndf['a'] = {call}\n");
    is_written(&pandas("df['q'].apply(ask)"));
    is_written(&pandas("df['q'].map(ask)"));
    is_written(&pandas("df['q'].progress_apply(ask)"));
    is_written(&pandas("df.apply(lambda row: ask(row['q']), axis=1)"));
    is_written("xs = open('x.txt').readlines()\nprint(list(map(ask, xs)))\n");
    is_seen(
        "def keep(x):\n    return 'yes' in ask(x)\n\n\nxs = open('x.txt').readlines()\nprint(list(filter(keep, xs)))\n",
    );
    // Taken one by one: a caution, as of a generator.
    let lazy = is_seen("xs = open('x.txt').readlines()\nfor r in map(ask, xs):\n    print(r)\n");
    assert!(lazy.cautions.iter().any(|c| c.code.to_string() == "PM115"), "{lazy:#?}");
    // Nothing but the method's name says that it is a table.
    let named = is_written("import pandas\n\n\ndef main(t):\n    return t['q'].apply(ask)\n");
    assert!(named.assumptions.iter().any(|a| a.contains("table of pandas")), "{named:#?}");
}

#[test]
fn what_is_applied_must_not_depend_on_earlier_items() {
    let pandas = |row: &str| {
        format!(
            "import pandas as pd\n\nseen = []\n\n\ndef row(q):\n{row}\n\n\ndf = pd.read_csv('x.csv')\ndf['a'] = df['q'].apply(row)\n"
        )
    };
    is_blocked(&pandas("    seen.append(q)\n    return ask(str(seen))"), "PM112");
    is_blocked(&pandas("    os.environ['Q'] = q\n    return ask(q)"), "PM111");
    let posts =
        is_written("import requests\n\nurls = open('x.txt').readlines()\nprint(list(map(requests.post, urls)))\n");
    assert!(posts.cautions.iter().any(|c| c.code.to_string() == "PM107"), "{posts:#?}");
    // Nothing waits, or workers are at it already, or it is no table.
    let nothing = |body: &str| assert!(sites(body).is_empty(), "{body}");
    nothing(&pandas("    return q.strip()"));
    nothing("from multiprocessing import Pool\n\nwith Pool() as pool:\n    print(pool.map(ask, ['a']))\n");
    nothing("def main(pool, xs):\n    return pool.map(ask, xs)\n");
}

/// A loop that prints what some object of the program's gives for each question.
fn calling(before: &str, call: &str) -> String {
    format!(
        "{before}\n\n\ndef main(name):\n    for q in open('x.txt').readlines():\n        print({call})\n\n\nmain('one')\n"
    )
}

fn is_ready(body: &str) {
    let site = site(body);
    assert_eq!(site.status, Status::Ready, "{body}\n{site:#?}");
    assert!(!site.recipes.is_empty(), "{body}\n{site:#?}");
}

#[test]
fn an_object_that_is_called_runs_its_class() {
    let bot = |body: &str| {
        format!(
            "class Bot:\n    def __init__(self):\n        self.history = []\n\n    def __call__(self, q):\n{body}\n\n\nbot = Bot()"
        )
    };
    is_ready(&calling(&bot("        return ask(q)"), "bot(q)"));
    is_blocked(
        &calling(&bot("        self.history.append(q)\n        return ask(str(self.history))"), "bot(q)"),
        "PM112",
    );
    is_blocked(&calling(&bot("        os.environ['Q'] = q\n        return ask(q)"), "bot(q)"), "PM111");
    // A class that derives from it may be what is passed.
    let chat = "class Bot:\n    def __call__(self, q):\n        return ask(q)\n\n\nclass Chat(Bot):\n    history = []\n\n    def __call__(self, q):\n        self.history.append(q)\n        return ask(str(self.history))\n\n\ndef run(bot: Bot):\n    for q in open('x.txt').readlines():\n        print(bot(q))\n";
    is_blocked(chat, "PM112");
}

#[test]
fn functions_in_a_dict_are_all_of_its_values() {
    let table = |second: &str| {
        format!(
            "seen = []\n\n\ndef one(q):\n    return ask(q)\n\n\ndef two(q):\n{second}\n\n\nMETHODS = {{'one': one, 'two': two}}"
        )
    };
    is_ready(&calling(&table("    return ask(q + q)"), "METHODS[name](q)"));
    is_blocked(&calling(&table("    seen.append(q)\n    return ask(str(seen))"), "METHODS[name](q)"), "PM112");
    // More may be in it than is written there: what is called is not known.
    let more = format!("{}\n\n\ndef add(name, f):\n    METHODS[name] = f", table("    return ask(q + q)"));
    assert!(sites(&calling(&more, "METHODS[name](q)")).iter().all(|s| s.status != Status::Ready));
}

#[test]
fn what_a_base_class_does_counts_for_those_that_derive_from_it() {
    let item = |init: &str| {
        format!(
            "log = []\n\n\nclass Base:\n    def __init__(self, q):\n{init}        self.q = q\n\n\nclass Item(Base):\n    pass\n\n\nfor q in open('x.txt').readlines():\n    item = Item(q)\n    print(ask(item.q))\n"
        )
    };
    is_blocked(&item("        log.append(q)\n"), "PM110");
    is_ready(&item(""));
}

#[test]
fn an_object_is_made_by_its_constructor_alone() {
    let program = |class: &str| {
        format!(
            "made = []\n\n\n{class}\n\n\nfor q in open('x.txt').readlines():\n    item = Item(q)\n    print(ask(item.q), len(made))\n"
        )
    };
    is_ready(&program("class Item:\n    def __init__(self, q):\n        self.q = q\n        self.parts = []"));
    // What it does besides comes ahead of its turn.
    is_blocked(
        &program("class Item:\n    def __init__(self, q):\n        self.q = q\n        made.append(q)"),
        "PM110",
    );
    let stays = |class: &str| assert!(sites(&program(class)).iter().all(|s| s.recipes.is_empty()), "{class}");
    stays(
        "class Item:\n    def __new__(cls, q):\n        made.append(q)\n        return object.__new__(cls)\n\n    def __init__(self, q):\n        self.q = q",
    );
    stays(
        "class Meta(type):\n    def __call__(cls, *a):\n        made.append(a)\n        return super().__call__(*a)\n\n\nclass Base(metaclass=Meta):\n    pass\n\n\nclass Item(Base):\n    def __init__(self, q):\n        self.q = q",
    );
}

/// A class whose `run` makes a call of its own for each question, and what its methods and its loop hold.
fn runner(init: &str, ask: &str, body: &str) -> String {
    let lines = |text: &str, by: usize| text.lines().map(|l| format!("{}{l}\n", " ".repeat(by))).collect::<String>();
    format!(
        "class Runner:\n    def __init__(self):\n        self.out = []\n        self.total = 0\n{}\n    def ask(self, q):\n{}\n    def run(self):\n        for q in open('x.txt').readlines():\n{}",
        lines(init, 8),
        lines(ask, 8),
        lines(body, 12)
    )
}

#[test]
fn a_method_need_not_read_what_the_loop_sets_of_its_object() {
    let collects = "self.out.append(self.ask(q))";
    is_ready(&runner("", "return ask(q)", collects));
    is_ready(&runner("self.model = 'm'", "return ask(q + self.model)", collects));
    is_ready(&runner("", "return ask(q)", "r = self.ask(q)\nself.total += 1\nself.last = r\nself.out.append(r)"));
    is_ready(&runner("", "return ask(q)", "self.out.append(ask(q))"));
    let blocked = |init: &str, ask: &str, body: &str| is_blocked(&runner(init, ask, body), "PM110");
    // It reads it: itself, by another name, through a method, a closure or an object that leads back.
    blocked("", "return ask(q + str(self.out))", collects);
    blocked("", "return ask(q + str(self.total))", "self.total += len(self.ask(q))");
    blocked("self.log = self.out", "return ask(q + str(self.log))", collects);
    blocked("self.size = lambda: len(self.out)", "return ask(q + str(self.size()))", collects);
    blocked("self.helper = os.path.Helper(self)", "return ask(q + self.helper.tag())", collects);
    blocked("self.peer = None", "return ask(q + str(self.peer.out))", collects);
    blocked("self.back = self.ask", "return ask(q + str(vars(self)))", collects);
    blocked("self.d = {'o': []}\nself.out = self.d['o']", "return ask(q + str(self.d))", collects);
    let sub = "\n\nclass Other(Runner):\n    def ask(self, q):\n        return ask(q + str(self.out))\n";
    is_blocked(&format!("{}{sub}", runner("", "return ask(q)", collects)), "PM110");
}

fn loop_over_lines(before: &str, body: &str) -> String {
    let lines: String = body.lines().map(|l| format!("    {l}\n")).collect();
    format!("{before}for q in open('x.txt').readlines():\n{lines}")
}

#[test]
fn answers_hold_nothing_of_the_client_that_gave_them() {
    is_ready(&loop_over_lines("g = {'k': [], 'p': 'x'}\n", "g['k'].append(ask(q + g['p']))"));
    is_ready(&loop_over_lines("g = {'u': {'answers': []}}\nname = 'u'\n", "r = ask(q)\ng[name]['answers'].append(r)"));
    is_blocked(&loop_over_lines("g = {'k': []}\n", "g['k'].append(ask(q + str(g['k'])))"), "PM110");
    is_blocked(&loop_over_lines("h = []\ng = {'k': h}\n", "g['k'].append(ask(q + str(h)))"), "PM110");
    is_blocked(&loop_over_lines("g = {'k': []}\nk = 'k'\n", "g['k'].append(ask(q + str(g[k])))"), "PM110");
    // A function that gives an object that others have.
    let shared = "log = []\n\n\ndef own():\n    return log\n\n\n";
    is_blocked(&loop_over_lines(shared, "own().append(ask(q + str(log)))"), "PM110");
    let kept = "log = []\n\n\ndef own():\n    return log\n\n\nmine = own()\n";
    is_blocked(&loop_over_lines(kept, "mine.append(ask(q + str(log)))"), "PM110");
}

#[test]
fn objects_made_in_the_program_are_their_own() {
    let class = "from dataclasses import dataclass\n\n\n@dataclass\nclass Sample:\n    q: str\n    last: object = None\n    answer: str = ''\n\n\n";
    is_ready(&loop_over_lines(class, "s = Sample(q)\ns.answer = ask(s.q)\nprint(s)"));
    let many = |made: &str, run: &str| {
        format!(
            "{class}def run(s):\n    return ask({run})\n\n\ndef main():\n    samples = []\n    last = None\n    for q in open('x.txt').readlines():\n        s = Sample({made})\n        samples.append(s)\n        last = s\n    for s in samples:\n        s.answer = run(s)\n    return samples\n"
        )
    };
    let own = site(&many("q", "s.q"));
    assert_eq!((own.status, own.obstacles.len()), (Status::Care, 0), "{own:#?}");
    assert!(!own.recipes.is_empty() && own.cautions.is_empty(), "{own:#?}");
    // Each holds the one before.
    is_blocked(&many("q, last", "s.q + s.last.answer"), "PM110");
    // A list that is filled is not one of plain items.
    is_blocked(
        &loop_over_lines("class Tag:\n    seen = []\n\n\n", "s = Tag()\ns.seen.append(q)\nprint(ask(str(s.seen)))"),
        "PM111",
    );
}

#[test]
fn a_file_may_be_open_around_the_call() {
    is_ready(&loop_over_lines("", "with open(f'{q}.txt', 'w') as f:\n    f.write(ask(q))"));
    is_ready(&loop_over_lines("", "with open('all.txt', 'a') as f:\n    r = ask(q)\n    print(r, file=f)"));
    // The call needs the file, or something of it: each item opens its own.
    let own = site(&loop_over_lines("", "with open(f'{q}.txt') as f:\n    print(ask(f.read()))"));
    assert!(own.status == Status::Ready && own.strategy.is_some(), "{own:#?}");
    is_blocked(&loop_over_lines("", "with open(f'{q}.txt', 'a') as f:\n    f.write(ask(q + str(f.tell())))"), "PM101");
    let back = "def before():\n    return open('all.txt').read()\n\n\ndef more(q):\n    return ask(q + before())\n\n\n";
    is_blocked(&loop_over_lines(back, "with open('all.txt', 'a') as f:\n    f.write(more(q))"), "PM109");
    is_blocked(
        &loop_over_lines("import threading\n\nheld = threading.Condition()\n", "with held:\n    print(ask(q))"),
        "PM129",
    );
    let tried = site(&loop_over_lines(
        "",
        "try:\n    with open(f'{q}.txt', 'w') as f:\n        f.write(ask(q))\nexcept OSError:\n    print(q)",
    ));
    assert!(tried.cautions.iter().any(|c| c.code.to_string() == "PM105"), "{tried:#?}");
}

#[test]
fn one_object_by_other_ways_is_one_object() {
    let blocked = |before: &str, body: &str| is_blocked(&loop_over_lines(before, body), "PM110");
    blocked("g = dict.fromkeys(['a', 'b'], [])\n", "g['a'].append(ask(q + str(g['b'])))");
    blocked("g = {'a': []}\ng['b'] = g['a']\n", "g['a'].append(ask(q + str(g['b'])))");
    is_ready(&loop_over_lines("g = {'a': [], 'b': []}\n", "g['a'].append(ask(q + str(g['b'])))"));
    // What a decorator of the project gives.
    let decorated = "log = []\n\n\ndef gives(f):\n    def inner():\n        return log\n\n    return inner\n\n\n@gives\ndef own():\n    return []\n\n\nmine = own()\n";
    blocked(decorated, "mine.append(ask(q + str(log)))");
    // The object that a function has as its default.
    let default = "def own(kept=[]):\n    return kept\n\n\nmine = own()\n";
    blocked(default, "mine.append(ask(q + str(own())))");
    // What a function was given, by a global variable.
    let global = "log = []\nmine = None\n\n\ndef use(given):\n    global mine\n    mine = given\n\n\nuse(log)\n";
    blocked(global, "mine.append(ask(q + str(log)))");
}

#[test]
fn a_list_of_all_variables_keeps_them_where_they_are() {
    let looped =
        "    for i, q in enumerate(['a', 'b']):\n        p = 'Q: ' + q\n        r = ask(p)\n        print(i, r)\n";
    let main = |before: &str, after: &str| format!("def main(n=1):\n{before}{looped}{after}\n\nmain()\n");
    is_blocked(&main("", "    print('{p}'.format(**locals()))\n"), "PM100");
    is_blocked(&main("", "    print('%(p)s' % vars())\n"), "PM100");
    is_blocked(&main("", "    print(dir())\n"), "PM100");
    is_blocked(
        "for q in ['a', 'b']:\n    p = q + '?'\n    r = ask(p)\n    print(r)\nprint('p' in globals())\n",
        "PM100",
    );
    // In front of the loop there is nothing to see yet, and these look at one object.
    is_ready(&main("    given = locals()\n    print(given)\n", "    print(len(dir(i)))\n"));
}

#[test]
fn warnings_that_are_kept_and_the_decimal_context_are_state() {
    let warns = "import warnings\n\n\ndef noted(q):\n    a = ask(q)\n    warnings.warn('odd ' + a)\n    return a\n\n\n";
    is_ready(&loop_over_lines(warns, "print(noted(q))"));
    let kept = "with warnings.catch_warnings(record=True) as kept:\n    for q in ['a', 'b']:\n        print(noted(q))\n    print(kept)\n";
    let site = site(&format!("{warns}{kept}"));
    assert!(site.cautions.iter().any(|c| c.code.to_string() == "PM109"), "{site:#?}");
    let decimal = "import decimal\n\n";
    is_blocked(
        &loop_over_lines(decimal, "print(ask(str(decimal.Decimal(1) / 3) + q))\ndecimal.getcontext().prec -= 5"),
        "PM111",
    );
    is_ready(&loop_over_lines(
        "import decimal\n\ndecimal.getcontext().prec = 50\n",
        "print(ask(str(decimal.Decimal(1) / 3) + q))",
    ));
}

/// Functions that a factory gives together share what is its own, and are followed by their places in what it returns.
#[test]
fn functions_unpacked_from_a_factory_are_followed() {
    let program = |given: &str, names: &str, body: &str| {
        let functions = "    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n        return n\n    def get():\n        return n\n";
        format!("def make():\n{functions}    return {given}\n\n{names} = make()\nfor x in ['a', 'b']:\n{body}")
    };
    let read_and_changed = "    print(ask(f'{x} {get()}'))\n    print(inc())\n";
    is_blocked(&program("inc, get", "inc, get", read_and_changed), "PM110");
    is_blocked(&program("(inc, get)", "(inc, get)", read_and_changed), "PM110");
    is_blocked(&program("[inc, get]", "[inc, get]", read_and_changed), "PM110");
    is_blocked(&program("get, inc", "inc, get", "    print(ask(f'{x} {inc()}'))\n    get()\n"), "PM110");
    // The names go by their places.
    let only_counted = "    print(ask(x))\n    print(inc())\n";
    assert_eq!(site(&program("inc, get", "inc, get", only_counted)).status, Status::Ready);
    // Which of the functions a name stands for cannot be told: assumptions.
    for (given, names) in [("[inc, get][::1]", "inc, get"), ("(inc, *[get])", "inc, get"), ("inc, get", "inc, *get")] {
        let site = site(&program(given, names, only_counted));
        assert_eq!(site.status, Status::Care, "{given}\n{site:#?}");
        assert!(!site.assumptions.is_empty(), "{given}\n{site:#?}");
    }
}

#[test]
fn two_calls_of_a_line_are_told_of_once() {
    let factory = "def make():\n    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n    def twice():\n        nonlocal n\n        n += 1\n    return inc, twice\n\n";
    let site = site(&format!(
        "{factory}inc, twice = make()\n\ndef both(q):\n    inc(), twice()\n    return ask(q)\n\nfor x in ['a', 'b']:\n    print(both(x))\n"
    ));
    let cautioned = site.cautions.iter().filter(|c| c.code.to_string() == "PM301").count();
    let refused = site.obstacles.iter().filter(|o| o.code.to_string() == "PM301").count();
    assert_eq!(cautioned + refused, 1, "{site:#?}");
}

#[test]
fn of_a_loop_and_one_inside_its_work_one_is_a_site() {
    let inner = "        parts = [ask(x + str(n)) for n in (1, 2)]\n";
    let body = format!("def main(xs: list):\n    for x in xs:\n{inner}        print(ask(parts[0]))\n");
    let outer = site(&body);
    assert_eq!((outer.line, outer.status), (13, Status::Ready), "{outer:#?}");
    // Where more is to be accepted for the outer one, the inner one is made first.
    let raised =
        format!("def main(xs: list):\n    for x in xs:\n{inner}        print(ask(parts[0]))\n        assert parts\n");
    let found = sites(&raised);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!((found[1].line, found[1].status), (14, Status::Ready), "{found:#?}");
    assert!(
        found[0].recipes.is_empty() && found[0].cautions.iter().any(|c| c.code.to_string() == "PM904"),
        "{found:#?}"
    );
}

/// A loop of two calls with statements between them and behind them.
fn region(between: &str, behind: &str) -> String {
    let line = |s: &&str| format!("        {s}\n");
    let lines =
        |text: &str| text.split(';').map(str::trim).filter(|s| !s.is_empty()).map(|s| line(&s)).collect::<String>();
    format!(
        "def main(out: list):\n    for x in ['a', 'b']:\n        first = ask(x)\n{}        second = ask(first)\n{}",
        lines(between),
        lines(behind)
    )
}

/// Both calls of an item are its work.
fn is_one_work(body: &str) {
    let site = site(body);
    assert_eq!(site.status, Status::Ready, "{body}\n{site:#?}");
    assert!(!site.cautions.iter().any(|c| c.code.to_string() == "PM122"), "{body}\n{site:#?}");
}

/// The second call stays where it is, or no recipe writes the loop, or the whole loop stays and both calls are asked ahead.
fn is_not_one_work(body: &str) {
    let site = site(body);
    if site.strategy == Some(Strategy::Prefetch) {
        return;
    }
    assert_eq!(site.status, Status::Care, "{body}\n{site:#?}");
    let codes: Vec<String> = site.cautions.iter().map(|c| c.code.to_string()).collect();
    assert!(codes.iter().any(|c| c == "PM122" || c == "PM904"), "{body}\n{site:#?}");
}

#[test]
fn what_the_work_makes_and_keeps_for_later_sees_the_variables_of_the_loop() {
    is_one_work(&region("n = len(first)", "print(second, n)"));
    is_one_work(&region("s = sorted(out, key=lambda o: o + first)", "print(second, s)"));
    is_one_work(&region("n = sum(len(o + first) for o in 'ab')", "print(second, n)"));
    is_not_one_work(&region("get = lambda: first", "out.append(get); print(second)"));
    is_not_one_work(&region("get = lambda: x", "out.append(get); print(second)"));
    is_not_one_work(&region("g = (o + first for o in 'ab')", "out.append(g); print(second)"));
    is_not_one_work(&region("g = list([lambda: first])", "out.append(g); print(second)"));
}

#[test]
fn what_is_deleted_behind_the_work_comes_out_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.py");
    std::fs::write(&path, format!("{CLIENT}{}", region("", "del first; print(second)"))).unwrap();
    let engine = Engine::new(None, Options::default()).unwrap();
    let file = engine.check(&[path]).unwrap().files.remove(0);
    let after = engine.changes(&file, &[0]).unwrap().own.unwrap().after;
    let text = String::from_utf8_lossy(&after).into_owned();
    assert!(text.contains("first, second = reply.result()\n        del first"), "{text}");
}

/// A loop of two calls in a `try`, with a handler, and statements behind the loop.
fn handled(handler: &str, behind: &str, after: &str) -> String {
    format!(
        "def main():\n    first = second = None\n    for x in ['a', 'b']:\n        try:\n            first = ask(x)\n            second = ask(first)\n        except Exception as e:\n            {handler}\n        {behind}\n    {after}\n"
    )
}

#[test]
fn what_the_work_had_set_when_it_failed_is_not_read() {
    is_one_work(&handled("print(e); continue", "print(first, second)", "print('done')"));
    is_one_work(&handled("first = second = 'none'", "print(first, second)", "print(first)"));
    is_one_work(&handled("print(e)", "print(second)", "print(second)"));
    is_not_one_work(&handled("print(e, first); continue", "print(second)", "print('done')"));
    is_not_one_work(&handled("print(e)", "print(first, second)", "print('done')"));
    is_not_one_work(&handled("continue", "print(second)", "print(first)"));
    is_not_one_work(&handled("first = 'none' if first else ''", "print(first)", "print('done')"));
    // The same around the loop.
    let around = |caught: &str, after: &str| {
        format!(
            "def main():\n    first = None\n    try:\n        for x in ['a', 'b']:\n            first = ask(x)\n            second = ask(first)\n            print(second)\n    {caught}\n    {after}\n"
        )
    };
    is_one_work(&around("except ValueError:\n        print('failed')", "print('done')"));
    is_not_one_work(&around("except ValueError:\n        print('failed', first)", "print('done')"));
    is_not_one_work(&around("except ValueError:\n        print('failed')", "print(first)"));
    is_not_one_work(&around("finally:\n        print(first)", "print('done')"));
}

#[test]
fn what_a_loop_of_attempts_sets_is_set_where_it_is_left() {
    let attempts = |head: &str, done: &str, last: &str| {
        format!(
            "import time\n\n\ndef main():\n    for x in ['a', 'b']:\n        {head}\n            try:\n                answer = ask(x)\n                {done}\n            except Exception:\n                time.sleep(1)\n{last}        print(answer)\n"
        )
    };
    let written = |body: &str| {
        let found = sites(body);
        let outer = &found[0];
        assert_eq!((outer.status, outer.strategy), (Status::Ready, Some(Strategy::Pipeline)), "{body}\n{found:#?}");
    };
    // No work of its own: its first call may be asked ahead.
    let left = |body: &str| {
        let found = sites(body);
        let outer = &found[0];
        let stays = outer.cautions.iter().any(|c| c.code.to_string() == "PM904");
        assert!(stays || outer.strategy == Some(Strategy::Prefetch), "{body}\n{found:#?}");
    };
    written(&attempts("while True:", "break", ""));
    written(&attempts("for attempt in range(3):", "break", "        else:\n            answer = None\n"));
    let raised = attempts("for attempt in range(3):", "break", "        else:\n            raise RuntimeError(x)\n");
    assert!(sites(&raised)[0].cautions.iter().all(|c| c.code.to_string() != "PM904"), "{raised}");
    left(&attempts("for attempt in range(3):", "break", ""));
    left(&attempts("for attempt in range(3):", "break", "        else:\n            print('none')\n"));
    // What hides a failure goes on without a value.
    let hidden = "import contextlib\n\n\ndef main():\n    for x in ['a', 'b']:\n        with contextlib.suppress(ValueError):\n            first = ask(x)\n            second = ask(first)\n        print(second)\n";
    // The first call alone is taken out of it, as out of a `try`.
    let first = sites(hidden);
    let told: Vec<String> = first[0].cautions.iter().map(|c| c.code.to_string()).collect();
    assert!(first[0].status == Status::Care && told == ["PM122"], "{hidden}\n{first:#?}");
}

#[test]
fn what_a_builtin_calls_changes_what_it_is_handed() {
    let with = |line: &str| {
        format!(
            "def bump(d):\n    d['n'] += 1\n    return d['n']\n\n\ndef main():\n    st = {{'n': 0}}\n    for x in ['a', 'b']:\n        answer = ask(f\"{{x}} {{st['n']}}\")\n        {line}\n        print(answer)\n"
        )
    };
    for line in ["list(map(bump, [st]))", "next(map(bump, [st]))", "list(filter(bump, [st]))", "max([st], key=bump)"] {
        is_blocked(&with(line), "PM110");
    }
    assert_eq!(site(&with("list(map(bump, [{'n': x}]))")).status, Status::Ready);
}

#[test]
fn an_awaited_call_of_a_loop_that_collects_is_awaited_once() {
    let text = "import asyncio\nfrom openai import AsyncOpenAI\n\nclient = AsyncOpenAI()\n\n\nasync def main(xs: list):\n    found = []\n    for x in xs:\n        found.append((await client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': x}])).id)\n    print(found)\n\n\nasyncio.run(main(['a', 'b']))\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.py");
    std::fs::write(&path, text).unwrap();
    let engine = Engine::new(None, Options::default()).unwrap();
    let file = engine.check(&[path]).unwrap().files.remove(0);
    let after = String::from_utf8(engine.changes(&file, &[0]).unwrap().own.unwrap().after).unwrap();
    assert!(after.contains("(await cached(") && !after.contains("await await"), "{after}");
}

/// A program whose `main` asks for each line of a file: what its helper `fetch` does, and what follows `main`.
fn with_helper(helper: &str, rest: &str) -> String {
    format!(
        "import os\nimport time\nimport threading\nfrom openai import OpenAI\n\nclient = OpenAI()\nlock = threading.Lock()\n\n\n{helper}\n\n\ndef main():\n    for x in open('x.txt').read().split():\n        print(fetch(x))\n{rest}\n\nif __name__ == '__main__':\n    main()\n"
    )
}

const CALL: &str = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])";

/// Where the last site of a program runs, and why not on an event loop.
fn executor(program: &str) -> (Option<Executor>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.py");
    std::fs::write(&path, program).unwrap();
    let mut outcome = Engine::new(None, Options::default()).unwrap().check(&[path]).unwrap();
    let site = outcome.files.remove(0).sites.pop().expect(program);
    (site.executor, site.executor_reason.unwrap_or_else(|| format!("{:?} {:?}", site.obstacles, site.cautions)))
}

#[test]
fn a_helper_goes_to_the_event_loop_where_all_that_it_does_is_understood() {
    let fetch = |lines: &[&str]| {
        let body: String = lines.iter().map(|l| format!("    {}\n", l.replace("CALL", CALL))).collect();
        with_helper(&format!("def fetch(q):\n{body}"), "")
    };
    let parse = "import json\n\n\ndef parse(text):\n    return json.loads(text.strip())\n\n\n";
    for program in [
        fetch(&["return CALL"]),
        fetch(&["print(q)", "r = CALL", "return r.model_dump()"]),
        fetch(&[
            "for n in range(3):",
            "    try:",
            "        return CALL",
            "    except Exception:",
            "        time.sleep(2**n)",
        ]),
        fetch(&[
            "while True:",
            "    r = CALL",
            "    if r.choices:",
            "        return r",
            "    time.sleep(max(0.1, n - 1))",
        ]),
        fetch(&["return CALL"])
            .replace("print(fetch(x))", "print(fetch(fetch_name(x)))")
            .replace("def main", "def fetch_name(x):\n    return x.upper()\n\n\ndef main"),
        with_helper(
            &format!("{parse}def ask(q):\n    return {CALL}\n\n\ndef fetch(q):\n    return parse(ask(q).id)"),
            "",
        ),
        with_helper(
            &format!("def fetch(q):\n    return {CALL}\n\n\ndef check():\n    return fetch('a').id == 'yes'"),
            "    if not check():\n        print('gone')\n",
        ),
    ] {
        let (found, why) = executor(&program);
        assert_eq!(found, Some(Executor::Async), "{why}\n{program}");
    }
}

#[test]
fn a_function_that_may_run_an_event_loop_of_its_own_is_called_by_no_coroutine() {
    let program = |import: &str, behind: &str| {
        let text = with_helper(&format!("def fetch(q):\n    return {CALL}"), &format!("    {behind}\n"));
        format!("{import}\n{text}")
    };
    let run = |util: &str, program: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("util.py"), util).unwrap();
        let path = folder.path().join("shape.py");
        std::fs::write(&path, program).unwrap();
        let mut outcome = Engine::new(None, Options::default()).unwrap().check(&[path]).unwrap();
        let site = outcome.files.remove(0).sites.pop().expect(program);
        (site.executor, site.executor_reason.unwrap_or_default())
    };
    let plain = "def save(rows):\n    print(rows)\n\n\nclass Saver:\n    def save(self, rows):\n        print(rows)\n";
    let loops = "import asyncio\n\n\nasync def put(rows):\n    print(rows)\n\n\ndef save(rows):\n    asyncio.run(put(rows))\n\n\nclass Saver:\n    def save(self, rows):\n        asyncio.new_event_loop().run_until_complete(put(rows))\n";
    for (import, behind) in [("from util import save", "save(1)"), ("from util import Saver", "Saver().save(1)")] {
        let found = run(plain, &program(import, behind));
        assert_eq!(found.0, Some(Executor::Async), "{found:?}");
        let found = run(loops, &program(import, behind));
        assert_eq!(found.0, Some(Executor::Threads), "{found:?}");
        assert!(found.1.contains("event loop of its own"), "{found:?}");
    }
    for (import, behind, expected) in [
        ("import numpy as np", "np.save('a', np.zeros(3))", Executor::Async),
        ("import json", "json.dump(1, open('a', 'w'))", Executor::Async),
        ("from browser import session", "session().get(1)", Executor::Threads),
        ("import browser", "with browser.open() as page:\n        page.get(1)", Executor::Threads),
    ] {
        let found = run(plain, &program(import, behind));
        assert_eq!(found.0, Some(expected), "{found:?} {import}");
    }
}

#[test]
fn a_helper_stays_in_threads_where_something_about_it_is_not_understood() {
    let fetch = |lines: &[&str]| {
        let body: String = lines.iter().map(|l| format!("    {}\n", l.replace("CALL", CALL))).collect();
        format!("def fetch(q):\n{body}")
    };
    let plain = fetch(&["return CALL"]);
    let mut wrong = Vec::new();
    let mut threads = |why: &str, helper: &str, rest: &str| {
        let program = with_helper(helper, rest);
        let (found, told) = executor(&program);
        if found != Some(Executor::Threads) || !told.contains(why) {
            wrong.push(format!("{found:?} for {why}: {told}\n{program}"));
        }
    };
    // What would hold up the loop.
    threads("`with`", &fetch(&["with lock:", "    print(q)", "return CALL"]), "");
    threads("`lock.acquire`", &fetch(&["lock.acquire()", "r = CALL", "lock.release()", "return r"]), "");
    threads("`open('s.txt').read`", &fetch(&["system = open('s.txt').read()", "return CALL"]), "");
    threads("`os.listdir`", &fetch(&["print(len(os.listdir('.')))", "return CALL"]), "");
    let asks = "import requests\n\n\n";
    threads("no asynchronous form", &format!("{asks}{}", fetch(&["print(requests.get(q).text)", "return CALL"])), "");
    threads("import", &fetch(&["import pandas", "return CALL"]), "");
    let slow = "def wait(q):\n    time.sleep(1)\n\n\n";
    threads("may hold up", &format!("{slow}{}", fetch(&["wait(q)", "return CALL"])), "");
    let reads = "def system():\n    with open('s.txt') as f:\n        return f.read()\n\n\n";
    threads("`system` holds something", &format!("{reads}{}", fetch(&["print(system())", "return CALL"])), "");
    // What means something else in a coroutine.
    threads("cancellation", &fetch(&["try:", "    return CALL", "except:", "    return None"]), "");
    threads("cancellation", &fetch(&["try:", "    return CALL", "except BaseException:", "    return None"]), "");
    threads("StopIteration", &fetch(&["it = iter([q])", "q = next(it)", "return CALL"]), "");
    threads("SystemExit", &fetch(&["if not q:", "    raise SystemExit(q)", "return CALL"]), "");
    threads("shorter than nothing", &fetch(&["r = CALL", "time.sleep(time.time() - r.created)", "return r"]), "");
    threads("shorter than nothing", &fetch(&["pause = 5 - len(q)", "r = CALL", "time.sleep(pause)", "return r"]), "");
    threads("list comprehension", &fetch(&["return [CALL for n in (1, 2)]"]), "");
    threads("a lambda", &fetch(&["go = lambda: CALL", "return CALL"]), "");
    threads("of its own", &fetch(&["def inner():", "    return q", "return CALL"]), "");
    threads("`asyncio` is taken", &format!("asyncio = None\n\n\n{}", fetch(&["time.sleep(1)", "return CALL"])), "");
    // How it is made and called.
    threads("decorated", &format!("import functools\n\n\n@functools.lru_cache\n{plain}"), "");
    threads("another loop", &plain, "    for y in open('y.txt').read().split():\n        out = fetch(y)\n");
    threads("no call of `check` is visible", &plain, "\n\ndef check():\n    return fetch('a')\n");
    threads("in more than one event loop", &plain, "\n\ndef check():\n    return fetch('a')\n\n\nprint(check())\n");
    threads(
        "is called in another loop",
        &plain,
        "    print([check(y) for y in 'ab'])\n\n\ndef check(y):\n    return fetch(y)\n",
    );
    threads("also called in line", &plain, "\n\nprint(fetch('a'))\n");
    threads("handed on as a value", &plain, "    ways = {'a': fetch}\n    print(ways)\n");
    threads("names `fetch`", &plain, "    print('fetch')\n");
    threads("calls itself", &fetch(&["r = CALL", "return fetch(r.id) if r.id else r"]), "");
    threads(
        "more than 3 functions",
        &"def a(q):\n    return CALL\n\n\ndef b(q):\n    return a(q)\n\n\ndef fetch(q):\n    return b(q)\n"
            .replace("CALL", CALL),
        "",
    );
    threads("`OpenAI`", &fetch(&["client = OpenAI()", "return CALL"]), "");
    threads("does not say what `client` is", &plain.replace("(q):", "(q, client=client):"), "");
    threads("also used in line", &plain, "    print(client.base_url)\n");
    threads(
        "the loop also waits",
        &format!("{asks}{plain}"),
        "        if x == 'z':\n            break\n        print(requests.post(x).text)\n",
    );
    // A method, an object that is called.
    let method = format!("class Bot:\n    def fetch(self, q):\n        return {CALL}\n\n\nfetch = Bot().fetch");
    threads("handed on as a value", &method, "");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A class whose method asks, and a `main` that asks an object of it; `{}` is what follows in `main`.
const ASKER: &str = "class Asker:
    def __init__(self, model='m'):
        self.client = OpenAI()
        self.model = model

    def ask(self, q):
        return self.client.chat.completions.create(model=self.model, messages=[{'role': 'user', 'content': q}])
";

fn with_asker(class: &str, made: &str, rest: &str) -> String {
    format!(
        "import copy\nimport functools\nfrom openai import OpenAI\n\n\n{class}\n\ndef main():\n{made}    for i in range(6):\n        print(asker.ask(str(i)))\n{rest}\n\nif __name__ == '__main__':\n    main()\n"
    )
}

#[test]
fn a_method_goes_to_the_event_loop_where_each_use_of_its_objects_is_known() {
    let made = "    asker = Asker()\n";
    let given = ASKER.replace("model='m'", "client, model='m'").replace("OpenAI()", "client");
    let held = "\n\nclass Test:\n    def __init__(self, asker: Asker):\n        self.asker = asker\n\n    def one(self, q):\n        return self.asker.ask(q)\n";
    for program in [
        with_asker(ASKER, made, ""),
        with_asker(ASKER, made, "    print(asker.ask('last'), asker.model)\n"),
        with_asker(&given, "    asker = Asker(OpenAI(timeout=9))\n", ""),
        with_asker(&given, "    client = OpenAI()\n    asker = Asker(model='n', client=client)\n", ""),
        with_asker(&format!("{ASKER}{held}"), made, "    print(test.one('a'))\n")
            .replace("asker = Asker()\n", "asker = Asker()\n    test = Test(asker)\n"),
        with_asker(ASKER, "", "").replace("\ndef main", "\nasker = Asker()\n\n\ndef main"),
    ] {
        let (found, told) = executor(&program);
        assert_eq!(found, Some(Executor::Async), "{told}\n{program}");
    }
}

#[test]
fn a_method_stays_in_threads_where_an_object_may_go_unseen() {
    let made = "    asker = Asker()\n";
    let mut wrong = Vec::new();
    let mut threads = |why: &str, class: &str, made: &str, rest: &str| {
        let program = with_asker(class, made, rest);
        let (found, told) = executor(&program);
        if found != Some(Executor::Threads) || !told.contains(why) {
            wrong.push(format!("{found:?} for {why}: {told}\n{program}"));
        }
    };
    // Which method it is.
    let derived = format!("{ASKER}\n\nclass Loud(Asker):\n    def ask(self, q):\n        return super().ask(q)\n");
    let bare = format!("{ASKER}\n\nclass Loud(Asker):\n    pass\n");
    threads("is the base of another", &bare, made, "");
    threads("one of several functions", &derived, "    asker = Loud()\n", "");
    threads("derives from another", &ASKER.replace("Asker:", "Asker(dict):"), made, "");
    threads("is decorated", &format!("@functools.total_ordering\n{ASKER}"), made, "");
    threads(
        "handed on as a value",
        &ASKER.replace("= model\n", "= model\n        self.ask = print(self.ask)\n"),
        made,
        "",
    );
    threads("in its class", &format!("{ASKER}    again = ask\n"), made, "");
    threads("has a `__getattr__`", &format!("{ASKER}\n    def __getattr__(self, name):\n        return 1\n"), made, "");
    let other = format!("{ASKER}\n\nclass Other:\n    def ask(self, q):\n        return q\n");
    threads("may be another method", &other, made, "    asker = Other()\n    print(asker.ask('a'))\n");
    // Where the object goes.
    threads("`Asker` is also used", ASKER, made, "    print(getattr(asker, 'ask')('last'))\n");
    threads("`Asker` is also used", ASKER, made, "    print(type(asker).ask(asker, 'last'))\n");
    threads("`Asker` is also used", ASKER, made, "    print(copy.copy(asker).ask('last'))\n");
    threads("`Asker` is also used", ASKER, made, "    for other in [asker]:\n        print(other.ask('last'))\n");
    threads(
        "`Asker` is also used",
        &format!("{ASKER}\n\ndef made():\n    return Asker()\n"),
        "    asker = made()\n",
        "",
    );
    threads("handed on as a value", ASKER, made, "    print(Asker.ask(asker, 'last'))\n");
    threads("handed on as a value", ASKER, made, "    ways = {'a': asker.ask}\n    print(ways)\n");
    threads("shared between", &format!("{ASKER}\n\nasker = None\n"), "    global asker\n    asker = Asker()\n", "");
    // Who else calls it.
    threads("Python itself", &ASKER.replace("= model\n", "= model\n        print(self.ask('first'))\n"), made, "");
    threads(
        "is decorated",
        &format!("{ASKER}\n    @property\n    def first(self):\n        return self.ask('a')\n"),
        made,
        "    print(asker.first)\n",
    );
    threads("also called in line", &format!("{ASKER}\n\nasker = Asker()\nprint(asker.ask('first'))\n"), "", "");
    threads("waits in a lambda", ASKER, made, "    print(sorted('ab', key=lambda q: asker.ask(q)))\n");
    // The client.
    threads(
        "also used in line",
        &format!("{ASKER}\n    def url(self):\n        return self.client.base_url\n"),
        made,
        "",
    );
    threads("also used in line", ASKER, made, "    print(asker.client)\n");
    threads("where `self.client` is made", ASKER, made, "    asker.client = copy\n");
    threads("for the whole class", &ASKER.replace("Asker:\n", "Asker:\n    client = OpenAI()\n\n"), made, "");
    threads("another name", &ASKER.replace("self.client =", "self.other = self.client ="), made, "");
    threads("made anew in a loop", ASKER, "    for model in 'ab':\n        asker = Asker(model)\n", "");
    threads(
        "is made in `open`",
        &ASKER.replace("def __init__(self, model='m')", "def open(self, model)"),
        "    asker = Asker()\n    asker.open('m')\n",
        "",
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
