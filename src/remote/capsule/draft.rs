//! What we write into Capsule, as JSON (capsule-api 7.6, 7.7, 8.2, 8.3).

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use crate::domain::contact::{SUMMARY_TAG, SummaryField, SummaryFieldType};
use crate::domain::draft::{ContactDraft, DraftAddress, DraftKind};
use crate::domain::ids::DefinitionId;

/// The whole body of a create: one request holds the contact, its tag and its fields (design B6). `types` are the
/// definitions' types as Capsule has them, where known.
pub(super) fn create(
    draft: &ContactDraft,
    definitions: &BTreeMap<SummaryField, DefinitionId>,
    types: &BTreeMap<DefinitionId, SummaryFieldType>,
) -> Value {
    let mut party = Map::new();
    match &draft.kind {
        DraftKind::Organisation { name } => {
            party.insert("type".into(), json!("organisation"));
            party.insert("name".into(), json!(name));
        }
        DraftKind::Person { first, last } => {
            party.insert("type".into(), json!("person"));
            party.extend(given("firstName", first));
            party.extend(given("lastName", last));
        }
    }
    // Without this the token's user would own every contact that kashsync makes (design B10).
    party.insert("owner".into(), Value::Null);
    if let Some(team) = draft.team {
        party.insert("team".into(), json!({"id": team.0}));
    }
    let mut websites: Vec<Value> = Vec::new();
    if !draft.website.is_empty() {
        websites.push(json!({"service": "URL", "address": draft.website}));
    }
    if !definitions.contains_key(&SummaryField::Id) && !draft.marker_website.is_empty() {
        websites.push(json!({"service": "URL", "address": draft.marker_website}));
    }
    let phones = [
        ("Work", &draft.phone),
        ("Fax", &draft.fax),
        ("Mobile", &draft.mobile),
    ]
    .into_iter()
    .filter(|(_, number)| !number.is_empty())
    .map(|(label, number)| json!({"type": label, "number": number}))
    .collect();
    let emails = Some(&draft.email)
        .filter(|email| !email.is_empty())
        .map(|email| json!({"address": email}));
    let fields = draft
        .summary
        .values
        .iter()
        .filter_map(|(field, value)| {
            let definition = *definitions.get(field)?;
            let kind = types
                .get(&definition)
                .copied()
                .unwrap_or_else(|| field.field_type());
            Some(field_value(definition, Some(value), kind))
        })
        .collect();
    let tags = draft.summary.tagged.then(|| json!({"name": SUMMARY_TAG}));
    for (key, rows) in [
        ("emailAddresses", emails.into_iter().collect()),
        ("phoneNumbers", phones),
        ("websites", websites),
        ("addresses", draft.address.iter().filter_map(address).collect()),
        ("tags", tags.into_iter().collect()),
        ("fields", fields),
    ] {
        let rows: Vec<Value> = rows;
        if !rows.is_empty() {
            party.insert(key.into(), Value::Array(rows));
        }
    }
    json!({"party": party})
}

/// One element of the edit list of fields; `None` empties the field.
pub(super) fn field_value(definition: DefinitionId, value: Option<&String>, kind: SummaryFieldType) -> Value {
    let value = match (value, kind) {
        (None, _) => Value::Null,
        // The text goes out digit by digit as it is: money is never turned into a float.
        (Some(text), SummaryFieldType::Number) => {
            serde_json::from_str::<Number>(text.trim()).map_or_else(|_| json!(text), Value::Number)
        }
        (Some(text), SummaryFieldType::Text | SummaryFieldType::Date | SummaryFieldType::Link) => json!(text),
    };
    json!({"definition": {"id": definition.0}, "value": value})
}

/// The body that makes one of our definitions under our DataTag.
pub(super) fn definition(field: SummaryField) -> Value {
    json!({"definition": {
        "name": field.name(),
        "type": type_word(field.field_type()),
        "captureRule": null,
        "tag": {"name": SUMMARY_TAG},
    }})
}

/// The body that makes our DataTag.
pub(super) fn tag() -> Value {
    json!({"tag": {"name": SUMMARY_TAG, "dataTag": true}})
}

/// Capsule's word for a type of field.
pub(super) fn type_word(kind: SummaryFieldType) -> &'static str {
    match kind {
        SummaryFieldType::Text => "text",
        SummaryFieldType::Number => "number",
        SummaryFieldType::Date => "date",
        SummaryFieldType::Link => "link",
    }
}

fn given(key: &str, text: &str) -> Option<(String, Value)> {
    (!text.is_empty()).then(|| (key.to_owned(), json!(text)))
}

fn address(address: &DraftAddress) -> Option<Value> {
    let parts: Map<String, Value> = [
        ("street", &address.street),
        ("city", &address.city),
        ("state", &address.state),
        ("zip", &address.postcode),
        ("country", &address.country),
    ]
    .into_iter()
    .filter_map(|(key, text)| given(key, text))
    .collect();
    (!parts.is_empty()).then_some(Value::Object(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Summary;
    use crate::domain::ids::TeamId;

    fn draft() -> ContactDraft {
        ContactDraft {
            kind: DraftKind::Organisation {
                name: "Pennine Roofing Ltd".into(),
            },
            email: "office@pennineroofing.example".into(),
            phone: "0113 496 0102".into(),
            fax: "0113 496 0103".into(),
            mobile: String::new(),
            website: "https://pennineroofing.example".into(),
            address: Some(DraftAddress {
                street: "12 Canal Road".into(),
                city: "Leeds".into(),
                postcode: "LS12 2PU".into(),
                ..DraftAddress::default()
            }),
            team: Some(TeamId(41)),
            summary: Summary {
                tagged: true,
                values: BTreeMap::from([
                    (SummaryField::Id, "kf:0a1b2c3d:customer:7".to_owned()),
                    (SummaryField::Balance, "1250.50".to_owned()),
                    (SummaryField::NextDue, "2026-12-24".to_owned()),
                ]),
            },
            marker_website: "https://app.kashflow.com#kashsync:kf:0a1b2c3d:customer:7".into(),
            left_out: Vec::new(),
        }
    }

    #[test]
    fn b6_b10_one_create_holds_everything_and_has_no_owner() {
        let definitions = BTreeMap::from([
            (SummaryField::Id, DefinitionId(811)),
            (SummaryField::Balance, DefinitionId(813)),
        ]);
        assert_eq!(
            create(&draft(), &definitions, &BTreeMap::new()).to_string(),
            concat!(
                r#"{"party":{"addresses":[{"city":"Leeds","street":"12 Canal Road","zip":"LS12 2PU"}],"#,
                r#""emailAddresses":[{"address":"office@pennineroofing.example"}],"#,
                r#""fields":[{"definition":{"id":811},"value":"kf:0a1b2c3d:customer:7"},"#,
                r#"{"definition":{"id":813},"value":1250.50}],"name":"Pennine Roofing Ltd","owner":null,"#,
                r#""phoneNumbers":[{"number":"0113 496 0102","type":"Work"},{"number":"0113 496 0103","type":"Fax"}],"#,
                r#""tags":[{"name":"KashFlow"}],"team":{"id":41},"type":"organisation","#,
                r#""websites":[{"address":"https://pennineroofing.example","service":"URL"}]}}"#
            )
        );
    }

    #[test]
    fn design_5_without_fields_the_marker_is_a_website() {
        let mut draft = draft();
        draft.kind = DraftKind::Person {
            first: "Lena".into(),
            last: String::new(),
        };
        draft.summary.tagged = false;
        draft.team = None;
        draft.address = Some(DraftAddress::default());
        draft.website.clear();
        draft.email.clear();
        draft.phone.clear();
        draft.fax.clear();
        let body = create(&draft, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(
            body,
            json!({"party": {"type": "person", "firstName": "Lena", "owner": null,
                "websites": [{"service": "URL", "address": draft.marker_website}]}})
        );
    }

    #[test]
    fn numbers_keep_their_digits_and_follow_the_definitions_type() {
        for (text, kind, written) in [
            (Some("0.10"), SummaryFieldType::Number, "0.10"),
            (
                Some("-12345678901234567890.99"),
                SummaryFieldType::Number,
                "-12345678901234567890.99",
            ),
            (Some("n/a"), SummaryFieldType::Number, "\"n/a\""),
            (Some("0.10"), SummaryFieldType::Text, "\"0.10\""),
            (Some("2026-12-24"), SummaryFieldType::Date, "\"2026-12-24\""),
            (None, SummaryFieldType::Number, "null"),
        ] {
            assert_eq!(
                field_value(DefinitionId(5), text.map(str::to_owned).as_ref(), kind).to_string(),
                format!("{{\"definition\":{{\"id\":5}},\"value\":{written}}}")
            );
        }
    }

    #[test]
    fn b23_definitions_belong_to_the_tag() {
        assert_eq!(
            definition(SummaryField::NextDue),
            json!({"definition": {"name": "KashFlow next due", "type": "date", "captureRule": null,
                "tag": {"name": "KashFlow"}}})
        );
        assert_eq!(tag(), json!({"tag": {"name": "KashFlow", "dataTag": true}}));
    }
}
