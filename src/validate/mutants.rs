//! Known mistakes, seeded on purpose: would the runs show them?
//!
//! A rewriting that goes wrong gives an item the answer of another. So the rewritten program is run with answers that were
//! exchanged on their way: if nothing then differs from the original, the sample could not have shown such a mistake.

use super::{
    Outcome,
    edge::{Recorded, Schedule},
    flow::{Stop, one, pair},
    run::{Observed, Plan, Stage},
};

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

/// Runs the rewritten program with seeded mistakes; `differs` says what a run shows.
pub(super) fn run(
    stage: &Stage<'_>,
    count: usize,
    plan: Plan<'_>,
    kept: &Observed,
    differs: &dyn Fn(&Observed) -> Option<String>,
    outcome: &mut Outcome,
    log: &mut dyn FnMut(&str),
) -> Result<(), Stop> {
    let all = list(count, &kept.record.requests);
    let mut survivors = Vec::new();
    for two in all.chunks(2) {
        let names: Vec<&str> = two.iter().map(|(name, _)| *name).collect();
        log(&format!("running the rewritten program with seeded mistakes: {}", names.join(", ")));
        let plan = |at: usize| Plan { replaced: &two[at].1, schedule: Schedule::AsIs, trace: true, ..plan };
        let runs = if two.len() == 2 {
            let (first, second) = pair(stage, &plan(0), &plan(1), outcome);
            vec![first, second]
        } else {
            vec![one(stage, &plan(0), outcome)]
        };
        for (name, run) in names.into_iter().zip(runs) {
            if differs(&run.map_err(Stop::Assumed)?).is_none() {
                survivors.push(name);
            }
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    outcome.evidence.mutants = Some((all.len() - survivors.len(), all.len()));
    for name in survivors {
        outcome.evidence.notes.push(format!("a seeded mistake did not show: {name}"));
    }
    Ok(())
}
