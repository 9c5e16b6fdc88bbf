//! KashFlow's two-step sign-in as data: what is asked, what is sent, what comes back (kashflow-api 3).
//!
//! No type here that holds a secret has a `Debug` that shows it.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::Words;
use crate::domain::ids::Service;
use crate::domain::trouble::{Trouble, TroubleCode};
use crate::redaction::Redaction;
use crate::remote::json;
use crate::remote::transport::HttpResponse;

/// An open session and whose it is.
pub(super) struct Session {
    /// The token that every call carries; kept in memory only.
    pub(super) token: SecretString,
    /// `CompanyId`, when KashFlow tells.
    pub(super) company_id: Option<i64>,
    /// `CompanyName`; blank when KashFlow leaves it out.
    pub(super) company_name: String,
    /// Counts the sign-ins of this process, so that a refused token is never taken for its successor.
    pub(super) number: u64,
}

/// Both steps answer with fields of this set; which of them come is not certain (kashflow-api 3.1, 3.2).
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SignInWire {
    temporary_token: Option<String>,
    memorable_word_list: Option<Vec<LetterWire>>,
    session_token: Option<String>,
    company_id: Option<i64>,
    company_name: Option<String>,
    subscription_expired: Option<bool>,
    is_locked_out: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LetterWire {
    position: i64,
}

/// Which step of the sign-in an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// User name and password.
    Credentials,
    /// Letters of the memorable word.
    MemorableWord,
}

/// What step one leads to.
pub(super) enum Next {
    /// Letters are asked for: the body of step two.
    Letters(Value),
    /// The session is open already; clients are prepared for it (kashflow-api 3.1).
    Open(Session),
}

/// The body of step one.
pub(super) fn credentials_body(user_name: &str, password: &SecretString) -> Value {
    json!({"UserName": user_name, "Password": password.expose_secret()})
}

/// The body of step two: the word's characters at the asked positions, which count from 1 and come in any order. A word
/// that is too short is wrong, and is not tried.
fn letters_body(temporary_token: &str, asked: &[LetterWire], word: &SecretString) -> Result<Value, Trouble> {
    let letters: Vec<char> = word.expose_secret().trim().chars().collect();
    let list = asked
        .iter()
        .map(|LetterWire { position }| {
            let letter = position
                .checked_sub(1)
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| letters.get(index));
            letter
                .map(|letter| json!({"Position": position, "Value": letter.to_string()}))
                .ok_or_else(|| {
                    trouble(
                        TroubleCode::WrongMemorableWord,
                        format!(
                            "KashFlow asks for character {position} of the memorable word, which has no such character"
                        ),
                    )
                })
        })
        .collect::<Result<Vec<Value>, Trouble>>()?;
    if list.is_empty() {
        return Err(trouble(
            TroubleCode::Unreachable,
            "sign-in: KashFlow asks for no letters and opens no session".into(),
        ));
    }
    Ok(json!({"TemporaryToken": temporary_token, "MemorableWordList": list}))
}

/// Reads an answer of the sign-in; one without success is told apart by step and code (design B39).
pub(super) fn read(
    step: Step,
    response: &HttpResponse,
    redaction: &Redaction,
) -> Result<SignInWire, Trouble> {
    if !response.is_success() {
        return Err(refused(step, response, redaction));
    }
    json::parse(&response.body).map_err(|why| trouble(TroubleCode::Unreachable, format!("sign-in: {why}")))
}

/// What follows on step one.
pub(super) fn next(wire: &SignInWire, word: &SecretString, number: u64) -> Result<Next, Trouble> {
    if wire.session_token.is_some() {
        return open(None, wire, number).map(Next::Open);
    }
    match (&wire.temporary_token, &wire.memorable_word_list) {
        (Some(token), Some(asked)) => letters_body(token, asked, word).map(Next::Letters),
        _ => Err(not_opened(wire)),
    }
}

/// The session that step two opens. `earlier` is the company id that step one told, if it did.
pub(super) fn open(earlier: Option<i64>, wire: &SignInWire, number: u64) -> Result<Session, Trouble> {
    let Some(token) = wire.session_token.as_deref().map(str::trim).filter(|token| !token.is_empty()) else {
        return Err(not_opened(wire));
    };
    Ok(Session {
        token: token.into(),
        company_id: wire.company().or(earlier),
        company_name: wire.company_name.as_deref().unwrap_or_default().trim().to_owned(),
        number,
    })
}

impl SignInWire {
    /// The company's id; 0 means that there is none.
    pub(super) fn company(&self) -> Option<i64> {
        self.company_id.filter(|id| *id != 0)
    }
}

fn refused(step: Step, response: &HttpResponse, redaction: &Redaction) -> Trouble {
    let words = Words::read(response, redaction);
    let code = words.named_trouble().unwrap_or(match (response.status, step) {
        // The codes of a refusal are not all published. One that we do not know counts as a refusal of what was
        // sent, so that it is not sent again: KashFlow locks accounts (design B39).
        (400 | 401 | 403, Step::Credentials) => TroubleCode::WrongCredentials,
        (400 | 401 | 403, Step::MemorableWord) => TroubleCode::WrongMemorableWord,
        _ => TroubleCode::Unreachable,
    });
    words.trouble(code)
}

/// An answer of success that opens nothing.
fn not_opened(wire: &SignInWire) -> Trouble {
    if wire.subscription_expired == Some(true) {
        trouble(
            TroubleCode::SubscriptionExpired,
            "KashFlow opens no session: the subscription has expired".into(),
        )
    } else if wire.is_locked_out == Some(true) {
        trouble(TroubleCode::AccountLocked, "KashFlow opens no session: the user is locked out".into())
    } else {
        trouble(TroubleCode::Unreachable, "sign-in: KashFlow's answer makes no sense".into())
    }
}

fn trouble(code: TroubleCode, message: String) -> Trouble {
    Trouble { service: Service::KashFlow, code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kashflow/rest-doc-pages/");

    fn fixture(name: &str) -> String {
        std::fs::read_to_string(format!("{PAGES}{name}")).unwrap()
    }

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn letters(word: &str, body: &str) -> Result<Value, Trouble> {
        let wire = read(Step::Credentials, &answer(201, body), &Redaction::default())?;
        match next(&wire, &word.into(), 1)? {
            Next::Letters(body) => Ok(body),
            Next::Open(_) => panic!("open already"),
        }
    }

    #[test]
    fn the_documented_answer_asks_for_letters() {
        let body = letters("pineapple", &fixture("sessiontoken-post-response.json")).unwrap();
        assert_eq!(
            body,
            json!({"TemporaryToken": "c3ce04a3-65b3-48bb-a3b9-366769359c56", "MemorableWordList": [
                {"Position": 2, "Value": "i"}, {"Position": 3, "Value": "n"}, {"Position": 4, "Value": "e"}]})
        );
    }

    #[test]
    fn step_two_is_written_as_documented() {
        let asked = r#"{"TemporaryToken":"b9494c49-6203-4127-bbbd-a0414e38f8dc",
            "MemorableWordList":[{"Position":3,"Value":""},{"Position":4,"Value":""},{"Position":1,"Value":""}]}"#;
        let documented: Value = serde_json::from_str(&fixture("sessiontoken-put-request.json")).unwrap();
        assert_eq!(letters("axaa", asked).unwrap(), documented);
    }

    #[test]
    fn a_word_without_the_asked_character_is_not_tried() {
        for (word, position) in
            [("short", 6), ("", 1), ("añ", 3), ("CANARY", 0), ("CANARY", -1), ("CANARY", i64::MIN)]
        {
            let body = format!(r#"{{"TemporaryToken":"t","MemorableWordList":[{{"Position":{position}}}]}}"#);
            let trouble = letters(word, &body).unwrap_err();
            assert_eq!(trouble.code, TroubleCode::WrongMemorableWord, "{word} {position}");
            assert!(word.is_empty() || !trouble.message.contains(word), "{}", trouble.message);
        }
        assert!(
            letters("añb", r#"{"TemporaryToken":"t","MemorableWordList":[{"Position":2}]}"#)
                .unwrap()
                .to_string()
                .contains('ñ')
        );
    }

    #[test]
    fn refusals_are_told_apart_by_step_and_code() {
        for (step, status, body, code) in [
            (
                Step::Credentials,
                400,
                r#"{"Error":"InvalidCredentials","Message":"Invalid"}"#.to_owned(),
                TroubleCode::WrongCredentials,
            ),
            (
                Step::Credentials,
                400,
                r#"{"Error":"Odd","Message":"Odd"}"#.to_owned(),
                TroubleCode::WrongCredentials,
            ),
            (Step::Credentials, 401, fixture("error-401-account-locked.json"), TroubleCode::AccountLocked),
            (
                Step::Credentials,
                400,
                fixture("../rest-live-fragments/error-400-password-expired.json"),
                TroubleCode::PasswordExpired,
            ),
            (
                Step::Credentials,
                401,
                r#"{"Error":"AccessDenied","Message":"REST is off"}"#.to_owned(),
                TroubleCode::ApiOff,
            ),
            (Step::Credentials, 404, String::new(), TroubleCode::Unreachable),
            (Step::Credentials, 200, "<html>".to_owned(), TroubleCode::Unreachable),
            (
                Step::MemorableWord,
                400,
                r#"{"Error":"ValidationError","Message":"Wrong"}"#.to_owned(),
                TroubleCode::WrongMemorableWord,
            ),
            (Step::MemorableWord, 400, fixture("error-401-account-locked.json"), TroubleCode::AccountLocked),
        ] {
            let trouble = read(step, &answer(status, &body), &Redaction::default()).err().unwrap();
            assert_eq!(trouble.code, code, "{step:?} {status} {body}");
        }
    }

    #[test]
    fn a_session_needs_a_token() {
        let wire =
            |body: &str| read(Step::MemorableWord, &answer(200, body), &Redaction::default()).ok().unwrap();
        let session =
            open(Some(7), &wire(r#"{"SessionToken":" 9F2C ","CompanyName":" Northgate ","CompanyId":0}"#), 3)
                .ok()
                .unwrap();
        assert_eq!(session.token.expose_secret(), "9F2C");
        assert_eq!(
            (session.company_id, session.company_name.as_str(), session.number),
            (Some(7), "Northgate", 3)
        );
        for (body, code) in [
            (r#"{"SessionToken":""}"#, TroubleCode::Unreachable),
            (r#"{"SubscriptionExpired":true}"#, TroubleCode::SubscriptionExpired),
            (r#"{"IsLockedOut":true}"#, TroubleCode::AccountLocked),
        ] {
            assert_eq!(open(None, &wire(body), 1).err().unwrap().code, code, "{body}");
            assert_eq!(next(&wire(body), &"word".into(), 1).err().unwrap().code, code, "{body}");
        }
    }
}
