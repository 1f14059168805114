//! Columns that come from what a source says of now alone, by whichever sub-query they do.

use super::Files;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
const SEATS: &str = "-- Who.\nCREATE EXTERNAL TABLE raw.seats (account_id VARCHAR NOT NULL, seats BIGINT) STORED AS PARQUET \
    LOCATION 'seats' OPTIONS ('kind' 'current', 'key' 'account_id')\n";

#[tokio::test]
async fn what_a_sub_query_says_of_now_is_told_of_what_asks_it() {
    for (asked, is_of_now) in [
        ("n = (SELECT max(seats) FROM staging.seats)", true),
        ("n + (SELECT count(*) FROM staging.seats WHERE seats > 3)", true),
        ("n = (SELECT max(n) FROM dated.log)", false),
    ] {
        let facts = format!("-- Facts.\nSELECT account_id, day, {asked} AS v FROM dated.log\n");
        let files = [
            ("../hale.yml", SETTINGS),
            ("raw/seats.sql", SEATS),
            ("staging/seats.sql", "-- Who.\nSELECT account_id, seats FROM dated.seats\n"),
            ("staging/facts.sql", &facts),
        ];
        let checked = Files::of(&files).checked().await;
        let checked = checked.unwrap_or_else(|found| panic!("{asked}\n{}", found.render(false)));
        let of_now = checked.of_now();
        let told = of_now.iter().find(|(model, _)| model.to_string() == "staging.facts");
        let columns: Vec<&String> = told.iter().flat_map(|(_, columns)| columns.keys()).collect();
        assert_eq!(columns == ["v"], is_of_now, "{asked}: {columns:?}");
    }
}
