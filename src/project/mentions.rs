//! Which names a file mentions, and where: in which functions, in loops, and which variables may come to hold a function.
//!
//! Read from tokens ([`super::lex`]), without a tree. It may say more than is there; where it says less than the model
//! would see, a scan misses a loop (`docs/scanning.md` has the list).

use super::lex::{Kind, Text, Token, each_line, each_statement, in_name, is_keyword};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::Hasher;
use std::ops::Range;

/// A name, as a hash of 32 bits. Names that share one are taken for the same.
pub type Name = u32;

/// The hash of a name.
pub fn name(text: &[u8]) -> Name {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    // The upper half is the better mixed one.
    (hasher.finish() >> 32) as u32
}

/// Stands for what cannot be named: `(a or b)`.
pub const UNKNOWN: Name = 1;

/// One way in which a name is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Use {
    pub name: Name,
    /// Of an attribute: the name at the beginning of the dotted path, where one is there; else 0.
    pub root: Name,
    /// Of an attribute: the name right in front of the dot, or that of the function whose call stands there; else 0.
    pub before: Name,
    /// Whether that is the call of a function.
    pub of_result: bool,
    /// Whether it stands behind a dot.
    pub attribute: bool,
    /// Whether it is called, or looked into by a key and what comes out may be called.
    pub called: bool,
    /// Whether what it holds may go on elsewhere: it is neither called nor followed by a dot.
    pub value: bool,
}

/// What may come to hold a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A variable of the file.
    Variable(Name),
    /// An attribute of whatever object.
    Attribute(Name),
    /// The parameters of the functions of this name in the file.
    Parameters(Name),
    /// What a function of the file returns, by its place in [`Mentions::functions`].
    Returned(u32),
}

/// Something that may go on to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    pub target: Target,
    pub from: Use,
    pub how: How,
}

/// On which way something goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// As it is, or as what it gives when it is called.
    Value,
    /// A function is made of it (`lambda`), so that a call in it counts, too.
    Wrapped,
    /// It says what the target is.
    Annotation,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionMentions {
    pub name: Name,
    /// The class right around it, by its place.
    pub class: Option<u32>,
    pub parameters: Vec<Name>,
    /// What it mentions, those in it included.
    pub uses: Range<u32>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassMentions {
    pub name: Name,
    pub bases: Vec<Use>,
}

/// A name that an import binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub name: Name,
    pub path: Box<str>,
}

/// What one file mentions.
#[derive(Debug, Default, Clone)]
pub struct Mentions {
    pub functions: Vec<FunctionMentions>,
    pub classes: Vec<ClassMentions>,
    pub imports: Vec<Imported>,
    /// The modules of star imports.
    pub stars: Vec<Box<str>>,
    /// Names that something else than an import, a function or a class binds.
    pub variables: FxHashSet<Name>,
    pub uses: Vec<Use>,
    /// What is mentioned in a loop, or in the arguments of a function that applies another.
    pub repeated: Vec<Use>,
    pub flows: Vec<Flow>,
    /// Whether the text does not end as it should.
    pub broken: bool,
}

/// The names to which a text gives a meaning, as far as somebody else may know them: those behind `def`, `class` and `as`, and
/// those in front of `=` and `:`. It may find more.
pub fn given(text: &[u8], out: &mut FxHashSet<Name>) {
    for at in memchr::memchr2_iter(b'=', b':', text) {
        let before = text[..at].trim_ascii_end();
        let start = before.iter().rposition(|b| !in_name(*b)).map_or(0, |at| at + 1);
        out.insert(name(&before[start..]));
    }
    for word in [&b"def"[..], b"class", b"as"] {
        for at in memchr::memmem::find_iter(text, word) {
            let rest = text[at + word.len()..].trim_ascii_start();
            let end = rest.iter().position(|b| !in_name(*b)).unwrap_or(rest.len());
            out.insert(name(&rest[..end]));
        }
    }
}

/// Functions and methods that call what they are given for each item.
const APPLYING: [&str; 7] =
    ["map", "filter", "apply", "applymap", "progress_apply", "progress_map", "progress_applymap"];

impl Mentions {
    /// Looks through a text. Names behind a dot count only where `known` has them.
    pub fn of(text: &[u8], known: &dyn Fn(Name) -> bool) -> Self {
        let mut reader = Reader::new(text, known);
        let whole = each_line(text, |column, line| reader.line(column, line));
        reader.close_blocks(0);
        let mut out = reader.finish();
        out.broken = !whole;
        out
    }

    /// What a function mentions.
    pub fn uses_of(&self, function: &FunctionMentions) -> &[Use] {
        self.uses.get(function.uses.start as usize..function.uses.end as usize).unwrap_or_default()
    }

    /// Leaves out mentions.
    pub fn retain(&mut self, keeps: impl Fn(&Use) -> bool) {
        // Places move: each function's range is counted anew.
        let mut places: Vec<u32> = Vec::with_capacity(self.uses.len() + 1);
        let mut left = 0;
        for found in &self.uses {
            places.push(left);
            left += u32::from(keeps(found));
        }
        places.push(left);
        for function in &mut self.functions {
            let place = |at: u32| places.get(at as usize).copied().unwrap_or(left);
            function.uses = place(function.uses.start)..place(function.uses.end);
        }
        self.uses.retain(&keeps);
        self.uses.shrink_to_fit();
        self.repeated.retain(&keeps);
    }
}

/// A statement with a body that is open.
#[derive(Debug)]
struct Block {
    column: usize,
    kind: BlockKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Function(u32),
    Class(u32),
    Loop,
}

/// An open bracket.
#[derive(Debug)]
struct Bracket {
    /// Where its uses begin among those of the outermost bracket.
    begin: usize,
    /// The function that it calls, by name.
    callee: Option<Name>,
    /// The name in front of it.
    called: Option<Name>,
    /// Whether what stands in it is not the value of the whole: arguments, indices.
    ends_value: bool,
    /// Whether what stands in it is repeated.
    repeats: bool,
}

struct Reader<'a> {
    text: Text<'a>,
    known: &'a dyn Fn(Name) -> bool,
    out: Mentions,
    blocks: Vec<Block>,
    /// Where the uses of decorators begin whose definition is still to come.
    decorated: Option<u32>,
    /// Where each use was kept last.
    kept: FxHashMap<Use, u32>,
    repeated: FxHashSet<Use>,
    flows: FxHashSet<Flow>,
    /// The uses since the outermost open bracket.
    inside: Vec<Use>,
    brackets: Vec<Bracket>,
    how: How,
    super_: Name,
    partial: Name,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], known: &'a dyn Fn(Name) -> bool) -> Self {
        Self {
            text: Text(text),
            known,
            out: Mentions::default(),
            blocks: Vec::new(),
            decorated: None,
            kept: FxHashMap::default(),
            repeated: FxHashSet::default(),
            flows: FxHashSet::default(),
            inside: Vec::new(),
            brackets: Vec::new(),
            how: How::Value,
            super_: name(b"super"),
            partial: name(b"partial"),
        }
    }

    /// Ends the blocks whose statement begins at a column or behind it.
    fn close_blocks(&mut self, column: usize) {
        while self.blocks.last().is_some_and(|b| b.column >= column) {
            let Some(block) = self.blocks.pop() else { return };
            if let BlockKind::Function(at) = block.kind {
                self.out.functions[at as usize].uses.end = self.count();
            }
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.out.uses.len()).unwrap_or(u32::MAX)
    }

    /// The function around.
    fn function(&self) -> Option<u32> {
        self.blocks.iter().rev().find_map(|b| match b.kind {
            BlockKind::Function(at) => Some(at),
            _ => None,
        })
    }

    /// A logical line.
    fn line(&mut self, column: usize, tokens: &[Token]) {
        let text = self.text;
        self.close_blocks(column);
        if text.is(tokens.first(), "@") {
            self.decorated.get_or_insert(self.count());
            self.statement(tokens, &[]);
            return;
        }
        let Some((head, colon)) = text.header(tokens) else {
            each_statement(text, tokens, |one| self.simple(one));
            return;
        };
        let skip = usize::from(text.is(tokens.first(), "async"));
        let (header, rest) = (&tokens[skip..colon], &tokens[colon + 1..]);
        match head {
            b"def" => self.function_header(header, column),
            b"class" => self.class_header(header, column),
            b"for" | b"while" => {
                self.blocks.push(Block { column, kind: BlockKind::Loop });
                self.statement(&header[usize::from(head == b"while")..], &[]);
            }
            b"with" => {
                let targets = self.names_behind(header, "as");
                self.statement(&header[1..], &targets);
            }
            b"case" => {
                // What a pattern captures, and more.
                for token in header.iter().filter(|t| t.kind == Kind::Name) {
                    let captured = name(self.text.of(token));
                    self.out.variables.insert(captured);
                }
                self.statement(&header[1..], &[]);
            }
            _ => {
                // `except Error as e:`
                self.names_behind(header, "as");
                self.statement(header.get(1..).unwrap_or_default(), &[]);
            }
        }
        each_statement(text, rest, |one| self.simple(one));
    }

    /// The names behind a word, which they are bound by.
    fn names_behind(&mut self, tokens: &[Token], word: &str) -> Vec<Target> {
        let mut out = Vec::new();
        let text = self.text;
        for (at, _) in tokens.iter().enumerate().filter(|(_, t)| text.is(Some(t), word)) {
            let target = &tokens[at + 1..];
            let end = target.iter().position(|t| text.is(Some(t), ",")).unwrap_or(target.len());
            out.extend(self.targets(&target[..end]));
        }
        out
    }

    /// A simple statement.
    fn simple(&mut self, tokens: &[Token]) {
        let Some(first) = tokens.first() else { return };
        match self.text.of(first) {
            b"import" | b"from" => {
                let (bound, star) = self.text.imports(tokens);
                let bound = bound.into_iter().map(|(n, path)| Imported { name: name(n), path: path.into() });
                self.out.imports.extend(bound);
                self.out.stars.extend(star.map(Box::from));
            }
            b"return" => {
                let target = self.function().map(Target::Returned);
                self.statement(&tokens[1..], target.as_slice());
            }
            b"global" | b"nonlocal" => {}
            _ => {
                let mut targets = Vec::new();
                let (mut depth, mut begin, mut annotated) = (0_usize, 0, false);
                for (at, token) in tokens.iter().enumerate() {
                    match token.kind {
                        Kind::Open => depth += 1,
                        Kind::Close => depth = depth.saturating_sub(1),
                        Kind::Name if self.text.of(token) == b"lambda" => break,
                        Kind::Sign if depth == 0 => match self.text.of(token) {
                            b"=" => {
                                if !annotated {
                                    targets.extend(self.targets(&tokens[begin..at]));
                                }
                                begin = at + 1;
                            }
                            b":" if !annotated && begin == 0 => {
                                annotated = true;
                                targets.extend(self.targets(&tokens[..at]));
                                let value =
                                    self.text.sign(&tokens[at..], b"=").map_or(tokens.len(), |value| at + value);
                                self.how = How::Annotation;
                                self.statement(&tokens[at + 1..value], &targets);
                                self.how = How::Value;
                            }
                            // `x += …` binds it.
                            sign if sign.len() > 1
                                && sign.ends_with(b"=")
                                && !matches!(sign, b"==" | b"!=" | b"<=" | b">=") =>
                            {
                                targets.extend(self.targets(&tokens[begin..at]));
                            }
                            _ => {}
                        },
                        _ => {}
                    }
                }
                // Behind an annotation, only the value is left to look at, where there is one.
                let rest = match (annotated, begin) {
                    (false, _) => 0,
                    (true, 0) => tokens.len(),
                    (true, value) => value,
                };
                self.statement(&tokens[rest..], &targets);
            }
        }
    }

    /// What a list of targets binds.
    fn targets(&mut self, tokens: &[Token]) -> Vec<Target> {
        let mut out = Vec::new();
        for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Name) {
            let next = tokens.get(at + 1);
            if self.text.is(next, ".") || self.text.is(next, "(") || is_keyword(self.text.of(token)) {
                continue;
            }
            let bound = name(self.text.of(token));
            if at > 0 && self.text.is(tokens.get(at - 1), ".") {
                out.push(Target::Attribute(bound));
            } else {
                self.out.variables.insert(bound);
                out.push(Target::Variable(bound));
            }
        }
        out
    }

    fn function_header(&mut self, header: &[Token], column: usize) {
        let class = match self.blocks.last().map(|b| b.kind) {
            Some(BlockKind::Class(at)) => Some(at),
            _ => None,
        };
        let decorated = self.decorated.is_some();
        let begin = self.decorated.take().unwrap_or(self.count());
        let at = u32::try_from(self.out.functions.len()).unwrap_or(u32::MAX);
        let defined = header.get(1).map(|t| name(self.text.of(t))).unwrap_or_default();
        self.out.functions.push(FunctionMentions { name: defined, class, parameters: Vec::new(), uses: begin..begin });
        self.blocks.push(Block { column, kind: BlockKind::Function(at) });
        let mut parameters = Vec::new();
        let (mut depth, mut from) = (0_usize, 3);
        for (at, token) in header.iter().enumerate() {
            depth += usize::from(token.kind == Kind::Open);
            let ends = depth == 1 && (token.kind == Kind::Close || self.text.is(Some(token), ","));
            depth = depth.saturating_sub(usize::from(token.kind == Kind::Close));
            if ends {
                let first = parameters.is_empty() && class.is_some() && !decorated;
                parameters.extend(self.parameter(header.get(from..at).unwrap_or_default(), first));
                from = at + 1;
            }
        }
        // What it returns, by annotation.
        let result = header.get(from..).unwrap_or_default();
        self.how = How::Annotation;
        self.statement(result, &[Target::Returned(at)]);
        self.how = How::Value;
        if let Some(function) = self.out.functions.last_mut() {
            function.parameters = parameters;
        }
    }

    /// A parameter with its annotation and default. The first one of a method is the object, whatever is passed.
    fn parameter(&mut self, tokens: &[Token], is_object: bool) -> Option<Name> {
        let at = tokens.iter().position(|t| t.kind == Kind::Name)?;
        let bound = name(self.text.of(&tokens[at]));
        self.out.variables.insert(bound);
        let rest = &tokens[at + 1..];
        let value = self.text.sign(rest, b"=");
        let target = [Target::Variable(bound)];
        let target: &[Target] = if is_object { &[] } else { &target };
        self.how = How::Annotation;
        self.statement(&rest[..value.unwrap_or(rest.len())], target);
        self.how = How::Value;
        self.statement(&rest[value.map_or(rest.len(), |at| at + 1)..], target);
        Some(if is_object { 0 } else { bound })
    }

    fn class_header(&mut self, header: &[Token], column: usize) {
        self.decorated = None;
        let at = u32::try_from(self.out.classes.len()).unwrap_or(u32::MAX);
        let before = self.out.uses.len();
        let kept = std::mem::take(&mut self.kept);
        self.statement(header.get(2..).unwrap_or_default(), &[]);
        self.kept = kept;
        let bases = self.out.uses[before..].to_vec();
        let name = header.get(1).map(|t| name(self.text.of(t))).unwrap_or_default();
        self.out.classes.push(ClassMentions { name, bases });
        self.blocks.push(Block { column, kind: BlockKind::Class(at) });
    }

    /// Keeps what an expression or simple statement mentions; `targets` get its value.
    fn statement(&mut self, tokens: &[Token], targets: &[Target]) {
        self.brackets.clear();
        self.inside.clear();
        let targets = if targets.len() > 2 {
            let between = self.between(targets.iter().copied());
            &[between]
        } else {
            targets
        };
        let in_loop = self.blocks.iter().any(|b| b.kind == BlockKind::Loop);
        let wrapped = tokens.iter().any(|t| t.kind == Kind::Name && self.text.of(t) == b"lambda");
        let mut all: Vec<Use> = Vec::new();
        let mut callees: Vec<Name> = Vec::new();
        let mut walrus: Vec<Target> = Vec::new();
        let mut root: Name = 0;
        // What stands right in front of a dot, and whether it is a call.
        let mut ahead: (Name, bool) = (0, false);
        // Behind `for` and `lambda`: names are bound up to `in` and `:`.
        let mut binding: Option<&[u8]> = None;
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|b| tokens.get(b));
            let next = tokens.get(at + 1);
            match token.kind {
                Kind::Open => {
                    let is_call = before.is_some_and(|b| match b.kind {
                        Kind::Name => !is_keyword(self.text.of(b)),
                        Kind::Close | Kind::Literal => true,
                        _ => false,
                    });
                    let hole = self.text.of(token).len() > 1 || before.is_some_and(|b| b.kind == Kind::Literal);
                    let callee = before.filter(|b| is_call && b.kind == Kind::Name).map(|b| self.text.of(b));
                    let partial = callee.is_some_and(|c| name(c) == self.partial);
                    self.brackets.push(Bracket {
                        begin: self.inside.len(),
                        callee: callee.filter(|_| !partial).map(name),
                        called: callee.map(name),
                        ends_value: is_call && !partial && !hole && self.how != How::Annotation,
                        repeats: callee.is_some_and(|c| APPLYING.iter().any(|a| a.as_bytes() == c)),
                    });
                    callees.extend(callee.map(name));
                    root = 0;
                    ahead = (0, false);
                }
                Kind::Close => {
                    root = 0;
                    ahead = (0, false);
                    if let Some(closed) = self.brackets.pop() {
                        if closed.repeats {
                            self.repeated.extend(&self.inside[closed.begin.min(self.inside.len())..]);
                        }
                        let round = self.text.is(Some(token), ")");
                        ahead = match closed.called {
                            Some(called) if round => (called, true),
                            None if round && !closed.ends_value => (UNKNOWN, false),
                            _ => (0, false),
                        };
                    }
                }
                Kind::Name => {
                    let word = self.text.of(token);
                    if is_keyword(word) {
                        match word {
                            b"for" => {
                                binding = Some(b"in");
                                if let Some(bracket) = self.brackets.last_mut() {
                                    bracket.repeats = true;
                                }
                            }
                            b"lambda" => binding = Some(b":"),
                            b"in" if binding == Some(b"in") => binding = None,
                            _ => {}
                        }
                        root = 0;
                        ahead = (0, false);
                        continue;
                    }
                    let word = name(word);
                    let attribute = self.text.is(before, ".");
                    // `f(key=value)`
                    if self.text.is(next, "=") && !self.brackets.is_empty() && !attribute {
                        continue;
                    }
                    if self.text.is(next, ":=") {
                        self.out.variables.insert(word);
                        walrus.push(Target::Variable(word));
                        continue;
                    }
                    if binding.is_some() && !attribute && !["(", ".", "["].iter().any(|s| self.text.is(next, s)) {
                        self.out.variables.insert(word);
                    }
                    let opens = |sign: &str| self.text.is(next, sign);
                    let found = Use {
                        name: word,
                        root: if attribute { root } else { 0 },
                        before: if attribute { ahead.0 } else { 0 },
                        of_result: attribute && ahead.1,
                        attribute,
                        called: opens("(") || opens("["),
                        value: !opens("(") && !opens("."),
                    };
                    if !attribute {
                        root = word;
                    }
                    ahead = (word, false);
                    if attribute && (!found.called && !found.value || !(self.known)(word)) {
                        continue;
                    }
                    self.keep(found, in_loop);
                    all.push(found);
                    if !self.brackets.is_empty() {
                        self.inside.push(found);
                    }
                    self.pass_on(found, targets);
                }
                Kind::Sign => {
                    if binding == Some(b":") && self.text.of(token) == b":" {
                        binding = None;
                    }
                    if self.text.of(token) != b"." {
                        root = 0;
                        ahead = (0, false);
                    }
                }
                Kind::Literal | Kind::Newline => {
                    root = 0;
                    ahead = (0, false);
                    if self.how == How::Annotation {
                        // `client: "Client"`
                        for word in self.text.of(token).split(|b| !in_name(*b)).filter(|w| !w.is_empty()) {
                            let name = name(word);
                            let (root, before, of_result, attribute, called) = (0, 0, false, false, false);
                            self.pass_on(
                                Use { name, root, before, of_result, attribute, called, value: true },
                                targets,
                            );
                        }
                    }
                }
            }
        }
        if wrapped || !walrus.is_empty() {
            // All that is mentioned goes to all targets.
            let walrus_there = !walrus.is_empty();
            let callees = callees.into_iter().map(Target::Parameters);
            let between = self.between(targets.iter().copied().chain(walrus).chain(callees));
            let ways = if walrus_there { &[How::Wrapped, How::Value][..] } else { &[How::Wrapped] };
            for how in ways {
                self.flows.extend(all.iter().map(|from| Flow { target: between, from: *from, how: *how }));
            }
        }
    }

    /// A variable that no text has and whose value goes to several targets, so that there are no more ways than mentions and
    /// targets together.
    fn between(&mut self, targets: impl Iterator<Item = Target>) -> Target {
        let name = name(b"<between>") ^ Name::try_from(self.flows.len()).unwrap_or_default();
        self.out.variables.insert(name);
        let from = Use { name, root: 0, before: 0, of_result: false, attribute: false, called: false, value: true };
        self.flows.extend(targets.map(|target| Flow { target, from, how: How::Value }));
        Target::Variable(name)
    }

    fn keep(&mut self, found: Use, in_loop: bool) {
        if in_loop {
            self.repeated.insert(found);
        }
        let begin = self.function().map_or(0, |at| self.out.functions[at as usize].uses.start);
        let begin = self.decorated.map_or(begin, |d| d.max(begin));
        let at = self.count();
        match self.kept.get_mut(&found) {
            Some(last) if *last >= begin => {}
            Some(last) => {
                *last = at;
                self.out.uses.push(found);
            }
            None => {
                self.kept.insert(found, at);
                self.out.uses.push(found);
            }
        }
    }

    /// Where the value of a mention goes: to the targets of the statement, or to the parameters of what is called with it.
    fn pass_on(&mut self, found: Use, targets: &[Target]) {
        match self.brackets.iter().rev().find(|b| b.ends_value) {
            Some(bracket) => {
                if let Some(callee) = bracket.callee.filter(|_| found.value || found.called) {
                    self.flows.insert(Flow { target: Target::Parameters(callee), from: found, how: self.how });
                }
            }
            None => {
                let from = targets.iter().filter(|_| found.value || found.called);
                self.flows.extend(from.map(|target| Flow { target: *target, from: found, how: self.how }));
            }
        }
    }

    /// Leaves out what means nothing to the file: names that it does not bind are builtins.
    fn finish(self) -> Mentions {
        let mut out = self.out;
        out.repeated = self.repeated.into_iter().collect();
        out.repeated.sort_unstable();
        let defined: FxHashSet<Name> =
            out.functions.iter().map(|f| f.name).chain(out.classes.iter().map(|c| c.name)).collect();
        let imported: FxHashSet<Name> = out.imports.iter().map(|i| i.name).collect();
        let anything = !out.stars.is_empty();
        let variables = std::mem::take(&mut out.variables);
        let bound =
            |u: &Use| anything || u.name == self.super_ || defined.contains(&u.name) || imported.contains(&u.name);
        let matters = |u: &Use| u.attribute || bound(u) || u.called && variables.contains(&u.name);
        // What is handed on in a loop, or to what applies it, may be called there.
        let handed: Vec<Use> =
            out.repeated.iter().filter(|u| !u.attribute && u.value && variables.contains(&u.name)).copied().collect();
        out.retain(matters);
        out.repeated.extend(handed);
        out.repeated.sort_unstable();
        out.repeated.dedup();
        let moves = |f: &&Flow| {
            let from = f.from.attribute || matters(&f.from) || variables.contains(&f.from.name);
            let to = match f.target {
                Target::Parameters(of) => defined.contains(&of),
                _ => true,
            };
            from && to
        };
        out.flows = self.flows.iter().filter(moves).copied().collect();
        out.flows.sort_unstable();
        out.variables = variables;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Mentions {
        Mentions::of(text.as_bytes(), &|_| true)
    }

    /// Those of some words whose names hold.
    fn told(words: &[&'static str], holds: impl Fn(Name) -> bool) -> Vec<&'static str> {
        words.iter().copied().filter(|w| holds(name(w.as_bytes()))).collect()
    }

    #[test]
    fn what_is_repeated_is_told_from_what_is_not() {
        for (text, expected) in [
            ("for x in xs:\n    x.a()\n    if x:\n        x.b()\nx.c()\n", &["a", "b"][..]),
            ("x.a([x.b() for y in x.c()], x.d())", &["b", "c"]),
            ("while x.a():\n\tx.b()\nelse:\n\tx.c()\n", &["a", "b"]),
            ("map(x.a, x.b)\nx.apply(x.c).d()\n", &["a", "b", "c"]),
            ("for x in xs: x.a(); x.b()\nx.c()", &["a", "b"]),
            ("async def f():\n    async for x in xs:\n        x.a(f'{x.b()}')\n    x.c()\n", &["a", "b"]),
            ("def f():\n    for x in xs:\n        pass\n# c\n    x.a()\n", &[]),
        ] {
            let found = of(text);
            let repeated = |n: Name| found.repeated.iter().any(|u| u.attribute && u.name == n);
            assert_eq!(told(&["a", "b", "c", "d"], repeated), expected, "{text}");
        }
    }

    #[test]
    fn functions_hold_what_they_mention_and_no_more() {
        let text = "class A:\n    @w.a\n    def f(self, x: w.b = w.c):\n        def g(): return w.d()\n        return g\n    w.e()\nw.f()\n";
        let found = of(text);
        let [f, g] = found.functions.as_slice() else { panic!("{found:?}") };
        let mentioned = |of: &FunctionMentions| {
            told(&["a", "b", "c", "d", "e", "f"], |n| found.uses_of(of).iter().any(|u| u.attribute && u.name == n))
        };
        assert_eq!((mentioned(f), mentioned(g)), (vec!["a", "b", "c", "d"], vec!["d"]));
        assert_eq!((f.class, g.class), (Some(0), None));
    }

    #[test]
    fn values_go_to_what_gets_them() {
        for (text, target) in [
            ("import f\ny = f\n", Target::Variable(name(b"y"))),
            ("import f\no.y: int = f or 1\n", Target::Attribute(name(b"y"))),
            ("import f\ndef g(x): pass\ng(1, f)\n", Target::Parameters(name(b"g"))),
            ("import f\ndef g(): return f\n", Target::Returned(0)),
            ("import f\nwith f() as y: pass\n", Target::Variable(name(b"y"))),
            ("import f\ndef g(x: 'f'): pass\n", Target::Variable(name(b"x"))),
        ] {
            let found = of(text);
            assert!(found.flows.iter().any(|w| w.target == target && w.from.name == name(b"f")), "{text}: {found:?}");
        }
        // What is handed to another function is not the value of the statement.
        assert!(of("import f\ny = print(f)\n").flows.iter().all(|w| w.from.name != name(b"f")));
    }

    /// Pieces of Python, put together at random.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(
            &[
                "def ", "class ", "async ", "for ", "in ", "lambda ", "case ", "with ", "as ", "import ", "from ",
                "return ", "if ", "a", "b", "self", "(", ")", "[", "]", "{", "}", "'", "\"", "'''", "f'", "f\"\"\"",
                "\\", ":", ";", ",", ".", "=", ":=", "->", "==", "*", "#", "@", "%", " ", "    ", "\t", "\r", "\n",
                "\r\n", "\u{e4}", "\u{feff}", "1",
            ][..],
        );
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn no_text_makes_it_panic(text in pieces()) {
            let found = of(&text);
            given(text.as_bytes(), &mut FxHashSet::default());
            for function in &found.functions {
                prop_assert!(function.uses.start <= function.uses.end);
                prop_assert!(function.uses.end as usize <= found.uses.len());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Mentions::of(&bytes, &|_| true);
        }
    }
}
