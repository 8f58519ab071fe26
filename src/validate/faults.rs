//! The same thing goes wrong in both versions: do they end alike?

use super::{
    Request,
    compare::{self, Masks},
    edge::{Fault, Recorded, Schedule},
    flow::{Stop, pair},
    run::{Change, Observed, Plan, Stage},
    unrun::Unrun,
};
use crate::validate::Outcome;
use std::{collections::BTreeSet, time::Duration};

/// What a run under a fault takes at most, beside five times what the original takes without one.
const LIMIT: Duration = Duration::from_secs(8);

/// Runs both versions under each fault. `plans` are those of the original and of the rewritten, `a` is the original's run
/// without a fault. What only a failure comes to is taken out of `unrun`.
pub(super) fn run(
    stage: &Stage<'_>,
    request: &Request<'_>,
    plans: (Plan<'_>, Plan<'_>),
    (a, masks): (&Observed, &Masks),
    unrun: &mut (Unrun, Unrun),
    outcome: &mut Outcome,
    log: &mut dyn FnMut(&str),
) -> Result<(), Stop> {
    let order: Vec<String> = a.record.requests.iter().map(|request| request.key.clone()).collect();
    let usual = LIMIT + Duration::from_secs_f64(5.0 * a.record.wall_ms / 1e3);
    let mut most = 0;
    let under = |x: &Observed, mut y: Observed, fault: &Fault, masks: &Masks| {
        let known = a.record.requests.iter().chain(&x.record.requests).map(|request| request.key.as_str()).collect();
        let agreed = agreed(&known, &y.record.requests, request.extra_requests);
        y.record.requests.retain(|request| !agreed.contains(&request.key));
        compare::under_fault(a, x, &y, fault, masks, request.extra_after_failure)
    };
    let bytes = |change: &Change| match change {
        Change::Written(bytes) => bytes.len() as u64,
        Change::Large(_) => u64::MAX,
        _ => 0,
    };
    let written = a.changes.values().map(bytes).fold(0, u64::saturating_add);
    let mut left = request.faults;
    for (name, fault) in Fault::list(usize::MAX, &order) {
        let Some(fewer) = left.checked_sub(1) else { break };
        left = fewer;
        log(&format!("running both under a fault: {name}"));
        let limit = Some(usual.min(request.timeout));
        let schedule = Schedule::AsIs;
        // What the original comes to tells also what is a copy in the rewritten program.
        let lines = !unrun.0.is_empty() || !unrun.1.is_empty();
        let first = Plan { fault: Some(&fault), written, limit, schedule, lines, order: &order, ..plans.0 };
        let second = Plan { version: plans.1.version, lines: !unrun.1.is_empty(), ..first };
        let (x, y) = pair(stage, &first, &second, outcome);
        let x = x.map_err(Stop::Assumed)?;
        if let Some(why) = unusable(&x) {
            outcome.evidence.notes.push(format!("not tried: {name} ({why})"));
            // Many clients have no time-out: another fault is tried in its place.
            left += usize::from(fault.is_silence());
            continue;
        }
        let mut came = (x.ran.clone(), y.as_ref().ok().and_then(|y| y.ran.clone()));
        let found = match y {
            Ok(y) => under(&x, y, &fault, masks),
            Err(why) => Err(why),
        };
        let found = match found {
            Ok(alike) => Ok(alike),
            Err(_) => {
                // Once more, with all the time there is: it must not have been the machine.
                let more = Plan { limit: None, ..first };
                let (again, y) = pair(stage, &more, &Plan { limit: None, ..second }, outcome);
                let (again, y) = (again.map_err(Stop::Assumed)?, y.map_err(Stop::Assumed)?);
                let mut masks = masks.clone();
                masks.learn(&x, &again);
                if unusable(&again).is_some()
                    || (x.record.code, x.record.signal) != (again.record.code, again.record.signal)
                {
                    outcome.evidence.notes.push(format!("not compared: {name} (the original itself ends in two ways)"));
                    continue;
                }
                came = (again.ran.clone(), y.ran.clone());
                under(&again, y, &fault, &masks)
            }
        };
        let alike = found.map_err(|difference| Stop::Refuted(format!("under a fault ({name}): {difference}")))?;
        most = most.max(alike.beyond);
        if alike.survived && request.any_change {
            // perfmod's own runtime waits longer by agreement; nobody agreed to this.
            outcome
                .evidence
                .notes
                .push(format!("under a fault ({name}) the rewritten program tries again where the original ends"));
            continue;
        }
        if fault.fills() && !x.record.filled {
            let note = "the full disk was a limit on the size of files: no small disk could be had, so the error was EFBIG and not ENOSPC";
            outcome.evidence.notes.push(note.to_owned());
        }
        outcome.evidence.faults.push(name);
        unrun.0.learn(came.0.as_ref());
        unrun.1.learn(came.1.as_ref());
    }
    if most > 0 {
        let requests = if most == 1 { "request" } else { "requests" };
        outcome.evidence.notes.push(format!(
            "after a failure the rewritten program had made up to {most} {requests} that the original does not come to"
        ));
    }
    Ok(())
}

/// What is asked for by the first `most` requests that no run of the original makes: they were agreed to. Requests that are
/// tried again count once.
fn agreed(known: &BTreeSet<&str>, requests: &[Recorded], most: usize) -> BTreeSet<String> {
    let mut agreed = BTreeSet::new();
    for request in requests.iter().filter(|request| !known.contains(request.key.as_str())) {
        if agreed.len() < most {
            agreed.insert(request.key.clone());
        }
    }
    agreed
}

/// Why a run of the original under a fault is nothing to compare with.
fn unusable(run: &Observed) -> Option<String> {
    let record = &run.record;
    match &record.stopped {
        Some(reason) => Some(format!("the original was stopped: {reason}")),
        None if record.timed_out => Some("the original does not come to an end under it".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_requests_as_were_agreed_to_are_let_through() {
        let request = |key: &str| {
            let text = format!(
                r#"{{"key":"{key}","method":"POST","url":"","body":"","arrived":0.0,"done":null,"answer":""}}"#
            );
            serde_json::from_str::<Recorded>(&text).expect("a request")
        };
        let requests: Vec<Recorded> = ["a", "x", "x", "b", "y", "z"].map(request).into();
        let known = BTreeSet::from(["a", "b"]);
        let keys = |most: usize| agreed(&known, &requests, most).into_iter().collect::<String>();
        assert_eq!((keys(0), keys(1), keys(2)), (String::new(), "x".to_owned(), "xy".to_owned()));
    }
}
