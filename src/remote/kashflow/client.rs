//! The calls to KashFlow, one method of `Ledger` each, and the session that they share.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::list::{Row, list};
use super::map;
use super::refusal::{Words, is_sql_timeout};
use super::sign_in::Desk;
use super::wire::CompanyWire;
use crate::domain::document::Document;
use crate::domain::document_parts::DocumentParts;
use crate::domain::draft::LedgerDraft;
use crate::domain::edit::Edit;
use crate::domain::holdings::Quote;
use crate::domain::ids::{Service, Side};
use crate::domain::ledger::LedgerContact;
use crate::domain::money::Currency;
use crate::domain::refused::{CredentialsMark, CredentialsPart};
use crate::domain::run::{Requests, UnpaidLine};
use crate::domain::snapshot::Company;
use crate::domain::trouble::TroubleCode;
use crate::ports::{
    Clock, Ledger, LedgerDetail, ListedDocument, Pace, Page, RemoteError, RemoteNotice, Replaced,
};
use crate::remote::base_url::BaseUrl;
use crate::remote::exchange::Exchange;
use crate::remote::json;
use crate::remote::pacing::Attendance;
use crate::remote::retry::Kind;
use crate::remote::transport::{HttpRequest, HttpResponse, Method, Transport};

/// Rows per page; used against the live service (kashflow-api 2.2).
pub(super) const PER_PAGE: usize = 100;
/// How long the end of a session may take; nobody waits longer for a farewell.
const FAREWELL: Duration = Duration::from_secs(5);

/// What KashFlow asks for at sign-in.
#[derive(Debug, Clone)]
pub struct KashFlowCredentials {
    /// The user name.
    pub user_name: String,
    /// The password of the web sign-in.
    pub password: SecretString,
    /// The memorable word, of which KashFlow asks three characters.
    pub memorable_word: SecretString,
}

/// KashFlow, over any transport.
pub struct KashFlowClient<T> {
    pub(super) exchange: Exchange<T>,
    pub(super) base: BaseUrl,
    pub(super) credentials: KashFlowCredentials,
    /// Held while signing in, so that there is one sign-in at a time.
    pub(super) desk: Mutex<Desk>,
    /// Sign-ins that have failed; whoever waited for one of them shares its outcome.
    pub(super) failures: AtomicU64,
    /// The books' currency, once read.
    books: Mutex<Option<Books>>,
}

/// What the company's details tell, and of which company.
struct Books {
    company_id: Option<i64>,
    sign_in_name: String,
    name: String,
    home_currency: Currency,
}

impl<T: Transport> KashFlowClient<T> {
    /// KashFlow at that address, with these credentials. Sends nothing yet.
    pub fn new(
        transport: T,
        base: BaseUrl,
        credentials: KashFlowCredentials,
        pace: Pace,
        notices: UnboundedSender<RemoteNotice>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            exchange: Exchange::new(Service::KashFlow, transport, pace, notices, clock, 0, is_sql_timeout)
                .with_secrets(&[&credentials.password, &credentials.memorable_word]),
            base,
            credentials,
            desk: Mutex::default(),
            failures: AtomicU64::new(0),
            books: Mutex::new(None),
        }
    }

    /// The same, with a switch that says whether a person waits.
    #[must_use]
    pub fn with_attendance(mut self, attendance: Attendance) -> Self {
        self.exchange.set_attendance(attendance);
        self
    }

    /// The same, with back-off steps that are the same on every run: for simulations.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.exchange.set_seed(seed);
        self
    }

    /// Reads within the session.
    pub(super) async fn get(
        &self,
        label: &'static str,
        segments: &[&str],
        query: &str,
    ) -> Result<Answer, RemoteError> {
        let call = Call { kind: Kind::Read, method: Method::Get, label, segments, query, body: None };
        self.call(call).await
    }

    /// Sends within the session, and once more in a new one when KashFlow does not know the session any more: it lapses
    /// after an hour without use (kashflow-api 3.5). A write is sent again only then: it was not carried out.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, RemoteError> {
        let mut session = self.session(None).await?;
        let mut renewed = false;
        loop {
            let request = HttpRequest {
                method: call.method,
                label: call.label,
                url: self.base.to(call.segments, call.query),
                authorization: Some(format!("KfToken {}", session.token.expose_secret()).into()),
                body: call.body.map(|value| value.to_string().into_bytes()),
            };
            let response = self.exchange.call(call.kind, request).await?;
            if response.is_success() {
                return Ok(Answer::Found(response));
            }
            let words = Words::read(&response, &self.exchange.redaction().clone().and([&session.token]));
            let trouble = match response.status {
                401 | 403 => words.named_trouble(),
                _ => words.coded_trouble(),
            };
            let may_renew = !renewed
                && match call.kind {
                    Kind::Read => true,
                    Kind::Write | Kind::Change { .. } => response.status == 401 && words.is_unknown_session(),
                    Kind::Farewell => false,
                };
            match (response.status, trouble) {
                (_, Some(code)) => return Err(RemoteError::Trouble(words.trouble(code))),
                (401 | 403, None) if may_renew => {
                    session = self.session(Some(session.number)).await?;
                    renewed = true;
                }
                (401, None) => {
                    let why = format!("KashFlow refuses the session: {}", words.message);
                    return Err(self.exchange.unreachable(why));
                }
                // Not documented; the switch for API access is the likeliest cause, and the words are shown.
                (403, None) => return Err(RemoteError::Trouble(words.trouble(TroubleCode::ApiOff))),
                (404, None) => return Ok(Answer::NotFound),
                _ => return Ok(Answer::Refused(words)),
            }
        }
    }

    /// Reads a list or another thing that must be there.
    async fn get_whole(
        &self,
        label: &'static str,
        segments: &[&str],
        query: &str,
    ) -> Result<HttpResponse, RemoteError> {
        match self.get(label, segments, query).await? {
            Answer::Found(response) => Ok(response),
            Answer::NotFound => {
                Err(self.exchange.unreachable(format!("{label}: there is no KashFlow at this address")))
            }
            Answer::Refused(words) => Err(self.exchange.unreachable(format!("{label}: {}", words.message))),
        }
    }

    /// One page of a list, its rows read one by one.
    pub(super) async fn page<R>(
        &self,
        label: &'static str,
        segments: &[&str],
        query: &str,
        read: impl Fn(Row) -> Result<R, String>,
    ) -> Result<Page<R>, RemoteError> {
        let response = self.get_whole(label, segments, query).await?;
        let list =
            list(&response.body).map_err(|why| self.exchange.unreachable(format!("{label}: {why}")))?;
        let mut records = Vec::with_capacity(list.rows.len());
        let mut unreadable = Vec::new();
        for row in list.rows {
            match read(row) {
                Ok(record) => records.push(record),
                Err(why) => unreadable.push(why),
            }
        }
        Ok(Page {
            records,
            unreadable,
            more: list.more,
            total: list.total,
            server_time: response.server_time(),
        })
    }
}

/// One call within the session.
pub(super) struct Call<'a> {
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) label: &'static str,
    pub(super) segments: &'a [&'a str],
    pub(super) query: &'a str,
    pub(super) body: Option<&'a Value>,
}

/// What one call within the session comes to.
pub(super) enum Answer {
    Found(HttpResponse),
    NotFound,
    Refused(Words),
}

/// The resource of a side's ledger contacts.
pub(super) fn contacts_segment(side: Side) -> &'static str {
    match side {
        Side::Customer => "customers",
        Side::Supplier => "suppliers",
    }
}

/// The resource of a side's documents.
pub(super) fn documents_segment(side: Side) -> &'static str {
    match side {
        Side::Customer => "invoices",
        Side::Supplier => "purchases",
    }
}

impl<T: Transport> Ledger for KashFlowClient<T> {
    async fn company(&self) -> Result<Company, RemoteError> {
        let label = "company details";
        let session = self.session(None).await?;
        let mut kept = self.books.lock().await;
        let books = match kept.take() {
            Some(books)
                if books.company_id == session.company_id && books.sign_in_name == session.company_name =>
            {
                books
            }
            _ => {
                let response = self.get_whole(label, &["settings", "companydetails"], "").await?;
                let senseless = |why| self.exchange.unreachable(format!("{label}: {why}"));
                let details: CompanyWire = json::object(&response.body).map_err(senseless)?;
                Books {
                    company_id: session.company_id,
                    sign_in_name: session.company_name.clone(),
                    name: if session.company_name.is_empty() {
                        details.company_name.unwrap_or_default().trim().to_owned()
                    } else {
                        session.company_name.clone()
                    },
                    home_currency: map::currency(details.home_currency.as_ref(), Currency::GBP)
                        .map_err(senseless)?,
                }
            }
        };
        let company =
            Company { id: books.company_id, name: books.name.clone(), home_currency: books.home_currency };
        *kept = Some(books);
        Ok(company)
    }

    async fn contacts(&self, side: Side, page: usize) -> Result<Page<LedgerContact>, RemoteError> {
        let segment = contacts_segment(side);
        // Sorted by what is unique, so that pages do not overlap, and with the archived ones (kashflow-api 2.2, 4.2).
        let query = format!("page={page}&perpage={PER_PAGE}&sortby=Code&order=Asc&filterarchived=true");
        self.page(segment, &[segment], &query, |row| map::ledger_contact(side, row)).await
    }

    async fn documents(
        &self,
        side: Side,
        newest_first: bool,
        page: usize,
    ) -> Result<Page<ListedDocument>, RemoteError> {
        let home = self.company().await?.home_currency;
        let segment = documents_segment(side);
        let order = if newest_first { "Desc" } else { "Asc" };
        let query = format!("page={page}&perpage={PER_PAGE}&sortby=Number&order={order}");
        self.page(segment, &[segment], &query, |row| map::listed(side, home, row)).await
    }

    async fn document(&self, side: Side, number: i64) -> Result<Document, RemoteError> {
        let home = self.company().await?.home_currency;
        let segment = documents_segment(side);
        let number = number.to_string();
        let refused = |message| RemoteError::Refused { message, field: None };
        match self.get(segment, &[segment, &number], "").await? {
            Answer::Found(response) => {
                let row: Row = json::parse(&response.body)
                    .map_err(|why| self.exchange.unreachable(format!("{segment}: {why}")))?;
                map::document(side, home, row).map_err(refused)
            }
            Answer::NotFound => Err(RemoteError::NotFound),
            Answer::Refused(words) => Err(refused(words.message)),
        }
    }

    async fn unpaid(&self) -> Result<Vec<UnpaidLine>, RemoteError> {
        let label = "unpaid invoices";
        let page = self.page(label, &["reports", "sales", "unpaid-invoices"], "", map::unpaid_line).await?;
        // A control total over part of the lines would be a false alarm, or worse, false calm (design B19).
        match page.unreadable.into_iter().next() {
            Some(why) => Err(self.exchange.unreachable(format!("{label}: {why}"))),
            None => Ok(page.records),
        }
    }

    async fn document_parts(&self, side: Side, number: i64) -> Result<DocumentParts, RemoteError> {
        self.read_parts(side, number).await
    }

    async fn quotes(&self, customer: &LedgerContact) -> Result<Vec<Quote>, RemoteError> {
        self.read_quotes(customer).await
    }

    async fn named(&self, side: Side, name: &str) -> Result<Vec<LedgerContact>, RemoteError> {
        self.search_named(side, name).await
    }

    async fn detail(&self, side: Side, code: &str) -> Result<LedgerDetail, RemoteError> {
        self.read_detail(side, code).await
    }

    async fn replace(&self, detail: &LedgerDetail, edit: &Edit) -> Result<Replaced, RemoteError> {
        self.put_edited(detail, edit).await
    }

    async fn create(&self, side: Side, draft: &LedgerDraft) -> Result<LedgerContact, RemoteError> {
        self.post_new(side, draft).await
    }

    async fn archive(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        self.put_archive(side, code).await
    }

    async fn unarchive(&self, detail: &LedgerDetail) -> Result<Replaced, RemoteError> {
        self.put_unarchived(detail).await
    }

    async fn delete(&self, side: Side, code: &str) -> Result<(), RemoteError> {
        self.send_delete(side, code).await
    }

    fn mark_credentials(&self, part: CredentialsPart) -> Option<CredentialsMark> {
        self.credentials.mark(part)
    }

    fn is_marked(&self, mark: &CredentialsMark) -> bool {
        self.credentials.bear(mark)
    }

    async fn sign_out(&self) {
        let Some(session) = self.desk.lock().await.session.take() else { return };
        let request = HttpRequest {
            method: Method::Delete,
            label: "sign-out",
            url: self.base.to(&["sessiontoken", session.token.expose_secret()], ""),
            authorization: None,
            body: None,
        };
        // The session lapses by itself; whether this worked makes no difference to anybody.
        let _ = tokio::time::timeout(FAREWELL, self.exchange.call(Kind::Farewell, request)).await;
    }

    fn interrupt(&self, interrupted: bool) {
        self.exchange.interrupt(interrupted);
    }

    fn requests(&self) -> Requests {
        self.exchange.requests()
    }
}
