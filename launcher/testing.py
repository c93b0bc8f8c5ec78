"""`python -m launcher test` and `exec`: a command with servers to talk to.

Addresses that are set are used. Else the standard local ports are asked. What does not answer
there is started from the wheels, in a temporary folder and without the safety that tests do
not need.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from launcher import environment, roles, scratch, signals
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.postgres import binaries as postgres_binaries
from launcher.problems import Problem
from launcher.valkey import EmbeddedValkey
from launcher.valkey import binary as valkey_binary

LOCAL_DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_PORT, AMQP_PORT, MQTT_PORT = 6379, 5672, 1883
MOST_WORKERS = 2  # more only pay with a database each


def test(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments and return its exit code. Raises Problem."""
    return execute([sys.executable, "-m", "pytest", *_parallel(arguments), *arguments])


def execute(command: Sequence[str]) -> int:
    """Run a command in the environment of the tests and return its exit code."""
    signals.watch()
    with servers() as env:
        try:
            process = subprocess.Popen(command, env=env)
        except FileNotFoundError as error:
            raise Problem(f"There is no command {command[0]}.") from error
        return signals.wait_for(process)


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Yield the environment of a test run; stop afterwards what was started for it."""
    database = os.environ.get("PORTICO_TEST_DB") or "portico"
    superuser = os.environ.get("DATABASE_URL") or _local_database()
    redis = os.environ.get("REDIS_URL") or _local_redis()
    started: list[EmbeddedPostgres | EmbeddedValkey] = []
    folder, lock = scratch.make()
    try:
        if not superuser and postgres_binaries():
            postgres = EmbeddedPostgres(folder / "postgres", fast=True)
            started.append(postgres)
            postgres.start()
            superuser = postgres.url(SUPERUSER, "postgres")
        if not redis and valkey_binary():
            valkey = EmbeddedValkey(folder / "valkey")
            started.append(valkey)
            valkey.start()
            redis = valkey.url
        address = _test_role(superuser, database) if superuser else ""
        yield environment.for_tests(address, redis, _brokers())
    finally:
        for server in started:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _test_role(url: str, database: str) -> str:
    """Return the URL of the tests' role; a URL of an ordinary role is taken as it is."""
    try:
        if roles.is_superuser(url):
            return roles.prepare_for_tests(url, database)
    except psycopg.OperationalError as error:
        raise Problem(f"The database of the tests does not answer: {str(error).strip()}") from error
    return url


def _parallel(arguments: Sequence[str]) -> list[str]:
    """Return the options for pytest-xdist; named files run in one process, which starts faster."""
    names_files = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
    workers = os.environ.get("PYTEST_WORKERS", "")
    if not workers:
        workers = "0" if names_files else str(min(MOST_WORKERS, os.cpu_count() or 1))
    has_choice = any(argument.startswith("-n") for argument in arguments)
    return [] if has_choice or workers in {"0", "1"} else ["-n", workers, "--dist", "loadfile"]


def _local_database() -> str:
    try:
        psycopg.connect(LOCAL_DATABASE, connect_timeout=2).close()
    except psycopg.OperationalError:
        return ""  # none there, or one that does not know us: the embedded one serves
    return LOCAL_DATABASE


def _local_redis() -> str:
    is_there = _says(REDIS_PORT, b"PING\r\n").startswith(b"+PONG")
    return f"redis://127.0.0.1:{REDIS_PORT}" if is_there else ""


def _brokers() -> dict[str, str]:
    """Return the addresses of RabbitMQ and Mosquitto where they answer."""
    # A CONNECT of MQTT 3.1.1 with a clean session and no name; a broker answers with CONNACK.
    connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
    greetings = {
        "AMQP_URL": (AMQP_PORT, b"AMQP\x00\x00\x09\x01", b"\x01", "amqp://guest:guest@{}//"),
        "MQTT_URL": (MQTT_PORT, connect, b"\x20", "mqtt://{}"),
    }
    return {
        name: url.format(f"127.0.0.1:{port}")
        for name, (port, greeting, expected, url) in greetings.items()
        if not os.environ.get(name) and _says(port, greeting).startswith(expected)
    }


def _says(port: int, greeting: bytes) -> bytes:
    """Return the start of the answer of a local server; nothing when there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(greeting)
            return connection.recv(16)
    except OSError:
        return b""
