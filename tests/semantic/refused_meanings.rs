//! What reads well and means nothing is refused at its place: rules, scorecards, scales, roll-ups. What may be meant but
//! seldom is, is warned of.

use halescore::diagnostic::SourceFile;
use halescore::semantic;

use super::{components, parse, score};

/// A sound component to stand beside the one with something wrong in it.
const SOUND: &str = "ok: {title: T, value: m, bins: [{below: 1, points: 0}, {points: 1}]}\n";

/// `line:column code` of every problem.
#[track_caller]
fn problems(component_file: &str, scores: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> =
        scores.iter().map(|(name, text)| SourceFile::new(format!("sql/scores/{name}.yml"), *text)).collect();
    let found = semantic::parse(&[components(component_file)], &files).expect_err("it is wrong");
    let place = |problem: &halescore::diagnostic::Diagnostic| {
        let place = problem.location.as_ref().expect("every problem has a place");
        let (line, column) = place.file.line_column(place.span.start);
        format!("{line}:{column} {}", problem.code)
    };
    found.iter().map(place).collect()
}

#[track_caller]
fn component(keys: &str, expected: &[&str]) {
    let text = format!("{SOUND}c: {{title: T, value: m, {keys}}}\n");
    let score = "{title: T, version: '1', components: [ok], tiers: [{name: all}]}";
    assert_eq!(problems(&text, &[("health", score)]), expected, "{keys}");
}

#[track_caller]
fn in_score(keys: &str, expected: &[&str]) {
    let text = format!("title: T\nversion: '1'\n{keys}\n");
    assert_eq!(problems(SOUND, &[("health", &text)]), expected, "{keys}");
}

#[track_caller]
fn roll_up(keys: &str, expected: &[&str]) {
    let of = "{title: T, version: '1', components: [ok], tiers: [{name: low, below: 50}, {name: high}]}";
    let all = format!("title: T\nversion: '1'\n{keys}\n");
    assert_eq!(problems(SOUND, &[("rolled", &all), ("each", of)]), expected, "{keys}");
}

#[test]
fn a_rule_that_means_nothing_is_refused() {
    for (keys, expected) in [
        ("bins: [{below: 1, at_most: 2, points: 0}, {points: 1}]", &["2:32 two-edges"][..]),
        ("bins: [{points: 1}], linear: {from: 0, to: 1, points: [0, 1]}", &["2:1 one-rule"]),
        ("bins: [{points: 1}], rounding: 9", &["2:56 bad-rounding"]),
        ("bins: [{points: 1}], scale: [2, 2]", &["2:53 empty-range"]),
        ("bins: [{points: 1}], look_back: 7", &["2:57 missing-key"]),
        ("bins: [{points: 1}], usage_of: people, look_back: 0", &["2:75 bad-number"]),
        ("linear: {from: 1, to: 1, points: [0, 1]}", &["2:33 empty-range"]),
        ("cases: [{when: m > 0, bins: [{points: 1}]}]", &["2:33 no-default"]),
        (
            "cases: [{bins: [{points: 1}]}, {when: m > 0, bins: [{points: 0}]}]",
            &["2:33 unreachable-case", "2:56 no-default"],
        ),
        ("cases: [{when: 1 = 2, bins: [{points: 1}]}, {bins: [{points: 0}]}]", &["2:33 unreachable-case"]),
        (
            "cases: [{when: m > 0, bins: [{points: 1}]}, {when: m > 0, bins: [{points: 2}]}, {bins: [{points: 0}]}]",
            &["2:69 unreachable-case"],
        ),
        ("categories: {a: 1}, on_missing: {neutral: 7}", &["2:57 outside-range"]),
        ("decay: {age: a, linear: 3, half_life: 2, toward: 0}, bins: [{points: 1}]", &["2:32 two-rules"]),
        ("decay: {age: a, half_life: 2}, bins: [{points: 1}]", &["2:32 bad-decay"]),
        ("decay: {age: a, half_life: 0, toward: 0}, bins: [{points: 1}]", &["2:52 bad-number"]),
        ("relative_to: {own_history: {days: 7, as: change}}, bins: [{points: 1}]", &["2:1 no-zero-base"]),
        ("zero_base: {give: worst}, bins: [{points: 1}]", &["2:36 missing-key"]),
        ("zero_base: {when: m = 0, give: 2}, bins: [{points: 1}]", &["2:56 outside-range"]),
        ("zero_base: {when: m = 0, give: nothing}, bins: [{points: 1}]", &["2:56 unsupported-value"]),
    ] {
        component(keys, expected);
    }
}

#[test]
fn a_score_that_means_nothing_is_refused() {
    let tiers = "tiers: [{name: all}]";
    for (keys, expected) in [
        ("components: [ok]\nscale: [5, 5]\ntiers: [{name: all}]", &["4:8 empty-range"][..]),
        ("components: [ok]\ntiers: [{name: all, color: red}]", &["4:28 bad-color"]),
        (
            "components: [ok]\ntiers: [{name: a, below: 1, at_risk: true}, {name: b, below: 2}, {name: c, below: 3, at_risk: true}, {name: d}]",
            &["4:95 tier-at-risk"],
        ),
        (
            "components: [ok]\ntiers: [{name: a, below: 1, at_risk: false}, {name: b, at_risk: true}]",
            &["4:65 tier-at-risk"],
        ),
        (tiers, &["1:1 missing-key"]),
    ] {
        in_score(keys, expected);
    }
    let cards = |cards: &str| format!("components: [ok]\n{tiers}\nscorecards: [{cards}]");
    in_score(&cards("{name: a, when: m > 0}"), &["5:14 no-default"]);
    in_score(&cards("{name: a, when: 1 = 2}, {name: b}"), &["5:30 unreachable-scorecard"]);
    in_score(
        &cards("{name: a, when: m > 0}, {name: b, when: m > 0}, {name: c}"),
        &["5:54 unreachable-scorecard"],
    );
    for (first, second) in [
        ("m < 10", "m < 10 AND n > 3"),
        ("m <= 10", "10 > m"),
        ("m IN ('a', 'b')", "m = 'b' AND n"),
        ("n", "m BETWEEN 1 AND 2 AND n"),
        ("m > 0", "m >= 1"),
    ] {
        let both = format!("{{name: a, when: \"{first}\"}}, {{name: b, when: \"{second}\"}}, {{name: c}}");
        in_score(&cards(&both), &[&format!("5:{} unreachable-scorecard", 51 + first.len())]);
    }
    for never in [
        "m < 1 AND m > 2",
        "m > 1 AND m <= 1",
        "m = 'a' AND m = 'b'",
        "n AND NOT n",
        "m = 3 AND m < 3",
        "NULL",
    ] {
        in_score(
            &cards(&format!("{{name: a, when: \"{never}\"}}, {{name: b}}")),
            &["5:30 unreachable-scorecard"],
        );
    }
    in_score(&cards("{name: a}, {name: b}"), &["5:14 unreachable-case"]);
    in_score(&cards("{name: a, weights: {other: 2}}"), &["5:34 unknown-component"]);
    in_score(
        &format!("components: [ok]\naggregate: min\nmissing_weight: score\n{tiers}"),
        &["1:1 bad-scope"],
    );
}

#[test]
fn a_roll_up_that_means_nothing_is_refused() {
    let tiers = "tiers: [{name: all}]";
    let keys = |of: &str| format!("{tiers}\nroll_up: {{to: parent, {of}}}");
    for (of, expected) in [
        ("of: other, measure: mean, fallback: own", &["1:1 unknown-score"][..]),
        ("of: each, measure: share_at_risk, fallback: own", &["1:1 no-tier-at-risk"]),
        ("of: rolled, measure: mean, fallback: own", &["1:1 bad-roll-up"]),
    ] {
        roll_up(&keys(of), expected);
    }
    roll_up(
        &format!("scale: [0, 10]\n{}", keys("of: each, measure: mean, fallback: own")),
        &["1:1 bad-roll-up"],
    );
    roll_up(
        &format!("entity: user\n{}", keys("of: each, measure: mean, fallback: unscored")),
        &["1:1 bad-roll-up"],
    );
    roll_up(
        &format!("expected_idle: {{when: m, unless: k}}\n{}", keys("of: each, measure: mean, fallback: own")),
        &["3:16 two-rules"],
    );
    let both = format!("components: [ok]\n{}", keys("of: each, measure: mean, fallback: own"));
    roll_up(&both, &["5:10 two-rules"]);
}

/// The warnings of a component whose value is this.
#[track_caller]
fn warned(value: &str) -> Vec<String> {
    let text = format!("c: {{title: T, value: \"{value}\", bins: [{{below: 1, points: 0}}, {{points: 1}}]}}");
    let score_text = "{title: T, version: '1', components: [c], tiers: [{name: all}]}";
    let semantics = parse(&text, score_text).unwrap_or_else(|problems| panic!("{problems}"));
    semantics.warnings.iter().map(|warning| format!("{}: {}", warning.code, warning.message)).collect()
}

#[test]
fn a_value_that_may_be_no_number_is_warned_of_and_one_that_is_guarded_is_not() {
    for value in [
        "a / b",
        "a % b",
        "a / (b + 1)",
        "sqrt(a)",
        "ln(a)",
        "log10(abs(a))",
        "a / greatest(b, 0)",
        "a / nullif(b, 1)",
        "1 / (greatest(a, 0) + greatest(b, 0))",
        "CASE WHEN a > 0 THEN a END / b",
    ] {
        let warnings = warned(value);
        assert_eq!(warnings.len(), 1, "{value}: {warnings:?}");
        assert!(warnings[0].starts_with("not-a-number: "), "{value}: {warnings:?}");
    }
    assert_eq!(warned("a / b + sqrt(c)").len(), 2);
    for value in [
        "a / nullif(b, 0)",
        "a / 28.0",
        "a / -2",
        "a / greatest(b, 1)",
        "a / (greatest(b, 0) + 1)",
        "CASE WHEN b > 0 THEN a / b END",
        "sqrt(abs(a))",
        "sqrt(greatest(a, 0))",
        "ln(greatest(a, 1))",
        "ln(abs(a) + 1)",
        "a / CAST(nullif(b, 0) AS DOUBLE)",
        "a + b",
    ] {
        assert_eq!(warned(value), [""; 0], "{value}");
    }
}

#[test]
fn more_than_ten_components_are_warned_of() {
    let definition = |count: usize| {
        let components: String = (0..count)
            .map(|at| {
                format!(
                    "c{at}: {{title: T{at}, value: m{at}, bins: [{{below: 1, points: 0}}, {{points: 1}}]}}\n"
                )
            })
            .collect();
        let names: Vec<String> = (0..count).map(|at| format!("c{at}")).collect();
        let text =
            format!("{{title: T, version: '1', components: [{}], tiers: [{{name: all}}]}}", names.join(", "));
        let files = (super::components(&components), score(&text));
        let semantics =
            semantic::parse(&[files.0], &[files.1]).unwrap_or_else(|problems| panic!("{problems}"));
        semantics.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert!(definition(10).is_empty());
    assert_eq!(definition(11), ["many-components"]);
}

#[test]
fn points_over_possible_of_parts_with_unlike_scales_is_warned_of_and_the_default_weighs_them_alike() {
    let text = format!("{SOUND}wide: {{title: T, value: m, linear: {{from: 0, to: 1, points: [0, 100]}}}}\n");
    let warned = |aggregate: &str| {
        let score_text = format!(
            "title: T\nversion: '1'\n{aggregate}components: {{ok: 1, wide: 1}}\ntiers: [{{name: all}}]\n"
        );
        let found = parse(&text, &score_text).unwrap_or_else(|problems| panic!("{problems}"));
        let placed = |warning: &halescore::diagnostic::Diagnostic| {
            let place = warning.location.as_ref().expect("a place");
            let (line, column) = place.file.line_column(place.span.start);
            format!("{line}:{column} {}: {}", warning.code, warning.message)
        };
        (found.warnings.iter().map(placed).collect::<Vec<_>>(), found.scores[0].clone())
    };
    let (none, by_default) = warned("");
    assert!(none.is_empty(), "{none:?}");
    assert_eq!(by_default.definition, warned("aggregate: weighted_mean\n").1.definition);
    let said = "3:12 mixed-scales: `wide` goes over 100 points and `ok` over 1: at the same weight the first decides 100.0 times as much";
    assert_eq!(warned("aggregate: points_over_possible\n").0, [said]);
}

#[test]
fn capability_10_weights_meant_as_per_cent_that_do_not_add_up_are_warned_of() {
    let components: String = ["a", "b", "c"]
        .map(|name| {
            format!("{name}: {{title: {name}, value: m, bins: [{{below: 1, points: 0}}, {{points: 1}}]}}\n")
        })
        .concat();
    let warned = |weights: &str| {
        let text = format!(
            "{{title: T, version: '1', aggregate: weighted_mean, components: {weights}, tiers: [{{name: all}}]}}"
        );
        let files = (super::components(&components), score(&text));
        let semantics =
            semantic::parse(&[files.0], &[files.1]).unwrap_or_else(|problems| panic!("{problems}"));
        semantics.warnings.iter().map(|warning| format!("{}: {}", warning.code, warning.message)).collect()
    };
    let none: Vec<String> = Vec::new();
    for sound in [
        "{a: 50, b: 30, c: 20}",
        "{a: 2, b: 1, c: 1}",
        "{a: 33.3, b: 33.4, c: 33.3}",
        "{a: 20, b: 15, c: 22}",
    ] {
        assert_eq!(warned(sound), none, "{sound}");
    }
    let told: Vec<String> = warned("{a: 50, b: 30, c: 15}");
    assert_eq!(
        told,
        ["weights-near-100: the weights of `score` in the scorecard `default` sum to 95, not to 100"]
    );
    assert_eq!(warned("{a: 50, inner: {weight: 50, components: {b: 61, c: 42}}}").len(), 1, "in a group");
}
