//! Capability 8: the bins that are proposed, and how the rows lie in them.

use halescore::diagnostic::SourceFile;
use halescore::semantic::{Rule, parse};
use halescore::suggest::{Binned, propose};
use proptest::prelude::*;
use serde_json::Value;

use super::world::{DAYS, Fact, RED, facts, json, refused, text};

/// Numbers that repeat and numbers that do not, missing ones and ones that are none.
fn values() -> impl Strategy<Value = Vec<Option<f64>>> {
    let value = prop_oneof![
        4 => (-3..6_i32).prop_map(|whole| Some(f64::from(whole))),
        4 => (-40..90_i32).prop_map(|tenths| Some(f64::from(tenths) / 10.0)),
        2 => proptest::num::f64::NORMAL.prop_map(Some),
        1 => prop_oneof![Just(Some(f64::NAN)), Just(Some(f64::INFINITY)), Just(Some(f64::NEG_INFINITY)), Just(Some(-0.0))],
        2 => Just(None),
    ];
    prop::collection::vec(value, 1..80)
}

fn shares() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        (2..9_usize).prop_map(|parts| vec![1.0; parts]),
        prop::collection::vec((1..50_u32).prop_map(f64::from), 2..7),
    ]
}

fn finite(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().flatten().copied().filter(|value| value.is_finite()).collect()
}

/// The edges that hale's own reader finds in the YAML.
fn edges_of(yaml: &str) -> Vec<f64> {
    let text = format!("x:\n  title: X\n  value: x\n  {yaml}\n");
    let semantics = parse(&[SourceFile::new("sql/components/x.yml", text)], &[]).expect("components");
    let Rule::Bins(bins) = &semantics.components[0].scoring.cases[0].rule else { panic!("bins") };
    let edges: Vec<f64> = bins
        .iter()
        .filter_map(|bin| bin.edge)
        .inspect(|edge| assert!(!edge.inclusive))
        .map(|edge| edge.at)
        .collect();
    assert_eq!(bins.len(), edges.len() + 1);
    edges
}

/// The rows in each bin, by trying one bin after the other.
fn rows_in(edges: &[f64], numbers: &[f64]) -> Vec<usize> {
    let mut rows = vec![0; edges.len() + 1];
    for number in numbers {
        let mut bin = 0;
        while bin < edges.len() && *number >= edges[bin] {
            bin += 1;
        }
        rows[bin] += 1;
    }
    rows
}

/// How many rows lie below each cut that is nearest to what is wanted, out of all cuts between two values.
fn naive_cuts(numbers: &[f64], shares: &[f64]) -> Vec<usize> {
    let below = |edge: f64| numbers.iter().filter(|number| **number < edge).count();
    // Numbers that a component may declare: 0, and those whose size is from 1e-100 to 1e100.
    let declared = |value: f64| {
        let before =
            numbers.iter().copied().filter(|number| *number < value).fold(f64::NEG_INFINITY, f64::max);
        [(-1e100, -1e-100), (0.0, 0.0), (1e-100, 1e100)]
            .iter()
            .any(|(low, high)| before < *high && value >= *low)
    };
    let edges = numbers.iter().copied().filter(|edge| declared(*edge));
    let mut places: Vec<usize> = edges.map(below).filter(|rows| *rows > 0).collect();
    places.sort_unstable();
    let total: f64 = shares.iter().sum();
    let mut cuts: Vec<usize> = Vec::new();
    for bins in 1..shares.len() {
        let target = numbers.len() as f64 * shares[..bins].iter().sum::<f64>() / total;
        let distance = |place: &usize| (*place as f64 - target).abs();
        cuts.extend(
            places
                .iter()
                .copied()
                .reduce(|best, place| if distance(&place) < distance(&best) { place } else { best }),
        );
    }
    cuts.dedup();
    cuts
}

fn running(bins: &Binned) -> Vec<usize> {
    let mut sum = 0;
    bins.bins[..bins.bins.len() - 1]
        .iter()
        .map(|bin| {
            sum += bin.rows;
            sum
        })
        .collect()
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/suggest_bins.txt", 400))]

    #[test]
    fn capability_8_the_printed_bins_give_exactly_the_reported_shares(values in values(), shares in shares(), falls: bool) {
        let numbers = finite(&values);
        let Some(told) = propose(&values, &shares) else {
            prop_assert!(numbers.is_empty());
            return Ok(());
        };
        let rows: Vec<usize> = told.bins.iter().map(|bin| bin.rows).collect();
        let edges = told.yaml(falls).map_or_else(Vec::new, |yaml| edges_of(&yaml));
        prop_assert_eq!(&rows, &rows_in(&edges, &numbers));
        prop_assert_eq!(rows.iter().sum::<usize>(), numbers.len(), "every number stands in one bin");
        for bin in &told.bins {
            prop_assert_eq!(bin.share, Some(bin.rows as f64 / numbers.len() as f64));
            prop_assert!(bin.rows > 0, "no bin is for nobody");
        }
        prop_assert_eq!(told.bins.len() < shares.len(), told.note.is_some());
    }

    #[test]
    fn capability_8_each_cut_is_the_nearest_to_the_share_that_is_wanted(values in values(), shares in shares()) {
        let numbers = finite(&values);
        prop_assume!(!numbers.is_empty());
        let told = propose(&values, &shares).expect("bins");
        prop_assert_eq!(running(&told), naive_cuts(&numbers, &shares));
    }

    #[test]
    fn an_edge_is_no_longer_than_the_value_at_which_it_cuts(values in values(), shares in shares()) {
        let numbers = finite(&values);
        prop_assume!(!numbers.is_empty());
        let digits = |number: f64| format!("{number:e}").split('e').next().map_or(0, |text| text.matches(char::is_numeric).count());
        for edge in propose(&values, &shares).expect("bins").edges() {
            let above = numbers.iter().copied().filter(|number| *number >= edge).fold(f64::INFINITY, f64::min);
            let below = numbers.iter().copied().filter(|number| *number < edge).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(below < edge && edge <= above);
            prop_assert!(digits(edge) <= digits(above), "{edge} for {above}");
        }
    }

    #[test]
    fn quartiles_are_the_least_values_that_so_many_do_not_exceed(values in values()) {
        let numbers = finite(&values);
        prop_assume!(!numbers.is_empty());
        let told = propose(&values, &[1.0, 1.0]).expect("bins").distribution;
        let at_most = |value: f64| numbers.iter().filter(|number| **number <= value).count();
        for (quarters, quartile) in [(1, told.q1), (2, told.median), (3, told.q3)] {
            let enough = numbers.iter().copied().filter(|value| at_most(*value) * 4 >= quarters * numbers.len());
            prop_assert_eq!(quartile, enough.fold(f64::INFINITY, f64::min));
        }
        prop_assert_eq!((told.min, told.max), (
            numbers.iter().copied().fold(f64::INFINITY, f64::min),
            numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ));
        prop_assert_eq!(told.rows, told.known + told.missing + told.not_finite);
        prop_assert_eq!((told.known, told.missing), (numbers.len(), values.iter().filter(|value| value.is_none()).count()));
    }
}

/// The facts of a day whose value is a number, and the segments.
fn known(day: &str, of: fn(&Fact) -> Option<f64>) -> Vec<(Option<&'static str>, f64)> {
    let facts = facts().into_iter().filter(|fact| fact.day == day);
    facts.filter_map(|fact| Some((fact.segment, of(&fact).filter(|value| value.is_finite())?))).collect()
}

/// Rows of each bin, in all and by segment, as told, against a count of the facts.
fn holds(told: &Value, facts: &[(Option<&'static str>, f64)]) {
    let edges = edges_of(told["yaml"].as_str().expect("YAML"));
    let counted = |bins: &Value, numbers: &[f64]| {
        let rows: Vec<u64> =
            bins.as_array().expect("bins").iter().map(|bin| bin["rows"].as_u64().expect("a count")).collect();
        let naive: Vec<u64> = rows_in(&edges, numbers).into_iter().map(|rows| rows as u64).collect();
        assert_eq!(rows, naive, "{told}");
        for (bin, rows) in bins.as_array().expect("bins").iter().zip(&naive) {
            let share = (!numbers.is_empty()).then(|| *rows as f64 / numbers.len() as f64);
            // The reader of JSON is off by a hair at times.
            let near = |told: f64| share.is_some_and(|share| (told - share).abs() < 1e-12);
            assert!(bin["share"].as_f64().map_or(share.is_none(), near), "{bin}");
        }
    };
    let numbers: Vec<f64> = facts.iter().map(|(_, number)| *number).collect();
    counted(&told["bins"], &numbers);
    let segments = told["segments"].as_array().expect("segments");
    let names: Vec<Option<&str>> = segments.iter().map(|segment| segment["name"].as_str()).collect();
    assert_eq!(names, [None, Some(RED), Some("MM"), Some("SMB"), Some("it's")], "in order, and NULL");
    for segment in segments {
        let own = facts.iter().filter(|(name, _)| *name == segment["name"].as_str());
        counted(&segment["bins"], &own.map(|(_, number)| *number).collect::<Vec<f64>>());
    }
}

#[test]
fn capability_8_shares_per_bin_and_segment_are_those_of_the_published_rows() {
    let told = json(&["suggest", "bins", "usage_seconds_28d", "--as-of", DAYS[0]]);
    assert_eq!(
        (&told["table"], &told["by"], &told["days"]),
        (&"metrics.accounts".into(), &"segment".into(), &1.into())
    );
    holds(&told, &known(DAYS[0], |fact| Some(fact.seconds as f64)));
    let told = json(&[
        "suggest",
        "bins",
        "usage_seconds_28d / 3600",
        "--shares",
        "10,20,40,20,10",
        "--as-of",
        DAYS[0],
    ]);
    assert_eq!(told["bins"].as_array().map(Vec::len), Some(5));
    holds(&told, &known(DAYS[0], |fact| Some(fact.seconds as f64 / 3600.0)));
    let told = json(&["suggest", "bins", "top_user_share_28d", "--lower-is-better", "--as-of", DAYS[0]]);
    holds(&told, &known(DAYS[0], |fact| fact.share));
    assert!(
        told["yaml"].as_str().expect("YAML").contains("points: 4}, "),
        "the lowest bin has the most points: {told}"
    );
    let told = json(&["suggest", "bins", "usage_seconds_28d / top_user_share_28d", "--as-of", DAYS[0]]);
    holds(&told, &known(DAYS[0], |fact| fact.share.map(|share| fact.seconds as f64 / share)));
    assert!(told["distribution"]["not_finite"].as_u64() > Some(20), "{told}");
    assert!(told["distribution"]["missing"].as_u64() > Some(20), "{told}");
    let newest = json(&["suggest", "bins", "logins_28d"]);
    assert_eq!(newest["to_date"], DAYS[3]);
    holds(&newest, &known(DAYS[3], |fact| Some(fact.logins as f64)));
}

#[test]
fn rows_of_several_days_are_looked_at_together() {
    let told = json(&["suggest", "bins", "logins_28d", "--from", "2026-07-01", "--to", "2026-09-29"]);
    assert_eq!(
        (&told["from_date"], &told["to_date"], &told["days"]),
        (&DAYS[1].into(), &DAYS[2].into(), &2.into())
    );
    let both = [DAYS[1], DAYS[2]].map(|day| known(day, |fact| Some(fact.logins as f64))).concat();
    holds(&told, &both);
}

#[test]
fn a_column_of_any_name_and_type_will_do() {
    for metric in ["Odd \"name\"", "\"Odd \"\"name\"\"\""] {
        let told = json(&["suggest", "bins", metric, "--as-of", DAYS[0]]);
        holds(&told, &known(DAYS[0], |fact| Some(-(fact.seconds as f64))));
    }
    let told = json(&["suggest", "bins", "is_trial", "--by", "Odd \"name\""]);
    assert_eq!(told["yaml"], "bins: [{below: 1, points: 0}, {points: 1}]");
    assert_eq!(told["note"], "2 bins where 5 were asked for: there are only 2 different values");
    let told = text(&["suggest", "bins", "same"]);
    assert!(
        told.contains("every value is 3: there is nothing to cut") && !told.contains("bins: ["),
        "{told}"
    );
    let told = json(&["suggest", "bins", "logins_28d", "--table", "metrics.users", "--by", "role"]);
    assert_eq!(told["segments"].as_array().map(Vec::len), Some(2));
    assert_eq!(json(&["suggest", "bins", "logins_28d", "--table", "metrics.users"])["by"], Value::Null);
}

#[test]
fn values_that_repeat_are_told() {
    let told =
        json(&["suggest", "bins", "CASE WHEN logins_28d < 35 THEN 0 ELSE logins_28d END", "--parts", "6"]);
    let note = told["note"].as_str().expect("a note");
    assert!(note.contains("values repeat (0 is ") && note.contains("never stands in two bins"), "{note}");
}

#[test]
fn the_table_shows_what_json_has_and_no_escape_reaches_the_terminal() {
    let told = text(&["suggest", "bins", "usage_seconds_28d", "--as-of", DAYS[0]]);
    for words in
        ["by segment", "\\u{1b}[31mENT", "it's", "NULL", "no value", "three quarters to", "\nbins: [{below: "]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains('\u{1b}'), "{told}");
    assert!(!refused(2, &["suggest", "bins", "\u{1b}[31m"]).contains('\u{1b}'));
    assert!(!refused(2, &["suggest", "bins", "logins_28d", "--by", "\u{1b}[31m"]).contains('\u{1b}'));
}

#[test]
fn what_cannot_be_cut_is_said() {
    let of = |metric: &str| refused(2, &["suggest", "bins", metric]);
    assert!(
        of("login_28d").contains("metrics.accounts has no column `login_28d`; did you mean `logins_28d`?")
    );
    assert!(of("login_28d / 2").contains("did you mean `logins_28d`?"), "{}", of("login_28d / 2"));
    assert!(of("segment").contains("`segment` is a text; bins are for numbers"));
    assert!(of("nothing").contains("`nothing` has no value in any of the "));
    assert!(of("logins_28d +").contains("this is not an SQL expression"));
    assert!(of("(SELECT max(n) FROM raw.accounts)").contains("without queries"));
    assert!(of("sum(logins_28d)").contains("reads more than one row"));
    assert!(refused(2, &["suggest", "bins", "same", "--by", "segmet"]).contains("did you mean `segment`?"));
    assert!(
        refused(2, &["suggest", "bins", "same", "--table", "metrics.acounts"])
            .contains("did you mean `metrics.accounts`?")
    );
    let other = refused(2, &["suggest", "bins", "same", "--as-of", "2026-07-01"]);
    assert!(
        other.contains("has no day 2026-07-01; published are 5 days, from 2026-06-29 to 2026-09-30"),
        "{other}"
    );
    let none = refused(2, &["suggest", "bins", "same", "--from", "2026-08-01", "--to", "2026-08-31"]);
    assert!(none.contains("has no day from 2026-08-01 to 2026-08-31; published are 5 days"), "{none}");
    assert!(
        refused(2, &["suggest", "bins", "same", "--from", "2026-08-02", "--to", "2026-08-01"])
            .contains("is after")
    );
    assert!(
        refused(2, &["suggest", "bins", "same", "--as-of", super::world::EMPTY_DAY])
            .contains("has no rows on 2026-06-29")
    );
    assert!(refused(2, &["suggest", "bins", "same", "--shares", "10,20"]).contains("they make 30 together"));
    assert!(
        refused(2, &["suggest", "bins", "same", "--out", "elsewhere", "--component", "usage"])
            .contains("cannot be used with")
    );
    assert!(refused(1, &["suggest", "bins", "same", "--out", "elsewhere"]).contains("is not published in"));
}
