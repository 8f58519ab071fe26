//! `perfmod explain`: a site with its stages and both ends of each obstacle, or the page of a code.

use super::{Exit, Failure, Format, Global, OracleArg, emit, json};
use crate::catalog::pages;
use crate::engine::{Engine, FilePlan, Options};
use crate::facts::{Code, CodePage, Explanation, REPORT_VERSION, Tool};
use crate::report::{self, Drawing};
use crate::syntax::{Language, Source};
use std::path::{Path, PathBuf};

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// FILE, FILE:LINE or FILE:LINE:COLUMN for sites; a code such as PM103 for its page
    #[arg(value_name = "FILE:LINE|CODE")]
    what: String,
    #[command(flatten)]
    oracle: OracleArg,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the answer to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const FORMS: &str = "name a FILE, a FILE:LINE, a FILE:LINE:COLUMN or a code such as PM103";

/// What the user asked about.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Code(Code),
    Place { path: PathBuf, line: Option<usize>, column: Option<usize> },
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit, Failure> {
    let transforms = global.transforms()?;
    let pages = pages::load(&transforms)?;
    let told = match asked(&arguments.what)? {
        Asked::Code(code) => explain_code(code, &pages, arguments, global)?,
        Asked::Place { path, line, column } => explain_place(&path, line, column, &pages, arguments, global)?,
    };
    emit(&told.0, arguments.output.as_ref())?;
    Ok(told.1)
}

fn asked(text: &str) -> Result<Asked, Failure> {
    let upper = text.to_ascii_uppercase();
    let is_file = Path::new(text).is_file();
    if let (Some(code), false) = (Code::parse(&upper), is_file) {
        return Ok(Asked::Code(code));
    }
    let looks_like_a_code = upper.strip_prefix("PM").is_some_and(|rest| {
        rest.len() <= 5 && rest.starts_with(|c: char| c.is_ascii_digit()) && rest.chars().all(char::is_alphanumeric)
    });
    if looks_like_a_code && !is_file {
        let nearest = pages::nearest(text).and_then(Code::info);
        let hint = nearest.map(|info| format!("; the nearest is {} ({})", info.code, info.title)).unwrap_or_default();
        return Err(Failure::Usage(format!("there is no code {upper}{hint}")));
    }
    // A file may have colons in its name, and on some systems every path has one.
    let (mut path, mut numbers) = (text, Vec::new());
    while !Path::new(path).is_file() && numbers.len() < 2 {
        let Some((before, number)) = path.rsplit_once(':') else { break };
        let Ok(number) = number.parse::<usize>() else { break };
        numbers.insert(0, number);
        path = before;
    }
    if numbers.contains(&0) {
        return Err(Failure::Usage(format!("{text}: lines and columns count from 1; {FORMS}")));
    }
    let path = PathBuf::from(path);
    if path.is_dir() {
        return Err(Failure::Usage(format!("{} is a folder; {FORMS}; `perfmod check` takes folders", path.display())));
    }
    if !path.is_file() {
        return Err(Failure::Usage(format!("{}: no such file; {FORMS}", path.display())));
    }
    Ok(Asked::Place { path, line: numbers.first().copied(), column: numbers.get(1).copied() })
}

fn explanation() -> Explanation {
    let tool = Tool { name: "perfmod".into(), version: env!("CARGO_PKG_VERSION").into() };
    Explanation { version: REPORT_VERSION, tool, error: None, sites: Vec::new(), page: None }
}

type Told = (Vec<u8>, Exit);

fn explain_code(code: Code, pages: &[CodePage], arguments: &Arguments, global: &Global) -> Result<Told, Failure> {
    let page = pages.iter().find(|page| page.code == code);
    let page = page.ok_or_else(|| Failure::Usage(format!("there is no page for {code}")))?;
    let bytes = match arguments.format {
        Format::Json => json(&Explanation { page: Some(page.clone()), ..explanation() })?,
        Format::Text => report::page(page, global.stdout_palette(), super::width::of_stdout()).into_bytes(),
    };
    Ok((bytes, Exit::Done))
}

fn explain_place(
    path: &Path,
    line: Option<usize>,
    column: Option<usize>,
    pages: &[CodePage],
    arguments: &Arguments,
    global: &Global,
) -> Result<Told, Failure> {
    let paths = [path.to_path_buf()];
    let options = Options { oracle: arguments.oracle.of(&paths, global.quiet), ..Options::default() };
    let outcome = Engine::with(&global.transforms()?, options)?.check(&paths)?;
    let Some(file) = outcome.files.first() else { return Ok((Vec::new(), Exit::Done)) };
    let sites = file.explain(line, column);
    let exit = if file.error.is_some() { Exit::SomeFailed } else { Exit::Done };
    let bytes = match arguments.format {
        Format::Json => json(&Explanation { error: file.error.clone(), sites, ..explanation() })?,
        Format::Text => {
            let width = super::width::of_stdout();
            let palette = global.stdout_palette();
            match (&file.error, &file.source) {
                (Some(problem), _) => report::unprocessed(&file.shown, problem, palette, width),
                (None, Some(source)) if !sites.is_empty() => {
                    let elsewhere = |path: &str| Source::read(Path::new(path), Language::Python).ok();
                    let drawing = Drawing { source, pages, elsewhere: &elsewhere, palette, width };
                    sites.iter().map(|site| drawing.explain(site)).collect::<Vec<_>>().join("\n")
                }
                _ => nowhere(file, line, width),
            }
            .into_bytes()
        }
    };
    Ok((bytes, exit))
}

fn nowhere(file: &FilePlan, line: Option<usize>, width: usize) -> String {
    report::nowhere(&file.shown, line, &file.sites, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a:3.py");
        std::fs::write(&file, "").unwrap();
        let text = file.to_str().unwrap();
        let place = |line, column| Asked::Place { path: file.clone(), line, column };
        assert_eq!(asked(text).unwrap(), place(None, None));
        assert_eq!(asked(&format!("{text}:7")).unwrap(), place(Some(7), None));
        assert_eq!(asked(&format!("{text}:7:2")).unwrap(), place(Some(7), Some(2)));
        assert_eq!(asked("pm103").unwrap(), Asked::Code(Code::CHECK_THEN_ACT));
        let wrong = |text: &str| asked(text).unwrap_err().to_string();
        assert!(wrong("PM104").contains("nearest is PM103"));
        assert!(wrong(&format!("{text}:0")).contains("count from 1"));
        assert!(wrong(&format!("{text}:1:2:3")).contains("no such file"));
        assert!(wrong(folder.path().to_str().unwrap()).contains("a folder"));
    }
}
