//! How many requests were sent, by verb: sign-in, sign-out and repeats included (design 4.1, `requests`).

use std::sync::atomic::{AtomicU64, Ordering};

use super::transport::Method;
use crate::domain::run::Requests;

/// A running count, shared by all calls of one service.
#[derive(Debug, Default)]
pub struct RequestCount {
    get: AtomicU64,
    post: AtomicU64,
    put: AtomicU64,
    delete: AtomicU64,
}

impl RequestCount {
    /// One more request is on its way. Counted before sending, so that an abandoned call is counted too.
    pub fn sent(&self, method: Method) {
        self.of(method).fetch_add(1, Ordering::Relaxed);
    }

    /// The request turned out never to have left.
    pub fn not_sent(&self, method: Method) {
        self.of(method).fetch_sub(1, Ordering::Relaxed);
    }

    /// The count so far.
    pub fn so_far(&self) -> Requests {
        Requests {
            get: self.get.load(Ordering::Relaxed),
            post: self.post.load(Ordering::Relaxed),
            put: self.put.load(Ordering::Relaxed),
            delete: self.delete.load(Ordering::Relaxed),
        }
    }

    fn of(&self, method: Method) -> &AtomicU64 {
        match method {
            Method::Get => &self.get,
            Method::Post => &self.post,
            Method::Put => &self.put,
            Method::Delete => &self.delete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_verb() {
        let count = RequestCount::default();
        for method in [
            Method::Get,
            Method::Get,
            Method::Post,
            Method::Put,
            Method::Delete,
            Method::Delete,
        ] {
            count.sent(method);
        }
        count.not_sent(Method::Delete);
        assert_eq!(
            count.so_far(),
            Requests {
                get: 2,
                post: 1,
                put: 1,
                delete: 1
            }
        );
    }
}
