"""What a run says: the machine, the table, the queries, the budgets; also as bench/RESULT.md."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.goals import AIM, Limits, missed, missed_queries
from bench.places import ROOT
from bench.targets import BASELINE

COLUMNS = ("ratio", "cpu_ratio", "sum_ratio", "rps", "mb_s", "p50_ms", "p99_ms", "cpu_ms",
           "db_ms", "cpu_per_mb", "rss_mb", "bytes", "seconds", "logins", "others")  # fmt: skip
NOISY = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """A run: `document` is the driver's result, `queries` are by face and job."""

    machine: str
    circumstances: str
    document: Mapping[str, Any]
    queries: Mapping[str, Mapping[str, int | None]]
    limits: Limits

    @property
    def faces(self) -> list[str]:
        """The portal's servers in the table."""
        table: Mapping[str, Mapping[str, Any]] = self.document["table"]
        return sorted({name for row in table.values() for name in row} - {BASELINE})

    @property
    def missed(self) -> list[str]:
        """A line for each failed request and for each budget that must hold and does not."""
        lines = [*missed(self.document["table"], self.faces, self.limits)]
        lines += missed_queries(self.queries)
        return [*self.document["failures"], *(f"missed: {line}" for line in lines)]

    @property
    def aims(self) -> list[str]:
        """A line for each aim that is not reached; an aim is no budget."""
        return missed(self.document["table"], self.faces, AIM)

    @property
    def busiest(self) -> float:
        """The largest share of the machine that others used during a job."""
        rows = [row for by_target in self.document["table"].values() for row in by_target.values()]
        return max((row.get("others") or 0.0 for row in rows), default=0.0)


def machine_line(postgresql: str) -> str:
    """Return one line: cores, memory, kernel, versions and commit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    changed = "+" if _output("git", "status", "--porcelain", "--untracked-files=no") else ""
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Node {_output('node', '--version').lstrip('v')}, "
        f"PostgreSQL {postgresql}, granian {importlib.metadata.version('granian')}, "
        f"commit {_output('git', 'rev-parse', '--short', 'HEAD') or 'unknown'}{changed}"
    )


def words(result: Result) -> str:
    """Return what follows the driver's table: queries a request, aims and budgets."""
    lines = [""]
    for face, jobs in result.queries.items():
        counted = " ".join(
            f"{job}={'-' if number is None else number}" for job, number in jobs.items()
        )
        lines.append(f"queries a request, {face}: {counted}")
    if result.busiest > NOISY:
        lines.append(f"others used up to {result.busiest:.0%} of the machine: trust cpu_ratio and "
                     "sum_ratio, not req/s")  # fmt: skip
    lines += [f"below its aim: {line}" for line in result.aims]
    lines += result.missed or ["all budgets met"]
    return "\n".join(lines)


def write(result: Result, path: Path) -> None:
    """Write the result as a page that the documentation quotes."""
    today = datetime.now(UTC).date().isoformat()
    rows = [
        f"| {job} | {name} | " + " | ".join(_cell(row, column) for column in COLUMNS) + " |"
        for job, by_target in result.document["table"].items()
        for name, row in by_target.items()
    ]
    head = ("job", "server", *COLUMNS)
    page = [
        "# Result of the last bench", "", "Made by `make bench`; do not edit.", "",
        f"{today}. {result.machine}. {result.circumstances}.", "",
        f"| {' | '.join(head)} |", "| --- | --- |" + " ---: |" * len(COLUMNS), *rows,
        "", *(f"- {line}" for line in words(result).splitlines() if line), "",
    ]  # fmt: skip
    path.write_text("\n".join(page))


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return "-"
    return f"{value:.0f}" if column in {"rps", "bytes", "mb_s"} else f"{value:.2f}"


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
