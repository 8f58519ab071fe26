//! `import`: "give me this name here" answers with an edit and the bound name, or with the reason why not.
//!
//! The edits are made when the plans of a file are composed, so that two sites which need the runtime share one import.

use super::{Import, Piece, Plan, RUNTIME_MODULE, RUNTIME_NAMES};
use crate::facts::{Conflict, Edit, EditSet, Span};
use crate::model::python::File;
use crate::model::python::command_line::Flag;
use crate::model::python::names::ScopeKind;
use crate::syntax::python::ImportFrom;
use crate::syntax::{Node, Source, children, layout, walk};
use std::collections::{BTreeMap, BTreeSet};

/// Why names cannot be imported, or edits not be made together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    /// The name means something else in this file.
    #[error("the name `{0}` is taken in this file, so `{1}` cannot be imported")]
    Taken(String, String),
    /// Options were planned, and the command line is not found any more.
    #[error("the command line to which options are to be added is not what it was")]
    CommandLine,
    /// Two recipes want to change the same text.
    #[error(transparent)]
    Conflict(#[from] Box<Conflict>),
}

impl From<Conflict> for ImportRefused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(Box::new(conflict))
    }
}

/// Whether names of a module are written with the module in front, because one of them means something else here.
pub(super) fn qualified(file: &File<'_>, module: &str) -> bool {
    match module {
        RUNTIME_MODULE => RUNTIME_NAMES.iter().filter(|n| **n != "options").any(|n| taken_by_other(file, module, n)),
        "itertools" => {
            taken_by_other(file, module, "islice")
                || file
                    .names
                    .bindings(file.names.module(), "itertools")
                    .iter()
                    .any(|b| b.import.as_deref() == Some("itertools"))
        }
        _ => false,
    }
}

/// Whether a name is in use for anything but this import.
pub(super) fn taken_by_other(file: &File<'_>, module: &str, name: &str) -> bool {
    if !file.names.is_taken(name) {
        return false;
    }
    let path = format!("{module}.{name}");
    let own = file.names.bindings(file.names.module(), name);
    let ours = !own.is_empty() && own.iter().all(|b| b.import.as_deref() == Some(&path));
    // What a class has is read through it, and hides nothing from its methods.
    let binds = |in_class: bool| {
        let mut scopes = file.names.scopes().skip(1);
        scopes.any(|(_, s)| (s.kind == ScopeKind::Class) == in_class && s.bindings.contains_key(name))
    };
    let only_in_classes = own.is_empty() && binds(true) && file.names.reads_named(name).is_empty();
    (!ours && !only_in_classes) || binds(false)
}

/// The edits that several plans of one script make in it, their imports made once.
///
/// # Errors
/// Where two plans overlap, or a name cannot be imported.
pub fn compose(file: &File<'_>, plans: &[&Plan]) -> Result<EditSet, ImportRefused> {
    compose_pieces(file, &plans.iter().map(|plan| plan.own()).collect::<Vec<_>>())
}

/// What several plans, of whatever scripts, change in one file. Imports are made once, and so are equal edits.
///
/// # Errors
/// Where two of them overlap, or a name cannot be imported.
pub fn compose_pieces(file: &File<'_>, pieces: &[Piece<'_>]) -> Result<EditSet, ImportRefused> {
    let mut imports: BTreeSet<Import> = pieces.iter().flat_map(|p| p.imports.iter().cloned()).collect();
    let by = pieces.first().map_or("import", |p| p.by);
    // Options are shared as imports are, and stand in front of whatever begins at the same place.
    let flags: BTreeSet<Flag> = pieces.iter().flat_map(|p| p.flags.iter().copied()).collect();
    let mut added = Vec::new();
    if !flags.is_empty() {
        let Some(Ok(line)) = file.command_line() else { return Err(ImportRefused::CommandLine) };
        let (edits, import) = super::flags::edits(file, &line, &flags, by);
        added = edits;
        imports.insert(import);
    }
    let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (module, name) in &imports {
        let bound = if name.is_empty() { module } else { name };
        if name.is_empty() {
            let own = file.names.bindings(file.names.module(), module);
            if own.iter().any(|b| b.import.as_deref() == Some(module)) {
                continue;
            }
            if file.names.is_taken(module) {
                return Err(ImportRefused::Taken(bound.clone(), module.clone()));
            }
        } else {
            if taken_by_other(file, module, name) {
                return Err(ImportRefused::Taken(bound.clone(), format!("{module}.{name}")));
            }
            if !file.names.bindings(file.names.module(), name).is_empty() {
                continue;
            }
        }
        modules.entry(module).or_default().push(name);
    }
    // The imports first: where code begins at the same place, they go in front of it.
    let mut all = EditSet::new();
    for (module, names) in modules {
        all.add(import_edit(file, module, &names, by))?;
    }
    for edit in added {
        all.add(edit)?;
    }
    for piece in pieces {
        all.merge(piece.edits)?;
    }
    // Functions in front of one statement are kept apart once.
    let mut out = EditSet::new();
    let mut before: Option<Edit> = None;
    for edit in all.iter() {
        let mut edit = edit.clone();
        let newlines = |text: &str| text.chars().filter(|c| *c == '\n').count();
        if let Some(there) = before.as_ref().filter(|b| b.span == edit.span && edit.span.is_empty()) {
            let blank = newlines(&there.text[there.text.trim_end().len()..]).saturating_sub(1);
            let text = edit.text.trim_start_matches(['\n', '\r']);
            let lead = newlines(&edit.text[..edit.text.len() - text.len()]);
            edit.text = format!("{}{text}", file.source.newline.as_str().repeat(lead.saturating_sub(blank)));
        }
        before = Some(edit.clone());
        out.add(edit)?;
    }
    let seen = pieces.iter().any(|piece| piece.seen);
    Ok(super::pools::without_idle(file, out, seen)?)
}

/// Whether a name of a module can be imported in a file.
///
/// # Errors
/// Where its name, or that of the module, means something else there.
pub fn can_import(file: &File<'_>, module: &str, name: &str) -> Result<(), ImportRefused> {
    let bound = if qualified(file, module) { String::new() } else { name.to_string() };
    let imports = BTreeSet::from([(module.to_string(), bound)]);
    let piece = Piece { by: "import", edits: &EditSet::new(), imports: &imports, flags: &BTreeSet::new(), seen: true };
    compose_pieces(file, &[piece]).map(|_| ())
}

fn import_edit(file: &File<'_>, module: &str, names: &[&str], by: &str) -> Edit {
    let source = file.source;
    let newline = source.newline.as_str();
    if names.iter().all(|n| !n.is_empty())
        && let Some(existing) =
            top_level(source).filter_map(ImportFrom::cast).find(|i| i.module().is_some_and(|m| source.of(m) == module))
        && let Some(last) = children(existing.0).last().filter(|l| l.kind() != "wildcard_import")
    {
        let first = children(existing.0).nth(1).unwrap_or(last);
        let one_a_line = source.line(first.start_byte()) != source.line(existing.0.start_byte());
        let joint = if one_a_line {
            format!(",{newline}{}", layout::indent_at(source, last.start_byte()))
        } else {
            ", ".into()
        };
        let text: String = names.iter().map(|n| format!("{joint}{n}")).collect();
        return Edit { span: Span::at(last.end_byte()), text, by: by.into() };
    }
    let line = if names.iter().any(|n| n.is_empty()) {
        format!("import {module}")
    } else {
        format!("from {module} import {}", names.join(", "))
    };
    let (at, before, after) = place(file, module, &line);
    Edit {
        span: Span::at(at),
        text: format!("{}{line}{newline}{}", newline.repeat(before), newline.repeat(after)),
        by: by.into(),
    }
}

/// The statements at the top level of the file, comments left out.
fn top_level(source: &Source) -> impl Iterator<Item = Node<'_>> {
    children(source.root())
}

/// The imports that the file begins with. Blocks that only import (`try`, `if TYPE_CHECKING`) do not end them.
fn leading_imports(source: &Source) -> Vec<Node<'_>> {
    let mut out = Vec::new();
    for (at, node) in top_level(source).enumerate() {
        let docstring = at == 0
            && node.kind() == "expression_statement"
            && node.named_child(0).is_some_and(|c| c.kind() == "string");
        match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => out.push(node),
            "try_statement" | "if_statement" if walk(node).any(|n| n.kind().starts_with("import")) => {}
            _ if docstring => {}
            _ => break,
        }
    }
    out
}

/// Where a new import line goes: the offset, and how many blank lines before and behind it.
fn place(file: &File<'_>, module: &str, line: &str) -> (usize, usize, usize) {
    let source = file.source;
    let imports = leading_imports(source);
    let line_end = |node: Node<'_>| layout::lines(source, node).end;
    let mut groups: Vec<Vec<Node<'_>>> = Vec::new();
    for node in &imports {
        let continues = groups
            .last()
            .and_then(|g| g.last())
            .is_some_and(|last| source.line(node.start_byte()) <= source.line(last.end_byte()) + 1);
        match groups.last_mut() {
            Some(group) if continues => group.push(*node),
            _ => groups.push(vec![*node]),
        }
    }
    groups.retain(|g| g.iter().any(|n| n.kind() != "future_import_statement"));
    let Some(last_group) = groups.last() else {
        // No import yet: behind the docstring, the future imports and the comments at the top.
        // Where code follows at once, a blank line keeps it apart.
        let behind = |node: Node<'_>| {
            let end = line_end(node);
            let next = source.text[end..].lines().next().unwrap_or_default();
            (end, 1, usize::from(!next.trim().is_empty()))
        };
        if let Some(future) = imports.last() {
            return behind(*future);
        }
        let first = top_level(source).next();
        let docstring = first
            .filter(|n| n.kind() == "expression_statement" && n.named_child(0).is_some_and(|c| c.kind() == "string"));
        return match (docstring, first) {
            (Some(d), _) => behind(d),
            (None, Some(f)) => (layout::with_comments_above(source, f).max(header_end(source)), 0, 1),
            (None, None) => (0, 0, 0),
        };
    };
    let end_of = |group: &[Node<'_>]| group.last().map_or(0, |n| line_end(*n));
    if module == RUNTIME_MODULE {
        let local = last_group.iter().any(|n| is_local(file, *n));
        return (end_of(last_group), usize::from(groups.len() > 1 && !local), 0);
    }
    // An installed one goes where those are: behind the last that is not the project's own.
    if module == "tqdm" {
        let installed = groups.iter().rfind(|g| !g.iter().any(|n| is_local(file, *n)));
        return (end_of(installed.unwrap_or(last_group)), 0, 0);
    }
    // A standard module goes where its like stand: behind the last one of the first group that sorts before it.
    let first = &groups[0];
    let key = |n: &Node<'_>| source.of(*n).to_string();
    // Those of whole modules come first.
    let whole = line.starts_with("import ");
    let new = if whole { line.to_string() } else { format!("from {module} import") };
    let behind = first.iter().rfind(|n| match n.kind() {
        "future_import_statement" => true,
        "import_statement" => !whole || key(n) < new,
        _ => !whole && key(n) < new,
    });
    match behind {
        Some(n) => (line_end(*n), 0, 0),
        None => (source.line_start(source.line(first[0].start_byte())), 0, 0),
    }
}

fn is_local(file: &File<'_>, import: Node<'_>) -> bool {
    let module = ImportFrom::cast(import).and_then(|i| i.module()).map(|m| file.source.of(m));
    module.is_some_and(|m| m.starts_with('.') || file.is_project_module(m))
}

/// The end of the comments at the top of the file (shebang, coding, licence).
fn header_end(source: &Source) -> usize {
    let mut end = 0;
    for line in source.text.split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        end += line.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::syntax::Language;

    /// The text after importing names, or the refusal.
    fn import(text: &str, names: &[(&str, &str)]) -> Result<String, String> {
        // `helpers` is the project's own.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("helpers.py"), "").unwrap();
        let path = folder.path().join("t.py");
        let source = Source::from_bytes(&path, text.as_bytes(), Language::Python).unwrap();
        let catalog = Catalog::default();
        let program = crate::model::python::Program::new(&catalog, [&source]);
        let file = program.file(&path).unwrap();
        let imports = names.iter().map(|(m, n)| (m.to_string(), n.to_string())).collect();
        let plan = Plan { by: "test".into(), imports, ..Plan::default() };
        compose(file, &[&plan, &plan]).map(|e| e.apply(&source.text)).map_err(|e| e.to_string())
    }

    const AHEAD: &[(&str, &str)] = &[(RUNTIME_MODULE, "ahead")];

    #[test]
    fn the_import_goes_where_the_file_keeps_its_own() {
        let cases = [
            ("", "from perfmod_runtime import ahead\n"),
            ("x = 1\n", "from perfmod_runtime import ahead\n\nx = 1\n"),
            ("import a\nx = 1\n", "import a\nfrom perfmod_runtime import ahead\nx = 1\n"),
            ("import a\n\nimport b\n\nx = 1\n", "import a\n\nimport b\n\nfrom perfmod_runtime import ahead\n\nx = 1\n"),
            (
                "import a\n\nfrom helpers import h\n",
                "import a\n\nfrom helpers import h\nfrom perfmod_runtime import ahead\n",
            ),
            ("\"\"\"Doc.\"\"\"\nx = 1\n", "\"\"\"Doc.\"\"\"\n\nfrom perfmod_runtime import ahead\n\nx = 1\n"),
            ("#!/bin/sh\n# note\nx = 1\n", "#!/bin/sh\n# note\nfrom perfmod_runtime import ahead\n\nx = 1\n"),
            (
                "from __future__ import annotations\n\nx = 1\n",
                "from __future__ import annotations\n\nfrom perfmod_runtime import ahead\n\nx = 1\n",
            ),
            ("import a\r\nx = 1\r\n", "import a\r\nfrom perfmod_runtime import ahead\r\nx = 1\r\n"),
        ];
        for (before, after) in cases {
            assert_eq!(import(before, AHEAD).unwrap(), after, "{before:?}");
        }
    }

    #[test]
    fn blocks_that_only_import_do_not_end_the_imports_and_are_not_entered() {
        let text = "from typing import TYPE_CHECKING\n\nimport a\n\nif TYPE_CHECKING:\n    from b import C\n\nx = 1\n";
        let after = "from typing import TYPE_CHECKING\n\nimport a\n\nfrom perfmod_runtime import ahead\n\nif TYPE_CHECKING:\n    from b import C\n\nx = 1\n";
        assert_eq!(import(text, AHEAD).unwrap(), after);
    }

    #[test]
    fn an_import_that_is_there_is_extended_or_used() {
        assert_eq!(
            import("from perfmod_runtime import run\n", AHEAD).unwrap(),
            "from perfmod_runtime import run, ahead\n"
        );
        assert_eq!(
            import("from perfmod_runtime import ahead\n", AHEAD).unwrap(),
            "from perfmod_runtime import ahead\n"
        );
        let several = "from perfmod_runtime import (\n    run,\n    gather,\n)\n";
        assert_eq!(
            import(several, AHEAD).unwrap(),
            "from perfmod_runtime import (\n    run,\n    gather,\n    ahead,\n)\n"
        );
        let two = &[("itertools", "islice"), (RUNTIME_MODULE, "ahead")];
        assert_eq!(
            import("import a\nimport z\n", two).unwrap(),
            "import a\nimport z\nfrom itertools import islice\nfrom perfmod_runtime import ahead\n"
        );
    }

    #[test]
    fn what_a_draft_changes_in_other_files_is_composed_there() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        put("llm.py", "import requests\n\ndef ask(x):\n    return requests.get(x).text\n");
        put("taken.py", "import llm\ncached = {}\n\ndef ask(x):\n    return llm.ask(x)\n");
        let path = put("a.py", "import llm, taken\nfor x in open('x').read().split():\n    print(llm.ask(x))\n");
        let catalog = Catalog::load(&crate::catalog::transforms::Transforms::embedded()).unwrap();
        let source = Source::read(&path, Language::Python).unwrap();
        let program = crate::model::python::Program::new(&catalog, [&source]);
        let file = program.file(&path).unwrap();
        let analysis = crate::model::python::analyse(file).remove(0);
        let pipeline = analysis.pipeline.unwrap();
        let surface = crate::model::python::Surface::Threads { why: "x".into() };
        let style = super::super::Style::default();
        let terms = super::super::Terms { style: &style, forbids: &|_, _, _| None, keeps_import: &|_| false };
        let draft = || {
            let strategy = crate::facts::Strategy::Pipeline;
            super::super::Draft::new(file, &pipeline, &surface, strategy, terms, "test", &mut Vec::new())
        };
        let other = |name: &str| file.other(&folder.path().join(name)).unwrap();
        let (llm, taken) = (other("llm.py"), other("taken.py"));
        let call = |text: &str, of: &str| Span::new(text.find(of).unwrap(), text.find(of).unwrap() + of.len());
        let mut draft_of_two = draft();
        let at = call(&llm.source.text, "requests.get(x)");
        let name = draft_of_two.import_in(llm, RUNTIME_MODULE, "cached");
        draft_of_two.edit_in(llm, at, format!("{name}(requests.get, x)")).unwrap();
        let overlapping = draft_of_two.edit_in(llm, Span::new(at.start, at.start + 3), "other").unwrap_err();
        assert_eq!((overlapping.first.span, overlapping.second.by.as_str()), (at, "test"));
        let name = draft_of_two.import_in(taken, RUNTIME_MODULE, "cached");
        draft_of_two.edit_in(taken, call(&taken.source.text, "llm.ask(x)"), format!("{name}(llm.ask, x)")).unwrap();
        // The script is no other file.
        draft_of_two.edit_in(file, Span::at(0), "# first\n").unwrap();
        let plan = draft_of_two.finish();
        assert_eq!((plan.edits.iter().count(), plan.imports.len(), plan.others.len()), (1, 0, 2));
        assert!(plan.needs_runtime());
        let composed = |other: &File<'_>, plans: &[&Plan]| {
            let pieces: Vec<_> = plans.iter().filter_map(|p| p.in_other(other.located())).collect();
            compose_pieces(other, &pieces).map(|e| e.apply(&other.source.text)).map_err(|e| e.to_string())
        };
        let after = "import requests\nfrom perfmod_runtime import cached\n\ndef ask(x):\n    return cached(requests.get, x).text\n";
        assert_eq!(composed(llm, &[&plan, &plan]).unwrap(), after, "equal edits are one");
        let after = "import llm\nimport perfmod_runtime\ncached = {}\n\ndef ask(x):\n    return perfmod_runtime.cached(llm.ask, x)\n";
        assert_eq!(composed(taken, &[&plan]).unwrap(), after, "where the name means something else");
        let mut against = draft();
        against.edit_in(llm, Span::new(at.start, at.start + 3), "other").unwrap();
        let why = composed(llm, &[&plan, &against.finish()]).unwrap_err();
        assert!(why.contains("which recipe test changes already"), "{why}");
        // As a journal keeps it; and one of a version that knew no other files.
        let kept = serde_json::to_value(&plan).unwrap();
        assert_eq!(serde_json::from_value::<Plan>(kept.clone()).unwrap(), plan);
        let mut old = kept;
        old.as_object_mut().unwrap().remove("others");
        assert!(serde_json::from_value::<Plan>(old).unwrap().others.is_empty());
    }

    #[test]
    fn a_name_that_means_something_else_is_refused_with_the_reason() {
        for text in ["ahead = 1\n", "def f(ahead): pass\n", "from other import ahead\n", "for ahead in []: pass\n"] {
            let said = import(text, AHEAD).unwrap_err();
            assert!(said.contains("`ahead`") && said.contains("perfmod_runtime.ahead"), "{text}: {said}");
        }
    }
}
