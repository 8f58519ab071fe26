//! What is known about libraries: `transforms/catalog/*.toml`, one library a file.
//!
//! The entries are embedded in the binary. A folder of the user's adds to them and replaces a file of the same name.

mod library;
pub mod pages;
mod python;
pub mod transforms;

pub use library::{CallFact, ClientFact, Effect, ErrorKinds, Kept, LibraryFact, Threads, Twin, Versions};
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
    libraries: Vec<LibraryFact>,
    /// For each library with calls that make a site, the module in which all of it lies that a program must import for one.
    prefixes: Vec<String>,
    /// The last names of all calls.
    names: FxHashSet<String>,
    /// All constructors of clients, their twins among them, each with the one by which the client is known.
    makers: FxHashMap<String, String>,
    /// The async twins of clients, each with the client's own constructor.
    twins: FxHashMap<String, String>,
    /// The coroutine functions that are twins, each with the function whose twin it is.
    coroutines: FxHashMap<String, String>,
    /// The modules of clients of which any method may be a call.
    wild: Vec<String>,
    /// Words of files in which an object may belong to the thread that made it.
    bound: Vec<String>,
    /// Paths of methods that tell their client (`.chat.completions.create`), each with its constructor.
    methods: Vec<(String, String)>,
}

/// A call on something that a constructor made.
#[derive(Debug, Clone, Copy)]
pub struct Method<'c> {
    /// The client.
    pub client: &'c ClientFact,
    /// The call.
    pub call: &'c CallFact,
    /// Whether this is its asynchronous form.
    pub is_async: bool,
    /// How many names of the path lead from the client to the call.
    pub steps: usize,
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
            let functions = library.functions.iter().filter(|(_, fact)| fact.site).map(|(path, _)| path.as_str());
            let makers = library.clients.iter().filter(|(_, client)| client.calls.values().any(|fact| fact.site));
            // Of `boto3.Session().client` a program imports `boto3.Session`.
            let makers = makers.flat_map(|(_, client)| client.constructors()).map(imported_part);
            let known: Vec<&str> = functions.chain(makers).collect();
            catalog.prefixes.extend(common_module(&library.fact.module, &known));
            catalog.libraries.push(library.fact);
            catalog.functions.extend(library.functions);
            catalog.methods.extend(library.telling.into_iter().map(|(path, client)| (format!(".{path}"), client)));
            catalog.clients.extend(library.clients);
        }
        catalog.libraries.sort_by(|a, b| a.module.cmp(&b.module));
        catalog.index();
        Ok(catalog)
    }

    /// Whether an exception of a library says that the next try may succeed: a rate limit, or a failure that passes.
    pub fn is_passing(&self, path: &str) -> bool {
        let kinds = self.libraries.iter().flat_map(|library| &library.errors);
        kinds.flat_map(|kinds| kinds.rate_limit.iter().chain(&kinds.transient)).any(|known| known == path)
    }

    /// Whether an exception of a library is raised for rate limits alone: what stands for any status says so by its name.
    pub fn is_rate_limit(&self, path: &str) -> bool {
        let alone = ["RateLimit", "TooManyRequests", "ResourceExhausted"].iter().any(|name| path.contains(name));
        alone && self.libraries.iter().flat_map(|l| &l.errors).any(|kinds| kinds.rate_limit.iter().any(|k| k == path))
    }

    fn index(&mut self) {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        for (path, fact) in self.functions.iter().filter(|(_, fact)| fact.site) {
            self.names.insert(last(path));
            if let Twin::Await(twin) = &fact.twin {
                self.names.insert(last(twin));
                self.coroutines.insert(twin.clone(), path.clone());
            }
        }
        for (constructor, client) in &self.clients {
            let own = client.constructors().map(|path| (path.to_string(), constructor.clone()));
            self.makers.extend(own.chain(client.twin.iter().map(|twin| (twin.clone(), constructor.clone()))));
            self.twins.extend(client.twin.iter().map(|twin| (twin.clone(), constructor.clone())));
            let module = imported_part(constructor).split('.').next().unwrap_or_default().to_string();
            if client.is_wild() {
                self.wild.push(module.clone());
            }
            if client.bound {
                self.bound.push(module);
            }
            let calls = client.calls.values().filter(|fact| fact.site && !fact.path.contains('*'));
            self.names.extend(calls.map(|fact| last(&fact.path)));
            self.names.extend(client.method_twins().map(last));
        }
        self.methods.sort();
        for words in [&mut self.wild, &mut self.bound] {
            words.sort();
            words.dedup();
        }
    }

    /// Words of files in which an object may belong to the thread that made it.
    pub fn bound_modules(&self) -> &[String] {
        &self.bound
    }

    /// Whether what a constructor makes may only be used by the thread that made it.
    pub fn is_bound(&self, constructor: &str) -> bool {
        self.client(constructor).is_some_and(|client| client.bound)
    }

    /// The call that a dotted path from what a constructor makes stands for, where it makes a site. A `()` in the path stands
    /// for a call on the way, and may make a client itself: `boto3.Session().client("s3").get_object`.
    pub fn method(&self, constructor: &str, path: &[String]) -> Option<Method<'_>> {
        let calls = path.iter().enumerate().rev().filter(|(_, part)| *part == "()").map(|(at, _)| at);
        let made = calls.filter_map(|at| {
            let maker = format!("{constructor}().{}", path[..at].join(".").replace(".()", "()"));
            Some((self.makers.get_key_value(&maker)?.0.as_str(), &path[at + 1..]))
        });
        let (maker, path) = made.chain([(constructor, path)]).find(|(maker, _)| self.makers.contains_key(*maker))?;
        let client = self.client(maker)?;
        let itself = path.is_empty().then(|| library::ITSELF.to_string());
        let (call, is_twin) = client.call(&itself.unwrap_or_else(|| path.join(".")))?;
        let is_async = is_twin || client.asynchronous || self.is_async_client(maker);
        call.site.then_some(Method { client, call, is_async, steps: path.len() })
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

    /// The call of a dotted path such as `requests.get`, where it makes a site.
    pub fn function(&self, path: &str) -> Option<&CallFact> {
        let own = self.functions.get(path).or_else(|| self.functions.get(self.coroutines.get(path)?));
        own.filter(|fact| fact.site)
    }

    /// What is known of a function, whether it makes a site or not.
    pub fn function_fact(&self, path: &str) -> Option<&CallFact> {
        self.functions.get(path)
    }

    /// The client that a constructor such as `openai.OpenAI` makes; for an async twin, what is known of the client itself.
    pub fn client(&self, constructor: &str) -> Option<&ClientFact> {
        self.clients.get(self.makers.get(constructor)?)
    }

    /// The constructor that makes objects of a class of a library, wherever in the library the class is defined.
    pub fn constructor_of(&self, class: &str) -> Option<&str> {
        let ends = |path: &str| {
            let first = path.split('.').next().map(str::to_string);
            (first, path.rsplit('.').next().map(str::to_string))
        };
        let plain = self.makers.keys().map(String::as_str).filter(|path| !path.contains('('));
        let mut all: Vec<&str> = plain.filter(|path| ends(path) == ends(class)).collect();
        // The one that lies nearest, whatever the order of a map.
        all.sort_by_key(|path| (std::cmp::Reverse(alike(path, class)), *path));
        all.first().copied()
    }

    /// The modules of which a program must import one, or something in one, to make a catalogued call; or else it spells
    /// out one of [`Catalog::spelled`].
    pub fn imported(&self) -> &[String] {
        &self.prefixes
    }

    /// Whether the plain functions of the module that a path begins with run no event loop: one that is known to, or a
    /// library that is catalogued.
    pub fn is_loopless(&self, path: &str) -> bool {
        let root = path.split('.').next().unwrap_or(path);
        self.python.loopless.contains(root) || self.libraries.iter().any(|l| l.module.split('.').next() == Some(root))
    }

    /// The paths of methods that are known whatever stands in front of them, each as its names.
    pub fn spelled(&self) -> Vec<Vec<String>> {
        let names = |path: &str| path.split('.').filter(|n| !n.is_empty()).map(str::to_string).collect();
        self.methods.iter().map(|(path, _)| names(path)).collect()
    }

    /// All functions of libraries, and their twins.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let own = self.functions.iter().filter(|(_, fact)| fact.site).map(|(path, _)| path);
        own.chain(self.coroutines.keys()).map(String::as_str)
    }

    /// All constructors of clients, and those of their twins, with what is known of the client.
    pub fn constructors(&self) -> impl Iterator<Item = (&str, &ClientFact)> {
        self.makers.iter().filter_map(|(path, own)| Some((path.as_str(), self.clients.get(own)?)))
    }

    /// The libraries, in the order of their modules.
    pub fn libraries(&self) -> &[LibraryFact] {
        &self.libraries
    }
}

/// How many names two dotted paths have in common at the front.
fn alike(a: &str, b: &str) -> usize {
    a.split('.').zip(b.split('.')).take_while(|(a, b)| a == b).count()
}

/// What a program imports for something that is made by calls: `boto3.Session` of `boto3.Session().client`.
fn imported_part(path: &str) -> &str {
    path.split('(').next().unwrap_or(path)
}

/// The longest module path in which all of some paths lie, at least the library's own; none where there are no paths.
fn common_module(library: &str, paths: &[&str]) -> Option<String> {
    let above = |path: &&'_ str| path.rsplit_once('.').map_or(0, |(module, _)| module.len());
    let first = paths.first()?;
    let mut common: Vec<&str> = first[..above(first)].split('.').collect();
    for path in paths {
        let same = common.iter().zip(path[..above(path)].split('.')).take_while(|(a, b)| *a == b).count();
        common.truncate(same);
    }
    let common = common.join(".");
    Some(if common.starts_with(library) { common } else { library.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_loads() {
        let catalog = Catalog::load(&Transforms::embedded()).unwrap();
        assert!(
            catalog.libraries().iter().any(|l| l.module == "openai") && catalog.is_async_client("openai.AsyncOpenAI")
        );
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
        let common = |library: &str, all: &[&str]| common_module(library, all).unwrap();
        assert_eq!(common("urllib", &["urllib.request.urlopen", "urllib.request.build_opener"]), "urllib.request");
        assert_eq!(common("openai", &["openai.OpenAI", "openai.ChatCompletion.create"]), "openai");
        assert_eq!((common_module("a", &[]), common("a", &["b.c.d"])), (None, "a".into()));
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
