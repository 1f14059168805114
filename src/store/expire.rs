//! Days that are older than a project keeps.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::amend::amend;
use super::change::Change;
use super::state::State;
use crate::error::Result;
use crate::project::layer::ModelName;
use crate::project::retention::Retention;

/// The published days that a project does not keep, counted from the newest day of the main score, but for some tables. Tables that
/// are stored whole have none.
///
/// # Errors
/// What storage says.
pub async fn expiring(
    state: &State,
    keep: Retention,
    but: &BTreeSet<ModelName>,
) -> Result<BTreeSet<NaiveDate>> {
    let Some(newest) = state.latest().await? else { return Ok(BTreeSet::new()) };
    let mut days = BTreeSet::new();
    for table in state.tables().into_iter().filter(|table| !but.contains(table)) {
        days.extend(state.days(&table).await?.into_iter().filter(|day| !keep.keeps(*day, newest)));
    }
    Ok(days)
}

/// Takes the days that a project does not keep out of what is published, as a commit. They are not held: a run that is asked
/// for one of them publishes it again, until the next time. Returns them.
///
/// # Errors
/// As [`amend`].
pub async fn expire(
    state: &State,
    keep: Retention,
    but: &BTreeSet<ModelName>,
) -> Result<BTreeSet<NaiveDate>> {
    let days = expiring(state, keep, but).await?;
    if !days.is_empty() {
        let change = Change::Expire { keep: keep.to_string(), days: days.clone(), but: but.clone() };
        amend(state.storage(), &change, None).await?;
    }
    Ok(days)
}
