//! How something done at once is told: what it takes along, and whether it came to its end.

use super::Context;
use crate::cli::exit::Exit;
use crate::cli::output::say_error;
use crate::cli::signal::Signal;
use crate::error::AppError;

/// Prints what was `told` with the error it ended with, if it did; gives back the exit code.
pub(super) fn report<T>(
    context: &Context,
    told: Option<T>,
    ended: Result<Option<()>, AppError>,
    signal: Option<Signal>,
    print: impl FnOnce(&T, Option<&AppError>) -> Result<(), AppError>,
) -> Result<Exit, AppError> {
    let exit = |error: &AppError| signal.map_or_else(|| Exit::of_error(error), Signal::exit);
    match (told, ended) {
        (Some(told), Err(error)) => {
            print(&told, Some(&error))?;
            say_error(&error.to_string(), &error.remedy());
            Ok(exit(&error))
        }
        (None, Err(error)) => {
            context.output.fail(&error);
            Ok(exit(&error))
        }
        (Some(told), Ok(ended)) => {
            print(&told, None)?;
            // Without its end it was a signal that cut it off.
            Ok(ended.map_or_else(|| signal.map_or(Exit::Failed, Signal::exit), |()| Exit::Done))
        }
        (None, Ok(_)) => Ok(signal.map_or(Exit::Failed, Signal::exit)),
    }
}
