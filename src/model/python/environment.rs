//! Modules as objects, and the environment: whether what changes it would be seen. It may be asked in any order as long as the file uses it as
//! `os.environ` alone, and neither keeps it under another name nor hands it on.

use super::names::Bound;
use super::{File, Var};
use crate::syntax::python::Call;
use crate::syntax::{Node, children, walk};

/// What of `os.environ` is only asked, or changes it by a call that is seen.
const USES: [&str; 9] = ["get", "copy", "items", "keys", "values", "update", "setdefault", "pop", "clear"];

/// Methods that change what they are called on, in place.
const IN_PLACE: [&str; 13] = [
    "append",
    "appendleft",
    "extend",
    "insert",
    "remove",
    "pop",
    "popleft",
    "clear",
    "update",
    "add",
    "discard",
    "setdefault",
    "reverse",
];

impl<'t> File<'t> {
    /// `sys.modules[__name__]`.
    pub(super) fn is_this_module(&self, subscript: Node<'t>) -> bool {
        if subscript.kind() != "subscript" {
            return false;
        }
        let mut parts = children(subscript);
        let table = parts.next().filter(|_| self.reaches_modules).and_then(|o| self.import_path(o));
        table.is_some_and(|p| p == "sys.modules") && parts.next().is_some_and(|k| self.text(k) == "__name__")
    }

    /// The variable of a module that an attribute of an object is: `config.limit`, `me.limit` after `me = sys.modules[__name__]`.
    pub(super) fn variable_of_module(&self, object: Node<'t>, name: &str) -> Option<Var> {
        if let Some(path) = self.import_path(object) {
            return self.variable_at(&format!("{path}.{name}"));
        }
        if !self.reaches_modules {
            return None;
        }
        // Not by what the object means, for which it is asked what is read where.
        let names_it = |var: Var| {
            let bindings = self.names.bindings(var.scope, &var.name);
            bindings.iter().any(|b| matches!(b.bound, Bound::Value(Some(e)) if self.is_this_module(e)))
        };
        let is_it = match object.kind() {
            "subscript" => self.is_this_module(object),
            "identifier" => self.var(object).filter(|var| var.file == self.id).is_some_and(names_it),
            _ => false,
        };
        let module = self.names.module();
        (is_it && !self.names.bindings(module, name).is_empty()).then(|| self.var_in(module, name))
    }

    /// The parts of libraries' modules that this file changes in place, by their paths: `sys.argv.append(…)`.
    fn library_parts(&self) -> &[String] {
        self.library_parts.get_or_init(|| {
            let calls = walk(self.source.root()).filter_map(Call::cast).filter_map(|c| c.function());
            let mut out: Vec<String> = calls.filter_map(|f| self.part_changed_by(f)).collect();
            out.sort();
            out.dedup();
            out
        })
    }

    fn part_changed_by(&self, function: Node<'t>) -> Option<String> {
        let name = function.child_by_field_name("attribute").map(|n| self.text(n))?;
        let path = IN_PLACE.contains(&name).then(|| self.import_path(function)).flatten()?;
        let part = path.strip_suffix(name)?.strip_suffix('.')?;
        (part.contains('.') && !self.is_project_path(&path)).then(|| part.to_string())
    }

    /// What a call changes in place of a library's module, as a variable.
    pub(super) fn changed_library_part(&self, call: Call<'t>) -> Option<Var> {
        let part = self.part_changed_by(call.function()?)?;
        Some(self.var_in(self.names.module(), &part))
    }

    /// The same, where an expression reads it.
    pub(super) fn library_part(&self, node: Node<'t>) -> Option<Var> {
        let parts = self.library_parts();
        if parts.is_empty() || !matches!(node.kind(), "identifier" | "attribute") {
            return None;
        }
        let path = self.import_path(node)?;
        parts.contains(&path).then(|| self.var_in(self.names.module(), &path))
    }

    /// The library whose function gives one object of the process, where a variable holds it: `ctx = getcontext()`.
    pub(super) fn process_object(&self, object: Node<'t>) -> Option<Var> {
        let values = if object.kind() == "identifier" { self.one_step(object) } else { Vec::new() };
        values.into_iter().filter_map(Call::cast).find_map(|call| {
            let path = call.function().and_then(|f| self.import_path(f))?;
            let known = crate::catalog::PythonFacts::has(&self.catalog.python.process_state, &path);
            let mut root = call.function().filter(|_| known)?;
            while let Some(inner) = root.child_by_field_name("object") {
                root = inner;
            }
            self.var(root)
        })
    }

    /// Whether the environment has another name in this file, or `os.getenv` another meaning: what changes it there names
    /// neither of them.
    pub(super) fn keeps_environment(&self) -> bool {
        *self.environment.get_or_init(|| {
            let text = self.text(self.source.root());
            text.contains("environ") && walk(self.source.root()).any(|n| self.is_environment_kept(n))
                || text.contains("getenv") && walk(self.source.root()).any(|n| self.is_getenv_kept(n))
        })
    }

    fn is_environment_kept(&self, node: Node<'t>) -> bool {
        match node.kind() {
            // `getattr(os, "environ")`, `patch("os.environ", …)`
            "string" => self.text(node).trim_matches(['"', '\'']).trim_start_matches("os.") == "environ",
            "aliased_import" => children(node).next().is_some_and(|n| self.text(n).ends_with("environ")),
            "attribute" | "identifier" if self.import_path(node).is_some_and(|p| p == "os.environ") => {
                let Some(parent) = node.parent() else { return false };
                match parent.kind() {
                    // The name in the attribute itself, and in the import.
                    "attribute" if children(parent).next().is_some_and(|o| o.id() != node.id()) => false,
                    "dotted_name" | "import_from_statement" | "comparison_operator" => false,
                    "subscript" => children(parent).next().is_none_or(|o| o.id() != node.id()),
                    "attribute" => {
                        let called = parent.parent().and_then(Call::cast).and_then(|c| c.function());
                        let name = self.text(parent).rsplit('.').next().unwrap_or_default();
                        called.is_none_or(|f| f.id() != parent.id()) || !USES.contains(&name)
                    }
                    _ => true,
                }
            }
            _ => false,
        }
    }

    fn is_getenv_kept(&self, node: Node<'t>) -> bool {
        let named = matches!(node.kind(), "attribute" | "identifier");
        named
            && self.import_path(node).is_some_and(|p| p == "os.getenv")
            && node.parent().is_some_and(|p| match p.kind() {
                "call" => Call(p).function().is_none_or(|f| f.id() != node.id()),
                "attribute" | "dotted_name" | "import_from_statement" => false,
                _ => true,
            })
    }
}
