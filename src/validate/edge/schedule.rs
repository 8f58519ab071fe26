//! In which order the answers reach the program.
//!
//! Uniform latency hides most races. So requests are held until the program sends no more, and are then answered in the
//! order asked, one at a time. The order is told in terms of the original's requests, not of arrival: the threads of a
//! rewritten program may send theirs in any order.

use serde::{Deserialize, Serialize};

/// An order of completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Schedule {
    /// Each request is answered at once.
    AsIs,
    /// Each request is answered this many milliseconds after it arrived.
    Latency(u64),
    /// Waiting requests are answered in the original's order.
    Forward,
    /// Waiting requests are answered against the original's order.
    Reverse,
    /// The original's request number so-and-so is answered only when nothing else is waiting; the others at once.
    Last(usize),
    /// As forward, but the original's requests from this number to that are answered in reverse.
    Turned(usize, usize),
    /// Waiting requests are answered in an order drawn from this seed.
    Random(u64),
}

impl Schedule {
    /// The orders that are tried for a program with `requests` requests, with their names, at most `count`.
    pub fn list(count: usize, requests: usize) -> Vec<(String, Schedule)> {
        let named = |name: &str, schedule| (name.to_owned(), schedule);
        let mut all = vec![named("as-is", Schedule::AsIs)];
        if requests > 1 {
            all.extend([
                named("reverse", Schedule::Reverse),
                named("first last", Schedule::Last(0)),
                named("random 1", Schedule::Random(1)),
                named("forward", Schedule::Forward),
                named("last last", Schedule::Last(requests - 1)),
                named("middle last", Schedule::Last(requests / 2)),
            ]);
            all.extend((2..).map(|seed| named(&format!("random {seed}"), Schedule::Random(seed))).take(count));
        }
        all.truncate(count.max(1));
        all
    }

    /// Whether requests are held until the program sends no more.
    pub(in crate::validate) fn holds(self) -> bool {
        !matches!(self, Schedule::AsIs | Schedule::Latency(_))
    }

    /// Sorts a waiting batch into the order of its answers. Each entry is (rank in the original's order, arrival).
    pub(super) fn sort(self, batch: &mut [(usize, usize)]) {
        match self {
            Schedule::Reverse => batch.sort_unstable_by(|a, b| b.cmp(a)),
            Schedule::Turned(first, last) => batch.sort_by_key(|(rank, arrival)| {
                let place = if (first..=last).contains(rank) { first + last - rank } else { *rank };
                (place, *arrival)
            }),
            Schedule::Random(seed) => batch.sort_by_cached_key(|(rank, arrival)| {
                let mut bytes = seed.to_le_bytes().to_vec();
                // Rank alone names the item where it is known; the rest are told apart by arrival.
                bytes.extend(rank.to_le_bytes());
                if *rank == usize::MAX {
                    bytes.extend(arrival.to_le_bytes());
                }
                *blake3::hash(&bytes).as_bytes()
            }),
            _ => batch.sort_unstable(),
        }
    }

    /// Whether the request with this rank waits until it is the only one.
    pub(super) fn is_last(self, rank: usize) -> bool {
        self == Schedule::Last(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_what_their_names_say() {
        let batch = || vec![(2, 0), (0, 1), (1, 2), (usize::MAX, 3)];
        let sorted = |schedule: Schedule| {
            let mut batch = batch();
            schedule.sort(&mut batch);
            batch.into_iter().map(|(_, arrival)| arrival).collect::<Vec<_>>()
        };
        assert_eq!(sorted(Schedule::Forward), [1, 2, 0, 3]);
        assert_eq!(sorted(Schedule::Reverse), [3, 0, 2, 1]);
        assert_eq!(sorted(Schedule::Turned(0, 2)), [0, 2, 1, 3]);
        assert_eq!(sorted(Schedule::Turned(1, 2)), [1, 0, 2, 3]);
        assert_eq!(sorted(Schedule::Random(7)), sorted(Schedule::Random(7)));
        assert!((0..20).any(|seed| sorted(Schedule::Random(seed)) != sorted(Schedule::Forward)));
        assert!(Schedule::Last(3).is_last(3) && !Schedule::Last(3).is_last(2) && !Schedule::Reverse.is_last(3));
    }

    #[test]
    fn the_list_has_the_asked_length_and_no_name_twice() {
        for count in [1, 2, 8, 12] {
            let list = Schedule::list(count, 5);
            assert_eq!(list.len(), count);
            let names: std::collections::HashSet<_> = list.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), count);
        }
        assert_eq!(Schedule::list(8, 1).len(), 1);
    }
}
