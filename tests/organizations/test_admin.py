"""The editor of the settings in the admin: the same rules as the API (R141, P106, P107)."""

import json
import re
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from apps.accounts.models import Membership
from apps.organizations.models import Organization
from tests.conftest import api
from tests.factories import make_member

CONFIG = "/api/v1/organization/config"


def browser(person: Membership) -> HttpClient:
    client = HttpClient()
    client.force_login(person.user)
    return client


def place(organization: Organization, *more: Any) -> str:
    if more:
        return reverse("admin:organizations_organization_version", args=[organization.id, *more])
    return reverse("admin:organizations_organization_settings_page", args=[organization.id])


def sent(person: Membership, document: Any, number: int = 1, button: str = "save") -> Any:
    text = document if isinstance(document, str) else json.dumps(document)
    values = {"document": text, "number": number, button: ""}
    return browser(person).post(place(person.organization), values)


def document_of(person: Membership) -> dict[str, Any]:
    found: dict[str, Any] = api(person).get(CONFIG).json()["data"]
    return found


def test_r141_the_editor_shows_the_document_and_saves_it(owner: Membership) -> None:
    page = browser(owner).get(place(owner.organization))
    assert page.status_code == 200
    assert "&quot;session_days&quot;: 7" in page.content.decode()
    document = document_of(owner)
    document["security"]["session_days"] = 9
    assert sent(owner, document).status_code == 302
    assert document_of(owner)["security"]["session_days"] == 9
    shown = browser(owner).get(place(owner.organization)).content.decode()
    assert re.search(r"Last changed by <strong>\s*Owner Tester", shown)
    assert "Undo this change" in shown


def test_p106_the_editor_shows_faults_by_their_path_and_keeps_the_text(owner: Membership) -> None:
    document = document_of(owner)
    document["security"]["session_days"] = "<b>many</b>"
    page = sent(owner, document).content.decode()
    assert "<code>security.session_days</code>: Must be a whole number." in page
    assert "&lt;b&gt;many" in page
    assert "<b>many" not in page
    assert document_of(owner)["security"]["session_days"] == 7


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", "\x00", "é" * 3])
def test_p106_what_is_no_document_is_told(owner: Membership, text: str) -> None:
    page = sent(owner, text)
    assert (page.status_code, 'role="alert"' in page.content.decode()) == (200, True)


def test_p107_checking_in_the_editor_saves_nothing(owner: Membership) -> None:
    document = document_of(owner)
    document["security"]["session_days"] = 9
    page = sent(owner, document, button="check").content.decode()
    assert "This may be saved" in page
    assert "/security/session_days" in page
    assert document_of(owner)["security"]["session_days"] == 7


def test_p107_an_editor_that_was_overtaken_is_told(owner: Membership) -> None:
    document = document_of(owner)
    api(owner).patch(CONFIG, {"security": {"session_days": 8}})
    document["security"]["session_days"] = 9
    assert "Somebody changed the settings" in sent(owner, document).content.decode()
    assert document_of(owner)["security"]["session_days"] == 8


def test_r141_a_version_is_shown_with_its_difference_and_rolled_back_to(owner: Membership) -> None:
    for days in (8, 9):
        api(owner).patch(CONFIG, {"security": {"session_days": days}})
    page = browser(owner).get(place(owner.organization, 2)).content.decode()
    assert "<del><code>7</code></del>" in page
    assert "<ins><code>8</code></ins>" in page
    assert browser(owner).post(place(owner.organization, 2)).status_code == 302
    assert document_of(owner)["security"]["session_days"] == 8
    assert browser(owner).get(place(owner.organization, 99)).status_code == 404


def test_c18_the_editor_is_closed_to_others(
    owner: Membership, mallory: Membership, staff: Membership, alice: Membership
) -> None:
    for person in (staff, alice):
        person.user.is_staff = True
        person.user.save(update_fields=["is_staff"])
        assert browser(person).get(place(owner.organization)).status_code in {403, 404, 302}
        assert browser(person).post(place(owner.organization), {"save": ""}).status_code != 200
    assert browser(mallory).get(place(owner.organization)).status_code == 404
    assert HttpClient().get(place(owner.organization)).status_code == 302
    assert document_of(owner)["security"]["session_days"] == 7


def test_c18_the_editor_refuses_an_admin_what_is_the_owners(
    organization: Organization, owner: Membership
) -> None:
    admin = make_member(organization, "admin", "admin")
    document = document_of(owner)
    document["payments"]["due_days"] = 30
    assert "Only an owner may change these settings" in sent(admin, document).content.decode()
    assert document_of(owner)["payments"]["due_days"] == 14


def test_the_editor_asks_for_the_form_it_gave_out(owner: Membership) -> None:
    client = HttpClient(enforce_csrf_checks=True)
    client.force_login(owner.user)
    assert client.post(place(owner.organization), {"document": "{}", "save": ""}).status_code == 403
