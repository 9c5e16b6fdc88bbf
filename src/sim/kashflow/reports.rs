//! Reports: unpaid and overdue sales (kashflow-api 6.5), statistics and bulk sums (4.1, 4.7).

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    KashFlow, ReportCurrency,
    contact_lists::codes,
    dates::{day_text, today},
    documents::Document,
    paging::query_text,
    records::Side,
    rows::Totals,
    tables::find_currency,
    wire::{Refusal, money, sent_json},
};
use crate::sim::http::{Request, Response};

impl KashFlow {
    /// `GET /reports/sales/unpaid-invoices` and `GET /reports/sales/overdue-invoices`: un-paged, `Metadata` with a
    /// small d. Invoices with something due; credit notes and overpaid invoices are not owed to the firm.
    pub(super) fn sales_report(
        &mut self,
        overdue_only: bool,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        self.list_call()?;
        let today = today(now);
        let mut open: Vec<&Document> = self
            .invoices()
            .filter(|invoice| invoice.due_amount() > Decimal::ZERO)
            .filter(|invoice| !overdue_only || invoice.overdue_days(today) > 0)
            .collect();
        match query_text(request, "orderBy").as_deref() {
            None | Some("duedate" | "0") => open.sort_by_key(|invoice| (invoice.due, invoice.number)),
            Some("invoicenumber") => open.sort_by_key(|invoice| invoice.number),
            Some("customername" | "customercode") => open.sort_by_key(|invoice| {
                (
                    self.ledger(Side::Customer).get(invoice.contact).map(|customer| &customer.name),
                    invoice.number,
                )
            }),
            Some("invoiceamountowed") => open.sort_by_key(|invoice| invoice.at_home(invoice.due_amount())),
            Some(other) => {
                return Err(Refusal::invalid(format!("The value '{other}' is not valid for orderBy.")));
            }
        }
        let mut owed = Decimal::ZERO;
        let mut owed_net = Decimal::ZERO;
        for invoice in &open {
            let due = invoice.at_home(invoice.due_amount());
            owed += due;
            // The part of what is owed that is not VAT, in proportion.
            owed_net += (due * invoice.net()).checked_div(invoice.gross()).unwrap_or(due).round_dp(4);
        }
        let rows: Vec<Value> = open.into_iter().map(|invoice| self.report_row(invoice, today)).collect();
        let body = json!({
            "Metadata": { "TotalOwed": money(owed), "TotalOwedExcludingTax": money(owed_net) },
            "Invoices": rows,
        });
        Ok(Response::json(200, &body))
    }

    fn report_row(&self, invoice: &Document, today: Date) -> Value {
        let customer = self.ledger(Side::Customer).get(invoice.contact);
        let amount = |amount: Decimal| match self.options.report_currency {
            ReportCurrency::Home => money(invoice.at_home(amount)),
            ReportCurrency::Document => money(amount),
        };
        let part_payments: Vec<Value> = invoice
            .payments
            .iter()
            .map(|payment| {
                json!({
                    "Date": day_text(payment.date, &self.options.date_offset),
                    "PaymentAmount": amount(payment.amount),
                })
            })
            .collect();
        json!({
            "InvoiceNumber": invoice.number,
            "CustomerName": customer.map(|customer| &customer.name),
            "CustomerCode": customer.map(|customer| &customer.code),
            "InvoiceAmount": amount(invoice.gross()),
            "InvoiceAmountOwed": amount(invoice.due_amount()),
            "DueDate": invoice.due.map(|due| day_text(due, &self.options.date_offset)),
            "OverdueBy": invoice.overdue_days(today),
            "EmailLettersSent": [],
            "PartPayments": part_payments,
        })
    }

    /// `GET /customers/{code}/statistics`, `GET /customers/statistics` and their twins: money as text
    /// (kashflow-api 12.3, 11).
    pub(super) fn statistics(
        &self,
        side: Side,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let today = today(now);
        let found: Vec<Totals> = match code {
            Some(code) => vec![self.totals(side, self.ledger(side).find(code)?.id, today)],
            None => self.ledger(side).iter().map(|contact| self.totals(side, contact.id, today)).collect(),
        };
        let symbol = find_currency(&self.options.home_currency).map_or("", |currency| currency.symbol);
        let sum = |pick: fn(&Totals) -> Decimal| {
            let amount: Decimal = found.iter().map(pick).sum();
            format!("{symbol}{:.2}", amount.round_dp(2))
        };
        let mut body = match side {
            Side::Customer => json!({
                "TotalInvoiced": sum(|totals| totals.net + totals.vat),
                "AmountDue": sum(|totals| totals.outstanding),
                "AmountOverdue": sum(|totals| totals.overdue),
            }),
            Side::Supplier => json!({
                "TotalBilled": sum(|totals| totals.net + totals.vat),
                "TotalPaid": sum(|totals| totals.paid),
                "TotalDue": sum(|totals| totals.outstanding),
            }),
        };
        if let (Some(_), Some(totals), Some(fields)) = (code, found.first(), body.as_object_mut()) {
            fields
                .insert("FirstTransactionDate".into(), json!(totals.first.strftime("%d/%m/%Y").to_string()));
            fields.insert("LastTransactionDate".into(), json!(totals.last.strftime("%d/%m/%Y").to_string()));
            if side == Side::Customer {
                fields.insert("AverageTimeToPay".into(), json!(format!("{:.0} days", totals.days_to_pay)));
            }
        }
        Ok(Response::json(200, &body))
    }

    /// `POST /customers/customerbulkinvoice`: `LastInvoiceDate` is a whole number (kashflow-api 12.3, 11).
    pub(super) fn bulk_sums(&self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        let value = sent_json(request)?;
        let mut rows = Vec::new();
        for code in codes(&value)? {
            let customer = self.ledger(Side::Customer).find(&code)?;
            let totals = self.totals(Side::Customer, customer.id, today(now));
            let (year, month, day) = (totals.last.year(), totals.last.month(), totals.last.day());
            rows.push(json!({
                "CustomerCode": customer.code,
                "CustomerName": customer.name,
                "NetAmount": money(totals.net),
                "VATAmount": money(totals.vat),
                "PaidAmount": money(totals.paid),
                "InvoicesCount": totals.count,
                "LastInvoiceDate": i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day),
            }));
        }
        Ok(Response::json(200, &Value::Array(rows)))
    }
}
