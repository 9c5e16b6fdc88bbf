//! Reading JSON that was written by somebody else: record by record, so that one bad record costs only itself.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest text of a service that is repeated in a message.
const LONGEST_QUOTE: usize = 300;

/// The body as JSON of that form. The error says what was found instead, without quoting it: it may be a web page.
pub(super) fn parse<W: DeserializeOwned>(body: &[u8]) -> Result<W, String> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            "the answer has another form than expected".to_owned()
        } else if body.iter().all(u8::is_ascii_whitespace) {
            "the answer is empty".to_owned()
        } else if body.trim_ascii_start().starts_with(b"<") {
            "the answer is a web page, not data; is there a sign-in page or a proxy in between?".to_owned()
        } else {
            "the answer is not whole JSON".to_owned()
        }
    })
}

/// The body as one JSON object of that form. (An array would pass for a record by the order of its elements.)
pub(super) fn object<W: DeserializeOwned>(body: &[u8]) -> Result<W, String> {
    match body.trim_ascii_start().first() {
        Some(b'{') | None => parse(body),
        Some(_) => Err(parse::<Value>(body)
            .err()
            .unwrap_or_else(|| "the answer is no record".to_owned())),
    }
}

/// One record of the type wanted.
pub(super) fn record<W: DeserializeOwned>(value: Value) -> Result<W, String> {
    if !value.is_object() {
        return Err("it is no record".to_owned());
    }
    serde_json::from_value(value).map_err(|error| quote(&error.to_string()))
}

/// A service's words, bounded.
pub(super) fn quote(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= LONGEST_QUOTE {
        return text.to_owned();
    }
    text.chars().take(LONGEST_QUOTE).chain(['…']).collect()
}

/// A value that people would read as one word: text, number or truth value.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_described_and_not_quoted() {
        for (body, words) in [
            ("", "empty"),
            ("  \r\n", "empty"),
            ("<!doctype html><title>CANARY", "web page"),
            ("{\"parties\":[{\"id\":1", "not whole"),
            ("CANARY", "not whole"),
        ] {
            let error = parse::<Value>(body.as_bytes()).unwrap_err();
            assert!(error.contains(words), "{body}: {error}");
            assert!(!error.contains("CANARY"), "{error}");
        }
        assert!(
            parse::<Value>("[".repeat(100_000).as_bytes()).is_err(),
            "depth is bounded"
        );
    }

    #[test]
    fn quotes_are_bounded() {
        assert_eq!(quote(" short "), "short");
        assert_eq!(quote(&"é".repeat(5000)).chars().count(), LONGEST_QUOTE + 1);
    }
}
