//! `stage-loop`: the loop stays and takes its answers from `ahead`, or it only collects and becomes one `gather`. The work
//! goes into a function in front of it.

use super::text::{broken_call, call_text, longest_line, needs_parentheses, relocate};
use super::wrap::awaitable;
use super::{DEFAULT_LIMIT, Draft, Left};
use crate::facts::{Code, Conflict, Span, Strategy};
use crate::model::{Collect, Stage};
use crate::syntax::python::{Call, For, statement_of};
use crate::syntax::{Node, Source, children, layout, node_at, span, walk};

impl<'t> Draft<'_, 't> {
    /// Stages the loop.
    ///
    /// # Errors
    /// Where two edits overlap, which is a mistake in the operations.
    pub fn stage_loop(&mut self) -> Result<(), Conflict> {
        self.write_waiting()?;
        let asked = self.checkpoint.clone();
        match (self.strategy, self.pipeline.collect.clone(), self.pipeline.gathering.clone()) {
            _ if self.pipeline.applied.is_some() => self.gather_applied()?,
            (_, Some(collect), Some(gathering)) => self.bound_gather(&gathering, &collect)?,
            (Strategy::Gather, Some(collect), _) if collect.list.is_some() => self.collect_loop(&collect)?,
            (Strategy::Gather, Some(collect), _) => self.collect_comprehension(&collect)?,
            _ => self.pipeline_loop()?,
        }
        // It is there still where a checkpoint was written.
        self.recipes.extend(asked.filter(|_| self.checkpoint.is_some()));
        Ok(())
    }

    pub(super) fn source(&self) -> &'t Source {
        self.file.source
    }

    /// One level of indentation, as the loop itself has it.
    pub(super) fn unit(&self) -> &'t str {
        let source = self.source();
        let body = node_at(source.root(), self.pipeline.looped, "for_statement").and_then(|l| For(l).body());
        let own = body.and_then(|b| {
            let outer = layout::indent_at(source, self.pipeline.looped.start);
            layout::indent_at(source, b.start_byte()).strip_prefix(outer)
        });
        own.filter(|u| !u.is_empty()).unwrap_or(&source.indent)
    }

    pub(super) fn call(&self) -> Option<Call<'t>> {
        // Statements may be one call, and are not for that what each item gives.
        if self.pipeline.gives.is_some() {
            return None;
        }
        node_at(self.source().root(), self.pipeline.work, "call").and_then(Call::cast)
    }

    /// The call as the work makes it, at a column of a line with an indentation.
    pub(super) fn work_call(&mut self, call: Call<'t>, indent: &str, column: usize) -> String {
        let source = self.source();
        let function = call.function().map(|f| source.of(f)).unwrap_or_default();
        // A chain over several lines is written in one.
        let joined: String = function.split_whitespace().collect();
        let function = if function.contains('\n') { joined.as_str() } else { function };
        let turns = self.is_async() && !self.pipeline.awaited && self.pipeline.direct;
        let twin = if turns { awaitable(function, &self.pipeline.call) } else { function.to_string() };
        let waits = if self.is_async() { "await " } else { "" };
        let column = column + waits.len();
        let wrapper = self.work_wrapper();
        let text = call_text(source, call, wrapper.as_deref(), &twin, indent, column);
        let too_long = !text.contains('\n') && column + text.chars().count() > longest_line(source);
        let text =
            if too_long { broken_call(source, call, wrapper.as_deref(), &twin, indent, self.unit()) } else { text };
        format!("{waits}{text}")
    }

    /// The call as it is made where it stood before: an `await` in front of it is there already.
    pub(super) fn call_in_place(&mut self, call: Call<'t>, indent: &str, column: usize) -> String {
        let made = self.work_call(call, indent, column);
        let awaited = call.0.parent().is_some_and(|p| p.kind() == "await");
        made.strip_prefix("await ").filter(|_| awaited).map(str::to_string).unwrap_or(made)
    }

    /// The function that the loop calls, where it is called with the item alone and means the same for every item: it is
    /// handed on as it is, and nothing is written around it.
    pub(super) fn handed_on(&mut self, call: Call<'t>) -> Option<String> {
        let source = self.source();
        let item = self.item_name()?;
        let function = call.function()?;
        let mut arguments = call.args();
        let alone = arguments.next().filter(|a| a.kind() == "identifier" && source.of(*a) == item).is_some()
            && arguments.next().is_none();
        let plain = self.pipeline.is_as_written(self.is_async())
            && self.work_wrapper().is_none()
            && self.pipeline.prepare.is_empty();
        let text = source.of(function);
        let told = source.slice(self.pipeline.work);
        if !plain || !alone || told.contains(['#', '\n']) || !self.file.is_settled(function) {
            return None;
        }
        Some(text.to_string())
    }

    pub(super) fn def_line(&self, indent: &str) -> String {
        let word = if self.is_async() { "async def" } else { "def" };
        let newline = self.newline();
        match self.item_name() {
            Some(name) => format!("{indent}{word} {}({name}):{newline}", self.work),
            None => {
                let parameter =
                    ["item", "pair", "entry", "work_item"].iter().find(|n| self.is_free(n)).unwrap_or(&"item_");
                let text = match &self.pipeline.flat {
                    Some(flat) => flat.items.join(", "),
                    None => self.items(),
                };
                let unit = self.unit();
                format!(
                    "{indent}{word} {}({parameter}):{newline}{indent}{unit}{text} = {parameter}{newline}",
                    self.work
                )
            }
        }
    }

    /// What the work gets of each item: the loop's own names, and those that are drawn.
    pub(super) fn items(&self) -> String {
        let names = [self.source().slice(self.pipeline.target)].into_iter();
        names.chain(self.pipeline.drawn.iter().map(String::as_str)).collect::<Vec<_>>().join(", ")
    }

    /// The name of the loop's item, where it has one.
    fn item_name(&self) -> Option<String> {
        if !self.pipeline.drawn.is_empty() {
            return None;
        }
        match &self.pipeline.flat {
            Some(flat) => Some(flat.item()).filter(|_| flat.items.len() == 1),
            None => {
                let source = self.source();
                let target = node_target(source, self.pipeline.target).filter(|t| t.kind() == "identifier")?;
                Some(source.of(target).to_string())
            }
        }
    }

    /// A condition in a line of its own, as it is asked whether it has a value.
    pub(super) fn test(&self, node: Node<'t>, value: bool, indent: &str) -> String {
        let source = self.source();
        let condition = relocate(source, node, span(node), indent, indent.len() + 3);
        match (value, node.kind()) {
            (true, _) => condition,
            (false, "not_operator") => {
                node.child_by_field_name("argument").map(|a| source.of(a).to_string()).unwrap_or(condition)
            }
            (false, "identifier" | "attribute" | "call" | "subscript" | "parenthesized_expression") => {
                format!("not {condition}")
            }
            (false, "comparison_operator") => negated(source, node).unwrap_or_else(|| format!("not ({condition})")),
            (false, "boolean_operator") => neither(source, node).unwrap_or_else(|| format!("not ({condition})")),
            (false, _) => format!("not ({condition})"),
        }
    }

    /// The statements and guards in front of the call, in the work's indentation.
    pub(super) fn prepare(&self, inner: &str) -> String {
        let source = self.source();
        let newline = self.newline();
        let leave = if self.pipeline.guessed { "return" } else { "return None" };
        let mut out = String::new();
        for step in &self.pipeline.prepare {
            let Some(node) = source.root().descendant_for_byte_range(step.span.start, step.span.end) else { continue };
            match step.stage {
                Stage::SkipWhen(value) => {
                    let test = self.test(node, value, inner);
                    out.push_str(&format!("{inner}if {test}:{newline}{inner}{}{leave}{newline}", self.unit()));
                }
                Stage::Drawn => {}
                Stage::Moved => out.push_str(&self.moved_step(step.span, inner)),
                Stage::Copied => {
                    let from = layout::indent_at(source, step.span.start);
                    let text = layout::reindent(source, source.root(), step.span, from, inner);
                    out.push_str(inner);
                    out.push_str(&text);
                    out.push_str(newline);
                }
            }
        }
        out
    }

    /// A statement with its comments, as it stands elsewhere.
    pub(super) fn moved_step(&self, step: Span, inner: &str) -> String {
        let source = self.source();
        let whole = moved_lines(source, step);
        let from = layout::indent_at(source, step.start);
        let text = layout::reindent(source, source.root(), Span::new(whole.start + from.len(), whole.end), from, inner);
        format!("{inner}{}{}", text.trim_end_matches(['\n', '\r']), self.newline())
    }

    fn pipeline_loop(&mut self) -> Result<(), Conflict> {
        let source = self.source();
        let Some((looped, left)) = self.looped() else { return Ok(()) };
        let call = self.call();
        if call.is_none() && self.pipeline.gives.is_none() {
            return Ok(());
        }
        let newline = self.newline();
        let indent = layout::indent_at(source, looped.start_byte()).to_string();
        let inner = format!("{indent}{}", self.unit());
        // The work.
        let handed_on = call.and_then(|call| self.handed_on(call));
        if handed_on.is_none() {
            let mut def = self.drawing(&indent);
            def.push_str(&self.def_line(&indent));
            def.push_str(&self.prepare(&inner));
            match call {
                Some(call) => {
                    let made = self.work_call(call, &inner, inner.chars().count() + "return ".len());
                    def.push_str(&format!("{inner}return {made}{newline}"));
                }
                None => def.push_str(&self.moved_statements(&inner)),
            }
            let above = layout::with_comments_above(source, looped);
            let gap = if indent.is_empty() { format!("{newline}{newline}") } else { newline.to_string() };
            let lead = self.lead(above, &indent);
            self.edit(Span::at(above), format!("{lead}{def}{gap}"))?;
        }
        let work = handed_on.unwrap_or_else(|| self.work.clone());
        // The loop.
        let ahead = self.ahead_call(&work);
        let ahead = self.with_bar(ahead);
        if let Some(flat) = self.pipeline.flat.clone() {
            match looped.kind() {
                "for_statement" => self.flat_loops(&flat, ahead)?,
                _ => self.flat_clauses(&flat, ahead)?,
            }
        } else {
            let target = self.items();
            let nested = left != self.pipeline.target;
            let bare = !self.pipeline.drawn.is_empty()
                || node_target(source, self.pipeline.target).is_some_and(|t| t.kind() == "pattern_list");
            let item = if bare { format!("({target})") } else { target.to_string() };
            let pair = format!("{item}, {}", self.reply);
            self.edit(self.pipeline.target, if nested { format!("({pair})") } else { pair })?;
            let total = self.total();
            self.edit(self.pipeline.source, format!("{ahead}{total}"))?;
        }
        let waits = self.is_async() && !(self.pipeline.awaited && call.is_some());
        let value = match (waits, self.is_async()) {
            (true, _) => format!("await {}", self.reply),
            (false, true) => self.reply.clone(),
            (false, false) => format!("{}.result()", self.reply),
        };
        match call {
            Some(call) => {
                let value = if waits && needs_parentheses(call.0) { format!("({value})") } else { value };
                self.edit(self.pipeline.work, value)?;
            }
            None => {
                let gives = self.pipeline.gives.clone().unwrap_or_default();
                let target = if gives.is_empty() { String::new() } else { format!("{} = ", gives.join(", ")) };
                self.edit(self.statements(), format!("{target}{value}"))?;
            }
        }
        for statement in self.pipeline.pace.iter().flat_map(|p| p.statements.clone()).collect::<Vec<_>>() {
            self.edit(without_line(source, statement), "")?;
        }
        for step in self.pipeline.prepare.clone() {
            if matches!(step.stage, Stage::Moved | Stage::Drawn) {
                let whole = with_blank_lines(source, moved_lines(source, step.span));
                self.edit(whole, "")?;
            }
        }
        Ok(())
    }

    /// The statement that holds the loop, and where the loop's own target stands.
    fn looped(&self) -> Option<(Node<'t>, Span)> {
        let root = self.source().root();
        if let Some(looped) = node_at(root, self.pipeline.looped, "for_statement") {
            return Some((looped, span(For(looped).left()?)));
        }
        let at = self.pipeline.looped;
        let kinds = ["list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"];
        let looped = kinds.iter().find_map(|kind| node_at(root, at, kind))?;
        let clause = children(looped).find(|c| c.kind() == "for_in_clause")?;
        Some((statement_of(looped), span(clause.child_by_field_name("left")?)))
    }

    /// The statements of the work, with the comments above and beside them.
    fn statements(&self) -> Span {
        let source = self.source();
        let work = self.pipeline.work;
        let start = layout::line_comments_above(source, work.start);
        let rest = &source.text[work.end..];
        let line = rest.find('\n').map_or(rest, |at| &rest[..at]);
        Span::new(start, work.end + line.trim_end().len())
    }

    /// The statements of the work in their function, and what they give.
    fn moved_statements(&self, inner: &str) -> String {
        let source = self.source();
        let newline = self.newline();
        let whole = self.statements();
        let from = layout::indent_at(source, self.pipeline.work.start);
        let text = layout::reindent_edited(source, whole, &self.inner, from, inner);
        let gives = self.pipeline.gives.clone().unwrap_or_default();
        let last =
            if gives.is_empty() { String::new() } else { format!("{inner}return {}{newline}", gives.join(", ")) };
        format!("{inner}{text}{newline}{last}")
    }

    /// The blank lines that a function in this place still needs in front of it: two at the top of a file, one inside a
    /// block, none where the block begins or a comment says what it is for.
    pub(super) fn lead(&self, at: usize, indent: &str) -> String {
        let before = &self.source().text[..at];
        let Some(last) = before.trim_end().lines().next_back() else { return String::new() };
        let blank = before.lines().rev().take_while(|l| l.trim().is_empty()).count();
        let code = last.split('#').next().unwrap_or_default().trim_end();
        let told_above = blank == 0 && last.trim_start().starts_with('#');
        let wanted = match (indent.is_empty(), code.ends_with(':') || told_above) {
            (true, _) => 2,
            (false, true) => 0,
            (false, false) => 1,
        };
        self.newline().repeat(usize::saturating_sub(wanted, blank))
    }

    pub(super) fn ahead_call(&mut self, work: &str) -> String {
        let mut items = self.source_text();
        if let Some(limit) = self.pipeline.limit.clone() {
            let islice = self.symbol("itertools", "islice");
            items = format!("{islice}({items}, {limit})");
        }
        let mut ahead = self.runtime("ahead");
        if self.pipeline.guessed {
            ahead.push_str(".calls");
        }
        let mut options = String::new();
        if let Some(limit) = self.limit() {
            options.push_str(&format!(", limit={limit}"));
        }
        if !self.pipeline.exits.is_empty() {
            options.push_str(&format!(", window={}", self.limit().unwrap_or(DEFAULT_LIMIT)));
        }
        if self.pipeline.survives {
            options.push_str(", keep_going=True");
        }
        options.push_str(&self.pace());
        options.push_str(&self.checkpoint(work));
        format!("{ahead}({work}, {items}{options})")
    }

    /// The loop's source with a progress bar around it, where one was asked for and there is none.
    pub(super) fn with_bar(&mut self, ahead: String) -> String {
        let Some(by) = self.bar.clone().filter(|_| !self.pipeline.progress) else { return ahead };
        let bar = match self.file.module_import("tqdm").as_deref() {
            Some("tqdm") => "tqdm.tqdm".to_string(),
            Some(path) if path.starts_with("tqdm.") && path.ends_with(".tqdm") => "tqdm".to_string(),
            _ => self.symbol("tqdm", "tqdm"),
        };
        self.recipes.push(by);
        format!("{bar}({ahead})")
    }

    /// The distance between starts, as an argument.
    pub(super) fn pace(&self) -> String {
        let pace = self.pipeline.pace.as_ref().filter(|_| self.paced);
        pace.map(|p| format!(", pace={}", p.seconds)).unwrap_or_default()
    }

    /// The name of a checkpoint, as an argument, where one was asked for and what the work gives can be kept.
    pub(super) fn checkpoint(&mut self, work: &str) -> String {
        if self.checkpoint.is_none() {
            return String::new();
        }
        if let Some(why) = self.pipeline.unkept.clone() {
            let line = self.source().line(self.pipeline.work.start);
            let what = "no checkpoint for the work {}";
            self.leave_out(Left { code: Code::UNKEPT, path: self.path(), line, what, why });
            self.checkpoint = None;
            return String::new();
        }
        let program = self.path();
        let program = program.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name: String = format!("{program}-{}", work.rsplit('.').next().unwrap_or(work))
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
            .collect();
        format!(", checkpoint=\"{name}\"")
    }

    /// The source as an argument: a bare tuple gets parentheses.
    pub(super) fn source_text(&self) -> String {
        if !self.drawn.is_empty() {
            return format!("{}()", self.drawn);
        }
        self.undrawn_source()
    }

    /// The same, as the program has it.
    pub(super) fn undrawn_source(&self) -> String {
        let source = self.source();
        if let Some(flat) = &self.pipeline.flat {
            return Self::flat_source(flat);
        }
        let text = source.slice(self.pipeline.source);
        if node_at(source.root(), self.pipeline.source, "expression_list").is_some() {
            format!("({text})")
        } else {
            text.to_string()
        }
    }

    /// The column of an offset in characters, from 0.
    pub(super) fn column_of(&self, offset: usize) -> usize {
        let source = self.source();
        source.text[source.line_start(source.line(offset))..offset].chars().count()
    }

    pub(super) fn gather_call(&mut self, work: &str) -> String {
        let gather = self.runtime("gather");
        let waits = if self.is_async() { "await " } else { "" };
        let limit = self.limit().map(|n| format!(", limit={n}")).unwrap_or_default();
        let (pace, checkpoint) = (self.pace(), self.checkpoint(work));
        format!("{waits}{gather}({work}, {}{limit}{pace}{checkpoint})", self.source_text())
    }

    /// `results = []` and a loop that appends: the loop's body becomes the function.
    fn collect_loop(&mut self, collect: &Collect) -> Result<(), Conflict> {
        let source = self.source();
        let (Some(call), Some(looped), Some(made), Some(list)) = (
            self.call(),
            node_at(source.root(), self.pipeline.looped, "for_statement"),
            collect.made,
            collect.list.clone(),
        ) else {
            return Ok(());
        };
        let newline = self.newline();
        let indent = layout::indent_at(source, looped.start_byte()).to_string();
        let Some(body) = For(looped).body() else { return Ok(()) };
        // The list's own line goes, and the header becomes the function's.
        let made_lines = source
            .root()
            .descendant_for_byte_range(made.start, made.end)
            .map(|n| layout::lines(source, n))
            .unwrap_or(made);
        let made_comment = source.text[made.end..made_lines.end].trim();
        let keep = if made_comment.is_empty() { String::new() } else { format!("{indent}{made_comment}{newline}") };
        let lead = self.lead(made_lines.start, &indent);
        let header = source.line_start(source.line(looped.start_byte()));
        let only_this = collect.value == self.pipeline.work && !source.of(looped).contains('#');
        if let Some(function) = self.handed_on(call).filter(|_| only_this) {
            self.edit(Span::new(made_lines.start, header), keep)?;
            let (before, gather) = self.results(&function, &indent);
            return self.edit(span(looped), format!("{before}{list} = {gather}"));
        }
        self.edit(Span::new(made_lines.start, header), format!("{lead}{keep}"))?;
        let colon = source.text[..body.start_byte()].rfind(':').map_or(body.start_byte(), |at| at + 1);
        let colon = (0..looped.child_count())
            .filter_map(|i| looped.child(i))
            .find(|c| c.kind() == ":")
            .map_or(colon, |c| c.end_byte());
        let def = self.def_line("");
        let def = def.trim_end_matches(['\n', '\r']);
        let mut lines = def.split(newline);
        let first = lines.next().unwrap_or_default();
        let unpack: String = lines.map(|l| format!("{newline}{indent}{l}")).collect();
        let comment = source.text[colon..].split('\n').next().map(|l| l.trim_end_matches('\r')).unwrap_or_default();
        self.edit(Span::new(looped.start_byte(), colon + comment.len()), format!("{first}{comment}{unpack}"))?;
        // The call and the append.
        let line_indent = layout::indent_at(source, call.0.start_byte());
        let start = source.line_start(source.line(call.0.start_byte()));
        let parens = self.is_async() && needs_parentheses(call.0);
        let inside_append = collect.append.contains(self.pipeline.work);
        let shift = if inside_append {
            "return ".len() as isize - (collect.value.start - collect.append.start) as isize
        } else {
            0
        };
        let column =
            source.text[start..call.0.start_byte()].chars().count().saturating_add_signed(shift) + usize::from(parens);
        let text = self.call_in_place(call, line_indent, column);
        self.edit(self.pipeline.work, if parens { format!("({text})") } else { text })?;
        self.return_value(collect)?;
        // The result.
        let end = layout::lines(source, looped).end;
        let (before, gather) = self.results(&self.work.clone(), &indent);
        let last = if source.text[..end].ends_with('\n') { "" } else { newline };
        let gap = if indent.is_empty() { format!("{newline}{newline}") } else { newline.to_string() };
        self.edit(Span::at(end), format!("{last}{gap}{indent}{before}{list} = {gather}{newline}"))
    }

    /// `results.append(value)` becomes `return value`.
    fn return_value(&mut self, collect: &Collect) -> Result<(), Conflict> {
        let source = self.source();
        let Some(statement) = source.root().descendant_for_byte_range(collect.append.start, collect.append.end) else {
            return Ok(());
        };
        let function = walk(statement).filter_map(Call::cast).next().and_then(|c| c.function());
        let several_lines = source.slice(Span::new(collect.append.start, collect.value.start)).contains('\n')
            || source.slice(collect.value).contains('\n');
        let around =
            [Span::new(collect.append.start, collect.value.start), Span::new(collect.value.end, collect.append.end)];
        let comment = around.iter().any(|s| source.slice(*s).contains('#'));
        match function {
            // The brackets stay around a value of several lines, or one with a comment beside it.
            Some(f) if several_lines && (comment || !brackets(source, collect.value)) => self.edit(span(f), "return "),
            // A value that begins on its own line moves to the statement's.
            Some(_) if !comment && !collect.value.contains(self.pipeline.work) && several_lines => {
                let from = layout::indent_at(source, collect.value.start);
                let to = layout::indent_at(source, collect.append.start);
                let text = layout::reindent(source, source.root(), collect.value, from, to);
                self.edit(collect.append, format!("return {text}"))
            }
            Some(_) => {
                self.edit(Span::new(collect.append.start, collect.value.start), "return ")?;
                self.edit(Span::new(collect.value.end, collect.append.end), "")
            }
            None => Ok(()),
        }
    }

    /// `x = [… call … for item in source]`: the element becomes the function's value.
    fn collect_comprehension(&mut self, collect: &Collect) -> Result<(), Conflict> {
        let source = self.source();
        let (Some(call), Some(statement)) = (
            self.call(),
            source.root().descendant_for_byte_range(self.pipeline.statement.start, self.pipeline.statement.end),
        ) else {
            return Ok(());
        };
        let newline = self.newline();
        let indent = layout::indent_at(source, statement.start_byte()).to_string();
        if let Some(function) = self.handed_on(call).filter(|_| collect.value == self.pipeline.work)
            && !source.slice(self.pipeline.looped).contains('#')
        {
            let (before, gather) = self.results(&function, &indent);
            self.edit(Span::at(statement.start_byte()), before)?;
            let gather = self.laid_out(gather, &indent, self.column_of(self.pipeline.looped.start));
            return self.edit(self.pipeline.looped, gather);
        }
        let inner = format!("{indent}{}", self.unit());
        let mut def = self.def_line(&indent);
        let parens = self.is_async() && needs_parentheses(call.0);
        let head = source.slice(Span::new(collect.value.start, self.pipeline.work.start)).to_string();
        let tail = source.slice(Span::new(self.pipeline.work.end, collect.value.end)).to_string();
        let made = self.call_in_place(
            call,
            &inner,
            inner.chars().count() + "return ".len() + head.chars().count() + usize::from(parens),
        );
        let made = if parens { format!("({made})") } else { made };
        let value = format!("{head}{made}{tail}");
        let wrapped = (head.contains('\n') || tail.contains('\n')) && !brackets(source, collect.value);
        let value = if wrapped { format!("({value})") } else { value };
        def.push_str(&format!("{inner}return {value}{newline}"));
        let above = layout::with_comments_above(source, statement);
        let gap = if indent.is_empty() { format!("{newline}{newline}") } else { newline.to_string() };
        let lead = self.lead(above, &indent);
        self.edit(Span::at(above), format!("{lead}{def}{gap}"))?;
        let (before, gather) = self.results(&self.work.clone(), &indent);
        self.edit(Span::at(statement.start_byte()), before)?;
        let gather = self.laid_out(gather, &indent, self.column_of(self.pipeline.looped.start));
        self.edit(self.pipeline.looped, gather)
    }
}

/// A comparison turned round, where that means the same for every object: `in`, `is`, and `==` of whatever kind.
fn negated(source: &Source, node: Node<'_>) -> Option<String> {
    let (left, right) = (node.named_child(0)?, node.named_child(1)?);
    let between = source.slice(Span::new(left.end_byte(), right.start_byte())).trim();
    let other = match between {
        "in" => "not in",
        "not in" => "in",
        "is" => "is not",
        "is not" => "is",
        "==" => "!=",
        _ => return None,
    };
    let one_line = !source.of(node).contains('\n') && node.named_child_count() == 2;
    one_line.then(|| format!("{} {other} {}", source.of(left), source.of(right)))
}

/// `not a and not b` turned round: `a or b`. It asks the same of the same objects, in the same order.
fn neither(source: &Source, node: Node<'_>) -> Option<String> {
    let and = node.child_by_field_name("operator")?.kind() == "and";
    let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
    let positive = |it: Node<'_>| {
        let argument = it.child_by_field_name("argument").filter(|_| it.kind() == "not_operator");
        argument.map(|argument| source.of(argument).to_string())
    };
    let one_line = !source.of(node).contains('\n');
    let (left, right) = (positive(left)?, positive(right)?);
    one_line.then(|| format!("{left} {} {right}", if and { "or" } else { "and" }))
}

/// Whether a value may span lines by itself: it is one bracketed thing.
fn brackets(source: &Source, value: Span) -> bool {
    let text = source.slice(value);
    [
        "dictionary",
        "list",
        "tuple",
        "set",
        "call",
        "list_comprehension",
        "dictionary_comprehension",
        "parenthesized_expression",
    ]
    .iter()
    .any(|kind| node_at(source.root(), value, kind).is_some())
        || !text.contains('\n')
}

/// The target's node: an identifier or a pattern.
fn node_target(source: &Source, target: Span) -> Option<Node<'_>> {
    ["identifier", "pattern_list", "tuple_pattern", "list_pattern"]
        .iter()
        .find_map(|kind| node_at(source.root(), target, kind))
}

/// The lines of a statement with the comments above it.
fn moved_lines(source: &Source, at: Span) -> Span {
    match source.root().descendant_for_byte_range(at.start, at.end) {
        Some(node) => Span::new(layout::with_comments_above(source, node), layout::lines(source, node).end),
        None => at,
    }
}

/// The lines of a statement that goes; a comment above or beside it stays.
pub(super) fn without_line(source: &Source, at: Span) -> Span {
    let Some(node) = source.root().descendant_for_byte_range(at.start, at.end) else { return at };
    let whole = layout::lines(source, node);
    if source.text[at.end..whole.end].contains('#') { at } else { whole }
}

/// Takes the blank lines behind removed lines along where they would be left at the start of a block or doubled.
fn with_blank_lines(source: &Source, at: Span) -> Span {
    let before = source.text[..at.start].trim_end_matches([' ', '\t']);
    let line_above = before.trim_end_matches(['\n', '\r']).rsplit('\n').next().unwrap_or_default();
    let above_is_blank = before.ends_with("\n\n") || before.ends_with("\n\r\n");
    if !above_is_blank && !line_above.trim_end().ends_with(':') {
        return at;
    }
    let mut end = at.end;
    while let Some(newline) = source.text[end..].find('\n') {
        if !source.text[end..end + newline].trim().is_empty() {
            break;
        }
        end += newline + 1;
    }
    Span::new(at.start, end)
}
