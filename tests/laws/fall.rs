//! Day by day over a whole fall: twins of accounts, alike until one of them stops, while the other goes on as in the four
//! weeks before. On none of 120 days is the silent one better than its twin, nor than it was itself on the day before.
//!
//! One kind of component may rise from one day to the next: a growth, whose base moves too (see [`GROWTHS`]). It never
//! raises a score by more than what it decides of it, and never above the twin's.

use chrono::NaiveDate;

use super::twins::{BEFORE, FALL, Judged, PAIRS, Scores, run, scores, text};
use super::world::{copied, number, project};

/// Growths: what usage is compared with is a window that moves, so the quotient rises where a heavy day leaves it.
const GROWTHS: [&str; 8] = [
    "usage_growth",
    "active_user_growth",
    "usage_trend",
    "active_users",
    "momentum",
    "reach",
    "more_users",
    "user_trend",
];

/// Scores differ by more than how doubles are added.
const HAIR: f64 = 1e-9;

/// What a score may have risen by since the day before: what growths decide of it, and what could not be judged before.
fn allowed(before: &Judged, after: &Judged, scale: f64, about: &str) -> f64 {
    let mut allowed = 0.0;
    for (name, part) in &after.parts {
        let was = &before.parts[name];
        let [points_before, points] = [was, part].map(|part| number(part, "points"));
        if text(part, "state") == "base"
            || points_before.is_some() && points <= points_before && points.is_some()
        {
            continue;
        }
        if points_before.is_none() && points.is_none() {
            continue;
        }
        let is_new = text(was, "state") == "not_yet";
        let moves = GROWTHS.contains(&name.as_str());
        assert!(is_new || moves, "{about}: {name} rose or is gone: {points_before:?} → {points:?}\n{part:?}");
        let decides = if points.is_some() { part } else { was };
        allowed += number(decides, "effective_weight").unwrap_or(0.0) * scale;
    }
    allowed
}

/// Holds all twins to the law. `stands_alone`: no component compares them with each other.
fn hold(scores: &Scores, (stands_alone, scale): (bool, f64), about: &str) {
    let (mut days, mut worse) = (0, 0);
    let silent = scores.iter().filter(|((id, day), _)| id.ends_with("-off") && *day > BEFORE);
    for ((id, day), off) in silent {
        let at = |id: &str, day: NaiveDate| scores.get(&(id.to_owned(), day));
        let about = format!("{about}: {id} on day {} of its silence", (*day - BEFORE).num_days());
        let twin = at(&id.replace("-off", "-on"), *day).filter(|on| on.scorecard == off.scorecard);
        if let Some(on) = twin.and_then(|on| on.raw) {
            assert!(off.raw.is_some_and(|off| off <= on + HAIR), "{about}: {:?}, its twin {on}", off.raw);
            worse += usize::from(off.raw < Some(on));
        }
        let before = at(id, day.pred_opt().unwrap()).filter(|before| before.scorecard == off.scorecard);
        if let Some((before, was)) =
            before.and_then(|before| Some((before, before.raw?))).filter(|_| stands_alone)
        {
            let most = was + allowed(before, off, scale, &about) + HAIR;
            assert!(off.raw.is_some_and(|is| is <= most), "{about}: {:?}, the day before {was}", off.raw);
        }
        days += 1;
    }
    assert!(days > 50 * PAIRS && worse * 3 > days, "{about}: {days} days, {worse} of them worse");
}

fn holds(template: &str, how: (bool, f64)) {
    let (project, out) = (project(template), copied(FALL.1.path()));
    run(project.path(), FALL.0.path(), out.path(), (BEFORE, true));
    hold(&scores(out.path(), "health"), how, template);
}

#[test]
fn by_none_of_the_default_scores_is_a_day_of_silence_better() {
    for name in ["health", "expansion", "user_health"] {
        hold(&scores(FALL.1.path(), name), (true, 100.0), name);
    }
}

#[test]
fn by_usage_no_day_of_silence_is_better() {
    holds("usage", (true, 100.0));
}

#[test]
fn by_enterprise_no_day_of_silence_is_better() {
    holds("enterprise", (true, 4.0));
}

#[test]
fn by_onboarding_no_day_of_silence_is_better() {
    holds("onboarding", (true, 100.0));
}

#[test]
fn by_rfm_no_day_of_silence_is_better() {
    holds("rfm", (false, 100.0));
}
