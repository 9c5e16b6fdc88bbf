//! Random edits on both sides, then runs while nobody touches anything: both sides agree as the rules say, nothing is
//! there twice, and what kashsync does not map is as it was (invariants I5, I23; design B14, B15, B17).
//!
//! What is expected is worked out here from the edits alone, with values that no rule of equality makes the same.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use kashsync::domain::ids::{ContactId, LedgerRef, Side};
use kashsync::sim::http::Method;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::crash::small_firm;
use crate::rig::Rig;

/// A field as a colleague edits it on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edited {
    Name,
    Email,
    Phone,
    Mobile,
    Website,
    Street,
}

impl Edited {
    const ALL: [Self; 6] = [Self::Name, Self::Email, Self::Phone, Self::Mobile, Self::Website, Self::Street];

    /// A value that nobody has yet.
    fn value(self, number: usize) -> String {
        match self {
            Self::Name => format!("Edited Firm {number} Ltd"),
            Self::Email => format!("e{number}@edited.example"),
            Self::Phone => format!("0113 496 {number:04}"),
            Self::Mobile => format!("07700 9{number:05}"),
            Self::Website => format!("www.edited{number}.example"),
            Self::Street => format!("{number} Edited Street"),
        }
    }

    /// The list in Capsule that holds it, its key there, and the row's type.
    fn row(self) -> Option<(&'static str, &'static str, Option<&'static str>)> {
        match self {
            Self::Name => None,
            Self::Email => Some(("emailAddresses", "address", None)),
            Self::Phone => Some(("phoneNumbers", "number", Some("Work"))),
            Self::Mobile => Some(("phoneNumbers", "number", Some("Mobile"))),
            Self::Website => Some(("websites", "address", None)),
            Self::Street => Some(("addresses", "street", None)),
        }
    }

    fn kashflow_key(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Email => "Email",
            Self::Phone => "Telephone",
            Self::Mobile => "Mobile",
            Self::Website => "Website",
            Self::Street => "Line1",
        }
    }
}

/// The row of a party that kashsync maps to this field, if there is one.
fn mapped_row(party: &Value, edited: Edited) -> Option<&Value> {
    let (list, key, kind) = edited.row()?;
    party[list].as_array()?.iter().find(|row| match edited {
        Edited::Phone => !matches!(row["type"].as_str(), Some("Fax" | "Mobile")),
        Edited::Mobile => row["type"].as_str() == kind,
        Edited::Website => {
            row["service"] == "URL" && !row[key].as_str().unwrap_or_default().contains("#kashsync:")
        }
        Edited::Name | Edited::Email | Edited::Street => true,
    })
}

fn party(rig: &Rig, id: ContactId) -> Value {
    rig.call_capsule(Method::Get, &format!("/api/v2/parties/{}", id.0), "").1["party"].clone()
}

/// A ledger contact as the colleague's screen shows it.
fn record(rig: &Rig, ledger: LedgerRef, code: &str) -> Value {
    let now = rig.now();
    rig.world().kashflow.edit(ledger.side.word(), code, &json!({}), now).unwrap()
}

fn primary(record: &Value) -> Value {
    let rows = record["Contacts"].as_array().cloned().unwrap_or_default();
    let primary = rows.iter().find(|row| row["IsPrimary"] == true).or(rows.first());
    primary.cloned().unwrap_or_default()
}

fn address(record: &Value) -> Value {
    record["Addresses"].as_array().and_then(|rows| rows.first()).unwrap_or(&record["Address"]).clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn in_capsule(rig: &Rig, id: ContactId, edited: Edited) -> String {
    let party = party(rig, id);
    match edited.row() {
        Some((_, key, _)) => mapped_row(&party, edited).map(|row| text(&row[key])).unwrap_or_default(),
        None => text(&party["name"]),
    }
}

fn in_kashflow(rig: &Rig, ledger: LedgerRef, code: &str, edited: Edited) -> String {
    let record = record(rig, ledger, code);
    match edited {
        Edited::Name => text(&record["Name"]),
        Edited::Street => text(&address(&record)["Line1"]),
        Edited::Email => {
            text(&primary(&record)["Email"]).split([';', ',', ' ']).next().unwrap_or_default().to_owned()
        }
        _ => text(&primary(&record)[edited.kashflow_key()]),
    }
}

fn edit_capsule(rig: &Rig, id: ContactId, edited: Edited, value: &str) {
    let changes = match edited.row() {
        None => json!({ "name": value }),
        Some((list, key, kind)) => {
            let mut row = json!({ key: value });
            match mapped_row(&party(rig, id), edited) {
                Some(known) => row["id"] = known["id"].clone(),
                None => row["type"] = kind.into(),
            }
            json!({ list: [row] })
        }
    };
    let now = rig.now();
    rig.world().capsule.edit(id.0, &changes, now).unwrap();
}

/// The markers of all contacts: whose contact each of them is. One that was asked about may be created once an edit has
/// settled the question, but nobody's contact is there twice.
fn markers(rig: &Rig) -> Vec<String> {
    let world = rig.world();
    let values = world.capsule.parties().map(|party| world.capsule.field_values(party));
    let fields = values.filter_map(|values| values.get("KashFlow ID").cloned());
    fields.flat_map(|field| field.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What kashsync does not map, of everybody in KashFlow.
fn unmapped(rig: &Rig) -> BTreeMap<(Side, i64), Value> {
    let codes: Vec<(Side, String)> = {
        let world = rig.world();
        let customers = world.kashflow.customers().map(|record| (Side::Customer, record.code.clone()));
        customers
            .chain(world.kashflow.suppliers().map(|record| (Side::Supplier, record.code.clone())))
            .collect()
    };
    let mut all = BTreeMap::new();
    for (side, code) in codes {
        let now = rig.now();
        let mut record = rig.world().kashflow.edit(side.word(), &code, &json!({}), now).unwrap();
        let id = record["Id"].as_i64().unwrap();
        for key in ["Name", "DisplayName", "LastUpdatedDate"] {
            record.as_object_mut().unwrap().remove(key);
        }
        let first = record["Contacts"].as_array().and_then(|rows| {
            rows.iter().position(|row| row["IsPrimary"] == true).or((!rows.is_empty()).then_some(0))
        });
        if let Some(first) = first {
            for key in ["Email", "Telephone", "Mobile", "Website"] {
                record["Contacts"][first].as_object_mut().unwrap().remove(key);
            }
        }
        for key in ["Line1", "Line2", "Line3", "Line4", "PostCode", "CountryCode", "CountryName"] {
            for place in ["/Addresses/0", "/Address"] {
                if let Some(Value::Object(address)) = record.pointer_mut(place) {
                    address.remove(key);
                }
            }
        }
        // A record that had none gets a row for what is written.
        let is_bare = |row: &Value| {
            ["Name", "Firstname", "LastName", "Fax", "Title"].iter().all(|key| row[key].is_null())
        };
        if let Some(Value::Array(rows)) = record.get_mut("Contacts") {
            rows.retain(|row| !is_bare(row));
        }
        for (list, none) in [("Contacts", json!([])), ("Addresses", json!([{}])), ("Address", json!({}))] {
            if record.get(list) == Some(&none) {
                record[list] = Value::Null;
            }
        }
        for list in ["Contacts", "Addresses", "Address"] {
            if record.get(list).is_some_and(|value| value.is_null() || *value == json!([])) {
                record.as_object_mut().unwrap().remove(list);
            }
        }
        all.insert((side, id), record);
    }
    all
}

/// Edits: who, which field, in Capsule or else in KashFlow.
type Edits = Vec<(prop::sample::Index, prop::sample::Index, bool)>;

fn edits() -> impl Strategy<Value = Vec<Edits>> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>());
    prop::collection::vec(prop::collection::vec(edit, 1..14), 2)
}

async fn check(rounds: Vec<Edits>) {
    let rig = Rig::of(&small_firm());
    rig.sync().await;
    let kept = rig.kept().await;
    let links: Vec<(ContactId, LedgerRef, String)> = kept
        .local
        .links()
        .filter(|link| !kept.snapshot.ledger[&link.ledger].archived)
        .filter(|link| !kept.snapshot.contacts[&link.contact].restricted)
        .map(|link| (link.contact, link.ledger, kept.snapshot.ledger[&link.ledger].code.clone()))
        .collect();
    let is_person = |id: ContactId| party(&rig, id)["type"] == "person";
    let before = unmapped(&rig);
    let mut number = 0;
    let mut renamed = std::collections::BTreeSet::new();
    for round in rounds {
        rig.pass(SignedDuration::from_hours(2));
        // Every value of every linked pair, with the edit of this round where there is one.
        let mut capsule: BTreeMap<(ContactId, Edited), String> = BTreeMap::new();
        let mut kashflow: BTreeMap<(LedgerRef, Edited), String> = BTreeMap::new();
        for (who, what, is_capsule) in round {
            let (contact, ledger, code) = &links[who.index(links.len())];
            let edited = Edited::ALL[what.index(Edited::ALL.len())];
            number += 1;
            let value = edited.value(number);
            if edited == Edited::Name && is_person(*contact) {
                continue;
            }
            if is_capsule {
                edit_capsule(&rig, *contact, edited, &value);
                capsule.insert((*contact, edited), value);
            } else {
                let now = rig.now();
                let changes = json!({ edited.kashflow_key(): value });
                rig.world().kashflow.edit(ledger.side.word(), code, &changes, now).unwrap();
                kashflow.insert((*ledger, edited), value);
                if edited == Edited::Name {
                    renamed.insert(*ledger);
                }
            }
        }
        let mut expected = BTreeMap::new();
        for (contact, ledger, code) in &links {
            for edited in Edited::ALL {
                let left = in_capsule(&rig, *contact, edited);
                // A name that was changed in KashFlow is asked about, whatever Capsule says (B15). Else what was changed
                // in Capsule goes to KashFlow, and what was changed only in KashFlow stays as it is.
                let asked = edited == Edited::Name && renamed.contains(ledger);
                let right = match capsule.get(&(*contact, edited)) {
                    Some(value) if !asked => value.clone(),
                    _ => in_kashflow(&rig, *ledger, code, edited),
                };
                expected.insert((*contact, *ledger, edited), (left, right));
            }
        }
        for _ in 0..3 {
            rig.pass(SignedDuration::from_mins(20));
            rig.sync().await;
        }
        for (contact, ledger, code) in &links {
            for edited in Edited::ALL {
                let found = (in_capsule(&rig, *contact, edited), in_kashflow(&rig, *ledger, code, edited));
                assert_eq!(found, expected[&(*contact, *ledger, edited)], "{code} {edited:?}");
            }
        }
        rig.pass(SignedDuration::from_mins(20));
        rig.world().log.clear();
        rig.sync().await;
        assert_eq!(rig.world().writes().count(), 0, "a further run writes nothing");
        let marked = markers(&rig);
        let distinct: std::collections::BTreeSet<&String> = marked.iter().collect();
        assert_eq!(marked.len(), distinct.len(), "nothing is there twice");
        for (id, after) in unmapped(&rig) {
            assert!(after == before[&id], "what is not mapped is untouched: {after} was {}", before[&id]);
        }
    }
}

proptest! {
    // Always the same twelve histories: what CI says of a commit must not depend on luck.
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(2026),
        ..ProptestConfig::default()
    })]

    #[test]
    fn b14_after_random_edits_both_sides_agree_as_the_rules_say(rounds in edits()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(check(rounds));
    }
}
