//! The calls on `/invoices` and `/purchases` (kashflow-api 6.1, 6.2, 7).

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    KashFlow,
    dates::{plus_days, today},
    documents::{Document, Line},
    paging::{Order, Page, SortKey, descending, query_date, query_flag, query_key, query_text},
    records::Side,
    tables::find_currency,
    wire::{Body, Refusal, money, sent_json, whole},
};
use crate::sim::http::{Request, Response};

/// Columns that lists of documents are sorted by, in the order of their numbers.
const COLUMNS: [&str; 13] = [
    "number",
    "customerref",
    "customername",
    "invoicedate",
    "paymentduedate",
    "grossamount",
    "netamount",
    "status",
    "paymentpaiddate",
    "dueamount",
    "type",
    "vatamount",
    "project",
];

/// The name of the asked column. Bills speak of suppliers and end with VAT (kashflow-api 7).
fn column(side: Side, request: &Request) -> Result<&'static str, Refusal> {
    let text = query_text(request, "sortby").unwrap_or_else(|| "number".into());
    let name = match (side, text.as_str()) {
        (Side::Supplier, "11") => "project",
        (Side::Supplier, "12") => "vatamount",
        (Side::Supplier, "supplierref") => "customerref",
        (Side::Supplier, "suppliername") => "customername",
        (_, text) => match text.parse::<usize>() {
            Ok(number) => COLUMNS.get(number).copied().unwrap_or_default(),
            Err(_) => COLUMNS.into_iter().find(|name| *name == text).unwrap_or_default(),
        },
    };
    if name.is_empty() {
        return Err(Refusal::invalid(format!("The value '{text}' is not valid for sortby.")));
    }
    Ok(name)
}

/// Whose documents are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Everybodys,
    /// Those of one ledger contact.
    One(i64),
    /// Those of a code that nobody has.
    Nobodys,
}

/// Filters of a list of documents. An unknown status word filters nothing (kashflow-api U12).
struct Filter {
    whose: Whose,
    status: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    text: Option<String>,
    due_only: bool,
    none: bool,
}

impl KashFlow {
    /// `GET /invoices` and `GET /purchases`.
    pub(super) fn list_documents(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        self.list_call()?;
        let today = today(now);
        let page = Page::read(request, self.options.default_per_page, self.options.max_per_page)?;
        let key = query_key(document_name(side), request, &self.options, today);
        let order = match self.orders.find(&key, self.changes) {
            Some(order) => order,
            None => self.order_documents(side, request, today, key)?,
        };
        let documents = self.documents(side);
        let rows: Vec<Value> = order
            .page(page, self.shift())
            .into_iter()
            .filter_map(|number| documents.get(number))
            .map(|document| self.document_json(document, false, today))
            .collect();
        Ok(Response::json(200, &page.envelope(request, &self.options, &order, rows)))
    }

    fn document_filter(&self, side: Side, request: &Request) -> Result<Filter, Refusal> {
        let (code, status) = match side {
            Side::Customer => (
                "customercode",
                query_text(request, "statusfilter").or_else(|| query_text(request, "filterby")),
            ),
            Side::Supplier => ("suppliercode", query_text(request, "filterby")),
        };
        let words = ["paid", "unpaid", "overdue", "overpaid"];
        Ok(Filter {
            whose: match query_text(request, code).map(|code| self.ledger(side).find(&code)) {
                None => Whose::Everybodys,
                Some(Ok(found)) => Whose::One(found.id),
                Some(Err(_)) => Whose::Nobodys,
            },
            status: status.filter(|word| words.contains(&word.as_str())),
            from: query_date(request, "issuedatefrom")?,
            to: query_date(request, "issuedateto")?,
            text: query_text(request, "searchtext"),
            due_only: query_flag(request, "dosearchwithdueamount"),
            // No document has a project, is archived or is an expense.
            none: query_text(request, "projectnumber").is_some_and(|number| number != "0")
                || query_flag(request, "archived")
                || query_text(request, "type").is_some_and(|kind| kind == "expense"),
        })
    }

    fn order_documents(
        &mut self,
        side: Side,
        request: &Request,
        today: Date,
        key: String,
    ) -> Result<Arc<Order>, Refusal> {
        let filter = self.document_filter(side, request)?;
        let column = column(side, request)?;
        let documents = self.documents(side);
        let mut keyed = Vec::new();
        let mut total = Decimal::ZERO;
        // One contact's documents are few, so they are not looked for among all.
        let all: Box<dyn Iterator<Item = &Document>> = match filter.whose {
            Whose::Everybodys => Box::new(documents.iter()),
            Whose::One(contact) => Box::new(documents.of(contact)),
            Whose::Nobodys => Box::new(std::iter::empty()),
        };
        for document in all.filter(|document| self.keeps(&filter, document, today)) {
            total += document.at_home(document.gross());
            keyed.push((self.sort_key(column, document, today), document.number));
        }
        let order = Order::new(keyed, descending(request)?, total);
        Ok(self.orders.keep(key, self.changes, order))
    }

    fn keeps(&self, filter: &Filter, document: &Document, today: Date) -> bool {
        !filter.none
            && match filter.whose {
                Whose::Everybodys => true,
                Whose::One(contact) => contact == document.contact,
                Whose::Nobodys => false,
            }
            && filter
                .status
                .as_ref()
                .is_none_or(|word| self.status_text(document, today).eq_ignore_ascii_case(word))
            && filter.from.is_none_or(|from| document.issued >= from)
            && filter.to.is_none_or(|to| document.issued <= to)
            && (!filter.due_only || !document.due_amount().is_zero())
            && filter.text.as_ref().is_none_or(|text| {
                document.reference.as_ref().is_some_and(|reference| reference.to_lowercase().contains(text))
                    || document.number.to_string() == *text
            })
    }

    fn sort_key(&self, column: &str, document: &Document, today: Date) -> SortKey {
        let text = |text: Option<&str>| SortKey::Text(text.unwrap_or_default().to_lowercase());
        match column {
            "customerref" => text(document.reference.as_deref()),
            "customername" => {
                text(self.ledger(document.side).get(document.contact).map(|contact| contact.name.as_str()))
            }
            "invoicedate" => SortKey::Day(Some(document.issued)),
            "paymentduedate" => SortKey::Day(document.due),
            "grossamount" => SortKey::Amount(document.gross()),
            "netamount" => SortKey::Amount(document.net()),
            "status" => text(Some(self.status_text(document, today))),
            "paymentpaiddate" => SortKey::Day(document.paid_date()),
            "dueamount" => SortKey::Amount(document.due_amount()),
            "vatamount" => SortKey::Amount(document.vat()),
            "type" | "project" => text(None),
            _ => SortKey::Whole(document.number),
        }
    }

    /// `GET /invoices/{number}` and `GET /purchases/{number}`.
    pub(super) fn show_document(
        &self,
        side: Side,
        number: &str,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let document = self.documents(side).find(number)?;
        Ok(Response::json(200, &self.document_json(document, true, today(now))))
    }

    /// `GET /invoices/topdue` and `GET /purchases/topdue`: what is owed, earliest due date first.
    pub(super) fn top_due(&self, side: Side, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        let filter = self.document_filter(side, request)?;
        let mut open: Vec<&Document> = self
            .documents(side)
            .iter()
            .filter(|document| document.due_amount() > Decimal::ZERO)
            .filter(|document| self.keeps(&filter, document, today(now)))
            .collect();
        open.sort_by_key(|document| (document.due, document.number));
        let rows = open
            .into_iter()
            .map(|document| {
                json!({ "Id": document.id, "Number": document.number, "DueAmount": money(document.due_amount()) })
            })
            .collect();
        Ok(Response::json(200, &Value::Array(rows)))
    }

    /// `POST /invoices` and `POST /purchases`.
    pub(super) fn create_document(
        &mut self,
        side: Side,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let value = sent_json(request)?;
        let number = self.add_document(side, Body::read(&value)?, now)?;
        let document = self.documents(side).get(number).ok_or_else(|| Refusal::NotFound(String::new()))?;
        Ok(Response::json(201, &self.document_json(document, true, today(now))))
    }

    /// Makes a document of a request body and gives its number. Without lines, `NetAmount` and `VATAmount` make one.
    pub(super) fn add_document(
        &mut self,
        side: Side,
        body: Body<'_>,
        now: Timestamp,
    ) -> Result<i64, Refusal> {
        let code = body.text(&format!("{}Code", side.name()))?.unwrap_or_default();
        let contact = self
            .ledger(side)
            .find(&code)
            .map_err(|_| Refusal::invalid(format!("{} Code is invalid", side.name())))?
            .clone();
        let number = body.get("Number").and_then(whole).filter(|number| *number > 0);
        let number = number.unwrap_or_else(|| self.documents(side).next_number());
        if self.documents(side).get(number).is_some() {
            return Err(Refusal::invalid("Number is not unique"));
        }
        let issued = body.date("IssuedDate")?.unwrap_or_else(|| today(now));
        let currency = match body.get("Currency").filter(|value| !value.is_null()) {
            None => None,
            Some(value) => Some(Body::read(value)?),
        };
        let code = currency.map(|body| body.text("Code")).transpose()?.flatten();
        let found = find_currency(code.as_deref().unwrap_or(contact.currency))
            .ok_or_else(|| Refusal::invalid("Currency code is invalid"))?;
        let rate = currency.map(|body| body.amount("ExchangeRate")).transpose()?.flatten();
        let lines = lines(body)?;
        let documents = self.documents_mut(side);
        let document = Document {
            side,
            id: documents.next_id(),
            number,
            contact: contact.id,
            issued,
            due: match body.get("DueDate") {
                None => Some(plus_days(issued, 30)),
                Some(_) => body.date("DueDate")?,
            },
            currency: found.code,
            exchange_rate: rate.or_else(|| found.rate.parse().ok()).unwrap_or(Decimal::ONE),
            reference: body.text(&format!("{}Reference", side.name()))?,
            lines,
            payments: Vec::new(),
            vat_return: body.get("VATReturnId").and_then(whole).unwrap_or(0),
        };
        documents.put(document);
        Ok(number)
    }

    /// `DELETE /invoices/{number}` and `DELETE /purchases/{number}`.
    pub(super) fn delete_document(&mut self, side: Side, number: &str) -> Result<Response, Refusal> {
        let number = self.documents(side).find(number)?.number;
        self.documents_mut(side).remove(number);
        Ok(Response::empty(204))
    }
}

fn document_name(side: Side) -> &'static str {
    match side {
        Side::Customer => "Invoice",
        Side::Supplier => "Purchase",
    }
}

/// The lines of a request body.
fn lines(body: Body<'_>) -> Result<Vec<Line>, Refusal> {
    let hundred = Decimal::from(100);
    let rows = body.list("LineItems")?.unwrap_or_default();
    if rows.is_empty() {
        let rate = body.amount("NetAmount")?.unwrap_or_default();
        let vat_amount = body.amount("VATAmount")?.unwrap_or_default();
        let vat_level = (vat_amount * hundred).checked_div(rate).unwrap_or_default().round_dp(4);
        let description = body.text("Description")?.unwrap_or_default();
        return Ok(vec![Line { description, quantity: Decimal::ONE, rate, vat_level, vat_amount }]);
    }
    rows.iter()
        .map(|row| {
            let row = Body::read(row)?;
            let quantity = row.amount("Quantity")?.unwrap_or(Decimal::ONE);
            let rate = row.amount("Rate")?.unwrap_or_default();
            let vat_level = row.amount("VATLevel")?.unwrap_or_default();
            let vat_amount = match row.amount("VATAmount")? {
                Some(amount) => amount,
                None => (quantity * rate * vat_level / hundred).round_dp(2),
            };
            let description = row.text("Description")?.unwrap_or_default();
            Ok(Line { description, quantity, rate, vat_level, vat_amount })
        })
        .collect()
}
