//! What a colleague does in Capsule's own screens: edits, deletes, restores, merges, permissions.

use jiff::Timestamp;
use serde_json::Value;

use super::Capsule;
use super::party::Party;
use super::refusal::Refusal;

impl Capsule {
    /// Changes a party as a person would; the same rules as a PUT with this `party` body.
    pub fn edit(&mut self, id: i64, changes: &Value, now: Timestamp) -> Result<(), String> {
        let body = changes.as_object().ok_or("the changes are no object")?;
        self.change(id, body, now).map_err(words)
    }

    /// Deletes a party.
    pub fn delete(&mut self, id: i64, now: Timestamp) -> Result<(), String> {
        if !self.parties.contains_key(&id) {
            return Err(format!("there is no party {id}"));
        }
        self.remove(id, now);
        Ok(())
    }

    /// Brings a deleted party back under its id (capsule-api 5.4).
    pub fn restore(&mut self, id: i64, now: Timestamp) -> Result<(), String> {
        let place = self.deleted.iter().rposition(|(gone, ..)| *gone == id);
        let (_, _, party) = self.deleted.remove(place.ok_or(format!("party {id} is not deleted"))?);
        self.keep(Party { updated: now, ..party });
        Ok(())
    }

    /// Merges one party into another: its rows, tags, values, people, notes and the rest move over, and its id goes into the
    /// deleted feed (capsule-api 7.12, SIM).
    pub fn merge(&mut self, from: i64, into: i64, now: Timestamp) -> Result<(), String> {
        let loser = self.parties.get(&from).cloned().ok_or(format!("there is no party {from}"))?;
        if from == into || !self.parties.contains_key(&into) {
            return Err(format!("there is no other party {into}"));
        }
        for person in self.parties.values_mut().filter_map(|party| party.person.as_mut()) {
            if person.organisation == Some(from) {
                person.organisation = Some(into);
            }
        }
        if let Some(survivor) = self.parties.get_mut(&into) {
            survivor.addresses.extend(loser.addresses);
            survivor.phones.extend(loser.phones);
            survivor.emails.extend(loser.emails);
            survivor.websites.extend(loser.websites);
            survivor.tags.extend(loser.tags);
            for row in loser.fields {
                if !survivor.fields.iter().any(|own| own.definition == row.definition) {
                    survivor.fields.push(row);
                }
            }
            survivor.updated = now;
        }
        self.rehang(from, into);
        self.remove(from, now);
        Ok(())
    }

    /// Masks a party for users who do not see everything, or shows it again.
    pub fn restrict(&mut self, id: i64, restricted: bool, now: Timestamp) -> Result<(), String> {
        let party = self.parties.get_mut(&id).ok_or(format!("there is no party {id}"))?;
        party.restricted = restricted;
        party.updated = now;
        Ok(())
    }
}

fn words(refusal: Refusal) -> String {
    String::from_utf8_lossy(&refusal.into_response().body).into_owned()
}
