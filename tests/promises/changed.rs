//! "Change a score without fear" of the README: its commands give what stands below them.

use std::path::Path;
use std::process::{Command, Output};

use super::{PUBLISHED, copied};

/// A command as somebody types it on a terminal of 80 columns.
fn typed(folder: &Path, command: &str) -> Output {
    let hale = Path::new(env!("CARGO_BIN_EXE_hale")).parent().unwrap();
    let path = format!("{}:{}", hale.display(), std::env::var("PATH").unwrap());
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("COLUMNS", "80")
        .output()
        .unwrap()
}

#[test]
fn a_changed_score_is_told_as_the_readme_shows_it() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("## Change a score without fear").nth(1).expect("the section");
    let block =
        section.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let project = copied(PUBLISHED.path());
    let (commands, shown): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("$ "));
    let [edit, diff] = commands.as_slice() else { panic!("another number of commands: {commands:?}") };
    assert!(typed(project.path(), &edit[2..]).status.success());
    let ended = typed(project.path(), &diff[2..]);
    assert_eq!(ended.status.code(), Some(3));
    let (said, broken) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    let cut = shown.iter().position(|line| *line == "…").expect("what is left out");
    assert!(cut > 8, "{shown:?}");
    assert_eq!(said.lines().take(cut).collect::<Vec<_>>(), shown[..cut], "{said}");
    assert_eq!(broken.lines().next(), Some(shown[cut + 1]), "{broken}");
}

/// Drafts of the README: each command gives what stands below it.
#[test]
fn a_draft_goes_the_way_that_the_readme_shows() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("### Drafts\n").nth(1).expect("the section");
    let block =
        section.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let project = copied(PUBLISHED.path());
    let steps: Vec<&str> = block.split("$ ").skip(1).collect();
    assert_eq!(steps.len(), 6, "{block}");
    for step in steps {
        let (command, shown) = step.split_once('\n').expect("a command");
        let ended = typed(project.path(), command);
        assert!(ended.status.success(), "{command}: {}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), shown, "{command}");
    }
}
