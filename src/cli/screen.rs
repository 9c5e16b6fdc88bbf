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
use super::signal::{Signal, Signals};
use super::unlock;
use crate::config::env::{self, Environment};
use crate::engine::EngineHandle;
use crate::error::AppError;
use crate::ports::Clock;
use crate::tui::{self, glyphs::Glyphs, theme::Theme};

/// How long closing the profile may take after the screen has gone.
const CLOSING: Duration = Duration::from_secs(5);

/// Whether there is a person at a terminal to show a screen to.
pub fn is_possible(context: &Context) -> bool {
    !context.output.json && stdout().is_terminal() && stdin().is_terminal()
}

/// `kashsync` alone: the screen on the profile.
pub async fn open(context: &Context) -> Result<Exit, AppError> {
    if !is_possible(context) {
        return Err(AppError::Usage {
            message: "the screen needs a terminal".into(),
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
    let mut signals = Signals::take()
        .map_err(|error| AppError::machine(format!("signals cannot be received: {error}"), "Try again."))?;
    let (terminate, terminated) = mpsc::channel(1);
    let (signalled, mut signal) = mpsc::channel::<Signal>(1);
    let watching = tokio::spawn(async move {
        let first = signals.next().await;
        // Both channels hold one message, and nothing else is ever sent.
        let _ = signalled.send(first).await;
        let _ = terminate.send(()).await;
        let second = signals.next().await;
        std::process::exit(second.exit().code().into());
    });
    let options = tui::Options {
        profile: resolved.profile.name().to_owned(),
        web: resolved.file.policy.web.clone(),
        glyphs: glyphs(&context.environment),
        theme: theme(context.globals.color, &context.environment),
        now: || SystemClock.now(),
    };
    let EngineHandle { commands, events, thread } = engine;
    let shown = tui::run(commands, events, terminated, options).await;
    // The engine ends when nobody sends commands any more; its thread ends once the profile is closed.
    let closing = tokio::task::spawn_blocking(move || thread.join());
    let _ = tokio::time::timeout(CLOSING, closing).await;
    watching.abort();
    shown.map_err(|error| {
        AppError::machine(format!("the terminal cannot be used: {error}"), "Use a command instead.")
    })?;
    Ok(signal.try_recv().map_or(Exit::Done, Signal::exit))
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
