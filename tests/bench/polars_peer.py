"""Polars' side of the benchmark: one function for each variant, from Parquet to Parquet, in a process of its own."""

import json
import sys
from pathlib import Path

import polars as pl

from world import COLUMNS, World


def rolling_sums(data: str, world: World) -> pl.LazyFrame:
    """Twenty-two `rolling_sum_by` over dense account-days."""
    sums = [
        pl.col(column)
        .rolling_sum_by("as_of_date", window_size=f"{days}d")
        .over("account_id")
        .alias(f"{column}_{days}d")
        for days in (7, 28)
        for column in COLUMNS
    ]
    return pl.scan_parquet(f"{data}/account_days.parquet").select("account_id", "as_of_date", *sums)


def _spine(data: str, world: World) -> pl.LazyFrame:
    days = pl.LazyFrame({"d": pl.date_range(world.first, world.last, "1d", eager=True)})
    return pl.scan_parquet(f"{data}/lives.parquet").select("account_id").join(days, how="cross")


def _user_days(data: str) -> pl.LazyFrame:
    accounts = pl.scan_parquet(f"{data}/lives.parquet").select("account_id")
    return (
        pl.scan_parquet(f"{data}/events/*.parquet")
        .join(accounts, on="account_id", how="semi")
        .group_by("account_id", "user_id", pl.col("occurred_at").dt.date().alias("d"))
        .agg(pl.len().cast(pl.Int64).alias("events"), pl.col("seconds").sum())
    )


def distinct_windows(data: str, world: World) -> pl.LazyFrame:
    """`rolling` with `n_unique` over user-days, with one empty row per account and day."""
    empty = _spine(data, world).with_columns(
        user_id=pl.lit(None, pl.String), events=pl.lit(0, pl.Int64), seconds=pl.lit(0, pl.Int64), is_spine=True
    )
    rows = pl.concat([_user_days(data).with_columns(is_spine=False), empty], how="diagonal").sort("account_id", "d")
    rolled = rows.rolling("d", period="28d", group_by="account_id").agg(
        pl.col("events").sum().alias("events_28d"),
        pl.col("seconds").sum().alias("seconds_28d"),
        pl.col("user_id").drop_nulls().n_unique().cast(pl.Int64).alias("users_28d"),
    )
    return rolled.unique(["account_id", "d"], keep="any").rename({"d": "as_of_date"})


def distinct_nested(data: str, world: World) -> pl.LazyFrame:
    """`rolling` over days that carry their users as a list: fewer windows, each over all of its users."""
    days = (
        _user_days(data)
        .group_by("account_id", "d")
        .agg(pl.col("events").sum(), pl.col("seconds").sum(), pl.col("user_id").drop_nulls().alias("users"))
    )
    dense = (
        _spine(data, world)
        .join(days, on=["account_id", "d"], how="left")
        .with_columns(pl.col("events", "seconds").fill_null(0))
        .sort("account_id", "d")
    )
    rolled = dense.rolling("d", period="28d", group_by="account_id").agg(
        pl.col("events").sum().alias("events_28d"),
        pl.col("seconds").sum().alias("seconds_28d"),
        pl.col("users").explode().drop_nulls().n_unique().cast(pl.Int64).alias("users_28d"),
    )
    return rolled.rename({"d": "as_of_date"})


def distinct_changes(data: str, world: World) -> pl.LazyFrame:
    """By change points: a user counts from a day it is active on until 28 days after, unless it comes back before."""
    user_days = _user_days(data).sort("account_id", "user_id", "d")
    known = user_days.filter(pl.col("user_id").is_not_null())
    last = pl.col("d").shift(1).over("account_id", "user_id")
    next_ = pl.col("d").shift(-1).over("account_id", "user_id")
    absent_before = last.is_null() | (pl.col("d") - last >= pl.duration(days=28))
    absent_after = next_.is_null() | (next_ - pl.col("d") >= pl.duration(days=28))
    arrivals = known.filter(absent_before).select("account_id", "d", change=pl.lit(1, pl.Int64))
    departures = known.filter(absent_after).select(
        "account_id", pl.col("d").dt.offset_by("28d"), change=pl.lit(-1, pl.Int64)
    )
    users = pl.concat([arrivals, departures]).group_by("account_id", "d").agg(pl.col("change").sum())
    totals = user_days.group_by("account_id", "d").agg(pl.col("events", "seconds").sum())
    dense = (
        _spine(data, world)
        .join(totals, on=["account_id", "d"], how="left")
        .join(users, on=["account_id", "d"], how="left")
        .with_columns(pl.col("events", "seconds", "change").fill_null(0))
        .sort("account_id", "d")
    )
    return dense.select(
        "account_id",
        pl.col("d").alias("as_of_date"),
        pl.col("events").rolling_sum(28, min_samples=1).over("account_id").alias("events_28d"),
        pl.col("seconds").rolling_sum(28, min_samples=1).over("account_id").alias("seconds_28d"),
        pl.col("change").cum_sum().over("account_id").alias("users_28d"),
    )


def _log(data: str) -> pl.LazyFrame:
    """The events of customers, ours left out, each once: of several deliveries the one that was available last.

    To sort or hash 20 million whole rows takes Polars four times as long as to look for the few repeated ids first.
    """
    accounts = pl.scan_parquet(f"{data}/lives.parquet").select("account_id")
    events = pl.scan_parquet(f"{data}/events/*.parquet")
    helpers = pl.scan_parquet(f"{data}/users.parquet").filter("is_internal").select("user_id")
    twice = events.group_by("event_id").len().filter(pl.col("len") > 1).select("event_id")
    once = events.join(twice, on="event_id", how="anti")
    last = (
        events.join(twice, on="event_id", how="semi")
        .sort("available_at", descending=True)
        .unique("event_id", keep="first")
    )
    return (
        pl.concat([once, last])
        .join(accounts, on="account_id", how="semi")
        .join(helpers, on="user_id", how="anti")
        .select(
            "account_id",
            "user_id",
            "session_id",
            "event_name",
            "feature",
            "seconds",
            "is_error",
            pl.col("occurred_at").dt.date().alias("d"),
        )
    )


def _changes(days: pl.LazyFrame, key: str, window: int, name: str) -> pl.LazyFrame:
    """Changes of the number of distinct keys in the last `window` days, from sorted (account_id, key, d)."""
    last = pl.col("d").shift(1).over("account_id", key)
    next_ = pl.col("d").shift(-1).over("account_id", key)
    length = pl.duration(days=window)
    arrivals = days.filter(last.is_null() | (pl.col("d") - last >= length)).select(
        "account_id", "d", pl.lit(1, pl.Int64).alias(name)
    )
    departures = days.filter(next_.is_null() | (next_ - pl.col("d") >= length)).select(
        "account_id", pl.col("d") + length, pl.lit(-1, pl.Int64).alias(name)
    )
    return pl.concat([arrivals, departures]).group_by("account_id", "d").agg(pl.col(name).sum())


def _shares(user_days: pl.LazyFrame) -> pl.LazyFrame:
    """How a window's usage is spread among users, for each account and day: users' totals are step functions."""
    used = user_days.filter(pl.col("seconds") > 0)
    changes = pl.concat([used, used.with_columns(pl.col("d") + pl.duration(days=28), -pl.col("seconds"))])
    steps = (
        changes.group_by("account_id", "user_id", "d")
        .agg(pl.col("seconds").sum())
        .sort("account_id", "user_id", "d")
        .select(
            "account_id",
            "d",
            pl.col("seconds").cum_sum().over("account_id", "user_id").alias("total"),
            pl.col("d").shift(-1).over("account_id", "user_id").alias("until"),
        )
        .filter(pl.col("total") > 0)
    )
    held = steps.select("account_id", "total", pl.date_ranges("d", "until", closed="left").alias("d")).explode("d")
    x = pl.col("total")
    whole = x.sum().cast(pl.Float64)
    places = (x.sort() * pl.int_range(1, pl.len() + 1)).sum()
    return held.group_by("account_id", "d").agg(
        (x.max() / whole).alias("top_user_share_28d"),
        (x.top_k(3).sum() / whole).alias("top_3_users_share_28d"),
        (x.cast(pl.Float64).pow(2).sum() / whole.pow(2)).alias("usage_hhi_28d"),
        ((2 * places - (pl.len() + 1) * x.sum()) / (pl.len() * x.sum())).alias("usage_gini_28d"),
    )


def _session_lengths(log: pl.LazyFrame, spine: pl.LazyFrame) -> pl.LazyFrame:
    """The mean and the median length of the sessions of 28 days; every session of the generated world ends on its day."""
    sessions = (
        log.filter(pl.col("session_id").is_not_null())
        .group_by("account_id", "session_id", "d")
        .agg(pl.col("seconds").sum())
        .select("account_id", "d", "seconds")
    )
    empty = spine.with_columns(seconds=pl.lit(None, pl.Int64))
    rows = pl.concat([sessions, empty]).sort("account_id", "d")
    rolled = rows.rolling("d", period="28d", group_by="account_id").agg(
        pl.col("seconds").mean().alias("session_seconds_mean_28d"),
        pl.col("seconds").median().alias("session_seconds_median_28d"),
    )
    return rolled.unique(["account_id", "d"], keep="any")


def metrics(data: str, world: World) -> pl.LazyFrame:
    """All columns of metrics.usage."""
    log = _log(data).collect().lazy()
    daily = log.group_by("account_id", "d").agg(
        pl.len().cast(pl.Int64).alias("events"),
        pl.col("seconds").sum(),
        _is("login").sum().cast(pl.Int64).alias("logins"),
        _is("api_call").sum().cast(pl.Int64).alias("calls"),
        (_is("api_call") & pl.col("is_error")).sum().cast(pl.Int64).alias("failed"),
        _is("content_view").sum().cast(pl.Int64).alias("views"),
        pl.col("feature").count().cast(pl.Int64).alias("uses"),
        pl.col("user_id").is_not_null().any().cast(pl.Int64).alias("with_user"),
        pl.col("user_id").is_null().any().cast(pl.Int64).alias("without_user"),
    )
    known = log.filter(pl.col("user_id").is_not_null())
    user_days = (
        known.group_by("account_id", "user_id", "d").agg(pl.col("seconds").sum()).sort("account_id", "user_id", "d")
    )
    user_days = user_days.collect().lazy()
    feature_days = (
        log.filter(pl.col("feature").is_not_null())
        .select("account_id", "feature", "d")
        .unique()
        .sort("account_id", "feature", "d")
    )
    accounts = pl.scan_parquet(f"{data}/lives.parquet")
    grid = (
        accounts.select("account_id", "customer_since", "churned_on")
        .join(pl.LazyFrame({"d": pl.date_range(world.first, world.last, "1d", eager=True)}), how="cross")
        .join(daily, on=["account_id", "d"], how="left")
        .join(
            user_days.group_by("account_id", "d").agg(pl.len().cast(pl.Int64).alias("users")),
            on=["account_id", "d"],
            how="left",
        )
        .join(_changes(user_days, "user_id", 7, "change7"), on=["account_id", "d"], how="left")
        .join(_changes(user_days, "user_id", 28, "change28"), on=["account_id", "d"], how="left")
        .join(_changes(feature_days, "feature", 28, "changef"), on=["account_id", "d"], how="left")
        .join(_shares(user_days), on=["account_id", "d"], how="left")
        .join(_session_lengths(log, _spine(data, world)), on=["account_id", "d"], how="left")
        .sort("account_id", "d")
    )
    counts = [
        "events",
        "seconds",
        "logins",
        "calls",
        "failed",
        "views",
        "uses",
        "with_user",
        "without_user",
    ]
    grid = grid.with_columns(pl.col(*counts, "users", "change7", "change28", "changef").fill_null(0))
    rolled = grid.with_columns(
        ((pl.col("d") - pl.col("customer_since")).dt.total_days() + 1).alias("tenure_days"),
        _roll("seconds", 28, "usage_seconds_28d"),
        _over(pl.col("seconds").rolling_sum(28, min_samples=1).shift(28, fill_value=0), "usage_seconds_prev_28d"),
        _roll("events", 28, "events_28d"),
        _over(pl.col("events").rolling_sum(28, min_samples=1).shift(28, fill_value=0), "events_prev_28d"),
        _roll("logins", 28, "logins_28d"),
        _roll("logins", 30, "logins_30d"),
        _roll("logins", 90, "logins_90d"),
        _roll("calls", 28, "api_calls_28d"),
        _roll("failed", 28, "api_errors_28d"),
        _roll("views", 28, "content_views_28d"),
        _roll("with_user", 28, "active_days_28d"),
        _roll("with_user", 7, "active_days_7d"),
        _roll("without_user", 28, "integration_days_28d"),
        pl.col("users").alias("active_users_1d"),
        _over(pl.col("change7").cum_sum(), "active_users_7d"),
        _over(pl.col("change28").cum_sum(), "active_users_28d"),
        _over(pl.col("change28").cum_sum().shift(28, fill_value=0), "active_users_prev_28d"),
        _over(pl.col("changef").cum_sum(), "features_28d"),
        _roll("uses", 28, "feature_uses_28d"),
    ).filter(
        pl.col("d") >= pl.col("customer_since"),
        pl.col("churned_on").is_null() | (pl.col("d") < pl.col("churned_on")),
    )
    return _ratios(rolled)


def _is(name: str) -> pl.Expr:
    return pl.col("event_name") == name


def _over(expression: pl.Expr, name: str) -> pl.Expr:
    return expression.over("account_id").alias(name)


def _roll(column: str, days: int, name: str) -> pl.Expr:
    return _over(pl.col(column).rolling_sum(days, min_samples=1), name)


def _per(amount: str, base: str) -> pl.Expr:
    return pl.col(amount) / pl.when(pl.col(base) != 0).then(pl.col(base))


def _grown(now: str, before: str) -> pl.Expr:
    return pl.when(pl.col("tenure_days") >= 56).then(_per(now, before) - 1)


def _ratios(rolled: pl.LazyFrame) -> pl.LazyFrame:
    c = pl.col
    return rolled.select(
        "account_id",
        c("d").alias("as_of_date"),
        "usage_seconds_28d",
        "usage_seconds_prev_28d",
        _grown("usage_seconds_28d", "usage_seconds_prev_28d").alias("usage_growth_28d"),
        pl.when(c("tenure_days") < 56)
        .then(pl.lit("warm_up"))
        .when(c("usage_seconds_prev_28d") > 0)
        .then(pl.lit("observed"))
        .when(c("usage_seconds_28d") > 0)
        .then(pl.lit("from_zero"))
        .otherwise(pl.lit("no_usage"))
        .alias("usage_growth_base"),
        "events_28d",
        "events_prev_28d",
        "logins_28d",
        pl.when(c("tenure_days") >= 90)
        .then(c("logins_30d") * 3 / pl.when(c("logins_90d") != 0).then(c("logins_90d")))
        .alias("login_trend"),
        "session_seconds_mean_28d",
        "session_seconds_median_28d",
        "api_calls_28d",
        _per("api_errors_28d", "api_calls_28d").alias("api_error_rate_28d"),
        "content_views_28d",
        "active_days_28d",
        "active_days_7d",
        "integration_days_28d",
        (c("active_days_28d") / 4).alias("active_days_per_week_28d"),
        "active_users_1d",
        "active_users_7d",
        "active_users_28d",
        "active_users_prev_28d",
        _grown("active_users_28d", "active_users_prev_28d").alias("active_users_growth_28d"),
        "top_user_share_28d",
        "top_3_users_share_28d",
        "usage_hhi_28d",
        "usage_gini_28d",
        "features_28d",
        _per("feature_uses_28d", "active_users_28d").alias("feature_uses_per_user_28d"),
    )

_EDGES = {
    "usage": [1, 5, 20, 60],
    "events": [20, 100, 400, 1000],
    "logins": [2, 8, 20, 60],
    "uses": [5, 30, 120, 400],
    "views": [1, 4, 12, 40],
    "calls": [1, 10, 50, 200],
    "errors": [0.01, 0.03, 0.06, 0.1],
    "users": [3, 15, 60, 200],
    "sessions": [3, 10, 40, 120],
    "features": [5, 20, 60, 150],
    "longest": [10, 60, 200, 600],
    "depth": [0.5, 1, 2, 4],
}
_WEIGHTS = {name: 1 + place % 3 for place, name in enumerate(_EDGES)}
_ONBOARDING = {"usage": [0.5, 2, 8, 25], "events": [10, 50, 200, 500]}
_ENTERPRISE = {"users": [10, 40, 150, 400]}


def _points(value: pl.Expr, edges: list[float], falling: bool) -> pl.Expr:
    """Points 0 to 4 by four edges; an edge belongs to the bin above it."""
    points = [4, 3, 2, 1, 0] if falling else [0, 1, 2, 3, 4]
    chain = pl.when(value < edges[0]).then(float(points[0]))
    for edge, worth in zip(edges[1:], points[1:4]):
        chain = chain.when(value < edge).then(float(worth))
    return chain.when(value.is_not_null()).then(float(points[4]))


def scores(data: str, world: World) -> pl.LazyFrame:
    """Twelve components, three scorecards, ranks: expressions over the stored metrics."""
    note = json.loads((Path(data) / "scores.json").read_text())
    metrics = pl.scan_parquet(f"{data}/metrics/**/*.parquet", hive_partitioning=False)
    values = {
        "usage": pl.col("seconds_28d") / 3600.0,
        "errors": _per("errors_28d", "calls_28d"),
        "longest": pl.col("longest_28d") / 60.0,
        "depth": _per("uses_28d", "users_28d"),
    }
    values |= {name: pl.col(f"{name}_28d") for name in _EDGES if name not in values}
    onboarding, enterprise = pl.col("tenure_days") < 120, pl.col("segment") == "ENT"
    frame = metrics.with_columns(
        scorecard=pl.when(onboarding)
        .then(pl.lit("onboarding"))
        .when(enterprise)
        .then(pl.lit("enterprise"))
        .otherwise(pl.lit("default")),
        **{f"value_{name}": value.cast(pl.Float64) for name, value in values.items()},
    )
    card = pl.col("scorecard")
    points, weights = {}, {}
    for name, edges in _EDGES.items():
        value, falling = pl.col(f"value_{name}"), name == "errors"
        chosen = _points(value, edges, falling)
        for other, rules in (("onboarding", _ONBOARDING), ("enterprise", _ENTERPRISE)):
            if name in rules:
                chosen = pl.when(card == other).then(_points(value, rules[name], falling)).otherwise(chosen)
        points[name] = chosen
        own = {"onboarding": {"logins": 6, "users": 5}, "enterprise": {"calls": 4, "errors": 4, "features": 5}}
        weight = pl.lit(float(_WEIGHTS[name]))
        for other, given in own.items():
            if name in given:
                weight = pl.when(card == other).then(float(given[name])).otherwise(weight)
        weights[name] = weight
    frame = frame.with_columns(
        **{f"points_{name}": points[name] for name in points}, **{f"weight_{name}": weights[name] for name in weights}
    )
    present = {n: pl.when(pl.col(f"points_{n}").is_not_null()).then(pl.col(f"weight_{n}")).otherwise(0.0) for n in points}
    earned = {n: (pl.col(f"points_{n}") * pl.col(f"weight_{n}")).fill_null(0.0) for n in points}
    frame = frame.with_columns(
        present=pl.sum_horizontal(*present.values()),
        declared=pl.sum_horizontal(*(f"weight_{n}" for n in points)),
        earned=pl.sum_horizontal(*earned.values()),
    )
    nearest = lambda x: (x * 1e10 + 0.5).floor() / 1e10  # noqa: E731
    frame = frame.with_columns(coverage=nearest(pl.col("present") / pl.col("declared")))
    enough = (pl.col("present") > 0) & (pl.col("coverage") >= 0.5)
    frame = frame.with_columns(score=pl.when(enough).then(nearest(pl.col("earned") / (pl.col("present") * 4) * 100)))
    score = pl.col("score")
    tier = pl.when(score.is_null()).then(pl.lit("unscored"))
    for edge, name in ((30, "at-risk"), (50, "struggling"), (70, "steady"), (85, "healthy")):
        tier = tier.when(score < edge).then(pl.lit(name))
    rules = {"onboarding": note["rules"][0], "enterprise": note["rules"][1]}
    rank = score.rank("min", descending=True).over("as_of_date").cast(pl.Int64)
    scored = score.count().over("as_of_date")
    return frame.select(
        "account_id",
        "as_of_date",
        "score",
        tier.otherwise(pl.lit("champion")).alias("tier"),
        score.alias("raw_score"),
        "coverage",
        "scorecard",
        card.replace_strict(rules, default=None, return_dtype=pl.String).alias("matched_rule"),
        pl.lit(note["definition"]).alias("definition"),
        pl.lit("1").alias("version"),
        pl.when(score.is_null()).then(pl.lit("insufficient_coverage")).alias("reason"),
        rank.alias("rank"),
        pl.when(score.is_not_null()).then((scored - rank + 1) / scored).alias("percentile"),
    )


def main(variant: str, data: str, out: str) -> None:
    """Runs one of the functions above over the sources in `data` and writes its rows to the file `out`."""
    rows = globals()[variant](data, World.read(data))
    rows.collect().write_parquet(out, compression="zstd")


if __name__ == "__main__":
    main(*sys.argv[1:])
