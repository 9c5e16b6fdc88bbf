//! The columns of the contact list: which ones there is room for, how wide they are, and the order that each gives.
//!
//! Widths and order are worked out when the list changes or is sorted anew, never for a frame.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use unicode_width::UnicodeWidthStr;

use crate::domain::listing::{ContactLine, Health};
use crate::domain::money::{Currency, Totals};
use crate::domain::normalise::search_key;
use crate::domain::parallel::filter_map;

/// A column, the most important first; the name is always there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Name.
    #[default]
    Name,
    /// How it stands.
    Health,
    /// What it owes.
    Outstanding,
    /// The overdue part.
    Overdue,
    /// Earliest due date.
    NextDue,
    /// The organisation of a person.
    Organisation,
    /// Codes in KashFlow.
    Codes,
}

impl Column {
    /// All columns, in the order in which they are shown and drop.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::Health,
        Self::Outstanding,
        Self::Overdue,
        Self::NextDue,
        Self::Organisation,
        Self::Codes,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Health => "Health",
            Self::Outstanding => "Owes",
            Self::Overdue => "Overdue",
            Self::NextDue => "Next due",
            Self::Organisation => "Organisation",
            Self::Codes => "Codes",
        }
    }

    /// Numbers stand at the right.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Outstanding | Self::Overdue)
    }
}

/// What the list is sorted by. Unless reversed: names and codes from A, the worst health, the largest amount and the
/// earliest date first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// The other way round.
    pub reversed: bool,
}

impl Sort {
    /// Whether values rise from row to row.
    pub fn is_rising(self) -> bool {
        matches!(self.column, Column::Outstanding | Column::Overdue) == self.reversed
    }

    /// By the column so many further on, each first in its own direction.
    #[must_use]
    pub fn moved(self, by: usize) -> Self {
        let at = Column::ALL.iter().position(|column| *column == self.column).unwrap_or_default();
        let column = Column::ALL.get((at + by) % Column::ALL.len()).copied().unwrap_or_default();
        Self { column, reversed: false }
    }
}

/// How wide the columns have to be for what is in them; 0 where nothing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Widths {
    outstanding: usize,
    overdue: usize,
    next_due: usize,
    organisation: usize,
    codes: usize,
}

/// Widths that amounts, organisations and codes are given: the smallest that holds all, so that columns seldom move.
const AMOUNTS: [usize; 4] = [9, 12, 16, 20];
const ORGANISATIONS: [usize; 3] = [14, 20, 28];
const CODES: [usize; 3] = [7, 10, 16];
const HEALTH: usize = 10;
const DATE: usize = 9;

impl Widths {
    /// The widths for these lines.
    pub fn of(lines: &[ContactLine], home: Currency) -> Self {
        let widest = |text: fn(&ContactLine) -> usize| lines.iter().map(text).max().unwrap_or_default();
        let amounts = |of| stepped(widest_amount(lines, of, home).max(1), &AMOUNTS);
        Self {
            outstanding: amounts(|line| &line.invoices.outstanding),
            overdue: amounts(|line| &line.invoices.overdue),
            next_due: if lines.iter().any(|line| line.invoices.next_due.is_some()) { DATE } else { 0 },
            organisation: stepped(
                widest(|line| line.organisation.as_ref().map_or(0, |(_, name)| name.width())),
                &ORGANISATIONS,
            ),
            codes: stepped(widest(|line| codes(line).width()), &CODES),
        }
    }

    fn of_column(&self, column: Column) -> usize {
        match column {
            Column::Name => 0,
            Column::Health => HEALTH,
            Column::Outstanding => self.outstanding,
            Column::Overdue => self.overdue,
            Column::NextDue => self.next_due,
            Column::Organisation => self.organisation,
            Column::Codes => self.codes,
        }
    }

    /// The columns there is room for, with their widths; a blank stands before each but the name, which takes what is left.
    /// The one that the list is sorted by drops last.
    pub fn shown(&self, room: usize, sorted: Column) -> Vec<(Column, usize)> {
        let mut left = room.saturating_sub(least_name(room));
        let mut shown = Vec::new();
        let sorted_first =
            [sorted].into_iter().chain(Column::ALL.into_iter().filter(|column| *column != sorted));
        for column in sorted_first.filter(|column| *column != Column::Name) {
            let width = self.of_column(column);
            if width == 0 {
                continue;
            }
            if left < width + 1 {
                break;
            }
            left -= width + 1;
            shown.push((column, width));
        }
        shown.sort_unstable_by_key(|(column, _)| *column);
        let taken: usize = shown.iter().map(|(_, width)| width + 1).sum();
        shown.insert(0, (Column::Name, room.saturating_sub(taken)));
        shown
    }
}

/// A name needs more where there is more room.
fn least_name(room: usize) -> usize {
    match room {
        0..=45 => 14,
        46..=69 => 19,
        _ => 26,
    }
}

/// The smallest step that holds the width; the largest where none does; 0 for nothing.
fn stepped(width: usize, steps: &[usize]) -> usize {
    if width == 0 {
        return 0;
    }
    steps.iter().copied().find(|step| *step >= width).or(steps.last().copied()).unwrap_or_default()
}

/// Every line's place in the order of a sort. Equal ones stay in the order of the list; those without a value come last
/// either way.
pub fn order(lines: &[ContactLine], sort: Sort, home: Currency) -> Vec<usize> {
    match sort.column {
        // The list comes by name.
        Column::Name if sort.reversed => (0..lines.len()).rev().collect(),
        Column::Name => (0..lines.len()).collect(),
        Column::Health => sorted(lines, sort, |line| Some((urgency(line.health), ()))),
        Column::Outstanding => sorted(lines, sort, |line| owed(&line.invoices.outstanding, home)),
        Column::Overdue => sorted(lines, sort, |line| owed(&line.invoices.overdue, home)),
        Column::NextDue => sorted(lines, sort, |line| line.invoices.next_due.map(|due| (0, due))),
        Column::Organisation => {
            sorted(lines, sort, |line| line.organisation.as_ref().map(|(_, name)| text(search_key(name))))
        }
        Column::Codes => sorted(lines, sort, |line| {
            let codes = codes(line);
            (!codes.is_empty()).then(|| text(search_key(&codes)))
        }),
    }
}

/// A key is a number that never goes against it, and the key itself for where the numbers are equal: most comparisons need
/// only the number, which keeps a hundred thousand lines within the budget.
fn sorted<K: Ord + Send>(
    lines: &[ContactLine],
    sort: Sort,
    key: impl Fn(&ContactLine) -> Option<(u64, K)> + Sync,
) -> Vec<usize> {
    let mut with: Vec<(u64, K, usize)> = Vec::with_capacity(lines.len());
    let mut without = Vec::new();
    for (row, key) in filter_map(lines, |line| Some(key(line))).into_iter().enumerate() {
        match key {
            Some((number, key)) => with.push((number, key, row)),
            None => without.push(row),
        }
    }
    let rising = sort.is_rising();
    with.sort_unstable_by(|(left_number, left_key, left), (right_number, right_key, right)| {
        let by_key = left_number.cmp(right_number).then_with(|| left_key.cmp(right_key));
        (if rising { by_key } else { by_key.reverse() }).then(left.cmp(right))
    });
    with.into_iter().map(|(_, _, row)| row).chain(without).collect()
}

/// A text by its first eight bytes, then as a whole.
fn text(key: String) -> (u64, String) {
    let mut first = [0; 8];
    for (place, byte) in first.iter_mut().zip(key.bytes()) {
        *place = byte;
    }
    (u64::from_be_bytes(first), key)
}

/// What needs a person comes first.
fn urgency(health: Health) -> u64 {
    match health {
        Health::Failing => 0,
        Health::Question => 1,
        Health::Excluded => 2,
        Health::NotLinked => 3,
        Health::InSync => 4,
    }
}

/// Home currency by amount; what is owed in others alone comes after it, for it cannot be compared (design B20).
fn owed(totals: &Totals, home: Currency) -> Option<(u64, (bool, Decimal))> {
    let at_home = totals.of(home);
    let (is_home, amount) =
        if at_home.is_zero() { (false, totals.iter().next()?.1) } else { (true, at_home) };
    // The bits of a float rise with it once its sign is taken into account.
    let bits = amount.to_f64().unwrap_or_default().to_bits();
    let rising = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    Some((u64::from(is_home) << 63 | rising >> 1, (is_home, amount)))
}

/// Home currency first; `+1` says that something is owed in another currency too. Nothing is a dash.
pub fn amount(totals: &Totals, home: Currency) -> String {
    let others = totals.iter().filter(|(currency, _)| *currency != home).count();
    let at_home = totals.of(home);
    match (at_home.is_zero(), others) {
        (true, 0) => "-".to_owned(),
        (false, 0) => home.grouped(at_home),
        (true, _) => totals
            .iter()
            .next()
            .map(|(currency, amount)| format!("{} {}", currency.code(), currency.grouped(amount)))
            .unwrap_or_default(),
        (false, more) => format!("{} +{more}", home.grouped(at_home)),
    }
}

/// The widest amount: among those of home currency alone it is the largest or the smallest, so only these are written out.
fn widest_amount(lines: &[ContactLine], of: fn(&ContactLine) -> &Totals, home: Currency) -> usize {
    let (mut least, mut most, mut foreign) = (Decimal::ZERO, Decimal::ZERO, 0);
    for totals in lines.iter().map(of) {
        let mut each = totals.iter();
        match (each.next(), each.next()) {
            (None, _) => {}
            (Some((currency, amount)), None) if currency == home => {
                (least, most) = (least.min(amount), most.max(amount));
            }
            (Some(_), _) => foreign = foreign.max(amount(totals, home).len()),
        }
    }
    [least, most].into_iter().map(|amount| home.grouped(amount).len()).max().unwrap_or_default().max(foreign)
}

/// The codes of its links, customer first.
pub fn codes(line: &ContactLine) -> String {
    let codes: Vec<&str> = line.links.iter().map(|link| link.code.as_str()).collect();
    codes.join(" ")
}

/// `2 Sep 26`; a dash for none.
pub fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "-".to_owned(), |date| date.strftime("%-d %b %y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths() -> Widths {
        Widths { outstanding: 9, overdue: 12, next_due: 9, organisation: 14, codes: 7 }
    }

    #[test]
    fn columns_drop_by_priority_and_the_sorted_one_last() {
        use Column::{Codes, Health, Name, NextDue, Organisation, Outstanding, Overdue};
        for (room, sorted, expected) in [
            (20, Name, &[Name][..]),
            (28, Name, &[Name, Health]),
            (37, Name, &[Name, Health, Outstanding]),
            (52, Name, &[Name, Health, Outstanding]),
            (60, Name, &[Name, Health, Outstanding, Overdue]),
            (88, Name, &[Name, Health, Outstanding, Overdue, NextDue, Organisation]),
            (99, Name, &[Name, Health, Outstanding, Overdue, NextDue, Organisation, Codes]),
            (28, Overdue, &[Name, Overdue]),
            (37, Codes, &[Name, Health, Codes]),
        ] {
            let shown = widths().shown(room, sorted);
            let columns: Vec<Column> = shown.iter().map(|(column, _)| *column).collect();
            assert_eq!(columns, expected, "{room} {sorted:?}");
            let taken: usize = shown.iter().map(|(_, width)| width).sum::<usize>() + shown.len() - 1;
            assert_eq!(taken, room.max(taken), "{room}");
        }
        let without = Widths { organisation: 0, ..widths() };
        let shown = without.shown(99, Name);
        assert!(!shown.iter().any(|(column, _)| *column == Organisation), "an empty column takes no room");
        assert!(shown.iter().any(|(column, _)| *column == Codes));
    }

    #[test]
    fn the_number_of_a_key_never_goes_against_the_key() {
        let key = |amount: &str| {
            let mut totals = Totals::default();
            totals.add(Currency::GBP, amount.parse().unwrap());
            owed(&totals, Currency::GBP).unwrap()
        };
        let amounts =
            ["-1200.5", "-3", "-0.01", "0.01", "2.99", "3", "100000000000000.01", "100000000000000.02"];
        for pair in amounts.windows(2) {
            let (less, more) = (key(pair[0]), key(pair[1]));
            assert!(less.0 <= more.0 && less < more, "{pair:?}");
        }
        let mut foreign = Totals::default();
        foreign.add(Currency::parse("EUR").unwrap(), 9_999_999.into());
        assert!(owed(&foreign, Currency::GBP).unwrap() < key("-1200.5"), "another currency comes after all");
        for pair in ["a", "ash", "ashdown abc", "ashdown abd", "b"].windows(2) {
            let (less, more) = (text(pair[0].into()), text(pair[1].into()));
            assert!(less.0 <= more.0 && less < more, "{pair:?}");
        }
    }

    #[test]
    fn widths_come_in_steps() {
        for (width, step) in [(0, 0), (1, 9), (9, 9), (10, 12), (50, 20)] {
            assert_eq!(stepped(width, &AMOUNTS), step);
        }
    }

    #[test]
    fn each_column_begins_in_its_own_direction() {
        let mut sort = Sort::default();
        let mut rising = Vec::new();
        for _ in Column::ALL {
            rising.push(sort.is_rising());
            assert_ne!(Sort { reversed: true, ..sort }.is_rising(), sort.is_rising());
            sort = sort.moved(1);
        }
        assert_eq!(rising, [true, true, false, false, true, true, true]);
        assert_eq!(sort, Sort::default());
        assert_eq!(sort.moved(Column::ALL.len() - 1).column, Column::Codes);
    }
}
