//! `hale drift`

use clap::Args;

use super::arguments::{Moment, PublishedAt, ReadingAs};
use super::console::Console;
use super::context::Context;
use super::numbers::{number, percent};
use super::outcome::{Failure, Outcome};
use super::output::{self, Sheet, shown};
use crate::diff::{Place, Side};
use crate::drift::{Drift as Told, Drifted, End, Part, Reference, Share, broken, drift};
use crate::error::{Error, Result};

/// Show how far what a score looks at has moved away from a reference
///
/// For each component, for the tiers and the scorecards: the share of rows in each bin and state (not applicable, not yet, not
/// reported …), then and now, and the population stability index of the two, Σ (p − q)·ln(p / q); an empty share counts as
/// 1/10000. Below 0.1 little has moved, up to 0.25 some, above much: a rule of thumb of credit scoring. Beside it stands what
/// chance alone would make of two independent samples of as many rows.
///
/// What moved is split in two. Data: the metrics of both sides, by the definition that made the scores of the day. Definition: the
/// metrics of the reference, by the definition that made its scores against the other. No source is read, nothing is written.
///
/// --limit is the most that the data of any part may move: exit code 3 where it moved more.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale drift --vs 2026-09-01                                the newest day against another, of the main score
  hale drift health --from 2026-08-01 --to 2026-08-31       against all published days of a period
  hale drift --vs 2026-09-01 --limit 0.25                   exit code 3 where much has moved
  hale drift --vs 2026-09-01 --json | jq '.parts[] | {title, data, definition}'")]
pub(super) struct Drift {
    /// The score [default: the main one]
    score: Option<String>,
    /// The published day that is looked at [default: the newest]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Moment>,
    /// Compare with this day [default: the one four weeks before]
    #[arg(long, value_name = "DAY", conflicts_with = "from")]
    vs: Option<Moment>,
    /// Compare with all published days from this one …
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Moment>,
    /// … to this one
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Moment>,
    /// The most that the data of any part may move, such as 0.25
    #[arg(long, value_name = "PSI")]
    limit: Option<f64>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Drift {
    pub async fn execute(self, context: &Context) -> Outcome {
        let limit = self.limit()?;
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let out = context.published(&self.out, self.reading.reading(), (&pipeline, &engine)).await?;
        let place = Place { engine: &engine, settings: &pipeline.settings, out: &out };
        let zone = pipeline.settings.time_zone;
        let day = |moment: Moment| moment.day(zone);
        let reference = match (self.vs, self.from.zip(self.to)) {
            (Some(vs), _) => Reference::Day(day(vs)),
            (None, Some((from, to))) => Reference::Span(day(from), day(to)),
            (None, None) => Reference::FourWeeksBefore,
        };
        let project = Side::of_project("the project", &pipeline);
        let told = drift(&place, &project, self.score.as_deref(), (self.as_of.map(day), reference)).await?;
        output::value(&told, &text(&told, context.console), context.console)?;
        let broken = limit.map(|limit| broken(&told, limit)).unwrap_or_default();
        if broken.is_empty() {
            return Ok(());
        }
        let failure = Failure::Hale(Error::Audit(broken));
        Err(if context.console.json { Failure::Printed(Box::new(failure)) } else { failure })
    }

    fn limit(&self) -> Result<Option<f64>> {
        match self.limit {
            Some(limit) if !(limit.is_finite() && limit >= 0.0) => {
                Err(Error::Usage(format!("--limit {limit}: write a number from 0, such as 0.25")))
            }
            limit => Ok(limit),
        }
    }
}

fn text(told: &Told, console: Console) -> String {
    let end = |end: &End| {
        let days = if end.days == 1 {
            end.from_date.to_string()
        } else {
            format!("{} days from {} to {}", end.days, end.from_date, end.to_date)
        };
        let rows = if end.rows == 1 { "row" } else { "rows" };
        format!("{days} ({} {rows})", end.rows)
    };
    let (now, then) = (end(&told.now), end(&told.reference));
    let mut text = format!("{} of {}s, {now} against {then}\n", shown(&told.title), told.entity);
    text += &parts(told).fitted(console.width);
    let is_same = told.reference.definitions == told.now.definitions;
    for part in told.parts.iter().filter(|part| part.drift.is_some_and(|drift| drift > Drifted::Little)) {
        text += &format!("\n{}:\n{}", shown(&part.title), shares(part, is_same).fitted(console.width));
    }
    text
}

fn parts(told: &Told) -> Sheet {
    let row = |part: &Part| {
        let most = part.most().map_or_else(String::new, |most| {
            format!("{}: {} → {}", shown(&most.name), percent(Some(most.again)), percent(Some(most.now)))
        });
        vec![
            shown(&part.title),
            number(part.data),
            word(part.drift).to_owned(),
            number(part.by_chance),
            number(part.definition),
            most,
        ]
    };
    let names = ["part", "data", "drift", "by chance", "definition", "what moved most"];
    Sheet {
        names: names.map(str::to_owned).to_vec(),
        right: vec![false, true, false, true, true, false],
        yields: vec![3, 4, 5],
        rows: told.parts.iter().map(row).collect(),
    }
}

fn word(drift: Option<Drifted>) -> &'static str {
    match drift {
        None => "",
        Some(Drifted::Little) => "little",
        Some(Drifted::Some) => "some",
        Some(Drifted::Much) => "much",
    }
}

/// The shares of a part; by the definition of now alone where there is no other.
fn shares(part: &Part, is_same: bool) -> Sheet {
    let mut names = vec!["bin or state", "then"];
    names.extend((!is_same).then_some("then, by the definition of now"));
    names.push("now");
    let row = |share: &Share| {
        let mut shares = vec![share.then];
        shares.extend((!is_same).then_some(share.again));
        shares.push(share.now);
        let shares = shares.into_iter().map(|share| percent(Some(share)));
        [shown(&share.name)].into_iter().chain(shares).collect()
    };
    Sheet {
        right: (0..names.len()).map(|column| column > 0).collect(),
        names: names.into_iter().map(str::to_owned).collect(),
        yields: vec![1],
        rows: part.shares.iter().map(row).collect(),
    }
}
