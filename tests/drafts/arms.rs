//! Which of the two an account falls to, by Python; what stands beside a draft; what a backtest says of both.

use halescore::engine::functions::hashed_share::share;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::world::{asked, run, with_draft};
use crate::evidence::world as judged;
use crate::python;
use crate::suggest::world::write;

const SCRIPT: &str = r#"
import sys, hashlib
salt, *ids = sys.stdin.buffer.read().decode().split("\x1e")
for id in ids:
    place = int.from_bytes(hashlib.sha256(salt.encode() + b"\0" + id.encode()).digest()[:8], "big") / 2**64
    print("challenger" if place < 0.5 else "champion", place.hex())
"#;

/// What Python says of each id: the arm at a half, and its place.
fn by_python(salt: &str, ids: &[String]) -> Vec<(String, String)> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut python = Command::new(python::interpreter())
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given: Vec<&str> = std::iter::once(salt).chain(ids.iter().map(String::as_str)).collect();
    python.stdin.take().unwrap().write_all(given.join("\u{1e}").as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success());
    let said = String::from_utf8(said.stdout).unwrap();
    said.lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(arm, place)| (arm.to_owned(), place.to_owned()))
        .collect()
}

/// Ids as systems have them, and as none should.
fn odd_ids() -> Vec<String> {
    let odd = [
        " ", "'", "\"", "';--", "a\\b", "é", "e\u{301}", "日本", "🦀", "\u{200b}", "0", "00", "NULL", "-",
        "A", "a", "ß", "%", "\t", "a\u{0}b",
    ];
    let mut ids: Vec<String> = odd.map(str::to_owned).to_vec();
    ids.extend((0..1000 - ids.len()).map(|at| format!("{}{at}", ["acc-", "Ü", "it's ", "", "日"][at % 5])));
    ids
}

#[test]
fn capability_113_arms_are_those_of_any_language() {
    let Some(()) = python::or_skip(python::has(&["hashlib"])) else { return };
    let ids = odd_ids();
    assert_eq!(ids.len(), 1000);
    let salt = "2026-q4";
    let expected = by_python(salt, &ids);
    // As published.
    let project = with_draft();
    let rows: Vec<(&str, i32, i64)> = ids.iter().map(|id| (id.as_str(), 1, 5)).collect();
    project.events(&rows);
    run(&project, "2026-01-01", "2026-01-01");
    let lines =
        asked(&project, "SELECT arm, encode(CAST(account_id AS BYTEA), 'hex') FROM drafts.health_next");
    let hex = |id: &str| id.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut published: Vec<(String, String)> = lines
        .iter()
        .map(|line| line.split_once(',').unwrap())
        .map(|(arm, id)| (id.to_owned(), arm.to_owned()))
        .collect();
    let mut wanted: Vec<(String, String)> =
        ids.iter().zip(&expected).map(|(id, (arm, _))| (hex(id), arm.clone())).collect();
    published.sort();
    wanted.sort();
    assert_eq!(published, wanted);
    // 1000 fair draws lie within 4 standard deviations of a half.
    let challengers = published.iter().filter(|(_, arm)| arm == "challenger").count();
    assert!((437..=563).contains(&challengers), "{challengers}");
    // The place itself, to the last bit.
    for (id, (_, place)) in ids.iter().zip(&expected) {
        let digits = place.trim_start_matches("0x");
        assert_eq!(hexadecimal(share(salt, id)), digits, "{id:?}");
    }
}

/// A double as Python writes it in hexadecimal.
fn hexadecimal(number: f64) -> String {
    if number == 0.0 {
        return "0.0p+0".to_owned();
    }
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1023;
    format!("1.{:013x}p{exponent:+}", bits & ((1 << 52) - 1))
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/hashed_share.txt", 256))]

    #[test]
    fn a_hashed_share_is_eight_bytes_of_sha_256(salt in any::<String>(), text in any::<String>()) {
        let digest = Sha256::digest([salt.as_bytes(), &[0], text.as_bytes()].concat());
        let first: [u8; 8] = digest[..8].try_into().unwrap();
        let place = u64::from_be_bytes(first) as f64 / 18_446_744_073_709_551_616.0;
        prop_assert_eq!(share(&salt, &text), place);
        prop_assert!((0.0..=1.0).contains(&place));
    }
}

#[test]
fn capability_113_the_champion_stands_beside_each_row() {
    let project = with_draft();
    run(&project, "2026-01-01", "2026-01-03");
    let unlike = "SELECT count(*) FROM drafts.health_next AS d LEFT JOIN scores.health AS s ON s.account_id = d.account_id AND \
                  s.as_of_date = d.as_of_date WHERE (d.champion_score IS DISTINCT FROM s.score) OR (d.champion_tier IS DISTINCT FROM s.tier)";
    assert_eq!(asked(&project, unlike), ["0"]);
    let there =
        "SELECT count(*), count(champion_score), count(DISTINCT champion_score) FROM drafts.health_next";
    assert_eq!(asked(&project, there), ["15,15,11"]);
    // Who falls to which does not change from day to day.
    let moving = "SELECT count(*) FROM (SELECT account_id FROM drafts.health_next GROUP BY account_id HAVING count(DISTINCT arm) > 1) AS m";
    assert_eq!(asked(&project, moving), ["0"]);
}

#[test]
fn capability_113_a_backtest_judges_both_on_the_same_rows() {
    let rows = judged::rows(judged::Planted::Nothing);
    let project = judged::project(&rows);
    judged::publish(project.path());
    // Written only after all days were published: it never was.
    write(
        project.path(),
        "sql/scores/usage_alone.yml",
        "title: Usage alone\nversion: '1'\nstatus: draft\nreplaces: health\nchallenge: {share: 0.25, salt: x}\ncomponents: [usage]\n\
         tiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    let asked = ["backtest", "--labels", "lost.csv", "--step", "28", "--challenger", "usage_alone"];
    let found = judged::told(project.path(), &asked);
    let challenger = &found["challenger"];
    // Both from their definitions.
    let health = |row: &judged::Row| (4.0 * row.usage + 100.0 * f64::from(u8::from(row.noise >= 0.5))) / 5.0;
    let (champion, alone) = (auc(&rows, &health), auc(&rows, &|row| row.usage));
    let figure = |told: &serde_json::Value| told["auc"]["value"].as_f64().unwrap();
    assert!((figure(&found["score"]) - champion).abs() < 1e-9);
    assert!((figure(&challenger["figures"]) - alone).abs() < 1e-9);
    assert!((challenger["gain"]["auc"].as_f64().unwrap() - (alone - champion)).abs() < 1e-9);
    let interval = &challenger["gain"]["interval"];
    assert!(interval["from"].as_f64().unwrap() < interval["to"].as_f64().unwrap(), "{interval}");
    assert_eq!(challenger["gain"]["rows"], found["rows"]);
    let other = rows.iter().filter(|row| (health(row) < 40.0) != (row.usage < 40.0)).count() as f64
        / rows.len() as f64;
    assert!((challenger["other_tier"].as_f64().unwrap() - other).abs() < 1e-9, "{challenger}");
    // The arms are told, and decide nothing.
    let falls = |account: usize| share("x", &format!("a{account:03}")) < 0.25;
    let fallen = (0..judged::ACCOUNTS).filter(|account| falls(*account));
    let lost = fallen.clone().filter(|account| judged::is_lost(*account)).count();
    assert_eq!(
        challenger["arms"][1],
        serde_json::json!({"arm": "challenger", "accounts": fallen.count(), "lost": lost})
    );
    let said = judged::hale(project.path(), &asked);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(text.contains("The challenger, on the same rows:") && text.contains("Arms: champion"), "{text}");
    // A second time with a name that is none.
    let refused =
        judged::hale(project.path(), &["backtest", "--labels", "lost.csv", "--challenger", "usage_alon"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("did you mean `usage_alone`?"), "{said}");
}

/// The chance that of two accounts of a day the one that stayed has the higher number.
fn auc(rows: &[judged::Row], number: &dyn Fn(&judged::Row) -> f64) -> f64 {
    let (mut pairs, mut right) = (0.0, 0.0);
    for lost in rows.iter().filter(|row| judged::is_lost(row.account)) {
        for kept in rows.iter().filter(|row| !judged::is_lost(row.account) && row.day == lost.day) {
            let (low, high) = (number(lost), number(kept));
            pairs += 1.0;
            right += if (low - high).abs() < 1e-9 { 0.5 } else { f64::from(u8::from(high > low)) };
        }
    }
    right / pairs
}
