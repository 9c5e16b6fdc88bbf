//! What is read on demand: a document's lines and payments, a customer's quotes, records of one name.

use serde_json::Value;

use super::amount::Amount;
use super::client::{Answer, KashFlowClient, PER_PAGE, contacts_segment, documents_segment};
use super::day::day;
use super::list::Row;
use super::map;
use super::wire::{LineWire, PartsWire, PaymentWire, QuoteWire};
use crate::domain::document_parts::{DocumentLine, DocumentParts, DocumentPayment};
use crate::domain::holdings::Quote;
use crate::domain::ids::Side;
use crate::domain::ledger::LedgerContact;
use crate::domain::money::Currency;
use crate::domain::normalise::{collapsed, name_key};
use crate::ports::RemoteError;
use crate::remote::base_url::query_value;
use crate::remote::json;
use crate::remote::transport::Transport;

/// No list that is read here is near that long.
const MOST_PAGES: usize = 1_000;
/// Money has this many decimals at most where a line's net is worked out.
const PENCE: u32 = 2;

impl<T: Transport> KashFlowClient<T> {
    /// The parts of one document.
    pub(super) async fn read_parts(&self, side: Side, number: i64) -> Result<DocumentParts, RemoteError> {
        let segment = documents_segment(side);
        let number = number.to_string();
        let refused = |message| RemoteError::Refused { message, field: None };
        match self.get(segment, &[segment, &number], "").await? {
            Answer::Found(response) => {
                let wire: PartsWire = json::object(&response.body)
                    .map_err(|why| self.exchange.unreachable(format!("{segment}: {why}")))?;
                parts(wire).map_err(refused)
            }
            Answer::NotFound => Err(RemoteError::NotFound),
            Answer::Refused(words) => Err(refused(words.message)),
        }
    }

    /// All quotes of a customer. The filter is asked for and checked again: it is not certain that it holds (kashflow-api
    /// 8). A row that cannot be read is an error: what a delete would destroy must not be understated (design B29).
    pub(super) async fn read_quotes(&self, customer: &LedgerContact) -> Result<Vec<Quote>, RemoteError> {
        let label = "quotes";
        let code = query_value(&customer.code);
        let mut quotes = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = format!("page={page}&perpage={PER_PAGE}&sortby=Number&order=Asc&customercode={code}");
            let read = self.page(label, &[label], &query, |row| quote(customer, row)).await?;
            if let Some(message) = read.unreadable.into_iter().next() {
                return Err(RemoteError::Refused { message, field: None });
            }
            quotes.extend(read.records.into_iter().flatten());
            if !read.more {
                return Ok(quotes);
            }
        }
        Err(self.exchange.unreachable(format!("{label}: the list does not end")))
    }

    /// Records whose name is that one, by KashFlow's filter for the beginning of a name, compared again here.
    pub(super) async fn search_named(
        &self,
        side: Side,
        name: &str,
    ) -> Result<Vec<LedgerContact>, RemoteError> {
        let segment = contacts_segment(side);
        let (key, wanted) = (name_key(name), query_value(&collapsed(name)));
        let mut found = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = format!(
                "page={page}&perpage={PER_PAGE}&sortby=Code&order=Asc&filterarchived=true&namestartswith={wanted}"
            );
            let read = self.page(segment, &[segment], &query, |row| map::ledger_contact(side, row)).await?;
            found.extend(read.records.into_iter().filter(|record| name_key(&record.name) == key));
            if !read.more {
                return Ok(found);
            }
        }
        Err(self.exchange.unreachable(format!("{segment}: the list does not end")))
    }
}

/// A quote, if it is that customer's.
fn quote(customer: &LedgerContact, row: Row) -> Result<Option<Quote>, String> {
    let called = row.0.get("Number").and_then(json::word).unwrap_or_else(|| "without number".into());
    let wrong = |why: String| format!("KashFlow quote {}: {why}", json::quote(&called));
    let wire: QuoteWire = json::record(Value::Object(row.0)).map_err(wrong)?;
    let is_theirs = match wire.customer_id.filter(|id| *id != 0) {
        Some(id) => id == customer.id.id.0,
        None => wire.customer_code.is_some_and(|code| code.trim().eq_ignore_ascii_case(&customer.code)),
    };
    if !is_theirs {
        return Ok(None);
    }
    let sum = || wire.net_amount?.0.checked_add(wire.vat_amount?.0);
    let gross = wire.gross_amount.map(|gross| gross.0).or_else(sum);
    let gross = gross.ok_or_else(|| wrong("no amount is given".into()))?;
    let currency = wire.currency.and_then(|currency| currency.code);
    Ok(Some(Quote {
        number: wire.number,
        date: day(wire.date.as_deref()).map_err(wrong)?,
        gross: gross.normalize(),
        currency: currency.as_deref().and_then(Currency::parse),
    }))
}

fn parts(wire: PartsWire) -> Result<DocumentParts, String> {
    Ok(DocumentParts {
        lines: wire.line_items.into_iter().flatten().map(line).collect(),
        payments: wire
            .payment_lines
            .into_iter()
            .flatten()
            .map(payment)
            .collect::<Result<Vec<DocumentPayment>, String>>()?,
    })
}

fn line(wire: LineWire) -> DocumentLine {
    let amount = |amount: Option<Amount>| amount.map(|amount| amount.0).unwrap_or_default();
    let (quantity, rate) = (amount(wire.quantity), amount(wire.rate));
    DocumentLine {
        description: wire.description.unwrap_or_default(),
        quantity,
        rate,
        net: quantity.checked_mul(rate).unwrap_or_default().round_dp(PENCE).normalize(),
        vat: amount(wire.vat_amount),
    }
}

fn payment(wire: PaymentWire) -> Result<DocumentPayment, String> {
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(DocumentPayment {
        date: day(wire.date.as_deref()).map_err(|why| format!("date of a payment: {why}"))?,
        amount: wire.amount.ok_or("a payment has no amount")?.0,
        method: wire.method,
        reference: given(wire.reference).or_else(|| given(wire.note)).unwrap_or_default(),
        is_credit_note: wire.is_payment_credit_note.is_some_and(|flag| flag.0),
    })
}
