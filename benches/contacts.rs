//! The budgets of the contact list (design 7): a key in the filter, another order, another list taken in, a frame. Each prints
//! one JSON line; over budget it fails.
//!
//! `cargo bench --bench contacts`
#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use kashsync::domain::ids::{ContactId, LedgerRef};
use kashsync::domain::link::LinkReason;
use kashsync::domain::listing::{Account, ContactLine, Health, LinkLine};
use kashsync::domain::money::Currency;
use kashsync::domain::normalise::search_key;
use kashsync::domain::policy::WebAddresses;
use kashsync::engine::event::{Event, View};
use kashsync::tui::columns::Column;
use kashsync::tui::glyphs::Glyphs;
use kashsync::tui::msg::Msg;
use kashsync::tui::state::State;
use kashsync::tui::theme::Theme;
use kashsync::tui::update::update;
use kashsync::tui::view::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rust_decimal::Decimal;
use serde_json::json;

const CONTACTS: i64 = 100_000;
/// Each figure is the best of so many: what is measured is the code, not its neighbours on this machine.
const TRIES: usize = 7;
const TODAY: Date = date(2026, 11, 24);
/// Typed key by key; the slowest key counts.
const TYPED: &str = "garden -:supplier :overdue>30d café";

const PLACES: [&str; 12] = [
    "Ashby", "Bramley", "Crosford", "Dunwick", "Elham", "Fairley", "Gilton", "Harwell", "Ingleby", "Keswick",
    "Señora", "Œuvre",
];
const TRADES: [&str; 10] = [
    "Garden Centre",
    "Builders",
    "Care Home",
    "Catering",
    "Café",
    "Dental Practice",
    "Engineering",
    "Farm Shop",
    "Interiors",
    "Logistics",
];

fn part<'a>(list: &[&'a str], number: i64) -> &'a str {
    let place = usize::try_from(number).unwrap_or_default() % list.len();
    list.get(place).copied().unwrap_or_default()
}

fn line(id: i64) -> ContactLine {
    let mixed = id * 7919 % CONTACTS;
    let name = format!("{} {} {mixed} Ltd", part(&PLACES, id / 10), part(&TRADES, id));
    let links = match mixed % 10 {
        0..3 => vec![],
        3 => vec![link(LedgerRef::supplier(id), format!("S{mixed:06}"))],
        _ => vec![link(LedgerRef::customer(id), format!("C{mixed:06}"))],
    };
    let codes: Vec<&str> = links.iter().map(|link: &LinkLine| link.code.as_str()).collect();
    let search_key = search_key(&format!("{name} office@firm{id}.example {}", codes.join(" ")));
    ContactLine {
        id: ContactId(id),
        is_person: mixed % 3 == 0,
        organisation: (mixed % 3 == 0)
            .then(|| (ContactId(id + 1), format!("{} Group", part(&PLACES, mixed)))),
        health: match mixed % 50 {
            0 => Health::Failing,
            1 => Health::Question,
            2 => Health::Excluded,
            _ if links.is_empty() => Health::NotLinked,
            _ => Health::InSync,
        },
        health_reason: String::new(),
        invoices: if links.is_empty() { Account::default() } else { account(mixed) },
        bills: None,
        differences: 0,
        ignored: false,
        links,
        name,
        search_key,
    }
}

fn link(ledger: LedgerRef, code: String) -> LinkLine {
    let (since, reason) = (Timestamp::UNIX_EPOCH, LinkReason::ExactName);
    LinkLine { ledger, name: String::new(), code, since, reason, archived: false }
}

fn account(mixed: i64) -> Account {
    let mut account = Account { count: 3, ..Account::default() };
    let currency =
        if mixed % 40 == 7 { Currency::parse("EUR").unwrap_or(Currency::GBP) } else { Currency::GBP };
    account.outstanding.add(currency, Decimal::new(mixed * 37 % 2_000_000, 2));
    if mixed % 2 == 0 {
        account.overdue.add(currency, Decimal::new(mixed * 37 % 1_000_000, 2));
    }
    account.next_due = TODAY.checked_sub(jiff::Span::new().days(mixed % 120 - 20)).ok();
    account
}

fn view() -> View {
    let mut contacts: Vec<ContactLine> = (1..=CONTACTS).map(line).collect();
    contacts.sort_by(|left, right| left.search_key.cmp(&right.search_key));
    View { contacts, today: TODAY, ..View::default() }
}

fn press(state: &mut State, code: KeyCode) {
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    black_box(update(state, Msg::Key(key, Timestamp::UNIX_EPOCH)));
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn took(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1000.0
}

/// The slowest of several steps, each the fastest of its tries.
fn slowest(tries: impl Iterator<Item = Vec<f64>>) -> f64 {
    let best =
        tries.reduce(|best, next| best.iter().zip(&next).map(|(left, right)| left.min(*right)).collect());
    best.unwrap_or_default().into_iter().fold(0.0, f64::max)
}

#[expect(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn tell(name: &str, value: f64, budget: f64) -> bool {
    let value = (value * 10.0).round() / 10.0;
    let ok = value <= budget;
    println!("{}", json!({"name": name, "value": value, "budget": budget, "unit": "ms", "ok": ok}));
    ok
}

fn main() {
    let view = Arc::new(view());
    let mut state = State::new(
        (160, 48),
        "default".into(),
        WebAddresses::default(),
        Glyphs::UNICODE,
        Theme::Auto,
        Timestamp::UNIX_EPOCH,
    );
    let taken_in = slowest((0..TRIES).map(|_| {
        let event = Event::Changed(Arc::clone(&view));
        vec![took(|| drop(update(&mut state, Msg::Engine(event, Timestamp::UNIX_EPOCH))))]
    }));
    let mut ok = tell("list of 100,000 contacts taken in", taken_in, 100.0);

    let mut found = Vec::new();
    let typed = slowest((0..TRIES).map(|_| {
        press(&mut state, KeyCode::Char('/'));
        let keys = TYPED.chars().map(|key| took(|| press(&mut state, KeyCode::Char(key)))).collect();
        found.push(state.contacts.rows.len());
        press(&mut state, KeyCode::Esc);
        keys
    }));
    ok &= tell("slowest key in the filter, 100,000 contacts", typed, 16.0);
    ok &= found.iter().all(|rows| *rows == 0) && state.contacts.rows.len() == view.contacts.len();

    let sorted = slowest((0..TRIES).map(|_| {
        let columns = Column::ALL.iter();
        columns
            .flat_map(|_| {
                let next = took(|| press(&mut state, KeyCode::Char('>')));
                [next, took(|| press(&mut state, KeyCode::Char('=')))]
            })
            .collect()
    }));
    ok &= tell("slowest order, 100,000 contacts", sorted, 50.0);

    let mut terminal = match Terminal::new(TestBackend::new(160, 48)) {
        Ok(terminal) => terminal,
        Err(never) => match never {},
    };
    let frames = slowest((0..TRIES).map(|_| {
        (0..100)
            .map(|_| {
                press(&mut state, KeyCode::Down);
                took(|| {
                    black_box(terminal.draw(|frame| draw(frame, &state)).is_ok());
                })
            })
            .collect()
    }));
    ok &= tell("slowest of a hundred frames, 160x48, 100,000 contacts", frames, 5.0);
    std::process::exit(i32::from(!ok));
}
