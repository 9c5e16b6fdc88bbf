//! Commands that read what was kept: no network.

use super::Context;
use super::backup::blocking;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::output::out;
use crate::cli::profile::{OpenProfile, documents, known_contact};
use crate::cli::text;
use crate::domain::change::Around;
use crate::domain::debtors;
use crate::domain::difference::differences_of;
use crate::domain::document::DocumentState;
use crate::domain::ids::RunId;
use crate::domain::listing::ContactLine;
use crate::domain::mapping::from_contact;
use crate::domain::normalise::search_key;
use crate::domain::register::Entry;
use crate::domain::standing::standing;
use crate::error::AppError;
use crate::ports::{JournalQuery, Store};
use crate::store::newest_backup;

/// `contacts [QUERY]`.
pub async fn contacts(context: &Context, query: Option<&str>, csv: bool) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let view = profile.view();
    let wanted = search_key(query.unwrap_or_default());
    let lines: Vec<&ContactLine> =
        view.contacts.iter().filter(|line| line.search_key.contains(&wanted)).collect();
    let color = context.output.color;
    if csv {
        return sheet(&text::contacts::contacts_csv(&lines));
    }
    context.output.print(
        || lines.iter().map(|line| json::contacts::contact(line)).collect::<Vec<_>>(),
        || text::contacts::contacts(&lines, color),
    )?;
    Ok(Exit::Done)
}

/// `contact ID`.
pub async fn contact(context: &Context, id: i64) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let id = known_contact(&profile.kept, id)?;
    let view = profile.view();
    let line = view.contacts.iter().find(|line| line.id == id);
    let record = view.snapshot.contacts.get(&id);
    let (Some(line), Some(record)) = (line, record) else {
        return Err(AppError::not_found(format!("there is no contact {}", id.0), "See `kashsync contacts`."));
    };
    let details = from_contact(record);
    let around = Around { snapshot: &view.snapshot, local: &view.local };
    let differences = differences_of(record, &around, &profile.policy);
    let mut entries = documents(&view);
    entries.retain(|entry| entry.contact == Some(id));
    let web = &profile.policy.web;
    context.output.print(
        || {
            let invoices =
                entries.iter().map(|entry| json::invoices::invoice(entry, web, view.today)).collect();
            json::contacts::whole_contact(line, &details, &differences, invoices)
        },
        || text::contacts::contact(line, &details, &differences, &entries, view.today, context.output.color),
    )?;
    Ok(Exit::Done)
}

/// `invoices`.
pub async fn invoices(
    context: &Context,
    contact: Option<i64>,
    state: Option<DocumentState>,
    csv: bool,
) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let contact = contact.map(|id| known_contact(&profile.kept, id)).transpose()?;
    let view = profile.view();
    let mut entries: Vec<Entry> = documents(&view);
    entries.retain(|entry| {
        contact.is_none_or(|id| entry.contact == Some(id))
            && state.is_none_or(|state| entry.document.state(view.today) == state)
    });
    if csv {
        return sheet(&text::documents::documents_csv(&entries, view.today));
    }
    let web = &profile.policy.web;
    context.output.print(
        || {
            let invoice = |entry| json::invoices::invoice(entry, web, view.today);
            entries.iter().map(invoice).collect::<Vec<_>>()
        },
        || text::documents::documents(&entries, view.today, context.output.color),
    )?;
    Ok(Exit::Done)
}

/// `debtors`.
pub async fn debtors(context: &Context, csv: bool) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let view = profile.view();
    let debtors = debtors::debtors(&view.snapshot, &view.documents, &view.local, view.today);
    if csv {
        return sheet(&text::documents::debtors_csv(&debtors));
    }
    context.output.print(
        || debtors.iter().map(json::debtors::debtor).collect::<Vec<_>>(),
        || text::documents::debtors(&debtors, context.output.color),
    )?;
    Ok(Exit::Done)
}

/// `questions`: the open ones.
pub async fn questions(context: &Context) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let kept = profile.shown();
    let open = || kept.local.open_questions();
    let snapshot = &kept.snapshot;
    context.output.print(
        || open().map(|question| json::questions::question(question, snapshot)).collect::<Vec<_>>(),
        || text::questions::questions(open(), snapshot),
    )?;
    Ok(Exit::Done)
}

/// `journal`.
pub async fn journal(context: &Context, run: Option<u64>) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let entries = profile.store.journal(JournalQuery { run: run.map(RunId), most: None }).await?;
    let snapshot = &profile.kept.snapshot;
    context.output.print(
        || entries.iter().map(|entry| json::journal::entry(entry, snapshot)).collect::<Vec<_>>(),
        || text::journal(&entries, context.output.color),
    )?;
    Ok(Exit::Done)
}

/// `ignored`.
pub async fn ignored(context: &Context) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let ignored = &profile.kept.local.ignored;
    context.output.print(
        || ignored.values().map(json::ignored::ignored).collect::<Vec<_>>(),
        || text::ignored(ignored.values(), context.output.color),
    )?;
    Ok(Exit::Done)
}

/// `status`.
pub async fn status(context: &Context) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let kept = profile.shown();
    let stands = standing(&kept.snapshot, &kept.local, kept.runs.last(), &profile.policy, profile.now);
    let name = context.resolved.profile.name();
    let folder = context.resolved.paths.data.clone();
    let backup = blocking(move || newest_backup(&folder)).await?.map(|backup| backup.made);
    let now = profile.now;
    context.output.print(
        || json::status::status(name, &stands, backup, now),
        || text::run::status(name, &stands, backup, now),
    )?;
    Ok(Exit::Done)
}

fn sheet(csv: &str) -> Result<Exit, AppError> {
    out(csv).map_err(|error| {
        AppError::machine(format!("standard output cannot be written: {error}"), "Look at where it leads.")
    })?;
    Ok(Exit::Done)
}
