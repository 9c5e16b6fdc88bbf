//! The thin HTTP skin: both services on loopback, one listener each.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{
    HeaderValue, Request as AxumRequest, Response as AxumResponse, StatusCode, header::HeaderName,
};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::control;
use super::fault::Service;
use super::http::{Method, Request, Response};
use super::world::{Fate, World};

/// Largest request body taken.
const MOST_BODY: usize = 4 * 1024 * 1024;

/// Where to listen. Port 0 takes a free one.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// Capsule.
    pub capsule: SocketAddr,
    /// KashFlow.
    pub kashflow: SocketAddr,
}

impl Default for Addresses {
    /// Free ports on 127.0.0.1.
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { capsule: any, kashflow: any }
    }
}

/// Both services at work. Dropping it stops them.
#[derive(Debug)]
pub struct Running {
    world: Arc<Mutex<World>>,
    capsule: SocketAddr,
    kashflow: SocketAddr,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

/// Serves a world; `latency` comes on top of every answer.
///
/// Errors: an address that is not loopback, or that cannot be listened on.
pub async fn serve(world: World, addresses: Addresses, latency: Duration) -> io::Result<Running> {
    let world = Arc::new(Mutex::new(world));
    let (capsule, capsule_task) = listen(&world, Service::Capsule, addresses.capsule, latency).await?;
    let (kashflow, kashflow_task) = listen(&world, Service::KashFlow, addresses.kashflow, latency).await?;
    Ok(Running { world, capsule, kashflow, tasks: [capsule_task, kashflow_task] })
}

impl Running {
    /// Capsule's base address.
    pub fn capsule_url(&self) -> String {
        format!("http://{}/api/v2", self.capsule)
    }

    /// KashFlow's base address.
    pub fn kashflow_url(&self) -> String {
        format!("http://{}/v2", self.kashflow)
    }

    /// The world that is served. Hold it briefly: requests wait meanwhile.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[derive(Clone)]
struct Skin {
    world: Arc<Mutex<World>>,
    service: Service,
    origin: String,
    latency: Duration,
}

async fn listen(
    world: &Arc<Mutex<World>>,
    service: Service,
    address: SocketAddr,
    latency: Duration,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    if !address.ip().is_loopback() {
        let message = format!("{address} is not a loopback address; the simulators serve this machine only");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let skin = Skin { world: Arc::clone(world), service, origin: format!("http://{address}"), latency };
    let router = Router::new().fallback(answer).with_state(skin);
    let task = tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, task))
}

async fn answer(State(skin): State<Skin>, request: AxumRequest<Body>) -> AxumResponse<Body> {
    let Some(request) = plain(request, &skin.origin).await else {
        return plain_status(StatusCode::METHOD_NOT_ALLOWED);
    };
    let fate = {
        let mut world = skin.world.lock().unwrap_or_else(PoisonError::into_inner);
        match control::answer(&mut world, &request) {
            Some(response) => Fate::Answer(response, Duration::ZERO),
            None => world.answer(skin.service, &request),
        }
    };
    match fate {
        Fate::Answer(response, delay) => {
            let wait = delay + skin.latency;
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            dressed(response)
        }
        Fate::Cut => broken(Response::empty(200), 0),
        Fate::Broken(response, bytes) => broken(response, bytes),
        Fate::Silence => std::future::pending().await,
    }
}

/// The request taken apart; nothing for a verb that neither service has.
async fn plain(request: AxumRequest<Body>, origin: &str) -> Option<Request> {
    let method = [Method::Get, Method::Post, Method::Put, Method::Delete]
        .into_iter()
        .find(|method| method.as_str() == request.method().as_str())?;
    let path = request.uri().path().to_owned();
    let query = request.uri().query().map(pairs).unwrap_or_default();
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    let body = to_bytes(request.into_body(), MOST_BODY).await.ok()?;
    Some(Request { method, path, query, headers, body: body.to_vec(), origin: origin.to_owned() })
}

fn dressed(response: Response) -> AxumResponse<Body> {
    with_body(response.status, &response.headers, Body::from(response.body))
}

/// An answer whose connection breaks after so many bytes: the reader sees a reset, not an end.
fn broken(response: Response, bytes: usize) -> AxumResponse<Body> {
    let start: Vec<u8> = response.body.into_iter().take(bytes).collect();
    let parts: [Result<Bytes, io::Error>; 2] =
        [Ok(Bytes::from(start)), Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut"))];
    with_body(response.status, &response.headers, Body::from_stream(stream::iter(parts)))
}

fn with_body(status: u16, headers: &[(String, String)], body: Body) -> AxumResponse<Body> {
    let mut dressed = AxumResponse::new(body);
    *dressed.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            dressed.headers_mut().insert(name, value);
        }
    }
    dressed
}

fn plain_status(status: StatusCode) -> AxumResponse<Body> {
    let mut response = AxumResponse::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Query pairs, percent-decoded; a plus sign is a blank.
fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                match (hex(ahead.next()), hex(ahead.next())) {
                    (Some(high), Some(low)) => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        rest = ahead;
                    }
                    _ => bytes.push(byte),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A request's query as the handlers want it, for callers without a socket.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    pairs(query)
}
