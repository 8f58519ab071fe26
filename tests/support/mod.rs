//! The environments in which rewritten programs are tested: built from PEP 723 headers, kept in the target folder.

use perfmod::project::python;
use std::path::{Path, PathBuf};

pub const NEWEST: &str = "\
# /// script
# dependencies = [\"openai\", \"httpx\", \"requests\", \"tqdm\"]
# ///
";

pub const FIRST_CLIENTS: &str = "\
# /// script
# dependencies = [\"openai==1.58.1\", \"httpx<0.28\", \"requests\", \"tqdm\"]
# requires-python = \"<3.14\"
# ///
";

pub const MODULE_STYLE: &str = "\
# /// script
# dependencies = [\"openai==0.28.1\", \"httpx\", \"requests\", \"tqdm\"]
# requires-python = \">=3.9,<3.12\"
# ///
";

/// The interpreter of the environment that a header asks for.
pub fn python(header: &str) -> PathBuf {
    let envs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envs");
    python::with_header(Path::new("main.py"), header, Some(&envs), &mut |line| eprintln!("{line}"))
        .unwrap_or_else(|error| panic!("{error}"))
        .expect("a header")
        .path
}
