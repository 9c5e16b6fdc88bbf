//! What KashFlow's refusals mean for us (kashflow-api 2.6, 3.5, 3.6; design B39).

use serde::Deserialize;
use serde_json::Value;

use crate::domain::ids::Service;
use crate::domain::trouble::{Trouble, TroubleCode};
use crate::redaction::Redaction;
use crate::remote::json;
use crate::remote::transport::HttpResponse;

/// `Error` and `Message` of a refusal; KashFlow's words are kept verbatim, only bounded and without secrets. What they mean is
/// told by what was said: a memorable word may be one of them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Words {
    code: String,
    said: String,
    /// What to show.
    pub(super) message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorWire {
    error: Value,
    message: Value,
}

impl Words {
    /// Reads the body; one that is no error object leaves the status to speak.
    pub(super) fn read(response: &HttpResponse, redaction: &Redaction) -> Self {
        let wire: ErrorWire = json::object(&response.body).unwrap_or_default();
        let text = |value| json::word(value).filter(|word| !word.trim().is_empty());
        let code = text(&wire.error).map(|code| code.trim().to_owned()).unwrap_or_default();
        let said = text(&wire.message)
            .or_else(|| text(&wire.error))
            .unwrap_or_else(|| format!("KashFlow answered {}", response.status));
        // Cut short afterwards: of a secret that is cut no part would be known.
        let message = json::quote(&redaction.clean(&said));
        Self { code, said, message }
    }

    /// The trouble that KashFlow names by its code; `None` when the code is none that we know.
    pub(super) fn coded_trouble(&self) -> Option<TroubleCode> {
        match self.code.to_ascii_lowercase().as_str() {
            "invalidcredentials" => Some(TroubleCode::WrongCredentials),
            "passwordexpired" => Some(TroubleCode::PasswordExpired),
            "accountlocked" => Some(TroubleCode::AccountLocked),
            "subscriptionexpired" => Some(TroubleCode::SubscriptionExpired),
            "accessdenied" if self.says_word(&["ip", "address", "addresses"]) => Some(TroubleCode::IpBlocked),
            "accessdenied" => Some(TroubleCode::ApiOff),
            _ => None,
        }
    }

    /// The trouble that KashFlow names by its code, else by its words. The documentation leaves several codes open; the
    /// texts of those cases are known (kashflow-api 3.5, 14.2). Only for refusals of a sign-in or a session: in one of a
    /// record the same words could mean something else.
    pub(super) fn named_trouble(&self) -> Option<TroubleCode> {
        self.coded_trouble().or_else(|| {
            let words = self.said.to_lowercase();
            let says = |part| words.contains(part);
            if self.says_word(&["ip"]) {
                Some(TroubleCode::IpBlocked)
            } else if says("subscription") {
                Some(TroubleCode::SubscriptionExpired)
            } else if says("account is locked") {
                Some(TroubleCode::AccountLocked)
            } else if says("password has expired") {
                Some(TroubleCode::PasswordExpired)
            } else if self.says_word(&["api"]) && (says("disabled") || says("enable")) {
                Some(TroubleCode::ApiOff)
            } else {
                None
            }
        })
    }

    /// Whether KashFlow does not know the session, so that it has not carried out what was asked (kashflow-api 3.5).
    pub(super) fn is_unknown_session(&self) -> bool {
        self.code.eq_ignore_ascii_case("InvalidSessionToken")
            || self.said.to_lowercase().contains("session token")
    }

    /// Whether KashFlow refuses a create because another record has the code; only the words tell (kashflow-api 14.2).
    pub(super) fn is_taken_code(&self) -> bool {
        let words = self.said.to_lowercase();
        words.contains("code")
            && ["not unique", "already", "duplicate", "exists", "in use", "taken"]
                .iter()
                .any(|part| words.contains(part))
    }

    fn says_word(&self, wanted: &[&str]) -> bool {
        self.said
            .split(|character: char| !character.is_alphanumeric())
            .any(|word| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
    }

    /// Trouble of that kind in KashFlow's words.
    pub(super) fn trouble(self, code: TroubleCode) -> Trouble {
        Trouble { service: Service::KashFlow, code, message: self.message }
    }
}

/// Whether KashFlow's database timed out and KashFlow says so as a client error (kashflow-api 12.2).
pub(super) fn is_sql_timeout(response: &HttpResponse) -> bool {
    response.status == 400 && Words::read(response, &Redaction::default()).code == "-2146232060"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> HttpResponse {
        HttpResponse { status: 400, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn b39_kashflows_refusals_are_told_apart() {
        for (error, message, code) in [
            ("InvalidCredentials", "Invalid username or password.", Some(TroubleCode::WrongCredentials)),
            ("PasswordExpired", "Your password has expired.", Some(TroubleCode::PasswordExpired)),
            (
                "AccountLocked",
                "User account is locked, please contact administrator.",
                Some(TroubleCode::AccountLocked),
            ),
            ("SubscriptionExpired", "User Subscription has expired.", Some(TroubleCode::SubscriptionExpired)),
            ("AccessDenied", "The REST API is not enabled.", Some(TroubleCode::ApiOff)),
            (
                "AccessDenied",
                "The IP address of 203.0.113.9 is not in the access list",
                Some(TroubleCode::IpBlocked),
            ),
            ("AccessDenied", "", Some(TroubleCode::ApiOff)),
            ("invalidcredentials", "", Some(TroubleCode::WrongCredentials)),
            ("77", "User Subscription has run out", Some(TroubleCode::SubscriptionExpired)),
            ("77", "The IP address of 203.0.113.9 is not in the access list", Some(TroubleCode::IpBlocked)),
            ("77", "API access is disabled", Some(TroubleCode::ApiOff)),
            ("InvalidSessionToken", "Session token provided is invalid.", None),
            ("ValidationError", "Address line 1 is too long", None),
            ("", "", None),
        ] {
            let body = serde_json::json!({"Message": message, "Error": error}).to_string();
            let words = Words::read(&answer(&body), &Redaction::default());
            assert_eq!(words.named_trouble(), code, "{error}: {message}");
            // Words of it may be secrets.
            let secrets = ["password", "Subscription", "address", "enabled", "token"].map(Into::into);
            let redacted = Words::read(&answer(&body), &Redaction::of(&secrets));
            assert_eq!(redacted.named_trouble(), code, "{error}: {message}");
            assert_eq!(redacted.is_unknown_session(), words.is_unknown_session());
            assert!(!redacted.message.contains("password"), "{}", redacted.message);
            if !message.is_empty() {
                assert_eq!(words.message, message, "verbatim");
            }
        }
    }

    #[test]
    fn i19_secrets_are_taken_out_before_words_are_cut_short() {
        let redaction = Redaction::of(&["CANARY-1".into(), "code".into()]);
        let long = serde_json::json!({"Message": format!("{}CANARY-1", "x".repeat(295))}).to_string();
        assert!(!Words::read(&answer(&long), &redaction).message.contains("CANA"));
        let words = Words::read(&answer(r#"{"Message":"CANARY-1: code not unique"}"#), &redaction);
        assert_eq!(
            (words.message.as_str(), words.is_taken_code()),
            ("[redacted]: [redacted] not unique", true)
        );
    }

    #[test]
    fn b27_a_taken_code_is_told_apart() {
        for (message, taken) in [
            ("Customer Code is not unique", true),
            ("Supplier code already exists", true),
            ("the customer code specified is invalid, please re-enter without any special characters", false),
            ("Customer Name is required", false),
            ("Country code is invalid", false),
        ] {
            let body = serde_json::json!({"Message": message}).to_string();
            let words = Words::read(&answer(&body), &Redaction::default());
            assert_eq!(words.is_taken_code(), taken, "{message}");
        }
    }

    #[test]
    fn bodies_of_any_form_are_survived() {
        for (body, message) in [
            ("", "KashFlow answered 400"),
            ("<html>CANARY", "KashFlow answered 400"),
            ("[1]", "KashFlow answered 400"),
            (r#"{"Error":7}"#, "7"),
            (r#"{"Error":{"a":1},"Message":["x"]}"#, "KashFlow answered 400"),
        ] {
            assert_eq!(Words::read(&answer(body), &Redaction::default()).message, message, "{body}");
        }
    }

    #[test]
    fn the_sql_timeout_is_known_by_its_number() {
        for (body, expected) in [
            (r#"{"Message":"Execution Timeout Expired.","Error":"-2146232060"}"#, true),
            (r#"{"Message":"","Error":-2146232060}"#, true),
            (r#"{"Message":"Execution Timeout Expired.","Error":"-1"}"#, false),
        ] {
            assert_eq!(is_sql_timeout(&answer(body)), expected, "{body}");
        }
    }
}
