//! The consuming part of a loop: what may stand in it, where it can end early.
use super::alias::literal;
use super::calls::CallKind;
use super::conflicts::Staged;
use super::effects::is_target;
use super::loops::Waiting;
use super::names::{Bound, ScopeKind};
use super::slice::{Before, Need, Slice};
use super::source::Peeled;
use super::stage::Outcome;
use super::{File, Grade, ScopeId, Trouble};
use crate::catalog::Effect;
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, For, If, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// Checks the consuming part and finds its exits.
    pub(super) fn consume_troubles(
        &self,
        staged: &Staged<'_, 't>,
        before: &[Before<'t>],
        protected: bool,
        calls: &[Waiting<'t>],
        outcome: &mut Outcome<'t>,
    ) -> Vec<(Node<'t>, String)> {
        let Staged { body, work, slice, .. } = *staged;
        let mut exits = Vec::new();
        let function = enclosing_scope(body);
        for node in walk(body).filter(|n| n.is_named()) {
            let leaves_work = matches!(node.kind(), "break_statement" | "continue_statement" | "return_statement");
            if work.contains(node) {
                // What leaves the loop from inside the work's statements.
                let own =
                    loop_of(node).is_some_and(|l| l.child_by_field_name("body").is_some_and(|b| b.id() == body.id()));
                if leaves_work && (node.kind() == "return_statement" || own) && enclosing_scope(node) == function {
                    if node.kind() != "continue_statement" {
                        exits.push((node, node.kind().trim_end_matches("_statement").to_string()));
                    }
                    outcome.unsupported(node, "no recipe takes a way out of the loop into the work yet");
                }
                continue;
            }
            match node.kind() {
                "call" => {
                    self.consume_call(Call(node), staged, calls, outcome);
                    if self.may_exit(Call(node)) {
                        exits.push((node, self.text(node).to_string()));
                    }
                }
                "break_statement"
                    if loop_of(node)
                        .is_some_and(|l| l.child_by_field_name("body").is_some_and(|b| b.id() == body.id())) =>
                {
                    exits.push((node, "break".into()))
                }
                "raise_statement" => exits.push((node, "raise".into())),
                "assert_statement" => exits.push((node, "assert".into())),
                "return_statement" if enclosing_scope(node) == function => exits.push((node, "return".into())),
                // A loop that stays as it is may have what it likes, as long as nobody else's code runs ahead.
                "function_definition" | "class_definition" if self.guessing.get() => {}
                "function_definition" | "class_definition" => outcome.add(Trouble::new(
                    Code::NOT_ANALYSED,
                    node,
                    "a definition inside the loop",
                    "define it in front of the loop",
                )),
                // Told of where the function is: it may stop here as at a `return`.
                "yield" => exits.push((node, "yield".into())),
                "import_statement" | "import_from_statement"
                    if self.guessing.get() && !self.imports_of_project(node) => {}
                "import_statement" | "import_from_statement" => outcome.add(Trouble::new(
                    Code::NOT_ANALYSED,
                    node,
                    "an import inside the loop",
                    "import in front of the loop",
                )),
                "attribute" if self.is_inside_of_function(node) => outcome.add(Trouble::not_analysed(
                    node,
                    format!("`{}` reaches what a function keeps between its calls", self.text(node)),
                )),
                _ => {}
            }
        }
        self.control_in_front(slice, before, protected, outcome);
        exits
    }

    /// What a call in the consuming part means while the work of later items is under way.
    fn consume_call(&self, call: Call<'t>, staged: &Staged<'_, 't>, calls: &[Waiting<'t>], outcome: &mut Outcome<'t>) {
        let node = call.0;
        // What makes a task of the work itself.
        if staged.work.call.is_some_and(|c| self.started(c).id() == node.id() && self.is_gathered(c)) {
            return;
        }
        if calls.iter().any(|w| w.call.0.id() == node.id()) {
            outcome.add(
                Trouble::new(
                    Code::BLOCKING,
                    node,
                    "a second waiting call of the iteration stays one after the other",
                    "split the loop in two, one loop per call",
                )
                .with(staged.work.node())
                .graded(Grade::Care),
            );
            let changes = calls
                .iter()
                .filter(|w| w.call.0.id() == node.id())
                .flat_map(|w| &w.waits)
                .any(|w| matches!(w.fact.effect, Effect::Writes | Effect::Unknown));
            if changes {
                outcome.add(
                    Trouble::new(
                        Code::WRITES,
                        node,
                        "this call may change what the calls of later items, which are under way by then, read from the server",
                        "keep it sequential where one reads what the other writes",
                    )
                    .graded(Grade::Care),
                );
            }
            return;
        }
        let Some(trouble) = self.opacity(call) else { return };
        let text = call.function().and_then(|f| self.builtin(f)).unwrap_or_default();
        match trouble.code {
            Code::NOT_ANALYSED if matches!(text, "exec" | "eval") => outcome.add(trouble),
            Code::NOT_ANALYSED => {
                let message = format!("{}; it is taken to leave alone what the calls read", trouble.message);
                outcome.add(Trouble { message, ..trouble }.graded(Grade::Assumed));
            }
            Code::SLEEP => match self.paces(call, staged) {
                Some(pace) => {
                    let seconds = pace.seconds.trim_matches(['(', ')']);
                    let message = match pace.every {
                        true => format!(
                            "calls start `{seconds}` seconds apart, so that as many start as the loop's sleep allows, evenly and not several at once, and no longer wait for the answers in between"
                        ),
                        false => format!(
                            "calls start `{seconds}` seconds apart, as the loop's sleep has it, and no longer wait for the answers in between"
                        ),
                    };
                    outcome.paces.push(pace);
                    outcome.add(Trouble { message, ..trouble }.graded(Grade::Care));
                }
                None => {
                    outcome.unsupported(node, "no recipe keeps the pace of a loop that sleeps in this way yet");
                    outcome.add(trouble.graded(Grade::Care));
                }
            },
            // A clock behind the call that is not compared with one in front of it only says when.
            Code::TIME => {
                // What goes with a throttle measures nothing else.
                let throttle = self.throttle(staged).map(|found| found.gone).unwrap_or_default();
                let goes = |n: Node<'t>| throttle.iter().any(|g| span(*g).contains(span(n)));
                let in_front = walk(staged.body)
                    .take_while(|n| n.start_byte() < staged.work.span.start)
                    .filter_map(Call::cast)
                    .any(|c| matches!(self.classify(c), CallKind::Clock(_)) && !goes(c.0));
                if in_front && !goes(node) {
                    outcome.add(trouble.graded(Grade::Care));
                }
            }
            Code::BLOCKING => outcome.add(trouble.graded(Grade::Care)),
            _ => outcome.add(trouble),
        }
    }

    /// Whether a module of the project is imported, whose code could change anything.
    fn imports_of_project(&self, node: Node<'t>) -> bool {
        children(node).map(|m| self.text(m)).any(|m| self.is_project_path(m.split(" as ").next().unwrap_or(m).trim()))
    }

    /// Whether a call can end the program.
    fn may_exit(&self, call: Call<'t>) -> bool {
        match self.classify(call) {
            CallKind::Exit => true,
            CallKind::Functions(defs) => defs.iter().any(|def| self.summary_of(*def).exits),
            _ => false,
        }
    }

    /// Statements in front of the call that decide whether it is made must be guards that the work can evaluate itself.
    fn control_in_front(&self, slice: &Slice<'t>, before: &[Before<'t>], protected: bool, outcome: &mut Outcome<'t>) {
        for step in before {
            if let Before::Opened(with, true) = *step
                && protected
            {
                outcome.add(
                    Trouble::new(
                        Code::EARLY_EXIT,
                        with,
                        "where this file cannot be opened no call is made; now the call is under way by then",
                        "open it in front of the `try`",
                    )
                    .graded(Grade::Care),
                );
            }
            let Before::Statement(statement, same_try) = *step else { continue };
            if slice.needs.iter().any(|n| matches!(n, Need::Statement(s, _) if s.id() == statement.id())) {
                continue;
            }
            let guard = self.skip_guard(statement);
            let mut control = walk(statement).filter(|n| {
                matches!(n.kind(), "continue_statement")
                    && loop_of(*n).is_some_and(|l| !span(statement).contains(span(l)))
                    || n.kind() == "break_statement"
                        && loop_of(*n).is_some_and(|l| !span(statement).contains(span(l)))
                        && If::cast(statement).is_none()
            });
            let own = guard.and_then(|_| If(statement).consequence()).and_then(|c| children(c).last());
            if let Some(node) = control.find(|n| Some(n.id()) != own.map(|o| o.id())) {
                outcome.unsupported(node, "no recipe writes a guard of this form yet");
                outcome.add(
                    Trouble::new(
                        Code::CHECK_THEN_ACT,
                        node,
                        "whether the call is made is decided here, by what must hold ahead of the loop too",
                        "write the guard as `if condition: continue` directly in the loop, with a condition that needs no answers",
                    )
                    .graded(Grade::Care),
                );
            }
            // Under the `try` of the call, a failure here means that no call is made.
            if protected && same_try && guard.is_none() && self.can_fail(statement) {
                outcome.add(
                    Trouble::new(
                        Code::EARLY_EXIT,
                        statement,
                        "where this statement fails no call is made; now the call is under way by then",
                        "move it in front of the `try`, or behind the call",
                    )
                    .graded(Grade::Care),
                );
            }
        }
    }

    /// `if i >= N: break` as the first statement, with N a number and `i` counted from zero by `enumerate`.
    pub(super) fn early_limit(
        &self,
        looped: For<'t>,
        peeled: &Peeled<'t>,
        body: Node<'t>,
        scope: ScopeId,
    ) -> Option<(String, Node<'t>)> {
        let index = peeled.index?;
        let guard = children(body)
            .next()
            .filter(|s| s.kind() == "if_statement" && s.child_by_field_name("alternative").is_none())?;
        let only: Vec<_> = If(guard).consequence().map(|c| children(c).collect()).unwrap_or_default();
        let condition = If(guard).condition()?;
        let operator = condition.child_by_field_name("operators")?;
        let (left, right) = (condition.named_child(0)?, condition.named_child(1)?);
        let compares = condition.kind() == "comparison_operator"
            && condition.named_child_count() == 2
            && matches!(self.text(operator), ">=" | "==");
        let breaks = matches!(only.as_slice(), [one] if one.kind() == "break_statement");
        if !compares || !breaks || self.text(left) != self.text(index) || looped.alternative().is_some() {
            return None;
        }
        // The loop variables end one item earlier than before.
        let after = self
            .binds(looped.left()?)
            .iter()
            .any(|v| self.names.reads_of(v.scope, &v.name).any(|r| !span(looped.0).contains(span(r.node))));
        let count = self.count(right)?;
        (!after && self.names.scope(scope).kind == ScopeKind::Function).then_some((count, guard))
    }

    /// A number of items as `islice` takes it: a literal, a variable that is only ever one literal, or a command-line option
    /// that is always an integer, kept from being negative.
    fn count(&self, node: Node<'t>) -> Option<String> {
        let text = self.text(node);
        match node.kind() {
            "integer" => Some(text.to_string()),
            "identifier" => {
                let var = self.var(node)?;
                match self.names.bindings(var.scope, &var.name) {
                    [one] => {
                        matches!(one.bound, Bound::Value(Some(e)) if e.kind() == "integer").then(|| text.to_string())
                    }
                    _ => None,
                }
            }
            "attribute" => self.is_integer_option(Attribute(node)).then(|| format!("max({text}, 0)")),
            _ => None,
        }
    }

    /// Whether `args.name` is an option that argparse makes an integer: declared once in this file with `type=int` and an
    /// integer default (or required), and assigned nowhere.
    pub(super) fn is_integer_option(&self, option: Attribute<'t>) -> bool {
        let (Some(object), Some(name)) = (option.object(), option.name().map(|n| self.text(n))) else { return false };
        let parsed = (object.kind() == "identifier").then(|| self.var(object)).flatten().is_some_and(|v| {
            match self.names.bindings(v.scope, &v.name) {
                [one] => match one.bound {
                    Bound::Value(Some(e)) => {
                        Call::cast(e).and_then(|c| c.function()).is_some_and(|f| self.text(f).ends_with(".parse_args"))
                    }
                    _ => false,
                },
                _ => false,
            }
        });
        let root = self.source.root();
        let assigned =
            walk(root).any(|n| n.kind() == "attribute" && self.text(n) == self.text(option.0) && is_target(n));
        let is_max = self.names.is_taken("max") && self.names.resolve(self.names.scope_at(option.0), "max").is_some();
        let mut declared = walk(root).filter_map(Call::cast).filter(|c| {
            let adds = c.function().is_some_and(|f| self.text(f).ends_with(".add_argument"));
            adds && c
                .args()
                .filter(|a| a.kind() == "string")
                .any(|a| literal(self.text(a)).trim_start_matches('-').replace('-', "_") == name)
        });
        let (Some(one), None) = (declared.next(), declared.next()) else { return false };
        let integer = one.keyword(self.source, "type").is_some_and(|t| self.builtin(t) == Some("int"));
        let always = one.keyword(self.source, "default").is_some_and(|d| d.kind() == "integer")
            || one.keyword(self.source, "required").is_some_and(|r| r.kind() == "true");
        let plain = one.keyword(self.source, "nargs").is_none() && one.keyword(self.source, "dest").is_none();
        parsed && !assigned && !is_max && integer && always && plain && one.keyword(self.source, "action").is_none()
    }
}

/// The loop statement that a `break` or `continue` belongs to: in the `else` of a loop it is the one around it.
pub(super) fn loop_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut below = node;
    ancestors(node).take_while(|a| !matches!(a.kind(), "function_definition" | "lambda" | "class_definition")).find(
        |a| {
            let behind = a.child_by_field_name("alternative").is_some_and(|e| e.id() == below.id());
            below = *a;
            matches!(a.kind(), "for_statement" | "while_statement") && !behind
        },
    )
}
