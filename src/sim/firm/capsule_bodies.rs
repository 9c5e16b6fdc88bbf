//! A firm's contacts as the bodies of `POST /parties`.

use serde_json::{Map, Value, json};

use super::{ContactKind, CrmAddress, Firm, FirmContact};

/// One body per contact, organisations first, in the order in which the contacts should get their ids. A person names
/// the organisation; a team is named too, because teams have no ids before they are made.
pub fn capsule_parties(firm: &Firm) -> Vec<Value> {
    firm.capsule_contacts.iter().map(|contact| json!({ "party": party(contact) })).collect()
}

/// Names of the teams.
pub fn capsule_teams(firm: &Firm) -> Vec<String> {
    firm.teams.clone()
}

/// Places in [`capsule_parties`] of the contacts that the firm's token cannot see.
pub fn restricted(firm: &Firm) -> Vec<usize> {
    firm.capsule_contacts
        .iter()
        .enumerate()
        .filter(|(_, contact)| contact.restricted)
        .map(|(place, _)| place)
        .collect()
}

fn party(contact: &FirmContact) -> Value {
    let mut party = Map::new();
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            party.insert(name.to_owned(), value);
        }
    };
    match &contact.kind {
        ContactKind::Organisation { name } => {
            add("type", json!("organisation"));
            add("name", json!(name));
        }
        ContactKind::Person { title, first_name, last_name, job_title, organisation } => {
            add("type", json!("person"));
            add("title", json!(title));
            add("firstName", json!(first_name));
            add("lastName", json!(last_name));
            add("jobTitle", json!(job_title));
            add("organisation", organisation.as_ref().map_or(Value::Null, |name| json!({ "name": name })));
        }
    }
    add("about", json!(contact.about));
    add("team", contact.team.as_ref().map_or(Value::Null, |name| json!({ "name": name })));
    add("emailAddresses", contact.emails.iter().map(|address| json!({ "address": address })).collect());
    add(
        "phoneNumbers",
        contact.phones.iter().map(|(kind, number)| json!({ "type": kind, "number": number })).collect(),
    );
    add(
        "websites",
        contact
            .websites
            .iter()
            .map(|(service, address)| json!({ "service": service, "address": address }))
            .collect(),
    );
    add("addresses", contact.addresses.iter().map(address).collect());
    // Nobody's: without the key the token's user would become the owner (capsule-api 7.6, 3).
    party.insert("owner".into(), Value::Null);
    Value::Object(party)
}

fn address(address: &CrmAddress) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    json!({
        "type": address.kind,
        "street": text(&address.street),
        "city": text(&address.city),
        "state": text(&address.state),
        "zip": text(&address.zip),
        "country": text(&address.country),
    })
}
