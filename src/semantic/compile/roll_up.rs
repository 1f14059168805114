//! A score made of the scores of others: users of an account, children of a parent.
//!
//! Members are rows of the score that is rolled up, joined with their metrics for what is above them and how much
//! they count. Weights and scores are added up as decimals, so the result does not depend on the order of members.

use super::CompiledModel;
use super::champion;
use super::query::{Grid, decimal};
use super::scores::{common_columns, common_items, decided, described, entity_columns, ranked};
use super::steps::all;
use super::writer::{Column, Writer, number};
use crate::semantic::definition::{Fallback, Measure, ParentOf, RollUp, Score};

/// The least weight that is not none, in decimals with four digits.
const LEAST_WEIGHT: &str = "1e-4";

/// Why an account has no rolled-up score.
const REASONS: [&str; 2] = ["insufficient_coverage", "no_members"];

/// The model of the rolled-up score.
pub(super) fn model(score: &Score, roll_up: &RollUp) -> CompiledModel {
    let (mut columns, last) = common_columns(score, &REASONS);
    columns.extend([
        Column::new("members", "BIGINT NOT NULL CHECK (members >= 0)", "accounts or users below, that count"),
        Column::new(
            "scored_members",
            "BIGINT NOT NULL CHECK (scored_members BETWEEN 0 AND members)",
            "of them, with a score",
        ),
        Column::new(
            "share_at_risk",
            "DOUBLE CHECK (share_at_risk BETWEEN 0 AND 1)",
            "share of the scored members, by weight, in a tier at risk",
        ),
        Column::new(
            "basis",
            "VARCHAR NOT NULL CHECK (basis IN ('members', 'own', 'none'))",
            "whose scores it is made of",
        ),
    ]);
    columns.extend(last);
    columns.extend(champion::columns(score));
    let mut writer = Writer::new(
        (&score.table(), score),
        &described(score),
        &columns,
        &["PRIMARY KEY (account_id, as_of_date)", "CHECK ((score IS NULL) = (reason IS NOT NULL))"],
    );
    steps(&mut writer, score, roll_up);
    let grid = Grid::of(score.scale, &[]);
    let last = decided(&mut writer, (score, grid), "scored");
    ranked(&mut writer, score, &last);
    let reason = "CASE WHEN members = 0 THEN 'no_members' ELSE 'insufficient_coverage' END";
    let (mut items, last) = common_items(score, reason, |at| grid.edge(at));
    items.extend(["members", "scored_members", "share_at_risk", "basis"].map(str::to_owned));
    items.extend(last);
    items.extend(champion::items(score));
    let last = champion::beside(&mut writer, score, "ranked");
    writer.select(&items, &last);
    writer.finish(score.table(), score)
}

/// The model of the members behind it: its components.
pub(super) fn members(score: &Score, roll_up: &RollUp) -> CompiledModel {
    let mut columns = entity_columns(score);
    let width = number(score.scale.width().max(score.scale.high.abs()).max(score.scale.low.abs()));
    columns.extend([
        Column::new("component", "VARCHAR NOT NULL", "the member: an account or user"),
        Column::new("value", "DOUBLE", "its score; NULL when unscored"),
        Column::new("tier", "VARCHAR NOT NULL", "its tier"),
        Column::new("weight", "DOUBLE CHECK (weight > 0)", "how much it counts"),
        Column::new(
            "effective_weight",
            "DOUBLE CHECK (effective_weight BETWEEN 0 AND 1)",
            "share of the score that it decides",
        ),
        Column::new(
            "contribution",
            format!("DOUBLE CHECK (abs(contribution) <= {width})"),
            "what it adds to the score, they sum to raw_score exactly; NULL where members do not make the score",
        ),
    ]);
    let description = format!("The members behind {}.", score.title);
    let mut writer = Writer::new(
        (&score.components_table(), score),
        &description,
        &columns,
        &["PRIMARY KEY (account_id, as_of_date, component)"],
    );
    steps(&mut writer, score, roll_up);
    running(&mut writer);
    writer.select(&member_items(score, roll_up), "running");
    writer.finish(score.components_table(), score)
}

fn steps(writer: &mut Writer, score: &Score, roll_up: &RollUp) {
    facts(writer, roll_up);
    belonging(writer, score, roll_up);
    summed(writer);
    scored(writer, score, roll_up);
}

/// What the members' metrics say of them.
fn facts(writer: &mut Writer, roll_up: &RollUp) {
    writer.push("WITH\n-- What is above each member, and how much it counts.\nfacts AS (\n  SELECT\n    ");
    let key: Vec<String> = roll_up.members.key().iter().map(|key| format!("{key} AS member_{key}")).collect();
    writer.push(&key.join(",\n    "));
    writer.push(",\n    as_of_date,\n    CAST(");
    writer.expression(&roll_up.to);
    writer.push(" AS VARCHAR) AS above,\n    ");
    match &roll_up.weight {
        Some(weight) => {
            writer.push("CAST(");
            writer.expression(weight);
            writer.push(" AS DOUBLE)");
        }
        None => writer.push("CAST(1 AS DOUBLE)"),
    }
    writer.push(" AS weight,\n    ");
    match &roll_up.where_member {
        Some(condition) => {
            writer.push("(");
            writer.expression(condition);
            writer.push(") IS TRUE");
        }
        None => writer.push("TRUE"),
    }
    writer.push(&format!(" AS counts\n  FROM {}\n)", roll_up.members.table()));
}

/// The members of each account, with their scores.
fn belonging(writer: &mut Writer, score: &Score, roll_up: &RollUp) {
    let weight = format!(
        "CASE WHEN weight >= {LEAST_WEIGHT} AND weight < 1e13 THEN CAST(weight AS DECIMAL(18, 4)) END AS weight"
    );
    let mut counting: Vec<String> = roll_up.members.key().iter().map(|key| format!("member_{key}")).collect();
    counting.extend(["as_of_date", "above", "counts", &weight].map(str::to_owned));
    writer.step("counting", "Weights as decimals; what has none does not count.", &counting, "facts");
    let itself = match roll_up.members.key() {
        [_] => "counting.above <> counting.member_account_id",
        _ => "TRUE",
    };
    let is_below = format!(
        "counting.above IS NOT NULL AND {itself} AND counting.counts AND counting.weight IS NOT NULL"
    );
    let mut union = selected(score, roll_up, "above", "", &is_below);
    if roll_up.parent == ParentOf::Included {
        let parents = format!(
            "\n  JOIN (SELECT DISTINCT above, as_of_date FROM counting WHERE {is_below}) AS parents\n    ON \
             parents.above = counting.member_account_id AND parents.as_of_date = counting.as_of_date"
        );
        let counts = "counting.counts AND counting.weight IS NOT NULL";
        union += "\n  UNION ALL\n  ";
        union += &selected(score, roll_up, "member_account_id", &parents, counts);
    }
    writer.step(
        "members",
        "Who is below whom on a day, with the score of each.",
        &["*".to_owned()],
        &format!("(\n  {union}\n  ) AS belonging"),
    );
}

/// The query for members, by the column that names the account that they are members of.
fn selected(score: &Score, roll_up: &RollUp, of: &str, join: &str, condition: &str) -> String {
    let on: Vec<String> =
        roll_up.members.key().iter().map(|key| format!("s.{key} = counting.member_{key}")).collect();
    let member = roll_up.members.key().last().copied().unwrap_or("account_id");
    let counted = match roll_up.measure {
        Measure::ShareAtRisk => {
            let (low, high) = (number(score.scale.low), number(score.scale.high));
            format!("CASE WHEN s.score IS NULL THEN NULL WHEN s.is_at_risk THEN {low} ELSE {high} END")
        }
        _ => "s.score".to_owned(),
    };
    format!(
        "SELECT counting.{of} AS account_id, counting.as_of_date, counting.member_{member} AS member, s.score, s.tier, \
         counting.weight, CAST({counted} AS DECIMAL(16, 10)) AS counted, CASE WHEN s.is_at_risk THEN 1 ELSE 0 END AS at_risk\n  \
         FROM counting\n  JOIN scores.{} AS s ON {} AND s.as_of_date = counting.as_of_date{join}\n  WHERE {condition}",
        roll_up.of,
        on.join(" AND ")
    )
}

fn summed(writer: &mut Writer) {
    let present = |of: &str| format!("sum(CASE WHEN score IS NOT NULL THEN {of} END)");
    let items = [
        "account_id".to_owned(),
        "as_of_date".to_owned(),
        "count(*) AS members".to_owned(),
        "count(score) AS scored_members".to_owned(),
        format!("{} AS present", present("weight")),
        format!("{} AS earned", present("weight * counted")),
        format!("{} AS risky", present("weight * at_risk")),
        "min(score) AS least".to_owned(),
        "max(score) AS greatest".to_owned(),
    ];
    writer.step(
        "summed",
        "The members of each account, added up.",
        &items,
        "members GROUP BY account_id, as_of_date",
    );
}

/// The score of each account: of its members, or else as declared.
fn scored(writer: &mut Writer, score: &Score, roll_up: &RollUp) {
    let of_members = match roll_up.measure {
        Measure::Mean | Measure::ShareAtRisk => {
            Grid::of(score.scale, &[]).snapped("CAST(earned AS DOUBLE) / CAST(present AS DOUBLE)")
        }
        Measure::Worst => "least".to_owned(),
        Measure::Best => "greatest".to_owned(),
    };
    let mut items = vec!["a.account_id".to_owned(), "a.as_of_date".to_owned()];
    let coverage = decimal("CAST(t.scored_members AS DOUBLE) / t.members");
    items.extend([
        "coalesce(t.members, 0) AS members".to_owned(),
        "coalesce(t.scored_members, 0) AS scored_members".to_owned(),
        format!("CASE WHEN t.members > 0 THEN {coverage} ELSE 0 END AS coverage"),
        format!(
            "CASE WHEN t.scored_members > 0 AND {coverage} >= {} THEN {of_members} END AS of_members",
            number(score.min_coverage)
        ),
        format!(
            "CASE WHEN t.scored_members > 0 THEN {} END AS share_at_risk",
            decimal("CAST(t.risky AS DOUBLE) / CAST(t.present AS DOUBLE)")
        ),
    ]);
    let own = roll_up.fallback == Fallback::Own;
    items.push(if own { "o.score AS own".to_owned() } else { "CAST(NULL AS DOUBLE) AS own".to_owned() });
    if score.rank_within.is_some() {
        items.push("a.peer_group".to_owned());
    }
    roster(writer, score);
    let mut from =
        "roster AS a\n  LEFT JOIN summed AS t ON t.account_id = a.account_id AND t.as_of_date = a.as_of_date"
            .to_owned();
    if own {
        from += &format!(
            "\n  LEFT JOIN scores.{} AS o ON o.account_id = a.account_id AND o.as_of_date = a.as_of_date",
            roll_up.of
        );
    }
    writer.step("rolled", "What is made of the members.", &items, &from);
    let basis = "CASE WHEN of_members IS NOT NULL THEN 'members' WHEN own IS NOT NULL THEN 'own' ELSE 'none' END AS basis";
    writer.step(
        "scored",
        "Of the members where there are any, else as declared.",
        &all(["coalesce(of_members, own) AS raw_score".to_owned(), basis.to_owned()]),
        "rolled",
    );
}

/// The accounts that get a row.
fn roster(writer: &mut Writer, score: &Score) {
    writer.push(",\n-- Who gets a row.\nroster AS (\n  SELECT account_id, as_of_date");
    if let Some(peers) = &score.rank_within {
        writer.push(", CAST(");
        writer.expression(peers);
        writer.push(" AS VARCHAR) AS peer_group");
    }
    writer.push("\n  FROM metrics.accounts\n)");
}

/// What was earned up to and with each member, in the order of their names.
fn running(writer: &mut Writer) {
    let window = "OVER (PARTITION BY m.account_id, m.as_of_date ORDER BY m.member ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
    let own = "coalesce(m.weight * m.counted, 0)";
    let items = [
        "m.*".to_owned(),
        "t.present, t.earned, t.least, t.greatest".to_owned(),
        "r.raw_score, r.basis".to_owned(),
        format!("sum({own}) {window} AS through"),
        format!("{own} AS own_earned"),
        format!(
            "min(CASE WHEN m.score = t.least THEN m.member END) {} AS worst_member",
            "OVER (PARTITION BY m.account_id, m.as_of_date)"
        ),
        format!(
            "min(CASE WHEN m.score = t.greatest THEN m.member END) {} AS best_member",
            "OVER (PARTITION BY m.account_id, m.as_of_date)"
        ),
    ];
    let from = "members AS m\n  JOIN summed AS t ON t.account_id = m.account_id AND t.as_of_date = m.as_of_date\n  \
                JOIN scored AS r ON r.account_id = m.account_id AND r.as_of_date = m.as_of_date";
    writer.step("running", "Running totals, as exact decimals.", &items, from);
}

fn member_items(score: &Score, roll_up: &RollUp) -> Vec<String> {
    let chosen = match roll_up.measure {
        Measure::Worst => Some("worst_member"),
        Measure::Best => Some("best_member"),
        Measure::Mean | Measure::ShareAtRisk => None,
    };
    let (effective, contribution) = match chosen {
        Some(chosen) => (
            format!("CASE WHEN member = {chosen} THEN 1 ELSE 0 END"),
            format!("CASE WHEN member = {chosen} THEN raw_score ELSE 0 END"),
        ),
        None => {
            let grid = Grid::of(score.scale, &[]);
            let unit = grid.unit();
            let at = |running: &str| {
                let exact =
                    format!("floor(CAST({running} AS DOUBLE) / CAST(present AS DOUBLE) * {unit}) / {unit}");
                let held = match grid {
                    Grid::Rising(_) => format!("least({exact}, raw_score)"),
                    Grid::Signed(_) => exact,
                };
                format!("CASE WHEN {running} = earned THEN raw_score ELSE {held} END")
            };
            (
                decimal(
                    "CASE WHEN score IS NULL THEN 0 ELSE CAST(weight AS DOUBLE) / CAST(present AS DOUBLE) END",
                ),
                format!("{}\n  - {}", at("through"), at("(through - own_earned)")),
            )
        }
    };
    let counted = |then: &str| format!("CASE WHEN basis = 'members' THEN {then} END");
    vec![
        "account_id".to_owned(),
        "as_of_date".to_owned(),
        "member AS component".to_owned(),
        "score AS value".to_owned(),
        "tier".to_owned(),
        "CAST(weight AS DOUBLE) AS weight".to_owned(),
        format!("CAST({} AS DOUBLE) AS effective_weight", counted(&effective)),
        format!("CAST({} AS DOUBLE) AS contribution", counted(&contribution)),
    ]
}
