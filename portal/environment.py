"""The environment variables: name, type, default and meaning, in one list (R210).

A wrong or missing value stops the start with a sentence that names it. The settings reference
in docs is made from this list.
"""

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping
from psycopg.conninfo import conninfo_to_dict

from apps.accounts.token_keys import private_token_key, public_token_keys
from apps.notifications.providers import server_of

env = environ.FileAwareEnv()
env.ENVIRON = FileAwareMapping(cache=False)  # the next read sees a changed secret
EXAMPLES = ("change-me", "example", "insecure")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `default` None means that it must be given."""

    name: str
    kind: str
    default: Any
    meaning: str
    check: Callable[[Any], str] = lambda _value: ""


def _secret(value: str) -> str:
    return "" if len(value) >= 32 else "needs at least 32 characters"


def _secrets(values: list[str]) -> str:
    return next((fault for fault in map(_secret, values) if fault), "")


def _private_key(value: str) -> str:
    try:
        _ = value and private_token_key(value)
    except (ValueError, TypeError):
        return "must be the PEM of an Ed25519 or RSA key without a password"
    return ""


def _public_keys(value: str) -> str:
    try:
        public_token_keys(value)
    except ValueError:
        return "must be PEMs of public keys, Ed25519 or RSA"
    return ""


def _keys(value: str) -> str:
    for item in value.split(","):
        name, _, key = item.partition(":")
        try:
            raw = base64.b64decode(key, validate=True)
        except binascii.Error:
            return f"key {name!r} is not base64"
        if not name or len(raw) != 32:
            return "each key is `name:base64 of 32 bytes`"
    return ""


def _environment(value: str) -> str:
    known = ("development", "test", "staging", "production")
    return "" if value in known else f"must be one of {', '.join(known)}"


def _positive(value: int) -> str:
    return "" if value > 0 else "must be above 0"


def _level(value: str) -> str:
    known = ("DEBUG", "INFO", "WARNING", "ERROR")
    return "" if value in known else f"must be one of {', '.join(known)}"


def _smtp(value: str) -> str:
    try:
        _ = value and server_of(value)
    except ValueError as error:  # a sentence that does not repeat the password
        return str(error)
    return ""


def _address(value: str) -> str:
    local, _, domain = value.rpartition("@")
    return "" if not value or (local and domain and " " not in value) else "must be one address"


def _servers(values: list[str]) -> str:
    well = all(host and port.isdigit() for host, _, port in (v.rpartition(":") for v in values))
    return "" if well else "each server is `address:port`"


def _redis(value: str) -> str:
    parts = urlsplit(value)
    numbered = parts.query or (parts.scheme != "unix" and parts.path.strip("/"))
    return "must name the server alone: the portal adds the database numbers" if numbered else ""


VARIABLES = (
    Variable(
        "PORTICO_ENV",
        "str",
        default="production",
        meaning="development, test, staging or production",
        check=_environment,
    ),
    Variable(
        "SECRET_KEY",
        "str",
        default=None,
        meaning="Signs tokens and cursors; at least 32 characters",
        check=_secret,
    ),
    Variable(
        "SECRET_KEY_FALLBACKS",
        "list",
        default=[],
        meaning="Former values of SECRET_KEY: what they signed stays good until it runs out",
        check=_secrets,
    ),
    Variable(
        "TOKEN_PRIVATE_KEY",
        "str",
        default="",
        meaning="PEM of an Ed25519 or RSA key that signs tokens; else SECRET_KEY does (HS256)",
        check=_private_key,
    ),
    Variable(
        "TOKEN_PUBLIC_KEYS",
        "str",
        default="",
        meaning="PEMs of former token keys, one after the other, for verifying only",
        check=_public_keys,
    ),
    Variable(
        "CONNECTION_KEYS",
        "str",
        default=None,
        meaning="Keys that encrypt secrets, newest first: `name:base64 of 32 bytes,…`",
        check=_keys,
    ),
    Variable(
        "DATABASE_URL",
        "str",
        default=None,
        meaning="PostgreSQL as the role portico_app (libpq URI)",
    ),
    Variable(
        "MIGRATION_DATABASE_URL",
        "str",
        default="",
        meaning="The same database as portico_owner, for migrations",
    ),
    Variable(
        "REDIS_URL",
        "str",
        default="redis://127.0.0.1:6379",
        meaning="Redis or Valkey, without a database number",
        check=_redis,
    ),
    Variable(
        "AMQP_URL", "str", default="", meaning="RabbitMQ; without it Redis is the Celery broker"
    ),
    Variable("MQTT_URL", "str", default="", meaning="MQTT broker, for the MQTT connector"),
    Variable(
        "PUBLIC_URL",
        "str",
        default="",
        meaning="The portal's address as people see it, for links in mails",
    ),
    Variable(
        "SMTP_URL",
        "str",
        default="",
        meaning="Mail server, `smtp://user:password@host:587?tls=1` or `smtps://…`; "
        "without it mail stays in the admin's outbox",
        check=_smtp,
    ),
    Variable(
        "MAIL_FROM",
        "str",
        default="",
        meaning="Address that mails come from; without it `portal@` and the host of PUBLIC_URL",
        check=_address,
    ),
    Variable(
        "ALLOWED_HOSTS",
        "list",
        default=["127.0.0.1", "localhost"],
        meaning="Host names that are answered",
    ),
    Variable(
        "DNS_SERVERS",
        "list",
        default=[],
        meaning="Name server that is asked about domains, `address:port`; without it the machine's",
        check=_servers,
    ),
    Variable(
        "STATEMENT_SECONDS",
        "int",
        default=15,
        meaning="How long one statement of a web request may take; 0 switches the limit off",
    ),
    Variable(
        "TRUSTED_PROXIES",
        "int",
        default=0,
        meaning="How many proxies stand in front (X-Forwarded-For)",
    ),
    Variable(
        "SECURE_SSL_REDIRECT", "bool", default=True, meaning="Redirect http to https in production"
    ),
    Variable(
        "WEB_THREADS",
        "int",
        default=40,
        meaning="Request threads of a web process",
        check=_positive,
    ),
    Variable(
        "WEB_PIN",
        "bool",
        default=False,
        meaning="Keep each web process on a processor core of its own (see Scaling)",
    ),
    Variable(
        "WEB_READS",
        "int",
        default=6,
        meaning="Lists and details that a web process reads at a time; more wait their turn",
        check=_positive,
    ),
    Variable(
        "DELIVERY_LEASE_SECONDS",
        "int",
        default=60,
        meaning="How long a worker may hold a delivery before the sweep takes it back",
        check=_positive,
    ),
    Variable(
        "DELIVERY_THREADS",
        "int",
        default=16,
        meaning="Sender threads of a worker process",
        check=_positive,
    ),
    Variable(
        "DELIVERY_SLOTS",
        "int",
        default=32,
        meaning="Sender threads of all workers: an organization takes at most a quarter of them",
        check=_positive,
    ),
    Variable(
        "WEBHOOK_ALLOW",
        "list",
        default=[],
        meaning="Inside hosts and networks that webhooks may reach",
    ),
    Variable(
        "ANONYMOUS_RATE",
        "str",
        default="100/15m",
        meaning="Requests of one address without a credential",
    ),
    Variable(
        "VAR",
        "str",
        default="var",
        meaning="Folder of data: files, static files, logins of the demo",
    ),
    Variable(
        "CHANNEL_PREFIX", "str", default="portico", meaning="Prefix of the channel layer's keys"
    ),
    Variable(
        "HINTS_SENT",
        "bool",
        default=True,
        meaning="Send hints to the broker (else the sweep finds all work)",
    ),
    Variable(
        "LOG_LEVEL", "str", default="INFO", meaning="DEBUG, INFO, WARNING or ERROR", check=_level
    ),
    Variable("LOG_REQUESTS", "bool", default=True, meaning="One log line a request"),
)


def read_environment(dotenv: Path) -> dict[str, Any]:
    """Return the value of each variable. Raises ImproperlyConfigured that names the wrong one."""
    if dotenv.exists():
        environ.Env.read_env(str(dotenv))
    values = {variable.name: _value(variable) for variable in VARIABLES}
    if values["PORTICO_ENV"] == "production":
        _refuse_unsafe(values)
    return values


def _value(variable: Variable) -> Any:
    if variable.default is None and not (
        os.environ.get(variable.name) or os.environ.get(f"{variable.name}_FILE")
    ):
        raise ImproperlyConfigured(f"{variable.name} is not set: {variable.meaning}.")
    read = getattr(env, variable.kind)
    try:
        value = read(variable.name) if variable.default is None else read(
            variable.name, default=variable.default
        )  # fmt: skip
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable.name} is no {variable.kind}: {error}") from error
    if isinstance(value, str):
        value = value.strip()  # a secret file made by hand ends with a line end
    fault = variable.check(value)
    if fault:
        raise ImproperlyConfigured(f"{variable.name} {fault}.")
    return value


def _refuse_unsafe(values: dict[str, Any]) -> None:
    for name in ("SECRET_KEY", "CONNECTION_KEYS"):
        if any(word in values[name].lower() for word in EXAMPLES):
            raise ImproperlyConfigured(f"{name} is an example value; production needs its own.")
    for entry in values["WEBHOOK_ALLOW"]:
        try:
            inside = not ip_network(entry, strict=False).is_global
        except ValueError:
            inside = entry == "localhost"
        if inside:
            raise ImproperlyConfigured(f"WEBHOOK_ALLOW names an inside address: {entry}.")


def database(url: str) -> dict[str, Any]:
    """Return Django's settings of a libpq URI; a socket folder is percent-encoded in it."""
    parts = conninfo_to_dict(url.replace("postgres://", "postgresql://", 1))
    known = {"host", "port", "user", "password", "dbname"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": None,
        # No health check: it costs a statement a request. A lost connection is closed after the
        # request that met it, and reads are repeated on a new one (apps.core.api.repeated).
        "OPTIONS": {name: value for name, value in parts.items() if name not in known}
        | {"server_side_binding": True, "prepare_threshold": 5},
    }


def limit_statements(database: dict[str, Any], seconds: int) -> None:
    """Let PostgreSQL stop each statement of new connections after `seconds`; 0 sets no limit."""
    if seconds > 0:
        before = database["OPTIONS"].get("options", "")
        limit = f"-c statement_timeout={seconds * 1000}"
        database["OPTIONS"]["options"] = f"{before} {limit}".strip()


def redis_url(base: str, database_number: int, *, celery: bool = False) -> str:
    """Return the URL of one database of the Redis at `base`, for redis-py or for Celery."""
    parts = urlsplit(base)
    if parts.scheme == "unix":
        path = unquote(parts.path)
        if celery:
            return f"redis+socket://{path}?virtual_host={database_number}"
        return f"unix://{path}?db={database_number}"
    return f"{base.rstrip('/')}/{database_number}"
