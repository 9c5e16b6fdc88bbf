//! A firm of any size, for measuring: mostly exact names, with a share of everything else.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{
    Expect, Firm,
    assembly::Assembly,
    fillers::documents,
    sample::company,
    sketch::{Draft, draft, member, organisation, person},
};

const STARTS: [&str; 26] = [
    "Har", "Bram", "Wen", "Thor", "Kil", "Mel", "Ash", "Cros", "Dun", "El", "Fair", "Gil", "Hol", "Ing",
    "Kes", "Lang", "Mar", "Nor", "Oak", "Pen", "Rad", "Skel", "Tad", "Ul", "Wal", "Yar",
];

const MIDDLES: [&str; 12] = ["", "ber", "den", "ing", "le", "man", "ner", "ro", "sing", "ter", "vi", "wick"];

const ENDS: [&str; 16] = [
    "by", "croft", "dale", "field", "ford", "gate", "ham", "hurst", "ley", "mere", "shaw", "stead", "thorpe",
    "ton", "well", "worth",
];

const TRADES: [&str; 28] = [
    "Architects",
    "Bakery",
    "Builders",
    "Care Home",
    "Catering",
    "Church Trust",
    "Dental Practice",
    "Electrical",
    "Engineering",
    "Estates",
    "Farm Shop",
    "Flooring",
    "Garden Centre",
    "Hotel",
    "Interiors",
    "Kitchens",
    "Lettings",
    "Logistics",
    "Motor Company",
    "Nursery",
    "Plumbing",
    "Primary School",
    "Roofing",
    "Shopfitters",
    "Stone Works",
    "Surveyors",
    "Timber",
    "Veterinary Centre",
];

const FIRST: [&str; 24] = [
    "Adam", "Beatrice", "Conor", "Dilys", "Edwin", "Fiona", "Gordon", "Harriet", "Isaac", "Joyce", "Keith",
    "Lorna", "Malcolm", "Nina", "Oscar", "Phoebe", "Quentin", "Rosalind", "Sanjay", "Tess", "Umar", "Vera",
    "Wilfred", "Xanthe",
];

/// A made-up place name; neighbours in number do not look alike.
fn place(number: usize) -> String {
    let part =
        |list: &[&'static str], number: usize| list.get(number % list.len()).copied().unwrap_or_default();
    let mixed = number.wrapping_mul(7919);
    let (start, rest) = (part(&STARTS, mixed), mixed / STARTS.len());
    format!("{start}{}{}", part(&MIDDLES, rest), part(&ENDS, rest / MIDDLES.len()))
}

/// The name of the n-th firm: unlike any other up to 139,776.
fn firm_name(number: usize) -> String {
    let places = STARTS.len() * MIDDLES.len() * ENDS.len();
    let trade = TRADES.get((number + number / places) % TRADES.len()).copied().unwrap_or_default();
    format!("{} {trade}", place(number % places))
}

/// A firm with so many contacts in Capsule, six ledger contacts to ten of them and three documents to each ledger
/// contact. Of a hundred ledger contacts some 84 have the exact name of an organisation, 4 another case, 3 another
/// legal form, 3 a spelling difference and an equal phone, 6 are unknown to Capsule. One in five is a supplier.
pub fn large(today: Date, contacts: usize, seed: u64) -> Firm {
    let mut firm = Assembly::new(today, seed);
    let organisations = contacts * 6 / 10;
    let mut codes = Codes::default();
    for number in 0..organisations {
        let name = firm_name(number);
        let details = firm.details(&name);
        let (crm_name, expect) = match number % 100 {
            0..=83 => (Some(name.clone()), Expect::Links),
            84..=87 => (Some(name.to_uppercase()), Expect::Links),
            88..=90 => (Some(format!("{name} Ltd")), Expect::AsksSuggested),
            91..=93 => (Some(misspelt(&name)), Expect::AsksSuggested),
            _ => (None, Expect::CreatesOrganisation),
        };
        if let Some(crm_name) = crm_name {
            firm.contacts.push(organisation(&crm_name, &details));
        } else {
            // Capsule has another firm instead, so that the number of contacts is kept.
            // Its place is another one, or it would look like the firm that is missing.
            let name = format!("{} Society {number}", place(number + 37));
            let other = firm.details(&name);
            firm.contacts.push(organisation(&name, &other));
        }
        let code = codes.next(&name);
        let name = if expect == Expect::AsksSuggested && number % 100 <= 90 {
            format!("{name} Limited")
        } else {
            name
        };
        let rule = if expect == Expect::CreatesOrganisation { "B10" } else { "B7" };
        let sketches = documents(firm.drawer.random(), 3);
        let draft: Draft = draft(&code, &name, &details, rule, expect).with(sketches);
        if number % 5 == 4 {
            firm.suppliers.push(draft);
        } else {
            firm.customers.push(draft);
        }
    }
    for number in 0..contacts - organisations {
        let first = FIRST.get(number % FIRST.len()).copied().unwrap_or_default();
        let details = firm.individual(first, &place(number));
        let employer = firm_name(number);
        // Of the employers only those that Capsule has under their own name.
        if number % 4 != 3 && number < organisations && number % 100 <= 83 {
            firm.contacts.push(member(&details, &employer, "Buyer"));
        } else {
            firm.contacts.push(person(&details));
        }
    }
    firm.finish(company(), vec!["Site work".into(), "Workshop".into()])
}

/// The name with one letter doubled, as typists do.
fn misspelt(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if let Some(letter) = letters.get(2).copied() {
        letters.insert(2, letter);
    }
    letters.into_iter().collect()
}

/// Codes of four letters and a number, each given once.
#[derive(Debug, Default)]
struct Codes {
    given: HashSet<String>,
    last: std::collections::HashMap<String, u32>,
}

impl Codes {
    fn next(&mut self, name: &str) -> String {
        let stem: String =
            name.chars().filter(char::is_ascii_alphabetic).take(4).map(|c| c.to_ascii_uppercase()).collect();
        let last = self.last.entry(stem.clone()).or_default();
        loop {
            *last += 1;
            let code = format!("{stem}{last:02}");
            if self.given.insert(code.clone()) {
                return code;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firm_names_are_unlike_each_other() {
        let names: HashSet<String> = (0..139_776).map(firm_name).collect();
        assert_eq!(names.len(), 139_776);
    }

    #[test]
    fn codes_are_given_once() {
        let mut codes = Codes::default();
        let given: Vec<String> = ["Harby", "Harb", "Li"].into_iter().map(|name| codes.next(name)).collect();
        assert_eq!(given, ["HARB01", "HARB02", "LI01"]);
    }
}
