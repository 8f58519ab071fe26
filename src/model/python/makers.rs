//! Where a client is made, as far as files show, and what it is told there: whether it may ask again.

use super::calls::{Catalogued, ClientUse};
use super::client::receiver;
use super::names::Bound;
use super::receivers::call_of;
use super::{File, FileId};
use crate::catalog::ClientFact;
use crate::syntax::python::{Call, Function};
use crate::syntax::{Node, ancestors, children, walk};

/// The arguments, of clients and of calls, that say how often to ask again.
const RETRIES: [&str; 3] = ["max_retries", "num_retries", "retries"];

/// The keys of a configuration that say the same, and with which number nothing is asked again.
const ATTEMPTS: [(&str, &str); 2] = [("max_attempts", "0"), ("total_max_attempts", "1")];

/// From a parameter to what calls pass for it, so many times.
const HANDED: usize = 3;

impl<'t> File<'t> {
    /// The calls that make the client of a call, where it is a variable of this file, or a parameter for which only such
    /// are passed; none where not all of them are seen.
    pub(super) fn makers_of(&self, client: &ClientUse<'t>, asked: Node<'t>) -> Option<Vec<Call<'t>>> {
        match client.made {
            Some((made, _)) => Some(vec![made]),
            None => self.makers_behind(asked, client.fact, HANDED),
        }
    }

    /// Whether the client that a call asks is made with this keyword argument, or with some that are not seen; none where
    /// its making is not seen.
    pub(super) fn made_with(&self, found: &Catalogued<'t>, client: &ClientUse<'t>, keyword: &str) -> Option<bool> {
        let makers = receiver(found).and_then(|asked| self.makers_of(client, asked))?;
        let told = |made: &Call<'t>| {
            made.keyword(self.source, keyword).is_some() || made.args().any(|a| a.kind() == "dictionary_splat")
        };
        Some(makers.iter().any(told))
    }

    fn makers_behind(&self, name: Node<'t>, fact: &ClientFact, depth: usize) -> Option<Vec<Call<'t>>> {
        let depth = depth.checked_sub(1)?;
        if let Some(call) = Call::cast(name) {
            return self.constructs(call, fact).then(|| vec![call]);
        }
        let var = self.var(name).filter(|v| name.kind() == "identifier" && v.file == self.id)?;
        let [one] = self.names.bindings(var.scope, &var.name) else { return None };
        match one.bound {
            Bound::Value(Some(e)) | Bound::With(e) => {
                Call::cast(e).filter(|c| self.constructs(*c, fact)).map(|call| vec![call])
            }
            Bound::Parameter(_) if self.program.importers(self.located()).is_empty() => {
                let def = Function::cast(self.names.scope(var.scope).node)?;
                let own = self.text(def.name()?);
                let plain = ancestors(def.0).next().is_some_and(|a| a.kind() == "module")
                    && self.names.bindings(self.names.module(), own).len() == 1;
                let at = self.parameters(def.0).iter().position(|p| *p == &*var.name)?;
                let reads = self.names.reads_named(own);
                let mut out = Vec::new();
                for read in reads.iter().filter(|_| plain) {
                    let call = call_of(read.node).filter(|c| c.function().is_some_and(|f| f.id() == read.node.id()))?;
                    out.extend(self.makers_behind(self.argument(call, &var.name, at)?, fact, depth)?);
                }
                (!out.is_empty()).then_some(out)
            }
            _ => None,
        }
    }

    /// Whether a call makes a client of a kind, or its asynchronous twin.
    pub(super) fn constructs(&self, call: Call<'t>, fact: &ClientFact) -> bool {
        let path = call.function().and_then(|f| self.import_path(f));
        path.is_some_and(|p| fact.constructors().chain(fact.twin.as_deref()).any(|known| known == p))
    }

    /// Whether the program says of a call that it is made once: by an argument of the call, or of its client. Where the
    /// client comes from elsewhere, one that is made so in the call's file, the script, or the file that it is imported
    /// from, may be it.
    pub(super) fn is_to_ask_once(&self, found: &Catalogued<'t>, script: &File<'t>) -> bool {
        if self.has_no_retries(found.call) {
            return true;
        }
        let Some(client) = &found.client else { return false };
        let (told, asked) = receiver(found).map_or((None, None), |asked| self.copied(asked));
        if let Some(never) = told {
            return never;
        }
        if let Some(makers) = asked.and_then(|asked| self.makers_behind(asked, client.fact, HANDED)) {
            return makers.iter().any(|made| self.has_no_retries(*made));
        }
        let home = asked.and_then(|asked| self.var(asked).or_else(|| self.module_variable(asked))).map(|v| v.file);
        let mut files: Vec<FileId> = [self.id, script.id].into_iter().chain(home).collect();
        files.sort_unstable();
        files.dedup();
        let told = |file: &File<'t>| {
            let text = &file.source.text;
            (RETRIES.iter().any(|name| text.contains(name)) || ATTEMPTS.iter().any(|(name, _)| text.contains(name)))
                && walk(file.source.root())
                    .filter_map(Call::cast)
                    .any(|c| file.has_no_retries(c) && (file.constructs(c, client.fact) || file.copies_client(c)))
        };
        files.into_iter().filter_map(|id| if id == self.id { Some(self) } else { self.program.at(id) }).any(told)
    }

    /// What copies of a client, `client.with_options(max_retries=0)`, say of whether it is asked once, and else what they are
    /// copies of.
    fn copied(&self, asked: Node<'t>) -> (Option<bool>, Option<Node<'t>>) {
        let mut at = asked;
        for _ in 0..HANDED {
            let Some(copy) = Call::cast(self.written(at)).filter(|c| self.copies_client(*c)) else { break };
            if RETRIES.iter().any(|name| copy.keyword(self.source, name).is_some()) {
                return (Some(self.has_no_retries(copy)), None);
            }
            let Some(of) = copy.function().and_then(|f| f.child_by_field_name("object")) else { break };
            at = of;
        }
        (None, Some(at))
    }

    /// Whether the arguments of a call say that nothing is asked again.
    fn has_no_retries(&self, call: Call<'t>) -> bool {
        let number = |value: Node<'t>| matches!(self.text(self.written(value)), "0" | "False");
        let configured = |argument: Node<'t>| {
            let value = argument.child_by_field_name("value").unwrap_or(argument);
            walk(self.written(value)).filter(|n| matches!(n.kind(), "pair" | "keyword_argument")).any(|n| {
                let (Some(key), Some(value)) = (n.named_child(0), n.child_by_field_name("value")) else { return false };
                let (key, value) = (self.text(key).trim_matches(['"', '\'']), self.text(value));
                ATTEMPTS.iter().any(|(name, none)| *name == key && *none == value)
            })
        };
        RETRIES.iter().filter_map(|name| call.keyword(self.source, name)).any(number) || call.args().any(configured)
    }

    /// What an expression is: where it is a variable of this file that is set once, what that is set to.
    fn written(&self, value: Node<'t>) -> Node<'t> {
        let var = self.var(value).filter(|v| value.kind() == "identifier" && v.file == self.id);
        let set = var.and_then(|var| match self.names.bindings(var.scope, &var.name) {
            [one] => match one.bound {
                Bound::Value(set) => set,
                _ => None,
            },
            _ => None,
        });
        set.unwrap_or(value)
    }

    /// Whether a handler around a call catches a rate limit by its own name and goes on: the program has an answer to it.
    /// Nothing outside `within` counts.
    pub(super) fn answers_rate_limits(&self, call: Node<'t>, within: Node<'t>) -> bool {
        let tried = |a: &Node<'t>| {
            a.kind() == "try_statement"
                && a.child_by_field_name("body").is_some_and(|b| b.byte_range().contains(&call.start_byte()))
        };
        let around = ancestors(call).take_while(|a| a.id() != within.id()).filter(tried);
        around.flat_map(children).filter(|c| c.kind() == "except_clause").any(|handler| {
            let parts: Vec<Node<'t>> = children(handler).collect();
            let Some(caught) = parts.first().filter(|c| c.kind() != "block") else { return false };
            let named =
                if caught.kind() == "as_pattern" { children(*caught).next().unwrap_or(*caught) } else { *caught };
            let classes: Vec<Node<'t>> = if named.kind() == "tuple" { children(named).collect() } else { vec![named] };
            let last = parts.last().and_then(|block| children(*block).last());
            last.is_none_or(|l| l.kind() != "raise_statement")
                && classes.iter().any(|c| self.import_path(*c).is_some_and(|path| self.catalog.is_rate_limit(&path)))
        })
    }
}
