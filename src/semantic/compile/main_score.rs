//! `scores.main`, `components.main` and `published.main`: the main score under names that every mart can read.

use super::CompiledModel;
use super::writer::one_line;
use crate::project::identifier::identifier;
use crate::semantic::definition::{Score, Source};

/// What only a score with overrides has of its own, and marts may read of any main score.
const OF_OVERRIDES: [(&str, &str); 5] = [
    ("override_id", "VARCHAR"),
    ("override_mode", "VARCHAR"),
    ("override_value", "DOUBLE"),
    ("override_reason", "VARCHAR"),
    ("override_author", "VARCHAR"),
];

/// What only a score has that knows days without usage.
const OF_SEASONS: [(&str, &str); 1] = [("is_expected_idle", "BOOLEAN")];

/// What only components that measure something have, and members of a roll-up have not.
const OF_MEASURES: [(&str, &str); 4] =
    [("points", "DOUBLE"), ("min_points", "DOUBLE"), ("max_points", "DOUBLE"), ("state", "VARCHAR")];

/// The name of the views, which no score may have.
pub const MAIN: &str = "main";

impl Score {
    /// The views that stand for this score as the main one: its components, then the score itself, then that as published.
    pub fn main_views(&self) -> [CompiledModel; 3] {
        let is_measured = matches!(self.source, Source::Scorecards(_));
        let lacking_measures = if is_measured { &[][..] } else { &OF_MEASURES };
        let overrides = if self.overrides { &[][..] } else { &OF_OVERRIDES };
        let seasons = if self.expected_idle.is_some() { &[][..] } else { &OF_SEASONS };
        let lacking = [overrides, seasons].concat();
        [
            self.view("components", "The components of the main score", lacking_measures),
            self.view("scores", "The main score", &lacking),
            self.view("published", "The main score as it was published", &lacking),
        ]
    }

    /// A view over all that the score has, and NULL for what it lacks: whoever reads the main score reads any.
    fn view(&self, layer: &'static str, what: &str, lacking: &[(&str, &str)]) -> CompiledModel {
        let mut sql = format!(
            "-- {what}: {}.\n-- `main_score` of hale.yml says which it is.\nCREATE VIEW {layer}.{MAIN} AS\n",
            one_line(&self.title)
        );
        let start = sql.len();
        let nulls = lacking.iter().map(|(name, sql_type)| format!(",\n  CAST(NULL AS {sql_type}) AS {name}"));
        let nulls: String = nulls.collect();
        let from = if nulls.is_empty() { " FROM" } else { "\nFROM" };
        sql += &format!("SELECT *{nulls}{from} {layer}.{}\n", identifier(&self.name));
        let query = start..sql.len();
        CompiledModel {
            layer,
            name: MAIN.to_owned(),
            was: None,
            sql,
            query,
            yaml: self.file.clone(),
            origins: Vec::new(),
        }
    }
}
