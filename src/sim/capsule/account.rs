//! Users, teams, site, currencies (capsule-api 9).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::{Caller, User};
use super::json::{id_of, instant, name_key};
use super::refusal::Refusal;
use super::{Capsule, Counter};
use crate::sim::http::Response;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Team {
    id: i64,
    name: String,
    made: Timestamp,
}

impl Team {
    fn show(&self) -> Value {
        json!({"id": self.id, "name": self.name, "createdAt": instant(self.made), "updatedAt": instant(self.made)})
    }
}

impl Capsule {
    /// Adds a team and gives back its id.
    pub fn add_team(&mut self, name: &str, now: Timestamp) -> i64 {
        let id = self.next_id(Counter::Team);
        self.teams.insert(id, Team { id, name: name.to_owned(), made: now });
        id
    }

    /// A team by id, or by name as firms are loaded.
    pub(super) fn team_named(&self, team: &Value) -> Option<i64> {
        let by_name = || {
            let name = team.get("name")?.as_str()?;
            self.teams.values().find(|team| name_key(&team.name) == name_key(name)).map(|team| team.id)
        };
        id_of(team).filter(|id| self.teams.contains_key(id)).or_else(by_name)
    }

    pub(super) fn list_teams(&self) -> Response {
        Response::json(200, &json!({"teams": self.teams.values().map(Team::show).collect::<Vec<_>>()}))
    }

    pub(super) fn show_team(&self, id: &str) -> Result<Response, Refusal> {
        let team = id
            .parse()
            .ok()
            .and_then(|id: i64| self.teams.get(&id))
            .ok_or_else(|| Refusal::not_found("team"))?;
        Ok(Response::json(200, &json!({"team": team.show()})))
    }

    pub(super) fn nested_team(&self, id: i64) -> Value {
        self.teams.get(&id).map_or(Value::Null, |team| json!({"id": team.id, "name": team.name}))
    }

    pub(super) fn list_users(&self) -> Response {
        Response::json(200, &json!({"users": self.users.values().map(show_user).collect::<Vec<_>>()}))
    }

    /// `current`, or an id. `me` does not exist (capsule-api 9.1).
    pub(super) fn show_user(&self, id: &str, caller: &Caller) -> Result<Response, Refusal> {
        let id = if id == "current" { Some(caller.user) } else { id.parse().ok() };
        let user = id.and_then(|id| self.users.get(&id)).ok_or_else(Refusal::no_resource)?;
        Ok(Response::json(200, &json!({"user": show_user(user)})))
    }

    pub(super) fn nested_user(&self, id: i64) -> Value {
        self.users.get(&id).map_or(Value::Null, |user| {
            json!({"id": user.id, "username": user.username, "name": user.name, "deleted": false,
                "pictureURL": "https://cdn.example/user.svg"})
        })
    }

    pub(super) fn show_site(&self) -> Response {
        let subdomain = &self.options.subdomain;
        let url = format!("https://{subdomain}.capsulecrm.com");
        let site = json!({"url": url, "subdomain": subdomain, "name": self.options.site_name});
        Response::json(200, &json!({ "site": site }))
    }
}

fn show_user(user: &User) -> Value {
    json!({"id": user.id, "username": user.username, "name": user.name, "status": "ACTIVE", "locale": "en_GB",
        "currency": "GBP", "timezone": "Europe/London", "lastLoginAt": null, "taskReminder": true, "party": null,
        "pictureURL": "https://cdn.example/user.svg"})
}

pub(super) fn currencies() -> Response {
    let rows = [("GBP", "£", "British Pound"), ("EUR", "€", "Euro"), ("USD", "$", "US Dollar")];
    let rows: Vec<Value> = rows
        .iter()
        .map(|(code, symbol, name)| json!({"code": code, "symbol": symbol, "name": name}))
        .collect();
    Response::json(200, &json!({ "currencies": rows }))
}
