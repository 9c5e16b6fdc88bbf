//! The simulators as servers: real HTTP on loopback, cut connections, a colleague.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::time::Duration;

use jiff::civil::date;
use kashsync::sim::clock::Clock;
use kashsync::sim::firm::sample;
use kashsync::sim::server::{Addresses, Running, serve};
use kashsync::sim::world::World;
use serde_json::{Value, json};

async fn running() -> Running {
    let world = World::of_firm(&sample(date(2026, 11, 24), 1), Clock::real()).unwrap();
    serve(world, Addresses::default(), Duration::ZERO).await.unwrap()
}

fn client() -> reqwest::Client {
    // A second installation is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

async fn control(running: &Running, what: &str, body: Value) -> Value {
    let root = running.capsule_url().replace("/api/v2", "");
    let request = client().post(format!("{root}/_sim/{what}")).json(&body);
    request.send().await.unwrap().json().await.unwrap()
}

fn site(running: &Running) -> reqwest::RequestBuilder {
    client().get(format!("{}/site", running.capsule_url())).bearer_auth("demo-token-of-brookside-joinery")
}

#[tokio::test]
async fn both_services_answer_on_loopback() {
    let running = running().await;
    let answer: Value = site(&running).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["site"]["subdomain"], "brookside");
    let sign_in = json!({"UserName": "brookside", "Password": "Dovetail-Mortice-7"});
    let answer = client()
        .post(format!("{}/sessiontoken", running.kashflow_url()))
        .json(&sign_in)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    assert_eq!(answer.json::<Value>().await.unwrap()["MemorableWordList"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_cut_connection_is_a_transport_error_not_an_answer() {
    let running = running().await;
    control(&running, "fault", json!({"effect": "cut_after", "path": "/site"})).await;
    let outcome = site(&running).send().await;
    assert!(outcome.is_err() || outcome.unwrap().bytes().await.is_err());
    assert_eq!(site(&running).send().await.unwrap().status().as_u16(), 200, "only one was cut");
    let root = running.capsule_url().replace("/api/v2", "");
    let log: Value = client().get(format!("{root}/_sim/log")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&log["counts"]["capsule GET"], &log["requests"][0]["status"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn a_colleague_edits_deletes_pays_and_moves_the_clock() {
    let running = running().await;
    let (contact, invoice, owed) = {
        let world = running.world();
        let contact = world.capsule.parties().find(|party| party.name() == "Abbey Kitchens Ltd").unwrap().id;
        let invoice = world.kashflow.invoices().find(|invoice| invoice.due_amount() > 1.into()).unwrap();
        (contact, invoice.number, invoice.due_amount())
    };
    control(&running, "edit", json!({"contact": contact, "changes": {"about": "rang"}})).await;
    control(
        &running,
        "edit",
        json!({"customer": "ABBE01", "changes": {"Name": "Abbey Kitchens (Ilkley) Ltd"}}),
    )
    .await;
    control(&running, "pay", json!({"invoice": invoice, "amount": "1.00"})).await;
    let moved = control(&running, "clock", json!({"set": "2030-01-01T00:00:00Z"})).await;
    assert!(moved["now"].as_str().unwrap().starts_with("2030-01-01T00:00"), "{moved}");
    {
        let world = running.world();
        let paid = world.kashflow.invoices().find(|found| found.number == invoice).unwrap();
        assert_eq!(paid.due_amount(), owed - rust_decimal::Decimal::ONE);
        assert!(world.kashflow.customers().any(|customer| customer.name == "Abbey Kitchens (Ilkley) Ltd"));
    }
    control(&running, "delete", json!({"contact": contact})).await;
    assert!(!running.world().capsule.parties().any(|party| party.id == contact));
    control(&running, "restore", json!({"contact": contact})).await;
    assert!(running.world().capsule.parties().any(|party| party.id == contact));
    let refused = control(&running, "edit", json!({"contact": 1, "changes": {}})).await;
    assert!(refused["message"].is_string());
}

#[tokio::test]
async fn only_loopback_is_served() {
    let world = World::of_firm(&sample(date(2026, 11, 24), 1), Clock::real()).unwrap();
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused =
        serve(world, Addresses { capsule: everywhere, ..Addresses::default() }, Duration::ZERO).await;
    assert!(refused.unwrap_err().to_string().contains("loopback"));
}
