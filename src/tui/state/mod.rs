//! What the screen shows, as plain data. Changed only in `update`.

mod contacts;
mod log;
mod overlay;

use std::sync::Arc;

use jiff::Timestamp;

pub use contacts::{Contacts, Duplicates, offset};
pub use log::Log;
pub use overlay::{HelpShown, Overlay, PlanShown, QuestionShown};

use super::glyphs::Glyphs;
use super::theme::Theme;
use crate::domain::ids::ContactId;
use crate::domain::journal::JournalEntry;
use crate::domain::listing::ContactLine;
use crate::domain::policy::WebAddresses;
use crate::engine::event::{Progress, View};

/// The panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// Contacts.
    Contacts,
    /// Invoices and details of the selected contact.
    Invoices,
    /// Sync log.
    Log,
}

impl Pane {
    /// All panes in order.
    pub const ALL: [Self; 3] = [Self::Contacts, Self::Invoices, Self::Log];
}

/// Tabs of the invoices pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The contact's documents.
    Invoices,
    /// Health, links and both sides' values.
    Details,
    /// Fields that differ, to be taken one way.
    Differences,
    /// What the journal says of the contact.
    History,
}

impl Tab {
    /// All tabs in order.
    pub const ALL: [Self; 4] = [Self::Invoices, Self::Details, Self::Differences, Self::History];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invoices => "Invoices",
            Self::Details => "Details",
            Self::Differences => "Differences",
            Self::History => "History",
        }
    }
}

/// What the journal says of one contact.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Whose entries these are; nothing before the first came.
    pub of: Option<ContactId>,
    /// The entries, newest first.
    pub entries: Arc<[JournalEntry]>,
    /// Something was asked for that has not come yet: one question at a time, however fast the cursor moves.
    pub asked: bool,
    /// Something has happened since.
    pub stale: bool,
}

/// A pause that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Until when.
    pub until: Timestamp,
    /// Who and why, in words.
    pub why: String,
}

/// A short message over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The message.
    pub text: String,
    /// It stays until `esc`.
    pub stays: bool,
    /// It goes by itself then.
    pub until: Timestamp,
}

/// Everything the screen knows.
#[derive(Debug, Clone)]
pub struct State {
    /// Everything there is to show; nothing before the store is open.
    pub view: Option<Arc<View>>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The pane that gets the keys.
    pub focus: Pane,
    /// The contact list.
    pub contacts: Contacts,
    /// The first line shown of the invoices pane.
    pub document: usize,
    /// The difference under the cursor.
    pub difference: usize,
    /// The history of a contact.
    pub history: History,
    /// The invoices pane's tab.
    pub tab: Tab,
    /// The log.
    pub log: Log,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The plan that waits for approval.
    pub waiting_plan: Option<PlanShown>,
    /// A run is under way.
    pub running: bool,
    /// It is writing.
    pub applying: bool,
    /// How far it is.
    pub progress: Option<Progress>,
    /// A pause.
    pub waiting: Option<Waiting>,
    /// Messages.
    pub toasts: Vec<Toast>,
    /// The beginning of a chord.
    pub chord: Option<String>,
    /// When the last message came.
    pub now: Timestamp,
    /// The profile's name.
    pub profile: String,
    /// Templates of web addresses.
    pub web: WebAddresses,
    /// Symbols.
    pub glyphs: Glyphs,
    /// Colours.
    pub theme: Theme,
}

impl State {
    /// A screen with nothing on it yet.
    pub fn new(
        size: (u16, u16),
        profile: String,
        web: WebAddresses,
        glyphs: Glyphs,
        theme: Theme,
        now: Timestamp,
    ) -> Self {
        Self {
            view: None,
            size,
            focus: Pane::Contacts,
            contacts: Contacts::default(),
            document: 0,
            difference: 0,
            history: History::default(),
            tab: Tab::Invoices,
            log: Log::default(),
            overlay: None,
            waiting_plan: None,
            running: false,
            applying: false,
            progress: None,
            waiting: None,
            toasts: Vec::new(),
            chord: None,
            now,
            profile,
            web,
            glyphs,
            theme,
        }
    }

    /// The selected contact.
    pub fn selected(&self) -> Option<&ContactLine> {
        let row = self.contacts.selected_row()?;
        self.view.as_ref()?.contacts.get(row)
    }

    /// Whether something on the screen changes with time alone.
    pub fn is_animating(&self) -> bool {
        self.waiting.is_some() || self.toasts.iter().any(|toast| !toast.stays)
    }
}
