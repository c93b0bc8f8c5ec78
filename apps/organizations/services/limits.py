"""Rate limits of an organization: what its tier gives and its document says (P112, C11)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

STANDARD, CUSTOM = "standard", "custom"


def rate_text(document: Mapping[str, Any], bucket: str, names: tuple[str, ...] = ()) -> str:
    """Return a bucket's limit, such as `300/m`, from the document's part `apis.rateLimit`.

    The tier decides for `api` and `api_key`, and with `custom` the document's own numbers do. The
    other buckets are the document's with every tier. `names` are the name and the prefix of an API
    key, which may have a limit of its own.
    """
    for override in document.get("overrides", []) if names else []:
        if override["api_key"] in names:
            return str(override["api"])
    tiers: Mapping[str, Mapping[str, str]] = settings.RATE_TIERS
    tier = tiers.get(document.get("tier", STANDARD), tiers[STANDARD])
    is_by_tier = bucket in {"api", "api_key"} and document.get("tier", STANDARD) != CUSTOM
    own = None if is_by_tier else document.get("limits", {}).get(bucket)
    return str(own or tier[bucket])
