"""The studio's own name, colours, logo and mail sender, everywhere they show (P115, R139)."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.files.models import File
from apps.notifications.mail.sender import address_of
from apps.notifications.mail.writing import write_mails
from apps.notifications.models import Mail
from apps.organizations.document.colours import (
    DARK_GROUND,
    LIGHT_GROUND,
    READABLE,
    contrast,
    palette,
    readable,
)
from apps.organizations.models import Organization
from tests.conftest import api, events_of
from tests.files.factories import PNG, body_of, make_file
from tests.names import NameServer
from tests.organizations.test_domains import HOST, verified

CONFIG = "/api/v1/organization/config"
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def patched(person: Membership, **branding: Any) -> Any:
    answer = api(person).patch(CONFIG, {"branding": branding})
    assert answer.status_code == 200, answer.json()
    return answer.json()["data"]


def test_p115_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)


@given(COLOURS, COLOURS)
def test_p115_every_colour_gives_readable_text(primary: str, accent: str) -> None:
    shades = palette({"primary": primary, "accent": accent})
    assert shades is not None
    assert contrast(shades.on_solid, shades.solid) >= READABLE
    assert contrast(shades.text, LIGHT_GROUND) >= READABLE
    assert contrast(shades.dark_text, DARK_GROUND) >= READABLE
    assert contrast(shades.dark_on_solid, shades.dark_solid) >= READABLE
    assert all(len(shade) == 7 for shade in asdict(shades).values())


def test_p115_a_readable_colour_is_left_alone() -> None:
    assert readable("#1f4e79", LIGHT_GROUND) == "#1f4e79"
    assert palette({}) is None


def test_r139_a_colour_that_breaks_contrast_is_corrected_and_told(owner: Membership) -> None:
    (notice,) = patched(owner, colors={"primary": "#ffd400"})["notices"]
    used = notice["message"].rpartition("uses ")[2].split()[0]
    assert contrast(used, LIGHT_GROUND) >= READABLE
    css = api(None).get("/branding.css").content.decode()
    assert f"--accent-text: light-dark({used}" in css
    assert "--accent-solid: light-dark(#ffd400" in css


def test_r139_the_page_has_the_studios_name_and_colours(owner: Membership) -> None:
    before = api(None).get("/").content.decode()
    assert "branding.css" not in before
    patched(owner, name="Käse & Söhne", colors={"primary": "#1f4e79"})
    page = api(None).get("/")
    assert "Käse &amp; Söhne" in page.content.decode()
    assert '<link rel="stylesheet" href="/branding.css?v=' in page.content.decode()
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    css = api(None).get("/branding.css?v=1")
    assert (css["Content-Type"], css.status_code) == ("text/css; charset=utf-8", 200)
    assert "immutable" in css["Cache-Control"]


def test_r139_each_host_shows_its_own_colours(
    owner: Membership, mallory: Membership, name_server: NameServer
) -> None:
    verified(mallory, name_server)
    patched(owner, colors={"primary": "#1f4e79"})
    patched(mallory, colors={"primary": "#7b4584"})
    css = api(None).get("/branding.css", headers={"Host": HOST}).content.decode()
    assert "#7b4584" in css
    assert "#1f4e79" not in css


@pytest.fixture
def logo(owner: Membership) -> File:
    return make_file(owner, PNG, "logo.png")


def test_r139_the_logo_is_shown_to_everybody(owner: Membership, logo: File) -> None:
    assert api(None).get("/branding/logo").status_code == 404
    patched(owner, logo_file_id=str(logo.id))
    answer = api(None).get("/branding/logo")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert body_of(answer) == PNG
    assert 'data-logo="/branding/logo"' in api(None).get("/").content.decode()


def test_r139_a_file_of_a_client_or_another_studio_is_no_logo(
    owner: Membership, mallory: Membership, logo: File, client_a: Any
) -> None:
    patched(owner, logo_file_id=str(logo.id))
    with organization_scope(owner.organization_id):
        File.objects.filter(id=logo.id).update(client=client_a)
    assert api(None).get("/branding/logo").status_code == 404
    with organization_scope(owner.organization_id):
        File.objects.filter(id=logo.id).update(client=None)
    assert api(None).get("/branding/logo").status_code == 200
    Organization.objects.filter(id=owner.organization_id).update(status="locked")
    patched(mallory, logo_file_id=str(logo.id))
    assert api(None).get("/branding/logo").status_code == 404


def test_p115_mails_have_the_studios_colours(owner: Membership, alice: Membership) -> None:
    from apps.events.outbox import record

    patched(owner, name="Acme Studio", colors={"primary": "#1f4e79"})
    with organization_scope(owner.organization_id):
        record(
            owner.actor(), "session.reused", owner.organization, user_ids=[alice.user_id],
            device="d", address="a",
        )  # fmt: skip
    events = events_of(owner)
    with organization_scope(owner.organization_id):
        write_mails(events)
        (mail,) = Mail.objects.filter(to_address=alice.user.email)
    assert "background:#1f4e79" in mail.html
    assert "Acme Studio" in mail.text


def test_p115_the_sender_is_used_once_its_domain_is_proved(
    owner: Membership, name_server: NameServer, settings: Any
) -> None:
    settings.MAIL_FROM = "portal@portico.example"
    (notice,) = patched(owner, from_email=f"hello@{HOST}")["notices"]
    assert notice["code"] == "sender_unproved"
    organization = Organization.objects.get(id=owner.organization_id)
    assert address_of(organization) == "portal@portico.example"
    verified(owner, name_server)
    organization.refresh_from_db()
    assert address_of(organization) == f"hello@{HOST}"
