//! Sites drawn over their source: the stages in the margin, the obstacles with both ends underlined.

use super::story::{Palette, headline_of, paint, plan, without_recipe, wrap_to};
use crate::facts::{Caution, Code, CodePage, ExplainedSite, Obstacle, Place, Problem, Site, StageName, Status};
use crate::syntax::Source;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use std::ops::Range;

/// Reads another file of the project, whose path a place names.
pub type Elsewhere<'r> = &'r dyn Fn(&str) -> Option<Source>;

/// What the drawing of a site needs.
#[derive(Clone, Copy)]
pub struct Drawing<'r> {
    /// The site's file.
    pub source: &'r Source,
    /// The pages of the codes: they say what stands at the ends of a dependence.
    pub pages: &'r [CodePage],
    /// The other files of the project.
    pub elsewhere: Elsewhere<'r>,
    /// Colours, or none.
    pub palette: Palette,
    /// Columns of the terminal.
    pub width: usize,
}

/// What is said where no site is at a line: the nearest ones.
pub fn nowhere(path: &str, line: Option<usize>, sites: &[Site], width: usize) -> String {
    let mut text = match line {
        Some(line) => format!("line {line} of {path} is in no loop around a call that perfmod knows"),
        None => format!("{path} has no loop around a call that perfmod knows"),
    };
    let line = line.unwrap_or(1);
    let mut nearest: Vec<&Site> = sites.iter().collect();
    nearest.sort_by_key(|s| (s.line.saturating_sub(line).max(line.saturating_sub(s.end_line)), s.line));
    let told = |s: &&Site| format!("{path}:{} (`{}`, {})", s.line, s.call, status(s.status));
    let told: Vec<String> = nearest.iter().take(3).map(told).collect();
    if !told.is_empty() {
        let lead = if told.len() == 1 { "the nearest site is" } else { "the nearest sites are" };
        let _ = write!(text, "; {lead} {}", told.join(", "));
    }
    let mut out = String::new();
    wrap_to(width, &mut out, "", "  ", &text);
    out
}

/// Why a file could not be processed.
pub fn unprocessed(path: &str, problem: &Problem, palette: Palette, width: usize) -> String {
    let line = problem.line.map(|l| format!(":{l}")).unwrap_or_default();
    let mut out = format!("{path}{line}: {}\n", paint(palette.bad, problem.code));
    wrap_to(width, &mut out, "  ", "  ", &problem.message);
    wrap_to(width, &mut out, "  more: ", "  ", &format!("perfmod explain {}", problem.code));
    out
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Ready => "ready",
        Status::Care => "care",
        Status::Blocked => "blocked",
    }
}

impl Drawing<'_> {
    /// What `perfmod explain FILE:LINE` prints of one site.
    pub fn explain(&self, site: &ExplainedSite) -> String {
        let mut out = String::new();
        headline_of(&mut out, &site.path, &site.site, self.palette);
        out.push('\n');
        self.margin(&mut out, site);
        for obstacle in &site.site.obstacles {
            out.push('\n');
            out.push_str(&self.obstacle(&site.path, obstacle));
        }
        for caution in &site.site.cautions {
            out.push('\n');
            out.push_str(&self.caution(&site.path, caution));
        }
        out.push('\n');
        self.ending(&mut out, &site.site);
        out
    }

    /// The loop's lines, each with the names of its stages.
    fn margin(&self, out: &mut String, site: &ExplainedSite) {
        let lines: Vec<&str> = self.source.text.split('\n').collect();
        let text = |line: usize| lines.get(line - 1).copied().unwrap_or_default();
        let (first, last) = (site.site.line, site.site.end_line);
        let stages = |line: usize| if text(line).trim().is_empty() { Vec::new() } else { stages_on(site, line) };
        let rows: Vec<(usize, Vec<StageName>)> = (first..=last).map(|line| (line, stages(line))).collect();
        let wide = rows.iter().map(|(_, stages)| words(stages).len()).max().unwrap_or(0);
        let digits = last.to_string().len();
        let bar = paint(self.palette.quiet, "|");
        let mut row = |number: String, stages: &[StageName], text: &str| {
            let painted: Vec<String> = stages.iter().map(|s| paint(self.colour(*s), s.as_str())).collect();
            let space = " ".repeat(wide - words(stages).len());
            let number = paint(self.palette.quiet, format!("{number:>digits$}"));
            let _ =
                writeln!(out, "{}", format!("{number} {}{space} {bar} {}", painted.join("+"), shown(text)).trim_end());
        };
        if let Some(function) = site.function_line.filter(|line| *line < first) {
            row(function.to_string(), &[], text(function));
            if function + 1 < first {
                row(String::new(), &[], "...");
            }
        }
        for (line, stages) in &rows {
            row(line.to_string(), stages, text(*line));
        }
    }

    fn colour(&self, stage: StageName) -> Style {
        let fg = |c: AnsiColor| if self.palette.colour { Style::new().fg_color(Some(c.into())) } else { Style::new() };
        match stage {
            StageName::Source => fg(AnsiColor::Cyan),
            StageName::Prepare => fg(AnsiColor::Yellow),
            StageName::Work => fg(AnsiColor::Green),
            StageName::Consume => fg(AnsiColor::Magenta),
        }
    }

    /// What stops the site, with both ends.
    fn obstacle(&self, path: &str, obstacle: &Obstacle) -> String {
        let [here, there] = self.ends(obstacle.code);
        let read;
        let elsewhere = obstacle.other_span.as_ref().filter(|o| o.path.as_ref().is_some_and(|p| p != path));
        let other = obstacle.other_span.as_ref().filter(|_| elsewhere.is_none());
        let mut marks = vec![(AnnotationKind::Primary, &obstacle.span, here)];
        marks.extend(other.map(|o| (AnnotationKind::Context, o, there)));
        let level = Level::ERROR.with_name("blocked");
        let title = level.primary_title(obstacle.message.as_str()).id(obstacle.code.to_string());
        let mut group = title.element(snippet(self.source, path, &marks));
        if let Some((place, path)) = elsewhere.and_then(|o| Some((o, o.path.as_deref()?))) {
            read = (self.elsewhere)(path);
            group = match &read {
                Some(source) => group.element(snippet(source, path, &[(AnnotationKind::Context, place, there)])),
                None => group.element(Level::NOTE.message(format!("{there}: {path}:{}", place.line))),
            };
        }
        self.render(group.element(Level::HELP.message(self.wrapped(&obstacle.help, "help"))))
    }

    /// What the user should accept.
    fn caution(&self, path: &str, caution: &Caution) -> String {
        let level = Level::WARNING.with_name("care");
        let title = level.primary_title(caution.message.as_str()).id(caution.code.to_string());
        let group = title.element(snippet(self.source, path, &[(AnnotationKind::Primary, &caution.span, "")]));
        if caution.code == Code::NO_RECIPE {
            return self.render(group);
        }
        let accept = format!("to accept it: `perfmod rewrite` with `--accept {}`", caution.code);
        self.render(group.element(Level::HELP.message(self.wrapped(&accept, "help"))))
    }

    /// The words at the two ends of a dependence.
    fn ends(&self, code: Code) -> [&str; 2] {
        let page = self.pages.iter().find(|p| p.code == code);
        page.and_then(|p| p.ends.as_ref()).map_or(["", "the other end"], |[a, b]| [a, b])
    }

    fn render(&self, group: Group<'_>) -> String {
        let renderer = if self.palette.colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = renderer.term_width(self.width).render(&[group]);
        // The lines between the bars end with spaces.
        text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        text.push('\n');
        text
    }

    /// A message behind `= help: `, in lines that fit.
    fn wrapped(&self, text: &str, name: &str) -> String {
        // Digits of a line number, and ` = `, `: `.
        let before = self.source.line(self.source.text.len()).to_string().len() + name.len() + 5;
        let mut out = String::new();
        wrap_to(self.width.saturating_sub(before), &mut out, "", "", text);
        out.trim_end().to_string()
    }

    /// What becomes of the site, and where there is more to read.
    fn ending(&self, out: &mut String, site: &Site) {
        plan(out, site, true, true);
        for assumption in &site.assumptions {
            wrap_to(self.width, out, "  assumed: ", "    ", assumption);
        }
        let told = match site.status {
            Status::Ready => "ready: no obstacle, and nothing is assumed but the standing list in docs/shapes.md",
            Status::Care if without_recipe(site) => "care: it stays as it is, for want of a recipe",
            Status::Care => "care: it can be rewritten if you accept what is above",
            Status::Blocked if site.obstacles.is_empty() => "blocked: no recipe in use is for this site",
            Status::Blocked => "blocked: it stays as it is",
        };
        let (word, rest) = told.split_once(':').unwrap_or((told, ""));
        let style = self.palette.status(site.status);
        wrap_to(self.width, out, &format!("  {}: ", paint(style, word)), "    ", rest);
        let mut codes: Vec<Code> = site.obstacles.iter().map(|o| o.code).collect();
        codes.extend(site.cautions.iter().map(|c| c.code));
        codes.sort();
        codes.dedup();
        for code in codes {
            let _ = writeln!(out, "  more: perfmod explain {code}");
        }
    }
}

/// The stages of a line, in the order in which they run.
fn stages_on(site: &ExplainedSite, line: usize) -> Vec<StageName> {
    let on = site.stages.iter().filter(|s| (s.line..=s.end_line).contains(&line));
    let mut out: Vec<StageName> = on.map(|s| s.stage).collect();
    out.sort();
    out.dedup();
    out
}

fn words(stages: &[StageName]) -> String {
    stages.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("+")
}

/// A line as a terminal can show it: tabs as four columns, like the snippets, and nothing that moves the cursor.
fn shown(line: &str) -> String {
    // Characters that turn the direction of writing can make a line read otherwise than it runs.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line = line.trim_end_matches('\r').replace('\t', "    ");
    line.chars().map(|c| if c.is_control() || turns(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Some places of a file, underlined.
fn snippet<'s>(
    source: &'s Source,
    path: &'s str,
    marks: &[(AnnotationKind, &Place, &'s str)],
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let annotations = marks.iter().map(|(kind, place, label)| {
        let annotation = kind.span(fitting(&source.text, place));
        if label.is_empty() { annotation } else { annotation.label(*label) }
    });
    Snippet::source(source.text.as_str()).path(path).annotations(annotations)
}

/// The bytes of a place, brought within the text: another file may have changed since it was analysed.
fn fitting(text: &str, place: &Place) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(place.span.start);
    start..floor(place.span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Span;
    use crate::syntax::Language;

    fn python(text: &str) -> Source {
        Source::from_bytes("a.py".as_ref(), text.as_bytes(), Language::Python).unwrap()
    }

    fn drawn(elsewhere: Elsewhere<'_>, there: Place) -> String {
        let source = python("from b import ask\nfor x in y:\n    ask(x)\n");
        let drawing = Drawing { source: &source, pages: &[], elsewhere, palette: Palette::default(), width: 80 };
        let obstacle = Obstacle {
            code: Code::CARRIED,
            message: "why".into(),
            help: "what to do".into(),
            span: source.place(Span::new(34, 37)),
            other_span: Some(there),
        };
        drawing.obstacle("a.py", &obstacle)
    }

    #[test]
    fn the_other_end_may_lie_in_another_file() {
        let other = python("count = 0\r\ndef ask(x):\r\n\tglobal count\r\n");
        let place = Place { path: Some("b.py".into()), ..other.place(Span::new(25, 37)) };
        let text = drawn(&|path| (path == "b.py").then(|| other.clone()), place.clone());
        assert_eq!(
            text,
            "\
blocked[PM101]: why
 --> a.py:3:5
  |
3 |     ask(x)
  |     ^^^
  |
 ::: b.py:3:2
  |
3 |     global count
  |     ------------ the other end
  |
  = help: what to do
"
        );
        let text = drawn(&|_| None, place);
        assert!(text.contains("= note: the other end: b.py:3"), "{text}");
    }

    #[test]
    fn a_place_that_the_other_file_no_longer_has_does_no_harm() {
        let other = python("# ü\n");
        for (start, end) in [(3, 400), (400, 500), (3, 4), (0, 0)] {
            let span = Span::new(start, end);
            let place = Place { path: Some("b.py".into()), line: 7, column: 1, end_line: 7, end_column: 2, span };
            let text = drawn(&|_| Some(other.clone()), place);
            assert!(text.contains("b.py:"), "{text}");
        }
    }

    #[test]
    fn lines_are_shown_without_what_moves_the_cursor() {
        assert_eq!(shown("\ta\u{1b}[2J\u{7}\u{202e}é\r"), "    a\u{fffd}[2J\u{fffd}\u{fffd}é");
    }
}
