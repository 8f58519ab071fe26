//! Functions that wait and are handed to what calls them once for each item: `map(ask, xs)`, `filter(keep, xs)`,
//! `df["q"].apply(ask)`, `df.apply(ask_row, axis=1)`.

use super::receivers::{Def, Meaning};
use super::stage::Outcome;
use super::summary::Root;
use super::work::Wait;
use super::{File, Grade, Trouble};
use crate::catalog::{CallFact, Effect};
use crate::facts::Code;
use crate::model::Analysis;
use crate::syntax::python::{Attribute, Call, enclosing_scope};
use crate::syntax::{Node, children};

/// A call that applies a function that waits to each item of something.
#[derive(Debug, Clone)]
pub(super) struct Applied<'t> {
    pub call: Call<'t>,
    /// The function, as it is handed over.
    function: Node<'t>,
    defs: Vec<Def<'t>>,
    waits: Vec<Wait<'t>>,
    sources: Vec<Node<'t>>,
    /// Whether the calls are made when somebody takes the items.
    lazy: bool,
    /// Whether nothing but the method's name says what the receiver is.
    assumed: bool,
}

impl<'t> File<'t> {
    /// What a call applies to each item, where that waits.
    pub(super) fn applied(&self, call: Call<'t>) -> Option<Applied<'t>> {
        let callee = call.function()?;
        let mut assumed = false;
        let mut lazy = false;
        let builtin = matches!(self.builtin(callee), Some("map" | "filter"));
        let (function, sources): (Node<'t>, Vec<Node<'t>>) = if builtin {
            lazy = !self.is_drained(call);
            (call.args().next()?, call.args().skip(1).collect())
        } else {
            let method = Attribute::cast(callee)?;
            let (receiver, name) = (method.object()?, self.text(method.name()?));
            assumed = self.is_table(receiver, name, call)?;
            let function = call.keyword(self.source, "func").or_else(|| call.args().next())?;
            (function, vec![receiver])
        };
        let (defs, waits) = self.waiting_callback(function)?;
        Some(Applied { call, function, defs, waits, sources, lazy, assumed })
    }

    /// The functions of the project behind an expression that is handed over, and the waiting calls that they make.
    fn waiting_callback(&self, function: Node<'t>) -> Option<(Vec<Def<'t>>, Vec<Wait<'t>>)> {
        if !matches!(function.kind(), "identifier" | "attribute" | "lambda" | "call") {
            return None;
        }
        let meaning = self.meaning(function);
        let mut defs: Vec<Def<'t>> = Vec::new();
        let mut waits: Vec<Wait<'t>> = Vec::new();
        for one in &meaning.all {
            match one {
                Meaning::Function { def, .. } => defs.push(*def),
                Meaning::Instance(class) => defs.extend(self.method_of(*class, "__call__")),
                Meaning::Library(path) => {
                    let fact = self.catalog.function(path);
                    waits.extend(fact.map(|fact| Wait { fact, assumed: false, handed: false, node: function }));
                }
                Meaning::Made(path, rest) => {
                    let fact = self.catalog.method(path, rest).map(|method| method.call);
                    waits.extend(fact.map(|fact| Wait { fact, assumed: false, handed: false, node: function }));
                }
                _ => {}
            }
        }
        defs.retain(|def| self.leads_to_wait(*def));
        waits.extend(defs.iter().flat_map(|def| self.summary_of(*def).work.waits.clone()));
        // What is not called here, but handed to workers further down, is theirs.
        waits.retain(|w| !w.handed);
        (!waits.is_empty()).then_some((defs, waits))
    }

    /// Whether all items of a lazy call are taken at once: `list(map(…))`.
    fn is_drained(&self, call: Call<'t>) -> bool {
        let around =
            call.0.parent().filter(|p| p.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast);
        let taker = around.filter(|c| c.args().count() == 1).and_then(|c| c.function());
        taker.is_some_and(|f| matches!(self.builtin(f), Some("list" | "tuple" | "set" | "sorted" | "sum" | "dict")))
    }

    /// Whether a method goes through the rows of a table or the values of a column; whether only its name says so.
    fn is_table(&self, receiver: Node<'t>, name: &str, call: Call<'t>) -> Option<bool> {
        if matches!(name, "progress_apply" | "progress_map" | "progress_applymap") {
            return Some(false);
        }
        if !matches!(name, "apply" | "map" | "applymap")
            || !self.names.is_taken("pandas") && !self.source.text.contains("import pandas")
        {
            return None;
        }
        let mut known = false;
        let meaning = self.meaning(receiver);
        for one in &meaning.all {
            match one {
                Meaning::Made(path, _) if path.starts_with("pandas.") => known = true,
                _ => return None,
            }
        }
        if known {
            return Some(meaning.unknown);
        }
        // `df["q"].map(f)`, `df.apply(f, axis=1)`: what else has such a method takes other arguments.
        let column = receiver.kind() == "subscript"
            && children(receiver).nth(1).is_some_and(|k| matches!(k.kind(), "string" | "list"));
        let by_row = name == "apply" && call.keyword(self.source, "axis").is_some();
        let alone = call.args().count() == 1;
        (by_row || column && alone).then_some(true)
    }

    /// The site of a call that applies a function to each item.
    pub(super) fn analyse_applied(&self, applied: &Applied<'t>) -> Analysis {
        let looped = applied.call.0;
        let mut analysis = self.blank(looped, applied.call);
        analysis.call = self.text(applied.function).lines().next().unwrap_or_default().to_string();
        analysis.work = crate::syntax::span(applied.function);
        analysis.seconds = applied.waits.iter().map(|w| w.fact.seconds).sum::<f64>().max(0.1);
        analysis.unworthy = self.unworthy(looped, analysis.seconds).map(|t| self.obstacle(t));
        let mut outcome = Outcome::default();
        outcome.troubles.extend(self.place_troubles(looped, enclosing_scope(looped)));
        self.applied_work(applied, &mut outcome);
        for source in &applied.sources {
            if self.builtin(applied.call.function().unwrap_or(looped)).is_some() {
                outcome.troubles.extend(self.unsized_source(*source, looped));
            }
        }
        self.worker_trouble(looped, &mut outcome);
        if applied.lazy {
            outcome.add(
                Trouble::new(
                    Code::SOURCE,
                    looped,
                    "the calls are made when the items are taken, which may never be, and between what is done with them",
                    "make it a list",
                )
                .graded(Grade::Care),
            );
        }
        if applied.assumed {
            let receiver = applied.sources.first().map_or("", |s| self.text(*s));
            let message = format!("`{receiver}` is taken for a table of pandas by the name of its method");
            outcome.add(Trouble::not_analysed(looped, message).graded(Grade::Assumed));
        }
        outcome.threads = !applied.defs.is_empty();
        outcome.unsupported(looped, "no recipe writes a function that is applied to each item yet; a `for` loop or a list comprehension says the same");
        self.settle(&mut analysis, outcome);
        analysis
    }

    /// What the function does that the calls for other items would see.
    fn applied_work(&self, applied: &Applied<'t>, outcome: &mut Outcome<'t>) {
        let node = applied.function;
        let direct: Vec<&CallFact> =
            applied.waits.iter().filter(|w| w.node.id() == node.id()).map(|w| w.fact).collect();
        for fact in direct {
            let (grade, says) = match fact.effect {
                Effect::Writes => (Grade::Blocked, "changes"),
                Effect::Unknown => (Grade::Care, "may change"),
                Effect::Read | Effect::Billed => continue,
            };
            let message = format!(
                "`{}` {says} state on the server; calls of later items would be under way when an earlier one fails",
                self.text(node)
            );
            let help = "keep it sequential, or say in the catalogue what the call does, if it only reads";
            outcome.add(Trouble::new(Code::WRITES, node, message, help).graded(grade));
        }
        if applied.waits.iter().any(|w| w.assumed) {
            let message = "what makes the call is taken for a client by the name of its method";
            outcome.add(Trouble::not_analysed(node, message).graded(Grade::Assumed));
        }
        for def in &applied.defs {
            let summary = self.summary_of(*def);
            if let Some(cause) = summary.work.raises {
                outcome.add(super::stage::raised(node, cause));
            }
            for trouble in summary.work.found.clone() {
                outcome.add(trouble.at_call(node, def.file));
            }
            for store in &summary.stores {
                match &store.root {
                    Root::Variable(var) if store.sure || !self.is_definition(var) => {
                        let key = store.key.as_ref().map(|k| format!(".{k}")).unwrap_or_default();
                        let mut trouble = self.shared_store(store, node, &format!("{}{key}", var.name));
                        if self.is_definition(var) && trouble.code == Code::OBJECT_STATE {
                            trouble.code = Code::PROCESS_STATE;
                        }
                        outcome.add(trouble);
                    }
                    Root::Variable(_) => {}
                    // The object whose method it is; everything else is the item.
                    Root::Parameter(name) if self.is_receiver(*def, name) => {
                        let key = store.key.as_ref().map(|k| format!(".{k}")).unwrap_or_default();
                        outcome.add(self.shared_store(store, node, &format!("{name}{key}")));
                    }
                    Root::Parameter(_) if store.sure => outcome.add(
                        Trouble::new(
                            Code::OBJECT_STATE,
                            node,
                            "the function changes its item, and what looks at later items meanwhile sees the change early",
                            "return the change",
                        )
                        .graded(Grade::Care),
                    ),
                    Root::Parameter(_) => {}
                }
            }
        }
    }

    /// Whether a parameter is the object of a method.
    fn is_receiver(&self, def: Def<'t>, name: &str) -> bool {
        let Some(file) = self.program.at(def.file) else { return true };
        super::receivers::method_class(def.node).is_some() && file.parameters(def.node).first() == Some(&name)
    }
}
