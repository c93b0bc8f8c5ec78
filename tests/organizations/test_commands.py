"""Settings as a file: export, overlay, import (P117)."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership
from apps.organizations.models import Organization
from apps.organizations.services import configuration_of
from tests.conftest import api
from tests.organizations.documents import FULL

SECRET = "the value of the secret"


def ran(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def exported(owner: Membership, tmp_path: Path) -> Path:
    client = api(owner)
    tag = client.get("/api/v1/organization/config")["ETag"]
    for name in ("oidc", "sf_key", "erp_hook"):
        client.put(f"/api/v1/organization/secrets/{name}", {"value": SECRET})
    document = FULL | {"branding": FULL["branding"] | {"domains": []}}
    client.put("/api/v1/organization/config", document, headers={"If-Match": tag})
    path = tmp_path / "studio.json"
    path.write_text(ran("org_export", owner.organization.slug))
    return path


def document_of(person: Membership) -> dict[str, Any]:
    return configuration_of(Organization.objects.get(id=person.organization_id)).document


def test_p117_what_is_exported_is_imported_again(
    owner: Membership, mallory: Membership, exported: Path
) -> None:
    told = ran("org_import", mallory.organization.slug, str(exported))
    assert "changes, version 2" in told
    assert "apis.authProviders.0.client_secret: The secret oidc is not set." in told
    assert document_of(mallory) == document_of(owner)
    assert "0 changes" in ran("org_import", mallory.organization.slug, str(exported))


def test_p117_secrets_are_named_and_never_written(exported: Path) -> None:
    assert SECRET not in exported.read_text()
    assert json.loads(exported.read_text())["secrets"] == ["erp_hook", "oidc", "sf_key"]


def test_p117_an_overlay_makes_the_difference_of_an_environment(
    owner: Membership, exported: Path, tmp_path: Path
) -> None:
    overlay = tmp_path / "staging.json"
    overlay.write_text('{"security": {"session_days": 1}, "integrations": {"webhooks": null}}')
    slug, arguments = owner.organization.slug, (str(exported), "--overlay", str(overlay))
    assert "replace /security/session_days" in ran("org_import", slug, *arguments, "--check")
    assert document_of(owner)["security"]["session_days"] == 7
    ran("org_import", slug, *arguments)
    assert document_of(owner)["security"]["session_days"] == 1
    assert document_of(owner)["integrations"]["webhooks"] == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 1, "colour": "red"}', "{}"])
def test_p117_a_file_that_is_no_document_changes_nothing(
    owner: Membership, tmp_path: Path, text: str
) -> None:
    path, before = tmp_path / "bad.json", document_of(owner)
    path.write_text(text)
    with pytest.raises(CommandError):
        ran("org_import", owner.organization.slug, str(path))
    assert document_of(owner) == before


@pytest.mark.parametrize("command", [("org_export", "nobody"), ("org_import", "nobody", "x")])
def test_p117_an_unknown_organization_is_told(db: None, command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="no organization 'nobody'"):
        ran(*command)
