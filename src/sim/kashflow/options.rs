//! What the simulated account is, and the switches of everything that KashFlow's documents leave open.
//!
//! Each switch names its row of kashflow-api section 16; its default is the first value there, the one that hurts a
//! careless client most.

use super::trimming::Trimming;

/// The account behind the simulator and its switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Seed of tokens, asked letters and keys.
    pub seed: u64,
    /// Name of the company, as the session answer shows it.
    pub company_name: String,
    /// The company's number, constant through renames.
    pub company_id: i64,
    /// User name, compared without case.
    pub user_name: String,
    /// Password, compared exactly.
    pub password: String,
    /// Memorable word of at least three letters.
    pub memorable_word: String,
    /// ISO code of the account's own currency.
    pub home_currency: String,
    /// Bad sign-ins in a row that lock the account (0 = never).
    pub sign_ins_until_locked: u32,
    /// Minutes without use after which a session lapses (kashflow-api 3.5).
    pub session_minutes: i64,
    /// The password is older than KashFlow's policy: step 1 answers `PasswordExpired`.
    pub password_expired: bool,
    /// State of the subscription (U10).
    pub subscription: Subscription,
    /// Who may use the REST API (U9).
    pub access: Access,
    /// U1: form of the page addresses.
    pub page_urls: PageUrls,
    /// U2: rows per page when the caller does not say.
    pub default_per_page: usize,
    /// U2: most rows per page without `skipperpagevalidation`.
    pub max_per_page: usize,
    /// As `max_per_page`, for suppliers: 250 is in use against the live service (kashflow-api 2.2).
    pub max_per_page_suppliers: usize,
    /// U4: lists hide archived rows unless `filterarchived=true`.
    pub hide_archived: bool,
    /// U5: what a PUT does with writable fields that are left out.
    pub put: PutSemantics,
    /// U7: whether a 404 has a body.
    pub not_found_body: bool,
    /// U8: minutes between the two steps of signing in.
    pub temporary_token_minutes: i64,
    /// U8: a temporary token can be tried once only.
    pub temporary_token_single_use: bool,
    /// U11: words of `Status`.
    pub status_words: StatusWords,
    /// U15: editing a Contact Person or an address moves `LastUpdatedDate`.
    pub detail_edits_move_update_time: bool,
    /// U16: longest text in characters; longer is a 400.
    pub max_text: Option<usize>,
    /// Silent trimming: a PUT cuts the texts of Contact Persons and address lines after so many characters and says 200.
    pub cut_text: Option<usize>,
    /// A PUT loses these fields of the record and says 200.
    pub forgets: Vec<String>,
    /// U19: every n-th call is answered 429 with `Retry-After` of this many seconds.
    pub throttle: Option<Throttle>,
    /// Quirk 10 (kashflow-api 12.2): every n-th list call is answered with the database's time-out, a 400.
    pub slow_database_every: Option<u64>,
    /// U22: blank legacy fields in customer details.
    pub legacy_fields: bool,
    /// Quirk 9 (kashflow-api 2.2): rows whose sort keys tie come in another order with every request.
    pub unstable_ties: bool,
    /// Quirk 2 (kashflow-api 2.4): text after every date, such as `" +05:30"`.
    pub date_offset: String,
    /// Quirk 14 (kashflow-api 7): whether bills still carry `SupplierId`, which vanished in 2026.
    pub supplier_id_on_bills: bool,
    /// What a PUT loses without a word.
    pub trimming: Trimming,
    /// Currency of the amounts in the two sales reports, which no source states.
    pub report_currency: ReportCurrency,
}

/// What the account's subscription is (U10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// Paid.
    Active,
    /// Over: the session answers say so and everything still works.
    ExpiredFlag,
    /// Over: every call is answered 401 `SubscriptionExpired`.
    ExpiredRefused,
}

/// Who may use the REST API (U9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody with credentials.
    Open,
    /// The API is switched off in the account.
    ApiOff,
    /// The caller's address is not in the account's list.
    AddressNotListed,
}

/// Form of `NextPageUrl` and its siblings (U1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageUrls {
    /// `http://host/v2/customers?page=2`.
    Absolute,
    /// `/v2/customers?page=2`.
    Path,
}

/// What a PUT does with writable fields that are left out (U5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutSemantics {
    /// They become blank or empty.
    Replace,
    /// They stay as they were.
    Merge,
}

/// The vocabulary of `Status` (U11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWords {
    /// `Paid`, `Unpaid`, `Overdue`, `Overpaid`.
    Attested,
    /// Words that no source knows, to prove that a client ignores the text.
    Odd,
}

/// Currency of the amounts in the unpaid and overdue reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportCurrency {
    /// The account's own, so that the rows add up to the total.
    Home,
    /// Each row in its document's currency; the totals stay in the account's own.
    Document,
}

/// How often calls are refused with 429 (U19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Every n-th call.
    pub every: u64,
    /// Seconds in `Retry-After`.
    pub retry_after: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            company_name: "Brookside Joinery Ltd".into(),
            company_id: 482_913,
            user_name: "brookside".into(),
            password: "Dovetail-Mortice-7".into(),
            memorable_word: "sawhorse".into(),
            home_currency: "GBP".into(),
            sign_ins_until_locked: 5,
            session_minutes: 60,
            password_expired: false,
            subscription: Subscription::Active,
            access: Access::Open,
            page_urls: PageUrls::Absolute,
            default_per_page: 50,
            max_per_page: 200,
            max_per_page_suppliers: 250,
            hide_archived: true,
            put: PutSemantics::Replace,
            not_found_body: true,
            temporary_token_minutes: 5,
            temporary_token_single_use: true,
            status_words: StatusWords::Attested,
            detail_edits_move_update_time: true,
            max_text: None,
            cut_text: None,
            forgets: Vec::new(),
            throttle: None,
            slow_database_every: None,
            legacy_fields: true,
            unstable_ties: true,
            date_offset: String::new(),
            supplier_id_on_bills: false,
            trimming: Trimming::default(),
            report_currency: ReportCurrency::Home,
        }
    }
}
