//! What a file of one score says.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{PartsDocument, RewriteDocument};
use crate::semantic::definition::{Aggregate, Entity, Fallback, Measure, ParentOf, Scope, Status, TierFrom};
use crate::yaml::{Entries, Placed};

/// A file of `sql/scores/`: one score, named by the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct ScoreDocument {
    /// Its name for people.
    pub(in crate::semantic) title: Placed<String>,
    /// What it means, in a few sentences.
    pub(in crate::semantic) description: Option<String>,
    /// `published` unless said otherwise. A draft is computed beside what is published, into `drafts.NAME` and
    /// `drafts.NAME_components`, which nothing may read; `hale promote NAME` publishes it.
    #[serde(default)]
    pub(in crate::semantic) status: Status,
    /// The published score that a draft would stand for: its score and tier stand beside those of the draft, and
    /// `hale promote` puts the draft in its place.
    pub(in crate::semantic) replaces: Option<Placed<String>>,
    /// Which accounts would be the draft's, were it to be tried on some of them: only with `replaces`.
    pub(in crate::semantic) challenge: Option<Placed<ChallengeDocument>>,
    /// What it was called before: the first run that meets this moves its published days.
    pub(in crate::semantic) was: Option<Placed<String>>,
    /// The version as people count it, published on every row.
    pub(in crate::semantic) version: Placed<String>,
    /// Whose score it is.
    #[serde(default)]
    pub(in crate::semantic) entity: Entity,
    /// The worst and the best score; 0 and 100 unless said otherwise.
    pub(in crate::semantic) scale: Option<Placed<[Placed<f64>; 2]>>,
    /// The components and groups, with their weights.
    pub(in crate::semantic) components: Option<Placed<PartsDocument>>,
    /// How the parts make one number.
    pub(in crate::semantic) aggregate: Option<Placed<Aggregate>>,
    /// Where the weight of what is missing goes.
    #[serde(default)]
    pub(in crate::semantic) missing_weight: Scope,
    /// Who is scored how: the first whose `when` is true applies, the last has none.
    pub(in crate::semantic) scorecards: Option<Placed<Vec<Placed<ScorecardDocument>>>>,
    /// A score made of the scores of others.
    pub(in crate::semantic) roll_up: Option<Placed<RollUpDocument>>,
    /// Whose usage an account's is: `people`, `integrations`, `both`, or an SQL expression that gives one of these.
    /// Components that judge the other kind do not apply.
    pub(in crate::semantic) usage_of: Option<Placed<String>>,
    /// Where no usage is expected, and components that judge usage do not apply.
    pub(in crate::semantic) expected_idle: Option<Placed<IdleDocument>>,
    /// The least share of the declared weight that must be known, 0 to 1.
    pub(in crate::semantic) min_coverage: Option<Placed<f64>>,
    /// What accounts have in common that are ranked among each other: an SQL expression.
    pub(in crate::semantic) rank_within: Option<Placed<String>>,
    /// Whether overrides of `metrics.overrides` apply.
    #[serde(default)]
    pub(in crate::semantic) overrides: bool,
    /// Decimals to round to, half away from zero.
    pub(in crate::semantic) rounding: Option<Placed<u8>>,
    /// Which number decides the tier.
    #[serde(default)]
    pub(in crate::semantic) tier_from: TierFrom,
    /// Names of ranges of the score, lowest first; the last has no edge.
    pub(in crate::semantic) tiers: Placed<Vec<Placed<TierDocument>>>,
}

/// Which accounts fall to a draft. An account's place is the first 8 bytes of SHA-256 of the salt, a zero byte and the account's
/// id (UTF-8), read as a big-endian number and divided by 2^64; where it is less than the share, the account is the
/// challenger's, otherwise the champion's. In Python: `int.from_bytes(sha256(salt + b"\\0" + id).digest()[:8], "big") / 2**64 < share`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct ChallengeDocument {
    /// The share of accounts that fall to the draft, above 0 and below 1.
    pub(in crate::semantic) share: Placed<f64>,
    /// A text that makes this draw another than that of other drafts.
    pub(in crate::semantic) salt: Placed<String>,
}

/// Days on which no usage is expected.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct IdleDocument {
    /// An SQL condition: the season.
    pub(in crate::semantic) when: Placed<String>,
    /// An SQL condition: who is in use all the same, and judged like everybody.
    pub(in crate::semantic) unless: Placed<String>,
}

/// How some accounts are scored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct ScorecardDocument {
    /// Its name.
    pub(in crate::semantic) name: Placed<String>,
    /// An SQL condition over one row of metrics; left out for all that are left.
    pub(in crate::semantic) when: Option<Placed<String>>,
    /// The components and groups, with their weights.
    pub(in crate::semantic) components: Option<Placed<PartsDocument>>,
    /// How the parts make one number.
    pub(in crate::semantic) aggregate: Option<Placed<Aggregate>>,
    /// Weights that this scorecard has otherwise, by component or group.
    pub(in crate::semantic) weights: Option<Entries<Placed<f64>>>,
    /// Rules that this scorecard has otherwise, by component.
    pub(in crate::semantic) rules: Option<Entries<RewriteDocument>>,
}

/// One tier: scores up to an edge, or all that are left.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct TierDocument {
    /// Its name.
    pub(in crate::semantic) name: Placed<String>,
    /// The edge above, which belongs to the next.
    pub(in crate::semantic) below: Option<Placed<f64>>,
    /// The edge above, which belongs to this one.
    pub(in crate::semantic) at_most: Option<Placed<f64>>,
    /// Whether who is in it is at risk; such tiers are the lowest ones, without a gap.
    pub(in crate::semantic) at_risk: Option<Placed<bool>>,
    /// `'#rrggbb'`, for reports.
    pub(in crate::semantic) color: Option<Placed<String>>,
    /// What it means, in a few sentences.
    pub(in crate::semantic) description: Option<String>,
}

/// A score made of the scores of others: users of an account, children of a parent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct RollUpDocument {
    /// The score of the members.
    pub(in crate::semantic) of: Placed<String>,
    /// The account above a member: an SQL expression over its metrics.
    pub(in crate::semantic) to: Placed<String>,
    /// What is made of their scores.
    pub(in crate::semantic) measure: Measure,
    /// How much a member counts: an SQL expression; all the same where left out.
    pub(in crate::semantic) weight: Option<Placed<String>>,
    /// An SQL condition: which members count.
    pub(in crate::semantic) where_member: Option<Placed<String>>,
    /// Whether the account above is one of its own members.
    #[serde(default)]
    pub(in crate::semantic) parent: ParentOf,
    /// What an account without members gets.
    pub(in crate::semantic) fallback: Placed<Fallback>,
}
