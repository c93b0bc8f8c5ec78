"""`make bench`: fill two equal data sets, measure the portal against the baseline, judge.

Exit status 1: a request failed or a budget of performance.md, section 2, was missed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # started as a file, Python looks in bench/ alone

from bench import goals, places, report, servers, targets  # noqa: E402
from launcher.problems import Problem  # noqa: E402

RESULT = ROOT / "bench" / "result.json"
PAGE = ROOT / "bench" / "RESULT.md"
JOBS = ("health", "login", *goals.LISTS, *goals.VARIANTS, "invoice", "write", "mixed", "storm",
        "transfer")  # fmt: skip
QUICK_JOBS = (*goals.LISTS, "login", "write")
SPARE_CONNECTIONS = 10


def main(arguments: Sequence[str]) -> int:
    """Run the bench and return the exit code."""
    options = options_of(arguments)
    try:
        places.check_programs()
        driver, express = places.driver(), places.baseline()
        with servers.running() as found:
            return _measure(options, driver, express, found)
    except Problem as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; `--quick` changes the defaults of jobs, rounds and seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; judges cpu_ms only")
    parser.add_argument("--jobs", help=f"comma separated, of {','.join(JOBS)}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--scale", type=int, default=1, help="multiplies the rows of both sides")
    parser.add_argument("--threads", type=int, default=40, help="request threads (WEB_THREADS)")
    parser.add_argument("--workers", type=int, default=1, help="processes of a face")
    parser.add_argument("--faces", nargs="*", default=["v1", "node"], help="v1, node or both")
    options = parser.parse_args(arguments)
    options.jobs = options.jobs or ",".join(QUICK_JOBS if options.quick else JOBS)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (2 if options.quick else 4)
    return options


def _measure(
    options: argparse.Namespace, driver: Path, express: Path, found: servers.Servers
) -> int:
    env = targets.portal_environment(found, places.SCRATCH / "portal")
    sys.stderr.write("filling both databases\n")
    _seed(options.scale, express, found, env)
    faces = json.loads(_manage(env, "bench_jobs", "--faces", *options.faces))
    queries = json.loads(_manage(env, "bench_jobs", "--queries", "--faces", *options.faces))
    _manage(env | {"DATABASE_URL": found.superuser}, "bench_seed", "--clean")
    threads = _threads(options, servers.free_connections(found.superuser), len(faces))
    portal = targets.Portal(threads, options.workers)
    config = targets.write(targets.configuration(found, faces, express, env, portal))
    machine = report.machine_line(servers.version_of(found.superuser))
    sys.stdout.write(machine + "\n")
    code = _drive(driver, config, options)
    _remove_uploads()
    if not RESULT.exists():
        return code or 1
    circumstances = (
        f"Medians of {options.rounds} rounds of {options.seconds} s, scale {options.scale}, "
        f"{options.workers} process(es) of {threads} threads a face"
    )
    limits = goals.QUICK if options.quick else goals.MUST
    document = json.loads(RESULT.read_text())
    return _tell(report.Result(machine, circumstances, document, queries, limits), options)


def _tell(result: report.Result, options: argparse.Namespace) -> int:
    """Print and store the result; return the exit code."""
    stored = {
        "machine": result.machine, "circumstances": result.circumstances,
        "queries": result.queries, **result.document, "missed": result.missed,
    }  # fmt: skip
    RESULT.write_text(json.dumps(stored, indent=1))
    if not options.quick:
        report.write(result, PAGE)
    sys.stdout.write(report.words(result) + "\n")
    return 1 if result.missed else 0


def _threads(options: argparse.Namespace, free: int, faces: int) -> int:
    """Return the request threads of a process: each keeps a connection to the database."""
    share = free - targets.BASELINE_CONNECTIONS - SPARE_CONNECTIONS
    threads: int = min(options.threads, share // max(1, faces * options.workers))
    if threads < 1:
        raise Problem(f"PostgreSQL has only {free} free connections. Raise max_connections.")
    return threads


def _seed(scale: int, express: Path, found: servers.Servers, env: Mapping[str, str]) -> None:
    _run(["node", "seed.mjs", str(scale)], express, {"DATABASE_URL": found.baseline})
    _manage(env, "migrate", "--no-input")
    _manage({**env, "DATABASE_URL": found.superuser}, "bench_seed", "--scale", str(scale))


def _drive(driver: Path, config: Path, options: argparse.Namespace) -> int:
    """Run the driver, whose table and progress go to the terminal; return its exit code."""
    RESULT.unlink(missing_ok=True)
    command = [
        sys.executable, str(driver), str(config), "--json", str(RESULT), "--jobs", options.jobs,
        "--rounds", str(options.rounds), "--seconds", str(options.seconds), "--file-mb", "100",
        "--quiet", "1" if options.quick else "5",
    ]  # fmt: skip
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


def _manage(env: Mapping[str, str], *arguments: str) -> str:
    return _run([sys.executable, "manage.py", *arguments], ROOT, env)


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Problem(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


def _remove_uploads() -> None:
    for folder in (places.SCRATCH / "portal" / "files", places.SCRATCH / "express-uploads"):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
