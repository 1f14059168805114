//! What a YAML file says, key by key, before anything of it is believed.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::definition::{Aggregate, Direction, OnMissing};
use super::yaml::Entries;

/// A file of `sql/components/`: components by name.
pub(super) type ComponentsDocument = Entries<ComponentDocument>;

/// One component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentDocument {
    pub(super) title: Spanned<String>,
    pub(super) value: Spanned<String>,
    pub(super) bins: Spanned<Vec<Spanned<BinDocument>>>,
    #[serde(default)]
    pub(super) on_missing: OnMissing,
    pub(super) direction: Option<Spanned<Direction>>,
    pub(super) unit: Option<String>,
    pub(super) group: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) docs: Option<String>,
}

/// One bin: values below an edge, or all that are left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BinDocument {
    pub(super) below: Option<Spanned<f64>>,
    pub(super) points: Spanned<f64>,
}

/// A file of `sql/scores/`: one score, named by the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreDocument {
    pub(super) title: Spanned<String>,
    pub(super) description: Option<String>,
    pub(super) version: Spanned<String>,
    pub(super) components: Spanned<PartsDocument>,
    #[serde(default)]
    pub(super) aggregate: Aggregate,
    pub(super) min_coverage: Option<Spanned<f64>>,
    pub(super) tiers: Spanned<Vec<Spanned<TierDocument>>>,
}

/// One tier: scores below an edge, or all that are left.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierDocument {
    pub(super) name: Spanned<String>,
    pub(super) below: Option<Spanned<f64>>,
    pub(super) description: Option<String>,
}

/// The components of a score: a list of names, or a mapping from names to weights.
#[derive(Debug)]
pub(super) struct PartsDocument(pub(super) Vec<PartDocument>);

/// A component's name, and its weight where one was given.
#[derive(Debug)]
pub(super) struct PartDocument {
    pub(super) component: Spanned<String>,
    pub(super) weight: Option<Spanned<f64>>,
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
        f.write_str("a list of components, or a mapping from components to weights")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(component) = list.next_element()? {
            parts.push(PartDocument { component, weight: None });
        }
        Ok(PartsDocument(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(component) = map.next_key()? {
            parts.push(PartDocument { component, weight: Some(map.next_value()?) });
        }
        Ok(PartsDocument(parts))
    }
}
