//! Twins of accounts, alike until one of them stops, while the other goes on as in the four weeks before; and what is
//! published of them on each day.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray};
use arrow::datatypes::Date32Type;
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use tempfile::TempDir;

use super::Draw;
use super::world::{lines, number};
use crate::cli::{code, err, hale};
use crate::oracle::commerce::{AccountVersion, Commerce, Line, Version};
use crate::oracle::project_with;
use crate::oracle::table::{Row, Value};
use crate::oracle::world::{Event, World, at, write};

/// The last day on which both twins use the product.
pub const BEFORE: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
const SILENT_DAYS: u64 = 120;
pub const PAIRS: usize = 40;

/// Something that was done: so many days after [`BEFORE`], by which user, none for an integration.
#[derive(Clone, Copy)]
struct Deed {
    age: i64,
    user: Option<usize>,
    name: &'static str,
    feature: Option<&'static str>,
    seconds: i64,
    is_error: bool,
}

/// What of twins is alike.
struct Kind {
    segment: &'static str,
    since: NaiveDate,
    seats: i64,
    users: usize,
    /// In the twelve weeks up to [`BEFORE`].
    deeds: Vec<Deed>,
}

fn one<T: Copy>(draw: &mut Draw, values: &[T]) -> T {
    values[draw.below(values.len())]
}

fn is_likely(draw: &mut Draw, percent: usize) -> bool {
    draw.below(100) < percent
}

/// A day's work of one user.
fn day_of_user(draw: &mut Draw, age: i64, user: usize, size: i64, deeds: &mut Vec<Deed>) {
    let mut push = |name, feature, seconds, is_error| {
        deeds.push(Deed { age, user: Some(user), name, feature, seconds, is_error });
    };
    push("login", None, 0, false);
    for _ in 0..1 + draw.below(3) {
        let feature = one(draw, &["reports", "automation", "integrations", "search", "export", "alerts"]);
        let seconds = size * (1 + draw.below(20) as i64);
        push("feature_use", Some(feature), seconds, is_likely(draw, 8));
    }
    for _ in 0..draw.below(3) {
        push("content_view", None, 30, false);
    }
}

impl Kind {
    fn drawn(draw: &mut Draw) -> Self {
        let tenure = one(draw, &[12, 25, 40, 52, 70, 100, 400, 900]);
        let since = BEFORE - TimeDelta::days(tenure);
        let users = 1 + draw.below(7);
        let mut deeds = Vec::new();
        for user in 0..users {
            // Some began late, some have stopped, some come at weekends.
            let (first, last) =
                (-(draw.below(84) as i64), if is_likely(draw, 25) { -(draw.below(50) as i64) } else { 0 });
            let (percent, size) = (one(draw, &[8, 30, 70]), one(draw, &[5, 60, 600]));
            let weekends = is_likely(draw, 20);
            for age in first.max(-83).max(-tenure)..=last {
                let day = BEFORE + TimeDelta::days(age);
                let is_free = matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !weekends;
                if !is_free && is_likely(draw, percent) {
                    day_of_user(draw, age, user, size, &mut deeds);
                }
            }
        }
        if is_likely(draw, 35) {
            let (calls, errors) = (1 + draw.below(4), one(draw, &[0, 2, 15, 60]));
            for age in (-83_i64).max(-tenure)..=0 {
                for _ in 0..calls * usize::from(is_likely(draw, 60)) {
                    let is_error = is_likely(draw, errors);
                    deeds.push(Deed {
                        age,
                        user: None,
                        name: "api_call",
                        feature: None,
                        seconds: 0,
                        is_error,
                    });
                }
            }
        }
        // Whoever was there in the last four weeks is there on their last day, for what is as of the last day with use.
        for user in (0..users).map(Some).chain([None]) {
            let Some(last) =
                deeds.iter().filter(|deed| deed.user == user && deed.age > -28).max_by_key(|deed| deed.age)
            else {
                continue;
            };
            let again: Vec<Deed> = deeds
                .iter()
                .filter(|deed| deed.user == user && deed.age == last.age && deed.age < 0)
                .copied()
                .collect();
            deeds.extend(again.into_iter().map(|deed| Deed { age: 0, ..deed }));
        }
        Self {
            segment: one(draw, &["SMB", "MM", "ENT"]),
            since,
            seats: one(draw, &[0, 2, 10, 40]),
            users,
            deeds,
        }
    }

    /// What a twin does: nothing after [`BEFORE`], or on each day the same as 28 days before.
    fn all_deeds(&self, goes_on: bool) -> Vec<Deed> {
        let mut all = self.deeds.clone();
        if goes_on {
            for age in 1..=SILENT_DAYS as i64 {
                let like = (age - 1) % 28 - 27;
                let again = self.deeds.iter().filter(|deed| deed.age == like);
                all.extend(again.map(|deed| Deed { age, ..*deed }));
            }
        }
        all
    }
}

const TWINS: [(&str, bool); 2] = [("on", true), ("off", false)];

fn world(seed: u64) -> (World, Vec<(String, String, NaiveDate)>) {
    let mut draw = Draw(seed);
    let (mut commerce, mut events, mut users) = (Commerce::default(), Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let kind = Kind::drawn(&mut draw);
        for (twin, goes_on) in TWINS {
            let account_id = format!("{pair:02}-{twin}");
            commerce.accounts.push(AccountVersion {
                account_id: account_id.clone(),
                segment: kind.segment.to_owned(),
                is_customer: true,
                is_test: false,
                customer_since: Some(kind.since),
                version: Version::EVER,
            });
            let line = Line::new(&account_id, &account_id, kind.since);
            commerce.lines.push(Line { seats: kind.seats, ..line });
            let user_id = |user: usize| format!("{pair:02}-{user}-{twin}");
            users.extend((0..kind.users).map(|user| (user_id(user), account_id.clone(), kind.since)));
            for deed in kind.all_deeds(goes_on) {
                let day = BEFORE + TimeDelta::days(deed.age);
                let occurred_at = at(day, NaiveTime::from_hms_opt(12, 0, 0).unwrap());
                events.push(Event {
                    event_id: events.len() as i64,
                    account_id: account_id.clone(),
                    user_id: deed.user.map(user_id),
                    session_id: None,
                    event_name: deed.name.to_owned(),
                    feature: deed.feature.map(str::to_owned),
                    seconds: deed.seconds,
                    is_error: deed.is_error,
                    occurred_at,
                    available_at: occurred_at,
                });
            }
        }
    }
    (World { commerce, events, ..World::default() }, users)
}

fn write_users(folder: &Path, users: &[(String, String, NaiveDate)]) {
    let texts = |of: &dyn Fn(&(String, String, NaiveDate)) -> String| -> ArrayRef {
        Arc::new(users.iter().map(|user| Some(of(user))).collect::<StringArray>())
    };
    let since = || -> ArrayRef {
        Arc::new(users.iter().map(|user| Some(Date32Type::from_naive_date(user.2))).collect::<Date32Array>())
    };
    let columns = vec![
        ("user_id", texts(&|user| user.0.clone())),
        ("account_id", texts(&|user| user.1.clone())),
        ("role", texts(&|_| "member".to_owned())),
        ("is_internal", Arc::new(BooleanArray::from(vec![false; users.len()])) as ArrayRef),
        ("created_on", since()),
        ("activated_on", since()),
        ("deactivated_on", Arc::new(Date32Array::from(vec![None::<i32>; users.len()])) as ArrayRef),
    ];
    write(&folder.join("users.parquet"), columns);
}

fn last_day() -> NaiveDate {
    BEFORE + Days::new(SILENT_DAYS)
}

/// Publishes days of the fall but for marts, from sources or from what is published.
pub fn run(project: &Path, sources: &Path, out: &Path, (first, again): (NaiveDate, bool)) {
    let [sources, out, first, last] =
        [sources.display().to_string(), out.display().to_string(), first.to_string(), last_day().to_string()];
    let mut words = vec!["run", "--sources", &sources, "--out", &out, "--from", &first, "--to", &last];
    words.extend(again.then_some(["--rescore", "--mixed-columns"]).into_iter().flatten());
    words.push("--select");
    words.extend(if again {
        &["components", "scores"][..]
    } else {
        &["metrics", "components", "scores"][..]
    });
    let ended = hale(project, &words);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
}

/// The sources of all twins, and what the bundled project publishes of them.
pub static FALL: LazyLock<(TempDir, TempDir)> = LazyLock::new(|| {
    let (sources, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (world, users) = world(20_260_301);
    world.write(sources.path());
    write_users(sources.path(), &users);
    // Their log reaches back as far as anything looks.
    let project = project_with(&[("hale.yml", "events: 2026-03-15", "events: 2025-01-01")]);
    run(project.path(), sources.path(), out.path(), (BEFORE, false));
    (sources, out)
});

/// A row of a score, and those of its components.
#[derive(Debug)]
pub struct Judged {
    pub raw: Option<f64>,
    pub scorecard: Value,
    pub parts: BTreeMap<String, Row>,
}

/// By whom and day.
pub type Scores = BTreeMap<(String, NaiveDate), Judged>;

pub fn text(row: &Row, column: &str) -> String {
    match &row[column] {
        Value::Text(text) => text.clone(),
        other => panic!("{column} is no text: {other:?}"),
    }
}

pub fn scores(out: &Path, name: &str) -> Scores {
    let key = |row: &Row| {
        let whose = if row.contains_key("user_id") { "user_id" } else { "account_id" };
        let Value::Day(day) = row["as_of_date"] else { panic!("no day: {row:?}") };
        (text(row, whose), day)
    };
    let scores = lines(out, &format!("scores/{name}")).into_iter().map(|row| {
        let judged = Judged {
            raw: number(&row, "raw_score"),
            scorecard: row["scorecard"].clone(),
            parts: BTreeMap::new(),
        };
        (key(&row), judged)
    });
    let mut scores: Scores = scores.collect();
    for part in lines(out, &format!("components/{name}")) {
        scores.get_mut(&key(&part)).unwrap().parts.insert(text(&part, "component"), part);
    }
    scores
}
