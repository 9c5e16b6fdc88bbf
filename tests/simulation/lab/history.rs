//! A history as plain data: how both services begin, and what happens then. Equal seeds give equal histories.

use kashsync::domain::policy::{DeletedInCapsule, KashFlowEdits, NearMatch, Policy, PushClears, SameName};
use kashsync::sim::kashflow::{PutSemantics, Trimming};

use super::deed::Deed;
use super::dice::Dice;
use super::fault::{Fault, Kind};
use super::net::DiesAt;
use super::order::Order;

/// One history.
#[derive(Debug, Clone)]
pub struct History {
    pub seed: u64,
    pub start: Vec<Deed>,
    pub settings: Settings,
    pub steps: Vec<Step>,
}

/// How both services and kashsync are set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub policy: Policy,
    pub trimming: Trimming,
    pub put: Option<PutSemantics>,
    pub page: Option<u32>,
    pub duplicate_names: bool,
    pub hide_has_more: bool,
    pub queued_deletes: bool,
    pub details_move_time: bool,
    pub hourly_limit: Option<u32>,
}

/// One step.
#[derive(Debug, Clone)]
pub enum Step {
    /// Somebody does something in a service's own screens.
    Deed(Deed),
    /// Time passes.
    Pass { minutes: u32 },
    /// Our machine's clock is wrong from now on.
    Skew { hours: i32 },
    /// One process, from its start to its end or its death.
    Process(Process),
    /// Faults off, people idle: up to three runs, and then one that must find nothing to do.
    Quiet,
}

/// One process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    pub orders: Vec<Order>,
    pub approves: bool,
    pub faults: Vec<Fault>,
    /// What people do at the services when so many requests were sent.
    pub deeds: Vec<(u32, Deed)>,
    /// What they tell kashsync then.
    pub commands: Vec<(u32, Order)>,
    pub dies: Option<DiesAt>,
    /// One of the two accounts is another one meanwhile: KashFlow's, or else Capsule's.
    pub elsewhere: Option<bool>,
    /// It dies at that commit, after it is durable or before.
    pub dies_at_commit: Option<(u32, bool)>,
}

impl History {
    /// The history of a seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut number = 0;
        let mut next = || {
            number += 1;
            number
        };
        let mut start = Vec::new();
        for _ in 0..2 + dice.below(6) {
            start.push(Deed::AddLedger { supplier: dice.percent(35), name: dice.pick(), number: next() });
        }
        for _ in 0..=dice.below(6) {
            start.push(Deed::AddParty { person: dice.percent(20), name: dice.pick(), number: next() });
        }
        for _ in 0..dice.below(6) {
            start.push(Deed::AddDocument { who: dice.pick(), pounds: dice.below(500) });
        }
        let mut settings = Settings::any(&mut dice);
        let mut first = Process {
            orders: vec![Order::Sync { full: false }],
            approves: true,
            ..Process::any(&mut dice, &mut next, 30)
        };
        if dice.percent(15) {
            // The creates of the first run are the ones that must not be made twice; the set-up goes before them.
            let skip = 8 + dice.below(4);
            first.faults.push(Fault {
                skip,
                writes: true,
                kind: dice.one(&Kind::UNTOLD),
                ..Fault::any(&mut dice)
            });
        }
        // Somebody syncs again at once, while a create may still be under way at the service.
        let haste = dice.percent(7);
        if haste {
            // Unique names would hide that something is created twice.
            settings.duplicate_names = true;
            let skip = 8 + dice.below(4);
            let fault =
                Fault { kind: Kind::CommitLate, skip, times: 1, seconds: 40 + dice.below(45), writes: true };
            first.faults = vec![fault];
        }
        let mut steps = vec![Step::Process(first)];
        if haste {
            let orders = vec![Order::Sync { full: false }];
            steps.push(Step::Process(Process { orders, approves: true, ..Process::default() }));
        }
        for _ in 0..4 + dice.below(6) {
            for _ in 0..dice.below(6) {
                steps.push(Step::Deed(Deed::any(&mut dice, next())));
            }
            if dice.percent(60) {
                steps.push(Step::Pass { minutes: dice.below(200) });
            }
            if dice.percent(4) {
                steps.push(Step::Skew { hours: dice.one(&[-24, -1, 1, 24, 0]) });
            }
            steps.push(Step::Process(Process::any(&mut dice, &mut next, 60)));
            if dice.percent(12) {
                steps.push(Step::Quiet);
            }
        }
        steps.push(Step::Quiet);
        Self { seed, start, settings, steps }
    }
}

impl Settings {
    fn any(dice: &mut Dice) -> Self {
        let policy = Policy {
            near_match: if dice.percent(75) {
                NearMatch::Ask
            } else {
                dice.one(&[NearMatch::Create, NearMatch::LinkStrong])
            },
            same_name: if dice.percent(80) { SameName::LinkBoth } else { SameName::Ask },
            kashflow_edits: dice.one(&[
                KashFlowEdits::Report,
                KashFlowEdits::Report,
                KashFlowEdits::Restore,
                KashFlowEdits::Ask,
            ]),
            push_clears: dice.one(&[PushClears::Ask, PushClears::Ask, PushClears::Never, PushClears::Always]),
            deleted_in_capsule: if dice.percent(80) {
                DeletedInCapsule::Ask
            } else {
                dice.one(&[DeletedInCapsule::Recreate, DeletedInCapsule::Ignore])
            },
            exclude_supplier_invoices: dice.percent(10),
            write_summary: dice.percent(90),
            ..Policy::default()
        };
        Self {
            policy,
            trimming: Trimming { texts: dice.percent(15).then_some(12), ..Trimming::default() },
            put: dice.percent(20).then_some(PutSemantics::Merge),
            page: dice.percent(50).then(|| 2 + dice.below(4)),
            duplicate_names: dice.percent(20),
            hide_has_more: dice.percent(20),
            queued_deletes: dice.percent(10),
            details_move_time: dice.percent(50),
            hourly_limit: dice.percent(5).then_some(320),
        }
    }
}

impl Process {
    /// Any process, that often in a hundred a troubled one.
    fn any(dice: &mut Dice, next: &mut impl FnMut() -> u32, troubled: u32) -> Self {
        let mut orders: Vec<Order> = (0..dice.below(3)).map(|_| Order::any(dice)).collect();
        orders.push(Order::Sync { full: dice.percent(8) });
        let mut process = Self { orders, approves: dice.percent(90), ..Self::default() };
        if dice.percent(35) {
            for _ in 0..=dice.below(3) {
                process.deeds.push((dice.below(40), Deed::any(dice, next())));
            }
        }
        if dice.percent(12) {
            let order = match dice.below(4) {
                0 => Order::Cancel,
                1 => Order::Sync { full: false },
                _ => Order::any(dice),
            };
            process.commands.push((dice.below(40), order));
        }
        if dice.percent(troubled) {
            for _ in 0..=dice.below(3) {
                process.faults.push(Fault::any(dice));
            }
        }
        if dice.percent(3) {
            process.elsewhere = Some(dice.percent(50));
        }
        if dice.percent(troubled / 3) {
            let writes_only = dice.percent(60);
            let request = dice.below(if writes_only { 6 } else { 40 });
            process.dies = Some(DiesAt { request, writes_only, carried_out: dice.percent(50) });
        } else if dice.percent(troubled / 4) {
            process.dies_at_commit = Some((1 + dice.below(14), dice.percent(50)));
        }
        process
    }
}
