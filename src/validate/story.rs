//! How a differing order of answers is told: cut down to the items whose change of places is enough.

use super::{
    Outcome,
    edge::{Recorded, Schedule},
    flow::one,
    run::{Observed, Plan, Stage},
};

/// Runs that the search may take.
const TRIES: usize = 14;

/// Looks for the shortest stretch of items which, answered in reverse with all others in order, is enough for `differs` to
/// say yes: as a rule two neighbours. In words, with what the items ask; nothing where the search finds none.
pub(super) fn shrink(
    stage: &Stage<'_>,
    plan: &Plan<'_>,
    original: &[Recorded],
    differs: &dyn Fn(&Observed) -> Option<String>,
    outcome: &mut Outcome,
) -> Option<String> {
    let mut left = TRIES;
    let mut run = |schedule: Schedule| {
        left = left.checked_sub(1)?;
        let run = one(stage, &Plan { schedule, trace: false, keep_cache: None, ..*plan }, outcome).ok()?;
        differs(&run)
    };
    if let Some(difference) = run(Schedule::Forward) {
        return Some(format!("it differs also where the answers come in the original's own order: {difference}"));
    }
    let (mut first, mut last) = (0, plan.order.len().checked_sub(1)?);
    let mut difference = run(Schedule::Turned(first, last))?;
    while last - first > 1 {
        let middle = first + (last - first) / 2;
        // Neighbours lie in one of the halves; if neither is enough, the two are further apart.
        let shorter = [(first, middle), (middle, last), (first, last - 1), (first + 1, last)];
        let found = shorter.into_iter().find_map(|(a, b)| Some((a, b, run(Schedule::Turned(a, b))?)));
        let Some((a, b, told)) = found else { break };
        (first, last, difference) = (a, b, told);
    }
    let told = |at: usize| original.get(at).map(super::compare::excerpt).unwrap_or_default();
    let what = if last - first == 1 {
        format!("it is enough that item {} is answered before item {}, all others in order", last + 1, first + 1)
    } else {
        format!("it is enough that items {} to {} are answered in reverse, all others in order", first + 1, last + 1)
    };
    Some(format!("{what}: {difference}\n  item {}: {}\n  item {}: {}", first + 1, told(first), last + 1, told(last)))
}
