//! The simulator's answers, rule by rule of capsule-api.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::sim::http::Method;

const SECRET: &str = "token";

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    start.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn capsule() -> Capsule {
    let mut capsule = Capsule::new(Options::default());
    for (secret, scope) in [(SECRET, Scope::ReadWrite), ("reader", Scope::Read), ("gone", Scope::Revoked)] {
        capsule.add_token(Token { secret: secret.into(), user: 61, scope });
    }
    capsule.add_token(Token { secret: "owner".into(), user: 62, scope: Scope::ReadWrite });
    capsule
}

fn ask_as(
    capsule: &mut Capsule,
    secret: &str,
    method: Method,
    target: &str,
    body: &Value,
    when: i64,
) -> Response {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    });
    let request = Request {
        method,
        path: format!("/api/v2{path}"),
        query: pairs.collect(),
        headers: vec![("authorization".into(), format!("Bearer {secret}"))],
        body: if body.is_null() { vec![] } else { body.to_string().into_bytes() },
        origin: "http://127.0.0.1:9".into(),
    };
    capsule.handle(&request, at(when))
}

fn ask(capsule: &mut Capsule, method: Method, target: &str, body: &Value) -> Response {
    ask_as(capsule, SECRET, method, target, body, 0)
}

fn get(capsule: &mut Capsule, target: &str) -> Value {
    json_of(&ask(capsule, Method::Get, target, &Value::Null))
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Creates a party and gives back its id.
fn made(capsule: &mut Capsule, party: &Value) -> i64 {
    let response = ask(capsule, Method::Post, "/parties", &json!({ "party": party }));
    assert_eq!(response.status, 201, "{}", String::from_utf8_lossy(&response.body));
    json_of(&response)["party"]["id"].as_i64().unwrap()
}

fn organisation(capsule: &mut Capsule, name: &str) -> i64 {
    made(capsule, &json!({"type": "organisation", "name": name}))
}

/// Status, and the first error's field and message.
fn refused(response: &Response) -> (u16, String, String) {
    let body = json_of(response);
    let error = &body["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = if error.is_null() { text(&body["message"]) } else { text(&error["message"]) };
    (response.status, text(&error["field"]), message)
}

#[test]
fn tokens_and_scopes_are_told_apart() {
    let mut capsule = capsule();
    for (secret, method, status, message) in [
        ("nobody", Method::Get, 401, "Requires authentication"),
        ("gone", Method::Get, 401, "Requires authentication"),
        ("reader", Method::Get, 200, ""),
        ("reader", Method::Post, 403, "Requires additional scope"),
    ] {
        let response = ask_as(&mut capsule, secret, method, "/parties", &json!({"party": {}}), 0);
        assert_eq!(response.status, status, "{secret}");
        assert_eq!(json_of(&response)["message"].as_str().unwrap_or_default(), message);
        assert_eq!(header(&response, "WWW-Authenticate").is_some(), status != 200);
    }
}

#[test]
fn the_hour_is_counted_per_user_and_resets() {
    let mut capsule = capsule();
    capsule.options.hourly_limit = 3;
    let left = |response: &Response| header(response, "X-RateLimit-Remaining").unwrap().to_owned();
    for expected in ["2", "1", "0"] {
        assert_eq!(left(&ask(&mut capsule, Method::Get, "/site", &Value::Null)), expected);
    }
    let over = ask(&mut capsule, Method::Get, "/site", &Value::Null);
    assert_eq!((over.status, json_of(&over)), (429, json!({"error": "rate limit reached"})));
    assert_eq!(header(&over, "X-RateLimit-Reset").unwrap(), at(3_600).as_second().to_string());
    assert_eq!(ask_as(&mut capsule, SECRET, Method::Get, "/site", &Value::Null, 3_600).status, 200);
}

#[test]
fn lists_are_paged_with_links_that_keep_the_other_parameters() {
    let mut capsule = capsule();
    for number in 0..5 {
        organisation(&mut capsule, &format!("Firm {number}"));
    }
    let first = ask(&mut capsule, Method::Get, "/parties?perPage=2&embed=tags,meta", &Value::Null);
    assert_eq!(json_of(&first)["meta"]["totalCount"], 5);
    assert_eq!(header(&first, "X-Pagination-Has-More"), Some("true"));
    let next = "<http://127.0.0.1:9/api/v2/parties?perPage=2&embed=tags,meta&page=2>; rel=\"next\"";
    assert_eq!(header(&first, "Link"), Some(next));
    let last = ask(&mut capsule, Method::Get, "/parties?perPage=2&page=3", &Value::Null);
    assert_eq!(json_of(&last)["parties"].as_array().unwrap().len(), 1);
    assert_eq!(header(&last, "X-Pagination-Has-More"), Some("false"));
    assert!(header(&last, "Link").unwrap().ends_with("rel=\"prev\""));
    let past = ask(&mut capsule, Method::Get, "/parties?perPage=2&page=9", &Value::Null);
    assert_eq!((past.status, json_of(&past)["parties"].as_array().unwrap().len()), (200, 0));
    for wrong in ["perPage=0", "perPage=101", "page=0", "perPage=x"] {
        assert_eq!(
            ask(&mut capsule, Method::Get, &format!("/parties?{wrong}"), &Value::Null).status,
            422,
            "{wrong}"
        );
    }
}

#[test]
fn keys_are_null_or_absent_as_tabled() {
    let mut capsule = capsule();
    let id = made(&mut capsule, &json!({"type": "person", "firstName": "Jo"}));
    let party = &get(&mut capsule, &format!("/parties/{id}"))["party"];
    assert_eq!(
        (&party["lastName"], &party["organisation"], &party["about"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!((&party["emailAddresses"], &party["owner"]["id"]), (&json!([]), &json!(61)));
    for absent in ["name", "tags", "fields"] {
        assert!(party.get(absent).is_none(), "{absent}");
    }
    assert!(party.get("enrichment").is_some_and(Value::is_null));
    assert_eq!(party["updatedAt"], "2026-11-24T09:00:00Z");
}

#[test]
fn what_is_wrong_with_a_party_is_said() {
    let mut capsule = capsule();
    organisation(&mut capsule, "Acme Ltd");
    let whole = |extra: &Value| {
        let mut party = json!({"type": "organisation", "name": "New Ltd"});
        party.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "party": party })
    };
    for (extra, field, message) in [
        (json!({"name": " acme LTD "}), "name", "organisation name is already in use"),
        (json!({"name": " "}), "name", "name is required"),
        (json!({"type": "thing"}), "type", "type is required"),
        (json!({"type": "person"}), "firstName", "first name or last name is required"),
        (json!({"addresses": [{"country": "UK"}]}), "country", "unknown country"),
        (json!({"phoneNumbers": [{"number": ""}]}), "number", "number is required"),
        (json!({"emailAddresses": [{"address": "see notes"}]}), "address", "invalid email address"),
        (
            json!({"phoneNumbers": [{"type": "Pager", "number": "1"}]}),
            "type",
            "invalid type, options are: Home, Work, Mobile, Fax, Direct",
        ),
    ] {
        let response = ask(&mut capsule, Method::Post, "/parties", &whole(&extra));
        assert_eq!(refused(&response), (422, field.into(), message.into()), "{extra}");
    }
    assert_eq!(capsule.parties().count(), 1, "a refused create leaves nothing");
    let unknown = ask(
        &mut capsule,
        Method::Post,
        "/parties",
        &whole(&json!({"type": "person", "firstName": "Jo", "organisation": {"id": 1}})),
    );
    assert_eq!(refused(&unknown).2, "organisation not found");
}

#[test]
fn lists_in_a_put_are_edit_lists() {
    let mut capsule = capsule();
    let body = json!({"type": "organisation", "name": "Acme Ltd", "emailAddresses": [{"address": "a@x.example"}, {"address": "b@x.example"}]});
    let id = made(&mut capsule, &body);
    let rows =
        |capsule: &mut Capsule| get(capsule, &format!("/parties/{id}"))["party"]["emailAddresses"].clone();
    let before = rows(&mut capsule);
    let (first, second) = (before[0]["id"].clone(), before[1]["id"].clone());
    let put = |capsule: &mut Capsule, list: &Value| {
        ask_as(
            capsule,
            SECRET,
            Method::Put,
            &format!("/parties/{id}"),
            &json!({"party": {"emailAddresses": list}}),
            5,
        )
    };
    assert_eq!(put(&mut capsule, &json!([])).status, 200);
    assert_eq!(
        get(&mut capsule, &format!("/parties/{id}"))["party"]["updatedAt"],
        "2026-11-24T09:00:00Z",
        "[] changes nothing"
    );
    put(
        &mut capsule,
        &json!([{"id": first, "address": "c@x.example"}, {"id": second, "_delete": true}, {"address": "d@x.example"}]),
    );
    let after = rows(&mut capsule);
    let addresses: Vec<&str> =
        after.as_array().unwrap().iter().map(|row| row["address"].as_str().unwrap()).collect();
    assert_eq!((addresses, &after[0]["id"]), (vec!["c@x.example", "d@x.example"], &first));
    put(&mut capsule, &json!([{"id": first, "_destroy": true}]));
    assert_eq!(rows(&mut capsule).as_array().unwrap().len(), 2, "the wrong key removes nothing");
    assert_eq!(get(&mut capsule, &format!("/parties/{id}"))["party"]["updatedAt"], "2026-11-24T09:00:05Z");
    assert_eq!(put(&mut capsule, &json!([{"id": 1, "_delete": true}])).status, 404);
}

#[test]
fn since_and_the_deleted_feed_tell_what_changed() {
    let mut capsule = capsule();
    let old = organisation(&mut capsule, "Old Ltd");
    let person =
        made(&mut capsule, &json!({"type": "person", "firstName": "Jo", "organisation": {"id": old}}));
    ask_as(&mut capsule, SECRET, Method::Delete, &format!("/parties/{old}"), &Value::Null, 60);
    let feed = get(&mut capsule, "/parties/deleted?since=2026-11-24T09:00:30Z");
    assert_eq!(feed, json!({"parties": [{"id": old, "deletedAt": "2026-11-24T09:01:00Z"}]}));
    assert_eq!(
        refused(&ask(&mut capsule, Method::Get, "/parties/deleted", &Value::Null)),
        (422, "since".into(), "since is required".into())
    );
    let changed = get(&mut capsule, "/parties?since=2026-11-24T09:01:00Z");
    assert_eq!(
        (&changed["parties"][0]["id"], &changed["parties"][0]["organisation"]),
        (&json!(person), &Value::Null)
    );
    assert_eq!(ask(&mut capsule, Method::Get, &format!("/parties/{old}"), &Value::Null).status, 404);
    capsule.restore(old, at(90)).unwrap();
    assert_eq!(ask(&mut capsule, Method::Get, &format!("/parties/{old}"), &Value::Null).status, 200);
    assert_eq!(get(&mut capsule, "/parties/deleted?since=2026-11-24T09:00:30Z"), json!({"parties": []}));
}

#[test]
fn a_merge_moves_rows_and_people_and_retires_an_id() {
    let mut capsule = capsule();
    let keep = organisation(&mut capsule, "Keep Ltd");
    let body = json!({"type": "organisation", "name": "Lose Ltd", "phoneNumbers": [{"number": "1"}], "tags": [{"name": "VIP"}]});
    let lose = made(&mut capsule, &body);
    made(&mut capsule, &json!({"type": "person", "firstName": "Jo", "organisation": {"id": lose}}));
    capsule.merge(lose, keep, at(10)).unwrap();
    let party = get(&mut capsule, &format!("/parties/{keep}?embed=tags"))["party"].clone();
    assert_eq!(
        (&party["phoneNumbers"][0]["number"], &party["tags"][0]["name"]),
        (&json!("1"), &json!("VIP"))
    );
    assert_eq!(get(&mut capsule, &format!("/parties/{keep}/people"))["parties"][0]["firstName"], "Jo");
    assert_eq!(get(&mut capsule, "/parties/deleted?since=2026-11-24T09:00:00Z")["parties"][0]["id"], lose);
}

#[test]
fn masked_records_show_no_name() {
    let mut capsule = capsule();
    let id = organisation(&mut capsule, "Secret Ltd");
    capsule.restrict(id, true, at(5)).unwrap();
    let party = get(&mut capsule, &format!("/parties/{id}"))["party"].clone();
    assert_eq!((&party["name"], &party["isRestricted"]), (&json!("Private"), &json!(true)));
    let whole =
        json_of(&ask_as(&mut capsule, "owner", Method::Get, &format!("/parties/{id}"), &Value::Null, 6));
    assert_eq!(whole["party"]["name"], "Secret Ltd");
    let hidden = get(&mut capsule, "/parties/deleted?since=2026-11-24T09:00:00Z");
    assert_eq!(hidden["restrictedParties"][0]["id"], id);
    let clash = ask(
        &mut capsule,
        Method::Post,
        "/parties",
        &json!({"party": {"type": "organisation", "name": "Secret Ltd"}}),
    );
    assert_eq!(clash.status, 422, "a name that cannot be seen is still taken");
}

#[test]
fn filters_join_conditions_by_and() {
    let mut capsule = capsule();
    let acme = organisation(&mut capsule, "Acme Ltd");
    made(
        &mut capsule,
        &json!({"type": "person", "firstName": "Acme", "lastName": "Ltd", "emailAddresses": [{"address": "a@x.example"}]}),
    );
    let filter = |capsule: &mut Capsule, conditions: &Value| {
        let body = json!({"filter": {"conditions": conditions}});
        ask(capsule, Method::Post, "/parties/filters/results", &body)
    };
    let name = json!({"field": "name", "operator": "is", "value": "acme ltd"});
    let both = json_of(&filter(&mut capsule, &json!([name])));
    assert_eq!(both["parties"].as_array().unwrap().len(), 2);
    let kind = json!({"field": "type", "operator": "is", "value": "organisation"});
    let one = json_of(&filter(&mut capsule, &json!([name, kind])));
    assert_eq!((one["parties"].as_array().unwrap().len(), &one["parties"][0]["id"]), (1, &json!(acme)));
    for (condition, found) in [
        (json!({"field": "hasEmailAddress", "operator": "is", "value": true}), 1),
        (json!({"field": "email", "operator": "is", "value": null}), 1),
        (json!({"field": "id", "operator": "is greater than", "value": acme}), 1),
        (json!({"field": "addedOn", "operator": "is within last", "value": 1}), 2),
        (json!({"field": "name", "operator": "starts with", "value": "acm"}), 2),
    ] {
        let shown = json_of(&filter(&mut capsule, &json!([condition])));
        assert_eq!(shown["parties"].as_array().unwrap().len(), found, "{condition}");
    }
    let unknown = filter(&mut capsule, &json!([{"field": "createdAt", "operator": "is", "value": 1}]));
    assert_eq!(refused(&unknown).2, "invalid field name");
}

#[test]
fn tags_and_fields_are_written_and_read_back_in_capsules_ways() {
    let mut capsule = capsule();
    let id = organisation(&mut capsule, "Acme Ltd");
    let define = |capsule: &mut Capsule, name: &str, kind: &str| {
        let body = json!({"definition": {"name": name, "type": kind, "tag": {"name": "KashFlow"}}});
        let response = ask(capsule, Method::Post, "/parties/fields/definitions", &body);
        assert_eq!(response.status, 201);
        json_of(&response)["definition"].clone()
    };
    let balance = define(&mut capsule, "KashFlow balance", "number");
    let done = define(&mut capsule, "Done", "boolean");
    assert_eq!(balance["tag"]["dataTag"], true, "the tag is made with its first definition");
    let put = |capsule: &mut Capsule, party: &Value| {
        ask(capsule, Method::Put, &format!("/parties/{id}?embed=tags,fields"), &json!({ "party": party }))
    };
    let value =
        |definition: &Value, value: &Value| json!({"definition": {"id": definition["id"]}, "value": value});
    let number: Value = serde_json::from_str("1250.50").unwrap();
    let written = put(
        &mut capsule,
        &json!({"tags": [{"name": "kashflow"}], "fields": [value(&balance, &number), value(&done, &json!(true))]}),
    );
    let party = json_of(&written)["party"].clone();
    assert_eq!(party["fields"][0]["value"], "1250.50", "numbers are read back as text");
    assert_eq!(
        (party["tags"].as_array().unwrap().len(), &party["fields"][0]["tagId"]),
        (1, &balance["tag"]["id"])
    );
    let cleared =
        put(&mut capsule, &json!({"fields": [value(&balance, &Value::Null), value(&done, &json!(false))]}));
    assert_eq!(json_of(&cleared)["party"]["fields"], json!([]), "an empty field has no row");
    for (wrong, message) in [
        (json!({"fields": [value(&done, &Value::Null)]}), "invalid type for field"),
        (json!({"fields": [value(&balance, &json!("much"))]}), "invalid type for field"),
        (json!({"tags": [{"id": 1, "_delete": true}]}), "tag not found to delete"),
    ] {
        assert_eq!(refused(&put(&mut capsule, &wrong)).2, message, "{wrong}");
    }
    capsule.options.refuse_definitions = true;
    let refused = ask(&mut capsule, Method::Post, "/parties/tags", &json!({"tag": {"name": "Mine"}}));
    assert_eq!(refused.status, 403);
}

#[test]
fn an_owner_without_a_team_clears_the_team() {
    let mut capsule = capsule();
    let team = capsule.add_team("Trade sales", at(0));
    let id = made(
        &mut capsule,
        &json!({"type": "organisation", "name": "Acme Ltd", "owner": null, "team": {"id": team}}),
    );
    let party = get(&mut capsule, &format!("/parties/{id}"))["party"].clone();
    assert_eq!(
        (&party["owner"], &party["team"]),
        (&Value::Null, &json!({"id": team, "name": "Trade sales"}))
    );
    ask(&mut capsule, Method::Put, &format!("/parties/{id}"), &json!({"party": {"owner": {"id": 61}}}));
    let party = get(&mut capsule, &format!("/parties/{id}"))["party"].clone();
    assert_eq!((&party["owner"]["id"], &party["team"]), (&json!(61), &Value::Null));
}

#[test]
fn notes_move_the_last_contact_but_not_the_update() {
    let mut capsule = capsule();
    let id = organisation(&mut capsule, "Acme Ltd");
    let entry = json!({"entry": {"type": "note", "party": {"id": id}, "content": "rang"}});
    assert_eq!(ask_as(&mut capsule, SECRET, Method::Post, "/entries", &entry, 30).status, 201);
    let party = get(&mut capsule, &format!("/parties/{id}"))["party"].clone();
    assert_eq!(
        (&party["lastContactedAt"], &party["updatedAt"]),
        (&json!("2026-11-24T09:00:30Z"), &json!("2026-11-24T09:00:00Z"))
    );
    assert_eq!(get(&mut capsule, &format!("/parties/{id}/entries"))["entries"].as_array().unwrap().len(), 1);
}

#[test]
fn what_hangs_on_a_party_is_listed_found_and_goes_with_it() {
    let mut capsule = capsule();
    let id = organisation(&mut capsule, "Acme Ltd");
    let other = organisation(&mut capsule, "Other Ltd");
    let at = "2026-11-20T09:00:00Z".parse().unwrap();
    for (kind, text) in [
        (Hanging::Note, "rang"),
        (Hanging::Opportunity, "counter"),
        (Hanging::Project, "refit"),
        (Hanging::OpenTask, "quote"),
    ] {
        capsule.attach(id, kind, text, at).unwrap();
    }
    assert!(capsule.attach(99, Hanging::Note, "x", at).is_err());
    for (list, key) in [("opportunities", "opportunities"), ("kases", "kases"), ("entries", "entries")] {
        for (party, count) in [(id, 1), (other, 0)] {
            let body = get(&mut capsule, &format!("/parties/{party}/{list}?page=1&perPage=1"));
            assert_eq!(body[key].as_array().unwrap().len(), count, "{list}");
        }
    }
    let party = get(&mut capsule, &format!("/parties/{id}"))["party"].clone();
    assert_eq!(party["lastContactedAt"], json!("2026-11-20T09:00:00Z"));
    let found = |capsule: &mut Capsule, field: &str| {
        let filter = json!({"filter": {"conditions": [
            {"field": "id", "operator": "is", "value": id}, {"field": field, "operator": "is", "value": true}]}});
        let answer = ask(capsule, Method::Post, "/parties/filters/results", &filter);
        let body = json_of(&answer);
        body["parties"].as_array().unwrap().len()
    };
    for field in ["hasOpenTasks", "hasOpportunities", "hasCases"] {
        assert_eq!(found(&mut capsule, field), 1, "{field}");
    }
    capsule.finish_tasks(id);
    assert_eq!(found(&mut capsule, "hasOpenTasks"), 0);
    capsule.merge(id, other, at).unwrap();
    let moved = get(&mut capsule, &format!("/parties/{other}/kases"));
    assert_eq!(moved["kases"][0]["name"], "refit");
    capsule.delete(other, at).unwrap();
    assert_eq!(
        ask(&mut capsule, Method::Get, &format!("/parties/{other}/entries"), &Value::Null).status,
        404
    );
    capsule.restore(other, at).unwrap();
    assert_eq!(
        get(&mut capsule, &format!("/parties/{other}/entries"))["entries"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_delete_may_be_queued_as_a_job() {
    let mut capsule = capsule();
    let id = organisation(&mut capsule, "Acme Ltd");
    capsule.options.queued_deletes = true;
    let answer = ask(&mut capsule, Method::Delete, &format!("/parties/{id}"), &Value::Null);
    assert_eq!((answer.status, answer.body.len()), (202, 0));
    let job = header(&answer, "Location").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(get(&mut capsule, &format!("/jobs/{job}"))["job"]["status"], "completed");
}

#[test]
fn account_paths_answer_and_unknown_ones_do_not() {
    let mut capsule = capsule();
    assert_eq!(get(&mut capsule, "/users/current")["user"]["name"], "Priya Nair");
    assert_eq!(get(&mut capsule, "/site")["site"]["subdomain"], "brookside");
    assert_eq!(get(&mut capsule, "/countries")["countries"].as_array().unwrap().len(), 250);
    for (path, message) in [
        ("/users/me", "Could not find resource"),
        ("/fields", "Could not find resource"),
        ("/parties/x", "party not found"),
    ] {
        let response = ask(&mut capsule, Method::Get, path, &Value::Null);
        assert_eq!(
            (response.status, json_of(&response)["message"].as_str().unwrap()),
            (404, message),
            "{path}"
        );
    }
    let a = organisation(&mut capsule, "A");
    let b = organisation(&mut capsule, "B");
    let several = get(&mut capsule, &format!("/parties/{b},{a},1"));
    assert_eq!(
        several["parties"]
            .as_array()
            .unwrap()
            .iter()
            .map(|party| party["id"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [a, b]
    );
    assert_eq!(ask(&mut capsule, Method::Get, "/parties/1,2,3,4,5,6,7,8,9,10,11", &Value::Null).status, 422);
    assert_eq!(
        get(&mut capsule, "//parties/")["parties"].as_array().unwrap().len(),
        2,
        "slashes do not count"
    );
    assert_eq!(get(&mut capsule, "/parties/search?q=b")["parties"].as_array().unwrap().len(), 1);
}
