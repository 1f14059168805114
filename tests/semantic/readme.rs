//! The YAML in the README works as it stands, over the bundled models.

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The fenced blocks whose first line names a file.
fn files(markdown: &str) -> Vec<(String, String)> {
    let blocks = markdown.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .filter_map(|block| {
            let path = block.lines().next()?.strip_prefix("# ")?.to_owned();
            Some((path, block.to_owned()))
        })
        .collect()
}

#[test]
fn the_examples_of_the_readme_are_a_sound_project() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("a README");
    let files = files(&readme);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "sql/components/example.yml",
            "sql/scores/example.yml",
            "sql/expectations/health.yml",
            "sql/alerts/health.yml"
        ]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let hale = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_hale")).current_dir(folder.path()).args(arguments).output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    hale(&["init", "."]);
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).expect("written");
    }
    hale(&["check"]);
    let run =
        ["run", "--as-of", "2026-09-30", "--select", "scores.example", "components.example", "scores.health"];
    hale(&run);
    assert!(hale(&["test", "expectations"]).contains("2 expectations hold, 0 are broken"));
    let tiers = hale(&["query", "SELECT DISTINCT tier FROM scores.example ORDER BY tier", "--format", "csv"]);
    assert_eq!(tiers, "tier\nat-risk\nhealthy\nsteady\n");
    let states =
        hale(&["query", "SELECT DISTINCT state FROM components.example ORDER BY state", "--format", "csv"]);
    assert_eq!(states, "state\nnot_applicable\nnot_yet\nobserved\nzero_base\n");
}
