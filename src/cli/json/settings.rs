//! `settings`: each with its value, default and what it may be.

use serde::Serialize;
use serde_json::Value;

use crate::config::settings::{Allowed, Setting};
use crate::domain::policy::Policy;

/// One setting. Switches and numbers are JSON's own; everything else is text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingJson {
    key: &'static str,
    value: Value,
    default: Value,
    allowed: String,
    about: &'static str,
}

/// A setting as the policy has it.
pub fn setting(setting: Setting, policy: &Policy) -> SettingJson {
    SettingJson {
        key: setting.key(),
        value: value(setting, setting.show(policy)),
        default: value(setting, setting.default_value()),
        allowed: setting.allowed().to_string(),
        about: setting.about(),
    }
}

fn value(setting: Setting, shown: String) -> Value {
    match setting.allowed() {
        Allowed::Switch => Value::Bool(shown == "true"),
        Allowed::Days(..) => shown.parse::<u32>().map_or(Value::String(shown), Value::from),
        Allowed::Words(_) | Allowed::Text | Allowed::Time(..) => Value::String(shown),
    }
}
