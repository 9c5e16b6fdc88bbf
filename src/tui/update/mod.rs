//! What every message does to the state. Pure: the terminal, the browser and the engine are reached through effects.

mod contacts;
mod engine;
mod keys;
mod overlays;
mod tabs;

use jiff::{SignedDuration, Timestamp};

use super::effect::Effect;
use super::layout::contact_rows;
use super::msg::Msg;
use super::state::{Overlay, State, Toast};
use crate::engine::command::Command;

/// How long a message that needs nothing stays.
const TOAST: SignedDuration = SignedDuration::from_secs(4);
/// How many messages are shown at a time.
const MOST_TOASTS: usize = 3;

/// Takes one message in; gives back what is to be done.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = taken_in(state, msg);
    // Whatever is shown now and is not known yet is asked for, by whatever way it came to be shown.
    effects.extend(tabs::wanted(state));
    effects.extend(contacts::wanted(state));
    effects
}

fn taken_in(state: &mut State, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key, now) => {
            pass_time(state, now);
            keys::key(state, key)
        }
        Msg::Paste(text) => {
            keys::paste(state, &text);
            Vec::new()
        }
        Msg::Resized(columns, rows) => {
            state.size = (columns, rows);
            keep_cursor_visible(state);
            overlays::scroll(state, 0);
            vec![Effect::Redraw]
        }
        Msg::Engine(event, now) => {
            pass_time(state, now);
            engine::absorb(state, event)
        }
        Msg::EngineGone => {
            state.running = false;
            let text = "the engine has stopped unexpectedly; the log file says more. Start kashsync again.";
            tell(state, text.into(), true);
            Vec::new()
        }
        Msg::Beat(now) => {
            pass_time(state, now);
            Vec::new()
        }
        Msg::NotOpened(address) => {
            state.overlay = Some(Overlay::Address(address));
            Vec::new()
        }
        Msg::Stop => vec![Effect::StepAside],
        Msg::Continued => vec![Effect::ComeBack],
        Msg::Terminate => vec![Effect::Send(Command::Shutdown), Effect::Quit],
    }
}

/// Shows a message; equal ones are not repeated.
fn tell(state: &mut State, text: String, stays: bool) {
    state.toasts.retain(|toast| toast.text != text);
    let until = state.now.checked_add(TOAST).unwrap_or(state.now);
    state.toasts.push(Toast { text, stays, until });
    let surplus = state.toasts.len().saturating_sub(MOST_TOASTS);
    state.toasts.drain(..surplus);
}

/// Lets go what had its time.
fn pass_time(state: &mut State, now: Timestamp) {
    state.now = now;
    state.toasts.retain(|toast| toast.stays || toast.until > now);
    if state.waiting.as_ref().is_some_and(|waiting| waiting.until <= now) {
        state.waiting = None;
    }
}

fn keep_cursor_visible(state: &mut State) {
    let height = contact_rows(state);
    let Some(view) = state.view.clone() else { return };
    let cursor = state.contacts.cursor;
    state.contacts.go_to(cursor, &view.contacts, height);
}
