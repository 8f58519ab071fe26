//! What a loop asks of the iterator that it goes through: how far it is, or for more. With calls under way it is ahead.
use super::calls::CallKind;
use super::names::Bound;
use super::{File, Var};
use crate::catalog::PythonFacts;
use crate::syntax::python::{Attribute, Call, Function};
use crate::syntax::{Node, ancestors, children, span, walk};

/// What only something that is read as it goes has, whatever it is.
const POSITIONS: [&str; 7] = ["line_num", "tell", "lineno", "filelineno", "isfirstline", "readline", "nextfile"];

/// What an open file tells that does not change.
const FIXED: [&str; 4] = ["name", "encoding", "mode", "newlines"];

impl<'t> File<'t> {
    /// Whether a source never comes to an end: `itertools.count()`, a generator function that goes on for ever.
    pub(super) fn never_ends(&self, source: Node<'t>) -> bool {
        let Some(call) = Call::cast(source) else { return false };
        let Some(function) = call.function() else { return false };
        let mut args = call.args().filter(|a| a.kind() != "keyword_argument");
        if let Some(name) = self.builtin(function) {
            return match name {
                "enumerate" | "iter" | "map" | "filter" => args.last().is_some_and(|a| self.never_ends(a)),
                "zip" => args.all(|a| self.never_ends(a)),
                _ => false,
            };
        }
        if let Some(path) = self.import_path(function) {
            let bar = PythonFacts::has(&self.catalog.python.progress, &path);
            return match path.as_str() {
                "itertools.count" | "itertools.cycle" => true,
                "itertools.repeat" => call.args().count() == 1,
                _ => bar && args.next().is_some_and(|a| self.never_ends(a)),
            };
        }
        let CallKind::Functions(defs) = self.classify(call) else { return false };
        defs.iter().all(|def| self.program.at(def.file).is_some_and(|file| file.goes_on_for_ever(def.node)))
    }

    /// Whether a generator function's last statement is an endless loop.
    fn goes_on_for_ever(&self, def: Node<'t>) -> bool {
        let yields = self.names.opened_by(def).is_some_and(|s| self.names.scope(s).yields);
        let last = Function::cast(def).and_then(|f| f.body()).and_then(|b| children(b).last());
        yields
            && last.filter(|l| l.kind() == "while_statement").is_some_and(|l| {
                let always = l.child_by_field_name("condition").is_some_and(|c| matches!(self.text(c), "True" | "1"));
                always
                    && walk(l).all(|n| !matches!(n.kind(), "break_statement" | "return_statement" | "raise_statement"))
            })
    }

    /// Where the body of a loop asks its source, or what that reads from, for more than the loop's items.
    pub(super) fn asks_its_source(&self, source: Node<'t>, body: Node<'t>) -> Option<Node<'t>> {
        let vars: Vec<Var> =
            self.reach(source, &[]).into_iter().map(|p| p.var).filter(|v| !self.is_definition(v)).collect();
        let pulled = |v: &Var| self.is_iterator(v) || self.is_read_as_it_goes(v);
        // What the body itself has set the name to is another object; `it = it` reads the source.
        let anew = |n: Node<'t>, v: &Var| {
            let set = self
                .names
                .bindings(v.scope, &v.name)
                .iter()
                .any(|b| b.node.id() == n.id() && b.bound != Bound::Augmented);
            v.file == self.id && (set || self.reaching(n).is_some_and(|b| span(body).contains(span(b.node))))
        };
        let named =
            |n: &Node<'t>| n.kind() == "identifier" && self.var(*n).is_some_and(|v| vars.contains(&v) && !anew(*n, &v));
        let asked = |n: &Node<'t>| {
            let name = n.parent().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
            match name {
                Some(name) if FIXED.contains(&name) => false,
                Some(name) if POSITIONS.contains(&name) => true,
                Some("n" | "last_print_n" | "format_dict") => self.var(*n).is_some_and(|v| self.is_bar(&v)),
                _ => self.var(*n).is_some_and(|v| pulled(&v)),
            }
        };
        let text = self.text(source);
        walk(body).filter(|n| !span(source).contains(span(*n))).find(|n| match n.kind() {
            "identifier" => named(n) && asked(n),
            // `sys.stdin`, `self.reader`.
            "attribute" if self.text(*n) == text => {
                let name = n.parent().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
                text == "sys.stdin" || name.is_some_and(|n| POSITIONS.contains(&n))
            }
            "call" => self.asks_source_elsewhere(Call(*n), source, &|v| vars.contains(v) && pulled(v)),
            _ => false,
        })
    }

    /// What to write where the body asks its source.
    pub(super) fn instead_of_asking(&self, asked: Node<'t>) -> String {
        let name = asked.parent().and_then(Attribute::cast).and_then(|a| a.name()).map(|n| self.text(n));
        let told = |asked: String, object: &str| {
            format!(
                "make a list in front of the loop, with what is asked in it where it is needed: `rows = [({asked}, row) for row in {object}]`"
            )
        };
        match name {
            _ if asked.kind() == "call" => told(self.text(asked).replace('\n', " "), "r"),
            Some("line_num") => told("r.line_num".to_string(), "r"),
            Some("lineno") => told("f.lineno".to_string(), "f"),
            Some(name) if POSITIONS.contains(&name) && !matches!(name, "readline" | "nextfile") => {
                told(format!("f.{name}()"), "f")
            }
            Some("n" | "last_print_n" | "format_dict") => format!(
                "count in the loop, where the count is of what the loop has done: `for done, row in enumerate({})`",
                self.text(asked)
            ),
            _ => "make a list in front of the loop, of all that one iteration takes: `pairs = list(zip(it, it))` where each takes two, `rows = list(it)` and an index where it looks ahead"
                .to_string(),
        }
    }

    /// Whether a variable is a progress bar.
    fn is_bar(&self, var: &Var) -> bool {
        let made = |e: Node<'t>| Call::cast(e).is_some_and(|c| self.makes_bar(c));
        var.file == self.id
            && self.names.bindings(var.scope, &var.name).iter().any(|b| match b.bound {
                Bound::Value(Some(e)) | Bound::With(e) => made(e),
                _ => false,
            })
    }

    /// Whether a call asks a source that it is not given: a function that knows it, one of `fileinput`, `input`.
    fn asks_source_elsewhere(&self, call: Call<'t>, source: Node<'t>, asked: &dyn Fn(&Var) -> bool) -> bool {
        let function = call.function();
        let path = function.and_then(|f| self.import_path(f)).unwrap_or_default();
        if path.starts_with("fileinput.") && self.comes_from(source, "fileinput.") {
            return true;
        }
        if self.text(source).contains("sys.stdin") && function.and_then(|f| self.builtin(f)) == Some("input") {
            return true;
        }
        let CallKind::Functions(defs) = self.classify(call) else { return false };
        defs.iter().any(|def| {
            let Some(file) = self.program.at(def.file) else { return false };
            let positions = |n: Node<'t>| {
                Call::cast(n).and_then(|c| file.import_path(c.function()?)).is_some_and(|p| p.starts_with("fileinput."))
            };
            self.summary_of(*def).reads.iter().any(asked)
                || walk(def.node).any(positions) && self.comes_from(source, "fileinput.")
        })
    }

    /// Whether a source is, or is put together from, what a module gives.
    fn comes_from(&self, source: Node<'t>, module: &str) -> bool {
        let made = |n: Node<'t>| {
            walk(n)
                .filter_map(Call::cast)
                .filter_map(|c| self.import_path(c.function()?))
                .any(|p| p.starts_with(module))
        };
        made(source)
            || walk(source).filter(|n| n.kind() == "identifier").filter_map(|n| self.var(n)).any(|v| {
                v.file == self.id
                    && self.names.bindings(v.scope, &v.name).iter().any(|b| match b.bound {
                        Bound::Value(Some(e)) | Bound::With(e) => made(e),
                        _ => false,
                    })
            })
    }

    /// Whether a variable is a file whose method is what a source calls for each item: `iter(f.readline, "")`.
    fn is_read_as_it_goes(&self, var: &Var) -> bool {
        let home = self.home(var);
        home.names.reads_of(var.scope, &var.name).any(|r| {
            let method = r.node.parent().and_then(Attribute::cast);
            let kept =
                method.and_then(|a| a.name()).is_some_and(|n| matches!(home.text(n), "readline" | "read" | "recv"));
            let handed = ancestors(r.node).nth(1).is_some_and(|l| l.kind() == "argument_list");
            kept && handed
        })
    }
}
