//! Where an object goes: every place that uses it, as long as it stays in the functions of the project.

use super::super::File;
use super::super::names::Bound;
use super::super::receivers::{Meaning, call_of, decorators, method_class};
use crate::syntax::python::{Assignment, Attribute, Call, Function, Keyword, enclosing_scope};
use crate::syntax::{Node, children};

/// How deep an object is followed through functions.
const DEEP: usize = 8;

/// One use of an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use<'t> {
    /// `object.name`, and the call where that is called.
    Attribute(Attribute<'t>, Option<Call<'t>>),
    /// It is handed to a function of the project here.
    Passed(Call<'t>),
    /// `getattr(object, "name")` and its like, by the name.
    ByName(Call<'t>, Node<'t>),
}

/// Follows one object.
pub(super) struct Trace<'t, 'a> {
    /// What it is called in messages.
    pub what: &'a str,
    /// Is told of each use, with the file in which that stands; an error ends it.
    pub each: &'a mut dyn FnMut(&'t File<'t>, Use<'t>) -> Result<(), String>,
    /// Whether an expression is an object of the same kind, so that a variable may hold either.
    pub like: &'a dyn Fn(&'t File<'t>, Node<'t>) -> bool,
    /// Nodes and variables that were followed already.
    pub seen: Vec<usize>,
    /// Whether it can be reached from other files.
    pub exposed: bool,
}

impl<'t> Trace<'t, '_> {
    fn told(&self, file: &File<'t>, node: Node<'t>) -> String {
        let shown: String = file.text(node).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
        let line = file.source.line(node.start_byte());
        format!("{} go further than perfmod follows them (`{shown}`, line {line})", self.what)
    }

    /// Follows the value of an expression.
    pub fn value(&mut self, file: &'t File<'t>, value: Node<'t>, depth: usize) -> Result<(), String> {
        if self.seen.contains(&value.id()) {
            return Ok(());
        }
        self.seen.push(value.id());
        let Some(parent) = value.parent().filter(|_| depth < DEEP) else { return Err(self.told(file, value)) };
        match parent.kind() {
            "attribute" => {
                let attribute = Attribute(parent);
                let call = call_of(parent).filter(|c| c.function().is_some_and(|f| f.id() == parent.id()));
                (self.each)(file, Use::Attribute(attribute, call))
            }
            "assignment" => {
                let left = Assignment(parent).left().filter(|l| l.kind() == "identifier");
                let whole = Assignment(parent).right().is_some_and(|r| r.id() == value.id())
                    && parent.parent().is_some_and(|p| p.kind() == "expression_statement");
                let Some(left) = left.filter(|_| whole) else { return Err(self.told(file, parent)) };
                self.variable(file, left, depth)
            }
            "argument_list" => self.argument(file, value, None, parent, depth),
            "keyword_argument" => {
                let name = Keyword(parent).name().map(|n| file.text(n));
                match parent.parent() {
                    Some(list) => self.argument(file, value, name, list, depth),
                    None => Err(self.told(file, parent)),
                }
            }
            "return_statement" => self.result(file, parent, depth),
            "expression_statement" => Ok(()),
            _ => Err(self.told(file, parent)),
        }
    }

    /// Follows a variable that holds it, by any of its names.
    fn variable(&mut self, file: &'t File<'t>, name: Node<'t>, depth: usize) -> Result<(), String> {
        let text = file.text(name);
        let Some(scope) = file.names.resolve(file.names.scope_at(name), text) else {
            return Err(self.told(file, name));
        };
        let holds = |bound: Bound<'t>| match bound {
            Bound::Value(Some(value)) => self.seen.contains(&value.id()) || (self.like)(file, value),
            _ => false,
        };
        if !file.names.bindings(scope, text).iter().all(|b| holds(b.bound)) {
            return Err(format!("`{text}` stands for several things (line {})", file.source.line(name.start_byte())));
        }
        self.exposed |= scope == file.names.module();
        self.reads(file, scope, text, depth)
    }

    fn reads(
        &mut self,
        file: &'t File<'t>,
        scope: super::super::ScopeId,
        name: &str,
        depth: usize,
    ) -> Result<(), String> {
        let reads: Vec<Node<'t>> = file.names.reads_of(scope, name).map(|r| r.node).collect();
        reads.into_iter().try_for_each(|read| self.value(file, read, depth + 1))
    }

    /// Follows an argument into the functions that get it.
    fn argument(
        &mut self,
        file: &'t File<'t>,
        value: Node<'t>,
        keyword: Option<&'t str>,
        list: Node<'t>,
        depth: usize,
    ) -> Result<(), String> {
        let Some(call) = list.parent().and_then(Call::cast) else { return Err(self.told(file, list)) };
        let Some(function) = call.function() else { return Err(self.told(file, call.0)) };
        if let Some("getattr" | "hasattr" | "setattr") = file.builtin(function) {
            let name = call.args().nth(1).filter(|_| call.args().next().is_some_and(|a| a.id() == value.id()));
            return match name {
                Some(name) => (self.each)(file, Use::ByName(call, name)),
                None => Err(self.told(file, call.0)),
            };
        }
        let meanings = file.meaning(function);
        let position = call.args().position(|a| a.id() == value.id());
        let before = call.args().take(position.unwrap_or(0));
        let splat = before.into_iter().any(|a| matches!(a.kind(), "list_splat" | "dictionary_splat"));
        if meanings.unknown || meanings.all.is_empty() || splat {
            return Err(self.told(file, call.0));
        }
        (self.each)(file, Use::Passed(call))?;
        for meaning in meanings.all {
            let (def, shift) = match meaning {
                Meaning::Function { def, bound } => (Some(def), usize::from(bound)),
                Meaning::Class(class) => (file.method_of(class, "__init__"), 1),
                _ => (None, 0),
            };
            let known = def.and_then(|def| Some((def, file.program.at(def.file)?)));
            let Some((def, home)) = known.filter(|(def, _)| decorators(def.node).next().is_none()) else {
                return Err(self.told(file, call.0));
            };
            let parameter = match (keyword, position) {
                (Some(name), _) => Some(name),
                (None, Some(at)) => home.parameters(def.node).get(at + shift).copied(),
                (None, None) => None,
            };
            let scope = home.names.opened_by(def.node);
            let bound = parameter.zip(scope).map(|(name, scope)| (name, scope, home.names.bindings(scope, name)));
            let Some((name, scope, [one])) = bound else { return Err(self.told(file, call.0)) };
            let packed = one.node.parent().is_some_and(|p| p.kind().ends_with("splat_pattern"));
            if packed || !matches!(one.bound, Bound::Parameter(_)) {
                return Err(self.told(file, call.0));
            }
            if !self.seen.contains(&one.node.id()) {
                self.seen.push(one.node.id());
                self.reads(home, scope, name, depth)?;
            }
        }
        Ok(())
    }

    /// Follows what a function gives back to its callers.
    fn result(&mut self, file: &'t File<'t>, returned: Node<'t>, depth: usize) -> Result<(), String> {
        let function = enclosing_scope(returned).and_then(Function::cast);
        let function =
            function.filter(|f| method_class(f.0).is_none() && decorators(f.0).next().is_none() && !f.is_async());
        let Some((function, name)) = function.and_then(|f| Some((f, f.name()?))) else {
            return Err(self.told(file, returned));
        };
        let others = file
            .returned_by(function.0)
            .iter()
            .any(|value| !self.seen.contains(&value.id()) && !(self.like)(file, *value));
        let scope = file.names.scope_at(function.0);
        let text = file.text(name);
        if others || file.names.bindings(scope, text).len() != 1 {
            return Err(self.told(file, returned));
        }
        self.exposed = true;
        let reads: Vec<Node<'t>> = file.names.reads_of(scope, text).map(|r| r.node).collect();
        for read in reads {
            match call_of(read).filter(|c| c.function().is_some_and(|f| f.id() == read.id())) {
                Some(call) => self.value(file, call.0, depth + 1)?,
                None => return Err(self.told(file, read.parent().unwrap_or(read))),
            }
        }
        Ok(())
    }
}

/// The names that a call of `add_argument` gives an option, and whether all of them are known.
pub(super) fn named<'t>(file: &File<'t>, call: Call<'t>) -> Option<Vec<String>> {
    let positional = call.args().filter(|a| a.kind() != "keyword_argument");
    positional.map(|a| super::plain_string(file, a)).collect()
}

/// The keyword arguments of a call; none where something is unpacked.
pub(super) fn keywords<'t>(file: &File<'t>, call: Call<'t>) -> Option<Vec<(&'t str, Node<'t>)>> {
    let mut out = Vec::new();
    for argument in call.args() {
        match argument.kind() {
            "keyword_argument" => out.push((file.text(Keyword(argument).name()?), Keyword(argument).value()?)),
            "dictionary_splat" | "list_splat" => return None,
            _ => {}
        }
    }
    Some(out)
}

/// The statements right in the block of another one.
pub(super) fn beside<'t>(statement: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    statement.parent().into_iter().flat_map(children)
}
