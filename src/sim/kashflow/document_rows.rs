//! How invoices and bills are printed: list rows and details (kashflow-api 6.3, 6.4, 7).

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    KashFlow, StatusWords,
    dates::day_text,
    documents::{Document, Line, Payment, Standing},
    random::fixed_guid,
    records::Side,
    rows::{address_json, currency_json},
    tables::find_currency,
    wire::money,
};

impl KashFlow {
    /// The `Status` text of a document (kashflow-api U11).
    pub(super) fn status_text(&self, document: &Document, today: Date) -> &'static str {
        match (document.standing(today), self.options.status_words) {
            (Standing::Paid, StatusWords::Attested) => "Paid",
            (Standing::Overpaid, StatusWords::Attested) => "Overpaid",
            (Standing::Overdue, StatusWords::Attested) => "Overdue",
            (Standing::Unpaid, StatusWords::Attested) => "Unpaid",
            (Standing::Paid, StatusWords::Odd) => "Awaiting approval",
            (Standing::Overpaid, StatusWords::Odd) => "Done",
            (Standing::Overdue, StatusWords::Odd) => "Sent",
            (Standing::Unpaid, StatusWords::Odd) => "Settled in part",
        }
    }

    fn day(&self, day: Option<Date>) -> Value {
        day.map_or(Value::Null, |day| json!(day_text(day, &self.options.date_offset)))
    }

    /// A list row (`detail` false) or the whole document.
    pub(super) fn document_json(&self, document: &Document, detail: bool, today: Date) -> Value {
        let mut row = Map::new();
        let mut add = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        add("Id", json!(document.id));
        add("Number", json!(document.number));
        add("IssuedDate", self.day(Some(document.issued)));
        add("DueDate", self.day(document.due));
        add("PaidDate", self.day(document.paid_date()));
        add("Status", json!(self.status_text(document, today)));
        add("NetAmount", money(document.net()));
        add("VATAmount", money(document.vat()));
        add("HomeCurrencyGrossAmount", money(document.at_home(document.gross())));
        // In home currency, unlike every other amount (kashflow-api 6.3).
        add("TotalPaidAmount", money(document.at_home(document.paid())));
        add("DueAmount", money(document.due_amount()));
        add("OverdueDays", json!(document.overdue_days(today)));
        add("FileCount", json!(0));
        add("VATReturnId", json!(document.vat_return));
        add("ProjectNumber", json!(0));
        add("ProjectName", Value::Null);
        add("ProjectGrossAmount", money(Decimal::ZERO));
        add("TradeBorderType", json!("Domestic"));
        add("IsCISReverseCharge", json!(false));
        add("CISRCVatAmount", money(Decimal::ZERO));
        if detail {
            add("CISRCNetAmount", money(Decimal::ZERO));
            add("Currency", currency_json(document.currency, Some(document.exchange_rate), false));
            add("GrossAmount", money(document.gross()));
            add("IsWhtDeductionToBeApplied", json!(false));
            add("LineItems", numbered(&document.lines, |number, line| line_json(document, number, line)));
            let kind = payment_kind(document.side);
            add("PaymentLines", numbered(&document.payments, |_, payment| self.payment_json(kind, payment)));
            let (before, after) = self.documents(document.side).neighbours(document.number);
            add("PreviousNumber", json!(before));
            add("NextNumber", json!(after));
        }
        match document.side {
            Side::Customer => self.invoice_fields(document, detail, &mut row),
            Side::Supplier => self.bill_fields(document, detail, &mut row),
        }
        Value::Object(row)
    }

    fn invoice_fields(&self, document: &Document, detail: bool, row: &mut Map<String, Value>) {
        let customer = self.ledger(Side::Customer).get(document.contact);
        let guid = fixed_guid(self.options.seed, "Invoice", document.id);
        let mut add = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        add("Type", json!("Invoice"));
        add("GrossAmount", money(document.gross()));
        add("HomeCurrencyVATAmount", money(document.at_home(document.vat())));
        add("CustomerId", json!(document.contact));
        add("CustomerCode", json!(customer.map(|customer| &customer.code)));
        add("CustomerName", json!(customer.map(|customer| &customer.name)));
        add("CustomerKey", json!(fixed_guid(self.options.seed, Side::Customer.name(), document.contact)));
        add("CustomerReference", json!(document.reference));
        add("EmailCount", json!(0));
        add("IsArchived", json!(false));
        add("AutomaticCreditControlEnabled", json!(false));
        let address = customer.and_then(|customer| customer.addresses.first());
        add("Address", address.map_or(Value::Null, |address| address_json(address, false)));
        if !detail {
            // Null in lists (kashflow-api 12.3, 5).
            add("Currency", Value::Null);
            add("LineItems", Value::Null);
            return;
        }
        let person = customer.and_then(|customer| customer.primary());
        add("CustomerContactName", json!(person.and_then(|person| person.name.as_ref())));
        add("CustomerContactFirstName", json!(person.and_then(|person| person.first_name.as_ref())));
        add("CustomerContactLastName", json!(person.and_then(|person| person.last_name.as_ref())));
        add("CustomerDiscount", json!(0));
        add("VATNumber", json!(""));
        add("LastPaymentDate", self.day(document.last_payment()));
        add("CreatedDate", self.day(Some(document.issued)));
        let symbol = find_currency(document.currency).map_or("", |currency| currency.symbol);
        add("FormattedDueAmount", json!(format!("{symbol}{:.2}", document.due_amount().round_dp(2))));
        add("DeliveryAddress", Value::Null);
        add("UseCustomDeliveryAddress", json!(false));
        add("ReminderLetters", json!([]));
        // With and without a leading slash, as the documents' example shows them.
        add("Permalink", json!(format!("/v2/documents/invoice/{guid}")));
        add("PackingSlipPermalink", json!(format!("v2/documents/packingslip/{guid}")));
    }

    fn bill_fields(&self, document: &Document, detail: bool, row: &mut Map<String, Value>) {
        let supplier = self.ledger(Side::Supplier).get(document.contact);
        let mut add = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        add("Type", json!("Purchase"));
        add("SupplierCode", json!(supplier.map(|supplier| &supplier.code)));
        add("SupplierName", json!(supplier.map(|supplier| &supplier.name)));
        add("SupplierReference", json!(document.reference));
        if self.options.supplier_id_on_bills {
            add("SupplierId", json!(document.contact));
        }
        add("CISRCNetAmount", money(Decimal::ZERO));
        add("IsEmailSent", json!(false));
        // Bills carry their currency in lists, unlike invoices (kashflow-api 7).
        add("Currency", currency_json(document.currency, Some(document.exchange_rate), false));
        if detail {
            let guid = fixed_guid(self.options.seed, "Purchase", document.id);
            add("Permalink", json!(format!("/v2/documents/purchaseorder/{guid}")));
            add("AdditionalFieldValue", json!(""));
            add("StockManagementApplicable", json!(false));
        }
    }

    fn payment_json(&self, kind: &str, payment: &Payment) -> Value {
        let guid = fixed_guid(self.options.seed, kind, payment.id);
        json!({
            "Id": payment.id,
            "Date": self.day(Some(payment.date)),
            "Amount": money(payment.amount),
            "Method": 1,
            "Reference": Value::Null,
            "Note": "",
            "AccountId": 55166,
            "BulkId": Value::Null,
            "BankTransactionId": Value::Null,
            "Permalink": format!("/v2/documents/{kind}/payment/{guid}"),
            "VATReturnId": 0,
            "IsPaymentCreditNote": payment.credit_note,
        })
    }
}

fn payment_kind(side: Side) -> &'static str {
    match side {
        Side::Customer => "invoice",
        Side::Supplier => "purchase",
    }
}

fn numbered<T>(rows: &[T], print: impl Fn(usize, &T) -> Value) -> Value {
    rows.iter().enumerate().map(|(position, row)| print(position + 1, row)).collect()
}

fn line_json(document: &Document, number: usize, line: &Line) -> Value {
    json!({
        "Number": number,
        "Description": line.description,
        "Quantity": money(line.quantity),
        "Rate": money(line.rate),
        "HomeCurrencyRate": money(document.at_home(line.rate)),
        "VATLevel": money(line.vat_level),
        "VATExempt": false,
        "VATAmount": money(line.vat_amount),
        "HomeCurrencyVATAmount": money(document.at_home(line.vat_amount)),
        "NominalCode": match document.side { Side::Customer => 4000, Side::Supplier => 5000 },
        "NominalName": match document.side { Side::Customer => "Sales", Side::Supplier => "Materials Purchased" },
        "ProductCode": "",
        "ProductName": "",
        "TaxCode": Value::Null,
        "ProjectNumber": 0,
        "ProjectName": Value::Null,
        "ApplyTax1": false, "ApplyTax2": false, "ApplyTax3": false, "ApplyTax4": false, "ApplyTax5": false,
        "Tax1Amount": money(Decimal::ZERO), "Tax2Amount": money(Decimal::ZERO), "Tax3Amount": money(Decimal::ZERO),
        "Tax4Amount": money(Decimal::ZERO), "Tax5Amount": money(Decimal::ZERO),
    })
}
