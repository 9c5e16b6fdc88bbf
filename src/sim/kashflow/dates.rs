//! Dates as KashFlow writes and reads them: UK local time on a 12-hour clock that does not say morning or afternoon
//! (kashflow-api 2.4).

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, date},
    tz::TimeZone,
};

/// KashFlow's first spelling of "no date" (kashflow-api 2.4): what a customer without invoices shows.
pub const NO_DATE: Date = date(1900, 1, 1);

/// The London wall clock at an instant.
pub(super) fn london(now: Timestamp) -> DateTime {
    match TimeZone::get("Europe/London") {
        Ok(zone) => zone.to_datetime(now),
        // Only a build without the bundled time zones gets here; London is then an hour late in summer.
        Err(_) => TimeZone::UTC.to_datetime(now),
    }
}

/// The calendar date in London at an instant.
pub fn today(now: Timestamp) -> Date {
    london(now).date()
}

/// A calendar date on the wire: midnight prints as `12:00:00` (kashflow-api 12.3, 1).
pub(super) fn day_text(day: Date, offset: &str) -> String {
    format!("{} 12:00:00{offset}", day.strftime("%Y-%m-%d"))
}

/// An instant on the wire: 12-hour clock, no am or pm (kashflow-api U14).
pub(super) fn moment_text(moment: Timestamp, offset: &str) -> String {
    format!("{}{offset}", london(moment).strftime("%Y-%m-%d %I:%M:%S"))
}

/// Reads a date that a caller sent: `YYYY-MM-DD`, `YYYY-MM-DD HH:mm:ss` or ISO 8601 (kashflow-api U13). Only the
/// calendar date counts.
pub(super) fn read(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = text.get(..10)?;
    let rest = text.get(10..)?;
    if !(rest.is_empty() || rest.starts_with(' ') || rest.starts_with('T')) {
        return None;
    }
    day.parse().ok()
}

/// Whole days from one date to a later one; negative when it is earlier.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// A date some days later (or earlier), the same date where the calendar ends.
pub fn plus_days(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_has_twelve_hours() {
        for (instant, text) in [
            ("2026-01-05T00:00:00Z", "2026-01-05 12:00:00"),
            ("2026-01-05T12:00:00Z", "2026-01-05 12:00:00"),
            ("2026-01-05T15:22:10Z", "2026-01-05 03:22:10"),
            // London is an hour ahead in summer, so this is already the next day.
            ("2026-07-14T23:30:00Z", "2026-07-15 12:30:00"),
        ] {
            assert_eq!(moment_text(instant.parse().unwrap(), ""), text, "{instant}");
        }
        assert_eq!(day_text(date(2026, 2, 3), ""), "2026-02-03 12:00:00");
        assert_eq!(day_text(date(2013, 2, 5), " +05:30"), "2013-02-05 12:00:00 +05:30");
    }

    #[test]
    fn three_forms_are_read() {
        for text in
            ["2026-01-31", "2026-01-31 23:10:00", "2026-01-31T00:00:00.0000000", " 2026-01-31T09:00:00Z"]
        {
            assert_eq!(read(text), Some(date(2026, 1, 31)), "{text}");
        }
        for text in ["", "31/01/2026", "2026-02-31", "2026-01-31x", "20260131", "łłłłłł"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_across_months() {
        assert_eq!(days_between(date(2025, 12, 31), date(2026, 3, 1)), 60);
        assert_eq!(days_between(date(2026, 3, 1), date(2025, 12, 31)), -60);
        assert_eq!(plus_days(date(2026, 2, 27), 3), date(2026, 3, 2));
    }
}
