//! kashsync keeps Capsule CRM and KashFlow in step.

pub mod sim;
