//! The first day with kashsync, from the command line, against both simulators.

use std::time::Duration;

use kashsync::sim::server::Running;
use serde_json::{Value, json};

use crate::home::{Home, sample_firm, slow_sample_firm};

/// Requests that change records, so far.
fn writes(running: &Running) -> usize {
    running.world().writes().count()
}

fn approved_first_sync(home: &Home) -> Value {
    let (code, document) = home.json(&["sync", "--yes"]);
    assert_eq!((code, &document["outcome"]), (3, &json!("attention")), "the sample firm has failing records");
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sync_shows_its_plan_and_waits_for_yes() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (code, document) = home.json(&["sync"]);
    assert_eq!(code, 4, "{document}");
    assert_eq!(document["outcome"], "stopped");
    assert_eq!(document["error"]["code"], "first_run_needs_yes");
    assert_eq!(document.get("plan"), None, "the contract's keys and no other");
    assert_eq!(writes(&running), 0, "nothing is written before the approval");
    let shown = home.run(&["sync"]);
    assert_eq!(shown.code, 4);
    assert!(shown.stdout.contains("  create Alder House Hotel in Capsule for customer ALDE01"), "{shown:?}");
    assert!(shown.stderr.contains("kashsync sync --yes"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_stores_what_was_read_and_writes_nothing() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (code, plan) = home.json(&["plan"]);
    assert_eq!(code, 0, "{plan}");
    let operations = plan["operations"].as_array().unwrap();
    let create = operations.iter().find(|one| one["operation"] == "create").unwrap();
    assert_eq!((&create["side"], &create["record"]["kind"]), (&json!("capsule"), &json!("customer")));
    assert!(create["fields"].as_array().unwrap().iter().any(|field| {
        field["field"] == "name" && field["before"].is_null() && field["after"] == create["name"]
    }));
    assert_eq!(plan["requests"].as_u64().unwrap(), operations.len() as u64 - links(operations));
    assert!(plan["questions"].as_array().unwrap().iter().all(|question| question["id"].is_null()));
    assert_eq!(home.json(&["sync", "--dry-run"]).1, plan, "equal input, equal plan");
    assert_eq!(writes(&running), 0);
    assert!(home.list(&["questions"]).is_empty(), "a plan asks nothing");
    assert!(!home.list(&["contacts"]).is_empty(), "what was read stays readable");
    let told = home.run(&["plan"]).stderr;
    assert!(told.contains("planned: ") && told.contains("nothing was written"), "{told}");
    assert!(!told.contains(" done: "), "{told}");
}

fn links(operations: &[Value]) -> u64 {
    operations.iter().filter(|one| one["operation"] == "link").count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_sync_links_and_creates_and_a_second_one_writes_nothing() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let first = approved_first_sync(&home);
    assert!(first["done"]["linked"].as_u64().unwrap() > 50, "{first}");
    assert!(first["done"]["created_in_capsule"].as_u64().unwrap() > 20, "{first}");
    assert_eq!(first["done"]["created_in_kashflow"], 0);
    assert_eq!(first["control"]["agree"], json!(true), "{first}");
    assert!(!first["attention"].as_array().unwrap().is_empty());
    let before = writes(&running);
    let (_, second) = home.json(&["sync"]);
    assert_eq!(writes(&running), before, "{second}");
    for method in ["post", "put", "delete"] {
        assert_eq!(second["requests"]["capsule"][method], 0, "{second}");
    }
    let session = json!({ "post": 1, "put": 1, "delete": 1, "get": second["requests"]["kashflow"]["get"] });
    assert_eq!(second["requests"]["kashflow"], session, "signing in and out, and nothing else");
    for done in ["linked", "created_in_capsule", "updated_in_capsule", "summaries_written"] {
        assert_eq!(second["done"][done], 0, "{second}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_takes_its_time_is_carried_out_while_its_progress_is_shown() {
    // Long enough that the lists are shown again between the writes.
    let (running, firm) = slow_sample_firm(Duration::from_millis(60)).await;
    let home = Home::with(&running, &firm);
    let first = approved_first_sync(&home);
    assert!(first["done"]["created_in_capsule"].as_u64().unwrap() > 20, "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_the_services_hold() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let first = approved_first_sync(&home);
    let (parties, invoices, bills) = {
        let world = running.world();
        (world.capsule.parties().count(), world.kashflow.invoices().count(), world.kashflow.bills().count())
    };
    let contacts = home.list(&["contacts"]);
    assert_eq!(contacts.len(), parties);
    let documents = home.list(&["invoices"]);
    let of_side = |side: &str| documents.iter().filter(|document| document["side"] == side).count();
    assert_eq!((of_side("customer"), of_side("supplier")), (invoices, bills));
    let questions = home.list(&["questions"]);
    assert_eq!(questions.len() as u64, first["questions"]["open"].as_u64().unwrap());
    let journal = home.list(&["journal", "--run", "1"]);
    let creates = |done: bool| {
        let of_kind = journal.iter().filter(|entry| entry["operation"] == "create");
        of_kind.filter(|entry| (entry["outcome"] == "done") == done).count() as u64
    };
    assert_eq!(creates(true), first["done"]["created_in_capsule"].as_u64().unwrap());
    assert_eq!(creates(false), 1, "the refused one, with the refusal as its outcome");
    assert!(home.list(&["journal", "--run", "99"]).is_empty());
    let overdue = home.list(&["invoices", "--state", "overdue"]);
    assert!(!overdue.is_empty());
    assert!(overdue.iter().all(|document| document["days_overdue"].as_i64().unwrap() > 0));
    let (_, status) = home.json(&["status"]);
    assert_eq!(status["questions"], questions.len());
    assert_eq!(status["capsule"]["subdomain"], "brookside");
    assert_eq!(status["last_run"]["outcome"], "attention");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_adds_up_with_its_documents_and_with_the_debtors() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    approved_first_sync(&home);
    let found = home.list(&["contacts", "belmont export"]);
    assert_eq!(found.len(), 1, "{found:?}");
    let id = found[0]["id"].to_string();
    let (_, contact) = home.json(&["contact", &id]);
    assert_eq!(contact["outstanding"], found[0]["outstanding"]);
    assert_eq!(
        contact["documents"].as_array().unwrap().len(),
        home.list(&["invoices", "--contact", &id]).len()
    );
    let debtors: Vec<Value> = home
        .list(&["debtors"])
        .into_iter()
        .filter(|line| line["contact_id"] == found[0]["id"])
        .map(|line| json!({ "currency": line["currency"], "amount": line["total"] }))
        .collect();
    assert_eq!(json!(debtors), found[0]["outstanding"], "per currency, never added up");
    let text = home.run(&["contact", &id]).stdout;
    assert!(text.starts_with("Belmont Export (organisation, id "), "{text}");
    let sheet = home.run(&["debtors", "--csv"]).stdout;
    assert!(
        sheet.starts_with("name,kashflow_code,") && sheet.contains("\"Belmont Export\",\"BELM01\","),
        "{sheet}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_carried_out_by_the_next_sync() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    approved_first_sync(&home);
    let questions = home.list(&["questions"]);
    let asked = questions
        .iter()
        .find(|question| {
            question["choices"].as_array().unwrap().iter().any(|choice| choice["key"] == "create")
        })
        .unwrap();
    let id = asked["id"].to_string();
    let choice = asked["choices"][0]["key"].as_str().unwrap();
    assert!(choice.starts_with("link:"), "{asked}");
    for (wrong, value) in [("perhaps", None), (choice, Some("x"))] {
        let mut arguments = vec!["answer", &id, wrong];
        arguments.extend(value.iter().flat_map(|value| ["--value", value]));
        assert_eq!(home.run(&arguments).code, 2);
    }
    let (code, answered) = home.json(&["answer", &id, choice]);
    assert_eq!((code, &answered["choice"]), (0, &json!(choice)), "{answered}");
    assert_eq!(home.list(&["questions"]).len(), questions.len() - 1);
    let (_, second) = home.json(&["sync"]);
    assert_eq!(second["done"]["linked"], 1, "{second}");
    let contact = choice.trim_start_matches("link:");
    let (_, contact) = home.json(&["contact", contact]);
    assert!(contact["links"].as_array().unwrap().iter().any(|link| link["reason"] == "answer"), "{contact}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_records_stay_out_until_they_are_taken_back() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    home.json(&["plan"]);
    let (code, ignored) = home.json(&["ignore", "customer:alde01"]);
    assert_eq!((code, &ignored["name"]), (0, &json!("Alder House Hotel")), "{ignored}");
    assert_eq!(home.json(&["ignore", "customer:ALDE01"]).0, 0, "twice is fine");
    assert_eq!(home.list(&["ignored"]).len(), 1);
    approved_first_sync(&home);
    assert!(home.list(&["contacts", "alder house hotel"]).is_empty());
    assert_eq!(home.json(&["unignore", "customer:ALDE01"]).0, 0);
    let (_, second) = home.json(&["sync"]);
    assert_eq!(second["done"]["created_in_capsule"], 1, "{second}");
    let (code, refused) = home.json(&["ignore", "customer:ALDE01"]);
    assert_eq!((code, &refused["error"]["code"]), (1, &json!("already_linked")));
    assert_eq!(refused["error"]["message"], "customer:ALDE01 is linked");
    let nameless = home.run(&["ignore", "customer:BLAN01"]);
    assert_eq!(nameless.stdout, "customer BLAN01 is ignored from now on.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn excluded_bills_are_nowhere() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    approved_first_sync(&home);
    assert_eq!(home.run(&["settings", "set", "exclude_supplier_invoices", "true"]).code, 0);
    for document in home.list(&["invoices"]) {
        assert_eq!(document["side"], "customer", "before the next sync already");
    }
    assert!(home.list(&["contacts"]).iter().all(|contact| contact.get("bills").is_none()));
    assert_eq!(home.json(&["sync"]).1["read"]["bills"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_capsule_does_not_have_is_a_matter_of_configuration() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    assert_eq!(home.run(&["settings", "set", "default_team", "Nowhere"]).code, 0);
    let (code, document) = home.json(&["sync", "--yes"]);
    assert_eq!((code, &document["error"]["code"]), (2, &json!("usage")), "{document}");
    assert_eq!(document["outcome"], "failed");
    assert_eq!(writes(&running), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_exit_5_with_what_mends_them() {
    let (running, firm) = sample_firm().await;
    for (variable, code) in [
        ("KASHSYNC_KASHFLOW_PASSWORD", "wrong_credentials"),
        ("KASHSYNC_KASHFLOW_MEMORABLE_WORD", "wrong_memorable_word"),
        ("KASHSYNC_CAPSULE_TOKEN", "token_invalid"),
    ] {
        let mut home = Home::with(&running, &firm);
        home.set(variable, "not-the-one");
        let (exit, document) = home.json(&["sync"]);
        assert_eq!((exit, &document["error"]["code"]), (5, &json!(code)), "{document}");
    }
}

#[test]
fn the_demo_without_a_terminal_tells_the_whole_first_sync() {
    let home = Home::new();
    let told = home.run(&["demo"]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{told:?}");
    for part in
        ["first sync's plan", "\nResult\n", "\nOpen questions\n", "\nDebtors\n", "Control total: agrees"]
    {
        assert!(told.stdout.contains(part), "{part}");
    }
    assert!(told.stdout.chars().all(|character| character == '\n' || !character.is_control()));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left behind");
    let (code, document) = home.json(&["demo", "--contacts", "300"]);
    assert_eq!(code, 0);
    assert!(document["sync"]["read"]["capsule_contacts"].as_u64().unwrap() > 100, "{}", document["sync"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b38_what_was_read_stays_readable_when_a_service_is_away() {
    let (running, firm) = sample_firm().await;
    let mut home = Home::with(&running, &firm);
    approved_first_sync(&home);
    let lists: [&[&str]; 5] = [&["contacts"], &["invoices"], &["debtors"], &["questions"], &["journal"]];
    let before = lists.map(|list| home.list(list));
    // Nobody listens there any more.
    home.set("KASHSYNC_KASHFLOW_URL", "http://127.0.0.1:9/v2");
    let (code, failed) = home.json(&["sync"]);
    assert_eq!((code, &failed["error"]["code"]), (7, &json!("unreachable")), "{failed}");
    for (list, before) in lists.iter().zip(before) {
        assert_eq!(home.list(list), before, "{list:?}");
    }
    assert_eq!(home.json(&["status"]).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn b35_a_sync_of_one_contact_is_no_first_sync() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    let (code, refused) = home.json(&["sync", "--contact", "7", "--yes"]);
    assert_eq!((code, &refused["error"]["code"]), (4, &json!("first_run_needs_yes")), "{refused}");
    assert!(running.world().log.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn b35_a_mass_change_exits_4_and_only_its_answer_lets_it_through() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    approved_first_sync(&home);
    {
        let mut world = running.world();
        let now = world.clock.now();
        for number in 0..51 {
            let name = format!("Vo{:x} Qx{:x}", number * 7919 + 104_729, number * 6_007 + 15_485_863);
            world.kashflow.add("customer", &json!({ "Name": name }), now).unwrap();
        }
    }
    let before = writes(&running);
    let (code, stopped) = home.json(&["sync", "--yes"]);
    assert_eq!(
        (code, &stopped["outcome"], &stopped["error"]["code"]),
        (4, &json!("stopped"), &json!("mass_change"))
    );
    assert_eq!(home.json(&["plan"]).1["counts"]["created_in_capsule"], 51, "what it would have done");
    assert_eq!(writes(&running), before);
    let questions = home.list(&["questions"]);
    let asked = questions.iter().find(|question| question["kind"] == "mass_change").unwrap();
    let keys: Vec<&Value> =
        asked["choices"].as_array().unwrap().iter().map(|choice| &choice["key"]).collect();
    assert_eq!((keys, &asked["side"]), (vec![&json!("proceed"), &json!("stop")], &json!(null)));
    assert_eq!(home.json(&["answer", &asked["id"].to_string(), "proceed"]).0, 0);
    let (_, second) = home.json(&["sync"]);
    assert_eq!(second["done"]["created_in_capsule"], 51, "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b39_refused_credentials_are_not_sent_again_but_by_a_test() {
    let (running, firm) = sample_firm().await;
    let mut home = Home::with(&running, &firm);
    home.set("KASHSYNC_KASHFLOW_PASSWORD", "canary-of-a-password");
    let sent = || running.world().log.len();
    let (exit, first) = home.json(&["sync"]);
    assert_eq!((exit, &first["error"]["code"]), (5, &json!("wrong_credentials")), "{first}");
    let before = sent();
    for command in [&["sync"][..], &["plan"], &["sync", "--yes"]] {
        let (exit, again) = home.json(command);
        assert_eq!((exit, &again["error"]["code"]), (5, &json!("wrong_credentials")), "{again}");
        let remedy = again["error"]["remedy"].as_str().unwrap();
        assert!(remedy.contains("kashsync credentials test"), "{again}");
    }
    assert_eq!(sent(), before, "told without a request");
    let (exit, tested) = home.json(&["credentials", "test"]);
    assert_eq!((exit, &tested["error"]["code"]), (5, &json!("wrong_credentials")), "{tested}");
    assert_eq!((&tested["capsule"]["subdomain"], &tested["kashflow"]), (&json!("brookside"), &json!(null)));
    assert!(sent() > before, "a person's test sends them");
    home.set("KASHSYNC_KASHFLOW_PASSWORD", &firm.company.password);
    let (exit, tested) = home.json(&["credentials", "test"]);
    assert_eq!(
        (exit, &tested["kashflow"]["name"], &tested["error"]),
        (0, &json!(firm.company.name), &json!(null))
    );
    approved_first_sync(&home);
    for file in files(home.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds("canary-of-a-password") && !holds(&firm.company.password), "{}", file.display());
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b06_a_limit_that_outlasts_max_wait_exits_7_and_the_next_sync_goes_on() {
    let (running, firm) = sample_firm().await;
    let home = Home::with(&running, &firm);
    {
        let mut world = running.world();
        let now = world.clock.now();
        world.capsule.leave_requests(220, now);
    }
    let (code, limited) = home.json(&["sync", "--yes", "--max-wait", "1s"]);
    assert_eq!((code, &limited["error"]["code"]), (7, &json!("rate_limited")), "{limited}");
    {
        let mut world = running.world();
        let now = world.clock.now();
        world.capsule.leave_requests(4000, now);
    }
    let (code, rest) = home.json(&["sync"]);
    assert_eq!((code, &rest["error"]), (3, &json!(null)), "the approval holds: {rest}");
}
