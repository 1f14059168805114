//! What columns are described with: each text stands alone, where it is read beside one column in a catalogue, and what is
//! carried from table to table is described in one way.

use halescore::pipeline::Pipeline;
use halescore::project::layer::{Layer, ModelName};
use halescore::project::model::Model;

use super::bundled;

/// Words that point at a neighbour, which is not there where a column is read alone.
const POINTING: [&str; 15] = [
    "the same,",
    "the same at",
    "the same by",
    "of those,",
    "share of those",
    "of them",
    "as above",
    "as all below",
    "as all up",
    "all of it",
    "part of it",
    "their mean",
    "these belong",
    "that date",
    "that judgement",
];

/// Words with which only a neighbour can have begun.
const BEGINNINGS: [&str; 5] = ["the same ", "of these ", "of those ", "all of ", "so far"];

fn metrics<'a>(pipeline: &'a Pipeline, table: &str) -> &'a Model {
    let name = ModelName::new(Layer::Metrics, table);
    pipeline.models.iter().find(|model| model.name == name).unwrap_or_else(|| panic!("{name} is not there"))
}

/// The subjects that stand side by side in `metrics.accounts`, each with the columns that are left out there.
fn subjects(text: &str) -> Vec<(&str, Vec<&str>)> {
    let parts: Vec<&str> = text.split(".* EXCLUDE (").collect();
    let subject = |before: &'_ str| before.rfind(char::is_whitespace).map_or(0, |place| place + 1);
    let pairs = parts.windows(2).map(|pair| {
        let (left_out, _) = pair[1].split_once(')').unwrap();
        (&pair[0][subject(pair[0])..], left_out.split(", ").collect())
    });
    pairs.collect()
}

#[test]
fn a_column_that_is_carried_is_described_in_one_way() {
    let pipeline = bundled();
    let accounts = metrics(&pipeline, "accounts");
    let mut of_accounts = subjects(&accounts.file.text);
    assert!(of_accounts.len() > 10, "{of_accounts:?}");
    // The spine is carried column by column.
    of_accounts.push(("spine", Vec::new()));
    let mut compared = 0;
    for (subject, left_out) in of_accounts {
        for column in &metrics(&pipeline, subject).contract.columns {
            let is_key = ["account_id", "as_of_date"].contains(&column.name.as_str());
            let carried = accounts.contract.columns.iter().find(|carried| carried.name == column.name);
            let Some(carried) = carried.filter(|_| is_key || !left_out.contains(&column.name.as_str()))
            else {
                continue;
            };
            compared += 1;
            assert_eq!(
                column.description, carried.description,
                "metrics.{subject}.{} and metrics.accounts.{} are described in two ways",
                column.name, column.name
            );
        }
    }
    assert!(compared > 200, "only {compared} columns are carried");
}

#[test]
fn a_column_is_described_without_its_neighbours() {
    let pipeline = bundled();
    let mut read = 0;
    for model in &pipeline.models {
        if ![Layer::Metrics, Layer::Marts].contains(&model.name.layer) {
            continue;
        }
        for column in &model.contract.columns {
            read += 1;
            let said = &column.description;
            let as_words = format!(" {said}");
            let pointing = POINTING.iter().find(|words| as_words.contains(&format!(" {words}")));
            let begins = BEGINNINGS.iter().find(|words| said.starts_with(**words));
            if let Some(words) = pointing.or(begins) {
                panic!("{}.{} points at a neighbour with `{words}`: {said}", model.name, column.name);
            }
        }
    }
    assert!(read > 500, "only {read} columns");
}
