//! What a colleague does in KashFlow's own screens while kashsync is not looking.
//!
//! Nothing here needs a session; every text that comes back is why the deed cannot be done.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    KashFlow, PutSemantics,
    dates::today,
    documents::Payment,
    records::{LedgerContact, PERSON_TEXTS, Side},
    wire::Body,
};

/// One delete of a ledger contact and what it took along (kashflow-api 4.6, U18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// Which ledger.
    pub side: Side,
    /// Id of the record that is gone.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Numbers of the invoices or bills that went with it.
    pub documents: Vec<i64>,
    /// Numbers of the quotes that went with it.
    pub quotes: Vec<i64>,
    /// When.
    pub at: Timestamp,
}

/// The ledger that a control's `kind` names.
fn side(kind: &str) -> Result<Side, String> {
    match kind {
        "customer" => Ok(Side::Customer),
        "supplier" => Ok(Side::Supplier),
        other => Err(format!("there is no ledger named {other}")),
    }
}

impl KashFlow {
    /// Books a payment on an invoice, in the invoice's currency.
    ///
    /// Fails when there is no such invoice.
    pub fn pay(&mut self, invoice: i64, amount: Decimal, now: Timestamp) -> Result<(), String> {
        self.pay_document(Side::Customer, invoice, amount, now)
    }

    /// As [`Self::pay`], for a bill.
    pub fn pay_bill(&mut self, bill: i64, amount: Decimal, now: Timestamp) -> Result<(), String> {
        self.pay_document(Side::Supplier, bill, amount, now)
    }

    fn pay_document(
        &mut self,
        side: Side,
        number: i64,
        amount: Decimal,
        now: Timestamp,
    ) -> Result<(), String> {
        let document = self.documents(side).get(number);
        let mut document = document.cloned().ok_or_else(|| format!("there is no document {number}"))?;
        self.last_row += 1;
        document.payments.push(Payment { id: self.last_row, date: today(now), amount, credit_note: false });
        self.documents_mut(side).put(document);
        Ok(())
    }

    /// Changes fields of a customer or supplier (`kind`) as a person does on its screen: what is not named stays.
    ///
    /// `changes` holds the names of the API. A row of `Contacts` or `Addresses` changes the row of its `Id`, else of its
    /// place. `Email`, `Telephone`, `Website`, `Line1`, `PostCode` and the like at the top change the primary Contact
    /// Person and the first address. Gives the whole record as the API prints it; fails as the API would.
    pub fn edit(&mut self, kind: &str, code: &str, changes: &Value, now: Timestamp) -> Result<Value, String> {
        let side = side(kind)?;
        let before = self.ledger(side).find(code).map_err(|refusal| refusal.text())?.clone();
        let changes = spread(side, &before, changes);
        let body = Body::read(&changes).map_err(|refusal| refusal.text())?;
        let after = before
            .apply(body, PutSemantics::Merge, &self.options, &mut self.last_row)
            .and_then(|after| self.store_change(&before, after, now))
            .map_err(|refusal| refusal.text())?;
        Ok(self.contact_json(&after, true, today(now)))
    }

    /// Deletes a customer or supplier with its documents (a supplier on a VAT return is refused), or an `invoice` or
    /// `bill` by its number.
    pub fn delete(&mut self, kind: &str, code: &str, now: Timestamp) -> Result<(), String> {
        let done = match kind {
            "invoice" => self.delete_document(Side::Customer, code),
            "bill" => self.delete_document(Side::Supplier, code),
            _ => self.delete_contact(side(kind)?, code, now),
        };
        done.map(|_| ()).map_err(|refusal| refusal.text())
    }

    /// Adds a `customer`, `supplier`, `invoice` or `bill` from a body as the API takes it, and gives the whole record.
    ///
    /// An invoice or bill may have `NetAmount` and `VATAmount` instead of lines; a null `DueDate` means none.
    pub fn add(&mut self, kind: &str, body: &Value, now: Timestamp) -> Result<Value, String> {
        let body = Body::read(body).map_err(|refusal| refusal.text())?;
        let document_side = match kind {
            "invoice" => Some(Side::Customer),
            "bill" => Some(Side::Supplier),
            _ => None,
        };
        if let Some(side) = document_side {
            let number = self.add_document(side, body, now).map_err(|refusal| refusal.text())?;
            let document = self.documents(side).get(number).ok_or("the document is gone")?;
            return Ok(self.document_json(document, true, today(now)));
        }
        let side = side(kind)?;
        let id = self.add_contact(side, body, now).map_err(|refusal| refusal.text())?;
        let contact = self.ledger(side).get(id).ok_or("the record is gone")?;
        Ok(self.contact_json(contact, true, today(now)))
    }

    /// Ends every session, as a restart of the service does.
    pub fn expire_sessions(&mut self) {
        self.sessions.expire();
    }

    /// Unlocks the account after too many bad sign-ins.
    pub fn unlock(&mut self) {
        self.sessions.unlock();
    }

    /// Takes a ledger contact out with all its documents and writes that down.
    pub(super) fn cascade(&mut self, contact: &LedgerContact, now: Timestamp) {
        let documents = self.documents_mut(contact.side).remove_of(contact.id);
        let mut quotes = Vec::new();
        if contact.side == Side::Customer {
            quotes =
                self.quotes().filter(|quote| quote.contact == contact.id).map(|quote| quote.number).collect();
            self.quotes.retain(|_, quote| quote.contact != contact.id);
        }
        self.ledger_mut(contact.side).remove(contact.id);
        self.cascades.push(Cascade {
            side: contact.side,
            id: contact.id,
            code: contact.code.clone(),
            documents,
            quotes,
            at: now,
        });
    }
}

/// Moves names of the primary Contact Person and of the first address from the top to their rows.
fn spread(side: Side, before: &LedgerContact, changes: &Value) -> Value {
    let Some(fields) = changes.as_object() else {
        return changes.clone();
    };
    let address_texts = ["Line1", "Line2", "Line3", "Line4", "PostCode", "CountryCode"];
    let (mut top, mut person, mut address) = (Map::new(), Map::new(), Map::new());
    for (name, value) in fields {
        let known =
            |names: &[&'static str]| names.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
        // `Name` at the top is the record's own.
        if let Some(known) = known(&PERSON_TEXTS).filter(|known| *known != "Name") {
            person.insert(known.into(), value.clone());
        } else if let Some(known) = known(&address_texts) {
            address.insert(known.into(), value.clone());
        } else {
            top.insert(name.clone(), value.clone());
        }
    }
    if !person.is_empty() {
        if let Some(primary) = before.primary() {
            person.insert("Id".into(), json!(primary.id));
        }
        top.insert("Contacts".into(), json!([person]));
    }
    if !address.is_empty() {
        match side {
            Side::Customer => top.insert("Addresses".into(), json!([address])),
            Side::Supplier => top.insert("Address".into(), Value::Object(address)),
        };
    }
    Value::Object(top)
}
