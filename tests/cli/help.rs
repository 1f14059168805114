//! What `--help` says, of every command.

use super::{code, good, hale};

#[test]
fn every_command_teaches_with_an_example() {
    let here = tempfile::tempdir().unwrap();
    let help = good(hale(here.path(), &["--help"]));
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let named = |line: &str| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')).map(str::to_owned);
    let commands: Vec<String> = listed
        .lines()
        .filter_map(named)
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands.iter().filter(|command| *command != "help") {
        let help = good(hale(here.path(), &[command, "--help"]));
        let examples =
            help.split("Examples:").nth(1).unwrap_or_else(|| panic!("hale {command} has no example"));
        assert!(examples.contains(&format!("hale {command}")), "{examples}");
        let about = help.lines().next().unwrap();
        assert!(!about.is_empty() && about.len() < 100, "{about}");
    }
}

#[test]
fn no_command_is_a_question_for_help() {
    let here = tempfile::tempdir().unwrap();
    assert_eq!(code(&hale(here.path(), &[])), 2);
    assert!(good(hale(here.path(), &["--version"])).starts_with("hale "));
    assert!(good(hale(here.path(), &["completions", "bash"])).contains("_hale()"));
}
