"""One more day of the bundled project: what it costs beside the days before it, by the length of history and the size of the world.

    python tests/bench/daily.py [--worlds sample,200,400,730,wide]

Each world is published from its first day to the one before the last; then measured are the last day (one more day), the same
again (nothing to do), and the last day scored again. Prints a table and writes target/bench/daily-result.json. Exit code 1 when
a command fails. Worlds `200`, `400`, `730`: 2,000 accounts, so many days, 27,400 events a day. `wide`: 20,000 accounts, 200,000
users, 120 days, 20 million events. `sample`: the bundled data.
"""

import argparse
import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path

from bench import ROOT, WORK
from measure import Measured, measure
from world import World

EVENTS_A_DAY = 27_400
WIDE = World(20_000_000, 20_000, 200_000, 120, 1)
STEPS = ["backfill", "one_more_day", "nothing_to_do", "rescored"]


def main() -> int:
    """Measures every world and reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", default="sample,200,400,730,wide")
    parser.add_argument("--hale", type=Path, default=ROOT / "target" / "release" / "hale", help="the binary")
    options, _ = parser.parse_known_args()
    report = {name: daily(str(options.hale), name) for name in options.worlds.split(",")}
    print(f"{'seconds':16}" + "".join(f"{name:>14}" for name in report))
    for step in STEPS:
        print(f"{step:16}" + "".join(f"{world[step]['seconds']:>14.2f}" for world in report.values()))
    for what, figure in [("peak MB", "peak_mb"), ("CPU seconds", "cpu_seconds"), ("rows read", "rows_read")]:
        print(f"{'one more day,':16}" + what)
        print(f"{'':16}" + "".join(f"{world['one_more_day'][figure]:>14,.0f}" for world in report.values()))
    (WORK / "daily-result.json").write_text(json.dumps(report, indent=2))
    return 0


def daily(hale: str, name: str) -> dict:
    """The figures of one world."""
    place = WORK / "daily" / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    project, sources, first, last = world(hale, name, place)
    run = [hale, "run", f"--project={project}", f"--sources={sources}", f"--out={place / 'out'}", "--json"]
    before = last - timedelta(days=1)
    commands = {
        "backfill": [*run, f"--from={first}", f"--to={before}"],
        "one_more_day": [*run, f"--as-of={last}"],
        "nothing_to_do": [*run, f"--as-of={last}"],
        "rescored": [*run, f"--as-of={last}", "--rescore"],
    }
    figures = {step: taken(command, place / f"{step}.log") for step, command in commands.items()}
    shutil.rmtree(place / "out")
    return figures


def world(hale: str, name: str, place: Path) -> tuple[Path, Path, object, object]:
    """The project and the sources of a world, its first day and its last."""
    if name == "sample":
        return ROOT, ROOT / "data", World(0, 1, 1, 273, 1).first, WIDE.last
    made = WIDE if name == "wide" else World(EVENTS_A_DAY * int(name), 2_000, 20_000, int(name), 1)
    project = place / "project"
    project.mkdir()
    # What is expected of the sample is not expected of other worlds.
    shutil.copytree(ROOT / "sql", project / "sql", ignore=shutil.ignore_patterns("expectations"))
    settings = (ROOT / "hale.yml").read_text().splitlines()
    starts = f"history_starts: {made.first}"
    settings = [starts if line.startswith("history_starts:") else line for line in settings]
    (project / "hale.yml").write_text("\n".join(settings) + "\n")
    checked(measure([hale, "generate", f"--out={place / 'data'}", *made.arguments()], 1, place / "generate.log"))
    return project, place / "data", made.first, made.last


def checked(measured: Measured) -> Measured:
    """What was measured, where it did not fail."""
    if measured.failure:
        sys.exit(measured.failure)
    return measured


def taken(command: list[str], log: Path) -> dict:
    """What one command took; the rows that it read from files, as its result tells."""
    measured = checked(measure(command, 1, log))
    result = json.loads([line for line in log.read_text().splitlines() if line.startswith("{")][-1])
    return {
        "seconds": measured.median,
        "cpu_seconds": measured.median_cpu,
        "peak_mb": measured.peak_bytes / 1e6,
        "rows_read": sum(result.get("rows_read", {}).values()),
    }


if __name__ == "__main__":
    sys.exit(main())
