//! A server on this machine that misbehaves on purpose, over real sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kashsync::domain::ids::Service;
use kashsync::ports::Pace;
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::http::HttpTransport;
use kashsync::remote::kashflow::KashFlowClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::script::{capsule_at, kashflow_at};

/// What one request gets.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) bytes: Arc<Vec<u8>>,
    /// Comes after it, a byte a second.
    pub(crate) drips: &'static [u8],
    pub(crate) then: Then,
}

/// What becomes of the connection once the answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It waits for the next request.
    Keep,
    /// It is closed.
    Close,
    /// It is torn down.
    Reset,
    /// It stays, and nothing more comes.
    Silence,
}

impl Answer {
    pub(crate) fn new(bytes: Vec<u8>, then: Then) -> Self {
        Self { bytes: Arc::new(bytes), drips: b"", then }
    }
}

/// Answers each request by its number (from 0) and its head.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    /// Told after each request, before it is answered.
    pub(crate) asked: Arc<Notify>,
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives every request the same bytes; `keep` leaves the connection open for the next one. Without bytes it says
    /// nothing and stays.
    pub(crate) async fn start(answer: Vec<u8>, keep: bool) -> Self {
        let then = match (answer.is_empty(), keep) {
            (true, _) => Then::Silence,
            (false, true) => Then::Keep,
            (false, false) => Then::Close,
        };
        let answer = Answer::new(answer, then);
        Self::with(move |_, _| answer.clone()).await
    }

    pub(crate) async fn with(answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            asked: Arc::default(),
            heads: Arc::default(),
        };
        let (connections, asked, heads) =
            (Arc::clone(&server.connections), Arc::clone(&server.asked), Arc::clone(&server.heads));
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (answer, asked, heads) = (Arc::clone(&answer), Arc::clone(&asked), Arc::clone(&heads));
                tokio::spawn(async move {
                    while let Some(head) = read_request(&mut stream).await {
                        let number = {
                            let mut heads = heads.lock().unwrap();
                            heads.push(head.clone());
                            heads.len() - 1
                        };
                        asked.notify_one();
                        if !give(&mut stream, answer(number, &head)).await {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    pub(crate) fn transport(&self) -> HttpTransport {
        HttpTransport::new(&self.base()).unwrap()
    }

    pub(crate) fn base(&self) -> BaseUrl {
        BaseUrl::parse(Service::Capsule, &self.url()).unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn capsule(&self) -> CapsuleClient<HttpTransport> {
        capsule_at(self.transport(), &self.url(), hasty()).0
    }

    pub(crate) fn kashflow(&self) -> KashFlowClient<HttpTransport> {
        kashflow_at(self.transport(), &self.url(), hasty()).0
    }

    /// The first lines of the requests so far, in lower case.
    pub(crate) fn lines(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

/// Repeats at once.
fn hasty() -> Pace {
    Pace { backoff: Duration::ZERO, ..Pace::default() }
}

/// Sends an answer; whether the connection lives on.
async fn give(stream: &mut TcpStream, answer: Answer) -> bool {
    if stream.write_all(&answer.bytes).await.is_err() {
        return false;
    }
    for byte in answer.drips {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if stream.write_all(&[*byte]).await.is_err() {
            return false;
        }
    }
    match answer.then {
        Then::Keep => true,
        Then::Close => false,
        Then::Reset => {
            stream.set_zero_linger().unwrap();
            false
        }
        Then::Silence => std::future::pending().await,
    }
}

/// Reads one request with its body; `None` when the other side has closed.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return Some(head.to_owned());
        }
    }
}

pub(crate) fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A gzip stream of so many zero bytes: one literal, then matches of 258 bytes at distance 1 in the fixed code.
pub(crate) fn bomb(size: usize) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], used: 8 };
    bits.write(&[1, 1, 0]); // last block, fixed Huffman code (type 01, low bit first)
    bits.write(&[0, 0, 1, 1, 0, 0, 0, 0]); // literal 0
    for _ in 0..size / 258 {
        bits.write(&[1, 1, 0, 0, 0, 1, 0, 1]); // length 258
        bits.write(&[0, 0, 0, 0, 0]); // distance 1
    }
    bits.write(&[0; 7]); // end of block
    assert!(bits.bytes.len() < size / 100, "it is a bomb");
    bits.bytes
}

struct Bits {
    bytes: Vec<u8>,
    used: u8,
}

impl Bits {
    fn write(&mut self, bits: &[u8]) {
        for bit in bits {
            if self.used == 8 {
                self.bytes.push(0);
                self.used = 0;
            }
            *self.bytes.last_mut().unwrap() |= bit << self.used;
            self.used += 1;
        }
    }
}
