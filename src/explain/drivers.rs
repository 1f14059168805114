//! What moved a score, as data: drivers step by step, and with all steps of a component as one.

use chrono::NaiveDate;
use serde::Serialize;

/// How many units make 1.
const UNITS: f64 = 1e10;

/// The difference between two scores of an account, and what made it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movement {
    /// The score's name.
    pub score_name: String,
    /// The score's title.
    pub title: String,
    /// The account.
    pub account_id: String,
    /// The user, of a score of users.
    pub user_id: Option<String>,
    /// The first day.
    pub from_date: NaiveDate,
    /// The second day.
    pub to_date: NaiveDate,
    /// The score of the first day; `None` when unscored.
    pub from_score: Option<f64>,
    /// The score of the second day; `None` when unscored.
    pub to_score: Option<f64>,
    /// The tier of the first day.
    pub from_tier: String,
    /// The tier of the second day.
    pub to_tier: String,
    /// The difference, to ten decimals; `None` where a day has no score.
    pub change: Option<f64>,
    /// What made it, in the order of the steps; those that changed nothing are left out.
    pub drivers: Vec<Driver>,
    /// The same with all steps of a component as one.
    pub moved: Vec<Moved>,
    /// Why old days and new activity are not told apart, where they are not.
    pub note: Option<String>,
}

/// A component, or another driver, with all that it did to a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// The component, or the name of the driver's kind.
    pub name: String,
    /// The same as people call it: the component's title.
    pub title: String,
    /// What it was; empty where the driver says it in words.
    pub from: String,
    /// What it became.
    pub to: String,
    /// What it added, to ten decimals.
    pub change: f64,
    /// What did it, each with its part; what added nothing is left out.
    pub causes: Vec<Cause>,
    #[serde(skip)]
    is_component: bool,
}

/// A part of what moved a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cause {
    /// What kind of thing.
    pub kind: DriverKind,
    /// What it added, to ten decimals.
    pub change: f64,
}

impl Moved {
    /// The drivers, all steps of a component as one: from the first to what it became.
    pub(super) fn of(drivers: &[Driver]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for driver in drivers {
            let is_component = driver.kind.is_of_components();
            let place =
                all.iter().position(|line| is_component && line.is_component && line.name == driver.name);
            let at = place.unwrap_or_else(|| {
                let (name, from) = (driver.name.clone(), driver.from.clone());
                all.push(Self {
                    name,
                    title: driver.title.clone(),
                    from,
                    to: String::new(),
                    change: 0.0,
                    causes: Vec::new(),
                    is_component,
                });
                all.len() - 1
            });
            let line = &mut all[at];
            line.to.clone_from(&driver.to);
            line.change = of_units(units(line.change) + units(driver.change));
            if driver.change != 0.0 {
                line.causes.push(Cause { kind: driver.kind, change: driver.change });
            }
        }
        all.retain(|line| !line.causes.is_empty());
        all
    }
}

/// One thing that moved a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Driver {
    /// What kind of thing.
    pub kind: DriverKind,
    /// The component, or the name of the kind.
    pub name: String,
    /// The same as people call it: the component's title.
    pub title: String,
    /// What it was; empty where `to` says it in words.
    pub from: String,
    /// What it became.
    pub to: String,
    /// What it added, to ten decimals: the drivers' sum is the difference exactly.
    pub change: f64,
}

/// What kind of thing moved a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverKind {
    /// Another definition, or metrics that were restated.
    Definition,
    /// Another scorecard.
    Scorecard,
    /// A component came, or went missing.
    Data,
    /// What people said of the account.
    Judgement,
    /// Old days that left the windows of metrics.
    RollOff,
    /// What the account did since.
    NewActivity,
    /// Both, where they cannot be told apart.
    Behaviour,
    /// What people set against the number.
    Override,
    /// Rounding.
    Rounding,
}

impl DriverKind {
    /// Whether its drivers are named by components.
    fn is_of_components(self) -> bool {
        use DriverKind as K;
        matches!(self, K::Data | K::Judgement | K::RollOff | K::NewActivity | K::Behaviour)
    }
}

/// A score in whole units, so that sums are exact.
pub(crate) fn units(score: f64) -> i64 {
    (score * UNITS).round() as i64
}

/// So many units as a score.
pub(crate) fn of_units(units: i64) -> f64 {
    units as f64 / UNITS
}
