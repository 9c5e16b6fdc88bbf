//! What a write to an existing record changes (design B14, B17).

use std::collections::BTreeSet;

use super::details::{Details, Field};
use super::normalise::collapsed;

/// Changes to the contact details of one record; everything that it does not name stays as it is on that side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// The fields to write.
    pub fields: BTreeSet<Field>,
    /// Their new values; those of other fields are ignored. An empty value empties the field.
    pub values: Details,
}

impl Edit {
    /// The new value of a field, if it is to be written.
    pub fn text(&self, field: Field) -> Option<String> {
        self.fields.contains(&field).then(|| self.values.text(field))
    }
}

/// A value that a write destroyed although it was sent back: emptied, cut short, or gone from a list (design B17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where it stood, by the service's own words: `Note`, `Contacts 2 Mobile`.
    pub field: String,
    /// What stood there; never bank details.
    pub before: String,
}

/// First and last name of a person who is called `name` from now on. The first name that stands is kept when the new name
/// begins with it, else the last word is the last name. One word goes where the only name stood, else to the last name.
pub fn split_name(first: &str, last: &str, name: &str) -> (String, String) {
    let (first, last, name) = (collapsed(first), collapsed(last), collapsed(name));
    if !first.is_empty()
        && let Some(rest) = name.strip_prefix(first.as_str())
        && (rest.is_empty() || rest.starts_with(' '))
    {
        return (first, rest.trim_start().to_owned());
    }
    match name.rsplit_once(' ') {
        Some((first, last)) => (first.to_owned(), last.to_owned()),
        None if last.is_empty() && !first.is_empty() => (name, String::new()),
        None => (String::new(), name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b17_only_named_fields_are_written() {
        let values = Details { email: "a@x.example".into(), fax: "1".into(), ..Details::default() };
        let edit = Edit { fields: BTreeSet::from([Field::Email, Field::Phone]), values };
        assert_eq!(edit.text(Field::Email).as_deref(), Some("a@x.example"));
        assert_eq!(edit.text(Field::Phone).as_deref(), Some(""), "an empty value empties the field");
        assert_eq!(edit.text(Field::Fax), None);
    }

    #[test]
    fn b17_a_new_name_keeps_the_first_name_it_begins_with() {
        for (first, last, name, expected) in [
            ("Mary Ann", "Lee", "Mary Ann Lee-Jones", ("Mary Ann", "Lee-Jones")),
            ("Mary", "Lee", "Mary Ann Lee", ("Mary", "Ann Lee")),
            ("Mary", "Lee", "Mary", ("Mary", "")),
            ("Mary", "Lee", "Maryanne Lee", ("Maryanne", "Lee")),
            ("jo", "Smith", "Jo  Smith", ("Jo", "Smith")),
            ("", "", "Ana de la Cruz", ("Ana de la", "Cruz")),
            ("Cher", "", "Sonny", ("Sonny", "")),
            ("", "Prince", "Symbol", ("", "Symbol")),
            ("Jo", "Smith", "Madonna", ("", "Madonna")),
            ("Jo", "Smith", "", ("", "")),
        ] {
            let (first, last) = split_name(first, last, name);
            assert_eq!((first.as_str(), last.as_str()), expected, "{name}");
        }
    }
}
