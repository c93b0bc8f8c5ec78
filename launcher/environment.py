"""The environment that the portal's processes get from the launcher.

Whatever a person has set stays. The rest makes one machine work without a settings file.
"""

import base64
import os
from dataclasses import dataclass

from launcher.folders import secret
from launcher.options import Options

TEST_SECRET = "a key that only the tests use, and that is long enough for them"  # noqa: S105
TEST_CONNECTION_KEYS = "k1:" + base64.b64encode(bytes(range(32))).decode()


@dataclass(frozen=True)
class Addresses:
    """Where the servers are. `migration` is the database as the owner of the tables."""

    database: str
    migration: str
    redis: str


def for_run(options: Options, addresses: Addresses) -> dict[str, str]:
    """Return the environment of a development start."""
    var = options.folders.var
    ours = {
        "SECRET_KEY": secret(var / "secret-key"),
        "CONNECTION_KEYS": secret(var / "connection-keys", prefix="k1:"),
        "PORTICO_ENV": "development",
        "WEBHOOK_ALLOW": "127.0.0.1",
        "PUBLIC_URL": options.url,
        "ALLOWED_HOSTS": _hosts(options.host),
        "PYTHONUNBUFFERED": "1",
    }
    fixed = {
        "VAR": str(var),
        "HOST": options.host,
        "PORT": str(options.port),
        "DATABASE_URL": addresses.database,
        "MIGRATION_DATABASE_URL": addresses.migration,
        "REDIS_URL": addresses.redis,
    }
    return {**ours, **os.environ, **fixed}


def _hosts(host: str) -> str:
    """Return the names that are answered: who listens on all addresses is asked by any name."""
    return "*" if host in {"0.0.0.0", "::"} else f"127.0.0.1,localhost,{host}"  # noqa: S104


def for_tests(database: str, redis: str, others: dict[str, str]) -> dict[str, str]:
    """Return the environment of a test run; secrets of the machine stay outside."""
    ours = {
        "SECRET_KEY": TEST_SECRET,
        "CONNECTION_KEYS": TEST_CONNECTION_KEYS,
        "PORTICO_ENV": "test",
        "WEBHOOK_ALLOW": "127.0.0.1",
        "DATABASE_URL": database,
    }
    if redis:
        ours["REDIS_URL"] = redis
    outside = {key: value for key, value in os.environ.items() if key != "MIGRATION_DATABASE_URL"}
    return {**outside, **ours, **others}
