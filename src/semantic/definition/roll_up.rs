//! A score made of the scores of others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::semantic::expression::Expression;

/// A score made of the scores of members: users of an account, children of a parent.
#[derive(Debug, Clone, PartialEq)]
pub struct RollUp {
    /// The members' score.
    pub of: String,
    /// Whose members' metrics it reads.
    pub members: Entity,
    /// The content hash of the members' score.
    pub definition: String,
    /// What in the members' metrics names the account above them.
    pub to: Expression,
    /// What is made of the members' scores.
    pub measure: Measure,
    /// How much a member counts, from 0.0001, in steps of that; all the same where it is `None`.
    pub weight: Option<Expression>,
    /// Which members count; all where it is `None`.
    pub where_member: Option<Expression>,
    /// Whether the account above counts as one of its own members.
    pub parent: ParentOf,
    /// What an account without members gets.
    pub fallback: Fallback,
}

/// What is made of the members' scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Their mean by weight.
    Mean,
    /// The least.
    Worst,
    /// The greatest.
    Best,
    /// The best score less the share, by weight, of members in tiers at risk.
    ShareAtRisk,
}

/// Whether the account above counts as one of its own members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParentOf {
    /// It does not.
    #[default]
    Excluded,
    /// It does.
    Included,
}

/// What an account without scored members gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Its own score.
    Own,
    /// No score.
    Unscored,
}
