//! Which contracts and audits a run looks into, and what it says of those that are broken.

use datafusion::error::DataFusionError;

use super::audits::{self, BadRows};
use super::data::{lost_things, unusual_days};
use super::silence::silence;
use super::under_way::Build;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};
use crate::table::{Finding, Rule};

impl Build<'_> {
    /// Contracts of the sources that this run reads.
    pub(super) async fn audit_sources(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let is_read = |model: &&Model| {
            matches!(model.kind, Kind::Source(_)) && self.decided.scope.computes(&model.name)
        };
        let (mut audits, mut silent) = (Vec::new(), Diagnostics::new());
        for model in pipeline.models.iter().filter(is_read) {
            audits.extend(self.contract_audits(model).await?);
            if let Kind::Source(source) = &model.kind {
                let told = silence(&self.session, model, source).await;
                silent.extend(told.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?);
                let told = lost_things(&self.session, model, source).await;
                silent.extend(told.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?);
                let told = unusual_days(&self.session, model, source, &self.request.days).await;
                silent.extend(told.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?);
            }
        }
        audits.extend(self.questions(true).await?);
        self.run_audits(audits).await?;
        if silent.has_errors() {
            return Err(Error::Audit(silent));
        }
        self.warnings.extend(silent);
        Ok(())
    }

    /// What the streams could not audit, over what is staged.
    pub(super) async fn audit_tables(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let mut audits = Vec::new();
        for model in pipeline.models.iter().filter(|model| model.is_stored() && self.is_built(&model.name)) {
            audits.extend(self.contract_audits(model).await?);
        }
        audits.extend(self.questions(false).await?);
        self.run_audits(audits).await
    }

    async fn run_audits(&mut self, audits: Vec<BadRows>) -> Result<()> {
        let (passed, warned) = audits::run_all(&self.session, &self.checked.pipeline, audits).await?;
        self.audits += passed;
        self.warnings.extend(warned);
        Ok(())
    }

    /// Whether a stored table is built by this run.
    fn is_built(&self, name: &ModelName) -> bool {
        self.decided.scope.computes(name) && self.decided.needed.built_from(name).is_some()
    }

    /// The questions of this run: those of sources alone, or all others.
    async fn questions(&self, of_sources: bool) -> Result<Vec<BadRows>> {
        let mut asked = Vec::new();
        for question in &self.decided.scope.questions {
            let is_asked = question.is_of(&self.request.days, self.request.reading);
            if is_asked && question.is_of_sources(&self.checked.pipeline) == of_sources {
                let planned = question.bad_rows(&self.session, &self.request.days).await;
                asked.push(planned.map_err(|error| diagnose::of_run(&question.to_string(), &error))?);
            }
        }
        Ok(asked)
    }

    async fn contract_audits(&self, model: &Model) -> Result<Vec<BadRows>> {
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let rows = self.session.scan(&model.name).await.map_err(failed)?;
        BadRows::of_contract(&self.session, model, &rows).map_err(failed)
    }
}

/// What the stream's audits found, each rule at its place in the contract.
pub(super) fn broken(model: &Model, findings: &[Finding]) -> Diagnostics {
    let contract = &model.contract;
    let declared = |text: &str| contract.checks.iter().find(|check| check_text(&check.sql) == text);
    let said = |finding: &Finding| match &finding.rule {
        Rule::NotNull { column } | Rule::Finite { column } | Rule::Lossless { column, .. } => {
            contract.said_of(column)
        }
        Rule::Check { text } => declared(text).and_then(audits::said_of_check),
        Rule::PrimaryKey { columns } => audits::said_of_key(contract, columns),
    };
    let place = |finding: &Finding| match &finding.rule {
        Rule::NotNull { column } | Rule::Finite { column } | Rule::Lossless { column, .. } => {
            contract.column(column).map(|column| column.location.clone())
        }
        Rule::Check { text } => declared(text).map(|check| check.location.clone()),
        Rule::PrimaryKey { .. } => Some(word(model, "primary key")),
    };
    let diagnostic = |finding: &Finding| {
        let rows = if finding.rows == 1 { "1 row".to_owned() } else { format!("{} rows", finding.rows) };
        let message = format!("{}: {} is broken by {rows}", model.name, finding.rule);
        let at = place(finding).unwrap_or_else(|| Location::whole(&model.file));
        let failed = Diagnostic::error("audit", message).at(at);
        let failed = finding.samples.iter().fold(failed, |failed, sample| failed.note(sample.to_string()));
        let failed = said(finding).into_iter().fold(failed, Diagnostic::note);
        let left = finding.rows.saturating_sub(finding.samples.len() as u64);
        let failed =
            if left > 0 { failed.note(format!("and {left} more, which are not shown")) } else { failed };
        failed.help(match finding.rule {
            Rule::NotNull { .. } | Rule::Check { .. } => {
                "the query gives such rows: mend it, or what it reads; or the rule, where they are right"
            }
            Rule::Finite { .. } => "guard the division or the function that gives them, such as x / nullif(y, 0)",
            Rule::Lossless { .. } => "declare a wider type, or round or cast in the query",
            Rule::PrimaryKey { .. } => {
                "group the query by the key, choose one row of each with QUALIFY row_number(), or widen the key"
            }
        })
    };
    findings.iter().map(diagnostic).collect()
}

/// Where a contract says what a message names: a constraint, or else the model.
pub(super) fn place_in_contract(model: &Model, message: &str) -> Location {
    let mut checks = model.contract.checks.iter();
    let named = checks.find(|check| message.contains(&check_text(&check.sql)));
    named.map_or_else(|| Location::whole(&model.file), |check| check.location.clone())
}

/// The first place of a word in a model's text, else the whole model.
fn word(model: &Model, word: &str) -> Location {
    let at = model.file.text.to_ascii_lowercase().find(word);
    at.map_or_else(|| Location::whole(&model.file), |at| model.locate(at..at + word.len()))
}

/// A constraint as findings name it.
pub(super) fn check_text(sql: &str) -> String {
    format!("CHECK ({sql})")
}
