//! The parts of a score or group, which are written in two ways.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::semantic::definition::Aggregate;
use crate::yaml::Placed;

/// The parts of a score or group: a list of components, or a mapping from names to weights and groups.
#[derive(Debug)]
pub(in crate::semantic) struct PartsDocument(pub(in crate::semantic) Vec<PartDocument>);

/// A part's name, and what it is where that was said.
#[derive(Debug)]
pub(in crate::semantic) struct PartDocument {
    pub(in crate::semantic) name: Placed<String>,
    pub(in crate::semantic) part: Option<Placed<PartForm>>,
}

/// A component's weight, or a group.
#[derive(Debug)]
pub(in crate::semantic) enum PartForm {
    Weight(f64),
    Group(Box<GroupDocument>),
}

/// Parts that count together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct GroupDocument {
    /// Its name for people; its key where left out.
    pub(in crate::semantic) title: Option<Placed<String>>,
    /// How much it counts.
    pub(in crate::semantic) weight: Option<Placed<f64>>,
    /// How the parts make one number.
    pub(in crate::semantic) aggregate: Option<Placed<Aggregate>>,
    /// Decimals to round to, half away from zero.
    pub(in crate::semantic) rounding: Option<Placed<u8>>,
    /// The components and groups, with their weights.
    pub(in crate::semantic) components: Placed<PartsDocument>,
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
