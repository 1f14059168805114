"""One process at a time: how long it takes and how much memory it holds."""

import os
import statistics
import subprocess
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
    for _ in range(runs):
        with log.open("w") as output:
            began = time.perf_counter()
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            last = log.read_text().strip().splitlines()[-1:] or ["no output"]
            measured.failure = f"exit code {process.returncode}: {last[0]}"
            return measured
        measured.seconds.append(took)
        measured.cpu_seconds.append(usage.ru_utime + usage.ru_stime)
        measured.peak_bytes = max(measured.peak_bytes, usage.ru_maxrss * 1024)
    return measured
