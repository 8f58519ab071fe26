use crate::catalog::Catalog;
use crate::model::python::Program;
use crate::syntax::{Language, Source};

/// What is told of the command line of a program whose other files are given.
fn told_of(text: &str, others: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in others {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().join("t.py");
    std::fs::write(&path, text).unwrap();
    let source = Source::from_bytes(&path, text.as_bytes(), Language::Python).unwrap();
    let catalog = Catalog::default();
    let program = Program::new(&catalog, [&source]);
    match program.file(&path).unwrap().command_line() {
        None => "none".into(),
        Some(Err(why)) => why,
        Some(Ok(found)) => {
            let added = found.flags.iter().map(|f| f.written(found.separator));
            let left = found.left_out.iter().map(|(_, why)| why.clone());
            let exposed = found.exposed.then(|| "exposed".to_string());
            added.chain(left).chain(exposed).collect::<Vec<_>>().join("; ")
        }
    }
}

fn told(text: &str) -> String {
    told_of(text, &[])
}

/// A program with some options and some use of what was parsed.
fn program(options: &str, body: &str) -> String {
    format!(
        "import argparse\nimport json\nimport sys\n\n\ndef main():\n    parser = argparse.ArgumentParser()\n{options}    args = parser.parse_args()\n{body}\n\nmain()\n"
    )
}

const ALL: &str = "--max-concurrent; --max-samples; --clear-cache";

#[test]
fn options_that_do_the_same_stay_the_only_ones() {
    let with = |options: &str| told(&program(options, "    print(args.x)\n"));
    assert_eq!(with(""), ALL);
    assert_eq!(with("    parser.add_argument(\"--x_y\")\n"), "--max_concurrent; --max_samples; --clear_cache");
    assert_eq!(
        with("    parser.add_argument(\"--limit\", \"-n\")\n"),
        "--max-concurrent; --clear-cache; `-n` is there already"
    );
    assert_eq!(
        with("    parser.add_argument('--num_workers')\n    parser.add_argument('--k', dest='max_samples')\n"),
        "--clear_cache; `--num_workers` is there already; `--k` is there already"
    );
    assert_eq!(
        with("    parser.add_argument('--y')\n    parser.set_defaults(clear_cache=True)\n"),
        "--max-concurrent; --max-samples; `clear_cache` has a meaning in the program already"
    );
}

#[test]
fn abbreviations_keep_their_meaning() {
    let with = |options: &str| told(&program(options, "    print(args.x)\n"));
    assert_eq!(
        with("    parser.add_argument('--model')\n"),
        "--clear-cache; `--m`, which is short for `--model`, could mean `--max-concurrent` too; `--m`, which is short for `--model`, could mean `--max-samples` too"
    );
    // Neither had an abbreviation that begins like the new one.
    assert_eq!(with("    parser.add_argument('--model')\n    parser.add_argument('--mode')\n"), ALL);
    assert!(
        with("    parser.add_argument('--model')\n    parser.add_argument('--max-tokens')\n")
            .contains("`--ma`, which is short for `--max-tokens`")
    );
    assert!(with("    parser.add_argument('--c')\n").starts_with(ALL), "only itself, and no abbreviation");
    assert!(with("    parser.add_argument('--config')\n").contains("`--c`, which is short for `--config`"));
    let strict = program("    parser.add_argument('--model')\n", "    print(args.x)\n")
        .replace("ArgumentParser()", "ArgumentParser(allow_abbrev=False)");
    assert_eq!(told(&strict), ALL);
}

#[test]
fn what_is_parsed_stays_in_the_project() {
    let with = |body: &str| told(&program("", body));
    for body in [
        "    print(args.x, args.y)\n",
        "    args.x = 1\n    f = lambda: args.x\n",
        "    def inner():\n        return args.x\n    inner()\n",
        "    if getattr(args, 'x', None) or hasattr(args, 'y'):\n        pass\n",
        "    with open(args.x) as f:\n        run(args, f)\n\n\ndef run(options, f):\n    print(options.x, file=f)\n",
        "    Runner(args).go()\n\n\nclass Runner:\n    def __init__(self, args):\n        self.x = args.x\n\n    def go(self):\n        pass\n",
    ] {
        assert_eq!(with(body), ALL, "{body}");
    }
    for (body, why) in [
        ("    print(args)\n", "`print(args)`"),
        ("    print(f'{args}')\n", "line 9"),
        ("    print('%s' % args)\n", "line 9"),
        ("    print(vars(args))\n", "`vars(args)`"),
        ("    json.dump(args.__dict__, open('x', 'w'))\n", "`args.__dict__` is asked for in line 9"),
        ("    for k, v in args._get_kwargs():\n        pass\n", "`args._get_kwargs`"),
        ("    json.dump(args, open('x', 'w'))\n", "`json.dump(args"),
        ("    run(**vars(args))\n", "`vars(args)`"),
        ("    other = args\n    print(other)\n", "`print(other)`"),
        ("    everything = [args]\n", "`[args]`"),
        ("    for name in ('x', 'y'):\n        print(getattr(args, name))\n", "names that are not known"),
        ("    args = json.loads(args.x)\n", "stands for several things"),
        ("    run(args)\n\n\ndef run(options):\n    print(options)\n", "`print(options)`, line 13"),
        (
            "    Runner(args)\n\n\nclass Runner:\n    def __init__(self, args):\n        self.args = args\n",
            "`self.args = args`",
        ),
        ("    run(args)\n\n\n@json.decorate\ndef run(options):\n    pass\n", "`run(args)`"),
        ("    run(args)\n\n\ndef run(*options):\n    pass\n", "`run(args)`"),
        ("    sys.exit(args)\n", "`sys.exit(args)`"),
        ("    print(args.x, sys.argv)\n", "`sys.argv` too, in line 9"),
    ] {
        let told = with(body);
        assert!(told.contains(why), "{body}: {told}");
    }
    assert_eq!(with("    print(args.x, len(sys.argv), sys.argv[0])\n"), ALL);
    assert!(with("    print(args.max_samples)\n").contains("`max_samples` has a meaning"));
}

#[test]
fn other_files_are_followed() {
    let text = program("    add_options(parser)\n", "    run(args)\n")
        .replace("import sys\n", "import sys\nfrom rest import add_options, run\n");
    let rest = "def add_options(p):\n    g = p.add_argument_group('x')\n    g.add_argument('--config')\n\n\ndef run(args):\n    print(args.x)\n";
    let told = |rest: &str| told_of(&text, &[("rest.py", rest)]);
    assert_eq!(
        told(rest),
        "--max-concurrent; --max-samples; `--c`, which is short for `--config`, could mean `--clear-cache` too"
    );
    assert!(told(&rest.replace("print(args.x)", "print(args)")).contains("`print(args)`"));
    assert!(told(&rest.replace("'--config'", "*names")).contains("not every option is written out"));
    assert!(told_of(&text, &[]).contains("`add_options(parser)`"));
}

#[test]
fn parsers_are_followed_through_functions_and_groups() {
    let returned = "from argparse import ArgumentParser\n\n\ndef get_args():\n    p = ArgumentParser(description=__doc__)\n    group = p.add_argument_group('a')\n    group.add_argument('--x')\n    group = p.add_argument_group('b')\n    group.add_argument('--y')\n    p.add_argument_group('c').add_argument('--z')\n    return p.parse_args()\n\n\nif __name__ == '__main__':\n    args = get_args()\n    print(args.x)\n";
    assert_eq!(told(returned), format!("{ALL}; exposed"));
    assert!(told(&returned.replace("print(args.x)", "print(args)")).contains("`print(args)`"));
    assert!(told(&returned.replace("args = get_args()", "call(get_args)")).contains("`(get_args)`"));
    let maker = "import argparse\n\n\ndef build():\n    p = argparse.ArgumentParser()\n    p.add_argument('--x')\n    return p\n\n\ndef main():\n    parser = build()\n    args = parser.parse_args()\n    print(args.x)\n\n\nmain()\n";
    assert_eq!(told(maker), format!("{ALL}; exposed"));
    let module = "import argparse\nparser = argparse.ArgumentParser()\nargs = parser.parse_args()\n\n\ndef f():\n    return args.x\n";
    assert_eq!(told(module), format!("{ALL}; exposed"));
}

#[test]
fn parsers_of_another_kind_are_left() {
    let base = program("", "    print(args.x)\n");
    for (old, new, why) in [
        ("ArgumentParser()", "ArgumentParser(parents=[p])", "`parents`"),
        ("ArgumentParser()", "ArgumentParser(prefix_chars='+')", "`prefix_chars`"),
        ("ArgumentParser()", "ArgumentParser(argument_default=argparse.SUPPRESS)", "`argument_default`"),
        ("ArgumentParser()", "ArgumentParser(**options)", "unpacked"),
        (
            "    args = parser.parse_args()",
            "    args, rest = parser.parse_known_args()",
            "does not know goes elsewhere",
        ),
        (
            "    args = parser.parse_args()",
            "    parser.add_subparsers()\n    args = parser.parse_args()",
            "commands of its own",
        ),
        ("    args = parser.parse_args()", "    args = parser.parse_args([])", "is not the command line"),
        ("    args = parser.parse_args()", "    args = vars(parser.parse_args())", "`vars(parser.parse_args())`"),
        (
            "    args = parser.parse_args()",
            "    lib.options(parser)\n    args = parser.parse_args()",
            "`lib.options(parser)`",
        ),
        (
            "    args = parser.parse_args()",
            "    for n in lib.N:\n        parser.add_argument(f'--{n}')\n    args = parser.parse_args()",
            "not every option is written out",
        ),
        (
            "    args = parser.parse_args()",
            "    parser.add_argument('rest', nargs=argparse.REMAINDER)\n    args = parser.parse_args()",
            "whatever follows",
        ),
        (
            "    args = parser.parse_args()",
            "    parser.set_defaults(**json.load(open('x')))\n    args = parser.parse_args()",
            "unpacked",
        ),
        ("    args = parser.parse_args()", "    args = parser.parse_args(); print(1)", "amid other things"),
        (
            "    args = parser.parse_args()",
            "    args = parser.parse_args()\n    other = argparse.ArgumentParser()",
            "more than one parser",
        ),
        ("argparse.ArgumentParser()", "Mine()\n\n\nclass Mine(argparse.ArgumentParser):\n    pass\n", "of its own"),
    ] {
        assert!(base.contains(old), "{old}");
        let told = told(&base.replace(old, new));
        assert!(told.contains(why), "{new}: {told}");
    }
    for (text, why) in [
        ("from absl import flags\n", "`absl`"),
        ("import fire\n", "`fire`"),
        ("from docopt import docopt\n", "`docopt`"),
        ("from transformers import HfArgumentParser\nparser = HfArgumentParser(A)\n", "`HfArgumentParser`"),
        ("import sys\nprint(sys.argv[1])\n", "`sys.argv` itself, in line 2"),
    ] {
        let told = told(text);
        assert!(told.contains(why), "{text}: {told}");
    }
    assert_eq!(told("import sys\nprint(1)\n"), "none");
}

#[test]
fn commands_of_click_are_followed() {
    let text = "import click\n\n\n@click.command()\n@click.option('--model_name', default='m')\n@click.argument('path')\ndef main(model_name, path):\n    print(path)\n\n\nif __name__ == '__main__':\n    main()\n";
    assert_eq!(told(text), "--max_concurrent; --max_samples; --clear_cache; exposed");
    for (old, new, why) in [
        ("--model_name", "--limit", "`--limit` is there already"),
        ("@click.command()", "@click.group()", "commands of its own"),
        ("@click.command()", "@click.command(context_settings=dict(ignore_unknown_options=True))", "does not follow"),
        ("@click.argument('path')", "@click.pass_context", "`@click.pass_context`"),
        ("def main(model_name, path)", "def main(**kwargs)", "`**kwargs`"),
        ("print(path)", "print(locals())", "all variables"),
        ("    main()", "    run(main)", "in another way"),
        ("    main()", "    main.callback('m', 'x')", "in another way"),
        ("print(path)", "print(max_samples)", "`max_samples` has a meaning"),
    ] {
        assert!(text.contains(old), "{old}");
        let told = told(&text.replace(old, new));
        assert!(told.contains(why), "{new}: {told}");
    }
}

#[test]
fn functions_that_typer_runs_are_followed() {
    let run = "import typer\n\n\ndef main(path: str, model: str = typer.Option('m', help='x')):\n    print(path)\n\n\nif __name__ == '__main__':\n    typer.run(main)\n";
    let app = "import typer\n\napp = typer.Typer()\n\n\n@app.command()\ndef main(path: str, model: str = 'm'):\n    print(path)\n\n\nif __name__ == '__main__':\n    app()\n";
    assert_eq!(told(run), format!("{ALL}; exposed"));
    assert_eq!(told(app), format!("{ALL}; exposed"));
    for (old, new, why) in [
        ("path: str", "ctx: typer.Context", "all that was parsed"),
        ("path: str", "n: int", "`n` is there already"),
        ("print(path)", "print(locals())", "all variables"),
        ("typer.run(main)", "typer.run(main)\n    main('x')", "in another way"),
        ("typer.run(main)", "typer.run(main)\n    typer.run(other)", "commands of its own"),
    ] {
        assert!(run.contains(old), "{old}");
        let told = told(&run.replace(old, new));
        assert!(told.contains(why), "{new}: {told}");
    }
    for (old, new, why) in [
        ("    app()", "    app()\n\n\n@app.command()\ndef other():\n    pass\n", "commands of its own"),
        ("@app.command()", "@app.callback()\ndef common():\n    pass\n\n\n@app.command()", "commands of its own"),
        ("@app.command()", "@app.command(context_settings={})", "commands of its own"),
    ] {
        assert!(app.contains(old), "{old}");
        let told = told(&app.replace(old, new));
        assert!(told.contains(why), "{new}: {told}");
    }
}
