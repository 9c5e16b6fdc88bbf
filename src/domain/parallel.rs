//! Pure work on many items, spread over the cores. What comes out is what one core would give, in the same order.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

/// Fewer items than this are done at once: a thread costs more than it saves.
const LEAST: usize = 4_000;

/// What `each` makes of the items, without those of which it makes nothing.
pub fn filter_map<'a, T: Sync, R: Send>(items: &'a [T], each: impl Fn(&'a T) -> Option<R> + Sync) -> Vec<R> {
    // The number of cores is only asked for where it matters: the answer is read from files.
    let cores = if items.len() < LEAST { 1 } else { available_parallelism().map_or(1, NonZero::get) };
    if cores == 1 {
        return items.iter().filter_map(each).collect();
    }
    let each = &each;
    scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(cores))
            .map(|part| scope.spawn(move || part.iter().filter_map(each).collect::<Vec<R>>()))
            .collect();
        let done = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_items_come_out_as_from_one_core() {
        for many in [0, 1, LEAST - 1, LEAST, 2 * LEAST + 1] {
            let items: Vec<usize> = (0..many).collect();
            let odd = |item: &usize| (item % 2 == 1).then_some(item * 3);
            assert_eq!(filter_map(&items, odd), items.iter().filter_map(odd).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "the last one")]
    fn a_panic_is_passed_on() {
        let items: Vec<usize> = (0..LEAST).collect();
        filter_map(&items, |item| -> Option<()> {
            assert!(*item + 1 < LEAST, "the last one");
            None
        });
    }
}
