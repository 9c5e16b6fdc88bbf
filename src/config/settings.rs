//! The settings, as one catalogue (design 4.1): key, meaning, allowed values, default, reading and showing.
//!
//! The profile's file, the `settings` command and the settings screen all come from here.

use std::fmt;
use std::time::Duration;

use super::{Faults, duration};
use crate::domain::policy::{
    DeletedInCapsule, KashFlowEdits, NearMatch, Policy, PushClears, SameName, Suppliers,
};

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// What to do with a near match (design B9).
    NearMatch,
    /// What to do with a customer and a supplier of one name (design B12).
    SameName,
    /// What to do with a field changed only in KashFlow (design B15).
    KashFlowEdits,
    /// What to do with a field emptied in Capsule (design B16).
    PushClears,
    /// What to do about a linked contact that was deleted only in Capsule (design B30).
    DeletedInCapsule,
    /// What to do with suppliers.
    Suppliers,
    /// Whether bills are left out of everything (design B22).
    ExcludeSupplierInvoices,
    /// Whether the invoice summary is written into Capsule (design B23).
    WriteSummary,
    /// The team that new contacts belong to (design B10).
    DefaultTeam,
    /// The time between two runs (design B33).
    SyncInterval,
    /// How long the journal and ignored copies are kept.
    KeepDays,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// One of these words, the default first.
    Words(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// Any text; empty means none.
    Text,
    /// A duration within these bounds.
    Time(Duration, Duration),
    /// A number of days within these bounds.
    Days(u32, u32),
}

/// A key that there is not, or a value that a setting cannot be. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such key.
    #[error("there is no setting \"{0}\"")]
    UnknownKey(String),
    /// Not an allowed value.
    #[error("{} cannot be \"{value}\"", .setting.key())]
    NotAllowed {
        /// The setting.
        setting: Setting,
        /// What was given.
        value: String,
    },
}

impl SettingError {
    /// What may be given instead.
    pub fn remedy(&self) -> String {
        match self {
            Self::UnknownKey(_) => {
                let keys: Vec<&str> = Setting::ALL.into_iter().map(Setting::key).collect();
                format!("Settings are: {}.", keys.join(", "))
            }
            Self::NotAllowed { setting, .. } => format!("Allowed: {}.", setting.allowed()),
        }
    }
}

impl From<SettingError> for Faults {
    fn from(error: SettingError) -> Self {
        format!("{error}. {}", error.remedy()).into()
    }
}

/// The shortest and the longest time between two runs (design B33).
const INTERVAL: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(7 * 24));
/// The least and the most days that the journal is kept.
const DAYS: (u32, u32) = (1, 36_500);

impl Setting {
    /// All settings, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::NearMatch,
        Self::SameName,
        Self::KashFlowEdits,
        Self::PushClears,
        Self::DeletedInCapsule,
        Self::Suppliers,
        Self::ExcludeSupplierInvoices,
        Self::WriteSummary,
        Self::DefaultTeam,
        Self::SyncInterval,
        Self::KeepDays,
    ];

    /// The key on the command line and in the profile's file.
    pub fn key(self) -> &'static str {
        match self {
            Self::NearMatch => "near_match",
            Self::SameName => "same_name",
            Self::KashFlowEdits => "kashflow_edits",
            Self::PushClears => "push_clears",
            Self::DeletedInCapsule => "deleted_in_capsule",
            Self::Suppliers => "suppliers",
            Self::ExcludeSupplierInvoices => "exclude_supplier_invoices",
            Self::WriteSummary => "write_summary",
            Self::DefaultTeam => "default_team",
            Self::SyncInterval => "sync_interval",
            Self::KeepDays => "keep_days",
        }
    }

    /// The setting of that key.
    pub fn of_key(key: &str) -> Result<Self, SettingError> {
        Self::ALL
            .into_iter()
            .find(|setting| setting.key() == key)
            .ok_or_else(|| SettingError::UnknownKey(key.into()))
    }

    /// What it decides, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::NearMatch => {
                "What happens when no contact has exactly the name but one looks like it: ask, create a new contact, or \
                 link_strong to link strong suggestions without asking."
            }
            Self::SameName => {
                "What happens with a customer and a supplier of one name: link_both to one contact, or ask."
            }
            Self::KashFlowEdits => {
                "What happens with a field that is changed only in KashFlow: report leaves it alone and shows it, restore \
                 writes Capsule's value over it, or ask. A changed name is always asked about."
            }
            Self::PushClears => {
                "What happens with a field that is emptied in Capsule: ask, never empty it in KashFlow, or always."
            }
            Self::DeletedInCapsule => {
                "What happens when a linked contact was deleted only in Capsule: ask, recreate it, or ignore the customer \
                 or supplier from then on."
            }
            Self::Suppliers => {
                "Suppliers: sync them, link_only to link but never create contacts for them, or off."
            }
            Self::ExcludeSupplierInvoices => {
                "Leave supplier invoices (bills) out: not read, not stored, not shown, not written."
            }
            Self::WriteSummary => {
                "Write the invoice summary into the KashFlow fields of linked contacts in Capsule."
            }
            Self::DefaultTeam => "The Capsule team, by name or id, of contacts that kashsync creates.",
            Self::SyncInterval => "The time between two runs.",
            Self::KeepDays => {
                "How many days the journal is kept, and what is remembered of ignored records that are gone from KashFlow."
            }
        }
    }

    /// What it may be.
    pub fn allowed(self) -> Allowed {
        match self {
            Self::NearMatch => Allowed::Words(&["ask", "create", "link_strong"]),
            Self::SameName => Allowed::Words(&["link_both", "ask"]),
            Self::KashFlowEdits => Allowed::Words(&["report", "restore", "ask"]),
            Self::PushClears => Allowed::Words(&["ask", "never", "always"]),
            Self::DeletedInCapsule => Allowed::Words(&["ask", "recreate", "ignore"]),
            Self::Suppliers => Allowed::Words(&["sync", "link_only", "off"]),
            Self::ExcludeSupplierInvoices | Self::WriteSummary => Allowed::Switch,
            Self::DefaultTeam => Allowed::Text,
            Self::SyncInterval => Allowed::Time(INTERVAL.0, INTERVAL.1),
            Self::KeepDays => Allowed::Days(DAYS.0, DAYS.1),
        }
    }

    /// Puts a value, as typed, into the policy.
    pub fn put(self, value: &str, policy: &mut Policy) -> Result<(), SettingError> {
        self.try_put(value.trim(), policy)
            .ok_or_else(|| SettingError::NotAllowed { setting: self, value: value.into() })
    }

    fn try_put(self, value: &str, policy: &mut Policy) -> Option<()> {
        match self {
            Self::NearMatch => {
                policy.near_match = match value {
                    "ask" => NearMatch::Ask,
                    "create" => NearMatch::Create,
                    "link_strong" => NearMatch::LinkStrong,
                    _ => return None,
                }
            }
            Self::SameName => {
                policy.same_name = match value {
                    "link_both" => SameName::LinkBoth,
                    "ask" => SameName::Ask,
                    _ => return None,
                }
            }
            Self::KashFlowEdits => {
                policy.kashflow_edits = match value {
                    "report" => KashFlowEdits::Report,
                    "restore" => KashFlowEdits::Restore,
                    "ask" => KashFlowEdits::Ask,
                    _ => return None,
                }
            }
            Self::PushClears => {
                policy.push_clears = match value {
                    "ask" => PushClears::Ask,
                    "never" => PushClears::Never,
                    "always" => PushClears::Always,
                    _ => return None,
                }
            }
            Self::DeletedInCapsule => {
                policy.deleted_in_capsule = match value {
                    "ask" => DeletedInCapsule::Ask,
                    "recreate" => DeletedInCapsule::Recreate,
                    "ignore" => DeletedInCapsule::Ignore,
                    _ => return None,
                }
            }
            Self::Suppliers => {
                policy.suppliers = match value {
                    "sync" => Suppliers::Sync,
                    "link_only" => Suppliers::LinkOnly,
                    "off" => Suppliers::Off,
                    _ => return None,
                }
            }
            Self::ExcludeSupplierInvoices => policy.exclude_supplier_invoices = value.parse().ok()?,
            Self::WriteSummary => policy.write_summary = value.parse().ok()?,
            Self::DefaultTeam => {
                if value.chars().any(char::is_control) {
                    return None;
                }
                policy.default_team = (!value.is_empty()).then(|| value.into());
                policy.team = None;
            }
            Self::SyncInterval => {
                policy.sync_interval =
                    duration::parse(value).filter(|interval| (INTERVAL.0..=INTERVAL.1).contains(interval))?;
            }
            Self::KeepDays => {
                policy.keep_days = value.parse().ok().filter(|days| (DAYS.0..=DAYS.1).contains(days))?;
            }
        }
        Some(())
    }

    /// Its value in the policy, as [`Setting::put`] takes it.
    pub fn show(self, policy: &Policy) -> String {
        match self {
            Self::NearMatch => match policy.near_match {
                NearMatch::Ask => "ask".into(),
                NearMatch::Create => "create".into(),
                NearMatch::LinkStrong => "link_strong".into(),
            },
            Self::SameName => match policy.same_name {
                SameName::LinkBoth => "link_both".into(),
                SameName::Ask => "ask".into(),
            },
            Self::KashFlowEdits => match policy.kashflow_edits {
                KashFlowEdits::Report => "report".into(),
                KashFlowEdits::Restore => "restore".into(),
                KashFlowEdits::Ask => "ask".into(),
            },
            Self::PushClears => match policy.push_clears {
                PushClears::Ask => "ask".into(),
                PushClears::Never => "never".into(),
                PushClears::Always => "always".into(),
            },
            Self::DeletedInCapsule => match policy.deleted_in_capsule {
                DeletedInCapsule::Ask => "ask".into(),
                DeletedInCapsule::Recreate => "recreate".into(),
                DeletedInCapsule::Ignore => "ignore".into(),
            },
            Self::Suppliers => match policy.suppliers {
                Suppliers::Sync => "sync".into(),
                Suppliers::LinkOnly => "link_only".into(),
                Suppliers::Off => "off".into(),
            },
            Self::ExcludeSupplierInvoices => policy.exclude_supplier_invoices.to_string(),
            Self::WriteSummary => policy.write_summary.to_string(),
            Self::DefaultTeam => policy.default_team.clone().unwrap_or_default(),
            Self::SyncInterval => duration::show(policy.sync_interval),
            Self::KeepDays => policy.keep_days.to_string(),
        }
    }

    /// Its value when nobody has said anything.
    pub fn default_value(self) -> String {
        self.show(&Policy::default())
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(&words.join(", ")),
            Self::Switch => f.write_str("true, false"),
            Self::Text => f.write_str("a name, an id, or nothing"),
            Self::Time(least, most) => {
                write!(f, "{} to {}", duration::show(*least), duration::show(*most))
            }
            Self::Days(least, most) => write!(f, "{least} to {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_design() {
        let shown: Vec<_> =
            Setting::ALL.into_iter().map(|setting| (setting.key(), setting.default_value())).collect();
        let expected = [
            ("near_match", "ask"),
            ("same_name", "link_both"),
            ("kashflow_edits", "report"),
            ("push_clears", "ask"),
            ("deleted_in_capsule", "ask"),
            ("suppliers", "sync"),
            ("exclude_supplier_invoices", "false"),
            ("write_summary", "true"),
            ("default_team", ""),
            ("sync_interval", "2h"),
            ("keep_days", "400"),
        ];
        assert_eq!(shown, expected.map(|(key, value)| (key, value.to_owned())));
    }

    #[test]
    fn every_allowed_value_is_taken_and_shown_as_typed() {
        for (setting, values) in [
            (Setting::NearMatch, &["ask", "create", "link_strong"][..]),
            (Setting::SameName, &["link_both", "ask"]),
            (Setting::KashFlowEdits, &["report", "restore", "ask"]),
            (Setting::PushClears, &["ask", "never", "always"]),
            (Setting::DeletedInCapsule, &["ask", "recreate", "ignore"]),
            (Setting::Suppliers, &["sync", "link_only", "off"]),
            (Setting::ExcludeSupplierInvoices, &["true", "false"]),
            (Setting::WriteSummary, &["true", "false"]),
            (Setting::DefaultTeam, &["Workshop", "17", ""]),
            (Setting::SyncInterval, &["5m", "1h30m", "7d"]),
            (Setting::KeepDays, &["1", "36500"]),
        ] {
            if let Allowed::Words(words) = setting.allowed() {
                assert_eq!(words, values, "the catalogue lists what is taken");
                assert_eq!(words.first(), Some(&setting.default_value().as_str()), "the default is first");
            }
            for value in values {
                let mut policy = Policy::default();
                setting.put(value, &mut policy).unwrap();
                assert_eq!(setting.show(&policy), *value);
            }
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for (key, value, allowed) in [
            ("near_match", "guess", "ask, create, link_strong"),
            ("near_match", "", "ask, create, link_strong"),
            ("kashflow_edits", "never", "report, restore, ask"),
            ("push_clears", "Always", "ask, never, always"),
            ("write_summary", "yes", "true, false"),
            ("sync_interval", "4m", "5m to 7d"),
            ("sync_interval", "8d", "5m to 7d"),
            ("sync_interval", "120", "5m to 7d"),
            ("keep_days", "0", "1 to 36500"),
            ("keep_days", "-1", "1 to 36500"),
            ("default_team", "a\nb", "a name"),
        ] {
            let mut policy = Policy::default();
            let error = Setting::of_key(key).unwrap().put(value, &mut policy).unwrap_err();
            assert!(error.remedy().contains(allowed), "{error} {}", error.remedy());
            assert_eq!(policy, Policy::default(), "nothing is changed");
        }
        let error = Setting::of_key("near-match").unwrap_err();
        assert!(error.remedy().contains("near_match, same_name"), "{}", error.remedy());
    }
}
