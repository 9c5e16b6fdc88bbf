//! Secrets as canaries (I19): whatever is run and whatever goes wrong, none of them is found in any file under the home nor
//! in anything that is printed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use kashsync::domain::date::london_day;
use kashsync::sim::clock::Clock;
use kashsync::sim::fault::{Effect, Fault, Service};
use kashsync::sim::firm::sample;
use kashsync::sim::server::{Addresses, Running, serve};
use kashsync::sim::world::World;

use crate::home::{Home, Ran};

const TOKEN: &str = "CanaryTokenQ7x9";
const PASSWORD: &str = "CanaryPasswordW8z4";
const MEMORABLE_WORD: &str = "CanaryWordE6v3";
const PASSPHRASE: &str = "Canary Passphrase R5t2";
const WRONG: [&str; 3] = ["WrongCanaryTokenA1", "WrongCanaryPasswordB2", "WrongCanaryWordC3"];

/// What is looked for: the secrets as they are and as they are sent.
fn canaries() -> Vec<String> {
    let plain = [TOKEN, PASSWORD, MEMORABLE_WORD, PASSPHRASE].into_iter().chain(WRONG);
    plain.flat_map(|secret| [secret.to_lowercase(), secret.to_lowercase().chars().rev().collect()]).collect()
}

fn found_in(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    canaries().into_iter().find(|canary| text.contains(canary))
}

/// Every file below the folder, with its name.
fn search(folder: &Path, searched: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(found_in(path.to_string_lossy().as_bytes()), None, "{}", path.display());
        if path.is_dir() {
            search(&path, searched);
        } else {
            *searched += 1;
            assert_eq!(found_in(&fs::read(&path).unwrap()), None, "{}", path.display());
        }
    }
}

async fn firm_with_canaries() -> (Running, Home) {
    let clock = Clock::real();
    let mut firm = sample(london_day(clock.now()), 1);
    firm.company.capsule_token = TOKEN.into();
    firm.company.password = PASSWORD.into();
    firm.company.memorable_word = MEMORABLE_WORD.into();
    let world = World::of_firm(&firm, clock).unwrap();
    let running = serve(world, Addresses::default(), Duration::ZERO).await.unwrap();
    let mut home = Home::with(&running, &firm);
    let folder = home.path().join("tmp");
    fs::create_dir_all(&folder).unwrap();
    home.set("TMPDIR", folder.to_str().unwrap());
    (running, home)
}

fn clean(ran: &Ran, what: &str) {
    for text in [&ran.stdout, &ran.stderr] {
        assert_eq!(found_in(text.as_bytes()), None, "{what}: {ran:?}");
    }
}

/// An answer that repeats a secret, as a proxy or a careless service would.
fn echo(service: Service, status: u16, secret: &str) -> Fault {
    let body = match service {
        Service::Capsule => format!(r#"{{"message":"Bearer {secret} is not allowed here","errors":[]}}"#),
        Service::KashFlow => format!(r#"{{"Error":"Strange","Message":"the password {secret} is odd"}}"#),
    };
    Fault {
        service: Some(service),
        skip: 2,
        times: Some(2),
        ..Fault::next(Effect::Answer { status, headers: Vec::new(), body })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_secrets_are_found_nowhere() {
    let (running, mut home) = firm_with_canaries().await;
    let file = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (plan, backup) = (file("plan.json"), file("a.backup"));
    let runs: &[&[&str]] = &[
        &["plan", "--out", &plan, "-vv"],
        &["sync", "--yes", "-vv"],
        &["sync", "--full", "--json", "-vv"],
        &["credentials", "test", "-vv"],
        &["status"],
        &["status", "--json"],
        &["settings", "set", "keep_days", "300", "-vv"],
        &["journal", "--json"],
        &["questions", "--json"],
        &["backup", &backup],
        &["restore", &backup, "-vv"],
        &["sync", "-vv"],
        &["contact", "nonsense"],
    ];
    for arguments in runs {
        let ran = home.run(arguments);
        clean(&ran, &arguments.join(" "));
    }
    // Services that repeat what they were sent.
    for (service, secret) in [(Service::Capsule, TOKEN), (Service::KashFlow, PASSWORD)] {
        for (status, json) in [(401, true), (422, false), (500, false)] {
            running.world().faults.add(echo(service, status, secret));
            let arguments: &[&str] = if json { &["sync", "-vv", "--json"] } else { &["sync", "-vv"] };
            clean(&home.run(arguments), &format!("{service:?} repeats a secret with {status}"));
            running.world().faults.clear();
        }
    }
    clean(&home.run(&["journal"]), "the journal after that");
    // Wrong ones: refused, remembered as a keyed hash, asked for again by the test.
    for (name, value) in [
        ("KASHSYNC_KASHFLOW_PASSWORD", WRONG[1]),
        ("KASHSYNC_KASHFLOW_MEMORABLE_WORD", WRONG[2]),
        ("KASHSYNC_CAPSULE_TOKEN", WRONG[0]),
    ] {
        home.set(name, value);
        for arguments in [&["sync", "-vv"][..], &["sync", "--json"], &["credentials", "test", "-vv"]] {
            let ran = home.run(arguments);
            assert_ne!(ran.code, 0, "{name}: {ran:?}");
            clean(&ran, &format!("wrong {name}"));
        }
    }
    let mut searched = 0;
    search(home.path(), &mut searched);
    assert!(searched > 10, "{searched}");
}

/// Stored ones, which the environment does not have: neither the file nor the passphrase gives them away, nor does anything that
/// is run with them.
#[tokio::test(flavor = "multi_thread")]
async fn i19_stored_secrets_are_found_nowhere() {
    let (running, mut home) = firm_with_canaries().await;
    let user_name = home.variable("KASHSYNC_KASHFLOW_USERNAME").unwrap();
    for name in ["CAPSULE_TOKEN", "KASHFLOW_USERNAME", "KASHFLOW_PASSWORD", "KASHFLOW_MEMORABLE_WORD"] {
        home.unset(&format!("KASHSYNC_{name}"));
    }
    home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
    let backup = home.path().join("a.backup").to_str().unwrap().to_owned();
    let wrong = format!("{}\n{user_name}\n{}\n{}\n", WRONG[0], WRONG[1], WRONG[2]);
    let right = format!("{TOKEN}\n{user_name}\n{PASSWORD}\n{MEMORABLE_WORD}\n");
    for (lines, code) in [(&wrong, 5), (&right, 0)] {
        let ran = home.fed(&["credentials", "set", "-vv"], lines);
        assert_eq!(ran.code, code, "{ran:?}");
        clean(&ran, "credentials set");
    }
    let too_much = home.fed(&["credentials", "set", "--json"], &format!("{right}{TOKEN}\n"));
    assert_eq!(too_much.code, 2, "{too_much:?}");
    clean(&too_much, "more than four lines");
    let runs: &[&[&str]] = &[
        &["sync", "--yes", "-vv"],
        &["credentials", "test", "-vv"],
        &["credentials", "test", "--json"],
        &["profiles", "-vv"],
        &["backup", &backup],
        &["restore", &backup, "-vv"],
        &["sync", "-vv", "--json"],
    ];
    for arguments in runs {
        clean(&home.run(arguments), &arguments.join(" "));
    }
    for (service, secret) in [(Service::Capsule, TOKEN), (Service::KashFlow, PASSWORD)] {
        running.world().faults.add(echo(service, 422, secret));
        clean(&home.run(&["sync", "-vv"]), &format!("{service:?} repeats a secret"));
        running.world().faults.clear();
    }
    home.set("KASHSYNC_PASSPHRASE", WRONG[1]);
    let ran = home.run(&["sync", "-vv", "--json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    clean(&ran, "a wrong passphrase");
    assert!(home.path().join("config/default.credentials").exists());
    let mut searched = 0;
    search(home.path(), &mut searched);
    assert!(searched > 10, "{searched}");
    assert_eq!(home.run(&["credentials", "forget", "--yes", "-vv"]).code, 0);
    search(home.path(), &mut searched);
}
