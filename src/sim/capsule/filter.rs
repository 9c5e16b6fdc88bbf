//! Filters: conditions that must all hold (capsule-api 7.5). Groups joined by "or" are not documented and not offered.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Capsule;
use super::auth::Caller;
use super::countries::alpha2;
use super::hanging::Hanging;
use super::json::name_key;
use super::party::{Embed, Party};
use super::refusal::Refusal;
use crate::sim::http::{Request, Response};

/// What a field of a party is compared as.
enum Compared {
    Text(Vec<String>),
    Number(Option<i64>),
    Flag(bool),
    Day(Option<Timestamp>),
}

impl Capsule {
    pub(super) fn filter(
        &self,
        request: &Request,
        caller: &Caller,
        embed: Embed,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let body = request.json().ok_or_else(|| Refusal::plain(400, "Malformed JSON"))?;
        let conditions =
            body.pointer("/filter/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut found: Vec<&Party> = Vec::new();
        for party in self.parties.values().filter(|party| caller.sees_restricted || !party.restricted) {
            let mut holds = true;
            for condition in &conditions {
                holds &= self.holds(party, condition, now)?;
            }
            if holds {
                found.push(party);
            }
        }
        if let Some(order) = body.pointer("/filter/orderBy/0") {
            sort(&mut found, order);
        }
        self.page(request, "parties", found.len(), found.into_iter(), |party| self.show(party, caller, embed))
    }

    fn holds(&self, party: &Party, condition: &Value, now: Timestamp) -> Result<bool, Refusal> {
        let word = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        let value = condition.get("value").unwrap_or(&Value::Null);
        let compared = self.compared(party, word("field"))?;
        let operator = word("operator");
        let held = match compared {
            Compared::Text(texts) => compare_texts(&texts, operator, value),
            Compared::Number(number) => compare_numbers(number, operator, value),
            Compared::Flag(flag) => compare_flags(flag, operator, value),
            Compared::Day(day) => compare_days(day, operator, value, now),
        };
        held.ok_or_else(|| Refusal::about("invalid operator", Some("operator")))
    }

    fn compared(&self, party: &Party, field: &str) -> Result<Compared, Refusal> {
        let rows = |rows: &[super::rows::Row], key: &str| {
            Compared::Text(rows.iter().filter_map(|row| row.value(key)).map(str::to_owned).collect())
        };
        let one = |text: Option<&String>| Compared::Text(text.cloned().into_iter().collect());
        let person = party.person.as_ref();
        let employer = person.and_then(|person| self.parties.get(&person.organisation?));
        let tags = |party: &Party| {
            let named = party.tags.iter().filter_map(|id| self.tags.get(id)).map(|tag| tag.name.clone());
            named.chain(party.tags.iter().map(ToString::to_string)).collect()
        };
        Ok(match field {
            "id" => Compared::Number(Some(party.id)),
            "owner" => Compared::Number(party.owner),
            "team" => Compared::Number(party.team),
            "name" => Compared::Text(vec![party.name()]),
            "type" => Compared::Text(vec![party.kind().to_owned()]),
            "jobTitle" => one(person.and_then(|person| person.job.as_ref())),
            "title" => one(person.and_then(|person| person.title.as_ref())),
            "email" => rows(&party.emails, "address"),
            "phone" => rows(&party.phones, "number"),
            "website" => rows(&party.websites, "address"),
            "city" => rows(&party.addresses, "city"),
            "zip" => rows(&party.addresses, "zip"),
            "state" => rows(&party.addresses, "state"),
            "country" => {
                let codes = party.addresses.iter().filter_map(|row| alpha2(row.value("country")?));
                Compared::Text(codes.map(str::to_owned).collect())
            }
            "org.name" => Compared::Text(employer.map(Party::name).into_iter().collect()),
            "tag" => Compared::Text(tags(party)),
            "org.tag" => Compared::Text(employer.map(tags).unwrap_or_default()),
            "hasEmailAddress" => Compared::Flag(!party.emails.is_empty()),
            "hasPhoneNumber" => Compared::Flag(!party.phones.is_empty()),
            "hasAddress" => Compared::Flag(!party.addresses.is_empty()),
            "hasPeople" => Compared::Flag(self.people_of(party.id).next().is_some()),
            "hasTags" => Compared::Flag(!party.tags.is_empty()),
            "hasOpenTasks" => Compared::Flag(self.hung_on(party.id, Hanging::OpenTask).next().is_some()),
            "hasOpportunities" => {
                Compared::Flag(self.hung_on(party.id, Hanging::Opportunity).next().is_some())
            }
            "hasCases" => Compared::Flag(self.hung_on(party.id, Hanging::Project).next().is_some()),
            "addedOn" => Compared::Day(Some(party.created)),
            "updatedOn" => Compared::Day(Some(party.updated)),
            "lastContactedOn" => Compared::Day(party.last_contacted),
            other => self.custom(party, other, employer)?,
        })
    }

    fn custom(&self, party: &Party, field: &str, employer: Option<&Party>) -> Result<Compared, Refusal> {
        let unknown = || Refusal::about("invalid field name", Some("field"));
        let (holder, field) = match field.strip_prefix("org.") {
            Some(field) => (employer, field),
            None => (Some(party), field),
        };
        let id: i64 = field.strip_prefix("custom:").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        if !self.definitions.contains_key(&id) {
            return Err(unknown());
        }
        let row = holder.and_then(|party| party.fields.iter().find(|row| row.definition == id));
        Ok(Compared::Text(row.map(super::FieldRow::shown).into_iter().collect()))
    }
}

fn as_text(value: &Value) -> String {
    name_key(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Names compare without case, trimmed (SIM); `null` asks for emptiness.
fn compare_texts(texts: &[String], operator: &str, value: &Value) -> Option<bool> {
    if value.is_null() {
        return match operator {
            "is" => Some(texts.is_empty()),
            "is not" => Some(!texts.is_empty()),
            _ => None,
        };
    }
    let wanted = as_text(value);
    let any = |test: fn(&str, &str) -> bool| Some(texts.iter().any(|text| test(&name_key(text), &wanted)));
    match operator {
        "is" => any(|text, wanted| text == wanted),
        "is not" => any(|text, wanted| text == wanted).map(|held| !held),
        "starts with" => any(|text, wanted| text.starts_with(wanted)),
        "ends with" => any(|text, wanted| text.ends_with(wanted)),
        "contains" => any(|text, wanted| text.contains(wanted)),
        _ => None,
    }
}

fn compare_numbers(number: Option<i64>, operator: &str, value: &Value) -> Option<bool> {
    let wanted = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    match operator {
        "is" => Some(number == wanted),
        "is not" => Some(number != wanted),
        "is greater than" => Some(number > wanted && number.is_some()),
        "is less than" => Some(number < wanted && number.is_some()),
        _ => None,
    }
}

fn compare_flags(flag: bool, operator: &str, value: &Value) -> Option<bool> {
    let wanted = value.as_bool()?;
    match operator {
        "is" => Some(flag == wanted),
        "is not" => Some(flag != wanted),
        _ => None,
    }
}

/// By day, in UTC.
fn compare_days(day: Option<Timestamp>, operator: &str, value: &Value, now: Timestamp) -> Option<bool> {
    let date = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = || value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let named = || value.as_str()?.get(..10)?.parse::<jiff::civil::Date>().ok();
    let Some(at) = day else { return Some(operator == "is" && value.is_null()) };
    match operator {
        "is" => Some(named() == Some(date(at))),
        "is not" => Some(named() != Some(date(at))),
        "is after" => Some(date(at) > named()?),
        "is before" => Some(date(at) < named()?),
        "is older than" => Some(now.duration_since(at) > SignedDuration::from_hours(24 * days()?)),
        "is within last" => Some(now.duration_since(at) <= SignedDuration::from_hours(24 * days()?)),
        "is within next" => Some(at >= now),
        _ => None,
    }
}

fn sort(found: &mut [&Party], order: &Value) {
    let word = |key: &str| order.get(key).and_then(Value::as_str).unwrap_or_default();
    match word("field") {
        "name" => found.sort_by_key(|party| (name_key(&party.name()), party.id)),
        "addedOn" => found.sort_by_key(|party| (party.created, party.id)),
        "updatedOn" => found.sort_by_key(|party| (party.updated, party.id)),
        "lastContactedOn" => found.sort_by_key(|party| (party.last_contacted, party.id)),
        _ => return,
    }
    if word("direction") == "descending" {
        found.reverse();
    }
}
