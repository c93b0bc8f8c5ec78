"""`python -m tour`: run the journey against a portal, print each step with its time."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import httpx

from tour.api import Refused
from tour.journey import Journey, Unexpected
from tour.listeners import Missing


def main() -> int:
    """Return 0 when every step went well, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="tour", description=__doc__)
    port, var = os.environ.get("PORT", "8000"), os.environ.get("VAR", "var")
    parser.add_argument("--base", default=f"http://127.0.0.1:{port}", help="address of the portal")
    parser.add_argument("--logins", type=Path, default=Path(var) / "demo-logins.json")
    options = parser.parse_args()
    if not options.logins.exists():
        print(f"No logins at {options.logins}. Start the portal with `make run` first.")
        return 1
    journey = Journey(options.base.rstrip("/"), json.loads(options.logins.read_text()))
    try:
        return _walk(journey)
    finally:
        journey.close()


def _walk(journey: Journey) -> int:
    began = time.perf_counter()
    for title, step in journey.steps():
        started = time.perf_counter()
        try:
            note = step()
        except (Refused, Unexpected, Missing, httpx.HTTPError, OSError) as fault:
            print(f"  ✗  {title}\n     {type(fault).__name__}: {fault}")
            return 1
        took = (time.perf_counter() - started) * 1000
        print(f"  ✓  {took:7.0f} ms  {title} ({note})", flush=True)
    print(f"The tour took {time.perf_counter() - began:.1f} s. Everything is as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
