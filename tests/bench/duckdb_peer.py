"""DuckDB's side of the benchmark: one statement of `duckdb/`, or of `hale compile`, from Parquet to Parquet, in a process of its own."""

import json
import sys
from pathlib import Path

import duckdb

from world import World, rolling_sums


def main(statement: str, data: str, out: str) -> None:
    """Runs `duckdb/<statement>.sql` over the sources in `data` and writes its rows to the file `out`."""
    world = World.read(data)
    if statement == "scores":
        # What `hale compile` wrote, unchanged, over the metrics that hale published.
        sql = json.loads((Path(data) / "scores.json").read_text())["sql"]
        duckdb.sql("CREATE SCHEMA metrics")
        metrics = f"read_parquet('{data}/metrics/**/*.parquet', hive_partitioning = false)"
        duckdb.sql(f"CREATE VIEW metrics.accounts AS SELECT * FROM {metrics}")
    else:
        sql = (Path(__file__).parent / "duckdb" / f"{statement}.sql").read_text()
        sql = sql.format(data=data, first=world.first, last=world.last, rolling_sums=rolling_sums())
    duckdb.sql("SET enable_progress_bar = false")
    duckdb.sql(f"COPY ({sql}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
