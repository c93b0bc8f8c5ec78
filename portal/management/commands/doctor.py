"""`manage.py doctor`: what is wrong with this installation, and which setting mends it (R4)."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core import health
from apps.core.checks import database_role_obeys_row_security
from apps.notifications.mail import mailer

MAX_SKEW_SECONDS = 5
MIN_FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `state` is ok, warn or fail; `setting` is what to change."""

    name: str
    state: str
    message: str
    setting: str = ""


class Command(BaseCommand):
    help = "Check database, migrations, broker, storage, clock, address and secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--json` prints one list for programs."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a line each; exit code 1 when something fails."""
        findings = list(examine())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings]))
        else:
            for finding in findings:
                hint = f"  ({finding.setting})" if finding.setting else ""
                self.stdout.write(f"{finding.state:<5} {finding.name:<11} {finding.message}{hint}")
        if any(finding.state == "fail" for finding in findings):
            raise CommandError("Something has to be mended.", returncode=1)


def examine() -> Iterator[Finding]:
    """Yield a finding for each thing that an operator has to get right."""
    results = health.states()
    yield _of_health(results, "database", "DATABASE_URL")
    if results["database"].state == health.HEALTHY:
        yield from _database()
    yield _of_health(results, "redis", "REDIS_URL", degraded="live updates and limits are local")
    yield _of_health(results, "broker", "AMQP_URL or REDIS_URL", degraded="the sweep does the work")
    yield _of_health(results, "storage", "VAR")
    yield from _machine()
    yield _address()
    yield _secrets()
    yield _mail()


def _of_health(
    results: dict[str, health.Result], name: str, setting: str, degraded: str = ""
) -> Finding:
    result = results[name]
    if result.state == health.HEALTHY:
        return Finding(name, "ok", f"answers in {result.latency_ms} ms")
    text = f"{result.state}: {result.message}"
    if degraded:
        return Finding(name, "warn", f"{text}; {degraded}", setting)
    return Finding(name, "fail", text, setting)


def _database() -> Iterator[Finding]:
    plan = MigrationExecutor(connection)
    missing = len(plan.migration_plan(plan.loader.graph.leaf_nodes()))
    state, text = ("fail", f"{missing} are missing") if missing else ("ok", "all have run")
    yield Finding("migrations", state, text, "run: manage.py migrate" if missing else "")
    if database_role_obeys_row_security(["default"]):
        yield Finding("role", "fail", "the role steps over row security", "DATABASE_URL")
    else:
        yield Finding("role", "ok", "bound by row security")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        skew = abs(float(cursor.fetchone()[0]) - time.time())
    state = "ok" if skew < MAX_SKEW_SECONDS else "warn"
    yield Finding("clock", state, f"{skew:.1f} s from the clock of the database")


def _machine() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR).free
    state = "ok" if free > MIN_FREE_BYTES else "warn"
    yield Finding("disk", state, f"{free // 1024**2} MiB free", "" if state == "ok" else "VAR")


def _address() -> Finding:
    if settings.PUBLIC_URL:
        return Finding("public url", "ok", settings.PUBLIC_URL)
    return Finding("public url", "warn", "is not set: links in mails need it", "PUBLIC_URL")


def _mail() -> Finding:
    way = mailer()
    if way is None:
        state = "warn" if settings.IN_PRODUCTION else "ok"
        return Finding("mail", state, "stays in the admin's outbox: no server is set", "SMTP_URL")
    fault = way.check()
    if fault:
        return Finding("mail", "fail", fault, "SMTP_URL")
    if not settings.PUBLIC_URL:
        return Finding("mail", "fail", "links in mails have no address", "PUBLIC_URL")
    return Finding("mail", "ok", "the server takes our sign-in")


def _secrets() -> Finding:
    weak = [name for name, is_weak in WEAK.items() if is_weak()]
    if weak:
        return Finding("secrets", "fail", "too short or an example value", ", ".join(weak))
    return Finding("secrets", "ok", "long enough and no example values")


WEAK: dict[str, Callable[[], bool]] = {
    "SECRET_KEY": lambda: len(settings.SECRET_KEY) < 32 or "change-me" in settings.SECRET_KEY,
    "CONNECTION_KEYS": lambda: not settings.CONNECTION_KEYS,
}
