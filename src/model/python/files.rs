//! Files that the work of a loop reads and that the rest of the loop writes: whether they are the same, by how their paths are
//! written.

use super::calls::CallKind;
use super::names::Bound;
use super::receivers::Def;
use super::slice::{Need, Slice};
use super::spelled::{FOLLOW, Loop, Passed, Spelled};
use super::stage::{Outcome, Work};
use super::summary::own_nodes;
use super::touched::Does;
use super::work::Unit;
use super::{File, FileId, Grade, Trouble};
use crate::catalog::PythonFacts;
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, For};
use crate::syntax::{Node, span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::hash::Hash;

/// So many ways to one place are told apart.
const MAX_WAYS: usize = 16;

/// So many bodies of functions are looked into for one question: functions that lead to each other would be looked into for ever.
const MAX_BODIES: usize = 200;

/// Where a file is opened, asked for or written.
#[derive(Debug, Clone)]
struct Opened<'t> {
    /// The node of the loop that leads there.
    by: Node<'t>,
    place: (FileId, Node<'t>),
    /// Not told: by what is no call.
    does: Option<Does>,
    path: Option<Spelled>,
    /// Whether it is part of what decides whether the call is made.
    guard: bool,
}

impl<'t> File<'t> {
    /// Files that the work, or what it needs, reads or asks for and the rest of the loop writes.
    pub(super) fn file_troubles(&self, work: &Work<'t>, slice: &Slice<'t>, body: Node<'t>, outcome: &mut Outcome<'t>) {
        let skips: Vec<(Node<'t>, bool)> = slice
            .needs
            .iter()
            .filter_map(|n| if let Need::SkipWhen(condition, value) = n { Some((*condition, *value)) } else { None })
            .collect();
        // Of one that can only turn towards "skip" there is a caution already.
        let (told, others): (Vec<_>, Vec<_>) =
            skips.into_iter().partition(|(c, value)| self.asks_for_files(*c, *value, body).is_some());
        let guards: Vec<Node<'t>> = told.into_iter().map(|(c, _)| c).collect();
        let needs = slice.needs.iter().map(|n| n.node()).filter(|n| guards.iter().all(|g| g.id() != n.id()));
        let ahead = self.nodes_of(&work.nodes.iter().copied().chain(needs).collect::<Vec<_>>());
        let guards = self.nodes_of(&guards);
        let reads = |nodes: &[Node<'t>]| !self.findings(nodes, &Unit::Region).reads_files.is_empty();
        if !reads(&ahead) && !reads(&guards) {
            return;
        }
        let looped = Loop { body, file: self.id };
        let (mut read, mut asked, mut written) = (Vec::new(), Vec::new(), Vec::new());
        self.opened(&ahead, false, looped, &mut read);
        let rest: Vec<Node<'t>> = own_nodes(body).into_iter().filter(|n| !work.contains(*n)).collect();
        if self.findings(&rest, &Unit::Region).writes_files.is_empty() {
            return;
        }
        self.opened(&guards, false, looped, &mut asked);
        read.extend(asked.into_iter().map(|o| Opened { guard: true, ..o }));
        self.opened(&rest, true, looped, &mut written);
        let in_front = |o: &Opened<'t>| o.by.start_byte() < work.span.start;
        unlike(&mut written, |o| (in_front(o), o.does, o.path.clone()));
        let source = body.parent().and_then(For::cast).and_then(|f| f.right());
        let distinct = source.is_some_and(|s| self.lists_files(s, FOLLOW));
        let judged = |from: &Opened<'t>, to: &Opened<'t>| judged(from, to, in_front(to), distinct);
        // Passed over ahead, an item has no reply if it is not passed over in its turn.
        let turns = |from: &Opened<'t>| {
            written.iter().any(|to| {
                let elsewhere = from.path.as_ref().zip(to.path.as_ref()).is_some_and(|(a, b)| a.is_elsewhere(b));
                judged(from, to).is_some_and(|(_, same)| same >= Same::Database || !elsewhere)
            })
        };
        let decides = |c: &&(Node<'t>, bool)| read.iter().any(|o| span(c.0).contains(span(o.by)) && turns(o));
        if let Some((guard, _)) = others.iter().find(decides) {
            outcome.unsupported(
                *guard,
                "whether the call is made depends on a file that the loop may write or take away, and no recipe asks for it ahead",
            );
        }
        unlike(&mut read, |o| (o.guard, o.does, o.path.clone()));
        let worst = read
            .iter()
            .flat_map(|from| written.iter().filter_map(move |to| Some((judged(from, to)?, to.place))))
            .min_by_key(|(judged, _)| Reverse(*judged));
        let Some(((grade, same), written)) = worst else { return };
        let message = match same {
            Same::Always => "the work reads a file that the loop writes, or asks whether it is there",
            Same::OfItem if grade == Grade::Blocked => {
                "the work reads the file of its item, and the loop writes that file: an item that has it as well would read it too early"
            }
            Same::OfItem => {
                "the work reads the file of its item, and the loop writes that file; no two items are taken to have the same one"
            }
            Same::AskedOfItem => {
                "the work asks for the file of its item, and the loop writes that file; no two items are taken to have the same one"
            }
            Same::Folder => "the call depends on what a folder holds, and the loop writes into that folder",
            Same::Moved => "the work reads a file, and the loop moves or takes away the folder that it is in",
            Same::UnknownFolder => {
                "the call depends on what a folder holds, and the loop writes a file; it is taken to be in another folder"
            }
            Same::Database => {
                "the work asks a database, and the loop changes one; what it asks for is taken not to be what is changed"
            }
            Same::UnknownAsked => {
                "the work asks for a file and the loop writes one; they are taken to be different files"
            }
            Same::Unknown => "the work reads a file and the loop writes one; they are taken to be different files",
        };
        let trouble = Trouble::new(
            Code::ORDERED_EFFECTS,
            work.node(),
            message,
            "read the file before the loop, or keep what is written in a variable",
        );
        outcome.add(Trouble { cause: Some(written), ..trouble }.graded(grade));
    }

    /// One file that the work both reads and writes, whatever its item: several calls under way meet there.
    pub(super) fn files_within(&self, work: &Work<'t>, body: Node<'t>) -> Option<Trouble<'t>> {
        let nodes = self.nodes_of(&work.nodes);
        let findings = self.findings(&nodes, &Unit::Region);
        if findings.reads_files.is_empty() || findings.writes_files.is_empty() {
            return None;
        }
        let looped = Loop { body, file: self.id };
        let (mut read, mut written) = (Vec::new(), Vec::new());
        self.opened(&nodes, false, looped, &mut read);
        self.opened(&nodes, true, looped, &mut written);
        unlike(&mut read, |o| (o.does, o.path.clone()));
        unlike(&mut written, |o| (o.does, o.path.clone()));
        let meets = |from: &Opened<'t>, to: &Opened<'t>| {
            let (a, b) = from.path.as_ref().zip(to.path.as_ref())?;
            let asks = matches!(from.does, Some(Does::Asks));
            let same = a.is(b) && matches!(to.does, Some(Does::Writes | Does::Moves | Does::MakesFolder));
            let found = match from.does {
                Some(Does::Reads) => same && matches!(to.does, Some(Does::Writes | Does::Moves)),
                Some(Does::Asks) => same,
                Some(Does::Lists) => b.is_in(a),
                _ => false,
            };
            (found && !a.varies).then_some((asks, to.place))
        };
        let found = read.iter().flat_map(|from| written.iter().filter_map(move |to| meets(from, to)));
        let (asks, place) = found.min_by_key(|(asks, _)| *asks)?;
        let (message, grade) = match asks {
            true => (
                "the work asks for a file or folder that it makes as well: calls that are under way at once may each find it missing",
                Grade::Care,
            ),
            false => (
                "the work reads a file or folder that it writes as well: calls that are under way at once would not see what the others write",
                Grade::Blocked,
            ),
        };
        let help = "make what all calls need before the loop, and write behind the call";
        let trouble = Trouble::new(Code::ORDERED_EFFECTS, work.node(), message, help).graded(grade);
        Some(Trouble { cause: Some(place), ..trouble })
    }

    /// Whether a source gives the names of files, or numbers, each once.
    fn lists_files(&self, source: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match source.kind() {
            "identifier" => self.var(source).filter(|v| v.file == self.id).is_some_and(|v| {
                let bindings = self.names.bindings(v.scope, &v.name);
                matches!(bindings, [one] if matches!(one.bound, Bound::Value(Some(e)) if self.lists_files(e, depth)))
            }),
            "call" => {
                let call = Call(source);
                let Some(function) = call.function() else { return false };
                let first = || call.args().next().is_some_and(|a| self.lists_files(a, depth));
                match self.builtin(function) {
                    Some("range" | "set") => return true,
                    Some("sorted" | "list" | "tuple" | "enumerate" | "reversed") => return first(),
                    _ => {}
                }
                match self.import_path(function).as_deref() {
                    Some("os.listdir" | "os.scandir" | "glob.glob" | "glob.iglob") => true,
                    Some(path) => PythonFacts::has(&self.catalog.python.progress, path) && first(),
                    None => {
                        let method = Attribute::cast(function).and_then(|a| a.name()).map(|n| self.text(n));
                        matches!(method, Some("glob" | "rglob" | "iterdir"))
                    }
                }
            }
            _ => false,
        }
    }

    /// The places at which some nodes of a loop, or the functions that they call, read files, or write them.
    fn opened(&self, nodes: &[Node<'t>], writes: bool, looped: Loop<'t>, out: &mut Vec<Opened<'t>>) {
        let mut search =
            Search { looped, writes, left: MAX_BODIES, on_the_way: Vec::new(), known: FxHashMap::default() };
        for &node in nodes {
            self.opened_by((node, node), &Passed::default(), &mut search, out);
        }
    }

    /// The same for one node, and for what it runs; `by` is the node of the loop that leads there.
    fn opened_by(
        &self,
        (node, by): (Node<'t>, Node<'t>),
        passed: &Passed,
        search: &mut Search<'t>,
        out: &mut Vec<Opened<'t>>,
    ) {
        let opened = |place, does, path| Opened { by, place, does, path, guard: false };
        // What runs without a call: a property, a `with`.
        for implied in self.implicit(node) {
            let given = |name: &str| {
                let first = self.program.at(implied.def.file).map(|f| f.parameters(implied.def.node));
                let own = first.is_some_and(|p| p.first() == Some(&name));
                implied.object.filter(|_| own)
            };
            self.opened_in(implied.def, &given, by, passed, search, out);
        }
        let Some(call) = Call::cast(node) else { return };
        let CallKind::Functions(defs) = self.classify(call) else {
            for touch in self.touches(call).into_iter().filter(|t| t.does.is_write() == search.writes) {
                let named = touch.name.and_then(|(file, name)| Some((self.program.at(file)?, name)));
                let path = named.and_then(|(file, name)| file.spelled(name, passed, search.looped, FOLLOW));
                out.push(opened((self.id, node), Some(touch.does), path));
            }
            return;
        };
        for def in defs {
            let given = |name: &str| self.passed_for(call, def, name);
            self.opened_in(def, &given, by, passed, search, out);
        }
    }

    /// The same for a function, with what is given for its parameters.
    fn opened_in(
        &self,
        def: Def<'t>,
        given: &dyn Fn(&str) -> Option<Node<'t>>,
        by: Node<'t>,
        passed: &Passed,
        search: &mut Search<'t>,
        out: &mut Vec<Opened<'t>>,
    ) {
        let summary = self.summary_of(def);
        let places = if search.writes { &summary.work.writes_files } else { &summary.work.reads_files };
        let Some(file) = self.program.at(def.file).filter(|_| !places.is_empty()) else { return };
        let unknown = |place: &(FileId, Node<'t>)| Opened { by, place: *place, does: None, path: None, guard: false };
        let parts = def.node.child_by_field_name("body").zip(file.names.opened_by(def.node));
        let follow = search.on_the_way.len() < FOLLOW && !search.on_the_way.contains(&def);
        let Some((body, scope)) = parts.filter(|_| follow) else {
            out.extend(places.iter().map(unknown));
            return;
        };
        let given = file.parameters(def.node).into_iter().map(|name| {
            let told = match given(name) {
                Some(argument) => self.spelled(argument, passed, search.looped, FOLLOW),
                None => {
                    let default = file.names.bindings(scope, name).first().and_then(|b| b.node.parent());
                    let default = default.and_then(|p| p.child_by_field_name("value"));
                    default.and_then(|v| file.spelled(v, &Passed::default(), search.looped, FOLLOW))
                }
            };
            (file.var_in(scope, name), told)
        });
        let given: Passed = given.collect();
        let key = (def.file, def.node.id());
        if let Some((_, found)) = search.known.get(&key).and_then(|all| all.iter().find(|(g, _)| *g == given)) {
            out.extend(found.iter().map(|o| Opened { by, ..o.clone() }));
            return;
        }
        let Some(left) = search.left.checked_sub(1) else {
            out.extend(places.iter().map(unknown));
            return;
        };
        search.left = left;
        search.on_the_way.push(def);
        let mut found = Vec::new();
        for inner in own_nodes(body) {
            if found.len() > MAX_WAYS {
                break;
            }
            file.opened_by((inner, by), &given, search, &mut found);
            unlike(&mut found, |o| (o.place.0, o.place.1.id(), o.does, o.path.clone()));
        }
        search.on_the_way.pop();
        let others: Vec<_> = places.iter().filter(|p| found.iter().all(|o| o.place != **p)).map(unknown).collect();
        found.extend(others);
        out.extend(found.iter().cloned());
        search.known.entry(key).or_default().push((given, found));
    }
}

/// The places with files to which some nodes of a loop lead, as they are looked for.
struct Search<'t> {
    looped: Loop<'t>,
    writes: bool,
    /// So many bodies of functions are still looked into.
    left: usize,
    /// The functions that lead to where it looks: what one of them runs again is not told apart.
    on_the_way: Vec<Def<'t>>,
    /// What was found in functions.
    known: FxHashMap<(FileId, usize), Vec<Found<'t>>>,
}

/// What was found in a function that such parameters were passed to.
type Found<'t> = (Passed, Vec<Opened<'t>>);

/// Keeps the first of those that are alike.
fn unlike<'t, K: Eq + Hash>(all: &mut Vec<Opened<'t>>, key: impl Fn(&Opened<'t>) -> K) {
    let mut seen = FxHashSet::default();
    all.retain(|o| seen.insert(key(o)));
}

/// What it means that the work reads one file and the loop writes another; none where that is nothing.
fn judged(from: &Opened<'_>, to: &Opened<'_>, in_front: bool, distinct: bool) -> Option<(Grade, Same)> {
    use Does::{Asks, Lists, Logs, MakesFolder, Moves, Queries, Reads, Updates};
    let (asks, lists) = (from.does == Some(Asks), from.does == Some(Lists));
    let both = from.path.as_ref().zip(to.path.as_ref());
    let is = both.is_some_and(|(a, b)| a.is(b));
    let varies = from.path.as_ref().is_none_or(|p| p.varies);
    let of_item = |assumed: Same| {
        let folds = from.path.as_ref().is_some_and(|p| p.folds);
        if distinct && !folds || asks { (Grade::Assumed, assumed) } else { (Grade::Blocked, Same::OfItem) }
    };
    match (from.does, to.does) {
        (Some(Queries), Some(Updates)) => {
            return (!both.is_some_and(|(a, b)| a.is_apart(b))).then_some((Grade::Assumed, Same::Database));
        }
        (Some(Reads | Asks), Some(Updates)) if is && !varies => return Some((Grade::Blocked, Same::Always)),
        (Some(Queries), Some(_)) | (Some(_), Some(Updates)) => return None,
        // A folder that is made changes no file.
        (Some(Reads), Some(MakesFolder)) => return None,
        _ => {}
    }
    // Whether the call is made at all: what the path of an item is asked is told there.
    if from.guard && (asks || lists) && varies {
        return None;
    }
    if lists {
        return match both {
            Some((a, b)) if b.is_in(a) && a.varies => Some(of_item(Same::OfItem)),
            Some((a, b)) if b.is_in(a) => Some((Grade::Blocked, Same::Folder)),
            Some((a, b)) if b.is_outside(a) => None,
            _ if to.does == Some(Logs) || from.guard && !from.path.as_ref().is_some_and(|p| p.literal) => None,
            _ => Some((Grade::Assumed, Same::UnknownFolder)),
        };
    }
    if is {
        // Written in front of the work: for this very item.
        return Some(match !varies || in_front {
            true => (Grade::Blocked, Same::Always),
            false if asks => of_item(Same::AskedOfItem),
            false => of_item(Same::OfItem),
        });
    }
    // The log goes to a file of its own, and a folder is not what a file is.
    let own = matches!(to.does, Some(Logs | MakesFolder));
    let told = from.guard && asks && !from.path.as_ref().is_some_and(|p| p.literal);
    let moves = to.does == Some(Moves);
    // The folder that it is in is moved, or something is put in its place.
    if moves && both.is_some_and(|(a, b)| a.is_below(b)) {
        let own = to.path.as_ref().is_some_and(|p| p.varies);
        return Some((if own { Grade::Assumed } else { Grade::Blocked }, Same::Moved));
    }
    let apart = |a: &Spelled, b: &Spelled| if moves { b.is_apart_as_whole(a) } else { a.is_apart(b) };
    if own || told || both.is_some_and(|(a, b)| apart(a, b)) {
        return None;
    }
    Some((Grade::Assumed, if asks { Same::UnknownAsked } else { Same::Unknown }))
}

/// How sure it is that two files are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    UnknownAsked,
    Unknown,
    UnknownFolder,
    Database,
    AskedOfItem,
    Folder,
    Moved,
    OfItem,
    Always,
}
