//! Every published KashFlow example, through the real client (see `tests/fixtures/kashflow/README.md`).

use jiff::civil::date;
use kashsync::domain::ids::{LedgerId, LedgerRef, Side};
use kashsync::domain::ledger::{LedgerAddress, LedgerContact, LedgerPerson};
use kashsync::domain::money::Currency;
use kashsync::domain::trouble::TroubleCode;
use kashsync::ports::{Ledger, Page, RemoteError};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::script::{
    COMPANY_DETAILS, STEP_ONE, Script, answer, kashflow, ok, signed_in, step_two, trouble_of,
};

const CUSTOMER: &str = include_str!("../fixtures/kashflow/rest-doc-examples/CustomersRESTExample.json");
const SUPPLIER: &str = include_str!("../fixtures/kashflow/rest-doc-examples/SuppliersRESTExample.json");
const INVOICE: &str = include_str!("../fixtures/kashflow/rest-doc-examples/InvoicesRESTExample.json");
const PURCHASE: &str = include_str!("../fixtures/kashflow/rest-doc-examples/PurchasesRESTExample.json");
const QUOTE: &str = include_str!("../fixtures/kashflow/rest-doc-examples/QuotesRESTExample.json");
const PROJECT: &str = include_str!("../fixtures/kashflow/rest-doc-examples/ProjectsRESTExample.json");
const SIGN_IN: &str = include_str!("../fixtures/kashflow/rest-doc-pages/sessiontoken-post-response.json");
const LETTERS: &str = include_str!("../fixtures/kashflow/rest-doc-pages/sessiontoken-put-request.json");
const METADATA: &str = include_str!("../fixtures/kashflow/rest-doc-pages/metadata-get-response.json");
const LOCKED: &str = include_str!("../fixtures/kashflow/rest-doc-pages/error-401-account-locked.json");
const LAPSED: &str = include_str!("../fixtures/kashflow/rest-doc-pages/error-401-invalid-session-token.json");
const STALE: &str = include_str!("../fixtures/kashflow/rest-live-fragments/error-400-password-expired.json");
const SLOW: &str = include_str!("../fixtures/kashflow/rest-live-fragments/error-400-sql-timeout.json");

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn contacts(side: Side, row: &str) -> Result<Page<LedgerContact>, RemoteError> {
    let body = format!(r#"{{"MetaData":{{"TotalRecords":1,"NextPageUrl":null}},"Data":[{row}]}}"#);
    let script = signed_in(move |_| ok(&body));
    kashflow(&script).0.contacts(side, 1).await
}

#[tokio::test(start_paused = true)]
async fn the_example_customer() {
    let page = contacts(Side::Customer, CUSTOMER).await.unwrap();
    assert_eq!(page.unreadable, Vec::<String>::new());
    assert_eq!(
        page.records,
        [LedgerContact {
            id: LedgerRef::customer(10535),
            code: "PDRI91".into(),
            name: "дравс дравс др".into(),
            archived: false,
            contact: LedgerPerson { email: "test@testtrick.com".into(), ..LedgerPerson::default() },
            address: LedgerAddress {
                lines: ["1 Ashwood Close", "Branton", "Doncaster, South Yorkshire", "GB"]
                    .map(Into::into)
                    .to_vec(),
                postcode: "DN3 3UB".into(),
                country_code: "GB".into(),
            },
            currency: Some(Currency::GBP),
        }]
    );
}

#[tokio::test(start_paused = true)]
async fn the_example_supplier_without_its_bank_account() {
    let page = contacts(Side::Supplier, SUPPLIER).await.unwrap();
    assert_eq!(
        page.records,
        [LedgerContact {
            id: LedgerRef::supplier(2_467_871),
            code: "424201".into(),
            name: "Supplier Adam".into(),
            archived: false,
            contact: LedgerPerson {
                first: "Adam".into(),
                last: "Taylor".into(),
                email: "example@example.com".into(),
                telephone: "123456789".into(),
                fax: "12345677".into(),
                mobile: "123456789".into(),
                website: "example.com".into(),
            },
            address: LedgerAddress {
                lines: ["Line1", "Line2", "Line3", "Line4"].map(Into::into).to_vec(),
                postcode: "ABCDEF".into(),
                country_code: String::new(),
            },
            currency: Currency::parse("EUR"),
        }]
    );
    assert!(!format!("{page:?}").contains("VF324"), "the sort code is nowhere");
}

#[tokio::test(start_paused = true)]
async fn the_example_invoice() {
    let script = signed_in(|_| ok(INVOICE));
    let invoice = kashflow(&script).0.document(Side::Customer, 2).await.unwrap();
    assert_eq!((invoice.id.id, invoice.number), (196_172, 2));
    assert_eq!((invoice.owner_id, invoice.owner_code.as_str(), invoice.owner_name.as_str()), (None, "", ""));
    assert_eq!((invoice.issued, invoice.due), (Some(date(2012, 10, 9)), Some(date(2012, 10, 9))));
    assert_eq!(invoice.currency, Currency::GBP);
    // The example of 2013 has no DueAmount: gross less what was paid.
    assert_eq!((invoice.gross, invoice.due_amount), (decimal("117.5"), decimal("0")));
    assert_eq!((invoice.home_gross, invoice.vat_return), (Some(decimal("117.5")), None));
}

#[tokio::test(start_paused = true)]
async fn the_example_bill_in_another_currency() {
    let body = format!("[{PURCHASE}]");
    let script = signed_in(move |_| ok(&body));
    let page = kashflow(&script).0.documents(Side::Supplier, true, 1).await.unwrap();
    assert_eq!(
        (page.unreadable.len(), page.total, page.more),
        (0, None, false),
        "a bare array tells no total"
    );
    let bill = &page.records[0].document;
    assert_eq!((bill.id.id, bill.number), (17_356_452, 2_344_375));
    assert_eq!((bill.owner_id, bill.owner_code.as_str()), (Some(LedgerId(433_398)), "08C"));
    assert_eq!(bill.due, Some(date(2014, 1, 10)));
    assert_eq!(bill.currency, Currency::parse("AUD").unwrap());
    assert_eq!((bill.gross, bill.due_amount), (decimal("195.08"), decimal("195.08")));
    assert_eq!(bill.home_gross, Some(decimal("97.54")));
}

#[tokio::test(start_paused = true)]
async fn quotes_projects_and_counts_never_pass_for_documents() {
    // A quote says nothing of what is due and a project is no document at all: each costs itself only.
    for (stranger, words) in
        [(QUOTE, "invoice 11 (id 67295): the amount due"), (PROJECT, "invoice 4: missing field `Id`")]
    {
        assert!(serde_json::from_str::<Value>(stranger).is_ok());
        let body = format!("[{stranger},{INVOICE}]");
        let script = signed_in(move |_| ok(&body));
        let page = kashflow(&script).0.documents(Side::Customer, false, 1).await.unwrap();
        assert_eq!((page.records.len(), page.unreadable.len()), (1, 1));
        assert!(page.unreadable[0].contains(words), "{:?}", page.unreadable);
    }
    // The account's counts hold no rows: no list, and above all no empty one.
    let script = signed_in(|_| ok(METADATA));
    assert_eq!(trouble_of(kashflow(&script).0.contacts(Side::Customer, 1).await), TroubleCode::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn the_example_sign_in() {
    // The word's letters 2, 3 and 4 are asked for.
    let script = Script::in_order(vec![answer(201, &[], SIGN_IN), ok(&step_two(1)), ok(COMPANY_DETAILS)]);
    let company = kashflow(&script).0.company().await.unwrap();
    assert_eq!((company.id, company.name.as_str()), (None, "Northgate Supplies Ltd"));
    let sent = script.sent()[1].body.clone().unwrap();
    let documented: Value = serde_json::from_str(LETTERS).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&sent), keys(&documented));
    assert_eq!(sent["TemporaryToken"], "c3ce04a3-65b3-48bb-a3b9-366769359c56");
    assert_eq!(sent["MemorableWordList"][0], serde_json::json!({"Position": 2, "Value": "i"}));
}

#[tokio::test(start_paused = true)]
async fn the_example_refusals() {
    for (status, body, code) in
        [(401, LOCKED, TroubleCode::AccountLocked), (400, STALE, TroubleCode::PasswordExpired)]
    {
        let script = Script::in_order(vec![answer(status, &[], body)]);
        assert_eq!(trouble_of(kashflow(&script).0.company().await), code);
    }
    // A lapsed session is renewed, a database time-out is waited out; then the read succeeds.
    for (status, body, sign_ins) in [(401, LAPSED, 2), (400, SLOW, 1)] {
        let script = Script::new(move |number, sent| match sent.line.as_str() {
            "POST /v2/sessiontoken" => answer(201, &[], STEP_ONE),
            "PUT /v2/sessiontoken" => ok(&step_two(number)),
            _ if number == 2 => answer(status, &[], body),
            _ => ok("[]"),
        });
        let (kashflow, _) = kashflow(&script);
        kashflow.contacts(Side::Customer, 1).await.unwrap();
        assert_eq!(kashflow.requests().post, sign_ins);
    }
}
