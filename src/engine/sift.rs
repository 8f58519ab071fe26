//! Finding the wrong ones among several patches, so that they do not take the others with them.

/// What trying some patches together came to.
pub(super) enum Tried<O> {
    /// Nothing refutes them.
    Good(O),
    /// They are refuted.
    Bad(O),
    /// They could not be tried; why is known.
    Not,
}

/// What is left, and what was found wrong.
pub(super) struct Sifted<O> {
    /// The patches that are not refuted together, with what trying just these showed; none where nothing is left.
    pub kept: Option<(Vec<usize>, O)>,
    /// Each refuted patch, those without which it is right (empty where it is wrong alone), and what showed it.
    pub refuted: Vec<(usize, Vec<usize>, O)>,
}

/// Tries patches together, and where they are refuted, by halves.
pub(super) fn sift<O>(chosen: &[usize], attempt: &mut dyn FnMut(&[usize]) -> Tried<O>) -> Sifted<O> {
    let mut refuted = Vec::new();
    let kept = halve(chosen, attempt, &mut refuted);
    Sifted { kept, refuted }
}

fn halve<O>(
    chosen: &[usize],
    attempt: &mut dyn FnMut(&[usize]) -> Tried<O>,
    refuted: &mut Vec<(usize, Vec<usize>, O)>,
) -> Option<(Vec<usize>, O)> {
    match (attempt(chosen), chosen) {
        (Tried::Good(seen), _) => return Some((chosen.to_vec(), seen)),
        (Tried::Bad(seen), &[at]) => {
            refuted.push((at, Vec::new(), seen));
            return None;
        }
        (Tried::Not, _) | (_, []) => return None,
        (Tried::Bad(_), _) => {}
    }
    let (left, right) = chosen.split_at(chosen.len() / 2);
    let left = halve(left, attempt, refuted);
    let right = halve(right, attempt, refuted);
    let ((mut kept, mut seen), (right, _)) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, other) => return one.or(other),
    };
    let both = [kept.as_slice(), right.as_slice()].concat();
    if both.len() < chosen.len()
        && let Tried::Good(seen) = attempt(&both)
    {
        return Some((both, seen));
    }
    // Each half is right, and both together are not: those of the second join one by one.
    for at in right {
        let more = [kept.as_slice(), &[at]].concat();
        match attempt(&more) {
            Tried::Good(now) => (kept, seen) = (more, now),
            Tried::Bad(now) => refuted.push((at, kept.clone(), now)),
            Tried::Not => {}
        }
    }
    Some((kept, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kept and refuted patches of `0..n`, and how often was tried, where `wrong` says which sets are.
    fn sifted(n: usize, wrong: impl Fn(&[usize]) -> bool) -> (Vec<usize>, Vec<usize>, usize) {
        let mut tries = 0;
        let all: Vec<usize> = (0..n).collect();
        let found = sift(&all, &mut |set| {
            tries += 1;
            if wrong(set) { Tried::Bad(set.to_vec()) } else { Tried::Good(set.to_vec()) }
        });
        let kept = found.kept.map(|(kept, seen)| {
            assert_eq!(kept, seen, "what is kept was tried together");
            kept
        });
        (kept.unwrap_or_default(), found.refuted.into_iter().map(|(at, ..)| at).collect(), tries)
    }

    #[test]
    fn wrong_ones_are_found_and_the_others_stay() {
        assert_eq!(sifted(5, |_| false), (vec![0, 1, 2, 3, 4], vec![], 1));
        assert_eq!(sifted(1, |_| true), (vec![], vec![0], 1));
        let (kept, refuted, tries) = sifted(16, |set| set.contains(&11));
        assert_eq!((kept.len(), refuted), (15, vec![11]));
        // One by one would have taken seventeen, and another to run the rest together.
        assert!(tries <= 13, "{tries}");
        assert_eq!(sifted(4, |set| set.contains(&0) || set.contains(&3)).1, [0, 3]);
        assert_eq!(sifted(3, |_| true), (vec![], vec![0, 1, 2], 5));
    }

    #[test]
    fn those_that_are_wrong_only_together_are_parted() {
        let (kept, refuted, _) = sifted(6, |set| set.contains(&1) && set.contains(&4));
        assert_eq!((kept, refuted), (vec![0, 1, 2, 3, 5], vec![4]));
    }
}
