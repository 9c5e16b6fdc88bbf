//! KashFlow's dates (kashflow-api 2.4).

use jiff::civil::Date;

use crate::domain::date::real;
use crate::remote::json;

/// The calendar day of a document date; `None` when KashFlow means none: null, blank, or a year before 1991.
///
/// The time of day is of no use (its clock has twelve hours and no am or pm), and neither is the offset that some
/// examples append: document dates are days of UK local time and are not converted.
pub(super) fn day(text: Option<&str>) -> Result<Option<Date>, String> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("\"{}\" is no date", json::quote(text));
    let (date, rest) = text.split_at_checked(10).ok_or_else(wrong)?;
    if !(rest.is_empty() || rest.starts_with([' ', 'T'])) {
        return Err(wrong());
    }
    let date: Date = date.parse().map_err(|_| wrong())?;
    Ok(real(date))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn only_the_calendar_day_counts() {
        let ninth = Some(date(2012, 10, 9));
        for (text, expected) in [
            (Some("2012-10-09 12:00:00"), Ok(ninth)),
            (Some("2012-10-09 12:00:00 +05:30"), Ok(ninth)),
            (Some("2012-10-09 11:39:26"), Ok(ninth)),
            (Some("2012-10-09T00:00:00"), Ok(ninth)),
            (Some("2012-10-09T23:30:00.0000000+01:00"), Ok(ninth)),
            (Some(" 2012-10-09 "), Ok(ninth)),
            (Some("2024-02-29 12:00:00"), Ok(Some(date(2024, 2, 29)))),
            (Some("9999-12-31"), Ok(Some(date(9999, 12, 31)))),
            (Some("1900-01-01 12:00:00 +05:30"), Ok(None)),
            (Some("1970-01-01 12:00:00"), Ok(None)),
            (Some("1990-01-01T00:00:00"), Ok(None)),
            (Some("0001-01-01T00:00:00"), Ok(None)),
            (Some(""), Ok(None)),
            (None, Ok(None)),
            (Some("2023-02-29"), Err(())),
            (Some("09/10/2012"), Err(())),
            (Some("2012-10-091"), Err(())),
            (Some("12 Oct"), Err(())),
            (Some("２０１２-10-09"), Err(())),
        ] {
            assert_eq!(day(text).map_err(|_| ()), expected, "{text:?}");
        }
    }
}
