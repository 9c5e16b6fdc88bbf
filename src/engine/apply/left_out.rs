//! Values that Capsule refuses: left out of an update and shown, never at the cost of the record (design B17).

use crate::domain::details::Field;
use crate::domain::normalise::is_email;
use crate::domain::update::Update;

/// Takes out what Capsule is known to refuse (design B17), and says what that was.
pub(super) fn leave_out_known(update: &mut Update) -> Vec<String> {
    let values = update.edit.values.clone();
    let is_refused = |field: &Field| match field {
        Field::Email => !values.email.is_empty() && !is_email(&values.email),
        Field::Phone | Field::Fax | Field::Mobile => {
            let number = values.text(*field);
            !number.is_empty() && !number.chars().any(|character| character.is_ascii_digit())
        }
        Field::Name | Field::Website | Field::Address | Field::ContactPerson => false,
    };
    let refused: Vec<Field> = update.edit.fields.iter().copied().filter(is_refused).collect();
    for field in &refused {
        update.edit.fields.remove(field);
        update.why.remove(field);
    }
    let word = |field: &Field| match field {
        Field::Email => "is no e-mail address",
        _ => "has no digit",
    };
    refused
        .iter()
        .map(|field| format!("{} \"{}\" {}", field.label(), values.text(*field), word(field)))
        .collect()
}

/// Takes the value that Capsule names out of the update and says which it was; `None` when there is nothing to take out.
pub(super) fn leave_out(update: &mut Update, field: Option<&str>, message: &str) -> Option<String> {
    let is_email = update.edit.fields.contains(&Field::Email);
    let named: &[Field] = match field? {
        "country" if !update.edit.values.address.country.is_empty() => {
            let country = std::mem::take(&mut update.edit.values.address.country);
            return Some(format!("country \"{country}\": {message}"));
        }
        "address" | "emailAddress" | "email" if is_email => &[Field::Email],
        "number" => &[Field::Phone, Field::Fax, Field::Mobile],
        "website" | "url" | "service" | "address" => &[Field::Website],
        "name" | "firstName" | "lastName" => &[Field::Name],
        _ => return None,
    };
    let mut words = Vec::new();
    for field in named {
        if update.edit.fields.remove(field) {
            update.why.remove(field);
            words.push(format!("{} \"{}\"", field.label(), update.edit.values.text(*field)));
        }
    }
    (!words.is_empty()).then(|| format!("{}: {message}", words.join(", ")))
}
