//! Writing customers and suppliers (kashflow-api 4.1, 4.5, 5.1): read whole, change, send whole (design B17).
//!
//! Nothing is repeated after an unknown outcome, and an answer of success that cannot be read is one.

use serde_json::{Map, Value, json};

use super::client::{Answer, Call, KashFlowClient, contacts_segment};
use super::draft;
use super::edit::{self, Touched};
use super::list::Row;
use super::loss;
use super::map;
use super::whole::{entry, writable};
use crate::domain::draft::LedgerDraft;
use crate::domain::edit::Edit;
use crate::domain::ids::Side;
use crate::domain::ledger::LedgerContact;
use crate::ports::{LedgerDetail, RemoteError, Replaced, TAKEN_CODE};
use crate::remote::json;
use crate::remote::retry::Kind;
use crate::remote::transport::{HttpResponse, Method, Transport};

impl<T: Transport> KashFlowClient<T> {
    /// The whole record of a code.
    pub(super) async fn read_detail(&self, side: Side, code: &str) -> Result<LedgerDetail, RemoteError> {
        let segment = contacts_segment(side);
        match self.get(segment, &[segment, addressable(code)?], "").await? {
            Answer::Found(response) => {
                let whole: Value = json::object(&response.body)
                    .map_err(|why| self.exchange.unreachable(format!("{segment}: {why}")))?;
                detail(side, whole).map_err(|message| RemoteError::Refused { message, field: None })
            }
            Answer::NotFound => Err(RemoteError::NotFound),
            Answer::Refused(words) => Err(RemoteError::Refused { message: words.message, field: None }),
        }
    }

    /// Sends the record back with the edit in it.
    pub(super) async fn put_edited(
        &self,
        detail: &LedgerDetail,
        edit: &Edit,
    ) -> Result<Replaced, RemoteError> {
        let side = detail.contact.id.side;
        let before = record(detail)?;
        let mut after = before.clone();
        let touched = edit::apply(side, &mut after, edit);
        if after == before {
            return Ok(Replaced { contact: detail.contact.clone(), losses: Vec::new() });
        }
        self.put_whole(detail, after, &touched).await
    }

    /// Sends the record back as one in use.
    pub(super) async fn put_unarchived(&self, detail: &LedgerDetail) -> Result<Replaced, RemoteError> {
        let mut after = record(detail)?;
        *entry(&mut after, "IsArchived") = json!(false);
        let touched = Touched { top: vec!["IsArchived"], ..Touched::default() };
        self.put_whole(detail, after, &touched).await
    }

    async fn put_whole(
        &self,
        detail: &LedgerDetail,
        record: Map<String, Value>,
        touched: &Touched,
    ) -> Result<Replaced, RemoteError> {
        let LedgerContact { id, code, .. } = &detail.contact;
        let segment = contacts_segment(id.side);
        let sent = Value::Object(record);
        let segments = [segment, addressable(code)?];
        let response = self.write(Method::Put, "change of a ledger contact", &segments, Some(&sent)).await?;
        let mut answer = written(id.side, &response)?;
        if answer.contact.id != *id {
            return Err(RemoteError::InDoubt { why: "KashFlow answered with another record".into() });
        }
        let Value::Object(sent) = sent else {
            return Err(RemoteError::InDoubt { why: "the record that was sent is gone".into() });
        };
        if loss::is_inconclusive(&sent, answer.whole()) {
            // The write has happened; whether it kept everything is what is left to learn.
            answer = self.read_detail(id.side, &answer.contact.code).await.map_err(|error| {
                RemoteError::InDoubt { why: format!("written, but it could not be read again: {error}") }
            })?;
        }
        let losses = loss::losses(id.side, &sent, answer.whole(), touched);
        Ok(Replaced { contact: answer.contact, losses })
    }

    /// Makes a record.
    pub(super) async fn post_new(
        &self,
        side: Side,
        draft: &LedgerDraft,
    ) -> Result<LedgerContact, RemoteError> {
        let body = draft::create(side, draft);
        let segments = [contacts_segment(side)];
        let response = self.write(Method::Post, "new ledger contact", &segments, Some(&body)).await?;
        Ok(written(side, &response)?.contact)
    }

    /// Archives one record; the answer's body is not specified and not read (kashflow-api 4.1).
    pub(super) async fn put_archive(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        let segments = ["internal", contacts_segment(side), "archive"];
        let codes = json!([addressable(code)?]);
        self.write(Method::Put, "archiving a ledger contact", &segments, Some(&codes)).await.map(drop)
    }

    /// Deletes one record with everything on it.
    pub(super) async fn send_delete(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        let segments = [contacts_segment(side), addressable(code)?];
        self.write(Method::Delete, "delete of a ledger contact", &segments, None).await.map(drop)
    }

    async fn write(
        &self,
        method: Method,
        label: &'static str,
        segments: &[&str],
        body: Option<&Value>,
    ) -> Result<HttpResponse, RemoteError> {
        let kind = match method {
            Method::Put | Method::Delete => self.exchange.change(),
            Method::Get | Method::Post => Kind::Write,
        };
        let call = Call { kind, method, label, segments, query: "", body };
        match self.call(call).await? {
            Answer::Found(response) => match response.unsettled() {
                Some(why) => Err(RemoteError::InDoubt { why }),
                // KashFlow documents no promises; one would be no deed.
                None if response.status == 202 => {
                    Err(RemoteError::InDoubt { why: "it was only accepted (202)".into() })
                }
                None => Ok(response),
            },
            Answer::NotFound => Err(RemoteError::NotFound),
            Answer::Refused(words) => {
                let is_taken = method == Method::Post && words.is_taken_code();
                let field = is_taken.then(|| TAKEN_CODE.to_owned());
                Err(RemoteError::Refused { message: words.message, field })
            }
        }
    }
}

/// A code as a part of an address. Some texts would name another resource instead: nothing, and the dots.
fn addressable(code: &str) -> Result<&str, RemoteError> {
    match code.trim() {
        "" | "." | ".." => Err(RemoteError::Refused {
            message: format!(
                "the code \"{code}\" cannot be addressed in KashFlow; give the record another code there"
            ),
            field: None,
        }),
        code => Ok(code),
    }
}

fn record(detail: &LedgerDetail) -> Result<Map<String, Value>, RemoteError> {
    writable(detail.contact.id.side, detail.whole())
        .ok_or_else(|| RemoteError::Refused { message: "the record makes no sense".into(), field: None })
}

/// The record that a write answers with; anything else leaves the outcome in doubt.
fn written(side: Side, response: &HttpResponse) -> Result<LedgerDetail, RemoteError> {
    json::object(&response.body)
        .and_then(|whole| detail(side, whole))
        .map_err(|why| RemoteError::InDoubt { why })
}

fn detail(side: Side, whole: Value) -> Result<LedgerDetail, String> {
    // The list's row type leaves out what must not be decoded into anything of ours.
    let row = Row(whole.as_object().cloned().unwrap_or_default());
    Ok(LedgerDetail::new(map::ledger_contact(side, row)?, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_never_addresses_another_resource() {
        for code in ["", "  ", ".", ".."] {
            assert!(addressable(code).is_err(), "{code}");
        }
        assert_eq!(addressable(" A01 ").unwrap(), "A01");
    }
}
