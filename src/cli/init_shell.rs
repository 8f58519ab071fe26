//! `perfmod init-shell`: completions for a shell, from the definition of the command line.

use super::{Cli, Exit, Failure, emit};
use clap::CommandFactory;
use clap_complete::Shell;

/// The arguments of `init-shell`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell; where it is left out, that of the variable SHELL
    #[arg(value_enum, value_name = "SHELL")]
    shell: Option<Shell>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let shell = arguments.shell.or_else(Shell::from_env).ok_or_else(|| {
        Failure::Usage(
            "the variable SHELL names no shell that is known; name one: bash, zsh, fish, powershell or elvish".into(),
        )
    })?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "perfmod", &mut script);
    emit(&with_note(&String::from_utf8_lossy(&script), shell).into_bytes(), None)?;
    Ok(Exit::Done)
}

/// How completions are kept, for each shell.
fn note(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Bash => &[
            "To keep it:  mkdir -p ~/.local/share/bash-completion/completions",
            "             perfmod init-shell bash > ~/.local/share/bash-completion/completions/perfmod",
            "or, in ~/.bashrc:  eval \"$(perfmod init-shell bash)\"",
        ],
        Shell::Zsh => &[
            "To keep it, in ~/.zshrc behind compinit:  eval \"$(perfmod init-shell zsh)\"",
            "or in a folder of $fpath:  perfmod init-shell zsh > ~/.zfunc/_perfmod",
        ],
        Shell::Fish => &["To keep it:  perfmod init-shell fish > ~/.config/fish/completions/perfmod.fish"],
        Shell::PowerShell => {
            &["To keep it, in $PROFILE:  perfmod init-shell powershell | Out-String | Invoke-Expression"]
        }
        Shell::Elvish => &["To keep it, in rc.elv:  eval (perfmod init-shell elvish | slurp)"],
        _ => &[],
    }
}

fn with_note(script: &str, shell: Shell) -> String {
    let note: String = note(shell).iter().map(|line| format!("# {line}\n")).collect();
    // zsh reads what a file completes from its first line.
    match script.split_once('\n').filter(|(first, _)| first.starts_with("#compdef")) {
        Some((first, rest)) => format!("{first}\n{note}{rest}"),
        None => format!("{note}{script}"),
    }
}
