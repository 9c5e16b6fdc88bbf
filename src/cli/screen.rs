//! The screen: the engine connected to the terminal.

use std::io::{IsTerminal, stdin, stdout};
use std::time::Duration;

use tokio::sync::mpsc;

use super::args::ColorChoice;
use super::clock::SystemClock;
use super::commands::Context;
use super::connect::{self, Mode};
use super::exit::Exit;
use super::output::say;
use super::profile::OpenProfile;
use super::resolve::{self, Resolved};
use super::signal::{ScreenSignal, ScreenSignals, Signal, Signals};
use super::unlock;
use crate::config::env::{self, Environment};
use crate::engine::EngineHandle;
use crate::error::AppError;
use crate::ports::Clock;
use crate::tui::{self, Request, glyphs::Glyphs, theme::Theme};

/// How long closing the profile may take after the screen has gone.
const CLOSING: Duration = Duration::from_secs(5);
/// How long the signal may take that tells why the terminal cannot be used any more, and how long giving it back may.
const AFTERTHOUGHT: Duration = Duration::from_millis(200);
/// How long a process whose terminal has gone away may take to end in order: longer than finishing a write and closing do.
const ORPHANED: Duration = Duration::from_secs(18);
/// Requests that the screen has not taken in yet: stop, go on, another size, leave.
const MOST_REQUESTS: usize = 8;

/// Whether there is a person at a terminal to show a screen to.
pub fn is_possible(context: &Context) -> bool {
    !context.output.json && stdout().is_terminal() && stdin().is_terminal() && !is_dumb(&context.environment)
}

/// A terminal that says of itself that it can only print lines (an editor's shell window, a log of a build).
fn is_dumb(environment: &Environment) -> bool {
    environment.get(env::TERM) == Some("dumb")
}

/// `kashsync` alone: the screen on the profile.
pub async fn open(context: &Context) -> Result<Exit, AppError> {
    if !is_possible(context) {
        return Err(AppError::Usage {
            message: if is_dumb(&context.environment) {
                "the screen needs a terminal that can do more than print lines (TERM is dumb)".into()
            } else {
                "the screen needs a terminal".into()
            },
            remedy:
                "Use a command instead, such as `kashsync sync` or `kashsync status`; see `kashsync --help`."
                    .into(),
        });
    }
    let access = unlock::access(context, None).await?;
    for warning in &access.warnings {
        say(&format!("warning: {warning}"));
    }
    let profile = OpenProfile::open(&context.resolved).await?;
    let engine = connect::start(profile, access, Mode { timer: true, attended: true }, None)?;
    show(context, &context.resolved, engine).await
}

/// Shows the screen until the person leaves or a signal comes.
pub async fn show(context: &Context, resolved: &Resolved, engine: EngineHandle) -> Result<Exit, AppError> {
    let (outside, requests) = mpsc::channel(MOST_REQUESTS);
    let (signalled, mut signal) = mpsc::channel::<Signal>(1);
    let deaf = |error| AppError::machine(format!("signals cannot be received: {error}"), "Try again.");
    let signals = Signals::take_with_screen().map_err(deaf)?;
    let watching = tokio::spawn(watch(signals, ScreenSignals::take().map_err(deaf)?, outside, signalled));
    let options = tui::Options {
        profile: resolved.profile.name().to_owned(),
        web: resolved.file.policy.web.clone(),
        glyphs: glyphs(&context.environment),
        theme: theme(context.globals.color, &context.environment),
        now: || SystemClock.now(),
    };
    let EngineHandle { commands, events, thread } = engine;
    let shown = tui::run(commands, events, requests, options).await;
    let signal = match &shown {
        Ok(()) => signal.try_recv().ok(),
        // A terminal that went away tells of it by a signal, which may come a moment later than the failing write.
        Err(_) => tokio::time::timeout(AFTERTHOUGHT, signal.recv()).await.ok().flatten(),
    };
    // The engine ends when nobody sends commands any more; its thread ends once the profile is closed.
    let closing = tokio::task::spawn_blocking(move || thread.join());
    let _ = tokio::time::timeout(CLOSING, closing).await;
    watching.abort();
    match (signal, shown) {
        (Some(signal), _) => Ok(signal.exit()),
        (None, Ok(())) => Ok(Exit::Done),
        (None, Err(error)) => Err(AppError::machine(
            format!("the terminal cannot be used: {error}"),
            "Use a command instead, such as `kashsync sync`; see `kashsync --help`.",
        )),
    }
}

/// Hands signals on to the screen. The first that asks to end ends it in order; the second, or one that comes when the
/// screen has closed and a write is being finished, ends the process at once.
async fn watch(
    mut signals: Signals,
    mut terminal: ScreenSignals,
    outside: mpsc::Sender<Request>,
    signalled: mpsc::Sender<Signal>,
) {
    let first = loop {
        tokio::select! {
            signal = signals.next() => break signal,
            told = terminal.next() => {
                let request = match told {
                    ScreenSignal::Stop => Request::Stop,
                    ScreenSignal::Continued => Request::Continued,
                    ScreenSignal::Resized => Request::Resized,
                };
                // A screen that has closed needs none of it, and one that takes nothing in must not keep signals waiting.
                let _ = outside.try_send(request);
            }
        }
    };
    // The channel holds one message, and nothing else is ever sent.
    let _ = signalled.send(first).await;
    if first == Signal::HangUp {
        // No second one is to be expected from a terminal that has gone, and crossterm reads on from it for ever, now and then
        // with the screen waiting for it.
        let ended = async {
            let _ = outside.send(Request::Leave).await;
            signals.next().await
        };
        let last = tokio::time::timeout(ORPHANED, ended).await.unwrap_or(first);
        std::process::exit(last.exit().code().into());
    }
    let last = tokio::select! {
        biased;
        second = signals.next() => second,
        sent = outside.send(Request::Leave) => match sent {
            Ok(()) => signals.next().await,
            Err(_) => first,
        },
    };
    // The screen may be in the middle of writing to a terminal that takes nothing any more.
    let _ = tokio::time::timeout(AFTERTHOUGHT, tokio::task::spawn_blocking(tui::give_back)).await;
    std::process::exit(last.exit().code().into());
}

/// Plain symbols where the locale says that the terminal is not UTF-8.
fn glyphs(environment: &Environment) -> Glyphs {
    let locale = [env::LC_ALL, env::LC_CTYPE, env::LANG].into_iter().find_map(|name| environment.get(name));
    let is_plain = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_uppercase();
        !locale.contains("UTF-8") && !locale.contains("UTF8")
    });
    if is_plain { Glyphs::ASCII } else { Glyphs::UNICODE }
}

fn theme(choice: ColorChoice, environment: &Environment) -> Theme {
    if resolve::color(choice, environment, true) { Theme::Auto } else { Theme::Mono }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_follow_the_locale() {
        for (variables, plain) in [
            (&[][..], false),
            (&[(env::LANG, "en_GB.UTF-8")], false),
            (&[(env::LANG, "C.utf8")], false),
            (&[(env::LANG, "C")], true),
            (&[(env::LANG, "en_GB.UTF-8"), (env::LC_ALL, "POSIX")], true),
            (&[(env::LANG, "C"), (env::LC_CTYPE, "en_GB.UTF-8")], false),
        ] {
            let environment =
                Environment::of(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
            assert_eq!(glyphs(&environment) == Glyphs::ASCII, plain, "{variables:?}");
        }
    }
}
