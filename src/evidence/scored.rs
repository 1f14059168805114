//! What was published of a score's components on a day, account by account.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use chrono::NaiveDate;

use super::published::Published;
use crate::error::{Error, Result};
use crate::project::model::Model;
use crate::read::Days;
use crate::read::columns::{finite, known_texts, numbers};
use crate::semantic::{Component, Entity, Group, Score};

/// A component's numbers, an account (or user) a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Share of the accounts to which it applies that have a value, 0 to 1; `None` where it applies to none.
    pub coverage: Option<f64>,
    /// What it is worth to the account, as a share of the range of its points; `None` where it does not count.
    pub points: Vec<Option<f64>>,
    /// The score without it.
    pub without: Vec<Option<f64>>,
}

/// A group's values, an account (or user) a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroupValues {
    /// Its name.
    pub(crate) name: String,
    /// Its title.
    pub(crate) title: String,
    /// Its value; `None` where the scorecard has no such group, or nothing of it is known.
    pub(crate) values: Vec<Option<f64>>,
}

/// A score and its components, an account (or user) a row.
pub(crate) struct Scored {
    /// Who each row is about.
    pub(crate) keys: Vec<Vec<String>>,
    /// The score before overrides and rounding.
    pub(crate) score: Vec<Option<f64>>,
    /// The score without the components that are our doing; `None` where there are none.
    pub(crate) without_ours: Option<Vec<Option<f64>>>,
    /// The components, in declared order.
    pub(crate) components: Vec<Evidence>,
    /// The groups of all scorecards, in declared order.
    pub(crate) groups: Vec<GroupValues>,
}

/// Reads a published day of a score.
pub(crate) async fn scored(published: &Published<'_>, score: &Score, day: NaiveDate) -> Result<Scored> {
    let question = published.pipeline.semantics.without_one(score).ok_or_else(|| {
        Error::Usage(format!("{} is made of the scores of others: ask about those", score.name))
    })?;
    let (name, key) = (&score.name, score.entity.key().join(", "));
    let day_only = Days::Only(day);
    let groups = declared_groups(score);
    let values: String = groups.iter().map(|group| format!(", group_{}", group.name)).collect();
    let sql = format!("SELECT {key}, definition{values} FROM scores.\"{name}\" ORDER BY {key}");
    let batch = published.rows(day_only, &sql).await?;
    let keys = keys(&batch, score)?;
    if keys.is_empty() {
        return Err(Error::Usage(format!("scores.{name} has no rows on {day}")));
    }
    if known_texts(&batch, "definition")?.iter().any(|definition| *definition != score.definition) {
        return Err(other_definition(score, day));
    }
    let values = |group: &&Group| -> Result<GroupValues> {
        let values = numbers(&batch, &format!("group_{}", group.name))?.into_iter().map(finite).collect();
        Ok(GroupValues { name: group.name.clone(), title: group.title.clone(), values })
    };
    let groups = groups.iter().map(values).collect::<Result<_>>()?;
    let places: BTreeMap<&Vec<String>, usize> = keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let all = published.rows(day_only, &question.sql).await?;
    let mut scores =
        without(&all, score, &places, question.components.len() + usize::from(question.has_ours))?;
    let without_ours = if question.has_ours { scores.pop() } else { None };
    let sql = format!(
        "SELECT {key}, component, points, min_points, max_points, state FROM components.\"{name}\" \
         WHERE state <> 'base' ORDER BY {key}, component"
    );
    let parts = parts(&published.rows(day_only, &sql).await?, score, &places)?;
    let mut components = Vec::new();
    for component in declared(score) {
        let at = question.components.iter().position(|name| *name == component.name);
        let Some(without) = at.and_then(|at| scores.get_mut(at + 1)) else { continue };
        let part = parts.get(&component.name);
        components.push(Evidence {
            name: component.name.clone(),
            title: component.title.clone(),
            coverage: part.and_then(Part::coverage),
            points: part.map_or_else(|| vec![None; keys.len()], |part| part.points.clone()),
            without: std::mem::take(without),
        });
    }
    let score = scores.into_iter().next().unwrap_or_default();
    Ok(Scored { keys, score, without_ours, components, groups })
}

/// What says of a row of metrics that its account, or user, is there: a customer stays in the metrics for some weeks after
/// the last contract, and a user after the last visit, so that a row alone does not say it. `None` where metrics have no
/// column that does: then a row is all there is.
pub(crate) fn in_force(metrics: &Model, entity: Entity) -> Option<&'static str> {
    let (column, condition) = match entity {
        Entity::Account => ("is_in_force", "is_in_force"),
        Entity::User => ("active_days_28d", "active_days_28d > 0"),
    };
    metrics.contract.column(column).map(|_| condition)
}

/// Who is there on a day: the keys of the entity's metrics of which that is said.
pub(crate) async fn there(
    published: &Published<'_>,
    score: &Score,
    condition: Option<&str>,
    day: NaiveDate,
) -> Result<BTreeSet<Vec<String>>> {
    let (key, table) = (score.entity.key().join(", "), score.entity.table());
    let sql = format!("SELECT {key} FROM {table} WHERE {}", condition.unwrap_or("TRUE"));
    let batch = published.rows(Days::Only(day), &sql).await?;
    Ok(keys(&batch, score)?.into_iter().collect())
}

/// Where it stands in which account a merged one goes on.
const SURVIVORS: &str = "metrics.survivors";

/// In which account each merged one goes on by the end of a day; none where a project has no such table, or never
/// published it.
pub(crate) async fn survivors(published: &Published<'_>, day: NaiveDate) -> Result<BTreeMap<String, String>> {
    let models = &published.pipeline.models;
    let named = models.iter().find(|model| model.is_stored() && model.name.to_string() == SURVIVORS);
    let Some(table) = named.filter(|model| !model.by_day()).map(|model| &model.name) else {
        return Ok(BTreeMap::new());
    };
    if published.out.whole(table).is_none() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT account_id, survivor_id FROM {SURVIVORS} WHERE first_day <= DATE '{day}' AND DATE '{day}' < day_after"
    );
    let batch = published.rows(Days::Only(day), &sql).await?;
    Ok(known_texts(&batch, "account_id")?.into_iter().zip(known_texts(&batch, "survivor_id")?).collect())
}

impl Scored {
    /// Which rows are about somebody who is there no more: a merged account is there as long as the one in which it goes on.
    pub(crate) fn gone(
        &self,
        score: &Score,
        there: &BTreeSet<Vec<String>>,
        survivors: &BTreeMap<String, String>,
    ) -> Vec<bool> {
        let account = score.entity.key().iter().position(|part| *part == "account_id");
        let goes_on = |key: &Vec<String>| {
            let at = account?;
            let mut later = key.clone();
            later[at].clone_from(survivors.get(&key[at])?);
            Some(there.contains(&later))
        };
        self.keys.iter().map(|key| !goes_on(key).unwrap_or_else(|| there.contains(key))).collect()
    }

    /// The same of some rows alone.
    pub(crate) fn only(self, kept: &BTreeSet<Vec<String>>) -> Self {
        let mask: Vec<bool> = self.keys.iter().map(|key| kept.contains(key)).collect();
        fn of<T>(all: Vec<T>, mask: &[bool]) -> Vec<T> {
            all.into_iter().zip(mask).filter_map(|(one, kept)| kept.then_some(one)).collect()
        }
        let component = |one: Evidence| Evidence {
            points: of(one.points, &mask),
            without: of(one.without, &mask),
            ..one
        };
        let group = |one: GroupValues| GroupValues { values: of(one.values, &mask), ..one };
        Self {
            components: self.components.into_iter().map(component).collect(),
            groups: self.groups.into_iter().map(group).collect(),
            score: of(self.score, &mask),
            without_ours: self.without_ours.map(|without| of(without, &mask)),
            keys: of(self.keys, &mask),
        }
    }
}

/// The components of all scorecards, each once, in declared order.
fn declared(score: &Score) -> Vec<&Component> {
    let mut found: Vec<&Component> = Vec::new();
    for component in score.scorecards().iter().flat_map(|card| card.root.components()) {
        if !found.iter().any(|known| known.name == component.name) {
            found.push(component);
        }
    }
    found
}

/// The groups of all scorecards, each once, in declared order.
fn declared_groups(score: &Score) -> Vec<&Group> {
    let mut found: Vec<&Group> = Vec::new();
    for group in score.scorecards().iter().flat_map(|card| card.root.groups()) {
        if !found.iter().any(|known| known.name == group.name) {
            found.push(group);
        }
    }
    found
}

fn keys(batch: &RecordBatch, score: &Score) -> Result<Vec<Vec<String>>> {
    let columns = score.entity.key().iter().map(|key| known_texts(batch, key));
    let columns: Vec<Vec<String>> = columns.collect::<Result<_>>()?;
    let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
    Ok((0..batch.num_rows()).map(row).collect())
}

/// The score with all components, then without each, by their numbers.
fn without(
    batch: &RecordBatch,
    score: &Score,
    places: &BTreeMap<&Vec<String>, usize>,
    components: usize,
) -> Result<Vec<Vec<Option<f64>>>> {
    let mut found = vec![vec![None; places.len()]; components + 1];
    let (numbered, scores) = (numbers(batch, "left_out")?, numbers(batch, "score")?);
    for (at, key) in keys(batch, score)?.iter().enumerate() {
        let column = numbered[at].and_then(|number| found.get_mut(number as usize));
        if let (Some(column), Some(place)) = (column, places.get(key)) {
            column[*place] = finite(scores[at]);
        }
    }
    Ok(found)
}

/// What was published of a component.
struct Part {
    points: Vec<Option<f64>>,
    applies: usize,
    observed: usize,
}

impl Part {
    fn coverage(&self) -> Option<f64> {
        (self.applies > 0).then(|| self.observed as f64 / self.applies as f64)
    }
}

fn parts(
    batch: &RecordBatch,
    score: &Score,
    places: &BTreeMap<&Vec<String>, usize>,
) -> Result<BTreeMap<String, Part>> {
    let mut found: BTreeMap<String, Part> = BTreeMap::new();
    let [points, least, most] = ["points", "min_points", "max_points"].map(|name| numbers(batch, name));
    let (points, least, most) = (points?, least?, most?);
    let rows = known_texts(batch, "component")?.into_iter().zip(known_texts(batch, "state")?);
    for ((at, key), (name, state)) in keys(batch, score)?.iter().enumerate().zip(rows) {
        let part = found.entry(name).or_insert_with(|| Part {
            points: vec![None; places.len()],
            applies: 0,
            observed: 0,
        });
        part.applies += usize::from(!matches!(state.as_str(), "not_applicable" | "expected_idle"));
        part.observed += usize::from(state == "observed");
        let range = least[at].zip(most[at]);
        let share = points[at].zip(range).map(|(points, (least, most))| (points - least) / (most - least));
        if let Some(place) = places.get(key) {
            part.points[*place] = finite(share);
        }
    }
    Ok(found)
}

/// That what was published is not what the project says now.
pub(crate) fn other_definition(score: &Score, day: NaiveDate) -> Error {
    Error::Usage(format!(
        "scores.{} of {day} was published by another definition; `hale run --as-of {day} --rescore` makes it this one's",
        score.name
    ))
}
