//! Rules B7 to B10: names that match, nearly match, match several times, or not at all.

use crate::sim::capsule::Hanging;

use super::super::{
    Expect, FirmPerson,
    assembly::Assembly,
    sketch::{draft, member, organisation, owed, person, stripped},
};

/// Adds the situations of matching.
pub(super) fn add(firm: &mut Assembly) {
    exact(firm);
    near_names(firm);
    numbers_differ(firm);
    second_customer(firm);
    several(firm);
    created(firm);
}

fn exact(firm: &mut Assembly) {
    // B7: equal names, organisation; its person shows the organisation's invoices (B19).
    let name = "Abbey Kitchens Ltd";
    let details = firm.details(name);
    let mut abbey = organisation(name, &details);
    abbey.hanging.push((Hanging::Note, 30, "Happy with the doors.".into()));
    abbey.hanging.push((Hanging::Note, 75, "Rang about the hinges.".into()));
    abbey.hanging.push((Hanging::Project, 120, "Kitchen refit".into()));
    firm.contacts.push(abbey);
    firm.contacts.push(member(&details, name, "Office manager"));
    firm.customers.push(
        draft("ABBE01", name, &details, "B7", Expect::Links)
            .about("exact name; one invoice of every state")
            .with(super::money::every_state())
            // B29: a delete would take quotes along too.
            .quoted([(480_000, 12), (75_000, 140)]),
    );

    // B7: equal names, a person who belongs to no organisation.
    let details = firm.individual("Agnes", "Barrow");
    firm.contacts.push(person(&details));
    firm.customers.push(
        draft("AGNE01", "Agnes Barrow", &details, "B7", Expect::Links)
            .about("exact name of a person without organisation")
            .with([owed(42_000, 12)]),
    );

    // B7: equal but for case and white space. Its street has two lines on both sides.
    let details = firm.details("Acorn");
    let mut contact = organisation("Acorn Property Management", &details);
    if let Some(address) = contact.addresses.first_mut() {
        address.street = format!("Unit 4\n{}", details.street);
    }
    firm.contacts.push(contact);
    firm.customers.push(
        draft("ACOR01", "ACORN  Property management ", &details, "B7", Expect::Links)
            .address(|address| address.lines.insert(0, "Unit 4".into()))
            .about("name differs in case and white space only")
            .with([owed(118_050, -9), owed(64_000, 20)]),
    );

    // B7: equal after NFKC; KashFlow holds the accent as a letter of its own.
    let details = firm.details("Aurelie");
    firm.contacts.push(organisation("Aur\u{e9}lie Interiors", &details));
    firm.customers.push(
        draft("AURE01", "Aure\u{301}lie Interiors", &details, "B7", Expect::Links)
            .about("name differs in Unicode form only")
            .with([owed(230_000, 5)]),
    );

    // B7, non-ASCII names that are equal.
    let details = firm.details("Ateliers");
    firm.contacts.push(organisation("Ateliers Soci\u{e9}t\u{e9} Beaumont", &details));
    firm.customers.push(
        draft("ATEL01", "Ateliers Soci\u{e9}t\u{e9} Beaumont", &details, "B7", Expect::Links)
            .about("non-ASCII name, exact")
            .with([owed(77_500, -2).paid()]),
    );

    // B7 for a supplier.
    let name = "Brightwater Timber";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.suppliers.push(
        draft("BRIG01", name, &details, "B7", Expect::Links)
            .about("supplier with an exact name")
            .with([owed(412_000, -14), owed(98_000, 16), owed(55_000, -70).paid()])
            // B17: what an update must bring back untouched, bank details above all.
            .but(|ledger| {
                ledger.people.push(FirmPerson {
                    first_name: Some("Dorothea".into()),
                    last_name: Some("Pell".into()),
                    telephone: Some("01632 960981".into()),
                    ..FirmPerson::default()
                });
                ledger.note = "Closed on Wednesdays".into();
                ledger.vat_number = "GB999999965".into();
                ledger.bank_account =
                    Some(("Brightwater Timber".into(), "00012345".into(), "00-00-00".into()));
            }),
    );
}

fn near_names(firm: &mut Assembly) {
    // B9: legal form spelled out, nothing else known. Legal forms count, so this is no exact name (B7).
    let details = firm.details("Ashdown");
    firm.contacts.push(stripped(organisation("Ashdown Builders Ltd", &details)));
    firm.customers.push(
        draft("ASHD01", "Ashdown Builders Limited", &details, "B9", Expect::AsksSuggested)
            .about("legal form differs, no identifier to compare")
            .with([owed(310_000, -33)]),
    );

    // B9, strong band: a spelling difference and an equal phone.
    let (ours, theirs) = (firm.details("Aldgate"), firm.details("Allgate"));
    let mut contact = organisation("Aldgate Flooring", &ours);
    contact.phones = vec![(Some("Work".into()), theirs.phone.clone())];
    contact.emails.clear();
    contact.addresses.clear();
    firm.contacts.push(contact);
    firm.customers.push(
        draft("ALLG01", "Allgate Flooring", &theirs, "B9", Expect::AsksSuggested)
            .about("spelling differs, equal phone")
            .with([owed(88_000, -61), owed(12_000, 4)]),
    );

    // B9, strong band: a spelling difference and an equal e-mail in another case.
    let (ours, theirs) = (firm.details("Banister"), firm.details("Bannister"));
    let mut contact = stripped(organisation("Banister Staircases", &ours));
    contact.emails = vec![theirs.email.to_uppercase()];
    firm.contacts.push(contact);
    firm.customers.push(
        draft("BANN01", "Bannister Staircases", &theirs, "B9", Expect::AsksSuggested)
            .about("spelling differs, equal e-mail"),
    );

    // B9, strong band: a spelling difference and an equal postcode and house number.
    let ours = firm.details("Arkwright");
    let theirs = firm.details("Arkwrite");
    let mut contact = organisation("Arkwright & Sons", &ours);
    contact.phones.clear();
    contact.emails.clear();
    contact.websites.clear();
    firm.contacts.push(contact);
    let address = (ours.street, ours.town, ours.county, ours.postcode.replace(' ', "").to_lowercase());
    firm.customers.push(
        draft("ARKW01", "Arkwrite & Sons", &theirs, "B9", Expect::AsksSuggested)
            .address(|row| {
                row.lines = vec![address.0, address.1, address.2];
                row.post_code = Some(address.3);
            })
            .about("spelling differs, equal address with another form of postcode")
            .with([owed(205_000, -120).part(50)]),
    );

    // B9, possible band: a spelling difference and nothing beyond the name.
    let (ours, theirs) = (firm.details("Belwether"), firm.details("Bellwether"));
    firm.contacts.push(stripped(organisation("Belwether Homes", &ours)));
    firm.customers.push(
        draft("BELL01", "Bellwether Homes", &theirs, "B9", Expect::AsksSuggested)
            .about("spelling differs, nothing else known: possible")
            .with([owed(1_050_000, -3)]),
    );
}

fn numbers_differ(firm: &mut Assembly) {
    // B9: numbers differ, but the e-mail is equal, so it is suggested.
    let (ours, theirs) =
        (firm.details("Aviary Court 1 Management"), firm.details("Aviary Court 2 Management"));
    let mut contact = stripped(organisation("Aviary Court 1 Management", &ours));
    contact.emails = vec![theirs.email.clone()];
    firm.contacts.push(contact);
    firm.customers.push(
        draft("AVIA01", "Aviary Court 2 Management", &theirs, "B9", Expect::AsksSuggested)
            .about("numbers in the name differ, equal e-mail")
            .with([owed(46_000, 9)]),
    );

    // B9: numbers differ and nothing else is equal: not suggested, so created (B10).
    let (ours, theirs) = (firm.details("Bishop Road Flats 12"), firm.details("Bishop Road Flats 14"));
    firm.contacts.push(organisation("Bishop Road Flats 12", &ours));
    firm.customers.push(
        draft("BISH01", "Bishop Road Flats 14", &theirs, "B9", Expect::CreatesOrganisation)
            .about("numbers in the name differ, nothing equal: not suggested")
            .with([owed(39_900, -18)]),
    );
}

fn second_customer(firm: &mut Assembly) {
    // B9: the contact is linked to another customer by its exact name already.
    let name = "Ashford Academy Trust";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("ASHF01", name, &details, "B7", Expect::Links)
            .about("exact name; a second customer looks like it")
            .with([owed(640_000, 14)]),
    );
    let second = firm.details("Ashford Academies");
    let phone = details.phone;
    firm.customers.push(
        draft("ASHF02", "Ashford Academies Trust", &second, "B9", Expect::AsksSecond)
            .person(|person| person.telephone = Some(phone))
            .about("near name and equal phone of a contact that another customer takes")
            .with([owed(71_000, -6)]),
    );
}

fn several(firm: &mut Assembly) {
    // B8: two people of one name.
    for _ in 0..2 {
        let details = firm.individual("Anna", "Bell");
        firm.contacts.push(person(&details));
    }
    let details = firm.individual("Anna", "Bell");
    firm.customers.push(
        draft("ANNA01", "Anna Bell", &details, "B8", Expect::AsksSeveral)
            .about("two people of that name")
            .with([owed(15_500, -45)]),
    );

    // B8: an organisation and a person of one name, organisation first.
    let (first, third) = (firm.individual("Arden", "Blake"), firm.individual("Arden", "Blake"));
    let second = firm.details("Arden Blake");
    firm.contacts.push(person(&first));
    firm.contacts.push(organisation("Arden Blake", &second));
    firm.customers.push(
        draft("ARDE01", "Arden Blake", &third, "B8", Expect::AsksSeveral)
            .about("an organisation and a person of that name"),
    );
}

fn created(firm: &mut Assembly) {
    // B7: a person who belongs to an organisation is no candidate, so this customer gets a person of its own (B10).
    let name = "Armitage Interiors";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let worker = firm.individual("Bella", "Armitage");
    firm.contacts.push(member(&worker, name, "Designer"));
    let details = firm.individual("Bella", "Armitage");
    firm.customers.push(
        draft("BELA01", "Bella Armitage", &details, "B7", Expect::CreatesPerson)
            .about("equal name of a person in an organisation: no candidate")
            .with([owed(18_000, 21)]),
    );

    // B10: no candidate, an organisation.
    let details = firm.details("Alder House Hotel");
    firm.customers.push(
        draft("ALDE01", "Alder House Hotel", &details, "B10", Expect::CreatesOrganisation)
            .about("no candidate")
            .with([owed(530_000, 0), owed(260_000, -31).paid()]),
    );

    // B10: no candidate; the name is the Contact Person's first and last name, so a person.
    let details = firm.individual("Arthur", "Bennett");
    firm.customers.push(
        draft("ARTH01", "Arthur Bennett", &details, "B10", Expect::CreatesPerson)
            .about("no candidate; named as its Contact Person")
            .with([owed(27_000, -15)]),
    );

    // B10 for a supplier.
    let details = firm.details("Axminster Abrasives");
    firm.suppliers.push(
        draft("AXMI01", "Axminster Abrasives", &details, "B10", Expect::CreatesOrganisation)
            .about("supplier without candidate")
            .with([owed(23_400, 11)]),
    );
}
