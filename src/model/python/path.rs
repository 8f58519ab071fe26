//! The way from a loop's body to its call, and what may move along it.
use super::names::Bound;
use super::slice::{Before, Need, Slice};
use super::stage::{Outcome, Work};
use super::{File, Trouble};
use crate::facts::Code;
use crate::syntax::python::{Assignment, Call, For, If, Try, With, statement_of};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// The statements and conditions in front of the work, from the body down to it, and whether a `try` holds the work.
    pub(super) fn path(
        &self,
        body: Node<'t>,
        work: &Work<'t>,
        outcome: &mut Outcome<'t>,
    ) -> Result<(Vec<Before<'t>>, bool), Trouble<'t>> {
        let target = work.node();
        let mut out = Vec::new();
        let mut block = body;
        let mut protected = false;
        let mut outside_try = 0;
        loop {
            let Some(at) = children(block).find(|s| span(*s).contains(span(target))) else {
                return Err(Trouble::not_analysed(target, "a call in a place that is not analysed"));
            };
            out.extend(children(block).take_while(|s| s.id() != at.id()).map(|s| Before::Statement(s, true)));
            if work.call.is_none() && at.id() == target.id() {
                break;
            }
            match at.kind() {
                "if_statement" => match self.branch(at, target, &mut out)? {
                    Some(inner) => block = inner,
                    None => break,
                },
                "try_statement" => {
                    let inner = Try(at).body().filter(|b| span(*b).contains(span(target)));
                    let Some(inner) = inner else {
                        return Err(Trouble::not_analysed(target, "a call in an exception handler"));
                    };
                    protected = true;
                    outside_try = out.len();
                    block = inner;
                }
                "expression_statement" | "assert_statement" => break,
                "for_statement" if For(at).right().is_some_and(|r| span(r).contains(span(target))) => break,
                "with_statement" if self.only_suppresses(at) => {
                    let Some(inner) = With(at).body().filter(|b| span(*b).contains(span(target))) else {
                        return Err(Trouble::not_analysed(at, "a call in the head of a `with`"));
                    };
                    protected = true;
                    outside_try = out.len();
                    block = inner;
                }
                // The file stays where it is opened: the call does not wait for it.
                "with_statement" if self.only_opens(at) && work.call.is_some() => {
                    let Some(inner) = With(at).body().filter(|b| span(*b).contains(span(target))) else {
                        return Err(Trouble::not_analysed(at, "a call in the head of a `with`"));
                    };
                    out.push(Before::Opened(at, true));
                    block = inner;
                }
                "with_statement" => {
                    return Err(Trouble::not_analysed(at, "a `with` block around the call"));
                }
                "return_statement" => {
                    return Err(Trouble::new(
                        Code::EARLY_EXIT,
                        at,
                        "the loop ends with the first answer",
                        "there is nothing to overlap: at most one call is made",
                    ));
                }
                other => return Err(Trouble::not_analysed(at, format!("a call in a {}", other.replace('_', " ")))),
            }
        }
        if protected {
            for step in &mut out[..outside_try] {
                if let Before::Statement(_, same_try) | Before::Opened(_, same_try) = step {
                    *same_try = false;
                }
            }
        }
        if let Some(call) = work.call
            && let Err(trouble) = self.unconditional(call)
        {
            outcome.unsupported(trouble.node, "no recipe writes a call that is made or not within one expression yet");
        }
        Ok((out, protected))
    }

    /// Whether a handler inside the body catches each failure of a call that stands in it, and ends neither the function
    /// nor the loop itself.
    pub(super) fn survives(&self, call: Node<'t>, body: Node<'t>) -> bool {
        // The widest class of a library's own errors, and of all.
        const WIDE: [&str; 8] = [
            "Exception",
            "BaseException",
            "OpenAIError",
            "AnthropicError",
            "APIError",
            "RequestException",
            "ClientError",
            "URLError",
        ];
        let catches_all = |clause: &Node<'t>| {
            let Some(caught) = children(*clause).find(|c| c.kind() != "block") else { return true };
            let text = self.text(caught).split(" as ").next().unwrap_or_default();
            text.trim_matches(['(', ')', ' ']).split(',').map(str::trim).any(|class| {
                // openai below 1.0 calls one of many kinds so.
                WIDE.iter().any(|w| class.rsplit('.').next() == Some(w)) && !class.ends_with("error.APIError")
            })
        };
        let leaves =
            |clause: &Node<'t>| walk(*clause).any(|n| matches!(n.kind(), "raise_statement" | "return_statement"));
        let within = ancestors(call).take_while(|a| a.id() != body.id()).filter_map(Try::cast);
        let suppressed =
            ancestors(call).take_while(|a| a.id() != body.id()).filter(|a| self.only_suppresses(*a)).any(|a| {
                let named =
                    With(a).items().filter_map(|i| Call::cast(i.parts()?.0)).flat_map(|c| c.args().collect::<Vec<_>>());
                named.into_iter().any(|n| WIDE.iter().any(|w| self.text(n).rsplit('.').next() == Some(w)))
            });
        suppressed
            || within
                .filter(|t| t.body().is_some_and(|b| span(b).contains(span(call))))
                .any(|t| children(t.0).filter(|c| c.kind() == "except_clause").any(|c| catches_all(&c) && !leaves(&c)))
    }

    /// Whether a `with` does nothing but open files.
    pub(super) fn only_opens(&self, with: Node<'t>) -> bool {
        let Some(with) = With::cast(with).filter(|w| !w.is_async()) else { return false };
        let mut items = with.items().peekable();
        items.peek().is_some()
            && items
                .all(|item| item.parts().and_then(|(context, _)| Call::cast(context)).is_some_and(|c| self.opens(c)))
    }

    /// Whether a `with` does nothing but leave out failures: `with suppress(KeyError):`, as a `try` with a `pass` would.
    pub(super) fn only_suppresses(&self, with: Node<'t>) -> bool {
        let Some(with) = With::cast(with).filter(|w| !w.is_async()) else { return false };
        let mut items = with.items().peekable();
        items.peek().is_some()
            && items.all(|item| {
                let context = item.parts().filter(|(_, target)| target.is_none()).and_then(|(c, _)| Call::cast(c));
                let path = context.and_then(|c| c.function()).and_then(|f| self.import_path(f));
                path.is_some_and(|p| p == "contextlib.suppress")
            })
    }

    /// Goes into the branch of an `if` that holds the call; `None` where the call stands in the first condition.
    pub(super) fn branch(
        &self,
        statement: Node<'t>,
        call: Node<'t>,
        out: &mut Vec<Before<'t>>,
    ) -> Result<Option<Node<'t>>, Trouble<'t>> {
        let holds = |n: Option<Node<'t>>| n.filter(|n| span(*n).contains(span(call)));
        let first = If(statement);
        if holds(first.condition()).is_some() {
            return Ok(None);
        }
        let mut clause = first;
        while let Some(condition) = clause.condition() {
            if let Some(block) = holds(clause.consequence()) {
                out.push(Before::Condition(condition, true));
                return Ok(Some(block));
            }
            out.push(Before::Condition(condition, false));
            let later: Vec<_> = children(statement)
                .filter(|c| matches!(c.kind(), "elif_clause" | "else_clause") && c.start_byte() > clause.0.start_byte())
                .collect();
            match later.first() {
                Some(next) if next.kind() == "elif_clause" => clause = If(*next),
                Some(last) => {
                    if let Some(block) = holds(last.child_by_field_name("body")) {
                        return Ok(Some(block));
                    }
                    break;
                }
                None => break,
            }
        }
        Err(Trouble::not_analysed(call, "a call in the condition of an `elif`"))
    }

    /// The call is evaluated exactly once whenever its statement runs.
    pub(super) fn unconditional(&self, call: Node<'t>) -> Result<(), Trouble<'t>> {
        let statement = statement_of(call);
        for above in ancestors(call).take_while(|a| a.id() != statement.id()) {
            if matches!(
                above.kind(),
                "boolean_operator"
                    | "conditional_expression"
                    | "lambda"
                    | "comparison_operator"
                    | "named_expression"
                    | "yield"
            ) || above.kind().ends_with("comprehension")
                || above.kind() == "generator_expression"
            {
                let fine = above.kind() == "comparison_operator" && above.named_child_count() == 2
                    || above.kind() == "boolean_operator"
                        && above.child_by_field_name("left").is_some_and(|l| span(l).contains(span(call)))
                    || above.kind() == "conditional_expression"
                        && above.named_child(1).is_some_and(|c| span(c).contains(span(call)));
                if !fine {
                    return Err(Trouble::not_analysed(above, "a call that may be made or not within one expression"));
                }
            }
        }
        Ok(())
    }

    /// Whether a read sees one binding alone, of a file that another statement opens: names of files are used again.
    fn is_of_other(&self, read: Node<'t>, inside: &dyn Fn(Node<'t>) -> bool) -> bool {
        self.var(read).is_some_and(|v| self.holds_stream(&v))
            && self.reaching(read).is_some_and(|b| matches!(b.bound, Bound::With(_)) && !inside(b.node))
    }

    /// Whether a statement sets a plain name to a literal: it cannot fail, and no effect of others changes what it does.
    fn sets_to_literal(&self, statement: Node<'t>) -> bool {
        let assignment = children(statement).next().filter(|_| statement.named_child_count() == 1);
        let plain = ["integer", "float", "true", "false", "none"];
        assignment.and_then(Assignment::cast).is_some_and(|a| {
            a.left().is_some_and(|l| l.kind() == "identifier")
                && a.right().is_some_and(|r| {
                    plain.contains(&r.kind()) || r.kind() == "string" && walk(r).all(|n| n.kind() != "interpolation")
                })
                && a.annotation().is_none()
        })
    }

    /// The slice's statements that nothing else needs: they can move to the work.
    pub(super) fn moved(
        &self,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        work: &Work<'t>,
        protected: bool,
        given: &[String],
    ) -> Vec<Node<'t>> {
        let statements: Vec<(Node<'t>, bool)> = slice
            .needs
            .iter()
            .filter_map(|n| match *n {
                Need::Statement(s, same_try) => Some((s, same_try)),
                Need::SkipWhen(..) => None,
            })
            .collect();
        let sliced = |n: Node<'t>| statements.iter().any(|(s, _)| s.id() == n.id());
        // Nothing with an effect may stand between a moved statement that may fail and the call: the failure would come too late.
        let mut quiet_from = work.span.start;
        for step in before.iter().rev() {
            match *step {
                Before::Statement(s, _) if sliced(s) => quiet_from = s.start_byte(),
                _ => break,
            }
        }
        let mut moved: Vec<Node<'t>> = statements
            .iter()
            .filter(|(s, same_try)| {
                let whole = crate::syntax::layout::alone_on_lines(self.source, *s);
                (s.start_byte() >= quiet_from || self.sets_to_literal(*s)) && (*same_try || !protected) && whole
            })
            .map(|(s, _)| *s)
            .collect();
        // A name that is read or set anywhere else keeps its statement; repeated until nothing more is kept.
        loop {
            let inside =
                |n: Node<'t>, moved: &[Node<'t>]| work.contains(n) || moved.iter().any(|m| span(*m).contains(span(n)));
            let keep = moved.iter().position(|s| {
                self.binds(*s).iter().any(|v| {
                    // What the work sets anew anyway is read behind it as the work has left it, where nothing in between may
                    // leave the work out: a guard, or what fails.
                    let anew = s.start_byte() >= quiet_from && given.iter().any(|name| *name == *v.name);
                    let seen = |n: Node<'t>| !(inside(n, &moved) || anew && n.start_byte() > work.span.end);
                    let elsewhere = self
                        .names
                        .reads_of(v.scope, &v.name)
                        .any(|r| seen(r.node) && !self.is_of_other(r.node, &|b| inside(b, &moved)));
                    let rebound = self.names.bindings(v.scope, &v.name).iter().any(|b| {
                        let other = matches!(b.bound, Bound::With(_) | Bound::Value(Some(_)));
                        !(inside(b.node, &moved) || other && self.holds_stream(v))
                    });
                    elsewhere || rebound
                }) || walk(*s).filter_map(|n| self.change_by(n)).any(|c| {
                    c.direct.is_none_or(|p| {
                        let bindings = self.names.bindings(p.var.scope, &p.var.name);
                        let of_other = |n: Node<'t>| self.is_of_other(n, &|b| inside(b, &moved));
                        let stream = self.holds_stream(&p.var);
                        bindings.iter().any(|b| !inside(b.node, &moved) && !stream)
                            || self
                                .names
                                .reads_of(p.var.scope, &p.var.name)
                                .any(|r| !inside(r.node, &moved) && !of_other(r.node))
                    })
                })
            });
            match keep {
                Some(at) => {
                    moved.remove(at);
                }
                None => break,
            }
        }
        // What stands in front of a `with` that stays around the call stays, too.
        let mut run = Vec::new();
        for step in before.iter().rev() {
            match *step {
                Before::Statement(s, _) if moved.iter().any(|m| m.id() == s.id()) => run.push(s),
                Before::Statement(..) => {}
                _ => break,
            }
        }
        run.reverse();
        run
    }
}
