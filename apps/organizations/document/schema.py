"""The JSON Schema of the whole document, as `/organization/config/schema` shows it (P106)."""

from copy import deepcopy
from functools import cache
from typing import Any

from apps.core.privacy import DEFAULT_TIMES
from apps.organizations.document import integration_parts
from apps.organizations.document.shapes import (
    COLOUR,
    HOST,
    ORIGIN,
    ROLES,
    SLUG,
    UUID,
    Schema,
    choice,
    flag,
    list_of,
    or_null,
    record,
    text,
    whole,
)
from apps.organizations.models import default_settings

ADDRESS = text(254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$")
FEATURES = ("engagement", "routines", "orders", "analytics", "open_registration")
LIMITS = {
    "upload_mb": whole(1, 102_400),
    "node_upload_mb": whole(1, 1024),
    "upload_files": whole(1, 100),
    "project_gb": whole(1, 1_000_000),
    "attachments": whole(0, 100),
    "storage_gb": whole(1, 1_000_000),
    "users": whole(1, 1_000_000),
}
BRANDING = record(
    {
        "name": text(200, pattern=r"\S"),
        "logo_file_id": or_null(text(36, pattern=UUID)),
        "colors": record({"primary": text(7, pattern=COLOUR), "accent": text(7, pattern=COLOUR)}),
        "from_email": or_null(ADDRESS),
        "domains": list_of(text(253, pattern=HOST), 20, unique=True),
    }
)
LOCALE = record(
    {
        "language": text(10, pattern=r"^[a-z]{2}(-[A-Z]{2})?$"),
        "timezone": text(60),
        "currency": text(3, pattern=r"^[A-Z]{3}$"),
        "week_start": whole(0, 6),
    }
)
SECURITY = record(
    {
        "mfa_required_roles": list_of(choice(*ROLES), 5, unique=True),
        "mfa_required_client_ids": list_of(text(36, pattern=UUID), 1000, unique=True),
        "step_up_payments": flag(),
        "session_days": whole(1, 90),
        "password_login": flag(),
        "password_login_off_for_roles": list_of(choice(*ROLES), 5, unique=True),
        "staff_see_assigned_only": flag(),
        "allowed_origins": list_of(text(270, pattern=ORIGIN), 50, unique=True),
    }
)
PROVIDER = record(
    {
        "name": text(40, pattern=SLUG),
        "connection": text(40, pattern=SLUG),
        "currencies": list_of(text(3, pattern=r"^[A-Z]{3}$"), 50, unique=True),
        "priority": whole(0, 1000),
    },
    ("name",),
)
PAYMENTS = record(
    {
        "providers": list_of(PROVIDER, 20),
        "invoice_prefix": text(10, pattern=r"^[A-Z][A-Z0-9-]{0,9}$"),
        "due_days": whole(0, 365),
        "reminders_days": list_of(whole(-365, 365), 20, unique=True),
    }
)
RETENTION = record(
    {name: whole(1, 100 if name.endswith("_years") else 3650) for name in DEFAULT_TIMES}
)


@cache
def document_schema() -> Schema:
    """Return the schema, with the default of each key of a new organization."""
    schema = record(
        {
            "version": {"const": 1},
            **integration_parts.PARTS,
            "features": record({name: flag() for name in FEATURES}),
            "limits": record(dict(LIMITS)),
            "branding": BRANDING,
            "locale": LOCALE,
            "security": SECURITY,
            "payments": PAYMENTS,
            "retention": RETENTION,
        },
        ("version",),  # so that an empty body is no document
    )
    whole_schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "/api/v1/organization/config/schema",
        "title": "Settings document of an organization",
        **deepcopy(schema),
    }
    _write_defaults(whole_schema, default_settings())
    return whole_schema


def _write_defaults(schema: Schema, defaults: dict[str, Any]) -> None:
    for name, value in defaults.items():
        part = schema["properties"][name]
        if isinstance(value, dict) and value and "properties" in part:
            _write_defaults(part, value)
        else:
            part["default"] = value
