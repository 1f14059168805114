//! Which contracts and audits a run looks into, and what it says of those that are broken.

use std::collections::BTreeMap;

use datafusion::error::DataFusionError;

use super::audits::{self, BadRows};
use super::build::Build;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose;
use crate::error::Result;
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};
use crate::publish::{Finding, Rule};

impl Build<'_> {
    /// Contracts of the sources that this run reads.
    pub(super) async fn audit_sources(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let computed = self.needed.first_days.keys().filter(|name| self.parts.planned.contains(name));
        let read = pipeline.with_upstream(computed.cloned());
        let mut audits = Vec::new();
        for model in pipeline
            .models
            .iter()
            .filter(|model| matches!(model.kind, Kind::Source(_)) && read.contains(&model.name))
            .filter(|model| self.parts.planned.contains(&model.name))
        {
            audits.extend(self.contract_audits(model).await?);
        }
        self.audits += audits::run_all(&self.session, audits).await?;
        Ok(())
    }

    /// What the streams could not audit, over what is staged.
    pub(super) async fn audit_tables(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let mut audits = Vec::new();
        let computed = |model: &&Model| self.is_computed(&model.name);
        for model in pipeline.models.iter().filter(computed) {
            audits.extend(self.contract_audits(model).await?);
        }
        for audit in pipeline.audits.iter().filter(|audit| self.is_built(audit.reads.0.keys())) {
            let planned = BadRows::of_file(&self.session, audit).await;
            audits.push(planned.map_err(|error| diagnose::of_run(&audit.name, &error))?);
        }
        self.audits += audits::run_all(&self.session, audits).await?;
        Ok(())
    }

    /// Whether a stored table is computed by this run.
    fn is_computed(&self, name: &ModelName) -> bool {
        self.needed.first_days.contains_key(name) && self.parts.planned.contains(name)
    }

    /// Whether every stored table among these is part of the run, and at least one is; nothing else may be read.
    fn is_built<'n>(&self, names: impl Iterator<Item = &'n ModelName>) -> bool {
        let names: Vec<&ModelName> = names.collect();
        let known =
            |name: &&&ModelName| self.parts.planned.contains(name) || self.parts.reused.contains(name);
        if names.iter().filter(known).count() < names.len() {
            return false;
        }
        let stored =
            names.iter().filter(|name| self.checked.pipeline.model(name).is_some_and(Model::is_stored));
        let built: Vec<bool> = stored.map(|name| self.needed.first_days.contains_key(name)).collect();
        !built.is_empty() && built.iter().all(|built| *built)
    }

    async fn contract_audits(&self, model: &Model) -> Result<Vec<BadRows>> {
        let name = model.name.to_string();
        let failed = |error: DataFusionError| diagnose::of_run(&name, &error);
        let rows = self.session.scan(&model.name).await.map_err(failed)?;
        let mut targets = BTreeMap::new();
        for reference in &model.contract.references {
            let target = self.session.scan(&reference.target).await.map_err(failed)?;
            targets.insert(reference.target.to_string(), target);
        }
        BadRows::of_contract(&self.session, model, &rows, &|target| targets.get(target).cloned())
            .map_err(failed)
    }
}

/// What the stream's audits found, each rule at its place in the contract.
pub(super) fn broken(model: &Model, findings: &[Finding]) -> Diagnostics {
    let place = |finding: &Finding| match &finding.rule {
        Rule::NotNull { column } | Rule::Finite { column } | Rule::Lossless { column, .. } => {
            model.contract.column(column).map(|column| column.location.clone())
        }
        Rule::Check { text } => {
            let declared = model.contract.checks.iter().find(|check| check_text(&check.sql) == *text);
            declared.map(|check| check.location.clone())
        }
        Rule::PrimaryKey { .. } => None,
    };
    let diagnostic = |finding: &Finding| {
        let rows = if finding.rows == 1 { "1 row".to_owned() } else { format!("{} rows", finding.rows) };
        let message = format!("{}: {} is broken by {rows}", model.name, finding.rule);
        let at = place(finding).unwrap_or_else(|| Location::whole(&model.file));
        let failed = Diagnostic::error("audit", message).at(at);
        finding.samples.iter().fold(failed, |failed, sample| failed.note(sample.to_string()))
    };
    findings.iter().map(diagnostic).collect()
}

/// A constraint as findings name it.
pub(super) fn check_text(sql: &str) -> String {
    format!("CHECK ({sql})")
}
