//! Questions and answers.

use std::path::Path;

use chrono::NaiveDate;

use super::customers::{Facts, IDS, Ugly, count, days_since, must_equal, ratio};
use super::sources::{Column, DAY, Dice, within, write_source};
use crate::oracle::table::Value;

pub struct Survey {
    response_id: String,
    account_id: &'static str,
    kind: &'static str,
    score: Option<f64>,
    scale: (f64, f64),
    sent_at: i64,
    responded_at: Option<i64>,
    available_at: i64,
}

pub fn drawn(dice: &mut Dice) -> Vec<Survey> {
    let mut rows = Vec::new();
    for number in 0..160 {
        let kind = dice.pick(&["nps", "nps", "csat", "csat", "ces"]);
        let scale = match kind {
            "nps" => dice.pick(&[(0.0, 10.0), (0.0, 10.0), (1.0, 5.0)]),
            _ => (1.0, 5.0),
        };
        let (sent_at, account_id) =
            (dice.moment(400), dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]));
        let survey = |score, responded_at: Option<i64>| Survey {
            response_id: format!("r{number:03}"),
            account_id,
            kind,
            score,
            scale,
            sent_at,
            responded_at,
            available_at: responded_at.unwrap_or(sent_at),
        };
        rows.push(survey(None, None));
        if !dice.once_in(3) {
            let wait = dice.pick(&[0, 3_600_000_000, 5 * DAY, 89 * DAY, 90 * DAY, 364 * DAY, 365 * DAY]);
            let responded_at = sent_at + wait;
            let score = scale.0 + dice.below((scale.1 - scale.0) as i64 + 1) as f64;
            rows.push(survey(Some(score), Some(responded_at)));
            if dice.once_in(4) {
                // Mended in a later delivery.
                let row = survey(Some(scale.1), Some(responded_at));
                rows.push(Survey { available_at: responded_at + DAY, ..row });
            }
        }
    }
    rows
}

pub fn write(rows: &[Survey], folder: &Path) {
    write_source(
        folder,
        "surveys",
        vec![
            ("response_id", Column::words(rows, |row| &row.response_id)),
            ("account_id", Column::words(rows, |row| row.account_id)),
            ("user_id", Column::none(rows)),
            ("survey_type", Column::words(rows, |row| row.kind)),
            ("score", Column::Real(rows.iter().map(|row| row.score).collect())),
            ("scale_min", Column::Real(rows.iter().map(|row| Some(row.scale.0)).collect())),
            ("scale_max", Column::Real(rows.iter().map(|row| Some(row.scale.1)).collect())),
            ("sent_at", Column::times(rows, |row| row.sent_at)),
            ("responded_at", Column::Time(rows.iter().map(|row| row.responded_at).collect())),
            ("available_at", Column::times(rows, |row| row.available_at)),
        ],
    );
}

/// A question with the answer that counts, as a share of its scale.
struct Asked {
    response_id: String,
    kind: &'static str,
    asked_on: NaiveDate,
    answer: Option<(i64, NaiveDate, f64)>,
}

fn asked(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Vec<Asked> {
    let day = |at| ugly.world.local_day(at);
    let mut ids: Vec<&str> = ugly.surveys.iter().map(|row| row.response_id.as_str()).collect();
    ids.dedup();
    let mut found = Vec::new();
    for id in ids {
        let rows: Vec<&Survey> = ugly.surveys.iter().filter(|row| row.response_id == id).collect();
        let answers = rows.iter().filter(|row| row.responded_at.is_some_and(|at| day(at) <= as_of));
        let answer = answers.max_by_key(|row| row.available_at).map(|row| {
            let at = row.responded_at.unwrap();
            (at, day(at), (row.score.unwrap() - row.scale.0) / (row.scale.1 - row.scale.0))
        });
        let row = rows[0];
        if row.account_id == account_id && day(row.sent_at) <= as_of {
            found.push(Asked {
                response_id: id.to_owned(),
                kind: row.kind,
                asked_on: day(row.sent_at),
                answer,
            });
        }
    }
    found
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let told = ugly.reports("surveys", as_of);
    let asked = asked(ugly, account_id, as_of);
    let answers = |kind: &str, days: i64| -> Vec<f64> {
        let of_kind = asked.iter().filter(|asked| asked.kind == kind).filter_map(|asked| asked.answer);
        of_kind.filter(|(_, day, _)| within(*day, as_of, days)).map(|(_, _, rating)| rating).collect()
    };
    let rate = |is: &dyn Fn(&Asked) -> bool, days: i64| {
        let sent: Vec<&Asked> =
            asked.iter().filter(|asked| is(asked) && within(asked.asked_on, as_of, days)).collect();
        ratio(told, sent.iter().filter(|asked| asked.answer.is_some()).count() as f64, sent.len() as f64)
    };
    let (nps, csat) = (answers("nps", 365), answers("csat", 90));
    let share = |of: &[f64], is: &dyn Fn(f64) -> bool| of.iter().filter(|rating| is(**rating)).count() as f64;
    let of_nps = asked.iter().filter(|asked| asked.kind == "nps");
    let mut answered: Vec<_> = of_nps
        .filter_map(|asked| asked.answer.map(|answer| (answer.0, &asked.response_id, answer)))
        .collect();
    answered.sort_by_key(|(at, id, _)| (*at, *id));
    let latest = answered.last().map(|(_, _, answer)| *answer).filter(|_| told);
    // Of the answers of a day the last one counts, here and before.
    let before = latest.and_then(|(_, last_day, _)| {
        answered.iter().rev().map(|(_, _, answer)| answer).find(|(_, day, _)| *day < last_day)
    });
    let promoters = share(&nps, &|rating| rating > 0.8999) - share(&nps, &|rating| rating < 0.6001);
    Facts::from([
        ("nps_latest", latest.map_or(Value::Null, |(_, _, rating)| Value::Real(rating * 10.0))),
        ("nps_previous", before.map_or(Value::Null, |(_, _, rating)| Value::Real(rating * 10.0))),
        ("nps_age_days", days_since(told, latest.map(|(_, day, _)| day), as_of)),
        ("nps_mean_365d", ratio(told, nps.iter().sum::<f64>() * 10.0, nps.len() as f64)),
        ("nps_365d", ratio(told, promoters * 100.0, nps.len() as f64)),
        ("nps_answers_365d", count(told, nps.len())),
        ("nps_response_rate_365d", rate(&|asked| asked.kind == "nps", 365)),
        ("csat_mean_90d", ratio(told, csat.iter().sum(), csat.len() as f64)),
        ("csat_satisfied_share_90d", ratio(told, share(&csat, &|rating| rating >= 0.75), csat.len() as f64)),
        ("csat_answers_90d", count(told, csat.len())),
        ("survey_response_rate_90d", rate(&|_| true, 90)),
    ])
}

#[test]
fn capabilities_30_31_surveys() {
    must_equal("surveys", facts);
}
