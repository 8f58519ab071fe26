//! Whether what the work of a loop gives can be kept in place of running it again: it is all that the work does, and plain
//! data.

use super::receivers::{Def, Meaning};
use super::stage::Work;
use super::summary::own_nodes;
use super::work::{Findings, Unit, keep};
use super::{File, Grade, Trouble, Var};
use crate::catalog::{Effect, Kept, PythonFacts};
use crate::facts::Code;
use crate::syntax::python::Call;
use crate::syntax::{Node, children};

/// How many functions and variables a value is followed through.
const FOLLOW: usize = 8;

/// What says when, where or by which client the work may run, and not that it leaves something behind.
const NO_EFFECTS: [Code; 7] =
    [Code::SLEEP, Code::THREAD_SAFETY, Code::AFFINITY, Code::CLIENT, Code::COMPUTES, Code::TIMEOUT, Code::CONCURRENT];

impl<'t> File<'t> {
    /// Why the results of some work cannot stand for it. `troubles` are those that the work itself has, `gives` what is
    /// taken from statements.
    pub(super) fn unkept(
        &self,
        work: &Work<'t>,
        troubles: &[Trouble<'t>],
        gives: Option<&[String]>,
        source: Node<'t>,
    ) -> Option<String> {
        let findings = self.findings(&self.nodes_of(&work.nodes), &Unit::Region);
        if let Some(trouble) = troubles.iter().find(|t| t.grade > Grade::Assumed && !NO_EFFECTS.contains(&t.code)) {
            return Some(format!("the work does more than give its result: {}", trouble.message));
        }
        if !findings.writes_files.is_empty() {
            return Some("the work does more than give its result: it writes a file".into());
        }
        // `open(path)` and `os.environ[…]` are in no key of a result: another run may find something else there.
        if let Some((file, node)) = findings.surroundings.iter().chain(&findings.reads_files).next() {
            let what =
                self.program.at(*file).map(|file| file.text(*node)).and_then(|t| t.lines().next()).unwrap_or_default();
            return Some(format!(
                "the work reads `{what}`: another run may find something else there, and would be handed what was made of the old"
            ));
        }
        if let Some(wait) = findings.waits.iter().find(|w| w.fact.effect == Effect::Writes) {
            return Some(format!("`{}` changes something on the server", wait.fact.path));
        }
        let rows = Call::cast(source).and_then(|c| c.function()).and_then(|f| f.child_by_field_name("attribute"));
        if let Some(name) = rows.map(|n| self.text(n)).filter(|n| matches!(*n, "iterrows" | "itertuples")) {
            return Some(format!("what `{name}` gives is no plain data, so no item can be told from another"));
        }
        let values: Vec<Node<'t>> = match (work.call, gives) {
            (Some(call), _) => vec![call],
            (None, Some(names)) => {
                let scope = self.names.scope_at(work.node());
                let inside = |n: &Node<'t>| work.contains(*n);
                let set = |name: &String| {
                    let home = self.names.resolve(scope, name).unwrap_or(scope);
                    self.values_of(&self.var_in(home, name), inside)
                };
                names.iter().flat_map(set).collect()
            }
            (None, None) => Vec::new(),
        };
        values.into_iter().find_map(|v| self.odd(v, FOLLOW, &mut Vec::new()))
    }

    /// What another run of the program may find otherwise: its environment, its arguments, files that a library reads.
    pub(super) fn find_surroundings(&self, nodes: &[Node<'t>], out: &mut Findings<'t>) {
        for node in nodes.iter().filter(|n| matches!(n.kind(), "identifier" | "attribute")) {
            let facts = &self.catalog.python;
            let read =
                |p: String| [&facts.surroundings, &facts.file_queries].iter().any(|set| PythonFacts::has(set, &p));
            if self.import_path(*node).is_some_and(read) {
                keep(&mut out.surroundings, [(self.id, *node)]);
            }
        }
    }

    /// What a variable is set to, as a whole, at some places.
    fn values_of(&self, var: &Var, at: impl Fn(&Node<'t>) -> bool) -> Vec<Node<'t>> {
        use super::names::Bound;
        let bindings = self.names.bindings(var.scope, &var.name).iter().filter(|b| at(&b.node));
        bindings
            .filter_map(|b| match b.bound {
                Bound::Value(value) => value,
                Bound::With(context) => Some(context),
                _ => None,
            })
            .collect()
    }

    /// Why a value may be no plain data, as far as that can be told.
    fn odd(&self, value: Node<'t>, depth: usize, seen: &mut Vec<Def<'t>>) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        match value.kind() {
            "call" => self.odd_call(Call(value), depth, seen),
            "await" | "parenthesized_expression" | "expression_list" | "tuple" | "list" | "boolean_operator" => {
                children(value).find_map(|inner| self.odd(inner, depth, seen))
            }
            "pair" => value.child_by_field_name("value").and_then(|v| self.odd(v, depth, seen)),
            "dictionary" => children(value).find_map(|inner| self.odd(inner, depth, seen)),
            "conditional_expression" => {
                let branches: Vec<Node<'t>> = children(value).filter(|c| c.kind() != "comment").collect();
                let chosen = branches.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, b)| *b);
                chosen.collect::<Vec<_>>().into_iter().find_map(|inner| self.odd(inner, depth, seen))
            }
            "set" | "set_comprehension" | "generator_expression" | "lambda" => {
                Some(format!("the work gives a {}, which a file cannot hold", value.kind().replace('_', " ")))
            }
            "identifier" => {
                let var = self.var(value)?;
                let home = |n: &Node<'t>| self.names.scope_at(*n) == self.names.scope_at(value);
                let values = self.values_of(&var, home);
                values.into_iter().filter(|v| v.id() != value.id()).find_map(|v| self.odd(v, depth, seen))
            }
            _ => None,
        }
    }

    fn odd_call(&self, call: Call<'t>, depth: usize, seen: &mut Vec<Def<'t>>) -> Option<String> {
        if let Some(found) = self.catalogued(call) {
            let plain = found.fact.kept == Some(Kept::Plain);
            return (!plain).then(|| {
                let first = self.text(call.0).split(['(', '\n']).next().unwrap_or_default().trim();
                format!("`{first}` answers with an object, and not with plain data, which a file can hold")
            });
        }
        for meaning in call.function().map(|f| self.meaning(f).all).unwrap_or_default() {
            match meaning {
                Meaning::Class(class) => {
                    let name = self.program.at(class.file).zip(class.node.child_by_field_name("name"));
                    let name = name.map(|(file, n)| file.text(n)).unwrap_or_default();
                    return Some(format!(
                        "the work gives an object of `{name}`, and not plain data, which a file can hold"
                    ));
                }
                Meaning::Function { def, .. } if !seen.contains(&def) => {
                    seen.push(def);
                    let Some(file) = self.program.at(def.file) else { continue };
                    let body = def.node.child_by_field_name("body")?;
                    let given = own_nodes(body).into_iter().filter(|n| n.kind() == "return_statement");
                    let values: Vec<Node<'t>> = given.filter_map(|r| children(r).next()).collect();
                    if let Some(why) = values.into_iter().find_map(|v| file.odd(v, depth, seen)) {
                        return Some(why);
                    }
                }
                _ => {}
            }
        }
        None
    }
}
