//! Contacts that are in Capsule alone: to be exported (B25, B26), duplicates (B28), prospects.

use crate::sim::capsule::Hanging;

use super::super::{
    ContactKind,
    assembly::Assembly,
    sketch::{member, organisation, person},
};

/// Adds contacts without a customer or supplier.
pub(super) fn add(firm: &mut Assembly) {
    // B25: an organisation and its person, both to be exported to one customer.
    let name = "Brook Farm Shop";
    let details = firm.details(name);
    let mut shop = organisation(name, &details);
    shop.phones.push((Some("Fax".into()), "01632 960997".into()));
    shop.phones.push((Some("Mobile".into()), "07700 900997".into()));
    shop.websites.insert(0, ("TWITTER".into(), "brookfarmshop".into()));
    shop.team = Some("Site work".into());
    shop.about = Some("Wants a quote for the new counter.".into());
    // What a delete would take along (B29).
    shop.hanging.push((Hanging::Note, 9, "Measured up for the counter.".into()));
    shop.hanging.push((Hanging::Opportunity, 9, "New counter".into()));
    shop.hanging.push((Hanging::OpenTask, 2, "Send the quote".into()));
    firm.contacts.push(shop);
    let mut buyer = details;
    buyer.first = "Bridget".into();
    buyer.last = "Lowe".into();
    buyer.email = format!("bridget@{}", buyer.host);
    firm.contacts.push(member(&buyer, name, "Owner"));

    // B25: a person alone, with a title and two e-mails, an office and a postal address.
    let details = firm.individual("Barnaby", "Cole");
    let mut alone = person(&details);
    if let ContactKind::Person { title, .. } = &mut alone.kind {
        *title = Some("Dr".into());
    }
    alone.emails.push(format!("surgery@{}", details.host));
    if let Some(first) = alone.addresses.first().cloned() {
        alone.addresses.push(super::super::CrmAddress {
            kind: Some("Postal".into()),
            street: "PO Box 77".into(),
            ..first
        });
    }
    firm.contacts.push(alone);

    // B26: outside the UK, so the dialog speaks of VAT. The only phone is a mobile.
    let name = "Atelier Lumi\u{e8}re";
    let details = firm.details(name);
    let mut abroad = organisation(name, &details);
    if let Some(address) = abroad.addresses.first_mut() {
        address.street = "8 Rue des Capucins".into();
        address.city = "Lyon".into();
        address.state = String::new();
        address.zip = "69001".into();
        address.country = "France".into();
    }
    abroad.phones = vec![(Some("Mobile".into()), details.mobile)];
    firm.contacts.push(abroad);

    // B28: one firm twice in Capsule.
    let details = firm.details("Blackthorn");
    // The older one holds a note, so only the other can be merged away without Capsule's own page.
    let mut older = organisation("Blackthorn Design", &details);
    older.hanging.push((Hanging::Note, 210, "Asked for samples.".into()));
    firm.contacts.push(older);
    firm.contacts.push(organisation("Blackthorn Designs Ltd", &details));

    // A prospect with nothing but a name, and one in a team.
    let details = firm.details("Ambleside Parish Council");
    let mut council = organisation("Ambleside Parish Council", &details);
    council.phones.clear();
    council.emails.clear();
    council.addresses.clear();
    council.websites.clear();
    firm.contacts.push(council);
    let details = firm.details("Bilton Grange School");
    let mut school = organisation("Bilton Grange School", &details);
    school.team = Some("Workshop".into());
    firm.contacts.push(school);
}
