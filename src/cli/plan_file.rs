//! A saved plan: what `plan --out` writes and `apply` reads. JSON; the operations in it are for people and scripts to read,
//! what is carried out is the plan made anew, when it is still the same.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::json::plan::{SavedPlanJson, operations};
use crate::config::file::write;
use crate::domain::basis::Basis;
use crate::domain::operation::Plan;
use crate::domain::snapshot::Snapshot;
use crate::error::AppError;

/// The version of the format.
const FORMAT: u64 = 1;
/// What the file says it is.
const KIND: &str = "kashsync plan";

/// Whose plan it is, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// The Capsule subdomain.
    pub capsule: String,
    /// The KashFlow company.
    pub kashflow: String,
}

/// What a file holds that applying it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan {
    /// When it was made.
    pub made: Timestamp,
    /// Whose it is.
    pub accounts: Accounts,
    /// What it was made from.
    pub basis: Basis,
}

#[derive(Serialize)]
struct Body<'a> {
    kind: &'static str,
    format: u64,
    made: Timestamp,
    accounts: &'a Accounts,
    basis: BasisWords,
    plan: SavedPlanJson,
}

#[derive(Deserialize)]
struct ReadBody {
    made: Timestamp,
    accounts: Accounts,
    basis: BasisWords,
}

/// Digests as eight hexadecimal digits each.
#[derive(Serialize, Deserialize)]
struct BasisWords {
    accounts: String,
    capsule: String,
    kashflow: String,
    local: String,
    settings: String,
    plan: String,
}

/// Writes a plan to a file of its own, whole or not at all, readable by its owner only. An earlier plan in its place is
/// replaced (`true`); anything else that is there is left alone and the plan is refused.
pub fn save(path: &Path, saved: &SavedPlan, plan: &Plan, snapshot: &Snapshot) -> Result<bool, AppError> {
    let replaced = match fs::read_to_string(path) {
        Ok(there) if is_plan(&there) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Ok(_) | Err(_) => {
            return Err(AppError::Usage {
                message: format!("{} is there already and holds no saved plan", path.display()),
                remedy: "Name another file. Nothing was written.".into(),
            });
        }
    };
    let body = Body {
        kind: KIND,
        format: FORMAT,
        made: saved.made,
        accounts: &saved.accounts,
        basis: words(&saved.basis),
        plan: operations(plan, snapshot),
    };
    let text = text(&body).map_err(|error| {
        AppError::machine(format!("JSON cannot be written: {error}"), "Report this to the authors.")
    })?;
    write(path, &text).map_err(|error| {
        AppError::machine(format!("{} cannot be written: {error}", path.display()), "Name another file.")
    })?;
    Ok(replaced)
}

/// Reads a saved plan.
pub fn read(path: &Path) -> Result<SavedPlan, AppError> {
    let text = fs::read_to_string(path).map_err(|error| AppError::Usage {
        message: format!("{} cannot be read: {error}", path.display()),
        remedy: "Name the file that `kashsync plan --out FILE` wrote.".into(),
    })?;
    let whole: Value = serde_json::from_str(&text).map_err(|_| damaged(path))?;
    if whole.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(damaged(path));
    }
    if whole.get("format").and_then(Value::as_u64) != Some(FORMAT) {
        return Err(AppError::Usage {
            message: format!("{} was written by another version of kashsync", path.display()),
            remedy: "Save the plan again with this one: `kashsync plan --out FILE`.".into(),
        });
    }
    let (given, checked) = taken_apart(whole);
    if given != Some(checked.1) {
        return Err(damaged(path));
    }
    let body: ReadBody = serde_json::from_value(checked.0).map_err(|_| damaged(path))?;
    let basis = body.basis.digests().ok_or_else(|| damaged(path))?;
    Ok(SavedPlan { made: body.made, accounts: body.accounts, basis })
}

fn damaged(path: &Path) -> AppError {
    AppError::Usage {
        message: format!("{} holds no saved plan as kashsync wrote it", path.display()),
        remedy: "Save the plan again: `kashsync plan --out FILE`. A saved plan cannot be edited.".into(),
    }
}

fn is_plan(text: &str) -> bool {
    let parsed = serde_json::from_str::<Value>(text);
    parsed.is_ok_and(|whole| whole.get("kind").and_then(Value::as_str) == Some(KIND))
}

fn text(body: &Body<'_>) -> serde_json::Result<String> {
    let mut whole = serde_json::to_value(body)?;
    let check = check(&whole);
    if let Value::Object(fields) = &mut whole {
        fields.insert("check".into(), json!(check));
    }
    serde_json::to_string_pretty(&whole).map(|text| text + "\n")
}

/// The check that the file gives, and the rest with the check that belongs to it.
fn taken_apart(mut whole: Value) -> (Option<String>, (Value, String)) {
    let given = whole.as_object_mut().and_then(|fields| fields.remove("check"));
    let belongs = check(&whole);
    (given.and_then(|given| given.as_str().map(str::to_owned)), (whole, belongs))
}

/// Over the parsed content: blanks and line ends do not count.
fn check(whole: &Value) -> String {
    hex(crc32fast::hash(whole.to_string().as_bytes()))
}

fn hex(digest: u32) -> String {
    format!("{digest:08x}")
}

fn words(basis: &Basis) -> BasisWords {
    let Basis { accounts, capsule, kashflow, local, settings, plan } = *basis;
    BasisWords {
        accounts: hex(accounts),
        capsule: hex(capsule),
        kashflow: hex(kashflow),
        local: hex(local),
        settings: hex(settings),
        plan: hex(plan),
    }
}

impl BasisWords {
    fn digests(&self) -> Option<Basis> {
        let digest = |word: &str| u32::from_str_radix(word, 16).ok();
        Some(Basis {
            accounts: digest(&self.accounts)?,
            capsule: digest(&self.capsule)?,
            kashflow: digest(&self.kashflow)?,
            local: digest(&self.local)?,
            settings: digest(&self.settings)?,
            plan: digest(&self.plan)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> SavedPlan {
        let basis = Basis { accounts: 1, capsule: 2, kashflow: 3, local: 4, settings: 5, plan: u32::MAX };
        let accounts = Accounts { capsule: "brookside".into(), kashflow: "Brookside Ltd".into() };
        SavedPlan { made: "2026-11-24T09:00:00Z".parse().unwrap(), accounts, basis }
    }

    fn save_to(path: &Path) -> Result<bool, AppError> {
        save(path, &saved(), &Plan::default(), &Snapshot::default())
    }

    #[test]
    fn a_saved_plan_reads_back_and_is_its_owners_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        assert_eq!(save_to(&path), Ok(false));
        assert_eq!(read(&path), Ok(saved()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(save_to(&path), Ok(true), "an earlier plan is replaced, and that is said");
        let pretty = fs::read_to_string(&path).unwrap();
        let compact: Value = serde_json::from_str(&pretty).unwrap();
        fs::write(&path, compact.to_string()).unwrap();
        assert_eq!(read(&path), Ok(saved()), "blanks do not count");
    }

    #[test]
    fn what_is_no_saved_plan_is_neither_read_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        assert_eq!(read(&path).unwrap_err().code(), "usage", "there is none");
        for text in ["precious", "{}", "[]", ""] {
            fs::write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap_err().code(), "usage");
            assert_eq!(save_to(&path).unwrap_err().code(), "usage");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_file(&path).unwrap();
        save_to(&path).unwrap();
        let sound = fs::read_to_string(&path).unwrap();
        for (part, other) in
            [("brookside", "elsewhere"), ("ffffffff", "fffffffe"), ("\"format\": 1", "\"format\": 2")]
        {
            assert!(sound.contains(part), "{sound}");
            fs::write(&path, sound.replace(part, other)).unwrap();
            assert_eq!(read(&path).unwrap_err().code(), "usage", "{part}");
        }
        fs::write(&path, sound.get(..sound.len() / 2).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap_err().code(), "usage", "cut short");
    }

    /// Whatever the file holds: the saved plan, or words about the file; never a panic.
    #[test]
    fn any_bytes_are_survived() {
        use proptest::prelude::*;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        save_to(&path).unwrap();
        let sound = fs::read(&path).unwrap();
        let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |(at in 0..sound.len(), noise in prop::collection::vec(any::<u8>(), 0..40), kind in 0..3)| {
            let mut bytes = sound.clone();
            match kind {
                0 => bytes = noise,
                1 => bytes.truncate(at),
                _ => bytes[at] = noise.first().copied().unwrap_or_default(),
            }
            fs::write(&path, &bytes).unwrap();
            match read(&path) {
                Ok(plan) => prop_assert_eq!(plan, saved()),
                Err(error) => prop_assert_eq!(error.code(), "usage"),
            }
        });
    }
}
