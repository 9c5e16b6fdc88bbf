//! A ledger contact: a customer or a supplier in KashFlow.

use super::ids::LedgerRef;
use super::money::Currency;

/// A KashFlow customer or supplier as last read. Bank details are never read (kashflow-api 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerContact {
    /// Side and KashFlow id: the identity.
    pub id: LedgerRef,
    /// The address of the record in KashFlow, outer blanks trimmed; may change or be used again (design B1).
    pub code: String,
    /// The name as KashFlow has it.
    pub name: String,
    /// Archived in KashFlow: not matched, created or written.
    pub archived: bool,
    /// The primary contact's own fields (`IsPrimary`, else the first; design B17).
    pub contact: LedgerPerson,
    /// The first address.
    pub address: LedgerAddress,
    /// The currency it is invoiced in, when the list row says so.
    pub currency: Option<Currency>,
}

/// The primary contact of a ledger contact. Empty text means "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerPerson {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// E-mail field as it stands; may hold several addresses.
    pub email: String,
    /// Telephone.
    pub telephone: String,
    /// Fax.
    pub fax: String,
    /// Mobile.
    pub mobile: String,
    /// Website.
    pub website: String,
}

/// A KashFlow address: lines without meaning of their own, a postcode and a country.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerAddress {
    /// `Line1` to `Line4`, blank ones included, so that positions stay.
    pub lines: Vec<String>,
    /// Postcode.
    pub postcode: String,
    /// ISO 3166-1 alpha-2, `EL` for Greece; empty when not given.
    pub country_code: String,
}
