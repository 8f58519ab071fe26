//! Loops with waiting calls in them, as pipelines or as obstacles.

use super::calls::CallKind;
use super::calls::Catalogued;
use super::guess::Guesses;
use super::names::Bound;
use super::receivers::{Def, Meaning};
use super::stage::Outcome;
use super::work::Wait;
use super::{File, Grade, Trouble, Var};
use crate::catalog::{CallFact, Effect, PythonFacts};
use crate::facts::{Caution, Code, Kind, Obstacle, Span};
use crate::model::{Analysis, WaitingCall};
use crate::syntax::python::{Attribute, Call, Class, For, Function, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

/// Below this many seconds a loop is left alone: "fast enough" of the mission.
const WORTH_SECONDS: f64 = 60.0;

/// The methods with which a model or a tensor of a GPU library does work.
pub const BURNING: [&str; 5] = ["backward", "generate", "encode", "step", "forward"];

/// A call in a loop that waits, itself or through functions of the project.
#[derive(Debug, Clone)]
pub(crate) struct Waiting<'t> {
    pub call: Call<'t>,
    pub waits: Vec<Wait<'t>>,
}

/// Every loop of the file with a waiting call in it, where some may stay as they are and have their calls asked ahead.
pub fn analyse_guessing(file: &File<'_>, guesses: Guesses) -> Vec<Analysis> {
    let outer = file.guesses.replace(guesses);
    let found = analyse(file);
    file.guesses.set(outer);
    found
}

/// Every loop of the file with a waiting call in it, in the order of the text.
pub fn analyse(file: &File<'_>) -> Vec<Analysis> {
    let mut loops: Vec<(Node<'_>, Vec<Waiting<'_>>)> = Vec::new();
    let mut handed: Vec<(Node<'_>, Call<'_>)> = Vec::new();
    let mut heavy: Vec<(Node<'_>, Call<'_>, Kind)> = Vec::new();
    let mut out: Vec<(usize, Analysis)> = Vec::new();
    for call in walk(file.source.root()).filter_map(Call::cast) {
        if let Some(applied) = file.applied(call) {
            out.push((call.0.start_byte(), file.analyse_applied(&applied)));
        }
        let around = loops_around(call.0);
        if around.is_empty() {
            continue;
        }
        // Somebody, or perfmod, has put it through the runtime where it stands, and knows of it.
        if file.catalogued(call).is_some_and(|found| found.wrapped.is_some()) {
            continue;
        }
        if around.iter().any(|looped| file.is_asked_ahead(*looped)) {
            continue;
        }
        let waits = file.waits_of(call);
        if waits.is_empty() {
            if let Some(innermost) = around.first().filter(|_| file.hands_on_work(call)) {
                handed.push((*innermost, call));
            } else if let (Some(innermost), Some(kind)) = (around.first(), file.burns(call)) {
                heavy.push((*innermost, call, kind));
            }
            continue;
        }
        for looped in around {
            let waiting = Waiting { call, waits: waits.clone() };
            match loops.iter_mut().find(|(l, _)| l.id() == looped.id()) {
                Some((_, calls)) => calls.push(waiting),
                None => loops.push((looped, vec![waiting])),
            }
        }
    }
    // Innermost first: where an inner loop can be staged, the loops around it need not be.
    loops.sort_by_key(|(l, _)| (l.end_byte() - l.start_byte(), l.start_byte()));
    let mut staged: Vec<Span> = Vec::new();
    let mut outer: Vec<Span> = Vec::new();
    for at in 0..loops.len() {
        let (looped, ref calls) = loops[at];
        if outer.iter().any(|o| o.contains(span(looped))) {
            continue;
        }
        // Loops that hold nothing but this one: calls of all of them overlap.
        if let Some(analysis) = file.analyse_nested(looped, calls, &loops[at..], &out) {
            staged.push(analysis.whole);
            outer.push(analysis.whole);
            out.push((analysis.whole.start, analysis));
            continue;
        }
        // A few calls for each of many items: the items are the better loop, where it can be staged as well.
        if file.repeats_a_few_times(looped)
            && let Some((around, all)) = loops[at + 1..].iter().find(|(l, _)| {
                l.kind() == "for_statement" && span(*l).contains(span(looped)) && !file.repeats_a_few_times(*l)
            })
        {
            let (few, mut many) = (file.analyse_loop(looped, calls), file.analyse_loop(*around, all));
            let worth = |a: &Analysis| (a.cautions.len(), a.assumptions.len());
            let is_guessed = |a: &Analysis| a.pipeline.as_ref().is_some_and(|p| p.guessed);
            let better = few.pipeline.is_none() || worth(&many) <= worth(&few) && is_guessed(&many) <= is_guessed(&few);
            if better {
                file.settle_nested(&mut many, &mut out);
            }
            if better && many.pipeline.is_some() {
                staged.push(span(*around));
                outer.push(span(*around));
                out.push((around.start_byte(), many));
                continue;
            }
        }
        let inner_done =
            calls.iter().all(|w| staged.iter().any(|s| s.contains(span(w.call.0)) && span(looped).contains(*s)));
        if inner_done && (looped.kind() != "while_statement" || file.counting(looped, calls).is_some()) {
            continue;
        }
        let mut analysis = file.analyse_loop(looped, calls);
        file.settle_nested(&mut analysis, &mut out);
        if analysis.obstacles.is_empty() {
            staged.push(span(looped));
        }
        out.push((looped.start_byte(), analysis));
    }
    file.leave_out_tries(&loops, &mut out);
    for (looped, call) in handed {
        if out.iter().any(|(_, a)| span(looped).contains(a.whole)) {
            continue;
        }
        out.push((looped.start_byte(), file.already_concurrent(looped, call)));
    }
    // What waits is the bottleneck until somebody measures; what only computes is told as that.
    for (looped, call, kind) in heavy {
        if !out.iter().any(|(_, a)| a.whole.contains(span(looped)) || span(looped).contains(a.whole)) {
            out.push((looped.start_byte(), file.computing(looped, call, kind)));
        }
    }
    out.sort_by_key(|(at, a)| (*at, std::cmp::Reverse(a.whole.end)));
    let mut out: Vec<Analysis> = out.into_iter().map(|(_, a)| a).collect();
    agree(&mut out);
    if file.program.gave_up() {
        out.iter_mut().for_each(|analysis| file.leave_unjudged(analysis));
    }
    out
}

/// A call that several loops lead to is written in one form for all of them.
fn agree(all: &mut [Analysis]) {
    let calls = |a: &Analysis| a.pipeline.iter().flat_map(|p| p.waiting.iter().cloned()).collect::<Vec<_>>();
    let known: Vec<WaitingCall> = all.iter().flat_map(calls).collect();
    for call in all.iter_mut().filter_map(|a| a.pipeline.as_mut()).flat_map(|p| p.waiting.iter_mut()) {
        for other in known.iter().filter(|k| k.call == call.call && k.path == call.path) {
            call.retried |= other.retried;
            call.timed = call.timed.or(other.timed);
            call.remade = call.remade.or(other.remade);
        }
    }
}

/// The loops that repeat a node, within its function, innermost first.
pub(crate) fn loops_around(node: Node<'_>) -> Vec<Node<'_>> {
    let mut out = Vec::new();
    let mut below = node;
    for above in ancestors(node) {
        match above.kind() {
            "for_statement" | "while_statement" => {
                let once = ["right", "left", "alternative"]
                    .into_iter()
                    .filter_map(|f| above.child_by_field_name(f))
                    .any(|part| part.id() == below.id());
                if !once {
                    out.push(above);
                }
            }
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                let first = children(above).find(|c| c.kind() == "for_in_clause");
                let once = first.is_some_and(|f| f.id() == below.id());
                if !once {
                    out.push(above);
                }
            }
            "function_definition" | "lambda" | "class_definition" => return out,
            _ => {}
        }
        below = above;
    }
    out
}

impl<'t> File<'t> {
    /// Takes back what was concluded of a loop, where the program has worn out who asks about it.
    fn leave_unjudged(&self, analysis: &mut Analysis) {
        analysis.pipeline = None;
        analysis.cautions.clear();
        analysis.assumptions.clear();
        analysis.obstacles = vec![Obstacle {
            code: Code::NOT_ANALYSED,
            message: "the functions of this program lead to one another in more ways than are followed".into(),
            help: "move the loop and what it calls to a file of their own".into(),
            span: self.source.place(analysis.work),
            other_span: None,
        }];
    }

    /// The waiting calls that a call makes, itself or through functions of the project.
    pub(crate) fn waits_of(&self, call: Call<'t>) -> Vec<Wait<'t>> {
        if let Some(found) = self.catalogued(call) {
            return vec![Wait { fact: found.fact, assumed: found.assumed, handed: false, node: call.0 }];
        }
        if let Some(function) = self.in_thread(call).filter(|_| matches!(self.classify(call), CallKind::Functions(_))) {
            let facts = self.facts_named(function).into_iter();
            return facts.map(|fact| Wait { fact, assumed: false, handed: true, node: call.0 }).collect();
        }
        // Whether anything waits down there is cheap to tell; what all it does is not.
        if !self.callees(call).iter().any(|def| self.leads_to_wait(*def)) {
            return Vec::new();
        }
        match self.classify(call) {
            CallKind::Functions(defs) => {
                let mut out: Vec<Wait<'t>> = Vec::new();
                for def in defs {
                    for wait in &self.summary_of(def).work.waits {
                        if !out.iter().any(|w| w.node.id() == wait.node.id()) {
                            out.push(wait.clone());
                        }
                    }
                }
                out
            }
            _ => Vec::new(),
        }
    }

    /// The functions of the project that a call may run.
    pub(super) fn callees(&self, call: Call<'t>) -> Vec<Def<'t>> {
        let meanings = call.function().map(|f| self.meaning(f).all).unwrap_or_default();
        meanings
            .iter()
            .filter_map(|m| match m {
                Meaning::Function { def, .. } => Some(*def),
                Meaning::Class(class) => self.method_of(*class, "__init__"),
                Meaning::Instance(class) => self.method_of(*class, "__call__"),
                _ => None,
            })
            .collect()
    }

    /// Whether a function makes a waiting call, itself or through what it calls.
    pub(super) fn leads_to_wait(&self, def: Def<'t>) -> bool {
        let mut seen: Vec<Def<'t>> = Vec::new();
        let mut pending = vec![def];
        let mut found = false;
        while let Some(def) = pending.pop() {
            let Some(file) = self.program.at(def.file).filter(|_| !seen.contains(&def)) else { continue };
            match file.leads.borrow().get(&def.node.id()) {
                Some(true) => {
                    found = true;
                    break;
                }
                Some(false) => continue,
                None => {}
            }
            seen.push(def);
            let body = def.node.child_by_field_name("body").unwrap_or(def.node);
            let decorated = super::receivers::decorators(def.node);
            let calls =
                super::summary::own_nodes(body).into_iter().chain(decorated.flat_map(walk)).filter_map(Call::cast);
            for call in calls {
                if file.catalogued(call).is_some() || file.hands_on(call) {
                    found = true;
                    break;
                }
                pending.extend(file.callees(call));
            }
            if found {
                break;
            }
        }
        // Where nothing waits, nothing on the way does; where something does, only the first is sure.
        let known = if found { &seen[..seen.len().min(1)] } else { &seen[..] };
        for def in known {
            if let Some(file) = self.program.at(def.file) {
                file.leads.borrow_mut().insert(def.node.id(), found);
            }
        }
        found
    }

    /// Whether a call hands a function that waits to workers or to an event loop: `submit(ask, x)`, `create_task(ask(x))`.
    fn hands_on_work(&self, call: Call<'t>) -> bool {
        self.hands_on(call) && call.args().any(|a| !self.facts_named(a).is_empty())
    }

    /// Whether a call starts what it is given, by its name.
    pub(super) fn hands_on(&self, call: Call<'t>) -> bool {
        let name = match call.function() {
            Some(f) if f.kind() == "attribute" => Attribute(f).name().map(|n| self.text(n)),
            Some(f) => Some(self.text(f)),
            None => None,
        };
        matches!(
            name.unwrap_or_default(),
            "submit"
                | "run_in_executor"
                | "to_thread"
                | "apply_async"
                | "create_task"
                | "ensure_future"
                | "Thread"
                | "Process"
                | "delayed"
                | "map_async"
                | "spawn"
        )
    }

    /// The waiting calls behind an expression that names or calls a function.
    pub(super) fn facts_named(&self, node: Node<'t>) -> Vec<&'t CallFact> {
        let value = match node.kind() {
            "keyword_argument" => node.child_by_field_name("value").unwrap_or(node),
            _ => node,
        };
        if let Some(call) = Call::cast(value) {
            return self.waits_of(call).into_iter().map(|w| w.fact).collect();
        }
        if !matches!(value.kind(), "identifier" | "attribute") {
            return Vec::new();
        }
        let meanings = self.meaning(value).all;
        meanings
            .iter()
            .flat_map(|m| match m {
                Meaning::Library(path) => self.catalog.function(path).into_iter().collect(),
                Meaning::Made(path, rest) => self.catalog.method(path, rest).map(|m| m.call).into_iter().collect(),
                Meaning::Function { def, .. } => {
                    self.summary_of(*def).work.waits.iter().map(|w| w.fact).collect::<Vec<_>>()
                }
                _ => Vec::new(),
            })
            .collect()
    }

    /// What a call burns, where the catalogue says that it computes for long.
    fn burns(&self, call: Call<'t>) -> Option<Kind> {
        let function = call.function()?;
        let method = Attribute::cast(function).and_then(|a| a.name()).map_or("", |n| self.text(n));
        let facts = &self.catalog.python;
        let path = match self.meaning(function).only()? {
            Meaning::Library(path) => path.clone(),
            Meaning::Made(path, _) => path.clone(),
            _ => return None,
        };
        if PythonFacts::has(&facts.gpu, &path) {
            // Making a tensor is no work; a step, a generation or an encoding is.
            return BURNING.contains(&method).then_some(Kind::Gpu);
        }
        PythonFacts::has(&facts.computes, &path).then_some(Kind::Cpu)
    }

    fn computing(&self, looped: Node<'t>, call: Call<'t>, kind: Kind) -> Analysis {
        let (message, help) = match kind {
            Kind::Gpu => (
                "the loop computes on one device: calls at once would wait for each other",
                "batch its items; perfmod has no recipe for that yet",
            ),
            _ => (
                "the loop computes on one core: calls at once would share it",
                "use worker processes, or a function that takes all items; perfmod has no recipe for that yet",
            ),
        };
        let mut analysis = self.blank(looped, call);
        analysis.kind = kind;
        analysis.obstacles.push(self.obstacle(Trouble::new(Code::COMPUTES, call.0, message, help)));
        analysis
    }

    fn already_concurrent(&self, looped: Node<'t>, call: Call<'t>) -> Analysis {
        let trouble = match self.is_waited_for(call) {
            true => {
                let (message, help) = self.why_handed(call);
                Trouble::new(Code::NOT_ANALYSED, call.0, message, help)
            }
            false => Trouble::new(
                Code::CONCURRENT,
                call.0,
                "the calls are handed to workers here, so several are under way already",
                "leave it as it is; its own limit says how many",
            ),
        };
        let mut analysis = self.blank(looped, call);
        analysis.obstacles.push(self.obstacle(trouble));
        analysis
    }

    pub(super) fn blank(&self, looped: Node<'t>, call: Call<'t>) -> Analysis {
        let name = match enclosing_scope(looped) {
            Some(f) if f.kind() == "lambda" => "<lambda>".to_string(),
            Some(f) => f.child_by_field_name("name").map_or("<module>".into(), |n| self.text(n).to_string()),
            None => "<module>".into(),
        };
        Analysis {
            whole: span(looped),
            function: name,
            kind: Kind::Io,
            call: call.function().map(|f| self.text(f).to_string()).unwrap_or_default(),
            work: span(call.0),
            seconds: 1.0,
            obstacles: Vec::new(),
            cautions: Vec::new(),
            assumptions: Vec::new(),
            unworthy: None,
            pipeline: None,
            otherwise: None,
        }
    }

    /// One of two loops, where a loop stands inside the work of another: a patch of both would change the same lines. The
    /// outer one makes more calls at once, and is taken unless more is to be accepted for it.
    fn settle_nested(&self, outer: &mut Analysis, known: &mut Vec<(usize, Analysis)>) {
        let Some(pipeline) = &outer.pipeline else { return };
        let needed = pipeline.prepare.iter().map(|step| step.span);
        let moved: Vec<Span> = needed.chain([pipeline.work]).collect();
        let asks = |a: &Analysis| (!a.cautions.is_empty(), !a.assumptions.is_empty());
        let inside = |a: &Analysis| a.obstacles.is_empty() && moved.iter().any(|m| m.contains(a.whole));
        let better = known.iter().map(|(_, a)| a).find(|a| inside(a) && a.pipeline.is_some() && asks(a) < asks(outer));
        match better {
            Some(inner) => {
                let line = self.source.line(inner.whole.start);
                let message = format!("no recipe writes both this loop and the one inside it, of line {line}");
                outer.pipeline = None;
                outer.cautions.push(Caution { code: Code::NO_RECIPE, message, span: self.source.place(inner.work) });
            }
            None => known.retain(|(_, a)| !inside(a)),
        }
    }

    pub(super) fn analyse_loop(&self, looped: Node<'t>, calls: &[Waiting<'t>]) -> Analysis {
        let Some(first) = calls.first() else { return self.blank(looped, Call(looped)) };
        let mut analysis = self.blank(looped, first.call);
        analysis.seconds = first.waits.iter().map(|w| w.fact.seconds).sum::<f64>().max(0.1);
        analysis.unworthy = self.unworthy(looped, analysis.seconds).map(|t| self.obstacle(t));
        let alone = loops_around(looped).is_empty();
        self.horizon.set(alone.then(|| (looped.end_byte(), enclosing_scope(looped).map(|s| s.id()))));
        self.looked_at.set(Some(span(looped)));
        let mut outcome = Outcome::default();
        outcome.troubles.extend(self.place_troubles(looped, enclosing_scope(looped)));
        let place = outcome.clone();
        let pipeline = match looped.kind() {
            "for_statement" => self.stage_for(For(looped), calls, &mut outcome),
            "while_statement" => {
                match self.counting(looped, calls) {
                    Some(counting) => self.stage_counting(counting, calls, &mut outcome),
                    None => outcome.troubles.push(self.while_trouble(looped, calls)),
                }
                None
            }
            _ => self.stage_comprehension(looped, calls, &mut outcome),
        };
        let mut staged = analysis.clone();
        self.settle(&mut staged, outcome);
        staged.pipeline = pipeline.filter(|_| staged.obstacles.is_empty());
        let wanted = match self.guesses.get() {
            Guesses::Never => false,
            Guesses::Last => staged.pipeline.as_ref().is_none_or(|p| !p.serial.is_empty()),
            Guesses::First => true,
        };
        let guessed = For::cast(looped).filter(|_| wanted).and_then(|looped| self.guess(looped, calls, &place));
        self.horizon.set(None);
        self.looked_at.set(None);
        let Some((outcome, pipeline)) = guessed else { return staged };
        self.settle(&mut analysis, outcome);
        analysis.pipeline = Some(pipeline).filter(|_| analysis.obstacles.is_empty());
        // What ends the loop between two calls ends it in this form, too.
        let told = |c: &Caution| analysis.cautions.iter().any(|o| (o.code, o.span.line) == (c.code, c.span.line));
        let untold = |c: &&Caution| c.code == Code::EARLY_EXIT && !told(c);
        let ends: Vec<Caution> = staged.cautions.iter().filter(untold).cloned().collect();
        analysis.cautions.extend(ends);
        match (&analysis.pipeline, &staged.pipeline) {
            (None, _) => staged,
            // Both can be done: then the one that leaves fewer calls one after the other, and asks for nothing else.
            (Some(guessed), Some(cut)) if self.guesses.get() == Guesses::Last => {
                let known = |c: &Caution| staged.cautions.iter().any(|s| s.code == c.code);
                let better = guessed.serial.len() < cut.serial.len() && analysis.cautions.iter().all(known);
                if !better {
                    return staged;
                }
                analysis.otherwise = Some(Box::new(staged));
                analysis
            }
            (Some(_), _) => analysis,
        }
    }

    /// Sorts what was found into obstacles, cautions and assumptions.
    pub(super) fn settle(&self, analysis: &mut Analysis, outcome: Outcome<'t>) {
        let Outcome { troubles, unsupported, threads, .. } = outcome;
        let mut seen: Vec<(Code, usize)> = Vec::new();
        let worst: Vec<_> = troubles.iter().map(|t| (t.code, t.node.id(), t.grade)).collect();
        for trouble in troubles {
            let key = (trouble.code, trouble.node.id());
            let worse = worst.iter().any(|(code, node, grade)| (*code, *node) == key && *grade > trouble.grade);
            if worse || seen.contains(&key) {
                continue;
            }
            seen.push(key);
            match trouble.grade {
                Grade::Blocked => analysis.obstacles.push(self.obstacle(trouble)),
                Grade::LoopOnly if !threads && trouble.code == Code::THREAD_SAFETY => {}
                Grade::LoopOnly if trouble.tally.is_some_and(|tally| !tally.ordered) => {}
                Grade::LoopOnly | Grade::Care => {
                    let at = self.source.place(first_line(self, trouble.node));
                    let caution = Caution { code: trouble.code, message: trouble.message, span: at };
                    // Two calls in one line may say the same.
                    let same = |c: &Caution| (c.span.line, &c.message) == (caution.span.line, &caution.message);
                    if !analysis.cautions.iter().any(same) {
                        analysis.cautions.push(caution);
                    }
                }
                Grade::Assumed => {
                    let line = self.source.line(trouble.node.start_byte());
                    let text = format!("line {line}: {}", trouble.message);
                    if !analysis.assumptions.contains(&text) {
                        analysis.assumptions.push(text);
                    }
                }
            }
        }
        analysis.obstacles.dedup();
        if analysis.obstacles.is_empty()
            && let Some(trouble) = unsupported
        {
            let at = self.source.place(first_line(self, trouble.node));
            analysis.cautions.push(Caution { code: Code::NO_RECIPE, message: trouble.message, span: at });
        }
    }

    pub(super) fn obstacle(&self, trouble: Trouble<'t>) -> Obstacle {
        let other_span = match (trouble.other, trouble.cause) {
            (Some(other), _) => Some(self.source.place(first_line(self, other))),
            (None, Some((id, node))) if id == self.id => Some(self.source.place(first_line(self, node))),
            (None, Some((id, node))) => self.program.at(id).map(|file| {
                let mut place = file.source.place(first_line(file, node));
                place.path = Some(file.source.path.to_string_lossy().replace('\\', "/"));
                place
            }),
            (None, None) => None,
        };
        Obstacle {
            code: trouble.code,
            message: trouble.message,
            help: trouble.help,
            span: self.source.place(first_line(self, trouble.node)),
            other_span,
        }
    }

    /// Why nobody needs this loop to be faster.
    pub(super) fn unworthy(&self, looped: Node<'t>, seconds: f64) -> Option<Trouble<'t>> {
        if crate::project::files::is_test(&self.program.name_of(self).to_string_lossy(), &self.source.text) {
            return Some(Trouble::new(
                Code::TEST,
                looped,
                "the file is a test",
                "name the file, and not only its folder, to have it rewritten all the same",
            ));
        }
        // A short loop that is gone through again and again is a long one.
        if !loops_around(looped).is_empty() || self.is_called_in_loop(looped, 6) {
            return None;
        }
        let source = looped.child_by_field_name("right").or_else(|| {
            children(looped).find(|c| c.kind() == "for_in_clause").and_then(|c| c.child_by_field_name("right"))
        })?;
        let count = self.known_length(source, 4)?;
        (count as f64 * seconds < WORTH_SECONDS).then(|| {
            Trouble::new(
                Code::SMALL,
                source,
                format!("{count} calls of about {seconds} s end within a minute as they are"),
                "name the file, and not only its folder, to have it rewritten all the same",
            )
        })
    }

    /// Whether a function around some text of this file is called in a loop, or handed to somebody who may call it.
    pub fn is_run_in_loop(&self, place: Span) -> bool {
        let node = self.source.root().descendant_for_byte_range(place.start, place.end);
        let mut functions = node.into_iter().flat_map(ancestors).filter(|a| a.kind() == "function_definition");
        functions.any(|def| {
            let reads = self.names.reads_named(def.child_by_field_name("name").map_or("", |n| self.text(n)));
            let handed = reads.iter().any(|r| super::receivers::call_of(r.node).is_none());
            let inside = def.child_by_field_name("body").unwrap_or(def);
            handed || !reads.is_empty() && self.is_called_in_loop(inside, 6)
        })
    }

    /// Whether the function around a node is called in a loop of its file, or called by code that is not seen.
    fn is_called_in_loop(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let Some(def) = ancestors(node).find(|a| a.kind() == "function_definition") else { return false };
        let Some(name) = def.child_by_field_name("name").map(|n| self.text(n)) else { return true };
        let mut calls =
            self.names.reads_named(name).iter().filter_map(|r| super::receivers::call_of(r.node)).peekable();
        calls.peek().is_none()
            || calls.any(|c| {
                !loops_around(c.0).is_empty()
                    || ancestors(c.0).any(|a| a.kind() == "function_definition" && a.id() != def.id())
                        && self.is_called_in_loop(c.0, depth)
            })
    }

    /// Whether a loop surely or probably has few items: so many as the text tells, or a number of repetitions.
    fn repeats_a_few_times(&self, looped: Node<'t>) -> bool {
        const FEW: usize = 50;
        let clause = children(looped).find(|c| c.kind() == "for_in_clause").unwrap_or(looped);
        let Some(source) = clause.child_by_field_name("right") else { return false };
        if let Some(count) = self.known_length(source, 4) {
            return count <= FEW;
        }
        let range = Call::cast(source).filter(|c| c.function().is_some_and(|f| self.builtin(f) == Some("range")));
        range.is_some_and(|r| r.args().count() == 1 && r.args().all(|a| matches!(a.kind(), "identifier" | "attribute")))
    }

    /// The number of items of a source that the text tells.
    pub(super) fn known_length(&self, source: Node<'t>, depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        match source.kind() {
            "list" | "tuple" | "set" | "expression_list" => {
                let parts: Vec<_> = children(source).collect();
                (!parts.iter().any(|p| p.kind() == "list_splat")).then_some(parts.len())
            }
            "identifier" => {
                let var = self.var(source)?;
                let home = self.home(&var);
                match home.names.bindings(var.scope, &var.name) {
                    [one] => match one.bound {
                        super::names::Bound::Value(Some(value)) if !home.grows(&var) => home.known_length(value, depth),
                        _ => None,
                    },
                    _ => None,
                }
            }
            "call" => {
                let call = Call(source);
                let function = call.function()?;
                let first = call.args().next();
                match self.builtin(function) {
                    Some("range") => {
                        let args: Option<Vec<i64>> = call.args().map(|a| self.text(a).parse().ok()).collect();
                        match args?.as_slice() {
                            [n] => usize::try_from(*n).ok(),
                            [a, b] => usize::try_from(b - a).ok(),
                            _ => None,
                        }
                    }
                    Some("enumerate" | "list" | "sorted" | "reversed" | "tuple" | "zip") => {
                        self.known_length(first?, depth)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a list is added to anywhere.
    pub(super) fn grows(&self, var: &Var) -> bool {
        self.names.reads_of(var.scope, &var.name).any(|r| {
            r.node
                .parent()
                .and_then(Attribute::cast)
                .and_then(|a| a.name())
                .is_some_and(|n| matches!(self.text(n), "append" | "extend" | "insert" | "add" | "update"))
        })
    }

    /// Why a `while` loop stays as it is, told by what it is for.
    fn while_trouble(&self, looped: Node<'t>, calls: &[Waiting<'t>]) -> Trouble<'t> {
        let call = calls.first().map_or(looped, |c| c.call.0);
        let body = looped.child_by_field_name("body").unwrap_or(looped);
        let condition = looped.child_by_field_name("condition").unwrap_or(looped);
        // What the call reads and the loop sets: where that is in a handler, it is what another try asks.
        let bound = self.binds(body);
        let reads = self.reads(call);
        let early = self.reads_first(body);
        let again = walk(body).any(|n| n.kind() == "try_statement" && span(n).contains(span(call)));
        let by_success = self.carried_by(&reads.keys().cloned().collect::<Vec<_>>(), body);
        let carried = reads.iter().find(|(v, _)| match again {
            true => by_success.as_ref() == Some(v),
            false => bound.contains(v) && early.contains_key(v),
        });
        let endless = matches!(self.text(condition).trim(), "True" | "1" | "(True)");
        if let Some((var, nodes)) = carried {
            return Trouble::new(
                Code::CARRIED,
                nodes.first().copied().unwrap_or(call),
                format!("the call reads `{}` as the iteration before left it", var.name),
                "the calls depend on each other and must stay in order",
            )
            .with(condition);
        }
        let (message, help) = match (again, endless) {
            (true, _) => (
                "the loop makes its call again until it succeeds",
                "leave it as it is: one call after the other is what it is for; make the loop around it concurrent",
            ),
            (false, true) => (
                "an endless loop: what ends it, or what the next call asks, comes from the answers",
                "where the number of calls is known beforehand (page numbers, ids), write a `for` over it",
            ),
            (false, false) => (
                "whether the loop goes on depends on what earlier iterations did",
                "where the number of calls is known beforehand (page numbers, ids), write a `for` over it",
            ),
        };
        Trouble::new(Code::EARLY_EXIT, condition, message, help).with(call)
    }

    /// What the call itself owes.
    pub(super) fn call_troubles(&self, found: &Catalogued<'t>) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        let node = found.call.0;
        let name = found.call.function().map_or("", |f| self.text(f));
        match found.fact.effect {
            Effect::Writes => out.push(Trouble::new(
                Code::WRITES,
                node,
                format!("`{name}` changes state on the server, and calls of later items would be made although an earlier one failed"),
                "keep it sequential, or use the server's own batch call",
            )),
            Effect::Read | Effect::Billed | Effect::Unknown => {}
        }
        if let Some((keyword, client)) = found.client.as_ref().and_then(|c| Some((c.fact.pool_keyword.as_ref()?, c)))
            && self.made_with(found, client, keyword).unwrap_or(true)
        {
            out.push(Trouble::new(
                Code::CLIENT,
                node,
                format!(
                    "how many connections `{}` may open is not visible; more calls at once than that would time out",
                    client.name
                ),
                format!(
                    "make the client in this file without `{keyword}`, or as large as the calls that should run at once"
                ),
            ));
        }
        for argument in found.call.args() {
            if argument.kind() == "dictionary_splat"
                && !found.fact.streams.is_empty()
                && !self.known_keys_without(argument, &found.fact.streams)
            {
                out.push(
                    Trouble::not_analysed(
                        argument,
                        format!("what `{}` holds is not known; it may ask for a stream", self.text(argument)),
                    )
                    .graded(Grade::Assumed),
                );
            }
        }
        for keyword in &found.fact.streams {
            if let Some(value) =
                found.call.keyword(self.source, keyword).filter(|v| !matches!(v.kind(), "false" | "none"))
            {
                out.push(Trouble::new(
                    Code::STREAM,
                    value,
                    format!(
                        "`{keyword}={}` streams the answer, and the tokens of several answers would interleave",
                        self.text(value)
                    ),
                    format!("leave out `{keyword}` where the whole answer is used anyway"),
                ));
            }
        }
        out
    }

    /// Whether `**x` is a dict display with literal keys, none of them among `names`.
    fn known_keys_without(&self, splat: Node<'t>, names: &[String]) -> bool {
        let Some(value) = children(splat).next() else { return false };
        if value.kind() == "identifier" && self.callers_pass_none_of(value, names) {
            return true;
        }
        let display = match value.kind() {
            "dictionary" => Some(value),
            "identifier" => self.var(value).and_then(|v| match self.names.bindings(v.scope, &v.name) {
                [one] => match one.bound {
                    Bound::Value(Some(e)) if e.kind() == "dictionary" => Some(e).filter(|_| self.only_read(&v)),
                    _ => None,
                },
                _ => None,
            }),
            _ => None,
        };
        display.is_some_and(|d| {
            children(d).all(|pair| {
                pair.child_by_field_name("key")
                    .is_some_and(|k| k.kind() == "string" && !names.contains(&super::alias::literal(self.text(k))))
            })
        })
    }

    /// Whether a name is the function's own `**kwargs`, and no visible call of the function passes one of some keywords or
    /// unpacks what is not known.
    fn callers_pass_none_of(&self, name: Node<'t>, keywords: &[String]) -> bool {
        let Some(var) = self.var(name).filter(|v| v.file == self.id) else { return false };
        let [one] = self.names.bindings(var.scope, &var.name) else { return false };
        let double = one.node.parent().is_some_and(|p| p.kind() == "dictionary_splat_pattern");
        let def = self.names.scope(var.scope).node;
        let Some(own) = def.child_by_field_name("name").map(|n| self.text(n)) else { return false };
        let mut calls = self.names.reads_named(own).iter().filter_map(|r| super::receivers::call_of(r.node)).peekable();
        double
            && calls.peek().is_some()
            && calls.all(|call| {
                call.args().all(|a| a.kind() != "dictionary_splat")
                    && keywords
                        .iter()
                        .all(|k| call.keyword(self.source, k).is_none_or(|v| matches!(v.kind(), "false" | "none")))
            })
    }

    /// Whether a variable is nowhere changed or handed on, only unpacked or read by key.
    fn only_read(&self, var: &Var) -> bool {
        self.names
            .reads_of(var.scope, &var.name)
            .all(|r| r.node.parent().is_some_and(|p| p.kind() == "dictionary_splat"))
    }

    /// What the place of the loop owes.
    pub(super) fn place_troubles(&self, looped: Node<'t>, function: Option<Node<'t>>) -> Vec<Trouble<'t>> {
        let mut out = Vec::new();
        if let Some(f) = function {
            if Class::cast(f).is_some() || f.kind() == "lambda" {
                out.push(Trouble::not_analysed(f, "a loop directly in a class or a lambda"));
            }
            if self.names.opened_by(f).is_some_and(|s| self.names.scope(s).yields) {
                // An asynchronous one ends when the event loop gets to it, and its calls with it.
                let grade = if Function::cast(f).is_some_and(|f| f.is_async()) { Grade::Blocked } else { Grade::Care };
                out.push(
                    Trouble::new(
                        Code::YIELD,
                        f,
                        "the function is a generator: whoever iterates it may stop at any item, and calls of later items that are under way by then are extra (at most the concurrency limit); what it does in between is taken to leave alone what the calls read",
                        "return a list, or make the calls in a function of their own",
                    )
                    .graded(grade),
                );
            }
        }
        if let Some(decorator) = ancestors(looped)
            .filter(|a| a.kind() == "decorated_definition")
            .flat_map(children)
            .find(|d| d.kind() == "decorator" && self.text(*d).to_ascii_lowercase().contains("timeout"))
        {
            out.push(Trouble::new(
                Code::TIMEOUT,
                decorator,
                "a time-out around the loop would end other calls, or none",
                "give the time-out to the call itself",
            ));
        }
        let within = function.unwrap_or_else(|| self.source.root());
        out.extend(self.held_over(looped, within));
        out.extend(self.names_listed(looped, function));
        out
    }

    /// A call of `locals()` and the like at or behind the loop: it sees which variables there are, and some move into a function.
    fn names_listed(&self, looped: Node<'t>, function: Option<Node<'t>>) -> Option<Trouble<'t>> {
        let within = function.unwrap_or_else(|| self.source.root());
        let repeated = |a: &Node<'t>| matches!(a.kind(), "for_statement" | "while_statement");
        let outermost =
            ancestors(looped).take_while(|a| a.id() != within.id()).filter(repeated).last().unwrap_or(looped);
        walk(within).filter_map(Call::cast).find_map(|call| {
            let name = call.function().and_then(|f| self.builtin(f))?;
            let own = enclosing_scope(call.0).map(|n| n.id()) == function.map(|n| n.id());
            let listed = match name {
                "locals" | "vars" | "dir" => own && call.args().next().is_none(),
                "globals" => function.is_none(),
                _ => false,
            };
            (listed && (!own || call.0.end_byte() > outermost.start_byte())).then(|| {
                Trouble::not_analysed(
                    call.0,
                    format!("`{name}()` would see other variables: some would move into a function"),
                )
            })
        })
    }
}

/// Long nodes are shown by their first line.
fn first_line(file: &File<'_>, node: Node<'_>) -> Span {
    let text = file.text(node);
    let line = text.find('\n').map_or(text.len(), |at| text[..at].trim_end().len());
    Span::new(node.start_byte(), node.start_byte() + line)
}
