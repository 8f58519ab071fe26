//! What clients keep from one call to the next, and threads would share; and what libraries keep for each thread, where a program sets it for its own: work that runs in other threads would not see it.
//! What is kept in a context (`decimal`, numpy from 2 on) goes along with the work, and is none of it.

use super::alias::is_read_position;
use super::calls::ClientUse;
use super::receivers::{Def, Meaning, decorators};
use super::{File, Grade, Trouble};
use crate::facts::Code;
use crate::model::Analysis;
use crate::syntax::python::{Call, enclosing_scope};
use crate::syntax::{Node, ancestors, children, walk};

/// What sets something for the thread that runs it, until it is set anew.
const SETS: [&str; 4] = ["seterr(", "seterrcall(", "set_grad_enabled(", "set_default_device("];

/// The same for a block of statements or a function.
const HOLDS: [&str; 6] = ["errstate(", "no_grad(", "enable_grad(", "inference_mode(", "set_grad_enabled(", "autocast("];

/// The libraries that look at it.
const LOOKS: [&str; 6] = ["numpy", "torch", "pandas", "scipy", "transformers", "sentence_transformers"];

/// So many functions below a loop are looked at.
const MAX_FUNCTIONS: usize = 60;

/// Whether a file sets something for the thread that imports or runs it.
pub(super) fn sets_for_thread(text: &str) -> bool {
    SETS.iter().any(|word| text.contains(word))
}

/// What is taken for granted of a loop whose work runs in other threads than the one that something is set for.
pub fn set_for_one_thread(file: &File<'_>, analysis: &Analysis) -> Option<String> {
    let root = file.source.root();
    let looped = root.descendant_for_byte_range(analysis.whole.start, analysis.whole.end)?;
    let line = file.source.line(looped.start_byte());
    let what =
        file.held_for_thread(looped).or_else(|| file.program.sets_for_thread().then(|| "the program".to_string()))?;
    file.looks_at_thread(looped).then(|| {
        format!("line {line}: what {what} sets for its own thread, in numpy before 2 or in torch, is taken not to matter to the work, which runs in others")
    })
}

impl<'t> File<'t> {
    /// Whether the function that asks a client has made it, too.
    pub(super) fn makes_its_own(&self, client: &ClientUse<'t>, call: Node<'t>) -> bool {
        let own = enclosing_scope(call);
        let made = client.made.and_then(|(made, _)| enclosing_scope(made.0));
        own.is_some() && own.map(|n| n.id()) == made.map(|n| n.id())
    }

    /// What calls of one client have to do with one another where they are under way at once. `its_own`: each item has a client
    /// of its own.
    pub(super) fn shared_client_troubles(
        &self,
        client: &ClientUse<'t>,
        node: Node<'t>,
        its_own: bool,
    ) -> Vec<Trouble<'t>> {
        let (name, fact) = (&client.name, client.fact);
        let mut out = Vec::new();
        if fact.stateful {
            let message =
                format!("`{name}` is one conversation or page at a time: what it gives depends on the call before");
            out.push(Trouble::new(Code::CONVERSATION, node, message, "use an object of its own for each item"));
        }
        if its_own {
            return out;
        }
        if fact.cookies {
            let message = format!(
                "`{name}` keeps the cookies that answers set, and calls that are under way do not have them; fine where no later call must have one"
            );
            let help = "accept it (`--accept PM131`) where no answer sets a cookie that a later call must have";
            out.push(Trouble::new(Code::CONVERSATION, node, message, help).graded(Grade::Care));
        }
        if !fact.thread_safe {
            let told = format!("`{name}` ({}) is not documented as safe for several threads", fact.path);
            let (message, grade) = match &fact.shared {
                Some(shared) => (format!("{told}: {shared}"), Grade::Care),
                None => (told, Grade::LoopOnly),
            };
            let help = "use one client per thread, the module's own functions, or a client that is safe for threads";
            out.push(Trouble::new(Code::THREAD_SAFETY, node, message, help).graded(grade));
        }
        out
    }

    /// Why the work must not set a variable of its context: it has a copy, and what stands behind it would not see it.
    pub(super) fn sets_context(&self, call: Call<'t>, receiver: Node<'t>) -> Option<Trouble<'t>> {
        let variable = |m: &Meaning<'t>| match m {
            Meaning::Made(path, rest) => path == "contextvars.ContextVar" && rest.is_empty(),
            _ => false,
        };
        let function = call.function().filter(|_| self.meaning(receiver).all.iter().any(variable))?;
        let name = self.text(receiver);
        let sets = function.child_by_field_name("attribute").is_some_and(|n| self.text(n) == "set");
        let scope = crate::syntax::python::enclosing_scope(call.0).map_or("", |s| self.text(s));
        // One that is set back holds for the work alone.
        (sets && !scope.contains(&format!("{name}.reset("))).then(|| {
            Trouble::new(
                crate::facts::Code::PROCESS_STATE,
                call.0,
                format!(
                    "the work sets `{name}` in a context of its own, and what stands behind the call would not see it"
                ),
                "return the value, and set it behind the call",
            )
        })
    }

    /// The `with` around a loop, or the decorator of its function, that sets something for its thread.
    fn held_for_thread(&self, looped: Node<'t>) -> Option<String> {
        let holds = |n: Node<'t>| HOLDS.iter().any(|word| self.text(n).contains(word));
        ancestors(looped).find_map(|around| match around.kind() {
            "with_statement" => children(around)
                .find(|part| part.kind() == "with_clause" && holds(*part))
                .map(|part| format!("`with {}`", self.text(part).lines().next().unwrap_or_default())),
            "function_definition" => {
                decorators(around).find(|d| holds(*d)).map(|d| format!("`{}`", self.text(d).trim()))
            }
            _ => None,
        })
    }

    /// Whether a loop, or a function that it calls, uses a library that looks at it.
    fn looks_at_thread(&self, looped: Node<'t>) -> bool {
        let of_library = |path: &str| LOOKS.contains(&path.split('.').next().unwrap_or(path));
        let uses = |file: &File<'t>, node: Node<'t>| {
            node.kind() == "identifier"
                && is_read_position(node)
                && file.meaning(node).all.iter().any(|m| match m {
                    Meaning::Library(path) | Meaning::Made(path, _) => of_library(path),
                    _ => false,
                })
        };
        let mut functions: Vec<Def<'t>> = Vec::new();
        let mut pending: Vec<(&'t File<'t>, Node<'t>)> =
            self.program.at(self.id).map(|file| (file, looped)).into_iter().collect();
        while let Some((file, within)) = pending.pop() {
            for node in walk(within) {
                if uses(file, node) {
                    return true;
                }
                for def in Call::cast(node).map(|call| file.callees(call)).unwrap_or_default() {
                    if !functions.contains(&def) && functions.len() < MAX_FUNCTIONS {
                        functions.push(def);
                        pending.extend(self.program.at(def.file).map(|home| (home, def.node)));
                    }
                }
            }
        }
        false
    }
}
