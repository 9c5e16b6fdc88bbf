//! Error answers (capsule-api 11): always a message, on validation a list of what is wrong.

use serde_json::{Map, Value, json};

use crate::sim::http::Response;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    errors: Vec<Fault>,
}

/// One thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) resource: Option<&'static str>,
    pub(super) field: Option<String>,
}

impl Fault {
    pub(super) fn new(message: &str, resource: &'static str, field: &str) -> Self {
        Self { message: message.to_owned(), resource: Some(resource), field: Some(field.to_owned()) }
    }
}

impl Refusal {
    pub(super) fn plain(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), errors: Vec::new() }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::plain(404, &format!("{what} not found"))
    }

    /// A path that there is not (capsule-api 9.1).
    pub(super) fn no_resource() -> Self {
        Self::plain(404, "Could not find resource")
    }

    /// All failures together (capsule-api 11.4).
    pub(super) fn invalid(errors: Vec<Fault>) -> Self {
        Self { status: 422, message: "Validation Failed".into(), errors }
    }

    pub(super) fn fault(message: &str, resource: &'static str, field: &str) -> Self {
        Self::invalid(vec![Fault::new(message, resource, field)])
    }

    /// A rule about a parameter or the whole record.
    pub(super) fn about(message: &str, field: Option<&str>) -> Self {
        let field = field.map(str::to_owned);
        Self::invalid(vec![Fault { message: message.to_owned(), resource: None, field }])
    }

    pub(super) fn response(&self) -> Response {
        let mut body = Map::new();
        body.insert("message".into(), json!(self.message));
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(|fault| {
                let mut error = Map::new();
                error.insert("message".into(), json!(fault.message));
                if let Some(resource) = fault.resource {
                    error.insert("resource".into(), json!(resource));
                }
                if let Some(field) = &fault.field {
                    error.insert("field".into(), json!(field));
                }
                Value::Object(error)
            });
            body.insert("errors".into(), errors.collect());
        }
        let response = Response::json(self.status, &Value::Object(body));
        match self.status {
            401 => {
                response.with_header("WWW-Authenticate", "Bearer realm=\"capsule\", error=\"invalid_token\"")
            }
            403 => response
                .with_header("WWW-Authenticate", "Bearer realm=\"capsule\", error=\"insufficient_scope\""),
            _ => response,
        }
    }

    pub(super) fn into_response(self) -> Response {
        self.response()
    }
}
