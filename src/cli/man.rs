//! `perfmod man`: manual pages, from the definition of the command line.

use super::{Cli, Exit, Failure, emit};
use clap::CommandFactory;
use clap_mangen::Man;
use std::path::{Path, PathBuf};

/// The arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Write a page for each command into this folder; without it the main page goes to stdout
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// What stands in the main page besides the commands and options.
const MORE: &str = r#".SH "EXIT STATUS"
.TP
0
done, also when there was nothing to do
.TP
1
findings, or patches that were left, where \fB\-\-exit\-code\fR asked
.TP
2
a usage or configuration error
.TP
3
a patch was refuted
.TP
4
some files could not be processed, and each was named; or it could not be told whether two versions do the same
.TP
130
interrupted
.SH ENVIRONMENT
.TP
.B PERFMOD_TRANSFORMS
the same as \fB\-\-transforms\fR
.TP
.B PERFMOD_ENV_DIR
where environments of scripts that name their dependencies are kept
.TP
.B NO_COLOR
no colour, unless \fB\-\-color\fR asks for it
.TP
.B VIRTUAL_ENV
the environment whose interpreter runs a program, unless \fB\-\-python\fR names another
.SH FILES
.TP
.I .perfmod/
in a project: the journal of applied patches, reports, and the answers that rewritten programs keep
.TP
.I pyproject.toml, perfmod.toml
the configuration; the nearest above a script counts
.SH "SEE ALSO"
\fBperfmod explain\fR \fICODE\fR tells what a code in a message means.
"#;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    match &arguments.output {
        None => emit(&page(&command)?, None)?,
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
            write(&command, folder)?;
        }
    }
    Ok(Exit::Done)
}

/// A command's page and those of its commands.
fn write(command: &clap::Command, folder: &Path) -> Result<(), Failure> {
    let file = folder.join(Man::new(command.clone()).get_filename());
    std::fs::write(&file, page(command)?).map_err(|error| unwritten(&file, &error))?;
    command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
        .try_for_each(|inner| write(inner, folder))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{} cannot be written: {error}", path.display()))
}

fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let man = Man::new(command.clone()).manual("perfmod").source(format!("perfmod {}", env!("CARGO_PKG_VERSION")));
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    let of_all = command.get_name() == "perfmod";
    if command.get_subcommands().any(|inner| !inner.is_hide_set()) {
        man.render_subcommands_section(&mut out)?;
    }
    if command.get_after_help().is_some() || command.get_after_long_help().is_some() {
        man.render_extra_section(&mut out)?;
    }
    if of_all {
        out.extend(MORE.bytes());
    }
    Ok(out)
}
