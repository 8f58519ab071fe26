//! What to do where the original itself ends in an exception for a reason that its user can mend.

use super::Request;
use std::path::Path;

/// How [`advice`] on a module that the interpreter does not have begins, behind the module's name.
pub(crate) const NOT_INSTALLED: &str = " is not installed for ";

/// Advice on an exception that ended the original, beginning with a line end; empty where there is none to give. `last` is
/// the line that names the exception.
pub(super) fn advice(stderr: &str, last: &str, request: &Request<'_>) -> String {
    unset(stderr, last).or_else(|| uninstalled(last, request)).map_or(String::new(), |advice| format!("\n{advice}"))
}

/// A variable of the environment was not there.
fn unset(stderr: &str, last: &str) -> Option<String> {
    let name = last.strip_prefix("KeyError: ").map(|name| name.trim_matches(['\'', '"']))?;
    let asks = ['"', '\''].iter().any(|q| stderr.contains(&format!("environ[{q}{name}{q}]")));
    asks.then(|| {
        format!(
            "A run does not get your environment, so that no key reaches the program: give `{name}` a value to go on with in the program, as `os.environ.get(\"{name}\", …)` does; or name a command that sets it, of which only the exit code is compared: --entry \"env {name}=… python SCRIPT\""
        )
    })
}

/// A library was not there. A module that lies in the script's folder, above it or in the working folder is no library: it
/// was not found from where the script ran.
fn uninstalled(last: &str, request: &Request<'_>) -> Option<String> {
    let module = last.strip_prefix("ModuleNotFoundError: No module named ")?.trim_matches(['\'', '"']);
    let top = module.split('.').next().filter(|top| !top.is_empty())?;
    let script = request.root.join(request.script);
    let holds = |folder: &Path| folder.join(top).is_dir() || folder.join(format!("{top}.py")).is_file();
    let here = std::env::current_dir().ok();
    if script.ancestors().skip(1).chain(here.as_deref()).any(|folder| holds(folder) || holds(&folder.join("src"))) {
        return None;
    }
    let (major, minor, _) = request.python.version;
    Some(format!(
        "`{top}`{NOT_INSTALLED}Python {major}.{minor} ({}), which ran the program: activate the environment that has it, or name its interpreter with --python PATH",
        request.python.how
    ))
}
