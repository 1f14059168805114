//! Two checkouts of a project on one output: they do not take turns.

use super::{Project, code, err, good, sums};

const RUN: [&str; 3] = ["run", "--as-of", "2026-01-02"];

/// What a checkout says of a metric.
fn check_out(project: &Project, factor: u32) {
    let sums = sums("n BIGINT").replace("sum(n)", &format!("{factor} * sum(n)"));
    project.write("sql/metrics/accounts.sql", &sums);
}

#[track_caller]
fn refused(project: &Project, arguments: &[&str], words: &str) {
    let output = project.hale(arguments);
    let told = err(&output);
    assert!(code(&output) == 1 && told.contains("replaced-definition") && told.contains(words), "{told}");
    assert!(told.contains("--older-definition"), "{told}");
}

#[test]
fn a_definition_that_was_replaced_publishes_only_when_that_is_asked_for() {
    let project = Project::sound();
    check_out(&project, 1);
    good(project.hale(&RUN));
    check_out(&project, 2);
    good(project.hale(&RUN));
    // The other checkout's next night.
    check_out(&project, 1);
    refused(&project, &RUN, "published commit 1, and commit 2 has replaced it");
    refused(&project, &["run", "--as-of", "2026-01-01"], "commit 2 has replaced it");
    good(project.hale(&["run", "--as-of", "2026-01-02", "--dry-run"]));
    // The newer one goes on, and so does a definition that was never seen.
    check_out(&project, 2);
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
    check_out(&project, 3);
    good(project.hale(&RUN));
    check_out(&project, 2);
    refused(&project, &RUN, "published commit 3, and commit 4 has replaced it");
    // Commits that no run makes change nothing of that.
    good(project.hale(&["gc", "--keep", "30"]));
    good(project.hale(&["unpublish", "2026-01-01"]));
    refused(&project, &RUN, "published commit 3, and commit 4 has replaced it");
    // On purpose, and then it is the other one that was replaced.
    good(project.hale(&["run", "--as-of", "2026-01-02", "--older-definition"]));
    good(project.hale(&["run", "--as-of", "2026-01-02", "--force"]));
    check_out(&project, 3);
    refused(&project, &RUN, "published commit 4");
}

#[test]
fn commits_that_are_not_kept_any_more_still_tell_who_was_replaced() {
    let project = Project::sound();
    for factor in [1, 2] {
        check_out(&project, factor);
        good(project.hale(&RUN));
    }
    for _ in 0..2 {
        good(project.hale(&["gc", "--keep", "1"]));
        check_out(&project, 1);
        refused(&project, &RUN, "published commit 1, and commit");
        check_out(&project, 2);
        good(project.hale(&["run", "--as-of", "2026-01-01"]));
        good(project.hale(&["gc", "--keep", "1"]));
    }
}

#[test]
fn who_goes_back_goes_on_with_the_definition_of_then() {
    let project = Project::sound();
    check_out(&project, 1);
    good(project.hale(&RUN));
    check_out(&project, 2);
    good(project.hale(&RUN));
    good(project.hale(&["rollback", "1"]));
    good(project.hale(&["release", "--all"]));
    refused(&project, &RUN, "published commit 2, and commit 1 has replaced it");
    check_out(&project, 1);
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
}

/// Projects with tables of their own may share an output.
#[test]
fn only_commits_of_the_same_tables_count() {
    let [one, two] = [Project::sound(), Project::sound()];
    let out = tempfile::tempdir().unwrap();
    let out = out.path().to_str().unwrap();
    std::fs::rename(two.path("sql/metrics/accounts.sql"), two.path("sql/metrics/other.sql")).unwrap();
    two.write("sql/metrics/other.sql", &sums("n BIGINT").replace("metrics.accounts (", "metrics.other ("));
    for day in ["2026-01-01", "2026-01-02", "2026-01-03"] {
        good(one.hale(&["run", "--as-of", day, "--out", out]));
        good(two.hale(&["run", "--as-of", day, "--out", out]));
    }
}
