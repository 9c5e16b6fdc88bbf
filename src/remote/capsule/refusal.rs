//! What Capsule's refusals mean for us (capsule-api 1.5, 11; design B39).

use serde_json::Value;

use crate::domain::ids::Service;
use crate::domain::trouble::{Trouble, TroubleCode};
use crate::ports::RemoteError;
use crate::redaction::Redaction;
use crate::remote::json;
use crate::remote::transport::HttpResponse;

/// What was asked for; a refusal of a list is a matter of the whole service, one of a record is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A list, or the account itself.
    List,
    /// One existing record, to read or to change.
    Record,
    /// A new record.
    Create,
}

/// The error that a refusal amounts to; secrets are taken out of its words once they have told that.
pub(super) fn refusal(asked: Asked, response: &HttpResponse, redaction: &Redaction) -> RemoteError {
    let words = Words::read(response, redaction);
    let trouble = |code, message| RemoteError::Trouble(Trouble { service: Service::Capsule, code, message });
    match (response.status, asked) {
        (401, _) => trouble(TroubleCode::TokenInvalid, words.message),
        (403, _) if words.is_about_scope => trouble(TroubleCode::TokenScope, words.message),
        (403, Asked::List) => trouble(TroubleCode::TokenScope, words.message),
        (404, Asked::Record) => RemoteError::NotFound,
        (404, Asked::List) => trouble(
            TroubleCode::Unreachable,
            format!("there is no Capsule at this address ({})", words.message),
        ),
        (_, Asked::List) => trouble(TroubleCode::Unreachable, words.message),
        (_, Asked::Record | Asked::Create) => {
            RemoteError::Refused { message: words.message, field: words.field }
        }
    }
}

struct Words {
    message: String,
    field: Option<String>,
    is_about_scope: bool,
}

impl Words {
    fn read(response: &HttpResponse, redaction: &Redaction) -> Self {
        let body = json::parse::<Value>(&response.body).unwrap_or_default();
        let text = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_str).map(str::to_owned).filter(|text| !text.trim().is_empty())
        };
        let errors = body.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let details: Vec<String> = errors
            .iter()
            .filter_map(|error| {
                let place: Vec<String> =
                    [text(error, "resource"), text(error, "field")].into_iter().flatten().collect();
                let message = text(error, "message")?;
                Some(if place.is_empty() { message } else { format!("{}: {message}", place.join(" ")) })
            })
            .collect();
        let summary = text(&body, "message").or_else(|| text(&body, "error"));
        let said = if details.is_empty() {
            summary.unwrap_or_else(|| format!("Capsule answered {}", response.status))
        } else {
            details.join("; ")
        };
        let challenge = response.header("www-authenticate").unwrap_or_default();
        Self {
            is_about_scope: said.to_lowercase().contains("scope") || challenge.contains("insufficient_scope"),
            field: errors.iter().find_map(|error| text(error, "field")).map(|field| json::quote(&field)),
            // Cut short afterwards: of a secret that is cut no part would be known.
            message: json::quote(&redaction.clean(&said)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(asked: Asked, status: u16, body: &str) -> RemoteError {
        let response = HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        refusal(asked, &response, &Redaction::of([&"scope".into(), &"CANARY-token".into()]))
    }

    #[test]
    fn b39_refusals_of_the_token_are_told_apart() {
        for (asked, status, body, code) in [
            (Asked::List, 401, r#"{"message":"Requires authentication"}"#, TroubleCode::TokenInvalid),
            (Asked::Create, 401, "", TroubleCode::TokenInvalid),
            (Asked::Record, 403, r#"{"message":"Requires additional scope"}"#, TroubleCode::TokenScope),
            (Asked::Create, 403, r#"{"message":"Requires additional scope"}"#, TroubleCode::TokenScope),
            (Asked::List, 403, r#"{"message":"Not for your role"}"#, TroubleCode::TokenScope),
            (Asked::List, 404, "<html>", TroubleCode::Unreachable),
            (Asked::List, 422, r#"{"message":"Validation Failed"}"#, TroubleCode::Unreachable),
        ] {
            let RemoteError::Trouble(trouble) = of(asked, status, body) else {
                panic!("{status} {body}");
            };
            assert_eq!((trouble.code, trouble.service), (code, Service::Capsule), "{status} {body}");
        }
    }

    #[test]
    fn i19_a_refusal_is_understood_before_secrets_are_taken_out_of_it() {
        let RemoteError::Trouble(trouble) =
            of(Asked::Record, 403, r#"{"message":"CANARY-token requires additional scope"}"#)
        else {
            panic!();
        };
        assert_eq!(trouble.code, TroubleCode::TokenScope);
        assert_eq!(trouble.message, "[redacted] requires additional [redacted]");
        // Nor does a long text hide the half of one.
        let long = format!("{}CANARY-token", "x".repeat(295));
        let refused = of(Asked::Create, 422, &serde_json::json!({"message": long}).to_string());
        assert!(!format!("{refused:?}").contains("CANA"), "{refused:?}");
    }

    #[test]
    fn a_refused_record_says_why_and_where() {
        let body = r#"{"message":"Validation Failed","errors":[
            {"message":"unknown country","resource":"address","field":"country"},{"message":"odd"},7]}"#;
        for asked in [Asked::Record, Asked::Create] {
            assert_eq!(
                of(asked, 422, body),
                RemoteError::Refused {
                    message: "address country: unknown country; odd".into(),
                    field: Some("country".into()),
                }
            );
        }
        for (status, body, message) in [
            (403, r#"{"message":"Not for your role"}"#, "Not for your role"),
            (400, r#"{"error":"malformed"}"#, "malformed"),
            (409, "<html>CANARY", "Capsule answered 409"),
            (413, "", "Capsule answered 413"),
        ] {
            let refused = RemoteError::Refused { message: message.into(), field: None };
            assert_eq!(of(Asked::Create, status, body), refused, "{status}");
        }
        assert_eq!(of(Asked::Record, 404, ""), RemoteError::NotFound);
        assert!(matches!(
            of(Asked::Create, 404, r#"{"message":"organisation not found"}"#),
            RemoteError::Refused { .. }
        ));
    }
}
