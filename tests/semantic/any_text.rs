//! Whatever is written in the files: no panic, and every name leads back to where it stands.

use proptest::prelude::*;

use super::{OMNI_COMPONENTS, OMNI_SCORE, compile, parse};

/// A text with some of its characters replaced, removed or joined by others.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "", "", " ", "\n", "\t", ":", "- ", "{", "}", "[", "]", "'", "\"", "\\", "|", ">", "#", "&a", "*a",
        "é", "🎈", "\u{feff}", "\0", "\r\n", "1e999", "(", ")", "--", ";", "$x", "%", "<<: ",
    ]);
    proptest::collection::vec((0..text.len(), 0..4_usize, piece), 1..5).prop_map(move |edits| {
        let mut text = text.to_owned();
        for (at, removed, inserted) in edits {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((start + removed).min(text.len()));
            text.replace_range(start..end, inserted);
        }
        text
    })
}

/// An SQL expression over columns whose names all begin with `n`.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(vec![
            "n",
            "N2",
            "n_three",
            "\"n \"\"é\"",
            "0.5",
            "7",
            "1e3",
            "'it''s é'",
            "NULL",
            "$p"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                proptest::sample::select(vec!["+", "-", "*", "/", "  /\n  ", "<", "AND"]),
                inner.clone()
            )
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("nullif({inner},\n 0)")),
            inner.clone().prop_map(|inner| format!("- {inner}")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("CASE WHEN {a} IS NULL THEN {b} -- n\n ELSE n END")),
            inner.prop_map(|inner| format!("CAST({inner} AS BIGINT)")),
        ]
    })
}

/// The expression as a scalar of each style that YAML has for it.
fn scalars(sql: &str) -> [String; 4] {
    let indented = sql.replace('\n', "\n    ");
    // A line break inside a quoted or folded scalar is a space, so a comment would hide what follows it.
    let line = sql.replace("-- n", "").replace('\n', " ");
    [
        format!("|\n    {indented}"),
        format!(">\n    {}", line.replace(" / ", "\n    / ")),
        format!("'{}'", line.replace('\'', "''")),
        format!(
            "\"{}\"",
            sql.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('é', "\\u00e9")
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(components in mutated(OMNI_COMPONENTS), score in mutated(OMNI_SCORE)) {
        match parse(&components, &score) {
            Ok(semantics) => prop_assert!(!semantics.compile().is_empty()),
            Err(problems) => prop_assert!(!problems.render(true).is_empty()),
        }
    }

    #[test]
    fn every_name_leads_back_to_where_it_stands(sql in expressions()) {
        for scalar in scalars(&sql) {
            let components = format!("part:\n  title: T\n  value: {scalar}\n  bins: [{{points: 1}}]\n");
            let (model, _) =
                compile(&components, "{title: T, version: '1', components: [part], tiers: [{name: all}]}");
            let (whole, names) = model.origins.split_first().expect("the expression");
            let canonical = &model.sql[whole.sql.clone()];
            prop_assert_eq!(names.len(), canonical.matches('n').count(), "{}", components);
            for name in names {
                let written = &name.yaml.file.text[name.yaml.span.clone()];
                let plain = written.replace("\\\"", "\"").replace("\\u00e9", "é").to_lowercase();
                prop_assert_eq!(&model.sql[name.sql.clone()], plain, "{}", components);
            }
        }
    }

    #[test]
    fn the_canonical_text_is_its_own_canonical_text(sql in expressions()) {
        let canonical = |sql: &str| {
            let [literal, ..] = scalars(sql);
            let components = format!("part:\n  title: T\n  value: {literal}\n  bins: [{{points: 1}}]\n");
            let semantics = parse(&components, "{title: T, version: '1', components: [part], tiers: [{name: all}]}");
            let semantics = semantics.unwrap_or_else(|problems| panic!("{problems}"));
            (semantics.components[0].value.sql().to_owned(), semantics.scores[0].definition.clone())
        };
        let (once, hash) = canonical(&sql);
        prop_assert_eq!(canonical(&once), (once, hash));
    }
}
