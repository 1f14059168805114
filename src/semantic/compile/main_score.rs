//! `scores.main` and `components.main`: the main score under a name that every mart can read.

use super::CompiledModel;
use super::writer::{identifier, one_line};
use crate::semantic::definition::Score;

/// The name of the views, which no score may have.
pub const MAIN: &str = "main";

impl Score {
    /// The views that stand for this score as the main one: its components, then the score itself.
    pub fn main_views(&self) -> [CompiledModel; 2] {
        [("components", "The components of the main score"), ("scores", "The main score")]
            .map(|(layer, what)| self.view(layer, what))
    }

    fn view(&self, layer: &'static str, what: &str) -> CompiledModel {
        let mut sql = format!(
            "-- {what}: {}.\n-- `main_score` of hale.yml says which it is.\nCREATE VIEW {layer}.{MAIN} AS\n",
            one_line(&self.title)
        );
        let start = sql.len();
        sql += &format!("SELECT * FROM {layer}.{}\n", identifier(&self.name));
        let query = start..sql.len();
        CompiledModel {
            layer,
            name: MAIN.to_owned(),
            sql,
            query,
            yaml: self.file.clone(),
            origins: Vec::new(),
        }
    }
}
