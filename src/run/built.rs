//! What a run has built, until it is published or given up.

use chrono::NaiveDate;

use super::report::Report;
use super::watch::{Event, Watch};
use crate::error::Result;
use crate::table::{Staging, TableSpec, Torn};

/// A run that is staged and audited; nothing of it is visible yet. Dropped, it leaves nothing behind.
pub struct Built {
    pub(super) staging: Staging,
    pub(super) days: std::ops::RangeInclusive<NaiveDate>,
    pub(super) report: Report,
}

impl Built {
    /// Makes the staged days visible, then removes staging.
    ///
    /// # Errors
    /// [`Torn`] when storage fails half way: what is visible by then. Running the same command again completes it.
    pub async fn publish(self, watch: &dyn Watch) -> Result<Report, Torn> {
        let wanted = |spec: &TableSpec| {
            self.report
                .models
                .iter()
                .any(|model| model.published && model.name.to_string() == spec.to_string())
        };
        let published = self.staging.publish_of(self.days.clone(), wanted).await?;
        let report = Report { tables: published.tables, ..self.report };
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
