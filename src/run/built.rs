//! What a run has built, until it is published or given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::report::Report;
use super::watch::{Event, Watch};
use crate::error::Result;
use crate::project::layer::ModelName;
use crate::store::{Author, Rewritten, State, Unfinished};
use crate::table::{Publication, Staging, TableSpec};

/// A run that is staged and audited; nothing of it is visible yet. Dropped, it leaves nothing behind.
pub struct Built {
    pub(super) staging: Staging,
    /// What was published when the run began.
    pub(super) base: Arc<State>,
    /// The days to publish.
    pub(super) days: BTreeSet<NaiveDate>,
    /// Further days of daily facts to publish.
    pub(super) facts: BTreeMap<ModelName, BTreeSet<NaiveDate>>,
    /// Published days of tables that were written again, with new columns.
    pub(super) rewritten: BTreeMap<ModelName, Vec<Rewritten>>,
    /// The published days that were read.
    pub(super) read: BTreeSet<(ModelName, Option<NaiveDate>)>,
    pub(super) author: Author,
    pub(super) report: Report,
}

impl Built {
    /// Makes the staged days visible, then removes staging.
    ///
    /// # Errors
    /// [`Unfinished`], and whether it took effect nevertheless: where only the plain folders could not follow, any next run
    /// completes them.
    pub async fn publish(self, watch: &dyn Watch) -> Result<Report, Unfinished> {
        let Self { staging, base, days, facts, rewritten, read, author, report } = self;
        let wanted = |spec: &TableSpec| {
            report.models.iter().any(|model| model.published && model.name.to_string() == spec.to_string())
        };
        let publication = Publication { base: &base, author, days, facts, rewritten, read };
        let published = staging.publish(publication, wanted).await?;
        let report = Report { tables: published.tables, commit: published.commit, ..report };
        watch.saw(&Event::Published { files: report.files_written(), unchanged: report.files_unchanged() });
        Ok(report)
    }

    /// What was built, and what is worth knowing of it; nothing is published yet.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Gives up what was built.
    ///
    /// # Errors
    /// When staging cannot be removed.
    pub async fn abort(self) -> Result<()> {
        self.staging.abort().await
    }
}
