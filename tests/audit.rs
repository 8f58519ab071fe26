//! The self-audit: random small programs, rewritten by perfmod, against their originals.
//!
//! `tests/audit/generate.py` makes programs, the engine rewrites them in this process, and `tests/audit/oracle.py` runs
//! originals and results under every order of completion and with every call failing. What that shows is in `docs/audit.md`.
//!
//! `PERFMOD_AUDIT_SEED` and `PERFMOD_AUDIT_COUNT` choose other programs, and `PERFMOD_AUDIT_SKIP` leaves out the first of them, to
//! go through many in shares; `PERFMOD_AUDIT_KEEP` is a folder to keep them in;
//! `PERFMOD_AUDIT_QUICK` runs what is rewritten alone, and tells no share;
//! `PERFMOD_AUDIT_PREFETCH` asks for that strategy wherever it can be had.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "the numbers are what the test is for")]

use perfmod::{
    engine::{Engine, ExecutorChoice, FilePlan, Options, RuntimeChoice, StrategyChoice, Validate},
    facts::Status,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

/// Processes that run programs, one at a time each. One more than cores, for a third of a run is waiting.
const WORKERS: usize = 3;
/// So many programs are staged by brute force, for the share of legal ones that are rewritten; of the others those with a probe.
const STAGED: usize = 1_000;
/// Cautions that speak of calls that the original does not make.
const EXTRA: &[&str] = &["PM103", "PM105", "PM501"];
/// Cautions that say that what is put out may differ: files by varying names, items that change, draws, sums behind a failure,
/// the order of kept answers.
const DIFFERENT: &[&str] = &["PM109", "PM112", "PM118", "PM301", "PM501"];

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// What perfmod made of one program.
struct Made {
    id: String,
    status: Option<Status>,
    cautions: Vec<String>,
    assumed: bool,
    /// Whether the result keeps a distance between its calls.
    paced: bool,
    obstacles: Vec<String>,
    /// What it has besides, where it has anything.
    feature: Option<String>,
}

impl Made {
    /// Whether its feature is there to find wrong verdicts, and not for the share of what is rewritten.
    fn probes(&self, fates: &BTreeMap<String, Fate>) -> bool {
        self.feature.as_ref().and_then(|name| fates.get(name)).is_some_and(|fate| fate.is_probe)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).expect("there").flatten() {
        let place = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &place),
            false => drop(fs::copy(entry.path(), place).expect("writable")),
        }
    }
}

/// The number of a program, which is its folder's name.
fn id_of(path: &Path) -> String {
    path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn rewrite(engine: &Engine, file: &FilePlan, work: &Path) -> Made {
    let id = id_of(&file.path);
    let sites: Vec<_> = file.patches.iter().map(|patch| &file.sites[patch.site]).collect();
    let cautions = sites.iter().flat_map(|site| site.cautions.iter().map(|c| c.code.to_string())).collect();
    let assumed = sites.iter().any(|site| !site.assumptions.is_empty());
    let obstacles = file
        .sites
        .iter()
        .flat_map(|site| {
            let cautions = site.cautions.iter().map(|c| format!("{} (caution)", c.code));
            site.obstacles.iter().map(|o| o.code.to_string()).chain(cautions.filter(|c| c.starts_with("PM904")))
        })
        .collect();
    let (mut status, mut paced) = (None, false);
    if !sites.is_empty() {
        let all: Vec<usize> = (0..file.patches.len()).collect();
        let changes = engine.changes(file, &all).expect(&id);
        let folder = work.join("rewritten").join(&id);
        let original = work.join("original").join(&id);
        copy(&original, &folder);
        // The runtime is the oracle's.
        for change in changes.others.into_iter().chain(changes.own) {
            paced |= String::from_utf8_lossy(change.after.as_ref()).contains("pace=");
            let place = change.path.strip_prefix(&original).map(|place| folder.join(place));
            fs::write(place.unwrap_or_else(|_| folder.join(change.path.file_name().expect("a name"))), change.after)
                .expect("writable");
        }
        let ready = sites.iter().all(|site| site.status == Status::Ready);
        status = Some(if ready { Status::Ready } else { Status::Care });
    }
    let feature = note(&file.path, "# Feature: ");
    Made { id, status, cautions, assumed, paced, obstacles, feature }
}

/// What the generator says of a program, behind these words.
fn note(path: &Path, words: &str) -> Option<String> {
    let text = fs::read_to_string(path).expect("a program");
    text.lines().find_map(|line| line.strip_prefix(words)).map(ToString::to_string)
}

/// What became of the programs that have a feature.
#[derive(Default)]
struct Fate {
    is_probe: bool,
    made: usize,
    ready: usize,
    care: usize,
    legal: usize,
    illegal: usize,
    rewritten: usize,
}

/// Has the oracle judge, in several processes.
fn judge(jobs: &[Value], work: &Path) -> Vec<Value> {
    let run = |jobs: Vec<Value>| {
        let mut oracle = Command::new("python3")
            .arg(here("tests/audit/oracle.py"))
            .arg(work)
            .arg(here("transforms/runtime/perfmod_runtime.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests need a python3");
        let mut lines = oracle.stdin.take().expect("piped");
        std::thread::spawn(move || {
            for job in jobs {
                if writeln!(lines, "{job}").is_err() {
                    break; // it has ended, and the missing verdicts will say so
                }
            }
        });
        let output = oracle.wait_with_output().expect("the oracle");
        assert!(output.status.success(), "the oracle ended with {}", output.status);
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect::<Vec<Value>>()
    };
    // A few at a time, so that no process is left with the slow ones.
    let (shares, next): (Vec<&[Value]>, _) = (jobs.chunks(25).collect(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let work = || -> Vec<Value> {
            let share = || shares.get(next.fetch_add(1, Ordering::Relaxed));
            std::iter::from_fn(share).flat_map(|share| run(share.to_vec())).collect()
        };
        let runs: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        runs.into_iter().flat_map(|run| run.join().expect("the oracle")).collect()
    })
}

fn counted(words: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts.iter().map(|(word, n)| format!("{word} {n}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_rewritten_agrees_with_its_original_and_enough_is_rewritten() {
    let (seed, count) = (number("PERFMOD_AUDIT_SEED", 1), number("PERFMOD_AUDIT_COUNT", 2000));
    let folder = tempfile::tempdir().expect("a folder");
    let kept = std::env::var_os("PERFMOD_AUDIT_KEEP").map(PathBuf::from);
    let work = kept.as_deref().unwrap_or(folder.path());
    let begun = Instant::now();
    let made = Command::new("python3")
        .arg(here("tests/audit/generate.py"))
        .arg(work)
        .args([seed.to_string(), count.to_string()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status();
    assert!(made.is_ok_and(|status| status.success()), "no programs were made");

    // What a program wants says its text; nothing, mostly.
    let usual = || Options { validate: Validate::Off, ..Options::default() };
    let only = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    // Not the cache, which would keep what a checkpoint is to keep.
    let kept = only(&["async-gather", "sequential-awaits", "pacing", "checkpoint"]);
    let absorbs = only(&["async-gather", "sequential-awaits", "retry-calls", "absorb-retry"]);
    let engines = [
        ("", usual()),
        ("prefetch", Options { strategy: StrategyChoice::Prefetch, ..usual() }),
        ("none", Options { runtime: RuntimeChoice::None, ..usual() }),
        ("checkpoint", Options { only: kept, ..usual() }),
        // In threads: where a function is taken to an event loop, its tries stay.
        ("absorb", Options { only: absorbs, executor: ExecutorChoice::Threads, ..usual() }),
    ];
    let engines = engines.map(|(name, options)| (name, Engine::new(None, options).expect("an engine")));
    let forced = std::env::var_os("PERFMOD_AUDIT_PREFETCH").map(|_| "prefetch".to_string());
    let wanted =
        |path: &Path| -> String { forced.clone().unwrap_or_else(|| note(path, "# Wanted: ").unwrap_or_default()) };
    let mut paths: Vec<PathBuf> =
        fs::read_dir(work.join("original")).expect("programs").flatten().map(|e| e.path().join("main.py")).collect();
    paths.sort();
    let mut programs = Vec::new();
    for (name, engine) in &engines {
        let of_it: Vec<PathBuf> = paths.iter().filter(|path| wanted(path) == *name).cloned().collect();
        for chunk in of_it.chunks(100) {
            let found = engine.check(chunk).expect("they can be read");
            programs.extend(found.files.iter().map(|file| rewrite(engine, file, work)));
        }
    }
    assert_eq!(programs.len(), paths.len(), "a program wants what nobody knows");
    let analysed = begun.elapsed();

    let jobs = programs.iter().filter(|p| p.status.is_some()).map(|p| {
        let extra = p.cautions.iter().any(|code| EXTRA.contains(&code.as_str()));
        json!({"id": p.id, "twin": "rewritten", "extra": extra})
    });
    let verdicts = judge(&jobs.collect::<Vec<_>>(), work);
    let verdict_of = |id: &str| verdicts.iter().find(|v| v["id"] == id).expect(id);
    let ran = |p: &&Made| {
        p.status.is_none() || !["unstable", "idle"].contains(&verdict_of(&p.id)["verdict"].as_str().unwrap_or_default())
    };
    let agrees = |p: &Made| p.status.is_some() && verdict_of(&p.id)["verdict"] == "agrees";

    // A program whose rewriting agrees under all schedules, without calls of its own, is legal; of the others the
    // brute-force staging tells.
    let proven = |p: &Made| agrees(p) && verdict_of(&p.id)["extra"] == false;
    let unproven = programs.iter().filter(ran).filter(|p| !proven(p));
    let fates = fs::read_to_string(work.join("features.txt")).expect("the features");
    let mut fates: BTreeMap<String, Fate> = fates
        .lines()
        .map(|line| (line.trim_end_matches(" probe"), line.ends_with(" probe")))
        .map(|(name, is_probe)| (name.to_string(), Fate { is_probe, ..Fate::default() }))
        .collect();
    // A thousand are enough for the share. Probes are few of each kind, and all are staged.
    let first: BTreeSet<String> = paths.iter().take(STAGED).map(|p| id_of(p)).collect();
    let is_staged = |p: &Made| first.contains(&p.id) || p.probes(&fates);
    // Whoever looks for wrong verdicts alone may leave that out.
    let is_quick = std::env::var_os("PERFMOD_AUDIT_QUICK").is_some();
    let unproven = unproven.filter(|p| !is_quick && is_staged(p));
    let naive = judge(&unproven.map(|p| json!({"id": p.id, "twin": "naive"})).collect::<Vec<_>>(), work);
    let mut report = Vec::new();
    let mut wrong = Vec::new();
    for (name, status) in [("ready", Status::Ready), ("care", Status::Care)] {
        let these: Vec<&Made> = programs.iter().filter(ran).filter(|p| p.status == Some(status)).collect();
        let differ: Vec<&&Made> = these.iter().filter(|p| !agrees(p)).collect();
        report.push(format!("{name}: {} rewritten, {} disagree", these.len(), differ.len()));
        for p in differ {
            let v = verdict_of(&p.id);
            // Calls that were all made at once are fewer behind a failure: the bound is what was asked for.
            let is_fewer = v["why"].as_str().is_some_and(|why| why.starts_with("requests: missing"));
            let is_bounded = is_fewer && !v["fails"].is_null() && p.cautions.iter().any(|code| code == "PM902");
            // A distance that the result does not keep at all is told; one that it keeps must be the right one.
            let is_rate = v["why"].as_str().is_some_and(|why| why.starts_with("rate:"));
            let is_unpaced = is_rate && !p.paced && p.cautions.iter().any(|code| code == "PM120");
            let is_told = is_bounded
                || is_unpaced
                || p.assumed
                || p.cautions.iter().any(|code| DIFFERENT.contains(&code.as_str()));
            wrong.push((
                status == Status::Ready || !is_told,
                format!(
                    "{name} {} {:?} assumed={}: {} [fails={} {}]",
                    p.id, p.cautions, p.assumed, v["why"], v["fails"], v["times"]
                ),
            ));
        }
    }
    let legal = naive.iter().filter(|v| v["verdict"] == "agrees");
    let (done, missed): (Vec<&Made>, Vec<&Made>) =
        legal.filter_map(|v| programs.iter().find(|p| v["id"] == p.id.as_str())).partition(|p| agrees(p));
    let all_right: Vec<&Made> =
        done.into_iter().chain(programs.iter().filter(ran).filter(|p| proven(p) && is_staged(p))).collect();
    let shares = [false, true].map(|probes| {
        let of = |these: &[&Made]| these.iter().filter(|p| p.probes(&fates) == probes).count();
        let (right, missed) = (of(&all_right), of(&missed));
        (right, right + missed, 100.0 * right as f64 / (right + missed).max(1) as f64)
    });
    let share = shares[0].2;
    let total = |verdicts: &[Value]| verdicts.iter().filter_map(|v| v["runs"].as_u64()).sum::<u64>();
    for ((right, legal, share), name) in shares.iter().zip(["legal", "legal, with a feature that is a probe"]) {
        report.push(format!("{name}: {legal} of which rewritten {right} ({share:.1}%)"));
    }
    report.push(format!("runs of rewritten programs {}, of brute-force ones {}", total(&verdicts), total(&naive)));
    println!("seed {seed}, {} programs\n{}", programs.len(), report.join("\n"));
    println!("verdicts: {}", counted(verdicts.iter().map(|v| v["verdict"].to_string())));
    println!(
        "missed, by obstacle: {}",
        counted(missed.iter().map(|p| if p.obstacles.is_empty() { "no site".into() } else { p.obstacles.join("+") }))
    );
    for p in &missed {
        println!("missed {}: {:?}", p.id, p.obstacles);
    }
    println!("{}", wrong.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n"));
    for program in programs.iter().filter(ran) {
        let Some(fate) = program.feature.as_ref().and_then(|name| fates.get_mut(name)) else { continue };
        fate.made += 1;
        fate.ready += usize::from(program.status == Some(Status::Ready));
        fate.care += usize::from(program.status == Some(Status::Care));
        let staged = naive.iter().find(|v| v["id"] == program.id.as_str());
        let is_legal = proven(program) || staged.is_some_and(|v| v["verdict"] == "agrees");
        fate.legal += usize::from(is_legal);
        fate.illegal += usize::from(!is_legal && staged.is_some_and(|v| v["verdict"] == "differs"));
        fate.rewritten += usize::from(is_legal && agrees(program));
    }
    for (name, fate) in &fates {
        let Fate { made, ready, care, legal, illegal, rewritten, .. } = fate;
        println!(
            "{name}: {made}, ready {ready}, care {care}, legal {legal}, of these rewritten {rewritten}, not legal {illegal}"
        );
    }
    println!(
        "analysed in {:.0} s, judged in {:.0} s",
        analysed.as_secs_f64(),
        (begun.elapsed() - analysed).as_secs_f64()
    );
    let untold: Vec<&String> = wrong.iter().filter(|(is_untold, _)| *is_untold).map(|(_, line)| line).collect();
    assert!(untold.is_empty(), "rewritten programs disagree with their originals, and nothing said so: {untold:#?}");
    // A feature that no program has shows nothing, nor does a probe that all have in one form.
    let is_whole = ["FEATURE", "FEATURES", "ONLY", "SKIP", "QUICK"]
        .iter()
        .all(|name| std::env::var_os(format!("PERFMOD_AUDIT_{name}")).is_none());
    let absent: Vec<&String> = fates
        .iter()
        .filter(|(_, fate)| fate.made == 0 || fate.is_probe && fate.legal.min(fate.illegal) == 0)
        .map(|(name, _)| name)
        .collect();
    assert!(
        !is_whole || count < 2000 || absent.is_empty(),
        "in no program, or not in a legal and an illegal form: {absent:?}"
    );
    // Of few programs a share says little.
    assert!(count < 1000 || share >= 60.0 || shares[0].1 == 0, "only {share:.1}% of the legal programs are rewritten");
}
