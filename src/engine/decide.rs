//! What a patch is worth, and whether the user wants it.

use super::{Options, Validate};
use crate::facts::{Code, Confidence, Estimate, Evidence, Executor, Site, Stages, Status, Timing, Verdict};

/// What the user accepts beyond the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accept {
    /// Patches whose verdict is `assumed`.
    Assumed,
    /// Patches with cautions.
    Care,
    /// Patches whose only caution has this code.
    Code(Code),
}

/// The table behind the two confidences, as the documentation prints it: what, `safe`, `faster`.
pub const CONFIDENCE_TABLE: &[(&str, i16, i16)] = &[
    ("legal by the closed list of shapes, not run", 70, 50),
    ("runs could not check it (`assumed`)", 60, 50),
    ("validated, answers from the stub", 90, 0),
    ("validated, answers recorded or real", 95, 0),
    ("speed-up measured on the sample", 0, 30),
    ("each caution", -10, 0),
    ("each seeded mistake that did not show", -10, 0),
    ("the same only as data or within a tolerance", -5, 0),
    ("a run differed (`refuted`)", 0, 0),
];

/// The two confidences of a site, from the table.
pub(super) fn confidence(site: &Site) -> Confidence {
    confidence_of(site.verdict, site.evidence.as_ref(), site.cautions.len())
}

/// The two confidences of what was run, from the table.
pub(super) fn confidence_of(verdict: Verdict, evidence: Option<&Evidence>, cautions: usize) -> Confidence {
    let measured = evidence.is_some_and(|e| e.speedup_measured.is_some());
    // One synthetic answer is enough to say that answers are synthetic.
    let recorded = evidence.is_some_and(|e| {
        !e.answers.is_empty() && e.answers.split(", ").all(|from| ["cassette", "real"].contains(&from))
    });
    let base = match verdict {
        Verdict::Refuted => return Confidence { safe: 0, faster: 0 },
        Verdict::Validated | Verdict::Proved if recorded => CONFIDENCE_TABLE[3].1,
        Verdict::Validated | Verdict::Proved => CONFIDENCE_TABLE[2].1,
        Verdict::Assumed => CONFIDENCE_TABLE[1].1,
        Verdict::None => CONFIDENCE_TABLE[0].1,
    };
    let cautions = i16::try_from(cautions).unwrap_or(i16::MAX).min(5);
    let survivors = evidence.and_then(|e| e.mutants).map_or(0, |(told, seeded)| seeded - told.min(seeded));
    let survivors = i16::try_from(survivors).unwrap_or(i16::MAX).min(5);
    let weaker = evidence.and_then(|e| e.relation.as_ref()).is_some_and(|relation| relation != "equal");
    let safe = base
        + cautions * CONFIDENCE_TABLE[5].1
        + survivors * CONFIDENCE_TABLE[6].1
        + if weaker { CONFIDENCE_TABLE[7].1 } else { 0 };
    let faster = CONFIDENCE_TABLE[0].2 + if measured { CONFIDENCE_TABLE[4].2 } else { 0 };
    let percent = |n: i16| u8::try_from(n.clamp(0, 100)).unwrap_or(0);
    Confidence { safe: percent(safe), faster: percent(faster) }
}

/// Milliseconds of this machine's time that one call costs the client: an SDK call under an event loop, and in threads.
/// Measured with the openai client at 300 calls in flight; see `docs/estimates.md`.
const CLIENT_MS: (f64, f64) = (4.3, 2.8);

/// The number of items where nobody knows it.
const ASSUMED_ITEMS: usize = 1000;

/// What the calls of a site's items take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load<'a> {
    /// Seconds of what overlaps, for one item.
    pub seconds: f64,
    /// Seconds of each further call of an item, which stays one after the other.
    pub serial: &'a [f64],
    /// How many items there are, where it is known.
    pub count: Option<usize>,
}

/// How much faster a site gets: n·(t + s) one by one, against ⌈n/limit⌉·t, what stays one by one, and the client's own time for
/// n items.
pub(super) fn estimate(
    load: Load<'_>,
    pace: Option<f64>,
    limit: usize,
    executor: Executor,
    measured: Option<&Timing>,
) -> Estimate {
    let Load { seconds, serial, count } = load;
    let (n, whence) = count.filter(|n| *n > 0).map_or((ASSUMED_ITEMS, "assumed"), |n| (n, "in the text"));
    let stays: f64 = serial.iter().sum();
    let mut known = format!("n = {n} items ({whence}), t = {seconds} s a call (catalogue)");
    if !serial.is_empty() {
        let what = if serial.len() == 1 { "call, which stays" } else { "calls, which stay" };
        known.push_str(&format!(", s = {stays} s of the item's other {what} one after the other"));
    }
    if let Some(timing) = measured {
        let known = format!("{known}, limit = {limit}");
        return extrapolated(timing, n, (seconds, serial), limit, &known);
    }
    let client = if executor == Executor::Async { CLIENT_MS.0 } else { CLIENT_MS.1 } / 1000.0;
    if let Some(pace) = pace {
        let (before, after) = (n as f64 * (seconds + stays + pace), n as f64 * pace.max(client + stays) + seconds);
        let formula = match serial.is_empty() {
            true => "n*(t + p) / (n*p + t)",
            false => "n*(t + s + p) / (n*max(p, s) + t)",
        };
        return of_times(
            before,
            after,
            "catalogue",
            format!("{formula} with {known}, p = {pace} s from start to start"),
            n,
        );
    }
    let rounds = n.div_ceil(limit.max(1));
    let before = n as f64 * (seconds + stays);
    let after = rounds as f64 * seconds + n as f64 * (stays + client);
    let formula = match serial.is_empty() {
        true => "n*t / (ceil(n/limit)*t + n*c)",
        false => "n*(t + s) / (ceil(n/limit)*t + n*(s + c))",
    };
    let formula =
        format!("{formula} with {known}, limit = {limit}, c = {:.1} ms of client time a call", client * 1000.0);
    of_times(before, after, "catalogue", formula, n)
}

/// What a call takes where nobody knows which it is.
const ASSUMED_SECONDS: f64 = 1.0;

/// How much faster any rewritten version is as a whole: nothing is known of it but the runs.
pub(super) fn estimate_of_any(timing: &Timing, in_flight: usize) -> Estimate {
    let (n, limit) = (timing.original.calls, in_flight.max(timing.rewritten.in_flight));
    let known = format!(
        "n = {n} calls (as many as here), t = {ASSUMED_SECONDS} s a call (assumed), limit = {limit} (the most that were under way at once)"
    );
    extrapolated(timing, n, (ASSUMED_SECONDS, &[]), limit, &known)
}

/// The stages of both versions as they would be with n items and calls of t seconds: what comes before the first call and
/// after the last stays, and what is done besides the calls grows with the items.
fn extrapolated(timing: &Timing, n: usize, (t, serial): (f64, &[f64]), limit: usize, known: &str) -> Estimate {
    let (a, b) = (&timing.original, &timing.rewritten);
    // Of an item's calls all but one stay one after the other in the rewritten version.
    let overlapping = |stages: &Stages| stages.calls.div_ceil(1 + serial.len());
    let items = |stages: &Stages| (stages.calls as f64 / (1 + serial.len()) as f64).max(1.0);
    let computed = |stages: &Stages, serial: usize| {
        let rounds = (stages.calls - serial).div_ceil(stages.in_flight.max(1)) + serial;
        (stages.requests + stages.rest - rounds as f64 * timing.latency).max(0.0) / items(stages)
    };
    let slept = |stages: &Stages| stages.slept / items(stages);
    // On a sample that is under way all at once, computing hides behind the first answers. With many items it does not.
    // Pauses that are gone may have kept to a rate limit: they are no merit.
    let kept = slept(a).min(slept(b));
    let lost = n as f64 * (slept(a) - kept);
    let r = [computed(a, 0) + kept, computed(b, b.calls - overlapping(b)).max(computed(a, 0)) + slept(b)];
    let s: f64 = serial.iter().sum();
    let whole = |stages: &Stages, limit: usize, r: f64| {
        let rounds = n.div_ceil(limit.max(1)) as f64;
        stages.before + rounds * t + n as f64 * (s + r) + stages.after
    };
    let (before, after) = (whole(a, a.in_flight, r[0]), whole(b, limit, r[1]).max(1e-6));
    let waits = if a.in_flight > 1 { format!("ceil(n/{})*t", a.in_flight) } else { "n*t".to_owned() };
    let stays = if serial.is_empty() { "" } else { " + n*s" };
    let formula = format!(
        "(b + {waits}{stays} + n*r + a) / (b' + ceil(n/limit)*t{stays} + n*r' + a') with {known}; measured on {} calls of {:.0} ms: before the first of them b = {} s and b' = {} s, besides them r = {:.1} ms and r' = {:.1} ms each, after the last a = {} s and a' = {} s",
        a.calls,
        timing.latency * 1e3,
        a.before,
        b.before,
        r[0] * 1e3,
        r[1] * 1e3,
        a.after,
        b.after,
    );
    let pauses = "of pauses that the rewritten version does not make";
    let formula = if lost >= 0.05 { format!("{formula}; without {lost:.1} s {pauses}") } else { formula };
    of_times(before, after, "measured", formula, n)
}

fn of_times(before: f64, after: f64, basis: &str, formula: String, items: usize) -> Estimate {
    Estimate {
        speedup: round(before / after),
        basis: basis.into(),
        formula,
        items,
        seconds_before: round(before),
        seconds_after: round(after),
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// Whether the user wants a site's patch: `ready` and run, or accepted by name.
pub(super) fn wants(site: &Site, options: &Options) -> bool {
    let accepts = |what: &Accept| options.accept.contains(what);
    let status = match site.status {
        Status::Blocked => false,
        Status::Ready => true,
        // What is assumed beyond the standing list is for the user to accept, too.
        Status::Care => {
            let assumed = site.assumptions.is_empty() || accepts(&Accept::Assumed);
            accepts(&Accept::Care) || assumed && site.cautions.iter().all(|c| accepts(&Accept::Code(c.code)))
        }
    };
    let verdict = match site.verdict {
        Verdict::Refuted => false,
        Verdict::Proved | Verdict::Validated => true,
        Verdict::Assumed => accepts(&Accept::Assumed),
        Verdict::None => options.validate == Validate::Off,
    };
    status && verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_of_items_that_the_text_tells_is_not_assumed() {
        let told =
            estimate(Load { seconds: 2.0, count: Some(4), ..Load::default() }, None, 300, Executor::Threads, None);
        // 4*2 / (2 + 4*0.0028)
        assert_eq!((told.speedup, told.items), (4.0, 4));
        assert!(told.formula.contains("n = 4 items (in the text)"), "{}", told.formula);
    }

    #[test]
    fn calls_that_stay_one_after_the_other_are_counted() {
        let load = Load { seconds: 2.0, serial: &[2.0, 2.0], count: None };
        // 1000*(2 + 4) / (4*2 + 1000*(4 + 0.0028))
        let told = estimate(load, None, 300, Executor::Threads, None);
        assert_eq!((told.speedup, told.seconds_before, told.seconds_after), (1.5, 6000.0, 4010.8));
        assert!(told.formula.contains("s = 4 s of the item's other calls, which stay one after the other"));
        // 1000*(2 + 4 + 1) / (1000*4 + 2): the loop's own calls are slower than the pace.
        assert_eq!(estimate(load, Some(1.0), 300, Executor::Threads, None).speedup, 1.7);
        // Ten items of three calls of 100 ms: the first calls of all at once, then twenty one by one.
        let stages = |requests, in_flight| Stages { requests, calls: 30, in_flight, ..Stages::default() };
        let timing = Timing { latency: 0.1, original: stages(3.0, 1), rewritten: stages(2.1, 10) };
        let told = estimate(load, None, 300, Executor::Threads, Some(&timing));
        assert_eq!((told.speedup, told.seconds_before, told.seconds_after), (1.5, 6000.0, 4008.0));
    }

    #[test]
    fn stages_are_extrapolated() {
        let stages = |before, requests, rest, slept, in_flight| Stages {
            before,
            requests,
            rest,
            after: 0.5,
            slept,
            calls: 10,
            in_flight,
        };
        let timing =
            Timing { latency: 0.1, original: stages(1.0, 1.0, 0.1, 0.0, 1), rewritten: stages(1.0, 0.1, 0.0, 0.0, 10) };
        // (1 + 1000*2 + 1000*0.01 + 0.5) / (1 + 4*2 + 1000*0.01 + 0.5): what is computed stays.
        let told = estimate(Load { seconds: 2.0, ..Load::default() }, None, 300, Executor::Threads, Some(&timing));
        assert_eq!((told.speedup, told.basis.as_str()), (103.2, "measured"));
        assert_eq!((told.items, told.seconds_before, told.seconds_after), (1000, 2011.5, 19.5));
        // The first waits a second between its calls, the second has five at once and 20 ms each besides.
        let paced =
            Timing { original: stages(1.0, 1.0, 0.0, 10.0, 1), rewritten: stages(1.0, 0.4, 0.0, 0.0, 5), ..timing };
        // (1 + 10*1 + 0.5) / (1 + 2*1 + 10*0.02 + 0.5): the seconds are no merit of the second.
        let told = estimate_of_any(&paced, 5);
        assert_eq!(told.speedup, 3.1);
        assert!(told.formula.contains("besides them r = 0.0 ms and r' = 20.0 ms each"), "{}", told.formula);
        assert!(told.formula.ends_with("; without 10.0 s of pauses that the rewritten version does not make"));
        // Pauses that both make stay.
        let both = Timing { rewritten: stages(1.0, 0.4, 0.0, 10.0, 5), ..paced };
        assert!(!estimate_of_any(&both, 5).formula.contains("pauses"));
        assert_eq!(estimate_of_any(&both, 5).speedup, 1.6);
    }

    #[test]
    fn a_weaker_relation_lowers_safe_once() {
        let safe = |relation: Option<&str>| {
            let evidence = crate::facts::Evidence {
                answers: "cassette".to_owned(),
                relation: relation.map(str::to_owned),
                ..Default::default()
            };
            let mut site: Site = serde_json::from_value(json!({
                "id": "a", "line": 1, "end_line": 2, "column": 1, "function": "f", "kind": "io", "status": "ready",
                "call": "c()", "recipes": [], "obstacles": [], "assumptions": [], "cautions": [], "verdict": "validated"
            }))
            .expect("a site");
            site.evidence = Some(evidence);
            i16::from(confidence(&site).safe)
        };
        let (full, less) = (CONFIDENCE_TABLE[3].1, CONFIDENCE_TABLE[7].1);
        assert_eq!((safe(Some("equal")), safe(None)), (full, full));
        for weaker in ["equal as data", "within 2 ULP", "within tolerance 1e-6"] {
            assert_eq!(safe(Some(weaker)), full + less, "{weaker}");
        }
        assert!(less < 0);
    }
}
