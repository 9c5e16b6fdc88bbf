//! The profile's file: settings at the top, addresses in the tables `capsule` and `kashflow`.
//!
//! Everything is optional. A key that is not known is a fault, and so is a value that does not fit; each is told with file,
//! line and key. Changing a setting changes its line and leaves the rest of the file, comments included, as it is.

use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Faults;
use super::settings::{Allowed, Setting};
use crate::domain::policy::Policy;

/// What a profile's file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileFile {
    /// Settings and templates of web addresses.
    pub policy: Policy,
    /// Capsule's address for requests.
    pub capsule_url: Option<String>,
    /// KashFlow's address for requests.
    pub kashflow_url: Option<String>,
    text: String,
    places: Vec<(Setting, Range<usize>)>,
}

/// The keys of the two tables.
const ADDRESSES: [(&str, &str); 7] = [
    ("capsule", "base_url"),
    ("capsule", "contact_url"),
    ("kashflow", "base_url"),
    ("kashflow", "customer_url"),
    ("kashflow", "supplier_url"),
    ("kashflow", "invoice_url"),
    ("kashflow", "bill_url"),
];

impl ProfileFile {
    /// Reads the file; one that does not exist says nothing.
    pub fn read(path: &Path) -> Result<Self, Faults> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{} cannot be read: {error}", path.display()).into()),
        }
    }

    /// Reads the text of a file of that name.
    pub fn parse(text: &str, name: &str) -> Result<Self, Faults> {
        let mut reader = Reader { name, text, file: Self::default(), faults: Faults::default() };
        match DeTable::parse(text) {
            Ok(table) => reader.top(table.get_ref()),
            Err(error) => reader.fault(error.span().unwrap_or_default(), error.message()),
        }
        reader.faults.check()?;
        text.clone_into(&mut reader.file.text);
        Ok(reader.file)
    }

    /// The text of the file with that setting as the policy has it.
    pub fn with(&self, setting: Setting, policy: &Policy) -> String {
        let value = toml_value(setting, &setting.show(policy));
        if let Some((_, place)) = self.places.iter().find(|(known, _)| *known == setting) {
            let mut text = self.text.clone();
            text.replace_range(place.clone(), &value);
            return text;
        }
        let line = format!("{} = {value}\n", setting.key());
        // After the last setting there is, else before everything: keys below a table's header belong to the table.
        let after = self.places.iter().map(|(_, place)| place.end).max();
        let at = after.map_or(0, |end| {
            self.text
                .get(end..)
                .and_then(|rest| rest.find('\n'))
                .map_or(self.text.len(), |line| end + line + 1)
        });
        let (before, rest) = self.text.split_at_checked(at).unwrap_or((&self.text, ""));
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        format!("{before}{gap}{line}{rest}")
    }
}

/// Puts a text in the place of a file, whole or not at all, readable by its owner only. Folders are made as needed; a link
/// is followed.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder: PathBuf = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    fs::create_dir_all(&folder)?;
    // Made with 0600 by tempfile.
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    if cfg!(unix) {
        fs::File::open(&folder)?.sync_all()?;
    }
    Ok(())
}

/// A setting's value as TOML writes it.
fn toml_value(setting: Setting, value: &str) -> String {
    match setting.allowed() {
        Allowed::Switch | Allowed::Days(..) => value.to_owned(),
        Allowed::Words(_) | Allowed::Text | Allowed::Time(..) => {
            toml::Value::String(value.to_owned()).to_string()
        }
    }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    file: ProfileFile,
    faults: Faults,
}

impl Reader<'_> {
    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match value.get_ref() {
                DeValue::Table(inner) if ADDRESSES.iter().any(|(table, _)| *table == name) => {
                    self.addresses(name, inner);
                }
                _ => match Setting::of_key(name) {
                    Ok(setting) => self.setting(setting, value),
                    Err(error) => {
                        let words = format!("{error}. {} Tables are: capsule, kashflow.", error.remedy());
                        self.fault(key.span(), &words);
                    }
                },
            }
        }
    }

    fn setting(&mut self, setting: Setting, value: &Spanned<DeValue<'_>>) {
        let put = match scalar(value.get_ref()) {
            Some(text) => setting.put(&text, &mut self.file.policy).map_err(|error| error.to_string()),
            None => Err(format!("{} cannot be a list or a table", setting.key())),
        };
        match put {
            Ok(()) => self.file.places.push((setting, value.span())),
            Err(what) => {
                self.fault(value.span(), &format!("{what}. Allowed: {}.", setting.allowed()));
            }
        }
    }

    fn addresses(&mut self, table: &str, inner: &DeTable<'_>) {
        for (key, value) in inner {
            let name = key.get_ref().as_ref();
            let web = &mut self.file.policy.web;
            let (place, holds) = match (table, name) {
                ("capsule", "base_url") => {
                    self.base_url(value, |file| &mut file.capsule_url);
                    continue;
                }
                ("kashflow", "base_url") => {
                    self.base_url(value, |file| &mut file.kashflow_url);
                    continue;
                }
                ("capsule", "contact_url") => (&mut web.contact, "{id}"),
                ("kashflow", "customer_url") => (&mut web.customer, "{code}"),
                ("kashflow", "supplier_url") => (&mut web.supplier, "{code}"),
                ("kashflow", "invoice_url") => (&mut web.invoice, "{number}"),
                ("kashflow", "bill_url") => (&mut web.bill, "{number}"),
                _ => {
                    let keys: Vec<&str> = ADDRESSES
                        .iter()
                        .filter(|(known, _)| *known == table)
                        .map(|(_, address)| *address)
                        .collect();
                    let words =
                        format!("there is no key \"{name}\" in [{table}]. Keys are: {}.", keys.join(", "));
                    self.fault(key.span(), &words);
                    continue;
                }
            };
            match value.get_ref().as_str() {
                Some(text) if is_template(text, holds) => text.clone_into(place),
                _ => {
                    let words =
                        format!("{table}.{name} must be a text that begins with https:// and holds {holds}");
                    self.fault(value.span(), &words);
                }
            }
        }
    }

    fn base_url(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        place: impl Fn(&mut ProfileFile) -> &mut Option<String>,
    ) {
        match value.get_ref().as_str() {
            Some(text) => *place(&mut self.file) = Some(text.to_owned()),
            None => self.fault(value.span(), "base_url must be a text"),
        }
    }

    fn fault(&mut self, span: Range<usize>, what: &str) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        self.faults.add(format!("{}, line {line}: {what}", self.name));
    }
}

/// Whether a template leads to a web page and has a place for what is asked.
fn is_template(text: &str, holds: &str) -> bool {
    text.starts_with("https://") && text.contains(holds) && !text.chars().any(char::is_control)
}

/// A value as one word, as `settings set` would be given it.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::policy::NearMatch;

    const WHOLE: &str = "\
# our profile
near_match = \"create\" # as before
write_summary = false
sync_interval = \"90m\"

[kashflow]
base_url = \"https://kashflow.test/v2\"
invoice_url = \"https://kashflow.test/i/{number}\"
";

    #[test]
    fn a_file_says_settings_and_addresses() {
        let file = ProfileFile::parse(WHOLE, "p.toml").unwrap();
        assert_eq!(file.policy.near_match, NearMatch::Create);
        assert!(!file.policy.write_summary);
        assert_eq!(file.policy.sync_interval, Duration::from_mins(90));
        assert_eq!(file.policy.keep_days, 400, "what is not said is the default");
        assert_eq!(file.kashflow_url.as_deref(), Some("https://kashflow.test/v2"));
        assert_eq!(file.policy.web.invoice, "https://kashflow.test/i/{number}");
        assert_eq!(ProfileFile::parse("", "p.toml").unwrap(), ProfileFile::default());
    }

    #[test]
    fn faults_name_file_line_and_key_all_at_once() {
        let text = "near_match = \"guess\"\nnear_mtach = \"ask\"\nkeep_days = [1]\n\n[capsule]\nbase = \"x\"\n\
                    contact_url = \"javascript:{id}\"\n[kashflow]\nbase_url = 7\n";
        let faults = ProfileFile::parse(text, "p.toml").unwrap_err();
        for (start, holds) in [
            ("p.toml, line 1: near_match cannot be \"guess\"", "ask, create, link_strong"),
            ("p.toml, line 2: there is no setting \"near_mtach\"", "same_name"),
            ("p.toml, line 3: keep_days cannot be a list", "1 to 36500"),
            ("p.toml, line 6: there is no key \"base\" in [capsule]", "base_url, contact_url"),
            ("p.toml, line 7: capsule.contact_url", "https://"),
            ("p.toml, line 9: base_url must be a text", ""),
        ] {
            let found =
                faults.sentences().iter().any(|fault| fault.starts_with(start) && fault.contains(holds));
            assert!(found, "{start}: {faults:?}");
        }
        assert_eq!(faults.sentences().len(), 6);
    }

    #[test]
    fn text_that_is_no_toml_names_its_line() {
        let faults = ProfileFile::parse("near_match = \"ask\"\nwhat is this\n", "p.toml").unwrap_err();
        assert!(faults.sentences()[0].starts_with("p.toml, line 2: "), "{faults:?}");
    }

    #[test]
    fn changing_a_setting_changes_its_line_and_nothing_else() {
        let file = ProfileFile::parse(WHOLE, "p.toml").unwrap();
        let mut policy = file.policy.clone();
        Setting::NearMatch.put("link_strong", &mut policy).unwrap();
        let changed = file.with(Setting::NearMatch, &policy);
        assert_eq!(changed, WHOLE.replace("\"create\"", "\"link_strong\""));
        Setting::KeepDays.put("30", &mut policy).unwrap();
        let added = file.with(Setting::KeepDays, &policy);
        assert_eq!(added, WHOLE.replace("\"90m\"\n", "\"90m\"\nkeep_days = 30\n"));
    }

    #[test]
    fn every_setting_survives_writing_and_reading() {
        for start in ["", "[capsule]\nbase_url = \"https://a.test\"", "same_name = \"ask\""] {
            let file = ProfileFile::parse(start, "p.toml").unwrap();
            for (setting, value) in [
                (Setting::NearMatch, "create"),
                (Setting::Suppliers, "off"),
                (Setting::ExcludeSupplierInvoices, "true"),
                (Setting::DefaultTeam, "The \"A\" \\ team"),
                (Setting::SyncInterval, "1h30m"),
                (Setting::KeepDays, "12"),
            ] {
                let mut policy = file.policy.clone();
                setting.put(value, &mut policy).unwrap();
                let again = ProfileFile::parse(&file.with(setting, &policy), "p.toml").unwrap();
                assert_eq!(setting.show(&again.policy), value, "{start}");
                assert_eq!((again.policy, again.capsule_url), (policy, file.capsule_url.clone()));
            }
        }
    }

    #[test]
    fn a_file_is_written_whole_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/p.toml");
        assert_eq!(ProfileFile::read(&path).unwrap(), ProfileFile::default());
        write(&path, "keep_days = 3\n").unwrap();
        write(&path, "keep_days = 4\n").unwrap();
        assert_eq!(ProfileFile::read(&path).unwrap().policy.keep_days, 4);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path().join("config")).unwrap().count(), 1, "no leftovers");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            cases: 400, failure_persistence: None, ..proptest::prelude::ProptestConfig::default()
        })]

        /// Whatever text stands in the file: settings or faults with words, never a panic; and what can be read can be
        /// changed and read again.
        #[test]
        fn any_text_is_survived(noise in "\\PC{0,40}|[\\[\\]=\"'#.{},\\n\\\\a-z0-9 ]{0,40}", at in 0..=WHOLE.len(), length in 0..30usize, only: bool) {
            let text = if only {
                noise
            } else {
                let end = (at + length).min(WHOLE.len());
                format!("{}{noise}{}", &WHOLE[..at], &WHOLE[end..])
            };
            match ProfileFile::parse(&text, "p.toml") {
                Ok(file) => {
                    for setting in Setting::ALL {
                        let changed = file.with(setting, &Policy::default());
                        let again = ProfileFile::parse(&changed, "p.toml");
                        let again = again.unwrap_or_else(|faults| panic!("{changed}: {faults:?}"));
                        assert_eq!(setting.show(&again.policy), setting.show(&Policy::default()));
                    }
                }
                Err(faults) => assert!(faults.sentences().iter().all(|fault| fault.starts_with("p.toml, line "))),
            }
        }
    }
}
