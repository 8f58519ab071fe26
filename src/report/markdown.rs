//! A run as GitHub's Markdown, for a pull request: what was found, what changed, what it rests on, how to go on and back.

use super::marks::{block, code, head, html, row, text};
use super::story::{Limits, answerers, consent, duration, facts_of, figure, form, plural, stated, without_recipe};
use crate::facts::{
    Estimate, Evidence, FileReport, JsonPatch, Report, Site, Status, Timing, Tool, Validation, Verdict,
};
use crate::rewrite::python::DEFAULT_LIMIT;

/// Diffs that are longer are not shown; a pull request shows its own.
const MAX_DIFF_LINES: usize = 400;
/// GitHub takes 65,536 characters in a pull request. A page that is longer comes without diffs.
const MAX_PAGE: usize = 60_000;
/// How many programs get a command of their own.
const MAX_COMMANDS: usize = 10;

/// A site with what was planned for it.
#[derive(Clone, Copy)]
struct Found<'r> {
    file: &'r FileReport,
    site: &'r Site,
    patch: Option<&'r JsonPatch>,
}

/// What became of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Applied,
    /// Accepted, and some of those that were accepted were not written.
    Partly,
    InDiff,
    Left,
    Refuted,
    /// Only analysed.
    Possible,
    NoRecipe,
    Blocked,
}

struct Page<'r> {
    report: &'r Report,
    found: Vec<Found<'r>>,
    /// How many patches are accepted.
    accepted: usize,
    diffs: bool,
}

/// The report of `check`, `rewrite` or `migrate`.
pub fn markdown_report(report: &Report) -> String {
    let found: Vec<Found<'_>> = report
        .files
        .iter()
        .flat_map(|file| {
            file.sites.iter().map(move |site| {
                let patch = file.patches.iter().find(|patch| patch.sites.contains(&site.id));
                Found { file, site, patch }
            })
        })
        .collect();
    let accepted = found.iter().filter(|f| f.patch.is_some_and(|p| p.accepted)).count();
    let page = |diffs| Page { report, found: found.clone(), accepted, diffs }.write();
    let out = page(true);
    if out.len() > MAX_PAGE { page(false) } else { out }
}

impl Page<'_> {
    fn write(&self) -> String {
        let mut out = format!("# perfmod report\n\n{}", self.opening());
        for section in [
            self.bottlenecks(),
            self.changes(),
            self.blocked(),
            self.unprocessed(),
            self.performance(),
            self.confidence(),
            self.guide(),
        ]
        .into_iter()
        .flatten()
        {
            out.push('\n');
            out.push_str(&section);
        }
        out
    }

    fn fate(&self, found: &Found<'_>) -> Fate {
        match (found.site.status, found.patch) {
            (Status::Blocked, _) => Fate::Blocked,
            _ if without_recipe(found.site) => Fate::NoRecipe,
            _ if found.site.verdict == Verdict::Refuted => Fate::Refuted,
            (_, None) => Fate::Possible,
            (_, Some(patch)) if !patch.accepted => Fate::Left,
            _ if self.report.summary.applied == 0 => Fate::InDiff,
            _ if self.report.summary.applied < self.accepted => Fate::Partly,
            _ => Fate::Applied,
        }
    }

    fn with(&self, wanted: impl Fn(Fate) -> bool) -> Vec<&Found<'_>> {
        self.found.iter().filter(|f| wanted(self.fate(f))).collect()
    }

    /// Those that are changed, or could be.
    fn open(&self) -> Vec<&Found<'_>> {
        self.with(|fate| !matches!(fate, Fate::Blocked | Fate::NoRecipe))
    }

    fn accepted(&self) -> Vec<&Found<'_>> {
        self.with(|fate| matches!(fate, Fate::Applied | Fate::Partly | Fate::InDiff))
    }

    fn opening(&self) -> String {
        let summary = &self.report.summary;
        let mut out = format!("{} looked at. ", plural(summary.files, "file"));
        match self.found.len() {
            0 => out.push_str("No loop that makes a call and waits for its answer before the next one was found."),
            1 => out.push_str("One loop makes a call and waits for its answer before it makes the next"),
            n => out.push_str(&format!("{n} loops make a call and wait for its answer before they make the next")),
        }
        let mut parts = Vec::new();
        let mut count = |fate: Fate, words: &str| match self.with(|f| f == fate).len() {
            0 => {}
            n => parts.push(format!("**{n}** {words}")),
        };
        count(Fate::Applied, "changed");
        count(Fate::Partly, "accepted, of which not all could be written");
        count(Fate::InDiff, "in the diff, not yet applied");
        count(Fate::Possible, "can be changed");
        count(Fate::Left, "left for you to decide");
        count(Fate::Refuted, "refuted by a run, and never applied");
        count(Fate::NoRecipe, "left, because no recipe writes that shape yet");
        count(Fate::Blocked, "left, because something stands against it");
        if !parts.is_empty() {
            out.push_str(&format!(": {}.", parts.join("; ")));
        }
        if let Some(more @ 1..) = summary.applied.checked_sub(self.accepted) {
            let these = if more == 1 { "One more patch was".to_owned() } else { format!("{more} more patches were") };
            out.push_str(&format!(" {these} applied in files of which a patch was edited by hand; what is told below is what is left there."));
        }
        out.push_str(&format!("\n\n{}", made_by(&self.report.tool, summary.seconds)));
        out
    }

    fn bottlenecks(&self) -> Option<String> {
        let mut out = format!("## Where it waits\n\n{}", head(&["where", "what it waits for", "status", "estimate"]));
        for found in &self.found {
            let status = match self.fate(found) {
                Fate::Applied => "changed",
                Fate::Partly => "accepted",
                Fate::InDiff => "in the diff",
                Fate::Possible if found.site.status == Status::Ready => "ready",
                Fate::Possible => "needs care",
                Fate::Left => "left for you to decide",
                Fate::Refuted => "refuted",
                Fate::NoRecipe => "no recipe yet",
                Fate::Blocked => "blocked",
            };
            let estimate = match (&found.site.estimate, self.fate(found)) {
                (_, Fate::Refuted | Fate::NoRecipe) | (None, _) => String::new(),
                (Some(estimate), _) => times(estimate),
            };
            out.push_str(&row(&[of_place(found), code(&found.site.call), status.to_owned(), estimate]));
        }
        let note = "\nThe estimates are for a number of items and a time of each call that are assumed, see **Before and after** below.\n";
        if self.open().iter().any(|f| f.site.estimate.is_some() && f.site.verdict != Verdict::Refuted) {
            out.push_str(note);
        }
        (!self.found.is_empty()).then_some(out)
    }

    fn changes(&self) -> Option<String> {
        let open = self.open();
        let title = if open.iter().any(|f| matches!(self.fate(f), Fate::Applied | Fate::Partly)) {
            "What changed"
        } else if open.iter().any(|f| self.fate(f) == Fate::InDiff) {
            "What would change"
        } else {
            "What could change"
        };
        let mut out = format!("## {title}\n");
        for found in &open {
            out.push('\n');
            self.change(&mut out, found);
        }
        let mut files: Vec<&FileReport> = Vec::new();
        for found in self.accepted() {
            if !files.iter().any(|file| std::ptr::eq(*file, found.file)) {
                files.push(found.file);
            }
        }
        for file in files.into_iter().filter(|_| self.diffs) {
            self.diff(&mut out, file);
        }
        (!open.is_empty()).then_some(out)
    }

    fn change(&self, out: &mut String, found: &Found<'_>) {
        let site = found.site;
        out.push_str(&format!("### {}\n\n", of_place(found)));
        if let (Some(strategy), Some(executor)) = (site.strategy, site.executor) {
            let why = site.executor_reason.as_ref().map(|why| format!(", because {}", text(why))).unwrap_or_default();
            let recipes: Vec<String> = site.recipes.iter().map(|recipe| code(recipe)).collect();
            let how = text(form(site, strategy, executor));
            out.push_str(&format!(
                "Lines {} to {}: {how}{why}. What runs ahead is {}; everything else stays in its order. Recipe: {}.\n\n",
                site.line,
                site.end_line,
                code(&site.call),
                recipes.join(", ")
            ));
        }
        out.push_str(&format!("**{}.** {}\n", verdict(site.verdict), self.standing(found)));
        if let Some(reason) = site.evidence.as_ref().and_then(|e| e.reason.as_ref()) {
            out.push('\n');
            told(out, reason, if site.verdict == Verdict::Refuted { "The difference" } else { "Why" });
        }
        let mut risks: Vec<String> =
            site.cautions.iter().map(|c| format!("{}, line {}: {}", c.code, c.span.line, text(&c.message))).collect();
        risks.extend(stated(site).map(|assumption| format!("assumed: {}", text(assumption))));
        if risks.is_empty() && site.verdict != Verdict::Refuted {
            let standing = "none beyond those that stand under every change: if a call fails, the exception comes where it came before, and calls of later items that were under way have been made";
            risks.push(standing.to_owned());
        }
        if !risks.is_empty() {
            out.push_str("\nRisks:\n\n");
            list(out, &risks);
        }
        let facts = site.evidence.as_ref().map(facts_of).unwrap_or_default();
        if !facts.is_empty() {
            out.push_str("\nEvidence:\n\n");
            list(out, &facts.iter().map(|fact| text(fact)).collect::<Vec<_>>());
        }
    }

    /// What became of a patch, or what would have to be said for it.
    fn standing(&self, found: &Found<'_>) -> String {
        match self.fate(found) {
            Fate::Applied => "It is applied.".into(),
            Fate::Partly => {
                format!(
                    "It was accepted. {} of those that were accepted could be written.",
                    self.report.summary.applied
                )
            }
            Fate::InDiff => "It is in the diff; nothing is written yet.".into(),
            Fate::Refuted => "It is not applied, whatever is accepted.".into(),
            Fate::Left => {
                let what = consent(found.site);
                match what.split_once(": --") {
                    Some((why, options)) => {
                        let why = why.trim_start_matches("to accept it").trim();
                        let why = if why.is_empty() { String::new() } else { format!(" {}", text(why)) };
                        format!("It is not applied; to accept it{why}: {}.", code(&format!("--{options}")))
                    }
                    None => "It is not applied.".into(),
                }
            }
            Fate::Possible | Fate::NoRecipe | Fate::Blocked => "Only analysed so far.".into(),
        }
    }

    /// The diff of a file, without the runtime module.
    fn diff(&self, out: &mut String, file: &FileReport) {
        let Some(diff) = &file.diff else { return };
        let own: Vec<&str> = of_files(diff).into_iter().filter(|part| !makes_the_runtime(part)).collect();
        let lines: usize = own.iter().map(|part| part.lines().count()).sum();
        out.push_str(&format!("\n<details>\n<summary>The diff of {}</summary>\n\n", html(&file.path)));
        if lines > MAX_DIFF_LINES {
            out.push_str(&format!("It has {lines} lines and is left out here.\n"));
        } else {
            out.push_str(&block("diff", &own.concat()));
        }
        out.push_str("\n</details>\n");
    }

    fn blocked(&self) -> Option<String> {
        let left = self.with(|fate| matches!(fate, Fate::Blocked | Fate::NoRecipe));
        let mut out =
            format!("## What was left alone, and why\n\n{}", head(&["where", "code", "why", "what could be done"]));
        for found in &left {
            for obstacle in &found.site.obstacles {
                let other = obstacle.other_span.as_ref().filter(|o| o.line != obstacle.span.line);
                let lines = match other {
                    Some(other) => format!("lines {} and {}", obstacle.span.line, other.line),
                    None => format!("line {}", obstacle.span.line),
                };
                let why = format!("{lines}: {}", text(&obstacle.message));
                out.push_str(&row(&[of_place(found), obstacle.code.to_string(), why, text(&obstacle.help)]));
            }
            for caution in found.site.cautions.iter().filter(|_| self.fate(found) == Fate::NoRecipe) {
                let why = format!("line {}: {}", caution.span.line, text(&caution.message));
                out.push_str(&row(&[of_place(found), caution.code.to_string(), why, String::new()]));
            }
        }
        out.push_str("\n`perfmod explain CODE` tells what a code means, with a program that breaks and what to write instead; `perfmod explain FILE:LINE` draws the place.\n");
        (!left.is_empty()).then_some(out)
    }

    fn unprocessed(&self) -> Option<String> {
        let mut out = format!("## Files that could not be read\n\n{}", head(&["file", "code", "why"]));
        let mut any = false;
        for (file, problem) in self.report.files.iter().filter_map(|file| Some((file, file.error.as_ref()?))) {
            any = true;
            let place = problem.line.map_or_else(|| file.path.clone(), |line| format!("{}:{line}", file.path));
            out.push_str(&row(&[code(&place), problem.code.to_string(), text(&problem.message)]));
        }
        any.then_some(out)
    }

    fn performance(&self) -> Option<String> {
        let mut out = String::from("## Before and after\n");
        let mut any = false;
        for found in self.open() {
            // A patch that does something else is not faster.
            let site = found.site;
            if site.verdict == Verdict::Refuted {
                continue;
            }
            let timing = site.evidence.as_ref().and_then(|e| e.stages.as_ref());
            if timing.is_none() && site.estimate.is_none() {
                continue;
            }
            any = true;
            out.push_str(&format!("\n### {}\n", of_place(found)));
            timed(&mut out, timing, site.estimate.as_ref());
        }
        any.then_some(out)
    }

    fn confidence(&self) -> Option<String> {
        let mut out = format!("## How sure this is\n\n{}", head(&["where", "claim", "confidence", "what it rests on"]));
        let mut any = false;
        for found in self.open() {
            let Some(sure) = found.site.confidence else { continue };
            any = true;
            let place = code(&format!("{}:{}", found.file.path, found.site.line));
            let claim = "it computes the same".to_owned();
            out.push_str(&row(&[place.clone(), claim, format!("{} %", sure.safe), safe(found.site)]));
            if let Some(estimate) = found.site.estimate.as_ref().filter(|_| found.site.verdict != Verdict::Refuted) {
                let claim = format!("it is about {}x faster", figure(estimate.speedup));
                let basis = basis(estimate, found.site.evidence.as_ref());
                out.push_str(&row(&[place, claim, format!("{} %", sure.faster), basis]));
            }
        }
        out.push_str("\nThe percentages come from a fixed table; they order what to look at first, and are no measured frequencies.\n");
        any.then_some(out)
    }

    fn guide(&self) -> Option<String> {
        let accepted = self.accepted();
        if accepted.is_empty() {
            return self.next();
        }
        let edits = || accepted.iter().filter_map(|f| f.patch).flat_map(|patch| &patch.edits);
        let uses = |word: &str| edits().any(|edit| !is_runtime(&edit.path) && edit.text.contains(word));
        let mut out = String::from("## How to go on\n\n");
        let applied = self.report.summary.applied > 0;
        if !applied {
            out.push_str("**Apply it**: the same command with `--yes` in place of `--dry-run`, or `git apply` with the diff that the same command prints without `--format markdown`.\n\n");
        }
        let alone = accepted.iter().all(|f| f.site.plain);
        let progress = if alone { "" } else { "; progress goes to stderr" };
        out.push_str(&format!(
            "**Run it** as before: same command, same files. It prints and writes the same{progress}.\n\n**What is new**\n\n"
        ));
        let mut new = Vec::new();
        if alone {
            new.push("the calls run at once with the standard library alone: nothing is imported that was not installed before".into());
        }
        let mut modules: Vec<&str> = edits().map(|e| e.path.as_str()).filter(|path| is_runtime(path)).collect();
        modules.dedup();
        for module in &modules {
            new.push(format!("{} belongs to the program: add it to version control", code(module)));
        }
        if modules.is_empty() && !alone {
            new.push(
                "`perfmod_runtime` is imported: the program has it already, or it comes with `pip install perfmod` where the program runs"
                    .into(),
            );
        }
        let (caches, resumes) = (uses("cached("), uses("checkpoint="));
        if resumes {
            new.push("what the work of a loop gave is kept in `.perfmod/cache/` at the root of the project until the loop has ended: a run that was killed is gone on with".into());
        }
        if caches {
            new.push("answers that were paid for are kept in `.perfmod/cache/` at the root of the project, which git ignores: a second run replays them, also sampled ones".into());
        }
        let limits = Limits::of(&accepted.iter().map(|f| f.site).collect::<Vec<_>>());
        if let Some(said) = &limits.said {
            new.push(format!("at most {said} calls of a loop run at once, as the program's text says"));
        }
        let mut options: Vec<String> = accepted.iter().flat_map(|f| &f.site.options).map(|o| code(o)).collect();
        options.sort();
        options.dedup();
        if !options.is_empty() {
            new.push(format!("the program has new options: {}", options.join(", ")));
        }
        if !new.is_empty() {
            list(&mut out, &new);
            out.push('\n');
        }
        if !alone {
            out.push_str(&head(&["environment variable", "what it does"]));
        }
        let mut variable = |name: &str, what: &str| {
            if !alone {
                out.push_str(&row(&[code(name), what.to_owned()]));
            }
        };
        if let Limits { said, open: true } = &limits {
            let but = said.as_ref().map(|_| ", in the loops whose text does not say it").unwrap_or_default();
            let what = format!("how many calls run at once{but}; {DEFAULT_LIMIT} where it is not set");
            variable("PERFMOD_MAX_CONCURRENT=N", &what);
        }
        variable("PERFMOD_MAX_SAMPLES=N", "stop after N items");
        if caches || resumes {
            variable("PERFMOD_CACHE=off", "ask anew instead of replaying kept answers");
            variable("PERFMOD_CACHE_DIR=DIR", "keep the answers there");
        }
        variable("PERFMOD_QUIET=1", "no progress on stderr");
        out.push('\n');
        out.push_str(&self.validate_again(&accepted));
        let back = match applied {
            true => {
                "`perfmod undo` takes the patches of the last run back; `git revert` does, too, once they are committed."
            }
            false => "nothing is written yet. After `--yes`, `perfmod undo` takes the patches back.",
        };
        out.push_str(&format!("\n**Go back**: {back}\n"));
        Some(out)
    }

    fn validate_again(&self, accepted: &[&Found<'_>]) -> String {
        let mut out = String::from("**Validate it again**, with BASE for the commit before the change");
        if self.report.summary.applied == 0 {
            out.push_str(", once it is applied");
        }
        let mut commands = vec!["git worktree add --detach ../before BASE".to_owned()];
        let mut scripts: Vec<&str> = accepted.iter().map(|f| f.file.path.as_str()).collect();
        scripts.dedup();
        let options: String = self.report.exercise.iter().map(|word| format!(" {}", shell(word))).collect();
        let more = scripts.len().saturating_sub(MAX_COMMANDS);
        for script in scripts.into_iter().take(MAX_COMMANDS) {
            let elsewhere = script.starts_with("..") || std::path::Path::new(script).is_absolute();
            commands.push(if elsewhere {
                format!("perfmod validate ORIGINAL {}{options}", shell(script))
            } else {
                format!("perfmod validate ../before . --script {}{options}", shell(script))
            });
        }
        if more > 0 {
            commands.push(format!("# and so on, for {more} more"));
        }
        if commands[1..].iter().any(|c| c.contains(" ORIGINAL ")) {
            out.push_str(" and ORIGINAL for a copy of the file from then");
        }
        out.push_str(", in the folder where this report was made:\n\n");
        out.push_str(&block("sh", &commands.join("\n")));
        out.push_str("\nThis runs the program on its whole input; behind `--` it can be given a smaller one.\n");
        out
    }

    /// What to do where nothing is accepted.
    fn next(&self) -> Option<String> {
        let fates: Vec<Fate> = self.found.iter().map(|f| self.fate(f)).collect();
        if fates.contains(&Fate::Possible) {
            let mut paths: Vec<String> =
                self.with(|f| f == Fate::Possible).iter().map(|f| shell(&f.file.path)).collect();
            paths.dedup();
            let command = if paths.len() > MAX_COMMANDS {
                "perfmod migrate . --dry-run".to_owned()
            } else {
                format!("perfmod rewrite {} --dry-run", paths.join(" "))
            };
            return Some(format!(
                "## How to go on\n\nThis runs both versions on a sample, cut off from the network, and shows the diff and the evidence. It writes nothing:\n\n{}",
                block("sh", &command)
            ));
        }
        fates.contains(&Fate::Left).then(|| {
            "## How to go on\n\nNothing is changed. What was left can be accepted by the options that are named with it.\n".to_owned()
        })
    }
}

/// The report of `validate`.
pub fn markdown_validation(found: &Validation) -> String {
    let mut out = format!(
        "# perfmod: {} and {}\n\n**{}.** {}\n",
        code(&found.original),
        code(&found.rewritten),
        verdict(found.verdict),
        match found.verdict {
            Verdict::Refuted => "They do not do the same.",
            Verdict::Assumed | Verdict::None => "It could not be told whether they do the same.",
            Verdict::Proved | Verdict::Validated => "Nothing that was compared differs.",
        }
    );
    if let Some(reason) = &found.evidence.reason {
        out.push('\n');
        told(&mut out, reason, if found.verdict == Verdict::Refuted { "The difference" } else { "Why" });
    }
    let facts = facts_of(&found.evidence);
    if !facts.is_empty() {
        out.push_str("\n## Evidence\n\n");
        list(&mut out, &facts.iter().map(|fact| text(fact)).collect::<Vec<_>>());
    }
    if found.estimate.is_some() {
        out.push_str("\n## Before and after\n");
        timed(&mut out, found.evidence.stages.as_ref(), found.estimate.as_ref());
    }
    out.push_str(&format!("\n{}", made_by(&found.tool, found.seconds)));
    out
}

fn made_by(tool: &Tool, seconds: f64) -> String {
    let took = if seconds < 0.1 { "less than 0.1".to_owned() } else { figure(seconds) };
    format!("Made by {} {} in {took} s.\n", text(&tool.name), text(&tool.version))
}

fn of_place(found: &Found<'_>) -> String {
    let place = code(&format!("{}:{}", found.file.path, found.site.line));
    match found.site.function.as_str() {
        "<module>" => place,
        function => format!("{place} in {}", code(function)),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proved => "Proved: every precondition is told from the text",
        Verdict::Validated => "Validated: both versions ran, and nothing that was compared differs",
        Verdict::Assumed => "Assumed: legal by the text, but no run could check it",
        Verdict::Refuted => "Refuted: a run differed",
        Verdict::None => "Not validated: nothing was run",
    }
}

/// What the first confidence rests on.
fn safe(site: &Site) -> String {
    let mut parts = vec![match site.verdict {
        Verdict::None => "the shape of the loop alone; nothing was run".to_owned(),
        Verdict::Assumed => "the shape of the loop; no run could check it".to_owned(),
        Verdict::Refuted => "a run differed".to_owned(),
        Verdict::Proved | Verdict::Validated => "both versions ran".to_owned(),
    }];
    let evidence = site.evidence.as_ref();
    if let Some(e) = evidence.filter(|e| e.runs > 0 && site.verdict != Verdict::Refuted) {
        parts.push(format!("{}; answers: {}", plural(e.runs, "run"), answerers(&e.answers)));
        if let Some((told, seeded)) = e.mutants {
            parts.push(format!("{told} of {} showed", plural(seeded, "seeded mistake")));
        }
        parts.extend(weaker(e));
    }
    if !site.cautions.is_empty() && site.verdict != Verdict::Refuted {
        parts.push(
            format!("{} lower it", plural(site.cautions.len(), "caution"))
                .replace("1 caution lower", "1 caution lowers"),
        );
    }
    text(&parts.join("; "))
}

fn weaker(e: &Evidence) -> Option<String> {
    e.relation.as_ref().filter(|relation| *relation != "equal").map(|relation| format!("the same only {relation}"))
}

fn basis(estimate: &Estimate, evidence: Option<&Evidence>) -> String {
    match evidence.and_then(|e| e.speedup_measured) {
        _ if estimate.basis == "measured" => "both versions were measured on the sample, and extrapolated".to_owned(),
        Some(times) => format!("typical figures of the catalogue; {}x was measured on the sample", figure(times)),
        None => "typical figures of the catalogue; nothing was measured".to_owned(),
    }
}

/// The estimate in a few words.
fn times(estimate: &Estimate) -> String {
    let faster = if estimate.speedup >= 1.05 {
        format!("about {}x faster", figure(estimate.speedup))
    } else {
        format!("not faster ({}x)", figure(estimate.speedup))
    };
    if estimate.items == 0 {
        return faster;
    }
    let [before, after] = [estimate.seconds_before, estimate.seconds_after].map(duration);
    format!("{}: {before} → {after}, {faster}", plural(estimate.items, "item"))
}

/// What was measured, and what is estimated.
fn timed(out: &mut String, timing: Option<&Timing>, estimate: Option<&Estimate>) {
    if let Some(timing) = timing {
        let (a, b) = (&timing.original, &timing.rewritten);
        out.push_str(&format!(
            "\nMeasured on the sample, with {:.0} ms for each answer: **{}x** as fast from the first request to the last answer.\n\n{}",
            timing.latency * 1e3,
            figure(timing.speedup()),
            head(&["on the sample", "before", "after"])
        ));
        let mut seconds =
            |what: &str, a: f64, b: f64| out.push_str(&row(&[what.into(), format!("{a} s"), format!("{b} s")]));
        seconds("until the first request", a.before, b.before);
        seconds("with requests under way", a.requests, b.requests);
        seconds("between requests", a.rest, b.rest);
        seconds("after the last answer", a.after, b.after);
        if a.slept + b.slept > 0.0 {
            seconds("asleep (shortened in the runs)", a.slept, b.slept);
        }
        out.push_str(&row(&["requests".into(), a.calls.to_string(), b.calls.to_string()]));
        out.push_str(&row(&["most requests at once".into(), a.in_flight.to_string(), b.in_flight.to_string()]));
    }
    if let Some(estimate) = estimate {
        let from = if estimate.basis == "measured" {
            "Estimated from these measurements"
        } else {
            "Estimated from the catalogue, not measured"
        };
        let formula = match estimate.formula.split_once(" with ") {
            Some((formula, values)) => format!("{} with {}", code(formula), text(values)),
            None => text(&estimate.formula),
        };
        out.push_str(&format!("\n{from}, for {}. Old time over new: {formula}.\n", times(estimate)));
    }
}

/// Why a verdict is not better: sentences, and what programs put out as it is.
fn told(out: &mut String, reason: &str, lead: &str) {
    out.push_str(&format!("{lead}: "));
    let mut shown: Vec<&str> = Vec::new();
    let flush = |out: &mut String, shown: &mut Vec<&str>| {
        if !shown.is_empty() {
            out.push_str(&format!("\n{}", block("text", &shown.join("\n"))));
            shown.clear();
        }
    };
    for line in reason.lines() {
        match line.strip_prefix("  ") {
            Some(line) => shown.push(line),
            None => {
                flush(out, &mut shown);
                if !line.trim().is_empty() {
                    out.push_str(&text(line));
                    out.push('\n');
                }
            }
        }
    }
    flush(out, &mut shown);
}

fn list(out: &mut String, items: &[String]) {
    for item in items {
        out.push_str(&format!("- {item}\n"));
    }
}

fn is_runtime(path: &str) -> bool {
    path.rsplit('/').next() == Some("perfmod_runtime.py")
}

/// The parts of a unified diff, one a file.
fn of_files(diff: &str) -> Vec<&str> {
    let mut begins = Vec::new();
    let mut at = 0;
    let lines: Vec<&str> = diff.split_inclusive('\n').collect();
    for (nth, line) in lines.iter().enumerate() {
        // A line `-- x` that is taken out looks like the first of these, but no header follows it.
        let follows = |by: usize, mark: &str| lines.get(nth + by).is_some_and(|line| line.starts_with(mark));
        if line.starts_with("--- ") && follows(1, "+++ ") && follows(2, "@@ ") {
            begins.push(at);
        }
        at += line.len();
    }
    begins.push(diff.len());
    begins.windows(2).map(|pair| &diff[pair[0]..pair[1]]).collect()
}

fn makes_the_runtime(part: &str) -> bool {
    let path = part.lines().find_map(|line| line.strip_prefix("+++ "));
    path.is_some_and(|path| is_runtime(path.trim_end_matches(['\t', '"'])))
}

/// A word for a shell.
fn shell(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "…".to_owned(), std::borrow::Cow::into_owned)
}
