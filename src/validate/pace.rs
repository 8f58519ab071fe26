//! Waiting that a rewriting leaves out: sleeps cost little in a run, so nothing else would show it.

use super::{
    Outcome,
    edge::Schedule,
    flow::one,
    run::{Observed, Plan, Stage},
};

/// Seconds that may be lost without a word.
const LITTLE: f64 = 0.5;
/// The share of the original's waiting that is enough.
const ENOUGH: f64 = 0.8;
/// Real seconds that a sleep takes here. In the few milliseconds of other runs, sleeps of several threads that would go on
/// side by side for a second come one after the other.
const LINGER: f64 = 0.06;

/// Says it where the rewritten program sleeps less than the original does; sleeps side by side count once.
pub(super) fn compare(
    stage: &Stage<'_>,
    original: &Observed,
    rewritten: &Plan<'_>,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let slept = |run: &Observed| run.seen.as_ref().map_or(0.0, |seen| seen.slept);
    let before = slept(original);
    if original.record.requests.is_empty() || before <= LITTLE {
        return Ok(());
    }
    let run = one(stage, &Plan { schedule: Schedule::AsIs, linger: Some(LINGER), ..*rewritten }, outcome)?;
    let after = slept(&run);
    if run.seen.is_some() && before - after > LITTLE && after < ENOUGH * before {
        outcome.evidence.notes.push(format!(
            "on this sample the original sleeps {before:.1} s in all, the rewritten program {after:.1} s: if that waiting keeps to a rate limit of the service, the rewritten program may run into it (429)"
        ));
    }
    Ok(())
}
