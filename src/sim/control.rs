//! `/_sim/…` on either listener: what a colleague does meanwhile, faults, the clock, and the log of requests. JSON in, JSON
//! out, a pure function over the world.
//!
//! | path | body | does |
//! | --- | --- | --- |
//! | `POST /_sim/edit` | `{"contact": 1, "changes": {…}}` or `{"customer"\|"supplier": "CODE", "changes": {…}}` | a person's edit |
//! | `POST /_sim/delete` | `{"contact": 1}` or `{"customer"\|"supplier": "CODE"}` | a person's delete |
//! | `POST /_sim/merge` | `{"from": 1, "into": 2}` | a merge in Capsule's screens |
//! | `POST /_sim/restore` | `{"contact": 1}` | a restore in Capsule |
//! | `POST /_sim/attach` | `{"contact": 1, "kind": "note"\|"opportunity"\|"project"\|"task", "text": "…"}` | what people hang on a contact |
//! | `POST /_sim/tasks_done` | `{"contact": 1}` | every open task of a contact is done |
//! | `POST /_sim/pay` | `{"invoice": 1, "amount": "12.00"}` | a payment in KashFlow |
//! | `POST /_sim/fault` | `{"effect": "cut_after", "path": "/parties", "service": "capsule", "method": "POST", "writes_only": true, "skip": 0, "times": 1, …}`, or `{"clear": true}` | a fault |
//! | `POST /_sim/clock` | `{"advance_seconds": 60}` or `{"set": "2026-11-24T12:00:00Z"}` | moves the clock |
//! | `GET /_sim/log`, `POST /_sim/log/clear` | | requests so far |
//!
//! Effects: `delay`, `commit_late` (with `ms`), `answer` (with `status`, `body`, `headers`), `cut_before`, `cut_after`,
//! `hang_before`, `hang_after`, `truncate` (with `bytes`).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::capsule::Hanging;
use super::fault::{Effect, Fault, Service};
use super::http::{Method, Request, Response};
use super::world::World;

/// Answers a control request; nothing for any other.
pub fn answer(world: &mut World, request: &Request) -> Option<Response> {
    let what = request.path.strip_prefix("/_sim/")?;
    let body = request.json().unwrap_or(Value::Null);
    let done = match (request.method, what.trim_end_matches('/')) {
        (Method::Get, "log") => Ok(log(world)),
        (Method::Post, "log/clear") => {
            world.log.clear();
            Ok(json!({}))
        }
        (Method::Post, "edit") => edit(world, &body),
        (Method::Post, "delete") => delete(world, &body),
        (Method::Post, "merge") => merge(world, &body),
        (Method::Post, "restore") => restore(world, &body),
        (Method::Post, "attach") => attach(world, &body),
        (Method::Post, "tasks_done") => tasks_done(world, &body),
        (Method::Post, "pay") => pay(world, &body),
        (Method::Post, "fault") => fault(world, &body),
        (Method::Post, "clock") => clock(world, &body),
        _ => Err(format!("there is no control {what}")),
    };
    Some(match done {
        Ok(answer) => Response::json(200, &answer),
        Err(message) => Response::json(400, &json!({ "message": message })),
    })
}

fn number(body: &Value, key: &str) -> Result<i64, String> {
    body.get(key).and_then(Value::as_i64).ok_or(format!("{key} is missing"))
}

fn ledger(body: &Value) -> Option<(&'static str, &str)> {
    ["customer", "supplier"].into_iter().find_map(|kind| Some((kind, body.get(kind)?.as_str()?)))
}

fn edit(world: &mut World, body: &Value) -> Result<Value, String> {
    let now = world.clock.now();
    let changes = body.get("changes").ok_or("changes are missing")?;
    if let Some((kind, code)) = ledger(body) {
        return world.kashflow.edit(kind, code, changes, now);
    }
    world.capsule.edit(number(body, "contact")?, changes, now)?;
    Ok(json!({}))
}

fn delete(world: &mut World, body: &Value) -> Result<Value, String> {
    let now = world.clock.now();
    if let Some((kind, code)) = ledger(body) {
        world.kashflow.delete(kind, code, now)?;
    } else {
        world.capsule.delete(number(body, "contact")?, now)?;
    }
    Ok(json!({}))
}

fn merge(world: &mut World, body: &Value) -> Result<Value, String> {
    world.capsule.merge(number(body, "from")?, number(body, "into")?, world.clock.now())?;
    Ok(json!({}))
}

fn restore(world: &mut World, body: &Value) -> Result<Value, String> {
    world.capsule.restore(number(body, "contact")?, world.clock.now())?;
    Ok(json!({}))
}

fn attach(world: &mut World, body: &Value) -> Result<Value, String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let kind = text("kind")
        .and_then(Hanging::from_word)
        .ok_or("kind is none of note, opportunity, project, task")?;
    let now = world.clock.now();
    let id = world.capsule.attach(number(body, "contact")?, kind, text("text").unwrap_or_default(), now)?;
    Ok(json!({ "id": id }))
}

fn tasks_done(world: &mut World, body: &Value) -> Result<Value, String> {
    world.capsule.finish_tasks(number(body, "contact")?);
    Ok(json!({}))
}

fn pay(world: &mut World, body: &Value) -> Result<Value, String> {
    let amount = body.get("amount").ok_or("amount is missing")?;
    let amount = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    let amount: Decimal = amount.parse().map_err(|_| format!("{amount} is no amount"))?;
    world.kashflow.pay(number(body, "invoice")?, amount, world.clock.now())?;
    Ok(json!({}))
}

fn clock(world: &mut World, body: &Value) -> Result<Value, String> {
    if let Some(seconds) = body.get("advance_seconds").and_then(Value::as_i64) {
        world.clock.advance(SignedDuration::from_secs(seconds));
    } else {
        let set = body.get("set").and_then(Value::as_str).ok_or("advance_seconds or set is missing")?;
        world.clock.set(set.parse().map_err(|_| format!("{set} is no time"))?);
    }
    world.catch_up();
    Ok(json!({"now": world.clock.now().to_string()}))
}

fn fault(world: &mut World, body: &Value) -> Result<Value, String> {
    if body.get("clear").and_then(Value::as_bool) == Some(true) {
        world.faults.clear();
        return Ok(json!({}));
    }
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let count = |key: &str| {
        body.get(key).and_then(Value::as_u64).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
    };
    let service = match text("service") {
        None => None,
        Some("capsule") => Some(Service::Capsule),
        Some("kashflow") => Some(Service::KashFlow),
        Some(other) => return Err(format!("there is no service {other}")),
    };
    let method = match text("method") {
        None => None,
        Some(verb) => Some(
            [Method::Get, Method::Post, Method::Put, Method::Delete]
                .into_iter()
                .find(|method| method.as_str().eq_ignore_ascii_case(verb))
                .ok_or(format!("there is no method {verb}"))?,
        ),
    };
    world.faults.add(Fault {
        service,
        method,
        writes_only: body.get("writes_only").and_then(Value::as_bool).unwrap_or_default(),
        path: text("path").unwrap_or_default().to_owned(),
        skip: count("skip").unwrap_or_default(),
        times: if body.get("always").and_then(Value::as_bool) == Some(true) {
            None
        } else {
            Some(count("times").unwrap_or(1))
        },
        effect: effect(body)?,
    });
    Ok(json!({}))
}

fn effect(body: &Value) -> Result<Effect, String> {
    let whole = |key: &str| body.get(key).and_then(Value::as_u64).ok_or(format!("{key} is missing"));
    let time = || whole("ms").map(Duration::from_millis);
    Ok(match body.get("effect").and_then(Value::as_str).ok_or("effect is missing")? {
        "delay" => Effect::Delay(time()?),
        "commit_late" => Effect::CommitLate(time()?),
        "cut_before" => Effect::CutBefore,
        "cut_after" => Effect::CutAfter,
        "hang_before" => Effect::HangBefore,
        "hang_after" => Effect::HangAfter,
        "truncate" => Effect::Truncate(usize::try_from(whole("bytes")?).unwrap_or(usize::MAX)),
        "answer" => Effect::Answer {
            status: u16::try_from(whole("status")?).map_err(|_| "status is no status")?,
            headers: body
                .get("headers")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            body: body.get("body").and_then(Value::as_str).unwrap_or_default().to_owned(),
        },
        other => return Err(format!("there is no effect {other}")),
    })
}

/// Counts by service and verb, KashFlow's sign-in apart, and the requests themselves.
fn log(world: &World) -> Value {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &world.log {
        let sign_in = entry.path.contains("/sessiontoken");
        let verb = if sign_in { "sessiontoken" } else { entry.method.as_str() };
        *counts.entry(format!("{} {verb}", entry.service.word())).or_default() += 1;
    }
    let requests: Vec<Value> = world
        .log
        .iter()
        .map(|entry| {
            json!({"service": entry.service.word(), "method": entry.method.as_str(), "path": entry.path,
                "status": entry.status, "at": entry.at.to_string(), "write": entry.write})
        })
        .collect();
    json!({"counts": counts, "requests": requests})
}
