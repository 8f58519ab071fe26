//! The order of events: baseline, latency, schedules, a second run; and the verdict.

use super::{
    Cost, Outcome, Program, Request,
    answers::{self, Given},
    compare::{self, Floats, Leeway, Masks},
    copy,
    edge::{Recorded, Schedule},
    entry, faults, headers, mutants, pace,
    run::{Observed, Plan, Stage},
    stages, story,
    unrun::{self, Unrun},
    work::Work,
};
use crate::facts::{Evidence, Timing, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Component, Path},
    time::{Duration, Instant},
};

/// Runs side by side. More would disturb each other's idea of when a program is idle.
const AT_ONCE: usize = 2;

/// What the answers of the original's measured run take together: this share of its first run, within these milliseconds.
const MEASURED_SHARE: f64 = 0.2;
const MEASURED_MS: (f64, f64) = (200.0, 600.0);

/// Seconds by which the clocks of one run of the original are ahead: what is made of the time, to the second or the minute,
/// differs then, and is no result.
const AHEAD: f64 = 61.25;

/// Why validation ended before its end.
pub(super) enum Stop {
    Assumed(String),
    Refuted(String),
}

pub(super) fn validate(request: &Request<'_>, given: &Given, log: &mut dyn FnMut(&str)) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::Assumed,
        evidence: Evidence { sampling: request.sampling.clone(), answers: "stub".to_owned(), ..Evidence::default() },
        cost: None,
        unseen: Vec::new(),
    };
    (outcome.verdict, outcome.evidence.reason) = match steps(request, given, &mut outcome, log) {
        Ok(()) => (Verdict::Validated, None),
        Err(Stop::Assumed(reason)) => (Verdict::Assumed, Some(reason)),
        Err(Stop::Refuted(reason)) => (Verdict::Refuted, Some(reason)),
    };
    explain(&mut outcome);
    // Requests are shown in them, which a program can send a key of its own with.
    let evidence = &mut outcome.evidence;
    let told = evidence.reason.iter_mut().chain(&mut evidence.notes);
    told.for_each(|text| *text = answers::without_secrets(text));
    outcome
}

/// Reasons that another answer might have done away with.
const OF_ANSWERS: [&str; 4] = [
    "the original itself ends in an exception",
    "all answers were equal",
    "no seeded mix-up of answers showed",
    "nothing of what the program puts out could be compared",
];

/// Adds to a reason what is ours and not the program's: answers that were made up, and where a run may write.
fn explain(outcome: &mut Outcome) {
    let evidence = &mut outcome.evidence;
    let stub = evidence.answers.split(", ").any(|source| source == "stub");
    let Some(reason) = &mut evidence.reason else { return };
    if stub && outcome.verdict == Verdict::Assumed && OF_ANSWERS.iter().any(|start| reason.starts_with(start)) {
        reason.push_str(
            "\nThe answers were made up by perfmod's stub, and the program may want others: record real ones with `perfmod record` and give them with --cassette FILE, let a server be asked with --allow HOST, or write them down under [tool.perfmod.stubs]",
        );
    }
    if reason.contains("Read-only file system") {
        reason.push_str(
            "\nA run may only write inside its own copy of the project, its HOME and its TMPDIR; everything else is read-only for it",
        );
    }
}

fn steps(request: &Request<'_>, given: &Given, outcome: &mut Outcome, log: &mut dyn FnMut(&str)) -> Result<(), Stop> {
    let no_folder = |error: std::io::Error| Stop::Assumed(format!("there is no temporary folder to run in: {error}"));
    let work = Work::new().map_err(no_folder)?;
    let folder = work.path().map_err(no_folder)?;
    let stage = staged(request, given, &folder).map_err(Stop::Assumed)?;
    let mut versions = (
        stage.version('o', &request.original).map_err(Stop::Assumed)?,
        stage.version('r', &request.rewritten).map_err(Stop::Assumed)?,
    );
    let positions = Stage::set_against(&mut versions.0, &mut versions.1);
    if let Some(name) = &request.named {
        positions.call(request.script.to_string_lossy().into_owned(), name.clone());
    }
    // What else is run than the script may be no Python at all.
    let mut forks = request.fork && request.entry.is_empty();
    for version in [&versions.0, &versions.1].into_iter().filter(|_| forks) {
        // They import while the original runs for the first time.
        stage.start(version).map_err(Stop::Assumed)?;
    }
    log("running the original twice, once from nothing");
    let known: Vec<String> = given.varying.borrow().iter().cloned().collect();
    let cold = Plan { ignored: &known, ..Plan::plain(&versions.0) };
    let begun = Instant::now();
    let mut a = one(&stage, &cold, outcome).map_err(Stop::Assumed)?;
    let evidence = &mut outcome.evidence;
    evidence.isolation.clone_from(&a.isolation);
    evidence.requests = a.record.requests.len();
    evidence.answers = sources(&a);
    baseline(&a, &a, request)?;
    let cost = Instant::now();
    // Both holders import side by side.
    let modules = loaded(&a);
    for version in [&versions.0, &versions.1].into_iter().filter(|_| forks) {
        version.load(&modules);
    }
    for version in [&versions.0, &versions.1].into_iter().filter(|_| forks) {
        let unfit = match version.ready() {
            Some(Ok(ready)) => {
                log(&format!("{} modules were imported ahead", ready.ahead));
                ready.unfit
            }
            Some(Err(why)) => why,
            None => continue,
        };
        if !unfit.is_empty() {
            forks = false;
            outcome.evidence.notes.push(format!("each run started Python anew: {unfit}"));
            break;
        }
    }
    if !forks {
        versions.0.give_up();
        versions.1.give_up();
    }
    let original = Plan { fresh: !forks, ..cold };
    let latency = latency(&a);
    let slow = Schedule::Latency(u64::try_from(latency.as_millis()).unwrap_or(50));
    // With the latency changed, times in the output change too: the third run tells them from results. It mostly waits, so
    // the second one goes beside it where it takes no time from it.
    log("running the original again, and with the same latency on every answer");
    let again = Plan { trace: true, keep: true, ..original };
    let measured = Plan { schedule: slow, ahead: Some(AHEAD), ..original };
    let (b, c) = if std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1) {
        pair(&stage, &again, &measured, outcome)
    } else {
        (one(&stage, &again, outcome), one(&stage, &measured, outcome))
    };
    let (mut b, mut c) = (b.map_err(Stop::Assumed)?, c.map_err(Stop::Assumed)?);
    let did = |run: &Observed| {
        let asked: BTreeSet<String> = run.record.requests.iter().map(|it| it.asked().to_owned()).collect();
        (asked, run.record.code, run.record.timed_out, run.record.stopped.is_some())
    };
    let mut original = original;
    if did(&a) != did(&c) {
        // It asks for something else at another time, or ends otherwise: from here on the time of the first run comes again.
        original.since = Some(begun);
        c = one(&stage, &Plan { ahead: None, since: Some(begun), ..measured }, outcome).map_err(Stop::Assumed)?;
    }
    for other in [&b, &c] {
        given.varying.borrow_mut().extend(headers::varying(&a.record.requests, &other.record.requests));
    }
    let ignored = given.varying.borrow().clone();
    for run in [&mut a, &mut b, &mut c] {
        run.record.requests.iter_mut().for_each(|request| request.ignore(&ignored));
    }
    let ignored: Vec<String> = ignored.into_iter().collect();
    let original = Plan { ignored: &ignored, ..original };
    let evidence = &mut outcome.evidence;
    evidence.isolation.clone_from(&b.isolation);
    baseline(&a, &b, request)?;
    let mut masks = Masks::new(Floats::new(request.tolerance), positions);
    masks.variables.extend(request.unread.iter().cloned());
    masks.learn(&a, &b);
    let order: Vec<String> = a.record.requests.iter().map(|request| request.key.clone()).collect();
    let told =
        |request: &'_ Recorded| if given.by_ordinal() { request.key.clone() } else { request.asked().to_owned() };
    let distinct: BTreeSet<String> = a.record.requests.iter().map(told).collect();
    given.repeats.set(distinct.len() < order.len());
    if given.repeats.get() && given.alike() {
        evidence.notes.push(format!(
            "{} of {} requests are repeats of equal ones; those were answered alike, so mixing them up would not show",
            order.len() - distinct.len(),
            order.len()
        ));
    }

    baseline(&a, &c, request)?;
    masks.learn(&a, &c);
    outcome.evidence.masked = masks.named(&request.unread);
    if !request.unread.is_empty() && request.entry.is_empty() {
        let note = format!("what the loops leave in {} is not compared: nothing reads it", request.unread.join(", "));
        outcome.evidence.notes.push(note);
    }
    outcome.evidence.masked.extend(ignored.iter().map(|name| format!("the header `{name}` of requests")));
    let rewritten = Plan { version: &versions.1, order: &order, ..original };
    log("running the rewritten program with the same latency");
    let d = one(&stage, &Plan { schedule: slow, ..rewritten }, outcome).map_err(Stop::Assumed)?;
    let leeway = Leeway {
        merged: request.expects_cache || request.any_change,
        cached: false,
        extra: request.extra_requests,
        wording: false,
    };
    let check = |observed: &Observed, name: &str, leeway: Leeway, outcome: &mut Outcome| {
        let evidence = &mut outcome.evidence;
        evidence.max_in_flight = evidence.max_in_flight.max(observed.record.max_in_flight);
        let note = "the rewritten program prints a traceback to stderr that the original does not";
        if traceback(observed) && !traceback(&a) && !evidence.notes.iter().any(|known| known == note) {
            evidence.notes.push(note.to_owned());
        }
        let difference = if request.entry.is_empty() {
            compare::difference(&a, observed, &masks, leeway)
        } else {
            entry::difference(&a, &b, observed)
        };
        match difference {
            Some(difference) => Err(Stop::Refuted(format!("{name}: {difference}"))),
            None => Ok(()),
        }
    };
    check(&d, "with the same latency on every answer", leeway, outcome)?;
    let timing = stages::both(latency, &c, &d);
    outcome.evidence.speedup_measured = timing.as_ref().map(Timing::speedup);
    outcome.evidence.stages = timing;

    if forks {
        // It may load what the original does not.
        versions.1.load(&loaded(&d));
        match versions.1.ready() {
            Some(Ok(ready)) if ready.unfit.is_empty() => {}
            Some(Ok(ready)) => return Err(Stop::Assumed(format!("runs could not go on: {}", ready.unfit))),
            Some(Err(why)) => return Err(Stop::Assumed(why)),
            None => {}
        }
    }
    let schedules = Schedule::list(request.schedules, order.len());
    let cache = folder.join("cache");
    let mut reordered = schedules.len() < 2;
    let (mut traced, mut ran) = (None, None);
    for two in schedules.chunks(AT_ONCE) {
        let names: Vec<&str> = two.iter().map(|(name, _)| name.as_str()).collect();
        log(&format!("running the rewritten program, answers in the order: {}", names.join(", ")));
        let keep = |at: usize| (request.expects_cache && two[at].1 == Schedule::AsIs).then_some(cache.as_path());
        let trace = |at: usize| two[at].1 == Schedule::AsIs;
        // One order is enough: what is bound late is bound late in any.
        let late = |at: usize| two[at].1 == Schedule::Reverse;
        let plan = |at: usize| Plan {
            schedule: two[at].1,
            keep_cache: keep(at),
            trace: trace(at),
            late: late(at),
            ..rewritten
        };
        let runs = if two.len() == 1 {
            vec![one(&stage, &plan(0), outcome)]
        } else {
            let (first, second) = pair(&stage, &plan(0), &plan(1), outcome);
            vec![first, second]
        };
        for ((name, run), (_, schedule)) in names.iter().zip(runs).zip(two) {
            let run = run.map_err(Stop::Assumed)?;
            let late = *schedule == Schedule::Reverse;
            let begun = if late { ", threads begin late" } else { "" };
            if let Err(stop) = check(&run, &format!("answers in the order {name:?}{begun}"), leeway, outcome) {
                let Stop::Refuted(told) = stop else { return Err(stop) };
                if !schedule.holds()
                    || run.record.timed_out
                    || run.record.stopped.is_some()
                    || !request.entry.is_empty()
                {
                    return Err(Stop::Refuted(told));
                }
                log("looking for the two items whose order is enough");
                let differs = |run: &Observed| compare::difference(&a, run, &masks, leeway);
                let more = story::shrink(&stage, &Plan { late, ..rewritten }, &a.record.requests, &differs, outcome);
                return Err(Stop::Refuted(more.map_or(told.clone(), |more| format!("{told}\n{more}"))));
            }
            reordered |= overtaken(&run, &order);
            outcome.evidence.schedules.push((*name).to_owned());
            if *schedule == Schedule::AsIs {
                (traced, ran) = (run.seen, run.ran);
            }
        }
    }

    outcome.cost = Some(Cost { plain: Duration::from_secs_f64(a.record.wall_ms / 1e3), schedules: cost.elapsed() });

    pace::compare(&stage, &c, &rewritten, outcome).map_err(Stop::Assumed)?;
    if let (Some(before), Some(after)) = (&b.seen, &traced) {
        masks.positions.entered(before, after);
    }
    let mut functions = true;
    if let (Some(before), Some(after), true) = (&b.seen, &traced, request.entry.is_empty())
        && let Some(difference) = compare::calls(before, after, &masks.floats)
    {
        // What differs between two runs of the original is not compared here either.
        let again = one(&stage, &Plan { trace: true, ..original }, outcome).map_err(Stop::Assumed)?;
        match again.seen.and_then(|again| compare::calls(before, &again, &masks.floats.apart())) {
            None => return Err(Stop::Refuted(format!("answers in the order \"as-is\": {difference}"))),
            Some(_) => {
                functions = false;
                outcome.evidence.masked.push("what functions give back".to_owned());
            }
        }
    }

    let mut unrun = (Unrun::new(&versions.0, b.ran.as_ref()), Unrun::new(&versions.1, ran.as_ref()));
    let mut mixed_up = None;
    // What a project's own tests would say to a fault is nobody's business.
    if request.entry.is_empty() {
        let aside = masks.apart();
        let differs = |run: &Observed| {
            let calls = || compare::calls(b.seen.as_ref()?, run.seen.as_ref()?, &aside.floats).filter(|_| functions);
            compare::difference(&a, run, &aside, leeway).or_else(calls)
        };
        mixed_up = mutants::run(&stage, request.mutants, rewritten, (&b, ran.as_ref()), &differs, outcome, log)?;
        faults::run(&stage, request, (original, rewritten), (&a, &masks), &mut unrun, outcome, log)?;
    }

    if request.expects_cache {
        log("running the rewritten program again, with its cache");
        let again = one(&stage, &Plan { cache: Some(&cache), ..rewritten }, outcome).map_err(Stop::Assumed)?;
        let calls = again.record.requests.len();
        outcome.evidence.second_run_calls = Some(calls);
        if calls > 0 {
            let requests = if calls == 1 { "request" } else { "requests" };
            outcome
                .evidence
                .notes
                .push(format!("a second run made {calls} {requests}: not every answer was cacheable"));
        }
        check(&again, "second run, with the cache of the first", Leeway { cached: true, ..leeway }, outcome)?;
    }
    let outputs = masks.compared(&a);
    let evidence = &mut outcome.evidence;
    if request.entry.is_empty() {
        evidence.relation = Some(masks.floats.named());
        evidence.observables = vec!["exit code".to_owned(), format!("{} requests", order.len())];
        evidence.observables.extend(outputs.iter().cloned());
        if let (Some(before), Some(after)) = (&a.seen, &traced) {
            evidence.observables.extend(compare::compared(before, after, &masks));
        }
    } else {
        evidence
            .notes
            .push("nothing was made to go wrong: with --entry no faults and no mistakes are tried".to_owned());
        evidence.masked.clear();
        evidence.observables = vec![entry::compared(&a, &b)];
    }
    vacuous(request, &a, &outputs, (reordered, mixed_up), outcome)?;
    if let Some(file) = masks.unseen(&a).filter(|_| request.entry.is_empty()) {
        return Err(Stop::Assumed(format!("a file that the original writes could not be compared: {file}")));
    }
    let copies = unrun.1.without_copies(&unrun.0);
    outcome.evidence.notes.extend(unrun::told(&copies, &versions.1));
    outcome.unseen = unrun::check(request, ran.is_some(), (&unrun.0, &unrun.1), &versions)?;
    outcome.unseen.iter_mut().for_each(|unseen| unseen.reason = answers::without_secrets(&unseen.reason));
    match outcome.unseen.first() {
        Some(unseen) => Err(Stop::Assumed(unseen.reason.clone())),
        None => Ok(()),
    }
}

/// What each answer takes where the speed-up is measured. All of them together take the original, which waits for one after
/// the other, a share of what its first run took, and enough to stand out from what a call computes.
fn latency(a: &Observed) -> Duration {
    let all = (a.record.wall_ms * MEASURED_SHARE).clamp(MEASURED_MS.0, MEASURED_MS.1);
    Duration::from_millis((all / a.record.requests.len().max(1) as f64).round().clamp(2.0, 50.0) as u64)
}

/// Modules that a run had loaded.
fn loaded(run: &Observed) -> Vec<String> {
    run.seen.as_ref().map(|seen| seen.loaded.clone()).unwrap_or_default()
}

/// Makes the untouched copy in `folder`, and what all runs share. The error says why there can be no run.
pub(super) fn staged<'a>(request: &'a Request<'_>, given: &Given, folder: &'a Path) -> Result<Stage<'a>, String> {
    let executable = match request.executable {
        Some(path) => path.to_owned(),
        None => std::env::current_exe().map_err(|error| format!("perfmod cannot find itself: {error}"))?,
    };
    let root = std::fs::canonicalize(request.root)
        .map_err(|error| format!("{} cannot be read: {error}", request.root.display()))?;
    for path in [request.script, request.cwd] {
        if path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!("{} is not a path within {}", path.display(), root.display()));
        }
    }
    copy::pristine(&root, &folder.join("pristine"))?;
    let before = copy::snapshot(&folder.join("pristine"))
        .map_err(|error| format!("the copy of the project cannot be read: {error}"))?;
    let answers = given.write().map_err(|error| format!("the answers could not be written down: {error}"))?;
    Ok(Stage {
        work: folder,
        root,
        script: request.script,
        cwd: request.cwd,
        args: request.args,
        entry: request.entry,
        python: request.python,
        executable,
        max_requests: request.max_requests,
        max_written: request.max_written,
        namespaced: request.namespaced,
        landlocked: request.landlocked,
        bubblewrapped: request.bubblewrapped,
        timeout: request.timeout,
        near: request.tolerance.is_some(),
        answers,
        digests: headers::key()?,
        real: false,
        before,
        placed: placed(&[&request.original, &request.rewritten]),
        next: Default::default(),
    })
}

/// Paths in which the versions differ, and the folders made for them: they are not results.
fn placed(programs: &[&Program]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let paths = |program: &Program| {
        program.overlay.iter().map(|(path, _)| path).chain(&program.removed).cloned().collect::<Vec<_>>()
    };
    for path in programs.iter().flat_map(|program| paths(program)) {
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        all.extend((1..=parts.len()).map(|end| parts[..end].join("/")));
    }
    all
}

/// What to do where a variable of the environment was not there.
fn unset(stderr: &str, last: &str) -> String {
    let name = last.strip_prefix("KeyError: ").map(|name| name.trim_matches(['\'', '"']));
    let asks = |name: &str| ['"', '\''].iter().any(|q| stderr.contains(&format!("environ[{q}{name}{q}]")));
    name.filter(|name| asks(name)).map_or(String::new(), |name| {
        format!(
            "\nA run does not get your environment, so that no key reaches the program: give `{name}` a value to go on with in the program, as `os.environ.get(\"{name}\", …)` does; or name a command that sets it, of which only the exit code is compared: --entry \"env {name}=… python SCRIPT\""
        )
    })
}

/// Whether two runs of the original are a baseline to compare with.
fn baseline(a: &Observed, b: &Observed, request: &Request<'_>) -> Result<(), Stop> {
    let assumed = |reason: String| Err(Stop::Assumed(reason));
    let tested = !request.entry.is_empty();
    for run in [a, b] {
        let record = &run.record;
        if let Some(reason) = &record.stopped {
            return assumed(format!("the original could not be run: {reason}"));
        }
        if record.timed_out {
            let seconds = request.timeout.as_secs_f64();
            return assumed(format!(
                "the original did not end within {seconds} s; give it a smaller sample, or more time"
            ));
        }
        let last = run.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("(it said nothing)");
        if record.code != Some(0) && !tested && traceback(run) {
            return assumed(format!(
                "the original itself ends in an exception here, so nothing can be compared: {last}{}",
                unset(&run.stderr, last)
            ));
        }
        if let Some(signal) = record.signal {
            return assumed(format!("the original was ended by signal {signal}: {last}"));
        }
        if record.requests.is_empty() && !request.any_change && !tested {
            let note = if record.code == Some(0) { String::new() } else { format!(" (it ended with: {last})") };
            return assumed(format!("the site was not exercised: the original made no request{note}"));
        }
    }
    if tested {
        return entry::baseline(a, b).map_err(Stop::Assumed);
    }
    if a.record.code != b.record.code {
        return assumed("two runs of the original ended with different exit codes".to_owned());
    }
    let none = Leeway { merged: false, cached: false, extra: 0, wording: false };
    match compare::requests(&a.record.requests, &b.record.requests, none) {
        Some(difference) => {
            // Both sides are the original here.
            let told = difference.replacen("\n  original:  ", "\n  one run: ", 1).replacen(
                "\n  rewritten: ",
                "\n  another: ",
                1,
            );
            assumed(format!("two runs of the original did not make the same requests: {told}"))
        }
        None => Ok(()),
    }
}

/// Whether the runs could have shown a difference at all.
fn vacuous(
    request: &Request<'_>,
    a: &Observed,
    outputs: &[String],
    (reordered, mixed_up): (bool, Option<bool>),
    outcome: &mut Outcome,
) -> Result<(), Stop> {
    let answers: BTreeSet<&String> = a.record.requests.iter().map(|request| &request.answer).collect();
    let order = if a.record.requests.is_empty() {
        Some("the program makes no request, so there is no order of answers to try")
    } else if a.record.requests.len() < 2 {
        Some("the sample makes only one request, so no two could be mixed up")
    } else if outcome.evidence.max_in_flight < 2 {
        Some(
            "the rewritten program never had two requests under way at once, so no order of answers but one was exercised",
        )
    } else if !reordered {
        Some(
            "the answers of the rewritten program came in the original's order in every run, so no other was exercised",
        )
    } else {
        None
    };
    let reason = if let (Some(order), false) = (order, request.any_change) {
        order
    } else if order.is_none() && answers.len() < 2 && request.entry.is_empty() {
        "all answers were equal, so mixing them up would not show"
    } else if outputs.is_empty() && request.entry.is_empty() && mixed_up != Some(true) {
        "nothing of what the program puts out could be compared: it writes and prints nothing that is the same in two runs of the original"
    } else if mixed_up == Some(false) && order.is_none() {
        "no seeded mix-up of answers showed, so a real one would not have either"
    } else {
        outcome.evidence.notes.extend(order.map(str::to_owned));
        return Ok(());
    };
    Err(Stop::Assumed(reason.to_owned()))
}

/// Who answered a run, in words.
fn sources(run: &Observed) -> String {
    let all: BTreeSet<&str> = run.record.requests.iter().map(|request| request.source.as_str()).collect();
    if all.is_empty() { "none asked for".to_owned() } else { all.into_iter().collect::<Vec<_>>().join(", ") }
}

fn traceback(run: &Observed) -> bool {
    // A file that cannot be read as Python ends without that line.
    let unread = |line: &str| ["SyntaxError: ", "IndentationError: ", "TabError: "].iter().any(|e| line.starts_with(e));
    run.stderr.contains("Traceback (most recent call last)") || run.stderr.lines().last().is_some_and(unread)
}

/// Whether answers came in another order than the original's.
fn overtaken(run: &Observed, order: &[String]) -> bool {
    let mut done = places(run, order);
    done.sort_by(|a, b| a.0.total_cmp(&b.0));
    !done.is_sorted_by_key(|(_, place)| *place)
}

/// When each request was answered, with its place among the original's.
fn places(run: &Observed, order: &[String]) -> Vec<(f64, usize)> {
    // Of equal requests the first to arrive stands for the first of the original's.
    let mut places: BTreeMap<&String, VecDeque<usize>> = BTreeMap::new();
    order.iter().enumerate().for_each(|(place, key)| places.entry(key).or_default().push_back(place));
    let mut done: Vec<(f64, usize)> = Vec::new();
    for request in &run.record.requests {
        let place = places.get_mut(&request.key).and_then(VecDeque::pop_front);
        done.extend(request.done.zip(place));
    }
    done
}

fn count(outcome: &mut Outcome, plans: &[&Plan<'_>]) {
    outcome.evidence.runs += plans.len();
    outcome.evidence.runs_rewritten += plans.iter().filter(|plan| plan.version.rewritten).count();
}

pub(super) fn one(stage: &Stage<'_>, plan: &Plan<'_>, outcome: &mut Outcome) -> Result<Observed, String> {
    count(outcome, &[plan]);
    stage.run(plan)
}

/// Two independent runs side by side.
pub(super) fn pair(
    stage: &Stage<'_>,
    first: &Plan<'_>,
    second: &Plan<'_>,
    outcome: &mut Outcome,
) -> (Result<Observed, String>, Result<Observed, String>) {
    count(outcome, &[first, second]);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| stage.run(second));
        let first = stage.run(first);
        let second =
            other.join().unwrap_or_else(|_| Err("a run broke off inside perfmod; please report this".to_owned()));
        (first, second)
    })
}
