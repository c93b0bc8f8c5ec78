"""How a socket begins and ends (C15, P75): each close code."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from apps.accounts.models import Membership, RefreshToken, Session
from apps.accounts.services import grant_token
from apps.core.sites import forget_sites
from apps.core.tenancy import organization_scope
from apps.events.services import expand
from apps.live import consumers
from tests.accounts.keys import make_key, make_service
from tests.conftest import access_token, api
from tests.factories import PASSWORD
from tests.live.conftest import opened, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_c15_the_first_frame_signs_in(address: str, alice: Membership) -> None:
    token = access_token(alice)
    with opened(address) as socket:
        ready = socket.ask(type="auth", token=token)
    session = Session.objects.get(user_id=alice.user_id)
    assert ready == {
        "type": "ready", "session_id": str(session.id), "sequence": "1", "heartbeat_seconds": 25,
    }  # fmt: skip


def test_4000_when_nobody_signs_in(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SIGN_IN_SECONDS", 0.05)
    with opened(address) as socket:
        assert socket.close_code() == 4000


@pytest.mark.parametrize("token", ["", "x.y.z", "\x00", "é" * 50])
def test_4000_for_what_is_no_token(token: str, address: str, db: None) -> None:
    with opened(address) as socket:
        socket.send(type="auth", token=token)
        assert socket.close_code() == 4000


def test_before_signing_in_other_frames_are_refused(address: str, db: None) -> None:
    with opened(address) as socket:
        refused = socket.ask(type="subscribe", id="7", topic="me")
        assert (refused["type"], refused["code"], refused["id"]) == (
            "error", "AUTHENTICATION_REQUIRED", "7",
        )  # fmt: skip


def test_a_socket_signs_in_once(address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        assert socket.ask(type="auth", token="x")["code"] == "INVALID_TRANSITION"


def test_4001_for_a_token_of_an_ended_session(address: str, alice: Membership) -> None:
    token = access_token(alice)
    Session.objects.filter(user_id=alice.user_id).update(revoked_at=timezone.now())
    with opened(address) as socket:
        socket.send(type="auth", token=token)
        assert socket.close_code() == 4001


def test_4001_when_the_person_signs_out(address: str, alice: Membership) -> None:
    with signed_in(address, alice, "me") as socket, signed_in(address, alice) as other:
        api(alice).post("/api/v1/auth/logout-all")
        expand(alice.organization_id)
        assert socket.close_code() == 4001
        assert other.close_code() == 4001


def test_r24_a_new_password_closes_the_other_devices_within_a_second(
    address: str, alice: Membership
) -> None:
    with signed_in(address, alice) as phone:
        body = {"current_password": PASSWORD, "new_password": "a better battery staple"}
        assert api(alice).put("/api/v1/users/me/password", body).status_code == 200
        began = time.monotonic()
        expand(alice.organization_id)
        assert phone.close_code() == 4001
        assert time.monotonic() - began < 1


def test_r17_a_stolen_refresh_token_ends_the_family_and_closes_its_sockets(
    address: str, alice: Membership
) -> None:
    body = {"email": alice.user.email, "password": PASSWORD}
    pair = api(None).post("/api/v1/auth/login", body).json()["data"]
    with opened(address) as socket:
        assert socket.ask(type="auth", token=pair["access_token"])["type"] == "ready"
        refresh = {"refresh_token": pair["refresh_token"]}
        assert api(None).post("/api/v1/auth/refresh", refresh).status_code == 200
        RefreshToken.objects.update(used_at=timezone.now() - timedelta(minutes=1))
        assert api(None).post("/api/v1/auth/refresh", refresh).json()["code"] == "TOKEN_REUSED"
        expand(alice.organization_id)
        assert socket.close_code() == 4001


def test_only_the_sockets_of_the_ended_session_close(address: str, alice: Membership) -> None:
    with signed_in(address, alice) as phone, signed_in(address, alice) as desktop:
        first = Session.objects.filter(user_id=alice.user_id).earliest("created_at")
        api(alice).delete(f"/api/v1/auth/sessions/{first.id}")
        expand(alice.organization_id)
        assert phone.close_code() == 4001
        desktop.silence()


def test_4001_at_the_next_ping_when_no_event_told_of_it(address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        Membership.objects.filter(id=alice.id).update(is_active=False)
        socket.send(type="ping")
        assert socket.close_code() == 4001


def test_4001_by_the_heartbeat_of_a_silent_socket(
    address: str, alice: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "SIGN_IN_SECONDS", 0.2)
    monkeypatch.setattr(consumers, "HEARTBEAT_SECONDS", 0.05)
    with signed_in(address, alice) as socket:
        Session.objects.filter(user_id=alice.user_id).update(revoked_at=timezone.now())
        assert socket.close_code() == 4001


@pytest.mark.parametrize("kind", ["clients", "projects", "invoices", "conversations"])
def test_4003_for_a_topic_of_others(kind: str, address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        socket.send(type="subscribe", id="1", topic=f"{kind}/{uuid4()}")
        assert socket.close_code() == 4003


def test_4003_for_a_company_of_the_same_studio(
    address: str, alice: Membership, client_b: Any
) -> None:
    with signed_in(address, alice) as socket:
        socket.send(type="subscribe", id="1", topic=f"clients/{client_b.id}")
        assert socket.close_code() == 4003


@pytest.mark.parametrize(
    ("who", "topic", "allowed"),
    [
        ("owner", "admin", True), ("staff", "admin", False), ("alice", "admin", False),
        ("accountant", "analytics", True), ("staff", "analytics", False),
    ],
)  # fmt: skip
def test_topics_of_roles(
    who: str, topic: str, allowed: bool, address: str, request: pytest.FixtureRequest
) -> None:
    with signed_in(address, request.getfixturevalue(who)) as socket:
        if allowed:
            socket.follow(topic)
        else:
            socket.send(type="subscribe", id="1", topic=topic)
            assert socket.close_code() == 4003


def test_4009_for_a_frame_over_64_kib(address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        fits = socket.ask(type="ping", filler="x" * 65_000)
        assert fits == {"type": "pong"}
        socket.send(type="ping", filler="x" * 65_536)
        assert socket.close_code() == 4009


def test_4029_for_more_than_50_frames_a_second(address: str, alice: Membership) -> None:
    with signed_in(address, alice) as socket:
        for _ in range(150):
            socket.send(type="presence", status="neither")
        assert socket.close_code() == 4029


def test_another_path_has_no_socket(address: str, db: None) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(f"{address}/other"):
        pass
    assert refused.value.response.status_code == 403


def test_a_changed_access_changes_what_is_heard(
    address: str, alice: Membership, client_a: Any, client_b: Any
) -> None:
    from apps.accounts.services import set_client_access
    from tests.live.test_changes import touch

    with signed_in(address, alice, "me") as socket:
        set_client_access(alice.organization_id, alice.user_id, client_a.id, None)
        set_client_access(alice.organization_id, alice.user_id, client_b.id, "viewer")
        assert socket.silence() == []  # a ping looks at the session again
        touch(client_a)
        touch(client_b)
        with organization_scope(alice.organization_id):
            assert [frame["id"] for frame in socket.silence()] == [str(client_b.id)]


@pytest.mark.parametrize(
    "changes", [{"role": "accountant"}, {"is_active": False}], ids=["role", "switched-off"]
)
def test_r24_4001_when_a_role_is_lowered_or_the_person_switched_off(
    changes: dict[str, Any], address: str, owner: Membership, staff: Membership
) -> None:
    with signed_in(address, staff) as socket, signed_in(address, owner) as other:
        api(owner).patch(f"/api/v1/users/{staff.user_id}", changes)
        begun = time.monotonic()
        expand(staff.organization_id)
        assert socket.close_code() == 4001
        assert time.monotonic() - begun < 1
        other.silence()


def test_4000_for_an_api_key_and_4001_for_the_token_of_a_machine(
    address: str, owner: Membership
) -> None:
    service = make_service(owner)
    key, text = make_key(owner, service=service)
    with opened(address) as socket:
        socket.send(type="auth", token=text)
        assert socket.close_code() == 4000
    with organization_scope(owner.organization_id):
        grant = grant_token(client_id=str(key.id), client_secret=text, scopes=[])
    with opened(address) as socket:
        socket.send(type="auth", token=grant.access_token)
        assert socket.close_code() == 4001


def test_p19_a_page_of_another_origin_opens_no_socket(address: str, alice: Membership) -> None:
    """ASVS 4.4.2."""
    host = address.removeprefix("ws://").partition("/")[0]
    for origin in ("https://evil.example", "null", f"http://{host}.evil.example", ""):
        with pytest.raises(InvalidStatus), connect(address, origin=Origin(origin)):
            pass
    with connect(address, origin=Origin(f"http://{host}")) as socket:
        assert socket.protocol.state.name == "OPEN"


def test_p19_a_studio_names_origins_whose_pages_may_open_sockets(
    address: str, alice: Membership
) -> None:
    alice.organization.settings["security"]["allowed_origins"] = ["https://pages.example"]
    alice.organization.save(update_fields=["settings"])
    forget_sites()
    with connect(address, origin=Origin("https://pages.example")) as socket:
        assert socket.protocol.state.name == "OPEN"
