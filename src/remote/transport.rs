//! One HTTP request and its answer as plain data, and the seam that carries them.
//!
//! Not here: repeats, waits and counting (see `exchange`), sockets (see `http`).

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// The verbs that the two services use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Changes.
    Put,
    /// Deletes.
    Delete,
}

impl Method {
    /// The verb as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. Its `Debug` shows the verb and what the request is for, never address, headers or body: all three can
/// hold secrets.
#[derive(Clone)]
pub struct HttpRequest {
    /// The verb.
    pub method: Method,
    /// What the request is for, without any value of a record or secret: `GET parties` (sync 5, redaction).
    pub label: &'static str,
    /// The whole address. Holds a secret where KashFlow wants the session token in the path.
    pub url: String,
    /// The value of the `Authorization` header, if one is sent.
    pub authorization: Option<SecretString>,
    /// A JSON body, if one is sent. The sign-in's holds the password.
    pub body: Option<Vec<u8>>,
}

impl HttpRequest {
    /// Every header to send, names in lower case. Exposes the authorization: for transports only.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("accept", "application/json".to_owned())];
        if self.body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(secret) = &self.authorization {
            headers.push(("authorization", secret.expose_secret().to_owned()));
        }
        headers
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.label)
    }
}

/// One whole answer. Its `Debug` shows status and size, never headers or body: KashFlow's sign-in answers with a token.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The service's clock when it answered: the `Date` header, if there is one that makes sense.
    pub fn server_time(&self) -> Option<Timestamp> {
        http_date(self.header("date")?)
    }

    /// Why an answer of success tells nothing of a write: a web page in place of an answer is not the service's own, but that
    /// of something on the way. For writes whose answer is not read otherwise (sync 4).
    pub(super) fn unsettled(&self) -> Option<String> {
        let first = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        (first == Some(&b'<')).then(|| "a web page came in place of an answer".to_owned())
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}

/// The instant that an HTTP date names.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// Why there is no answer, told apart by what the service may have done (sync 2.3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing reached the service: no address, no connection, no trust, a local error before the first byte.
    #[error("{0}")]
    NotSent(String),
    /// The request left, the answer did not arrive whole: time-out, reset, truncation. The service may have acted.
    #[error("{0}")]
    Unknown(String),
    /// An answer came that would not be better a second time, such as one larger than the limit. The service may have
    /// acted.
    #[error("{0}")]
    Unusable(String),
}

/// Carries one request to a service and its answer back: over the network, or within the process in tests.
///
/// An implementation sends each request at most once, follows no redirect, and ends within a minute or so.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, SendError>> + Send;
}

impl<T: Transport> Transport for Arc<T> {
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, SendError>> + Send {
        T::send(self, request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let request = HttpRequest {
            method: Method::Delete,
            label: "session",
            url: "https://api.example/v2/sessiontoken/CANARY-1".into(),
            authorization: Some("Bearer CANARY-2".into()),
            body: Some(b"CANARY-3".to_vec()),
        };
        let response = HttpResponse {
            status: 200,
            headers: vec![("Set-Cookie".into(), "CANARY-4".into())],
            body: b"CANARY-5".to_vec(),
        };
        let shown = format!("{request:?} {response:?}");
        assert_eq!(shown, "DELETE session 200 with 8 bytes");
    }

    #[test]
    fn dates_of_every_http_form_in_use_are_read() {
        let instant: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("Tue, 24 Nov 2026 10:00:00 GMT", Some(instant)),
            ("Tue, 24 Nov 2026 10:00:00 +0000", Some(instant)),
            ("24 Nov 2026 10:00:00 GMT", Some(instant)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(http_date(text), expected, "{text}");
        }
    }
}
