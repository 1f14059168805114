//! JSON Schemas of the YAML, for editors: generated from the types that read it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::document::{ComponentsDocument, ScoreDocument};

/// The schema of a file of `sql/components/`.
pub fn components_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ComponentsDocument>().to_value()
}

/// The schema of a file of `sql/scores/`.
pub fn score_schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<ScoreDocument>().to_value()
}
