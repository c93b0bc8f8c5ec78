"""What tests of accounts share: the public address, and a quiet moment for codes."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.accounts.letters import PUBLIC


@pytest.fixture
def public_url(settings: Any) -> str:
    """An address that no request names."""
    settings.PUBLIC_URL, settings.SMTP_URL = PUBLIC, ""
    return PUBLIC


@pytest.fixture
def early_in_a_step() -> Iterator[None]:
    """Begin one second into a step of 30, so that no code grows old during a test."""
    with time_machine.travel(time.time() // 30 * 30 + 1, tick=True):
        yield
