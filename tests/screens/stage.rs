//! A screen with something on it: the sample firm's first plan, or what its first sync left.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use jiff::civil::date;
use kashsync::domain::journal::JournalEntry;
use kashsync::domain::local::{Failing, RecordRef};
use kashsync::domain::plan::plan;
use kashsync::domain::policy::{Policy, WebAddresses};
use kashsync::engine::command::Command;
use kashsync::engine::event::{Event, Level, LogLine, Progress, Step};
use kashsync::engine::take::take;
use kashsync::engine::view::build;
use kashsync::ports::kept::apply;
use kashsync::ports::{JournalQuery, Kept, Store};
use kashsync::sim::firm::sample;
use kashsync::tui::effect::Effect;
use kashsync::tui::glyphs::Glyphs;
use kashsync::tui::msg::Msg;
use kashsync::tui::state::State;
use kashsync::tui::theme::Theme;
use kashsync::tui::update::update;
use kashsync::tui::view::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::rig::{Rig, START};

/// A screen that keys can be pressed on.
#[derive(Clone)]
pub struct Stage {
    pub state: State,
    /// What an engine would know.
    kept: Kept,
    journal: Vec<JournalEntry>,
}

pub fn start() -> Timestamp {
    START.parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
}

impl Stage {
    /// Nothing told yet.
    pub fn blank(size: (u16, u16), glyphs: Glyphs) -> Self {
        let state = State::new(size, "default".into(), WebAddresses::default(), glyphs, Theme::Auto, start());
        Self { state, kept: Kept::default(), journal: Vec::new() }
    }

    /// The sample firm after its first sync.
    pub fn synced(size: (u16, u16)) -> Self {
        Self::synced_with(size, Glyphs::UNICODE)
    }

    pub fn synced_with(size: (u16, u16), glyphs: Glyphs) -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let kept = runtime.block_on(async {
            let rig = Rig::of(&sample(date(2026, 11, 24), 1));
            rig.sync().await;
            (rig.kept().await, rig.store.journal(JournalQuery::default()).await.unwrap())
        });
        let mut stage = Self::blank(size, glyphs);
        (stage.kept, stage.journal) = kept;
        stage.show();
        stage.log();
        stage
    }

    /// The sample firm after its first sync, and after one that unusually many new customers have stopped.
    pub fn stopped(size: (u16, u16)) -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let kept = runtime.block_on(async {
            let rig = Rig::of(&sample(date(2026, 11, 24), 1));
            rig.sync().await;
            let now = rig.now();
            for number in 0..51 {
                let name = format!("Vo{:x} Qx{:x}", number * 7919 + 104_729, number * 6_007 + 15_485_863);
                rig.world().kashflow.add("customer", &serde_json::json!({ "Name": name }), now).unwrap();
            }
            rig.process(vec![Command::Sync { full: false, contact: None }], false, None).await;
            rig.kept().await
        });
        let mut stage = Self::blank(size, Glyphs::UNICODE);
        stage.tell(Event::Changed(Arc::new(build(&kept, &Policy::default(), start(), None))));
        stage
    }

    /// The sample firm's first plan, waiting.
    pub fn planned(size: (u16, u16)) -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let kept = runtime.block_on(async {
            let rig = Rig::of(&sample(date(2026, 11, 24), 1));
            rig.process(vec![Command::Sync { full: false, contact: None }], false, None).await;
            rig.kept().await
        });
        let mut stage = Self::blank(size, Glyphs::UNICODE);
        let policy = Policy::default();
        let planned = plan(&kept.snapshot, &kept.local, &policy, start());
        stage.tell(Event::Changed(Arc::new(build(&kept, &policy, start(), None))));
        let minutes = planned.minutes();
        stage.tell(Event::Planned { plan: Arc::new(planned), minutes, waits: true });
        stage
    }

    /// Something is being read.
    pub fn reading(mut self) -> Self {
        let run = kashsync::domain::ids::RunId(2);
        let trigger = kashsync::domain::run::Trigger::Person;
        self.tell(Event::RunStarted { run, trigger, at: start() });
        let step = Step::ReadLedger(kashsync::domain::ids::Side::Customer);
        self.tell(Event::Progress(Progress { step, done: 40, of: Some(69) }));
        self
    }

    fn log(&mut self) {
        for (seconds, level, text) in [
            (1, Level::Info, "run 1: sync begins"),
            (3, Level::Info, "read 102 contacts, 69 customers, 21 suppliers, 229 invoices, 90 bills"),
            (3, Level::Done, "control total agrees: GBP 242,499.72 due on sales invoices"),
            (9, Level::Done, "Salt Works Studio Ltd created in Capsule"),
            (11, Level::Error, "Barrington Estates: Capsule refuses it: organisation name is already in use"),
            (
                14,
                Level::Ask,
                "run 1 done: 59 linked, 29 created, 36 summaries written, 15 questions open, 2 failing",
            ),
        ] {
            self.tell(Event::Log(LogLine { at: later(seconds), level, text: text.into() }));
        }
    }

    /// Shows what is known now.
    pub fn show(&mut self) {
        let view = build(&self.kept, &Policy::default(), start(), Some(later(7_200)));
        self.tell(Event::Changed(Arc::new(view)));
    }

    /// Has a write to the contact's customer or supplier fail.
    pub fn fail(&mut self, name: &str) {
        let view = self.state.view.as_ref().unwrap();
        let line = view.contacts.iter().find(|line| line.name == name).unwrap();
        let record = RecordRef::Ledger(line.links[0].ledger);
        let failing = Failing {
            record,
            name: name.to_owned(),
            reason: "KashFlow refuses it: the e-mail address is too long".to_owned(),
            remedy: "Shorten the e-mail address in Capsule, then sync.".to_owned(),
            attempts: 2,
            next_try: later(600),
            fingerprint: 1,
        };
        self.kept.local.failing.insert(record, failing);
        self.show();
    }

    /// Obeys what an engine does at once; gives back the other effects.
    pub fn obey(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Send(Command::Take { contact, field, side }) => {
                    for change in take(&self.kept, contact, field, side, start()).unwrap().changes {
                        apply(&mut self.kept, &change);
                    }
                    self.show();
                }
                Effect::Send(Command::ReadJournal(contact)) => {
                    let ledgers = self.kept.local.links_on(contact).map(|link| link.ledger).collect();
                    let entries = self.journal.iter().rev().filter(|entry| entry.is_about(contact, &ledgers));
                    let entries = entries.cloned().collect();
                    let effects = self.tell(Event::Journal { contact, entries });
                    others.extend(self.obey(effects));
                }
                other => others.push(other),
            }
        }
        others
    }

    /// Presses keys, and obeys what they ask of the engine.
    pub fn play(&mut self, keys: &str) -> Vec<Effect> {
        let effects = self.press(keys);
        self.obey(effects)
    }

    /// Shows only contacts that the filter lets through, and keeps it.
    pub fn filter(&mut self, text: &str) {
        self.press("/");
        self.typed(text);
        self.press("enter");
    }

    /// The names of the contacts that are shown, in their order.
    pub fn names(&self) -> Vec<String> {
        let view = self.state.view.as_ref().unwrap();
        self.state.contacts.rows.iter().map(|row| view.contacts[*row].name.clone()).collect()
    }

    pub fn tell(&mut self, event: Event) -> Vec<Effect> {
        let now = self.state.now;
        update(&mut self.state, Msg::Engine(event, now))
    }

    /// Presses keys, a second apart: single characters, or names such as `enter`, `esc`, `tab`, `space`.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for name in keys.split(' ') {
            let code = match name {
                "enter" => KeyCode::Enter,
                "esc" => KeyCode::Esc,
                "tab" => KeyCode::Tab,
                "space" => KeyCode::Char(' '),
                "down" => KeyCode::Down,
                "end" => KeyCode::End,
                other => KeyCode::Char(other.chars().next().unwrap()),
            };
            let at = self.state.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
            effects.extend(update(&mut self.state, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE), at)));
        }
        effects
    }

    /// Types into the focused field.
    pub fn typed(&mut self, text: &str) {
        let at = self.state.now;
        for character in text.chars() {
            let key = KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE);
            update(&mut self.state, Msg::Key(key, at));
        }
    }

    pub fn terminal(&self) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(self.state.size.0, self.state.size.1)).unwrap();
        terminal.draw(|frame| draw(frame, &self.state)).unwrap();
        terminal
    }

    /// What stands on the screen, as text.
    pub fn shown(&self) -> String {
        self.terminal().backend().to_string()
    }

    /// What every cell holds, one after the other.
    pub fn cells(&self) -> String {
        self.terminal().backend().buffer().content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }
}
