//! Running the original once, for real, and keeping what it was answered.

use super::{
    Request,
    answers::{Given, Reach, Secrets, write_cassette},
    flow,
    run::Plan,
    work::Work,
};
use std::{collections::BTreeMap, path::Path};

/// What was recorded.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Exchanges in the cassette.
    pub exchanges: usize,
    /// The servers that were asked, and how often.
    pub servers: BTreeMap<String, usize>,
    /// Requests that got no answer, and why.
    pub failed: Vec<String>,
    /// How the program ended, where it was not by itself and with 0.
    pub trouble: Option<String>,
    /// How far the run was kept apart, in words.
    pub isolation: String,
}

/// Runs the original of `request` once against the real network and writes its exchanges, without secrets, to `cassette`.
/// Nothing is written where there was no exchange.
///
/// # Errors
/// Why there was no run, or why the cassette could not be written.
pub fn record(request: &Request<'_>, cassette: &Path) -> Result<Recording, String> {
    let told = |error: std::io::Error| format!("there is no temporary folder to run in: {error}");
    let work = Work::new().map_err(told)?;
    let folder = work.path().map_err(told)?;
    let given = Given::new(request, Reach::All).map_err(told)?;
    let mut stage = flow::staged(request, &given, &folder)?;
    stage.real = true;
    let version = stage.version('o', &request.original)?;
    let plan = Plan::plain(&version);
    let observed = stage.run(&plan)?;

    let (exchanges, failed) = given.upstream().map(super::answers::Upstream::exchanges).unwrap_or_default();
    let script = stage.root.join(request.script);
    let folders = [stage.root.as_path(), script.parent().unwrap_or(&stage.root)];
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let secrets = Secrets::new(variables, &folders, request.args);
    if !exchanges.is_empty() {
        write_cassette(cassette, &exchanges, &secrets)
            .map_err(|error| format!("{} cannot be written: {error}", cassette.display()))?;
    }
    let mut servers: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in &exchanges {
        // Scheme and host: a path may be long, and private.
        let end = exchange.url.match_indices('/').nth(2).map_or(exchange.url.len(), |(at, _)| at);
        *servers.entry(secrets.url(&exchange.url[..end])).or_default() += 1;
    }
    let record = &observed.record;
    let last = observed.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("(it said nothing)");
    let trouble = match (&record.stopped, record.timed_out, record.code) {
        (Some(reason), ..) => Some(format!("the program was stopped: {reason}")),
        (_, true, _) => Some(format!("the program did not end within {} s", request.timeout.as_secs_f64())),
        (_, _, Some(0)) => None,
        (_, _, Some(code)) => Some(format!("the program ended with {code}: {last}")),
        (_, _, None) => Some(format!("the program was ended by a signal: {last}")),
    };
    let trouble = trouble.map(|text| secrets.text(&text));
    let failed = failed.iter().map(|text| secrets.text(text)).collect();
    Ok(Recording { exchanges: exchanges.len(), servers, failed, trouble, isolation: observed.isolation })
}
