//! On which surface a site's work can run: an event loop where the whole chain from the site to the program's entry is
//! visible and can be made asynchronous, threads everywhere else.

use super::calls::{CallKind, Catalogued};
use super::client::ClientChange;
use super::coroutine::Below;
use super::followed::Following;
use super::names::Bound;
use super::outline::runs_loop;
use super::receivers::{Meaning, call_of};
use super::summary::own_nodes;
use super::{File, FileId};
use crate::catalog::Twin;
use crate::facts::Span;
use crate::model::Pipeline;
use crate::syntax::python::{Call, Function, Try};
use crate::syntax::{Node, ancestors, children, node_at, span, walk};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// At most this many functions become coroutines.
const MAX_FUNCTIONS: usize = 3;

/// Where the work of a site runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Surface {
    /// On an event loop.
    Async {
        /// What changes in the file of the loop.
        own: Turned,
        /// Calls at module level that are handed to `run`.
        entries: Vec<Span>,
        /// What changes in other files, by their paths.
        others: BTreeMap<PathBuf, Turned>,
    },
    /// In threads.
    Threads {
        /// Why not on an event loop.
        why: String,
    },
}

/// What becomes asynchronous in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turned {
    /// Functions that become `async def`: the offsets of their `def`.
    pub functions: Vec<usize>,
    /// Calls of those functions that are awaited.
    pub awaited: Vec<Span>,
    /// Waiting calls that are awaited where they stand: in those functions, and in statements of the work.
    pub calls: Vec<Span>,
    /// Calls of `time.sleep` there.
    pub sleeps: Vec<Span>,
    /// How clients become their twins.
    pub clients: Vec<ClientChange>,
}

impl Turned {
    fn settled(mut self) -> Self {
        self.functions.sort_unstable();
        for spans in [&mut self.awaited, &mut self.calls, &mut self.sleeps] {
            spans.sort_unstable();
            spans.dedup();
        }
        self
    }
}

/// The surface of a pipeline. `visible` says whether every caller of this file's functions stands in this file.
pub fn surface(file: &File<'_>, pipeline: &Pipeline, visible: bool) -> Surface {
    match file.async_surface(pipeline, visible) {
        Ok(surface) => surface,
        Err(why) => Surface::Threads { why },
    }
}

impl<'t> File<'t> {
    fn async_surface(&self, pipeline: &Pipeline, visible: bool) -> Result<Surface, String> {
        let stays = pipeline.gathering.is_none();
        if stays && node_at(self.source.root(), pipeline.looped, "generator_expression").is_some() {
            return Err("an `await` would make the generator an asynchronous one".into());
        }
        if pipeline.awaited {
            // The program is on an event loop already; nothing but the loop changes.
            let other = ["import trio", "import curio", "trio.run", "anyio.run"];
            return match other.iter().find(|w| self.source.text.contains(**w)) {
                Some(word) => Err(format!("the event loop may not be asyncio's (`{word}`)")),
                None => Ok(Surface::Async { own: Turned::default(), entries: Vec::new(), others: BTreeMap::new() }),
            };
        }
        if pipeline.applied.is_some() {
            return Err("what is applied to each item is called by what it is handed to".into());
        }
        let (below, work) = self.below(pipeline)?;
        let Some(def) = ancestors(work).find_map(Function::cast) else {
            return Err("the loop stands at module level".into());
        };
        self.leaves_loops_alone()?;
        let following = Following::new(self, below.functions.iter().map(|(id, _)| *id).collect());
        let here = below.functions.iter().filter(|(file, _)| *file == self.id);
        let mut functions: Vec<usize> = here.map(|(_, f)| f.0.start_byte()).collect();
        let elsewhere = below.functions.len() - functions.len();
        let mut awaited = Vec::new();
        let mut entries = Vec::new();
        if !def.is_async() {
            if !visible {
                return Err("other files of the project import this one, so not every caller is visible".into());
            }
            self.chain(def, &following, &mut functions, &mut awaited, &mut entries)?;
        } else if !pipeline.direct {
            return Err("the loop is in a coroutine already, and what it calls is not".into());
        } else if self.handles_interrupt(def.0) {
            return Err("an exception handler of the function would see cancellation instead of what it expects".into());
        }
        if !pipeline.direct {
            self.follow_callers(&below, &following, pipeline.work, &mut functions, &mut awaited, &mut entries)?;
            self.stays_clear(pipeline, &below, &following, &functions, &mut awaited)?;
        }
        self.runs_no_loop(&functions)?;
        if elsewhere > 0 && functions.len() + elsewhere > MAX_FUNCTIONS {
            return Err(format!("more than {MAX_FUNCTIONS} functions would change"));
        }
        let mut files: BTreeMap<FileId, Turned> = BTreeMap::new();
        let no_longer = functions.is_empty();
        files.insert(self.id, Turned { functions, awaited, ..Turned::default() });
        for (id, f) in below.functions.iter().filter(|(id, _)| *id != self.id) {
            files.entry(*id).or_default().functions.push(f.0.start_byte());
        }
        for (id, found) in &below.calls {
            let Some(file) = self.program.at(*id) else { continue };
            let own = files.get(&self.id).map(|t| t.functions.clone()).unwrap_or_default();
            let (changes, outlives) = file.client_changes(found, &below, &following, &own)?;
            // Where a client stays as it is, nothing says how long it lives.
            let lives_on = matches!(found.fact.twin, Twin::Method(_));
            if (lives_on || outlives) && entries.len() != 1 && !no_longer {
                return Err("the client would live in more than one event loop".into());
            }
            if lives_on && !no_longer && (file.id != self.id || self.asks_elsewhere(found, &own)) {
                return Err(
                    "the library is asked in another function, too, which may run in an event loop of its own".into()
                );
            }
            if let Some(client) = found.client.as_ref().filter(|c| c.scope == file.names.module()) {
                following.leave_alone(file, client.name)?;
            }
            for (at, change) in changes {
                change.join(&mut files.entry(at).or_default().clients);
            }
            let turned = files.entry(*id).or_default();
            let call = span(found.call.0);
            if !(pipeline.direct && call == pipeline.work) {
                if !pipeline.waiting.iter().any(|w| w.call == call && w.path == file.file_name()) {
                    return Err("it makes more waiting calls than can be told apart".into());
                }
                turned.calls.push(call);
            }
        }
        for (id, call) in &below.sleeps {
            files.entry(*id).or_default().sleeps.push(span(call.0));
        }
        // The call that is the work is awaited by what `stage-loop` writes.
        for (id, call) in &below.inner {
            let call = span(call.0);
            if *id != self.id || Some(call) != below.work {
                files.entry(*id).or_default().awaited.push(call);
            }
        }
        entries.sort_unstable();
        let own = files.remove(&self.id).unwrap_or_default().settled();
        let located = |id| self.program.at(id).map(|file| file.located().to_path_buf());
        let others = files.into_iter().filter_map(|(id, turned)| Some((located(id)?, turned.settled()))).collect();
        Ok(Surface::Async { own, entries, others })
    }

    /// Whether the file has no event loop of its own, and calls no function by its name.
    fn leaves_loops_alone(&self) -> Result<(), String> {
        if let Some(word) = runs_loop(&self.source.text) {
            return Err(format!("the file runs an event loop of its own (`{}`)", word.trim_end_matches('(')));
        }
        self.called_by_name().map_or(Ok(()), Err)
    }

    /// Whether nothing that functions call may run an event loop, which no coroutine can. What functions of the project do is
    /// told by their files, what those of libraries do by the catalogue; of others it is not known.
    fn runs_no_loop(&self, functions: &[usize]) -> Result<(), String> {
        if self.program.runs_loop() {
            return Err("a file that it imports runs an event loop of its own".into());
        }
        let all = walk(self.source.root()).filter_map(Function::cast);
        let bodies = all.filter(|f| functions.contains(&f.0.start_byte())).filter_map(Function::body);
        for call in bodies.flat_map(walk).filter_map(Call::cast) {
            let stranger = match self.classify(call) {
                CallKind::Library(path) => Some(path),
                CallKind::Method { receiver, .. } => self.meaning(receiver).all.iter().find_map(|m| match m {
                    Meaning::Made(path, _) => Some(path.clone()),
                    _ => None,
                }),
                _ => None,
            };
            if let Some(path) = stranger.filter(|p| p != "open" && !self.catalog.is_loopless(p)) {
                let line = self.source.line(call.0.start_byte());
                return Err(format!("`{path}` in line {line} may run an event loop of its own"));
            }
        }
        Ok(())
    }

    fn short_name(&self) -> String {
        self.located().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether nothing of this file uses a client of another.
    pub(super) fn leaves_client_alone(&self, file: &File<'t>, name: &str) -> Result<(), String> {
        let of_it = |n: &Node<'t>| match n.kind() {
            "attribute" => n.child_by_field_name("attribute").is_some_and(|a| self.text(a) == name),
            _ => false,
        };
        let dotted = format!(".{name}");
        let mut imports = self.names.scopes().flat_map(|(_, s)| s.bindings.values().flatten());
        let imported = imports.any(|b| b.import.as_deref().is_some_and(|path| path.ends_with(&dotted)));
        if imported || walk(self.source.root()).any(|n| of_it(&n)) {
            let of = file.short_name();
            return Err(format!("`{name}` of {of} is also used in {}", self.short_name()));
        }
        Ok(())
    }

    /// What lies below the loop, down to its waiting calls, and a node of its work.
    fn below(&self, pipeline: &Pipeline) -> Result<(Below<'t>, Node<'t>), String> {
        let root = self.source.root();
        let lost = "the call was not found again";
        let Span { start, end } = pipeline.work;
        let work = root.descendant_for_byte_range(start, end).ok_or(lost)?;
        let call = node_at(root, pipeline.work, "call").and_then(Call::cast).filter(|_| pipeline.gives.is_none());
        let mut below = Below { work: call.map(|c| span(c.0)), ..Below::default() };
        if pipeline.direct {
            let found = call.and_then(|c| self.catalogued(c)).ok_or(lost)?;
            self.has_twin(&found)?;
            below.calls.push((self.id, found));
            return Ok((below, work));
        }
        if self.has_affine {
            return Err("the file makes objects that belong to a thread".into());
        }
        let body = ancestors(work).find_map(Function::cast).and_then(Function::body);
        let nodes = own_nodes(body.ok_or("the loop stands at module level")?);
        let nodes: Vec<Node<'t>> = nodes.into_iter().filter(|n| pipeline.work.contains(span(*n))).collect();
        self.go_down(&nodes, &mut below)?;
        let ids: BTreeSet<FileId> = below.functions.iter().map(|(id, _)| *id).filter(|id| *id != self.id).collect();
        for file in ids.iter().filter_map(|id| self.program.at(*id)) {
            if file.has_affine {
                return Err("the file makes objects that belong to a thread".into());
            }
            file.leaves_loops_alone()?;
        }
        for file in below.sleeps.iter().filter_map(|(id, _)| self.program.at(*id)) {
            if file.names.is_taken("asyncio") && file.module_import("asyncio").as_deref() != Some("asyncio") {
                return Err("the name `asyncio` is taken".into());
            }
        }
        below.calls.iter().try_for_each(|(id, found)| self.program.at(*id).map_or(Ok(()), |f| f.has_twin(found)))?;
        Ok((below, work))
    }

    /// Takes functions along that call what changes below the loop, up to the module's own statements.
    fn follow_callers(
        &self,
        below: &Below<'t>,
        following: &Following<'_, 't>,
        work: Span,
        functions: &mut Vec<usize>,
        awaited: &mut Vec<Span>,
        entries: &mut Vec<Span>,
    ) -> Result<(), String> {
        for (_, def) in below.functions.iter().filter(|(id, _)| *id == self.id) {
            for (_, node) in following.mentions(self.def(def.0))?.into_iter().filter(|(id, _)| *id == self.id) {
                let caller = ancestors(node).find_map(Function::cast).filter(|f| !f.is_async());
                let other = caller.filter(|f| {
                    let changes = functions.contains(&f.0.start_byte());
                    call_of(node).is_some() && !work.contains(span(node)) && !changes
                });
                if let Some(caller) = other {
                    self.chain(caller, following, functions, awaited, entries)?;
                }
            }
        }
        Ok(())
    }

    /// Whether nothing else calls what changes below the loop, and nothing beside the work waits.
    fn stays_clear(
        &self,
        pipeline: &Pipeline,
        below: &Below<'t>,
        following: &Following<'_, 't>,
        functions: &[usize],
        awaited: &mut Vec<Span>,
    ) -> Result<(), String> {
        let looped = ["for_statement", "list_comprehension", "set_comprehension", "dictionary_comprehension"]
            .iter()
            .find_map(|kind| node_at(self.source.root(), pipeline.looped, kind))
            .ok_or("the loop was not found again")?;
        let gone: Vec<Span> = pipeline.pace.iter().flat_map(|p| p.statements.clone()).collect();
        self.waits_beside(below, looped, pipeline.work, &gone)?;
        let found = self.callers_below(below, following, functions, pipeline.looped, pipeline.work)?;
        // What goes to another place goes as it is written.
        let moved = pipeline.prepare.iter().map(|step| step.span).chain([pipeline.source, pipeline.target]);
        let moved: Vec<Span> = moved.chain(pipeline.flat.iter().map(|f| f.clauses)).collect();
        if found.iter().any(|call| moved.iter().any(|m| m.contains(*call))) {
            return Err("what the call needs waits, too".into());
        }
        awaited.extend(found);
        Ok(())
    }

    /// Whether another call of a kind that needs no other client stands outside of some functions. Some libraries share
    /// connections between all their clients, so it counts whichever client makes it.
    fn asks_elsewhere(&self, found: &Catalogued<'t>, functions: &[usize]) -> bool {
        walk(self.source.root()).filter_map(Call::cast).filter(|c| c.0.id() != found.call.0.id()).any(|call| {
            let inside = ancestors(call.0).filter_map(Function::cast).any(|f| functions.contains(&f.0.start_byte()));
            !inside && self.catalogued(call).is_some_and(|other| matches!(other.fact.twin, Twin::Method(_)))
        })
    }

    /// Why functions of this file may be called by their names, in ways that no call shows.
    fn called_by_name(&self) -> Option<String> {
        const WAYS: [&str; 15] = [
            "globals(",
            "vars(",
            "sys.modules",
            "from __main__",
            "import __main__",
            "eval(",
            "exec(",
            "getmembers",
            "timeit",
            "cProfile",
            "import profile",
            "doctest",
            "importlib",
            "runpy",
            "import fire",
        ];
        let text = &self.source.text;
        if let Some(way) = WAYS.iter().find(|w| text.contains(**w)) {
            return Some(format!("`{}` may call functions of the file by name", way.trim_end_matches('(')));
        }
        let stem = self.source.path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let imports =
            self.names.scopes().flat_map(|(_, s)| s.bindings.values().flatten()).filter_map(|b| b.import.as_deref());
        let itself = imports.map(|i| i.trim_start_matches('.')).any(|i| i.split('.').next() == Some(stem));
        itself.then(|| "the file imports itself".to_string())
    }

    /// Whether a string in the file names a function as something to call.
    pub(super) fn named_in_string(&self, name: &str) -> bool {
        let call = format!("{name}(");
        walk(self.source.root()).filter(|n| n.kind() == "string_content").any(|n| {
            let text = self.text(n);
            text == name || text.contains(&call)
        })
    }

    /// Follows a function to all its callers up to the module's own statements.
    fn chain(
        &self,
        def: Function<'t>,
        following: &Following<'_, 't>,
        functions: &mut Vec<usize>,
        awaited: &mut Vec<Span>,
        entries: &mut Vec<Span>,
    ) -> Result<(), String> {
        if functions.contains(&def.0.start_byte()) {
            return Err("a function of the chain calls itself".into());
        }
        let name = def.name().map_or("", |n| self.text(n));
        if let Some(why) = self.cannot_wait(def) {
            return Err(why);
        }
        functions.push(def.0.start_byte());
        if functions.len() > MAX_FUNCTIONS {
            return Err(format!("more than {MAX_FUNCTIONS} functions would change"));
        }
        let mut callers = 0;
        for (id, node) in following.mentions(self.def(def.0))? {
            callers += 1;
            let call = node.parent().and_then(Call::cast).filter(|c| c.function().is_some_and(|f| f.id() == node.id()));
            let Some(call) = call else {
                return Err(format!("`{name}` is handed on as a value"));
            };
            if id != self.id {
                return Err(format!("`{name}` is called in another file"));
            }
            self.caller(def, call, following, functions, awaited, entries)?;
        }
        if callers == 0 {
            return Err(format!("no call of `{name}` is visible"));
        }
        Ok(())
    }

    fn caller(
        &self,
        callee: Function<'t>,
        call: Call<'t>,
        following: &Following<'_, 't>,
        functions: &mut Vec<usize>,
        awaited: &mut Vec<Span>,
        entries: &mut Vec<Span>,
    ) -> Result<(), String> {
        for above in ancestors(call.0) {
            match above.kind() {
                "lambda" | "class_definition" | "decorator" | "generator_expression" => {
                    return Err(format!("`{}` stands in a {}", self.text(call.0), above.kind().replace('_', " ")));
                }
                kind if kind.ends_with("comprehension") => {
                    return Err(format!("`{}` stands in a comprehension", self.text(call.0)));
                }
                "parameters" => return Err(format!("`{}` is a default value", self.text(call.0))),
                "function_definition" => {
                    let def = Function(above);
                    if def.body().is_none_or(|b| !span(b).contains(span(call.0))) {
                        return Err(format!("`{}` is evaluated where its function is defined", self.text(call.0)));
                    }
                    awaited.push(span(call.0));
                    if above.id() == callee.0.id() {
                        return Err(format!("`{}` calls itself", def.name().map_or("", |n| self.text(n))));
                    }
                    if def.is_async() || functions.contains(&above.start_byte()) {
                        return Ok(());
                    }
                    return self.chain(def, following, functions, awaited, entries);
                }
                _ => {}
            }
        }
        if ancestors(call.0).any(|a| matches!(a.kind(), "for_statement" | "while_statement")) {
            return Err(format!("`{}` is called in a loop at module level", self.text(call.0)));
        }
        if ancestors(call.0).filter_map(Try::cast).any(|t| handlers_catch_interrupt(self, t)) {
            return Err("an exception handler at module level would see cancellation instead of what it expects".into());
        }
        entries.push(span(call.0));
        Ok(())
    }

    /// The import binding of a dotted constructor, for the import operation: how `openai.OpenAI` is written here.
    pub fn written_as(&self, constructor: Span) -> &'t str {
        self.source.slice(constructor)
    }

    /// What a name of the module is imported from, where one import alone binds it.
    pub fn module_import(&self, name: &str) -> Option<String> {
        match self.names.bindings(self.names.module(), name) {
            [one] => one.import.as_deref().map(str::to_string),
            _ => None,
        }
    }

    /// Whether an imported name is read anywhere but in some places.
    pub fn read_elsewhere(&self, name: &str, places: &[Span]) -> bool {
        self.names.reads_named(name).iter().any(|r| !places.iter().any(|p| p.contains(span(r.node))))
    }

    /// The node of the import that binds a name at module level, where it is a `from … import name` without an alias.
    pub fn from_import_of(&self, name: &str) -> Option<Node<'t>> {
        match self.names.bindings(self.names.module(), name) {
            [one] if one.bound == Bound::Import => {
                one.node.parent().filter(|p| p.kind() == "import_from_statement").map(|_| one.node)
            }
            _ => None,
        }
    }
}

pub(super) fn handlers_catch_interrupt(file: &File<'_>, statement: Try<'_>) -> bool {
    children(statement.0).filter(|c| c.kind().starts_with("except")).any(|clause| {
        let caught = children(clause).find(|c| c.kind() != "block");
        match caught {
            None => true,
            Some(what) => ["KeyboardInterrupt", "BaseException", "CancelledError", "GeneratorExit", "SystemExit"]
                .iter()
                .any(|w| file.text(what).contains(w)),
        }
    })
}
