//! Asking hosts for real. The process that holds a run has no network; it hands such a request, over a socket, to perfmod
//! outside, which asks once and gives every run the same answer.

use super::{Allowed, Query, Reply, authority, dummy, stand_in};
use crate::validate::stub::gist;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Request,
    body::Bytes,
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::{OnceCell, oneshot},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto, pki_types::ServerName},
};

/// Bytes of an answer that are read.
const MAX_REPLY: usize = 256 * 1024 * 1024;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// Headers that belong to one connection, and those that are made anew.
const OWN: &[&str] = &[
    "connection",
    "proxy-connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "proxy-authenticate",
    "host",
    "content-length",
    "accept-encoding",
    "expect",
];

/// Which hosts may be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::validate) enum Reach {
    Some(Vec<Allowed>),
    /// Recording: all.
    All,
}

impl Default for Reach {
    fn default() -> Self {
        Reach::Some(Vec::new())
    }
}

impl Reach {
    pub fn covers(&self, url: &str) -> bool {
        match (self, authority(url)) {
            (Reach::All, _) => true,
            (Reach::Some(hosts), Some((host, port, _))) => hosts.iter().any(|allowed| allowed.covers(&host, port)),
            _ => false,
        }
    }
}

/// The head of a request on the socket; the body follows.
#[derive(Serialize, Deserialize)]
struct Asked {
    key: String,
    ordinal: usize,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    relevant: Vec<String>,
    canonical: String,
    length: usize,
}

/// The head of an answer on the socket; the body follows.
#[derive(Serialize, Deserialize)]
struct Told {
    error: Option<String>,
    status: u16,
    headers: Vec<(String, String)>,
    length: usize,
}

/// Hands a request to perfmod outside.
pub(super) async fn ask(socket: &Path, query: &Query<'_>, ordinal: usize) -> Result<Reply, String> {
    let told = |error: io::Error| format!("{} {} could not be handed on: {error}", query.method, query.url);
    let headers =
        query.headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let asked = Asked {
        key: query.key.to_owned(),
        ordinal,
        method: query.method.to_string(),
        url: query.url.to_owned(),
        headers: headers.collect(),
        relevant: query.relevant.to_vec(),
        canonical: query.canonical.to_owned(),
        length: query.body.len(),
    };
    let mut stream = BufReader::new(socket::connect(socket).await.map_err(told)?);
    send(&mut stream, &asked, query.body).await.map_err(told)?;
    let (answer, body): (Told, Bytes) = receive(&mut stream, |told: &Told| told.length).await.map_err(told)?;
    match answer.error {
        Some(error) => Err(error),
        None => Ok(Reply { status: answer.status, headers: answer.headers, gist: gist(&body), body, source: "real" }),
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), head: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let mut line = serde_json::to_vec(head)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.write_all(body).await?;
    stream.flush().await
}

async fn receive<S, T>(stream: &mut BufReader<S>, length: impl Fn(&T) -> usize) -> io::Result<(T, Bytes)>
where
    S: AsyncRead + Unpin,
    T: serde::de::DeserializeOwned,
{
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await?;
    let head: T = serde_json::from_slice(&line)?;
    let mut body = Vec::new();
    let wanted = length(&head).min(MAX_REPLY);
    stream.take(wanted as u64).read_to_end(&mut body).await?;
    if body.len() < wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((head, body.into()))
}

/// Sockets with a path, which are there in a network of one's own too.
#[cfg(unix)]
mod socket {
    use std::{io, path::Path};

    pub use std::os::unix::net::UnixListener as Bound;
    pub use tokio::net::UnixStream as Socket;

    pub fn bind(path: &Path) -> io::Result<Bound> {
        let listener = Bound::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    pub fn listen(bound: Bound) -> io::Result<tokio::net::UnixListener> {
        tokio::net::UnixListener::from_std(bound)
    }

    pub async fn connect(path: &Path) -> io::Result<Socket> {
        Socket::connect(path).await
    }
}

/// Where there are none, no program is run either.
#[cfg(not(unix))]
mod socket {
    use std::{io, path::Path};

    pub use std::net::TcpListener as Bound;
    pub use tokio::net::TcpStream as Socket;

    pub fn bind(_: &Path) -> io::Result<Bound> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn listen(bound: Bound) -> io::Result<tokio::net::TcpListener> {
        tokio::net::TcpListener::from_std(bound)
    }

    pub async fn connect(_: &Path) -> io::Result<Socket> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A request that was asked for real, and its answer.
#[derive(Debug, Clone)]
pub(in crate::validate) struct Exchange {
    pub method: String,
    pub url: String,
    /// All headers of the request; they tell which values are secret.
    pub headers: HeaderMap,
    pub relevant: Vec<String>,
    pub canonical: String,
    pub reply: Reply,
}

/// The part of perfmod that has a network. It ends when this is dropped.
pub(in crate::validate) struct Upstream {
    /// Its socket.
    pub path: PathBuf,
    state: Arc<State>,
    _alive: oneshot::Sender<()>,
}

type Once = Arc<OnceCell<Result<Exchange, String>>>;

struct State {
    reach: Reach,
    /// Secrets of the user by the dummies that the program has in their place; put back on the way out.
    secrets: Vec<(String, String)>,
    tls: TlsConnector,
    /// By key and ordinal; whoever comes second waits for the first.
    known: Mutex<HashMap<(String, usize), Once>>,
    /// In the order of asking.
    log: Mutex<Vec<Once>>,
}

impl Upstream {
    /// Starts to answer on a socket in `folder`.
    pub fn start(folder: &Path, reach: Reach) -> io::Result<Self> {
        let path = folder.join("upstream.sock");
        let listener = socket::bind(&path)?;
        let secrets =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let state = Arc::new(State {
            reach,
            secrets: secrets
                .filter_map(|(name, value)| Some((dummy(&name), stand_in(&name, &value)?.1)))
                .filter(|(_, secret)| !secret.is_empty())
                .collect(),
            tls: TlsConnector::from(Arc::new(client()?)),
            known: Mutex::default(),
            log: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (alive, ended) = oneshot::channel();
        let shared = state.clone();
        std::thread::Builder::new().name("upstream".to_owned()).spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    _ = ended => {}
                    () = serve(listener, shared) => {}
                }
            });
        })?;
        Ok(Self { path, state, _alive: alive })
    }

    /// What was asked and answered, in the order of asking; and what could not be.
    pub fn exchanges(&self) -> (Vec<Exchange>, Vec<String>) {
        let log = self.state.log.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for once in log.iter() {
            match once.get() {
                Some(Ok(exchange)) => done.push(exchange.clone()),
                Some(Err(error)) => failed.push(error.clone()),
                None => {}
            }
        }
        (done, failed)
    }
}

async fn serve(listener: socket::Bound, state: Arc<State>) {
    let Ok(listener) = socket::listen(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = state.clone();
                // A client that breaks off gets no answer; the exchange is kept for the next.
                tokio::spawn(async move { one(stream, &state).await });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn one(stream: socket::Socket, state: &Arc<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (asked, body): (Asked, Bytes) = receive(&mut stream, |asked: &Asked| asked.length).await?;
    let once = {
        let mut known = state.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry((asked.key.clone(), asked.ordinal))
            .or_insert_with(|| {
                let once = Once::default();
                state.log.lock().unwrap_or_else(PoisonError::into_inner).push(once.clone());
                once
            })
            .clone()
    };
    let shared = state.clone();
    let exchange = once.get_or_init(|| async move { shared.exchange(asked, body).await }).await;
    let (told, body) = match exchange {
        Ok(Exchange { reply, .. }) => {
            let told =
                Told { error: None, status: reply.status, headers: reply.headers.clone(), length: reply.body.len() };
            (told, reply.body.clone())
        }
        Err(error) => (Told { error: Some(error.clone()), status: 0, headers: Vec::new(), length: 0 }, Bytes::new()),
    };
    send(&mut stream, &told, &body).await
}

impl State {
    async fn exchange(&self, asked: Asked, body: Bytes) -> Result<Exchange, String> {
        if !self.reach.covers(&asked.url) {
            return Err(format!("{} is not a host that may be asked", asked.url));
        }
        let told = |why: String| format!("{} {} was not answered: {why}", asked.method, asked.url);
        let mut headers = HeaderMap::new();
        for (name, value) in &asked.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name.as_str()), HeaderValue::try_from(self.real(value)))
            {
                headers.append(name, value);
            }
        }
        let body = match std::str::from_utf8(&body) {
            Ok(text) if self.secrets.iter().any(|(dummy, _)| text.contains(dummy.as_str())) => self.real(text).into(),
            _ => body,
        };
        let url = self.real(&asked.url);
        let answer = tokio::time::timeout(PATIENCE, fetch(&self.tls, &asked.method, &url, &headers, body)).await;
        let reply =
            answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs()))).map_err(told)?;
        Ok(Exchange {
            method: asked.method,
            url,
            headers,
            relevant: asked.relevant,
            canonical: self.real(&asked.canonical),
            reply,
        })
    }

    /// A text with the user's secrets in place of the dummies.
    fn real(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, (dummy, value)| {
            if text.contains(dummy.as_str()) { text.replace(dummy.as_str(), value) } else { text }
        })
    }
}

/// The authorities that this machine trusts, else those that browsers trust.
fn client() -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The proxy that the user's environment names for a host, where it names one.
fn proxy_for(scheme: &str, host: &str) -> Option<(String, u16)> {
    let own =
        |name: &str| std::env::var(name).or_else(|_| std::env::var(name.to_lowercase())).ok().filter(|v| !v.is_empty());
    let local = host == "localhost" || host == "::1" || host.starts_with("127.");
    let except = own("NO_PROXY").unwrap_or_default();
    let excepted = except.split(',').map(|name| name.trim().trim_start_matches(['*', '.'])).any(|name| {
        name == host || !name.is_empty() && host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    });
    if local || excepted || except.trim() == "*" {
        return None;
    }
    let url = own(if scheme == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" }).or_else(|| own("ALL_PROXY"))?;
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    authority(&url).filter(|(_, _, scheme)| *scheme == "http").map(|(name, door, _)| (name, door))
}

/// Has a proxy lead a connection on.
async fn tunnel(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let name = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    stream.write_all(format!("CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    // Byte by byte: what comes behind the head is not the proxy's.
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let first = head.lines().next().unwrap_or_default();
    if first.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
        return Ok(());
    }
    Err(io::Error::other(first.to_owned()))
}

/// One request on a connection of its own.
async fn fetch(tls: &TlsConnector, method: &str, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Reply, String> {
    let (host, port, scheme) = authority(url).ok_or("its URL cannot be read")?;
    let proxy = proxy_for(scheme, &host);
    let (name, door) = proxy.as_ref().map_or((host.as_str(), port), |(name, door)| (name.as_str(), *door));
    let mut tcp = TcpStream::connect((name, door)).await.map_err(|error| format!("{name}:{door}: {error}"))?;
    let _ = tcp.set_nodelay(true);
    if proxy.is_some() {
        tunnel(&mut tcp, &host, port).await.map_err(|error| format!("the proxy {name}:{door}: {error}"))?;
    }
    let stream: Box<dyn Stream> = if scheme == "https" {
        let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
        Box::new(tls.connect(name, tcp).await.map_err(|error| format!("TLS with {host}:{port}: {error}"))?)
    } else {
        Box::new(tcp)
    };
    // As most clients write them: some servers read names by their letters.
    let handshake = http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut request =
        Request::builder().method(method).uri(path).body(Full::new(body)).map_err(|error| error.to_string())?;
    let own = |name: &HeaderName| OWN.contains(&name.as_str());
    for (name, value) in headers.iter().filter(|(name, _)| !own(name)) {
        request.headers_mut().append(name.clone(), value.clone());
    }
    let host = authority.rsplit('@').next().unwrap_or(authority);
    request.headers_mut().insert(header::HOST, HeaderValue::try_from(host).map_err(|error| error.to_string())?);
    // What is packed could hide a secret, and be told apart by how it was packed.
    request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let (head, body) = response.into_parts();
    if let Some(packed) = head.headers.get(header::CONTENT_ENCODING).filter(|packed| *packed != "identity") {
        return Err(format!("the server packs its answer ({packed:?}), though it was asked not to"));
    }
    let body = Limited::new(body, MAX_REPLY).collect().await.map_err(|error| error.to_string())?.to_bytes();
    let kept = head.headers.iter().filter(|(name, _)| !own(name));
    let headers = kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
    Ok(Reply { status: head.status.as_u16(), headers, gist: gist(&body), body, source: "real" })
}
