"""`python -m launcher manage ...`: a command of manage.py on the data of `make run`.

It uses the servers of a running start. When none runs, it starts them for the command.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

import psycopg

from launcher import environment, roles, signals
from launcher.environment import Addresses
from launcher.folders import Lock
from launcher.options import Options
from launcher.postgres import EmbeddedPostgres
from launcher.problems import Problem
from launcher.run import DATABASE, start_servers, take_place
from launcher.supervisor import Supervisor
from launcher.valkey import EmbeddedValkey


def manage(options: Options, arguments: Sequence[str]) -> int:
    """Run the command and return its exit code. Raises Problem."""
    signals.watch()
    if _is_running(options):
        return _call(environment.for_run(options, _addresses_of_the_running(options)), arguments)
    lock = take_place(options)
    supervisor = Supervisor()
    try:
        return _call(environment.for_run(options, start_servers(options, supervisor)), arguments)
    finally:
        supervisor.stop()
        lock.release()


def remove_demo(options: Options) -> int:
    """Remove the demo data and remember that, so that the next start does not load it again."""
    code = manage(options, ["demo", "remove"])
    if code == 0:
        options.folders.logins.unlink(missing_ok=True)
        options.folders.demo_removed.touch()
    return code


def _is_running(options: Options) -> bool:
    if not options.folders.lock.exists():
        return False
    lock = Lock(options.folders.lock)
    is_free = lock.take()
    lock.release()
    return not is_free


def _addresses_of_the_running(options: Options) -> Addresses:
    database = migration = options.database_url
    if database:
        migration = os.environ.get("MIGRATION_DATABASE_URL") or database
    else:
        postgres = EmbeddedPostgres(options.folders.postgres)
        database, migration = (postgres.url(name, DATABASE) for name in (roles.APP, roles.OWNER))
    try:
        psycopg.connect(database, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise Problem(
            "Portico is starting just now. Try again when it shows its address."
        ) from error
    redis = options.redis_url or EmbeddedValkey(options.folders.valkey).url
    return Addresses(database, migration, redis)


def _call(env: dict[str, str], arguments: Sequence[str]) -> int:
    process = subprocess.Popen([sys.executable, "manage.py", *arguments], env=env)
    return signals.wait_for(process)
