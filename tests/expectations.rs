//! What people who know a customer expect of its score: in a run before it publishes, and in `hale test` of what is published.

use serde_json::Value;

use crate::cli::{Project, SETTINGS, age, code, err, files_below, good, one_line, out, sums};

const COMPONENTS: &str = "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n\
    rate: {title: Rate, value: n, linear: {from: 0, to: 10, points: [0, 10]}}\n";
const SCORE: &str = "title: Health\nversion: '1'\ncomponents: {amount: 1, rate: 1}\n\
    tiers: [{name: low, below: 40, at_risk: true}, {name: mid, below: 90}, {name: high}]\n";

const FIRST: [&str; 3] = ["run", "--as-of", "2026-01-01"];

/// Scores of two accounts on the first day, 25 (low) and 85 (mid), and of `a` on the second, 95 (high).
fn project(expectations: &str) -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", SCORE),
    ]);
    expect(&project, expectations);
    project
}

fn expect(project: &Project, expectations: &str) {
    project.write("sql/expectations/health.yml", &format!("expectations:\n{expectations}"));
}

/// An entry of a file: who, when, what.
fn entry(account: &str, day: u32, what: &str) -> String {
    format!(
        "  - {{account: {account}, day: 2026-01-0{day}, {what}, author: Mia, why: \"{account} was met\"}}\n"
    )
}

fn published(project: &Project) -> Vec<String> {
    let files = files_below(&project.path("out"));
    files.into_iter().filter(|file| file.ends_with(".parquet") && !file.starts_with("_hale")).collect()
}

#[track_caller]
fn ends(project: &Project, arguments: &[&str], exit: i32, words: &[&str]) -> String {
    let ended = project.hale(arguments);
    let said = format!("{}{}", out(&ended), err(&ended));
    assert_eq!(code(&ended), exit, "{said}");
    for words in words {
        assert!(said.contains(words), "{words}: {said}");
    }
    said
}

#[test]
fn capability_43_a_run_that_breaks_an_expectation_publishes_nothing_and_names_each_of_them() {
    let broken = [entry("a", 1, "tier: [mid, high]"), entry("b", 1, "at_least: 90, at_most: 95")].concat();
    let project = project(&broken);
    let said = ends(
        &project,
        &FIRST,
        3,
        &[
            "account a on 2026-01-01: health is 25, low, and mid or high is expected",
            "account b on 2026-01-01: health is 85, mid, and 90 to 95 is expected",
            "why: a was met",
            "why: b was met",
            "by: Mia",
            "sql/expectations/health.yml:2:15",
            "sql/expectations/health.yml:3:15",
        ],
    );
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(published(&project), Vec::<String>::new());
    // One that holds does not hide one that does not.
    expect(&project, &[entry("a", 1, "tier: low"), entry("b", 1, "at_most: 84.9")].concat());
    let said = ends(&project, &FIRST, 3, &["health is 85, mid, and 84.9 or less is expected"]);
    assert!(!said.contains("account a"), "{said}");
    expect(&project, &[entry("a", 1, "tier: low, at_most: 25"), entry("b", 1, "at_least: 85")].concat());
    good(project.hale(&FIRST));
    assert!(!published(&project).is_empty());
}

#[test]
fn capability_43_runs_may_be_warned_of_what_is_broken() {
    let project = project(&entry("a", 1, "tier: high"));
    project.write("hale.yml", &format!("{SETTINGS}expectations: warn\n"));
    ends(&project, &FIRST, 0, &["warning[expectation]", "health is 25, low, and high is expected"]);
    assert!(!published(&project).is_empty());
    project.write("hale.yml", &format!("{SETTINGS}expectations: stop\n"));
    ends(&project, &["run", "--as-of", "2026-01-01", "--force"], 3, &["error[expectation]"]);
    project.write("hale.yml", &format!("{SETTINGS}expectations: wran\n"));
    ends(&project, &["check"], 1, &["`wran` is not supported here", "did you mean `warn`?"]);
}

#[test]
fn capability_43_a_run_holds_what_is_expected_of_its_own_days_as_they_happened() {
    let project = project(&[entry("a", 1, "tier: low"), entry("a", 2, "tier: low")].concat());
    good(project.hale(&FIRST));
    ends(&project, &["run", "--as-of", "2026-01-02"], 3, &["account a on 2026-01-02: health is 95, high"]);
    ends(&project, &["run", "--from", "2026-01-01", "--to", "2026-01-02"], 3, &["on 2026-01-02"]);
    good(project.hale(&["run", "--as-of", "2026-01-02", "--as-known"]));
    // Metrics alone say nothing of scores.
    good(project.hale(&["run", "--as-of", "2026-01-02", "--select", "metrics.accounts"]));
    // Scores made again of published metrics are held against it too.
    ends(&project, &["run", "--as-of", "2026-01-02", "--rescore"], 3, &["health is 95, high"]);
}

#[test]
fn capability_43_who_is_not_there_is_no_pass() {
    let project = project(&[entry("ghost", 1, "tier: low"), entry("a", 1, "tier: low")].concat());
    ends(
        &project,
        &FIRST,
        3,
        &["account ghost on 2026-01-01: there is no row in scores.health, and low is expected"],
    );
}

#[test]
fn capability_43_test_tells_what_holds_what_is_broken_and_what_is_not_published() {
    let holds = entry("a", 1, "tier: low");
    let project = project(&holds);
    let words = ["test", "expectations"];
    ends(
        &project,
        &words,
        3,
        &[
            "NOT PUBLISHED scores.health: account a on 2026-01-01: low",
            "0 expectations hold, 0 are broken, 1 are of what is not published",
            "not published, so that nobody knows whether it is low",
            "hale run --as-of 2026-01-01",
        ],
    );
    good(project.hale(&FIRST));
    let said = good(project.hale(&words));
    assert!(said.contains("ok     scores.health: account a on 2026-01-01: low"), "{said}");
    assert!(said.ends_with("1 expectations hold, 0 are broken, 0 are of what is not published\n"), "{said}");

    let all =
        [holds, entry("b", 1, "at_least: 86"), entry("ghost", 1, "tier: low"), entry("a", 2, "tier: high")];
    expect(&project, &all.concat());
    let ended = project.hale(&["test", "expectations", "--json"]);
    let told = one_line(&out(&ended));
    assert_eq!((code(&ended), &told["ok"], &told["exit_code"]), (3, &false.into(), &3.into()), "{told}");
    let states: Vec<&str> =
        told["expectations"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["holds", "broken", "broken", "not published"]);
    let codes: Vec<&Value> = told["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["expectation", "expected-account", "expected-day"]);
    // With cases that fail it is the project that is wrong.
    assert_eq!(code(&project.hale(&["test"])), 1);
    // Whoever names cases asks for these, and who has no data asks for none of this.
    assert_eq!(code(&project.hale(&["test", "--allow-untested", "--no-expectations"])), 0);
    assert_eq!(code(&project.hale(&["test", "--allow-untested"])), 3);
    // What a commit had published is what counts when it is asked of.
    expect(&project, &[entry("a", 1, "tier: low"), entry("a", 2, "tier: high")].concat());
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    good(project.hale(&words));
    ends(&project, &["test", "expectations", "--commit", "1"], 3, &["1 are of what is not published"]);
}

/// To write an expectation down changes no row: nothing is stale for it.
#[test]
fn capability_43_what_is_expected_makes_nothing_stale() {
    let project = project(&entry("a", 1, "tier: low"));
    age(&project, "data/events.parquet", 0);
    let commit = |project: &Project| project.json(&FIRST)["commit"].clone();
    let first = commit(&project);
    assert!(first.is_u64(), "{first}");
    expect(&project, &[entry("a", 1, "tier: low"), entry("b", 1, "tier: mid")].concat());
    let said = good(project.hale(&["plan", "--as-of", "2026-01-01"]));
    assert!(said.contains("as it would be"), "{said}");
    let again = project.json(&FIRST);
    assert!(again["commit"].is_null() || again["commit"] == first, "{again}");
}

#[test]
fn capability_43_what_is_written_wrong_is_refused_with_its_place() {
    let project = project(&entry("a", 1, "tier: low"));
    good(project.hale(&["check"]));
    let wrong = [
        (entry("a", 1, "tier: lowe"), "`lowe` is no tier of health", "did you mean `low`?"),
        (entry("a", 1, "tier: [low, hig]"), "`hig` is no tier of health", "did you mean `high`?"),
        (entry("a", 1, "tier: []"), "a list of no tiers expects nothing", "name a tier"),
        (entry("a", 1, "teir: low"), "unknown key `teir`", "did you mean `tier`?"),
        (entry("a", 1, "user: u, tier: low"), "a score of accounts, not of users", "leave `user` out"),
        (entry("a", 1, "at_least: 101"), "no score is 101 or more", "health goes from 0 to 100"),
        (entry("a", 1, "at_most: -1"), "no score is -1 or less", "health goes from 0 to 100"),
        (entry("a", 1, "at_least: 50, at_most: 40"), "this goes from 50 to 40", "empty-range"),
        (entry("a", 1, "at_least: .nan"), "a finite number is needed here", "bad-number"),
        (entry("a", 1, "tier: low").repeat(2), "something is expected twice", "health.yml, line 2"),
        (
            "  - {account: a, day: 2026-01-01, author: M, why: w}\n".to_owned(),
            "nothing is expected here",
            "tier",
        ),
        (
            "  - {account: a, day: 2026-01-01, tier: low, why: w}\n".to_owned(),
            "the key `author` is missing",
            ":2:",
        ),
        (
            "  - {account: a, day: 2026-01-01, tier: low, author: ' ', why: w}\n".to_owned(),
            "one line of text",
            ":2:",
        ),
        (
            "  - {account: a, day: 2026-02-30, tier: low, author: M, why: w}\n".to_owned(),
            "`2026-02-30` is no date",
            ":2:",
        ),
        (
            "  - {account: a, day: 2025-12-31, tier: low, author: M, why: w}\n".to_owned(),
            "before the project's history",
            "2026-01-01",
        ),
        ("  []\n".to_owned(), "the file expects nothing", "remove the file"),
    ];
    for (written, message, more) in wrong {
        expect(&project, &written);
        ends(&project, &["check"], 1, &[message, more, "sql/expectations/health.yml:"]);
    }
    expect(&project, &entry("a", 1, "tier: low"));
    // A file may be called anything that says whose it is.
    let other = |score: &str| format!("{score}expectations:\n{}", entry("b", 1, "tier: mid"));
    project.write("sql/expectations/known_customers.yml", &other("score: health\n"));
    good(project.hale(&["check"]));
    project.write("sql/expectations/known_customers.yml", &other("score: helth\n"));
    ends(&project, &["check"], 1, &["there is no score `helth`", "did you mean `health`?"]);
    project.write("sql/expectations/known_customers.yml", &other(""));
    ends(&project, &["check"], 1, &["there is no score `known_customers`", "name the score in the file"]);
    std::fs::remove_file(project.path("sql/expectations/known_customers.yml")).unwrap();
    project.write("sql/expectation/health.yml", "");
    ends(&project, &["check"], 1, &["sql/expectation is no layer", "did you mean `expectations`?"]);
}

/// Every range and tier against every score, by its definition.
#[test]
fn capability_43_an_expectation_holds_exactly_where_its_definition_says_so() {
    let project = project("  []\n");
    let tiers = ["low", "mid", "high", "unscored"];
    let ranges = [
        (None, None),
        (Some(25.0), None),
        (None, Some(85.0)),
        (Some(25.5), Some(84.5)),
        (Some(85.0), Some(85.0)),
    ];
    let mut rows: Vec<(String, Option<i64>)> = Vec::new();
    let (mut written, mut expected) = (String::new(), Vec::new());
    for n in (0..11).map(Some) {
        for (at, (least, most)) in ranges.into_iter().enumerate() {
            for which in 0..8_usize {
                let wanted: Vec<&str> = tiers
                    .iter()
                    .enumerate()
                    .filter(|(bit, _)| which >> bit & 1 == 1)
                    .map(|(_, tier)| *tier)
                    .collect();
                if wanted.is_empty() && least.is_none() && most.is_none() {
                    continue;
                }
                let account = format!("n{}r{at}t{which}", n.unwrap_or_default());
                let tier = if wanted.is_empty() {
                    String::new()
                } else {
                    format!("tier: [{}], ", wanted.join(", "))
                };
                let ends = [("at_least", least), ("at_most", most)];
                let ends: String =
                    ends.iter().filter_map(|(key, end)| Some(format!("{key}: {}, ", (*end)?))).collect();
                written +=
                    &format!("  - {{account: {account}, day: 2026-01-01, {tier}{ends}author: M, why: w}}\n");
                let score = n.map(|n| if n < 6 { 0.0 } else { 50.0 } + n as f64 * 5.0).unwrap_or_default();
                let is = if score < 40.0 {
                    "low"
                } else if score < 90.0 {
                    "mid"
                } else {
                    "high"
                };
                let holds = (wanted.is_empty() || wanted.contains(&is))
                    && least.is_none_or(|least| score >= least)
                    && most.is_none_or(|most| score <= most);
                expected.push((account.clone(), if holds { "holds" } else { "broken" }));
                rows.push((account, n));
            }
        }
    }
    let rows: Vec<(&str, i32, i64)> =
        rows.iter().map(|(account, n)| (account.as_str(), 1, n.unwrap_or_default())).collect();
    project.events(&rows);
    std::fs::remove_file(project.path("sql/expectations/health.yml")).unwrap();
    good(project.hale(&FIRST));
    expect(&project, &written);
    let told = one_line(&out(&project.hale(&["test", "expectations", "--json"])));
    let told = told["expectations"].as_array().unwrap();
    let told: Vec<(String, &str)> = told
        .iter()
        .map(|one| (one["account"].as_str().unwrap().to_owned(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told.len(), expected.len());
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told, expected);
    }
    let count = |state: &str| expected.iter().filter(|(_, is)| *is == state).count();
    assert!(count("holds") > 50 && count("broken") > 50, "{} {}", count("holds"), count("broken"));
}

const USERS: &str = "-- Facts of users.\nCREATE TABLE metrics.users (\n  account_id VARCHAR NOT NULL, -- who\n  user_id VARCHAR NOT NULL, -- who\n  \
    as_of_date DATE NOT NULL, -- when\n  n BIGINT, -- how much\n  PRIMARY KEY (account_id, user_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT account_id, account_id || 's' AS user_id, day AS as_of_date, n FROM staging.events\n";

#[test]
fn capability_43_scores_of_users_are_expected_by_user() {
    let project = Project::of(&[
        ("sql/metrics/users.sql", USERS),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", &format!("{SCORE}entity: user\n")),
    ]);
    expect(&project, &entry("a", 1, "tier: low"));
    ends(&project, &["check"], 1, &["no user is named here", "add `user`"]);
    expect(&project, &[entry("a", 1, "user: as, tier: low"), entry("b", 1, "user: as, tier: mid")].concat());
    ends(&project, &FIRST, 3, &["user as of account b on 2026-01-01: there is no row in scores.health"]);
    expect(&project, &[entry("a", 1, "user: as, tier: low"), entry("b", 1, "user: bs, tier: high")].concat());
    ends(
        &project,
        &FIRST,
        3,
        &["user bs of account b on 2026-01-01: health is 85, mid, and high is expected"],
    );
    expect(&project, &[entry("a", 1, "user: as, tier: low"), entry("b", 1, "user: bs, tier: mid")].concat());
    good(project.hale(&FIRST));
    good(project.hale(&["test", "expectations"]));
}

/// Names are texts, whatever is in them.
#[test]
fn capability_43_an_account_with_any_name_is_found() {
    let project = project("  - {account: \"'; DROP\", day: 2026-01-02, tier: low, author: M, why: w}\n");
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    let said = good(project.hale(&["test", "expectations"]));
    assert!(said.contains("1 expectations hold"), "{said}");
}
