//! The command line as typed: nothing is resolved here (see `resolve`).

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::duration;
use crate::domain::deletion::LedgerStep;
use crate::domain::details::Field;
use crate::domain::document::DocumentState;
use crate::domain::ids::{Service, Side};

/// Keeps Capsule CRM and KashFlow in step.
///
/// Without a command it opens the screen.
#[derive(Debug, Parser)]
#[command(name = "kashsync", version, max_term_width = 100, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, open questions too
  1  failed
  2  usage or configuration
  3  done, but records are failing
  4  refused by a guard, such as the first sync without --yes
  5  a service does not let kashsync in
  6  the profile is in use
  7  a service could not be reached, or a limit outlasts --max-wait
  129, 130, 143  stopped by a signal";

/// Flags of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// The profile: one Capsule account with one KashFlow company.
    #[arg(long, global = true, value_name = "NAME", default_value = "default", hide_default_value = true)]
    pub profile: String,
    /// Folder under which configuration, data and logs are kept.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Keep configuration, data and logs under this folder [env: KASHSYNC_HOME]"
    )]
    pub home: Option<PathBuf>,
    /// Print one JSON document on standard output; `sync --watch` prints one per run, one a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// When colours are used.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true,
        help = "Use colours: auto, always or never"
    )]
    pub color: ColorChoice,
    /// Log more: -v details, -vv everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the variable `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Try everything on built-in simulators and a sample firm; no account needed.
    ///
    /// Without a terminal: runs the sample firm's first sync and prints plan, result, open questions and debtors.
    Demo(DemoArguments),
    /// Sync now: read both services, apply what is safe, store questions.
    Sync(SyncArguments),
    /// Show what a sync would do. Stores what was read, writes nothing to either service.
    Plan {
        /// Read both services whole.
        #[arg(long)]
        full: bool,
        /// Save the plan to this file, for `apply`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Carry out a saved plan, if neither service nor anything decided here has changed since.
    Apply {
        /// The file that `plan --out` wrote.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How long to wait for a service that asks for a pause.
        #[arg(long, value_name = "TIME", value_parser = time, default_value = "15m")]
        max_wait: Duration,
    },
    /// Show how things stand: accounts, last run, questions, failing records, control total.
    Status,
    /// List contacts with health, links and what they owe.
    Contacts {
        /// Only those whose name, organisation or code holds this text.
        query: Option<String>,
        /// Print CSV.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Show one contact with its details, links and documents.
    Contact {
        /// The contact's id in Capsule.
        id: i64,
    },
    /// List invoices and bills, linked or not.
    Invoices {
        /// Only those of this contact, by its id in Capsule.
        #[arg(long, value_name = "ID")]
        contact: Option<i64>,
        /// Only those in this state.
        #[arg(long, value_name = "STATE", value_parser = document_state)]
        state: Option<DocumentState>,
        /// Print CSV.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Show one invoice or bill with its lines and payments, read from KashFlow now.
    Invoice {
        /// Its number.
        number: i64,
        /// A bill of a supplier, and not a sales invoice.
        #[arg(long)]
        bill: bool,
    },
    /// List who owes, by how long it is overdue.
    Debtors {
        /// Print CSV.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// List the questions that wait for an answer.
    Questions,
    /// Answer a question; the next sync carries the answer out.
    Answer {
        /// The question's number.
        question: u64,
        /// The key of a choice, as `questions` lists them.
        choice: String,
        /// A value, for choices that take one.
        #[arg(long, value_name = "TEXT")]
        value: Option<String>,
    },
    /// Create customers in KashFlow from contacts, after every field was shown.
    Export(ExportArguments),
    /// Take one side's value of a field that differs on a linked contact; the next sync writes it to the other side.
    ///
    /// Taking the same side again takes that back.
    Take {
        /// The contact's id in Capsule.
        id: i64,
        /// The field: name, email, phone, fax, mobile, website, address or `contact_person`.
        #[arg(value_parser = field)]
        field: Field,
        /// Whose value: capsule or kashflow.
        #[arg(value_name = "capsule|kashflow", value_parser = service)]
        side: Service,
    },
    /// List what was written and decided, newest last.
    Journal {
        /// Only this run's entries.
        #[arg(long, value_name = "N")]
        run: Option<u64>,
    },
    /// Undo journal entries, newest first, at once; what changed since stays as it is.
    Undo {
        /// The entries' numbers, as `journal` lists them.
        #[arg(value_name = "ENTRY", required_unless_present = "run", conflicts_with = "run")]
        entries: Vec<u64>,
        /// Everything that this run did and that can be undone.
        #[arg(long, value_name = "N")]
        run: Option<u64>,
    },
    /// Leave a customer or supplier out of Capsule for good.
    Ignore {
        /// The record: `customer:CODE` or `supplier:CODE`.
        #[arg(value_name = "customer:CODE")]
        record: String,
    },
    /// Take a customer or supplier off the ignored list.
    Unignore {
        /// The record: `customer:CODE` or `supplier:CODE`.
        #[arg(value_name = "customer:CODE")]
        record: String,
    },
    /// List ignored customers and suppliers.
    Ignored,
    /// Link a contact with a customer or supplier by hand. Neither record's details change.
    Link {
        /// The contact's id in Capsule.
        #[arg(value_name = "ID")]
        contact: i64,
        /// The record: `customer:CODE` or `supplier:CODE`.
        #[arg(value_name = "customer:CODE")]
        record: String,
    },
    /// End a contact's links, or the one on that side; the two are not linked again by themselves.
    Unlink {
        /// The contact's id in Capsule.
        #[arg(value_name = "ID")]
        contact: i64,
        /// Only the link on this side: customer or supplier.
        #[arg(value_name = "customer|supplier", value_parser = side)]
        side: Option<Side>,
    },
    /// Declare that a contact and a customer or supplier are not the same.
    Never {
        /// The contact's id in Capsule.
        #[arg(value_name = "ID")]
        contact: i64,
        /// The record: `customer:CODE` or `supplier:CODE`.
        #[arg(value_name = "customer:CODE")]
        record: String,
    },
    /// Try failing records again with the next sync, whenever they would be due.
    Retry {
        /// Only those of this contact, by its id in Capsule.
        #[arg(value_name = "ID")]
        contact: Option<i64>,
    },
    /// List contacts in Capsule that are likely the same, with the reasons.
    Duplicates,
    /// Delete a contact: first its customer and supplier in KashFlow, then the contact in Capsule.
    ///
    /// Shows what goes with it. Nothing is written without --confirm; the pair is ignored afterwards and never comes back.
    Delete(DeleteArguments),
    /// Merge two contacts of Capsule: the first is kept, the other is deleted.
    ///
    /// Rows, tags, field values, people and links move over. Nothing is written without --confirm.
    Merge(MergeArguments),
    /// Show or change settings.
    Settings {
        /// What to do; without it all settings are listed.
        #[command(subcommand)]
        command: Option<SettingsCommand>,
    },
    /// Sync again, after `disable`: the links that were kept count again.
    Enable,
    /// Stop syncing. Links and invoices are kept, hidden; contacts stay in Capsule and nothing changes in KashFlow.
    Disable {
        /// Confirm.
        #[arg(long)]
        yes: bool,
        /// Also empty the KashFlow fields of linked contacts in Capsule, all but the KashFlow ID.
        #[arg(long)]
        clear_summary: bool,
    },
    /// Back up what cannot be read from the services again: links, answers, ignored records, journal, settings. No secrets, no
    /// documents.
    Backup {
        /// The file to write; an earlier backup there is replaced.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Restore a backup. What it replaces is kept beside it; the next sync reads both services whole.
    Restore(RestoreArguments),
    /// Credentials: store, test and forget them.
    Credentials {
        /// What to do.
        #[command(subcommand)]
        command: CredentialsCommand,
    },
    /// List the profiles: whose companies they are, where their credentials are, when they were last synced.
    Profiles,
    /// Serve simulators of both services on this machine until a signal.
    ///
    /// Prints one `export NAME=value` line for every variable that points kashsync at them, then `ready`.
    Sim(SimArguments),
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArguments {
    /// A made-up firm with about this many contacts, instead of the sample firm.
    #[arg(long, value_name = "N")]
    pub contacts: Option<usize>,
    /// What the made-up names and amounts are drawn from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `sync`.
#[derive(Debug, Clone, Default, Args)]
pub struct SyncArguments {
    /// Show what would be done; write nothing to either service.
    #[arg(long, conflicts_with_all = ["yes", "watch"])]
    pub dry_run: bool,
    /// Approve the plan of the first sync.
    #[arg(long)]
    pub yes: bool,
    /// Keep running, one sync per interval, until a signal; each run's result is printed when it ends.
    #[arg(long)]
    pub watch: bool,
    /// Read both services whole.
    #[arg(long)]
    pub full: bool,
    /// Only what concerns this contact, by its id in Capsule.
    #[arg(long, value_name = "ID")]
    pub contact: Option<i64>,
    /// How long to wait for a service that asks for a pause.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "15m")]
    pub max_wait: Duration,
}

/// Arguments of `merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArguments {
    /// The id in Capsule of the contact that is kept.
    #[arg(value_name = "KEEP")]
    pub keep: i64,
    /// The id in Capsule of the contact that goes.
    #[arg(value_name = "OTHER")]
    pub other: i64,
    /// What the kept contact is called afterwards; without it the name is KashFlow's where it is linked.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The other contact's name in Capsule, as a confirmation.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Show what would be done; write nothing.
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
}

/// Arguments of `delete`.
#[derive(Debug, Clone, Args)]
pub struct DeleteArguments {
    /// The contact's id in Capsule.
    #[arg(value_name = "ID")]
    pub contact: i64,
    /// What becomes of its customer and supplier: archive, delete (with all documents) or leave.
    #[arg(long, value_name = "archive|delete|leave", value_parser = ledger_step, default_value = "archive")]
    pub kashflow: LedgerStep,
    /// The contact's name in Capsule, as a confirmation.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Show what would go; write nothing.
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArguments {
    /// The backup; without it the newest good automatic one, made after each sync that changed something.
    #[arg(value_name = "FILE", conflicts_with = "relink")]
    pub file: Option<PathBuf>,
    /// Without any backup: move the store aside and begin anew, with links found again by the KashFlow ID in Capsule.
    #[arg(long)]
    pub relink: bool,
    /// Accepted for scripts; nothing is asked, because what is replaced is kept.
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// The contacts' ids in Capsule. A person in an organisation exports the organisation, with the person as Contact Person.
    #[arg(value_name = "ID", required = true)]
    pub contacts: Vec<i64>,
    /// Show what would be sent; write nothing.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Export without asking.
    #[arg(long)]
    pub yes: bool,
}

/// Subcommands of `settings`.
#[derive(Debug, Clone, Subcommand)]
pub enum SettingsCommand {
    /// Show one setting.
    Get {
        /// The setting's key.
        key: String,
    },
    /// Change a setting.
    Set {
        /// The setting's key.
        key: String,
        /// Its new value.
        value: String,
    },
}

/// Subcommands of `credentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum CredentialsCommand {
    /// Store them, in the system's secret store or a file encrypted under a passphrase.
    ///
    /// Asks for the Capsule token and for KashFlow's user name, password and memorable word. Where standard input is no terminal
    /// it has these, one a line in this order; an empty line keeps what is stored. The passphrase is then taken from
    /// `KASHSYNC_PASSPHRASE`. They are tried first, and only what the services accept is stored.
    Set {
        /// Store them untried.
        #[arg(long)]
        no_test: bool,
    },
    /// Sign in to both services and tell whose accounts they are, also with credentials that were refused before.
    Test,
    /// Remove what is stored of this profile; no passphrase is needed.
    Forget {
        /// Confirm.
        #[arg(long)]
        yes: bool,
    },
}

/// Arguments of `sim`.
#[derive(Debug, Clone, Args)]
pub struct SimArguments {
    /// Where the simulated Capsule listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub capsule_addr: std::net::SocketAddr,
    /// Where the simulated KashFlow listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub kashflow_addr: std::net::SocketAddr,
    /// What they hold: the sample firm, nothing, or a made-up firm with about this many contacts.
    #[arg(long, value_name = "demo|empty|N", value_parser = dataset, default_value = "demo")]
    pub dataset: Dataset,
    /// What the made-up names and amounts are drawn from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// How long every answer takes, in milliseconds.
    #[arg(long, value_name = "L", default_value_t = 0)]
    pub latency_ms: u64,
}

/// What simulators hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dataset {
    /// The sample firm.
    Demo,
    /// Nothing.
    Empty,
    /// A made-up firm with about this many contacts.
    Large(usize),
}

fn dataset(text: &str) -> Result<Dataset, String> {
    match text {
        "demo" => Ok(Dataset::Demo),
        "empty" => Ok(Dataset::Empty),
        number => number.parse().map(Dataset::Large).map_err(|_| "use demo, empty or a number".into()),
    }
}

fn field(text: &str) -> Result<Field, String> {
    Field::of_word(text).ok_or_else(|| {
        let words: Vec<&str> = Field::ALL.into_iter().map(Field::word).collect();
        format!("fields are {}", words.join(", "))
    })
}

fn service(text: &str) -> Result<Service, String> {
    [Service::Capsule, Service::KashFlow]
        .into_iter()
        .find(|side| side.word() == text)
        .ok_or_else(|| "use capsule or kashflow".into())
}

fn side(text: &str) -> Result<Side, String> {
    Side::from_word(text).ok_or_else(|| "use customer or supplier".into())
}

fn ledger_step(text: &str) -> Result<LedgerStep, String> {
    LedgerStep::from_word(text).ok_or_else(|| "use archive, delete or leave".into())
}

fn time(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| "use a time like 15m, 2h or 90s".into())
}

fn document_state(text: &str) -> Result<DocumentState, String> {
    DocumentState::ALL.into_iter().find(|state| state.word() == text).ok_or_else(|| {
        let words: Vec<&str> = DocumentState::ALL.into_iter().map(DocumentState::word).collect();
        format!("states are {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn i19_no_argument_takes_a_secret() {
        fn look(command: &clap::Command, seen: &mut usize) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str().to_lowercase();
                for secret in ["token", "password", "word", "phrase", "secret", "user"] {
                    assert!(!name.contains(secret), "{} {name}", command.get_name());
                }
                *seen += 1;
            }
            command.get_subcommands().for_each(|command| look(command, seen));
        }
        let mut seen = 0;
        look(&Arguments::command(), &mut seen);
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn global_flags_may_stand_anywhere() {
        let parsed =
            Arguments::try_parse_from(["kashsync", "sync", "--json", "--yes", "--profile", "b"]).unwrap();
        assert!(parsed.globals.json);
        assert_eq!(parsed.globals.profile, "b");
        assert!(matches!(parsed.command, Some(Command::Sync(SyncArguments { yes: true, watch: false, .. }))));
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_what_does() {
        for (line, hint) in [
            (&["invoices", "--state", "late"][..], "unpaid"),
            (&["sync", "--max-wait", "soon"], "15m"),
            (&["take", "7", "colour", "capsule"], "contact_person"),
            (&["take", "7", "email", "theirs"], "capsule or kashflow"),
            (&["sim", "--dataset", "big"], "demo, empty or a number"),
            (&["sync", "--dry-run", "--yes"], "cannot be used with"),
            (&["unlink", "7", "client"], "customer or supplier"),
            (&["delete", "7", "--kashflow", "drop"], "archive, delete or leave"),
            (&["delete", "7", "--dry-run", "--confirm", "Acme"], "cannot be used with"),
            (&["contacts", "--csv", "--json"], "cannot be used with"),
        ] {
            let line = std::iter::once("kashsync").chain(line.iter().copied());
            let error = Arguments::try_parse_from(line).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
