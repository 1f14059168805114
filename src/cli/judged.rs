//! Arguments of commands that judge by what became of accounts, and the words that they share.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::arguments::Moment;
use crate::error::Result;
use crate::evidence::{Ahead, Figure, From, Gain, Interval, Which, condition};
use crate::pipeline::Pipeline;
use crate::suggest::LearnFrom;

/// Which days of which accounts, and where it stands what became of them.
#[derive(Debug, Clone, Args)]
pub(super) struct JudgedBy {
    /// The first published day that is looked at
    #[arg(long, value_name = "DAY")]
    from: Option<Moment>,
    /// The last one
    #[arg(long, value_name = "DAY")]
    to: Option<Moment>,
    /// How many days lie between two that are looked at
    #[arg(long, visible_alias = "every", value_name = "DAYS", default_value = "28")]
    step: NonZeroU32,
    /// These days alone
    #[arg(long, value_name = "DAY,DAY,…", value_delimiter = ',', conflicts_with_all = ["from", "to", "step"])]
    days: Vec<Moment>,
    /// Days in which a loss counts, after those of the lead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    horizon: u32,
    /// Days after the day in which a loss helps nobody to know, for a file of losses; tables have their own
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=365))]
    lead: u32,
    /// A table of the layer outcomes [default: the only one, or outcomes.retention]
    #[arg(long, value_name = "TABLE", conflicts_with = "labels")]
    outcome: Option<String>,
    /// A file of labels or of losses, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Look at the accounts alone whose metrics fulfil a condition, such as "tenure_days > 90"
    #[arg(long = "where", value_name = "SQL")]
    condition: Option<String>,
}

impl JudgedBy {
    /// Which days.
    pub fn which(&self, pipeline: &Pipeline) -> Which {
        let day = |moment: &Moment| moment.day(pipeline.settings.time_zone);
        if self.days.is_empty() {
            let (from, to) = (self.from.as_ref().map(day), self.to.as_ref().map(day));
            return Which::Every { from, to, step: self.step.get() };
        }
        Which::These(self.days.iter().map(day).collect())
    }

    /// The time that is looked at after a day.
    pub fn ahead(&self) -> Ahead {
        Ahead { lead: self.lead, horizon: self.horizon }
    }

    /// Where outcomes are from.
    pub fn outcomes(&self) -> From {
        self.labels.clone().map_or_else(|| From::Table(self.outcome.clone()), From::File)
    }

    /// What a proposal is asked of.
    ///
    /// # Errors
    /// As [`Self::condition()`].
    pub fn learn_from(&self, score: Option<&String>, pipeline: &Pipeline) -> Result<LearnFrom> {
        Ok(LearnFrom {
            score: score.cloned(),
            days: self.which(pipeline),
            outcomes: self.outcomes(),
            ahead: self.ahead(),
            condition: self.condition(pipeline)?,
        })
    }

    /// Whose rows are looked at.
    ///
    /// # Errors
    /// [`crate::error::Error::Usage`] for what is no condition on metrics.
    pub fn condition(&self, pipeline: &Pipeline) -> Result<Option<String>> {
        condition(pipeline, self.condition.as_deref())
    }
}

/// A figure with its range.
pub(super) fn figure(figure: &Figure) -> String {
    ranged(figure.value, figure.interval)
}

/// A number with its range.
pub(super) fn ranged(value: f64, interval: Option<Interval>) -> String {
    let range = interval.map_or_else(String::new, |Interval { from, to }| format!(" ({from:.2} to {to:.2})"));
    format!("{value:.2}{range}")
}

/// By how much one number tells better than another.
pub(super) fn gain(gain: &Gain) -> String {
    let range =
        gain.interval.map_or_else(String::new, |Interval { from, to }| format!(" ({from:+.2} to {to:+.2})"));
    format!("{:+.2}{range}", gain.auc)
}
