//! Pages of lists: parameters, envelope, and the sorted order that is kept until something changes.
//!
//! Not here: what is filtered and by what it is sorted (see `contact_lists`, `document_lists`).

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    Options, PageUrls,
    wire::{Refusal, escape, money},
};
use crate::sim::http::Request;

/// A page that a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// 1-based.
    pub(super) number: usize,
    /// Rows.
    pub(super) size: usize,
}

/// A whole number of the query, `None` when it was not sent or blank.
fn query_number(request: &Request, name: &str) -> Result<Option<usize>, Refusal> {
    match request.query(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Refusal::invalid(format!("The value '{text}' is not valid for {name}."))),
    }
}

/// A yes-or-no of the query.
pub(super) fn query_flag(request: &Request, name: &str) -> bool {
    request.query(name).is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
}

/// A date of the query (kashflow-api U13).
pub(super) fn query_date(request: &Request, name: &str) -> Result<Option<Date>, Refusal> {
    match request.query(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => super::dates::read(text)
            .map(Some)
            .ok_or_else(|| Refusal::invalid(format!("The value '{text}' is not valid for {name}."))),
    }
}

/// A text of the query in lower case, `None` when it is blank.
pub(super) fn query_text(request: &Request, name: &str) -> Option<String> {
    request.query(name).map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// Whether rows run downwards.
pub(super) fn descending(request: &Request) -> Result<bool, Refusal> {
    match query_text(request, "order").as_deref() {
        None | Some("asc" | "0") => Ok(false),
        Some("desc" | "1") => Ok(true),
        Some(other) => Err(Refusal::invalid(format!("The value '{other}' is not valid for order."))),
    }
}

impl Page {
    /// Reads `page` and `perpage` (kashflow-api 2.2, U2).
    pub(super) fn read(request: &Request, default: usize, max: usize) -> Result<Self, Refusal> {
        let number = query_number(request, "page")?.unwrap_or(1);
        let size = query_number(request, "perpage")?.unwrap_or(default);
        if number == 0 || size == 0 {
            return Err(Refusal::invalid("Page and perpage must be greater than zero."));
        }
        if size > max && !query_flag(request, "skipperpagevalidation") {
            return Err(Refusal::invalid(format!("Perpage must not be greater than {max}.")));
        }
        Ok(Self { number, size })
    }

    /// The envelope around the rows of this page (kashflow-api 2.2).
    pub(super) fn envelope(
        self,
        request: &Request,
        options: &Options,
        order: &Order,
        rows: Vec<Value>,
    ) -> Value {
        let records = order.rows.len();
        let last = records.div_ceil(self.size).max(1);
        let url = |number: usize| page_url(request, options, number, self.size);
        let about = json!({
            "TotalRecords": records,
            "FirstPageUrl": url(1),
            "LastPageUrl": url(last),
            "PreviousPageUrl": (self.number > 1).then(|| url(self.number - 1)),
            "NextPageUrl": (self.number < last).then(|| url(self.number + 1)),
            "TotalAmount": money(order.total),
            "InvoiceLimitReached": false,
        });
        // The rows are put in as they are; the macro would copy them.
        Value::Object(
            [("MetaData".to_owned(), about), ("Data".to_owned(), Value::Array(rows))].into_iter().collect(),
        )
    }
}

/// The address of another page of the same list: every other parameter stays (U1).
fn page_url(request: &Request, options: &Options, number: usize, size: usize) -> String {
    let mut pairs = vec![format!("page={number}"), format!("perpage={size}")];
    for (name, value) in &request.query {
        if !name.eq_ignore_ascii_case("page") && !name.eq_ignore_ascii_case("perpage") {
            pairs.push(format!("{}={}", escape(name), escape(value)));
        }
    }
    let origin = match options.page_urls {
        PageUrls::Absolute => request.origin.trim_end_matches('/'),
        PageUrls::Path => "",
    };
    format!("{origin}{}?{}", request.path, pairs.join("&"))
}

/// What rows are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey {
    /// Text, in lower case.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// An amount.
    Amount(Decimal),
    /// A date; none comes first.
    Day(Option<Date>),
}

/// The sorted rows of one list query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    /// Number of the group of equal sort keys, and id of the row.
    rows: Vec<(u32, i64)>,
    /// `TotalAmount`: over the whole filtered set.
    total: Decimal,
}

impl Order {
    /// Sorts rows by key, then by id.
    pub(super) fn new(mut keyed: Vec<(SortKey, i64)>, descending: bool, total: Decimal) -> Self {
        keyed.sort_unstable_by(|a, b| {
            let keys = if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) };
            keys.then(a.1.cmp(&b.1))
        });
        let mut rows = Vec::with_capacity(keyed.len());
        let mut group = 0_u32;
        let mut before: Option<SortKey> = None;
        for (key, id) in keyed {
            if before.as_ref().is_some_and(|before| *before != key) {
                group += 1;
            }
            rows.push((group, id));
            before = Some(key);
        }
        Self { rows, total }
    }

    /// Ids of one page. Rows of equal sort keys are rotated by `shift`, so that another request sees them in another
    /// order (kashflow-api 2.2: paging is not stable when the sort column has ties).
    pub(super) fn page(&self, page: Page, shift: usize) -> Vec<i64> {
        let start = (page.number - 1).saturating_mul(page.size).min(self.rows.len());
        let end = start.saturating_add(page.size).min(self.rows.len());
        (start..end).filter_map(|at| self.row(at, shift)).collect()
    }

    fn row(&self, at: usize, shift: usize) -> Option<i64> {
        let (group, id) = *self.rows.get(at)?;
        let first = self.rows.partition_point(|(other, _)| *other < group);
        let after = self.rows.partition_point(|(other, _)| *other <= group);
        match (at - first + shift).checked_rem(after - first) {
            Some(offset) => self.rows.get(first + offset).map(|(_, id)| *id),
            None => Some(id),
        }
    }
}

/// The sorted orders of the last few list queries.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    kept: Vec<(String, u64, Arc<Order>)>,
}

impl Orders {
    /// Orders kept at once: enough for a client that reads several lists in turn.
    const KEPT: usize = 6;

    /// The order of a query, if nothing changed since it was made.
    pub(super) fn find(&self, query: &str, stamp: u64) -> Option<Arc<Order>> {
        self.kept
            .iter()
            .find(|(key, at, _)| *at == stamp && key == query)
            .map(|(_, _, order)| Arc::clone(order))
    }

    /// Keeps an order and gives it back.
    pub(super) fn keep(&mut self, query: String, stamp: u64, order: Order) -> Arc<Order> {
        let order = Arc::new(order);
        self.kept.retain(|(key, at, _)| *at == stamp && *key != query);
        if self.kept.len() >= Self::KEPT {
            self.kept.remove(0);
        }
        self.kept.push((query, stamp, Arc::clone(&order)));
        order
    }
}

/// The query without its page, as the name under which its order is kept. The day belongs to it, because what is
/// overdue changes at midnight, and so do the switches that lists depend on.
pub(super) fn query_key(kind: &str, request: &Request, options: &Options, today: Date) -> String {
    let mut pairs: Vec<String> = request
        .query
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("page") && !name.eq_ignore_ascii_case("perpage"))
        .map(|(name, value)| format!("{}={}", name.to_lowercase(), escape(value)))
        .collect();
    pairs.sort_unstable();
    format!("{kind} {today} {} {:?} {}", options.hide_archived, options.status_words, pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[i64], descending: bool) -> Order {
        let keyed =
            keys.iter().enumerate().map(|(id, key)| (SortKey::Whole(*key), i64::try_from(id).unwrap()));
        Order::new(keyed.collect(), descending, Decimal::ZERO)
    }

    #[test]
    fn unique_keys_page_stably() {
        let order = order(&[5, 3, 4, 1], false);
        for shift in 0..4 {
            assert_eq!(order.page(Page { number: 1, size: 3 }, shift), [3, 1, 2]);
            assert_eq!(order.page(Page { number: 2, size: 3 }, shift), [0]);
            assert!(order.page(Page { number: 9, size: 3 }, shift).is_empty());
        }
    }

    #[test]
    fn ties_come_in_another_order_with_every_request() {
        let order = order(&[1, 2, 2, 2, 3], true);
        let all = Page { number: 1, size: 9 };
        assert_eq!(order.page(all, 0), [4, 1, 2, 3, 0]);
        assert_eq!(order.page(all, 1), [4, 2, 3, 1, 0]);
        // A row is repeated and another one skipped across two pages.
        assert_eq!(order.page(Page { number: 1, size: 2 }, 0), [4, 1]);
        assert_eq!(order.page(Page { number: 2, size: 2 }, 2), [1, 2]);
    }

    #[test]
    fn orders_are_dropped_when_something_changes() {
        let mut orders = Orders::default();
        orders.keep("a".into(), 1, order(&[1], false));
        assert!(orders.find("a", 1).is_some());
        assert!(orders.find("a", 2).is_none());
        orders.keep("b".into(), 2, order(&[1], false));
        assert!(orders.find("a", 1).is_none());
    }
}
