//! The layers, as a test: which top-level module may name which, and what `domain` must never name (design 8).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each top-level module and the ones it may use. A module that is not here fails the test.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("redaction", &[]),
    ("remote", &["domain", "ports", "redaction"]),
    ("store", &["domain", "ports"]),
    ("engine", &["domain", "ports"]),
    ("config", &["domain", "ports", "error"]),
    ("credentials", &["config", "error"]),
    ("error", &["domain", "ports"]),
    ("telemetry", &["domain", "redaction"]),
    ("tui", &["domain", "engine", "config"]),
    ("sim", &[]),
    (
        "cli",
        &[
            "domain",
            "ports",
            "remote",
            "store",
            "engine",
            "config",
            "credentials",
            "error",
            "telemetry",
            "tui",
            "sim",
        ],
    ),
];

/// What pure code must not name: runtimes, services, stores, screens, clocks, the environment (design 8).
const NOT_IN_DOMAIN: &[&str] = &[
    "tokio",
    "reqwest",
    "sled",
    "ratatui",
    "crossterm",
    "axum",
    "serde",
    "tracing",
    "std::fs",
    "std::io",
    "std::env",
    "std::net",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "async fn",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    files.sort();
    files
}

/// `engine` of `src/engine/run.rs` and of `src/engine.rs`; nothing for `lib.rs` and `main.rs`.
fn module_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(source()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// Lines of code with their numbers; comment lines are left out.
fn code(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.to_owned()));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
}

/// Every `crate::x` that a line names, grouped imports included.
fn named(line: &str) -> Vec<String> {
    line.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => group.split(['}', ',']).map(first_word).collect::<Vec<_>>(),
            None => vec![first_word(rest)],
        })
        .filter(|word| !word.is_empty())
        .collect()
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

#[test]
fn modules_use_only_what_they_may() {
    let mut faults = Vec::new();
    for file in all_files() {
        let Some(module) = module_of(&file) else { continue };
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{}: the module {module} has no row in MAY_USE", file.display()));
            continue;
        };
        for (number, line) in code(&file) {
            for used in named(&line) {
                let known = MAY_USE.iter().any(|(name, _)| *name == used);
                if known && used != module && !allowed.contains(&used.as_str()) {
                    faults.push(format!("{}:{number}: {module} must not use {used}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn domain_is_pure() {
    let mut faults = Vec::new();
    for file in all_files().into_iter().filter(|file| module_of(file).as_deref() == Some("domain")) {
        for (number, line) in code(&file) {
            for forbidden in NOT_IN_DOMAIN.iter().filter(|forbidden| line.contains(**forbidden)) {
                // Threads that end before the function does, and whose results come in one order, are as pure as it is.
                if *forbidden == "std::thread" && file.ends_with("domain/parallel.rs") {
                    continue;
                }
                faults.push(format!("{}:{number}: domain must not name {forbidden}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_store_touches_sled_and_only_the_screen_touches_the_terminal() {
    for (crate_name, owners) in [
        ("sled::", &["store"][..]),
        ("ratatui::", &["tui"]),
        ("reqwest::", &["remote"]),
        ("axum::", &["sim"]),
        ("argon2::", &["credentials"]),
        ("chacha20poly1305::", &["credentials"]),
        ("keyring::", &["credentials"]),
    ] {
        for file in all_files() {
            let module = module_of(&file).unwrap_or_default();
            if owners.contains(&module.as_str()) {
                continue;
            }
            for (number, line) in code(&file) {
                assert!(
                    !line.contains(crate_name),
                    "{}:{number}: only {owners:?} may name {crate_name}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn files_are_small_and_named_for_what_they_hold() {
    let vague: BTreeSet<&str> =
        ["utils", "util", "helpers", "helper", "common", "misc", "manager", "types"].into();
    for file in all_files() {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{}: {lines} lines; split it", file.display());
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(!vague.contains(stem), "{}: name it for what it holds", file.display());
        let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(!vague.contains(folder), "{}: name its folder for what it holds", file.display());
    }
}

#[test]
fn every_file_says_what_is_here() {
    for file in all_files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{}: begins with a sentence on what is here", file.display());
    }
}

#[test]
fn the_check_itself_sees_grouped_imports() {
    assert_eq!(named("use crate::{domain::ids, ports};"), ["domain", "ports"]);
    assert_eq!(named("let x = crate::store::open(crate::sim::x);"), ["store", "sim"]);
}
