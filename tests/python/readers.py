"""Reads published tables with DuckDB, Polars and pandas, and prints what each has seen: one JSON object.

Arguments: `name=folder` or `name=file.parquet`, several. The result is name -> tool -> columns, rows, sums, digest.
"""

import datetime
import decimal
import hashlib
import json
import math
import re
import sys

import duckdb
import pandas
import polars
import pyarrow

TYPES = [
    (r"VARCHAR|String|(large_)?string(\[pyarrow\])?", "text"),
    (r"DATE|Date|date32\[day\]\[pyarrow\]", "date"),
    (r"BIGINT|Int64|int64\[pyarrow\]", "int64"),
    (r"INTEGER|Int32|int32\[pyarrow\]", "int32"),
    (r"DOUBLE|Float64|double\[pyarrow\]", "double"),
    (r"BOOLEAN|Boolean|bool\[pyarrow\]", "boolean"),
    (r"TIMESTAMP WITH TIME ZONE|Datetime\(time_unit='us', time_zone='UTC'\)|timestamp\[us, tz=UTC\]\[pyarrow\]", "instant"),
    (r"(?:DECIMAL|Decimal|decimal128)\((?:precision=)?(\d+), ?(?:scale=)?(\d+)\)(?:\[pyarrow\])?", r"decimal(\1, \2)"),
]


def kind(name):
    """A tool's name of a type, in words that all three share; one that is not known stays as it is."""
    for pattern, shared in TYPES:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, shared, name)
    return name


def plain(value):
    """A value as text that does not depend on who read it."""
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        return str(round(value.timestamp() * 1_000_000))
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return repr(value) if isinstance(value, float) else str(value)


def total(values):
    """A sum that does not depend on the order; how many there are, of what cannot be added up."""
    values = [value for value in values if value is not None]
    if values and isinstance(values[0], float):
        return repr(math.fsum(values))
    if values and isinstance(values[0], (int, decimal.Decimal)):
        return str(sum(values))
    return f"{len(values)} values"


def seen(types, columns):
    """What a tool has seen: types by column, and columns as lists of values."""
    if "as_of" in columns:
        assert columns["as_of"] == columns["as_of_date"], "the folder and the rows in it name different days"
    rows = sorted(json.dumps([plain(value) for value in row]) for row in zip(*columns.values()))
    return {
        "columns": {name: kind(str(name_of_type)) for name, name_of_type in types.items()},
        "rows": len(rows),
        "sums": {name: total(values) for name, values in columns.items()},
        "digest": hashlib.sha256("\n".join(rows).encode()).hexdigest(),
    }


def by_duckdb(path):
    files = path if path.endswith(".parquet") else f"{path}/**/*.parquet"
    relation = duckdb.read_parquet(files, hive_partitioning=not path.endswith(".parquet"))
    table = relation.to_arrow_table()
    return seen(dict(zip(relation.columns, relation.types)), table.to_pydict())


def by_polars(path):
    frame = polars.read_parquet(path)
    return seen(dict(frame.schema), frame.to_dict(as_series=False))


def by_pandas(path):
    # As it comes, since that is what people write; with Arrow's types, since NumPy's hold no nulls.
    height = len(pandas.read_parquet(path))
    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    assert height == len(frame), (height, len(frame))
    # A folder named as_of=… becomes a category of texts; the others read a date.
    if "as_of" in frame:
        frame["as_of"] = frame["as_of"].astype("string").astype(pandas.ArrowDtype(pyarrow.date32()))
    return seen(dict(frame.dtypes), pyarrow.Table.from_pandas(frame, preserve_index=False).to_pydict())


def main():
    tables = dict(argument.split("=", 1) for argument in sys.argv[1:])
    tools = {"duckdb": by_duckdb, "polars": by_polars, "pandas": by_pandas}
    print(json.dumps({name: {tool: read(path) for tool, read in tools.items()} for name, path in tables.items()}))


main()
