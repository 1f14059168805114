"""The benchmark's input: what `hale generate` wrote, and the dense account-days derived from it."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

COLUMNS = [
    "events",
    "seconds",
    "logins",
    "uses",
    "views",
    "calls",
    "errors",
    "users",
    "sessions",
    "features",
    "longest",
]
"""The eleven columns of `account_days.parquet`."""


@dataclass(frozen=True)
class World:
    """How large the input is; the same value gives the same files."""

    events: int
    accounts: int
    users: int
    days: int
    seed: int
    last: date = date(2026, 9, 30)

    @property
    def first(self) -> date:
        """The first day with events."""
        return self.last - timedelta(days=self.days - 1)

    def arguments(self) -> list[str]:
        """The world as arguments of `hale generate`."""
        return [
            f"--accounts={self.accounts}",
            f"--users-per-account={self.users / self.accounts}",
            f"--days={self.days}",
            f"--end={self.last}",
            f"--events={self.events}",
            f"--seed={self.seed}",
        ]

    def write(self, data: str | Path) -> None:
        """Notes beside the files which world they hold."""
        (Path(data) / "world.json").write_text(json.dumps(asdict(self), default=str))

    @staticmethod
    def read(data: str | Path) -> "World":
        """The world whose files lie in `data`."""
        note = json.loads((Path(data) / "world.json").read_text())
        return World(**note | {"last": date.fromisoformat(note["last"])})


def rolling_sums() -> str:
    """The twenty-two rolling sums as SQL over windows named w7 and w28."""
    return ", ".join(
        f"CAST(sum({column}) OVER w{days} AS BIGINT) AS {column}_{days}d" for days in (7, 28) for column in COLUMNS
    )


LIVES = """
SELECT account_id, min(start_date) AS customer_since,
       CASE WHEN max(coalesce(end_date, DATE '9999-12-31')) <= DATE '{last}' THEN max(end_date) END AS churned_on
FROM read_parquet('{data}/contracts.parquet')
WHERE account_id NOT IN (SELECT account_id FROM read_parquet('{data}/accounts.parquet') WHERE is_test)
GROUP BY account_id ORDER BY account_id
"""
"""From when to when each account was a customer: one stretch, since the peers know no other."""

ACCOUNT_DAYS = """
SELECT a.account_id, s.d::DATE AS as_of_date,
       count(e.event_id) AS events,
       coalesce(sum(e.seconds), 0)::BIGINT AS seconds,
       count(e.event_id) FILTER (WHERE event_name = 'login') AS logins,
       count(e.event_id) FILTER (WHERE event_name = 'feature_use') AS uses,
       count(e.event_id) FILTER (WHERE event_name = 'content_view') AS views,
       count(e.event_id) FILTER (WHERE event_name = 'api_call') AS calls,
       count(e.event_id) FILTER (WHERE is_error) AS errors,
       count(DISTINCT e.user_id) AS users,
       count(DISTINCT e.session_id) AS sessions,
       count(DISTINCT e.feature) AS features,
       coalesce(max(e.seconds), 0)::BIGINT AS longest
FROM read_parquet('{data}/lives.parquet') AS a
CROSS JOIN generate_series(DATE '{first}', DATE '{last}', INTERVAL '1' DAY) AS s (d)
LEFT JOIN read_parquet('{data}/events/*.parquet') AS e
  ON e.account_id = a.account_id AND e.occurred_at::DATE = s.d::DATE
GROUP BY ALL ORDER BY ALL
"""
"""One row per account and day, whether or not anything happened, sorted."""
