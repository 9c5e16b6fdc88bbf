//! What the engine tells, taken into the state.

use std::collections::BTreeSet;

use super::super::effect::Effect;
use super::super::layout::contact_rows;
use super::super::state::{Overlay, PlanShown, State, Waiting};
use super::{contacts, overlays, tabs, tell};
use crate::domain::run::{Outcome, RunReport};
use crate::domain::trouble::Trouble;
use crate::domain::wording::with_remedy;
use crate::engine::event::{Event, Step};

pub(super) fn absorb(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Changed(view) => {
            let height = contact_rows(state);
            state.contacts.take_in(&view, height);
            state.view = Some(view);
            state.history.stale = true;
            tabs::keep_difference(state);
            overlays::keep_question(state);
        }
        Event::RunStarted { .. } => {
            state.running = true;
            state.progress = None;
        }
        Event::Progress(progress) => {
            state.applying = progress.step == Step::Apply;
            state.progress = Some(progress);
            state.waiting = None;
        }
        Event::Waiting { service, until, why } => {
            state.waiting = Some(Waiting { until, why: format!("{}: {why}", service.name()) });
        }
        Event::Planned { plan, minutes, waits: true } => {
            let shown = PlanShown {
                plan,
                minutes,
                unticked: BTreeSet::new(),
                cursor: 0,
                offset: 0,
                opened: state.now,
            };
            state.running = false;
            state.progress = None;
            state.waiting_plan = Some(shown.clone());
            if state.overlay.is_none() {
                state.overlay = Some(Overlay::Plan(shown));
            }
        }
        Event::Log(line) | Event::NotBackedUp(line) => state.log.push(line),
        Event::RunFinished(report) => {
            finished(state, &report);
            return contacts::sync_next(state, &report);
        }
        Event::Journal { contact, entries } => tabs::take_in(state, contact, entries),
        Event::Duplicates(found) => contacts::take_duplicates(state, found),
        Event::Undone(results) => {
            let refused = results.iter().find_map(|result| Some((&result.name, result.refused.as_ref()?)));
            match refused {
                Some((name, why)) => tell(state, format!("{name} is not undone: {why}."), true),
                None => tell(state, format!("{} undone.", results.len()), false),
            }
        }
        Event::Cleared { done, left, error } => {
            let ended =
                error.map_or_else(String::new, |error| format!(" {} {}", error.message, error.remedy));
            let text = format!("KashFlow fields emptied on {done} contacts, {left} left.{ended}");
            tell(state, text, left > 0);
        }
        Event::Tested { capsule, kashflow } => {
            let capsule = capsule.map(|account| account.name);
            let kashflow = kashflow.map(|company| company.name);
            let is_error = capsule.is_err() || kashflow.is_err();
            let words = |tested: Result<String, Trouble>| match tested {
                Ok(name) => name,
                Err(trouble) => format!("{} {}", trouble.message, trouble.remedy()),
            };
            tell(state, format!("Capsule: {}. KashFlow: {}", words(capsule), words(kashflow)), is_error);
        }
        Event::Refused { message, remedy, .. } => {
            contacts::give_up_queue(state);
            tell(state, with_remedy(&message, &remedy), true);
        }
        Event::Stopped => return vec![Effect::Quit],
        // No dialog asks for a document's parts or for a delete yet.
        Event::Parts { .. }
        | Event::Deletion(_)
        | Event::Merging(_)
        | Event::Remaining { .. }
        | Event::Planned { waits: false, .. } => {}
    }
    Vec::new()
}

fn finished(state: &mut State, report: &RunReport) {
    state.running = false;
    state.applying = false;
    state.progress = None;
    state.waiting = None;
    state.waiting_plan = None;
    overlays::keep_quit(state);
    match (&report.error, report.outcome) {
        (Some(error), Outcome::Failed) => tell(state, with_remedy(&error.message, &error.remedy), true),
        (Some(error), _) => tell(state, error.message.clone(), false),
        (None, _) if report.questions_new > 0 => {
            tell(state, format!("{} new questions: a answers them", report.questions_new), false);
        }
        (None, _) => {}
    }
}
