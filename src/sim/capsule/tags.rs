//! Tags, and tags with field definitions (capsule-api 8.1).

use serde_json::{Map, Value, json};

use super::json::{given, name_key};
use super::party::Party;
use super::refusal::Refusal;
use super::{Capsule, Counter};
use crate::sim::http::{Method, Request, Response};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// Has field definitions of its own.
    pub(super) holds_fields: bool,
}

impl Tag {
    fn show(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("id".into(), json!(self.id));
        shown.insert("name".into(), json!(self.name));
        if let Some(description) = &self.description {
            shown.insert("description".into(), json!(description));
        }
        shown.insert("dataTag".into(), json!(self.holds_fields));
        Value::Object(shown)
    }
}

impl Capsule {
    pub(super) fn route_tags(
        &mut self,
        method: Method,
        rest: &[&str],
        request: &Request,
    ) -> Result<Response, Refusal> {
        let id = |text: &str| text.parse::<i64>().map_err(|_| Refusal::not_found("tag"));
        match (method, rest) {
            (Method::Get, []) => self.page(request, "tags", self.tags.len(), self.tags.values(), Tag::show),
            (Method::Post, []) => self.create_tag(request),
            (Method::Get, [tag]) => {
                let tag = self.tags.get(&id(tag)?).ok_or_else(|| Refusal::not_found("tag"))?;
                Ok(Response::json(200, &json!({"tag": tag.show()})))
            }
            (Method::Put, [tag]) => self.update_tag(id(tag)?, request),
            (Method::Delete, [tag]) => self.delete_tag(id(tag)?),
            (Method::Get, [tag, "definitions"]) => self.definitions_of_tag(id(tag)?, request),
            _ => Err(Refusal::no_resource()),
        }
    }

    fn create_tag(&mut self, request: &Request) -> Result<Response, Refusal> {
        self.may_define()?;
        let body = tag_body(request)?;
        let name = given(&body, "name").ok_or_else(|| Refusal::fault("name is required", "tag", "name"))?;
        if self.tag_named(&name).is_some() {
            return Err(Refusal::fault("tag name is already in use", "tag", "name"));
        }
        let data_tag = body.get("dataTag").and_then(Value::as_bool).unwrap_or_default();
        let id = self.add_tag(name, given(&body, "description"), data_tag);
        let tag = self.tags.get(&id).map(Tag::show);
        let location = format!("{}/api/v2/parties/tags/{id}", request.origin);
        Ok(Response::json(201, &json!({ "tag": tag })).with_header("Location", location))
    }

    fn update_tag(&mut self, id: i64, request: &Request) -> Result<Response, Refusal> {
        self.may_define()?;
        let body = tag_body(request)?;
        let has_definitions = self.definitions.values().any(|definition| definition.tag == Some(id));
        let tag = self.tags.get_mut(&id).ok_or_else(|| Refusal::not_found("tag"))?;
        if let Some(name) = given(&body, "name") {
            tag.name = name;
        }
        if let Some(description) = body.get("description") {
            tag.description = description.as_str().map(str::to_owned);
        }
        if let Some(data_tag) = body.get("dataTag").and_then(Value::as_bool) {
            if !data_tag && has_definitions {
                return Err(Refusal::fault("delete the tag's field definitions first", "tag", "dataTag"));
            }
            tag.holds_fields = data_tag;
        }
        Ok(Response::json(200, &json!({"tag": tag.show()})))
    }

    /// Deleting removes it from every party.
    fn delete_tag(&mut self, id: i64) -> Result<Response, Refusal> {
        self.may_define()?;
        self.tags.remove(&id).ok_or_else(|| Refusal::not_found("tag"))?;
        for party in self.parties.values_mut() {
            party.tags.remove(&id);
        }
        Ok(Response::empty(204))
    }

    /// Attaches by name, making the tag if it is new, or by id; detaches by id and `_delete`.
    pub(super) fn edit_tags(&mut self, party: &mut Party, list: Option<&Value>) -> Result<bool, Refusal> {
        let mut touched = false;
        for element in list.and_then(Value::as_array).into_iter().flatten() {
            let id = element.get("id").and_then(Value::as_i64);
            if element.get("_delete").and_then(Value::as_bool) == Some(true) {
                if !id.is_some_and(|id| party.tags.remove(&id)) {
                    return Err(Refusal::about("tag not found to delete", None));
                }
            } else {
                let named = element.as_object().and_then(|element| given(element, "name"));
                let known = named
                    .as_ref()
                    .and_then(|name| self.tag_named(name))
                    .or(id.filter(|id| self.tags.contains_key(id)));
                let attached = match (known, named) {
                    (Some(id), _) => id,
                    (None, Some(name)) => self.add_tag(name, None, false),
                    (None, None) => return Err(Refusal::not_found("tag")),
                };
                party.tags.insert(attached);
            }
            touched = true;
        }
        Ok(touched)
    }

    pub(super) fn tag_named(&self, name: &str) -> Option<i64> {
        self.tags.values().find(|tag| name_key(&tag.name) == name_key(name)).map(|tag| tag.id)
    }

    pub(super) fn add_tag(&mut self, name: String, description: Option<String>, holds_fields: bool) -> i64 {
        let id = self.next_id(Counter::Tag);
        self.tags.insert(id, Tag { id, name, description, holds_fields });
        id
    }

    pub(super) fn nested_tag(&self, id: i64) -> Option<Value> {
        self.tags.get(&id).map(Tag::show)
    }

    /// Making definitions is an administrator's job (capsule-api 8.2).
    pub(super) fn may_define(&self) -> Result<(), Refusal> {
        if self.options.refuse_definitions {
            return Err(Refusal::plain(403, "Only administrators can manage tags and custom fields"));
        }
        Ok(())
    }

    /// The id of the tag of that name, for tests.
    pub fn tag_id(&self, name: &str) -> Option<i64> {
        self.tag_named(name)
    }
}

fn tag_body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match request.json().and_then(|mut body| body.get_mut("tag").map(Value::take)) {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::plain(400, "Malformed JSON")),
    }
}
