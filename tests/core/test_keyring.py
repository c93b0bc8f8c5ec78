"""Envelope encryption: a data key a secret, named keys that change, and the walk over all tables.

The issue's item 12: rotating keys, `manage.py secrets rekey`, flipped bytes and moved rows.
"""

import base64
import os
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership
from apps.connections.models import Secret
from apps.connections.services import valid_secrets
from apps.core.keyring import ENVELOPE, Keyring, Unreadable
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization, OrganizationSecret
from apps.organizations.services import put_secret, secret_of
from portal import sealed
from tests.integrations.factories import make_endpoint

SECRET = "a secret that is long enough"


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


OLD, NEW = key("old"), key("new")


def test_each_secret_has_a_data_key_of_its_own() -> None:
    ring, pk = Keyring.read(OLD), uuid4()
    one, other = (ring.seal(pk, "signing", SECRET).ciphertext for _ in range(2))
    assert one.startswith(ENVELOPE)
    assert one != other
    assert SECRET.encode() not in one


def test_a_new_key_changes_only_the_wrapped_data_key() -> None:
    pk, both = uuid4(), Keyring.read(f"{NEW},{OLD}")
    before = Keyring.read(OLD).seal(pk, "signing", SECRET)
    after = both.rewrap(pk, "signing", before.key_id, before.ciphertext)
    content = len(ENVELOPE) + 60
    assert after.key_id == "new"
    assert after.ciphertext[content:] == before.ciphertext[content:]
    assert after.ciphertext[:content] != before.ciphertext[:content]
    assert Keyring.read(NEW).open(pk, "signing", "new", after.ciphertext) == SECRET


def test_a_secret_from_before_the_envelope_opens_and_gets_one() -> None:
    pk, nonce = uuid4(), os.urandom(12)
    raw = base64.b64decode(OLD.split(":")[1])
    direct = nonce + AESGCM(raw).encrypt(nonce, SECRET.encode(), pk.bytes + b"signing")
    both = Keyring.read(f"{NEW},{OLD}")
    assert both.open(pk, "signing", "old", direct) == SECRET
    moved = both.rewrap(pk, "signing", "old", direct)
    assert moved.ciphertext.startswith(ENVELOPE)
    assert Keyring.read(NEW).open(pk, "signing", "new", moved.ciphertext) == SECRET


@pytest.mark.parametrize("place", [0, 5, 20, 50, 64, 70, -1])
def test_a_flipped_byte_is_refused(place: int) -> None:
    ring, pk = Keyring.read(OLD), uuid4()
    held = bytearray(ring.seal(pk, "signing", SECRET).ciphertext)
    held[place] ^= 1
    for attempt in (ring.open, ring.rewrap):
        with pytest.raises(Unreadable):
            attempt(pk, "signing", "old", bytes(held))


def test_a_moved_row_or_a_mixed_one_is_refused() -> None:
    ring, mine, other = Keyring.read(OLD), uuid4(), uuid4()
    held, theirs = (ring.seal(pk, "signing", SECRET).ciphertext for pk in (mine, other))
    mixed = theirs[:64] + held[64:]
    for pk, purpose, text in ((other, "signing", held), (mine, "token", held),
                              (mine, "signing", mixed)):  # fmt: skip
        with pytest.raises(Unreadable):
            ring.open(pk, purpose, "old", text)
    with pytest.raises(Unreadable):
        ring.open(mine, "signing", "old", held[:20])


def test_every_sealed_column_is_in_the_list() -> None:
    """A table with a ciphertext that `secrets rekey` does not know would lose its key."""
    listed = {column.model for column in sealed.COLUMNS}
    found = {
        model._meta.label
        for model in apps.get_models()
        if {"ciphertext", "key_id"} <= {field.name for field in model._meta.concrete_fields}
    }
    assert found == listed


@pytest.fixture
def stored(owner: Membership, organization: Organization, mallory: Membership) -> Any:
    """Secrets of each kind and of two organizations, under the key of the tests."""
    endpoint = make_endpoint(organization)
    with organization_scope(organization.id):
        put_secret(owner.actor(), "sf_key", SECRET)
    with organization_scope(mallory.organization_id):
        put_secret(mallory.actor(), "sf_key", SECRET[::-1])
    return endpoint


def ran(*arguments: str) -> str:
    out = StringIO()
    call_command("secrets", "rekey", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_rekey_moves_all_tables_and_the_old_key_can_go(
    stored: Any, organization: Organization, mallory: Membership, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sealed, "BATCH", 1)
    settings.CONNECTION_KEYS = f"{NEW},{settings.CONNECTION_KEYS}"
    with pytest.raises(CommandError, match="3 secrets are not under new yet"):
        ran("--check")
    assert "3 secrets re-encrypted" in ran()
    assert "0 secrets re-encrypted" in ran()
    assert "every secret is under new" in ran("--check")
    settings.CONNECTION_KEYS = NEW
    assert secret_of(organization.id, "sf_key") == SECRET
    assert secret_of(mallory.organization_id, "sf_key") == SECRET[::-1]
    with organization_scope(organization.id):
        assert valid_secrets(stored.id) == [stored.secret]
        assert Secret.objects.get().key_id == "new"
        assert OrganizationSecret.objects.get().last_four == SECRET[-4:]


def test_a_stopped_rekey_goes_on_where_it_ended(
    stored: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "BATCH", 1)
    settings.CONNECTION_KEYS = f"{NEW},{settings.CONNECTION_KEYS}"
    steps = sealed.rekey()
    next(steps)
    steps.close()
    assert "2 secrets re-encrypted" in ran()


def test_what_does_not_open_is_told_and_left(
    stored: Any, organization: Organization, settings: Any
) -> None:
    settings.CONNECTION_KEYS = f"{NEW},{settings.CONNECTION_KEYS}"
    with organization_scope(organization.id):
        row = OrganizationSecret.objects.get()
        broken = bytes(row.ciphertext)[:-1] + b"\0"
        OrganizationSecret.objects.filter(id=row.id).update(ciphertext=broken)
    with pytest.raises(CommandError, match="1 secrets do not open"):
        ran()
    with organization_scope(organization.id):
        kept = OrganizationSecret.objects.get()
        assert (bytes(kept.ciphertext), kept.key_id) == (broken, row.key_id)
