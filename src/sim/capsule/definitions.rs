//! Custom field definitions (capsule-api 8.2).

use serde_json::{Map, Value, json};

use super::json::{given, id_of, name_key};
use super::refusal::Refusal;
use super::{Capsule, Counter};
use crate::sim::http::{Method, Request, Response};

/// A custom field definition of parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) description: Option<String>,
    pub(super) tag: Option<i64>,
    pub(super) capture_rule: Option<String>,
    pub(super) options: Vec<String>,
    pub(super) important: bool,
}

const TYPES: &[&str] = &["text", "date", "list", "boolean", "number", "link", "multiselectlist"];

impl Capsule {
    pub(super) fn route_definitions(
        &mut self,
        method: Method,
        rest: &[&str],
        request: &Request,
    ) -> Result<Response, Refusal> {
        let id = |text: &str| text.parse::<i64>().map_err(|_| Refusal::not_found("field definition"));
        match (method, rest) {
            (Method::Get, []) => {
                let plain_only = request.query("includeDataTagFields") == Some("false");
                let shown: Vec<&Definition> = self
                    .definitions
                    .values()
                    .filter(|definition| !plain_only || definition.tag.is_none())
                    .collect();
                self.page(request, "definitions", shown.len(), shown.into_iter(), |row| {
                    self.show_definition(row)
                })
            }
            (Method::Post, []) => self.create_definition(request),
            (Method::Get, [text]) => {
                let definition =
                    self.definitions.get(&id(text)?).ok_or_else(|| Refusal::not_found("field definition"))?;
                Ok(Response::json(200, &json!({"definition": self.show_definition(definition)})))
            }
            (Method::Put, [text]) => self.update_definition(id(text)?, request),
            (Method::Delete, [text]) => self.delete_definition(id(text)?),
            _ => Err(Refusal::no_resource()),
        }
    }

    pub(super) fn definitions_of_tag(&self, tag: i64, request: &Request) -> Result<Response, Refusal> {
        let of_tag: Vec<&Definition> =
            self.definitions.values().filter(|definition| definition.tag == Some(tag)).collect();
        self.page(request, "definitions", of_tag.len(), of_tag.into_iter(), |row| self.show_definition(row))
    }

    fn create_definition(&mut self, request: &Request) -> Result<Response, Refusal> {
        self.may_define()?;
        let body = definition_body(request)?;
        let name = given(&body, "name").ok_or_else(|| Refusal::fault("name is required", "field", "name"))?;
        let kind = given(&body, "type").ok_or_else(|| Refusal::fault("type is required", "field", "type"))?;
        if !TYPES.contains(&kind.as_str()) {
            return Err(Refusal::fault(
                &format!("invalid type, options are: {}", TYPES.join(", ")),
                "field",
                "type",
            ));
        }
        if self.definitions.values().any(|other| name_key(&other.name) == name_key(&name)) {
            return Err(Refusal::fault("field name is already in use", "field", "name"));
        }
        let options: Vec<String> = body
            .get("options")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|option| option.as_str().map(str::to_owned))
            .collect();
        if kind.ends_with("list") && options.is_empty() {
            return Err(Refusal::fault("options are required", "field", "options"));
        }
        let tag = match body.get("tag") {
            None | Some(Value::Null) => None,
            Some(tag) => Some(self.data_tag(tag)?),
        };
        let id = self.next_id(Counter::Definition);
        let definition = Definition {
            id,
            name,
            kind,
            description: given(&body, "description"),
            tag,
            capture_rule: given(&body, "captureRule"),
            options,
            important: body.get("important").and_then(Value::as_bool).unwrap_or_default(),
        };
        let shown = self.show_definition(&definition);
        self.definitions.insert(id, definition);
        let location = format!("{}/api/v2/parties/fields/definitions/{id}", request.origin);
        Ok(Response::json(201, &json!({"definition": shown})).with_header("Location", location))
    }

    /// The tag that a definition belongs to, by id or name; it becomes a DataTag, and is made if it is new.
    fn data_tag(&mut self, tag: &Value) -> Result<i64, Refusal> {
        let by_id = id_of(tag).filter(|id| self.tags.contains_key(id));
        let name = tag.as_object().and_then(|tag| given(tag, "name"));
        let id = match (by_id.or_else(|| self.tag_named(name.as_deref()?)), name) {
            (Some(id), _) => id,
            (None, Some(name)) => self.add_tag(name, None, true),
            (None, None) => return Err(Refusal::not_found("tag")),
        };
        if let Some(tag) = self.tags.get_mut(&id) {
            tag.holds_fields = true;
        }
        Ok(id)
    }

    fn update_definition(&mut self, id: i64, request: &Request) -> Result<Response, Refusal> {
        self.may_define()?;
        let body = definition_body(request)?;
        let definition =
            self.definitions.get_mut(&id).ok_or_else(|| Refusal::not_found("field definition"))?;
        if let Some(name) = given(&body, "name") {
            definition.name = name;
        }
        if let Some(important) = body.get("important").and_then(Value::as_bool) {
            definition.important = important;
        }
        let definition = definition.clone();
        Ok(Response::json(200, &json!({"definition": self.show_definition(&definition)})))
    }

    fn delete_definition(&mut self, id: i64) -> Result<Response, Refusal> {
        self.may_define()?;
        self.definitions.remove(&id).ok_or_else(|| Refusal::not_found("field definition"))?;
        for party in self.parties.values_mut() {
            party.fields.retain(|row| row.definition != id);
        }
        Ok(Response::empty(204))
    }

    fn show_definition(&self, definition: &Definition) -> Value {
        let mut shown = Map::new();
        shown.insert("id".into(), json!(definition.id));
        shown.insert("name".into(), json!(definition.name));
        if let Some(description) = &definition.description {
            shown.insert("description".into(), json!(description));
        }
        shown.insert("type".into(), json!(definition.kind));
        if let Some(tag) = definition.tag.and_then(|id| self.nested_tag(id)) {
            shown.insert("tag".into(), tag);
        }
        shown.insert("captureRule".into(), json!(definition.capture_rule));
        if !definition.options.is_empty() {
            shown.insert("options".into(), json!(definition.options));
        }
        shown.insert("important".into(), json!(definition.important));
        shown.insert("displayOrder".into(), json!(definition.id - Counter::Definition.start()));
        Value::Object(shown)
    }
}

fn definition_body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match request.json().and_then(|mut body| body.get_mut("definition").map(Value::take)) {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::plain(400, "Malformed JSON")),
    }
}
