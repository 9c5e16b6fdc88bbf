//! One linked pair, for edits on either side: a customer with much that is not ours, and its contact in Capsule.

use std::sync::Arc;

use jiff::SignedDuration;
use kashsync::domain::change::Around;
use kashsync::domain::details::Details;
use kashsync::domain::difference::{Difference, differences_of};
use kashsync::domain::ids::{ContactId, LedgerRef};
use kashsync::domain::link::Link;
use kashsync::domain::mapping::{from_contact, from_ledger};
use kashsync::domain::operation::Counts;
use kashsync::domain::question::{Choice, Question};
use kashsync::domain::run::RunReport;
use kashsync::engine::command::Command;
use kashsync::ports::{Change, Store};
use kashsync::sim::firm::empty;
use kashsync::sim::http::Method;
use serde_json::{Value, json};

use crate::rig::Rig;

/// A linked pair after its first sync.
pub struct Pair {
    pub rig: Rig,
    pub contact: i64,
    pub code: &'static str,
}

/// The customer, as KashFlow takes it.
fn customer() -> Value {
    json!({
        "Code": "ASHT01", "Name": "Ash Tree Ltd", "Note": "gate code 7", "PaymentTerms": {"ID": 3, "Days": 21},
        "CustomTextBoxes": [{"Name": "Folder", "Value": "blue"}], "CustomCheckBoxes": [{"Name": "Trade", "Value": true}],
        "VATNumber": "GB123456789",
        "Contacts": [
            {"Firstname": "Jo", "LastName": "Smith", "Email": "office@ash.example; books@ash.example",
             "Telephone": "0113 496 0101", "Mobile": "07700 900101", "Website": "https://ash.example", "IsPrimary": true},
            {"Firstname": "Sam", "LastName": "Lee", "Email": "sam@ash.example", "Telephone": "0113 496 0199"},
        ],
        "Addresses": [{"Line1": "1 High St", "Line2": "Leeds", "PostCode": "LS1 1AA", "CountryCode": "GB"}],
        "DeliveryAddresses": [{"Name": "Yard", "Line1": "2 Low St", "PostCode": "LS2 2BB"}],
    })
}

/// The contact, as Capsule takes it.
fn organisation() -> Value {
    json!({"party": {
        "type": "organisation", "name": "Ash Tree Ltd",
        "emailAddresses": [{"address": "office@ash.example"}, {"address": "second@ash.example"}],
        "phoneNumbers": [{"number": "0113 496 0101", "type": "Work"}, {"number": "07700 900101", "type": "Mobile"}],
        "websites": [{"service": "URL", "address": "https://ash.example"}],
        "addresses": [
            {"street": "1 High St", "city": "Leeds", "zip": "LS1 1AA", "country": "United Kingdom"},
            {"street": "9 Back Lane", "city": "York", "zip": "YO1 1AA", "country": "United Kingdom"},
        ],
    }})
}

impl Pair {
    /// The pair, linked.
    pub async fn linked() -> Self {
        Self::linked_with(|_| {}).await
    }

    /// The pair beside what else is put into both services, linked.
    pub async fn linked_with(more: impl FnOnce(&Rig)) -> Self {
        let rig = Rig::of(&empty());
        let now = rig.now();
        let contact = {
            let mut world = rig.world();
            world.kashflow.add("customer", &customer(), now).unwrap();
            world.capsule.add_party(&organisation(), 1, now).unwrap()
        };
        more(&rig);
        let pair = Self { rig, contact, code: "ASHT01" };
        let report = pair.rig.sync().await;
        assert_eq!(report.error, None);
        assert!(pair.differences().await.is_empty());
        pair.quiet().await;
        pair
    }

    /// A colleague edits the contact in Capsule.
    pub fn in_capsule(&self, changes: &Value) {
        self.rig.pass(SignedDuration::from_mins(1));
        let now = self.rig.now();
        self.rig.world().capsule.edit(self.contact, changes, now).unwrap();
    }

    /// A colleague edits the customer in KashFlow.
    pub fn in_kashflow(&self, changes: &Value) {
        self.rig.pass(SignedDuration::from_mins(1));
        let now = self.rig.now();
        self.rig.world().kashflow.edit("customer", self.code, changes, now).unwrap();
    }

    /// Replaces the number of the first phone row in Capsule.
    pub async fn phone_in_capsule(&self, number: &str) {
        let id = self.rig.kept().await.snapshot.contacts[&ContactId(self.contact)].phones[0].id.0;
        self.in_capsule(&json!({"phoneNumbers": [{"id": id, "number": number}]}));
    }

    /// Takes the first phone row out in Capsule.
    pub async fn no_phone_in_capsule(&self) {
        let id = self.rig.kept().await.snapshot.contacts[&ContactId(self.contact)].phones[0].id.0;
        self.in_capsule(&json!({"phoneNumbers": [{"id": id, "_delete": true}]}));
    }

    /// One run, with what it wrote in the log.
    pub async fn sync(&self) -> Arc<RunReport> {
        self.rig.pass(SignedDuration::from_mins(30));
        self.rig.world().log.clear();
        let report = self.rig.sync().await;
        assert_eq!(report.error, None);
        report
    }

    /// What a run wrote: verb and path, in order.
    pub fn written(&self) -> Vec<String> {
        let world = self.rig.world();
        let path = |path: &str| path.split('?').next().unwrap().to_owned();
        world.writes().map(|entry| format!("{} {}", entry.method.as_str(), path(&entry.path))).collect()
    }

    /// What a run wrote to KashFlow.
    pub fn written_to_kashflow(&self) -> Vec<String> {
        self.written().into_iter().filter(|line| line.contains(" /v2/")).collect()
    }

    /// How often the customer itself was read.
    pub fn details_read(&self) -> usize {
        let path = format!("/customers/{}", self.code);
        let world = self.rig.world();
        world.log.iter().filter(|entry| entry.method == Method::Get && entry.path.ends_with(&path)).count()
    }

    /// Further runs write nothing.
    pub async fn quiet(&self) {
        for _ in 0..2 {
            let report = self.sync().await;
            assert_eq!(self.written(), Vec::<String>::new());
            assert_eq!((report.done, report.questions_new), (Counts::default(), 0));
        }
    }

    /// The whole customer, as the API prints it.
    pub fn customer(&self) -> Value {
        let mut copy = self.rig.world().kashflow.clone();
        let mut whole = copy.edit("customer", self.code, &json!({}), self.rig.now()).unwrap();
        whole.as_object_mut().unwrap().remove("LastUpdatedDate");
        whole
    }

    pub fn ledger(&self) -> LedgerRef {
        let world = self.rig.world();
        let id = world.kashflow.customers().find(|customer| customer.name.contains("Ash")).unwrap().id;
        LedgerRef::customer(id)
    }

    pub async fn link(&self) -> Link {
        self.rig.kept().await.local.link_of(self.ledger()).unwrap().clone()
    }

    /// Changes the stored link.
    pub async fn put_link(&self, change: impl FnOnce(&mut Link)) {
        let mut link = self.link().await;
        change(&mut link);
        self.rig.store.commit(vec![Change::PutLink(link)]).await.unwrap();
    }

    /// Both sides as kept after the last run: Capsule's, KashFlow's.
    pub async fn details(&self) -> (Details, Details) {
        let kept = self.rig.kept().await;
        let contact = &kept.snapshot.contacts[&ContactId(self.contact)];
        (from_contact(contact), from_ledger(&kept.snapshot.ledger[&self.ledger()]))
    }

    pub async fn differences(&self) -> Vec<Difference> {
        let kept = self.rig.kept().await;
        let around = Around { snapshot: &kept.snapshot, local: &kept.local };
        differences_of(&kept.snapshot.contacts[&ContactId(self.contact)], &around, &self.rig.policy)
    }

    /// The one open question.
    pub async fn question(&self) -> Question {
        let kept = self.rig.kept().await;
        let open: Vec<&Question> =
            kept.local.questions.values().filter(|question| question.is_open()).collect();
        assert_eq!(open.len(), 1, "{open:?}");
        open[0].clone()
    }

    /// Answers the one open question and syncs.
    pub async fn answer(&self, choice: Choice) -> Arc<RunReport> {
        let question = self.question().await.id;
        self.command(Command::Answer { question, choice, value: None }).await
    }

    /// A command, then a sync.
    pub async fn command(&self, command: Command) -> Arc<RunReport> {
        self.rig.pass(SignedDuration::from_mins(30));
        self.rig.world().log.clear();
        let sync = Command::Sync { full: false, contact: None };
        self.rig.process(vec![command, sync], true, None).await.report()
    }
}

/// A value with some of its members set: `[(["Contacts", "0", "Telephone"], …)]`.
pub fn with(mut whole: Value, members: &[(&str, Value)]) -> Value {
    for (pointer, value) in members {
        *whole.pointer_mut(pointer).unwrap() = value.clone();
    }
    whole
}
