"""DuckDB's side of the benchmark: one statement of `duckdb/` from Parquet to Parquet, in a process of its own."""

import sys
from pathlib import Path

import duckdb

from world import World, rolling_sums


def main(statement: str, data: str, out: str) -> None:
    """Runs `duckdb/<statement>.sql` over the sources in `data` and writes its rows to the file `out`."""
    world = World.read(data)
    sql = (Path(__file__).parent / "duckdb" / f"{statement}.sql").read_text()
    sql = sql.format(data=data, first=world.first, last=world.last, rolling_sums=rolling_sums())
    duckdb.sql("SET enable_progress_bar = false")
    duckdb.sql(f"COPY ({sql}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
