//! The process dies at every commit and at every request that changes something, before and after it took effect, for each
//! kind of operation: done once more the end is that of a process that lived, and a further run writes nothing (I9).

use jiff::SignedDuration;
use kashsync::domain::deletion::LedgerStep;
use kashsync::domain::details::Field;
use kashsync::domain::ids::{ContactId, LedgerRef, Service};
use kashsync::domain::journal::{Action, JournalEntry};
use kashsync::domain::local::IntentAction;
use kashsync::domain::question::{Choice, QuestionKind};
use kashsync::engine::command::{Command, DeleteOrder, MergeOrder, Undo};
use kashsync::ports::Kept;
use serde_json::{Value, json};

use crate::lab::history::{History, Settings};
use crate::lab::net::DiesAt;
use crate::lab::play::Stage;
use crate::lab::process::End;
use crate::lab::record::{of_ledger, of_party, reference};
use crate::lab::truth::{Leave, Target};

/// What somebody does at the services.
type Deed = fn(&mut Bench);
/// What a person says with what there is to see; nothing when it is done already.
type Order = fn(&Kept, &[JournalEntry]) -> Vec<Command>;

/// One kind of operation.
struct Case {
    name: &'static str,
    /// What stands before the first sync, beside the firm; `None`: the first sync itself is the operation.
    first: Option<Deed>,
    /// What is done then, each followed by a sync that lives.
    then: &'static [Deed],
    /// What is done right before the operation.
    last: Deed,
    order: Order,
}

struct Bench {
    stage: Stage,
}

/// The contact, customer and code that most cases are about.
const NAME: &str = "Ash Tree Ltd";

fn nothing(_: &mut Bench) {}

fn no_order(_: &Kept, _: &[JournalEntry]) -> Vec<Command> {
    Vec::new()
}

fn sync() -> Command {
    Command::Sync { full: false, contact: None }
}

impl Bench {
    fn new() -> Self {
        let empty = History { seed: 1, start: Vec::new(), settings: Settings::default(), steps: Vec::new() };
        let bench = Self { stage: Stage::new(&empty, None) };
        bench.customer(NAME, "ASHT01");
        bench.customer("Birch and Sons", "BIRC01");
        let organisation = bench.party(&json!({"type": "organisation", "name": NAME,
            "phoneNumbers": [{"number": "0113 496 0101", "type": "Work"}]}));
        bench.person("Jo", Some(organisation));
        bench.party(&json!({"type": "organisation", "name": "Cedar Crafts Ltd"}));
        let mut net = bench.stage.net.lock().unwrap();
        let now = net.clock.truth();
        let invoice = json!({"CustomerCode": "ASHT01", "NetAmount": 100, "VATAmount": 20});
        net.kashflow.add("invoice", &invoice, now).unwrap();
        drop(net);
        bench
    }

    fn pass(&self, minutes: i64) {
        self.stage.clock.pass(SignedDuration::from_mins(minutes));
    }

    fn customer(&self, name: &str, code: &str) {
        let mut net = self.stage.net.lock().unwrap();
        let now = net.clock.truth();
        let body = json!({"Name": name, "Code": code, "Note": "gate code 7", "Contacts": [{"Firstname": "Pat",
            "LastName": "Lee", "IsPrimary": true, "Email": "books@firm.example", "Telephone": "0113 496 0101"}]});
        net.kashflow.add("customer", &body, now).unwrap();
    }

    fn party(&self, body: &Value) -> i64 {
        let mut net = self.stage.net.lock().unwrap();
        let now = net.clock.truth();
        net.capsule.add_party(&json!({ "party": body }), 62, now).unwrap()
    }

    fn person(&self, first: &str, employer: Option<i64>) -> i64 {
        let employer = employer.map_or(Value::Null, |id| json!({ "id": id }));
        self.party(
            &json!({"type": "person", "firstName": first, "lastName": "Smith", "organisation": employer}),
        )
    }

    fn id(&self, name: &str) -> i64 {
        let net = self.stage.net.lock().unwrap();
        net.capsule.parties().find(|party| party.name() == name).unwrap().id
    }

    fn edit(&self, name: &str, changes: &Value) {
        let id = self.id(name);
        let mut net = self.stage.net.lock().unwrap();
        let now = net.clock.truth();
        net.capsule.edit(id, changes, now).unwrap();
    }

    fn edit_customer(&self, code: &str, changes: &Value) {
        let mut net = self.stage.net.lock().unwrap();
        let now = net.clock.truth();
        net.kashflow.edit("customer", code, changes, now).unwrap();
    }

    /// The services and the links as far as they matter: no ids, no times.
    fn outcome(&self) -> Vec<String> {
        let net = self.stage.net.lock().unwrap();
        let mut lines: Vec<String> = net
            .capsule
            .parties()
            .map(|party| {
                let whole = net.capsule.whole(party.id).unwrap();
                let rows: usize = ["emailAddresses", "phoneNumbers", "websites", "addresses"]
                    .iter()
                    .map(|list| whole[list].as_array().map_or(0, Vec::len))
                    .sum();
                format!(
                    "{:?} {rows} rows {:?} of {} {:?}",
                    of_party(&whole),
                    net.capsule.field_values(party),
                    whole["organisation"]["name"],
                    party.tag_ids().collect::<Vec<_>>()
                )
            })
            .collect();
        for ledger in net.kashflow.customers() {
            let person = ledger.primary().map(|person| (person.first_name.clone(), person.last_name.clone()));
            lines.push(format!("{} {} {:?} {person:?}", ledger.code, ledger.archived, of_ledger(ledger)));
        }
        let kept = self.stage.disk.look(|kept, _| kept.clone());
        for ledger in net.kashflow.customers() {
            let reference = reference(ledger);
            let name = |id: ContactId| {
                net.capsule.parties().find(|party| party.id == id.0).map(kashsync::sim::capsule::Party::name)
            };
            let linked = kept.local.link_of(reference).map(|link| name(link.contact));
            let ignored = kept.local.ignored.contains_key(&reference);
            lines.push(format!("{} linked {linked:?} ignored {ignored}", ledger.code));
        }
        lines.push(format!("{:?} intents, {:?} failing", kept.local.intents, kept.local.failing.len()));
        lines.sort();
        lines
    }

    fn writes(&self) -> usize {
        self.stage.net.lock().unwrap().truth.writes.len()
    }

    async fn live(&mut self, order: Order, dies: Option<DiesAt>, at_commit: Option<(u32, bool)>) -> End {
        let mut commands = self.stage.disk.look(|kept, journal| {
            let begun = begun(kept);
            if begun.is_empty() { order(kept, journal) } else { begun }
        });
        commands.push(sync());
        self.stage.direct(commands, dies, at_commit).await.0
    }

    /// Brings the firm to where the operation begins.
    async fn prepared(case: &Case) -> Self {
        let mut bench = Self::new();
        if let Some(first) = case.first {
            first(&mut bench);
            for deed in [nothing as Deed].iter().chain(case.then) {
                deed(&mut bench);
                bench.pass(20);
                assert_eq!(bench.live(no_order, None, None).await, End::Stopped);
                bench.pass(20);
            }
        }
        (case.last)(&mut bench);
        bench.pass(1);
        bench.allow();
        bench
    }

    /// A person asks for all of it: what may be taken away is not judged here.
    fn allow(&self) {
        let mut net = self.stage.net.lock().unwrap();
        let truth = &mut net.truth;
        truth.exported = true;
        truth.merged = truth.parties.clone();
        let parties = truth.parties.iter().map(|id| Target::Party(*id));
        let targets: Vec<Target> =
            parties.chain(truth.ledgers.iter().map(|ledger| Target::Ledger(*ledger))).collect();
        truth.leaves = targets
            .iter()
            .map(|target| Leave {
                target: *target,
                archive_only: false,
                name: String::new(),
                why: "an undo".into(),
            })
            .collect();
        truth.undone.extend(targets);
    }

    /// What a person does who sees what came of it: the same again where it is not done, and a sync.
    async fn finish(&mut self, case: &Case) {
        for _ in 0..2 {
            self.pass(10);
            assert_eq!(self.live(case.order, None, None).await, End::Stopped, "{}", case.name);
        }
    }
}

/// Plays one case with one death; gives back whether it died at all.
async fn dies(
    case: &Case,
    expected: &[String],
    dies: Option<DiesAt>,
    at_commit: Option<(u32, bool)>,
) -> bool {
    let mut bench = Bench::prepared(case).await;
    if bench.live(case.order, dies, at_commit).await != End::Died {
        return false;
    }
    bench.finish(case).await;
    let told = || {
        let kept =
            bench.stage.disk.look(|kept, _| format!("{:#?} {:?}", kept.local.questions, kept.runs.last()));
        format!("{}\n{kept}", bench.stage.net.lock().unwrap().truth.story.join("\n"))
    };
    let at = format!("{} {dies:?} {at_commit:?}", case.name);
    assert_eq!(bench.outcome(), expected, "{at}\n{}", told());
    let before = bench.writes();
    let mut bench = bench;
    bench.pass(10);
    bench.live(no_order, None, None).await;
    assert_eq!(bench.writes(), before, "{at}: a further run writes nothing");
    let broken = bench.stage.net.lock().unwrap().truth.violations.clone();
    assert_eq!(broken, [], "{at}");
    true
}

/// Every point of a case; how many there are.
async fn exhaust(case: &Case) -> usize {
    let mut bench = Bench::prepared(case).await;
    let before = bench.outcome();
    assert_eq!(bench.live(case.order, None, None).await, End::Stopped);
    bench.finish(case).await;
    let expected = bench.outcome();
    assert_ne!(before, expected, "{}: it does something", case.name);
    let mut points = 0;
    for durable in [false, true] {
        for commit in 1.. {
            if !dies(case, &expected, None, Some((commit, durable))).await {
                assert!(commit > 1, "{}: nothing is committed", case.name);
                break;
            }
            points += 1;
        }
    }
    for carried_out in [false, true] {
        for request in 0.. {
            let at = DiesAt { request, writes_only: true, carried_out };
            if !dies(case, &expected, Some(at), None).await {
                assert!(request > 0, "{}: nothing is written", case.name);
                break;
            }
            points += 1;
        }
    }
    points
}

/// The same commands again, for what was begun at once and is not finished.
fn begun(kept: &Kept) -> Vec<Command> {
    let again = kept.local.intents.values().filter_map(|intent| match &intent.action {
        IntentAction::Delete(begun) => Some(Command::Delete(DeleteOrder {
            contact: begun.contact,
            step: begun.step,
            confirm: Some(begun.name.clone()),
            dry: false,
        })),
        IntentAction::Merge(begun) => Some(Command::Merge(MergeOrder {
            keep: begun.keep,
            other: begun.other,
            name: None,
            confirm: Some(begun.other_name.clone()),
            dry: false,
        })),
        IntentAction::Undo(entry) => Some(Command::Undo(Undo::Entries([*entry].into()))),
        _ => None,
    });
    again.collect()
}

fn contact(kept: &Kept, name: &str) -> Option<ContactId> {
    kept.snapshot.contacts.values().find(|contact| contact.name() == name).map(|contact| contact.id)
}

fn ledger(kept: &Kept, code: &str) -> Option<LedgerRef> {
    kept.snapshot.ledger.values().find(|ledger| ledger.code == code).map(|ledger| ledger.id)
}

/// The answer to the open question of that kind, if it is open.
fn answered(
    kept: &Kept,
    kind: QuestionKind,
    choose: impl Fn(&Choice) -> bool,
    value: Option<&str>,
) -> Vec<Command> {
    let mut open = kept.local.questions.values().filter(|one| one.is_open() && one.asked.key.kind == kind);
    let Some(question) = open.next() else { return Vec::new() };
    let choice = question.asked.choices.iter().find(|choice| choose(choice)).unwrap().clone();
    let value = value.map(str::to_owned);
    vec![Command::Answer { question: question.id, choice, value }]
}

fn undone(journal: &[JournalEntry], action: Action, name: &str) -> Vec<Command> {
    let mut fits =
        journal.iter().filter(|entry| entry.action == action && entry.name == name && entry.run.is_some());
    let entry = fits.next().filter(|entry| !entry.undone);
    entry.map(|entry| Command::Undo(Undo::Entries([entry.id].into()))).into_iter().collect()
}

fn delete(kept: &Kept, step: LedgerStep) -> Vec<Command> {
    let confirm = Some(NAME.to_owned());
    let order =
        |contact| Command::Delete(DeleteOrder { contact, step, confirm: confirm.clone(), dry: false });
    contact(kept, NAME).map(order).into_iter().collect()
}

fn delete_contact(bench: &mut Bench) {
    let id = bench.id(NAME);
    let mut net = bench.stage.net.lock().unwrap();
    let now = net.clock.truth();
    net.capsule.delete(id, now).unwrap();
    net.truth.was_deleted.insert(id);
    net.truth.deleted.push(id);
}

fn delete_customer(bench: &mut Bench) {
    let mut net = bench.stage.net.lock().unwrap();
    let now = net.clock.truth();
    net.kashflow.delete("customer", "ASHT01", now).unwrap();
}

fn export_jo(kept: &Kept, _: &[JournalEntry]) -> Vec<Command> {
    let unlinked = contact(kept, "Cedar Crafts Ltd").filter(|id| kept.local.links_on(*id).next().is_none());
    unlinked.map(|id| Command::Export(vec![id])).into_iter().collect()
}

const CASES: &[Case] = &[
    Case {
        name: "link, create and summary of a first sync",
        first: None,
        then: &[],
        last: nothing,
        order: no_order,
    },
    Case {
        name: "an update of KashFlow",
        first: Some(nothing),
        then: &[],
        last: |bench| bench.edit(NAME, &json!({"emailAddresses": [{"address": "new@ash.example"}]})),
        order: no_order,
    },
    Case {
        name: "an update of Capsule",
        first: Some(nothing),
        then: &[|bench| bench.edit_customer("ASHT01", &json!({"Mobile": "07700 900101"}))],
        last: nothing,
        order: |kept, _| {
            let id = contact(kept, NAME).unwrap();
            let has = kept.snapshot.contacts[&id].phones.iter().any(|row| row.number.contains("900101"));
            let take = Command::Take { contact: id, field: Field::Mobile, side: Service::KashFlow };
            if has { Vec::new() } else { vec![take] }
        },
    },
    Case {
        name: "a summary",
        first: Some(nothing),
        then: &[],
        last: |bench| {
            let mut net = bench.stage.net.lock().unwrap();
            let now = net.clock.truth();
            net.kashflow.pay(1001, 50.into(), now).unwrap();
        },
        order: no_order,
    },
    Case {
        name: "a rename by answer",
        first: Some(|bench| {
            bench.customer("Dogwood Kitchens", "DOGW01");
            bench.customer("Dogwood Kitchens", "DOGW02");
        }),
        then: &[],
        last: nothing,
        order: |kept, _| {
            let second = ledger(kept, "DOGW02");
            let renames =
                |choice: &Choice| matches!(choice, Choice::Rename { ledger, .. } if Some(*ledger) == second);
            answered(kept, QuestionKind::SameName, renames, Some("Dogwood Bathrooms"))
        },
    },
    Case { name: "an export", first: Some(nothing), then: &[], last: nothing, order: export_jo },
    Case {
        name: "another Contact Person by export",
        first: Some(|bench| {
            let employer = bench.id("Cedar Crafts Ltd");
            bench.person("Kim", Some(employer));
            bench.person("Lou", Some(employer));
        }),
        then: &[],
        last: nothing,
        order: |kept, _| {
            let link = contact(kept, "Cedar Crafts Ltd").and_then(|id| kept.local.links_on(id).next());
            let next = match link.map(|link| link.person) {
                None => contact(kept, "Kim Smith"),
                Some(person) if person == contact(kept, "Kim Smith") => contact(kept, "Lou Smith"),
                Some(_) => None,
            };
            next.map(|id| Command::Export(vec![id])).into_iter().collect()
        },
    },
    Case {
        name: "an archive by answer",
        first: Some(nothing),
        then: &[delete_contact],
        last: nothing,
        order: |kept, _| {
            answered(kept, QuestionKind::DeletedInCapsule, |choice| *choice == Choice::Archive, None)
        },
    },
    Case {
        name: "a delete in KashFlow by answer",
        first: Some(nothing),
        then: &[delete_contact],
        last: nothing,
        order: |kept, _| {
            answered(kept, QuestionKind::DeletedInCapsule, |choice| *choice == Choice::Delete, Some(NAME))
        },
    },
    Case {
        name: "a contact made anew by answer",
        first: Some(nothing),
        then: &[delete_contact],
        last: nothing,
        order: |kept, _| {
            answered(kept, QuestionKind::DeletedInCapsule, |choice| *choice == Choice::Recreate, None)
        },
    },
    Case {
        name: "a delete in Capsule by answer",
        first: Some(nothing),
        then: &[delete_customer, nothing],
        last: nothing,
        order: |kept, _| {
            answered(kept, QuestionKind::DeletedInKashFlow, |choice| *choice == Choice::Delete, Some(NAME))
        },
    },
    Case {
        name: "a delete on both sides by command",
        first: Some(nothing),
        then: &[],
        last: nothing,
        order: |kept, _| delete(kept, LedgerStep::Delete),
    },
    Case {
        name: "a delete that archives by command",
        first: Some(nothing),
        then: &[],
        last: nothing,
        order: |kept, _| delete(kept, LedgerStep::Archive),
    },
    Case {
        name: "a merge by command",
        first: Some(nothing),
        then: &[],
        last: nothing,
        order: |kept, _| {
            let pair = contact(kept, "Cedar Crafts Ltd").zip(contact(kept, "Birch and Sons"));
            let confirm = Some("Birch and Sons".to_owned());
            let merge =
                |(keep, other)| MergeOrder { keep, other, name: None, confirm: confirm.clone(), dry: false };
            pair.map(|pair| Command::Merge(merge(pair))).into_iter().collect()
        },
    },
    Case {
        name: "an undo of a create",
        first: Some(nothing),
        then: &[],
        last: nothing,
        order: |_, journal| undone(journal, Action::Create, "Birch and Sons"),
    },
    Case {
        name: "an undo of an update",
        first: Some(nothing),
        then: &[|bench| bench.edit(NAME, &json!({"emailAddresses": [{"address": "new@ash.example"}]}))],
        last: nothing,
        order: |_, journal| undone(journal, Action::Update, NAME),
    },
];

/// Every point of every fourth kind of operation from `part` on: the kinds with how many points they have. Panics at the
/// first point that comes to another end.
pub fn exhausted(part: usize) -> Vec<(&'static str, usize)> {
    let mut all = Vec::new();
    for case in CASES.iter().skip(part).step_by(4) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let points = runtime.block_on(exhaust(case));
        assert!(points > 8, "{}: {points} points", case.name);
        all.push((case.name, points));
    }
    all
}

#[test]
fn i09_a_crash_anywhere_ends_in_the_same_state_first_quarter() {
    assert_eq!(exhausted(0).len(), 4);
}

#[test]
fn i09_a_crash_anywhere_ends_in_the_same_state_second_quarter() {
    assert_eq!(exhausted(1).len(), 4);
}

#[test]
fn i09_a_crash_anywhere_ends_in_the_same_state_third_quarter() {
    assert_eq!(exhausted(2).len(), 4);
}

#[test]
fn i09_a_crash_anywhere_ends_in_the_same_state_fourth_quarter() {
    assert_eq!(exhausted(3).len(), 4);
}
