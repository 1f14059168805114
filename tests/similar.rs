//! `SIMILAR TO`, as the standard and PostgreSQL have it: of the whole text, with sets of letters and escapes.

use crate::ask::hale;

const ROWS: &str = "FROM (VALUES ('a0'), ('ba'), ('a'), ('axb'), ('a.b'), ('50%'), ('^')) AS v (x)";

#[tokio::test]
async fn patterns_mean_what_the_standard_says() {
    for (pattern, found) in [
        ("a(x|.)b", &["a.b", "axb"][..]),
        ("a?b?a", &["a", "ba"]),
        ("_{3}", &["50%", "a.b", "axb"]),
        // Within brackets letters are letters, but for `^` at the beginning.
        ("[^b]%", &["50%", "^", "a", "a.b", "a0", "axb"]),
        ("a[.]b", &["a.b"]),
        ("%[%]", &["50%"]),
        ("a[%_]%", &[]),
        ("[b^]", &["^"]),
        ("[[:alpha:]]+", &["a", "axb", "ba"]),
        ("[]b]a", &["ba"]),
        ("a[^]x]b", &["a.b"]),
        ("a[[.]b", &["a.b"]),
        ("a[a-z]b", &["axb"]),
        // An escape makes a letter of the one behind it.
        ("50\\%", &["50%"]),
        ("a\\_b", &[]),
        ("50!%' ESCAPE '!", &["50%"]),
        ("a!.b' ESCAPE '!", &["a.b"]),
    ] {
        let sql = format!("SELECT x {ROWS} WHERE x SIMILAR TO '{pattern}'");
        assert_eq!(
            hale(&sql).await.as_deref(),
            Ok(&found.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{pattern}"
        );
    }
    // A column of a file is of another type of text than a literal.
    for kind in ["Utf8", "LargeUtf8", "Utf8View", "Dictionary(Int32, Utf8)"] {
        let of = format!("(SELECT arrow_cast(x, '{kind}') AS x {ROWS})");
        let sql = format!(
            "SELECT arrow_cast(x, 'Utf8') FROM {of} WHERE x SIMILAR TO 'a_{{1}}' AND x NOT SIMILAR TO '%b'"
        );
        assert_eq!(hale(&sql).await, Ok(vec!["a0".to_owned()]), "{kind}");
        let none = hale(&format!("SELECT count(*) FROM {of} WHERE x SIMILAR TO NULL")).await;
        assert_eq!(none, Ok(vec!["0".to_owned()]), "{kind}");
    }
    let of_a_column = hale(&format!("SELECT x {ROWS} WHERE x SIMILAR TO x")).await;
    assert!(of_a_column.unwrap_err().contains("written out"));
}
