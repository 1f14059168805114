//! Laws over random days: a second machine in whole tenths, days told one by one, and what can never happen.

use std::fmt::Write as _;

use halescore::alerts::{Act, Event, Rule, Seen, State, replay};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::series::{Series, decimal, number, rule_a, rule_b};

/// A day as it is drawn: a score in tenths, no score, or not published; and an act.
type Drawn = (Option<Option<i32>>, Option<Act>);

/// Scores that stay for a while near the edges of the rules, with holes.
fn days() -> impl Strategy<Value = Vec<Drawn>> {
    let level = prop_oneof![
        3 => (370..=460_i32).prop_map(Some),
        2 => prop::sample::select(vec![399, 400, 449, 450, 290, 289, 600, 601]).prop_map(Some),
        2 => (100..=900_i32).prop_map(Some),
        2 => Just(None),
    ];
    let act = prop_oneof![
        8 => Just(None),
        1 => Just(Some(Act::Acknowledge)),
        1 => Just(Some(Act::Done)),
    ];
    let stretch = (level, 1..=16_usize, any::<bool>(), act, 0..4_i32).prop_map(
        |(level, days, published, act, slope)| {
            (0..days as i32)
                .map(move |day| {
                    let seen = match level {
                        Some(level) => Some(Some(level - slope * day)),
                        None if published => Some(None),
                        None => None,
                    };
                    (seen, act.filter(|_| day == 0))
                })
                .collect::<Vec<Drawn>>()
        },
    );
    prop::collection::vec(stretch, 1..12).prop_map(|stretches| stretches.concat())
}

fn series(days: &[Drawn]) -> Series {
    let mut text = String::new();
    for (seen, _) in days {
        match seen {
            Some(Some(tenths)) => write!(text, "{}.{} ", tenths / 10, tenths % 10),
            Some(None) => write!(text, "? "),
            None => write!(text, "- "),
        }
        .expect("a string");
    }
    let acts = days
        .iter()
        .enumerate()
        .filter_map(|(at, (seen, act))| Some((at, (*act)?)).filter(|_| seen.is_some()));
    acts.fold(Series::daily(&text), |series, (at, act)| series.act(at as i32 + 1, act))
}

/// What the second machine is asked of.
#[derive(Clone, Copy)]
enum Of {
    Fall,
    Low,
}

/// The machine as section 9 writes it, in whole tenths: the state and the level of every published day.
fn by_definition(of: Of, days: &[Drawn]) -> Vec<(usize, State, u32)> {
    let (open_after, relapse_after, cooldown, bridge) = (if matches!(of, Of::Low) { 14 } else { 0 }, 2, 7, 3);
    let score = |at: i64| usize::try_from(at).ok().and_then(|at| days.get(at)?.0?);
    let (mut run, mut began, mut gap, mut spent) = (0, 0, 0, false);
    let (mut state, mut level, mut reference, mut clear_run, mut clear_at) = (State::Ok, 0, 0, 0, 0);
    let (mut told, mut since, mut resolved) = (0, 0, 0);
    let mut found = Vec::new();
    for (at, (seen, act)) in days.iter().enumerate() {
        let today = score(at as i64);
        let base = (1..=7).rev().find_map(|back| score(at as i64 - back));
        let holds = match (of, today, base) {
            (Of::Low, Some(now), _) => Some(now < 400),
            (Of::Fall, Some(now), Some(base)) => Some(base - now > 200),
            _ => None,
        };
        match holds {
            Some(true) if run > 0 => (run, gap) = (run + 1, 0),
            Some(true) => (run, began, gap, spent) = (1, at, 0, false),
            Some(false) => (run, gap, spent) = (0, 0, false),
            None if run > 0 => {
                gap += 1;
                if gap > bridge {
                    (run, gap, spent) = (0, 0, false);
                }
            }
            None => {}
        }
        if seen.is_none() {
            continue;
        }
        let holds = holds == Some(true);
        let counts = if spent { 0 } else { run };
        if state.is_active() {
            if let Some(now) = today {
                let clears = match of {
                    Of::Low => now >= 450,
                    Of::Fall => 2 * now >= clear_at,
                };
                clear_run = if clears { clear_run + 1 } else { 0 };
            }
            let worse = today.filter(|now| reference - now > 100);
            if clear_run > 2 {
                (state, resolved, spent) = (State::Cooldown, at, true);
            } else if let Some(now) = worse {
                (state, level, reference, told) = (State::Open, level + 1, now, at);
            } else if matches!(of, Of::Fall) && at - told + 1 > 28 {
                (state, spent) = (State::Ok, true);
            } else if state == State::Handled && at - since + 1 > 30 {
                state = State::Open;
            }
        } else if state == State::Cooldown {
            let last = resolved + cooldown - 1;
            let relapse = if (resolved..=last).contains(&began) { counts } else { 0 };
            if holds && relapse > relapse_after {
                (state, level, reference, clear_run, told) = (State::Open, level + 1, today.unwrap(), 0, at);
                clear_at = reference + base.unwrap_or(reference);
            } else if at > last && relapse == 0 {
                state = State::Ok;
            }
        }
        if matches!(state, State::Ok | State::Pending) {
            let counts = if spent { 0 } else { run };
            if counts > open_after && holds {
                (state, level, reference, clear_run, told) = (State::Open, 1, today.unwrap(), 0, at);
                clear_at = reference + base.unwrap_or(reference);
            } else {
                state = if counts > 0 { State::Pending } else { State::Ok };
            }
        }
        match act {
            Some(Act::Acknowledge) if state == State::Open => state = State::Acknowledged,
            Some(Act::Done) if matches!(state, State::Open | State::Acknowledged) => {
                (state, since) = (State::Handled, at)
            }
            _ => {}
        }
        found.push((at, state, if matches!(state, State::Ok | State::Pending) { 0 } else { level }));
    }
    found
}

fn rules() -> [(Of, Rule); 2] {
    [(Of::Fall, rule_a()), (Of::Low, rule_b())]
}

proptest! {
    #![proptest_config(Config { cases: 4000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_day_is_as_the_definition_says(days in days()) {
        for (of, rule) in rules() {
            let rows = series(&days).by(&rule);
            let found: Vec<_> = rows.0.iter().map(|row| ((row.day - number(1)) as usize, row.state.unwrap(), row.level)).collect();
            prop_assert_eq!(found, by_definition(of, &days), "{}", rule.name);
        }
    }

    #[test]
    fn days_told_one_by_one_are_days_told_at_once(days in days(), cut in 0..200_usize) {
        for (_, rule) in rules() {
            let series = series(&days);
            let all: Vec<_> = series.0.iter().map(super::series::Told::as_day).collect();
            let cut = cut.min(all.len());
            prop_assert_eq!(&replay(&rule, &all[..cut])[..], &replay(&rule, &all)[..cut]);
        }
    }

    #[test]
    fn nothing_opens_comes_back_or_resolves_on_an_unknown_day(days in days()) {
        for (_, rule) in rules() {
            let series = series(&days);
            for (told, row) in series.0.iter().zip(series.by(&rule).0) {
                let forbidden = [Event::Opened, Event::Relapsed, Event::Resolved, Event::Escalated];
                prop_assert!(matches!(told.seen, Seen::Score(_)) || forbidden.iter().all(|event| !row.events.contains(event)));
            }
        }
    }

    #[test]
    fn a_higher_score_on_a_day_opens_nothing_on_that_day(days in days(), at in any::<prop::sample::Index>(), by in 1..400_i32) {
        for (_, rule) in rules() {
            let as_it_is = series(&days);
            if as_it_is.0.is_empty() {
                continue;
            }
            let at = at.index(as_it_is.0.len());
            let Seen::Score(score) = as_it_is.0[at].seen else { continue };
            let mut raised = as_it_is.clone();
            raised.0[at].seen = Seen::Score(score + decimal(&format!("{}.{}", by / 10, by % 10)));
            let opened = |series: &Series| series.by(&rule).0[at].events.contains(&Event::Opened);
            prop_assert!(opened(&as_it_is) || !opened(&raised));
        }
    }

    #[test]
    fn acts_alone_move_no_opening(days in days()) {
        for (_, rule) in rules() {
            let with = series(&days);
            let mut without = with.clone();
            without.0.iter_mut().for_each(|told| told.acts.clear());
            let opened = |series: &Series| series.by(&rule).0.iter().map(|row| row.opened_on).collect::<Vec<_>>();
            prop_assert_eq!(opened(&with), opened(&without));
        }
    }
}
