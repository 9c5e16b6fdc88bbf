//! Applying a saved plan: only while nothing that it was made from has moved, and nothing but what it shows (design 4.1).

use std::collections::BTreeSet;

use super::stop::Stop;
use crate::domain::basis::Basis;
use crate::domain::ids::LedgerRef;
use crate::domain::operation::{Operation, Plan};

/// Refuses a plan that belongs to other accounts, or that something has moved under.
pub(super) fn check(saved: &Basis, now: &Basis) -> Result<(), Stop> {
    if saved.accounts != now.accounts {
        return Err(Stop::guard(
            "other_account",
            "the plan was made for another Capsule account or KashFlow company",
            "Apply it with the profile that it was saved from. Nothing was written.",
        ));
    }
    let moved = saved.moved(now);
    if !moved.is_empty() {
        return Err(Stop::guard(
            "stale_plan",
            format!("the plan is out of date; since it was saved, this has changed: {}", moved.join("; ")),
            "Save the plan again (`kashsync plan --out FILE`), look at it, then apply it. Nothing was written.",
        ));
    }
    Ok(())
}

/// Of a plan made after creates in doubt were found out, only what finishes those of the first: a saved plan does what it
/// shows and nothing else.
pub(super) fn within(mut again: Plan, first: &Plan) -> Plan {
    let created: BTreeSet<LedgerRef> = first
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::CreateContact { ledgers, .. } => Some(ledgers.iter().copied()),
            Operation::Link { .. }
            | Operation::UpdateLedger(_)
            | Operation::UpdateContact(_)
            | Operation::WriteSummary { .. }
            | Operation::Remove { .. }
            | Operation::LetGo { .. }
            | Operation::Export(_) => None,
        })
        .flatten()
        .collect();
    again.operations.retain(|operation| match operation {
        Operation::Link { ledger, .. } => created.contains(ledger),
        Operation::CreateContact { ledgers, .. } => ledgers.iter().all(|ledger| created.contains(ledger)),
        Operation::Remove { .. } | Operation::LetGo { .. } | Operation::Export(_) => {
            first.operations.contains(operation)
        }
        Operation::UpdateLedger(_) | Operation::UpdateContact(_) | Operation::WriteSummary { .. } => false,
    });
    again
}
