//! Which files of a run can matter: those that hold what is looked for, and those that import such a file, directly or
//! through others of the project.
//!
//! Nothing is parsed. Imports are followed to files as the model follows them ([`Modules::find`]). What is left out besides,
//! by names ([`super::reach`]), is left out whole: a file that is analysed is analysed as if it had been named.

use super::files::located;
use super::mentions::{Mentions, Name};
use super::modules::{Found, Modules};
use super::parallel::in_parallel;
use super::reach::{self, Origin, Seeds};
use super::scan::{Needles, Scan, members};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::{Path, PathBuf};

/// Files above this size are not looked through: nobody can analyse them, and whoever tries says so.
const MAX_SCANNED: u64 = 10_000_000;

/// Looking through a text needs no more.
const STACK: usize = 1 << 20;

/// Answers for the files of one run.
#[derive(Debug, Default)]
pub struct Index {
    matters: FxHashSet<PathBuf>,
}

/// A file that was looked through.
struct Known {
    path: PathBuf,
    scan: Scan,
}

impl Index {
    /// Looks through files, and through those of their projects to which their imports lead. With `seeds`, those are left out
    /// in which nothing is repeated that leads to what is looked for.
    pub fn of(files: &[PathBuf], needles: &Needles, seeds: Option<&Seeds>, jobs: usize) -> Self {
        let scans = in_parallel(
            files,
            jobs,
            STACK,
            || (),
            |(), path| {
                let path = located(path);
                let scan = scan(&path, needles);
                Known { path, scan }
            },
        );
        let mut graph = Graph {
            modules: Modules::default(),
            known: scans,
            numbers: FxHashMap::default(),
            listed: FxHashMap::default(),
        };
        for (at, known) in graph.known.iter().enumerate() {
            graph.numbers.insert(known.path.clone(), at);
        }
        let mut importers: Vec<Vec<usize>> = Vec::new();
        let mut at = 0;
        while at < graph.known.len() {
            importers.resize_with(graph.known.len(), Vec::new);
            // A file that holds something itself matters, whatever it imports.
            if !graph.known[at].scan.hit {
                for imported in graph.imported(at) {
                    let to = match graph.numbers.get(&imported) {
                        Some(to) => *to,
                        None => graph.add(imported, needles),
                    };
                    importers.resize_with(graph.known.len(), Vec::new);
                    importers[to].push(at);
                }
            }
            at += 1;
        }
        let mut pending: Vec<usize> = (0..graph.known.len()).filter(|at| graph.known[*at].scan.hit).collect();
        let mut matters = vec![false; graph.known.len()];
        while let Some(at) = pending.pop() {
            if !std::mem::replace(&mut matters[at], true) {
                pending.extend(importers[at].iter().copied());
            }
        }
        if let Some(seeds) = seeds {
            graph.narrow(&mut matters, needles, seeds, jobs);
        }
        let known = graph.known.into_iter().zip(matters).filter(|(_, m)| *m);
        Self { matters: known.map(|(k, _)| k.path).collect() }
    }

    /// Whether a file that was looked through can matter.
    pub fn matters(&self, file: &Path) -> bool {
        self.matters.contains(&located(file))
    }
}

struct Graph {
    modules: Modules,
    known: Vec<Known>,
    numbers: FxHashMap<PathBuf, usize>,
    /// The modules that lie right in a package: their names and files.
    listed: FxHashMap<PathBuf, Vec<(String, PathBuf)>>,
}

impl Graph {
    fn add(&mut self, path: PathBuf, needles: &Needles) -> usize {
        let scan = scan(&path, needles);
        self.numbers.insert(path.clone(), self.known.len());
        self.known.push(Known { path, scan });
        self.known.len() - 1
    }

    /// Leaves out the files in which nothing is repeated that leads to what is looked for.
    fn narrow(&mut self, matters: &mut [bool], needles: &Needles, seeds: &Seeds, jobs: usize) {
        let is_python = |known: &Known| known.path.extension().is_some_and(|e| e == "py");
        let mut chosen: Vec<usize> =
            (0..self.known.len()).filter(|at| matters[*at] && is_python(&self.known[*at])).collect();
        let asked = chosen.len();
        // What a class of theirs derives from may lie in files that do not matter by themselves.
        let mut seen: FxHashSet<usize> = chosen.iter().copied().collect();
        let mut imports: Vec<Vec<usize>> = Vec::with_capacity(asked);
        while let Some(at) = chosen.get(imports.len()).copied() {
            let mut to = Vec::new();
            for path in self.imported(at) {
                to.push(match self.numbers.get(&path) {
                    Some(known) => *known,
                    None => self.add(path, needles),
                });
            }
            chosen.extend(to.iter().copied().filter(|other| seen.insert(*other)));
            imports.push(to);
        }
        let place: FxHashMap<usize, u32> = chosen.iter().copied().zip(0..).collect();
        let text_of = |at: &usize| std::fs::read(&self.known[*at].path).ok().filter(|t| t.len() as u64 <= MAX_SCANNED);
        let mut given: FxHashSet<Name> = seeds.names().collect();
        for text in chosen.iter().filter_map(text_of) {
            super::mentions::given(&text, &mut given);
        }
        let read = in_parallel(
            &chosen,
            jobs,
            STACK,
            || (),
            |(), at| {
                let text = text_of(at)?;
                let wild = seeds.is_wild(&text);
                let all = wild || self.known[*at].scan.imports.iter().any(|path| seeds.computes(path));
                Some((Mentions::of(&text, &|name| all || given.contains(&name)), wild))
            },
        );
        let mut nodes = Vec::with_capacity(chosen.len());
        for ((at, read), imports) in chosen.iter().zip(read).zip(imports) {
            let (mentions, wild) = read.unwrap_or_else(|| (Mentions { broken: true, ..Mentions::default() }, false));
            let imports = imports.iter().filter_map(|other| place.get(other).copied()).collect();
            let Known { path, scan } = &self.known[*at];
            let origin = |import: &str| match self.modules.find(path, import, &scan.folders) {
                None if import.starts_with('.') => Origin::Project(None, None),
                None => Origin::Library,
                Some(found) => {
                    let rest = import.trim_start_matches('.').split('.').skip(found.parts).find(|n| !n.is_empty());
                    let file = found.file.and_then(|f| place.get(self.numbers.get(&f)?).copied());
                    Origin::Project(file, rest.map(|n| super::mentions::name(n.as_bytes())))
                }
            };
            let origins = mentions.imports.iter().map(|i| origin(&i.path)).collect();
            let stars = mentions.stars.iter().map(|s| origin(s)).collect();
            nodes.push(reach::Node { mentions, origins, stars, imports, wild });
        }
        for (at, can) in chosen.into_iter().zip(reach::reach(&nodes, seeds)).take(asked) {
            matters[at] = can;
        }
    }

    /// The files of the project to which a file's imports may lead.
    fn imported(&mut self, at: usize) -> Vec<PathBuf> {
        let Known { path, scan } = &self.known[at];
        let mut out = Vec::new();
        let mut packages = Vec::new();
        for import in &scan.imports {
            let Some(Found { file, package, parts }) = self.modules.find(path, import, &scan.folders) else { continue };
            // The package itself is at hand: its modules are reached as its attributes.
            let whole = import.split('.').filter(|p| !p.is_empty()).count() == parts;
            packages.extend(package.filter(|_| whole));
            out.extend(file);
        }
        let path = path.clone();
        packages.dedup();
        if !packages.is_empty() {
            let text = std::fs::read(&path).unwrap_or_default();
            let named: FxHashSet<&[u8]> = members(&text).collect();
            for package in packages {
                let modules = self.listed.entry(package).or_insert_with_key(|folder| modules_in(folder));
                let meant = modules.iter().filter(|(name, _)| named.contains(name.as_bytes()));
                out.extend(meant.map(|(_, file)| file.clone()));
            }
        }
        out.retain(|file| *file != path);
        out
    }
}

/// A file that cannot be read counts, so that whoever opens it says so.
fn scan(path: &Path, needles: &Needles) -> Scan {
    let unknown = || Scan { hit: true, ..Scan::default() };
    if std::fs::metadata(path).is_ok_and(|m| m.len() > MAX_SCANNED) {
        return unknown();
    }
    std::fs::read(path).map_or_else(|_| unknown(), |text| Scan::of(&text, needles))
}

fn modules_in(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(Result::ok).map(|e| e.path());
    paths
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_string();
            if path.extension().is_some_and(|e| e == "py") {
                return (name != "__init__").then_some((name, path));
            }
            let inner = path.join("__init__.py");
            inner.is_file().then_some((name, inner))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn matter(files: &[(&str, &str)]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::write(root.join("pyproject.toml"), "").unwrap();
        let mut paths = Vec::new();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            // Files below `out` are of the project, and not of the run.
            if !name.starts_with("out") {
                paths.push(path);
            }
        }
        let needles = Needles::new(vec!["requests".to_string()], Vec::new()).unwrap();
        let answers = [1, 3].map(|jobs| {
            let index = Index::of(&paths, &needles, None, jobs);
            files.iter().map(|f| f.0.to_string()).filter(|f| index.matters(&root.join(f))).collect::<Vec<_>>()
        });
        assert_eq!(answers[0], answers[1]);
        answers[0].clone()
    }

    #[test]
    fn files_matter_that_lead_to_one_that_does() {
        let files = [
            ("a.py", "import b\n"),
            ("b.py", "from pkg.llm import ask\n"),
            ("c.py", "import json, d\n"),
            ("d.py", "import c\n"),
            ("pkg/__init__.py", ""),
            ("pkg/llm.py", "import requests\n"),
            ("pkg/other.py", "from . import llm as l\n"),
            ("pkg/plain.py", "from . import other2\n"),
        ];
        assert_eq!(matter(&files), ["a.py", "b.py", "pkg/llm.py", "pkg/other.py"]);
    }

    #[test]
    fn modules_are_reached_as_attributes_of_their_package_and_outside_the_run() {
        let files = [
            ("a.py", "import pkg\npkg.llm.ask()\n"),
            ("b.py", "import pkg\npkg.nothing()\n"),
            ("c.py", "from outside import ask\n"),
            ("e.py", "import sys\nsys.path.append('outer')\nimport far\n"),
            ("pkg/__init__.py", ""),
            ("pkg/llm.py", "import requests\n"),
            ("outside.py", "import requests\n"),
            ("outer/far.py", "from requests import get\n"),
        ];
        assert_eq!(matter(&files), ["a.py", "c.py", "e.py", "pkg/llm.py", "outside.py", "outer/far.py"]);
    }
}
