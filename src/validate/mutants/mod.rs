//! Known mistakes, seeded on purpose: would the runs show them?
//!
//! In the rewritten text an item gets the reply of another, the last one is lost, or all are bound to the last (`code.rs`).
//! And the rewritten program is run with answers that were exchanged on their way. If nothing then differs from the
//! original, the sample could not have shown such a mistake.

mod code;

use super::{
    Outcome,
    edge::{Recorded, Schedule},
    flow::{Stop, one, pair},
    run::{Observed, Plan, Stage},
    seen::Ran,
};
use std::{path::PathBuf, time::Duration};

/// What a run with a mistake in its code takes at most, beside five times what the original takes: it may hang.
const LIMIT: Duration = Duration::from_secs(8);

/// Exchanged answers that are tried where the text has no place for a mistake.
const ON_THE_WIRE: usize = 3;

/// Answers by the key of their request.
type Replaced = Vec<(String, String)>;

/// Up to `count` mistakes, each with its name, from a run of the original whose answers were kept.
fn list(count: usize, requests: &[Recorded]) -> Vec<(&'static str, Replaced)> {
    let single = |request: &&Recorded| requests.iter().filter(|other| other.key == request.key).count() == 1;
    let items: Vec<(&Recorded, &String)> =
        requests.iter().filter(single).filter_map(|request| Some((request, request.reply.as_ref()?))).collect();
    // An answer is only believable where the same server was asked.
    let server = |request: &Recorded| request.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let alike = |a: &Recorded, b: &Recorded| a.method == b.method && server(a) == server(b);
    let near: Vec<usize> = (1..items.len())
        .filter(|at| alike(items[at - 1].0, items[*at].0) && items[at - 1].0.answer != items[*at].0.answer)
        .collect();
    let mut all = Vec::new();
    if let Some(&at) = near.get(near.len() / 2) {
        let ((a, first), (b, second)) = (items[at - 1], items[at]);
        let swapped = vec![(a.key.clone(), second.clone()), (b.key.clone(), first.clone())];
        all.push(("the answers of two items exchanged", swapped));
    }
    if let Some(&at) = near.last() {
        let replaced = vec![(items[at].0.key.clone(), items[at - 1].1.clone())];
        all.push(("the last item given the answer of the one before", replaced));
    }
    if let Some((last, answer)) = items.last() {
        let others = items.iter().filter(|(item, _)| alike(item, last) && item.answer != last.answer);
        let replaced: Replaced = others.map(|(item, _)| (item.key.clone(), (*answer).clone())).collect();
        if !replaced.is_empty() {
            all.push(("every item given the answer of the last", replaced));
        }
    }
    all.truncate(count);
    all
}

/// One mistake.
struct Mistake {
    name: &'static str,
    /// Replies change places, and it must show in what the program makes of them.
    mixes_up: bool,
    replaced: Replaced,
    /// Files of the rewritten program in another form.
    overlay: Vec<(PathBuf, Vec<u8>)>,
}

/// Mistakes in the rewritten text first; of those on the wire one, and as many as are missing.
fn mistakes(plan: &Plan<'_>, traced: Option<&Ran>, count: usize, requests: &[Recorded]) -> Vec<Mistake> {
    // A server that exists is not asked for the sake of a mistake, and a cassette would not know the answer.
    let scarce = requests.iter().any(|request| matches!(request.source.as_str(), "real" | "cassette"));
    let mut all = Vec::new();
    for (file, bytes, changed) in plan.version.changed() {
        let missed = traced.map(|ran| ran.missed_in(&file)).unwrap_or_default();
        let ran = |line: usize| traced.is_some() && !missed.contains(&line);
        for mutant in code::list(&file, &bytes, &changed, &ran).into_iter().filter(|mutant| !(scarce && mutant.repeats))
        {
            // One of each kind: the first file that allows it.
            if all.iter().all(|known: &Mistake| known.name != mutant.name) {
                let overlay = vec![(PathBuf::from(&file), mutant.text)];
                all.push(Mistake { name: mutant.name, mixes_up: mutant.mixes_up, replaced: Vec::new(), overlay });
            }
        }
    }
    all.truncate(count);
    let wire = if all.is_empty() { ON_THE_WIRE } else { count - all.len() };
    let others = list(wire.min(count), requests).into_iter();
    all.extend(others.map(|(name, replaced)| Mistake { name, mixes_up: true, replaced, overlay: Vec::new() }));
    all
}

/// Runs the rewritten program with seeded mistakes; `differs` says what a run shows, `traced` which of its lines ran. Tells
/// whether any mix-up of replies showed in what the program made of them; nothing where none was seeded.
pub(super) fn run(
    stage: &Stage<'_>,
    count: usize,
    plan: Plan<'_>,
    (kept, traced): (&Observed, Option<&Ran>),
    differs: &dyn Fn(&Observed) -> Option<String>,
    outcome: &mut Outcome,
    log: &mut dyn FnMut(&str),
) -> Result<Option<bool>, Stop> {
    let all = mistakes(&plan, traced, count, &kept.record.requests);
    let limit = LIMIT + Duration::from_secs_f64(5.0 * kept.record.wall_ms / 1e3);
    let (mut seeded, mut survivors, mut mixed_up) = (0, Vec::new(), None);
    for two in all.chunks(2) {
        let names: Vec<&str> = two.iter().map(|mistake| mistake.name).collect();
        log(&format!("running the rewritten program with seeded mistakes: {}", names.join("; ")));
        let plan = |at: usize| Plan {
            replaced: &two[at].replaced,
            overlay: &two[at].overlay,
            limit: Some(limit.min(stage.timeout)),
            schedule: Schedule::AsIs,
            trace: true,
            ..plan
        };
        let runs = if two.len() == 2 {
            let (first, second) = pair(stage, &plan(0), &plan(1), outcome);
            vec![first, second]
        } else {
            vec![one(stage, &plan(0), outcome)]
        };
        for (mistake, run) in two.iter().zip(runs) {
            let mut run = run.map_err(Stop::Assumed)?;
            // Python has the last word on what parses.
            if run.stderr.lines().last().is_some_and(|line| line.starts_with("SyntaxError: ")) {
                continue;
            }
            seeded += 1;
            if differs(&run).is_none() {
                survivors.push(mistake.name);
            }
            if mistake.mixes_up {
                // That something else was asked for says nothing of what becomes of a reply.
                run.record.requests.clone_from(&kept.record.requests);
                mixed_up = Some(mixed_up == Some(true) || differs(&run).is_some());
            }
        }
    }
    if seeded == 0 {
        return Ok(None);
    }
    outcome.evidence.mutants = Some((seeded - survivors.len(), seeded));
    for name in survivors {
        outcome.evidence.notes.push(format!("a seeded mistake did not show: {name}"));
    }
    Ok(mixed_up)
}
