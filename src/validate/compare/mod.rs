//! Whether two runs did the same, and if not, where the smallest difference is.

mod files;
mod floats;
mod inside;
mod mask;
mod position;
mod words;

pub(super) use floats::Floats;
pub(super) use inside::{calls, compared};
pub(super) use mask::Masks;
pub(super) use position::Positions;

use super::{
    edge::{Fault, Recorded},
    headers,
    run::{Change, Observed},
    seen::Seen,
};
use std::collections::{BTreeMap, BTreeSet};
use words::{exit_of, shown};

/// Where the rewritten program may differ by agreement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leeway {
    /// Of equal requests without randomness, only one need be made: the others are answered by the cache.
    pub merged: bool,
    /// Any request of the original may be missing: this is a run with a warm cache.
    pub cached: bool,
    /// Requests that may be made beyond those of the original.
    pub extra: usize,
    /// A time-out may be worded differently: one library words those of its several clients in its own ways.
    pub wording: bool,
}

/// What a request asks, in one line.
pub(super) fn excerpt(request: &Recorded) -> String {
    words::excerpt(&request.body)
}

/// The smallest difference between a run of the original and one of the rewritten program, in one to four lines.
pub(super) fn difference(original: &Observed, rewritten: &Observed, masks: &Masks, leeway: Leeway) -> Option<String> {
    let (a, b) = (&original.record, &rewritten.record);
    if b.timed_out {
        return Some("the rewritten program did not end in time; the original did".to_owned());
    }
    if let Some(reason) = &b.stopped {
        return Some(format!("the rewritten program was stopped: {reason}"));
    }
    if (a.code, a.signal) != (b.code, b.signal) {
        let last = rewritten.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
        let last = if last.is_empty() { String::new() } else { format!("\n  its last words: {}", shown(last)) };
        return Some(format!("exit code: original {}, rewritten {}{last}", exit_of(a), exit_of(b)));
    }
    requests(&a.requests, &b.requests, leeway)
        .or_else(|| text("stdout", masks.stdout_difference(&original.stdout, &rewritten.stdout)))
        .or_else(|| files(original, rewritten, masks))
        .or_else(|| {
            let (a, b) = (original.seen.as_ref()?, rewritten.seen.as_ref()?);
            inside::failure(a, b, &masks.floats)
                .filter(|_| !(leeway.wording && time_out(a).is_some() && time_out(a) == time_out(b)))
                .or_else(|| masks.positions.difference(a, b).filter(|_| !masks.moves))
                .or_else(|| inside::variables(a, b, &masks.variables, &masks.floats))
        })
}

/// The class of the exception that ended a program, where that is a time-out which the program does not word itself.
fn time_out(seen: &Seen) -> Option<&str> {
    if seen.position.as_ref().is_some_and(|at| at.text.trim_start().starts_with("raise ")) {
        return None;
    }
    let class = seen.failure.as_ref()?.get(0)?.as_str()?;
    class.to_ascii_lowercase().contains("timeout").then_some(class)
}

/// What two runs under a fault have in common.
pub(super) struct Alike {
    /// Requests of the rewritten that the original did not come to.
    pub beyond: usize,
    /// A rate limit ended only the original.
    pub survived: bool,
}

/// The smallest difference between the two versions under one fault; without one, how many requests the rewritten made
/// that the original did not come to. `baseline` is the original without the fault.
///
/// Requests are compared by what is asked, not by how often: after a failure they are tried again. What the original asks
/// for the rewritten asks for too, and at most `extra` requests besides, all of which the original makes where nothing
/// fails. Where a rate limit ends the original, the rewritten may wait longer and do all its work instead.
pub(super) fn under_fault(
    baseline: &Observed,
    original: &Observed,
    rewritten: &Observed,
    fault: &Fault,
    masks: &Masks,
    extra: usize,
) -> Result<Alike, String> {
    let none = Leeway { merged: true, cached: true, extra: usize::MAX, wording: fault.is_silence() };
    let keys = |run: &'_ Observed| -> BTreeSet<String> {
        run.record.requests.iter().map(|request| request.key.clone()).collect()
    };
    let (usual, asked) = (keys(baseline), keys(original));
    let differs = || {
        let found = difference(original, rewritten, masks, none);
        let missing = original.record.requests.iter().find(|request| !keys(rewritten).contains(&request.key));
        found.or_else(|| {
            missing.map(|request| words::request("a request that the original makes all the same is missing", request))
        })
    };
    let survives = || {
        fault.is_rate_limit()
            && original.record.code != baseline.record.code
            && difference(baseline, rewritten, masks, none).is_none()
            && usual.iter().all(|key| keys(rewritten).contains(key))
    };
    if let Some(found) = differs().filter(|_| !survives()) {
        return Err(found);
    }
    let unknown = rewritten.record.requests.iter().find(|r| !usual.contains(&r.key) && !asked.contains(&r.key));
    if let Some(request) = unknown {
        return Err(words::request("a request that the original never makes", request));
    }
    let beyond: BTreeSet<&String> =
        rewritten.record.requests.iter().map(|request| &request.key).filter(|key| !asked.contains(*key)).collect();
    let survived = original.record.code != rewritten.record.code;
    match rewritten.record.requests.iter().find(|request| beyond.contains(&request.key)) {
        Some(request) if beyond.len() > extra && !survived => Err(words::request(
            &format!("{} requests after a failure that the original does not come to, of which", beyond.len()),
            request,
        )),
        _ => Ok(Alike { beyond: if survived { 0 } else { beyond.len() }, survived }),
    }
}

/// The first request that one run made more often than the other, beyond the leeway.
pub(super) fn requests(original: &[Recorded], rewritten: &[Recorded], leeway: Leeway) -> Option<String> {
    let count = |list: &[Recorded]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        list.iter().for_each(|request| *counts.entry(request.key.clone()).or_default() += 1);
        counts
    };
    let (before, after) = (count(original), count(rewritten));
    let missing = original.iter().find(|request| {
        let (had, has) = (before[&request.key], after.get(&request.key).copied().unwrap_or(0));
        has < had && !leeway.cached && !(leeway.merged && has >= 1 && request.deterministic)
    });
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let extra: Vec<&Recorded> = rewritten
        .iter()
        .filter(|request| {
            let nth = seen.entry(&request.key).or_default();
            *nth += 1;
            *nth > before.get(&request.key).copied().unwrap_or(0)
        })
        .collect();
    // The one that comes nearest: the same, asked by somebody else.
    let near = missing.and_then(|missing| extra.iter().find(|extra| extra.asked() == missing.asked()));
    let extra = extra.get(leeway.extra).map(|extra| *near.unwrap_or(extra));
    match (missing, extra) {
        (None, None) => None,
        (Some(request), None) => Some(match (before[&request.key], after.get(&request.key)) {
            (had, Some(has)) => words::request(
                &format!(
                    "a request that the original makes {had} times is made {}, and nothing in it (a temperature of 0, a seed) says that its answers are alike",
                    words::times(*has)
                ),
                request,
            ),
            (_, None) => words::request("a request of the original is missing", request),
        }),
        (None, Some(request)) => Some(match before.get(&request.key) {
            Some(had) => words::request(
                &format!(
                    "a request that the original makes {} is made {} times",
                    words::times(*had),
                    after[&request.key]
                ),
                request,
            ),
            None => words::request("a request that the original does not make", request),
        }),
        (Some(missing), Some(extra)) if missing.asked() == extra.asked() => {
            Some(words::request(&format!("a request differs, {}", headers::differ(missing, extra).join(", ")), missing))
        }
        (Some(missing), Some(extra)) if missing.url == extra.url && missing.method == extra.method => {
            let (a, b) =
                words::around_difference(&words::without_secrets(&missing.body), &words::without_secrets(&extra.body));
            Some(format!("a request differs: {} {}\n  original:  {a}\n  rewritten: {b}", missing.method, missing.url))
        }
        (Some(missing), Some(extra)) => Some(format!(
            "a request differs:\n  original:  {} {}\n  rewritten: {} {}",
            missing.method, missing.url, extra.method, extra.url
        )),
    }
}

fn text(name: &str, line: Option<words::Line>) -> Option<String> {
    let line = line?;
    let note = line.note.map(|note| format!("\n  {note}")).unwrap_or_default();
    Some(format!(
        "{name} differs at line {}:\n  original:  {}\n  rewritten: {}{note}",
        line.number, line.original, line.rewritten
    ))
}

fn files(original: &Observed, rewritten: &Observed, masks: &Masks) -> Option<String> {
    let (left, right) = (masks.renamed(original), masks.renamed(rewritten));
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    for path in paths {
        if masks.hides_file(path) {
            continue;
        }
        let (a, b) = (left.get(path).copied(), right.get(path).copied());
        let found = match (a, b) {
            (Some(Change::Written(a)), Some(Change::Written(b))) => {
                let near = || masks.floats.needed(files::near(path, a, b, &masks.floats));
                let line = masks.file_difference(path, a, b).filter(|_| !near());
                // A place in the whole could be one that is masked.
                let place = line.as_ref().filter(|_| !masks.hides_part_of(path));
                match place.and_then(|_| files::difference(path, a, b)) {
                    Some(place) if files::binary(path, a) => {
                        Some(format!("the file {path} differs\n  {path}, {place}"))
                    }
                    place => text(&format!("the file {path}"), line)
                        .map(|told| place.map_or(told.clone(), |place| format!("{told}\n  {path}, {place}"))),
                }
            }
            (a, b) if a == b => None,
            (a, b) => Some(format!("the file {path}: original {}, rewritten {}", words::change(a), words::change(b))),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
