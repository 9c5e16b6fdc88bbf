//! Text of the two services that a terminal, a spreadsheet or a reader might obey: it is shown as visible characters, and kept as
//! it is (sync I20).

use kashsync::sim::server::Running;
use serde_json::{Value, json};

use crate::home::{Home, Ran, sample_firm};

/// Title, clear screen, colour by C1, right-to-left override, zero width, line end, a link, and a backspace.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m \u{202e}gnp\u{200b}.exe\u{1b}]8;;http://x.example\u{7}\u{8}\u{2028}";

/// Whether a terminal might obey or hide a character; said here once more, so that this is a test of ours.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn no_harm(what: &str, text: &str) {
    let found = text.chars().find(|character| is_hostile(*character) && *character != '\n');
    assert_eq!(found, None, "{what}: {text:?}");
}

fn neither_stream(arguments: &[&str], ran: &Ran) {
    no_harm(&format!("{arguments:?} on standard output"), &ran.stdout);
    no_harm(&format!("{arguments:?} on standard error"), &ran.stderr);
}

/// Hostile records on both sides: some that match, some that are asked about, one that fails, one of each kind.
fn spoil(running: &Running) -> i64 {
    let mut world = running.world();
    let now = world.clock.now();
    let name = |start: &str| format!("{start}{HOSTILE} Quarry Ltd");
    for (kind, start) in [("customer", "=Ash"), ("customer", "+Birch"), ("supplier", "@Cedar")] {
        let body = json!({
            "Code": format!("HOST{kind}{}", start.len()),
            "Name": name(start),
            "Contacts": [{
                "FirstName": format!("Jo{HOSTILE}"),
                "LastName": format!("Ash{HOSTILE}"),
                "Telephone": format!("0113 496{HOSTILE}"),
            }],
            "Address": {"Line1": format!("1{HOSTILE} Street"), "Postcode": format!("LS1{HOSTILE}")},
        });
        let added = world.kashflow.add(kind, &body, now).unwrap();
        if kind == "customer" {
            let invoice = json!({"CustomerCode": added["Code"], "NetAmount": 12.5, "VATAmount": 0});
            world.kashflow.add("invoice", &invoice, now).unwrap();
        }
    }
    world.kashflow.add("customer", &json!({"Name": name("Dogwood Timber")}), now).unwrap();
    let near = json!({"party": {"type": "organisation", "name": name("Dogwood Timbre")}});
    world.capsule.add_party(&near, 1, now).unwrap();
    let own = json!({"party": {"type": "organisation", "name": name("-Elm"), "about": HOSTILE}});
    world.capsule.add_party(&own, 1, now).unwrap()
}

fn logs(home: &Home) -> String {
    let files = std::fs::read_dir(home.path().join("logs")).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i20_no_output_for_people_holds_a_character_that_a_terminal_obeys() {
    let (running, firm) = sample_firm().await;
    let own = spoil(&running).to_string();
    let home = Home::with(&running, &firm);
    for command in [&["plan"][..], &["sync"], &["sync", "--yes", "-v"], &["contacts"], &["contact", &own]] {
        neither_stream(command, &home.run(command));
    }
    let holds_it = |row: &Value| row["name"].as_str().unwrap().contains("\u{1b}]0;owned\u{7}\u{1b}[2J");
    assert!(home.list(&["questions"]).iter().any(holds_it));
    for command in [&["questions"][..], &["settings", "set", "near_match", "create"], &["sync"]] {
        neither_stream(command, &home.run(command));
    }
    let rows = home.list(&["contacts"]);
    let ours: Vec<&Value> = rows.iter().filter(|row| holds_it(row)).collect();
    assert!(ours.len() >= 5, "JSON holds names as they are: {}", ours.len());
    let linked = ours.iter().find(|row| !row["links"].as_array().unwrap().is_empty()).unwrap();
    let (linked, name) = (linked["id"].to_string(), linked["name"].as_str().unwrap().to_owned());
    for command in [
        &["contact", &linked][..],
        &["invoices"],
        &["invoices", "--contact", &linked],
        &["debtors"],
        &["journal"],
        &["status"],
        &["duplicates"],
        &["ignored"],
        &["export", &own, "--dry-run"],
        &["export", &own, "--yes"],
        &["merge", &linked, &own, "--dry-run"],
        &["take", &linked, "phone", "kashflow"],
        &["delete", &linked, "--kashflow", "archive", "--dry-run"],
        &["delete", &linked, "--kashflow", "archive", "--confirm", "another"],
        &["delete", &linked, "--kashflow", "archive", "--confirm", &name],
        &["contacts", HOSTILE],
        &["contact", HOSTILE],
        &["answer", "1", HOSTILE],
        &["settings", "set", "default_team", HOSTILE],
        &["settings"],
    ] {
        neither_stream(command, &home.run(command));
    }
    no_harm("the log", &logs(&home));
}

#[tokio::test(flavor = "multi_thread")]
async fn i20_no_cell_of_a_csv_is_a_formula() {
    let (running, firm) = sample_firm().await;
    spoil(&running);
    let home = Home::with(&running, &firm);
    home.run(&["sync", "--yes"]);
    for list in ["contacts", "invoices", "debtors"] {
        let csv = home.run(&[list, "--csv"]).stdout;
        assert!(csv.contains("Ash"), "{csv}");
        for start in ['=', '+', '@', '-', '\t', '\r'] {
            for sign in ["Ash", "Birch", "Cedar", "Elm"] {
                let formula = format!("\"{start}{sign}");
                assert!(!csv.contains(&formula), "{list}: {formula}");
            }
        }
    }
}
