//! Changed statements that no run has come to: nothing is known of them.

use super::{
    Request, Unseen,
    flow::Stop,
    run::Version,
    seen::{Ran, Shape, Statement},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Copies that are named in the evidence.
const NAMED: usize = 3;

/// What is still to be seen of one version.
#[derive(Default)]
pub(super) struct Unrun {
    left: BTreeSet<Statement>,
    /// Every statement of the changed files, and whether any run came to it.
    all: BTreeMap<Statement, (Shape, bool)>,
}

impl Unrun {
    /// What counts of that which a run without a fault has not come to. Of the original, what the rewritten version has
    /// nowhere; of the rewritten version all that changed, but in handlers only what the original has nowhere.
    pub fn new(version: &Version, ran: Option<&Ran>) -> Self {
        let counts = |it: &&Statement| (version.rewritten && !it.handled) || version.is_alone(it);
        let left = ran.into_iter().flat_map(|ran| &ran.missed).filter(counts).cloned().collect();
        let all = ran.into_iter().flat_map(|ran| ran.all.iter().cloned());
        Self { left, all: all.map(|(statement, shape, ran)| (statement, (shape, ran))).collect() }
    }

    /// Whether lines of further runs need be followed.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes out what another run came to.
    pub fn learn(&mut self, ran: Option<&Ran>) {
        if let Some(ran) = ran {
            self.left.retain(|statement| ran.missed.contains(statement));
            for (statement, _, _) in ran.all.iter().filter(|(_, _, ran)| *ran) {
                if let Some((_, came)) = self.all.get_mut(statement) {
                    *came = true;
                }
            }
        }
    }

    /// Takes out what is a copy of something in the original that did not run there either, and gives it back.
    pub fn without_copies(&mut self, original: &Unrun) -> Vec<Statement> {
        // By what each statement says and where: whether one that says so ran.
        let (mut said, mut entered) = (BTreeMap::new(), BTreeMap::new());
        for (shape, came) in original.all.values() {
            let came = *came && !shape.hidden;
            *said.entry((shape.branch.as_str(), shape.says.as_str())).or_insert(false) |= came;
            *entered.entry(shape.branch.as_str()).or_insert(false) |= came;
        }
        // A branch that is left out, `else` as a rule, has nothing in it that could have run.
        let other = |branch: &str| match branch.split_once(' ') {
            Some(("True", test)) => entered.contains_key(format!("False {test}").as_str()),
            Some(("False", test)) => entered.contains_key(format!("True {test}").as_str()),
            _ => false,
        };
        let is_copy = |statement: &Statement| {
            let Some((shape, _)) = self.all.get(statement).filter(|(shape, _)| !shape.waits) else { return false };
            let leaves = || match entered.get(shape.branch.as_str()) {
                Some(came) => !came,
                None => other(&shape.branch),
            };
            said.get(&(shape.branch.as_str(), shape.says.as_str())) == Some(&false) || (shape.leaves && leaves())
        };
        let copies: Vec<Statement> = self.left.iter().filter(|it| !it.handled && is_copy(it)).cloned().collect();
        self.left.retain(|statement| !copies.contains(statement));
        copies
    }
}

/// Says which branches of the rewritten version are copies of some that did not run in the original either.
pub(super) fn told(copies: &[Statement], version: &Version) -> Option<String> {
    let text = |it: &Statement| version.line(&it.file, it.first).unwrap_or_default().trim().to_owned();
    let named = |it: &Statement| format!("{}:{} `{}`", it.file, it.first, text(it));
    let list = copies.iter().take(NAMED).map(named).collect::<Vec<_>>().join(", ");
    let more = match copies.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match copies {
        [] => None,
        [_] => Some(format!("a copied branch did not run in either program: {list}")),
        _ => Some(format!("copied branches did not run in either program: {list}{more}")),
    }
}

/// What of either version had to run and did not, the worst first.
pub(super) fn check(
    request: &Request<'_>,
    traced: bool,
    (original, rewritten): (&Unrun, &Unrun),
    versions: &(Version, Version),
) -> Result<Vec<Unseen>, Stop> {
    let script = request.entry.is_empty();
    if !script && !traced && versions.1.changes() {
        let why = "which lines the entry command runs could not be seen, so nothing is known of the changed ones";
        return Err(Stop::Assumed(why.to_owned()));
    }
    let told = |statement: &Statement, version: &Version, what: &str| {
        let text = version.line(&statement.file, statement.first).unwrap_or_default();
        // Two scripts take turns under one name, and this line is the other's.
        let own =
            request.named.as_deref().filter(|_| version.rewritten && Path::new(&statement.file) == request.script);
        let file = own.unwrap_or(&statement.file);
        Unseen {
            file: statement.file.clone(),
            first: statement.first,
            last: statement.last,
            rewritten: version.rewritten,
            reason: format!("{what}: {file}:{} `{}`", statement.first, text.trim()),
        }
    };
    let sorted = |unrun: &Unrun| {
        let mut all: Vec<Statement> = unrun.left.iter().cloned().collect();
        all.sort_by_key(|it| it.handled);
        all
    };
    let changed = sorted(rewritten).into_iter().map(|statement| {
        let what = match (script, statement.handled) {
            (true, false) => "a changed line was not run, so nothing is known of it",
            (true, true) => {
                "a changed line of a handler was not run, under no fault that was tried, so nothing is known of it"
            }
            (false, _) => "the entry command does not come to a changed line, so nothing is known of it",
        };
        told(&statement, &versions.1, what)
    });
    let lost = sorted(original).into_iter().map(|statement| {
        let what = match (script, statement.handled) {
            (true, false) => {
                "a line of the original that the rewritten version has not was never run, so nothing is known of what is lost with it"
            }
            (true, true) => {
                "a line of a handler that the rewritten version has not was never run, under no fault that was tried, so nothing is known of what is lost with it"
            }
            (false, _) => {
                "the entry command does not come to a line of the original that the rewritten version has not, so nothing is known of what is lost with it"
            }
        };
        told(&statement, &versions.0, what)
    });
    Ok(changed.chain(lost).collect())
}

#[cfg(test)]
mod tests {
    use super::{Shape, Statement, Unrun};

    fn all(statements: &[(&str, &str, bool, bool)]) -> Unrun {
        let mut unrun = Unrun::default();
        for (at, (branch, says, leaves, came)) in statements.iter().enumerate() {
            let statement = Statement { file: "a.py".to_owned(), first: at, last: at, handled: false };
            let shape = Shape {
                says: (*says).to_owned(),
                branch: (*branch).to_owned(),
                leaves: *leaves,
                waits: says.contains("await"),
                hidden: says.contains("hidden"),
            };
            if !came {
                unrun.left.insert(statement.clone());
            }
            unrun.all.insert(statement, (shape, *came));
        }
        unrun
    }

    #[test]
    fn a_copy_of_what_did_not_run_is_none_that_must() {
        for (original, copy, is_copy) in [
            // The same statement in the same branch; it must not have run in the original.
            (&[("True x", "a", false, false)][..], ("True x", "a", false), true),
            (&[("True x", "a", false, true)], ("True x", "a", false), false),
            (&[("True y", "a", false, false)], ("True x", "a", false), false),
            (&[("True x", "b", false, false)], ("True x", "a", false), false),
            (&[("True x", "a", false, true), ("True x", "a", false, false)], ("True x", "a", false), false),
            // One that waits is the site's own, as far as can be told.
            (&[("True x", "await a", false, false)], ("True x", "await a", false), false),
            // A guard's exit stands for what the original has in that branch.
            (&[("True x", "print", false, false)], ("True x", "return", true), true),
            (&[("True x", "print", false, true)], ("True x", "return", true), false),
            (&[("True x", "print", false, false)], ("True x", "return", false), false),
            (&[("True x", "hidden", false, true)], ("True x", "return", true), true),
            (&[("False x", "call", false, true)], ("True x", "return", true), true),
            (&[("", "call", false, true)], ("True x", "return", true), false),
            (&[], ("", "return", true), false),
        ] {
            let mut rewritten = all(&[(copy.0, copy.1, copy.2, false)]);
            let found = rewritten.without_copies(&all(original)).len();
            assert_eq!((found, rewritten.left.len()), if is_copy { (1, 0) } else { (0, 1) }, "{original:?} {copy:?}");
        }
    }
}
