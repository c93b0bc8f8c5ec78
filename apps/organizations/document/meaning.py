"""Checks that a schema cannot say: names that repeat, references to what is not there."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import available_timezones

from apps.core.money import CURRENCIES

Fault = dict[str, str]
# The first words of the kinds of C13, with those that no service publishes yet.
NOUNS = frozenset(
    [
        "user",
        "session",
        "client",
        "contact",
        "inquiry",
        "project",
        "task",
        "proof",
        "approval",
        "form",
        "document",
        "file",
        "invoice",
        "payment",
        "refund",
        "dispute",
        "order",
        "inventory",
        "shipment",
        "message",
        "conversation",
        "engagement",
        "routine",
        "stats",
        "notification",
        "connection",
        "delivery",
        "crm",
        "saga",
        "config",
        "api",
        "job",
        "export",
        "audit",
        "click",
    ]
)
TABLES = frozenset(("clients", "contacts", "projects", "users", "invoices", "files"))


def meaning_faults(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield the faults of a document whose form is right."""
    for check in CHECKS:
        yield from check(document)


def _fault(path: str, code: str, message: str) -> Fault:
    return {"field": path, "code": code, "message": message}


def part(document: dict[str, Any], path: str) -> Any:
    """Return a part of the document, or None when it is not there."""
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _locale(document: dict[str, Any]) -> Iterator[Fault]:
    zone, currency = part(document, "locale.timezone"), part(document, "locale.currency")
    if zone is not None and zone not in available_timezones():
        yield _fault("locale.timezone", "invalid", "This is no IANA time zone: Europe/Berlin.")
    if currency is not None and currency not in CURRENCIES:
        yield _fault("locale.currency", "invalid", "This is no currency of ISO 4217.")
    for n, provider in enumerate(part(document, "payments.providers") or []):
        for m, name in enumerate(provider.get("currencies", [])):
            if name not in CURRENCIES:
                place = f"payments.providers.{n}.currencies.{m}"
                yield _fault(place, "invalid", "This is no currency of ISO 4217.")


NAMED_LISTS = (
    "apis.customEndpoints",
    "apis.authProviders",
    "integrations.thirdParty",
    "integrations.webhooks",
    "payments.providers",
)


def _names(document: dict[str, Any]) -> Iterator[Fault]:
    for path in NAMED_LISTS:
        yield from _repeated(part(document, path), path, "name")
    tables = part(document, "database.migrations.client_custom_tables")
    yield from _repeated(tables, "database.migrations.client_custom_tables", "name")
    for n, table in enumerate(tables or []):
        place = f"database.migrations.client_custom_tables.{n}.fields"
        yield from _repeated(table["fields"], place, "name")


def _repeated(rows: Any, path: str, key: str) -> Iterator[Fault]:
    seen = set()
    for n, row in enumerate(rows or []):
        name = row.get(key) if isinstance(row, dict) else None
        if name is not None and name in seen:
            yield _fault(f"{path}.{n}.{key}", "duplicate", "Another entry has this name.")
        seen.add(name)


def _tables(document: dict[str, Any]) -> Iterator[Fault]:
    tables = part(document, "database.migrations.client_custom_tables") or []
    known = TABLES | {table["name"] for table in tables}
    for n, table in enumerate(tables):
        place = f"database.migrations.client_custom_tables.{n}"
        fields = {field["name"] for field in table["fields"]}
        for m, field in enumerate(table["fields"]):
            if field.get("to", "clients") not in known:
                yield _fault(f"{place}.fields.{m}.to", "unknown", "There is no such table.")
        for m, columns in enumerate(table.get("indexes", [])):
            if not fields.issuperset(columns):
                yield _fault(f"{place}.indexes.{m}", "unknown", "Names a field that is not there.")


def _endpoints(document: dict[str, Any]) -> Iterator[Fault]:
    tables = part(document, "database.migrations.client_custom_tables") or []
    known = TABLES | {table["name"] for table in tables}
    routes = set()
    for n, endpoint in enumerate(part(document, "apis.customEndpoints") or []):
        place = f"apis.customEndpoints.{n}"
        route = (endpoint["method"], endpoint["path"])
        if route in routes:
            yield _fault(f"{place}.path", "duplicate", "Another endpoint has this route.")
        routes.add(route)
        if endpoint.get("source", "clients") not in known:
            yield _fault(f"{place}.source", "unknown", "There is no such table.")


def _kinds(document: dict[str, Any]) -> Iterator[Fault]:
    for path, key in (("integrations.webhooks", "events"), ("events.routes", "kinds")):
        for n, row in enumerate(part(document, path) or []):
            for m, kind in enumerate(row[key]):
                noun = kind.partition(".")[0]
                if noun not in NOUNS | {"*", "#"}:
                    yield _fault(f"{path}.{n}.{key}.{m}", "unknown", "No event has this name.")


def _tier(document: dict[str, Any]) -> Iterator[Fault]:
    rates = part(document, "apis.rateLimit") or {}
    if rates.get("tier") == "custom" and "api" not in rates.get("limits", {}):
        yield _fault("apis.rateLimit.limits.api", "required", "The tier `custom` needs its limit.")


CHECKS: tuple[Callable[[dict[str, Any]], Iterator[Fault]], ...] = (
    _locale,
    _names,
    _tables,
    _endpoints,
    _kinds,
    _tier,
)


def secret_refs(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and name of each secret that the document refers to."""
    if isinstance(value, dict):
        if set(value) == {"secret_ref"}:
            yield path, str(value["secret_ref"])
            return
        for name, item in value.items():
            yield from secret_refs(item, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from secret_refs(item, f"{path}.{n}")
