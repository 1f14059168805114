//! The README against the project: its commands, tables, paths, SQL and Python. Its YAML is run in `semantic/readme.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;
use halescore::cli::Call;
use halescore::pipeline::Pipeline;
use halescore::project::Project as Written;
use halescore::project::layer::Layer;
use halescore::project::model::Kind;

use super::{PUBLISHED, copied};
use crate::cli::{good, hale};
use crate::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap()
}

/// The fenced blocks of a language.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// What stands between single backticks, in the prose and its tables.
fn quoted(readme: &str) -> Vec<String> {
    let prose: String = readme.split("```").step_by(2).collect();
    let quoted: Vec<String> = prose.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(quoted.len() > 80, "only {} words in backticks", quoted.len());
    quoted
}

fn pipeline() -> Pipeline {
    Pipeline::build(Written::load(Path::new(ROOT)).unwrap()).unwrap()
}

/// Commands and options of a command and all below it.
fn known(command: &clap::Command, commands: &mut BTreeSet<String>, options: &mut BTreeSet<String>) {
    options.extend(command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned)));
    for below in command.get_subcommands() {
        commands.insert(below.get_name().to_owned());
        known(below, commands, options);
    }
}

#[test]
fn commands_and_options_are_those_of_the_binary() {
    let (mut commands, mut options) =
        (BTreeSet::new(), BTreeSet::from(["help".to_owned(), "locked".to_owned()]));
    known(&Call::command(), &mut commands, &mut options);
    options.extend(["open", "path"].map(str::to_owned));
    let readme = text("README.md");
    let (mut called, mut seen) = (BTreeSet::new(), 0);
    for words in quoted(&readme) {
        if let Some(rest) = words.strip_prefix("hale ") {
            let command = rest.split_whitespace().next().unwrap();
            assert!(commands.contains(command), "`{words}`: there is no `hale {command}`");
            called.insert(command.to_owned());
        }
        for option in words.split([' ', '[', ']']).filter_map(|word| word.strip_prefix("--")) {
            assert!(options.contains(option), "`{words}`: there is no --{option}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} options");
    let all: BTreeSet<String> =
        Call::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let missing: Vec<&String> = all.iter().filter(|command| !called.contains(*command)).collect();
    assert!(missing.is_empty(), "the README does not name {missing:?}");
}

#[test]
fn verbs_of_make_are_there_and_do_what_is_said_of_them() {
    let (readme, makefile) = (text("README.md"), text("Makefile"));
    let console = blocks(&readme, "console").join("\n");
    let verbs: BTreeSet<String> = quoted(&readme)
        .iter()
        .map(String::as_str)
        .chain(console.lines().map(|line| line.trim_start_matches("$ ")))
        .filter_map(|words| words.strip_prefix("make ")?.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(verbs.len() >= 5 && verbs.contains("run"), "{verbs:?}");
    for verb in verbs {
        assert!(makefile.contains(&format!("\n{verb}: ")), "there is no `make {verb}`");
    }
    let bench = text("tests/bench/bench.py");
    assert!(
        readme.contains("`make bench` generates 20 million events") && bench.contains("--events 20000000")
    );
    assert!(
        readme.contains("`target/bench/result.json`") && bench.contains("writes target/bench/result.json")
    );
    assert!(bench.contains("default=20_000_000"), "make bench has another number of events");
}

#[test]
fn marts_sources_and_templates_are_those_of_the_bundled_project() {
    let (readme, pipeline) = (text("README.md"), pipeline());
    let marts: BTreeSet<&str> = pipeline
        .models
        .iter()
        .filter(|model| model.name.layer == Layer::Marts)
        .map(|model| model.name.table.as_str())
        .collect();
    let named: BTreeSet<String> =
        quoted(&readme).iter().filter_map(|words| words.strip_prefix("marts.").map(str::to_owned)).collect();
    assert!(named.len() > 15, "{named:?}");
    let unknown: Vec<&String> = named.iter().filter(|mart| !marts.contains(mart.as_str())).collect();
    assert!(unknown.is_empty(), "there are no marts {unknown:?}");
    // "All are tables in `out/`, but for `metric_context`."
    for mart in named.iter().map(String::as_str).chain(["revenue_at_risk_bridge"]) {
        let model =
            pipeline.models.iter().find(|model| model.name.table == mart && model.name.layer == Layer::Marts);
        assert_eq!(model.unwrap().is_stored(), mart != "metric_context", "{mart}");
    }
    let source = |optional: bool| -> BTreeSet<&str> {
        let sources = pipeline
            .models
            .iter()
            .filter(|model| matches!(&model.kind, Kind::Source(source) if source.optional == optional));
        sources.map(|model| model.name.table.as_str()).collect()
    };
    assert_eq!(source(false), BTreeSet::from(["accounts", "contracts", "events", "users"]));
    assert!(readme.contains("only `accounts`,\n`users`, `events` and `contracts` are obligatory"));
    for table in quoted(&readme).iter().filter_map(|words| words.strip_prefix("raw.")) {
        assert!(table == "*" || source(true).contains(table) || source(false).contains(table), "raw.{table}");
    }
    let project = tempfile::tempdir().unwrap();
    for template in ["usage", "enterprise", "onboarding", "rfm"] {
        assert!(readme.contains(&format!("`{template}`")), "{template}");
        good(hale(project.path(), &["init", "--template", template, template]));
    }
}

/// The words for time are the same in the README, in the documentation and in what `hale check --means` prints.
#[test]
fn the_words_for_time_are_told_in_one_table() {
    let words = text("src/project/words.md");
    assert!(text("README.md").contains(&words), "the table is another one");
    assert!(text("src/project/time.rs").contains("#![doc = include_str!(\"words.md\")]"));
    let said = good(hale(Path::new(ROOT), &["check", "--no-sources", "--means"]));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<&str> = words.lines().skip(2).collect();
    for word in [
        "calendar.days",
        "local_day",
        "known_after",
        "may_be_silent",
        "none_where_absent",
        "day_after",
        "ends_at",
        "before_first",
        "max_delay",
        "stale_after",
    ] {
        assert!(rows.iter().any(|row| row.split('|').nth(1).unwrap().contains(word)), "{word} is not told");
    }
    for row in rows {
        let cells: Vec<String> =
            row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        let [word, place, says] = cells.as_slice() else { panic!("{row}") };
        assert!(said.contains(&format!("{word} ({place}): {says}")), "{word}: {said}");
    }
    // What is said of numbers is what they are.
    let lag = halescore::project::time::MAX_DELAY;
    assert!(words.contains(&format!("so that both are one fact: {lag} unless said")), "{lag}");
    assert!(text("src/project/settings.rs").contains("const STALE_AFTER: u32 = 3;"));
    assert!(text("src/run/silence.rs").contains("const LONG: usize = 14;"));
}

#[test]
fn what_is_published_lies_where_it_is_said_to_lie() {
    let readme = text("README.md");
    let published = blocks(&readme, "text").into_iter().find(|block| block.contains("out/latest/")).unwrap();
    for line in published.lines() {
        let path = line.split("   ").next().unwrap().trim().replace('…', "2026-09-30");
        assert!(PUBLISHED.path().join(&path).exists(), "{path}");
    }
    let table = good(hale(
        PUBLISHED.path(),
        &["query", "SELECT * FROM scores.health", "--format", "csv", "--limit", "1"],
    ));
    let columns: BTreeSet<&str> = table.lines().next().unwrap().split(',').collect();
    for column in ["score", "tier", "coverage", "scorecard"] {
        assert!(columns.contains(column), "{column} of `It ends with the day's scores`: {columns:?}");
    }
}

#[test]
fn the_python_of_the_readme_reads_what_is_published() {
    if python::or_skip(python::has(&["duckdb", "polars", "pandas", "pyarrow"])).is_none() {
        return;
    }
    let all = blocks(&text("README.md"), "python");
    let block = all.iter().find(|block| block.starts_with("duckdb.")).expect("a block that reads");
    let lines: Vec<&str> = block.lines().collect();
    assert_eq!(lines.len(), 3, "{block}");
    let script = format!(
        "import os, sys, duckdb, polars, pandas\nos.chdir(sys.argv[1])\ntiers = {}.fetchall()\nlazy = {}.collect()\nframe = {}\n\
         print(sum(n for _, n in tiers), lazy.height, len(frame), len(tiers) > 3)",
        lines[0], lines[1], lines[2]
    );
    let said = python::run(&script, &[PUBLISHED.path().to_str().unwrap()]);
    let words: Vec<&str> = said.split_whitespace().collect();
    assert!(words[0] == words[1] && words[1] == words[2] && words[0] != "0" && words[3] == "True", "{said}");
}

/// The model of the tour, over a real view where the README leaves one out.
#[test]
fn the_sql_of_the_readme_is_a_model() {
    let [block, source] = &blocks(&text("README.md"), "sql")[..] else { panic!("another number of blocks") };
    let (_, options) = source.split_once("OPTIONS ").expect("what a source says of its time");
    let options = options.trim().trim_end_matches(')');
    assert!(text("sql/raw/invoices.sql").contains(options), "invoices are declared otherwise: {options}");
    let (above, below) = block.split_once('…').expect("an ellipsis for what is read");
    let read = "FROM (SELECT e.account_id, e.day AS as_of_date, sum(e.seconds) AS seconds FROM staging.events AS e \
                LEFT SEMI JOIN staging.accounts AS a ON a.account_id = e.account_id GROUP BY e.account_id, e.day) AS days";
    let sql = format!("{above} {read} {below}").replace("metrics.usage", "metrics.example");
    let project = copied(PUBLISHED.path());
    std::fs::write(project.path().join("sql/metrics/example.sql"), sql).unwrap();
    good(hale(project.path(), &["check"]));
    good(hale(project.path(), &["run", "--as-of", "2026-09-30", "--select", "metrics.example"]));
    let most = good(hale(
        project.path(),
        &["query", "SELECT max(usage_seconds_28d) > 0 AS used FROM metrics.example", "--format", "csv"],
    ));
    assert_eq!(most, "used\ntrue\n");
}
