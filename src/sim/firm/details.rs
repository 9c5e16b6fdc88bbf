//! Made-up details of people and firms: names, streets, phones that Ofcom keeps for fiction, `.example` mail hosts.

use std::collections::HashSet;

use crate::sim::kashflow::Random;

/// Details of one firm or person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) mobile: String,
    /// Mail host of its own.
    pub(super) host: String,
    /// Website; people alone have none.
    pub(super) website: Option<String>,
    pub(super) street: String,
    pub(super) town: String,
    pub(super) county: String,
    pub(super) postcode: String,
}

/// Draws details that are never used twice.
#[derive(Debug, Clone)]
pub(super) struct Drawer {
    random: Random,
    drawn: u64,
    hosts: HashSet<String>,
}

/// One of a list.
pub(super) fn pick<'a>(random: &mut Random, list: &[&'a str]) -> &'a str {
    let place = usize::try_from(random.below(list.len() as u64)).unwrap_or(0);
    list.get(place).copied().unwrap_or_default()
}

const FIRST: [&str; 32] = [
    "Moira", "Gareth", "Priya", "Owen", "Helen", "Tomasz", "Ruth", "Callum", "Imran", "Sian", "Duncan",
    "Wendy", "Kofi", "Laura", "Neil", "Farah", "Jonas", "Elspeth", "Rhys", "Megan", "Victor", "Nadia",
    "Stuart", "Zoe", "Derek", "Paula", "Hugh", "Leila", "Martin", "Grace", "Simon", "Yasmin",
];

const LAST: [&str; 40] = [
    "Holroyd",
    "Lumb",
    "Verity",
    "Sugden",
    "Thackray",
    "Mistry",
    "Nowak",
    "Pickles",
    "Rawson",
    "Ogden",
    "Farrar",
    "Whitaker",
    "Mensah",
    "Crowther",
    "Dyson",
    "Hussain",
    "Ibbotson",
    "Jagger",
    "Kershaw",
    "Lister",
    "Moxon",
    "Naylor",
    "Oddy",
    "Priestley",
    "Quarmby",
    "Rushworth",
    "Shackleton",
    "Tordoff",
    "Umpleby",
    "Varley",
    "Waddington",
    "Yewdall",
    "Murgatroyd",
    "Greenhalgh",
    "Hebblethwaite",
    "Micklethwaite",
    "Postlethwaite",
    "Okafor",
    "Zielinski",
    "Gledhill",
];

const STREETS: [&str; 20] = [
    "Mill Lane",
    "Station Road",
    "Church Street",
    "Canal Side",
    "Quarry Hill",
    "Wharf Street",
    "Market Place",
    "Tannery Row",
    "Park View",
    "Foundry Road",
    "Hope Street",
    "Water Lane",
    "Victoria Works",
    "Spring Gardens",
    "Kirkgate",
    "Westgate",
    "Dyehouse Lane",
    "Moor End",
    "Bridge Street",
    "Chapel Walk",
];

/// Town, county, postcode area.
const TOWNS: [(&str, &str, &str); 16] = [
    ("Otley", "West Yorkshire", "LS"),
    ("Ilkley", "West Yorkshire", "LS"),
    ("Halifax", "West Yorkshire", "HX"),
    ("Keighley", "West Yorkshire", "BD"),
    ("Skipton", "North Yorkshire", "BD"),
    ("Harrogate", "North Yorkshire", "HG"),
    ("Huddersfield", "West Yorkshire", "HD"),
    ("Wakefield", "West Yorkshire", "WF"),
    ("Barnsley", "South Yorkshire", "S"),
    ("Doncaster", "South Yorkshire", "DN"),
    ("Burnley", "Lancashire", "BB"),
    ("Rochdale", "Lancashire", "OL"),
    ("Buxton", "Derbyshire", "SK"),
    ("Kendal", "Cumbria", "LA"),
    ("Durham", "County Durham", "DH"),
    ("Malton", "North Yorkshire", "YO"),
];

/// Dialling codes whose 0 to 999 are kept for fiction.
const DIALS: [&str; 12] = [
    "01632 960",
    "0113 496 0",
    "0114 496 0",
    "0115 496 0",
    "0116 496 0",
    "0117 496 0",
    "0118 496 0",
    "0121 496 0",
    "0131 496 0",
    "0141 496 0",
    "0151 496 0",
    "0161 496 0",
];

/// Letters of the inward half of a postcode.
const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";

impl Drawer {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0xF1_4A11), drawn: 0, hosts: HashSet::new() }
    }

    /// Numbers for everything else, from the same sequence.
    pub(super) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Details for a firm or person of that name. Phones repeat after 12,000 draws, postcodes after many more.
    pub(super) fn draw(&mut self, name: &str) -> Details {
        let number = self.drawn;
        self.drawn += 1;
        let at = |place: u64, length: usize| usize::try_from(place).unwrap_or(0) % length;
        let town = TOWNS.get(at(self.random.bits(), TOWNS.len())).copied().unwrap_or_default();
        let first = pick(&mut self.random, &FIRST).to_owned();
        let last = pick(&mut self.random, &LAST).to_owned();
        let host = self.host(name, number);
        let letter = |place: u64| LETTERS.get(at(place, LETTERS.len())).copied().map_or('A', char::from);
        let district = 1 + (number / 3600) % 60;
        Details {
            email: format!("{}@{host}", first.to_lowercase()),
            phone: format!(
                "{}{:03}",
                DIALS.get(at(number / 1000, DIALS.len())).unwrap_or(&"01632 960"),
                number % 1000
            ),
            mobile: format!("07700 900{:03}", number % 1000),
            street: format!("{} {}", 1 + self.random.below(180), pick(&mut self.random, &STREETS)),
            town: town.0.to_owned(),
            county: town.1.to_owned(),
            postcode: format!(
                "{}{district} {}{}{}",
                town.2,
                1 + number % 9,
                letter(number / 9),
                letter(number / 180)
            ),
            website: Some(format!("www.{host}")),
            first,
            last,
            host,
        }
    }

    /// Details for a person alone: their own name, no website.
    pub(super) fn draw_person(&mut self, first: &str, last: &str) -> Details {
        let details = self.draw(&format!("{first} {last}"));
        Details {
            email: format!("{}@{}", first.to_lowercase(), details.host),
            first: first.to_owned(),
            last: last.to_owned(),
            website: None,
            ..details
        }
    }

    /// A mail host of its own for a name, with a number where the name alone is taken.
    fn host(&mut self, name: &str, number: u64) -> String {
        let name = name.trim_end_matches(" Ltd");
        let mut stem: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(24)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if stem.is_empty() || self.hosts.contains(&stem) {
            stem = format!("{stem}{number}");
        }
        self.hosts.insert(stem.clone());
        format!("{stem}.example")
    }
}
