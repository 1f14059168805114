//! How long the phases of a run take, added up by name: what `--timings` prints.
//!
//! A phase is a `tracing` span of this crate, made where the phase begins and dropped where it ends. Where nobody listens
//! a span is never made: a run without `--timings` pays one comparison a phase.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::cli::arguments::Log;
use crate::cli::console::{Console, event, line, object};
use crate::cli::output::Sheet;
use crate::error::{Error, Result};

/// Whose spans are phases.
const OURS: &str = "halescore";

/// Phases that are listened to until they are told of.
pub(super) struct Timings {
    phases: Arc<Phases>,
    began: Instant,
}

impl Timings {
    /// Listens to every phase of this process from here on.
    ///
    /// # Errors
    /// [`Error::Bug`] where another listens already.
    pub(super) fn begin() -> Result<Self> {
        let phases = Arc::new(Phases::default());
        tracing::subscriber::set_global_default(Arc::clone(&phases))
            .map_err(|error| Error::Bug(format!("phases cannot be timed: {error}")))?;
        Ok(Self { phases, began: Instant::now() })
    }

    /// A table for people, one event in a log. Phases side by side count each for itself.
    pub(super) fn tell(&self, console: Console) {
        let (whole, phases) = (self.began.elapsed(), self.phases.heard().by_name());
        if console.log == Log::Json {
            let phases = phases.iter().map(|(name, total)| {
                json!({ "phase": name, "times": total.times, "seconds": total.took.as_secs_f64() })
            });
            let fields = json!({ "seconds": whole.as_secs_f64(), "phases": phases.collect::<Vec<_>>() });
            return event("info", "timings", object(fields));
        }
        line(table(whole, &phases).fitted(Some(console.log_width.unwrap_or(80))).trim_end());
    }
}

fn table(whole: Duration, phases: &[(&'static str, Total)]) -> Sheet {
    let share = |took: Duration| {
        format!("{:.1} %", 100.0 * took.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE))
    };
    let row = |name: &str, times: String, took: Duration| {
        vec![name.to_owned(), times, format!("{:.3}", took.as_secs_f64()), share(took)]
    };
    let mut rows: Vec<_> =
        phases.iter().map(|(name, total)| row(name, total.times.to_string(), total.took)).collect();
    rows.push(row("the whole run", String::new(), whole));
    Sheet {
        names: ["phase", "times", "seconds", "share"].map(str::to_owned).to_vec(),
        right: vec![false, true, true, true],
        yields: vec![1, 3],
        rows,
    }
}

/// What the phases of one name took together.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    times: u64,
    took: Duration,
}

/// The listener.
#[derive(Default)]
struct Phases(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    /// The names, in the order in which the first phase of each began.
    names: Vec<&'static str>,
    totals: HashMap<&'static str, Total>,
    open: HashMap<u64, Open>,
    /// Spans so far: each is named by its number.
    spans: u64,
}

/// A phase that has begun.
struct Open {
    name: &'static str,
    began: Instant,
    /// How many hold the span.
    held: usize,
}

impl Heard {
    fn by_name(&self) -> Vec<(&'static str, Total)> {
        self.names.iter().map(|name| (*name, self.totals.get(name).copied().unwrap_or_default())).collect()
    }
}

impl Phases {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Phases {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with(OURS)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let (name, began) = (span.metadata().name(), Instant::now());
        let mut heard = self.heard();
        heard.spans += 1;
        let number = heard.spans;
        if !heard.names.contains(&name) {
            heard.names.push(name);
        }
        heard.open.insert(number, Open { name, began, held: 1 });
        Id::from_u64(number)
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(open) = self.heard().open.get_mut(&id.into_u64()) {
            open.held += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut heard = self.heard();
        let Some(open) = heard.open.get_mut(&id.into_u64()) else { return false };
        open.held -= 1;
        if open.held > 0 {
            return false;
        }
        let (name, took) = (open.name, open.began.elapsed());
        heard.open.remove(&id.into_u64());
        let total = heard.totals.entry(name).or_default();
        total.times += 1;
        total.took += took;
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Phases, table};
    use tracing::subscriber::with_default;

    #[test]
    fn phases_are_added_up_by_name_in_the_order_in_which_they_began() {
        let phases = Arc::new(Phases::default());
        with_default(Arc::clone(&phases), || {
            let outer = tracing::info_span!("outer");
            for _ in 0..2 {
                let inner = tracing::info_span!("inner");
                drop(inner.clone());
                std::thread::sleep(Duration::from_millis(2));
                drop(inner);
            }
            drop(outer);
            drop(tracing::info_span!(target: "another", "of another crate"));
        });
        let heard = phases.heard().by_name();
        let told: Vec<_> = heard.iter().map(|(name, total)| (*name, total.times)).collect();
        assert_eq!(told, [("outer", 1), ("inner", 2)]);
        assert!(heard[1].1.took >= Duration::from_millis(4) && heard[0].1.took >= heard[1].1.took);
        assert!(phases.heard().open.is_empty());
    }

    #[test]
    fn the_table_fits_eighty_columns_and_has_a_line_for_the_whole() {
        let phases = Arc::new(Phases::default());
        with_default(Arc::clone(&phases), || drop(tracing::info_span!("a phase of many words in a name")));
        let drawn = table(Duration::from_secs(2), &phases.heard().by_name()).fitted(Some(80));
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.contains("the whole run") && drawn.contains("100.0 %"), "{drawn}");
    }
}
