//! Small readers and writers of JSON values, in Capsule's ways.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// `YYYY-MM-DDTHH:MM:SSZ`, whole seconds (capsule-api 2).
pub(super) fn instant(at: Timestamp) -> Value {
    json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A text, or null.
pub(super) fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |value| json!(value))
}

/// A text that is given and not blank, trimmed.
pub(super) fn given(body: &Map<String, Value>, key: &str) -> Option<String> {
    let value = body.get(key)?.as_str()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// An id given as `{"id": 1}` or as the bare number.
pub(super) fn id_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.get("id")?.as_i64())
}

/// Names compare trimmed and without case (capsule-api 7.5, 7.6.4).
pub(super) fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}
