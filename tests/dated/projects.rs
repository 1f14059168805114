//! Projects over tables of others: how rows are dated is said by their sources, and their staging does nothing about it.

use std::path::Path;

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::layer::Layer;
use halescore::project::model::Model;

/// What staging would dedupe or date rows with.
const BY_HAND: [&str; 7] =
    ["row_number", "qualify", "distinct", "group by", "local_day", "now()", "current_date"];

/// What of that is about something else: accounts named by two sources, and days of which a log has rows.
const MEANT: [(&str, &str, &str); 5] = [
    ("dpdk", "accounts", "group by"),
    ("incidents", "accounts", "group by"),
    ("two_logs", "contracts", "group by"),
    ("two_logs", "loads", "group by"),
    ("two_logs", "first_rows", "group by"),
];

fn by_hand(project: &str, model: &Model) -> Vec<String> {
    let code: String =
        model.file.text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    let code = code.to_lowercase();
    let words = BY_HAND.iter().filter(|word| code.contains(**word));
    let words = words.filter(|word| !MEANT.contains(&(project, model.name.table.as_str(), word)));
    words.map(|word| format!("{project}, {}: {word}", model.name)).collect()
}

#[test]
fn staging_neither_dedupes_nor_dates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut staged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let project = path.file_name().unwrap().to_str().unwrap();
        let pipeline = Pipeline::build(Project::load(&path).unwrap()).unwrap();
        for model in pipeline.models.iter().filter(|model| model.name.layer == Layer::Staging) {
            assert_eq!(by_hand(project, model), [""; 0]);
            staged += 1;
        }
    }
    assert!(staged > 15, "{staged} models");
}
