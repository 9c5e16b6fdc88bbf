//! The mapped fields of a contact (design B14, B26): the neutral form in which both services are compared.
//!
//! How a Capsule contact and a ledger contact become [`Details`] is in `mapping`; how values are compared is there too.

/// A mapped field; the words of the `take` command and of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Name of the contact.
    Name,
    /// First e-mail address.
    Email,
    /// First phone that is neither fax nor mobile.
    Phone,
    /// First fax number.
    Fax,
    /// First mobile number.
    Mobile,
    /// First website.
    Website,
    /// First address.
    Address,
    /// Contact Person, where the link has one.
    ContactPerson,
}

impl Field {
    /// All mapped fields.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Fax,
        Self::Mobile,
        Self::Website,
        Self::Address,
        Self::ContactPerson,
    ];

    /// The field of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }

    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Fax => "fax",
            Self::Mobile => "mobile",
            Self::Website => "website",
            Self::Address => "address",
            Self::ContactPerson => "contact_person",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Email => "E-mail",
            Self::Phone => "Phone",
            Self::Fax => "Fax",
            Self::Mobile => "Mobile",
            Self::Website => "Website",
            Self::Address => "Address",
            Self::ContactPerson => "Contact Person",
        }
    }
}

/// The mapped fields' values on one side, as they stand there. Empty text means "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Name.
    pub name: String,
    /// First e-mail address.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// Fax.
    pub fax: String,
    /// Mobile.
    pub mobile: String,
    /// Website.
    pub website: String,
    /// First address.
    pub address: PostalAddress,
    /// First and last name of the Contact Person.
    pub contact_person: String,
}

/// A postal address as lines, the form that both services can be brought to (design, addresses).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostalAddress {
    /// Street lines, town and county in order; no blank lines, no line that only repeats the country.
    pub lines: Vec<String>,
    /// Postcode as typed.
    pub postcode: String,
    /// ISO 3166-1 alpha-2 in upper case (`GR` for Greece), or the text itself where it is no country we know; empty
    /// when not given.
    pub country: String,
}

impl PostalAddress {
    /// Whether nothing is given that a letter could be sent to; a country alone is no address.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.postcode.is_empty()
    }
}

impl Details {
    /// Whether a field is not given.
    pub fn is_empty(&self, field: Field) -> bool {
        match field {
            Field::Name => self.name.is_empty(),
            Field::Email => self.email.is_empty(),
            Field::Phone => self.phone.is_empty(),
            Field::Fax => self.fax.is_empty(),
            Field::Mobile => self.mobile.is_empty(),
            Field::Website => self.website.is_empty(),
            Field::ContactPerson => self.contact_person.is_empty(),
            Field::Address => self.address.is_empty(),
        }
    }

    /// Takes one field's value from others.
    pub fn take(&mut self, field: Field, from: &Self) {
        match field {
            Field::Name => self.name.clone_from(&from.name),
            Field::Email => self.email.clone_from(&from.email),
            Field::Phone => self.phone.clone_from(&from.phone),
            Field::Fax => self.fax.clone_from(&from.fax),
            Field::Mobile => self.mobile.clone_from(&from.mobile),
            Field::Website => self.website.clone_from(&from.website),
            Field::Address => self.address.clone_from(&from.address),
            Field::ContactPerson => self.contact_person.clone_from(&from.contact_person),
        }
    }

    /// The fields that are given, by name.
    pub fn given(&self) -> Vec<(String, String)> {
        let fields = Field::ALL.into_iter().map(|field| (field.word().to_owned(), self.text(field)));
        fields.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The value of one field as one text; address lines joined by `, `.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::Name => self.name.clone(),
            Field::Email => self.email.clone(),
            Field::Phone => self.phone.clone(),
            Field::Fax => self.fax.clone(),
            Field::Mobile => self.mobile.clone(),
            Field::Website => self.website.clone(),
            Field::ContactPerson => self.contact_person.clone(),
            Field::Address => {
                let mut parts = self.address.lines.clone();
                parts.extend([&self.address.postcode, &self.address.country].into_iter().cloned());
                parts.retain(|part| !part.is_empty());
                parts.join(", ")
            }
        }
    }
}
