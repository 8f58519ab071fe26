//! A document as a plain tree, and the smallest place at which two differ.

use super::npy::{self, Array};
use crate::validate::compare::{
    floats::{self, Floats, Relation, Width},
    words::shown,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep documents are looked into.
const DEEP: usize = 200;
/// Pairs of nodes that are compared.
const MOST: usize = 4_000_000;

/// Bytes of a byte string that are shown as they are; longer ones are told by length and hash.
const PLAIN: usize = 64;

/// Types whose objects cannot be changed: whether two places hold one of them or two equal ones is a matter of how the
/// document came about, and nobody's result.
const FIXED: &[&str] = &[
    "tuple",
    "frozenset",
    "_codecs.encode",
    "builtins.complex",
    "builtins.getattr",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "fractions.Fraction",
    "numpy.dtype",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath",
    "uuid.UUID",
];

/// What a document has at one place; children are numbers of nodes, so that two places can hold one object.
pub(super) enum Node {
    /// Its type, and how it is written.
    Leaf(&'static str, String),
    Float(f64, String),
    /// Its type, and what it holds.
    Bytes(&'static str, Vec<u8>),
    /// Its class, and its content. Numbers of numpy are arrays without a dimension.
    Array(String, Array<'static>),
    List(String, Vec<usize>),
    /// Pairs of keys and values, in their order.
    Map(String, Vec<(usize, usize)>),
}

/// A document.
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub root: usize,
    /// Whether it matters that two places hold one object.
    pub shares: bool,
}

/// The first place at which two documents differ.
#[derive(Debug, PartialEq)]
pub(in crate::validate) struct Difference {
    pub place: String,
    pub original: String,
    pub rewritten: String,
    /// What there is to be said besides: how near two numbers are.
    pub note: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} in the original, {} in the rewritten", self.place, self.original, self.rewritten)?;
        self.note.iter().try_for_each(|note| write!(f, " ({note})"))
    }
}

/// What comparing two documents showed.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// The same content, as far as this.
    Same(Relation),
    Differs(Difference),
    /// Too deep or too large.
    Unknown,
}

/// Compares two documents; `root` names them in places.
pub(super) fn compare(a: &Tree, b: &Tree, root: &str, floats: &Floats) -> Found {
    let shared = Shared { left: FxHashMap::default(), right: FxHashMap::default(), done: FxHashSet::default() };
    let mut walk = Walk { a, b, floats, shared, left: MOST };
    match walk.at(a.root, b.root, root, 0) {
        Ok(relation) => Found::Same(relation),
        Err(found) => *found,
    }
}

/// Which container of the one corresponds to which of the other.
struct Shared {
    left: FxHashMap<usize, usize>,
    right: FxHashMap<usize, usize>,
    done: FxHashSet<(usize, usize)>,
}

struct Walk<'t> {
    a: &'t Tree,
    b: &'t Tree,
    floats: &'t Floats,
    shared: Shared,
    left: usize,
}

impl Walk<'_> {
    fn at(&mut self, a: usize, b: usize, place: &str, depth: usize) -> Result<Relation, Box<Found>> {
        self.left = self.left.checked_sub(1).filter(|_| depth < DEEP).ok_or(Found::Unknown)?;
        let (Some(x), Some(y)) = (self.a.nodes.get(a), self.b.nodes.get(b)) else { return Err(Found::Unknown.into()) };
        match (x, y) {
            (Node::Leaf(kind, text), Node::Leaf(other, also)) if kind == other && text == also => Ok(Relation::Equal),
            (Node::Bytes(kind, data), Node::Bytes(other, also)) if kind == other && data == also => {
                if *kind == "bytearray" {
                    self.enter(a, b, place)?;
                }
                Ok(Relation::Equal)
            }
            (Node::Array(kind, data), Node::Array(other, also)) if kind == other => {
                let single = data.shape.is_empty() && kind == npy::SCALAR;
                if !single && !self.enter(a, b, place)? {
                    return Ok(Relation::Equal);
                }
                match npy::arrays(data, also, place, self.floats).ok_or(Found::Unknown)? {
                    Found::Same(relation) => Ok(relation),
                    found => Err(found.into()),
                }
            }
            (Node::Float(p, _), Node::Float(q, _)) => match self.floats.pair(*p, *q, Width::Double) {
                Some(relation) => Ok(relation),
                None => Err(self.differ(a, b, place, floats::note(*p, *q, Width::Double))),
            },
            (Node::List(kind, parts), Node::List(other, others)) if kind == other => {
                let new = if FIXED.contains(&kind.as_str()) {
                    self.shared.done.insert((a, b))
                } else {
                    self.enter(a, b, place)?
                };
                if !new {
                    return Ok(Relation::Equal);
                }
                let (mut parts, mut others) = (parts.clone(), others.clone());
                if kind == "set" || kind == "frozenset" {
                    // Their order says how they came about.
                    parts.sort_by_cached_key(|part| self.a.text(*part, 0));
                    others.sort_by_cached_key(|part| self.b.text(*part, 0));
                }
                let mut weakest = Relation::Equal;
                for (at, (x, y)) in parts.iter().zip(&others).enumerate() {
                    weakest = weakest.max(self.at(*x, *y, &format!("{place}[{at}]"), depth + 1)?);
                }
                if parts.len() == others.len() {
                    return Ok(weakest);
                }
                let count = |n: usize| format!("{n} {}", if n == 1 { "element" } else { "elements" });
                Err(told(place, count(parts.len()), count(others.len())))
            }
            (Node::Map(kind, pairs), Node::Map(other, others)) if kind == other => {
                if !self.enter(a, b, place)? {
                    return Ok(Relation::Equal);
                }
                self.maps(pairs, others, place, depth)
            }
            _ => Err(self.differ(a, b, place, None)),
        }
    }

    fn maps(
        &mut self,
        pairs: &[(usize, usize)],
        others: &[(usize, usize)],
        place: &str,
        depth: usize,
    ) -> Result<Relation, Box<Found>> {
        let keys = |tree: &Tree, pairs: &[(usize, usize)]| -> Vec<String> {
            pairs.iter().map(|(key, _)| tree.text(*key, 0)).collect()
        };
        let (left, right) = (keys(self.a, pairs), keys(self.b, others));
        if left == right {
            let mut weakest = Relation::Equal;
            for (name, ((key, value), (also, other))) in left.iter().zip(pairs.iter().zip(others)) {
                let at = format!("{place}{}", step(name));
                // Large keys have a text that others may have, too.
                weakest = weakest.max(self.at(*key, *also, &format!("{at} (the key)"), depth + 1)?);
                weakest = weakest.max(self.at(*value, *other, &at, depth + 1)?);
            }
            return Ok(weakest);
        }
        let here: FxHashMap<&String, usize> = right.iter().zip(others).map(|(key, (_, value))| (key, *value)).collect();
        let known: FxHashSet<&String> = left.iter().collect();
        if let Some(key) = left.iter().find(|key| !here.contains_key(key)) {
            return Err(told(&format!("{place}{}", step(key)), "there".into(), "missing".into()));
        }
        if let Some(key) = right.iter().find(|key| !known.contains(key)) {
            return Err(told(&format!("{place}{}", step(key)), "missing".into(), "there".into()));
        }
        for (key, (_, value)) in left.iter().zip(pairs) {
            let Some(other) = here.get(key) else { return Err(Found::Unknown.into()) };
            self.at(*value, *other, &format!("{place}{}", step(key)), depth + 1)?;
        }
        let order = |keys: &[String]| format!("keys in the order {}", shown(&keys.join(", ")));
        Err(told(place, order(&left), order(&right)))
    }

    /// Whether two containers are still to be compared. One object at two places is told from two.
    fn enter(&mut self, a: usize, b: usize, place: &str) -> Result<bool, Box<Found>> {
        if self.a.shares && self.b.shares {
            let (one, two) = ("an object that is elsewhere too", "an object of its own");
            match (self.shared.left.insert(a, b), self.shared.right.insert(b, a)) {
                (None, Some(_)) => return Err(told(place, two.into(), one.into())),
                (Some(_), None) => return Err(told(place, one.into(), two.into())),
                (Some(x), Some(_)) if x != b => {
                    return Err(told(place, one.into(), "another that is elsewhere too".into()));
                }
                _ => {}
            }
        }
        Ok(self.shared.done.insert((a, b)))
    }

    fn differ(&self, a: usize, b: usize, place: &str, note: Option<String>) -> Box<Found> {
        let (mut original, mut rewritten) = (self.a.text(a, 0), self.b.text(b, 0));
        if original == rewritten {
            // The same digits under two types.
            original = format!("{} {original}", self.a.kind(a));
            rewritten = format!("{} {rewritten}", self.b.kind(b));
        }
        let (original, rewritten) = crate::validate::compare::words::around_difference(&original, &rewritten);
        Box::new(Found::Differs(Difference { place: place.to_owned(), original, rewritten, note }))
    }
}

fn told(place: &str, original: String, rewritten: String) -> Box<Found> {
    Box::new(Found::Differs(Difference { place: place.to_owned(), original, rewritten, note: None }))
}

/// A key as a part of a place.
fn step(key: &str) -> String {
    let name = key
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'));
    name.map_or_else(|| format!("[{}]", shown(key)), |name| format!(".{name}"))
}

impl Tree {
    /// A tree of nothing yet; its nodes come by `add`.
    pub fn new(shares: bool) -> Self {
        Tree { nodes: Vec::new(), root: 0, shares }
    }

    pub fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn kind(&self, at: usize) -> &str {
        match self.nodes.get(at) {
            Some(Node::Leaf(kind, _)) => kind,
            Some(Node::Float(..)) => "float",
            Some(Node::Bytes(kind, _)) => kind,
            Some(Node::Array(kind, _)) => kind,
            Some(Node::List(kind, _) | Node::Map(kind, _)) => kind,
            None => "",
        }
    }

    /// A node in words: the whole of a leaf or a small tuple, the size of anything else.
    fn text(&self, at: usize, depth: usize) -> String {
        match self.nodes.get(at) {
            Some(Node::Leaf("str", text)) => format!("\"{text}\""),
            Some(Node::Leaf(_, text) | Node::Float(_, text)) => text.clone(),
            Some(Node::Bytes(_, data)) if data.len() <= PLAIN => format!("b\"{}\"", data.escape_ascii()),
            Some(Node::Bytes(_, data)) => format!("{} bytes {}", data.len(), &blake3::hash(data).to_hex()[..16]),
            Some(Node::Array(kind, array)) => format!("{kind} of {}", array.form()),
            Some(Node::List(kind, parts)) if kind == "tuple" && parts.len() < 6 && depth < 4 => {
                let parts: Vec<String> = parts.iter().map(|part| self.text(*part, depth + 1)).collect();
                format!("({})", parts.join(", "))
            }
            Some(Node::List(kind, parts)) => format!("{kind} of {}", parts.len()),
            Some(Node::Map(kind, pairs)) => format!("{kind} of {}", pairs.len()),
            None => String::new(),
        }
    }
}
