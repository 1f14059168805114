//! What customers want to reach.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, must_equal, ratio};
use super::sources::{Column, Dice, Versioned, known, write_source};

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
            let recorded_at = dice.moment(80) + version;
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
    let agreed: Vec<&Goal> = known(&ugly.world, &ugly.goals, as_of)
        .into_iter()
        .filter(|goal| goal.account_id == account_id)
        .collect();
    let is_attained = |goal: &&&Goal| goal.achieved_on.is_some_and(|day| day <= as_of);
    let due: Vec<&Goal> = agreed.iter().filter(|goal| goal.due_on <= as_of).copied().collect();
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
