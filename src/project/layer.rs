//! The layers: folders under `sql/`, schemas in SQL, and who may read whom.

use std::fmt;

/// A folder under `sql/` and the SQL schema of the same name, in the order in which data flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Contracts over the Parquet that others wrote: what was delivered, row by row. Audits and questions read it, no model does.
    Raw,
    /// Their rows, deduplicated, with the days on which they count; written from what the sources declare.
    Dated,
    /// Renamed, cast, joined.
    Staging,
    /// Rolling-window facts, one row per account and day.
    Metrics,
    /// Points per component, compiled from YAML.
    Components,
    /// Scores, compiled from YAML.
    Scores,
    /// Scores as they were published, whatever defined them then: written by hale, for marts.
    Published,
    /// Scores that are drafts, and what they are made of: computed beside the published ones, and read by nothing.
    Drafts,
    /// What became of accounts after a day: labels that look forward, which nothing that scores may read.
    Outcomes,
    /// What people open first.
    Marts,
}

/// The schema of hale's own tables (`calendar.days`); any layer but raw may read it.
pub const CALENDAR: &str = "calendar";

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Self; 10] = [
        Self::Raw,
        Self::Dated,
        Self::Staging,
        Self::Metrics,
        Self::Components,
        Self::Scores,
        Self::Published,
        Self::Drafts,
        Self::Outcomes,
        Self::Marts,
    ];

    /// The folder's and the schema's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Dated => "dated",
            Self::Staging => "staging",
            Self::Metrics => "metrics",
            Self::Components => "components",
            Self::Scores => "scores",
            Self::Published => "published",
            Self::Drafts => "drafts",
            Self::Outcomes => "outcomes",
            Self::Marts => "marts",
        }
    }

    /// The layer of a folder or schema.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// The layers that a model of this one may read: the one table that keeps data flowing one way.
    pub fn may_read(self) -> &'static [Self] {
        match self {
            Self::Raw => &[],
            Self::Dated => &[Self::Raw],
            Self::Staging => &[Self::Dated, Self::Staging],
            Self::Metrics => &[Self::Staging, Self::Metrics],
            // The main score's components are those of a score.
            Self::Components => &[Self::Metrics, Self::Components, Self::Scores],
            // A roll-up is a score made of another's.
            Self::Scores => &[Self::Metrics, Self::Scores],
            Self::Published => &[Self::Scores, Self::Published],
            // What a score reads, and the score that it would stand for.
            Self::Drafts => &[Self::Metrics, Self::Scores],
            // Without scores: what became of an account is no matter of what was said of it before.
            Self::Outcomes => &[Self::Staging, Self::Metrics, Self::Outcomes],
            Self::Marts => &[
                Self::Staging,
                Self::Metrics,
                Self::Components,
                Self::Scores,
                Self::Published,
                Self::Outcomes,
                Self::Marts,
            ],
        }
    }

    /// Whether models of this layer are compiled from YAML rather than written as SQL.
    pub fn is_semantic(self) -> bool {
        matches!(self, Self::Components | Self::Scores | Self::Drafts)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A model's full name: `metrics.accounts` is the file `sql/metrics/accounts.sql`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName {
    /// Folder and schema.
    pub layer: Layer,
    /// File stem and table.
    pub table: String,
}

impl ModelName {
    /// `layer.table`.
    pub fn new(layer: Layer, table: impl Into<String>) -> Self {
        Self { layer, table: table.into() }
    }

    /// Reads `layer.table`.
    pub fn parse(text: &str) -> Option<Self> {
        let (layer, table) = text.split_once('.')?;
        Some(Self::new(Layer::of(layer)?, table))
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.table)
    }
}
