//! Why a score is what it is, and what moved it: from what was published, in words that need no code.
//!
//! ```text
//!  scores.<score>, components.<score> ──► rows ──► account ──► Explanation   the score as a table
//!  the definition ───────────────────► rule_text ──┘
//!  metrics of two days ──────────────────────────► movement ──► Movement     what moved it, driver by driver
//!  the definition ───────────────────────────────► page                      the definition as Markdown
//! ```

mod account;
mod drivers;
mod movement;
mod page;
mod rows;
mod rule_text;

pub use account::{Explanation, Line, Part, Step};
pub use drivers::{Cause, Driver, DriverKind, Moved, Movement};
pub(crate) use drivers::{of_units, units};
pub use page::page;
pub(crate) use rule_text::{number, place};

use chrono::NaiveDate;

use crate::diagnostic::closest;
use crate::engine::Engine;
use crate::engine::sources::Reading;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::read::published_day_if_any;
use crate::semantic::{MAIN, Score};
use crate::storage::Storage;
use crate::store::State;

/// Who is explained, and by which score.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The score's name; the main one where it is left out.
    pub score: Option<String>,
    /// The account.
    pub account: String,
    /// The user, of a score of users.
    pub user: Option<String>,
}

/// Where published tables and sources lie, and what reads them.
pub struct Place<'a> {
    /// The project's models and scores.
    pub pipeline: &'a Pipeline,
    /// The engine.
    pub engine: &'a Engine,
    /// The sources.
    pub sources: &'a Storage,
    /// What was published, of one reading of history.
    pub out: &'a State,
    /// That reading, by which sources are read too.
    pub reading: Reading,
}

/// The score of an account on a published day, the newest where none is given.
///
/// # Errors
/// [`Error::Usage`] for a score, account or day that is not there; what storage and the engine say.
pub async fn explain(place: &Place<'_>, subject: &Subject, day: Option<NaiveDate>) -> Result<Explanation> {
    let score = score_named(place.pipeline, subject.score.as_deref())?;
    let day = published_day(place, score, day).await?;
    account::explanation(place, score, subject, day).await
}

/// What moved the score of an account from one published day to another.
///
/// # Errors
/// As [`explain`]; [`Error::Usage`] for a roll-up, whose members have explanations of their own.
pub async fn compare(
    place: &Place<'_>,
    subject: &Subject,
    (from, to): (NaiveDate, Option<NaiveDate>),
) -> Result<Movement> {
    let score = score_named(place.pipeline, subject.score.as_deref())?;
    let to = published_day(place, score, to).await?;
    let from = published_day(place, score, Some(from)).await?;
    movement::movement(place, score, subject, (from, to)).await
}

/// The score of a name, `main` included; without one, the main score or the only one.
///
/// # Errors
/// [`Error::Usage`] for a name that no score has, or none where there are several and no main one.
pub fn score_named<'a>(pipeline: &'a Pipeline, name: Option<&str>) -> Result<&'a Score> {
    score_of((&pipeline.semantics.scores, pipeline.main_score.as_deref()), name)
}

/// The same of scores of which one may be the main one.
pub(crate) fn score_of<'a>(
    (scores, main): (&'a [Score], Option<&str>),
    name: Option<&str>,
) -> Result<&'a Score> {
    let names = || scores.iter().map(|score| score.name.as_str());
    let listed = || names().collect::<Vec<_>>().join(", ");
    match (name.filter(|name| *name != MAIN).or(main), scores) {
        (None, [only]) => Ok(only),
        (None, []) => Err(Error::Usage("the project declares no score".to_owned())),
        (None, _) => Err(Error::Usage(format!("say which score with --score; there are {}", listed()))),
        (Some(name), _) => scores.iter().find(|score| score.name == name).ok_or_else(|| {
            let hint = closest(name, names())
                .map_or_else(|| format!("there are {}", listed()), |name| format!("did you mean `{name}`?"));
            Error::Usage(format!("there is no score `{}`; {hint}", name.escape_debug()))
        }),
    }
}

async fn published_day(place: &Place<'_>, score: &Score, day: Option<NaiveDate>) -> Result<NaiveDate> {
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let found = published_day_if_any(place.out, &table, day).await?;
    found.ok_or_else(|| {
        let place = place.out.storage().shown();
        Error::Usage(format!("{table} is not published in {place}; publish it with `hale run --as-of DAY`"))
    })
}
