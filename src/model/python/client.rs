//! How clients become their asynchronous twins: their construction must be visible, portable, and for calls alone that
//! change with it.

use super::calls::Catalogued;
use super::coroutine::Below;
use super::followed::{Following, Placed};
use super::receivers::{Def, Meaning, method_class};
use super::{File, FileId};
use crate::catalog::{ClientFact, Twin};
use crate::facts::Span;
use crate::syntax::python::{Call, Function, Keyword, With};
use crate::syntax::{Node, ancestors, span, walk};

/// How the clients that are made by one constructor become their async twins, in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientChange {
    /// The constructor as it is written, where clients are made and where what holds one is annotated with it.
    pub places: Vec<Span>,
    /// The import path of the constructor.
    pub from: String,
    /// The import path of the twin.
    pub to: String,
    /// Where a `with` makes the client: the offset of that `with`.
    pub with: Vec<usize>,
}

impl ClientChange {
    /// Adds a change to those of its file.
    pub(super) fn join(self, all: &mut Vec<Self>) {
        match all.iter_mut().find(|c| c.from == self.from && c.to == self.to) {
            Some(there) => {
                there.places.extend(self.places);
                there.with.extend(self.with);
                there.places.sort_unstable();
                there.places.dedup();
                there.with.sort_unstable();
                there.with.dedup();
            }
            None => all.push(self),
        }
    }
}

/// The clients of a call, and whether one of them outlives the functions that change.
pub(super) type Clients = (Vec<(FileId, ClientChange)>, bool);

/// Where clients are made, among the functions that change.
struct Making<'a, 't> {
    following: &'a Following<'a, 't>,
    below: &'a Below<'t>,
    /// The functions of the script that become coroutines.
    functions: &'a [usize],
}

impl<'t> File<'t> {
    /// What becomes of the client of a waiting call of this file. `functions` are those of the script that become coroutines.
    pub(super) fn client_changes(
        &self,
        found: &Catalogued<'t>,
        below: &Below<'t>,
        following: &Following<'_, 't>,
        functions: &[usize],
    ) -> Result<Clients, String> {
        let Some(client) = &found.client else { return Ok((Vec::new(), false)) };
        if let Twin::Method(_) = found.fact.twin {
            // The same client answers both ways. Of a class that derives from it, and has a method of its own, nothing is known.
            let itself = |object: Node<'t>| {
                let meanings = self.meaning(object);
                let library = |m: &Meaning<'t>| matches!(m, Meaning::Made(..));
                !meanings.unknown && !meanings.all.is_empty() && meanings.all.iter().all(library)
            };
            return match receiver(found).is_some_and(itself) {
                true => Ok((Vec::new(), false)),
                false => Err(format!("whether `{}` is the library's own object is not visible", client.name)),
            };
        }
        if found.fact.twin != Twin::Same {
            return Err("the library has no asynchronous form of this call".into());
        }
        let name = client.name;
        let Some(twin) = &client.fact.twin else { return Err("the client has no asynchronous twin".into()) };
        let makes = |file: &File<'t>, call: Call<'t>| makes(file, call, client.fact);
        let asked: Vec<Placed<'t>> = receiver(found).map(|r| (self.id, r)).into_iter().collect();
        if asked.is_empty() {
            return Err(format!("where `{name}` is made is not visible"));
        }
        let gone = following.client(&asked, name, &makes)?;
        if gone.made.is_empty() {
            return Err(format!("where `{name}` is made is not visible"));
        }
        let same = below.calls.iter().filter(|(_, c)| c.fact.twin == Twin::Same);
        let asks: Vec<Placed<'t>> = same.filter_map(|(id, c)| Some((*id, receiver(c)?))).collect();
        if let Some((id, other)) = gone.asked.iter().find(|u| !asks.iter().any(|a| a.0 == u.0 && a.1.id() == u.1.id()))
        {
            let line = self.program.at(*id).map_or(0, |f| f.source.line(other.start_byte()));
            return Err(format!("`{name}` is also used in line {line}"));
        }
        if functions.is_empty() && gone.handed_on {
            return Err(format!("where `{name}` is made is not visible"));
        }
        let making = Making { following, below, functions };
        let mut out: Vec<(FileId, ClientChange)> = Vec::new();
        let mut lives_on = false;
        for (id, made, with) in &gone.made {
            let Some(file) = self.program.at(*id) else { continue };
            if !following.is_open(*id) {
                return Err(format!("`{name}` is made in a file that does not change"));
            }
            let constructor = made.function().ok_or("a constructor that does not parse")?;
            let from = file.import_path(constructor).ok_or("a constructor that is not imported")?;
            file.is_portable(*made, client.fact)?;
            lives_on |= file.lives_on(*made, name, &making)?;
            let with = match with {
                false => Vec::new(),
                true => vec![file.entered_by(*made, &making)?],
            };
            out.push((*id, ClientChange { places: vec![span(constructor)], from, to: twin.clone(), with }));
        }
        for (id, annotation) in &gone.annotations {
            let Some(file) = self.program.at(*id).filter(|_| following.is_open(*id)) else { continue };
            for node in walk(*annotation) {
                let from = match node.kind() {
                    "identifier" | "attribute" => file.import_path(node),
                    // What a string names would have to change, too.
                    "string" => {
                        return Err(format!(
                            "the annotation in line {} is a string",
                            file.source.line(node.start_byte())
                        ));
                    }
                    _ => None,
                };
                if let Some(from) = from.filter(|f| client.fact.constructors().any(|c| c == f)) {
                    let places = vec![span(node)];
                    out.push((*id, ClientChange { places, from, to: twin.clone(), with: Vec::new() }));
                }
            }
        }
        Ok((out, lives_on))
    }

    /// Whether each argument of a constructor means the same for the asynchronous client.
    fn is_portable(&self, made: Call<'t>, fact: &ClientFact) -> Result<(), String> {
        for argument in made.args() {
            let portable = Keyword::cast(argument)
                .and_then(|k| k.name())
                .is_some_and(|k| fact.portable.iter().any(|p| p == self.text(k)));
            if !portable {
                return Err(format!(
                    "the argument `{}` of `{}` is not known to mean the same for the asynchronous client",
                    self.text(argument),
                    made.function().map_or("", |f| self.text(f))
                ));
            }
        }
        Ok(())
    }

    /// Whether what a call makes outlives the functions that change. One asynchronous client belongs to one event loop, and is
    /// not worth it where it is made for each item.
    fn lives_on(&self, made: Call<'t>, name: &str, making: &Making<'_, 't>) -> Result<bool, String> {
        if ancestors(made.0).any(|a| matches!(a.kind(), "for_statement" | "while_statement")) {
            return Err(format!("`{name}` is made anew in a loop"));
        }
        let Some(def) = ancestors(made.0).find_map(Function::cast) else { return Ok(true) };
        if making.below.holds(&Def { file: self.id, node: def.0 }) {
            return Err(format!("`{name}` is made anew for each item"));
        }
        let is_script = making.following.is_script(self.id);
        if is_script && (making.functions.is_empty() || making.functions.contains(&def.0.start_byte())) {
            return Ok(false);
        }
        let own = def.name().map_or("", |n| self.text(n));
        let Some(class) = method_class(def.0).filter(|_| own == "__init__") else {
            return Err(format!("`{name}` is made in `{own}`, which does not change"));
        };
        let mut lives_on = false;
        for (id, call) in making.following.made(self.def(class))? {
            let Some(file) = self.program.at(id) else { continue };
            lives_on |= file.lives_on(call, name, making)?;
        }
        Ok(lives_on)
    }

    /// The `with` that makes a client, in a function that changes.
    fn entered_by(&self, made: Call<'t>, making: &Making<'_, 't>) -> Result<usize, String> {
        let statement = ancestors(made.0).find_map(With::cast).ok_or("a `with` that does not parse")?;
        let def = ancestors(statement.0).find_map(Function::cast);
        let changes = def.is_some_and(|d| {
            making.following.is_script(self.id) && (d.is_async() || making.functions.contains(&d.0.start_byte()))
        });
        if statement.items().count() != 1 {
            return Err("the `with` of the client holds other things too".into());
        }
        if changes { Ok(statement.0.start_byte()) } else { Err("the `with` of the client does not change".into()) }
    }
}

/// The expression that a waiting call asks.
pub(super) fn receiver<'t>(found: &Catalogued<'t>) -> Option<Node<'t>> {
    let function = match found.wrapped {
        Some(_) => found.call.args().next(),
        None => found.call.function(),
    };
    let names = 0..found.fact.path.split('.').count();
    function.and_then(|function| {
        names.into_iter().try_fold(function, |node, _| match Call::cast(node) {
            Some(call) => call.function(),
            None => node.child_by_field_name("object"),
        })
    })
}

/// Whether a call makes a client.
fn makes<'t>(file: &File<'t>, call: Call<'t>, fact: &ClientFact) -> bool {
    let path = call.function().and_then(|f| file.import_path(f));
    path.is_some_and(|p| fact.constructors().any(|c| c == p))
}
