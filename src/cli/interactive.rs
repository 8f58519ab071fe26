//! `perfmod rewrite -i`: one patch at a time.
//!
//! Questions and answers are lines, so that it works over any connection and can be driven by a pipe. What was accepted in
//! a file is written when the file is through.

use super::{
    Failure,
    journals::{Ids, Journals, warn_of_dirty},
    say,
};
use crate::engine::{Applied, ApplyError, Engine, FilePlan, Outcome, Validate};
use crate::facts::{CodePage, Report, Status, Verdict};
use crate::report::{self, Palette};
use crate::syntax::{Language, Source};
use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const KEYS: &str = "\
y  apply this patch
n  leave it out
e  edit the result in $VISUAL or $EDITOR, and apply that
?  explain it: the stages of the loop, and the facts of the runs
d  show the diff again
a  apply this one and all that follow, as far as they are ready and validated;
   the others are asked about
q  stop here, and keep what was accepted
";

/// What became of the patches of a run.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Patches that were written.
    pub applied: usize,
    /// Whether one could not be written.
    pub failed: bool,
    /// Their ids in the journal.
    pub ids: Ids,
    /// Their files and sites, but for those of a file in which one was edited.
    pub sites: BTreeSet<(String, String)>,
}

impl Done {
    /// A report in which the patches that were applied are the accepted ones. `before` was made when nothing was written
    /// yet, and knows what they write.
    pub fn tell(&self, report: &mut Report, before: &Report) {
        for file in &mut report.files {
            let planned = before.files.iter().find(|f| f.path == file.path).map_or(&[][..], |f| &f.patches);
            let mut as_wanted = true;
            for patch in &mut file.patches {
                if let Some(planned) = planned.iter().find(|p| (&p.id, &p.sites) == (&patch.id, &patch.sites)) {
                    patch.edits.clone_from(&planned.edits);
                }
                let applied = patch.sites.iter().all(|s| self.sites.contains(&(file.path.clone(), s.clone())));
                as_wanted &= applied == patch.accepted;
                patch.accepted = applied;
            }
            if !as_wanted {
                file.diff = None;
            }
        }
    }
}

/// A conversation about the patches of a run.
pub(super) struct Conversation<'a> {
    pub engine: &'a Engine,
    pub journals: &'a mut Journals,
    pub palette: Palette,
    /// The pages of the codes.
    pub pages: &'a [CodePage],
    pub input: &'a mut dyn BufRead,
    /// Told what is going on.
    pub log: &'a mut dyn FnMut(&str),
}

/// What was said to one patch.
enum Answer {
    Yes,
    No,
    /// The text that takes the place of the result.
    Edited(String),
    All,
    Quit,
}

/// How a file was left.
enum Left {
    Through,
    /// A patch was edited: the rest is planned anew.
    Edited,
    Quit,
}

impl Conversation<'_> {
    /// Asks about every patch that may be applied.
    pub fn hold(&mut self, outcome: &mut Outcome) -> Result<Done, Failure> {
        let mut done = Done::default();
        let total: usize = outcome.files.iter().map(|f| self.offered(f, &BTreeSet::new()).len()).sum();
        let (mut number, mut all) = (0, false);
        'files: for at in 0..outcome.files.len() {
            let mut answered = BTreeSet::new();
            loop {
                let file = &mut outcome.files[at];
                match self.file(file, &mut answered, &mut number, total, &mut all, &mut done)? {
                    Left::Through => continue 'files,
                    Left::Quit => break 'files,
                    Left::Edited => {
                        (self.log)(&format!("planning what is left of {}", file.shown));
                        let path = file.path.clone();
                        let again = self.engine.rewrite(&[path], self.log)?;
                        if let Some(anew) = again.files.into_iter().next() {
                            outcome.files[at] = anew;
                        }
                    }
                }
            }
        }
        Ok(done)
    }

    /// The patches of a file that are asked about.
    fn offered(&self, file: &FilePlan, answered: &BTreeSet<String>) -> Vec<usize> {
        let asked = |at: &usize| !answered.contains(&key(file, *at));
        (0..file.patches.len()).filter(|&at| self.engine.may_apply(file, at)).filter(asked).collect()
    }

    fn file(
        &mut self,
        file: &mut FilePlan,
        answered: &mut BTreeSet<String>,
        number: &mut usize,
        total: usize,
        all: &mut bool,
        done: &mut Done,
    ) -> Result<Left, Failure> {
        let mut accepted: Vec<usize> = Vec::new();
        let mut left = Left::Through;
        for at in self.offered(file, answered) {
            answered.insert(key(file, at));
            *number += 1;
            if *all && self.engine.wants(file, &file.patches[at]) {
                accepted.push(at);
                continue;
            }
            match self.ask(file, &accepted, at, (*number, total.max(*number)))? {
                Answer::Yes => accepted.push(at),
                Answer::No => {}
                Answer::All => {
                    *all = true;
                    accepted.push(at);
                }
                Answer::Quit => {
                    left = Left::Quit;
                    break;
                }
                Answer::Edited(text) => {
                    if !self.write(file, &accepted, done)? {
                        return Ok(Left::Through);
                    }
                    let journal = self.journals.around(&file.path)?;
                    let written = self.engine.apply_edited(journal, file, &accepted, at, &text);
                    if self.told(file, written, 1, done) {
                        done.sites.retain(|(path, _)| *path != file.shown);
                        return Ok(Left::Edited);
                    }
                    // The edit is not lost where it could not be written.
                    self.rescue(file, &text)?;
                    return Ok(Left::Through);
                }
            }
        }
        self.write(file, &accepted, done)?;
        Ok(left)
    }

    /// Writes what was accepted in a file; false where that failed.
    fn write(&mut self, file: &mut FilePlan, accepted: &[usize], done: &mut Done) -> Result<bool, Failure> {
        if accepted.is_empty() {
            return Ok(true);
        }
        let together = (0..file.patches.len()).filter(|&at| self.engine.may_apply(file, at)).count();
        if accepted.len() < together && self.engine.options.validate != Validate::Off {
            (self.log)(&format!("{}: not all of its patches were accepted; running these alone", file.shown));
            self.engine.validate_alone(file, accepted, self.log).map_err(Failure::Usage)?;
        }
        let (stand, refuted): (Vec<usize>, Vec<usize>) =
            accepted.iter().partition(|&&at| file.sites[file.patches[at].site].verdict != Verdict::Refuted);
        for at in refuted {
            done.failed = true;
            let site = &file.sites[file.patches[at].site];
            self.show(&report::proposal(&file.shown, site, self.palette, true))?;
            say(&format!("{}:{}: alone it is refuted, so it is not applied", file.shown, site.line));
        }
        if stand.is_empty() {
            return Ok(true);
        }
        let others = file.others_of(&stand).into_iter().map(Path::to_path_buf);
        warn_of_dirty(&others.chain([file.path.clone()]).collect::<Vec<_>>());
        let journal = self.journals.around(&file.path)?;
        let written = self.engine.apply(journal, file, &[], &stand);
        let written = self.told(file, written, stand.len(), done);
        if written {
            let sites = stand.iter().map(|&at| file.sites[file.patches[at].site].id.clone());
            done.sites.extend(sites.map(|site| (file.shown.clone(), site)));
        }
        Ok(written)
    }

    fn told(&self, file: &FilePlan, written: Result<Applied, ApplyError>, patches: usize, done: &mut Done) -> bool {
        match written {
            Ok(applied) => {
                applied.notes.iter().for_each(|note| say(note));
                done.applied += patches;
                done.ids.add(&applied.root, applied.ids);
                true
            }
            Err(error) => {
                say(&format!("{}: {error}", file.shown));
                done.failed = true;
                false
            }
        }
    }

    fn show(&self, text: &str) -> Result<(), Failure> {
        Ok(anstream::stderr().write_all(text.as_bytes())?)
    }

    /// A line from the user; none where there are no more.
    fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        let mut err = anstream::stderr();
        write!(err, "{prompt}")?;
        err.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            writeln!(err)?;
            return Ok(None);
        }
        Ok(Some(line.trim().to_lowercase()))
    }

    fn ask(
        &mut self,
        file: &FilePlan,
        accepted: &[usize],
        at: usize,
        number: (usize, usize),
    ) -> Result<Answer, Failure> {
        let site = &file.sites[file.patches[at].site];
        let with: Vec<usize> = accepted.iter().copied().chain([at]).collect();
        let texts = self.engine.text_with(file, accepted).and_then(|a| Ok((a, self.engine.text_with(file, &with)?)));
        let (before, after) = match texts {
            Ok(texts) => texts,
            Err(why) => {
                say(&format!("{}:{}: not together with what was accepted: {why}", file.shown, site.line));
                return Ok(Answer::No);
            }
        };
        let diff = match self.diff_of_others(file, accepted, &with) {
            Ok(others) => report::diff(&file.path, &file.shown, &before, &after, self.palette) + &others,
            Err(why) => {
                say(&format!("{}:{}: not together with what was accepted: {why}", file.shown, site.line));
                return Ok(Answer::No);
            }
        };
        self.show(&report::proposal(&file.shown, site, self.palette, false))?;
        self.show(&diff)?;
        let prompt = format!("({}/{}) apply this patch [y,n,e,?,d,a,q]? ", number.0, number.1);
        loop {
            match self.line(&prompt)?.as_deref() {
                None | Some("q") => return Ok(Answer::Quit),
                Some("y") => return Ok(Answer::Yes),
                Some("n") => return Ok(Answer::No),
                Some("a") if self.engine.wants(file, &file.patches[at]) => return Ok(Answer::All),
                Some("a") => say(&format!(
                    "this one is {}, so `a` does not take it along: y or n, and `a` at the next",
                    if site.status == Status::Care { "to be accepted with care" } else { "not validated" }
                )),
                Some("d") => self.show(&diff)?,
                // It is not offered; who types it is told why.
                Some("s") => say(
                    "this patch cannot be split: it changes one loop, and its edits only work together (n leaves all of it out, e changes it)",
                ),
                Some("?") => {
                    self.draw(file, at)?;
                    self.show(&report::facts(site, self.palette))?;
                    self.show(KEYS)?;
                }
                Some("e") if !file.others_of(&[at]).is_empty() => say(
                    "this patch changes other files too, and only a patch of one file can be edited here: y applies it, and then the files can be edited",
                ),
                Some("e") => {
                    if let Some(text) = self.edit(file, &after)? {
                        return Ok(Answer::Edited(text));
                    }
                }
                Some(_) => self.show(KEYS)?,
            }
        }
    }

    /// What patches change in other files beyond what accepted ones do.
    fn diff_of_others(&self, file: &FilePlan, accepted: &[usize], with: &[usize]) -> Result<String, String> {
        let before = self.engine.others_with(file, accepted)?;
        let mut out = String::new();
        for (path, (shown, [read, after])) in self.engine.others_with(file, with)? {
            let before = before.get(&path).map_or(&read, |(_, [_, after])| after);
            out.push_str(&report::diff(&path, &shown, before, &after, self.palette));
        }
        Ok(out)
    }

    /// What `perfmod explain` prints of the site of a patch.
    fn draw(&self, file: &FilePlan, at: usize) -> Result<(), Failure> {
        let Some(source) = &file.source else { return Ok(()) };
        let site = &file.sites[file.patches[at].site];
        let elsewhere = |path: &str| Source::read(Path::new(path), Language::Python).ok();
        let (palette, width) = (self.palette, super::width::of_stdout());
        let drawing = report::Drawing { source, pages: self.pages, elsewhere: &elsewhere, palette, width };
        for one in file.explain(Some(site.line), Some(site.column)) {
            self.show(&drawing.explain(&one))?;
        }
        Ok(())
    }

    /// Lets the user edit a result until it is a program that does the same, or they give up; none then.
    fn edit(&mut self, file: &FilePlan, result: &str) -> Result<Option<String>, Failure> {
        let Some(editor) =
            ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var_os(name).filter(|e| !e.is_empty()))
        else {
            say("neither VISUAL nor EDITOR is set");
            return Ok(None);
        };
        let mut text = result.to_string();
        loop {
            let folder = tempfile::Builder::new().prefix("perfmod-edit-").tempdir()?;
            let path = folder.path().join(file.path.file_name().unwrap_or_default());
            std::fs::write(&path, &text)?;
            // A shell: the variable may hold arguments.
            let mut shell = Command::new("sh");
            shell.arg("-c").arg("eval \"$0\" '\"$1\"'").arg(&editor).arg(&path);
            if !shell.status()?.success() {
                say("the editor ended with an error; nothing was changed");
                return Ok(None);
            }
            let edited = match std::fs::read_to_string(&path) {
                Ok(edited) => edited,
                Err(error) => {
                    say(&format!("what the editor has left cannot be read ({error}); nothing was changed"));
                    if path.is_file() {
                        let kept = kept_edit(&file.path)?;
                        std::fs::copy(&path, &kept)?;
                        say(&format!("your edit is kept in {}", kept.display()));
                    }
                    return Ok(None);
                }
            };
            if edited == text && edited == result {
                say("nothing was edited");
                return Ok(None);
            }
            text = edited;
            let wrong = match self.engine.check_edited(file, &text, self.log) {
                Ok(Some(outcome)) if outcome.verdict == Verdict::Refuted => {
                    format!("it does something else: {}", outcome.evidence.reason.unwrap_or_default())
                }
                Ok(outcome) => {
                    let verdict = outcome.map_or("not validated".to_string(), |o| {
                        let why = o.evidence.reason.as_deref().and_then(|r| r.lines().next()).unwrap_or_default();
                        format!("{} {why}", o.verdict)
                    });
                    say(&format!("the edited version: {}", verdict.trim()));
                    return Ok(Some(text));
                }
                Err(why) => why,
            };
            say(&format!("{}: {wrong}", file.shown));
            match self.line("edit it again [y], or go back to the patch [n]? ")?.as_deref() {
                Some("n") | None => {
                    self.rescue(file, &text)?;
                    return Ok(None);
                }
                Some(_) => {}
            }
        }
    }

    /// Keeps an edited text that was not applied, and says where.
    fn rescue(&self, file: &FilePlan, text: &str) -> Result<(), Failure> {
        let kept = kept_edit(&file.path)?;
        std::fs::write(&kept, text)?;
        say(&format!("your edit is kept in {}", kept.display()));
        Ok(())
    }
}

/// A file that is not there yet, for an edit of a script.
fn kept_edit(script: &Path) -> Result<PathBuf, Failure> {
    let name = script.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (file, path) = tempfile::Builder::new()
        .prefix(&format!("{name}.edited-"))
        .suffix(".py")
        .tempfile()?
        .keep()
        .map_err(|e| Failure::Io(e.error))?;
    drop(file);
    Ok(path)
}

/// What a patch is known by when its file is planned anew: lines move, and the text of a loop that is left does not.
fn key(file: &FilePlan, at: usize) -> String {
    let text = |at: usize| {
        let site = &file.sites[file.patches[at].site];
        let lines = file.source.iter().flat_map(|source| source.text.lines());
        let lines = lines.skip(site.line.saturating_sub(1)).take(site.end_line + 1 - site.line);
        format!("{}\n{}", site.function, lines.collect::<Vec<_>>().join("\n"))
    };
    let own = text(at);
    // Of equal loops the ones behind keep their number.
    let behind = (at + 1..file.patches.len()).filter(|&other| text(other) == own).count();
    format!("{own}\n{behind}")
}
