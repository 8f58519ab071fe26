//! Command lines that are functions: click's, whose options are decorators, and typer's, whose options are parameters.

use super::super::File;
use super::super::names::Bound;
use super::super::receivers::{call_of, decorators, method_class};
use super::uses::{keywords, named};
use super::{CommandLine, Own, Reader};
use crate::syntax::python::{Attribute, Call, Function};
use crate::syntax::{Node, children, layout, walk};

/// A function with `@click.command()`.
#[derive(Debug, Clone)]
pub struct Click<'t> {
    /// The function.
    pub function: Function<'t>,
    /// Its `@click.option(…)`, in the order of the text.
    pub options: Vec<Call<'t>>,
    /// The decorator behind which options are added.
    pub behind: Node<'t>,
}

/// A function that typer runs.
#[derive(Debug, Clone)]
pub struct Typer<'t> {
    /// The function.
    pub function: Function<'t>,
    /// The calls of `typer.Option(…)` in its parameters, in the order of the text.
    pub options: Vec<Call<'t>>,
}

/// What a command may be made with and still read the rest of the command line as it did.
const HARMLESS: [&str; 10] = [
    "name",
    "help",
    "epilog",
    "short_help",
    "no_args_is_help",
    "hidden",
    "deprecated",
    "add_completion",
    "pretty_exceptions_enable",
    "rich_markup_mode",
];

impl<'t> File<'t> {
    pub(super) fn click(&self) -> Option<Result<CommandLine<'t>, String>> {
        if !self.source.text.contains("click") {
            return None;
        }
        let called = |d: Node<'t>| Call::cast(d.named_child(0)?);
        let path = |d: Node<'t>| {
            let function = called(d).and_then(|c| c.function()).or_else(|| d.named_child(0));
            function.and_then(|f| self.import_path(f))
        };
        let is = |d: Node<'t>, name: &str| path(d).as_deref() == Some(name);
        let defs = walk(self.source.root()).filter_map(Function::cast);
        let mut commands = defs.filter(|f| decorators(f.0).any(|d| is(d, "click.command") || is(d, "click.group")));
        let function = commands.next()?;
        if commands.next().is_some() || decorators(function.0).any(|d| is(d, "click.group")) {
            return Some(Err("the command line has commands of its own".into()));
        }
        let mut own = Vec::new();
        let mut options = Vec::new();
        let mut behind = None;
        for decorator in decorators(function.0) {
            let known = path(decorator).unwrap_or_default();
            let call = called(decorator);
            let harmless = || call.is_none_or(|c| self.is_harmless(c));
            match (known.as_str(), call) {
                ("click.command", _) if harmless() => {}
                ("click.version_option" | "click.help_option", _) => {}
                ("click.option" | "click.argument", Some(call)) => {
                    let Some(names) = named(self, call) else {
                        let line = self.source.line(decorator.start_byte());
                        return Some(Err(format!("not every option is written out (line {line})")));
                    };
                    // A switch has both of its names in one.
                    let names = names.iter().flat_map(|n| n.split('/')).map(str::to_string).collect();
                    own.push(Own { names, variable: String::new() });
                    if known == "click.option" {
                        options.push(call);
                        behind = Some(decorator);
                    }
                }
                _ => {
                    let (text, line) = (self.text(decorator), self.source.line(decorator.start_byte()));
                    let text = text.lines().next().unwrap_or_default();
                    return Some(Err(format!(
                        "the command has a decorator that perfmod does not follow (`{text}`, line {line})"
                    )));
                }
            }
        }
        let Some(behind) = behind else {
            return Some(Err("the command has no options that could be a pattern".into()));
        };
        if !layout::alone_on_lines(self.source, behind) {
            return Some(Err("the command's decorators do not stand on lines of their own".into()));
        }
        let called = |name: Node<'t>| call_of(name).is_some_and(|c| c.function().is_some_and(|f| f.id() == name.id()));
        if let Some(why) = self.is_no_plain_function(function, &called) {
            return Some(Err(why));
        }
        let reader = Reader::Click(Click { function, options, behind });
        Some(Ok(self.by_parameters(reader, function, own)))
    }

    pub(super) fn typer(&self) -> Option<Result<CommandLine<'t>, String>> {
        if !self.source.text.contains("typer") {
            return None;
        }
        let calls = || walk(self.source.root()).filter_map(Call::cast);
        let is = |c: &Call<'t>, path: &str| c.function().is_some_and(|f| self.import_path(f).as_deref() == Some(path));
        let runs: Vec<Call<'t>> = calls().filter(|c| is(c, "typer.run")).collect();
        let apps: Vec<Call<'t>> = calls().filter(|c| is(c, "typer.Typer")).collect();
        let several = || Some(Err("the command line has commands of its own".into()));
        let function = match (runs.as_slice(), apps.as_slice()) {
            ([], []) => return None,
            ([run], []) => {
                let named = run.args().next().filter(|a| a.kind() == "identifier");
                let bound = named.and_then(|n| self.names.single(self.names.scope_at(n), self.text(n)));
                match bound.map(|(_, b)| b.bound) {
                    Some(Bound::Function(def)) if decorators(def).next().is_none() => Function::cast(def)?,
                    _ => return Some(Err("which function typer runs is not visible".into())),
                }
            }
            ([], [app]) => {
                let name =
                    app.0.parent().and_then(|p| p.child_by_field_name("left")).filter(|l| l.kind() == "identifier");
                let Some(name) = name.filter(|_| self.is_harmless(*app)) else {
                    return Some(Err("how the application is made is not followed".into()));
                };
                let scope = self.names.scope_at(name);
                let mut commands = Vec::new();
                for read in self.names.reads_of(scope, self.text(name)) {
                    let attribute = read.node.parent().and_then(Attribute::cast);
                    let method = attribute.and_then(|a| a.name()).map(|n| self.text(n));
                    let call = call_of(read.node);
                    match (method, call) {
                        (None, Some(_)) => {}
                        (Some("command"), Some(call)) if self.is_harmless(call) => {
                            let def =
                                call.0.parent().filter(|d| d.kind() == "decorator").and_then(|d| d.next_sibling());
                            commands.extend(def.and_then(Function::cast));
                        }
                        _ => return several(),
                    }
                }
                match commands.as_slice() {
                    [one] => *one,
                    _ => return several(),
                }
            }
            _ => return several(),
        };
        let parameters = function.parameters()?;
        let options: Vec<Call<'t>> =
            walk(parameters).filter_map(Call::cast).filter(|c| is(c, "typer.Option")).collect();
        if self.text(parameters).contains("Context") {
            return Some(Err("the function is given all that was parsed".into()));
        }
        let run = |name: Node<'t>| {
            let list = name.parent().filter(|p| p.kind() == "argument_list");
            list.and_then(|l| l.parent()).and_then(Call::cast).is_some_and(|c| is(&c, "typer.run"))
        };
        if let Some(why) = self.is_no_plain_function(function, &run) {
            return Some(Err(why));
        }
        if decorators(function.0).count() > 1 {
            return Some(Err("the command has another decorator".into()));
        }
        let own = options.iter().map(|c| Own {
            names: c.args().filter_map(|a| super::plain_string(self, a)).filter(|n| n.starts_with('-')).collect(),
            variable: String::new(),
        });
        let own = own.collect();
        Some(Ok(self.by_parameters(Reader::Typer(Typer { function, options }), function, own)))
    }

    fn is_harmless(&self, call: Call<'t>) -> bool {
        keywords(self, call).is_some_and(|given| given.iter().all(|(name, _)| HARMLESS.contains(name)))
    }

    /// Why parameters cannot be added to a function; `known` says which uses of its name are the command line's.
    fn is_no_plain_function(&self, function: Function<'t>, known: &dyn Fn(Node<'t>) -> bool) -> Option<String> {
        let line = |node: Node<'t>| self.source.line(node.start_byte());
        let parameters = function.parameters()?;
        if let Some(rest) =
            children(parameters).find(|p| p.kind().ends_with("splat_pattern") || p.kind().ends_with("separator"))
        {
            return Some(format!("the function takes `{}`, line {}", self.text(rest), line(rest)));
        }
        let whole = walk(function.0).filter_map(Call::cast).find(|c| {
            c.function().is_some_and(|f| {
                matches!(self.builtin(f), Some("locals" | "vars" | "globals" | "eval" | "exec"))
                    || self
                        .import_path(f)
                        .is_some_and(|p| p == "click.get_current_context" || p.starts_with("inspect."))
            })
        });
        if let Some(call) = whole {
            return Some(format!("all variables of the function are asked for in line {}", line(call.0)));
        }
        if let Some(line) = self.reads_argv(&[]) {
            return Some(format!("the program reads `sys.argv` too, in line {line}"));
        }
        if method_class(function.0).is_some() {
            return Some("the command is a method".into());
        }
        let name = function.name()?;
        let scope = self.names.scope_at(function.0);
        if self.names.bindings(scope, self.text(name)).len() != 1 {
            return Some(format!("`{}` stands for several things", self.text(name)));
        }
        let other = self.names.reads_of(scope, self.text(name)).find(|read| !known(read.node));
        let body = function.body()?;
        let first = children(body).next()?;
        match other {
            Some(read) => Some(format!("`{}` is used in line {} in another way", self.text(name), line(read.node))),
            None if self.source.line(first.start_byte()) == line(function.0) => {
                Some("the function stands in one line".into())
            }
            None => None,
        }
    }

    /// The command line of a function whose parameters are the options.
    fn by_parameters(&self, reader: Reader<'t>, function: Function<'t>, mut own: Vec<Own>) -> CommandLine<'t> {
        for name in self.parameters(function.0) {
            own.push(Own { names: Vec::new(), variable: name.to_string() });
        }
        let used = |name: &str| self.names.is_taken(name);
        let (written, flags, left_out) = self.choose(&own, &used, false);
        // typer always writes dashes.
        let separator = if matches!(reader, Reader::Typer(_)) { '-' } else { written };
        CommandLine { reader, separator, flags, left_out, exposed: true }
    }
}
