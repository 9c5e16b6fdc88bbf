//! Ordinary contacts of the sample firm, from C to Z: most are linked by their exact names, some are new.

use super::{
    Expect,
    assembly::Assembly,
    sketch::{Sketch, draft, member, organisation, owed, person},
};
use crate::sim::kashflow::Random;

/// Customers that Capsule knows as organisations of the same name.
const KNOWN: [&str; 14] = [
    "Calder Mill Apartments",
    "Castle Bakery Supplies",
    "Denholme Dental Practice",
    "Eldwick Primary School",
    "Fulneck Design Studio",
    "Guiseley Motor Museum",
    "Haworth Tea Rooms",
    "Ilkley Veterinary Centre",
    "Kirkstall Brewery Taproom",
    "Langfield Shopfitting",
    "Menston Cricket Club",
    "Nidderdale Cheese Company",
    "Oxenhope Railway Cafe",
    "Pennine Physiotherapy",
];

/// Customers that Capsule does not know.
const NEW: [&str; 6] = [
    "Quarrydene Holdings",
    "Ripon Cathedral Shop",
    "Saltaire Gallery",
    "Thornbury Logistics",
    "Utley Garden Centre",
    "Wharfedale Wedding Barn",
];

/// Suppliers that Capsule knows.
const SELLERS: [&str; 5] =
    ["Cragside Ironmongery", "Delph Sheet Materials", "Esholt Sawmill", "Thackley Glazing", "Yeadon Paints"];

/// Suppliers that Capsule does not know.
const NEW_SELLERS: [&str; 3] = ["Greengates Skip Hire", "Horsforth Workwear", "Rodley Van Rental"];

/// Contacts that are in Capsule alone.
const PROSPECTS: [&str; 8] = [
    "Colne Valley Museum",
    "Farsley Flower Company",
    "Ingrow Housing Association",
    "Luddenden Chapel Conversion",
    "Marsden Library Friends",
    "Ovenden Community Kitchen",
    "Ryburn Boat Builders",
    "Sowerby Theatre",
];

/// People in Capsule alone, in no organisation.
const PEOPLE: [(&str, &str); 6] = [
    ("Catherine", "Iveson"),
    ("Desmond", "Falshaw"),
    ("Edith", "Crabtree"),
    ("Josef", "Wrona"),
    ("Miriam", "Sagar"),
    ("Terence", "Illingworth"),
];

/// Adds them.
pub(super) fn add(firm: &mut Assembly) {
    for (place, name) in KNOWN.into_iter().enumerate() {
        let details = firm.details(name);
        firm.contacts.push(organisation(name, &details));
        let worker = firm.details(name);
        firm.contacts.push(member(&worker, name, "Buyer"));
        let mut customer = draft(&code(name), name, &details, "B7", Expect::Links);
        // On every fourth the books hold an older phone, so that differences are an everyday sight (B13).
        if place % 4 == 3 {
            let other = firm.details(name);
            customer = customer.person(|row| row.telephone = Some(other.phone));
        }
        let documents = documents(firm.drawer.random(), 8);
        firm.customers.push(customer.with(documents));
    }
    for name in NEW {
        let details = firm.details(name);
        let documents = documents(firm.drawer.random(), 7);
        let customer = draft(&code(name), name, &details, "B10", Expect::CreatesOrganisation);
        firm.customers.push(customer.with(documents));
    }
    for (names, rule, expect) in
        [(&SELLERS[..], "B7", Expect::Links), (&NEW_SELLERS[..], "B10", Expect::CreatesOrganisation)]
    {
        for name in names {
            let details = firm.details(name);
            if expect == Expect::Links {
                firm.contacts.push(organisation(name, &details));
            }
            let documents = documents(firm.drawer.random(), 8);
            firm.suppliers.push(draft(&code(name), name, &details, rule, expect).with(documents));
        }
    }
    for name in PROSPECTS {
        let details = firm.details(name);
        firm.contacts.push(organisation(name, &details));
        let worker = firm.details(name);
        firm.contacts.push(member(&worker, name, "Clerk"));
    }
    for (first, last) in PEOPLE {
        let details = firm.individual(first, last);
        firm.contacts.push(person(&details));
    }
}

/// The code that KashFlow gives: four letters of the name and 01.
pub(super) fn code(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphabetic).take(4);
    letters.map(|letter| letter.to_ascii_uppercase()).chain("01".chars()).collect()
}

/// An ordinary run of documents: most are paid, the newest are not, a few are late.
pub(super) fn documents(random: &mut Random, count: i64) -> Vec<Sketch> {
    (0..count)
        .map(|place| {
            let pence = i64::try_from(random.below(4_800)).unwrap_or(0) * 125 + 9_000;
            let drift = i64::try_from(random.below(24)).unwrap_or(0);
            let sketch = owed(pence, 26 - place * 33 - drift);
            match (place, random.below(12)) {
                (0, _) | (1, 0..=6) | (_, 0) => sketch,
                (_, 1) => sketch.part(50),
                _ => sketch.paid(),
            }
        })
        .collect()
}
