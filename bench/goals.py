"""The budgets of performance.md, section 2, for what the bench measures so far.

`MUST` decides on the exit status, `AIM` is only told. `ratio` is against the baseline in the same
run, `sum_ratio` counts the database's time too, `cpu_ms` is the web process's time a request.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Limits = Mapping[str, Mapping[str, str]]
LISTS = ("projects", "clients", "invoices", "files", "notifications", "messages")
VARIANTS = ("projects_plain",)  # measured beside the list of the same name
_LIST = {"ratio": ">=1.3", "cpu_ms": "<=0.60", "sum_ratio": ">=1.2", "p99_ms": "<=60"}

MUST: Limits = {
    "startup": {"seconds": "<=3"},
    "health": {"ratio": ">=0.8", "cpu_ms": "<=0.15"},
    "login": {"ratio": ">=2.0", "cpu_ms": "<=25"},
    **dict.fromkeys((*LISTS, *VARIANTS), _LIST),
    "invoice": {"ratio": ">=1.5", "cpu_ms": "<=0.50"},
    "write": {"ratio": ">=1.0", "cpu_ms": "<=0.90"},
    "mixed": {"ratio": ">=1.2", "cpu_ms": "<=0.65", "p99_ms": "<=80"},
    "storm": {"p99_ms": "<=100", "rps": ">=500", "logins": ">=20"},
    "upload": {"ratio": ">=1.0", "cpu_per_mb": "<=3.0"},
    "download": {"ratio": ">=1.0", "cpu_per_mb": "<=1.0"},
}
AIM: Limits = {
    "health": {"ratio": ">=1.0"},
    "login": {"ratio": ">=2.5"},
    **{job: {"ratio": ">=1.8"} for job in (*LISTS, *VARIANTS)},
    "invoice": {"ratio": ">=2.5"},
    "write": {"ratio": ">=1.5"},
    "mixed": {"ratio": ">=1.6"},
    "upload": {"ratio": ">=2.0"},
    "download": {"ratio": ">=2.0"},
}
QUERIES: Mapping[str, int] = {
    "health": 0, "login": 3, **dict.fromkeys((*LISTS, *VARIANTS), 2), "invoice": 2, "write": 3,
}  # fmt: skip
QUICK: Limits = {
    job: {"cpu_ms": limits["cpu_ms"]} for job, limits in MUST.items() if "cpu_ms" in limits
}


def missed(table: Mapping[str, Any], faces: Iterable[str], limits: Limits) -> list[str]:
    """Return a line for each figure of the driver's table that is outside its limit."""
    return [
        f"{face} {job}: {key} is {_shown(row.get(key))}, goal {limit}"
        for job, known in limits.items()
        for face in faces
        if (row := table.get(job, {}).get(face))
        for key, limit in known.items()
        if not _holds(row.get(key), limit)
    ]


def missed_queries(counted: Mapping[str, Mapping[str, int | None]]) -> list[str]:
    """Return a line for each job that sends more statements than its budget."""
    return [
        f"{face} {job}: {number} queries, goal <={QUERIES[job]}"
        for face, jobs in counted.items()
        for job, number in jobs.items()
        if number is not None and job in QUERIES and number > QUERIES[job]
    ]


def _holds(value: float | None, limit: str) -> bool:
    if value is None:
        return False
    bound = float(limit[2:])
    return value >= bound if limit.startswith(">=") else value <= bound


def _shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.3g}"
