//! Scores of days before a change, by what applies after it: computed once more from published metrics.
//!
//! Only the definition of now can compute anything. Of a change to an earlier one the days before are not known, and so are
//! days whose metrics are not published.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::Date32Type;
use chrono::NaiveDate;

use super::history::{History, days_of};
use crate::error::Result;
use crate::evidence::Published;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;
use crate::read::Days;
use crate::read::columns::{known_texts, numbers};
use crate::semantic::{Score, Scorecard, Semantics, Source, text_literal};

/// So many accounts are asked for by name.
const NAMED: usize = 500;

/// Changes to one scorecard under the definition of now.
#[derive(Default)]
struct Changes {
    /// The account's place, and the day of the change.
    of: Vec<(usize, i32)>,
}

impl History {
    /// Computes the scores of so many days before each change to what applies now.
    ///
    /// # Errors
    /// What storage and engine say.
    pub(super) async fn score_again(
        &mut self,
        published: &Published<'_>,
        score: &Score,
        days: u32,
    ) -> Result<()> {
        if !is_computable(published, score).await? {
            return Ok(());
        }
        for (card, changes) in self.changes(score) {
            let card = score.scorecards().iter().find(|own| own.name == card);
            let Some(query) = alone(published, score, card) else { continue };
            self.before_changes(published, (&query, days), &changes).await?;
        }
        Ok(())
    }

    /// The changes to the definition of now, by the scorecard that applies after them.
    fn changes(&self, score: &Score) -> BTreeMap<String, Changes> {
        let mut changes: BTreeMap<String, Changes> = BTreeMap::new();
        for (place, own) in self.accounts.iter().enumerate() {
            let pairs = own.days.iter().zip(own.days.iter().skip(1));
            for (before, after) in pairs.filter(|(before, after)| before.in_force && after.in_force) {
                let is_other = (before.definition, before.scorecard) != (after.definition, after.scorecard);
                if is_other && self.texts.get(after.definition) == score.definition {
                    let card = self.texts.get(after.scorecard).to_owned();
                    changes.entry(card).or_default().of.push((place, after.day));
                }
            }
        }
        changes
    }

    async fn before_changes(
        &mut self,
        published: &Published<'_>,
        (query, days): (&str, u32),
        changes: &Changes,
    ) -> Result<()> {
        let days = days as i32;
        let first = changes.of.iter().map(|(_, day)| day - days).min().unwrap_or_default();
        let last = changes.of.iter().map(|(_, day)| day - 1).max().unwrap_or_default();
        let accounts: BTreeSet<&str> =
            changes.of.iter().map(|(place, _)| self.accounts[*place].account.as_str()).collect();
        let named: Vec<String> = accounts.iter().map(|account| text_literal(account)).collect();
        let only = if named.len() <= NAMED {
            format!(" AND again.account_id IN ({})", named.join(", "))
        } else {
            String::new()
        };
        let (from, to) = (date(first), date(last));
        let asked = format!(
            "SELECT again.account_id, again.as_of_date, again.raw_score\nFROM (\n{query}\n) AS again\n\
             WHERE again.as_of_date >= DATE '{from}' AND again.as_of_date <= DATE '{to}'{only}\n\
             ORDER BY again.account_id, again.as_of_date"
        );
        let rows = published.rows(Days::Until(to), &asked).await?;
        let (names, dates, scores) =
            (known_texts(&rows, "account_id")?, days_of(&rows)?, numbers(&rows, "raw_score")?);
        for (place, day) in &changes.of {
            let own = &mut self.accounts[*place];
            let start = names.partition_point(|name| *name < own.account);
            let mine = (start..names.len()).take_while(|row| names[*row] == own.account);
            let within = mine.filter(|row| (day - days..*day).contains(&dates[*row]));
            own.before.insert(*day, within.map(|row| (dates[row], scores[row])).collect());
        }
        Ok(())
    }
}

/// Whether all stored tables that a score is made of are published.
async fn is_computable(published: &Published<'_>, score: &Score) -> Result<bool> {
    let (pipeline, table) = (published.pipeline, ModelName::new(Layer::Scores, score.name.clone()));
    let reads = pipeline.reads.get(&table).into_iter().flat_map(|reads| reads.0.keys());
    for name in reads.filter(|name| pipeline.model(name).is_some_and(Model::is_stored)) {
        let by_day = pipeline.model(name).is_some_and(Model::by_day);
        let is_there = if by_day {
            published.out.newest_day(name).await?.is_some()
        } else {
            published.out.whole(name).is_some()
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The query of a score, where everybody has one scorecard.
fn alone(published: &Published<'_>, score: &Score, card: Option<&Scorecard>) -> Option<String> {
    let source = match (&score.source, card) {
        (Source::Scorecards(_), Some(card)) => {
            Source::Scorecards(vec![Scorecard { when: None, ..card.clone() }])
        }
        (Source::Scorecards(_), None) => return None,
        (roll_up, _) => roll_up.clone(),
    };
    let semantics = &published.pipeline.semantics;
    let alone = Semantics { scores: vec![Score { source, ..score.clone() }], ..semantics.clone() };
    let models = alone.compile();
    models.iter().find(|model| model.layer == "scores").map(|model| model.query().to_owned())
}

fn date(day: i32) -> NaiveDate {
    Date32Type::to_naive_date_opt(day).unwrap_or_default()
}
