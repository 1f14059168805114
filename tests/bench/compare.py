"""Whether two results are the same: every row by its key, every column."""

import duckdb

KEY = ("account_id", "as_of_date")
TOLERANCE = 1e-9
"""How far doubles may lie apart: engines add and divide in different orders."""


def differences(ours: str, theirs: str) -> list[str]:
    """What differs between two Parquet globs, in words; empty when nothing does."""
    duckdb.sql("SET enable_progress_bar = false")
    left, right = _columns(ours), _columns(theirs)
    if left != right:
        odd = {name: (left.get(name), right.get(name)) for name in left | right if left.get(name) != right.get(name)}
        return [f"columns differ: {odd}"]
    checks = ["count(*) FILTER (WHERE a.account_id IS NULL OR b.account_id IS NULL) AS unmatched_rows"]
    for name, type_ in left.items():
        if name not in KEY:
            same = f"a.{name} IS NOT DISTINCT FROM b.{name}"
            if type_ == "DOUBLE":
                same += f" OR abs(a.{name} - b.{name}) <= {TOLERANCE} * greatest(1, abs(a.{name}))"
            checks.append(f"count(*) FILTER (WHERE ({same}) IS NOT TRUE) AS {name}")
    found = duckdb.sql(
        f"SELECT {', '.join(checks)} FROM {_scan(ours)} AS a FULL JOIN {_scan(theirs)} AS b USING ({', '.join(KEY)})"
    )
    counts = dict(zip(found.columns, found.fetchall()[0]))
    return [f"{name} in {count} rows" for name, count in counts.items() if count]


def rows(result: str) -> int:
    """How many rows a Parquet glob holds."""
    return duckdb.sql(f"SELECT count(*) FROM {_scan(result)}").fetchall()[0][0]


def _scan(glob: str) -> str:
    # A day's folder repeats the key as a partition; the file has it as well.
    return f"read_parquet('{glob}', hive_partitioning = false)"


def _columns(glob: str) -> dict[str, str]:
    return {name: type_ for name, type_, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM {_scan(glob)}").fetchall()}
