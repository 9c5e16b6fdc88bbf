//! Which handler answers which path (capsule-api 0.3).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Capsule;
use super::auth::Caller;
use super::hanging::Hanging;
use super::json::instant;
use super::party::{Embed, Party, masked};
use super::refusal::Refusal;
use crate::sim::http::{Method, Request, Response};

/// Ids that one "show several" may name (capsule-api 7.3).
const MOST_IDS: usize = 10;

/// The one job there ever is; what was queued is done at once (capsule-api 7.8, 11.5).
const JOB: &str = "7b0e8b0a-52f1-4b7e-9a51-2b9b1a3d8f10";

impl Capsule {
    pub(super) fn route(
        &mut self,
        request: &Request,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let segments: Vec<&str> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let ["api", "v2", rest @ ..] = segments.as_slice() else { return Err(Refusal::no_resource()) };
        let is_filter = rest.get(1..) == Some(&["filters", "results"]);
        if request.method != Method::Get && !is_filter && !caller.may_write {
            return Err(Refusal::plain(403, "Requires additional scope"));
        }
        let embed = Embed::parse(request.query("embed"));
        match (request.method, rest) {
            (Method::Get, ["parties"]) => self.list(request, caller, embed),
            (Method::Post, ["parties"]) => self.create(request, caller, embed, now),
            (Method::Get, ["parties", "search"]) => self.search(request, caller, embed),
            (Method::Get, ["parties", "deleted"]) => self.deleted_feed(request, caller),
            (Method::Post, ["parties", "filters", "results"]) => self.filter(request, caller, embed, now),
            (method, ["parties", "tags", rest @ ..]) => self.route_tags(method, rest, request),
            (method, ["parties", "fields", "definitions", rest @ ..]) => {
                self.route_definitions(method, rest, request)
            }
            (Method::Get, ["parties", ids]) if ids.contains(',') => self.show_several(ids, caller, embed),
            (method, ["parties", id, rest @ ..]) => {
                let id = id.parse().map_err(|_| Refusal::not_found("party"))?;
                self.route_party(method, id, rest, request, caller, now)
            }
            (Method::Get, ["users"]) => Ok(self.list_users()),
            (Method::Get, ["users", id]) => self.show_user(id, caller),
            (Method::Get, ["teams"]) => Ok(self.list_teams()),
            (Method::Get, ["teams", id]) => self.show_team(id),
            (Method::Get, ["site"]) => Ok(self.show_site()),
            (Method::Get, ["countries"]) => Ok(Response::json(200, &super::countries::all())),
            (Method::Get, ["currencies"]) => Ok(super::account::currencies()),
            (Method::Post, ["entries"]) => self.create_entry(request, caller, now),
            (Method::Get, ["jobs", JOB]) => Ok(Response::json(
                200,
                &json!({"job": {"id": JOB, "status": "completed", "progress": 100, "action": "Deleting Contact"}}),
            )),
            _ => Err(Refusal::no_resource()),
        }
    }

    fn route_party(
        &mut self,
        method: Method,
        id: i64,
        rest: &[&str],
        request: &Request,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let embed = Embed::parse(request.query("embed"));
        if !self.parties.contains_key(&id) {
            return Err(Refusal::not_found("party"));
        }
        match (method, rest) {
            (Method::Get, []) => {
                let party = self.parties.get(&id).ok_or_else(|| Refusal::not_found("party"))?;
                Ok(Response::json(200, &json!({"party": self.show(party, caller, embed)})))
            }
            (Method::Put, []) => self.update(id, request, caller, embed, now),
            (Method::Delete, []) => {
                self.remove(id, now);
                Ok(if self.options.queued_deletes {
                    let location = format!("{}/api/v2/jobs/{JOB}", request.origin);
                    Response::empty(202).with_header("Location", location)
                } else {
                    Response::empty(204)
                })
            }
            (Method::Get, ["people"]) => {
                let people: Vec<&Party> = self.people_of(id).collect();
                self.page(request, "parties", people.len(), people.into_iter(), |party| {
                    self.show(party, caller, embed)
                })
            }
            (Method::Get, ["entries"]) => self.list_entries(id, request, caller),
            (Method::Get, ["opportunities"]) => {
                self.list_hung(id, Hanging::Opportunity, "opportunities", request, caller)
            }
            (Method::Get, ["kases"]) => self.list_hung(id, Hanging::Project, "kases", request, caller),
            _ => Err(Refusal::plain(405, "Method not allowed")),
        }
    }

    /// People whose organisation that is, by id.
    pub(super) fn people_of(&self, organisation: i64) -> impl Iterator<Item = &Party> {
        let works_there = move |party: &&Party| {
            party.person.as_ref().is_some_and(|person| person.organisation == Some(organisation))
        };
        self.parties.values().filter(works_there)
    }

    /// `since` compares inclusively; order is by id (capsule-api 4, 5.1, SIM).
    fn list(&self, request: &Request, caller: &Caller, embed: Embed) -> Result<Response, Refusal> {
        let show = |party: &Party| self.show(party, caller, embed);
        match since(request)? {
            None => self.page(request, "parties", self.parties.len(), self.parties.values(), show),
            Some(since) => {
                let changed: Vec<&Party> =
                    self.parties.values().filter(|party| party.updated >= since).collect();
                self.page(request, "parties", changed.len(), changed.into_iter(), show)
            }
        }
    }

    fn show_several(&self, ids: &str, caller: &Caller, embed: Embed) -> Result<Response, Refusal> {
        let mut wanted: Vec<i64> = ids.split(',').filter_map(|id| id.trim().parse().ok()).collect();
        if wanted.len() > MOST_IDS {
            return Err(Refusal::about("too many ids", None));
        }
        wanted.sort_unstable();
        let found: Vec<Value> = wanted
            .iter()
            .filter_map(|id| self.parties.get(id))
            .map(|party| self.show(party, caller, embed))
            .collect();
        Ok(Response::json(200, &json!({"parties": found})))
    }

    /// Every word must be in a name, an e-mail, a phone or a postcode; fuzzy in the real one, so no equality test.
    fn search(&self, request: &Request, caller: &Caller, embed: Embed) -> Result<Response, Refusal> {
        let wanted =
            request.query("q").ok_or_else(|| Refusal::about("q is required", Some("q")))?.to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let found: Vec<&Party> = self
            .parties
            .values()
            .filter(|party| caller.sees_restricted || !party.restricted)
            .filter(|party| {
                let phones = party.phones.iter().filter_map(|row| row.value("number"));
                let zips = party.addresses.iter().filter_map(|row| row.value("zip"));
                let mut text = party.name();
                for part in party.emails().chain(phones).chain(zips) {
                    text.push(' ');
                    text.push_str(part);
                }
                let text = text.to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .collect();
        self.page(request, "parties", found.len(), found.into_iter(), |party| self.show(party, caller, embed))
    }

    /// Ids and instants only; masked records have a key of their own, only when there are any (capsule-api 5.2).
    fn deleted_feed(&self, request: &Request, caller: &Caller) -> Result<Response, Refusal> {
        let since = since(request)?.ok_or_else(|| Refusal::about("since is required", Some("since")))?;
        let gone: Vec<&(i64, Timestamp, Party)> =
            self.deleted.iter().filter(|(_, at, _)| *at >= since).collect();
        let show = |(id, at, _): &(i64, Timestamp, Party)| json!({"id": id, "deletedAt": instant(*at)});
        let mut response = self.page(request, "parties", gone.len(), gone.into_iter(), show)?;
        let hidden: Vec<Value> = self
            .parties
            .values()
            .filter(|party| party.restricted && !caller.sees_restricted && party.updated >= since)
            .map(masked)
            .collect();
        if !hidden.is_empty()
            && let Ok(Value::Object(mut body)) = serde_json::from_slice(&response.body)
        {
            body.insert("restrictedParties".into(), Value::Array(hidden));
            response.body = Value::Object(body).to_string().into_bytes();
        }
        Ok(response)
    }
}

/// The `since` parameter: ISO 8601 with any offset and fraction (capsule-api 5.1).
fn since(request: &Request) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = request.query("since") else { return Ok(None) };
    // A plus sign that was not encoded arrives as a blank.
    let text = text.trim().replace(' ', "+");
    text.parse().map(Some).map_err(|_| Refusal::about("since is malformed", Some("since")))
}
