"""Tenants, their settings document, its secrets, their host names and optional parts."""

from apps.organizations.services.configuration import (
    Configuration,
    check_document,
    claim_domain,
    completed,
    configuration_of,
    difference,
    documents_of,
    give_up_domain,
    patch_document,
    replace_document,
    roll_back,
)
from apps.organizations.services.domains import check_domain, record_name, record_value
from apps.organizations.services.faces import public_face
from apps.organizations.services.features import is_on, require_feature
from apps.organizations.services.limits import rate_text
from apps.organizations.services.secrets import put_secret, remove_secret, secret_of
from apps.organizations.services.tenants import (
    create_organization,
    organization_of_host,
    organization_of_slug,
    site_of_host,
    verified_domains,
)

__all__ = [
    "Configuration",
    "check_document",
    "check_domain",
    "claim_domain",
    "completed",
    "configuration_of",
    "create_organization",
    "difference",
    "documents_of",
    "give_up_domain",
    "is_on",
    "organization_of_host",
    "organization_of_slug",
    "patch_document",
    "public_face",
    "put_secret",
    "rate_text",
    "record_name",
    "record_value",
    "remove_secret",
    "replace_document",
    "require_feature",
    "roll_back",
    "secret_of",
    "site_of_host",
    "verified_domains",
]
