"""What the tests of links in mails share."""

from typing import Any

import pytest

from tests.accounts.letters import PUBLIC


@pytest.fixture
def public_url(settings: Any) -> str:
    """An address that no request names."""
    settings.PUBLIC_URL, settings.SMTP_URL = PUBLIC, ""
    return PUBLIC
