//! Who was scored on some days, with what became of them: one row an account and day.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use chrono::NaiveDate;

use super::outcomes::{Outcome, Outcomes, Standing};
use super::published::Published;
use super::scored::{Scored, scored};
use crate::diagnostic::visible;
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::read::Days;
use crate::read::columns::{finite, known_texts, numbers, texts};
use crate::semantic::{Entity, Score};

/// An account on a day, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Place of its day among the days.
    pub day: usize,
    /// Who.
    pub account: String,
    /// The account that stands above it, or itself: rows of one are one observation.
    pub cluster: String,
    /// Its segment.
    pub segment: Option<String>,
    /// The scorecard by which it was judged.
    pub scorecard: Option<String>,
    /// Its tier.
    pub tier: String,
    /// Who looks after it.
    pub owner: Option<String>,
    /// ARR on the day: of the outcome, else of metrics.
    pub arr: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
}

/// The least accounts that were lost, and that stayed: of fewer, no number is told.
pub const LEAST_ACCOUNTS: usize = 30;

/// Metrics that say how long ago an account was last there, the first that a project has.
const SINCE_LAST_USE: [&str; 4] =
    ["days_since_active", "days_since_user_seen", "days_since_last_use", "recency_days"];

/// Columns that are no measure of an account.
const NO_MEASURE: [&str; 2] = ["approximate", "is_in_force"];

/// A component of the rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PanelComponent {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its points as a share of their range; `None` where it does not count.
    pub points: Vec<Option<f64>>,
    /// The score without it.
    pub without: Vec<Option<f64>>,
}

/// A group of the rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PanelGroup {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its values; `None` where the scorecard has no such group, or nothing of it is known.
    pub values: Vec<Option<f64>>,
}

/// Rows of several days, ordered by day and account, in columns.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// The days.
    pub days: Vec<NaiveDate>,
    /// Who the rows are about.
    pub rows: Vec<Observed>,
    /// The score before overrides and rounding.
    pub score: Vec<Option<f64>>,
    /// The same without the components that are our doing; none where there are no such.
    pub without_ours: Vec<Option<f64>>,
    /// The components, in declared order.
    pub components: Vec<PanelComponent>,
    /// The groups of all scorecards, in declared order.
    pub groups: Vec<PanelGroup>,
    /// Metrics by name, as many of them as were asked for.
    pub metrics: BTreeMap<String, Vec<Option<f64>>>,
    /// Categories by name: columns of texts, days and times.
    pub categories: BTreeMap<String, Vec<Option<String>>>,
    /// Everybody who was scored on one of the days, judged or not.
    pub seen: BTreeSet<String>,
    /// How many rows are in none of the numbers, by the reason.
    pub apart: BTreeMap<String, usize>,
}

impl Panel {
    /// Whether each row was lost.
    pub fn lost(&self) -> Vec<bool> {
        self.rows.iter().map(|row| row.outcome.is_lost).collect()
    }

    /// The place of each row's day.
    pub fn day_of_rows(&self) -> Vec<usize> {
        self.rows.iter().map(|row| row.day).collect()
    }

    /// The cluster of each row.
    pub(crate) fn clusters(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row.cluster.as_str()).collect()
    }

    /// A column of numbers of metrics.
    ///
    /// # Errors
    /// [`Error::Usage`] for one that is not there.
    pub(crate) fn metric(&self, name: &str) -> Result<&Vec<Option<f64>>> {
        self.metrics.get(name).ok_or_else(|| {
            let table = Entity::Account.table();
            Error::Usage(format!("{table} has no column of numbers `{}`", visible(name)))
        })
    }

    /// Metrics that measure an account, by name.
    pub fn measures(&self) -> impl Iterator<Item = (&str, &Vec<Option<f64>>)> {
        let all = self.metrics.iter().map(|(name, column)| (name.as_str(), column));
        all.filter(|(name, _)| !NO_MEASURE.contains(name))
    }

    /// Days since the last use with their sign turned, so that the longest silence is the lowest, and what they are; who never
    /// came comes after all who did. `None` where no metric says it.
    pub(crate) fn since_last_use(&self) -> Option<(String, Vec<Option<f64>>)> {
        let name = SINCE_LAST_USE.into_iter().find(|name| self.metrics.contains_key(*name))?;
        let number = self.metrics[name].iter().map(|days| Some(days.map_or(f64::MIN, |days| -days)));
        Some((format!("days since last use ({name})"), number.collect()))
    }

    /// Refuses panels with fewer than 30 accounts that were lost, or that stayed: with the number that is missing.
    ///
    /// # Errors
    /// [`Error::Usage`] for such a panel.
    pub(crate) fn enough(&self, outcomes: &Outcomes) -> Result<()> {
        let (lost, kept) = self.accounts();
        if lost.min(kept) >= LEAST_ACCOUNTS {
            return Ok(());
        }
        if self.rows.is_empty() {
            let apart: Vec<String> =
                self.apart.iter().map(|(reason, rows)| format!("{rows} {reason}")).collect();
            let apart = apart.join(", ");
            return Err(Error::Usage(format!("{} judges no account of these days: {apart}", outcomes.words)));
        }
        let (count, what) = if lost <= kept { (lost, "lost") } else { (kept, "kept") };
        let help = if what == "kept" && outcomes.are_losses() {
            "accounts that stayed stand in the file too, with an empty lost_on"
        } else {
            "look at more days, or at a longer --horizon"
        };
        Err(Error::Usage(format!(
            "{count} accounts were {what} within {} days, by {}; at least {LEAST_ACCOUNTS} are needed for any figure: {help}",
            outcomes.ahead.horizon, outcomes.words
        )))
    }

    /// Different accounts that were lost, and that never were.
    pub fn accounts(&self) -> (usize, usize) {
        let mut lost: BTreeMap<&str, bool> = BTreeMap::new();
        for row in &self.rows {
            *lost.entry(&row.account).or_default() |= row.outcome.is_lost;
        }
        let count = lost.values().filter(|lost| **lost).count();
        (count, lost.len() - count)
    }
}

/// Whose rows are wanted.
#[derive(Clone, Copy)]
pub struct Population<'a> {
    /// The score that they must have; `None` for all that have metrics.
    pub score: Option<&'a Score>,
    /// The days, published.
    pub days: &'a [NaiveDate],
    /// What became of them.
    pub outcomes: &'a Outcomes,
    /// The columns of numbers that are wanted; all of those that metrics have where it is `None`.
    pub metrics: Option<&'a [String]>,
    /// A condition on a row of metrics, in SQL, of whose accounts are looked at.
    pub condition: Option<&'a str>,
}

impl Population<'_> {
    /// What the planner says against a question that only the condition can be at fault for.
    fn blamed(self, error: Error) -> Error {
        let Error::Project(found) = &error else { return error };
        let problem = found.iter().find(|problem| problem.location.is_some());
        match (self.condition, problem) {
            (Some(condition), Some(problem)) => {
                Error::Usage(format!("--where `{}`: {}", visible(condition), visible(&problem.message)))
            }
            _ => error,
        }
    }
}

/// The rows of some published days, with what became of them. Rows without an outcome are left out and counted by the reason.
///
/// # Errors
/// [`Error::Usage`] for a score of users or of other scores, and days that are not published or were scored by another
/// definition; what storage and engine say.
pub async fn panel(published: &Published<'_>, wanted: Population<'_>) -> Result<Panel> {
    if let Some(score) = wanted.score.filter(|score| score.entity != Entity::Account) {
        return Err(Error::Usage(format!("{} is about users: outcomes are told of accounts", score.name)));
    }
    let mut panel = Panel { days: wanted.days.to_vec(), ..Panel::default() };
    for (at, day) in wanted.days.iter().enumerate() {
        let facts = Facts::read(published, wanted, *day).await?;
        let scored = match wanted.score {
            Some(score) => scored(published, score, *day).await?,
            None => facts.unscored(),
        };
        panel.add(at, wanted, scored, &facts);
    }
    Ok(panel)
}

/// What a day's metrics and score say of accounts beside the numbers of components.
struct Facts {
    places: BTreeMap<String, usize>,
    texts: BTreeMap<String, Vec<Option<String>>>,
    numbers: BTreeMap<String, Vec<Option<f64>>>,
}

/// What the score says, beside the columns of metrics: no column of a table has such a name.
const TIER: &str = "scored: tier";
const SCORECARD: &str = "scored: scorecard";

impl Facts {
    async fn read(published: &Published<'_>, wanted: Population<'_>, day: NaiveDate) -> Result<Self> {
        let metrics = Entity::Account.table();
        let joined = wanted.score.map(|score| {
            let table = ModelName::new(Layer::Scores, score.name.clone()).table;
            format!(
                " JOIN scores.\"{table}\" AS s ON s.account_id = m.account_id AND s.as_of_date = m.as_of_date"
            )
        });
        let told = if joined.is_some() {
            format!(", s.tier AS \"{TIER}\", s.scorecard AS \"{SCORECARD}\"")
        } else {
            String::new()
        };
        let sql = format!(
            "SELECT m.*{told} FROM (SELECT * FROM {metrics} WHERE {}) AS m{} ORDER BY m.account_id",
            wanted.condition.map_or_else(|| "TRUE".to_owned(), |condition| format!("({condition})")),
            joined.unwrap_or_default()
        );
        let batch = published.rows(Days::Only(day), &sql).await.map_err(|error| wanted.blamed(error))?;
        let accounts = known_texts(&batch, "account_id")?;
        let schema = batch.schema();
        let is_text = |form: &DataType| {
            matches!(form, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8) || form.is_temporal()
        };
        let told = schema.fields().iter().filter(|field| is_text(field.data_type()));
        let column = |name: &String| -> Result<_> { Ok((name.clone(), texts(&batch, name)?)) };
        Ok(Self {
            places: accounts.into_iter().zip(0..).collect(),
            texts: told.map(|field| column(field.name())).collect::<Result<_>>()?,
            numbers: columns_of_numbers(&batch, wanted.metrics)?,
        })
    }

    /// The accounts, without a score.
    fn unscored(&self) -> Scored {
        let keys: Vec<Vec<String>> = self.places.keys().map(|account| vec![account.clone()]).collect();
        let score = vec![None; keys.len()];
        Scored { score, keys, without_ours: None, components: Vec::new(), groups: Vec::new() }
    }

    fn text(&self, name: &str, at: usize) -> Option<String> {
        self.texts.get(name)?.get(at)?.clone()
    }
}

fn columns_of_numbers(
    batch: &RecordBatch,
    wanted: Option<&[String]>,
) -> Result<BTreeMap<String, Vec<Option<f64>>>> {
    let schema = batch.schema();
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == name));
    let numeric = schema.fields().iter().filter(|field| {
        is_wanted(field.name()) && (field.data_type().is_numeric() || *field.data_type() == DataType::Boolean)
    });
    let column = |name: &String| -> Result<_> {
        Ok((name.clone(), numbers(batch, name)?.into_iter().map(finite).collect()))
    };
    numeric.map(|field| column(field.name())).collect()
}

impl Panel {
    fn add(&mut self, day: usize, wanted: Population<'_>, scored: Scored, facts: &Facts) {
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for (place, key) in scored.keys.iter().enumerate() {
            let account = &key[0];
            self.seen.insert(account.clone());
            let Some(at) = facts.places.get(account).copied() else {
                self.count_apart("left out by the condition");
                continue;
            };
            let outcome = match wanted.outcomes.standing(self.days[day], account) {
                Some(Standing::Judged(outcome)) => outcome,
                Some(Standing::Apart(reason)) => {
                    self.count_apart(&reason);
                    continue;
                }
                None => {
                    self.count_apart("nothing is said of it");
                    continue;
                }
            };
            if wanted.score.is_some() && scored.score[place].is_none() {
                self.count_apart("no score");
                continue;
            }
            kept.push((place, at));
            let arr = outcome.arr.or_else(|| facts.numbers.get("arr").and_then(|arr| arr[at]));
            self.rows.push(Observed {
                day,
                account: account.clone(),
                cluster: facts.text("parent_account_id", at).unwrap_or_else(|| account.clone()),
                segment: facts.text("segment", at),
                scorecard: facts.text(SCORECARD, at),
                tier: facts.text(TIER, at).unwrap_or_default(),
                owner: facts.text("owner_id", at),
                arr,
                outcome,
            });
        }
        let before = self.score.len();
        self.score.extend(kept.iter().map(|(place, _)| scored.score[*place]));
        if let Some(without) = &scored.without_ours {
            self.without_ours.extend(kept.iter().map(|(place, _)| without[*place]));
        }
        self.add_components(before, &scored, &kept);
        self.add_groups(before, &scored, &kept);
        let rows: Vec<usize> = kept.iter().map(|(_, at)| *at).collect();
        extend(&mut self.metrics, facts.numbers.iter(), &rows, before);
        let told = facts.texts.iter().filter(|(name, _)| ![TIER, SCORECARD].contains(&name.as_str()));
        extend(&mut self.categories, told, &rows, before);
    }

    fn add_components(&mut self, before: usize, scored: &Scored, kept: &[(usize, usize)]) {
        for own in &scored.components {
            if !self.components.iter().any(|known| known.name == own.name) {
                let (name, title) = (own.name.clone(), own.title.clone());
                let none = vec![None; before];
                self.components.push(PanelComponent { name, title, points: none.clone(), without: none });
            }
            let Some(known) = self.components.iter_mut().find(|known| known.name == own.name) else {
                continue;
            };
            known.points.extend(kept.iter().map(|(place, _)| own.points[*place]));
            known.without.extend(kept.iter().map(|(place, _)| own.without[*place]));
        }
    }

    fn add_groups(&mut self, before: usize, scored: &Scored, kept: &[(usize, usize)]) {
        for own in &scored.groups {
            if !self.groups.iter().any(|known| known.name == own.name) {
                let (name, title) = (own.name.clone(), own.title.clone());
                self.groups.push(PanelGroup { name, title, values: vec![None; before] });
            }
            if let Some(known) = self.groups.iter_mut().find(|known| known.name == own.name) {
                known.values.extend(kept.iter().map(|(place, _)| own.values[*place]));
            }
        }
    }

    fn count_apart(&mut self, reason: &str) {
        *self.apart.entry(reason.to_owned()).or_default() += 1;
    }
}

/// Adds rows of a day's columns to columns that have so many rows; a column that is not there on some day is missing on it.
fn extend<'a, T: Clone + 'a>(
    columns: &mut BTreeMap<String, Vec<Option<T>>>,
    own: impl Iterator<Item = (&'a String, &'a Vec<Option<T>>)>,
    rows: &[usize],
    before: usize,
) {
    for (name, values) in own {
        let column = columns.entry(name.clone()).or_insert_with(|| vec![None; before]);
        column.extend(rows.iter().map(|at| values[*at].clone()));
    }
    columns.values_mut().for_each(|column| column.resize(before + rows.len(), None));
}
