//! What people who know a customer well expect of its score: files of `sql/expectations/`, held against rows.
//!
//! ```yaml
//! # sql/expectations/health.yml: of the score of the file's name, or of the one that `score` names
//! expectations:
//!   - {account: a000003, day: 2026-09-30, tier: [steady, healthy], author: Mia Wolf, why: "renewed in August, no complaint"}
//!   - {account: a000017, day: 2026-09-30, at_most: 40, author: Jan Roth, why: their sponsor left and nobody answers}
//! ```
//!
//! ```text
//!  files ─► document ─► resolve ─► Expectations ─► query: what is there of the accounts and days
//!                                                    ├─► a run: of its days, in the rows that it is about to publish
//!                                                    └─► hale test: of all days, in what one commit has published
//! ```
//!
//! In a run they are a question beside audits and foreign keys ([`crate::run`]): one that is broken stops it, or is warned of
//! where `hale.yml` says `expectations: warn`. They are about history as it happened, and decide no row: to write one down makes
//! nothing that is published stale.

mod document;
mod found;
mod published;
mod query;
mod resolve;

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::NaiveDate;

pub use document::expectations_schema;
pub use published::{Held, held};

use crate::diagnostic::{Location, SourceFile};
use crate::project::layer::{Layer, ModelName};
use crate::semantic::Entity;

pub(crate) use found::broken;
pub(crate) use resolve::parse;

/// What a file expects of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectations {
    /// The score's name.
    pub score: String,
    /// Whose score it is.
    pub entity: Entity,
    /// Whether what is broken is warned of and stops no run.
    pub warns: bool,
    /// What is expected, in the order of the file.
    pub entries: Vec<Expectation>,
    /// The file.
    pub file: Arc<SourceFile>,
}

/// What somebody expects of one score on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The account.
    pub account: String,
    /// The user, of a score of users.
    pub user: Option<String>,
    /// The day.
    pub day: NaiveDate,
    /// The tiers of which one is expected; none where any will do.
    pub tiers: Vec<String>,
    /// The least score that is expected.
    pub at_least: Option<f64>,
    /// The most.
    pub at_most: Option<f64>,
    /// Who expects it.
    pub author: String,
    /// Why.
    pub why: String,
    /// Where it is written.
    pub location: Location,
}

impl Expectations {
    /// The table of the score.
    pub fn table(&self) -> ModelName {
        ModelName::new(Layer::Scores, self.score.clone())
    }

    /// Whether anything is expected of some days.
    pub fn has_any_of(&self, days: &RangeInclusive<NaiveDate>) -> bool {
        self.entries.iter().any(|entry| days.contains(&entry.day))
    }
}

impl Expectation {
    /// Who and when, in words.
    pub fn subject(&self) -> String {
        let visible = |text: &str| text.escape_debug().to_string();
        let who = match &self.user {
            Some(user) => format!("user {} of account {}", visible(user), visible(&self.account)),
            None => format!("account {}", visible(&self.account)),
        };
        format!("{who} on {}", self.day)
    }

    /// What is expected, in words.
    pub fn expected(&self) -> String {
        let range = match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => Some(format!("{least} to {most}")),
            (Some(least), None) => Some(format!("{least} or more")),
            (None, Some(most)) => Some(format!("{most} or less")),
            (None, None) => None,
        };
        let tiers = (!self.tiers.is_empty()).then(|| self.tiers.join(" or "));
        tiers.into_iter().chain(range).collect::<Vec<_>>().join(", ")
    }
}
