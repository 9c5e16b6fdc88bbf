//! Pages of a list: `Link`, `X-Pagination-Has-More`, and the undocumented total (capsule-api 4).

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::Capsule;
use super::party::Embed;
use super::refusal::Refusal;
use crate::sim::http::{Request, Response};

/// Which page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageWanted {
    number: usize,
    size: usize,
}

impl PageWanted {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let read = |name: &str, default: usize, most: usize| match request.query(name) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .ok()
                .filter(|value| (1..=most).contains(value))
                .ok_or_else(|| Refusal::about(&format!("{name} is out of range"), Some(name))),
        };
        Ok(Self { number: read("page", 1, usize::MAX)?, size: read("perPage", 50, 100)? })
    }

    fn start(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }
}

impl Capsule {
    /// One page of a list whose rows are shown only when they are on the page. `total` is the whole list's length.
    pub(super) fn page<T>(
        &self,
        request: &Request,
        key: &str,
        total: usize,
        rows: impl Iterator<Item = T>,
        show: impl Fn(T) -> Value,
    ) -> Result<Response, Refusal> {
        let wanted = PageWanted::of(request)?;
        let shown: Vec<Value> = rows.skip(wanted.start()).take(wanted.size).map(show).collect();
        let more = wanted.start().saturating_add(wanted.size) < total;
        let mut body = Map::new();
        body.insert(key.into(), Value::Array(shown));
        if Embed::parse(request.query("embed")).meta && !self.options.hide_total {
            body.insert("meta".into(), json!({"totalCount": total}));
        }
        let mut response = Response::json(200, &Value::Object(body));
        if !self.options.hide_has_more {
            response = response.with_header("X-Pagination-Has-More", if more { "true" } else { "false" });
        }
        let mut links = Vec::new();
        if more {
            links.push(format!("<{}>; rel=\"next\"", link(request, wanted.number + 1)));
        }
        if wanted.number > 1 {
            links.push(format!("<{}>; rel=\"prev\"", link(request, wanted.number - 1)));
        }
        Ok(if links.is_empty() { response } else { response.with_header("Link", links.join(", ")) })
    }
}

/// The same address with another page; the other parameters are preserved.
fn link(request: &Request, page: usize) -> String {
    let mut query: Vec<(String, String)> =
        request.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("page")).cloned().collect();
    query.push(("page".into(), page.to_string()));
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    format!("{}{}?{}", request.origin, request.path, query.join("&"))
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
