"""The PostgreSQL and the Valkey that both sides of the comparison use.

PostgreSQL: BENCH_POSTGRES (the URL of a superuser), else the one at the standard local port, else
the embedded one. Valkey is our own, so that the bench's hints reach nobody's worker.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench.places import SCRATCH
from launcher import roles
from launcher.folders import Lock
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.problems import Problem
from launcher.valkey import EmbeddedValkey

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"
BASELINE, PORTAL = "perf_baseline", "portico_bench"


@dataclass(frozen=True, slots=True)
class Servers:
    """`superuser` and `baseline` are URLs of the superuser; `portal` is the portal's role."""

    superuser: str
    baseline: str
    portal: str
    redis: str


@contextmanager
def running() -> Iterator[Servers]:
    """Yield both servers with the two databases and the portal's role. Raises Problem."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    SCRATCH.chmod(0o711)  # the account of an embedded database passes through
    lock = Lock(SCRATCH / "lock")
    if not lock.take():
        raise Problem(f"Another bench runs ({lock.holder()}).")
    with ExitStack() as stack:
        stack.callback(lock.release)
        known = os.environ.get("BENCH_POSTGRES") or _local()
        if not known:
            postgres = EmbeddedPostgres(SCRATCH / "postgres")
            stack.callback(postgres.stop)
            postgres.start()
            known = postgres.url(SUPERUSER, "postgres")
        valkey = EmbeddedValkey(SCRATCH / "valkey")
        stack.callback(valkey.stop)
        valkey.start()
        portal = roles.prepare_for_tests(known, PORTAL)
        _make_baseline(known)
        yield Servers(url_of(known, PORTAL), url_of(known, BASELINE), portal, valkey.url)


def free_connections(url: str) -> int:
    """Return how many connections the server can still give to ordinary roles."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select current_setting('max_connections')::int - count(*)"
            " - current_setting('superuser_reserved_connections')::int"
            " from pg_stat_activity where backend_type = 'client backend'"
        ).fetchone()
    return int(row[0]) if row else 0


def version_of(url: str) -> str:
    """Return the version of a PostgreSQL server."""
    with psycopg.connect(url) as connection:
        row = connection.execute("show server_version").fetchone()
    return str(row[0]).split()[0] if row else "unknown"


def url_of(known: str, database: str) -> str:
    """Return the URL of another database of the same server, in the form that Node reads too."""
    parts = conninfo_to_dict(known.replace("postgres://", "postgresql://", 1))
    user, password = str(parts.get("user", SUPERUSER)), str(parts.get("password") or "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    host, port = quote(str(parts.get("host", "127.0.0.1")), safe=""), parts.get("port", "5432")
    return f"postgresql://{login}@{host}:{port}/{database}"


def _local() -> str:
    try:
        psycopg.connect(LOCAL, connect_timeout=2).close()
    except psycopg.OperationalError:
        return ""
    return LOCAL


def _make_baseline(superuser: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [BASELINE])
        if found.fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(BASELINE)))
