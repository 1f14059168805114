//! What a file of `sql/alerts/` says.

use std::borrow::Cow;
use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::yaml::{Entries, Placed};

/// A file of `sql/alerts/`: rules over one score.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alerts")]
pub(super) struct Document {
    /// The score, which is of accounts; the one of the file's name where left out.
    pub(super) score: Option<Placed<String>>,
    /// The rules, by their names.
    pub(super) alerts: Placed<Entries<RuleDocument>>,
}

/// A rule: one of `fell`, `below` and `declining`, and for how long. "After n days" is more than n days: on day n + 1,
/// counting from 1.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub(super) struct RuleDocument {
    /// Its name for people.
    pub(super) title: Placed<String>,
    /// The score fell within some days; over when half of the fall is made good.
    pub(super) fell: Option<Placed<FellDocument>>,
    /// The score is below this, or in a tier or below it; over from `clear_at` on.
    pub(super) below: Option<Placed<Amount>>,
    /// The score was lower at each of some measurements; over when it is not.
    pub(super) declining: Option<Placed<DecliningDocument>>,
    /// From where on what was `below` is good again: a twentieth of the scale above it unless said otherwise.
    pub(super) clear_at: Option<Placed<Amount>>,
    /// It is asked on every n-th day, counted from a Sunday; daily, of `declining` weekly.
    pub(super) every: Option<Placed<u32>>,
    /// More than so many days must it hold to open: 0, of `below` 14.
    pub(super) open_after: Option<Placed<u32>>,
    /// More than so many days (of `declining` measurements) must it be good again to close: 2, of `declining` 1.
    pub(super) clear_after: Option<Placed<u32>>,
    /// Days after closing in which what holds again is the same alert: 7.
    pub(super) cooldown: Option<Placed<u32>>,
    /// More than so many days (of `declining` measurements) in the cooldown open it again: 2, of `declining` 0.
    pub(super) relapse_after: Option<Placed<u32>>,
    /// So many days without a score in a row do not end a run: 3.
    pub(super) bridge: Option<Placed<u32>>,
    /// A score lower by more than this than when people were last told goes a level up: a tenth of the scale.
    pub(super) escalate_by: Option<Placed<Amount>>,
    /// How severe its alerts are: medium.
    #[serde(default)]
    pub(super) severity: SeverityDocument,
    /// More than so many days open is unanswered, where it is told what people did: never.
    pub(super) ack_within: Option<Placed<u32>>,
    /// More than so many days after everything was done about it, what still stands is open again: 30.
    pub(super) handled_for: Option<Placed<u32>>,
    /// More than so many days after people were last told, it is the new level and ends: of `fell` 28, of others never.
    pub(super) expires: Option<Placed<u32>>,
}

/// How severe alerts are.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Severity")]
pub(super) enum SeverityDocument {
    /// For the digest alone.
    Low,
    /// As most are.
    #[default]
    Medium,
    /// Before all others.
    High,
}

/// A fall.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fell")]
pub(super) struct FellDocument {
    /// The fall that is not enough yet: a number on the score's scale, or a share of it.
    pub(super) by: Placed<Amount>,
    /// Days within which: 7.
    pub(super) within: Option<Placed<u32>>,
    /// From the score of so many days before, or from the highest since.
    #[serde(default)]
    pub(super) from: FromDocument,
    /// When a fall is everybody's.
    pub(super) fleet: Option<Placed<FleetDocument>>,
}

/// What a fall is measured from.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "From")]
pub(super) enum FromDocument {
    /// The score of so many days before; where that is unknown, of the earliest known day since.
    #[default]
    Day,
    /// The highest since.
    High,
}

/// A fall of so many accounts of a scorecard that each is asked of what it fell beyond the others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fleet")]
pub(super) struct FleetDocument {
    /// The fall of the median: a tenth of the scale.
    pub(super) by: Option<Placed<Amount>>,
    /// The fewest accounts of which that is said: 20.
    pub(super) accounts: Option<Placed<u32>>,
}

/// A decline.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Declining")]
pub(super) struct DecliningDocument {
    /// How many measurements, each lower than the one before: 3.
    pub(super) times: Option<Placed<u32>>,
    /// What the last lies below the first, at least: 0.
    pub(super) by_at_least: Option<Placed<Amount>>,
    /// What a measurement without a score does.
    #[serde(default)]
    pub(super) on_null: OnNullDocument,
}

/// What a measurement without a score does to a decline.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OnNull")]
pub(super) enum OnNullDocument {
    /// It ends it.
    #[default]
    Break,
    /// The next is compared with the one before.
    Skip,
}

/// A number on the score's scale, `{share: 0.4}` of it, or `{tier: at-risk}`.
#[derive(Debug)]
pub(super) enum Amount {
    Number(f64),
    Of(AmountDocument),
}

/// A tier or a share.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Of")]
pub(super) struct AmountDocument {
    /// A tier of the score.
    pub(super) tier: Option<Placed<String>>,
    /// A share of the scale, 0 to 1.
    pub(super) share: Option<Placed<f64>>,
}

// By hand: serde's untagged enums lose the places of what they hold.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl<'de> Visitor<'de> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, {tier: …} or {share: …}")
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
        Ok(Amount::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount::Number(number as f64))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount::Number(number as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Amount, A::Error> {
        AmountDocument::deserialize(MapAccessDeserializer::new(map)).map(Amount::Of)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = generator.subschema_for::<AmountDocument>();
        json_schema!({
            "description": "A number on the score's own scale, a tier of it, or a share of its scale.",
            "anyOf": [{ "type": "number" }, of],
        })
    }
}

/// The schema of a file of `sql/alerts/`.
pub fn alerts_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Document>().to_value()
}
