//! Scores as they were published (`published.health`): what a run puts in the place of the view.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use datafusion::error::DataFusionError;

use super::stored::sort_key;
use super::under_way::Build;
use crate::engine::diagnose;
use crate::engine::stored_days::{DayFile, day_table};
use crate::error::Result;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;

impl Build<'_> {
    /// Makes a score readable as it was published: of the days of the run as the run has it, of days before whatever is published.
    pub(super) async fn as_published(&mut self, model: &Model) -> Result<()> {
        let name = ModelName::new(Layer::Scores, model.name.table.clone());
        let Some(score) = self.checked.pipeline.model(&name) else { return Ok(()) };
        let Some(first) = self.decided.needed.published.get(&name).copied() else { return Ok(()) };
        let (start, end) = (*self.request.days.start(), *self.request.days.end());
        let before = first.iter_days().take_while(|day| *day < start).collect();
        let mut days = self.decided.published.whichever(score, &before).await?;
        let asked = first.max(start).iter_days().take_while(|day| *day <= end);
        let is_built = self.decided.scope.computes(&name) && self.decided.needed.built_from(&name).is_some();
        let standing = self.decided.needed.tables.get(&name).map(|need| &need.standing);
        let stands = |day: &NaiveDate| !is_built || standing.is_some_and(|standing| standing.contains(day));
        let standing: BTreeSet<NaiveDate> = asked.filter(stands).collect();
        days.extend(self.decided.published.days(score, &standing).await?);
        if let Some(staged) = self.staged_table(&name) {
            let is_read = |file: &DayFile| file.day >= first.max(start) && !standing.contains(&file.day);
            days.extend(staged.days()?.into_iter().filter(is_read));
        }
        days.sort_by_key(|file| file.day);
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let table = day_table(&days, &self.checked.schemas[&model.name], &sort_key(score)).map_err(failed)?;
        self.session.register(&model.name, table).map_err(failed)
    }
}
