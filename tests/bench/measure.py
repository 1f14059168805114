"""One process at a time: how long it takes and how much memory it holds.

The kernel counts what a process held before it became another program, so a child of a large process seems large.
Each command is therefore started and measured by this file, run as a program: a small process of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Measured:
    """What several runs of one command took."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    failure: str | None = None

    @property
    def median(self) -> float:
        """Median wall time in seconds; infinite for a command that failed."""
        return statistics.median(self.seconds) if self.seconds and not self.failure else float("inf")

    @property
    def median_cpu(self) -> float:
        """Median processor time in seconds: what a busy machine disturbs least."""
        return statistics.median(self.cpu_seconds) if self.cpu_seconds and not self.failure else float("inf")


def measure(command: list[str], runs: int, log: Path) -> Measured:
    """Runs a command several times in processes of its own; its output goes to the file `log`.

    Peak memory is the largest resident set that the kernel saw in any of the runs (`ru_maxrss` of wait4).
    """
    measured = Measured()
    report = log.with_suffix(".json")
    for _ in range(runs):
        with log.open("w") as output:
            launcher = [sys.executable, "-ESB", __file__, str(report), *command]
            subprocess.run(launcher, stdout=output, stderr=subprocess.STDOUT, check=True)
        one = json.loads(report.read_text())
        if one["exit_code"] != 0:
            last = log.read_text().strip().splitlines()[-1:] or ["no output"]
            measured.failure = f"exit code {one['exit_code']}: {last[0]}"
            return measured
        measured.seconds.append(one["seconds"])
        measured.cpu_seconds.append(one["cpu_seconds"])
        measured.peak_bytes = max(measured.peak_bytes, one["peak_bytes"])
    return measured


def launch(report: str, command: list[str]) -> None:
    """Runs one command and notes in the file `report` what it took."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    took = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    Path(report).write_text(json.dumps(took))


if __name__ == "__main__":
    launch(sys.argv[1], sys.argv[2:])
