//! Reading and writing KashFlow's JSON: amounts with four decimals, names without case, paths with escapes.
//!
//! Not here: which fields a record has (see `records`), which calls exist (see the module root).

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::{Options, dates::NO_DATE};
use crate::sim::http::{Request, Response};

/// Why a call is refused. The simulator answers each with the status and body of kashflow-api 2.6, 3.5 and 16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 400 `ValidationError` (U6).
    Invalid(String),
    /// 400 `InvalidCredentials`.
    WrongCredentials,
    /// 400 `PasswordExpired`.
    PasswordExpired,
    /// 400 `-2146232060`: the database timed out and KashFlow says so as a client error (kashflow-api 12.2).
    DatabaseTimeout,
    /// 401 `InvalidSessionToken`.
    NoSession,
    /// 401 `AccountLocked`.
    Locked,
    /// 401 `AccessDenied` (U9); the text is all that tells the cases apart.
    AccessDenied(&'static str),
    /// 401 `SubscriptionExpired` (U10).
    SubscriptionExpired,
    /// 404 (U7).
    NotFound(String),
    /// 429 (U19), with the seconds to wait.
    TooMany(u64),
}

impl Refusal {
    /// A 400 for a rule that the caller broke.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// Status, `Error` and `Message`.
    fn parts(&self) -> (u16, &str, &str) {
        match self {
            Self::Invalid(message) => (400, "ValidationError", message),
            Self::WrongCredentials => (400, "InvalidCredentials", "Invalid username or password."),
            Self::PasswordExpired => (400, "PasswordExpired", "Your password has expired."),
            Self::DatabaseTimeout => (
                400,
                "-2146232060",
                "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or \
                 the server is not responding.",
            ),
            Self::NoSession => (401, "InvalidSessionToken", "Session token provided is invalid."),
            Self::Locked => (401, "AccountLocked", "User account is locked, please contact administrator."),
            Self::AccessDenied(message) => (401, "AccessDenied", message),
            Self::SubscriptionExpired => (401, "SubscriptionExpired", "User Subscription has expired."),
            Self::NotFound(message) => (404, "NotFound", message),
            Self::TooMany(_) => (429, "TooManyRequests", "Too many requests."),
        }
    }

    /// What the colleague's controls say instead of an answer.
    pub(super) fn text(&self) -> String {
        self.parts().2.to_owned()
    }

    /// The answer on the wire.
    pub(super) fn response(&self, options: &Options) -> Response {
        let (status, error, message) = self.parts();
        match self {
            Self::NotFound(_) if !options.not_found_body => Response::empty(status),
            Self::TooMany(seconds) => Response::json(status, &json!({ "Error": error, "Message": message }))
                .with_header("Retry-After", seconds.to_string()),
            _ => Response::json(status, &json!({ "Error": error, "Message": message })),
        }
    }
}

/// An amount as KashFlow prints it: a JSON number with exactly four decimals (kashflow-api 2.3).
pub(super) fn money(amount: Decimal) -> Value {
    let rounded = amount.round_dp(4);
    let rounded = if rounded.is_zero() { Decimal::ZERO } else { rounded };
    Number::from_str(&format!("{rounded:.4}")).map_or(Value::Null, Value::Number)
}

/// A JSON number (or a number in a string) as an exact decimal.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A JSON number (or a number in a string) as a whole number.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The body of a request, or a 400 when it is not JSON.
pub(super) fn sent_json(request: &Request) -> Result<Value, Refusal> {
    request.json().ok_or_else(|| Refusal::invalid("The request is invalid."))
}

/// A JSON object read without regard to the case of its names, as KashFlow reads requests (kashflow-api 2.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a>(&'a Map<String, Value>);

impl<'a> Body<'a> {
    /// The object, or a 400 when the value is none.
    pub(super) fn read(value: &'a Value) -> Result<Self, Refusal> {
        value.as_object().map(Self).ok_or_else(|| Refusal::invalid("The request is invalid."))
    }

    /// The field of that name, if it was sent at all (it may be null).
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0
            .get(name)
            .or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
    }

    /// Whether the field was sent, be it as null.
    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text field, `None` when it was not sent or null. Numbers count as text.
    pub(super) fn text(self, name: &str) -> Result<Option<String>, Refusal> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Refusal::invalid(format!("The field {name} is invalid."))),
        }
    }

    /// A yes-or-no field, `None` when it was not sent or null. `"1"`, `1` and `"true"` count as yes.
    pub(super) fn flag(self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                flag(value).map(Some).ok_or_else(|| Refusal::invalid(format!("The field {name} is invalid.")))
            }
        }
    }

    /// A list field, `None` when it was not sent; null is an empty list.
    pub(super) fn list(self, name: &str) -> Result<Option<&'a [Value]>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(&[])),
            Some(Value::Array(rows)) => Ok(Some(rows)),
            Some(_) => Err(Refusal::invalid(format!("The field {name} is invalid."))),
        }
    }

    /// An amount, `None` when it was not sent or null.
    pub(super) fn amount(self, name: &str) -> Result<Option<Decimal>, Refusal> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => decimal(value)
                .map(Some)
                .ok_or_else(|| Refusal::invalid(format!("The field {name} is invalid."))),
        }
    }

    /// A date, `None` when it was not sent, null, empty or KashFlow's sentinel.
    pub(super) fn date(self, name: &str) -> Result<Option<jiff::civil::Date>, Refusal> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) if text.trim().is_empty() => Ok(None),
            Some(text) => super::dates::read(&text)
                .map(|day| (day != NO_DATE).then_some(day))
                .ok_or_else(|| Refusal::invalid(format!("The field {name} is invalid."))),
        }
    }
}

/// A JSON value as yes or no, as leniently as the documents' examples differ (kashflow-api 4.3, `CustomCheckBoxes`).
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(_) => whole(value).map(|number| number != 0),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The parts of a path, decoded and in lower case: KashFlow minds no case, in codes neither. `None` when an escape
/// is broken or the text is not UTF-8.
pub(super) fn path_parts(path: &str) -> Option<Vec<String>> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| Some(unescape(part)?.to_lowercase())).collect()
}

/// Undoes percent escapes.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Makes a query name or value safe for an address.
pub(super) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_four_decimals() {
        for (amount, text) in [
            ("117.5", "117.5000"),
            ("0", "0.0000"),
            ("-0.00001", "0.0000"),
            ("-60", "-60.0000"),
            ("1234567890.12345", "1234567890.1234"),
        ] {
            assert_eq!(money(amount.parse().unwrap()).to_string(), text);
        }
    }

    #[test]
    fn bodies_are_read_without_case() {
        let value = json!({"username": "a", "PASSWORD": null, "Count": "12", "Yes": "1", "Rate": 1.50});
        let body = Body::read(&value).unwrap();
        assert_eq!(body.text("UserName").unwrap(), Some("a".into()));
        assert_eq!(body.text("Password").unwrap(), None);
        assert!(body.has("Password") && !body.has("Other"));
        assert_eq!(body.text("Other").unwrap(), None);
        assert_eq!(body.flag("yes").unwrap(), Some(true));
        assert_eq!(body.amount("RATE").unwrap(), Some("1.50".parse().unwrap()));
        assert!(body.list("Yes").is_err());
        assert!(Body::read(&json!([])).is_err());
    }

    #[test]
    fn paths_are_decoded() {
        assert_eq!(
            path_parts("/v2/Customers/AL%20PI"),
            Some(vec!["v2".into(), "customers".into(), "al pi".into()])
        );
        assert_eq!(
            path_parts("/v2/customers/%C5%81"),
            Some(vec!["v2".into(), "customers".into(), "ł".into()])
        );
        assert_eq!(path_parts("/v2/customers/a%2Fb").unwrap()[2], "a/b");
        assert_eq!(path_parts("/v2/%4"), None);
        assert_eq!(path_parts("/v2/%FF"), None);
        assert_eq!(escape("Bay & Co/ł"), "Bay%20%26%20Co%2F%C5%82");
    }
}
