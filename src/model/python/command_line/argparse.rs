//! Command lines that the standard library's argparse reads.

use super::super::File;
use super::uses::{Trace, Use, beside, keywords, named};
use super::{CommandLine, Own, Reader, plain_string};
use crate::syntax::python::{Attribute, Call, enclosing_scope, statement_of};
use crate::syntax::{Node, layout, span, walk};

/// A parser to which options can be added.
#[derive(Debug, Clone)]
pub struct Argparse<'t> {
    /// The name that it has where options are added.
    pub parser: Node<'t>,
    /// The statement behind which they go.
    pub behind: Node<'t>,
    /// The calls of this file that add options, in the order of the text.
    pub declared: Vec<Call<'t>>,
    /// Where the command line is read.
    pub parsed: Parsed<'t>,
}

/// What becomes of what was parsed, at once.
#[derive(Debug, Clone, Copy)]
pub enum Parsed<'t> {
    /// `args = parser.parse_args()`
    Named {
        /// The statement.
        statement: Node<'t>,
        /// The name.
        name: Node<'t>,
    },
    /// `return parser.parse_args()`
    Returned {
        /// The statement.
        statement: Node<'t>,
        /// What is returned.
        value: Node<'t>,
        /// A name that is free there.
        name: &'static str,
    },
}

/// What a parser may be made with and still read the rest of the command line as it did.
const HARMLESS: [&str; 12] = [
    "prog",
    "usage",
    "description",
    "epilog",
    "formatter_class",
    "add_help",
    "allow_abbrev",
    "exit_on_error",
    "conflict_handler",
    "fromfile_prefix_chars",
    "suggest_on_error",
    "color",
];

/// What a namespace is asked for that all of it answers to.
const GROUPS: [&str; 2] = ["add_argument_group", "add_mutually_exclusive_group"];

/// What was found of a parser.
#[derive(Default)]
struct Found<'t> {
    own: Vec<Own>,
    declared: Vec<Call<'t>>,
    /// Calls of this file that hand the parser on.
    passed: Vec<Call<'t>>,
    parses: Vec<Call<'t>>,
    set: Vec<String>,
}

impl<'t> File<'t> {
    pub(super) fn argparse(&self) -> Option<Result<CommandLine<'t>, String>> {
        if !self.source.text.contains("ArgumentParser") {
            return None;
        }
        let file: &'t File<'t> = self.program.at(self.id)?;
        let calls = walk(self.source.root()).filter_map(Call::cast);
        let makes = |c: &Call<'t>| {
            c.function().is_some_and(|f| self.import_path(f).as_deref() == Some("argparse.ArgumentParser"))
        };
        let made: Vec<Call<'t>> = calls.filter(makes).collect();
        match made.as_slice() {
            [] => {
                let derives = walk(self.source.root()).any(|n| {
                    n.kind() == "class_definition"
                        && n.child_by_field_name("superclasses")
                            .is_some_and(|s| self.text(s).contains("ArgumentParser"))
                });
                derives.then(|| Err("the program has a parser of its own".into()))
            }
            [one] => Some(file.argparse_of(*one)),
            [_, second, ..] => {
                let line = self.source.line(second.0.start_byte());
                Some(Err(format!("the file has more than one parser (the second in line {line})")))
            }
        }
    }

    fn argparse_of(&'t self, made: Call<'t>) -> Result<CommandLine<'t>, String> {
        let line = |node: Node<'t>| self.source.line(node.start_byte());
        let given = keywords(self, made).ok_or("the parser is made with something unpacked")?;
        if let Some((name, node)) = given.iter().find(|(name, _)| !HARMLESS.contains(name)) {
            return Err(format!("the parser is made with `{name}` (line {})", line(*node)));
        }
        let abbreviated = !given.iter().any(|(name, value)| *name == "allow_abbrev" && self.text(*value) == "False");
        let mut found = Found::default();
        let mut exposed = self.follow_parser(made, &mut found)?;
        let [parse] = found.parses.as_slice() else {
            return Err(match found.parses.get(1) {
                Some(second) => format!("the command line is read more than once (line {})", line(second.0)),
                None => "where the command line is read is not visible".into(),
            });
        };
        let parse = *parse;
        let (used, seen) = self.follow_namespace(parse)?;
        exposed |= seen;
        let behind = |read: Node<'t>| format!("the command line is read in line {}, amid other things", line(read));
        let parsed = self.parsed(parse).ok_or_else(|| behind(parse.0))?;
        if let Some(line) = self.reads_argv(&[parse.0]) {
            return Err(format!("the program reads `sys.argv` too, in line {line}"));
        }
        let (parser, behind) = self.place_to_add(made, parse, &found).ok_or_else(|| behind(made.0))?;
        let used = |name: &str| used.iter().chain(&found.set).any(|u| u == name);
        let (separator, flags, left_out) = self.choose(&found.own, &used, abbreviated);
        let reader = Reader::Argparse(Argparse { parser, behind, declared: found.declared, parsed });
        Ok(CommandLine { reader, separator, flags, left_out, exposed })
    }

    /// Follows the parser: its options, and where it reads the command line. The answer says whether other files may get it.
    fn follow_parser(&'t self, made: Call<'t>, found: &mut Found<'t>) -> Result<bool, String> {
        let group = |file: &'t File<'t>, value: Node<'t>| {
            let function = Call::cast(value).and_then(|c| c.function()).and_then(Attribute::cast);
            function.and_then(|f| f.name()).is_some_and(|n| GROUPS.contains(&file.text(n)))
        };
        // Groups are followed as the parser is: options are added to them, and they make others.
        let mut pending: Vec<(&'t File<'t>, Node<'t>)> = vec![(self, made.0)];
        let mut seen = Vec::new();
        let mut exposed = false;
        while let Some((file, value)) = pending.pop() {
            let mut groups: Vec<(&'t File<'t>, Node<'t>)> = Vec::new();
            let mut each = |file: &'t File<'t>, usage: Use<'t>| found.used(self, file, usage, &mut groups);
            let mut trace =
                Trace { what: "the parser", each: &mut each, like: &group, seen: std::mem::take(&mut seen), exposed };
            trace.value(file, value, 0)?;
            (seen, exposed) = (std::mem::take(&mut trace.seen), trace.exposed);
            pending.append(&mut groups);
        }
        found.declared.sort_by_key(|c| c.0.start_byte());
        Ok(exposed)
    }

    /// Follows what was parsed; the attributes that are read or set, and whether other files may get it.
    fn follow_namespace(&'t self, parse: Call<'t>) -> Result<(Vec<String>, bool), String> {
        let mut used: Vec<String> = Vec::new();
        let mut each = |file: &'t File<'t>, usage: Use<'t>| match usage {
            Use::Attribute(attribute, _) => {
                let name = attribute.name().map(|n| file.text(n)).unwrap_or_default();
                used.push(name.to_string());
                match name.starts_with('_') {
                    true => Err(format!(
                        "`{}` is asked for in line {}",
                        file.text(attribute.0),
                        file.source.line(attribute.0.start_byte())
                    )),
                    false => Ok(()),
                }
            }
            Use::ByName(call, name) => match plain_string(file, name) {
                Some(name) => {
                    used.push(name);
                    Ok(())
                }
                None => Err(format!(
                    "options are asked for by names that are not known (`{}`, line {})",
                    file.text(call.0),
                    file.source.line(call.0.start_byte())
                )),
            },
            Use::Passed(_) => Ok(()),
        };
        let mut trace = Trace {
            what: "the parsed arguments",
            each: &mut each,
            like: &|_, _| false,
            seen: Vec::new(),
            exposed: false,
        };
        trace.value(self, parse.0, 0)?;
        let exposed = trace.exposed;
        Ok((used, exposed))
    }

    /// The statement that reads the command line, where nothing else happens in it.
    fn parsed(&self, parse: Call<'t>) -> Option<Parsed<'t>> {
        let parent = parse.0.parent()?;
        let statement = statement_of(parse.0);
        if !layout::alone_on_lines(self.source, statement) {
            return None;
        }
        match parent.kind() {
            "assignment" => {
                let name = parent.child_by_field_name("left")?;
                Some(Parsed::Named { statement, name })
            }
            "return_statement" => {
                let name = ["args", "arguments", "parsed"].into_iter().find(|n| !self.is_bound_around(statement, n))?;
                Some(Parsed::Returned { statement, value: parse.0, name })
            }
            _ => None,
        }
    }

    /// Whether a name means something in the function around a statement.
    fn is_bound_around(&self, statement: Node<'t>, name: &str) -> bool {
        let scope = self.names.scope_at(statement);
        let declared =
            self.names.scope(scope).globals.contains(name) || self.names.scope(scope).nonlocals.contains(name);
        declared
            || self.names.reads_named(name).iter().any(|r| r.scope == scope)
            || !self.names.bindings(scope, name).is_empty()
    }

    /// The parser's name and the statement behind which options are added: the last that adds one in the block where the
    /// parser is made.
    fn place_to_add(&self, made: Call<'t>, parse: Call<'t>, found: &Found<'t>) -> Option<(Node<'t>, Node<'t>)> {
        let statement = statement_of(made.0);
        let name = made.0.parent()?.child_by_field_name("left").filter(|l| l.kind() == "identifier")?;
        let same = |a: Node<'t>, b: Node<'t>| enclosing_scope(a).map(|s| s.id()) == enclosing_scope(b).map(|s| s.id());
        let first = |node: Node<'t>| !same(node, parse.0) || node.end_byte() <= parse.0.start_byte();
        let in_block = |call: &Call<'t>| {
            let own = statement_of(call.0);
            beside(statement).find(|s| s.id() == own.id())
        };
        let last = |calls: &[Call<'t>]| calls.iter().filter_map(in_block).rfind(|s| first(*s));
        let behind = last(&found.declared).or_else(|| last(&found.passed)).unwrap_or(statement);
        let whole = layout::alone_on_lines(self.source, behind) && span(behind).start >= span(statement).start;
        (whole && first(behind)).then_some((name, behind))
    }
}

impl<'t> Found<'t> {
    /// One use of the parser or of a group of it.
    fn used(
        &mut self,
        own: &'t File<'t>,
        file: &'t File<'t>,
        usage: Use<'t>,
        groups: &mut Vec<(&'t File<'t>, Node<'t>)>,
    ) -> Result<(), String> {
        let place = |node: Node<'t>| {
            let text: String = file.text(node).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("`{}`, line {}", text.chars().take(60).collect::<String>(), file.source.line(node.start_byte()))
        };
        let (attribute, call) = match usage {
            Use::Attribute(attribute, call) => (attribute, call),
            Use::Passed(call) => {
                if file.id == own.id {
                    self.passed.push(call);
                }
                return Ok(());
            }
            Use::ByName(call, _) => return Err(format!("the parser is asked by a name ({})", place(call.0))),
        };
        let name = attribute.name().map(|n| file.text(n)).unwrap_or_default();
        let Some(call) = call else {
            return match name {
                "description" | "epilog" | "usage" | "prog" | "formatter_class" => Ok(()),
                _ => Err(format!("the parser is used in a way that perfmod does not know ({})", place(attribute.0))),
            };
        };
        match name {
            "add_argument" => {
                let option = option(file, call).map_err(|why| format!("{why} ({})", place(call.0)))?;
                self.own.push(option);
                if file.id == own.id {
                    self.declared.push(call);
                }
                Ok(())
            }
            name if GROUPS.contains(&name) => {
                groups.push((file, call.0));
                Ok(())
            }
            "parse_args" => {
                if file.id != own.id {
                    return Err("the command line is read in another file".into());
                }
                if call.args().any(|a| matches!(a.kind(), "list" | "tuple" | "list_splat" | "dictionary_splat")) {
                    return Err(format!("what is parsed is not the command line ({})", place(call.0)));
                }
                if call.args().count() > 1
                    || call.args().any(|a| a.kind() == "keyword_argument" && !file.text(a).starts_with("args"))
                {
                    return Err(format!("the options go into an object of the program ({})", place(call.0)));
                }
                self.parses.push(call);
                Ok(())
            }
            "set_defaults" => {
                let set = keywords(file, call).ok_or_else(|| format!("defaults are unpacked ({})", place(call.0)))?;
                self.set.extend(set.into_iter().map(|(name, _)| name.to_string()));
                Ok(())
            }
            "error" | "exit" | "print_help" | "print_usage" | "format_help" | "format_usage" | "get_default" => Ok(()),
            "parse_known_args" | "parse_known_intermixed_args" => {
                Err(format!("what the parser does not know goes elsewhere ({})", place(call.0)))
            }
            "add_subparsers" => Err(format!("the command line has commands of its own ({})", place(call.0))),
            _ => Err(format!("the parser is used in a way that perfmod does not know ({})", place(call.0))),
        }
    }
}

/// The option that a call of `add_argument` adds; why it cannot be told.
fn option<'t>(file: &'t File<'t>, call: Call<'t>) -> Result<Own, &'static str> {
    let written_out = "not every option is written out";
    let names = named(file, call).ok_or(written_out)?;
    let given = keywords(file, call).ok_or(written_out)?;
    let of = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    if let Some(count) = of("nargs") {
        let text = file.text(count);
        if !matches!(count.kind(), "string" | "integer") || text.contains("...") || text.contains("A") {
            return Err("an option may take whatever follows it");
        }
    }
    let long = names.iter().find(|n| n.starts_with("--")).or_else(|| names.first());
    let variable = match (of("dest"), long) {
        (Some(dest), _) => plain_string(file, dest).ok_or(written_out)?,
        (None, Some(long)) => long.trim_start_matches('-').replace('-', "_"),
        (None, None) => return Err(written_out),
    };
    Ok(Own { names, variable })
}
