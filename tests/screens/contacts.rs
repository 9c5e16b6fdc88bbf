//! The contact list: its columns, order, filter and selection; the contact's details, differences and history.

use std::collections::BTreeSet;
use std::sync::Arc;

use insta::assert_snapshot;
use kashsync::domain::details::Field;
use kashsync::domain::ids::{ContactId, Service};
use kashsync::domain::run::{Outcome, Trigger};
use kashsync::engine::command::Command;
use kashsync::engine::event::{Event, View};
use kashsync::tui::columns::Column;
use kashsync::tui::effect::Effect;
use kashsync::tui::glyphs::Glyphs;
use kashsync::tui::state::Pane;
use ratatui::style::{Color, Modifier};

use crate::stage::Stage;

/// A golden at each size that matters: wide and normal with box drawing, tiny with and without.
fn goldens(name: &str, play: impl Fn(&mut Stage)) {
    for (size, glyphs, mark) in [
        ((120, 35), Glyphs::UNICODE, "120x35"),
        ((80, 24), Glyphs::UNICODE, "80x24"),
        ((40, 12), Glyphs::UNICODE, "40x12"),
        ((80, 24), Glyphs::ASCII, "80x24_ascii"),
        ((40, 12), Glyphs::ASCII, "40x12_ascii"),
    ] {
        let mut stage = Stage::synced_with(size, glyphs);
        play(&mut stage);
        assert_snapshot!(format!("{name}_{mark}"), stage.shown());
    }
}

#[test]
fn sorted_by_overdue() {
    goldens("sorted_by_overdue", |stage| drop(stage.press("> > >")));
}

#[test]
fn filtered_with_a_wrong_tag() {
    goldens("filtered_with_a_wrong_tag", |stage| {
        stage.press("/");
        stage.typed("ltd -:supplier :over");
    });
}

#[test]
fn some_selected() {
    goldens("some_selected", |stage| drop(stage.press("space j space j space")));
}

#[test]
fn details_of_a_failing_contact() {
    goldens("details_of_a_failing_contact", |stage| {
        stage.fail("Applewood Homes");
        stage.filter(":failing");
        stage.press("2 ]");
    });
}

#[test]
fn differences_with_one_taken() {
    goldens("differences_with_one_taken", |stage| {
        stage.filter("applewood");
        stage.play("2 ] ] j h");
    });
}

#[test]
fn history() {
    goldens("history", |stage| {
        stage.filter("applewood");
        stage.play("2 ] ] ]");
    });
}

/// Where style is the meaning: S selected, g good, w warn, b bad, k key, B bold, . plain.
#[test]
fn what_needs_a_person_is_marked_by_style() {
    let mut stage = Stage::synced((120, 24));
    stage.fail("Applewood Homes");
    stage.press("> g g space space j");
    let terminal = stage.terminal();
    let buffer = terminal.backend().buffer();
    let style = |x, y| {
        let cell = &buffer[(x, y)];
        if cell.symbol() == " " && !cell.modifier.contains(Modifier::REVERSED) {
            return ' ';
        }
        match (cell.modifier.contains(Modifier::REVERSED), cell.fg) {
            (true, _) => 'S',
            (_, Color::Green) => 'g',
            (_, Color::Magenta) => 'w',
            (_, Color::Red) => 'b',
            (_, Color::Cyan) => 'k',
            _ if cell.modifier.contains(Modifier::BOLD) => 'B',
            _ => '.',
        }
    };
    let map: Vec<String> = (0..12).map(|y| (0..60).map(|x| style(x, y)).collect()).collect();
    assert_snapshot!(map.join("\n"));
}

#[test]
fn the_cursor_stays_on_its_contact_in_any_order() {
    let mut stage = Stage::synced((120, 35));
    stage.press("j j j j j");
    let selected = stage.state.contacts.selected;
    let by_name = stage.names();
    for column in Column::ALL.into_iter().skip(1).chain([Column::Name]) {
        stage.press(">");
        assert_eq!(stage.state.contacts.sort.column, column);
        let sorted = stage.names();
        assert_eq!(stage.state.contacts.selected, selected, "{column:?}");
        assert_eq!(stage.state.selected().map(|line| line.id), selected, "{column:?}");
        stage.press("=");
        assert_eq!(stage.state.contacts.selected, selected, "{column:?} reversed");
        assert_ne!(stage.names(), sorted, "{column:?}");
        stage.press("=");
        assert_eq!(stage.names(), sorted);
        let (mut all, mut before) = (sorted, by_name.clone());
        all.sort();
        before.sort();
        assert_eq!(all, before, "{column:?}: nobody is lost");
    }
    assert_eq!(stage.names(), by_name);
    stage.press("<");
    assert_eq!(stage.state.contacts.sort.column, Column::Codes);
}

#[test]
fn equal_rows_keep_their_order_and_those_without_a_value_come_last_either_way() {
    let mut stage = Stage::synced((120, 35));
    stage.press("> > >");
    let home = |view: &View| view.home_currency();
    for reversed in [false, true] {
        let view = stage.state.view.clone().unwrap();
        let overdue: Vec<_> = stage
            .state
            .contacts
            .rows
            .iter()
            .map(|row| (view.contacts[*row].invoices.overdue.of(home(&view)), *row))
            .filter(|(amount, row)| !amount.is_zero() || view.contacts[*row].invoices.overdue.is_zero())
            .collect();
        let owing: Vec<_> = overdue.iter().take_while(|(amount, _)| !amount.is_zero()).collect();
        assert!(owing.len() > 10);
        let is_ordered = |pair: &[&(rust_decimal::Decimal, usize)]| match pair[0].0.cmp(&pair[1].0) {
            std::cmp::Ordering::Equal => pair[0].1 < pair[1].1,
            order => (order == std::cmp::Ordering::Less) == reversed,
        };
        assert!(owing.windows(2).all(is_ordered), "{owing:?}");
        let rest: Vec<_> = overdue.iter().skip(owing.len()).collect();
        assert!(
            rest.iter().all(|(amount, _)| amount.is_zero())
                && rest.windows(2).all(|pair| pair[0].1 < pair[1].1)
        );
        stage.press("=");
    }
}

#[test]
fn a_changed_list_moves_neither_cursor_nor_selection_to_another_contact() {
    let mut stage = Stage::synced((120, 35));
    stage.press("> j j space j space");
    let (selected, marked) = (stage.state.contacts.selected, stage.state.contacts.marked.clone());
    assert_eq!(marked.len(), 2);
    let gone = *marked.iter().next().unwrap();
    let mut view = (*stage.state.view.clone().unwrap()).clone();
    view.contacts.retain(|line| line.id != gone && Some(line.id) != stage.state.contacts.selected);
    view.contacts.extend(stage.state.selected().cloned());
    view.contacts.reverse();
    stage.tell(Event::Changed(Arc::new(view)));
    assert_eq!(stage.state.contacts.selected, selected);
    assert_eq!(stage.state.selected().map(|line| line.id), selected);
    assert_eq!(stage.state.contacts.marked.len(), 1, "whoever has gone is not selected any more");
}

#[test]
fn a_filter_counts_live_and_a_wrong_tag_filters_nothing_away() {
    let mut stage = Stage::synced((120, 35));
    let all = stage.names().len();
    stage.press("/");
    stage.typed(":overdue");
    let overdue = stage.names().len();
    assert!(0 < overdue && overdue < all);
    assert!(stage.shown().contains(&format!("Contacts {overdue} of {all}")), "{}", stage.shown());
    stage.typed(" :nonsense");
    assert_eq!(stage.names().len(), overdue);
    assert!(stage.shown().contains("no :nonsense; there is :ov"), "{}", stage.shown());
    stage.press("enter");
    assert!(!stage.state.contacts.filtering);
    assert_eq!(stage.names().len(), overdue, "enter keeps it");
    stage.press("esc");
    assert_eq!(stage.names().len(), all, "esc clears it");
}

#[test]
fn words_find_e_mail_addresses_codes_and_names_without_accents() {
    let mut stage = Stage::synced((120, 35));
    for (words, name) in [
        ("jonas@applewood", "Applewood Homes"),
        ("appl01", "Applewood Homes"),
        ("aurelie int", "Aurélie Interiors"),
    ] {
        stage.filter(words);
        assert_eq!(stage.names(), [name], "{words}");
        stage.press("esc");
    }
}

#[test]
fn tab_completes_a_tag_where_the_cursor_is() {
    let mut stage = Stage::synced((120, 35));
    stage.press("/");
    stage.typed("ltd :ov");
    stage.press("tab");
    assert_eq!(stage.state.contacts.filter.value(), "ltd :overdue");
    stage.typed(">30d -:su");
    stage.press("tab");
    stage.typed("x");
    assert_eq!(stage.state.contacts.filter.value(), "ltd :overdue>30d -:supplier x");
    assert!(stage.state.contacts.filtering, "tab leaves no text field");
}

#[test]
fn the_cursor_of_a_long_filter_stays_within_its_line() {
    let mut stage = Stage::synced((40, 12));
    stage.press("/");
    stage.typed(&"abcdefghij ".repeat(6));
    stage.typed(":overdue>30d");
    let mut terminal = stage.terminal();
    let at = terminal.get_cursor_position().unwrap();
    assert!(at.y == 2 && at.x < 39, "{at:?}");
    assert!(stage.shown().contains(":overdue>30d "), "{}", stage.shown());
}

#[test]
fn space_selects_a_star_selects_all_that_are_shown_and_escape_lets_go() {
    let mut stage = Stage::synced((80, 24));
    stage.press("space space");
    assert_eq!(stage.state.contacts.marked.len(), 2);
    assert_eq!(stage.state.contacts.cursor, 2, "each goes on to the next");
    stage.press("k space");
    assert_eq!(stage.state.contacts.marked.len(), 1, "again lets it go");
    stage.filter(":overdue -abbey");
    let overdue = stage.names().len();
    assert!(overdue > 5);
    stage.press("*");
    assert_eq!(stage.state.contacts.marked.len(), 1 + overdue, "besides what was selected");
    assert!(stage.shown().contains(&format!(", {} selected", 1 + overdue)), "{}", stage.shown());
    stage.press("esc");
    assert_eq!(stage.state.contacts.marked.len(), 1 + overdue, "first the filter");
    stage.press("esc");
    assert!(stage.state.contacts.marked.is_empty());
}

fn ended(stage: &mut Stage, trigger: Trigger, outcome: Outcome) -> Vec<Effect> {
    let mut report = (*stage.state.view.as_ref().unwrap().last_run.clone().unwrap()).clone();
    (report.trigger, report.outcome) = (trigger, outcome);
    stage.tell(Event::RunFinished(Arc::new(report)))
}

#[test]
fn b33_selected_contacts_are_synced_one_after_the_other() {
    let mut stage = Stage::synced((80, 24));
    stage.press("space space space");
    let marked: Vec<ContactId> = stage.state.contacts.marked.iter().copied().collect();
    let sync = |contact: ContactId| vec![Effect::Send(Command::Sync { full: false, contact: Some(contact) })];
    assert_eq!(stage.press("s"), sync(marked[0]));
    assert_eq!(stage.press("s"), vec![], "nobody is synced twice");
    assert_eq!(ended(&mut stage, Trigger::Timer, Outcome::Ok), vec![], "that was another run");
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Ok), sync(marked[1]));
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Attention), sync(marked[2]));
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Ok), vec![]);
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Ok), vec![]);
    assert_eq!(stage.press("s"), sync(marked[0]), "and again");
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Failed), vec![], "the rest waits for a person");
    assert!(stage.state.contacts.queue.is_empty());
    assert!(stage.shown().contains("not synced"), "{}", stage.shown());
}

#[test]
fn b33_what_is_selected_during_a_run_waits_for_its_end() {
    let mut stage = Stage::synced((80, 24)).reading();
    stage.press("space");
    let marked = *stage.state.contacts.marked.iter().next().unwrap();
    assert_eq!(stage.press("s"), vec![]);
    let sync = vec![Effect::Send(Command::Sync { full: false, contact: Some(marked) })];
    assert_eq!(ended(&mut stage, Trigger::Person, Outcome::Ok), sync);
    stage.tell(Event::Refused {
        code: "disabled",
        message: "syncing is disabled".into(),
        remedy: String::new(),
    });
    assert!(stage.state.contacts.queue.is_empty(), "no run will end for it");
}

#[test]
fn b28_duplicates_are_looked_for_once_and_again_after_a_change() {
    let mut stage = Stage::synced((120, 35));
    let find = Effect::Send(Command::FindDuplicates);
    let all = stage.names().len();
    let mut effects = stage.press("/ : d u p e s");
    assert_eq!(effects, vec![find.clone()]);
    assert!(stage.shown().contains("looking for duplicates"), "{}", stage.shown());
    assert_eq!(stage.names().len(), all);
    let alike: BTreeSet<ContactId> =
        stage.state.view.as_ref().unwrap().contacts.iter().take(2).map(|line| line.id).collect();
    assert_eq!(stage.tell(Event::Duplicates(Arc::new(alike))), vec![]);
    assert_eq!(stage.names().len(), 2);
    effects = stage.press("x esc");
    assert_eq!(effects, vec![]);
    stage.show();
    assert_eq!(stage.press("/ : d u p e s"), vec![find], "contacts may have changed");
}

#[test]
fn the_history_is_asked_for_once_at_a_time_and_anew_when_something_has_happened() {
    let mut stage = Stage::synced((120, 35));
    let id = |stage: &Stage| stage.state.contacts.selected.unwrap();
    let read = |contact| vec![Effect::Send(Command::ReadJournal(contact))];
    let first = id(&stage);
    assert_eq!(stage.press("] ] ]"), read(first));
    assert!(stage.shown().contains("reading the journal"));
    assert_eq!(stage.press("j j j"), vec![], "one question at a time");
    let fourth = id(&stage);
    let journal = |contact| Event::Journal { contact, entries: Arc::default() };
    assert_eq!(stage.tell(journal(first)), read(fourth), "then for where the cursor is now");
    assert!(stage.shown().contains("reading the journal"), "what came is not shown as another's");
    assert_eq!(stage.tell(journal(fourth)), vec![]);
    assert!(stage.shown().contains("Nothing was done with this contact yet."), "{}", stage.shown());
    let view = stage.state.view.clone().unwrap();
    assert_eq!(stage.tell(Event::Changed(view)), read(fourth));
}

#[test]
fn b13_left_and_right_take_a_value_and_say_what_comes_of_it() {
    let mut stage = Stage::synced((120, 35));
    stage.filter("applewood");
    stage.press("2 ] ]");
    let contact = stage.state.contacts.selected.unwrap();
    assert!(stage.shown().contains("No sync changes it"), "{}", stage.shown());
    let take = |field, side| vec![Effect::Send(Command::Take { contact, field, side })];
    assert_eq!(stage.press("h"), take(Field::Email, Service::Capsule));
    assert_eq!(stage.press("j l"), take(Field::Phone, Service::KashFlow));
    assert_eq!(stage.play("l"), vec![]);
    let shown = stage.shown();
    assert!(shown.contains("Phone: KashFlow's value taken"), "{shown}");
    assert!(shown.contains("The next sync gives the contact in Capsule \"01632 960051\""), "{shown}");
    stage.play("l");
    assert!(!stage.shown().contains("value taken"), "the same key takes it back");
    assert_eq!(stage.state.focus, Pane::Invoices);
    stage.press("[");
    assert_eq!(stage.press("h"), vec![]);
    assert_eq!(stage.state.focus, Pane::Contacts, "elsewhere it goes to the pane at the left");
}

#[test]
fn every_difference_can_be_reached_at_every_size() {
    for size in [(120, 35), (80, 24), (40, 12), (30, 8)] {
        let mut stage = Stage::synced(size);
        stage.filter("applewood");
        stage.press("2 ] ]");
        for label in ["E-mail", "Phone", "Website", "Address"] {
            let shown = stage.shown();
            assert!(shown.contains(&format!(">{label}")), "{size:?} {label}: {shown}");
            stage.press("j");
        }
    }
}
