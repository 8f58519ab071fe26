//! Which files can have a loop that leads to a call that is looked for, told by names alone.
//!
//! A function leads to such a call where it mentions one, or mentions a function, class or variable that does. Plain names
//! are followed through the imports and variables of their file; a name behind a dot means any function of that name in the
//! files to which the imports lead. That is more than the model can find, but for the ways of a value that
//! `docs/scanning.md` lists; a file to which only such a way leads is missed by a scan, and analysed where it is named.
//! `tests/scan.rs` holds the two against each other.

use super::mentions::{Flow, FunctionMentions, How, Mentions, Name, Target, UNKNOWN, Use, name};
use super::scan::leads;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is looked for, by names.
#[derive(Debug, Default, Clone)]
pub struct Seeds {
    /// The functions of libraries, by their dotted paths.
    functions: FxHashSet<Box<str>>,
    /// The modules and classes in which they lie.
    modules: FxHashSet<Box<str>>,
    /// The last names of them.
    names: FxHashSet<Name>,
    /// The constructors of clients, by their dotted paths.
    constructors: FxHashSet<Box<str>>,
    /// The last names of them.
    constructor_names: FxHashSet<Name>,
    /// Methods that make clients of what another constructor makes, as `methods` has them: `boto3.Session().client`.
    making: FxHashSet<(Name, Name)>,
    /// The methods of clients: their names, each with the name that stands in front of it; 0 for the client itself.
    methods: FxHashSet<(Name, Name)>,
    /// The names of all methods.
    method_names: FxHashSet<Name>,
    /// Modules of which everything that is called counts.
    wild: Vec<Box<str>>,
    /// What is told of in loops only.
    burning: Vec<Burning>,
}

/// Modules that compute, and the methods that count where one of them may be meant; none where all do that come from them.
#[derive(Debug, Default, Clone)]
struct Burning {
    /// Modules of which everything counts.
    modules: Vec<Box<str>>,
    /// Single functions, by their dotted paths.
    functions: Vec<Box<str>>,
    methods: FxHashSet<Name>,
}

fn last(path: &str) -> Name {
    name(path.rsplit('.').next().unwrap_or(path).as_bytes())
}

/// The last name of a path, and the one that stands in front of it; 0 where there is none.
fn with_front(path: &str) -> (Name, Name) {
    let before = path.rsplit_once('.').map_or("", |(before, _)| before);
    let front = before.rsplit('.').find(|part| *part != "()").unwrap_or_default();
    (last(path), if front.is_empty() || front == "*" { 0 } else { name(front.as_bytes()) })
}

impl Seeds {
    /// Looks for a function of a library.
    pub fn function(&mut self, path: &str) {
        self.functions.insert(path.into());
        self.modules.extend(path.match_indices('.').map(|(end, _)| Box::from(&path[..end])));
        self.names.insert(last(path));
    }

    /// Looks for the calls of a client, given by their dotted paths from it.
    pub fn client<'a>(&mut self, constructor: &str, calls: impl IntoIterator<Item = &'a str>) {
        self.constructors.insert(constructor.into());
        self.constructor_names.insert(last(constructor));
        if let Some((first, _)) = constructor.split_once("()") {
            self.constructors.insert(first.into());
            self.constructor_names.insert(last(first));
            self.making.extend(constructor.split("().").skip(1).map(with_front));
        }
        for call in calls {
            // Which methods are meant, no name tells; nor where the client itself is called.
            if call.contains('*') || call == "__call__" {
                self.wild.extend(constructor.split(['.', '(']).next().map(Box::from));
            }
            self.methods.insert(with_front(call));
            self.method_names.insert(last(call));
        }
        self.wild.sort();
        self.wild.dedup();
    }

    /// Tells of loops that compute, too.
    pub fn burning<'a>(&mut self, paths: impl IntoIterator<Item = &'a String>, methods: &[&str]) {
        let mut burning =
            Burning { methods: methods.iter().map(|m| name(m.as_bytes())).collect(), ..Burning::default() };
        for path in paths {
            match path.strip_suffix(".*") {
                Some(module) => burning.modules.push(module.into()),
                None => burning.functions.push(path.as_str().into()),
            }
        }
        self.burning.push(burning);
    }

    /// The last names of all that is looked for, and of what makes clients.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        let lists = [&self.names, &self.method_names, &self.constructor_names];
        let burning = self.burning.iter().flat_map(|b| &b.methods);
        lists.into_iter().flatten().chain(burning).copied()
    }

    /// Whether whatever is called of something imported may compute.
    pub(super) fn computes(&self, import: &str) -> bool {
        let modules = self.burning.iter().filter(|b| b.methods.is_empty()).flat_map(|b| &b.modules);
        modules.into_iter().any(|m| leads(import, m) || leads(m, import))
    }

    /// Whether a text speaks of a module of which everything that is called counts.
    pub(super) fn is_wild(&self, text: &[u8]) -> bool {
        self.wild.iter().any(|module| memchr::memmem::find(text, module.as_bytes()).is_some())
    }
}

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Into the project: the file's number, where it is one of those looked at, and the name in it; none for the module.
    Project(Option<u32>, Option<Name>),
    /// Elsewhere.
    Library,
}

/// A file and what is known of it.
#[derive(Debug)]
pub(super) struct Node {
    pub mentions: Mentions,
    /// Where each of its imports leads.
    pub origins: Vec<Origin>,
    /// Where its star imports lead.
    pub stars: Vec<Origin>,
    /// All files to which its imports lead.
    pub imports: Vec<u32>,
    /// Whether it speaks of a module of which everything that is called counts.
    pub wild: bool,
}

/// What is known of a name, as bits.
type Bits = u8;
/// Calling it leads to a call that is looked for.
const WAITS: Bits = 1;
/// Calling it gives something of which that is true.
const GIVES: Bits = 2;
/// It holds a client.
const CLIENT: Bits = 4;
/// Calling it gives a client.
const MAKES: Bits = 8;

/// What calling something of these bits gives.
fn given(bits: Bits) -> Bits {
    (bits & (GIVES | MAKES)) >> 1
}

/// A set of files.
type FileSet = Vec<u64>;

fn has(set: &FileSet, file: u32) -> bool {
    set.get(file as usize / 64).is_some_and(|bits| bits >> (file % 64) & 1 == 1)
}

struct Reach<'a> {
    seeds: &'a Seeds,
    files: &'a [Node],
    /// For each file, those to which its imports lead, itself included.
    closures: Vec<FileSet>,
    /// The imports of each file, by the name that they bind.
    imported: Vec<FxHashMap<Name, Vec<usize>>>,
    /// The names that some file gives to a library with functions that are looked for.
    libraries: FxHashSet<Name>,
    /// `ChatCompletion.create`, wherever the module comes from: the last two names of functions.
    spelled: FxHashSet<(Name, Name)>,
    /// The files with a class of a name.
    classes: FxHashMap<Name, Vec<u32>>,
    /// What is known of plain names in their file.
    plain: FxHashMap<(u32, Name), Bits>,
    /// What is known of names behind a dot: of those that a file gives a meaning to.
    behind: FxHashMap<Name, Vec<(u32, Bits)>>,
    /// The methods of which that was told to the files of the classes from which theirs derive, by file and place.
    overridden: FxHashSet<(u32, u32)>,
    /// Files with a class of which objects are called, and lead to a call then.
    called_itself: FxHashSet<u32>,
    init: Name,
    call: Name,
    get: Name,
    /// `self` and `cls`.
    own: (Name, Name),
    grown: bool,
}

/// For each file, whether it can matter.
pub(super) fn reach(files: &[Node], seeds: &Seeds) -> Vec<bool> {
    let mut reach = Reach {
        seeds,
        files,
        closures: closures(files),
        imported: files.iter().map(imported).collect(),
        libraries: libraries(files, seeds),
        spelled: spelled(files, seeds),
        classes: FxHashMap::default(),
        plain: FxHashMap::default(),
        behind: FxHashMap::default(),
        overridden: FxHashSet::default(),
        called_itself: FxHashSet::default(),
        init: name(b"__init__"),
        call: name(b"__call__"),
        get: name(b"get"),
        own: (name(b"self"), name(b"cls")),
        grown: true,
    };
    for (at, file) in (0..).zip(files) {
        for class in &file.mentions.classes {
            reach.classes.entry(class.name).or_default().push(at);
        }
    }
    while std::mem::take(&mut reach.grown) {
        for (at, _) in (0..).zip(files) {
            reach.look_at(at);
        }
    }
    (0..).zip(files).map(|(at, _)| reach.matters(at)).collect()
}

fn imported(file: &Node) -> FxHashMap<Name, Vec<usize>> {
    let mut out: FxHashMap<Name, Vec<usize>> = FxHashMap::default();
    for (at, import) in file.mentions.imports.iter().enumerate() {
        out.entry(import.name).or_default().push(at);
    }
    out
}

/// The paths that files import from elsewhere, with the names that they give them.
fn foreign(files: &[Node]) -> impl Iterator<Item = (&str, Name)> {
    let all = files.iter().flat_map(|f| f.mentions.imports.iter().zip(&f.origins));
    all.filter(|(_, origin)| **origin == Origin::Library).map(|(i, _)| (&*i.path, i.name))
}

fn libraries(files: &[Node], seeds: &Seeds) -> FxHashSet<Name> {
    foreign(files).filter(|(path, _)| seeds.functions.iter().any(|f| leads(f, path))).map(|(_, name)| name).collect()
}

/// The last two names of functions in modules of modules, or of classes, of the libraries that some file imports.
fn spelled(files: &[Node], seeds: &Seeds) -> FxHashSet<(Name, Name)> {
    let paths: FxHashSet<&str> = foreign(files).map(|(path, _)| path).collect();
    let there = |f: &&str| paths.iter().any(|path| leads(f, path));
    let pair = |f: &str| {
        let mut parts = f.rsplit('.').map(|p| name(p.as_bytes()));
        let (own, before, _) = (parts.next()?, parts.next()?, parts.next()?);
        Some((own, before))
    };
    seeds.functions.iter().map(|f| &**f).filter(there).filter_map(pair).collect()
}

fn closures(files: &[Node]) -> Vec<FileSet> {
    let words = files.len().div_ceil(64);
    let mut out: Vec<FileSet> = (0..files.len())
        .map(|at| {
            let mut set = vec![0; words];
            set[at / 64] |= 1 << (at % 64);
            set
        })
        .collect();
    let mut grown = true;
    while std::mem::take(&mut grown) {
        for (at, file) in files.iter().enumerate().rev() {
            let mut set = std::mem::take(&mut out[at]);
            for other in file.imports.iter().filter(|other| **other as usize != at) {
                for (own, more) in set.iter_mut().zip(&out[*other as usize]) {
                    grown |= *own | more != *own;
                    *own |= more;
                }
            }
            out[at] = set;
        }
    }
    out
}

impl Reach<'_> {
    /// Learns what a name of a file is; behind a dot it is the same wherever that file is imported.
    fn learn(&mut self, file: u32, name: Name, bits: Bits) {
        let known = self.plain.entry((file, name)).or_default();
        if *known | bits != *known {
            *known |= bits;
            self.grown = true;
            self.learn_behind(file, name, bits);
        }
    }

    fn learn_behind(&mut self, file: u32, name: Name, bits: Bits) {
        let all = self.behind.entry(name).or_default();
        match all.iter_mut().find(|(at, _)| *at == file) {
            Some((_, known)) => {
                self.grown |= *known | bits != *known;
                *known |= bits;
            }
            None => {
                self.grown = true;
                all.push((file, bits));
            }
        }
    }

    /// Learns what one file tells by what is known so far.
    fn look_at(&mut self, at: u32) {
        let files = self.files;
        let file = &files[at as usize];
        for (import, origin) in file.mentions.imports.iter().zip(&file.origins) {
            let bits = match origin {
                Origin::Library => self.of_library(&import.path),
                Origin::Project(Some(from), Some(name)) => self.of_module(*from, *name),
                Origin::Project(..) => 0,
            };
            if bits != 0 {
                self.learn(at, import.name, bits);
            }
        }
        for (place, class) in (0..).zip(&file.mentions.classes) {
            let mut bits = class.bases.iter().fold(0, |bits, base| bits | self.found(at, base, None));
            for method in file.mentions.functions.iter().filter(|f| f.class == Some(place)) {
                let leads = self.plain.contains_key(&(at, own_key(place, method.name)));
                if leads && method.name == self.init {
                    bits |= WAITS;
                } else if leads && method.name == self.call {
                    bits |= GIVES;
                }
            }
            if bits != 0 {
                self.learn(at, class.name, bits);
            }
            if bits & MAKES != 0 {
                // `self.get(x)` in a class that derives from a client's.
                self.learn(at, name(b"self"), CLIENT);
            }
        }
        for function in &file.mentions.functions {
            let uses = file.mentions.uses_of(function);
            let special = function.class.filter(|_| function.name == self.init || function.name == self.call);
            let key = (at, special.map_or(function.name, |class| own_key(class, function.name)));
            if self.plain.get(&key).is_some_and(|bits| bits & WAITS != 0) {
                continue;
            }
            if uses.iter().any(|u| self.found(at, u, function.class) & WAITS != 0) {
                match special {
                    Some(_) => {
                        self.plain.insert(key, WAITS);
                        self.grown = true;
                        if function.name == self.call {
                            self.called_itself.insert(at);
                        }
                    }
                    None => self.learn(at, function.name, WAITS),
                }
            }
        }
        for (place, function) in (0..).zip(&file.mentions.functions).filter(|(_, f)| f.class.is_some()) {
            let waits = self.plain.get(&(at, function.name)).is_some_and(|bits| bits & WAITS != 0);
            if waits && self.overridden.insert((at, place)) {
                self.overrides(at, function);
            }
        }
        for flow in &file.mentions.flows {
            self.pass_on(at, flow);
        }
    }

    /// A method may run where one of a class is called from which its own derives.
    fn overrides(&mut self, at: u32, function: &FunctionMentions) {
        let files = self.files;
        let mentions = &files[at as usize].mentions;
        let mut pending: Vec<Name> = Vec::new();
        let bases = |c: &super::mentions::ClassMentions| c.bases.iter().map(|b| b.name).collect::<Vec<_>>();
        pending.extend(function.class.and_then(|c| mentions.classes.get(c as usize)).into_iter().flat_map(bases));
        let mut seen: FxHashSet<Name> = FxHashSet::default();
        while let Some(base) = pending.pop() {
            // The base may have another name where it is imported.
            let renamed = mentions.imports.iter().filter(|i| i.name == base).map(|i| last(&i.path));
            pending.extend(renamed.filter(|n| *n != base));
            if !seen.insert(base) {
                continue;
            }
            for file in self.classes.get(&base).cloned().unwrap_or_default() {
                self.learn_behind(file, function.name, WAITS);
                let classes = files[file as usize].mentions.classes.iter().filter(|c| c.name == base);
                pending.extend(classes.flat_map(bases));
            }
        }
    }

    fn pass_on(&mut self, at: u32, flow: &Flow) {
        let bits = self.found(at, &flow.from, None);
        if bits == 0 {
            return;
        }
        let bits = match flow.how {
            How::Value if flow.from.called && !flow.from.value => given(bits),
            How::Value => bits,
            How::Wrapped => bits & (WAITS | GIVES | MAKES) | (bits & (WAITS | CLIENT)) << 1,
            How::Annotation => given(bits),
        };
        if bits == 0 {
            return;
        }
        match flow.target {
            Target::Variable(name) => self.learn(at, name, bits),
            Target::Attribute(name) => self.learn_behind(at, name, bits),
            Target::Parameters(of) => {
                let mentions = &self.files[at as usize].mentions;
                let called = |f: &&FunctionMentions| {
                    let class = f.class.and_then(|c| mentions.classes.get(c as usize));
                    f.name == of || f.name == self.init && class.is_some_and(|c| c.name == of)
                };
                let names: Vec<Name> =
                    mentions.functions.iter().filter(called).flat_map(|f| &f.parameters).copied().collect();
                for parameter in names.into_iter().filter(|p| *p != 0) {
                    self.learn(at, parameter, bits);
                }
            }
            Target::Returned(place) => {
                if let Some(function) = self.files[at as usize].mentions.functions.get(place as usize) {
                    self.learn(at, function.name, (bits & (WAITS | CLIENT)) << 1);
                }
            }
        }
    }

    fn of_library(&self, path: &str) -> Bits {
        let waits = if self.seeds.functions.contains(path) { WAITS } else { 0 };
        let makes = if self.seeds.constructors.contains(path) { MAKES } else { 0 };
        // A module by another name: `http = requests`.
        let module = if self.seeds.modules.contains(path) { CLIENT } else { 0 };
        waits | makes | module
    }

    /// What a plain name of a file is.
    fn of_module(&self, file: u32, name: Name) -> Bits {
        let mut bits = 0;
        let (mut seen, mut pending) = (Vec::new(), vec![file]);
        while let Some(file) = pending.pop() {
            if seen.contains(&file) {
                continue;
            }
            seen.push(file);
            bits |= self.plain.get(&(file, name)).copied().unwrap_or_default();
            let node = &self.files[file as usize];
            for (origin, module) in node.stars.iter().zip(&node.mentions.stars) {
                match origin {
                    Origin::Project(other, _) => pending.extend(*other),
                    Origin::Library => {
                        let ends = |f: &str| f.strip_prefix(&**module).and_then(|r| r.strip_prefix('.')).map(last);
                        let any = |paths: &FxHashSet<Box<str>>| paths.iter().any(|f| ends(f) == Some(name));
                        bits |= if any(&self.seeds.functions) { WAITS } else { 0 };
                        bits |= if any(&self.seeds.constructors) { MAKES } else { 0 };
                    }
                }
            }
        }
        bits
    }

    /// What a name behind a dot is, as seen from a file.
    fn of_attribute(&self, at: u32, name: Name) -> Bits {
        let closure = &self.closures[at as usize];
        let all = self.behind.get(&name).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|(file, _)| has(closure, *file)).fold(0, |bits, (_, more)| bits | more)
    }

    /// What a mention is, by what is known so far; `class` is the one around the method that it stands in.
    fn found(&self, at: u32, u: &Use, class: Option<u32>) -> Bits {
        if !u.attribute {
            // `self(x)`, `cls(x)`
            let itself = u.called && !u.value && self.called_itself.contains(&at);
            let itself = itself && (u.name == self.own.0 || u.name == self.own.1);
            let bits = self.of_module(at, u.name);
            // A client that is called, as some are.
            let client = u.called && !u.value && bits & CLIENT != 0;
            return bits | if itself || client { WAITS } else { 0 };
        }
        let file = &self.files[at as usize];
        let mentions = &file.mentions;
        if u.name == self.init {
            // The initialiser of a base.
            let bases = class.and_then(|c| mentions.classes.get(c as usize)).map(|c| c.bases.as_slice());
            let bits = bases.unwrap_or_default().iter().fold(0, |bits, base| bits | self.found(at, base, None));
            return (bits | self.of_module(at, u.root)) & WAITS;
        }
        let is_variable = mentions.variables.contains(&u.root);
        let imports = self.imported[at as usize].get(&u.root).filter(|_| u.root != 0);
        let mut bits = self.of_attribute(at, u.name);
        if let Some(imports) = imports {
            let foreign = imports.iter().all(|i| file.origins.get(*i) == Some(&Origin::Library));
            let own = foreign.then(|| imports.iter().fold(0, |bits, i| bits | self.of_import(at, *i, u)));
            match own {
                // The name has no other meaning in this file.
                Some(own) if !is_variable && !self.defines(at, u.root) => return own,
                own => bits |= own.unwrap_or_default(),
            }
        }
        // `HANDLERS.get(kind)`
        if is_variable && u.name == self.get {
            bits |= self.of_module(at, u.root) & (WAITS | GIVES | CLIENT | MAKES);
        }
        let receiver = || {
            let front = self.of_module(at, u.before) | self.of_attribute(at, u.before);
            let made = u.of_result && self.seeds.constructor_names.contains(&u.before);
            // A property gives what its function does.
            let front = if u.of_result { given(front) } else { front | given(front) };
            let unknown = u.before == UNKNOWN && self.imports_seed(at);
            let front = if made || unknown { front | CLIENT } else { front };
            let first = self.of_module(at, u.root);
            (front | first) & CLIENT
        };
        if self.seeds.method_names.contains(&u.name) || self.seeds.names.contains(&u.name) {
            let spelled = u.before != 0 && self.seeds.methods.contains(&(u.name, u.before));
            if spelled || receiver() != 0 {
                bits |= WAITS;
            }
        }
        let library = self.libraries.contains(&u.before);
        if library && self.seeds.constructor_names.contains(&u.name) {
            bits |= MAKES;
        }
        let elsewhere = library && self.seeds.names.contains(&u.name) || self.spelled.contains(&(u.name, u.before));
        let client = u.called && !u.value && bits & CLIENT != 0;
        if elsewhere || client || file.wild && u.called {
            bits |= WAITS;
        }
        let making = [u.before, 0].into_iter().any(|front| self.seeds.making.contains(&(u.name, front)));
        if making && receiver() != 0 {
            bits |= MAKES;
        }
        bits
    }

    /// What an attribute of an imported name of a library is.
    fn of_import(&self, at: u32, import: usize, u: &Use) -> Bits {
        let path = self.files[at as usize].mentions.imports.get(import).map_or("", |i| &*i.path);
        let ends = |f: &str| leads(f, path) && last(f) == u.name;
        let waits = self.seeds.names.contains(&u.name) && self.seeds.functions.iter().any(|f| ends(f));
        let makes = self.seeds.constructor_names.contains(&u.name) && self.seeds.constructors.iter().any(|f| ends(f));
        (if waits { WAITS } else { 0 }) | if makes { MAKES } else { 0 }
    }

    /// Whether a file imports something of a library that is looked for.
    fn imports_seed(&self, at: u32) -> bool {
        let file = &self.files[at as usize];
        let mut foreign = file.mentions.imports.iter().zip(&file.origins).filter(|(_, o)| **o == Origin::Library);
        foreign.any(|(import, _)| self.of_library(&import.path) != 0)
    }

    /// Whether a file has a function or class of a name.
    fn defines(&self, at: u32, name: Name) -> bool {
        let mentions = &self.files[at as usize].mentions;
        mentions.functions.iter().any(|f| f.name == name) || mentions.classes.iter().any(|c| c.name == name)
    }

    /// Whether something is repeated in a file that leads to a call, or that computes.
    fn matters(&self, at: u32) -> bool {
        let mentions = &self.files[at as usize].mentions;
        // What gives a function may be called in the same place.
        let waits = || mentions.repeated.iter().any(|u| self.found(at, u, None) & (WAITS | GIVES) != 0);
        mentions.broken || waits() || self.burns(at)
    }

    /// Whether the imports of a file lead to one of some modules.
    fn imports_one_of(&self, at: u32, burning: &Burning) -> bool {
        let closure = &self.closures[at as usize];
        let lies = |path: &str| burning.modules.iter().any(|m| leads(path, m) || leads(m, path));
        (0..).zip(self.files).filter(|(other, _)| has(closure, *other)).any(|(_, file)| {
            let imports = file.mentions.imports.iter().map(|i| &*i.path).zip(&file.origins);
            let stars = file.mentions.stars.iter().map(|s| &**s).zip(&file.stars);
            imports.chain(stars).any(|(path, origin)| *origin == Origin::Library && lies(path))
        })
    }

    /// Whether something is repeated in a file that computes.
    fn burns(&self, at: u32) -> bool {
        let mentions = &self.files[at as usize].mentions;
        let called = mentions.repeated.iter().filter(|u| u.called);
        self.seeds.burning.iter().any(|burning| {
            if !burning.methods.is_empty() {
                return called.clone().any(|u| burning.methods.contains(&u.name)) && self.imports_one_of(at, burning);
            }
            let mut made: FxHashSet<Name> = FxHashSet::default();
            loop {
                let before = made.len();
                let flows = mentions.flows.iter().filter(|f| self.comes_from(at, burning, &f.from, &made));
                let names: Vec<Name> = flows
                    .filter_map(|f| match f.target {
                        Target::Variable(name) | Target::Attribute(name) => Some(name),
                        _ => None,
                    })
                    .collect();
                made.extend(names);
                if made.len() == before {
                    break;
                }
            }
            called.clone().any(|u| self.comes_from(at, burning, u, &made))
        })
    }

    /// Whether a mention is something that computes, or of an object that something of the kind has made.
    fn comes_from(&self, at: u32, burning: &Burning, u: &Use, made: &FxHashSet<Name>) -> bool {
        if made.contains(&u.name) || u.attribute && (made.contains(&u.root) || made.contains(&u.before)) {
            return true;
        }
        let file = &self.files[at as usize];
        let head = if u.attribute { u.root } else { u.name };
        let imports = self.imported[at as usize].get(&head).into_iter().flatten();
        let foreign = imports.filter(|i| file.origins.get(**i) == Some(&Origin::Library));
        foreign.filter_map(|i| file.mentions.imports.get(*i)).any(|import| {
            let path = &*import.path;
            // `np.linalg.norm`: the module's own name stands in front.
            let below = |m: &str| leads(m, path) && (m == path || last(m) == u.before || last(m) == u.name);
            burning.modules.iter().any(|m| leads(path, m) || u.attribute && below(m))
                || burning.functions.iter().any(|f| match u.attribute {
                    true => leads(f, path) && last(f) == u.name,
                    false => **f == *path,
                })
        })
    }
}

/// The key of a method that only matters to its own class.
fn own_key(class: u32, method: Name) -> Name {
    method ^ class.wrapping_add(1).wrapping_mul(0x9e37_79b1)
}
