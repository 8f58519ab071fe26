//! The consuming part of a loop: what may stand in it, where it can end early.
use super::alias::literal;
use super::calls::CallKind;
use super::effects::is_target;
use super::names::{Bound, ScopeKind};
use super::slice::{Before, Need, Slice};
use super::source::Peeled;
use super::{File, ScopeId, Trouble};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call, For, If, enclosing_scope};
use crate::syntax::{Node, ancestors, children, span, walk};

impl<'t> File<'t> {
    /// Checks the consuming part and finds its exits.
    pub(super) fn consume_troubles(
        &self,
        body: Node<'t>,
        call: Node<'t>,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        protected: bool,
        troubles: &mut Vec<Trouble<'t>>,
    ) -> Vec<(Node<'t>, String)> {
        let mut exits = Vec::new();
        let function = enclosing_scope(body);
        for node in walk(body).filter(|n| n.is_named() && !span(call).contains(span(*n))) {
            match node.kind() {
                "call" => {
                    if let Some(trouble) = self.opacity(Call(node)) {
                        troubles.push(trouble);
                    } else if self.may_exit(Call(node)) {
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
                "function_definition" | "class_definition" => {
                    troubles.push(Trouble::not_analysed(node, "a definition inside the loop"))
                }
                "await" | "yield" => troubles.push(Trouble::not_analysed(node, "`await` or `yield` inside the loop")),
                "match_statement" => troubles.push(Trouble::not_analysed(node, "a `match` inside the loop")),
                "global_statement" | "nonlocal_statement" | "import_statement" | "import_from_statement" => {
                    troubles.push(Trouble::not_analysed(node, "a declaration or import inside the loop"));
                }
                "named_expression" => troubles.push(Trouble::not_analysed(node, "an assignment inside an expression")),
                _ => {}
            }
        }
        self.control_in_front(slice, before, protected, troubles);
        exits
    }

    /// Whether a call can end the program.
    fn may_exit(&self, call: Call<'t>) -> bool {
        match self.classify(call) {
            CallKind::Exit => true,
            CallKind::Function(def) => self.summary(def).exits,
            _ => false,
        }
    }

    /// Statements in front of the call that decide whether it is made must be guards that the work can evaluate itself.
    pub(super) fn control_in_front(
        &self,
        slice: &Slice<'t>,
        before: &[Before<'t>],
        protected: bool,
        troubles: &mut Vec<Trouble<'t>>,
    ) {
        for step in before {
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
                troubles.push(Trouble::new(
                    Code::CHECK_THEN_ACT,
                    node,
                    "whether the call is made is decided in a way that is not analysed",
                    "write the guard as `if condition: continue` directly in the loop, with a condition that needs no answers",
                ));
            }
            if statement.kind() == "try_statement" {
                troubles.push(Trouble::not_analysed(statement, "a `try` block in front of the call"));
            }
            // Under the `try` of the call, a failure here means that no call is made.
            let raises = walk(statement).find(|n| match n.kind() {
                "subscript" | "raise_statement" | "assert_statement" | "binary_operator" => true,
                "call" => !matches!(self.classify(Call(*n)), CallKind::Print),
                _ => false,
            });
            if let (true, true, Some(node)) = (protected && same_try, guard.is_none(), raises) {
                troubles.push(
                    Trouble::not_analysed(node, "a statement that can fail under the same `try` in front of the call")
                        .with(statement),
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
    fn is_integer_option(&self, option: Attribute<'t>) -> bool {
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

/// The loop statement that a `break` or `continue` belongs to.
pub(super) fn loop_of(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .take_while(|a| !matches!(a.kind(), "function_definition" | "lambda" | "class_definition"))
        .find(|a| matches!(a.kind(), "for_statement" | "while_statement"))
}
