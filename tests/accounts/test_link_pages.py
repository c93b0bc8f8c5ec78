"""The pages behind the links of mails: without scripts, safe from scanners and strangers (R21)."""

import re
from typing import Any

import pytest

from apps.accounts.links import NEW_ADDRESS, OLD_ADDRESS, link_text
from apps.accounts.models import EmailChange, Invitation, Membership, OneTimeLink, Session, User
from apps.accounts.services import issue_link
from apps.clients.models import Client
from apps.core import clock
from tests.accounts.letters import Visitor, letters, path_in, post
from tests.conftest import api
from tests.factories import PASSWORD
from tests.invoices.factories import make_invoice

SECRET = "a quiet lighthouse"
NAMES = {"first_name": "Ann", "last_name": "Lee"}
Purpose = OneTimeLink.Purpose


def page_of(person: Membership, purpose: Purpose, folder: str) -> str:
    data = {"email": person.user.email} if purpose == Purpose.EMAIL_VERIFICATION else {}
    return f"/{folder}/{link_text(issue_link(person, purpose, **data).id, purpose)}"


def invited(person: Membership, client: Client, email: str = "ann@example.com") -> str:
    body = {"email": email, "role": "client", "client_id": str(client.id)}
    assert api(person).post("/api/v1/invitations", body).status_code == 201
    return path_in(letters(person, email)[-1])


@pytest.fixture
def pages(staff: Membership, client_a: Client, alice: Membership, public_url: str) -> list[str]:
    """One good page of each kind."""
    api(alice).post("/api/v1/users/me/email-changes", {"email": "new@example.com"})
    change = EmailChange.objects.get()
    return [
        invited(staff, client_a),
        page_of(alice, Purpose.PASSWORD_RESET, "password-reset"),
        page_of(alice, Purpose.MAGIC_LINK, "magic-link"),
        page_of(alice, Purpose.EMAIL_VERIFICATION, "verify-email"),
        f"/email-change/{link_text(change.id, OLD_ADDRESS)}",
        f"/email-change/{link_text(change.id, NEW_ADDRESS)}",
        "/password-reset",
        "/magic-link",
    ]


def test_r21_a_scanner_changes_nothing_and_leaves_every_link_good(pages: list[str]) -> None:
    def state() -> list[Any]:
        return [
            list(model.objects.order_by("id").values())
            for model in (OneTimeLink, Invitation, EmailChange, User, Session)
        ]

    before = state()
    for page in pages:
        for _ in range(5):
            scanner = Visitor()
            assert scanner.get(page).status_code == 200, page
            assert scanner.head(page).status_code == 200, page
            assert scanner.options(page).status_code == 200, page
    assert state() == before


def test_every_page_is_kept_out_of_caches_and_indexes_and_tells_nobody_its_address(
    pages: list[str],
) -> None:
    for page in [*pages, "/magic-link/nonsense"]:
        response = Visitor().get(page)
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "strict-origin"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert "<script" not in response.content.decode()


def test_only_a_form_of_the_page_acts(pages: list[str], alice: Membership) -> None:
    for page in pages:
        fields = {"password": SECRET, "email": alice.user.email} | NAMES
        response = Visitor().post(page, fields)  # without the token of the form
        assert response.status_code == 403, page
    assert not OneTimeLink.objects.filter(used_at__isnull=False).exists()
    assert not User.objects.filter(email="ann@example.com").exists()


def test_r8_an_invitation_leads_to_the_projects_in_three_screens(
    staff: Membership, client_a: Client, public_url: str
) -> None:
    make_invoice(client_a)
    page, visitor = invited(staff, client_a), Visitor()
    shown = visitor.get(page).content.decode()
    for words in ("North", "Staff Tester invites you", "Acme", "1 invoice", "ann@example.com"):
        assert words in shown
    answer = visitor.arrive(visitor.press(page, password=SECRET, **NAMES))
    assert answer.json()["data"]["user"]["email"] == "ann@example.com"
    assert visitor.get(page).status_code == 410


def test_an_invitation_of_somebody_with_an_account_asks_for_its_password_only(
    staff: Membership, client_a: Client, mallory: Membership, public_url: str
) -> None:
    page, visitor = invited(staff, client_a, mallory.user.email), Visitor()
    shown = visitor.get(page).content.decode()
    assert 'name="first_name"' not in shown
    assert 'autocomplete="current-password"' in shown
    wrong = visitor.press(page, password="not it at all")
    assert wrong.status_code == 401
    assert "do not go together" in wrong.content.decode()
    assert visitor.arrive(visitor.press(page, password=PASSWORD)).status_code == 200


def test_a_refused_field_is_marked_and_what_was_typed_is_kept_but_not_the_password(
    staff: Membership, client_a: Client, public_url: str
) -> None:
    page, visitor = invited(staff, client_a), Visitor()
    response = visitor.press(page, password="password1", first_name="<b>", last_name="Lee")
    shown = response.content.decode()
    assert response.status_code == 400
    assert "most common" in shown
    assert re.search(r'<input[^>]*name="password"[^>]*aria-invalid="true"', shown)
    assert "&lt;b&gt;" in shown
    assert "password1" not in shown
    empty = visitor.press(page, password="", first_name="\x00", last_name="")
    assert empty.status_code == 400
    assert empty.content.decode().count('class="error"') == 3


def test_r22_a_sign_in_link_signs_in_this_browser(alice: Membership, public_url: str) -> None:
    post("/auth/magic-links", email=alice.user.email)
    page, visitor = path_in(letters(alice)[0]), Visitor()
    answer = visitor.arrive(visitor.press(page))
    assert answer.json()["data"]["user"]["email"] == alice.user.email
    assert Session.objects.get().method == "magic_link"
    assert visitor.get(page).status_code == 410


def test_a_code_signs_in_no_other_browser_than_the_one_it_was_made_for(
    alice: Membership,
) -> None:
    """A stranger's code behind a link would sign the reader in as the stranger."""
    page = page_of(alice, Purpose.MAGIC_LINK, "magic-link")
    response = Visitor().press(page)
    cookie = response.cookies["portico_handoff"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert cookie["path"] == "/api/v1/auth/handoffs"
    stranger = Visitor().arrive(response)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "TOKEN_INVALID")
    assert not Session.objects.exists()


def test_p08_a_password_is_reset_on_pages_alone(alice: Membership, public_url: str) -> None:
    visitor = Visitor()
    for email in (alice.user.email, "nobody@example.com"):
        shown = visitor.press("/password-reset", email=email)
        assert shown.status_code == 200
        assert "If this address has an account" in shown.content.decode()
    (mail,) = letters(alice)
    done = visitor.press(path_in(mail), password=SECRET)
    assert "Your password is set" in done.content.decode()
    assert post("/auth/login", email=alice.user.email, password=SECRET).status_code == 200
    assert visitor.get(path_in(mail)).status_code == 410


def test_p09_an_address_is_verified_and_changed_on_pages(
    alice: Membership, public_url: str
) -> None:
    visitor, old = Visitor(), alice.user.email
    done = visitor.press(page_of(alice, Purpose.EMAIL_VERIFICATION, "verify-email"))
    assert "Your address is confirmed" in done.content.decode()
    api(alice).post("/api/v1/users/me/email-changes", {"email": "new@example.com"})
    pages = {mail.to_address: path_in(mail) for mail in letters(alice)}
    first = visitor.press(pages[old]).content.decode()
    assert "the other address" in first
    last = visitor.press(pages["new@example.com"]).content.decode()
    assert "Sign in with new@example.com" in last


def test_p09_the_old_address_refuses_on_its_page(alice: Membership, public_url: str) -> None:
    api(alice).post("/api/v1/users/me/email-changes", {"email": "new@example.com"})
    change = EmailChange.objects.get()
    page = f"/email-change/{link_text(change.id, OLD_ADDRESS)}"
    shown = Visitor().press(page, refuse="1").content.decode()
    assert "The change is refused" in shown
    assert 'href="/password-reset"' in shown
    change.refresh_from_db()
    assert change.refused_at is not None


def test_a_link_on_the_page_of_another_purpose_is_gone(alice: Membership) -> None:
    tokens = {
        folder: page_of(alice, purpose, folder).rpartition("/")[2]
        for purpose, folder in (
            (Purpose.PASSWORD_RESET, "password-reset"), (Purpose.MAGIC_LINK, "magic-link"),
            (Purpose.EMAIL_VERIFICATION, "verify-email"),
        )
    }  # fmt: skip
    folders = (*tokens, "invitations", "registrations", "email-change")
    for name, token in tokens.items():
        for folder in folders:
            wanted = 200 if folder == name else 410
            assert Visitor().get(f"/{folder}/{token}").status_code == wanted, (name, folder)


@pytest.mark.parametrize(
    "query", ["next=https://evil.example", "redirect=//evil.example", "return_to=%0d%0aX:1"]
)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_no_page_redirects_to_what_a_request_names(
    alice: Membership, query: str, host: str
) -> None:
    page, visitor = page_of(alice, Purpose.MAGIC_LINK, "magic-link"), Visitor()
    shown = visitor.get(f"{page}?{query}", headers={"host": host})
    assert "evil" not in shown.content.decode()
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.content.decode())
    fields = {"csrfmiddlewaretoken": token, "next": "https://evil.example"}
    response = visitor.post(f"{page}?{query}", fields, headers={"host": host})
    assert re.fullmatch(r"/#/handoff/[\w-]{48}", response["Location"])


def test_the_links_of_mails_come_from_the_public_address_whatever_host_is_asked(
    alice: Membership, public_url: str
) -> None:
    answer = api(None).post(
        "/api/v1/auth/password-resets", {"email": alice.user.email},
        headers={"host": "localhost", "x-forwarded-host": "evil.example"},
    )  # fmt: skip
    assert answer.status_code == 202
    (mail,) = letters(alice)
    hosts = set(re.findall(r"https?://([^/\s\"]+)", mail.text + mail.html))
    assert hosts == {"portal.example"}
    foreign = {"host": "evil.example"}
    assert Visitor().get("/password-reset", headers=foreign).status_code == 400


def test_forms_count_against_the_limit_of_their_address(alice: Membership, settings: Any) -> None:
    settings.ANONYMOUS_RATE = "3/15m"
    visitor = Visitor()
    statuses = [visitor.press("/magic-link", email="a@example.com").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_a_link_that_a_fault_names_is_masked_in_the_log(
    alice: Membership, capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    from apps.core.logs import JSONFormatter

    page = page_of(alice, Purpose.MAGIC_LINK, "magic-link")
    record = logging.makeLogRecord({"msg": "Forbidden (%s): %s", "args": ("no token", page)})
    line = JSONFormatter().format(record)
    assert page.rpartition("/")[2] not in line
    assert "/magic-link/***" in line


def test_an_expired_page_leads_to_a_new_link(alice: Membership) -> None:
    page = page_of(alice, Purpose.PASSWORD_RESET, "password-reset")
    OneTimeLink.objects.update(expires_at=clock.now())
    response = Visitor().get(page)
    assert response.status_code == 410
    assert 'href="/password-reset"' in response.content.decode()
