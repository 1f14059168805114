//! A score of every account or user, and what its numbers are called.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Draft, Edge, Range, RollUp, Scorecard, UsageOf};
use crate::diagnostic::{Location, SourceFile};
use crate::semantic::expression::Expression;

/// The tier of accounts that have no score.
pub(in crate::semantic) const UNSCORED: &str = "unscored";

/// A score of every account, or every user, on every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The stem of its file: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it says as a draft; `None` of a score that is published.
    pub draft: Option<Draft>,
    /// What it was called before, and where that is said.
    pub was: Option<(String, Location)>,
    /// The version that people gave it, published on every row.
    pub version: String,
    /// Whose score it is.
    pub entity: Entity,
    /// The worst and the best score.
    pub scale: Range,
    /// Where the number comes from.
    pub source: Source,
    /// Whose usage an account's is, on the day; components that judge the other kind do not apply. `None` asks for all.
    pub usage_of: Option<UsageKind>,
    /// Where no usage is expected; components that judge usage do not apply then.
    pub expected_idle: Option<ExpectedIdle>,
    /// The least share of the declared weight that must be present, 0 to 1.
    pub min_coverage: f64,
    /// What accounts have in common that are ranked among each other, beside the rank among all.
    pub rank_within: Option<Expression>,
    /// Whether overrides of `metrics.overrides` apply.
    pub overrides: bool,
    /// Decimals that the published score is rounded to, half away from zero.
    pub rounding: Option<u8>,
    /// Which number decides the tier.
    pub tier_from: TierFrom,
    /// The names of ranges of the score: lowest first, edges ascending, only the last one open above.
    pub tiers: Vec<Tier>,
    /// Content hash of the meaning, published on every row: equal whatever the comments, the order of keys, the
    /// titles and the version, and whether it is a draft or published in the place for which it is; different as soon as a number could be.
    pub definition: String,
    /// The file that declares it.
    pub file: Arc<SourceFile>,
}

impl Score {
    /// Whether a tier of a name is declared to be at risk.
    pub fn is_at_risk(&self, tier: &str) -> bool {
        self.tiers.iter().any(|own| own.name == tier && own.at_risk)
    }

    /// Whether any of its tiers is at risk.
    pub fn has_tier_at_risk(&self) -> bool {
        self.tiers.iter().any(|tier| tier.at_risk)
    }

    /// The names that its tier can have, that of accounts without a score included.
    pub fn tier_names(&self) -> impl Iterator<Item = &str> {
        self.tiers.iter().map(|tier| tier.name.as_str()).chain([UNSCORED])
    }

    /// The scorecards, in the order in which they are tried; none of a roll-up.
    pub fn scorecards(&self) -> &[Scorecard] {
        match &self.source {
            Source::Scorecards(scorecards) => scorecards,
            Source::RollUp(_) => &[],
        }
    }
}

/// Where a score's number comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Components; the first scorecard whose condition is true applies, the last has none.
    Scorecards(Vec<Scorecard>),
    /// The scores of others.
    RollUp(Box<RollUp>),
}

/// Whose score it is: the table of metrics that it reads, and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// `metrics.accounts`, by `account_id`.
    #[default]
    Account,
    /// `metrics.users`, by `account_id` and `user_id`.
    User,
}

impl Entity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Account, Self::User];

    /// The table of metrics.
    pub fn table(self) -> &'static str {
        match self {
            Self::Account => "metrics.accounts",
            Self::User => "metrics.users",
        }
    }

    /// The columns that say who, without the day.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["account_id"],
            Self::User => &["account_id", "user_id"],
        }
    }
}

/// Whose usage an account's is.
#[derive(Debug, Clone, PartialEq)]
pub enum UsageKind {
    /// The same for all accounts.
    All(UsageOf),
    /// As an expression over metrics says, by the names of [`UsageOf`]; anything else it gives asks for all.
    By(Expression),
}

/// Days on which no usage is expected, and none is there. Components that judge usage do not apply on them, nor as long
/// after them as their values look back: what they measure would be the season.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedIdle {
    /// The season.
    pub when: Expression,
    /// Who is in use all the same, and judged like everybody.
    pub unless: Expression,
}

/// Where the weight of a missing component goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To the others of its group, and across groups only when the group has nothing.
    #[default]
    Group,
    /// To all others of the score.
    Score,
}

/// Which number decides the tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierFrom {
    /// The score before rounding.
    #[default]
    Unrounded,
    /// The score as rounded.
    Rounded,
}

/// A range of scores, from where the tier before it ends, and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// The name that is published.
    pub name: String,
    /// The edge above; `None` for the last tier.
    pub edge: Option<Edge>,
    /// Whether accounts in it are at risk; such tiers are the lowest ones, without a gap.
    pub at_risk: bool,
    /// `#rrggbb`, for reports.
    pub color: Option<String>,
    /// What the tier means, for people.
    pub description: Option<String>,
}
