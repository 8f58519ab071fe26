//! An event loop that is entered anew for each item: `asyncio.run(ask(x))`, `loop.run_until_complete(ask(x))`. It runs one
//! call at a time, in the thread that entered it.

use super::{File, Trouble};
use crate::facts::Code;
use crate::syntax::python::{Attribute, Call};
use crate::syntax::{Node, ancestors};

const INSTEAD: &str = "make the loop part of one coroutine: `async def main():` around it, `await` in place of entering the event loop, and one `asyncio.run(main())`; perfmod makes the calls of such a loop run ahead";

impl<'t> File<'t> {
    /// Why a coroutine whose answer an event loop is entered for cannot run ahead.
    pub(super) fn entered(&self, coroutine: Node<'t>) -> Option<Trouble<'t>> {
        let around = ancestors(coroutine)
            .take_while(|a| !matches!(a.kind(), "block" | "lambda" | "await"))
            .filter_map(Call::cast)
            .find(|c| self.enters(*c))?;
        let name = around.function().map_or("", |f| self.text(f));
        let message =
            format!("`{name}` enters an event loop for each item and waits there, so one call is under way at a time");
        Some(Trouble::new(Code::AFFINITY, around.0, message, INSTEAD))
    }

    fn enters(&self, call: Call<'t>) -> bool {
        let path = call.function().and_then(|f| self.import_path(f));
        path.as_deref() == Some("asyncio.run") || self.runs_until_complete(call) || self.has_it_entered(call)
    }

    /// Whether a worker is to enter the event loop: `submit(asyncio.run, …)`.
    fn has_it_entered(&self, call: Call<'t>) -> bool {
        let first = call.args().next().filter(|_| self.hands_on(call));
        first.and_then(|a| self.import_path(a)).is_some_and(|p| p == "asyncio.run")
    }

    fn runs_until_complete(&self, call: Call<'t>) -> bool {
        let method = call.function().and_then(Attribute::cast).and_then(|a| a.name());
        method.is_some_and(|n| self.text(n) == "run_until_complete")
    }

    /// Why a call of the work cannot be made by several threads: it enters an event loop that they would share, or hands one
    /// to workers to enter with clients that are bound to another.
    pub(super) fn enters_shared_loop(&self, call: Call<'t>) -> Option<Trouble<'t>> {
        let name = call.function().map_or("", |f| self.text(f));
        if self.has_it_entered(call) {
            let message = format!(
                "`{name}` has a worker enter an event loop for each item, and what the coroutine uses is bound to one event loop"
            );
            return Some(Trouble::new(Code::AFFINITY, call.0, message, INSTEAD));
        }
        let message =
            format!("`{name}` enters an event loop and waits there: it runs for one caller at a time, in one thread");
        self.runs_until_complete(call).then(|| Trouble::new(Code::AFFINITY, call.0, message, INSTEAD))
    }
}
