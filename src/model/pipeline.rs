//! A loop as a pipeline: source, prepare, work, consume. No language in here.

use crate::catalog::{CallFact, ClientFact};
use crate::facts::{Caution, Kind, Obstacle, Span};
use std::path::PathBuf;

/// What a loop turned out to be.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The loop.
    pub whole: Span,
    /// The function around it, `<module>` where there is none.
    pub function: String,
    /// What the time goes into.
    pub kind: Kind,
    /// The expensive call, as the program writes what is called.
    pub call: String,
    /// Where that call stands.
    pub work: Span,
    /// A typical duration of one call in seconds.
    pub seconds: f64,
    /// What stops a rewrite. Empty exactly where there is a pipeline.
    pub obstacles: Vec<Obstacle>,
    /// What the user should accept.
    pub cautions: Vec<Caution>,
    /// What is taken for granted beyond the standing list.
    pub assumptions: Vec<String>,
    /// Why nobody needs it to be faster, unless they say so.
    pub unworthy: Option<Obstacle>,
    /// The loop in stages.
    pub pipeline: Option<Pipeline>,
    /// The same loop in another form, where no patch can be made of this one.
    pub otherwise: Option<Box<Analysis>>,
}

/// The parts of a loop. For each item: PREPARE, then WORK, which overlaps with the WORK of other items, then CONSUME in
/// the order of the source.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The statement that holds the loop.
    pub statement: Span,
    /// The loop itself: the statement, or a comprehension inside it.
    pub looped: Span,
    /// The innermost source.
    pub source: Span,
    /// How many items it has, where the text tells.
    pub count: Option<usize>,
    /// The target that gets the source's items.
    pub target: Span,
    /// Where the items are put together of several sources, or chosen by conditions: what gives them.
    pub flat: Option<Flat>,
    /// Whether a progress bar stands outside the source.
    pub progress: bool,
    /// What the call needs, in the order of the text.
    pub prepare: Vec<Step>,
    /// What the drawn statements give to the rest.
    pub drawn: Vec<String>,
    /// The call.
    pub work: Span,
    /// What is known about it.
    pub call: CallFact,
    /// Whether that is the waiting call itself, and not statements or a function of the project that make it further down.
    pub direct: bool,
    /// Whether the program awaits it already: it is a coroutine, or statements that await.
    pub awaited: bool,
    /// How a function is applied to each item, where no loop is written.
    pub applied: Option<Applied>,
    /// What takes the answers, where all calls are made at once already, and nothing bounds how many.
    pub gathering: Option<Gathering>,
    /// Whether the loop stays as it is, and the work is what can be asked ahead of it.
    pub guessed: bool,
    /// Why its work may run on an event loop and not in threads.
    pub needs_loop: Option<String>,
    /// Where the work is statements: the variables that the rest of the program takes from them.
    pub gives: Option<Vec<String>>,
    /// The variables that they set and that nothing else in this file reads.
    pub keeps: Vec<String>,
    /// The waiting calls that the work makes: itself, in its statements, and in functions of the project.
    pub waiting: Vec<WaitingCall>,
    /// Whether the work prints.
    pub prints: bool,
    /// Why the results of the work cannot be kept in place of running it again, as far as that can be told.
    pub unkept: Option<String>,
    /// The client that makes it, where it is a method of one.
    pub client: Option<Client>,
    /// Everything else in the body, in the order of the text.
    pub consume: Vec<Span>,
    /// Variables that CONSUME carries from one iteration to the next.
    pub carried: Vec<String>,
    /// Whether a failure of the call is handled inside the iteration.
    pub protected: bool,
    /// Whether the iterations behind it are reached whatever failure of the call it is: that is, every one is handled.
    pub survives: bool,
    /// Where CONSUME can leave the loop early.
    pub exits: Vec<Exit>,
    /// The sleep that keeps a distance between iterations.
    pub pace: Option<Pace>,
    /// A guard that ends the loop after a number of items: the text of that number.
    pub limit: Option<String>,
    /// CONSUME, where it is pure collection into one list.
    pub collect: Option<Collect>,
    /// How many calls the program itself lets run at once, where it hands them to workers.
    pub at_once: Option<usize>,
    /// What is done ahead of a loop that stays as it is, where several calls of an item are asked there.
    pub ahead: Vec<Ahead>,
    /// What each further call of an item takes that stays where it is, one after the other, in seconds.
    pub serial: Vec<f64>,
}

impl Pipeline {
    /// Carries where the stages stand to another text of the file; where the waiting calls stand is not asked any more then.
    pub fn carry(&mut self, to: &dyn Fn(Span) -> Span) {
        let own = [&mut self.statement, &mut self.looped, &mut self.source, &mut self.target, &mut self.work];
        let steps = self.prepare.iter_mut().map(|step| &mut step.span);
        let exits = self.exits.iter_mut().map(|exit| &mut exit.span);
        let pace = self.pace.iter_mut().flat_map(|pace| &mut pace.statements);
        let gathering = self.gathering.iter_mut();
        let gathered = gathering.flat_map(|g| [&mut g.answers].into_iter().chain(&mut g.gone));
        let collect = self.collect.iter_mut();
        let collected = collect.flat_map(|c| [&mut c.append, &mut c.value].into_iter().chain(&mut c.made));
        let parts = own.into_iter().chain(steps).chain(exits).chain(pace).chain(gathered).chain(collected);
        for span in parts.chain(&mut self.consume) {
            *span = to(*span);
        }
        self.ahead.iter_mut().for_each(|piece| piece.carry(to));
    }

    /// Whether what the work calls is called as the program writes it: on an event loop where it is awaited already, or is
    /// a function of the project that becomes a coroutine function.
    pub fn is_as_written(&self, on_event_loop: bool) -> bool {
        on_event_loop == self.awaited || on_event_loop && !self.direct && self.gives.is_none()
    }
}

/// Clauses that give a loop's items, in one expression: `for m in models for q in questions if q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    /// Where they stand.
    pub clauses: Span,
    /// Their texts.
    pub parts: Vec<String>,
    /// The names that the loop reads of what they give, at least one.
    pub items: Vec<String>,
    /// Variables of the module in which loops that are one may leave another item than each alone, and that nothing reads then:
    /// where the last inner source is empty.
    pub unread: Vec<String>,
}

impl Flat {
    /// One item: a name, or several in brackets.
    pub fn item(&self) -> String {
        match self.items.as_slice() {
            [one] => one.clone(),
            names => format!("({})", names.join(", ")),
        }
    }
}

/// A function that is applied to each item of something: the pipeline's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// `map(work, source)`, whose items are all taken.
    Map {
        /// What becomes a list of answers: the call, the `list(…)` around it, or the `await` of a gather of all of them.
        whole: Span,
        /// The progress bar around it: its class, and its options.
        bar: Option<(Span, Vec<Span>)>,
    },
    /// A method of a table or column, the pipeline's source.
    Table {
        /// The method, as it applies a function that does not wait.
        method: String,
        /// The arguments beside the function.
        rest: Vec<Span>,
        /// Whether the function gets rows.
        rows: bool,
        /// Whether the method shows a progress bar.
        progress: bool,
        /// Whether the table is an expression that is best evaluated once.
        once: bool,
    },
}

/// What takes the answers of calls that are made at once already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathering {
    /// What gives the answers: an expression, or a loop that only awaits.
    pub answers: Span,
    /// The list that such a loop fills.
    pub list: Option<String>,
    /// The statements in front that nothing else needs.
    pub gone: Vec<Span>,
    /// The progress bar that goes with the answers: its class, and its options.
    pub bar: Option<(Span, Vec<Span>)>,
    /// Whether a failure is an answer.
    pub failures: bool,
}

/// A waiting call, wherever in the project it stands.
#[derive(Debug, Clone)]
pub struct WaitingCall {
    /// The file that it stands in.
    pub path: PathBuf,
    /// The call.
    pub call: Span,
    /// What is known about it.
    pub fact: CallFact,
    /// Whether the program itself asks again where it fails: in a loop with a handler, by a decorator.
    pub retried: bool,
    /// The loop of tries that is written around it, where it can become the runtime's, or why it cannot; none where there is
    /// no such loop.
    pub retry: Option<Result<Retry, String>>,
    /// The line, in the call's own file, where the program reads the clock around it.
    pub timed: Option<usize>,
    /// Whether its client calls functions of the program with each answer, and these leave something behind: an answer that
    /// is kept calls none of them.
    pub hooked: bool,
    /// The constructor call of its client, where the program makes one anew for each call, and always the same.
    pub remade: Option<Span>,
    /// Whether it is taken for a call of a client by the name of its method alone.
    pub assumed: bool,
    /// Where the program puts it through the runtime already: whether its answers are kept.
    pub wrapped: Option<bool>,
}

/// Tries that a program makes by itself, and that the runtime can make for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// The statements that make them, to the end of their function.
    pub statements: Span,
    /// What is returned of a try that succeeds.
    pub value: Span,
    /// The exceptions after the last of which nothing is returned; none where the last one is raised.
    pub gives_none: Option<Span>,
    /// The sleeps between the tries.
    pub sleeps: Vec<Span>,
}

/// A condition with the value that it has, and what is done ahead then.
pub type Arm = (Option<(Span, bool)>, Vec<Ahead>);

/// A part of what is done ahead of a loop that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ahead {
    /// A statement of the loop, with the calls in it.
    Copied(Span),
    /// A call, of which nothing but the asking is needed.
    Asked(Span),
    /// What is done where conditions have a value, of which the first that has it counts; without one, where none has.
    Branch(Vec<Arm>),
    /// Nothing more is asked for the item.
    Leave,
}

impl Ahead {
    fn carry(&mut self, to: &dyn Fn(Span) -> Span) {
        match self {
            Self::Copied(span) | Self::Asked(span) => *span = to(*span),
            Self::Branch(arms) => {
                for (condition, pieces) in arms {
                    condition.iter_mut().for_each(|(span, _)| *span = to(*span));
                    pieces.iter_mut().for_each(|piece| piece.carry(to));
                }
            }
            Self::Leave => {}
        }
    }
}

/// The client behind a method call.
#[derive(Debug, Clone)]
pub struct Client {
    /// The variable.
    pub name: String,
    /// What is known about it.
    pub fact: ClientFact,
}

/// One thing that the call needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The stage's part of the text: a statement, or the condition of a guard.
    pub span: Span,
    /// What it is.
    pub stage: Stage,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A statement that only the call needs: it moves to the work.
    Moved,
    /// A statement that the rest of the body needs too: it stays and is repeated in the work.
    Copied,
    /// A condition: where it has this value, no call is made.
    SkipWhen(bool),
    /// A statement that draws random numbers, or that such a one needs: it goes in front of the work, to where the items are
    /// taken one after the other.
    Drawn,
}

/// A place where the loop can end before its source does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The statement.
    pub span: Span,
    /// `break`, `return` or the name of the function that ends the program.
    pub what: String,
}

/// A throttling sleep.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// The statements of the loop's body that sleep, and that the distance between starts takes the place of.
    pub statements: Vec<Span>,
    /// How many seconds, as an expression in front of the loop.
    pub seconds: String,
    /// The same, where the text tells the number.
    pub known: Option<f64>,
}

/// A loop that only collects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collect {
    /// The list's name; none for a comprehension.
    pub list: Option<String>,
    /// The statement that makes the empty list.
    pub made: Option<Span>,
    /// The statement that appends, or the comprehension's element.
    pub append: Span,
    /// What is appended.
    pub value: Span,
}
