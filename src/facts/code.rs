//! The codes: one entry per precondition that perfmod decides, in one place.

#![allow(clippy::zero_prefixed_literal, reason = "a number is written as it is shown: 001 is PM001")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A code such as `PM105`. Section and row of the preconditions make the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PM{:03}", self.0)
    }
}

impl Code {
    /// What the code means; `None` for a number that is not in use.
    pub fn info(self) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.code == self)
    }

    /// Reads `PM105`.
    pub fn parse(text: &str) -> Option<Self> {
        let code = Code(text.strip_prefix("PM")?.parse().ok()?);
        code.info().map(|_| code)
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Code::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown code {text}")))
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^PM[0-9]{3}$"})
    }
}

/// What a code means.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What must hold, in a few words.
    pub title: &'static str,
    /// What breaks without it.
    pub why: &'static str,
}

macro_rules! codes {
    ($($number:literal $name:ident: $title:literal, $why:literal;)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Code = Code($number);)*
        }

        /// Every code in use, in order.
        pub const CODES: &[CodeInfo] = &[$(CodeInfo { code: Code($number), title: $title, why: $why }),*];
    };
}

codes! {
    001 SYNTAX: "the file parses",
        "a file with a syntax error cannot be understood, so it is left alone";
    002 PYTHON_2: "the file is Python 3",
        "Python 2 code has other meanings for print, division and strings, and no asyncio";
    003 ENCODING: "the encoding is known and reads back",
        "a file whose bytes cannot be written back unchanged must not be written at all";
    004 TOO_LARGE: "the file is at most 10 MB",
        "a source file of that size is generated, and nobody reviews a patch to it";
    005 NOT_COMPILED: "the interpreter compiles both the original and the result",
        "the parser accepts some text that the interpreter does not";
    006 UNREADABLE: "the file can be read",
        "what cannot be read cannot be analysed";
    007 LINE_ENDS: "lines end with LF or CRLF",
        "a lone carriage return ends a line for Python but not for the tools that review and apply a patch";
    100 NOT_ANALYSED: "the shape of the loop is one that is understood",
        "what has not been analysed is not rewritten";
    101 CARRIED: "no value flows from one iteration into the call of a later one",
        "the calls would run before the values that they need exist";
    103 CHECK_THEN_ACT: "no guard in front of the call reads what the loop writes",
        "with calls under way at once the guard is asked before the earlier answers are in, and more calls are made";
    105 EARLY_EXIT: "the loop runs to its end",
        "calls past the exit have been made already and are billed";
    107 WRITES: "the call has no effect on the server that a failure or an exit would have prevented",
        "calls of later iterations are under way when an earlier one fails";
    109 ORDERED_EFFECTS: "the work writes no file that other iterations write or read",
        "lines would arrive in the order in which the calls end";
    110 SHARED_ARGUMENT: "no object that the call reads is changed by the loop",
        "the calls would see the object as it is when they start, not as it was in their turn";
    111 PROCESS_STATE: "the loop does not change the state of the process or of a module",
        "settings of one iteration would hold for the calls of others";
    112 OBJECT_STATE: "the call does not depend on the state of an object that the loop may change",
        "the state would be read before earlier iterations have written it";
    114 LAST_VALUE: "nothing that only the work sets is read after the loop",
        "it would keep the value of another iteration than the last";
    115 SOURCE: "what is iterated has a length and can be read ahead without effects",
        "a source with effects of its own would be advanced before the loop gets there";
    116 SOURCE_CHANGED: "the loop does not change what it iterates",
        "items added or removed in the body would not be seen";
    117 SHARED_ITERATOR: "the body does not advance an iterator itself",
        "items would be handed out in another order";
    118 RANDOM: "no random draw decides what the call is asked",
        "draws from one shared stream would be made in another order";
    119 TIME: "the loop does not read the clock",
        "a time taken around one call would measure many";
    120 SLEEP: "the loop does not sleep",
        "a sleep may keep a rate limit, poll for a result or wait for a retry; removing it changes which";
    121 ROTATION: "keys, proxies and models are not taken in turns",
        "whose turn it is depends on how many calls were made before";
    122 BLOCKING: "nothing else in the loop blocks on a call",
        "a second waiting call in the body would keep the loop sequential";
    123 CLIENT: "the client can be built again as its async twin",
        "time-outs, retries, headers and hooks would differ";
    129 HELD_RESOURCE: "no lock, transaction or cursor is held over the call",
        "it would be held by several calls at once";
    130 STREAM: "the answer is not streamed",
        "the tokens of several answers would interleave";
    131 CONVERSATION: "the calls do not continue a conversation that the server keeps",
        "its state is that of the call before, and with calls under way at once nobody knows which that was";
    132 YIELD: "the function is not a generator",
        "its consumer may stop at any item, and the calls past it would have been made already";
    133 PROGRESS: "a progress bar shows what the loop has done, and nothing of the work",
        "it would show how far the calls have run ahead";
    137 INTERRUPT: "Ctrl-C reaches the handler that the program wrote for it",
        "inside an event loop only a cancellation arrives there";
    138 TIMEOUT: "no alarm or time-out decorator stands around the call",
        "it interrupts the main thread, and with calls under way at once it would interrupt other work than before";
    139 COMPUTES: "the work waits and does not compute",
        "one core has no more to give, so calls that compute gain nothing from running at once";
    301 COUNTER: "the work does not add to a number that other iterations add to",
        "two threads read the same old value, and one of the additions is lost";
    302 AFFINITY: "what the work uses may be used by a thread other than the one that made it",
        "database connections, windows and event loops belong to the thread that made them";
    304 THREAD_SAFETY: "the client may be used by several threads at once",
        "requests of different threads would share connections, cookies and buffers that are not made for it";
    501 OWN_CACHE: "the work does not keep answers itself for later iterations",
        "items that ask the same are under way at once, and each asks the server";
    506 TIMED: "a call whose time is taken is not answered from a cache",
        "a benchmark that is answered from a cache, or waits for another try, measures nothing";
    604 OWN_RETRY: "a retry of the program's own decides how often and how long it asks again",
        "the runtime asks as long as the server says, up to ten minutes after a rate limit, and as often as the client would after other failures";
    901 SMALL: "the loop makes enough calls for it to matter",
        "a few short calls end sooner than anybody can review the patch";
    902 CONCURRENT: "the calls are not already made at once",
        "a second layer of workers would multiply the load, and gains nothing";
    903 TEST: "the file is not a test",
        "a test that waits is slow in the time of nobody who waits for results";
    904 NO_RECIPE: "a recipe writes loops of this shape",
        "the loop may be staged, and perfmod does not know yet how to write it";
    905 IGNORED: "no comment asks for the site to be left alone",
        "somebody who knows the program has decided so";
    906 UNUSED_IGNORE: "each `perfmod: ignore` ignores something",
        "a comment that ignores nothing hides the site that comes to stand there next";
    907 ELSEWHERE: "a call that a patch would wrap can be changed where it stands",
        "a module that finds no runtime fails for every program that imports it";
    908 UNKEPT: "what the work gives is all that it does, and plain data",
        "a run that goes on with a checkpoint has the results of the work, and nothing else that it did";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_read_back() {
        assert!(CODES.windows(2).all(|w| w[0].code < w[1].code));
        for info in CODES {
            assert_eq!(Code::parse(&info.code.to_string()), Some(info.code));
        }
        assert_eq!(Code::CARRIED.to_string(), "PM101");
        assert_eq!(Code::parse("PM999"), None);
    }
}
