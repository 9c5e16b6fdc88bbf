//! The `kashsync` program.

fn main() {}
