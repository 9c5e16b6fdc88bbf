//! Where customers or suppliers are kept and found.

use std::collections::{BTreeMap, HashMap};

use super::{
    records::{LedgerContact, Side},
    wire::Refusal,
};

/// One of the two ledgers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ledger {
    side: Side,
    records: BTreeMap<i64, LedgerContact>,
    by_code: HashMap<String, i64>,
    last_id: i64,
}

/// Codes are compared trimmed and without case.
fn key(code: &str) -> String {
    code.trim().to_lowercase()
}

impl Ledger {
    /// An empty ledger whose ids start after the given one.
    pub(super) fn new(side: Side, last_id: i64) -> Self {
        Self { side, records: BTreeMap::new(), by_code: HashMap::new(), last_id }
    }

    /// An id that no record had before.
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// All records by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &LedgerContact> {
        self.records.values()
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The record of an id.
    pub(super) fn get(&self, id: i64) -> Option<&LedgerContact> {
        self.records.get(&id)
    }

    /// The record of a code, or a 404.
    pub(super) fn find(&self, code: &str) -> Result<&LedgerContact, Refusal> {
        self.by_code
            .get(&key(code))
            .and_then(|id| self.records.get(id))
            .ok_or_else(|| Refusal::NotFound(format!("{} not found.", self.side.name())))
    }

    /// Whether a record has that code.
    pub(super) fn has(&self, code: &str) -> bool {
        self.by_code.contains_key(&key(code))
    }

    /// Stores a record, new or changed; a code that another record has is a 400.
    pub(super) fn put(&mut self, record: LedgerContact) -> Result<(), Refusal> {
        let code = key(&record.code);
        if self.by_code.get(&code).is_some_and(|owner| *owner != record.id) {
            return Err(Refusal::invalid(format!("{} Code is not unique", self.side.name())));
        }
        if let Some(before) = self.records.get(&record.id) {
            self.by_code.remove(&key(&before.code));
        }
        self.by_code.insert(code, record.id);
        self.last_id = self.last_id.max(record.id);
        self.records.insert(record.id, record);
        Ok(())
    }

    /// Takes a record out.
    pub(super) fn remove(&mut self, id: i64) -> Option<LedgerContact> {
        let record = self.records.remove(&id)?;
        self.by_code.remove(&key(&record.code));
        Some(record)
    }

    /// A free code: the first four letters A to Z of the name and two digits, next free (kashflow-api U17).
    pub(super) fn suggested_code(&self, name: &str) -> String {
        let mut stem: String =
            name.chars().filter(char::is_ascii_alphabetic).take(4).map(|c| c.to_ascii_uppercase()).collect();
        if stem.is_empty() {
            self.side.name().chars().take(4).for_each(|letter| stem.push(letter.to_ascii_uppercase()));
        }
        // One more number than there are records is enough to find a free one.
        (1..=self.records.len() + 1)
            .map(|number| format!("{stem}{number:02}"))
            .find(|code| !self.has(code))
            .unwrap_or(stem)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;

    fn ledger(codes: &[(i64, &str)]) -> Ledger {
        let mut ledger = Ledger::new(Side::Customer, 0);
        for (id, code) in codes {
            let blank =
                LedgerContact::new(Side::Customer, *id, "GBP", date(2026, 1, 1), Timestamp::UNIX_EPOCH);
            ledger.put(LedgerContact { code: (*code).into(), ..blank }).unwrap();
        }
        ledger
    }

    #[test]
    fn codes_are_suggested() {
        let ledger = ledger(&[(1, "QUAY01"), (2, "QUAY02  "), (3, "CUST01")]);
        for (name, code) in [
            ("Quayside Joinery", "QUAY03"),
            ("O'Brien & Co", "OBRI01"),
            ("Li", "LI01"),
            ("1st Choice", "STCH01"),
            ("Łódź", "D01"),
            ("", "CUST02"),
        ] {
            assert_eq!(ledger.suggested_code(name), code, "{name}");
        }
    }

    #[test]
    fn codes_are_unique_without_case_and_blanks() {
        let mut ledger = ledger(&[(1, "ALPI01  "), (2, "HARB01")]);
        let record = ledger.get(2).unwrap().clone();
        assert!(ledger.put(LedgerContact { code: "alpi01".into(), ..record.clone() }).is_err());
        assert_eq!(ledger.find("alpi01").unwrap().id, 1);
        ledger.put(LedgerContact { code: "HLB01".into(), ..record }).unwrap();
        assert!(ledger.find("HARB01").is_err());
        assert_eq!(ledger.find("HLB01").unwrap().id, 2);
        ledger.remove(2).unwrap();
        assert!(!ledger.has("HLB01"));
        assert_eq!(ledger.next_id(), 3, "ids are never used again");
    }
}
