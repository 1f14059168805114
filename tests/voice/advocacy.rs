//! What customers did for us.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, flag, must_equal};
use super::sources::{Column, Dice, Versioned, things, within, write_source};
use crate::oracle::world::days_ago;

pub struct Act {
    act_id: String,
    account_id: &'static str,
    kind: &'static str,
    asked_on: Option<NaiveDate>,
    done_on: Option<NaiveDate>,
    recorded_at: i64,
}

impl Versioned for Act {
    fn id(&self) -> String {
        self.act_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

const KINDS: [&str; 8] =
    ["referral", "reference_call", "testimonial", "review", "case_study", "event", "beta", "marketing"];

pub fn drawn(dice: &mut Dice) -> Vec<Act> {
    let mut rows = Vec::new();
    for number in 0..90 {
        let (account_id, kind) = (dice.pick(&[IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]), dice.pick(&KINDS));
        let first = dice.day(400);
        let asked_on = dice.once_in(2).then_some(first);
        for version in 0..=dice.below(3) {
            let done_on =
                (asked_on.is_none() || dice.once_in(2)).then(|| first + TimeDelta::days(dice.below(200)));
            let recorded_at = dice.moment(380) / 10 * 10 + version;
            rows.push(Act { act_id: format!("x{number}"), account_id, kind, asked_on, done_on, recorded_at });
        }
    }
    // One who gave a reference, and then no more.
    rows.push(Act {
        act_id: "last".to_owned(),
        account_id: IDS[4],
        kind: "reference_call",
        asked_on: None,
        done_on: Some(days_ago(200)),
        recorded_at: 0,
    });
    rows
}

pub fn write(rows: &[Act], folder: &Path) {
    write_source(
        folder,
        "advocacy",
        vec![
            ("act_id", Column::words(rows, |row| &row.act_id)),
            ("account_id", Column::words(rows, |row| row.account_id)),
            ("contact_id", Column::none(rows)),
            ("type", Column::words(rows, |row| row.kind)),
            ("asked_on", Column::Day(rows.iter().map(|row| row.asked_on).collect())),
            ("done_on", Column::Day(rows.iter().map(|row| row.done_on).collect())),
            ("recorded_at", Column::times(rows, |row| row.recorded_at)),
        ],
    );
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let told = ugly.reports("advocacy", as_of);
    // What was written down last of an act is true of it on all days.
    let acts: Vec<&Act> = things(&ugly.advocacy)
        .iter()
        .map(|act| act.last())
        .filter(|act| act.account_id == account_id)
        .collect();
    let before = as_of - TimeDelta::days(180);
    let done = |until: NaiveDate, kinds: &[&str]| {
        let is_one = |act: &&&Act| {
            act.done_on.is_some_and(|day| within(day, until, 180))
                && (kinds.is_empty() || kinds.contains(&act.kind))
        };
        acts.iter().filter(is_one).count()
    };
    let lapsed = |kinds: &[&str]| done(before, kinds) > 0 && done(as_of, kinds) == 0;
    let is_asked = |act: &&&Act| {
        act.asked_on.is_some_and(|day| within(day, as_of, 180)) && act.done_on.is_none_or(|done| as_of < done)
    };
    Facts::from([
        ("advocacy_acts_180d", count(told, done(as_of, &[]))),
        ("referrals_180d", count(told, done(as_of, &["referral"]))),
        ("references_180d", count(told, done(as_of, &["reference_call"]))),
        (
            "testimonials_180d",
            count(told, done(as_of, &["testimonial", "review", "case_study", "marketing"])),
        ),
        ("events_attended_180d", count(told, done(as_of, &["event"]))),
        ("betas_180d", count(told, done(as_of, &["beta"]))),
        ("references_lapsed", flag(told, lapsed(&["reference_call"]))),
        ("events_lapsed", flag(told, lapsed(&["event"]))),
        ("advocacy_lapsed", flag(told, lapsed(&[]))),
        ("advocacy_asks_open", count(told, acts.iter().filter(is_asked).count())),
    ])
}

#[test]
fn capabilities_45_48_53_advocacy() {
    must_equal("advocacy", facts);
}
