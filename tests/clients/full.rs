//! Every script under every environment that it is written for.

use super::{Again, Case, fails_midway, judge_errors};
use crate::support::{FIRST_CLIENTS, MODULE_STYLE, NEWEST};
use serde_json::json;

/// The cases under both clients of the new style.
macro_rules! under_both {
    ($($name:ident),* $(,)?) => {
        mod newest {
            $(#[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn $name() { super::$name(super::NEWEST); })*
        }
        mod first_clients {
            $(#[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn $name() { super::$name(super::FIRST_CLIENTS); })*
            #[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn errors() { super::judge_errors(super::FIRST_CLIENTS); }
            #[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn failure() { super::fails_midway(super::FIRST_CLIENTS); }
            #[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn example() { super::example(super::FIRST_CLIENTS); }
            #[test] #[cfg_attr(not(feature = "full"), ignore = "the full lane")] fn module() { super::module(super::FIRST_CLIENTS); }
        }
    };
}

under_both!(
    summaries,
    comprehension,
    guard,
    early_limit,
    early_limit_args,
    embeddings,
    limited,
    limited_threads,
    httpx_client
);

fn example(header: &'static str) {
    Case { script: "examples/evaluate_mcq.py", header, in_flight: 240, latency: [50, 500], ..Case::default() }.check();
}

fn module(header: &'static str) {
    Case { script: "tests/clients/label_module.py", header, holds: &[".result()"], ..Case::default() }.check();
}

/// 300 items, 300 in flight.
fn summaries(header: &'static str) {
    Case {
        script: "tests/clients/summarise_main.py",
        header,
        in_flight: 300,
        latency: [50, 500],
        holds: &["await gather("],
        ..Case::default()
    }
    .check();
}

fn comprehension(header: &'static str) {
    Case { script: "tests/clients/translate_list.py", header, holds: &["gather("], ..Case::default() }.check();
}

fn guard(header: &'static str) {
    Case { script: "tests/clients/resume_guard.py", header, holds: &["continue"], ..Case::default() }.check();
}

fn early_limit(header: &'static str) {
    Case { script: "tests/clients/early_limit.py", header, in_flight: 25, holds: &["islice("], ..Case::default() }
        .check();
}

/// Where the limit may change while the loop runs, calls behind it are made: accepted here, and bounded.
fn early_limit_args(header: &'static str) {
    Case {
        script: "tests/clients/early_limit_args.py",
        header,
        accept: &["PM105"],
        extra: 240 - 25,
        again: Again::AtMost(240 - 25),
        ..Case::default()
    }
    .check();
}

fn embeddings(header: &'static str) {
    Case { script: "tests/clients/embed_corpus.py", header, in_flight: 32, ..Case::default() }.check();
}

/// A third of the requests is told to wait first: by the client's own retries in the original, and no row is lost.
fn limited(header: &'static str) {
    Case {
        script: "tests/clients/resume_guard.py",
        header,
        server: json!({"limit_share": 0.33, "retry_after": "0.2"}),
        in_flight: 2,
        ..Case::default()
    }
    .check();
}

fn limited_threads(header: &'static str) {
    Case {
        script: "tests/clients/label_module.py",
        header,
        server: json!({"limit_share": 0.33, "retry_after": "0.2"}),
        in_flight: 2,
        ..Case::default()
    }
    .check();
}

fn httpx_client(header: &'static str) {
    Case {
        script: "tests/clients/httpx_client.py",
        accept: &["PM131"],
        header,
        in_flight: 40,
        again: Again::All,
        holds: &["async with httpx.AsyncClient("],
        ..Case::default()
    }
    .check();
}

fn requests(header: &'static str) {
    Case { script: "tests/clients/crawl_requests.py", header, again: Again::All, ..Case::default() }.check();
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn requests_in_threads() {
    requests(NEWEST);
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn requests_with_methods_of_the_response() {
    Case { script: "tests/clients/crawl_raise_json.py", again: Again::All, ..Case::default() }.check();
}

#[test]
#[cfg_attr(not(feature = "full"), ignore = "the full lane")]
fn httpx_with_methods_of_the_response() {
    Case {
        script: "tests/clients/httpx_raise_json.py",
        accept: &["PM131"],
        in_flight: 40,
        again: Again::All,
        ..Case::default()
    }
    .check();
}

mod module_style {
    use super::{Again, Case, MODULE_STYLE, json};

    fn case(script: &'static str) -> Case {
        Case { script, header: MODULE_STYLE, ..Case::default() }
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn main() {
        Case { in_flight: 48, holds: &["ChatCompletion.acreate"], ..case("tests/clients/old_main.py") }.check();
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn module() {
        Case { in_flight: 8, holds: &[".result()"], ..case("tests/clients/old_module.py") }.check();
    }

    /// This client does not ask again: each failure is one request, in every run.
    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn errors() {
        Case {
            server: json!({"fail": {
                "Item 3.": [400, -1], "Item 17.": [500, -1],
                "Item 31.": [503, 1], "Item 40.": [401, -1],
            }}),
            in_flight: 44,
            again: Again::Exactly(4),
            ..case("tests/clients/old_errors.py")
        }
        .check();
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn embeddings() {
        Case { in_flight: 32, holds: &["Embedding.acreate"], ..case("tests/clients/old_embed.py") }.check();
    }

    pub(super) fn failing() -> Case {
        Case {
            server: json!({"fail": {"Item 12:": [400, -1]}}),
            in_flight: 12,
            again: Again::AtMost(28),
            extra: 27,
            ..case("tests/clients/old_fails.py")
        }
    }

    /// This client leaves its session open where a call is cancelled, and aiohttp says so when the program ends.
    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn failure() {
        Case { noise: &["Event loop is closed", "never retrieved", "was never awaited", "was destroyed"], ..failing() }
            .check();
    }

    /// The original would end at the first 429; the rewritten program waits, and prints what it would have printed.
    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn limited() {
        Case { limited: 0.33, in_flight: 2, ..case("tests/clients/old_main.py") }.check();
        Case { limited: 0.33, in_flight: 2, ..case("tests/clients/old_module.py") }.check();
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn httpx_client() {
        super::httpx_client(MODULE_STYLE);
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn requests_in_threads() {
        super::requests(MODULE_STYLE);
    }
}

/// More calls at once than connections or threads come easily.
mod at_the_limits {
    use super::{Again, Case};

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn more_in_flight_than_connections() {
        Case {
            script: "tests/clients/httpx_many.py",
            accept: &["PM131"],
            in_flight: 2,
            latency: [3500, 500],
            again: Again::All,
            ..Case::default()
        }
        .check();
    }

    #[test]
    #[cfg_attr(not(feature = "full"), ignore = "the full lane")]
    fn three_hundred_threads() {
        Case { script: "tests/clients/label_many.py", in_flight: 300, ..Case::default() }.check();
    }
}
