//! What keys do, as transcripts of the pure update.

use kashsync::engine::command::Command;
use kashsync::tui::effect::Effect;
use kashsync::tui::msg::Msg;
use kashsync::tui::state::{Overlay, Pane};
use kashsync::tui::update::update;
use proptest::prelude::*;

use crate::stage::{Stage, start};

#[test]
fn b35_the_plan_is_approved_by_another_key_than_the_one_that_opened_it_and_not_at_once() {
    let mut stage = Stage::planned((80, 24));
    let at_once = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char('y'));
    assert_eq!(update(&mut stage.state, Msg::Key(at_once, start())), vec![]);
    assert_eq!(stage.press("enter"), vec![], "enter confirms nothing");
    assert_eq!(stage.press("y"), vec![Effect::Send(Command::Approve { unticked: [].into() })]);
    assert!(stage.state.overlay.is_none());
}

#[test]
fn an_unticked_row_is_left_out_for_good() {
    let mut stage = Stage::planned((80, 24));
    let effects = stage.press("space y");
    let [Effect::Send(Command::Approve { unticked })] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(unticked.len(), 1);
}

#[test]
fn escape_keeps_the_plan_waiting_and_p_shows_it_again() {
    let mut stage = Stage::planned((80, 24));
    stage.press("esc");
    assert!(stage.state.overlay.is_none() && stage.shown().contains("first plan waits"));
    stage.press("S");
    assert!(matches!(stage.state.overlay, Some(Overlay::Plan(_))), "S shows the plan while it waits");
    stage.press("esc P");
    assert!(matches!(stage.state.overlay, Some(Overlay::Plan(_))));
}

#[test]
fn answering_sends_the_choice_under_the_cursor_or_by_number() {
    let mut stage = Stage::synced((80, 24));
    stage.press("a");
    let Some(Overlay::Question(shown)) = &stage.state.overlay else { panic!("a question") };
    let id = shown.id;
    let choices = stage.state.view.as_ref().unwrap().local.questions[&id].asked.choices.clone();
    let answer = |choice: usize| {
        vec![Effect::Send(Command::Answer { question: id, choice: choices[choice].clone(), value: None })]
    };
    assert_eq!(stage.press("enter"), answer(0));
    assert_eq!(stage.press("2"), answer(1));
    assert_eq!(stage.press("down enter"), answer(1));
    assert_eq!(stage.press("9"), vec![]);
}

#[test]
fn help_opens_over_a_question_and_closing_it_goes_back_there() {
    let mut stage = Stage::synced((80, 24));
    stage.press("a n ?");
    assert!(stage.shown().contains("Keys"));
    stage.press("? esc");
    assert!(matches!(stage.state.overlay, Some(Overlay::Question(_))));
    stage.press("esc");
    assert!(stage.state.overlay.is_none());
}

#[test]
fn b37_the_list_of_failing_records_names_the_one_that_has_no_contact() {
    let mut stage = Stage::synced((80, 24));
    stage.press("F");
    let shown = stage.shown();
    for words in ["customer BLAN01", "it has no name in KashFlow. Give customer BLAN01 a name", "Barrington"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let mut without = Stage::planned((80, 24));
    without.press("esc F");
    assert!(without.state.overlay.is_none() || without.state.view.unwrap().failing() > 0);
}

#[test]
fn a_question_about_quitting_goes_when_the_run_has_ended() {
    let mut stage = Stage::synced((80, 24)).reading();
    let progress = kashsync::engine::event::Progress {
        step: kashsync::engine::event::Step::Apply,
        done: 1,
        of: Some(2),
    };
    stage.tell(kashsync::engine::event::Event::Progress(progress));
    stage.press("q ?");
    let report = stage.state.view.as_ref().unwrap().last_run.clone().unwrap();
    stage.tell(kashsync::engine::event::Event::RunFinished(report));
    stage.press("esc");
    assert!(stage.state.overlay.is_none(), "{}", stage.shown());
}

#[test]
fn an_ignored_customer_is_said_to_be_ignored() {
    let mut stage = Stage::synced((120, 35));
    let mut view = (*stage.state.view.clone().unwrap()).clone();
    let unlinked = view.contacts.iter().find(|line| line.links.is_empty() && line.organisation.is_none());
    let name = unlinked.unwrap().name.clone();
    let ledger = kashsync::domain::ids::LedgerRef::customer(77);
    let ignored = kashsync::domain::local::Ignored {
        ledger,
        code: "GONE01".into(),
        name: name.to_uppercase(),
        since: start(),
    };
    std::sync::Arc::make_mut(&mut view.local).ignored.insert(ledger, ignored);
    stage.tell(kashsync::engine::event::Event::Changed(std::sync::Arc::new(view)));
    stage.press("/");
    stage.typed(&name);
    stage.press("enter");
    assert!(stage.shown().contains("unignore"), "{}", stage.shown());
}

#[test]
fn b33_s_and_shift_s_sync_the_contact_or_everything() {
    let mut stage = Stage::synced((80, 24));
    let selected = stage.state.selected().unwrap().id;
    let sync = |contact| vec![Effect::Send(Command::Sync { full: false, contact })];
    assert_eq!(stage.press("s"), sync(Some(selected)));
    assert_eq!(stage.press("S"), sync(None));
}

#[test]
fn b24_addresses_are_built_by_us() {
    let mut stage = Stage::synced((80, 24));
    stage.press("/");
    stage.typed("abbey");
    let effects = stage.press("enter o O");
    assert_eq!(effects[0], Effect::Open("https://app.kashflow.com/v3/#/customers/ABBE01".into()));
    let Effect::Open(capsule) = &effects[1] else { panic!("{effects:?}") };
    assert!(capsule.starts_with("https://brookside.capsulecrm.com/party/"), "{capsule}");
    let Effect::Open(invoice) = &stage.press("tab o")[0] else { panic!("an address") };
    assert!(invoice.starts_with("https://app.kashflow.com/#invoices/"), "{invoice}");
}

#[test]
fn the_filter_takes_letters_as_text_and_escape_clears_it() {
    let mut stage = Stage::synced((80, 24));
    let all = stage.state.contacts.rows.len();
    stage.press("/");
    stage.typed("q S");
    assert!(stage.state.contacts.filtering);
    assert_eq!(stage.state.contacts.filter.value(), "q S");
    stage.press("esc");
    assert_eq!(stage.state.contacts.rows.len(), all);
}

#[test]
fn from_a_person_enter_goes_to_the_organisation() {
    let mut stage = Stage::synced((120, 35));
    let view = stage.state.view.clone().unwrap();
    let person =
        view.contacts.iter().find(|line| line.links.is_empty() && line.organisation.is_some()).unwrap();
    stage.press("/");
    stage.typed(&person.name);
    stage.press("enter enter");
    assert_eq!(Some(stage.state.selected().unwrap().id), person.organisation.as_ref().map(|(id, _)| *id));
}

#[test]
fn quitting_asks_only_while_something_is_written() {
    let leave = vec![Effect::Send(Command::Shutdown), Effect::Quit];
    assert_eq!(Stage::synced((80, 24)).press("q"), leave);
    let mut writing = Stage::synced((80, 24)).reading();
    let step = kashsync::engine::event::Step::Apply;
    writing.tell(kashsync::engine::event::Event::Progress(kashsync::engine::event::Progress {
        step,
        done: 1,
        of: Some(2),
    }));
    assert_eq!(writing.press("q"), vec![]);
    assert!(writing.shown().contains("Quit?"));
    assert_eq!(writing.press("y"), leave);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_keys_at_any_size_lose_the_cursor(keys in "[ -~]{0,40}", columns in 1_u16..140, rows in 1_u16..50) {
        thread_local!(static SYNCED: Stage = Stage::synced((80, 24)));
        let mut stage = SYNCED.with(Clone::clone);
        update(&mut stage.state, Msg::Resized(columns, rows));
        for key in keys.chars().filter(|key| !matches!(key, 'q')) {
            let key = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(key));
            update(&mut stage.state, Msg::Key(key, start()));
            stage.terminal();
        }
        let contacts = &stage.state.contacts;
        prop_assert!(contacts.rows.is_empty() || contacts.cursor < contacts.rows.len());
        prop_assert!(Pane::ALL.contains(&stage.state.focus));
    }
}
