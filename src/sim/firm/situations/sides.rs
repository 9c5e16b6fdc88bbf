//! Rule B12 and its neighbours: one name as customer and supplier, one name twice, archived and hidden records.

use super::super::{
    Expect,
    assembly::Assembly,
    sketch::{draft, organisation, owed, person},
};

/// Adds the situations of several records of one name, and of those that must be left alone.
pub(super) fn add(firm: &mut Assembly) {
    two_sides_of_a_firm(firm);
    two_sides_of_a_person(firm);
    two_of_one_side(firm);
    left_alone(firm);
}

fn two_sides_of_a_firm(firm: &mut Assembly) {
    // B12: customer and supplier of one name, and the organisation is in Capsule: both link to it.
    let name = "Bramley Timber Ltd";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let about = "customer and supplier of one name; the organisation is in Capsule";
    firm.customers.push(
        draft("BRAM01", name, &details, "B12", Expect::Links)
            .about(about)
            .with([owed(84_000, -7), owed(31_000, 13)]),
    );
    firm.suppliers.push(draft("BRAM01", name, &details, "B12", Expect::Links).about(about).with([
        owed(390_000, -22),
        owed(610_000, 8),
        owed(120_000, -90).paid(),
    ]));

    // B12: the same, in Capsule not yet: one organisation is created and both link to it.
    let name = "Allied Fixings Ltd";
    let (selling, buying) = (firm.details(name), firm.details(name));
    let about = "customer and supplier of one name, not in Capsule: one organisation for both";
    firm.customers.push(
        draft("ALLI01", name, &selling, "B12", Expect::CreatesOrganisation)
            .about(about)
            .with([owed(9_900, 3)]),
    );
    firm.suppliers.push(
        draft("ALLI01", name, &buying, "B12", Expect::Joins).about(about).with([owed(44_500, -5).part(30)]),
    );
}

fn two_sides_of_a_person(firm: &mut Assembly) {
    // B12: a person on both sides with an equal e-mail; the person is in Capsule: both link.
    let details = firm.individual("Alan", "Birch");
    firm.contacts.push(person(&details));
    let other = firm.individual("Alan", "Birch");
    let about = "person as customer and supplier with an equal e-mail";
    firm.customers.push(
        draft("ALAN01", "Alan Birch", &details, "B12", Expect::Links).about(about).with([owed(33_000, 17)]),
    );
    let email = details.email;
    firm.suppliers.push(
        draft("ALAN01", "Alan Birch", &other, "B12", Expect::Links)
            .person(|row| row.email = Some(email))
            .about(about)
            .with([owed(14_000, -4)]),
    );

    // B12: a person on both sides without any equal identifier: asked.
    let details = firm.individual("Beth", "Archer");
    firm.contacts.push(person(&details));
    let about = "person as customer and supplier, no equal identifier";
    let other = firm.individual("Beth", "Archer");
    firm.customers.push(
        draft("BETH01", "Beth Archer", &details, "B12", Expect::AsksSameName)
            .about(about)
            .with([owed(22_000, -80)]),
    );
    firm.suppliers.push(
        draft("BETH01", "Beth Archer", &other, "B12", Expect::AsksSameName)
            .about(about)
            .with([owed(5_000, 2)]),
    );

    // B12: a person on both sides with an equal phone, not in Capsule: one person for both.
    let (selling, mut buying) = (firm.individual("Brian", "Ashe"), firm.individual("Brian", "Ashe"));
    buying.phone.clone_from(&selling.phone);
    let about = "person as customer and supplier with an equal phone, not in Capsule";
    firm.customers.push(
        draft("BRIA01", "Brian Ashe", &selling, "B12", Expect::CreatesPerson)
            .about(about)
            .with([owed(61_000, 25)]),
    );
    firm.suppliers.push(draft("BRIA01", "Brian Ashe", &buying, "B12", Expect::Joins).about(about));
}

fn two_of_one_side(firm: &mut Assembly) {
    // B12: two customers of one name are always asked, the contact in Capsule notwithstanding.
    let name = "Bay Tree Lettings";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let other = firm.details(name);
    let about = "two customers of one name";
    firm.customers.push(
        draft("BAYT01", name, &details, "B12", Expect::AsksSameName).about(about).with([owed(52_000, -26)]),
    );
    firm.customers.push(
        draft("BAYT02", name, &other, "B12", Expect::AsksSameName).about(about).with([owed(47_000, 6)]),
    );

    // B12: two suppliers of one name, not in Capsule.
    let name = "Baxter Haulage";
    for code in ["BAXT01", "BAXT02"] {
        let details = firm.details(name);
        firm.suppliers.push(
            draft(code, name, &details, "B12", Expect::AsksSameName)
                .about("two suppliers of one name")
                .with([owed(17_500, -12)]),
        );
    }
}

fn left_alone(firm: &mut Assembly) {
    // Archived records are not matched or created; their documents are still listed (B19).
    let name = "Avon Shopfitters";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("AVON01", name, &details, "B7", Expect::Nothing)
            .archived()
            .about("archived customer with invoices; its name is in Capsule")
            .quoted([(33_000, 420)])
            .with([owed(150_000, -400), owed(80_000, -380).paid()]),
    );
    let details = firm.details("Anglia Glass");
    firm.suppliers.push(
        draft("ANGL01", "Anglia Glass", &details, "B7", Expect::Nothing)
            .archived()
            .about("archived supplier with bills")
            .with([owed(67_000, -200), owed(12_500, -260).paid()]),
    );

    // A contact that the token cannot see is never matched; its name is taken, so creating another is refused (B37).
    let name = "Barrington Estates";
    let details = firm.details(name);
    let mut contact = organisation(name, &details);
    contact.restricted = true;
    firm.contacts.push(contact);
    firm.customers.push(
        draft("BARR01", name, &details, "B37", Expect::Fails)
            .about("equal name of a contact that the token cannot see")
            .with([owed(275_000, 19)]),
    );
    let details = firm.individual("Audrey", "Finch");
    let mut contact = person(&details);
    contact.restricted = true;
    firm.contacts.push(contact);
}
