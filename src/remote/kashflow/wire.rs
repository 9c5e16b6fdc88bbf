//! KashFlow's records as they stand on the wire (kashflow-api 4 to 9).
//!
//! Fields come and go without notice, so all that we can do without may be missing or null. What is not listed here is
//! never decoded into anything of ours: bank details above all (kashflow-api 5.2).

use serde::Deserialize;

use super::amount::{Amount, Truth};

/// A customer or a supplier: customers have `Addresses`, suppliers `Address` (kashflow-api 12.3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LedgerWire {
    pub(super) id: i64,
    pub(super) code: String,
    pub(super) name: Option<String>,
    pub(super) is_archived: Option<Truth>,
    pub(super) contacts: Option<Vec<ContactWire>>,
    pub(super) addresses: Option<Vec<AddressWire>>,
    pub(super) address: Option<AddressWire>,
    pub(super) currency: Option<CurrencyWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContactWire {
    pub(super) is_primary: Option<Truth>,
    pub(super) firstname: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) telephone: Option<String>,
    pub(super) fax: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) website: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AddressWire {
    pub(super) line1: Option<String>,
    pub(super) line2: Option<String>,
    pub(super) line3: Option<String>,
    pub(super) line4: Option<String>,
    pub(super) post_code: Option<String>,
    pub(super) country_code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CurrencyWire {
    pub(super) code: Option<String>,
}

/// An invoice or a bill.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DocumentWire {
    pub(super) id: i64,
    pub(super) number: i64,
    pub(super) customer_id: Option<i64>,
    pub(super) customer_code: Option<String>,
    pub(super) customer_name: Option<String>,
    pub(super) supplier_id: Option<i64>,
    pub(super) supplier_code: Option<String>,
    pub(super) supplier_name: Option<String>,
    pub(super) issued_date: Option<String>,
    pub(super) due_date: Option<String>,
    pub(super) currency: Option<CurrencyWire>,
    pub(super) net_amount: Option<Amount>,
    #[serde(rename = "VATAmount")]
    pub(super) vat_amount: Option<Amount>,
    pub(super) gross_amount: Option<Amount>,
    pub(super) due_amount: Option<Amount>,
    pub(super) total_paid_amount: Option<Amount>,
    pub(super) home_currency_gross_amount: Option<Amount>,
    #[serde(rename = "VATReturnId")]
    pub(super) vat_return_id: Option<i64>,
}

/// One line of the unpaid report (kashflow-api 6.5).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnpaidWire {
    pub(super) invoice_number: i64,
    pub(super) invoice_amount_owed: Amount,
    pub(super) due_date: Option<String>,
}

/// The company's details; contact and bank data in it are not wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompanyWire {
    pub(super) company_name: Option<String>,
    pub(super) home_currency: Option<CurrencyWire>,
}

/// A row of the list of quotes (kashflow-api 8).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QuoteWire {
    pub(super) number: i64,
    pub(super) date: Option<String>,
    pub(super) customer_id: Option<i64>,
    pub(super) customer_code: Option<String>,
    pub(super) gross_amount: Option<Amount>,
    pub(super) net_amount: Option<Amount>,
    #[serde(rename = "VATAmount")]
    pub(super) vat_amount: Option<Amount>,
    pub(super) currency: Option<CurrencyWire>,
}

/// An invoice or bill as far as its lines and payments go (kashflow-api 6.4).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PartsWire {
    pub(super) line_items: Option<Vec<LineWire>>,
    pub(super) payment_lines: Option<Vec<PaymentWire>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LineWire {
    pub(super) description: Option<String>,
    pub(super) quantity: Option<Amount>,
    pub(super) rate: Option<Amount>,
    #[serde(rename = "VATAmount")]
    pub(super) vat_amount: Option<Amount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PaymentWire {
    pub(super) date: Option<String>,
    pub(super) amount: Option<Amount>,
    pub(super) method: Option<i64>,
    pub(super) reference: Option<String>,
    pub(super) note: Option<String>,
    pub(super) is_payment_credit_note: Option<Truth>,
}
