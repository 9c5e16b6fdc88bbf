//! Every situation that exists before a first sync, one ledger contact after another, each with the rule it shows.
//!
//! Names start with A or B, so that all of them stand on the first screen or two of an alphabetical list; ordinary
//! contacts (see `fillers`) follow from C.

mod capsule_only;
mod matching;
mod money;
mod sides;
mod values;

use super::assembly::Assembly;

/// Adds all of them.
pub(super) fn add(firm: &mut Assembly) {
    matching::add(firm);
    sides::add(firm);
    values::add(firm);
    money::add(firm);
    capsule_only::add(firm);
}
