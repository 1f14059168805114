//! The case that `hale test --help` shows, as a file of a project.

use clap::CommandFactory;
use halescore::cli::Call;

use crate::cli::{Project, good};

#[test]
fn the_case_in_the_help_of_test_is_one_that_passes() {
    let command = Call::command();
    let help = command.find_subcommand("test").unwrap().get_after_help().unwrap().to_string();
    let (_, case) = help.split_once("A case, ").expect("a case");
    let (path, lines) = case.split_once(":\n").unwrap();
    let text: Vec<&str> = lines.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    let project = Project::of(&[
        (
            "sql/raw/events.sql",
            "CREATE EXTERNAL TABLE raw.events (account_id VARCHAR, occurred_at TIMESTAMP NOT NULL) STORED AS PARQUET LOCATION 'events.parquet' \
             OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')",
        ),
        ("sql/staging/events.sql", "SELECT account_id, occurred_at AS happened_at FROM dated.events"),
        (path, &text.join("\n")),
    ]);
    assert!(good(project.hale(&["test"])).contains("ok     staging.events/renames"));
}
