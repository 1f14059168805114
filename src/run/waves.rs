//! The models of a run in their order: tables that do not read each other are built side by side, where they are small.
//!
//! Of a small day most of the time goes into planning, which one thread does. Of a large one each table has work for all
//! threads, and two at a time would share the memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::contracts::broken;
use super::placeholders::is_as_published;
use super::report::BuiltModel;
use super::stage::{Attempt, Staged};
use super::under_way::Build;
use super::watch::Event;
use crate::engine::PLANNING_STACK;
use crate::error::{Error, Result};
use crate::project::model::{Kind, Model};

/// Bytes of sources, days, and memory up to which, and from which on, tables are built side by side.
const FEW_BYTES: u64 = 64 << 20;
const FEW_DAYS: i64 = 31;
const MUCH_MEMORY: usize = 1 << 30;

/// A table to build, and its first day.
type Table<'a> = (&'a Model, NaiveDate);

/// A table that was built, and how long it took.
type Built = Result<(Staged, Duration)>;

impl Build<'_> {
    /// Builds all models of the run, or makes them readable.
    pub(super) async fn models(&mut self) -> Result<()> {
        let checked = self.checked;
        let mut wave: Vec<Table<'_>> = Vec::new();
        for model in &checked.pipeline.models {
            let reads = &checked.pipeline.reads[&model.name].0;
            if wave.iter().any(|(table, _)| reads.contains_key(&table.name)) {
                self.wave(std::mem::take(&mut wave)).await?;
            }
            if self.decided.scope.reused.contains(&model.name) {
                self.reuse(model).await?;
                continue;
            }
            if !self.decided.scope.computes(&model.name) {
                continue;
            }
            match &model.kind {
                Kind::Source(_) => {}
                Kind::View(_) if is_as_published(&checked.pipeline, &model.name) => {
                    self.as_published(model).await?
                }
                Kind::View(query) => match self.once.get(&model.name).cloned() {
                    Some(names) => self.compute_once(model, query, &names).await?,
                    None => self.put_in(model, query).await?,
                },
                Kind::Table(..) => {
                    wave.extend(self.decided.needed.built_from(&model.name).map(|first| (model, first)));
                }
            }
        }
        self.wave(wave).await
    }

    /// Builds tables that do not read each other into staging, and makes them readable.
    async fn wave(&mut self, wave: Vec<Table<'_>>) -> Result<()> {
        if wave.len() < 2 || !self.is_small() {
            for (model, first) in wave {
                let staged = self.staged(model, first).await?;
                self.enter(model, staged).await?;
            }
            return Ok(());
        }
        let staged = self.side_by_side(&wave);
        for ((model, _), staged) in wave.into_iter().zip(staged) {
            self.enter(model, staged?).await?;
        }
        Ok(())
    }

    fn is_small(&self) -> bool {
        let days = (*self.request.days.end() - *self.request.days.start()).num_days() + 1;
        let is_threaded = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        is_threaded && self.memory_limit >= MUCH_MEMORY && self.bytes <= FEW_BYTES && days <= FEW_DAYS
    }

    /// What staging each table gave: threads take one after the other.
    fn side_by_side(&self, wave: &[Table<'_>]) -> Vec<Built> {
        let (next, runtime) = (AtomicUsize::new(0), Handle::current());
        let done: Vec<Mutex<Option<Built>>> = wave.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some((model, first)), Some(slot)) = (wave.get(at), done.get(at)) else { break };
                let staged = runtime.block_on(self.staged(model, *first));
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(staged);
            }
        };
        tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                for _ in 1..self.engine.threads().min(wave.len()) {
                    let thread = std::thread::Builder::new().stack_size(PLANNING_STACK);
                    // Where the system gives no further thread, this one does all of it.
                    drop(thread.spawn_scoped(scope, work));
                }
                work();
            });
        });
        let unbuilt = || Err(Error::Bug("a table was not built".to_owned()));
        done.into_iter()
            .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(unbuilt))
            .collect()
    }

    /// Builds one table into staging, within its contract.
    async fn staged(&self, model: &Model, first: NaiveDate) -> Built {
        self.watch.saw(&Event::Building { model: &model.name });
        let started = Instant::now();
        let stage = |session| async move { self.stage(&session, model, first).await };
        let staged = match self.session.frugally(Attempt::ran_out, stage).await {
            Ok(staged) => staged,
            Err(attempt) => return Err(self.failed(model, attempt).await),
        };
        if !staged.table.findings.is_empty() {
            return Err(Error::Audit(broken(model, &staged.table.findings)));
        }
        let took = started.elapsed();
        self.watch.saw(&Event::Built {
            model: &model.name,
            rows_read: staged.rows_read,
            rows: staged.table.rows(),
            bytes: staged.table.bytes(),
            took,
            memory: staged.memory,
        });
        Ok((staged, took))
    }

    /// Makes a staged table readable for the models that follow.
    async fn enter(&mut self, model: &Model, (staged, took): (Staged, Duration)) -> Result<()> {
        self.readable(model, &staged.table).await?;
        self.models.push(BuiltModel {
            name: model.name.clone(),
            rows_read: staged.rows_read,
            rows: staged.table.rows(),
            bytes: staged.table.bytes(),
            took,
            memory: staged.memory,
            published: self.decided.selected.contains(&model.name),
        });
        Ok(())
    }
}
