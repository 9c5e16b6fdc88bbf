//! Our tag and fields on Capsule's contacts (design B23): which exist, and writing them in one request.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::client::CapsuleClient;
use super::wire::{DefinitionWire, TagWire};
use super::{draft, map};
use crate::domain::contact::{Contact, SUMMARY_TAG, SummaryField, SummaryFieldType};
use crate::domain::ids::{ContactId, DefinitionId};
use crate::ports::{Crm, RemoteError, SummarySetUp, TagChange};
use crate::remote::json;
use crate::remote::retry::Kind;
use crate::remote::transport::Transport;

/// What was learnt about our tag and definitions on the way.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) tag: Option<i64>,
    pub(super) types: BTreeMap<DefinitionId, SummaryFieldType>,
}

impl<T: Transport> CapsuleClient<T> {
    /// Our tag and definitions as they stand, with the fewest requests.
    pub(super) async fn read_set_up(&self) -> Result<SummarySetUp, RemoteError> {
        self.known().tag = None;
        let ours = self.definitions().await?;
        // A definition names the tag it stands under, so the list of tags is read only when none does (design B6).
        let has_tag =
            ours.values().any(|definition| definition.tag.as_ref().is_some_and(map::is_summary_tag))
                || self.tag_id().await?.is_some();
        Ok(SummarySetUp {
            has_tag,
            definitions: ours
                .into_iter()
                .map(|(field, definition)| (field, DefinitionId(definition.id)))
                .collect(),
        })
    }

    /// Changes the tag and the fields in one request.
    pub(super) async fn put_summary(
        &self,
        contact: ContactId,
        tag: TagChange,
        fields: &[(SummaryField, DefinitionId, Option<String>)],
    ) -> Result<Contact, RemoteError> {
        let fields: Vec<Value> = {
            let known = self.known();
            fields
                .iter()
                .map(|(field, id, value)| {
                    // A definition made by hand may have another type than ours.
                    let kind = known.types.get(id).copied().unwrap_or(field.field_type());
                    draft::field_value(*id, value.as_ref(), kind)
                })
                .collect()
        };
        let id = match tag {
            TagChange::Keep => None,
            TagChange::Attach => {
                return self.put_party(contact, Some(&json!({"name": SUMMARY_TAG})), &fields).await;
            }
            TagChange::Detach => self.tag_id().await?,
        };
        let Some(id) = id else { return self.put_party(contact, None, &fields).await };
        let gone = json!({"id": id, "_delete": true});
        match self.put_party(contact, Some(&gone), &fields).await {
            // The tag is not on the contact, which is what was wanted; the refusal has stopped the fields too.
            Err(RemoteError::Refused { message, .. }) if message.contains("tag not found") => {
                self.known().tag = None;
                self.put_party(contact, None, &fields).await
            }
            outcome => outcome,
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the id of our tag when it is among these.
    pub(super) fn note_tag<'a>(&self, tags: impl IntoIterator<Item = &'a TagWire>) {
        if let Some(id) = tags.into_iter().find(|tag| map::is_summary_tag(tag)).and_then(|tag| tag.id) {
            self.known().tag = Some(id);
        }
    }

    /// All definitions that are ours, by field, with the tag they stand under. Of two definitions with one name, the one
    /// under a tag counts.
    async fn definitions(&self) -> Result<BTreeMap<SummaryField, DefinitionWire>, RemoteError> {
        let label = "field definitions";
        let rows = self.all_pages(label, &["parties", "fields", "definitions"], "definitions").await?;
        let mut ours: BTreeMap<SummaryField, DefinitionWire> = BTreeMap::new();
        for row in rows {
            // A definition of somebody else's may look as it likes.
            let Ok(definition) = json::record::<DefinitionWire>(row) else {
                continue;
            };
            let Some(field) = definition.name.as_deref().and_then(SummaryField::from_name) else {
                continue;
            };
            self.note_tag(&definition.tag);
            let kind = definition.r#type.as_deref().map_or(field.field_type(), field_type);
            self.known().types.insert(DefinitionId(definition.id), kind);
            let better = ours.get(&field).is_none_or(|other| other.tag.is_none() && definition.tag.is_some());
            if better {
                ours.insert(field, definition);
            }
        }
        Ok(ours)
    }

    /// The id of our tag, looked up when no answer has told it yet; `None` when there is no such tag.
    async fn tag_id(&self) -> Result<Option<i64>, RemoteError> {
        let known = self.known().tag;
        if known.is_some() {
            return Ok(known);
        }
        let rows = self.all_pages("tags", &["parties", "tags"], "tags").await?;
        let tags: Vec<TagWire> = rows.into_iter().filter_map(|row| json::record(row).ok()).collect();
        self.note_tag(&tags);
        Ok(self.known().tag)
    }

    async fn put_party(
        &self,
        contact: ContactId,
        tags: Option<&Value>,
        fields: &[Value],
    ) -> Result<Contact, RemoteError> {
        let mut party = Map::new();
        if let Some(tag) = tags {
            party.insert("tags".into(), json!([tag]));
        }
        if !fields.is_empty() {
            party.insert("fields".into(), json!(fields));
        }
        if party.is_empty() {
            return self.contact(contact).await;
        }
        // Only what is ours is written: nobody else's change can be lost.
        self.put(Kind::Write, contact, &json!({"party": party})).await
    }
}

/// The type that Capsule's word names; types that are not ours take text.
fn field_type(word: &str) -> SummaryFieldType {
    [SummaryFieldType::Number, SummaryFieldType::Date, SummaryFieldType::Link]
        .into_iter()
        .find(|kind| draft::type_word(*kind).eq_ignore_ascii_case(word))
        .unwrap_or(SummaryFieldType::Text)
}
