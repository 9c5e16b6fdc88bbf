//! The terminal interface: three panes, live while the engine works.
//!
//! One loop ([`run`]) owns the terminal. Keys and events become [`msg::Msg`]s; [`update::update`] turns a message into
//! a changed [`state::State`] and [`effect::Effect`]s; [`view::draw`] draws the state. Nothing here touches the store or
//! the network: the engine gets commands and tells events.

pub mod action;
pub mod columns;
pub mod effect;
pub mod glyphs;
pub mod keymap;
pub mod layout;
pub mod msg;
pub mod picture;
pub mod state;
mod suspension;
mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::policy::WebAddresses;
use crate::engine::command::Command;
use crate::engine::event::Event;
use effect::Effect;
use glyphs::Glyphs;
use msg::Msg;
use state::State;
use terminal::Screen;
use theme::Theme;

/// Between two frames while much happens.
const FRAME: Duration = Duration::from_millis(16);
/// Between two beats of a countdown.
const BEAT: Duration = Duration::from_secs(1);
/// Messages taken in before the screen is drawn again.
const MOST_AT_ONCE: usize = 500;
/// How long the engine may take to finish its write after the screen has closed.
const WIND_DOWN: Duration = Duration::from_secs(10);

/// What the world outside asks of the screen, by signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Leave.
    Leave,
    /// Stop for a while.
    Stop,
    /// It goes on; the terminal may not be as it was.
    Continued,
    /// The terminal may have another size now.
    Resized,
}

/// How the screen is to look, and where it links to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile's name, always on screen unless it is `default`.
    pub profile: String,
    /// Templates of web addresses.
    pub web: WebAddresses,
    /// Symbols.
    pub glyphs: Glyphs,
    /// Colours.
    pub theme: Theme,
    /// Wall-clock time.
    pub now: fn() -> Timestamp,
}

/// Shows the screen until the user leaves or `requests` asks for it; nobody listens to these any more once the screen has
/// closed. To be awaited by the thread that calls it (`block_on`), so that a panic here is told from a panic elsewhere.
///
/// Errors: a terminal that cannot be used.
pub async fn run(
    commands: mpsc::Sender<Command>,
    mut events: mpsc::Receiver<Event>,
    mut requests: mpsc::Receiver<Request>,
    options: Options,
) -> io::Result<()> {
    let now = options.now;
    if options.theme == Theme::Mono {
        // Under NO_COLOR crossterm 0.29 prints an empty style for each colour, which terminals read as "reset": the
        // selection would vanish. The theme has no colour, so nothing is lost by forcing it (tui 3.6).
        crossterm::style::force_color_output(true);
    }
    let mut screen = Screen::take()?;
    let mut state =
        State::new(screen.size()?, options.profile, options.web, options.glyphs, options.theme, now());
    screen.draw(&state)?;
    let mut keys = EventStream::new();
    let mut drawn = Instant::now();
    let mut dirty = false;
    let mut engine_lives = true;
    let mut inbox: Vec<Msg> = Vec::new();
    // Commands wait here while the engine's mailbox is full: keys must not wait with them.
    let mut outbox: VecDeque<Command> = VecDeque::new();
    let mut beat = drawn;
    loop {
        tokio::select! {
            biased;
            Some(request) = requests.recv() => inbox.push(heard(request, &screen)?),
            key = keys.next() => match key {
                Some(Ok(key)) => inbox.extend(translated(key, now())),
                // The terminal has gone: leave as on a hang-up.
                Some(Err(_)) | None => inbox.push(Msg::Terminate),
            },
            () = post(&commands, &mut outbox), if !outbox.is_empty() => {}
            event = events.recv(), if engine_lives => {
                engine_lives = event.is_some();
                inbox.push(event.map_or(Msg::EngineGone, |event| Msg::Engine(event, now())));
            }
            () = tokio::time::sleep_until(drawn + FRAME), if dirty => {}
            () = tokio::time::sleep_until(beat + BEAT), if state.is_animating() => {
                beat = Instant::now();
                inbox.push(Msg::Beat(now()));
            }
        }
        while inbox.len() < MOST_AT_ONCE {
            // Asked with this task's own waker: the stream keeps the waker of the last question, and a key that wakes nobody
            // would wait for the next event of the engine.
            let key = poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await;
            match (key, events.try_recv()) {
                (Poll::Ready(Some(Ok(key))), event) => {
                    inbox.extend(translated(key, now()));
                    inbox.extend(event.ok().map(|event| Msg::Engine(event, now())));
                }
                (_, Ok(event)) => inbox.push(Msg::Engine(event, now())),
                (_, Err(_)) => break,
            }
        }
        dirty |= !inbox.is_empty();
        for msg in inbox.drain(..) {
            for effect in update::update(&mut state, msg) {
                if carry_out(effect, &mut screen, &mut state, &mut outbox)?.is_break() {
                    // First, so that a signal of the terminal that was given back finds that the screen has closed.
                    drop(requests);
                    drop(screen);
                    wind_down(&commands, outbox, &mut events).await;
                    return Ok(());
                }
            }
        }
        if dirty && drawn.elapsed() >= FRAME {
            screen.draw(&state)?;
            drawn = Instant::now();
            dirty = false;
        }
    }
}

/// Gives the terminal back if the screen has it: for ways out that leave the screen no time.
pub fn give_back() {
    terminal::give_back();
}

/// Does what an effect asks for; breaks when that is to leave.
fn carry_out(
    effect: Effect,
    screen: &mut Screen,
    state: &mut State,
    outbox: &mut VecDeque<Command>,
) -> io::Result<ControlFlow<()>> {
    match effect {
        Effect::Quit => return Ok(ControlFlow::Break(())),
        Effect::Redraw => screen.clear()?,
        Effect::Suspend => suspension::ask()?,
        Effect::StepAside if suspension::is_possible() => {
            screen.step_aside()?;
            measure(screen, state)?;
        }
        Effect::StepAside => {}
        Effect::ComeBack => {
            screen.come_back()?;
            measure(screen, state)?;
        }
        Effect::Send(command) => outbox.push_back(command),
        Effect::Open(address) => {
            if open::that_detached(&address).is_err() {
                update::update(state, Msg::NotOpened(address));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Nobody tells a stopped program that the terminal has another size now.
fn measure(screen: &Screen, state: &mut State) -> io::Result<()> {
    let (columns, rows) = screen.size()?;
    update::update(state, Msg::Resized(columns, rows));
    Ok(())
}

/// What a request means.
fn heard(request: Request, screen: &Screen) -> io::Result<Msg> {
    Ok(match request {
        Request::Leave => Msg::Terminate,
        Request::Stop => Msg::Stop,
        Request::Continued => Msg::Continued,
        Request::Resized => {
            let (columns, rows) = screen.size()?;
            Msg::Resized(columns, rows)
        }
    })
}

/// What a terminal event means; focus and mouse mean nothing yet. That the size changed is told here too late at the
/// start, before the first question for keys, so where there is a signal for it a request tells it as well.
fn translated(event: TerminalEvent, now: Timestamp) -> Option<Msg> {
    match event {
        TerminalEvent::Key(key) => Some(Msg::Key(key, now)),
        TerminalEvent::Paste(text) => Some(Msg::Paste(text)),
        TerminalEvent::Resize(columns, rows) => Some(Msg::Resized(columns, rows)),
        TerminalEvent::FocusGained | TerminalEvent::FocusLost | TerminalEvent::Mouse(_) => None,
    }
}

/// Sends the oldest waiting command once there is room for it. A closed mailbox is told by [`Msg::EngineGone`].
async fn post(commands: &mpsc::Sender<Command>, outbox: &mut VecDeque<Command>) {
    let room = commands.reserve().await;
    if let (Some(command), Ok(room)) = (outbox.pop_front(), room) {
        room.send(command);
    }
}

/// Sends what still waits, and lets the engine finish the write under way.
async fn wind_down(
    commands: &mpsc::Sender<Command>,
    mut outbox: VecDeque<Command>,
    events: &mut mpsc::Receiver<Event>,
) {
    let finished = async {
        loop {
            tokio::select! {
                () = post(commands, &mut outbox), if !outbox.is_empty() => {}
                event = events.recv() => {
                    if matches!(event, None | Some(Event::Stopped)) {
                        break;
                    }
                }
            }
        }
    };
    // What is not finished by then is found out by the next run: every write has a durable intent.
    let _ = tokio::time::timeout(WIND_DOWN, finished).await;
}
