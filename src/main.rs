//! The `kashsync` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kashsync::cli::run().code())
}
