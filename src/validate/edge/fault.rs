//! What goes wrong in a run on purpose: with the answer to one request, or with the machine at one moment.

use serde::{Deserialize, Serialize};

/// Seconds that a rate limit asks to wait. Sleeps cost nothing, and a client that goes on for ten minutes gives up after
/// few tries.
pub(super) const RETRY_AFTER: &str = "20";
/// Attempts that a lasting fault spoils. A loop that asks until it is answered comes to its end.
const LASTING: usize = 60;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::validate) enum Kind {
    /// 429 with `Retry-After`.
    RateLimit,
    /// 500.
    ServerError,
    /// 200 with a body that is not what was asked for, nor JSON.
    Malformed,
    /// 200 with half of the body.
    Truncated,
    /// The connection is closed without an answer.
    Dropped,
    /// The connection stays open, and no answer ever comes.
    Silent,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::validate) enum Fault {
    /// The request with this key gets a bad answer, so many times.
    Answer { key: String, kind: Kind, times: usize },
    /// Ctrl-C when the original's first so many requests are answered and others wait.
    Interrupt(usize),
    /// From that moment on nothing more can be written.
    DiskFull(usize),
}

impl Fault {
    /// Up to `count` faults for a program that makes requests with these keys, each with its name. Answers are spoiled by
    /// key, so only requests that are made once serve.
    pub fn list(count: usize, order: &[String]) -> Vec<(String, Fault)> {
        let once = |at: usize| order.iter().filter(|key| *key == &order[at]).count() == 1;
        let single: Vec<usize> = (0..order.len()).filter(|at| once(*at)).collect();
        let answer = |name: &str, at: Option<&usize>, kind: Kind, times: usize| {
            at.map(|at| (name.to_owned(), Fault::Answer { key: order[*at].clone(), kind, times }))
        };
        let (first, middle, last) = (single.first(), single.get(single.len() / 2), single.last());
        // Of equal requests it cannot be told which of them belongs to the first half.
        let half = (order.len() > 1 && single.len() == order.len()).then_some(order.len() / 2);
        let all = [
            answer("500 for the first item", first, Kind::ServerError, LASTING),
            answer("429 once for the middle item", middle, Kind::RateLimit, 1),
            answer("malformed answer for the last item", last, Kind::Malformed, LASTING),
            half.map(|half| ("Ctrl-C in the middle".to_owned(), Fault::Interrupt(half))),
            answer("no answer for the middle item", middle, Kind::Silent, LASTING),
            half.map(|half| ("disk full from the middle on".to_owned(), Fault::DiskFull(half))),
            answer("connection dropped for the middle item", middle, Kind::Dropped, LASTING),
            answer("429 to the end for the last item", last, Kind::RateLimit, LASTING),
            answer("truncated answer for the first item", first, Kind::Truncated, LASTING),
            answer("500 once for the last item", last, Kind::ServerError, 1),
            answer("connection dropped once for the first item", first, Kind::Dropped, 1),
            answer("malformed answer for the middle item", middle, Kind::Malformed, LASTING),
            answer("truncated answer for the last item", last, Kind::Truncated, LASTING),
        ];
        all.into_iter().flatten().take(count).collect()
    }

    /// The number of requests of the original after which something happens to the machine.
    pub(super) fn moment(&self) -> Option<usize> {
        match self {
            Fault::Interrupt(at) | Fault::DiskFull(at) => Some(*at),
            Fault::Answer { .. } => None,
        }
    }

    /// An answer that never comes: the client's own time-out must end the waiting.
    pub fn is_silence(&self) -> bool {
        matches!(self, Fault::Answer { kind: Kind::Silent, .. })
    }

    /// The disk gets full.
    pub fn fills(&self) -> bool {
        matches!(self, Fault::DiskFull(_))
    }

    /// A rate limit, through which perfmod's runtime waits longer than most programs do.
    pub fn is_rate_limit(&self) -> bool {
        matches!(self, Fault::Answer { kind: Kind::RateLimit, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_that_are_made_once_are_spoiled() {
        let keys = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let all = Fault::list(20, &keys("aabcc"));
        assert!(all.iter().all(|(_, fault)| !matches!(fault, Fault::Answer { key, .. } if key != "b")), "{all:?}");
        assert_eq!(Fault::list(3, &keys("abc")).len(), 3);
        let names: std::collections::HashSet<_> = all.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), all.len());
        assert!(Fault::list(20, &keys("aa")).is_empty() && Fault::list(20, &[]).is_empty());
    }
}
