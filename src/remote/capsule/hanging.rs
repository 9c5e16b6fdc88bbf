//! What hangs on a contact: its people, and what would go with it (design B28, B29; capsule-api 7.5, 7.9, 7.11).

use serde_json::{Value, json};

use super::client::CapsuleClient;
use super::map;
use super::paging::{PER_PAGE, has_more};
use super::refusal::{Asked, refusal};
use super::wire::IdWire;
use crate::domain::contact::Contact;
use crate::domain::holdings::Holdings;
use crate::domain::ids::ContactId;
use crate::ports::RemoteError;
use crate::remote::json;
use crate::remote::retry::Kind;
use crate::remote::transport::{Method, Transport};

/// A contact with more of one kind than this many pages hold is not counted further; nobody deletes such a one.
const MOST_PAGES: usize = 1_000;

impl<T: Transport> CapsuleClient<T> {
    /// All people of an organisation; one that cannot be read is an error, so that nobody is left behind.
    pub(super) async fn all_people(&self, organisation: ContactId) -> Result<Vec<Contact>, RemoteError> {
        let rows = self.listed_under(organisation, "people", "parties", "&embed=tags,fields").await?;
        rows.into_iter()
            .map(|row| map::contact(row).map_err(|message| RemoteError::Refused { message, field: None }))
            .collect()
    }

    /// Counts what hangs on a contact, one list of each kind, and asks for open tasks.
    pub(super) async fn count_holdings(&self, id: ContactId) -> Result<Holdings, RemoteError> {
        Ok(Holdings {
            notes: self.listed_under(id, "entries", "entries", "").await?.len(),
            opportunities: self.listed_under(id, "opportunities", "opportunities", "").await?.len(),
            projects: self.listed_under(id, "kases", "kases", "").await?.len(),
            open_tasks: self.has_open_tasks(id).await?,
        })
    }

    async fn listed_under(
        &self,
        id: ContactId,
        list: &'static str,
        key: &str,
        embed: &str,
    ) -> Result<Vec<Value>, RemoteError> {
        let id = id.0.to_string();
        let mut rows = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = format!("page={page}&perPage={PER_PAGE}{embed}");
            let (response, mut body) = self.get(Asked::Record, list, &["parties", &id, list], &query).await?;
            rows.extend(self.list(list, &mut body, key)?);
            if !has_more(&response) {
                return Ok(rows);
            }
        }
        Err(self.senseless(list, "the list does not end"))
    }

    /// There is no list of tasks for one contact that is sure; the filter finds the contact when it has any.
    async fn has_open_tasks(&self, id: ContactId) -> Result<bool, RemoteError> {
        let label = "open tasks";
        let body = json!({"filter": {"conditions": [
            {"field": "id", "operator": "is", "value": id.0},
            {"field": "hasOpenTasks", "operator": "is", "value": true},
        ]}});
        let segments = ["parties", "filters", "results"];
        let request = self.request(Method::Post, label, &segments, "page=1&perPage=1", Some(&body));
        // It changes nothing, whatever its verb.
        let response = self.exchange.call(Kind::Read, request).await?;
        if !response.is_success() {
            return Err(refusal(Asked::Record, &response, self.exchange.redaction()));
        }
        let mut found = json::parse(&response.body).map_err(|why| self.senseless(label, &why))?;
        let found = self.list(label, &mut found, "parties")?;
        let Some(first) = found.into_iter().next() else { return Ok(false) };
        let first: IdWire = self.strict(label, Some(first))?;
        if first.id != id.0 {
            // Conditions that are not held to prove nothing about this contact.
            return Err(self.senseless(label, "the filter found another contact"));
        }
        Ok(true)
    }
}
