//! Addresses between the two services (design, addresses).
//!
//! Capsule has street, town and county; KashFlow has four lines without meaning. Lines are the common form.

use std::borrow::Cow;

use super::contact::AddressRow;
use super::country;
use super::details::PostalAddress;
use super::draft::DraftAddress;
use super::ledger::LedgerAddress;
use super::normalise::collapsing;

/// How many lines KashFlow has room for.
const KASHFLOW_LINES: usize = 4;

/// A Capsule address as lines: street lines, town, county. Street lines that do not fit join with `, `.
pub fn from_capsule(row: &AddressRow) -> PostalAddress {
    Lines::of_capsule(row).owned()
}

/// A KashFlow address as lines: blank lines and a last line that repeats the country are dropped.
pub fn from_kashflow(address: &LedgerAddress) -> PostalAddress {
    Lines::of_kashflow(address).owned()
}

/// A [`PostalAddress`], borrowed where the record has it so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines<'a> {
    street: Vec<Cow<'a, str>>,
    postcode: Cow<'a, str>,
    country: Cow<'a, str>,
}

impl<'a> Lines<'a> {
    /// See [`from_capsule`].
    pub fn of_capsule(row: &'a AddressRow) -> Self {
        let given = |line: &Cow<'_, str>| !line.is_empty();
        let mut lines: Vec<Cow<'a, str>> = row.street.lines().map(collapsing).filter(given).collect();
        let rest = [&row.city, &row.state].map(|line| collapsing(line));
        let room = KASHFLOW_LINES.saturating_sub(rest.iter().filter(|line| given(line)).count()).max(1);
        if lines.len() > room {
            let joined = lines.split_off(room.saturating_sub(1)).join(", ");
            lines.push(joined.into());
        }
        lines.extend(rest.into_iter().filter(given));
        let country = country::code_of(&row.country).map_or_else(|| collapsing(&row.country), Cow::Borrowed);
        Self { street: lines, postcode: collapsing(&row.postcode), country }
    }

    /// See [`from_kashflow`].
    pub fn of_kashflow(address: &'a LedgerAddress) -> Self {
        let mut lines: Vec<Cow<'a, str>> =
            address.lines.iter().map(|line| collapsing(line)).filter(|line| !line.is_empty()).collect();
        let code = address.country_code.trim();
        if !code.is_empty() && lines.last().is_some_and(|line| line.eq_ignore_ascii_case(code)) {
            lines.pop();
        }
        let country = country::from_kashflow(code).unwrap_or(code);
        Self { street: lines, postcode: collapsing(&address.postcode), country: country.into() }
    }

    /// The address itself.
    pub fn owned(self) -> PostalAddress {
        PostalAddress {
            lines: self.street.into_iter().map(Cow::into_owned).collect(),
            postcode: self.postcode.into_owned(),
            country: self.country.into_owned(),
        }
    }

    /// Whether it is that address, to the letter.
    pub fn is(&self, address: &PostalAddress) -> bool {
        self.street == address.lines && self.postcode == address.postcode && self.country == address.country
    }
}

/// Lines as a Capsule address: a last line that is a UK county becomes the county, the line before it (or the last one
/// where there is no county) the town, the rest the street. A single line, and the first, is always street.
///
/// [`from_capsule`] of the result gives the same lines again.
pub fn to_capsule(address: &PostalAddress) -> DraftAddress {
    let mut lines = address.lines.clone();
    let mut draft = DraftAddress { postcode: address.postcode.clone(), ..DraftAddress::default() };
    if lines.len() > 1 && lines.last().is_some_and(|line| is_county(line)) {
        draft.state = lines.pop().unwrap_or_default();
    }
    if lines.len() > 1 {
        draft.city = lines.pop().unwrap_or_default();
    }
    draft.street = lines.join("\n");
    country::capsule_name(&address.country).unwrap_or_default().clone_into(&mut draft.country);
    draft
}

/// The house number that an address starts with, for comparing: `12a` of `12A Canal Road`.
pub fn house_number(address: &PostalAddress) -> Option<String> {
    address.lines.iter().find_map(|line| {
        let word =
            line.split([' ', ',']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
        Some(word.to_lowercase())
    })
}

/// Whether a line is the name of a UK county, with or without "County" or "Co.".
fn is_county(line: &str) -> bool {
    let lower = line.to_lowercase();
    let bare = lower
        .strip_prefix("county ")
        .or_else(|| lower.strip_prefix("co. "))
        .or_else(|| lower.strip_prefix("co "))
        .unwrap_or(&lower);
    COUNTIES.binary_search(&bare).is_ok()
}

/// Ceremonial, historic and preserved counties of the UK, and the usual short forms, in lower case and sorted.
/// Names that are towns first (Durham, Bristol, Cardiff, London …) are not here: as a last line they are the town.
const COUNTIES: &[&str] = &[
    "aberdeenshire",
    "anglesey",
    "angus",
    "antrim",
    "argyll",
    "argyllshire",
    "armagh",
    "ayrshire",
    "banffshire",
    "bedfordshire",
    "beds",
    "berks",
    "berkshire",
    "berwickshire",
    "brecknockshire",
    "breconshire",
    "buckinghamshire",
    "bucks",
    "buteshire",
    "caernarfonshire",
    "caithness",
    "cambridgeshire",
    "cambs",
    "cardiganshire",
    "carmarthenshire",
    "ceredigion",
    "cheshire",
    "clackmannanshire",
    "cleveland",
    "clwyd",
    "conwy",
    "cornwall",
    "cumberland",
    "cumbria",
    "denbighshire",
    "derbyshire",
    "devon",
    "dorset",
    "down",
    "dumfriesshire",
    "dunbartonshire",
    "dyfed",
    "east lothian",
    "east riding of yorkshire",
    "east sussex",
    "east yorkshire",
    "essex",
    "fermanagh",
    "fife",
    "flintshire",
    "glamorgan",
    "glos",
    "gloucestershire",
    "greater london",
    "greater manchester",
    "gwent",
    "gwynedd",
    "hampshire",
    "hants",
    "herefordshire",
    "hertfordshire",
    "herts",
    "humberside",
    "huntingdonshire",
    "inverness-shire",
    "isle of anglesey",
    "isle of wight",
    "kent",
    "kincardineshire",
    "kinross-shire",
    "kirkcudbrightshire",
    "lanarkshire",
    "lancashire",
    "lancs",
    "leicestershire",
    "leics",
    "lincolnshire",
    "lincs",
    "londonderry",
    "merionethshire",
    "merseyside",
    "mid glamorgan",
    "middlesex",
    "midlothian",
    "monmouthshire",
    "montgomeryshire",
    "moray",
    "morayshire",
    "nairnshire",
    "norfolk",
    "north humberside",
    "north yorkshire",
    "northamptonshire",
    "northants",
    "northumberland",
    "nottinghamshire",
    "notts",
    "orkney",
    "oxfordshire",
    "oxon",
    "peeblesshire",
    "pembrokeshire",
    "perthshire",
    "powys",
    "radnorshire",
    "renfrewshire",
    "ross and cromarty",
    "ross-shire",
    "roxburghshire",
    "rutland",
    "salop",
    "scottish borders",
    "selkirkshire",
    "shetland",
    "shropshire",
    "somerset",
    "south glamorgan",
    "south humberside",
    "south yorkshire",
    "staffordshire",
    "staffs",
    "stirlingshire",
    "suffolk",
    "surrey",
    "sussex",
    "sutherland",
    "tyne and wear",
    "tyrone",
    "warwickshire",
    "west glamorgan",
    "west lothian",
    "west midlands",
    "west sussex",
    "west yorkshire",
    "westmorland",
    "wigtownshire",
    "wilts",
    "wiltshire",
    "worcestershire",
    "yorkshire",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ids::RowId;
    use super::*;

    fn ledger(lines: &[&str], country: &str) -> LedgerAddress {
        LedgerAddress {
            lines: lines.iter().map(ToString::to_string).collect(),
            postcode: "DN3 3UB".into(),
            country_code: country.into(),
        }
    }

    fn row(draft: &DraftAddress) -> AddressRow {
        AddressRow {
            id: RowId(1),
            street: draft.street.clone(),
            city: draft.city.clone(),
            state: draft.state.clone(),
            postcode: draft.postcode.clone(),
            country: draft.country.clone(),
        }
    }

    #[test]
    fn counties_are_sorted_for_the_search() {
        assert!(COUNTIES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn kashflow_lines_become_street_town_and_county() {
        for (lines, country, street, city, state) in [
            (
                &["1 Ashwood Close", "Branton", "Doncaster", "South Yorkshire"][..],
                "GB",
                "1 Ashwood Close\nBranton",
                "Doncaster",
                "South Yorkshire",
            ),
            (
                &["1 Ashwood Close", "Branton", "Doncaster, South Yorkshire", "GB"],
                "GB",
                "1 Ashwood Close\nBranton",
                "Doncaster, South Yorkshire",
                "",
            ),
            (&["12 Canal Road", "Leeds", "", ""], "GB", "12 Canal Road", "Leeds", ""),
            (&["12 Canal Road", "Kent"], "GB", "12 Canal Road", "", "Kent"),
            (&["Hall Farm"], "GB", "Hall Farm", "", ""),
            (&["Kent"], "GB", "Kent", "", ""),
            (&["4 Long St", "Larne", "Co. Antrim"], "GB", "4 Long St", "Larne", "Co. Antrim"),
            (&["Ermou 5", "Athens", "EL"], "EL", "Ermou 5", "Athens", ""),
            (&[], "", "", "", ""),
        ] {
            let draft = to_capsule(&from_kashflow(&ledger(lines, country)));
            assert_eq!(
                (draft.street.as_str(), draft.city.as_str(), draft.state.as_str()),
                (street, city, state),
                "{lines:?}"
            );
        }
        let greek = to_capsule(&from_kashflow(&ledger(&["Ermou 5", "Athens"], "EL")));
        assert_eq!(greek.country, "Greece");
    }

    #[test]
    fn too_many_street_lines_join() {
        let address = from_capsule(&AddressRow {
            id: RowId(1),
            street: "Unit 4\r\nMill House\nMill Lane\nOld Town".into(),
            city: "Harrow".into(),
            state: "Middlesex".into(),
            postcode: "HA1 2AB".into(),
            country: "United Kingdom".into(),
        });
        assert_eq!(address.lines, ["Unit 4", "Mill House, Mill Lane, Old Town", "Harrow", "Middlesex"]);
        assert_eq!(address.country, "GB");
    }

    proptest! {
        #[test]
        fn the_round_trip_gives_the_same_lines(lines in proptest::collection::vec("[A-Za-z0-9 ,.&]{0,12}|Kent|West Yorkshire|Leeds", 0..=4), country in "|GB|EL|FR") {
            let from = from_kashflow(&LedgerAddress { lines, postcode: "X1".into(), country_code: country });
            let back = from_capsule(&row(&to_capsule(&from)));
            prop_assert_eq!(back, from);
        }
    }
}
