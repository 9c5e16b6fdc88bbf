//! The calls to Capsule, one method of `Crm` each, with the least requests that the API allows (design B6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::paging::{PER_PAGE, has_more};
use super::refusal::{Asked, refusal};
use super::summary::Known;
use super::wire::{DeletedWire, IdWire, SiteWire, TagWire, TeamWire};
use super::{draft, edit, map};
use crate::domain::contact::{Contact, SummaryField};
use crate::domain::draft::ContactDraft;
use crate::domain::edit::Edit;
use crate::domain::holdings::Holdings;
use crate::domain::ids::{ContactId, DefinitionId, Service, TeamId};
use crate::domain::run::Requests;
use crate::domain::snapshot::CapsuleAccount;
use crate::ports::{
    Clock, Crm, DeletedFeed, Pace, Page, RemoteError, RemoteNotice, SummarySetUp, TagChange, Team,
};
use crate::remote::base_url::BaseUrl;
use crate::remote::exchange::Exchange;
use crate::remote::json;
use crate::remote::pacing::{Attendance, CAPSULE_RESERVE};
use crate::remote::retry::Kind;
use crate::remote::transport::{HttpRequest, HttpResponse, Method, Transport};

/// Lists that a call reads to their end by itself are given up after so many pages; none is near that long.
const MOST_PAGES: usize = 10_000;

/// Capsule, over any transport.
pub struct CapsuleClient<T> {
    pub(super) exchange: Exchange<T>,
    base: BaseUrl,
    token: SecretString,
    pub(super) known: Mutex<Known>,
}

impl<T: Transport> CapsuleClient<T> {
    /// Capsule at that address, by that access token (capsule-api 1.2). Sends nothing yet.
    pub fn new(
        transport: T,
        base: BaseUrl,
        token: &SecretString,
        pace: Pace,
        notices: UnboundedSender<RemoteNotice>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            exchange: Exchange::new(
                Service::Capsule,
                transport,
                pace,
                notices,
                clock,
                CAPSULE_RESERVE,
                |_| false,
            )
            .with_secrets(&[token]),
            base,
            token: format!("Bearer {}", token.expose_secret().trim()).into(),
            known: Mutex::default(),
        }
    }

    /// The same, with a switch that says whether a person waits; without it every call is background work.
    #[must_use]
    pub fn with_attendance(mut self, attendance: Attendance) -> Self {
        self.exchange.set_attendance(attendance);
        self
    }

    /// The same, with back-off steps that are the same on every run: for simulations.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.exchange.set_seed(seed);
        self
    }

    pub(super) fn request(
        &self,
        method: Method,
        label: &'static str,
        segments: &[&str],
        query: &str,
        body: Option<&Value>,
    ) -> HttpRequest {
        HttpRequest {
            method,
            label,
            url: self.base.to(segments, query),
            authorization: Some(self.token.clone()),
            body: body.map(|value| value.to_string().into_bytes()),
        }
    }

    /// Reads; every answer but success is an error.
    pub(super) async fn get(
        &self,
        asked: Asked,
        label: &'static str,
        segments: &[&str],
        query: &str,
    ) -> Result<(HttpResponse, Value), RemoteError> {
        let request = self.request(Method::Get, label, segments, query, None);
        let response = self.exchange.call(Kind::Read, request).await?;
        if !response.is_success() {
            return Err(refusal(asked, &response, self.exchange.redaction()));
        }
        let body = json::parse(&response.body).map_err(|why| self.senseless(label, &why))?;
        Ok((response, body))
    }

    /// Writes; an answer of success that cannot be read leaves the outcome in doubt.
    pub(super) async fn write(
        &self,
        kind: Kind,
        asked: Asked,
        request: HttpRequest,
    ) -> Result<Value, RemoteError> {
        let response = self.exchange.call(kind, request).await?;
        if !response.is_success() {
            return Err(refusal(asked, &response, self.exchange.redaction()));
        }
        json::parse(&response.body).map_err(|why| RemoteError::InDoubt { why })
    }

    pub(super) fn senseless(&self, label: &str, why: &str) -> RemoteError {
        self.exchange.unreachable(format!("{label}: {why}"))
    }

    /// The records of a list under that key; an answer without them is no list.
    pub(super) fn list(&self, label: &str, body: &mut Value, key: &str) -> Result<Vec<Value>, RemoteError> {
        match body.get_mut(key).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            _ => Err(self.senseless(label, &format!("the answer holds no {key}"))),
        }
    }

    /// One record of a type where a bad one spoils the whole answer.
    pub(super) fn strict<W: serde::de::DeserializeOwned>(
        &self,
        label: &str,
        value: Option<Value>,
    ) -> Result<W, RemoteError> {
        json::record(value.unwrap_or_default()).map_err(|why| self.senseless(label, &why))
    }

    /// Every row of a paged list.
    pub(super) async fn all_pages(
        &self,
        label: &'static str,
        segments: &[&str],
        key: &str,
    ) -> Result<Vec<Value>, RemoteError> {
        let mut rows = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = format!("page={page}&perPage={PER_PAGE}");
            let (response, mut body) = self.get(Asked::List, label, segments, &query).await?;
            rows.extend(self.list(label, &mut body, key)?);
            if !has_more(&response) {
                return Ok(rows);
            }
        }
        Err(self.senseless(label, "the list does not end"))
    }

    /// Changes a contact with that body.
    pub(super) async fn put(&self, kind: Kind, id: ContactId, body: &Value) -> Result<Contact, RemoteError> {
        let id = id.0.to_string();
        let segments = ["parties", id.as_str()];
        let request =
            self.request(Method::Put, "change of a contact", &segments, "embed=tags,fields", Some(body));
        Self::written(self.write(kind, Asked::Record, request).await?)
    }

    /// The contact that a write answers with; anything else leaves the outcome in doubt.
    pub(super) fn written(mut body: Value) -> Result<Contact, RemoteError> {
        let party = body.get_mut("party").map(Value::take).unwrap_or_default();
        map::contact(party).map_err(|why| RemoteError::InDoubt { why })
    }
}

/// An instant as Capsule wants it: UTC, whole seconds, rounded down so that nothing is missed.
fn since_text(since: Timestamp) -> String {
    since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl<T: Transport> Crm for CapsuleClient<T> {
    async fn account(&self) -> Result<CapsuleAccount, RemoteError> {
        let label = "account";
        let (_, mut body) = self.get(Asked::List, label, &["site"], "").await?;
        let site: SiteWire = self.strict(label, body.get_mut("site").map(Value::take))?;
        Ok(CapsuleAccount { subdomain: site.subdomain, name: site.name.unwrap_or_default() })
    }

    async fn contacts(&self, since: Option<Timestamp>, page: usize) -> Result<Page<Contact>, RemoteError> {
        let label = "contacts";
        let mut query = format!("page={page}&perPage={PER_PAGE}&embed=tags,fields");
        if page <= 1 {
            // The total is told once; asking for it is not documented, and it may stay away (capsule-api 4).
            query.push_str(",meta");
        }
        if let Some(since) = since {
            query.push_str("&since=");
            query.push_str(&since_text(since));
        }
        let (response, mut body) = self.get(Asked::List, label, &["parties"], &query).await?;
        let total = body
            .pointer("/meta/totalCount")
            .and_then(Value::as_u64)
            .and_then(|total| usize::try_from(total).ok());
        let mut records = Vec::new();
        let mut unreadable = Vec::new();
        for row in self.list(label, &mut body, "parties")? {
            match map::contact(row) {
                Ok(contact) => records.push(contact),
                Err(why) => unreadable.push(why),
            }
        }
        Ok(Page {
            records,
            unreadable,
            more: has_more(&response),
            total,
            server_time: response.server_time(),
        })
    }

    async fn contact(&self, id: ContactId) -> Result<Contact, RemoteError> {
        let id = id.0.to_string();
        let (_, mut body) =
            self.get(Asked::Record, "contact", &["parties", &id], "embed=tags,fields").await?;
        let party = body.get_mut("party").map(Value::take).unwrap_or_default();
        map::contact(party).map_err(|message| RemoteError::Refused { message, field: None })
    }

    async fn deleted(&self, since: Timestamp) -> Result<DeletedFeed, RemoteError> {
        let label = "deleted contacts";
        let mut deleted = BTreeMap::new();
        let mut hidden = BTreeSet::new();
        for page in 1..=MOST_PAGES {
            let query = format!("since={}&page={page}&perPage={PER_PAGE}", since_text(since));
            let (response, mut body) = self.get(Asked::List, label, &["parties", "deleted"], &query).await?;
            for row in self.list(label, &mut body, "parties")? {
                let row: DeletedWire = self.strict(label, Some(row))?;
                let at = map::instant(&row.deleted_at).ok_or_else(|| {
                    self.senseless(label, &format!("contact {} was deleted at no known time", row.id))
                })?;
                let latest = deleted.entry(ContactId(row.id)).or_insert(at);
                *latest = at.max(*latest);
            }
            // The key is there only when there is such a contact (capsule-api 5.2).
            if let Some(Value::Array(rows)) = body.get_mut("restrictedParties").map(Value::take) {
                for row in rows {
                    let row: IdWire = self.strict(label, Some(row))?;
                    hidden.insert(ContactId(row.id));
                }
            }
            if !has_more(&response) {
                return Ok(DeletedFeed {
                    deleted: deleted.into_iter().collect(),
                    hidden: hidden.into_iter().collect(),
                });
            }
        }
        Err(self.senseless(label, "the list does not end"))
    }

    async fn teams(&self) -> Result<Vec<Team>, RemoteError> {
        let label = "teams";
        let (_, mut body) = self.get(Asked::List, label, &["teams"], "").await?;
        self.list(label, &mut body, "teams")?
            .into_iter()
            .map(|row| {
                let team: TeamWire = self.strict(label, Some(row))?;
                Ok(Team { id: TeamId(team.id), name: team.name.unwrap_or_default() })
            })
            .collect()
    }

    async fn summary_set_up(&self) -> Result<SummarySetUp, RemoteError> {
        self.read_set_up().await
    }

    async fn make_tag(&self) -> Result<(), RemoteError> {
        let request = self.request(Method::Post, "new tag", &["parties", "tags"], "", Some(&draft::tag()));
        let mut body = self.write(Kind::Write, Asked::Create, request).await?;
        let tag: Result<TagWire, _> = json::record(body.get_mut("tag").map(Value::take).unwrap_or_default());
        self.note_tag(&tag.ok());
        Ok(())
    }

    async fn make_definition(&self, field: SummaryField) -> Result<DefinitionId, RemoteError> {
        let request = self.request(
            Method::Post,
            "new field definition",
            &["parties", "fields", "definitions"],
            "",
            Some(&draft::definition(field)),
        );
        let mut body = self.write(Kind::Write, Asked::Create, request).await?;
        let made: IdWire = json::record(body.get_mut("definition").map(Value::take).unwrap_or_default())
            .map_err(|why| RemoteError::InDoubt { why })?;
        let id = DefinitionId(made.id);
        self.known().types.insert(id, field.field_type());
        Ok(id)
    }

    async fn create_contact(
        &self,
        draft: &ContactDraft,
        definitions: &BTreeMap<SummaryField, DefinitionId>,
    ) -> Result<Contact, RemoteError> {
        let body = draft::create(draft, definitions, &self.known().types);
        let request =
            self.request(Method::Post, "new contact", &["parties"], "embed=tags,fields", Some(&body));
        Self::written(self.write(Kind::Write, Asked::Create, request).await?)
    }

    async fn write_summary(
        &self,
        contact: ContactId,
        tag: TagChange,
        fields: &[(SummaryField, DefinitionId, Option<String>)],
    ) -> Result<Contact, RemoteError> {
        self.put_summary(contact, tag, fields).await
    }

    fn interrupt(&self, interrupted: bool) {
        self.exchange.interrupt(interrupted);
    }

    async fn update_contact(&self, current: &Contact, edit: &Edit) -> Result<Contact, RemoteError> {
        match edit::change(current, edit) {
            Some(body) => self.put(self.exchange.change(), current.id, &body).await,
            None => Ok(current.clone()),
        }
    }

    async fn delete_contact(&self, id: ContactId) -> Result<(), RemoteError> {
        let id = id.0.to_string();
        let request = self.request(Method::Delete, "delete of a contact", &["parties", &id], "", None);
        let response = self.exchange.call(self.exchange.change(), request).await?;
        match response.status {
            // Done, or a job that will do it (capsule-api 7.8).
            202 | 204 => Ok(()),
            status if response.is_success() => {
                Err(RemoteError::InDoubt { why: format!("a delete was answered with {status}") })
            }
            _ => Err(refusal(Asked::Record, &response, self.exchange.redaction())),
        }
    }

    async fn people(&self, organisation: ContactId) -> Result<Vec<Contact>, RemoteError> {
        self.all_people(organisation).await
    }

    async fn move_person(&self, person: ContactId, organisation: ContactId) -> Result<Contact, RemoteError> {
        self.put(self.exchange.change(), person, &json!({"party": {"organisation": {"id": organisation.0}}}))
            .await
    }

    async fn take_over(&self, keep: ContactId, other: ContactId) -> Result<Contact, RemoteError> {
        self.put_taken_over(keep, other).await
    }

    async fn holdings(&self, id: ContactId) -> Result<Holdings, RemoteError> {
        self.count_holdings(id).await
    }

    fn requests(&self) -> Requests {
        self.exchange.requests()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_rounded_down_to_whole_seconds() {
        let instant: Timestamp = "2026-11-21T23:58:00.999Z".parse().unwrap();
        assert_eq!(since_text(instant), "2026-11-21T23:58:00Z");
    }
}
