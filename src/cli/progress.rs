//! What a run tells those who watch it: a bar for each model on a terminal, short lines elsewhere, JSON in a log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::arguments::Log;
use super::console::{Console, event, line, object};
use super::output::wrapped;
use crate::project::layer::ModelName;
use crate::run::{Event, Watch};

/// Between two log lines on the progress of a run.
const BETWEEN: Duration = Duration::from_secs(5);

/// The watcher that suits a console.
pub(super) fn watch(console: Console) -> Box<dyn Watch> {
    match console {
        Console { log: Log::Json, .. } => Box::new(JsonLines::default()),
        Console { live: true, log_width, .. } => Box::new(Bars::new(log_width)),
        Console { log_width, .. } => Box::new(Lines { width: log_width }),
    }
}

/// Rows in a second, as a whole number; of a pipeline, the rows that it reads.
pub(super) fn rate(rows: u64, took: Duration) -> u64 {
    (rows as f64 / took.as_secs_f64().max(1e-3)) as u64
}

/// Memory for people, where it is known.
pub(super) fn held(memory: Option<u64>) -> String {
    memory.map_or_else(|| "unknown".to_owned(), |bytes| DecimalBytes(bytes).to_string())
}

/// What happened, in one line; `None` for what only moves a bar.
fn told(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Begun { run_id, models } => format!("run {run_id}: {models} models"),
        Event::Building { .. } | Event::Progress { .. } => return None,
        Event::Built { model, rows_read, rows, bytes, took, memory } => format!(
            "{model}: {} rows read, {} written, {}, {:.2} s, {} rows/s, {} of memory",
            HumanCount(*rows_read),
            HumanCount(*rows),
            DecimalBytes(*bytes),
            took.as_secs_f64(),
            HumanCount(rate(*rows_read, *took)),
            held(*memory),
        ),
        Event::Audited { audits, took } => format!("audits: {audits} passed, {:.2} s", took.as_secs_f64()),
        Event::Published { files, unchanged } => {
            format!("published: {files} files written, {unchanged} unchanged")
        }
    })
}

/// Not a terminal: a line for each thing that is done.
struct Lines {
    width: Option<usize>,
}

impl Watch for Lines {
    fn saw(&self, event: &Event<'_>) {
        if let Some(text) = told(event) {
            line(wrapped(&text, self.width).trim_end());
        }
    }
}

/// A terminal: a moving line for each model being built; done ones stay above.
struct Bars {
    screen: MultiProgress,
    bars: Mutex<HashMap<ModelName, ProgressBar>>,
    width: Option<usize>,
}

impl Bars {
    fn new(width: Option<usize>) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { screen, bars: Mutex::default(), width }
    }

    fn bar(&self, model: &ModelName) -> ProgressBar {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let style = ProgressStyle::with_template("{spinner} {prefix}  {msg}  {elapsed}");
            let bar = ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            let bar = self.screen.add(bar.with_prefix(model.to_string()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        };
        bars.entry(model.clone()).or_insert_with(new).clone()
    }

    fn moved(&self, model: &ModelName, rows_read: u64, rows_written: u64) {
        let bar = self.bar(model);
        let rate = HumanCount(rate(rows_read, bar.elapsed()));
        bar.set_message(format!(
            "{} rows read, {} written, {rate} rows/s",
            HumanCount(rows_read),
            HumanCount(rows_written),
        ));
    }
}

impl Watch for Bars {
    fn saw(&self, event: &Event<'_>) {
        match event {
            Event::Building { model } => drop(self.bar(model)),
            Event::Progress { model, rows_read, rows_written } => {
                self.moved(model, *rows_read, *rows_written)
            }
            Event::Built { model, .. } => {
                let bar = self.bar(model);
                bar.finish_and_clear();
                self.screen.remove(&bar);
            }
            _ => {}
        }
        if let Some(text) = told(event) {
            // A terminal that is gone is told nothing.
            let _ = self.screen.println(wrapped(&text, self.width).trim_end());
        }
    }
}

impl Drop for Bars {
    /// A run that failed leaves no half-drawn bar above its error.
    fn drop(&mut self) {
        for bar in self.bars.lock().unwrap_or_else(PoisonError::into_inner).values() {
            bar.finish_and_clear();
        }
    }
}

/// A log: an object for each event, each with the run it belongs to.
#[derive(Default)]
struct JsonLines {
    run_id: Mutex<String>,
    last: Mutex<HashMap<ModelName, Instant>>,
}

impl JsonLines {
    /// Whether it is time to say again how far a model is.
    fn due(&self, model: &ModelName) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = last.get(model).is_none_or(|last| now.duration_since(*last) >= BETWEEN);
        if due {
            last.insert(model.clone(), now);
        }
        due
    }
}

impl Watch for JsonLines {
    fn saw(&self, happened: &Event<'_>) {
        let mut run_id = self.run_id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Event::Begun { run_id: begun, .. } = happened {
            (*begun).clone_into(&mut run_id);
        }
        if matches!(happened, Event::Progress { model, .. } if !self.due(model)) {
            return;
        }
        let (name, mut fields) = fields(happened);
        fields.insert("run_id".to_owned(), Value::from(run_id.as_str()));
        event("info", name, fields);
    }
}

fn fields(event: &Event<'_>) -> (&'static str, Map<String, Value>) {
    let (name, value) = match event {
        Event::Begun { models, .. } => ("begun", json!({ "models": models })),
        Event::Building { model } => ("building", json!({ "model": model.to_string() })),
        Event::Progress { model, rows_read, rows_written } => (
            "progress",
            json!({ "model": model.to_string(), "rows_read": rows_read, "rows_written": rows_written }),
        ),
        Event::Built { model, rows_read, rows, bytes, took, memory } => (
            "built",
            json!({
                "model": model.to_string(), "rows_read": rows_read, "rows": rows, "bytes": bytes,
                "seconds": took.as_secs_f64(), "rows_per_second": rate(*rows_read, *took),
                "memory_bytes": memory,
            }),
        ),
        Event::Audited { audits, took } => {
            ("audited", json!({ "audits": audits, "seconds": took.as_secs_f64() }))
        }
        Event::Published { files, unchanged } => {
            ("published", json!({ "files": files, "unchanged": unchanged }))
        }
    };
    (name, object(value))
}

#[cfg(test)]
mod tests {
    use super::{fields, rate, told};
    use crate::project::layer::{Layer, ModelName};
    use crate::run::Event;
    use std::time::Duration;

    #[test]
    fn a_built_model_is_told_with_its_throughput() {
        let model = ModelName::new(Layer::Metrics, "usage");
        let built = Event::Built {
            model: &model,
            rows_read: 20_000_000,
            rows: 1_460_000,
            bytes: 35_200_000,
            took: Duration::from_millis(2500),
            memory: Some(512_000_000),
        };
        let text = told(&built).unwrap();
        assert_eq!(
            text,
            "metrics.usage: 20,000,000 rows read, 1,460,000 written, 35.20 MB, 2.50 s, 8,000,000 rows/s, \
             512.00 MB of memory"
        );
        let (name, fields) = fields(&built);
        assert_eq!(
            (fields["rows_read"].as_u64(), fields["rows"].as_u64()),
            (Some(20_000_000), Some(1_460_000))
        );
        assert_eq!((name, fields["rows_per_second"].as_u64()), ("built", Some(8_000_000)));
    }

    #[test]
    fn no_time_at_all_is_no_infinite_rate() {
        assert_eq!(rate(5, Duration::ZERO), 5_000);
    }
}
