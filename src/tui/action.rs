//! The action catalogue: every action with its keys, verb and sentence. Keymap, footer hints and help come from it.

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Row down.
    Down,
    /// Row up.
    Up,
    /// Page down.
    PageDown,
    /// Page up.
    PageUp,
    /// First row.
    First,
    /// Last row.
    Last,
    /// To the left: a pane, or Capsule's value.
    Left,
    /// To the right: a pane, or KashFlow's value.
    Right,
    /// Next pane.
    NextPane,
    /// Previous pane.
    PreviousPane,
    /// The contacts pane.
    Contacts,
    /// The invoices pane.
    Invoices,
    /// The sync log.
    Log,
    /// Next tab within the pane.
    NextTab,
    /// Previous tab within the pane.
    PreviousTab,
    /// Filter the contacts.
    Filter,
    /// Sort by the next column.
    SortNext,
    /// Sort by the previous column.
    SortPrevious,
    /// Sort the other way round.
    SortReverse,
    /// Select everything that is shown.
    MarkAll,
    /// Go to what the row is about.
    Enter,
    /// One step out.
    Back,
    /// Answer the next question.
    Answer,
    /// The records that fail.
    Failing,
    /// The first run's plan.
    Plan,
    /// Sync everything now.
    SyncNow,
    /// Sync the selected contact.
    SyncContact,
    /// Open in KashFlow.
    OpenKashFlow,
    /// Open in Capsule.
    OpenCapsule,
    /// Tick or un-tick a row.
    Toggle,
    /// Yes, do it.
    Confirm,
    /// Skip this question for now.
    Skip,
    /// Keys and what they do.
    Help,
    /// Draw the screen anew.
    Redraw,
    /// Back to the shell for a while.
    Suspend,
    /// Leave.
    Quit,
}

/// Where an action belongs, for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving about.
    Move,
    /// Finding.
    Find,
    /// Syncing and deciding.
    Work,
    /// The program itself.
    Program,
}

impl Group {
    /// All groups, in the order of help.
    pub const ALL: [Self; 4] = [Self::Work, Self::Find, Self::Move, Self::Program];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::Find => "Finding",
            Self::Work => "Working",
            Self::Program => "Program",
        }
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The action.
    pub action: Action,
    /// Its keys, the first shown in hints: `j`, `ctrl-d`, `g g`, `enter` …
    pub keys: &'static [&'static str],
    /// A verb for hints.
    pub verb: &'static str,
    /// A sentence for help.
    pub help: &'static str,
    /// Where it belongs.
    pub group: Group,
}

const fn entry(
    action: Action,
    keys: &'static [&'static str],
    verb: &'static str,
    help: &'static str,
    group: Group,
) -> Entry {
    Entry { action, keys, verb, help, group }
}

/// The catalogue.
pub const CATALOGUE: &[Entry] = &[
    entry(
        Action::SyncNow,
        &["S"],
        "sync",
        "Sync everything now; it does only what the timer would do",
        Group::Work,
    ),
    entry(
        Action::SyncContact,
        &["s"],
        "sync contact",
        "Sync the contact now, or the selected ones, one by one",
        Group::Work,
    ),
    entry(Action::Answer, &["a"], "answer", "Answer the next question", Group::Work),
    entry(
        Action::Failing,
        &["F"],
        "failing",
        "Show the records that fail, each with what mends it",
        Group::Work,
    ),
    entry(
        Action::Plan,
        &["P"],
        "plan",
        "Show the first sync's plan while it waits for approval",
        Group::Work,
    ),
    entry(Action::Confirm, &["y"], "go ahead", "Approve the plan that is shown", Group::Work),
    entry(
        Action::Toggle,
        &["space"],
        "select",
        "Select a contact, or let it go; in the plan, leave out or take in",
        Group::Work,
    ),
    entry(Action::Skip, &["n"], "skip", "Skip this question for now", Group::Work),
    entry(Action::OpenKashFlow, &["o"], "KashFlow", "Open the contact or invoice in KashFlow", Group::Work),
    entry(Action::OpenCapsule, &["O"], "Capsule", "Open the contact in Capsule", Group::Work),
    entry(
        Action::Filter,
        &["/"],
        "filter",
        "Show only contacts with these words and :tags; tab completes",
        Group::Find,
    ),
    entry(Action::MarkAll, &["*", "ctrl-a"], "select all", "Select all contacts that are shown", Group::Find),
    entry(Action::SortNext, &[">"], "sort", "Sort the contacts by the next column", Group::Find),
    entry(Action::SortPrevious, &["<"], "sort back", "Sort the contacts by the previous column", Group::Find),
    entry(Action::SortReverse, &["="], "reverse", "Sort the other way round", Group::Find),
    entry(
        Action::Enter,
        &["enter"],
        "choose",
        "Take what is under the cursor; from a person, go to the organisation; in the log, whole lines",
        Group::Find,
    ),
    entry(Action::Down, &["j", "down"], "down", "Row down", Group::Move),
    entry(Action::Up, &["k", "up"], "up", "Row up", Group::Move),
    entry(Action::PageDown, &["pagedown", "ctrl-d", "ctrl-f"], "page down", "Page down", Group::Move),
    entry(Action::PageUp, &["pageup", "ctrl-u", "ctrl-b"], "page up", "Page up", Group::Move),
    entry(Action::First, &["g g", "home"], "first", "First row", Group::Move),
    entry(Action::Last, &["G", "end"], "last", "Last row; in the log, follow again", Group::Move),
    entry(Action::NextPane, &["tab"], "next pane", "Next pane", Group::Move),
    entry(Action::PreviousPane, &["backtab"], "previous pane", "Previous pane", Group::Move),
    entry(
        Action::Left,
        &["h", "left"],
        "left",
        "Pane to the left; in Differences, take Capsule's value",
        Group::Move,
    ),
    entry(
        Action::Right,
        &["l", "right"],
        "right",
        "Pane to the right; in Differences, take KashFlow's value",
        Group::Move,
    ),
    entry(Action::Contacts, &["1"], "contacts", "Contacts", Group::Move),
    entry(
        Action::Invoices,
        &["2"],
        "invoices",
        "The contact: invoices, details, differences, history",
        Group::Move,
    ),
    entry(Action::Log, &["3"], "log", "Sync log", Group::Move),
    entry(Action::NextTab, &["]"], "next tab", "Next tab of the contact", Group::Move),
    entry(Action::PreviousTab, &["["], "previous tab", "Previous tab of the contact", Group::Move),
    entry(
        Action::Back,
        &["esc"],
        "back",
        "One step out: close, clear the filter, the selection",
        Group::Program,
    ),
    entry(Action::Help, &["?", "f1"], "help", "Keys and what they do", Group::Program),
    entry(Action::Redraw, &["ctrl-l"], "redraw", "Draw the screen anew", Group::Program),
    #[cfg(unix)]
    entry(
        Action::Suspend,
        &["ctrl-z"],
        "suspend",
        "Back to the shell; everything rests until fg",
        Group::Program,
    ),
    entry(
        Action::Quit,
        &["q", "ctrl-c"],
        "quit",
        "Leave; a write under way is finished first",
        Group::Program,
    ),
];

/// The catalogue's row of an action.
pub fn row(action: Action) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.action == action)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_key_means_one_thing_and_every_action_has_a_key() {
        let mut keys: BTreeMap<&str, Action> = BTreeMap::new();
        for entry in CATALOGUE {
            assert!(!entry.keys.is_empty() && !entry.help.is_empty());
            for key in entry.keys {
                assert_eq!(keys.insert(key, entry.action), None, "{key} is bound twice");
            }
        }
    }
}
