//! Every write against the simulators over real sockets: what changes there, and above all what does not.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use kashsync::domain::details::{Details, Field, PostalAddress};
use kashsync::domain::draft::LedgerDraft;
use kashsync::domain::edit::Edit;
use kashsync::domain::holdings::Holdings;
use kashsync::domain::ids::{ContactId, LedgerId, LedgerRef, Service, Side};
use kashsync::domain::mapping;
use kashsync::ports::{Crm, Ledger, Pace, RemoteError, TAKEN_CODE};
use kashsync::remote::base_url::BaseUrl;
use kashsync::remote::capsule::CapsuleClient;
use kashsync::remote::http::HttpTransport;
use kashsync::remote::kashflow::{KashFlowClient, KashFlowCredentials};
use kashsync::sim::clock::Clock;
use kashsync::sim::firm::sample;
use kashsync::sim::http::{Method, Request};
use kashsync::sim::kashflow::{self, PutSemantics, Trimming};
use kashsync::sim::server::{Addresses, Running, serve};
use kashsync::sim::world::World;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::script::TestClock;

struct Firm {
    running: Running,
    capsule: CapsuleClient<HttpTransport>,
    kashflow: KashFlowClient<HttpTransport>,
}

async fn firm() -> Firm {
    let world = World::of_firm(&sample(date(2026, 11, 24), 1), Clock::real()).unwrap();
    let running = serve(world, Addresses::default(), Duration::ZERO).await.unwrap();
    let pace = Pace { backoff: Duration::ZERO, ..Pace::default() };
    let at = |service, url: &str| BaseUrl::parse(service, url).unwrap();
    let (capsule, kashflow) =
        (at(Service::Capsule, &running.capsule_url()), at(Service::KashFlow, &running.kashflow_url()));
    let credentials = KashFlowCredentials {
        user_name: "brookside".into(),
        password: "Dovetail-Mortice-7".into(),
        memorable_word: "sawhorse".into(),
    };
    let clock = Arc::new(TestClock::default());
    Firm {
        capsule: CapsuleClient::new(
            HttpTransport::new(&capsule).unwrap(),
            capsule,
            &"demo-token-of-brookside-joinery".into(),
            pace,
            unbounded_channel().0,
            clock.clone(),
        ),
        kashflow: KashFlowClient::new(
            HttpTransport::new(&kashflow).unwrap(),
            kashflow,
            credentials,
            pace,
            unbounded_channel().0,
            clock,
        ),
        running,
    }
}

impl Firm {
    fn record(&self, id: LedgerRef) -> Option<kashflow::LedgerContact> {
        let world = self.running.world();
        let mut records: Vec<kashflow::LedgerContact> = match id.side {
            Side::Customer => world.kashflow.customers().cloned().collect(),
            Side::Supplier => world.kashflow.suppliers().cloned().collect(),
        };
        records.retain(|record| record.id == id.id.0);
        records.pop()
    }

    fn records(&self) -> Vec<(Side, kashflow::LedgerContact)> {
        let world = self.running.world();
        let customers = world.kashflow.customers().map(|record| (Side::Customer, record.clone()));
        let suppliers = world.kashflow.suppliers().map(|record| (Side::Supplier, record.clone()));
        customers.chain(suppliers).collect()
    }

    /// A party as the service shows it to somebody who sees everything.
    fn party(&self, id: i64) -> Value {
        let request = Request {
            method: Method::Get,
            path: format!("/api/v2/parties/{id}"),
            query: vec![("embed".into(), "tags,fields".into())],
            headers: vec![("authorization".into(), "Bearer demo-token-of-brookside-joinery".into())],
            body: Vec::new(),
            origin: String::new(),
        };
        let response = self.running.world().capsule.handle(&request, Timestamp::UNIX_EPOCH);
        serde_json::from_slice::<Value>(&response.body).unwrap()["party"].take()
    }

    fn contact_named(&self, name: &str) -> ContactId {
        let world = self.running.world();
        ContactId(world.capsule.parties().find(|party| party.name() == name).unwrap().id)
    }
}

fn everything(number: i64) -> Details {
    Details {
        name: format!("Renamed {number} Ltd"),
        email: format!("new{number}@renamed.example"),
        phone: format!("01632 96{number:04}"),
        fax: format!("01632 95{number:04}"),
        mobile: format!("07700 90{number:04}"),
        website: format!("https://renamed{number}.example"),
        address: PostalAddress {
            lines: vec![format!("{number} New Road"), "Leeds".into(), "West Yorkshire".into()],
            postcode: "LS1 1AA".into(),
            country: "GB".into(),
        },
        contact_person: format!("Nadia Quill{number}"),
    }
}

fn all(values: Details) -> Edit {
    Edit { fields: Field::ALL.into(), values }
}

#[tokio::test]
async fn b17_a_put_leaves_everything_that_is_not_ours_as_it_was() {
    for semantics in [PutSemantics::Replace, PutSemantics::Merge] {
        let firm = firm().await;
        firm.running.world().kashflow.options.put = semantics;
        let records = firm.records();
        assert!(records.len() > 50);
        for (number, (side, before)) in (0..).zip(records) {
            let values = everything(number);
            let detail = firm.kashflow.detail(side, &before.code).await.unwrap();
            let replaced = firm.kashflow.replace(&detail, &all(values.clone())).await.unwrap();
            assert_eq!(replaced.losses, [], "{}", before.code);
            let had_several = before.primary().and_then(|person| person.email.as_deref());
            let others: Vec<String> = had_several
                .unwrap_or_default()
                .split([';', ',', ' '])
                .filter(|part| !part.is_empty())
                .skip(1)
                .map(str::to_owned)
                .collect();

            let id = LedgerRef { side, id: LedgerId(before.id) };
            let after = firm.record(id).unwrap();
            let mapped = mapping::from_ledger(&replaced.contact);
            assert_eq!(mapped, values, "{}", before.code);
            let email = after.primary().unwrap().email.clone().unwrap();
            assert!(others.iter().all(|other| email.contains(other)), "{email}");

            // The whole record as the service shows it, but for what is ours and what it works out from that.
            let again = firm.kashflow.detail(side, &before.code).await.unwrap();
            let moved = ["Name", "DisplayName", "Contacts", "Addresses", "Address", "LastUpdatedDate"];
            for (key, value) in detail.whole().as_object().unwrap() {
                if !moved.contains(&key.as_str()) {
                    assert_eq!(&again.whole()[key], value, "{} {key}", before.code);
                }
            }

            // What is ours is put back as it was; then nothing may differ.
            let mut restored = after.clone();
            // Its own key, now also written down.
            restored.other.remove("CustomerKey");
            restored.updated = before.updated;
            restored.name.clone_from(&before.name);
            let place = before.people.iter().position(|person| person.primary).unwrap_or(0);
            match before.people.get(place) {
                None => restored.people.clear(),
                Some(person) => {
                    let ours = &mut restored.people[place];
                    ours.name.clone_from(&person.name);
                    ours.first_name.clone_from(&person.first_name);
                    ours.last_name.clone_from(&person.last_name);
                    ours.telephone.clone_from(&person.telephone);
                    ours.fax.clone_from(&person.fax);
                    ours.mobile.clone_from(&person.mobile);
                    ours.website.clone_from(&person.website);
                    ours.email.clone_from(&person.email);
                }
            }
            match before.addresses.first() {
                None => restored.addresses.clear(),
                Some(address) => restored.addresses[0].clone_from(address),
            }
            assert_eq!(restored, before, "{}", before.code);
        }
    }
}

#[tokio::test]
async fn b17_what_the_service_trims_is_seen() {
    for (trimming, side, code, lost) in [
        (Trimming { texts: Some(12), ..Trimming::default() }, Side::Customer, "ARCH01", "Note"),
        (Trimming { rows: Some(1), ..Trimming::default() }, Side::Customer, "ARCH01", "Contacts 2"),
        (
            Trimming { blanked: vec!["PaymentTerms".into()], ..Trimming::default() },
            Side::Customer,
            "ARCH01",
            "PaymentTerms",
        ),
        (
            Trimming { blanked: vec!["CustomTextBoxes".into()], ..Trimming::default() },
            Side::Customer,
            "ARCH01",
            "CustomTextBoxes",
        ),
        (
            Trimming { blanked: vec!["Title".into()], ..Trimming::default() },
            Side::Customer,
            "ARCH01",
            "Contacts 1 Title",
        ),
        (
            Trimming { blanked: vec!["BankAccount".into()], ..Trimming::default() },
            Side::Supplier,
            "BRIG01",
            "BankAccount",
        ),
        (
            Trimming { blanked: vec!["VatNumber".into()], ..Trimming::default() },
            Side::Supplier,
            "BRIG01",
            "VatNumber",
        ),
    ] {
        let firm = firm().await;
        firm.running.world().kashflow.options.trimming = trimming.clone();
        let detail = firm.kashflow.detail(side, code).await.unwrap();
        let values = Details { mobile: "07700 900001".into(), ..Details::default() };
        let edit = Edit { fields: [Field::Mobile].into(), values };
        let replaced = firm.kashflow.replace(&detail, &edit).await.unwrap();
        assert!(replaced.losses.iter().any(|loss| loss.field == lost), "{trimming:?}: {:?}", replaced.losses);
        assert!(
            replaced.losses.iter().all(|loss| !loss.before.contains("00012345")),
            "{:?}",
            replaced.losses
        );
    }
}

#[tokio::test]
async fn b27_b29_a_record_is_made_archived_brought_back_and_deleted() {
    let firm = firm().await;
    for side in Side::BOTH {
        let mut details = everything(7);
        details.name = "Brook Farm Shop".into();
        let draft = LedgerDraft {
            code: "BROO77".into(),
            first: "Bridget".into(),
            last: "Lowe".into(),
            details: Details { contact_person: "Bridget Lowe".into(), ..details },
        };
        let made = firm.kashflow.create(side, &draft).await.unwrap();
        assert_eq!((made.code.as_str(), made.archived), ("BROO77", false));
        assert_eq!(mapping::from_ledger(&made), draft.details);
        let taken = firm.kashflow.create(side, &draft).await.unwrap_err();
        assert!(
            matches!(&taken, RemoteError::Refused { field: Some(field), .. } if field == TAKEN_CODE),
            "{taken:?}"
        );
        let named = firm.kashflow.named(side, " BROOK farm  shop").await.unwrap();
        assert_eq!(named.iter().map(|record| record.id).collect::<Vec<_>>(), [made.id]);

        firm.kashflow.archive(side, "BROO77").await.unwrap();
        let archived = firm.record(made.id).unwrap();
        assert!(archived.archived);
        let detail = firm.kashflow.detail(side, "BROO77").await.unwrap();
        let back = firm.kashflow.unarchive(&detail).await.unwrap();
        assert_eq!((back.contact, back.losses), (made.clone(), Vec::new()));
        let mut restored = firm.record(made.id).unwrap();
        // Its own key, now also written down.
        restored.other.remove("CustomerKey");
        assert_eq!(
            kashflow::LedgerContact { archived: true, updated: archived.updated, ..restored },
            archived
        );

        firm.kashflow.delete(side, "BROO77").await.unwrap();
        assert_eq!(firm.record(made.id), None);
        for gone in [
            firm.kashflow.delete(side, "BROO77").await,
            firm.kashflow.archive(side, "BROO77").await,
            firm.kashflow.detail(side, "BROO77").await.map(drop),
        ] {
            assert_eq!(gone, Err(RemoteError::NotFound));
        }
    }
}

#[tokio::test]
async fn b29_a_delete_that_kashflow_refuses_leaves_the_record() {
    let firm = firm().await;
    let bill = firm.running.world().kashflow.bills().find(|bill| bill.vat_return != 0).unwrap().clone();
    let id = LedgerRef::supplier(bill.contact);
    let code = firm.record(id).unwrap().code;
    let refused = firm.kashflow.delete(Side::Supplier, &code).await;
    assert!(matches!(refused, Err(RemoteError::Refused { .. })), "{refused:?}");
    assert!(firm.record(id).is_some() && firm.running.world().kashflow.cascades().is_empty());
    let parts = firm.kashflow.document_parts(Side::Supplier, bill.number).await.unwrap();
    assert_eq!(parts.lines.len(), bill.lines.len());
    assert_eq!(parts.lines[0].net, bill.lines[0].rate.normalize());
}

#[tokio::test]
async fn b29_quotes_and_payments_are_counted_before_a_delete() {
    let firm = firm().await;
    let detail = firm.kashflow.detail(Side::Customer, "ABBE01").await.unwrap();
    let quotes = firm.kashflow.quotes(&detail.contact).await.unwrap();
    assert_eq!(quotes.iter().map(|quote| quote.gross.to_string()).collect::<Vec<_>>(), ["5760", "900"]);
    let part_paid = {
        let world = firm.running.world();
        let found = world.kashflow.invoices().find(|invoice| !invoice.payments.is_empty()).cloned();
        found.unwrap()
    };
    let parts = firm.kashflow.document_parts(Side::Customer, part_paid.number).await.unwrap();
    assert_eq!(
        parts.payments.iter().map(|payment| payment.amount).collect::<Vec<_>>(),
        part_paid.payments.iter().map(|payment| payment.amount).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_session_that_lapsed_before_a_write_costs_one_sign_in() {
    let firm = firm().await;
    let detail = firm.kashflow.detail(Side::Customer, "ABBE01").await.unwrap();
    firm.running.world().kashflow.expire_sessions();
    firm.running.world().log.clear();
    let replaced = firm.kashflow.replace(&detail, &all(everything(1))).await.unwrap();
    assert_eq!(replaced.contact.name, "Renamed 1 Ltd");
    let log: Vec<(String, Option<u16>)> = {
        let world = firm.running.world();
        world
            .log
            .iter()
            .map(|entry| (format!("{} {}", entry.method.as_str(), entry.path), entry.status))
            .collect()
    };
    let statuses: Vec<Option<u16>> = log.iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [Some(401), Some(201), Some(200), Some(200)], "{log:?}");
}

/// The rows of a list but the one in that place.
fn without(rows: &Value, id: i64) -> Vec<Value> {
    let rows = rows.as_array().unwrap().iter();
    rows.filter(|row| row["id"] != json!(id)).cloned().collect()
}

#[tokio::test]
async fn b17_edit_lists_leave_all_other_rows_alone() {
    let firm = firm().await;
    let ids: Vec<i64> = firm.running.world().capsule.parties().map(|party| party.id).collect();
    let mut changed = 0;
    for (number, id) in (0..).zip(ids) {
        let Ok(current) = firm.capsule.contact(ContactId(id)).await else { panic!("{id}") };
        if current.restricted {
            continue;
        }
        let before = firm.party(id);
        let mut values = everything(number);
        values.contact_person.clear();
        let after = firm.capsule.update_contact(&current, &all(values.clone())).await.unwrap();
        assert_eq!(mapping::from_contact(&after), values, "{id}");
        let shown = firm.party(id);
        for key in [
            "owner",
            "team",
            "tags",
            "fields",
            "about",
            "title",
            "jobTitle",
            "organisation",
            "lastContactedAt",
        ] {
            assert_eq!(shown[key], before[key], "{id} {key}");
        }
        let first = |key: &str| before[key][0]["id"].as_i64().unwrap_or(0);
        for key in ["emailAddresses", "addresses"] {
            let old = without(&before[key], first(key));
            assert_eq!(without(&shown[key], shown[key][0]["id"].as_i64().unwrap()), old, "{id} {key}");
            if first(key) != 0 {
                assert_eq!(shown[key][0]["id"], before[key][0]["id"], "changed in place");
                assert_eq!(shown[key][0]["type"], before[key][0]["type"]);
            }
        }
        for row in before["websites"].as_array().unwrap() {
            if row["service"] != "URL" {
                assert!(shown["websites"].as_array().unwrap().contains(row), "{id} {row}");
            }
        }
        // Every kind of phone stands there once more at most, and what is not first of its kind as before.
        let numbers: Vec<&str> = shown["phoneNumbers"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["number"].as_str())
            .collect();
        for number in [&values.phone, &values.fax, &values.mobile] {
            assert_eq!(numbers.iter().filter(|found| *found == number).count(), 1, "{id}");
        }
        // The same once more is no request at all.
        let requests = firm.capsule.requests();
        assert_eq!(firm.capsule.update_contact(&after, &all(values)).await.unwrap(), after);
        assert_eq!(firm.capsule.requests(), requests);
        changed += 1;
    }
    assert!(changed > 60, "{changed}");
}

#[tokio::test]
async fn b16_emptied_values_take_their_rows_along_and_no_others() {
    let firm = firm().await;
    let id = firm.contact_named("Barnaby Cole");
    let before = firm.party(id.0);
    let current = firm.capsule.contact(id).await.unwrap();
    let fields = [Field::Email, Field::Phone, Field::Address];
    let edit = Edit { fields: fields.into(), values: Details::default() };
    let after = firm.capsule.update_contact(&current, &edit).await.unwrap();
    let shown = firm.party(id.0);
    assert_eq!(shown["emailAddresses"], json!([before["emailAddresses"][1]]), "the second one is now first");
    assert_eq!(shown["addresses"], json!([before["addresses"][1]]));
    assert_eq!(mapping::from_contact(&after).phone, "");
    assert_eq!((&shown["title"], &shown["firstName"]), (&before["title"], &before["firstName"]));
}

#[tokio::test]
async fn b28_people_move_and_what_hangs_on_a_contact_is_told() {
    let firm = firm().await;
    let shop = firm.contact_named("Brook Farm Shop");
    let holdings = firm.capsule.holdings(shop).await.unwrap();
    assert_eq!(holdings, Holdings { notes: 1, opportunities: 1, projects: 0, open_tasks: true });
    firm.running.world().capsule.finish_tasks(shop.0);
    assert!(!firm.capsule.holdings(shop).await.unwrap().open_tasks);
    let (keep, other) =
        (firm.contact_named("Blackthorn Design"), firm.contact_named("Blackthorn Designs Ltd"));
    assert!(firm.capsule.holdings(other).await.unwrap().is_empty());
    assert!(!firm.capsule.holdings(keep).await.unwrap().is_empty());
    let people = firm.capsule.people(shop).await.unwrap();
    assert_eq!(people.iter().map(|person| person.name().into_owned()).collect::<Vec<_>>(), ["Bridget Lowe"]);
    let moved = firm.capsule.move_person(people[0].id, keep).await.unwrap();
    assert_eq!(moved.employer().unwrap().id, keep);
    assert_eq!(firm.capsule.people(shop).await.unwrap(), []);
    assert_eq!(firm.capsule.move_person(people[0].id, ContactId(1)).await, Err(RemoteError::NotFound));

    firm.capsule.delete_contact(other).await.unwrap();
    for gone in [
        firm.capsule.delete_contact(other).await,
        firm.capsule.contact(other).await.map(drop),
        firm.capsule.holdings(other).await.map(drop),
        firm.capsule.people(other).await.map(drop),
    ] {
        assert_eq!(gone, Err(RemoteError::NotFound));
    }
    firm.running.world().capsule.options.queued_deletes = true;
    firm.capsule.delete_contact(keep).await.unwrap();
    let person = firm.capsule.contact(people[0].id).await.unwrap();
    assert_eq!(person.employer(), None, "people stay, without organisation");
}
