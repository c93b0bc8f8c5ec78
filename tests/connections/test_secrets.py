"""Secrets at rest: sealed, bound to their row, sealed again under a new key (integration.md, 4)."""

import base64
import os
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connections.secrets import Keyring, Unreadable, new_webhook_secret


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


OLD, NEW = key("old"), key("new")


@given(st.text(max_size=200))
def test_what_is_sealed_opens_again_and_nowhere_else(secret: str) -> None:
    ring, pk = Keyring.read(OLD), uuid4()
    sealed = ring.seal(pk, "signing", secret)
    assert ring.open(pk, "signing", sealed.key_id, sealed.ciphertext) == secret
    assert sealed.last_four == (secret[-4:] if len(secret) >= 12 else "")
    for other_id, purpose in ((uuid4(), "signing"), (pk, "token")):
        with pytest.raises(Unreadable):
            ring.open(other_id, purpose, sealed.key_id, sealed.ciphertext)
    changed = sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])
    with pytest.raises(Unreadable):
        ring.open(pk, "signing", sealed.key_id, changed)


def test_the_newest_key_seals_and_every_key_opens() -> None:
    pk = uuid4()
    before = Keyring.read(OLD).seal(pk, "signing", "s")
    both = Keyring.read(f"{NEW},{OLD}")
    assert both.seal(pk, "signing", "s").key_id == "new"
    assert both.open(pk, "signing", before.key_id, before.ciphertext) == "s"
    with pytest.raises(Unreadable):
        Keyring.read(NEW).open(pk, "signing", before.key_id, before.ciphertext)


def test_a_key_does_not_show_in_a_repr() -> None:
    assert OLD.split(":")[1] not in repr(Keyring.read(OLD))


def test_webhook_secrets_have_the_form_of_c6_and_differ() -> None:
    made = {new_webhook_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(24 <= len(base64.b64decode(s.removeprefix("whsec_"))) <= 64 for s in made)
