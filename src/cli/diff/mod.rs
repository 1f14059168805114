//! `hale diff`

pub(super) mod text;

use std::num::NonZeroU32;
use std::str::FromStr;

use chrono_tz::Tz;
use clap::Args;

use super::arguments::{Moment, PublishedAt, PublishedDays, ReadingAs};
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::output;
use crate::diff::{Asked, Limits, Period, Place, Side, Which, between_days, between_definitions, broken};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::SETTINGS_FILE;
use crate::store::State;

/// The definition that is compared where none is named.
const HERE: &str = "the project";

/// Show what a changed definition does to the scores of everybody, before it is published
///
/// Both definitions are computed over the same stored metrics, as they are published: what differs is definition alone. No
/// source is read, nothing is written. OLD and NEW are `published`, the number of a commit (`hale history`), a project's
/// folder, or a score or draft of the project; without them it is what is published against the project as it is now. A score
/// or draft alone is the new one, against what is published of it, or of the score that the draft replaces.
///
/// Told are who changes the tier, with how much ARR; mean and median change; how the mean change splits exactly into what the
/// definition says otherwise, one change after the other in a fixed order; segments and scorecards; and who moves most, with
/// why. With --vs: what was published on one day against another day, split into definition, data and coverage.
///
/// A mover of a tier is whoever has another tier at the end, `unscored` among them. --max-moved and --max-arr-moved are limits
/// on their share of all rows and of all ARR: exit code 3 where more would move.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale diff                                    what is published against the project as it is now
  hale diff --max-moved 5% --max-arr-moved 3%  fail where more would change the tier: for a pull request
  hale diff 41                                 the definition of a commit against the project as it is now
  hale diff health_next                        a draft against what is published of the score that it replaces
  hale diff health health_next                 the same against that score as the project has it
  hale diff published ../branch                what is published against another checkout
  hale diff --from 2026-09-01 --to 2026-09-30 --every 7   over several published days
  hale diff --vs 2026-09-01                    what moved since: definition, data, coverage
  hale diff --json | jq '.causes[] | {title, kind, mean_change}'")]
pub(super) struct Diff {
    /// One definition: published, a commit, a folder, or a score [default: published]
    old: Option<Which>,
    /// The other one [default: the project as it is now]
    new: Option<Which>,
    /// The score [default: the main one]
    #[arg(long, value_name = "NAME")]
    score: Option<String>,
    #[command(flatten)]
    days: PublishedDays,
    /// Of these only every so many days
    #[arg(long, value_name = "DAYS", requires = "from")]
    every: Option<NonZeroU32>,
    /// Compare what is published with what was published of this earlier day
    #[arg(long, value_name = "DAY", conflicts_with_all = ["old", "from"])]
    vs: Option<Moment>,
    /// The largest share of rows that may change the tier, such as 5%
    #[arg(long, value_name = "SHARE")]
    max_moved: Option<Share>,
    /// The largest share of ARR that may change the tier, such as 3%
    #[arg(long, value_name = "SHARE")]
    max_arr_moved: Option<Share>,
    /// How many of those that move most are named
    #[arg(long, value_name = "N", default_value_t = 10)]
    movers: usize,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

/// The score or draft of the project that is meant, where no folder with a project is.
fn score<'a>(which: &Which, pipeline: &'a Pipeline) -> Option<&'a str> {
    let Which::Folder(folder) = which else { return None };
    let named = pipeline.semantics.all().find(|score| folder.as_os_str() == score.name.as_str());
    named.filter(|_| !folder.join(SETTINGS_FILE).is_file()).map(|score| score.name.as_str())
}

/// A share as typed: so many of a hundred.
#[derive(Debug, Clone, Copy)]
struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        number.map(|number| Self(number / 100.0)).ok_or_else(|| "write a share such as 5%".to_owned())
    }
}

impl Diff {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let out = context.published(&self.out, self.reading.reading(), (&pipeline, &engine)).await?;
        let place = Place { engine: &engine, settings: &pipeline.settings, out: &out };
        let here = || Side::of_project(HERE, &pipeline);
        let asked = self.asked();
        let zone = pipeline.settings.time_zone;
        let told = match self.vs {
            Some(vs) => between_days(&place, &here(), (vs.day(zone), self.days.day(zone)), &asked).await?,
            None => {
                let (old, new) = self.sides(&pipeline, &out).await?;
                between_definitions(&place, (&old, &new), self.period(zone), &asked).await?
            }
        };
        output::value(&told, &text::text(&told, context.console), context.console)?;
        let broken = broken(&told.gates);
        if broken.is_empty() {
            return Ok(());
        }
        let failure = Failure::Hale(Error::Audit(broken));
        Err(if context.console.json { Failure::Printed(Box::new(failure)) } else { failure })
    }

    /// The two definitions. A score alone is the new one.
    async fn sides(&self, pipeline: &Pipeline, out: &State) -> Result<(Side, Side)> {
        let (old, new) = match (&self.old, &self.new) {
            (Some(only), None) if score(only, pipeline).is_some() => (None, Some(only)),
            (old, new) => (old.as_ref(), new.as_ref()),
        };
        let side = async |which: &Which| match score(which, pipeline) {
            Some(name) => Ok(Side::of_score(name, pipeline)),
            None => Side::open(which, out).await,
        };
        let old = side(old.unwrap_or(&Which::Published)).await?;
        match new {
            Some(which) => Ok((old, side(which).await?)),
            None => Ok((old, Side::of_project(HERE, pipeline))),
        }
    }

    fn asked(&self) -> Asked {
        let share = |share: Option<Share>| share.map(|Share(share)| share);
        let limits = Limits { moved: share(self.max_moved), arr_moved: share(self.max_arr_moved) };
        Asked { score: self.score.clone(), movers: self.movers, limits }
    }

    fn period(&self, zone: Tz) -> Period {
        match self.days.span(zone) {
            Some((from, to)) => Period::Span { from, to, every: self.every.map_or(1, NonZeroU32::get) },
            None => Period::Day(self.days.day(zone)),
        }
    }
}
