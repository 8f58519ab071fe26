//! The story of a run: what was found, what is proposed, what speaks for it, what to watch, how to go on.

use crate::facts::{
    Code, Estimate, Evidence, Executor, FileReport, Report, Site, Stages, Status, Strategy, Timing, Validation, Verdict,
};
use crate::rewrite::python::DEFAULT_LIMIT;
use anstyle::{AnsiColor, Style};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The styles of a terminal report; plain where colour is off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Palette {
    /// Whether there is colour at all.
    pub colour: bool,
    pub(super) strong: Style,
    pub(super) good: Style,
    pub(super) care: Style,
    pub(super) bad: Style,
    pub(super) quiet: Style,
}

impl Palette {
    /// Colours, or none.
    pub fn new(colour: bool) -> Self {
        if !colour {
            return Self::default();
        }
        let fg = |c: AnsiColor| Style::new().fg_color(Some(c.into()));
        Self {
            colour,
            strong: Style::new().bold(),
            good: fg(AnsiColor::Green).bold(),
            care: fg(AnsiColor::Yellow).bold(),
            bad: fg(AnsiColor::Red).bold(),
            quiet: Style::new().dimmed(),
        }
    }

    pub(super) fn status(&self, status: Status) -> Style {
        match status {
            Status::Ready => self.good,
            Status::Care => self.care,
            Status::Blocked => self.bad,
        }
    }

    fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Proved | Verdict::Validated => self.good,
            Verdict::Assumed => self.care,
            Verdict::Refuted => self.bad,
            Verdict::None => self.quiet,
        }
    }
}

pub(super) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

const WIDTH: usize = 80;

/// A space at which no line is broken.
const KEPT: char = '\u{a0}';

/// Words wrapped to the width, with an indentation; the first line goes on behind `lead`.
fn wrap(out: &mut String, lead: &str, hang: &str, text: &str) {
    wrap_to(WIDTH, out, lead, hang, text);
}

/// The same, to any width.
pub(super) fn wrap_to(width: usize, out: &mut String, lead: &str, hang: &str, text: &str) {
    let mut line = lead.to_string();
    let mut empty = true;
    // A value stays with its name.
    let words = text.split(|c: char| c.is_whitespace() && c != KEPT).filter(|word| !word.is_empty());
    for word in words.map(|word| word.replace(KEPT, " ")) {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(line.trim_end());
            out.push('\n');
            line = hang.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// What `perfmod check` prints. Blocked sites are told in full with `verbose`, in a line otherwise.
pub fn check(report: &Report, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    let mut long = false;
    for file in &report.files {
        problem(&mut out, file, palette);
        for site in &file.sites {
            // Sites of two lines stand close together.
            let longer = site.status != Status::Blocked || verbose;
            if long || longer {
                apart(&mut out);
            }
            long = longer;
            headline(&mut out, file, site, palette);
            if site.status != Status::Blocked || verbose {
                body(&mut out, site, palette, verbose, verbose);
            } else if let Some(first) = site.obstacles.first() {
                wrap(&mut out, "  ", "    ", &format!("{}: {}", first.code, first.message));
            }
        }
    }
    if long {
        apart(&mut out);
    }
    let (mut ready, mut care, mut blocked) = (0, 0, 0);
    for site in report.files.iter().flat_map(|f| &f.sites) {
        match site.status {
            Status::Ready => ready += 1,
            Status::Care => care += 1,
            Status::Blocked => blocked += 1,
        }
    }
    let summary = &report.summary;
    let _ = writeln!(
        out,
        "{} in {}: {ready} ready, {care} with care, {blocked} blocked",
        plural(summary.sites, "site"),
        plural(summary.files, "file")
    );
    if blocked > 0 && !verbose {
        let _ = writeln!(
            out,
            "{}",
            paint(palette.quiet, "-v tells more about what is blocked; `perfmod explain FILE:LINE` draws it")
        );
    }
    out
}

/// A number of things.
pub fn plural(n: usize, what: &str) -> String {
    match (n, what.ends_with("ch")) {
        (1, _) => format!("1 {what}"),
        (_, true) => format!("{n} {what}es"),
        (_, false) => format!("{n} {what}s"),
    }
}

/// An empty line behind what stands already.
fn apart(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn problem(out: &mut String, file: &FileReport, palette: Palette) {
    if let Some(problem) = &file.error {
        let line = problem.line.map(|l| format!(":{l}")).unwrap_or_default();
        let _ = writeln!(out, "{}{line}: {}", file.path, paint(palette.bad, problem.code));
        wrap(out, "  ", "  ", &problem.message);
    }
    for note in &file.notes {
        let line = note.line.map(|l| format!(":{l}")).unwrap_or_default();
        let lead = format!("{}{line}: {} ", file.path, paint(palette.care, note.code));
        wrap(out, &lead, "  ", &note.message);
    }
}

fn headline(out: &mut String, file: &FileReport, site: &Site, palette: Palette) {
    headline_of(out, &file.path, site, palette);
}

/// The first line about a site.
pub(super) fn headline_of(out: &mut String, path: &str, site: &Site, palette: Palette) {
    let status = match site.status {
        Status::Ready => "ready",
        Status::Care => "care",
        Status::Blocked => "blocked",
    };
    let place = paint(palette.strong, format!("{path}:{}", site.line));
    let _ = writeln!(
        out,
        "{place}: {} `{}` one by one in {}",
        paint(palette.status(site.status), status),
        site.call,
        site.function
    );
}

/// What is assumed of the text; why runs could not tell is among the evidence.
pub(super) fn stated(site: &Site) -> impl Iterator<Item = &String> {
    let told = site.evidence.as_ref().and_then(|e| e.reason.as_ref());
    site.assumptions.iter().filter(move |a| Some(*a) != told)
}

fn body(out: &mut String, site: &Site, palette: Palette, verbose: bool, formula: bool) {
    plan(out, site, verbose, formula);
    for caution in &site.cautions {
        let lead = format!("  {} line {}: ", paint(palette.care, caution.code), caution.span.line);
        wrap(out, &lead, "    ", &caution.message);
    }
    if site.status == Status::Care {
        for assumption in stated(site) {
            wrap(out, "  assumed: ", "    ", assumption);
        }
    }
    for obstacle in &site.obstacles {
        let other = obstacle.other_span.as_ref().filter(|o| o.line != obstacle.span.line);
        let lines = match other {
            Some(other) => format!("lines {} and {}", obstacle.span.line, other.line),
            None => format!("line {}", obstacle.span.line),
        };
        let lead = format!("  {} {lines}: ", paint(palette.bad, obstacle.code));
        wrap(out, &lead, "    ", &obstacle.message);
        wrap(out, "    help: ", "      ", &obstacle.help);
    }
}

/// What would be done with a site, and how much faster that is; nothing where it is blocked.
pub(super) fn plan(out: &mut String, site: &Site, verbose: bool, formula: bool) {
    if let (Some(strategy), Some(executor)) = (site.strategy, site.executor) {
        let how = form(site, strategy, executor);
        wrap(out, "  ", "    ", &format!("{}: {how}", site.recipes.join(", ")));
        if let (true, Executor::Threads, Some(why)) = (verbose, executor, &site.executor_reason) {
            wrap(out, "    ", "    ", &format!("threads, because {why}"));
        }
        if let (true, Some(why)) = (verbose, &site.options_reason) {
            wrap(out, "    ", "    ", why);
        }
    }
    if let Some(estimate) = &site.estimate {
        wrap(out, "  ", "    ", &format!("estimate: {}", of_estimate(estimate, formula)));
    }
}

/// What becomes of a loop, in words.
pub(super) fn form(site: &Site, strategy: Strategy, executor: Executor) -> &'static str {
    match (strategy, executor) {
        (Strategy::Gather, Executor::Async) if site.plain => "the loop becomes one `asyncio.gather`, on an event loop",
        (Strategy::Gather, _) if site.plain => "the loop becomes one `map` of a pool of threads",
        (Strategy::Gather, Executor::Async) => "the loop becomes one `gather`, on an event loop",
        (Strategy::Gather, _) => "the loop becomes one `gather`, in threads",
        (Strategy::Prefetch, Executor::Async) => "the loop stays as it is; its calls are asked ahead, on an event loop",
        (Strategy::Prefetch, _) => "the loop stays as it is; its calls are asked ahead, in threads",
        (_, Executor::Async) => "the loop stays and its calls run ahead of it, on an event loop",
        (_, _) => "the loop stays and its calls run ahead of it, in threads",
    }
}

/// A time in a unit that reads well.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{} s", figure(s)),
        s if s < 90.0 * 60.0 => format!("{} min", figure(s / 60.0)),
        s => format!("{} h", figure(s / 3600.0)),
    }
}

fn of_estimate(estimate: &Estimate, formula: bool) -> String {
    let basis =
        if estimate.basis == "measured" { "from what was measured on the sample" } else { "from the catalogue" };
    let times = if estimate.speedup >= 1.05 {
        format!("about {}x faster", figure(estimate.speedup))
    } else {
        format!("not faster ({}x)", figure(estimate.speedup))
    };
    if !formula && estimate.items > 0 {
        let [before, after] = [estimate.seconds_before, estimate.seconds_after].map(duration);
        return format!("{times}, {basis} ({}: {before} → {after})", plural(estimate.items, "item"));
    }
    let kept = estimate.formula.replace(" = ", &format!("{KEPT}={KEPT}"));
    format!("{times}, {basis}: {kept}")
}

pub(super) fn figure(x: f64) -> String {
    if x >= 10.0 { format!("{x:.0}") } else { format!("{x:.1}") }
}

/// Whether a site has no patch because no recipe writes it: there is nothing to run and nothing to accept.
pub(super) fn without_recipe(site: &Site) -> bool {
    site.recipes.is_empty() && site.cautions.iter().any(|c| c.code == Code::NO_RECIPE)
}

/// What became of a site's patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is in the diff, or was applied.
    Shown,
    /// The user does not want it.
    Unwanted,
    /// It could not be made or written; why was said.
    Failed,
}

/// The story of `perfmod rewrite`, for stderr.
pub fn story(report: &Report, palette: Palette, verbose: bool, dry_run: bool, fate: &dyn Fn(&Site) -> Fate) -> String {
    let mut out = String::new();
    for file in &report.files {
        problem(&mut out, file, palette);
        for site in &file.sites {
            apart(&mut out);
            if site.status == Status::Blocked && !verbose {
                headline(&mut out, file, site, palette);
                if let Some(first) = site.obstacles.first() {
                    wrap(&mut out, "  ", "    ", &format!("{}: {}", first.code, first.message));
                    wrap(&mut out, "    help: ", "      ", &first.help);
                }
                continue;
            }
            headline(&mut out, file, site, palette);
            body(&mut out, site, palette, verbose, true);
            if without_recipe(site) {
                continue;
            }
            evidence(&mut out, site, palette);
            if site.status != Status::Blocked {
                state(&mut out, site, palette, dry_run, fate(site));
            }
        }
    }
    let proposed: Vec<&Site> = report.files.iter().flat_map(|f| &f.sites).filter(|s| fate(s) == Fate::Shown).collect();
    if !proposed.is_empty() {
        apart(&mut out);
        guide(&mut out, &proposed, palette, dry_run);
    } else if report.summary.sites == 0 {
        let _ = writeln!(out, "no loop with a waiting call was found in {}", plural(report.summary.files, "file"));
    }
    out
}

/// What `perfmod migrate` says at its end: the figures, what was refuted, and what could not be processed; with `verbose`,
/// every site that has a patch.
pub fn migrated(report: &Report, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    for file in &report.files {
        problem(&mut out, file, palette);
        for site in &file.sites {
            if site.verdict != Verdict::Refuted && (!verbose || site.recipes.is_empty()) {
                continue;
            }
            headline(&mut out, file, site, palette);
            body(&mut out, site, palette, verbose, true);
            evidence(&mut out, site, palette);
        }
    }
    let summary = &report.summary;
    let word = |verdict: &Verdict| match verdict {
        Verdict::None => "not validated".to_string(),
        other => other.to_string(),
    };
    let by_verdict: Vec<String> = summary.by_verdict.iter().map(|(v, n)| format!("{n} {}", word(v))).collect();
    let verdicts = if by_verdict.is_empty() { String::new() } else { format!(" ({})", by_verdict.join(", ")) };
    let text = format!(
        "{} in {}, {}{verdicts}, {} applied, in {:.1} s",
        plural(summary.sites, "site"),
        plural(summary.files, "file"),
        plural(summary.patches, "patch"),
        summary.applied,
        summary.seconds
    );
    wrap(&mut out, "", "  ", &text);
    out
}

/// What is not asked about patch by patch, and why: files with an error, and sites that are blocked, refuted or have no recipe.
pub fn not_offered(report: &Report, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    for file in &report.files {
        problem(&mut out, file, palette);
        for site in &file.sites {
            let blocked = site.status == Status::Blocked;
            if !blocked && site.verdict != Verdict::Refuted && !without_recipe(site) {
                continue;
            }
            headline(&mut out, file, site, palette);
            if blocked && !verbose {
                if let Some(first) = site.obstacles.first() {
                    wrap(&mut out, "  ", "    ", &format!("{}: {}", first.code, first.message));
                }
                continue;
            }
            body(&mut out, site, palette, verbose, true);
            if site.verdict == Verdict::Refuted {
                evidence(&mut out, site, palette);
                state(&mut out, site, palette, false, Fate::Unwanted);
            }
        }
    }
    if report.summary.sites == 0 {
        let _ = writeln!(out, "no loop with a waiting call was found in {}", plural(report.summary.files, "file"));
    }
    out
}

/// One patch, for somebody who is asked whether to apply it: its site, what would be done, what is to be accepted, the
/// verdict with its reason, and the estimate. With `verbose`, all facts of the runs.
pub fn proposal(path: &str, site: &Site, palette: Palette, verbose: bool) -> String {
    let mut out = String::new();
    headline_of(&mut out, path, site, palette);
    body(&mut out, site, palette, verbose, true);
    if verbose {
        evidence(&mut out, site, palette);
        return out;
    }
    let sure = site.confidence.map(|c| format!(" (safe {}%, faster {}%)", c.safe, c.faster)).unwrap_or_default();
    let why = match (&site.evidence, site.verdict) {
        (None, _) => "nothing was run".to_string(),
        (Some(e), Verdict::Validated | Verdict::Proved) => {
            format!("nothing that was compared differs in {}", plural(e.runs, "run"))
        }
        (Some(e), _) => e.reason.clone().unwrap_or_default(),
    };
    let verdict = if site.verdict == Verdict::None { "not validated".into() } else { site.verdict.to_string() };
    let lead = format!("  {}{sure}: ", paint(palette.verdict(site.verdict), verdict));
    wrap(&mut out, &lead, "    ", why.lines().next().unwrap_or_default());
    out
}

/// The verdict of a site with all facts of the runs.
pub fn facts(site: &Site, palette: Palette) -> String {
    let mut out = String::new();
    evidence(&mut out, site, palette);
    out
}

fn evidence(out: &mut String, site: &Site, palette: Palette) {
    if site.status == Status::Blocked {
        return;
    }
    let verdict = paint(palette.verdict(site.verdict), site.verdict);
    let Some(e) = &site.evidence else {
        if site.verdict == Verdict::None {
            wrap(out, "  ", "    ", "not validated: nothing was run");
        }
        return;
    };
    let sure = site.confidence.map(|c| format!(" (safe {}%, faster {}%)", c.safe, c.faster)).unwrap_or_default();
    let _ = writeln!(out, "  {verdict}{sure}");
    runs(out, e);
}

/// What `perfmod validate` prints.
pub fn validation(found: &Validation, palette: Palette) -> String {
    let mut out = String::new();
    let verdict = paint(palette.verdict(found.verdict), found.verdict);
    let said = match found.verdict {
        Verdict::Refuted => "they do not do the same",
        Verdict::Assumed | Verdict::None => "it could not be told whether they do the same",
        Verdict::Proved | Verdict::Validated => "nothing that was compared differs",
    };
    let sure = found.confidence.filter(|_| found.verdict != Verdict::Refuted).map(|confidence| {
        let faster = found.estimate.as_ref().map(|_| format!(", faster {}%", confidence.faster)).unwrap_or_default();
        format!(" (safe {}%{faster})", confidence.safe)
    });
    let sure = sure.unwrap_or_default();
    let _ = writeln!(out, "{} and {}: {verdict}{sure}, {said}", found.original, found.rewritten);
    runs(&mut out, &found.evidence);
    if let Some(estimate) = &found.estimate {
        wrap(&mut out, "    - ", "      ", &format!("estimate: {}", of_estimate(estimate, true)));
    }
    out
}

/// Why the verdict is not better, and the facts of the runs.
fn runs(out: &mut String, e: &Evidence) {
    if let Some(reason) = &e.reason {
        for line in reason.lines() {
            match line.strip_prefix("  ") {
                // What the programs put out, as it is: two lines may differ in a space.
                Some(_) => _ = writeln!(out, "    {line}"),
                None => wrap(out, "    ", "      ", line),
            }
        }
    }
    for fact in facts_of(e) {
        wrap(out, "    - ", "      ", &fact);
    }
}

/// The facts of the runs, one sentence each; none where nothing was run.
pub(super) fn facts_of(e: &Evidence) -> Vec<String> {
    if e.runs == 0 {
        return Vec::new();
    }
    let mut facts = vec![of_runs(e)];
    if !e.schedules.is_empty() {
        facts.push(format!("no difference in these orders of completion: {}", e.schedules.join(", ")));
    }
    if !e.faults.is_empty() {
        facts.push(format!("both end alike where something goes wrong: {}", e.faults.join("; ")));
    }
    if let Some((told, seeded)) = e.mutants {
        facts.push(format!("{told} of {} showed", plural(seeded, "seeded mistake")));
    }
    if !e.observables.is_empty() {
        let relation = match e.relation.as_deref() {
            None => String::new(),
            Some("equal") => "; all of it is equal".to_string(),
            Some("equal as data") => "; equal as data: other bytes of a file, the same content".to_string(),
            Some(weaker) => format!("; the same {weaker}"),
        };
        facts.push(format!("compared: {}{relation}", e.observables.join(", ")));
    }
    if !e.masked.is_empty() {
        facts.push(format!(
            "not compared, because it differs between two runs of the original: {}",
            e.masked.join(", ")
        ));
    }
    if e.max_in_flight > 0 {
        let again =
            e.second_run_calls.map(|n| format!("; a second run made {}", plural(n, "request"))).unwrap_or_default();
        facts.push(format!("up to {} in flight at once{again}", plural(e.max_in_flight, "request")));
    }
    if let Some(timing) = &e.stages {
        facts.push(of_stages(timing));
    }
    let isolation = if e.isolation.is_empty() { String::new() } else { format!("; isolation: {}", e.isolation) };
    facts.push(format!("answers: {}{isolation}", answerers(&e.answers)));
    facts.extend(e.notes.iter().map(|n| format!("note: {n}")));
    facts
}

/// Who answered, in words: "your stubs" are not perfmod's.
pub(super) fn answerers(answers: &str) -> String {
    let told = |source| if source == "stub" { "made up by perfmod's stub" } else { source };
    answers.split(", ").map(told).collect::<Vec<_>>().join(", ")
}

/// How often what was run.
fn of_runs(e: &Evidence) -> String {
    let original = e.runs - e.runs_rewritten.min(e.runs);
    let runs = match e.runs_rewritten {
        0 => format!("{} of the original; the rewritten version was not run", plural(e.runs, "run")),
        rewritten => {
            format!("{}: {original} of the original, {rewritten} of the rewritten version", plural(e.runs, "run"))
        }
    };
    let requests = match e.requests {
        0 => "it makes no request".to_string(),
        n => format!("the original makes {}", plural(n, "request")),
    };
    format!("{runs}; sample: {}; {requests}", e.sampling)
}

/// What the stages took.
fn of_stages(timing: &Timing) -> String {
    let one = |name: &str, stages: &Stages| {
        let slept = if stages.slept > 0.0 { format!(", and {} s of sleep", stages.slept) } else { String::new() };
        format!(
            "{name} {} s before its first request, {} s with requests under way, {} s between them, {} s after the last answer{slept}",
            stages.before, stages.requests, stages.rest, stages.after
        )
    };
    format!(
        "measured on the sample, {:.0} ms an answer: {}; {}",
        timing.latency * 1e3,
        one("the original", &timing.original),
        one("the rewritten version", &timing.rewritten)
    )
}

fn state(out: &mut String, site: &Site, palette: Palette, dry_run: bool, fate: Fate) {
    if fate == Fate::Shown {
        return;
    }
    let why = if fate == Fate::Failed {
        "see the error above".to_string()
    } else {
        consent(site).replace("--accept ", &format!("--accept{KEPT}"))
    };
    let what = if dry_run { "not in the diff" } else { "not applied" };
    wrap(out, "  ", "    ", &format!("{}; {why}", paint(palette.care, what)));
}

/// What the user would have to say for a patch that was left.
pub(super) fn consent(site: &Site) -> String {
    match (site.verdict, site.status) {
        (Verdict::Refuted, _) => "refuted patches are never applied".to_string(),
        (_, Status::Care) => {
            let mut what: Vec<String> = site.cautions.iter().map(|c| c.code.to_string()).collect();
            what.sort();
            what.dedup();
            if site.verdict == Verdict::Assumed || stated(site).next().is_some() {
                what.push("assumed".to_string());
            }
            format!("to accept it: --accept {}", what.join(" --accept "))
        }
        (Verdict::Assumed, _) => "to accept it without a run that could check it: --accept assumed".to_string(),
        _ => "not accepted".to_string(),
    }
}

/// How many calls of a loop run at once in the rewritten program.
pub(super) struct Limits {
    /// The numbers that stand in its text, in words.
    pub said: Option<String>,
    /// Whether a loop keeps to the runtime's options.
    pub open: bool,
}

impl Limits {
    pub fn of(sites: &[&Site]) -> Self {
        let said: BTreeSet<usize> = sites.iter().filter_map(|s| s.limit).collect();
        let words: Vec<String> = said.iter().map(usize::to_string).collect();
        Self {
            said: (!words.is_empty()).then(|| words.join(" or ")),
            open: sites.iter().any(|s| s.limit.is_none() && !s.plain),
        }
    }
}

/// What changes for the person who runs the program, and how to go on.
fn guide(out: &mut String, sites: &[&Site], palette: Palette, dry_run: bool) {
    let alone = sites.iter().all(|s| s.plain);
    let _ = writeln!(out, "{}", paint(palette.strong, "what changes"));
    let mut say = |text: &str| wrap(out, "  - ", "    ", text);
    say(match alone {
        true => "the program is run as before and prints and writes the same",
        false => "the program is run as before and prints and writes the same; progress goes to stderr",
    });
    if sites.iter().any(|s| s.recipes.iter().any(|r| r == "checkpoint")) {
        say(
            "results are kept in .perfmod/cache/ at the project root until the loop has ended: a run that was killed is gone on with. PERFMOD_CACHE=off asks anew",
        );
    }
    if sites.iter().any(|s| s.evidence.as_ref().is_some_and(|e| e.second_run_calls.is_some())) {
        say(
            "paid answers are kept in .perfmod/cache/ at the project root: a second run replays them, also sampled ones. PERFMOD_CACHE=off draws anew",
        );
    }
    let samples = if alone { "" } else { "; PERFMOD_MAX_SAMPLES=N stops after N items" };
    let Limits { said, open } = Limits::of(sites);
    if open {
        let but = said.map(|said| format!(" where the program's text does not say it (at most {said})"));
        let but = but.unwrap_or_default();
        say(&format!("PERFMOD_MAX_CONCURRENT=N sets how many calls run at once ({DEFAULT_LIMIT}){but}{samples}"));
    } else if let Some(said) = said {
        say(&format!("at most {said} calls of a loop run at once, as the program's text says{samples}"));
    }
    let mut options: Vec<&str> = Vec::new();
    for option in sites.iter().flat_map(|s| &s.options) {
        if !options.contains(&option.as_str()) {
            options.push(option);
        }
    }
    if !options.is_empty() {
        say(&format!("the program has new options: {}", options.join(", ")));
    }
    say(match alone {
        true => "if a call fails, calls of later items have been made, as PM105 says",
        false => {
            "if a call fails, the exception comes where it came before; calls of later items that were under way have been made"
        }
    });
    if dry_run {
        say("to apply: the same command with --yes in place of --dry-run, or `git apply` the diff");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_of_the_user_are_not_made_up() {
        assert_eq!(answerers("your stubs"), "your stubs");
        assert_eq!(answerers("stub, your stubs"), "made up by perfmod's stub, your stubs");
        assert_eq!(answerers("none asked for"), "none asked for");
    }
}
