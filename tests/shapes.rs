//! Shapes of loops in one file: what is legal, what is not, and by which code. Each legal one has look-alikes.

use perfmod::engine::{Engine, Options};
use perfmod::facts::{Site, Status};

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
fn a_while_that_only_counts_is_a_loop_over_numbers() {
    is_seen(&counting("i < len(xs)", &["print(ask(xs[i]))", "i += 1"]));
    is_seen(&counting("i <= n - 1", &["print(ask(xs[i]))", "i = i + 1"]));
    is_seen(&counting("len(xs) > i", &["batch = xs[i:i + n]", "print(ask(str(batch)))", "i += n"]));
    is_seen(&counting("i < len(xs)", &["row = xs[i]", "row['a'] = ask(row['q'])", "i += 1"]));
    is_seen(&counting("i < len(xs)", &["xs[i]['a'] = ask(xs[i]['q'])", "i += 1"]));
    is_seen(&counting("i < len(xs)", &["xs[i] = ask(xs[i])", "i += 1"]));
    let exits = is_seen(&counting("i < 100", &["r = ask(xs[i])", "if 'stop' in r:", "    break", "i += 1"]));
    assert!(exits.cautions.iter().any(|c| c.code.to_string() == "PM105"), "{exits:#?}");
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
    blocked("i < len(xs) and n", &["n = ask(xs[i])", "i += 1"]);
    blocked("i < len(xs)", &["print(ask(xs[i]))", "i -= 1"]);
    blocked("i < len(xs)", &["print(ask(xs[i]))", "i += 1", "print(i)"]);
    // What holds for a `for` holds here.
    blocked("i < n", &["out = ask(out)", "i += 1"]);
    is_blocked(&counting("i < n", &["r = ask(str(out))", "out.append(r)", "i += 1"]), "PM110");
    is_blocked(&counting("i < 5", &["r = ask(n)", "if r:", "    break", "i += 1"]), "PM105");
    // A function counts too.
    let global = "i = 0\n\n\ndef skip():\n    global i\n    i += 5\n\n\nxs = list('abc')\nwhile i < len(xs):\n    if ask(xs[i]):\n        skip()\n    i += 1\n";
    is_blocked(global, "PM101");
}
