//! Days that are older than a project keeps.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::amend::{Amended, amend};
use super::change::Change;
use super::state::State;
use crate::error::Result;
use crate::project::retention::Retention;

/// The published days that a project does not keep, counted from the newest day of the main score. Tables that are stored whole
/// have none.
///
/// # Errors
/// What storage says.
pub async fn expiring(state: &State, keep: Retention) -> Result<BTreeSet<NaiveDate>> {
    let Some(newest) = state.latest().await? else { return Ok(BTreeSet::new()) };
    let mut days = BTreeSet::new();
    for table in state.tables() {
        days.extend(state.days(&table).await?.into_iter().filter(|day| !keep.keeps(*day, newest)));
    }
    Ok(days)
}

/// Takes the days that a project does not keep out of what is published, as a commit. They are not held: a run that is asked
/// for one of them publishes it again, until the next time. Returns them, and the commit where there are any.
///
/// # Errors
/// As [`amend`].
pub async fn expire(state: &State, keep: Retention) -> Result<(BTreeSet<NaiveDate>, Option<Amended>)> {
    let days = expiring(state, keep).await?;
    if days.is_empty() {
        return Ok((days, None));
    }
    let change = Change::Expire { keep: keep.to_string(), days: days.clone() };
    let amended = amend(state.storage(), &change, None).await?;
    Ok((days, Some(amended)))
}
