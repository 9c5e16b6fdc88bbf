//! Reading a list whole: the first page tells how long it is, the rest is read four pages at a time (design 5).

use std::future::Future;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

use crate::ports::{Page, RemoteError};

/// Rows a page holds with both services (design B6).
const PER_PAGE: usize = 100;
/// Requests in flight per service.
const AT_ONCE: usize = 4;
/// A list longer than this is a mistake of the service or of ours.
const MOST_PAGES: usize = 50_000;

/// A list as read.
#[derive(Debug)]
pub(super) struct Whole<T> {
    pub(super) records: Vec<T>,
    /// Records that made no sense, one sentence each.
    pub(super) unreadable: Vec<String>,
    /// How long the list was by the last page that told.
    pub(super) total: Option<usize>,
    /// The service's clock when the first page was answered.
    pub(super) server_time: Option<Timestamp>,
    /// How many pages there were.
    pub(super) pages: usize,
    /// A page after the first held nothing, though the one before had said that there is more.
    pub(super) hollow: bool,
}

/// Reads all pages. `seen` is told how many records have come, and of how many.
pub(super) async fn read_all<T, F>(
    page: impl Fn(usize) -> F,
    seen: impl Fn(usize, Option<usize>),
) -> Result<Whole<T>, RemoteError>
where
    F: Future<Output = Result<Page<T>, RemoteError>>,
{
    let first = page(1).await?;
    let mut whole = Whole {
        records: first.records,
        unreadable: first.unreadable,
        total: first.total,
        server_time: first.server_time,
        pages: 1,
        hollow: false,
    };
    let (mut more, expected) = (first.more, first.total.map(|total| total.div_ceil(PER_PAGE)));
    seen(whole.records.len(), whole.total);
    if let Some(expected) = expected.filter(|expected| more && *expected > 1) {
        let mut rest = stream::iter(2..=expected.min(MOST_PAGES)).map(&page).buffered(AT_ONCE);
        while let Some(next) = rest.next().await {
            more = whole.take(next?);
            seen(whole.records.len(), whole.total);
        }
    }
    // A list that grew while it was read, or that never said how long it is.
    while more && whole.pages < MOST_PAGES {
        more = whole.take(page(whole.pages + 1).await?);
        seen(whole.records.len(), whole.total);
    }
    Ok(whole)
}

impl<T> Whole<T> {
    /// Adds a page; tells whether there is a further one.
    fn take(&mut self, page: Page<T>) -> bool {
        self.hollow |= page.records.is_empty() && page.unreadable.is_empty();
        self.records.extend(page.records);
        self.unreadable.extend(page.unreadable);
        self.total = page.total.or(self.total);
        self.pages += 1;
        page.more
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    async fn read(rows: usize, tells: bool) -> (Vec<usize>, Vec<usize>) {
        let asked = Mutex::new(Vec::new());
        let page = |number: usize| {
            asked.lock().unwrap().push(number);
            async move {
                let records: Vec<usize> = ((number - 1) * PER_PAGE..rows.min(number * PER_PAGE)).collect();
                let more = number * PER_PAGE < rows;
                let total = tells.then_some(rows);
                Ok(Page { records, unreadable: vec![], more, total, server_time: None })
            }
        };
        let whole = read_all(page, |_, _| {}).await.unwrap();
        (whole.records, asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn b06_a_list_takes_one_request_a_page_and_keeps_its_order() {
        for rows in [0, 1, 99, 100, 101, 1000, 1001] {
            for tells in [true, false] {
                let (records, asked) = read(rows, tells).await;
                assert_eq!(records, (0..rows).collect::<Vec<_>>());
                assert_eq!(asked.len(), rows.div_ceil(PER_PAGE).max(1), "{rows} rows");
            }
        }
    }
}
