//! The pages of `docs/` that are made from the code say what the code says. `PERFMOD_BLESS=1 cargo test --test docs`
//! writes them anew.

use perfmod::catalog::{CallFact, Catalog, Effect, Kept, Twin, Versions, pages, transforms::Transforms};
use perfmod::engine::{CONFIDENCE_TABLE, Engine, ExecutorChoice, Options, Validate, laws};
use perfmod::facts::{CODES, Code, Confidence, Explanation, Report, Site, Status, Validation};
use perfmod::recipe::{self, Recipe};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const MADE: &str =
    "<!-- Made from the code by tests/docs.rs; `PERFMOD_BLESS=1 cargo test --test docs` writes it anew. -->\n\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("PERFMOD_BLESS").is_some_and(|v| v == "1")
}

/// Compares a page with what it should say, or writes it.
#[track_caller]
fn page(name: &str, expected: &str) {
    let path = root().join("docs").join(name);
    if blessing() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differs = there.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| there.lines().count().min(expected.lines().count()));
    assert!(
        there == expected,
        "docs/{name} is out of date from line {}; `PERFMOD_BLESS=1 cargo test --test docs` writes it anew\n  there:    {}\n  expected: {}",
        line + 1,
        there.lines().nth(line).unwrap_or("(end)"),
        expected.lines().nth(line).unwrap_or("(end)"),
    );
}

/// The heading of a hundred of codes: the section of the preconditions.
fn section(code: Code) -> &'static str {
    match code.0 / 100 {
        0 => "Files",
        1 => "Calls that overlap",
        3 => "Libraries",
        5 => "Caches",
        6 => "Retries",
        9 => "Not worth it",
        other => panic!("{code}: give section {other} a heading in tests/docs.rs"),
    }
}

#[test]
fn the_codes() {
    let mut text = format!("# Codes\n\n{MADE}");
    text.push_str(
        "One code per precondition that perfmod decides. As an *obstacle* it says that the precondition does not hold, and the site\n\
         is left alone; as a *caution* that it holds only if you say so (`--accept PM105`); on a *file*, that the file was not processed.\n\
         A code leads to its page, with a program that breaks without it; `perfmod explain PM103` prints the same page.\n",
    );
    let mut heading = "";
    for info in CODES {
        if section(info.code) != heading {
            heading = section(info.code);
            let _ =
                write!(text, "\n## {heading}\n\n| code | what must hold | what breaks without it |\n|---|---|---|\n");
        }
        let code = info.code;
        let _ = writeln!(text, "| [{code}](codes/{code}.md) | {} | {} |", info.title, info.why);
    }
    page("codes.md", &text);
}

#[test]
fn the_page_of_each_code() {
    let made = MADE.replace("the code by", "transforms/codes/ and src/facts/code.rs by");
    let mut names = BTreeSet::new();
    for told in pages::load(&Transforms::embedded()).unwrap() {
        let name = format!("{}.md", told.code);
        page(&format!("codes/{name}"), &perfmod::report::markdown(&told, &made));
        names.insert(name);
    }
    let there = std::fs::read_dir(root().join("docs/codes")).unwrap();
    let there: BTreeSet<String> = there.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, names, "docs/codes/ has a page too many or too few");
}

/// What a recipe makes of one of its own cases: the one that it names, else the shortest.
fn example(recipe: &Recipe) -> String {
    let folder = root().join("transforms").join(&recipe.language).join(&recipe.id);
    let mut cases = laws::cases(&folder).unwrap();
    cases.retain(|case| case.kind != "keep" && recipe.example.as_ref().is_none_or(|name| *name == case.name));
    cases.sort_by_key(|case| (case.kind != "transform", case.bytes.len(), case.name.clone()));
    let case = cases.first().unwrap_or_else(|| panic!("{}: no case to show", recipe.id));
    let only = if case.is_on_request() { vec![recipe.id.clone()] } else { Vec::new() };
    let engine = Engine::new(None, Options { only, validate: Validate::Off, ..Options::default() }).unwrap();
    let judged = engine.try_case(case, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(judged.broken, [""; 0], "{}", recipe.id);
    judged.shown.split_once("\n--- a/case.py\n").map(|(_, diff)| format!("--- a/case.py\n{diff}")).unwrap()
}

#[test]
fn the_page_of_each_recipe() {
    let transforms = Transforms::embedded();
    let made = MADE.replace("the code by", "transforms/python/ by");
    let mut index = format!(
        "# Recipes\n\n{made}What perfmod does with a loop, in the order in which the recipes compose. `perfmod recipes show ID` prints the same pages.\n\n| recipe | what it does |\n|---|---|\n"
    );
    let mut names = BTreeSet::from(["README.md".to_owned()]);
    for recipe in recipe::load(&transforms).unwrap() {
        let diff = example(&recipe);
        page(&format!("../transforms/{}/{}/example.diff", recipe.language, recipe.id), &diff);
        page(&format!("recipes/{}.md", recipe.id), &perfmod::report::recipe_markdown(&recipe, Some(&diff), &made));
        names.insert(format!("{}.md", recipe.id));
        let _ = writeln!(index, "| [{0}]({0}.md) | {1} |", recipe.id, recipe.summary);
    }
    page("recipes/README.md", &index);
    let there = std::fs::read_dir(root().join("docs/recipes")).unwrap();
    let there: BTreeSet<String> = there.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, names, "docs/recipes/ has a page too many or too few");
}

#[test]
fn the_schema_of_the_report() {
    let schema = schemars::schema_for!(Report);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    page("report.schema.json", &text);
}

#[test]
fn the_schema_of_an_explanation() {
    let schema = schemars::schema_for!(Explanation);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    page("explain.schema.json", &text);
}

#[test]
fn the_schema_of_a_validation() {
    let schema = schemars::schema_for!(Validation);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    page("validation.schema.json", &text);
}

/// The only site of a script.
fn site(script: &str, options: Options) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.py");
    std::fs::write(&path, script).unwrap();
    let outcome = Engine::new(None, options).unwrap().check(&[path]).unwrap();
    let [file] = outcome.files.as_slice() else { panic!("one file") };
    let [site] = file.sites.as_slice() else { panic!("one site: {:?}", file.sites) };
    assert_ne!(site.status, Status::Blocked, "{site:?}");
    site.clone()
}

const ASK: &str = "\
from openai import OpenAI

def main():
    client = OpenAI()
    for prompt in ['a', 'b']:
        r = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': prompt}])
        print(r)

if __name__ == '__main__':
    main()
";

/// The same with a way out of the loop.
fn ask_and_leave() -> String {
    ASK.replace("        print(r)\n", "        print(r)\n        if r is None:\n            break\n")
}

#[test]
fn the_confidences() {
    let mut text = format!("# Confidence\n\n{MADE}");
    text.push_str(
        "Two percentages. `safe`: that the rewritten program computes the same. `faster`: that it is faster by about the estimate.\n\
         Both come from this table and from nothing else: they order what you look at first, they are not measured frequencies.\n\n\
         | what is known | `safe` | `faster` |\n|---|---|---|\n",
    );
    for (what, safe, faster) in CONFIDENCE_TABLE {
        let _ = writeln!(text, "| {what} | {safe} | {faster} |");
    }
    text.push_str(
        "\n`safe` starts from the row of the verdict (the first row where nothing was run) and falls by the row of a caution for each\n\
         caution, five at most, by the row of a seeded mistake for each that the runs did not show, and once where the `relation` in the evidence is weaker than \"equal\". `faster` starts from the first row and grows by the row of the measurement where one was made. A\n\
         refuted patch has 0 and 0. Answers are the stub's, or those of one sample, which is why a validated patch stays below 100.\n\n\
         Mistakes are seeded in the rewritten code and in answers on their way ([validation.md](validation.md)). Where none that mixes\n\
         replies up shows in what the program puts out, nothing is validated.\n",
    );
    page("confidence.md", &text);

    // The words above describe what the tool does.
    let table = |at: usize| (CONFIDENCE_TABLE[at].1, CONFIDENCE_TABLE[at].2);
    let told = |site: Site| site.confidence.map(|Confidence { safe, faster }| (i16::from(safe), i16::from(faster)));
    assert_eq!(told(site(ASK, Options::default())), Some(table(0)));
    let (safe, faster) = table(0);
    assert_eq!(told(site(&ask_and_leave(), Options::default())), Some((safe + table(5).0, faster)));
    assert!(CONFIDENCE_TABLE.iter().all(|(_, safe, faster)| *safe < 100 && *faster < 100), "nothing is certain");
}

#[test]
fn the_estimates() {
    let mut text = format!("# Estimates\n\n{MADE}");
    text.push_str(
        "How much faster a site gets is the old time of its calls over the new one:\n\n    n*t / (ceil(n/limit)*t + n*c)\n\n\
         - `n`: the number of items. It is what the text tells (`range(3)`, a list that is written out); else it is not known before a run, 1000 is assumed, and said.\n\
         - `t`: what one call takes, from the catalogue: a typical figure, set by hand, not measured for your server.\n\
         - `limit`: how many calls run at once; 300 unless the program, its client or `--max-concurrent` says otherwise.\n\
         - `c`: the client's own computing time for one call, which does not overlap. 4.3 ms on an event loop and 2.8 ms in threads:\n  \
           measured once with the openai client 3.54 on Python 3.11, 2000 calls, 300 under way, 200 ms an answer, on a busy two-core\n  \
           machine. Trust its order of magnitude. Lighter clients cost less.\n\n\
         Where further calls of an item stay one after the other (PM122), `s` is what they take together, and the formula is\n\n    \
         n*(t + s) / (ceil(n/limit)*t + n*(s + c))\n\n\
         The basis is `catalogue` until both versions have run. Not in that formula: what the rest of the program computes, which may well\n\
         be the larger part.\n\n\
         ## Measured\n\n\
         Where both versions ran, the basis is `measured`. Both run on the sample with the same latency on every answer, and the time of each is cut into\n\
         stages (`stages` in the evidence): what comes before its first request, what passes with requests under way, what passes besides\n\
         between the first and the last of them (the rest of the loop), what comes after the last answer, and what its sleeps would have taken. The estimate\n\
         is what these stages would be with all items and a real server's answers:\n\n    (b + n*t + n*r + a) / (b' + ceil(n/limit)*t + n*r' + a')\n\n\
         - `b`, `a`: before the first request and after the last answer, as on the sample. Imports that are done ahead of runs are not in `b`.\n\
         - `r`: everything between the first request and the last answer that is not waiting for answers, sleeps included, by the number of calls.\n\
         - With a dash: the same of the rewritten version; its `r'` is taken to be no less than `r` without sleeps, because computing does not overlap,\n  \
           and on a sample that is under way all at once it hides behind the first answers. `n`, `t` and `limit` are as above; with `s`, both times have `n*s` more.\n\n\
         It is an estimate: `b` and `a` are taken to stay as they are, `r` to be the same for every item, `t` is not your server's, and its rate limit is not\n\
         in it. `perfmod validate` knows nothing but the runs: there `n` is the number of calls that the original made, `t` is 1 s, `limit` is the most\n\
         that the rewritten version had under way at once, and the estimate stands beside the evidence. `speedup_measured` is the time from the first request to the\n\
         last answer on the sample alone, of the original over that of the rewritten version.\n\n\
         ## What it gives\n\n| on | at once | t | times as fast |\n|---|---|---|---|\n",
    );
    let mut formulas = BTreeSet::new();
    let ask = ASK.replace("['a', 'b']", "sorted(open('prompts.txt'))");
    for (executor, name) in [(ExecutorChoice::Async, "an event loop"), (ExecutorChoice::Threads, "threads")] {
        for limit in [10, 50, 300] {
            let mut options = Options { executor, ..Options::default() };
            options.style.max_concurrent = Some(limit);
            let estimate = site(&ask, options).estimate.unwrap();
            assert_eq!(estimate.basis, "catalogue");
            let _ = writeln!(text, "| {name} | {limit} | 2 s | {} |", estimate.speedup);
            formulas.insert(estimate.formula);
        }
    }
    text.push_str("\nWhat one call of each library takes stands in [the catalogue](catalog.md).\n");
    page("estimates.md", &text);

    // The figures above are the tool's.
    for part in ["n*t / (ceil(n/limit)*t + n*c)", "n = 1000 items", "t = 2 s"] {
        assert!(formulas.iter().all(|f| f.contains(part)), "{part}: {formulas:?}");
    }
    for part in ["c = 4.3 ms", "c = 2.8 ms"] {
        assert!(formulas.iter().any(|f| f.contains(part)), "{part}: {formulas:?}");
    }
    let usual = site(&ask, Options::default()).estimate.unwrap().formula;
    assert!(usual.contains("limit = 300"), "{usual}");
}

/// `1.0 and later`, `below 2.0`.
fn told_versions(versions: &Versions) -> String {
    match (&versions.since, &versions.until) {
        (None, None) => String::new(),
        (Some(since), None) => format!("{since} and later"),
        (None, Some(until)) => format!("below {until}"),
        (Some(since), Some(until)) => format!("{since} to below {until}"),
    }
}

/// What bounds the calls that are under way at once.
fn told_bounds(fact: &CallFact) -> Vec<String> {
    let pool = fact.pool.map(|pool| format!("{pool} connections"));
    let threads = fact.threads.map(|threads| {
        let spread = if threads.spread { ", more where the runtime asks" } else { "" };
        format!("{} threads at once{spread}", threads.most)
    });
    pool.into_iter().chain(threads).collect()
}

/// One call of a table of the catalogue.
fn told_call(fact: &CallFact, asynchronous: bool) -> String {
    let twin = match &fact.twin {
        _ if asynchronous => "awaited".into(),
        Twin::Threads => String::new(),
        Twin::Same => "the client's twin".into(),
        Twin::Await(path) | Twin::Method(path) => format!("`{path}`"),
    };
    let effect = match fact.effect {
        Effect::Read => "reads",
        Effect::Billed => "costs",
        Effect::Writes => "writes",
        Effect::Unknown => "unknown",
    };
    let kept = match fact.kept {
        None => "",
        Some(Kept::Plain) => "as it is",
        Some(Kept::Pydantic) => "its fields",
        Some(Kept::Openai) => "its dict",
    };
    let site = if fact.site { format!("{} s", fact.seconds) } else { "no site".into() };
    let stub = if fact.stub.is_some() { "yes" } else { "" };
    let path = fact.path.replace(".()", "()");
    format!("| `{path}` | {effect} | {twin} | {kept} | {stub} | {site} | {} |\n", told_versions(&fact.versions))
}

#[test]
fn the_catalogue() {
    let catalog = Catalog::load(&Transforms::embedded()).unwrap();
    let mut text = format!("# Catalogue\n\n{}", MADE.replace("the code by", "transforms/catalog/ by"));
    text.push_str(
        "What is known about libraries: `transforms/catalog/*.toml`, one library a file. `tests/catalog.rs` holds each entry against the installed package.\n\n\
         - **does**: what a call does on the other side. It *reads*; it *costs* and leaves no state behind; it *writes*; or that is *unknown*, which is a caution.\n\
         - **event loop**: the coroutine that is called there in its place. Where nothing stands it runs in threads.\n\
         - **kept**: how an answer goes into the cache and comes out as an object of the same class. Where nothing stands it is never kept: there is no such form, or\n  \
           the answer depends on more than the call shows.\n\
         - **stub**: whether [a run without a network](answers.md) has answers for it.\n\
         - **t**: what a call typically takes, for [estimates](estimates.md); set by hand. *No site*: it is known, and a loop around it is no reason to change anything.\n\
         - `get_*` stands for all methods whose names begin so, `*.execute` for whatever stands in front, `*` for any other method. `()` is a call on the way.\n",
    );
    for library in catalog.libraries() {
        let package = library.package.as_ref().map_or("the standard library".into(), |p| format!("package `{p}`"));
        let _ = write!(text, "\n## {}\n\n{}; {package}.\n", library.module, library.about);
        for kinds in &library.errors {
            let list = |paths: &[String]| paths.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ");
            let versions = told_versions(&kinds.versions);
            let lead = if versions.is_empty() { "Exceptions".into() } else { format!("Exceptions, {versions}") };
            let all =
                [("rate limit", &kinds.rate_limit), ("passes", &kinds.transient), ("does not pass", &kinds.permanent)];
            let told = all
                .iter()
                .filter(|(_, paths)| !paths.is_empty())
                .map(|(kind, paths)| format!("{kind}: {}", list(paths)));
            let _ = write!(text, "\n{lead}. {}.\n", told.collect::<Vec<_>>().join("; "));
        }
        let head = "\n| call | does | event loop | kept | stub | t | versions |\n|---|---|---|---|---|---|---|\n";
        let functions = library.functions.iter().map(|path| catalog.function_fact(path).unwrap());
        let bounds = functions.clone().next().map(told_bounds).unwrap_or_default();
        let rows: String = functions.map(|fact| told_call(fact, false)).collect();
        if !bounds.is_empty() {
            let _ = writeln!(text, "\nFunctions: {}.", bounds.join("; "));
        }
        if !rows.is_empty() {
            let _ = write!(text, "{head}{rows}");
        }
        for client in library.clients.iter().map(|path| catalog.client(path).unwrap()) {
            let constructors: Vec<String> = client.constructors().map(|path| format!("`{path}()`")).collect();
            let _ = write!(text, "\n**{}**", constructors.join(", "));
            if let Some(twin) = &client.twin {
                let _ = write!(text, ", with the twin `{twin}`");
            }
            let threads = match (client.bound, client.thread_safe) {
                (true, _) => "it belongs to the thread that made it",
                (false, true) => "several threads may share it",
                (false, false) => "threads may not share it",
            };
            let _ = write!(text, ": {threads}");
            if client.stateful {
                text.push_str("; a call depends on the one before");
            }
            if client.cookies {
                text.push_str("; it keeps cookies");
            }
            let bounds = client.calls.values().next().map(told_bounds).unwrap_or_default();
            text.extend(bounds.iter().map(|bound| format!("; {bound}")));
            let versions = told_versions(&client.versions);
            let _ = writeln!(text, "{}.", if versions.is_empty() { String::new() } else { format!("; {versions}") });
            let mut calls: Vec<&CallFact> = client.calls.values().collect();
            calls.sort_by(|a, b| a.path.cmp(&b.path));
            text.push_str(head);
            text.extend(calls.into_iter().map(|fact| told_call(fact, client.asynchronous)));
        }
    }
    page("catalog.md", &text);
}

/// The text of a page that people write.
fn written(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn written_pages_name_only_codes_that_exist() {
    for name in ["README.md", "docs/architecture.md", "docs/shapes.md"] {
        let text = written(name);
        for (at, _) in text.match_indices("PM") {
            let code = &text[at..text.len().min(at + 5)];
            if code[2..].chars().all(|c| c.is_ascii_digit()) && code.len() == 5 {
                assert!(Code::parse(code).is_some(), "{name} names {code}");
            }
        }
    }
}

#[test]
fn every_obstacle_of_the_loop_has_its_place_among_the_shapes() {
    let text = written("docs/shapes.md");
    let missing: Vec<String> = CODES
        .iter()
        .map(|info| info.code.to_string())
        .filter(|code| !code.starts_with("PM0") && !text.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "docs/shapes.md says nothing of {missing:?}");
}

#[test]
fn links_lead_somewhere() {
    if blessing() {
        return; // the pages are being written
    }
    for name in [
        "README.md",
        "docs/architecture.md",
        "docs/shapes.md",
        "docs/codes.md",
        "docs/catalog.md",
        "docs/estimates.md",
        "docs/validation.md",
        "docs/reports.md",
        "docs/recipes.md",
    ] {
        let text = written(name);
        let folder = root().join(name);
        let folder = folder.parent().unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap().split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(Path::new(target)).exists(), "{name} links to {target}, which is not there");
            }
        }
    }
}

/// The README's first code block of a language.
fn block<'t>(text: &'t str, language: &str) -> &'t str {
    let opening = format!("```{language}\n");
    let begin = text.find(&opening).unwrap_or_else(|| panic!("no {language} block")) + opening.len();
    &text[begin..begin + text[begin..].find("```").unwrap()]
}

#[test]
fn the_readme_shows_what_the_tool_prints() {
    let text = written("README.md");
    let done = assert_cmd::cargo::cargo_bin_cmd!("perfmod")
        .args(["rewrite", "examples/evaluate_mcq.py", "--dry-run", "--no-validate", "--quiet"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let diff = String::from_utf8(done.stdout).unwrap();
    let shown = block(&text, "diff");
    for hunk in shown.split("@@\n").filter(|h| !h.trim().is_empty()) {
        assert!(
            diff.contains(hunk),
            "the README shows what the tool does not print:\n{hunk}\nthe tool:\n{}",
            own(&diff)
        );
    }
    let removed = shown.lines().filter(|l| l.starts_with('-')).count();
    assert!(removed > 1, "the README's excerpt shows no change");
}

/// The diff of the user's own file.
fn own(diff: &str) -> &str {
    diff.find("+++ b/examples/perfmod_runtime.py").map_or(diff, |at| &diff[..at])
}

#[test]
fn the_readme_has_two_commands() {
    let text = written("README.md");
    let commands: Vec<&str> =
        text.split("```sh\n").skip(1).flat_map(|b| b.split("```").next().unwrap().lines()).collect();
    assert_eq!(commands, ["cargo run --release -- rewrite examples/evaluate_mcq.py --dry-run", "cargo test"]);
}
