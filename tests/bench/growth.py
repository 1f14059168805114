"""The whole catalogue over generated worlds: time and memory of each model, and what doubling the input costs.

    python tests/bench/growth.py [--events 2500000 --accounts 500 --users 5000 --days 182] [--once]

Runs `hale run` over every day of a world with all its sources, then over worlds with twice the accounts, twice the days
and twice the events, and prints the seconds of each model with the ratio to the first world. What is linear at most
doubles. `--once` runs one world instead, beside the read floor: by default 2,000 accounts, 730 days and 20 million events. Prints a
table and writes target/bench/growth-result.json. Exit code 1 when a run fails or the whole grows by more than LIMIT; the ratio of
one model is printed and is no failure, because short ones are mostly planning.
"""

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bench import ROOT, WORK, query
from measure import measure
from world import World

LARGE = World(20_000_000, 2_000, 20_000, 730, 1)
SMALL = World(2_500_000, 500, 5_000, 182, 1)

LIMIT = 2.4
"""What the whole run may cost over twice the input: twice as much, and a fifth for what the machine does beside."""


def main() -> int:
    """Runs the worlds and reports."""
    options = arguments()
    hale = str(options.hale)
    scale = LARGE if options.once else SMALL
    asked = {name: getattr(options, name) for name in ("events", "accounts", "users", "days")}
    base = replace(scale, **{name: figure for name, figure in asked.items() if figure is not None})
    if options.once:
        worlds = {"once": base}
    else:
        worlds = {
            "once": base,
            # More accounts or days with as many events each: all that is made of them doubles.
            "accounts": replace(base, accounts=base.accounts * 2, users=base.users * 2, events=base.events * 2),
            "days": replace(base, days=base.days * 2, events=base.events * 2),
            "events": replace(base, events=base.events * 2),
        }
    report = {name: backfill(hale, name, world) for name, world in worlds.items()}
    first = next(iter(report))
    for what, unit in [("seconds", "seconds"), ("memory_mb", "the most MB the process held meanwhile")]:
        figures = {name: {model["name"]: model[what] for model in run["models"]} for name, run in report.items()}
        print(f"{unit:40}" + "".join(f"{name:>18}" for name in report))
        for model in figures[first]:
            print(f"{model:40}" + "".join(shown(of[model], figures[first][model]) for of in figures.values()))
    print(f"{'whole run':40}" + "".join(shown(run["seconds"], report[first]["seconds"]) for run in report.values()))
    print(f"{'peak MB':40}" + "".join(shown(run["peak_mb"], report[first]["peak_mb"]) for run in report.values()))
    if options.once:
        print(f"{'read floor of the log':40}{report[first]['floor']:>18.2f}")
    (WORK / "growth-result.json").write_text(json.dumps(report, indent=2))
    return 1 if any(run["seconds"] > LIMIT * report[first]["seconds"] for run in report.values()) else 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("events", "accounts", "users", "days"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--once", action="store_true", help="one large world instead, beside the read floor")
    parser.add_argument("--hale", type=Path, default=ROOT / "target" / "release" / "hale", help="the binary")
    # What is said of the scale to `make bench` may say more than is of interest here.
    return parser.parse_known_args()[0]


def backfill(hale: str, name: str, world: World) -> dict:
    """One run of the bundled project over every day of a world: its models, its time, its memory."""
    place = WORK / "growth"
    shutil.rmtree(place, ignore_errors=True)
    (place / "project").mkdir(parents=True)
    # What is expected of the sample is not expected of other worlds.
    shutil.copytree(ROOT / "sql", place / "project" / "sql", ignore=shutil.ignore_patterns("expectations"))
    settings = (ROOT / "hale.yml").read_text().splitlines()
    starts = f"history_starts: {world.first}"
    settings = [starts if line.startswith("history_starts:") else line for line in settings]
    (place / "project" / "hale.yml").write_text("\n".join(settings) + "\n")
    made = measure([hale, "generate", "--out", str(place / "data"), *world.arguments()], 1, WORK / "growth.log")
    if made.failure:
        sys.exit(f"hale generate: {made.failure}")
    command = [hale, "run", f"--project={place / 'project'}", f"--sources={place / 'data'}", f"--out={place / 'out'}"]
    command += [f"--from={world.first}", f"--to={world.last}", "--log=json"]
    log = WORK / "growth-run.log"
    ran = measure(command, 1, log)
    if ran.failure:
        sys.exit(f"hale run ({name}): {ran.failure}; see {log}")
    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    floor = measure(query(hale, place / "data"), 1, WORK / "growth.log").median
    shutil.rmtree(place)
    return {
        "models": [
            {"name": event["model"], "seconds": event["seconds"], "rows": event["rows"], "rows_read": event["rows_read"],
             "memory_mb": (event["memory_bytes"] or 0) / 1e6}
            for event in events
            if event.get("event") == "built"
        ],
        "seconds": ran.median,
        "peak_mb": ran.peak_bytes / 1e6,
        "generate_seconds": made.median,
        "floor": floor,
    }


def shown(value: float, first: float) -> str:
    """A figure and how many times the first it is."""
    ratio = f" ({value / first:.1f}x)" if value != first and first > 0 else " " * 7
    return f"{value:>10.2f}{ratio:>8}"


if __name__ == "__main__":
    sys.exit(main())
