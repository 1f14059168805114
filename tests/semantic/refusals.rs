//! Every mistake is refused at its place, and all of them at once.

use super::{OMNI_COMPONENTS, OMNI_SCORE, components, parse, score};
use halescore::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use halescore::semantic;

/// `line:column code: message (help)`.
fn line(problem: &Diagnostic) -> String {
    let place = problem.location.as_ref().expect("every problem has a place");
    let (line, column) = place.file.line_column(place.span.start);
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
    format!("{line}:{column} {}: {}{help}", problem.code, problem.message)
}

fn lines(problems: &Diagnostics) -> Vec<String> {
    problems.iter().map(line).collect()
}

#[track_caller]
fn refused(components: &str, score: &str, expected: &[&str]) {
    let problems = parse(components, score).expect_err("it is wrong");
    assert_eq!(lines(&problems), expected, "{problems}");
    assert!(!problems.render(false).is_empty());
}

/// A component with something wrong in it; the score names another one.
#[track_caller]
fn component(text: &str, expected: &[&str]) {
    let text = format!("{text}\nok: {{title: T, value: m, bins: [{{points: 1}}]}}\n");
    refused(&text, "{title: T, version: '1', components: [ok], tiers: [{name: all}]}", expected);
}

#[track_caller]
fn bins(list: &str, expected: &[&str]) {
    component(&format!("c:\n  title: T\n  value: m\n  bins:\n{list}"), expected);
}

#[track_caller]
fn in_score(text: &str, expected: &[&str]) {
    refused(OMNI_COMPONENTS, text, expected);
}

#[track_caller]
fn value(sql: &str, expected: &[&str]) {
    component(&format!("c:\n  title: T\n  value: {sql}\n  bins: [{{points: 1}}]"), expected);
}

#[test]
fn keys_that_do_not_exist_are_refused_with_the_nearest_one() {
    component("c:\n  titel: T", &["2:3 unknown-key: unknown key `titel` (did you mean `title`?)"]);
    component(
        "c: {title: T, value: m, bins: [{belo: 1}]}",
        &["1:33 unknown-key: unknown key `belo` (did you mean `below`?)"],
    );
    in_score(
        "title: T\nmin_covrage: 1",
        &["2:1 unknown-key: unknown key `min_covrage` (did you mean `min_coverage`?)"],
    );
}

#[test]
fn what_is_not_the_yaml_that_was_meant_is_refused() {
    component(
        "c:\n  title: T\n  value: m",
        &["1:1 one-rule: one of `bins`, `categories`, `linear`, `ordinal` or `cases` is needed here"],
    );
    component("c:\n  title: T\n  title: U", &["3:3 duplicate-key: `title` is declared twice"]);
    component("c: 1", &["1:4 yaml: expected a mapping"]);
    component("c: {title: T, value: m, bins: 3}", &["1:31 yaml: expected a list"]);
    component("c: {title: [], value: m}", &["1:12 yaml: expected a text"]);
    component("c: {title: T, value: m, bins: [{points: many}]}", &["1:41 yaml: expected a number"]);
    component("c:\n\ttitle: T", &["2:2 yaml: tabs disallowed within this context (block indentation)"]);
    component(
        "c: {title: \"a\\nb\", value: m, bins: [{points: 1}]}",
        &["1:12 bad-text: one line of text is needed here"],
    );
    in_score("", &["1:1 yaml: unexpected end of file"]);
}

#[test]
fn only_supported_policies_are_taken() {
    let policy = |policy: &str, expected: &str| {
        component(
            &format!("c: {{title: T, value: m, bins: [{{points: 1}}], on_missing: {policy}}}"),
            &[expected],
        );
    };
    policy("neutrl", "1:58 unsupported-value: `neutrl` is not supported here (did you mean `neutral`?)");
    policy("neutral", "1:58 missing-number: `neutral` needs points: `{neutral: 2}`");
    policy("carry_forward", "1:58 missing-number: `carry_forward` needs days: `{carry_forward: 14}`");
    policy("{worst: 2}", "1:59 unsupported-value: `worst` takes no number (write `worst` alone)");
    policy(
        "3",
        "1:58 unsupported-value: `on_missing` is a word, and this is 3 (`{neutral: 3}` for so many points)",
    );
    policy("{neutral: 2}", "1:58 outside-range: neutral points of 2 are not from 0 to 1");
    policy(
        "{carry_forward: 0}",
        "1:74 bad-number: a value cannot be carried forward for 0 days (1 to 3660 whole days)",
    );
}

#[test]
fn bins_have_ascending_edges_and_an_open_end() {
    bins(
        "  - {below: 2, points: 0}\n  - {below: 1, points: 1}\n  - {points: 2}",
        &[
            "6:13 bins-not-ascending: bins do not ascend: 1 follows 2 (order the bins by their edges, lowest first)",
        ],
    );
    bins(
        "  - {below: 2, points: 0}\n  - {below: 2.0, points: 1}\n  - {points: 2}",
        &["6:13 unreachable-bin: this bin can never be reached: it is empty"],
    );
    bins(
        "  - {below: 2, points: 0}\n  - {points: 1}\n  - {below: 3, points: 2}\n  - points: 3",
        &[
            "7:5 unreachable-bin: bin 3 can never be reached (give bin 2 an edge, or remove what follows it)",
            "8:5 unreachable-bin: bin 4 can never be reached (give bin 2 an edge, or remove what follows it)",
        ],
    );
    bins(
        "  - {below: 2, points: 1}",
        &[
            "5:5 missing-last-bin: the last bin has no open end (end the list with a bin without `below` or `at_most`, for all that is left)",
        ],
    );
    component(
        "c: {title: T, value: m, bins: []}",
        &[
            "1:31 missing-last-bin: the last bin has no open end (end the list with a bin without `below` or `at_most`, for all that is left)",
        ],
    );
    bins(
        "  - {below: .nan, points: 1}\n  - {points: .inf}",
        &[
            "5:13 bad-number: a finite number is needed here",
            "6:14 bad-number: a finite number is needed here",
        ],
    );
}

#[test]
fn points_are_earned_from_nothing_up() {
    component(
        "c: {title: T, value: m, bins: [{points: 0}]}",
        &[
            "1:1 no-points: no bin has points above 0 (where points are only ever taken away, declare their `scale`)",
        ],
    );
    component(
        "c: {title: T, value: m, direction: lower_is_better, bins: [{below: 1, points: 0}, {points: 1}]}",
        &["1:36 direction-disagrees: lower is better, but the bins say otherwise \
           (mend the points, or leave `direction` out where there is no one way)"],
    );
    component(
        "c: {title: T, value: m, direction: up, bins: []}",
        &["1:36 unsupported-value: `up` is not supported here"],
    );
}

#[test]
fn values_are_one_expression_over_one_row() {
    value("(a + b", &["3:16 bad-expression: this is not an SQL expression: Expected: ), found: EOF"]);
    value("a + 'x", &["3:14 bad-expression: this is not an SQL expression: Unterminated string literal"]);
    value(
        "a + b c",
        &[
            "3:16 bad-expression: this is not an SQL expression: Expected: the end of the expression, found: c",
        ],
    );
    value(
        "a; drop table x",
        &[
            "3:11 bad-expression: this is not an SQL expression: Expected: the end of the expression, found: ;",
        ],
    );
    value(
        "|\n    a +\n      (b,\n    )",
        &["6:5 bad-expression: this is not an SQL expression: Expected: an expression, found: )"],
    );
    value(
        "\"a + \\\"é\\\" b\"",
        &[
            "3:21 bad-expression: this is not an SQL expression: Expected: the end of the expression, found: b",
        ],
    );
    value(
        "1 + max(b)",
        &["3:14 bad-expression: the aggregate `max` reads more than one row of metrics.accounts \
        (compute it in a model under sql/metrics/ and use its column here)"],
    );
    value(
        "a - LAG(a) OVER (ORDER BY b)",
        &["3:14 bad-expression: the window function `lag` reads other rows of metrics.accounts \
        (compute it in a model under sql/metrics/ and use its column here)"],
    );
    value(
        "a - (SELECT 1)",
        &["3:10 bad-expression: a component's value is an expression without queries \
        (the semantic side reads metrics.accounts only: compute it in a model under sql/metrics/)"],
    );
}

#[test]
fn names_are_plain_and_unique() {
    component(
        "Usage-7: {title: T, value: m, bins: [{points: 1}]}",
        &["1:1 bad-name: `Usage-7` cannot name a component"],
    );
    let twice = [
        components("a: {title: T, value: m, bins: [{points: 1}]}"),
        SourceFile::new("sql/components/more.yml", "\na: {title: T, value: m, bins: [{points: 1}]}"),
    ];
    let problems = semantic::parse(&twice, &[]).expect_err("two of a name");
    assert_eq!(lines(&problems), ["2:1 duplicate-name: the component `a` is declared twice"]);
    assert_eq!(
        problems.iter().next().expect("one").notes,
        ["first declared in sql/components/all.yml, line 1"]
    );

    let text = "{title: T, version: '1', components: [usage, usage], tiers: [{name: all}]}";
    in_score(text, &["1:46 duplicate-name: `usage` is named twice"]);
    let text = "{title: T, version: '1', components: {usage: 1, usage: 2}, tiers: [{name: all}]}";
    in_score(text, &["1:49 duplicate-key: `usage` is declared twice"]);
    let text = "{title: T, version: '1', components: [usage], tiers: [{name: a, below: 1}, {name: a, below: 2}, {name: unscored}]}";
    in_score(
        text,
        &[
            "1:83 duplicate-name: the tier `a` is declared twice",
            "1:104 reserved-tier: `unscored` is the tier of accounts without a score",
        ],
    );
    let files = [
        SourceFile::new("sql/scores/My Score.yml", OMNI_SCORE),
        score(OMNI_SCORE),
        SourceFile::new("sql/scores/health.yaml", OMNI_SCORE),
    ];
    let problems = semantic::parse(&[components(OMNI_COMPONENTS)], &files).expect_err("bad names");
    assert_eq!(
        lines(&problems),
        [
            "1:1 bad-name: `My Score` cannot name a score",
            "1:1 duplicate-name: the score `health` is declared twice",
        ]
    );
}

#[test]
fn scores_name_components_that_exist_with_weights_above_zero() {
    let text = |components: &str| {
        format!("title: T\nversion: '1'\ncomponents: {components}\ntiers: [{{name: all}}]\n")
    };
    in_score(
        &text("[usage, usage_grwth]"),
        &["3:21 unknown-component: there is no component `usage_grwth` (did you mean `usage_growth`?)"],
    );
    in_score(
        &text("[zebra]"),
        &["3:14 unknown-component: there is no component `zebra` (declare it in a file of sql/components/)"],
    );
    in_score(
        &text("{usage: 0, concentration: -1.5, user_growth: 1}"),
        &[
            "3:21 bad-weight: a weight must be above 0, and this is 0 (leave a component that should not count out of the score)",
            "3:39 bad-weight: a weight must be above 0, and this is -1.5 (leave a component that should not count out of the score)",
        ],
    );
    in_score(&text("{usage: .inf}"), &["3:21 yaml: value `.inf` is not a finite number"]);
    in_score(&text("[]"), &["3:13 no-component: at least one component is needed here"]);
    refused(
        "# nothing\n",
        &text("[]"),
        &[
            "1:1 no-component: the file declares no component (declare one as `name: {title: …, value: …, bins: […]}`, or remove the file)",
            "3:13 no-component: at least one component is needed here",
        ],
    );
}

#[test]
fn overrides_are_of_accounts() {
    let text =
        "title: T\nversion: '1'\nentity: user\noverrides: true\ncomponents: [usage]\ntiers: [{name: all}]\n";
    in_score(
        text,
        &["1:1 overrides-of-users: `overrides` are set against scores of accounts, not of users \
           (leave `overrides` out, and roll the score up to accounts to override it there)"],
    );
}

#[test]
fn tiers_cover_the_scale_and_coverage_is_a_share() {
    let text = |tiers: &str| format!("title: T\nversion: '1'\ncomponents: [usage]\ntiers: {tiers}\n");
    in_score(
        &text("[{name: a, below: 60}, {name: b, below: 40}, {name: c}]"),
        &[
            "4:48 tiers-not-ascending: tiers do not ascend: 40 follows 60 (order the tiers by their edges, lowest first)",
        ],
    );
    in_score(
        &text("[{name: a, below: 60}]"),
        &[
            "4:9 missing-last-tier: the last tier has no open end (end the list with a tier without `below` or `at_most`, for all that is left)",
        ],
    );
    in_score(
        &text("[{name: a, below: 0}, {name: b, below: 101}, {name: c}]"),
        &[
            "4:26 unreachable-tier: the tier below the edge 0 can never be reached",
            "4:47 unreachable-tier: the tier above the edge 101 can never be reached",
        ],
    );
    for (coverage, help) in [("60", " (did you mean `0.6`?)"), ("-0.5", "")] {
        in_score(
            &format!("{}min_coverage: {coverage}\n", text("[{name: a}]")),
            &[&format!(
                "5:15 bad-coverage: min_coverage is a share from 0 to 1, and this is {coverage}{help}"
            )],
        );
    }
}

#[test]
fn all_the_problems_of_all_the_files_are_told_at_once() {
    let files = [
        components(
            "a: {title: T, value: 'm +', bins: [{below: 1, points: -1}]}\nB: {title: T, value: max(m), bins: [{points: 0}]}",
        ),
        SourceFile::new("sql/components/broken.yml", "a: ["),
    ];
    let scores = [score(
        "{title: ' ', version: '1', components: {a: 0, c: 1}, tiers: [{name: x, below: 1}], min_coverage: 2}",
    )];
    let problems = semantic::parse(&files, &scores).expect_err("much is wrong");
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    // `c` may be in the file that cannot be read, and `a` is known, if wrong.
    assert_eq!(
        codes,
        [
            "missing-last-bin",
            "bad-expression",
            "bad-name",
            "no-points",
            "bad-expression",
            "yaml",
            "bad-text",
            "bad-weight",
            "bad-coverage",
            "missing-last-tier",
        ]
    );
}
