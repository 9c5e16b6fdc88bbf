//! The writable fields of customers and suppliers that kashsync does not map, as one table per side.
//!
//! They are kept by name, only where they differ from their blank value, so that a PUT that leaves one out is seen to
//! lose it (kashflow-api U5). Not here: names, codes, people, addresses (see `records`).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    records::Side,
    wire::{Refusal, decimal, flag, money, whole},
};

/// A field's JSON form and its blank value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text with its blank value.
    Text(&'static str),
    /// True or false, blank false.
    Flag,
    /// A whole number with its blank value.
    Whole(i64),
    /// A number of four decimals with its blank value.
    Amount(Decimal),
    /// An object or null, blank null.
    Object,
    /// A list, blank empty.
    List,
    /// A list or null, blank null.
    ListOrNull,
    /// The record's own GUID, blank the one that belongs to its id.
    Key,
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// Name on the wire.
    pub(super) name: &'static str,
    /// Form and blank value.
    pub(super) kind: Kind,
    /// Whether list rows hold it, not details only.
    pub(super) listed: bool,
}

const fn listed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, listed: true }
}

const fn detail(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, listed: false }
}

/// The table of a side (kashflow-api 4.3, 5.2).
pub(super) fn fields(side: Side) -> &'static [Field] {
    match side {
        Side::Customer => &CUSTOMER,
        Side::Supplier => &SUPPLIER,
    }
}

const CUSTOMER: [Field; 27] = [
    listed("CustomerKey", Kind::Key),
    listed("VATNumber", Kind::Text("")),
    listed("TradeBorderType", Kind::Text("Domestic")),
    listed("IsCISReverseCharge", Kind::Flag),
    listed("ApplyWithholdingTax", Kind::Flag),
    listed("DefaultNominalCode", Kind::Whole(4000)),
    detail("UseCustomDeliveryAddress", Kind::Flag),
    detail("WithholdingTaxRate", Kind::Amount(Decimal::ZERO)),
    detail("WithholdingTaxReferences", Kind::ListOrNull),
    detail("Source", Kind::Whole(0)),
    detail("Note", Kind::Text("")),
    detail("PaymentTerms", Kind::Object),
    detail("DiscountRate", Kind::Amount(Decimal::ZERO)),
    detail("ShowDiscount", Kind::Flag),
    detail("AutoIncludeVATNumber", Kind::Flag),
    detail("ReceivesWholesalePricing", Kind::Flag),
    detail("AutomaticCreditControlEnabled", Kind::Flag),
    detail("OverrideInvoiceFileFormat", Kind::Flag),
    detail("DefaultCustomerReference", Kind::Text("")),
    detail("InvoiceFileFormat", Kind::Text("")),
    detail("UniqueEntityNumber", Kind::Text("")),
    detail("EmailTemplateNumber", Kind::Whole(0)),
    detail("PDFThemeId", Kind::Whole(0)),
    detail("CustomTextBoxes", Kind::List),
    detail("CustomCheckBoxes", Kind::List),
    detail("EnableCreditLimit", Kind::Flag),
    detail("CreditLimit", Kind::Amount(Decimal::ZERO)),
];

const SUPPLIER: [Field; 16] = [
    listed("TradeBorderType", Kind::Text("Domestic")),
    listed("IsCISReverseCharge", Kind::Flag),
    listed("ApplyWithholdingTax", Kind::Flag),
    listed("WithholdingTaxReferences", Kind::ListOrNull),
    listed("IsVatRateEnabled", Kind::Flag),
    listed("VatExempt", Kind::Flag),
    listed("DefaultVatRate", Kind::Amount(Decimal::ZERO)),
    // `Vat` here against `VAT` on customers (kashflow-api 12.3, 3).
    detail("VatNumber", Kind::Text("")),
    // -1 = not set (kashflow-api 12.3, 7).
    detail("WithholdingTaxRate", Kind::Amount(Decimal::NEGATIVE_ONE)),
    detail("BankAccount", Kind::Object),
    detail("PaymentMethod", Kind::Whole(0)),
    detail("DefaultNominalCode", Kind::Whole(5000)),
    detail("DefaultPdfTheme", Kind::Whole(0)),
    detail("PaymentTerms", Kind::Object),
    detail("UniqueEntityNumber", Kind::Text("")),
    detail("Note", Kind::Text("")),
];

impl Field {
    /// The value of a field that nobody set; `key` is the record's own GUID.
    pub(super) fn blank(&self, key: &str) -> Value {
        match self.kind {
            Kind::Text(text) => json!(text),
            Kind::Flag => json!(false),
            Kind::Whole(number) => json!(number),
            Kind::Amount(amount) => money(amount),
            Kind::Object | Kind::ListOrNull => Value::Null,
            Kind::List => json!([]),
            Kind::Key => json!(key),
        }
    }

    /// A sent value in its stored form: `None` where it is the blank one. A value of a wrong form is a 400.
    pub(super) fn read(&self, sent: &Value) -> Result<Option<Value>, Refusal> {
        let wrong = || Refusal::invalid(format!("The field {} is invalid.", self.name));
        if sent.is_null() {
            return Ok(None);
        }
        let value = match self.kind {
            Kind::Text(_) | Kind::Key => match sent {
                Value::String(_) => sent.clone(),
                Value::Number(number) => json!(number.to_string()),
                _ => return Err(wrong()),
            },
            Kind::Flag => json!(flag(sent).ok_or_else(wrong)?),
            Kind::Whole(_) => json!(whole(sent).ok_or_else(wrong)?),
            Kind::Amount(_) => money(decimal(sent).ok_or_else(wrong)?),
            Kind::Object if sent.is_object() => sent.clone(),
            Kind::List | Kind::ListOrNull if sent.is_array() => sent.clone(),
            Kind::Object | Kind::List | Kind::ListOrNull => return Err(wrong()),
        };
        Ok((value != self.blank("")).then_some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(side: Side, name: &str) -> Field {
        *fields(side).iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn blank_values_are_not_stored() {
        for (name, sent, stored) in [
            ("Note", json!(""), None),
            ("Note", json!(null), None),
            ("Note", json!("x"), Some(json!("x"))),
            ("InvoiceFileFormat", json!(3), Some(json!("3"))),
            ("DiscountRate", json!(0), None),
            ("DiscountRate", json!(5), Some(money(Decimal::from(5)))),
            ("CustomTextBoxes", json!([]), None),
            ("ShowDiscount", json!("1"), Some(json!(true))),
        ] {
            assert_eq!(field(Side::Customer, name).read(&sent).unwrap(), stored, "{name} {sent}");
        }
        assert!(field(Side::Customer, "Note").read(&json!([])).is_err());
        assert!(field(Side::Customer, "PaymentTerms").read(&json!("30")).is_err());
    }

    #[test]
    fn vat_number_is_spelled_as_the_side_spells_it() {
        assert!(fields(Side::Customer).iter().any(|field| field.name == "VATNumber" && field.listed));
        assert!(fields(Side::Supplier).iter().any(|field| field.name == "VatNumber" && !field.listed));
        assert_eq!(field(Side::Supplier, "WithholdingTaxRate").blank("").to_string(), "-1.0000");
    }
}
