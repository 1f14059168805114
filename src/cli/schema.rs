//! `hale schema`

use clap::{Args, ValueEnum};

use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::alerts::alerts_schema;
use crate::error::Error;
use crate::expectations::expectations_schema;
use crate::semantic::{components_schema, score_schema};

/// Print the JSON Schema of the YAML, for editors and other checkers
///
/// Generated from the types that read the YAML. Editors with a YAML language server complete keys and show what they
/// mean when a file begins with: # yaml-language-server: $schema=../../.schema/scores.json
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale schema components > .schema/components.json
  hale schema scores > .schema/scores.json
  hale schema alerts > .schema/alerts.json
  hale schema expectations > .schema/expectations.json")]
pub(super) struct Schema {
    /// Of which files
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// sql/components/*.yml
    Components,
    /// sql/scores/*.yml
    Scores,
    /// sql/alerts/*.yml
    Alerts,
    /// sql/expectations/*.yml
    Expectations,
}

impl Schema {
    pub fn execute(self, _context: &Context) -> Outcome {
        let schema = match self.of {
            Of::Components => components_schema(),
            Of::Scores => score_schema(),
            Of::Alerts => alerts_schema(),
            Of::Expectations => expectations_schema(),
        };
        let text = serde_json::to_string_pretty(&schema).map_err(|error| Error::Bug(error.to_string()))?;
        output::write(format!("{text}\n").as_bytes())
    }
}
