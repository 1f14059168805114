//! `hale query`

use std::io::Read;

use clap::Args;

use super::arguments::{Moment, PublishedAt, ReadingAs, SourcesAt};
use super::context::{Context, beside};
use super::outcome::Outcome;
use super::output::RowsAs;
use crate::error::{Error, Result};
use crate::read::{Days, Reader};

/// Ask a question in SQL of what is published, of the sources, and of the views between them
///
/// Published tables (metrics.accounts, scores.…) are read where they were published; raw.… are the sources' files, and
/// views are computed from these. digests('SOURCE') has a row for each day of a source, with a digest of what it says of
/// that day: the same as before where nothing changed. Nothing can be changed. EXPLAIN shows how a query is executed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale query \"SELECT count(*) FROM raw.events\"
  hale query \"SELECT tier, count(*) FROM scores.health GROUP BY tier\" --as-of 2026-09-30
  hale query \"SELECT count(*) FROM dated.events\" --as-of 2026-09-01 --as-known
  hale query \"SELECT * FROM digests('tickets') WHERE day > '2026-09-01'\"
  hale query \"SELECT * FROM staging.accounts\" --format csv > accounts.csv
  hale query - < question.sql")]
pub(super) struct Query {
    /// One query; - reads it from stdin
    sql: String,
    /// Published tables: only this day. Sources: rows up to the end of it
    #[arg(long, value_name = "DAY", conflicts_with = "until")]
    as_of: Option<Moment>,
    /// Published tables and sources: rows up to the end of this day [default: all rows]
    #[arg(long, value_name = "DAY")]
    until: Option<Moment>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    rows: RowsAs,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: PublishedAt,
}

impl Query {
    pub async fn execute(self, context: &Context) -> Outcome {
        let sql = if self.sql == "-" { stdin()? } else { self.sql };
        let (pipeline, problems) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let sources = context.sources(&self.sources, &pipeline, &engine)?;
        let reading = self.reading.reading();
        let out = context.published(&self.out, reading, (&pipeline, &engine)).await?;
        let zone = pipeline.settings.time_zone;
        let days = match (self.as_of, self.until) {
            (Some(moment), _) => Days::Only(moment.day(zone)),
            (None, Some(moment)) => Days::Until(moment.day(zone)),
            (None, None) => Days::All,
        };
        let reader = Reader::open(&pipeline, &engine, (&sources, &out), days).await?.reading(reading);
        let rows = reader.query(&sql, self.rows.wanted(context.console)).await;
        let rows = rows.map_err(|error| beside(error, &problems))?;
        context.console.passed_over(&problems);
        context.console.problems(&reader.unknown());
        for source in reader.absent() {
            let text = format!("{source}: nothing has landed of this optional source, so it has no rows");
            context.console.note("absent-source", &text);
        }
        let (reader, sql) = (&reader, sql.as_str());
        self.rows.print(rows, context.console, |error| async move { reader.failed(sql, &error).await }).await
    }
}

fn stdin() -> Result<String> {
    let mut sql = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut sql);
    read.map(|_| sql).map_err(|error| Error::Usage(format!("the query cannot be read from stdin: {error}")))
}
