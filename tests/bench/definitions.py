"""What it costs to hold two definitions against each other, and a score against what became of accounts.

    python tests/bench/definitions.py [--diff-days 365] [--hale PATH]

The diff: 10,000 accounts; a changed weight and a moved tier against what is published, of one stored day and of `--diff-days` of
them. The backtest: 24 days four weeks apart of 2,000 accounts, beside the median of what a run of one of these days took. Prints
a table and writes target/bench/definitions-result.json. Exit code 1 when a command fails.
"""

import argparse
import json
import re
import shutil
import statistics
import sys
from datetime import date, timedelta
from pathlib import Path

from bench import ROOT, WORK
from daily import checked
from measure import measure
from world import World

SCORE = ["--select", "metrics.accounts", "metrics.overrides", "metrics.survivors", "components.health", "scores.health"]
WIDE = World(3_000_000, 10_000, 40_000, 120, 1)
LONG = World(8_800_000, 2_000, 20_000, 880, 1)
KNOWN_AFTER = 30 + 30 + 90
"""Days from the day observed to the one on which it is known who was lost within 90 days: the lead, the horizon, the gap."""


def main() -> int:
    """Measures both and reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hale", type=Path, default=ROOT / "target" / "release" / "hale", help="the binary")
    parser.add_argument("--diff-days", type=int, default=28, help="stored days of the longer diff, up to 365")
    options, _ = parser.parse_known_args()
    hale = str(options.hale)
    report = diffed(hale, options.diff_days) | backtested(hale)
    for what, seconds in report.items():
        print(f"{what:40}{seconds:>10.2f}")
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "definitions-result.json").write_text(json.dumps(report, indent=2))
    return 0


def diffed(hale: str, days: int) -> dict:
    """Seconds of the diff of one day, and of several."""
    made = World(WIDE.events, WIDE.accounts, WIDE.users, max(WIDE.days, days + 60), WIDE.seed)
    place, run = published(hale, "diff", made)
    first = made.last - timedelta(days=days - 1)
    timed([*run, f"--from={first}", f"--to={made.last}", *SCORE], place)
    changed = place / "changed"
    shutil.copytree(place / "project", changed)
    score = changed / "sql" / "scores" / "health.yml"
    edits = [("csm_pulse: 2", "csm_pulse: 1"), ("below: 50,", "below: 55,")]
    text = score.read_text()
    for old, new in edits:
        assert old in text, f"{old} is not in {score}"
        text = text.replace(old, new)
    score.write_text(text)
    diff = [hale, "diff", f"--project={changed}", f"--out={place / 'out'}"]
    return {
        "diff of 10,000 accounts, one day": timed([*diff, f"--as-of={made.last}"], place, 3),
        f"diff of 10,000 accounts, {days} days": timed([*diff, f"--from={first}", f"--to={made.last}"], place),
    }


def backtested(hale: str) -> dict:
    """Seconds of one day's run, and of a backtest over 24 of them."""
    place, run = published(hale, "backtest", LONG)
    newest = LONG.last - timedelta(days=KNOWN_AFTER)
    days = [newest - timedelta(days=28 * back) for back in range(24)]
    single = [timed([*run, f"--as-of={day}", *SCORE], place) for day in days]
    for day in days:
        timed([*run, f"--as-of={known(day)}", "--select", "outcomes.retention"], place)
    backtest = [hale, "backtest", f"--project={place / 'project'}", f"--out={place / 'out'}", "--step=28"]
    seconds = timed(backtest, place)
    day = statistics.median(single)
    return {"run of one day, 2,000 accounts": day, "backtest of 24 such days": seconds, "in days' runs": seconds / day}


def known(day: date) -> date:
    """When what became of the accounts of a day is known."""
    return day + timedelta(days=KNOWN_AFTER)


def published(hale: str, name: str, made: World) -> tuple[Path, list[str]]:
    """A folder with a project over a world, and the command that publishes days of it."""
    place = WORK / "definitions" / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    project = place / "project"
    project.mkdir()
    # What is expected of the sample is not expected of other worlds.
    shutil.copytree(ROOT / "sql", project / "sql", ignore=shutil.ignore_patterns("expectations"))
    settings = (ROOT / "hale.yml").read_text().splitlines()
    starts = f"history_starts: {made.first}"
    settings = [starts if line.startswith("history_starts:") else line for line in settings]
    (project / "hale.yml").write_text("\n".join(settings) + "\n")
    events = project / "sql" / "raw" / "events.sql"
    text = events.read_text()
    for name in ["event_id", "session_id"]:
        text = re.sub(rf"\b({name}\s+)BIGINT", r"\1VARCHAR", text)
    events.write_text(text)
    timed([hale, "generate", f"--out={place / 'data'}", "--ids=uuid", *made.arguments()], place)
    return place, [hale, "run", f"--project={project}", f"--sources={place / 'data'}", f"--out={place / 'out'}"]


def timed(command: list[str], place: Path, runs: int = 1) -> float:
    """Median wall time of a command, which must not fail."""
    return checked(measure(command, runs, place / "log.txt")).median


if __name__ == "__main__":
    sys.exit(main())
