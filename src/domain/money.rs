//! Exact decimal money that always knows its currency. Never a float, and never two currencies added up (design B20).

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

/// An ISO 4217 currency code, three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Pounds sterling, the currency of a UK company until its details say otherwise.
    pub const GBP: Self = Self(*b"GBP");

    /// The currency of that code, in any case; `None` unless it is three ASCII letters.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many decimals amounts of this currency are written with (ISO 4217 minor units).
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The amount with this currency's own decimals and no separators, as JSON carries it: `120.00`.
    ///
    /// An amount with more decimals than the currency has keeps them: money is never rounded on the way out.
    pub fn plain(self, amount: Decimal) -> String {
        let exact = amount.normalize();
        let scale = exact.scale().max(self.decimals());
        let mut shown = exact;
        shown.rescale(scale);
        if shown.is_zero() {
            shown.set_sign_positive(true);
        }
        shown.to_string()
    }

    /// The amount for people: as [`Currency::plain`] with thousands separated by commas: `1,204.00`.
    pub fn grouped(self, amount: Decimal) -> String {
        let plain = self.plain(amount);
        let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        let (whole, fraction) =
            unsigned.split_once('.').map_or((unsigned, ""), |(whole, part)| (whole, part));
        let mut grouped = String::from(sign);
        for (position, digit) in whole.chars().enumerate() {
            if position > 0 && (whole.len() - position) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if !fraction.is_empty() {
            grouped.push('.');
            grouped.push_str(fraction);
        }
        grouped
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Amounts per currency; what "outstanding" and "overdue" are made of. Currencies stay apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<Currency, Decimal>);

impl Totals {
    /// Adds an amount to its currency's total.
    pub fn add(&mut self, currency: Currency, amount: Decimal) {
        if amount.is_zero() {
            return;
        }
        let total = self.0.entry(currency).or_default();
        *total += amount;
    }

    /// Adds every total of another set.
    pub fn add_all(&mut self, other: &Self) {
        for (currency, amount) in other.iter() {
            self.add(currency, amount);
        }
    }

    /// The total in one currency; zero when nothing was added.
    pub fn of(&self, currency: Currency) -> Decimal {
        self.0.get(&currency).copied().unwrap_or_default()
    }

    /// The totals that are not zero, by currency code.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Decimal)> + '_ {
        self.0.iter().filter(|(_, amount)| !amount.is_zero()).map(|(currency, amount)| (*currency, *amount))
    }

    /// Whether nothing is owed in any currency.
    pub fn is_zero(&self) -> bool {
        self.iter().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn amounts_keep_their_currencys_decimals() {
        for (currency, amount, plain, grouped) in [
            ("GBP", "120", "120.00", "120.00"),
            ("GBP", "117.5000", "117.50", "117.50"),
            ("gbp", "-1234567.5", "-1234567.50", "-1,234,567.50"),
            ("JPY", "1000", "1000", "1,000"),
            ("KWD", "1.5", "1.500", "1.500"),
            ("GBP", "0.0000", "0.00", "0.00"),
            ("GBP", "-0.00", "0.00", "0.00"),
            ("GBP", "0.125", "0.125", "0.125"),
        ] {
            let currency = Currency::parse(currency).unwrap();
            let amount = Decimal::from_str(amount).unwrap();
            assert_eq!(currency.plain(amount), plain);
            assert_eq!(currency.grouped(amount), grouped);
        }
    }

    #[test]
    fn b20_currencies_are_never_added_up() {
        let mut totals = Totals::default();
        let euro = Currency::parse("EUR").unwrap();
        totals.add(Currency::GBP, Decimal::from(10));
        totals.add(euro, Decimal::from(5));
        totals.add(Currency::GBP, Decimal::from(-10));
        assert_eq!(totals.iter().collect::<Vec<_>>(), vec![(euro, Decimal::from(5))]);
        assert_eq!(totals.of(Currency::GBP), Decimal::ZERO);
    }

    #[test]
    fn a_currency_is_three_letters() {
        for wrong in ["", "GB", "GBPX", "G1P", "£££"] {
            assert_eq!(Currency::parse(wrong), None, "{wrong}");
        }
    }
}
