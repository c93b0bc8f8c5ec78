"""What tests of accounts share."""

import time
from collections.abc import Iterator

import pytest
import time_machine


@pytest.fixture
def early_in_a_step() -> Iterator[None]:
    """Begin one second into a step of 30, so that no code grows old during a test."""
    with time_machine.travel(time.time() // 30 * 30 + 1, tick=True):
        yield
