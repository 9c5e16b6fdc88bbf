//! Profiles: each with its own state, credentials and lock, and the list of them.

use kashsync::store::SledStore;
use serde_json::Value;

use crate::credentials::lines;
use crate::home::{Home, sample_firm};

fn one<'a>(listed: &'a [Value], name: &str) -> &'a Value {
    listed.iter().find(|one| one["profile"] == name).unwrap_or_else(|| panic!("no {name}: {listed:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_have_their_own_state_credentials_and_lock_and_are_listed() {
    let (running, firm) = sample_firm().await;
    let mut home = Home::locked_out(&running);
    assert_eq!(home.list(&["profiles"]), Vec::<Value>::new());
    assert!(home.run(&["profiles"]).stdout.contains("There is no profile yet."));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "the log alone: nothing was begun");
    home.set("KASHSYNC_PASSPHRASE", "five words are quite enough");
    let set = home.fed(&["--profile", "brook", "credentials", "set"], &lines(&firm.company));
    assert_eq!(set.code, 0, "{set:?}");
    assert_eq!(home.run(&["--profile", "other", "settings", "set", "keep_days", "300"]).code, 0);
    // One profile's credentials are nobody else's.
    let refused = home.run(&["--profile", "other", "sync"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("`kashsync --profile other credentials set`"), "{refused:?}");
    assert_eq!(home.run(&["--profile", "brook", "sync", "--yes"]).code, 3);
    assert_eq!(home.list(&["--profile", "other", "contacts"]), Vec::<Value>::new());
    let listed = home.list(&["profiles"]);
    let names: Vec<_> = listed.iter().map(|one| one["profile"].as_str().unwrap()).collect();
    assert_eq!(names, ["brook", "other"]);
    let (brook, other) = (one(&listed, "brook"), one(&listed, "other"));
    assert_eq!(
        (&brook["company"], &brook["credentials"]),
        (&firm.company.name.as_str().into(), &"file".into())
    );
    assert_eq!(brook["capsule"], firm.company.subdomain.as_str());
    assert!(brook["last_sync"].is_string() && brook["error"].is_null(), "{brook}");
    assert_eq!(brook["folder"], home.path().join("data/brook").to_str().unwrap());
    for unknown in ["company", "capsule", "credentials", "last_sync", "error"] {
        assert!(other[unknown].is_null(), "{unknown}: {other}");
    }
    let text = home.run(&["profiles"]).stdout;
    assert!(text.contains(&firm.company.name) && text.contains("none stored"), "{text}");
    // Somebody else has one open: it is listed, by what its newest backup tells; the other one can be used.
    let held = SledStore::open(&home.path().join("data/brook"), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let listed = home.list(&["profiles"]);
    let brook = one(&listed, "brook");
    assert_eq!(brook["error"]["code"], "profile_in_use");
    assert_eq!(brook["company"], firm.company.name.as_str());
    assert_eq!(home.run(&["--profile", "brook", "status"]).code, 6);
    assert_eq!(home.run(&["--profile", "other", "status"]).code, 0);
    drop(held);
    // Forgetting one leaves the others alone.
    let set = home.fed(&["--profile", "other", "credentials", "set", "--no-test"], "a\nb\nc\nd\n");
    assert_eq!(set.code, 0, "{set:?}");
    assert_eq!(home.run(&["--profile", "brook", "credentials", "forget", "--yes"]).code, 0);
    let listed = home.list(&["profiles"]);
    assert!(one(&listed, "brook")["credentials"].is_null());
    assert_eq!(one(&listed, "other")["credentials"], "file");
}
