//! The bundled project, and projects over tables of others: how rows are dated is said by their sources, and models do
//! nothing about it.

use std::path::Path;

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::layer::Layer;
use halescore::project::model::{Kind, Model};

/// What staging would dedupe or date rows with.
const BY_HAND: [&str; 11] = [
    "row_number",
    "qualify",
    "distinct",
    "group by",
    "over (",
    "lag(",
    "max(",
    "min(",
    "local_day",
    "now()",
    "current_date",
];

/// What metrics and marts would dedupe rows with, or cut them to a day.
const BY_HAND_LATER: [&str; 5] = ["row_number", "qualify", "select distinct", "now()", "current_date"];

/// What of that is about something else, and what.
const MEANT: [(&str, &str, &str, &str); 30] = [
    ("dpdk", "staging.accounts", "group by", "accounts that two sources name"),
    ("dpdk", "staging.accounts", "min(", "when the first of them is seen"),
    ("incidents", "staging.accounts", "group by", "accounts that two sources name"),
    ("incidents", "staging.accounts", "min(", "when the first of them is seen"),
    ("two_logs", "staging.contracts", "group by", "accounts without contracts"),
    ("two_logs", "staging.contracts", "min(", "when the first of them is seen"),
    ("two_logs", "staging.ticket_events", "over (", "what a ticket was before it changed"),
    ("two_logs", "staging.ticket_events", "lag(", "what a ticket was before it changed"),
    ("bundled", "staging.hand_overs", "over (", "who had an account before"),
    ("bundled", "staging.hand_overs", "lag(", "who had an account before"),
    ("bundled", "staging.payments", "over (", "what was received before"),
    ("bundled", "staging.payments", "lag(", "what was received before"),
    ("bundled", "staging.survivors", "over (", "the step before in a chain of accounts"),
    ("bundled", "staging.survivors", "lag(", "the step before in a chain of accounts"),
    ("bundled", "staging.users", "over (", "the first account of a user"),
    ("bundled", "staging.users", "lag(", "the first account of a user"),
    (
        "bundled",
        "staging.interactions",
        "local_day",
        "the day of a meeting, which its row says beside when it was written down",
    ),
    ("bundled", "staging.overrides", "local_day", "the day on which a decision was revoked"),
    ("bundled", "staging.payments", "local_day", "the day of an attempt"),
    ("bundled", "staging.surveys", "local_day", "the days of a question and its answer"),
    ("bundled", "staging.tickets", "local_day", "the day on which a ticket was opened"),
    ("bundled", "metrics.overrides", "row_number", "one of several decisions that hold on a day"),
    ("bundled", "metrics.overrides", "qualify", "one of several decisions that hold on a day"),
    ("bundled", "metrics.survivors", "row_number", "the place in a chain of accounts"),
    ("bundled", "metrics.surveys", "row_number", "the last of a person's answers of a day"),
    ("bundled", "marts.beta_candidates", "row_number", "a rank"),
    ("bundled", "marts.expansion_candidates", "row_number", "a rank"),
    ("bundled", "marts.portfolios", "select distinct", "days that are published"),
    ("bundled", "marts.reference_candidates", "row_number", "a rank"),
    ("bundled", "marts.work_queue", "row_number", "a rank"),
];

/// What of a list a model has that is not about something else.
fn by_hand(project: &str, model: &Model, list: &[&str]) -> Vec<String> {
    let lines = model.file.text.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    let name = model.name.to_string();
    let is_meant = |word: &str| {
        MEANT.iter().any(|(of, model, meant, _)| (*of, *model, *meant) == (project, &name, word))
    };
    let words = list.iter().filter(|word| code.contains(**word) && !is_meant(word));
    words.map(|word| format!("{project}, {name}: {word}")).collect()
}

/// What is wrong with the models of a project, and how many sources it has.
fn looked_through(path: &Path, project: &str) -> (Vec<String>, usize) {
    let pipeline = Pipeline::build(Project::load(path).unwrap()).unwrap();
    let (mut found, mut sources) = (Vec::new(), 0);
    for model in &pipeline.models {
        match (&model.kind, model.name.layer) {
            (Kind::Source(_), _) => sources += 1,
            (_, Layer::Staging) => found.extend(by_hand(project, model, &BY_HAND)),
            (_, Layer::Metrics | Layer::Marts) => found.extend(by_hand(project, model, &BY_HAND_LATER)),
            _ => {}
        }
    }
    (found, sources)
}

#[test]
fn models_neither_dedupe_nor_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut sources) = looked_through(root, "bundled");
    assert!(sources > 25, "{sources} sources of the bundled project");
    for entry in std::fs::read_dir(root.join("tests/projects")).unwrap() {
        let path = entry.unwrap().path();
        let of_one = looked_through(&path, path.file_name().unwrap().to_str().unwrap());
        found.extend(of_one.0);
        sources += of_one.1;
    }
    assert_eq!(found, [""; 0]);
    assert!(sources > 40, "{sources} sources");
}

/// What is meant is there.
#[test]
fn nothing_is_meant_that_no_model_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (project, model, word, why) in MEANT {
        let folder =
            if project == "bundled" { root.to_path_buf() } else { root.join("tests/projects").join(project) };
        let file = folder.join("sql").join(format!("{}.sql", model.replace('.', "/")));
        let text = std::fs::read_to_string(file).unwrap_or_default().to_lowercase();
        assert!(text.contains(word) && !why.is_empty(), "{project}, {model} no longer has `{word}`");
    }
}
