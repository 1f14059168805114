//! The published days of a score, account by account: what rules are asked about.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::NaiveDate;

use super::day::{Act, Day, Definition, Moved, Overridden, Seen, Severity};
use super::{Decimal, Rule};
use crate::error::{Error, Result};
use crate::evidence::Published;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::read::Days;
use crate::read::columns::{known_texts, numbers, texts};
use crate::semantic::{Entity, Score};

/// The column of metrics that says whose account it is.
const OWNER: &str = "owner_id";

/// The days of all accounts, by account.
pub(super) struct History {
    /// Each account's days.
    pub(super) accounts: Vec<AccountDays>,
    /// The days on which anything is published, in order.
    pub(super) published: Vec<i32>,
    /// Texts that rows share, each once.
    pub(super) texts: Texts,
}

/// The days of an account, in order; the last of those after which it was not there is one on which nothing is in force.
pub(super) struct AccountDays {
    pub(super) account: String,
    pub(super) days: Vec<Told>,
    /// Scores of days before, by the day on which another definition or scorecard begins.
    pub(super) before: BTreeMap<i32, Vec<(i32, Option<f64>)>>,
}

/// What is published of an account on a day.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) day: i32,
    pub(super) in_force: bool,
    pub(super) score: Option<f64>,
    pub(super) definition: usize,
    pub(super) scorecard: usize,
    pub(super) owner: Option<usize>,
    /// Mode, value and author of an override.
    overridden: Option<(usize, f64, usize)>,
}

/// Scores of days before, as a rule reads them, by the day on which another definition or scorecard begins.
pub(super) type Before = BTreeMap<i32, Vec<(i32, Option<Decimal>)>>;

/// What people did, each with its day, by the published day on which it is told.
pub(super) type Done = BTreeMap<i32, Vec<(i32, Act)>>;

/// Texts by their places.
#[derive(Default)]
pub(super) struct Texts {
    all: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Texts {
    fn enter(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.places.insert(text.to_owned(), self.all.len());
        self.all.push(text.to_owned());
        self.all.len() - 1
    }

    /// The text of a place.
    pub(super) fn get(&self, place: usize) -> &str {
        self.all.get(place).map_or("", String::as_str)
    }
}

impl History {
    /// What is published of a score up to a day.
    ///
    /// # Errors
    /// What storage and engine say.
    pub(super) async fn read(published: &Published<'_>, score: &Score, last: NaiveDate) -> Result<Self> {
        let rows = published.rows(Days::Until(last), &query(published, score).await?).await?;
        let mut history = Self { accounts: Vec::new(), published: Vec::new(), texts: Texts::default() };
        history.enter(score, &rows)?;
        history.note_leaving();
        Ok(history)
    }

    fn enter(&mut self, score: &Score, rows: &RecordBatch) -> Result<()> {
        let (accounts, days) = (known_texts(rows, "account_id")?, days_of(rows)?);
        let (scores, definitions) = (numbers(rows, "raw_score")?, known_texts(rows, "definition")?);
        let (cards, owners) = (texts(rows, "scorecard")?, texts(rows, "owner")?);
        let overrides = if score.overrides {
            let authors = texts(rows, "override_author")?;
            Some((texts(rows, "override_mode")?, numbers(rows, "override_value")?, authors))
        } else {
            None
        };
        for row in 0..rows.num_rows() {
            if self.accounts.last().is_none_or(|last| last.account != accounts[row]) {
                let account = accounts[row].clone();
                self.accounts.push(AccountDays { account, days: Vec::new(), before: BTreeMap::new() });
            }
            let overridden = overrides.as_ref().and_then(|(modes, values, authors)| {
                let author = authors[row].as_deref().unwrap_or("nobody");
                Some((self.texts.enter(modes[row].as_deref()?), values[row]?, self.texts.enter(author)))
            });
            let told = Told {
                day: days[row],
                in_force: true,
                score: scores[row],
                definition: self.texts.enter(&definitions[row]),
                scorecard: self.texts.enter(cards[row].as_deref().unwrap_or_default()),
                owner: owners[row].as_deref().map(|owner| self.texts.enter(owner)),
                overridden,
            };
            if let Some(own) = self.accounts.last_mut() {
                own.days.push(told);
            }
        }
        Ok(())
    }

    /// Puts in the first published day without an account after each on which it was there.
    fn note_leaving(&mut self) {
        let mut published: Vec<i32> =
            self.accounts.iter().flat_map(|own| own.days.iter().map(|told| told.day)).collect();
        published.sort_unstable();
        published.dedup();
        for own in &mut self.accounts {
            let mut days = Vec::with_capacity(own.days.len());
            for (at, told) in own.days.iter().enumerate() {
                days.push(*told);
                let next = published.partition_point(|day| *day <= told.day);
                let next = published
                    .get(next)
                    .filter(|next| own.days.get(at + 1).is_none_or(|own| own.day > **next));
                days.extend(next.map(|day| Told {
                    day: *day,
                    in_force: false,
                    score: None,
                    overridden: None,
                    ..*told
                }));
            }
            own.days = days;
        }
        self.published = published;
    }
}

impl AccountDays {
    /// The days as a rule takes them; `moved` is how the accounts of a scorecard moved on a day.
    pub(super) fn as_days<'a>(
        &'a self,
        texts: &'a Texts,
        (rule, severity): (&Rule, Severity),
        (before, acts): (&'a Before, &'a Done),
        moved: impl Fn(i32, usize) -> Option<Moved>,
    ) -> Vec<Day<'a>> {
        let day = |told: &Told| {
            let score = told.score.and_then(|score| Decimal::rounded(score, rule.digits));
            Day {
                day: told.day,
                in_force: told.in_force,
                seen: score.map_or(Seen::Unscored, Seen::Score),
                definition: Definition {
                    score: texts.get(told.definition),
                    scorecard: texts.get(told.scorecard),
                },
                before: before.get(&told.day).map_or(&[], Vec::as_slice),
                moved: moved(told.day, told.scorecard),
                acts: acts.get(&told.day).map_or(&[], Vec::as_slice),
                owner: told.owner.map(|owner| texts.get(owner)),
                severity: Some(severity),
                overridden: told.overridden.and_then(|(mode, value, author)| {
                    let value = Decimal::rounded(value, rule.digits)?;
                    Some(Overridden { mode: texts.get(mode), value, until: None, author: texts.get(author) })
                }),
            }
        };
        self.days.iter().map(day).collect()
    }

    /// The scores of days before, as a rule reads them.
    pub(super) fn before(&self, rule: &Rule) -> Before {
        let rounded = |score: &Option<f64>| score.and_then(|score| Decimal::rounded(score, rule.digits));
        let scores =
            |days: &Vec<(i32, Option<f64>)>| days.iter().map(|(day, score)| (*day, rounded(score))).collect();
        self.before.iter().map(|(day, days)| (*day, scores(days))).collect()
    }
}

/// The days of rows.
pub(super) fn days_of(rows: &RecordBatch) -> Result<Vec<i32>> {
    let column = rows.column_by_name("as_of_date");
    let days = column.and_then(|column| cast(column, &DataType::Date32).ok());
    let days = days.filter(|days| days.null_count() == 0);
    let days = days.ok_or_else(|| Error::Bug("published rows have no day".to_owned()))?;
    Ok(days.as_primitive::<Date32Type>().values().to_vec())
}

/// Whether a table declares a column.
fn has(pipeline: &Pipeline, table: &ModelName, column: &str) -> bool {
    let model = pipeline.model(table);
    model.is_some_and(|model| model.contract.columns.iter().any(|own| own.name == column))
}

/// The columns that rules ask for, by account and day.
async fn query(published: &Published<'_>, score: &Score) -> Result<String> {
    let (pipeline, table) = (published.pipeline, ModelName::new(Layer::Scores, score.name.clone()));
    let scorecard =
        if has(pipeline, &table, "scorecard") { "scored.scorecard" } else { "CAST(NULL AS VARCHAR)" };
    let overrides = if score.overrides {
        ", scored.override_mode, scored.override_value, scored.override_author"
    } else {
        ""
    };
    let metrics = ModelName::parse(Entity::Account.table());
    let mut owned = false;
    if let Some(metrics) = metrics.filter(|metrics| has(pipeline, metrics, OWNER)) {
        owned = published.out.newest_day(&metrics).await?.is_some();
    }
    let (owner, join) = if owned {
        (
            format!("known.{OWNER}"),
            "\nLEFT JOIN metrics.accounts AS known ON known.account_id = scored.account_id AND known.as_of_date = scored.as_of_date",
        )
    } else {
        ("CAST(NULL AS VARCHAR)".to_owned(), "")
    };
    Ok(format!(
        "SELECT scored.account_id, scored.as_of_date, scored.raw_score, scored.definition, {scorecard} AS scorecard, \
         {owner} AS owner{overrides}\nFROM scores.\"{}\" AS scored{join}\nORDER BY scored.account_id, scored.as_of_date",
        score.name
    ))
}
