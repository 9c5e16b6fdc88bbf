//! `export`: shown field by field, refused without a word, done with `--yes` (design B25 to B27).

use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::http::Method;
use serde_json::json;

use crate::home::{Home, sample_firm};

/// Ids of organisations in Capsule that nothing speaks against.
fn exportable(home: &Home) -> Vec<String> {
    let contacts = home.list(&["contacts"]);
    let free = contacts
        .iter()
        .filter(|contact| contact["kind"] == "organisation" && contact["health"] == "not_linked");
    let ids: Vec<String> = free.map(|contact| contact["id"].to_string()).collect();
    let mut arguments = vec!["export", "--dry-run"];
    arguments.extend(ids.iter().map(String::as_str));
    let shown = home.list(&arguments);
    shown.iter().filter(|one| one["existing"].is_null()).map(|one| one["contact_id"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b25_an_export_is_shown_first_and_needs_a_word() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let early = home.json(&["export", "1", "--dry-run"]);
    assert_eq!(
        early.1,
        json!([{"contact_id": 1, "organisation_id": null, "code": null, "fields": [], "existing": null}])
    );
    home.json(&["sync", "--yes"]);
    let ids = exportable(&home);
    let id = ids[0].as_str();
    let customers = running.world().kashflow.customers().count();

    let (code, shown) = home.json(&["export", id, "--dry-run"]);
    assert_eq!(code, 0);
    let first = &shown.as_array().unwrap()[0];
    let code_shown = first["code"].as_str().unwrap().to_owned();
    assert!(first["fields"].as_array().unwrap().iter().any(|field| field["field"] == "name"));
    let (code, again) = home.json(&["export", id]);
    assert_eq!((code, &again), (4, &shown), "without a word: the preview and exit 4");
    assert_eq!(running.world().kashflow.customers().count(), customers);

    let (code, done) = home.json(&["export", id, "--yes"]);
    let mut exported = shown.clone();
    exported[0]["state"] = json!("exported");
    assert_eq!((code, &done), (0, &exported));
    assert!(running.world().kashflow.customers().any(|customer| customer.code == code_shown));
    let (_, contact) = home.json(&["contact", id]);
    assert_eq!(contact["links"][0]["reason"], "exported", "{contact}");
    let journal = home.list(&["journal"]);
    let entry = journal.iter().find(|entry| entry["operation"] == "export").unwrap();
    assert_eq!((&entry["side"], &entry["outcome"]), (&json!("kashflow"), &json!("done")));

    let (code, refused) = home.json(&["export", id, "--yes"]);
    assert_eq!((code, &refused["error"]["code"]), (1, &json!("already_linked")));
    let (code, refused) = home.json(&["export", "999999", "--yes"]);
    assert_eq!((code, &refused["error"]["code"]), (1, &json!("not_found")));
    assert_eq!(home.run(&["export"]).code, 2);
    let (_, sync) = home.json(&["sync"]);
    assert_eq!(sync["done"]["created_in_capsule"], 0);
    assert_eq!(running.world().kashflow.customers().count(), customers + 1);
    let text = home.run(&["export", ids[1].as_str()]);
    assert_eq!(text.code, 4);
    assert!(text.stdout.starts_with("new customer ") && text.stderr.contains("--yes"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b27_a_person_of_a_linked_organisation_is_offered_as_its_contact_person() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let people: Vec<String> = home
        .list(&["contacts"])
        .iter()
        .filter(|contact| contact["organisation"].is_object())
        .map(|contact| contact["id"].to_string())
        .collect();
    let shown = home.list(
        &[&["export", "--dry-run"], &people.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat(),
    );
    let offer = shown.iter().find(|one| one["existing"].is_object() && one["fields"] != json!([])).unwrap();
    assert_eq!(
        (&offer["code"], &offer["fields"][0]["field"]),
        (&json!(null), &json!("contact_person")),
        "{offer}"
    );
    let (id, code) = (offer["contact_id"].to_string(), offer["existing"]["code"].as_str().unwrap());
    let told = home.run(&["export", &id]);
    assert!(told.code == 4 && told.stdout.starts_with("another Contact Person for customer "), "{told:?}");
    let told = home.run(&["export", &id, "--yes"]);
    assert!(told.code == 0 && told.stdout.contains("Contact Person replaced"), "{told:?}");
    let world = running.world();
    let customer = world.kashflow.customers().find(|customer| customer.code == code).unwrap();
    let name = customer.people.first().map(|person| {
        format!("{} {}", person.first_name.clone().unwrap(), person.last_name.clone().unwrap())
    });
    assert_eq!(json!(name), offer["fields"][0]["value"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b06_an_export_reads_once_and_signs_in_once() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    home.json(&["sync"]);
    let ids = exportable(&home);
    let runs = home.json(&["status"]).1["last_run"].clone();
    let requests = |arguments: &[&str], code: i32| {
        running.world().log.clear();
        let told = home.run(arguments);
        assert_eq!(told.code, code, "{told:?}");
        assert!(
            !told.stderr.contains("nothing will be written") && !told.stderr.contains("planned:"),
            "{told:?}"
        );
        let world = running.world();
        let of = |service| world.log.iter().filter(|entry| entry.service == service).count();
        (of(Service::Capsule), of(Service::KashFlow))
    };
    let (capsule, kashflow) = requests(&["export", &ids[0], "--dry-run"], 0);
    assert_eq!(requests(&["export", &ids[0]], 4), (capsule, kashflow), "as much as a dry run");
    assert_eq!(home.json(&["status"]).1["last_run"], runs, "what was only shown is no run");
    // The contact and KashFlow's customers of its name are looked at once more, and it is created.
    assert_eq!(requests(&["export", &ids[0], "--yes"], 0), (capsule + 1, kashflow + 2));
    assert_ne!(home.json(&["status"]).1["last_run"], runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn b27_an_export_in_doubt_is_told_as_that_and_found_out_by_the_next_sync() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["sync", "--yes"]);
    let ids = exportable(&home);
    let (first, second) = (ids[0].as_str(), ids[1].as_str());
    running.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Post),
        path: "/customers".into(),
        times: Some(1),
        ..Fault::next(Effect::CutAfter)
    });
    let (code, told) = home.json(&["export", first, second, "--yes"]);
    let mut states: Vec<&str> =
        told.as_array().unwrap().iter().filter_map(|one| one["state"].as_str()).collect();
    let doubtful = told.as_array().unwrap().iter().find(|one| one["state"] == "in_doubt").unwrap();
    assert!(doubtful["remedy"].as_str().unwrap().contains("next sync"), "{told}");
    states.sort_unstable();
    assert_eq!((code, states), (3, vec!["exported", "in_doubt"]), "{told}");
    let id = doubtful["contact_id"].to_string();
    let again = home.run(&["export", &id, "--yes"]);
    assert!(again.code == 1 && again.stderr.contains("not known yet"), "{again:?}");
    home.json(&["sync"]);
    let (_, contact) = home.json(&["contact", &id]);
    assert_eq!(contact["links"][0]["code"], doubtful["code"], "{contact}");
    let third = ids[2].as_str();
    running.world().faults.add(Fault {
        service: Some(Service::KashFlow),
        method: Some(Method::Post),
        path: "/customers".into(),
        times: Some(1),
        ..Fault::next(Effect::CutAfter)
    });
    let told = home.run(&["export", third, "--yes"]);
    assert!(told.code == 3 && told.stdout.contains("is not known. The next sync finds out"), "{told:?}");
    assert!(!told.stdout.contains("exported and linked"), "{told:?}");
}
