//! What a file of expectations says.

use std::borrow::Cow;
use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

use crate::yaml::Placed;

/// A file of `sql/expectations/`: what is expected of one score.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expectations")]
pub(super) struct Document {
    /// The score; the one of the file's name where left out.
    pub(super) score: Option<Placed<String>>,
    /// What is expected, of whom and when.
    pub(super) expectations: Placed<Vec<Placed<Entry>>>,
}

/// What somebody expects of one score on one day: a tier, a range of the score, or both.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expectation")]
pub(super) struct Entry {
    /// The account.
    pub(super) account: Placed<String>,
    /// The user, of a score of users.
    pub(super) user: Option<Placed<String>>,
    /// The day, YYYY-MM-DD.
    pub(super) day: Placed<String>,
    /// The tier that is expected, or a list of which one is.
    pub(super) tier: Option<Placed<Tiers>>,
    /// The least score that is expected.
    pub(super) at_least: Option<Placed<f64>>,
    /// The most.
    pub(super) at_most: Option<Placed<f64>>,
    /// Who expects it.
    pub(super) author: Placed<String>,
    /// Why: what is known of the customer.
    pub(super) why: Placed<String>,
}

/// A tier, or several.
#[derive(Debug)]
pub(super) enum Tiers {
    One(String),
    Several(Vec<Placed<String>>),
}

// By hand: serde's untagged enums lose the places of what they hold.
impl<'de> Deserialize<'de> for Tiers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TiersVisitor)
    }
}

struct TiersVisitor;

impl<'de> Visitor<'de> for TiersVisitor {
    type Value = Tiers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tier, or a list of tiers")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Tiers::One(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        Ok(Tiers::Several(names))
    }
}

impl JsonSchema for Tiers {
    fn schema_name() -> Cow<'static, str> {
        "Tiers".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The tier that is expected, or a list of which one is.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
        })
    }
}

/// The schema of a file of `sql/expectations/`.
pub fn expectations_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Document>().to_value()
}
