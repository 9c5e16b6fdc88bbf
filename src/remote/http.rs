//! The transport over the network: reqwest with rustls, set up so that nothing is ever sent twice or elsewhere.
//!
//! No redirect is followed, no request is repeated by the library, a write never goes over a connection that was used
//! before (hyper sends a request again when a kept connection turns out to be closed), answers are bounded, and
//! certificates are always checked (sync 2.3, sync 5).

use std::error::Error;
use std::io;
use std::sync::Once;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, redirect, retry};
use rustls::CertificateError;

use super::base_url::BaseUrl;
use super::transport::{HttpRequest, HttpResponse, Method, SendError, Transport};
use crate::domain::trouble::{Trouble, TroubleCode};

/// How long connecting may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take as a whole, from connecting to the last byte of the answer.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(1);
/// The largest answer that is taken, counted after unpacking: a page of 100 full records is far below 1 MiB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Sends requests to one service over the network.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    reads: Client,
    writes: Client,
}

impl HttpTransport {
    /// Sets up connections for that address. Fails when this machine holds no CA certificates to check the service by;
    /// plain http to this machine needs none.
    pub fn new(base: &BaseUrl) -> Result<Self, Trouble> {
        install_crypto();
        let trouble = |error: reqwest::Error| Trouble {
            service: base.service(),
            code: TroubleCode::Unreachable,
            message: setup_message(&words(error)),
        };
        Ok(Self {
            reads: builder(base).build().map_err(trouble)?,
            writes: builder(base).pool_max_idle_per_host(0).http1_only().build().map_err(trouble)?,
        })
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, SendError> {
        let client = match request.method {
            Method::Get => &self.reads,
            Method::Post | Method::Put | Method::Delete => &self.writes,
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut sending = client.request(method, &request.url).headers(header_map(&request)?);
        if let Some(body) = request.body {
            sending = sending.body(body);
        }
        let mut response = sending.send().await.map_err(send_error)?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(answer_error)? {
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(SendError::Unusable(format!(
                    "the answer is larger than {} MiB",
                    LARGEST_BODY / (1024 * 1024)
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body })
    }
}

/// The headers as reqwest wants them; the authorization is marked so that no library prints it.
fn header_map(request: &HttpRequest) -> Result<HeaderMap, SendError> {
    let mut map = HeaderMap::new();
    for (name, value) in request.headers() {
        // The value is left out of the message: it may be the token.
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            SendError::NotSent(format!(
                "the value for the header {name} holds characters that no header may hold"
            ))
        })?;
        value.set_sensitive(name == "authorization");
        map.insert(HeaderName::from_static(name), value);
    }
    Ok(map)
}

fn builder(base: &BaseUrl) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("kashsync/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .https_only(!base.is_plain());
    let builder = if base.is_loopback() { builder.no_proxy() } else { builder };
    if base.is_plain() {
        // Without TLS no certificates are needed, and a machine without any must still reach its own simulators.
        builder.tls_certs_only([])
    } else {
        builder
    }
}

/// Chooses ring as the source of cryptography, once per process. A second choice is refused by rustls and not needed.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Tells a failure before the first byte from one after it. Connecting includes the TLS handshake.
fn send_error(error: reqwest::Error) -> SendError {
    if let Some(fault) = cause(&error).and_then(certificate_fault) {
        SendError::NotSent(distrust(fault))
    } else if error.is_connect() || error.is_builder() {
        SendError::NotSent(words(error))
    } else {
        answer_error(error)
    }
}

/// A failure after the request has left: the service may have acted.
fn answer_error(error: reqwest::Error) -> SendError {
    SendError::Unknown(if error.is_timeout() {
        format!("no answer within {} s", TOTAL_TIMEOUT.as_secs())
    } else {
        words(error)
    })
}

fn cause(error: &reqwest::Error) -> Option<&(dyn Error + 'static)> {
    error.source()
}

/// What is wrong with the certificate that the other side showed, if that is what went wrong.
fn certificate_fault<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    if let Some(rustls::Error::InvalidCertificate(fault)) = error.downcast_ref() {
        return Some(fault);
    }
    // An I/O error does not name what it wraps as its source, but that one's source.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let wrapped = wrapped.map(|inner| -> &'a (dyn Error + 'static) { inner });
    wrapped.or_else(|| error.source()).and_then(certificate_fault)
}

/// Why the other side is not believed to be the service, and who can do what about it.
fn distrust(fault: &CertificateError) -> String {
    match fault {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "the certificate that the server showed is out of date; check this machine's clock. Nothing was sent to it".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate that the server showed belongs to another host; something on the way answers in the \
             service's place, such as the sign-in page of a guest network: sign in there, or use another network. \
             Nothing was sent to it"
                .into()
        }
        CertificateError::UnknownIssuer => {
            "this machine does not trust who issued the certificate that the server showed; if a proxy or a virus \
             scanner of your firm reads along, ask whoever keeps it to install its CA certificate on this machine, \
             else use another network. Nothing was sent to it"
                .into()
        }
        other => format!("the certificate that the server showed is not valid ({other}). Nothing was sent to it"),
    }
}

/// What went wrong, with every cause and without the address: KashFlow's may hold the session token.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = inner.source();
    }
    words
}

fn setup_message(words: &str) -> String {
    if words.contains("CA certificates") || words.contains("root certificate") {
        "this machine has no CA certificates, so kashsync cannot check who it talks to; install the package \
         ca-certificates, or name a bundle in SSL_CERT_FILE"
            .into()
    } else {
        format!("secure connections cannot be set up: {words}")
    }
}
