//! `--runtime none`: a loop that only collects, with the standard library alone.

use super::{DEFAULT_LIMIT, Draft};

impl Draft<'_, '_> {
    /// What takes the results of a loop that only collects: what stands in front of its statement, at that indentation,
    /// and the results as an expression.
    pub(super) fn results(&mut self, work: &str, indent: &str) -> (String, String) {
        if !self.style.plain {
            return (String::new(), self.gather_call(work));
        }
        let (newline, unit) = (self.newline(), self.unit());
        let limit = self.limit().unwrap_or(DEFAULT_LIMIT);
        let items = self.source_text();
        if !self.is_async() {
            let pool = self.free_name(&["pool", "workers", "executor"]);
            let class = self.symbol("concurrent.futures", "ThreadPoolExecutor");
            let all = match self.file.names.is_bound("list") {
                true => format!("[*{pool}.map({work}, {items})]"),
                false => format!("list({pool}.map({work}, {items}))"),
            };
            return (format!("with {class}(max_workers={limit}) as {pool}:{newline}{indent}{unit}"), all);
        }
        self.imports.insert(("asyncio".into(), String::new()));
        let semaphore = self.free_name(&["semaphore", "limiter", "slots"]);
        let bounded = self.free_name(&["bounded", "within_limit", "one_at_a_time"]);
        let item = self.free_name(&["item", "entry", "work_item"]);
        let lines = [
            format!("{semaphore} = asyncio.Semaphore({limit})"),
            String::new(),
            format!("async def {bounded}({item}):"),
            format!("{unit}async with {semaphore}:"),
            format!("{unit}{unit}return await {work}({item})"),
            String::new(),
        ];
        let lines = lines.map(|l| if l.is_empty() { newline.to_string() } else { format!("{l}{newline}") });
        let text = lines.join(indent).replace(&format!("{newline}{indent}{newline}"), &format!("{newline}{newline}"));
        (format!("{text}{indent}"), format!("await asyncio.gather(*[{bounded}({item}) for {item} in {items}])"))
    }

    /// The first of some names that means nothing in this file.
    fn free_name(&self, names: &[&str]) -> String {
        let free = names.iter().map(|n| n.to_string()).find(|n| !self.file.names.is_taken(n));
        free.or_else(|| (2..).map(|n| format!("{}_{n}", names[0])).find(|n| !self.file.names.is_taken(n)))
            .unwrap_or_default()
    }
}
