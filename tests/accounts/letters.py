"""How tests read the mails that hold links, and follow them as a person does."""

import re
from typing import Any

from django.test import Client as Browser

from apps.core.tenancy import organization_scope
from apps.events.services import drain, number_events
from apps.notifications.models import Mail
from portal.subscribers import CONSUMERS
from tests.conftest import api
from tests.notifications.mails import mails

PUBLIC = "https://portal.example"
PATH = re.compile(rf"{PUBLIC}(/[\w/-]+)")
(MAIL,) = [consumer for consumer in CONSUMERS if consumer.name == "mail"]


def letters(row: Any, to: str = "") -> list[Mail]:
    """Let the consumer read on; return the mails of the row's organization, perhaps to one."""
    organization_id = getattr(row, "organization_id", None) or row.pk
    with organization_scope(organization_id):
        number_events()
    drain(MAIL, organization_id)
    found = mails(_Row(organization_id))
    return [mail for mail in found if to in {"", mail.to_address}]


def path_in(mail: Mail) -> str:
    """Return the path of the mail's link, which is the same in text and HTML."""
    (path,) = set(PATH.findall(mail.text))
    assert set(PATH.findall(mail.html)) == {path}
    return str(path)


def token_in(mail: Mail) -> str:
    return path_in(mail).rpartition("/")[2]


def post(path: str, **body: Any) -> Any:
    """Send a body to the API as nobody."""
    return api(None).post(f"/api/v1{path}", body)


class Visitor(Browser):
    """A browser at the pages: it keeps cookies and sends the form's token back."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True)

    def press(self, path: str, **fields: str) -> Any:
        """Open the page, fill its form and press its button."""
        shown = self.get(path).content.decode()
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
        return self.post(path, fields | {"csrfmiddlewaretoken": token})

    def arrive(self, response: Any) -> Any:
        """Do what the web client does with the address that a page leads to."""
        assert response.status_code == 303, response.content.decode()
        place, code = response["Location"].rsplit("/", 1)
        assert place == "/#/handoff"
        return self.post("/api/v1/auth/handoffs", {"code": code}, content_type="application/json")


class _Row:
    def __init__(self, organization_id: Any) -> None:
        self.organization_id = organization_id
