//! The published examples of other systems as definitions of this one: each folder of `tests/parity/` has a definition,
//! an input and the published results, asserted exactly in DataFusion and in DuckDB. Where only a rule is published, the
//! results are what the rule says, worked out without the engine.
//!
//! | folder | what is published | capabilities |
//! | --- | --- | --- |
//! | `pandas_tutorial` | 79.0; without NPS 79.71, or 67.75 where its weight is lost | 91, 92 |
//! | `omni_guide` | points of five components / 20 × 100 | 11, 9 |
//! | `gainsight_group` | 47, 59, 21 with weights 20, 15, 22 are 40.12, shown as 40 | 10, 34 |
//! | `gainsight_scheme` | 50 is Red, 51 to 75 Yellow | 59 |
//! | `natero_metric` | 0 at 7, 100 at 30, 48 at 18; inverted | 9, 34 |
//! | `natero_account` | groups rounded before they are weighed: 71, 79 (78 by shares of 33 %), 75 | 57 |
//! | `totango_dimension` | rounded in each dimension, and again | 19, 57 |
//! | `totango_account_model` | any poor is Poor, all good is Good | 9 |
//! | `totango_quality` | 5 good, 3 average, 2 poor are 76 | 9 |
//! | `vitally` | healthy, healthy, poor are 6.67; nulls ignored or included | 25, 92 |
//! | `catalyst` | average, lowest and highest of a group; nulls excluded or neutral | 25, 92 |
//! | `churnzero` | an edge belongs to the range it tops; parents are the mean of their children | 36, 38, 39, 47, 56 |
//! | `planhat` | from 5, added to and taken from, held to 0 and 10; +2 at 7 | 9 |
//! | `planhat_group` | 10, 5, 5, 5 are 6 and 0, 5, 5, 5 are 4 | 56 |
//! | `quivly` | 68.5; buckets of 100, 74, 49 and 24 | 10 |
//! | `hubspot` | points added and taken away in groups with caps | 9 |
//! | `totango_contract` | poor when 25 % of the contract value is with poor children; the worst child | 56 |
//! | `user_roll_up` | users to accounts: mean, by seat, share at risk | 56, 80 |
//! | `health_matrix` | 60/40, then within; ranks from 1 to 5; five tiers | 57, 58, 59, 19 |
//! | `min_max` | scaled by a reference period that stays as it is | 93 |
//! | `zudo` | a pulse counts for 90 days, then its weight goes to the others | 25, 32, 92 |
//! | `posthog` | other weights for new customers, on the day | 38, 39 |
//! | `gitlab` | 70.93; thresholds by tenure; an account without data is unscored | 36, 39, 80, 92 |
//!
//! A folder has `components.yml`, `score.yml` and further scores, `input.csv` (rows of `metrics.accounts`),
//! `expected.csv` and `expected_<score>.csv` (all rows of `scores.<score>`), and `points.csv` and `points_<score>.csv`
//! (some rows of `components.<score>`).

mod engines;
mod fixture;

use std::collections::BTreeMap;

use halescore::semantic::{Score, TierFrom};

use crate::semantic::engines::{Record, double, text};
use engines::Tables;
use fixture::{Fixture, Sheet};

/// A test for each folder, and the list of the folders that have one.
macro_rules! systems {
    ($($name:ident: $folder:literal,)*) => {
        const FOLDERS: &[&str] = &[$($folder),*];
        $(#[test] fn $name() { check($folder); })*
    };
}

systems! {
    the_pandas_tutorial_gives_79_67_75_and_79_71: "pandas_tutorial",
    the_omni_guide_is_points_over_twenty: "omni_guide",
    a_gainsight_group_of_47_59_21_is_40: "gainsight_group",
    gainsight_50_is_red_and_51_yellow: "gainsight_scheme",
    a_natero_metric_of_18_is_48_and_52_inverted: "natero_metric",
    a_natero_account_is_75_with_78_or_79_in_its_trio: "natero_account",
    totango_dimensions_are_rounded_before_the_score_is: "totango_dimension",
    any_poor_is_poor_in_totangos_account_model: "totango_account_model",
    totango_quality_of_5_good_3_average_2_poor_is_76: "totango_quality",
    vitally_healthy_healthy_poor_is_6_67: "vitally",
    catalyst_groups_are_average_lowest_or_highest: "catalyst",
    churnzero_edges_belong_to_the_range_they_top_and_parents_to_their_children: "churnzero",
    planhat_adds_2_at_7_and_stays_from_0_to_10: "planhat",
    planhat_groups_count_the_parent: "planhat_group",
    quivly_gives_68_5_and_buckets: "quivly",
    hubspot_caps_its_groups_and_their_sum: "hubspot",
    totango_parents_are_poor_by_share_of_contract: "totango_contract",
    accounts_are_made_of_their_users: "user_roll_up",
    the_health_matrix_has_two_levels_of_weights_and_five_tiers: "health_matrix",
    min_max_scaling_is_frozen_and_held: "min_max",
    zudo_forgets_a_pulse_after_90_days: "zudo",
    posthog_weighs_new_customers_otherwise: "posthog",
    gitlab_gives_70_93_by_tenure_and_silence_is_not_red: "gitlab",
}

#[test]
fn every_folder_has_its_test_and_its_line_in_the_table() {
    let folders = fixture::folders();
    assert_eq!(folders, FOLDERS.iter().map(|folder| (*folder).to_owned()).collect());
    let table = include_str!("parity.rs");
    for folder in folders {
        assert!(table.contains(&format!("//! | `{folder}` | ")), "{folder} is not in the table");
    }
}

/// Runs a folder's scores and holds everything about them to what is published, and DuckDB's to the same bits.
fn check(folder: &str) {
    let fixture = Fixture::read(folder);
    let tables = engines::datafusion(&fixture);
    for score in &fixture.semantics.scores {
        let rows = &tables[&format!("scores.{}", score.name)];
        let components = &tables[&format!("components.{}", score.name)];
        let expected = fixture.expected(&score.name);
        assert_eq!(rows.len(), expected.rows.len(), "{folder}: rows of {}", score.name);
        let same = compare(&expected, rows, score.rounding.is_some());
        let same = same.and_then(|()| {
            fixture.points(&score.name).map_or(Ok(()), |points| compare(&points, components, false))
        });
        same.unwrap_or_else(|difference| panic!("{difference}"));
        rows.iter().for_each(|row| meets_its_tier(score, row));
        contributions_are_the_score(rows, components);
    }
    if let Some(answer) = engines::duckdb(&fixture) {
        assert_eq!(engines::cells(&tables), answer, "{folder} in DuckDB");
    }
}

/// Every line of a sheet stands in the rows, in the columns that it has.
fn compare(sheet: &Sheet, rows: &[Record], score_is_exact: bool) -> Result<(), String> {
    for line in &sheet.rows {
        let keys =
            ["account_id", "user_id", "as_of_date", "component"].map(|key| line.get(key).map(|is| (key, is)));
        let is = |row: &&Record| keys.iter().flatten().all(|(key, is)| row[*key].to_string() == **is);
        let found: Vec<&Record> = rows.iter().filter(is).collect();
        let [row] = found.as_slice() else {
            return Err(format!("{}: {} rows for {line:?}", sheet.file, found.len()));
        };
        for (column, expected) in line {
            let cell = row.get(column).ok_or_else(|| format!("{}: no column {column}", sheet.file))?;
            if !fixture::same(cell, expected, score_is_exact && column == "score") {
                return Err(format!("{}: {column} of {line:?} is {cell}, not {expected}", sheet.file));
            }
        }
    }
    Ok(())
}

/// The tier is the first whose edge is above what decides it.
fn meets_its_tier(score: &Score, row: &Record) {
    let decides = match score.tier_from {
        TierFrom::Rounded => double(row, "score"),
        TierFrom::Unrounded => double(row, "raw_score").map(fixture::ten_digits),
    };
    let within = |value: f64| {
        score.tiers.iter().find(|tier| match tier.edge {
            Some(edge) => value < edge.at || edge.inclusive && value == edge.at,
            None => true,
        })
    };
    let tier = decides.and_then(within).map_or("unscored", |tier| tier.name.as_str());
    assert_eq!(text(row, "tier").as_deref(), Some(tier), "{row:?}");
}

/// Contributions add up to the score before rounding, to the last bit, first to last and last to first.
fn contributions_are_the_score(rows: &[Record], components: &[Record]) {
    let whose = ["account_id", "user_id", "as_of_date"];
    let key = |row: &Record| whose.map(|column| row.get(column).map(ToString::to_string));
    let mut parts: BTreeMap<[Option<String>; 3], Vec<Option<f64>>> = BTreeMap::new();
    for row in components {
        parts.entry(key(row)).or_default().push(double(row, "contribution"));
    }
    for row in rows {
        // The score of an account without members is its own: nobody contributes to it.
        if row.contains_key("basis") && text(row, "basis").as_deref() != Some("members") {
            continue;
        }
        let parts = &parts[&key(row)];
        let forward: Option<f64> = parts.iter().copied().sum();
        let backward: Option<f64> = parts.iter().rev().copied().sum();
        let score = double(row, "raw_score");
        let bits = [forward, backward, score].map(|sum| sum.map(|sum| (sum + 0.0).to_bits()));
        assert!(bits.iter().all(|other| *other == bits[2]), "{row:?}: {parts:?}");
    }
}

#[test]
fn a_fixture_that_is_wrong_fails() {
    let fixture = Fixture::read("pandas_tutorial");
    let tables: Tables = engines::datafusion(&fixture);
    let mut expected = fixture.expected("score");
    for (column, wrong) in [("score", "79.72"), ("tier", "at risk"), ("coverage", "0.8500000001")] {
        let right = expected.rows[1].insert(column.to_owned(), wrong.to_owned()).expect("it is there");
        let compared = compare(&expected, &tables["scores.score"], true);
        assert!(compared.is_err(), "{column} {wrong} passes for {right}");
        expected.rows[1].insert(column.to_owned(), right);
    }
}
