//! Where an object goes from where it is made: through variables, parameters and attributes, as far as each of its uses is
//! known. A method, or a client, becomes asynchronous only where all that use it change with it.
//!
//! Only these ways are followed. An object that is kept in a container, given back, compared, printed, or handed to what is
//! not understood may be used in ways that no call shows: the answer is then the place where that happens.

use super::receivers::{Def, Meaning, decorators, method_class};
use super::{File, FileId, Var};
use crate::syntax::python::{Assignment, Call, Class, Function};
use crate::syntax::{Node, ancestors, children, span, walk};
use std::cell::RefCell;

/// So many places are looked at for one object.
const MAX_PLACES: usize = 400;

/// What may hold an object.
#[derive(Debug, Clone, PartialEq)]
enum Holder<'t> {
    Variable(Var),
    /// An attribute of the objects of a class.
    Attribute(Def<'t>, String),
}

/// A node, and its file.
pub(super) type Placed<'t> = (FileId, Node<'t>);

/// All places where an object is used in front of a dot, or why they are not known.
type Uses<'t> = Result<Vec<Placed<'t>>, String>;

/// All that is known of where an object goes.
#[derive(Debug, Default)]
pub(super) struct Gone<'t> {
    /// The expressions that stand for it in front of a dot.
    pub asked: Vec<Placed<'t>>,
    /// The calls that make it, and whether a `with` does.
    pub made: Vec<(FileId, Call<'t>, bool)>,
    /// Annotations of what holds it.
    pub annotations: Vec<Placed<'t>>,
    /// Whether it is a parameter or an attribute somewhere.
    pub handed_on: bool,
    holders: Vec<Holder<'t>>,
}

/// Follows objects through the script and the files that change with it.
pub(super) struct Following<'a, 't> {
    script: &'a File<'t>,
    /// The files all of whose users are known, beside the script.
    files: Vec<FileId>,
    /// Where the objects of classes are used in front of a dot; none while that is being found.
    known: RefCell<Vec<(Def<'t>, Option<Uses<'t>>)>>,
}

impl<'a, 't> Following<'a, 't> {
    pub fn new(script: &'a File<'t>, files: Vec<FileId>) -> Self {
        Self { script, files, known: RefCell::default() }
    }

    fn at(&self, id: FileId) -> Result<&'t File<'t>, String> {
        self.script.program.at(id).ok_or_else(|| "a file that is not read".to_string())
    }

    fn line(file: &File<'t>, node: Node<'t>) -> usize {
        file.source.line(node.start_byte())
    }

    /// Whether a file is the script.
    pub fn is_script(&self, file: FileId) -> bool {
        file == self.script.id
    }

    /// Whether all that use what a file defines are known.
    pub fn is_open(&self, file: FileId) -> bool {
        file == self.script.id || self.files.contains(&file)
    }

    /// The other files that are known.
    pub fn others(&self, file: FileId) -> Vec<&'t File<'t>> {
        let mut ids: Vec<FileId> = [self.script.id].into_iter().chain(self.files.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter(|id| *id != file).filter_map(|id| self.script.program.at(id)).collect()
    }

    /// Whether no other file uses a variable of the module.
    pub fn leave_alone(&self, file: &File<'t>, name: &str) -> Result<(), String> {
        self.others(file.id)
            .into_iter()
            .filter(|_| file.id != self.script.id)
            .try_for_each(|o| o.leaves_client_alone(file, name))
    }

    /// Where a function or a class of the module is named, but for annotations.
    fn named(&self, def: Def<'t>) -> Result<Vec<Placed<'t>>, String> {
        let file = self.at(def.file)?;
        let name = def.node.child_by_field_name("name").map(|n| file.text(n)).unwrap_or_default();
        if !self.is_open(def.file) {
            return Err(format!("not every use of `{name}` is visible"));
        }
        let typed = |node: Node<'t>| ancestors(node).any(|a| a.kind() == "type");
        let mut out: Vec<Placed<'t>> =
            file.names.reads_of(file.names.module(), name).map(|r| (file.id, r.node)).collect();
        let is_it = |m: &Meaning<'t>| matches!(m, Meaning::Function { def: d, .. } | Meaning::Class(d) if *d == def);
        // Nothing imports the script.
        for other in self.others(def.file).into_iter().filter(|_| def.file != self.script.id) {
            if other.names.star_import {
                return Err(format!("`{name}` may be used in ways that no call shows"));
            }
            for node in walk(other.source.root()) {
                let reads = match node.kind() {
                    "identifier" => {
                        let imported =
                            node.parent().is_some_and(|p| matches!(p.kind(), "dotted_name" | "aliased_import"));
                        !imported && super::alias::is_read_position(node)
                    }
                    "attribute" => true,
                    _ => false,
                };
                if !reads {
                    continue;
                }
                let meanings = other.meaning(node).all;
                let is_module = meanings.iter().any(|m| matches!(m, Meaning::Module(id) if *id == def.file));
                if is_module && node.parent().is_none_or(|p| p.kind() != "attribute") {
                    let line = Self::line(other, node);
                    return Err(format!("the module of `{name}` is handed on as a value in line {line}"));
                }
                if meanings.iter().any(is_it) {
                    out.push((other.id, node));
                }
            }
        }
        out.retain(|(_, node)| !typed(*node));
        Ok(out)
    }

    /// Where the objects of a class are used in front of a dot, each a node that stands for such an object.
    ///
    /// # Errors
    /// Where not all uses are known.
    pub fn objects(&self, class: Def<'t>) -> Uses<'t> {
        let found = self.known.borrow().iter().find(|(def, _)| *def == class).map(|(_, uses)| uses.clone());
        match found {
            Some(Some(uses)) => return uses,
            Some(None) => return Err("objects that hold one another are not followed".into()),
            None => {}
        }
        self.known.borrow_mut().push((class, None));
        let uses = self.objects_anew(class);
        if let Some((_, known)) = self.known.borrow_mut().iter_mut().find(|(def, _)| *def == class) {
            *known = Some(uses.clone());
        }
        uses
    }

    fn objects_anew(&self, class: Def<'t>) -> Uses<'t> {
        let file = self.at(class.file)?;
        let name = Class::cast(class.node).and_then(|c| c.name()).map(|n| file.text(n)).unwrap_or_default();
        let module = file.names.module();
        let refuse = |what: &str| Err(format!("`{name}` {what}, so not every use of its objects is visible"));
        if file.names.scope_at(class.node) != module || file.names.bindings(module, name).len() != 1 {
            return refuse("is no class of the module that is defined once");
        }
        if decorators(class.node).next().is_some() {
            return refuse("is decorated");
        }
        let bases = class.node.child_by_field_name("superclasses").into_iter().flat_map(children);
        if bases.into_iter().any(|b| file.builtin(b) != Some("object")) {
            return refuse("derives from another class");
        }
        if file.with_derived(class).is_none_or(|all| all.len() != 1) {
            return refuse("is the base of another class");
        }
        let body = class.node.child_by_field_name("body").into_iter().flat_map(children);
        let mut gone = Gone::default();
        for node in body {
            let def = children(node)
                .find(|n| n.kind() == "function_definition")
                .filter(|_| node.kind() == "decorated_definition");
            let Some(def) = def.or(Some(node)).filter(|n| n.kind() == "function_definition") else { continue };
            let own = Function(def).name().map(|n| file.text(n)).unwrap_or_default();
            // Code that runs for any attribute, that makes objects, or that hands them on by itself.
            let hidden =
                ["__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__", "__get__", "__set_name__"];
            let hands_on =
                ["__enter__", "__aenter__", "__iter__", "__reduce__", "__init_subclass__", "__class_getitem__"];
            if hidden.contains(&own) || hands_on.contains(&own) {
                return refuse(&format!("has a `{own}`"));
            }
            if file.decorator_of(file.def(def), &["classmethod"]) {
                return refuse("has a class method");
            }
            if decorators(def).any(|d| !matches!(file.text(d).trim(), "@property" | "@staticmethod")) {
                return refuse(&format!("has a decorated `{own}`"));
            }
            if file.decorator_of(file.def(def), &["staticmethod"]) {
                continue;
            }
            let (Some(scope), Some(first)) = (file.names.opened_by(def), file.parameters(def).first().copied()) else {
                return refuse("has a method without a first parameter");
            };
            gone.holders.push(Holder::Variable(file.var_in(scope, first)));
        }
        let values = self.made(class)?.into_iter().map(|(id, call)| (id, call.0)).collect();
        self.forward(&mut gone, values, name)?;
        let odd = ["__class__", "__dict__", "__getattribute__", "__setattr__"];
        for (id, node) in &gone.asked {
            let file = self.at(*id)?;
            let named = node.parent().and_then(|p| p.child_by_field_name("attribute")).map(|n| file.text(n));
            if named.is_some_and(|n| odd.contains(&n)) {
                return Err(format!("`{}` in line {}", named.unwrap_or_default(), Self::line(file, *node)));
            }
        }
        Ok(gone.asked)
    }

    /// The calls that make objects of a class, which is named for nothing else.
    pub fn made(&self, class: Def<'t>) -> Result<Vec<(FileId, Call<'t>)>, String> {
        self.called(self.named(class)?)
    }

    /// The calls whose functions some nodes are.
    fn called(&self, named: Vec<Placed<'t>>) -> Result<Vec<(FileId, Call<'t>)>, String> {
        let call = |(id, node): Placed<'t>| {
            let file = self.at(id)?;
            let call = node.parent().and_then(Call::cast).filter(|c| c.function().is_some_and(|f| f.id() == node.id()));
            let handed = || format!("`{}` is handed on as a value in line {}", file.text(node), Self::line(file, node));
            call.map(|call| (id, call)).ok_or_else(handed)
        };
        named.into_iter().map(call).collect()
    }

    /// Where a method, or a function of the module, is named: each a node that is the function of a call or nothing known.
    ///
    /// # Errors
    /// Where not all such places are known.
    pub fn mentions(&self, def: Def<'t>) -> Result<Vec<Placed<'t>>, String> {
        let Some(class) = method_class(def.node) else { return self.named(def) };
        let file = self.at(def.file)?;
        let name = def.node.child_by_field_name("name").map(|n| file.text(n)).unwrap_or_default();
        if file.names.opened_by(class).is_some_and(|s| file.names.reads_of(s, name).next().is_some()) {
            return Err(format!("`{name}` is handed on as a value in its class"));
        }
        let mut out = Vec::new();
        for (id, object) in self.objects(file.def(class))? {
            let Some(access) = object.parent().filter(|p| p.kind() == "attribute") else { continue };
            let at = self.at(id)?;
            if access.child_by_field_name("attribute").is_none_or(|n| at.text(n) != name) {
                continue;
            }
            if !matches!(at.meaning(access).only(), Some(Meaning::Function { def: one, .. }) if *one == def) {
                return Err(format!("`{}` in line {} may be another method", at.text(access), Self::line(at, access)));
            }
            out.push((id, access));
        }
        Ok(out)
    }

    /// The calls of a function, or of a class where it is its `__init__`.
    fn calls_of(&self, def: Def<'t>) -> Result<Vec<(FileId, Call<'t>)>, String> {
        let file = self.at(def.file)?;
        let name = def.node.child_by_field_name("name").map(|n| file.text(n)).unwrap_or_default();
        let home = file.names.scope_at(def.node);
        if decorators(def.node).next().is_some() || file.names.bindings(home, name).len() != 1 {
            return Err(format!("`{name}` is decorated, or defined more than once"));
        }
        let mut named = match method_class(def.node) {
            None if home != file.names.module() => return Err(format!("`{name}` is an inner function")),
            Some(class) if name == "__init__" => {
                // That its objects go nowhere unseen also says that nothing else calls it.
                self.objects(file.def(class))?;
                self.named(file.def(class))?
            }
            _ => Vec::new(),
        };
        named.extend(self.mentions(def)?);
        self.called(named)
    }

    /// Follows a client, from the expressions that it is asked by, back to where it is made and on to all that it is used for.
    /// `makes` says whether a call makes one.
    ///
    /// # Errors
    /// Where not all of that is known.
    pub fn client(
        &self,
        asked: &[Placed<'t>],
        name: &str,
        makes: &dyn Fn(&File<'t>, Call<'t>) -> bool,
    ) -> Result<Gone<'t>, String> {
        let mut gone = Gone::default();
        for (id, node) in asked {
            self.backward(&mut gone, *id, *node, name, makes)?;
        }
        let mut at = 0;
        while let Some(holder) = gone.holders.get(at).cloned() {
            at += 1;
            for (id, value) in self.values_of(&mut gone, &holder, name)? {
                self.backward(&mut gone, id, value, name, makes)?;
            }
            self.reads_of(&mut gone, &holder, name)?;
        }
        Ok(gone)
    }

    /// Where an expression has its object from.
    fn backward(
        &self,
        gone: &mut Gone<'t>,
        id: FileId,
        node: Node<'t>,
        name: &str,
        makes: &dyn Fn(&File<'t>, Call<'t>) -> bool,
    ) -> Result<(), String> {
        let file = self.at(id)?;
        let lost = || Err(format!("where `{name}` is made is not visible"));
        let holder = match node.kind() {
            // What another file defines is read there by names of its own.
            "identifier" => file.var(node).filter(|var| var.file == id).map(Holder::Variable),
            "attribute" => {
                let object = node.child_by_field_name("object");
                let part = node.child_by_field_name("attribute").map(|n| file.text(n).to_string());
                match (object.map(|o| file.meaning(o)).as_ref().and_then(|m| m.only()), part) {
                    (Some(Meaning::Instance(class)), Some(part)) => Some(Holder::Attribute(*class, part)),
                    _ => None,
                }
            }
            "call" if makes(file, Call(node)) => {
                let with = node.parent().is_some_and(|p| matches!(p.kind(), "as_pattern" | "with_item"));
                if !gone.made.iter().any(|(f, c, _)| *f == id && c.0.id() == node.id()) {
                    gone.made.push((id, Call(node), with));
                }
                return Ok(());
            }
            _ => None,
        };
        let Some(holder) = holder else { return lost() };
        if !gone.holders.contains(&holder) {
            gone.holders.push(holder);
        }
        Ok(())
    }

    /// All that something that holds a client is ever set to.
    fn values_of(&self, gone: &mut Gone<'t>, holder: &Holder<'t>, name: &str) -> Result<Vec<Placed<'t>>, String> {
        let lost = || Err(format!("where `{name}` is made is not visible"));
        match holder {
            Holder::Variable(var) => {
                let file = self.at(var.file)?;
                let [one] = file.names.bindings(var.scope, &var.name) else { return lost() };
                match one.bound {
                    super::names::Bound::Value(Some(value)) => {
                        gone.annotations.extend(self.alone(file, one.node, value, name)?);
                        Ok(vec![(file.id, value)])
                    }
                    super::names::Bound::With(context) => Ok(vec![(file.id, context)]),
                    super::names::Bound::Parameter(annotation) => {
                        gone.handed_on = true;
                        gone.annotations.extend(annotation.map(|a| (file.id, a)));
                        self.given_for(file, var, name)
                    }
                    _ => lost(),
                }
            }
            Holder::Attribute(class, part) => {
                gone.handed_on = true;
                let home = self.at(class.file)?;
                if home.names.opened_by(class.node).is_some_and(|s| !home.names.bindings(s, part).is_empty()) {
                    return Err(format!("`{part}` is set for the whole class"));
                }
                let mut out = Vec::new();
                for (id, access) in self.accesses(*class, part)? {
                    let file = self.at(id)?;
                    let set = access.parent().and_then(Assignment::cast);
                    if let Some(set) = set.filter(|a| a.left().is_some_and(|l| l.id() == access.id())) {
                        let Some(value) = set.right() else { continue };
                        gone.annotations.extend(self.alone(file, access, value, name)?);
                        out.push((id, value));
                    }
                }
                if out.is_empty() { lost() } else { Ok(out) }
            }
        }
    }

    /// The annotation of an assignment, which must have no other target.
    fn alone(
        &self,
        file: &File<'t>,
        target: Node<'t>,
        value: Node<'t>,
        name: &str,
    ) -> Result<Option<Placed<'t>>, String> {
        let set = value.parent().and_then(Assignment::cast).filter(|a| {
            a.left().is_some_and(|l| l.id() == target.id())
                && a.right().is_some_and(|r| r.id() == value.id())
                && a.0.parent().is_some_and(|p| p.kind() == "expression_statement")
        });
        match set {
            Some(set) => Ok(set.annotation().map(|a| (file.id, a))),
            None => Err(format!("`{name}` has another name, too, in line {}", Self::line(file, value))),
        }
    }

    /// What all calls of a function pass for a parameter.
    fn given_for(&self, file: &File<'t>, var: &Var, name: &str) -> Result<Vec<Placed<'t>>, String> {
        let def = file.names.scope(var.scope).node;
        if def.kind() != "function_definition" {
            return Err(format!("where `{name}` is made is not visible"));
        }
        let mut out = Vec::new();
        for (id, call) in self.calls_of(file.def(def))? {
            let at = self.at(id)?;
            let given = at.passed_for(call, file.def(def), &var.name);
            match given.filter(|g| !matches!(g.kind(), "list_splat" | "dictionary_splat")) {
                Some(given) => out.push((id, given)),
                None => return Err(format!("line {} does not say what `{}` is", Self::line(at, call.0), var.name)),
            }
        }
        if out.is_empty() { Err(format!("where `{name}` is made is not visible")) } else { Ok(out) }
    }

    /// The expressions that name an attribute of the objects of a class.
    fn accesses(&self, class: Def<'t>, part: &str) -> Result<Vec<Placed<'t>>, String> {
        let mut out = Vec::new();
        for (id, object) in self.objects(class)? {
            let file = self.at(id)?;
            let access = object.parent().filter(|p| p.kind() == "attribute");
            let named = |a: &Node<'t>| a.child_by_field_name("attribute").is_some_and(|n| file.text(n) == part);
            out.extend(access.filter(named).map(|a| (id, a)));
        }
        Ok(out)
    }

    /// Follows values to all that they are used for.
    fn forward(&self, gone: &mut Gone<'t>, values: Vec<Placed<'t>>, name: &str) -> Result<(), String> {
        for (id, value) in values {
            self.used(gone, id, value, name)?;
        }
        let mut at = 0;
        while let Some(holder) = gone.holders.get(at).cloned() {
            at += 1;
            self.reads_of(gone, &holder, name)?;
        }
        Ok(())
    }

    /// Looks at all uses of what holds an object.
    fn reads_of(&self, gone: &mut Gone<'t>, holder: &Holder<'t>, name: &str) -> Result<(), String> {
        match holder {
            Holder::Variable(var) => {
                let file = self.at(var.file)?;
                let declared =
                    |s: &super::names::Scope<'t>| s.globals.contains(&*var.name) || s.nonlocals.contains(&*var.name);
                if file.names.scopes().any(|(_, s)| declared(s)) {
                    return Err(format!("`{}` is shared between functions", var.name));
                }
                if var.scope == file.names.module() {
                    self.leave_alone(file, &var.name)?;
                }
                for read in file.names.reads_of(var.scope, &var.name).collect::<Vec<_>>() {
                    self.used(gone, file.id, read.node, name)?;
                }
            }
            Holder::Attribute(class, part) => {
                for (id, access) in self.accesses(*class, part)? {
                    let set = access.parent().and_then(Assignment::cast);
                    if set.is_none_or(|a| a.left().is_none_or(|l| l.id() != access.id())) {
                        self.used(gone, id, access, name)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at one use of an object.
    fn used(&self, gone: &mut Gone<'t>, id: FileId, node: Node<'t>, name: &str) -> Result<(), String> {
        let file = self.at(id)?;
        if gone.asked.len() + gone.holders.len() > MAX_PLACES {
            return Err(format!("`{name}` is used in more places than are looked at"));
        }
        let line = Self::line(file, node);
        let also = || Err(format!("`{name}` is also used in line {line}"));
        let Some(parent) = node.parent() else { return also() };
        let holder = match parent.kind() {
            "attribute" => {
                if !gone.asked.iter().any(|(f, n)| *f == id && n.id() == node.id()) {
                    gone.asked.push((id, node));
                }
                return Ok(());
            }
            "assignment" => {
                let target = Assignment(parent).left().filter(|l| l.id() != node.id());
                let Some(target) =
                    target.filter(|_| parent.parent().is_some_and(|p| p.kind() == "expression_statement"))
                else {
                    return also();
                };
                match target.kind() {
                    "identifier" => file.var(target).map(Holder::Variable),
                    "attribute" => {
                        let object = target.child_by_field_name("object");
                        let part = target.child_by_field_name("attribute").map(|n| file.text(n).to_string());
                        match (object.map(|o| file.meaning(o)).as_ref().and_then(|m| m.only()), part) {
                            (Some(Meaning::Instance(class)), Some(part)) => Some(Holder::Attribute(*class, part)),
                            _ => None,
                        }
                    }
                    _ => None,
                }
            }
            "argument_list" => parent.parent().and_then(Call::cast).and_then(|call| self.parameter(file, call, node)),
            "keyword_argument" => {
                let call = parent.parent().and_then(|list| list.parent()).and_then(Call::cast);
                call.and_then(|call| self.parameter(file, call, node))
            }
            _ => None,
        };
        let Some(holder) = holder else { return also() };
        if !gone.holders.contains(&holder) {
            gone.holders.push(holder);
        }
        Ok(())
    }

    /// The parameter that an argument is passed for, where one function alone is called.
    fn parameter(&self, file: &File<'t>, call: Call<'t>, argument: Node<'t>) -> Option<Holder<'t>> {
        let super::calls::CallKind::Functions(defs) = file.classify(call) else { return None };
        let [def] = defs.as_slice() else { return None };
        let home = self.script.program.at(def.file)?;
        let name = def.node.child_by_field_name("name").map(|n| home.text(n))?;
        let splat = call.args().any(|a| matches!(a.kind(), "list_splat" | "dictionary_splat"));
        let direct = file.callback_of(call).is_none() && decorators(def.node).next().is_none();
        if splat || !direct || name == "__post_init__" {
            return None;
        }
        let is_it = |p: &&&str| file.passed_for(call, *def, p).is_some_and(|g| span(g) == span(argument));
        let named = home.parameters(def.node);
        let parameter = named.iter().find(is_it)?;
        let scope = home.names.opened_by(def.node)?;
        let plain = home.names.bindings(scope, parameter).first()?.node.parent()?;
        // What a starred parameter gets is another object.
        (!matches!(plain.kind(), "list_splat_pattern" | "dictionary_splat_pattern"))
            .then(|| Holder::Variable(home.var_in(scope, parameter)))
    }
}
