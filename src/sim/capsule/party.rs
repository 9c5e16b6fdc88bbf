//! A party as it is kept, and as it is shown (capsule-api 6).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Capsule;
use super::auth::Caller;
use super::json::{instant, text};
use super::rows::Row;

/// A party as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Id.
    pub id: i64,
    /// `None` = an organisation.
    pub(super) person: Option<Person>,
    /// Organisation's name; empty for a person.
    pub(super) name: String,
    pub(super) about: Option<String>,
    pub(super) created: Timestamp,
    /// Moved by every change, whole seconds.
    pub(super) updated: Timestamp,
    pub(super) last_contacted: Option<Timestamp>,
    pub(super) owner: Option<i64>,
    pub(super) team: Option<i64>,
    pub(super) addresses: Vec<Row>,
    pub(super) phones: Vec<Row>,
    pub(super) emails: Vec<Row>,
    pub(super) websites: Vec<Row>,
    pub(super) tags: BTreeSet<i64>,
    /// Custom field values.
    pub fields: Vec<FieldRow>,
    /// Masked for users who do not see everything.
    pub(super) restricted: bool,
}

/// What only a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) title: Option<String>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) job: Option<String>,
    pub(super) organisation: Option<i64>,
}

/// A custom field value.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRow {
    /// Row id.
    pub id: i64,
    /// The definition's id.
    pub definition: i64,
    /// The value, numbers as they were sent.
    pub value: Value,
}

impl FieldRow {
    /// The value as text.
    pub fn shown(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Party {
    /// A party without anything on it yet.
    pub(super) fn new(id: i64, person: Option<Person>, now: Timestamp) -> Self {
        Self {
            id,
            person,
            name: String::new(),
            about: None,
            created: now,
            updated: now,
            last_contacted: None,
            owner: None,
            team: None,
            addresses: Vec::new(),
            phones: Vec::new(),
            emails: Vec::new(),
            websites: Vec::new(),
            tags: BTreeSet::new(),
            fields: Vec::new(),
            restricted: false,
        }
    }

    /// The name people see: the organisation's, or first and last name with one blank.
    pub fn name(&self) -> String {
        match &self.person {
            None => self.name.clone(),
            Some(person) => {
                let parts = [&person.first, &person.last];
                parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Whether it is a person.
    pub fn is_person(&self) -> bool {
        self.person.is_some()
    }

    /// The e-mail addresses.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.emails.iter().filter_map(|row| row.value("address"))
    }

    /// Tag ids on the party.
    pub fn tag_ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.tags.iter().copied()
    }

    /// The team it is in.
    pub fn team(&self) -> Option<i64> {
        self.team
    }

    /// The user it is assigned to.
    pub fn owner(&self) -> Option<i64> {
        self.owner
    }

    pub(super) fn kind(&self) -> &'static str {
        if self.is_person() { "person" } else { "organisation" }
    }
}

/// What `embed` adds to a party (capsule-api 6.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Embed {
    pub(super) tags: bool,
    pub(super) fields: bool,
    pub(super) organisation: bool,
    pub(super) missing: bool,
    pub(super) meta: bool,
}

impl Embed {
    /// Unknown words are ignored.
    pub(super) fn parse(text: Option<&str>) -> Self {
        let has = |word: &str| text.is_some_and(|text| text.split(',').any(|part| part.trim() == word));
        Self {
            tags: has("tags"),
            fields: has("fields"),
            organisation: has("organisation"),
            missing: has("missingImportantFields"),
            meta: has("meta"),
        }
    }
}

impl Capsule {
    /// A party as a caller sees it; masked where the caller may not see it (capsule-api 5.4).
    pub(super) fn show(&self, party: &Party, caller: &Caller, embed: Embed) -> Value {
        if party.restricted && !caller.sees_restricted {
            return masked(party);
        }
        let mut shown = Map::new();
        shown.insert("id".into(), json!(party.id));
        shown.insert("type".into(), json!(party.kind()));
        shown.insert("about".into(), text(party.about.as_deref()));
        match &party.person {
            None => {
                shown.insert("name".into(), json!(party.name));
            }
            Some(person) => {
                shown.insert("title".into(), text(person.title.as_deref()));
                shown.insert("firstName".into(), text(person.first.as_deref()));
                shown.insert("lastName".into(), text(person.last.as_deref()));
                shown.insert("jobTitle".into(), text(person.job.as_deref()));
                let organisation = person.organisation.and_then(|id| self.parties.get(&id));
                let nested = organisation.map_or(Value::Null, |organisation| {
                    if embed.organisation {
                        self.show(organisation, caller, Embed { organisation: false, ..embed })
                    } else {
                        nested(organisation, caller)
                    }
                });
                shown.insert("organisation".into(), nested);
            }
        }
        shown.insert("createdAt".into(), instant(party.created));
        shown.insert("updatedAt".into(), instant(party.updated));
        shown.insert("lastContactedAt".into(), party.last_contacted.map_or(Value::Null, instant));
        shown.insert("owner".into(), party.owner.map_or(Value::Null, |id| self.nested_user(id)));
        shown.insert("team".into(), party.team.map_or(Value::Null, |id| self.nested_team(id)));
        for (key, rows) in [
            ("addresses", &party.addresses),
            ("phoneNumbers", &party.phones),
            ("emailAddresses", &party.emails),
        ] {
            shown.insert(key.into(), rows.iter().map(Row::show).collect());
        }
        shown.insert("websites".into(), party.websites.iter().map(Row::show_website).collect());
        shown.insert("pictureURL".into(), json!(picture(party)));
        if embed.tags {
            shown.insert("tags".into(), party.tags.iter().filter_map(|id| self.nested_tag(*id)).collect());
        }
        if embed.fields {
            shown.insert(
                "fields".into(),
                party.fields.iter().filter_map(|row| self.show_field(row)).collect(),
            );
        }
        if embed.missing {
            shown.insert("missingImportantFields".into(), json!(false));
        }
        if self.options.enrichment {
            shown.insert("enrichment".into(), Value::Null);
        }
        Value::Object(shown)
    }
}

fn picture(party: &Party) -> String {
    format!("https://cdn.example/{}.svg", party.kind())
}

/// A party inside another record (capsule-api 6.4).
pub(super) fn nested(party: &Party, caller: &Caller) -> Value {
    if party.restricted && !caller.sees_restricted {
        return masked(party);
    }
    match &party.person {
        None => {
            json!({"id": party.id, "type": "organisation", "name": party.name, "pictureURL": picture(party)})
        }
        Some(person) => {
            json!({"id": party.id, "type": "person", "firstName": person.first, "lastName": person.last,
            "pictureURL": picture(party)})
        }
    }
}

/// A party that the caller may not see.
pub(super) fn masked(party: &Party) -> Value {
    let mut shown = Map::new();
    shown.insert("id".into(), json!(party.id));
    shown.insert("type".into(), json!(party.kind()));
    if party.is_person() {
        shown.insert("firstName".into(), Value::Null);
        shown.insert("lastName".into(), json!("Private"));
    } else {
        shown.insert("name".into(), json!("Private"));
    }
    shown.insert("pictureURL".into(), json!(picture(party)));
    shown.insert("isRestricted".into(), json!(true));
    Value::Object(shown)
}
