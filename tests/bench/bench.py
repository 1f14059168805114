"""hale against DuckDB and Polars: the same input, the same results checked equal, one process at a time.

    python tests/bench/bench.py [--events 20000000 --accounts 2000 --users 20000 --days 730] [--runs 3]

Prints a table and writes target/bench/result.json. Exit code 1 when a result differs or a command fails; a missed
target of speed or memory is printed and is no failure, because it depends on the machine.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars

from compare import differences, rows
from measure import Measured, measure
from world import ACCOUNT_DAYS, LIVES, World

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
MEMORY_LIMIT = "512MB"
DAY_ACCOUNTS = 10_000
FLOOR = """
SELECT count(*) FILTER (WHERE account_id <> ''), count(*) FILTER (WHERE user_id <> ''),
       count(*) FILTER (WHERE event_name <> ''), count(*) FILTER (WHERE feature <> ''),
       count(*) FILTER (WHERE event_id > 0), count(*) FILTER (WHERE session_id > 0), sum(seconds), count(*) FILTER (WHERE is_error),
       max(date_part('day', occurred_at)), max(date_part('day', available_at))
FROM raw.events
"""
"""Reads every value of the columns that metrics.usage needs, and does next to nothing with them."""


@dataclass
class Contender:
    """One way to compute a case's result."""

    name: str
    command: list[str]
    result: str


@dataclass
class Case:
    """One result, computed by hale (the first contender) and by others."""

    name: str
    title: str
    contenders: list[Contender]


def main() -> int:
    """Runs every case and reports."""
    options = arguments()
    world = World(options.events, options.accounts, options.users, options.days, options.seed)
    hale = str(options.hale)
    data = prepare(world, hale)
    floor = measure(query(hale, data), options.runs, WORK / "floor.log")
    print(f"read floor (hale query over the columns that the metrics need): {floor.median:.2f} s", flush=True)
    report = {"world": world.arguments(), "machine": machine(), "floor_seconds": floor.median, "cases": {}}
    failed = floor.failure is not None
    for case in cases(hale, world, data):
        if options.only and case.name not in options.only:
            continue
        measured = [
            measure(c.command, options.runs, WORK / f"{case.name}-{i}.log") for i, c in enumerate(case.contenders)
        ]
        reasons = verdicts(case, measured)
        failed |= any(reasons)
        print_case(case, measured, reasons)
        report["cases"][case.name] = as_json(case, measured, reasons)
    report["targets"] = targets(report["cases"], floor.median)
    for target in report["targets"]:
        sign = "met   " if target["met"] else "MISSED"
        print(f"{sign}  {target['what']}: {target['value']:.2f} (at most {target['limit']})")
    (WORK / "result.json").write_text(json.dumps(report, indent=2))
    print(f"written: {WORK / 'result.json'}")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="runs of each command; the median counts")
    parser.add_argument("--only", action="append", help="a case to run, by its name in result.json")
    parser.add_argument("--hale", type=Path, default=ROOT / "target" / "release" / "hale", help="the binary")
    return parser.parse_args()


def prepare(world: World, hale: str) -> Path:
    """The sources of a world, generated once and kept for the next run of the same scale."""
    data = WORK / "data-{events}-{accounts}-{users}-{days}-{seed}".format(**vars(world))
    if not (data / "world.json").exists():
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        made = measure([hale, "generate", "--out", str(data), *world.arguments()], 1, WORK / "generate.log")
        if made.failure:
            sys.exit(f"hale generate: {made.failure}")
        print(f"generated {world.events} events in {made.median:.1f} s, {made.peak_bytes / 1e6:.0f} MB", flush=True)
        duckdb.sql("SET enable_progress_bar = false")
        for name, query in {"lives": LIVES, "account_days": ACCOUNT_DAYS}.items():
            query = query.format(data=data, first=world.first, last=world.last)
            duckdb.sql(f"COPY ({query}) TO '{data}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
        world.write(data)
    return data


def cases(hale: str, world: World, data: Path) -> list[Case]:
    """What is measured. hale comes first in each case; the others' results are compared with its own."""

    def by_hale(name: str, project: Path, table: str, *more: str) -> Contender:
        return Contender(name, *run(hale, world, data, project, table, more))

    def peer(engine: str, variant: str) -> Contender:
        result = WORK / f"{engine}-{variant}.parquet"
        program = [sys.executable, "-B", str(HERE / f"{engine}_peer.py"), variant, str(data), str(result)]
        return Contender(f"{engine}: {variant}", program, str(result))

    return [
        Case(
            "rolling_sums",
            "22 rolling sums over dense account-days",
            [
                by_hale("hale", HERE / "projects" / "rolling_sums", "metrics.rolling_sums"),
                peer("polars", "rolling_sums"),
                peer("duckdb", "rolling_sums"),
            ],
        ),
        Case(
            "distinct_users",
            "rolling 28-day events, seconds and distinct users from raw events",
            [
                by_hale("hale", HERE / "projects" / "distinct_users", "metrics.usage"),
                peer("polars", "distinct_windows"),
                peer("polars", "distinct_nested"),
                peer("polars", "distinct_changes"),
                peer("duckdb", "distinct_windows"),
                peer("duckdb", "distinct_changes"),
            ],
        ),
        Case(
            "scores",
            "scores from stored metrics: 12 components, 3 scorecards, ranks",
            [
                Contender("hale", *rescore(hale, world, data)),
                peer("polars", "scores"),
                peer("duckdb", "scores"),
            ],
        ),
        Case(
            "rescore_day",
            f"one threshold changed: components and scores of one day, {DAY_ACCOUNTS:,} accounts",
            [Contender("hale", *rescore_day(hale, world, data))],
        ),
        Case(
            "metrics",
            "the whole metrics layer over the event log (metrics.usage of the bundled project)",
            [
                by_hale("hale", HERE / "projects" / "usage", "metrics.usage"),
                by_hale(f"hale in {MEMORY_LIMIT}", HERE / "projects" / "usage", "metrics.usage", "--memory-limit", MEMORY_LIMIT),
                peer("polars", "metrics"),
                peer("duckdb", "metrics"),
            ],
        ),
    ]


def run(hale: str, world: World, data: Path, project: Path, table: str, more: tuple[str, ...]) -> tuple[list[str], str]:
    """A backfill of one table over all days of the world, and where its rows will lie."""
    place = WORK / "hale" / ("-".join([project.name, table, *more]).replace("--", ""))
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(project / "sql", place / "project" / "sql")
    for bundled in (project / "bundled.txt").read_text().split() if (project / "bundled.txt").exists() else []:
        shutil.copy(ROOT / "sql" / bundled, place / "project" / "sql" / bundled)
    settings = (project / "hale.yml").read_text().splitlines()
    starts = f"history_starts: {world.first}"
    settings = [starts if line.startswith("history_starts:") else line for line in settings]
    (place / "project" / "hale.yml").write_text("\n".join(settings) + "\n")
    command = [hale, "run", f"--project={place / 'project'}", f"--sources={data}", f"--out={place / 'out'}"]
    command += [f"--from={world.first}", f"--to={world.last}", "--select", table, *more]
    # Each run starts from nothing: a second one would find its days published and replace them.
    fresh = ["sh", "-c", 'rm -rf "$0" && exec "$@"', str(place / "out"), *command]
    return fresh, str(place / "out" / table.replace(".", "/") / "**" / "*.parquet")


def rescore(hale: str, world: World, data: Path) -> tuple[list[str], str]:
    """The scores once more over metrics that are published, unmeasured, beforehand; the peers read the same files."""
    build, result = run(hale, world, data, HERE / "projects" / "scores", "metrics.accounts", ())
    place = Path(result.split("/out/")[0])
    if not (data / "scores.json").exists():
        subprocess.run(build, check=True, capture_output=True)
        shutil.rmtree(data / "metrics", ignore_errors=True)
        shutil.copytree(place / "out" / "metrics" / "accounts", data / "metrics")
    shutil.rmtree(place / "out", ignore_errors=True)
    shutil.copytree(data / "metrics", place / "out" / "metrics" / "accounts", copy_function=os.link)
    compiled = place / "compiled"
    subprocess.run([hale, "compile", f"--project={place / 'project'}", f"--out={compiled}"], check=True, capture_output=True)
    text = (compiled / "scores" / "health.sql").read_text()
    note = {
        "sql": text.split(") PARTITIONED BY (as_of_date) AS\n", 1)[1],
        "definition": re.search(r"'([0-9a-f]{16})' AS definition", text)[1],
        "rules": re.findall(r"WHEN \d THEN '([^']*(?:''[^']*)*)'", text.rsplit("AS scorecard", 1)[1].split("AS matched_rule")[0]),
    }
    note["rules"] = [rule.replace("''", "'") for rule in note["rules"]]
    (data / "scores.json").write_text(json.dumps(note))
    command = [hale, "run", f"--project={place / 'project'}", f"--out={place / 'out'}", "--rescore"]
    command += [f"--from={world.first}", f"--to={world.last}", "--select", "scores.health"]
    return command, str(place / "out" / "scores" / "health" / "**" / "*.parquet")


def rescore_day(hale: str, world: World, data: Path) -> tuple[list[str], str]:
    """One day scored again after an edit, from the start of the process to its end: the metrics of the world's accounts,
    each several times over."""
    place = WORK / "hale" / "rescore_day"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(HERE / "projects" / "scores", place / "project")
    components = place / "project" / "sql" / "components" / "all.yml"
    components.write_text(components.read_text().replace("below: 20,", "below: 21,", 1))
    day = f"as_of={world.last}"
    rows_of_day = polars.read_parquet(data / "metrics" / day / "*.parquet")
    copies = range(-(-DAY_ACCOUNTS // rows_of_day.height))
    more = [rows_of_day.with_columns(polars.col("account_id") + f"-{copy}") for copy in copies]
    folder = place / "out" / "metrics" / "accounts" / day
    folder.mkdir(parents=True)
    polars.concat(more).sort("account_id").head(DAY_ACCOUNTS).write_parquet(folder / "part-0000.parquet")
    command = [hale, "run", f"--project={place / 'project'}", f"--out={place / 'out'}", "--rescore"]
    command += [f"--as-of={world.last}"]
    scores = place / "out" / "scores"
    fresh = ["sh", "-c", 'rm -rf "$0" && exec "$@"', str(scores), *command]
    return fresh, str(scores / "health" / "**" / "*.parquet")


def query(hale: str, data: Path) -> list[str]:
    """The read floor, by hale's own engine."""
    return [hale, "query", f"--project={ROOT}", f"--sources={data}", FLOOR]


def verdicts(case: Case, measured: list[Measured]) -> list[str | None]:
    """Why each result does not count: its command failed, or it differs from hale's; None when all is well."""
    reasons = [one.failure for one in measured]
    ours = case.contenders[0].result
    for place, contender in enumerate(case.contenders[1:], start=1):
        if reasons[0] or reasons[place]:
            reasons[place] = reasons[place] or "nothing to compare with"
        elif contender.name.startswith("hale"):
            reasons[place] = None if digest(contender.result) == digest(ours) else "its bytes differ"
        else:
            reasons[place] = "; ".join(differences(ours, contender.result)) or None
    return reasons


def digest(glob: str) -> str:
    """One hash of the names and bytes of all files of a result."""
    whole = hashlib.sha256()
    root = Path(glob.split("/**")[0])
    for path in sorted(root.rglob("*.parquet")):
        whole.update(str(path.relative_to(root)).encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def print_case(case: Case, measured: list[Measured], reasons: list[str | None]) -> None:
    """One aligned block of the table."""
    print(f"\n{case.title}")
    print(f"  {'':28} {'seconds':>8} {'of hale':>8} {'cpu s':>8} {'of hale':>8} {'peak MB':>8}  result")
    for contender, one, reason in zip(case.contenders, measured, reasons):
        ratio = one.median / measured[0].median
        cpu_ratio = one.median_cpu / measured[0].median_cpu
        result = reason or f"{'reference' if one is measured[0] else 'equal'}, {rows(contender.result):,} rows"
        time = f"{one.median:8.2f} {ratio:7.2f}x {one.median_cpu:8.2f} {cpu_ratio:7.2f}x"
        print(f"  {contender.name:28} {time} {one.peak_bytes / 1e6:8.0f}  {result}", flush=True)


def as_json(case: Case, measured: list[Measured], reasons: list[str | None]) -> dict:
    """One case of result.json."""
    return {
        contender.name: {
            "seconds": one.seconds,
            "cpu_seconds": one.cpu_seconds,
            "median_seconds": None if one.failure else one.median,
            "peak_bytes": one.peak_bytes,
            "problem": reason,
        }
        for contender, one, reason in zip(case.contenders, measured, reasons)
    }


def targets(measured: dict, floor: float) -> list[dict]:
    """The numbers that hale is to reach, each a quotient or an amount that must not exceed its limit."""

    def seconds(case: str, name: str) -> float:
        return measured[case][name]["median_seconds"] or float("inf")

    def fastest_peer(case: str) -> float:
        return min(seconds(case, name) for name in measured[case] if not name.startswith("hale"))

    found = []
    if "rolling_sums" in measured:
        quotient = seconds("rolling_sums", "hale") / seconds("rolling_sums", "polars: rolling_sums")
        found.append(("rolling sums: hale's time in that of Polars", quotient, 1.0))
    if "distinct_users" in measured:
        quotient = seconds("distinct_users", "hale") / fastest_peer("distinct_users")
        found.append(("rolling users: hale's time in that of the fastest peer", quotient, 0.5))
    if "scores" in measured:
        quotient = seconds("scores", "hale") / fastest_peer("scores")
        found.append(("scores from stored metrics: hale's time in that of the fastest peer", quotient, 1.0))
    if "rescore_day" in measured:
        found.append(("one day scored again: seconds from start to end", seconds("rescore_day", "hale"), 0.3))
    if "metrics" in measured:
        quotient = seconds("metrics", "hale") / fastest_peer("metrics")
        found.append(("metrics layer: hale's time in that of the fastest peer", quotient, 0.5))
        found.append(("metrics layer: hale's time in that of the read floor", seconds("metrics", "hale") / floor, 6.0))
    for case, contenders in measured.items():
        gigabytes = contenders["hale"]["peak_bytes"] / 1e9
        found.append((f"{case}: hale's peak memory in GB", gigabytes, 1.5))
    return [{"what": what, "value": value, "limit": limit, "met": value <= limit} for what, value, limit in found]


def machine() -> dict:
    """What ran the benchmark."""
    version = subprocess.run([str(arguments().hale), "--version"], capture_output=True, text=True).stdout.strip()
    return {
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "hale": version,
        "duckdb": duckdb.__version__,
        "polars": polars.__version__,
    }


if __name__ == "__main__":
    sys.exit(main())
