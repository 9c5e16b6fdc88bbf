//! Rules B19 to B22: documents of every state, currency and age.

use super::super::{
    Expect,
    assembly::Assembly,
    sketch::{Due, Sketch, draft, organisation, owed},
};

/// One invoice of every state (B20).
pub(super) fn every_state() -> Vec<Sketch> {
    vec![
        owed(100_000, 14),                    // unpaid
        owed(45_000, 0),                      // due today: not overdue
        owed(80_000, -1),                     // overdue by one day
        owed(62_000, -45),                    // overdue, 31 to 60
        owed(38_000, -75),                    // overdue, 61 to 90
        owed(120_000, -400),                  // overdue by 400 days
        owed(90_000, 10).part(40),            // part paid
        owed(70_000, -20).part(25),           // part paid and overdue
        owed(55_000, -60).paid(),             // paid
        owed(30_000, -40).over(25),           // overpaid
        owed(-15_000, -10),                   // credit note
        owed(-6_000, -150).paid(),            // credit note, used up
        owed(25_000, 0).due(Due::None),       // no due date
        owed(27_500, 0).due(Due::Sentinel),   // KashFlow's sentinel for no due date
        owed(0, -5),                          // nothing to pay
        owed(99_999, -100).on_vat_return(31), // on a VAT return
    ]
}

/// Adds the situations of money.
pub(super) fn add(firm: &mut Assembly) {
    // B19: totals per currency; KashFlow's TotalPaidAmount is in home currency, the rest is not.
    let name = "Belmont Export";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("BELM01", name, &details, "B19", Expect::Links)
            .but(|ledger| ledger.currency = "EUR".into())
            .about("invoices in pounds, euros and dollars")
            .with([
                owed(400_000, -28).foreign("EUR", 116),
                owed(250_000, 15).foreign("EUR", 117).part(50),
                owed(310_000, -3).foreign("USD", 128),
                owed(50_000, -65).foreign("EUR", 115).paid(),
                owed(12_000, -2),
            ]),
    );

    // B19: a contact without documents, and one with paid ones only.
    let name = "Bowland Barns";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(draft("BOWL01", name, &details, "B19", Expect::Links).about("no documents"));
    let name = "Briar Bank Surgery";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("BRIA02", name, &details, "B19", Expect::Links).about("paid documents only").with([
            owed(88_000, -90).paid(),
            owed(41_000, -55).paid(),
            owed(19_000, 5).paid(),
        ]),
    );

    // B19: a credit note is all that is left, so the balance is below nothing.
    let name = "Burnsall Village Hall";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.customers.push(
        draft("BURN01", name, &details, "B19", Expect::Links)
            .about("a credit note outweighs what is owed")
            .with([owed(-50_000, -12), owed(20_000, 9), owed(60_000, -70).paid()]),
    );

    // Bills in foreign currency and on a VAT return (B29: such a supplier cannot be deleted).
    let name = "Ardent Werkzeuge GmbH";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.suppliers.push(
        draft("ARDE01", name, &details, "B19", Expect::Links)
            .but(|ledger| ledger.currency = "EUR".into())
            .address(|row| {
                row.lines = vec!["Hafenstr. 12".into(), "Bremen".into()];
                row.post_code = Some("28217".into());
                row.country_code = Some("DE".into());
            })
            .about("bills in euros, one on a VAT return")
            .with([
                owed(180_000, -35).foreign("EUR", 116),
                owed(96_000, 18).foreign("EUR", 116),
                owed(74_000, -95).foreign("EUR", 114).paid().on_vat_return(30),
            ]),
    );

    // Supplier side of every state: unpaid, overdue, part paid, paid, overpaid, credit note.
    let name = "Birstall Builders Merchants";
    let details = firm.details(name);
    firm.contacts.push(organisation(name, &details));
    firm.suppliers.push(
        draft("BIRS01", name, &details, "B19", Expect::Links).about("a bill of every state").with([
            owed(210_000, 12),
            owed(73_000, -16),
            owed(58_000, -48).part(60),
            owed(44_000, 9).part(10),
            owed(39_000, -30).paid(),
            owed(21_000, -66).over(10),
            owed(-9_000, -3),
            owed(15_000, 0).due(Due::None),
        ]),
    );
}
