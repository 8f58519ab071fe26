//! The pages of the codes: `transforms/codes/PM103.toml`. Title and reason of a code stand with the code itself.

use super::transforms::{DataError, DataFile, Transforms};
use crate::facts::{CODES, Code, CodePage};
use crate::project::config::distance;
use serde::Deserialize;

/// What a page's file says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPage {
    what: String,
    ends: Option<[String; 2]>,
    example: Option<String>,
    before: Option<String>,
    broken: Option<String>,
    shows: Option<String>,
    instead: String,
    fixed: Option<String>,
}

/// All pages, in the order of their codes.
///
/// # Errors
/// The first page that is wrong, with its file and line.
pub fn load(transforms: &Transforms) -> Result<Vec<CodePage>, DataError> {
    let mut out: Vec<CodePage> = transforms.under("codes").map(parse).collect::<Result<_, _>>()?;
    out.sort_by_key(|page| page.code);
    Ok(out)
}

fn parse(file: &DataFile) -> Result<CodePage, DataError> {
    let code = Code::parse(file.name().trim_end_matches(".toml"));
    let info = CODES.iter().find(|info| Some(info.code) == code);
    let info = info.ok_or_else(|| file.error(0, "the file is not named like a code that is in use"))?;
    let raw: RawPage = file.parse()?;
    let program = [raw.before.is_some(), raw.broken.is_some(), raw.shows.is_some()];
    if program.iter().any(|there| *there != program[0]) {
        return Err(file.error(0, "`before`, `broken` and `shows` go together"));
    }
    if raw.fixed.is_some() && raw.before.is_none() {
        return Err(file.error(0, "`fixed` needs the program that it is like, `before`"));
    }
    Ok(CodePage {
        code: info.code,
        title: info.title.into(),
        why: info.why.into(),
        what: raw.what,
        ends: raw.ends,
        example: raw.example,
        before: raw.before,
        broken: raw.broken,
        shows: raw.shows,
        instead: raw.instead,
        fixed: raw.fixed,
    })
}

/// The code in use that is written most like a text: `PM10E` means `PM103` more likely than `PM901`.
pub fn nearest(text: &str) -> Option<Code> {
    let text = text.to_ascii_uppercase();
    let number = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>().parse::<i64>().ok();
    let apart = |code: Code| number(&text).map_or(0, |n| (n - i64::from(code.0)).abs());
    CODES.iter().map(|info| info.code).min_by_key(|code| (distance(&text, &code.to_string()), apart(*code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page() {
        let pages = load(&Transforms::embedded()).unwrap();
        let missing: Vec<String> = CODES
            .iter()
            .filter(|info| !pages.iter().any(|page| page.code == info.code))
            .map(|info| info.code.to_string())
            .collect();
        assert!(missing.is_empty(), "write transforms/codes/ for {missing:?}");
    }

    #[test]
    fn a_page_that_is_wrong_names_its_file() {
        let wrong = |name: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("codes")).unwrap();
            std::fs::write(folder.path().join("codes").join(name), text).unwrap();
            load(&Transforms::with_folder(folder.path()).unwrap()).unwrap_err().to_string()
        };
        let said = wrong("PM999.toml", "what = 'x'\ninstead = 'y'\n");
        assert!(said.contains("PM999.toml:1") && said.contains("in use"), "{said}");
        let said = wrong("PM103.toml", "what = 'x'\ninstead = 'y'\nbefore = 'z'\n");
        assert!(said.contains("go together"), "{said}");
        let said = wrong("PM103.toml", "what = 'x'\ninsted = 'y'\n");
        assert!(said.contains("PM103.toml:2") && said.contains("insted"), "{said}");
    }

    #[test]
    fn the_nearest_code_is_found() {
        let told = |text: &str| nearest(text).unwrap().to_string();
        assert_eq!(told("PM104"), "PM103");
        assert_eq!(told("pm1O3"), "PM103");
        assert_eq!(told("PM13"), "PM103");
        assert_eq!(told("PM305"), "PM304");
    }
}
