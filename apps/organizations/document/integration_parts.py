"""The three parts that the specification names: `database`, `apis`, `integrations` (C11).

Tables, endpoints, connections and webhooks of the document are checked and kept; rows are made
of them elsewhere.
"""

from typing import Any

from apps.organizations.document.shapes import (
    ANY_TEXT,
    HOST,
    KIND,
    NAME,
    PLAIN,
    RATE,
    ROLES,
    SECRET,
    SETTING,
    SLUG,
    Schema,
    by_key,
    choice,
    flag,
    list_of,
    map_of,
    number,
    or_null,
    record,
    text,
    text_or,
    whole,
)

URL = text(2000, pattern=r"^https?://[^\s/]+(/[^\s]*)?$")
TIERS = ("free", "standard", "premium", "custom")
BUCKETS = ("auth", "api", "api_key", "anonymous", "upload", "webhook_in")
NAMED = {"name": text(40, pattern=SLUG)}

FIELD = {
    "name": text(40, pattern=NAME),
    "title": text(100, least=0),
    "required": flag(),
}


def _field(**more: Schema) -> Schema:
    return record(FIELD | {"type": {"type": "string"}} | more, ("name", "type"))


FIELDS = by_key(
    "type",
    {
        "text": _field(max_length=whole(1, 10_000)),
        "integer": _field(minimum=whole(-(2**53), 2**53), maximum=whole(-(2**53), 2**53)),
        "decimal": _field(digits=whole(1, 30), scale=whole(0, 12)),
        "boolean": _field(),
        "date": _field(),
        "datetime": _field(),
        "choice": _field(choices=list_of(text(60), 100, unique=True)),
        "reference": _field(to=text(40, pattern=NAME)),
        "json": _field(),
    },
)
TABLE = record(
    {
        "name": text(40, pattern=NAME),
        "title": text(100, least=0),
        "visible_to": list_of(choice(*ROLES), 5, unique=True),
        "fields": list_of(FIELDS, 60),
        "indexes": list_of(list_of(text(40, pattern=NAME), 8), 20),
    },
    ("name", "fields"),
)
DATABASE = record(
    {
        "schema": choice("shared", "client_specific"),
        "migrations": text_or(
            ("client_custom_tables",), record({"client_custom_tables": list_of(TABLE, 50)})
        ),
        "integrations": list_of(choice("crm", "payment", "analytics"), 3, unique=True),
    }
)


def _endpoint(**more: Schema) -> Schema:
    known = NAMED | {
        "kind": {"type": "string"},
        "method": choice("GET", "POST", "PUT", "PATCH", "DELETE"),
        "path": text(200, pattern=r"^(/[a-z0-9_{}-]+)+$"),
        "roles": list_of(choice(*ROLES), 5, unique=True),
        "cache_seconds": whole(0, 86_400),
        "rate": text(20, pattern=RATE),
    }
    return record(known | more, ("name", "method", "path", "kind"))


ENDPOINT = by_key(
    "kind",
    {
        "query": _endpoint(
            source=text(40, pattern=NAME),
            filter=map_of(PLAIN, 20, r"^[a-z][a-z0-9_]{0,80}$"),
        ),
        "forward": _endpoint(
            connection=text(40, pattern=SLUG), target_path=text(500, pattern=r"^/[^\s]*$")
        ),
        "static": _endpoint(body=SETTING, content_type=text(100)),
        "plugin": _endpoint(plugin=text(100), settings=map_of(SETTING, 50)),
    },
)


def _provider(**more: Schema) -> Schema:
    known = NAMED | {
        "type": {"type": "string"},
        "title": text(100, least=0),
        "enabled": flag(),
        "domains": list_of(text(253, pattern=HOST), 50, unique=True),
        "default_role": choice("admin", "staff", "accountant", "client"),
        "role_map": map_of(choice("admin", "staff", "accountant", "client"), 50),
        "role_claim": text(100),
        "client_company_id": or_null(text(36, least=36)),
        "required": flag(),
        "contact_role": choice("admin", "member", "approver", "viewer"),
        "create_people": flag(),
        "emails_verified": flag(),
    }
    return record(known | more, ("name", "type"))


PROVIDER = by_key(
    "type",
    {
        "oauth": _provider(
            issuer=URL,
            client_id=text(300),
            client_secret=SECRET,
            scopes=list_of(text(100), 20, unique=True),
        ),
        "saml": _provider(
            metadata_url=or_null(URL),
            metadata_xml=or_null(text(60_000)),
            entity_id=text(500),
            idp_entity_id=text(500),
            sso_url=URL,
            certificate=text(10_000),
            attribute_map=map_of(text(200), 20),
        ),
        "custom": _provider(
            plugin=or_null(text(100)),
            algorithm=choice("RS256", "ES256", "HS256"),
            jwks_url=or_null(URL),
            shared_secret=SECRET,
            issuer=text(500),
            audience=text(300),
            claim_map=map_of(text(200), 20),
        ),
    },
)
LIMITS = {bucket: text(20, pattern=RATE) for bucket in BUCKETS}
OVERRIDE = record({"api_key": text(100), "api": text(20, pattern=RATE)}, ("api_key", "api"))
APIS = record(
    {
        "customEndpoints": list_of(ENDPOINT, 100),
        "authProviders": list_of(text_or(("oauth", "saml", "custom"), PROVIDER), 20),
        "rateLimit": record(
            {"tier": choice(*TIERS), "limits": record(LIMITS), "overrides": list_of(OVERRIDE, 100)}
        ),
    }
)
CONNECTION = record(
    NAMED
    | {
        "kind": text(40, pattern=NAME),
        "enabled": flag(),
        "api_version": text(40),
        "settings": map_of(SETTING, 50),
        "mapping": list_of(
            record(
                {
                    "portal": text(100),
                    "remote": text(200),
                    "direction": choice("both", "in", "out"),
                    "conflict": choice("latest_wins", "portal_wins", "remote_wins", "ask"),
                },
                ("portal", "remote"),
            ),
            200,
        ),
        "limits": record({"concurrency": whole(1, 64), "per_minute": whole(1, 100_000)}),
    },
    ("name", "kind"),
)
WEBHOOK = record(
    NAMED
    | {
        "url": URL,
        "description": ANY_TEXT,
        "events": list_of(text(80, pattern=KIND), 100, unique=True),
        "active": flag(),
        "ordered": flag(),
        "version": whole(1, 1),
        "secret": SECRET,
    },
    ("name", "url", "events"),
)
INTEGRATIONS = record({"thirdParty": list_of(CONNECTION, 50), "webhooks": list_of(WEBHOOK, 50)})
EVENTS = record(
    {
        "transport": choice("postgres", "kafka", "amqp"),
        "routes": list_of(
            record(
                {
                    "kinds": list_of(text(80, pattern=KIND), 100, unique=True),
                    "transport": choice("postgres", "kafka", "amqp", "mqtt", "redis"),
                },
                ("kinds", "transport"),
            ),
            50,
        ),
    }
)
COORDINATION = record(
    {
        "patterns": map_of(SETTING, 50),
        "escalation_hours": record({"manager": number(0, 1000), "owner": number(0, 1000)}),
        "status_update": choice("off", "daily", "weekly", "monthly"),
        "capacity_hours": number(0, 168),
    }
)
PARTS: dict[str, Any] = {
    "database": DATABASE,
    "apis": APIS,
    "integrations": INTEGRATIONS,
    "events": EVENTS,
    "coordination": COORDINATION,
}
