//! Rows of metrics that fall silent, month by month, and rows with more severe tickets: no shipped scorecard scores them
//! better, nor leaves them unscored, with all sources and with only the four that must be there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::layer::ModelName;
use halescore::semantic::{self, Entity};

use super::{Draw, shipped};
use crate::semantic::engines::{Record, double, run, text};

const FIRST_DAY: i32 = 20_000;
/// Accounts of a day, of which one changes from day to day.
const NEIGHBOURS: usize = 8;
const GROUPS: usize = 30;

/// A cell of a row of metrics; what a row does not name is NULL.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Number(f64),
    Text(&'static str),
    Truth(bool),
}

type Row = BTreeMap<&'static str, Cell>;

/// Use of the product in 28 days.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    people: f64,
    seconds: f64,
    days: f64,
    last_days: f64,
    features: f64,
    key_weight: f64,
    calls: f64,
    errors: f64,
    read: f64,
    most: f64,
}

impl Use {
    fn drawn(draw: &mut Draw) -> Self {
        let people = 1.0 + draw.below(12) as f64;
        let days = 1.0 + draw.below(28) as f64;
        let calls = draw.below(3) as f64 * 500.0;
        Self {
            people,
            seconds: 60.0 * (1 + draw.below(8000)) as f64,
            days,
            last_days: (draw.below(8) as f64).min(days),
            features: draw.below(13) as f64,
            key_weight: draw.below(5) as f64,
            calls,
            errors: calls * draw.below(20) as f64 / 100.0,
            read: draw.below(30) as f64,
            most: (1.0 / people).max(draw.below(101) as f64 / 100.0),
        }
    }
}

/// What of an account does not follow from its use.
#[derive(Debug, Clone)]
struct Rest {
    tenure: f64,
    seats: f64,
    tickets: Option<f64>,
    row: Row,
}

/// One of these, or no value, as a source may be absent.
fn may(draw: &mut Draw, reported: bool, row: &mut Row, name: &'static str, values: &[Cell]) {
    let at = draw.below(values.len() + 1);
    if let Some(cell) = values.get(at).filter(|_| reported) {
        row.insert(name, *cell);
    }
}

fn numbers(values: &[f64]) -> Vec<Cell> {
    values.iter().map(|value| Cell::Number(*value)).collect()
}

fn one<T: Copy>(draw: &mut Draw, values: &[T]) -> T {
    values[draw.below(values.len())]
}

impl Rest {
    fn drawn(draw: &mut Draw, all_sources: bool) -> Self {
        let tenure = one(draw, &[3.0, 10.0, 20.0, 40.0, 60.0, 100.0, 400.0, 2000.0]);
        let mut row = Row::new();
        row.insert("segment", Cell::Text(one(draw, &["SMB", "MM", "ENT"])));
        row.insert("stage", Cell::Text(one(draw, &["implementation", "onboarding", "live", "live", "live"])));
        row.insert("users_invited", Cell::Number(1.0 + draw.below(20) as f64));
        let seats = one(draw, &[0.0, 2.0, 10.0, 50.0]);
        row.insert("seats", Cell::Number(seats));
        for (name, values) in [
            ("severe_tickets_open", numbers(&[0.0, 0.0, 1.0, 2.0, 5.0])),
            ("overdue_share_of_arr", numbers(&[0.0, 0.0, 0.01, 0.05, 0.3, 1.0])),
            ("csm_pulse", numbers(&[1.0, 2.0, 3.0, 4.0, 5.0])),
            ("csm_pulse_age_days", numbers(&[0.0, 30.0, 80.0, 200.0])),
            ("days_since_sponsor_contact", numbers(&[3.0, 80.0, 300.0])),
            ("meetings_90d", numbers(&[0.0, 4.0])),
            ("nps_latest", numbers(&[2.0, 7.0, 9.0, 10.0])),
            ("on_time_share_365d", numbers(&[0.2, 0.8, 1.0])),
            ("onboarding_depth", numbers(&[0.0, 0.5, 1.0])),
            ("onboarding_breadth", numbers(&[0.0, 0.3, 1.0])),
            ("milestones_stalled", numbers(&[0.0, 1.0, 3.0])),
            ("has_sponsor", vec![Cell::Truth(true), Cell::Truth(false)]),
            ("sponsor_departed", vec![Cell::Truth(false), Cell::Truth(false), Cell::Truth(true)]),
        ] {
            may(draw, all_sources, &mut row, name, &values);
        }
        let tickets = all_sources.then(|| one(draw, &[0.0, 0.0, 1.0, 2.0, 6.0, 20.0]));
        Self { tenure, seats, tickets, row }
    }

    /// The row of an account that used the product so, and so in the 28 days before.
    fn row(&self, now: Use, before: Use) -> Row {
        self.row_of(now, before, if now.people > 0.0 { now } else { before })
    }

    /// The same, where what is as of the last day with use is of a use of its own.
    fn row_of(&self, now: Use, before: Use, last: Use) -> Row {
        let mut row = self.row.clone();
        let mut put = |name, value: Option<f64>| {
            if let Some(value) = value {
                row.insert(name, Cell::Number(value));
            }
        };
        let over = |above: f64, below: f64| (below != 0.0).then(|| above / below);
        let grown =
            |now: f64, before: f64| over(now, before).filter(|_| self.tenure >= 56.0).map(|by| by - 1.0);
        for (name, value) in [
            ("tenure_days", self.tenure),
            ("usage_seconds_28d", now.seconds),
            ("usage_seconds_prev_28d", before.seconds),
            ("logins_28d", now.days),
            ("api_calls_28d", now.calls),
            ("content_views_28d", now.read),
            ("active_days_28d", now.days),
            ("active_days_7d", now.last_days),
            ("active_days_per_week_28d", now.days / 4.0),
            ("active_users_7d", if now.last_days > 0.0 { now.people } else { 0.0 }),
            ("active_users_28d", now.people),
            ("active_users_prev_28d", before.people),
            ("features_28d", now.features),
            ("key_feature_weight", now.key_weight),
        ] {
            put(name, Some(value));
        }
        put("usage_growth_28d", grown(now.seconds, before.seconds));
        put("active_users_growth_28d", grown(now.people, before.people));
        put("top_user_share_28d", Some(now.most).filter(|_| now.people > 0.0));
        put("last_top_user_share_28d", Some(last.most).filter(|_| now.people > 0.0));
        put("last_active_users_28d", Some(last.people).filter(|people| *people > 0.0));
        put("last_api_error_rate_28d", over(last.errors, last.calls));
        put("api_error_rate_28d", over(now.errors, now.calls));
        put("seat_utilisation_28d", over(now.people, self.seats));
        put("tickets_opened_28d", self.tickets);
        put("tickets_per_user_28d", self.tickets.and_then(|tickets| over(tickets, now.people)));
        let base = match (self.tenure < 56.0, before.seconds > 0.0, now.seconds > 0.0) {
            (true, ..) => "warm_up",
            (_, true, _) => "observed",
            (_, _, true) => "from_zero",
            _ => "no_usage",
        };
        row.insert("usage_growth_base", Cell::Text(base));
        row
    }

    /// The same some weeks later, with so many tickets.
    fn later(&self, months: f64, tickets: Option<f64>) -> Self {
        Self { tenure: self.tenure + 28.0 * months, tickets, ..self.clone() }
    }

    /// With one more ticket of severity 1, opened and open, where tickets are reported.
    fn worse(&self) -> Self {
        let mut worse = Self { tickets: self.tickets.map(|tickets| tickets + 1.0), ..self.clone() };
        if let Some(Cell::Number(open)) = worse.row.get_mut("severe_tickets_open") {
            *open += 1.0;
        }
        worse
    }
}

/// The same of one person.
fn of_person(draw: &mut Draw) -> [Row; 3] {
    let invited = one(draw, &[5.0, 30.0, 60.0, 500.0]);
    let mut used = || {
        let of = Use::drawn(draw);
        (of.seconds, of.days, of.features, 1.0 + draw.below(40) as f64, draw.below(10) as f64)
    };
    let (now, before) = (used(), used());
    let nothing = (0.0, 0.0, 0.0, 0.0, 0.0);
    let row =
        |(seconds, days, features, uses, errors): (f64, f64, f64, f64, f64), before: f64, later: f64| {
            let mut row = Row::from([("role", Cell::Text("member"))]);
            for (name, value) in [
                ("days_since_invited", invited + later),
                ("usage_seconds_28d", seconds),
                ("usage_seconds_prev_28d", before),
                ("active_days_28d", days),
                ("active_days_per_week_28d", days / 4.0),
                ("features_28d", features),
                ("feature_uses_28d", uses),
                ("errors_28d", errors),
            ] {
                row.insert(name, Cell::Number(value));
            }
            if uses > 0.0 {
                row.insert("last_error_share_28d", Cell::Number(errors / (uses + errors)));
            }
            // The last time that somebody was seen is known for 90 days.
            let seen = if days > 0.0 { 1.0 } else { later };
            row.insert("days_since_seen", Cell::Number(seen));
            let base = match (invited + later < 55.0, before > 0.0, seconds > 0.0) {
                (true, ..) => "warm_up",
                (_, true, _) => "observed",
                (_, _, true) => "from_zero",
                _ => "no_usage",
            };
            row.insert("usage_growth_base", Cell::Text(base));
            if invited + later >= 55.0 && before > 0.0 {
                row.insert("usage_growth_28d", Cell::Number(seconds / before - 1.0));
            }
            row
        };
    [row(now, before.0, 0.0), row(nothing, now.0, 28.0), row(nothing, 0.0, 56.0)]
}

/// The declared columns of a table of metrics.
fn declared(entity: Entity) -> SchemaRef {
    let project =
        Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|problems| panic!("{problems}"));
    let pipeline = Pipeline::build(project).unwrap_or_else(|problems| panic!("{problems}"));
    let model = ModelName::parse(entity.table()).and_then(|name| pipeline.model(&name).cloned());
    model.and_then(|model| model.declared).expect("metrics declare their columns")
}

/// Rows as a table, each with its key.
fn table(schema: &SchemaRef, rows: &[(String, i32, Row)]) -> RecordBatch {
    let column = |name: &str, kind: &DataType| -> ArrayRef {
        let cells = || rows.iter().map(|(_, _, row)| row.get(name).copied());
        let numbers = || {
            cells().map(|cell| match cell {
                Some(Cell::Number(number)) => Some(number),
                _ => None,
            })
        };
        let texts = || {
            cells().map(|cell| match cell {
                Some(Cell::Text(text)) => Some(text),
                _ => None,
            })
        };
        let truths = || {
            cells().map(|cell| match cell {
                Some(Cell::Truth(truth)) => Some(truth),
                _ => None,
            })
        };
        match (name, kind) {
            ("account_id" | "user_id", _) => {
                Arc::new(rows.iter().map(|(key, ..)| Some(key)).collect::<StringArray>())
            }
            ("as_of_date", _) => Arc::new(rows.iter().map(|(_, day, _)| Some(*day)).collect::<Date32Array>()),
            (_, DataType::Int64) => {
                Arc::new(numbers().map(|number| number.map(|n| n as i64)).collect::<Int64Array>())
            }
            (_, DataType::Float64) => Arc::new(numbers().collect::<Float64Array>()),
            (_, DataType::Boolean) => Arc::new(truths().collect::<BooleanArray>()),
            (_, DataType::Utf8 | DataType::Utf8View) => {
                cast(&texts().collect::<StringArray>(), kind).expect("texts")
            }
            (_, DataType::Decimal128(precision, scale)) => {
                let cents =
                    numbers().map(|number| number.map(|n| (n * 100.0) as i128)).collect::<Decimal128Array>();
                Arc::new(cents.with_precision_and_scale(*precision, *scale).expect("two digits"))
            }
            (_, other) => {
                assert!(cells().all(|cell| cell.is_none()), "{name} is a {other}");
                new_null_array(other, rows.len())
            }
        }
    };
    let columns = schema
        .fields()
        .iter()
        .map(|field| (field.name().clone(), column(field.name(), field.data_type()), true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

fn no_overrides() -> RecordBatch {
    let texts = ["account_id", "score_name", "override_id", "mode", "reason", "author_id"];
    let none = |kind: &DataType| new_null_array(kind, 0);
    let columns = texts.map(|name| (name, none(&DataType::Utf8), true)).into_iter();
    let more = [("as_of_date", none(&DataType::Date32), true), ("value", none(&DataType::Float64), true)];
    RecordBatch::try_from_iter_with_nullable(columns.chain(more)).expect("columns of one length")
}

/// What is held against what: two rows by key and day, and what happened between them.
struct Pair {
    from: (String, i32),
    to: (String, i32),
    what: &'static str,
}

/// Rows of accounts, all of a day alike but for the one that changes.
fn accounts(seed: u64) -> (Vec<(String, i32, Row)>, Vec<Pair>) {
    let mut draw = Draw(seed);
    let (mut rows, mut pairs, mut day) = (Vec::new(), Vec::new(), FIRST_DAY);
    let silent = Use::default();
    for group in 0..GROUPS {
        let of_all: Vec<(Rest, Use, Use)> = (0..NEIGHBOURS)
            .map(|_| {
                let before = one(&mut draw, &[true, true, false]);
                let before = if before { Use::drawn(&mut draw) } else { silent };
                (Rest::drawn(&mut draw, group % 2 == 0), Use::drawn(&mut draw), before)
            })
            .collect();
        for changing in 0..NEIGHBOURS {
            let (rest, now, before) = &of_all[changing];
            let (gone, tickets) = (rest.later(1.0, rest.tickets.map(|_| 0.0)), rest.tickets.map(|_| 0.0));
            let days = [
                rest.row(*now, *before),
                rest.row_of(silent, *before, *now),
                gone.row_of(silent, *now, *now),
                rest.later(2.0, tickets).row_of(silent, silent, *now),
                rest.later(3.0, tickets).row_of(silent, silent, *now),
                rest.worse().row(*now, *before),
                rest.worse().row_of(silent, silent, *now),
                rest.row_of(silent, silent, *now),
            ];
            let key = |at: usize| (format!("a{changing}"), day + at as i32);
            for (from, to, what) in [
                (0, 1, "usage falls to zero"),
                (0, 2, "the first silent month"),
                (2, 3, "the second silent month"),
                (3, 4, "the third silent month"),
                (0, 5, "one more severe ticket"),
                (7, 6, "one more severe ticket, in silence"),
            ] {
                pairs.push(Pair { from: key(from), to: key(to), what });
            }
            for (at, changed) in days.iter().enumerate() {
                for (neighbour, (rest, now, before)) in of_all.iter().enumerate() {
                    let row = if neighbour == changing { changed.clone() } else { rest.row(*now, *before) };
                    rows.push((format!("a{neighbour}"), day + at as i32, row));
                }
            }
            day += days.len() as i32;
        }
    }
    (rows, pairs)
}

fn people(seed: u64) -> (Vec<(String, i32, Row)>, Vec<Pair>) {
    let mut draw = Draw(seed);
    let (mut rows, mut pairs) = (Vec::new(), Vec::new());
    for person in 0..300 {
        let months = of_person(&mut draw);
        let key = |at: i32| (format!("u{person}"), FIRST_DAY + 28 * at);
        rows.extend(months.into_iter().zip(0..).map(|(row, at)| (key(at).0, key(at).1, row)));
        pairs.push(Pair { from: key(0), to: key(1), what: "the first silent month" });
        pairs.push(Pair { from: key(1), to: key(2), what: "the second silent month" });
    }
    (rows, pairs)
}

/// No pair of a score has more after than before, nor loses its score, as long as the same scorecard applies.
fn never_up(scores: &BTreeMap<(String, i32), Record>, pairs: &[Pair], about: &str) -> usize {
    let mut held = 0;
    for Pair { from, to, what } in pairs {
        let (before, after) = (&scores[from], &scores[to]);
        if text(before, "scorecard") != text(after, "scorecard") {
            continue;
        }
        let Some(was) = double(before, "raw_score") else { continue };
        let is = double(after, "raw_score");
        let rose = is.is_none_or(|is| is > was + 1e-9);
        assert!(!rose, "{about}, {what}: {was} → {is:?}\n{before:?}\n{after:?}");
        held += 1;
    }
    held
}

/// A query over rows of which all windows lie in the complete log.
fn in_a_complete_log(query: &str) -> String {
    let mut parts = query.split("ready('events', ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "(TRUE" + &part[part.find(')').expect("the end of a call")..])
}

/// Holds every shipped score of an entity to the law.
fn hold(entity: Entity, rows: &[(String, i32, Row)], pairs: &[Pair]) {
    let metrics = table(&declared(entity), rows);
    for one in shipped::all() {
        let semantics =
            semantic::parse(&one.components, &one.scores).unwrap_or_else(|problems| panic!("{problems}"));
        let models = semantics.compile();
        for score in semantics.scores.iter().filter(|score| score.entity == entity) {
            let of_score = |layer: &str| {
                models
                    .iter()
                    .find(|model| model.layer == layer && model.name == score.name)
                    .expect("compiled")
            };
            let tables = [(entity.table(), metrics.clone()), ("metrics.overrides", no_overrides())];
            let query = in_a_complete_log(of_score("scores").query());
            let found = run(&tables, &query, 2).unwrap_or_else(|error| panic!("{error}"));
            let key = |record: &Record| {
                let name = if entity == Entity::User { "user_id" } else { "account_id" };
                let day = match &record["as_of_date"] {
                    datafusion::common::ScalarValue::Date32(Some(day)) => *day,
                    other => panic!("{other:?} is no day"),
                };
                (text(record, name).expect("a key"), day)
            };
            let scores: BTreeMap<_, _> = found.into_iter().map(|record| (key(&record), record)).collect();
            let about = format!("{} of {}", score.title, score.file.path);
            let held = never_up(&scores, pairs, &about);
            assert!(held * 2 > pairs.len(), "{about}: only {held} of {} pairs have a score", pairs.len());
        }
    }
}

/// Seeds that ever failed, and one for good measure.
const SEEDS: [u64; 2] = [1, 20_260_930];

#[test]
fn no_account_scores_better_for_falling_silent_nor_for_more_severe_tickets() {
    for seed in SEEDS {
        let (rows, pairs) = accounts(seed);
        hold(Entity::Account, &rows, &pairs);
    }
}

#[test]
fn no_person_scores_better_for_falling_silent() {
    for seed in SEEDS {
        let (rows, pairs) = people(seed);
        hold(Entity::User, &rows, &pairs);
    }
}
