"""Which passwords may be set (P07, R12)."""

import pytest

from apps.accounts.errors import WeakPassword
from apps.accounts.services import create_person
from apps.accounts.strength import check_strength, common_passwords
from apps.organizations.models import Organization
from portal.demo.people import make_password


def test_r12_the_list_of_common_passwords_is_long_enough() -> None:
    assert len(common_passwords()) >= 10_000


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("1234567", "8 to 128"),
        ("x" * 129, "8 to 128"),
        ("password1", "most common"),
        ("PassWord1", "most common"),
        (" iloveyou ", "most common"),
        ("Ann@Example.com", "e-mail"),
    ],
)
def test_r12_a_refused_password_gets_the_reason(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_strength(password, "ann@example.com")
    (fault,) = refused.value.details
    assert fault["field"] == "password"
    assert reason in fault["message"]
    assert password.strip() not in fault["message"]


@pytest.mark.parametrize(
    "password", ["correct horse", "nocapitals", "x" * 128, "zażółć gęślą", "🔑" * 8, "       qz"]
)
def test_r12_nothing_else_is_asked(password: str) -> None:
    check_strength(password, "ann@example.com")


def test_p07_the_rule_holds_wherever_a_person_is_made(organization: Organization) -> None:
    with pytest.raises(WeakPassword):
        create_person(organization, email="a@example.com", password="sunshine", role="client")


def test_the_passwords_of_the_demo_may_be_set() -> None:
    for _ in range(20):
        check_strength(make_password(), "owner@north-light.example")
