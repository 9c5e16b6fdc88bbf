//! Where a service is reached: checked once, so that no request can leave for anywhere else (design 4.1).

use std::fmt;

use reqwest::Url;

use crate::domain::ids::Service;

/// A checked base address, path included and without a slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    service: Service,
    url: Url,
    loopback: bool,
}

/// Why an address is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is no web address.
    #[error(
        "{service}'s address \"{text}\" is not a web address ({why}); expected one like {example}", service = .service.name(),
        example = standard(*.service)
    )]
    NotAnAddress {
        /// Whose address.
        service: Service,
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Plain http to another machine would show token and password to everyone on the way.
    #[error("{service}'s address must begin with https:// (plain http is accepted for this machine only: 127.0.0.1, [::1], \
             localhost)", service = .0.name())]
    NotSecure(Service),
    /// It holds a user name, a query or a fragment.
    #[error("{service}'s address must hold no {part}", service = .service.name())]
    Unwanted {
        /// Whose address.
        service: Service,
        /// Which part is too much, in words.
        part: &'static str,
    },
}

/// The service's own address.
fn standard(service: Service) -> &'static str {
    match service {
        Service::Capsule => "https://api.capsulecrm.com/api/v2",
        Service::KashFlow => "https://api.kashflow.com/v2",
    }
}

/// The path that a bare host gets.
fn standard_path(service: Service) -> &'static str {
    match service {
        Service::Capsule => "/api/v2",
        Service::KashFlow => "/v2",
    }
}

impl BaseUrl {
    /// The service's own address.
    pub fn standard(service: Service) -> Result<Self, BaseUrlError> {
        Self::parse(service, standard(service))
    }

    /// Checks an address that a person configured: https, or http to this machine; a bare host gets the service's path.
    pub fn parse(service: Service, text: &str) -> Result<Self, BaseUrlError> {
        let not_an_address = |why: String| BaseUrlError::NotAnAddress {
            service,
            // What stands before an @ may be a password; it is not repeated in a message.
            text: text.trim().rsplit('@').next().unwrap_or_default().to_owned(),
            why,
        };
        let mut url = Url::parse(text.trim()).map_err(|error| not_an_address(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(not_an_address("it must begin with https://".into()));
        }
        let Some(host) = url.host_str().map(str::to_owned) else {
            return Err(not_an_address("it names no host".into()));
        };
        for (unwanted, part) in [
            (!url.username().is_empty() || url.password().is_some(), "user name or password"),
            (url.query().is_some(), "query (\"?…\")"),
            (url.fragment().is_some(), "fragment (\"#…\")"),
        ] {
            if unwanted {
                return Err(BaseUrlError::Unwanted { service, part });
            }
        }
        let loopback = is_loopback(&host);
        if url.scheme() == "http" && !loopback {
            return Err(BaseUrlError::NotSecure(service));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { standard_path(service) } else { &path });
        Ok(Self { service, url, loopback })
    }

    /// Whose address it is.
    pub fn service(&self) -> Service {
        self.service
    }

    /// Whether it is this machine's own address, so that no proxy stands between.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether requests go out without TLS; only ever to this machine.
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The address of a resource: path segments are percent-encoded, the query is taken as it stands, so it must be
    /// made of our own words, numbers, dates and [`query_value`]s only.
    pub(super) fn to(&self, segments: &[&str], query: &str) -> String {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        if !query.is_empty() {
            url.set_query(Some(query));
        }
        url.into()
    }
}

/// A text as the value of a query parameter.
pub(super) fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(
                [byte >> 4, byte & 15].iter().filter_map(|digit| char::from_digit(u32::from(*digit), 16)),
            );
        }
    }
    encoded
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>()
        .map_or(host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_can_end_nothing() {
        assert_eq!(query_value("A&B=1 é/#?%+"), "A%26B%3d1%20%c3%a9%2f%23%3f%25%2b");
        assert_eq!(query_value("HARB01-x_y.z~"), "HARB01-x_y.z~");
    }

    #[test]
    fn addresses_are_completed() {
        for (service, text, full) in [
            (Service::Capsule, "https://api.capsulecrm.com", "https://api.capsulecrm.com/api/v2"),
            (Service::Capsule, " https://api.capsulecrm.com/api/v2/ ", "https://api.capsulecrm.com/api/v2"),
            (Service::KashFlow, "https://api.kashflow.com/", "https://api.kashflow.com/v2"),
            (Service::KashFlow, "https://gate.example:8443/kf/v2", "https://gate.example:8443/kf/v2"),
            (Service::Capsule, "http://127.0.0.1:4100", "http://127.0.0.1:4100/api/v2"),
            (Service::Capsule, "http://127.8.9.1:4100/x", "http://127.8.9.1:4100/x"),
            (Service::KashFlow, "http://[::1]:4200", "http://[::1]:4200/v2"),
            (Service::KashFlow, "http://LOCALHOST:4200", "http://localhost:4200/v2"),
        ] {
            let base = BaseUrl::parse(service, text).unwrap();
            assert_eq!(base.to_string(), full);
            assert_eq!(base.is_loopback(), text.contains("http:"), "{text}");
        }
        for service in [Service::Capsule, Service::KashFlow] {
            assert!(!BaseUrl::standard(service).unwrap().is_plain());
        }
    }

    #[test]
    fn design_4_1_plain_http_leaves_this_machine_never() {
        for text in [
            "http://api.capsulecrm.com",
            "http://10.0.0.1",
            "http://128.0.0.1",
            "http://[2001:db8::1]",
            "http://localhost.example",
            "http://127.0.0.1.example",
        ] {
            assert_eq!(
                BaseUrl::parse(Service::Capsule, text),
                Err(BaseUrlError::NotSecure(Service::Capsule)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_words() {
        for (text, words) in [
            ("", "is not a web address"),
            ("api.capsulecrm.com", "is not a web address"),
            ("ftp://api.capsulecrm.com", "https://"),
            ("file:///etc/passwd", "https://"),
            ("https://", "is not a web address"),
            ("https://u:CANARY@api.capsulecrm.com", "user name"),
            ("u:CANARY@api.capsulecrm.com", "is not a web address"),
            ("https://api.capsulecrm.com?x=1", "query"),
            ("https://api.capsulecrm.com#x", "fragment"),
        ] {
            let message = BaseUrl::parse(Service::Capsule, text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
            assert!(!message.contains("CANARY"), "{message}");
        }
    }

    #[test]
    fn resources_are_percent_encoded() {
        let base = BaseUrl::parse(Service::KashFlow, "http://localhost:1").unwrap();
        assert_eq!(base.to(&["invoices", "7"], ""), "http://localhost:1/v2/invoices/7");
        assert_eq!(base.to(&["sessiontoken", "a/b?c"], ""), "http://localhost:1/v2/sessiontoken/a%2Fb%3Fc");
        assert_eq!(
            base.to(&["parties"], "embed=tags,fields&since=2026-11-24T10:00:00Z"),
            "http://localhost:1/v2/parties?embed=tags,fields&since=2026-11-24T10:00:00Z"
        );
    }
}
