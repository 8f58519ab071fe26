//! Functions that wait and are handed to what calls them once for each item: `map(ask, xs)`, `filter(keep, xs)`,
//! `df["q"].apply(ask)`, `df.apply(ask_row, axis=1)`.

use super::calls::CallKind;
use super::gathered::Gathered;
use super::receivers::{Def, Meaning};
use super::stage::Outcome;
use super::summary::Root;
use super::work::Wait;
use super::{File, Grade, Trouble};
use crate::catalog::{CallFact, Effect};
use crate::facts::Code;
use crate::model::{Analysis, Applied as Form, Collect, Pipeline};
use crate::syntax::python::{Attribute, Call, Function, Keyword, enclosing_scope, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

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

impl Applied<'_> {
    /// Whether it makes coroutines.
    fn is_asynchronous(&self) -> bool {
        self.defs.iter().any(|def| Function::cast(def.node).is_some_and(|f| f.is_async()))
    }
}

impl<'t> File<'t> {
    /// What a call applies to each item, where that waits.
    pub(super) fn applied(&self, call: Call<'t>) -> Option<Applied<'t>> {
        let callee = call.function()?;
        let mut assumed = false;
        let mut lazy = false;
        let builtin = matches!(self.builtin(callee), Some("map" | "filter"));
        let (function, sources): (Node<'t>, Vec<Node<'t>>) = if builtin {
            lazy = !self.is_drained(call) && self.gathered_map(call).is_none();
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

    /// Whether all items of a lazy call are taken at once: `list(map(…))`, with or without a progress bar between.
    fn is_drained(&self, call: Call<'t>) -> bool {
        self.is_used_up(self.bar_around(call).map_or(call.0, |bar| bar.0))
    }

    /// The `await` of a gather of all coroutines that a `map` makes: `await asyncio.gather(*map(ask, xs))`.
    fn gathered_map(&self, call: Call<'t>) -> Option<Gathered<'t>> {
        self.awaited_gather(call.0.parent().filter(|p| p.kind() == "list_splat")?, None)
    }

    /// The progress bar directly around what it shows.
    fn bar_around(&self, call: Call<'t>) -> Option<Call<'t>> {
        let bar = call_around(call)?;
        let first = bar.args().next().is_some_and(|a| a.id() == call.0.id());
        (first && self.makes_bar(bar)).then_some(bar)
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
        if self.has_other_tables() {
            return None;
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
        analysis.work = span(applied.function);
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
        outcome.threads = !applied.defs.is_empty() && !applied.is_asynchronous();
        self.applied_coroutines(applied, &mut outcome);
        let pipeline = self.applied_pipeline(applied, &mut outcome);
        self.settle(&mut analysis, outcome);
        analysis.pipeline = pipeline.filter(|_| analysis.obstacles.is_empty());
        analysis
    }

    /// Coroutines that a `map` makes and something takes at once.
    fn applied_coroutines(&self, applied: &Applied<'t>, outcome: &mut Outcome<'t>) {
        if !applied.is_asynchronous() || self.gathered_map(applied.call).is_none() {
            return;
        }
        let bounded = self.are_bounded(applied.defs.clone()) || applied.waits.iter().all(|w| w.handed);
        outcome.add_concurrent(applied.function, bounded);
    }

    /// The pipeline, where a recipe writes it.
    fn applied_pipeline(&self, applied: &Applied<'t>, outcome: &mut Outcome<'t>) -> Option<Pipeline> {
        let (call, function) = (applied.call, applied.function);
        let form = match self.form(applied) {
            Ok(form) => form,
            Err(why) => {
                outcome.unsupported(call.0, why);
                return None;
            }
        };
        let gathered = self.gathered_map(call).filter(|_| applied.is_asynchronous());
        if gathered.is_some() != applied.is_asynchronous()
            || applied.waits.iter().any(|w| w.node.id() == function.id() && !self.is_plain_library(function))
        {
            outcome
                .unsupported(function, "no recipe applies a coroutine function or a client's method to each item yet");
        }
        if applied.defs.iter().any(|def| self.gives_coroutine(*def)) {
            outcome.unsupported(function, "what is applied makes coroutines, which somebody else awaits");
        }
        if let Some(node) = self.bare_super(call.0) {
            outcome.unsupported(node, "no recipe takes `super()` into a function of its own yet");
        }
        if let Some(node) = outcome.only_on_a_loop() {
            outcome.unsupported(node, "this holds on an event loop only, and what is applied here runs in threads");
        }
        if !outcome.paces.is_empty() {
            outcome.unsupported(function, "no recipe keeps the pace of a function that is applied yet");
        }
        if matches!(form, Form::Table { rows: true, .. }) {
            let message = "the table is taken to have rows: for an empty one pandas tries the function with a row of its own making";
            outcome.add(Trouble::not_analysed(call.0, message).graded(Grade::Assumed));
        }
        let changes_row = matches!(form, Form::Table { rows: true, .. })
            && outcome.troubles.iter().any(|t| t.code == Code::OBJECT_STATE && t.node.id() == function.id());
        if changes_row {
            outcome.unsupported(function, "no recipe writes a function that changes the row it is given yet");
        }
        if outcome.is_blocked() || outcome.unsupported.is_some() {
            return None;
        }
        let source = *applied.sources.first()?;
        let prints = applied.defs.iter().any(|def| self.summary_of(*def).work.prints.is_some());
        // Printed as they run, lines of calls that are made at once come in the order of the calls' ends.
        if gathered.is_some() && prints {
            outcome.unsupported(function, "no recipe bounds calls that print while they run yet");
            return None;
        }
        Some(Pipeline {
            statement: span(statement_of(call.0)),
            looped: span(call.0),
            source: span(source),
            count: self.known_length(source, 4),
            target: span(source),
            flat: None,
            progress: false,
            prepare: Vec::new(),
            work: span(function),
            call: super::stage::helper_fact(self.text(function), &applied.waits),
            direct: false,
            awaited: gathered.is_some(),
            applied: Some(form),
            at_once: None,
            gathering: gathered.as_ref().map(Gathered::told),
            guessed: false,
            drawn: Vec::new(),
            ahead: Vec::new(),
            serial: Vec::new(),
            needs_loop: None,
            gives: None,
            keeps: Vec::new(),
            waiting: self.waiting_calls_of(&applied.defs),
            prints,
            unkept: Some("no checkpoint is written for a function that is applied to each item yet".into()),
            client: None,
            consume: Vec::new(),
            carried: Vec::new(),
            protected: false,
            survives: false,
            exits: Vec::new(),
            pace: None,
            limit: None,
            collect: Some(Collect { list: None, made: None, append: span(function), value: span(function) }),
        })
    }

    /// Whether an ordinary function gives the coroutine of another one.
    fn gives_coroutine(&self, def: Def<'t>) -> bool {
        let Some(file) = self.program.at(def.file) else { return true };
        let is_async = |d: Node<'t>| Function::cast(d).is_some_and(|f| f.is_async());
        let body = def.node.child_by_field_name("body").unwrap_or(def.node);
        let given = super::summary::own_nodes(body)
            .into_iter()
            .filter(|n| n.kind() == "return_statement")
            .filter_map(|n| n.named_child(0))
            .chain((def.node.kind() == "lambda").then_some(body));
        !is_async(def.node)
            && given.filter_map(Call::cast).any(|c| {
                file.catalogued(c).is_some_and(|found| found.is_async)
                    || file.callees(c).iter().any(|d| is_async(d.node))
            })
    }

    /// Whether a library's own function is handed over, and not a method of one of its objects.
    fn is_plain_library(&self, function: Node<'t>) -> bool {
        matches!(self.meaning(function).only(), Some(Meaning::Library(_)))
    }

    /// How the call is written, or why no recipe writes it so.
    fn form(&self, applied: &Applied<'t>) -> Result<Form, &'static str> {
        let (call, function) = (applied.call, applied.function);
        let callee = call.function().ok_or("a call that does not parse")?;
        let statement = statement_of(call.0);
        let plain = matches!(statement.kind(), "expression_statement" | "return_statement")
            && crate::syntax::layout::alone_on_lines(self.source, statement);
        let within = |a: &Node<'t>| a.id() != statement.id();
        let odd = ancestors(call.0).take_while(within).any(|a| {
            matches!(
                a.kind(),
                "lambda"
                    | "generator_expression"
                    | "conditional_expression"
                    | "boolean_operator"
                    | "comparison_operator"
            ) || a.kind().ends_with("comprehension")
        });
        if self.builtin(callee) == Some("map") {
            if applied.lazy || applied.sources.len() != 1 || call.args().count() != 2 {
                return Err("no recipe writes a `map` whose items are taken one by one, or of several sources, yet");
            }
            if let Some(gathered) = self.gathered_map(call) {
                if gathered.failures || self.text(gathered.answers).contains('#') {
                    return Err("no recipe bounds a gather of this form yet");
                }
                let bar = gathered.bar.map(|(class, options)| (span(class), options.into_iter().map(span).collect()));
                return Ok(Form::Map { whole: span(gathered.answers), bar });
            }
            let bar = self.bar_around(call);
            let inner = bar.map_or(call, |bar| bar);
            let lists = call_around(inner)
                .filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("list")) && c.args().count() == 1);
            let whole = lists.map_or(inner.0, |c| c.0);
            if self.text(whole).contains('#') {
                return Err("no recipe writes a `map` with comments in it yet");
            }
            let bar = bar.and_then(|b| Some((span(b.function()?), b.args().skip(1).map(span).collect())));
            return Ok(Form::Map { whole: span(whole), bar });
        }
        let name = Attribute::cast(callee).and_then(|a| a.name()).map_or("", |n| self.text(n));
        let method = name.trim_start_matches("progress_");
        if !matches!(method, "apply" | "map") {
            return Err("no recipe writes this way to apply a function to each item yet");
        }
        if !plain || odd {
            return Err("no recipe writes a function that is applied in a place of this kind yet");
        }
        let rest: Vec<Node<'t>> = call.args().filter(|a| !span(*a).contains(span(function))).collect();
        let told = |a: &Node<'t>| {
            let keyword = Keyword::cast(*a)?;
            Some((self.text(keyword.name()?), self.text(keyword.value()?)))
        };
        let axis = |a: &Node<'t>| told(a).filter(|(name, _)| *name == "axis").map(|(_, value)| value);
        let rows = rest.iter().any(|a| matches!(axis(a), Some("1" | "'columns'" | "\"columns\"")));
        let kept = |a: &Node<'t>| {
            let (name, value) = told(a).unwrap_or_default();
            name == "axis" && rows || name == "na_action" || name == "result_type" && value == "None"
        };
        if !rest.iter().all(kept) {
            return Err("no recipe writes a function that is applied with these arguments yet");
        }
        if applied.sources.first().is_some_and(|receiver| !self.is_column(*receiver)) {
            return Err(
                "no recipe writes a function that is applied to anything but a column, or the rows of a table, yet",
            );
        }
        // A table's own columns are handed over whole, but for rows.
        let receiver = *applied.sources.first().ok_or("a call that does not parse")?;
        if method == "apply" && !rows && receiver.kind() == "identifier" && self.is_whole_table(receiver) {
            return Err("no recipe writes a function that is applied to whole columns yet");
        }
        let lines = [receiver, function].iter().any(|n| self.text(*n).contains(['\n', '#']));
        let before = walk(statement)
            .filter_map(Call::cast)
            .any(|c| c.0.end_byte() <= call.0.start_byte() && !matches!(self.classify(c), CallKind::Pure));
        if lines || before {
            return Err("no recipe writes a function that is applied over several lines, or behind another call, yet");
        }
        let progress = name != method;
        let rest = rest.into_iter().map(span).collect();
        let once = walk(receiver).any(|n| {
            n.is_named()
                && !matches!(
                    n.kind(),
                    "identifier"
                        | "attribute"
                        | "subscript"
                        | "string"
                        | "string_start"
                        | "string_content"
                        | "string_end"
                )
        });
        Ok(Form::Table { method: method.to_string(), rest, rows, progress, once })
    }

    /// Whether a variable is a table as a library read it, and no column.
    fn is_whole_table(&self, receiver: Node<'t>) -> bool {
        let meaning = self.meaning(receiver);
        meaning.all.iter().any(|m| match m {
            Meaning::Made(path, rest) => rest.is_empty() && path != "pandas.Series",
            _ => false,
        })
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

/// The call that has another one as an argument.
fn call_around(call: Call<'_>) -> Option<Call<'_>> {
    call.0.parent().filter(|p| p.kind() == "argument_list").and_then(|l| l.parent()).and_then(Call::cast)
}
