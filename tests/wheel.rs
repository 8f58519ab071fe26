//! The wheel: built as its users get it, installed where nothing else is, and used. The part that builds is in the full
//! lane; it takes the program that the tests are built with, so that nothing is compiled twice.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_the_wheel_is_made_from_is_there() {
    let text = std::fs::read_to_string(root().join("pyproject.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let maturin = &table["tool"]["maturin"];
    let source = Path::new(maturin["python-source"].as_str().unwrap());
    assert!(root().join(source).join("perfmod/__main__.py").is_file());
    let included: Vec<&str> =
        maturin["include"].as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    let runtime = source.join(format!("{}.py", perfmod::rewrite::python::RUNTIME_MODULE));
    assert_eq!(included, [runtime.to_str().unwrap()], "the module that `--runtime package` imports");
    assert!(root().join(runtime).is_file());
    // The project's own programs are treated as they were without this file.
    assert!(table["tool"].get("perfmod").is_none());
}

#[cfg(unix)]
mod built {
    use super::root;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    #[track_caller]
    fn done(command: &mut Command) -> Output {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(
            output.status.success(),
            "{command:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn environment(folder: &Path) -> PathBuf {
        done(Command::new("python3").args(["-m", "venv"]).arg(folder));
        folder.join("bin/python")
    }

    /// The wheel, in a folder. The build tool is kept in the build folder.
    fn wheel(folder: &Path) -> PathBuf {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheel-tools");
        if !tools.join("bin/maturin").exists() {
            let python = environment(&tools);
            done(
                Command::new(python)
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                    .args(["--only-binary=:all:", "maturin>=1.9,<2"]),
            );
        }
        // <target>/<profile>/perfmod
        let program = Path::new(env!("CARGO_BIN_EXE_perfmod"));
        let (kept, target) = (program.parent().unwrap(), program.ancestors().nth(2).unwrap());
        let profile = if kept.ends_with("release") { "release" } else { "dev" };
        let mut build = Command::new(tools.join("bin/maturin"));
        // With what cargo tells a test about itself, it would take what it has built for something else.
        const OF_A_TEST: [&str; 6] =
            ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "CARGO_TARGET_TMPDIR"];
        let of_a_test = |name: &str| OF_A_TEST.iter().any(|start| name.starts_with(start));
        for (name, _) in std::env::vars_os().filter(|(name, _)| of_a_test(&name.to_string_lossy())) {
            build.env_remove(name);
        }
        build.current_dir(root()).env("CARGO_TARGET_DIR", target);
        build.args(["build", "--profile", profile]);
        if cfg!(feature = "full") {
            build.args(["--features", "full"]);
        }
        done(build.arg("--out").arg(folder));
        let mut wheels: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(wheels.len(), 1, "{wheels:?}");
        wheels.remove(0)
    }

    /// A server that answers with the path that was asked for; its address.
    fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                    let first = lines.next().unwrap_or_default();
                    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                    lines.take_while(|line| !line.is_empty()).for_each(drop);
                    let _ = write!(&stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len());
                });
            }
        });
        address
    }

    const SCRIPT: &str = "\
import sys
from urllib.request import urlopen


def main():
    base = sys.argv[1]
    for name in [\"a\", \"b\", \"c\", \"d\"]:
        text = urlopen(f\"{base}/{name}\", timeout=30).read().decode()
        print(name, text)


if __name__ == \"__main__\":
    main()
";

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn the_wheel_brings_the_program_and_the_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = wheel(&folder.path().join("dist"));
        let environment_folder = folder.path().join("environment");
        let python = environment(&environment_folder);
        // Nothing else is needed, from anywhere.
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"];
        done(Command::new(&python).args(install).arg(&wheel));
        let text = |output: Output| String::from_utf8(output.stdout).unwrap();

        let version = format!("perfmod {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(text(done(Command::new(environment_folder.join("bin/perfmod")).arg("--version"))), version);
        assert_eq!(text(done(Command::new(&python).args(["-m", "perfmod", "--version"]))), version);
        let runtime = "import perfmod_runtime as r; print(r.__version__, r.__all__, r.__file__)";
        let told = text(done(Command::new(&python).args(["-c", runtime]).current_dir("/")));
        assert!(told.contains("'ahead', 'gather', 'run', 'cached', 'options'"), "{told}");
        assert!(told.contains("site-packages/perfmod_runtime.py"), "{told}");
        let own = std::fs::read(root().join("transforms/runtime/perfmod_runtime.py")).unwrap();
        assert_eq!(std::fs::read(told.trim().rsplit(' ').next().unwrap()).unwrap(), own, "there is one runtime");

        let project = folder.path().join("project");
        std::fs::create_dir(&project).unwrap();
        std::fs::write(project.join("ask.py"), SCRIPT).unwrap();
        let server = server();
        let base = format!("http://{server}");
        let run = |arguments: &[&str]| {
            let mut command = Command::new(&python);
            command.args(arguments).current_dir(&project).env("VIRTUAL_ENV", &environment_folder);
            command
        };
        let checked = text(done(&mut run(&["-m", "perfmod", "check", "ask.py"])));
        assert!(checked.contains("ask.py:7: ready `urlopen`"), "{checked}");
        // What the program ends with, `-m` ends with, too.
        let findings = run(&["-m", "perfmod", "check", "ask.py", "--exit-code"]).output().unwrap();
        assert_eq!(findings.status.code(), Some(1));

        let before = text(done(&mut run(&["ask.py", &base])));
        let rewrite = ["-m", "perfmod", "rewrite", "ask.py", "--runtime", "package", "--yes", "--schedules", "2"];
        let answers = ["--allow", &server, "--format", "json", "--", &base];
        let report = text(done(&mut run(&[&rewrite[..], &answers].concat())));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let site = &report["files"][0]["sites"][0];
        assert!(site["verdict"] == "validated" && report["summary"]["applied"] == 1, "{site:#}");
        let after = std::fs::read_to_string(project.join("ask.py")).unwrap();
        assert!(after.contains("from perfmod_runtime import ahead\n"), "{after}");
        assert!(!project.join("perfmod_runtime.py").exists(), "the package has it");
        assert_eq!(text(done(&mut run(&["ask.py", &base]))), before);
        assert!(before.starts_with("a /a\nb /b\n"), "{before}");
    }
}
