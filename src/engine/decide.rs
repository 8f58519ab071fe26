//! What a patch is worth, and whether the user wants it.

use super::{Options, Validate};
use crate::facts::{Code, Confidence, Estimate, Executor, Site, Status, Verdict};

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
    let measured = site.evidence.as_ref().is_some_and(|e| e.speedup_measured.is_some());
    // One synthetic answer is enough to say that answers are synthetic.
    let recorded = site.evidence.as_ref().is_some_and(|e| {
        !e.answers.is_empty() && e.answers.split(", ").all(|from| ["cassette", "real"].contains(&from))
    });
    let base = match site.verdict {
        Verdict::Refuted => return Confidence { safe: 0, faster: 0 },
        Verdict::Validated | Verdict::Proved if recorded => CONFIDENCE_TABLE[3].1,
        Verdict::Validated | Verdict::Proved => CONFIDENCE_TABLE[2].1,
        Verdict::Assumed => CONFIDENCE_TABLE[1].1,
        Verdict::None => CONFIDENCE_TABLE[0].1,
    };
    let cautions = i16::try_from(site.cautions.len()).unwrap_or(i16::MAX).min(5);
    let survivors =
        site.evidence.as_ref().and_then(|e| e.mutants).map_or(0, |(told, seeded)| seeded - told.min(seeded));
    let survivors = i16::try_from(survivors).unwrap_or(i16::MAX).min(5);
    let weaker = site.evidence.as_ref().and_then(|e| e.relation.as_ref()).is_some_and(|relation| relation != "equal");
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

/// How much faster a site gets: n·t one by one, against ⌈n/limit⌉·t and the client's own time for n calls.
pub(super) fn estimate(
    seconds: f64,
    limit: usize,
    executor: Executor,
    measured: Option<(f64, usize, f64)>,
) -> Estimate {
    let client = if executor == Executor::Async { CLIENT_MS.0 } else { CLIENT_MS.1 } / 1000.0;
    let n = ASSUMED_ITEMS;
    let rounds = n.div_ceil(limit.max(1));
    let speedup = n as f64 * seconds / (rounds as f64 * seconds + n as f64 * client);
    let formula = format!(
        "n*t / (ceil(n/limit)*t + n*c) with n = {n} items (assumed), t = {seconds} s a call (catalogue), limit = {limit}, c = {:.1} ms of client time a call",
        client * 1000.0
    );
    match measured {
        None => Estimate { speedup: round(speedup), basis: "catalogue".into(), formula },
        Some((factor, requests, latency)) => Estimate {
            speedup: round(factor),
            basis: "measured".into(),
            formula: format!(
                "measured: {requests} calls of {:.0} ms on the sample took 1/{factor:.1} of the time; by the catalogue {:.0}x for the whole: {formula}",
                latency * 1000.0,
                speedup
            ),
        },
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
