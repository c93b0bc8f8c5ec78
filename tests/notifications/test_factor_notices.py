"""A person is told by mail when his second factors change (R18)."""

from typing import Any

from apps.accounts.models import Factor, Membership
from apps.core.tenancy import organization_scope
from apps.notifications.mail import write_mails
from tests.accounts.factors import (
    AUTH,
    add_passkey,
    answered,
    asked,
    assertion,
    enter_with,
    set_up_app,
)
from tests.conftest import api, events_of
from tests.notifications.mails import mails


def told(person: Membership) -> list[Any]:
    """Let the consumer read the audit and return the mails."""
    events = [event for event in events_of(person) if event.kind == "audit.recorded"]
    with organization_scope(person.organization_id):
        write_mails(events)
    return mails(person)


def test_r18_a_person_is_told_of_each_change_of_his_factors(alice: Membership) -> None:
    _seed, codes = set_up_app(alice)
    answered(asked(alice)["mfa_token"], recovery_code=codes[0])
    client = api(alice)
    client.post(f"{AUTH}/recovery-codes")
    factor = Factor.objects.get(user_id=alice.user_id)
    client.patch(f"{AUTH}/factors/{factor.id}", {"name": "Phone"})
    client.delete(f"{AUTH}/factors/{factor.id}")
    letters = told(alice)
    assert [letter.subject for letter in letters] == [
        "A second factor was added",
        "A recovery code was used to sign in",
        "Your recovery codes were renewed",
        "A second factor was removed",
    ]
    assert {letter.to_address for letter in letters} == {alice.user.email}
    assert all("127.0.0.1" in letter.text and "#/account" in letter.text for letter in letters)


def test_a_person_is_told_of_a_passkey_that_may_be_copied(alice: Membership) -> None:
    key = add_passkey(alice)
    enter_with(assertion(key))
    key.counter = 0
    enter_with(assertion(key))
    assert told(alice)[-1].subject == "One of your passkeys was refused"
