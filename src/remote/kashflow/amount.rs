//! Money and truth values as KashFlow writes them.

use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::remote::json;

/// No amount is larger than this, so that even sums of a million of them are exact.
const LARGEST: i64 = 10_000_000_000_000;
/// KashFlow writes up to four decimals, six in one example (kashflow-api 2.3); more than this is no money.
const MOST_DECIMALS: u32 = 8;

/// An exact amount: a JSON number, or the same as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount(pub(super) Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = match &value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(D::Error::custom("an amount is no number"));
            }
        };
        exact(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("\"{}\" is no amount", json::quote(&text))))
    }
}

/// The decimal that the text spells, digit for digit.
fn exact(text: &str) -> Option<Decimal> {
    let decimal = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()?
    } else {
        Decimal::from_str_exact(text).ok()?
    };
    let plain = decimal.normalize();
    (plain.abs() <= Decimal::from(LARGEST) && plain.scale() <= MOST_DECIMALS).then_some(plain)
}

/// A truth value; KashFlow's examples also write 0 and 1 (kashflow-api 6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truth(pub(super) bool);

impl<'de> Deserialize<'de> for Truth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match json::word(&Value::deserialize(deserializer)?)
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "true" | "1" => Ok(Self(true)),
            "false" | "0" => Ok(Self(false)),
            other => Err(D::Error::custom(format!(
                "\"{}\" is neither true nor false",
                json::quote(other)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (wire, amount) in [
            ("117.5000", Some("117.5")),
            ("195.080000", Some("195.08")),
            ("0.0000", Some("0")),
            ("-60", Some("-60")),
            ("0.1", Some("0.1")),
            ("9007199254740993.00", None),
            ("9007199254740.99", Some("9007199254740.99")),
            ("1E+2", Some("100")),
            ("1e-2", Some("0.01")),
            ("\" 12.50 \"", Some("12.5")),
            ("\"£12.50\"", None),
            ("\"\"", None),
            ("1e400", None),
            ("0.000000001", None),
            ("true", None),
            ("null", None),
            ("[]", None),
        ] {
            let read = serde_json::from_str::<Amount>(wire).ok();
            let expected = amount.map(|text| Amount(text.parse().unwrap()));
            assert_eq!(read, expected, "{wire}");
        }
    }

    #[test]
    fn truth_is_also_a_digit() {
        for (wire, truth) in [
            ("true", Some(true)),
            ("false", Some(false)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("\"True\"", Some(true)),
            ("2", None),
            ("\"\"", None),
            ("{}", None),
        ] {
            assert_eq!(serde_json::from_str(wire).ok(), truth.map(Truth), "{wire}");
        }
    }
}
