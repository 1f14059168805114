//! A component alone, as queries over metrics: to plan it where no score does, and to see what its value is made of.

use super::CompiledModel;
use super::writer::Writer;
use crate::semantic::definition::{Component, Entity, Relative};
use crate::semantic::expression::Expression;
use crate::semantic::resolve::is_text;

impl Component {
    /// The value, as the one column of a query over an entity's metrics.
    pub fn measured(&self, entity: Entity) -> CompiledModel {
        let kind = if is_text(&self.scoring.cases) { "VARCHAR" } else { "DOUBLE" };
        self.query(entity, &[(&self.value, kind)])
    }

    /// All that it asks of an entity's metrics, in one query.
    pub fn asked(&self, entity: Entity) -> CompiledModel {
        let kind = if is_text(&self.scoring.cases) { "VARCHAR" } else { "DOUBLE" };
        let conditions = [&self.applies_when, &self.ready_when]
            .into_iter()
            .flatten()
            .chain(self.zero_base.as_ref().and_then(|zero| zero.when.as_ref()))
            .chain(self.scoring.cases.iter().filter_map(|case| case.when.as_ref()));
        let peers = match &self.relative_to {
            Some(Relative::Peers { by, .. }) => by.as_ref(),
            _ => None,
        };
        let mut asked: Vec<(&Expression, &str)> = vec![(&self.value, kind)];
        asked.extend(conditions.map(|condition| (condition, "BOOLEAN")));
        asked.extend(self.evidence.iter().chain(peers).map(|text| (text, "VARCHAR")));
        asked.extend(self.decay.iter().map(|decay| (&decay.age, "DOUBLE")));
        self.query(entity, &asked)
    }

    fn query(&self, entity: Entity, asked: &[(&Expression, &str)]) -> CompiledModel {
        let mut writer = Writer::bare();
        writer.push("SELECT ");
        for (at, (expression, kind)) in asked.iter().enumerate() {
            writer.push(if at == 0 { "CAST(" } else { ", CAST(" });
            writer.expression(expression);
            writer.push(&format!(" AS {kind}) AS asked_{at}"));
        }
        writer.push(&format!(" FROM {}", entity.table()));
        writer.finish_query("components", &self.name, &self.location.file)
    }
}
