//! How customers and suppliers are printed: list rows and details (kashflow-api 4.3, 4.4, 5.2).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    KashFlow,
    dates::{NO_DATE, day_text, days_between, moment_text},
    fields::fields,
    random::fixed_guid,
    records::{Address, ContactPerson, LedgerContact, Side},
    tables::{country_name, find_currency},
    wire::money,
};

/// Sums over the documents of one ledger contact, in home currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    /// Amounts due.
    pub(super) outstanding: Decimal,
    /// Amounts due of overdue documents.
    pub(super) overdue: Decimal,
    /// Paid.
    pub(super) paid: Decimal,
    /// Net.
    pub(super) net: Decimal,
    /// VAT.
    pub(super) vat: Decimal,
    /// Number of documents.
    pub(super) count: i64,
    /// First issue date, the sentinel when there is none.
    pub(super) first: Date,
    /// Last issue date, the sentinel when there is none.
    pub(super) last: Date,
    /// Average days from issue to settlement.
    pub(super) days_to_pay: Decimal,
    /// Some document is on a VAT return.
    pub(super) in_vat_return: bool,
}

impl KashFlow {
    /// Sums over the documents of a ledger contact.
    pub(super) fn totals(&self, side: Side, id: i64, today: Date) -> Totals {
        let mut sums = Totals {
            outstanding: Decimal::ZERO,
            overdue: Decimal::ZERO,
            paid: Decimal::ZERO,
            net: Decimal::ZERO,
            vat: Decimal::ZERO,
            count: 0,
            first: NO_DATE,
            last: NO_DATE,
            days_to_pay: Decimal::ZERO,
            in_vat_return: false,
        };
        let (mut settled, mut days) = (0_i64, 0_i64);
        for document in self.documents(side).of(id) {
            let due = document.at_home(document.due_amount());
            sums.outstanding += due;
            if document.overdue_days(today) > 0 {
                sums.overdue += due;
            }
            sums.paid += document.at_home(document.paid());
            sums.net += document.at_home(document.net());
            sums.vat += document.at_home(document.vat());
            sums.first = if sums.count == 0 { document.issued } else { sums.first.min(document.issued) };
            sums.last = sums.last.max(document.issued);
            sums.count += 1;
            sums.in_vat_return |= document.vat_return != 0;
            if let Some(paid) = document.paid_date() {
                settled += 1;
                days += days_between(document.issued, paid);
            }
        }
        sums.days_to_pay =
            Decimal::from(days).checked_div(Decimal::from(settled)).unwrap_or_default().round_dp(4);
        sums
    }

    /// A list row (`detail` false) or the whole record.
    pub(super) fn contact_json(&self, contact: &LedgerContact, detail: bool, today: Date) -> Value {
        let totals = self.totals(contact.side, contact.id, today);
        let key = fixed_guid(self.options.seed, contact.side.name(), contact.id);
        let mut row = Map::new();
        let mut add = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        add("Id", json!(contact.id));
        add("Code", json!(contact.code));
        add("Name", json!(contact.name));
        add("IsArchived", json!(contact.archived));
        add("Contacts", contact.people.iter().map(person_json).collect());
        add("TotalPaidAmount", money(totals.paid));
        add("OutstandingBalance", money(totals.outstanding));
        add("SourceName", json!(source_name(contact)));
        for field in fields(contact.side).iter().filter(|field| detail || field.listed) {
            add(field.name, contact.other.get(field.name).cloned().unwrap_or_else(|| field.blank(&key)));
        }
        if detail {
            add("CreatedDate", json!(day_text(contact.created, &self.options.date_offset)));
            add("LastUpdatedDate", json!(moment_text(contact.updated, &self.options.date_offset)));
        }
        // The documents' customer example says `DisplayOnRight`, list rows `DisplaySymbolOnRight` (12.3, 3 and 12).
        let legacy = detail && contact.side == Side::Customer;
        add("Currency", currency_json(contact.currency, None, legacy));
        match contact.side {
            Side::Customer => {
                add("IsSchedule", json!(false));
                add(
                    "Addresses",
                    contact.addresses.iter().map(|address| address_json(address, false)).collect(),
                );
                if detail {
                    self.customer_detail(contact, &totals, &key, &mut row);
                }
            }
            Side::Supplier => {
                add(
                    "Address",
                    contact.addresses.first().map_or(Value::Null, |address| address_json(address, false)),
                );
                add("UsesDefaultPdftTheme", json!(true));
                add("DoesSupplierHasTransactionsInVATReturn", json!(totals.in_vat_return));
                if detail {
                    add("BilledNetAmount", money(totals.net));
                    add("BilledVatAmount", money(totals.vat));
                }
            }
        }
        Value::Object(row)
    }

    fn customer_detail(
        &self,
        contact: &LedgerContact,
        totals: &Totals,
        key: &str,
        row: &mut Map<String, Value>,
    ) {
        let postcode =
            contact.addresses.first().and_then(|address| address.post_code.as_deref()).unwrap_or_default();
        let display =
            if postcode.is_empty() { contact.name.clone() } else { format!("{}, {postcode}", contact.name) };
        let mut add = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        add("DisplayName", json!(display));
        add(
            "DeliveryAddresses",
            contact.delivery_addresses.iter().map(|address| address_json(address, true)).collect(),
        );
        add("OverdueAmount", money(totals.overdue));
        add("InvoicedNetAmount", money(totals.net));
        add("InvoicedVATAmount", money(totals.vat));
        add("InvoiceCount", json!(totals.count));
        add("AverageDaysToPay", money(totals.days_to_pay));
        add("FirstInvoiceDate", json!(day_text(totals.first, &self.options.date_offset)));
        add("LastInvoiceDate", json!(day_text(totals.last, &self.options.date_offset)));
        add("IsGoCardlessMandateSet", json!(false));
        add("UsesDefaultTheme", json!(true));
        add("MarkedAsStale", json!(false));
        add("EnvelopeUrl", json!(format!("/v2/documents/customers/{key}")));
        if self.options.legacy_fields {
            for name in ["Email", "TelephoneNumber", "MobileNumber", "FaxNumber", "Website"] {
                add(name, json!(""));
            }
        }
    }
}

fn person_json(person: &ContactPerson) -> Value {
    let mut row = Map::new();
    row.insert("Id".into(), json!(person.id));
    row.insert("IsPrimary".into(), json!(person.primary));
    row.insert("ReceiveEmails".into(), json!(person.receives_emails));
    for (name, text) in person.texts() {
        row.insert(name.into(), json!(text));
    }
    Value::Object(row)
}

/// An address; `CountryName` is derived from the code.
pub(super) fn address_json(address: &Address, delivery: bool) -> Value {
    let mut row = Map::new();
    for (name, line) in ["Line1", "Line2", "Line3", "Line4"].into_iter().zip(&address.lines) {
        row.insert(name.into(), json!(line));
    }
    row.insert("PostCode".into(), json!(address.post_code));
    row.insert("CountryCode".into(), json!(address.country_code));
    row.insert("CountryName".into(), json!(address.country_code.as_deref().and_then(country_name)));
    if delivery {
        row.insert("Name".into(), json!(address.name));
    }
    Value::Object(row)
}

/// A currency; `rate` is a document's own, `legacy` the older name of the symbol's side.
pub(super) fn currency_json(code: &str, rate: Option<Decimal>, legacy: bool) -> Value {
    let Some(currency) = find_currency(code) else {
        return Value::Null;
    };
    let side = if legacy { "DisplayOnRight" } else { "DisplaySymbolOnRight" };
    json!({
        "Code": currency.code,
        "Name": currency.name,
        "Symbol": currency.symbol,
        "ExchangeRate": money(rate.or_else(|| currency.rate.parse().ok()).unwrap_or(Decimal::ONE)),
        side: false,
    })
}

/// The label of a business source number.
fn source_name(contact: &LedgerContact) -> &'static str {
    match contact.other.get("Source").and_then(Value::as_i64) {
        Some(43400) => "Web",
        Some(43401) => "Referral",
        _ => "",
    }
}
