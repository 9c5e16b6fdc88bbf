//! Commands that decide something locally: no network, the next run acts.

use serde::Serialize;

use super::Context;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::page::Page;
use crate::cli::profile::{OpenProfile, known_contact, known_record};
use crate::domain::details::Field;
use crate::domain::ids::{QuestionId, Service};
use crate::domain::local::Ignored;
use crate::domain::question::Choice;
use crate::domain::wording;
use crate::engine::decide::{self, Refusal};
use crate::engine::take;
use crate::error::AppError;
use crate::ports::Change;

/// The document of `answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Answered {
    question: u64,
    choice: String,
    effect: String,
}

/// `answer`.
pub async fn answer(
    context: &Context,
    number: u64,
    choice: &str,
    value: Option<&str>,
) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let id = QuestionId(number);
    let Some(question) = profile.kept.local.questions.get(&id) else {
        return Err(AppError::not_found(
            format!("there is no question {number}"),
            "See `kashsync questions` for what is open.",
        ));
    };
    let choices = &question.asked.choices;
    let Some(chosen) = choices.iter().find(|known| known.key() == choice) else {
        let keys: Vec<String> = choices.iter().map(Choice::key).collect();
        return Err(AppError::Usage {
            message: format!("question {number} has no choice \"{choice}\""),
            remedy: format!("Choose one of: {}.", keys.join(", ")),
        });
    };
    let done = Answered {
        question: number,
        choice: chosen.key(),
        effect: wording::effect(chosen, &question.asked, &profile.kept.snapshot),
    };
    let changes = decide::answer(&profile.kept, id, chosen, value, profile.now).map_err(refused)?;
    profile.commit(changes).await?;
    context.output.print(|| &done, || Page::of(&done.effect))?;
    Ok(Exit::Done)
}

/// The document of `take`: `take` is whose value the next sync writes to the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TakenJson {
    contact: i64,
    field: &'static str,
    take: Option<&'static str>,
    effect: String,
}

/// `take`.
pub async fn take(context: &Context, id: i64, field: Field, side: Service) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let contact = known_contact(&profile.kept, id)?;
    let taken = take::take(&profile.kept, contact, field, side, profile.now).map_err(refused)?;
    let label = field.label();
    let effect = match taken.side {
        Some(side) => {
            let other = match side {
                Service::Capsule => Service::KashFlow,
                Service::KashFlow => Service::Capsule,
            };
            format!("The next sync writes {label} from {} to {}.", side.name(), other.name())
        }
        None => format!("{label} is left different on the two sides."),
    };
    let done = TakenJson { contact: id, field: field.word(), take: taken.side.map(Service::word), effect };
    profile.commit(taken.changes).await?;
    context.output.print(|| &done, || Page::of(&done.effect))?;
    Ok(Exit::Done)
}

/// `ignore`.
pub async fn ignore(context: &Context, record: &str) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let ledger = known_record(&profile.kept, record)?;
    if let Some(already) = profile.kept.local.ignored.get(&ledger) {
        return tell(context, already, "is ignored already");
    }
    let changes = decide::ignore(&profile.kept, ledger, "you left it out", profile.now).map_err(refused)?;
    let ignored = changes.iter().find_map(|change| match change {
        Change::PutIgnored(ignored) => Some(ignored.clone()),
        _ => None,
    });
    profile.commit(changes).await?;
    match ignored {
        Some(ignored) => tell(context, &ignored, "is ignored from now on"),
        None => Ok(Exit::Done),
    }
}

/// `unignore`.
pub async fn unignore(context: &Context, record: &str) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let ledger = known_record(&profile.kept, record)?;
    let changes = decide::unignore(&profile.kept, ledger, profile.now).map_err(refused)?;
    let ignored = profile.kept.local.ignored.get(&ledger).cloned();
    profile.commit(changes).await?;
    match ignored {
        Some(ignored) => tell(context, &ignored, "is matched again by the next sync"),
        None => Ok(Exit::Done),
    }
}

fn tell(context: &Context, ignored: &Ignored, what: &str) -> Result<Exit, AppError> {
    context.output.print(
        || json::ignored::ignored(ignored),
        || {
            let record = format!("{} {}", ignored.ledger.side.word(), ignored.code);
            Page::of(match ignored.name.trim() {
                "" => format!("{record} {what}."),
                name => format!("{name} ({record}) {what}."),
            })
        },
    )?;
    Ok(Exit::Done)
}

pub(super) fn refused(refusal: Refusal) -> AppError {
    let Refusal { code, message, remedy } = refusal;
    AppError::Refused { code, message, remedy }
}
