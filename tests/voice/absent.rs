//! Sources that are away: each optional one, and all of them.
//!
//! What is left runs. A metric of a source that is away is unknown, a component on it is not reported, coverage is less,
//! and nothing else changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::model::Kind;
use tempfile::TempDir;

use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, generated, small};
use crate::pipeline::Run;

/// The sources of a generated world.
pub static SOURCES: LazyLock<TempDir> = LazyLock::new(|| generated(&small()));

/// What the bundled project makes of all of them on the last day.
pub static OUT: LazyLock<TempDir> = LazyLock::new(|| run_without(&[], &[&SELECTED[..], &MARTS[..]].concat()));

static WHOLE: LazyLock<Published> = LazyLock::new(|| read(OUT.path()));

/// Marts that are looked at, of the whole.
const MARTS: [&str; 6] = [
    "marts.work_queue",
    "marts.account_briefs",
    "marts.reference_candidates",
    "marts.beta_candidates",
    "marts.portfolios",
    "marts.drivers",
];

/// What is looked at.
const SELECTED: [&str; 3] = ["metrics.accounts", "components.health", "scores.health"];

/// The account in which another one goes on: without merges nobody knows that its growth is not yet.
pub const SURVIVOR: &str = "a000037";

/// Each source with columns that know nothing without it, in groups of which no two touch one subject in one way: each is
/// away once, and there while others are away.
const GROUPS: [&[(&str, &[&str])]; 3] = [
    &[
        (
            "tickets",
            &["tickets_opened_28d", "tickets_open", "severe_tickets_open", "resolve_hours_median_90d"],
        ),
        ("surveys", &["nps_answers_365d", "csat_answers_90d"]),
        ("contacts", &["sponsors", "has_sponsor", "days_since_champion_seen"]),
        ("onboarding_plans", &["onboarding_days", "milestones_stalled", "onboarding_depth"]),
        ("messages", &["messages_28d", "sentiment_mean_90d"]),
        ("features", &["key_adoption", "key_feature_weeks_28d"]),
        ("invoices", &["overdue_amount", "on_time_share_365d"]),
        ("advocacy", &["advocacy_acts_180d", "references_lapsed"]),
        ("contract_events", &["renewals_365d", "expansion_arr_365d"]),
        ("overrides", &[]),
    ],
    &[
        ("ticket_events", &["tickets_open", "severe_tickets_open", "resolve_hours_median_90d"]),
        ("goals", &["goals", "goals_overdue"]),
        ("interactions", &["meetings_90d", "days_since_meeting"]),
        ("onboarding_milestones", &["milestones_stalled", "onboarding_depth"]),
        ("feedback", &["feedback_90d", "gives_feedback"]),
        ("entitlements", &["features_entitled", "feature_adoption_28d"]),
        ("payments", &["paid_amount_90d", "failed_payments_90d"]),
        ("opportunities", &["open_expansion_arr", "weighted_expansion_arr"]),
        ("assessments", &["csm_pulse"]),
        ("usage_daily", &["storage_gb", "campaigns_28d"]),
    ],
    // These say what is over: without hand-overs a judgement goes on, without loads a source that stopped does, and who
    // goes on in another account does not without merges.
    &[
        ("account_owners", &["owner_id", "owner_tenure_days"]),
        ("source_status", &[]),
        ("account_merges", &[]),
        ("user_accounts", &[]),
    ],
];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every optional source: its name and its file.
fn optional() -> BTreeMap<String, String> {
    let pipeline = Pipeline::build(Project::load(project()).unwrap()).unwrap();
    let sources = pipeline.models.iter().filter_map(|model| match &model.kind {
        Kind::Source(source) if source.optional => Some((model.name.table.clone(), source.path.clone())),
        _ => None,
    });
    sources.collect()
}

/// What a run published: metrics by account, components and scores by score and whom they are of.
struct Published {
    accounts: BTreeMap<String, Row>,
    components: BTreeMap<(String, String, String), Row>,
    scores: BTreeMap<(String, String), Row>,
}

fn text(row: &Row, column: &str) -> String {
    if let Some(Value::Text(text)) = row.get(column) { text.clone() } else { String::new() }
}

/// Runs the bundled project with some files away.
fn run_without(away: &[&str], select: &[&str]) -> TempDir {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for entry in std::fs::read_dir(SOURCES.path()).unwrap().map(Result::unwrap) {
        if !away.contains(&entry.file_name().to_str().unwrap()) {
            std::os::unix::fs::symlink(entry.path(), sources.path().join(entry.file_name())).unwrap();
        }
    }
    let run = Run::new(project(), sources.path(), out.path()).select(select);
    run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY)
        .unwrap_or_else(|error| panic!("without {away:?}: {error}"));
    out
}

/// The rows of a published table.
pub fn table(out: &Path, name: &str) -> Vec<Row> {
    let files = parquet_below(&out.join(name));
    files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect()
}

fn published(away: &[&str], select: &[&str]) -> Published {
    read(run_without(away, select).path())
}

fn read(out: &Path) -> Published {
    let read = |layer: &str| -> Vec<(String, Row)> {
        let names = std::fs::read_dir(out.join(layer)).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.to_str().unwrap().to_owned());
        let of_table = |name: String| {
            let rows = table(out, &format!("{layer}/{name}"));
            rows.into_iter().map(move |row| (name.clone(), row)).collect::<Vec<_>>()
        };
        names.flat_map(of_table).collect()
    };
    let who = |row: &Row| format!("{} {}", text(row, "account_id"), text(row, "user_id"));
    let metrics = read("metrics").into_iter().filter(|(table, _)| table == "accounts");
    Published {
        accounts: metrics.map(|(_, row)| (text(&row, "account_id"), row)).collect(),
        components: read("components")
            .into_iter()
            .map(|(score, row)| ((score, who(&row), text(&row, "component")), row))
            .collect(),
        scores: read("scores").into_iter().map(|(score, row)| ((score, who(&row)), row)).collect(),
    }
}

/// Whether a column says something of some account.
fn says(of: &Published, column: &str) -> bool {
    of.accounts.values().any(|row| row[column] != Value::Null)
}

/// Holds what is left against the whole; gives the components that are no more reported.
fn must_say_so(name: &str, without: &Published) -> BTreeSet<String> {
    assert!(without.accounts.keys().eq(WHOLE.accounts.keys()), "without {name} other accounts are scored");
    let mut not_reported = BTreeSet::new();
    for (key, row) in &without.components {
        let Some(before) = WHOLE.components.get(key) else { continue };
        if row["state"] != before["state"] {
            assert_eq!(row["state"], Value::Text("not_reported".to_owned()), "without {name}: {key:?}");
            assert_eq!(row["value"], Value::Null, "without {name}: {key:?}");
            not_reported.insert(key.2.clone());
        }
    }
    for (key, row) in &without.scores {
        let same_card = |before: &&Row| row["scorecard"] == before["scorecard"];
        let Some(before) = WHOLE.scores.get(key).filter(same_card) else { continue };
        let (Value::Real(now), Value::Real(then)) = (&row["coverage"], &before["coverage"]) else {
            panic!("no coverage: {row:?}")
        };
        let fewer = without.components.iter().any(|((score, who, component), part)| {
            (score, who) == (&key.0, &key.1)
                && part["state"] == Value::Text("not_reported".to_owned())
                && WHOLE.components[&(score.clone(), who.clone(), component.clone())]["state"]
                    == Value::Text("observed".to_owned())
        });
        assert!(
            if fewer { now < then } else { now <= then },
            "without {name} {key:?} is covered by {now}, {then} before"
        );
    }
    not_reported
}

#[test]
fn each_optional_source_may_be_away() {
    let files = optional();
    let named: BTreeSet<&str> = GROUPS.iter().flat_map(|group| group.iter()).map(|(name, _)| *name).collect();
    assert!(files.keys().map(String::as_str).eq(named), "a source is in no group");
    let mut not_reported = BTreeSet::new();
    for (place, group) in GROUPS.iter().enumerate() {
        let away: Vec<&str> = group.iter().map(|(name, _)| files[*name].as_str()).collect();
        let without = published(&away, &SELECTED);
        for (column, name) in
            group.iter().flat_map(|(name, columns)| columns.iter().map(move |column| (*column, name)))
        {
            assert!(says(&WHOLE, column), "{column} says nothing of this world");
            assert!(!says(&without, column), "{column} is known without {name}");
        }
        let others = GROUPS
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place)
            .flat_map(|(_, group)| group.iter());
        let away_too: Vec<&str> = group.iter().flat_map(|(_, columns)| columns.iter().copied()).collect();
        for column in
            others.flat_map(|(_, columns)| columns.iter()).filter(|column| !away_too.contains(column))
        {
            assert!(says(&without, column), "{column} is unknown though its source is there");
        }
        if place < 2 {
            not_reported.extend(must_say_so(&format!("{away:?}"), &without));
        }
    }
    for component in ["support_contact", "severe_support", "payment", "csm_pulse", "steps_done"] {
        assert!(
            not_reported.contains(component),
            "{component} is reported whatever is away: {not_reported:?}"
        );
    }
}

#[test]
fn all_optional_sources_may_be_away() {
    let files = optional();
    let away: Vec<&str> = files.values().map(String::as_str).collect();
    let mut without = published(&away, &[]);
    without.components.retain(|(_, who, _), _| !who.starts_with(SURVIVOR));
    without.scores.retain(|(_, who), _| !who.starts_with(SURVIVOR));
    let not_reported = must_say_so("any of them", &without);
    assert!(not_reported.contains("severe_support") && not_reported.contains("payment"), "{not_reported:?}");
    for column in GROUPS.iter().flat_map(|group| group.iter()).flat_map(|(_, columns)| columns.iter()) {
        assert!(!says(&without, column), "{column} is known without any source");
    }
}

#[test]
fn accounts_are_the_subjects_side_by_side() {
    let folder = std::fs::read_dir(project().join("sql/metrics")).unwrap();
    let names = folder.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let joined = std::fs::read_to_string(project().join("sql/metrics/accounts.sql")).unwrap();
    let subjects: Vec<String> = names.filter(|name| joined.contains(&format!("{name}.* EXCLUDE"))).collect();
    assert!(subjects.len() >= 10, "{subjects:?}");
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project(), SOURCES.path(), out.path()).select(&["metrics"]);
    run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let table = |name: &str| crate::oracle::table::Table::read(&out.path().join("metrics").join(name));
    let accounts = table("accounts");
    for subject in &subjects {
        let of_subject = table(subject);
        let (_, left_out) = joined.split_once(&format!("{subject}.* EXCLUDE (")).unwrap();
        let left_out: Vec<&str> = left_out.split_once(')').unwrap().0.split(", ").collect();
        for (key, row) in &accounts.0 {
            let copied = of_subject.0[key].iter().filter(|(column, _)| !left_out.contains(&column.as_str()));
            for (column, value) in copied {
                assert_eq!(row[column], *value, "{subject}.{column} of {key:?}");
            }
        }
    }
}
