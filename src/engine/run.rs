//! One run: sign in, read, plan, guard, carry out, settle, record (design 1, 5).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::World;
use super::accounts::{check_markers, own_accounts, resolve_team};
use super::apply::{Round, apply, export, removal};
use super::credentials::note_trouble;
use super::event::{Event, Level, Step};
use super::exporting;
use super::prune::prune;
use super::questions::{Seen, ask_about_mass_change, rebase, store, store_failing};
use super::read::{ListRead, capsule, documents, ledger, one};
use super::recover;
use super::report::{control_line, level_of, suggested_links, summary_of};
use super::saved_plan;
use super::session::Session;
use super::settle;
use super::stop::Stop;
use crate::domain::basis::Basis;
use crate::domain::control::control;
use crate::domain::guard::{List, MassChange, Verdict, asked_about, verdict};
use crate::domain::ids::{ContactId, LedgerRef, QuestionId, RunId, Service, Side};
use crate::domain::local::{Failing, Initial, Local};
use crate::domain::operation::{Counts, Plan};
use crate::domain::plan::plan;
use crate::domain::policy::Policy;
use crate::domain::run::{Control, Outcome, ReadCounts, Requests, RunReport, Trigger, UnpaidLine};
use crate::domain::snapshot::Snapshot;
use crate::domain::wording::with_remedy;
use crate::ports::{Change, Crm, Ledger, StoreError};

/// An approval covers this many creates more than the plan showed (design B35).
const APPROVAL_SLACK: usize = 50;
/// How often a run plans again after writes in doubt were found out, or records moved.
const MOST_ROUNDS: usize = 3;

/// What a run is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) trigger: Trigger,
    /// Read both sides whole.
    pub(super) full: bool,
    /// Only what concerns this contact.
    pub(super) contact: Option<ContactId>,
    /// Read and plan; keep what was read and nothing else.
    pub(super) dry: bool,
    /// Carry the plan out only if it is made from this.
    pub(super) expects: Option<Basis>,
    /// Export these contacts, and nothing else (design B25).
    pub(super) exports: Vec<ContactId>,
}

/// A run under way.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) order: Order,
    started: Timestamp,
    capsule_before: Requests,
    kashflow_before: Requests,
    read: ReadCounts,
    done: Counts,
    questions_new: usize,
    control: Option<Control>,
    /// When reading ended; a parked run whose reading is old reads again.
    pub(super) read_at: Option<Timestamp>,
    /// Creates that the plan waiting for approval shows.
    pub(super) shown_creates: usize,
    /// Lists that held records and read empty.
    empty: BTreeSet<List>,
    /// The question by whose answer a person agreed to unusually many changes (design B35).
    agreed: Option<QuestionId>,
    /// What the newest plan would do.
    planned: Counts,
    /// What was known when the plan was made.
    planned_on: u64,
}

/// How far a run got.
#[derive(Debug)]
pub(super) enum Reached {
    /// Its end.
    End,
    /// The guard: its plan waits for approval. The event is told once the engine is ready to take one.
    Approval(Event),
}

impl Run {
    pub(super) async fn begin<W: World>(session: &Session<W>, order: Order) -> Result<Self, Stop> {
        // The first run is approved as a whole: approving one contact's part must not let the rest through (design B35).
        let is_first = session.read(|kept| kept.local.progress.initial != Initial::Done).await;
        let order = Order { contact: order.contact.filter(|_| !is_first), ..order };
        let id = session
            .change(|kept, batch| {
                let id = RunId(kept.local.progress.last_run.0 + 1);
                if !order.dry {
                    batch.progress.last_run = id;
                }
                id
            })
            .await?;
        let started = session.now();
        session.tell(Event::RunStarted { run: id, trigger: order.trigger, at: started }).await;
        let what = match (order.dry, order.exports.is_empty()) {
            (true, true) => "reading and planning; nothing will be written".to_owned(),
            (true, false) => "reading; what would be exported is shown before anything is written".to_owned(),
            (false, true) => format!("run {}: sync begins", id.0),
            (false, false) => format!("run {}: export begins", id.0),
        };
        session.log(Level::Info, what).await;
        Ok(Self {
            id,
            order,
            started,
            capsule_before: session.world.crm().requests(),
            kashflow_before: session.world.ledger().requests(),
            read: ReadCounts::default(),
            done: Counts::default(),
            questions_new: 0,
            control: None,
            read_at: None,
            shown_creates: 0,
            empty: BTreeSet::new(),
            agreed: None,
            planned: Counts::default(),
            planned_on: 0,
        })
    }

    /// Reads, plans, and carries the plan out unless it must be approved first.
    pub(super) async fn go<W: World>(
        &mut self,
        session: &Session<W>,
        cancel: &CancellationToken,
    ) -> Result<Reached, Stop> {
        let is_read = self.read_at.is_some();
        if !is_read {
            let reading = self.read(session);
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stop::Cancelled),
                read = reading => read?,
            }
        }
        if self.is_export_preview() {
            session.show_changes().await;
            let plan = Arc::new(exporting::shown(session, &self.order.exports).await);
            return Ok(Reached::Approval(Event::Planned { minutes: plan.minutes(), plan, waits: true }));
        }
        if !self.order.exports.is_empty() {
            // Nothing is written while a list reads empty that cannot be (design B35).
            if !self.empty.is_empty()
                && let Some(stop) = self.guard(session, &Plan::default()).await?
            {
                return Err(stop);
            }
            if is_read {
                // The preview that was agreed to has only read.
                self.find_out(session).await?;
            }
            self.export(session, cancel).await?;
            return Ok(Reached::End);
        }
        self.planned_on = session.version();
        let (planned, seen) = match &self.order.expects {
            Some(saved) => plan_as_saved(session, saved).await?,
            None => make_plan(session).await?,
        };
        let planned = if self.order.dry {
            self.narrowed(planned)
        } else {
            if let Some(stop) = self.guard(session, &planned).await? {
                let own = self.narrowed(planned);
                session.show_changes().await;
                session
                    .tell(Event::Planned { minutes: own.minutes(), plan: Arc::new(own), waits: false })
                    .await;
                return Err(stop);
            }
            if self.order.expects.is_some() {
                count_as_approved(session, planned.counts().created_in_capsule).await?;
            }
            self.keep(session, planned, &seen).await?
        };
        self.planned = planned.counts();
        let waits = !self.order.dry && self.must_wait(session, &planned).await;
        session.show_changes().await;
        let event = Event::Planned { minutes: planned.minutes(), plan: Arc::new(planned.clone()), waits };
        if waits {
            self.shown_creates = planned.counts().created_in_capsule;
            session.log(Level::Ask, "the first plan waits for your approval").await;
            return Ok(Reached::Approval(event));
        }
        session.tell(event).await;
        if !self.order.dry {
            self.carry_out(session, planned, cancel).await?;
        }
        Ok(Reached::End)
    }

    async fn read<W: World>(&mut self, session: &Session<W>) -> Result<(), Stop> {
        own_accounts(session).await?;
        resolve_team(session).await?;
        let one = match self.order.contact.filter(|_| !self.order.full) {
            Some(contact) => one::read(session, contact).await?,
            None => None,
        };
        let unpaid = match one {
            Some(owners) => Some(self.read_one(session, &owners).await?),
            None => self.read_all(session).await?,
        };
        // Excluded bills are mentioned nowhere (design B22).
        let ReadCounts { capsule_contacts, customers, suppliers, invoices, bills } = self.read;
        let excluded = session.policy().exclude_supplier_invoices;
        let bills = if excluded { String::new() } else { format!(", {bills} bills") };
        let text = format!(
            "read {capsule_contacts} contacts, {customers} customers, {suppliers} suppliers, {invoices} invoices{bills}"
        );
        session.log(Level::Info, text).await;
        if let Some(unpaid) = unpaid {
            self.compare(session, &unpaid).await;
        }
        session.progress(Step::Recover, 0, None);
        settle::reread_summaries(session).await?;
        self.find_out(session).await?;
        self.read_at = Some(session.now());
        session.show_changes().await;
        Ok(())
    }

    /// Finds out about writes whose outcome is unknown; a run that only reads leaves them.
    async fn find_out<W: World>(&mut self, session: &Session<W>) -> Result<(), Stop> {
        // Where a list reads empty that cannot be, nothing is written before a person has been asked.
        if !self.order.dry && self.empty.is_empty() {
            export::finish_begun(session).await?;
            recover::updates(session).await?;
            self.done += removal::finish_begun(session, self.id).await?;
        }
        Ok(())
    }

    /// Whether it only shows what an export would send, and waits.
    pub(super) fn is_export_preview(&self) -> bool {
        self.order.dry && !self.order.exports.is_empty()
    }

    /// A person agreed to the export that was shown: from now on it is a run that writes.
    pub(super) async fn agree<W: World>(&mut self, session: &Session<W>) -> Result<(), StoreError> {
        self.id = session
            .change(|kept, batch| {
                let id = RunId(kept.local.progress.last_run.0 + 1);
                batch.progress.last_run = id;
                id
            })
            .await?;
        self.order.dry = false;
        session.log(Level::Info, format!("run {}: export begins", self.id.0)).await;
        Ok(())
    }

    /// What a run about one contact reads besides it and its ledger contacts: the invoices as every run does, so that the
    /// control total holds, and the supplier's bills. Gives back the unpaid report.
    async fn read_one<W: World>(
        &mut self,
        session: &Session<W>,
        owners: &[LedgerRef],
    ) -> Result<Vec<UnpaidLine>, Stop> {
        let unpaid = session.world.ledger().unpaid().await;
        let unpaid = unpaid.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
        let invoices = documents::read_invoices(session, &unpaid, false).await?;
        let supplier = owners.iter().find(|owner| owner.side == Side::Supplier);
        let bills = match supplier.filter(|_| !session.policy().exclude_supplier_invoices) {
            Some(supplier) => documents::read_bills_of(session, *supplier).await?,
            None => 0,
        };
        let suppliers = usize::from(supplier.is_some());
        let customers = owners.len() - suppliers;
        self.read = ReadCounts { capsule_contacts: 1, customers, suppliers, invoices, bills };
        Ok(unpaid)
    }

    /// Reads both services; gives back the unpaid report, unless a list read empty that cannot be.
    async fn read_all<W: World>(&mut self, session: &Session<W>) -> Result<Option<Vec<UnpaidLine>>, Stop> {
        let policy = session.policy();
        let (full, run) = (self.order.full, self.id);
        let (contacts, books) = tokio::join!(capsule::read(session, full), async {
            let customers = ledger::read(session, Side::Customer, run).await?;
            let suppliers = if policy.is_off(Side::Supplier) {
                ListRead { count: 0, suspicious: false }
            } else {
                ledger::read(session, Side::Supplier, run).await?
            };
            if customers.suspicious || suppliers.suspicious {
                // Documents would read empty just the same; the run stops before it writes.
                return Ok((customers, suppliers, 0, 0, None));
            }
            let unpaid = session.world.ledger().unpaid().await;
            let unpaid = unpaid.map_err(|error| Stop::of_read(Service::KashFlow, error))?;
            let invoices = documents::read_invoices(session, &unpaid, full).await?;
            let bills = if policy.exclude_supplier_invoices {
                documents::forget_bills(session).await?;
                0
            } else {
                documents::read_bills(session, full).await?
            };
            Ok::<_, Stop>((customers, suppliers, invoices, bills, Some(unpaid)))
        });
        let contacts = contacts?;
        let (customers, suppliers, invoices, bills, unpaid) = books?;
        self.empty = [(List::Contacts, contacts), (List::Customers, customers), (List::Suppliers, suppliers)]
            .into_iter()
            .filter_map(|(list, reading)| reading.suspicious.then_some(list))
            .collect();
        let (capsule_contacts, customers, suppliers) = (contacts.count, customers.count, suppliers.count);
        self.read = ReadCounts { capsule_contacts, customers, suppliers, invoices, bills };
        Ok(unpaid)
    }

    /// The control total (design B19).
    async fn compare<W: World>(&mut self, session: &Session<W>, unpaid: &[UnpaidLine]) {
        let compared = session.read(|kept| {
            let home = kept.snapshot.company.as_ref()?.home_currency;
            Some(control(kept.snapshot.documents.values().map(AsRef::as_ref), unpaid, home))
        });
        self.control = compared.await;
        if let Some(total) = &self.control {
            let (level, text) = control_line(total);
            session.log(level, text).await;
        }
    }

    /// What of a plan this run is to carry out: all of it, or what concerns the one contact.
    fn narrowed(&self, mut planned: Plan) -> Plan {
        if let Some(contact) = self.order.contact {
            planned.operations.retain(|operation| operation.contact() == Some(contact));
        }
        planned
    }

    /// Brings what is asked and what fails in line with a plan.
    async fn keep<W: World>(
        &mut self,
        session: &Session<W>,
        mut planned: Plan,
        seen: &Seen,
    ) -> Result<Plan, Stop> {
        // Until a run has finished what a person has agreed to, the agreement holds; a sync of one contact leaves it alone.
        planned.settling.extend(match self.order.contact {
            Some(_) => session.read(|kept| asked_about(&kept.local).map(|question| question.id)).await,
            None => self.agreed,
        });
        let now = session.now();
        let stored = session.change(|kept, batch| {
            let failing = store_failing(kept, &planned, batch, now);
            let notes = rebase(kept, &planned, batch);
            (failing, notes, store(kept, seen, &planned, batch, now))
        });
        let (failing, notes, new) = stored.await?;
        self.questions_new += new;
        for note in notes {
            session.log(Level::Info, note).await;
        }
        for Failing { name, reason, remedy, .. } in failing {
            session.log(Level::Error, format!("{name}: {}", with_remedy(&reason, &remedy))).await;
        }
        Ok(self.narrowed(planned))
    }

    /// Why a later run may not write: unusually many changes that nobody has agreed to (design B35). Then only that is
    /// asked; everything else stays as it was, so that the next run finds the same.
    async fn guard<W: World>(&mut self, session: &Session<W>, planned: &Plan) -> Result<Option<Stop>, Stop> {
        // One contact is never too much; where a list reads empty that cannot be, it waits like everything else.
        let nothing = Plan::default();
        let own = if self.order.contact.is_some() { &nothing } else { planned };
        let verdict = session
            .read(|kept| {
                let change = MassChange::of(own, &kept.local, self.empty.clone());
                if kept.local.progress.initial == Initial::Done {
                    return Some(verdict(change, &kept.local));
                }
                // The first run is approved as a whole; but nothing is made of records that an earlier try had read and
                // that are suddenly not there.
                let empty = MassChange { empty: change.empty, ..MassChange::default() };
                (!empty.empty.is_empty()).then(|| verdict(empty, &kept.local))
            })
            .await;
        let change = match verdict {
            None | Some(Verdict::Pass) => return Ok(None),
            Some(Verdict::Agreed(question)) => {
                self.agreed = Some(question);
                return Ok(None);
            }
            Some(Verdict::Ask(change)) => change,
        };
        let (because, now) = (change.because(own), session.now());
        let (question, is_new) =
            session.change(|kept, batch| ask_about_mass_change(kept, batch, change, own, now)).await?;
        self.questions_new += usize::from(is_new);
        let remedy = format!(
            "Look at it with `kashsync plan`, then answer question {0}: `kashsync answer {0} proceed` lets the next sync do \
             it. Nothing was written.",
            question.0
        );
        Ok(Some(Stop::guard("mass_change", because, remedy)))
    }

    /// Exports what a person chose and saw, and nothing else (design B25, B27).
    async fn export<W: World>(
        &mut self,
        session: &Session<W>,
        cancel: &CancellationToken,
    ) -> Result<(), Stop> {
        let planned = exporting::plan(session, self.id, &self.order.exports).await?;
        let (done, result) = apply(session, self.id, &planned, &Round::default(), cancel).await;
        self.done += done;
        session.show_changes().await;
        result
    }

    /// Whether the plan waits for a person's approval first (design B35).
    async fn must_wait<W: World>(&self, session: &Session<W>, planned: &Plan) -> bool {
        let initial = session.read(|kept| kept.local.progress.initial).await;
        match initial {
            Initial::Waiting => !planned.operations.is_empty(),
            Initial::Approved { creates } => planned.counts().created_in_capsule > creates + APPROVAL_SLACK,
            Initial::Done => false,
        }
    }

    /// Carries the plan out; finds out about writes in doubt, and plans and carries out once more what that leaves.
    async fn carry_out<W: World>(
        &mut self,
        session: &Session<W>,
        first: Plan,
        cancel: &CancellationToken,
    ) -> Result<(), Stop> {
        let mut planned = first;
        let round = Round::default();
        for _ in 0..MOST_ROUNDS {
            let (done, result) = apply(session, self.id, &planned, &round, cancel).await;
            self.done += done;
            session.show_changes().await;
            result?;
            let created = settle::look_for_creates(session, cancel).await?;
            let updated = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stop::Cancelled),
                updated = recover::updates(session) => updated?,
            };
            let (moved, lists) = round.take();
            let mut is_empty = false;
            for side in lists {
                is_empty |= ledger::read(session, side, self.id).await?.suspicious;
            }
            // A new customer gives its contact a summary. Nothing more is written once a list reads empty that cannot be: the
            // next run asks (design B35).
            let exported = done.created_in_kashflow > 0;
            if is_empty || !(created || updated || moved || exported) {
                break;
            }
            let (again, seen) = make_plan(session).await?;
            let again = self.keep(session, again, &seen).await?;
            planned = if self.order.expects.is_some() { saved_plan::within(again, &planned) } else { again };
        }
        // Carrying out answers settles questions; what stands now is what the next plan would ask. Where nothing was known
        // anew, that is the plan.
        if self.agreed.take().is_some() || session.version() != self.planned_on {
            let (standing, seen) = make_plan(session).await?;
            self.keep(session, standing, &seen).await?;
        }
        let (keep_days, now) = (session.policy().keep_days, session.now());
        session
            .change(|kept, batch| {
                // A run that had nothing to show has approved nothing (design B35).
                if self.order.contact.is_none() && batch.progress.initial != Initial::Waiting {
                    batch.progress.initial = Initial::Done;
                }
                if self.order.contact.is_none() {
                    batch.progress.mass = None;
                }
                batch.changes.extend(prune(kept, keep_days, now));
            })
            .await?;
        Ok(())
    }

    /// Records how the run ended and tells it. A run that only planned leaves no record.
    pub(super) async fn end<W: World>(self, session: &Session<W>, result: Result<(), Stop>) {
        let (questions_open, failing) = session
            .read(|kept| {
                let open = kept.local.open_questions().count();
                (open, kept.local.failing.values().cloned().collect::<Vec<_>>())
            })
            .await;
        // A session that lapsed on the way may have been refused when it was opened again.
        if let Err(Stop::Trouble(trouble)) = &result {
            note_trouble(session, trouble).await;
        }
        // A session is not left open between runs, and its end counts among the run's requests (design 4.1, `sync`).
        session.world.ledger().sign_out().await;
        let (outcome, error) = match &result {
            Ok(()) if failing.is_empty() => (Outcome::Ok, None),
            Ok(()) => (Outcome::Attention, None),
            Err(stop) => {
                let (outcome, error) = stop.describe();
                (outcome, Some(error))
            }
        };
        let report = RunReport {
            id: self.id,
            trigger: self.order.trigger,
            started: self.started,
            finished: session.now(),
            outcome,
            capsule: session.world.crm().requests().since(self.capsule_before),
            kashflow: session.world.ledger().requests().since(self.kashflow_before),
            read: self.read,
            done: self.done,
            questions_open,
            questions_new: self.questions_new,
            failing,
            control: self.control,
            error,
        };
        if !self.order.dry {
            let kept = session.change(|_, batch| batch.changes.push(Change::PutRun(report.clone()))).await;
            if let Err(error) = kept {
                session.log(Level::Error, error.to_string()).await;
            }
            session.back_up().await;
        }
        for line in suggested_links(session, self.started).await {
            session.log(Level::Ask, line).await;
        }
        let planned = self.order.dry.then_some(self.planned);
        let summary = match planned {
            Some(_) if !self.order.exports.is_empty() && report.error.is_none() => {
                "nothing was exported".into()
            }
            planned => summary_of(&report, planned),
        };
        session.log(level_of(&report), summary).await;
        session.tell(Event::RunFinished(Arc::new(report))).await;
    }
}

/// Makes the plan; gives also the questions that it has seen.
pub(super) async fn make_plan<W: World>(session: &Session<W>) -> Result<(Plan, Seen), Stop> {
    let (planned, seen, ()) = plan_with(session, |_, _, _, _| ()).await?;
    Ok((planned, seen))
}

/// Makes a saved plan anew. Refuses when something that it was made from has moved (design 4.1).
async fn plan_as_saved<W: World>(session: &Session<W>, saved: &Basis) -> Result<(Plan, Seen), Stop> {
    let (planned, seen, basis) = plan_with(session, Basis::of).await?;
    saved_plan::check(saved, &basis)?;
    Ok((planned, seen))
}

/// Makes the plan, and what is asked about it and what it was made from.
async fn plan_with<W: World, R: Send + 'static>(
    session: &Session<W>,
    ask: fn(&Snapshot, &Local, &Policy, &Plan) -> R,
) -> Result<(Plan, Seen, R), Stop> {
    session.progress(Step::Plan, 0, None);
    let (snapshot, local) = session.read(|kept| (kept.snapshot.clone(), kept.local.clone())).await;
    if let Some(company) = &snapshot.company {
        check_markers(snapshot.contacts.values().map(AsRef::as_ref), company)?;
    }
    let (policy, now) = (session.policy(), session.now());
    let seen = local.questions.clone();
    let planning = session.think(move || {
        let planned = plan(&snapshot, &local, &policy, now);
        let answer = ask(&snapshot, &local, &policy, &planned);
        (planned, answer)
    });
    let (planned, answer) = planning.await.map_err(|error| {
        Stop::failure("failed", format!("planning failed: {error}"), "Report this to the authors.")
    })?;
    Ok((planned, seen, answer))
}

/// What a saved plan shows was seen, so it counts as approved (design B35).
async fn count_as_approved<W: World>(session: &Session<W>, creates: usize) -> Result<(), Stop> {
    let approved = session.change(|kept, batch| {
        if kept.local.progress.initial != Initial::Done {
            batch.progress.initial = Initial::Approved { creates };
        }
    });
    approved.await?;
    Ok(())
}
