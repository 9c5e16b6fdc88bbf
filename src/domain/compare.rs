//! When two values of a mapped field count as equal (design B14).

use super::details::{Details, Field, PostalAddress};
use super::normalise::{collapsed, email_key, phone_key, postcode_key, website_key};

/// Whether two values of a field are equal as far as syncing is concerned. Most are equal to the letter, which a plan over a
/// hundred thousand links has to find out quickly.
pub fn same(field: Field, left: &Details, right: &Details) -> bool {
    let by = |key: fn(&str) -> String, left: &str, right: &str| left == right || key(left) == key(right);
    match field {
        Field::Name => by(collapsed, &left.name, &right.name),
        Field::Email => by(email_key, &left.email, &right.email),
        Field::Phone => by(phone_key, &left.phone, &right.phone),
        Field::Fax => by(phone_key, &left.fax, &right.fax),
        Field::Mobile => by(phone_key, &left.mobile, &right.mobile),
        Field::Website => by(website_key, &left.website, &right.website),
        Field::ContactPerson => by(collapsed, &left.contact_person, &right.contact_person),
        Field::Address => left.address == right.address || same_address(&left.address, &right.address),
    }
}

/// Line by line; the postcode without blanks and case. A country that one side leaves out is taken as the UK.
fn same_address(left: &PostalAddress, right: &PostalAddress) -> bool {
    let lines =
        |address: &PostalAddress| address.lines.iter().map(|line| collapsed(line)).collect::<Vec<_>>();
    let country = |address: &PostalAddress| match address.country.as_str() {
        "" => "GB".to_owned(),
        given => given.to_uppercase(),
    };
    if left.is_empty() || right.is_empty() {
        return left.is_empty() == right.is_empty();
    }
    lines(left) == lines(right)
        && postcode_key(&left.postcode) == postcode_key(&right.postcode)
        && country(left) == country(right)
}

/// The fields on which two sides differ, in the fields' own order. Contact Person is not compared: it exists only where
/// the link remembers a person (design, Contact Person).
pub fn differences(left: &Details, right: &Details) -> Vec<Field> {
    Field::ALL
        .into_iter()
        .filter(|field| !matches!(field, Field::ContactPerson) && !same(*field, left, right))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b14_equal_means_equal_for_the_field() {
        let left = Details {
            name: "Acme  Ltd".into(),
            email: "Office@Acme.example".into(),
            phone: "+44 113 496 0102".into(),
            website: "https://acme.example/".into(),
            address: PostalAddress {
                lines: vec!["1 High St".into(), "Leeds".into()],
                postcode: "ls1 1aa".into(),
                country: "GB".into(),
            },
            ..Details::default()
        };
        let right = Details {
            name: "Acme Ltd ".into(),
            email: "office@acme.example".into(),
            phone: "0113 4960102".into(),
            website: "acme.example".into(),
            address: PostalAddress {
                lines: vec!["1  High St".into(), "Leeds".into()],
                postcode: "LS11AA".into(),
                country: String::new(),
            },
            ..Details::default()
        };
        assert_eq!(differences(&left, &right), vec![]);
        let other =
            Details { name: "ACME Ltd".into(), fax: "1".into(), address: PostalAddress::default(), ..right };
        assert_eq!(
            differences(&left, &other),
            vec![Field::Name, Field::Fax, Field::Address],
            "case counts in text"
        );
    }
}
