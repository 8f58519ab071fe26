//! What is known about libraries: `transforms/catalog/*.toml`, one library a file.
//!
//! The entries are embedded in the binary. A folder of the user's adds to them and replaces a file of the same name.

mod library;
pub mod pages;
mod python;
pub mod transforms;

pub use library::{CallFact, ClientFact, Effect, Twin};
pub use python::PythonFacts;

use rustc_hash::{FxHashMap, FxHashSet};
use transforms::{DataError, Transforms};

/// Everything that the catalogue knows.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    functions: FxHashMap<String, CallFact>,
    clients: FxHashMap<String, ClientFact>,
    /// What is known about the language's own functions.
    pub python: PythonFacts,
    modules: Vec<String>,
    /// For each library, the module in which all that is known of it lies.
    prefixes: Vec<String>,
    /// The last names of all calls.
    names: FxHashSet<String>,
    /// The async twins of clients, each with the client's own constructor.
    twins: FxHashMap<String, String>,
    /// The coroutine functions that are twins, each with the function whose twin it is.
    coroutines: FxHashMap<String, String>,
    /// The modules of clients of which any method may be a call.
    wild: Vec<String>,
    /// Paths of methods that only clients have (`chat.completions.create`), each with a client's constructor.
    methods: Vec<(String, String)>,
}

impl Catalog {
    /// Reads the catalogue.
    ///
    /// # Errors
    /// The first entry that is wrong, with its file and line.
    pub fn load(transforms: &Transforms) -> Result<Self, DataError> {
        Self::load_with(transforms, &[])
    }

    /// The same with what lies in further folders.
    ///
    /// # Errors
    /// The first entry that is wrong, with its file and line.
    pub fn load_with(transforms: &Transforms, folders: &[String]) -> Result<Self, DataError> {
        let mut catalog = Self::default();
        let more = folders.iter().flat_map(|folder| transforms.under(folder));
        for file in transforms.under("catalog").chain(more) {
            if file.name() == "python.toml" {
                catalog.python = PythonFacts::parse(file)?;
                continue;
            }
            let library = library::parse(file)?;
            let known = library.functions.iter().map(|f| &f.0).chain(library.clients.iter().map(|c| &c.0));
            catalog.prefixes.push(common_module(&library.module, known));
            catalog.modules.push(library.module);
            catalog.functions.extend(library.functions);
            catalog.clients.extend(library.clients);
        }
        catalog.modules.sort();
        catalog.index();
        Ok(catalog)
    }

    fn index(&mut self) {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        self.names = self.functions.keys().map(|p| last(p)).collect();
        for (path, fact) in &self.functions {
            if let Twin::Await(twin) = &fact.twin {
                self.names.insert(last(twin));
                self.coroutines.insert(twin.clone(), path.clone());
            }
        }
        for (constructor, client) in &self.clients {
            if let Some(twin) = &client.twin {
                self.twins.insert(twin.clone(), constructor.clone());
            }
            if client.is_wild() {
                self.wild.push(constructor.split('.').next().unwrap_or_default().to_string());
            }
            for path in client.calls.keys().filter(|p| !p.starts_with('*')) {
                self.names.insert(last(path));
                if path.contains('.') {
                    self.methods.push((format!(".{path}"), constructor.clone()));
                }
            }
        }
        self.methods.sort();
        self.wild.sort();
        self.wild.dedup();
    }

    /// The modules of clients of which any method may be a call.
    pub fn wild_modules(&self) -> &[String] {
        &self.wild
    }

    /// The calls that the files of a folder tell of: functions, by their paths.
    ///
    /// # Errors
    /// The first entry that is wrong, with its file and line.
    pub fn functions_under(transforms: &Transforms, folder: &str) -> Result<Vec<String>, DataError> {
        let mut out = Vec::new();
        for file in transforms.under(folder) {
            out.extend(library::parse(file)?.functions.into_iter().map(|(path, _)| path));
        }
        Ok(out)
    }

    /// Whether a function is the coroutine function that a call has as its twin.
    pub fn is_async_function(&self, path: &str) -> bool {
        self.coroutines.contains_key(path)
    }

    /// Whether a constructor makes an asynchronous client.
    pub fn is_async_client(&self, constructor: &str) -> bool {
        self.twins.contains_key(constructor)
    }

    /// Whether some call of the catalogue ends with a name.
    pub fn is_call_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The client and call that a dotted expression can only mean, whatever stands in front: `x.chat.completions.create`.
    pub fn by_method(&self, dotted: &str) -> Option<(&ClientFact, &CallFact)> {
        let (path, constructor) = self.methods.iter().find(|(path, _)| dotted.ends_with(path.as_str()))?;
        let client = self.client(constructor)?;
        Some((client, client.calls.get(&path[1..])?))
    }

    /// The call of a dotted path such as `requests.get`.
    pub fn function(&self, path: &str) -> Option<&CallFact> {
        self.functions.get(path).or_else(|| self.functions.get(self.coroutines.get(path)?))
    }

    /// The client that a constructor such as `openai.OpenAI` makes; for an async twin, what is known of the client itself.
    pub fn client(&self, constructor: &str) -> Option<&ClientFact> {
        self.clients.get(constructor).or_else(|| self.clients.get(self.twins.get(constructor)?))
    }

    /// The constructor that makes objects of a class of a library, wherever in the library the class is defined.
    pub fn constructor_of(&self, class: &str) -> Option<&str> {
        let ends = |path: &str| {
            let first = path.split('.').next().map(str::to_string);
            (first, path.rsplit('.').next().map(str::to_string))
        };
        self.clients.keys().chain(self.twins.keys()).map(String::as_str).find(|path| ends(path) == ends(class))
    }

    /// The modules of which a program must import one, or something in one, to make a catalogued call; or else it spells
    /// out one of [`Catalog::spelled`].
    pub fn imported(&self) -> &[String] {
        &self.prefixes
    }

    /// The paths of methods that are known whatever stands in front of them, each as its names.
    pub fn spelled(&self) -> Vec<Vec<String>> {
        let names = |path: &str| path.split('.').filter(|n| !n.is_empty()).map(str::to_string).collect();
        self.methods.iter().map(|(path, _)| names(path)).collect()
    }

    /// All functions of libraries, and their twins.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().chain(self.coroutines.keys()).map(String::as_str)
    }

    /// All constructors of clients, and those of their twins, with what is known of the client.
    pub fn constructors(&self) -> impl Iterator<Item = (&str, &ClientFact)> {
        let twins = self.twins.iter().filter_map(|(twin, own)| Some((twin.as_str(), self.clients.get(own)?)));
        self.clients.iter().map(|(path, client)| (path.as_str(), client)).chain(twins)
    }

    /// The names of the modules that the catalogue speaks of: a file without any of them cannot have a site.
    pub fn modules(&self) -> &[String] {
        &self.modules
    }
}

/// The longest module path in which all of some paths lie, at least the library's own.
fn common_module<'p>(library: &str, mut paths: impl Iterator<Item = &'p String>) -> String {
    let above = |path: &'p str| path.rsplit_once('.').map_or("", |(module, _)| module).split('.');
    let Some(first) = paths.next() else { return library.to_string() };
    let mut common: Vec<&str> = above(first).collect();
    for path in paths {
        let same = common.iter().zip(above(path)).take_while(|(a, b)| *a == b).count();
        common.truncate(same);
    }
    let common = common.join(".");
    if common.starts_with(library) { common } else { library.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_loads() {
        let catalog = Catalog::load(&Transforms::embedded()).unwrap();
        assert!(catalog.modules().iter().any(|m| m == "openai") && catalog.is_async_client("openai.AsyncOpenAI"));
        let create = &catalog.client("openai.OpenAI").unwrap().calls["chat.completions.create"];
        assert_eq!(create.effect, Effect::Billed);
        assert_eq!(
            catalog.function("openai.ChatCompletion.create").unwrap().twin,
            Twin::Await("openai.ChatCompletion.acreate".into())
        );
        assert_eq!(catalog.function("requests.post").unwrap().effect, Effect::Unknown);
        assert!(catalog.python.pure_functions.contains("json.dumps"));
    }

    #[test]
    fn what_a_program_must_import_or_spell_out_follows_from_the_entries() {
        let paths = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let common = |library: &str, all: &[&str]| common_module(library, paths(all).iter());
        assert_eq!(common("urllib", &["urllib.request.urlopen", "urllib.request.build_opener"]), "urllib.request");
        assert_eq!(common("openai", &["openai.OpenAI", "openai.ChatCompletion.create"]), "openai");
        assert_eq!((common("a", &[]), common("a", &["b.c.d"])), ("a".into(), "a".into()));
        let catalog = Catalog::load(&Transforms::embedded()).unwrap();
        assert!(catalog.imported().contains(&"requests".to_string()));
        assert!(catalog.spelled().contains(&paths(&["chat", "completions", "create"])));
    }

    #[test]
    fn an_entry_that_is_wrong_names_its_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("catalog")).unwrap();
        let file = folder.path().join("catalog/mine.toml");
        std::fs::write(
            &file,
            "[library]\nmodule = \"mine\"\nabout = \"x\"\n\n[[function]]\npath = \"mine.get\"\neffect = \"magic\"\n",
        )
        .unwrap();
        let transforms = Transforms::with_folder(folder.path()).unwrap();
        let said = Catalog::load(&transforms).unwrap_err().to_string();
        assert!(said.contains("mine.toml:7") && said.contains("magic"), "{said}");
    }

    #[test]
    fn a_users_folder_adds_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("catalog")).unwrap();
        std::fs::write(
            folder.path().join("catalog/requests.toml"),
            "[library]\nmodule = \"requests\"\nabout = \"x\"\n[[function]]\npath = \"requests.get\"\neffect = \"billed\"\nverb = \"fetch\"\nseconds = 1.0\n",
        )
        .unwrap();
        let catalog = Catalog::load(&Transforms::with_folder(folder.path()).unwrap()).unwrap();
        assert_eq!(catalog.function("requests.get").unwrap().effect, Effect::Billed);
        assert!(catalog.function("requests.head").is_none());
        assert!(catalog.client("openai.OpenAI").is_some());
    }
}
