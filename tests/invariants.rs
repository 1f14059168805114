//! The project's own habits, held to: each failure names the step that was forgotten.

mod circles;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use halescore::cli::Call;
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::layer::{Layer, ModelName};
use halescore::project::model::Kind;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bundled() -> Pipeline {
    let project = Project::load(&root()).unwrap_or_else(|problems| panic!("{problems}"));
    Pipeline::build(project).unwrap_or_else(|problems| panic!("{problems}"))
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn stems(folder: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_model_is_described_and_so_is_every_column_of_a_contract() {
    let pipeline = bundled();
    for model in pipeline.models.iter().filter(|model| !model.name.layer.is_semantic()) {
        assert!(!model.description.is_empty(), "{} has no leading comment", model.name);
        for column in &model.contract.columns {
            assert!(
                !column.description.is_empty(),
                "{}.{} has no comment behind it",
                model.name,
                column.name
            );
        }
    }
}

#[test]
fn every_source_has_its_parquet_and_a_staging_model() {
    let pipeline = bundled();
    for model in &pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        assert!(
            root().join("data").join(&source.path).exists(),
            "{}: data/{} is missing",
            model.name,
            source.path
        );
        let dated = ModelName::new(Layer::Dated, model.name.table.clone());
        let is_staged = pipeline
            .reads
            .iter()
            .any(|(reader, reads)| reader.layer == Layer::Staging && reads.0.contains_key(&dated));
        // What loaders say is asked by `reported`, and read by no model.
        let is_loads = model.name.table == "source_status";
        assert!(is_staged || is_loads, "no staging model reads {}", model.name);
    }
}

#[test]
fn every_component_belongs_to_a_score() {
    let semantics = bundled().semantics;
    let compiled: String = semantics.compile().into_iter().map(|model| model.sql).collect();
    for component in &semantics.components {
        assert!(
            compiled.contains(&format!("'{}'", component.name)),
            "component {} is in no score",
            component.name
        );
    }
}

#[test]
fn every_sql_function_has_a_property_test() {
    let tests: String = files(&root().join("tests/windows")).iter().map(text).collect();
    for function in halescore::engine::functions::aggregates() {
        assert!(tests.contains(function.name()), "{} is not in tests/windows/", function.name());
    }
}

#[test]
fn every_command_has_a_test() {
    // A call is a list of words that begins with the command's name.
    let tests: String = rust_files(&root().join("tests")).iter().map(text).collect();
    let tests: String = tests.split_whitespace().collect();
    let commands: Vec<String> =
        Call::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        assert!(tests.contains(&format!("[\"{command}\"")), "`hale {command}` is not called in a test");
    }
}

#[test]
fn every_template_is_known_tested_and_has_the_score_that_marts_read() {
    let (known, tests) = (text("src/cli/templates.rs"), text("tests/templates.rs"));
    for entry in std::fs::read_dir(root().join("src/templates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(known.contains(&format!("templates/{name}\"")), "{name} is not in src/cli/templates.rs");
        assert!(tests.contains(&format!("after_a_run(\"{name}\")")), "{name} is not in tests/templates.rs");
        assert!(folder.join("sql/scores/health.yml").is_file(), "{name} has no score named health");
    }
}

#[test]
fn every_test_file_is_part_of_the_one_binary() {
    let modules = text("tests/main.rs");
    for stem in stems("tests").iter().filter(|stem| *stem != "main") {
        assert!(modules.contains(&format!("mod {stem};")), "tests/{stem}.rs is not named in tests/main.rs");
    }
}

#[test]
fn every_lint_has_its_reproduction() {
    let tests: String = rust_files(&root().join("tests")).iter().map(text).collect();
    let mut codes = BTreeSet::new();
    for file in rust_files(&root().join("src/check")) {
        let source: String = text(file).split_whitespace().collect::<Vec<_>>().join(" ");
        for made in ["Diagnostic::error(", "Diagnostic::warning("] {
            let after = source.split(made).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            codes.extend(after.filter_map(|code| code.split('"').next()).map(str::to_owned));
        }
        // A fault of the engine is cited by its number, and reproduced under it.
        for cited in source.split("apache/datafusion#").skip(1) {
            let number: String = cited.chars().take_while(char::is_ascii_digit).collect();
            codes.insert(format!("apache/datafusion#{number}"));
        }
    }
    assert!(codes.contains("float-sum") && codes.contains("apache/datafusion#24787"), "{codes:?}");
    for code in codes {
        assert!(tests.contains(&code), "{code} of src/check/ is in no test");
    }
}

/// What machines look for in logs is spelled in one way.
#[test]
fn codes_of_diagnostics_and_notes_are_words_with_hyphens() {
    let mut codes = BTreeSet::new();
    for file in rust_files(&root().join("src")) {
        let source: String = text(file).split_whitespace().collect::<Vec<_>>().join(" ");
        for made in ["Diagnostic::error(", "Diagnostic::warning(", "console.note("] {
            let after = source.split(made).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            // What has no second argument is a sentence.
            let coded = after.filter_map(|rest| rest.split_once("\","));
            codes.extend(coded.map(|(code, _)| code.to_owned()).filter(|code| !code.contains(['"', ' '])));
        }
    }
    assert!(codes.contains("absent-source") && codes.contains("float-sum") && codes.len() > 40, "{codes:?}");
    for code in codes {
        let is_plain = code
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        assert!(is_plain, "`{code}` is not written with hyphens");
    }
}

#[test]
fn only_the_engine_names_a_session_and_only_storage_opens_stores() {
    let allowed = ["engine", "storage", "semantic"];
    for file in rust_files(&root().join("src")) {
        let relative = file.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        if allowed.iter().any(|module| relative.starts_with(module)) {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        for word in ["SessionContext::new", "SessionStateBuilder", "parse_url_opts"] {
            assert!(
                !source.contains(word),
                "src/{relative} uses {word}: that belongs to the engine or to storage"
            );
        }
    }
}

#[test]
fn the_lock_file_has_one_version_of_each_crate_that_data_crosses() {
    let lock = text("Cargo.lock");
    for name in ["arrow", "arrow-array", "parquet", "object_store", "datafusion", "sqlparser"] {
        let versions = lock.matches(&format!("name = \"{name}\"\n")).count();
        assert_eq!(versions, 1, "Cargo.lock has {versions} versions of {name}");
    }
}

/// Files of more lines than a reader keeps in mind, and why each is one subject all the same.
const LONG: [(&str, &str); 2] = [
    ("tests/laws/silence.rs", "one law over rows: what draws them, what silences them, what may not follow"),
    ("tests/semantic/chance.rs", "one draw: a definition, from its components to its tiers"),
];

#[test]
fn files_are_of_a_size_to_be_read() {
    let sources = ["src", "tests"].map(|folder| rust_files(&root().join(folder))).concat();
    assert!(sources.len() > 300, "only {} files", sources.len());
    for file in sources {
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let lines = text(&file).lines().count();
        let reason = LONG.iter().find(|(long, _)| *long == name);
        assert!(lines <= 400 || reason.is_some(), "{name} has {lines} lines: divide it by subject");
    }
    for (name, _) in LONG {
        assert!(root().join(name).is_file(), "{name} is gone: take it from the list of long files");
    }
}

#[test]
fn the_sample_is_small() {
    let bytes: u64 = files(&root().join("data")).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < 3_000_000, "data/ has {bytes} bytes");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
