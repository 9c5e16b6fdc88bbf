//! The engine: commands in, events out. Executes what `domain` decides; never waits for a person.

pub mod command;
pub mod decide;
pub mod event;
pub mod view;
