//! Customers and suppliers, through the front door.

use serde_json::{Value, json};

use super::{Desk, body};
use crate::sim::{
    http::Method,
    kashflow::{Options, PutSemantics, Side, Trimming},
};

fn quayside() -> Value {
    json!({
        "name": "Quayside Joinery", "createcustomercodeifduplicate": true,
        "contacts": [{"firstname": "Lena", "lastname": "Okoro", "email": "lena@quayside.example"}],
        "addresses": [{"line1": "Unit 3", "countrycode": "gb"}], "currency": {"code": "GBP"},
    })
}

#[test]
fn a_customer_is_created_with_a_code() {
    let mut desk = Desk::open(Options::default());
    let answer = desk.send(Method::Post, "/v2/customers", &quayside());
    assert_eq!(answer.status, 201);
    let answer = body(&answer);
    assert_eq!(answer["Code"], "QUAY01");
    assert_eq!(answer["CreatedDate"], "2026-07-15 12:00:00");
    assert_eq!(answer["Contacts"][0]["Name"], "Lena Okoro");
    assert_eq!(answer["Contacts"][0]["IsPrimary"], true);
    assert_eq!(answer["Addresses"][0]["CountryName"], "United Kingdom");
    let second =
        body(&desk.send(Method::Post, "/v2/customers", &json!({ "Name": "Quay", "Code": "QUAY02" })));
    assert_eq!(second["Code"], "QUAY02");
    let third = json!({ "Name": "Quay", "Code": "quay02", "CreateCustomerCodeIfDuplicate": true });
    assert_eq!(body(&desk.send(Method::Post, "/v2/customers", &third))["Code"], "QUAY03");
    assert_eq!(desk.kashflow.customers().count(), 3);
}

#[test]
fn bad_creates_are_refused() {
    let mut desk = Desk::open(Options::default());
    desk.send(Method::Post, "/v2/customers", &json!({ "Name": "Quay", "Code": "QUAY01" }));
    for (path, sent) in [
        ("/v2/customers", json!({ "Name": "Quay", "Code": "Quay01" })),
        ("/v2/customers", json!({ "Name": "Quay", "Code": "a@b.example" })),
        ("/v2/customers", json!({ "Name": " " })),
        ("/v2/customers", json!({})),
        ("/v2/customers", json!([])),
        ("/v2/customers", json!({ "Name": "Quay", "Addresses": [{ "CountryCode": "UK" }] })),
        ("/v2/suppliers", json!({ "Name": "Timber" })),
        ("/v2/suppliers", json!({ "Code": "TIMB01" })),
    ] {
        assert_eq!(desk.refused(Method::Post, path, &sent), (400, "ValidationError".into()), "{path} {sent}");
    }
    let nameless = json!({ "CreateCustomerNameIfEmptyOrNull": true });
    assert_eq!(body(&desk.send(Method::Post, "/v2/customers", &nameless))["Name"], "CUST01");
}

#[test]
fn silent_trimming_answers_200_with_less_than_was_sent() {
    for (trimming, path, left) in [
        (Trimming { texts: Some(4), ..Trimming::default() }, "/Note", json!("Ring")),
        (Trimming { rows: Some(1), ..Trimming::default() }, "/Contacts/1", Value::Null),
        (
            Trimming { blanked: vec!["PaymentTerms".into()], ..Trimming::default() },
            "/PaymentTerms",
            Value::Null,
        ),
        (Trimming { blanked: vec!["Title".into()], ..Trimming::default() }, "/Contacts/0/Title", Value::Null),
    ] {
        let mut desk = Desk::sample(Options { trimming, ..Options::default() });
        let before = desk.get("/v2/customers/ARCH01");
        assert!(before.pointer(path).is_some_and(|value| !value.is_null()), "{path}");
        let answer = desk.send(Method::Put, "/v2/customers/ARCH01", &before);
        assert_eq!(answer.status, 200);
        assert_eq!(body(&answer).pointer(path).cloned().unwrap_or_default(), left, "{path}");
        assert_eq!(desk.get("/v2/customers/ARCH01"), body(&answer), "{path}");
    }
}

#[test]
fn put_replaces_the_whole_record() {
    let mut desk = Desk::sample(Options::default());
    let before = desk.get("/v2/customers/arch01");
    assert_eq!(before["Note"], "Ring before delivery");
    desk.now = "2026-07-15T14:30:05Z".parse().unwrap();
    desk.sign_in();

    let same = body(&desk.send(Method::Put, "/v2/customers/ARCH01", &before));
    for (name, value) in before.as_object().unwrap() {
        if name != "LastUpdatedDate" {
            assert_eq!(&same[name], value, "{name} survives a whole PUT");
        }
    }
    assert_eq!(same["LastUpdatedDate"], "2026-07-15 03:30:05", "London is an hour ahead, on a 12-hour clock");

    let after = body(&desk.send(Method::Put, "/v2/customers/ARCH01", &json!({ "Name": "Archway" })));
    assert_eq!((&after["Note"], &after["VATNumber"]), (&json!(""), &json!("")));
    for name in ["Contacts", "Addresses", "DeliveryAddresses", "CustomTextBoxes"] {
        assert_eq!(after[name], json!([]), "{name}");
    }
    assert_eq!((&after["PaymentTerms"], &after["Id"]), (&Value::Null, &before["Id"]));

    desk.kashflow.options.put = PutSemantics::Merge;
    let merged = body(&desk.send(Method::Put, "/v2/customers/ABBE01", &json!({ "Name": "Abbey" })));
    assert_eq!(merged["Contacts"].as_array().unwrap().len(), 1);
}

#[test]
fn renaming_answers_201_and_frees_the_code() {
    let mut desk = Desk::sample(Options::default());
    let before = desk.get("/v2/customers/ABBE01");
    let mut after = before.clone();
    after["Code"] = json!("KITC01");
    let answer = desk.send(Method::Put, "/v2/customers/ABBE01", &after);
    assert_eq!((answer.status, &body(&answer)["Id"]), (201, &before["Id"]));
    assert_eq!(desk.refused(Method::Get, "/v2/customers/ABBE01", &Value::Null), (404, "NotFound".into()));
    assert_eq!(desk.get("/v2/customers/KITC01")["Id"], before["Id"]);
    let invoices = desk.get("/v2/invoices?customercode=KITC01");
    assert_eq!(invoices["Data"][0]["CustomerCode"], "KITC01");
    after["Code"] = json!("ACOR01");
    assert_eq!(desk.send(Method::Put, "/v2/customers/KITC01", &after).status, 400, "a code that is taken");
    desk.kashflow.options.not_found_body = false;
    let gone = desk.send(Method::Get, "/v2/customers/ABBE01", &Value::Null);
    assert_eq!((gone.status, gone.body.len()), (404, 0));
}

#[test]
fn archiving_hides_from_lists_only() {
    let mut desk = Desk::sample(Options::default());
    let count = |desk: &mut Desk, query: &str| {
        desk.get(&format!("/v2/customers?perpage=200{query}"))["MetaData"]["TotalRecords"].as_u64().unwrap()
    };
    let shown = count(&mut desk, "");
    let all = count(&mut desk, "&filterarchived=true");
    assert_eq!(all, shown + 1, "Avon Shopfitters is archived");
    let answer = desk.send(Method::Put, "/v2/internal/customers/archive", &json!(["ABBE01", "acor01"]));
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!((count(&mut desk, ""), count(&mut desk, "&filterarchived=true")), (shown - 2, all));
    assert_eq!(desk.get("/v2/customers/ABBE01")["IsArchived"], true);
    assert_eq!(
        desk.send(Method::Put, "/v2/internal/customers/archive", &json!(["BELL01", "NOPE"])).status,
        404
    );
    assert_eq!(desk.get("/v2/customers/BELL01")["IsArchived"], false);

    let mut back = desk.get("/v2/customers/ABBE01");
    back["IsArchived"] = json!(false);
    assert_eq!(desk.send(Method::Put, "/v2/customers/ABBE01", &back).status, 200);
    assert_eq!(count(&mut desk, ""), shown - 1);
    desk.kashflow.options.hide_archived = false;
    assert_eq!(count(&mut desk, ""), all);
}

#[test]
fn deleting_takes_the_documents_along_and_is_written_down() {
    let mut desk = Desk::sample(Options::default());
    let id = desk.get("/v2/customers/ABBE01")["Id"].as_i64().unwrap();
    let invoices =
        desk.get("/v2/invoices?customercode=ABBE01&perpage=200")["MetaData"]["TotalRecords"].as_u64();
    let before = desk.kashflow.invoices().count();
    assert_eq!(desk.send(Method::Delete, "/v2/customers/ABBE01", &Value::Null).status, 204);
    let cascade = &desk.kashflow.cascades()[0];
    assert_eq!((cascade.side, cascade.id), (Side::Customer, id));
    assert_eq!(Some(cascade.documents.len() as u64), invoices);
    assert_eq!(cascade.quotes, [301, 302]);
    assert_eq!(desk.kashflow.invoices().count(), before - cascade.documents.len());
    assert_eq!(desk.send(Method::Delete, "/v2/customers/ABBE01", &Value::Null).status, 404);
    // A supplier on a VAT return stays.
    assert_eq!(desk.get("/v2/suppliers/ARDE01")["DoesSupplierHasTransactionsInVATReturn"], true);
    assert_eq!(desk.send(Method::Delete, "/v2/suppliers/ARDE01", &Value::Null).status, 400);
    let answer = desk.send(Method::Delete, "/v2/customerlist", &json!(["ACOR01", "NOPE"]));
    assert_eq!((answer.status, &body(&answer)[0]["Code"]), (200, &json!("NOPE")));
    assert_eq!(desk.send(Method::Delete, "/v2/customerlist", &json!(["BELL01"])).status, 204);
    assert_eq!(desk.kashflow.cascades().len(), 3);
}

#[test]
fn search_and_suggested_codes() {
    let mut desk = Desk::sample(Options::default());
    let abbey = desk.get("/v2/customers/ABBE01");
    let email = abbey["Contacts"][0]["Email"].as_str().unwrap().to_uppercase();
    for address in [
        format!("/v2/customers/search?searchBy=email&searchText={email}"),
        "/v2/customers/search?searchBy=code&searchText=abbe01".into(),
        "/v2/customers/search?searchBy=name&searchText=Abbey Kitch".into(),
    ] {
        assert_eq!(
            desk.get(&address),
            json!([{ "key": abbey["Id"], "value": "Abbey Kitchens Ltd" }]),
            "{address}"
        );
    }
    assert_eq!(desk.send(Method::Get, "/v2/customers/search?searchBy=phone", &Value::Null).status, 400);
    let code = desk.send(Method::Post, "/v2/customers/suggestedcode", &json!({ "name": "Abbey" }));
    assert_eq!((code.status, body(&code)), (200, json!("ABBE02")));
    let code = desk.send(Method::Post, "/v2/suppliers/suggestedcode?supplierName=Yeadon", &Value::Null);
    assert_eq!(body(&code), json!("YEAD02"));
}

#[test]
fn filters_of_the_list() {
    let mut desk = Desk::sample(Options::default());
    for (query, expected) in [
        ("namestartswith=abbey", Some("ABBE01")),
        ("searchtext=ABBE0", Some("ABBE01")),
        ("searchtext=no such thing", None),
        ("startcreationdate=2026-07-16", None),
        ("endcreationdate=2020-01-01T00:00:00.0000000", None),
    ] {
        let rows = desk.get(&format!("/v2/customers?{query}"));
        assert_eq!(rows["Data"][0]["Code"].as_str(), expected, "{query}");
        assert_eq!(rows["MetaData"]["TotalRecords"], i32::from(expected.is_some()), "{query}");
    }
    let created = desk.get("/v2/customers/ABBE01")["CreatedDate"].as_str().unwrap()[..10].to_owned();
    let same_day = desk.get(&format!(
        "/v2/customers?startcreationdate={created} 10:00:00&endcreationdate={created}&namestartswith=abb"
    ));
    assert_eq!(same_day["MetaData"]["TotalRecords"], 1, "both ends are inclusive");
    assert_eq!(
        desk.send(Method::Get, "/v2/customers?startcreationdate=16/07/2026", &Value::Null).status,
        400
    );
}

#[test]
fn a_colleague_edits_pays_and_deletes() {
    let mut desk = Desk::sample(Options::default());
    desk.wait(5);
    let (now, kashflow) = (desk.now, &mut desk.kashflow);
    let changes = json!({ "Name": "Abbey", "telephone": "1", "Line4": "x", "Note": "n", "Contacts": [] });
    let after = kashflow.edit("customer", "ABBE01", &changes, now).unwrap();
    assert_eq!((&after["Name"], &after["Note"]), (&json!("Abbey"), &json!("n")));
    assert_eq!(after["Contacts"][0]["Telephone"], "1");
    assert!(after["Contacts"][0]["Email"].is_string(), "the rest stays");
    assert_eq!(after["Addresses"][0]["Line4"], "x");
    assert_eq!(after["LastUpdatedDate"], "2026-07-15 10:05:00");
    let after = kashflow.edit("supplier", "BIRS01", &json!({ "PostCode": "LS1 1AA" }), now).unwrap();
    assert_eq!(after["Address"]["PostCode"], "LS1 1AA");
    assert!(after["Address"]["Line1"].is_string());
    assert!(kashflow.edit("customer", "NOPE", &json!({}), now).is_err());
    assert!(kashflow.edit("contact", "ABBE01", &json!({}), now).is_err());
    kashflow.edit("customer", "ACOR01", &json!({ "Code": "AAA01", "IsArchived": true }), now).unwrap();

    kashflow.delete("customer", "AAA01", now).unwrap();
    assert!(kashflow.delete("customer", "AAA01", now).is_err());
    let made = kashflow.add("customer", &json!({ "Name": "Dene Motors" }), now).unwrap();
    assert_eq!(made["Code"], "DENE01");
    let bill = json!({ "CustomerCode": "DENE01", "NetAmount": 100, "VATAmount": 20, "DueDate": null });
    let invoice = kashflow.add("invoice", &bill, now).unwrap();
    assert_eq!((invoice["GrossAmount"].to_string(), &invoice["DueDate"]), ("120.0000".into(), &Value::Null));
    let number = invoice["Number"].as_i64().unwrap();
    kashflow.pay(number, 50.into(), now).unwrap();
    assert!(kashflow.pay(1, 50.into(), now).is_err());
    kashflow.pay_bill(501, 1.into(), now).unwrap();
    kashflow.delete("bill", "501", now).unwrap();
    assert!(kashflow.delete("bill", "501", now).is_err());
    assert_eq!(desk.get(&format!("/v2/invoices/{number}"))["DueAmount"].to_string(), "70.0000");
}

#[test]
fn detail_edits_may_leave_the_update_time() {
    let mut desk = Desk::sample(Options { detail_edits_move_update_time: false, ..Options::default() });
    let before = desk.get("/v2/customers/ABBE01")["LastUpdatedDate"].clone();
    let now = desk.now;
    let after = desk.kashflow.edit("customer", "ABBE01", &json!({ "Telephone": "1" }), now).unwrap();
    assert_eq!(after["LastUpdatedDate"], before);
    let after = desk.kashflow.edit("customer", "ABBE01", &json!({ "Name": "Abbey" }), now).unwrap();
    assert_ne!(after["LastUpdatedDate"], before);
}

#[test]
fn long_texts_are_refused_where_the_switch_says_so() {
    let mut desk = Desk::open(Options { max_text: Some(255), ..Options::default() });
    let named = |length: usize| json!({ "Name": "ł".repeat(length) });
    assert_eq!(desk.send(Method::Post, "/v2/customers", &named(255)).status, 201);
    assert_eq!(desk.send(Method::Post, "/v2/customers", &named(256)).status, 400);
}
