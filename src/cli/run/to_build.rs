//! What of the days asked for is to be built.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::done::DaysBuilt;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::plan::{Action, Inputs, Plan};
use crate::run::{Request, Selection};
use crate::store::follow;

/// What there is to build.
pub(super) enum ToBuild {
    /// Nothing: all days are published as they would be now.
    Nothing(Vec<DaysBuilt>),
    /// Days of these tables.
    Tables(Selection),
    /// All that is asked for.
    All,
}

/// The tables of which any day is to be built. Where it is none, plain folders follow: a run that was killed may have left them.
///
/// # Errors
/// What storage says.
pub(super) async fn to_build(
    pipeline: &Pipeline,
    inputs: &Inputs,
    request: &Request,
    all: &[RangeInclusive<NaiveDate>],
) -> Result<ToBuild> {
    let (state, selected) = (&request.out, &request.selection.0);
    let (mut plans, mut tables) = (Vec::new(), BTreeSet::new());
    for days in all {
        let plan = Plan::of(pipeline, selected, days, inputs, state).await?;
        let builds = plan.steps.iter().filter(|step| matches!(step.action, Action::Build(_)));
        tables.extend(builds.map(|step| step.table.clone()));
        plans.push((days.clone(), plan));
    }
    if !tables.is_empty() {
        return Ok(ToBuild::Tables(Selection(tables)));
    }
    let is_any_kept = |plan: &Plan| plan.steps.iter().any(|step| step.action == Action::Keep);
    if !plans.iter().any(|(_, plan)| is_any_kept(plan)) {
        return Ok(ToBuild::All);
    }
    let mut kept = Vec::new();
    for (days, plan) in plans {
        let files = plan.steps.iter().filter(|step| step.action == Action::Keep).flat_map(|step| {
            let is_whole = state.whole(&step.table).is_some();
            step.days.iter().map(move |day| (step.table.clone(), (!is_whole).then_some(*day)))
        });
        follow(state.storage(), &files.collect::<Vec<_>>()).await?;
        let held = state.commit().held.keys().filter(|day| days.contains(day)).copied().collect();
        kept.push(DaysBuilt { days, report: None, held, is_up_to_date: true });
    }
    Ok(ToBuild::Nothing(kept))
}
