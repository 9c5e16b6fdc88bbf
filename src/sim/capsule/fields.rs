//! Custom field values on a party (capsule-api 6.5, 8.3).

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::definitions::Definition;
use super::json::{id_of, name_key};
use super::party::{FieldRow, Party};
use super::refusal::{Fault, Refusal};
use super::{Capsule, Counter};

impl Capsule {
    /// Sets, changes and clears values. Text `""`, `null` and boolean `false` leave no row at all.
    pub(super) fn edit_field_values(
        &mut self,
        party: &mut Party,
        list: Option<&Value>,
        faults: &mut Vec<Fault>,
    ) -> Result<bool, Refusal> {
        let mut touched = false;
        for element in list.and_then(Value::as_array).into_iter().flatten() {
            if self.options.refuse_field_values {
                return Err(Refusal::plain(403, "Custom fields are not available on this plan"));
            }
            touched = true;
            let row = element.get("id").and_then(Value::as_i64);
            if element.get("_delete").and_then(Value::as_bool) == Some(true) {
                let place = party.fields.iter().position(|field| Some(field.id) == row);
                party.fields.remove(place.ok_or_else(|| Refusal::not_found("field"))?);
                continue;
            }
            let known = row
                .and_then(|row| party.fields.iter().find(|field| field.id == row))
                .map(|field| field.definition);
            let definition = known.or_else(|| self.definition_of(element.get("definition")?));
            let Some(definition) = definition.and_then(|id| self.definitions.get(&id)).cloned() else {
                return Err(Refusal::not_found("field definition"));
            };
            match checked(&definition, element.get("value").unwrap_or(&Value::Null)) {
                Ok(Some(value)) => self.set(party, definition.id, value),
                Ok(None) => party.fields.retain(|field| field.definition != definition.id),
                Err(fault) => faults.push(fault),
            }
        }
        Ok(touched)
    }

    fn set(&mut self, party: &mut Party, definition: i64, value: Value) {
        if let Some(field) = party.fields.iter_mut().find(|field| field.definition == definition) {
            field.value = value;
        } else {
            party.fields.push(FieldRow { id: self.next_id(Counter::FieldValue), definition, value });
        }
    }

    /// By id, by bare id, or by name.
    fn definition_of(&self, named: &Value) -> Option<i64> {
        let by_name = || {
            let name = named.get("name")?.as_str()?;
            self.definitions
                .values()
                .find(|definition| name_key(&definition.name) == name_key(name))
                .map(|row| row.id)
        };
        id_of(named).filter(|id| self.definitions.contains_key(id)).or_else(by_name)
    }

    /// Numbers are read back as text (capsule-api 6.5).
    pub(super) fn show_field(&self, row: &FieldRow) -> Option<Value> {
        let definition = self.definitions.get(&row.definition)?;
        let value = match &row.value {
            Value::Number(number) => json!(number.to_string()),
            other => other.clone(),
        };
        let mut shown = Map::new();
        shown.insert("id".into(), json!(row.id));
        shown.insert("definition".into(), json!({"id": definition.id, "name": definition.name}));
        shown.insert("value".into(), value);
        if let Some(tag) = definition.tag {
            shown.insert("tagId".into(), json!(tag));
        }
        Some(Value::Object(shown))
    }
}

/// The value to keep, or nothing where it leaves no row.
fn checked(definition: &Definition, value: &Value) -> Result<Option<Value>, Fault> {
    let wrong = || Err(Fault::new("invalid type for field", "field", "value"));
    match (definition.kind.as_str(), value) {
        ("boolean", Value::Bool(true)) | ("number", Value::Number(_)) => Ok(Some(value.clone())),
        ("boolean", Value::Bool(false)) => Ok(None),
        ("boolean", _) => wrong(),
        (_, Value::Null) => Ok(None),
        (_, Value::String(text)) if text.trim().is_empty() => Ok(None),
        ("number", Value::String(text)) if text.trim().parse::<rust_decimal::Decimal>().is_ok() => {
            Ok(Some(value.clone()))
        }
        ("date", Value::String(text)) if text.parse::<Date>().is_ok() => Ok(Some(value.clone())),
        ("list", Value::String(text)) if !definition.options.contains(text) => {
            Err(Fault::new("value is not one of the options", "field", "value"))
        }
        ("text" | "link" | "list" | "multiselectlist", Value::String(_)) => Ok(Some(value.clone())),
        _ => wrong(),
    }
}
