//! `import`: "give me this name here" answers with an edit and the bound name, or with the reason why not.
//!
//! The edits are made when the plans of a file are composed, so that two sites which need the runtime share one import.

use super::{Import, Plan, RUNTIME_MODULE, RUNTIME_NAMES};
use crate::facts::{Conflict, Edit, EditSet, Span};
use crate::model::python::File;
use crate::syntax::python::ImportFrom;
use crate::syntax::{Node, Source, children, layout, walk};
use std::collections::{BTreeMap, BTreeSet};

/// Why names cannot be imported, or edits not be made together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    /// The name means something else in this file.
    #[error("the name `{0}` is taken in this file, so `{1}` cannot be imported")]
    Taken(String, String),
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
fn taken_by_other(file: &File<'_>, module: &str, name: &str) -> bool {
    if !file.names.is_taken(name) {
        return false;
    }
    let path = format!("{module}.{name}");
    let own = file.names.bindings(file.names.module(), name);
    let ours = !own.is_empty() && own.iter().all(|b| b.import.as_deref() == Some(&path));
    let local = file.names.scopes().skip(1).any(|(_, s)| s.bindings.contains_key(name));
    !ours || local
}

/// The edits of several plans of one file, their imports made once.
///
/// # Errors
/// Where two plans overlap, or a name cannot be imported.
pub fn compose(file: &File<'_>, plans: &[&Plan]) -> Result<EditSet, ImportRefused> {
    let mut all = EditSet::new();
    let mut imports: BTreeSet<Import> = BTreeSet::new();
    for plan in plans {
        all.merge(&plan.edits)?;
        imports.extend(plan.imports.iter().cloned());
    }
    let by = plans.first().map_or("import", |p| p.by.as_str());
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
            if file.names.is_taken(name) {
                continue;
            }
        }
        modules.entry(module).or_default().push(name);
    }
    for (module, names) in modules {
        all.add(import_edit(file, module, &names, by))?;
    }
    Ok(all)
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
    let (at, before, after) = place(file, module);
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
fn place(file: &File<'_>, module: &str) -> (usize, usize, usize) {
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
        if let Some(future) = imports.last() {
            return (line_end(*future), 1, 0);
        }
        let first = top_level(source).next();
        let docstring = first
            .filter(|n| n.kind() == "expression_statement" && n.named_child(0).is_some_and(|c| c.kind() == "string"));
        return match (docstring, first) {
            (Some(d), _) => (line_end(d), 1, 0),
            (None, Some(f)) => (layout::with_comments_above(source, f).max(header_end(source)), 0, 1),
            (None, None) => (0, 0, 0),
        };
    };
    let end_of = |group: &[Node<'_>]| group.last().map_or(0, |n| line_end(*n));
    if module == RUNTIME_MODULE {
        let local = last_group.iter().any(|n| is_local(file, *n));
        return (end_of(last_group), usize::from(groups.len() > 1 && !local), 0);
    }
    // A standard module goes where its like stand: behind the last one of the first group that sorts before it.
    let first = &groups[0];
    let key = |n: &Node<'_>| source.of(*n).to_string();
    let new = format!("from {module} import");
    let behind = first.iter().filter(|n| n.kind() == "import_statement" || key(n) < new).next_back();
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
