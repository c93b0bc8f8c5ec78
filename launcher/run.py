"""`python -m launcher run`: everything from an empty folder to a portal that answers.

Order: lock, left-overs of a crash, checks, servers, migrations, demo, processes. Each step may
be repeated after any crash.
"""

import http.client
import os
import sys
import time
import urllib.parse
from collections.abc import Mapping

import psycopg

from launcher import demo, environment, migrations, preflight, processes, roles, signals
from launcher.environment import Addresses
from launcher.folders import Lock
from launcher.options import Options
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.problems import Problem
from launcher.progress import Step, run_quietly, say
from launcher.supervisor import Child, Command, Supervisor
from launcher.valkey import EmbeddedValkey

DATABASE = "portico"
QUEUES = ("payments", "inbox", "events", "deliver", "slow", "default", "bulk")
READY_SECONDS = 120.0
HOPELESS_DEATHS = 2
EMBEDDED_DATABASE = "The database"
EMBEDDED_VALKEY = "Valkey"


def run(options: Options) -> int:
    """Run the portal until someone stops it. Raises Problem."""
    signals.watch()
    lock = take_place(options)
    supervisor = Supervisor()
    try:
        _begin(options, supervisor, lock)
        supervisor.watch(until=lambda: False)
    except signals.Stopped:
        say("\n")
    finally:
        with Step("Stopping"):
            supervisor.stop()
        lock.release()
    return 0


def take_place(options: Options) -> Lock:
    """Return the lock of the data folder, with left-overs of a crash ended. Raises Problem."""
    preflight.check_platform()
    options.folders.prepare()
    os.umask(0o077)  # files of the portal are this account's alone
    lock = Lock(options.folders.lock)
    if not lock.take():
        raise Problem(
            f"Portico already runs from {options.folders.var} ({lock.holder()}). "
            "Stop it first, or choose another folder and port: make run VAR=./var2 PORT=8001"
        )
    ended = processes.end_orphans(options.folders.processes, options.folders.var)
    if ended:
        say(f"  ok  Ended {len(ended)} processes that an earlier start left behind\n")
    return lock


def start_servers(options: Options, supervisor: Supervisor) -> Addresses:
    """Start or adopt the embedded servers that are needed; return all addresses."""
    database = migration = options.database_url
    if database:
        migration = os.environ.get("MIGRATION_DATABASE_URL") or database
        _check_database(database)
    else:
        with Step("Starting the database") as step:
            postgres = EmbeddedPostgres(options.folders.postgres)
            supervisor.add_server(EMBEDDED_DATABASE, postgres)
            roles.prepare(postgres.url(SUPERUSER, "postgres"), DATABASE)
            database, migration = (
                postgres.url(name, DATABASE) for name in (roles.APP, roles.OWNER)
            )
            step.note = "was still running" if postgres.is_adopted else ""
    redis = options.redis_url
    if not redis:
        with Step("Starting Valkey") as step:
            valkey = EmbeddedValkey(options.folders.valkey)
            supervisor.add_server(EMBEDDED_VALKEY, valkey)
            redis = valkey.url
            step.note = "was still running" if valkey.is_adopted else ""
    return Addresses(database, migration, redis)


def _begin(options: Options, supervisor: Supervisor, lock: Lock) -> None:
    """Everything up to the first answer."""
    preflight.check_port(options.host, options.port)
    preflight.check_disk(options.folders.var)
    lock.say(f"process {os.getpid()}, {options.url}")
    addresses = start_servers(options, supervisor)
    env = environment.for_run(options, addresses)
    env[processes.MARK] = str(options.folders.var)
    is_new = not migrations.database_digest(addresses.migration)
    _migrate(options, addresses, env)
    demo.fill(options, addresses.migration, env, is_new=is_new)
    web, worker = commands(options, env)
    folders = options.folders
    with Step("Starting the portal"):
        children = [Child(command, folders.logs, folders.processes) for command in (web, worker)]
        for child in children:
            supervisor.add_child(child)
        _await_answer(options, supervisor, children[0])
    demo.print_box(options, addresses.migration)


def commands(options: Options, env: Mapping[str, str]) -> tuple[Command, Command]:
    """Return the commands of web and worker."""
    where = ["--host", options.host, "--port", str(options.port)]
    web = ["-m", "uvicorn", "portal.asgi:application", *where, "--no-access-log"]
    web += ["--timeout-graceful-shutdown", "10", "--no-proxy-headers", "--no-server-header"]
    worker = ["-m", "celery", "-A", "portal", "worker", "-P", "threads", "-c", "4"]
    worker += ["-B", "-s", str(options.folders.var / "celerybeat-schedule")]
    worker += ["-Q", ",".join(f"portico.{name}" for name in QUEUES)]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    return (
        Command("web", [sys.executable, *web], env, patience_seconds=10.5),
        Command("worker", [sys.executable, *worker], env, patience_seconds=3.0),
    )


def _check_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise Problem(
            f"The database of DATABASE_URL does not answer: {str(error).strip()}\n"
            "Start it, correct the address, or leave DATABASE_URL out to use the embedded one."
        ) from error


def _migrate(options: Options, addresses: Addresses, env: Mapping[str, str]) -> None:
    note = options.folders.migrated
    if migrations.is_current(note, options.root, addresses.migration):
        return
    with Step("Migrating the database") as step:
        applied = 0

        def count(line: str) -> None:
            nonlocal applied
            if line.strip().startswith("Applying "):
                applied += 1
                step.note = f"{applied} migrations, {line.split()[1].rstrip('.')}"

        command = [sys.executable, "manage.py", "migrate", "--no-input"]
        as_owner = {**env, "DATABASE_URL": addresses.migration}
        run_quietly(command, count, env=as_owner, failure="The database could not be migrated")
        step.note = f"{applied} migrations"
    migrations.write_down(note, options.root, addresses.migration)


def _await_answer(options: Options, supervisor: Supervisor, web: Child) -> None:
    deadline = time.monotonic() + READY_SECONDS

    def is_ready() -> bool:
        if web.deaths >= HOPELESS_DEATHS:
            raise Problem(f"The web process does not start. Its log: {web.log}")
        if time.monotonic() > deadline:
            raise Problem(f"The portal does not answer. Its log: {web.log}\n{web.tail()}")
        return _answers(options.url)

    supervisor.watch(until=is_ready)


def _answers(url: str) -> bool:
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False  # not there yet; the deadline of the caller ends the wait
    finally:
        connection.close()
