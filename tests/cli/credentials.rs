//! Credentials at rest: set, tested, used and forgotten by the real binary.

use std::fs;
use std::path::PathBuf;

use kashsync::sim::firm::{Company, Firm};
use kashsync::sim::server::Running;

use crate::home::{Home, sample_firm};

const PASSPHRASE: &str = "five words are quite enough";

/// What `credentials set` is told on standard input.
pub fn lines(company: &Company) -> String {
    let Company { capsule_token, user_name, password, memorable_word, .. } = company;
    format!("{capsule_token}\n{user_name}\n{password}\n{memorable_word}\n")
}

/// A home whose accounts' credentials are stored, with the passphrase in the environment.
async fn stored() -> (Running, Firm, Home) {
    let (running, firm) = sample_firm().await;
    let mut home = Home::locked_out(&running);
    home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
    let ran = home.fed(&["credentials", "set"], &lines(&firm.company));
    assert_eq!(ran.code, 0, "{ran:?}");
    (running, firm, home)
}

fn file(home: &Home) -> PathBuf {
    home.path().join("config/default.credentials")
}

fn document(text: &str) -> serde_json::Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_set_from_standard_input_and_open_later_runs() {
    let (_running, firm, mut home) = stored().await;
    let bytes = fs::read(file(&home)).unwrap();
    for secret in [&firm.company.capsule_token, &firm.company.password, &firm.company.memorable_word] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(file(&home)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(home.run(&["sync", "--yes"]).code, 3, "the sample firm has failing records");
    let (code, tested) = home.json(&["credentials", "test"]);
    assert_eq!(code, 0, "{tested}");
    assert_eq!(tested["kashflow"]["name"], firm.company.name.as_str());
    assert_eq!(tested["sources"]["kashflow_password"], "file");
    // Each value of the environment counts before the stored one.
    home.set("KASHSYNC_KASHFLOW_PASSWORD", "another one");
    let ran = home.run(&["credentials", "test"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains("from the environment (KASHSYNC_KASHFLOW_PASSWORD)"), "{ran:?}");
    assert!(ran.stdout.contains("from the encrypted file"), "{ran:?}");
    // An empty line keeps what is stored.
    home.unset("KASHSYNC_KASHFLOW_PASSWORD");
    let ran = home.fed(&["credentials", "set", "--json"], "\n\n\n\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(document(&ran.stdout)["stored"], serde_json::json!([]));
    assert_eq!(fs::read(file(&home)).unwrap(), bytes, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_services_accept_is_stored() {
    let (running, firm) = sample_firm().await;
    let mut home = Home::locked_out(&running);
    home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
    let mut wrong = firm.company.clone();
    wrong.password = "not it".into();
    let ran = home.fed(&["credentials", "set", "--json"], &lines(&wrong));
    assert_eq!(ran.code, 5, "{ran:?}");
    let told = document(&ran.stdout);
    assert_eq!(told["stored"], serde_json::json!(["capsule_token"]));
    let kashflows = ["kashflow_user_name", "kashflow_password", "kashflow_memorable_word"];
    assert_eq!(told["not_stored"], serde_json::json!(kashflows));
    assert_eq!((&told["tested"], &told["error"]["code"]), (&true.into(), &"wrong_credentials".into()));
    // What is missing is named with both remedies.
    let ran = home.run(&["sync"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in ["KashFlow password", "kashsync credentials set", "KASHSYNC_KASHFLOW_PASSWORD"] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert!(!ran.stderr.contains("KASHSYNC_CAPSULE_TOKEN"), "{ran:?}");
    // Untried, all are.
    let ran = home.fed(&["credentials", "set", "--no-test", "--json"], &lines(&wrong));
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = document(&ran.stdout);
    assert_eq!((told["stored"].as_array().unwrap().len(), &told["tested"]), (4, &false.into()));
    assert_eq!(home.run(&["credentials", "test"]).code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_file_or_its_passphrase_is_told_apart() {
    let (_running, _firm, mut home) = stored().await;
    let told = |home: &Home, code: i32, part: &str, remedy: &str| {
        let (ended, document) = home.json(&["sync"]);
        assert_eq!(ended, code, "{document}");
        let error = &document["error"];
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert!(error["remedy"].as_str().unwrap().contains(remedy), "{error}");
        assert_eq!(error["code"], if code == 2 { "usage" } else { "failed" });
    };
    home.unset("KASHSYNC_PASSPHRASE");
    told(&home, 2, "nobody can be asked", "KASHSYNC_PASSPHRASE");
    home.set("KASHSYNC_PASSPHRASE", "another passphrase");
    told(&home, 2, "not the passphrase", "credentials forget");
    let refused = home.fed(&["credentials", "set"], "a\nb\nc\nd\n");
    assert_eq!(refused.code, 2, "{refused:?}");
    home.unset("KASHSYNC_PASSPHRASE");
    home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
    let good = fs::read(file(&home)).unwrap();
    let mut bytes = good.clone();
    bytes[70] ^= 1;
    fs::write(file(&home), &bytes).unwrap();
    told(&home, 1, "damaged", "credentials forget");
    fs::remove_file(file(&home)).unwrap();
    fs::create_dir(file(&home)).unwrap();
    told(&home, 1, "cannot be read", "rights");
    fs::remove_dir(file(&home)).unwrap();
    fs::write(file(&home), &good).unwrap();
    assert_eq!(home.run(&["credentials", "test"]).code, 0);
}

#[test]
fn what_is_no_credential_is_refused_and_nothing_is_stored() {
    let mut home = Home::new();
    let ran = home.fed(&["credentials", "set", "--no-test"], "a\nb\nc\nd\n");
    assert_eq!(ran.code, 2, "no passphrase: {ran:?}");
    assert!(ran.stderr.contains("KASHSYNC_PASSPHRASE"), "{ran:?}");
    home.set("KASHSYNC_PASSPHRASE", "short");
    let ran = home.fed(&["credentials", "set", "--no-test"], "a\nb\nc\nd\n");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("at least 8"), "{ran:?}");
    home.unset("KASHSYNC_PASSPHRASE");
    home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
    for (input, part) in [
        ("", "the Capsule token is missing"),
        ("token\nuser\n", "the KashFlow password is missing"),
        ("token\nuser\npass\u{7}\nword\n", "the KashFlow password has a character"),
        ("token\nuser\npass\nword\nmore\n", "more than four lines"),
    ] {
        let ran = home.fed(&["credentials", "set", "--no-test"], input);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    assert!(!file(&home).exists());
    let ran = home.fed(&["credentials", "set", "--no-test"], "token\r\nuser\r\npass\r\nword");
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_asks_removes_and_says_what_is_left() {
    let (_running, _firm, mut home) = stored().await;
    home.set("KASHSYNC_CAPSULE_TOKEN", "token");
    let (code, refused) = home.json(&["credentials", "forget"]);
    assert_eq!((code, &refused["error"]["code"]), (4, &"needs_confirmation".into()), "{refused}");
    assert!(file(&home).exists());
    // No passphrase is needed, and no store that opens.
    home.unset("KASHSYNC_PASSPHRASE");
    let (code, told) = home.json(&["credentials", "forget", "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(told["forgotten"], serde_json::json!(["file"]));
    assert_eq!(told["environment"], serde_json::json!(["KASHSYNC_CAPSULE_TOKEN"]));
    assert!(!file(&home).exists());
    let ran = home.run(&["credentials", "forget", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in ["Nothing was stored.", "KASHSYNC_CAPSULE_TOKEN", "revoke the token in Capsule"] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(home.run(&["sync"]).code, 2);
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::terminal::Terminal;

    /// What is typed, in the order in which it is asked for.
    fn typed(company: &Company) -> [(&'static str, String); 6] {
        [
            ("New passphrase:", PASSPHRASE.into()),
            ("The same again:", PASSPHRASE.into()),
            ("Capsule token:", company.capsule_token.clone()),
            ("KashFlow user name:", company.user_name.clone()),
            ("KashFlow password:", company.password.clone()),
            ("KashFlow memorable word:", company.memorable_word.clone()),
        ]
    }

    fn count(came: &[u8], text: &str) -> usize {
        came.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn i19_nothing_that_is_typed_is_shown_but_the_user_name() {
        let (running, firm) = sample_firm().await;
        let home = Home::locked_out(&running);
        let mut terminal = Terminal::start(&home, &["credentials", "set"]);
        for (prompt, line) in typed(&firm.company) {
            terminal.until(prompt, |text| text.contains(prompt));
            // One too many, and taken back.
            terminal.key(&format!("{line}x\u{7f}\r"));
        }
        terminal.until("its end", |text| text.contains("Stored in the encrypted file"));
        let came = terminal.came.clone();
        assert_eq!(terminal.ended(), 0);
        for (prompt, line) in typed(&firm.company) {
            let is_shown = count(&came, &line) > 0;
            assert_eq!(is_shown, prompt == "KashFlow user name:", "{prompt} {line}");
        }
        // Asked for once when it is needed, and not on standard output.
        let mut terminal = Terminal::start(&home, &["credentials", "test"]);
        terminal.until("the question", |text| text.contains("Passphrase of"));
        terminal.key(&format!("{PASSPHRASE}\r"));
        terminal.until("the test", |text| text.contains("from the encrypted file"));
        let came = terminal.came.clone();
        assert_eq!(terminal.ended(), 0);
        assert_eq!((count(&came, PASSPHRASE), count(&came, "Passphrase of")), (0, 1));
    }

    #[test]
    fn leaving_a_question_ends_it_all_and_gives_the_terminal_back() {
        let home = Home::new();
        for (key, code) in [("\u{3}", 130), ("\u{4}", 130)] {
            let mut terminal = Terminal::start(&home, &["credentials", "set", "--no-test"]);
            terminal.until("the question", |text| text.contains("New passphrase:"));
            terminal.key(key);
            let (ended, words) = terminal.last_words();
            assert_eq!(ended, code, "{words}");
            assert!(words.contains("Nothing was sent and nothing was stored."), "{words}");
        }
        assert!(!file(&home).exists());
    }

    #[test]
    fn two_passphrases_that_differ_are_not_taken() {
        let home = Home::new();
        let mut terminal = Terminal::start(&home, &["credentials", "set", "--no-test"]);
        for (prompt, line) in [("New passphrase:", "one passphrase\r"), ("The same again:", "another one\r")]
        {
            terminal.until(prompt, |text| text.contains(prompt));
            terminal.key(line);
        }
        let (code, words) = terminal.last_words();
        assert_eq!(code, 2, "{words}");
        assert!(words.contains("not the same"), "{words}");
        assert!(!file(&home).exists());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_screen_opens_after_the_passphrase() {
        let (_running, _firm, mut home) = stored().await;
        home.unset("KASHSYNC_PASSPHRASE");
        let mut terminal = Terminal::start(&home, &[]);
        terminal.until("the question", |text| text.contains("Passphrase of"));
        terminal.key(&format!("{PASSPHRASE}\r"));
        terminal.until("the first plan", |text| text.contains("The first sync's plan"));
        terminal.key("\u{1b}");
        terminal.until("the panes", |text| text.contains("[1] Contacts"));
        terminal.key("q");
        assert_eq!(terminal.ended(), 0);
    }

    #[test]
    fn forgetting_waits_for_a_word() {
        let mut home = Home::new();
        home.set("KASHSYNC_PASSPHRASE", PASSPHRASE);
        assert_eq!(home.fed(&["credentials", "set", "--no-test"], "a\nb\nc\nd\n").code, 0);
        for (word, code) in [("n\r", 4), ("y\r", 0)] {
            let mut terminal = Terminal::start(&home, &["credentials", "forget"]);
            terminal.until("the question", |text| text.contains("Remove the stored credentials"));
            assert!(file(&home).exists());
            terminal.key(word);
            assert_eq!(terminal.ended(), code, "{word:?}");
        }
        assert!(!file(&home).exists());
    }
}
