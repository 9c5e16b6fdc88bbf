//! What hangs on a party beside its details: opportunities, projects and tasks, made by people (capsule-api 7.5, 7.8, 7.11).
//!
//! They can be listed, asked for by a filter, and go with their party. Making them over the API is not served.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::Caller;
use super::json::instant;
use super::party::nested;
use super::refusal::Refusal;
use super::{Capsule, Counter};
use crate::sim::http::{Request, Response};

/// Kinds of what people attach to a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hanging {
    /// A note; moves the last contact.
    Note,
    /// An opportunity.
    Opportunity,
    /// A project (`kase` in the API).
    Project,
    /// A task that is not done.
    OpenTask,
}

impl Hanging {
    /// The kind that a control names.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "note" => Some(Self::Note),
            "opportunity" => Some(Self::Opportunity),
            "project" => Some(Self::Project),
            "task" => Some(Self::OpenTask),
            _ => None,
        }
    }
}

/// One opportunity, project or task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hung {
    id: i64,
    pub(super) party: i64,
    kind: Hanging,
    name: String,
    at: Timestamp,
}

impl Capsule {
    /// Attaches something to a party, as a person does, and gives its id.
    pub fn attach(&mut self, party: i64, kind: Hanging, text: &str, at: Timestamp) -> Result<i64, String> {
        if !self.parties.contains_key(&party) {
            return Err(format!("there is no party {party}"));
        }
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        if kind == Hanging::Note {
            return Ok(self.add_note(party, text, super::auth::OWNER, at));
        }
        let id = self.next_id(Counter::Hanging);
        self.hanging.insert(id, Hung { id, party, kind, name: text.to_owned(), at });
        Ok(id)
    }

    /// Marks every open task of a party as done: none is open any more.
    pub fn finish_tasks(&mut self, party: i64) {
        self.hanging.retain(|_, hung| hung.party != party || hung.kind != Hanging::OpenTask);
    }

    /// Everything of one kind on a party.
    pub(super) fn hung_on(&self, party: i64, kind: Hanging) -> impl Iterator<Item = &Hung> {
        self.hanging.values().filter(move |hung| hung.party == party && hung.kind == kind)
    }

    /// Moves everything of one party to another, entries included.
    pub(super) fn rehang(&mut self, from: i64, into: i64) {
        for hung in self.hanging.values_mut().filter(|hung| hung.party == from) {
            hung.party = into;
        }
        for entry in self.entries.values_mut().filter(|entry| entry.party == from) {
            entry.party = into;
        }
    }

    /// `GET /parties/{id}/opportunities` and `/kases`, newest first.
    pub(super) fn list_hung(
        &self,
        party: i64,
        kind: Hanging,
        key: &str,
        request: &Request,
        caller: &Caller,
    ) -> Result<Response, Refusal> {
        let mut found: Vec<&Hung> = self.hung_on(party, kind).collect();
        found.reverse();
        self.page(request, key, found.len(), found.into_iter(), |hung| {
            json!({
                "id": hung.id,
                "name": hung.name,
                "description": Value::Null,
                "party": self.parties.get(&hung.party).map(|party| nested(party, caller)),
                "owner": Value::Null,
                "team": Value::Null,
                "createdAt": instant(hung.at),
                "updatedAt": instant(hung.at),
                "closedOn": Value::Null,
            })
        })
    }
}
