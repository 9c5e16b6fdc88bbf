//! Whether a list of Capsule goes on (capsule-api 4).

use crate::remote::transport::HttpResponse;

/// Rows per page, the most that Capsule gives.
pub(super) const PER_PAGE: usize = 100;

/// Whether there is a further page: by `Link` where it is sent, else by `X-Pagination-Has-More`. Never by the number of
/// rows.
pub(super) fn has_more(response: &HttpResponse) -> bool {
    response.header("link").map_or_else(
        || {
            response
                .header("x-pagination-has-more")
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
        },
        links_to_next,
    )
}

/// Whether one of the links leads to the next page. Addresses may hold commas, so entries are told apart by `<`.
fn links_to_next(header: &str) -> bool {
    header
        .split('<')
        .filter_map(|entry| entry.split_once('>'))
        .flat_map(|(_, parameters)| parameters.split([';', ',']))
        .filter_map(|parameter| parameter.split_once('='))
        .any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stopping_rule() {
        let next = "<https://api.example/parties?page=2&embed=tags,fields>; rel=\"next\"";
        let both = "<https://api.example/parties?page=3&embed=tags,fields>; rel=\"next\", \
                    <https://api.example/parties?page=1>; rel=\"prev\"";
        let previous = "<https://api.example/parties?page=1&rel=next>; rel=\"prev\"";
        for (header, link, more) in [
            (None, None, false),
            (Some("true"), None, true),
            (Some("True"), None, true),
            (Some("false"), None, false),
            (None, Some(next), true),
            (None, Some(both), true),
            (None, Some(previous), false),
            (Some("false"), Some(next), true),
            (Some("true"), Some(previous), false),
        ] {
            let mut response = HttpResponse::default();
            for (name, value) in [("X-Pagination-Has-More", header), ("Link", link)] {
                response
                    .headers
                    .extend(value.map(|value| (name.to_owned(), value.to_owned())));
            }
            assert_eq!(has_more(&response), more, "{header:?} {link:?}");
        }
    }
}
