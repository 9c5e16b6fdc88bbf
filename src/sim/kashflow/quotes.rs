//! Quotes (kashflow-api 8): read only, and gone with their customer.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    KashFlow,
    dates::day_text,
    documents::Line,
    paging::{Order, Page, SortKey, descending, query_date, query_text},
    records::Side,
    rows::currency_json,
    wire::{Refusal, money},
};
use crate::sim::http::{Request, Response};

/// An offer to a customer; it has no due date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Number, the address of the quote.
    pub number: i64,
    /// Id of the customer.
    pub contact: i64,
    /// Day.
    pub date: Date,
    /// The customer's reference.
    pub reference: Option<String>,
    /// Lines, in home currency.
    pub lines: Vec<Line>,
}

impl Quote {
    fn net(&self) -> Decimal {
        self.lines.iter().map(|line| line.quantity * line.rate).sum()
    }

    fn vat(&self) -> Decimal {
        self.lines.iter().map(|line| line.vat_amount).sum()
    }
}

/// All quotes by number.
pub(super) type Quotes = BTreeMap<i64, Quote>;

impl KashFlow {
    /// Quotes by number.
    pub fn quotes(&self) -> impl Iterator<Item = &Quote> {
        self.quotes.values()
    }

    /// Takes a quote over as it is, in place of one with its number.
    pub fn insert_quote(&mut self, quote: Quote) {
        self.quotes.insert(quote.number, quote);
    }

    /// `GET /quotes`.
    pub(super) fn list_quotes(&mut self, request: &Request) -> Result<Response, Refusal> {
        self.list_call()?;
        let page = Page::read(request, self.options.default_per_page, self.options.max_per_page)?;
        let customer = query_text(request, "customercode")
            .map(|code| self.ledger(Side::Customer).find(&code).map_or(0, |customer| customer.id));
        let (from, to) = (query_date(request, "issuedatefrom")?, query_date(request, "issuedateto")?);
        let mut total = Decimal::ZERO;
        let mut keyed = Vec::new();
        for quote in self.quotes.values() {
            if customer.is_none_or(|customer| customer == quote.contact)
                && from.is_none_or(|from| quote.date >= from)
                && to.is_none_or(|to| quote.date <= to)
            {
                total += quote.net() + quote.vat();
                keyed.push((SortKey::Whole(quote.number), quote.number));
            }
        }
        let order = Order::new(keyed, descending(request)?, total);
        let numbers = order.page(page, 0);
        let rows: Vec<Value> = numbers
            .iter()
            .filter_map(|number| self.quotes.get(number))
            .map(|quote| self.quote_json(quote, false))
            .collect();
        Ok(Response::json(200, &page.envelope(request, &self.options, &order, rows)))
    }

    /// `GET /quotes/{number}`.
    pub(super) fn show_quote(&self, number: &str) -> Result<Response, Refusal> {
        let quote = number.parse().ok().and_then(|number: i64| self.quotes.get(&number));
        let quote = quote.ok_or_else(|| Refusal::NotFound("Quote not found.".into()))?;
        Ok(Response::json(200, &self.quote_json(quote, true)))
    }

    fn quote_json(&self, quote: &Quote, detail: bool) -> Value {
        let customer = self.ledger(Side::Customer).get(quote.contact);
        let gross = quote.net() + quote.vat();
        let mut row = json!({
            "Number": quote.number,
            "Date": day_text(quote.date, &self.options.date_offset),
            "CustomerId": quote.contact,
            "CustomerCode": customer.map(|customer| &customer.code),
            "CustomerName": customer.map(|customer| &customer.name),
            "CustomerReference": quote.reference,
            "NetAmount": money(quote.net()),
            "VATAmount": money(quote.vat()),
            "GrossAmount": money(gross),
            "ProjectNumber": 0,
            "ProjectName": Value::Null,
            "Category": Value::Null,
            "FileCount": 0,
            "IsEmailSent": false,
        });
        if let Some(fields) = row.as_object_mut().filter(|_| detail) {
            let lines = quote.lines.iter().enumerate().map(|(place, line)| {
                json!({
                    "Number": place + 1,
                    "Description": line.description,
                    "Quantity": money(line.quantity),
                    "Rate": money(line.rate),
                    "VATLevel": money(line.vat_level),
                    "VATAmount": money(line.vat_amount),
                })
            });
            fields.insert("LineItems".into(), lines.collect());
            fields.insert("Currency".into(), currency_json(&self.options.home_currency, None, false));
            fields.insert("HomeCurrencyGrossAmount".into(), money(gross));
            fields.insert("SuppressAmount".into(), json!(false));
        }
        row
    }
}
