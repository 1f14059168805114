//! A season in which no usage is expected, over the twins of which one is silent and the other in use.

use chrono::NaiveDate;

use super::twins::{FALL, PAIRS, run, scores, text};
use super::world::copied;
use crate::oracle::project_with;

/// The season in which no usage is expected, and the first day that is looked at.
const SEASON: &str = "as_of_date BETWEEN DATE '2026-05-01' AND DATE '2026-05-31'";
const LOOKED_AT: NaiveDate = NaiveDate::from_ymd_opt(2026, 4, 27).unwrap();

/// Whoever is in use all the same is scored as ever; who is not has no score for a reason, until the season has left the
/// windows of each component.
#[test]
fn a_season_is_charged_to_nobody_and_hides_nobody() {
    let season =
        format!("expected_idle: {{when: \"{SEASON}\", unless: active_days_7d > 0}}\nmin_coverage: 0.4");
    let project = project_with(&[("sql/scores/health.yml", "min_coverage: 0.4", &season)]);
    let out = copied(FALL.1.path());
    run(project.path(), FALL.0.path(), out.path(), (LOOKED_AT, true));
    let (ever, now) = (scores(FALL.1.path(), "health"), scores(out.path(), "health"));
    let (mut same, mut rests, mut charged) = (0, 0, 0);
    for ((id, day), judged) in now.iter().filter(|((_, day), _)| *day >= LOOKED_AT) {
        let state = |component: &str| judged.parts.get(component).map(|part| text(part, "state"));
        let after = (*day - NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()).num_days();
        if after < 0 {
            assert_eq!(judged.raw, ever[&(id.clone(), *day)].raw, "{id} on {day}, before the season");
        } else if id.ends_with("-off") {
            // The season has 31 days, and leaves a window of 28 days on the 59th.
            let of = |days: i64| if after < 30 + days { "expected_idle" } else { "zero_base" };
            assert_eq!(
                state("concentration").filter(|state| state != "not_applicable").as_deref().unwrap_or(of(28)),
                of(28),
                "{id} on {day}"
            );
            assert!(state("usage_growth").is_none_or(|state| state == of(56)), "{id} on {day}: {judged:?}");
            let usage = state("usage").map(|state| state == "expected_idle");
            assert!(usage.is_none_or(|idle| idle == (after < 58)), "{id} on {day}");
            (rests, charged) =
                (rests + usize::from(usage == Some(true)), charged + usize::from(usage == Some(false)));
        } else if ever[&(id.clone(), *day)].raw.is_some()
            && judged.parts.values().all(|part| text(part, "state") != "expected_idle")
        {
            assert_eq!(judged.raw, ever[&(id.clone(), *day)].raw, "{id} on {day}, in use");
            same += 1;
        }
    }
    assert!(
        same > 20 * PAIRS && rests > 20 * PAIRS && charged > 0,
        "{same} as ever, {rests} at rest, {charged} charged"
    );
}
