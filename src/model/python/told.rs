//! What an oracle may be asked, and what its answers mean: the class of a receiver that flow cannot tell.

use super::File;
use super::names::Bound;
use super::receivers::{Meaning, Meanings};
use crate::project::oracle::Defined;
use crate::syntax::python::{Attribute, Class};
use crate::syntax::{Node, span, walk};

impl<'t> File<'t> {
    /// What a method stands for whose receiver flow cannot tell, after an oracle; else the question is noted.
    pub(super) fn told(&self, function: Node<'t>) -> Option<Meanings<'t>> {
        let text: String = self.text(function).split_whitespace().collect();
        let (_, fact) = self.catalog.by_method(&text)?;
        let steps: Vec<&str> = fact.path.split('.').collect();
        let receiver = steps.iter().try_fold(function, |node, _| Attribute::cast(node)?.object())?;
        let name = match Attribute::cast(receiver) {
            Some(attribute) => attribute.name()?,
            None => receiver,
        };
        let question = (self.program.path(self.id)?.clone(), name.start_byte());
        match self.program.told.get(&question) {
            Some(class) => {
                let object = Meanings { all: vec![self.object_of(class)?], unknown: false };
                let found = steps.iter().fold(object, |object, step| self.parts_named(&object, step));
                (!found.all.is_empty()).then_some(found)
            }
            None => {
                if self.keeps_its_class(receiver) {
                    self.program.questions.borrow_mut().insert(question);
                }
                None
            }
        }
    }

    /// An object of a class that was told: of the catalogue, of another library, or of the project.
    fn object_of(&self, class: &Defined) -> Option<Meaning<'t>> {
        if let Some(path) = class.installed() {
            let constructor = self.catalog.constructor_of(&path).map(str::to_string);
            return Some(Meaning::Made(constructor.unwrap_or(path), Vec::new()));
        }
        let file = self.program.file(&class.path)?;
        let named =
            |node: &Node<'t>| Class::cast(*node).and_then(Class::name).is_some_and(|n| n.start_byte() == class.offset);
        Some(Meaning::Instance(file.def(walk(file.source.root()).find(named)?)))
    }

    /// Whether what a type checker says of a variable or attribute at one place cannot be undone by a call that it does not
    /// look into: it takes what an assignment or a test in the same function says of `self.client`, or of a global, to hold
    /// until the next assignment in that function.
    fn keeps_its_class(&self, receiver: Node<'t>) -> bool {
        let root = match Attribute::cast(receiver) {
            None if receiver.kind() == "identifier" => {
                // Nothing but the code of its own scope sets it.
                let name = self.text(receiver);
                let Some(home) = self.names.resolve(self.names.scope_at(receiver), name) else { return false };
                return self
                    .names
                    .bindings(home, name)
                    .iter()
                    .all(|b| matches!(b.bound, Bound::Parameter(_)) || self.names.scope_at(b.node) == home);
            }
            None => return false,
            Some(attribute) => attribute,
        };
        let (Some(object), Some(name)) = (root.object(), root.name()) else { return false };
        // A property may be another one in a class that derives.
        let property = self.has_property(self.text(name));
        // Everywhere that the variable in front of it is known: inner functions see what is tested around them.
        let mut first = object;
        while let Some(inner) = Attribute::cast(first).and_then(Attribute::object) {
            first = inner;
        }
        let home = self.names.resolve(self.names.scope_at(first), self.text(first));
        let around = home.map(|home| self.names.scope(home).node);
        let text = self.text(receiver);
        let only_looked_into = around.is_some_and(|around| {
            walk(around).filter(|n| n.kind() == "attribute" && self.text(*n) == text).all(|n| {
                let above = n.parent().and_then(Attribute::cast).and_then(Attribute::object);
                above.is_some_and(|object| span(object) == span(n))
            })
        });
        !property && only_looked_into && self.keeps_its_class(object)
    }
}
