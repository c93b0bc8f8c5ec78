"""A document that uses every key of C11, and one wrong value for each key."""

from copy import deepcopy
from typing import Any

FULL: dict[str, Any] = {
    "version": 1,
    "database": {
        "schema": "client_specific",
        "migrations": {
            "client_custom_tables": [
                {
                    "name": "print_jobs",
                    "title": "Print jobs",
                    "visible_to": ["staff", "client"],
                    "fields": [
                        {
                            "name": "material", "type": "choice", "choices": ["pla", "resin"],
                            "required": True,
                        },
                        {"name": "hours", "type": "decimal", "digits": 6, "scale": 2},
                        {"name": "client_id", "type": "reference", "to": "clients"},
                    ],
                    "indexes": [["client_id", "material"]],
                }
            ]
        },
        "integrations": ["crm", "payment", "analytics"],
    },
    "apis": {
        "customEndpoints": [
            {
                "name": "open-jobs", "method": "GET", "path": "/open-jobs", "kind": "query",
                "source": "print_jobs", "filter": {"hours__gt": 0}, "roles": ["staff"],
                "cache_seconds": 30, "rate": "60/m",
            },
            {
                "name": "erp-price", "method": "POST", "path": "/erp/price", "kind": "forward",
                "connection": "erp", "target_path": "/price", "roles": ["staff", "client"],
                "cache_seconds": 0, "rate": "30/m",
            },
        ],
        "authProviders": [
            {
                "name": "company", "type": "oauth", "issuer": "https://login.client.example",
                "client_id": "portal", "client_secret": {"secret_ref": "oidc"},
                "scopes": ["openid", "email", "profile"], "domains": ["client.example"],
                "default_role": "client", "required": False,
            },
            {
                "name": "corp", "type": "saml", "entity_id": "portico",
                "metadata_url": "https://idp.client.example/metadata",
                "attribute_map": {"email": "mail", "first_name": "givenName", "last_name": "sn"},
                "default_role": "client",
            },
            {
                "name": "legacy", "type": "custom", "plugin": None, "algorithm": "RS256",
                "jwks_url": "https://app.client.example/jwks", "audience": "portico",
                "claim_map": {"email": "email"},
            },
            "oauth",
        ],
        "rateLimit": {
            "tier": "standard",
            "limits": {
                "auth": "5/15m", "api": "300/m", "api_key": "1200/m", "anonymous": "100/15m",
                "upload": "20/15m", "webhook_in": "600/m",
            },
            "overrides": [{"api_key": "sk_live_erp", "api": "5000/m"}],
        },
    },
    "integrations": {
        "thirdParty": [
            {
                "name": "crm", "kind": "salesforce", "enabled": True, "api_version": "v60.0",
                "settings": {
                    "login_url": "https://login.salesforce.com", "consumer_key": "…",
                    "private_key": {"secret_ref": "sf_key"},
                },
                "mapping": [
                    {
                        "portal": "client.name", "remote": "Account.Name", "direction": "both",
                        "conflict": "latest_wins",
                    }
                ],
                "limits": {"concurrency": 4, "per_minute": 300},
            },
            {
                "name": "stats", "kind": "stats", "enabled": True,
                "settings": {"base_url": "http://stats-api:8001", "timeout_seconds": 5.0},
            },
        ],
        "webhooks": [
            {
                "name": "erp", "url": "https://erp.client.example/hooks/portal",
                "events": ["invoice.*", "payment.succeeded"], "active": True, "version": 1,
                "secret": {"secret_ref": "erp_hook"},
            }
        ],
    },
    "features": {
        "engagement": True, "routines": False, "orders": True, "analytics": True,
        "open_registration": False,
    },
    "limits": {
        "upload_mb": 2048, "node_upload_mb": 10, "upload_files": 10, "project_gb": 20,
        "attachments": 5, "storage_gb": 50, "users": 100,
    },
    "branding": {
        "name": "Acme Studio", "logo_file_id": None,
        "colors": {"primary": "#1f4e79", "accent": "#c2410c"},
        "from_email": "portal@acme.example", "domains": ["portal.acme.example"],
    },
    "locale": {
        "language": "en", "timezone": "Europe/Berlin", "currency": "EUR", "week_start": 1,
    },
    "security": {
        "mfa_required_roles": ["owner", "admin"], "session_days": 7, "password_login": True,
        "allowed_origins": ["https://portal.acme.example"],
    },
    "payments": {
        "providers": [
            {
                "name": "stripe", "connection": "stripe_main", "currencies": ["EUR", "USD"],
                "priority": 1,
            }
        ],
        "invoice_prefix": "INV", "due_days": 14, "reminders_days": [-3, 1, 7, 14],
    },
    "coordination": {
        "patterns": {}, "escalation_hours": {"manager": 4, "owner": 24},
        "status_update": "weekly", "capacity_hours": 32,
    },
    "events": {
        "transport": "postgres", "routes": [{"kinds": ["payment.*"], "transport": "kafka"}],
    },
}  # fmt: skip

TABLE = "database.migrations.client_custom_tables.0"
PROVIDERS, ENDPOINTS = "apis.authProviders", "apis.customEndpoints"
WRONG: dict[str, Any] = {
    "version": 2,
    "database": [],
    "database.schema": "own",
    "database.migrations": "tables",
    "database.migrations.client_custom_tables": {},
    f"{TABLE}.name": "Print Jobs",
    f"{TABLE}.title": "x" * 101,
    f"{TABLE}.visible_to": ["everybody"],
    f"{TABLE}.fields": "material",
    f"{TABLE}.fields.0.name": "1st",
    f"{TABLE}.fields.0.type": "blob",
    f"{TABLE}.fields.0.choices": ["a", "a"],
    f"{TABLE}.fields.0.required": "yes",
    f"{TABLE}.fields.1.digits": 0,
    f"{TABLE}.fields.1.scale": 13,
    f"{TABLE}.fields.2.to": "nowhere",
    f"{TABLE}.indexes": [["colour"]],
    "database.integrations": ["erp"],
    f"{ENDPOINTS}": {},
    f"{ENDPOINTS}.0.name": "Open jobs",
    f"{ENDPOINTS}.0.method": "GRAB",
    f"{ENDPOINTS}.0.path": "open-jobs",
    f"{ENDPOINTS}.0.kind": "sql",
    f"{ENDPOINTS}.0.source": "secrets",
    f"{ENDPOINTS}.0.filter": {"hours gt": 0},
    f"{ENDPOINTS}.0.roles": ["guest"],
    f"{ENDPOINTS}.0.cache_seconds": -1,
    f"{ENDPOINTS}.0.rate": "often",
    f"{ENDPOINTS}.1.connection": "",
    f"{ENDPOINTS}.1.target_path": "price",
    f"{PROVIDERS}": "oauth",
    f"{PROVIDERS}.0.name": "Com pany",
    f"{PROVIDERS}.0.type": "ldap",
    f"{PROVIDERS}.0.issuer": "login.client.example",
    f"{PROVIDERS}.0.client_id": "",
    f"{PROVIDERS}.0.client_secret": "written here",
    f"{PROVIDERS}.0.scopes": "openid",
    f"{PROVIDERS}.0.domains": ["client example"],
    f"{PROVIDERS}.0.default_role": "owner",
    f"{PROVIDERS}.0.required": 1,
    f"{PROVIDERS}.1.metadata_url": "file:///etc/passwd",
    f"{PROVIDERS}.1.entity_id": "",
    f"{PROVIDERS}.1.attribute_map": {"email": 7},
    f"{PROVIDERS}.2.plugin": 7,
    f"{PROVIDERS}.2.algorithm": "none",
    f"{PROVIDERS}.2.jwks_url": "jwks",
    f"{PROVIDERS}.2.audience": "",
    f"{PROVIDERS}.2.claim_map": [],
    f"{PROVIDERS}.3": "ldap",
    "apis.rateLimit": "free",
    "apis.rateLimit.tier": "gold",
    "apis.rateLimit.limits": {"sms": "1/m"},
    **{
        f"apis.rateLimit.limits.{bucket}": wrong
        for bucket, wrong in {
            "auth": "5 in 15 minutes",
            "api": 300,
            "api_key": "0/m",
            "anonymous": "-1/m",
            "upload": "20/15y",
            "webhook_in": "",
        }.items()
    },
    "apis.rateLimit.overrides": [{"api_key": "sk_live_erp"}],
    "integrations.thirdParty": {},
    "integrations.thirdParty.0.name": "",
    "integrations.thirdParty.0.kind": "Sales Force",
    "integrations.thirdParty.0.enabled": "on",
    "integrations.thirdParty.0.api_version": 60,
    "integrations.thirdParty.0.settings": [],
    "integrations.thirdParty.0.mapping": [{"portal": "client.name"}],
    "integrations.thirdParty.0.limits": {"concurrency": 0},
    "integrations.webhooks": "https://erp.client.example",
    "integrations.webhooks.0.name": "E R P",
    "integrations.webhooks.0.url": "javascript:alert(1)",
    "integrations.webhooks.0.events": ["weather.changed"],
    "integrations.webhooks.0.active": "true",
    "integrations.webhooks.0.version": 2,
    "integrations.webhooks.0.secret": "whsec_written",
    **{f"features.{name}": "on" for name in FULL["features"]},
    **{f"limits.{name}": -1 for name in FULL["limits"]},
    "branding.name": " ",
    "branding.logo_file_id": "logo.png",
    "branding.colors": {"primary": "blue"},
    "branding.colors.primary": "#1F4E79",
    "branding.colors.accent": "#c2410c; }",
    "branding.from_email": "portal",
    "branding.domains": ["https://portal.acme.example"],
    "locale.language": "english",
    "locale.timezone": "Mars/Olympus",
    "locale.currency": "XXX",
    "locale.week_start": 7,
    "security.mfa_required_roles": ["guest"],
    "security.session_days": 0,
    "security.password_login": "no",
    "security.allowed_origins": ["*"],
    "payments.providers": ["stripe"],
    "payments.providers.0.name": "",
    "payments.providers.0.connection": "a b",
    "payments.providers.0.currencies": ["EURO"],
    "payments.providers.0.priority": -1,
    "payments.invoice_prefix": "inv",
    "payments.due_days": 366,
    "payments.reminders_days": [1, 1],
    "coordination.patterns": [],
    "coordination.escalation_hours": {"manager": -1},
    "coordination.status_update": "sometimes",
    "coordination.capacity_hours": 169,
    "events.transport": "pigeon",
    "events.routes": [{"kinds": ["weather.*"], "transport": "kafka"}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the full document with one value in another place's stead."""
    document = deepcopy(FULL)
    place: Any = document
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = value
    return document


def paths(value: Any, path: str = "") -> list[str]:
    """Return the path of each key of a document, lists by their indexes."""
    found = []
    items = value.items() if isinstance(value, dict) else []
    for name, item in items:
        place = f"{path}.{name}".lstrip(".")
        found += [place, *paths(item, place)]
        for n, entry in enumerate(item if isinstance(item, list) else []):
            found += paths(entry, f"{place}.{n}")
    return found
