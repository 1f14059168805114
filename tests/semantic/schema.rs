//! The shipped JSON Schemas: those of the types, and every example keeps to them.

use std::path::{Path, PathBuf};
use std::process::Command;

use halescore::alerts::alerts_schema;
use halescore::expectations::expectations_schema;
use halescore::semantic::{components_schema, score_schema};

use crate::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_shipped_schemas_are_those_of_the_types() {
    let all = [
        ("components", components_schema()),
        ("scores", score_schema()),
        ("alerts", alerts_schema()),
        ("expectations", expectations_schema()),
    ];
    for (name, schema) in all {
        let path = Path::new(ROOT).join(format!(".schema/{name}.json"));
        let shipped = std::fs::read_to_string(&path).expect("it is shipped");
        let generated = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        assert!(shipped == generated, "run `hale schema {name} > .schema/{name}.json`");
        let printed =
            Command::new(env!("CARGO_BIN_EXE_hale")).args(["schema", name]).output().expect("it starts");
        assert_eq!(printed.stdout, shipped.as_bytes());
    }
}

/// The YAML files of every example in the repository, by the schema that they keep to.
fn examples() -> Vec<(&'static str, PathBuf)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["sql", "src", "tests"].map(|name| Path::new(ROOT).join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let inside = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".yml") && (inside == "components" || name.starts_with("components")) {
                found.push(("components", path));
            } else if name.ends_with(".yml")
                && name != "hale.yml"
                && (inside == "scores" || name.starts_with("score"))
            {
                found.push(("scores", path));
            } else if name.ends_with(".yml") && matches!(inside, "alerts" | "expectations") {
                found.push((if inside == "alerts" { "alerts" } else { "expectations" }, path));
            }
        }
    }
    found
}

const VALIDATE: &str = "
import json, sys, yaml, jsonschema
root = sys.argv[1]
schemas = {name: json.load(open(f'{root}/.schema/{name}.json')) for name in ('components', 'scores', 'alerts', 'expectations')}
checkers = {name: jsonschema.Draft7Validator(schema) for name, schema in schemas.items()}
for checker in checkers.values(): jsonschema.Draft7Validator.check_schema(checker.schema)
class Loader(yaml.SafeLoader): pass
Loader.yaml_implicit_resolvers = {k: [r for r in v if 'timestamp' not in r[0]] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
for kind, path in json.load(sys.stdin):
    for error in checkers[kind].iter_errors(yaml.load(open(path), Loader)):
        print(f'{path}: {list(error.path)}: {error.message}')
wrong = {'a': {'title': 'A', 'value': 'x', 'bins': [{'points': 1}], 'valeu': 1}}
if checkers['components'].is_valid(wrong): print('an unknown key is valid')
";

#[test]
fn every_example_keeps_to_the_schema() {
    if python::or_skip(python::has(&["yaml", "jsonschema"])).is_none() {
        return;
    }
    let examples = examples();
    assert!(examples.len() >= 3, "the bundled project alone has three");
    let listed = serde_json::to_vec(&examples).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("examples.json");
    std::fs::write(&input, listed).expect("written");
    let output = Command::new(python::interpreter())
        .args(["-c", VALIDATE, ROOT])
        .stdin(std::fs::File::open(&input).expect("a file"))
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.is_empty(), "{said}");
}
