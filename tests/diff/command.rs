//! The command: its gates and exit codes, its refusals, that it writes nothing, and what it says of what it cannot see.

use std::collections::BTreeMap;

use clap::CommandFactory;
use halescore::cli::Call;
use serde_json::Value;

use crate::cli::{Project, code, err, files_below, good, one_line, out, sums};

const COMPONENTS: &str = "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n\
    rate: {title: Rate, value: n, linear: {from: 0, to: 10, points: [0, 10]}}\n";

fn score(text: &str) -> String {
    format!(
        "title: Health\nversion: '1'\n{text}tiers: [{{name: low, below: 40, at_risk: true}}, {{name: high}}]\n"
    )
}

/// Two accounts on the first day, two on the second.
fn project() -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", &score("components: {amount: 1, rate: 1}\n")),
    ]);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project
}

#[track_caller]
fn refused(project: &Project, arguments: &[&str], exit: i32, words: &[&str]) {
    let ended = project.hale(arguments);
    assert_eq!(code(&ended), exit, "{}{}", out(&ended), err(&ended));
    for words in words {
        assert!(err(&ended).contains(words), "{words}: {}", err(&ended));
    }
}

/// The bytes of all that is published.
fn published(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let root = project.path("out");
    files_below(&root)
        .into_iter()
        .map(|file| (file.clone(), std::fs::read(root.join(file)).unwrap()))
        .collect()
}

#[test]
fn the_same_definition_moves_nothing_and_no_published_byte_is_changed() {
    let project = project();
    let before = published(&project);
    assert!(!before.is_empty());
    for arguments in
        [vec!["diff"], vec!["diff", "1"], vec!["diff", "published", "."], vec!["diff", "--max-moved", "0%"]]
    {
        let text = good(project.hale(&arguments));
        assert!(text.contains("nothing moves: 2 accounts are as they were"), "{text}");
    }
    let told = project.json(&["diff", ".", "published"]);
    assert_eq!(
        (&told["moved"]["rows"], &told["scored"], &told["causes"]),
        (&Value::from(0), &Value::from(2), &Value::Array(vec![]))
    );
    assert_eq!(
        (&told["old"]["words"], &told["new"]["words"]),
        (&Value::from("."), &Value::from("published (commit 1)"))
    );
    project.write("sql/scores/health.yml", &score("components: {amount: 3, rate: 1}\n"));
    good(project.hale(&["diff", "--from", "2026-01-01", "--to", "2026-01-02"]));
    assert_eq!(published(&project), before);
}

#[test]
fn gates_end_with_3_and_say_which_by_how_much() {
    let project = project();
    // Of 9 and 1 the one is high by either definition, and the other low; then all are high.
    project.write(
        "sql/scores/health.yml",
        &score("components: {amount: 1, rate: 1}\n").replace("below: 40", "below: 4"),
    );
    let told = project.json(&["diff", "--max-moved", "50%"]);
    assert_eq!(told["moved"]["rows"], 1, "{told}");
    assert_eq!(
        told["gates"],
        serde_json::json!([{"gate": "--max-moved", "share": 0.5, "limit": 0.5, "is_broken": false}])
    );
    let words = "--max-moved: 50 % of all rows would change the tier, and at most 49.9 % may";
    refused(&project, &["diff", "--max-moved", "49.9%"], 3, &[words, "gate-broken"]);
    let ended = project.hale(&["diff", "--max-moved", "5 %", "--json"]);
    assert_eq!(code(&ended), 3);
    assert_eq!(one_line(&out(&ended))["gates"][0]["is_broken"], true);
    let words = "--max-arr-moved: metrics.accounts has no column `arr`";
    refused(&project, &["diff", "--max-arr-moved", "5%"], 2, &[words]);
    refused(&project, &["diff", "--max-moved", "5"], 2, &["write a share such as 5%"]);
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let project = project();
    refused(&project, &["diff", "7"], 2, &["there is no commit 7", "there are 1 to 1"]);
    refused(
        &project,
        &["diff", "elsewhere"],
        2,
        &["`elsewhere` is no definition: there is no hale.yml in it"],
    );
    refused(
        &project,
        &["diff", "--score", "helth"],
        2,
        &["in the project: there is no score `helth`; did you mean `health`?"],
    );
    refused(&project, &["diff", "--as-of", "2026-01-09"], 2, &["metrics.accounts has no day 2026-01-09"]);
    refused(
        &project,
        &["diff", "--from", "2026-02-01", "--to", "2026-02-09"],
        2,
        &["is not published on any day from 2026-02-01 to 2026-02-09"],
    );
    refused(&project, &["diff", "--out", "nowhere"], 1, &["nothing is published in"]);
    let health = score("components: {amount: 1, rate: 1}\n");
    project.write(
        "sql/scores/health.yml",
        &health.replace("title", "scale: [0, 10]\ntitle").replace("below: 40", "below: 4"),
    );
    refused(
        &project,
        &["diff"],
        2,
        &["health goes from 0 to 100 in published (commit 1), and from 0 to 10 in the project"],
    );
    project.write("sql/scores/health.yml", &health);
    project.write("sql/scores/other.yml", &health);
    refused(
        &project,
        &["diff", "--score", "other"],
        2,
        &["in published (commit 1): there is no score `other`"],
    );
    let parent = "roll_up: {of: health, to: account_id, measure: mean, fallback: own}\n";
    project.write("sql/scores/other.yml", &score(parent));
    refused(&project, &["diff", ".", ".", "--score", "other"], 2, &["other is made of the scores of others"]);
    std::fs::remove_dir_all(project.path("out/_hale/definitions")).unwrap();
    refused(&project, &["diff"], 1, &["commit 1 of", "has no archived definition"]);
}

#[test]
fn a_score_of_users_is_not_compared_with_one_of_accounts() {
    let project = project();
    let users = sums("n BIGINT").replace("metrics.accounts", "metrics.users");
    let users = users.replace("as_of_date DATE", "user_id VARCHAR NOT NULL, -- user\n  as_of_date DATE");
    let users = users.replace("SELECT account_id,", "SELECT account_id, account_id AS user_id,");
    let users = users.replace("KEY (account_id,", "KEY (account_id, user_id,");
    project.write("sql/metrics/users.sql", &users);
    project.write("sql/scores/people.yml", &score("entity: user\ncomponents: {amount: 1}\n"));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    project.write("sql/scores/people.yml", &score("entity: user\ncomponents: {rate: 1}\n"));
    let told = project.json(&["diff", "--score", "people"]);
    assert_eq!(
        (&told["entity"], &told["rows"], &told["arr"]),
        (&Value::from("user"), &Value::from(2), &Value::Null)
    );
    assert_eq!(told["movers"][0]["user_id"], told["movers"][0]["account_id"]);
    project.write("sql/scores/people.yml", &score("components: {amount: 1}\n"));
    refused(
        &project,
        &["diff", "--score", "people"],
        2,
        &["people is a score of users in published (commit 2), and of accounts in the project"],
    );
}

#[test]
fn a_metric_that_is_not_published_is_named_and_days_that_are_looked_back_to_must_be_there() {
    let project = project();
    let more = sums("n BIGINT, -- how much\n  twice BIGINT")
        .replace("sum(n) AS n", "sum(n) AS n, sum(n) * 2 AS twice");
    project.write("sql/metrics/accounts.sql", &more);
    project.write("sql/components/all.yml", &COMPONENTS.replace("Rate, value: n", "Rate, value: twice"));
    let words = "metrics.accounts is published without the column `twice`, which the component `rate` reads in the project";
    refused(&project, &["diff"], 1, &[words, "build the metric first: `hale run` of these days"]);
    good(project.hale(&["run", "--as-of", "2026-01-02", "--mixed-columns"]));
    // The old definition over the new metrics; the first day has them not.
    let told = project.json(&["diff", "1"]);
    assert_eq!(told["causes"][0]["kind"], "measure", "{told}");
    let note = told["notes"][0].as_str().unwrap();
    assert!(note.starts_with("1 file of a model differs as well (sql/metrics/accounts.sql)"), "{note}");
    refused(&project, &["diff", "1", "--as-of", "2026-01-01"], 1, &[words]);
    let rise = "rise: {title: Rise, value: n, relative_to: {own_history: {days: 2, gap: 1, as: difference}}, bins: [{below: 0, points: 0}, {points: 3}]}\n";
    project.write("sql/components/all.yml", &format!("{COMPONENTS}{rise}"));
    project.write("sql/scores/health.yml", &score("components: {amount: 1, rate: 1, rise: 1}\n"));
    // Each day that is looked back to must have the column too.
    refused(
        &project,
        &["diff"],
        1,
        &["without the column `twice`", "read are the days from 2026-01-01 to 2026-01-02"],
    );
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    good(project.hale(&["diff", "1"]));
    good(project.hale(&["unpublish", "2026-01-01"]));
    let words = "metrics.accounts is not published on 2026-01-01, which health in published";
    refused(&project, &["diff"], 1, &[words, "hale run --from 2026-01-01 --to 2026-01-02"]);
}

#[test]
fn what_a_run_would_refuse_and_what_another_definition_published_is_said() {
    let project = project();
    project.write(
        "sql/components/all.yml",
        &COMPONENTS.replace("value: n, bins", "value: \"nullif(n, 9)\", on_missing: fail, bins"),
    );
    let told = project.json(&["diff"]);
    let note = told["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with(
            "a run by the definition of the project would publish nothing: 1 of 2 rows break its contract"
        ),
        "{note}"
    );
    project.write("sql/components/all.yml", COMPONENTS);
    project.write("sql/scores/health.yml", &score("components: {amount: 3, rate: 1}\n"));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    let told = project.json(&["diff", "published", ".", "--as-of", "2026-01-01"]);
    let note = told["notes"][0].as_str().unwrap();
    assert!(note.starts_with("scores.health of these days was published by another definition ("), "{note}");
    assert_eq!(project.json(&["diff", "1", "2"])["causes"][0]["kind"], "weight");
}

/// What the help shows, on days, commits and folders that are there.
#[test]
fn every_example_of_the_help_runs() {
    let project = super::days::project();
    project.write("sql/scores/health.yml", &score("min_coverage: 0.9\ncomponents: {amount: 1, half: 1}\n"));
    let next = score("status: draft\nreplaces: health\ncomponents: {amount: 1, half: 1}\n");
    project.write("sql/scores/health_next.yml", &next);
    let command = Call::command();
    let help = command.find_subcommand("diff").unwrap().get_after_help().unwrap().to_string();
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  hale ")).collect();
    assert!(examples.len() > 5, "{help}");
    for example in examples {
        let call = example.split("  ").next().unwrap().split(" | ").next().unwrap();
        let call = call.replace("41", "1").replace("../branch", ".").replace("2026-09-", "2026-01-");
        let words: Vec<&str> = call.split_whitespace().collect();
        let ended = project.hale(&words);
        let exit = if call.contains("--max-moved") { 3 } else { 0 };
        assert_eq!(code(&ended), exit, "{call}: {}", err(&ended));
        assert!(!out(&ended).is_empty(), "{call}");
    }
}

/// Names and texts come from strangers: they move no cursor and end no text.
#[test]
fn names_of_strangers_stay_where_they_are() {
    let project = project();
    project.write(
        "sql/scores/health.yml",
        &score("components: {amount: 3, rate: 1}\n").replace("name: low", "name: \"it's \\\"so\\\"\""),
    );
    project.write("sql/components/all.yml", &COMPONENTS.replace("title: Amount", "title: \"A'; -- \\\"\""));
    let text = good(project.hale(&["diff"]));
    assert!(text.contains("'; DROP") && text.contains("it's \"so\"") && text.contains("A'; -- \""), "{text}");
}
