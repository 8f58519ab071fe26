//! The same work on many items, several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads there is a processor for.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Does work on each item in at most `jobs` threads of a stack size; the answers come in the order of the items. Each
/// thread makes a state of its own for what cannot be shared.
pub fn in_parallel<T: Sync, S, R: Send>(
    items: &[T],
    jobs: usize,
    stack: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let one = || {
        let (state, mut done) = (state(), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(&state, item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let mut refused = None;
        let mut workers = Vec::new();
        for _ in 0..jobs.max(1).min(items.len()) {
            match thread::Builder::new().stack_size(stack).spawn_scoped(scope, one) {
                Ok(worker) => workers.push(worker),
                Err(error) => refused = Some(error),
            }
        }
        if let (Some(error), true) = (refused, workers.is_empty()) {
            // The machine is out of resources, and nothing else will work either.
            std::panic::resume_unwind(Box::new(format!("no thread could be started: {error}")));
        }
        let mut done = Vec::with_capacity(items.len());
        for worker in workers {
            match worker.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..500).collect();
        for jobs in [0, 1, 2, 7, 1_000] {
            let done = in_parallel(&items, jobs, 1 << 16, || 2, |state, item| item * state);
            assert_eq!(done, items.iter().map(|i| i * 2).collect::<Vec<_>>());
        }
        assert!(in_parallel(&items[..0], 4, 1 << 16, || 0, |_, item| *item).is_empty());
    }
}
