//! What a YAML file says, key by key, before anything of it is believed.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::definition::{Aggregate, Direction, Entity, Measure, OnMissing, ParentOf, Scope, TierFrom};
use super::yaml::Entries;

/// A file of `sql/components/`: components by name.
pub(super) type ComponentsDocument = Entries<ComponentDocument>;

/// One component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentDocument {
    pub(super) title: Spanned<String>,
    pub(super) value: Spanned<String>,
    pub(super) applies_when: Option<Spanned<String>>,
    pub(super) ready_when: Option<Spanned<String>>,
    pub(super) evidence: Option<Spanned<String>>,
    pub(super) decay: Option<Spanned<DecayDocument>>,
    pub(super) relative_to: Option<Spanned<RelativeDocument>>,
    pub(super) bins: Option<Spanned<Vec<Spanned<BinDocument>>>>,
    pub(super) categories: Option<Spanned<Entries<Spanned<f64>>>>,
    pub(super) otherwise: Option<Spanned<f64>>,
    pub(super) linear: Option<Spanned<LinearDocument>>,
    pub(super) ordinal: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) cases: Option<Spanned<Vec<Spanned<CaseDocument>>>>,
    pub(super) range: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) rounding: Option<Spanned<u8>>,
    pub(super) on_missing: Option<Spanned<OnMissing>>,
    pub(super) direction: Option<Spanned<Direction>>,
    pub(super) unit: Option<String>,
    pub(super) group: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) docs: Option<String>,
}

/// What a scorecard says otherwise about a component: a rule, what is missing, or both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideDocument {
    pub(super) bins: Option<Spanned<Vec<Spanned<BinDocument>>>>,
    pub(super) categories: Option<Spanned<Entries<Spanned<f64>>>>,
    pub(super) otherwise: Option<Spanned<f64>>,
    pub(super) linear: Option<Spanned<LinearDocument>>,
    pub(super) ordinal: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) cases: Option<Spanned<Vec<Spanned<CaseDocument>>>>,
    pub(super) range: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) rounding: Option<Spanned<u8>>,
    pub(super) on_missing: Option<Spanned<OnMissing>>,
}

/// A rule for some accounts, or for all that are left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseDocument {
    pub(super) when: Option<Spanned<String>>,
    pub(super) bins: Option<Spanned<Vec<Spanned<BinDocument>>>>,
    pub(super) categories: Option<Spanned<Entries<Spanned<f64>>>>,
    pub(super) otherwise: Option<Spanned<f64>>,
    pub(super) linear: Option<Spanned<LinearDocument>>,
    pub(super) ordinal: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) state: Option<Spanned<CaseState>>,
}

/// The state that a case gives instead of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaseState {
    /// The component is not meant for these accounts.
    NotApplicable,
    /// There is not enough history to judge.
    NotYet,
}

/// One bin: values up to an edge, or all that are left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BinDocument {
    pub(super) below: Option<Spanned<f64>>,
    pub(super) at_most: Option<Spanned<f64>>,
    pub(super) points: Spanned<f64>,
    pub(super) label: Option<Spanned<String>>,
}

/// Points along a straight line between two values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinearDocument {
    pub(super) from: Spanned<f64>,
    pub(super) to: Spanned<f64>,
    pub(super) points: Spanned<[Spanned<f64>; 2]>,
    #[serde(default)]
    pub(super) outside: super::definition::Outside,
}

/// How a value loses its force with age.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecayDocument {
    pub(super) age: Spanned<String>,
    pub(super) expires_after: Option<Spanned<f64>>,
    pub(super) linear: Option<Spanned<f64>>,
    pub(super) half_life: Option<Spanned<f64>>,
    pub(super) toward: Option<Spanned<f64>>,
}

/// What a value is compared with before it is worth points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelativeDocument {
    pub(super) own_history: Option<Spanned<OwnHistoryDocument>>,
    pub(super) peers: Option<Spanned<PeersDocument>>,
    pub(super) reference: Option<Spanned<ReferenceDocument>>,
}

/// The account's own days before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnHistoryDocument {
    pub(super) days: Spanned<u32>,
    #[serde(default = "yesterday")]
    pub(super) gap: u32,
    #[serde(rename = "as")]
    pub(super) form: super::definition::OwnForm,
}

/// Histories end the day before, so that a day is not compared with itself.
fn yesterday() -> u32 {
    1
}

/// Other accounts of the same day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeersDocument {
    pub(super) by: Option<Spanned<String>>,
    #[serde(rename = "as")]
    pub(super) form: super::definition::Standing,
}

/// All accounts in a period that stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceDocument {
    pub(super) from: Spanned<chrono::NaiveDate>,
    pub(super) to: Spanned<chrono::NaiveDate>,
    #[serde(rename = "as")]
    pub(super) form: super::definition::Standing,
}

/// A file of `sql/scores/`: one score, named by the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreDocument {
    pub(super) title: Spanned<String>,
    pub(super) description: Option<String>,
    pub(super) version: Spanned<String>,
    #[serde(default)]
    pub(super) entity: Entity,
    pub(super) scale: Option<Spanned<[Spanned<f64>; 2]>>,
    pub(super) components: Option<Spanned<PartsDocument>>,
    pub(super) aggregate: Option<Spanned<Aggregate>>,
    #[serde(default)]
    pub(super) renormalise: Scope,
    pub(super) scorecards: Option<Spanned<Vec<Spanned<ScorecardDocument>>>>,
    pub(super) roll_up: Option<Spanned<RollUpDocument>>,
    pub(super) min_coverage: Option<Spanned<f64>>,
    pub(super) peers: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) overrides: bool,
    pub(super) rounding: Option<Spanned<u8>>,
    #[serde(default)]
    pub(super) tier_from: TierFrom,
    pub(super) tiers: Spanned<Vec<Spanned<TierDocument>>>,
}

/// How some accounts are scored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScorecardDocument {
    pub(super) name: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) components: Option<Spanned<PartsDocument>>,
    pub(super) aggregate: Option<Spanned<Aggregate>>,
    pub(super) weights: Option<Entries<Spanned<f64>>>,
    pub(super) rules: Option<Entries<OverrideDocument>>,
}

/// One tier: scores up to an edge, or all that are left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierDocument {
    pub(super) name: Spanned<String>,
    pub(super) below: Option<Spanned<f64>>,
    pub(super) at_most: Option<Spanned<f64>>,
    pub(super) color: Option<Spanned<String>>,
    pub(super) description: Option<String>,
}

/// A score made of the scores of others: users of an account, children of a parent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RollUpDocument {
    pub(super) of: Spanned<String>,
    pub(super) to: Spanned<String>,
    pub(super) measure: Measure,
    pub(super) weight: Option<Spanned<String>>,
    pub(super) where_member: Option<Spanned<String>>,
    pub(super) at_risk: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) parent: ParentOf,
    pub(super) fallback: Spanned<super::definition::Fallback>,
}

/// The keys that say how values become points, wherever they stand.
pub(super) struct RuleKeys<'a> {
    pub(super) bins: Option<&'a Spanned<Vec<Spanned<BinDocument>>>>,
    pub(super) categories: Option<&'a Spanned<Entries<Spanned<f64>>>>,
    pub(super) otherwise: Option<&'a Spanned<f64>>,
    pub(super) linear: Option<&'a Spanned<LinearDocument>>,
    pub(super) ordinal: Option<&'a Spanned<[Spanned<f64>; 2]>>,
    pub(super) cases: Option<&'a Spanned<Vec<Spanned<CaseDocument>>>>,
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
    pub(super) name: Spanned<String>,
    pub(super) part: Option<Spanned<PartForm>>,
}

/// A component's weight, or a group.
#[derive(Debug)]
pub(super) enum PartForm {
    Weight(f64),
    Group(Box<GroupDocument>),
}

/// Parts that count together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupDocument {
    pub(super) title: Option<Spanned<String>>,
    pub(super) weight: Option<Spanned<f64>>,
    pub(super) aggregate: Option<Spanned<Aggregate>>,
    pub(super) rounding: Option<Spanned<u8>>,
    pub(super) components: Spanned<PartsDocument>,
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
