//! Scores kept by hand beside the computed ones: `hale agree`.

use std::path::Path;

use serde_json::{Value, json};

use super::figures::{Random, asked as said};
use super::world::{ACCOUNTS, DAYS, Planted, hale, project, rows, told};
use crate::suggest::world::write;

/// A project with two published days.
fn published() -> tempfile::TempDir {
    let project = project(&rows(Planted::Nothing));
    for day in &DAYS[..2] {
        told(project.path(), &["run", "--as-of", day]);
    }
    project
}

/// Scores and tiers of a day, by account.
fn computed(root: &Path, day: &str) -> Vec<(String, f64, String)> {
    let query = format!(
        "SELECT account_id, raw_score, tier FROM scores.health WHERE as_of_date = '{day}' ORDER BY account_id"
    );
    let output = hale(root, &["query", &query, "--format", "csv", "--limit", "1000"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let parts: Vec<&str> = line.split(',').collect();
        (parts[0].to_owned(), parts[1].parse().unwrap(), parts[2].to_owned())
    };
    text.lines().skip(1).map(row).collect()
}

fn refused(root: &Path, arguments: &[&str], said: &str) {
    let output = hale(root, arguments);
    let all = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && all.contains(said), "{arguments:?}: {said}: {all}");
}

#[test]
fn kept_scores_agree_as_scipy_says_and_the_farthest_apart_are_named() {
    let project = published();
    let root = project.path();
    let scores = computed(root, DAYS[1]);
    assert_eq!(scores.len(), ACCOUNTS);
    // By hand on a scale of 1 to 5, roughly as computed; of one the other way round.
    let mut random = Random::new(3);
    let mut kept: Vec<(String, f64)> = scores
        .iter()
        .map(|(account, score, _)| {
            (account.clone(), (score / 20.0 + random.normal() * 0.7).round().clamp(1.0, 5.0))
        })
        .collect();
    let lowest = (0..ACCOUNTS).min_by(|a, b| scores[*a].1.total_cmp(&scores[*b].1)).unwrap();
    kept[lowest].1 = 5.0;
    let mut file: String = kept.iter().map(|(account, score)| format!("{account},{score}\n")).collect();
    file += "nobody,3\na000x,\n";
    write(root, "kept.csv", &format!("account_id,score\n{file}"));
    let found = told(root, &["agree", "--with", "kept.csv"]);
    assert_eq!(found["days"], json!([DAYS[1]]), "rows without a day are of the newest");
    assert_eq!((&found["rows"], &found["compared"]), (&json!(ACCOUNTS + 1), &json!(ACCOUNTS)));
    assert_eq!((&found["unknown"], &found["empty"]), (&json!(["nobody"]), &json!(1)));
    assert_eq!(found["apart"][0]["account_id"], json!(scores[lowest].0));
    // Places: the share of the day's rows below, half of those alike counted.
    let place = |values: &[f64], own: f64| {
        let below = values.iter().filter(|value| **value < own).count() as f64;
        let alike = values.iter().filter(|value| **value == own).count() as f64;
        (below + alike / 2.0) / values.len() as f64
    };
    let all: Vec<f64> = scores.iter().map(|(_, score, _)| *score).collect();
    let by_hand: Vec<f64> = kept.iter().map(|(_, score)| *score).collect();
    for row in found["apart"].as_array().unwrap() {
        let at = scores.iter().position(|(account, ..)| *account == row["account_id"]).unwrap();
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!((number("place") - place(&all, all[at])).abs() < 1e-12, "{row}");
        assert!((number("kept_place") - place(&by_hand, by_hand[at])).abs() < 1e-12, "{row}");
    }
    let apart = |row: &Value| (row["place"].as_f64().unwrap() - row["kept_place"].as_f64().unwrap()).abs();
    let distances: Vec<f64> = found["apart"].as_array().unwrap().iter().map(apart).collect();
    assert!(distances.len() == 10 && distances.is_sorted_by(|a, b| a >= b), "{distances:?}");
    let values: Vec<(&Value, &Value)> =
        found["values"].as_array().unwrap().iter().map(|value| (&value["kept"], &value["rows"])).collect();
    let threes = by_hand.iter().filter(|score| **score == 3.0).count();
    assert!(values.contains(&(&json!("3"), &json!(threes))), "{values:?}");
    let range = ["from", "to"].map(|end| found["interval"][end].as_f64().unwrap());
    let correlation = found["correlation"].as_f64().unwrap();
    assert!(range[0] < correlation && correlation < range[1] && range[1] - range[0] < 0.4, "{found}");
    let Some(said) = said(&[json!({ "kind": "ranks", "first": by_hand, "second": all })]) else { return };
    assert!((correlation - said[0]["correlation"].as_f64().unwrap()).abs() < 1e-12, "{said:?}");
}

#[test]
fn kept_words_are_told_by_the_scores_and_tiers_of_each() {
    let project = published();
    let root = project.path();
    let scores = computed(root, DAYS[0]);
    let word = |score: f64| {
        if score < 30.0 {
            "red"
        } else if score < 60.0 {
            "yellow"
        } else {
            "green"
        }
    };
    let file: String = scores
        .iter()
        .map(|(account, score, _)| format!("{account},{},{}\n", DAYS[0], word(*score)))
        .collect();
    write(root, "kept.csv", &format!("account_id,day,score\n{file}"));
    let found = told(root, &["agree", "health", "--with", "kept.csv"]);
    assert_eq!((&found["correlation"], &found["apart"]), (&Value::Null, &json!([])));
    let values = found["values"].as_array().unwrap();
    let words: Vec<&Value> = values.iter().map(|value| &value["kept"]).collect();
    assert_eq!(words, ["red", "yellow", "green"], "by the mean of the computed scores");
    for value in values {
        let of: Vec<&(String, f64, String)> =
            scores.iter().filter(|(_, score, _)| word(*score) == value["kept"]).collect();
        let mean = of.iter().map(|(_, score, _)| score).sum::<f64>() / of.len() as f64;
        assert_eq!(value["rows"], of.len());
        assert!((value["mean_score"].as_f64().unwrap() - mean).abs() < 1e-9);
        let low = of.iter().filter(|(.., tier)| tier == "low").count();
        let told = value["tiers"].as_array().unwrap().iter().find(|tier| tier[0] == "low");
        assert_eq!(told.map_or(0, |tier| tier[1].as_u64().unwrap()), low as u64, "{value}");
    }
    let text = String::from_utf8(hale(root, &["agree", "--with", "kept.csv"]).stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80) && text.contains("yellow"), "{text}");
}

#[test]
fn a_file_that_is_none_is_refused_with_its_row() {
    let project = published();
    let root = project.path();
    let with = |text: &str, said: &str| {
        write(root, "kept.csv", text);
        refused(root, &["agree", "--with", "kept.csv"], said);
    };
    with("account_id,score\na001,3\na002,red\n", "row 2: `red` is no number");
    with("account_id,score\na001,3\na001,4\n", "row 2: `a001` stands there twice on 2026-03-29");
    with("account_id;score\na001;3\n", "separated by `;`");
    with("account_id,score\n,3\n", "row 1: no account_id");
    with("account_id,score\na001,\n", "no row has a score");
    with("account_id,points\na001,3\n", "there is no column `score`");
    with("account_id,day,score\na001,2026-04-01,3\n", "2026-04-01");
    with("account_id,day,score\na001,yesterday,3\n", "row 1: `yesterday` is no day");
    refused(root, &["agree", "--with", "kept.txt"], "neither .csv nor .parquet");
    refused(root, &["agree", "helth", "--with", "kept.csv"], "health");
}
