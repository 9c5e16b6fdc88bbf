//! Creating, changing and deleting parties (capsule-api 7.6 to 7.8).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::auth::Caller;
use super::json::{given, id_of, name_key};
use super::party::{Embed, Party, Person};
use super::refusal::{Fault, Refusal};
use super::rows::{ADDRESS, EMAIL, PHONE, Row, RowKind, WEBSITE};
use super::{Capsule, Counter};
use crate::sim::http::{Request, Response};

/// Where a party keeps a list of rows.
type RowsOf = fn(&mut Party) -> &mut Vec<Row>;
/// Where a person keeps a text.
type TextOf = fn(&mut Person) -> &mut Option<String>;

/// Longest name (capsule-api 6.2, SIM).
const LONGEST_NAME: usize = 255;

impl Capsule {
    pub(super) fn create(
        &mut self,
        request: &Request,
        caller: &Caller,
        embed: Embed,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let body = party_body(request)?;
        let id = self.make(&body, caller.user, now)?;
        let party = self.parties.get(&id).ok_or_else(|| Refusal::not_found("party"))?;
        let shown = json!({"party": self.show(party, caller, embed)});
        let location = format!("{}/api/v2/parties/{id}", request.origin);
        Ok(Response::json(201, &shown).with_header("Location", location))
    }

    /// Creates a party from a whole request body, as that user; gives back its id.
    pub fn add_party(&mut self, body: &Value, user: i64, now: Timestamp) -> Result<i64, String> {
        let party = body.get("party").and_then(Value::as_object).ok_or("the body holds no party")?;
        let refused = |refusal: Refusal| String::from_utf8_lossy(&refusal.into_response().body).into_owned();
        self.make(party, user, now).map_err(refused)
    }

    fn make(&mut self, body: &Map<String, Value>, user: i64, now: Timestamp) -> Result<i64, Refusal> {
        let is_person = match body.get("type").and_then(Value::as_str) {
            Some("person") => true,
            Some("organisation") => false,
            _ => return Err(Refusal::fault("type is required", "party", "type")),
        };
        let id = self.next_id(Counter::Party);
        // Without an owner in the body the token's user becomes owner; a team has no default (capsule-api 7.6.3).
        let blank = Party { owner: Some(user), ..Party::new(id, is_person.then(Person::default), now) };
        let (party, _) = self.edited(blank, body, now)?;
        self.keep(party);
        Ok(id)
    }

    pub(super) fn update(
        &mut self,
        id: i64,
        request: &Request,
        caller: &Caller,
        embed: Embed,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let body = party_body(request)?;
        self.change(id, &body, now)?;
        let party = self.parties.get(&id).ok_or_else(|| Refusal::not_found("party"))?;
        Ok(Response::json(200, &json!({"party": self.show(party, caller, embed)})))
    }

    /// Merges a body into a party; everything left out stays.
    pub(super) fn change(
        &mut self,
        id: i64,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let party = self.parties.get(&id).cloned().ok_or_else(|| Refusal::not_found("party"))?;
        let (mut party, touched) = self.edited(party, body, now)?;
        if touched {
            party.updated = now;
        }
        self.keep(party);
        Ok(())
    }

    /// The party after the body, and whether that counts as an update. Refuses with all faults together.
    fn edited(
        &mut self,
        mut party: Party,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(Party, bool), Refusal> {
        let mut faults = Vec::new();
        let mut touched = self.edit_names(&mut party, body, &mut faults, now)?;
        touched |= self.edit_assignment(&mut party, body)?;
        if let Some(about) = body.get("about") {
            party.about = about.as_str().map(str::to_owned);
            touched = true;
        }
        let lists: [(&str, &RowKind, RowsOf); 4] = [
            ("addresses", &ADDRESS, |party| &mut party.addresses),
            ("phoneNumbers", &PHONE, |party| &mut party.phones),
            ("emailAddresses", &EMAIL, |party| &mut party.emails),
            ("websites", &WEBSITE, |party| &mut party.websites),
        ];
        for (key, kind, rows) in lists {
            let edited = self.edit_rows(rows(&mut party), body.get(key), kind)?;
            faults.extend(edited.faults);
            touched |= edited.touched;
            *rows(&mut party) = edited.rows;
        }
        touched |= self.edit_field_values(&mut party, body.get("fields"), &mut faults)?;
        if !faults.is_empty() {
            return Err(Refusal::invalid(faults));
        }
        // Attaching makes missing tags, so it comes last: a refused body leaves none behind.
        touched |= self.edit_tags(&mut party, body.get("tags"))?;
        Ok((party, touched))
    }

    /// Names; keys of the other type are ignored (capsule-api 6.2).
    fn edit_names(
        &mut self,
        party: &mut Party,
        body: &Map<String, Value>,
        faults: &mut Vec<Fault>,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let is_new = !self.parties.contains_key(&party.id);
        let Some(person) = &mut party.person else {
            if !body.contains_key("name") && !is_new {
                return Ok(false);
            }
            let Some(name) = given(body, "name") else {
                faults.push(Fault::new("name is required", "party", "name"));
                return Ok(false);
            };
            let holder = self.organisations.get(&name_key(&name)).copied();
            if holder.is_some_and(|holder| holder != party.id) && !self.options.allow_duplicate_org_names {
                faults.push(Fault::new("organisation name is already in use", "party", "name"));
            }
            if name.chars().count() > LONGEST_NAME {
                faults.push(Fault::new("is too long", "party", "name"));
            }
            party.name = name;
            return Ok(true);
        };
        let mut touched = false;
        let keys: [(&str, TextOf); 4] = [
            ("firstName", |person| &mut person.first),
            ("lastName", |person| &mut person.last),
            ("title", |person| &mut person.title),
            ("jobTitle", |person| &mut person.job),
        ];
        for (key, value) in keys {
            if body.contains_key(key) {
                *value(person) = given(body, key);
                touched = true;
            }
        }
        if person.first.is_none() && person.last.is_none() {
            faults.push(Fault::new("first name or last name is required", "party", "firstName"));
        }
        if let Some(organisation) = body.get("organisation") {
            person.organisation = self.employer(organisation, now)?;
            touched = true;
        }
        Ok(touched)
    }

    /// An organisation by id, or by name: then it is made if there is none (capsule-api 7.6.3).
    fn employer(&mut self, organisation: &Value, now: Timestamp) -> Result<Option<i64>, Refusal> {
        if organisation.is_null() {
            return Ok(None);
        }
        if let Some(id) = id_of(organisation) {
            let known = self.parties.get(&id).is_some_and(|party| !party.is_person());
            return if known { Ok(Some(id)) } else { Err(Refusal::not_found("organisation")) };
        }
        let Some(name) = organisation.as_object().and_then(|organisation| given(organisation, "name")) else {
            return Err(Refusal::not_found("organisation"));
        };
        if let Some(id) = self.organisations.get(&name_key(&name)) {
            return Ok(Some(*id));
        }
        let id = self.next_id(Counter::Party);
        let party = Party { name, ..Party::new(id, None, now) };
        self.keep(party);
        Ok(Some(id))
    }

    /// Owner and team (capsule-api 7.7.4): an owner without a team clears the team.
    fn edit_assignment(&mut self, party: &mut Party, body: &Map<String, Value>) -> Result<bool, Refusal> {
        let mut touched = false;
        if let Some(owner) = body.get("owner") {
            party.owner = id_of(owner).filter(|id| self.users.contains_key(id));
            if !body.contains_key("team") {
                party.team = None;
            }
            touched = true;
        }
        if let Some(team) = body.get("team") {
            party.team = match self.team_named(team) {
                Some(id) => Some(id),
                None if team.is_null() => None,
                None => return Err(Refusal::not_found("team")),
            };
            touched = true;
        }
        Ok(touched)
    }

    /// Keeps a party and its name in the index.
    pub(super) fn keep(&mut self, party: Party) {
        if let Some(before) = self.parties.get(&party.id)
            && self.organisations.get(&name_key(&before.name)) == Some(&party.id)
        {
            self.organisations.remove(&name_key(&before.name));
        }
        if !party.is_person() {
            self.organisations.entry(name_key(&party.name)).or_insert(party.id);
        }
        self.parties.insert(party.id, party);
    }

    /// Deletes: what hangs on the party goes with it; people of an organisation stay, without it (capsule-api 7.8).
    pub(super) fn remove(&mut self, id: i64, now: Timestamp) {
        let Some(party) = self.parties.remove(&id) else { return };
        if self.organisations.get(&name_key(&party.name)) == Some(&id) {
            self.organisations.remove(&name_key(&party.name));
        }
        for other in self.parties.values_mut() {
            if let Some(person) = &mut other.person
                && person.organisation == Some(id)
            {
                person.organisation = None;
                other.updated = now;
            }
        }
        self.deleted.push((id, now, party));
    }
}

fn party_body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match request.json().and_then(|mut body| body.get_mut("party").map(Value::take)) {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::plain(400, "Malformed JSON")),
    }
}
