//! What people do in Capsule's and KashFlow's own screens, as plain data, and doing it.

use jiff::Timestamp;
use kashsync::sim::capsule::{Capsule, Hanging};
use kashsync::sim::kashflow::{KashFlow, LedgerContact};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::dice::{Dice, Pick};
use super::record::{What, mapped_row, reference};
use super::truth::Target;

/// Names that firms in a history have: few, so that they meet.
pub const NAMES: [&str; 12] = [
    "Ash Tree Ltd",
    "Ash Tree Limited",
    "Birch and Sons",
    "Cedar Crafts Ltd",
    "Dogwood Kitchens",
    "Elm Park Joinery",
    "Fir Timber Co",
    "Grove House Hotel",
    "Hazel Interiors",
    "Ivy Lane Bakery",
    "Juniper Studios",
    "Kelp Bay Marine",
];

/// One thing that somebody does. A pick chooses among what is there by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    AddParty { person: bool, name: Pick, number: u32 },
    EditParty { who: Pick, what: What, number: u32 },
    ClearParty { who: Pick, what: What },
    TouchParty { who: Pick, number: u32 },
    DeleteParty { who: Pick },
    RestoreParty { who: Pick },
    MergeParties { from: Pick, into: Pick },
    Restrict { who: Pick, on: bool },
    Attach { who: Pick },
    AddLedger { supplier: bool, name: Pick, number: u32 },
    EditLedger { who: Pick, what: What, number: u32 },
    ClearLedger { who: Pick, what: What },
    TouchLedger { who: Pick, number: u32 },
    Recode { who: Pick, number: u32 },
    Archive { who: Pick, on: bool },
    DeleteLedger { who: Pick },
    AddDocument { who: Pick, pounds: u32 },
    Pay { which: Pick },
}

impl Deed {
    /// Any deed; `number` makes its values new.
    pub fn any(dice: &mut Dice, number: u32) -> Self {
        let (who, what) = (dice.pick(), dice.one(&What::ALL));
        match dice.below(100) {
            0..5 => Self::AddParty { person: dice.percent(30), name: dice.pick(), number },
            5..28 => Self::EditParty { who, what, number },
            28..32 => Self::ClearParty { who, what },
            32..37 => Self::TouchParty { who, number },
            37..41 => Self::DeleteParty { who },
            41..43 => Self::RestoreParty { who },
            43..45 => Self::MergeParties { from: who, into: dice.pick() },
            45..48 => Self::Restrict { who, on: dice.percent(40) },
            48..50 => Self::Attach { who },
            50..57 => Self::AddLedger { supplier: dice.percent(40), name: dice.pick(), number },
            57..70 => Self::EditLedger { who, what, number },
            70..72 => Self::ClearLedger { who, what },
            72..77 => Self::TouchLedger { who, number },
            77..80 => Self::Recode { who, number },
            80..84 => Self::Archive { who, on: dice.percent(50) },
            84..88 => Self::DeleteLedger { who },
            88..95 => Self::AddDocument { who, pounds: dice.below(900) },
            _ => Self::Pay { which: who },
        }
    }
}

/// A value that nobody has yet.
pub fn value(what: What, number: u32) -> String {
    match what {
        What::Name => format!("Firm {number} {}", ["Ltd", "Works", "& Co", "Füße 木"][number as usize % 4]),
        What::Email => format!("e{number}@edited.example"),
        What::Phone => format!("0113 496 {number:04}"),
        What::Fax => format!("0113 497 {number:04}"),
        What::Mobile => format!("07700 9{number:05}"),
        What::Website => format!("www.edited{number}.example"),
        What::Street => format!("{number} Edited Street"),
        What::Postcode => format!("LS{} {}AB", 1 + number % 28, number % 10),
    }
}

/// What came of a deed.
#[derive(Debug, Clone)]
pub struct Done {
    /// What was done, in plain words.
    pub story: String,
    /// Whose mapped values may have changed.
    pub touched: Vec<Target>,
}

/// Both services and what people remember of them.
pub struct Desk<'a> {
    pub capsule: &'a mut Capsule,
    pub kashflow: &'a mut KashFlow,
    pub deleted: &'a mut Vec<i64>,
    pub now: Timestamp,
}

impl Desk<'_> {
    fn parties(&self) -> Vec<i64> {
        self.capsule.parties().map(|party| party.id).collect()
    }

    fn ledgers(&self) -> Vec<LedgerContact> {
        self.kashflow.customers().chain(self.kashflow.suppliers()).cloned().collect()
    }

    fn name(&self, id: i64) -> String {
        self.capsule
            .parties()
            .find(|party| party.id == id)
            .map(kashsync::sim::capsule::Party::name)
            .unwrap_or_default()
    }

    /// Does it; nothing when there is nothing to do it to, or the service refuses.
    pub fn act(&mut self, deed: Deed) -> Option<Done> {
        match deed {
            Deed::AddParty { person, name, number } => self.add_party(person, name, number),
            Deed::EditParty { who, what, number } => {
                let id = *who.of(&self.parties())?;
                let new = value(what, number);
                self.edit_party(id, what, Some(&new))
            }
            Deed::ClearParty { who, what } => {
                let id = *who.of(&self.parties())?;
                self.edit_party(id, what, None)
            }
            Deed::TouchParty { who, number } => {
                let id = *who.of(&self.parties())?;
                let changes = match number % 3 {
                    0 => json!({"about": format!("about {number}")}),
                    1 => json!({"tags": [{"name": format!("tag {number}")}]}),
                    _ => json!({"emailAddresses": [{"address": format!("second{number}@more.example")}]}),
                };
                self.party(id, &changes, "adds to")
            }
            Deed::DeleteParty { who } => {
                let id = *who.of(&self.parties())?;
                let story = format!("deletes the contact {} ({id}) in Capsule", self.name(id));
                self.capsule.delete(id, self.now).ok()?;
                self.deleted.push(id);
                Some(Done { story, touched: vec![Target::Party(id)] })
            }
            Deed::RestoreParty { who } => {
                let id = *who.of(self.deleted)?;
                self.capsule.restore(id, self.now).ok()?;
                self.deleted.retain(|gone| *gone != id);
                let story = format!("restores the contact {} ({id}) in Capsule", self.name(id));
                Some(Done { story, touched: vec![Target::Party(id)] })
            }
            Deed::MergeParties { from, into } => self.merge(from, into),
            Deed::Restrict { who, on } => {
                let id = *who.of(&self.parties())?;
                self.capsule.restrict(id, on, self.now).ok()?;
                let how = if on { "hides" } else { "shows" };
                let story = format!("{how} the contact {} ({id}) in Capsule", self.name(id));
                Some(Done { story, touched: vec![] })
            }
            Deed::Attach { who } => {
                let id = *who.of(&self.parties())?;
                self.capsule.attach(id, Hanging::from_word("note")?, "A call", self.now).ok()?;
                let story = format!("attaches a note to {} ({id}) in Capsule", self.name(id));
                Some(Done { story, touched: vec![] })
            }
            other => self.act_in_kashflow(other),
        }
    }

    fn act_in_kashflow(&mut self, deed: Deed) -> Option<Done> {
        let ledgers = self.ledgers();
        match deed {
            Deed::AddLedger { supplier, name, number } => self.add_ledger(supplier, name, number),
            Deed::EditLedger { who, what, number } => {
                let changes = json!({ what.key(): value(what, number) });
                self.ledger(who.of(&ledgers)?, &changes)
            }
            Deed::ClearLedger { who, what } if what != What::Name => {
                self.ledger(who.of(&ledgers)?, &json!({ what.key(): "" }))
            }
            Deed::TouchLedger { who, number } => {
                let changes = match number % 3 {
                    0 => json!({"Note": format!("note {number}")}),
                    1 => json!({"PaymentTerms": number % 60}),
                    _ => json!({"CustomTextBoxes": [{"Name": "Folder", "Value": format!("{number}")}]}),
                };
                self.ledger(who.of(&ledgers)?, &changes)
            }
            Deed::Recode { who, number } => {
                self.ledger(who.of(&ledgers)?, &json!({"Code": format!("CODE{number}")}))
            }
            Deed::Archive { who, on } => self.ledger(who.of(&ledgers)?, &json!({ "IsArchived": on })),
            Deed::DeleteLedger { who } => {
                let ledger = who.of(&ledgers)?;
                let kind = ledger.side.name().to_lowercase();
                self.kashflow.delete(&kind, ledger.code.trim(), self.now).ok()?;
                let story = format!("deletes the {kind} {} ({}) in KashFlow", ledger.name, ledger.code);
                Some(Done { story, touched: vec![Target::Ledger(reference(ledger))] })
            }
            Deed::AddDocument { who, pounds } => {
                let ledger = who.of(&ledgers)?;
                let (kind, key) = match ledger.side.name() {
                    "Customer" => ("invoice", "CustomerCode"),
                    _ => ("bill", "SupplierCode"),
                };
                let body = json!({ key: ledger.code.trim(), "NetAmount": pounds, "VATAmount": pounds / 5 });
                self.kashflow.add(kind, &body, self.now).ok()?;
                let story = format!("enters {kind} of {pounds} pounds for {} ({})", ledger.name, ledger.code);
                Some(Done { story, touched: vec![] })
            }
            Deed::Pay { which } => {
                let numbers: Vec<(i64, Decimal)> =
                    self.kashflow.invoices().map(|one| (one.number, one.due_amount())).collect();
                let (number, due) = *which.of(&numbers)?;
                let amount = if which.0 % 2 == 0 { due } else { (due / Decimal::TWO).round_dp(2) };
                self.kashflow.pay(number, amount, self.now).ok()?;
                Some(Done { story: format!("books {amount} on invoice {number}"), touched: vec![] })
            }
            _ => None,
        }
    }

    fn add_party(&mut self, person: bool, name: Pick, number: u32) -> Option<Done> {
        let name = (*name.of(&NAMES)?).to_owned();
        let email = json!([{"address": format!("new{number}@{}.example", name.len())}]);
        let employers: Vec<i64> =
            self.capsule.parties().filter(|party| !party.is_person()).map(|party| party.id).collect();
        let body = if person {
            let mut body = json!({"type": "person", "firstName": format!("Jo{number}"), "lastName": "Smith",
                "emailAddresses": email});
            if number.is_multiple_of(2)
                && let Some(id) = Pick(number).of(&employers)
            {
                body["organisation"] = json!({ "id": id });
            }
            body
        } else {
            json!({"type": "organisation", "name": name, "emailAddresses": email})
        };
        let id = self.capsule.add_party(&json!({ "party": body }), 62, self.now).ok()?;
        let story = format!("adds the contact {} ({id}) in Capsule", self.name(id));
        Some(Done { story, touched: vec![] })
    }

    fn edit_party(&mut self, id: i64, what: What, new: Option<&str>) -> Option<Done> {
        let party = self.capsule.whole(id)?;
        let changes = match what.row() {
            None if party["type"] == "person" => json!({ "firstName": new? }),
            None => json!({ "name": new? }),
            Some((list, key, kind)) => match (mapped_row(&party, what), new) {
                (Some(row), None) if list != "addresses" => {
                    json!({ list: [{"id": row["id"], "_delete": true}] })
                }
                (Some(row), _) => json!({ list: [{"id": row["id"], key: new.unwrap_or_default()}] }),
                (None, None) => return None,
                (None, Some(new)) => {
                    let mut row = json!({ key: new });
                    if let Some(kind) = kind {
                        row["type"] = kind.into();
                    }
                    if list == "websites" {
                        row["service"] = "URL".into();
                    }
                    json!({ list: [row] })
                }
            },
        };
        let how = if new.is_some() { "edits" } else { "clears" };
        self.party(id, &changes, how)
    }

    fn party(&mut self, id: i64, changes: &Value, how: &str) -> Option<Done> {
        let story = format!("{how} the contact {} ({id}) in Capsule: {changes}", self.name(id));
        self.capsule.edit(id, changes, self.now).ok()?;
        Some(Done { story, touched: vec![Target::Party(id)] })
    }

    fn merge(&mut self, from: Pick, into: Pick) -> Option<Done> {
        let all = self.parties();
        let (from, into) = (*from.of(&all)?, *into.of(&all)?);
        let kind = |id| {
            self.capsule.parties().find(|party| party.id == id).map(kashsync::sim::capsule::Party::is_person)
        };
        if from == into || kind(from) != kind(into) {
            return None;
        }
        let story = format!(
            "merges the contact {} ({from}) into {} ({into}) in Capsule",
            self.name(from),
            self.name(into)
        );
        self.capsule.merge(from, into, self.now).ok()?;
        Some(Done { story, touched: vec![Target::Party(from), Target::Party(into)] })
    }

    fn add_ledger(&mut self, supplier: bool, name: Pick, number: u32) -> Option<Done> {
        let kind = if supplier { "supplier" } else { "customer" };
        let name = *name.of(&NAMES)?;
        let mut body = json!({
            "Name": name, "Note": "gate code 7",
            "Contacts": [{"Firstname": "Pat", "LastName": format!("Lee{number}"), "IsPrimary": true,
                "Email": format!("books{number}@firm.example; more{number}@firm.example"), "Telephone": "0113 496 0101"}],
        });
        let address = json!({"Line1": format!("{number} High St"), "Line2": "Leeds", "PostCode": "LS1 1AA",
            "CountryCode": "GB"});
        if supplier {
            body["Address"] = address;
        } else {
            body["Addresses"] = json!([address]);
        }
        let made = self.kashflow.add(kind, &body, self.now).ok()?;
        Some(Done {
            story: format!("adds the {kind} {name} ({}) in KashFlow", made["Code"]),
            touched: vec![],
        })
    }

    fn ledger(&mut self, ledger: &LedgerContact, changes: &Value) -> Option<Done> {
        let kind = ledger.side.name().to_lowercase();
        self.kashflow.edit(&kind, ledger.code.trim(), changes, self.now).ok()?;
        let story = format!("changes the {kind} {} ({}) in KashFlow: {changes}", ledger.name, ledger.code);
        Some(Done { story, touched: vec![Target::Ledger(reference(ledger))] })
    }
}
