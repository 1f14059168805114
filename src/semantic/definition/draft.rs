//! Drafts: scores that are computed beside the published ones and shown to none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Score;
use crate::diagnostic::Location;
use crate::project::layer::{Layer, ModelName};

/// Whether a definition counts, or is tried beside those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It counts.
    #[default]
    Published,
    /// It is tried beside what counts.
    Draft,
}

/// What a draft says beside the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The published score that it would stand for, and where that is said.
    pub replaces: Option<(String, Location)>,
    /// Which accounts would be the draft's.
    pub challenge: Option<Challenge>,
}

/// Which accounts fall to a draft, the challenger, and not to the score that it would stand for, the champion.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// The share that falls to the draft, above 0 and below 1.
    pub share: f64,
    /// What makes this draw another than that of other drafts.
    pub salt: String,
}

/// The end of the name of the table with what a draft is made of.
pub(in crate::semantic) const COMPONENTS: &str = "_components";

impl Score {
    /// The name under which it counts, or would: of a draft that of the score that it replaces.
    pub fn stands_for(&self) -> &str {
        self.champion().unwrap_or(&self.name)
    }

    /// The published score that a draft would stand for.
    pub fn champion(&self) -> Option<&str> {
        self.draft.as_ref()?.replaces.as_ref().map(|(name, _)| name.as_str())
    }

    /// Which accounts would be the draft's.
    pub fn challenge(&self) -> Option<&Challenge> {
        self.draft.as_ref()?.challenge.as_ref()
    }

    /// Its table.
    pub fn table(&self) -> ModelName {
        let layer = if self.draft.is_some() { Layer::Drafts } else { Layer::Scores };
        ModelName::new(layer, self.name.clone())
    }

    /// The table with what it is made of.
    pub fn components_table(&self) -> ModelName {
        match self.draft {
            Some(_) => ModelName::new(Layer::Drafts, format!("{}{COMPONENTS}", self.name)),
            None => ModelName::new(Layer::Components, self.name.clone()),
        }
    }
}
