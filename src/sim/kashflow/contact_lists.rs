//! The calls on `/customers` and `/suppliers` (kashflow-api 4.1, 5.1).

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    KashFlow, PutSemantics,
    dates::today,
    paging::{Order, Page, SortKey, descending, query_date, query_flag, query_key, query_text},
    records::{LedgerContact, Side, checked_code},
    tables::find_currency,
    wire::{Body, Refusal, sent_json},
};
use crate::sim::http::{Request, Response};

/// Columns that lists of ledger contacts are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Code,
    Paid,
    Outstanding,
}

fn column(side: Side, request: &Request) -> Result<Column, Refusal> {
    let text = query_text(request, "sortby").unwrap_or_else(|| "name".into());
    match (text.as_str(), side) {
        ("0" | "name", _) => Ok(Column::Name),
        ("1" | "code", _) => Ok(Column::Code),
        ("totalpaidamount", _) | ("3", Side::Customer) | ("2", Side::Supplier) => Ok(Column::Paid),
        ("outstandingbalance", _) | ("4", Side::Customer) | ("3", Side::Supplier) => Ok(Column::Outstanding),
        _ => Err(Refusal::invalid(format!("The value '{text}' is not valid for sortby."))),
    }
}

/// Filters of a list of ledger contacts (kashflow-api 4.2).
struct Filter {
    archived_too: bool,
    prefix: Option<String>,
    text: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
}

impl Filter {
    fn read(request: &Request, hide_archived: bool) -> Result<Self, Refusal> {
        Ok(Self {
            archived_too: !hide_archived || query_flag(request, "filterarchived"),
            prefix: query_text(request, "namestartswith"),
            text: query_text(request, "searchtext"),
            from: query_date(request, "startcreationdate")?,
            to: query_date(request, "endcreationdate")?,
        })
    }

    fn keeps(&self, contact: &LedgerContact) -> bool {
        (self.archived_too || !contact.archived)
            && self.prefix.as_ref().is_none_or(|prefix| contact.name.to_lowercase().starts_with(prefix))
            && self.text.as_ref().is_none_or(|text| mentions(contact, text))
            && self.from.is_none_or(|from| contact.created >= from)
            && self.to.is_none_or(|to| contact.created <= to)
    }
}

/// Whether name, code or an e-mail holds a text in lower case.
fn mentions(contact: &LedgerContact, text: &str) -> bool {
    contact.name.to_lowercase().contains(text)
        || contact.code.to_lowercase().contains(text)
        || emails(contact).any(|email| email.to_lowercase().contains(text))
}

fn emails(contact: &LedgerContact) -> impl Iterator<Item = &str> {
    contact.people.iter().filter_map(|person| person.email.as_deref())
}

impl KashFlow {
    /// `GET /customers` and `GET /suppliers`.
    pub(super) fn list_contacts(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        self.list_call()?;
        let today = today(now);
        let max = match side {
            Side::Customer => self.options.max_per_page,
            Side::Supplier => self.options.max_per_page_suppliers,
        };
        let page = Page::read(request, self.options.default_per_page, max)?;
        let key = query_key(side.name(), request, &self.options, today);
        let order = match self.orders.find(&key, self.changes) {
            Some(order) => order,
            None => self.order_contacts(side, request, today, key)?,
        };
        let ledger = self.ledger(side);
        let rows: Vec<Value> = order
            .page(page, self.shift())
            .into_iter()
            .filter_map(|id| ledger.get(id))
            .map(|contact| self.contact_json(contact, false, today))
            .collect();
        Ok(Response::json(200, &page.envelope(request, &self.options, &order, rows)))
    }

    fn order_contacts(
        &mut self,
        side: Side,
        request: &Request,
        today: Date,
        key: String,
    ) -> Result<Arc<Order>, Refusal> {
        let filter = Filter::read(request, self.options.hide_archived)?;
        let column = column(side, request)?;
        let keyed = self
            .ledger(side)
            .iter()
            .filter(|contact| filter.keeps(contact))
            .map(|contact| {
                let by = match column {
                    Column::Name => SortKey::Text(contact.name.to_lowercase()),
                    Column::Code => SortKey::Text(contact.code.to_lowercase()),
                    Column::Paid => SortKey::Amount(self.totals(side, contact.id, today).paid),
                    Column::Outstanding => SortKey::Amount(self.totals(side, contact.id, today).outstanding),
                };
                (by, contact.id)
            })
            .collect();
        let order = Order::new(keyed, descending(request)?, Decimal::ZERO);
        Ok(self.orders.keep(key, self.changes, order))
    }

    /// `GET /customers/search`: an array of key (the id) and value (the name).
    pub(super) fn search_contacts(&self, side: Side, request: &Request) -> Result<Response, Refusal> {
        let text = query_text(request, "searchText").unwrap_or_default();
        let by = query_text(request, "searchBy").unwrap_or_else(|| "name".into());
        let hit: fn(&LedgerContact, &str) -> bool = match by.as_str() {
            "code" => |contact, text| contact.code.to_lowercase().contains(text),
            "email" => |contact, text| emails(contact).any(|email| email.to_lowercase().contains(text)),
            "name" => |contact, text| contact.name.to_lowercase().contains(text),
            _ => {
                return Err(Refusal::invalid(format!("The value '{by}' is not valid for searchBy.")));
            }
        };
        let rows: Vec<Value> = self
            .ledger(side)
            .iter()
            .filter(|contact| hit(contact, &text))
            .map(|contact| json!({ "key": contact.id, "value": contact.name }))
            .collect();
        Ok(Response::json(200, &Value::Array(rows)))
    }

    /// `GET /customers/{code}` and `GET /suppliers/{code}`.
    pub(super) fn show_contact(&self, side: Side, code: &str, now: Timestamp) -> Result<Response, Refusal> {
        let contact = self.ledger(side).find(code)?;
        Ok(Response::json(200, &self.contact_json(contact, true, today(now))))
    }

    /// `POST /customers` and `POST /suppliers`.
    pub(super) fn create_contact(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let value = sent_json(request)?;
        let id = self.add_contact(side, Body::read(&value)?, now)?;
        let contact = self.ledger(side).get(id).ok_or_else(|| Refusal::NotFound(String::new()))?;
        Ok(Response::json(201, &self.contact_json(contact, true, today(now))))
    }

    /// Makes a ledger contact of a request body and gives its id (kashflow-api 4.5).
    pub(super) fn add_contact(&mut self, side: Side, body: Body<'_>, now: Timestamp) -> Result<i64, Refusal> {
        let name = body.text("Name")?.unwrap_or_default();
        if name.trim().is_empty()
            && body.flag(&format!("Create{}NameIfEmptyOrNull", side.name()))? != Some(true)
        {
            return Err(Refusal::invalid(format!("{} Name is required", side.name())));
        }
        let invent = body.flag(&format!("Create{}CodeIfDuplicate", side.name()))? == Some(true);
        let sent = body.text("Code")?.filter(|code| !code.trim().is_empty());
        let code = match (sent, side) {
            (Some(code), _) if self.ledger(side).has(&code) && invent => {
                self.ledger(side).suggested_code(&name)
            }
            (Some(code), _) => checked_code(side, &code)?,
            (None, Side::Customer) => self.ledger(side).suggested_code(&name),
            (None, Side::Supplier) if invent => self.ledger(side).suggested_code(&name),
            // The Swagger document requires both of suppliers (kashflow-api 5.1).
            (None, Side::Supplier) => return Err(Refusal::invalid("Supplier Code is required")),
        };
        if self.ledger(side).has(&code) {
            return Err(Refusal::invalid(format!("{} Code is not unique", side.name())));
        }
        let home = find_currency(&self.options.home_currency).map_or("GBP", |currency| currency.code);
        let blank = LedgerContact::new(side, 0, home, today(now), now);
        let mut contact = blank.apply(body, PutSemantics::Replace, &self.options, &mut self.last_row)?;
        contact.code = code;
        if contact.name.trim().is_empty() {
            contact.name.clone_from(&contact.code);
        }
        let ledger = self.ledger_mut(side);
        contact.id = ledger.next_id();
        let id = contact.id;
        ledger.put(contact)?;
        Ok(id)
    }

    /// `PUT /customers/{code}` and `PUT /suppliers/{code}`: 201 when the code changed (kashflow-api 12.3, 8).
    pub(super) fn change_contact(
        &mut self,
        side: Side,
        code: &str,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let before = self.ledger(side).find(code)?.clone();
        let value = sent_json(request)?;
        let body = Body::read(&value)?;
        let mut after = before.apply(body, self.options.put, &self.options, &mut self.last_row)?;
        after.lose(&self.options);
        if after.name.trim().is_empty() {
            return Err(Refusal::invalid(format!("{} Name is required", side.name())));
        }
        let after = self.options.trimming.applied(after);
        let renamed = after.code != before.code;
        let after = self.store_change(&before, after, now)?;
        Ok(Response::json(if renamed { 201 } else { 200 }, &self.contact_json(&after, true, today(now))))
    }

    /// Stores a changed record with its new time of change.
    pub(super) fn store_change(
        &mut self,
        before: &LedgerContact,
        mut after: LedgerContact,
        now: Timestamp,
    ) -> Result<LedgerContact, Refusal> {
        if self.options.detail_edits_move_update_time || before.differs_beyond_details(&after) {
            after.updated = now;
        }
        self.ledger_mut(after.side).put(after.clone())?;
        Ok(after)
    }

    /// `PUT /internal/customers/archive`: archives every code of the list, or none when one is unknown.
    pub(super) fn archive_contacts(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let value = sent_json(request)?;
        let codes = codes(&value)?;
        let found: Result<Vec<LedgerContact>, Refusal> =
            codes.iter().map(|code| self.ledger(side).find(code).cloned()).collect();
        for contact in found? {
            self.ledger_mut(side).put(LedgerContact { archived: true, updated: now, ..contact })?;
        }
        Ok(Response::empty(200))
    }

    /// `POST /customers/suggestedcode` (name in the body) and `POST /suppliers/suggestedcode` (name in the query).
    pub(super) fn suggest_code(&self, side: Side, request: &Request) -> Result<Response, Refusal> {
        let name = match side {
            Side::Customer => {
                let value = sent_json(request)?;
                Body::read(&value)?.text("Name")?
            }
            Side::Supplier => request.query("supplierName").map(str::to_owned),
        };
        let code = self.ledger(side).suggested_code(name.as_deref().unwrap_or_default());
        Ok(Response::json(200, &json!(code)))
    }

    /// `DELETE /customers/{code}` and `DELETE /suppliers/{code}`: destroys the documents too (kashflow-api 4.6, U18).
    pub(super) fn delete_contact(
        &mut self,
        side: Side,
        code: &str,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let contact = self.ledger(side).find(code)?.clone();
        if side == Side::Supplier && self.totals(side, contact.id, today(now)).in_vat_return {
            return Err(Refusal::invalid("Supplier has transactions in a submitted VAT return."));
        }
        self.cascade(&contact, now);
        Ok(Response::empty(204))
    }

    /// `DELETE /customerlist`: 204 when all are gone, else 200 with the codes that are not and why.
    pub(super) fn delete_contacts(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let value = sent_json(request)?;
        let mut failed = Vec::new();
        for code in codes(&value)? {
            if let Err(refusal) = self.delete_contact(side, &code, now) {
                failed.push(json!({ "Code": code, "Reason": refusal.text() }));
            }
        }
        Ok(if failed.is_empty() { Response::empty(204) } else { Response::json(200, &Value::Array(failed)) })
    }
}

/// A body that is a list of codes.
pub(super) fn codes(value: &Value) -> Result<Vec<String>, Refusal> {
    let rows = value.as_array().ok_or_else(|| Refusal::invalid("The request is invalid."))?;
    rows.iter()
        .map(|row| row.as_str().map(str::to_owned).ok_or_else(|| Refusal::invalid("The request is invalid.")))
        .collect()
}
