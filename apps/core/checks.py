"""System checks that refuse an unsafe installation."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

ROLE_SQL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def database_role_obeys_row_security(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Return an error for each database whose role would skip row security."""
    unsafe = [name for name in databases or () if _bypasses_row_security(name)]
    return [
        Error(
            f"Database '{name}' is used by a role that bypasses row security.",
            hint="Connect as portico_app: neither SUPERUSER nor BYPASSRLS.",
            id="core.E001",
        )
        for name in unsafe
    ]


def _bypasses_row_security(name: str) -> bool:
    with connections[name].cursor() as cursor:
        cursor.execute(ROLE_SQL)
        (bypasses,) = cursor.fetchone()
    return bool(bypasses)
