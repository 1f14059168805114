//! What a row of a source is, and which of its columns date it: declared once, in the options of its DDL.
//!
//! | kind | a row is | what models read (`dated.<source>`) |
//! | --- | --- | --- |
//! | `events` | one delivery of a fact of one day | each fact once, with its `day` |
//! | `versions` | one delivery of a statement about a thing that changes | spans: `first_day`, `day_after` |
//! | `snapshots` | a thing as one load gave it; each load is all there is | spans |
//! | `current` | a thing as it is now, without history | spans from its beginning to its end |
//!
//! A later row of a key is a *correction* (the past was wrong) or a *change* (true from now on). The kind says which: of
//! `events` and of rows of one `version` the one known last is the truth of their day; successive versions are changes. What
//! of a thing that changes is `fixed` does not: another value of it corrects all versions. A deletion is either as well: of a
//! statement that was made a correction, that there never was one; else a change, that there is no such thing any more.
//!
//! # What follows, and where it ends
//!
//! - **Rows dated after they were known.** A fact counts on the day that it names, and no run of an earlier day reads it: one
//!   that a wrong clock dates into next month is held back until then, and counts. It is not left out for good, because a day
//!   may be one that was agreed on before (a figure of a day, a renewal), and a row alone does not say which it is:
//!   `hale check --data` tells of instants that lie more than a day after they were known.
//! - **History that was loaded at once, and a `known_at` that loads write anew.** `hale check --data` names both, the former
//!   until rows of four more weeks are there. What was known on a day can be told from the day of that load on, and not
//!   before: a run `--as-known` of a day of which a source knew less than a tenth of what had happened is refused, and says
//!   from which day on it is not. `--incomplete` builds it, and `hale query` answers, each with a warning. Such a run is
//!   refused and not only warned of, because nobody would see the warning in the numbers: a company without a past scores.
//!   `hale show` reads what a run published, and asks no source.
//! - **A second delivery is no news, with one exception.** A row that is equal to one delivered before but for `known_at`
//!   changes no day, where it repeats what was known last. Of `versions` with `fixed` columns an older row that is delivered
//!   again is the newest word on those, for all versions: a load that repeats old rows has to keep their `known_at`.
//! - **Loads that lost things.** A thing that a load of `snapshots` does not have ended, so a load that was cut short ends
//!   customers who are there. `'may_lose' '20 %'` refuses one without more than that of the things of the load before it.
//!
//! # The words of time
//!
#![doc = include_str!("words.md")]
//!
#![doc = include_str!("sources.md")]

use std::fmt;

use chrono::NaiveDate;

/// The words in which sources and models speak of time, as a table of Markdown: each, where it stands, and what it says.
pub(crate) const WORDS: &str = include_str!("words.md");

/// The days for which another delivery of an event is looked for before it, unless said.
pub const MAX_DELAY: u32 = 60;

/// How the rows of a source are dated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    /// Facts of one day each.
    Events(Events),
    /// Things that change.
    Versions(Versions),
    /// Loads, each of which is all there is.
    Snapshots(Snapshots),
    /// Things as they are now.
    Current(Current),
}

/// Facts of one day, delivered once or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// What tells a fact from others; empty where each row is a fact of its own.
    pub key: Vec<String>,
    /// When it happened.
    pub happened_at: String,
    /// When it was known.
    pub known: Known,
    /// How many days before a delivery another of the same fact is looked for.
    pub max_delay: u32,
}

/// Statements about things that change, each from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The thing.
    pub key: Vec<String>,
    /// From when the statement holds: the first of these that is not NULL, else from when it was known.
    pub valid_from: Vec<String>,
    /// What tells statements about a thing apart: rows alike in it correct each other. Empty: the time from which they hold.
    pub version: Vec<String>,
    /// Until when it holds at most.
    pub valid_to: Option<String>,
    /// That a row is a deletion. Of a statement that other rows make without it, it says that this never was; where it is all
    /// that is said of a statement, it is one of its own: from its first day on there is no such thing, until the next version.
    pub deleted: Option<String>,
    /// When the thing began, as its first version has it: that one holds from there, where that is earlier than its own first
    /// day. A later day moves nothing: what is said of a thing before it began, such as a renewal that is signed early, counts
    /// from when it is said.
    pub begins_at: Option<String>,
    /// Whether the first version stands for what lies before it, which is marked as approximate.
    pub before_first: BeforeFirst,
    /// Columns that do not change over time: in all versions of a thing they are as they were known last.
    pub fixed: Vec<String>,
    /// When the row was known.
    pub known: Known,
}

/// Loads of a table without history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshots {
    /// The thing.
    pub key: Vec<String>,
    /// The time of the load.
    pub taken_at: String,
    /// How many of a hundred things the next load may be without.
    pub may_lose: Option<u32>,
}

/// A table of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// The thing.
    pub key: Vec<String>,
    /// When it began.
    pub begins_at: Option<String>,
    /// When it ended.
    pub ends_at: Option<String>,
    /// Columns that do not change over time: true of all days. Others are as they are now, which of earlier days is approximate.
    pub fixed: Vec<String>,
}

/// When a row was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A column says it.
    At(String),
    /// So many days after it happened.
    After(u32),
}

impl Known {
    /// The column that says it, where one does.
    pub fn column(&self) -> Option<&String> {
        match self {
            Self::At(column) => Some(column),
            Self::After(_) => None,
        }
    }
}

/// What lies before the first version of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeforeFirst {
    /// Nothing.
    Absent,
    /// The first version, which is marked as approximate there.
    Approximate,
    /// The first version where it does not say from when it holds: a row of now. One that says it is the beginning.
    ApproximateIfUndated,
}

impl Time {
    /// The word of the option `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Events(_) => "events",
            Self::Versions(_) => "versions",
            Self::Snapshots(_) => "snapshots",
            Self::Current(_) => "current",
        }
    }

    /// What tells things, or facts, apart.
    pub fn key(&self) -> &[String] {
        match self {
            Self::Events(events) => &events.key,
            Self::Versions(versions) => &versions.key,
            Self::Snapshots(snapshots) => &snapshots.key,
            Self::Current(current) => &current.key,
        }
    }

    /// What the declaration means, in one sentence, with the day from which on the source is complete.
    pub fn means(&self, complete_from: Option<NaiveDate>) -> String {
        complete_from.map_or_else(|| self.to_string(), |day| format!("{self}; complete from {day} on"))
    }

    /// When rows were known; `None` where a load is known when it is taken, and where there is no history.
    pub fn known(&self) -> Option<&Known> {
        match self {
            Self::Events(events) => Some(&events.known),
            Self::Versions(versions) => Some(&versions.known),
            Self::Snapshots(_) | Self::Current(_) => None,
        }
    }

    /// What dates its rows, the first of these columns that is not NULL, and the other column that says when they were known;
    /// `None` where one column says both, or none the latter.
    pub fn known_apart(&self) -> Option<(Vec<&String>, &String)> {
        let known_at = self.known()?.column()?;
        let dating: Vec<&String> = match self {
            Self::Events(events) => vec![&events.happened_at],
            Self::Versions(versions) if versions.valid_from.is_empty() => versions.begins_at.iter().collect(),
            Self::Versions(versions) => versions.valid_from.iter().collect(),
            Self::Snapshots(_) | Self::Current(_) => Vec::new(),
        };
        (!dating.is_empty() && !dating.contains(&known_at)).then_some((dating, known_at))
    }

    /// The columns that the dated relation adds to those of the source.
    pub fn added(&self) -> &'static [&'static str] {
        match self {
            Self::Events(_) => &["day"],
            Self::Versions(versions) if versions.before_first != BeforeFirst::Absent => {
                &["first_day", "day_after", "approximate_until"]
            }
            Self::Versions(_) | Self::Snapshots(_) | Self::Current(_) => &["first_day", "day_after"],
        }
    }
}

/// What the declaration means, in one sentence.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(events) => events.fmt(f),
            Self::Versions(versions) => versions.fmt(f),
            Self::Snapshots(snapshots) => snapshots.fmt(f),
            Self::Current(current) => current.fmt(f),
        }
    }
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, happened_at, known, max_delay } = self;
        if key.is_empty() {
            return write!(f, "each row is a fact of the day of {happened_at}, known {known}");
        }
        write!(
            f,
            "rows of one {} are deliveries of one fact, of the day of {happened_at}: of those of its earliest day within \
             {max_delay} days the one known last counts, known {known}",
            key.join(", ")
        )
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.join(", ");
        let known = &self.known;
        let from = match self.valid_from.as_slice() {
            [] => "the time it was known".to_owned(),
            columns => columns.join(", else "),
        };
        let version = if self.version.is_empty() { from.clone() } else { self.version.join(", ") };
        write!(
            f,
            "each row says what a {key} is from {from} on, until the next one of the same {key}; of those with the same \
             {version} the one known last counts, known {known}"
        )?;
        match self.before_first {
            BeforeFirst::Absent => {}
            BeforeFirst::Approximate => {
                f.write_str("; the first stands for what was before it, approximately")?;
            }
            BeforeFirst::ApproximateIfUndated => {
                write!(f, "; a first one without {from} stands for what was before it, approximately")?;
            }
        }
        if let Some(deleted) = &self.deleted {
            write!(
                f,
                "; one with {deleted} takes back what the others of these say, and alone says that there is no such {key} any more"
            )?;
        }
        if self.fixed.is_empty() {
            return Ok(());
        }
        write!(f, "; {} of all of them: as known last", self.fixed.join(", "))
    }
}

impl fmt::Display for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, taken_at, may_lose } = self;
        let key = key.join(", ");
        write!(
            f,
            "each load ({taken_at}) is all there is: a {key} that the next load does not have ended on that day"
        )?;
        match may_lose {
            Some(share) => {
                write!(f, "; a load without more than {share} % of those of the one before is refused")
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "each row is a {} as it is now", self.key.join(", "))?;
        if let Some(begins_at) = &self.begins_at {
            write!(f, ", there from {begins_at}")?;
        }
        if let Some(ends_at) = &self.ends_at {
            write!(f, ", until {ends_at}")?;
        }
        f.write_str(": what it was on an earlier day is approximate")?;
        if self.fixed.is_empty() {
            return Ok(());
        }
        write!(f, ", but for {}", self.fixed.join(", "))
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(column) => write!(f, "at {column}"),
            Self::After(0) => f.write_str("on the same day"),
            Self::After(1) => f.write_str("1 day later"),
            Self::After(days) => write!(f, "{days} days later"),
        }
    }
}
