//! `hale drift`: shares and indices against counts by hand and against SciPy, and what must not matter to them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::{Project, code, err, good, out, sums};
use crate::python;

const COMPONENTS: &str = "amount: {title: Amount, value: n, applies_when: n <> 3, bins: [{below: 6, points: 0}, {points: 4}]}\n\
     rate: {title: Rate, value: \"nullif(n, 4)\", linear: {from: 0, to: 10, points: [0, 10]}}\n";
const TIERS: &str = "tiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n";

fn score(parts: &str) -> String {
    format!("title: Health\nversion: '1'\n{parts}{TIERS}")
}

const BOTH: &str = "components: {amount: 1, rate: 1}\n";

/// Amounts of so many accounts on the first two days, by a seed.
fn amounts(seed: u64, accounts: u64) -> Vec<(String, i64, i64)> {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let mut draw = move |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % limit) as i64
    };
    // The second day is another spread: less of everything, and now and then much.
    (0..accounts)
        .map(|account| (format!("a{account:03}"), draw(11), draw(11).min(draw(11)) + 2 * (draw(5) / 4)))
        .collect()
}

fn events(amounts: &[(String, i64, i64)]) -> Vec<(&str, i32, i64)> {
    amounts
        .iter()
        .flat_map(|(account, first, second)| [(account.as_str(), 1, *first), (account.as_str(), 2, *second)])
        .collect()
}

fn project(amounts: &[(String, i64, i64)]) -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", &score(BOTH)),
    ]);
    project.events(&events(amounts));
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project
}

/// Where an account is, by hand: of the amount with its bins below an edge and from it on; of the rate by fifths of its points.
fn by_hand(n: i64, edge: i64) -> [String; 3] {
    let amount = match n {
        3 => "not applicable".to_owned(),
        n if n < edge => format!("below {edge}"),
        _ => format!("from {edge}"),
    };
    let points = n.min(10);
    let rate = if n == 4 {
        "not reported".to_owned()
    } else {
        let fifth = (points / 2).min(4);
        format!("{} % to {} % of its points", fifth * 20, fifth * 20 + 20)
    };
    let shares =
        [(n != 3).then_some(if n < edge { 0.0 } else { 1.0 }), (n != 4).then_some(points as f64 / 10.0)];
    let known: Vec<f64> = shares.into_iter().flatten().collect();
    let score = 100.0 * known.iter().sum::<f64>() / known.len() as f64;
    let tier = if score < 40.0 { "low" } else { "high" };
    [amount, rate, tier.to_owned()]
}

type Counts = BTreeMap<String, u64>;

fn counted(amounts: impl Iterator<Item = i64>, edge: i64) -> [Counts; 3] {
    let mut counts: [Counts; 3] = Default::default();
    for n in amounts {
        for (counts, spot) in counts.iter_mut().zip(by_hand(n, edge)) {
            *counts.entry(spot).or_default() += 1;
        }
    }
    counts
}

fn share(counts: &Counts, spot: &str) -> f64 {
    counts.get(spot).copied().unwrap_or_default() as f64 / counts.values().sum::<u64>() as f64
}

fn psi(then: &Counts, now: &Counts) -> f64 {
    let spots: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let part = |spot: &&String| {
        let (p, q) = (share(now, spot).max(1e-4), share(then, spot).max(1e-4));
        (p - q) * (p / q).ln()
    };
    spots.iter().map(part).sum()
}

fn part<'a>(told: &'a Value, title: &str) -> &'a Value {
    told["parts"].as_array().unwrap().iter().find(|part| part["title"] == title).unwrap()
}

const VS: [&str; 3] = ["drift", "--vs", "2026-01-01"];

#[track_caller]
fn near(found: &Value, exact: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("no number, but {found}"));
    assert!((found - exact).abs() < 1e-9, "{found}, not {exact}");
}

#[track_caller]
fn same_shares(part: &Value, [then, again, now]: [&Counts; 3]) {
    let told = part["shares"].as_array().unwrap();
    let spots: std::collections::BTreeSet<&String> =
        [then, again, now].into_iter().flat_map(BTreeMap::keys).collect();
    let names: std::collections::BTreeSet<&str> =
        told.iter().map(|share| share["name"].as_str().unwrap()).collect();
    assert_eq!(names, spots.iter().map(|spot| spot.as_str()).collect(), "{part}");
    for told in told {
        let name = told["name"].as_str().unwrap();
        for (side, counts) in [("then", then), ("again", again), ("now", now)] {
            near(&told[side], share(counts, name));
        }
    }
}

#[test]
fn capability_41_shares_and_indices_are_those_counted_by_hand() {
    for (seed, accounts) in [(1, 40), (2, 7), (3, 90)] {
        let amounts = amounts(seed, accounts);
        let told = project(&amounts).json(&VS);
        let then = counted(amounts.iter().map(|(_, first, _)| *first), 6);
        let now = counted(amounts.iter().map(|(_, _, second)| *second), 6);
        for (at, title) in ["Amount", "Rate", "Tiers"].into_iter().enumerate() {
            let part = part(&told, title);
            same_shares(part, [&then[at], &then[at], &now[at]]);
            let exact = psi(&then[at], &now[at]);
            near(&part["data"], exact);
            near(&part["definition"], 0.0);
            let word = if exact < 0.1 {
                "little"
            } else if exact <= 0.25 {
                "some"
            } else {
                "much"
            };
            assert_eq!(part["drift"], word);
            let bins = part["shares"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|share| share["then"] != 0.0 || share["now"] != 0.0);
            near(&part["by_chance"], (bins.count() - 1) as f64 * 2.0 / accounts as f64);
        }
        assert_eq!((&told["now"]["rows"], &told["reference"]["rows"]), (&accounts.into(), &accounts.into()));
    }
}

/// Of a definition that changed, data is told under one definition, and definition over one day's metrics.
#[test]
fn capability_41_data_and_definition_are_told_apart() {
    let amounts = amounts(5, 60);
    let project = project(&amounts);
    project.write("sql/components/all.yml", &COMPONENTS.replace("below: 6", "below: 8"));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    let told = project.json(&VS);
    let first = || amounts.iter().map(|(_, first, _)| *first);
    let (then, again) = (counted(first(), 6), counted(first(), 8));
    let now = counted(amounts.iter().map(|(_, _, second)| *second), 8);
    // The bins have other edges: they are held against each other by their places.
    let moved = |counts: &Counts| -> Counts {
        let name = |spot: &String| spot.replace("below 6", "below 8").replace("from 6", "from 8");
        counts.iter().map(|(spot, rows)| (name(spot), *rows)).collect()
    };
    let mut some = 0;
    for (at, title) in ["Amount", "Rate", "Tiers"].into_iter().enumerate() {
        let part = part(&told, title);
        let then = moved(&then[at]);
        same_shares(part, [&then, &again[at], &now[at]]);
        near(&part["data"], psi(&again[at], &now[at]));
        near(&part["definition"], psi(&then, &again[at]));
        some += usize::from(part["definition"].as_f64().unwrap() > 0.01);
    }
    assert!(some >= 2, "the definition of two of them changed: {told}");
    near(&part(&told, "Rate")["definition"], 0.0);
    assert_ne!(told["now"]["definitions"], told["reference"]["definitions"]);
    // A component that is new has no shares by a definition that had none.
    let more = format!(
        "{COMPONENTS}more: {{title: More, value: n, bins: [{{below: 2, points: 0}}, {{points: 4}}]}}\n"
    );
    project.write("sql/components/all.yml", &more);
    project.write("sql/scores/health.yml", &score("components: {amount: 1, rate: 1, more: 1}\n"));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    let told = project.json(&VS);
    assert!(part(&told, "More")["definition"].is_null() && part(&told, "More")["data"].is_number(), "{told}");
    // Days of a reference that were made by several definitions are each counted by their own.
    let told =
        project.json(&["drift", "--as-of", "2026-01-01", "--from", "2026-01-01", "--to", "2026-01-02"]);
    assert_eq!(told["reference"]["definitions"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!((&told["reference"]["rows"], &told["reference"]["days"]), (&120.into(), &2.into()));
}

#[test]
fn capability_41_a_day_against_itself_has_not_moved() {
    let project = project(&amounts(8, 30));
    let told =
        project.json(&["drift", "health", "--as-of", "2026-01-02", "--vs", "2026-01-02", "--limit", "0"]);
    for part in told["parts"].as_array().unwrap() {
        assert_eq!((&part["data"], &part["definition"]), (&0.0.into(), &0.0.into()), "{part}");
        assert_eq!(part["drift"], "little");
    }
}

#[test]
fn capability_41_the_order_of_rows_and_names_of_accounts_change_nothing() {
    let amounts = amounts(9, 25);
    let told = project(&amounts).json(&VS);
    let renamed: Vec<(String, i64, i64)> = amounts
        .iter()
        .rev()
        .map(|(account, first, second)| (format!("z{}", &account[1..]), *first, *second))
        .collect();
    assert_eq!(project(&renamed).json(&VS)["parts"], told["parts"]);
    // Who has what is of no account: as many are where as many were.
    let mut seconds: Vec<i64> = amounts.iter().map(|(_, _, second)| *second).collect();
    seconds.rotate_left(7);
    let turned: Vec<(String, i64, i64)> = amounts
        .iter()
        .zip(seconds)
        .map(|((account, first, _), second)| (account.clone(), *first, second))
        .collect();
    assert_eq!(project(&turned).json(&VS)["parts"], told["parts"]);
}

const SCIPY: &str = "
import json, sys
import numpy as np
from scipy.special import rel_entr
told = json.loads(sys.argv[1])
for part in told['parts']:
    again, now = (np.array([share[side] for share in part['shares'] if share['again'] or share['now']]) for side in ('again', 'now'))
    p, q = np.maximum(now, 1e-4), np.maximum(again, 1e-4)
    exact = float(rel_entr(p, q).sum() + rel_entr(q, p).sum())
    if abs(exact - part['data']) > 1e-12: print(part['title'], exact, part['data'])
";

#[test]
fn capability_41_the_index_is_the_divergence_of_jeffreys_that_scipy_computes() {
    if python::or_skip(python::has(&["numpy", "scipy"])).is_none() {
        return;
    }
    for seed in 20..24 {
        let told = project(&amounts(seed, 35)).json(&VS);
        assert_eq!(told["parts"].as_array().unwrap().len(), 3, "{told}");
        assert_eq!(python::run(SCIPY, &[&told.to_string()]), "");
    }
}

#[test]
fn capability_41_a_limit_of_the_data_ends_with_3_and_names_what_moved() {
    let amounts: Vec<(String, i64, i64)> = (0..20).map(|account| (format!("a{account}"), 9, 1)).collect();
    let project = project(&amounts);
    let ended = project.hale(&["drift", "--vs", "2026-01-01", "--limit", "0.25"]);
    assert_eq!(code(&ended), 3, "{}{}", out(&ended), err(&ended));
    for words in
        ["--limit: Amount has drifted by", "and may by 0.25", "most of it: below 6, from 0.0 % to 100.0 %"]
    {
        assert!(err(&ended).contains(words), "{words}: {}", err(&ended));
    }
    for words in ["Health of accounts, 2026-01-02 (20 rows) against 2026-01-01 (20 rows)", "much", "below 6"]
    {
        assert!(out(&ended).contains(words), "{words}: {}", out(&ended));
    }
    good(project.hale(&["drift", "--vs", "2026-01-01", "--limit", "1000"]));
    let ended = project.hale(&["drift", "--vs", "2026-01-01", "--limit", "0.25", "--json"]);
    assert_eq!(code(&ended), 3);
    assert_eq!(out(&ended).lines().count(), 1);
    assert_eq!(code(&project.hale(&["drift", "--vs", "2026-01-01", "--limit=-1"])), 2);
}

#[test]
fn capability_41_what_cannot_be_compared_is_refused_in_words() {
    let project = project(&amounts(4, 10));
    let refused = |arguments: &[&str], exit: i32, words: &str| {
        let ended = project.hale(arguments);
        assert_eq!(code(&ended), exit, "{}{}", out(&ended), err(&ended));
        assert!(err(&ended).contains(words), "{words}: {}", err(&ended));
    };
    refused(
        &["drift"],
        2,
        "is not published of 2025-12-05, 28 days before 2026-01-02; name what to compare with",
    );
    refused(&["drift", "--vs", "2025-01-01"], 2, "scores.health has no day 2025-01-01");
    refused(
        &["drift", "--from", "2025-01-01", "--to", "2025-02-01"],
        2,
        "is not published on any day from 2025-01-01",
    );
    refused(
        &["drift", "--from", "2026-01-02", "--to", "2026-01-01"],
        2,
        "--from 2026-01-02 is after --to 2026-01-01",
    );
    refused(&["drift", "helth", "--vs", "2026-01-01"], 2, "did you mean `health`?");
    std::fs::remove_dir_all(project.path("out/_hale/definitions")).unwrap();
    refused(&["drift", "--vs", "2026-01-01"], 1, "is not archived");
}
