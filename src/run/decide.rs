//! What a run does, decided before anything is built: which tables, which of their days, which questions.
//!
//! A run from the sources builds whatever is needed and does not stand as published. One from published tables has to make do
//! with what is there: what the selection needs and does not find is an error; a mart that follows from the scores stays as
//! it is, of an older definition; a question is left to the next run from the sources. Each is named.

use std::collections::BTreeSet;

use super::logs::logs_start;
use super::needed::{Needed, Search};
use super::published::{Lack, Published};
use super::question::Question;
use super::report::Older;
use super::request::{Request, Selection};
use super::scope::{Scope, followers};
use super::standing::Standing;
use crate::check::Checked;
use crate::engine::{Engine, Session, diagnose};
use crate::error::Result;
use crate::project::layer::ModelName;

/// What a run does.
pub(super) struct Decided<'a> {
    /// The stored models to publish.
    pub(super) selected: BTreeSet<ModelName>,
    pub(super) scope: Scope<'a>,
    pub(super) needed: Needed,
    /// The published tables that are read as they are.
    pub(super) published: Published<'a>,
    /// Published marts that follow from what is computed, and are not.
    pub(super) older: Vec<Older>,
}

/// Decides what a run does, in a session of its own.
///
/// # Errors
/// [`crate::error::Error::Project`] for what would have to be read of a source or is not published; what storage says.
pub(super) async fn decide<'a>(
    checked: &'a Checked,
    (engine, session): (&Engine, &'a Session),
    request: &'a Request,
) -> Result<Decided<'a>> {
    let search = Search::new(checked, session, request.days.clone()).await;
    let mut search = search.map_err(|error| diagnose::of_run("planning", &error))?;
    if let Some(first) = logs_start(checked, engine, request).await? {
        search = search.with_logs_from(first);
    }
    let published = Published::new(&request.out);
    let decision = Decision { checked, session, request, search, published };
    if request.from_published { decision.over_published().await } else { decision.over_sources().await }
}

struct Decision<'a> {
    checked: &'a Checked,
    session: &'a Session,
    request: &'a Request,
    search: Search<'a>,
    published: Published<'a>,
}

impl<'a> Decision<'a> {
    async fn over_sources(mut self) -> Result<Decided<'a>> {
        let (pipeline, selection) = (&self.checked.pipeline, &self.request.selection);
        let selected = selection.0.clone();
        let mut scope = Scope::full(pipeline, selection, &BTreeSet::new());
        let mut needed = self.needed(&scope, &selected, &scope.questions).await?;
        let as_published = needed.not_built();
        if !as_published.is_empty() {
            scope = Scope::full(pipeline, selection, &as_published);
            needed = self.needed(&scope, &selected, &scope.questions).await?;
        }
        Ok(Decided { selected, scope, needed, published: self.published, older: Vec::new() })
    }

    async fn over_published(mut self) -> Result<Decided<'a>> {
        let pipeline = &self.checked.pipeline;
        let mut selection = self.request.selection.clone();
        let mut scope = Scope::published(pipeline, &selection)?;
        if let Some(lack) = self.lacking(&scope, &selection, &[]).await? {
            return Err(lack.into_error(&self.request.out, &self.request.days));
        }
        let mut older = Vec::new();
        for mart in followers(pipeline, &selection.0.clone()) {
            if !self.published.has(mart).await? {
                continue;
            }
            match self.with_mart(&scope, &selection, &mart.name).await? {
                Ok(more) => {
                    selection.0.insert(mart.name.clone());
                    scope = more;
                }
                Err(why) => older.push(Older { mart: mart.name.clone(), why }),
            }
        }
        scope.ask(pipeline, &selection);
        for question in std::mem::take(&mut scope.questions) {
            match self.lacking(&scope, &selection, &[question]).await? {
                None => scope.questions.push(question),
                Some(lack) => scope.left_out.push(format!("{question}: {lack}")),
            }
        }
        let needed = self.needed(&scope, &selection.0, &scope.questions).await?;
        Ok(Decided { selected: selection.0, scope, needed, published: self.published, older })
    }

    /// The scope with one more mart, or why that cannot be built from what is published.
    async fn with_mart(
        &mut self,
        scope: &Scope<'a>,
        selection: &Selection,
        mart: &ModelName,
    ) -> Result<std::result::Result<Scope<'a>, String>> {
        if !self.request.followers {
            return Ok(Err("it is not selected".to_owned()));
        }
        let mut more = selection.clone();
        more.0.insert(mart.clone());
        let scope = match scope.with_table(&self.checked.pipeline, &more, mart) {
            Ok(scope) => scope,
            Err(source) => return Ok(Err(format!("{source} would be read for it"))),
        };
        let lack = self.lacking(&scope, &more, &[]).await?;
        Ok(lack.map_or(Ok(scope), |lack| Err(lack.to_string())))
    }

    async fn needed(
        &mut self,
        scope: &Scope<'_>,
        selected: &BTreeSet<ModelName>,
        questions: &[Question<'_>],
    ) -> Result<Needed> {
        self.search.needed(scope, selected, questions, Standing::of_run(self.request)).await
    }

    /// What is needed of published tables and not there.
    async fn lacking(
        &mut self,
        scope: &Scope<'_>,
        selection: &Selection,
        questions: &[Question<'_>],
    ) -> Result<Option<Lack>> {
        let needed = self.needed(scope, &selection.0, questions).await?;
        let until = *self.request.days.end();
        self.published.lacking(&self.checked.pipeline, (&needed, scope), until, self.session).await
    }
}
