"""Named places where a test may kill, delay or fail the process (`integration.md`, 14.1).

`PORTICO_FAILPOINTS="deliver.after_claim=kill:2,events.before_commit=raise"` acts on the n-th
hit (the first when no number is given). Without the variable a hit costs one look-up.
"""

import os
import signal
import time
from collections import Counter


class FailpointHit(RuntimeError):
    """Raised at a failpoint with the action `raise`."""


def _parse(text: str) -> dict[str, tuple[str, float]]:
    plans = {}
    for item in filter(None, text.split(",")):
        name, _, action = item.partition("=")
        verb, _, number = action.partition(":")
        plans[name] = (verb, float(number or 1))
    return plans


_plans = _parse(os.environ.get("PORTICO_FAILPOINTS", ""))
_hits: Counter[str] = Counter()


def hit(name: str) -> None:
    """Do what the environment plans for `name`: `kill` and `raise` at the n-th hit, `sleep:s`."""
    if not _plans or name not in _plans:
        return
    verb, number = _plans[name]
    _hits[name] += 1
    if verb == "sleep":
        time.sleep(number)
    elif _hits[name] == int(number):
        _act(verb, name)


def _act(verb: str, name: str) -> None:
    if verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointHit(name)
