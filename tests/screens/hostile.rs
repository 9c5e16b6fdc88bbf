//! No cell of any screen holds a character that a terminal might obey or hide (sync I20).

use std::sync::Arc;

use jiff::civil::date;
use kashsync::domain::policy::Policy;
use kashsync::engine::event::{Event, Level, LogLine};
use kashsync::engine::view::build;
use kashsync::sim::firm::sample;
use kashsync::tui::glyphs::Glyphs;
use serde_json::json;

use crate::rig::Rig;
use crate::stage::{Stage, start};

/// Title, clear screen, colour by C1, right-to-left override, zero width, a link, a backspace.
const HOSTILE: &str =
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m \u{202e}gnp\u{200b}.exe\u{1b}]8;;http://x.example\u{7}\u{8}";

/// The sample firm with such names on both sides, after its first sync.
fn stage(size: (u16, u16)) -> Stage {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let kept = runtime.block_on(async {
        let rig = Rig::of(&sample(date(2026, 11, 24), 1));
        let now = rig.now();
        for (place, start) in ["Aa Ash", "Aa Birch Timber", "\u{1b}[H"].into_iter().enumerate() {
            let customer = json!({
                "Name": format!("{start}{HOSTILE}"),
                "Contacts": [{"FirstName": HOSTILE, "LastName": HOSTILE, "Telephone": format!("0113 496{place}{HOSTILE}")}],
                "Address": {"Line1": HOSTILE, "Postcode": HOSTILE},
            });
            let added = rig.world().kashflow.add("customer", &customer, now).unwrap();
            let invoice = json!({"CustomerCode": added["Code"], "NetAmount": 12.5, "VATAmount": 0});
            rig.world().kashflow.add("invoice", &invoice, now).unwrap();
        }
        let near = json!({"party": {"type": "organisation", "name": format!("Aa Birch Timbre{HOSTILE}")}});
        rig.world().capsule.add_party(&near, 1, now).unwrap();
        rig.sync().await;
        rig.kept().await
    });
    let mut stage = Stage::blank(size, Glyphs::UNICODE);
    stage.tell(Event::Changed(Arc::new(build(&kept, &Policy::default(), start(), None))));
    let text = format!("{HOSTILE} created in Capsule");
    stage.tell(Event::Log(LogLine { at: start(), level: Level::Error, text }));
    let (code, message) = ("failed", HOSTILE.to_owned());
    stage.tell(Event::Refused { code, message, remedy: HOSTILE.to_owned() });
    stage
}

fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn i20_no_cell_holds_a_hostile_character() {
    let mut shown = 0;
    for size in [(120, 35), (80, 24), (40, 12)] {
        let fresh = stage(size);
        for keys in [
            "",
            "down down",
            "]",
            "2 ] ]",
            "2 ] ] ]",
            "> > > > > > space",
            "2 down",
            "3 enter",
            "F",
            "a",
            "a n n",
            "a n n n n n",
            "/ o w n e d",
            "P",
            "?",
            "o",
        ] {
            let mut stage = fresh.clone();
            if !keys.is_empty() {
                stage.press(keys);
            }
            let screen = stage.cells();
            shown += usize::from(screen.contains("owned"));
            let found = screen.chars().find(|character| is_hostile(*character));
            assert_eq!(found, None, "{size:?} {keys}: {screen}");
        }
    }
    assert!(shown > 15, "the names are on the screens: {shown}");
}
