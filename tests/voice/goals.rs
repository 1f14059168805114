//! What customers want to reach.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, must_equal, ratio};
use super::sources::{Column, Dice, Versioned, things, write_source};

pub struct Goal {
    goal_id: String,
    account_id: &'static str,
    due_on: NaiveDate,
    achieved_on: Option<NaiveDate>,
    recorded_at: i64,
}

impl Versioned for Goal {
    fn id(&self) -> String {
        self.goal_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

pub fn drawn(dice: &mut Dice) -> Vec<Goal> {
    let mut rows = Vec::new();
    for number in 0..40 {
        let (account_id, due_on) = (dice.pick(&[IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]), dice.day(60));
        for version in 0..=dice.below(3) {
            let achieved_on = dice.once_in(2).then(|| due_on + TimeDelta::days(dice.below(40) - 20));
            // Put off, or brought forward.
            let due_on = if dice.once_in(2) { due_on } else { due_on + TimeDelta::days(dice.below(40) - 15) };
            let recorded_at = dice.moment(80) / 10 * 10 + version;
            rows.push(Goal { goal_id: format!("g{number}"), account_id, due_on, achieved_on, recorded_at });
        }
    }
    rows
}

pub fn write(rows: &[Goal], folder: &Path) {
    write_source(
        folder,
        "goals",
        vec![
            ("goal_id", Column::words(rows, |row| &row.goal_id)),
            ("account_id", Column::words(rows, |row| row.account_id)),
            ("name", Column::words(rows, |_| "Halve the work")),
            ("due_on", Column::days(rows, |row| row.due_on)),
            ("achieved_on", Column::Day(rows.iter().map(|row| row.achieved_on).collect())),
            ("recorded_at", Column::times(rows, |row| row.recorded_at)),
        ],
    );
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let told = ugly.reports("goals", as_of);
    // The goal as it stood on the day, and the day on which it was reached as was known last: it was there by then.
    let agreed: Vec<(&Goal, Option<NaiveDate>)> = things(&ugly.goals)
        .iter()
        .filter_map(|goal| {
            let achieved_on = goal.last().achieved_on;
            Some((goal.on(&ugly.world, as_of, achieved_on)?, achieved_on))
        })
        .filter(|(goal, _)| goal.account_id == account_id)
        .collect();
    let is_attained = |goal: &&(&Goal, Option<NaiveDate>)| goal.1.is_some_and(|day| day <= as_of);
    let due: Vec<_> = agreed.iter().filter(|(goal, _)| goal.due_on <= as_of).copied().collect();
    let attained_of_due = due.iter().filter(is_attained).count();
    Facts::from([
        ("goals", count(told, agreed.len())),
        ("goals_attained", count(told, agreed.iter().filter(is_attained).count())),
        ("goals_due", count(told, due.len())),
        ("goals_overdue", count(told, due.len() - attained_of_due)),
        ("goals_attained_share", ratio(told, attained_of_due as f64, due.len() as f64)),
    ])
}

#[test]
fn capability_109_outcomes_attained() {
    must_equal("goals", facts);
}
