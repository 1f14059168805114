//! Spans meet a day in one form; each other one is refused with its place and the form that is meant.

use super::Files;

const SOURCE: &str = "-- Things.\nCREATE EXTERNAL TABLE raw.things (\n  id VARCHAR NOT NULL, -- which\n  since TIMESTAMP NOT NULL, -- from when\n  known TIMESTAMP NOT NULL, -- since when it is known\n  asked DATE -- a day of its own\n) STORED AS PARQUET LOCATION 'things.parquet'\nOPTIONS ('kind' 'versions', 'key' 'id', 'valid_from' 'since', 'known_at' 'known')\n";
const HANDED_ON: &str =
    "-- Things.\nCREATE VIEW staging.things AS\nSELECT id, asked, first_day, day_after FROM dated.things\n";

/// What is found in a view of spans of staging beside days, below its first line: code and message, place, help.
async fn found(query: &str) -> Vec<(String, String, Option<String>)> {
    let view = format!("CREATE VIEW metrics.v AS\n{query}\n");
    let files =
        Files::of(&[("raw/things.sql", SOURCE), ("staging/things.sql", HANDED_ON), ("metrics/v.sql", &view)]);
    let problems = files.checked().await.err().unwrap_or_default();
    let told = problems.iter().map(|problem| {
        let place = problem.location.as_ref().unwrap();
        let text = place.file.text[place.span.clone()].to_owned();
        (format!("{}: {}", problem.code, problem.message), text, problem.help.clone())
    });
    told.collect()
}

fn joined(condition: &str) -> String {
    format!("SELECT things.id, days.day FROM staging.things JOIN calendar.days AS days ON {condition}")
}

#[tokio::test]
async fn each_form_that_means_another_thing_is_refused() {
    let spelled =
        "write things.first_day <= days.day AND (things.day_after IS NULL OR days.day < things.day_after)";
    for (condition, at, says) in [
        (
            "things.first_day <= days.day AND (things.day_after IS NULL OR days.day <= things.day_after)",
            "things.day_after IS NULL OR days.day <= things.day_after",
            "counts the day after the span as one of it",
        ),
        (
            "days.day >= things.first_day AND coalesce(things.day_after, DATE '9999-12-31') >= days.day",
            "coalesce(things.day_after, DATE '9999-12-31') >= days.day",
            "counts the day after the span as one of it",
        ),
        (
            "days.day BETWEEN things.first_day AND things.day_after",
            "days.day BETWEEN things.first_day AND things.day_after",
            "counts the day after the span as one of it",
        ),
        (
            "things.first_day <= days.day AND days.day < things.day_after",
            "days.day < things.day_after",
            "leaves out what still counts: its day_after is NULL",
        ),
        ("things.first_day <= days.day", "things.first_day <= days.day", "nothing asks whether it has ended"),
        (
            "things.day_after IS NULL OR days.day < things.day_after",
            "things.day_after IS NULL OR days.day < things.day_after",
            "nothing asks whether it has begun",
        ),
    ] {
        let found = found(&joined(condition)).await;
        let [(message, place, help)] = found.as_slice() else { panic!("{condition}: {found:?}") };
        assert!(message.starts_with("span-join: ") && message.contains(says), "{condition}: {message}");
        assert_eq!((place.as_str(), help.as_deref()), (at, Some(spelled)), "{condition}");
    }
}

#[tokio::test]
async fn what_filters_below_and_within_other_queries_is_looked_at() {
    for query in [
        "SELECT id FROM staging.things WHERE first_day <= DATE '2026-01-05' AND DATE '2026-01-05' <= day_after",
        "WITH open AS (SELECT id, first_day, day_after FROM staging.things) SELECT open.id FROM open JOIN calendar.days AS days ON open.first_day <= days.day AND days.day < open.day_after",
        "SELECT day FROM calendar.days AS days WHERE EXISTS (SELECT 1 FROM staging.things AS t WHERE t.first_day <= days.day AND days.day <= t.day_after)",
        "SELECT count(*) AS n FROM (SELECT id, day_after FROM staging.things WHERE day_after IS NULL AND first_day < DATE '2026-01-05')",
        "SELECT things.id FROM staging.things LEFT JOIN calendar.days AS days ON things.first_day <= days.day WHERE things.id <> 'a'",
    ] {
        let found = found(query).await;
        assert!(found.len() == 1 && found[0].0.starts_with("span-join: "), "{query}: {found:?}");
    }
}

#[tokio::test]
async fn the_form_that_is_meant_and_what_computes_with_spans_is_silent() {
    for query in [
        joined("things.first_day <= days.day AND (things.day_after IS NULL OR days.day < things.day_after)"),
        joined("days.day >= things.first_day AND (things.day_after > days.day OR things.day_after IS NULL)"),
        joined("things.first_day <= days.day AND days.day < coalesce(things.day_after, DATE '9999-12-31')"),
        joined("things.first_day <= days.day AND coalesce(days.day < things.day_after, TRUE)"),
        // Held at any time in a week.
        joined("things.first_day <= days.day AND (things.day_after IS NULL OR days.day - 7 < things.day_after)"),
        // On the first day, and on the day of the end.
        joined("things.first_day = days.day"),
        joined("things.day_after = days.day"),
        // By where it stands: the join says one half, the filter the other.
        format!("{} WHERE things.day_after IS NULL OR days.day < things.day_after", joined("things.first_day <= days.day")),
        // Spans that overlap, and a row's own days.
        "SELECT a.id FROM staging.things AS a JOIN staging.things AS b ON a.id = b.id AND a.first_day < b.day_after AND b.first_day <= a.first_day".to_owned(),
        "SELECT id FROM staging.things WHERE day_after IS NULL OR asked <= day_after".to_owned(),
        "SELECT id, day_after - first_day AS days FROM staging.things WHERE day_after IS NOT NULL".to_owned(),
        // An end that is never NULL.
        "WITH closed AS (SELECT id, first_day, coalesce(day_after, DATE '9999-12-31') AS day_after FROM staging.things) \
         SELECT closed.id FROM closed JOIN calendar.days AS days ON closed.first_day <= days.day AND days.day < closed.day_after".to_owned(),
        // What ever was is no span.
        "WITH ever AS (SELECT id, first_day AS since FROM staging.things) \
         SELECT ever.id FROM ever JOIN calendar.days AS days ON ever.since <= days.day".to_owned(),
    ] {
        let found = found(&query).await;
        assert!(found.is_empty(), "{query}: {found:?}");
    }
}
