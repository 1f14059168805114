//! What a YAML file says, key by key, before anything of it is believed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::definition::{Aggregate, Direction, Entity, Measure, OnMissing, ParentOf, Scope, TierFrom};
use super::yaml::{Entries, Placed};

/// A file of `sql/components/`: components by name.
pub(super) type ComponentsDocument = Entries<ComponentDocument>;

/// One component.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentDocument {
    /// Its name for people.
    pub(super) title: Placed<String>,
    /// What is measured: an SQL expression over one row of metrics.
    pub(super) value: Placed<String>,
    /// An SQL condition; where it is not true the component is not applicable and leaves the score.
    pub(super) applies_when: Option<Placed<String>>,
    /// An SQL condition; where it is not true it is too early to judge.
    pub(super) ready_when: Option<Placed<String>>,
    /// An SQL text that is published beside the value: who says so, and why.
    pub(super) evidence: Option<Placed<String>>,
    /// How the value loses its force with age.
    pub(super) decay: Option<Placed<DecayDocument>>,
    /// What the value is compared with before it is worth points.
    pub(super) relative_to: Option<Placed<RelativeDocument>>,
    /// Ranges of values and their points, lowest first; the last has no edge.
    pub(super) bins: Option<Placed<Vec<Placed<BinDocument>>>>,
    /// Texts and their points.
    pub(super) categories: Option<Placed<Entries<Placed<f64>>>>,
    /// Points of every text that `categories` does not list; without it such a text fails the run.
    pub(super) otherwise: Option<Placed<f64>>,
    /// Points along a straight line between two values.
    pub(super) linear: Option<Placed<LinearDocument>>,
    /// The value is the points: a whole number from the first to the second.
    pub(super) ordinal: Option<Placed<[Placed<f64>; 2]>>,
    /// Rules for some accounts each; the first whose `when` is true applies, the last has none.
    pub(super) cases: Option<Placed<Vec<Placed<CaseDocument>>>>,
    /// The least and the most points, of which points are a share.
    pub(super) range: Option<Placed<[Placed<f64>; 2]>>,
    /// Decimals to round to, half away from zero.
    pub(super) rounding: Option<Placed<u8>>,
    /// What an account without a value gets.
    pub(super) on_missing: Option<Placed<OnMissing>>,
    /// Which way is better; checked against the points.
    pub(super) direction: Option<Placed<Direction>>,
    /// The unit of the value, for people.
    pub(super) unit: Option<String>,
    /// The heading under which reports show it.
    pub(super) group: Option<String>,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// Why it matters and where the thresholds come from, or a link to that.
    pub(super) docs: Option<String>,
}

/// What a scorecard says otherwise about a component: a rule, what is missing, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideDocument {
    /// Ranges of values and their points, lowest first; the last has no edge.
    pub(super) bins: Option<Placed<Vec<Placed<BinDocument>>>>,
    /// Texts and their points.
    pub(super) categories: Option<Placed<Entries<Placed<f64>>>>,
    /// Points of every text that `categories` does not list; without it such a text fails the run.
    pub(super) otherwise: Option<Placed<f64>>,
    /// Points along a straight line between two values.
    pub(super) linear: Option<Placed<LinearDocument>>,
    /// The value is the points: a whole number from the first to the second.
    pub(super) ordinal: Option<Placed<[Placed<f64>; 2]>>,
    /// Rules for some accounts each; the first whose `when` is true applies, the last has none.
    pub(super) cases: Option<Placed<Vec<Placed<CaseDocument>>>>,
    /// The least and the most points, of which points are a share.
    pub(super) range: Option<Placed<[Placed<f64>; 2]>>,
    /// Decimals to round to, half away from zero.
    pub(super) rounding: Option<Placed<u8>>,
    /// What an account without a value gets.
    pub(super) on_missing: Option<Placed<OnMissing>>,
}

/// A rule for some accounts, or for all that are left.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseDocument {
    /// An SQL condition over one row of metrics; left out for all that are left.
    pub(super) when: Option<Placed<String>>,
    /// Ranges of values and their points, lowest first; the last has no edge.
    pub(super) bins: Option<Placed<Vec<Placed<BinDocument>>>>,
    /// Texts and their points.
    pub(super) categories: Option<Placed<Entries<Placed<f64>>>>,
    /// Points of every text that `categories` does not list; without it such a text fails the run.
    pub(super) otherwise: Option<Placed<f64>>,
    /// Points along a straight line between two values.
    pub(super) linear: Option<Placed<LinearDocument>>,
    /// The value is the points: a whole number from the first to the second.
    pub(super) ordinal: Option<Placed<[Placed<f64>; 2]>>,
    /// Why there are no points.
    pub(super) state: Option<Placed<CaseState>>,
}

/// The state that a case gives instead of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaseState {
    /// The component is not meant for these accounts.
    NotApplicable,
    /// There is not enough history to judge.
    NotYet,
}

/// One bin: values up to an edge, or all that are left.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BinDocument {
    /// The edge above, which belongs to the next.
    pub(super) below: Option<Placed<f64>>,
    /// The edge above, which belongs to this one.
    pub(super) at_most: Option<Placed<f64>>,
    /// Points of a value here.
    pub(super) points: Placed<f64>,
    /// A name for people.
    pub(super) label: Option<Placed<String>>,
}

/// Points along a straight line between two values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinearDocument {
    /// Where it begins.
    pub(super) from: Placed<f64>,
    /// Where it ends.
    pub(super) to: Placed<f64>,
    /// Points at its ends.
    pub(super) points: Placed<[Placed<f64>; 2]>,
    /// What lies beyond the ends.
    #[serde(default)]
    pub(super) outside: super::definition::Outside,
}

/// How a value loses its force with age.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecayDocument {
    /// The age of the value in days: an SQL expression.
    pub(super) age: Placed<String>,
    /// The age in days after which there is no value any more.
    pub(super) expires_after: Option<Placed<f64>>,
    /// Days within which it fades evenly.
    pub(super) linear: Option<Placed<f64>>,
    /// Days in which half of the way to `toward` is gone.
    pub(super) half_life: Option<Placed<f64>>,
    /// The value that it fades to.
    pub(super) toward: Option<Placed<f64>>,
}

/// What a value is compared with before it is worth points.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RelativeDocument {
    /// The mean of the account's own earlier days.
    pub(super) own_history: Option<Placed<OwnHistoryDocument>>,
    /// Accounts of the same day.
    pub(super) peers: Option<Placed<PeersDocument>>,
    /// All accounts in a period that stays as it is.
    pub(super) reference: Option<Placed<ReferenceDocument>>,
}

/// The account's own days before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnHistoryDocument {
    /// How many days.
    pub(super) days: Placed<u32>,
    /// How many days before this one they end.
    #[serde(default = "yesterday")]
    pub(super) gap: u32,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(super) form: super::definition::OwnForm,
}

/// Histories end the day before, so that a day is not compared with itself.
fn yesterday() -> u32 {
    1
}

/// Other accounts of the same day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PeersDocument {
    /// What peers have in common: an SQL expression.
    pub(super) by: Option<Placed<String>>,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(super) form: super::definition::Standing,
}

/// All accounts in a period that stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceDocument {
    /// Where it begins.
    #[schemars(with = "String")]
    pub(super) from: Placed<chrono::NaiveDate>,
    /// Where it ends.
    #[schemars(with = "String")]
    pub(super) to: Placed<chrono::NaiveDate>,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(super) form: super::definition::Standing,
}

/// A file of `sql/scores/`: one score, named by the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreDocument {
    /// Its name for people.
    pub(super) title: Placed<String>,
    /// What it means, in a few sentences.
    pub(super) description: Option<String>,
    /// The version as people count it, published on every row.
    pub(super) version: Placed<String>,
    /// Whose score it is.
    #[serde(default)]
    pub(super) entity: Entity,
    /// The worst and the best score; 0 and 100 unless said otherwise.
    pub(super) scale: Option<Placed<[Placed<f64>; 2]>>,
    /// The components and groups, with their weights.
    pub(super) components: Option<Placed<PartsDocument>>,
    /// How the parts make one number.
    pub(super) aggregate: Option<Placed<Aggregate>>,
    /// Where the weight of what is missing goes.
    #[serde(default)]
    pub(super) renormalise: Scope,
    /// Who is scored how: the first whose `when` is true applies, the last has none.
    pub(super) scorecards: Option<Placed<Vec<Placed<ScorecardDocument>>>>,
    /// A score made of the scores of others.
    pub(super) roll_up: Option<Placed<RollUpDocument>>,
    /// The least share of the declared weight that must be known, 0 to 1.
    pub(super) min_coverage: Option<Placed<f64>>,
    /// What accounts have in common that are ranked among each other: an SQL expression.
    pub(super) peers: Option<Placed<String>>,
    /// Whether overrides of `metrics.overrides` apply.
    #[serde(default)]
    pub(super) overrides: bool,
    /// Decimals to round to, half away from zero.
    pub(super) rounding: Option<Placed<u8>>,
    /// Which number decides the tier.
    #[serde(default)]
    pub(super) tier_from: TierFrom,
    /// Names of ranges of the score, lowest first; the last has no edge.
    pub(super) tiers: Placed<Vec<Placed<TierDocument>>>,
}

/// How some accounts are scored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScorecardDocument {
    /// Its name.
    pub(super) name: Placed<String>,
    /// An SQL condition over one row of metrics; left out for all that are left.
    pub(super) when: Option<Placed<String>>,
    /// The components and groups, with their weights.
    pub(super) components: Option<Placed<PartsDocument>>,
    /// How the parts make one number.
    pub(super) aggregate: Option<Placed<Aggregate>>,
    /// Weights that this scorecard has otherwise, by component or group.
    pub(super) weights: Option<Entries<Placed<f64>>>,
    /// Rules that this scorecard has otherwise, by component.
    pub(super) rules: Option<Entries<OverrideDocument>>,
}

/// One tier: scores up to an edge, or all that are left.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TierDocument {
    /// Its name.
    pub(super) name: Placed<String>,
    /// The edge above, which belongs to the next.
    pub(super) below: Option<Placed<f64>>,
    /// The edge above, which belongs to this one.
    pub(super) at_most: Option<Placed<f64>>,
    /// `'#rrggbb'`, for reports.
    pub(super) color: Option<Placed<String>>,
    /// What it means, in a few sentences.
    pub(super) description: Option<String>,
}

/// A score made of the scores of others: users of an account, children of a parent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollUpDocument {
    /// The score of the members.
    pub(super) of: Placed<String>,
    /// The account above a member: an SQL expression over its metrics.
    pub(super) to: Placed<String>,
    /// What is made of their scores.
    pub(super) measure: Measure,
    /// How much a member counts: an SQL expression; all the same where left out.
    pub(super) weight: Option<Placed<String>>,
    /// An SQL condition: which members count.
    pub(super) where_member: Option<Placed<String>>,
    /// The tiers of members that are at risk.
    pub(super) at_risk: Option<Vec<Placed<String>>>,
    /// Whether the account above is one of its own members.
    #[serde(default)]
    pub(super) parent: ParentOf,
    /// What an account without members gets.
    pub(super) fallback: Placed<super::definition::Fallback>,
}

/// The keys that say how values become points, wherever they stand.
pub(super) struct RuleKeys<'a> {
    pub(super) bins: Option<&'a Placed<Vec<Placed<BinDocument>>>>,
    pub(super) categories: Option<&'a Placed<Entries<Placed<f64>>>>,
    pub(super) otherwise: Option<&'a Placed<f64>>,
    pub(super) linear: Option<&'a Placed<LinearDocument>>,
    pub(super) ordinal: Option<&'a Placed<[Placed<f64>; 2]>>,
    pub(super) cases: Option<&'a Placed<Vec<Placed<CaseDocument>>>>,
}

// `deny_unknown_fields` and `flatten` exclude each other in serde, so the keys are written out in each document.
macro_rules! rule_keys {
    ($document:ty $(, $cases:ident)?) => {
        impl $document {
            pub(super) fn rule(&self) -> RuleKeys<'_> {
                RuleKeys {
                    bins: self.bins.as_ref(),
                    categories: self.categories.as_ref(),
                    otherwise: self.otherwise.as_ref(),
                    linear: self.linear.as_ref(),
                    ordinal: self.ordinal.as_ref(),
                    cases: None $(.or(self.$cases.as_ref()))?,
                }
            }
        }
    };
}
rule_keys!(ComponentDocument, cases);
rule_keys!(OverrideDocument, cases);
rule_keys!(CaseDocument);

/// The parts of a score or group: a list of components, or a mapping from names to weights and groups.
#[derive(Debug)]
pub(super) struct PartsDocument(pub(super) Vec<PartDocument>);

/// A part's name, and what it is where that was said.
#[derive(Debug)]
pub(super) struct PartDocument {
    pub(super) name: Placed<String>,
    pub(super) part: Option<Placed<PartForm>>,
}

/// A component's weight, or a group.
#[derive(Debug)]
pub(super) enum PartForm {
    Weight(f64),
    Group(Box<GroupDocument>),
}

/// Parts that count together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupDocument {
    /// Its name for people; its key where left out.
    pub(super) title: Option<Placed<String>>,
    /// How much it counts.
    pub(super) weight: Option<Placed<f64>>,
    /// How the parts make one number.
    pub(super) aggregate: Option<Placed<Aggregate>>,
    /// Decimals to round to, half away from zero.
    pub(super) rounding: Option<Placed<u8>>,
    /// The components and groups, with their weights.
    pub(super) components: Placed<PartsDocument>,
}

// By hand, since serde's untagged enums lose the places of what they hold.
impl<'de> Deserialize<'de> for PartsDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = PartsDocument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of components, or a mapping from names to weights and groups")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(name) = list.next_element()? {
            parts.push(PartDocument { name, part: None });
        }
        Ok(PartsDocument(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(name) = map.next_key()? {
            parts.push(PartDocument { name, part: Some(map.next_value()?) });
        }
        Ok(PartsDocument(parts))
    }
}

impl<'de> Deserialize<'de> for PartForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = PartForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a weight, or a group with its components")
    }

    fn visit_f64<E: de::Error>(self, weight: f64) -> Result<Self::Value, E> {
        Ok(PartForm::Weight(weight))
    }

    fn visit_u64<E: de::Error>(self, weight: u64) -> Result<Self::Value, E> {
        Ok(PartForm::Weight(weight as f64))
    }

    fn visit_i64<E: de::Error>(self, weight: i64) -> Result<Self::Value, E> {
        Ok(PartForm::Weight(weight as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        GroupDocument::deserialize(MapAccessDeserializer::new(map))
            .map(|group| PartForm::Group(Box::new(group)))
    }
}

impl JsonSchema for PartsDocument {
    fn schema_name() -> Cow<'static, str> {
        "Parts".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let group = generator.subschema_for::<GroupDocument>();
        json_schema!({
            "description": "A list of components that weigh the same, or names with a weight or a group each.",
            "anyOf": [
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": { "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, group] },
                },
            ],
        })
    }
}
