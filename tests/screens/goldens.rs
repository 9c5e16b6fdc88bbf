//! Goldens of every screen at every size that matters.

use insta::assert_snapshot;
use kashsync::tui::glyphs::Glyphs;
use kashsync::tui::picture::svg;
use ratatui::style::Modifier;

use crate::stage::Stage;

#[test]
fn main_120x35() {
    assert_snapshot!(Stage::synced((120, 35)).shown());
}

#[test]
fn main_80x24() {
    assert_snapshot!(Stage::synced((80, 24)).shown());
}

#[test]
fn main_60x20() {
    assert_snapshot!(Stage::synced((60, 20)).shown());
}

#[test]
fn main_40x12() {
    assert_snapshot!(Stage::synced((40, 12)).shown());
}

#[test]
fn main_80x24_ascii() {
    let shown = Stage::synced_with((80, 24), Glyphs::ASCII).shown();
    let frame: String = shown.lines().filter(|line| line.contains("[1]") || line.contains("[3]")).collect();
    assert!(frame.is_ascii(), "{frame}");
    assert_snapshot!(shown);
}

#[test]
fn main_20x5_says_what_it_needs() {
    assert_snapshot!(Stage::synced((20, 5)).shown());
}

#[test]
fn details_120x35() {
    let mut stage = Stage::synced((120, 35));
    stage.press("/");
    stage.typed("appl");
    stage.press("enter tab ]");
    assert_snapshot!(stage.shown());
}

#[test]
fn filtered_80x24() {
    let mut stage = Stage::synced((80, 24));
    stage.press("/");
    stage.typed("ash");
    assert_snapshot!(stage.shown());
}

#[test]
fn reading_80x24() {
    assert_snapshot!(Stage::synced((80, 24)).reading().shown());
}

#[test]
fn opening_80x24() {
    assert_snapshot!(Stage::blank((80, 24), Glyphs::UNICODE).shown());
}

#[test]
fn plan_120x35() {
    assert_snapshot!(Stage::planned((120, 35)).shown());
}

#[test]
fn plan_80x24() {
    let mut stage = Stage::planned((80, 24));
    stage.press("down down space");
    assert_snapshot!(stage.shown());
}

/// The card of the first question of that kind.
fn question(size: (u16, u16), kind: &str) -> Stage {
    let mut stage = Stage::synced(size);
    stage.press("a");
    for _ in 0..40 {
        if stage.shown().contains(kind) {
            return stage;
        }
        stage.press("n");
    }
    panic!("no question says {kind}");
}

#[test]
fn b35_question_mass_change_comes_first_80x24() {
    let mut stage = Stage::stopped((80, 24));
    stage.press("a");
    assert_snapshot!(stage.shown());
}

#[test]
fn question_suggested_match_120x35() {
    assert_snapshot!(question((120, 35), "is this the same?").shown());
}

#[test]
fn question_suggested_match_80x24() {
    assert_snapshot!(question((80, 24), "is this the same?").shown());
}

#[test]
fn question_suggested_match_40x12() {
    assert_snapshot!(question((40, 12), "is this the").shown());
}

#[test]
fn question_several_matches_80x24() {
    assert_snapshot!(question((80, 24), "several contacts match").shown());
}

#[test]
fn question_same_name_80x24() {
    assert_snapshot!(question((80, 24), "several records of one name").shown());
}

#[test]
fn question_several_matches_40x12() {
    assert_snapshot!(question((40, 12), "several contacts").shown());
}

#[test]
fn plan_40x12() {
    assert_snapshot!(Stage::planned((40, 12)).shown());
}

#[test]
fn first_reading_80x24() {
    let mut stage = Stage::blank((80, 24), Glyphs::UNICODE);
    stage.tell(kashsync::engine::event::Event::Changed(std::sync::Arc::default()));
    assert_snapshot!(stage.reading().shown());
}

#[test]
fn failing_80x24() {
    let mut stage = Stage::synced((80, 24));
    stage.press("F");
    assert_snapshot!(stage.shown());
}

#[test]
fn log_whole_60x20() {
    let mut stage = Stage::synced((60, 20));
    stage.press("3 enter");
    assert_snapshot!(stage.shown());
}

#[test]
fn help_120x35() {
    let mut stage = Stage::synced((120, 35));
    stage.press("?");
    assert_snapshot!(stage.shown());
}

/// Where style is the meaning: S selected, B bold, . plain.
#[test]
fn the_selected_row_is_reversed_and_titles_are_bold() {
    let stage = Stage::synced((80, 12 + 8));
    let terminal = stage.terminal();
    let buffer = terminal.backend().buffer();
    let map: Vec<String> = (0..8)
        .map(|y| {
            (0..36)
                .map(|x| match buffer[(x, y)].modifier {
                    modifier if modifier.contains(Modifier::REVERSED) => 'S',
                    modifier if modifier.contains(Modifier::BOLD) => 'B',
                    _ => '.',
                })
                .collect()
        })
        .collect();
    assert_snapshot!(map.join("\n"));
}

/// README's picture is the real screen; it is written where goldens are.
#[test]
fn the_picture_is_the_screen() {
    let stage = Stage::synced((120, 35));
    let drawn = svg(stage.terminal().backend().buffer(), "kashsync: contacts, invoices and the sync log");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/screens/main.svg");
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/screens")).unwrap();
        std::fs::write(file, &drawn).unwrap();
    }
    assert!(
        std::fs::read_to_string(file).unwrap_or_default() == drawn,
        "assets/screens/main.svg is not this screen; INSTA_UPDATE=always cargo test --test screens writes it"
    );
}

#[test]
fn no_screen_panics_at_any_size() {
    let mut stages =
        vec![Stage::synced((80, 24)), Stage::planned((80, 24)), Stage::blank((80, 24), Glyphs::UNICODE)];
    for keys in [
        "a",
        "?",
        "a ?",
        "tab ]",
        "tab ] ]",
        "tab ] ] ]",
        "3",
        "3 enter",
        "F",
        "/",
        "/ : x",
        "* > > =",
        "/ : d i enter tab ] ] j l",
    ] {
        let mut stage = stages[0].clone();
        stage.play(keys);
        stages.push(stage);
    }
    let sizes = (1..=160).step_by(7).flat_map(|columns| (1..=60).step_by(3).map(move |rows| (columns, rows)));
    for (columns, rows) in sizes.chain([(1, 1), (1, 40), (200, 60)]) {
        for stage in &mut stages {
            kashsync::tui::update::update(&mut stage.state, kashsync::tui::msg::Msg::Resized(columns, rows));
            stage.terminal();
        }
    }
}
