//! Arguments that several commands share, as typed.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use crate::engine::parse_memory;
use crate::engine::sources::Reading;
use crate::error::{Error, Result};
use crate::project::settings::Settings;

/// Arguments of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Global {
    /// The project's folder [default: the folder with hale.yml, here or above]
    #[arg(long, global = true, value_name = "DIR", env = "HALE_PROJECT", hide_env_values = true)]
    pub project: Option<PathBuf>,
    /// How problems, progress and events appear on stderr
    #[arg(long, global = true, value_name = "FORM", value_enum, default_value_t = Log::Text)]
    pub log: Log,
    /// Print the result as JSON on stdout, also when the command fails
    #[arg(long, global = true)]
    pub json: bool,
    /// Colours: auto means on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Worker threads [default: all of the machine's]
    #[arg(long, global = true, value_name = "N", env = "HALE_THREADS", hide_env_values = true)]
    pub threads: Option<NonZeroUsize>,
    /// Memory for queries, such as 512MB or 4GiB; past it they spill [default: half of the machine's]
    #[arg(
        long, global = true, value_name = "SIZE", env = "HALE_MEMORY_LIMIT", hide_env_values = true,
        value_parser = parse_memory
    )]
    pub memory_limit: Option<usize>,
    /// Where spill files go [default: the system's folder for temporary files]
    #[arg(long, global = true, value_name = "DIR")]
    pub temp_dir: Option<PathBuf>,
}

/// The form of what is written to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Log {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where the sources lie.
#[derive(Debug, Clone, Args)]
pub(super) struct SourcesAt {
    /// Where the sources lie: a folder or a URL such as s3://bucket/path [default: `sources` of hale.yml]
    #[arg(long, value_name = "URL", env = "HALE_SOURCES", hide_env_values = true)]
    pub sources: Option<String>,
}

/// Where tables are published.
#[derive(Debug, Clone, Args)]
pub(super) struct OutAt {
    /// Where tables are published: a folder or a URL such as s3://bucket/path [default: `out` of hale.yml]
    #[arg(long, value_name = "URL", env = "HALE_OUT", hide_env_values = true)]
    pub out: Option<String>,
}

/// What is published.
#[derive(Debug, Clone, Args)]
pub(super) struct PublishedAt {
    /// Read what was published as of a commit, as `hale history` numbers them [default: the newest]
    #[arg(long, value_name = "N")]
    pub commit: Option<u64>,
    #[command(flatten)]
    pub out: OutAt,
}

/// Which of the two readings of history.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ReadingAs {
    /// Only what was known by the end of the day: each source is cut to that before anything else, and results lie apart, in
    /// as-known/ below --out. For backtests; what is published says what happened, whenever it was learned
    #[arg(long)]
    pub as_known: bool,
}

impl ReadingAs {
    /// The reading that was asked for.
    pub fn reading(self) -> Reading {
        if self.as_known { Reading::AsKnown } else { Reading::AsHappened }
    }
}

/// The days that a command is about.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DaysAsked {
    /// The day: YYYY-MM-DD, or RFC 3339 for the project's day at that instant
    #[arg(long, value_name = "DAY", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    as_of: Option<Moment>,
    /// The first of several days
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Moment>,
    /// The last of several days
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Moment>,
}

impl DaysAsked {
    /// The days of a project.
    ///
    /// # Errors
    /// [`Error::Usage`] for days that are none, or that lie before its history.
    pub fn of(self, settings: &Settings) -> Result<RangeInclusive<NaiveDate>> {
        let (Some(from), Some(to)) = (self.as_of.or(self.from), self.as_of.or(self.to)) else {
            return Err(Error::Usage("give --as-of DAY, or --from DAY and --to DAY".to_owned()));
        };
        let (from, to) = (from.day(settings.time_zone), to.day(settings.time_zone));
        if from > to {
            return Err(Error::Usage(format!("--from {from} is after --to {to}")));
        }
        let first = settings.history_starts;
        if from < first {
            let message = format!(
                "{from} is before the project's history, which starts {first} (history_starts in hale.yml)"
            );
            return Err(Error::Usage(message));
        }
        Ok(from..=to)
    }
}

/// Published days that a command looks at.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct PublishedDays {
    /// The published day [default: the newest]
    #[arg(long, value_name = "DAY", conflicts_with = "from")]
    as_of: Option<Moment>,
    /// All published days from this one …
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Moment>,
    /// … to this one
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Moment>,
}

impl PublishedDays {
    /// The one day, in the project's time zone; `None` for the newest.
    pub fn day(self, zone: Tz) -> Option<NaiveDate> {
        self.as_of.map(|moment| moment.day(zone))
    }

    /// The first and the last of several days; `None` where one is meant.
    pub fn span(self, zone: Tz) -> Option<(NaiveDate, NaiveDate)> {
        self.from.zip(self.to).map(|(from, to)| (from.day(zone), to.day(zone)))
    }
}

/// A day as typed: as such, or as an instant that lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// `2026-09-30`
    Day(NaiveDate),
    /// `2026-09-30T02:00:00+00:00`: what orchestrators hand over
    Instant(DateTime<FixedOffset>),
}

impl Moment {
    /// The day, in the project's time zone.
    pub fn day(self, zone: Tz) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Instant(instant) => instant.with_timezone(&zone).date_naive(),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let day = (text.len() == "YYYY-MM-DD".len()).then(|| text.parse().ok()).flatten().map(Self::Day);
        let moment = day.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(Self::Instant));
        moment.ok_or_else(|| {
            "no such day; write YYYY-MM-DD, or RFC 3339 such as 2026-09-30T02:00:00Z".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;
    use chrono::NaiveDate;

    #[test]
    fn an_instant_is_the_day_of_the_project() {
        let berlin = chrono_tz::Europe::Berlin;
        let moment: Moment = "2026-09-29T22:30:00Z".parse().unwrap();
        assert_eq!(moment.day(berlin), NaiveDate::from_ymd_opt(2026, 9, 30).unwrap());
        assert_eq!(moment.day(chrono_tz::UTC), NaiveDate::from_ymd_opt(2026, 9, 29).unwrap());
    }

    #[test]
    fn only_whole_dates_are_dates() {
        for wrong in ["2026-02-30", "2026-9-1", "20260901", "yesterday", "", "2026-09-01T00:00:00"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
