//! Days. "Today" is always an argument; it is the calendar day in London (design B20).

use jiff::Timestamp;
use jiff::civil::Date;

/// The calendar day in London at that instant.
pub fn london_day(now: Timestamp) -> Date {
    match now.in_tz("Europe/London") {
        Ok(zoned) => zoned.date(),
        // The zone is compiled in; without it, UTC is at most an hour off.
        Err(_) => now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    }
}

/// A document date as KashFlow means it: a year before 1991 is its way of saying "none" (kashflow-api 2.4).
pub fn real(date: Date) -> Option<Date> {
    (date.year() >= 1991).then_some(date)
}

/// Whole days from `earlier` to `later`; negative when they are the other way round.
pub fn days_between(earlier: Date, later: Date) -> i64 {
    (later - earlier).get_days().into()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn today_is_londons_day() {
        for (instant, day) in [
            ("2026-07-01T22:59:59Z", date(2026, 7, 1)),
            ("2026-07-01T23:00:00Z", date(2026, 7, 2)),
            ("2026-12-01T23:30:00Z", date(2026, 12, 1)),
        ] {
            assert_eq!(london_day(instant.parse().unwrap()), day);
        }
    }

    #[test]
    fn days_are_counted_whole_and_over_months() {
        assert_eq!(days_between(date(2026, 1, 31), date(2026, 3, 1)), 29);
        assert_eq!(days_between(date(2026, 3, 1), date(2026, 2, 1)), -28);
    }

    #[test]
    fn years_before_1991_mean_no_date() {
        assert_eq!(real(date(1900, 1, 1)), None);
        assert_eq!(real(date(1990, 12, 31)), None);
        assert_eq!(real(date(1991, 1, 1)), Some(date(1991, 1, 1)));
    }
}
