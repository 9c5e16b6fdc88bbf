//! Placeholder replaced by its own commit.
