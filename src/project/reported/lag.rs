//! How late a source may be, as it declares it: for people who read a list of sources, or their documentation.

use std::fmt;

use super::{Definition, STATUS, of_name, status};
use crate::project::layer::Layer;
use crate::project::model::Model;
use crate::project::settings::Settings;
use crate::project::time::{Known, Time};

/// How late rows of a source and its loads may be, and what tells how far these reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// How many days before a row another one of the same fact is looked for; `None` where none is.
    pub max_delay: Option<u32>,
    /// How many days after its own a row is known, where no column says when.
    pub known_after: Option<u32>,
    /// How many days loads may lag behind a day that the source reports.
    pub may_lag: u32,
    /// What tells how far loads reach, in the order in which it is asked: the table in which loaders say so, where it speaks of
    /// the source, and the column of the source that says when rows were known. Nothing: it is reported from its beginning on.
    pub told_by: Vec<String>,
}

/// That of a model, where it is a source.
pub(crate) fn lag(model: &Model, models: &[Model], settings: &Settings) -> Option<Lag> {
    let definition = of_name(&model.name.table, models, settings).filter(|of| of.model.name == model.name)?;
    let Definition { source, .. } = definition;
    let max_delay = match &source.time {
        Time::Events(events) if !events.key.is_empty() => Some(events.max_delay),
        _ => None,
    };
    let known_after = match source.time.known() {
        Some(Known::After(days)) => Some(*days),
        _ => None,
    };
    let status = status(models).map(|_| format!("{}.{STATUS}", Layer::Raw));
    let newest = definition.tells().cloned();
    let told_by = status.into_iter().chain(newest).collect();
    Some(Lag { max_delay, known_after, may_lag: definition.may_lag(), told_by })
}

impl Lag {
    /// The same in a few words, as a line of a list has room for.
    pub(crate) fn short(&self) -> String {
        let rows = self.max_delay.map(|days| format!("rows {days} d"));
        let known = self.known_after.map(|days| format!("known {days} d"));
        let by = match self.told_by.as_slice() {
            [] => String::new(),
            [first, ..] if first.contains('.') => ", by status".to_owned(),
            _ => ", by files".to_owned(),
        };
        let loads = format!("loads {} d{by}", self.may_lag);
        rows.into_iter().chain(known).chain([loads]).collect::<Vec<_>>().join(", ")
    }
}

/// In a sentence.
impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = |days: u32| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        if let Some(delay) = self.max_delay {
            write!(f, "another delivery of a row is looked for {} back; ", days(delay))?;
        }
        if let Some(after) = self.known_after {
            write!(f, "rows are known {} later; ", days(after))?;
        }
        write!(f, "loads may lag {} behind, and ", days(self.may_lag))?;
        match self.told_by.as_slice() {
            [] => f.write_str("nothing tells how far they reach"),
            [one] => write!(f, "{one} tells how far they reach"),
            [one, others @ ..] => {
                write!(f, "{one} tells how far they reach, else {}", others.join(", else "))
            }
        }
    }
}
