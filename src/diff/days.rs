//! Published against published, between two days: how much of the change is definition, how much data, how much coverage.
//!
//! | order | what changes | reason |
//! | --- | --- | --- |
//! | 1 | the score as published on the first day → what its definition makes of the metrics that are published now | restated |
//! | 2 | the scorecard of the second day | data |
//! | 3 | components that are known on one of the days alone become as on the second | coverage |
//! | 4 | all other components become as on the second day | data |
//! | 5 | what people set against the score on the second day | data |
//! | 6 | the definition of the second day, change by change ([`changes`]) | definition |
//! | 7 | → the score as published on the second day | restated |
//!
//! Step 1 and 7 are nothing as long as no metric is published again without its scores. What comes and goes comes before what
//! is there on both days, as `hale explain --vs` has it: the latter is then compared among the same neighbours.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use chrono::NaiveDate;

use super::cause::{Kind, Reason};
use super::changes::changes;
use super::definitions::{Asked, comparable, end, everybody, follow, readable};
use super::rows::{Rows, keys};
use super::scored::Scored;
use super::side::Side;
use super::stored::{Place, Stored};
use super::summary::Compared;
use super::told::Diff;
use super::walk::{Label, Walk};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::read::columns::known_texts;
use crate::read::published_day;
use crate::semantic::{Entity, STAGES, Score};

/// What the stages of the way from one day's metrics to another's stand for.
const OF_STAGES: [(Reason, Kind, &str); STAGES] = [
    (Reason::Restated, Kind::Restated, "Restated since the first day"),
    (Reason::Data, Kind::Scorecard, "Scorecard"),
    (Reason::Coverage, Kind::Known, "Components that came or went"),
    (Reason::Data, Kind::Values, "Values of components"),
];

/// What moved everybody's score from one published day to another, the newest where none is given.
///
/// # Errors
/// As [`between_definitions`](super::between_definitions); [`Error::Project`] where the definition that made the rows of a day
/// is not archived.
pub async fn between_days(
    place: &Place<'_>,
    project: &Side,
    (from, to): (NaiveDate, Option<NaiveDate>),
    asked: &Asked,
) -> Result<Diff> {
    let name = project.score(asked.score.as_deref())?.name.clone();
    let table = ModelName::new(Layer::Scores, name.clone());
    let to = published_day(place.out, &table, to).await?;
    let from = published_day(place.out, &table, Some(from)).await?;
    if from >= to {
        return Err(Error::Usage(format!(
            "--vs {from} is not before {to}, the day that is compared with it"
        )));
    }
    let stored = Stored::open(place, to)?;
    stored.read(&table, &BTreeSet::from([from, to]), "the comparison").await?;
    let first = Published::read(place, &stored, &name, from).await?;
    let second = Published::read(place, &stored, &name, to).await?;
    let (before, score) = (first.side.score(Some(&name))?, second.side.score(Some(&name))?);
    comparable((&first.side, before), (&second.side, score))?;
    let sides = [(&first.side, before), (&second.side, score)];
    let columns = readable(place, &stored, &sides, &[from, to]).await?;
    let rows = Rows::read(&stored, score.entity, &columns, &[to]).await?;
    let way = stages(&stored, before, (from, to)).await?;
    let common = Common::of([&first.batch, &second.batch, &way], &rows, score.entity)?;
    let walk = walked(&stored, (before, score), (&first, &second, &way), &common, to).await?;
    let compared = Compared {
        score,
        old_tiers: before.tiers.iter().map(|tier| tier.name.clone()).collect(),
        old: end(&first.side, before, (from, from)),
        new: end(&second.side, score, (to, to)),
        days: 1,
        commit: place.out.number(),
        rows: rows.only(&common.rows),
        walk,
        movers: asked.movers,
        notes: common.left_out(&table, (from, to)).into_iter().collect(),
    };
    compared.told(asked.limits)
}

/// The way of everybody with a row on both days.
async fn walked(
    stored: &Stored<'_>,
    (before, score): (&Score, &Score),
    (first, second, way): (&Published, &Published, &RecordBatch),
    common: &Common,
    to: NaiveDate,
) -> Result<Walk> {
    let [at_first, at_second, at_way] = &common.places;
    let mut walk = Walk::from(Scored::of(&first.batch)?.only(at_first));
    let way = Scored::of(way)?;
    for (stage, (reason, kind, title)) in OF_STAGES.into_iter().enumerate() {
        let places: Vec<usize> = at_way.iter().map(|place| place + stage).collect();
        walk.step(label(reason, kind, title), way.only(&places));
    }
    let computed = everybody(stored, before, &[to]).await?.only(&common.rows);
    walk.step(label(Reason::Data, Kind::Override, "Overrides"), computed);
    follow(&mut walk, stored, changes(before, score), (&[to], Some(&common.rows))).await?;
    let published = Scored::of(&second.batch)?.only(at_second);
    walk.step(label(Reason::Restated, Kind::Restated, "Restated since the second day"), published);
    Ok(walk)
}

fn label(reason: Reason, kind: Kind, title: &str) -> Label {
    Label { reason, kind, part: None, title: title.to_owned(), from: String::new(), to: String::new() }
}

/// A score as it was published on a day, and the definition that made it.
struct Published {
    batch: RecordBatch,
    side: Side,
}

impl Published {
    async fn read(place: &Place<'_>, stored: &Stored<'_>, score: &str, day: NaiveDate) -> Result<Self> {
        let sql = format!("SELECT * FROM scores.\"{score}\" WHERE as_of_date = DATE '{day}'");
        let batch = stored.rows("what is published of the score", &sql).await?;
        let made: BTreeSet<String> = known_texts(&batch, "definition")?.into_iter().collect();
        let made: Vec<&String> = made.iter().collect();
        let [definition] = made.as_slice() else {
            let message = format!("scores.{score} of {day} was made by {} definitions", made.len());
            return Err(Error::Usage(format!("{message}; there is no saying what moved it")));
        };
        let side = Side::of_rows(place.out, score, definition, day).await?;
        Ok(Self { batch, side })
    }
}

/// The scores at the stages of the way from the metrics of one day to those of another.
async fn stages(
    stored: &Stored<'_>,
    score: &Score,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<RecordBatch> {
    let sql =
        score.between_days(from, to).ok_or_else(|| Error::Bug(format!("{} is a roll-up", score.name)))?;
    stored.rows(&format!("the score {} between two days", score.name), &sql).await
}

/// Who has a row everywhere, and where: at the first end, at the second, and on the way, at its first stage.
struct Common {
    places: [Vec<usize>; 3],
    /// The same among the rows of metrics of the second day.
    rows: Vec<usize>,
    /// Rows of the first day, and of the second, that are not among them.
    left_out: [usize; 2],
}

impl Common {
    fn of(batches: [&RecordBatch; 3], rows: &Rows, entity: Entity) -> Result<Self> {
        let [first, second, way] = batches;
        // Of the way, which has each row once for each stage, the first stages.
        let starts: UInt64Array = (0..way.num_rows() as u64).step_by(STAGES).collect();
        let way = take_record_batch(way, &starts).map_err(|error| Error::Bug(error.to_string()))?;
        let index = |batch: &RecordBatch| -> Result<BTreeMap<Vec<String>, usize>> {
            Ok(keys(batch, entity)?.into_iter().enumerate().map(|(at, key)| (key, at)).collect())
        };
        let (at_first, at_second, at_way) = (index(first)?, index(second)?, index(&way)?);
        let mut common = Self { places: Default::default(), rows: Vec::new(), left_out: [0, 0] };
        for (row, key) in rows.keys.iter().enumerate() {
            let there = (at_first.get(key), at_second.get(key), at_way.get(key));
            let (Some(first), Some(second), Some(way)) = there else { continue };
            for (places, place) in common.places.iter_mut().zip([*first, *second, *way * STAGES]) {
                places.push(place);
            }
            common.rows.push(row);
        }
        let kept = common.rows.len();
        common.left_out = [first.num_rows() - kept, second.num_rows() - kept];
        Ok(common)
    }

    /// What is said of those who have a row on one of the days alone.
    fn left_out(&self, table: &ModelName, (from, to): (NaiveDate, NaiveDate)) -> Option<String> {
        let [first, second] = self.left_out;
        (first + second > 0).then(|| {
            format!(
                "rows of {table} on one of the days alone are left out: {first} of {from}, {second} of {to}"
            )
        })
    }
}
