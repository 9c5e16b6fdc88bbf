//! The fields on which a contact and its ledger contacts differ now, with what becomes of each (design B13 to B16).

use super::change::{Around, Sides, Stand, Step, changes, comparable, differing, stand, taken};
use super::contact::Contact;
use super::details::Field;
use super::ids::{LedgerRef, Service};
use super::policy::Policy;

/// A field on which the two sides of a link differ, with both values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The linked ledger contact.
    pub ledger: LedgerRef,
    /// The field.
    pub field: Field,
    /// Capsule's value.
    pub capsule: String,
    /// KashFlow's value.
    pub kashflow: String,
    /// Capsule's value when the two were last agreed on.
    pub capsule_was: String,
    /// KashFlow's value then.
    pub kashflow_was: String,
    /// How it stands.
    pub stand: Stand,
    /// Whose value a person took.
    pub taken: Option<Service>,
    /// What a run does about it; nothing where the link is out of reach (design B18) or switched off.
    pub step: Option<Step>,
}

impl Difference {
    /// How it stands, in a few words; empty where nothing has changed since it was accepted.
    pub fn note(&self) -> &'static str {
        match (self.taken, self.stand) {
            (Some(Service::Capsule), _) => "Capsule's value taken",
            (Some(Service::KashFlow), _) => "KashFlow's value taken",
            (None, Stand::Same | Stand::Agreed | Stand::Difference) => "",
            (None, Stand::Capsule) => "changed in Capsule",
            (None, Stand::Both) => "changed on both sides",
            (None, Stand::Cleared) => "emptied in Capsule",
            (None, Stand::Drift) => "changed in KashFlow",
        }
    }

    /// What the next sync does about it and where, in a sentence; `code` is the ledger contact's.
    pub fn effect(&self, code: &str) -> String {
        let label = self.field.label();
        let record = format!("{} {code}", self.ledger.side.word());
        let given =
            |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("\"{value}\"") };
        match self.step {
            None => {
                format!("No sync writes to {record} now: it is archived, gone, out of sight or switched off.")
            }
            Some(Step::Rest | Step::Accept) => {
                "No sync changes it: both stay as they are until you take one.".into()
            }
            Some(Step::Ask(_)) => {
                format!("The next sync asks you which {label} is right; taking one answers that.")
            }
            Some(Step::ToKashFlow) => format!(
                "The next sync gives {record} in KashFlow {} as {label}, in place of {}. Nothing changes in Capsule.",
                given(&self.capsule),
                given(&self.kashflow)
            ),
            Some(Step::ToCapsule) => format!(
                "The next sync gives the contact in Capsule {} as {label}, in place of {}. Nothing changes in KashFlow.",
                given(&self.kashflow),
                given(&self.capsule)
            ),
        }
    }
}

/// Every field on which a contact and its ledger contacts differ now, customer first.
pub fn differences_of(contact: &Contact, around: &Around<'_>, policy: &Policy) -> Vec<Difference> {
    let mut found = Vec::new();
    for link in around.local.links_on(contact.id) {
        let Some(ledger) = around.snapshot.ledger.get(&link.ledger) else { continue };
        let sides = Sides::of(link, contact, ledger, around);
        let reached = comparable(link, around).is_some() && !policy.is_off(link.ledger.side);
        let steps = if reached { changes(link, &sides, policy) } else { Vec::new() };
        found.extend(differing(link, &sides).into_iter().map(|field| Difference {
            ledger: link.ledger,
            field,
            capsule: sides.capsule.text(field),
            kashflow: sides.kashflow.text(field),
            capsule_was: link.base.capsule.text(field),
            kashflow_was: link.base.kashflow.text(field),
            stand: stand(field, link, &sides),
            taken: taken(field, link, &sides),
            step: steps.iter().find(|change| change.field == field).map(|change| change.step),
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::question::QuestionKind;
    use super::*;

    fn difference(step: Option<Step>) -> Difference {
        Difference {
            ledger: LedgerRef::customer(1),
            field: Field::Phone,
            capsule: "0121".into(),
            kashflow: String::new(),
            capsule_was: String::new(),
            kashflow_was: String::new(),
            stand: Stand::Difference,
            taken: None,
            step,
        }
    }

    #[test]
    fn b13_every_effect_says_what_is_written_where_and_what_stays() {
        for (step, words) in [
            (
                Some(Step::ToKashFlow),
                "gives customer ASH01 in KashFlow \"0121\" as Phone, in place of nothing.",
            ),
            (Some(Step::ToCapsule), "gives the contact in Capsule nothing as Phone, in place of \"0121\"."),
            (Some(Step::Rest), "both stay as they are"),
            (Some(Step::Accept), "both stay as they are"),
            (Some(Step::Ask(QuestionKind::FieldMismatch)), "asks you which Phone"),
            (None, "No sync writes to customer ASH01 now"),
        ] {
            let effect = difference(step).effect("ASH01");
            assert!(effect.contains(words), "{effect}");
        }
    }
}
