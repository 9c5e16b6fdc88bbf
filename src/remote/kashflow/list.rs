//! KashFlow's lists: an envelope with `MetaData` and `Data`, or a bare array (kashflow-api 2.2).

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::remote::json;

/// What a list row may hold that must never be decoded: bank details (kashflow-api 5.2), links that open documents
/// without a sign-in (kashflow-api 11), and bulk that nothing here reads.
const NEVER_READ: [&str; 6] = [
    "BankAccount",
    "Permalink",
    "PackingSlipPermalink",
    "LineItems",
    "PaymentLines",
    "ReminderLetters",
];

/// One row, not yet of any type, so that a bad one costs only itself.
#[derive(Debug, Default)]
pub(super) struct Row(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if NEVER_READ.iter().any(|name| name.eq_ignore_ascii_case(&key)) {
                map.next_value::<IgnoredAny>()?;
            } else {
                row.insert(key, map.next_value()?);
            }
        }
        Ok(Row(row))
    }

    // What is no record becomes an empty one, which is then reported as unreadable.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Row::default())
    }

    fn visit_unit<E>(self) -> Result<Row, E> {
        Ok(Row::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Row, E> {
        Ok(Row::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Row, E> {
        Ok(Row::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Row, E> {
        Ok(Row::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Row, E> {
        Ok(Row::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Row, E> {
        Ok(Row::default())
    }
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct List {
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// `TotalRecords`, when told. A bare array tells nothing of a total.
    pub(super) total: Option<usize>,
    /// Whether `NextPageUrl` names a page. The address itself is never followed.
    pub(super) more: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MetaWire {
    total_records: Option<usize>,
    next_page_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnvelopeWire {
    #[serde(alias = "Metadata")]
    meta_data: Option<MetaWire>,
    #[serde(alias = "Invoices")]
    data: Vec<Row>,
}

/// Reads either form. What holds no rows is no list, and never an empty one.
pub(super) fn list(body: &[u8]) -> Result<List, String> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Ok(List {
            rows: json::parse(body)?,
            total: None,
            more: false,
        });
    }
    let envelope: EnvelopeWire = json::parse(body)?;
    let meta = envelope.meta_data.unwrap_or_default();
    Ok(List {
        rows: envelope.data,
        total: meta.total_records,
        more: meta.next_page_url.is_some_and(|url| !url.trim().is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_lists() {
        for (body, rows, total, more) in [
            (
                r#"{"MetaData":{"TotalRecords":3,"NextPageUrl":"http://x/?page=2"},"Data":[{},{}]}"#,
                2,
                Some(3),
                true,
            ),
            (
                r#"{"MetaData":{"TotalRecords":3,"NextPageUrl":null,"New":[1]},"Data":[{}]}"#,
                1,
                Some(3),
                false,
            ),
            (r#"{"Data":[],"Metadata":{"TotalRecords":0}}"#, 0, Some(0), false),
            (
                r#"{"Metadata":{"TotalOwed":310.00},"Invoices":[{}]}"#,
                1,
                None,
                false,
            ),
            (r#"{"Data":[1,-1,2.5e99,null,"x",[2],true,{}]}"#, 8, None, false),
            (" [{}]", 1, None, false),
            ("[]", 0, None, false),
        ] {
            let list = list(body.as_bytes()).expect(body);
            assert_eq!(
                (list.rows.len(), list.total, list.more),
                (rows, total, more),
                "{body}"
            );
        }
    }

    #[test]
    fn what_holds_no_rows_is_no_list() {
        for body in [
            "",
            "{}",
            "null",
            "7",
            "\"x\"",
            "<html>",
            r#"{"Data":null}"#,
            r#"{"Data":{}}"#,
            r#"{"Data":[{}"#,
        ] {
            assert!(list(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn bank_details_are_not_decoded() {
        let body = r#"[{"Id":1,"BankAccount":{"Number":"CANARY"},"Name":"A","permalink":"CANARY"}]"#;
        let list = list(body.as_bytes()).unwrap();
        let shown = format!("{list:?}");
        assert!(!shown.contains("CANARY") && shown.contains("Name"), "{shown}");
    }
}
