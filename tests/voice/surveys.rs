//! Questions and answers.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use super::customers::{Facts, IDS, USERS, Ugly, count, days_since, must_equal, ratio};
use super::sources::{Column, DAY, Dice, within, write_source};
use crate::oracle::table::Value;

pub struct Survey {
    response_id: String,
    account_id: &'static str,
    user_id: Option<&'static str>,
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
            "nps" => dice.pick(&[(0.0, 10.0), (1.0, 10.0), (1.0, 5.0)]),
            _ => (1.0, 5.0),
        };
        let (sent_at, account_id) =
            (dice.moment(400), dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]));
        let user_id = (!dice.once_in(4)).then(|| dice.pick(&USERS[..5]));
        let survey = |score, responded_at: Option<i64>, available_at| Survey {
            response_id: format!("r{number:03}"),
            account_id,
            user_id,
            kind,
            score,
            scale,
            sent_at,
            responded_at,
            available_at,
        };
        let mut available_at = sent_at;
        rows.push(survey(None, None, available_at));
        let mut responded_at = sent_at;
        // Answered, and answered again, on the same day or months later.
        for _ in 0..dice.pick(&[0, 1, 1, 1, 2, 3]) {
            responded_at += 1 + dice.pick(&[
                0,
                3_600_000_000,
                5 * DAY,
                45 * DAY,
                89 * DAY,
                90 * DAY,
                364 * DAY,
                365 * DAY,
            ]);
            available_at = responded_at.max(available_at + 1);
            let score = scale.0 + dice.below((scale.1 - scale.0) as i64 + 1) as f64;
            rows.push(survey(Some(score), Some(responded_at), available_at));
            if dice.once_in(4) {
                // Mended in a later delivery.
                available_at += DAY;
                rows.push(survey(Some(scale.1), Some(responded_at), available_at));
            }
        }
        if dice.once_in(6) {
            // The question once more, after its answers.
            rows.push(survey(None, None, available_at + DAY));
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
            ("user_id", Column::Text(rows.iter().map(|row| row.user_id.map(str::to_owned)).collect())),
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

/// An answer: when it was given, and as a share of the best one.
#[derive(Clone, Copy)]
struct Answer<'a> {
    response_id: &'a str,
    /// The person, or the question where nobody says who was asked.
    respondent: &'a str,
    at: i64,
    day: NaiveDate,
    rating: f64,
}

/// A question with its answers by the end of a day, in order.
struct Asked<'a> {
    kind: &'static str,
    asked_on: NaiveDate,
    answers: Vec<Answer<'a>>,
}

/// Net promoters are read by the number that they gave, of the best one; others by the way from the worst to the best.
fn rating(row: &Survey) -> f64 {
    let worst = if row.kind == "nps" { 0.0 } else { row.scale.0 };
    (row.score.unwrap() - worst) / (row.scale.1 - worst)
}

/// The answers to one question: of those with the same time the one delivered last, of those of one day the last of it,
/// and one that says the same as the one before is no other.
fn answers<'a>(ugly: &'a Ugly, rows: &[&'a Survey]) -> Vec<Answer<'a>> {
    let mut of_time: BTreeMap<i64, &Survey> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.responded_at.is_some()) {
        let kept = of_time.entry(row.responded_at.unwrap()).or_insert(row);
        if row.available_at > kept.available_at {
            *kept = row;
        }
    }
    let of_day: BTreeMap<NaiveDate, (i64, &Survey)> =
        of_time.into_iter().map(|(at, row)| (ugly.world.local_day(at), (at, row))).collect();
    let mut found: Vec<Answer> = Vec::new();
    for (day, (at, row)) in of_day {
        let respondent = row.user_id.unwrap_or(&row.response_id);
        let answer = Answer { response_id: &row.response_id, respondent, at, day, rating: rating(row) };
        if found.last().is_none_or(|last| last.rating != answer.rating) {
            found.push(answer);
        }
    }
    found
}

fn asked<'a>(ugly: &'a Ugly, account_id: &str, as_of: NaiveDate) -> Vec<Asked<'a>> {
    let mut of_id: BTreeMap<&str, Vec<&Survey>> = BTreeMap::new();
    for row in ugly.surveys.iter().filter(|row| row.account_id == account_id) {
        of_id.entry(&row.response_id).or_default().push(row);
    }
    let asked = of_id.into_values().map(|rows| Asked {
        kind: rows[0].kind,
        asked_on: ugly.world.local_day(rows[0].sent_at),
        answers: answers(ugly, &rows).into_iter().filter(|answer| answer.day <= as_of).collect(),
    });
    asked.filter(|asked| asked.asked_on <= as_of).collect()
}

/// The last answer of each person, of those that were given in the days before.
fn last_answers<'a>(asked: &[Asked<'a>], kind: &str, as_of: NaiveDate, days: i64) -> Vec<f64> {
    let mut of_person: BTreeMap<&str, Answer> = BTreeMap::new();
    for answer in asked.iter().filter(|asked| asked.kind == kind).flat_map(|asked| &asked.answers) {
        let kept = of_person.entry(answer.respondent).or_insert(*answer);
        if (answer.at, answer.response_id) > (kept.at, kept.response_id) {
            *kept = *answer;
        }
    }
    of_person
        .into_values()
        .filter(|answer| within(answer.day, as_of, days))
        .map(|answer| answer.rating)
        .collect()
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let told = ugly.reports("surveys", as_of);
    let asked = asked(ugly, account_id, as_of);
    let rate = |is: &dyn Fn(&Asked) -> bool, days: i64| {
        let sent: Vec<&Asked> =
            asked.iter().filter(|asked| is(asked) && within(asked.asked_on, as_of, days)).collect();
        ratio(told, sent.iter().filter(|asked| !asked.answers.is_empty()).count() as f64, sent.len() as f64)
    };
    let (nps, csat) = (last_answers(&asked, "nps", as_of, 365), last_answers(&asked, "csat", as_of, 90));
    let share = |of: &[f64], is: &dyn Fn(f64) -> bool| of.iter().filter(|rating| is(**rating)).count() as f64;
    let of_nps = asked.iter().filter(|asked| asked.kind == "nps");
    let mut given: Vec<&Answer> = of_nps.flat_map(|asked| &asked.answers).collect();
    given.sort_by_key(|answer| (answer.at, answer.response_id));
    let latest = given.last().filter(|answer| told && within(answer.day, as_of, 365));
    // Of the answers of a day the last one counts, here and before.
    let before = latest.and_then(|latest| given.iter().rev().find(|answer| answer.day < latest.day));
    let promoters = share(&nps, &|rating| rating > 0.8999) - share(&nps, &|rating| rating < 0.6001);
    Facts::from([
        ("nps_latest", latest.map_or(Value::Null, |answer| Value::Real(answer.rating * 10.0))),
        ("nps_previous", before.map_or(Value::Null, |answer| Value::Real(answer.rating * 10.0))),
        ("nps_age_days", days_since(told, latest.map(|answer| answer.day), as_of)),
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
