//! What became of accounts: who was lost, who stayed, and of whom it cannot be said.
//!
//! From a table of `outcomes.*`, published, or from a file: rows of an account, a day and a label; or losses, each with its day
//! and until when the account was seen. Of losses an account is lost as seen from day D when its loss lies after D + lead and
//! not after D + lead + horizon; it is not judged when it was lost before, or not seen until then.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days as Count, NaiveDate};

use super::label_file::{Losses, day_of, label_of, losses_of, told_until};
use super::published::Published;
use super::typed_rows::TypedRows;
use crate::diagnostic::{closest, visible};
use crate::error::{Error, Result};
use crate::project::layer::Layer;
use crate::project::model::Model;
use crate::read::Days;
use crate::read::columns::{known_texts, numbers, texts};

/// The table of outcomes that is meant where none is named.
const USUAL: &str = "retention";

/// Where outcomes are taken from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// A published table of the layer `outcomes`; the only one, or `outcomes.retention`, where none is named.
    Table(Option<String>),
    /// A file of labels or of losses, CSV or Parquet.
    File(std::path::PathBuf),
}

/// The time that is looked at after a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Days after the day in which a loss helps nobody to know.
    pub lead: u32,
    /// Days after these in which losses count.
    pub horizon: u32,
}

/// What became of an account that was judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// It was lost.
    pub is_lost: bool,
    /// The day of the loss; of who stayed, that of a later one, where it is told.
    pub lost_on: Option<NaiveDate>,
    /// ARR on the day itself.
    pub arr: Option<f64>,
    /// ARR at the end of the horizon.
    pub arr_later: Option<f64>,
}

/// Of whom an outcome is, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It is judged.
    Judged(Outcome),
    /// It is not, for this reason.
    Apart(String),
}

/// Outcomes by day and account.
#[derive(Debug, Clone)]
pub struct Outcomes {
    /// Where they are from, in words.
    pub words: String,
    /// The time ahead.
    pub ahead: Ahead,
    /// Days after the time ahead by which a table of the project knows; `None` of a file.
    settles: Option<u32>,
    kind: Kind,
}

/// What is told of a day.
#[derive(Debug, Clone, Default)]
struct OfDay {
    known_on: Option<NaiveDate>,
    accounts: BTreeMap<String, Standing>,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Each row for a day, with the day on which it became known where that is told.
    ByDay(BTreeMap<NaiveDate, OfDay>),
    /// Labels that hold on every day.
    Always(BTreeMap<String, bool>),
    /// Losses, and until when each account was seen.
    Losses {
        accounts: Losses,
        /// The day until which half of those that were never lost were seen: of a time that ends later too few that stayed can
        /// be judged, and so nobody is that was lost.
        told_until: NaiveDate,
    },
}

impl Outcomes {
    /// Outcomes as seen from some days.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is no such table or horizon, or the file is none; what storage and engine say.
    pub async fn read(published: &Published<'_>, from: &From, ahead: Ahead) -> Result<Self> {
        match from {
            From::File(path) => Self::of_rows(&TypedRows::read(path)?, ahead),
            From::Table(name) => Self::of_table(published, name.as_deref(), ahead).await,
        }
    }

    /// What the project's own table tells of so many days ahead; `None` where it has no table, never published it, or tells of
    /// another horizon.
    ///
    /// # Errors
    /// What storage and engine say.
    pub async fn of_project(published: &Published<'_>, horizon: u32) -> Result<Option<Self>> {
        let Ok(model) = table(published, None) else { return Ok(None) };
        if published.out.newest_day(&model.name).await?.is_none() {
            return Ok(None);
        }
        let ahead = Ahead { lead: 0, horizon };
        match Self::of_table(published, None, ahead).await {
            Err(Error::Usage(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// How an account stands that is seen from a day; `None` where nothing says.
    pub fn standing(&self, day: NaiveDate, account: &str) -> Option<Standing> {
        match &self.kind {
            Kind::ByDay(days) => days.get(&day)?.accounts.get(account).cloned(),
            Kind::Always(labels) => labels.get(account).map(|is_lost| judged(*is_lost, None)),
            Kind::Losses { accounts, told_until } => {
                accounts.get(account).map(|loss| self.loss(day, *loss, *told_until))
            }
        }
    }

    fn loss(
        &self,
        day: NaiveDate,
        (lost_on, seen_until): (Option<NaiveDate>, NaiveDate),
        told_until: NaiveDate,
    ) -> Standing {
        let (from, until) = self.ahead.days(day);
        match lost_on {
            Some(lost) if lost <= day => Standing::Apart("lost before".to_owned()),
            Some(lost) if lost <= from => Standing::Apart("lost in lead".to_owned()),
            _ if seen_until < until && told_until < until => Standing::Apart("not known yet".to_owned()),
            Some(lost) if lost <= until => judged(true, Some(lost)),
            _ if seen_until < until => Standing::Apart("not known yet".to_owned()),
            later => judged(false, later),
        }
    }

    /// Whether outcomes are of a time after each day, and not labels alone.
    pub fn is_of_time(&self) -> bool {
        match &self.kind {
            Kind::ByDay(days) => days.values().any(|day| day.known_on.is_some()),
            Kind::Always(_) => false,
            Kind::Losses { .. } => true,
        }
    }

    /// The accounts that a file names; none of a table.
    pub fn accounts(&self) -> BTreeSet<&str> {
        match &self.kind {
            Kind::ByDay(days) => {
                let own = days.values().filter(|day| day.known_on.is_none());
                own.flat_map(|day| day.accounts.keys()).map(String::as_str).collect()
            }
            Kind::Always(labels) => labels.keys().map(String::as_str).collect(),
            Kind::Losses { accounts, .. } => accounts.keys().map(String::as_str).collect(),
        }
    }

    /// Whether anything is known of a day.
    pub fn tells(&self, day: NaiveDate) -> bool {
        match &self.kind {
            Kind::ByDay(days) => days.contains_key(&day),
            Kind::Always(_) => true,
            Kind::Losses { told_until, .. } => self.ahead.days(day).1 <= *told_until,
        }
    }

    /// The day on which a table of the project knows what becomes of accounts seen from a day; `None` of a file.
    pub(crate) fn settled_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        let settles = self.settles?;
        self.ahead.days(day).1.checked_add_days(Count::new(u64::from(settles)))
    }

    /// Whether these are losses of a file, in which those that stayed must stand too.
    pub(crate) fn are_losses(&self) -> bool {
        matches!(self.kind, Kind::Losses { .. })
    }

    /// Whether labels hold on every day: then there is no time to learn in, and what is learned from some accounts is told on
    /// others.
    pub fn is_always(&self) -> bool {
        matches!(self.kind, Kind::Always(_))
    }

    /// The day by which what became of accounts seen from a day is known: outcomes of that day may be learned from on this day
    /// and later.
    pub fn known_on(&self, day: NaiveDate) -> NaiveDate {
        match &self.kind {
            Kind::Always(_) => day,
            Kind::ByDay(days) => {
                days.get(&day).and_then(|day| day.known_on).unwrap_or_else(|| self.ahead.days(day).1)
            }
            Kind::Losses { .. } => self.ahead.days(day).1,
        }
    }

    fn of_rows(rows: &TypedRows, ahead: Ahead) -> Result<Self> {
        if rows.len() == 0 {
            return Err(rows.fault("there are no rows"));
        }
        let losses = rows.first_of(&["lost_on", "churned_at"]);
        let kind = match losses {
            Some(column) => {
                let accounts = losses_of(rows, column)?;
                let told_until = told_until(&accounts);
                Kind::Losses { accounts, told_until }
            }
            None => labels_of(rows)?,
        };
        Ok(Self { words: visible(&rows.shown), ahead, settles: None, kind })
    }

    async fn of_table(published: &Published<'_>, name: Option<&str>, ahead: Ahead) -> Result<Self> {
        let model = table(published, name)?;
        let has = |column: &str| model.contract.column(column).is_some();
        let optional = |column: &str, form: &str| {
            let value = if has(column) { column } else { "NULL" };
            format!("CAST({value} AS {form}) AS {column}")
        };
        let sql = format!(
            "SELECT account_id, CAST(observed_on AS VARCHAR) AS observed_on, CAST(as_of_date AS VARCHAR) AS known_on, is_lost, {}, {}, {}, {} FROM {} \
             WHERE horizon_days = {} ORDER BY observed_on, account_id",
            optional("population", "VARCHAR"),
            optional("lost_on", "VARCHAR"),
            optional("arr", "DOUBLE"),
            optional("arr_later", "DOUBLE"),
            model.name,
            ahead.horizon,
        );
        let batch = published.rows(Days::All, &sql).await?;
        if batch.num_rows() == 0 {
            let message = format!("{} has no rows of {} days ahead", model.name, ahead.horizon);
            return Err(Error::Usage(format!(
                "{message}; publish it with `hale run`, or ask for another --horizon"
            )));
        }
        let accounts = known_texts(&batch, "account_id")?;
        let days = known_texts(&batch, "observed_on")?;
        let (lost, populations) = (numbers(&batch, "is_lost")?, texts(&batch, "population")?);
        let lost_on = texts(&batch, "lost_on")?;
        let (arr, arr_later) = (numbers(&batch, "arr")?, numbers(&batch, "arr_later")?);
        let known_on = known_texts(&batch, "known_on")?;
        let mut found: BTreeMap<NaiveDate, OfDay> = BTreeMap::new();
        for (at, (account, day)) in accounts.into_iter().zip(days).enumerate() {
            let day: NaiveDate = day.parse().map_err(|_| Error::Bug(format!("`{day}` is no day")))?;
            let standing = match lost[at] {
                Some(lost) => Standing::Judged(Outcome {
                    is_lost: lost == 1.0,
                    lost_on: lost_on[at].as_deref().and_then(|day| day.parse().ok()),
                    arr: arr[at],
                    arr_later: arr_later[at],
                }),
                None => Standing::Apart(populations[at].clone().unwrap_or_else(|| "not judged".to_owned())),
            };
            let own = found.entry(day).or_default();
            own.known_on = own.known_on.max(known_on[at].parse().ok());
            own.accounts.insert(account, standing);
        }
        let lead = parameter(published, "lead_days").unwrap_or(ahead.lead);
        Ok(Self {
            words: model.name.to_string(),
            ahead: Ahead { lead, ..ahead },
            settles: parameter(published, "return_gap_days"),
            kind: Kind::ByDay(found),
        })
    }
}

impl Ahead {
    /// The last day of the lead, and that of the horizon.
    pub fn days(self, day: NaiveDate) -> (NaiveDate, NaiveDate) {
        let later = |count: u32| day.checked_add_days(Count::new(u64::from(count))).unwrap_or(NaiveDate::MAX);
        (later(self.lead), later(self.lead.saturating_add(self.horizon)))
    }
}

fn judged(is_lost: bool, lost_on: Option<NaiveDate>) -> Standing {
    Standing::Judged(Outcome { is_lost, lost_on, arr: None, arr_later: None })
}

/// A parameter of the project that is a number of days: the lead of its tables (`lead_days`), and how long an account may be away
/// before it is lost (`return_gap_days`).
fn parameter(published: &Published<'_>, name: &str) -> Option<u32> {
    let value = published.pipeline.settings.parameters.get(name)?;
    value.to_string().parse().ok()
}

/// The table that is meant.
fn table<'a>(published: &Published<'a>, name: Option<&str>) -> Result<&'a Model> {
    let models = &published.pipeline.models;
    let all: Vec<&Model> =
        models.iter().filter(|model| model.name.layer == Layer::Outcomes && model.by_day()).collect();
    let names: Vec<String> = all.iter().map(|model| model.name.to_string()).collect();
    let found = match (name, all.as_slice()) {
        (Some(name), _) => {
            all.iter().find(|model| model.name.to_string() == name || model.name.table == name)
        }
        (None, [only]) => Some(only),
        (None, _) => all.iter().find(|model| model.name.table == USUAL),
    };
    let hint = |name: &str| match closest(name, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    match (found, name) {
        (Some(model), _) => Ok(model),
        (None, _) if all.is_empty() => Err(Error::Usage(
            "the project says nowhere what became of accounts: there is no table in sql/outcomes; give a file with \
             --labels (columns account_id, day, label; or account_id, lost_on, observed_until)"
                .to_owned(),
        )),
        (None, Some(name)) => Err(Error::Usage(format!("there is no table `{}`; {}", visible(name), hint(name)))),
        (None, None) => Err(Error::Usage(format!("say which outcomes: {}", names.join(", ")))),
    }
}

/// Labels, each of a day where the file has a column for it.
fn labels_of(rows: &TypedRows) -> Result<Kind> {
    let Some(label) = rows.first_of(&["label", "is_lost", "outcome"]) else {
        return Err(
            rows.fault("there is no column `label`, nor `lost_on`: what became of accounts is not said")
        );
    };
    let (accounts, labels) = (rows.texts("account_id")?, rows.texts(label)?);
    let day =
        rows.first_of(&["day", "as_of_date", "observed_on"]).map(|name| rows.texts(name)).transpose()?;
    let mut always: BTreeMap<String, bool> = BTreeMap::new();
    let mut by_day: BTreeMap<NaiveDate, OfDay> = BTreeMap::new();
    for row in 0..rows.len() {
        let Some(account) = accounts[row].clone() else { return Err(rows.fault_at(row, "no account_id")) };
        let is_lost = label_of(rows, row, labels[row].as_deref())?;
        let was = match &day {
            None => always.insert(account.clone(), is_lost),
            Some(days) => {
                let day = day_of(rows, row, days[row].as_deref())?;
                let own = by_day.entry(day).or_default();
                own.accounts
                    .insert(account.clone(), judged(is_lost, None))
                    .map(|was| was == judged(true, None))
            }
        };
        if was.is_some_and(|was| was != is_lost) {
            return Err(rows.fault_at(row, &format!("`{}` was labelled otherwise above", visible(&account))));
        }
    }
    Ok(if day.is_some() { Kind::ByDay(by_day) } else { Kind::Always(always) })
}
