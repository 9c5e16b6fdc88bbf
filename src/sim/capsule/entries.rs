//! Notes on a party (capsule-api 8.4): enough for people's notes to be there and to be counted.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::Caller;
use super::json::{id_of, instant};
use super::party::nested;
use super::refusal::Refusal;
use super::{Capsule, Counter};
use crate::sim::http::{Request, Response};

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) party: i64,
    content: String,
    creator: i64,
    at: Timestamp,
}

/// The built-in activity type of notes.
const NOTE: i64 = -1;

impl Capsule {
    /// Newest first.
    pub(super) fn list_entries(
        &self,
        party: i64,
        request: &Request,
        caller: &Caller,
    ) -> Result<Response, Refusal> {
        let of_party: Vec<&Entry> =
            self.entries.values().rev().filter(|entry| entry.party == party).collect();
        self.page(request, "entries", of_party.len(), of_party.into_iter(), |entry| {
            self.show_entry(entry, caller)
        })
    }

    /// A note moves the contact's last contact, and its organisation's (capsule-api 8.4); not `updatedAt` (SIM).
    pub(super) fn create_entry(
        &mut self,
        request: &Request,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let body = request.json().and_then(|mut body| body.get_mut("entry").map(Value::take));
        let body = body.ok_or_else(|| Refusal::plain(400, "Malformed JSON"))?;
        let party = body.get("party").and_then(id_of).filter(|id| self.parties.contains_key(id));
        let Some(party) = party else {
            let rule = "entry must be linked to either a party, opportunity or kase";
            return Err(Refusal::fault(rule, "entry", "party"));
        };
        let content = body.get("content").and_then(Value::as_str).unwrap_or_default();
        let id = self.add_note(party, content, caller.user, now);
        let shown = self.entries.get(&id).map(|entry| self.show_entry(entry, caller));
        let location = format!("{}/api/v2/entries/{id}", request.origin);
        Ok(Response::json(201, &json!({"entry": shown})).with_header("Location", location))
    }

    /// Files a note under a party that there is.
    pub(super) fn add_note(&mut self, party: i64, content: &str, creator: i64, at: Timestamp) -> i64 {
        let id = self.next_id(Counter::Entry);
        let employer = self.parties.get(&party).and_then(|party| party.person.as_ref()?.organisation);
        for contacted in [Some(party), employer].into_iter().flatten() {
            if let Some(party) = self.parties.get_mut(&contacted) {
                party.last_contacted = party.last_contacted.max(Some(at));
            }
        }
        self.entries.insert(id, Entry { id, party, content: content.to_owned(), creator, at });
        id
    }

    fn show_entry(&self, entry: &Entry, caller: &Caller) -> Value {
        json!({
            "id": entry.id,
            "type": "note",
            "content": entry.content,
            "createdAt": instant(entry.at),
            "updatedAt": instant(entry.at),
            "entryAt": instant(entry.at),
            "creator": self.nested_user(entry.creator),
            "activityType": {"id": NOTE, "name": "Note"},
            "party": self.parties.get(&entry.party).map(|party| nested(party, caller)),
            "kase": null,
            "opportunity": null,
            "attachments": [],
        })
    }
}
