//! `hale show`

use std::future::ready;

use clap::Args;

use super::arguments::{Moment, PublishedAt, ReadingAs};
use super::context::{Context, beside};
use super::outcome::Outcome;
use super::output::RowsAs;
use crate::engine::diagnose;
use crate::read::{Wanted, show};

/// Read a published table
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale show metrics.accounts                                the newest published day
  hale show metrics.accounts --as-of 2026-09-30             another day
  hale show scores.health --account acme-042                one account
  hale show scores.health --format csv > scores.csv         all rows, for a spreadsheet")]
pub(super) struct Show {
    /// A stored model, such as metrics.accounts; its bare name will do where it is the only one
    table: String,
    /// The published day to read [default: the newest]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Moment>,
    /// Only the rows of one account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    rows: RowsAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Show {
    pub async fn execute(self, context: &Context) -> Outcome {
        let (pipeline, problems) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let out = context.published(&self.out, self.reading.reading(), (&pipeline, &engine)).await?;
        let wanted = Wanted {
            table: self.table,
            day: self.as_of.map(|moment| moment.day(pipeline.settings.time_zone)),
            account: self.account,
            limit: self.rows.wanted(context.console),
        };
        let rows = show(&pipeline, &engine, &out, &wanted).await;
        let rows = rows.map_err(|error| beside(error, &problems))?;
        context.console.passed_over(&problems);
        let failed = |error| ready(diagnose::of_run(&wanted.table, &error));
        self.rows.print(rows, context.console, failed).await
    }
}
