//! KashFlow's REST v2 service as a pure function over plain state.
//!
//! Everything follows the contract in the reference `kashflow-api`; what it leaves open is a switch of [`Options`]. Not
//! here: sockets, faults of the network, and SOAP; writing quotes, notes and changes of documents.

mod account;
mod colleague;
mod contact_lists;
mod dates;
mod document_lists;
mod document_rows;
mod documents;
mod fields;
mod ledger;
mod options;
mod paging;
mod quotes;
mod random;
mod records;
mod reports;
mod rows;
mod session;
mod tables;
#[cfg(test)]
mod tests;
mod trimming;
mod wire;

use jiff::Timestamp;
use serde_json::json;

pub use colleague::Cascade;
pub use dates::{NO_DATE, plus_days, today};
pub use documents::{Document, Line, Payment};
pub use options::{
    Access, Options, PageUrls, PutSemantics, ReportCurrency, StatusWords, Subscription, Throttle,
};
pub use quotes::Quote;
pub use random::Random;
pub use records::{Address, ContactPerson, LedgerContact, Side};
pub use tables::known_currency;
pub use trimming::Trimming;

use self::{
    documents::Documents,
    ledger::Ledger,
    paging::Orders,
    quotes::Quotes,
    session::Sessions,
    wire::{Refusal, path_parts},
};
use crate::sim::http::{Method, Request, Response};

/// One simulated KashFlow account.
#[derive(Debug, Clone)]
pub struct KashFlow {
    /// The account and its switches; they may be changed at any time.
    pub options: Options,
    customers: Ledger,
    suppliers: Ledger,
    invoices: Documents,
    bills: Documents,
    quotes: Quotes,
    sessions: Sessions,
    orders: Orders,
    cascades: Vec<Cascade>,
    /// Last id of a Contact Person or payment row.
    last_row: i64,
    /// Goes up with every change, so that kept orders are known to be stale.
    changes: u64,
    calls: u64,
    list_calls: u64,
}

impl KashFlow {
    /// An empty account.
    pub fn new(options: Options) -> Self {
        Self {
            customers: Ledger::new(Side::Customer, 50_120_000),
            suppliers: Ledger::new(Side::Supplier, 61_000_000),
            invoices: Documents::new(Side::Customer, 81_200_000),
            bills: Documents::new(Side::Supplier, 91_700_000),
            quotes: Quotes::new(),
            sessions: Sessions::new(options.seed),
            orders: Orders::default(),
            cascades: Vec::new(),
            last_row: 7_700,
            changes: 0,
            calls: 0,
            list_calls: 0,
            options,
        }
    }

    /// Answers one request at one moment.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        self.calls += 1;
        match self.route(request, now) {
            Ok(answer) => answer,
            Err(refusal) => refusal.response(&self.options),
        }
    }

    /// Customers by id.
    pub fn customers(&self) -> impl Iterator<Item = &LedgerContact> {
        self.customers.iter()
    }

    /// Suppliers by id.
    pub fn suppliers(&self) -> impl Iterator<Item = &LedgerContact> {
        self.suppliers.iter()
    }

    /// Invoices by number.
    pub fn invoices(&self) -> impl Iterator<Item = &Document> {
        self.invoices.iter()
    }

    /// Bills by number.
    pub fn bills(&self) -> impl Iterator<Item = &Document> {
        self.bills.iter()
    }

    /// Takes a customer or supplier over as it is; Contact Persons without an id get one, and a name where none is set.
    ///
    /// Fails when another record has the code.
    pub fn insert_contact(&mut self, mut contact: LedgerContact) -> Result<(), String> {
        for person in &mut contact.people {
            if person.id == 0 {
                self.last_row += 1;
                person.id = self.last_row;
            }
            if person.name.is_none() {
                person.name = records::whole_name(person);
            }
        }
        records::settle_primary(&mut contact.people);
        self.ledger_mut(contact.side).put(contact).map_err(|refusal| refusal.text())
    }

    /// Takes an invoice or bill over as it is, in place of one with its number; payments without an id get one.
    pub fn insert_document(&mut self, mut document: Document) {
        for payment in &mut document.payments {
            if payment.id == 0 {
                self.last_row += 1;
                payment.id = self.last_row;
            }
        }
        self.documents_mut(document.side).put(document);
    }

    /// Every delete of a customer or supplier so far, oldest first.
    pub fn cascades(&self) -> &[Cascade] {
        &self.cascades
    }

    /// Number of calls answered so far.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    fn ledger(&self, side: Side) -> &Ledger {
        match side {
            Side::Customer => &self.customers,
            Side::Supplier => &self.suppliers,
        }
    }

    /// The ledger, to be changed.
    fn ledger_mut(&mut self, side: Side) -> &mut Ledger {
        self.changes += 1;
        match side {
            Side::Customer => &mut self.customers,
            Side::Supplier => &mut self.suppliers,
        }
    }

    fn documents(&self, side: Side) -> &Documents {
        match side {
            Side::Customer => &self.invoices,
            Side::Supplier => &self.bills,
        }
    }

    /// The documents, to be changed.
    fn documents_mut(&mut self, side: Side) -> &mut Documents {
        self.changes += 1;
        match side {
            Side::Customer => &mut self.invoices,
            Side::Supplier => &mut self.bills,
        }
    }

    /// How far rows of equal sort keys are rotated in this call (kashflow-api 12.3, 9).
    fn shift(&self) -> usize {
        if self.options.unstable_ties { usize::try_from(self.list_calls).unwrap_or(0) } else { 0 }
    }

    /// Counts a call that makes the database work, and lets it time out where the switch says so.
    fn list_call(&mut self) -> Result<(), Refusal> {
        self.list_calls += 1;
        match self.options.slow_database_every {
            Some(every) if every > 0 && self.list_calls.is_multiple_of(every) => {
                Err(Refusal::DatabaseTimeout)
            }
            _ => Ok(()),
        }
    }

    /// What refuses every call, whatever it asks for.
    fn gate(&self) -> Result<(), Refusal> {
        if let Some(throttle) = self.options.throttle
            && throttle.every > 0
            && self.calls.is_multiple_of(throttle.every)
        {
            return Err(Refusal::TooMany(throttle.retry_after));
        }
        match self.options.access {
            Access::Open => {}
            Access::ApiOff => {
                return Err(Refusal::AccessDenied("The REST API is not enabled for this account."));
            }
            Access::AddressNotListed => {
                return Err(Refusal::AccessDenied("The IP address of 127.0.0.1 is not in the access list."));
            }
        }
        match self.options.subscription {
            Subscription::Active | Subscription::ExpiredFlag => Ok(()),
            Subscription::ExpiredRefused => Err(Refusal::SubscriptionExpired),
        }
    }

    fn route(&mut self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        let nowhere = || Refusal::NotFound("The resource cannot be found.".into());
        self.gate()?;
        let parts = path_parts(&request.path).ok_or_else(nowhere)?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let ["v2", path @ ..] = parts.as_slice() else {
            return Err(nowhere());
        };
        match (request.method, path) {
            (Method::Post, ["sessiontoken"]) => return self.sign_in(request, now),
            (Method::Put, ["sessiontoken"]) => return self.confirm_sign_in(request, now),
            // Ordinary users have no external token (kashflow-api 3.3).
            (Method::Get, ["sessiontoken"]) => return Err(Refusal::invalid("External token is invalid.")),
            (Method::Delete, ["sessiontoken"]) => return self.sign_out(None, request),
            (Method::Delete, ["sessiontoken", token]) => return self.sign_out(Some(token), request),
            _ => {}
        }
        self.check_session(request, now)?;
        let json = |body| Ok(Response::json(200, &body));
        match (request.method, path) {
            (Method::Get, ["sessiontoken", company]) => self.switch_company(company, now),
            (Method::Get, ["metadata"]) => json(self.metadata()),
            (Method::Get, ["currencies"]) => json(self.currencies()),
            (Method::Get, ["countries"]) => json(account::country_list()),
            (Method::Get, ["paymentstatuses"]) => json(self.payment_statuses()),
            (Method::Get, ["settings", "companydetails"]) => json(self.company_details()),
            (Method::Get, ["settings", "profile"]) => json(self.profile()),
            (Method::Get, ["nextavailableinvoicenumber"]) => json(json!(self.invoices.next_number())),
            (Method::Get, ["reports", "sales", "unpaid-invoices"]) => self.sales_report(false, request, now),
            (Method::Get, ["reports", "sales", "overdue-invoices"]) => self.sales_report(true, request, now),
            (Method::Delete, ["customerlist"]) => self.delete_contacts(Side::Customer, request, now),
            (Method::Delete, ["internal", "suppliers", "supplierlist"]) => {
                self.delete_contacts(Side::Supplier, request, now)
            }
            (Method::Put, ["internal", "customers", "archive"]) => {
                self.archive_contacts(Side::Customer, request, now)
            }
            (Method::Put, ["internal", "suppliers", "archive"]) => {
                self.archive_contacts(Side::Supplier, request, now)
            }
            (Method::Post, ["customers", "customerbulkinvoice"]) => self.bulk_sums(request, now),
            (Method::Get, ["quotes"]) => self.list_quotes(request),
            (Method::Get, ["quotes", number]) => self.show_quote(number),
            (_, ["customers", rest @ ..]) => self.route_contacts(Side::Customer, rest, request, now),
            (_, ["suppliers", rest @ ..]) => self.route_contacts(Side::Supplier, rest, request, now),
            (_, ["invoices", rest @ ..]) => self.route_documents(Side::Customer, rest, request, now),
            (_, ["purchases", rest @ ..]) => self.route_documents(Side::Supplier, rest, request, now),
            _ => Err(nowhere()),
        }
    }

    fn route_contacts(
        &mut self,
        side: Side,
        path: &[&str],
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        match (request.method, path) {
            (Method::Get, []) => self.list_contacts(side, request, now),
            (Method::Post, []) => self.create_contact(side, request, now),
            (Method::Get, ["search"]) => self.search_contacts(side, request),
            (Method::Get, ["statistics"]) => self.statistics(side, None, now),
            (Method::Post, ["suggestedcode"]) => self.suggest_code(side, request),
            (Method::Get, [code]) => self.show_contact(side, code, now),
            (Method::Put, [code]) => self.change_contact(side, code, request, now),
            (Method::Delete, [code]) => self.delete_contact(side, code, now),
            (Method::Get, [code, "statistics"]) => self.statistics(side, Some(code), now),
            _ => Err(Refusal::NotFound("The resource cannot be found.".into())),
        }
    }

    fn route_documents(
        &mut self,
        side: Side,
        path: &[&str],
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        match (request.method, path) {
            (Method::Get, []) => self.list_documents(side, request, now),
            (Method::Post, []) => self.create_document(side, request, now),
            (Method::Get, ["topdue"]) => self.top_due(side, request, now),
            (Method::Get, [number]) => self.show_document(side, number, now),
            (Method::Delete, [number]) => self.delete_document(side, number),
            _ => Err(Refusal::NotFound("The resource cannot be found.".into())),
        }
    }
}
