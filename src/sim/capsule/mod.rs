//! Capsule CRM, API v2, as one pure function over plain state (capsule-api, whole; every **SIM:** decision of it).
//!
//! [`Capsule::handle`] signs in, counts against the hourly limit, and routes. Not here: sockets (`server`), faults
//! (`fault`), OAuth, hooks, making opportunities, projects and tasks over the API.

mod account;
mod auth;
mod colleague;
mod countries;
mod definitions;
mod entries;
mod fields;
mod filter;
mod hanging;
mod json;
mod paging;
mod party;
mod refusal;
mod route;
mod rows;
mod seed;
mod tags;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::http::{Request, Response};
pub use auth::{Scope, Token, User};
pub use hanging::Hanging;
pub use party::{FieldRow, Party};
use refusal::Refusal;

/// The account and its switches; they may be changed at any time.
#[derive(Debug, Clone)]
pub struct Options {
    /// `brookside` of `brookside.capsulecrm.com`.
    pub subdomain: String,
    /// Name of the account.
    pub site_name: String,
    /// Requests per user and hour (capsule-api 3).
    pub hourly_limit: u32,
    /// Accept a second organisation of one name, instead of refusing it (capsule-api 7.6.4).
    pub allow_duplicate_org_names: bool,
    /// Accept row types outside the documented lists (capsule-api 6.3).
    pub any_row_type: bool,
    /// Send the undocumented key `enrichment` on every party (capsule-api 6.6).
    pub enrichment: bool,
    /// Refuse making tags and field definitions, as for a user who is no administrator (capsule-api 8.2).
    pub refuse_definitions: bool,
    /// Refuse custom field values altogether, as on a plan without them.
    pub refuse_field_values: bool,
    /// Leave `X-Pagination-Has-More` out, so that only `Link` tells (capsule-api 4).
    pub hide_has_more: bool,
    /// Leave the undocumented total out.
    pub hide_total: bool,
    /// Answer a delete with 202 and a job, as for a big one (capsule-api 7.8).
    pub queued_deletes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            subdomain: "brookside".into(),
            site_name: "Brookside Joinery Ltd".into(),
            hourly_limit: 4_000,
            allow_duplicate_org_names: false,
            any_row_type: false,
            enrichment: true,
            refuse_definitions: false,
            refuse_field_values: false,
            hide_has_more: false,
            hide_total: false,
            queued_deletes: false,
        }
    }
}

/// A simulated Capsule account.
#[derive(Debug, Clone)]
pub struct Capsule {
    /// The account and its switches.
    pub options: Options,
    parties: BTreeMap<i64, Party>,
    /// Organisations by name key: names are unique within an account.
    organisations: BTreeMap<String, i64>,
    /// Ids in the deleted feed with the instant, oldest first; the records themselves for a restore.
    deleted: Vec<(i64, Timestamp, Party)>,
    tags: BTreeMap<i64, tags::Tag>,
    definitions: BTreeMap<i64, definitions::Definition>,
    /// Notes; those of a deleted party are out of reach with it, and back with it.
    entries: BTreeMap<i64, entries::Entry>,
    /// Opportunities, projects and tasks, kept like notes.
    hanging: BTreeMap<i64, hanging::Hung>,
    teams: BTreeMap<i64, account::Team>,
    users: BTreeMap<i64, User>,
    tokens: Vec<Token>,
    windows: BTreeMap<i64, auth::Window>,
    /// The highest id given out, one counter per kind of row.
    counters: BTreeMap<Counter, i64>,
}

/// Kinds of rows that are numbered apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Counter {
    Party,
    Row,
    Tag,
    Definition,
    FieldValue,
    Entry,
    Hanging,
    Team,
}

impl Counter {
    /// Where a counter starts: high enough that ids of different kinds are not taken for each other.
    fn start(self) -> i64 {
        match self {
            Self::Party => 20_000,
            Self::Row => 55_000,
            Self::Tag => 1_500,
            Self::Definition => 800,
            Self::FieldValue => 7_000,
            Self::Entry => 90_000,
            Self::Hanging => 30_000,
            Self::Team => 40,
        }
    }
}

impl Capsule {
    /// An empty account with one administrator and no token.
    pub fn new(options: Options) -> Self {
        let mut users = BTreeMap::new();
        for user in auth::standing_users() {
            users.insert(user.id, user);
        }
        Self {
            options,
            parties: BTreeMap::new(),
            organisations: BTreeMap::new(),
            deleted: Vec::new(),
            tags: BTreeMap::new(),
            definitions: BTreeMap::new(),
            entries: BTreeMap::new(),
            hanging: BTreeMap::new(),
            teams: BTreeMap::new(),
            users,
            tokens: Vec::new(),
            windows: BTreeMap::new(),
            counters: BTreeMap::new(),
        }
    }

    /// Answers one request. `now` is cut to whole seconds, as Capsule's times are.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let caller = match self.sign_in(request) {
            Ok(caller) => caller,
            Err(refusal) => return refusal.response(),
        };
        let rate = self.spend(caller.user, now);
        let response = if rate.exhausted {
            Response::json(429, &serde_json::json!({"error": "rate limit reached"}))
        } else {
            self.route(request, &caller, now).unwrap_or_else(Refusal::into_response)
        };
        rate.headers().into_iter().fold(response, |response, (name, value)| response.with_header(name, value))
    }

    /// Live parties by id, as they are kept, for tests.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.parties.values()
    }

    /// The name of a custom field definition, for tests.
    pub fn definition_name(&self, id: i64) -> Option<&str> {
        self.definitions.get(&id).map(|definition| definition.name.as_str())
    }

    /// Custom field values of a party by definition name, for tests.
    pub fn field_values(&self, party: &Party) -> BTreeMap<String, String> {
        let named = |row: &FieldRow| Some((self.definition_name(row.definition)?.to_owned(), row.shown()));
        party.fields.iter().filter_map(named).collect()
    }

    /// A live party with everything on it, as its owner's call shows it, for tests.
    pub fn whole(&self, id: i64) -> Option<serde_json::Value> {
        let caller = auth::Caller { user: auth::OWNER, may_write: true, sees_restricted: true };
        let embed = party::Embed { tags: true, fields: true, ..party::Embed::default() };
        self.parties.get(&id).map(|party| self.show(party, &caller, embed))
    }

    fn next_id(&mut self, counter: Counter) -> i64 {
        let last = self.counters.entry(counter).or_insert_with(|| counter.start());
        *last += 1;
        *last
    }
}
