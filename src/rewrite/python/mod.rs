//! The operations on Python programs: stage the loop, lift the work into a function, wrap a call, make a chain
//! asynchronous, import what is needed.

mod absorb;
mod applied;
mod asyncify;
mod drawn;
mod flags;
mod flat;
mod gathered;
mod guess;
mod imports;
mod plain;
mod pools;
mod reuse;
mod stage;
mod text;
mod wrap;

pub use imports::{ImportRefused, can_import, compose, compose_pieces};

use crate::catalog::{Effect, Twin};
use crate::facts::{Code, Conflict, Edit, EditSet, Span, Strategy};
use crate::model::python::command_line::Flag;
use crate::model::python::{File, Surface};
use crate::model::{Pipeline, Stage};
use crate::syntax::{ancestors, span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The names that the runtime exports.
pub const RUNTIME_NAMES: [&str; 5] = ["ahead", "gather", "run", "cached", "options"];

pub use crate::project::runtime::RUNTIME_MODULE;

/// One import that a draft asks for: `from module import name`.
pub type Import = (String, String);

/// What the user chose about the emitted form.
#[derive(Debug, Clone, Default)]
pub struct Style {
    /// Written as `limit=N` where it is given; the runtime's default otherwise.
    pub max_concurrent: Option<usize>,
    /// Whether the standard library alone is used, and no runtime.
    pub plain: bool,
}

/// What a draft keeps to.
#[derive(Clone, Copy)]
pub struct Terms<'f> {
    /// What the user chose.
    pub style: &'f Style,
    /// Why a call, of this file or another of the program, is left as it is by a recipe that would wrap it.
    pub forbids: &'f Forbids<'f>,
    /// Whether other files may use what the script imports by a name.
    pub keeps_import: &'f dyn Fn(&str) -> bool,
}

/// Asks whether a recipe may change a call: its file, where it stands there, the recipe.
pub type Forbids<'f> = dyn Fn(&File<'_>, Span, &str) -> Option<Forbidden> + 'f;

/// Why a recipe must not change a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forbidden {
    /// The program says so.
    Asked,
    /// The file cannot be changed.
    Because(String),
}

/// A call that a patch leaves as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The kind of reason.
    pub code: Code,
    /// The call's file.
    pub path: PathBuf,
    /// Its line there.
    pub line: usize,
    /// What is left out: `{}` is the place.
    pub what: &'static str,
    /// The reason.
    pub why: String,
}

/// The names that drafts of a file have chosen, each with the function in which it stands.
pub type Taken = Vec<(Span, String)>;

/// How many calls run at once where nobody says otherwise.
pub const DEFAULT_LIMIT: usize = 300;

/// A patch in the making: the edits of one site.
pub struct Draft<'f, 't> {
    pub(super) file: &'f File<'t>,
    pub(super) pipeline: &'f Pipeline,
    pub(super) surface: &'f Surface,
    pub(super) strategy: Strategy,
    pub(super) style: &'f Style,
    terms: Terms<'f>,
    pub(super) by: String,
    pub(super) work: String,
    pub(super) reply: String,
    /// The function that draws for the items, where one does.
    pub(super) drawn: String,
    /// Calls of these effects keep their answers, and the recipe that asks for it.
    kept: Vec<(Effect, String)>,
    /// Calls of these effects are asked again after a failure that passes, and the recipe that asks for it.
    retried: Vec<(Effect, String)>,
    /// Retries of the program's own around calls of these effects become the runtime's, and the recipe that asks for it.
    absorbed: Vec<(Effect, String)>,
    /// What became the runtime's.
    retries: Vec<Left>,
    /// The sleeps that went with it, of this file.
    gone_sleeps: Vec<Span>,
    /// The recipes that the patch is made of.
    recipes: Vec<String>,
    /// The recipe that asks for a progress bar in the program's text.
    bar: Option<String>,
    /// The recipe that asks for a checkpoint.
    checkpoint: Option<String>,
    /// Whether starts keep the distance that the program's sleeps made.
    paced: bool,
    /// Whether the answers of a call are kept now.
    caches: bool,
    /// Calls whose answers should be kept and are not, because their time is taken: the line of the clock.
    timed: Vec<usize>,
    /// What else was left out, and why.
    left: Vec<Left>,
    /// Why a call that is asked ahead cannot be asked through the runtime.
    refused: Option<String>,
    edits: EditSet,
    /// Edits of the statements that move into a function.
    inner: EditSet,
    /// The body of loops that have become one.
    moved_left: Option<flat::MovedLeft>,
    imports: BTreeSet<Import>,
    others: BTreeMap<PathBuf, Part>,
    flags: BTreeSet<Flag>,
    /// Names that the patch gives to variables of its own.
    chosen: BTreeSet<String>,
}

/// The finished edits of one site, imports not yet made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The recipe.
    pub by: String,
    /// All recipes that are part of it, in the order in which they compose.
    #[serde(default)]
    pub recipes: Vec<String>,
    /// Whether answers are kept.
    #[serde(default)]
    pub caches: bool,
    /// Lines with a clock because of which the answers of a call are not kept.
    #[serde(default)]
    pub timed: Vec<usize>,
    /// What else was left out, and why; for the report.
    #[serde(skip)]
    pub left: Vec<Left>,
    /// Retries of the program's own that became the runtime's; for the report.
    #[serde(skip)]
    pub retries: Vec<Left>,
    /// Why the patch would not do what it is for.
    #[serde(skip)]
    pub refused: Option<String>,
    /// The edits, imports left out.
    pub edits: EditSet,
    /// The imports to make.
    pub imports: BTreeSet<Import>,
    /// How many calls it lets run at once, where it says so in the program's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// The options to add to the program's command line.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// What changes in other files of the project, by their paths.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<PathBuf, Part>,
    /// Whether it is known that no other file looks at the script's variables.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}

/// What a plan changes in a file other than its script.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The edits, imports left out.
    pub edits: EditSet,
    /// The imports to make.
    pub imports: BTreeSet<Import>,
}

/// What a plan changes in one file.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'p> {
    /// The recipe.
    pub by: &'p str,
    /// The edits, imports left out.
    pub edits: &'p EditSet,
    /// The imports to make.
    pub imports: &'p BTreeSet<Import>,
    /// The options to add to the file's command line.
    pub flags: &'p BTreeSet<Flag>,
    /// Whether other files may look at the variables of this one.
    pub seen: bool,
}

impl Plan {
    /// What it changes in its script.
    pub fn own(&self) -> Piece<'_> {
        Piece { by: &self.by, edits: &self.edits, imports: &self.imports, flags: &self.flags, seen: !self.unseen }
    }

    /// What it changes in another file, where it does.
    pub fn in_other(&self, path: &Path) -> Option<Piece<'_>> {
        static NONE: BTreeSet<Flag> = BTreeSet::new();
        let part = self.others.get(path)?;
        Some(Piece { by: &self.by, edits: &part.edits, imports: &part.imports, flags: &NONE, seen: true })
    }

    /// Whether a file that it changes imports from the runtime.
    pub fn needs_runtime(&self) -> bool {
        let all = std::iter::once(&self.imports).chain(self.others.values().map(|part| &part.imports));
        all.flatten().any(|(module, _)| module == RUNTIME_MODULE)
    }

    /// The same plan with the paths of the other files changed: how a journal has them, and where they lie.
    pub fn renamed(mut self, name: &dyn Fn(&Path) -> PathBuf) -> Self {
        self.others = self.others.into_iter().map(|(path, part)| (name(&path), part)).collect();
        self
    }
}

impl<'f, 't> Draft<'f, 't> {
    /// Begins a draft. `taken` holds the names that other drafts of this file have chosen, and gets this one's.
    pub fn new(
        file: &'f File<'t>,
        pipeline: &'f Pipeline,
        surface: &'f Surface,
        strategy: Strategy,
        terms: Terms<'f>,
        by: &str,
        taken: &mut Taken,
    ) -> Self {
        let root = file.source.root();
        let at = root.descendant_for_byte_range(pipeline.statement.start, pipeline.statement.end).unwrap_or(root);
        let function = ancestors(at).find(|a| a.kind() == "function_definition").map_or(span(root), span);
        let chosen = |name: &String| {
            taken.iter().any(|(place, known)| known == name && (place.contains(function) || function.contains(*place)))
        };
        let free =
            |name: &String| file.names.is_free_at(at, name) && !chosen(name) && !RUNTIME_NAMES.contains(&name.as_str());
        let verb = &match pipeline.guessed {
            true => format!("{}_ahead", pipeline.call.verb),
            false => pipeline.call.verb.clone(),
        };
        let items = match &pipeline.flat {
            Some(flat) => flat.item(),
            None => file.source.slice(pipeline.target).to_string(),
        };
        let noun = items.split(|c: char| !c.is_alphanumeric() && c != '_').find(|w| w.len() > 1).unwrap_or("item");
        let work = [verb.clone(), format!("{verb}_one"), format!("{verb}_{noun}"), format!("{verb}_item")]
            .into_iter()
            .find(&free)
            .or_else(|| (2..).map(|n| format!("{verb}_{n}")).find(&free))
            .unwrap_or_default();
        let drawn = match pipeline.prepare.iter().any(|step| step.stage == Stage::Drawn) {
            false => String::new(),
            true => ["drawn", "drawn_items", "drawn_in_turn"]
                .iter()
                .map(|n| n.to_string())
                .find(&free)
                .or_else(|| (2..).map(|n| format!("drawn_{n}")).find(&free))
                .unwrap_or_default(),
        };
        taken.push((function, work.clone()));
        if !drawn.is_empty() {
            taken.push((function, drawn.clone()));
        }
        let free_here = |name: &String| file.names.is_free_at(at, name);
        let reply = ["reply", "pending", "pending_reply", "awaited"]
            .iter()
            .map(|n| n.to_string())
            .find(&free_here)
            .or_else(|| (2..).map(|n| format!("reply_{n}")).find(&free_here))
            .unwrap_or_default();
        Self {
            file,
            pipeline,
            surface,
            strategy,
            style: terms.style,
            terms,
            by: by.to_string(),
            work,
            reply,
            drawn,
            kept: Vec::new(),
            recipes: vec![by.to_string()],
            retried: Vec::new(),
            absorbed: Vec::new(),
            retries: Vec::new(),
            gone_sleeps: Vec::new(),
            bar: None,
            checkpoint: None,
            paced: false,
            caches: false,
            timed: Vec::new(),
            left: Vec::new(),
            refused: None,
            edits: EditSet::new(),
            inner: EditSet::new(),
            moved_left: None,
            imports: BTreeSet::new(),
            others: BTreeMap::new(),
            flags: BTreeSet::new(),
            chosen: BTreeSet::new(),
        }
    }

    /// Ends the draft.
    pub fn finish(mut self) -> Plan {
        self.move_left();
        Plan {
            limit: self.limit().or(self.style.plain.then_some(DEFAULT_LIMIT)),
            by: self.by,
            recipes: self.recipes,
            caches: self.caches,
            timed: self.timed,
            left: self.left,
            retries: self.retries,
            refused: self.refused,
            edits: self.edits,
            imports: self.imports,
            others: self.others,
            flags: self.flags,
            unseen: false,
        }
    }

    /// How many calls run at once, where the program must say it: the user's choice, what the clients can take, or
    /// what the program itself allows.
    pub(super) fn limit(&self) -> Option<usize> {
        let pool = self.pipeline.waiting.iter().filter_map(|w| w.fact.pool).min();
        let by_threads = self.pipeline.waiting.iter().filter(|w| !self.is_async() || w.fact.twin == Twin::Threads);
        let bounded = by_threads.filter_map(|w| w.fact.threads.filter(|bound| !(bound.spread && self.is_through(w))));
        let threads = bounded.map(|bound| bound.most).min();
        [self.style.max_concurrent, pool, threads, self.pipeline.at_once].into_iter().flatten().min()
    }

    /// Whether nothing that stands around the site uses a name.
    pub(super) fn is_free(&self, name: &str) -> bool {
        let root = self.file.source.root();
        let Span { start, end } = self.pipeline.statement;
        self.file.names.is_free_at(root.descendant_for_byte_range(start, end).unwrap_or(root), name)
    }

    pub(super) fn is_async(&self) -> bool {
        matches!(self.surface, Surface::Async { .. })
    }

    pub(super) fn edit(&mut self, span: Span, text: impl Into<String>) -> Result<(), Conflict> {
        self.edits.add(Edit { span, text: text.into(), by: self.by.clone() })
    }

    /// An edit in another file of the program.
    ///
    /// # Errors
    /// Where it overlaps another edit of this draft there.
    pub fn edit_in(&mut self, other: &File<'_>, span: Span, text: impl Into<String>) -> Result<(), Conflict> {
        let edit = Edit { span, text: text.into(), by: self.by.clone() };
        if other.id == self.file.id {
            return self.edits.add(edit);
        }
        self.others.entry(other.located().to_path_buf()).or_default().edits.add(edit)
    }

    /// A name of a module as it is written in another file of the program, asking for its import there.
    pub fn import_in(&mut self, other: &File<'_>, module: &str, name: &str) -> String {
        let (bound, written) = match imports::qualified(other, module) {
            true => (String::new(), format!("{module}.{name}")),
            false => (name.to_string(), name.to_string()),
        };
        self.imports_of(other).insert((module.to_string(), bound));
        written
    }

    /// Asks for the import of a whole module in a file.
    pub(super) fn import_whole(&mut self, file: &File<'_>, module: &str) {
        self.imports_of(file).insert((module.to_string(), String::new()));
    }

    fn imports_of(&mut self, file: &File<'_>) -> &mut BTreeSet<Import> {
        match file.id == self.file.id {
            true => &mut self.imports,
            false => &mut self.others.entry(file.located().to_path_buf()).or_default().imports,
        }
    }

    /// A name of the runtime, as it is written in this file.
    pub(super) fn runtime(&mut self, name: &str) -> String {
        self.symbol(RUNTIME_MODULE, name)
    }

    /// A name of a module as it is written in this file, asking for its import.
    pub(super) fn symbol(&mut self, module: &str, name: &str) -> String {
        self.import_in(self.file, module, name)
    }

    /// Starts of work keep the distance that the program's sleeps made.
    pub fn keep_pace(&mut self, by: &str) {
        self.paced = true;
        self.recipes.push(by.to_string());
    }

    /// The loop gets a progress bar of its own.
    pub fn show_progress(&mut self, by: &str) {
        self.bar = Some(by.to_string());
    }

    /// What the work gives is kept until the loop has run to its end.
    pub fn keep_results(&mut self, by: &str) {
        self.checkpoint = Some(by.to_string());
    }

    /// An edit inside the statements that become a function: it is made in their new place.
    pub(super) fn edit_inside(&mut self, span: Span, text: impl Into<String>) -> Result<(), Conflict> {
        self.inner.add(Edit { span, text: text.into(), by: self.by.clone() })
    }

    pub(super) fn newline(&self) -> &'static str {
        self.file.source.newline.as_str()
    }
}
