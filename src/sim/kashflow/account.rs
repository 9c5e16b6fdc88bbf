//! What the account says about itself and its fixed lists (kashflow-api 9, 10).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    KashFlow, StatusWords, Subscription,
    records::Side,
    rows::currency_json,
    tables::{CURRENCIES, countries, is_eu},
    wire::money,
};

impl KashFlow {
    /// `GET /settings/companydetails`.
    pub(super) fn company_details(&self) -> Value {
        let options = &self.options;
        json!({
            "CompanyName": options.company_name,
            "Username": options.user_name,
            "Contact": { "Name": "", "Telephone": "", "Mobile": "", "Email": "" },
            "HomeCurrency": currency_json(&options.home_currency, None, false),
            "Address": {
                "Line1": "The Old Sawmill", "Line2": "Brook Lane", "Line3": "Otley", "Line4": "West Yorkshire",
                "PostCode": "LS21 3JT", "CountryCode": "GB", "CountryName": "United Kingdom",
            },
            "DateFormat": "dd/MM/yyyy",
            "VATRegistered": true,
            "VatRegisteredIn": "GB",
            "VATNumber": "",
            "PaymentTerms": { "Type": "AfterIssuedDate", "Days": 30 },
            "BusinessType": 1,
            "IndustrySector": "Construction",
            "SubscriptionStatus": if options.subscription == Subscription::Active { 0 } else { 2 },
            "SubscriptionType": "Business",
            "IsDemoAccount": false,
            "AccountingType": 1,
            "IsVatNumberReadOnly": false,
        })
    }

    /// `GET /settings/profile`.
    pub(super) fn profile(&self) -> Value {
        json!({
            "Username": self.options.user_name,
            "Name": self.options.user_name,
            "EmailId": "",
            "CompanyName": self.options.company_name,
        })
    }

    /// `GET /metadata`: counts over everything, archived records too.
    pub(super) fn metadata(&self) -> Value {
        json!({
            "TotalCustomerCount": self.ledger(Side::Customer).len(),
            "TotalSupplierCount": self.ledger(Side::Supplier).len(),
            "TotalInvoiceCount": self.documents(Side::Customer).len(),
            "TotalNominalCount": 15,
            "TotalProductCount": 0,
            "TotalLoginCount": 1,
            "TotalBankBalance": money(Decimal::ZERO),
            "PayrollProvisioningStatus": "NotInitiated",
            "UserHasAmazonFiles": false,
            "AmazonFilesMarkedforMigration": false,
        })
    }

    /// `GET /currencies`: without the home currency, as the documents' example.
    pub(super) fn currencies(&self) -> Value {
        CURRENCIES
            .iter()
            .filter(|currency| !currency.code.eq_ignore_ascii_case(&self.options.home_currency))
            .map(|currency| {
                let mut row = currency_json(currency.code, None, false);
                if let Some(fields) = row.as_object_mut() {
                    fields.insert("Id".into(), json!(currency.id));
                }
                row
            })
            .collect()
    }

    /// `GET /paymentstatuses`: the words of `Status`. Their shape is not published; a name and a number each.
    pub(super) fn payment_statuses(&self) -> Value {
        let words = match self.options.status_words {
            StatusWords::Attested => ["Paid", "Unpaid", "Overdue", "Overpaid"],
            StatusWords::Odd => ["Awaiting approval", "Settled in part", "Sent", "Done"],
        };
        words.iter().enumerate().map(|(id, name)| json!({ "Id": id, "Name": name })).collect()
    }
}

/// `GET /countries`.
pub(super) fn country_list() -> Value {
    countries()
        .enumerate()
        .map(|(id, (code, name))| json!({ "Id": id + 1, "Code": code, "Name": name, "IsEU": is_eu(code) }))
        .collect()
}
