//! What is asked in ways that people ask it: files with faults, conditions, days of which too little is known.

use std::path::Path;

use halescore::evidence::ByDay;

use super::figures::Random;
use super::world::{ACCOUNTS, DAYS, Planted, hale, is_lost, labels, project, publish, rows, told};
use crate::suggest::world::write;

fn refused(root: &Path, arguments: &[&str], said: &str) {
    let output = hale(root, arguments);
    let all = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && all.contains(said), "{arguments:?}: {said}: {all}");
}

#[test]
fn lift_is_over_what_as_many_calls_would_find_by_chance_on_the_same_days() {
    let mut random = Random::new(31);
    for _ in 0..50 {
        // Days of very different sizes and losses.
        let (mut day, mut lost, mut number) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (rows, share)) in [(400, 0.03), (60, 0.3), (30, 0.5)].into_iter().enumerate() {
            for _ in 0..rows {
                day.push(at);
                lost.push(random.unit() < share);
                number.push(Some(random.unit()));
            }
        }
        let ones = vec![1.0; day.len()];
        let found = ByDay::of(&number, &day).lowest(&lost, &ones, 20.0).unwrap();
        let (mut caught, mut by_chance) = (0.0, 0.0);
        for at in 0..3 {
            let mut own: Vec<usize> = (0..day.len()).filter(|row| day[*row] == at).collect();
            own.sort_by(|a, b| number[*a].partial_cmp(&number[*b]).unwrap());
            let count = |rows: &[usize]| rows.iter().filter(|row| lost[**row]).count() as f64;
            caught += count(&own[..20]);
            by_chance += 20.0 * count(&own) / own.len() as f64;
        }
        assert!((found.lift - caught / by_chance).abs() < 1e-9, "{} and {}", found.lift, caught / by_chance);
    }
}

#[test]
fn a_day_of_which_nearly_nobody_that_stayed_is_seen_to_the_end_is_not_judged() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    let early = labels().replace("2026-12-31", "2026-06-30").replacen("2026-06-30", "2026-12-31", 3);
    write(project.path(), "lost.csv", &early);
    let found = told(project.path(), &["backtest", "--labels", "lost.csv", "--step", "28"]);
    // Ninety days after a lead of thirty are over by then for the first day alone.
    assert_eq!(found["days"].as_array().unwrap().len(), 1, "{}", found["days"]);
    assert_eq!(found["lost"], ACCOUNTS / 4);
    let all = DAYS.join(",");
    let found = told(project.path(), &["backtest", "--labels", "lost.csv", "--days", &all]);
    let judged = found["rows"].as_u64().unwrap() as usize;
    assert!(judged < ACCOUNTS + 12, "who is seen to the end of later days is judged, lost or not: {judged}");
}

#[test]
fn files_with_faults_are_refused_with_the_row() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    for (file, said) in [
        (
            "account_id,lost_on,observed_until\na000,2026-02-139,2026-12-31\n",
            "row 1: `2026-02-139` is no day",
        ),
        (
            "account_id,lost_on,observed_until\na000,2026-12-31,2026-06-30\n",
            "row 1: `a000` was lost on 2026-12-31",
        ),
        ("account_id,lost_on,observed_until\n", "there are no rows"),
    ] {
        write(project.path(), "wrong.csv", file);
        refused(project.path(), &["backtest", "--labels", "wrong.csv"], said);
    }
    refused(project.path(), &["backtest", "--labels", "none.csv"], "none.csv");
    let ahead = ["backtest", "--labels", "lost.csv", "--from", "2026-05-01", "--to", "2026-03-01"];
    refused(project.path(), &ahead, "--from 2026-05-01 is after --to 2026-03-01");
    write(project.path(), "lost.csv", &format!("{}x999,,2026-12-31\n", labels()));
    let found = told(project.path(), &["backtest", "--labels", "lost.csv", "--step", "28"]);
    let notes = found["notes"].to_string();
    assert!(notes.contains("1 accounts of lost.csv were not scored on any of these days: x999"), "{notes}");
}

#[test]
fn conditions_are_those_of_a_row_of_metrics() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    let asked =
        |condition: &'static str| ["backtest", "--labels", "lost.csv", "--step", "28", "--where", condition];
    let all = told(project.path(), &asked("usage >= 0"));
    assert_eq!(all["rows"], ACCOUNTS * DAYS.len());
    let some = told(project.path(), &asked("LOWER (segment) = 'even' OR abs(usage) > 30"));
    assert!(
        some["rows"].as_u64() < all["rows"].as_u64()
            && some["apart"]["left out by the condition"].as_u64() > Some(0)
    );
    refused(project.path(), &asked("usages > 3"), "did you mean `usage`?");
    refused(project.path(), &asked("random() > 0.5"), "is another one each time");
    refused(project.path(), &asked("usage"), "--where");
}

#[test]
fn capability_79_a_proposed_tier_at_risk_has_somebody_in_it() {
    let mut all = rows(Planted::Nothing);
    // Most of the accounts have the least there is.
    all.iter_mut().filter(|row| row.usage < 45.0).for_each(|row| row.usage = 0.0);
    let project = project(&all);
    publish(project.path());
    let known = (0..ACCOUNTS).map(|at| format!("a{at:03},{}\n", u8::from(is_lost(at))));
    write(project.path(), "known.csv", &format!("account_id,label\n{}", known.collect::<String>()));
    let found = told(project.path(), &["suggest", "combination", "usage", "--labels", "known.csv"]);
    let (components, score) =
        found["yaml"].as_str().unwrap().split_once("# sql/scores/proposed.yml\n").unwrap();
    write(project.path(), "sql/components/proposed.yml", components);
    write(project.path(), "sql/scores/proposed.yml", score);
    told(project.path(), &["run", "--as-of", DAYS[0], "--rescore"]);
    let rows = hale(
        project.path(),
        &[
            "query",
            "SELECT count(*) AS n FROM scores.proposed WHERE tier = 'at-risk' AND as_of_date = DATE '2026-03-01'",
            "--format",
            "csv",
        ],
    );
    let count: usize = String::from_utf8_lossy(&rows.stdout).lines().nth(1).unwrap().parse().unwrap();
    assert!((20..ACCOUNTS).contains(&count), "{count}");
    // Labels hold always: what is learned is told on other accounts.
    assert_eq!(found["out_of_time"]["learned_from"], "other accounts");
    let refused = hale(project.path(), &["suggest", "combination", "noise", "--labels", "known.csv"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no metric tells who is lost beyond chance"));
}
