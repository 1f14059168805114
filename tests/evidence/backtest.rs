//! `hale backtest` on a world whose losses are known.

use serde_json::Value;

use super::world::{ACCOUNTS, DAYS, Planted, hale, is_lost, labels, project, publish, rows, told};
use crate::suggest::world::write;

const ASKED: [&str; 5] = ["backtest", "--labels", "lost.csv", "--step", "28"];

fn figure(told: &Value, name: &str) -> f64 {
    told[name]["auc"]["value"].as_f64().unwrap()
}

#[test]
fn capability_42_a_score_is_judged_with_what_does_nothing_named() {
    let rows = rows(Planted::Nothing);
    let project = project(&rows);
    publish(project.path());
    let found = told(project.path(), &ASKED);
    // Losses of 2026-06-28 lie in (D + 30, D + 120] of the days from 2026-02-28 on, until 2026-05-28.
    assert_eq!(found["days"].as_array().unwrap().len(), DAYS.len());
    assert_eq!(found["rows"], ACCOUNTS * DAYS.len());
    assert_eq!(found["lost"], ACCOUNTS / 4 * DAYS.len());
    assert_eq!(found["reading"], "as known");
    // The score from its definition: usage counts four times as much as noise.
    let score = |row: &super::world::Row| {
        100.0 * (4.0 * row.usage / 100.0 + f64::from(u8::from(row.noise >= 0.5))) / 5.0
    };
    let (mut pairs, mut right) = (0.0, 0.0);
    for lost in rows.iter().filter(|row| is_lost(row.account)) {
        for kept in rows.iter().filter(|row| !is_lost(row.account) && row.day == lost.day) {
            pairs += 1.0;
            let (low, high) = (score(lost), score(kept));
            right += if (low - high).abs() < 1e-9 { 0.5 } else { f64::from(u8::from(high > low)) };
        }
    }
    assert!(
        (figure(&found, "score") - right / pairs).abs() < 1e-9,
        "{} and {}",
        found["score"],
        right / pairs
    );
    let component = |name: &str| {
        found["components"].as_array().unwrap().iter().find(|own| own["name"] == name).unwrap().clone()
    };
    assert_eq!(component("usage")["verdict"], "adds");
    assert!(["does_nothing", "weakens"].contains(&component("noise")["verdict"].as_str().unwrap()));
    let at_risk = &found["at_risk"];
    assert_eq!(at_risk["losses"], ACCOUNTS / 4);
    let greens = found["false_greens"].as_array().unwrap();
    assert!(greens.iter().all(|named| named["lost_on"] == "2026-06-28" && named["tier"] == "high"));
    let seen = at_risk["losses_seen"].as_u64().unwrap() as usize;
    assert_eq!(
        told(project.path(), &[&ASKED[..], &["--names", "1000"]].concat())["false_greens"]
            .as_array()
            .unwrap()
            .len(),
        ACCOUNTS / 4 - seen
    );
    let shown = hale(project.path(), &ASKED);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("does nothing") || text.contains("better without"), "{text}");
}

#[test]
fn capability_80_too_few_losses_are_refused_with_the_number_that_is_missing() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    let few: String = labels().replacen("2026-06-28", "", 15);
    write(project.path(), "lost.csv", &few);
    let refused = hale(project.path(), &ASKED);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("25 accounts were lost") && said.contains("at least 30"), "{said}");
}

#[test]
fn capability_40_known_healthy_and_struggling_accounts_are_labels_too() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    let known =
        (0..ACCOUNTS).map(|at| format!("a{at:03},{}\n", if is_lost(at) { "struggling" } else { "healthy" }));
    write(project.path(), "known.csv", &format!("account_id,label\n{}", known.collect::<String>()));
    let of_losses = told(project.path(), &ASKED);
    let of_labels = told(project.path(), &["backtest", "--labels", "known.csv"]);
    assert_eq!(of_losses["score"]["auc"], of_labels["score"]["auc"]);
    for (file, wrong) in [
        ("account_id,label\na000,perhaps\n", "row 1: `perhaps` is no label"),
        ("account,label\na000,lost\n", "no column `account_id`"),
        ("account_id,label\na000,lost\na000,kept\n", "row 2: `a000` was labelled otherwise above"),
        ("account_id,lost_on,observed_until\na000,soon,2026-01-01\n", "row 1: `soon` is no day"),
    ] {
        write(project.path(), "wrong.csv", file);
        let refused = hale(project.path(), &["backtest", "--labels", "wrong.csv"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(wrong), "{wrong}: {said}");
    }
}

#[test]
fn capability_42_a_group_is_judged_by_its_own_value() {
    let project = project(&rows(Planted::Nothing));
    write(
        project.path(),
        "sql/scores/health.yml",
        "title: Health\nversion: '1'\ncomponents:\n  use: {title: Use, weight: 4, components: [usage]}\n  rest: {title: The rest, weight: 1, components: [noise]}\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    publish(project.path());
    let found = told(project.path(), &ASKED);
    let of = |kind: &str, name: &str| {
        let told = found[kind].as_array().unwrap().iter().find(|own| own["name"] == name).unwrap();
        (told["figures"]["auc"].clone(), told["coverage"].clone())
    };
    // A group of one component is in its order.
    assert_eq!(of("groups", "use"), of("components", "usage"));
    assert_eq!(of("groups", "rest"), of("components", "noise"));
    let text = String::from_utf8(hale(project.path(), &ASKED).stdout).unwrap();
    assert!(text.contains("Groups of components") && text.contains("The rest"), "{text}");
}
