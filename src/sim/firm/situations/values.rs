//! Values that are odd, missing or refused on the other side (B13, B14, B17, B37), and names that are hard to show.

use super::super::{
    Expect, FirmPerson, LedgerAddress,
    assembly::Assembly,
    sketch::{Draft, Due, bare, draft, organisation, owed},
};

/// Adds the situations of odd values.
pub(super) fn add(firm: &mut Assembly) {
    differences(firm);
    countries(firm);
    contact_ways(firm);
    names(firm);
    unmapped(firm);
}

/// A customer that Capsule does not know, with details of its own.
fn unknown(firm: &mut Assembly, code: &str, name: &str, rule: &'static str) -> Draft {
    let details = firm.details(name);
    draft(code, name, &details, rule, Expect::CreatesOrganisation).with([owed(36_000, 10)])
}

fn differences(firm: &mut Assembly) {
    // B13: linked by name; phone, e-mail and address differ and stay as they are.
    let name = "Applewood Homes";
    let (ours, theirs) = (firm.details(name), firm.details(name));
    firm.contacts.push(organisation(name, &ours));
    firm.customers.push(
        draft("APPL01", name, &theirs, "B13", Expect::Links)
            .about("every mapped value differs")
            .with([owed(720_000, -50), owed(15_000, 30)]),
    );

    // B14: written differently on the two sides, yet equal: +44, capitals, scheme, blanks in the postcode.
    let name = "Ambler Conservatories";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let phone = format!("+44 {}", details.phone.trim_start_matches('0'));
    let (email, site) = (details.email.to_uppercase(), format!("https://www.{}/", details.host));
    let postcode = details.postcode.replace(' ', "").to_lowercase();
    firm.customers.push(
        draft("AMBL01", name, &details, "B14", Expect::Links)
            .person(|row| {
                row.telephone = Some(phone);
                row.email = Some(email);
                row.website = Some(site);
            })
            .address(|row| row.post_code = Some(postcode))
            .about("values written differently but equal: no difference")
            .with([owed(49_000, 7)]),
    );
}

fn countries(firm: &mut Assembly) {
    // Greece is EL in KashFlow (kashflow-api 4.4).
    let greek = unknown(firm, "ATHE01", "Athena Marble", "B10")
        .address(|row| {
            row.lines = vec!["14 Odos Ermou".into(), "Athens".into()];
            row.post_code = Some("10563".into());
            row.country_code = Some("EL".into());
        })
        .about("country code EL");
    firm.customers.push(greek);

    // B17: a country that Capsule does not know is left out and shown.
    let gone = unknown(firm, "ANTI01", "Antilles Teak Imports", "B17")
        .address(|row| {
            row.lines = vec!["3 Handelskade".into(), "Willemstad".into()];
            row.post_code = None;
            row.country_code = Some("AN".into());
        })
        .about("country that Capsule refuses");
    firm.customers.push(gone);

    // The last line repeats the country code and is dropped; the county stands in the line before.
    let repeated = unknown(firm, "ASPE01", "Aspen Lodge Care Home", "B14")
        .address(|row| {
            row.lines = vec![
                "2 Ashwood Close".into(),
                "Branton, Doncaster".into(),
                "South Yorkshire".into(),
                "GB".into(),
            ];
        })
        .about("county in line 3, country code repeated in line 4");
    firm.customers.push(repeated);
}

fn contact_ways(firm: &mut Assembly) {
    // Several e-mails in KashFlow's one field: the first is mapped.
    let name = "Basil Street Lettings";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let emails = format!("{}; office@{host}, accounts@{host}", details.email, host = details.host);
    firm.customers.push(
        draft("BASI01", name, &details, "B14", Expect::Links)
            .person(|row| row.email = Some(emails))
            .about("three addresses in one e-mail field")
            .with([owed(66_000, -1)]),
    );

    // B17: an e-mail that Capsule would refuse is left out and shown.
    let refused = unknown(firm, "BEEC01", "Beech Grove Nursery", "B17")
        .person(|row| row.email = Some("accounts at beech grove".into()))
        .about("e-mail that Capsule refuses");
    firm.customers.push(refused);

    let silent = unknown(firm, "BLUE01", "Bluebell Cottage Lets", "B26")
        .person(|row| row.telephone = None)
        .about("no phone");
    firm.customers.push(silent);

    let faxing = unknown(firm, "ATLA01", "Atlas Shutters", "B26")
        .person(|row| {
            row.fax = Some("01632 960998".into());
            row.mobile = Some("07700 900998".into());
        })
        .about("phone, fax and mobile");
    firm.customers.push(faxing);

    // No Contact Person and no address at all.
    firm.customers.push(
        bare("BARE01", "Bare Bones Gym", "B10", Expect::CreatesOrganisation)
            .about("no Contact Person, no address, no documents"),
    );
    firm.suppliers.push(
        bare("BOLT01", "Bolton Bolts", "B10", Expect::CreatesOrganisation)
            .about("supplier without Contact Person and address")
            .with([owed(8_800, -2)]),
    );
}

fn names(firm: &mut Assembly) {
    // Live codes may end in blanks (kashflow-api 12.3, 6); one has a blank inside.
    let name = "Alpine Conservatories";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("ALPI01   ", name, &details, "B1", Expect::Links)
            .about("code with trailing blanks")
            .with([owed(91_000, -19)]),
    );
    let inner = unknown(firm, "ARB 01", "Arbour Garden Rooms", "B1").about("code with a blank inside");
    firm.customers.push(inner);

    // B37: Capsule needs a name, so this one fails with a reason and blocks nobody.
    let nameless = unknown(firm, "BLAN01", "Blank", "B37").but(|ledger| ledger.name = String::new());
    firm.customers.push(Draft { expect: Expect::Fails, ..nameless }.about("no name"));

    let long = "Beaumont, Ackroyd, Bairstow, Butterworth, Aspinall, Barraclough, Appleyard, Birtwhistle and Partners \
                Incorporating the Former Airedale and Calder Valley Building Preservation Trust Joinery Workshop";
    let long = unknown(firm, "BEAU01", long, "B10").about("very long name");
    firm.customers.push(long);

    // Escape sequence, right-to-left override and zero-width space: shown escaped, never obeyed.
    let hostile = unknown(firm, "BLAC01", "Bla\u{1b}[31mck\u{202e}wood\u{200b} Ltd", "B10")
        .but(|ledger| ledger.note = "<script>alert(1)</script>\u{7}".into())
        .about("hostile characters in the name");
    firm.customers.push(hostile);

    let polish =
        unknown(firm, "BIUR01", "Biuro Projektowe \u{141}\u{f3}d\u{17a}", "B10").about("non-ASCII name");
    firm.customers.push(polish);
}

fn unmapped(firm: &mut Assembly) {
    // B17: values that kashsync does not map and must never lose; the primary Contact Person is not the first.
    let name = "Archway Studios";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    let accounts = format!("accounts@{}", details.host);
    firm.customers.push(
        draft("ARCH01", name, &details, "B17", Expect::Links)
            .but(|ledger| {
                ledger.people.insert(
                    0,
                    FirmPerson {
                        title: Some("Ms".into()),
                        first_name: Some("Ida".into()),
                        last_name: Some("Thorne".into()),
                        email: Some(accounts),
                        ..FirmPerson::default()
                    },
                );
                ledger.delivery_addresses.push(LedgerAddress {
                    name: Some("Studio store".into()),
                    lines: vec!["Arch 11".into(), "Viaduct Yard".into(), "Leeds".into()],
                    post_code: Some("LS1 4AG".into()),
                    country_code: Some("GB".into()),
                });
                ledger.vat_number = "GB999999973".into();
                ledger.note = "Ring before delivery".into();
                ledger.terms_days = 14;
                ledger.custom_boxes = vec![("Account manager".into(), "PJ".into())];
            })
            .about("two Contact Persons, the second primary; delivery address, terms, note, own fields")
            .with([owed(132_000, -8), owed(61_000, 22).due(Due::None)]),
    );
}
