//! The stages of a site as stretches of its text, for `perfmod explain`.

use super::FilePlan;
use crate::facts::{ExplainedSite, Span, StageName, StageSpan};
use crate::model::{Pipeline, Stage};
use crate::syntax::python::enclosing_scope;
use crate::syntax::{Node, Source, children, node_at, span, walk};

/// What is known of the stages of a site. A blocked one may have no pipeline.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The loop.
    pub whole: Span,
    /// The call.
    pub work: Span,
    /// The loop in stages.
    pub pipeline: Option<Pipeline>,
}

impl FilePlan {
    /// The sites at a place, with their stages: the innermost around a line, every one of the file without a line. Where
    /// several begin on one line, a column picks the one around it.
    pub fn explain(&self, line: Option<usize>, column: Option<usize>) -> Vec<ExplainedSite> {
        let Some(source) = &self.source else { return Vec::new() };
        let mut found: Vec<usize> = (0..self.sites.len()).collect();
        if let Some(line) = line {
            found.retain(|&at| (self.sites[at].line..=self.sites[at].end_line).contains(&line));
            let here = column.map(|column| Span::at(offset_of(source, line, column)));
            let around = found.iter().copied().filter(|&at| here.is_some_and(|h| self.known[at].whole.contains(h)));
            let length = |at: usize| self.known[at].whole.end - self.known[at].whole.start;
            if let Some(one) = around.min_by_key(|&at| length(at)) {
                found = vec![one];
            } else if let Some(innermost) = found.iter().map(|&at| self.sites[at].line).max() {
                found.retain(|&at| self.sites[at].line == innermost);
            }
        }
        let explained = |at: usize| ExplainedSite {
            path: self.shown.clone(),
            function_line: function_line(source, self.known[at].whole),
            site: self.sites[at].clone(),
            stages: stages(source, &self.known[at]),
        };
        found.into_iter().map(explained).collect()
    }
}

/// The offset of a line and a column in characters; the line's end where it is shorter.
fn offset_of(source: &Source, line: usize, column: usize) -> usize {
    let start = source.line_start(line);
    let text = source.text[start..].lines().next().unwrap_or_default();
    start + text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at)
}

/// The line at which the function around a loop begins, its decorators left out.
fn function_line(source: &Source, whole: Span) -> Option<usize> {
    let node = source.root().descendant_for_byte_range(whole.start, whole.end)?;
    enclosing_scope(node).map(|scope| source.line(scope.start_byte()))
}

/// The stages of a site in the order of the text.
fn stages(source: &Source, known: &Known) -> Vec<StageSpan> {
    let mut out = Vec::new();
    let mut add = |stage: StageName, span: Span| {
        let (line, end_line) = (source.line(span.start), source.line(span.end));
        out.push(StageSpan { stage, line, end_line, span });
    };
    if let Some(header) = header(source, known) {
        add(StageName::Source, header);
    }
    add(StageName::Work, known.work);
    if let Some(pipeline) = &known.pipeline {
        // What has gone to another stage, and what no stage is made of.
        let mut gone = vec![known.work];
        for step in &pipeline.prepare {
            add(StageName::Prepare, step.span);
            if step.stage == Stage::Moved {
                gone.push(step.span);
            }
        }
        if let Some(looped) = source.root().descendant_for_byte_range(known.whole.start, known.whole.end) {
            gone.extend(walk(looped).filter(|n| n.kind().ends_with("comment")).map(span));
        }
        gone.sort();
        let mut consume = pipeline.consume.clone();
        // What a loop at module level leaves behind for other files stays, whatever the pipeline moved at first.
        let stays = pipeline.prepare.iter().filter(|step| step.stage == Stage::Copied).map(|step| step.span);
        consume.extend(stays.filter(|step| !pipeline.consume.iter().any(|part| part.contains(*step))));
        consume.extend(pipeline.collect.iter().filter(|c| c.list.is_none()).map(|c| c.append));
        for part in consume {
            for rest in rest_of(source, part, &gone, known.work) {
                add(StageName::Consume, rest);
            }
        }
    }
    out.sort_by_key(|s| (s.span.start, s.stage));
    out.dedup();
    out
}

/// The part of the loop that says what it iterates.
fn header(source: &Source, known: &Known) -> Option<Span> {
    let looped = |kind: &str| node_at(source.root(), known.whole, kind);
    if let Some(statement) = looped("for_statement") {
        let right = statement.child_by_field_name("right")?;
        return Some(Span::new(known.whole.start, right.end_byte()));
    }
    if let Some(value) = looped("for_expression").and_then(|l| l.child_by_field_name("value")) {
        return Some(Span::new(known.whole.start, value.end_byte()));
    }
    if let Some(flat) = known.pipeline.as_ref().and_then(|p| p.flat.as_ref()) {
        return Some(flat.clauses);
    }
    let comprehension = ["list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"]
        .into_iter()
        .find_map(looped)?;
    children(comprehension).find(|c: &Node<'_>| c.kind() == "for_in_clause").map(span)
}

/// What a statement has left where other stages took their parts: its stretches of whole lines.
fn rest_of(source: &Source, part: Span, gone: &[Span], work: Span) -> Vec<Span> {
    let mut out: Vec<(usize, Span)> = Vec::new();
    for line in source.line(part.start)..=source.line(part.end) {
        let start = source.line_start(line).max(part.start);
        let end = source.line_start(line + 1).min(part.end);
        let Some(own) = own_of(source, Span::new(start, end.max(start)), gone, work) else { continue };
        match out.last_mut() {
            Some((last, before)) if *last + 1 == line => (*last, before.end) = (line, own.end),
            _ => out.push((line, own)),
        }
    }
    out.into_iter().map(|(_, span)| span).collect()
}

/// What a line has left; nothing where that is only space, the name that the call's answer gets, or brackets that close
/// behind the call.
fn own_of(source: &Source, line: Span, gone: &[Span], work: Span) -> Option<Span> {
    let mut own: Option<Span> = None;
    let mut at = line.start;
    let ends = gone.iter().copied().chain([Span::at(line.end)]);
    for taken in ends {
        if taken.end < at || taken.start > line.end {
            continue;
        }
        let until = taken.start.clamp(at, line.end);
        let text = source.slice(Span::new(at, until));
        let closes = at == work.end && text.chars().all(|c| c.is_whitespace() || ")]},;".contains(c));
        let names = taken == work && binds_a_name(text);
        if !text.trim().is_empty() && !closes && !names {
            let begin = at + (text.len() - text.trim_start().len());
            let end = at + text.trim_end().len();
            own = Some(Span::new(own.map_or(begin, |o| o.start), end));
        }
        at = taken.end.clamp(until, line.end);
    }
    own
}

/// Whether a text in front of a call only names its answer: `reply = await `.
fn binds_a_name(text: &str) -> bool {
    let text = text.trim_end();
    let text = text.strip_suffix("await").map_or(text, str::trim_end).trim_end_matches('(').trim_end();
    let name = if text.trim().is_empty() { Some("") } else { text.strip_suffix('=') };
    name.is_some_and(|n| n.chars().all(|c| c.is_alphanumeric() || "_, ()\t".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Options};

    /// The lines of a script with their stages.
    fn drawn(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.py");
        std::fs::write(&path, text).unwrap();
        let outcome = Engine::new(None, Options::default()).unwrap().check(&[path]).unwrap();
        let file = &outcome.files[0];
        let source = file.source.as_ref().unwrap();
        let explained = file.explain(None, None);
        let site = &explained[0];
        (site.site.line..=site.site.end_line)
            .map(|line| {
                let on = |s: &&StageSpan| (s.line..=s.end_line).contains(&line);
                let mut stages: Vec<StageName> = site.stages.iter().filter(on).map(|s| s.stage).collect();
                stages.sort();
                stages.dedup();
                let names: Vec<&str> = stages.iter().map(|s| s.as_str()).collect();
                let text = source.text.lines().nth(line - 1).unwrap();
                format!("{}: {}", names.join("+"), text.trim())
            })
            .collect()
    }

    #[test]
    fn each_line_has_its_stages() {
        let lines = drawn(
            "import requests\n\ndef main():\n    for name in ['a', 'b']:\n        # a comment\n        if name == 'z':\n            continue\n\n        url = f'https://x.org/{name}'\n        reply = requests.get(\n            url,\n        )\n        print(name, reply)  # told\n",
        );
        assert_eq!(
            lines,
            [
                "source: for name in ['a', 'b']:",
                ": # a comment",
                "prepare+consume: if name == 'z':",
                "consume: continue",
                ": ",
                "prepare: url = f'https://x.org/{name}'",
                "work: reply = requests.get(",
                "work: url,",
                "work: )",
                "consume: print(name, reply)  # told",
            ]
        );
    }

    #[test]
    fn a_line_can_belong_to_work_and_to_consume() {
        let lines = drawn(
            "import requests\n\nout = []\nfor name in ['a', 'b']:\n    try:\n        out.append(requests.get(name).text)\n    except OSError:\n        print(name)\n",
        );
        assert_eq!(lines[1..3], ["consume: try:", "work+consume: out.append(requests.get(name).text)"]);
        let lines = drawn("import requests\n\nout = [requests.get(n) for n in ['a', 'b']]\nprint(out)\n");
        assert_eq!(lines, ["source+work: out = [requests.get(n) for n in ['a', 'b']]"]);
    }

    #[test]
    fn a_blocked_loop_shows_what_is_known() {
        let lines = drawn(
            "import requests\n\nlast = ''\nfor name in [\n    'a',\n]:\n    last = requests.get(name + last).text\n    print(last)\n",
        );
        assert_eq!(lines[0], "source: for name in [");
        assert_eq!(lines[3..], ["work: last = requests.get(name + last).text", ": print(last)"]);
    }
}
