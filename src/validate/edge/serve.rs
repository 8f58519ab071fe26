//! Accepting, decrypting, answering; and letting answers go in the order that the schedule asks for.

use super::{
    Blow, Shared,
    fault::{Fault, Kind, RETRY_AFTER},
    ledger::{self, Asked, Begun, Fresh, Ticket, Waiting},
    schedule::Schedule,
};
use crate::validate::{
    answers::{self, Query, Reply},
    canonical, processes,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header, http,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio_rustls::TlsAcceptor;

/// Bytes of a request body that are read.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// Bytes of an answer that are kept.
const MAX_KEPT: usize = 256 * 1024;
/// How long nothing may happen before the program counts as waiting for us.
const QUIET: Duration = Duration::from_millis(if cfg!(target_os = "linux") { 8 } else { 25 });
/// How long a program that computes, or a connection without a request, is waited for.
const PATIENCE: Duration = Duration::from_millis(400);
/// How long the program is left alone with one answer before it gets the next one.
const SETTLE: Duration = Duration::from_millis(20);
/// How long nothing is answered after something happened to the program.
const AFTERMATH: Duration = Duration::from_millis(100);
/// How long it may take until it has happened.
const STRIKE: Duration = Duration::from_secs(10);
/// How long a program must be at rest before time passes for it, and how long that is given to show.
const STILL: Duration = Duration::from_millis(30);
/// How long a program that goes on computing is waited for before something happens to it.
const AT_REST: Duration = Duration::from_secs(10);
const NOTICED: Duration = Duration::from_millis(60);
/// How often time passes with nothing happening, before the program counts as one that waits for ever.
const PASSES: usize = 10;

/// Answers until the process ends.
pub(super) async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        shared.ledger.stop("the answering proxy could not listen".to_owned());
        return;
    };
    if holds(&shared) {
        tokio::spawn(release(shared.clone()));
    }
    if shared.fault.as_ref().is_some_and(Fault::is_silence) {
        tokio::spawn(pass_time(shared.clone()));
    }
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                let fresh = shared.ledger.connected();
                tokio::spawn(connection(stream, shared.clone(), None, fresh));
            }
            // Out of descriptors: those in use will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Serves one connection: from the proxy's client, or (with an `origin`, scheme and authority) from inside a tunnel.
async fn connection<S>(stream: S, shared: Arc<Shared>, origin: Option<(&'static str, String)>, fresh: Fresh)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let fresh = Mutex::new(Some(fresh));
    let service = service_fn(|request: Request<Incoming>| {
        let fresh = fresh.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (shared, origin) = (shared.clone(), origin.clone());
        async move {
            if request.method() == Method::CONNECT && origin.is_none() {
                return Ok(tunnel(request, shared, fresh));
            }
            // An error closes the connection without an answer.
            answer(request, &shared, origin, fresh).await
        }
    });
    // The hour would differ between two runs of the same, and may come out in an exception's text.
    let mut builder = http1::Builder::new();
    builder.auto_date_header(false);
    // A client that breaks off is not an event of interest; its requests end with it.
    let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// Agrees to a CONNECT, and serves what comes through it as the host that was asked for.
fn tunnel(request: Request<Incoming>, shared: Arc<Shared>, fresh: Option<Fresh>) -> Response<Tracked> {
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let fresh = fresh.unwrap_or_else(|| shared.ledger.connected());
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let mut stream = BufReader::new(TokioIo::new(upgraded));
        let first = stream.fill_buf().await.ok().and_then(|bytes| bytes.first().copied());
        // 0x16 opens a TLS handshake; anything else is HTTP through a tunnel.
        if first != Some(0x16) {
            return connection_boxed(stream, shared, ("http", authority), fresh).await;
        }
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).trim_matches(['[', ']']);
        let Ok(config) = shared.authority.server(host) else {
            shared.ledger.stop(format!("no certificate could be made for {host}"));
            return;
        };
        let Ok(stream) = TlsAcceptor::from(config).accept(stream).await else { return };
        connection_boxed(stream, shared, ("https", authority), fresh).await;
    });
    empty(StatusCode::OK)
}

/// Cuts the circle connection -> tunnel -> connection, which the compiler could not give a size.
fn connection_boxed<S>(
    stream: S,
    shared: Arc<Shared>,
    origin: (&'static str, String),
    fresh: Fresh,
) -> Pin<Box<dyn Future<Output = ()> + Send>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Box::pin(connection(stream, shared, Some(origin), fresh))
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    origin: Option<(&'static str, String)>,
    fresh: Option<Fresh>,
) -> io::Result<Response<Tracked>> {
    let (head, body) = request.into_parts();
    let bytes = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            shared.ledger.stop(format!("the body of {} {} could not be read: {error}", head.method, head.uri));
            return Ok(empty(StatusCode::BAD_REQUEST));
        }
    };
    let url = url_of(&head, origin);
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parsed: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let asked = Asked {
        method: head.method.to_string(),
        url: url.clone(),
        body: canonical::body(content_type, &bytes, parsed.as_ref()),
        headers: canonical::headers(&head.headers),
        chosen: canonical::chosen(&head.headers, &shared.digests, &shared.ignored, &shared.ledger.cookies()),
        deterministic: answers::is_deterministic(&url, parsed.as_ref()),
    };
    let (relevant, text) = (asked.headers.clone(), asked.body.clone());
    let Begun { mut ticket, rank, key, ordinal, first } = shared.ledger.begin(asked);
    drop(fresh);
    let spoiled = spoiled(&key, shared);
    if spoiled.is_some() {
        shared.ledger.not_answered(&key);
    }
    let query = Query {
        method: &head.method,
        url: &url,
        headers: &head.headers,
        relevant: &relevant,
        body: &bytes,
        canonical: &text,
        parsed: parsed.as_ref(),
        key: ledger::asked(&key),
        ordinal,
        first,
        spoiled: spoiled.is_some(),
    };
    let mut reply = shared.answers.answer(&query).await.unwrap_or_else(|why| {
        let body =
            serde_json::json!({"error": {"message": format!("perfmod: {why}"), "type": "perfmod_unknown_request"}});
        shared.ledger.stop(why);
        // Not a number that clients treat as a reason to try again, where they ask.
        let headers = vec![json_type(), ("x-should-retry".to_owned(), "false".to_owned())];
        Reply { status: 599, headers, body: body.to_string().into(), gist: String::new(), source: "none" }
    });
    for (_, cookie) in reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
        shared.ledger.gave_cookie(canonical::cookie_name(cookie));
    }
    let kept = (shared.keep && reply.status == 200 && reply.body.len() <= MAX_KEPT)
        .then(|| String::from_utf8(reply.body.to_vec()).ok())
        .flatten();
    shared.ledger.answered(ticket.id, &reply.gist, reply.source, kept);
    if let Some((_, other)) = shared.replaced.iter().find(|(replaced, _)| *replaced == key) {
        reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        reply.body = other.clone().into();
    }
    match shared.schedule {
        _ if holds(shared) && !matches!(shared.schedule, Schedule::Last(_)) => hold(&mut ticket, rank, shared).await,
        Schedule::Latency(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        Schedule::Last(_) if shared.schedule.is_last(rank) => hold(&mut ticket, rank, shared).await,
        _ => {}
    }
    match spoiled {
        None => Ok(respond(reply, ticket)),
        Some(Kind::Silent) => {
            let _silent = Silent::new(shared);
            // Dropped, with the ticket, when the client leaves.
            std::future::pending().await
        }
        Some(kind) => spoil(kind, reply, ticket),
    }
}

/// Whether requests wait until the program sends no more.
fn holds(shared: &Shared) -> bool {
    shared.schedule.holds() || shared.fault.as_ref().is_some_and(|fault| fault.moment().is_some())
}

/// Waits until the scheduler lets the answer go.
async fn hold(ticket: &mut Ticket, rank: usize, shared: &Shared) {
    if let Some(sent) = ticket.sent.take() {
        let (go, gone) = tokio::sync::oneshot::channel();
        shared.ledger.wait(Waiting { id: ticket.id, rank, go, sent });
        let _ = gone.await;
    }
}

/// What is to be wrong with the answer to this request.
fn spoiled(key: &str, shared: &Shared) -> Option<Kind> {
    let Some(Fault::Answer { key: bad, kind, .. }) = &shared.fault else { return None };
    let left = || shared.spoils.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    (bad == key && left().is_ok()).then_some(*kind)
}

fn spoil(kind: Kind, reply: Reply, ticket: Ticket) -> io::Result<Response<Tracked>> {
    let failing = |status: u16, message: &str, kind: &str, more: Option<(String, String)>| {
        let body = serde_json::json!({"error": {"message": message, "type": kind, "param": null, "code": kind}});
        let headers = std::iter::once(json_type()).chain(more).collect();
        Reply { status, headers, body: body.to_string().into(), gist: String::new(), source: "fault" }
    };
    match kind {
        Kind::RateLimit => {
            let wait = Some(("retry-after".to_owned(), RETRY_AFTER.to_owned()));
            Ok(respond(failing(429, "Rate limit reached", "rate_limit_exceeded", wait), ticket))
        }
        Kind::ServerError => Ok(respond(failing(500, "The server had an error", "server_error", None), ticket)),
        Kind::Malformed => Ok(respond(Reply { body: "<html>Bad gateway".into(), ..reply }, ticket)),
        Kind::Truncated => {
            let half = reply.body.slice(..reply.body.len() / 2);
            let length = header::HeaderValue::from(reply.body.len());
            let mut response = respond(reply, ticket);
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
            response.body_mut().cut = Some(half);
            Ok(response)
        }
        // Silence is not spoiled: there is nothing to send.
        Kind::Dropped | Kind::Silent => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    }
}

fn url_of(head: &http::request::Parts, origin: Option<(&'static str, String)>) -> String {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    match (origin, head.uri.authority()) {
        (Some((scheme, authority)), _) => canonical::url(scheme, &authority, path),
        (None, Some(authority)) => canonical::url(head.uri.scheme_str().unwrap_or("http"), authority.as_str(), path),
        (None, None) => {
            let host = head.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
            canonical::url("http", host, path)
        }
    }
}

/// Lets waiting answers go, batch by batch, in the order of the schedule.
async fn release(shared: Arc<Shared>) {
    let mut released = 0usize;
    let mut moment = shared.fault.as_ref().and_then(Fault::moment);
    loop {
        if shared.ledger.calm().waiting == 0 {
            shared.ledger.arrived.notified().await;
        }
        until_quiet(&shared).await;
        let mut batch: Vec<Option<Waiting>> = shared.ledger.take_waiting().into_iter().map(Some).collect();
        let waiting = batch.len();
        batch.sort_by_key(|waiting| waiting.as_ref().map_or(0, |waiting| waiting.id));
        let mut order: Vec<(usize, usize)> =
            batch.iter().flatten().enumerate().map(|(at, waiting)| (waiting.rank, at)).collect();
        shared.schedule.sort(&mut order);
        for (rank, at) in order {
            if moment.is_some_and(|moment| rank >= moment) {
                continue;
            }
            let Some(waiting) = batch.get_mut(at).and_then(Option::take) else { continue };
            if waiting.go.send(()).is_ok() {
                let _ = tokio::time::timeout(Duration::from_secs(2), waiting.sent).await;
                released += 1;
                settle(&shared, released).await;
            }
        }
        let rest: Vec<Waiting> = batch.into_iter().flatten().collect();
        if rest.is_empty() {
            continue;
        }
        // What is left waits for the moment; it has come once the program sent nothing else and is at rest.
        if rest.len() == waiting {
            // What the answers before are used for may take its time.
            until_at_rest(&shared).await;
            if shared.ledger.calm().waiting > 0 {
                rest.into_iter().for_each(|waiting| shared.ledger.wait(waiting));
                continue;
            }
            let blow = if matches!(shared.fault, Some(Fault::DiskFull(_))) { Blow::DiskFull } else { Blow::Interrupt };
            *shared.blow.lock().unwrap_or_else(PoisonError::into_inner) = Some(blow);
            let _ = tokio::time::timeout(STRIKE, shared.struck.notified()).await;
            tokio::time::sleep(AFTERMATH).await;
            moment = None;
        }
        rest.into_iter().for_each(|waiting| shared.ledger.wait(waiting));
    }
}

/// A request that is never answered, while its client waits.
struct Silent<'a>(&'a Shared);

impl<'a> Silent<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.silent.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        self.0.silent.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets time pass for a program that does nothing but wait for answers that never come: each time to the next of its
/// time-outs. Where it has none, it is stopped.
async fn pass_time(shared: Arc<Shared>) {
    let mut in_vain = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let calm = shared.ledger.calm();
        let silent = shared.silent.load(Ordering::Relaxed);
        let expected = calm.fresh_connections > 0 && calm.since < PATIENCE;
        if silent == 0 || calm.in_flight > silent || calm.since < STILL || expected || busy(&shared) {
            continue;
        }
        *shared.blow.lock().unwrap_or_else(PoisonError::into_inner) = Some(Blow::TimePasses { again: in_vain > 0 });
        let _ = tokio::time::timeout(STRIKE, shared.struck.notified()).await;
        tokio::time::sleep(NOTICED).await;
        in_vain = if shared.ledger.calm().since < NOTICED { 0 } else { in_vain + 1 };
        if in_vain >= PASSES {
            return shared.ledger.stop("it waits for an answer without a time-out of its own".to_owned());
        }
    }
}

/// Waits until the program has sent all that it sends before it gets an answer.
async fn until_quiet(shared: &Shared) {
    loop {
        let calm = shared.ledger.calm();
        // An answer on its way to the program will make it go on.
        let moving = calm.in_flight > calm.waiting;
        let expected = calm.fresh_connections > 0 || busy(shared);
        if calm.since >= QUIET && !moving && (!expected || calm.since >= PATIENCE) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until the program does nothing more with the answers that it has.
async fn until_at_rest(shared: &Shared) {
    let start = tokio::time::Instant::now();
    let mut still_since = start;
    while still_since.elapsed() < STILL && start.elapsed() < AT_REST {
        tokio::time::sleep(Duration::from_millis(2)).await;
        if busy(shared) {
            still_since = tokio::time::Instant::now();
        }
    }
}

/// Gives the program time to act on one answer before it sees the next.
async fn settle(shared: &Shared, released: usize) {
    let limit = if released > 200 { SETTLE / 10 } else { SETTLE };
    let start = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if start.elapsed() >= limit || !busy(shared) {
            return;
        }
    }
}

fn busy(shared: &Shared) -> bool {
    processes::busy(shared.program.load(Ordering::Relaxed))
}

fn json_type() -> (String, String) {
    ("content-type".to_owned(), "application/json".to_owned())
}

/// An answer as it came from its source.
fn respond(reply: Reply, ticket: Ticket) -> Response<Tracked> {
    let mut response = Response::new(Tracked { inner: Full::new(reply.body), cut: None, ticket: Some(ticket) });
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), header::HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// An answer of the proxy's own, without a body.
fn empty(status: StatusCode) -> Response<Tracked> {
    let mut response = Response::new(Tracked { inner: Full::new(Bytes::new()), cut: None, ticket: None });
    *response.status_mut() = status;
    response
}

/// A body that keeps its request's ticket until the last byte was taken.
struct Tracked {
    inner: Full<Bytes>,
    /// Sent instead, and then the connection breaks off.
    cut: Option<Bytes>,
    #[allow(dead_code, reason = "its drop is what counts")]
    ticket: Option<Ticket>,
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.cut.take() {
            Some(half) if half.is_empty() => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
            Some(half) => {
                self.cut = Some(Bytes::new());
                Poll::Ready(Some(Ok(Frame::data(half))))
            }
            None => Pin::new(&mut self.inner).poll_frame(context).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut.is_some() { SizeHint::default() } else { self.inner.size_hint() }
    }
}
