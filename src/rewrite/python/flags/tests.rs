use super::super::{Plan, compose};
use super::*;
use crate::catalog::Catalog;
use crate::model::python::Program;
use crate::syntax::Language;

/// A program with all options that can be added to it.
fn added(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.py");
    std::fs::write(&path, text).unwrap();
    let source = Source::from_bytes(&path, text.as_bytes(), Language::Python).unwrap();
    let catalog = Catalog::default();
    let program = Program::new(&catalog, [&source]);
    let file = program.file(&path).unwrap();
    let line = file.command_line().unwrap().unwrap();
    let flags = line.flags.iter().copied().collect();
    let plan = Plan { by: "test".into(), flags, ..Plan::default() };
    compose(file, &[&plan, &plan]).unwrap().apply(text)
}

/// The lines that adding options to a program makes, and no line is lost.
#[track_caller]
fn new_lines(text: &str) -> String {
    let after = added(text);
    let mut old = text.lines().peekable();
    let mut out = String::new();
    for line in after.lines() {
        match old.next_if(|o| *o == line) {
            Some(_) => {}
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    assert_eq!(old.next(), None, "a line is lost or changed:\n{after}");
    out
}

#[test]
fn options_are_written_as_the_programs_own() {
    let program = |options: &str| {
        format!(
            "import argparse\n\n\ndef main():\n    p = argparse.ArgumentParser(allow_abbrev=False)\n{options}    args = p.parse_args()\n    print(args.x)\n\n\nmain()\n"
        )
    };
    let tail = "    options(\n        max_concurrent=args.max_concurrent,\n        max_samples=args.max_samples,\n        clear_cache=args.clear_cache or None,\n    )\n";
    let import = "from perfmod_runtime import options\n";
    let cases = [
        (
            "    p.add_argument(\"--x\")\n",
            "    p.add_argument(\"--max-concurrent\", type=int)\n    p.add_argument(\"--max-samples\", type=int)\n    p.add_argument(\"--clear-cache\", action=\"store_true\")\n",
        ),
        (
            "    p.add_argument('--x_y', help='The x.')  # note\n",
            "    p.add_argument('--max_concurrent', type=int, help='How many calls run at once.')\n    p.add_argument('--max_samples', type=int, help='Process only this many items.')\n    p.add_argument('--clear_cache', action='store_true', help='Clear the cache.')\n",
        ),
        (
            "    p.add_argument(\n        \"--x-y\",\n        help=\"the x\",\n        type=str,\n    )\n",
            "    p.add_argument(\n        \"--max-concurrent\",\n        help=\"how many calls run at once\",\n        type=int,\n    )\n    p.add_argument(\n        \"--max-samples\",\n        help=\"process only this many items\",\n        type=int,\n    )\n    p.add_argument(\n        \"--clear-cache\",\n        help=\"clear the cache\",\n        action=\"store_true\",\n    )\n",
        ),
        (
            "    p.add_argument('--x', type=str,\n                   help='the x')\n",
            "    p.add_argument('--max-concurrent', type=int,\n                   help='how many calls run at once')\n    p.add_argument('--max-samples', type=int,\n                   help='process only this many items')\n    p.add_argument('--clear-cache', action='store_true',\n                   help='clear the cache')\n",
        ),
        (
            "    p.add_argument('--x',\n        type = str)\n",
            "    p.add_argument('--max-concurrent',\n                   type = int)\n    p.add_argument('--max-samples',\n                   type = int)\n    p.add_argument('--clear-cache',\n                   action = 'store_true')\n",
        ),
    ];
    for (options, lines) in cases {
        assert_eq!(new_lines(&program(options)), format!("{import}{lines}{tail}"), "{options}");
    }
}

#[test]
fn options_go_behind_the_last_one_and_are_read_at_once() {
    let returned = "from argparse import ArgumentParser\n\n\ndef get_args():\n    options = ArgumentParser(allow_abbrev=False)\n    group = options.add_argument_group('data')\n    group.add_argument('--x')\n\n    # done\n    return options.parse_args()\n\n\nprint(get_args().x)\n";
    let expected = "from argparse import ArgumentParser\nfrom perfmod_runtime import options as perfmod_options\n\n\ndef get_args():\n    options = ArgumentParser(allow_abbrev=False)\n    group = options.add_argument_group('data')\n    group.add_argument('--x')\n    options.add_argument('--max-concurrent', type=int)\n    options.add_argument('--max-samples', type=int)\n    options.add_argument('--clear-cache', action='store_true')\n\n    # done\n    args = options.parse_args()\n    perfmod_options(\n        max_concurrent=args.max_concurrent,\n        max_samples=args.max_samples,\n        clear_cache=args.clear_cache or None,\n    )\n    return args\n\n\nprint(get_args().x)\n";
    assert_eq!(added(returned), expected);
    // At the end of a file without a last newline, with tabs, and with other line ends.
    let short = "import argparse\r\nif True:\r\n\tp = argparse.ArgumentParser()\r\n\tp.add_argument('--limit')\r\n\tp.add_argument('--workers')\r\n\targs = p.parse_args()";
    let expected = "import argparse\r\nfrom perfmod_runtime import options\r\nif True:\r\n\tp = argparse.ArgumentParser()\r\n\tp.add_argument('--limit')\r\n\tp.add_argument('--workers')\r\n\tp.add_argument('--clear-cache', action='store_true')\r\n\targs = p.parse_args()\r\n\toptions(clear_cache=args.clear_cache or None)";
    assert_eq!(added(short), expected);
    let made_elsewhere = "import argparse\n\n\ndef build():\n    p = argparse.ArgumentParser()\n    p.add_argument('--limit')\n    p.add_argument('--workers')\n    return p\n\n\nargs = build().parse_args()\nprint(args.limit)\n";
    assert_eq!(
        new_lines(made_elsewhere),
        "from perfmod_runtime import options\n    p.add_argument('--clear-cache', action='store_true')\noptions(clear_cache=args.clear_cache or None)\n"
    );
}

#[test]
fn commands_of_click_get_decorators_and_parameters() {
    let text = "import click\n\n\n@click.command()\n@click.option(\"--model\", default=\"m\", help=\"Which model.\")\n@click.argument(\"path\")\ndef main(model, path):\n    \"\"\"Ask.\"\"\"\n    # begin\n    print(path)\n\n\nmain()\n";
    let expected = "import click\nfrom perfmod_runtime import options\n\n\n@click.command()\n@click.option(\"--model\", default=\"m\", help=\"Which model.\")\n@click.option(\"--max-concurrent\", type=int, help=\"How many calls run at once.\")\n@click.option(\"--max-samples\", type=int, help=\"Process only this many items.\")\n@click.option(\"--clear-cache\", is_flag=True, help=\"Clear the cache.\")\n@click.argument(\"path\")\ndef main(model, path, max_concurrent, max_samples, clear_cache):\n    \"\"\"Ask.\"\"\"\n    options(max_concurrent=max_concurrent, max_samples=max_samples, clear_cache=clear_cache or None)\n    # begin\n    print(path)\n\n\nmain()\n";
    // Longer than any line of the file and than formatters allow: over several lines.
    let call = "    options(max_concurrent=max_concurrent, max_samples=max_samples, clear_cache=clear_cache or None)\n";
    let broken = "    options(\n        max_concurrent=max_concurrent,\n        max_samples=max_samples,\n        clear_cache=clear_cache or None,\n    )\n";
    assert_eq!(added(text), expected.replace(call, broken));
    let defaults = "from click import command, option\n\n\n@command()\n@option('--model_name')\ndef main(\n    model_name: str = 'm',  # the name\n):\n    print(model_name)\n";
    let expected = "from click import command, option\nfrom perfmod_runtime import options\n\n\n@command()\n@option('--model_name')\n@option('--max_concurrent', type=int)\n@option('--max_samples', type=int)\n@option('--clear_cache', is_flag=True)\ndef main(\n    model_name: str = 'm',  # the name\n    max_concurrent: int = None,\n    max_samples: int = None,\n    clear_cache: bool = False,\n):\n    options(\n        max_concurrent=max_concurrent,\n        max_samples=max_samples,\n        clear_cache=clear_cache or None,\n    )\n    print(model_name)\n";
    assert_eq!(added(defaults), expected);
}

#[test]
fn functions_that_typer_runs_get_parameters() {
    let head = "import typer\nfrom typing import Optional\n\n\n";
    let tail = ":\n    \"\"\"Ask.\"\"\"\n\n\ntyper.run(main)\n";
    let cases = [
        (
            "def main(path: str)",
            "def main(\n    path: str,\n    max_concurrent: Optional[int] = None,\n    max_samples: Optional[int] = None,\n    clear_cache: bool = False,\n)",
        ),
        (
            "def main(\n    path: str,\n    model: str = typer.Option(\"m\", help=\"the model\"),\n)",
            "def main(\n    path: str,\n    model: str = typer.Option(\"m\", help=\"the model\"),\n    max_concurrent: Optional[int] = typer.Option(None, help=\"how many calls run at once\"),\n    max_samples: Optional[int] = typer.Option(None, help=\"process only this many items\"),\n    clear_cache: bool = typer.Option(False, help=\"clear the cache\"),\n)",
        ),
        (
            "def main(path: str,\n         model: Annotated[str, typer.Option(help=\"the model\")] = \"m\")",
            "def main(path: str,\n         model: Annotated[str, typer.Option(help=\"the model\")] = \"m\",\n         max_concurrent: Annotated[Optional[int], typer.Option(help=\"how many calls run at once\")] = None,\n         max_samples: Annotated[Optional[int], typer.Option(help=\"process only this many items\")] = None,\n         clear_cache: Annotated[bool, typer.Option(help=\"clear the cache\")] = False)",
        ),
    ];
    for (def, expected) in cases {
        let after = added(&format!("{head}{def}{tail}"));
        assert!(after.contains(expected), "{def}:\n{after}");
        assert!(after.contains("\"\"\"Ask.\"\"\"\n    options("), "{after}");
    }
}
