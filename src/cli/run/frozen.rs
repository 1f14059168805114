//! Days asked for of which a source has no rows any more: they are left as published.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::Run;
use crate::cli::console::Console;
use crate::cli::days::listed;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::run::Request;

impl Run {
    /// Takes the days out that are frozen; gives them. Scores that are made of published tables need no source.
    pub(super) async fn without_frozen(
        &self,
        pipeline: &Pipeline,
        request: &Request,
        days: &mut Vec<RangeInclusive<NaiveDate>>,
        console: Console,
    ) -> Result<BTreeSet<NaiveDate>> {
        let tables = &request.selection.0;
        let Some(frozen) = request.kept.frozen(tables).filter(|_| !self.rescore) else {
            return Ok(BTreeSet::new());
        };
        let mut left = BTreeSet::new();
        for days in &*days {
            frozen.check(pipeline, (tables, days), (&request.out, self.force)).await?;
            left.extend(frozen.among(days));
        }
        *days = days.iter().filter_map(|days| frozen.free(days)).collect();
        if !left.is_empty() {
            let text = format!(
                "frozen, and left as published: {}; {} has its rows from {} on",
                listed(&left),
                frozen.source,
                frozen.from
            );
            console.note("frozen", &text);
        }
        Ok(left)
    }
}
