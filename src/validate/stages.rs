//! What the stages of a run took: before its requests, with them, besides them, after them.

use super::run::Observed;
use crate::facts::{Stages, Timing};
use std::time::Duration;

/// The stages of both versions, which were run at this latency; nothing where one of them made no request.
pub(super) fn both(latency: Duration, original: &Observed, rewritten: &Observed) -> Option<Timing> {
    Some(Timing { latency: latency.as_secs_f64(), original: of(original)?, rewritten: of(rewritten)? })
}

fn of(run: &Observed) -> Option<Stages> {
    let record = &run.record;
    let spans = record.requests.iter().filter_map(|request| Some((request.arrived, request.done?)));
    let (first, last, under_way) = covered(spans.collect())?;
    // To the millisecond: less is chance.
    let seconds = |milliseconds: f64| milliseconds.max(0.0).round() / 1e3;
    Some(Stages {
        before: seconds(first - record.began_ms),
        requests: seconds(under_way),
        rest: seconds(last - first - under_way),
        after: seconds(record.began_ms + record.wall_ms - last),
        slept: run.seen.as_ref().map_or(0.0, |seen| seconds(1e3 * seen.slept)),
        calls: record.requests.len(),
        in_flight: record.max_in_flight,
    })
}

/// The first beginning, the last end, and how much of the time between lies within a span.
fn covered(mut spans: Vec<(f64, f64)>) -> Option<(f64, f64, f64)> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let first = spans.first()?.0;
    let (mut last, mut within) = (first, 0.0);
    for (begin, end) in spans {
        within += (end - begin.max(last)).max(0.0);
        last = last.max(end);
    }
    Some((first, last, within))
}

#[cfg(test)]
mod tests {
    use super::covered;

    #[test]
    fn spans_side_by_side_count_once() {
        assert_eq!(covered(vec![]), None);
        assert_eq!(covered(vec![(1.0, 3.0), (4.0, 5.0)]), Some((1.0, 5.0, 3.0)));
        assert_eq!(covered(vec![(2.0, 6.0), (1.0, 4.0), (3.0, 5.0), (8.0, 9.0)]), Some((1.0, 9.0, 6.0)));
    }
}
